"""The coffee shop's whole story, clicked through: bus, rule, workflow, log line, token, answers, the order done."""
import json
import re

from browser import story
from conftest import ACCOUNT, REGION

GROUP = "/aws/events/serverlesspressoEventBus"
BUS = "Serverlesspresso"
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def tables(server):
    """What the order's workflow looks at, and has no page of its own."""
    client = server.client("dynamodb")
    for table, item in [("config", {"PK": {"S": "config"}, "storeOpen": {"BOOL": True}}),
                        ("counting", {"PK": {"S": "orderID"}, "IDvalue": {"N": "0"}})]:
        name = f"serverlesspresso-{table}-table"
        client.create_table(TableName=name, BillingMode="PAY_PER_REQUEST",
                            AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
                            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}])
        client.put_item(TableName=name, Item=item)


def test_the_coffee_shop(server):
    tables(server)
    saw = story(server, "flow")
    assert "Nowhere" in saw["problem"] and "/States/Pass/Next" in saw["problem"]
    assert saw["unsaid"] == "Not looked at yet"
    assert re.fullmatch(UUID, saw["name"]) and saw["startRefused"]
    passed = ["DynamoDB Get Shop Status", "Shop Open?", "ListExecutions", "Is capacity available?"]
    assert {name: status for name, status in saw["statuses"].items() if status} == {
        **dict.fromkeys(passed, "succeeded"), "Emit - Workflow Started TT": "running"}
    assert len(saw["statuses"]) == 13
    assert saw["streams"] == 1 and saw["events"] == 1
    assert saw["token"] and saw["copied"] and saw["filledIn"]
    assert re.fullmatch(r"aws stepfunctions send-task-success --task-token \S+ "
                        r"""--task-output '{"baristaUserId":"3"}' """
                        rf"--endpoint-url {server.endpoint} --region {REGION}", saw["cli"])
    went = passed + ["Emit - Workflow Started TT", "Generate Order Number", "Emit - Awaiting Completion TT", "Pass",
                     "Emit - order finished"]
    assert {name for name, status in saw["ended"].items() if status} == set(went)
    assert saw["bars"] == len(went)
    assert saw["filteredAt"] == "status=FAILED"
    assert saw["eventOfStream"].startswith("#/recent/")
    events = server.client("events")
    rule, = events.list_rules(EventBusName=BUS)["Rules"]
    assert (rule["Name"], rule["State"]) == ("logAll", "ENABLED")
    assert json.loads(rule["EventPattern"]) == {"source": ["awsserverlessda.serverlesspresso"]}
    target, = events.list_targets_by_rule(EventBusName=BUS, Rule="logAll")["Targets"]
    assert target["Arn"] == f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{GROUP}"
    machine = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:OrderProcessorWorkflow"
    execution = server.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"][0]
    assert (execution["name"], execution["status"]) == (saw["name"], "SUCCEEDED")
