"""RedriveExecution: what failed goes on from the state that failed."""
import json
import shutil
import subprocess
import uuid

import pytest

from conftest import SLOW, aws_environment, eventually
from test_express import put, table
from test_states import PASS, ROLE, WAIT, one, refused_raw
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


def test_only_branches_that_did_not_succeed_run_again(states, wire):
    name = table(wire)
    wire("dynamodb", "DeleteTable", TableName=name)
    execution = start(states, json.dumps({"StartAt": "V", "States": {
        "V": {"Type": "Pass", "Parameters": {"id": "i"}, "Assign": {"v": 1}, "Next": "P"},
        "P": {"Type": "Parallel", "End": True, "Branches": [
            {"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"v.$": "$v"}, "End": True}}},
            {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$$.Execution.Input.items", "End": True,
             "ItemSelector": {"id.$": "$$.Map.Item.Value"}, "MaxConcurrency": 1, "ItemProcessor": {
                 "StartAt": "B", "States": {"B": put(name, ResultPath=None, Next="C"),
                                            "C": {"Type": "Pass", "OutputPath": "$.id", "End": True}}}}}}]}}}),
                      '{"items":["x","y"]}')
    about = states("DescribeExecution", executionArn=execution)
    assert (about["status"], about["redriveStatus"]) == ("FAILED", "REDRIVABLE")
    before = kinds(states, execution)
    wire("dynamodb", "CreateTable", TableName=name, BillingMode="PAY_PER_REQUEST",
         KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
         AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    answer = states("RedriveExecution", executionArn=execution, clientToken="once")
    assert states("RedriveExecution", executionArn=execution, clientToken="once") == answer
    about = states("DescribeExecution", executionArn=execution)
    assert (about["status"], about["redriveCount"]) == ("SUCCEEDED", 1)
    assert about["redriveStatusReason"] == "Execution is SUCCEEDED and cannot be redriven"
    assert json.loads(about["output"]) == [{"v": 1}, ["x", "y"]]
    task = ["TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited", "PassStateEntered", "PassStateExited",
            "MapIterationSucceeded"]
    assert kinds(states, execution)[len(before):] == [
        "ExecutionRedriven", *task, "MapIterationStarted", "TaskStateEntered", *task, "MapStateSucceeded",
        "MapStateExited", "ParallelStateSucceeded", "ParallelStateExited", "ExecutionSucceeded"]


def test_a_map_run_goes_on(states, wire):
    name = table(wire)
    wire("dynamodb", "DeleteTable", TableName=name)
    execution = start(states, json.dumps({"StartAt": "M", "States": {"M": {
        "Type": "Map", "Label": "L", "End": True, "MaxConcurrency": 1, "ToleratedFailureCount": 1, "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "C", "States": {
                "C": {"Type": "Choice", "Default": "B", "Choices": [
                    {"Variable": "$.id", "StringEquals": "well", "Next": "D"}]},
                "B": put(name, Next="D", ResultPath=None),
                "D": {"Type": "Pass", "Parameters": {"n.$": "$$.Execution.RedriveCount"}, "End": True}}}}}}),
                      json.dumps([{"id": i} for i in ("well", "a", "b", "c")]))

    def ended():
        about = states("DescribeExecution", executionArn=execution)
        return about if about["status"] != "RUNNING" else None
    assert eventually(ended)["error"] == "States.ExceedToleratedFailureThreshold"
    run = states("ListMapRuns", executionArn=execution)["mapRuns"][0]["mapRunArn"]

    def children(**more):
        return states("ListExecutions", mapRunArn=run, **more)["executions"]
    assert sorted(e["status"] for e in children()) == ["FAILED", "FAILED", "SUCCEEDED"]  # the last one was not begun
    child = children(statusFilter="FAILED")[0]["executionArn"]
    about = states("DescribeExecution", executionArn=child)
    assert about["redriveStatus"] == "REDRIVABLE_BY_MAP_RUN" and "redriveStatusReason" not in about
    refused_raw(wire, "RedriveExecution", "ExecutionNotRedrivable",
                "Execution Not Redrivable: 'Execution belongs to a Map Run and is redriven with the execution that "
                "started it'", executionArn=child)
    about = states("DescribeMapRun", mapRunArn=run)
    assert (about["status"], about["redriveCount"], about["executionCounts"]["failed"]) == ("FAILED", 0, 2)
    states("UpdateMapRun", mapRunArn=run, toleratedFailureCount=3)
    wire("dynamodb", "CreateTable", TableName=name, BillingMode="PAY_PER_REQUEST",
         KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
         AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    states("RedriveExecution", executionArn=execution)
    assert [o["n"] for o in json.loads(eventually(ended)["output"])] == [0, 1, 1, 0]
    about = states("DescribeMapRun", mapRunArn=run)
    assert (about["status"], about["redriveCount"]) == ("SUCCEEDED", 1) and about["redriveDate"] > 0
    counts = about["executionCounts"]
    assert (counts["succeeded"], counts["failed"], counts["pendingRedrive"], counts["failuresNotRedrivable"]) == (
        4, 0, 0, 0)
    assert about["itemCounts"]["succeeded"] == 4
    assert len(children(redriveFilter="REDRIVEN")) == 2 and len(children(redriveFilter="NOT_REDRIVEN")) == 2
    events = states("GetExecutionHistory", executionArn=execution)["events"]
    assert [e["type"] for e in events][-6:] == ["ExecutionRedriven", "MapRunRedriven", "MapRunSucceeded",
                                                "MapStateSucceeded", "MapStateExited", "ExecutionSucceeded"]
    assert events[-5]["mapRunRedrivenEventDetails"] == {"mapRunArn": run, "redriveCount": 1}
    assert "ExecutionRedriven" in kinds(states, child)


def test_executions_that_wait_for_room_are_pending(states, wire):
    wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": True}}}
    wait["ProcessorConfig"] = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    execution = start(states, one({"Type": "Map", "ItemProcessor": wait, "End": True}), "[1,2,3]")
    run = states("ListMapRuns", executionArn=execution)["mapRuns"][0]["mapRunArn"]

    def listed(status):
        return len(states("ListExecutions", mapRunArn=run, statusFilter=status)["executions"])

    def counts(**wanted):
        def look():
            got = states("DescribeMapRun", mapRunArn=run)["executionCounts"]
            return all(got[key] == value for key, value in wanted.items())
        eventually(look)
    counts(running=3)
    states("StopExecution", executionArn=execution)
    counts(aborted=3)
    states("UpdateMapRun", mapRunArn=run, maxConcurrency=2)
    states("RedriveExecution", executionArn=execution)
    counts(running=2, pendingRedrive=1, aborted=0)
    assert (listed("RUNNING"), listed("PENDING_REDRIVE"), listed("ABORTED")) == (2, 1, 0)
    pending = states("ListExecutions", mapRunArn=run, statusFilter="PENDING_REDRIVE")["executions"][0]
    assert states("DescribeExecution", executionArn=pending["executionArn"])["status"] == "PENDING_REDRIVE"
    refused_raw(wire, "ListExecutions", "ValidationException",
                "PENDING_REDRIVE statusFilter is for executions of a Map Run: mapRunArn must be specified",
                stateMachineArn=states("DescribeExecution", executionArn=execution)["stateMachineArn"],
                statusFilter="PENDING_REDRIVE")
    states("StopExecution", executionArn=execution)  # the count of those that are pending goes with the run
    counts(running=0, pendingRedrive=0, aborted=3)


def test_refused(states, wire):
    execution = start(states, PASS)
    refused_raw(wire, "RedriveExecution", "ExecutionDoesNotExist", f"Execution Does Not Exist: '{execution}x'",
                executionArn=execution + "x")


def test_a_redrive_outlives_the_server(new_server):
    server = new_server()
    wire = Wire(server.port)
    task = {"Type": "Task", "Resource": "arn:aws:states:::events:putEvents.waitForTaskToken", "End": True,
            "Parameters": {"Entries": [{"Source": "s", "DetailType": "t", "Detail": {"t.$": "$$.Task.Token"}}]}}
    family = {"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": True, "Branches": [
        {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "a", "End": True}}},
        {"StartAt": "T", "States": {"T": task}}]}}}
    execution = start(lambda operation, **body: wire("states", operation, **body), json.dumps(family))
    wire("states", "StopExecution", executionArn=execution)
    server.kill()
    server.start()
    wire = Wire(server.port)
    wire("states", "RedriveExecution", executionArn=execution)
    server.kill()
    server.start()
    wire = Wire(server.port)
    events = wire("states", "GetExecutionHistory", executionArn=execution)["events"]
    tokens = [json.loads(e["taskScheduledEventDetails"]["parameters"])["Entries"][0]["Detail"]["t"]
              for e in events if e["type"] == "TaskScheduled"]
    refused_raw(wire, "SendTaskSuccess", "TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'",
                taskToken=tokens[0], output="1")
    wire("states", "SendTaskSuccess", taskToken=tokens[1], output='"t"')
    about = wire("states", "DescribeExecution", executionArn=execution)
    assert (about["status"], json.loads(about["output"]), about["redriveCount"]) == ("SUCCEEDED", ["a", "t"], 1)


def test_with_the_command_line(server, states):
    if not shutil.which("aws"):
        pytest.skip("the aws CLI is not on this machine")

    def aws(operation, *arguments):
        done = subprocess.run(["aws", "--endpoint-url", server.endpoint, "stepfunctions", operation, *arguments],
                              env=aws_environment(server.endpoint), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=60 * SLOW)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
    execution = start(states, WAIT)
    states("StopExecution", executionArn=execution)
    redriven = aws("redrive-execution", "--execution-arn", execution)
    about = aws("describe-execution", "--execution-arn", execution)
    assert (about["status"], about["redriveCount"], about["redriveDate"]) == ("RUNNING", 1, redriven["redriveDate"])
    assert (about["redriveStatus"], about["redriveStatusReason"]) == (
        "NOT_REDRIVABLE", "Execution is RUNNING and cannot be redriven")
    states("StopExecution", executionArn=execution)
