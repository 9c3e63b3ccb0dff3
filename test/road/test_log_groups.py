"""Lists of log groups, and groups that are protected from deletion."""
import pytest

from conftest import ACCOUNT, REGION
from wire import Refused, Wire


def names(answer):
    return [group["logGroupName"] for group in answer["logGroups"]]


def refusal(wire, operation, **body):
    with pytest.raises(Refused) as refused:
        wire("logs", operation, **body)
    return refused.value.name


@pytest.fixture(scope="module")
def wire(server):
    one = Wire(server.port)
    for name, tags in (("/aws/lambda/one", {"team": "Blue", "stage": "prod-1"}), ("/aws/lambda/two", {"team": "red"}),
                       ("/shop/lambda", {"team": ""}), ("/shop/orders", {"x": "y"}), ("aaa", {"stage": "test"})):
        one("logs", "CreateLogGroup", logGroupName=name, tags=tags)
    one("logs", "CreateLogGroup", logGroupName="rare", logGroupClass="INFREQUENT_ACCESS")
    yield one
    one.close()


ALL = ["/aws/lambda/one", "/aws/lambda/two", "/shop/lambda", "/shop/orders", "aaa", "rare"]


def test_list_log_groups(wire):
    answer = wire("logs", "ListLogGroups")
    assert names(answer) == ALL and "nextToken" not in answer
    assert answer["logGroups"][0] == {
        "logGroupName": "/aws/lambda/one", "logGroupClass": "STANDARD",
        "logGroupArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/one"}
    assert names(wire("logs", "ListLogGroups", logGroupClass="INFREQUENT_ACCESS")) == ["rare"]


@pytest.mark.parametrize("pattern, wanted", [
    ("^/shop", ["/shop/lambda", "/shop/orders"]), ("lambda", ALL[:3]), ("^/aws|orders", [ALL[0], ALL[1], ALL[3]]),
    ("^lambda", []), ("LAMBDA", []), ("^aaa|^rar|two", ["/aws/lambda/two", "aaa", "rare"])])
def test_by_pattern(wire, pattern, wanted):
    assert names(wire("logs", "ListLogGroups", logGroupNamePattern=pattern)) == wanted


@pytest.mark.parametrize("filters, wanted", [
    ([{"key": "team"}], ALL[:3]), ([{"key": "team", "values": ["Blue", "red"]}], ALL[:2]),
    ([{"key": "team", "values": ["blue"]}], []), ([{"key": "team", "values": ["BL*"]}], [ALL[0]]),
    ([{"key": "stage", "values": ["*rod*"]}], [ALL[0]]), ([{"key": "stage", "values": ["*-1"]}], [ALL[0]]),
    ([{"key": "team", "values": ["!red"]}], [ALL[0], ALL[2]]), ([{"key": "stage", "values": ["!PROD*"]}], ["aaa"]),
    ([{"key": "team"}, {"key": "stage"}], [ALL[0]]), ([{"key": "none"}], [])])
def test_by_tags(wire, filters, wanted):
    assert names(wire("logs", "ListLogGroups", logGroupTags=filters)) == wanted


def test_pages(wire):
    seen, token = [], {}
    while True:
        page = wire("logs", "ListLogGroups", limit=2, **token)
        seen.append(names(page))
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    assert seen == [ALL[:2], ALL[2:4], ALL[4:]]
    assert refusal(wire, "ListLogGroups", nextToken="nonsense") == "InvalidParameterException"


def test_accounts(wire):
    """No account is linked to another: asked for with its own, a list has all, with others nothing."""
    for operation in ("ListLogGroups", "DescribeLogGroups"):
        assert names(wire("logs", operation, includeLinkedAccounts=True)) == ALL
        assert names(wire("logs", operation, includeLinkedAccounts=True,
                          accountIdentifiers=["123456789012", ACCOUNT])) == ALL
        assert wire("logs", operation, includeLinkedAccounts=True,
                    accountIdentifiers=["123456789012"]) == {"logGroups": []}
        assert refusal(wire, operation, accountIdentifiers=[ACCOUNT]) == "InvalidParameterException"
    assert refusal(wire, "ListLogGroups", fieldIndexNames=["x"]) == "InvalidParameterException"


def test_deletion_protection(new_server):
    server = new_server()
    wire = Wire(server.port)
    wire("logs", "CreateLogGroup", logGroupName="kept", deletionProtectionEnabled=True)
    wire("logs", "CreateLogGroup", logGroupName="free")
    wire("logs", "CreateLogStream", logGroupName="kept", logStreamName="s")
    wire("logs", "PutRetentionPolicy", logGroupName="kept", retentionInDays=7)
    server.kill()
    server.start()
    wire = Wire(server.port)

    def protection():
        return {group["logGroupName"]: group["deletionProtectionEnabled"]
                for group in wire("logs", "DescribeLogGroups")["logGroups"]}

    assert protection() == {"kept": True, "free": False}
    assert refusal(wire, "DeleteLogGroup", logGroupName="kept") == "ValidationException"
    assert refusal(wire, "DeleteLogStream", logGroupName="kept", logStreamName="s") == "ValidationException"
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:free"
    wire("logs", "PutLogGroupDeletionProtection", logGroupIdentifier=arn, deletionProtectionEnabled=True)
    wire("logs", "PutLogGroupDeletionProtection", logGroupIdentifier="kept", deletionProtectionEnabled=False)
    assert protection() == {"kept": False, "free": True}
    wire("logs", "DeleteLogStream", logGroupName="kept", logStreamName="s")
    wire("logs", "DeleteLogGroup", logGroupName="kept")
    assert refusal(wire, "DeleteLogGroup", logGroupName="free") == "ValidationException"
    assert refusal(wire, "PutLogGroupDeletionProtection", logGroupIdentifier="none",
                   deletionProtectionEnabled=True) == "ResourceNotFoundException"
