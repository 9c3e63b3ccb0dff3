"""What is said of definitions: warnings (the cases stand in test/golden/flow/warnings.jsonl), and what is not there."""
import json
import os
import re

import pytest

from conftest import TOP
from test_states import ROLE, one
from wire import Refused, Wire


@pytest.fixture
def wire(server):
    own = Wire(server.port)
    yield own
    own.close()


def cases():
    with open(os.path.join(TOP, "test", "golden", "flow", "warnings.jsonl"), encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["id"])
def test_warnings(wire, case):
    definition = json.dumps(case["definition"])
    answer = wire("states", "ValidateStateMachineDefinition", definition=definition, severity="WARNING")
    found = [{"code": one["code"], "location": one["location"]} for one in answer["diagnostics"]]
    assert (answer["result"], answer["truncated"], found) == ("OK", False, case["warnings"])
    assert all(one["severity"] == "WARNING" and one["message"] for one in answer["diagnostics"])
    for more in ({}, {"severity": "ERROR"}):
        assert wire("states", "ValidateStateMachineDefinition", definition=definition, **more) == {
            "result": "OK", "diagnostics": [], "truncated": False}
    wire("states", "CreateStateMachine", name="warned-" + case["id"], roleArn=ROLE, definition=definition)


def distributed(**fields):
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "S",
                 "States": {"S": {"Type": "Succeed"}}}
    return one({"Type": "Map", "ItemProcessor": processor, "End": True, **fields})


def task(resource):
    return one({"Type": "Task", "Resource": resource, "End": True})


NOT_HERE = "The resource provided {} cannot be run: Crema does not have this integration yet."
HTTP, ECS = "arn:aws:states:::http:invoke", "arn:aws:states:::ecs:runTask"
REFUSED = {
    "JSONata": (json.dumps({"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": {"Type": "Succeed"}}}), {},
                "The query language JSONata is not supported by Crema yet"),
    "`ItemReader`": (distributed(ItemReader={}), {}, "The field ItemReader is not supported by Crema yet"),
    "`ResultWriter`": (distributed(ResultWriter={}), {}, "The field ResultWriter is not supported by Crema yet"),
    "HTTP tasks": (task(HTTP), {}, NOT_HERE.format(HTTP)),
    "[services](../tasks.md) that are not here": (task(ECS), {}, NOT_HERE.format(ECS)),
    "`CUSTOMER_MANAGED_KMS_KEY`": (
        one({"Type": "Succeed"}),
        {"encryptionConfiguration": {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "k"}},
        "Encryption with a key of your own is not supported by Crema: type must be AWS_OWNED_KEY"),
}


def test_what_machines_cannot_have_stands_on_the_coverage_page(wire):
    with open(os.path.join(TOP, "docs", "reference", "coverage.md"), encoding="utf-8") as page:
        listed = re.search(r"^\| CreateStateMachine \| has, [^|]*; refuses ([^|]*) \|", page.read(), re.M).group(1)
    assert listed == ", ".join(REFUSED)
    for definition, members, text in REFUSED.values():
        with pytest.raises(Refused) as caught:
            wire("states", "CreateStateMachine", name="refused", roleArn=ROLE, definition=definition, **members)
        assert text in caught.value.text


def test_errors_come_first(wire):
    definition = one({"Type": "Pass", "Parameters": {"a": "$.a", "b": "$.b"}, "Nonsense": 1, "End": True})

    def look(most):
        answer = wire("states", "ValidateStateMachineDefinition", definition=definition, severity="WARNING",
                      maxResults=most)
        return answer["result"], answer["truncated"], [one["severity"] for one in answer["diagnostics"]]
    assert look(100) == ("FAIL", False, ["ERROR", "WARNING", "WARNING"])
    assert look(2) == ("FAIL", True, ["ERROR", "WARNING"])
    assert look(1) == ("FAIL", True, ["ERROR"])


def test_a_language_without_paths(wire):
    definition = json.dumps({"QueryLanguage": "JSONata", "StartAt": "S", "States": {
        "S": {"Type": "Pass", "Output": "$.a", "End": True}}})
    answer = wire("states", "ValidateStateMachineDefinition", definition=definition, severity="WARNING")
    assert not [one for one in answer["diagnostics"] if one["severity"] == "WARNING"]
