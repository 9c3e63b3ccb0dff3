"""Why an event matches: of one pattern, and of the rules of a bus, nearest first, in pages."""
import json
import threading

import pytest

from conftest import REGION, SLOW
from wire import Refused, Wire

EVENT = {"id": "1", "source": "shop", "detail-type": "OrderPlaced", "account": "1", "time": "2026-01-01T00:00:00Z",
         "region": "r", "resources": [], "detail": {"amount": 30, "state": "new",
                                                    "items": [{"kind": "tea", "n": 1}, {"kind": "milk", "n": 3}]}}
ALMOST = {"source": ["shop"], "detail": {"state": ["new"], "amount": [{"numeric": [">", 100]}]}}


def explain(wire, pattern, event):
    return wire("crema", "ExplainPattern", EventPattern=json.dumps(pattern), Event=json.dumps(event))["Explanation"]


def test_one_pattern(server):
    wire = Wire(server.port)
    explanation = explain(wire, ALMOST, EVENT)
    findings = explanation.pop("Findings")
    assert explanation == {"Matched": False, "Clauses": 3, "ClausesPassed": 2, "Alternative": 1, "Alternatives": 1}
    assert findings == [
        {"Place": "source", "Kind": "equals", "Test": '"shop"', "Values": ['"shop"'], "Passed": True},
        {"Place": "detail.state", "Kind": "equals", "Test": '"new"', "Values": ['"new"'], "Passed": True},
        {"Place": "detail.amount", "Kind": "numeric", "Test": '{"numeric":[">",100]}', "Values": ["30"],
         "Passed": False}]
    assert explain(wire, {"detail": {"items": {"kind": ["tea"], "n": [3]}}}, EVENT)["DividedPlace"] == "detail.items"
    assert explain(wire, {"x": [{"exists": False}]}, {})["Matched"] is True  # any object is an event here


def test_what_is_refused(server):
    wire = Wire(server.port)
    for name, text, body in [
            ("InvalidEventPatternException", "Event pattern is not valid. Reason: Empty arrays are not allowed\n",
             {"EventPattern": '{"a":[]}', "Event": "{}"}),
            ("ValidationException", "Parameter Event is not valid.", {"EventPattern": '{"a":[1]}', "Event": "[]"}),
            ("ValidationException", "Parameter Event is not valid.", {"EventPattern": '{"a":[1]}', "Event": "{"})]:
        with pytest.raises(Refused) as refused:
            wire("crema", "ExplainPattern", **body)
        assert refused.value.name == name and refused.value.text.startswith(text)
    for name, text, body in [
            ("ResourceNotFoundException", "Event bus nowhere does not exist.", {"EventBusName": "nowhere"}),
            ("ValidationException", "Parameter NextToken is not valid.", {"NextToken": "invented"}),
            ("ValidationException", "Parameter Event is not valid.", {"Event": "5"})]:
        with pytest.raises(Refused) as refused:
            wire("crema", "ExplainEvent", **{"Event": "{}", **body})
        assert (refused.value.name, refused.value.text) == (name, text)


def test_the_rules_of_a_bus(server):
    wire = Wire(server.port, key="555555555555")
    wire("events", "CreateEventBus", Name="explained")
    patterns = {
        "far": {"source": ["bank"]},
        "half": {"source": ["shop"], "detail-type": ["OrderPaid"]},
        "almost": ALMOST,
        "divided": {"detail": {"items": {"kind": ["tea"], "n": [3]}}},
        "matches-b": {"source": ["shop"]},
        "matches-a": {"$or": [{"source": ["bank"]}, {"detail": {"state": [{"prefix": "n"}]}}]},
    }
    for name, pattern in patterns.items():
        wire("events", "PutRule", Name=name, EventBusName="explained", EventPattern=json.dumps(pattern),
             State="DISABLED" if name == "matches-b" else "ENABLED")
    assert wire("crema", "ExplainEvent", Event=json.dumps(EVENT)) == {"RuleCount": 0, "MatchedCount": 0, "Rules": []}
    seen, token = [], None
    while True:
        page = wire("crema", "ExplainEvent", Event=json.dumps(EVENT), EventBusName="explained", Limit=4,
                    **({"NextToken": token} if token else {}))
        assert (page["RuleCount"], page["MatchedCount"]) == (6, 2) and len(page["Rules"]) <= 4
        seen += page["Rules"]
        token = page.get("NextToken")
        if not token:
            break
    assert [rule["Name"] for rule in seen] == ["matches-a", "matches-b", "divided", "almost", "half", "far"]
    assert seen[1]["State"] == "DISABLED"
    assert seen[3]["Arn"] == f"arn:aws:events:{REGION}:555555555555:rule/explained/almost"
    assert json.loads(seen[3]["EventPattern"]) == ALMOST
    assert seen[3]["Explanation"] == explain(wire, ALMOST, EVENT)
    assert seen[2]["Explanation"]["DividedPlace"] == "detail.items"
    assert seen[0]["Explanation"]["Alternative"] == 2


def test_large_answers_end_early(server):
    wire = Wire(server.port, key="666666666666")
    event = json.dumps({"detail": {"text": "x" * 300000}})
    for i in range(7):
        wire("events", "PutRule", Name=f"r{i}", EventPattern='{"detail":{"text":["y"]}}')
    seen, token, pages = [], None, 0
    while pages == 0 or token:
        page = wire("crema", "ExplainEvent", Event=event, **({"NextToken": token} if token else {}))
        seen += [rule["Name"] for rule in page["Rules"]]
        token = page.get("NextToken")
        pages += 1
    assert seen == [f"r{i}" for i in range(7)] and pages == 2


def test_a_large_event_against_many_rules_holds_up_nobody(new_server):
    server = new_server("--ephemeral", "--loops", "1")
    wire, answers = Wire(server.port), []
    for i in range(200):
        wire("events", "PutRule", Name=f"r{i:03}", EventPattern=json.dumps(
            {"detail": {"items": {"sku": [f"s{i}"], "n": [i + 1]}}}))
    event = json.dumps({"detail": {"items": [{"sku": f"s{i}", "n": i} for i in range(50000)]}})
    explaining = threading.Thread(target=lambda: answers.append(
        Wire(server.port, timeout=60 * SLOW)("crema", "ExplainEvent", Event=event, Limit=1)))
    explaining.start()
    others = 0
    while explaining.is_alive():
        wire("events", "ListEventBuses")
        others += not answers
    explaining.join()
    assert (answers[0]["RuleCount"], answers[0]["MatchedCount"], len(answers[0]["Rules"])) == (200, 0, 1)
    assert answers[0]["Rules"][0]["Explanation"]["DividedPlace"] == "detail.items"
    assert others > 20  # a loop that explains has a handful, while the event comes in
