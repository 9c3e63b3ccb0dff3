"""CloudWatch: what metric filters count and clients put is listed and read, in both protocols; errors and pages."""
import datetime
import gzip
import http.client
import json
import re
import shutil
import subprocess
import threading
import time
import urllib.request

import pytest
from botocore.exceptions import ClientError

from conftest import aws_environment
from wire import Refused, Wire

MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture
def metrics(server):
    return server.client("cloudwatch")


@pytest.fixture
def space():
    return f"Shop/{time.time_ns()}"


def minute(moment):
    return moment.replace(second=0, microsecond=0)


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def statistics(metrics, space, name, dimensions=(), period=60, **options):
    """By time, all statistics of the last and the next hour."""
    answer = metrics.get_metric_statistics(
        Namespace=space, MetricName=name, Dimensions=[{"Name": n, "Value": v} for n, v in dimensions], Period=period,
        StartTime=minute(now()) - 60 * MINUTE, EndTime=now() + 60 * MINUTE,
        Statistics=["SampleCount", "Sum", "Average", "Minimum", "Maximum"], **options)
    assert answer["Label"] == name
    return sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])


def totals(points):
    return sum(p["SampleCount"] for p in points), sum(p["Sum"] for p in points)


def make(logs, name):
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")


def count(logs, group, name, pattern, space, value="1", **more):
    logs.put_metric_filter(logGroupName=group, filterName=name, filterPattern=pattern, metricTransformations=[
        {"metricName": name, "metricNamespace": space, "metricValue": value, **more}])


def put(logs, group, *messages, at=None):
    at = at or int(time.time() * 1000)
    logs.put_log_events(logGroupName=group, logStreamName="s",
                        logEvents=[{"timestamp": at, "message": m} for m in messages])


def refused(call, code, text, **options):
    with pytest.raises(ClientError) as caught:
        call(**options)
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == (code, text)


# ---- what is logged is counted

def test_events_are_counted_at_their_minute(logs, metrics, space):
    make(logs, space)
    count(logs, space, "Errors", "ERROR", space, unit="Count")
    at = minute(now()) - 10 * MINUTE
    put(logs, space, "ERROR 1", "fine", "ERROR 2", at=int(at.timestamp() * 1000) + 59_999)
    put(logs, space, "ERROR 3", at=int(at.timestamp() * 1000) + 60_000)
    first, second = statistics(metrics, space, "Errors")
    assert first == {"Timestamp": at, "SampleCount": 2.0, "Sum": 2.0, "Average": 1.0, "Minimum": 1.0, "Maximum": 1.0,
                     "Unit": "Count"}
    assert (second["Timestamp"], second["Sum"]) == (at + MINUTE, 1.0)
    assert len(statistics(metrics, space, "Errors", period=3600)) <= 2
    assert totals(statistics(metrics, space, "Errors", period=3600)) == (3, 3)
    assert statistics(metrics, space, "Errors", Unit="Bytes") == []


def test_values_of_events(logs, metrics, space):
    make(logs, space)
    count(logs, space, "Latency", "{ $.latency = * }", space, "$.latency", unit="Milliseconds")
    count(logs, space, "Bytes", "[ip, request, status, bytes]", space, "$bytes")
    count(logs, space, "Fourth", "[..., last]", space, "$4")
    put(logs, space, '{"latency":50}', '{"latency":"12.5"}', '{"latency":"slow"}', '{"other":1}', '{"latency":-1e1}',
        'a "GET /" 200 1534', 'a "GET /" 200 -')
    points = statistics(metrics, space, "Latency")
    assert totals(points) == (3, 52.5)
    assert min(p["Minimum"] for p in points) == -10 and max(p["Maximum"] for p in points) == 50
    assert totals(statistics(metrics, space, "Bytes")) == (1, 1534)
    assert totals(statistics(metrics, space, "Fourth")) == (1, 1534)


def test_sums_stay_finite(logs, metrics, space):
    make(logs, space)
    count(logs, space, "Price", "{ $.price > 0 }", space, "$.price")
    put(logs, space, '{"price":1e308}', '{"price":2}', '{"price":1e308}', '{"price":1e400}', '{"price":"1e309"}')
    assert totals(statistics(metrics, space, "Price")) == (1, 2)
    refused(logs.put_metric_filter, "InvalidParameterException", "defaultValue is out of the range of -2^360 to 2^360.",
            logGroupName=space, filterName="d", filterPattern="x", metricTransformations=[
                {"metricName": "d", "metricNamespace": space, "metricValue": "1", "defaultValue": 1e308}])


def test_a_default_for_what_does_not_match(logs, metrics, space):
    make(logs, space)
    count(logs, space, "Errors", "ERROR", space, "2", defaultValue=0)
    put(logs, space, "fine", "ERROR", "fine")
    points = statistics(metrics, space, "Errors")
    assert totals(points) == (3, 2) and min(p["Minimum"] for p in points) == 0


def test_dimensions(logs, metrics, space):
    make(logs, space)
    count(logs, space, "Orders", "{ $.size = * }", space, dimensions={"Size": "$.size", "Kind": "$.kind"})
    put(logs, space, *[json.dumps({"size": s, "kind": k}) for s, k in ["LA", "LB", "LA", "MA"]], '{"size":"L"}')
    assert totals(statistics(metrics, space, "Orders", [("Size", "L"), ("Kind", "A")])) == (2, 2)
    assert totals(statistics(metrics, space, "Orders", [("Kind", "B"), ("Size", "L")])) == (1, 1)
    assert statistics(metrics, space, "Orders", [("Size", "L")]) == []  # another set of dimensions
    assert statistics(metrics, space, "Orders") == []
    listed = metrics.list_metrics(Namespace=space)["Metrics"]
    assert len(listed) == 3 and all(m["MetricName"] == "Orders" for m in listed)
    assert {tuple((d["Name"], d["Value"]) for d in m["Dimensions"]) for m in listed} == {
        (("Kind", k), ("Size", s)) for s, k in ["LA", "LB", "MA"]}
    assert len(metrics.list_metrics(Namespace=space, Dimensions=[{"Name": "Size", "Value": "L"}])["Metrics"]) == 2
    assert len(metrics.list_metrics(Namespace=space, Dimensions=[{"Name": "Kind"}])["Metrics"]) == 3


def test_a_dimension_is_short(logs, metrics, space):
    make(logs, space)
    count(logs, space, "Orders", "{ $.size = * }", space, dimensions={"Size": "$.size"})
    put(logs, space, *[json.dumps({"size": value})
                       for value in ("L", "x" * 1024, "é" * 1024, "x" * 1025, "x" * 900_000)])
    values = {d["Value"] for m in metrics.list_metrics(Namespace=space)["Metrics"] for d in m["Dimensions"]}
    assert values == {"L", "x" * 1024, "é" * 1024}


def test_a_metric_has_so_many_sets_of_dimensions(server, logs, metrics, space):
    make(logs, space)
    count(logs, space, "Visits", "{ $.user = * }", space, dimensions={"User": "$.user"})
    put(logs, space, *[json.dumps({"user": n}) for n in range(1010)])
    pages = metrics.get_paginator("list_metrics").paginate(Namespace=space)
    sizes = [len(page["Metrics"]) for page in pages]
    assert sizes == [500, 500]
    with urllib.request.urlopen(server.endpoint + "/metrics") as answer:
        assert "crema_metrics_left_out_total 10\n" in answer.read().decode()


def exposed(server):
    """The series of /metrics that are ours, by suffix and labels; all of it is in Prometheus' form."""
    with urllib.request.urlopen(server.endpoint + "/metrics") as answer:
        text = answer.read().decode()
    assert text.endswith("\n")
    found, typed = {}, {}
    label = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in typed  # a metric stands in one piece
            typed[name] = kind
        if line.startswith("# "):
            continue
        matched = re.fullmatch(rf'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{{({label}(?:,{label})*)\}})? (\S+)', line)
        assert matched, line
        names = re.findall(r'([a-zA-Z_][a-zA-Z0-9_]*)="', matched[2] or "")
        assert len(names) == len(set(names)), line
        if matched[1].startswith("crema_metric_values_"):
            found[matched[1][len("crema_metric_values_"):], matched[2]] = float(matched[3])
    assert typed["crema_metric_values"] == "summary"
    return found


def test_prometheus_reads_what_was_counted(new_server):
    server = new_server()
    logs, metrics = server.client("logs"), server.client("cloudwatch")
    make(logs, "shop")
    count(logs, "shop", "Orders", "{ $.size = * }", "Shop", unit="Count",
          dimensions={"Size": "$.size", "Cup kind": "$.k"})
    odd = json.dumps({"size": "L", "k": 'a "b" \\ c'})
    put(logs, "shop", odd, odd, '{"size":"M","k":"x"}')
    metrics.put_metric_data(Namespace="Shop", MetricData=[
        {"MetricName": "Heat", "Value": value, "Timestamp": minute(now()) - minutes * MINUTE}
        for value, minutes in [(-2.5, 0), (1e6, 90)]])
    of = 'account="000000000000",region="us-east-1",namespace="Shop"'
    large = of + r',name="Orders",unit="Count",dimension__1_Cup_kind="a \"b\" \\ c",dimension_Size="L"'
    wanted = {("sum", large): 2, ("count", large): 2, ("sum", of + ',name="Heat",unit="None"'): 999997.5,
              ("count", of + ',name="Heat",unit="None"'): 2, ("cut", None): 0}
    found = exposed(server)
    assert {key: found.get(key) for key in wanted} == wanted
    server.kill()
    server.start()
    assert exposed(server) == found
    put(logs, "shop", odd)
    assert exposed(server)["sum", large] == 3


def test_counts_outlive_the_process(new_server):
    server = new_server()
    logs = server.client("logs")
    make(logs, "kept")
    count(logs, "kept", "All", "", "Kept")
    acknowledged = 0
    for turn in range(3):
        for n in range(20):
            put(server.client("logs"), "kept", f"{turn} {n}", "two")
            acknowledged += 2
        server.kill()
        server.start()
    assert totals(statistics(server.client("cloudwatch"), "Kept", "All")) == (acknowledged, acknowledged)


def test_a_kill_leaves_events_minutes_and_totals_alike(new_server):
    server = new_server()
    make(server.client("logs"), "killed")
    count(server.client("logs"), "killed", "All", "", "Killed")
    acknowledged = []

    def put_until_the_end():
        wire = Wire(server.port)
        try:
            while True:
                wire("logs", "PutLogEvents", logGroupName="killed", logStreamName="s",
                     logEvents=[{"timestamp": int(time.time() * 1000), "message": "m"}] * 3)
                acknowledged.append(3)
        except (OSError, http.client.HTTPException):
            wire.close()

    for _ in range(5):
        putting = [threading.Thread(target=put_until_the_end) for _ in range(4)]
        for thread in putting:
            thread.start()
        time.sleep(0.2)
        server.kill()
        for thread in putting:
            thread.join()
        server.start()
        events = sum(len(page["events"]) for page in server.client("logs").get_paginator("filter_log_events").paginate(
            logGroupName="killed"))
        assert events >= sum(acknowledged)
        assert totals(statistics(server.client("cloudwatch"), "Killed", "All")) == (events, events)
        of = 'account="000000000000",region="us-east-1",namespace="Killed",name="All",unit="None"'
        found = exposed(server)
        assert (found["count", of], found["sum", of]) == (events, events)
    assert sum(acknowledged) > 0


def test_filters_stay_and_change_over_refusals(server, logs, metrics, space):
    """A refused command makes the server forget what it holds of groups; compiled filters it takes again."""
    make(logs, space)
    count(logs, space, "A", "%a+%", space)
    for turn in range(5):
        with pytest.raises(ClientError):
            logs.delete_log_group(logGroupName="none")
        put(logs, space, "aaa", "b")
    assert totals(statistics(metrics, space, "A")) == (5, 5)
    count(logs, space, "A", "b", space, "10")
    for turn in range(3):
        with pytest.raises(ClientError):
            logs.delete_log_group(logGroupName="none")
        put(logs, space, "aaa", "b")
    assert totals(statistics(metrics, space, "A")) == (8, 35)
    logs.delete_metric_filter(logGroupName=space, filterName="A")
    put(logs, space, "b")
    assert totals(statistics(metrics, space, "A")) == (8, 35)


# ---- PutMetricData

def test_what_is_put(metrics, space):
    at = minute(now()) - 5 * MINUTE
    metrics.put_metric_data(Namespace=space, MetricData=[
        {"MetricName": "One", "Value": 1.5, "Timestamp": at, "Unit": "Seconds"},
        {"MetricName": "One", "Value": -2, "Timestamp": at + MINUTE / 2, "Unit": "Seconds"},
        {"MetricName": "Set", "StatisticValues": {"SampleCount": 4, "Sum": 10, "Minimum": 1, "Maximum": 4},
         "Timestamp": at},
        {"MetricName": "Many", "Values": [1, 5], "Counts": [3, 1], "Timestamp": at,
         "Dimensions": [{"Name": "a", "Value": "b c"}]},
        {"MetricName": "Now", "Value": 1e100}])
    assert statistics(metrics, space, "One") == [
        {"Timestamp": at, "SampleCount": 2.0, "Sum": -0.5, "Average": -0.25, "Minimum": -2.0, "Maximum": 1.5,
         "Unit": "Seconds"}]
    point, = statistics(metrics, space, "Set")
    assert (point["Average"], point["Unit"]) == (2.5, "None")
    point, = statistics(metrics, space, "Many", [("a", "b c")])
    assert (point["SampleCount"], point["Sum"], point["Minimum"], point["Maximum"]) == (4, 8, 1, 5)
    assert totals(statistics(metrics, space, "Now")) == (1, 1e100)
    names = [m["MetricName"] for m in metrics.list_metrics(Namespace=space, RecentlyActive="PT3H")["Metrics"]]
    assert names == ["Many", "Now", "One", "Set"]


def test_two_units_are_two(metrics, space):
    metrics.put_metric_data(Namespace=space, MetricData=[
        {"MetricName": "Size", "Value": 1, "Unit": "Bytes"}, {"MetricName": "Size", "Value": 2, "Unit": "Kilobytes"}])
    assert len(metrics.list_metrics(Namespace=space)["Metrics"]) == 1
    assert sorted(p["Unit"] for p in statistics(metrics, space, "Size")) == ["Bytes", "Kilobytes"]
    assert totals(statistics(metrics, space, "Size", Unit="Bytes")) == (1, 1)


def stat(space, name, stat="Sum", period=60, **more):
    return {"Metric": {"Namespace": space, "MetricName": name}, "Period": period, "Stat": stat, **more}


def test_get_metric_data(metrics, space):
    at = minute(now()) - 30 * MINUTE
    metrics.put_metric_data(Namespace=space, MetricData=[
        {"MetricName": "Cups", "Value": n, "Timestamp": at + n * MINUTE} for n in range(10)])
    window = {"StartTime": at, "EndTime": at + 10 * MINUTE}
    answer = metrics.get_metric_data(**window, MetricDataQueries=[
        {"Id": "cups", "MetricStat": stat(space, "Cups")},
        {"Id": "least", "Label": "the least", "MetricStat": stat(space, "Cups", "Minimum", 300)},
        {"Id": "hidden", "ReturnData": False, "MetricStat": stat(space, "Cups")},
        {"Id": "none", "MetricStat": stat(space, "Tea", "Average")}])
    cups, least, none = answer["MetricDataResults"]
    assert cups["Timestamps"] == [at + n * MINUTE for n in reversed(range(10))]
    assert cups["Values"] == [float(n) for n in reversed(range(10))]
    assert (cups["Id"], cups["Label"], cups["StatusCode"]) == ("cups", "Cups", "Complete")
    assert (least["Label"], least["Timestamps"], least["Values"]) == ("the least", [at + 5 * MINUTE, at], [5.0, 0.0])
    assert (none["Values"], none["StatusCode"]) == ([], "Complete")
    # In pages, earlier first.
    seen, token, pages = [], {}, 0
    while True:
        page = metrics.get_metric_data(
            **window, **token, ScanBy="TimestampAscending", MaxDatapoints=4, MetricDataQueries=[
                {"Id": "a", "MetricStat": stat(space, "Cups")},
                {"Id": "b", "MetricStat": stat(space, "Cups", "Maximum")}])
        pages += 1
        for result in page["MetricDataResults"]:
            seen += [(result["Id"], value) for value in result["Values"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert seen == [(i, float(n)) for i in "ab" for n in range(10)] and pages == 5


def test_many_queries_at_once(server, metrics, space):
    """Two weeks of minutes, asked for hundreds of times: pages that are whole, and memory for one query at a time."""
    first = minute(now()) - 14 * 1440 * MINUTE + 5 * MINUTE
    for hour in range(300):
        if hour % 15 == 0:
            metrics.put_metric_data(Namespace=space, MetricData=[
                {"MetricName": "Cups", "Value": 1, "Timestamp": first + (60 * hour + n) * MINUTE} for n in range(900)])
    options = {"StartTime": first, "EndTime": first + 18000 * MINUTE, "MetricDataQueries": [
        {"Id": f"q{n}", "MetricStat": stat(space, "Cups")} for n in range(500)]}

    def resident():
        with open(f"/proc/{server.process.pid}/status") as status:
            return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) // 1024

    before = resident()
    page = metrics.get_metric_data(**options)
    assert resident() - before < 200
    assert [len(r["Values"]) for r in page["MetricDataResults"]] == [18000] * 5 + [10800] + [0] * 494
    assert [r["StatusCode"] for r in page["MetricDataResults"]] == ["Complete"] * 5 + ["PartialData"] * 495
    page = metrics.get_metric_data(**options, NextToken=page["NextToken"])
    assert [len(r["Values"]) for r in page["MetricDataResults"]][:7] == [0] * 5 + [7200, 18000]
    assert [r["StatusCode"] for r in page["MetricDataResults"]][4:7] == ["Complete"] * 3


def test_errors(metrics, space):
    value, combination = "InvalidParameterValue", "InvalidParameterCombination"
    good = {"Namespace": space, "MetricName": "x", "StartTime": now() - 60 * MINUTE, "EndTime": now(), "Period": 60,
            "Statistics": ["Sum"]}

    def no(code, text, **changes):
        options = {k: v for k, v in {**good, **changes}.items() if v is not None}
        refused(metrics.get_metric_statistics, code, text, **options)

    no(value, "The parameter StartTime must be less than the parameter EndTime.", StartTime=now() + MINUTE)
    no(value, "The parameter Period must be a multiple of 60: values are kept by the minute.", Period=30)
    no("MissingParameter", "The parameter Statistics must be specified.", Statistics=None)
    no(value, "ExtendedStatistics are not supported: Crema keeps no percentiles.", ExtendedStatistics=["p99"])
    no(combination, "You have requested up to 2880 datapoints, which exceeds the limit of 1440. You may reduce the "
       "datapoints requested by increasing Period, or decreasing the time range.",
       StartTime=minute(now()) - 2880 * MINUTE, EndTime=minute(now()))
    with pytest.raises(ClientError) as caught:
        metrics.get_metric_statistics(**{**good, "Statistics": ["Median"]})
    assert caught.value.response["Error"]["Code"] == "ValidationError"

    def bad(code, text, *data, namespace=space):
        refused(metrics.put_metric_data, code, text, Namespace=namespace, MetricData=list(data))

    bad("MissingParameter", "The parameter MetricData has 1 to 1000 data.")
    bad(value, "The value AWS/ for parameter Namespace is invalid.", {"MetricName": "x", "Value": 1},
        namespace="AWS/Logs")
    bad(combination, "A datum has one of Value, StatisticValues and Values.", {"MetricName": "x"})
    bad(value, "A Timestamp is at most two weeks in the past and two hours in the future.",
        {"MetricName": "x", "Value": 1, "Timestamp": now() - 15 * 1440 * MINUTE})
    bad(value, "A StorageResolution under 60 is not supported: values are kept by the minute.",
        {"MetricName": "x", "Value": 1, "StorageResolution": 1})
    for more in ({"Value": 1e109}, {"Value": -1e308}, {"Values": [1, 1e109]}, {"Values": [1], "Counts": [1e109]},
                 {"Values": [1e60], "Counts": [1e60]},
                 {"StatisticValues": {"SampleCount": 1, "Sum": 1e109, "Minimum": 0, "Maximum": 1}}):
        bad(value, "Values must be in the range of -2^360 to 2^360.", {"MetricName": "x", **more})
    # Of a request that is refused nothing is put.
    bad(value, "A dimension is named twice.", {"MetricName": "y", "Value": 1},
        {"MetricName": "x", "Value": 1, "Dimensions": [{"Name": "a", "Value": v} for v in "12"]})
    assert metrics.list_metrics(Namespace=space)["Metrics"] == []

    def data(text, **query):
        refused(metrics.get_metric_data, "ValidationError", text, StartTime=now() - MINUTE, EndTime=now(),
                MetricDataQueries=[query])

    data("Expression is not supported: Crema has no metric math. Use MetricStat.", Id="e", Expression="m1 + m2")
    data("The statistic p99 is not supported: those are SampleCount, Average, Sum, Minimum, Maximum.", Id="p",
         MetricStat=stat(space, "x", "p99"))
    data("The value Big for parameter Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.", Id="Big",
         MetricStat=stat(space, "x"))
    refused(metrics.list_metrics, "InvalidNextToken", "Invalid nextToken", NextToken="none")
    refused(metrics.put_metric_alarm, "UnknownOperationException",
            "Crema does not have the operation PutMetricAlarm of monitoring.", AlarmName="a", EvaluationPeriods=1,
            ComparisonOperator="GreaterThanThreshold")


# ---- the other protocol, the command line

def test_json(server, space):
    wire = Wire(server.port)
    at = int(time.time()) // 60 * 60
    wire("monitoring", "PutMetricData", Namespace=space,
         MetricData=[{"MetricName": "x", "Value": 2.5, "Timestamp": at}])
    assert wire("monitoring", "ListMetrics", Namespace=space) == {
        "Metrics": [{"Namespace": space, "MetricName": "x", "Dimensions": []}]}
    answer = wire("monitoring", "GetMetricStatistics", Namespace=space, MetricName="x", Period=60, StartTime=at - 60,
                  EndTime=at + 60, Statistics=["Sum"])
    assert answer == {"Label": "x", "Datapoints": [{"Timestamp": at, "Sum": 2.5, "Unit": "None"}]}
    with pytest.raises(Refused) as caught:
        wire("monitoring", "PutMetricData", Namespace="AWS/x", MetricData=[{"MetricName": "x", "Value": 1}])
    assert caught.value.name == "InvalidParameterValueException"
    wire.connection.request("POST", "/", "{}", {
        "X-Amz-Target": "GraniteServiceVersion20100801.GetMetricStatistics", "X-Amzn-Query-Mode": "true",
        "Content-Type": "application/x-amz-json-1.0"})
    answer = wire.connection.getresponse()
    assert answer.status == 400 and answer.getheader("x-amzn-query-error") == "ValidationError;Sender"
    answer.read()


def test_compressed_bodies(server, space):
    """As botocore sends long PutMetricData."""
    wire = Wire(server.port)

    def send(body, encoding="gzip"):
        wire.connection.request("POST", "/", body, {
            "X-Amz-Target": "GraniteServiceVersion20100801.PutMetricData", "Content-Encoding": encoding,
            "Content-Type": "application/x-amz-json-1.0"})
        answer = wire.connection.getresponse()
        return answer.status, json.loads(answer.read() or "{}").get("__type")

    data = [{"MetricName": f"m{n}", "Value": n} for n in range(1000)]
    text = json.dumps({"Namespace": space, "MetricData": data}).encode()
    assert send(gzip.compress(text)) == (200, None)
    assert len(wire("monitoring", "ListMetrics", Namespace=space)["Metrics"]) == 500
    assert send(text) == send(gzip.compress(text)[:-9]) == send(text, "br") == (400, "SerializationException")
    assert send(gzip.compress(b" " * (5 << 20))) == (413, "RequestEntityTooLargeException")


def test_command_line(server, logs, space):
    if not shutil.which("aws"):
        pytest.skip("the aws CLI is not on this machine")

    def aws(*arguments):
        done = subprocess.run(["aws", "--endpoint-url", server.endpoint, *arguments], check=True,
                              env=aws_environment(server.endpoint), stdout=subprocess.PIPE, text=True)
        return json.loads(done.stdout) if done.stdout.strip() else None

    make(logs, space)
    aws("logs", "put-metric-filter", "--log-group-name", space, "--filter-name", "f", "--filter-pattern", "ERROR",
        "--metric-transformations", f"metricName=Errors,metricNamespace={space},metricValue=1,defaultValue=0")
    put(logs, space, "ERROR", "fine")
    aws("cloudwatch", "put-metric-data", "--namespace", space, "--metric-name", "Cups", "--value", "3", "--dimensions",
        "Size=L")
    shown = aws("cloudwatch", "list-metrics", "--namespace", space)["Metrics"]
    assert [m["MetricName"] for m in shown] == ["Cups", "Errors"]
    start, end = minute(now()) - 5 * MINUTE, now() + MINUTE
    found = aws("cloudwatch", "get-metric-statistics", "--namespace", space, "--metric-name", "Errors", "--period",
                "60", "--start-time", start.isoformat(), "--end-time", end.isoformat(), "--statistics", "Sum",
                "SampleCount")
    assert totals(found["Datapoints"]) == (2, 1)
    assert aws("logs", "describe-metric-filters", "--log-group-name", space)["metricFilters"][0]["filterName"] == "f"
    tried = aws("logs", "test-metric-filter", "--filter-pattern", "[w1=ERROR, w2]", "--log-event-messages", "ERROR x",
                "fine x")
    assert [m["extractedValues"] for m in tried["matches"]] == [{"$w1": "ERROR", "$w2": "x"}]
    aws("logs", "delete-metric-filter", "--log-group-name", space, "--filter-name", "f")
