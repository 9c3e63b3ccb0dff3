"""Tasks that wait for executions of Express machines: aws-sdk:sfn:startSyncExecution."""
import json
import time

import pytest

from conftest import SLOW, eventually
from test_clock import Clock
from test_tasks import FAIL, PASS, ROLE, Workflows, fits_model, one, sdk, waits
from wire import Wire

SYNC = sdk("states", "StartSyncExecution")
TASK = {"resourceType": "aws-sdk:sfn", "resource": "startSyncExecution"}


@pytest.fixture
def flows(server):
    return Workflows(server)


@pytest.fixture
def wire(server):
    client = Wire(server.port, timeout=60 * SLOW)
    yield client
    client.close()


def express(flows, definition):
    return flows.machine(definition, type="EXPRESS")


def sync(child, **more):
    parameters = {"StateMachineArn": child, **more.pop("Parameters", {})}
    return one(SYNC, parameters, **more)


def test_the_result_is_the_operation_s_answer(flows, wire, server):
    child = express(flows, waits(1))
    given = {"Name": "by-name", "Input": {"a": [1, 2.5]}, "TraceHeader": "Root=1-65000000-000000000000000000000001"}
    execution = flows.start(flows.machine(sync(child, Parameters=given)))
    about = flows.end(execution)
    got = json.loads(about["output"])
    fits_model(server.client("stepfunctions").meta.service_model.operation_model("StartSyncExecution").output_shape,
               got, "result")
    direct = wire("states", "StartSyncExecution", stateMachineArn=child, name="by-name", input='{"a":[1,2.5]}',
                  traceHeader=given["TraceHeader"])
    assert {name[0].lower() + name[1:] for name in got} == set(direct)
    assert got["ExecutionArn"].startswith(child.replace(":stateMachine:", ":express:") + ":by-name:")
    assert (got["StateMachineArn"], got["Name"], got["Status"]) == (child, "by-name", "SUCCEEDED")
    assert (got["Input"], got["Output"]) == ('{"a":[1,2.5]}', '{"done":[1,2.5]}')
    assert got["InputDetails"] == got["OutputDetails"] == {"Included": True}
    assert got["TraceHeader"] == given["TraceHeader"]
    assert got["BillingDetails"]["BilledMemoryUsedInMB"] == 64
    assert 1000 <= got["BillingDetails"]["BilledDurationInMilliseconds"] < 5000 * SLOW
    events = flows.events(execution)
    assert [e["type"] for e in events] == [
        "ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited",
        "ExecutionSucceeded"]
    scheduled = events[2]["taskScheduledEventDetails"]
    assert json.loads(scheduled.pop("parameters")) == {"StateMachineArn": child, **given}
    assert scheduled == {**TASK, "region": "us-east-1"} and events[3]["taskStartedEventDetails"] == TASK
    assert json.loads(events[4]["taskSucceededEventDetails"]["output"]) == got
    bare = flows.output(sync(child, Parameters={"IncludedData": "METADATA_ONLY"}))
    assert not {"Input", "Output"} & set(bare) and bare["OutputDetails"] == {"Included": False}


def test_an_execution_that_fails_is_an_answer(flows):
    got = flows.output(sync(express(flows, FAIL)))
    assert (got["Status"], got["Error"], got["Cause"]) == ("FAILED", "Child.Broke", "so")
    assert "Output" not in got
    got = flows.output(sync(express(flows, dict(waits(9), TimeoutSeconds=1))))
    assert (got["Status"], got["Error"]) == ("TIMED_OUT", "States.Timeout")


def test_versions_and_aliases(flows, wire):
    child = express(flows, PASS)
    version = wire("states", "PublishStateMachineVersion", stateMachineArn=child)["stateMachineVersionArn"]
    wire("states", "UpdateStateMachine", stateMachineArn=child, definition=json.dumps(FAIL))
    alias = wire("states", "CreateStateMachineAlias", name="live", routingConfiguration=[
        {"stateMachineVersionArn": version, "weight": 100}])["stateMachineAliasArn"]
    assert flows.output(sync(child))["Status"] == "FAILED"
    for arn in (version, alias):
        got = flows.output(sync(arn))
        assert (got["Status"], got["StateMachineArn"]) == ("SUCCEEDED", arn)


def test_refusals(flows):
    child = express(flows, PASS)
    standard = flows.machine(PASS)
    for parameters, error, text in [
            ({"StateMachineArn": child + "x"}, "StateMachineDoesNotExistException",
             f"State Machine Does Not Exist: '{child}x'"),
            ({"StateMachineArn": standard}, "StateMachineTypeNotSupportedException",
             "This operation is not supported by this type of state machine"),
            ({"StateMachineArn": "arn:aws:x"}, "InvalidArnException", "Invalid Arn: "),
            ({"StateMachineArn": child, "Name": "a b"}, "InvalidNameException", "Invalid Name: 'a b'"),
            ({"StateMachineArn": child, "Input": "{"}, "InvalidExecutionInputException",
             "Invalid State Machine Execution Input: "),
            ({"Input": {}}, "ValidationException", "1 validation error detected: Value null at 'stateMachineArn'")]:
        execution = flows.start(flows.machine(one(SYNC, parameters)))
        about = flows.end(execution)
        assert (about["status"], about["error"]) == ("FAILED", "Sfn." + error), about
        assert about["cause"].startswith(text) and "(Service: Sfn, Status Code: 400, Request ID: " in about["cause"]
        assert [e["type"] for e in flows.events(execution)][2:] == [
            "TaskScheduled", "TaskStarted", "TaskFailed", "ExecutionFailed"]


def test_retry_catch_and_a_result_that_is_too_large(flows):
    got = flows.output({"StartAt": "S", "States": {
        "S": {"Type": "Task", "Resource": SYNC, "Parameters": {"StateMachineArn": express(flows, PASS) + "x"},
              "Retry": [{"ErrorEquals": ["Sfn.StateMachineDoesNotExistException"], "IntervalSeconds": 1,
                         "MaxAttempts": 1}],
              "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "C"}], "End": True},
        "C": {"Type": "Pass", "End": True}}})
    assert got["Error"] == "Sfn.StateMachineDoesNotExistException"
    echo = express(flows, {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
    about = flows.run(sync(echo, Parameters={"Input.$": "$"}), {"x": "x" * 140_000})
    assert about["error"] == "States.DataLimitExceeded"  # once as Input, once as Output
    got = flows.output(sync(echo, Parameters={"Input.$": "$", "IncludedData": "METADATA_ONLY"}), {"x": "x" * 140_000})
    assert got["Status"] == "SUCCEEDED"


def test_a_task_that_is_given_up_does_not_wait(flows):
    child = express(flows, waits(3))
    parent = flows.machine(sync(child, TimeoutSeconds=1))
    assert flows.end(flows.start(parent))["error"] == "States.Timeout"
    execution = flows.start(flows.machine(sync(child)))
    flows.sfn.stop_execution(executionArn=execution, error="Stopped")
    assert flows.end(execution)["status"] == "ABORTED"
    time.sleep(3.5)  # what it waited for ends, and nobody hears of it
    assert flows.end(execution)["status"] == "ABORTED"
    assert [e["type"] for e in flows.events(execution)][-1] == "ExecutionAborted"


def test_a_token_beside_the_answer(flows):
    """With .waitForTaskToken the answer is what was submitted; the token may be used by the execution itself."""
    answer = express(flows, one(sdk("states", "SendTaskSuccess"), {
        "TaskToken.$": "$.token", "Output": {"by": "child"}}))
    started = flows.start(flows.machine(one(SYNC + ".waitForTaskToken", {
        "StateMachineArn": answer, "Input": {"token.$": "$$.Task.Token"}})))
    assert json.loads(flows.end(started)["output"]) == {"by": "child"}
    keep = express(flows, PASS)
    started = flows.start(flows.machine(one(SYNC + ".waitForTaskToken", {
        "StateMachineArn": keep, "Input": {"token.$": "$$.Task.Token"}})))
    submitted = eventually(lambda: [e for e in flows.events(started) if e["type"] == "TaskSubmitted"])
    answer = json.loads(submitted[0]["taskSubmittedEventDetails"]["output"])
    assert answer["Status"] == "SUCCEEDED"
    flows.sfn.send_task_success(taskToken=json.loads(answer["Input"])["token"], output='"late"')
    assert json.loads(flows.end(started)["output"]) == "late"


def test_express_executions_wait_for_one_another(flows, wire):
    below = express(flows, waits(1))
    middle = express(flows, sync(below, ResultSelector={"below.$": "$.Status"}))
    top = express(flows, sync(middle, ResultSelector={"middle.$": "States.StringToJson($.Output)"}))
    about = wire("states", "StartSyncExecution", stateMachineArn=top)
    assert json.loads(about["output"]) == {"middle": {"below": "SUCCEEDED"}}
    assert about["stopDate"] - about["startDate"] >= 1


def test_one_that_waits_for_itself_comes_to_an_end(flows, wire):
    """Seventeen are in a row: the first, and sixteen that tasks wait for."""
    state = one(SYNC, {"StateMachineArn.$": "$$.StateMachine.Id", "Input": {"n.$": "States.MathAdd($.n, 1)"}},
                ResultSelector={"n.$": "States.StringToJson($.Output)"}, OutputPath="$.n",
                Catch=[{"ErrorEquals": ["Sfn.ExecutionLimitExceededException"], "ResultPath": "$.e", "Next": "E"}])
    state["States"]["E"] = {"Type": "Pass", "End": True}
    about = wire("states", "StartSyncExecution", stateMachineArn=express(flows, state), input='{"n":0}')
    deepest = json.loads(about["output"])
    assert deepest["n"] == 16
    assert deepest["e"]["Cause"].startswith(
        "Execution Limit Exceeded: 16 executions of Express machines wait for one another (Service: Sfn")


def test_a_state_that_is_tried(flows, wire):
    state = dict(sync(express(flows, waits(1)))["States"]["S"], OutputPath="$.Output")
    tried = wire("states", "TestState", definition=json.dumps(state), roleArn=ROLE, input="{}")
    assert tried == {"status": "SUCCEEDED", "output": json.dumps('{"done":[1,2.5]}')}
    state["Parameters"]["StateMachineArn"] += "x"
    assert wire("states", "TestState", definition=json.dumps(state), roleArn=ROLE,
                input="{}")["error"] == "Sfn.StateMachineDoesNotExistException"


def test_a_thousand_wait_at_once(flows, wire):
    parent = flows.machine(sync(express(flows, waits(1)), ResultSelector={"s.$": "$.Status"}))
    began = time.monotonic()
    for i in range(1000):
        wire("states", "StartExecution", stateMachineArn=parent, name=f"e{i}")
    assert wire("states", "ListStateMachines")["stateMachines"]  # others are served meanwhile
    eventually(lambda: not wire("states", "ListExecutions", stateMachineArn=parent,
                                         statusFilter="RUNNING")["executions"], 30)
    print(f"{time.monotonic() - began:.2f} s for 1,000 tasks that wait for 1 s")
    listed = wire("states", "ListExecutions", stateMachineArn=parent, maxResults=1000)["executions"]
    assert [e["status"] for e in listed] == ["SUCCEEDED"] * 1000


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_the_next_process_begins_another(new_server, end):
    """What is in memory is lost with the process, however it ends: the task is attempted again."""
    server = new_server()
    flows = Workflows(server)
    child = express(flows, waits(3))
    machine = flows.machine(sync(child, ResultSelector={"arn.$": "$.ExecutionArn"}))
    executions = [flows.start(machine) for _ in range(5)]
    outside = express(flows, sync(child))  # in memory itself: nobody waits for it any more
    flows.start(outside)
    time.sleep(0.5)
    began = time.monotonic()
    getattr(server, end)()
    assert time.monotonic() - began < 2.5 * SLOW, "a stop does not wait for them"
    server.start()
    flows = Workflows(server)
    for execution in executions:
        about = flows.end(execution)
        assert about["status"] == "SUCCEEDED", about
        assert (about["stopDate"] - about["startDate"]).total_seconds() > 3.4
        assert [e["type"] for e in flows.events(execution)][2:5] == ["TaskScheduled", "TaskStarted", "TaskSucceeded"]


def test_virtual_time_goes_on_from_end_to_end(new_server):
    """Child and parent wait in turn: each begins at the moment at which the other ended."""
    server = new_server("--clock", "virtual")
    clock, flows = Clock(server), Workflows(server)
    clock.freeze()
    state = sync(express(flows, waits(100)), ResultSelector={"s.$": "$.Status"})["States"]["S"]
    parent = flows.machine({"StartAt": "A", "States": {
        "A": {**state, "End": False, "Next": "W"},
        "W": {"Type": "Wait", "Seconds": 1000, "Next": "B"},
        "B": state}})
    execution = flows.start(parent)
    clock.advance(86400)
    about = flows.end(execution)
    assert json.loads(about["output"]) == {"s": "SUCCEEDED"}
    assert (about["stopDate"] - about["startDate"]).total_seconds() == pytest.approx(1200)
