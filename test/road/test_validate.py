"""What is said of definitions: warnings (the cases stand in test/golden/flow/warnings.jsonl), and what is not there."""
import json
import os

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


with open(os.path.join(TOP, "src", "api", "ops", "states.json"), encoding="utf-8") as file:
    PARTS = json.load(file)["parts_refused"]


@pytest.mark.parametrize("part", PARTS, ids=[part["says"] for part in PARTS])
def test_what_is_not_there_is_refused_as_the_coverage_page_says(wire, part):
    with pytest.raises(Refused) as caught:
        wire("states", "CreateStateMachine", name="refused", roleArn=ROLE,
             definition=json.dumps(part["definition"]), **part.get("members", {}))
    assert caught.value.text in (part["says"],
                                 f"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: {part['says']}'")


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
