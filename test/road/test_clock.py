"""The virtual clock: time that stands, is moved, and fires what is due in order."""
import datetime
import json
import threading
import time

import pytest

from conftest import eventually
from test_tasks import Workflows, one, waits
from wire import Refused, Wire

DAY = 86400
TOKEN = {"Entries": [{"Source": "s", "DetailType": "t", "Detail": {"token.$": "$$.Task.Token"}}]}


class Clock:
    def __init__(self, server):
        self.wire = Wire(server.port, timeout=60)

    def __call__(self, operation, **parameters):
        return self.wire("crema", operation, **parameters)

    def get(self):
        return self("GetClock")

    def advance(self, seconds):
        return self("AdvanceClock", Milliseconds=int(seconds * 1000))

    def freeze(self):
        return self("FreezeClock")

    def next(self):
        return self("RunToNextTimer")


@pytest.fixture
def still(new_server):
    """A server whose clock stands."""
    server = new_server("--clock", "virtual")
    server.clock = Clock(server)
    server.clock.freeze()
    server.flows = Workflows(server)
    return server


def status(flows, execution):
    return flows.sfn.describe_execution(executionArn=execution)["status"]


def test_the_machine_s_clock_is_not_moved(server):
    clock = Clock(server)
    got = clock.get()
    assert (got["Mode"], got["Frozen"]) == ("machine", False) and abs(got["Time"] - time.time()) < 5
    for operation, parameters in (("FreezeClock", {}), ("UnfreezeClock", {}), ("RunToNextTimer", {}),
                                  ("AdvanceClock", {"Milliseconds": 1})):
        with pytest.raises(Refused) as caught:
            clock(operation, **parameters)
        assert caught.value.name == "ValidationException" and "--clock virtual" in caught.value.text


def test_it_runs_stands_and_runs_on(new_server):
    server = new_server("--clock", "virtual")
    clock = Clock(server)
    first = clock.get()
    assert (first["Mode"], first["Frozen"]) == ("virtual", False) and abs(first["Time"] - time.time()) < 5
    time.sleep(0.05)
    frozen = clock.freeze()
    assert frozen["Frozen"] and frozen["Time"] > first["Time"]
    time.sleep(0.05)
    assert clock.get()["Time"] == frozen["Time"]
    assert clock.advance(3600)["Time"] == pytest.approx(frozen["Time"] + 3600)
    assert clock("AdvanceClock", To=frozen["Time"] + 7200)["Time"] == pytest.approx(frozen["Time"] + 7200)
    for past in (frozen["Time"], 0):
        with pytest.raises(Refused) as caught:
            clock("AdvanceClock", To=past)
        assert "does not go back" in caught.value.text
    for parameters in ({}, {"Milliseconds": 1, "To": frozen["Time"] + 9000}):
        with pytest.raises(Refused) as caught:
            clock("AdvanceClock", **parameters)
        assert caught.value.text == "Give either Milliseconds or To."
    running = clock("UnfreezeClock")
    assert not running["Frozen"]
    time.sleep(0.05)
    assert clock.get()["Time"] > running["Time"] >= frozen["Time"] + 7200
    assert clock.advance(60)["Time"] >= running["Time"] + 60


def test_a_day_s_wait_ends_at_once_and_to_the_millisecond(still):
    execution = still.flows.start(still.flows.machine(waits(DAY)))
    assert still.clock.get()["NextTimerOf"] == "workflow"
    still.clock.advance(DAY - 1)
    assert status(still.flows, execution) == "RUNNING"
    begin = time.monotonic()
    still.clock.advance(1)
    about = still.flows.sfn.describe_execution(executionArn=execution)
    assert about["status"] == "SUCCEEDED" and time.monotonic() - begin < 1
    assert about["stopDate"] - about["startDate"] == datetime.timedelta(days=1)


def test_timers_fire_in_order_each_at_its_own_time(still):
    """Loops of different lengths, moved over at once: every step stands at the time at which it was due."""
    def loop(seconds, times):
        states = {f"W{i}": {"Type": "Wait", "Seconds": seconds, "Next": f"W{i + 1}"} for i in range(times)}
        return {"StartAt": "W0", "States": {**states, f"W{times}": {"Type": "Succeed"}}}

    executions = {seconds: still.flows.start(still.flows.machine(loop(seconds, 20))) for seconds in (7, 60, 3601)}
    start = still.clock.get()["Time"]
    end = still.clock.advance(DAY)
    assert end["Time"] == pytest.approx(start + DAY)
    for seconds, execution in executions.items():
        assert status(still.flows, execution) == "SUCCEEDED"
        exits = [e["timestamp"].timestamp() for e in still.flows.events(execution) if e["type"] == "WaitStateExited"]
        assert exits == [pytest.approx(start + seconds * (i + 1), abs=0.0011) for i in range(20)]


def test_the_context_s_times_have_the_fraction_they_need(still):
    """A whole second has none, as with the service."""
    definition = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True, "Parameters": {
        "a.$": "$$.Execution.StartTime", "b.$": "$$.State.EnteredTime"}}}}
    machine, whole = still.flows.machine(definition), int(still.clock.get()["Time"]) + 2
    for more, fraction in ((0, ""), (0.05, ".050"), (0.5, ".500")):
        at = still.clock("AdvanceClock", To=whole + more)["Time"]
        about = still.flows.sfn.describe_execution(executionArn=still.flows.start(machine))
        text = datetime.datetime.utcfromtimestamp(int(at)).isoformat() + fraction + "Z"
        assert json.loads(about["output"]) == {"a": text, "b": text}


def test_from_timer_to_timer(still):
    executions = [still.flows.start(still.flows.machine(waits(seconds))) for seconds in (300, 100, 100, 200)]
    start, seen = still.clock.get()["Time"], []
    while True:
        got = still.clock.next()
        if "Timer" not in got:
            break
        if got["Timer"] == "workflow":
            seen.append((round(got["Time"] - start), [status(still.flows, e)[0] for e in executions]))
        assert len(seen) < 10
        if "NextTimer" not in got or len(seen) == 3:
            break
    assert seen == [(100, ["R", "S", "S", "R"]), (200, ["R", "S", "S", "S"]), (300, ["S", "S", "S", "S"])]


def test_timeouts_heartbeats_and_retries_follow_it(still):
    flows, clock = still.flows, still.clock
    resource = "arn:aws:states:::events:putEvents.waitForTaskToken"
    silent = flows.start(flows.machine(one(resource, TOKEN, HeartbeatSeconds=600, TimeoutSeconds=9000)))
    late = flows.start(flows.machine(one(resource, TOKEN, TimeoutSeconds=9000)))
    absent, retry = {"TableName": "absent", "Key": {}}, {"IntervalSeconds": 1000, "BackoffRate": 3, "MaxAttempts": 3}
    tried = flows.start(flows.machine(one("arn:aws:states:::dynamodb:getItem", absent,
                                          Retry=[{"ErrorEquals": ["States.ALL"], **retry}])))
    whole = flows.start(flows.machine({**waits(DAY), "TimeoutSeconds": 5000}))
    clock.advance(599)
    assert status(flows, silent) == "RUNNING"
    clock.advance(1)
    assert flows.sfn.describe_execution(executionArn=silent)["error"] == "States.Timeout"
    clock.advance(4399)
    assert (status(flows, whole), status(flows, late)) == ("RUNNING", "RUNNING")
    clock.advance(1)
    assert (status(flows, whole), status(flows, late)) == ("TIMED_OUT", "RUNNING")
    clock.advance(4000)
    assert flows.sfn.describe_execution(executionArn=late)["error"] == "States.Timeout"
    assert status(flows, tried) == "RUNNING"
    clock.advance(4000)
    events = [e for e in flows.events(tried) if e["type"] == "TaskScheduled"]
    begin = events[0]["timestamp"]
    assert [(e["timestamp"] - begin).total_seconds() for e in events] == [0, 1000, 4000, 13000]
    assert status(flows, tried) == "FAILED"


def test_retention_and_stamps_follow_it(still):
    logs = still.client("logs")
    logs.create_log_group(logGroupName="/old")
    logs.put_retention_policy(logGroupName="/old", retentionInDays=3)
    logs.create_log_stream(logGroupName="/old", logStreamName="s")
    now = int(still.clock.get()["Time"] * 1000)
    logs.put_log_events(logGroupName="/old", logStreamName="s", logEvents=[{"timestamp": now, "message": "m"}])
    still.clock.advance(2 * DAY)
    assert logs.filter_log_events(logGroupName="/old")["events"]
    still.clock.advance(DAY + 7200)
    assert logs.filter_log_events(logGroupName="/old")["events"] == []
    later = int(still.clock.get()["Time"] * 1000)
    logs.create_log_group(logGroupName="/new")
    group = logs.describe_log_groups(logGroupNamePrefix="/new")["logGroups"][0]
    assert group["creationTime"] == later == now + (3 * DAY + 7200) * 1000


def test_time_never_goes_back_over_a_restart(new_server):
    server = new_server("--clock", "virtual")
    clock = Clock(server)
    clock.advance(10 * DAY)
    running = clock.get()["Time"]
    server.kill()
    server.start()
    clock = Clock(server)
    got = clock.get()
    assert not got["Frozen"] and running <= got["Time"] < running + 60
    frozen = clock.freeze()["Time"]
    execution = Workflows(server).start(Workflows(server).machine(waits(DAY)))
    frozen = clock.advance(100)["Time"]
    for stop in (server.kill, server.stop):
        stop()
        time.sleep(0.05)
        server.start()
        got = Clock(server).get()
        assert got["Frozen"] and got["Time"] == frozen
    Clock(server).advance(DAY)
    assert status(Workflows(server), execution) == "SUCCEEDED"
    server.kill()
    server.arguments = []
    assert server.start(expect_ready=False) is None
    assert "use --clock virtual" in server.errors()
    server.arguments = ["--clock", "virtual"]
    server.start()


def test_express_executions_wait_by_it(still):
    """They are kept in memory; the clock stops at their moments too."""
    machine = still.flows.sfn.create_state_machine(
        name="express-waits", roleArn="arn:aws:iam::000000000000:role/r", type="EXPRESS",
        definition=json.dumps(waits(200)))["stateMachineArn"]
    answers = []

    def ask():
        answers.append(Wire(still.port, timeout=60)("states", "StartSyncExecution", stateMachineArn=machine))

    thread = threading.Thread(target=ask)
    before = still.clock.get()["Time"]
    thread.start()
    time.sleep(0.3)
    still.clock.advance(199)
    assert not answers
    still.clock.advance(50)
    thread.join(timeout=30)
    answer = answers[0]
    assert answer["status"] == "SUCCEEDED"
    assert (answer["startDate"], answer["stopDate"]) == (pytest.approx(before), pytest.approx(before + 200))


def test_it_moves_while_clients_are_at_work(still):
    """Advanced from two sides under load: nothing is lost, nothing is late."""
    flows = still.flows
    machine = flows.machine(waits(50))
    executions = []
    other = Clock(still)
    for i in range(30):
        executions.append(flows.start(machine, {"n": i}))
        (still.clock if i % 2 else other).advance(7)
    still.clock.advance(50)
    for execution in executions:
        about = flows.sfn.describe_execution(executionArn=execution)
        assert about["stopDate"] - about["startDate"] == datetime.timedelta(seconds=50)


def test_the_server_stops_while_time_moves(new_server):
    server = new_server("--clock", "virtual")
    clock, flows = Clock(server), Workflows(server)
    clock.freeze()
    flows.start(flows.machine({"StartAt": "W", "States": {
        "W": {"Type": "Wait", "Seconds": 1, "Next": "C"}, "S": {"Type": "Succeed"},
        "C": {"Type": "Choice", "Choices": [{"Variable": "$.end", "IsPresent": True, "Next": "S"}], "Default": "W"}}}))
    ended = []
    thread = threading.Thread(target=lambda: ended.append(clock.advance(30 * DAY)))
    thread.start()
    time.sleep(0.3)
    assert server.stop() == 0
    thread.join(timeout=10)
    assert ended and json.dumps(ended[0])
    server.start()
    eventually(lambda: Clock(server).get()["Time"] >= ended[0]["Time"])


def test_the_name_is_checked(new_server):
    with pytest.raises(RuntimeError) as caught:
        new_server("--clock", "sundial")
    assert "--clock is machine or virtual, not 'sundial'" in str(caught.value)
