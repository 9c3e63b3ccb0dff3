"""CloudWatch Logs over the wire: every operation, its errors in the service's words, paging and limits."""
import json
import time
import uuid

import pytest
from botocore.exceptions import ClientError

from conftest import ACCOUNT, REGION, AwsError, eventually
from wire import Refused, Wire

DAY = 86400000
HOUR = 3600000


def now():
    return int(time.time() * 1000)


@pytest.fixture
def group(logs):
    name = "/road/" + uuid.uuid4().hex
    logs.create_log_group(logGroupName=name)
    yield name
    try:
        logs.delete_log_group(logGroupName=name)
    except logs.exceptions.ResourceNotFoundException:
        pass


@pytest.fixture
def stream(logs, group):
    logs.create_log_stream(logGroupName=group, logStreamName="stream")
    return "stream"


def refused(call, name, text, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == (name, text)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.fixture
def wire(server):
    """For members that this boto3 does not know yet."""
    one = Wire(server.port)
    yield one
    one.close()


def refused_raw(wire, operation, name, text, **body):
    with pytest.raises(Refused) as caught:
        wire("logs", operation, **body)
    assert (caught.value.status, caught.value.name, caught.value.text) == (400, name, text)


NO_GROUP = ("ResourceNotFoundException", "The specified log group does not exist.")
NO_STREAM = ("ResourceNotFoundException", "The specified log stream does not exist.")
BAD_TOKEN = ("InvalidParameterException", "The specified nextToken is invalid.")


def put(logs, group, stream, events):
    return logs.put_log_events(logGroupName=group, logStreamName=stream,
                               logEvents=[{"timestamp": t, "message": m} for t, m in events])


def get(logs, group, stream, **options):
    answer = logs.get_log_events(logGroupName=group, logStreamName=stream, **options)
    return [e["message"] for e in answer["events"]], answer


def search(logs, group, **options):
    """All pages of FilterLogEvents."""
    events, pages = [], 0
    while True:
        answer = logs.filter_log_events(logGroupName=group, **options)
        assert answer["searchedLogStreams"] == []
        events += answer["events"]
        pages += 1
        if "nextToken" not in answer:
            return events, pages
        options["nextToken"] = answer["nextToken"]


# ---- groups ----

def test_group_as_described(wire, group):
    before = now()
    described = wire("logs", "DescribeLogGroups", logGroupNamePrefix=group)["logGroups"]
    assert len(described) == 1
    created = described[0].pop("creationTime")
    assert before - 60000 < created <= before
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"
    assert described[0] == {"logGroupName": group, "metricFilterCount": 0, "storedBytes": 0, "arn": arn + ":*",
                            "logGroupArn": arn, "logGroupClass": "STANDARD", "deletionProtectionEnabled": False}


def test_group_errors(logs, group):
    refused(logs.create_log_group, "ResourceAlreadyExistsException", "The specified log group already exists",
            logGroupName=group)
    refused(logs.delete_log_group, *NO_GROUP, logGroupName="none")
    refused(logs.create_log_group, "InvalidParameterException", "Log groups starting with AWS/ are reserved for AWS.",
            logGroupName="aws/mine")
    refused(logs.create_log_group, "InvalidParameterException",
            "kmsKeyId is not supported: Crema does not encrypt log groups.", logGroupName="encrypted",
            kmsKeyId="arn:aws:kms:x")
    with pytest.raises(ClientError) as caught:
        logs.create_log_group(logGroupName="x" * 513)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"
    assert "Member must have length less than or equal to 512" in caught.value.response["Error"]["Message"]
    with pytest.raises(ClientError) as caught:
        logs.create_log_group(logGroupName="no spaces")
    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"
    assert "Member must satisfy regular expression pattern" in caught.value.response["Error"]["Message"]


def test_newer_members(wire, group):
    head = "class-" + uuid.uuid4().hex[:8]
    for name in ("STANDARD", "INFREQUENT_ACCESS", "DELIVERY"):
        wire("logs", "CreateLogGroup", logGroupName=f"{head}/{name}", logGroupClass=name)
    groups = wire("logs", "DescribeLogGroups", logGroupNamePrefix=head)["logGroups"]
    assert [g["logGroupClass"] for g in groups] == ["DELIVERY", "INFREQUENT_ACCESS", "STANDARD"]
    groups = wire("logs", "DescribeLogGroups", logGroupNamePrefix=head, logGroupClass="DELIVERY")["logGroups"]
    assert [g["logGroupName"] for g in groups] == [head + "/DELIVERY"]
    groups = wire("logs", "DescribeLogGroups", logGroupIdentifiers=[head + "/STANDARD", "none", group])["logGroups"]
    assert [g["logGroupName"] for g in groups] == [head + "/STANDARD", group]
    refused_raw(wire, "DescribeLogGroups", "InvalidParameterException",
                "logGroupIdentifiers cannot be combined with a log group name prefix or pattern.",
                logGroupIdentifiers=[group], logGroupNamePrefix=head)
    with pytest.raises(Refused) as caught:
        wire("logs", "CreateLogGroup", logGroupName=head, logGroupClass="COLD")
    assert caught.value.name == "InvalidParameterException"
    assert "Member must satisfy enum value set" in caught.value.text
    # A group by its ARN.
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"
    wire("logs", "CreateLogStream", logGroupName=group, logStreamName="s")
    for operation in ("DescribeLogStreams", "FilterLogEvents", "GetLogEvents"):
        more = {"logStreamName": "s"} if operation == "GetLogEvents" else {}
        for identifier in (arn, group):
            wire("logs", operation, logGroupIdentifier=identifier, **more)
        refused_raw(wire, operation, "ValidationException",
                    "LogGroup name and LogGroup ARN are mutually exclusive parameters.", logGroupName=group,
                    logGroupIdentifier=arn, **more)
        refused_raw(wire, operation, *NO_GROUP, logGroupIdentifier=arn + "none", **more)
        refused_raw(wire, operation, *NO_GROUP, logGroupIdentifier=arn.replace(REGION, "mars-1"), **more)
    # Entities are not kept, and the answer says so.
    answer = wire("logs", "PutLogEvents", logGroupName=group, logStreamName="s",
                  logEvents=[{"timestamp": now(), "message": "with entity"}],
                  entity={"keyAttributes": {"Type": "Service", "Name": "n"}})
    assert answer["rejectedEntityInfo"] == {"errorType": "UnsupportedLogGroupType"}
    refused_raw(wire, "PutResourcePolicy", "InvalidParameterException",
                "Resource policies of a single log group (resourceArn, expectedRevisionId, policyScope RESOURCE) are "
                "not "
                "supported yet.", policyDocument="{}", resourceArn=arn)


def test_groups_paged(logs):
    head = "paged-" + uuid.uuid4().hex[:8]
    names = [f"{head}/{i:03d}" for i in range(120)]
    for name in reversed(names):
        logs.create_log_group(logGroupName=name)
    seen, pages, options = [], 0, {}
    while True:
        answer = logs.describe_log_groups(logGroupNamePrefix=head, **options)
        assert len(answer["logGroups"]) <= 50
        seen += [g["logGroupName"] for g in answer["logGroups"]]
        pages += 1
        if "nextToken" not in answer:
            break
        options["nextToken"] = answer["nextToken"]
    assert seen == names and pages == 3
    assert [g["logGroupName"]
            for g in logs.describe_log_groups(logGroupNamePrefix=head, limit=2)["logGroups"]] == names[:2]
    assert len(logs.get_paginator("describe_log_groups").paginate(
        logGroupNamePrefix=head, PaginationConfig={"PageSize": 7}).build_full_result()["logGroups"]) == 120
    found = logs.describe_log_groups(logGroupNamePattern=head[2:] + "/01")["logGroups"]
    assert [g["logGroupName"] for g in found] == names[10:20]
    assert set(found[0]) == {"logGroupName", "arn", "creationTime"}
    refused(logs.describe_log_groups, "InvalidParameterException",
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
            logGroupNamePrefix="a", logGroupNamePattern="b")
    refused(logs.describe_log_groups, *BAD_TOKEN, nextToken="none")
    with pytest.raises(ClientError) as caught:
        logs.describe_log_groups(limit=51)
    assert "at 'limit' failed to satisfy constraint" in caught.value.response["Error"]["Message"]
    for name in names:
        logs.delete_log_group(logGroupName=name)
    assert logs.describe_log_groups(logGroupNamePrefix=head)["logGroups"] == []


def test_group_deleted_with_all_it_held(logs, group, stream):
    put(logs, group, stream, [(now(), "a"), (now(), "b")])
    logs.tag_log_group(logGroupName=group, tags={"a": "b"})
    logs.delete_log_group(logGroupName=group)
    refused(logs.describe_log_streams, *NO_GROUP, logGroupName=group)
    refused(logs.list_tags_log_group, *NO_GROUP, logGroupName=group)
    logs.create_log_group(logGroupName=group)
    assert logs.describe_log_streams(logGroupName=group)["logStreams"] == []
    assert logs.filter_log_events(logGroupName=group)["events"] == []
    assert logs.list_tags_log_group(logGroupName=group)["tags"] == {}


def test_groups_of_regions_are_apart(server, logs, group):
    elsewhere = server.client("logs", region="eu-central-1")
    assert elsewhere.describe_log_groups(logGroupNamePrefix=group)["logGroups"] == []
    refused(elsewhere.describe_log_streams, *NO_GROUP, logGroupName=group)


# ---- retention ----

def test_retention(logs, group):
    logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["retentionInDays"] == 7
    logs.delete_retention_policy(logGroupName=group)
    assert "retentionInDays" not in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]
    text = ("Invalid retention value. Valid values are: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731,"
            " "
            "1096, 1827, 2192, 2557, 2922, 3288, 3653]")
    for days in (0, 2, -1, 3654):
        refused(logs.put_retention_policy, "InvalidParameterException", text, logGroupName=group, retentionInDays=days)
    refused(logs.put_retention_policy, *NO_GROUP, logGroupName="none", retentionInDays=7)
    refused(logs.delete_retention_policy, *NO_GROUP, logGroupName="none")


def test_events_expire(new_server):
    server = new_server()
    logs = server.client("logs")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    logs.put_retention_policy(logGroupName="g", retentionInDays=1)
    at = now()
    put(logs, "g", "s", [(at - DAY + HOUR, "old"), (at, "new")])
    assert get(logs, "g", "s")[0] == ["old", "new"]
    assert logs.describe_log_groups()["logGroups"][0]["storedBytes"] == 2 * (3 + 26)
    server.stop()
    server.arguments = ["--clock-offset-ms", str(2 * HOUR)]
    server.start()
    logs = server.client("logs")
    assert get(logs, "g", "s")[0] == ["new"]
    assert [e["message"] for e in search(logs, "g")[0]] == ["new"]
    # The sweep deletes it for good.
    assert eventually(lambda: logs.describe_log_groups()["logGroups"][0]["storedBytes"] == 3 + 26)
    assert logs.describe_log_streams(logGroupName="g")["logStreams"][0]["firstEventTimestamp"] == at
    logs.delete_retention_policy(logGroupName="g")
    assert get(logs, "g", "s")[0] == ["new"]


# ---- streams ----

def test_stream_as_described(logs, group, stream):
    described = logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert abs(described[0].pop("creationTime") - now()) < 60000
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:log-stream:stream"
    assert described == [{"logStreamName": "stream", "arn": arn, "storedBytes": 0}]
    at = now()
    token = put(logs, group, stream, [(at - 5, "a"), (at, "b")])["nextSequenceToken"]
    one = logs.describe_log_streams(logGroupName=group)["logStreams"][0]
    assert (one["firstEventTimestamp"], one["lastEventTimestamp"], one["uploadSequenceToken"]) == (at - 5, at, token)
    assert at <= one["lastIngestionTime"] <= now()


def test_stream_errors(logs, group, stream):
    refused(logs.create_log_stream, "ResourceAlreadyExistsException", "The specified log stream already exists",
            logGroupName=group, logStreamName=stream)
    refused(logs.create_log_stream, *NO_GROUP, logGroupName="none", logStreamName=stream)
    refused(logs.delete_log_stream, *NO_GROUP, logGroupName="none", logStreamName=stream)
    refused(logs.delete_log_stream, *NO_STREAM, logGroupName=group, logStreamName="none")
    with pytest.raises(ClientError) as caught:
        logs.create_log_stream(logGroupName=group, logStreamName="a:b")
    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"
    assert "Member must satisfy regular expression pattern" in caught.value.response["Error"]["Message"]
    refused(logs.describe_log_streams, "InvalidParameterException",
            "Cannot order by LastEventTime with a logStreamNamePrefix.", logGroupName=group,
            orderBy="LastEventTime", logStreamNamePrefix="s")
    refused(logs.describe_log_streams, *BAD_TOKEN, logGroupName=group, nextToken="none")


def test_a_name_is_told_whole(wire, group):
    """A name may hold what ends a text elsewhere."""
    for name in ("a\0b", "a"):
        wire("logs", "CreateLogStream", logGroupName=group, logStreamName=name)
    streams = wire("logs", "DescribeLogStreams", logGroupName=group)["logStreams"]
    assert [stream["logStreamName"] for stream in streams] == ["a", "a\0b"]
    assert all(stream["arn"].endswith(":log-stream:" + stream["logStreamName"]) for stream in streams)
    token = wire("logs", "GetLogEvents", logGroupName=group, logStreamName="a")["nextForwardToken"]
    with pytest.raises(Refused, match="The specified nextToken is invalid."):
        wire("logs", "GetLogEvents", logGroupName=group, logStreamName="a\0b", nextToken=token)


def test_stream_deleted(logs, group, stream):
    at = now()
    put(logs, group, stream, [(at, "a"), (at, "b")])
    logs.delete_log_stream(logGroupName=group, logStreamName=stream)
    assert logs.describe_log_streams(logGroupName=group)["logStreams"] == []
    assert search(logs, group)[0] == []
    refused(logs.get_log_events, *NO_STREAM, logGroupName=group, logStreamName=stream)
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    assert get(logs, group, stream)[0] == []


def pages_of_streams(logs, group, **options):
    seen = []
    while True:
        answer = logs.describe_log_streams(logGroupName=group, **options)
        assert len(answer["logStreams"]) <= options.get("limit", 50)
        seen += [s["logStreamName"] for s in answer["logStreams"]]
        if "nextToken" not in answer:
            return seen
        options["nextToken"] = answer["nextToken"]


def test_streams_paged_in_both_orders(logs, group):
    names = [f"s/{i:03d}" for i in range(120)]
    at = now()
    order = sorted(names, key=lambda name: hash(name))
    for i, name in enumerate(order):
        logs.create_log_stream(logGroupName=group, logStreamName=name)
        put(logs, group, name, [(at - 1000 + i, "first")])
        if i % 4 == 0:  # of one event, and of several
            put(logs, group, name, [(at - 2000, "earlier"), (at - 1000 + i, "second")])
    assert pages_of_streams(logs, group) == names
    assert pages_of_streams(logs, group, descending=True, limit=7) == names[::-1]
    assert pages_of_streams(logs, group, logStreamNamePrefix="s/01") == names[10:20]
    assert pages_of_streams(logs, group, orderBy="LastEventTime", limit=11) == order
    assert pages_of_streams(logs, group, orderBy="LastEventTime", descending=True) == order[::-1]
    # A token is of its list.
    token = logs.describe_log_streams(logGroupName=group)["nextToken"]
    refused(logs.describe_log_streams, *BAD_TOKEN, logGroupName=group, orderBy="LastEventTime", nextToken=token)


# ---- events ----

def test_put_and_get(logs, group, stream):
    at = now()
    answer = put(logs, group, stream, [(at, "one"), (at, "zwei ☕ \U0001F600"), (at + 1, '{"three":3}\nline\t"q" \\')])
    assert len(answer["nextSequenceToken"]) == 56 and "rejectedLogEventsInfo" not in answer
    events = logs.get_log_events(logGroupName=group, logStreamName=stream)["events"]
    assert [(e["timestamp"], e["message"]) for e in events] == [
        (at, "one"), (at, "zwei ☕ \U0001F600"), (at + 1, '{"three":3}\nline\t"q" \\')]
    assert all(at <= e["ingestionTime"] <= now() for e in events)
    # Tokens are accepted, right or wrong.
    logs.put_log_events(logGroupName=group, logStreamName=stream, sequenceToken="anything",
                        logEvents=[{"timestamp": at + 2, "message": "four"}])
    assert get(logs, group, stream)[0][-1] == "four"


def test_put_errors(logs, group, stream):
    at = now()
    where = {"logGroupName": group, "logStreamName": stream}

    def events(*list_of):
        return [{"timestamp": t, "message": m} for t, m in list_of]

    refused(logs.put_log_events, *NO_GROUP, **dict(where, logGroupName="none"), logEvents=events((at, "a")))
    refused(logs.put_log_events, *NO_STREAM, **dict(where, logStreamName="none"), logEvents=events((at, "a")))
    refused(logs.put_log_events, "InvalidParameterException",
            "Log events in a single PutLogEvents request must be in chronological order.", **where,
            logEvents=events((at, "a"), (at - 1, "b")))
    refused(logs.put_log_events, "InvalidParameterException",
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.", **where,
            logEvents=events((at - DAY - 1000, "a"), (at, "b")))
    most = 1048576 - 26
    refused(logs.put_log_events, "InvalidParameterException",
            "Log event too large: 1048577 bytes exceeds limit of 1048576", **where,
            logEvents=events((at, "x" * (most + 1))))
    refused(logs.put_log_events, "InvalidParameterException",
            "Upload too large: 1048604 bytes exceeds limit of 1048576", **where,
            logEvents=events((at, "x" * (most // 2)), (at, "x" * (most // 2 + 2))))
    for wrong, words in (([], "greater than or equal to 1"), ([(at, "")], "greater than or equal to 1"),
                         ([(at, "x")] * 10001, "less than or equal to 10000")):
        with pytest.raises(ClientError) as caught:
            logs.put_log_events(**where, logEvents=events(*wrong))
        assert caught.value.response["Error"]["Code"] == "InvalidParameterException"
        assert words in caught.value.response["Error"]["Message"]
    assert get(logs, group, stream)[0] == []
    put(logs, group, stream, [(at, "x" * most)])
    put(logs, group, stream, [(at, "y")] * 10000)
    assert len(get(logs, group, stream, startFromHead=True, startTime=at)[0]) == 1  # the large one fills a page


def test_rejected(logs, group, stream):
    at = now()
    answer = put(logs, group, stream,
                 [(at - 15 * DAY, "too old"), (at - 14 * DAY - 60000, "too old"), (at - HOUR, "kept"),
                                       (at + HOUR, "kept too"), (at + 2 * HOUR + 60000, "too new")])
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 2, "tooNewLogEventStartIndex": 4}
    assert "nextSequenceToken" in answer
    logs.put_retention_policy(logGroupName=group, retentionInDays=1)
    answer = put(logs, group, stream, [(at - 15 * DAY, "too old"), (at - 2 * DAY, "expired"), (at, "kept")])
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1, "expiredLogEventEndIndex": 2}
    answer = put(logs, group, stream, [(at + 3 * HOUR, "too new")])
    assert answer["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 0}
    assert get(logs, group, stream)[0] == ["kept", "kept", "kept too"]


def test_get_pages(logs, group, stream):
    at = now() - 10000
    messages = [f"m{i:02d}" for i in range(25)]
    put(logs, group, stream, [(at + i // 5, m) for i, m in enumerate(messages)])
    # From the head, forward; at the end the same token.
    seen, token = [], {}
    while True:
        page, answer = get(logs, group, stream, startFromHead=True, limit=7, **token)
        if token and answer["nextForwardToken"] == token["nextToken"]:
            break
        seen += page
        token = {"nextToken": answer["nextForwardToken"]}
    assert seen == messages and page == []
    # The newest page is the default; from there backward.
    page, answer = get(logs, group, stream, limit=10)
    assert page == messages[15:]
    page, back = get(logs, group, stream, limit=10, nextToken=answer["nextBackwardToken"])
    assert page == messages[5:15]
    page, _ = get(logs, group, stream, limit=10, nextToken=back["nextForwardToken"])
    assert page == messages[15:]
    page, back = get(logs, group, stream, limit=10, nextToken=back["nextBackwardToken"])
    assert page == messages[:5]
    page, end = get(logs, group, stream, limit=10, nextToken=back["nextBackwardToken"])
    assert page == [] and end["nextBackwardToken"] == back["nextBackwardToken"]
    assert all(t.startswith(k) and len(t) == 58
               for k, t in (("f/", end["nextForwardToken"]), ("b/", end["nextBackwardToken"])))
    # The start is included, the end is not.
    assert get(logs, group, stream, startTime=at + 1, endTime=at + 3)[0] == messages[5:15]
    # A token of the end goes on when more arrives.
    put(logs, group, stream, [(at + 100, "late")])
    assert get(logs, group, stream, startFromHead=True, **token)[0] == ["late"]
    for wrong in ("none", "f/1", end["nextForwardToken"][:-1] + "x", "x" * 58):
        refused(logs.get_log_events, *BAD_TOKEN, logGroupName=group, logStreamName=stream, nextToken=wrong)


def test_get_errors(logs, group, stream):
    refused(logs.get_log_events, *NO_GROUP, logGroupName="none", logStreamName=stream)
    refused(logs.get_log_events, *NO_STREAM, logGroupName=group, logStreamName="none")
    text = ("1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: Member must have "
            "value "
            "less than or equal to 10000")
    refused(logs.get_log_events, "InvalidParameterException", text, logGroupName=group, logStreamName=stream,
            limit=10001)
    refused(logs.filter_log_events, "InvalidParameterException", text, logGroupName=group, limit=10001)
    assert get(logs, group, stream)[0] == []


def test_get_page_of_a_megabyte(logs, group, stream):
    at = now()
    for i in range(5):
        put(logs, group, stream, [(at + i, str(i) * 400000)])
    page, answer = get(logs, group, stream, startFromHead=True)
    assert [m[0] for m in page] == ["0", "1"]
    page, answer = get(logs, group, stream, startFromHead=True, nextToken=answer["nextForwardToken"])
    assert [m[0] for m in page] == ["2", "3"]
    assert len(search(logs, group)[0]) == 5


def test_filter(logs, group):
    at = now()
    for name, events in {
        "app/a": [(0, "[ERROR 400] BAD REQUEST"), (20, "[ERROR 419] MISSING ARGUMENTS"), (20, "[INFO] fine")],
        "app/b": [(10, "[ERROR 401] UNAUTHORIZED REQUEST")],
        "db": [(15, "[WARN] slow"), (30, "[INFO] order-7 done")],
        "empty": [],
    }.items():
        logs.create_log_stream(logGroupName=group, logStreamName=name)
        if events:
            put(logs, group, name, [(at + t, m) for t, m in events])

    def found(**options):
        return [e["message"] for e in search(logs, group, **options)[0]]

    everything = ["[ERROR 400] BAD REQUEST", "[ERROR 401] UNAUTHORIZED REQUEST", "[WARN] slow",
                  "[ERROR 419] MISSING ARGUMENTS", "[INFO] fine", "[INFO] order-7 done"]
    assert found() == found(filterPattern="") == found(interleaved=False) == everything
    events, pages = search(logs, group, limit=1)
    assert [e["message"] for e in events] == everything and pages == 6
    assert set(events[0]) == {"logStreamName", "timestamp", "message", "ingestionTime", "eventId"}
    ids = [e["eventId"] for e in events]
    assert len(set(ids)) == 6 and sorted(ids) == ids
    assert found(startTime=at + 10, endTime=at + 20) == everything[1:5]  # both are included
    assert found(logStreamNames=["db", "app/b"]) == [everything[1], everything[2], everything[5]]
    assert found(logStreamNamePrefix="app/") == [everything[0], everything[1], everything[3], everything[4]]
    assert found(logStreamNames=["empty"]) == []
    assert found(filterPattern="ERROR") == [everything[0], everything[1], everything[3]]
    assert found(filterPattern="ERROR REQUEST") == everything[:2]
    assert found(filterPattern="ERROR -ARGUMENTS") == everything[:2]
    assert found(filterPattern="?WARN ?ARGUMENTS") == everything[2:4]
    assert found(filterPattern="?WARN ?ARGUMENTS REQUEST") == everything[:2]
    assert found(filterPattern='"order-7 done"') == [everything[5]]
    assert found(filterPattern="error") == []
    assert found(filterPattern="ERROR", logStreamNamePrefix="app/", limit=1) == [everything[0], everything[1],
                                                                                 everything[3]]


def test_filter_errors(logs, group, stream):
    refused(logs.filter_log_events, *NO_GROUP, logGroupName="none")
    refused(logs.filter_log_events, *NO_STREAM, logGroupName=group, logStreamNames=["stream", "none"])
    refused(logs.filter_log_events, *BAD_TOKEN, logGroupName=group, nextToken="none")
    refused(logs.filter_log_events, "InvalidParameterException",
            "logStreamNames and logStreamNamePrefix are mutually exclusive parameters.", logGroupName=group,
            logStreamNames=[stream], logStreamNamePrefix="s")
    for pattern, what in (("{ $.a = }", "a value is missing at character 9."),
                          ("[a, b", "an operator is missing at character 6."),
                          ("%(a)%", "parentheses are not supported in a regular expression at character 2.")):
        refused(logs.filter_log_events, "InvalidParameterException", "Invalid filter pattern: " + what,
                logGroupName=group, filterPattern=pattern)
    refused(logs.filter_log_events, "InvalidParameterException", "Invalid character(s) in term ':'", logGroupName=group,
            filterPattern="error: x")
    with pytest.raises(ClientError) as caught:
        logs.filter_log_events(logGroupName=group, filterPattern="x" * 1025)
    assert "Member must have length less than or equal to 1024" in caught.value.response["Error"]["Message"]


def test_filter_goes_through_much_in_a_call(logs, group, stream):
    at = now()
    for i in range(5):
        put(logs, group, stream, [(at + i, f"event {i} {j}") for j in range(9000)])
    events, pages = search(logs, group, filterPattern='"event 4 8999"')
    assert [e["message"] for e in events] == ["event 4 8999"]
    assert pages == 1


# ---- resource policies, tags ----

def test_resource_policies(server):
    logs = server.client("logs", region="ap-south-1")
    document = json.dumps({"Version": "2012-10-17", "Statement": []})
    put_policy = logs.put_resource_policy(policyName="events", policyDocument=document)["resourcePolicy"]
    assert (put_policy["policyName"], put_policy["policyDocument"]) == ("events", document)
    assert abs(put_policy["lastUpdatedTime"] - now()) < 60000
    for i in range(9):
        logs.put_resource_policy(policyName=f"p{i}", policyDocument=document)
    refused(logs.put_resource_policy, "LimitExceededException", "Resource limit exceeded.", policyName="q",
            policyDocument=document)
    logs.put_resource_policy(policyName="p3", policyDocument="{}")
    first = logs.describe_resource_policies(limit=4)
    rest = logs.describe_resource_policies(nextToken=first["nextToken"])
    assert "nextToken" not in rest
    names = [p["policyName"] for p in first["resourcePolicies"] + rest["resourcePolicies"]]
    assert names == ["events"] + [f"p{i}" for i in range(9)]
    assert rest["resourcePolicies"][0]["policyDocument"] == "{}"
    refused(logs.delete_resource_policy, "ResourceNotFoundException", "Policy with name [non-existent] does not exist.",
            policyName="non-existent")
    with pytest.raises(ClientError) as caught:
        logs.put_resource_policy(policyName="events", policyDocument="{")
    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"
    for name in names:
        logs.delete_resource_policy(policyName=name)
    assert logs.describe_resource_policies()["resourcePolicies"] == []


def test_tags(logs):
    group = "/road/tags/" + uuid.uuid4().hex
    logs.create_log_group(logGroupName=group, tags={"team": "coffee", "cost": "low"})
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "coffee", "cost": "low"}
    logs.tag_resource(resourceArn=arn, tags={"cost": "high", "new": ""})
    assert logs.list_tags_log_group(logGroupName=group)["tags"] == {"team": "coffee", "cost": "high", "new": ""}
    logs.untag_resource(resourceArn=arn, tagKeys=["team", "absent"])
    logs.tag_log_group(logGroupName=group, tags={"old": "way"})
    logs.untag_log_group(logGroupName=group, tags=["new"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"cost": "high", "old": "way"}
    with pytest.raises(ClientError) as caught:
        logs.tag_resource(resourceArn=arn, tags={f"k{i}": "v" for i in range(49)})
    assert caught.value.response["Error"]["Code"] == "TooManyTagsException"
    assert len(logs.list_tags_for_resource(resourceArn=arn)["tags"]) == 2
    for call in (logs.list_tags_for_resource,
                 lambda resourceArn: logs.tag_resource(resourceArn=resourceArn, tags={"a": "b"}),
                 lambda resourceArn: logs.untag_resource(resourceArn=resourceArn, tagKeys=["a"])):
        refused(call, *NO_GROUP, resourceArn=arn + "none")
    logs.delete_log_group(logGroupName=group)


# ---- the whole ----

def test_survives_kill(new_server):
    server = new_server()
    logs = server.client("logs")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    at = now()
    for i in range(20):
        put(logs, "g", "s", [(at + i, f"m{i}")])
    server.kill()
    server.start()
    logs = server.client("logs")
    assert get(logs, "g", "s")[0] == [f"m{i}" for i in range(20)]
    put(logs, "g", "s", [(at + 19, "after")])
    assert get(logs, "g", "s")[0][-1] == "after"
    assert logs.describe_log_groups()["logGroups"][0]["storedBytes"] == 10 * 28 + 10 * 29 + 31


def test_aws_cli(aws):
    group = "/cli/" + uuid.uuid4().hex
    at = now()
    assert aws("logs", "create-log-group", "--log-group-name", group, "--tags", "a=b") is None
    aws("logs", "create-log-stream", "--log-group-name", group, "--log-stream-name", "s")
    put_answer = aws("logs", "put-log-events", "--log-group-name", group, "--log-stream-name", "s", "--log-events",
                     json.dumps([{"timestamp": at, "message": "hello"}, {"timestamp": at, "message": "world"}]))
    assert len(put_answer["nextSequenceToken"]) == 56
    assert [e["message"] for e in aws("logs", "get-log-events", "--log-group-name", group, "--log-stream-name", "s",
                                      "--start-from-head")["events"]] == ["hello", "world"]
    found = aws("logs", "filter-log-events", "--log-group-name", group, "--filter-pattern", "world")
    assert [e["message"] for e in found["events"]] == ["world"]
    streams = aws("logs", "describe-log-streams", "--log-group-name", group, "--order-by", "LastEventTime",
                  "--descending")
    assert streams["logStreams"][0]["lastEventTimestamp"] == at
    aws("logs", "put-retention-policy", "--log-group-name", group, "--retention-in-days", "30")
    groups = aws("logs", "describe-log-groups", "--log-group-name-prefix", group)
    assert groups["logGroups"][0]["retentionInDays"] == 30
    with pytest.raises(AwsError, match=r"An error occurred \(ResourceNotFoundException\) when calling the "
                                       r"DescribeLogStreams operation: The specified log group does not exist\."):
        aws("logs", "describe-log-streams", "--log-group-name", group + "none")
    aws("logs", "delete-log-group", "--log-group-name", group)
    assert aws("logs", "describe-log-groups", "--log-group-name-prefix", group)["logGroups"] == []
