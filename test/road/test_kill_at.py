"""The server dies at the N-th call by which it changes its data folder (test/sim/kill_at.c), for many N, under a small
workload that is the same each time. After each death it is started again and must know what the ledger says.

How it dies, in turn:
  before, after, torn   SIGKILL before the call, after it, or after a part of a write
  power                 the machine loses power there: each file is what it was at its last sync, and so are the
                        entries of each folder
  names                 the same, but the entries are on disk and only the contents are lost
  pages                 as names, but some of the 4 KiB pages that were not synced are on disk too, and some are not
  twice                 SIGKILL, a start, and the power goes at an early call of that second server

CREMA_KILL_POINTS (40): how many points are tried; "all": each call. CREMA_KILL_SHARE (1/1): "2/3" is the second third.
"""
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import tempfile
import time

import pytest

import conftest
from conftest import ACCOUNT, REGION, Server
from ledger import BUS, GONE, GROUP, MACHINE, SOURCE, TABLE, Ledger, put_task, read_all, send, statuses, step, verify
from ledger import DEFINITION, number_of
from wire import Refused, Wire

SIM = os.path.join(conftest.BUILD, "test", "sim", "kill-at.so")
POINTS = os.environ.get("CREMA_KILL_POINTS", "40")
SHARE = tuple(int(n) for n in os.environ.get("CREMA_KILL_SHARE", "1/1").split("/"))
HOWS = ("before", "power", "after", "pages", "torn", "twice", "names")
SETTINGS = ("--journal-segment-bytes", "65536", "--view-buffer-bytes", "1048576", "--loops", "1",
            "--deliveries-per-command-max", "2", "--disk-free-bytes-min", "1048576")
# What is logged is packed at once, all the time: the calls are not the same each time, but deaths meet packings too.
PACKING = ("--logs-pack-age-ms", "10")
LATER = ("--clock-offset-ms", str(3 * 3600 * 1000))
PAGE = 4096
CLOCK = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:Clock"
MEMORY = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:Memory"
COPIES = "copies/of/crash"  # of all that is written to GROUP, by a subscription filter
COPIES_ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{COPIES}"

pytestmark = [
    pytest.mark.skipif(bool(os.environ.get("CREMA_SANITIZER")), reason="a sanitizer wants to be loaded first itself"),
    pytest.mark.skipif(not os.path.exists(SIM), reason="kill-at.so is not built"),
]

# ---- executions that wait for the clock, each in another way; an hour later all must go on, and each count itself once

COUNT = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:updateItem", "End": True, "Parameters": {
    "TableName": TABLE, "Key": {"PK": {"S": "rung"}}, "UpdateExpression": "ADD amount :one",
    "ExpressionAttributeValues": {":one": {"N": "1"}}}}
NO_TABLE = dict(COUNT["Parameters"], TableName="absent")
CATCH = [{"ErrorEquals": ["States.ALL"], "ResultPath": None, "Next": "Count"}]
SILENT = put_task("silent", True, "Count")
SILENT["Parameters"]["Entries"][0]["Source"] = "nobody.listens"
WAYS = ("Wait", "Retry", "Heartbeat", "Timeout", "Parallel", "Run", "Sync")
HOUR = {"StartAt": "Hour", "States": {"Hour": {"Type": "Wait", "Seconds": 3600, "End": True}}}


def renamed(scope, name):
    return {"StartAt": name, "States": {name: scope["States"][scope["StartAt"]]}}


ITEMS = {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "ItemProcessor": renamed(HOUR, "Item")}
# It does not wait: its executions begin whenever it is their turn.
RUN = dict(ITEMS, MaxConcurrency=1, ItemProcessor={
    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Child",
    "States": {"Child": {"Type": "Pass", "End": True}}})
# An execution in memory, which is gone with the server: the next one begins another. What it writes is of another kind.
SYNC = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:startSyncExecution",
        "Parameters": {"StateMachineArn": MEMORY}, "ResultPath": None}


def count_in(name, **more):
    return {**COUNT, "Parameters": {**COUNT["Parameters"], "Key": {"PK": {"S": name}}}, **more}


IN_MEMORY = json.dumps({"StartAt": "Begun", "States": {
    "Begun": count_in("begun", End=False, Next="Second"), "Second": {"Type": "Wait", "Seconds": 1, "Next": "Ended"},
    "Ended": count_in("ended")}})
CLOCKWORK = json.dumps({"StartAt": "Which", "States": {
    "Which": {"Type": "Choice", "Default": "Wait", "Choices": [
        {"Variable": "$.how", "StringEquals": how, "Next": how} for how in WAYS[1:]]},
    "Wait": {"Type": "Wait", "Seconds": 3600, "Next": "Count"},
    "Retry": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:updateItem", "Parameters": NO_TABLE,
              "Next": "Count",
              "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 3600, "MaxAttempts": 1}], "Catch": CATCH},
    "Heartbeat": dict(SILENT, HeartbeatSeconds=3600, Catch=CATCH),
    "Timeout": dict(SILENT, TimeoutSeconds=3600, Catch=CATCH),
    "Parallel": {"Type": "Parallel", "Next": "Count", "Branches": [
        HOUR, {"StartAt": "Items", "States": {"Items": dict(ITEMS, End=True)}}]},
    "Run": dict(RUN, Next="Count"),
    "Sync": dict(SYNC, Next="Count"),
    "Count": COUNT}})


def make_all(wire):
    """Name, how to make it, how to see that it is there."""
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    target = {"Id": "log", "Arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{GROUP}"}
    return [
        ("bus", lambda: wire("events", "CreateEventBus", Name=BUS),
         lambda: wire("events", "DescribeEventBus", Name=BUS)),
        ("group", lambda: wire("logs", "CreateLogGroup", logGroupName=GROUP),
         lambda: wire("logs", "DescribeLogGroups", logGroupNamePrefix=GROUP)["logGroups"][0]),
        ("copies", lambda: wire("logs", "CreateLogGroup", logGroupName=COPIES),
         lambda: wire("logs", "DescribeLogGroups", logGroupNamePrefix=COPIES)["logGroups"][0]),
        ("subscription", lambda: wire("logs", "PutSubscriptionFilter", logGroupName=GROUP, filterName="all",
                                      filterPattern="", destinationArn=COPIES_ARN),
         lambda: wire("logs", "DescribeSubscriptionFilters", logGroupName=GROUP)["subscriptionFilters"][0]),
        ("counter", lambda: wire("logs", "PutMetricFilter", logGroupName=GROUP, filterName="all", filterPattern="",
                                 metricTransformations=[{"metricName": "All", "metricNamespace": "Crash",
                                                         "metricValue": "1"}]),
         lambda: wire("logs", "DescribeMetricFilters", logGroupName=GROUP)["metricFilters"][0]),
        ("stream", lambda: wire("logs", "CreateLogStream", logGroupName=GROUP, logStreamName="written"),
         lambda: wire("logs", "DescribeLogStreams", logGroupName=GROUP,
                      logStreamNamePrefix="written")["logStreams"][0]),
        ("rule", lambda: wire("events", "PutRule", Name="all", EventBusName=BUS,
                              EventPattern=json.dumps({"source": [SOURCE]})),
         lambda: wire("events", "DescribeRule", Name="all", EventBusName=BUS)),
        ("target", lambda: wire("events", "PutTargets", Rule="all", EventBusName=BUS, Targets=[target]),
         lambda: wire("events", "ListTargetsByRule", Rule="all", EventBusName=BUS)["Targets"][0]),
        ("table", lambda: wire("dynamodb", "CreateTable", TableName=TABLE, BillingMode="PAY_PER_REQUEST",
                               AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
                               KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}]),
         lambda: wire("dynamodb", "DescribeTable", TableName=TABLE)),
        ("waiter", lambda: wire("states", "CreateStateMachine", name="Waiter", definition=DEFINITION, roleArn=role),
         lambda: wire("states", "DescribeStateMachine", stateMachineArn=MACHINE)),
        ("saved query", lambda: wire("logs", "PutQueryDefinition", name="saved", queryString="limit 1",
                                     clientToken="t" * 36),
         lambda: wire("logs", "DescribeQueryDefinitions", queryDefinitionNamePrefix="saved")["queryDefinitions"][0]),
        ("started query", lambda: wire("logs", "StartQuery", logGroupName=GROUP, startTime=0, endTime=1,
                                       queryString="limit 7"),
         lambda: wire("logs", "DescribeQueries", logGroupName=GROUP)["queries"][0]),
        ("memory", lambda: wire("states", "CreateStateMachine", name="Memory", definition=IN_MEMORY, roleArn=role,
                                type="EXPRESS"),
         lambda: wire("states", "DescribeStateMachine", stateMachineArn=MEMORY)),
        ("clock", lambda: wire("states", "CreateStateMachine", name="Clock", definition=CLOCKWORK, roleArn=role),
         lambda: wire("states", "DescribeStateMachine", stateMachineArn=CLOCK)),
    ]


def make_missing(wire, ledger):
    """What was acknowledged must be there; what is not there is made now."""
    for name, make, look in make_all(wire):
        try:
            look()
            there = True
        except (Refused, IndexError):
            there = False
        assert there or name not in ledger.acknowledged["made"], f"the {name} was made and is gone"
        if not there:
            make()
        ledger.note("made", name, True)


# ---- the workload

def run_workload(port, ledger, prefix="a", rounds=9, connect=Wire):
    """Until it is through or the server is gone. True: it is through."""
    try:
        wire = connect(port, timeout=60)
        for name, make, _ in make_all(wire):
            if name not in ledger.acknowledged["made"]:
                make()
                ledger.note("made", name, True)
        for i in range(rounds):
            step(wire, ledger, "event", f"{prefix}e{i}")
            step(wire, ledger, "log", f"{prefix}l{i}", pad="x" * 45_000)
            step(wire, ledger, "execution", f"{prefix}x{i}")
            step(wire, ledger, "add", f"{prefix}c{i}")
            step(wire, ledger, "event", f"{prefix}p{i}", pad="y" * (30_000 if i % 4 == 1 else 15_000))
            name = f"{prefix}k{i}"
            send(lambda: wire("states", "StartExecution", stateMachineArn=CLOCK, name=name,
                              input=json.dumps({"how": WAYS[i % len(WAYS)], "id": name, "items": [1, 2]})),
                 lambda done: ledger.note("clock", name, done))
            if i % 3 == 2:
                _, tokens = read_all(wire)
                for execution in (f"{prefix}x{i}", f"{prefix}x{i - 1}"):
                    ledger.tokens.append((execution, tokens[execution]))
                    step(wire, ledger, "answer", execution)
        wire.close()
        return True
    except GONE:
        return False


class Stubborn(Wire):
    """Says again what was refused for want of room; meanwhile reads must be answered."""
    refused = 0

    def __call__(self, service, operation, **body):
        end = time.monotonic() + 60
        while True:
            try:
                return super().__call__(service, operation, **body)
            except Refused as refused:
                if refused.status < 500 or time.monotonic() > end:
                    raise
                Stubborn.refused += 1
                assert super().__call__("events", "DescribeEventBus", Name=BUS)["Name"] == BUS
                time.sleep(0.05)


def verify_clock(wire, ledger):
    """Only when the clock has moved past all that waits."""
    found = {e["name"]: e["status"] for e in wire("states", "ListExecutions", stateMachineArn=CLOCK)["executions"]}
    lost = ledger.acknowledged["clock"] - set(found)
    assert not lost, f"acknowledged executions are lost: {sorted(lost)}"
    late = [name for name, status in found.items() if status != "SUCCEEDED"]
    assert not late, f"their time has come, and they are not through: {[(n, found[n]) for n in late]}"
    assert number_of(wire, "rung") == len(found), "each execution counts itself once"


def verify_copies(wire):
    written = read_all(wire)[0]
    assert read_all(wire, COPIES)[0] == written, "a subscribed group has each event once"
    points = wire("monitoring", "GetMetricStatistics", Namespace="Crash", MetricName="All", Period=3600,
                  Statistics=["Sum"], StartTime=time.time() - 86400, EndTime=time.time() + 86400)["Datapoints"]
    assert sum(point["Sum"] for point in points) == sum(written.values()), "each event is counted once"


def settled(check, seconds=10):
    """A delivery that did not fit its command comes a moment later: the check may fail for so long."""
    end = time.monotonic() + seconds
    while True:
        try:
            return check()
        except AssertionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def see(wire, ledger):
    """What a client was shown is as good as acknowledged."""
    for (kind, name), _ in read_all(wire)[0].items():
        if kind in ("event", "log"):
            ledger.note(kind, name, True)
    for name in statuses(wire):
        ledger.note("execution", name, True)


# ---- the disk

class Disk:
    """A data folder, and what a power cut would leave of it."""

    def __init__(self):
        self.top = os.path.realpath(tempfile.mkdtemp(prefix="crema-kill-"))
        self.data, self.shadow = os.path.join(self.top, "data"), os.path.join(self.top, "shadow")
        self.counter = os.path.join(self.top, "calls")
        self.servers = []
        os.mkdir(self.data)
        self.all_synced()

    def environment(self, at, how="before", **more):
        return {"LD_PRELOAD": SIM, "CREMA_KILL_FOLDER": self.data, "CREMA_KILL_AT": str(at), "CREMA_KILL_HOW": how,
                "CREMA_KILL_COUNTER": self.counter, "CREMA_KILL_SHADOW": self.shadow, **more}

    def calls(self):
        with open(self.counter, "rb") as file:
            return struct.unpack("Q", file.read(8))[0]

    def all_synced(self):
        shutil.rmtree(self.shadow, ignore_errors=True)
        for part in "idk":
            os.makedirs(os.path.join(self.shadow, part))
        for folder, names, files in os.walk(self.data):
            with open(os.path.join(self.shadow, "d", str(os.stat(folder).st_ino)), "w") as out:
                for name in names + files:
                    out.write(f"{os.stat(os.path.join(folder, name)).st_ino} {name}\n")
            for name in files:
                path = os.path.join(folder, name)
                shutil.copyfile(path, os.path.join(self.shadow, "i", str(os.stat(path).st_ino)))

    def cut_power(self, how, chance):
        """how: power, names or pages. Makes the folder what the disk had."""
        now = {}  # inode -> path, of all that there is or was
        kept = os.path.join(self.shadow, "k")
        for name in os.listdir(kept):
            now[int(name)] = os.path.join(kept, name)
        for folder, names, files in os.walk(self.data):
            for name in names + files:
                path = os.path.join(folder, name)
                now[os.stat(path).st_ino] = path
        fresh = os.path.join(self.top, "fresh")
        self.rebuild(os.stat(self.data).st_ino, self.data, fresh, now, how, chance)
        shutil.rmtree(self.data)
        os.rename(fresh, self.data)
        self.all_synced()

    def rebuild(self, inode, there, to, now, how, chance):
        os.mkdir(to)
        if how == "power":
            durable = os.path.join(self.shadow, "d", str(inode))
            lines = open(durable).read().splitlines() if os.path.exists(durable) else []
            entries = [(int(line.split(" ", 1)[0]), line.split(" ", 1)[1]) for line in lines]
        else:
            entries = [(entry.inode(), entry.name) for entry in os.scandir(there)]
        for number, name in sorted(entries, key=lambda entry: entry[1]):
            path = os.path.join(to, name)
            if os.path.isdir(now[number]):
                self.rebuild(number, now[number], path, now, how, chance)
            else:
                with open(path, "wb") as out:
                    out.write(self.content(number, now[number], how, chance))

    def content(self, inode, path, how, chance):
        synced = os.path.join(self.shadow, "i", str(inode))
        old = open(synced, "rb").read() if os.path.exists(synced) else b""
        if how != "pages":
            return old
        new = open(path, "rb").read()
        length = chance.choice((len(old), len(new)))
        some = bytearray(length)
        for at in range(0, length, PAGE):
            one, other = old[at:at + PAGE], new[at:at + PAGE]
            page = (one if one == other else chance.choice((one, other)))[:length - at]
            some[at:at + len(page)] = page
        return bytes(some)

    def check(self, folder=None):
        done = subprocess.run([conftest.CREMA, "check", folder or self.data],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, done.stdout

    def remove(self):
        for one in self.servers:
            if one.process.poll() is None:
                one.kill()
        shutil.rmtree(self.top, ignore_errors=True)


def start(disk, *arguments, environment=None, folder=None):
    """The server, and whether it became ready before it died."""
    one = Server.__new__(Server)
    one.prepare(*SETTINGS, *arguments, data=folder or disk.data, environment=environment)
    disk.servers.append(one)
    return one, one.start(expect_ready=False) is not None


def wait_dead(one):
    status = one.process.wait(timeout=30)
    one.process.stdout.close()
    return status


# ---- one death

def die_at(at, how):
    """Returns how many batches the start after it replayed, or None if the call was never made."""
    disk, ledger, chance = Disk(), Ledger(), random.Random(at)
    try:
        first = "torn" if how == "torn" else "after" if how in ("after", "twice") else "before"
        one, ready = start(disk, *PACKING, environment=disk.environment(at, first))
        through = ready and run_workload(one.port, ledger)
        if through:
            one.kill()
        else:
            assert wait_dead(one) == -signal.SIGKILL, one.errors()
        if how == "twice":
            if chance.randrange(2):
                again = disk.environment(chance.randrange(1, 60))
            else:
                again = disk.environment(chance.randrange(1, 5), CREMA_KILL_FROM="ready")
            one, ready = start(disk, *PACKING, environment=again)
            if ready:
                try:
                    wire = Wire(one.port, timeout=60)
                    make_missing(wire, ledger)
                    see(wire, ledger)
                except GONE:
                    pass
                if run_workload(one.port, ledger, "b", rounds=3):
                    one.kill()
            wait_dead(one)
        if how in ("power", "names", "pages", "twice"):
            disk.cut_power(chance.choice(("power", "names", "pages")) if how == "twice" else how, chance)
        prove(disk, ledger)
        return not through
    finally:
        disk.remove()


def prove(disk, ledger, folder=None, finish=True):
    """Starts a server later and holds it against the ledger. finish: what waits for its token gets it."""
    one, ready = start(disk, *LATER, folder=folder)
    assert ready, f"it does not start again: {one.errors()}"
    try:
        wire = Wire(one.port, timeout=60)
        make_missing(wire, ledger)
        running, tokens = settled(lambda: verify(wire, ledger))
        settled(lambda: verify_copies(wire))
        settled(lambda: verify_clock(wire, ledger))
        for name, status in running.items():
            if status == "RUNNING" and finish:
                wire("states", "SendTaskSuccess", taskToken=tokens[name], output="{}")
                ledger.answered.add(name)
                ledger.answered_unknown.discard(name)
        settled(lambda: verify(wire, ledger))
        settled(lambda: verify_copies(wire))
        wire.close()
    finally:
        status = one.stop()
    assert status == 0, one.errors()
    disk.check(folder)


# ---- the tests

def calls_of_a_whole_run():
    disk = Disk()
    try:
        one, ready = start(disk, *PACKING, environment=disk.environment(0))
        assert ready, one.errors()
        assert run_workload(one.port, Ledger())
        segments = [name for name in os.listdir(os.path.join(disk.data, "journal")) if name.endswith(".log")]
        assert min(segments) != f"{1:016x}.log", "no segment was dropped: the workload is too small"
        assert one.stop() == 0
        return disk.calls()
    finally:
        disk.remove()


def test_death_at_any_call():
    calls = calls_of_a_whole_run()
    if POINTS == "all":
        points = range(1, calls + 1)
    else:
        count = int(POINTS)
        points = [1 + (2 * i + 1) * calls // (2 * count) for i in range(count)]
    failures, died, tried = [], 0, 0
    for i, at in enumerate(points):
        if i % SHARE[1] != SHARE[0] - 1:
            continue
        tried += 1
        how = HOWS[i % len(HOWS)]
        try:
            died += die_at(at, how)
        except Exception as failure:  # all points are tried: one failure says little, their pattern much
            failures.append(f"call {at}, {how}: {type(failure).__name__}: {failure}")
            print(failures[-1], flush=True)
    print(f"{calls} calls, {tried} points, {died} deaths, {len(failures)} failures")
    assert not failures, "\n".join(failures)
    assert died > tried / 2


@pytest.mark.parametrize("number", [12, 30, 60])
def test_what_a_restarted_server_shows_stays(number):
    """Killed between the write of a batch and its sync: the next server may show the batch, and then must keep it."""
    disk, ledger = Disk(), Ledger()
    try:
        one, ready = start(disk, environment=disk.environment(
            number, CREMA_KILL_OF="sync", CREMA_KILL_NAME="/journal/0", CREMA_KILL_FROM="ready"))
        assert ready and not run_workload(one.port, ledger), one.errors()
        assert wait_dead(one) == -signal.SIGKILL
        one, ready = start(disk, environment=disk.environment(0))
        assert ready, one.errors()
        see(Wire(one.port), ledger)
        one.kill()
        disk.cut_power("power", random.Random(number))
        prove(disk, ledger)
    finally:
        disk.remove()


@pytest.mark.parametrize("where, number", [
    ("/journal/0", 1), ("/journal/0", 2), ("/journal/0", 9), ("/journal/0", 40), ("/journal/0", 70),
    ("/journal/spare", 3), ("/view/", 1), ("/view/", 2), ("/view/", 3), ("/view/", 5)])
def test_a_sync_that_fails_ends_the_server(where, number):
    """Nothing that was in the batch has been answered. What the file holds nobody knows: the power goes too."""
    disk, ledger = Disk(), Ledger()
    try:
        one, ready = start(disk, environment=disk.environment(
            number, "eio", CREMA_KILL_OF="sync", CREMA_KILL_NAME=where, CREMA_KILL_FROM="ready"))
        assert ready, one.errors()
        through = run_workload(one.port, ledger)
        if where != "/journal/0" and through:
            one.kill()  # another segment was made in time, or the view was not written to any more
        else:
            assert not through and wait_dead(one) == 74, one.errors()
            assert "nothing that was acknowledged is lost" in one.errors()
        disk.cut_power("power", random.Random(number))
        prove(disk, ledger)
    finally:
        disk.remove()


@pytest.mark.parametrize("call", [30, 160, 200, 280, 320])
def test_no_room_for_a_while(call):
    """What would make a file longer or new fails, in the journal and in the view. Writes wait or are refused, and
    what was refused is not there; reads go on; nobody has to do anything when there is room again."""
    disk, ledger = Disk(), Ledger()
    try:
        one, ready = start(disk, environment=disk.environment(call, "nospace", CREMA_KILL_FOR_MS="1500",
                                                              CREMA_KILL_FROM="ready"))
        assert ready, one.errors()
        Stubborn.refused = 0
        assert run_workload(one.port, ledger, connect=Stubborn), one.errors()
        # Later calls may be the view's own, of which no client need learn.
        assert Stubborn.refused or call > 160, "there was room all the time"
        one.kill()
        disk.cut_power("power", random.Random(call))
        prove(disk, ledger)
    finally:
        disk.remove()


def test_death_while_a_task_waits_for_an_execution_in_memory():
    """At each call from the start to the end: the task is attempted again, with another execution, and its workflow
    ends once. Among the deaths are those while the execution runs, and when its end is not yet told."""
    def life(at, how):
        disk = Disk()
        try:
            one, ready = start(disk, environment=disk.environment(at, how))
            assert ready, one.errors()
            wire, started = Wire(one.port, timeout=60), False
            for _, make, _ in make_all(wire):
                make()
            before = disk.calls()
            try:
                wire("states", "StartExecution", stateMachineArn=CLOCK, name="one", input='{"how": "Sync"}')
                started = True
                settled(lambda: verify_clock(wire, Ledger()))
                # What is put off to a later command may be a call or two fewer than it was the first time.
                assert at == 0 or disk.calls() < at
                return before, disk.calls(), None
            except GONE:
                assert wait_dead(one) == -signal.SIGKILL
            one, ready = start(disk)
            assert ready, one.errors()
            ledger, wire = Ledger(), Wire(one.port, timeout=60)
            ledger.note("clock", "one", started)
            settled(lambda: verify_clock(wire, ledger))
            return before, disk.calls(), (number_of(wire, "begun"), number_of(wire, "ended"))
        finally:
            disk.remove()

    first, last, _ = life(0, "before")
    assert last > first
    seen = [life(at, ("before", "after")[at % 2])[2] for at in range(first + 1, last + 1)]
    assert seen.count(None) <= 2 and None not in seen[:-2], seen
    assert (2, 1) in seen and (2, 2) in seen, seen
    assert set(seen) - {None} <= {(0, 0), (1, 1), (2, 1), (2, 2)}


def test_a_backup_outlives_a_power_cut():
    """Once it is answered it is on disk; before, it is sound or no store at all. The server's own folder is well."""
    calls = None
    for at in [0] + list(range(1, 60, 4)):
        disk, ledger = Disk(), Ledger()
        live, copy = os.path.join(disk.data, "live"), os.path.join(disk.data, "copy")
        try:
            one, ready = start(disk, environment=disk.environment(at and at + calls[0]), folder=live)
            assert ready, one.errors()
            # What is put off to a later command may be one call more than it was the first time.
            through = run_workload(one.port, ledger, rounds=2)
            assert through or at
            before = disk.calls()
            answered = False
            try:
                if through:
                    Wire(one.port)("crema", "Backup", Folder=copy)
                    answered = True
            except GONE:
                pass
            if calls is None:
                calls = (before, disk.calls())
            if answered:
                one.kill()
            else:
                assert wait_dead(one) == -signal.SIGKILL
            disk.cut_power(("power", "names", "pages")[at % 3], random.Random(at))
            for folder in (live, copy):
                if folder == copy and not answered and not os.path.exists(os.path.join(copy, "format")):
                    continue
                disk.check(folder)
                prove(disk, ledger, folder, finish=False)
        finally:
            disk.remove()
        if at and calls[0] + at > calls[1]:
            break
