"""The console's pages of logs: hostile messages, filter patterns and their refusals, ranges of time, live tail."""
import json

from browser import HOSTILE, story

IMAGE = HOSTILE["image"]


def test_logs(server):
    saw = story(server, "logs")
    assert saw["refused"]
    assert saw["streams"] == ["b-second", "a-first"]  # the latest first
    assert saw["prefixAt"] == "prefix=a-"
    assert len(saw["messages"]) == 7 and IMAGE in saw["messages"]
    assert "12345678901234567890.10" in saw["json"]
    assert json.loads(saw["json"].replace("▾", ""))["html"] == IMAGE
    assert saw["found"] == 1
    assert saw["to"] == "2001-09-09 01:46:40.000" and saw["toAt"]
    assert saw["live"][1::2] == ["milk came", IMAGE] and saw["live"][0::2] == ["b-second"] * 2
    assert saw["marked"] == 1 and saw["paused"] == 2
    assert saw["polling"] == 0  # it is a stream
    assert server.client("logs").describe_log_groups()["logGroups"] == []


def test_live_tail_of_several_groups(server):
    logs = server.client("logs")
    for name in ("/bar", "/till", "/cellar"):
        logs.create_log_group(logGroupName=name)
        logs.create_log_stream(logGroupName=name, logStreamName="one")
    saw = story(server, "tail")
    assert saw["groups"] == "/bar,/till" and saw["polling"] == 0
    assert saw["both"] == ["/bar one a latte", "/till one 3.50 for a latte"]
    assert saw["marks"] == ["latte", "latte"] and saw["marked"] == 2  # of three
    assert saw["paused"] == 3
    assert saw["after"] == ["/till one 4.00 for a mocha", "/bar one an espresso"]
    assert saw["filtered"] == ["/bar one another latte", "/till one one more latte"]
    assert saw["cleared"] == 0
