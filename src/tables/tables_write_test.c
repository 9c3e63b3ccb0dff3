/* Writes of items: conditions, returned values, refusals, sizes, batches. */
#include "tables/fixture_test.h"
#include "tables/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void test_counting(void **state)
{
    struct fixture *f = *state;
    create_plain_table(f, "counting", "S");
    expect(run(f, "UpdateItem",
               "{'TableName':'counting','Key':{'PK':{'S':'orderID'}},'UpdateExpression':'set IDvalue = "
               "IDvalue + :val',"
               "'ExpressionAttributeValues':{':val':{'N':'1'}},'ReturnValues':'UPDATED_NEW'}"),
           "The provided expression refers to an attribute that does not exist in the item");
    expect(run(f, "PutItem", "{'TableName':'counting','Item':{'PK':{'S':'orderID'},'IDvalue':{'N':'0'}}}"),
           "{}");
    for (int i = 1; i < 12; i++) {
        char expected[64];
        (void)snprintf(expected, sizeof(expected), "{'Attributes':{'IDvalue':{'N':'%d'}}}", i);
        expect(run(f, "UpdateItem",
                   "{'TableName':'counting','Key':{'PK':{'S':'orderID'}},'UpdateExpression':'set IDvalue = "
                   "IDvalue + :val',"
                   "'ExpressionAttributeValues':{':val':{'N':'1'}},'ReturnValues':'UPDATED_NEW'}"),
               expected);
    }
    expect(run(f, "GetItem", "{'TableName':'counting','Key':{'PK':{'S':'orderID'}}}"),
           "{'Item':{'IDvalue':{'N':'11'},'PK':{'S':'orderID'}}}");
    assert_int_equal(keys_of_kind(f, 'i'), 1);
}

static void test_return_values(void **state)
{
    struct fixture *f = *state;
    create_plain_table(f, "tab", "N");
    expect(run(f, "PutItem",
               "{'TableName':'tab','Item':{'PK':{'N':'1'},'a':{'S':'x'}},'ReturnValues':'ALL_OLD'}"),
           "{}");
    expect(run(f, "PutItem",
               "{'TableName':'tab','Item':{'PK':{'N':'1.0'},'a':{'S':'y'}},'ReturnValues':'ALL_OLD'}"),
           "{'Attributes':{'PK':{'N':'1'},'a':{'S':'x'}}}");
    expect(run(f, "PutItem", "{'TableName':'tab','Item':{'PK':{'N':'1'}},'ReturnValues':'ALL_NEW'}"),
           "ReturnValues can only be ALL_OLD or NONE");
#define UPDATE                                                                                    \
    "{'TableName':'tab','Key':{'PK':{'N':'1'}},'UpdateExpression':'SET a = :v, m = :m REMOVE b'," \
    "'ExpressionAttributeValues':{':v':{'S':'z'},':m':{'M':{'k':{'N':'1'}}}}"
    expect(run(f, "UpdateItem", UPDATE ",'ReturnValues':'UPDATED_OLD'}"), "{'Attributes':{'a':{'S':'y'}}}");
    expect(run(f, "UpdateItem", UPDATE ",'ReturnValues':'UPDATED_NEW'}"),
           "{'Attributes':{'a':{'S':'z'},'m':{'M':{'k':{'N':'1'}}}}}");
    expect(run(f, "UpdateItem", UPDATE ",'ReturnValues':'ALL_NEW'}"),
           "{'Attributes':{'PK':{'N':'1'},'a':{'S':'z'},'m':{'M':{'k':{'N':'1'}}}}}");
    expect(run(f, "UpdateItem",
               "{'TableName':'tab','Key':{'PK':{'N':'1'}},'UpdateExpression':'SET m.q = "
               ":v','ReturnValues':'UPDATED_NEW',"
               "'ExpressionAttributeValues':{':v':{'S':'z'}}}"),
           "{'Attributes':{'m':{'M':{'q':{'S':'z'}}}}}");
    expect(run(f, "UpdateItem", "{'TableName':'tab','Key':{'PK':{'N':'2'}},'ReturnValues':'ALL_NEW'}"),
           "{'Attributes':{'PK':{'N':'2'}}}");
    expect(run(f, "UpdateItem", "{'TableName':'tab','Key':{'PK':{'N':'3'}},'ReturnValues':'ALL_OLD'}"), "{}");
    expect(run(f, "DeleteItem", "{'TableName':'tab','Key':{'PK':{'N':'2'}},'ReturnValues':'ALL_OLD'}"),
           "{'Attributes':{'PK':{'N':'2'}}}");
    expect(run(f, "DeleteItem", "{'TableName':'tab','Key':{'PK':{'N':'2'}},'ReturnValues':'ALL_OLD'}"), "{}");
    expect(run(f, "GetItem",
               "{'TableName':'tab','Key':{'PK':{'N':'1'}},'ProjectionExpression':'m.k, "
               "#a','ExpressionAttributeNames':"
               "{'#a':'a'},'ReturnConsumedCapacity':'TOTAL'}"),
           "{'Item':{'a':{'S':'z'},'m':{'M':{'k':{'N':'1'}}}},'ConsumedCapacity':{'TableName':'tab','"
           "CapacityUnits':0.5}}");
    expect(run(f, "GetItem", "{'TableName':'tab','Key':{'PK':{'N':'9'}}}"), "{}");
}

static void test_conditions(void **state)
{
    struct fixture *f = *state;
    create_plain_table(f, "tab", "S");
#define PUT_IF_NEW                                                                                           \
    "{'TableName':'tab','Item':{'PK':{'S':'1'},'n':{'N':'%d'}},'ConditionExpression':'attribute_not_exists(" \
    "PK)'%s}"
    expect(run(f, "PutItem", PUT_IF_NEW, 1, ""), "{}");
    expect(run(f, "PutItem", PUT_IF_NEW, 2, ""), "The conditional request failed");
    assert_int_equal(f->code, FAULT_CONDITION_FAILED);
    expect(run(f, "PutItem", PUT_IF_NEW, 2, ",'ReturnValuesOnConditionCheckFailure':'ALL_OLD'"),
           "The conditional request failed {'Item':{'PK':{'S':'1'},'n':{'N':'1'}}}");
    expect(run(f, "DeleteItem",
               "{'TableName':'tab','Key':{'PK':{'S':'1'}},'ConditionExpression':'n = "
               ":two','ExpressionAttributeValues':"
               "{':two':{'N':'2'}}}"),
           "The conditional request failed");
    expect(run(f, "UpdateItem",
               "{'TableName':'tab','Key':{'PK':{'S':'2'}},'UpdateExpression':'SET a = "
               ":one','ConditionExpression':'n = :one',"
               "'ExpressionAttributeValues':{':one':{'N':'1'}}}"),
           "The conditional request failed");
    expect(run(f, "UpdateItem",
               "{'TableName':'tab','Key':{'PK':{'S':'1'}},'UpdateExpression':'SET a = "
               ":one','ConditionExpression':'n = :one',"
               "'ExpressionAttributeValues':{':one':{'N':'1'}}}"),
           "{}");
    assert_int_equal(keys_of_kind(f, 'i'), 1);
}

static void test_item_refusals(void **state)
{
    struct fixture *f = *state;
    create_order_table(f);
    static const struct {
        const char *operation, *input, *text;
    } cases[] = {
        { "PutItem", "{'TableName':'order','Item':{'PK':{'S':'1'}}}",
          "One or more parameter values were invalid: Missing the key SK in the item" },
        { "PutItem", "{'TableName':'order','Item':{'PK':{'N':'1'},'SK':{'S':'1'}}}",
          "One or more parameter values were invalid: Type mismatch for key PK expected: S actual: N" },
        { "PutItem", "{'TableName':'order','Item':{'PK':{'S':''},'SK':{'S':'1'}}}",
          "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain "
          "an empty "
          "string value. Key: PK" },
        { "PutItem", "{'TableName':'order','Item':{'PK':{'S':'1'},'SK':{'S':'1'},'TS':{'S':'1'}}}",
          "One or more parameter values were invalid: Type mismatch for Index Key TS Expected: N Actual: S "
          "IndexName: "
          "LSI-timestamp" },
        { "PutItem", "{'TableName':'order','Item':{'PK':{'S':'1'},'SK':{'S':'1'},'USERID':{'S':''}}}",
          "One or more parameter values are not valid. A value specified for a secondary index key is not "
          "supported. The "
          "AttributeValue for a key attribute cannot contain an empty string value. IndexName: GSI-userId, "
          "IndexKey: "
          "USERID" },
        { "PutItem", "{'TableName':'order','Item':{'PK':{'S':'1'},'SK':{'S':'1'},'x':{'SS':[]}}}",
          "One or more parameter values were invalid: An string set  may not be empty" },
        { "GetItem", "{'TableName':'order','Key':{'PK':{'S':'1'}}}",
          "The provided key element does not match the schema" },
        { "GetItem", "{'TableName':'order','Key':{'PK':{'S':'1'},'SK':{'S':'1'},'x':{'S':'1'}}}",
          "The provided key element does not match the schema" },
        { "DeleteItem", "{'TableName':'order','Key':{'PK':{'S':'1'},'SK':{'N':'1'}}}",
          "The provided key element does not match the schema" },
        { "UpdateItem",
          "{'TableName':'order','Key':{'PK':{'S':'1'},'SK':{'S':'1'}},'UpdateExpression':'SET PK = :v',"
          "'ExpressionAttributeValues':{':v':{'S':'1'}}}",
          "One or more parameter values were invalid: Cannot update attribute PK. This attribute is part of "
          "the key" },
        { "UpdateItem",
          "{'TableName':'order','Key':{'PK':{'S':'1'},'SK':{'S':'1'}},'UpdateExpression':'SET USERID = :v',"
          "'ExpressionAttributeValues':{':v':{'N':'1'}}}",
          "The update expression attempted to update the secondary index key to unsupported type" },
        { "UpdateItem",
          "{'TableName':'order','Key':{'PK':{'S':'1'},'SK':{'S':'1'}},'AttributeUpdates':{'a':{'Value':{'S':'"
          "x'}}}}",
          "UpdateItem: the legacy parameters {AttributeUpdates} are not supported by Crema; use "
          "expressions" },
        { "PutItem",
          "{'TableName':'order','Item':{'PK':{'S':'1'},'SK':{'S':'1'}},'Expected':{},'ConditionExpression':'"
          "a = b'}",
          "Can not use both expression and non-expression parameters in the same request: Non-expression "
          "parameters: "
          "{Expected} Expression parameters: {ConditionExpression}" },
        { "PutItem",
          "{'TableName':'order','Item':{'PK':{'S':'1'},'SK':{'S':'1'}},'ExpressionAttributeValues':{':v':{'S'"
          ":'1'}}}",
          "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is "
          "null" },
        { "UpdateItem",
          "{'TableName':'order','Key':{'PK':{'S':'1'},'SK':{'S':'1'}},'ExpressionAttributeValues':{':v':{'S':"
          "'1'}}}",
          "ExpressionAttributeValues can only be specified when using expressions: UpdateExpression and "
          "ConditionExpression are null" },
        { "GetItem",
          "{'TableName':'order','Key':{'PK':{'S':'1'},'SK':{'S':'1'}},'ExpressionAttributeNames':{'#v':'q'}}",
          "ExpressionAttributeNames can only be specified when using expressions" },
        { "PutItem",
          "{'TableName':'order','Item':{'PK':{'S':'1'},'SK':{'S':'1'}},'ReturnItemCollectionMetrics':'SIZE'}",
          "PutItem: ReturnItemCollectionMetrics SIZE is not supported by Crema" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        assert_string_equal(run(f, cases[i].operation, "%s", cases[i].input), cases[i].text);
    assert_int_equal(keys_of_kind(f, 'i'), 0);
    assert_int_equal(keys_of_kind(f, 's'), 0);
}

static void test_sizes(void **state)
{
    struct fixture *f = *state;
    static char big[ITEM_BYTES_MAX + 10];
    create_plain_table(f, "tab", "S");
    memset(big, 'x', sizeof(big));
    int fits = ITEM_BYTES_MAX - 2 - 1 - 1; /* PK, its value, v */
    expect(
        run(f, "PutItem",
            "{'TableName':'tab','Item':{'PK':{'S':'1'},'v':{'S':'%.*s'}},'ReturnConsumedCapacity':'TOTAL'}",
            fits, big),
        "{'ConsumedCapacity':{'TableName':'tab','CapacityUnits':400}}");
    expect(run(f, "PutItem", "{'TableName':'tab','Item':{'PK':{'S':'1'},'v':{'S':'%.*s'}}}", fits + 1, big),
           "Item size has exceeded the maximum allowed size");
    expect(run(f, "UpdateItem",
               "{'TableName':'tab','Key':{'PK':{'S':'1'}},'UpdateExpression':'SET w = "
               ":v','ExpressionAttributeValues':"
               "{':v':{'S':''}}}"),
           "Item size to update has exceeded the maximum allowed size");
    expect(run(f, "PutItem", "{'TableName':'tab','Item':{'PK':{'S':'%.*s'}}}", 2048, big), "{}");
    run(f, "GetItem", "{'TableName':'tab','Key':{'PK':{'S':'%.*s'}}}", 2048, big);
    assert_true(strlen(f->text) > 2048);
    expect(run(f, "GetItem", "{'TableName':'tab','Key':{'PK':{'S':'%.*s'}}}", 2047, big), "{}");
    expect(run(f, "GetItem", "{'TableName':'tab','Key':{'PK':{'S':'%.*s'}}}", 2049, big),
           "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit "
           "of2048 bytes");
    run(f, "DescribeTable", "{'TableName':'tab'}");
    char counts[64];
    (void)snprintf(counts, sizeof(counts), "\"TableSizeBytes\":%d,\"ItemCount\":2,",
                   ITEM_BYTES_MAX + 2 + 2048);
    assert_non_null(strstr(f->text, counts));
}

static void test_batch_write(void **state)
{
    struct fixture *f = *state;
    create_plain_table(f, "one", "S");
    create_plain_table(f, "two", "N");
    run(f, "PutItem", "{'TableName':'one','Item':{'PK':{'S':'gone'}}}");
    expect(
        run(f, "BatchWriteItem",
            "{'RequestItems':{'one':[{'PutRequest':{'Item':{'PK':{'S':'a'}}}},{'DeleteRequest':{'Key':{'PK':{"
            "'S':'gone'}}}},"
            "{'DeleteRequest':{'Key':{'PK':{'S':'never'}}}}],'two':[{'PutRequest':{'Item':{'PK':{'N':'1'}}}}]"
            "},"
            "'ReturnConsumedCapacity':'TOTAL'}"),
        "{'UnprocessedItems':{},'ConsumedCapacity':[{'TableName':'one','CapacityUnits':3},{'TableName':'two',"
        "'CapacityUnits':1}]}");
    expect(run(f, "Scan", "{'TableName':'one'}"), "{'Items':[{'PK':{'S':'a'}}],'Count':1,'ScannedCount':1}");
    expect(run(f, "Scan", "{'TableName':'two'}"), "{'Items':[{'PK':{'N':'1'}}],'Count':1,'ScannedCount':1}");
    expect(run(f, "BatchWriteItem",
               "{'RequestItems':{'one':[{'PutRequest':{'Item':{'PK':{'S':'b'}}}},{'DeleteRequest':{'Key':{'"
               "PK':{'S':'b'}}}}]}}"),
           "Provided list of item keys contains duplicates");
    expect(run(f, "BatchWriteItem",
               "{'RequestItems':{'one':[{'PutRequest':{'Item':{'PK':{'S':'b'}}}}],'three':[{'PutRequest':{'"
               "Item':{'PK':{'S':'b'}}}}]}}"),
           "Requested resource not found");
    expect(run(f, "BatchWriteItem",
               "{'RequestItems':{'one':[{'PutRequest':{'Item':{'PK':{'S':'b'}}}}],'two':[{'PutRequest':{'"
               "Item':{'PK':{'S':'b'}}}}]}}"),
           "The provided key element does not match the schema");
    expect(run(f, "BatchWriteItem", "{'RequestItems':{'one':[{}]}}"),
           "Supplied WriteRequest must contain exactly one of PutRequest and DeleteRequest");
    expect(run(f, "BatchWriteItem", "{'RequestItems':{}}"),
           "The requestItems parameter is required for BatchWriteItem");
    struct buf many;
    buf_init(&many, 0);
    for (int i = 0; i < 26; i++)
        buf_printf(&many, "%s{'PutRequest':{'Item':{'PK':{'S':'m%d'}}}}", i ? "," : "", i);
    expect(run(f, "BatchWriteItem", "{'RequestItems':{'one':[%.*s]}}", (int)many.len, many.ptr),
           "Too many items requested for the BatchWriteItem call");
    buf_fini(&many);
    assert_int_equal(keys_of_kind(f, 'i'), 2); /* nothing of what was refused */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_counting),      TEST(test_return_values), TEST(test_conditions),
        TEST(test_item_refusals), TEST(test_sizes),         TEST(test_batch_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
