"""Subscription filters: what is written to a log group goes on to another, to a function or to an HTTP endpoint;
errors, pages, circles, and a server that dies meanwhile."""
import base64
import gzip
import http.server
import itertools
import json
import shutil
import subprocess
import threading
import time

import pytest
from botocore.exceptions import ClientError

from conftest import ACCOUNT, REGION, aws_environment, eventually
from wire import Wire

FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:"


class Subscriber(http.server.ThreadingHTTPServer):
    """A function, or an endpoint, that keeps what it gets; `answers` are its next statuses, then 200."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.lock, self.records, self.headers, self.answers, self.fails = threading.Lock(), [], [], [], False
        self.url = f"http://127.0.0.1:{self.server_port}/"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def messages(self, group):
        with self.lock:
            return [e["message"] for r in self.records if r["logGroup"] == group for e in r["logEvents"]]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        record = json.loads(gzip.decompress(base64.b64decode(body["awslogs"]["data"])))
        with self.server.lock:
            status = self.server.answers.pop(0) if self.server.answers else 200
            self.server.headers.append({**self.headers, "path": self.path})
            if status in (200, "large"):
                self.server.records.append(record)
        try:
            self.send_response(200 if status in ("failed", "large") else status)
            if status == "failed":
                self.send_header("X-Amz-Function-Error", "Unhandled")
            body = b"x" * (8 << 20) if status == "large" else b"null"
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            pass


@pytest.fixture(scope="module")
def subscriber():
    server = Subscriber()
    yield server
    server.shutdown()


@pytest.fixture
def subscribed(new_server, subscriber):
    return new_server("--function", f"sink={subscriber.url}", "--function", f"{FUNCTION}gone=http://127.0.0.1:9/x")


def make(logs, *names):
    for name in names:
        logs.create_log_group(logGroupName=name)
        logs.create_log_stream(logGroupName=name, logStreamName="s")


def put(logs, group, *messages, stream="s"):
    now = int(time.time() * 1000)
    logs.put_log_events(logGroupName=group, logStreamName=stream,
                        logEvents=[{"timestamp": now, "message": m} for m in messages])
    return now


def events(logs, group, **options):
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, **options)
    return [e for page in pages for e in page["events"]]


def refused(call, code, text, **options):
    with pytest.raises(ClientError) as caught:
        call(**options)
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == (code, text)


def subscribe(logs, group, name, destination, pattern=""):
    logs.put_subscription_filter(logGroupName=group, filterName=name, filterPattern=pattern, destinationArn=destination)


def test_a_function_gets_what_matches(subscribed, subscriber):
    logs = subscribed.client("logs")
    make(logs, "orders")
    subscribe(logs, "orders", "large", FUNCTION + "sink", '{ $.size = "L" }')
    put(logs, "orders", '{"size":"M"}')
    at = put(logs, "orders", '{"size":"L","n":1}', "not JSON", '{"size":"L","n":2,"text":"é \\"q\\""}')
    eventually(lambda: len(subscriber.messages("orders")) == 2)
    record, = [r for r in subscriber.records if r["logGroup"] == "orders"]
    ids = {e["message"]: e["eventId"] for e in events(logs, "orders")}
    wanted = ['{"size":"L","n":1}', '{"size":"L","n":2,"text":"é \\"q\\""}']
    assert record == {"messageType": "DATA_MESSAGE", "owner": ACCOUNT, "logGroup": "orders", "logStream": "s",
                      "subscriptionFilters": ["large"],
                      "logEvents": [{"id": ids[m], "timestamp": at, "message": m} for m in wanted]}
    headers = [h for h in subscriber.headers if h["X-Crema-Log-Group"] == GROUP + "orders"]
    assert headers[0]["X-Crema-Function"] == FUNCTION + "sink" and headers[0]["X-Crema-Attempt"] == "1"


def test_an_endpoint_gets_what_matches(subscribed, subscriber):
    logs = subscribed.client("logs")
    make(logs, "posted")
    url = subscriber.url + "collect/logs?token=t%20t"
    subscribe(logs, "posted", "large", url, '{ $.size = "L" }')
    shown, = logs.describe_subscription_filters(logGroupName="posted")["subscriptionFilters"]
    assert shown["destinationArn"] == url
    at = put(logs, "posted", '{"size":"M"}', '{"size":"L"}')
    eventually(lambda: subscriber.messages("posted"))
    record, = [r for r in subscriber.records if r["logGroup"] == "posted"]
    event_id = events(logs, "posted")[1]["eventId"]
    assert record == {"messageType": "DATA_MESSAGE", "owner": ACCOUNT, "logGroup": "posted", "logStream": "s",
                      "subscriptionFilters": ["large"],
                      "logEvents": [{"id": event_id, "timestamp": at, "message": '{"size":"L"}'}]}
    headers, = [h for h in subscriber.headers if h["X-Crema-Log-Group"] == GROUP + "posted"]
    assert headers["path"] == "/collect/logs?token=t%20t" and headers["Content-Type"] == "application/json"
    assert headers["X-Crema-Attempt"] == "1" and int(headers["X-Crema-Delivery"]) > 0
    assert "X-Crema-Function" not in headers
    wire = Wire(subscribed.port)
    eventually(lambda: {"HTTP"} == {
        d["Value"] for m in wire("monitoring", "ListMetrics", Namespace="AWS/Logs",
                                 MetricName="ForwardedLogEvents")["Metrics"]
        for d in m["Dimensions"] if d["Name"] == "DestinationType"})


def test_an_endpoint_is_tried_again(subscribed, subscriber):
    """While it answers with trouble, and while there is none; then it is given up, with its URL in the inbox."""
    logs, wire = subscribed.client("logs"), Wire(subscribed.port)
    make(logs, "patient", "absent", "refused")
    with subscriber.lock:
        subscriber.answers = [503, "failed", 429, "large"]
    subscribe(logs, "patient", "f", subscriber.url)
    put(logs, "patient", "stubborn")
    eventually(lambda: subscriber.messages("patient") == ["stubborn"], 40)
    attempts = [h for h in subscriber.headers if h["X-Crema-Log-Group"] == GROUP + "patient"]
    assert [h["X-Crema-Attempt"] for h in attempts] == ["1", "2", "3", "4"]
    assert len({h["X-Crema-Delivery"] for h in attempts}) == 1
    later = Subscriber()
    port, url = later.server_port, later.url
    later.shutdown()
    later.server_close()
    subscribe(logs, "absent", "f", url)
    put(logs, "absent", "waits")
    time.sleep(1.2)
    later = Subscriber(port)
    eventually(lambda: later.messages("absent") == ["waits"], 40)
    later.shutdown()
    assert wire("crema", "ListInbox")["Entries"] == []
    for status in (404, 302):
        with subscriber.lock:
            subscriber.answers = [status]
        subscribe(logs, "refused", "f", subscriber.url + str(status))
        put(logs, "refused", f"given up, {status}")
        entry = eventually(lambda: [e for e in wire("crema", "ListInbox")["Entries"]
                                    if e["TargetArn"] == subscriber.url + str(status)])[0]
        assert (entry["Reason"], entry["LogGroupArn"], entry["TargetId"], entry["Attempts"]) == (
            "LOGS_NOT_DELIVERED", GROUP + "refused", "f", 1)
        assert (entry["ErrorCode"], entry["ErrorMessage"]) == (
            "Endpoint.Refused", f"The endpoint answered with status {status}: null")
    assert subscriber.messages("refused") == []


def test_which_endpoints_may_be_named(new_server, subscriber):
    """This machine's without keys, or what the operator names. What cannot go any more where it was to go is given
    up."""
    setting = "the server's setting subscription_origins does not name its scheme, host and port."
    origin = subscriber.url[:-1]

    def no(logs, url, why):
        refused(logs.put_subscription_filter, "InvalidParameterException",
                f"destinationArn '{url}' is not an ARN, and not a URL that can be used: {why}", logGroupName="g",
                filterName="f", filterPattern="", destinationArn=url)

    server = new_server()
    logs = server.client("logs")
    make(logs, "g")
    no(logs, "ftp://127.0.0.1/x", "the URL must begin with http:// or https:// and name a host.")
    no(logs, "here", "the URL must begin with http:// or https:// and name a host.")
    no(logs, "http://127.0.0.1@example.com/", "a host is a name or an address, perhaps with a port; nothing may stand "
                                              "before it.")
    no(logs, "http://169.254.169.254/latest/meta-data/", setting)
    no(logs, "https://example.com/", setting)
    with subscriber.lock:
        subscriber.answers = [500] * 2
    subscribe(logs, "g", "f", subscriber.url)
    put(logs, "g", "too late")
    eventually(lambda: any(h["X-Crema-Log-Group"] == GROUP + "g" for h in subscriber.headers))
    server.stop()
    server.arguments = ["--subscription-origin", "https://logs.example"]
    server.start()
    entry, = eventually(lambda: Wire(server.port)("crema", "ListInbox")["Entries"], 40)
    assert (entry["TargetArn"], entry["ErrorCode"], entry["ErrorMessage"]) == (
        subscriber.url, "Endpoint.NotAllowed", setting[:-1])
    logs = server.client("logs")
    no(logs, subscriber.url, setting)
    subscribe(logs, "g", "f", "https://logs.example/in")
    with subscriber.lock:
        subscriber.answers = []
    keyed = new_server("--key", "test:test")
    logs = keyed.client("logs")
    make(logs, "g")
    no(logs, subscriber.url, setting)
    keyed.stop()
    keyed.arguments += ["--subscription-origin", origin]
    keyed.start()
    logs = keyed.client("logs")
    subscribe(logs, "g", "f", subscriber.url)
    put(logs, "g", "in time")
    eventually(lambda: subscriber.messages("g") == ["in time"])


def test_fields_are_extracted(subscribed, subscriber):
    logs = subscribed.client("logs")
    make(logs, "access")
    subscribe(logs, "access", "bad", FUNCTION + "sink", "[ip, , status = 4*, bytes]")
    put(logs, "access", 'a "GET /" 404 12', 'b "GET /" 200 13')
    eventually(lambda: subscriber.messages("access"))
    record, = [r for r in subscriber.records if r["logGroup"] == "access"]
    assert [e["extractedFields"] for e in record["logEvents"]] == [
        {"ip": "a", "2": "GET /", "status": "404", "bytes": "12"}]


def test_another_group_gets_what_matches_at_once(subscribed):
    logs = subscribed.client("logs")
    make(logs, "from", "to", "on")
    subscribe(logs, "from", "f", GROUP + "to:*", "ERROR")
    subscribe(logs, "to", "f", GROUP + "on", "-twice")
    at = put(logs, "from", "ERROR once", "fine", "ERROR twice")
    # In the batch of the events: there is nothing to wait for.
    assert [(e["message"], e["timestamp"], e["logStreamName"]) for e in events(logs, "to")] == [
        ("ERROR once", at, "from/s"), ("ERROR twice", at, "from/s")]
    assert [(e["message"], e["logStreamName"]) for e in events(logs, "on")] == [("ERROR once", "to/from/s")]


def test_whatever_writes_is_seen(subscribed, subscriber):
    """Rules write events of their own streams, workflows their history."""
    logs, bus, sfn = subscribed.client("logs"), subscribed.client("events"), subscribed.client("stepfunctions")
    make(logs, "ruled", "flows", "all")
    for group in ("ruled", "flows"):
        subscribe(logs, group, "f", GROUP + "all")
    bus.put_rule(Name="shop", EventPattern='{"source":["shop"]}')
    bus.put_targets(Rule="shop", Targets=[{"Id": "1", "Arn": GROUP + "ruled"}])
    for n in range(3):
        bus.put_events(Entries=[{"Source": "shop", "DetailType": "t", "Detail": json.dumps({"n": n})}])
    machine = sfn.create_state_machine(
        name="m", roleArn="arn:aws:iam::000000000000:role/r",
        definition='{"StartAt":"S","States":{"S":{"Type":"Succeed"}}}',
        loggingConfiguration={"level": "ALL", "includeExecutionData": True, "destinations": [
            {"cloudWatchLogsLogGroup": {"logGroupArn": GROUP + "flows:*"}}]})["stateMachineArn"]
    sfn.start_execution(stateMachineArn=machine, name="e")
    eventually(lambda: len(events(logs, "flows")) >= 4)
    written = [e["message"] for g in ("ruled", "flows") for e in events(logs, g)]
    assert len(written) >= 7 and sorted(written) == sorted(e["message"] for e in events(logs, "all"))


def test_what_is_imported_was_logged_before(subscribed):
    """Neither passed on nor counted."""
    logs, wire = subscribed.client("logs"), Wire(subscribed.port)
    make(logs, "old", "new")
    subscribe(logs, "old", "f", GROUP + "new")
    logs.put_metric_filter(logGroupName="old", filterName="m", filterPattern="", metricTransformations=[
        {"metricName": "Old", "metricNamespace": "Import", "metricValue": "1"}])
    wire("crema", "ImportLogEvents", LogGroupName="old", Events=[
        {"LogStreamName": "s", "Timestamp": int(time.time() * 1000), "Message": "imported"}])
    assert wire("monitoring", "ListMetrics", Namespace="Import")["Metrics"] == []
    put(logs, "old", "written")
    assert [e["message"] for e in events(logs, "old")] == ["imported", "written"]
    assert [e["message"] for e in events(logs, "new")] == ["written"]
    assert len(wire("monitoring", "ListMetrics", Namespace="Import")["Metrics"]) == 1


def test_what_is_retried_and_what_is_given_up(subscribed, subscriber):
    logs, wire = subscribed.client("logs"), Wire(subscribed.port)
    make(logs, "retried", "lost")
    subscribe(logs, "retried", "f", FUNCTION + "sink")
    with subscriber.lock:
        subscriber.answers = [500, "failed", 429]
    put(logs, "retried", "stubborn")
    eventually(lambda: subscriber.messages("retried") == ["stubborn"], 40)
    assert [e for e in wire("crema", "ListInbox")["Entries"] if e["Reason"] == "LOGS_NOT_DELIVERED"] == []
    with subscriber.lock:
        subscriber.answers = [404]
    subscribe(logs, "lost", "f", FUNCTION + "sink")
    put(logs, "lost", "gone")
    entry, = eventually(lambda: [e for e in wire("crema", "ListInbox")["Entries"]
                                 if e["Reason"] == "LOGS_NOT_DELIVERED"])
    assert (entry["LogGroupArn"], entry["TargetId"], entry["TargetArn"], entry["Attempts"]) == (
        GROUP + "lost", "f", FUNCTION + "sink", 1)
    data = json.loads(entry["Event"])["awslogs"]["data"]
    assert json.loads(gzip.decompress(base64.b64decode(data)))["logEvents"][0]["message"] == "gone"
    # A group that is no more.
    make(logs, "away")
    subscribe(logs, "lost", "g", GROUP + "away")
    logs.delete_subscription_filter(logGroupName="lost", filterName="f")
    logs.delete_log_group(logGroupName="away")
    put(logs, "lost", "nowhere to go")
    entry = wire("crema", "ListInbox")["Entries"][0]
    assert (entry["Reason"], entry["TargetId"], entry["TargetArn"]) == ("LOGS_NOT_DELIVERED", "g", GROUP + "away")
    assert [e["message"] for e in events(logs, "lost")] == ["gone", "nowhere to go"]


def test_circles_are_refused_and_long_chains_end(subscribed):
    logs, wire = subscribed.client("logs"), Wire(subscribed.port)
    names = [f"chain{n:02}" for n in range(14)]
    make(logs, *names)
    circle = "The destination '%s' would bring the log group its own events again."
    refused(logs.put_subscription_filter, "InvalidParameterException", circle % (GROUP + names[0]),
            logGroupName=names[0], filterName="f", filterPattern="", destinationArn=GROUP + names[0])
    for here, there in zip(names, names[1:]):
        subscribe(logs, here, "f", GROUP + there)
    for here in (names[-1], names[1]):
        refused(logs.put_subscription_filter, "InvalidParameterException", circle % (GROUP + names[0] + ":*"),
                logGroupName=here, filterName="g", filterPattern="", destinationArn=GROUP + names[0] + ":*")
    put(logs, names[0], "far")
    assert [len(events(logs, name)) for name in names] == [1] * 11 + [0] * 3
    entry = wire("crema", "ListInbox")["Entries"][0]
    assert entry["LogGroupArn"] == GROUP + names[10] and "more than 10 subscriptions" in entry["ErrorMessage"]


def test_filters_are_kept_shown_and_removed(subscribed):
    logs = subscribed.client("logs")
    make(logs, "kept", "kept2")
    before = int(time.time() * 1000)
    logs.put_subscription_filter(logGroupName="kept", filterName="b", filterPattern="x",
                                 destinationArn=FUNCTION + "sink",
                                 roleArn="arn:aws:iam::000000000000:role/r", distribution="Random")
    subscribe(logs, "kept", "a", GROUP + "kept2")
    shown = logs.describe_subscription_filters(logGroupName="kept")
    assert "nextToken" not in shown
    first, second = shown["subscriptionFilters"]
    created = second.pop("creationTime")
    assert before <= created <= int(time.time() * 1000)
    assert second == {"filterName": "b", "logGroupName": "kept", "filterPattern": "x",
                      "destinationArn": FUNCTION + "sink", "roleArn": "arn:aws:iam::000000000000:role/r",
                      "distribution": "Random"}
    assert first["filterName"] == "a" and first["distribution"] == "ByLogStream" and "roleArn" not in first
    page = logs.describe_subscription_filters(logGroupName="kept", limit=1)
    assert [f["filterName"] for f in page["subscriptionFilters"]] == ["a"]
    rest = logs.describe_subscription_filters(logGroupName="kept", limit=1, nextToken=page["nextToken"])
    assert [f["filterName"] for f in rest["subscriptionFilters"]] == ["b"] and "nextToken" not in rest
    assert [f["filterName"] for f in logs.describe_subscription_filters(
        logGroupName="kept", filterNamePrefix="b")["subscriptionFilters"]] == ["b"]
    refused(logs.put_subscription_filter, "LimitExceededException", "Resource limit exceeded.", logGroupName="kept",
            filterName="c", filterPattern="", destinationArn=FUNCTION + "sink")
    subscribe(logs, "kept", "b", GROUP + "kept2", "y")  # a change is none more
    second = logs.describe_subscription_filters(logGroupName="kept")["subscriptionFilters"][1]
    assert (second["filterPattern"], second["creationTime"]) == ("y", created)
    subscribed.stop()
    subscribed.start()
    logs = subscribed.client("logs")
    put(logs, "kept", "y")
    assert len(events(logs, "kept2")) == 2
    logs.delete_subscription_filter(logGroupName="kept", filterName="a")
    put(logs, "kept", "y", "z")
    assert len(events(logs, "kept2")) == 3
    logs.delete_log_group(logGroupName="kept")
    make(logs, "kept")
    assert logs.describe_subscription_filters(logGroupName="kept")["subscriptionFilters"] == []
    put(logs, "kept", "y")
    assert len(events(logs, "kept2")) == 3


def test_errors(subscribed):
    logs = subscribed.client("logs")
    make(logs, "errors")
    good = {"logGroupName": "errors", "filterName": "f", "filterPattern": "", "destinationArn": FUNCTION + "sink"}
    bad = "InvalidParameterException"
    no_group = ("ResourceNotFoundException", "The specified log group does not exist.")

    def no(code, text, **changes):
        refused(logs.put_subscription_filter, code, text, **{**good, **changes})

    no(*no_group, logGroupName="none")
    no(bad, "Invalid filter pattern: a value is missing at character 9.", filterPattern="{ $.a = }")
    no(*no_group, destinationArn=GROUP + "none")
    no(*no_group, destinationArn=f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:errors")
    no(bad, "destinationArn for vendor kinesis cannot be used without roleArn",
       destinationArn=f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/s")
    no(bad, "Destinations of firehose are not supported: destinationArn is that of a Lambda function for which a "
       "setting names an endpoint, or of a log group, or a URL.", roleArn="arn:aws:iam::000000000000:role/r",
       destinationArn=f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/s")
    no(bad, "Could not execute the lambda function: Crema does not have an endpoint for this function: no "
       "setting names one.",
       destinationArn=FUNCTION + "other")
    no("AccessDeniedException", "Cross-account lambda invocation passing is not allowed. You must use "
       "DestinationPolicies to create cross account lambda triggers.",
       destinationArn=f"arn:aws:lambda:{REGION}:111111111111:function:sink")
    refused(logs.delete_subscription_filter, *no_group, logGroupName="none", filterName="f")
    refused(logs.delete_subscription_filter, "ResourceNotFoundException",
            "The specified subscription filter does not exist.", logGroupName="errors", filterName="f")
    refused(logs.describe_subscription_filters, *no_group, logGroupName="none")
    refused(logs.describe_subscription_filters, bad, "The specified nextToken is invalid.", logGroupName="errors",
            nextToken="none")
    with pytest.raises(ClientError) as caught:
        logs.put_subscription_filter(**{**good, "filterName": "a:b"})
    assert caught.value.response["Error"]["Code"] == bad


def test_command_line(subscribed, subscriber):
    if not shutil.which("aws"):
        pytest.skip("the aws CLI is not on this machine")

    def aws(*arguments):
        done = subprocess.run(["aws", "--endpoint-url", subscribed.endpoint, "logs", *arguments], check=True,
                              env=aws_environment(subscribed.endpoint), stdout=subprocess.PIPE, text=True)
        return json.loads(done.stdout) if done.stdout.strip() else None

    aws("create-log-group", "--log-group-name", "cli")
    aws("put-subscription-filter", "--log-group-name", "cli", "--filter-name", "demo", "--filter-pattern",
        "{$.userIdentity.type = Root}", "--destination-arn", FUNCTION + "sink")
    shown = aws("describe-subscription-filters", "--log-group-name", "cli")["subscriptionFilters"]
    assert [f["filterName"] for f in shown] == ["demo"]
    aws("delete-subscription-filter", "--log-group-name", "cli", "--filter-name", "demo")
    assert aws("describe-subscription-filters", "--log-group-name", "cli")["subscriptionFilters"] == []


@pytest.mark.parametrize("way, to_endpoint", [("kill", False), ("stop", False), ("kill", True)])
def test_nothing_acknowledged_is_lost(new_server, subscriber, way, to_endpoint):
    """Killed again and again while events come in and the destination answers with trouble now and then."""
    group = f"deadly-{way}-{to_endpoint}"
    server = new_server("--function", f"sink={subscriber.url}", "--functions-under-way-max", "4")
    logs = server.client("logs")
    make(logs, group, group + "-copy")
    subscribe(logs, group, "f", subscriber.url + "sink" if to_endpoint else FUNCTION + "sink", "keep")
    subscribe(logs, group, "g", GROUP + group + "-copy", "keep")
    acknowledged, numbers, asked = [], itertools.count(), threading.Event()

    def write(client):
        while not asked.is_set():
            number = next(numbers)
            message = f"keep {number}"
            try:
                put(client, group, message, f"drop {number}")
            except Exception:  # the server is gone
                return
            acknowledged.append(message)

    for turn in range(4):
        asked.clear()
        with subscriber.lock:
            subscriber.answers = [500, 200, 503] * 3
        writers = [threading.Thread(target=write, args=(server.client("logs"),))
                   for _ in range(3)]
        for writer in writers:
            writer.start()
        time.sleep(0.4)
        getattr(server, way)()
        asked.set()
        for writer in writers:
            writer.join()
        server.start()
    assert len(acknowledged) > 20
    wanted = set(acknowledged)
    eventually(lambda: wanted <= set(subscriber.messages(group)), 60)
    logs = server.client("logs")
    copies = [e["message"] for e in events(logs, group + "-copy")]
    written = [e["message"] for e in events(logs, group, filterPattern="keep")]
    assert sorted(copies) == sorted(written) and wanted <= set(copies)
    assert not any(m.startswith("drop") for m in subscriber.messages(group))
