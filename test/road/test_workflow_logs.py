"""What workflows log: levels, both kinds of machines, and that nothing is lost or told twice when the server dies."""
import json
import re
import uuid

import pytest

from conftest import ACCOUNT, REGION, eventually
from test_states import FAIL, PASS, ROLE, one, refused
from wire import Wire

GROUP = "/aws/vendedlogs/states/"


def group_of(server):
    name = GROUP + uuid.uuid4().hex
    server.client("logs").create_log_group(logGroupName=name)
    return name


def logging_to(group, level, data=True):
    return {"level": level, "includeExecutionData": data, "destinations": [
        {"cloudWatchLogsLogGroup": {"logGroupArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:*"}}]}


def make(server, definition, group, level="ALL", data=True, kind="STANDARD"):
    return server.client("stepfunctions").create_state_machine(
        name="m-" + uuid.uuid4().hex, definition=definition, roleArn=ROLE, type=kind,
        loggingConfiguration=logging_to(group, level, data))["stateMachineArn"]


def logged(server, group):
    """All records of the group, by execution and id, with the streams and times they came with."""
    pages = server.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    events = [event for page in pages for event in page["events"]]
    for event in events:
        event["record"] = json.loads(event["message"])
    return sorted(events, key=lambda event: (event["record"]["execution_arn"], int(event["record"]["id"])))


def records(server, group):
    return [event["record"] for event in logged(server, group)]


def history(server, arn):
    pages = server.client("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=arn)
    return [event for page in pages for event in page["events"]]


def as_logged(event, arn, redrives="0"):
    details = next((value for name, value in event.items() if name.endswith("EventDetails")), None)
    record = {"id": str(event["id"]), "type": event["type"], "redrive_count": redrives,
              "previous_event_id": str(event["previousEventId"]), "execution_arn": arn,
              "event_timestamp": str(round(event["timestamp"].timestamp() * 1000))}
    return record if details is None else dict(record, details=details)


def finished(server, arn):
    return eventually(lambda: server.client("stepfunctions").describe_execution(
        executionArn=arn)["status"] != "RUNNING")


def start(server, machine, given="{}"):
    return server.client("stepfunctions").start_execution(stateMachineArn=machine, input=given)["executionArn"]


def test_standard_logs_its_history(server):
    group = group_of(server)
    machine = make(server, PASS, group)
    arns = sorted(start(server, machine, json.dumps({"n": n})) for n in range(3))
    for arn in arns:
        finished(server, arn)
    expected = [as_logged(event, arn) for arn in arns for event in history(server, arn)]
    events = logged(server, group)
    assert [event["record"] for event in events] == expected and len(expected) >= 12
    assert all(str(event["timestamp"]) == event["record"]["event_timestamp"] for event in events)
    name = machine.split(":")[-1]
    streams = {event["logStreamName"] for event in events}
    assert len(streams) <= 2, "a machine's executions share its stream (two when the hour ends meanwhile)"
    assert all(re.fullmatch(rf"states/{name}/\d{{4}}-\d\d-\d\d-\d\d-\d\d/[0-9a-f]{{8,}}", one) for one in streams)
    assert server.client("stepfunctions").describe_state_machine(
        stateMachineArn=machine)["loggingConfiguration"] == logging_to(group, "ALL")


def test_express_logs_its_history(server):
    group = group_of(server)
    machine = make(server, one({"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:listStateMachines",
                                "Parameters": {}, "ResultPath": None, "End": True}), group, kind="EXPRESS")
    arn = start(server, machine, '{"a":1}')
    eventually(lambda: [r for r in records(server, group) if r["type"] == "ExecutionSucceeded"])
    found = records(server, group)
    assert [r["type"] for r in found] == [
        "ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited",
        "ExecutionSucceeded"]
    assert {r["execution_arn"] for r in found} == {arn} and ":express:" in arn
    assert found[0]["details"] == {"input": '{"a":1}', "inputDetails": {"truncated": False}, "roleArn": ROLE}
    assert [int(r["id"]) for r in found] == list(range(1, 8))


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
@pytest.mark.parametrize("level,failed,passed", [
    ("ALL", ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"],
     ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]),
    ("ERROR", ["FailStateEntered", "ExecutionFailed"], []),
    ("FATAL", ["ExecutionFailed"], [])])
def test_levels(server, kind, level, failed, passed):
    for definition, types in ((FAIL, failed), (PASS, passed)):
        group = group_of(server)
        arn = start(server, make(server, definition, group, level, kind=kind))
        if kind == "STANDARD":
            finished(server, arn)
        eventually(lambda: len(records(server, group)) >= len(types))
        assert [r["type"] for r in records(server, group)] == types


def test_data_is_left_out(server):
    group = group_of(server)
    finished(server, start(server, make(server, PASS, group, data=False), '{"secret":"word"}'))
    found = logged(server, group)
    assert len(found) == 4 and not any("word" in event["message"] for event in found)
    assert not any(name in event["record"]["details"] for event in found
                   for name in ("input", "output", "inputDetails", "outputDetails"))


def test_off_logs_nothing_and_an_update_is_of_what_starts_after_it(server):
    sfn, group = server.client("stepfunctions"), group_of(server)
    machine = make(server, PASS, group, "OFF")
    finished(server, start(server, machine))
    assert records(server, group) == []
    sfn.update_state_machine(stateMachineArn=machine, loggingConfiguration=logging_to(group, "ALL"))
    arn = start(server, machine)
    finished(server, arn)
    assert records(server, group) == [as_logged(event, arn) for event in history(server, arn)]


def test_destinations(server):
    sfn, logs, group = server.client("stepfunctions"), server.client("logs"), group_of(server)
    create = dict(name="x-" + uuid.uuid4().hex, definition=PASS, roleArn=ROLE)
    missing = "Invalid Logging Configuration: Log Destination not found."
    good = logging_to(group, "ALL")["destinations"]
    elsewhere = f"arn:aws:logs:eu-west-3:{ACCOUNT}:log-group:{group}:*"
    for bad in (logging_to(group + "x", "ALL"), {"level": "ALL", "destinations": [{}]},
                {"level": "ALL", "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": elsewhere}}]},
                {"level": "ALL", "destinations": [{"cloudWatchLogsLogGroup": {
                    "logGroupArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"}}]}):
        refused(sfn.create_state_machine, "InvalidLoggingConfiguration", missing, loggingConfiguration=bad, **create)
    refused(sfn.create_state_machine, "InvalidLoggingConfiguration",
            "Invalid Logging Configuration: Must specify exactly one Log Destination.",
            loggingConfiguration={"level": "FATAL", "destinations": good * 2}, **create)
    machine = make(server, PASS, group)
    refused(sfn.update_state_machine, "InvalidLoggingConfiguration", missing, stateMachineArn=machine,
            loggingConfiguration=logging_to(group + "x", "ALL"))
    logs.delete_log_group(logGroupName=group)  # what cannot be logged does not hold up the execution
    arn = start(server, machine)
    finished(server, arn)
    assert sfn.describe_execution(executionArn=arn)["status"] == "SUCCEEDED"
    logs.create_log_group(logGroupName=group)
    arn = start(server, machine)
    finished(server, arn)
    assert {r["execution_arn"] for r in records(server, group)} == {arn}


@pytest.mark.parametrize("arguments", [(), ("--deliveries-per-command-max", "1")], ids=["at once", "stored first"])
def test_a_kill_loses_nothing_and_tells_nothing_twice(new_server, arguments):
    server = new_server(*arguments)
    group = group_of(server)
    steps = {f"W{n}": {"Type": "Wait", "Seconds": 1, "Next": f"W{n + 1}"} for n in range(4)}
    machine = make(server, json.dumps({"StartAt": "W0", "States": dict(steps, W4={"Type": "Succeed"})}), group)
    arns = sorted(start(server, machine) for _ in range(20))
    for _ in range(3):
        before = len(records(server, group))
        eventually(lambda: len(records(server, group)) > before)
        server.kill()
        server.start()
    for arn in arns:
        finished(server, arn)
    eventually(lambda: len(records(server, group)) >= 20 * 12)
    assert records(server, group) == [as_logged(event, arn) for arn in arns for event in history(server, arn)]
    assert len(records(server, group)) == 20 * 12


def test_a_kill_leaves_what_an_express_execution_has_logged(new_server):
    server = new_server()
    group = group_of(server)
    machine = make(server, one({"Type": "Wait", "Seconds": 100, "End": True}), group, kind="EXPRESS")
    arn = start(server, machine)
    eventually(lambda: len(records(server, group)) == 2)
    server.kill()
    server.start()
    assert [(r["type"], r["execution_arn"]) for r in records(server, group)] == [
        ("ExecutionStarted", arn), ("WaitStateEntered", arn)]


def test_a_redriven_execution_says_which_time_it_is(server):
    group, wire = group_of(server), Wire(server.port)
    arn = start(server, make(server, FAIL, group))
    finished(server, arn)
    wire("states", "RedriveExecution", executionArn=arn)
    wire.close()
    eventually(lambda: len(records(server, group)) >= len(history(server, arn)) > 3)
    assert [r["redrive_count"] for r in records(server, group)[:3]] == ["0"] * 3
    assert {r["redrive_count"] for r in records(server, group)[3:]} == {"1"}
