"""TestState: one state tried by itself."""
import json

import pytest

from test_states import ROLE, TOKEN_TASK, one
from wire import Refused, Wire

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"


@pytest.fixture
def trial(server):
    wire = Wire(server.port)

    def run(state, given="{}", **more):
        definition = state if isinstance(state, str) else json.dumps(state)
        answer = wire("states", "TestState", definition=definition, input=given, roleArn=ROLE, **more)
        return answer
    yield run
    wire.close()


def refused(trial, name, text, *arguments, **more):
    with pytest.raises(Refused) as caught:
        trial(*arguments, **more)
    assert (caught.value.name, caught.value.text) == (name, text)


def task(**more):
    return dict({"Type": "Task", "Resource": FUNCTION, "Next": "N"}, **more)


def test_kinds(trial):
    assert trial({"Type": "Pass", "Result": [1], "ResultPath": "$.r", "Next": "N"}, '{"a":1}') == {
        "status": "SUCCEEDED", "output": '{"a":1,"r":[1]}', "nextState": "N"}
    choice = {"Type": "Choice", "Choices": [{"Variable": "$.a", "NumericEquals": 1, "Next": "One"}], "Default": "Other"}
    assert trial(choice, '{"a":1}')["nextState"] == "One"
    assert trial(choice, '{"a":2}')["nextState"] == "Other"
    del choice["Default"]
    assert trial(choice, '{"a":2}')["status"] == "FAILED"
    assert trial({"Type": "Wait", "Seconds": 99999, "End": True}, '{"a":1}') == {
        "status": "SUCCEEDED", "output": '{"a":1}'}
    assert trial({"Type": "Succeed", "OutputPath": "$.a"}, '{"a":1}') == {"status": "SUCCEEDED", "output": "1"}
    assert trial({"Type": "Fail", "Error": "E", "CausePath": "$.c"}, '{"c":"C"}') == {
        "status": "FAILED", "error": "E", "cause": "C"}
    lost = trial({"Type": "Pass", "InputPath": "$.nowhere", "End": True})
    assert (lost["status"], lost["error"]) == ("FAILED", "States.Runtime")
    assert not lost["cause"].startswith("An error occurred")


def test_mocks(trial):
    state = task(Parameters={"in.$": "$.a"}, ResultSelector={"x.$": "$.y"}, ResultPath="$.r", OutputPath="$.r")
    answer = trial(state, '{"a":7}', mock={"result": '{"y":8}', "fieldValidationMode": "NONE"}, inspectionLevel="TRACE")
    assert answer == {
        "status": "SUCCEEDED", "output": '{"x":8}', "nextState": "N", "inspectionData": {
            "input": '{"a":7}', "afterInputPath": '{"a":7}', "afterParameters": '{"in":7}', "result": '{"y":8}',
            "afterResultSelector": '{"x":8}', "afterResultPath": '{"a":7,"r":{"x":8}}'}}
    failure = {"errorOutput": {"error": "E", "cause": "C"}}
    assert trial(task(), mock=failure) == {"status": "FAILED", "error": "E", "cause": "C"}
    retried = trial(task(Retry=[{"ErrorEquals": ["X"]}, {"ErrorEquals": ["E"], "IntervalSeconds": 7}]), mock=failure,
                    inspectionLevel="DEBUG")
    assert (retried["status"], retried["error"], retried["cause"]) == ("RETRIABLE", "E", "C")
    assert retried["inspectionData"]["errorDetails"] == {"retryIndex": 1, "retryBackoffIntervalSeconds": 7}
    caught = trial(task(Catch=[{"ErrorEquals": ["X"], "Next": "A"}, {"ErrorEquals": ["E"], "Next": "B",
                                                                    "ResultPath": "$.e"}]),
                   '{"a":1}', mock=failure, inspectionLevel="DEBUG")
    assert (caught["status"], caught["nextState"], caught["error"]) == ("CAUGHT_ERROR", "B", "E")
    assert json.loads(caught["output"]) == {"a": 1, "e": {"Error": "E", "Cause": "C"}}
    assert caught["inspectionData"]["errorDetails"] == {"catchIndex": 1}
    token = trial(task(Resource=TOKEN_TASK, Parameters={"t.$": "$$.Task.Token"}),
                  mock={"result": "1", "fieldValidationMode": "NONE"})
    assert token["output"] == "1"


def test_of_a_machine(trial):
    inner = json.loads(one({"Type": "Pass", "Result": "inner", "End": True}).replace('"S"', '"I"'))
    machine = json.dumps({"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Result": "outer", "Next": "M"},
        "M": {"Type": "Map", "End": True, "ItemProcessor": inner}}})
    assert trial(machine) == {"status": "SUCCEEDED", "output": '"outer"', "nextState": "M"}
    assert trial(machine, stateName="I") == {"status": "SUCCEEDED", "output": '"inner"'}
    refused(trial, "ValidationException", "State not found in definition", machine, stateName="Z")
    refused(trial, "InvalidDefinition", "TestState API does not support Map or Parallel states. Supported state types "
            "include: [Task, Wait, Pass, Succeed, Fail, Choice]", machine, stateName="M")


def test_refusals(trial):
    refused(trial, "ValidationException", "State type 'Pass' is not supported when a mock is specified",
            {"Type": "Pass", "End": True}, mock={"errorOutput": {"error": "E"}})
    refused(trial, "ValidationException", "Mocked result must be valid JSON", task(),
            mock={"result": "{", "fieldValidationMode": "NONE"})
    refused(trial, "ValidationException",
            "A test mock should have only one of the following fields: [result, errorOutput].", task(),
            mock={"result": "{}", "errorOutput": {"error": "E"}})
    with pytest.raises(Refused) as caught:
        trial({"Type": "Pass", "Nonsense": 1, "End": True})
    assert caught.value.name == "InvalidDefinition" and "/States/StateName" in caught.value.text
    for member in ("context", "variables"):
        refused(trial, "ValidationException", f"{member} is not supported by Crema yet", {"Type": "Succeed"},
                **{member: "{}"})
