"""What the console's dialogs and buttons would send, copied as commands and pasted into a shell."""
import json
import shutil
import subprocess

import pytest

from browser import story
from conftest import ACCOUNT, REGION, SLOW, aws_environment
from wire import Wire

GROUP = "/aws/events/serverlesspressoEventBus"


def paste(command, **environment):
    environment = dict(aws_environment("http://127.0.0.1:9"), **environment)  # the command itself says where
    done = subprocess.run(["sh", "-ec", command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env=environment, timeout=120 * SLOW)
    assert done.returncode == 0, command + done.stderr
    return done.stdout


def test_commands(server):
    if not shutil.which("aws") or not shutil.which("curl"):
        pytest.skip("the aws CLI or curl is not on this machine")
    events, logs, states = (server.client(name) for name in ("events", "logs", "stepfunctions"))
    events.create_event_bus(Name="third")
    logs.create_log_group(logGroupName="/third")
    commands = story(server, "commands")["commands"]
    said = [line.split()[2] for command in commands for line in command.splitlines() if line.startswith("aws ")]
    assert said == ["create-event-bus", "create-log-group", "put-retention-policy", "put-query-definition",
                    "disable-rule", "stop-execution", "start-execution", "delete-state-machine", "remove-targets",
                    "delete-rule", "remove-targets", "delete-rule", "delete-event-bus", "delete-event-bus",
                    "delete-log-group"]
    # Nothing was done yet.
    assert [bus["Name"] for bus in events.list_event_buses()["EventBuses"]] == ["Serverlesspresso", "default", "third"]

    trace, inbox = (json.loads(paste(command)) for command in commands[:2])
    assert trace["Hops"][0]["DetailType"] == "Validator.NewOrder" and inbox["Entries"] == []
    machine = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:OrderProcessorWorkflow"
    for command in commands[2:9]:
        paste(command)
    assert Wire(server.port)("events", "DescribeEventBus", Name="second")["Description"] == "file:///etc/passwd"
    assert events.describe_rule(Name="logAll", EventBusName="Serverlesspresso")["State"] == "DISABLED"
    groups = {one["logGroupName"]: one.get("retentionInDays") for one in logs.describe_log_groups()["logGroups"]}
    assert groups == {GROUP: 7, "/second": None, "/third": None}
    saved, = logs.describe_query_definitions()["queryDefinitions"]
    assert (saved["name"], saved["queryString"]) == ("it's $HOME", "fields 'it''s'\n| limit 1")
    runs = {one["name"]: one["status"] for one in states.list_executions(stateMachineArn=machine)["executions"]}
    assert runs.pop("by-hand") and list(runs.values()) == ["ABORTED"]
    for command in commands[9:]:
        paste(command)
    assert [bus["Name"] for bus in events.list_event_buses()["EventBuses"]] == ["default", "second"]
    assert [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]] == [GROUP, "/second"]
