"""CloudWatch in CBOR, Smithy's RPC v2, byte by byte: paths, headers, values, and what is refused."""
import gzip
import http.client
import time

import pytest

import cbor

SERVICE = "GraniteServiceVersion20100801"
NAMED = "com.amazonaws.cloudwatch#"
MINUTE = int(time.time()) // 60 * 60 - 60


class Answer:
    def __init__(self, answer):
        self.status, self.headers, self.bytes = answer.status, answer.headers, answer.read()

    @property
    def body(self):
        assert self.headers["Content-Type"] == "application/cbor"
        return cbor.loads(self.bytes)


@pytest.fixture
def ask(server):
    def send(operation, body=b"", path=None, method="POST", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        sent = {"Smithy-Protocol": "rpc-v2-cbor", "Accept": "application/cbor", "Content-Type": "application/cbor",
                **{name.replace("_", "-"): value for name, value in headers.items()}}
        connection.request(method, path or f"/service/{SERVICE}/operation/{operation}",
                           body if isinstance(body, bytes) else cbor.dumps(body),
                           {name: value for name, value in sent.items() if value is not None})
        answer = Answer(connection.getresponse())
        connection.close()
        return answer

    return send


def refused(answer, name, text, status=400, space=NAMED):
    assert answer.status == status, answer.bytes
    assert answer.headers["Smithy-Protocol"] == "rpc-v2-cbor"
    assert "x-amzn-ErrorType" not in answer.headers  # the body says it
    assert answer.body["__type"] == space + name
    assert text in answer.body["message"], answer.body


def put(ask, space, *data):
    answer = ask("PutMetricData", {"Namespace": space, "MetricData": list(data)})
    assert (answer.status, answer.bytes) == (200, b"")
    assert answer.headers["Smithy-Protocol"] == "rpc-v2-cbor"
    assert "Content-Type" not in answer.headers  # the operation has no output


@pytest.fixture
def space():
    return f"Cbor/{time.time_ns()}"


def test_values_go_in_and_out(ask, space):
    put(ask, space, {"MetricName": "Cups", "Value": 2, "Timestamp": cbor.Time(MINUTE), "Unit": "Count"},
        {"MetricName": "Cups", "Value": 0.5, "Timestamp": cbor.Time(MINUTE + 0.25), "Unit": "Count"})
    data = ask("GetMetricStatistics", {
        "Namespace": space, "MetricName": "Cups", "StartTime": cbor.Time(MINUTE), "EndTime": cbor.Time(MINUTE + 60),
        "Period": 60, "Statistics": ["Sum", "SampleCount"]})
    assert data.status == 200 and data.headers["Smithy-Protocol"] == "rpc-v2-cbor"
    point, = data.body["Datapoints"]
    assert data.body["Label"] == "Cups" and point["Unit"] == "Count"
    assert (point["Sum"], point["SampleCount"]) == (2.5, 2.0)
    assert isinstance(point["Sum"], float) and isinstance(point["Timestamp"], cbor.Time)
    assert point["Timestamp"] == MINUTE
    answer = ask("GetMetricData", {
        "StartTime": cbor.Time(MINUTE), "EndTime": cbor.Time(MINUTE + 60),
        "MetricDataQueries": [{"Id": "a", "MetricStat": {
            "Metric": {"Namespace": space, "MetricName": "Cups"}, "Period": 60, "Stat": "Average"}}]}).body
    assert answer["MetricDataResults"] == [
        {"Id": "a", "Label": "Cups", "Timestamps": [MINUTE], "Values": [1.25], "StatusCode": "Complete"}]
    assert isinstance(answer["MetricDataResults"][0]["Timestamps"][0], cbor.Time)
    listed = ask("ListMetrics", {"Namespace": space}).body
    assert listed == {"Metrics": [{"Namespace": space, "MetricName": "Cups", "Dimensions": []}]}


def test_where_a_request_may_go(ask):
    for path in (f"/some/prefix/service/{SERVICE}/operation/ListMetrics",
                 f"/service/com.amazonaws.cloudwatch.{SERVICE}/operation/ListMetrics"):
        assert "Metrics" in ask("", path=path).body
    assert "Metrics" in ask("ListMetrics", Content_Type=None).body  # without a body


def test_other_forms_of_a_body(ask, space):
    # Of indefinite length: a map, a text of two pieces.
    pieces = b"\xbf" + cbor.dumps("Namespace") + b"\x7f" + cbor.dumps(space[:3]) + cbor.dumps(space[3:]) + b"\xff\xff"
    assert ask("ListMetrics", pieces).body == {"Metrics": []}
    assert ask("ListMetrics", gzip.compress(pieces), Content_Encoding="gzip").body == {"Metrics": []}
    assert ask("ListMetrics", {"Namespace": space, "Unknown": [b"bytes", {"a": True}]}).body == {"Metrics": []}


def test_bodies_that_are_refused(ask, space):
    for body, text in (
            (b"\xa1", "it ends too early"), (b"{}", "it ends too early"), (b"\x9b" + b"\xff" * 8, "it ends too early"),
            (b"\xff", "something ends that has not begun"), (b"\xa0\xa0", "something follows its end"),
            (b"\xa1\x01\x02", "a key of a map is not text"), (b"\x81" * 1000, "it is nested too deep")):
        refused(ask("ListMetrics", body), "SerializationException", text)
    refused(ask("ListMetrics", [1]), "SerializationException", "")
    refused(ask("ListMetrics", {"Namespace": b"bytes"}), "SerializationException", "a byte string")
    refused(ask("ListMetrics", {"Dimensions": cbor.Time(1)}), "SerializationException", "a timestamp")
    refused(ask("PutMetricData", {"Namespace": space, "MetricData": [{"MetricName": "N", "Value": float("nan")}]}),
            "SerializationException", "")
    answer = ask("GetMetricStatistics", {
        "Namespace": space, "MetricName": "N", "StartTime": cbor.Time(60), "EndTime": cbor.Time(60), "Period": 60,
        "Statistics": ["Sum"]})
    refused(answer, "InvalidParameterValueException", "StartTime must be less")
    assert answer.headers["x-amzn-query-error"] == "InvalidParameterValue;Sender"
    refused(ask("ListMetrics", {"Namespace": "n" * 256}), "ValidationError", "less than or equal to 255")
    large = ask("ListMetrics", b"\x00" * (1 << 21))
    assert (large.status, large.body["__type"]) == (413, NAMED + "RequestEntityTooLargeException")


def test_requests_that_are_refused(ask, server):
    other = "com.amazon.coral.service#"
    refused(ask("DescribeAlarms", {}), "UnknownOperationException", "does not have the operation DescribeAlarms")
    refused(ask("Nothing", {}), "UnknownOperationException", "Nothing of GraniteService")
    refused(ask("", {}, path="/service/AWSEvents/operation/PutEvents"), "UnknownOperationException",
            "PutEvents of AWSEvents", space=other)
    refused(ask("ListMetrics", {}, X_Amz_Target=f"{SERVICE}.ListMetrics"), "BadRequestException", "X-Amz-Target")
    refused(ask("ListMetrics", {}, Content_Type="application/json"), "BadRequestException", "application/cbor")
    refused(ask("ListMetrics", {}, Smithy_Protocol="rpc-v2-json"), "BadRequestException", "rpc-v2-json")
    assert ask("ListMetrics", {}, Smithy_Protocol=None).status == 404
    assert ask("ListMetrics", method="GET").status == 404
    assert ask("", {}, path=f"/{SERVICE}/operation/ListMetrics").status == 404


def test_they_are_counted_with_the_others(ask, server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)

    def counted():
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
        wanted = 'crema_requests_total{service="monitoring",operation="ListMetrics",answer="ok"}'
        return sum(float(line.split()[-1]) for line in lines if line.startswith(wanted))

    before = counted()
    assert ask("ListMetrics", {}).status == 200
    assert counted() == before + 1
    connection.close()
