"""Versions and aliases of state machines, and executions started by them."""
import json
import uuid

import pytest

from conftest import ACCOUNT, REGION
from test_states import FAIL, PASS, ROLE, one, refused_raw
from wire import Wire


@pytest.fixture
def wire(server):
    client = Wire(server.port)
    yield client
    client.close()


@pytest.fixture
def states(wire):
    return lambda operation, **body: wire("states", operation, **body)


def make(states, definition=PASS, **more):
    return states("CreateStateMachine", name="m-" + uuid.uuid4().hex, definition=definition, roleArn=ROLE, **more)


def result(value):
    return one({"Type": "Pass", "Result": value, "End": True})


def two_versions(states):
    arn = make(states, result(1))["stateMachineArn"]
    first = states("PublishStateMachineVersion", stateMachineArn=arn, description="the first")
    states("UpdateStateMachine", stateMachineArn=arn, definition=result(2))
    second = states("PublishStateMachineVersion", stateMachineArn=arn)
    states("UpdateStateMachine", stateMachineArn=arn, definition=result(3))
    return arn, first["stateMachineVersionArn"], second["stateMachineVersionArn"]


def route(*pairs):
    return [{"stateMachineVersionArn": arn, "weight": weight} for arn, weight in pairs]


def output_of(states, arn, **more):
    execution = states("StartExecution", stateMachineArn=arn, **more)["executionArn"]
    about = states("DescribeExecution", executionArn=execution)
    return json.loads(about["output"]), about


def test_publish_describe_list_delete(states, wire):
    arn, first, second = two_versions(states)
    assert (first, second) == (arn + ":1", arn + ":2")
    about = states("DescribeStateMachine", stateMachineArn=first)
    assert (about["stateMachineArn"], about["description"], about["definition"]) == (first, "the first", result(1))
    assert states("DescribeStateMachine", stateMachineArn=arn)["definition"] == result(3)
    revision = states("DescribeStateMachine", stateMachineArn=arn)["revisionId"]
    refused_raw(wire, "PublishStateMachineVersion", "ConflictException",
                "Failed to publish the State Machine version for revision INITIAL. The current State Machine revision "
                f"is {revision}.", stateMachineArn=arn, revisionId="INITIAL")
    third = states("PublishStateMachineVersion", stateMachineArn=arn, revisionId=revision)
    assert states("PublishStateMachineVersion", stateMachineArn=arn) == third
    listed = states("ListStateMachineVersions", stateMachineArn=arn)["stateMachineVersions"]
    assert [v["stateMachineVersionArn"] for v in listed] == [arn + ":3", second, first]
    page = states("ListStateMachineVersions", stateMachineArn=arn, maxResults=2)
    rest = states("ListStateMachineVersions", stateMachineArn=arn, maxResults=2, nextToken=page["nextToken"])
    assert page["stateMachineVersions"] + rest["stateMachineVersions"] == listed and "nextToken" not in rest
    refused_raw(wire, "ListStateMachines", "InvalidToken", "Invalid Token: 'Invalid token'",
                nextToken=page["nextToken"])
    states("DeleteStateMachineVersion", stateMachineVersionArn=arn + ":3")
    states("DeleteStateMachineVersion", stateMachineVersionArn=arn + ":3")
    refused_raw(wire, "DescribeStateMachine", "StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}:3'",
                stateMachineArn=arn + ":3")
    # Its number is not given again.
    assert states("PublishStateMachineVersion", stateMachineArn=arn)["stateMachineVersionArn"] == arn + ":4"
    states("DeleteStateMachine", stateMachineArn=arn)
    assert states("ListStateMachineVersions", stateMachineArn=arn)["stateMachineVersions"] == []
    refused_raw(wire, "PublishStateMachineVersion", "StateMachineDoesNotExist",
                f"State Machine Does Not Exist: '{arn}'", stateMachineArn=arn)


def test_publish_with_create_and_update(states, wire):
    made = make(states, publish=True, versionDescription="v")
    arn = made["stateMachineArn"]
    assert made["stateMachineVersionArn"] == arn + ":1"
    assert states("DescribeStateMachine", stateMachineArn=arn + ":1")["description"] == "v"
    again = states("UpdateStateMachine", stateMachineArn=arn, definition=PASS, publish=True)
    assert again["stateMachineVersionArn"] == arn + ":1"
    updated = states("UpdateStateMachine", stateMachineArn=arn, definition=FAIL, publish=True)
    assert updated["stateMachineVersionArn"] == arn + ":2"
    assert "stateMachineVersionArn" not in states("UpdateStateMachine", stateMachineArn=arn, definition=PASS)
    refused_raw(wire, "DeleteStateMachine", "ValidationException",
                f"A state machine is deleted by its unqualified ARN. Received: {arn}:1", stateMachineArn=arn + ":1")


def test_versions_and_aliases_have_no_tags(states, wire):
    """None that outlive them, and are there again with a machine of the same name."""
    arn = make(states, publish=True, tags=[{"key": "k", "value": "v"}])["stateMachineArn"]
    alias = states("CreateStateMachineAlias", name="live", routingConfiguration=route((arn + ":1", 100)))
    for qualified in (arn + ":1", alias["stateMachineAliasArn"]):
        for operation, more in (("TagResource", {"tags": [{"key": "a", "value": "b"}]}), ("ListTagsForResource", {}),
                                ("UntagResource", {"tagKeys": ["k"]})):
            refused_raw(wire, operation, "ResourceNotFound", f"Resource not found: '{qualified}'",
                        resourceArn=qualified, **more)
    assert states("ListTagsForResource", resourceArn=arn)["tags"] == [{"key": "k", "value": "v"}]


def test_executions_of_versions_and_aliases(states, wire):
    arn, first, second = two_versions(states)
    alias = states("CreateStateMachineAlias", name="live", routingConfiguration=route((second, 100)))
    live = alias["stateMachineAliasArn"]
    assert live == arn + ":live"
    value, about = output_of(states, first)
    assert (value, about["stateMachineArn"], about["stateMachineVersionArn"]) == (1, arn, first)
    assert "stateMachineAliasArn" not in about
    value, about = output_of(states, live)
    assert (value, about["stateMachineVersionArn"], about["stateMachineAliasArn"]) == (2, second, live)
    started = states("GetExecutionHistory", executionArn=about["executionArn"])["events"][0]
    details = started["executionStartedEventDetails"]
    assert (details["stateMachineAliasArn"], details["stateMachineVersionArn"]) == (live, second)
    machine = states("DescribeStateMachineForExecution", executionArn=about["executionArn"])
    assert machine["definition"] == result(2)
    value, plain = output_of(states, arn)
    assert value == 3 and "stateMachineVersionArn" not in plain

    def listed(which):
        return [e["executionArn"] for e in states("ListExecutions", stateMachineArn=which)["executions"]]
    assert len(listed(arn)) == 3 and len(listed(first)) == 1
    assert listed(live) == listed(second) == [about["executionArn"]]
    shown = states("ListExecutions", stateMachineArn=live)["executions"][0]
    assert (shown["stateMachineVersionArn"], shown["stateMachineAliasArn"]) == (second, live)
    for qualifier in (":9", ":nobody", ":live:x"):
        refused_raw(wire, "StartExecution", "StateMachineDoesNotExist",
                    f"State Machine Does Not Exist: '{arn}{qualifier}'", stateMachineArn=arn + qualifier)


def test_an_execution_of_long_names_is_listed(states):
    """All that a list shows of it is as long as may be, in characters of four bytes where those may be."""
    arn = make(states, publish=True)["stateMachineArn"]
    alias = states("CreateStateMachineAlias", name="a" * 80, routingConfiguration=route((arn + ":1", 100)))
    name, live = "\U0001f980" * 80, alias["stateMachineAliasArn"]
    execution = states("StartExecution", stateMachineArn=live, name=name, traceHeader="t" * 256)["executionArn"]
    for more in ({"stateMachineArn": arn}, {"stateMachineArn": live, "statusFilter": "SUCCEEDED"}):
        listed = states("ListExecutions", **more)["executions"]
        assert [(e["executionArn"], e["name"], e["stateMachineAliasArn"]) for e in listed] == [(execution, name, live)]


def test_weights(states):
    arn, first, second = two_versions(states)
    states("CreateStateMachineAlias", name="split", routingConfiguration=route((first, 30), (second, 70)))
    counts = {1: 0, 2: 0}
    for _ in range(400):
        counts[output_of(states, arn + ":split")[0]] += 1
    assert 70 < counts[1] < 175  # 120 in the mean; seven deviations either way
    states("UpdateStateMachineAlias", stateMachineAliasArn=arn + ":split",
           routingConfiguration=route((first, 100), (second, 0)))
    assert {output_of(states, arn + ":split")[0] for _ in range(50)} == {1}
    states("UpdateStateMachineAlias", stateMachineAliasArn=arn + ":split",
           routingConfiguration=route((first, 0), (second, 100)))
    assert {output_of(states, arn + ":split")[0] for _ in range(50)} == {2}


def test_aliases(states, wire):
    arn, first, second = two_versions(states)
    both = route((first, 70), (second, 30))
    made = states("CreateStateMachineAlias", name="b", description="d", routingConfiguration=both)
    assert states("CreateStateMachineAlias", name="b", description="d", routingConfiguration=both) == made
    refused_raw(wire, "CreateStateMachineAlias", "ConflictException", "Failed to create alias because an alias with "
                "the same name and a different routing configuration already exists.", name="b", description="d",
                routingConfiguration=route((first, 100)))
    about = states("DescribeStateMachineAlias", stateMachineAliasArn=arn + ":b")
    assert about == {"stateMachineAliasArn": arn + ":b", "name": "b", "description": "d",
                     "routingConfiguration": both, "creationDate": made["creationDate"],
                     "updateDate": made["creationDate"]}
    updated = states("UpdateStateMachineAlias", stateMachineAliasArn=arn + ":b", description="e")
    about = states("DescribeStateMachineAlias", stateMachineAliasArn=arn + ":b")
    assert (about["description"], about["routingConfiguration"], about["updateDate"]) == (
        "e", both, updated["updateDate"])
    for name in ("a", "c"):
        states("CreateStateMachineAlias", name=name, routingConfiguration=route((first, 100)))

    def listed(**more):
        return [a["stateMachineAliasArn"][-1] for a in states("ListStateMachineAliases", **more)["stateMachineAliases"]]
    assert listed(stateMachineArn=arn) == ["a", "b", "c"]
    assert listed(stateMachineArn=second) == ["b"]
    page = states("ListStateMachineAliases", stateMachineArn=arn, maxResults=2)
    assert listed(stateMachineArn=arn, maxResults=2, nextToken=page["nextToken"]) == ["c"]
    refused_raw(wire, "DeleteStateMachineVersion", "ConflictException", "Version to be deleted must not be referenced "
                "by an alias. Current list of aliases referencing this version: [a, b, c]",
                stateMachineVersionArn=first)
    states("DeleteStateMachineAlias", stateMachineAliasArn=arn + ":b")
    states("DeleteStateMachineVersion", stateMachineVersionArn=second)
    for operation in ("DescribeStateMachineAlias", "DeleteStateMachineAlias"):
        refused_raw(wire, operation, "ResourceNotFound", "Request references a resource that does not exist.",
                    stateMachineAliasArn=arn + ":b")
    refused_raw(wire, "UpdateStateMachineAlias", "ValidationException",
                "Either the description or the routing configuration must be specified",
                stateMachineAliasArn=arn + ":a")
    refused_raw(wire, "UpdateStateMachineAlias", "ResourceNotFound",
                "Request references a resource that does not exist.", stateMachineAliasArn=arn + ":a",
                routingConfiguration=route((second, 100)))
    refused_raw(wire, "ListStateMachineAliases", "StateMachineDoesNotExist",
                f"State Machine Does Not Exist: '{arn}x'", stateMachineArn=arn + "x")


def test_refused_routes(states, wire):
    arn, first, second = two_versions(states)
    other = make(states, publish=True)["stateMachineVersionArn"]
    received = "Routing configuration must contain"

    def no(text, routes, error="ValidationException", name="n"):
        refused_raw(wire, "CreateStateMachineAlias", error, text, name=name, routingConfiguration=routes)
    no(f"{received} state machine version ARNs. Received: [{arn}]", route((arn, 100)))
    no(f"{received} state machine version ARNs. Received: [{arn}, {second}]", route((arn, 50), (second, 50)))
    no(f"{received} distinct state machine version ARNs. Received: [{first}, {first}]", route((first, 50), (first, 50)))
    no(f"{received} versions of one state machine. Received: [{first}, {other}]", route((first, 50), (other, 50)))
    no("Sum of routing configuration weights must equal 100. Received: [70, 29]", route((first, 70), (second, 29)))
    no("Request references a resource that does not exist.", route((arn + ":9", 100)), "ResourceNotFound")
    no("1 validation error detected: Value '123' at 'name' failed to satisfy constraint: Member must satisfy regular "
       r"expression pattern: ^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$", route((first, 100)), name="123")
    no("1 validation error detected: Value '101' at 'routingConfiguration.1.member.weight' failed to satisfy "
       "constraint: Member must have value less than or equal to 100", route((first, 101)))


def test_they_outlive_the_server(new_server):
    server = new_server()
    client = Wire(server.port)

    def states(operation, **body):
        return client("states", operation, **body)
    arn, first, _ = two_versions(states)
    states("CreateStateMachineAlias", name="live", routingConfiguration=route((first, 100)))
    server.kill()
    server.start()
    client = Wire(server.port)
    assert output_of(states, f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{arn.rsplit(':')[-1]}:live")[0] == 1
    assert states("PublishStateMachineVersion", stateMachineArn=arn)["stateMachineVersionArn"] == arn + ":3"
