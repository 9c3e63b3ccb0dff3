"""Live tails: how soon an event is seen, that none is lost, and what a tail costs those who write."""
import http.client
import json
import os
import re
import statistics
import subprocess
import threading
import time

GROUP = "bench-tail"
INGESTED = re.compile(rb'"ingestionTime":(\d+)')


class Lines(threading.Thread):
    """What crema tail prints: how many lines, and how long after its ingestion each was here. That time is taken before
    the commit, so that from the acknowledgement it is less."""

    def __init__(self, command):
        super().__init__(daemon=True)
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self.late_ms = []
        self.start()

    def run(self):
        rest = b""
        while chunk := os.read(self.process.stdout.fileno(), 1 << 20):
            now_ms = time.time() * 1000
            lines, _, rest = (rest + chunk).rpartition(b"\n")
            self.late_ms += [now_ms - int(found) for found in INGESTED.findall(lines)]

    def end(self):
        self.process.terminate()
        self.process.wait()


class Session(threading.Thread):
    """A StartLiveTail that is read and thrown away."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.connection.request("POST", "/", json.dumps({"logGroupIdentifiers": [GROUP]}), {
            "X-Amz-Target": "Logs_20140328.StartLiveTail", "Content-Type": "application/x-amz-json-1.1"})
        self.answer = self.connection.getresponse()
        self.start()

    def run(self):
        try:
            while self.answer.read1(1 << 20):
                pass
        except (OSError, AttributeError, http.client.HTTPException):
            pass

    def end(self):
        self.connection.sock.shutdown(2)
        self.join()


def sessions(port):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/metrics")
    return int(re.search(r"^crema_tail_sessions (\d+)", connection.getresponse().read().decode(), re.M).group(1))


def wait_until(look, seconds, failed, what):
    end = time.monotonic() + seconds
    while not look():
        if time.monotonic() > end:
            raise failed(what)
        time.sleep(0.01)


def tail_figures(bench, server, crema, failed):
    quick = bench.options.quick
    logs = server.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    for number in range(4):
        logs.create_log_stream(logGroupName=GROUP, logStreamName=f"bench-{number:08}")

    def load(*arguments):
        result = server.load("put-log-events", "--group", GROUP, "--run", "bench", "--streams", 4, "--entries", 100,
                             *arguments)
        bench.events_in += result["events_all"]
        return result

    lines = Lines([crema, "tail", "--json", "--endpoint", f"http://127.0.0.1:{server.port}", GROUP])
    try:
        wait_until(lambda: sessions(server.port), 10, failed, "crema tail did not begin")
        result = load("--rate", 50, "--connections", 4, "--duration", 6 if quick else 60)
        wait_until(lambda: len(lines.late_ms) >= result["events_all"], 20, failed, "the tail did not show all events")
        time.sleep(0.3)
    finally:
        lines.end()
    if len(lines.late_ms) != result["events_all"]:
        raise failed(f"the tail showed {len(lines.late_ms):,} events, {result['events_all']:,} were written")
    late_ms = sorted(lines.late_ms)
    bench.detail["tail"] = {"events": len(late_ms), "p50_ms": statistics.median(late_ms),
                            "p99_ms": late_ms[len(late_ms) * 99 // 100], "max_ms": late_ms[-1], "load": result}
    bench.row(f"live tail at {result['events_per_s']:,.0f} events/s, none lost: p99 from ingestion to line",
              bench.detail["tail"]["p99_ms"], 300, "ms", True)
    rates = {"without": [], "with": []}

    def run(name):
        session = Session(server.port) if name == "with" else None
        rates[name].append(load("--connections", 16, "--duration", bench.duration_s / 4)["events_per_s"])
        if session:
            session.end()
            wait_until(lambda: not sessions(server.port), 10, failed, "a session did not end with its client")
        return rates[name][-1]

    # What is written is packed and compacted while later runs go on, so that rates fall from run to run: in rounds of
    # four that falls on both alike. The first run, on an empty group, would have none of it.
    load("--connections", 16, "--duration", bench.duration_s / 4)
    kept = []
    for _ in range(4):
        before, first, second, after = (run(name) for name in ("without", "with", "with", "without"))
        kept.append((first + second) / (before + after) * 100)
    bench.detail["tail_rates"], bench.detail["tail_kept_percent"] = rates, kept
    bench.row("PutLogEvents with a live tail, of what it is without", statistics.median(kept), 90, "%")
