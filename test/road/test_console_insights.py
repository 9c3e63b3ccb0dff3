"""The console's Logs Insights: queries run, read, refused at their place, saved, found again; large tables."""
import csv
import io

from browser import story
from test_insights import LONG, put

IMAGE = """<img src=x onerror="window.stung='image'">"""
GROUP = "/aws/events/serverlesspressoEventBus"


def make(logs, group, *messages):
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="stream")
    put(logs, group, *messages)


def test_insights(server):
    logs = server.client("logs")
    make(logs, "/large", *[{"n": n} for n in range(10_000)])
    make(logs, "/wide", {**{f"f{at}": f"v{at}" for at in range(500)}, IMAGE: IMAGE})
    saw = story(server, "insights")
    assert saw["groupless"] is True

    assert saw["countedHeads"][1:] == ["detail-type", "events"]
    assert sorted(saw["counted"]) == [["OrderProcessor.WorkflowStarted", "1"], ["Validator.NewOrder", "1"]]
    assert saw["statistics"].startswith("2 records matched, 2 scanned (")
    assert sorted(csv.reader(io.StringIO(saw["csv"])))[-1] == ["detail-type", "events"]
    assert " --start-time " in saw["cli"] and f"""--log-group-names '["{GROUP}"]'""" in saw["cli"]
    assert "--query-string 'stats count(*) as events by `detail-type`\n| sort events desc'" in saw["cli"]
    assert saw["sameQuery"] is True and saw["rowsAfterReload"] == 2

    assert saw["plot"].endswith("Validator.NewOrder 1") and saw["bars"] == 2 and saw["barsAsLines"] == 0
    assert {"@message", "@logStream", "@log", "detail.orderId"} <= set(saw["fields"]) and saw["folds"] >= 2
    assert f"#/logs/{GROUP.replace('/', '%2F')}/streams/" in saw["stream"] and "span=custom&from=" in saw["stream"]

    assert saw["typed"] == "fields @message\n| filter foo(a) = 1"
    assert saw["wrongAt"].startswith("Line 2, character 10") and saw["marked"] == "foo"

    assert saw["saveTyped"] == IMAGE and saw["savedCount"] == 1
    assert saw["loaded"] == "stats max(@timestamp)"
    assert logs.describe_query_definitions()["queryDefinitions"] == []
    assert saw["history"] == 3 and saw["historyRows"] == 2
    assert saw["historyQuery"] == "stats count(*) as events by `detail-type`\n| sort events desc"

    assert saw["largeRows"] == 10_000 and saw["largeDrawn"] < 100
    assert saw["wideColumns"] == 501 and saw["wideDrawn"] < 40
    assert saw["wideEnd"] == ["f499", IMAGE] and saw["wideCell"] == IMAGE


def test_a_query_that_runs(new_server):
    server = new_server("--scan-threads", "1")
    logs = server.client("logs")
    make(logs, "/long", *["ab" * 20_000 + "c" for _ in range(300)])
    logs.put_query_definition(name="long", queryString=LONG, logGroupNames=["/long"])
    saw = story(server, "insights_running")
    assert 0 < saw["first"] < saw["second"] <= saw["third"] < 300
    assert saw["heading"].endswith("so far)") and saw["rows"] == 1
    assert saw["unknown"] >= 1
    assert [one["status"] for one in logs.describe_queries()["queries"]] == ["Cancelled"]
