"""What narrows the console's lists, each kept by a reload; and the page of Map Runs."""
import json

from browser import story
from conftest import eventually
from test_console_runs import ROLE, inner

PATHS = {"StartAt": "Which?", "States": {
    "Which?": {"Type": "Choice", "Default": "Good", "Choices": [
        {"Variable": "$.end", "StringEquals": "bad", "Next": "Bad"},
        {"Variable": "$.end", "StringEquals": "late", "Next": "Late"}]},
    "Good": {"Type": "Pass", "End": True},
    "Bad": {"Type": "Fail"},
    "Late": {"Type": "Wait", "Seconds": 3600, "End": True}}}


def distributed(processor):
    return {"StartAt": "Each", "States": {"Each": {
        "Type": "Map", "End": True, "ToleratedFailurePercentage": 100, "ItemProcessor": dict(
            processor, ProcessorConfig={"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"})}}}


ODD = {"StartAt": "Odd?", "States": {
    "Odd?": {"Type": "Choice", "Default": "Even", "Choices": [{"Variable": "$", "NumericEquals": 1, "Next": "Odd"}]},
    "Odd": {"Type": "Fail", "Error": "Odd.One"},
    "Even": {"Type": "Succeed"}}}


def fill_buses(server):
    events, logs = server.client("events"), server.client("logs")
    for bus in ("till-1", "till-2", "other"):
        events.create_event_bus(Name=bus)
    for rule, kind in (("paid", "Order.Paid"), ("refund", "Order.Refunded"), ("third", "Order.Third")):
        events.put_rule(EventBusName="till-1", Name=rule, EventPattern=json.dumps({"detail-type": [kind]}))
    entries = [("till-1", "till", "Order.Paid"), ("till-1", "till", "Order.Refunded"), ("till-2", "till", "Order.Paid"),
               ("other", "elsewhere", "Order.Other")]
    events.put_events(Entries=[{"EventBusName": bus, "Source": source, "DetailType": kind, "Detail": "{}"}
                               for bus, source, kind in entries])
    for group in ("/till/1", "/till/2", "/other"):
        logs.create_log_group(logGroupName=group)
    for stream in ("a-1", "b-1", "b-2"):
        logs.create_log_stream(logGroupName="/till/1", logStreamName=stream)


def fill_machines(server):
    states = server.client("stepfunctions")

    def machine(name, definition):
        answer = states.create_state_machine(name=name, roleArn=ROLE, definition=json.dumps(definition))
        return answer["stateMachineArn"]

    def start(arn, name, given):
        return states.start_execution(stateMachineArn=arn, name=name, input=json.dumps(given))["executionArn"]

    paths = machine("paths", PATHS)
    for name in ("good", "bad", "late"):
        start(paths, name, {"end": name})
    states.stop_execution(executionArn=start(paths, "stopped", {"end": "late"}))
    done = start(machine("runs", distributed(ODD)), "done", [0, 1, 2])
    slow = machine("slow", distributed(inner("Wait", {"Type": "Wait", "Seconds": 3600})))
    run = start(slow, "one", [1, 2])
    eventually(lambda: states.describe_execution(executionArn=done)["status"] == "SUCCEEDED")
    eventually(lambda: states.list_map_runs(executionArn=run)["mapRuns"])


def test_lists(server):
    fill_buses(server)
    fill_machines(server)
    saw = story(server, "lists")
    assert saw["lists"] == {
        "buses": ["till-1", "till-2"], "rules": ["paid"], "rules of a bus": ["refund"], "machines": ["paths"],
        "groups": ["/till/1", "/till/2"], "streams": ["b-1", "b-2"]}
    assert saw["ofBus"] == ["Order.Refunded", "Order.Paid"]
    assert saw["ofType"] == ["Order.Paid"] and saw["ofSource"] == ["Order.Other"]
    assert saw["byStatus"] == {"Running": ["late"], "Succeeded": ["good"], "Failed": ["bad"], "Aborted": ["stopped"]}
    assert saw["slow"] == [None, 4]
    assert saw["history"] == [["PassStateEntered", "PassStateExited"], ["ChoiceStateEntered", "PassStateEntered"], []]
    assert saw["children"] == 3 and saw["items"] == "3 total, 2 succeeded, 1 failed"
    assert saw["underWay"] == "2 total, 2 running"
