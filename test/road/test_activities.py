"""Activities: workers poll for tasks of workflows; polls wait without holding the server; none is lost with a poll."""
import json
import socket
import threading
import time
import uuid

import pytest

from conftest import ACCOUNT, REGION, SLOW, eventually
from test_states import ROLE, one, refused
from wire import Wire


def activity_arn(name):
    return f"arn:aws:states:{REGION}:{ACCOUNT}:activity:{name}"


def work_for(arn, **more):
    return one(dict({"Type": "Task", "Resource": arn, "End": True}, **more))


@pytest.fixture
def activity(sfn):
    name = "a-" + uuid.uuid4().hex
    yield sfn.create_activity(name=name)["activityArn"]
    sfn.delete_activity(activityArn=activity_arn(name))


def start(sfn, arn, given="{}", **more):
    machine = sfn.create_state_machine(name="m-" + uuid.uuid4().hex, roleArn=ROLE, definition=work_for(arn, **more))
    return sfn.start_execution(stateMachineArn=machine["stateMachineArn"], input=given)["executionArn"]


def history(sfn, execution):
    events = sfn.get_execution_history(executionArn=execution)["events"]
    return [(e["type"], e["previousEventId"],
             next((v for k, v in e.items() if k.startswith("activity")), None)) for e in events]


def poll_raw(server, arn, worker="w"):
    """A poll whose answer is not read: the socket."""
    body = json.dumps({"activityArn": arn, "workerName": worker}).encode()
    raw = socket.create_connection(("127.0.0.1", server.port))
    raw.sendall((f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
                 "Content-Type: application/x-amz-json-1.0\r\nX-Amz-Target: AWSStepFunctions.GetActivityTask\r\n"
                 "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/states/aws4_request, "
                 "SignedHeaders=host, Signature=0\r\n\r\n").encode() + body)
    return raw


def test_create_describe_list_delete(sfn):
    name = "a-" + uuid.uuid4().hex
    made = sfn.create_activity(name=name, tags=[{"key": "k", "value": "v"}])
    assert made["activityArn"] == activity_arn(name)
    assert sfn.create_activity(name=name)["creationDate"] == made["creationDate"]
    about = sfn.describe_activity(activityArn=activity_arn(name))
    assert (about["name"], about["creationDate"]) == (name, made["creationDate"])
    assert sfn.list_tags_for_resource(resourceArn=activity_arn(name))["tags"] == [{"key": "k", "value": "v"}]
    sfn.tag_resource(resourceArn=activity_arn(name), tags=[{"key": "l", "value": "w"}])
    assert len(sfn.list_tags_for_resource(resourceArn=activity_arn(name))["tags"]) == 2
    others = [sfn.create_activity(name=f"{name}{i}")["activityArn"] for i in range(3)]
    pages = list(sfn.get_paginator("list_activities").paginate(PaginationConfig={"PageSize": 2}))
    listed = [a["activityArn"] for page in pages for a in page["activities"]]
    assert all(len(page["activities"]) <= 2 for page in pages) and listed == sorted(listed)
    assert set(others) < set(listed)
    for arn in others + [activity_arn(name)]:
        sfn.delete_activity(activityArn=arn)
        sfn.delete_activity(activityArn=arn)
    refused(sfn.describe_activity, "ActivityDoesNotExist", f"Activity Does Not Exist: '{activity_arn(name)}'",
            activityArn=activity_arn(name))
    refused(sfn.get_activity_task, "ActivityDoesNotExist", f"Activity Does Not Exist: '{activity_arn(name)}'",
            activityArn=activity_arn(name))
    for call in (sfn.describe_activity, sfn.delete_activity, sfn.get_activity_task):
        refused(call, "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: no_an_activity_arn'",
                activityArn="no_an_activity_arn")
        refused(call, "InvalidArn", "Invalid Arn: 'Resource type not valid in this context: stateMachine'",
                activityArn=f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:m")
    for name in ("activity name", "activity:name", "activity\x7f"):
        refused(sfn.create_activity, "InvalidName", f"Invalid Name: '{name}'", name=name)


def test_a_worker_succeeds(sfn, activity):
    execution = start(sfn, activity, '{"n":1}', Parameters={"n.$": "$.n"}, ResultPath="$.r", TimeoutSeconds=100,
                      HeartbeatSeconds=50)
    task = sfn.get_activity_task(activityArn=activity, workerName="the worker")
    assert json.loads(task["input"]) == {"n": 1}
    sfn.send_task_heartbeat(taskToken=task["taskToken"])
    sfn.send_task_success(taskToken=task["taskToken"], output='{"done":true}')
    about = sfn.describe_execution(executionArn=execution)
    assert json.loads(about["output"]) == {"n": 1, "r": {"done": True}}
    cut = {"truncated": False}
    assert history(sfn, execution) == [
        ("ExecutionStarted", 0, None), ("TaskStateEntered", 0, None),
        ("ActivityScheduled", 2, {"resource": activity, "input": '{"n":1}', "inputDetails": cut,
                                  "timeoutInSeconds": 100, "heartbeatInSeconds": 50}),
        ("ActivityStarted", 3, {"workerName": "the worker"}),
        ("ActivitySucceeded", 4, {"output": '{"done":true}', "outputDetails": cut}),
        ("TaskStateExited", 5, None), ("ExecutionSucceeded", 6, None)]
    refused(sfn.send_task_success, "TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'",
            taskToken=task["taskToken"], output="{}")


def test_a_worker_fails_and_the_task_is_retried(sfn, activity):
    execution = start(sfn, activity, Retry=[{"ErrorEquals": ["E"], "IntervalSeconds": 1, "MaxAttempts": 1}])
    first = sfn.get_activity_task(activityArn=activity)["taskToken"]
    sfn.send_task_failure(taskToken=first, error="E", cause="C")
    second = sfn.get_activity_task(activityArn=activity)["taskToken"]
    assert second != first
    refused(sfn.send_task_heartbeat, "TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'",
            taskToken=first)
    sfn.send_task_failure(taskToken=second, error="E", cause="C2")
    about = sfn.describe_execution(executionArn=execution)
    assert (about["status"], about["error"], about["cause"]) == ("FAILED", "E", "C2")
    kinds = [(kind, details) for kind, _, details in history(sfn, execution) if details is not None]
    assert [kind for kind, _ in kinds] == ["ActivityScheduled", "ActivityStarted", "ActivityFailed"] * 2
    assert kinds[2][1] == {"error": "E", "cause": "C"}
    assert kinds[1][1] == {}


def test_an_activity_that_is_not_there(sfn):
    execution = start(sfn, activity_arn("nowhere"))
    about = sfn.describe_execution(executionArn=execution)
    assert (about["status"], about["error"]) == ("FAILED", "ActivityDoesNotExist")
    assert about["cause"] == f"Activity Does Not Exist: '{activity_arn('nowhere')}'"
    assert [kind for kind, _, _ in history(sfn, execution)] == [
        "ExecutionStarted", "TaskStateEntered", "ActivityScheduled", "ActivityScheduleFailed", "ExecutionFailed"]


def test_times_begin_with_the_worker(sfn, activity):
    execution = start(sfn, activity, TimeoutSeconds=100, HeartbeatSeconds=1)
    time.sleep(1.3)
    assert sfn.describe_execution(executionArn=execution)["status"] == "RUNNING"
    token = sfn.get_activity_task(activityArn=activity)["taskToken"]
    eventually(lambda: sfn.describe_execution(executionArn=execution)["status"] == "FAILED")
    kinds = [(kind, details) for kind, _, details in history(sfn, execution)]
    assert kinds[-2] == ("ActivityTimedOut", {"error": "States.Timeout"})
    refused(sfn.send_task_success, "TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'",
            taskToken=token, output="{}")


def test_a_poll_waits_and_holds_nobody(server, sfn, activity):
    wires = [Wire(server.port, timeout=60 * SLOW) for _ in range(20)]
    answers = []
    threads = [threading.Thread(target=lambda wire=wire: answers.append(
        wire("states", "GetActivityTask", activityArn=activity))) for wire in wires]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    assert not answers
    began = time.monotonic()
    executions = [start(sfn, activity, json.dumps({"i": i})) for i in range(20)]
    for thread in threads:
        thread.join(timeout=30 * SLOW)
    assert time.monotonic() - began < 20 * SLOW
    assert sorted(json.loads(answer["input"])["i"] for answer in answers) == list(range(20))
    assert len({answer["taskToken"] for answer in answers}) == 20
    for answer in answers:
        sfn.send_task_success(taskToken=answer["taskToken"], output="{}")
    assert all(sfn.describe_execution(executionArn=e)["status"] == "SUCCEEDED" for e in executions)
    for wire in wires:
        wire.close()


@pytest.mark.parametrize("close", ["close", "reset", "half"])
def test_a_poll_whose_client_is_gone_takes_nothing(server, sfn, activity, close):
    gone = [poll_raw(server, activity) for _ in range(3)]
    time.sleep(0.2)
    for raw in gone:
        if close == "reset":
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        if close == "half":
            raw.shutdown(socket.SHUT_WR)
        else:
            raw.close()
    time.sleep(0.2)
    answers = []
    wire = Wire(server.port, timeout=30 * SLOW)
    waiting = threading.Thread(target=lambda: answers.append(wire("states", "GetActivityTask", activityArn=activity)))
    waiting.start()
    time.sleep(0.2)
    execution = start(sfn, activity, '{"for":"the living"}')
    waiting.join(timeout=20 * SLOW)
    assert json.loads(answers[0]["input"]) == {"for": "the living"}
    sfn.send_task_success(taskToken=answers[0]["taskToken"], output="{}")
    assert [kind for kind, _, _ in history(sfn, execution)].count("ActivityStarted") == 1
    wire.close()
    for raw in gone:
        raw.close()


def test_an_aborted_execution_leaves_the_queue(sfn, activity):
    first, second = start(sfn, activity, '{"i":1}'), start(sfn, activity, '{"i":2}')
    sfn.stop_execution(executionArn=first)
    task = sfn.get_activity_task(activityArn=activity)
    assert json.loads(task["input"]) == {"i": 2}
    sfn.stop_execution(executionArn=second)
    refused(sfn.send_task_success, "TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'",
            taskToken=task["taskToken"], output="{}")


def test_queue_and_tokens_outlive_the_server(new_server):
    server = new_server()
    sfn = server.client("stepfunctions")
    arn = sfn.create_activity(name="a")["activityArn"]
    executions = [start(sfn, arn, json.dumps({"i": i})) for i in range(4)]
    before = sfn.get_activity_task(activityArn=arn)
    server.kill()
    server.start()
    after = [sfn.get_activity_task(activityArn=arn) for _ in range(3)]
    assert [json.loads(task["input"])["i"] for task in [before] + after] == [0, 1, 2, 3]
    for task in [before] + after:
        sfn.send_task_success(taskToken=task["taskToken"], output=task["input"])
    assert [json.loads(sfn.describe_execution(executionArn=e)["output"])["i"] for e in executions] == [0, 1, 2, 3]


def test_a_deleted_activity_made_anew_finds_what_waits(sfn):
    arn = sfn.create_activity(name="again")["activityArn"]
    start(sfn, arn, '{"i":1}')
    sfn.delete_activity(activityArn=arn)
    sfn.create_activity(name="again")
    assert sfn.get_activity_task(activityArn=arn)["input"] == '{"i":1}'
    sfn.delete_activity(activityArn=arn)


def test_the_stop_answers_polls(new_server):
    server = new_server()
    arn = server.client("stepfunctions").create_activity(name="a")["activityArn"]
    answers = []
    wire = Wire(server.port)
    waiting = threading.Thread(target=lambda: answers.append(wire("states", "GetActivityTask", activityArn=arn)))
    waiting.start()
    time.sleep(0.3)
    began = time.monotonic()
    assert server.stop() == 0
    waiting.join(timeout=10)
    assert answers == [{}]
    assert time.monotonic() - began < 4 * SLOW
    wire.close()
