"""The log store's figures: what is put is read back whole, searched against `zstd -dc | grep` over the same lines, read
stream by stream, and weighed on the disk. Part of run.py; fill() makes the data, for others too."""
import glob
import os
import random
import re
import shutil
import subprocess
import time

GROUP = "bench-lines"
COMMON = "Affogato"  # in one line of a hundred
SHOP_BYTES = 900     # of a line, envelope and all


class Logs:
    def __init__(self, bench, server_class, reader_class, failed, data):
        self.bench, self.server_class, self.reader_class, self.failed, self.data = (bench, server_class, reader_class,
                                                                                     failed, data)
        quick = bench.options.quick
        self.streams = 20_000 if quick else 200_000
        self.events = 200_000 if quick else 2_000_000
        self.gets = 1_000 if quick else 10_000
        self.streams_many = bench.options.streams_many or (200_000 if quick else 10_000_000)
        self.shop_lines = 150_000 if quick else 500_000

    def figures(self):
        folder = self.data + "-logs"
        for figure in (self.lines, self.many_streams, self.shop):
            shutil.rmtree(folder, ignore_errors=True)
            server = self.server_class(folder, "--logs-pack-age-ms", "1000")
            try:
                figure(server)
            finally:
                server.end()
                if not self.bench.options.keep:
                    shutil.rmtree(folder, ignore_errors=True)

    # ---- two million lines in two hundred thousand streams

    def fill(self, server):
        """Half of the events, 100 a request, into a twentieth of the streams, which is timed; the other half into all
        other streams, about five each. Returns what the first half said, and how many events there are."""
        server.client("logs").create_log_group(logGroupName=GROUP)
        server.load("create-log-streams", "--group", GROUP, "--run", "bench", "--streams", self.streams, "--requests",
                    self.streams, "--duration", 600)
        requests, few = self.events // 200, self.streams // 20
        timed = server.load("put-log-events", "--group", GROUP, "--run", "bench", "--streams", few, "--entries", 100,
                            "--requests", requests, "--connections", 16, "--duration", 600)
        others = self.streams - few
        entries = max(1, round(self.events / 2 / others))
        rest = server.load("put-log-events", "--group", GROUP, "--run", "bench", "--stream-first", few, "--streams",
                           others, "--entries", entries, "--requests", others, "--duration", 600)
        return timed, timed["events_all"] + rest["events_all"]

    def packed(self, server):
        """Waits until all is packed: no block has been written for a while."""
        blocks, since = -1, time.monotonic()
        while time.monotonic() - since < 3:
            now = server.metrics("crema_logs_")["blocks_total"]
            if now != blocks:
                blocks, since = now, time.monotonic()
            time.sleep(0.1)

    def read_back(self, server, events, path):
        """Every event that was acknowledged is there, once; its line goes into the file. Returns some lines."""
        ids, count, some, begun = set(), 0, [], time.monotonic()
        with open(path, "w", encoding="utf-8") as file:
            for page in self.reader_class(server).pages("Logs_20140328.FilterLogEvents",
                                                        {"logGroupName": GROUP, "limit": 10000},
                                                        "nextToken", "nextToken"):
                for event in page["events"]:
                    message = event["message"]
                    file.write(message + "\n")
                    ids.add(int(message[21:57].replace("-", ""), 16))
                    count += 1
                if page["events"]:
                    some.append(page["events"][0]["message"])
        if count != events or len(ids) != events:
            raise self.failed(f"{events} log events were acknowledged, {count} are there, {len(ids)} different")
        print(f"    read back: {count:,} log events, each once ({time.monotonic() - begun:.1f} s)", flush=True)
        return some

    def search(self, server, term):
        """Seconds, and how many were found."""
        begun, found = time.monotonic(), 0
        for page in self.reader_class(server).pages("Logs_20140328.FilterLogEvents", {
                "logGroupName": GROUP, "limit": 10000, "filterPattern": f'"{term}"'}, "nextToken", "nextToken"):
            found += len(page["events"])
        return time.monotonic() - begun, found

    def grep(self, term, path):
        begun = time.monotonic()
        found = subprocess.run(f"zstd -dc {path} | grep -c {term}", shell=True, stdout=subprocess.PIPE, text=True)
        return time.monotonic() - begun, int(found.stdout)

    def beside_grep(self, server, what, term, path):
        """Both in turn, five times, the quickest of each."""
        ours, greps = [], []
        for _ in range(5):
            seconds, found = self.search(server, term)
            ours.append(seconds)
            seconds, expected = self.grep(term, path)
            greps.append(seconds)
            if found != expected or not found:
                raise self.failed(f"FilterLogEvents found {found} lines with {term}, grep {expected}")
        self.bench.detail[f"filter {what}"] = {"crema_s": ours, "zstd_grep_s": greps}
        print(f"    {what}: {min(ours):.3f} s for {found:,} events, zstd -dc | grep -c {min(greps):.3f} s", flush=True)
        self.bench.row(f"FilterLogEvents, {what}: share of zstd | grep's time", min(ours) / min(greps), 1, "", True,
                       "{:,.2f}")

    def lines(self, server):
        timed, events = self.fill(server)
        self.bench.detail["put-log-events"] = timed
        self.bench.row("PutLogEvents, 100 events a request: acknowledged durable", timed["events_per_s"], 120000, "/s")
        self.packed(server)
        path = self.data + "-lines.txt"
        try:
            some = self.read_back(server, events, path)
            subprocess.run(["zstd", "-q", "-f", "--rm", path, "-o", path + ".zst"], check=True)
            rare = re.search(r'"orderId":"([0-9a-f-]+)"', some[len(some) // 2]).group(1)
            self.beside_grep(server, f"a rare term in {events:,} lines", rare, path + ".zst")
            self.beside_grep(server, "a term in 1 % of them", COMMON, path + ".zst")
        finally:
            for left in glob.glob(path + "*"):
                os.unlink(left)
        names = [f"bench-{random.randrange(self.streams):08}" for _ in range(self.gets)]
        self.get(server, GROUP, names, f"one stream in {self.streams:,}")

    def get(self, server, group, names, what):
        """One call after the other; of a hundred it is seen that they are answered with events of the stream."""
        reader = self.reader_class(server)
        for name in names[:100]:
            page = reader.call("Logs_20140328.GetLogEvents", {"logGroupName": group, "logStreamName": name,
                                                              "startFromHead": True})
            if not page["events"]:
                raise self.failed(f"stream {name} has no events")
        path = self.data + "-names.txt"
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(name + "\n" for name in names))
        try:
            runs = [server.load("get-log-events", "--group", group, "--names", path, "--connections", 1, "--requests",
                                len(names), "--duration", 600) for _ in range(3)]
        finally:
            os.unlink(path)
        best = min(runs, key=lambda run: run["latency_ms"]["p99"])
        self.bench.detail[f"get-log-events {what}"] = best
        self.bench.row(f"GetLogEvents, {what}, {len(names):,} calls: p99", best["latency_ms"]["p99"], 2, "ms", True,
                       "{:,.2f}")

    # ---- ten million streams, one event each

    def many_streams(self, server):
        group = self.bench.make_bus(server, "bench-streams")
        result = server.load("put-events", "--bus", "bench-streams", "--shop", "--entries", 10, "--entry-bytes", 500,
                             "--requests", self.streams_many // 10, "--duration", 3600)
        self.packed(server)
        reader = self.reader_class(server)
        listed = reader.call("Logs_20140328.FilterLogEvents", {"logGroupName": group, "limit": 1})["events"][0]
        first, last = listed["timestamp"], int(time.time() * 1000)
        names = []
        while len(names) < self.gets:
            page = reader.call("Logs_20140328.FilterLogEvents", {
                "logGroupName": group, "limit": 100, "startTime": random.randrange(first, last)})
            names += [event["logStreamName"] for event in page["events"]]
        random.shuffle(names)
        self.get(server, group, names[:self.gets], f"one stream in {result['events_all']:,}")

    # ---- what a line of the shop costs on the disk

    def shop(self, server):
        group = self.bench.make_bus(server, "bench-shop")
        count = server.load("put-events", "--bus", "bench-shop", "--shop", "--entries", 7, "--entry-bytes",
                            SHOP_BYTES - 120, "--requests", self.shop_lines // 7, "--duration", 600)["events_all"]
        self.packed(server)
        server.end()  # all is in its place after a clean stop
        server.start()
        lines, bytes_in, begun = 0, 0, time.monotonic()
        for page in self.reader_class(server).pages("Logs_20140328.FilterLogEvents", {
                "logGroupName": group, "limit": 10000}, "nextToken", "nextToken"):
            lines += len(page["events"])
            bytes_in += sum(len(event["message"]) for event in page["events"])
        if lines != count:
            raise self.failed(f"{count} events were acknowledged, {lines} are there")
        print(f"    read back: {lines:,} lines of {bytes_in / lines:.0f} bytes ({time.monotonic() - begun:.1f} s)",
              flush=True)
        server.end()
        files = [path for path in glob.glob(server.folder + "/**", recursive=True) if os.path.isfile(path)]
        sizes = {part: sum(os.path.getsize(path) for path in files if path.endswith(part))
                 for part in (".sst", ".blob", ".log")}
        self.bench.detail["shop"] = {"lines": lines, "line_bytes": bytes_in / lines, "files": sizes}
        print("    " + ", ".join(f"{part} {size / lines:.0f} bytes a line" for part, size in sizes.items()), flush=True)
        total = sum(os.path.getsize(path) for path in files if "/journal/" not in path)
        self.bench.row("bytes on disk for one line of the shop, in a stream of its own", total / lines, 250, "", True)
        server.start()
