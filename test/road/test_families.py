"""Workflows with branches of their own over the wire: Parallel, Map inside of the execution, and map runs with
executions of their own; killed and started again."""
import json
import time

from botocore.exceptions import ClientError
import pytest

from conftest import ACCOUNT, REGION, eventually

ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
TOKEN_TASK = {"Type": "Task", "Resource": "arn:aws:states:::events:putEvents.waitForTaskToken", "Parameters": {
    "Entries": [{"Source": "test", "DetailType": "T", "Detail": {"token.$": "$$.Task.Token"}}]}, "End": True}


def scope(name, **state):
    return {"StartAt": name, "States": {name: dict(state, End=True)}}


def machine(sfn, name, definition):
    return sfn.create_state_machine(name=name, roleArn=ROLE, definition=json.dumps(definition))["stateMachineArn"]


def over(sfn, arn):
    def look():
        answer = sfn.describe_execution(executionArn=arn)
        return answer if answer["status"] != "RUNNING" else None
    return eventually(look)


def history(sfn, arn):
    return [event for page in sfn.get_paginator("get_execution_history").paginate(executionArn=arn)
            for event in page["events"]]


def tokens(sfn, arn):
    return [json.loads(event["taskScheduledEventDetails"]["parameters"])["Entries"][0]["Detail"]["token"]
            for event in history(sfn, arn) if event["type"] == "TaskScheduled"]


def test_branches_outlive_the_server(new_server):
    server = new_server()
    sfn = server.client("stepfunctions")
    family = {"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": True, "Branches": [
        {"StartAt": "T", "States": {"T": TOKEN_TASK}},
        {"StartAt": "M", "States": {"M": {
            "Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "End": True,
            "ItemProcessor": {"StartAt": "I", "States": {"I": TOKEN_TASK}}}}}]}}}
    arn = sfn.start_execution(stateMachineArn=machine(sfn, "F", family), input=json.dumps({"items": [1, 2, 3]}))[
        "executionArn"]
    answered = []
    for round_number in range(4):
        waiting = eventually(lambda: [token for token in tokens(sfn, arn) if token not in answered])
        server.kill()
        server.start()
        sfn = server.client("stepfunctions")
        sfn.send_task_success(taskToken=waiting[0], output=json.dumps(f"answer {round_number}"))
        answered.append(waiting[0])
    done = over(sfn, arn)
    assert done["status"] == "SUCCEEDED"
    first, items = json.loads(done["output"])
    assert sorted([first, *items]) == [f"answer {n}" for n in range(4)]
    events = history(sfn, arn)
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert [event["type"] for event in events].count("MapIterationSucceeded") == 3


def test_map_runs(server):
    sfn = server.client("stepfunctions")
    definition = {"StartAt": "M", "States": {"M": {
        "Type": "Map", "End": True, "Label": "here", "MaxConcurrency": 2, "ToleratedFailureCount": 1,
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "I",
                          "States": {"I": TOKEN_TASK}}}}}
    arn = sfn.start_execution(stateMachineArn=machine(sfn, "Runs", definition), input="[1,2,3]")["executionArn"]
    run, = eventually(lambda: sfn.list_map_runs(executionArn=arn)["mapRuns"])
    assert run["mapRunArn"].startswith(f"arn:aws:states:{REGION}:{ACCOUNT}:mapRun:Runs/here:")
    assert run["stateMachineArn"] == f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:Runs/here"
    assert run["executionArn"] == arn and "stopDate" not in run

    def children(count):
        found = sfn.list_executions(mapRunArn=run["mapRunArn"])["executions"]
        return found if len(found) == count else None

    found = eventually(lambda: children(2))
    assert {child["itemCount"] for child in found} == {1}
    assert all(child["executionArn"].startswith(f"arn:aws:states:{REGION}:{ACCOUNT}:execution:Runs/here:")
               for child in found)
    described = sfn.describe_map_run(mapRunArn=run["mapRunArn"])
    assert described["status"] == "RUNNING" and described["maxConcurrency"] == 2
    assert described["toleratedFailureCount"] == 1 and described["toleratedFailurePercentage"] == 0.0
    assert {k: v for k, v in described["itemCounts"].items() if v} == {"pending": 1, "running": 2, "total": 3}
    sfn.update_map_run(mapRunArn=run["mapRunArn"], maxConcurrency=3, toleratedFailurePercentage=50.0)
    found = eventually(lambda: children(3))
    assert sfn.describe_map_run(mapRunArn=run["mapRunArn"])["toleratedFailurePercentage"] == 50.0
    for number, child in enumerate(sorted(found, key=lambda c: c["executionArn"])):
        told = sfn.describe_execution(executionArn=child["executionArn"])
        assert told["mapRunArn"] == run["mapRunArn"] and told["stateMachineArn"] == run["stateMachineArn"]
        of = sfn.describe_state_machine_for_execution(executionArn=child["executionArn"])
        assert of["mapRunArn"] == run["mapRunArn"] and of["label"] == "here"
        token, = eventually(lambda a=child["executionArn"]: tokens(sfn, a))
        if number == 0:
            sfn.send_task_failure(taskToken=token, error="X")
        else:
            sfn.send_task_success(taskToken=token, output=told["input"])
    done = over(sfn, arn)
    assert done["status"] == "SUCCEEDED" and len(json.loads(done["output"])) == 2
    described = sfn.describe_map_run(mapRunArn=run["mapRunArn"])
    assert described["status"] == "SUCCEEDED" and described["stopDate"]
    assert {k: v for k, v in described["executionCounts"].items() if v} == {"succeeded": 2, "failed": 1, "total": 3}
    assert [event["type"] for event in history(sfn, arn)] == [
        "ExecutionStarted", "MapStateEntered", "MapStateStarted", "MapRunStarted", "MapRunSucceeded",
        "MapStateSucceeded", "MapStateExited", "ExecutionSucceeded"]
    assert history(sfn, arn)[3]["mapRunStartedEventDetails"] == {"mapRunArn": run["mapRunArn"]}
    running = sfn.list_executions(stateMachineArn=f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:Runs")
    assert [e["executionArn"] for e in running["executions"]] == [arn], "the run's executions are not the machine's"


def test_map_runs_of_express_executions(server):
    """They are counted, and neither listed nor described."""
    sfn = server.client("stepfunctions")
    child = {"Type": "Pass", "Parameters": {"n.$": "$", "arn.$": "$$.Execution.Id"}, "End": True}
    definition = {"StartAt": "M", "States": {"M": {
        "Type": "Map", "End": True, "Label": "quick", "ItemBatcher": {"MaxItemsPerBatch": 2},
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, "StartAt": "I",
                          "States": {"I": child}}}}}
    arn = sfn.start_execution(stateMachineArn=machine(sfn, "Quick", definition), input="[1,2,3]")["executionArn"]
    done = over(sfn, arn)
    assert done["status"] == "SUCCEEDED"
    output = json.loads(done["output"])
    assert [one["n"]["Items"] for one in output] == [[1, 2], [3]]
    start = f"arn:aws:states:{REGION}:{ACCOUNT}:express:Quick/quick:"
    assert all(one["arn"].startswith(start) for one in output)
    run, = sfn.list_map_runs(executionArn=arn)["mapRuns"]
    described = sfn.describe_map_run(mapRunArn=run["mapRunArn"])
    assert described["itemCounts"]["succeeded"] == 3 and described["executionCounts"]["succeeded"] == 2
    with pytest.raises(ClientError) as caught:
        sfn.list_executions(mapRunArn=run["mapRunArn"])
    assert caught.value.response["Error"]["Code"] == "StateMachineTypeNotSupported"
    name = output[0]["arn"].split(":")[-1]
    with pytest.raises(ClientError) as caught:
        sfn.describe_execution(executionArn=f"arn:aws:states:{REGION}:{ACCOUNT}:execution:Quick/quick:{name}")
    assert caught.value.response["Error"]["Code"] == "ExecutionDoesNotExist"


def test_map_runs_of_express_executions_outlive_the_server(new_server):
    """Killed while they wait, between their steps and in the middle of beginning them."""
    server = new_server()
    sfn = server.client("stepfunctions")
    states = {"W": {"Type": "Wait", "Seconds": 1, "Next": "P"}, "P": {"Type": "Pass", "End": True}}
    definition = {"StartAt": "M", "States": {"M": {
        "Type": "Map", "End": True, "MaxConcurrency": 100, "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, "StartAt": "W", "States": states}}}}
    arn = sfn.start_execution(stateMachineArn=machine(sfn, "Killed", definition),
                              input=json.dumps(list(range(250))))["executionArn"]
    for moment in (0.2, 0.5, 0.9, 0.3):
        time.sleep(moment)
        server.kill()
        server.start()
        sfn = server.client("stepfunctions")
    done = over(sfn, arn)
    assert done["status"] == "SUCCEEDED" and json.loads(done["output"]) == list(range(250))
    run, = sfn.list_map_runs(executionArn=arn)["mapRuns"]
    counts = sfn.describe_map_run(mapRunArn=run["mapRunArn"])["executionCounts"]
    assert counts["succeeded"] == counts["total"] == 250


def test_map_run_refusals(server):
    sfn = server.client("stepfunctions")
    absent = f"arn:aws:states:{REGION}:{ACCOUNT}:mapRun:No/label:x"
    for call in (sfn.describe_map_run, sfn.update_map_run):
        with pytest.raises(ClientError) as caught:
            call(mapRunArn=absent)
        assert caught.value.response["Error"] == {"Code": "ResourceNotFound",
                                                  "Message": f"Resource not found: '{absent}'"}
    with pytest.raises(ClientError) as caught:
        sfn.list_map_runs(executionArn=f"arn:aws:states:{REGION}:{ACCOUNT}:execution:No:x")
    assert caught.value.response["Error"]["Code"] == "ExecutionDoesNotExist"
    with pytest.raises(ClientError) as caught:
        sfn.list_executions(mapRunArn=absent, stateMachineArn=absent)
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_a_map_state_is_no_machine(server):
    """Its executions name it as their machine; what is asked of machines is refused for it, DeleteStateMachine too."""
    sfn = server.client("stepfunctions")
    definition = {"StartAt": "M", "States": {"M": {
        "Type": "Map", "End": True, "Label": "label", "ItemProcessor": dict(
            scope("P", Type="Pass"), ProcessorConfig={"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"})}}}
    arn = machine(sfn, "HasMap", definition)
    execution = sfn.start_execution(stateMachineArn=arn, input="[1]")["executionArn"]
    over(sfn, execution)
    run = sfn.list_map_runs(executionArn=execution)["mapRuns"][0]["mapRunArn"]
    inside = sfn.list_executions(mapRunArn=run)["executions"][0]["stateMachineArn"]
    assert inside == arn + "/label"
    for call, more in ((sfn.describe_state_machine, {}), (sfn.delete_state_machine, {}), (sfn.start_execution, {}),
                       (sfn.update_state_machine, {"definition": json.dumps(definition)})):
        with pytest.raises(ClientError) as caught:
            call(stateMachineArn=inside, **more)
        assert caught.value.response["Error"] == {
            "Code": "ValidationException", "Message": "The ARN must be of a state machine, not of a Distributed Map "
                                                      f"state in it. Received: {inside}"}
    with pytest.raises(ClientError) as caught:
        sfn.list_tags_for_resource(resourceArn=inside)
    assert caught.value.response["Error"]["Code"] == "ResourceNotFound"


def test_a_map_run_of_boundless_concurrency(server):
    sfn = server.client("stepfunctions")
    definition = {"StartAt": "M", "States": {"M": {
        "Type": "Map", "End": True, "ItemsPath": "$.l", "MaxConcurrencyPath": "$.c", "ItemProcessor": dict(
            scope("P", Type="Pass"), ProcessorConfig={"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"})}}}
    arn = machine(sfn, "Boundless", definition)
    execution = sfn.start_execution(stateMachineArn=arn, input=json.dumps({"l": [1], "c": 2 ** 32 + 1}))["executionArn"]
    over(sfn, execution)
    run = sfn.list_map_runs(executionArn=execution)["mapRuns"][0]["mapRunArn"]
    assert sfn.describe_map_run(mapRunArn=run)["maxConcurrency"] == 2 ** 31 - 1


def test_a_map_run_ends_with_its_execution(server):
    sfn = server.client("stepfunctions")
    definition = {"StartAt": "M", "States": {"M": {
        "Type": "Map", "End": True, "ItemProcessor": dict(
            scope("W", Type="Wait", Seconds=1000),
            ProcessorConfig={"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"})}}}
    arn = sfn.start_execution(stateMachineArn=machine(sfn, "Ends", definition), input=json.dumps(list(range(250))))[
        "executionArn"]
    run = eventually(lambda: sfn.list_map_runs(executionArn=arn)["mapRuns"])[0]["mapRunArn"]

    def counts(**wanted):
        found = sfn.describe_map_run(mapRunArn=run)
        return found if {k: v for k, v in found["executionCounts"].items() if v} == wanted else None

    eventually(lambda: counts(running=250, total=250))
    pages = list(sfn.get_paginator("list_executions").paginate(mapRunArn=run, maxResults=100))
    assert [len(page["executions"]) for page in pages] == [100, 100, 50]
    sfn.stop_execution(executionArn=arn)
    assert eventually(lambda: counts(aborted=250, total=250))["status"] == "ABORTED"
    assert [event["type"] for event in history(sfn, arn)][-3:] == ["MapRunAborted", "MapStateAborted",
                                                                  "ExecutionAborted"]
    children = sfn.list_executions(mapRunArn=run, statusFilter="ABORTED", maxResults=1000)["executions"]
    assert len(children) == 250
