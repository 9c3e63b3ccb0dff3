"""Tasks of workflows that reach other things of the server: nested executions in all their patterns, and the operations
of every service as the SDK integrations have them."""
import json
import time
import uuid

import pytest

from conftest import ACCOUNT, REGION, eventually

ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
START = "arn:aws:states:::states:startExecution"
PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": {"done": [1, 2.5]}, "End": True}}}
FAIL = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Child.Broke", "Cause": "so"}}}


def waits(seconds):
    return {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": seconds, "Next": "P"}, **PASS["States"]}}


def one(resource, parameters, **more):
    state = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}
    return {"StartAt": "S", "States": {"S": {**state, **more}}}


class Workflows:
    """Machines and executions of one server, by short calls."""

    def __init__(self, server):
        self.sfn = server.client("stepfunctions")

    def machine(self, definition, name=None):
        return self.sfn.create_state_machine(name=name or "m-" + uuid.uuid4().hex, roleArn=ROLE,
                                             definition=json.dumps(definition))["stateMachineArn"]

    def start(self, machine, value=None, **more):
        return self.sfn.start_execution(stateMachineArn=machine, input=json.dumps(value or {}),
                                        **more)["executionArn"]

    def end(self, execution, seconds=10):
        def look():
            about = self.sfn.describe_execution(executionArn=execution)
            return about if about["status"] != "RUNNING" else None
        return eventually(look, seconds)

    def run(self, definition, value=None):
        return self.end(self.start(self.machine(definition), value))

    def output(self, definition, value=None):
        about = self.run(definition, value)
        assert about["status"] == "SUCCEEDED", (about.get("error"), about.get("cause"))
        return json.loads(about["output"])

    def events(self, execution):
        return [e for page in self.sfn.get_paginator("get_execution_history").paginate(executionArn=execution)
                for e in page["events"]]


@pytest.fixture
def flows(server):
    return Workflows(server)


# ---- nested executions


def test_nested_request_response(flows):
    child = flows.machine(PASS)
    got = flows.output(one(START, {"StateMachineArn": child, "Name": "by-name", "Input": {
        "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$": "$$.Execution.Id", "v.$": "$.v"}}), {"v": [1]})
    assert set(got) == {"ExecutionArn", "StartDate", "SdkHttpMetadata", "SdkResponseMetadata"}
    assert got["ExecutionArn"].endswith(":by-name")
    assert isinstance(got["StartDate"], str) and got["SdkHttpMetadata"]["HttpStatusCode"] == 200
    about = flows.sfn.describe_execution(executionArn=got["ExecutionArn"])
    value = json.loads(about["input"])
    assert value["v"] == [1] and value["AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"].startswith("arn:aws:states:")


@pytest.mark.parametrize("pattern", [".sync", ".sync:2"])
def test_nested_sync(flows, pattern):
    child = flows.machine(waits(1))
    parent = flows.start(flows.machine(one(START + pattern, {"StateMachineArn": child, "Input": {"a": 1}})))
    got = json.loads(flows.end(parent)["output"])
    about = flows.sfn.describe_execution(executionArn=got["ExecutionArn"])
    as_text = pattern == ".sync"
    assert got["Output"] == ('{"done":[1,2.5]}' if as_text else {"done": [1, 2.5]})
    assert got["Input"] == ('{"a":1}' if as_text else {"a": 1})
    assert set(got) == {"ExecutionArn", "Input", "InputDetails", "Name", "Output", "OutputDetails", "RedriveCount",
                        "RedriveStatus", "RedriveStatusReason", "StartDate", "StateMachineArn", "Status", "StopDate"}
    assert (got["Status"], got["StateMachineArn"], got["Name"]) == ("SUCCEEDED", child, about["name"])
    assert got["StopDate"] / 1000 == pytest.approx(about["stopDate"].timestamp(), abs=0.001)
    assert got["InputDetails"] == got["OutputDetails"] == {"Included": True}
    events = flows.events(parent)
    assert [e["type"] for e in events] == [
        "ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded",
        "TaskStateExited", "ExecutionSucceeded"]
    scheduled = events[2]["taskScheduledEventDetails"]
    assert (scheduled["resourceType"], scheduled["resource"]) == ("states", "startExecution" + pattern)
    assert json.loads(events[4]["taskSubmittedEventDetails"]["output"])["ExecutionArn"] == got["ExecutionArn"]


def test_nested_sync_failure_has_the_description_as_its_cause(flows):
    child = flows.machine(FAIL)
    about = flows.run(one(START + ".sync:2", {"StateMachineArn": child}))
    assert (about["status"], about["error"]) == ("FAILED", "States.TaskFailed")
    cause = json.loads(about["cause"])
    assert (cause["Status"], cause["Error"], cause["Cause"]) == ("FAILED", "Child.Broke", "so")


def test_nested_refusals_have_the_integration_s_names(flows):
    child = flows.machine(PASS)
    flows.start(child, name="taken")
    about = flows.run(one(START + ".sync", {"StateMachineArn": child, "Name": "taken"}))
    assert about["error"] == "StepFunctions.ExecutionAlreadyExistsException"
    taken = child.replace(":stateMachine:", ":execution:") + ":taken"
    assert about["cause"].startswith(f"Execution Already Exists: '{taken}' (Service: AWSStepFunctions; Status Code: "
                                     "400; Error Code: ExecutionAlreadyExists; Request ID: ")
    assert about["cause"].endswith("; Proxy: null)")
    about = flows.run(one(START, {"StateMachineArn": child + "x"}))
    assert about["error"] == "StepFunctions.StateMachineDoesNotExistException"
    about = flows.run(one(START, {"StateMachineArn": child, "Name": "a b"}))
    assert about["error"] == "StepFunctions.InvalidNameException"
    about = flows.run(one(START, {"StateMachineArn": child, "Input": "no JSON"}))
    assert about["error"] == "StepFunctions.InvalidExecutionInputException"


def test_a_parent_that_is_stopped_stops_its_child(flows):
    child = flows.machine(waits(1000))
    middle = flows.machine(one(START + ".sync", {"StateMachineArn": child}))
    parent = flows.start(flows.machine(one(START + ".sync", {"StateMachineArn": middle})))
    first = eventually(lambda: flows.sfn.list_executions(stateMachineArn=middle)["executions"])[0]["executionArn"]
    second = eventually(lambda: flows.sfn.list_executions(stateMachineArn=child)["executions"])[0]["executionArn"]
    assert flows.sfn.describe_execution(executionArn=second)["status"] == "RUNNING"
    flows.sfn.stop_execution(executionArn=parent)
    # in the same commit
    assert [flows.sfn.describe_execution(executionArn=e)["status"] for e in (parent, first, second)] == ["ABORTED"] * 3


def test_a_child_that_is_stopped_fails_its_parent(flows):
    child = flows.machine(waits(1000))
    parent = flows.start(flows.machine(one(START + ".sync", {"StateMachineArn": child})))
    running = flows.sfn.list_executions(stateMachineArn=child)["executions"][0]["executionArn"]
    flows.sfn.stop_execution(executionArn=running, error="Enough", cause="for today")
    about = flows.end(parent)
    cause = json.loads(about["cause"])
    assert (about["error"], cause["Status"], cause["Error"]) == ("States.TaskFailed", "ABORTED", "Enough")


def test_nested_token(flows):
    answers = flows.machine({"StartAt": "A", "States": {"A": {
        "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:sendTaskSuccess", "End": True,
        "Parameters": {"TaskToken.$": "$.token", "Output": "{\"from\":\"the child\"}"}}}})
    got = flows.output(one(START + ".waitForTaskToken", {"StateMachineArn": answers, "Input": {
        "token.$": "$$.Task.Token"}}))
    assert got == {"from": "the child"}


def test_nested_executions_outlive_the_process(new_server):
    """Killed again and again: every parent hears of its own child, once, and no child is started twice."""
    one_server = new_server("--deliveries-per-command-max", "1")
    flows = Workflows(one_server)
    child = flows.machine(waits(1), "Child")
    parent = flows.machine(one(START + ".sync:2", {"StateMachineArn": child, "Input.$": "$"}), "Parent")
    started, count = [], 0
    for cycle in range(6):
        until = time.monotonic() + 0.15 + 0.1 * cycle
        while time.monotonic() < until:
            started.append(flows.start(parent, {"n": count}, name=f"n{count}"))
            count += 1
        one_server.kill()
        one_server.start()
        flows = Workflows(one_server)
    for number, execution in enumerate(started):
        about = flows.end(execution, 60)
        assert about["status"] == "SUCCEEDED", about
        got = json.loads(about["output"])
        assert got["Input"] == {"n": number} and got["Output"] == {"done": [1, 2.5]}
    children = [e for page in flows.sfn.get_paginator("list_executions").paginate(stateMachineArn=child)
                for e in page["executions"]]
    assert len(children) == len(started) and {e["status"] for e in children} == {"SUCCEEDED"}
