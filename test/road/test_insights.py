"""CloudWatch Logs Insights over the wire: every operation, its errors, paging, what is seen while a query runs,
stopping, limits and restarts. What the language does is in test/golden/logs-query."""
import json
import os
import pty
import subprocess
import time
import urllib.request
import uuid

import pytest
from botocore.exceptions import ClientError

from conftest import ACCOUNT, CREMA, REGION, SLOW, AwsError, eventually
from wire import Refused, Wire

RUNNING = ("Scheduled", "Running")


def now():
    return int(time.time() * 1000)


@pytest.fixture
def wire(server):
    """For members that this boto3 does not know yet."""
    one = Wire(server.port)
    yield one
    one.close()


def make_group(logs, *messages, stream="stream", step_ms=1):
    name = "/road/" + uuid.uuid4().hex
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName=stream)
    put(logs, name, *messages, stream=stream, step_ms=step_ms)
    return name


def put(logs, group, *messages, stream="stream", step_ms=1):
    first = now() - 60_000
    texts = [m if isinstance(m, str) else json.dumps(m) for m in messages]
    while texts:
        some, size = [], 0
        while texts and len(some) < 10_000 and size + len(texts[0]) + 26 < 1_000_000:
            size += len(texts[0].encode()) + 26
            some.append({"timestamp": first, "message": texts.pop(0)})
            first += step_ms
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=some)


def start(logs, group, query, **more):
    names = {"logGroupName": group} if isinstance(group, str) else {"logGroupNames": list(group)}
    return logs.start_query(**names, startTime=now() // 1000 - 3600, endTime=now() // 1000 + 60, queryString=query,
                            **more)["queryId"]


def results(call, query):
    """call: a boto3 client, or a wire."""
    end = time.monotonic() + 30 * SLOW
    while True:
        answer = (call("logs", "GetQueryResults", queryId=query) if isinstance(call, Wire)
                  else call.get_query_results(queryId=query))
        if answer["status"] not in RUNNING:
            return answer
        assert time.monotonic() < end, answer["statistics"]
        time.sleep(0.01)


def rows(answer):
    return [{field["field"]: field["value"] for field in row if field["field"] != "@ptr"} for row in answer["results"]]


def ask(logs, group, query, **more):
    answer = results(logs, start(logs, group, query, **more))
    assert answer["status"] == "Complete"
    return rows(answer)


def refused(call, name, part, /, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    assert error["Code"] == name and part in error["Message"], error
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return caught.value.response


# ---- StartQuery

def test_a_query_and_its_answer(logs, wire):
    group = make_group(logs, {"type": "a", "n": 1}, {"type": "b", "n": 2}, {"type": "a", "n": 5}, "text")
    query = start(logs, group, "fields type, n | filter ispresent(n)")
    answer = results(wire, query)
    assert rows(answer) == [{"type": "a", "n": "5"}, {"type": "b", "n": "2"}, {"type": "a", "n": "1"}]
    size = sum(len(json.dumps(m)) for m in ({"type": "a", "n": 1},) * 3) + 4
    assert answer["statistics"] == {"recordsMatched": 3, "recordsScanned": 4, "bytesScanned": size,
                                    "estimatedRecordsSkipped": 0, "estimatedBytesSkipped": 0, "logGroupsScanned": 1}
    assert (answer["status"], answer["queryLanguage"]) == ("Complete", "CWLI")
    assert "statusReason" not in answer and "nextToken" not in answer
    assert all(row[-1]["field"] == "@ptr" for row in answer["results"])
    assert ask(logs, group, "stats sum(n) as s by type | sort s desc") == [
        {"type": "a", "s": "6"}, {"type": "b", "s": "2"}, {}]


def test_groups_by_name_and_arn(logs):
    one, two = make_group(logs, {"n": 1}), make_group(logs, {"n": 2})
    assert ask(logs, [one, two, one], "stats sum(n) as s, count(*) as c") == [{"s": "3", "c": "2"}]
    assert [row["@log"] for row in ask(logs, [one, two], "fields @log | sort n")] == \
        [f"{ACCOUNT}:{one}", f"{ACCOUNT}:{two}"]


def test_groups_by_identifier(logs, wire):
    one, two = make_group(logs, {"n": 1}), make_group(logs, {"n": 2})
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{two}"
    query = wire("logs", "StartQuery", logGroupIdentifiers=[one, arn], startTime=0, endTime=now(),
                 queryString="stats count(*) as c by @log")["queryId"]
    assert [row["c"] for row in rows(results(wire, query))] == ["1", "1"]


def test_times_are_seconds_or_milliseconds(logs):
    group = make_group(logs, "one", "two", step_ms=2000)
    at = int(logs.filter_log_events(logGroupName=group)["events"][0]["timestamp"])

    def count(first, last):
        query = logs.start_query(logGroupName=group, startTime=first, endTime=last, queryString="stats count(*) as n")
        return [row["n"] for row in rows(results(logs, query["queryId"]))]
    assert count(at // 1000, at // 1000) == ["1"]
    assert count(at // 1000, at // 1000 + 2) == ["2"]
    assert count(at, at) == ["1"]
    assert count(at + 1, at + 1999) == []
    assert count(at, at + 2000) == ["2"]
    refused(logs.start_query, "InvalidParameterException", "before its start", logGroupName=group, startTime=10,
            endTime=9, queryString="limit 1")


def test_queries_that_are_refused(logs, wire):
    group = make_group(logs)
    error = refused(logs.start_query, "MalformedQueryException", "there is no command frob", logGroupName=group,
                    startTime=0, endTime=1, queryString="fields a\n| frob b")
    assert error["queryCompileError"] == {"location": {"startCharOffset": 11, "endCharOffset": 15},
                                          "message": error["Error"]["Message"]}
    times = {"startTime": 0, "endTime": 1, "queryString": "limit 1"}
    refused(logs.start_query, "ResourceNotFoundException", "Log group 'absent' does not exist",
            logGroupName="absent", **times)
    refused(logs.start_query, "InvalidParameterException", "Exactly one of", **times)
    refused(logs.start_query, "InvalidParameterException", "Exactly one of", logGroupName=group, logGroupNames=[group],
            **times)
    refused(logs.start_query, "InvalidParameterException", "at most 50", logGroupNames=[f"g{i}" for i in range(51)],
            **times)
    refused(logs.start_query, "InvalidParameterException", "at least one", logGroupNames=[], **times)
    refused(logs.start_query, "InvalidParameterException", "less than or equal to 100000", logGroupName=group,
            limit=100001, **times)
    refused(logs.start_query, "InvalidParameterException", "length less than or equal to 10000", logGroupName=group,
            startTime=0, endTime=1, queryString="x" * 10001)
    for language in ("SQL", "PPL"):
        with pytest.raises(Refused) as caught:
            wire("logs", "StartQuery", logGroupName=group, queryLanguage=language, **times)
        assert language in str(caught.value)
    assert wire("logs", "StartQuery", logGroupName=group, queryLanguage="CWLI", **times)["queryId"]


def test_limits_of_rows(logs):
    group = make_group(logs, *[{"n": i} for i in range(30)])
    assert len(ask(logs, group, "fields n", limit=7)) == 7
    assert len(ask(logs, group, "fields n | limit 9", limit=7)) == 9
    assert len(ask(logs, group, "fields n")) == 30


def test_pages_of_results(logs, wire):
    group = make_group(logs, *[{"n": i} for i in range(25)])
    query = start(logs, group, "fields n | sort n asc")
    assert results(wire, query)["status"] == "Complete"
    seen, token = [], {}
    for size in (10, 10, 5):
        page = wire("logs", "GetQueryResults", queryId=query, maxItems=10, **token)
        assert len(page["results"]) == size
        seen += [int(row["n"]) for row in rows(page)]
        token = {"nextToken": page.get("nextToken")}
    assert seen == list(range(25)) and token == {"nextToken": None}
    first = wire("logs", "GetQueryResults", queryId=query, maxItems=10)["nextToken"]
    other = start(logs, group, "fields n | sort n asc")
    results(logs, other)
    for wrong in ({"queryId": other, "nextToken": first}, {"queryId": query, "nextToken": "x"}):
        with pytest.raises(Refused) as caught:
            wire("logs", "GetQueryResults", **wrong)
        assert "nextToken is invalid" in str(caught.value)


def test_ids_that_are_not_there(logs):
    for name, code in (("get_query_results", "ResourceNotFoundException"), ("stop_query", "ResourceNotFoundException")):
        refused(getattr(logs, name), code, "does not exist", queryId=str(uuid.uuid4()))
        refused(getattr(logs, name), code, "does not exist", queryId="x")


def test_another_region_does_not_see_it(server, logs):
    group = make_group(logs, "m")
    query = start(logs, group, "limit 1")
    results(logs, query)
    other = server.client("logs", region="eu-west-3")
    refused(other.get_query_results, "ResourceNotFoundException", "does not exist", queryId=query)
    assert all(one["queryId"] != query for one in other.describe_queries()["queries"])


# ---- while it runs

# Groups are taken out of each message by walking it, which takes a while: a match begins at every place.
LONG = " | ".join(f"parse @message /(?<g{i}>(a|b)*c)/" for i in range(12)) + " | stats count(*) as n"


@pytest.fixture(scope="module")
def slow(new_server_of_module):
    """A server on which LONG takes its time, and its group."""
    one = new_server_of_module("--scan-threads", "1")
    logs = one.client("logs")
    group = make_group(logs, *["ab" * 20_000 + "c" for _ in range(300)])
    yield one, logs, group


@pytest.fixture(scope="module")
def new_server_of_module():
    from conftest import Server
    servers = []

    def make(*arguments, **options):
        servers.append(Server(*arguments, **options))
        return servers[-1]
    yield make
    for one in servers:
        one.stop()


def running(logs, group, query=LONG):
    """A query that is known to run, and to have got somewhere."""
    identity = start(logs, group, query)

    def got_somewhere():
        answer = logs.get_query_results(queryId=identity)
        assert answer["status"] in RUNNING, answer
        return answer if answer["statistics"]["recordsScanned"] > 0 else None
    eventually(got_somewhere)
    return identity


def test_progress_and_results_on_the_way(slow):
    _, logs, group = slow
    query = running(logs, group)
    scanned, partial = 0, None
    end = time.monotonic() + 20 * SLOW
    while not partial:
        answer = logs.get_query_results(queryId=query)
        assert answer["status"] in RUNNING and time.monotonic() < end, "it was too quick to be seen"
        assert answer["statistics"]["recordsScanned"] >= scanned
        scanned = answer["statistics"]["recordsScanned"]
        partial = rows(answer)
    assert 0 < int(partial[0]["n"]) < 300
    assert logs.describe_queries(status="Running")["queries"][0]["queryId"] == query
    logs.stop_query(queryId=query)


def test_stop(slow):
    _, logs, group = slow
    query = running(logs, group)
    began = time.monotonic()
    assert logs.stop_query(queryId=query)["success"] is True
    answer = results(logs, query)
    assert time.monotonic() - began < 0.5 * SLOW
    assert answer["status"] == "Cancelled" and answer["statistics"]["recordsScanned"] < 300
    assert logs.describe_queries(status="Cancelled")["queries"][0]["queryId"] == query
    refused(logs.stop_query, "InvalidParameterException", "is not running", queryId=query)


def test_stop_of_one_that_waits(slow):
    _, logs, group = slow
    first = running(logs, group)
    second = start(logs, group, "limit 1")
    assert logs.get_query_results(queryId=second)["status"] in RUNNING + ("Complete",)
    for query in (first, second):
        try:
            logs.stop_query(queryId=query)
        except logs.exceptions.InvalidParameterException:
            assert query == second  # it had its turn
    assert results(logs, first)["status"] == "Cancelled"
    assert results(logs, second)["status"] in ("Cancelled", "Complete")


def test_stop_within_one_event(new_server):
    """One event may become as many records as its lists have pairs, and triples; an expression and a text may both be
    long."""
    one = new_server("--ephemeral", "--scan-threads", "1")
    logs = one.client("logs")
    group = make_group(logs, {"a": [1] * 5000})
    long = make_group(logs, "ab" * 400_000)
    product = "unnest j.a into x | unnest j.a into y | unnest j.a into z | stats count(*)"
    kind = "[ab]{0,1000}" * 4 + "[yz]"
    queries = [(group, "fields jsonParse(@message) as j | " + product),
               (group, "stats min(@message) as m | fields jsonParse(m) as j | " + product)]
    queries += [(long, f"{command} | filter @message not like /{kind}/")
                for command in (f"filter @message like /{kind}/", f"parse @message /(?<x>{kind})/")]
    for name, text in queries:
        query = start(logs, name, text)
        eventually(lambda: logs.get_query_results(queryId=query)["status"] == "Running")
        time.sleep(0.3)
        logs.stop_query(queryId=query)
        began = time.monotonic()
        assert results(logs, query)["status"] == "Cancelled"
        assert time.monotonic() - began < 2 * SLOW
    start(logs, *queries[0])
    time.sleep(0.3)
    began = time.monotonic()
    assert one.stop() == 0
    assert time.monotonic() - began < 5 * SLOW


def test_others_have_their_turn(slow):
    """A quick query does not wait for the end of a slow one, on one thread."""
    _, logs, group = slow
    small = make_group(logs, {"n": 1})
    query = running(logs, group)
    assert ask(logs, small, "stats count(*) as n") == [{"n": "1"}]
    assert logs.get_query_results(queryId=query)["status"] in RUNNING
    put(logs, small, {"n": 2})
    logs.stop_query(queryId=query)


def test_a_stop_of_the_server_does_not_wait(new_server):
    one = new_server("--scan-threads", "1")
    logs = one.client("logs")
    group = make_group(logs, *["ab" * 20_000 + "c" for _ in range(100)])
    running(logs, group)
    began = time.monotonic()
    one.stop()
    assert time.monotonic() - began < 5 * SLOW


@pytest.mark.parametrize("threads", (1, 4))
def test_every_event_once(new_server, threads):
    """Stored singly and packed, in many streams, many of one moment: a query finds what FilterLogEvents does."""
    one = new_server("--scan-threads", str(threads), "--logs-pack-age-ms", "50")
    logs, wire = one.client("logs"), Wire(one.port)
    group = make_group(logs)
    streams = [f"s{i}" for i in range(7)]
    for stream in streams:
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    for turn in range(4):
        for stream in streams:
            put(logs, group, *[{"n": i, "t": turn, "pad": "x" * (i % 50)} for i in range(700)], stream=stream,
                step_ms=turn)
        time.sleep(0.1)
    expected = [event["eventId"] for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group)
                for event in page["events"]]
    assert len(set(expected)) == len(expected) == 4 * 7 * 700
    query, found, token = start(logs, group, "fields n | limit 100000"), [], {}
    assert results(logs, query)["status"] == "Complete"
    while token is not None:
        page = wire("logs", "GetQueryResults", queryId=query, maxItems=7000, **token)
        found += [row[-1]["value"] for row in page["results"]]
        token = {"nextToken": page["nextToken"]} if "nextToken" in page else None
    assert found == expected[::-1]
    assert ask(logs, group, "stats count(*) as c, sum(n) as s, count_distinct(@ptr) as d by t"
               " | stats sum(c), sum(s), sum(d)") == \
        [{"sum(c)": "19600", "sum(s)": str(28 * sum(range(700))), "sum(d)": "19600"}]
    wire.close()


def test_what_was_gone_through(new_server):
    """The statistics of a search for a text are those of all that was searched, not of what it hit."""
    one = new_server("--logs-pack-age-ms", "50")
    logs, wire = one.client("logs"), Wire(one.port)
    group = make_group(logs)
    lines = [f"{i} " + uuid.uuid4().hex * 20 + (" needle" if i < 10 else "") for i in range(8000)]
    put(logs, group, *lines)

    def counts(query):
        answer = results(wire, start(logs, group, query))
        assert rows(answer) == [{"n": "10"}], answer
        return answer["statistics"]

    whole = counts("filter strcontains(@message, 'needle') | stats count(*) as n")
    size = sum(len(line) for line in lines)
    assert (whole["recordsScanned"], whole["bytesScanned"], whole["estimatedRecordsSkipped"]) == (8000, size, 0)
    search = "filter @message like 'needle' | stats count(*) as n"
    first = counts(search)
    assert (first["recordsMatched"], first["recordsScanned"] + first["estimatedRecordsSkipped"]) == (10, 8000), first
    packed = eventually(lambda: (lambda s: s if s["estimatedRecordsSkipped"] else None)(counts(search)))
    assert 10 <= packed["recordsScanned"] < 8000
    assert packed["recordsScanned"] + packed["estimatedRecordsSkipped"] == 8000
    assert packed["bytesScanned"] + packed["estimatedBytesSkipped"] == size
    wire.close()


# ---- limits

def test_so_many_at_once(new_server):
    logs = new_server("--ephemeral", "--scan-threads", "1", "--queries-running-max", "2").client("logs")
    group = make_group(logs, *["ab" * 20_000 + "c" for _ in range(100)])
    queries = [running(logs, group), start(logs, group, LONG)]
    refused(logs.start_query, "LimitExceededException", "as many as may", logGroupName=group, startTime=0, endTime=1,
            queryString="limit 1")
    logs.stop_query(queryId=queries[0])
    results(logs, queries[0])
    start_when_there_is_room(logs, group)
    logs.stop_query(queryId=queries[1])


def start_when_there_is_room(logs, group):
    for _ in range(100):
        try:
            return start(logs, group, "limit 1")
        except logs.exceptions.LimitExceededException:
            time.sleep(0.02)
    raise AssertionError("there was no room")


def test_time_and_memory(new_server):
    one = new_server("--ephemeral", "--query-time-max-ms", "300", "--query-bytes-max", "1048576", "--scan-threads", "1")
    logs, wire = one.client("logs"), Wire(one.port)
    group = make_group(logs, *["ab" * 20_000 + "c" for _ in range(200)])
    answer = results(wire, start(logs, group, LONG))
    assert answer["status"] == "Timeout" and "as long as a query may" in answer["statusReason"]
    group = make_group(logs, *[{"id": str(uuid.uuid4()) * 20} for _ in range(3000)])
    answer = results(wire, start(logs, group, "stats count(*) by id"))
    assert (answer["status"], answer["results"]) == ("Failed", []) and "more memory" in answer["statusReason"]
    assert logs.describe_queries(status="Failed")["queries"][0]["status"] == "Failed"
    answer = results(wire, start(logs, group, "stats count(*) as n"))
    assert rows(answer) == [{"n": "3000"}]
    with urllib.request.urlopen(one.endpoint + "/metrics") as metrics:
        assert b"\ncrema_queries_failed_total 2\n" in metrics.read()
    wire.close()


def test_what_one_event_may_become(new_server):
    """Texts that double with each command: the query fails, the server does not."""
    one = new_server("--ephemeral")
    logs, wire = one.client("logs"), Wire(one.port)
    group = make_group(logs, "x" * 100_000)
    doubled = "fields concat(@message, @message) as a0" + "".join(
        f" | fields concat(a{i}, a{i}) as a{i + 1}" for i in range(30)) + " | display strlen(a30)"
    for query in (doubled, "display strlen(replace(@message, 'x', @message))",
                  "stats min(@message) as a0 | " + doubled.split(" | ", 1)[1]):
        answer = results(wire, start(logs, group, query))
        assert (answer["status"], answer["results"]) == ("Failed", []) and "more memory" in answer["statusReason"]
    assert ask(logs, group, "display strlen(concat(@message, @message, replace(@message, 'x', 'yz'))) as n") == [
        {"n": "400000"}]
    wire.close()


def test_old_results_make_room(new_server):
    one = new_server("--query-results-bytes-max", "1048576")
    logs, wire = one.client("logs"), Wire(one.port)
    group = make_group(logs, *["x" * 100_000 for _ in range(2)])
    queries = []
    for _ in range(12):
        queries.append(start(logs, group, "fields @message"))
        assert results(logs, queries[-1])["status"] == "Complete"
    answers = [wire("logs", "GetQueryResults", queryId=query) for query in queries]
    assert [answer["status"] for answer in answers[-2:]] == ["Complete"] * 2
    assert answers[0]["status"] == "Unknown" and "made room" in answers[0]["statusReason"] and not answers[0]["results"]
    large = make_group(logs, *["x" * 200_000 for _ in range(3)])
    answer = results(wire, start(logs, large, "fields @message"))
    assert answer["status"] == "Failed" and "too large" in answer["statusReason"]
    wire.close()


# ---- lists, restarts

def test_describe_queries(new_server):
    logs = new_server("--ephemeral").client("logs")
    one, two = make_group(logs, "m"), make_group(logs, "m")
    queries = [start(logs, one, "limit 1"), start(logs, two, "limit 2"), start(logs, [one, two], "limit 3")]
    for query in queries:
        results(logs, query)
    listed = logs.describe_queries()["queries"]
    assert [q["queryId"] for q in listed] == queries[::-1]
    assert (listed[2]["queryString"], listed[2]["logGroupName"]) == ("limit 1", one)
    assert "logGroupName" not in listed[0]
    assert abs(listed[0]["createTime"] - now()) < 60_000 * SLOW
    assert [q["queryId"] for q in logs.describe_queries(logGroupName=two)["queries"]] == [queries[2], queries[1]]
    assert logs.describe_queries(status="Running")["queries"] == []
    first = logs.describe_queries(maxResults=2)
    rest = logs.describe_queries(maxResults=2, nextToken=first["nextToken"])
    assert [q["queryId"] for q in first["queries"] + rest["queries"]] == queries[::-1] and "nextToken" not in rest
    refused(logs.describe_queries, "InvalidParameterException", "nextToken is invalid", nextToken="x")


def test_a_restart(new_server):
    one = new_server("--scan-threads", "1")
    logs = one.client("logs")
    group = make_group(logs, *["ab" * 20_000 + "c" for _ in range(60)])
    done = start(logs, group, "stats count(*)")
    results(logs, done)
    under_way = running(logs, group)
    saved = logs.put_query_definition(name="kept", queryString="limit 5", logGroupNames=[group])["queryDefinitionId"]
    one.kill()
    one.start()
    logs, wire = one.client("logs"), Wire(one.port)
    for query in (done, under_way):
        answer = wire("logs", "GetQueryResults", queryId=query)
        assert (answer["status"], answer["results"]) == ("Unknown", []) and "restarted" in answer["statusReason"]
        refused(logs.stop_query, "InvalidParameterException", "is not running", queryId=query)
    assert [q["queryId"] for q in logs.describe_queries(status="Unknown")["queries"]] == [under_way, done]
    assert logs.describe_query_definitions()["queryDefinitions"][0]["queryDefinitionId"] == saved
    assert ask(logs, group, "stats count(*) as n") == [{"n": "60"}]
    wire.close()


# ---- saved queries

def test_saved_queries(new_server):
    one = new_server("--ephemeral")
    logs, wire = one.client("logs"), Wire(one.port)
    first = logs.put_query_definition(name="team/errors", queryString="filter x", logGroupNames=["a", "b"])
    identity = first["queryDefinitionId"]
    found = logs.describe_query_definitions()["queryDefinitions"]
    assert len(found) == 1 and abs(found[0].pop("lastModified") - now()) < 60_000 * SLOW
    assert found[0] == {"queryDefinitionId": identity, "name": "team/errors", "queryString": "filter x",
                        "logGroupNames": ["a", "b"]}
    again = logs.put_query_definition(name="team/warnings", queryString="limit 1", queryDefinitionId=identity)
    assert again["queryDefinitionId"] == identity
    found = logs.describe_query_definitions()["queryDefinitions"]
    assert [(d["name"], d["queryString"], "logGroupNames" in d) for d in found] == [("team/warnings", "limit 1", False)]
    refused(logs.put_query_definition, "ResourceNotFoundException", "definition does not exist", name="n",
            queryString="x", queryDefinitionId=str(uuid.uuid4()))
    refused(logs.put_query_definition, "ResourceNotFoundException", "definition does not exist", name="n",
            queryString="x", queryDefinitionId="short")
    token = str(uuid.uuid4())
    same = {wire("logs", "PutQueryDefinition", name="once", queryString="x", clientToken=token)["queryDefinitionId"]
            for _ in range(3)}
    assert len(same) == 1
    parameters = [{"name": "who", "defaultValue": "ann"}]
    wire("logs", "PutQueryDefinition", name="with", queryString="filter who = '$who'", parameters=parameters,
         clientToken=str(uuid.uuid4()))
    listed = wire("logs", "DescribeQueryDefinitions", queryDefinitionNamePrefix="with")["queryDefinitions"]
    assert listed[0]["parameters"] == parameters and listed[0]["queryLanguage"] == "CWLI"
    assert wire("logs", "DescribeQueryDefinitions", queryLanguage="SQL")["queryDefinitions"] == []
    with pytest.raises(Refused) as caught:
        wire("logs", "PutQueryDefinition", name="sql", queryString="SELECT 1", queryLanguage="SQL",
             clientToken=str(uuid.uuid4()))
    assert "SQL" in str(caught.value)
    names, token = [], {}
    for _ in range(3):
        page = logs.describe_query_definitions(maxResults=1, **token)
        names += [d["name"] for d in page["queryDefinitions"]]
        token = {"nextToken": page.get("nextToken")}
    assert sorted(names) == ["once", "team/warnings", "with"] and token == {"nextToken": None}
    assert logs.delete_query_definition(queryDefinitionId=identity)["success"] is True
    refused(logs.delete_query_definition, "ResourceNotFoundException", "definition does not exist",
            queryDefinitionId=identity)
    wire.close()


# ---- single records, fields

def test_log_record(logs):
    group = make_group(logs, {"a": {"b": [1, {"c": "x"}]}, "@id": 7, "t": True, "none": None})
    row = results(logs, start(logs, group, "fields a.b.0 | limit 1"))["results"][0]
    record = logs.get_log_record(logRecordPointer=row[-1]["value"])["logRecord"]
    event = logs.filter_log_events(logGroupName=group)["events"][0]
    assert record == {"@timestamp": str(event["timestamp"]), "@ingestionTime": str(event["ingestionTime"]),
                      "@message": event["message"], "@logStream": "stream", "@log": f"{ACCOUNT}:{group}",
                      "@ptr": event["eventId"], "a.b.0": "1", "a.b.1.c": "x", "@@id": "7", "t": "1"}
    refused(logs.get_log_record, "InvalidParameterException", "logRecordPointer is not valid", logRecordPointer="x")
    absent = event["eventId"][:30] + ("0" if event["eventId"][30] != "0" else "1") + event["eventId"][31:]
    refused(logs.get_log_record, "ResourceNotFoundException", "log record does not exist", logRecordPointer=absent)
    logs.delete_log_group(logGroupName=group)
    refused(logs.get_log_record, "ResourceNotFoundException", "does not exist", logRecordPointer=event["eventId"])


def test_a_record_of_very_many_fields(logs):
    """Names of nested fields repeat what they are in: what is told of one event is bounded."""
    group = make_group(logs, {"k" * 100_000: [1] * 50_000}, {"a": [1] * 100_000})
    rows = results(logs, start(logs, group, "sort @timestamp | fields @timestamp"))["results"]
    long, many = (logs.get_log_record(logRecordPointer=row[-1]["value"])["logRecord"] for row in rows)
    assert 10 < len(long) < 1000 and long["@message"].startswith('{"kkk')
    assert len(many) == 10_000 + 6 and many["a.9999"] == "1"
    assert len(logs.get_log_group_fields(logGroupName=group)["logGroupFields"]) == 1000


def test_log_group_fields(logs, wire):
    group = make_group(logs, {"a": 1, "b": {"c": 2}}, {"a": 1}, "text", {"a": None, "l": [5]})
    fields = {f["name"]: f["percent"] for f in logs.get_log_group_fields(logGroupName=group)["logGroupFields"]}
    assert fields == {"@timestamp": 100, "@message": 100, "@logStream": 100, "@log": 100, "@ingestionTime": 100,
                      "a": 50, "b.c": 25, "l.0": 25}
    around = logs.get_log_group_fields(logGroupName=group, time=now() // 1000 - 5000)["logGroupFields"]
    assert around == []
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"
    assert len(wire("logs", "GetLogGroupFields", logGroupIdentifier=arn)["logGroupFields"]) == 8
    refused(logs.get_log_group_fields, "ResourceNotFoundException", "does not exist", logGroupName="absent")
    with pytest.raises(Refused):
        wire("logs", "GetLogGroupFields")


# ---- the aws CLI, and crema query

def test_aws_cli(server, logs, aws):
    group = make_group(logs, {"n": 1}, {"n": 2})
    query = aws("logs", "start-query", "--log-group-name", group, "--start-time", "0", "--end-time",
                str(now() // 1000 + 5), "--query-string", "stats sum(n) as total")["queryId"]
    answer = eventually(lambda: (lambda a: a if a["status"] == "Complete" else None)(
        aws("logs", "get-query-results", "--query-id", query)))
    assert answer["results"] == [[{"field": "total", "value": "3"}]]
    assert aws("logs", "describe-queries", "--log-group-name", group)["queries"][0]["queryId"] == query
    with pytest.raises(AwsError) as caught:
        aws("logs", "stop-query", "--query-id", query)
    assert "InvalidParameterException" in str(caught.value)
    saved = aws("logs", "put-query-definition", "--name", "cli", "--query-string", "limit 1")["queryDefinitionId"]
    assert aws("logs", "describe-query-definitions", "--query-definition-name-prefix", "cli")["queryDefinitions"]
    assert aws("logs", "delete-query-definition", "--query-definition-id", saved) == {"success": True}
    assert aws("logs", "get-log-group-fields", "--log-group-name", group)["logGroupFields"]
    pointer = logs.filter_log_events(logGroupName=group)["events"][0]["eventId"]
    assert aws("logs", "get-log-record", "--log-record-pointer", pointer)["logRecord"]["n"] == "1"


def crema(server, *arguments, **environment):
    return subprocess.run([CREMA, "query", "--endpoint", server.endpoint, *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=60 * SLOW,
                          env=dict(os.environ, AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test",
                                   AWS_DEFAULT_REGION=REGION, **environment))


def test_crema_query(server, logs):
    group = make_group(logs, {"type": "größer", "ms": 5}, {"type": "b", "ms": 250},
                       "line\nand \x1b[31mmore\u009b31m")
    done = crema(server, group, "fields type, ms, @message | sort ms desc")
    assert done.stdout.splitlines() == [
        "type     ms  @message",
        'b       250  {"type": "b", "ms": 250}',
        'größer    5  {"type": "gr\\u00f6\\u00dfer", "ms": 5}',
        "             line\\nand \\u001b[31mmore\\u009b31m"]
    assert done.returncode == 0 and done.stderr.startswith("3 rows; 3 of 3 events matched, ")
    done = crema(server, "--json", group, "stats max(ms) as m by type")
    assert [json.loads(line) for line in done.stdout.splitlines()] == [{}, {"type": "b", "m": "250"},
                                                                       {"type": "größer", "m": "5"}]
    assert crema(server, "--since=10s", group, "limit 1").stderr.startswith("0 rows; 0 of 0")
    done = crema(server, "--start", "2020-01-01 00:00:00", "--end=2020-01-01T01:00:00Z", group, "limit 1")
    assert done.returncode == 0
    wide = make_group(logs, {f"f{i}": i for i in range(230)})
    done = crema(server, wide, "fields " + ", ".join(f"f{i}" for i in range(230)))
    assert [line.split() for line in done.stdout.splitlines()] == [[f"f{i}" for i in range(230)],
                                                                   [str(i) for i in range(230)]]
    other = make_group(logs, {"ms": 1})
    assert crema(server, group, other, "stats count(*) as n").stdout.split() == ["n", "4"]


def test_crema_query_when_it_is_wrong(server, logs):
    group = make_group(logs)
    done = crema(server, group, "fields ä\n| filter ü foo = 1")
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.splitlines()[1:] == ["", "  | filter ü foo = 1", "             ^^^"]
    done = crema(server, "absent", "limit 1")
    assert done.returncode == 1 and done.stderr.startswith("crema query: Log group 'absent' does not exist for account")
    for arguments, part in (([], "which log group"), ([group], "which log group"),
                            (["--since", "x", group, "q"], "--since"),
                            (["--start=soon", group, "q"], "no moment"), (["--frob", group, "q"], "no such flag"),
                            ([group, "q", "--end"], "wants a value")):
        done = crema(server, *arguments)
        assert done.returncode == 2 and part in done.stderr and "usage: crema query" in done.stderr
    done = subprocess.run([CREMA, "query", "--endpoint", "http://127.0.0.1:1", group, "limit 1"],
                          stderr=subprocess.PIPE, text=True, timeout=60 * SLOW)
    assert done.returncode == 1 and "is a server running there?" in done.stderr


def test_crema_query_in_colour_on_a_terminal(server, logs):
    group = make_group(logs, {"n": 1})
    master, slave = pty.openpty()
    process = subprocess.Popen([CREMA, "query", "--endpoint", server.endpoint, group, "fields n"], stdout=slave,
                               stderr=subprocess.DEVNULL, env=dict(
                                   {k: v for k, v in os.environ.items() if k != "NO_COLOR"}, AWS_DEFAULT_REGION=REGION))
    assert process.wait(timeout=60 * SLOW) == 0
    os.close(slave)
    assert b"\x1b[1mn\x1b[m" in os.read(master, 4096)
    os.close(master)
