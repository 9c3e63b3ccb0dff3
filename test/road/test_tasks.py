"""Tasks of workflows that reach other things of the server: nested executions in all their patterns, and the operations
of every service as the SDK integrations have them."""
import json
import os
import re
import time
import uuid

import pytest

from conftest import ACCOUNT, REGION, TOP, eventually
from wire import Wire

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

    def machine(self, definition, name=None, **more):
        return self.sfn.create_state_machine(name=name or "m-" + uuid.uuid4().hex, roleArn=ROLE,
                                             definition=json.dumps(definition), **more)["stateMachineArn"]

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


def test_a_value_is_its_text_for_the_sdk_too(flows):
    """Where the operation has text that is JSON."""
    answers = flows.machine({"StartAt": "A", "States": {"A": {
        "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:sendTaskSuccess", "End": True,
        "Parameters": {"TaskToken.$": "$.token", "Output": {"from.$": "$.me"}}}}})
    got = flows.output(one("arn:aws:states:::aws-sdk:sfn:startExecution.waitForTaskToken", {
        "StateMachineArn": answers, "Input": {"token.$": "$$.Task.Token", "me": ["the", "child"]}}))
    assert got == {"from": ["the", "child"]}


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


# ---- operations as the SDK integrations have them

SDK = {"events": ("eventbridge", "events"), "logs": ("cloudwatchlogs", "logs"), "states": ("sfn", "stepfunctions"),
       "dynamodb": ("dynamodb", "dynamodb"), "sts": ("sts", "sts"), "monitoring": ("cloudwatch", "cloudwatch")}


def operations():
    """(service, operation) of all that this server has and a task may call, from the coverage page."""
    service, found = None, []
    with open(os.path.join(TOP, "docs", "reference", "coverage.md"), encoding="utf-8") as page:
        for line in page:
            if line.startswith("## "):
                service = line[3:].strip()
            row = re.match(r"\| (\w+) \| has, (?!stream)", line)
            if row and service in SDK:
                found.append((service, row[1]))
    return found


def lower(name):
    return name[0].lower() + name[1:]


def upper(name):
    return name[0].upper() + name[1:]


def sdk(service, operation):
    return f"arn:aws:states:::aws-sdk:{SDK[service][0]}:{lower(operation)}"


def fits_model(shape, value, where):
    """The value has the names and kinds that the model's shape has in an SDK integration."""
    kind = shape.type_name
    if kind == "structure":
        names = {upper(name): member for name, member in shape.members.items()}
        assert isinstance(value, dict), (where, value)
        for name, inner in value.items():
            assert name[0].isupper(), (where, name)
            if name in names:  # this machine's boto3 may be older than the service
                fits_model(names[name], inner, f"{where}.{name}")
    elif kind == "list":
        for inner in value:
            fits_model(shape.member, inner, where + "[]")
    elif kind == "map":
        for name, inner in value.items():
            fits_model(shape.value, inner, f"{where}.{name}")
    elif kind == "timestamp":
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value), (where, value)
    else:
        kinds = {"string": str, "boolean": bool, "integer": int, "long": int, "double": (int, float), "float": float,
                 "blob": str}
        assert isinstance(value, kinds[kind]), (where, kind, value)


def test_every_operation_is_an_sdk_task(flows):
    """All in one machine each service, which need not run."""
    for service in SDK:
        names = [operation for of, operation in operations() if of == service]
        assert names
        flows.machine({"StartAt": names[0], "States": {
            name: {"Type": "Task", "Resource": sdk(service, name), "Next": after} for name, after in
            zip(names, names[1:] + ["Done"])} | {"Done": {"Type": "Succeed"}}})


class SdkTasks:
    """Calls operations as tasks, and holds each result against the service's model."""

    def __init__(self, server, flows):
        self.server, self.flows = server, flows

    def __call__(self, service, operation, **parameters):
        got = self.flows.output(one(sdk(service, operation), parameters))
        shape = self.server.client(SDK[service][1]).meta.service_model.operation_model(operation).output_shape
        if shape is None:
            assert got == {}
        else:
            fits_model(shape, got, operation)
        return got

    def error(self, service, operation, **parameters):
        about = self.flows.run(one(sdk(service, operation), parameters))
        assert about["status"] == "FAILED"
        return about["error"], about["cause"]


@pytest.fixture
def task(server, flows):
    return SdkTasks(server, flows)


def test_sdk_tasks_of_cloudwatch(task):
    at = time.strftime("%Y-%m-%dT%H:%M:30Z", time.gmtime(time.time() - 300))
    task("monitoring", "PutMetricData", Namespace="Tasks", MetricData=[
        {"MetricName": "Cups", "Timestamp": at, "Value": value, "Unit": "Count"} for value in (1, 2.5)])
    assert [m["MetricName"] for m in task("monitoring", "ListMetrics", Namespace="Tasks")["Metrics"]] == ["Cups"]
    points = task("monitoring", "GetMetricStatistics", Namespace="Tasks", MetricName="Cups", Period=60,
                  StartTime=at[:-3] + "00Z", EndTime=time.strftime("%Y-%m-%dT%H:%M:00Z"), Statistics=["Sum"])
    assert [(p["Timestamp"], p["Sum"], p["Unit"]) for p in points["Datapoints"]] == [
        (at[:-3] + "00.000Z", 3.5, "Count")]
    error, cause = task.error("monitoring", "PutMetricData", Namespace="Tasks", MetricData=[{"MetricName": "Cups"}])
    assert error.startswith("CloudWatch.") and "(Service: CloudWatch, Status Code: 400, " in cause


def test_sdk_tasks_of_eventbridge(task):
    bus = task("events", "CreateEventBus", Name="sdk-bus", Tags=[{"Key": "a", "Value": "b"}])
    assert bus["EventBusArn"] == f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/sdk-bus"
    rule = task("events", "PutRule", Name="r", EventBusName="sdk-bus", EventPattern='{"source":["s"]}')["RuleArn"]
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/sdk"
    task("logs", "CreateLogGroup", LogGroupName="/sdk")
    assert task("events", "PutTargets", Rule="r", EventBusName="sdk-bus",
                Targets=[{"Id": "t", "Arn": group}])["FailedEntryCount"] == 0
    sent = task("events", "PutEvents", Entries=[{"Source": "s", "DetailType": "t", "Detail": "{}",
                                                 "EventBusName": "sdk-bus"}, {"Source": "s"}])
    assert sent["FailedEntryCount"] == 1 and sent["Entries"][1]["ErrorCode"] == "InvalidArgument"
    assert task("events", "DescribeRule", Name="r", EventBusName="sdk-bus")["State"] == "ENABLED"
    task("events", "DisableRule", Name="r", EventBusName="sdk-bus")
    assert task("events", "ListRules", EventBusName="sdk-bus")["Rules"][0]["State"] == "DISABLED"
    task("events", "EnableRule", Name="r", EventBusName="sdk-bus")
    assert task("events", "ListTargetsByRule", Rule="r", EventBusName="sdk-bus")["Targets"][0]["Arn"] == group
    assert task("events", "ListRuleNamesByTarget", TargetArn=group, EventBusName="sdk-bus")["RuleNames"] == ["r"]
    assert task("events", "TestEventPattern", EventPattern='{"a":[1]}', Event=json.dumps(
        {"id": "1", "account": ACCOUNT, "source": "s", "time": "2026-01-01T00:00:00Z", "region": REGION,
         "resources": [], "detail-type": "t", "a": 1})) == {"Result": True}
    task("events", "TagResource", ResourceARN=rule, Tags=[{"Key": "k", "Value": "v"}])
    assert task("events", "ListTagsForResource", ResourceARN=rule)["Tags"] == [{"Key": "k", "Value": "v"}]
    task("events", "UntagResource", ResourceARN=rule, TagKeys=["k"])
    assert task("events", "DescribeEventBus", Name="sdk-bus")["Name"] == "sdk-bus"
    assert {b["Name"] for b in task("events", "ListEventBuses")["EventBuses"]} >= {"default", "sdk-bus"}
    task("events", "RemoveTargets", Rule="r", EventBusName="sdk-bus", Ids=["t"])
    task("events", "DeleteRule", Name="r", EventBusName="sdk-bus")
    task("events", "DeleteEventBus", Name="sdk-bus")
    error, cause = task.error("events", "DescribeEventBus", Name="sdk-bus")
    assert error == "EventBridge.ResourceNotFoundException"
    assert re.fullmatch(r"Event bus sdk-bus does not exist\. \(Service: EventBridge, Status Code: 400, "
                        r"Request ID: [-0-9a-f]+\)", cause)
    assert task.error("events", "CreateEventBus", Name="default")[0] == "EventBridge.ResourceAlreadyExistsException"
    assert task.error("events", "PutRule", Name="r")[0] == "EventBridge.EventBridgeException"
    assert task.error("events", "PutRule", Name="r", EventPattern="{}x")[0] == \
        "EventBridge.InvalidEventPatternException"


def test_sdk_tasks_of_logs(task):
    now = int(time.time() * 1000)
    group = {"LogGroupName": "/sdk/logs"}
    task("logs", "CreateLogGroup", **group)
    task("logs", "PutRetentionPolicy", RetentionInDays=7, **group)
    task("logs", "CreateLogStream", LogStreamName="one", **group)
    task("logs", "PutLogEvents", LogStreamName="one", LogEvents=[{"Timestamp": now, "Message": "hello"}], **group)
    assert task("logs", "GetLogEvents", LogStreamName="one", **group)["Events"][0]["Message"] == "hello"
    found = task("logs", "FilterLogEvents", FilterPattern="hello", **group)["Events"][0]
    assert (found["Timestamp"], found["LogStreamName"]) == (now, "one")
    about = task("logs", "DescribeLogGroups", LogGroupNamePrefix="/sdk/logs")["LogGroups"][0]
    assert about["RetentionInDays"] == 7 and isinstance(about["CreationTime"], int)
    assert task("logs", "DescribeLogStreams", **group)["LogStreams"][0]["LogStreamName"] == "one"
    task("logs", "DeleteRetentionPolicy", **group)
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/sdk/logs"
    task("logs", "TagResource", ResourceArn=arn, Tags={"camelCase": "kept"})
    assert task("logs", "ListTagsForResource", ResourceArn=arn)["Tags"] == {"camelCase": "kept"}
    task("logs", "UntagResource", ResourceArn=arn, TagKeys=["camelCase"])
    error, cause = task.error("logs", "CreateLogGroup", **group)
    assert error == "CloudWatchLogs.ResourceAlreadyExistsException"
    assert cause.startswith("The specified log group already exists (Service: CloudWatchLogs, Status Code: 400, ")
    task("logs", "DeleteLogStream", LogStreamName="one", **group)
    task("logs", "DeleteLogGroup", **group)
    assert task.error("logs", "DescribeLogStreams", **group)[0] == "CloudWatchLogs.ResourceNotFoundException"
    assert task.error("logs", "PutRetentionPolicy", RetentionInDays=6, LogGroupName="x")[0] == \
        "CloudWatchLogs.InvalidParameterException"


def test_sdk_tasks_of_step_functions(task, flows):
    machine = task("states", "CreateStateMachine", Name="sdk-made", Definition=json.dumps(PASS),
                   RoleArn=ROLE)["StateMachineArn"]
    about = task("states", "DescribeStateMachine", StateMachineArn=machine)
    assert about["LoggingConfiguration"]["Level"] == "OFF" and about["Status"] == "ACTIVE"
    started = task("states", "StartExecution", StateMachineArn=machine, Input='{"x":1}', Name="n")
    assert task("states", "DescribeExecution", **{"ExecutionArn": started["ExecutionArn"]})["Status"] == "SUCCEEDED"
    assert task("states", "ListExecutions", StateMachineArn=machine)["Executions"][0]["Name"] == "n"
    events = task("states", "GetExecutionHistory", ExecutionArn=started["ExecutionArn"])["Events"]
    assert events[0]["Type"] == "ExecutionStarted" and events[0]["ExecutionStartedEventDetails"]["Input"] == '{"x":1}'
    assert any(m["Name"] == "sdk-made" for m in task("states", "ListStateMachines")["StateMachines"])
    task("states", "UpdateStateMachine", StateMachineArn=machine, Definition=json.dumps(FAIL))
    assert task("states", "DescribeStateMachineForExecution",
                ExecutionArn=started["ExecutionArn"])["Definition"] == json.dumps(PASS)
    task("states", "TagResource", ResourceArn=machine, Tags=[{"Key": "k", "Value": "v"}])
    assert task("states", "ListTagsForResource", ResourceArn=machine)["Tags"] == [{"Key": "k", "Value": "v"}]
    task("states", "UntagResource", ResourceArn=machine, TagKeys=["k"])
    sleeper = flows.start(flows.machine(waits(1000)))
    task("states", "StopExecution", ExecutionArn=sleeper, Error="E")
    assert flows.end(sleeper)["status"] == "ABORTED"
    task("states", "DeleteStateMachine", StateMachineArn=machine)
    error, cause = task.error("states", "StartExecution", StateMachineArn=machine)
    assert error == "Sfn.StateMachineDoesNotExistException"
    assert cause.startswith(f"State Machine Does Not Exist: '{machine}' (Service: Sfn, Status Code: 400, Request ID: ")
    assert task.error("states", "SendTaskSuccess", TaskToken="x", Output="{}")[0] == "Sfn.InvalidTokenException"
    assert task.error("states", "SendTaskFailure", TaskToken="x")[0] == "Sfn.InvalidTokenException"
    assert task.error("states", "SendTaskHeartbeat", TaskToken="x")[0] == "Sfn.InvalidTokenException"
    assert task.error("states", "DescribeExecution", ExecutionArn="x")[0] == "Sfn.InvalidArnException"
    assert task.error("states", "CreateStateMachine", Name="m", Definition="{}", RoleArn=ROLE)[0] == \
        "Sfn.InvalidDefinitionException"


def test_sdk_tasks_of_dynamodb_and_sts(task):
    table = {"TableName": "SdkTable"}
    made = task("dynamodb", "CreateTable", BillingMode="PAY_PER_REQUEST", **table,
                KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}])
    assert made["TableDescription"]["TableName"] == "SdkTable"
    key = {"PK": {"S": "a"}}
    task("dynamodb", "PutItem", Item={**key, "lowerCase": {"N": "1"}, "bytes": {"B": "AAE="}}, **table)
    assert task("dynamodb", "GetItem", Key=key, **table)["Item"]["lowerCase"] == {"N": "1"}
    got = task("dynamodb", "UpdateItem", Key=key, UpdateExpression="ADD n :n", ReturnValues="UPDATED_NEW",
               ExpressionAttributeValues={":n": {"N": "2"}}, **table)
    assert got["Attributes"] == {"n": {"N": "2"}}
    assert task("dynamodb", "Query", KeyConditionExpression="PK = :k", **table,
                ExpressionAttributeValues={":k": {"S": "a"}})["Count"] == 1
    assert task("dynamodb", "Scan", **table)["Items"][0]["bytes"] == {"B": "AAE="}
    assert task("dynamodb", "DescribeTable", **table)["Table"]["TableStatus"] == "ACTIVE"
    assert "SdkTable" in task("dynamodb", "ListTables")["TableNames"]
    error, cause = task.error("dynamodb", "PutItem", Item=key, ConditionExpression="attribute_not_exists(PK)", **table)
    assert error == "DynamoDb.ConditionalCheckFailedException"
    assert cause.startswith("The conditional request failed (Service: DynamoDb, Status Code: 400, Request ID: ")
    assert task.error("dynamodb", "Scan", TableName="SdkTable", Limit=0)[0] == "DynamoDb.DynamoDbException"
    task("dynamodb", "DeleteItem", Key=key, **table)
    task("dynamodb", "DeleteTable", **table)
    assert task.error("dynamodb", "DescribeTable", **table)[0] == "DynamoDb.ResourceNotFoundException"
    assert task("sts", "GetCallerIdentity")["Account"] == ACCOUNT


# ---- optimized integrations


def test_optimized_dynamodb_and_events(flows, server):
    server.client("dynamodb").create_table(
        TableName="Optimized", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}])
    key, table = {"PK": {"S": "a"}}, "Optimized"

    def dynamodb(operation, **parameters):
        got = flows.output(one(f"arn:aws:states:::dynamodb:{operation}", {"TableName": table, **parameters}))
        assert got.pop("SdkHttpMetadata")["HttpStatusCode"] == 200 and got.pop("SdkResponseMetadata")["RequestId"]
        return got

    assert dynamodb("putItem", Item={**key, "n": {"N": "1"}}) == {}
    assert dynamodb("getItem", Key=key) == {"Item": {**key, "n": {"N": "1"}}}
    assert dynamodb("updateItem", Key=key, UpdateExpression="SET n = n + :one", ReturnValues="UPDATED_NEW",
                    ExpressionAttributeValues={":one": {"N": "1"}}) == {"Attributes": {"n": {"N": "2"}}}
    assert dynamodb("deleteItem", Key=key, ReturnValues="ALL_OLD") == {"Attributes": {**key, "n": {"N": "2"}}}
    for parameters, error in (
            ({"TableName": table, "Key": key, "ConditionExpression": "attribute_exists(PK)"},
             "DynamoDB.ConditionalCheckFailedException"),
            ({"TableName": "absent", "Key": key}, "DynamoDB.ResourceNotFoundException"),
            ({"TableName": table, "Key": {}}, "DynamoDB.AmazonDynamoDBException")):
        about = flows.run(one("arn:aws:states:::dynamodb:deleteItem", parameters))
        assert about["error"] == error
        assert re.search(r" \(Service: AmazonDynamoDBv2; Status Code: 400; Error Code: \w+; Request ID: [-0-9a-f]+; "
                         r"Proxy: null\)$", about["cause"])
    got = flows.output(one("arn:aws:states:::events:putEvents", {"Entries": [
        {"Source": "s", "DetailType": "t", "Detail": {"a": 1}}]}))
    assert got["FailedEntryCount"] == 0 and set(got) == {"Entries", "FailedEntryCount", "SdkHttpMetadata",
                                                        "SdkResponseMetadata"}
    about = flows.run(one("arn:aws:states:::events:putEvents", {"Entries": [{"Source": "s"}]}))
    assert about["error"] == "EventBridge.FailedEntry" and json.loads(about["cause"])["FailedEntryCount"] == 1


def test_nested_in_map_outlives_the_process(new_server):
    """A Map whose items wait for executions of their own, killed meanwhile; one that is stopped stops them all."""
    server = new_server("--clock", "virtual", "--deliveries-per-command-max", "7")
    flows, clock = Workflows(server), Wire(server.port)
    clock("crema", "FreezeClock")
    child = flows.machine(waits(100), "Child")
    items = {"Type": "Map", "ItemsPath": "$.n", "MaxConcurrency": 8, "End": True, "ItemProcessor": one(
        START + ".sync:2", {"StateMachineArn": child, "Input.$": "$"}, OutputPath="$.Input")}
    machine = flows.machine({"StartAt": "M", "States": {"M": items}}, "Parent")
    values = list(range(40))
    finished, stopped = flows.start(machine, {"n": values}), flows.start(machine, {"n": values})
    for _ in range(6):
        clock("crema", "AdvanceClock", Milliseconds=60000)
        server.kill()
        server.start()
        flows, clock = Workflows(server), Wire(server.port)
    flows.sfn.stop_execution(executionArn=stopped)
    clock("crema", "AdvanceClock", Milliseconds=3600000)
    about = flows.sfn.describe_execution(executionArn=finished)
    assert (about["status"], json.loads(about["output"])) == ("SUCCEEDED", values)
    children = [e for page in flows.sfn.get_paginator("list_executions").paginate(stateMachineArn=child)
                for e in page["executions"]]
    counts = {s: sum(e["status"] == s for e in children) for s in ("SUCCEEDED", "ABORTED", "RUNNING")}
    assert counts["RUNNING"] == 0 and counts["ABORTED"] == 8
    assert counts["SUCCEEDED"] == 40 + 8 * 3
