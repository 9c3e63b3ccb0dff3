"""The wire front end: protocols, error forms, signatures. Most of it with plain HTTP, as any client might send it."""
import datetime
import http.client
import json
import shutil
import socket
import tempfile
import threading
import zlib

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.exceptions
import botocore.model
import botocore.session
import pytest

from conftest import eventually

KEY, SECRET, KEY_ACCOUNT = "AKIDWIRE", "a/secret+with=signs", "123456789012"


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)


def ask(server, method="POST", path="/", body=b"", headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        return Answer(connection.getresponse())
    finally:
        connection.close()


def call(server, target, body=b"{}", version="1.1", **headers):
    if not isinstance(body, (bytes, str)):
        body = json.dumps(body)
    sent = {"X-Amz-Target": target, "Content-Type": f"application/x-amz-json-{version}"}
    sent.update({name.replace("_", "-"): value for name, value in headers.items()})
    return ask(server, body=body, headers=sent)


def is_request_id(text):
    parts = text.split("-")
    return [len(part) for part in parts] == [8, 4, 4, 4, 12]


def refused(answer, name, message, status=400):
    assert answer.status == status, answer.body
    assert answer.json["message"] == message
    assert answer.json["__type"].rsplit("#", 1)[-1] == name
    assert answer.headers["x-amzn-errortype"] == name
    assert is_request_id(answer.headers["x-amzn-requestid"])
    assert set(answer.json) == {"__type", "message"}


# ---- what is not an operation ----

def test_health(server):
    answer = ask(server, "GET", "/healthz")
    assert (answer.status, answer.body) == (200, b"ok\n")
    assert ask(server, "HEAD", "/healthz").status == 200


def test_page_for_people(server):
    answer = ask(server, "GET", "/")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert b"Crema" in answer.body


def test_metrics_count_requests(server):
    def count(answer):
        for line in ask(server, "GET", "/metrics").body.decode().splitlines():
            name = 'crema_requests_total{service="logs",operation="DescribeLogStreams",answer="%s"} ' % answer
            if line.startswith(name):
                return int(line[len(name):])
        return 0

    before = count("refused")
    call(server, "Logs_20140328.DescribeLogStreams", {"logGroupName": "a b"})
    call(server, "Logs_20140328.DescribeLogStreams", {"logGroupName": "nowhere"})
    assert count("refused") == before + 2
    for line in ask(server, "GET", "/metrics").body.decode().splitlines():
        assert line.startswith("#") or len(line.rsplit(" ", 1)) == 2 and float(line.rsplit(" ", 1)[1]) >= 0


@pytest.mark.parametrize("method, path, status", [
    ("GET", "/nothing", 404), ("POST", "/nothing", 404), ("POST", "/service/Crema/operation/X", 404),
    ("PUT", "/", 405), ("DELETE", "/", 405), ("OPTIONS", "/", 405), ("PUT", "/schedules/x", 404)])
def test_other_paths_and_methods(server, method, path, status):
    answer = ask(server, method, path)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/json"
    assert answer.json["__type"] == "UnknownOperationException"
    assert path in answer.json["message"]
    assert is_request_id(answer.headers["x-amzn-requestid"])


# ---- unknown and refused operations ----

@pytest.mark.parametrize("target, name", [
    ("AWSEvents.CreateArchive", "CreateArchive of events"),
    ("Logs_20140328.PutIndexPolicy", "PutIndexPolicy of logs"),
    ("DynamoDB_20120810.TransactWriteItems", "TransactWriteItems of dynamodb")])
def test_operations_that_crema_does_not_have(server, target, name):
    refused(call(server, target), "UnknownOperationException", f"Crema does not have the operation {name}.")


def test_operations_that_nobody_has(server):
    refused(call(server, "AWSEvents.PutCoffee"), "UnknownOperationException",
            "There is no operation AWSEvents.PutCoffee.")
    refused(call(server, "AmazonSQS.SendMessage"), "UnknownOperationException",
            "Crema does not have the service of the operation AmazonSQS.SendMessage.")
    refused(call(server, "sts.GetCallerIdentity"), "UnknownOperationException",
            "Crema does not have the service of the operation sts.GetCallerIdentity.")
    refused(call(server, "nonsense"), "UnknownOperationException",
            "Crema does not have the service of the operation nonsense.")
    refused(ask(server, body=b"{}"), "UnknownOperationException",
            "The request names no operation: it has no X-Amz-Target header and no Action.")


def test_boto_knows_a_refused_operation(server):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        server.client("events").list_archives()
    assert caught.value.response["Error"] == {"Code": "UnknownOperationException",
                                              "Message": "Crema does not have the operation ListArchives of events."}


# ---- bodies ----

def test_body_that_is_not_json(server):
    answer = call(server, "Logs_20140328.DescribeLogGroups", b"{'a': 1}")
    assert answer.status == 400
    assert answer.json["__type"] == "SerializationException"
    assert "line 1, column" in answer.json["message"]
    answer = call(server, "DynamoDB_20120810.ListTables", b"{", version="1.0")
    assert answer.json["__type"] == "com.amazon.coral.service#SerializationException"


def test_wrong_types(server):
    refused(call(server, "Logs_20140328.DescribeLogGroups", {"limit": "5"}), "SerializationException",
            "STRING_VALUE can not be converted to an Integer")
    refused(call(server, "AWSEvents.PutEvents", {"Entries": {}}), "SerializationException",
            "Start of structure or map found where not expected.")
    refused(call(server, "DynamoDB_20120810.GetItem", {"TableName": 1}), "SerializationException",
            "NUMBER_VALUE cannot be converted to String")


def test_constraints(server):
    refused(call(server, "Logs_20140328.GetLogEvents", {"logGroupName": "g", "logStreamName": "s", "limit": 10001}),
            "InvalidParameterException",
            "1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: "
            "Member must have value less than or equal to 10000")
    refused(call(server, "AWSEvents.PutRule", {"Name": "Invalid Name With Spaces!"}), "ValidationException",
            "1 validation error detected: Value 'Invalid Name With Spaces!' at 'name' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+")
    refused(call(server, "AWSStepFunctions.StopExecution", {}, version="1.0"), "ValidationException",
            "1 validation error detected: Value null at 'executionArn' failed to satisfy constraint: "
            "Member must not be null")


def test_nulls_are_absent(server):
    answer = call(server, "Logs_20140328.DescribeLogGroups", {"logGroupNamePrefix": None, "limit": 1, "other": {}})
    assert answer.status == 200, answer.body
    assert "null" not in answer.body.decode()


def test_body_may_be_left_out(server):
    answer = call(server, "Logs_20140328.DescribeLogGroups", b"")
    assert answer.status == 200, answer.body


@pytest.mark.parametrize("target, length", [
    ("AWSEvents.ListRules", 2 << 20), ("AWSEvents.PutEvents", 5 << 20), ("Logs_20140328.PutLogEvents", 5 << 20)])
def test_body_that_is_too_large(server, target, length):
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(f"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: {target}\r\n"
                           f"Content-Length: {length}\r\n\r\n".encode())
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert answer.status == 413
        body = json.loads(answer.read())
        assert body["__type"] == "RequestEntityTooLargeException"
        assert answer.getheader("Content-Type") == "application/x-amz-json-1.1"


def test_malformed_http_reads_as_an_error_of_the_api(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost : x\r\n\r\n")
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert answer.status == 400
        body = json.loads(answer.read())
        assert body["__type"] == "BadRequestException" and body["message"]


# ---- answers ----

@pytest.mark.parametrize("target, version", [
    ("AWSEvents.ListEventBuses", "1.1"), ("Logs_20140328.DescribeLogGroups", "1.1"),
    ("AWSStepFunctions.ListStateMachines", "1.0"), ("DynamoDB_20120810.ListTables", "1.0")])
def test_content_types_are_those_of_the_services(server, target, version):
    for body in (b"{}", b"]"):
        answer = call(server, target, body, version=version)
        assert answer.headers["content-type"] == f"application/x-amz-json-{version}"
        assert is_request_id(answer.headers["x-amzn-requestid"])


def test_dynamodb_answers_carry_their_checksum(server):
    for body in (b"{}", b"]"):
        answer = call(server, "DynamoDB_20120810.ListTables", body, version="1.0")
        assert int(answer.headers["x-amz-crc32"]) == zlib.crc32(answer.body)
    assert "x-amz-crc32" not in call(server, "Logs_20140328.DescribeLogGroups").headers


def test_request_ids_differ(server):
    ids = {call(server, "Logs_20140328.DescribeLogGroups").headers["x-amzn-requestid"] for _ in range(20)}
    assert len(ids) == 20


@pytest.mark.parametrize("prefix", ["sync-", "stream-", "streaming-"])
def test_host_prefixes_are_taken(server, prefix):
    assert call(server, "Logs_20140328.DescribeLogGroups", Host=f"{prefix}localhost:{server.port}").status == 200


def test_absolute_targets_are_taken(server):
    answer = ask(server, path=f"http://127.0.0.1:{server.port}/", body=b"{}",
                 headers={"X-Amz-Target": "Logs_20140328.DescribeLogGroups"})
    assert answer.status == 200


# ---- STS, the query protocol ----

def test_caller_identity(server):
    identity = server.client("sts").get_caller_identity()
    assert identity["Account"] == "000000000000"
    assert identity["Arn"] == "arn:aws:iam::000000000000:user/test"
    assert identity["UserId"] == "test"
    assert is_request_id(identity["ResponseMetadata"]["RequestId"])
    identity = server.client("sts", key="111122223333").get_caller_identity()
    assert identity["Account"] == "111122223333"
    assert identity["Arn"] == "arn:aws:iam::111122223333:root"


def test_query_protocol_by_hand(server):
    form = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    answer = ask(server, body="Action=GetCallerIdentity&Version=2011-06-15", headers=form)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/xml"
    assert answer.body.startswith(b'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">')
    assert ask(server, "GET", "/?Action=GetCallerIdentity&Version=2011-06-15").status == 200
    answer = ask(server, body="Action=Get%CallerIdentity", headers=form)
    assert answer.status == 400 and answer.body.startswith(b"<ErrorResponse ")


def test_query_operations_that_crema_does_not_have(server):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        server.client("sts").get_session_token()
    assert caught.value.response["Error"]["Code"] == "UnknownOperationException"
    assert caught.value.response["Error"]["Message"] == "Crema does not have the operation GetSessionToken of sts."
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        server.client("iam").list_users()
    assert caught.value.response["Error"]["Code"] == "UnknownOperationException"
    assert "ListUsers (version 2010-05-08)" in caught.value.response["Error"]["Message"]


def test_aws_cli(aws):
    assert aws("sts", "get-caller-identity")["Account"] == "000000000000"


# ---- who asks ----

def test_regions_and_accounts_are_apart(server):
    name = "wire-apart"
    here = server.client("logs")
    here.create_log_group(logGroupName=name)

    def groups(**who):
        found = server.client("logs", **who).describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        return [group["arn"] for group in found]

    assert groups() == [f"arn:aws:logs:us-east-1:000000000000:log-group:{name}:*"]
    assert groups(region="eu-west-1") == []
    assert groups(key="111122223333") == []
    server.client("logs", region="eu-west-1", key="111122223333").create_log_group(logGroupName=name)
    assert groups(region="eu-west-1", key="111122223333") == [f"arn:aws:logs:eu-west-1:111122223333:log-group:{name}:*"]
    here.delete_log_group(logGroupName=name)
    assert groups() == []


def test_requests_need_no_signature(server):
    assert call(server, "Logs_20140328.DescribeLogGroups").status == 200
    assert call(server, "Logs_20140328.DescribeLogGroups", Authorization="Basic abc").status == 200


def test_signatures_that_cannot_be_read(server):
    refused(call(server, "Logs_20140328.DescribeLogGroups", Authorization="AWS4-HMAC-SHA256 Credential=a/b"),
            "IncompleteSignatureException",
            "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' "
            "parameter. Authorization=AWS4-HMAC-SHA256")
    refused(call(server, "Logs_20140328.DescribeLogGroups",
                 Authorization="AWS4-HMAC-SHA256 Credential=a/20240101/us-east-1/logs, SignedHeaders=host, "
                               "Signature=0"),
            "IncompleteSignatureException",
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got "
            "'a/20240101/us-east-1/logs'")
    refused(call(server, "Logs_20140328.DescribeLogGroups",
                 Authorization="AWS4-HMAC-SHA256 Credential=a/20240101/US EAST/logs/aws4_request, SignedHeaders=host, "
                               "Signature=0"),
            "IncompleteSignatureException", "Credential should be scoped to a valid region, not 'US EAST'.")


# ---- with keys: every signature is verified ----

@pytest.fixture(scope="module")
def guarded():
    from conftest import Server
    one = Server("--key", f"{KEY}:{SECRET}:{KEY_ACCOUNT}", "--key", "AKIDOTHER:other")
    yield one
    assert one.close() in (None, 0), one.errors()


def signed(server, target, body=b"{}", minutes=0, secret=SECRET, key=KEY, service="logs", change=None, data=None):
    """A request that botocore signs as if it were some minutes ago; change() may spoil it afterwards."""
    request = botocore.awsrequest.AWSRequest(
        method="POST", url=f"http://127.0.0.1:{server.port}/", data=body,
        headers={"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"})
    signer = botocore.auth.SigV4Auth(botocore.credentials.Credentials(key, secret), service, "us-east-1")
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None) - datetime.timedelta(minutes=minutes)
    request.context["timestamp"] = now.strftime("%Y%m%dT%H%M%SZ")
    signer._modify_request_before_signing(request)
    canonical = signer.canonical_request(request)
    signer._inject_signature_to_request(
        request, signer.signature(signer.string_to_sign(request, canonical), request))
    headers = dict(request.headers.items())
    if change:
        change(headers)
    return ask(server, body=data or body, headers=headers)


def test_verified_requests_pass(guarded):
    logs = guarded.client("logs", key=KEY, secret=SECRET)
    logs.create_log_group(logGroupName="guarded")
    (group,) = logs.describe_log_groups()["logGroups"]
    assert group["arn"] == f"arn:aws:logs:us-east-1:{KEY_ACCOUNT}:log-group:guarded:*"
    assert guarded.client("sts", key=KEY, secret=SECRET).get_caller_identity()["Account"] == KEY_ACCOUNT
    assert guarded.client("sts", key="AKIDOTHER", secret="other").get_caller_identity()["Account"] == "000000000000"
    assert guarded.client("logs", key="AKIDOTHER", secret="other").describe_log_groups()["logGroups"] == []
    assert signed(guarded, "Logs_20140328.DescribeLogGroups").status == 200
    assert signed(guarded, "Logs_20140328.DescribeLogGroups", minutes=4).status == 200
    assert signed(guarded, "Logs_20140328.DescribeLogGroups", minutes=-4).status == 200


def test_presigned_requests_pass(guarded):
    url = guarded.client("sts", key=KEY, secret=SECRET).generate_presigned_url("get_caller_identity", ExpiresIn=60)
    path = url[url.index("/", 8):]
    answer = ask(guarded, "POST", path, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 200, answer.body


def test_wrong_secret(guarded):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        guarded.client("logs", key=KEY, secret="wrong").describe_log_groups()
    error = caught.value.response["Error"]
    assert error["Code"] == "InvalidSignatureException"
    assert error["Message"].startswith(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
        "Key and signing method. Consult the service documentation for details.")
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        guarded.client("sts", key=KEY, secret="wrong").get_caller_identity()
    assert caught.value.response["Error"]["Code"] == "SignatureDoesNotMatch"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_unknown_key(guarded):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        guarded.client("logs", key="nobody", secret=SECRET).describe_log_groups()
    assert caught.value.response["Error"] == {"Code": "UnrecognizedClientException",
                                              "Message": "The security token included in the request is invalid."}
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        guarded.client("sts", key=KEY_ACCOUNT, secret=SECRET).get_caller_identity()
    assert caught.value.response["Error"]["Code"] == "InvalidClientTokenId"


def test_no_signature(guarded):
    refused(call(guarded, "Logs_20140328.DescribeLogGroups"), "MissingAuthenticationTokenException",
            "Missing Authentication Token")
    refused(call(guarded, "Logs_20140328.NoSuchThing"), "MissingAuthenticationTokenException",
            "Missing Authentication Token")
    refused(call(guarded, "Nobody.NoSuchThing"), "MissingAuthenticationTokenException", "Missing Authentication Token")
    assert ask(guarded, "GET", "/healthz").status == 200


@pytest.mark.parametrize("minutes, words", [(6, "Signature expired: "), (-6, "Signature not yet current: ")])
def test_skew(guarded, minutes, words):
    answer = signed(guarded, "Logs_20140328.DescribeLogGroups", minutes=minutes)
    assert answer.status == 400
    assert answer.json["__type"] == "InvalidSignatureException"
    assert answer.json["message"].startswith(words)
    if minutes > 0:
        assert "is now earlier than" in answer.json["message"] and answer.json["message"].endswith("- 5 min.)")


def test_what_was_changed_on_the_way(guarded):
    target = "Logs_20140328.DescribeLogGroups"

    def spoil(name, value):
        return lambda headers: headers.__setitem__(name, value)

    for change in (spoil("X-Amz-Target", "Logs_20140328.DeleteLogGroup"), spoil("Content-Type", "text/plain"),
                   spoil("Host", "elsewhere")):
        assert signed(guarded, target, change=change).json["__type"] == "InvalidSignatureException"
    answer = signed(guarded, target, data=b'{"limit": 1}')
    assert answer.json["__type"] == "InvalidSignatureException"
    assert answer.json["message"].startswith("The request signature we calculated does not match")


def test_signed_for_another_service(guarded):
    answer = signed(guarded, "Logs_20140328.DescribeLogGroups", service="events")
    assert answer.json["__type"] == "InvalidSignatureException"
    assert answer.json["message"] == "Credential should be scoped to correct service: 'logs'."


def test_headers_that_must_be_signed(guarded):
    def unsign(headers):
        headers["Authorization"] = headers["Authorization"].replace(";x-amz-target", "")
    answer = signed(guarded, "Logs_20140328.DescribeLogGroups", change=unsign)
    assert answer.json["message"] == "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization."


# ---- when writes cannot be taken ----

def test_a_full_disk_is_a_503_that_clients_retry_and_reads_go_on(new_server):
    wanted = 1 << 40
    if shutil.disk_usage(tempfile.gettempdir()).free > wanted:
        pytest.skip("this machine has more than 1 TiB of free disk: it cannot be made to seem full")
    server = new_server("--disk-free-bytes-min", str(wanted))
    answer = call(server, "Logs_20140328.CreateLogGroup", {"logGroupName": "full"})
    refused(answer, "ServiceUnavailableException",
            "There is no room left on the server's disk. Nothing was written.", status=503)
    answer = call(server, "DynamoDB_20120810.DeleteTable", {"TableName": "full"}, version="1.0")
    refused(answer, "ServiceUnavailable", "There is no room left on the server's disk. Nothing was written.",
            status=503)
    assert call(server, "Logs_20140328.DescribeLogGroups").json == {"logGroups": []}
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        server.client("logs").create_log_group(logGroupName="full")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert 'operation="CreateLogGroup",answer="failed"} 2' in ask(server, "GET", "/metrics").body.decode()


def test_a_full_queue_is_a_503_and_what_it_refused_was_not_done(new_server):
    server = new_server("--queue-max", "1")
    # The queue's one place may be taken by what the server writes of itself.
    eventually(lambda: call(server, "Logs_20140328.CreateLogGroup", {"logGroupName": "queue"}).status == 200)
    done, turned_away = set(), set()

    def write(thread):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        for number in range(60):
            name = f"{thread}-{number}"
            connection.request("POST", "/", body=json.dumps({"logGroupName": "queue", "logStreamName": name}),
                               headers={"X-Amz-Target": "Logs_20140328.CreateLogStream"})
            answer = Answer(connection.getresponse())
            if answer.status == 200:
                done.add(name)
            else:
                refused(answer, "ServiceUnavailableException", "Too many writes are waiting. Please try again.",
                        status=503)
                turned_away.add(name)
        connection.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) + len(turned_away) == 16 * 60
    assert turned_away, "the queue was never full"
    pages = server.client("logs").get_paginator("describe_log_streams").paginate(logGroupName="queue")
    assert {stream["logStreamName"] for page in pages for stream in page["logStreams"]} == done
