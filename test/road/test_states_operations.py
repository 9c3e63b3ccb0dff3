"""A ledger of Step Functions' operations: the model names them. Each is called here, each error that it declares is
provoked or has a word why nothing can, and each that pages is paged. Clients are boto3 with the newest model at hand.
"""
import importlib.util
import json
import os
import uuid

import boto3
import botocore.config
import pytest
from botocore.exceptions import ClientError

from conftest import ACCOUNT, REGION, SLOW, TOP, eventually

ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
TOKEN_TASK = {"Type": "Task", "Resource": "arn:aws:states:::events:putEvents.waitForTaskToken", "End": True,
              "Parameters": {"Entries": [{"Source": "test", "DetailType": "T", "Detail": {
                  "token.$": "$$.Task.Token"}}]}}


def one(state):
    return json.dumps({"StartAt": "S", "States": {"S": state}})


PASS, SUCCEED = one({"Type": "Pass", "End": True}), one({"Type": "Succeed"})
FAIL, WAIT = one({"Type": "Fail"}), one({"Type": "Wait", "Seconds": 1000, "End": True})
MAP_RUN = one({"Type": "Map", "End": True, "Label": "l", "ItemProcessor": {
    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    "StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1000, "End": True}}}})


def arn(kind, name):
    return f"arn:aws:states:{REGION}:{ACCOUNT}:{kind}:{name}"


@pytest.fixture(scope="module")
def model():
    """The newest one that can be found; skips where only one of before the newer operations is at hand."""
    place = os.path.join(TOP, "src", "api", "ops")
    spec = importlib.util.spec_from_file_location("generate", os.path.join(place, "generate.py"))
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    with open(os.path.join(place, "states.json"), encoding="utf-8") as file:
        listed = {operation["name"] for operation in json.load(file)["operations"]}
    for _, folder in generate.model_folders():
        found = generate.load_model(folder, "stepfunctions")
        found = found[0] if isinstance(found, tuple) else found
        if listed <= set(found["operations"]):
            return found
    pytest.skip("no botocore on this machine knows all of Step Functions' operations")


class Desk:
    """What a call needs: a client, and things to call it with, made when they are asked for."""

    def __init__(self, server, model, folder):
        place = folder / "stepfunctions" / model["metadata"]["apiVersion"]
        place.mkdir(parents=True)
        (place / "service-2.json").write_text(json.dumps(model))
        session = boto3.session.Session()
        session._loader.search_paths.insert(0, str(folder))
        self.client = session.client(
            "stepfunctions", endpoint_url=server.endpoint, region_name=REGION, aws_access_key_id="test",
            aws_secret_access_key="test", config=botocore.config.Config(
                retries={"max_attempts": 0}, read_timeout=60 * SLOW, inject_host_prefix=False,
                parameter_validation=False))
        self.calls = {name: getattr(self.client, method) for method, name in
                      self.client.meta.method_to_api_mapping.items()}

    def __call__(self, operation, **parameters):
        answer = self.calls[operation](**parameters)
        answer.pop("ResponseMetadata")
        return answer

    def machine(self, definition=PASS, **more):
        return self("CreateStateMachine", name="m-" + uuid.uuid4().hex, definition=definition, roleArn=ROLE,
                    **more)["stateMachineArn"]

    def deleting(self):
        """A machine that goes when its execution has, which waits for a worker."""
        machine = self.machine(one({"Type": "Task", "Resource": self.activity(), "End": True}))
        self("StartExecution", stateMachineArn=machine)
        self("DeleteStateMachine", stateMachineArn=machine)
        return machine

    def execution(self, definition=PASS, **more):
        return self("StartExecution", stateMachineArn=self.machine(definition), **more)["executionArn"]

    def activity(self):
        return self("CreateActivity", name="a-" + uuid.uuid4().hex)["activityArn"]

    def token(self, **more):
        execution = self.execution(one(dict(TOKEN_TASK, **more)))
        events = self("GetExecutionHistory", executionArn=execution)["events"]
        scheduled = next(e for e in events if e["type"] == "TaskScheduled")["taskScheduledEventDetails"]
        return json.loads(scheduled["parameters"])["Entries"][0]["Detail"]["token"], execution

    def lost_token(self):
        """Of an execution that has gone with its machine."""
        token, execution = self.token()
        self("DeleteStateMachine", stateMachineArn=execution.replace(":execution:", ":stateMachine:").rsplit(":", 1)[0])
        self("StopExecution", executionArn=execution)
        return token

    def late_token(self):
        token, execution = self.token(TimeoutSeconds=1)
        eventually(lambda: self("DescribeExecution", executionArn=execution)["status"] != "RUNNING")
        return token

    def version(self):
        return self("PublishStateMachineVersion", stateMachineArn=self.machine())["stateMachineVersionArn"]

    def alias(self, version=None, name="live"):
        return self("CreateStateMachineAlias", name=name, routingConfiguration=[
            {"stateMachineVersionArn": version or self.version(), "weight": 100}])["stateMachineAliasArn"]

    def map_run(self):
        execution = self.execution(MAP_RUN, input="[1,2]")
        return eventually(lambda: self("ListMapRuns", executionArn=execution)["mapRuns"])[0]["mapRunArn"]


@pytest.fixture(scope="module")
def desk(server, model, tmp_path_factory):
    return Desk(server, model, tmp_path_factory.mktemp("models"))


NOWHERE = {kind: arn(kind, "nowhere") for kind in ("stateMachine", "activity")}
NOWHERE["execution"], NOWHERE["mapRun"] = arn("execution", "nowhere:e"), arn("mapRun", "nowhere/l:r")
NOWHERE["alias"], NOWHERE["version"] = arn("stateMachine", "nowhere:a"), arn("stateMachine", "nowhere:1")
TAGS = [{"key": "k", "value": "v"}]
MANY_TAGS = [{"key": f"k{n}", "value": "v"} for n in range(51)]


def routes(version):
    return [{"stateMachineVersionArn": version, "weight": 100}]


def member(name, *kinds, **more):
    """The errors of a member that is an ARN."""
    errors = {"InvalidArn": lambda desk: dict(more, **{name: "arn:aws:states"})}
    names = {"stateMachine": "StateMachineDoesNotExist", "execution": "ExecutionDoesNotExist",
             "activity": "ActivityDoesNotExist"}
    for kind in kinds:
        errors[names.get(kind, "ResourceNotFound")] = lambda desk, kind=kind: dict(more, **{name: NOWHERE[kind]})
    return errors


def invalid(**body):
    return lambda desk: body


# operation: what makes its parameters, and what makes those that each error answers.
GOOD = {
    "CreateActivity": lambda desk: {"name": "ledger", "tags": TAGS},
    "CreateStateMachine": lambda desk: {"name": "ledger", "definition": PASS, "roleArn": ROLE, "tags": TAGS},
    "CreateStateMachineAlias": lambda desk: {"name": "live", "routingConfiguration": routes(desk.version())},
    "DeleteActivity": lambda desk: {"activityArn": desk.activity()},
    "DeleteStateMachine": lambda desk: {"stateMachineArn": desk.machine()},
    "DeleteStateMachineAlias": lambda desk: {"stateMachineAliasArn": desk.alias()},
    "DeleteStateMachineVersion": lambda desk: {"stateMachineVersionArn": desk.version()},
    "DescribeActivity": lambda desk: {"activityArn": desk.activity()},
    "DescribeExecution": lambda desk: {"executionArn": desk.execution()},
    "DescribeMapRun": lambda desk: {"mapRunArn": desk.map_run()},
    "DescribeStateMachine": lambda desk: {"stateMachineArn": desk.machine()},
    "DescribeStateMachineAlias": lambda desk: {"stateMachineAliasArn": desk.alias()},
    "DescribeStateMachineForExecution": lambda desk: {"executionArn": desk.execution()},
    "GetActivityTask": lambda desk: {"activityArn": busy_activity(desk), "workerName": "w"},
    "GetExecutionHistory": lambda desk: {"executionArn": desk.execution()},
    "ListActivities": lambda desk: {},
    "ListExecutions": lambda desk: {"stateMachineArn": desk.machine()},
    "ListMapRuns": lambda desk: {"executionArn": desk.execution()},
    "ListStateMachineAliases": lambda desk: {"stateMachineArn": desk.machine()},
    "ListStateMachineVersions": lambda desk: {"stateMachineArn": desk.machine()},
    "ListStateMachines": lambda desk: {},
    "ListTagsForResource": lambda desk: {"resourceArn": desk.machine(tags=TAGS)},
    "PublishStateMachineVersion": lambda desk: {"stateMachineArn": desk.machine(), "description": "d"},
    "RedriveExecution": lambda desk: {"executionArn": desk.execution(FAIL)},
    "SendTaskFailure": lambda desk: {"taskToken": desk.token()[0], "error": "E", "cause": "C"},
    "SendTaskHeartbeat": lambda desk: {"taskToken": desk.token()[0]},
    "SendTaskSuccess": lambda desk: {"taskToken": desk.token()[0], "output": "{}"},
    "StartExecution": lambda desk: {"stateMachineArn": desk.machine(), "input": "{}", "name": "n"},
    "StartSyncExecution": lambda desk: {"stateMachineArn": desk.machine(type="EXPRESS"), "input": "{}"},
    "StopExecution": lambda desk: {"executionArn": desk.execution(WAIT), "error": "E", "cause": "C"},
    "TagResource": lambda desk: {"resourceArn": desk.activity(), "tags": TAGS},
    "TestState": lambda desk: {"definition": '{"Type":"Pass","End":true}', "roleArn": ROLE},
    "UntagResource": lambda desk: {"resourceArn": desk.activity(), "tagKeys": ["k"]},
    "UpdateMapRun": lambda desk: {"mapRunArn": desk.map_run(), "maxConcurrency": 1, "toleratedFailureCount": 1},
    "UpdateStateMachine": lambda desk: {"stateMachineArn": desk.machine(), "definition": SUCCEED},
    "UpdateStateMachineAlias": lambda desk: {"stateMachineAliasArn": desk.alias(), "description": "d"},
    "ValidateStateMachineDefinition": lambda desk: {"definition": PASS},
}
BAD_NAME, BAD_PAGE = "a b", {"nextToken": "no token of ours"}


def busy_activity(desk):
    activity = desk.activity()
    desk.execution(one({"Type": "Task", "Resource": activity, "End": True}))
    return activity


def routed_version(desk):
    version = desk.version()
    desk.alias(version)
    return version


def alias_again(desk):
    version = desk.version()
    desk.alias(version)
    return {"name": "live", "description": "another", "routingConfiguration": routes(version)}


def machine_again(desk):
    name = desk.machine().rsplit(":", 1)[1]
    return {"name": name, "definition": SUCCEED, "roleArn": ROLE}


def machine_of_deleting(desk):
    return {"name": desk.deleting().rsplit(":", 1)[1], "definition": PASS, "roleArn": ROLE}


def routes_to_deleting(desk):
    machine = desk.machine(one({"Type": "Task", "Resource": desk.activity(), "End": True}), publish=True)
    desk("StartExecution", stateMachineArn=machine)
    desk("DeleteStateMachine", stateMachineArn=machine)
    return {"name": "live", "routingConfiguration": routes(machine + ":1")}


def alias_of_deleting(desk):
    machine = desk.machine(one({"Type": "Task", "Resource": desk.activity(), "End": True}), publish=True)
    alias = desk.alias(machine + ":1")
    desk("StartExecution", stateMachineArn=machine)
    desk("DeleteStateMachine", stateMachineArn=machine)
    return {"stateMachineAliasArn": alias, "description": "d"}


def named_twice(desk):
    machine = desk.machine(WAIT)
    desk("StartExecution", stateMachineArn=machine, name="n")
    return {"stateMachineArn": machine, "name": "n", "input": "[]"}


def new_machine(**more):
    return lambda desk: dict({"name": "bad", "definition": PASS, "roleArn": ROLE}, **more)


BAD = {
    "CreateActivity": {"InvalidName": invalid(name=BAD_NAME), "TooManyTags": invalid(name="tags", tags=MANY_TAGS)},
    "CreateStateMachine": {
        "InvalidArn": new_machine(roleArn="role"), "InvalidDefinition": new_machine(definition="{}"),
        "InvalidName": new_machine(name=BAD_NAME), "TooManyTags": new_machine(tags=MANY_TAGS),
        "InvalidLoggingConfiguration": new_machine(loggingConfiguration={"level": "ALL"}),
        "StateMachineAlreadyExists": machine_again, "StateMachineDeleting": machine_of_deleting,
        "ValidationException": new_machine(versionDescription="d")},
    "CreateStateMachineAlias": {
        "InvalidArn": invalid(name="a", routingConfiguration=routes("arn")),
        "ValidationException": lambda desk: {"name": "a", "routingConfiguration": [
            {"stateMachineVersionArn": desk.version(), "weight": 99}]},
        "StateMachineDeleting": routes_to_deleting, "ConflictException": alias_again,
        "ResourceNotFound": invalid(name="a", routingConfiguration=routes(NOWHERE["version"]))},
    "DeleteActivity": member("activityArn"),
    "DeleteStateMachine": dict(member("stateMachineArn"), ValidationException=lambda desk: {
        "stateMachineArn": "x" * 257}),
    "DeleteStateMachineAlias": dict(member("stateMachineAliasArn", "alias"), ValidationException=lambda desk: {
        "stateMachineAliasArn": desk.machine()}),
    "DeleteStateMachineVersion": {
        "InvalidArn": invalid(stateMachineVersionArn="arn"),
        "ValidationException": lambda desk: {"stateMachineVersionArn": desk.machine()},
        "ConflictException": lambda desk: {"stateMachineVersionArn": routed_version(desk)}},
    "DescribeActivity": member("activityArn", "activity"),
    "DescribeExecution": member("executionArn", "execution"),
    "DescribeMapRun": member("mapRunArn", "mapRun"),
    "DescribeStateMachine": member("stateMachineArn", "stateMachine"),
    "DescribeStateMachineAlias": dict(member("stateMachineAliasArn", "alias"), ValidationException=lambda desk: {
        "stateMachineAliasArn": desk.machine()}),
    "DescribeStateMachineForExecution": member("executionArn", "execution"),
    "GetActivityTask": member("activityArn", "activity"),
    "GetExecutionHistory": dict(member("executionArn", "execution"), InvalidToken=lambda desk: dict(
        BAD_PAGE, executionArn=desk.execution())),
    "ListActivities": {"InvalidToken": invalid(**BAD_PAGE)},
    "ListExecutions": dict(member("stateMachineArn", "stateMachine"), **{
        "InvalidToken": lambda desk: dict(BAD_PAGE, stateMachineArn=desk.machine()),
        "StateMachineTypeNotSupported": lambda desk: {"stateMachineArn": desk.machine(type="EXPRESS")},
        "ValidationException": invalid(), "ResourceNotFound": invalid(mapRunArn=NOWHERE["mapRun"])}),
    "ListMapRuns": dict(member("executionArn", "execution"), InvalidToken=lambda desk: dict(
        BAD_PAGE, executionArn=desk.execution())),
    "ListStateMachineAliases": dict(member("stateMachineArn", "stateMachine"), **{
        "InvalidToken": lambda desk: dict(BAD_PAGE, stateMachineArn=desk.machine()),
        "StateMachineDeleting": lambda desk: {"stateMachineArn": desk.deleting()},
        "ResourceNotFound": lambda desk: {"stateMachineArn": desk.machine() + ":7"}}),
    "ListStateMachineVersions": dict(member("stateMachineArn"), **{
        "InvalidToken": lambda desk: dict(BAD_PAGE, stateMachineArn=desk.machine()),
        "ValidationException": invalid(stateMachineArn="x" * 257)}),
    "ListStateMachines": {"InvalidToken": invalid(**BAD_PAGE)},
    "ListTagsForResource": {"InvalidArn": invalid(resourceArn="arn"),
                            "ResourceNotFound": invalid(resourceArn=NOWHERE["activity"])},
    "PublishStateMachineVersion": dict(member("stateMachineArn", "stateMachine"), **{
        "StateMachineDeleting": lambda desk: {"stateMachineArn": desk.deleting()},
        "ConflictException": lambda desk: {"stateMachineArn": desk.machine(), "revisionId": "another"},
        "ValidationException": lambda desk: {"stateMachineArn": desk.machine(), "description": "x" * 257}}),
    "RedriveExecution": dict(member("executionArn", "execution"), **{
        "ExecutionNotRedrivable": lambda desk: {"executionArn": desk.execution()},
        "ValidationException": lambda desk: {"executionArn": desk.execution(FAIL), "clientToken": ""}}),
    "SendTaskFailure": {"TaskDoesNotExist": lambda desk: {"taskToken": desk.lost_token()},
                        "InvalidToken": invalid(taskToken="t"),
                        "TaskTimedOut": lambda desk: {"taskToken": desk.late_token()}},
    "SendTaskHeartbeat": {"TaskDoesNotExist": lambda desk: {"taskToken": desk.lost_token()},
                          "InvalidToken": invalid(taskToken="t"),
                          "TaskTimedOut": lambda desk: {"taskToken": desk.late_token()}},
    "SendTaskSuccess": {"TaskDoesNotExist": lambda desk: {"taskToken": desk.lost_token(), "output": "{}"},
                        "InvalidToken": invalid(taskToken="t", output="{}"),
                        "InvalidOutput": lambda desk: {"taskToken": desk.token()[0], "output": "{"},
                        "TaskTimedOut": lambda desk: {"taskToken": desk.late_token(), "output": "{}"}},
    "StartExecution": dict(member("stateMachineArn", "stateMachine"), **{
        "ExecutionAlreadyExists": named_twice,
        "InvalidExecutionInput": lambda desk: {"stateMachineArn": desk.machine(), "input": "{"},
        "InvalidName": lambda desk: {"stateMachineArn": desk.machine(), "name": BAD_NAME},
        "StateMachineDeleting": lambda desk: {"stateMachineArn": desk.deleting()},
        "ValidationException": invalid(stateMachineArn="x" * 257)}),
    "StartSyncExecution": dict(member("stateMachineArn", "stateMachine"), **{
        "InvalidExecutionInput": lambda desk: {"stateMachineArn": desk.machine(type="EXPRESS"), "input": "{"},
        "InvalidName": lambda desk: {"stateMachineArn": desk.machine(type="EXPRESS"), "name": BAD_NAME},
        "StateMachineTypeNotSupported": lambda desk: {"stateMachineArn": desk.machine()}}),
    "StopExecution": dict(member("executionArn", "execution"), ValidationException=lambda desk: {
        "executionArn": desk.execution(WAIT), "error": "x" * 257}),
    "TagResource": {"InvalidArn": invalid(resourceArn="arn", tags=TAGS),
                    "ResourceNotFound": invalid(resourceArn=NOWHERE["activity"], tags=TAGS),
                    "TooManyTags": lambda desk: {"resourceArn": desk.activity(), "tags": MANY_TAGS}},
    "TestState": {
        "InvalidDefinition": invalid(definition='{"Type":"Pass"}', roleArn=ROLE),
        "InvalidExecutionInput": invalid(definition='{"Type":"Pass","End":true}', roleArn=ROLE, input="{"),
        "ValidationException": invalid(definition='{"Type":"Pass","End":true}', roleArn=ROLE, stateName="nowhere")},
    "UntagResource": {"InvalidArn": invalid(resourceArn="arn", tagKeys=["k"]),
                      "ResourceNotFound": invalid(resourceArn=NOWHERE["activity"], tagKeys=["k"])},
    "UpdateMapRun": dict(member("mapRunArn", "mapRun"), ValidationException=lambda desk: {
        "mapRunArn": desk.map_run(), "toleratedFailurePercentage": 101}),
    "UpdateStateMachine": dict(member("stateMachineArn", "stateMachine", definition=SUCCEED), **{
        "InvalidDefinition": lambda desk: {"stateMachineArn": desk.machine(), "definition": "{}"},
        "InvalidLoggingConfiguration": lambda desk: {"stateMachineArn": desk.machine(),
                                                     "loggingConfiguration": {"level": "ALL"}},
        "MissingRequiredParameter": lambda desk: {"stateMachineArn": desk.machine()},
        "StateMachineDeleting": lambda desk: {"stateMachineArn": desk.deleting(), "definition": SUCCEED},
        "ValidationException": lambda desk: {"stateMachineArn": desk.machine(), "definition": SUCCEED,
                                             "versionDescription": "d"}}),
    "UpdateStateMachineAlias": dict(member("stateMachineAliasArn", "alias", description="d"), **{
        "StateMachineDeleting": alias_of_deleting,
        "ValidationException": lambda desk: {"stateMachineAliasArn": desk.alias()}}),
    "ValidateStateMachineDefinition": {"ValidationException": invalid(definition=PASS, type="NEITHER")},
}
# Errors that a model declares and nobody is told here: why.
NEVER = {
    "Kms": "keys of AWS KMS are refused by name",
    "InvalidEncryptionConfiguration": "encryptionConfiguration is refused by name",
    "InvalidTracingConfiguration": "the model's own shape leaves nothing to be invalid",
    "LimitExceeded": "the limit is beyond a quick test",
    "ServiceQuotaExceededException": "a thousand versions or a hundred aliases: test_versions.py",
    "ActivityAlreadyExists": "tells of another encryption",
}
NEVER_OF = {
    ("CreateStateMachineAlias", "InvalidName"): "the service was recorded to answer ValidationException",
    ("TestState", "InvalidArn"): "a trial's role is not looked at",
    ("CreateStateMachine", "StateMachineTypeNotSupported"): "both types are supported",
    ("CreateStateMachine", "ConflictException"): "one writer: nothing is half made",
    ("UpdateStateMachine", "ConflictException"): "one writer: nothing is half made",
    ("UpdateStateMachineAlias", "ConflictException"): "one writer: nothing is half made",
    ("DeleteStateMachineAlias", "ConflictException"): "one writer: nothing is half made",
    ("StartSyncExecution", "StateMachineDeleting"): "machines of type EXPRESS are gone at once",
}


def test_the_ledger_is_whole(model):
    """Neither a new operation nor a new error of the model's goes unseen."""
    operations = set(model["operations"])
    assert operations == set(GOOD) == set(BAD)
    missing = []
    for name, operation in model["operations"].items():
        for error in operation.get("errors", []):
            code = error["shape"]
            said = code in BAD[name] or (name, code) in NEVER_OF or any(part in code for part in NEVER)
            if not said:
                missing.append((name, code))
    assert not missing
    assert all(BAD.values()), "an error of each"


@pytest.mark.parametrize("operation", sorted(GOOD))
def test_answers(desk, model, operation):
    answer = desk(operation, **GOOD[operation](desk))
    output = model["shapes"][model["operations"][operation]["output"]["shape"]]
    assert set(answer) <= set(output["members"])
    assert set(output.get("required", [])) <= set(answer)


@pytest.mark.parametrize("operation,code", [(operation, code) for operation in sorted(BAD) for code in BAD[operation]])
def test_refuses(desk, operation, code):
    parameters = BAD[operation][code](desk)
    with pytest.raises(ClientError) as caught:
        desk(operation, **parameters)
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    assert error["Message"]
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def several_machines(desk):
    for _ in range(3):
        desk.machine()
    return {}


def several_activities(desk):
    for _ in range(3):
        desk.activity()
    return {}


def several_executions(desk):
    machine = desk.machine()
    for _ in range(3):
        desk("StartExecution", stateMachineArn=machine)
    return {"stateMachineArn": machine}


def several_versions(desk):
    machine = desk.machine(publish=True)
    for definition in (SUCCEED, FAIL):
        desk("UpdateStateMachine", stateMachineArn=machine, definition=definition, publish=True)
    return {"stateMachineArn": machine}


def several_aliases(desk):
    machine = desk.machine(publish=True)
    for name in "abc":
        desk.alias(machine + ":1", name)
    return {"stateMachineArn": machine}


def several_map_runs(desk):
    state = json.loads(MAP_RUN)["States"]["S"]
    state["ItemProcessor"]["States"]["W"] = {"Type": "Pass", "End": True}
    states = {name: dict(state, Label=name, **following) for name, following in
              (("A", {"Next": "B"}), ("B", {"Next": "C"}), ("C", {}))}
    for name in "AB":
        del states[name]["End"]
    states["B"]["ItemProcessor"] = json.loads(json.dumps(state["ItemProcessor"]).replace('"W"', '"X"'))
    states["C"]["ItemProcessor"] = json.loads(json.dumps(state["ItemProcessor"]).replace('"W"', '"Y"'))
    execution = desk.execution(json.dumps({"StartAt": "A", "States": states}), input="[1]")
    eventually(lambda: desk("DescribeExecution", executionArn=execution)["status"] == "SUCCEEDED")
    return {"executionArn": execution}


SEVERAL = {
    "GetExecutionHistory": lambda desk: {"executionArn": desk.execution()},
    "ListActivities": several_activities,
    "ListExecutions": several_executions,
    "ListMapRuns": several_map_runs,
    "ListStateMachineAliases": several_aliases,
    "ListStateMachineVersions": several_versions,
    "ListStateMachines": several_machines,
}


def test_what_pages_is_known(model):
    paged = {name for name, operation in model["operations"].items()
             if "nextToken" in model["shapes"][operation["output"]["shape"]]["members"]}
    assert paged == set(SEVERAL)


@pytest.mark.parametrize("operation", sorted(SEVERAL))
def test_pages(desk, operation):
    parameters = SEVERAL[operation](desk)
    whole = desk(operation, maxResults=1000, **parameters)
    key, = (name for name, value in whole.items() if isinstance(value, list))
    assert len(whole[key]) >= 3 and "nextToken" not in whole
    found, token = [], {}
    for _ in range(len(whole[key])):
        page = desk(operation, maxResults=1, **parameters, **token)
        assert len(page[key]) == 1
        found += page[key]
        token = {"nextToken": page["nextToken"]} if "nextToken" in page else None
        if not token:
            break
    assert token is None and found == whole[key]
