"""Many clients at once: what is made by one name is made once, walks miss nothing, and what was answered holds for the
next request."""
import threading
import time

import pytest

from conftest import ACCOUNT, REGION
from wire import Refused, Wire

ROLE = f"arn:aws:iam::{ACCOUNT}:role/any"
MACHINES = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:"


@pytest.fixture
def wires(server):
    """One connection a call."""
    made = []

    def wire():
        made.append(Wire(server.port))
        return made[-1]

    yield wire
    for one in made:
        one.close()


def together(*works):
    """Runs them at once; the first of what they raise is raised here."""
    wrong = []

    def run(work):
        try:
            work()
        except BaseException as error:  # told below
            wrong.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise wrong[0]


def pages(wire, operation, key, limit, **body):
    """All of a list of CloudWatch Logs, and how many pages it took."""
    found, count, token = [], 0, {}
    while True:
        answer = wire("logs", operation, limit=limit, **body, **token)
        found, count = found + answer[key], count + 1
        if "nextToken" not in answer:
            return found, count
        token = {"nextToken": answer["nextToken"]}


def test_one_name_many_makers(wires):
    made, started = [], {}

    def attempt(wire, service, operation, **body):
        try:
            wire(service, operation, **body)
            made.append(operation)
        except Refused as refused:
            assert refused.name == "ResourceAlreadyExistsException"

    def maker(wire):
        for number in range(15):
            name = f"race-{number}"
            attempt(wire, "events", "CreateEventBus", Name=name)
            attempt(wire, "logs", "CreateLogGroup", logGroupName=name)
            wire("states", "CreateStateMachine", name=name, roleArn=ROLE,
                 definition='{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":900,"End":true}}}')
            answer = wire("states", "StartExecution", stateMachineArn=MACHINES + name, name="one", input="{}")
            started.setdefault(name, set()).add((answer["executionArn"], answer["startDate"]))

    together(*[lambda wire=wires(): maker(wire) for _ in range(6)])
    assert sorted(made) == ["CreateEventBus"] * 15 + ["CreateLogGroup"] * 15
    assert [len(answers) for answers in started.values()] == [1] * 15


def test_walks_over_a_stream_that_grows(wires):
    """One writer, so that events come in the order of their times: a walk forward misses none and sees none twice."""
    wire, group, stop, written = wires(), "/race/walk", threading.Event(), []
    wire("logs", "CreateLogGroup", logGroupName=group)
    wire("logs", "CreateLogStream", logGroupName=group, logStreamName="s")

    def write(wire):
        while not stop.is_set():
            now = int(time.time() * 1000)
            batch = [{"timestamp": now, "message": f"{len(written) + i}"} for i in range(5)]
            wire("logs", "PutLogEvents", logGroupName=group, logStreamName="s", logEvents=batch)
            written.extend(event["message"] for event in batch)

    def walk(wire):
        seen, token, end = [], {"startFromHead": True}, time.monotonic() + 2
        while True:
            done = stop.is_set()
            answer = wire("logs", "GetLogEvents", logGroupName=group, logStreamName="s", limit=37, **token)
            seen += [event["message"] for event in answer["events"]]
            if done and answer["nextForwardToken"] == token.get("nextToken"):
                break
            token = {"nextToken": answer["nextForwardToken"]}
            if time.monotonic() > end and not stop.is_set():
                before = list(written)
                found, count = pages(wire, "FilterLogEvents", "events", 97, logGroupName=group)
                messages = [event["message"] for event in found]
                assert count > 2 and messages[:len(before)] == before and len(set(messages)) == len(messages)
                stop.set()
                writer_done.wait(30)
        assert seen == written and len(seen) > 100

    writer_done = threading.Event()

    def writer():
        try:
            write(wires())
        finally:
            writer_done.set()

    def walker():
        try:
            walk(wires())
        finally:
            stop.set()

    together(writer, walker)
    back, token = [], {}
    while True:
        answer = wire("logs", "GetLogEvents", logGroupName=group, logStreamName="s", limit=41, **token)
        back = [event["message"] for event in answer["events"]] + back
        if answer["nextBackwardToken"] == token.get("nextToken"):
            break
        token = {"nextToken": answer["nextBackwardToken"]}
    assert back == written


def test_streams_by_last_event_while_some_move(wires):
    wire, group, stop = wires(), "/race/streams", threading.Event()
    now = int(time.time() * 1000)
    wire("logs", "CreateLogGroup", logGroupName=group)
    for number in range(60):
        wire("logs", "CreateLogStream", logGroupName=group, logStreamName=f"{number:02}")
        wire("logs", "PutLogEvents", logGroupName=group, logStreamName=f"{number:02}",
             logEvents=[{"timestamp": now - 1000000 + number, "message": "m"}])

    def move(wire):
        number = 0
        while not stop.is_set():
            number = (number + 2) % 60
            wire("logs", "PutLogEvents", logGroupName=group, logStreamName=f"{number:02}",
                 logEvents=[{"timestamp": int(time.time() * 1000), "message": "m"}])
            time.sleep(0.001)

    def look(wire):
        try:
            for _ in range(5):
                found, _ = pages(wire, "DescribeLogStreams", "logStreams", 7, logGroupName=group,
                                 orderBy="LastEventTime", descending=True)
                names = [stream["logStreamName"] for stream in found]
                assert len(set(names)) == len(names)
                assert [name for name in names if int(name) % 2] == [f"{n:02}" for n in range(59, 0, -2)]
        finally:
            stop.set()

    together(lambda: move(wires()), lambda: look(wires()))


def test_a_list_goes_on_where_its_last_name_was_deleted(wires):
    wire, group, names, token = wires(), "/race/deleted", [], {}
    wire("logs", "CreateLogGroup", logGroupName=group)
    for number in range(25):
        wire("logs", "CreateLogStream", logGroupName=group, logStreamName=f"{number:02}")
    while token is not None:
        answer = wire("logs", "DescribeLogStreams", logGroupName=group, limit=10, **token)
        names += [stream["logStreamName"] for stream in answer["logStreams"]]
        wire("logs", "DeleteLogStream", logGroupName=group, logStreamName=names[-1])
        token = {"nextToken": answer["nextToken"]} if "nextToken" in answer else None
    assert names == [f"{number:02}" for number in range(25)]


def test_rules_change_while_events_flow(wires):
    """What a change of a rule was answered with holds for the next event of the same client, whatever others do."""
    def shop(wire, number):
        bus, group = f"race-rules-{number}", f"/race/rules/{number}"
        rule = {"Name": "r", "EventBusName": bus}
        target = {"Id": "1", "Arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"}
        wanted = []

        def put(text, arrives):
            wire("events", "PutEvents", Entries=[{"Source": text[0], "DetailType": text, "Detail": "{}",
                                                  "EventBusName": bus}])
            if arrives:
                wanted.append(text)

        wire("logs", "CreateLogGroup", logGroupName=group)
        wire("events", "CreateEventBus", Name=bus)
        wire("events", "PutRule", EventPattern='{"source":["a"]}', **rule)
        wire("events", "PutTargets", Rule="r", EventBusName=bus, Targets=[target])
        for turn in range(12):
            put(f"a{turn} as it was", True)
            wire("events", "DisableRule", **rule)
            put(f"a{turn} off", False)
            wire("events", "EnableRule", **rule)
            put(f"a{turn} on", True)
            wire("events", "PutRule", EventPattern='{"source":["z"]}', **rule)
            put(f"a{turn} of another pattern", False)
            put(f"z{turn} of this pattern", True)
            wire("events", "PutRule", EventPattern='{"source":["a"]}', **rule)
            wire("events", "RemoveTargets", Rule="r", EventBusName=bus, Ids=["1"])
            put(f"a{turn} to nobody", False)
            wire("events", "PutTargets", Rule="r", EventBusName=bus, Targets=[target])
        found, _ = pages(wire, "FilterLogEvents", "events", 10000, logGroupName=group)
        assert sorted(event["message"].split('"')[11] for event in found) == sorted(wanted)

    together(*[lambda n=number: shop(wires(), n) for number in range(4)])


def test_a_task_ends_once(wires):
    """Four answers to one token and a stop at the same time: one of them ends it."""
    wire = wires()
    wire("logs", "CreateLogGroup", logGroupName="/race/token")
    wire("events", "PutRule", Name="race-token", EventPattern='{"source":["race.token"]}')
    wire("events", "PutTargets", Rule="race-token", Targets=[
        {"Id": "1", "Arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/race/token", "InputPath": "$.detail.t"}])
    wire("states", "CreateStateMachine", name="race-token", roleArn=ROLE, definition="""{"StartAt":"T","States":{"T":{
        "Type":"Task","Resource":"arn:aws:states:::events:putEvents.waitForTaskToken","End":true,"Parameters":{
        "Entries":[{"Source":"race.token","DetailType":"t","Detail":{"t.$":"$$.Task.Token"}}]}}}}""")
    before = set()
    for number in range(20):
        arn = wire("states", "StartExecution", stateMachineArn=MACHINES + "race-token")["executionArn"]
        tokens = {event["message"].strip('"') for event in
                  wire("logs", "FilterLogEvents", logGroupName="/race/token")["events"]}
        (token,), before, taken = tokens - before, tokens, []

        def answer(wire, text):
            try:
                wire("states", "SendTaskSuccess", taskToken=token, output=text)
                taken.append(text)
            except Refused as refused:
                assert refused.name == "TaskTimedOut"

        works = [lambda w=wires(), n=n: answer(w, f'"{n}"') for n in range(4)]
        stop = wires()
        works.insert(number % 5, lambda: stop("states", "StopExecution", executionArn=arn))
        together(*works)
        end = wire("states", "DescribeExecution", executionArn=arn)
        assert [end["output"]] == taken if end["status"] == "SUCCEEDED" else end["status"] == "ABORTED" and not taken
        events = wire("states", "GetExecutionHistory", executionArn=arn)["events"]
        assert [event["id"] for event in events] == list(range(1, len(events) + 1))
        assert sum(event["type"].startswith("Execution") for event in events) == 2
