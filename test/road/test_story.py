"""The coffee shop's story: told by make demo with the aws CLI, and here with boto3 and kill -9 at every step."""
import json
import os
import shutil
import subprocess

import pytest

from conftest import ACCOUNT, CREMA, REGION, SLOW, TOP, shared

BUS = "Serverlesspresso"
SOURCE = "awsserverlessda.serverlesspresso"
GROUP = "/aws/events/serverlesspressoEventBus"
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:OrderProcessorWorkflow"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/shop"


def definition():
    with open(os.path.join(TOP, "examples", "serverlesspresso", "order-processor.asl.json"), encoding="utf-8") as file:
        return file.read().replace("REGION", REGION).replace("ACCOUNT", ACCOUNT)


class Shop:
    def __init__(self, server, between):
        self.server = server
        self.between = between

    def call(self, service, operation, **arguments):
        """One acknowledged step; then whatever is to happen between steps."""
        answer = getattr(self.server.client(service), operation)(**arguments)
        self.between()
        return answer

    def open(self):
        self.call("events", "create_event_bus", Name=BUS)
        self.call("logs", "create_log_group", logGroupName=GROUP)
        self.call("events", "put_rule", EventBusName=BUS, Name="logAll", EventPattern=json.dumps({"source": [SOURCE]}))
        self.call("events", "put_targets", EventBusName=BUS, Rule="logAll", Targets=[
            {"Id": "logs", "Arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{GROUP}"}])
        for table in ("config", "counting"):
            self.call("dynamodb", "create_table", TableName=f"serverlesspresso-{table}-table",
                      AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
                      KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST")
        self.call("dynamodb", "put_item", TableName="serverlesspresso-config-table",
                  Item={"PK": {"S": "config"}, "storeOpen": {"BOOL": True}})
        self.call("dynamodb", "put_item", TableName="serverlesspresso-counting-table",
                  Item={"PK": {"S": "orderID"}, "IDvalue": {"N": "0"}})
        self.call("stepfunctions", "create_state_machine", name="OrderProcessorWorkflow", definition=definition(),
                  roleArn=ROLE)
        self.call("events", "put_rule", EventBusName=BUS, Name="NewOrder", EventPattern=json.dumps(
            {"source": [SOURCE], "detail-type": ["Validator.NewOrder"]}))
        self.call("events", "put_targets", EventBusName=BUS, Rule="NewOrder",
                  Targets=[{"Id": "workflow", "Arn": MACHINE, "RoleArn": ROLE}])

    def messages(self):
        pages = self.server.client("logs").get_paginator("filter_log_events").paginate(logGroupName=GROUP)
        return [json.loads(event["message"]) for page in pages for event in page["events"]]

    def logged(self, detail_type, order):
        found = [m for m in self.messages() if m["detail-type"] == detail_type and m["detail"].get("orderId") == order]
        assert len(found) == 1, f"{detail_type} of order {order} is there {len(found)} times"
        return found[0]

    def status(self, execution):
        return self.server.client("stepfunctions").describe_execution(executionArn=execution)["status"]

    def finish(self, execution, order, number):
        started = self.logged("OrderProcessor.WorkflowStarted", order)
        assert started["resources"] == [MACHINE, execution]
        self.call("stepfunctions", "send_task_success", taskToken=started["detail"]["TaskToken"], output="{}")
        waiting = self.logged("OrderProcessor.WaitingCompletion", order)
        assert waiting["detail"]["orderNumber"] == number
        self.call("stepfunctions", "send_task_success", taskToken=waiting["detail"]["TaskToken"], output="{}")
        assert self.status(execution) == "SUCCEEDED"
        self.logged("OrderProcessor.orderFinished", order)


def tell(server, between):
    shop = Shop(server, between)
    shop.open()
    started = shop.call("stepfunctions", "start_execution", stateMachineArn=MACHINE, name="order-2",
                        input=json.dumps({"detail": {"orderId": "2", "userId": "testuser2"}}))
    history = shop.server.client("stepfunctions").get_execution_history(executionArn=started["executionArn"])["events"]
    assert [e["type"] for e in history][-3:] == ["TaskScheduled", "TaskStarted", "TaskSubmitted"]
    scheduled = history[-3]["taskScheduledEventDetails"]
    assert (scheduled["resourceType"], scheduled["resource"]) == ("events", "putEvents.waitForTaskToken")
    assert scheduled["heartbeatInSeconds"] == 900
    shop.finish(started["executionArn"], "2", "1")
    put = shop.call("events", "put_events", Entries=[{
        "EventBusName": BUS, "Source": SOURCE, "DetailType": "Validator.NewOrder",
        "Detail": '{"orderId":"3","userId":"testuser3"}'}])
    running = shop.server.client("stepfunctions").list_executions(stateMachineArn=MACHINE,
                                                                  statusFilter="RUNNING")["executions"]
    assert len(running) == 1 and running[0]["name"].startswith(put["Entries"][0]["EventId"] + "_")
    shop.finish(running[0]["executionArn"], "3", "2")
    assert len(shop.messages()) == 7
    streams = shop.server.client("logs").describe_log_streams(logGroupName=GROUP)["logStreams"]
    assert len(streams) == 7
    rules = shop.server.client("events").list_rules(EventBusName=BUS)["Rules"]
    assert {rule["Name"] for rule in rules} == {"NewOrder", "logAll"}


def test_story(server):
    tell(server, lambda: None)


def test_story_with_a_kill_after_every_step(new_server):
    one = new_server()
    kills = []

    def kill():
        one.kill()
        one.start()
        kills.append(1)

    tell(one, kill)
    assert len(kills) >= 15


def test_envelope_is_one_compact_line_in_order(server):
    events = server.client("logs").filter_log_events(logGroupName=GROUP)["events"]
    for event in events:
        assert "\n" not in event["message"]
        envelope = json.loads(event["message"])
        assert list(envelope) == ["version", "id", "detail-type", "source", "account", "time", "region", "resources",
                                  "detail"]
        assert event["message"] == json.dumps(envelope, separators=(",", ":"), ensure_ascii=False)


def test_recorded_events_of_a_shop_arrive_as_they_were_sent(server):
    with open(shared("serverlesspresso-events.json"), encoding="utf-8") as file:
        recorded = json.load(file)
    assert len(recorded) == 183
    events, logs = server.client("events"), server.client("logs")
    logs.create_log_group(logGroupName="/aws/events/recorded")
    events.create_event_bus(Name="recorded")
    events.put_rule(EventBusName="recorded", Name="all", EventPattern='{"source":[{"prefix":""}]}')
    events.put_targets(EventBusName="recorded", Rule="all", Targets=[
        {"Id": "logs", "Arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/events/recorded"}])
    sent = {}
    for at in range(0, len(recorded), 10):
        batch = recorded[at:at + 10]
        entries = [{"EventBusName": "recorded", "Source": event["source"], "DetailType": event["detail-type"],
                    "Detail": json.dumps(event["detail"]), "Resources": event["resources"]} for event in batch]
        answer = events.put_events(Entries=entries)
        assert answer["FailedEntryCount"] == 0
        sent.update({entry["EventId"]: event for entry, event in zip(answer["Entries"], batch)})
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/aws/events/recorded")
    seen = [json.loads(event["message"]) for page in pages for event in page["events"]]
    assert {event["id"] for event in seen} == set(sent) and len(seen) == 183
    for event in seen:
        for member in ("source", "detail-type", "resources", "detail"):
            assert event[member] == sent[event["id"]][member]


def test_demo_as_a_person_runs_it():
    if not shutil.which("aws"):
        pytest.skip("the aws CLI is not on this machine")
    done = subprocess.run([CREMA, "demo"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=600 * SLOW)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "The story is as told." in done.stdout
    assert "\x1b" not in done.stdout, "colour in a pipe"
