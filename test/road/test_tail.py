"""Live tails over the wire: the JavaScript SDK, botocore's decoder of event streams, and crema tail."""
import http.client
import json
import os
import pty
import queue
import signal
import socket
import subprocess
import threading
import time

import botocore.eventstream
import pytest

from conftest import ACCOUNT, CREMA, REGION, SLOW, aws_environment, eventually
from node_packages import installed
from test_javascript import FOLDER
from wire import Refused, Wire

STANDARD = "Logs_20140328.StartLiveTail"
OWN = "Crema.TailLogs"


def arn(group):
    return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"


def make(server, *groups):
    logs = server.client("logs")
    for group in groups:
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="s")
    return logs


def put(logs, group, *messages, stream="s"):
    now = int(time.time() * 1000)
    logs.put_log_events(logGroupName=group, logStreamName=stream,
                        logEvents=[{"timestamp": now, "message": message} for message in messages])


class Tail:
    """One session, its frames decoded by botocore."""

    def __init__(self, server, target, request, version="HTTP/1.1"):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20 * SLOW)
        self.connection._http_vsn_str = version
        self.connection.request("POST", "/", json.dumps(request), {
            "X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1",
            "Host": f"stream-127.0.0.1:{server.port}"})
        self.answer = self.connection.getresponse()
        self.buffer = botocore.eventstream.EventStreamBuffer()
        self.frames = self.read()

    def read(self):
        while True:
            chunk = self.answer.read1(65536)
            if not chunk:
                return
            self.buffer.add_data(chunk)
            for message in self.buffer:
                kind = message.headers[":message-type"]
                yield kind, message.headers[f":{kind}-type"], json.loads(message.payload)

    def refused(self):
        assert self.answer.status == 400
        body = json.loads(self.answer.read())
        return body["__type"], body["message"]

    def start(self):
        assert self.answer.status == 200
        assert self.answer.headers["Content-Type"] == "application/vnd.amazon.eventstream"
        assert next(self.frames) == ("event", "initial-response", {})
        kind, name, start = next(self.frames)
        assert (kind, name) == ("event", "sessionStart")
        return start

    def updates(self):
        for kind, name, update in self.frames:
            assert (kind, name) == ("event", "sessionUpdate"), update
            yield update

    def messages(self, count):
        seen = []
        for update in self.updates():
            seen += [event["message"] for event in update["sessionResults"]]
            if len(seen) >= count:
                return seen

    def close(self):
        self.answer.close()
        self.connection.close()


def sessions(server):
    metrics = http.client.HTTPConnection("127.0.0.1", server.port)
    metrics.request("GET", "/metrics")
    for line in metrics.getresponse().read().decode().splitlines():
        if line.startswith("crema_tail_sessions "):
            return int(line.split()[1])


def test_the_javascript_sdk(server):
    installed(FOLDER)
    logs = make(server, "/js/a", "/js/b")
    node = subprocess.Popen(["node", "tail.mjs", server.endpoint, "3", arn("/js/a"), arn("/js/b")], cwd=FOLDER,
                            stdout=subprocess.PIPE, text=True)
    start = json.loads(node.stdout.readline())["start"]
    assert start["logGroupIdentifiers"] == [arn("/js/a"), arn("/js/b")] and start["sessionId"]
    put(logs, "/js/a", "one", "two \u00fc \"quoted\"")
    put(logs, "/js/b", "three")
    updates = [json.loads(line)["update"] for line in node.stdout]
    assert node.wait(timeout=30 * SLOW) == 0
    events = [event for update in updates for event in update["sessionResults"]]
    assert [(event["logGroupIdentifier"], event["message"]) for event in events] == [
        (arn("/js/a"), "one"), (arn("/js/a"), "two \u00fc \"quoted\""), (arn("/js/b"), "three")]
    assert all(event["logStreamName"] == "s" and abs(event["timestamp"] - event["ingestionTime"]) < 60000
               for event in events)
    assert not any(update["sessionMetadata"]["sampled"] for update in updates)


def test_an_update_a_second_and_a_sample(server):
    logs = make(server, "/sample")
    tail = Tail(server, STANDARD, {"logGroupIdentifiers": [arn("/sample")], "logEventFilterPattern": "-never"})
    assert tail.start()["logEventFilterPattern"] == "-never"
    updates = tail.updates()
    began = time.monotonic()
    assert [next(updates) for _ in range(2)] == [{"sessionMetadata": {"sampled": False}, "sessionResults": []}] * 2
    assert 1.5 < time.monotonic() - began < 4 * SLOW
    put(logs, "/sample", *[str(number) for number in range(2000)], "never")
    seen = next(update for update in updates if update["sessionResults"])
    assert seen["sessionMetadata"]["sampled"]
    numbers = [int(event["message"]) for event in seen["sessionResults"]]
    assert len(numbers) == 500 and numbers == sorted(numbers) and numbers[-1] > 1900
    tail.close()
    eventually(lambda: sessions(server) == 0)


def test_every_way_of_writing(server):
    """PutLogEvents, a rule's target, and the log of a workflow."""
    logs, events, states = make(server, "/ways"), server.client("events"), server.client("stepfunctions")
    events.put_rule(Name="tailed", EventPattern='{"source":["tail.test"]}')
    events.put_targets(Rule="tailed", Targets=[{"Id": "1", "Arn": arn("/ways")}])
    machine = states.create_state_machine(
        name="tailed", roleArn="arn:aws:iam::000000000000:role/r", type="STANDARD",
        definition='{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}',
        loggingConfiguration={"level": "ALL", "destinations": [
            {"cloudWatchLogsLogGroup": {"logGroupArn": arn("/ways") + ":*"}}]})["stateMachineArn"]
    tail = Tail(server, OWN, {"LogGroupIdentifiers": ["/ways"]})
    tail.start()
    put(logs, "/ways", "put")
    events.put_events(Entries=[{"Source": "tail.test", "DetailType": "t", "Detail": "{}"}])
    states.start_execution(stateMachineArn=machine)
    seen = tail.messages(6)
    assert seen[0] == "put" and json.loads(seen[1])["source"] == "tail.test"
    assert "ExecutionStarted" in [json.loads(message).get("type") for message in seen[2:]]
    assert "ExecutionSucceeded" in [json.loads(message).get("type") for message in seen[2:]]
    tail.close()


def test_refusals(new_server):
    server = new_server("--ephemeral", "--tail-sessions-max", "2", "--tail-time-max-ms", "1500")
    make(server, "a", "b")
    Wire(server.port)("logs", "CreateLogGroup", logGroupName="rare", logGroupClass="INFREQUENT_ACCESS")

    def refusal(**request):
        return Tail(server, STANDARD, request).refused()

    assert refusal(logGroupIdentifiers=[arn("absent")]) == (
        "ResourceNotFoundException", "The specified log group does not exist.")
    assert refusal(logGroupIdentifiers=[arn("a") + ":*"])[0] == "InvalidParameterException"
    assert refusal(logGroupIdentifiers=["a"] * 11)[0] == "InvalidParameterException"
    assert refusal(logGroupIdentifiers=[])[0] == "InvalidParameterException"
    assert refusal(logGroupIdentifiers=["a", "b"], logStreamNames=["s"])[0] == "InvalidParameterException"
    assert refusal(logGroupIdentifiers=["a"], logStreamNames=["s"], logStreamNamePrefixes=["s"])[0] == \
        "InvalidParameterException"
    assert refusal(logGroupIdentifiers=["a"], logEventFilterPattern='"open')[0] == "InvalidParameterException"
    assert refusal(logGroupIdentifiers=["rare"])[0] == "InvalidOperationException"
    tails = [Tail(server, STANDARD, {"logGroupIdentifiers": ["a"]}) for _ in range(2)]
    for tail in tails:
        tail.start()
    assert refusal(logGroupIdentifiers=["a"])[0] == "LimitExceededException"
    *updates, last = list(tails[0].frames)
    assert updates and last[:2] == ("exception", "SessionTimeoutException")
    eventually(lambda: sessions(server) == 0)


def test_an_old_client(server):
    logs = make(server, "/old")
    tail = Tail(server, OWN, {"LogGroupIdentifiers": ["/old"]}, version="HTTP/1.0")
    tail.start()
    assert tail.answer.headers["Transfer-Encoding"] is None
    put(logs, "/old", "one")
    assert tail.messages(1) == ["one"]
    tail.close()


def test_a_slow_reader_is_told_and_holds_nobody_up(new_server):
    server = new_server("--ephemeral", "--tail-behind-bytes-max", "100000")
    logs = make(server, "g")
    slow = Tail(server, OWN, {"LogGroupIdentifiers": ["g"]})
    slow.start()
    count, size = 40, 1000
    for batch in range(count):
        put(logs, "g", *["%d %s" % (batch * size + number, "x" * 500) for number in range(size)])
    put(logs, "g", "last")
    got, dropped = [], 0
    for update in slow.updates():
        assert update["sessionMetadata"]["sampled"] == (update["sessionMetadata"]["dropped"] > 0)
        dropped += update["sessionMetadata"]["dropped"]
        got += [event["message"].split()[0] for event in update["sessionResults"]]
        if got and got[-1] == "last":
            break
    assert dropped > 0 and len(got) + dropped == count * size + 1
    numbers = [int(number) for number in got[:-1]]
    assert numbers == sorted(numbers)
    slow.close()


def test_the_server_stops(new_server):
    server = new_server("--ephemeral")
    make(server, "g")
    tail = Tail(server, STANDARD, {"logGroupIdentifiers": ["g"]})
    tail.start()
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < 5 * SLOW
    frames = list(tail.frames)
    assert frames[-1] == ("exception", "SessionStreamingException", {"message": "The server is stopping."})


def test_a_group_is_deleted(server):
    logs = make(server, "/deleted", "/kept")
    tail = Tail(server, STANDARD, {"logGroupIdentifiers": [arn("/kept"), arn("/deleted")]})
    tail.start()
    command = Command(server.endpoint, "--json", "/deleted")
    eventually(lambda: sessions(server) == 2)
    put(logs, "/deleted", "last")
    assert json.loads(command.line())["message"] == "last"
    logs.delete_log_group(logGroupName="/deleted")
    assert list(tail.frames)[-1] == (
        "exception", "SessionStreamingException", {"message": "A log group of the session was deleted."})
    assert command.process.wait(timeout=20 * SLOW) == 1
    assert "The specified log group does not exist." in command.process.stderr.read()


def test_from_a_workflow_it_is_refused(server):
    with pytest.raises(server.client("stepfunctions").exceptions.ClientError) as refused:
        server.client("stepfunctions").create_state_machine(
            name="no", roleArn="arn:aws:iam::000000000000:role/r", definition=json.dumps({
                "StartAt": "A", "States": {"A": {
                    "Type": "Task", "End": True,
                    "Resource": "arn:aws:states:::aws-sdk:cloudwatchlogs:startLiveTail"}}}))
    assert "startLiveTail" in str(refused.value)


# ---- crema tail ----

class Command:
    """crema tail, its lines as they come, each with the time."""

    def __init__(self, endpoint, *arguments, environment=None):
        self.process = subprocess.Popen([CREMA, "tail", "--endpoint", endpoint, *arguments], text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=dict(aws_environment(endpoint), **(environment or {})))
        self.queue = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.queue.put((line.rstrip("\n"), time.time()))

    def line(self):
        return self.queue.get(timeout=20 * SLOW)[0]

    def end(self):
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(timeout=10 * SLOW)
        return status, self.process.stderr.read()


def test_tail_shows_an_event_at_once(server):
    logs = make(server, "/cli/quick")
    command = Command(server.endpoint, "/cli/quick", "--json")
    eventually(lambda: sessions(server) == 1)
    late = []
    for number in range(20):
        put(logs, "/cli/quick", f"event {number}")
        done = time.time()
        line, seen = command.queue.get(timeout=20)
        event = json.loads(line)
        assert (event["group"], event["stream"], event["message"]) == ("/cli/quick", "s", f"event {number}")
        assert event["ingestionTime"] >= event["timestamp"]
        late.append(seen - done)
        time.sleep(0.03)
    assert sorted(late)[-3] < 0.2 * SLOW, late
    assert command.end() == (0, "")


def test_tail_lines(server):
    logs = make(server, "/cli/lines", "/cli/more")
    put(logs, "/cli/lines", "before, not ours", 'before ERROR {"a": 1}', '{\n  "level": "ERROR",\n  "n": 1.50\n}')
    command = Command(server.endpoint, "--since", "10m", "--filter", "ERROR", "/cli/lines", arn("/cli/more"))
    first = command.line()
    assert first.split(" ", 3)[1:] == ["/cli/lines", "s", 'before ERROR {"a": 1}']
    assert first[10] == "T" and first.split()[0].endswith("Z")
    assert command.line().endswith('s {"level":"ERROR","n":1.50}')
    put(logs, "/cli/more", "fine", "ERROR after")
    assert command.line().split(" ", 3)[1:] == ["/cli/more", "s", "ERROR after"]
    assert command.end() == (0, "")


def test_tail_does_not_steer_a_terminal(server):
    logs = make(server, "/cli/terminal")
    for environment, wanted in (({}, b" {\x1b[34m\"a\"\x1b[0m"), ({"NO_COLOR": "1"}, b" s {\"a\"")):
        master, slave = pty.openpty()
        process = subprocess.Popen([CREMA, "tail", "--endpoint", server.endpoint, "--since", "10m", "/cli/terminal"],
                                   stdout=slave, env=dict(aws_environment(server.endpoint), **environment))
        put(logs, "/cli/terminal", "\x1b]0;title\x07 \u009b31m", '{"a":1}')
        seen = b""
        while wanted not in seen:
            seen += os.read(master, 4096)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10 * SLOW) == 0
        os.close(slave)
        os.close(master)
        assert (b"\x1b" in seen) == (not environment)
        assert b"\\x1b]0;title\\x07 \\x9b31m" in seen and b"\x1b]" not in seen and b"\x07" not in seen


def test_tail_of_streams(server):
    logs = make(server, "/cli/streams")
    logs.create_log_stream(logGroupName="/cli/streams", logStreamName="other")
    put(logs, "/cli/streams", "1")
    put(logs, "/cli/streams", "2", stream="other")
    named = Command(server.endpoint, "--since", "1h", "--stream", "other", "--stream", "later", "/cli/streams")
    prefixed = Command(server.endpoint, "--since", "1h", "--prefix", "ot", "/cli/streams")
    assert named.line().endswith(" other 2") and prefixed.line().endswith(" other 2")
    logs.create_log_stream(logGroupName="/cli/streams", logStreamName="later")
    eventually(lambda: sessions(server) == 2)
    put(logs, "/cli/streams", "3", stream="later")
    put(logs, "/cli/streams", "4", stream="other")
    assert named.line().endswith(" later 3") and prefixed.line().endswith(" other 4")
    assert named.end()[0] == 0 and prefixed.end()[0] == 0


def run(*arguments, environment=None):
    return subprocess.run([CREMA, "tail", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=30 * SLOW, env=dict(aws_environment("http://127.0.0.1:1"), **(environment or {})))


def test_tail_with_keys(new_server):
    """Where requests are verified, crema tail and crema logs sign theirs."""
    server = new_server("--ephemeral", "--key", "someone:secret-of-someone")
    logs = server.client("logs", key="someone", secret="secret-of-someone")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    put(logs, "g", "before")
    refused = run("--endpoint", server.endpoint, "g", environment={
        "AWS_ACCESS_KEY_ID": "someone", "AWS_SECRET_ACCESS_KEY": "another"})
    assert refused.returncode == 1 and "signature" in refused.stderr
    keys = {"AWS_ACCESS_KEY_ID": "someone", "AWS_SECRET_ACCESS_KEY": "secret-of-someone"}
    command = Command(server.endpoint, "--since", "1h", "g", environment=keys)
    assert command.line().endswith(" before")
    eventually(lambda: sessions(server) == 1)
    put(logs, "g", "after")
    assert command.line().endswith(" after")
    assert command.end() == (0, "")


def test_tail_is_called_wrongly(server):
    for arguments in ([], ["--nonsense", "g"], ["--since", "soon", "g"], ["--since"], ["a", "b", "--stream", "s"],
                      ["g", "--stream", "s", "--prefix", "s"], [*"abcdefghijk"]):
        done = run(*arguments)
        assert done.returncode == 2 and "usage: crema tail" in done.stderr, arguments
    done = run("--endpoint", server.endpoint, "absent")
    assert done.returncode == 1 and "The specified log group does not exist." in done.stderr
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        done = run("--endpoint", f"http://127.0.0.1:{free.getsockname()[1]}", "g")
    assert done.returncode == 1 and "crema serve" in done.stderr


def test_tail_goes_on_over_kills(new_server):
    """While events are written and the server is killed again and again, each that was acknowledged is shown once."""
    server = new_server()
    make(server, "g")
    command = Command(server.endpoint, "g", "--json")
    eventually(lambda: sessions(server) == 1)
    acknowledged, unsure, stop = [], [], threading.Event()

    def write():
        number = 0
        while not stop.is_set():
            number += 1
            try:
                Wire(server.port)("logs", "PutLogEvents", logGroupName="g", logStreamName="s", logEvents=[
                    {"timestamp": int(time.time() * 1000), "message": str(number)}])
                acknowledged.append(number)
            except (OSError, http.client.HTTPException, Refused):
                unsure.append(number)
                time.sleep(0.02)

    writer = threading.Thread(target=write)
    writer.start()
    for _ in range(int(os.environ.get("CREMA_TAIL_KILLS", "4"))):
        time.sleep(0.4)
        server.kill()
        time.sleep(0.1)
        server.start()
    eventually(lambda: sessions(server) == 1)
    time.sleep(0.3)
    stop.set()
    writer.join()
    put(server.client("logs"), "g", "last")
    seen = []
    while True:
        message = json.loads(command.line())["message"]
        if message == "last":
            break
        seen.append(int(message))
    assert len(seen) == len(set(seen))
    assert set(acknowledged) <= set(seen) <= set(acknowledged) | set(unsure)
    assert len(acknowledged) > 50
    assert command.end()[0] == 0
