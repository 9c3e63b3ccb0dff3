/* Operations called from inside, with handlers of this test in the place of the table's. The writer is played
 * by the test: it hands out a batch of a store in memory. */
#include "api/api_impl.h"
#include "store/key.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct store *store;
static struct rooms rooms;
static struct api *api;
static struct operation_caller caller;
static struct arena arena;
static int rollbacks;

static void count_rollback(void *self)
{
    (void)self;
    rollbacks++;
}

static struct str key_of(struct arena *at, struct str name)
{
    struct key key;
    key_begin(&key, KEY_FLOW, PARTITION_ONLY, 'x');
    key_text(&key, name);
    return arena_copy(at, key_str(&key));
}

/* StartExecution of this test: writes its name; refuses "bad" after having written. */
static void toy_start(struct op_call *call)
{
    struct str name = json_get_str(call->input, STR("name"));
    assert_non_null(call->work);
    assert_int_equal(call->hops, 3);
    assert_true(str_eq(call->caller_arn, STR("arn:x")));
    store_put(call->work->batch, key_of(call->arena, name), STR("started"));
    if (str_eq(name, STR("bad"))) {
        fault_set(&call->fault, call->arena, FAULT_EXECUTION_EXISTS, "Execution Already Exists: '%.*s'",
                  STR_ARG(name));
        return;
    }
    json_begin_object(call->out);
    json_put_member_str(call->out, STR("executionArn"), json_get_str(call->input, STR("stateMachineArn")));
    json_put_member_time(call->out, STR("startDate"), call->now_ms);
    json_end_object(call->out);
}

static void toy_describe(struct op_call *call)
{
    assert_null(call->work);
    assert_non_null(call->reader);
    bool there = store_has(call->reader, key_of(call->arena, json_get_str(call->input, STR("executionArn"))));
    if (!there)
        fault_set(&call->fault, call->arena, FAULT_EXECUTION_NOT_FOUND, "Execution Does Not Exist: 'x'");
    json_begin_object(call->out);
    json_put_member_str(call->out, STR("status"), STR("RUNNING"));
    json_end_object(call->out);
}

static const struct operation *replace(const char *service, const char *name, op_run_f *run)
{
    struct api_entry *entry = api_entry_find(api, service_find(str_from(service)), str_from(name));
    struct operation *toy = ARENA_NEW(&arena, struct operation);
    *toy = *entry->operation;
    toy->prepare = NULL;
    toy->run = run;
    entry->operation = toy;
    return toy;
}

static struct operation_answer call(struct work *work, const char *service, const char *operation,
                                    const char *input, enum operation_style style)
{
    struct operation_answer answer;
    struct ns ns = { STR("000000000000"), STR("us-east-1") };
    caller.call(caller.self, work, ns, str_from(service), str_from(operation), str_from(input), style,
                &(struct operation_origin){ STR("arn:x"), 3 }, &answer);
    assert_int_equal(answer.request_id.len, 36);
    return answer;
}

static struct work work_of(struct store_batch *batch)
{
    return (struct work){
        .batch = batch, .reader = store_batch_reader(batch), .arena = &arena, .now_ms = INT64_C(1704067200123)
    };
}

static void check_text(struct str got, const char *wanted)
{
    assert_string_equal(arena_cstr(&arena, got), wanted);
}

static void test_runs_in_the_batch_that_is_open(void **state)
{
    struct work work = work_of(store_batch_begin(store));
    (void)state;
    struct operation_answer answer = call(&work, "states", "StartExecution",
                                          "{\"stateMachineArn\":\"arn\",\"name\":\"one\"}", OPERATION_WIRE);
    assert_true(answer.ok);
    assert_int_equal(answer.status, 200);
    check_text(answer.output, "{\"executionArn\":\"arn\",\"startDate\":1704067200.123}");
    assert_true(call(&work, "states", "DescribeExecution", "{\"executionArn\":\"one\"}", OPERATION_WIRE).ok);
    answer = call(&work, "states", "DescribeExecution", "{\"executionArn\":\"two\"}", OPERATION_WIRE);
    assert_false(answer.ok);
    check_text(answer.error, "ExecutionDoesNotExist");
    check_text(answer.cause, "Execution Does Not Exist: 'x'");
    assert_int_equal(answer.status, 400);
}

static void test_takes_and_gives_sdk_style(void **state)
{
    struct work work = work_of(store_batch_begin(store));
    (void)state;
    struct operation_answer answer = call(&work, "states", "startExecution",
                                          "{\"StateMachineArn\":\"arn\",\"Name\":\"one\"}", OPERATION_SDK);
    assert_true(answer.ok);
    check_text(answer.output, "{\"ExecutionArn\":\"arn\",\"StartDate\":\"2024-01-01T00:00:00.123Z\"}");
    answer = call(&work, "states", "startExecution", "{\"Name\":\"one\"}", OPERATION_SDK);
    assert_false(answer.ok);
    check_text(answer.error, "ValidationException");
    check_text(answer.cause,
               "1 validation error detected: Value null at 'stateMachineArn' failed to satisfy constraint: "
               "Member must not be null");
    answer = call(&work, "states", "startExecution", "{\"stateMachineArn\":", OPERATION_SDK);
    check_text(answer.error, "SerializationException");
}

static void test_rolls_back_what_failed_and_no_more(void **state)
{
    struct work work = work_of(store_batch_begin(store));
    (void)state;
    rollbacks = 0;
    assert_true(call(&work, "states", "StartExecution", "{\"stateMachineArn\":\"a\",\"name\":\"one\"}",
                     OPERATION_WIRE)
                    .ok);
    struct operation_answer answer = call(&work, "states", "StartExecution",
                                          "{\"stateMachineArn\":\"a\",\"name\":\"bad\"}", OPERATION_WIRE);
    assert_false(answer.ok);
    check_text(answer.error, "ExecutionAlreadyExists");
    assert_int_equal(rollbacks, 1);
    assert_true(store_has(work.reader, key_of(&arena, STR("one"))));
    assert_false(store_has(work.reader, key_of(&arena, STR("bad"))));
}

static void test_knows_which_exist(void **state)
{
    struct work work = work_of(store_batch_begin(store));
    struct str name;
    (void)state;
    assert_true(caller.exists(caller.self, STR("events"), STR("putEvents"), &name));
    check_text(name, "PutEvents");
    assert_true(caller.exists(caller.self, STR("dynamodb"), STR("GetItem"), &name));
    assert_false(caller.exists(caller.self, STR("dynamodb"), STR("transactWriteItems"), &name)); /* refused */
    assert_false(caller.exists(caller.self, STR("s3"), STR("getObject"), &name));
    assert_false(caller.exists(caller.self, STR("events"), STR(""), &name));
    struct operation_answer answer = call(&work, "dynamodb", "createBackup", "{}", OPERATION_SDK);
    assert_false(answer.ok);
    check_text(answer.error, "UnknownOperationException");
    check_text(answer.cause, "Crema does not have the operation createBackup of dynamodb.");
}

static int setup(void **state)
{
    struct diag diag;
    struct store_settings settings = { 0 };
    struct api_settings api_settings = { .after_rollback = count_rollback };
    (void)state;
    if (store_open(&settings, &store, &diag) != ERR_OK)
        return -1;
    rooms.store = store;
    api = api_new(&api_settings, &rooms);
    caller = api_operation_caller(api);
    replace("states", "StartExecution", toy_start);
    replace("states", "DescribeExecution", toy_describe);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    api_free(&api);
    api_free(&api);
    store_close(&store);
    arena_fini(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_in_the_batch_that_is_open),
        cmocka_unit_test(test_takes_and_gives_sdk_style),
        cmocka_unit_test(test_rolls_back_what_failed_and_no_more),
        cmocka_unit_test(test_knows_which_exist),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
