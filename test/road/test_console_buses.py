"""The console's pages of event buses, and Send events: hostile texts arrive as they are, and are text."""
from browser import story
from conftest import ACCOUNT, REGION


def test_buses(server):
    saw = story(server, "buses")
    assert "' '" in saw["nameProblem"] or '" "' in saw["nameProblem"]
    assert saw["arn"] == f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/orders"
    assert saw["filtered"] == 0
    assert saw["cli"] == f"aws events list-event-buses --endpoint-url {server.endpoint} --region {REGION}"
    assert saw["detailProblem"].startswith("Line 1")
    assert saw["sent"].startswith("Sent: 2 accepted")
    assert "12345678901234567890.10" in saw["envelope"] and "<img src=x onerror=" in saw["envelope"]
    assert saw["typed"] == ["", "till"]
    assert saw["events"] == 3  # with the row of headers
    assert len(saw["shown"]) >= 4
    assert saw["request"] == 1
    assert saw["left"] == 0
    assert [bus["Name"] for bus in server.client("events").list_event_buses()["EventBuses"]] == ["default"]
