"""What the real services were recorded to say, asked of the server over the wire. The records lie outside the tree;
without them these tests skip. A text's <...> and the recorder's words for what varies (timestamp, snf_role_arn) are
holes."""
import datetime
import http.server
import json
import re
import threading
import time

import pytest

import conftest
from wire import Refused, Wire

ROLE = "arn:aws:iam::000000000000:role/recorded"
HOLES = {"timestamp", "date", "uuid", "snf_role_arn", "sfn_role_arn", "RandomNumberGenerated", "RequestId",
         "x-amzn-RequestId", "X-Amzn-Trace-Id"}
HOLE_KEYS = {"timestamp", "roleArn", "mapRunArn"}


def records(name):
    with open(conftest.shared("recorded", name), encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def text_fits(expected, actual):
    """<...> stands for any text, 111111111111 for the account; some names were put in the place of others."""
    expected = re.sub("'(invalid_execution_arn|ssm_nonexistent_arn|activity_arn)'|statemachine_invalid_",
                      lambda hole: "'<arn>'" if hole.group(1) else "<name>", expected)
    parts = [re.escape(part) for part in re.split(r"<[A-Za-z_0-9:\-]+>", expected.replace("111111111111", "<account>"))]
    return re.fullmatch(".*".join(parts), actual, re.DOTALL) is not None


def fits(expected, actual, key=""):
    if key in HOLE_KEYS or isinstance(expected, str) and expected in HOLES:
        return True
    if isinstance(expected, str) and isinstance(actual, str) and text_fits(expected, actual):
        return True
    if isinstance(actual, str):
        try:
            parsed = json.loads(actual)
            if isinstance(expected, str) and isinstance(parsed, list):  # arrays were written anew, with spaces
                expected = json.loads(expected)
        except ValueError:
            return False
        return (not isinstance(expected, str) or isinstance(parsed, str)) and fits(expected, parsed)
    if isinstance(expected, list):
        return isinstance(actual, list) and len(actual) == len(expected) and all(map(fits, expected, actual))
    if isinstance(expected, dict):
        return isinstance(actual, dict) and actual.keys() == expected.keys() and all(
            fits(value, actual[name], name) for name, value in expected.items())
    return type(expected) is type(actual) and expected == actual


def says_what_is_not_built(text):
    return any(words in text for words in ("not supported by Crema yet", "not supported yet", "is not recognized."))


def failed(wrong):
    return f"{len(wrong)} wrong:\n" + "\n".join(wrong[:20])


# ---- patterns.jsonl ----

def test_patterns(server):
    wire = Wire(server.port)
    wrong, same = [], 0
    for record in records("patterns.jsonl"):
        expect = record["expect"]
        try:
            answer = wire("events", "TestEventPattern", EventPattern=record["pattern"], Event=record["event"])
            if answer != {"Result": expect}:
                wrong.append(f"{record['id']}: should be {expect}, is {answer}")
            else:
                same += 1
        except Refused as refused:
            if refused.status != 400 or refused.name != "InvalidEventPatternException":
                wrong.append(f"{record['id']}: {refused}")
            elif expect != "exception":
                wrong.append(f"{record['id']}: should be {expect}, is {refused}")
            elif "error" in record and not text_fits(record["error"]["Message"], refused.text.split("\n")[0]):
                wrong.append(f"{record['id']}: should say {record['error']['Message']}, says {refused.text}")
            else:
                same += 1
    print(f"patterns: {same} the same, {len(wrong)} wrong")
    assert not wrong, failed(wrong)
    assert same >= 57


# ---- executions.jsonl ----

def history(wire, arn):
    events, token = [], {}
    while True:
        answer = wire("states", "GetExecutionHistory", executionArn=arn, maxResults=7, **token)
        events += answer["events"]
        if "nextToken" not in answer:
            return events
        token = {"nextToken": answer["nextToken"]}


def in_no_order(wanted):
    """What a Parallel's branches wrote was recorded in no order, with an array for its id and without the event that
    all are over."""
    return isinstance(wanted["id"], list)


def event_fits(wanted, found):
    if in_no_order(wanted):
        return fits(dict(wanted, id=0, previousEventId=0), dict(found, id=0, previousEventId=0))
    # After a map run the exit was recorded to follow from its start or from its end, by turns.
    later = wanted["type"] == "MapStateExited" and fits(dict(wanted, previousEventId=wanted["previousEventId"] + 1),
                                                        found)
    return later or fits(wanted, found)


def aligned(wanted, found):
    if not any(map(in_no_order, wanted)):
        return found
    found = [event for event in found if event["type"] != "ParallelStateSucceeded"]
    for place, event in enumerate(wanted):
        same = [k for k in range(place, len(found)) if in_no_order(event) and event_fits(event, found[k])]
        if same:
            found.insert(place, found.pop(same[0]))
    return found


def difference(wire, record, answer):
    expect = record["expect"]
    if answer["status"] != expect["status"]:
        return f"should be {expect['status']}, is {answer['status']} {answer.get('error')} {answer.get('cause')}"
    for member in ("output", "error", "cause"):
        if (member in expect) != (member in answer) and not (member == "output" and expect["status"] == "SUCCEEDED"):
            return f"{member} should be {expect.get(member)!r}, is {answer.get(member)!r}"
        if member in expect and not fits(expect[member], answer[member]):
            return f"{member} should be {expect[member]!r}, is {answer[member]!r}"
    if "events" in expect:
        events = history(wire, answer["executionArn"])
        compared = aligned(expect["events"], events)
        for wanted, found in zip(expect["events"], compared):
            if not event_fits(wanted, found):
                return f"event should be\n  {json.dumps(wanted)}\nis\n  {json.dumps(found)}"
        if len(compared) != len(expect["events"]):
            return f"should have {len(expect['events'])} events, has {len(compared)}"
        described = wire("states", "GetExecutionHistory", executionArn=answer["executionArn"], reverseOrder=True)
        if described["events"] != events[::-1][:100]:
            return "the reverse history is another"
    return None


def input_of(record):
    """The input; a moment in it that was so many days ahead when it was recorded is so again."""
    ahead = re.search(r"too_far_in_future_boundary\[(\d+)\]", record["id"])
    if not ahead:
        return record["input"]
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=int(ahead.group(1)))
    start_at = moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return re.sub(r"\d{4}-\d\d-\d\dT[0-9:.]+Z", start_at, record["input"])


def test_executions(server):
    wire = Wire(server.port)
    wrong, not_built, express, running = [], 0, 0, []
    for number, record in enumerate(records("executions.jsonl")):
        try:
            machine = wire("states", "CreateStateMachine", name=f"recorded-{number}", roleArn=ROLE,
                           definition=record["definition"], type=record["type"])
        except Refused as refused:
            if refused.name == "InvalidDefinition" and says_what_is_not_built(refused.text):
                not_built += 1
            else:
                wrong.append(f"{record['id']}: {refused}")
            continue
        start = {} if record["input"] is None else {"input": input_of(record)}
        if record["type"] == "EXPRESS":  # the same as the recorder saw in the logs
            answer = wire("states", "StartSyncExecution", stateMachineArn=machine["stateMachineArn"], **start)
            express += 1
            unlike = difference(wire, record, answer)
            if unlike:
                wrong.append(f"{record['id']}: {unlike}")
            continue
        running.append((record, wire("states", "StartExecution", stateMachineArn=machine["stateMachineArn"], **start)))
    end = time.monotonic() + 60 * conftest.SLOW
    for record, started in running:
        answer = wire("states", "DescribeExecution", executionArn=started["executionArn"])
        while answer["status"] == "RUNNING" and time.monotonic() < end:
            time.sleep(0.05)
            answer = wire("states", "DescribeExecution", executionArn=started["executionArn"])
        unlike = difference(wire, record, answer)
        if unlike:
            wrong.append(f"{record['id']}: {unlike}")
    print(f"executions: {len(running)} ran, {not_built} refused by name, {express} express, {len(wrong)} wrong")
    assert not wrong, failed(wrong)
    assert len(running) > 150


# ---- published-definitions.jsonl ----

def test_published_definitions(server):
    """Every one is taken, or refused for what it names and Crema does not have: each problem says so."""
    wire = Wire(server.port)
    taken, by_name, wrong = 0, 0, []
    with open(conftest.shared("published-definitions.jsonl"), encoding="utf-8") as lines:
        published = [json.loads(line) for line in lines if line.strip()]
    for number, record in enumerate(published):
        definition = record["definition"]
        text = definition if isinstance(definition, str) else json.dumps(definition)
        try:
            wire("states", "CreateStateMachine", name=f"published-{number}", roleArn=ROLE, definition=text)
            taken += 1
        except Refused as refused:
            problems = re.split(r", (?=[A-Z]+(?:_[A-Z]+)+: )", refused.text)
            named = [p for p in problems if says_what_is_not_built(p) or "cannot be run: " in p]
            if refused.name == "InvalidDefinition" and len(named) == len(problems):
                by_name += 1
            else:
                wrong.append(f"{record['id']}: {refused}")
    print(f"published definitions: {taken} taken, {by_name} refused by name, {len(wrong)} wrong")
    assert not wrong, failed(wrong)
    assert taken > 10


# ---- calls.jsonl ----

def recorded_error(expect):
    recorded = expect["recorded"]
    if "message" in recorded:
        return recorded["message"]
    return recorded["exception_value"].split(" operation: ", 1)[1]


def state_difference(wire, record):
    """None: as recorded."""
    expect = record["expect"]
    try:
        answer = wire("states", "TestState", **record["params"])
    except Refused as refused:
        if "error" in expect and refused.name == expect["error"] and text_fits(recorded_error(expect), refused.text):
            return None
        return "not built" if says_what_is_not_built(refused.text) else f"should be {expect}, is {refused}"
    expected = {k: v for k, v in expect.get("response", {}).items() if k != "ResponseMetadata"}
    return None if fits(expected, answer) else f"should be {expect}, is {answer}"


class Functions(http.server.BaseHTTPRequestHandler):
    """What the recorded functions answered."""
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = b"{}" if self.rfile.read(int(self.headers["Content-Length"])) == b"null" else b'"HelloWorld!"'
        self.send_response_only(200)
        for name in ("x-amzn-RequestId", "X-Amzn-Trace-Id", "Date"):
            self.send_header(name, "any")
        self.send_header("X-Amz-Executed-Version", "$LATEST")
        self.send_header("x-amzn-Remapped-Content-Length", "0")
        self.send_header("Connection", "keep-alive")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def functions():
    endpoint = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Functions)
    threading.Thread(target=endpoint.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{endpoint.server_port}/f"
    endpoint.shutdown()
    endpoint.server_close()


def test_calls(new_server, functions):
    wire = Wire(new_server("--function-default", functions).port)
    wrong, not_built, same, others = [], 0, 0, 0
    for number, record in enumerate(records("calls.jsonl")):
        if record["op"] == "ValidateStateMachineDefinition":
            answer = wire("states", record["op"], **record["params"])
            expected = {k: v for k, v in record["expect"]["response"].items() if k != "ResponseMetadata"}
            if answer == expected:
                same += 1
            elif any(says_what_is_not_built(problem["message"]) for problem in answer["diagnostics"]):
                not_built += 1
            else:
                wrong.append(f"{record['id']}: should be {expected}, is {answer}")
            continue
        if record["op"] == "TestState":
            unlike = state_difference(wire, record)
            if unlike == "not built" and "JSONata" in record["params"]["definition"]:
                not_built += 1
            elif unlike:
                wrong.append(f"{record['id']}: {unlike}")
            else:
                same += 1
            continue
        assert record["op"] == "CreateStateMachine"
        expect = record["expect"]
        params = dict(record["params"], name=f"call-{number}")
        if expect["error"] == "StateMachineAlreadyExists":
            first = dict(params, definition='{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}')
            wire("states", "CreateStateMachine", **first)
        try:
            wire("states", "CreateStateMachine", **params)
            wrong.append(f"{record['id']}: should be refused: {expect['error']} {recorded_error(expect)}")
        except Refused as refused:
            if refused.name == expect["error"] and text_fits(recorded_error(expect), refused.text):
                same += 1
            elif says_what_is_not_built(refused.text):
                not_built += 1
            elif recorded_error(expect).startswith("Error=ValueError") and "FAILED: Label c" in refused.text:
                same += 1  # its text is of the recorder, not of the service
            else:
                wrong.append(f"{record['id']}: should be {expect['error']} {recorded_error(expect)}, is {refused}")
    print(f"calls: {same} the same, {not_built} refused by name, {others} of other operations, {len(wrong)} wrong")
    assert not wrong, failed(wrong)


# ---- errors-*.tsv ----

MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:"
ACTIVITY = "arn:aws:states:us-east-1:000000000000:activity:"
EXECUTION = "arn:aws:states:us-east-1:000000000000:execution:"
PASS = '{"StartAt":"S","States":{"S":{"Type":"Pass","End":true}}}'


def rows(name):
    with open(conftest.shared("recorded", name), encoding="utf-8") as lines:
        return [tuple(line.rstrip("\n").split("\t", 1)) for line in lines if line.strip()]


def recorded_text(text):
    return text.replace("\\n at [Source", "\n at [Source")


def definition(state):
    return json.dumps({"StartAt": "State0", "States": {"State0": state}})


def task(resource, **more):
    return definition(dict({"Type": "Task", "Resource": resource, "End": True}, **more))


def pattern_of(reason):
    """A pattern for which the service gave that reason."""
    return {
        '"int" must be an object or an array': '{"int":42}',
        '"string" must be an object or an array': '{"string":"a"}',
        "Bad numeric range operator: >": '{"a":[{"numeric":[">",0,">",0]}]}',
        "Consecutive wildcard characters at pos 26": '{"a":[{"wildcard":"arn:aws:events:us-east-1:**:event-bus/*"}]}',
        "Empty arrays are not allowed": '{"a":[]}',
        "Inside anything but list, start|null|boolean is not supported.": '{"a":[{"anything-but":["x",null]}]}',
        "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.":
            '{"a":[{"anything-but":{"equals-ignore-case":[1]}}]}',
        "Malformed CIDR, mask bits must be an integer": '{"a":[{"cidr":"bad-/64filter"}]}',
        "Malformed CIDR, one '/' required": '{"a":[{"cidr":"bad-filter"}]}',
        "Nonstandard IP address: xx.11.xx": '{"a":[{"cidr":"xx.11.xx/8"}]}',
        "Nonstandard IP address: xxxx:db8:1234:1a00::": '{"a":[{"cidr":"xxxx:db8:1234:1a00::/64"}]}',
        "Null prefix/suffix not allowed": '{"a":[{"anything-but":{"prefix":""}}]}',
        "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a "
        "wildcard character": '{"a":[{"wildcard":"*a*b*c*d*e*f*"}]}',
        "Unrecognized match type EXISTS": '{"a":[{"EXISTS":true}]}',
        "Unrecognized match type NUMERIC": '{"a":[{"NUMERIC":["=",5]}]}',
        "Value of < must be numeric": '{"a":[{"numeric":[">",0,"<"]}]}',
        "Value of anything-but must be an array or single string/number value.": '{"a":[{"anything-but":null}]}',
        "Value of numeric must be an array.": '{"a":[{"numeric":5}]}',
        "equals-ignore-case match pattern must be a string": '{"a":[{"equals-ignore-case":5}]}',
        "prefix match pattern must be a string": '{"a":[{"prefix":5}]}',
        "prefix/suffix match pattern must be a string": '{"a":[{"anything-but":{"prefix":5}}]}',
        "suffix match pattern must be a string": '{"a":[{"suffix":5}]}',
        "wildcard match pattern must be a string": '{"a":[{"wildcard":5}]}',
    }.get(reason) or re.search(r'\[Source: \(String\)"(.*)"; line:', reason).group(1)


def provoke_events(wire, text):
    """Calls what makes the service say the text; None when the text is of no operation that is here."""
    def call(operation, **body):
        wire("events", operation, **body)

    log_group = f"arn:aws:logs:us-east-1:{wire.account}:log-group:/g"
    event = json.dumps({name: "x" for name in ("id", "account", "time", "region", "detail-type")})
    match = re.match(r"Event pattern is not valid. Reason: (.*)", text, re.DOTALL)
    if match:
        return call("PutRule", Name="bad", EventPattern=pattern_of(match.group(1)))
    target = {"Id": "one", "Arn": log_group}

    def with_rule(**body):
        call("PutRule", Name="ours", EventPattern='{"source":["x"]}')
        call("PutTargets", Rule="ours", Targets=[dict(target, **body)])

    def size(entry):
        call("PutEvents", Entries=[dict({"Source": "core.update-account-command",
                                         "DetailType": "core.update-account-command"}, **entry)])

    if text.startswith("Event bus <") and text.endswith("does not exist."):
        return call("DescribeEventBus", Name="nowhere")
    if text.startswith("Event bus <") and text.endswith("already exists."):
        call("CreateEventBus", Name="twice")
        return call("CreateEventBus", Name="twice")
    if text.startswith("Rule <") and "EventBus default" in text:
        return call("DescribeRule", Name="nowhere")
    if text.startswith("Rule <"):
        call("CreateEventBus", Name="empty")
        return call("DescribeRule", Name="nowhere", EventBusName="empty")
    entry = {"Source": "core.update-account-command", "DetailType": "core.update-account-command",
             "EventBusName": "some",
             "Detail": '{"command": "update-account", "payload": {"acc_id": "0a787ecb-4015", "sf_id": "baz"}}'}
    provocations = {
        "The requested resource exceeds the maximum number allowed.":
            lambda: [with_rule(Id=f"target-{i}") for i in range(6)],
        "1 validation error detected: Value '!@#$@!#$' at 'targets.1.member.id'": lambda: with_rule(Id="!@#$@!#$"),
        "1 validation error detected: Value 'Invalid Name With Spaces!' at 'name'":
            lambda: call("PutRule", Name="Invalid Name With Spaces!", EventPattern='{"a":["b"]}'),
        "1 validation error detected: Value '[PutEventsRequestEntry(":
            lambda: call("PutEvents", Entries=[entry] * int(text.count("PutEventsRequestEntry("))),
        "1 validation error detected: Value 'second-invalid-target-id'":
            lambda: with_rule(Id="second-invalid-target-id".ljust(65, "x")),
        "Cannot delete event bus default.": lambda: call("DeleteEventBus", Name="default"),
        "InputTemplate for target": lambda: with_rule(
            InputTransformer={"InputPathsMap": {"a": "$.a"}, "InputTemplate": '"<notdefinedkey>"'}),
        "Only one of Input, InputPath, or InputTransformer": lambda: with_rule(Input="{}", InputPath="$.a"),
        "Parameter Event is not valid.": lambda: call("TestEventPattern", EventPattern='{"source":["x"]}', Event=event),
        "Parameter ScheduleExpression is not valid.":
            lambda: call("PutRule", Name="timed", ScheduleExpression="rate(10 minutess)"),
        "Rule can't be deleted since it has targets.": lambda: (with_rule(), call("DeleteRule", Name="ours")),
        "ScheduleExpression is supported only on the default event bus.":
            lambda: (call("CreateEventBus", Name="timed"),
                     call("PutRule", Name="timed", EventBusName="timed", ScheduleExpression="rate(1 minute)")),
        "Total size of the entries in the request is over the limit.":
            lambda: size({"Detail": json.dumps({"a": "x" * (1 << 20)})}),
    }
    for start, provoke in provocations.items():
        if text.startswith(start):
            return provoke()
    raise LookupError(text)


def provoke_logs(wire, text):
    def call(operation, **body):
        wire("logs", operation, **body)

    def group():
        call("CreateLogGroup", logGroupName="ours")
        call("CreateLogStream", logGroupName="ours", logStreamName="one")

    def subscribe(name="f", destination=f"arn:aws:logs:us-east-1:{wire.account}:log-group:theirs", **more):
        call("PutSubscriptionFilter", logGroupName="ours", filterName=name, filterPattern="",
             destinationArn=destination, **more)

    transformation = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}

    def count(**changes):
        call("PutMetricFilter", **{"logGroupName": "ours", "filterName": "f", "filterPattern": "x",
                                   "metricTransformations": [transformation], **changes})

    def too_long(value, member):
        if member in ("filterName", "filterPattern"):
            count(**{member: value})
        else:
            call("DescribeMetricFilters", logGroupName="ours", **{member: value})

    now = int(time.time() * 1000)
    provocations = {
        "1 validation error detected: Value '10001' at 'limit'":
            lambda: call("GetLogEvents", logGroupName="g", logStreamName="s", limit=10001),
        "Log events in a single PutLogEvents request must be in chronological order.":
            lambda: (group(), call("PutLogEvents", logGroupName="ours", logStreamName="one", logEvents=[
                {"timestamp": now, "message": "b"}, {"timestamp": now - 1, "message": "a"}])),
        "Log group '": lambda: call("StartQuery", logGroupName="ours", startTime=now // 1000 - 60, endTime=now // 1000,
                                    queryString="fields @message"),
        "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.":
            lambda: call("DescribeLogGroups", logGroupNamePrefix="a", logGroupNamePattern="b"),
        "The specified nextToken is invalid.":
            lambda: (group(), call("GetLogEvents", logGroupName="ours", logStreamName="one", nextToken="invalid")),
        "The specified log group already exists": lambda: [call("CreateLogGroup", logGroupName="ours") for _ in "12"],
        "The specified log stream already exists": lambda: [group() for _ in "1"] + [
            call("CreateLogStream", logGroupName="ours", logStreamName="one")],
        "Policy with name [non-existent] does not exist.":
            lambda: call("DeleteResourcePolicy", policyName="non-existent"),
        "The specified log group does not exist.":
            lambda: call("DeleteLogGroup", logGroupName="nowhere"),
        "The specified log stream does not exist.":
            lambda: (call("CreateLogGroup", logGroupName="ours"),
                     call("DeleteLogStream", logGroupName="ours", logStreamName="nowhere")),
        "The given bucket does not exist. Please make sure the bucket is valid.":
            lambda: (call("CreateLogGroup", logGroupName="ours"),
                     call("CreateExportTask", logGroupName="ours", **{"from": 0, "to": now}, destination="No-Bucket")),
        "The specified export task does not exist.": lambda: call("CancelExportTask", taskId="none"),
        "1 validation error detected: Value 'XXX": lambda: too_long(*text.split("'")[1::2]),
        "1 validation error detected: Value '[MetricTransformation(": lambda: (group(), count(
            metricTransformations=[dict(transformation, metricName=f"metric{n}", metricNamespace=f"namespace{n}")
                                   for n in "12"])),
        "Cross-account lambda invocation passing is not allowed.":
            lambda: (group(), subscribe(destination="arn:aws:lambda:us-east-1:999999999999:function:f")),
        "destinationArn for vendor kinesis cannot be used without roleArn":
            lambda: (group(), subscribe(destination="arn:aws:kinesis:us-east-1:999999999999:stream/s")),
        "The specified subscription filter does not exist.":
            lambda: (group(), call("DeleteSubscriptionFilter", logGroupName="ours", filterName="none")),
        "Resource limit exceeded.":
            lambda: (group(), call("CreateLogGroup", logGroupName="theirs"), [subscribe(name) for name in "abc"]),
        "LogGroup name and LogGroup ARN are mutually exclusive parameters.":
            lambda: call("FilterLogEvents", logGroupName="a", logGroupIdentifier="a"),
    }
    for start, provoke in provocations.items():
        if text.startswith(start):
            return provoke()
    raise LookupError(text)


FAIL_TEXT = '{"StartAt":"S","States":{"S":{"Type":"Fail","Error":"E"}}}'


def provoke_states(wire, text):
    def call(operation, **body):
        return wire("states", operation, **body)

    def create(text=PASS, **body):
        return call("CreateStateMachine", **dict({"name": "ours", "roleArn": ROLE, "definition": text}, **body))

    def start(**body):
        return call("StartExecution", stateMachineArn=create()["stateMachineArn"], **body)

    def named(name):
        return lambda: create(name=name)

    def trial(state=task("arn:aws:states:::events:putEvents", Parameters={}), **body):
        body = dict({"definition": state, "roleArn": ROLE}, **body)
        return call("TestState", **{k: v for k, v in body.items() if v is not None})

    def mocked(resource="events:putEvents", result=None, context=None):
        more = {"context": json.dumps(context)} if context else {}
        return trial(task("arn:aws:states:::" + resource, Parameters={}),
                     mock={"result": json.dumps({} if result is None else result)}, **more)

    def alias(*weights, name="a", versions=(1, 2, 3)):
        try:
            arn = create(publish=True)["stateMachineArn"]
        except Refused:  # it is there, with all its versions
            arn = call("ListStateMachines")["stateMachines"][0]["stateMachineArn"]
        for next_definition in (FAIL_TEXT, definition({"Type": "Succeed"})):
            call("UpdateStateMachine", stateMachineArn=arn, definition=next_definition, publish=True)
        routes = [{"stateMachineVersionArn": f"{arn}:{version}" if version else arn, "weight": weight}
                  for version, weight in zip(versions, weights)]
        return call("CreateStateMachineAlias", name=name, routingConfiguration=routes)

    named_alias = re.match(r"1 validation error detected: Value '(.*?)' at 'name' failed", text)
    if named_alias:
        return alias(100, name=named_alias.group(1))
    if text.startswith("Invalid Arn: 'Invalid ARN prefix: "):
        return call("DescribeStateMachine", stateMachineArn=text[len("Invalid Arn: 'Invalid ARN prefix: "):-1])
    if text.startswith("Invalid Name: '"):
        return named(text[len("Invalid Name: '"):-1])()
    if "at 'nextToken' failed" in text:
        if "1024" in text:
            return call("ListStateMachines", nextToken="x" * 1025)
        return call("ListExecutions", stateMachineArn=MACHINE + "m", nextToken="x" * 3097)
    express = re.search(r"Express state machine does not support (.*) at /States/(\w+)/Resource", text)
    if express:
        resource = {"'.sync'": "arn:aws:states:::states:startExecution.sync", "Activit": ACTIVITY + "a"}.get(
            express.group(1)[:7], "arn:aws:states:::events:putEvents.waitForTaskToken")
        state = {"Type": "Task", "Resource": resource, "Parameters": {}, "End": True}
        return create(json.dumps({"StartAt": express.group(2), "States": {express.group(2): state}}), type="EXPRESS")
    label = re.match(r"Error=ValueError .* in definition '(.*)'.$", text, re.DOTALL)
    if label:
        return create(label.group(1))
    provocations = {
        "Activity Does Not Exist: '":
            lambda: call("DescribeActivity", activityArn=MACHINE.replace(":stateMachine:", ":activity:") + "nowhere"),
        "A test mock should": lambda: trial(mock={"result": "{}", "errorOutput": {"error": "E"}}),
        "RoleArn must be": lambda: trial(roleArn=None),
        "State not found": lambda: trial(stateName="nowhere"),
        "State type 'Fail'": lambda: trial('{"Type":"Fail"}', mock={"errorOutput": {"error": "E"}}),
        "State type 'Pass'": lambda: trial('{"Type":"Pass","End":true}', mock={"errorOutput": {"error": "E"}}),
        "State type 'Succeed'": lambda: trial('{"Type":"Succeed"}', mock={"errorOutput": {"error": "E"}}),
        "TestState does not support RevealSecrets":
            lambda: trial(revealSecrets=True, mock={"errorOutput": {"error": "E"}}),
        "TestState does not support MapIteration": lambda: trial(stateConfiguration={"mapIterationFailureCount": 1}),
        "TestState API does not support Map": lambda: trial('{"Type":"Map","End":true}'),
        "Mocked result must be valid JSON": lambda: trial(mock={"result": "{", "fieldValidationMode": "NONE"}),
        "Invalid Context object provided: 'Map'": lambda: mocked(context={"Map": {}}),
        "Invalid Context object provided: Context object contains 'Task'": lambda: mocked(context={"Task": {}}),
        "Invalid Context object provided: Execution.Id": lambda: mocked(context={"Execution": {"Id": 1}}),
        "Invalid Context object provided: Field 'Pokedex'": lambda: mocked(context={"Pokedex": {}}),
        "Invalid Context object provided: Field 'pokemon'": lambda: mocked(context={"State": {"pokemon": 1}}),
        "Map iteration failure": lambda: trial(
            '{"Type":"Map","End":true,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED",'
            '"ExecutionType":"STANDARD"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}', input="[1]",
            mock={"result": "[1]"}, stateConfiguration={"mapIterationFailureCount": 2}),
        "Invalid State Machine Execution Input: 'Invalid execution input.'": lambda: trial(variables="[]"),
        "Mock result schema validation error: Field 'CapacityUnits'": lambda: mocked(
            "dynamodb:putItem", {"ConsumedCapacity": {"CapacityUnits": "1"}}),
        "Mock result schema validation error: Field 'CiphertextBlob' is smaller": lambda: mocked(
            "aws-sdk:kms:encrypt", {"CiphertextBlob": ""}),
        "Mock result schema validation error: Field 'CiphertextBlob' must": lambda: mocked(
            "aws-sdk:kms:encrypt", {"CiphertextBlob": 1}),
        "Mock result schema validation error: Field 'ContentLength'": lambda: mocked(
            "aws-sdk:s3:getObject", {"ContentLength": "1"}),
        "Mock result schema validation error: Field 'Entries'": lambda: mocked("events:putEvents", {"Entries": "e"}),
        "Mock result schema validation error: Field 'EventId'": lambda: mocked(
            "events:putEvents", {"Entries": [{"EventId": []}]}),
        "Mock result schema validation error: Field 'ExecutionArn'": lambda: mocked(
            "states:startExecution", {"ExecutionArn": 1, "StartDate": "d"}),
        "Mock result schema validation error: Field 'MemorySize' exceeds": lambda: mocked(
            "aws-sdk:lambda:getFunction", {"Configuration": {"MemorySize": 10 ** 9}}),
        "Mock result schema validation error: Field 'MemorySize' is less": lambda: mocked(
            "aws-sdk:lambda:getFunction", {"Configuration": {"MemorySize": 1}}),
        "Mock result schema validation error: Field 'StartDate'": lambda: mocked(
            "states:startExecution", {"ExecutionArn": "a", "StartDate": 1}),
        "Mock result schema validation error: Field 'StatusCode'": lambda: mocked("lambda:invoke", {"StatusCode": "1"}),
        "Mock result schema validation error: Field 'StorageClass'": lambda: mocked(
            "aws-sdk:s3:getObject", {"StorageClass": "Papyrus"}),
        "Mock result schema validation error: Required": lambda: mocked("states:startExecution", {}),
        "Mocked result must be a JSON object": lambda: mocked("events:putEvents", []),
        "Mocked result must contain": lambda: trial(
            '{"Type":"Parallel","End":true,"Branches":[{}]}', mock={"result": "[1,2]"}),
        "Mocked result must be an array": lambda: trial(
            '{"Type":"Parallel","End":true,"Branches":[{}]}', mock={"result": "1"}),
        "Failed to create alias": lambda: (alias(100), alias(50, 50)),
        "Version to be deleted must not": lambda: call(
            "DeleteStateMachineVersion", stateMachineVersionArn=alias(
                100, name="state_machine_alias_name")["stateMachineAliasArn"].rsplit(":", 1)[0] + ":1"),
        "Request references a resource": lambda: alias(100, versions=[7]),
        "Routing configuration must contain distinct": lambda: alias(50, 50, versions=[1, 1]),
        "Routing configuration must contain state machine version ARNs. Received: [arn:<partition>:states:<region>:"
        "111111111111:stateMachine:<ArnPart_0idx>]": lambda: alias(100, versions=[None]),
        "Routing configuration must contain state machine version": lambda: alias(50, 50, versions=[None, 2]),
        "Sum of routing configuration weights must equal 100. Received: [70, 29]": lambda: alias(70, 29),
        "Sum of routing configuration weights must equal 100. Received: [70, 31]": lambda: alias(70, 31),
        "1 validation error detected: Value '101' at 'routingConfiguration.1": lambda: alias(101),
        "1 validation error detected: Value '[RoutingConfigurationListItem": lambda: alias(50, 30, 20),
        "This operation is not supported by this type": lambda: call(
            "StartSyncExecution", stateMachineArn=create()["stateMachineArn"]),
        "Execution Already Exists: '": lambda: (start(name="e"), start(name="e", input='{"another":1}')),
        "Execution Does Not Exist: '": lambda: call("DescribeExecution", executionArn=EXECUTION + "m:e"),
        "Invalid Arn: 'Resource type not valid in this context: express'":
            lambda: call("StopExecution", executionArn=EXECUTION.replace(":execution:", ":express:") + "m:e:f"),
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: String does not match RFC3339 timestamp":
            lambda: create('{"StartAt":"WaitUntil","States":{"WaitUntil":{"Type":"Wait",'
                           '"Timestamp":"2016-12-05T21:29:29","End":true}}}'),
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: The field 'RoleArn' is required":
            lambda: create(task("arn:aws:states:::events:putEvents", Parameters={"Entries": []}, Credentials={})),
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: The field 'Type' should have one":
            lambda: create('{"StartAt":"ExistingButInvalidState",'
                           '"States":{"ExistingButInvalidState":{"Type":"Nothing"}}}'),
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: The resource provided":
            lambda: create('{"StartAt":"Query","States":{"Query":{"Type":"Task","Parameters":{},'
                           '"Resource":"arn:aws:states:::dynamodb:query","End":true}}}'),
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: The value for the field 'parsed.$'":
            lambda: create('{"StartAt":"IntrinsicEscape","States":{"IntrinsicEscape":{"Type":"Pass","End":true,'
                           '"Parameters":{"parsed.$":"States.StringToJson(\'a"}}}}'),
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /":
            lambda: create('{"StartAt":"S"}'),
        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Value cannot be empty":
            lambda: create('{"StartAt":"StateName",'
                           '"States":{"StateName":{"Type":"Parallel","Branches":[],"End":true}}}'),
        "Invalid State Machine Execution Input: 'Unexpected character (''' (code 39))": lambda: start(input="{'a':1}"),
        "Invalid State Machine Execution Input: 'Unrecognized token 'not'": lambda: start(input="not json"),
        "Invalid Logging Configuration: Log Destination not found.": lambda: create(loggingConfiguration={
            "level": "ALL", "destinations": [{"cloudWatchLogsLogGroup": {
                "logGroupArn": "arn:aws:logs:us-east-1:000000000000:log-group:nowhere:*"}}]}),
        "Invalid Logging Configuration: Must specify exactly one":
            lambda: create(loggingConfiguration={"level": "ALL"}),
        "Invalid Token: 'Invalid token'": lambda: call("SendTaskSuccess", taskToken="no token", output="{}"),
        "Either the definition, the role ARN, the LoggingConfiguration":
            lambda: call("UpdateStateMachine", stateMachineArn=create()["stateMachineArn"]),
        "State Machine Already Exists: '": lambda: (create(), create(definition(dict({"Type": "Succeed"})))),
        "State Machine Does Not Exist: 'arn:<partition>:states:<region>:111111111111:stateMachine:<ArnPart_0idx>:2'":
            lambda: call("DescribeStateMachine", stateMachineArn=MACHINE + "ours:2"),
        "State Machine Does Not Exist: '": lambda: call("DescribeStateMachine", stateMachineArn=MACHINE + "nowhere"),
        "1 validation error detected: Value '1001' at 'maxResults'": lambda: call("ListStateMachines", maxResults=1001),
        "1 validation error detected: Value 'succeeded' at 'statusFilter'":
            lambda: call("ListExecutions", stateMachineArn=MACHINE + "nowhere", statusFilter="succeeded"),
        "Version description can only be set when publish is true": lambda: create(versionDescription="v"),
    }
    for start_of, provoke in provocations.items():
        if text.startswith(start_of):
            return provoke()
    raise LookupError(text)


# A text that an operation which is not here says: which one, or why no server says it.
NOT_OURS = {
    "events": [
        (r"Archive <|At least one of EventPattern, RetentionDays|Parameter EventSourceArn", "CreateArchive"),
        (r"Replay <|Parameter (Destination.Arn|EventEndTime) is not valid", "StartReplay"),
        (r"Failed to describe the api-destination|.*'connectionArn'", "CreateApiDestination"),
        (r"Failed to describe the connection|.*'authorizationType'", "CreateConnection"),
        (r"Statement with the provided id", "RemovePermission"),
    ],
    "logs": [
        (r"Cannot access provided service", "PutDestination"),
        (r"Invalid LogGroup or LogStream", None),  # of which operation was not recorded
        (r"Requested Delivery|.*'outputFormat'", "CreateDelivery"),
    ],
    "states": [
        (r"Parameter validation failed:", None),  # the client's own words
    ],
}
PROVOKE = {"events": provoke_events, "logs": provoke_logs, "states": provoke_states}


@pytest.mark.parametrize("service", ["events", "logs", "states"])
def test_errors(server, service):
    """Each row in an account of its own, so that what one leaves behind is not in the way of the next."""
    name = {"states": "stepfunctions"}.get(service, service)
    wrong, same, not_built, not_ours = [], 0, 0, 0
    for number, (code, text) in enumerate(rows(f"errors-{name}.tsv")):
        text = recorded_text(text)
        # A row of a pattern may have lost its tail, which says where; a long target id, its length.
        said = text.replace("'second-invalid-target-id'", "'<target-id>'")
        said = re.sub(r"Request ID: [-0-9a-f]{36}", "Request ID: <id>", said)
        if text.startswith("Event pattern is not valid") and "[Source" not in text:
            said += "\n at <source>"
        others = [operation for pattern, operation in NOT_OURS[service] if re.match(pattern, text, re.DOTALL)]
        wire = Wire(server.port, key=f"{number + 1:012}")
        wire.account = f"{number + 1:012}"
        if others:
            not_ours += 1
            if others[0]:
                with pytest.raises(Refused) as refused:
                    wire(service, others[0])
                assert refused.value.name == "UnknownOperationException", "now there: provoke " + text
            continue
        try:
            PROVOKE[service](wire, text)
            wrong.append(f"not refused: {code}: {text}")
        except LookupError:
            wrong.append(f"nothing provokes: {code}: {text}")
        except Refused as refused:
            if refused.name == code and text_fits(said, refused.text):
                same += 1
            elif text.startswith("Error=ValueError") and "FAILED: Label c" in refused.text:
                not_ours += 1  # the words of the recorder's own check, not of the service
            elif says_what_is_not_built(refused.text):
                not_built += 1
            elif text.startswith("Error=ValueError") and "FAILED: Label c" in refused.text:
                same += 1  # its text is of the recorder, not of the service
            else:
                wrong.append(f"should be {code}: {text}\n   is {refused.name}: {refused.text}")
        finally:
            wire.close()
    print(f"{service}: {same} the same, {not_built} refused by name, {not_ours} of other operations, "
          f"{len(wrong)} wrong")
    assert not wrong, failed(wrong)
