"""Recent events and the chain from an event to what it started, and back: Crema's own operations."""
import json
import time

import pytest

from conftest import ACCOUNT, REGION, eventually
from wire import Refused, Wire

BUS = "Serverlesspresso"
LOGS = "/aws/events/serverlesspresso"


@pytest.fixture
def ask(server):
    wire = Wire(server.port)
    yield wire
    wire.close()


def recent(ask, **query):
    return ask("crema", "ListRecentEvents", **query)


def found(ask, event_id, **query):
    """The event in the list; it is there a moment after its answer."""
    def look():
        return next((e for e in recent(ask, Limit=200, **query)["Events"] if e["EventId"] == event_id), None)
    return eventually(look)


def put(ask, kind, bus=BUS, source="awsserverlessda.serverlesspresso", **detail):
    answer = ask("events", "PutEvents", Entries=[{"EventBusName": bus, "Source": source, "DetailType": kind,
                                                  "Detail": json.dumps(detail)}])
    assert answer["FailedEntryCount"] == 0
    return answer["Entries"][0]["EventId"]


def emitting(bus, kind):
    """A machine that tells of its start, and waits for an answer."""
    entry = {"EventBusName": bus, "Source": "awsserverlessda.serverlesspresso", "DetailType": kind,
             "Detail": {"TaskToken.$": "$$.Task.Token", "order.$": "$.detail.order"}}
    return json.dumps({"StartAt": "Emit", "States": {"Emit": {
        "Type": "Task", "Resource": "arn:aws:states:::events:putEvents.waitForTaskToken",
        "Parameters": {"Entries": [entry]}, "End": True}}})


@pytest.fixture(scope="module")
def shop(server):
    """NewOrder starts a workflow, which emits WorkflowStarted; all of it is logged."""
    events, states, logs = (server.client(name) for name in ("events", "stepfunctions", "logs"))
    events.create_event_bus(Name=BUS)
    logs.create_log_group(logGroupName=LOGS)
    machine = states.create_state_machine(name="OrderProcessor", roleArn=f"arn:aws:iam::{ACCOUNT}:role/x",
                                          definition=emitting(BUS, "OrderProcessor.WorkflowStarted"))["stateMachineArn"]
    for name, pattern, target in (
            ("NewOrder", {"detail-type": ["Validator.NewOrder"]},
             {"Id": "workflow", "Arn": machine, "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/x"}),
            ("LogAll", {"source": [{"prefix": "awsserverlessda"}]},
             {"Id": "log", "Arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{LOGS}:*"})):
        events.put_rule(Name=name, EventBusName=BUS, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=name, EventBusName=BUS, Targets=[target])
    return machine


def rule_arn(name, bus=BUS):
    return f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{bus}/{name}"


def test_the_chain_both_ways(server, ask, shop):
    first = put(ask, "Validator.NewOrder", order="7")
    found(ask, first)
    trace = ask("crema", "GetEventTrace", EventId=first)
    assert trace["EventId"] == first and "EmittedBy" not in trace
    hop, = trace["Hops"]
    assert (hop["EventBusName"], hop["State"], hop["RuleCount"], hop["Hops"]) == (BUS, "MATCHED", 2, 0)
    envelope = json.loads(hop["Event"])
    assert envelope["id"] == first and envelope["detail"] == {"order": "7"}
    assert hop["EventBytes"] == len(hop["Event"])
    logged, started = hop["Deliveries"]
    assert (logged["RuleArn"], logged["TargetId"]) == (rule_arn("LogAll"), "log")
    assert (logged["State"], logged["Attempts"]) == ("DELIVERED", 1)
    assert (started["RuleArn"], started["TargetArn"], started["State"]) == (rule_arn("NewOrder"), shop, "DELIVERED")

    # From the event to its log line.
    assert logged["LogGroupName"] == LOGS
    lines = server.client("logs").get_log_events(logGroupName=LOGS, logStreamName=logged["LogStreamName"])["events"]
    assert [json.loads(line["message"])["id"] for line in lines] == [first]
    assert lines[0]["timestamp"] == logged["LogEventTime"] * 1000

    # To the execution, and to what that emitted.
    execution = server.client("stepfunctions").describe_execution(executionArn=started["ExecutionArn"])
    assert json.loads(execution["input"])["id"] == first
    emitted, = started["Emitted"]
    assert (emitted["DetailType"], emitted["EventBusName"]) == ("OrderProcessor.WorkflowStarted", BUS)
    second = ask("crema", "GetEventTrace", EventId=emitted["EventId"])
    assert (second["EmittedBy"], second["StateName"]) == (started["ExecutionArn"], "Emit")
    history = server.client("stepfunctions").get_execution_history(executionArn=second["EmittedBy"])["events"]
    entered = next(h for h in history if h["id"] == second["StateEnteredEventId"])
    assert entered["type"] == "TaskStateEntered"
    line = second["Hops"][0]["Deliveries"][0]
    assert (line["State"], line["LogGroupName"]) == ("DELIVERED", LOGS)

    # And back: from the line, by its stream and by what it says, to the execution, to the first event.
    back = ask("crema", "GetEventTrace", LogGroupName=LOGS, LogStreamName=line["LogStreamName"])
    assert back["EventId"] == emitted["EventId"]
    lines = server.client("logs").get_log_events(logGroupName=LOGS, logStreamName=line["LogStreamName"])["events"]
    assert json.loads(lines[0]["message"])["id"] == emitted["EventId"]
    origin = ask("crema", "GetExecutionTrace", ExecutionArn=back["EmittedBy"])
    assert origin["StartedBy"]["EventId"] == first
    assert (origin["StartedBy"]["RuleArn"], origin["StartedBy"]["TargetId"]) == (rule_arn("NewOrder"), "workflow")
    assert [link["EventId"] for link in origin["Emitted"]] == [emitted["EventId"]]


def test_lists_and_filters(ask, shop):
    matched = put(ask, "Validator.NewOrder", order="8")
    lonely = put(ask, "Nobody.Cares", source="elsewhere")
    missing = put(ask, "Nobody.Hears", bus="no-such-bus", source="elsewhere")
    found(ask, missing)
    states = {e["EventId"]: e["State"] for e in recent(ask, Limit=200)["Events"]}
    assert [states[e] for e in (matched, lonely, missing)] == ["MATCHED", "UNMATCHED", "MISSING_BUS"]
    for state, event in (("UNMATCHED", lonely), ("MISSING_BUS", missing)):
        listed = recent(ask, State=state)["Events"]
        assert [e["EventId"] for e in listed] == [event] and listed[0]["DeliveryCount"] == 0
    assert {e["EventId"] for e in recent(ask, Source="elsewhere")["Events"]} == {lonely, missing}
    assert {e["EventId"] for e in recent(ask, EventBusName="no-such-bus")["Events"]} == {missing}
    assert matched in {e["EventId"] for e in recent(ask, DetailType="Validator.NewOrder")["Events"]}
    assert recent(ask, DetailType="Validator.NewOrder", Source="elsewhere")["Events"] == []
    arn = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{BUS}"
    assert lonely in {e["EventId"] for e in recent(ask, EventBusName=arn)["Events"]}


def test_pages_and_what_is_new(ask, shop):
    ids = [put(ask, "Page.Event", source="pages", n=n) for n in range(7)]
    found(ask, ids[-1])
    pages, token = [], {}
    while True:
        page = recent(ask, Source="pages", Limit=3, **token)
        pages.append([e["EventId"] for e in page["Events"]])
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert [e for page in pages for e in page] == ids[::-1]
    assert max(len(page) for page in pages) == 3
    newest = recent(ask)["NewestToken"]
    assert recent(ask, FromToken=newest)["Events"] == []
    later = [put(ask, "Page.Later", source="pages", n=n) for n in range(3)]
    found(ask, later[-1])
    fresh = recent(ask, FromToken=newest)
    assert [e["EventId"] for e in fresh["Events"]] == later[::-1]
    assert recent(ask, FromToken=fresh["NewestToken"])["Events"] == []
    part = recent(ask, FromToken=newest, Limit=2)
    rest = recent(ask, FromToken=newest, NextToken=part["NextToken"])
    assert [e["EventId"] for e in part["Events"] + rest["Events"]] == later[::-1]


def test_a_delivery_that_failed(server, ask, shop):
    events = server.client("events")
    events.put_rule(Name="ToNowhere", EventBusName=BUS, EventPattern='{"source":["failing"]}')
    events.put_targets(Rule="ToNowhere", EventBusName=BUS, Targets=[
        {"Id": "gone", "Arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/no/such/group"},
        {"Id": "path", "Arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{LOGS}", "InputPath": "$.detail.none"}])
    event = put(ask, "Fails", source="failing")
    listed = found(ask, event)
    assert (listed["DeliveryCount"], listed["DeliveredCount"], listed["RejectedCount"]) == (2, 0, 2)
    gone, path = ask("crema", "GetEventTrace", EventId=event)["Hops"][0]["Deliveries"]
    assert (gone["TargetId"], gone["State"], gone["Attempts"]) == ("gone", "REJECTED", 1)
    assert gone["ErrorCode"] == "NO_RESOURCE"
    assert gone["ErrorMessage"] and "LogStreamName" not in gone
    assert (path["State"], path["ErrorCode"]) == ("REJECTED", "InputPathNotFound")


def test_from_bus_to_bus(server, ask, shop):
    events = server.client("events")
    events.create_event_bus(Name="second")
    events.put_rule(Name="On", EventBusName=BUS, EventPattern='{"source":["travels"]}')
    events.put_targets(Rule="On", EventBusName=BUS,
                       Targets=[{"Id": "bus", "Arn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/second"}])
    event = put(ask, "Travels", source="travels")
    found(ask, event, EventBusName="second")
    first, second = ask("crema", "GetEventTrace", EventId=event)["Hops"]
    assert (first["EventBusName"], second["EventBusName"], second["Hops"]) == (BUS, "second", 1)
    assert first["Deliveries"][0]["EventBusName"] == "second" and first["Deliveries"][0]["State"] == "DELIVERED"
    assert (second["State"], second["Deliveries"]) == ("UNMATCHED", [])


def test_what_a_failed_putevents_took_back_is_not_there(server, ask, shop):
    """An entry without a match leaves nothing in the batch; it must go all the same."""
    states = server.client("stepfunctions")
    entries = [{"EventBusName": BUS, "Source": "taken.back", "DetailType": "x", "Detail": {}},
               {"EventBusName": BUS, "Source": "aws.reserved", "DetailType": "x", "Detail": {}}]
    emit = {"Type": "Task", "Resource": "arn:aws:states:::events:putEvents", "Parameters": {"Entries": entries},
            "End": True}
    definition = {"StartAt": "Emit", "States": {"Emit": emit}}
    machine = states.create_state_machine(name="TakesBack", roleArn=f"arn:aws:iam::{ACCOUNT}:role/x",
                                          definition=json.dumps(definition))["stateMachineArn"]
    run = states.start_execution(stateMachineArn=machine)["executionArn"]
    assert eventually(lambda: states.describe_execution(executionArn=run)["status"] == "FAILED")
    mark = put(ask, "Mark", source="mark")
    found(ask, mark)
    assert recent(ask, Source="taken.back")["Events"] == []
    assert ask("crema", "GetExecutionTrace", ExecutionArn=run)["Emitted"] == []


def test_namespaces_are_apart(server, ask, shop):
    other = Wire(server.port, key="123456789012", region="eu-west-1")
    event = put(other, "Elsewhere", bus="default", source="apart")
    found(other, event)
    assert recent(ask, Source="apart")["Events"] == []
    with pytest.raises(Refused) as refused:
        ask("crema", "GetEventTrace", EventId=event)
    assert "recent" in refused.value.text
    other.close()


@pytest.mark.parametrize("operation,body,text", [
    ("GetEventTrace", {}, "Give either"), ("GetEventTrace", {"EventId": "x", "LogStreamName": "y"}, "Give either"),
    ("GetEventTrace", {"EventId": "nothing"}, "not among"),
    ("GetEventTrace", {"LogStreamName": "nothing"}, "not among"),
    ("ListRecentEvents", {"NextToken": "x"}, "NextToken"), ("ListRecentEvents", {"FromToken": "x"}, "FromToken"),
    ("ListRecentEvents", {"State": "LOST"}, "LOST"), ("ListRecentEvents", {"Limit": 0}, ""),
    ("GetExecutionTrace", {}, "xecutionArn")])
def test_bad_input(ask, operation, body, text):
    with pytest.raises(Refused) as refused:
        ask("crema", operation, **body)
    assert refused.value.status == 400 and text in refused.value.text


def test_bounds_restart_and_off(new_server):
    server = new_server("--recent-events-max", "20", "--recent-bytes-max", "1048576")
    ask = Wire(server.port)
    ids = [put(ask, "Many", bus="default", source="many", n=n) for n in range(30)]
    found(ask, ids[-1])
    page = recent(ask, Limit=200)
    kept = [e["EventId"] for e in page["Events"]]
    assert kept == ids[:-len(kept) - 1:-1] and 1 <= len(kept) <= 6  # of what nothing matched, a quarter
    assert page["Since"] >= page["Events"][-1]["ArrivalTime"] - 0.001
    token = page["NewestToken"]
    ask.close()
    server.kill()
    before = time.time()
    server.start()
    ask = Wire(server.port)
    page = recent(ask, FromToken=token)
    assert page["Events"] == [] and page["Since"] >= before - 1
    event = put(ask, "After", bus="default")
    eventually(lambda: [e["EventId"] for e in recent(ask, FromToken=token)["Events"]] == [event])
    ask.close()
    off = new_server("--ephemeral", "--recent-events-max", "0")
    ask = Wire(off.port)
    put(ask, "Unseen", bus="default")
    for operation, body in (("ListRecentEvents", {}), ("GetEventTrace", {"EventId": "x"}),
                            ("GetExecutionTrace", {"ExecutionArn": "x"})):
        with pytest.raises(Refused) as refused:
            ask("crema", operation, **body)
        assert "recent_events_max" in refused.value.text
    ask.close()


def test_activity(server, ask, shop):
    before = ask("crema", "GetActivity")
    put(ask, "Validator.NewOrder", order="9")

    def total(name):
        return sum(p[name] for p in ask("crema", "GetActivity", Resolution="MINUTE")["Points"])
    assert eventually(lambda: total("Events") >= 2 and total("ExecutionsStarted") >= 1 and total("Delivered") >= 3)
    after = eventually(lambda: next((a for a in [ask("crema", "GetActivity")] if a["Points"]), None))
    assert after["IntervalSeconds"] == 1 and after["StartTime"] <= before["Time"] <= after["Time"]
    assert after["StoreBytes"] > 0 and after["Version"]
    times = [p["Time"] for p in after["Points"]]
    assert times == [times[0] + i for i in range(len(times))] and abs(times[-1] - after["Time"]) < 5
    assert len(ask("crema", "GetActivity", Limit=1)["Points"]) == 1
