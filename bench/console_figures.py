"""The web console in Chromium: how soon its first page is there, and how a table of 100,000 rows scrolls."""
import json
import os
import shutil
import statistics
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROWS = 100_000
PASS = {"StartAt": "Work", "States": {"Work": {"Type": "Pass", "Next": "Rest"}, "Rest": {"Type": "Pass", "End": True}}}


def console_figures(bench, server, failed):
    if not shutil.which("chromium") and not os.environ.get("CHROMIUM"):
        raise failed("Chromium is not on this machine; scripts/setup test installs it")
    states = server.client("stepfunctions")
    machine = states.create_state_machine(name="bench-console", roleArn="arn:aws:iam::000000000000:role/r",
                                          definition=json.dumps(PASS))["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    given = {"execution": execution, "views": 3 if bench.options.quick else 10, "rows": ROWS}
    done = subprocess.run([os.path.join(TOP, "scripts", "browser"), "figures", f"http://127.0.0.1:{server.port}",
                           json.dumps(given)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=600)
    if done.returncode != 0:
        raise failed(f"the browser: {done.stderr.strip()}")
    saw = json.loads(done.stdout.splitlines()[-1])
    if saw["wrong"]:
        raise failed("the console: " + "; ".join(saw["wrong"]))
    bench.detail["console"] = saw
    for cache in ("cold", "warm"):
        views = sorted(saw[cache])
        p95 = views[min(len(views) - 1, len(views) * 95 // 100)]
        print(f"    first view, {cache} cache: best {views[0]:.0f} ms, p95 {p95:.0f} ms of {len(views)}", flush=True)
        bench.row(f"console: first view, {cache} cache, median", statistics.median(views), 300, "ms", True)
    scroll = saw["scroll"]
    bench.row(f"console: longest of {scroll['frames']} frames while {ROWS:,} rows scroll by", scroll["longestMs"], 50,
              "ms", True)
    bench.row("console: frames of more than 50 ms meanwhile", scroll["long"], 0, "", True)
