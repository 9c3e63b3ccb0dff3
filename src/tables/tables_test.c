/* Tables on an ephemeral store: requests in, answers out, and what must hold in the keys after every one. */
#include "tables/tables.h"
#include "tables/tables_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture {
    struct store *store;
    struct tables *tables;
    struct arena arena;
    char text[1 << 21]; /* of the last answer or fault */
    enum fault_code code;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct store_settings settings = { .folder = NULL };
    struct diag diag;
    if (!fixture || store_open(&settings, &fixture->store, &diag) || tables_open(&fixture->tables))
        return -1;
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    tables_close(&fixture->tables);
    store_close(&fixture->store);
    arena_fini(&fixture->arena);
    free(fixture);
    return 0;
}

static bool dispatch(struct fixture *fixture, const char *operation, struct tables_call *call)
{
    struct str name = str_from(operation);
    struct tables *tables = fixture->tables;
    if (str_eq(name, STR("PutItem")) || str_eq(name, STR("UpdateItem")) || str_eq(name, STR("DeleteItem"))) {
        struct write_plan *plan =
            str_eq(name, STR("PutItem"))      ? tables_plan_put(call->arena, call->input, call->fault)
            : str_eq(name, STR("UpdateItem")) ? tables_plan_update(call->arena, call->input, call->fault)
                                              : tables_plan_delete(call->arena, call->input, call->fault);
        return plan && tables_write_item(tables, call, plan);
    }
    if (str_eq(name, STR("BatchWriteItem"))) {
        struct batch_plan *plan = tables_plan_batch_write(call->arena, call->input, call->fault);
        return plan && tables_batch_write(tables, call, plan);
    }
    static const struct {
        const char *name;
        bool (*run)(struct tables *, struct tables_call *);
    } others[] = { { "CreateTable", tables_create_table },
                   { "DeleteTable", tables_delete_table },
                   { "DescribeTable", tables_describe_table },
                   { "ListTables", tables_list_tables },
                   { "GetItem", tables_get_item },
                   { "Query", tables_query },
                   { "Scan", tables_scan },
                   { "ListTagsOfResource", tables_list_tags } };
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        if (str_eq(name, str_from(others[i].name)))
            return others[i].run(tables, call);
    }
    fail_msg("no operation %s", operation);
    return false;
}

/* Runs it as the writer would: its own batch, rolled back when refused. Returns the
 * answer, or the fault's text. */
static const char *run(struct fixture *fixture, const char *operation, const char *format, ...)
    PRINTF_LIKE(3, 4);
static const char *run(struct fixture *fixture, const char *operation, const char *format, ...)
{
    struct arena *arena = &fixture->arena;
    struct buf in, out;
    struct json input;
    struct json_error error;
    struct json_writer w;
    struct fault fault = { 0 };
    struct diag diag;
    va_list args;
    buf_init(&in, 0);
    buf_init(&out, 0);
    va_start(args, format);
    char *room = buf_reserve(&in, 1 << 21);
    in.len = (size_t)vsnprintf(room, 1 << 21, format, args);
    va_end(args);
    for (size_t i = 0; i < in.len; i++) /* so that tests read well */
        in.ptr[i] = in.ptr[i] == '\'' ? '"' : in.ptr[i];
    arena_reset(arena);
    if (json_read(arena, buf_str(&in), 0, &input, &error) != ERR_OK)
        fail_msg("%s: %s", in.ptr, error.text);
    json_writer_init(&w, &out);
    bool reads = operation[0] == 'G' || operation[0] == 'Q' || operation[0] == 'S' || operation[0] == 'L' ||
                 str_eq(str_from(operation), STR("DescribeTable"));
    struct store_batch *batch = reads ? NULL : store_batch_begin(fixture->store);
    struct store_reader *snapshot = reads ? store_snapshot(fixture->store) : NULL;
    struct work work = { .batch = batch, .arena = arena, .now_ms = 1764000000123 };
    if (batch)
        work.reader = store_batch_reader(batch);
    struct tables_call call = { .arena = arena,
                                .ns = { STR("000000000000"), STR("us-east-1") },
                                .input = &input,
                                .reader = reads ? snapshot : work.reader,
                                .work = reads ? NULL : &work,
                                .out = &w,
                                .fault = &fault };
    bool done = dispatch(fixture, operation, &call);
    assert_int_equal(done, fault.code == FAULT_NONE);
    if (reads) {
        store_snapshot_release(&snapshot);
    } else if (done) {
        assert_int_equal(store_commit(batch, &diag), ERR_OK);
        tables_after_commit(fixture->tables);
    } else {
        store_batch_rollback(batch, 0);
        tables_after_rollback(fixture->tables);
        assert_int_equal(store_commit(batch, &diag), ERR_OK);
    }
    fixture->code = fault.code;
    struct str text = done ? buf_str(&out) : fault.text;
    assert_true(text.len < sizeof(fixture->text));
    memcpy(fixture->text, text.ptr, text.len);
    fixture->text[text.len] = '\0';
    if (!done && call.fault_members.len)
        (void)snprintf(fixture->text + text.len, sizeof(fixture->text) - text.len, " {%.*s}",
                       STR_ARG(call.fault_members));
    buf_fini(&in);
    buf_fini(&out);
    return fixture->text;
}

static void expect(const char *got, const char *expected)
{
    char text[8192];
    size_t i = 0;
    for (; expected[i] && i + 1 < sizeof(text); i++)
        text[i] = expected[i] == '\'' ? '"' : expected[i];
    text[i] = '\0';
    assert_string_equal(got, text);
}

/* Number of keys of a kind; what is left when all is gone must be nothing. */
static size_t keys_of_kind(struct fixture *fixture, char kind)
{
    struct key first, end;
    struct str key, value;
    size_t count = 0;
    key_begin(&first, KEY_TABLES, PARTITION_ONLY, kind);
    key_after_prefix(key_str(&first), &end);
    struct store_reader *reader = store_snapshot(fixture->store);
    struct store_cursor *cursor = store_scan(reader, key_str(&first), key_str(&end), STORE_UP);
    while (store_cursor_next(cursor, &key, &value))
        count++;
    assert_int_equal(store_cursor_close(&cursor), ERR_OK);
    store_snapshot_release(&reader);
    return count;
}

static void create_order_table(struct fixture *fixture)
{
    run(fixture, "CreateTable",
        "{'TableName':'order','BillingMode':'PAY_PER_REQUEST','AttributeDefinitions':["
        "{'AttributeName':'PK','AttributeType':'S'},{'AttributeName':'SK','AttributeType':'S'},"
        "{'AttributeName':'TS','AttributeType':'N'},{'AttributeName':'ORDERSTATE','AttributeType':'S'},"
        "{'AttributeName':'USERID','AttributeType':'S'}],"
        "'KeySchema':[{'AttributeName':'PK','KeyType':'HASH'},{'AttributeName':'SK','KeyType':'RANGE'}],"
        "'LocalSecondaryIndexes':[{'IndexName':'LSI-timestamp','KeySchema':[{'AttributeName':'PK','KeyType':'"
        "HASH'},"
        "{'AttributeName':'TS','KeyType':'RANGE'}],'Projection':{'ProjectionType':'KEYS_ONLY'}}],"
        "'GlobalSecondaryIndexes':[{'IndexName':'GSI-status','KeySchema':[{'AttributeName':'ORDERSTATE','"
        "KeyType':'HASH'},"
        "{'AttributeName':'SK','KeyType':'RANGE'}],'Projection':{'ProjectionType':'ALL'}},"
        "{'IndexName':'GSI-userId','KeySchema':[{'AttributeName':'USERID','KeyType':'HASH'}],"
        "'Projection':{'ProjectionType':'INCLUDE','NonKeyAttributes':['drink']}}]}");
    assert_int_equal(fixture->code, FAULT_NONE);
}

static void create_plain_table(struct fixture *fixture, const char *name, const char *type)
{
    run(fixture, "CreateTable",
        "{'TableName':'%s','BillingMode':'PAY_PER_REQUEST','AttributeDefinitions':[{'AttributeName':'PK','"
        "AttributeType':'%s'}],"
        "'KeySchema':[{'AttributeName':'PK','KeyType':'HASH'}]}",
        name, type);
    assert_int_equal(fixture->code, FAULT_NONE);
}

/* ---- tables ---- */

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

/* ---- items ---- */

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

/* ---- indexes ---- */

static void put_order(struct fixture *f, const char *key, const char *more)
{
    expect(
        run(f, "PutItem", "{'TableName':'order','Item':{'PK':{'S':'orders'},'SK':{'S':'%s'}%s}}", key, more),
        "{}");
}

#define QUERY(index, condition, values)                                                 \
    "{'TableName':'order','IndexName':'" index "','KeyConditionExpression':'" condition \
    "','ExpressionAttributeValues':{" values "}"

static void test_indexes(void **state)
{
    struct fixture *f = *state;
    create_order_table(f);
    put_order(
        f, "1",
        ",'TS':{'N':'30'},'ORDERSTATE':{'S':'NEW'},'USERID':{'S':'u1'},'drink':{'S':'tea'},'x':{'S':'q'}");
    put_order(f, "2", ",'TS':{'N':'-7.5'},'ORDERSTATE':{'S':'NEW'},'USERID':{'S':'u2'}");
    put_order(f, "3", ",'TS':{'N':'200'},'USERID':{'S':'u1'},'drink':{'S':'espresso'}");
    put_order(f, "4", "");
    assert_int_equal(keys_of_kind(f, 'i'), 4);
    assert_int_equal(keys_of_kind(f, 'x'), 3 + 2 + 3);
    expect(run(f, "Query",
               QUERY("LSI-timestamp", "PK = :p AND TS > :t", "':p':{'S':'orders'},':t':{'N':'-8'}") "}"),
           "{'Items':[{'PK':{'S':'orders'},'SK':{'S':'2'},'TS':{'N':'-7.5'}},{'PK':{'S':'orders'},'SK':{'S':'"
           "1'},'TS':{'N':"
           "'30'}},{'PK':{'S':'orders'},'SK':{'S':'3'},'TS':{'N':'200'}}],'Count':3,'ScannedCount':3}");
    expect(run(f, "Query",
               QUERY("LSI-timestamp", "PK = :p AND TS BETWEEN :t AND :u",
                     "':p':{'S':'orders'},':t':{'N':'30'},':u':{'N':'200'}") ",'ProjectionExpression':'drink'"
                                                                             ",'ScanIndexForward':false,"
                                                                             "'ReturnConsumedCapacity':'"
                                                                             "INDEXES'}"),
           "{'Items':[{'drink':{'S':'espresso'}},{'drink':{'S':'tea'}}],'Count':2,'ScannedCount':2,'"
           "ConsumedCapacity':"
           "{'TableName':'order','CapacityUnits':1.5,'Table':{'CapacityUnits':1},'LocalSecondaryIndexes':{'"
           "LSI-timestamp':"
           "{'CapacityUnits':0.5}}}}");
    expect(run(f, "Query", QUERY("GSI-status", "ORDERSTATE = :s", "':s':{'S':'NEW'}") ",'Select':'COUNT'}"),
           "{'Count':2,'ScannedCount':2}");
    expect(run(f, "Query",
               QUERY("GSI-status", "ORDERSTATE = :s AND begins_with(SK, :k)",
                     "':s':{'S':'NEW'},':k':{'S':'1'}") "}"),
           "{'Items':[{'ORDERSTATE':{'S':'NEW'},'PK':{'S':'orders'},'SK':{'S':'1'},'TS':{'N':'30'},'USERID':{"
           "'S':'u1'},"
           "'drink':{'S':'tea'},'x':{'S':'q'}}],'Count':1,'ScannedCount':1}");
    expect(run(f, "Query", QUERY("GSI-userId", "USERID = :u", "':u':{'S':'u1'}") "}"),
           "{'Items':[{'PK':{'S':'orders'},'SK':{'S':'1'},'USERID':{'S':'u1'},'drink':{'S':'tea'}},{'PK':{'S'"
           ":'orders'},"
           "'SK':{'S':'3'},'USERID':{'S':'u1'},'drink':{'S':'espresso'}}],'Count':2,'ScannedCount':2}");
    expect(
        run(f, "Query", QUERY("GSI-userId", "USERID = :u", "':u':{'S':'u1'}") ",'ProjectionExpression':'x'}"),
        "One or more parameter values were invalid: Global secondary index GSI-userId does not project [x]");
    expect(
        run(f, "Query", QUERY("GSI-userId", "USERID = :u", "':u':{'S':'u1'}") ",'Select':'ALL_ATTRIBUTES'}"),
        "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global "
        "secondary "
        "index GSI-userId because its projection type is not ALL");
    expect(run(f, "Query", QUERY("GSI-userId", "USERID = :u", "':u':{'S':'u1'}") ",'ConsistentRead':true}"),
           "Consistent reads are not supported on global secondary indexes");
    expect(run(f, "Query", QUERY("GSI-nope", "USERID = :u", "':u':{'S':'u1'}") "}"),
           "The table does not have the specified index: GSI-nope");
    /* Changing, moving, leaving. */
    expect(run(f, "UpdateItem",
               "{'TableName':'order','Key':{'PK':{'S':'orders'},'SK':{'S':'1'}},'UpdateExpression':'SET "
               "ORDERSTATE = :s, "
               "drink = :d REMOVE TS','ExpressionAttributeValues':{':s':{'S':'DONE'},':d':{'S':'milk'}},"
               "'ReturnConsumedCapacity':'INDEXES'}"),
           "{'ConsumedCapacity':{'TableName':'order','CapacityUnits':5,'Table':{'CapacityUnits':1},'"
           "LocalSecondaryIndexes':"
           "{'LSI-timestamp':{'CapacityUnits':1}},'GlobalSecondaryIndexes':{'GSI-status':{'CapacityUnits':2},"
           "'GSI-userId':"
           "{'CapacityUnits':1}}}}");
    assert_int_equal(keys_of_kind(f, 'x'), 2 + 2 + 3);
    expect(
        run(f, "Query",
            QUERY("GSI-status", "ORDERSTATE = :s", "':s':{'S':'DONE'}") ",'ProjectionExpression':'drink'}"),
        "{'Items':[{'drink':{'S':'milk'}}],'Count':1,'ScannedCount':1}");
    expect(run(f, "Query",
               QUERY("GSI-userId", "USERID = :u",
                     "':u':{'S':'u1'}") ",'ProjectionExpression':'drink','Limit':1}"),
           "{'Items':[{'drink':{'S':'milk'}}],'Count':1,'ScannedCount':1,'LastEvaluatedKey':{'PK':{'S':'"
           "orders'},'SK':{'S':'1'},"
           "'USERID':{'S':'u1'}}}");
    expect(run(f, "Query",
               QUERY("GSI-userId", "USERID = :u",
                     "':u':{'S':'u1'}") ",'ProjectionExpression':'drink','ExclusiveStartKey':"
                                        "{'PK':{'S':'orders'},'SK':{'S':'1'},'USERID':{'S':'u1'}}}"),
           "{'Items':[{'drink':{'S':'espresso'}}],'Count':1,'ScannedCount':1}");
    run(f, "DescribeTable", "{'TableName':'order'}");
    assert_non_null(strstr(f->text, "\"ItemCount\":4,"));
    assert_non_null(strstr(
        f->text,
        "\"ItemCount\":2,\"IndexArn\":\"arn:aws:dynamodb:us-east-1:000000000000:table/order/index/LSI"));
    for (int i = 1; i <= 4; i++)
        run(f, "DeleteItem", "{'TableName':'order','Key':{'PK':{'S':'orders'},'SK':{'S':'%d'}}}", i);
    assert_int_equal(keys_of_kind(f, 'i'), 0);
    assert_int_equal(keys_of_kind(f, 'x'), 0);
    run(f, "DescribeTable", "{'TableName':'order'}");
    assert_non_null(strstr(f->text, "\"TableSizeBytes\":0,\"ItemCount\":0,"));
    put_order(f, "5", ",'USERID':{'S':'u1'}");
    run(f, "DeleteTable", "{'TableName':'order'}");
    assert_non_null(strstr(f->text, "\"TableStatus\":\"DELETING\""));
    assert_int_equal(
        keys_of_kind(f, 'i') + keys_of_kind(f, 'x') + keys_of_kind(f, 's') + keys_of_kind(f, 'n'), 0);
    create_order_table(f);
    expect(run(f, "Scan", "{'TableName':'order'}"), "{'Items':[],'Count':0,'ScannedCount':0}");
}

/* ---- ranges and pages ---- */

static void create_range_table(struct fixture *f, const char *name, const char *type)
{
    run(f, "CreateTable",
        "{'TableName':'%s','BillingMode':'PAY_PER_REQUEST','AttributeDefinitions':[{'AttributeName':'h','"
        "AttributeType':'S'},"
        "{'AttributeName':'r','AttributeType':'%s'},{'AttributeName':'g','AttributeType':'S'}],'KeySchema':[{"
        "'AttributeName':'h','KeyType':"
        "'HASH'},{'AttributeName':'r','KeyType':'RANGE'}],'GlobalSecondaryIndexes':[{'IndexName':'gsi','"
        "KeySchema':["
        "{'AttributeName':'g','KeyType':'HASH'},{'AttributeName':'r','KeyType':'RANGE'}],'Projection':{'"
        "ProjectionType':'KEYS_ONLY'}}]}",
        name, type);
    assert_int_equal(f->code, FAULT_NONE);
}

/* The range keys that a condition gives, joined; from the table and from the index, which must agree. */
static const char *ranges(struct fixture *f, const char *table, const char *type, const char *condition,
                          const char *values, bool down)
{
    static char joined[2][512];
    for (int index = 0; index < 2; index++) {
        run(f, "Query",
            "{'TableName':'%s'%s,'KeyConditionExpression':'%s = "
            ":h%s%s','ExpressionAttributeValues':{':h':{'S':'a'}%s},"
            "'ScanIndexForward':%s,'ProjectionExpression':'r'}",
            table, index ? ",'IndexName':'gsi'" : "", index ? "g" : "h", *condition ? " AND " : "", condition,
            values, down ? "false" : "true");
        assert_int_equal(f->code, FAULT_NONE);
        char *to = joined[index], needle[16];
        *to = '\0';
        (void)snprintf(needle, sizeof(needle), "{\"%s\":\"", type);
        for (const char *at = strstr(f->text, needle); at; at = strstr(at, needle)) {
            at += strlen(needle);
            while (*at != '"')
                *to++ = *at++;
            *to++ = ' ';
            *to = '\0';
        }
    }
    assert_string_equal(joined[0], joined[1]);
    return joined[0];
}

static void test_ranges(void **state)
{
    struct fixture *f = *state;
    static const char *const numbers[] = { "-1e3",  "-2.5", "-2",  "-0.01", "0",
                                           "0.001", "1",    "1.5", "20",    "1e30" };
    static const char *const texts[] = { "a",   "ab", "ab\\u0000", "ab\\u0000c",
                                         "abc", "b",  "\xC3\xBF",  "\xF4\x8F\xBF\xBF" };
    create_range_table(f, "num", "N");
    create_range_table(f, "txt", "S");
    for (int i = 9; i >= 0; i--)
        run(f, "PutItem", "{'TableName':'num','Item':{'h':{'S':'a'},'g':{'S':'a'},'r':{'N':'%s'}}}",
            numbers[i]);
    for (int i = 7; i >= 0; i--)
        run(f, "PutItem", "{'TableName':'txt','Item':{'h':{'S':'a'},'g':{'S':'a'},'r':{'S':'%s'}}}",
            texts[i]);
    run(f, "PutItem", "{'TableName':'num','Item':{'h':{'S':'b'},'g':{'S':'b'},'r':{'N':'5'}}}");
    assert_string_equal(ranges(f, "num", "N", "", "", false),
                        "-1000 -2.5 -2 -0.01 0 0.001 1 1.5 20 1000000000000000000000000000000 ");
    assert_string_equal(ranges(f, "num", "N", "r < :v", ",':v':{'N':'0'}", true), "-0.01 -2 -2.5 -1000 ");
    assert_string_equal(ranges(f, "num", "N", "r <= :v", ",':v':{'N':'-2.0'}", false), "-1000 -2.5 -2 ");
    assert_string_equal(ranges(f, "num", "N", "r > :v", ",':v':{'N':'1'}", false),
                        "1.5 20 1000000000000000000000000000000 ");
    assert_string_equal(ranges(f, "num", "N", ":v <= r", ",':v':{'N':'20'}", false),
                        "20 1000000000000000000000000000000 ");
    assert_string_equal(ranges(f, "num", "N", "r = :v", ",':v':{'N':'1.50'}", false), "1.5 ");
    assert_string_equal(ranges(f, "num", "N", "r = :v", ",':v':{'N':'3'}", false), "");
    assert_string_equal(
        ranges(f, "num", "N", "r BETWEEN :v AND :w", ",':v':{'N':'-2.1'},':w':{'N':'1'}", true),
        "1 0.001 0 -0.01 -2 ");
    assert_string_equal(ranges(f, "txt", "S", "begins_with(r, :v)", ",':v':{'S':'ab'}", false),
                        "ab ab\\u0000 ab\\u0000c abc ");
    assert_string_equal(ranges(f, "txt", "S", "begins_with(r, :v)", ",':v':{'S':'\xF4\x8F\xBF\xBF'}", false),
                        "\xF4\x8F\xBF\xBF ");
    assert_string_equal(ranges(f, "txt", "S", "r > :v", ",':v':{'S':'ab'}", false),
                        "ab\\u0000 ab\\u0000c abc b \xC3\xBF \xF4\x8F\xBF\xBF ");
    assert_string_equal(ranges(f, "txt", "S", "r <= :v", ",':v':{'S':'ab\\u0000'}", false),
                        "a ab ab\\u0000 ");
    assert_string_equal(ranges(f, "txt", "S", "r < :v", ",':v':{'S':'ab\\u0000'}", true), "ab a ");
    assert_string_equal(ranges(f, "txt", "S", "r = :v", ",':v':{'S':'ab'}", true), "ab ");
}

static void test_key_condition_refusals(void **state)
{
    struct fixture *f = *state;
    create_range_table(f, "tab", "N");
    create_plain_table(f, "one", "S");
    static const struct {
        const char *expression, *values, *more, *text;
    } cases[] = {
        { "r = :v", "':v':{'N':'1'}", "", "Query condition missed key schema element: h" },
        { "x = :v", "':v':{'N':'1'}", "", "Query condition missed key schema element: h" },
        { "h = :v AND x = :v", "':v':{'S':'1'}", "", "Query condition missed key schema element: r" },
        { "h > :v", "':v':{'S':'1'}", "", "Query key condition not supported" },
        { "h = :v OR r = :v", "':v':{'S':'1'}", "", "Invalid operator used in KeyConditionExpression: OR" },
        { "h <> :v", "':v':{'S':'1'}", "", "Invalid operator used in KeyConditionExpression: <>" },
        { "h IN (:v)", "':v':{'S':'1'}", "", "Invalid operator used in KeyConditionExpression: IN" },
        { "h = :v AND contains(r, :v)", "':v':{'S':'1'}", "",
          "Invalid operator used in KeyConditionExpression: contains" },
        { "h = :v AND r > :w AND r < :w", "':v':{'S':'1'},':w':{'N':'1'}", "",
          "KeyConditionExpressions must only contain one condition per key" },
        { "h = :v AND r > :w AND q < :w", "':v':{'S':'1'},':w':{'N':'1'}", "",
          "Conditions can be of length 1 or 2 only" },
        { "h.x = :v", "':v':{'S':'1'}", "",
          "KeyConditionExpressions cannot have conditions on nested attributes" },
        { "h = :v AND size(r) = :w", "':v':{'S':'1'},':w':{'N':'1'}", "",
          "KeyConditionExpressions cannot contain nested operations" },
        { "h = :v", "':v':{'N':'1'}", "",
          "One or more parameter values were invalid: Condition parameter type does not match schema type" },
        { "h = :v AND begins_with(r, :v)", "':v':{'S':'1'}", "",
          "One or more parameter values were invalid: Condition parameter type does not match schema type" },
        { "h = :v", "':v':{'S':''}", "",
          "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain "
          "an empty "
          "string value. Key: h" },
        { "h = :v", "':v':{'S':'1'}", ",'FilterExpression':'r = :v'",
          "Filter Expression can only contain non-primary key attributes: Primary key attribute: r" },
        { "h = :v", "':v':{'S':'1'}", ",'ExclusiveStartKey':{'h':{'S':'2'},'r':{'N':'1'}}",
          "The provided starting key is outside query boundaries based on provided conditions" },
        { "h = :v", "':v':{'S':'1'}", ",'ExclusiveStartKey':{'h':{'S':'2'}}",
          "The provided starting key is invalid: The provided key element does not match the schema" },
        { "h = :v", "':v':{'S':'1'}", ",'ExclusiveStartKey':{'h':{'S':'1'},'r':{'N':'1'},'z':{'N':'1'}}",
          "The provided starting key is invalid" },
        { "h = :v", "':v':{'S':'1'}", ",'Select':'ALL_PROJECTED_ATTRIBUTES'",
          "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName" },
        { "h = :v", "':v':{'S':'1'}", ",'Select':'SPECIFIC_ATTRIBUTES'",
          "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
          "SPECIFIC_ATTRIBUTES" },
        { "h = :v", "':v':{'S':'1'}", ",'Select':'ALL_ATTRIBUTES','ProjectionExpression':'a'",
          "Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES" },
        { "h = :v", "':v':{'S':'1'}", ",'KeyConditions':{}",
          "Can not use both expression and non-expression parameters in the same request: Non-expression "
          "parameters: "
          "{KeyConditions} Expression parameters: {KeyConditionExpression}" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        run(f, "Query",
            "{'TableName':'tab','KeyConditionExpression':'%s','ExpressionAttributeValues':{%s}%s}",
            cases[i].expression, cases[i].values, cases[i].more);
        assert_string_equal(f->text, cases[i].text);
    }
    expect(run(f, "Query", "{'TableName':'tab'}"),
           "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.");
    expect(run(f, "Query",
               "{'TableName':'one','KeyConditionExpression':'PK = :v AND q = "
               ":v','ExpressionAttributeValues':{':v':{'S':'1'}}}"),
           "Query key condition not supported");
    expect(run(f, "Query", "{'TableName':'tab','QueryFilter':{}}"),
           "Query: the legacy parameters {QueryFilter} are not supported by Crema; use expressions");
}

static int count_of(const struct fixture *f, const char *member)
{
    const char *at = strstr(f->text, member);
    assert_non_null(at);
    return atoi(at + strlen(member));
}

static void test_pages(void **state)
{
    struct fixture *f = *state;
    static char padding[300 * 1024];
    char last[300] = "";
    int pages = 0, total = 0;
    memset(padding, 'x', sizeof(padding) - 1);
    create_range_table(f, "tab", "N");
    for (int i = 0; i < 10; i++)
        run(f, "PutItem", "{'TableName':'tab','Item':{'h':{'S':'a'},'r':{'N':'%d'},'p':{'S':'%s'}}}", i,
            padding);
    do {
        run(f, "Query",
            "{'TableName':'tab','KeyConditionExpression':'h = "
            ":v','ExpressionAttributeValues':{':v':{'S':'a'}},"
            "'ProjectionExpression':'r'%s}",
            last);
        total += count_of(f, "\"Count\":");
        assert_true(count_of(f, "\"Count\":") <= 4); /* 4 of 300 KiB pass the mebibyte */
        const char *at = strstr(f->text, "\"LastEvaluatedKey\":");
        (void)snprintf(last, sizeof(last), ",\"ExclusiveStartKey\":%s",
                       at ? at + strlen("\"LastEvaluatedKey\":") : "");
        if (at)
            last[strlen(last) - 1] = '\0'; /* the answer's own brace */
        else
            last[0] = '\0';
        pages++;
    } while (*last);
    assert_int_equal(total, 10);
    assert_int_equal(pages, 3);
    expect(run(f, "Query",
               "{'TableName':'tab','KeyConditionExpression':'h = :v','FilterExpression':'size(p) < "
               ":v2','ExpressionAttributeValues':"
               "{':v':{'S':'a'},':v2':{'N':'1'}},'Limit':3,'ScanIndexForward':false}"),
           "{'Items':[],'Count':0,'ScannedCount':3,'LastEvaluatedKey':{'h':{'S':'a'},'r':{'N':'7'}}}");
    expect(run(f, "Query",
               "{'TableName':'tab','KeyConditionExpression':'h = "
               ":v','ProjectionExpression':'r','ExpressionAttributeValues':"
               "{':v':{'S':'a'}},'Limit':2,'ScanIndexForward':false,'ExclusiveStartKey':{'h':{'S':'a'},'r':{'"
               "N':'2'}}}"),
           "{'Items':[{'r':{'N':'1'}},{'r':{'N':'0'}}],'Count':2,'ScannedCount':2,'LastEvaluatedKey':{'h':{'"
           "S':'a'},'r':{'N':'0'}}}");
}

static void test_scan(void **state)
{
    struct fixture *f = *state;
    create_plain_table(f, "tab", "S");
    create_plain_table(f, "tac", "S"); /* the neighbour's items must not show */
    for (int i = 0; i < 300; i++) {
        run(f, "PutItem", "{'TableName':'tab','Item':{'PK':{'S':'k%d'},'n':{'N':'%d'}}}", i, i % 3);
        run(f, "PutItem", "{'TableName':'tac','Item':{'PK':{'S':'k%d'}}}", i);
    }
    run(f, "Scan", "{'TableName':'tab'}");
    assert_int_equal(count_of(f, "\"Count\":"), 300);
    run(f, "Scan",
        "{'TableName':'tab','FilterExpression':'n = :n','ExpressionAttributeValues':{':n':{'N':'2'}}}");
    assert_int_equal(count_of(f, "\"Count\":"), 100);
    assert_int_equal(count_of(f, "\"ScannedCount\":"), 300);
    int total = 0;
    for (int segment = 0; segment < 7; segment++) {
        run(f, "Scan", "{'TableName':'tab','Segment':%d,'TotalSegments':7,'Select':'COUNT'}", segment);
        int count = count_of(f, "\"Count\":");
        assert_true(count > 10 && count < 100);
        total += count;
    }
    assert_int_equal(total, 300);
    total = 0;
    for (int segment = 0; segment < 1000; segment++) {
        run(f, "Scan", "{'TableName':'tab','Segment':%d,'TotalSegments':1000000,'Select':'COUNT'}",
            segment * 1000);
        total += count_of(f, "\"Count\":");
    }
    assert_true(total < 300);
    expect(run(f, "Scan", "{'TableName':'tab','Segment':1,'TotalSegments':1}"),
           "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 1 is "
           "not less than "
           "TotalSegments: 1");
    expect(run(f, "Scan", "{'TableName':'tab','Segment':1}"),
           "The TotalSegments parameter is required but was not present in the request when Segment "
           "parameter is present");
    expect(run(f, "Scan", "{'TableName':'tab','TotalSegments':1}"),
           "The Segment parameter is required but was not present in the request when parameter "
           "TotalSegments is present");
}

/* ---- batches ---- */

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
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_tables),
        TEST(test_list),
        TEST(test_create_refusals),
        TEST(test_counting),
        TEST(test_return_values),
        TEST(test_conditions),
        TEST(test_item_refusals),
        TEST(test_sizes),
        TEST(test_indexes),
        TEST(test_ranges),
        TEST(test_key_condition_refusals),
        TEST(test_pages),
        TEST(test_scan),
        TEST(test_batch_write),
        TEST(test_cache_after_rollback),
        TEST(test_tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
