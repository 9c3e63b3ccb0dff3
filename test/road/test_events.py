"""EventBridge over the wire: every operation, its errors in the service's words, paging, limits; where events go."""
import datetime
import json
import os
import re
import urllib.request
import uuid

import pytest
from botocore.exceptions import ClientError

from conftest import ACCOUNT, REGION, TOP, eventually
from wire import Refused, Wire

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
LIMIT = "The requested resource exceeds the maximum number allowed."


def arn(service, resource, account=ACCOUNT, region=REGION):
    return f"arn:aws:{service}:{region}:{account}:{resource}"


def name_of(kind):
    return f"{kind}-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def wire(server):
    """For members that this boto3 does not know yet."""
    one = Wire(server.port)
    yield one
    one.close()


@pytest.fixture
def bus(events):
    name = name_of("bus")
    events.create_event_bus(Name=name)
    return name


@pytest.fixture
def group(logs):
    name = "/aws/events/" + name_of("group")
    logs.create_log_group(logGroupName=name)
    return name


def group_arn(name):
    return arn("logs", f"log-group:{name}")


def rule_to(events, bus, target, name=None, pattern=None, **more):
    name = name or name_of("rule")
    events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern or {"source": ["road"]}))
    answer = events.put_targets(Rule=name, EventBusName=bus, Targets=[dict({"Id": "t", "Arn": target}, **more)])
    assert (answer["FailedEntryCount"], answer["FailedEntries"]) == (0, [])
    return name


def put(events, bus, detail="{}", source="road", kind="Kind", **more):
    answer = events.put_events(Entries=[dict({"Source": source, "DetailType": kind, "Detail": detail,
                                              "EventBusName": bus}, **more)])
    assert answer["FailedEntryCount"] == 0, answer
    return answer["Entries"][0]["EventId"]


def logged(logs, group):
    found = logs.filter_log_events(logGroupName=group)["events"]
    return sorted(found, key=lambda e: (e["timestamp"], e["eventId"]))


def refused(call, name, text, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == (name, text)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def no_rule(name, bus="default"):
    return "ResourceNotFoundException", f"Rule {name} does not exist on EventBus {bus}."


def no_bus(name):
    return "ResourceNotFoundException", f"Event bus {name} does not exist."


def metric(server, name):
    text = urllib.request.urlopen(server.endpoint + "/metrics").read().decode()
    return int(re.search(rf"^{name} (\d+)$", text, re.M).group(1))


# ---- buses ----

def test_a_bus_and_its_life(events, wire):
    name = name_of("bus")
    made = events.create_event_bus(Name=name, Tags=[{"Key": "team", "Value": "coffee"}])
    assert made["EventBusArn"] == arn("events", f"event-bus/{name}")
    for by in (name, made["EventBusArn"]):
        found = events.describe_event_bus(Name=by)
        assert (found["Name"], found["Arn"]) == (name, made["EventBusArn"])
    assert events.list_tags_for_resource(ResourceARN=made["EventBusArn"])["Tags"] == [{"Key": "team",
                                                                                       "Value": "coffee"}]
    refused(events.create_event_bus, "ResourceAlreadyExistsException", f"Event bus {name} already exists.", Name=name)
    before = wire("events", "DescribeEventBus", Name=name)
    assert before["CreationTime"] == before["LastModifiedTime"]
    changed = wire("events", "UpdateEventBus", Name=name, Description="for coffee")
    assert changed == {"Arn": made["EventBusArn"], "Name": name, "Description": "for coffee"}
    after = wire("events", "DescribeEventBus", Name=name)
    assert after["Description"] == "for coffee" and after["CreationTime"] == before["CreationTime"]
    assert after["LastModifiedTime"] >= before["LastModifiedTime"]
    events.delete_event_bus(Name=name)
    refused(events.describe_event_bus, *no_bus(name), Name=name)
    events.delete_event_bus(Name=name)  # is no error
    events.create_event_bus(Name=name)
    assert events.list_tags_for_resource(ResourceARN=made["EventBusArn"])["Tags"] == []


def test_the_default_bus(events, wire):
    found = events.describe_event_bus()
    assert (found["Name"], found["Arn"]) == ("default", arn("events", "event-bus/default"))
    refused(events.create_event_bus, "ResourceAlreadyExistsException", "Event bus default already exists.",
            Name="default")
    refused(events.delete_event_bus, "ValidationException", "Cannot delete event bus default.", Name="default")
    wire("events", "UpdateEventBus", Description="everybody's")
    assert wire("events", "DescribeEventBus")["Description"] == "everybody's"
    assert [b["Name"] for b in events.list_event_buses(NamePrefix="default")["EventBuses"]] == ["default"]


def test_refuses_buses(events, wire):
    refused(events.create_event_bus, "ValidationException", "Event bus name must not contain '/'.", Name="team/bus")
    refused(events.create_event_bus, "ValidationException",
            "1 validation error detected: Value 'no spaces' at 'name' failed to satisfy constraint: Member must "
            "satisfy "
            r"regular expression pattern: [/\.\-_A-Za-z0-9]+", Name="no spaces")
    refused(events.describe_event_bus, *no_bus("absent"), Name="absent")
    other = arn("events", "event-bus/default", region="eu-west-1")
    refused(events.describe_event_bus, *no_bus(other), Name=other)
    for member, value in (("KmsKeyIdentifier", "key"), ("DeadLetterConfig", {"Arn": arn("sqs", "q")}),
                          ("LogConfig", {"Level": "TRACE"}), ("EventSourceName", "aws.partner/a.com/b")):
        with pytest.raises(Refused) as caught:
            wire("events", "CreateEventBus", **{"Name": name_of("bus"), member: value})
        assert caught.value.name == "UnknownOperationException"
        assert caught.value.text == f"{member} of CreateEventBus is not supported by Crema yet."
    wire("events", "CreateEventBus", Name=name_of("bus"), LogConfig={"Level": "OFF"})


def test_a_bus_with_rules_stays(events, bus):
    events.put_rule(Name="r", EventBusName=bus, EventPattern='{"source":["road"]}')
    refused(events.delete_event_bus, "ValidationException", "EventBus can't be deleted since it has rules.", Name=bus)
    events.delete_rule(Name="r", EventBusName=bus)
    events.delete_event_bus(Name=bus)


def test_lists_buses_in_pages(server):
    events = server.client("events", region="ap-south-1")  # a namespace of its own
    names = [f"page-{i:02}" for i in range(7)] + ["a", "z"]
    for name in names:
        events.create_event_bus(Name=name)
    wanted = sorted(names + ["default"])
    seen, token, pages = [], None, 0
    while True:
        page = events.list_event_buses(Limit=3, **({"NextToken": token} if token else {}))
        seen += [b["Name"] for b in page["EventBuses"]]
        assert len(page["EventBuses"]) <= 3
        token, pages = page.get("NextToken"), pages + 1
        if not token:
            break
    assert (seen, pages) == (wanted, 4)
    assert [b["Name"] for b in events.list_event_buses(NamePrefix="page-0", Limit=100)["EventBuses"]] == names[:7]
    assert events.list_event_buses(NamePrefix="none")["EventBuses"] == []
    for bad in ("nonsense", "f" * 40):
        refused(events.list_event_buses, "ValidationException", "Parameter NextToken is not valid.", NextToken=bad)
    # A token is of one list and one namespace.
    token = events.list_event_buses(Limit=1)["NextToken"]
    refused(events.list_rules, "ValidationException", "Parameter NextToken is not valid.", NextToken=token)
    refused(server.client("events").list_event_buses, "ValidationException", "Parameter NextToken is not valid.",
            NextToken=token)


def test_a_hundred_buses_and_no_more(server):
    events = server.client("events", region="ap-east-1")
    for i in range(100):
        events.create_event_bus(Name=f"b{i}")
    refused(events.create_event_bus, "LimitExceededException", LIMIT, Name="one-more")
    assert len(events.list_event_buses()["EventBuses"]) == 100
    assert len(events.list_event_buses(NextToken=events.list_event_buses()["NextToken"])["EventBuses"]) == 1


def test_regions_and_accounts_do_not_meet(server, events, bus):
    for other in (server.client("events", region="eu-west-1"), server.client("events", key="222222222222")):
        refused(other.describe_event_bus, *no_bus(bus), Name=bus)


# ---- rules ----

def test_a_rule_and_its_life(events, bus):
    made = events.put_rule(Name="orders", EventBusName=bus, EventPattern='{"source": ["road"]}',
                           Description="all orders",
                           RoleArn="arn:aws:iam::000000000000:role/r", Tags=[{"Key": "a", "Value": "1"}])
    assert made["RuleArn"] == arn("events", f"rule/{bus}/orders")
    found = events.describe_rule(Name="orders", EventBusName=arn("events", f"event-bus/{bus}"))
    found.pop("ResponseMetadata")
    assert found == {"Name": "orders", "Arn": made["RuleArn"], "EventPattern": '{"source": ["road"]}',
                     "State": "ENABLED",
                     "Description": "all orders", "RoleArn": "arn:aws:iam::000000000000:role/r", "EventBusName": bus,
                     "CreatedBy": ACCOUNT}
    events.put_targets(Rule="orders", EventBusName=bus, Targets=[{"Id": "t", "Arn": group_arn("/a")}])
    # Put again: all is replaced but the targets; tags are ignored.
    again = events.put_rule(Name="orders", EventBusName=bus, EventPattern='{"source":["x"]}', State="DISABLED",
                            Tags=[{"Key": "b", "Value": "2"}])
    assert again["RuleArn"] == made["RuleArn"]
    found = events.describe_rule(Name="orders", EventBusName=bus)
    assert (found["EventPattern"], found["State"]) == ('{"source":["x"]}', "DISABLED")
    assert "Description" not in found and "RoleArn" not in found
    assert len(events.list_targets_by_rule(Rule="orders", EventBusName=bus)["Targets"]) == 1
    assert events.list_tags_for_resource(ResourceARN=made["RuleArn"])["Tags"] == [{"Key": "a", "Value": "1"}]
    events.enable_rule(Name="orders", EventBusName=bus)
    assert events.describe_rule(Name="orders", EventBusName=bus)["State"] == "ENABLED"
    events.disable_rule(Name="orders", EventBusName=bus)
    assert events.describe_rule(Name="orders", EventBusName=bus)["State"] == "DISABLED"
    refused(events.delete_rule, "ValidationException", "Rule can't be deleted since it has targets.",
            Name="orders", EventBusName=bus)
    events.remove_targets(Rule="orders", EventBusName=bus, Ids=["t"])
    events.delete_rule(Name="orders", EventBusName=bus)
    events.delete_rule(Name="orders", EventBusName=bus)  # is no error
    refused(events.describe_rule, *no_rule("orders", bus), Name="orders", EventBusName=bus)


def test_a_rule_of_the_default_bus(events):
    name = name_of("rule")
    assert events.put_rule(Name=name, EventPattern='{"source":["never"]}')["RuleArn"] == arn("events", f"rule/{name}")
    assert events.describe_rule(Name=name)["EventBusName"] == "default"
    events.delete_rule(Name=name)


def test_refuses_rules(events, bus):
    pattern = '{"source":["road"]}'
    refused(events.put_rule, *no_bus("absent"), Name="r", EventBusName="absent", EventPattern=pattern)
    refused(events.put_rule, "ValidationException",
            "Parameter(s) EventPattern or ScheduleExpression must be specified.", Name="r")
    refused(events.put_rule, "ValidationException",
            "1 validation error detected: Value 'Invalid Name With Spaces!' at 'name' failed to satisfy constraint: "
            "Member must "
            r"satisfy regular expression pattern: [\.\-_A-Za-z0-9]+", Name="Invalid Name With Spaces!",
            EventPattern=pattern)
    refused(events.put_rule, "ValidationException", "ScheduleExpression is supported only on the default event bus.",
            Name="r", EventBusName=bus, ScheduleExpression="rate(1 minute)")
    for bad in ("rate(10 seconds)", "rate(1 minutes)", "rate(0 minutes)", "cron(0 1 * * * *)", "every day"):
        refused(events.put_rule, "ValidationException", "Parameter ScheduleExpression is not valid.",
                Name="r", ScheduleExpression=bad)
    refused(events.put_rule, "UnknownOperationException",
            "Crema does not have rules with a ScheduleExpression yet; give the rule an EventPattern.",
            Name="r", ScheduleExpression="rate(5 minutes)")
    refused(events.put_rule, "InvalidEventPatternException",
            "Event pattern is not valid. Reason: Empty arrays are not allowed\n at [Source: "
            "(String)\"{\"source\":[]}\"; "
            "line: 1, column: 13]", Name="r", EventPattern='{"source":[]}')
    refused(events.put_rule, "InvalidEventPatternException",
            'Event pattern is not valid. Reason: "source" must be an object or an array\n at [Source: (String)'
            '"{"source":"road"}"; line: 1, column: 12]', Name="r", EventPattern='{"source":"road"}')
    long = json.dumps({"source": ["x" * 2048]})
    refused(events.put_rule, "ValidationException", "Parameter EventPattern for rule r exceeds limit of 2048.",
            Name="r", EventPattern=long)
    wide = json.dumps({"source": ["é" * 2032]}, ensure_ascii=False)  # 2,048 characters
    assert (len(wide), len(wide.encode())) == (2048, 4080)
    events.put_rule(Name="wide", EventBusName=bus, EventPattern=wide)
    assert events.test_event_pattern(EventPattern=json.dumps({"source": ["é" * 4000, "road"]}, ensure_ascii=False),
                                     Event=json.dumps(EVENT))["Result"] is True
    refused(events.put_rule, "ValidationException", "Parameter EventPattern for rule r exceeds limit of 2048.",
            Name="r", EventPattern=wide[:-1] + " }")
    for call in (events.enable_rule, events.disable_rule, events.describe_rule):
        refused(call, *no_rule("absent"), Name="absent")
        refused(call, *no_bus("absent"), Name="r", EventBusName="absent")
    refused(events.delete_rule, *no_bus("absent"), Name="r", EventBusName="absent")
    refused(events.list_rules, *no_bus("absent"), EventBusName="absent")


def test_lists_rules_in_pages(events, bus):
    names = [f"r{i:02}" for i in range(11)]
    for name in reversed(names):
        events.put_rule(Name=name, EventBusName=bus, EventPattern='{"source":["road"]}', State="DISABLED")
    events.put_rule(Name="s", EventBusName=bus, EventPattern='{"source":["road"]}')
    seen, token = [], {}
    while True:
        page = events.list_rules(EventBusName=bus, NamePrefix="r", Limit=4, **token)
        seen += page["Rules"]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert [r["Name"] for r in seen] == names
    assert seen[0] == {"Name": "r00", "Arn": arn("events", f"rule/{bus}/r00"), "EventPattern": '{"source":["road"]}',
                       "State": "DISABLED", "EventBusName": bus}
    assert len(events.list_rules(EventBusName=bus)["Rules"]) == 12
    refused(events.list_rules, "ValidationException",
            "1 validation error detected: Value '101' at 'limit' failed to satisfy constraint: Member must have value "
            "less "
            "than or equal to 100", EventBusName=bus, Limit=101)


def test_three_hundred_rules_and_no_more(server):
    events = server.client("events", region="ap-northeast-3")
    events.create_event_bus(Name="full")
    for i in range(300):
        events.put_rule(Name=f"r{i}", EventBusName="full", EventPattern='{"source":["road"]}')
    refused(events.put_rule, "LimitExceededException", LIMIT, Name="more", EventBusName="full",
            EventPattern='{"source":["road"]}')
    events.put_rule(Name="r7", EventBusName="full", EventPattern='{"source":["other"]}')  # one that is there


def test_thirty_rules_with_wildcards_and_no_more(events, bus):
    def put(name, pattern):
        events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps({"source": [pattern]}))

    for i in range(30):
        put(f"w{i:02}", {"wildcard": f"{i}*"} if i % 2 else {"anything-but": {"wildcard": f"{i}*"}})
    refused(events.put_rule, "LimitExceededException", LIMIT, Name="more", EventBusName=bus,
            EventPattern='{"source":[{"wildcard":"x*"}]}')
    put("plain", "road")
    put("w07", {"wildcard": "y*"})  # one that is there
    put("w07", "road")  # has none any more
    put("plain", {"wildcard": "z*"})
    refused(events.put_rule, "LimitExceededException", LIMIT, Name="w07", EventBusName=bus,
            EventPattern='{"source":[{"wildcard":"x*"}]}')
    events.delete_rule(Name="w00", EventBusName=bus)
    put("w07", {"wildcard": "y*"})


def test_limits_of_patterns_are_settings(new_server):
    server = new_server("--pattern-combinations-max", "3", "--pattern-wildcard-cost-max", "20",
                        "--rule-pattern-characters-max", "100", "--wildcard-rules-max", "1")
    events = server.client("events")
    ways = {"$or": [{f"{i}": [1]} for i in range(4)]}
    costly = {"source": [{"wildcard": "*a*b*c*d*e*f*g*"}]}
    refused(events.put_rule, "ValidationException", "Parameter EventPattern for rule r exceeds limit of 100.",
            Name="r", EventPattern=json.dumps({"source": ["x" * 90]}))
    with pytest.raises(ClientError, match="or makes more than 3 combinations of it"):
        events.put_rule(Name="r", EventPattern=json.dumps(ways))
    with pytest.raises(ClientError, match="or makes more than 3 combinations of it"):
        events.test_event_pattern(EventPattern=json.dumps(ways), Event=json.dumps(EVENT))
    events.put_rule(Name="three", EventPattern=json.dumps({"$or": ways["$or"][:3]}))
    events.put_rule(Name="costly", EventPattern=json.dumps(costly))
    refused(events.put_rule, "LimitExceededException", LIMIT, Name="more", EventPattern=json.dumps(costly))
    # What is stored goes on when the limits are lowered.
    server.stop()
    server.arguments = ["--pattern-combinations-max", "1", "--pattern-wildcard-cost-max", "1"]
    server.start()
    answer = events.put_events(Entries=[{"Source": "abcdefg", "DetailType": "t", "Detail": "{}"}])
    assert answer["FailedEntryCount"] == 0
    with pytest.raises(ClientError, match="Rule is too complex - try using fewer wildcard characters"):
        events.put_rule(Name="costly", EventPattern=json.dumps(costly))


# ---- targets ----

def test_targets_and_their_life(events, bus):
    events.put_rule(Name="r", EventBusName=bus, EventPattern='{"source":["road"]}')
    events.put_rule(Name="q", EventBusName=bus, EventPattern='{"source":["road"]}')
    targets = [{"Id": "b", "Arn": group_arn("/one"), "InputPath": "$.detail"},
               {"Id": "a", "Arn": group_arn("/one:*"), "Input": '{"fixed":true}'},
               {"Id": "c", "Arn": arn("states", "stateMachine:M"), "RoleArn": "arn:aws:iam::000000000000:role/r",
                "RetryPolicy": {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}}]
    events.put_targets(Rule="r", EventBusName=bus, Targets=targets)
    events.put_targets(Rule="q", EventBusName=bus, Targets=targets[:1])
    listed = events.list_targets_by_rule(Rule="r", EventBusName=bus)
    assert listed["Targets"] == sorted(targets, key=lambda t: t["Id"]) and "NextToken" not in listed
    first = events.list_targets_by_rule(Rule="r", EventBusName=bus, Limit=2)
    second = events.list_targets_by_rule(Rule="r", EventBusName=bus, Limit=2, NextToken=first["NextToken"])
    assert first["Targets"] + second["Targets"] == listed["Targets"] and "NextToken" not in second
    assert events.list_rule_names_by_target(TargetArn=group_arn("/one"), EventBusName=bus)["RuleNames"] == ["q", "r"]
    page = events.list_rule_names_by_target(TargetArn=group_arn("/one"), EventBusName=bus, Limit=1)
    assert page["RuleNames"] == ["q"]
    page = events.list_rule_names_by_target(TargetArn=group_arn("/one"), EventBusName=bus, Limit=1,
                                            NextToken=page["NextToken"])
    assert page["RuleNames"] == ["r"] and "NextToken" not in page
    assert events.list_rule_names_by_target(TargetArn=group_arn("/none"), EventBusName=bus)["RuleNames"] == []
    events.put_targets(Rule="r", EventBusName=bus, Targets=[{"Id": "b", "Arn": group_arn("/two")}])  # replaces
    assert events.list_targets_by_rule(Rule="r", EventBusName=bus)["Targets"][1] == {"Id": "b",
                                                                                     "Arn": group_arn("/two")}
    gone = events.remove_targets(Rule="r", EventBusName=bus, Ids=["a", "absent"])
    assert (gone["FailedEntryCount"], gone["FailedEntries"]) == (0, [])
    assert [t["Id"] for t in events.list_targets_by_rule(Rule="r", EventBusName=bus)["Targets"]] == ["b", "c"]


def test_five_targets_and_no_more(events, bus):
    events.put_rule(Name="r", EventBusName=bus, EventPattern='{"source":["road"]}')
    targets = [{"Id": f"t{i}", "Arn": group_arn(f"/g{i}")} for i in range(6)]
    refused(events.put_targets, "LimitExceededException", LIMIT, Rule="r", EventBusName=bus, Targets=targets)
    assert events.list_targets_by_rule(Rule="r", EventBusName=bus)["Targets"] == []
    events.put_targets(Rule="r", EventBusName=bus, Targets=targets[:5])
    refused(events.put_targets, "LimitExceededException", LIMIT, Rule="r", EventBusName=bus, Targets=targets[5:])
    events.put_targets(Rule="r", EventBusName=bus, Targets=targets[:1])


def test_a_target_keeps_what_the_service_knows(events, wire, bus):
    """What the model does not have is taken, as by the service, and not given back."""
    events.put_rule(Name="r", EventBusName=bus, EventPattern='{"source":["road"]}')
    target = {"Id": "t", "Arn": group_arn("/g")}
    wire("events", "PutTargets", Rule="r", EventBusName=bus, More=1, Targets=[dict(target, Other={"deep": [1]})])
    assert wire("events", "ListTargetsByRule", Rule="r", EventBusName=bus) == {"Targets": [target]}


def test_another_partition_is_another_place(events, bus):
    arn = f"arn:aws-cn:events:{REGION}:{ACCOUNT}:event-bus/{bus}"
    refused(events.list_rules, *no_bus(arn), EventBusName=arn)


def test_refuses_targets(events, bus):
    events.put_rule(Name="r", EventBusName=bus, EventPattern='{"source":["road"]}')
    good = {"Id": "t", "Arn": group_arn("/g")}

    def no(name, text, **target):
        refused(events.put_targets, name, text, Rule="r", EventBusName=bus, Targets=[dict(good, **target)])

    refused(events.put_targets, *no_rule("absent", bus), Rule="absent", EventBusName=bus, Targets=[good])
    refused(events.put_targets, *no_bus("absent"), Rule="r", EventBusName="absent", Targets=[good])
    refused(events.remove_targets, *no_rule("absent", bus), Rule="absent", EventBusName=bus, Ids=["t"])
    refused(events.list_targets_by_rule, *no_rule("absent"), Rule="absent")
    no("ValidationException", "Parameter nothing is not valid. Reason: Provided Arn is not in correct format.",
       Arn="nothing")
    abroad = group_arn("/g").replace("arn:aws:", "arn:aws-cn:")
    no("ValidationException", f"Parameter {abroad} is not valid. Reason: Targets in another partition are not "
       "supported.", Arn=abroad)
    for service, resource in (("lambda", "function:f"), ("sqs", "queue"), ("logs", "destination:d"),
                              ("states", "activity:a")):
        no("ValidationException",
           f"Parameter {arn(service, resource)} is not valid. Reason: Crema has no targets of the service "
           f"{service} of this kind yet; it has log groups, state machines and event buses.",
           Arn=arn(service, resource))
    away = arn("logs", "log-group:/g", region="eu-west-1")
    no("ValidationException",
       f"Parameter {away} is not valid. Reason: Provided Arn is in another region; only event buses may be.",
       Arn=away)
    other = arn("logs", "log-group:/g", account="999999999999")
    no("ValidationException", f"Parameter {other} is not valid. Reason: Targets in another account are not supported.",
       Arn=other)
    no("ValidationException", "Only one of Input, InputPath, or InputTransformer must be provided for target t.",
       Input="{}", InputPath="$")
    no("ValidationException", "JSON syntax error in input for target t.", Input="{")
    no("ValidationException", "InputPath for target t is invalid.", InputPath="detail")
    no("ValidationException", "InputPath for target t is invalid.", InputPath="$.detail['a']")
    no("UnknownOperationException", "DeadLetterConfig for target t is not supported by Crema yet.",
       DeadLetterConfig={"Arn": arn("sqs", "q")})
    no("ValidationException", "Parameter(s) KinesisParameters not supported for target: t.",
       KinesisParameters={"PartitionKeyPath": "$.id"})
    no("ValidationException",
       "1 validation error detected: Value '!@#$@!#$' at 'targets.1.member.id' failed to satisfy constraint: "
       r"Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+", Id="!@#$@!#$")
    assert events.list_targets_by_rule(Rule="r", EventBusName=bus)["Targets"] == []


# ---- tags ----

def test_tags(events, bus):
    resource = events.put_rule(Name="r", EventBusName=bus, EventPattern='{"source":["road"]}')["RuleArn"]
    events.tag_resource(ResourceARN=resource, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])
    events.tag_resource(ResourceARN=resource, Tags=[{"Key": "a", "Value": "2"}])
    events.untag_resource(ResourceARN=resource, TagKeys=["b", "absent"])
    assert events.list_tags_for_resource(ResourceARN=resource)["Tags"] == [{"Key": "a", "Value": "2"}]
    absent = arn("events", f"rule/{bus}/absent")
    for call, more in ((events.tag_resource, {"Tags": []}), (events.untag_resource, {"TagKeys": []}),
                       (events.list_tags_for_resource, {})):
        refused(call, *no_rule("absent", bus), ResourceARN=absent, **more)
        refused(call, "ValidationException",
                "Parameter nothing is not valid. Reason: Provided Arn is not in correct format.",
                ResourceARN="nothing", **more)


# ---- PutEvents ----

def test_answers_each_entry(events):
    answer = events.put_events(Entries=[
        {"Source": "road", "DetailType": "t", "Detail": "{}"},
        {"DetailType": "t", "Detail": "{}"},
        {"Source": "road", "Detail": "{}"},
        {"Source": "road", "DetailType": "t"},
        {},
        {"Source": "road", "DetailType": "t", "Detail": "not json"},
        {"Source": "road", "DetailType": "t", "Detail": "[1]"},
        {"Source": "aws.ec2", "DetailType": "t", "Detail": "{}"},
        {"Source": "road", "DetailType": "t", "Detail": '{"n":99999999999999999999}'},
        {"Source": "road", "DetailType": "t", "Detail": '{"n":9223372036854775807}', "TraceHeader": "Root=1-2-3"},
    ])
    entries = answer["Entries"]
    assert answer["FailedEntryCount"] == 8 and len(entries) == 10
    for at in (0, 9):
        assert re.fullmatch(UUID, entries[at]["EventId"]) and list(entries[at]) == ["EventId"]
    missing = "Parameter {0} is not valid. Reason: {0} is a required argument."
    for at, member in ((1, "Source"), (2, "DetailType"), (3, "Detail"), (4, "Source")):
        assert entries[at] == {"ErrorCode": "InvalidArgument", "ErrorMessage": missing.format(member)}
    for at in (5, 6, 8):
        assert entries[at] == {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
    assert entries[7] == {"ErrorCode": "NotAuthorizedForSourceException",
                          "ErrorMessage": "Not authorized for the source."}


def test_ten_entries_and_no_more(events, bus):
    entry = {"Source": "road", "DetailType": "t", "Detail": '{"a": "b"}', "EventBusName": bus}
    shown = (f'PutEventsRequestEntry(time=null, source=road, resources=null, detailType=t, detail={{"a": "b"}}, '
             f"eventBusName={bus}, traceHeader=null, kmsKeyIdentifier=null, internalMetadata=null)")
    refused(events.put_events, "ValidationException",
            f"1 validation error detected: Value '[{', '.join([shown] * 11)}]' at 'entries' failed to satisfy "
            "constraint: "
            "Member must have length less than or equal to 10", Entries=[entry] * 11)
    assert events.put_events(Entries=[entry] * 10)["FailedEntryCount"] == 0


def test_the_size_of_a_request(events, bus):
    def entry(size, **more):  # of so many counted bytes
        shell = len("road") + len("t") + len('{"x":""}')
        return dict({"Source": "road", "DetailType": "t", "EventBusName": bus,
                     "Detail": '{"x":"' + "y" * (size - shell) + '"}'}, **more)

    text = "Total size of the entries in the request is over the limit."
    assert events.put_events(Entries=[entry(1048576)])["FailedEntryCount"] == 0
    refused(events.put_events, "ValidationException", text, Entries=[entry(1048577)])
    refused(events.put_events, "ValidationException", text, Entries=[entry(524288), entry(524289)])
    refused(events.put_events, "ValidationException", text,
            Entries=[entry(1048576 - 13, Time=datetime.datetime(2026, 1, 1))])
    refused(events.put_events, "ValidationException", text, Entries=[entry(1048576 - 3, Resources=["arn:"])])
    assert events.put_events(Entries=[entry(1048576 - 14 - 4, Resources=["arn:"],
                                            Time=datetime.datetime(2026, 1, 1))])["FailedEntryCount"] == 0
    # Counted as UTF-8; a client may send each letter as an escape of six bytes.
    letters = {"Source": "road", "DetailType": "t", "EventBusName": bus, "Detail": '{"x":"%s"}' % ("é" * 524281)}
    assert events.put_events(Entries=[letters])["FailedEntryCount"] == 0
    refused(events.put_events, "ValidationException", text,
            Entries=[dict(letters, Detail='{"x":"%s"}' % ("é" * 524282))])


def test_a_missing_bus_takes_the_event(server, events, wire):
    before = metric(server, "crema_events_missing_bus_total")
    event = put(events, "nowhere", '{"n":1}')
    assert re.fullmatch(UUID, event)
    assert metric(server, "crema_events_missing_bus_total") == before + 1
    newest = wire("crema", "ListInbox", Limit=1)["Entries"][0]
    assert (newest["Reason"], newest["EventBusName"], newest["EventId"]) == ("MISSING_BUS", "nowhere", event)
    assert json.loads(newest["Event"])["detail"] == {"n": 1}


def test_deep_details(events):
    deep = '{"a":' * 999 + "{}" + "}" * 999
    entries = [{"Source": "road", "DetailType": "t", "Detail": d} for d in (deep, '{"a":' + deep + "}")]
    answer = events.put_events(Entries=entries)
    assert [e.get("ErrorCode") for e in answer["Entries"]] == [None, "MalformedDetail"]


def test_endpoints_are_refused_by_name(server):
    wire = Wire(server.port)  # boto3 would want another way to sign for an endpoint
    with pytest.raises(Refused) as refusal:
        wire("events", "PutEvents", EndpointId="abc.veo",
             Entries=[{"Source": "road", "DetailType": "t", "Detail": "{}"}])
    assert refusal.value.name == "UnknownOperationException"
    assert refusal.value.text == "EndpointId of PutEvents is not supported by Crema yet."


# ---- TestEventPattern ----

EVENT = {"id": "1", "account": ACCOUNT, "source": "road", "time": "2026-01-01T00:00:00Z", "region": REGION,
         "resources": [],
         "detail-type": "t", "detail": {"n": 1}}


@pytest.mark.parametrize("pattern, wanted", [
    ({"source": ["road"]}, True), ({"source": ["other"]}, False), ({"detail": {"n": [1]}}, True),
    ({"source": [{"prefix": "ro"}], "detail": {"n": [{"anything-but": 2}], "m": [{"exists": False}]}}, True),
    ({"source": [{"wildcard": "r*d"}, {"equals-ignore-case": "X"}], "$or": [{"detail": {"n": [{"numeric": ["<", 0]}]}},
                                                                            {"time": [{"suffix": "Z"}]}]}, True),
    ({"source": [{"suffix": {"equals-ignore-case": "AD"}}], "region": [{"cidr": "10.0.0.0/8"}]}, False)])
def test_tests_patterns(events, pattern, wanted):
    assert events.test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(EVENT))["Result"] is wanted


def test_refuses_what_it_cannot_test(events):
    pattern = '{"source":["road"]}'
    for event in ("{", "[]", "{}", json.dumps({k: v for k, v in EVENT.items() if k != "source"})):
        refused(events.test_event_pattern, "ValidationException", "Parameter Event is not valid.", EventPattern=pattern,
                Event=event)
    refused(events.test_event_pattern, "InvalidEventPatternException",
            "Event pattern is not valid. Reason: Filter is not an object\n at [Source: (String)\"[\"not\", \"a\", "
            "\"dict\", \"but valid "
            "json\"]\"; line: 1, column: 2]", EventPattern='["not", "a", "dict", "but valid json"]',
            Event=json.dumps(EVENT))


# ---- what is not there ----

def test_what_operations_refuse_stands_on_the_coverage_page(server, events, wire):
    events.put_rule(Name="refusing", EventPattern='{"source":["never"]}')
    whole = {"CreateEventBus": {"Name": name_of("bus")}, "UpdateEventBus": {}, "PutRule": {"Name": "r"},
             "PutTargets": {"Rule": "refusing"}, "PutEvents": {"Entries": [{"Source": "s"}]}}
    given = {"DeadLetterConfig": {"Arn": arn("sqs", "q")}, "EventSourceName": "aws.partner/a.com/b",
             "KmsKeyIdentifier": "key", "LogConfig": {"Level": "TRACE"}, "ScheduleExpression": "rate(5 minutes)",
             "EndpointId": "abcde.veo"}
    with open(os.path.join(TOP, "docs", "reference", "coverage.md"), encoding="utf-8") as page:
        text = page.read().split("\n## events\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (\w+) \| has, [^|]*; refuses ([^|]*) \|", text, re.M)
    assert {name for name, _ in rows} == set(whole)
    listed = [(name, member) for name, members in rows for member in re.findall("`([^`]*)`", members)]
    assert len(listed) == 10
    for name, member in listed:
        body = {**whole[name], member: given[member]}
        if name == "PutTargets":
            body = {**whole[name], "Targets": [{"Id": "t", "Arn": group_arn("/a"), member: given[member]}]}
        with pytest.raises(Refused) as caught:
            wire("events", name, **body)
        assert caught.value.name == "UnknownOperationException" and member in caught.value.text
    for target in (arn("sqs", "q"), arn("lambda", "function:f"), arn("states", "stateMachine:m:1")):
        with pytest.raises(Refused, match="yet"):
            wire("events", "PutTargets", Rule="refusing", Targets=[{"Id": "t", "Arn": target}])
    events.delete_rule(Name="refusing")


# ---- where events go ----

BY_EVERY_OPERATOR = [
    ({"source": ["road"]}, [1, 2, 3]), ({"detail": {"n": [2.0]}}, [2]), ({"detail": {"s": [None, True]}}, [3]),
    ({"detail": {"s": [{"prefix": "a"}]}}, [1]), ({"detail": {"s": [{"suffix": {"equals-ignore-case": "C"}}]}}, [1]),
    ({"detail": {"s": [{"wildcard": "*b*"}]}}, [1]), ({"detail": {"s": [{"anything-but": "abc"}]}}, [2, 3]),
    ({"detail": {"s": [{"anything-but": {"wildcard": "x*z"}}]}}, [1, 3]),
    ({"detail": {"n": [{"numeric": [">", 1, "<=", 3]}]}}, [2, 3]), ({"detail": {"ip": [{"cidr": "10.0.0.0/8"}]}}, [2]),
    ({"detail": {"ip": [{"exists": False}]}}, [1, 3]), ({"detail": {"s": [{"equals-ignore-case": "XyZ"}]}}, [2]),
    ({"$or": [{"detail": {"n": [1]}}, {"detail": {"ip": [{"exists": True}]}}]}, [1, 2]), ({"source": ["none"]}, []),
    ({"detail": {"items": {"k": ["x"], "v": [2]}}}, [3])]


def test_events_go_by_every_kind_of_rule(events, logs, bus, group):
    for number, (pattern, _) in enumerate(BY_EVERY_OPERATOR):
        rule_to(events, bus, group_arn(group), name=f"r{number}", pattern=pattern, Input=json.dumps({"rule": number}))
    for number, detail in enumerate([
            {"n": 1, "s": "abc"}, {"n": 2, "s": "xyz", "ip": "10.1.2.3", "items": [{"k": "x"}, {"v": 2}]},
            {"n": 3, "s": None, "items": [{"k": "y", "v": 1}, {"k": "x", "v": 2}]}], 1):
        before = {e["eventId"] for e in logged(logs, group)}
        put(events, bus, json.dumps(detail))
        hit = sorted(json.loads(e["message"])["rule"] for e in logged(logs, group) if e["eventId"] not in before)
        assert hit == [i for i, (_, wanted) in enumerate(BY_EVERY_OPERATOR) if number in wanted]
    events.remove_targets(Rule="r0", EventBusName=bus, Ids=["t"])
    before = len(logged(logs, group))
    put(events, bus, '{"n":2}')
    # r1 is the number, r8 the range, r10 what is not there
    assert len(logged(logs, group)) - before == 3


def test_an_event_in_a_log_stream_of_its_own(events, logs, bus, group):
    rule_to(events, bus, group_arn(group), name="logAll")
    at = datetime.datetime(2026, 11, 20, 10, 11, 12, tzinfo=datetime.timezone.utc)
    detail = '{"orderId": "2" , "userId":"test, user: 2","n":1.50,"big":9007199254740993,"caf\\u00e9":"\u2615"}'
    first = put(events, bus, detail, kind="OrderProcessor.WorkflowStarted", Resources=["arn:a", "arn:\"b\""], Time=at)
    second = put(events, bus, "{\n  \"a\" : [1,\n 2]\n}")
    found = {json.loads(e["message"])["id"]: e for e in logged(logs, group)}
    assert set(found) == {first, second}
    assert found[first]["message"] == (
        f'{{"version":"0","id":"{first}","detail-type":"OrderProcessor.WorkflowStarted","source":"road",'
        f'"account":"{ACCOUNT}",'
        f'"time":"2026-11-20T10:11:12Z","region":"{REGION}","resources":["arn:a","arn:\\"b\\""],'
        f'"detail":{detail.replace(": ", ":", 1).replace(" , ", ",")}}}')
    assert found[first]["timestamp"] == int(at.timestamp() * 1000)
    assert found[second]["message"].endswith('"resources":[],"detail":{"a":[1,2]}}')
    streams = {s["logStreamName"] for s in logs.describe_log_streams(logGroupName=group)["logStreams"]}
    assert streams == {e["logStreamName"] for e in found.values()} and len(streams) == 2
    assert all(re.fullmatch(UUID, s) and s[14] == "3" for s in streams)
    for event in found.values():
        alone = logs.get_log_events(logGroupName=group, logStreamName=event["logStreamName"],
                                    startFromHead=True)["events"]
        assert [e["message"] for e in alone] == [event["message"]]


def test_input_forms(events, logs, bus, group):
    rule_to(events, bus, group_arn(group), name="a-fixed", Input='{"fixed": [1, 2]}')
    rule_to(events, bus, group_arn(group), name="b-detail", InputPath="$.detail")
    rule_to(events, bus, group_arn(group), name="c-text", InputPath="$.detail.text")
    rule_to(events, bus, group_arn(group), name="d-all", InputPath="$")
    put(events, bus, '{"text": "hello", "n":1.0}')
    messages = sorted(e["message"] for e in logged(logs, group))
    assert messages[:2] == ['"hello"', '{"fixed": [1, 2]}']
    assert messages[2] == '{"text":"hello","n":1.0}'
    assert messages[3].startswith('{"version":"0",') and len(messages) == 4


def test_rules_choose(events, logs, bus, group):
    rule_to(events, bus, group_arn(group), name="new",
            pattern={"source": ["road"], "detail-type": ["Validator.NewOrder"]})
    put(events, bus, kind="Validator.NewOrder")
    put(events, bus, kind="Other")
    put(events, bus, kind="Validator.NewOrder", source="elsewhere")
    put(events, "default", kind="Validator.NewOrder")
    assert len(logged(logs, group)) == 1
    events.disable_rule(Name="new", EventBusName=bus)
    put(events, bus, kind="Validator.NewOrder")
    assert len(logged(logs, group)) == 1
    events.enable_rule(Name="new", EventBusName=bus)
    put(events, bus, kind="Validator.NewOrder")
    assert len(logged(logs, group)) == 2
    events.put_rule(Name="new", EventBusName=bus, EventPattern='{"detail-type":["Other"]}')
    put(events, bus, kind="Validator.NewOrder")
    put(events, bus, kind="Other")
    assert len(logged(logs, group)) == 3
    events.remove_targets(Rule="new", EventBusName=bus, Ids=["t"])
    put(events, bus, kind="Other")
    assert len(logged(logs, group)) == 3


def machine(sfn, name=None):
    definition = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    return sfn.create_state_machine(name=name or name_of("machine"), definition=json.dumps(definition),
                                       roleArn="arn:aws:iam::000000000000:role/r")["stateMachineArn"]


def test_a_rule_starts_an_execution(events, sfn, bus):
    target = machine(sfn)
    rule_to(events, bus, target, name="NewOrder")
    event = put(events, bus, '{"orderId":"2"}')
    done = eventually(lambda: sfn.list_executions(stateMachineArn=target)["executions"])
    assert len(done) == 1
    assert re.fullmatch(f"{event}_{UUID}", done[0]["name"])
    one = eventually(lambda: (lambda e: e if e["status"] == "SUCCEEDED" else None)(
        sfn.describe_execution(executionArn=done[0]["executionArn"])))
    given = json.loads(one["input"])
    assert list(given) == ["version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"]
    assert given["id"] == event and given["detail"] == {"orderId": "2"}


def test_from_bus_to_bus(events, logs, bus, group):
    other = name_of("bus")
    events.create_event_bus(Name=other)
    rule_to(events, bus, arn("events", f"event-bus/{other}"))
    rule_to(events, other, group_arn(group))
    event = put(events, bus, '{"n":1}')
    found = logged(logs, group)
    assert [json.loads(e["message"])["id"] for e in found] == [event]


def test_a_circle_of_rules_ends(server, events, logs, wire, bus, group):
    other = name_of("bus")
    events.create_event_bus(Name=other)
    rule_to(events, bus, arn("events", f"event-bus/{other}"), name="there")
    rule_to(events, other, arn("events", f"event-bus/{bus}"), name="back")
    rule_to(events, other, group_arn(group), name="log")
    before = metric(server, "crema_events_rejected_total"), metric(server, "crema_events_total")
    event = put(events, bus)
    # Once put, five times handed on; then there is a trace of it. The log has it once: same event, rule and target.
    assert metric(server, "crema_events_total") == before[1] + 6
    assert metric(server, "crema_events_rejected_total") == before[0] + 1
    assert len(logged(logs, group)) == 1
    newest = wire("crema", "ListInbox", Limit=1)["Entries"][0]
    assert (newest["Reason"], newest["ErrorCode"], newest["EventId"]) == ("NOT_DELIVERED", "HOP_LIMIT_EXCEEDED", event)
    assert newest["RuleArn"] == arn("events", f"rule/{other}/back")


def test_what_cannot_be_delivered_is_kept(server, events, sfn, wire, bus):
    rule_to(events, bus, group_arn("/absent"), name="a")
    rule_to(events, bus, arn("states", "stateMachine:absent"), name="b")
    rule_to(events, bus, arn("events", "event-bus/absent"), name="c")
    rule_to(events, bus, group_arn("/absent"), name="d", InputPath="$.detail.absent")
    before = metric(server, "crema_events_rejected_total")
    event = put(events, bus)
    assert metric(server, "crema_events_rejected_total") == before + 4
    kept = {e["RuleArn"][-1]: (e["ErrorCode"], e["ErrorMessage"])
            for e in wire("crema", "ListInbox", Limit=4)["Entries"]}
    assert kept == {"a": ("NO_RESOURCE", "The specified log group does not exist."),
                    "b": ("NO_RESOURCE", f"State Machine Does Not Exist: '{arn('states', 'stateMachine:absent')}'"),
                    "c": ("NO_RESOURCE", "Event bus absent does not exist."),
                    "d": ("InputPathNotFound", "The target's InputPath leads to nothing in this event.")}
    assert {e["EventId"] for e in wire("crema", "ListInbox", Limit=4)["Entries"]} == {event}


def test_events_of_a_workflow(events, logs, sfn, bus, group):
    rule_to(events, bus, group_arn(group))
    definition = {"StartAt": "Emit", "States": {"Emit": {
        "Type": "Task", "Resource": "arn:aws:states:::events:putEvents", "End": True,
        "Parameters": {"Entries": [{"Source": "road", "DetailType": "t", "EventBusName": bus, "Resources": ["mine"],
                                    "Detail": {"orderId.$": "$.orderId", "at.$": "$$.State.EnteredTime"},
                                    "Time.$": "$$.State.EnteredTime"}]}}}}
    target = sfn.create_state_machine(name=name_of("machine"), definition=json.dumps(definition),
                                         roleArn="arn:aws:iam::000000000000:role/r")["stateMachineArn"]
    execution = sfn.start_execution(stateMachineArn=target, input='{"orderId":"7"}')["executionArn"]
    done = eventually(lambda: (lambda e: e if e["status"] != "RUNNING"
                               else None)(sfn.describe_execution(executionArn=execution)))
    assert done["status"] == "SUCCEEDED", done
    event = json.loads(logged(logs, group)[0]["message"])
    assert event["resources"] == ["mine", target, execution]
    assert event["detail"]["orderId"] == "7"
    assert event["time"] == event["detail"]["at"].split(".")[0] + "Z"
    output = json.loads(done["output"])
    assert list(output) == ["Entries", "FailedEntryCount", "SdkHttpMetadata", "SdkResponseMetadata"]
    assert output["Entries"] == [{"EventId": event["id"]}] and output["FailedEntryCount"] == 0
    assert output["SdkHttpMetadata"]["HttpStatusCode"] == 200
    assert re.fullmatch(UUID, output["SdkResponseMetadata"]["RequestId"])


@pytest.mark.parametrize("resource, entry, status, error", [
    ("arn:aws:states:::events:putEvents", {}, "FAILED", "EventBridge.FailedEntry"),
    ("arn:aws:states:::events:putEvents", {"Source": "road", "DetailType": "t", "Detail": "no"}, "FAILED",
     "EventBridge.FailedEntry"),
    ("arn:aws:states:::aws-sdk:eventbridge:putEvents", {}, "SUCCEEDED", None),
    ("arn:aws:states:::aws-sdk:eventbridge:putEvents", "no", "FAILED", None)])
def test_failed_entries_of_a_workflow(sfn, resource, entry, status, error):
    definition = {"StartAt": "Emit", "States": {"Emit": {"Type": "Task", "Resource": resource, "End": True,
                                                         "Parameters": {"Entries": [entry]}}}}
    target = sfn.create_state_machine(name=name_of("machine"), definition=json.dumps(definition),
                                         roleArn="arn:aws:iam::000000000000:role/r")["stateMachineArn"]
    execution = sfn.start_execution(stateMachineArn=target)["executionArn"]
    done = eventually(lambda: (lambda e: e if e["status"] != "RUNNING"
                               else None)(sfn.describe_execution(executionArn=execution)))
    assert done["status"] == status, done
    if error:
        assert done["error"] == error
        cause = json.loads(done["cause"])
        assert cause["FailedEntryCount"] == 1 and "ErrorCode" in cause["Entries"][0]
    elif status == "SUCCEEDED":
        assert json.loads(done["output"])["FailedEntryCount"] == 1


def test_all_of_it_outlives_the_server(new_server):
    one = new_server()
    events, logs = one.client("events"), one.client("logs")
    events.create_event_bus(Name="b")
    logs.create_log_group(logGroupName="/g")
    rule_to(events, "b", group_arn("/g"), name="r")
    before = put(events, "b")
    one.kill()
    one.start()
    after = put(events, "b")
    assert {json.loads(e["message"])["id"] for e in logged(logs, "/g")} == {before, after}
    assert events.describe_rule(Name="r", EventBusName="b")["State"] == "ENABLED"


def test_a_stream_for_the_hour(new_server):
    one = new_server("--ephemeral", "--stream-per-event=false")
    events, logs = one.client("events"), one.client("logs")
    events.create_event_bus(Name="b")
    logs.create_log_group(logGroupName="/g")
    rule_to(events, "b", group_arn("/g"), name="r")
    for _ in range(3):
        put(events, "b")
    streams = logs.describe_log_streams(logGroupName="/g")["logStreams"]
    assert len({s["logStreamName"] for s in streams}) in (1, 2)  # the hour may have just passed
    assert re.fullmatch(r"b/r/t/\d{4}-\d\d-\d\d-\d\d", streams[0]["logStreamName"])
    assert len(logged(logs, "/g")) == 3


def test_with_the_cli(aws):
    name = name_of("bus")
    assert aws("events", "create-event-bus", "--name", name)["EventBusArn"].endswith(name)
    rule = aws("events", "put-rule", "--name", "r", "--event-bus-name", name, "--event-pattern", '{"source":["road"]}')
    assert rule["RuleArn"] == arn("events", f"rule/{name}/r")
    entry = json.dumps([{"Source": "road", "DetailType": "t", "Detail": "{}", "EventBusName": name,
                         "Time": "2026-01-01T00:00:00Z"}])
    assert aws("events", "put-events", "--entries", entry)["FailedEntryCount"] == 0
    assert [r["Name"] for r in aws("events", "list-rules", "--event-bus-name", name)["Rules"]] == ["r"]
