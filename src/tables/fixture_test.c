#include "tables/fixture_test.h"
#include "tables/tables_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

int fixture_set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct store_settings settings = { .folder = NULL };
    struct diag diag;
    if (!fixture || store_open(&settings, &fixture->store, &diag) || tables_open(&fixture->tables))
        return -1;
    *state = fixture;
    return 0;
}

int fixture_tear_down(void **state)
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

const char *run(struct fixture *fixture, const char *operation, const char *format, ...)
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

void expect(const char *got, const char *expected)
{
    char text[8192];
    size_t i = 0;
    for (; expected[i] && i + 1 < sizeof(text); i++)
        text[i] = expected[i] == '\'' ? '"' : expected[i];
    text[i] = '\0';
    assert_string_equal(got, text);
}

size_t keys_of_kind(struct fixture *fixture, char kind)
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

void create_order_table(struct fixture *fixture)
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

void create_plain_table(struct fixture *fixture, const char *name, const char *type)
{
    run(fixture, "CreateTable",
        "{'TableName':'%s','BillingMode':'PAY_PER_REQUEST','AttributeDefinitions':[{'AttributeName':'PK','"
        "AttributeType':'%s'}],"
        "'KeySchema':[{'AttributeName':'PK','KeyType':'HASH'}]}",
        name, type);
    assert_int_equal(fixture->code, FAULT_NONE);
}
