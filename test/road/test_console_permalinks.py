"""Each page of the console is loaded again in a state of its own, and is as it was; times are as the reader chose."""
import json
import os
import re
import time

from browser import story
from conftest import ACCOUNT, TOP, eventually


def many_streams(logs):
    logs.create_log_group(logGroupName="/many")
    now = int(time.time() * 1000)
    for number in range(60):
        name = f"s{number:02}"
        logs.create_log_stream(logGroupName="/many", logStreamName=name)
        logs.put_log_events(logGroupName="/many", logStreamName=name,
                            logEvents=[{"timestamp": now + number, "message": name}])


def spread(states):
    """A machine with a Map Run."""
    done = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}, "ProcessorConfig": {"Mode": "DISTRIBUTED",
                                                                                         "ExecutionType": "STANDARD"}}
    definition = {"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemProcessor": done, "End": True}}}
    machine = states.create_state_machine(name="Spread", roleArn=f"arn:aws:iam::{ACCOUNT}:role/r",
                                          definition=json.dumps(definition))["stateMachineArn"]
    run = states.start_execution(stateMachineArn=machine, input="[1,2]")["executionArn"]
    eventually(lambda: states.describe_execution(executionArn=run)["status"] == "SUCCEEDED")


def test_every_page_is_as_it_was_after_a_reload(server):
    many_streams(server.client("logs"))
    spread(server.client("stepfunctions"))
    saw = story(server, "permalinks")
    with open(os.path.join(TOP, "web", "src", "routes.ts"), encoding="utf-8") as file:
        assert set(saw["held"]) == set(re.findall(r'pattern: "([^"]+)"', file.read()))
    assert saw["furthest"] == 0
    local, utc = saw["zones"]
    assert local != utc and local[14:] == utc[14:]
    assert re.match(rf"Events a second at {saw['utc']}:\d\d:\d\d: ", saw["plotAt"])
    other = "?region=eu-west-1&account=111122223333"
    assert saw["whose"] == ["#/buses" + other, "#/buses/default" + other, "eu-west-1 (111122223333)", "#/rules" + other,
                            "eu-west-1 (111122223333)", "eu-west-1 (111122223333)", "eu-west-1 (111122223333)"]
