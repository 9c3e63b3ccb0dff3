"""Measures what Crema promises, on this machine, with durability on, and prints one table.

    make bench            or    bench/run.py [--quick] [--keep] [--only NAME,...]

Server and load generator share the machine's cores. Every figure is checked: what was acknowledged is read back
through the API, counted, and each order must be there once. Writes build/bench.json.
"""
import argparse
import concurrent.futures
import glob
import http.client
import json
import os
import platform
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import time

import boto3
import botocore.config
import botocore.exceptions

from console_figures import console_figures
from logs_figures import Logs
from queries import Queries
from tail_figures import tail_figures

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get("CREMA_BUILD", os.path.join(TOP, "build"))
CREMA = os.path.join(BUILD, "crema")
LOAD = os.path.join(BUILD, "crema-load")
MATCH = os.path.join(BUILD, "bench-match")
DATA = os.path.join(BUILD, "bench-data")
REGION = "us-east-1"
ACCOUNT = "000000000000"
SOURCE = "awsserverlessda.serverlesspresso"
DISK_BYTES_MIN = 8 << 30

PASS_CHOICE_SUCCEED = {
    "StartAt": "Prepare",
    "States": {
        "Prepare": {"Type": "Pass", "Result": True, "ResultPath": "$.ready", "Next": "Ready?"},
        "Ready?": {"Type": "Choice", "Default": "Done",
                   "Choices": [{"Variable": "$.ready", "BooleanEquals": True, "Next": "Done"}]},
        "Done": {"Type": "Succeed"},
    },
}
TEN_PASSES = {"StartAt": "S0", "States": {f"S{n}": dict(
    {"Type": "Pass"}, **({"Next": f"S{n + 1}"} if n < 9 else {"End": True})) for n in range(10)}}
MAP_ITEMS = 10000
MAP = {"StartAt": "Each", "States": {"Each": {
    "Type": "Map", "MaxConcurrency": 40, "End": True, "ItemProcessor": {"StartAt": "Put", "States": {"Put": {
        "Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "End": True,
        "ResultSelector": {}, "Parameters": {
            "TableName": "bench-map", "Item": {"PK": {"S.$": "States.Format('{}', $)"}}}}}}}}}
# Events of a history: 1 at the start, 6 a turn. Each turn is a step of its own, that the timer wakes.
TURNS = {"StartAt": "Wait", "States": {
    "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Count"},
    "Count": {"Type": "Pass", "Parameters": {"turns.$": "States.MathAdd($.turns, 1)"}, "Next": "More?"},
    "More?": {"Type": "Choice", "Default": "Wait",
              "Choices": [{"Variable": "$.turns", "NumericGreaterThanEquals": 10000, "Next": "End"}]},
    "End": {"Type": "Succeed"}}}
WAITING = {"StartAt": "Later", "States": {"Later": {"Type": "Wait", "Seconds": 864000, "End": True}}}


class Failed(Exception):
    """The server did something wrong, which no figure makes up for."""


class Server:
    def __init__(self, folder, *arguments):
        self.folder = folder
        self.arguments = arguments
        self.process = None
        self.start()

    def start(self):
        """Starts it and returns the seconds until its first answer."""
        begun = time.monotonic()
        self.process = subprocess.Popen([CREMA, "serve", "--listen", "127.0.0.1:0", "--data", self.folder,
                                         *self.arguments],
                                        stdout=subprocess.PIPE, stderr=open(self.folder + ".log", "a"), text=True)
        line = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        if not found:
            raise Failed(f"the server did not start (exit {self.process.wait(timeout=30)}); see {self.folder}.log")
        self.port = int(found.group(1))
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", "/healthz")
        if connection.getresponse().read() is None:
            raise Failed("no answer")
        connection.close()
        self.start_s = time.monotonic() - begun
        return self.start_s

    def end(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(timeout=120)
        self.process.stdout.close()

    def client(self, service):
        config = botocore.config.Config(retries={"max_attempts": 0}, read_timeout=120)
        return boto3.session.Session().client(service, endpoint_url=f"http://127.0.0.1:{self.port}", region_name=REGION,
                                              aws_access_key_id="test", aws_secret_access_key="test", config=config)

    def resident_mib(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1)) / 1024

    def cpu_s(self):
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def thread_cpu_s(self, name):
        for task in glob.glob(f"/proc/{self.process.pid}/task/*"):
            with open(task + "/comm") as comm, open(task + "/schedstat") as stat:
                if name in comm.read():
                    return int(stat.read().split()[0]) / 1e9
        raise Failed(f"the server has no thread {name}")

    def metrics(self, prefix):
        """Counters without labels whose names begin so, by the rest of their names."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        return {name: int(value) for name, value in re.findall(rf"^{prefix}(\w+) (\d+)$", text, re.MULTILINE)}

    def load(self, mode, *arguments):
        """One run of the generator; its result, what it cost the server, and who else was busy meanwhile."""
        cpu_s, busy_s, begun = self.cpu_s(), busy_cores_s(), time.monotonic()
        done = subprocess.run([LOAD, mode, "--address", f"127.0.0.1:{self.port}", "--json", *map(str, arguments)],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        cpu_s, busy_s, took_s = self.cpu_s() - cpu_s, busy_cores_s() - busy_s, time.monotonic() - begun
        if not done.stdout:
            raise Failed(f"the load generator: {done.stderr.strip()}")
        result = json.loads(done.stdout)
        if result["errors"]:
            raise Failed(f"{mode}: {result['errors']} errors; {done.stderr.strip()}")
        result["server_cpu_us_per_request"] = cpu_s * 1e6 / max(result["requests_all"], 1)
        result["others_cores"] = max(0, busy_s - cpu_s - result["generator_cpu_s"]) / took_s
        print(f"    {result['server_cpu_us_per_request']:.1f} us of CPU a request in the server, "
              f"{result['generator_cpu_s'] * 1e6 / max(result['requests_all'], 1):.1f} in the generator; "
              f"p50 {result['latency_ms']['p50']:.2f} ms, p99 {result['latency_ms']['p99']:.2f} ms", flush=True)
        return result


def busy_cores_s():
    """Seconds of all cores that were not idle, what the host took away included."""
    with open("/proc/stat") as stat:
        user, nice, system, _, _, irq, soft_irq, steal = map(int, stat.readline().split()[1:9])
    return (user + nice + system + irq + soft_irq + steal) / os.sysconf("SC_CLK_TCK")


def read_s(command, path, cold):
    """Seconds of a command that reads the file, from memory or, when it has been put out of there, from the disk."""
    with open(path, "rb") as file:
        if cold:
            os.fdatasync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        else:
            while file.read(1 << 22):
                pass
    begun = time.monotonic()
    subprocess.run(command, stdout=subprocess.PIPE, check=True)  # to /dev/null grep would stop at the first line
    return time.monotonic() - begun


def children_cpu_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Reader:
    """Calls operations that page, over one connection, faster than an SDK would."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)

    def call(self, target, body):
        service = {"Logs": "logs", "AWSStepFunctions": "states", "Crema": "crema"}[target.split("_")[0].split(".")[0]]
        version = "1.0" if service == "states" else "1.1"
        self.connection.request("POST", "/", json.dumps(body), {
            "X-Amz-Target": target, "Content-Type": "application/x-amz-json-" + version,
            "Authorization": f"AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/{service}/aws4_request, "
                             "SignedHeaders=host, Signature=" + "0" * 64})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise Failed(f"{target}: {answer.status} {text[:300]!r}")
        return json.loads(text) if text else {}

    def pages(self, target, body, token_in, token_out):
        body = dict(body)
        while True:
            page = self.call(target, body)
            yield page
            if not page.get(token_out):
                return
            body[token_in] = page[token_out]


class Turner:
    """Executions that turn in a circle of three states, a turn each second of the server's clock."""

    def __init__(self, bench, server, count):
        self.server, self.count, self.reader, self.arns = server, count, Reader(server), []
        self.machine = bench.make_machine(server, "bench-turns", TURNS)

    def start(self):
        """New ones; those that turned before are stopped."""
        for arn in self.arns:
            self.reader.call("AWSStepFunctions.StopExecution", {"executionArn": arn})
        start = {"stateMachineArn": self.machine, "input": '{"turns":0}'}
        self.arns = [self.reader.call("AWSStepFunctions.StartExecution", start)["executionArn"]
                     for _ in range(self.count)]

    def length(self):
        """Events of a history."""
        return self.reader.call("AWSStepFunctions.GetExecutionHistory", {
            "executionArn": self.arns[-1], "maxResults": 1, "reverseOrder": True})["events"][0]["id"]

    def turn(self, turns):
        """Microseconds of the writer's thread a transition: not those of the threads that tidy the store up."""
        before, begun_s = self.length(), self.server.thread_cpu_s("writer")
        self.reader.call("Crema.AdvanceClock", {"Milliseconds": turns * 1000})
        took_s = self.server.thread_cpu_s("writer") - begun_s
        if abs(self.length() - before - 6 * turns) > 6:  # the clock stands between two turns
            raise Failed(f"{turns} turns added {self.length() - before} events to a history")
        return took_s * 1e6 / (3 * turns * self.count)


class Bench:
    def __init__(self, options):
        self.options = options
        self.rows = []
        self.detail = {}
        self.duration_s = 2 if options.quick else 10
        self.fill_events = 50_000 if options.quick else 1_000_000
        self.waiting = 500 if options.quick else 10_000
        self.waiting_many = 2_000 if options.quick else 100_000
        self.events_in = 0

    def row(self, figure, reached, wanted, unit, at_most=False, form="{:,.0f}"):
        good = reached <= wanted if at_most else reached >= wanted
        show = form + (" " + unit if unit else "")
        self.rows.append({"figure": figure, "reached": reached, "to_reach": wanted, "unit": unit,
                          "at_most": at_most, "ok": good})
        print(f"  {figure}: {show.format(reached)}", flush=True)

    # ---- the shop's bus, with one rule to a log group ----

    def make_bus(self, server, name):
        events, logs = server.client("events"), server.client("logs")
        group = "/aws/events/" + name
        logs.create_log_group(logGroupName=group)
        events.create_event_bus(Name=name)
        events.put_rule(Name="logAll", EventBusName=name, EventPattern=json.dumps({"source": [SOURCE]}))
        failed = events.put_targets(Rule="logAll", EventBusName=name, Targets=[
            {"Id": "log", "Arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"}])["FailedEntryCount"]
        if failed:
            raise Failed("PutTargets did not take the log group")
        return group

    def make_machine(self, server, name, definition, kind="STANDARD"):
        return server.client("stepfunctions").create_state_machine(
            name=name, definition=json.dumps(definition), type=kind,
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/bench")["stateMachineArn"]

    def check_group(self, server, group, acknowledged):
        """Every acknowledged order is in the group once, and nothing else is. Right after the load."""
        begun = time.monotonic()
        seen, count = set(), 0
        reader = Reader(server)
        for page in reader.pages("Logs_20140328.FilterLogEvents", {"logGroupName": group, "limit": 10000},
                                 "nextToken", "nextToken"):
            for event in page["events"]:
                count += 1
                seen.add(re.search(r'"orderId":"(\d+)"', event["message"]).group(1))
        if count != acknowledged or len(seen) != acknowledged:
            raise Failed(f"{group}: {acknowledged} events were acknowledged, {count} are there, {len(seen)} different")
        print(f"    read back: {count:,} events, each once ({time.monotonic() - begun:.1f} s)", flush=True)

    def put_events(self, server, name, *arguments):
        group = self.make_bus(server, name)
        result = server.load("put-events", "--bus", name, "--entry-bytes", 500, *arguments)
        self.events_in += result["events_all"]
        self.detail[name] = result
        self.check_group(server, group, result["events_all"])
        return result

    # ---- the figures ----

    def start_empty(self):
        times, resident = [], []
        for _ in range(5):
            folder = DATA + "-empty"
            shutil.rmtree(folder, ignore_errors=True)
            server = Server(folder)
            times.append(server.start_s)
            time.sleep(1)
            resident.append(server.resident_mib())
            server.end()
            shutil.rmtree(folder, ignore_errors=True)
        self.row("start to first answer, empty folder (median of 5)", statistics.median(times) * 1000, 50, "ms", True,
                 "{:,.1f}")
        self.row("memory, idle", statistics.median(resident), 25, "MiB", True, "{:,.1f}")

    def put_events_figures(self, server):
        timing = ["--warm-up", 1, "--duration", self.duration_s]
        ten = self.put_events(server, "bench-ten", "--entries", 10, "--connections", 64, *timing)
        self.row("PutEvents, 10 entries: events acknowledged and visible", ten["events_per_s"], 40000, "/s")
        one = self.put_events(server, "bench-one", "--entries", 1, "--connections", 64, *timing)
        self.row("PutEvents, 1 entry, 64 connections: events acknowledged and visible", one["events_per_s"], 12000,
                 "/s")
        half = self.put_events(server, "bench-half-ten", "--entries", 10, "--rate", 2000, "--connections", 64, *timing)
        self.row("PutEvents, 10 entries at 20,000 events/s: p99", half["latency_ms"]["p99"], 10, "ms", True, "{:,.2f}")
        half = self.put_events(server, "bench-half-one", "--entries", 1, "--rate", 6000, "--connections", 64, *timing)
        self.row("PutEvents, 1 entry at 6,000 events/s: p99", half["latency_ms"]["p99"], 10, "ms", True, "{:,.2f}")

    def visible_figure(self, server):
        group = self.make_bus(server, "bench-visible")
        events, logs = server.client("events"), server.client("logs")
        late = 0
        for number in range(100):
            detail = json.dumps({"orderId": f"visible-{number}"})
            answer = events.put_events(Entries=[{"Source": SOURCE, "DetailType": "OrderManager.MakeOrder",
                                                 "EventBusName": "bench-visible", "Detail": detail}])
            event_id = answer["Entries"][0]["EventId"]
            newest = logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime", descending=True, limit=1)
            found = logs.get_log_events(logGroupName=group, logStreamName=newest["logStreams"][0]["logStreamName"])
            late += not any(event_id in event["message"] for event in found["events"])
        self.row("100 events not yet visible right after their acknowledgement", late, 0, "", True)

    def start_execution_figure(self, server):
        machine = self.make_machine(server, "bench-short", PASS_CHOICE_SUCCEED)
        result = server.load("start-execution", "--machine", machine, "--connections", 64, "--warm-up", 1,
                             "--duration", self.duration_s)
        begun = time.monotonic()
        reader = Reader(server)
        running = {"stateMachineArn": machine, "statusFilter": "RUNNING", "maxResults": 1}
        while reader.call("AWSStepFunctions.ListExecutions", running)["executions"]:
            if time.monotonic() - begun > 60:
                raise Failed("executions of Pass, Choice, Succeed do not finish")
            time.sleep(0.01)
        behind_s = time.monotonic() - begun
        done = sum(len(page["executions"]) for page in reader.pages(
            "AWSStepFunctions.ListExecutions",
            {"stateMachineArn": machine, "statusFilter": "SUCCEEDED", "maxResults": 1000}, "nextToken", "nextToken"))
        if done != result["requests_all"]:
            raise Failed(f"{result['requests_all']} executions were started, {done} succeeded")
        result["behind_s"] = behind_s
        self.detail["start-execution"] = result
        per_s = result["requests"] / (result["seconds"] + behind_s)
        self.row("StartExecution of Pass, Choice, Succeed: finished", per_s, 8000, "/s")

    # ---- workflows, on a server of their own whose histories may be long ----

    def flow_figures(self):
        """State transitions through executions that do not wait, and a Map of many items with a task each."""
        folder = DATA + "-flow"
        shutil.rmtree(folder, ignore_errors=True)
        server = Server(folder, "--history-events-max", str(MAP_ITEMS * 10))
        try:
            machine = self.make_machine(server, "bench-ten", TEN_PASSES)
            result = server.load("start-execution", "--machine", machine, "--connections", 64, "--warm-up", 1,
                                 "--duration", self.duration_s)
            reader = Reader(server)
            done = sum(len(page["executions"]) for page in reader.pages(
                "AWSStepFunctions.ListExecutions",
                {"stateMachineArn": machine, "statusFilter": "SUCCEEDED", "maxResults": 1000}, "nextToken",
                "nextToken"))
            if done != result["requests_all"]:
                raise Failed(f"{result['requests_all']} executions were started, {done} succeeded")
            self.detail["transitions"] = result
            self.row("state transitions, Standard, executions of 10 states",
                     10 * result["requests"] / result["seconds"], 20000, "/s")
            self.express_figures(server)
            self.map_figure(server)
        finally:
            server.end()
            if not self.options.keep:
                shutil.rmtree(folder, ignore_errors=True)

    def express_figures(self, server):
        """Executions of Express machines are not listed: the server's counters tell whether each has run to its end."""
        machine = self.make_machine(server, "bench-express", TEN_PASSES, "EXPRESS")
        for mode, name, wanted in (
                ("start-execution", "state transitions, Express, executions of 10 states", 100000),
                ("start-sync-execution", "the same by StartSyncExecution", 0)):
            before = server.metrics("crema_express_")
            result = server.load(mode, "--machine", machine, "--connections", 64, "--warm-up", 1, "--duration",
                                 self.duration_s)
            ran = {key: value - before[key] for key, value in server.metrics("crema_express_").items()}
            count = result["requests_all"]
            if ran != {"executions_started_total": count, "executions_succeeded_total": count,
                       "executions_failed_total": 0, "transitions_total": 10 * count}:
                raise Failed(f"{count} Express executions were acknowledged, the server counts {ran}")
            self.detail["express " + mode] = result
            per_s = 10 * result["requests"] / result["seconds"]
            if wanted:
                self.row(name, per_s, wanted, "/s")
            else:
                print(f"  {name}: {per_s:,.0f} /s", flush=True)

    def history_figure(self):
        """What a transition costs when the history behind it is long: many executions turn, step by step, on a clock
        that is moved; before and after them others of the same machine, in the same store, with short ones."""
        folder = DATA + "-history"
        shutil.rmtree(folder, ignore_errors=True)
        server = Server(folder, "--clock", "virtual")
        try:
            turner, cost_us = Turner(self, server, 100), {1000: [], 20000: []}
            for length in (1000, 20000, 1000):
                turner.start()
                turner.turn((length - 400) // 6)
                costs = [turner.turn(20) for _ in range(6)]
                cost_us[length].append(min(costs))  # what else the machine does only makes it slower
                if abs(turner.length() - length) > 500:
                    raise Failed(f"the history has {turner.length()} events, not about {length}")
                print(f"  a transition at {length:,} events of history: {min(costs):.2f} us", flush=True)
            self.detail["us a transition, by events of history"] = cost_us
            # Beside what it costs in a store that is nearly empty and in one that is as full. A cost that grew with the
            # length would be twenty times as much; what the store has to pass over and tidy up makes up to twice.
            self.row("cost of a transition at 20,000 events of history, of that at 1,000",
                     cost_us[20000][0] / statistics.mean(cost_us[1000]), 3, "", True, "{:,.2f}")
        finally:
            server.end()
            if not self.options.keep:
                shutil.rmtree(folder, ignore_errors=True)

    def map_figure(self, server):
        server.client("dynamodb").create_table(
            TableName="bench-map", BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}])
        machine = self.make_machine(server, "bench-map", MAP)
        states = server.client("stepfunctions")
        begun = time.monotonic()
        arn = states.start_execution(stateMachineArn=machine, input=json.dumps(list(range(MAP_ITEMS))))["executionArn"]
        while states.describe_execution(executionArn=arn)["status"] == "RUNNING":
            if time.monotonic() - begun > 120:
                raise Failed("the Map does not finish")
            time.sleep(0.01)
        took_s = time.monotonic() - begun
        answer = states.describe_execution(executionArn=arn)
        if answer["status"] != "SUCCEEDED":
            raise Failed(f"the Map ended {answer['status']}: {answer.get('error')} {answer.get('cause')}")
        types = {}
        for page in Reader(server).pages("AWSStepFunctions.GetExecutionHistory",
                                         {"executionArn": arn, "maxResults": 1000}, "nextToken", "nextToken"):
            for event in page["events"]:
                types[event["type"]] = types.get(event["type"], 0) + 1
        for kind in ("MapIterationStarted", "TaskScheduled", "TaskSucceeded", "MapIterationSucceeded"):
            if types.get(kind) != MAP_ITEMS:
                raise Failed(f"the Map's history has {types.get(kind)} {kind}, not {MAP_ITEMS}")
        self.row(f"a Map over {MAP_ITEMS:,} items, a task each, MaxConcurrency 40", took_s, 2, "s", True, "{:,.2f}")

    def tail_figures(self, server):
        tail_figures(self, server, CREMA, Failed)

    def console_figures(self, server):
        console_figures(self, server, Failed)

    def large_figures(self, server):
        group = self.make_bus(server, "bench-fill")
        missing = max((self.fill_events - self.events_in) // 10, 1000)
        in_group = server.load("put-events", "--bus", "bench-fill", "--entries", 10, "--requests", missing,
                               "--duration", 600)["events_all"]
        self.events_in += in_group
        name = f"{self.events_in:,} events"
        self.row(f"memory, after {name}", server.resident_mib(), 200, "MiB", True, "{:,.1f}")
        machine = self.make_machine(server, "bench-waiting", WAITING)
        server.load("start-execution", "--machine", machine, "--requests", self.waiting, "--duration", 600)
        server.end()
        what = f"{name} and {self.waiting:,} waiting executions"
        self.row(f"start to first answer, {what}", server.start() * 1000, 1000, "ms", True)
        self.row("memory, right after that start", server.resident_mib(), 200, "MiB", True, "{:,.1f}")
        server.end(signal.SIGKILL)
        self.row("the same start after kill -9", server.start() * 1000, 1000, "ms", True)
        waiting = Reader(server).pages("AWSStepFunctions.ListExecutions", {
            "stateMachineArn": machine, "statusFilter": "RUNNING", "maxResults": 1000}, "nextToken", "nextToken")
        if sum(len(page["executions"]) for page in waiting) != self.waiting:
            raise Failed("waiting executions are gone after the starts")
        self.check_group(server, group, in_group)
        self.detail["folder_bytes"] = sum(os.path.getsize(path) for path in
                                          glob.glob(DATA + "/**", recursive=True) if os.path.isfile(path))

    # ---- executions that wait, on a server of their own whose clock can be moved ----

    def waiting_figures(self):
        """Half wait for a token, half for a timer; all go on after restarts."""
        folder = DATA + "-waiting"
        shutil.rmtree(folder, ignore_errors=True)
        server = Server(folder, "--clock", "virtual")
        try:
            group = self.make_bus(server, "bench-tokens")
            timers = self.make_machine(server, "bench-timers", WAITING)
            tokens = self.make_machine(server, "bench-tokens", {"StartAt": "Ask", "States": {"Ask": {
                "Type": "Task", "Resource": "arn:aws:states:::events:putEvents.waitForTaskToken", "End": True,
                "Parameters": {"Entries": [{"Source": SOURCE, "DetailType": "Waits", "EventBusName": "bench-tokens",
                                            "Detail": {"token.$": "$$.Task.Token"}}]}}}})
            half = self.waiting_many // 2
            for machine in (timers, tokens):
                server.load("start-execution", "--machine", machine, "--requests", half, "--duration", 600)
            what = f"{2 * half:,} executions that wait"
            self.row(f"memory, {what}", server.resident_mib(), 300, "MiB", True, "{:,.1f}")
            server.end()
            self.row(f"start to first answer, {what}", server.start() * 1000, 1000, "ms", True)
            server.end(signal.SIGKILL)
            self.row("the same start after kill -9", server.start() * 1000, 1000, "ms", True)
            self.row("memory, right after that start", server.resident_mib(), 300, "MiB", True, "{:,.1f}")
            self.detail["timers_per_s"] = self.timers_go_on(server, half)
            self.detail["tokens_per_s"] = self.tokens_go_on(server, group, half)
            self.row("memory, when all have ended", server.resident_mib(), 300, "MiB", True, "{:,.1f}")
            for machine in (timers, tokens):
                ended = sum(len(page["executions"]) for page in Reader(server).pages(
                    "AWSStepFunctions.ListExecutions", {"stateMachineArn": machine, "statusFilter": "SUCCEEDED",
                                                        "maxResults": 1000}, "nextToken", "nextToken"))
                if ended != half:
                    raise Failed(f"{half} executions waited, {ended} have gone on to their end")
        finally:
            server.end()
            if not self.options.keep:
                shutil.rmtree(folder, ignore_errors=True)

    def timers_go_on(self, server, count):
        """All of them, by moving the clock behind the last one's time."""
        begun = time.monotonic()
        Reader(server).call("Crema.AdvanceClock", {"Milliseconds": 864000 * 1000})
        per_s = count / (time.monotonic() - begun)
        print(f"  timers that fire, one step each: {per_s:,.0f} /s", flush=True)
        return per_s

    def tokens_go_on(self, server, group, count):
        """Each by its own token, as the events brought them."""
        tokens = [re.search(r'"token":"([^"]+)"', event["message"]).group(1)
                  for page in Reader(server).pages("Logs_20140328.FilterLogEvents", {"logGroupName": group,
                                                                                     "limit": 10000},
                                                   "nextToken", "nextToken") for event in page["events"]]
        if len(set(tokens)) != count:
            raise Failed(f"{count} executions wait for a token, {len(set(tokens))} tokens came")
        begun = time.monotonic()

        def answer(some):
            reader = Reader(server)
            for token in some:
                reader.call("AWSStepFunctions.SendTaskSuccess", {"taskToken": token, "output": "{}"})

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            list(pool.map(answer, [tokens[n::16] for n in range(16)]))
        per_s = count / (time.monotonic() - begun)
        print(f"  SendTaskSuccess, from Python: {per_s:,.0f} /s", flush=True)
        return per_s

    # ---- matching, without a server ----

    def match_figures(self):
        busy_s, own_s, begun = busy_cores_s(), children_cpu_s(), time.monotonic()
        done = subprocess.run([MATCH, "--json", *(["--quick"] if self.options.quick else [])], stdout=subprocess.PIPE)
        others_s = busy_cores_s() - busy_s - (children_cpu_s() - own_s)
        if done.returncode != 0:
            raise Failed(f"bench-match ended with {done.returncode}")
        result = json.loads(done.stdout)
        self.detail["match"] = {"kernel": result["kernel"], "newline_scan_gb_per_s": result["newline_scan_gb_per_s"],
                                "figures": result["figures"],
                                "others_cores": max(0, others_s) / (time.monotonic() - begun)}
        for figure in result["figures"]:
            if figure["to_reach"]:
                self.row(figure["figure"], figure["reached"], figure["to_reach"], figure["unit"], figure["at_most"],
                         "{:,.2f}" if figure["reached"] < 10 else "{:,.0f}")
        self.match_files()

    def match_files(self):
        """crema match on a large file, beside grep on the same one. Nothing is promised of it."""
        path = os.path.join(BUILD, "bench-match.jsonl")
        lines = 40_000 if self.options.quick else 1_000_000
        subprocess.run([MATCH, f"--generate={path}", f"--lines={lines}"], check=True)
        size = os.path.getsize(path)
        commands = {
            "crema match -c, exact": [CREMA, "match", "-c", '{"properties":{"STREET":["JERROLD"]}}', path],
            "crema match, prints a hundredth": [CREMA, "match", '{"geometry":{"type":["MultiPolygon"]}}', path],
            "grep -c, the same word": ["grep", "-c", '"JERROLD"', path],
            "wc -l": ["wc", "-l", path],
        }
        try:
            for where in ("in memory", "from disk"):
                for name, command in commands.items():
                    speeds = [size / 1e9 / read_s(command, path, cold=where == "from disk") for _ in range(3)]
                    self.detail[f"match file, {name}, {where}"] = speeds
                    print(f"  {name}, {size / 1e6:,.0f} MB {where}: {max(speeds):.2f} GB/s", flush=True)
        finally:
            os.unlink(path)

    def run(self):
        only = self.options.only
        if not only or "start" in only:
            self.start_empty()
        if not only or "match" in only:
            self.match_figures()
        if not only or "waiting" in only:
            self.waiting_figures()
        if not only or "flow" in only:
            self.flow_figures()
        if not only or "history" in only:
            self.history_figure()
        if not only or "logs" in only:
            Logs(self, Server, Reader, Failed, DATA).figures()
        if not only or "queries" in only:
            Queries(self, Server, Reader, Failed, DATA).figures()
        if only and only <= {"start", "match", "waiting", "flow", "history", "logs", "queries"}:
            return
        shutil.rmtree(DATA, ignore_errors=True)
        server = Server(DATA)
        try:
            for name, figure in (("events", self.put_events_figures), ("visible", self.visible_figure),
                                 ("executions", self.start_execution_figure), ("tail", self.tail_figures),
                                 ("console", self.console_figures), ("large", self.large_figures)):
                if not only or name in only:
                    figure(server)
        finally:
            server.end()
            if not self.options.keep:
                shutil.rmtree(DATA, ignore_errors=True)


def machine():
    def first(path, pattern, default):
        try:
            with open(path) as file:
                return re.search(pattern, file.read()).group(1)
        except (OSError, AttributeError):
            return default

    mount = subprocess.run(["findmnt", "-nro", "FSTYPE,OPTIONS", "-T", BUILD], stdout=subprocess.PIPE, text=True)
    return {
        "processor": first("/proc/cpuinfo", r"model name\s*:\s*(.*)", platform.machine()),
        "cores": os.cpu_count(),
        "memory_gib": round(int(first("/proc/meminfo", r"MemTotal:\s+(\d+)", "0")) / (1 << 20), 1),
        "kernel": platform.release(),
        "file_system": mount.stdout.strip()[:80],
        "load_before": [round(load, 2) for load in os.getloadavg()],
        "server": subprocess.run([CREMA, "version"], stdout=subprocess.PIPE, text=True).stdout.strip(),
    }


def print_table(rows):
    def show(value, row):
        return f"{value:,.0f} {row['unit']}" if value >= 100 or value == int(value) else f"{value:,.2f} {row['unit']}"

    lines = [("figure", "reached", "to reach", "")]
    for row in rows:
        lines.append((row["figure"], show(row["reached"], row),
                      ("at most " if row["at_most"] else "at least ") + show(row["to_reach"], row),
                      "ok" if row["ok"] else "short"))
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    print()
    for line in lines:
        print(f"{line[0]:<{widths[0]}}  {line[1]:>{widths[1]}}  {line[2]:>{widths[2]}}  {line[3]}".rstrip())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a fifth of the time, a twentieth of the events")
    parser.add_argument("--keep", action="store_true", help="leave build/bench-data behind")
    parser.add_argument("--only", type=lambda text: set(text.split(",")), default=None,
                        help="of start, match, waiting, flow, history, logs, queries, events, visible, "
                             "executions, tail, console, large")
    parser.add_argument("--streams-many", type=int, default=0,
                        help="streams of one event each for the logs' figures; 10,000,000, with --quick 200,000")
    options = parser.parse_args()
    free = shutil.disk_usage(BUILD).free
    if free < DISK_BYTES_MIN and not options.quick:
        sys.exit(f"{BUILD} has {free >> 20} MiB free; a million events want {DISK_BYTES_MIN >> 20} (or use --quick)")
    bench, about = Bench(options), machine()
    print(f"{about['server']} on {about['processor']}, {about['cores']} cores, {about['memory_gib']} GiB, "
          f"Linux {about['kernel']}, {about['file_system']}; load before: {about['load_before']}\n"
          f"durable; {bench.duration_s} s a figure; the load generator shares the cores", flush=True)
    failed = None
    try:
        bench.run()
    except (Failed, botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError, OSError,
            http.client.HTTPException) as error:
        failed = f"{type(error).__name__}: {error}; the server's log is {DATA}.log"
    print_table(bench.rows)
    others = max([result["others_cores"] for result in bench.detail.values()
                  if isinstance(result, dict) and "others_cores" in result] + [0])
    if others > 0.1:
        print(f"\nThe machine was not quiet: other programs took up to {others:.1f} of its {about['cores']} cores "
              "during a figure. Measure again without them.")
    with open(os.path.join(BUILD, "bench.json"), "w") as file:
        json.dump({"machine": about, "settings": {"duration_s": bench.duration_s, "quick": options.quick},
                   "failed": failed, "figures": bench.rows, "detail": bench.detail}, file, indent=2)
    if failed:
        sys.exit("bench: " + failed)


if __name__ == "__main__":
    main()
