/* Reads: indexes, ranges, pages, scans, and what must hold in the keys of indexes. */
#include "tables/fixture_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>

#include <cmocka.h>

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

/* Four orders: in all indexes, in all, in two, in none. */
static void put_orders(struct fixture *f)
{
    create_order_table(f);
    put_order(
        f, "1",
        ",'TS':{'N':'30'},'ORDERSTATE':{'S':'NEW'},'USERID':{'S':'u1'},'drink':{'S':'tea'},'x':{'S':'q'}");
    put_order(f, "2", ",'TS':{'N':'-7.5'},'ORDERSTATE':{'S':'NEW'},'USERID':{'S':'u2'}");
    put_order(f, "3", ",'TS':{'N':'200'},'USERID':{'S':'u1'},'drink':{'S':'espresso'}");
    put_order(f, "4", "");
    assert_int_equal(keys_of_kind(f, 'i'), 4);
    assert_int_equal(keys_of_kind(f, 'x'), 3 + 2 + 3);
}

static void test_indexes(void **state)
{
    struct fixture *f = *state;
    put_orders(f);
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
}

static void test_indexes_follow(void **state)
{
    struct fixture *f = *state;
    put_orders(f);
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
    return (int)strtol(at + strlen(member), NULL, 10);
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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_indexes), TEST(test_indexes_follow), TEST(test_ranges), TEST(test_key_condition_refusals),
        TEST(test_pages),   TEST(test_scan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
