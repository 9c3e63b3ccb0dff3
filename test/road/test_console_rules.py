"""The console's rules: five steps, the pattern held against recent events as it is typed, targets made on the spot."""
import json

from browser import HOSTILE, story
from conftest import ACCOUNT, REGION


def test_rules(server):
    events, logs = server.client("events"), server.client("logs")
    events.create_event_bus(Name="orders")
    put = [("shop", "Order.Paid", {"amount": 30}), ("shop", "Order.Placed", {"amount": 3}), ("shop", "Order.Lost", {})]
    put += [(text[:256], text[:128], {"text": text}) for text in HOSTILE.values()]
    answer = events.put_events(Entries=[{"EventBusName": "orders", "Source": source, "DetailType": kind,
                                         "Detail": json.dumps(detail)} for source, kind, detail in put])
    assert answer["FailedEntryCount"] == 0
    saw = story(server, "rules")
    assert saw["steps"] == ["Define rule detail", "Build event pattern", "Select target(s)", "Configure tags",
                            "Review and create"]
    assert saw["nameless"] >= 1 and saw["targetless"] is True
    assert json.loads(saw["begun"]) == {"source": ["shop"], "detail-type": ["Order.Paid"]}
    assert "wanted {\"numeric\":[\">\",100]}, saw " in saw["why"]
    assert len(saw["hostile"]) >= 4
    assert "Order.Paid of 30 by paid" in saw["output"] and '"paid": 30' in saw["output"]
    assert 'paid "30"' in saw["logOutput"]
    assert saw["full"] is True
    assert saw["inputs"] == 3  # a bus has none
    assert saw["pretty"].count("\n") > 5
    for text in ("Define rule detail", "orders", "/orders/paid", "$.detail", "<b>bar</b>", "<img src=x"):
        assert text in saw["review"], text
    commands = [line.split()[2] for line in saw["cli"].splitlines() if line.startswith("aws ")]
    assert commands == ["put-rule", "put-targets"]
    assert saw["matches"] == 1
    assert saw["row"].split()[:3] == ["paid", "Disabled", "Standard"]
    assert saw["refused"] is True

    rule = events.describe_rule(Name="paid", EventBusName="orders")
    assert rule["State"] == "ENABLED" and rule["Description"] == HOSTILE["image"]
    assert json.loads(rule["EventPattern"]) == {"source": ["shop"], "detail": {"amount": [{"numeric": [">", 10]}]}}
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/orders/paid"
    template = '{"timestamp": <time>, "message": "paid \\"<amount>\\""}'
    assert saw["kept"] == template
    assert events.list_targets_by_rule(Rule="paid", EventBusName="orders")["Targets"] == [
        {"Id": "target1", "Arn": group},
        {"Id": "target3", "Arn": group, "InputTransformer": {
            "InputPathsMap": {"time": "$.time", "amount": "$.detail.amount"}, "InputTemplate": template}}]
    assert events.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"] == [{"Key": "team", "Value": "till"}]
    assert [one["Name"] for one in events.list_rules(EventBusName="orders")["Rules"]] == ["paid"]
    lines = sorted(line["message"] for line in logs.filter_log_events(logGroupName="/orders/paid")["events"])
    assert lines[0] == 'paid "1000.50"' and '"amount":1000.50' in lines[1] and len(lines) == 2
    machine = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:Pay"
    run, = server.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    described = server.client("stepfunctions").describe_execution(executionArn=run["executionArn"])
    assert described["input"] == '{"amount":1000.50}'
