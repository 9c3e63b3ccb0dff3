"""The console's page of an execution: hostile texts, boxes in boxes, long histories, stop, redrive."""
import json

from browser import HOSTILE, story
from conftest import ACCOUNT, eventually

IMAGE = HOSTILE["image"]
SCRIPT = HOSTILE["script"]
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"


def inner(name, state):
    return {"StartAt": name, "States": {name: dict(state, End=True)}}


HOSTILE_FLOW = {"StartAt": IMAGE, "States": {
    IMAGE: {"Type": "Pass", "Assign": {"kept.$": "$"}, "Next": "Fan"},
    "Fan": {"Type": "Parallel", "Next": "Last", "Branches": [
        inner("Left", {"Type": "Pass"}),
        inner("Each", {"Type": "Map", "ItemsPath": "$.items",
                       "ItemProcessor": inner("Item", {"Type": "Pass"})})]},
    "Last": {"Type": "Fail", "Error": "Sold.Out", "Cause": SCRIPT}}}

LONG = {"StartAt": "Add", "States": {
    "Add": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}, "Next": "More?"},
    "More?": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericLessThan": 6200, "Next": "Add"}],
              "Default": "Done"},
    "Done": {"Type": "Succeed"}}}

FAILS = {"StartAt": "Before", "States": {
    "Before": {"Type": "Pass", "Next": "Get"},
    "Get": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "Next": "After",
            "Parameters": {"TableName": "late", "Key": {"PK": {"S": "x"}}}},
    "After": {"Type": "Pass", "End": True}}}


def test_runs(server):
    states = server.client("stepfunctions")

    def machine(name, definition, **more):
        return states.create_state_machine(name=name, roleArn=ROLE, definition=json.dumps(definition),
                                           **more)["stateMachineArn"]

    def start(name, definition, given):
        return states.start_execution(stateMachineArn=machine(name, definition), name="one",
                                      input=json.dumps(given))["executionArn"]

    start("hostile", HOSTILE_FLOW, {"items": [IMAGE, SCRIPT, HOSTILE["rightToLeft"]], SCRIPT: IMAGE})
    long = start("long", LONG, {"n": 0})
    start("waits", {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}}}, {})
    start("fails", FAILS, {})
    machine("quick", inner("Say", {"Type": "Pass", "Result": {"said": IMAGE}}), type="EXPRESS")
    eventually(lambda: states.describe_execution(executionArn=long)["status"] == "SUCCEEDED", 30)

    saw = story(server, "runs")
    assert set(saw["names"]) == {IMAGE, "Fan", "Left", "Each", "Item", "Last"}
    assert saw["statuses"] == {IMAGE: "succeeded", "Fan": "succeeded", "Left": "succeeded", "Each": "succeeded",
                               "Item": "succeeded", "Last": "failed"}
    assert IMAGE in json.loads(saw["input"].replace("▾", ""))["items"]
    assert json.loads(saw["iteration"]) == HOSTILE["rightToLeft"]
    assert 24000 < saw["longRows"] <= 25000 and saw["longDrawn"] < 60 and saw["longDrawnAtEnd"] < 60
    assert json.loads(saw["longOutput"].replace("▾", "")) == {"n": 6200} and saw["longFilterAt"]
    assert saw["stopped"] == "aborted"
    assert saw["failed"] == "succeeded" and saw["attempts"] == "Attempts (2)"
    assert json.loads(saw["express"].replace("▾", "")) == {"said": IMAGE}
    assert saw["requests"] >= 1
    assert saw["edited"] == ["Wait", "Then"]
    assert "quick" not in [one["name"] for one in states.list_state_machines()["stateMachines"]]
