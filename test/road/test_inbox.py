"""What could not go where it should can be seen: the inbox, in pages, apart by namespace."""
import json

import pytest

from conftest import REGION
from wire import Refused, Wire


def put(wire, bus, number):
    answer = wire("events", "PutEvents", Entries=[{"EventBusName": bus, "Source": "shop", "DetailType": "lost",
                                                   "Detail": json.dumps({"n": number})}])
    assert answer["FailedEntryCount"] == 0
    return answer["Entries"][0]["EventId"]


def test_inbox(server):
    wire, other = Wire(server.port), Wire(server.port, region="eu-west-1")
    assert wire("crema", "ListInbox") == {"Entries": []}
    ids = [put(wire, "nowhere", n) for n in range(7)]
    put(other, "nowhere", 99)
    seen, token = [], None
    while True:
        page = wire("crema", "ListInbox", Limit=3, **({"NextToken": token} if token else {}))
        assert len(page["Entries"]) <= 3
        seen += page["Entries"]
        token = page.get("NextToken")
        if not token:
            break
    assert [entry["EventId"] for entry in seen] == ids[::-1]
    assert all(entry["EventBusName"] == "nowhere" for entry in seen)
    assert json.loads(seen[0]["Event"])["detail"] == {"n": 6}
    assert len(other("crema", "ListInbox")["Entries"]) == 1
    with pytest.raises(Refused) as refused:
        wire("crema", "ListInbox", NextToken="invented")
    assert (refused.value.name, refused.value.text) == ("ValidationException", "Parameter NextToken is not valid.")


def test_a_delivery_that_fails_for_good_is_in_the_inbox(server):
    wire = Wire(server.port, key="444444444444")
    wire("events", "PutRule", Name="all", EventPattern='{"source":["shop"]}')
    group = f"arn:aws:logs:{REGION}:444444444444:log-group:gone"
    wire("logs", "CreateLogGroup", logGroupName="gone")
    wire("events", "PutTargets", Rule="all", Targets=[{"Id": "one", "Arn": group}])
    wire("logs", "DeleteLogGroup", logGroupName="gone")
    event = put(wire, "default", 1)
    entry, = wire("crema", "ListInbox")["Entries"]
    assert entry["EventId"] == event
    assert entry["TargetArn"] == group and entry["TargetId"] == "one"
    assert entry["RuleArn"] == f"arn:aws:events:{REGION}:444444444444:rule/all"
    assert entry["ErrorCode"] and "gone" in entry["ErrorMessage"] + entry["TargetArn"]
