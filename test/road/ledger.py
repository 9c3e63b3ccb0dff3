"""What clients of a server that dies know, and what it must know when it is back:

1. every acknowledged event, log event, item and execution is there, once;
2. what was not acknowledged is there whole or not at all, never twice;
3. no effect inside the server happened twice: one event a workflow step, one log event an event;
4. every waiting execution goes on when its token comes.
"""
import collections
import http.client
import json
import threading
import time

from conftest import ACCOUNT, REGION

GROUP = "/aws/events/crash"
BUS = "crash"
SOURCE = "crash.test"
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:Waiter"
TABLE = "crash"
GONE = (ConnectionError, http.client.HTTPException, TimeoutError, OSError)


def put_task(detail_type, wait, following):
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::events:putEvents" + (".waitForTaskToken" if wait else ""),
        "Parameters": {"Entries": [{
            "EventBusName": BUS, "Source": SOURCE, "DetailType": detail_type,
            "Detail": {"id.$": "$.id", **({"token.$": "$$.Task.Token"} if wait else {})}}]},
        "ResultPath": None,
    }
    state.update({"Next": following} if following else {"End": True})
    return state


DEFINITION = json.dumps({"StartAt": "Ask", "States": {
    "Ask": put_task("asked", True, "Count"),
    "Count": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:updateItem", "ResultPath": None, "Parameters": {
        "TableName": TABLE, "Key": {"PK": {"S": "finished"}}, "UpdateExpression": "ADD amount :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}}}, "Next": "Tell"},
    "Tell": put_task("told", False, None)}})


class Ledger:
    """What the clients know: acknowledged, or in flight when the server died (unknown)."""

    def __init__(self):
        self.lock = threading.Lock()
        self.acknowledged = collections.defaultdict(set)
        self.unknown = collections.defaultdict(set)
        self.adds = 0
        self.adds_unknown = 0
        self.answered = set()           # executions whose token was accepted
        self.answered_unknown = set()
        self.tokens = collections.deque()  # (id, token) seen in the log group, not yet used

    def note(self, kind, name, done):
        with self.lock:
            (self.acknowledged if done else self.unknown)[kind].add(name)


def set_up(wire):
    wire("events", "CreateEventBus", Name=BUS)
    wire("logs", "CreateLogGroup", logGroupName=GROUP)
    wire("logs", "CreateLogStream", logGroupName=GROUP, logStreamName="written")
    wire("events", "PutRule", Name="all", EventBusName=BUS, EventPattern=json.dumps({"source": [SOURCE]}))
    wire("events", "PutTargets", Rule="all", EventBusName=BUS, Targets=[
        {"Id": "log", "Arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{GROUP}"}])
    wire("dynamodb", "CreateTable", TableName=TABLE, BillingMode="PAY_PER_REQUEST",
         AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
         KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}])
    wire("states", "CreateStateMachine", name="Waiter", definition=DEFINITION, roleArn=f"arn:aws:iam::{ACCOUNT}:role/r")


def step(wire, ledger, kind, one, pad=""):
    """One request of a kind, of which the ledger learns how it went. pad: makes its text longer."""
    if kind == "event":
        names = [f"{one}-{i}" for i in range(3)]
        send(lambda: wire("events", "PutEvents", Entries=[
            {"EventBusName": BUS, "Source": SOURCE, "DetailType": "sent", "Detail": json.dumps({"id": n, "pad": pad})}
            for n in names]), lambda done: [ledger.note("event", n, done) for n in names])
    elif kind == "log":
        send(lambda: wire("logs", "PutLogEvents", logGroupName=GROUP, logStreamName="written", logEvents=[
            {"timestamp": int(time.time() * 1000), "message": json.dumps({"written": one, "pad": pad})}]),
            lambda done: ledger.note("log", one, done))
    elif kind == "execution":
        send(lambda: wire("states", "StartExecution", stateMachineArn=MACHINE, name=one, input=json.dumps({"id": one})),
             lambda done: ledger.note("execution", one, done))
    elif kind == "add":
        def added(done):
            with ledger.lock:
                if done:
                    ledger.adds += 1
                else:
                    ledger.adds_unknown += 1
        send(lambda: wire("dynamodb", "UpdateItem", TableName=TABLE, Key={"PK": {"S": "counter"}},
                          UpdateExpression="ADD amount :one", ExpressionAttributeValues={":one": {"N": "1"}}), added)
    else:
        with ledger.lock:
            if not ledger.tokens:
                return
            execution, token = ledger.tokens.popleft()

        def answered(done):
            with ledger.lock:
                (ledger.answered if done else ledger.answered_unknown).add(execution)
        send(lambda: wire("states", "SendTaskSuccess", taskToken=token, output="{}"), answered)


def send(request, note):
    try:
        request()
    except GONE:
        note(False)
        raise
    note(True)


def read_all(wire, group=GROUP):
    """Every message of the group, counted by what it is."""
    seen = collections.Counter()
    tokens = {}
    arguments = {"logGroupName": group}
    while True:
        page = wire("logs", "FilterLogEvents", **arguments)
        for event in page["events"]:
            message = json.loads(event["message"])
            if "written" in message:
                seen["log", message["written"]] += 1
            else:
                kind = {"sent": "event", "asked": "asked", "told": "told"}[message["detail-type"]]
                seen[kind, message["detail"]["id"]] += 1
                if kind == "asked":
                    tokens[message["detail"]["id"]] = message["detail"]["token"]
        if "nextToken" not in page:
            return seen, tokens
        arguments["nextToken"] = page["nextToken"]


def statuses(wire):
    found, arguments = {}, {"stateMachineArn": MACHINE, "maxResults": 1000}
    while True:
        page = wire("states", "ListExecutions", **arguments)
        for execution in page["executions"]:
            assert execution["name"] not in found, f"execution {execution['name']} is listed twice"
            found[execution["name"]] = execution["status"]
        if "nextToken" not in page:
            return found
        arguments["nextToken"] = page["nextToken"]


def number_of(wire, key):
    item = wire("dynamodb", "GetItem", TableName=TABLE, Key={"PK": {"S": key}}, ConsistentRead=True).get("Item")
    return int(item["amount"]["N"]) if item else 0


def verify(wire, ledger):
    seen, tokens = read_all(wire)
    running = statuses(wire)
    twice = [key for key, count in seen.items() if count > 1]
    assert not twice, f"there twice: {twice[:5]}"
    for kind in ("event", "log"):
        lost = [n for n in ledger.acknowledged[kind] if seen[kind, n] != 1]
        assert not lost, f"{len(lost)} acknowledged {kind}s are lost, for example {lost[:3]}"
        known = ledger.acknowledged[kind] | ledger.unknown[kind]
        invented = [n for (k, n) in seen if k == kind and n not in known]
        assert not invented, f"{kind}s nobody sent: {invented[:3]}"
    # The three events of one request are one batch: all of them or none.
    groups = collections.Counter(n.rsplit("-", 1)[0] for (k, n) in seen if k == "event")
    torn = [g for g, count in groups.items() if count != 3]
    assert not torn, f"requests half there: {torn[:3]}"
    lost = ledger.acknowledged["execution"] - set(running)
    assert not lost, f"{len(lost)} acknowledged executions are lost: {sorted(lost)[:3]}"
    for name, status in running.items():
        assert seen["asked", name] == 1, f"execution {name} emitted its event {seen['asked', name]} times"
        told = seen["told", name]
        if name in ledger.answered:
            assert (status, told) == ("SUCCEEDED", 1), f"{name} was answered and is {status}, told {told} times"
        elif name in ledger.answered_unknown:
            assert (status, told) in {("SUCCEEDED", 1), ("RUNNING", 0)}, f"{name} is {status}, told {told} times"
        else:
            assert (status, told) == ("RUNNING", 0), f"{name} waits for its token and is {status}, told {told} times"
    finished = sum(status == "SUCCEEDED" for status in running.values())
    assert number_of(wire, "finished") == finished, "the workflows' own counter"
    counter = number_of(wire, "counter")
    assert ledger.adds <= counter <= ledger.adds + ledger.adds_unknown, \
        f"counter {counter}, acknowledged {ledger.adds}, unknown {ledger.adds_unknown}"
    with ledger.lock:
        ledger.tokens = collections.deque(
            (name, tokens[name]) for name, status in running.items()
            if status == "RUNNING" and name not in ledger.answered_unknown)
    return running, tokens
