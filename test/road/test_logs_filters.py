"""Filter patterns over the wire: FilterLogEvents and TestMetricFilter, with every golden case."""
import json
import os
import re
import time

import pytest
from botocore.exceptions import ClientError

from conftest import TOP

GOLDEN = os.path.join(TOP, "test", "golden", "logs-pattern")


def golden(name):
    with open(os.path.join(GOLDEN, name + ".jsonl"), encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@pytest.fixture
def group(logs):
    name = f"filters/{time.time_ns()}"
    logs.create_log_group(logGroupName=name)
    yield name
    logs.delete_log_group(logGroupName=name)


def matches_of(logs, pattern, messages):
    """Messages that the pattern matches, 50 at a time as the service has it."""
    found = []
    for at in range(0, len(messages), 50):
        part = messages[at:at + 50]
        for match in logs.test_metric_filter(filterPattern=pattern, logEventMessages=part)["matches"]:
            assert part[match["eventNumber"]] == match["eventMessage"]
            found.append(match)
    return found


@pytest.mark.parametrize("name", ["terms", "regex", "json", "fields"])
def test_golden_cases(logs, name):
    for case in golden(name):
        # The service takes no empty message.
        match, no = [m for m in case["match"] if m], [m for m in case["not"] if m]
        if match + no:
            found = matches_of(logs, case["pattern"], no + match)
            assert [f["eventMessage"] for f in found] == match, case["name"]
        if "values" in case:
            assert found[0]["extractedValues"] == case["values"], case["name"]


def test_refusals(logs):
    for case in golden("refused"):
        if len(case["pattern"]) > 1024:
            continue
        with pytest.raises(ClientError) as caught:
            logs.test_metric_filter(filterPattern=case["pattern"], logEventMessages=["x"])
        error = caught.value.response["Error"]
        assert (error["Code"], error["Message"]) == ("InvalidParameterException", case["refused"]), case["name"]


def test_filter_log_events(logs, group):
    """The same cases, as events in a group."""
    now = int(time.time() * 1000)
    cases = golden("json") + golden("fields")
    messages = sorted({m for case in cases for m in case["match"] + case["not"] if m.strip()})
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    for at in range(0, len(messages), 1000):
        logs.put_log_events(logGroupName=group, logStreamName="s",
                            logEvents=[{"timestamp": now + i, "message": m}
                                       for i, m in enumerate(messages[at:at + 1000], at)])
    for case in cases[::4]:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, filterPattern=case["pattern"])
        found = {e["message"] for page in pages for e in page["events"]}
        assert {m for m in case["match"] if m.strip()} <= found, case["name"]
        assert not found & set(case["not"]), case["name"]


def examples():
    with open(os.path.join(TOP, "docs", "reference", "filter-patterns.md"), encoding="utf-8") as file:
        return re.findall(r"```pattern\n(.*?)```", file.read(), re.S)


def test_examples_of_the_page(logs):
    """A block: the pattern, then lines that match (+) and that do not (-), or the refusal (!)."""
    seen = 0
    for block in examples():
        pattern, *lines = block.strip().split("\n")
        for line in lines:
            if line.startswith("! "):
                with pytest.raises(ClientError) as caught:
                    logs.test_metric_filter(filterPattern=pattern, logEventMessages=["x"])
                assert caught.value.response["Error"]["Message"] == line[2:], pattern
            else:
                matches = logs.test_metric_filter(filterPattern=pattern, logEventMessages=[line[2:]])["matches"]
                assert line[0] in "+-" and bool(matches) == (line[0] == "+"), (pattern, line)
            seen += 1
    assert seen > 40
