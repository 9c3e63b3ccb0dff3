"""The program itself: start, stop, settings, the data folder, check, backup."""
import errno
import http.client
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

from conftest import ACCOUNT, CREMA, REGION, SLOW, TOP, Server
from wire import Refused, Wire


def crema(*arguments, timeout=60, **environment):
    return subprocess.run([CREMA, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=timeout * SLOW, env=dict(os.environ, **environment))


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body


def test_version_and_help():
    assert re.fullmatch(r"crema \d+\.\d+\.\d+\n", crema("version").stdout)
    for word in ("serve", "demo", "check", "backup", "env", "version"):
        assert re.search(rf"^  {word}\b", crema("help").stdout, re.M)
    assert "--listen" in crema("serve", "--help").stdout


@pytest.mark.parametrize("arguments, words", [
    ([], "usage"),
    (["brew"], "brew"),
    (["serve", "--colour"], "--colour"),
    (["serve", "--queue-max", "none"], "queue_max"),
    (["serve", "--listen", "nowhere"], "nowhere"),
    (["serve", "--listen", "0.0.0.0:0"], "--key"),
    (["serve", "--key", "lonely"], "--key"),
    (["serve", "--subscription-origin", "https://a.example/path"], "an origin ends with the host or its port"),
    (["check"], "folder"),
    (["check", "a", "b"], "one folder"),
    (["backup", "here"], "whole path"),
    (["env", "--shell"], "--shell"),
    (["demo", "now"], "now"),
])
def test_called_wrongly(arguments, words):
    done = crema(*arguments)
    assert done.returncode == 2, done
    assert words in done.stderr


def test_healthz_metrics_and_a_person(server):
    assert get(server.port, "/healthz")[0] == 200
    status, text = get(server.port, "/metrics")
    assert status == 200 and re.search(r"^crema_\w+(\{[^}]*\})? \d", text, re.M)
    status, text = get(server.port, "/")
    assert status == 200 and "Crema" in text


def test_ready_within_50_ms_on_an_empty_folder(new_server):
    best = min(start_time(new_server) for _ in range(3))
    print(f"ready after {best * 1000:.0f} ms")
    assert best < 0.05 * SLOW * 4  # a figure belongs to make bench; this catches a start that waits for something


def start_time(new_server):
    start = time.monotonic()
    one = new_server()
    Wire(one.port)("events", "ListEventBuses")
    return time.monotonic() - start


def test_sigterm_drains_and_data_stays(new_server):
    one = new_server()
    Wire(one.port)("logs", "CreateLogGroup", logGroupName="kept")
    assert one.stop() == 0
    one.start()
    assert Wire(one.port)("logs", "DescribeLogGroups")["logGroups"][0]["logGroupName"] == "kept"


def test_idle_clients_do_not_hold_up_the_stop(new_server):
    one = new_server()
    idle = [Wire(one.port) for _ in range(5)]
    for wire in idle:
        wire("logs", "DescribeLogGroups")
    start = time.monotonic()
    assert one.stop() == 0
    assert time.monotonic() - start < 2 * SLOW


def test_sigint_stops_too(new_server):
    one = new_server()
    one.process.send_signal(signal.SIGINT)
    assert one.process.wait(timeout=30) == 0


def test_ephemeral_keeps_nothing(new_server):
    one = new_server("--ephemeral")
    wire = Wire(one.port)
    wire("logs", "CreateLogGroup", logGroupName="gone")
    assert len(wire("logs", "DescribeLogGroups")["logGroups"]) == 1
    assert one.stop() == 0
    one.start()
    assert Wire(one.port)("logs", "DescribeLogGroups")["logGroups"] == []


def test_second_server_on_a_folder_is_refused(new_server):
    one = new_server()
    done = crema("serve", "--listen", "127.0.0.1:0", "--data", one.data)
    assert done.returncode == 1 and one.data in done.stderr
    assert get(one.port, "/healthz")[0] == 200


def test_port_in_use_is_said(new_server):
    one = new_server()
    done = crema("serve", "--listen", f"127.0.0.1:{one.port}", "--ephemeral")
    assert done.returncode == 1 and str(one.port) in done.stderr


def test_newer_folder_is_refused_and_left_alone(new_server):
    one = new_server()
    Wire(one.port)("logs", "CreateLogGroup", logGroupName="kept")
    assert one.stop() == 0
    path = os.path.join(one.data, "format")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(re.sub(r"crema store \d+", "crema store 999", text))
    done = crema("serve", "--listen", "127.0.0.1:0", "--data", one.data)
    assert done.returncode == 1 and "999" in done.stderr
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    one.start()
    assert len(Wire(one.port)("logs", "DescribeLogGroups")["logGroups"]) == 1


def test_damage_is_found_by_check_and_refused_by_serve(new_server):
    one = new_server()
    wire = Wire(one.port)
    for i in range(50):
        wire("logs", "CreateLogGroup", logGroupName=f"group-{i}")
    one.kill()
    segments = sorted(os.listdir(os.path.join(one.data, "journal")))
    path = os.path.join(one.data, "journal", next(s for s in segments if os.path.getsize(
        os.path.join(one.data, "journal", s))))
    with open(path, "rb") as file:
        before = file.read()
    at = before.index(b"group-3") + 2
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(b"X")
    for done in (crema("check", one.data), crema("serve", "--listen", "127.0.0.1:0", "--data", one.data)):
        assert done.returncode == 1, done
        assert os.path.basename(path) in done.stdout + done.stderr
    with open(path, "rb") as file:
        assert file.read() == before[:at] + b"X" + before[at + 1:], "a damaged folder was written to"
    with open(path, "wb") as file:
        file.write(before)
    one.start()
    assert len(Wire(one.port)("logs", "DescribeLogGroups", limit=50)["logGroups"]) == 50


def test_backup_of_a_running_server_opens(new_server):
    one = new_server()
    wire = Wire(one.port)
    for i in range(20):
        wire("logs", "CreateLogGroup", logGroupName=f"group-{i}")
    folder = tempfile.mkdtemp(prefix="crema-backup-")
    try:
        copy = os.path.join(folder, "copy")
        done = crema("backup", "--endpoint", one.endpoint, copy)
        assert done.returncode == 0 and copy in done.stdout, done
        wire("logs", "CreateLogGroup", logGroupName="after")
        again = crema("backup", "--endpoint", one.endpoint, copy)
        assert again.returncode == 1 and copy in again.stderr, "a folder with something in it is not overwritten"
        assert crema("check", copy).returncode == 0
        other = new_server(data=copy)
        names = [g["logGroupName"] for g in Wire(other.port)("logs", "DescribeLogGroups", limit=50)["logGroups"]]
        assert sorted(names) == sorted(f"group-{i}" for i in range(20))
        assert other.stop() == 0
    finally:
        shutil.rmtree(folder)


def test_settings_come_from_file_variable_and_flag(new_server):
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write('account = "111111111111"\nregion = "eu-north-1"\n')
        file.flush()
        one = new_server("--config", file.name, "--account", "333333333333",
                         environment={"CREMA_ACCOUNT": "222222222222"})
        bus = Wire(one.port)("events", "DescribeEventBus")
        assert bus["Arn"] == f"arn:aws:events:{REGION}:333333333333:event-bus/default"


def test_namespaces_are_apart(new_server):
    one = new_server()
    Wire(one.port)("logs", "CreateLogGroup", logGroupName="here")
    assert Wire(one.port, region="eu-west-1")("logs", "DescribeLogGroups")["logGroups"] == []
    other = Wire(one.port, key="123456789012")
    assert other("logs", "DescribeLogGroups")["logGroups"] == []
    other("logs", "CreateLogGroup", logGroupName="here")
    group = other("logs", "DescribeLogGroups")["logGroups"][0]
    assert group["logGroupArn"] == f"arn:aws:logs:{REGION}:123456789012:log-group:here"
    assert Wire(one.port)("logs", "DescribeLogGroups")["logGroups"][0]["logGroupArn"].split(":")[4] == ACCOUNT


def mounted(folder, size):
    return subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def fill(path, leave):
    """Takes the file system's free space but for some, in small pieces, as the server takes some meanwhile."""
    with open(path, "wb", buffering=0) as file:
        try:
            while os.statvfs(path).f_bavail * os.statvfs(path).f_frsize > leave:
                file.write(b"\0" * (256 << 10))
        except OSError as full:
            assert full.errno == errno.ENOSPC


def test_full_disk_refuses_writes_serves_reads_and_recovers():
    folder = tempfile.mkdtemp(prefix="crema-full-")
    if os.geteuid() != 0 or not mounted(folder, "160m"):
        shutil.rmtree(folder)
        pytest.skip("a small file system cannot be mounted here")
    one = None
    try:
        one = Server("--disk-free-bytes-min", str(8 << 20), data=folder)
        wire = Wire(one.port)
        wire("logs", "CreateLogGroup", logGroupName="group")
        wire("logs", "CreateLogStream", logGroupName="group", logStreamName="stream")
        acknowledged = 0
        ballast = os.path.join(folder, "ballast")
        fill(ballast, leave=10 << 20)
        refusal = None
        for i in range(4000):
            try:
                wire("logs", "PutLogEvents", logGroupName="group", logStreamName="stream",
                     logEvents=[{"timestamp": int(time.time() * 1000), "message": f"{i} " + "x" * 10000}])
                acknowledged += 1
            except Refused as refused:
                refusal = refused
                break
        assert refusal is not None and refusal.status in (500, 503), refusal
        assert len(wire("logs", "DescribeLogStreams", logGroupName="group")["logStreams"]) == 1
        os.unlink(ballast)
        deadline = time.monotonic() + 20 * SLOW
        while True:
            try:
                wire("logs", "CreateLogGroup", logGroupName="after")
                break
            except Refused:
                assert time.monotonic() < deadline, "writes are still refused though there is room"
                time.sleep(0.1)
        count, arguments = 0, {"logGroupName": "group"}
        while True:
            page = wire("logs", "FilterLogEvents", **arguments)
            count += len(page["events"])
            if "nextToken" not in page:
                break
            arguments["nextToken"] = page["nextToken"]
        assert count == acknowledged
        assert one.stop() == 0
    finally:
        if one:
            one.close()
        subprocess.run(["umount", "-l", folder], check=True)
        shutil.rmtree(folder, ignore_errors=True)


def test_env_points_a_shell_at_the_server(server):
    lines = crema("env", "--endpoint", server.endpoint).stdout
    assert f"export AWS_ENDPOINT_URL={server.endpoint}\n" in lines
    assert "AWS_DISABLE_HOST_PREFIX_INJECTION=true" in lines


def test_settings_page_is_what_the_program_says():
    with open(os.path.join(TOP, "docs", "reference", "settings.md"), encoding="utf-8") as file:
        assert crema("help", "settings-markdown").stdout in file.read()
