"""Tables over the wire: boto3's client and resource, the aws CLI, every operation, error texts, paging, limits."""
import decimal
import uuid

import boto3
import boto3.dynamodb.conditions
import botocore.exceptions
import pytest

from conftest import ACCOUNT, REGION
from wire import Refused, Wire

Attr = boto3.dynamodb.conditions.Attr
Key = boto3.dynamodb.conditions.Key
Decimal = decimal.Decimal


@pytest.fixture
def db(server):
    return server.client("dynamodb")


@pytest.fixture
def resource(server):
    return boto3.session.Session().resource(
        "dynamodb", endpoint_url=server.endpoint, region_name=REGION, aws_access_key_id="test",
        aws_secret_access_key="test")


@pytest.fixture
def wire(server):
    """For members that this boto3 does not know yet."""
    one = Wire(server.port)
    yield one
    one.close()


def name_of(what):
    return f"{what}-{uuid.uuid4().hex[:8]}"


def key_schema(*names):
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ["HASH", "RANGE"])]


def attributes(**types):
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]


@pytest.fixture
def plain(db):
    """A table of one string key."""
    name = name_of("plain")
    db.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=key_schema("PK"),
                    AttributeDefinitions=attributes(PK="S"))
    return name


@pytest.fixture
def order(db):
    """The shop's order table: the keys and indexes of its template."""
    name = name_of("serverlesspresso-order-table")
    db.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=key_schema("PK", "SK"),
        AttributeDefinitions=attributes(PK="S", SK="S", TS="N", ORDERSTATE="S", USERID="S"),
        LocalSecondaryIndexes=[{"IndexName": "LSI-timestamp", "KeySchema": key_schema("PK", "TS"),
                                "Projection": {"ProjectionType": "ALL"}}],
        GlobalSecondaryIndexes=[
            {"IndexName": "GSI-status", "KeySchema": key_schema("ORDERSTATE", "SK"),
             "Projection": {"ProjectionType": "ALL"}},
            {"IndexName": "GSI-userId", "KeySchema": key_schema("USERID", "SK"),
             "Projection": {"ProjectionType": "ALL"}}])
    return name


def refused(call, code, text=None, **arguments):
    """The error the call must answer with, whole."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    if text is not None:
        assert error["Message"] == text
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return caught.value.response


# ---- tables ----

def test_create_describe_list_delete(db):
    name = name_of("tab")
    made = db.create_table(TableName=name, KeySchema=key_schema("PK", "SK"),
                           AttributeDefinitions=attributes(PK="S", SK="N"),
                           ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 7},
                           Tags=[{"Key": "team", "Value": "bar"}])["TableDescription"]
    assert made["TableStatus"] == "ACTIVE"
    assert made["TableArn"] == f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"
    assert made["ProvisionedThroughput"]["WriteCapacityUnits"] == 7
    assert made["KeySchema"] == key_schema("PK", "SK")
    uuid.UUID(made["TableId"])
    seen = db.describe_table(TableName=name)["Table"]
    assert seen == made
    assert db.describe_table(TableName=made["TableArn"])["Table"] == made
    db.get_waiter("table_exists").wait(TableName=name)
    assert name in db.list_tables(ExclusiveStartTableName=name[:-1])["TableNames"]
    assert db.list_tags_of_resource(ResourceArn=made["TableArn"])["Tags"] == [{"Key": "team", "Value": "bar"}]
    db.tag_resource(ResourceArn=made["TableArn"], Tags=[{"Key": "x", "Value": ""}])
    db.untag_resource(ResourceArn=made["TableArn"], TagKeys=["team"])
    assert db.list_tags_of_resource(ResourceArn=made["TableArn"])["Tags"] == [{"Key": "x", "Value": ""}]
    refused(db.create_table, "ResourceInUseException", f"Table already exists: {name}", TableName=name,
            KeySchema=key_schema("PK"), AttributeDefinitions=attributes(PK="S"), BillingMode="PAY_PER_REQUEST")
    assert db.delete_table(TableName=name)["TableDescription"]["TableStatus"] == "DELETING"
    refused(db.describe_table, "ResourceNotFoundException", f"Requested resource not found: Table: {name} not found",
            TableName=name)
    refused(db.delete_table, "ResourceNotFoundException", f"Requested resource not found: Table: {name} not found",
            TableName=name)
    db.get_waiter("table_not_exists").wait(TableName=name)


def test_list_pages(server):
    db = server.client("dynamodb", region="eu-west-3")  # a namespace of its own
    assert db.list_tables()["TableNames"] == []
    names = [f"list-{i:03}" for i in range(105)]
    for name in names:
        db.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=key_schema("PK"),
                        AttributeDefinitions=attributes(PK="S"))
    page = db.list_tables()
    assert page["TableNames"] == names[:100] and page["LastEvaluatedTableName"] == names[99]
    assert [n for p in db.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 7})
            for n in p["TableNames"]] == names
    refused(db.list_tables, "ValidationException", Limit=101)
    assert not set(names) & set(server.client("dynamodb").list_tables()["TableNames"])


def test_create_refusals(db, wire):
    good = dict(TableName=name_of("bad"), KeySchema=key_schema("a", "b"), AttributeDefinitions=attributes(a="S", b="N"),
                BillingMode="PAY_PER_REQUEST")
    index = {"IndexName": "iii", "KeySchema": key_schema("a", "b"), "Projection": {"ProjectionType": "ALL"}}
    for change, text in [
        ({"TableName": "ab"},
         "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: Member must "
                              "have length greater than or equal to 3"),
        ({"BillingMode": "PROVISIONED"},
         "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits "
                                         "must both be specified when BillingMode is PROVISIONED"),
        ({"KeySchema": key_schema("a")},
         "One or more parameter values were invalid: Number of attributes in KeySchema does not "
                                         "exactly match number of attributes defined in AttributeDefinitions"),
        ({"KeySchema": key_schema("a", "a"), "AttributeDefinitions": attributes(a="S")},
         "Invalid KeySchema: Some index key attribute have no definition"),
        ({"GlobalSecondaryIndexes": [index, index]},
         "One or more parameter values were invalid: Duplicate index name: iii"),
        ({"LocalSecondaryIndexes": [dict(index, KeySchema=key_schema("a"))]},
         "One or more parameter values were invalid: Index KeySchema does not have a range key for index: iii"),
        ({"KeySchema": key_schema("a"), "AttributeDefinitions": attributes(a="S", b="N"),
          "LocalSecondaryIndexes": [index]},
         "One or more parameter values were invalid: Table KeySchema does not have a range key, which is required when "
         "specifying a LocalSecondaryIndex"),
        ({"LocalSecondaryIndexes": [dict(index, IndexName=f"lsi{i}") for i in range(6)]},
         "One or more parameter values were invalid: Number of LocalSecondaryIndexes exceeds per-table limit of 5"),
        ({"GlobalSecondaryIndexes": [dict(index, IndexName=f"gsi{i}") for i in range(21)]},
         "One or more parameter values were invalid: GlobalSecondaryIndex count exceeds the per-table limit of 20"),
    ]:
        refused(db.create_table, "ValidationException", text, **dict(good, **change))
    for part in [{"SSESpecification": {"Enabled": True}}, {"DeletionProtectionEnabled": True},
                 {"ResourcePolicy": "{}"}]:
        with pytest.raises(Refused) as caught:
            wire("dynamodb", "CreateTable", **dict(good, **part))
        assert caught.value.name == "UnknownOperationException" and list(part)[0] in caught.value.text


def test_streams_are_recorded_and_not_claimed(db):
    name = name_of("serverlesspresso-config-table")
    made = db.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=key_schema("PK"),
                           AttributeDefinitions=attributes(PK="S"),
                           StreamSpecification={"StreamEnabled": True,
                                                "StreamViewType": "NEW_AND_OLD_IMAGES"})["TableDescription"]
    assert made["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert "LatestStreamArn" not in made and "LatestStreamLabel" not in made


def test_operations_that_are_not_there(db, plain):
    for call, arguments in [
        (db.transact_write_items, {"TransactItems": [{"Put": {"TableName": plain, "Item": {"PK": {"S": "1"}}}}]}),
        (db.update_table, {"TableName": plain, "BillingMode": "PAY_PER_REQUEST"}),
        (db.execute_statement, {"Statement": f"SELECT * FROM {plain}"}),
    ]:
        refused(call, "UnknownOperationException", **arguments)


# ---- items ----

EVERY_TYPE = {
    "PK": {"S": "all"}, "empty": {"S": ""}, "n": {"N": "-12.5"}, "b": {"B": b"\x00\xff"}, "t": {"BOOL": True},
    "f": {"BOOL": False}, "z": {"NULL": True}, "l": {"L": [{"N": "1"}, {"L": []}, {"M": {}}]},
    "m": {"M": {"a.b": {"S": "ü"}, "": {"S": "no name"}}}, "ss": {"SS": ["a", "b"]}, "ns": {"NS": ["-1", "2.5"]},
    "bs": {"BS": [b"", b"\x01"]},
}


def test_every_type(db, plain):
    item = dict(EVERY_TYPE, bs={"BS": [b"\x01", b"\x02"]})
    db.put_item(TableName=plain, Item=item)
    assert db.get_item(TableName=plain, Key={"PK": {"S": "all"}}, ConsistentRead=True)["Item"] == item
    assert "Item" not in db.get_item(TableName=plain, Key={"PK": {"S": "none"}})


@pytest.mark.parametrize("text, stored", [
    ("0", "0"), ("-0.0", "0"), ("0042.1200", "42.12"), ("1e3", "1000"), ("1E125", "1" + "0" * 125),
    ("-1E-130", "-0." + "0" * 129 + "1"),
    ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
    ("9.9999999999999999999999999999999999999E125", "9" * 38 + "0" * 88),
])
def test_numbers(db, plain, text, stored):
    db.put_item(TableName=plain, Item={"PK": {"S": "n"}, "n": {"N": text}})
    assert db.get_item(TableName=plain, Key={"PK": {"S": "n"}})["Item"]["n"]["N"] == stored


@pytest.mark.parametrize("value, text", [
    ({"N": "1e126"}, "Number overflow. Attempting to store a number with magnitude larger than supported range"),
    ({"N": "1e-131"}, "Number underflow. Attempting to store a number with magnitude smaller than supported range"),
    ({"N": "1" * 39}, "Attempting to store more than 38 significant digits in a Number"),
    ({"N": "one"}, "The parameter cannot be converted to a numeric value: one"),
    ({"NULL": False},
     "One or more parameter values were invalid: Null attribute value types must have the value of true"),
    ({"SS": []}, "One or more parameter values were invalid: An string set  may not be empty"),
    ({"SS": ["a", "a"]}, "One or more parameter values were invalid: Input collection [a, a] contains duplicates."),
    ({"NS": ["1", "1.0"]}, "Input collection contains duplicates"),
    ({}, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    ({"S": "a", "N": "1"}, "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
                           "supported datatypes"),
])
def test_values_refused(db, plain, value, text):
    refused(db.put_item, "ValidationException", text, TableName=plain, Item={"PK": {"S": "n"}, "v": value})


def test_nesting(db, plain):
    value = {"N": "1"}
    for _ in range(31):
        value = {"M": {"a": value}}
    db.put_item(TableName=plain, Item={"PK": {"S": "deep"}, "v": value})
    refused(db.put_item, "ValidationException",
            "Nesting Levels have exceeded supported limits: Attributes in the item have "
            "nested levels beyond supported limit", TableName=plain,
            Item={"PK": {"S": "deep"}, "v": {"M": {"a": value}}})
    refused(db.update_item, "ValidationException", TableName=plain, Key={"PK": {"S": "deep"}},
            UpdateExpression="SET w = list_append(:l, :e)",
            ExpressionAttributeValues={":l": {"L": [value]}, ":e": {"L": []}})


def test_item_size(db, plain):
    room = 400 * 1024 - 2 - 1 - 1
    put = dict(TableName=plain, ReturnConsumedCapacity="TOTAL")
    assert db.put_item(Item={"PK": {"S": "1"}, "v": {"S": "x" * room}},
                       **put)["ConsumedCapacity"]["CapacityUnits"] == 400
    refused(db.put_item, "ValidationException", "Item size has exceeded the maximum allowed size",
            Item={"PK": {"S": "1"}, "v": {"S": "x" * (room + 1)}}, **put)
    refused(db.update_item, "ValidationException", "Item size to update has exceeded the maximum allowed size",
            TableName=plain,
            Key={"PK": {"S": "1"}}, UpdateExpression="SET w = :v", ExpressionAttributeValues={":v": {"BOOL": True}})


def test_keys_refused(db, order):
    wrong = "The provided key element does not match the schema"
    refused(db.get_item, "ValidationException", wrong, TableName=order, Key={"PK": {"S": "1"}})
    refused(db.get_item, "ValidationException", wrong, TableName=order, Key={"PK": {"S": "1"}, "SK": {"N": "1"}})
    refused(db.delete_item, "ValidationException", wrong, TableName=order, Key={"PK": {"S": "1"}, "XX": {"S": "1"}})
    refused(db.put_item, "ValidationException",
            "One or more parameter values were invalid: Missing the key SK in the item",
            TableName=order, Item={"PK": {"S": "1"}})
    refused(db.put_item, "ValidationException",
            "One or more parameter values were invalid: Type mismatch for key PK expected: S "
            "actual: N", TableName=order, Item={"PK": {"N": "1"}, "SK": {"S": "1"}})
    refused(db.put_item, "ValidationException",
            "One or more parameter values are not valid. The AttributeValue for a key "
            "attribute cannot contain an empty string value. Key: SK", TableName=order,
            Item={"PK": {"S": "1"}, "SK": {"S": ""}})
    refused(db.put_item, "ValidationException",
            "One or more parameter values were invalid: Type mismatch for Index Key TS "
            "Expected: N Actual: S IndexName: LSI-timestamp", TableName=order,
            Item={"PK": {"S": "1"}, "SK": {"S": "1"}, "TS": {"S": "1"}})
    refused(db.put_item, "ValidationException",
            "One or more parameter values were invalid: Aggregated size of all range keys "
            "has exceeded the size limit of 1024 bytes", TableName=order,
            Item={"PK": {"S": "1"}, "SK": {"S": "x" * 1025}})
    long = {"PK": {"S": "\0" * 2048}, "SK": {"S": "\0" * 1024}, "ORDERSTATE": {"S": "\0" * 2048},
            "USERID": {"S": "\0" * 2048}}
    db.put_item(TableName=order, Item=long)
    assert db.get_item(TableName=order, Key={name: long[name] for name in ("PK", "SK")})["Item"] == long
    assert db.query(TableName=order, IndexName="GSI-userId", KeyConditionExpression="USERID = :u",
                    ExpressionAttributeValues={":u": long["USERID"]})["Items"] == [long]


def test_no_table(db):
    text = "Requested resource not found"
    key = {"PK": {"S": "1"}}
    for call, arguments in [
        (db.get_item, {"Key": key}), (db.put_item, {"Item": key}), (db.delete_item, {"Key": key}),
        (db.update_item, {"Key": key}),
        (db.scan, {}),
        (db.query, {"KeyConditionExpression": "PK = :v", "ExpressionAttributeValues": {":v": {"S": "1"}}}),
    ]:
        refused(call, "ResourceNotFoundException", text, TableName="no-such-table", **arguments)
    refused(db.batch_write_item, "ResourceNotFoundException", text,
            RequestItems={"no-such-table": [{"PutRequest": {"Item": key}}]})


def test_put_conditions_and_return_values(db, wire, plain):
    item = {"PK": {"S": "1"}, "a": {"N": "1"}}
    once = dict(TableName=plain, ConditionExpression="attribute_not_exists(PK)")
    assert "Attributes" not in db.put_item(Item=item, ReturnValues="ALL_OLD", **once)
    response = refused(db.put_item, "ConditionalCheckFailedException", "The conditional request failed", Item=item,
                       **once)
    assert "Item" not in response
    with pytest.raises(Refused) as caught:
        wire("dynamodb", "PutItem", Item=item, ReturnValuesOnConditionCheckFailure="ALL_OLD", **once)
    assert caught.value.body["Item"] == item
    assert db.put_item(TableName=plain, Item={"PK": {"S": "1"}}, ReturnValues="ALL_OLD")["Attributes"] == item
    refused(db.put_item, "ValidationException", "ReturnValues can only be ALL_OLD or NONE", TableName=plain, Item=item,
            ReturnValues="ALL_NEW")
    with pytest.raises(db.exceptions.ConditionalCheckFailedException):
        db.delete_item(TableName=plain, Key={"PK": {"S": "1"}}, ConditionExpression="attribute_exists(a)")
    assert db.delete_item(TableName=plain, Key={"PK": {"S": "1"}},
                          ReturnValues="ALL_OLD")["Attributes"] == {"PK": {"S": "1"}}
    assert "Attributes" not in db.delete_item(TableName=plain, Key={"PK": {"S": "1"}}, ReturnValues="ALL_OLD")


def test_update_return_values(db, plain):
    update = dict(TableName=plain, Key={"PK": {"S": "u"}},
                  UpdateExpression="SET m.x = :x, #c = if_not_exists(#c, :zero) + :one REMOVE gone",
                  ExpressionAttributeNames={"#c": "count"},
                  ExpressionAttributeValues={":x": {"S": "new"}, ":zero": {"N": "0"}, ":one": {"N": "1"}})
    refused(db.update_item, "ValidationException",
            "The document path provided in the update expression is invalid for update", **update)
    db.put_item(TableName=plain,
                Item={"PK": {"S": "u"}, "m": {"M": {"x": {"S": "old"}, "y": {"S": "kept"}}}, "gone": {"N": "1"}})
    assert db.update_item(ReturnValues="UPDATED_OLD", **update)["Attributes"] == {"m": {"M": {"x": {"S": "old"}}},
                                                                                  "gone": {"N": "1"}}
    assert db.update_item(ReturnValues="UPDATED_NEW", **update)["Attributes"] == {"m": {"M": {"x": {"S": "new"}}},
                                                                                  "count": {"N": "2"}}
    whole = {"PK": {"S": "u"}, "m": {"M": {"x": {"S": "new"}, "y": {"S": "kept"}}}}
    assert db.update_item(ReturnValues="ALL_OLD", **update)["Attributes"] == dict(whole, count={"N": "2"})
    assert db.update_item(ReturnValues="ALL_NEW", **update)["Attributes"] == dict(whole, count={"N": "4"})
    assert "Attributes" not in db.update_item(**update)


@pytest.mark.parametrize("expression, values, text", [
    ("INVALID SYNTAX HERE", None, 'Invalid UpdateExpression: Syntax error; token: "INVALID", near: "INVALID SYNTAX"'),
    ("", None, "Invalid UpdateExpression: The expression can not be empty;"),
    ("SET a = :v", None,
     "Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute value: :v"),
    ("SET a = :v", {":v": {"S": "1"}, ":u": {"S": "1"}},
     "Value provided in ExpressionAttributeValues unused in expressions: keys: {:u}"),
    ("SET status = :v", {":v": {"S": "1"}},
     "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: status"),
    ("SET #s = :v", {":v": {"S": "1"}},
     "Invalid UpdateExpression: An expression attribute name used in the document path is not "
                                        "defined; attribute name: #s"),
    ("SET PK = :v", {":v": {"S": "1"}},
     "One or more parameter values were invalid: Cannot update attribute PK. This attribute is part "
                                        "of the key"),
    ("SET a = nope + :v", {":v": {"N": "1"}},
     "The provided expression refers to an attribute that does not exist in the item"),
    ("SET a = a + :v", {":v": {"N": "1"}}, "An operand in the update expression has an incorrect data type"),
    ("SET a = :v", {":v": {"N": "x"}},
     "ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a "
                                       "numeric value: x for key :v"),
    ("ADD a :v", {":v": {"S": "1"}},
     "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, "
                                     "operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND"),
])
def test_update_refusals(db, plain, expression, values, text):
    db.put_item(TableName=plain, Item={"PK": {"S": "u"}, "a": {"S": "text"}})
    more = {"ExpressionAttributeValues": values} if values else {}
    refused(db.update_item, "ValidationException", text, TableName=plain, Key={"PK": {"S": "u"}},
            UpdateExpression=expression, **more)
    assert db.get_item(TableName=plain, Key={"PK": {"S": "u"}})["Item"] == {"PK": {"S": "u"}, "a": {"S": "text"}}


def test_legacy_parameters_are_refused_by_name(db, plain):
    key = {"PK": {"S": "1"}}
    condition = {"AttributeValueList": [{"S": "1"}], "ComparisonOperator": "EQ"}
    for call, name, arguments in [
        (db.put_item, "Expected", {"Item": key, "Expected": {"PK": {"Exists": False}}}),
        (db.update_item, "AttributeUpdates", {"Key": key, "AttributeUpdates": {"a": {"Value": {"S": "x"}}}}),
        (db.get_item, "AttributesToGet", {"Key": key, "AttributesToGet": ["a"]}),
        (db.query, "KeyConditions", {"KeyConditions": {"PK": condition}}),
        (db.scan, "ScanFilter", {"ScanFilter": {"PK": condition}}),
        (db.put_item, "ReturnItemCollectionMetrics", {"Item": key, "ReturnItemCollectionMetrics": "SIZE"}),
    ]:
        response = refused(call, "UnknownOperationException", TableName=plain, **arguments)
        assert name in response["Error"]["Message"]


# ---- the shop ----

def test_order_processor_calls(db):
    config, counting = name_of("config"), name_of("counting")
    for name in config, counting:
        db.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=key_schema("PK"),
                        AttributeDefinitions=attributes(PK="S"))
    db.put_item(TableName=config,
                Item={"PK": {"S": "config"}, "storeOpen": {"BOOL": True}, "maxOrdersInQueue": {"N": "10"}})
    db.put_item(TableName=counting, Item={"PK": {"S": "orderID"}, "IDvalue": {"N": "0"}})
    assert db.get_item(TableName=config, Key={"PK": {"S": "config"}})["Item"]["storeOpen"]["BOOL"] is True
    for number in range(1, 4):
        answer = db.update_item(TableName=counting, Key={"PK": {"S": "orderID"}},
                                UpdateExpression="set IDvalue = IDvalue + :val",
                                ExpressionAttributeValues={":val": {"N": "1"}}, ReturnValues="UPDATED_NEW")
        assert answer["Attributes"] == {"IDvalue": {"N": str(number)}}


def test_order_manager_calls(db, order):
    key = {"PK": {"S": "orders"}, "SK": {"S": "2"}}
    db.update_item(TableName=order, Key=key,
                   UpdateExpression="set USERID = :u, ORDERSTATE = :s, TS = :t, TaskToken = :k, orderNumber = :n",
                   ExpressionAttributeValues={":u": {"S": "7"}, ":s": {"S": "CREATED"}, ":t": {"N": "1764000000123"},
                                              ":k": {"S": "token"}, ":n": {"S": "42"}})
    claim = dict(TableName=order, Key=key, UpdateExpression="set drinkOrder = :drink",
                 ConditionExpression="#userId = :userId AND attribute_exists(TaskToken)", ReturnValues="ALL_NEW",
                 ExpressionAttributeNames={"#userId": "USERID"})
    refused(db.update_item, "ConditionalCheckFailedException", "The conditional request failed",
            ExpressionAttributeValues={":drink": {"S": "tea"}, ":userId": {"S": "8"}}, **claim)
    after = db.update_item(ExpressionAttributeValues={":drink": {"S": "tea"}, ":userId": {"S": "7"}},
                           **claim)["Attributes"]
    assert after == {**key, "USERID": {"S": "7"}, "ORDERSTATE": {"S": "CREATED"}, "TS": {"N": "1764000000123"},
                     "TaskToken": {"S": "token"}, "orderNumber": {"S": "42"}, "drinkOrder": {"S": "tea"}}
    created = db.query(TableName=order, IndexName="GSI-status", KeyConditionExpression="ORDERSTATE = :s",
                       ExpressionAttributeValues={":s": {"S": "CREATED"}})
    assert created["Items"] == [after]
    db.update_item(TableName=order, Key=key, UpdateExpression="set ORDERSTATE = :s",
                   ExpressionAttributeValues={":s": {"S": "COMPLETED"}})
    assert db.query(TableName=order, IndexName="GSI-status", KeyConditionExpression="ORDERSTATE = :s", Select="COUNT",
                    ExpressionAttributeValues={":s": {"S": "CREATED"}})["Count"] == 0
    assert db.query(TableName=order, IndexName="LSI-timestamp", KeyConditionExpression="PK = :p AND TS > :t",
                    ScanIndexForward=False,
                    ExpressionAttributeValues={":p": {"S": "orders"}, ":t": {"N": "1763999999999.5"}})["Count"] == 1


# ---- query and scan ----

@pytest.fixture
def filled(resource, order):
    table = resource.Table(order)
    with table.batch_writer() as batch:
        for i in range(60):
            batch.put_item({"PK": f"p{i % 2}", "SK": f"s{i:03}", "TS": Decimal(1000 - i), "USERID": f"u{i % 3}",
                            "i": i})
    return table


def test_query_ranges(filled):
    def keys(**arguments):
        return [int(item["i"]) for item in filled.query(**arguments)["Items"]]

    even = list(range(0, 60, 2))
    own = Key("PK").eq("p0")
    assert keys(KeyConditionExpression=own) == even
    assert keys(KeyConditionExpression=own, ScanIndexForward=False) == even[::-1]
    assert keys(KeyConditionExpression=own & Key("SK").lt("s010")) == [0, 2, 4, 6, 8]
    assert keys(KeyConditionExpression=own & Key("SK").lte("s010")) == [0, 2, 4, 6, 8, 10]
    assert keys(KeyConditionExpression=own & Key("SK").gt("s054")) == [56, 58]
    assert keys(KeyConditionExpression=own & Key("SK").gte("s054")) == [54, 56, 58]
    assert keys(KeyConditionExpression=own & Key("SK").between("s003", "s008")) == [4, 6, 8]
    assert keys(KeyConditionExpression=own & Key("SK").begins_with("s02")) == [20, 22, 24, 26, 28]
    assert keys(IndexName="LSI-timestamp", KeyConditionExpression=own & Key("TS").lte(Decimal("944.0"))) == [58, 56]
    assert keys(IndexName="GSI-userId", KeyConditionExpression=Key("USERID").eq("u2")) == list(range(2, 60, 3))
    got = filled.query(KeyConditionExpression=own,
                       FilterExpression=Attr("i").gt(50) & Attr("USERID").is_in(["u0", "u2"]),
                       ProjectionExpression="i, USERID")
    assert got["Items"] == [{"i": 54, "USERID": "u0"},
                            {"i": 56, "USERID": "u2"}] and got["ScannedCount"] == 30 and got["Count"] == 2


@pytest.mark.parametrize("limit", [1, 7, 30, 31])
@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("index", [None, "LSI-timestamp"])
def test_query_pages(filled, limit, forward, index):
    seen, start = [], {}
    while True:
        page = filled.query(KeyConditionExpression=Key("PK").eq("p1"), Limit=limit, ScanIndexForward=forward,
                            **({"IndexName": index} if index else {}), **start)
        assert page["Count"] == page["ScannedCount"] <= limit
        seen += [int(item["i"]) for item in page["Items"]]
        if "LastEvaluatedKey" not in page:
            break
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    expected = list(range(1, 60, 2))
    assert seen == (expected if forward == (index is None) else expected[::-1])


def test_query_refusals(db, order):
    values = {":v": {"S": "1"}}
    query = dict(TableName=order, ExpressionAttributeValues=values)
    for arguments, text in [
        ({"KeyConditionExpression": "SK = :v"}, "Query condition missed key schema element: PK"),
        ({"KeyConditionExpression": "PK > :v"}, "Query key condition not supported"),
        ({"KeyConditionExpression": ""}, "Invalid KeyConditionExpression: The expression can not be empty;"),
        ({"KeyConditionExpression": "PK = :v", "IndexName": "nope"},
         "The table does not have the specified index: nope"),
        ({"KeyConditionExpression": "USERID = :v", "IndexName": "GSI-userId", "ConsistentRead": True},
         "Consistent reads are not supported on global secondary indexes"),
        ({"KeyConditionExpression": "PK = :v", "FilterExpression": "SK = :v"},
         "Filter Expression can only contain non-primary key attributes: Primary key attribute: SK"),
        ({"KeyConditionExpression": "PK = :v", "FilterExpression": "#missing = :v"},
         "Invalid FilterExpression: An expression attribute name used in the document path is not defined; attribute "
         "name: #missing"),
        ({"KeyConditionExpression": "PK = :v", "ExpressionAttributeNames": {"#u": "x"}},
         "Value provided in ExpressionAttributeNames unused in expressions: keys: {#u}"),
    ]:
        refused(db.query, "ValidationException", text, **dict(query, **arguments))
    refused(db.query, "ValidationException", TableName=order, KeyConditionExpression="PK = :v",
            ExpressionAttributeValues=values, Limit=0)


def test_scan(db, filled):
    whole = [int(item["i"])
             for page in db.get_paginator("scan").paginate(TableName=filled.name, PaginationConfig={"PageSize": 9})
             for item in [{k: list(v.values())[0] for k, v in item.items()} for item in page["Items"]]]
    assert sorted(whole) == list(range(60))
    parts = [filled.scan(Segment=segment, TotalSegments=4)["Items"] for segment in range(4)]
    assert sorted(int(item["i"]) for part in parts for item in part) == list(range(60))
    got = filled.scan(FilterExpression=Attr("i").between(10, 12), Select="COUNT")
    assert (got["Count"], got["ScannedCount"]) == (3, 60) and "Items" not in got
    assert filled.scan(IndexName="GSI-status")["Count"] == 0
    assert filled.scan(IndexName="GSI-userId", Limit=5)["Count"] == 5
    refused(db.scan, "ValidationException",
            "The TotalSegments parameter is required but was not present in the request when "
            "Segment parameter is present", TableName=filled.name, Segment=0)


def test_a_page_is_a_mebibyte(resource, plain):
    table = resource.Table(plain)
    for i in range(8):
        table.put_item(Item={"PK": str(i), "v": "x" * 300_000})
    page = table.scan(ReturnConsumedCapacity="TOTAL")
    assert page["Count"] == 4 and "LastEvaluatedKey" in page
    assert page["ConsumedCapacity"] == {"TableName": plain, "CapacityUnits": Decimal("146.5")}
    rest = table.scan(ExclusiveStartKey=page["LastEvaluatedKey"])
    assert {item["PK"] for item in page["Items"] + rest["Items"]} == {str(i) for i in range(8)}


# ---- batches ----

def test_batch_write(db, plain, order):
    db.put_item(TableName=plain, Item={"PK": {"S": "old"}})
    answer = db.batch_write_item(RequestItems={
        plain: [{"PutRequest": {"Item": {"PK": {"S": "new"}}}}, {"DeleteRequest": {"Key": {"PK": {"S": "old"}}}}],
        order: [{"PutRequest": {"Item": {"PK": {"S": "1"}, "SK": {"S": "1"}}}}]}, ReturnConsumedCapacity="TOTAL")
    assert answer["UnprocessedItems"] == {}
    assert {one["TableName"]: one["CapacityUnits"] for one in answer["ConsumedCapacity"]} == {plain: 2.0, order: 1.0}
    assert db.scan(TableName=plain)["Items"] == [{"PK": {"S": "new"}}]
    puts = [{"PutRequest": {"Item": {"PK": {"S": str(i)}}}} for i in range(26)]
    refused(db.batch_write_item, "ValidationException", RequestItems={plain: puts})
    refused(db.batch_write_item, "ValidationException", "Too many items requested for the BatchWriteItem call",
            RequestItems={plain: puts[:13], order: puts[13:]})
    refused(db.batch_write_item, "ValidationException", "Provided list of item keys contains duplicates",
            RequestItems={plain: [puts[0], puts[0]]})
    refused(db.batch_write_item, "ValidationException", "The provided key element does not match the schema",
            RequestItems={plain: [puts[0], {"PutRequest": {"Item": {"PK": {"N": "1"}}}}]})
    assert db.scan(TableName=plain)["Count"] == 1
    db.batch_write_item(RequestItems={plain: puts[:25]})
    assert db.describe_table(TableName=plain)["Table"]["ItemCount"] == 26


# ---- the rest ----

def test_resource(resource):
    table = resource.create_table(TableName=name_of("res"), KeySchema=key_schema("id"),
                                  AttributeDefinitions=attributes(id="N"),
                                  BillingMode="PAY_PER_REQUEST")
    table.wait_until_exists()
    table.put_item(Item={"id": 1, "tags": {"a", "b"}, "price": Decimal("3.10"), "blob": b"\x01",
                         "nested": [{"x": None}, True]})
    item = table.get_item(Key={"id": 1})["Item"]
    assert item["tags"] == {"a", "b"} and item["price"] == Decimal("3.1") and item["nested"] == [{"x": None}, True]
    answer = table.update_item(Key={"id": Decimal("1.0")}, UpdateExpression="ADD tags :t, n :n DELETE tags2 :t",
                               ReturnValues="UPDATED_NEW",
                               ExpressionAttributeValues={":t": {"c"}, ":n": Decimal("0.1")})
    assert answer["Attributes"] == {"tags": {"a", "b", "c"}, "n": Decimal("0.1")}
    table.delete()


def test_aws_cli(aws):
    name = name_of("cli")
    aws("dynamodb", "create-table", "--table-name", name, "--billing-mode", "PAY_PER_REQUEST", "--key-schema",
        "AttributeName=PK,KeyType=HASH", "--attribute-definitions", "AttributeName=PK,AttributeType=S")
    aws("dynamodb", "put-item", "--table-name", name, "--item", '{"PK":{"S":"x"},"n":{"N":"1"}}')
    got = aws("dynamodb", "update-item", "--table-name", name, "--key", '{"PK":{"S":"x"}}', "--update-expression",
              "set n = n + :v",
              "--expression-attribute-values", '{":v":{"N":"1"}}', "--return-values", "UPDATED_NEW")
    assert got == {"Attributes": {"n": {"N": "2"}}}
    assert aws("dynamodb", "query", "--table-name", name, "--key-condition-expression", "PK = :v",
               "--expression-attribute-values",
               '{":v":{"S":"x"}}')["Items"] == [{"PK": {"S": "x"}, "n": {"N": "2"}}]


def test_killed_and_started_again(new_server):
    server = new_server()
    db = server.client("dynamodb")
    db.create_table(TableName="kept", BillingMode="PAY_PER_REQUEST", KeySchema=key_schema("PK"),
                    AttributeDefinitions=attributes(PK="S", G="S"),
                    GlobalSecondaryIndexes=[{"IndexName": "gsi", "KeySchema": key_schema("G"),
                                             "Projection": {"ProjectionType": "KEYS_ONLY"}}])
    for i in range(50):
        db.put_item(TableName="kept", Item={"PK": {"S": str(i)}, "G": {"S": "g"}})
    server.kill()
    server.start()
    assert db.describe_table(TableName="kept")["Table"]["ItemCount"] == 50
    assert db.scan(TableName="kept")["Count"] == 50
    assert db.query(TableName="kept", IndexName="gsi", KeyConditionExpression="G = :g",
                    ExpressionAttributeValues={":g": {"S": "g"}})["Count"] == 50
