"""What the server counts of itself, under AWS/ in CloudWatch: buses and rules, log groups, executions; after a stop all
of it is there, after a kill what was written."""
import datetime
import json
import time

import pytest

from conftest import ACCOUNT, REGION, Server, eventually
from wire import Wire

WRITE_MS = 100
GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/any"
SUCCEEDS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
FAILS = {"StartAt": "A", "States": {"A": {"Type": "Fail"}}}
WAITS = {"StartAt": "A", "TimeoutSeconds": 1, "States": {"A": {"Type": "Wait", "Seconds": 600, "End": True}}}


@pytest.fixture(scope="module")
def fixed():
    one = Server("--service-metrics-write-ms", str(WRITE_MS))
    yield one
    assert one.close() in (None, 0), one.errors()


def statistics(server, space, name, dimensions=()):
    now = datetime.datetime.now(datetime.timezone.utc)
    answer = server.client("cloudwatch").get_metric_statistics(
        Namespace=space, MetricName=name, Dimensions=[{"Name": n, "Value": v} for n, v in dimensions], Period=60,
        StartTime=now - datetime.timedelta(hours=1), EndTime=now + datetime.timedelta(hours=1),
        Statistics=["SampleCount", "Sum", "Maximum"])
    return answer["Datapoints"]


def total(server, space, name, *dimensions):
    return sum(point["Sum"] for point in statistics(server, space, name, dimensions))


def comes_to(server, wanted, space, name, *dimensions):
    found = eventually(lambda: total(server, space, name, *dimensions) >= wanted)
    assert found and total(server, space, name, *dimensions) == wanted, name
    return {point["Unit"] for point in statistics(server, space, name, dimensions)}


def group(server, name):
    server.client("logs").create_log_group(logGroupName=name)


def rule(server, name, target, bus="default", pattern='{"source":["shop"]}'):
    events = server.client("events")
    events.put_rule(Name=name, EventBusName=bus, EventPattern=pattern)
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "t", "Arn": target}])


def put(server, *sources, bus="default"):
    return server.client("events").put_events(Entries=[
        {"EventBusName": bus, "Source": source, "DetailType": "d", "Detail": "{}"} for source in sources])


# ---- AWS/Events

def test_events(fixed):
    group(fixed, "of-rules")
    fixed.client("events").create_event_bus(Name="shop")
    rule(fixed, "all", GROUP + "of-rules", bus="shop")
    rule(fixed, "none", GROUP + "absent", bus="shop")
    rule(fixed, "of-default", GROUP + "of-rules")
    before = total(fixed, "AWS/Events", "Invocations")
    put(fixed, "shop", "shop", "other", bus="shop")
    put(fixed, "shop")
    assert put(fixed, "shop", "", bus="shop")["FailedEntryCount"] == 1
    bus, all_of, none = ("EventBusName", "shop"), ("RuleName", "all"), ("RuleName", "none")
    assert comes_to(fixed, 3, "AWS/Events", "MatchedEvents", bus) == {"Count"}
    comes_to(fixed, 3, "AWS/Events", "MatchedEvents", bus, all_of)
    comes_to(fixed, 1, "AWS/Events", "MatchedEvents", ("RuleName", "of-default"))
    comes_to(fixed, 6, "AWS/Events", "TriggeredRules", bus)
    comes_to(fixed, 3, "AWS/Events", "SuccessfulInvocationAttempts", bus)
    comes_to(fixed, 3, "AWS/Events", "FailedInvocations", bus, none)
    comes_to(fixed, 3, "AWS/Events", "Invocations", bus, none)
    comes_to(fixed, 6, "AWS/Events", "InvocationAttempts", bus)
    comes_to(fixed, before + 7, "AWS/Events", "Invocations")
    comes_to(fixed, before + 7, "AWS/Events", "InvocationsCreated")
    assert statistics(fixed, "AWS/Events", "FailedInvocations", (bus, all_of)) == []
    assert statistics(fixed, "AWS/Events", "MatchedEvents") == []  # no such metric of the account
    for name in ("toInvocationStart", "toInvocationComplete", "ToInvocationSuccess"):
        latencies = statistics(fixed, "AWS/Events", f"Ingestion{name}Latency", (bus, all_of))
        assert sum(p["SampleCount"] for p in latencies) == 3 and {p["Unit"] for p in latencies} == {"Milliseconds"}
    comes_to(fixed, 3, "AWS/Events", "PutEventsApproximateSuccessCount")
    comes_to(fixed, 6, "AWS/Events", "PutEventsEntriesCount")
    comes_to(fixed, 1, "AWS/Events", "PutEventsFailedEntriesCount")
    assert comes_to(fixed, sum(len(s) + 3 for s in ["shop", "shop", "other", "shop", "shop", ""]), "AWS/Events",
                    "PutEventsRequestSize") == {"Bytes"}


def test_another_account_counts_for_itself(fixed):
    theirs = fixed.client("events", key="222222222222")
    theirs.put_events(Entries=[{"Source": "s", "DetailType": "d", "Detail": "{}"}] * 3)
    metrics = fixed.client("cloudwatch", key="222222222222")
    assert eventually(lambda: metrics.list_metrics(Namespace="AWS/Events")["Metrics"])
    assert {m["MetricName"] for m in metrics.list_metrics()["Metrics"]} == {
        "PutEventsApproximateSuccessCount", "PutEventsEntriesCount", "PutEventsRequestSize"}


# ---- AWS/Logs

def test_logs(fixed):
    logs = fixed.client("logs")
    for name in ["written", "subscribed"]:
        group(fixed, name)
    logs.create_log_stream(logGroupName="written", logStreamName="s")
    logs.put_subscription_filter(logGroupName="written", filterName="errors", filterPattern="ERROR",
                                 destinationArn=GROUP + "subscribed")
    at = int(time.time() * 1000)
    for messages in [["one"], ["ERROR two", "three", "ERROR four"]]:
        logs.put_log_events(logGroupName="written", logStreamName="s",
                            logEvents=[{"timestamp": at, "message": m} for m in messages])
    written, subscribed = ("LogGroupName", "written"), ("LogGroupName", "subscribed")
    assert comes_to(fixed, 4, "AWS/Logs", "IncomingLogEvents", written) == {"None"}
    size = len("oneERROR twothreeERROR four") + 4 * 26
    assert comes_to(fixed, size, "AWS/Logs", "IncomingBytes", written) == {"Bytes"}
    comes_to(fixed, 2, "AWS/Logs", "IncomingLogEvents", subscribed)
    filtered = [written, ("DestinationType", "LogGroup"), ("FilterName", "errors")]
    comes_to(fixed, 2, "AWS/Logs", "ForwardedLogEvents", *filtered)
    assert total(fixed, "AWS/Logs", "ForwardedBytes", *filtered) > 0
    assert total(fixed, "AWS/Logs", "IncomingLogEvents") >= 6  # of the account
    logs.delete_log_group(logGroupName="subscribed")
    logs.put_log_events(logGroupName="written", logStreamName="s",
                        logEvents=[{"timestamp": at, "message": "ERROR 5"}])
    comes_to(fixed, 1, "AWS/Logs", "DeliveryErrors", *filtered)


@pytest.mark.parametrize("kind, destination", [
    ("Lambda", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:none"), ("HTTP", "http://127.0.0.1:1/collect")])
def test_destinations_that_fail_count_events(new_server, kind, destination):
    server = new_server("--service-metrics-write-ms", str(WRITE_MS), "--function-default", "http://127.0.0.1:1/")
    logs = server.client("logs")
    group(server, "far")
    logs.create_log_stream(logGroupName="far", logStreamName="s")
    logs.put_subscription_filter(logGroupName="far", filterName="all", filterPattern="",
                                 destinationArn=destination)
    at = int(time.time() * 1000)
    logs.put_log_events(logGroupName="far", logStreamName="s",
                        logEvents=[{"timestamp": at, "message": m} for m in ["a", "b", "c"]])
    filtered = [("LogGroupName", "far"), ("DestinationType", kind), ("FilterName", "all")]
    errors = eventually(lambda: total(server, "AWS/Logs", "DeliveryErrors", *filtered))
    assert errors and errors % 3 == 0  # it is tried again
    assert total(server, "AWS/Logs", "ForwardedLogEvents", *filtered) == 3
    assert 0 < total(server, "AWS/Logs", "ForwardedBytes", *filtered) < 1000


# ---- AWS/States

def machine(server, name, definition, **more):
    return server.client("stepfunctions").create_state_machine(
        name=name, definition=json.dumps(definition), roleArn=ROLE, **more)["stateMachineArn"]


def test_executions(fixed):
    states = fixed.client("stepfunctions")
    for name, definition, counted in [("succeeds", SUCCEEDS, "ExecutionsSucceeded"),
                                      ("fails", FAILS, "ExecutionsFailed"),
                                      ("times-out", WAITS, "ExecutionsTimedOut")]:
        of = ("StateMachineArn", machine(fixed, name, definition))
        for _ in range(2):
            states.start_execution(stateMachineArn=of[1])
        assert comes_to(fixed, 2, "AWS/States", "ExecutionsStarted", of) == {"Count"}
        comes_to(fixed, 2, "AWS/States", counted, of)
        times = statistics(fixed, "AWS/States", "ExecutionTime", [of])
        assert sum(p["SampleCount"] for p in times) == 2 and {p["Unit"] for p in times} == {"Milliseconds"}
        assert all((p["Maximum"] >= 1000) == (name == "times-out") for p in times)
    of = ("StateMachineArn", machine(fixed, "aborted", dict(WAITS, TimeoutSeconds=600)))
    started = states.start_execution(stateMachineArn=of[1])["executionArn"]
    states.stop_execution(executionArn=started)
    comes_to(fixed, 1, "AWS/States", "ExecutionsAborted", of)
    wire = Wire(fixed.port)
    wire("states", "RedriveExecution", executionArn=started)
    wire.close()
    comes_to(fixed, 1, "AWS/States", "ExecutionsRedriven", of)
    states.stop_execution(executionArn=started)
    comes_to(fixed, 2, "AWS/States", "ExecutionsAborted", of)
    comes_to(fixed, 1, "AWS/States", "RedrivenExecutionsAborted", of)
    comes_to(fixed, 1, "AWS/States", "ExecutionsStarted", of)
    comes_to(fixed, 7, "AWS/States", "ExecutionsStarted")  # of the account


def test_express_executions_versions_and_aliases(fixed):
    states = fixed.client("stepfunctions")
    express = machine(fixed, "express", SUCCEEDS, type="EXPRESS")
    states.start_execution(stateMachineArn=express)
    comes_to(fixed, 1, "AWS/States", "ExecutionsSucceeded", ("StateMachineArn", express))
    arn = machine(fixed, "released", SUCCEEDS)
    wire = Wire(fixed.port)
    version = wire("states", "PublishStateMachineVersion", stateMachineArn=arn)["stateMachineVersionArn"]
    alias = wire("states", "CreateStateMachineAlias", name="live", routingConfiguration=[
        {"stateMachineVersionArn": version, "weight": 100}])["stateMachineAliasArn"]
    for one in [arn, version, alias]:
        wire("states", "StartExecution", stateMachineArn=one)
    wire.close()
    of = ("StateMachineArn", arn)
    comes_to(fixed, 3, "AWS/States", "ExecutionsStarted", of)
    comes_to(fixed, 2, "AWS/States", "ExecutionsSucceeded", of, ("Version", "1"))
    comes_to(fixed, 1, "AWS/States", "ExecutionsSucceeded", of, ("Alias", "live"))


def test_tasks(fixed):
    states = fixed.client("stepfunctions")
    activity = states.create_activity(name="brew")["activityArn"]
    call = "arn:aws:states:::events:putEvents"
    entries = {"Entries": [{"Source": "tasks", "DetailType": "d", "Detail": "{}"}]}
    arn = machine(fixed, "tasks", {"StartAt": "A", "States": {
        "A": {"Type": "Task", "Resource": call, "Parameters": entries, "ResultPath": None, "Next": "B"},
        "B": {"Type": "Task", "Resource": activity, "End": True}}})
    for end in ("success", "failure"):
        states.start_execution(stateMachineArn=arn)
        token = states.get_activity_task(activityArn=activity)["taskToken"]
        if end == "success":
            states.send_task_success(taskToken=token, output="{}")
        else:
            states.send_task_failure(taskToken=token, error="E", cause="c")
    late = dict(WAITS, States={"A": {"Type": "Task", "Resource": activity, "HeartbeatSeconds": 1, "End": True}})
    del late["TimeoutSeconds"]
    states.start_execution(stateMachineArn=machine(fixed, "late", late))
    assert states.get_activity_task(activityArn=activity)["taskToken"]
    of = ("ActivityArn", activity)
    for end, wanted in [("Scheduled", 3), ("Started", 3), ("Succeeded", 1), ("Failed", 1), ("HeartbeatTimedOut", 1)]:
        assert comes_to(fixed, wanted, "AWS/States", "Activities" + end, of) == {"Count"}
    comes_to(fixed, 3, "AWS/States", "ActivitiesScheduled")
    assert statistics(fixed, "AWS/States", "ActivitiesTimedOut", [of]) == []
    comes_to(fixed, 2, "AWS/States", "ServiceIntegrationsSucceeded", ("ServiceIntegrationResourceArn", call))


# ---- the server's end

def test_a_stop_writes_all_and_a_kill_keeps_what_was_written(new_server):
    server = new_server("--service-metrics-write-ms", "60000")
    written = ("LogGroupName", "kept")
    group(server, "kept")
    rule(server, "kept", GROUP + "kept")
    for _ in range(20):
        put(server, "shop")
    assert server.stop() == 0
    server.start()
    assert total(server, "AWS/Logs", "IncomingLogEvents", written) == 20
    assert total(server, "AWS/Events", "MatchedEvents", ("RuleName", "kept")) == 20
    put(server, "shop")
    server.kill()
    server.start()  # the last one may be lost, what was there is not
    assert total(server, "AWS/Logs", "IncomingLogEvents", written) in (20, 21)
    assert total(server, "AWS/Events", "MatchedEvents", ("RuleName", "kept")) in (20, 21)


def test_a_kill_loses_what_was_not_written_and_counts_nothing_twice(new_server):
    server = new_server("--service-metrics-write-ms", "20")
    group(server, "counted")
    rule(server, "counted", GROUP + "counted")
    put_in_all = 0
    for _ in range(3):
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            put(server, "shop")
            put_in_all += 1
        server.kill()
        server.start()
        assert 0 < total(server, "AWS/Events", "MatchedEvents", ("RuleName", "counted")) <= put_in_all


def test_they_follow_a_clock_that_is_moved(new_server):
    server = new_server("--clock", "virtual")
    wire = Wire(server.port)
    wire("crema", "FreezeClock")
    put(server, "shop")
    wire("crema", "AdvanceClock", Milliseconds=3600_000)
    put(server, "shop", "shop")
    wire("crema", "AdvanceClock", Milliseconds=60_000)
    metrics, now = server.client("cloudwatch"), wire("crema", "GetClock")["Time"]
    wire.close()
    points = metrics.get_metric_statistics(
        Namespace="AWS/Events", MetricName="PutEventsEntriesCount", Period=60, Statistics=["Sum"],
        StartTime=now - 7200, EndTime=now)["Datapoints"]
    first, second = sorted(points, key=lambda point: point["Timestamp"])
    assert (first["Sum"], second["Sum"]) == (1, 2)
    assert second["Timestamp"] - first["Timestamp"] == datetime.timedelta(hours=1)


def test_they_can_be_switched_off(new_server):
    server = new_server("--service-metrics-write-ms", "0")
    put(server, "shop")
    assert server.stop() == 0
    server.start()
    assert server.client("cloudwatch").list_metrics()["Metrics"] == []
