"""Express machines: executions in memory, started and left, or waited for."""
import json
import re
import threading
import time
import urllib.request
import uuid

import pytest

from conftest import ACCOUNT, REGION, SLOW, eventually
from test_states import FAIL, PASS, ROLE, WAIT, one, refused_raw
from wire import Refused, Wire


@pytest.fixture
def wire(server):
    client = Wire(server.port, timeout=60 * SLOW)
    yield client
    client.close()


@pytest.fixture
def states(wire):
    return lambda operation, **body: wire("states", operation, **body)


def make(states, definition=PASS, **more):
    return states("CreateStateMachine", name="m-" + uuid.uuid4().hex, definition=definition, roleArn=ROLE,
                  type="EXPRESS", **more)["stateMachineArn"]


def run(states, definition, given="{}", **more):
    return states("StartSyncExecution", stateMachineArn=make(states, definition), input=given, **more)


def steps(**states):
    return json.dumps({"StartAt": next(iter(states)), "States": states})


def table(wire):
    name = "t-" + uuid.uuid4().hex
    wire("dynamodb", "CreateTable", TableName=name, BillingMode="PAY_PER_REQUEST",
         KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
         AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    return name


def put(name, **more):
    return dict({"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "ResultPath": None, "Parameters": {
        "TableName": name, "Item": {"id": {"S.$": "$.id"}}}}, **more)


def test_sync(states):
    arn = make(states, one({"Type": "Pass", "Parameters": {"in.$": "$", "me.$": "$$.Execution.Id"}, "End": True}))
    about = states("StartSyncExecution", stateMachineArn=arn, name="n", input='{"a":1}')
    assert about["executionArn"].startswith(
        f"arn:aws:states:{REGION}:{ACCOUNT}:express:{arn.rsplit(':', 1)[1]}:n:")
    assert json.loads(about["output"]) == {"in": {"a": 1}, "me": about["executionArn"]}
    assert (about["status"], about["name"], about["stateMachineArn"], about["input"]) == (
        "SUCCEEDED", "n", arn, '{"a":1}')
    assert about["billingDetails"] == {"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": 100}
    assert about["inputDetails"] == about["outputDetails"] == {"included": True}
    again = states("StartSyncExecution", stateMachineArn=arn, name="n")
    assert again["executionArn"] != about["executionArn"]
    bare = states("StartSyncExecution", stateMachineArn=arn, includedData="METADATA_ONLY")
    assert "output" not in bare and "input" not in bare and bare["outputDetails"] == {"included": False}
    assert states("DescribeStateMachine", stateMachineArn=arn)["type"] == "EXPRESS"


def test_sync_failures(states, wire):
    about = run(states, FAIL)
    assert (about["status"], about["error"], about["cause"]) == ("FAILED", "E", "C")
    assert "output" not in about
    about = run(states, one({"Type": "Pass", "InputPath": "$.nowhere", "End": True}))
    assert (about["status"], about["error"]) == ("FAILED", "States.Runtime")
    about = run(states, json.dumps(dict(json.loads(WAIT), TimeoutSeconds=1)))
    assert about["status"] == "TIMED_OUT"
    standard = states("CreateStateMachine", name="m-" + uuid.uuid4().hex, definition=PASS, roleArn=ROLE)
    refused_raw(wire, "StartSyncExecution", "StateMachineTypeNotSupported",
                "This operation is not supported by this type of state machine",
                stateMachineArn=standard["stateMachineArn"])
    refused_raw(wire, "StartSyncExecution", "StateMachineDoesNotExist",
                f"State Machine Does Not Exist: '{standard['stateMachineArn']}x'",
                stateMachineArn=standard["stateMachineArn"] + "x")
    with pytest.raises(Refused) as refused:
        states("StartSyncExecution", stateMachineArn=make(states), input="{")
    assert refused.value.name == "InvalidExecutionInput"


def test_waits_retries_and_variables(states):
    about = run(states, steps(
        A={"Type": "Pass", "Assign": {"v.$": "$.v", "w": 2}, "Next": "W"},
        W={"Type": "Wait", "Seconds": 1, "Next": "B"},
        B={"Type": "Pass", "Assign": {"w": 3}, "Next": "X"},
        X={"Type": "Wait", "Seconds": 1, "Next": "C"},
        C={"Type": "Pass", "Parameters": {"v.$": "$v", "w.$": "$w", "in.$": "$$.Execution.Input"}, "End": True}),
        '{"v":{"deep":1}}')
    assert json.loads(about["output"]) == {"v": {"deep": 1}, "w": 3, "in": {"v": {"deep": 1}}}
    assert 2 <= about["stopDate"] - about["startDate"] < 6 * SLOW
    assert about["billingDetails"]["billedDurationInMilliseconds"] >= 2000


def test_families_over_time(states):
    about = run(states, steps(
        P={"Type": "Parallel", "Next": "M", "ResultPath": "$.p", "Branches": [
            json.loads(steps(W={"Type": "Wait", "Seconds": 1, "Next": "E"},
                             E={"Type": "Pass", "Result": 1, "End": True})),
            json.loads(one({"Type": "Pass", "Result": 2, "End": True}))]},
        M={"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 3, "End": True, "ItemSelector": {
            "i.$": "$$.Map.Item.Value", "p.$": "$.p"}, "ItemProcessor": json.loads(
                steps(V={"Type": "Wait", "SecondsPath": "$.i", "Next": "F"}, F={"Type": "Pass", "End": True}))}),
        '{"items":[1,2,0,0,0,1]}')
    assert json.loads(about["output"]) == [{"i": i, "p": [1, 2]} for i in (1, 2, 0, 0, 0, 1)]


def test_tasks(states, wire):
    name = table(wire)
    about = run(states, steps(A=put(name, Next="B"), B=put(name, Next="G"), G={
        "Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "End": True, "ResultSelector": {
            "item.$": "$.Item"}, "Parameters": {"TableName": name, "Key": {"id": {"S.$": "$.id"}}}}), '{"id":"one"}')
    assert json.loads(about["output"]) == {"item": {"id": {"S": "one"}}}
    about = run(states, steps(A=put("nowhere", End=True, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "F"}]),
                              F={"Type": "Pass", "End": True}), '{"id":"one"}')
    assert json.loads(about["output"])["Error"] == "DynamoDB.ResourceNotFoundException"
    about = run(states, steps(A=put("nowhere", End=True, Retry=[{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1,
                                                                "MaxAttempts": 1}])), '{"id":"one"}')
    assert about["error"] == "DynamoDB.ResourceNotFoundException"
    assert about["stopDate"] - about["startDate"] >= 1


def test_started_and_left(states, wire):
    name = table(wire)
    arn = make(states, steps(W={"Type": "Wait", "Seconds": 1, "Next": "A"}, A=put(name, End=True)))
    started = [states("StartExecution", stateMachineArn=arn, input=json.dumps({"id": f"i{i}"})) for i in range(20)]
    assert all(":express:" in one_["executionArn"] for one_ in started)
    assert wire("dynamodb", "Scan", TableName=name)["Count"] == 0
    eventually(lambda: wire("dynamodb", "Scan", TableName=name)["Count"] == 20)
    refused_raw(wire, "ListExecutions", "StateMachineTypeNotSupported",
                "This operation is not supported by this type of state machine", stateMachineArn=arn)
    for operation in ("DescribeExecution", "StopExecution", "GetExecutionHistory", "DescribeStateMachineForExecution"):
        refused_raw(wire, operation, "InvalidArn",
                    "Invalid Arn: 'Resource type not valid in this context: express'",
                    executionArn=started[0]["executionArn"])


def test_a_deleted_machine_ends_them(states, wire):
    arn = make(states, steps(W={"Type": "Wait", "Seconds": 1, "Next": "E"}, E={"Type": "Pass", "End": True}))
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(
        states("StartSyncExecution", stateMachineArn=arn)))
    waiting.start()
    time.sleep(0.3)
    other = Wire(wire.connection.port)
    other("states", "DeleteStateMachine", stateMachineArn=arn)
    waiting.join(timeout=20 * SLOW)
    assert (answers[0]["status"], answers[0]["cause"]) == ("FAILED", "The state machine was deleted.")
    other.close()


def test_a_machine_updated_as_it_is(states, wire):
    arn = make(states)
    token_task = one({"Type": "Task", "Resource": "arn:aws:states:::events:putEvents.waitForTaskToken",
                      "Parameters": {"Entries": []}, "End": True})
    with pytest.raises(Refused) as refused:
        states("UpdateStateMachine", stateMachineArn=arn, definition=token_task)
    assert "Express state machine does not support '.waitForTaskToken'" in refused.value.text
    refused_raw(wire, "CreateStateMachine", "StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'",
                name=arn.rsplit(":", 1)[1], definition=PASS, roleArn=ROLE, type="STANDARD")


def test_nothing_is_left_of_them(new_server):
    server = new_server()
    wire = Wire(server.port)

    def states(operation, **body):
        return wire("states", operation, **body)
    arn = make(states, WAIT)
    states("StartExecution", stateMachineArn=arn)
    server.kill()
    server.start()
    wire = Wire(server.port)
    assert states("DescribeStateMachine", stateMachineArn=arn)["type"] == "EXPRESS"
    states("StartExecution", stateMachineArn=arn)
    answers = []

    def wait():
        try:
            answers.append(Wire(server.port)("states", "StartSyncExecution", stateMachineArn=arn))
        except Refused as refused:
            answers.append((refused.status, refused.text))
    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.3)
    assert server.stop() == 0
    waiting.join(timeout=10)
    assert answers == [(503, "The server is stopping.")]


def test_counters(server, states):
    """Nothing lists them: the counters tell how many ran, and how far."""
    def counters():
        text = urllib.request.urlopen(server.endpoint + "/metrics").read().decode()
        return [int(re.search(rf"^crema_express_{name} (\d+)$", text, re.M).group(1)) for name in (
            "executions_started_total", "executions_succeeded_total", "executions_failed_total", "transitions_total")]
    before = counters()
    good = make(states, steps(A={"Type": "Pass", "Next": "B"}, B={"Type": "Wait", "Seconds": 1, "End": True}))
    states("StartExecution", stateMachineArn=good)
    states("StartSyncExecution", stateMachineArn=good)
    states("StartSyncExecution", stateMachineArn=make(states, FAIL))
    eventually(lambda: [now - then for now, then in zip(counters(), before)] == [3, 2, 1, 5])
