"""Step Functions over the wire: every operation, its errors in the service's words, paging, and the workflow of the
coffee shop's orders on all its paths."""
import json
import os
import uuid

import pytest
from botocore.exceptions import ClientError

from conftest import ACCOUNT, REGION, TOP, AwsError, eventually
from wire import Refused, Wire

ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
TOKEN_TASK = "arn:aws:states:::events:putEvents.waitForTaskToken"


def machine_arn(name):
    return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}"


def one(state):
    return json.dumps({"StartAt": "S", "States": {"S": state}})


PASS = one({"Type": "Pass", "End": True})
WAIT = one({"Type": "Wait", "Seconds": 1000, "End": True})
FAIL = one({"Type": "Fail", "Error": "E", "Cause": "C"})
WAITS_FOR_TOKEN = one({"Type": "Task", "Resource": TOKEN_TASK, "HeartbeatSeconds": 900, "TimeoutSeconds": 5000,
                       "Parameters": {"Entries": [{"Source": "test", "DetailType": "T", "Detail": {
                           "token.$": "$$.Task.Token"}}]}, "End": True})


@pytest.fixture
def wire(server):
    """For members that this boto3 does not know yet."""
    client = Wire(server.port)
    yield client
    client.close()


@pytest.fixture
def make(sfn):
    """make(definition) -> ARN of a machine that ends with the test."""
    made = []

    def new(definition=PASS, **options):
        arn = sfn.create_state_machine(name="m-" + uuid.uuid4().hex, definition=definition, roleArn=ROLE,
                                       **options)["stateMachineArn"]
        made.append(arn)
        return arn

    yield new
    for arn in made:
        sfn.delete_state_machine(stateMachineArn=arn)


def refused(call, name, text, /, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == (name, text)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def refused_raw(wire, operation, name, text, /, **body):
    with pytest.raises(Refused) as caught:
        wire("states", operation, **body)
    assert (caught.value.status, caught.value.name, caught.value.text) == (400, name, text)


def token_of(sfn, execution):
    events = sfn.get_execution_history(executionArn=execution, reverseOrder=True)["events"]
    scheduled = next(e for e in events if e["type"] == "TaskScheduled")
    detail = json.loads(scheduled["taskScheduledEventDetails"]["parameters"])["Entries"][0]["Detail"]
    return detail.get("token") or detail["TaskToken"]


# ---- machines


def test_create_describe_list_delete(sfn):
    name = "m-" + uuid.uuid4().hex
    made = sfn.create_state_machine(name=name, definition=PASS, roleArn=ROLE)
    assert made["stateMachineArn"] == machine_arn(name)
    again = sfn.create_state_machine(name=name, definition=PASS, roleArn=ROLE + "2")
    assert again["creationDate"] == made["creationDate"]
    about = sfn.describe_state_machine(stateMachineArn=machine_arn(name))
    del about["ResponseMetadata"]
    about.pop("encryptionConfiguration", None)
    assert about == {"stateMachineArn": machine_arn(name), "name": name, "status": "ACTIVE", "definition": PASS,
                     "roleArn": ROLE, "type": "STANDARD", "creationDate": made["creationDate"],
                     "loggingConfiguration": {"level": "OFF", "includeExecutionData": False},
                     "tracingConfiguration": {"enabled": False}}
    listed = [m for page in sfn.get_paginator("list_state_machines").paginate() for m in page["stateMachines"]]
    assert {"stateMachineArn": machine_arn(name), "name": name, "type": "STANDARD",
            "creationDate": made["creationDate"]} in listed
    sfn.delete_state_machine(stateMachineArn=machine_arn(name))
    refused(sfn.describe_state_machine, "StateMachineDoesNotExist",
            f"State Machine Does Not Exist: '{machine_arn(name)}'", stateMachineArn=machine_arn(name))
    sfn.delete_state_machine(stateMachineArn=machine_arn(name))


def test_validate(wire):
    def validate(definition, **more):
        return wire("states", "ValidateStateMachineDefinition", definition=definition, **more)
    assert validate(PASS) == {"result": "OK", "diagnostics": [], "truncated": False}
    bad = json.dumps({"StartAt": "S", "States": {f"S{i}": {"Type": "Pass", "Next": "nowhere"} for i in range(150)}})
    answer = validate(bad)
    assert (answer["result"], answer["truncated"], len(answer["diagnostics"])) == ("FAIL", True, 100)
    assert validate(bad, maxResults=0) == answer
    few = validate(bad, maxResults=3)
    assert few == dict(answer, diagnostics=answer["diagnostics"][:3])
    one_problem = validate(one({"Type": "Pass", "Next": "T"}))
    assert one_problem["diagnostics"][0] == {
        "severity": "ERROR", "code": "MISSING_TRANSITION_TARGET", "message": "Missing 'Next' target: T",
        "location": "/States/S/Next"}
    text = validate("no JSON")["diagnostics"]
    assert [(d["code"], "location" in d) for d in text] == [("INVALID_JSON_DESCRIPTION", False)]
    for resource, place in ((TOKEN_TASK, "'.waitForTaskToken' service integration "),
                            ("arn:aws:states:::states:startExecution.sync:2", "'.sync' service integration"),
                            (f"arn:aws:states:{REGION}:{ACCOUNT}:activity:a", "Activity ARN")):
        task = one({"Type": "Task", "Resource": resource, "Parameters": {}, "End": True})
        assert validate(task, type="STANDARD")["result"] == "OK"
        assert validate(task, type="EXPRESS")["diagnostics"] == [{
            "severity": "ERROR", "code": "SCHEMA_VALIDATION_FAILED", "location": "/States/S/Resource",
            "message": f"Express state machine does not support {place}"}]


def test_create_refusals(sfn, wire, make):
    arn = make(PASS)
    name = arn.rsplit(":", 1)[1]
    create = sfn.create_state_machine
    refused(create, "StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'", name=name,
            definition=PASS + " ", roleArn=ROLE)
    refused(create, "InvalidName", "Invalid Name: 'a name'", name="a name", definition=PASS, roleArn=ROLE)
    refused(create, "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: role'", name="x", definition=PASS, roleArn="role")
    refused(create, "InvalidDefinition",
            "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'",
            name="x", definition='{"StartAt":"S"}', roleArn=ROLE)
    refused(create, "InvalidDefinition", "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields "
            "are required: [ItemProcessor] at /States/S'", name="x", roleArn=ROLE,
            definition=json.dumps({"StartAt": "S", "States": {"S": {"Type": "Map", "Next": "T"},
                                                              "T": {"Type": "Succeed"}}}))
    for resource in ("arn:aws:states:::lambda:invoke", "arn:aws:states:::aws-sdk:s3:getObject",
                     "arn:aws:states:::sqs:sendMessage",
                     f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"):
        with pytest.raises(ClientError) as caught:
            create(name="x", roleArn=ROLE, definition=one({"Type": "Task", "Resource": resource, "End": True}))
        assert caught.value.response["Error"]["Code"] == "InvalidDefinition"
        text = caught.value.response["Error"]["Message"]
        assert f"The resource provided {resource} cannot be run: Crema does not have" in text
        assert "/States/S/Resource" in text
    for resource in ("nobody", "arn:aws:states:::dynamodb:query", "arn:aws:states:::events:putEventsNow"):
        refused(create, "InvalidDefinition",
                "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: The resource "
                f"provided {resource} is not recognized. The value is not a valid resource ARN, or the resource is not "
                "available in this region. at /States/S/Resource'", name="x", roleArn=ROLE,
                definition=one({"Type": "Task", "Resource": resource, "End": True}))
    refused(create, "InvalidLoggingConfiguration",
            "Invalid Logging Configuration: Must specify exactly one Log Destination.", name="x", definition=PASS,
            roleArn=ROLE, loggingConfiguration={"level": "ALL"})
    base = {"name": "x", "definition": PASS, "roleArn": ROLE}
    refused_raw(wire, "CreateStateMachine", "ValidationException",
                "Version description can only be set when publish is true", versionDescription="v", **base)
    refused_raw(wire, "CreateStateMachine", "ValidationException",
                "1 validation error detected: Value '" + "n" * 81 + "' at 'name' failed to satisfy constraint: Member "
                "must have length less than or equal to 80", **dict(base, name="n" * 81))


def test_variable_references(wire):
    """By state, those of branches and processors too; what only assigns, or quotes a dollar sign, reads nothing."""
    inner = {"StartAt": "I", "States": {"I": {"Type": "Pass", "Parameters": {"x.$": "$b.c[0]"}, "End": True}}}
    arn = wire("states", "CreateStateMachine", name="m-" + uuid.uuid4().hex, roleArn=ROLE, definition=json.dumps({
        "StartAt": "A", "States": {
            "A": {"Type": "Pass", "Assign": {"b": {"c": [1]}, "d.$": "$.d"}, "Next": "M"},
            "M": {"Type": "Map", "ItemProcessor": inner, "ItemsPath": "$b.c", "Next": "C", "ItemSelector": {
                "f.$": "States.Format('{} $q it\\'s $r', $d)", "g": [{"h.$": "$b.c"}], "i": "$no",
                "j.$": "$$.State.Name",
                "k.$": "$.a$l['$m'].n"}},
            "C": {"Type": "Choice", "Default": "S", "Choices": [{"And": [
                {"Variable": "$\u00e9t\u00e9", "IsPresent": True},
                {"Variable": "$.a", "NumericEqualsPath": "$d"}], "Next": "S"}]},
            "S": {"Type": "Succeed", "OutputPath": "$.o"}}}))["stateMachineArn"]
    wanted = {"M": ["b", "d"], "C": ["d", "\u00e9t\u00e9"], "I": ["b"]}
    assert wire("states", "DescribeStateMachine", stateMachineArn=arn)["variableReferences"] == wanted
    assert "variableReferences" not in wire("states", "DescribeStateMachine", stateMachineArn=arn,
                                            includedData="METADATA_ONLY")
    execution = wire("states", "StartExecution", stateMachineArn=arn)["executionArn"]
    assert wire("states", "DescribeStateMachineForExecution", executionArn=execution)["variableReferences"] == wanted
    plain = wire("states", "CreateStateMachine", name="m-" + uuid.uuid4().hex, definition=PASS, roleArn=ROLE)
    assert "variableReferences" not in wire("states", "DescribeStateMachine",
                                            stateMachineArn=plain["stateMachineArn"])


def test_update(sfn, make):
    arn = make(PASS)
    refused(sfn.update_state_machine, "MissingRequiredParameter", "Either the definition, the role ARN, the "
            "LoggingConfiguration, or the TracingConfiguration must be specified", stateMachineArn=arn)
    refused(sfn.update_state_machine, "StateMachineDoesNotExist",
            f"State Machine Does Not Exist: '{machine_arn('none')}'", stateMachineArn=machine_arn("none"), roleArn=ROLE)
    old = sfn.start_execution(stateMachineArn=arn, name="old")["executionArn"]
    updated = sfn.update_state_machine(stateMachineArn=arn, definition=FAIL, tracingConfiguration={"enabled": True})
    about = sfn.describe_state_machine(stateMachineArn=arn)
    assert about["definition"] == FAIL and about["roleArn"] == ROLE
    assert about["tracingConfiguration"] == {"enabled": True}
    new = sfn.start_execution(stateMachineArn=arn, name="new")["executionArn"]
    for execution, definition, status in ((old, PASS, "SUCCEEDED"), (new, FAIL, "FAILED")):
        of = sfn.describe_state_machine_for_execution(executionArn=execution)
        assert (of["definition"], of["stateMachineArn"], of["roleArn"]) == (definition, arn, ROLE)
        assert sfn.describe_execution(executionArn=execution)["status"] == status
    assert of["updateDate"] == updated["updateDate"]


def test_revisions(wire):
    name = "m-" + uuid.uuid4().hex
    wire("states", "CreateStateMachine", name=name, definition=PASS, roleArn=ROLE)
    assert "revisionId" not in wire("states", "DescribeStateMachine", stateMachineArn=machine_arn(name))
    first = wire("states", "UpdateStateMachine", stateMachineArn=machine_arn(name), definition=FAIL)["revisionId"]
    assert wire("states", "UpdateStateMachine", stateMachineArn=machine_arn(name),
                definition=FAIL)["revisionId"] == first
    about = wire("states", "DescribeStateMachine", stateMachineArn=machine_arn(name))
    assert (about["revisionId"], about["encryptionConfiguration"]) == (first, {"type": "AWS_OWNED_KEY"})
    bare = wire("states", "DescribeStateMachine", stateMachineArn=machine_arn(name), includedData="METADATA_ONLY")
    assert bare["definition"] == "{}"
    second = wire("states", "UpdateStateMachine", stateMachineArn=machine_arn(name), roleArn=ROLE + "2")["revisionId"]
    assert second != first


def test_list_machines_pages(new_server):
    client = new_server("--ephemeral").client("stepfunctions")
    assert client.list_state_machines()["stateMachines"] == []
    names = [f"machine-{i:02}" for i in range(23)]
    for name in reversed(names):
        client.create_state_machine(name=name, definition=PASS, roleArn=ROLE)
    pages = list(client.get_paginator("list_state_machines").paginate(PaginationConfig={"PageSize": 10}))
    assert [len(page["stateMachines"]) for page in pages] == [10, 10, 3]
    assert [m["name"] for page in pages for m in page["stateMachines"]] == names
    assert "nextToken" not in pages[-1]
    refused(client.list_state_machines, "InvalidToken", "Invalid Token: 'Invalid token'", nextToken="nonsense")


def test_delete_while_running(sfn, make):
    arn = make(WAITS_FOR_TOKEN)
    execution = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    token = token_of(sfn, execution)
    sfn.delete_state_machine(stateMachineArn=arn)
    assert sfn.describe_state_machine(stateMachineArn=arn)["status"] == "DELETING"
    refused(sfn.start_execution, "StateMachineDeleting", f"State Machine Deleting: '{arn}'", stateMachineArn=arn)
    sfn.send_task_heartbeat(taskToken=token)  # its next step is its last
    refused(sfn.describe_state_machine, "StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'",
            stateMachineArn=arn)
    refused(sfn.send_task_success, "TaskDoesNotExist", "Task Does Not Exist: 'Provided task does not exist'",
            taskToken=token, output="{}")


def test_tags(sfn, make):
    arn = make(tags=[{"key": "a", "value": "1"}, {"key": "b", "value": ""}])
    assert sfn.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "a", "value": "1"},
                                                                   {"key": "b", "value": ""}]
    sfn.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "2"}, {"key": "c", "value": "3"}])
    sfn.untag_resource(resourceArn=arn, tagKeys=["b", "none"])
    assert sfn.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "a", "value": "2"},
                                                                   {"key": "c", "value": "3"}]
    none = machine_arn("none")
    for call, more in ((sfn.tag_resource, {"tags": []}), (sfn.untag_resource, {"tagKeys": []}),
                       (sfn.list_tags_for_resource, {})):
        refused(call, "ResourceNotFound", f"Resource not found: '{none}'", resourceArn=none, **more)
        refused(call, "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: nothing'", resourceArn="nothing", **more)
    with pytest.raises(ClientError) as caught:
        sfn.tag_resource(resourceArn=arn, tags=[{"key": str(i), "value": ""} for i in range(60)])
    assert caught.value.response["Error"]["Code"] == "TooManyTags"


# ---- executions


def test_start_and_describe(sfn, make):
    arn = make(PASS)
    started = sfn.start_execution(stateMachineArn=arn, name="one", input='{"a": 1}')
    assert started["executionArn"] == arn.replace("stateMachine", "execution") + ":one"
    about = sfn.describe_execution(executionArn=started["executionArn"])
    stop = about.pop("stopDate")
    assert stop >= started["startDate"]
    del about["ResponseMetadata"]
    assert about == {"executionArn": started["executionArn"], "stateMachineArn": arn, "name": "one",
                     "status": "SUCCEEDED", "startDate": started["startDate"], "input": '{"a": 1}',
                     "inputDetails": {"included": True}, "output": '{"a": 1}', "outputDetails": {"included": True}} | {
                         k: v for k, v in about.items() if k.startswith("redrive")}
    default = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    assert sfn.describe_execution(executionArn=default)["input"] == "{}"
    uuid.UUID(default.rsplit(":", 1)[1])


def test_redrive_is_told_as_it_is(wire, make):
    arn = make(FAIL)
    execution = wire("states", "StartExecution", stateMachineArn=arn)["executionArn"]
    about = wire("states", "DescribeExecution", executionArn=execution)
    assert (about["redriveCount"], about["redriveStatus"], about["error"], about["cause"]) == (0, "REDRIVABLE", "E",
                                                                                               "C")
    bare = wire("states", "DescribeExecution", executionArn=execution, includedData="METADATA_ONLY")
    assert "input" not in bare and bare["inputDetails"] == {"included": False}


def test_start_refusals(sfn, make):
    arn = make(PASS)
    start = sfn.start_execution
    refused(start, "InvalidExecutionInput",
            "Invalid State Machine Execution Input: 'Unexpected character (''' (code 39)): was expecting double-quote "
            "to start field name'", stateMachineArn=arn, input="{'a': 1}")
    refused(start, "InvalidExecutionInput",
            "Invalid State Machine Execution Input: 'Unrecognized token 'not': was expecting (JSON String, Number, "
            "Array, Object or token 'null', 'true' or 'false')'", stateMachineArn=arn, input="not some json")
    refused(start, "InvalidName", "Invalid Name: 'a/b'", stateMachineArn=arn, name="a/b")
    refused(start, "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: not_a_valid_arn'",
            stateMachineArn="not_a_valid_arn")
    refused(start, "StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}:2'", stateMachineArn=arn + ":2")
    other = arn.replace(REGION, "eu-west-1")
    refused(start, "StateMachineDoesNotExist", f"State Machine Does Not Exist: '{other}'", stateMachineArn=other)
    largest = json.dumps("x" * (262144 - 2))
    assert sfn.describe_execution(executionArn=start(stateMachineArn=arn,
                                                     input=largest)["executionArn"])["output"] == largest
    with pytest.raises(ClientError) as caught:
        start(stateMachineArn=arn, input=json.dumps("x" * 262144))
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_name_is_used_once(sfn, make):
    arn = make(WAIT)
    first = sfn.start_execution(stateMachineArn=arn, name="n", input='{"a":1}')
    again = sfn.start_execution(stateMachineArn=arn, name="n", input='{"a":1}')
    assert (first["executionArn"], first["startDate"]) == (again["executionArn"], again["startDate"])
    text = f"Execution Already Exists: '{first['executionArn']}'"
    refused(sfn.start_execution, "ExecutionAlreadyExists", text, stateMachineArn=arn, name="n", input='{"a":2}')
    sfn.stop_execution(executionArn=first["executionArn"])
    refused(sfn.start_execution, "ExecutionAlreadyExists", text, stateMachineArn=arn, name="n", input='{"a":1}')


def test_execution_not_there(sfn, make):
    arn = make(PASS)
    none = arn.replace("stateMachine", "execution") + ":none"
    for call in (sfn.describe_execution, sfn.get_execution_history, sfn.stop_execution,
                 sfn.describe_state_machine_for_execution):
        refused(call, "ExecutionDoesNotExist", f"Execution Does Not Exist: '{none}'", executionArn=none)
        refused(call, "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: nothing'", executionArn="nothing")


def test_list_executions(sfn, make):
    arn = make(json.dumps({"StartAt": "C", "States": {
        "C": {"Type": "Choice", "Choices": [{"Variable": "$.wait", "IsPresent": True, "Next": "W"},
                                            {"Variable": "$.fail", "IsPresent": True, "Next": "F"}], "Default": "S"},
        "W": {"Type": "Wait", "Seconds": 1000, "End": True}, "F": {"Type": "Fail", "Error": "E"},
        "S": {"Type": "Succeed"}}}))
    kinds = ["{}", '{"wait":1}', '{"fail":1}']
    for i in range(25):
        sfn.start_execution(stateMachineArn=arn, name=f"n{i:02}", input=kinds[i % 3])

    def names(**options):
        pages = sfn.get_paginator("list_executions").paginate(stateMachineArn=arn, **options)
        return [e["name"] for page in pages for e in page["executions"]]

    newest = [f"n{i:02}" for i in reversed(range(25))]
    assert names() == newest
    assert names(PaginationConfig={"PageSize": 4}) == newest
    for kind, status in enumerate(("SUCCEEDED", "RUNNING", "FAILED")):
        assert names(statusFilter=status, PaginationConfig={"PageSize": 2}) == [n for n in newest if int(n[1:]) %
                                                                                3 == kind]
    assert names(statusFilter="ABORTED") == []
    item = sfn.list_executions(stateMachineArn=arn, statusFilter="RUNNING", maxResults=1)["executions"][0]
    assert "stopDate" not in item and item["stateMachineArn"] == arn and item["status"] == "RUNNING"
    page = sfn.list_executions(stateMachineArn=arn, maxResults=3)
    refused(sfn.list_executions, "InvalidToken", "Invalid Token: 'Invalid token'", stateMachineArn=arn,
            statusFilter="FAILED", nextToken=page["nextToken"])
    refused(sfn.list_executions, "StateMachineDoesNotExist", f"State Machine Does Not Exist: '{machine_arn('none')}'",
            stateMachineArn=machine_arn("none"))
    refused(sfn.list_executions, "ValidationException",
            "1 validation error detected: Value 'succeeded' at 'statusFilter' failed to satisfy constraint: Member "
            "must "
            "satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]",
            stateMachineArn=arn, statusFilter="succeeded")
    refused(sfn.list_executions, "ValidationException",
            "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have "
            "value less than or equal to 1000", stateMachineArn=arn, maxResults=1001)


def test_hostile_expressions_hold_nobody_up(sfn, make):
    """What the expressions of a state look at is limited together; a command ends before it has looked at much more."""
    many = {f"x{i}.$": "States.ArrayLength($..*)" for i in range(1000)}
    execution = sfn.start_execution(stateMachineArn=make(one({"Type": "Pass", "Parameters": many, "End": True})),
                                    input="[0" + ",0" * 100000 + "]")["executionArn"]
    about = sfn.describe_execution(executionArn=execution)
    assert (about["status"], about["error"]) == ("FAILED", "States.IntrinsicFailure")
    loop = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {
        "Type": "Choice", "Default": "A", "Choices": [{"Variable": "$[?(@.a == 1)]", "IsNull": True, "Next": "E"}]},
        "E": {"Type": "Succeed"}}}
    execution = sfn.start_execution(stateMachineArn=make(json.dumps(loop)),
                                    input="[{}" + ",{}" * 50000 + "]")["executionArn"]
    events = sfn.get_execution_history(executionArn=execution, maxResults=1000, includeExecutionData=False)
    assert "nextToken" not in events
    sfn.stop_execution(executionArn=execution)


def test_stop(sfn, make):
    arn = make(WAIT)
    execution = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    stopped = sfn.stop_execution(executionArn=execution, error="E", cause="C")
    about = sfn.describe_execution(executionArn=execution)
    assert (about["status"], about["error"], about["cause"], about["stopDate"]) == ("ABORTED", "E", "C",
                                                                                    stopped["stopDate"])
    assert sfn.stop_execution(executionArn=execution)["stopDate"] == stopped["stopDate"]
    last = sfn.get_execution_history(executionArn=execution, reverseOrder=True, maxResults=1)["events"][0]
    assert last["type"] == "ExecutionAborted" and last["executionAbortedEventDetails"] == {"error": "E", "cause": "C"}


def test_history(sfn, make):
    arn = make(json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": {"n": 1}, "ResultPath": "$.r",
                                                            "Next": "D"}, "D": {"Type": "Succeed"}}}))
    execution = sfn.start_execution(stateMachineArn=arn, input='{"a":1}')["executionArn"]
    events = sfn.get_execution_history(executionArn=execution)["events"]
    assert [(e["id"], e["previousEventId"], e["type"]) for e in events] == [
        (1, 0, "ExecutionStarted"), (2, 0, "PassStateEntered"), (3, 2, "PassStateExited"),
        (4, 3, "SucceedStateEntered"), (5, 4, "SucceedStateExited"), (6, 5, "ExecutionSucceeded")]
    assert events[0]["executionStartedEventDetails"] == {"input": '{"a":1}', "inputDetails": {"truncated": False},
                                                         "roleArn": ROLE}
    assert events[2]["stateExitedEventDetails"] == {"name": "P", "output": '{"a":1,"r":{"n":1}}',
                                                    "outputDetails": {"truncated": False}}
    assert sfn.get_execution_history(executionArn=execution, reverseOrder=True)["events"] == events[::-1]
    for reverse in (False, True):
        pages = list(sfn.get_paginator("get_execution_history").paginate(
            executionArn=execution, reverseOrder=reverse, PaginationConfig={"PageSize": 4}))
        assert [e for page in pages for e in page["events"]] == (events[::-1] if reverse else events)
        assert len(pages) == 2
    bare = sfn.get_execution_history(executionArn=execution, includeExecutionData=False)["events"]
    assert "input" not in bare[0]["executionStartedEventDetails"]
    assert bare[2]["stateExitedEventDetails"] == {"name": "P"}
    token = sfn.get_execution_history(executionArn=execution, maxResults=2)["nextToken"]
    refused(sfn.get_execution_history, "InvalidToken", "Invalid Token: 'Invalid token'", executionArn=execution,
            reverseOrder=True, nextToken=token)


# ---- tasks


def test_task_token(sfn, make):
    execution = sfn.start_execution(stateMachineArn=make(WAITS_FOR_TOKEN))["executionArn"]
    events = sfn.get_execution_history(executionArn=execution)["events"]
    assert [e["type"] for e in events] == ["ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted",
                                           "TaskSubmitted"]
    scheduled = events[2]["taskScheduledEventDetails"]
    token = json.loads(scheduled.pop("parameters"))["Entries"][0]["Detail"]["token"]
    assert scheduled == {"resourceType": "events", "resource": "putEvents.waitForTaskToken", "region": REGION,
                         "timeoutInSeconds": 5000, "heartbeatInSeconds": 900}
    assert events[3]["taskStartedEventDetails"] == {"resourceType": "events", "resource": "putEvents.waitForTaskToken"}
    submitted = json.loads(events[4]["taskSubmittedEventDetails"]["output"])
    assert submitted["FailedEntryCount"] == 0 and {"SdkHttpMetadata", "SdkResponseMetadata"} <= set(submitted)
    assert 1 <= len(token) <= 300
    sfn.send_task_heartbeat(taskToken=token)
    assert len(sfn.get_execution_history(executionArn=execution)["events"]) == 5
    refused(sfn.send_task_success, "InvalidOutput",
            "Invalid Output: 'Unrecognized token 'nope': was expecting (JSON String, Number, Array, Object or token "
            "'null', 'true' or 'false')'", taskToken=token, output="nope")
    for wrong in ("nope", token[:-8] + "AAAAAAA=", token[1:]):
        refused(sfn.send_task_success, "InvalidToken", "Invalid Token: 'Invalid token'", taskToken=wrong, output="{}")
        refused(sfn.send_task_failure, "InvalidToken", "Invalid Token: 'Invalid token'", taskToken=wrong)
        refused(sfn.send_task_heartbeat, "InvalidToken", "Invalid Token: 'Invalid token'", taskToken=wrong)
    sfn.send_task_success(taskToken=token, output='{"drink":"Espresso"}')
    assert sfn.describe_execution(executionArn=execution)["output"] == '{"drink":"Espresso"}'
    gone = "Task Timed Out: 'Provided task does not exist anymore'"
    refused(sfn.send_task_success, "TaskTimedOut", gone, taskToken=token, output="{}")
    refused(sfn.send_task_failure, "TaskTimedOut", gone, taskToken=token)
    refused(sfn.send_task_heartbeat, "TaskTimedOut", gone, taskToken=token)


def test_task_failure(sfn, make):
    execution = sfn.start_execution(stateMachineArn=make(WAITS_FOR_TOKEN))["executionArn"]
    sfn.send_task_failure(taskToken=token_of(sfn, execution), error="Spilled", cause="the cup fell")
    about = sfn.describe_execution(executionArn=execution)
    assert (about["status"], about["error"], about["cause"]) == ("FAILED", "Spilled", "the cup fell")
    types = [e["type"] for e in sfn.get_execution_history(executionArn=execution)["events"]]
    assert types[-2:] == ["TaskFailed", "ExecutionFailed"]


def test_a_wait_of_one_second_really_ends(sfn, make):
    execution = sfn.start_execution(stateMachineArn=make(one({"Type": "Wait", "Seconds": 1,
                                                              "End": True})))["executionArn"]
    assert sfn.describe_execution(executionArn=execution)["status"] == "RUNNING"
    about = eventually(lambda: (a := sfn.describe_execution(executionArn=execution))["status"] == "SUCCEEDED" and a)
    assert 1.0 <= (about["stopDate"] - about["startDate"]).total_seconds() < 5


def test_with_the_cli(aws, sfn):
    name = "m-" + uuid.uuid4().hex
    made = aws("stepfunctions", "create-state-machine", "--name", name, "--definition", PASS, "--role-arn", ROLE)
    started = aws("stepfunctions", "start-execution", "--state-machine-arn", made["stateMachineArn"], "--input",
                  '{"a":1}')
    about = aws("stepfunctions", "describe-execution", "--execution-arn", started["executionArn"])
    assert about["status"] == "SUCCEEDED"
    history = aws("stepfunctions", "get-execution-history", "--execution-arn", started["executionArn"])
    assert len(history["events"]) == 4
    with pytest.raises(AwsError, match="ExecutionDoesNotExist"):
        aws("stepfunctions", "describe-execution", "--execution-arn", started["executionArn"] + "x")
    aws("stepfunctions", "delete-state-machine", "--state-machine-arn", made["stateMachineArn"])


# ---- the workflow of the coffee shop's orders

BUS = "Serverlesspresso"
GROUP = "/aws/events/serverlesspressoEventBus"
ORDERS = machine_arn("OrderProcessorWorkflow")


class Shop:
    def __init__(self, server, open=True):
        self.server = server
        client = server.client
        client("events").create_event_bus(Name=BUS)
        client("logs").create_log_group(logGroupName=GROUP)
        client("events").put_rule(EventBusName=BUS, Name="logAll",
                                  EventPattern='{"source":["awsserverlessda.serverlesspresso"]}')
        client("events").put_targets(EventBusName=BUS, Rule="logAll", Targets=[
            {"Id": "logs", "Arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{GROUP}"}])
        for table in ("config", "counting"):
            client("dynamodb").create_table(TableName=f"serverlesspresso-{table}-table", BillingMode="PAY_PER_REQUEST",
                                            AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
                                            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}])
        client("dynamodb").put_item(TableName="serverlesspresso-config-table",
                                    Item={"PK": {"S": "config"}, "storeOpen": {"BOOL": open}})
        client("dynamodb").put_item(TableName="serverlesspresso-counting-table",
                                    Item={"PK": {"S": "orderID"}, "IDvalue": {"N": "0"}})
        with open_definition() as file:
            definition = file.read().replace("REGION", REGION).replace("ACCOUNT", ACCOUNT)
        self.sfn.create_state_machine(name="OrderProcessorWorkflow", definition=definition, roleArn=ROLE)

    @property
    def sfn(self):
        return self.server.client("stepfunctions")

    def order(self, number):
        return self.sfn.start_execution(stateMachineArn=ORDERS, name=f"order-{number}", input=json.dumps(
            {"detail": {"orderId": str(number), "userId": f"user{number}"}}))["executionArn"]

    def about(self, execution):
        return self.sfn.describe_execution(executionArn=execution)

    def path(self, execution):
        """The states it went through."""
        pages = self.sfn.get_paginator("get_execution_history").paginate(executionArn=execution)
        return [e["stateEnteredEventDetails"]["name"] for page in pages for e in page["events"]
                if "stateEnteredEventDetails" in e]

    def messages(self, detail_type):
        pages = self.server.client("logs").get_paginator("filter_log_events").paginate(logGroupName=GROUP)
        found = [json.loads(event["message"]) for page in pages for event in page["events"]]
        return [m for m in found if m["detail-type"] == "OrderProcessor." + detail_type]


def open_definition():
    return open(os.path.join(TOP, "examples", "serverlesspresso", "order-processor.asl.json"), encoding="utf-8")


BEGIN = ["DynamoDB Get Shop Status", "Shop Open?", "ListExecutions", "Is capacity available?",
         "Emit - Workflow Started TT"]


def test_shop_definition_has_13_states():
    with open_definition() as file:
        assert len(json.load(file)["States"]) == 13


def test_shop_happy_path(new_server):
    shop = Shop(new_server("--ephemeral"))
    execution = shop.order(1)
    assert shop.path(execution) == BEGIN
    [started] = shop.messages("WorkflowStarted")
    assert started["resources"] == [ORDERS, execution]
    assert {k: v for k, v in started["detail"].items() if k in ("orderId", "userId")} == {"orderId": "1",
                                                                                          "userId": "user1"}
    shop.sfn.send_task_success(taskToken=started["detail"]["TaskToken"], output="{}")
    [waiting] = shop.messages("WaitingCompletion")
    assert waiting["detail"]["orderNumber"] == "1" and waiting["detail"]["TaskToken"] != started["detail"]["TaskToken"]
    shop.sfn.send_task_success(taskToken=waiting["detail"]["TaskToken"], output='{"baristaUserId":"3"}')
    about = shop.about(execution)
    assert about["status"] == "SUCCEEDED"
    assert json.loads(about["output"])["FailedEntryCount"] == 0
    assert shop.path(execution) == BEGIN + ["Generate Order Number", "Emit - Awaiting Completion TT", "Pass",
                                            "Emit - order finished"]
    finishing = shop.sfn.get_execution_history(executionArn=execution, maxResults=1000)["events"]
    last = [e for e in finishing if e["type"] == "TaskStateEntered"][-1]
    given = json.loads(last["stateEnteredEventDetails"]["input"])
    assert given["order"] == {"baristaUserId": "3"} and given["Order"] == {"Payload": {"orderNumber": "1"}}
    [listed] = [e for e in given["isCapacityAvailable"]["Executions"]]
    assert listed["ExecutionArn"] == execution and listed["StartDate"].endswith("Z") and listed["Status"] == "RUNNING"
    [finished] = shop.messages("orderFinished")
    assert finished["detail"]["orderId"] == "1"


def test_shop_closed(new_server):
    shop = Shop(new_server("--ephemeral"), open=False)
    execution = shop.order(1)
    assert shop.about(execution)["status"] == "SUCCEEDED"
    assert shop.path(execution) == BEGIN[:2] + ["Emit - Shop not ready"]
    assert [m["detail"]["userId"] for m in shop.messages("ShopUnavailable")] == ["user1"]


def test_shop_without_capacity(new_server):
    shop = Shop(new_server("--ephemeral"))
    waiting = [shop.order(i) for i in range(20)]
    refused_one = shop.order(20)
    assert shop.about(refused_one)["status"] == "SUCCEEDED"
    assert shop.path(refused_one) == BEGIN[:4] + ["Emit - Shop not ready"]
    assert all(shop.about(execution)["status"] == "RUNNING" for execution in waiting)
    shop.sfn.stop_execution(executionArn=waiting[0])
    assert shop.path(shop.order(21)) == BEGIN


def later(shop, seconds):
    """The same server, later."""
    shop.server.stop()
    shop.server.arguments = ["--clock-offset-ms", str(seconds * 1000)]
    shop.server.start()


def test_shop_customer_times_out(new_server):
    shop = Shop(new_server())
    execution = shop.order(1)
    later(shop, 800)
    shop.sfn.send_task_heartbeat(taskToken=token_of(shop.sfn, execution))
    later(shop, 1600)
    assert shop.about(execution)["status"] == "RUNNING"
    token = token_of(shop.sfn, execution)
    later(shop, 1800)
    about = eventually(lambda: (a := shop.about(execution))["status"] != "RUNNING" and a)
    # The catcher has no ResultPath: the error takes the place of the order, and nobody knows the user any more.
    assert (about["status"], about["error"]) == ("FAILED", "States.Runtime")
    path = shop.path(execution)
    assert path == BEGIN + ["Customer timedout", "Emit - error timeout"]
    entered = [e["id"] for e in shop.sfn.get_execution_history(executionArn=execution)["events"]
               if e["type"] == "TaskStateEntered"][-1]
    given = '{"Error":"States.Timeout","Cause":"","cause":"Customer timedout"}'
    assert about["cause"] == ("An error occurred while executing the state 'Emit - error timeout' (entered at the "
                              "event "
                              f"id #{entered}). The JSONPath '$.detail.userId' specified for the field 'userId.$' "
                              "could "
                              f"not be found in the input '{given}'")
    refused(shop.sfn.send_task_success, "TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'",
            taskToken=token, output="{}")


def test_shop_barista_times_out(new_server):
    shop = Shop(new_server())
    execution = shop.order(1)
    shop.sfn.send_task_success(taskToken=token_of(shop.sfn, execution), output="{}")
    later(shop, 901)
    about = eventually(lambda: (a := shop.about(execution))["status"] != "RUNNING" and a)
    assert about["status"] == "SUCCEEDED"
    assert shop.path(execution)[-2:] == ["Barista timedout", "Emit - error timeout"]
    types = [e["type"] for e in shop.sfn.get_execution_history(executionArn=execution, maxResults=1000)["events"]]
    assert types.count("TaskTimedOut") == 1
    assert [(m["detail"]["cause"], m["detail"]["orderId"]) for m in shop.messages("OrderTimeOut")] == [
        ("Barista timedout", "1")]


# ---- what students save half-built


def test_half_built_machines(sfn, make):
    bad_entry = make(one({"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:eventbridge:putEvents",
                          "Parameters": {"Entries": [{}]}, "End": True}))
    about = sfn.describe_execution(executionArn=sfn.start_execution(stateMachineArn=bad_entry)["executionArn"])
    assert about["status"] in ("SUCCEEDED", "FAILED")
    no_bus = make(one({"Type": "Task", "Resource": "arn:aws:states:::events:putEvents", "Parameters": {"Entries": [
        {"EventBusName": "nowhere", "Source": "s", "DetailType": "t", "Detail": {"a": 1}}]}, "End": True}))
    about = sfn.describe_execution(executionArn=sfn.start_execution(stateMachineArn=no_bus)["executionArn"])
    assert about["status"] == "SUCCEEDED" and json.loads(about["output"])["FailedEntryCount"] == 0


def test_a_failed_entry_fails_the_task(sfn, make):
    arn = make(one({"Type": "Task", "Resource": "arn:aws:states:::events:putEvents", "Parameters": {"Entries": [
        {"Source": "aws.mine", "DetailType": "t", "Detail": {"a": 1}}]}, "End": True}))
    about = sfn.describe_execution(executionArn=sfn.start_execution(stateMachineArn=arn)["executionArn"])
    assert (about["status"], about["error"]) == ("FAILED", "EventBridge.FailedEntry")
    assert json.loads(about["cause"])["FailedEntryCount"] == 1
