"""Exports and imports of log groups: the service's export tasks, and crema logs."""
import gzip
import json
import os
import random
import re
import subprocess
import time

import pytest

from conftest import CREMA, SLOW, aws_environment, eventually
from wire import Refused, Wire

DAY_MS = 86400000


def fill(wire, group, streams, count, timestamp=None):
    wire("logs", "CreateLogGroup", logGroupName=group)
    for stream in streams:
        wire("logs", "CreateLogStream", logGroupName=group, logStreamName=stream)
        now = timestamp or int(time.time() * 1000)
        for first in range(0, count, 5000):
            wire("logs", "PutLogEvents", logGroupName=group, logStreamName=stream, logEvents=[
                {"timestamp": now + number // 10, "message": f"{number} of {stream}"[:200]}
                for number in range(first, min(first + 5000, count))])


def task(wire, task_id):
    found = wire("logs", "DescribeExportTasks", taskId=task_id)["exportTasks"]
    assert len(found) == 1
    return found[0]


def over(wire, task_id):
    found = task(wire, task_id)
    return found if found["status"]["code"] in ("COMPLETED", "FAILED", "CANCELLED") else None


def export(wire, group, **more):
    request = {"logGroupName": group, "from": 0, "to": int(time.time() * 1000) + DAY_MS, "destination": "bucket-1"}
    return wire("logs", "CreateExportTask", **dict(request, **more))["taskId"]


def lines(folder):
    """Of each file below the folder: its path from there, and its lines."""
    found = {}
    for top, _, names in os.walk(folder):
        for name in names:
            assert name.endswith(".gz"), name
            with gzip.open(os.path.join(top, name), "rt", newline="\n") as file:
                found[os.path.relpath(os.path.join(top, name), folder)] = file.read().split("\n")[:-1]
    return found


@pytest.fixture
def exporting(new_server, tmp_path):
    def start(*arguments):
        server = new_server("--export-folder", str(tmp_path / "out"), *arguments)
        return server, Wire(server.port), tmp_path / "out"
    return start


def test_an_export_task(exporting):
    _, wire, out = exporting("--ephemeral")
    fill(wire, "/shop/a", ["web", "web-2", "other"], 25)
    task_id = export(wire, "/shop/a", taskName="nightly", destinationPrefix="daily/one", logStreamNamePrefix="web")
    done = eventually(lambda: over(wire, task_id))
    assert done["status"] == {"code": "COMPLETED", "message": "Completed successfully: 50 events in 2 files"}
    assert done["taskName"] == "nightly" and done["destinationPrefix"] == "daily/one"
    assert done["executionInfo"]["completionTime"] >= done["executionInfo"]["creationTime"]
    files = lines(out / "bucket-1" / "daily" / "one" / task_id)
    assert sorted(files) == ["web-2/000000.gz", "web/000000.gz"]
    for number, line in enumerate(files["web/000000.gz"]):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z %d of web" % number, line)
    assert wire("logs", "DescribeExportTasks", statusCode="COMPLETED")["exportTasks"] == [done]
    assert wire("logs", "DescribeExportTasks", statusCode="FAILED") == {"exportTasks": []}
    second = export(wire, "/shop/a", to=done["to"])
    eventually(lambda: over(wire, second))
    assert len(lines(out / "bucket-1" / "exportedlogs" / second)) == 3
    page = wire("logs", "DescribeExportTasks", limit=1)
    assert [one["taskId"] for one in page["exportTasks"]] == [task_id]
    page = wire("logs", "DescribeExportTasks", limit=1, nextToken=page["nextToken"])
    assert [one["taskId"] for one in page["exportTasks"]] == [second] and "nextToken" not in page


def test_what_is_refused(exporting, new_server):
    server, wire, _ = exporting("--ephemeral")
    fill(wire, "g", ["s"], 1)

    def refusal(**more):
        with pytest.raises(Refused) as refused:
            export(wire, more.pop("group", "g"), **more)
        return refused.value.name

    assert refusal(group="absent") == "ResourceNotFoundException"
    for bucket in ("..", "../..", "a/b", "ab", ".aa", "UPPER", "x..y", "-aa"):
        assert refusal(destination=bucket) == "InvalidParameterException"
    assert refusal(**{"from": 5000, "to": 4000}) == "InvalidParameterException"
    assert refusal(to=1000) == "InvalidParameterException"
    for name, code in (("CancelExportTask", "ResourceNotFoundException"), ):
        with pytest.raises(Refused) as refused:
            wire("logs", name, taskId="none")
        assert refused.value.name == code
    done = export(wire, "g")
    eventually(lambda: over(wire, done))
    with pytest.raises(Refused) as refused:
        wire("logs", "CancelExportTask", taskId=done)
    assert refused.value.name == "InvalidOperationException"
    without = Wire(new_server("--ephemeral").port)
    without("logs", "CreateLogGroup", logGroupName="g")
    with pytest.raises(Refused) as refused:
        export(without, "g")
    assert refused.value.name == "InvalidParameterException" and "export_folder" in refused.value.text


def test_names_do_not_lead_out_of_the_folder(exporting, tmp_path):
    _, wire, out = exporting("--ephemeral")
    names = ["..", ".", "../../evil", "/etc/passwd", "a/b", "a%2Fb", "\\..\\x", "-rf", " ", "x" * 512, "x" * 511 + "y",
             "\u00fc" * 512, "line\nfeed", "~", "a\u0000b", "%00", "CON", "2026/11/28/[$LATEST]0123"]
    fill(wire, "g", names, 3)
    task_id = export(wire, "g", destinationPrefix="../..//../%2e%2e/./up")
    done = eventually(lambda: over(wire, task_id))
    assert done["status"]["code"] == "COMPLETED", done
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]
    found = {}
    for path, content in lines(out).items():
        folders = path.split(os.sep)
        assert folders[0] == "bucket-1" and folders[-3] == task_id and len(folders) == 10
        found[path] = content[0].split(" ", 1)[1]
    assert len(found) == len(names)


def test_one_at_a_time_and_cancelled(exporting):
    """A long one is cancelled; until then no other may begin. Another region has its own."""
    server, wire, out = exporting("--ephemeral")
    fill(wire, "g", [f"s{number}" for number in range(40)], 5000)
    task_id = export(wire, "g")
    with pytest.raises(Refused) as refused:
        export(wire, "g")
    assert refused.value.name == "LimitExceededException"
    elsewhere = Wire(server.port, region="eu-west-1")
    elsewhere("logs", "CreateLogGroup", logGroupName="g")
    other = export(elsewhere, "g")
    wire("logs", "CancelExportTask", taskId=task_id)
    assert eventually(lambda: over(wire, task_id))["status"]["code"] == "CANCELLED"
    assert eventually(lambda: over(elsewhere, other))["status"]["code"] == "COMPLETED"
    third = export(wire, "g")
    wire("logs", "DeleteLogGroup", logGroupName="g")
    assert eventually(lambda: over(wire, third))["status"] in (
        {"code": "FAILED", "message": "The log group was deleted."},)


def test_an_export_goes_on_after_kill(exporting):
    server, wire, out = exporting()
    streams, count = 12, 8000
    fill(wire, "g", [f"s{number}" for number in range(streams)], count)
    task_id = export(wire, "g")
    for _ in range(int(os.environ.get("CREMA_EXPORT_KILLS", "3"))):
        time.sleep(random.uniform(0, 0.15))
        server.kill()
        server.start()
        wire = Wire(server.port)
    done = eventually(lambda: over(wire, task_id), 30)
    assert done["status"]["code"] == "COMPLETED"
    files = lines(out / "bucket-1" / "exportedlogs" / task_id)
    assert len(files) == streams
    for path, content in files.items():
        stream = path.split(os.sep)[0]
        assert [line.split(" ", 1)[1] for line in content] == [f"{number} of {stream}" for number in range(count)]


# ---- crema logs ----

def crema(server, *arguments, status=0):
    done = subprocess.run([CREMA, "logs", *arguments, "--endpoint", server.endpoint], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=120 * SLOW, env=aws_environment(server.endpoint))
    assert done.returncode == status, done.stderr
    return done.stdout if status == 0 else done.stderr


def events(wire, group):
    seen, token = [], {}
    while True:
        page = wire("logs", "FilterLogEvents", logGroupName=group, **token)
        seen += [(event["timestamp"], event["ingestionTime"], event["logStreamName"], event["message"])
                 for event in page["events"]]
        if "nextToken" not in page:
            return seen
        token = {"nextToken": page["nextToken"]}


def test_what_is_exported_is_imported(new_server, tmp_path):
    """Events alike, of one millisecond, old ones, ones of many streams: the same elsewhere, in the same order."""
    here, there = new_server("--ephemeral"), new_server()
    wire, other = Wire(here.port), Wire(there.port)
    fill(wire, "/from/here", ["a", "b"], 3000)
    alike = [{"timestamp": int(time.time() * 1000), "message": "alike"}] * 50
    wire("logs", "PutLogEvents", logGroupName="/from/here", logStreamName="a", logEvents=alike)
    wire("logs", "PutLogEvents", logGroupName="/from/here", logStreamName="a", logEvents=alike[:7])
    wire("crema", "ImportLogEvents", LogGroupName="/from/here", Events=[
        {"LogStreamName": "old", "Timestamp": 1000 + number, "IngestionTime": 5000 + number % 2,
         "Message": f"{{\"n\": {number}, \"text\": \"\u00fc\\n\"}}"} for number in range(20)])
    folder = str(tmp_path / "copy")
    assert crema(here, "export", "/from/here", "--to", folder) == \
        f"exported 6077 events of /from/here to {folder}, in 1 files\n"
    with open(os.path.join(folder, "export.json")) as file:
        assert json.load(file)["events"] == 6077
    assert crema(there, "import", folder) == \
        "imported 6077 events into /from/here; 0 were there already, 0 are past the group's retention\n"
    assert events(other, "/from/here") == events(wire, "/from/here")
    assert crema(there, "import", folder).startswith("imported 0 events into /from/here; 6077 were there already")
    assert crema(there, "import", folder, "--group", "second").startswith("imported 6077 events into second;")
    assert len(events(other, "/from/here")) == 6077
    assert "holds an export already" in crema(here, "export", "/from/here", "--to", folder, status=1)


def test_part_of_a_group(new_server, tmp_path):
    server = new_server("--ephemeral")
    wire = Wire(server.port)
    wire("logs", "CreateLogGroup", logGroupName="g")
    wire("crema", "ImportLogEvents", LogGroupName="g", Events=[
        {"LogStreamName": "s", "Timestamp": number * 1000, "Message": str(number)} for number in range(1, 11)])
    folder = str(tmp_path / "copy")
    crema(server, "export", "g", "--since", "1970-01-01T00:00:03Z", "--until", "5000", "--to", folder)
    crema(server, "import", folder, "--group", "part")
    assert [event[3] for event in events(wire, "part")] == ["3", "4", "5"]
    wire("logs", "PutRetentionPolicy", logGroupName="part", retentionInDays=1)
    assert crema(server, "import", folder, "--group", "part") == \
        "imported 0 events into part; 0 were there already, 3 are past the group's retention\n"
    assert "does not exist" in crema(server, "export", "absent", "--to", str(tmp_path / "x"), status=1)


def test_damaged_exports_are_refused(new_server, tmp_path):
    server = new_server("--ephemeral")
    wire = Wire(server.port)
    fill(wire, "g", ["s"], 2000)
    folder = tmp_path / "copy"
    crema(server, "export", "g", "--to", str(folder))
    whole = (folder / "000000.jsonl.gz").read_bytes()
    for damaged in (whole[:-20], whole[:len(whole) // 2] + b"\0\0\0\0" + whole[len(whole) // 2 + 4:],
                    gzip.compress(b'{"timestamp":1}\n'), gzip.compress(b""),
                    gzip.compress(gzip.decompress(whole)[:-1])):
        (folder / "000000.jsonl.gz").write_bytes(damaged)
        assert "crema logs import: " in crema(server, "import", str(folder), "--group", "new", status=1)
    (folder / "000000.jsonl.gz").write_bytes(whole)
    manifest = json.loads((folder / "export.json").read_text())
    manifest["files"][0]["name"] = "../../etc/passwd"
    (folder / "export.json").write_text(json.dumps(manifest))
    crema(server, "import", str(folder), status=1)
    (folder / "export.json").unlink()
    crema(server, "import", str(folder), status=1)


def test_an_import_is_killed_and_repeated(new_server, tmp_path):
    """The server dies while events are imported; a repeated import ends with each of them once."""
    server = new_server()
    wire = Wire(server.port)
    fill(wire, "g", ["a", "b", "c"], 20000)
    folder = str(tmp_path / "copy")
    crema(server, "export", "g", "--to", folder)
    wanted = events(wire, "g")
    for _ in range(int(os.environ.get("CREMA_IMPORT_KILLS", "3"))):
        process = subprocess.Popen([CREMA, "logs", "import", folder, "--group", "copy", "--endpoint", server.endpoint],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(random.uniform(0.02, 0.3))
        server.kill()
        process.communicate(timeout=60 * SLOW)
        server.start()
    crema(server, "import", folder, "--group", "copy")
    assert events(Wire(server.port), "copy") == wanted


def test_crema_logs_is_called_wrongly():
    for arguments in ([], ["nonsense"], ["export"], ["export", "g"], ["export", "g", "--to"], ["import"],
                      ["export", "g", "h", "--to", "x"], ["export", "g", "--since", "soon", "--to", "x"],
                      ["import", "x", "--to", "y"]):
        done = subprocess.run([CREMA, "logs", *arguments], stderr=subprocess.PIPE, text=True, timeout=30 * SLOW)
        assert done.returncode == 2 and "usage: crema logs" in done.stderr, arguments
