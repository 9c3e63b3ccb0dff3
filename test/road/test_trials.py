"""TestState: one state tried by itself."""
import json
import os
import re
import subprocess
import threading
import time

import pytest

from conftest import ACCOUNT, REGION, TOP, Server, eventually
from test_functions import Endpoint
from test_states import ROLE, TOKEN_TASK, one
from wire import Refused, Wire

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"


@pytest.fixture(scope="module")
def endpoint():
    functions = Endpoint()
    yield functions
    functions.shutdown()
    functions.server_close()


@pytest.fixture(scope="module")
def server(endpoint):
    own = Server("--function-default", endpoint.url + "/{function}")
    yield own
    assert own.close() in (None, 0), own.errors()


@pytest.fixture
def wire(server):
    own = Wire(server.port)
    yield own
    own.close()


@pytest.fixture
def trial(wire):
    def run(state, given="{}", roleArn=ROLE, **more):
        definition = state if isinstance(state, str) else json.dumps(state)
        role = {"roleArn": roleArn} if roleArn else {}
        return wire("states", "TestState", definition=definition, input=given, **role, **more)
    return run


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
    refused(trial, "ValidationException", "TestState does not support Context when a mock is not specified.",
            {"Type": "Succeed"}, context="{}")
    refused(trial, "ValidationException", "TestState does not support RetrierRetryCount when a mock is not specified.",
            {"Type": "Succeed"}, stateConfiguration={"retrierRetryCount": 1})
    refused(trial, "InvalidExecutionInput", "Invalid State Machine Execution Input: 'Invalid execution input.'",
            {"Type": "Succeed"}, variables="7")
    refused(trial, "ValidationException", "RoleArn must be specified when testing a Task state", task(), roleArn=None)
    for resource in (TOKEN_TASK, "arn:aws:states:::states:startExecution.sync:2",
                     "arn:aws:states:us-east-1:000000000000:activity:a"):
        refused(trial, "ValidationException", "TestState does not support Activity tasks, '.sync' or "
                "'.waitForTaskToken' service integration patterns when a mock is not specified.",
                task(Resource=resource))
    with pytest.raises(Refused) as caught:  # a machine's state that leads nowhere
        trial(json.dumps({"StartAt": "S", "States": {"S": {"Type": "Pass", "Next": "Gone"}}}))
    assert "Missing 'Next' target: Gone at /States/S/Next" in caught.value.text


def test_page(server):
    """Each command of the page gives what stands below it."""
    with open(os.path.join(TOP, "docs", "test-state.md"), encoding="utf-8") as page:
        text = page.read()
    define = re.search(r"```sh\n(states\(\) \{.*?\n\}\n)```", text, re.DOTALL).group(1)
    examples = re.findall(r"```sh\n(states \w+ <<.*?)```\n```json\n(.*?)```", text, re.DOTALL)
    assert len(examples) == text.count("```json") == text.count("```sh") - 1 == 4
    for command, expected in examples:
        script = (define + command).replace("127.0.0.1:4566", f"127.0.0.1:{server.port}")
        done = subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE, text=True, timeout=30, check=True)
        assert json.loads(done.stdout) == json.loads(expected), command


# ---- what surrounds the state ----

def mocked(result, mode="NONE"):
    return {"result": json.dumps(result), "fieldValidationMode": mode}


def failing(error, cause="C"):
    return {"errorOutput": {"error": error, "cause": cause}}


def test_variables(trial):
    state = {"Type": "Pass", "Parameters": {"sum.$": "States.MathAdd($a, $.b)"}, "Assign": {"c.$": "$.sum"},
             "End": True}
    answer = trial(state, '{"b":2}', variables='{"a":1,"d":"e"}', inspectionLevel="DEBUG")
    assert answer["output"] == '{"sum":3}'
    assert json.loads(answer["inspectionData"]["variables"]) == {"a": 1, "d": "e", "c": 3}
    assert "variables" not in trial({"Type": "Succeed"}, variables="{}", inspectionLevel="DEBUG")["inspectionData"]
    choice = {"Type": "Choice", "Choices": [{"Variable": "$a", "NumericEquals": 1, "Next": "One"}], "Default": "Other"}
    assert trial(choice, variables='{"a":1}')["nextState"] == "One"
    refused(trial, "ValidationException", "A variable cannot have the name 'a b'", {"Type": "Succeed"},
            variables='{"a b":1}')


def test_context(trial):
    state = task(ResultSelector={"all.$": "$$"})
    context = {"Execution": {"Id": "i", "Input": [1]}, "State": {"RetryCount": 3}}
    answer = trial(state, mock=mocked({}), context=json.dumps(context))
    assert json.loads(answer["output"]) == {"all": context}
    token = task(Resource=TOKEN_TASK, Parameters={"t.$": "$$.Task.Token"})
    answer = trial(token, mock=mocked({}), context='{"Task":{"Token":"T"}}', inspectionLevel="DEBUG")
    assert answer["inspectionData"]["afterParameters"] == '{"t":"T"}'
    refused(trial, "ValidationException", "Invalid Context object provided: State.RetryCount must be a number", state,
            mock=mocked({}), context='{"State":{"RetryCount":"3"}}')
    refused(trial, "ValidationException", "Invalid Context object provided: the Context object must be a JSON object",
            state, mock=mocked({}), context="[]")
    real = json.loads(trial(state, mock=mocked({}))["output"])["all"]
    assert (real["State"]["Name"], real["Execution"]["RoleArn"]) == ("StateName", ROLE)


def test_state_in_a_map(trial):
    inner = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True, "Parameters": {
        "index.$": "$$.Map.Item.Index", "value.$": "$$.Map.Item.Value", "name.$": "$$.State.Name"}}}}
    machine = json.dumps({"StartAt": "M", "States": {"M": {"Type": "Map", "End": True, "ItemProcessor": inner}}})
    assert json.loads(trial(machine, '{"a":1}', stateName="I")["output"]) == {
        "index": 0, "value": {"a": 1}, "name": "I"}


def test_retries_before(trial):
    state = task(Retry=[{"ErrorEquals": ["E"], "IntervalSeconds": 2, "MaxAttempts": 3, "BackoffRate": 2}],
                 Catch=[{"ErrorEquals": ["E"], "Next": "C"}])

    def after(count):
        return trial(state, mock=failing("E"), stateConfiguration={"retrierRetryCount": count}, inspectionLevel="DEBUG")
    assert [after(count)["inspectionData"]["errorDetails"] for count in range(4)] == [
        {"retryIndex": 0, "retryBackoffIntervalSeconds": 2 ** (count + 1)} for count in range(3)] + [{"catchIndex": 0}]
    assert (after(3)["status"], after(3)["nextState"]) == ("CAUGHT_ERROR", "C")
    for count, status in ((2, "RETRIABLE"), (3, "CAUGHT_ERROR")):
        context = json.dumps({"State": {"RetryCount": count}})
        assert trial(state, mock=failing("E"), context=context)["status"] == status


# ---- mocks of Map and Parallel ----

def map_state(**more):
    return dict({"Type": "Map", "ItemsPath": "$.items", "End": True, "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "P",
        "States": {"P": {"Type": "Pass", "End": True}}}}, **more)


def test_map(trial):
    state = map_state(MaxConcurrency=5, ItemSelector={"v.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index"},
                      ItemBatcher={"MaxItemsPerBatch": 2}, ToleratedFailurePercentagePath="$.most", ResultPath="$.r",
                      ResultSelector={"n.$": "States.ArrayLength($)"})
    answer = trial(state, '{"items":[7,8,9],"most":50}', mock=mocked([1, 2], "STRICT"), inspectionLevel="DEBUG")
    seen = answer["inspectionData"]
    items = [{"v": 7, "i": 0}, {"v": 8, "i": 1}, {"v": 9, "i": 2}]
    assert json.loads(answer["output"]) == {"items": [7, 8, 9], "most": 50, "r": {"n": 2}}
    assert json.loads(seen["afterItemsPath"]) == [7, 8, 9]
    assert json.loads(seen["afterItemSelector"]) == items
    assert json.loads(seen["afterItemBatcher"]) == [{"Items": items[:2]}, {"Items": items[2:]}]
    assert (seen["maxConcurrency"], seen["toleratedFailurePercentage"]) == (5, 50)
    assert seen["afterResultSelector"] == '{"n":2}'

    def failures(count, **more):
        return trial(map_state(**more), '{"items":[7,8,9]}', mock=mocked([1, 2, 3]),
                     stateConfiguration={"mapIterationFailureCount": count})
    assert failures(0)["status"] == failures(1, ToleratedFailureCount=1)["status"] == "SUCCEEDED"
    assert failures(2, ToleratedFailurePercentage=70)["status"] == "SUCCEEDED"
    for more in ({}, {"ToleratedFailureCount": 1}, {"ToleratedFailurePercentage": 60},
                 {"ToleratedFailureCount": 1, "ToleratedFailurePercentage": 100}):
        assert failures(2, **more) == {"status": "FAILED", "error": "States.ExceedToleratedFailureThreshold",
                                       "cause": "The specified tolerated failure threshold was exceeded"}
    caught = failures(3, Catch=[{"ErrorEquals": ["States.ExceedToleratedFailureThreshold"], "Next": "N"}])
    assert (caught["status"], caught["nextState"]) == ("CAUGHT_ERROR", "N")
    refused(trial, "ValidationException", "MapIterationFailureCount is for a Map state in DISTRIBUTED mode.",
            map_state(ItemProcessor={"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}),
            '{"items":[7]}', mock=mocked([]), stateConfiguration={"mapIterationFailureCount": 0})
    refused(trial, "ValidationException", "Map iteration failure count must be less than or equal to the number of Map "
            "iterations", map_state(), '{"items":[7]}', mock=mocked([]), stateConfiguration={
                "mapIterationFailureCount": 2})


def test_map_with_a_reader(trial, wire):
    reader = {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON", "MaxItems": 2},
              "Parameters": {"Bucket": "b", "Key": "k"}}
    state = map_state(ItemReader=reader, ItemSelector={"v.$": "$$.Map.Item.Value"},
                      ResultWriter={"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}})

    def read(data, result):
        return trial(state, "{}", mock=mocked(result, "STRICT"), inspectionLevel="DEBUG",
                     stateConfiguration={"mapItemReaderData": data})
    answer = read("[1, 2, 3]", {"ResultWriterDetails": {}})
    assert answer["status"] == "SUCCEEDED" and "afterItemsPath" not in answer["inspectionData"]
    assert json.loads(answer["inspectionData"]["afterItemSelector"]) == [{"v": 1}, {"v": 2}]
    reader["ReaderConfig"] = {"InputType": "JSONL"}
    answer = read('{"a":1}\n{"a":2}\n', {})
    assert json.loads(answer["inspectionData"]["afterItemSelector"]) == [{"v": {"a": 1}}, {"v": {"a": 2}}]
    with pytest.raises(Refused, match="MapItemReaderData must be what its InputType JSONL says"):
        read("{", {})
    reader["ReaderConfig"] = {"InputType": "CSV"}
    with pytest.raises(Refused, match="is not supported by Crema yet for this ReaderConfig"):
        read("a,b", {})
    with pytest.raises(Refused, match="The field ItemReader is not supported by Crema yet"):  # to be run
        wire("states", "CreateStateMachine", name="m", roleArn=ROLE, definition=one(state))


def test_parallel(trial):
    branch = {"StartAt": "B", "States": {"B": {"Type": "Fail"}}}
    state = {"Type": "Parallel", "Branches": [branch, json.loads(json.dumps(branch).replace('"B"', '"D"'))],
             "ResultPath": "$.r", "Next": "N", "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "F",
                                                         "ResultPath": "$.e"}]}
    assert trial(state, mock=mocked([1, 2], "STRICT")) == {
        "status": "SUCCEEDED", "output": '{"r":[1,2]}', "nextState": "N"}
    answer = trial(state, mock=failing("X"), stateConfiguration={"errorCausedByState": "D"}, inspectionLevel="DEBUG")
    assert (answer["status"], answer["nextState"], answer["error"], answer["cause"]) == ("CAUGHT_ERROR", "F", "X", "C")
    assert json.loads(answer["output"]) == {"e": {"Error": "X", "Cause": "C"}}
    state["Retry"] = [{"ErrorEquals": ["X"], "IntervalSeconds": 3}]
    answer = trial(state, mock=failing("X"), inspectionLevel="DEBUG")
    assert (answer["status"], answer["error"], answer["cause"]) == ("RETRIABLE", "X", "C")
    assert answer["inspectionData"]["errorDetails"] == {"retryIndex": 0, "retryBackoffIntervalSeconds": 3}
    refused(trial, "ValidationException", "ErrorCausedByState names no state of the Parallel: 'Z'", state,
            mock=failing("X"), stateConfiguration={"errorCausedByState": "Z"})


def test_mocks_held_against_models(trial):
    def held(resource, result, mode="STRICT"):
        return trial(task(Resource="arn:aws:states:::" + resource), mock=mocked(result, mode))["status"]

    def wrong(text, *arguments):
        with pytest.raises(Refused) as caught:
            held(*arguments)
        assert caught.value.text == text
    schema = "Mock result schema validation error: "
    assert held("events:putEvents", {"FailedEntryCount": 0, "Unknown": 1}) == "SUCCEEDED"
    assert held("lambda:invoke", {"Payload": {"any": [1]}}) == "SUCCEEDED"
    wrong(schema + "Field 'Payload' must be a string", "aws-sdk:lambda:invoke", {"Payload": {}})
    wrong(schema + "Required field 'StartDate' is missing", "states:startExecution", {"ExecutionArn": "a"})
    assert held("states:startExecution", {"ExecutionArn": "a"}, "PRESENT") == "SUCCEEDED"
    done = {"ExecutionArn": "a", "StateMachineArn": "m", "Status": "SUCCEEDED", "StartDate": 1, "Output": {"a": 1}}
    assert held("states:startExecution.sync:2", done) == "SUCCEEDED"
    wrong(schema + "Field 'Status' is not an expected value", "states:startExecution.sync:2", dict(done, Status="X"))
    assert held("sqs:sendMessage.waitForTaskToken", 7) == "SUCCEEDED"
    assert held("http:invoke", {"StatusCode": "?"}) == "SUCCEEDED"
    wrong("A mocked result of arn:aws:states:::aws-sdk:braket:getDevice cannot be held against the service's model by "
          "Crema yet: fieldValidationMode must be NONE", "aws-sdk:braket:getDevice", {})
    assert held("aws-sdk:braket:getDevice", [], "NONE") == "SUCCEEDED"
    wrong(schema + "Field 'Item' must be an object", "dynamodb:getItem", {"Item": []})
    wrong(schema + "Field 'N' must be a string", "dynamodb:getItem", {"Item": {"a": {"N": 1}}})


# ---- tasks that run ----

def test_operations(trial, wire):
    wire("events", "PutRule", Name="r", EventPattern='{"source":["trial"]}')
    wire("logs", "CreateLogGroup", logGroupName="/g")
    wire("events", "PutTargets", Rule="r", Targets=[{
        "Id": "l", "Arn": "arn:aws:logs:us-east-1:000000000000:log-group:/g"}])
    entry = {"Source": "trial", "DetailType": "d", "Detail.$": "$.detail"}
    answer = trial(task(Resource="arn:aws:states:::events:putEvents", Parameters={"Entries": [entry]},
                        ResultSelector={"failed.$": "$.FailedEntryCount"}), '{"detail":{"a":1}}',
                   inspectionLevel="DEBUG")
    assert (answer["status"], answer["output"], answer["nextState"]) == ("SUCCEEDED", '{"failed":0}', "N")
    assert json.loads(answer["inspectionData"]["result"])["FailedEntryCount"] == 0
    events = wire("logs", "FilterLogEvents", logGroupName="/g")["events"]
    assert len(events) == 1 and json.loads(events[0]["message"])["detail"] == {"a": 1}
    assert ":express:" in json.loads(events[0]["message"])["resources"][1]
    lost = task(Resource="arn:aws:states:::aws-sdk:sfn:describeStateMachine", Parameters={
        "StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:gone"})
    answer = trial(lost, inspectionLevel="DEBUG")
    assert (answer["status"], answer["error"]) == ("FAILED", "Sfn.StateMachineDoesNotExistException")
    assert answer["inspectionData"]["afterParameters"].startswith('{"StateMachineArn"')
    assert "result" not in answer["inspectionData"]
    answer = trial(dict(lost, Retry=[{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 9}]))
    assert answer["status"] == "RETRIABLE"
    answer = trial(dict(lost, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "C"}]))
    assert (answer["status"], answer["nextState"]) == ("CAUGHT_ERROR", "C")
    refused(trial, "InvalidDefinition", "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: The resource "
            "provided arn:aws:states:::aws-sdk:s3:getObject cannot be run: Crema does not have aws-sdk tasks of this "
            "service yet. at /States/StateName/Resource'", task(Resource="arn:aws:states:::aws-sdk:s3:getObject"))


def test_functions(trial, endpoint):
    name = FUNCTION[:-1]
    answer = trial(task(Resource=name + "echo", ResultPath="$.r"), '{"a":1}', inspectionLevel="TRACE")
    assert json.loads(answer["output"]) == {"a": 1, "r": {"got": {"a": 1}}}
    assert json.loads(answer["inspectionData"]["result"]) == {"got": {"a": 1}}
    answer = trial(task(Resource=name + "plain"))
    assert (answer["status"], answer["error"]) == ("FAILED", "Shop.Closed")
    calls = len(endpoint.calls)
    trial(task(Resource=name + "busy", Retry=[{"ErrorEquals": ["States.ALL"]}]))
    assert len(endpoint.calls) == calls + 1, "it is carried out once"


def test_time(trial):
    answer = trial(task(Resource=FUNCTION[:-1] + "slow", TimeoutSeconds=1, Catch=[{
        "ErrorEquals": ["States.Timeout"], "Next": "Late"}]), '{"s":3}')
    assert (answer["status"], answer["nextState"], answer["error"]) == ("CAUGHT_ERROR", "Late", "States.Timeout")


def test_five_minutes(new_server, endpoint):
    """The server's time, not the machine's: it is moved while the task is under way."""
    server = new_server("--clock", "virtual", "--function-default", endpoint.url + "/{function}")
    wire, said = Wire(server.port), []
    wire("crema", "FreezeClock")
    assert wire("states", "TestState", roleArn=ROLE, definition=json.dumps(task(Resource=FUNCTION[:-1] + "echo")))[
        "status"] == "SUCCEEDED"

    def ask(trial):
        said.append(Wire(server.port)("states", "TestState", definition=json.dumps(trial), roleArn=ROLE,
                                      input='{"s":2}'))

    def after(milliseconds, **more):
        calls = len(endpoint.calls)
        thread = threading.Thread(target=ask, args=(task(Resource=FUNCTION[:-1] + "slow", **more),))
        thread.start()
        eventually(lambda: len(endpoint.calls) > calls)
        wire("crema", "AdvanceClock", Milliseconds=milliseconds)
        thread.join(timeout=30)
        return said.pop()
    late = {"ErrorEquals": ["States.Timeout"], "Next": "Late"}
    assert after(300000, Catch=[late]) == {"status": "FAILED", "error": "States.Timeout"}, "nothing catches that"
    assert after(60000, TimeoutSeconds=60, Catch=[late])["nextState"] == "Late"


def test_server_that_stops(new_server, endpoint):
    server = new_server("--function-default", endpoint.url + "/{function}", "--drain-time-max-ms", "3000")
    wire, said = Wire(server.port), []

    def ask():
        try:
            said.append(wire("states", "TestState", definition=json.dumps(task(Resource=FUNCTION[:-1] + "slow")),
                             input='{"s":1.5}', roleArn=ROLE))
        except Refused as refused:
            said.append((refused.status, refused.text))
    before = len(endpoint.calls)
    thread = threading.Thread(target=ask)
    thread.start()
    eventually(lambda: len(endpoint.calls) > before)
    assert server.stop() == 0
    thread.join(timeout=30)
    assert said == [(503, "The server is stopping.")]


def test_server_that_dies(new_server, endpoint):
    """Nothing of a trial is kept: its task is not carried out again."""
    server = new_server("--function-default", endpoint.url + "/{function}")
    wire = Wire(server.port)

    def ask():
        with pytest.raises(Exception):
            wire("states", "TestState", definition=json.dumps(task(Resource=FUNCTION[:-1] + "slow")),
                 input='{"s":2,"of":"the dead"}', roleArn=ROLE)
    thread = threading.Thread(target=ask)
    thread.start()
    eventually(lambda: any("the dead" in str(call) for call in endpoint.calls))
    server.kill()
    thread.join(timeout=30)
    server.start()
    again = Wire(server.port)
    again("states", "TestState", definition=json.dumps(task(Resource=FUNCTION[:-1] + "echo")), roleArn=ROLE)
    time.sleep(0.3)
    assert len([call for call in endpoint.calls if "the dead" in str(call)]) == 1


def test_from_a_workflow(wire):
    state = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:testState", "End": True, "Parameters": {
        "Definition.$": "$.definition", "RoleArn": ROLE}}
    machine = wire("states", "CreateStateMachine", name="tester", roleArn=ROLE, definition=one(state))

    def run(definition):
        started = wire("states", "StartExecution", stateMachineArn=machine["stateMachineArn"],
                       input=json.dumps({"definition": json.dumps(definition)}))

        def over():
            answer = wire("states", "DescribeExecution", executionArn=started["executionArn"])
            return answer["status"] != "RUNNING" and answer
        return eventually(over)
    assert json.loads(run({"Type": "Pass", "Result": 7, "End": True})["output"]) == {
        "Status": "SUCCEEDED", "Output": "7"}
    put = {"Type": "Task", "Resource": "arn:aws:states:::events:putEvents", "End": True, "Parameters": {
        "Entries": [{"Source": "s", "DetailType": "t", "Detail": "{}"}]},
        "ResultSelector": {"failed.$": "$.FailedEntryCount"}}
    assert json.loads(run(put)["output"]) == {"Status": "SUCCEEDED", "Output": '{"failed":0}'}
    missing = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:describeExecution", "End": True,
               "Parameters": {"ExecutionArn": f"arn:aws:states:{REGION}:{ACCOUNT}:execution:none:none"}}
    answer = json.loads(run(missing)["output"])
    assert (answer["Status"], answer["Error"]) == ("FAILED", "Sfn.ExecutionDoesNotExistException")
