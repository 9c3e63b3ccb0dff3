"""Figures of Logs Insights: queries over 2,000,000 log lines of about 500 bytes in 200,000 streams.

Every answer is checked: the counts of all groups are those of what was put. The first time of each query counts;
the best of the next two is shown beside it.
"""
import shutil
import time

GROUP = "bench-queries"
ENTRIES = 10

# Query, and what it may take in seconds; None: nothing is promised.
QUERIES = [
    ("stats count(*) by `detail-type`", 3),
    ("stats count(*) by `detail-type`, bin(5m)", 3),
    ("filter detail.drink = 'Cappuccino' | stats count(*) by bin(1s)", None),
    ('parse @message /"drink":"(?<drink>[^"]+)"/ | stats count(*) by drink', None),
    ("fields @timestamp, detail.drink | sort detail.orderId desc | limit 20", None),
    ("filter @message like 'nothing such'", None),
]


class Queries:
    def __init__(self, bench, server_type, reader_type, failed, data):
        self.bench, self.server_type, self.reader_type, self.failed = bench, server_type, reader_type, failed
        self.folder = data + "-queries"
        self.events = 2_000_000 // (20 if bench.options.quick else 1)

    def figures(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        server = self.server_type(self.folder)
        try:
            self.fill(server)
            self.ask_all(server)
        finally:
            server.end()
            if not self.bench.options.keep:
                shutil.rmtree(self.folder, ignore_errors=True)

    def fill(self, server):
        streams = self.events // ENTRIES
        server.client("logs").create_log_group(logGroupName=GROUP)
        common = ("--group", GROUP, "--run", "bench", "--streams", streams, "--requests", streams, "--duration", 600)
        server.load("create-log-streams", *common)
        put = server.load("put-log-events", *common, "--entries", ENTRIES, "--entry-bytes", 500)
        if put["events_all"] != self.events:
            raise self.failed(f"{put['events_all']} log events were put, not {self.events}")

    def ask_all(self, server):
        reader = self.reader_type(server)
        for query, most_s in QUERIES:
            first, *others = [self.ask(reader, query) for _ in range(3)]
            best = min(others)
            self.bench.detail[query] = {"first_s": first, "best_s": best, "ns_an_event": best * 1e9 / self.events}
            if most_s:
                self.bench.row(f"query of {self.events:,} log lines: {query}", first, most_s, "s", True, "{:,.2f}")
            print(f"  {first:.2f} s, again {best:.2f} s, {best * 1e9 / self.events:,.0f} ns an event: {query}",
                  flush=True)

    def ask(self, reader, query):
        begun = time.monotonic()
        identity = reader.call("Logs_20140328.StartQuery", {
            "logGroupName": GROUP, "startTime": 0, "endTime": int(time.time()) + 60, "queryString": query})["queryId"]
        while True:
            answer = reader.call("Logs_20140328.GetQueryResults", {"queryId": identity})
            if answer["status"] not in ("Scheduled", "Running"):
                break
            time.sleep(0.005)
        took_s = time.monotonic() - begun
        if answer["status"] != "Complete":
            raise self.failed(f"{query}: {answer['status']} {answer.get('statusReason')}")
        self.check(query, answer)
        return took_s

    def check(self, query, answer):
        scanned, matched = answer["statistics"]["recordsScanned"], answer["statistics"]["recordsMatched"]
        counted = sum(int(field["value"]) for row in answer["results"] for field in row if field["field"] == "count(*)")
        if "stats" in query and (scanned != self.events or counted != matched or counted == 0):
            raise self.failed(f"{query}: {counted} counted of {scanned} scanned, {matched} matched")
        if "like" in query and (answer["results"] or matched):
            raise self.failed(f"{query} found what is not there")
