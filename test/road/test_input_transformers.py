"""What targets get of an event: input transformers with boto3, what PutTargets refuses, what is tried before, and what
a SIGKILL leaves of it."""
import json
import threading
import time

import pytest

from conftest import SLOW, eventually
from ledger import GONE
from test_events import arn, bus, group, group_arn, name_of, put, refused, rule_to, wire  # noqa: F401
from wire import Refused, Wire

ROLE = arn("iam", "role/r").replace(":us-east-1:", "::")
PASS = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})


@pytest.fixture
def machine(sfn):
    return sfn.create_state_machine(name=name_of("machine"), definition=PASS, roleArn=ROLE)["stateMachineArn"]


def transformer(template, **paths):
    return {"InputPathsMap": paths, "InputTemplate": template}


def given(sfn, machine):
    """The input of the machine's only execution."""
    one, = eventually(lambda: sfn.list_executions(stateMachineArn=machine)["executions"])
    return sfn.describe_execution(executionArn=one["executionArn"])["input"]


# ---- what arrives ----

def test_a_workflow_gets_what_the_template_makes(events, sfn, bus, machine):
    made = transformer('{"order": <order>, "path": "orders/<order>", "size": <size>, "no": <no>,\n'
                       ' "rule": <aws.events.rule-name>, "arn": "<aws.events.rule-arn>",'
                       ' "all": <aws.events.event.json>, "head": <aws.events.event>,'
                       ' "at": <aws.events.event.ingestion-time>}',
                       order="$.detail.orderId", size="$.detail.sizes[1]", no="$.detail.absent")
    rule_to(events, bus, machine, name="r", InputTransformer=made)
    event = put(events, bus, '{"orderId": "7", "sizes": [1, 2.50]}', Resources=["one"])
    text = given(sfn, machine)
    assert '"size": 2.50, "no": "",' in text and "\n" in text  # the template and the numbers as they were written
    got = json.loads(text)
    whole, head = got.pop("all"), got.pop("head")
    assert got.pop("at")[:11] == time.strftime("%Y-%m-%dT", time.gmtime())
    assert got == {"order": "7", "path": "orders/7", "size": 2.5, "no": "", "rule": "r",
                   "arn": arn("events", f"rule/{bus}/r")}
    assert (whole["id"], whole["detail"]) == (event, {"orderId": "7", "sizes": [1, 2.5]})
    assert list(head) == ["version", "id", "detailType", "source", "account", "time", "region", "resources"]


def test_a_workflow_gets_a_string(events, sfn, bus, machine):
    rule_to(events, bus, machine, InputTransformer=transformer('"order <order>: <sizes>"', order="$.detail.orderId",
                                                               sizes="$.detail.sizes"))
    put(events, bus, '{"orderId": "7", "sizes": ["S", {"a": 1}]}')
    assert given(sfn, machine) == '"order 7: [S,{a:1}]"'


def test_a_part_that_is_a_text_keeps_its_quotes(events, sfn, bus, machine):
    rule_to(events, bus, machine, InputPath="$.detail.orderId")
    put(events, bus, '{"orderId": "7"}')
    assert given(sfn, machine) == '"7"'


def test_a_log_group_gets_a_message_and_its_time(events, logs, wire, bus, group):
    rule_to(events, bus, group_arn(group), InputTransformer=transformer(
        '{"timestamp": <at>, "message": "<order> is \\"<state>\\""}', at="$.detail.at", order="$.detail.orderId",
        state="$.detail.state"))
    now = int(time.time()) * 1000 - 60000
    ids = [put(events, bus, json.dumps({"at": at, "orderId": 7, "state": "new"}))
           for at in (now, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now / 1000 + 1)))]
    lines = eventually(lambda: (lambda found: found if len(found) == 2 else None)(
        logs.filter_log_events(logGroupName=group)["events"]))
    assert [(line["timestamp"], line["message"]) for line in lines] == [(now, '7 is "new"'), (now + 1000, '7 is "new"')]
    # The chain of the event finds the line, though its time is not the event's.
    trace = eventually(lambda: wire("crema", "GetEventTrace", EventId=ids[0]))
    delivery, = trace["Hops"][0]["Deliveries"]
    assert (delivery["State"], delivery["LogEventTime"] * 1000) == ("DELIVERED", now)
    assert delivery["LogStreamName"] == lines[0]["logStreamName"]


def test_what_no_target_can_get_is_in_the_inbox(events, sfn, logs, wire, bus, group, machine):
    targets = {
        "quote": (machine, transformer('{"note": "is <x>"}', x="$.detail.note"), "INVALID_INPUT",
                  "The transformed input is no JSON: "),
        "list": (machine, transformer('{"list": "<x>"}', x="$.detail.list"), "INVALID_INPUT",
                 "The transformed input is no JSON: "),
        "two": (machine, transformer('"one"\n"two"'), "INVALID_INPUT", "Invalid State Machine Execution Input: "),
        "object": (group_arn(group), transformer('{"timestamp": <t>, "message": <x>}', t="$.time", x="$.detail"),
                   "INVALID_INPUT", "The message of the log event is no string, or an empty one."),
        "time": (group_arn(group), transformer('{"timestamp": <x>, "message": ""}', x="$.detail.note"), "INVALID_INPUT",
                 "The timestamp of the log event is neither a time nor a number of milliseconds."),
    }
    events.put_rule(Name="r", EventBusName=bus, EventPattern='{"source": ["road"]}')
    events.put_targets(Rule="r", EventBusName=bus, Targets=[
        {"Id": name, "Arn": target, "RoleArn": ROLE, "InputTransformer": made}
        for name, (target, made, _, _) in targets.items()])
    event = put(events, bus, '{"note": "a \\"b\\"", "list": ["A"]}')
    kept = {entry["TargetId"]: entry for entry in wire("crema", "ListInbox", Limit=5)["Entries"]
            if entry["EventId"] == event}
    for name, (_, _, code, cause) in targets.items():
        assert kept[name]["ErrorCode"] == code and kept[name]["ErrorMessage"].startswith(cause), kept[name]
    assert json.loads(kept["quote"]["Event"])["id"] == event
    assert sfn.list_executions(stateMachineArn=machine)["executions"] == []


# ---- what is put and given back ----

def test_list_gives_it_back(events, bus, machine):
    made = transformer(' {"a": <a>} ', a="$.detail.a")
    rule_to(events, bus, machine, name="r", InputTransformer=made)
    assert events.list_targets_by_rule(Rule="r", EventBusName=bus)["Targets"][0]["InputTransformer"] == made
    events.put_targets(Rule="r", EventBusName=bus, Targets=[{"Id": "t", "Arn": machine, "InputPath": "$.detail"}])
    assert "InputTransformer" not in events.list_targets_by_rule(Rule="r", EventBusName=bus)["Targets"][0]


def test_what_is_refused(events, bus, group, machine):
    def no(text, target=machine, **more):
        refused(events.put_targets, "ValidationException", text, Rule="r", EventBusName=bus,
                Targets=[dict({"Id": "t", "Arn": target}, **more)])

    events.put_rule(Name="r", EventBusName=bus, EventPattern='{"source": ["road"]}')
    no("InputTemplate for target t contains invalid placeholder b.", InputTransformer=transformer('"<b>"', a="$.a"))
    no("InputPath for target t is invalid.", InputTransformer=transformer('"<a>"', a="a"))
    no("InputTemplate for target t contains placeholder aws.events.event.json valid only for JSON template.",
       InputTransformer=transformer('"<aws.events.event.json>"'))
    no('Invalid InputTemplate for target t : [Source: (String)"{"a": <a>,}"; line: 1, column: 11].',
       InputTransformer=transformer('{"a": <a>,}', a="$.a"))
    no("Input for target t is not a valid JSON text. The InputTemplate for a log group is "
       '{"timestamp": <timestamp>, "message": <message>}.', target=group_arn(group),
       InputTransformer=transformer('{"message": <a>}', a="$.a"))
    no("Only one of Input, InputPath, or InputTransformer must be provided for target t.", InputPath="$",
       InputTransformer=transformer('"<a>"', a="$.a"))
    for member, made in [("inputTemplate", transformer("x" * 8193)), ("inputTemplate", transformer(""))] + [
            ("inputPathsMap", transformer('"x"', **paths)) for paths in (
                {f"p{i}": "$.a" for i in range(101)}, {"aws.events.rule-name": "$.a"}, {"a": "$." + "x" * 255},
                {"": "$.a"}, {"x" * 257: "$.a"})]:
        with pytest.raises(events.exceptions.ClientError) as caught:
            events.put_targets(Rule="r", EventBusName=bus,
                               Targets=[{"Id": "t", "Arn": machine, "InputTransformer": made}])
        error = caught.value.response["Error"]
        assert error["Code"] == "ValidationException"
        assert error["Message"].startswith("1 validation error detected: Value '"), error
        assert f"at 'targets.1.member.inputTransformer.{member}" in error["Message"], error
    assert events.list_targets_by_rule(Rule="r", EventBusName=bus)["Targets"] == []
    rule_to(events, bus, machine, name="full", InputTransformer=transformer(
        '{"v": [' + ", ".join(f"<p{i}>" for i in range(100)) + "]}", **{f"p{i}": "$.a" for i in range(100)}))


# ---- before there is a target ----

EVENT = {"version": "0", "id": "1", "detail-type": "t", "source": "road", "account": "000000000000",
         "time": "2026-01-02T03:04:05Z", "region": "us-east-1", "resources": [], "detail": {"n": 7, "s": 'a"b'}}


def tried(wire, event=EVENT, rule="r", bus=None, **target):
    more = {"EventBusName": bus} if bus else {}
    return wire("crema", "TestTargetInput", Event=json.dumps(event, indent=1), Rule=rule, Target={"Id": "t", **target},
                **more)


def test_trying_shows_what_the_target_would_get(events, sfn, wire, bus, machine):
    compact = json.dumps(EVENT, separators=(",", ":"))
    assert tried(wire) == {"Payload": compact}
    assert tried(wire, Input='{"a": 1}') == {"Payload": '{"a": 1}'}
    assert tried(wire, InputPath="$.detail") == {"Payload": '{"n":7,"s":"a\\"b"}'}
    assert tried(wire, InputPath="$.absent")["ErrorCode"] == "InputPathNotFound"
    made = transformer('{"n": <n>, "s": <s>, "all": <all>, "by": <aws.events.rule-arn>}', n="$.detail.n",
                       s="$.detail.s", all="$.detail")
    shown = tried(wire, bus=bus, InputTransformer=made)["Payload"]
    assert shown == ('{"n": 7, "s": "a\\"b", "all": {"n":7,"s":"a\\"b"}, "by": "%s"}' % arn("events", f"rule/{bus}/r"))
    rule_to(events, bus, machine, name="r", InputTransformer=made)
    put(events, bus, json.dumps(EVENT["detail"], indent=2))
    assert given(sfn, machine) == shown
    wrong = tried(wire, InputTransformer=transformer('{"s": "is <s>"}', s="$.detail.s"))
    assert wrong["ErrorCode"] == "INVALID_INPUT" and "no JSON" in wrong["ErrorMessage"] and "Payload" not in wrong


def test_trying_a_log_group(wire):
    made = transformer('{"timestamp": <t>, "message": "n is <n>"}', t="$.time", n="$.detail.n")
    assert tried(wire, Arn=group_arn("/absent"), InputTransformer=made) == {
        "Payload": "n is 7", "LogEventTime": 1767323045}


def test_trying_refuses_as_put_targets_does(wire):
    for text, more in (
            ("InputTemplate for target t contains invalid placeholder b.",
             {"InputTransformer": transformer('"<b>"', a="$.a")}),
            ("InputPath for target t is invalid.", {"InputPath": "detail"}),
            ("JSON syntax error in input for target t.", {"Input": "{"}),
            ("Parameter Event is not valid.", {"event": [1]}),
            ("Input for target t is not a valid JSON text. The InputTemplate for a log group is "
             '{"timestamp": <timestamp>, "message": <message>}.',
             {"Arn": group_arn("/absent"), "InputTransformer": transformer('"text"')}),
            ("Only one of Input, InputPath, or InputTransformer must be provided for target t.",
             {"Input": "1", "InputPath": "$"})):
        with pytest.raises(Refused) as caught:
            tried(wire, **more)
        assert (caught.value.name, caught.value.text) == ("ValidationException", text)
    assert tried(wire, Arn="of no kind", InputTransformer=transformer('"text"')) == {"Payload": '"text"'}
    with pytest.raises(Refused) as caught:
        tried(wire, Arn=arn("events", "event-bus/b"), InputPath="$.detail")
    assert caught.value.name == "UnknownOperationException"


# ---- SIGKILL ----



def load(port, acknowledged, name):
    try:
        one = Wire(port, timeout=60 * SLOW)
        for number in range(100000):
            detail = json.dumps({"n": f"{name}-{number}"})
            answer = one("events", "PutEvents", Entries=[{"Source": "road", "DetailType": "t", "Detail": detail}] * 2)
            acknowledged.update({entry["EventId"]: f"{name}-{number}" for entry in answer["Entries"]})
    except GONE:
        pass


def every(wire, service, operation, member, **arguments):
    found, token = [], {}
    while token is not None:
        page = wire(service, operation, **arguments, **token)
        found += page[member]
        token = {"nextToken": page["nextToken"]} if "nextToken" in page else None
    return found


@pytest.mark.parametrize("carried", ["1000", "1"])  # with 1, what is made waits in the store as a delivery
def test_what_was_made_survives_sigkill(new_server, carried):
    one = new_server("--deliveries-per-command-max", carried)
    wire, acknowledged = Wire(one.port, timeout=60 * SLOW), {}
    wire("logs", "CreateLogGroup", logGroupName="/g")
    machine = wire("states", "CreateStateMachine", name="m", definition=PASS, roleArn=ROLE)["stateMachineArn"]
    wire("events", "PutRule", Name="r", EventPattern='{"source": ["road"]}')
    wire("events", "PutTargets", Rule="r", Targets=[
        {"Id": "log", "Arn": group_arn("/g"), "InputTransformer": transformer(
            '{"timestamp": <t>, "message": "<id> <n>"}', t="$.time", id="$.id", n="$.detail.n")},
        {"Id": "run", "Arn": machine, "RoleArn": ROLE, "InputTransformer": transformer(
            '{"id": <id>, "n": <n>}', id="$.id", n="$.detail.n")}])
    for cycle in range(3):
        threads = [threading.Thread(target=load, args=(one.port, acknowledged, f"c{cycle}w{i}")) for i in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(0.15 * SLOW)
        one.kill()
        for thread in threads:
            thread.join(timeout=60 * SLOW)
        one.start()
    wire = Wire(one.port, timeout=60 * SLOW)

    def lines():
        return [event["message"] for event in every(wire, "logs", "FilterLogEvents", "events", logGroupName="/g")]

    def runs():
        return every(wire, "states", "ListExecutions", "executions", stateMachineArn=machine, maxResults=1000)
    eventually(lambda: len(lines()) >= len(acknowledged) and len(lines()) == len(runs()), seconds=60 * SLOW)
    logged = lines()
    assert acknowledged and len(logged) == len(set(logged))
    assert {f"{event} {n}" for event, n in acknowledged.items()} <= set(logged)
    inputs = [wire("states", "DescribeExecution", executionArn=run["executionArn"])["input"] for run in runs()]
    assert sorted(inputs) == sorted(json.dumps(dict(zip(("id", "n"), line.split(" ")))) for line in logged)
    assert wire("crema", "ListInbox")["Entries"] == []
    wire.close()
