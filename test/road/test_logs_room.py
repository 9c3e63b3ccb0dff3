"""What log events take on the disk: packed, given back when they expire or are deleted, bounded by a setting."""
import base64
import glob
import http.client
import os
import random
import re
import subprocess
import time

import conftest
from conftest import eventually
from wire import Wire

DAY_MS = 86400 * 1000
REQUEST_BYTES = 900_000


def disk_bytes(server):
    sizes = 0
    for path in glob.glob(os.path.join(server.data, "view", "*")):
        try:
            sizes += os.path.getsize(path)
        except FileNotFoundError:  # it went meanwhile
            pass
    return sizes


def metrics(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    return {name: int(value) for name, value in re.findall(r"^crema_(\w+) (\d+)$", text, re.MULTILINE)}


def fill(wire, group, requests, at_ms):
    """Lines that cannot be made much smaller, in streams of their own; a request is 30 of them. Returns how many."""
    choose, count = random.Random(group), 0
    for number in range(requests):
        wire("logs", "CreateLogStream", logGroupName=group, logStreamName=f"s{number}")
        lines = [base64.b64encode(choose.randbytes(REQUEST_BYTES // 30 * 3 // 4)).decode() for _ in range(30)]
        wire("logs", "PutLogEvents", logGroupName=group, logStreamName=f"s{number}", logEvents=[
            {"timestamp": at_ms + number, "message": f"{number}-{i} {line}"} for i, line in enumerate(lines)])
        count += len(lines)
    return count


def count_events(wire, group):
    count, token = 0, {}
    while True:
        page = wire("logs", "FilterLogEvents", logGroupName=group, **token)
        count += len(page["events"])
        if not page.get("nextToken"):
            return count
        token = {"nextToken": page["nextToken"]}


def test_what_expires_or_is_deleted_is_given_back(new_server):
    server = new_server("--clock", "virtual", "--view-buffer-bytes", "4194304", "--logs-pack-age-ms", "100")
    wire = Wire(server.port, timeout=120)
    for group in ("expires", "deleted", "kept"):
        wire("logs", "CreateLogGroup", logGroupName=group)
        now_ms = wire("crema", "GetClock")["Time"] * 1000
        assert fill(wire, group, 12, int(now_ms)) == count_events(wire, group)
    eventually(lambda: metrics(server)["logs_blocks_total"] >= 30)
    full = disk_bytes(server)
    assert full > 20_000_000
    wire("logs", "DeleteLogGroup", logGroupName="deleted")
    eventually(lambda: disk_bytes(server) < full * 0.8, seconds=60)
    wire("logs", "PutRetentionPolicy", logGroupName="expires", retentionInDays=1)
    wire("crema", "AdvanceClock", Milliseconds=2 * DAY_MS)
    eventually(lambda: disk_bytes(server) < full * 0.5, seconds=60)
    assert count_events(wire, "expires") == 0
    assert wire("logs", "DescribeLogStreams", logGroupName="expires")["logStreams"][0].get("lastEventTimestamp") is None
    assert count_events(wire, "kept") == 12 * 30
    assert server.stop() == 0
    checked = subprocess.run([conftest.CREMA, "check", server.data], stdout=subprocess.PIPE, text=True)
    assert checked.returncode == 0, checked.stdout


def test_the_oldest_go_when_the_store_is_over_its_limit(new_server):
    limit = 24_000_000
    server = new_server("--store-bytes-max", str(limit), "--view-buffer-bytes", "4194304", "--journal-segment-bytes",
                        "1048576", "--logs-pack-age-ms", "100")
    wire = Wire(server.port, timeout=120)
    now_ms = int(time.time() * 1000)
    for group, age_ms in (("older", 3600_000), ("newer", 1800_000)):
        wire("logs", "CreateLogGroup", logGroupName=group)
        fill(wire, group, 16, now_ms - age_ms)
    wire("logs", "CreateLogGroup", logGroupName="newest")
    newest = fill(wire, "newest", 16, now_ms - 60_000)

    def within():
        wire("logs", "PutRetentionPolicy", logGroupName="newest", retentionInDays=7)  # a commit: then it is looked
        seen = metrics(server)
        return seen["logs_dropped_events_total"] > 0 and seen["store_disk_bytes"] < limit

    eventually(within, seconds=60)
    assert count_events(wire, "newest") == newest
    assert count_events(wire, "older") < 16 * 30 // 2
    entries = [entry for entry in wire("crema", "ListInbox")["Entries"] if entry["Reason"] == "LOG_EVENTS_DROPPED"]
    assert entries and entries[-1]["TargetArn"].endswith(":log-group:older"), entries
    assert "store_bytes_max" in server.errors()
