"""Every page of the console, with data in it that is hostile wherever it may be: what test/browser/pages.mjs holds
against each of the rows of page_table.mjs. A page without a row there fails here."""
import contextlib
import json
import os
import re
import threading
import time

from browser import HOSTILE, story
from conftest import ACCOUNT, REGION, TOP, eventually
from test_console_runs import HOSTILE_FLOW, ROLE, inner
from wire import Wire

IMAGE, SCRIPT, TURNED = HOSTILE["image"], HOSTILE["script"], HOSTILE["rightToLeft"]
EVERYTHING = list(HOSTILE.values())
GROUP, OF_RULES, LIVE = "/shop/till", "/shop/rules", "/shop/live"
LOGS = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:"
ASK = {"Comment": SCRIPT, "StartAt": "Ask", "States": {"Ask": {
    "Type": "Task", "Resource": "arn:aws:states:::events:putEvents.waitForTaskToken", "End": True,
    "Parameters": {"Entries": [{"EventBusName": "shop", "Source": IMAGE, "DetailType": TURNED,
                                "Detail": {"token.$": "$$.Task.Token", "input.$": "$"}}]}}}}
RUNS = {"StartAt": "Each", "States": {"Each": {
    "Type": "Map", "ItemsPath": "$.items", "End": True,
    "ItemProcessor": dict(inner("Item", {"Type": "Pass"}),
                          ProcessorConfig={"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"})}}}


def text_of(value):
    """Letters as they are: what turns the direction does so as a letter, not as an escape."""
    return json.dumps(value, ensure_ascii=False)


def put(call, *entries):
    """Events by bus, source, detail type and detail; their ids."""
    answer = call("events", "PutEvents", Entries=[
        {"EventBusName": bus, "Source": source[:256], "DetailType": kind[:128], "Detail": text_of(detail),
         "Resources": [IMAGE, SCRIPT]} for bus, source, kind, detail in entries])
    assert answer["FailedEntryCount"] == 0, answer
    return [entry["EventId"] for entry in answer["Entries"]]


def start(call, machine, definition, given, name="one"):
    arn = call("states", "CreateStateMachine", name=machine, roleArn=ROLE,
               definition=text_of(definition))["stateMachineArn"]
    return call("states", "StartExecution", stateMachineArn=arn, name=name, input=text_of(given))["executionArn"]


def fill_logs(call):
    for group in (GROUP, OF_RULES, LIVE):
        call("logs", "CreateLogGroup", logGroupName=group)
    call("logs", "CreateLogStream", logGroupName=LIVE, logStreamName=IMAGE)
    call("logs", "PutRetentionPolicy", logGroupName=GROUP, retentionInDays=7)
    for text in EVERYTHING:
        if ":" in text:  # which no name of a stream has
            continue
        call("logs", "CreateLogStream", logGroupName=GROUP, logStreamName=text)
        call("logs", "PutLogEvents", logGroupName=GROUP, logStreamName=text, logEvents=[
            {"timestamp": int(time.time() * 1000), "message": one} for one in EVERYTHING])


def fill_insights(call):
    """Two queries that have ended, and one that is saved."""
    given = {"lines": "fields @timestamp, @logStream, @message | sort @message",
             "counts": "stats count(*) by bin(5m), @logStream"}
    for name in ("lines", "counts"):
        now = int(time.time())
        query = call("logs", "StartQuery", logGroupNames=[GROUP], startTime=now - 3600, endTime=now + 60,
                     queryString=given[name])["queryId"]
        eventually(lambda: call("logs", "GetQueryResults", queryId=query)["status"] == "Complete")
        given[name + "Id"] = query
    call("logs", "PutQueryDefinition", name=f"folder/{IMAGE}", queryString=given["lines"], logGroupNames=[GROUP])
    return given


def fill_buses(call):
    """A bus with a rule; the id of an event that it matched."""
    tags = [{"Key": "team", "Value": IMAGE}, {"Key": "<b>", "Value": SCRIPT}]
    call("events", "CreateEventBus", Name="shop", Description=IMAGE, Tags=tags)
    call("events", "PutRule", EventBusName="shop", Name="sold", Tags=tags,
         Description=f"{IMAGE} {TURNED} {HOSTILE['long']}",
         EventPattern=json.dumps({"detail": {"text": [{"anything-but": [IMAGE, SCRIPT]}]}}))
    call("events", "PutTargets", EventBusName="shop", Rule="sold", Targets=[
        {"Id": "till", "Arn": LOGS + OF_RULES},
        {"Id": "constant", "Arn": LOGS + OF_RULES, "Input": text_of({SCRIPT: EVERYTHING})},
        {"Id": "part", "Arn": LOGS + OF_RULES, "InputPath": "$.detail"},
        {"Id": "nowhere", "Arn": LOGS + "/no/such/group"}])
    put(call, *[("shop", IMAGE, text, {}) for text in EVERYTHING])
    ids = put(call, *[("shop", text, text, {"text": "sold", SCRIPT: EVERYTHING}) for text in EVERYTHING],
              ("no-such-bus", IMAGE, SCRIPT, {}))
    return ids[EVERYTHING.index(TURNED)]


def fill_machines(call):
    """The execution that waits, and a Map Run."""
    items = {"items": [IMAGE, SCRIPT, TURNED], SCRIPT: EVERYTHING}
    start(call, "hostile", HOSTILE_FLOW, items)
    start(call, "hostile", HOSTILE_FLOW, items, name=TURNED.split()[0])
    run = start(call, "runs", RUNS, items)
    runs = eventually(lambda: call("states", "ListMapRuns", executionArn=run)["mapRuns"])
    eventually(lambda: call("states", "DescribeExecution", executionArn=run)["status"] == "SUCCEEDED")
    return start(call, "waits", ASK, items), runs[0]["mapRunArn"]


def given_of(call):
    """Fills the server; what the story has to know of it."""
    fill_logs(call)
    waiting, run = fill_machines(call)
    event = fill_buses(call)
    emitted = eventually(lambda: call("crema", "GetExecutionTrace", ExecutionArn=waiting)["Emitted"])
    eventually(lambda: len(call("crema", "ListInbox")["Entries"]) >= 2)
    return {**fill_insights(call), "event": event, "emitted": emitted[0]["EventId"], "run": run}


@contextlib.contextmanager
def milk(server):
    """Lines come to a log group, so that its tail has some."""
    done = threading.Event()

    def write():
        call = Wire(server.port)
        while not done.wait(0.3):
            call("logs", "PutLogEvents", logGroupName=LIVE, logStreamName=IMAGE,
                 logEvents=[{"timestamp": int(time.time() * 1000), "message": f"milk came {IMAGE}"}])
        call.close()

    writer = threading.Thread(target=write)
    writer.start()
    yield
    done.set()
    writer.join()


def test_pages(server):
    with milk(server):
        saw = story(server, "pages", given_of(Wire(server.port)), seconds=600)
    with open(os.path.join(TOP, "web", "src", "routes.ts")) as file:
        patterns = re.findall(r'pattern: "([^"]+)"', file.read())
    assert len(patterns) >= 20
    assert set(saw["pages"]) == set(patterns)  # test/browser/page_table.mjs has a row for each
    wrong = [line for lines in saw["pages"].values() for line in lines]
    assert not wrong, "\n".join(wrong)
