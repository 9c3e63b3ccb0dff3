"""RedriveExecution: what failed goes on from the state that failed."""
import json
import uuid

import pytest

from test_express import put, table
from test_states import FAIL, PASS, ROLE, WAIT, one, refused_raw
from wire import Wire


@pytest.fixture
def wire(server):
    client = Wire(server.port)
    yield client
    client.close()


@pytest.fixture
def states(wire):
    return lambda operation, **body: wire("states", operation, **body)


def start(states, definition, given="{}", **more):
    arn = states("CreateStateMachine", name="m-" + uuid.uuid4().hex, definition=definition, roleArn=ROLE)
    return states("StartExecution", stateMachineArn=arn["stateMachineArn"], input=given, **more)["executionArn"]


def kinds(states, execution):
    return [e["type"] for e in states("GetExecutionHistory", executionArn=execution)["events"]]


def test_goes_on_from_the_failed_state(states, wire):
    name = table(wire)
    wire("dynamodb", "DeleteTable", TableName=name)
    execution = start(states, json.dumps({"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Parameters": {"id": "i", "in.$": "$$.Execution.Input"}, "Next": "B"},
        "B": put(name, Next="C"),
        "C": {"Type": "Pass", "Parameters": {"n.$": "$$.Execution.RedriveCount", "was.$": "$"}, "End": True}}}),
                      '{"x":1}')
    about = states("DescribeExecution", executionArn=execution)
    assert (about["status"], about["redriveCount"], about["redriveStatus"]) == ("FAILED", 0, "REDRIVABLE")
    before = kinds(states, execution)
    states("RedriveExecution", executionArn=execution)  # the table is still not there
    about = states("DescribeExecution", executionArn=execution)
    assert (about["status"], about["redriveCount"]) == ("FAILED", 1)
    wire("dynamodb", "CreateTable", TableName=name, BillingMode="PAY_PER_REQUEST",
         KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
         AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    redriven = states("RedriveExecution", executionArn=execution)
    about = states("DescribeExecution", executionArn=execution)
    assert (about["status"], about["redriveCount"], about["redriveDate"]) == ("SUCCEEDED", 2, redriven["redriveDate"])
    assert json.loads(about["output"]) == {"n": 2, "was": {"id": "i", "in": {"x": 1}}}
    again = ["ExecutionRedriven", "TaskScheduled", "TaskStarted"]
    assert kinds(states, execution) == before + again + ["TaskFailed", "ExecutionFailed"] + again + [
        "TaskSucceeded", "TaskStateExited", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]
    events = states("GetExecutionHistory", executionArn=execution)["events"]
    counts = [e["executionRedrivenEventDetails"]["redriveCount"] for e in events if e["type"] == "ExecutionRedriven"]
    assert counts == [1, 2] and [e["id"] for e in events] == list(range(1, len(events) + 1))
    refused_raw(wire, "RedriveExecution", "ExecutionNotRedrivable",
                "Execution Not Redrivable: 'Execution is SUCCEEDED and cannot be redriven'", executionArn=execution)


def test_aborted_and_listed(states, wire):
    execution = start(states, WAIT)
    refused_raw(wire, "RedriveExecution", "ExecutionNotRedrivable",
                "Execution Not Redrivable: 'Execution is RUNNING and cannot be redriven'", executionArn=execution)
    states("StopExecution", executionArn=execution)
    states("RedriveExecution", executionArn=execution)
    about = states("DescribeExecution", executionArn=execution)
    assert about["status"] == "RUNNING" and "stopDate" not in about
    machine = about["stateMachineArn"]

    def listed(**more):
        return [e["executionArn"] for e in states("ListExecutions", stateMachineArn=machine, **more)["executions"]]
    states("StartExecution", stateMachineArn=machine, name="other")
    assert listed(redriveFilter="REDRIVEN") == [execution]
    assert len(listed(redriveFilter="NOT_REDRIVEN")) == 1 and len(listed(statusFilter="RUNNING")) == 2
    states("StopExecution", executionArn=execution)
    assert states("DescribeExecution", executionArn=execution)["status"] == "ABORTED"
    assert len(listed(statusFilter="RUNNING")) == 1


def test_refused(states, wire):
    inner = json.loads(FAIL.replace('"S"', '"I"'))
    execution = start(states, one({"Type": "Parallel", "Branches": [inner], "End": True}))
    refused_raw(wire, "RedriveExecution", "ExecutionNotRedrivable",
                "Execution Not Redrivable: 'Redriving a Parallel or Map state is "
                "not supported by Crema yet'", executionArn=execution)
    execution = start(states, json.dumps({"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Assign": {"v": 1}, "Next": "F"}, "F": {"Type": "Fail"}}}))
    refused_raw(wire, "RedriveExecution", "ExecutionNotRedrivable",
                "Execution Not Redrivable: 'Redriving an execution with variables is "
                "not supported by Crema yet'", executionArn=execution)
    execution = start(states, PASS)
    refused_raw(wire, "RedriveExecution", "ExecutionDoesNotExist", f"Execution Does Not Exist: '{execution}x'",
                executionArn=execution + "x")
