/* Tables: making, listing and deleting them, what is refused; the cache, tags. */
#include "tables/fixture_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void test_tables(void **state)
{
    struct fixture *f = *state;
    create_order_table(f);
    run(f, "DescribeTable", "{'TableName':'order'}");
    assert_non_null(strstr(f->text, "\"TableStatus\":\"ACTIVE\",\"CreationDateTime\":1764000000.123"));
    assert_non_null(strstr(
        f->text, "\"ItemCount\":0,\"TableArn\":\"arn:aws:dynamodb:us-east-1:000000000000:table/order\""));
    assert_non_null(strstr(
        f->text, "\"IndexArn\":\"arn:aws:dynamodb:us-east-1:000000000000:table/order/index/GSI-userId\""));
    expect(run(f, "CreateTable",
               "{'TableName':'order','BillingMode':'PAY_PER_REQUEST','AttributeDefinitions':[{'AttributeName'"
               ":'PK','AttributeType':'S'}],"
               "'KeySchema':[{'AttributeName':'PK','KeyType':'HASH'}]}"),
           "Table already exists: order");
    assert_int_equal(f->code, FAULT_ALREADY_EXISTS);
    run(f, "DescribeTable", "{'TableName':'arn:aws:dynamodb:us-east-1:000000000000:table/order'}");
    assert_int_equal(f->code, FAULT_NONE);
    expect(run(f, "DescribeTable", "{'TableName':'arn:aws:dynamodb:us-east-2:000000000000:table/order'}"),
           "Requested resource not found: Table: order not found");
    expect(run(f, "DescribeTable", "{'TableName':'nope'}"),
           "Requested resource not found: Table: nope not found");
    assert_int_equal(f->code, FAULT_NOT_FOUND);
    expect(run(f, "DeleteTable", "{'TableName':'nope'}"),
           "Requested resource not found: Table: nope not found");
    expect(run(f, "GetItem", "{'TableName':'nope','Key':{'PK':{'S':'1'}}}"), "Requested resource not found");
    assert_string_equal(
        run(f, "GetItem", "{'TableName':'no pe','Key':{'PK':{'S':'1'}}}"),
        "1 validation error detected: Value 'no pe' at 'tableName' failed to satisfy constraint: Member "
        "must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
}

static void test_list(void **state)
{
    struct fixture *f = *state;
    char name[16];
    for (int i = 0; i < 120; i++) {
        (void)snprintf(name, sizeof(name), "t%03d", i);
        create_plain_table(f, name, "S");
    }
    run(f, "ListTables", "{}");
    assert_non_null(strstr(f->text, "\"t099\"],\"LastEvaluatedTableName\":\"t099\"}"));
    expect(run(f, "ListTables", "{'ExclusiveStartTableName':'t117'}"), "{'TableNames':['t118','t119']}");
    expect(run(f, "ListTables", "{'Limit':2,'ExclusiveStartTableName':'t0'}"),
           "{'TableNames':['t000','t001'],'LastEvaluatedTableName':'t001'}");
    expect(run(f, "ListTables", "{'Limit':2,'ExclusiveStartTableName':'t117'}"),
           "{'TableNames':['t118','t119']}");
}

static void test_create_refusals(void **state)
{
    struct fixture *f = *state;
#define ATTRIBUTES                                                                                           \
    "'AttributeDefinitions':[{'AttributeName':'a','AttributeType':'S'},{'AttributeName':'b','AttributeType'" \
    ":'N'}]"
#define KEYS "'KeySchema':[{'AttributeName':'a','KeyType':'HASH'},{'AttributeName':'b','KeyType':'RANGE'}]"
#define DEMAND "'BillingMode':'PAY_PER_REQUEST'"
    static const struct {
        const char *input, *text;
    } cases[] = {
        { "{'TableName':'ab'," ATTRIBUTES "," KEYS "," DEMAND "}",
          "1 validation error detected: Value \"ab\" at \"tableName\" failed to satisfy constraint: Member "
          "must have length "
          "greater than or equal to 3" },
        { "{'TableName':'abc'," ATTRIBUTES "," KEYS "}",
          "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be "
          "specified "
          "when BillingMode is PROVISIONED" },
        { "{'TableName':'abc'," ATTRIBUTES "," KEYS "," DEMAND
          ",'ProvisionedThroughput':{'ReadCapacityUnits':1,'WriteCapacityUnits':1}}",
          "One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can "
          "be specified "
          "when BillingMode is PAY_PER_REQUEST" },
        { "{'TableName':'abc'," ATTRIBUTES "," DEMAND
          ",'KeySchema':[{'AttributeName':'a','KeyType':'HASH'}]}",
          "One or more parameter values were invalid: Number of attributes in KeySchema does not exactly "
          "match number of "
          "attributes defined in AttributeDefinitions" },
        { "{'TableName':'abc'," ATTRIBUTES "," DEMAND
          ",'KeySchema':[{'AttributeName':'c','KeyType':'HASH'}]}",
          "Invalid KeySchema: Some index key attribute have no definition" },
        { "{'TableName':'abc'," ATTRIBUTES "," DEMAND
          ",'KeySchema':[{'AttributeName':'a','KeyType':'RANGE'}]}",
          "Invalid KeySchema: The first KeySchemaElement is not a HASH key type" },
        { "{'TableName':'abc'," ATTRIBUTES "," KEYS "," DEMAND ",'SSESpecification':{'Enabled':true}}",
          "CreateTable: SSESpecification with Enabled is not supported by Crema" },
        { "{'TableName':'abc'," ATTRIBUTES "," KEYS "," DEMAND ",'LocalSecondaryIndexes':[]}",
          "One or more parameter values were invalid: List of LocalSecondaryIndexes is empty" },
        { "{'TableName':'abc'," ATTRIBUTES "," KEYS "," DEMAND
          ",'LocalSecondaryIndexes':[{'IndexName':'iii','KeySchema':[{'AttributeName':'b','KeyType':'HASH'},"
          "{'AttributeName':'a','KeyType':'RANGE'}],'Projection':{'ProjectionType':'ALL'}}]}",
          "One or more parameter values were invalid: Index KeySchema does not have the same leading hash "
          "key as table "
          "KeySchema for index: iii. index hash key: b, table hash key: a" },
        { "{'TableName':'abc'," ATTRIBUTES "," KEYS "," DEMAND
          ",'GlobalSecondaryIndexes':[{'IndexName':'iii','KeySchema':[{'AttributeName':'b','KeyType':'HASH'}]"
          ","
          "'Projection':{'ProjectionType':'INCLUDE'}}]}",
          "One or more parameter values were invalid: ProjectionType is INCLUDE, but NonKeyAttributes is not "
          "specified" },
        { "{'TableName':'abc'," ATTRIBUTES "," KEYS "," DEMAND
          ",'GlobalSecondaryIndexes':[{'IndexName':'iii','KeySchema':[{'AttributeName':'b','KeyType':'HASH'}]"
          ","
          "'Projection':{'ProjectionType':'ALL'}},{'IndexName':'iii','KeySchema':[{'AttributeName':'a','"
          "KeyType':'HASH'}],"
          "'Projection':{'ProjectionType':'ALL'}}]}",
          "One or more parameter values were invalid: Duplicate index name: iii" },
        { "{'TableName':'abc'," ATTRIBUTES "," KEYS "," DEMAND
          ",'GlobalSecondaryIndexes':[{'IndexName':'iii','KeySchema':[{'AttributeName':'z','KeyType':'HASH'}]"
          ","
          "'Projection':{'ProjectionType':'ALL'}}]}",
          "One or more parameter values were invalid: Some index key attributes are not defined in "
          "AttributeDefinitions. "
          "Keys: [z], AttributeDefinitions: [a, b]" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        run(f, "CreateTable", "%s", cases[i].input);
        char got[1024];
        (void)snprintf(got, sizeof(got), "%.1000s", f->text);
        for (char *c = got; *c; c++)
            *c = *c == '\'' ? '"' : *c;
        assert_string_equal(got, cases[i].text);
    }
    expect(run(f, "ListTables", "{}"), "{'TableNames':[]}");
    assert_int_equal(keys_of_kind(f, 'n'), 0);
}

static void test_cache_after_rollback(void **state)
{
    struct fixture *f = *state;
    struct store_batch *batch = store_batch_begin(f->store);
    struct arena arena = { 0 };
    struct json input;
    struct buf out;
    struct json_writer w;
    struct fault fault = { 0 };
    buf_init(&out, 0);
    json_writer_init(&w, &out);
    assert_int_equal(
        json_read(
            &arena,
            STR("{\"TableName\":\"lost\",\"BillingMode\":\"PAY_PER_REQUEST\",\"AttributeDefinitions\":[{"
                "\"AttributeName\":\"PK\",\"AttributeType\":\"S\"}],\"KeySchema\":[{\"AttributeName\":"
                "\"PK\",\"KeyType\":\"HASH\"}]}"),
            0, &input, NULL),
        ERR_OK);
    struct work work = { .batch = batch, .reader = store_batch_reader(batch), .arena = &arena };
    struct tables_call call = { .arena = &arena,
                                .ns = { STR("000000000000"), STR("us-east-1") },
                                .input = &input,
                                .reader = work.reader,
                                .work = &work,
                                .out = &w,
                                .fault = &fault };
    assert_true(tables_create_table(f->tables, &call));
    assert_int_equal(
        json_read(&arena, STR("{\"TableName\":\"lost\",\"Item\":{\"PK\":{\"S\":\"1\"}}}"), 0, &input, NULL),
        ERR_OK);
    struct write_plan *plan = tables_plan_put(&arena, &input, &fault);
    buf_clear(&out);
    json_writer_init(&w, &out);
    assert_true(tables_write_item(f->tables, &call, plan)); /* now it is cached */
    tables_after_rollback(f->tables);                       /* of some other command of the batch */
    buf_clear(&out);
    json_writer_init(&w, &out);
    assert_true(tables_write_item(f->tables, &call, plan)); /* and again */
    store_batch_rollback(batch, 0);
    tables_after_rollback(f->tables); /* of the whole batch */
    assert_false(tables_write_item(f->tables, &call, plan));
    assert_int_equal(fault.code, FAULT_NOT_FOUND);
    buf_fini(&out);
    arena_fini(&arena);
}

static void test_tags(void **state)
{
    struct fixture *f = *state;
    run(f, "CreateTable",
        "{'TableName':'tagged','BillingMode':'PAY_PER_REQUEST','AttributeDefinitions':[{'AttributeName':'PK',"
        "'AttributeType':'S'}],"
        "'KeySchema':[{'AttributeName':'PK','KeyType':'HASH'}],'Tags':[{'Key':'team','Value':'bar'}],"
        "'StreamSpecification':{'StreamEnabled':true,'StreamViewType':'NEW_IMAGE'}}");
    assert_int_equal(f->code, FAULT_NONE);
    assert_non_null(
        strstr(f->text, "\"StreamSpecification\":{\"StreamEnabled\":true,\"StreamViewType\":\"NEW_IMAGE\"}"));
    assert_null(strstr(f->text, "LatestStreamArn"));
    expect(run(f, "ListTagsOfResource",
               "{'ResourceArn':'arn:aws:dynamodb:us-east-1:000000000000:table/tagged'}"),
           "{'Tags':[{'Key':'team','Value':'bar'}]}");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_tables), TEST(test_list), TEST(test_create_refusals), TEST(test_cache_after_rollback),
        TEST(test_tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
