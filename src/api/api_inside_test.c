/* Operations called from inside, with handlers of this test in the place of the table's. For calls in a batch the test
 * plays the writer and hands out a batch of a store in memory; those that take time have a writer. */
#include "api/api_impl.h"
#include "io/thread.h"
#include "store/key.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <cmocka.h>

static struct store *store;
static struct writer *writer;
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

/* StartSyncExecution of this test: answers when it is run again; "bad" is refused then, "now" answers at once. */
static void toy_start_sync(struct op_call *call)
{
    struct str name = json_get_str(call->input, STR("name"));
    if (!call->can_wait) {
        fault_set(&call->fault, call->arena, FAULT_VALIDATION, "nobody waits");
        return;
    }
    if (call->wait_until_ms == 0 && !str_eq(name, STR("now"))) {
        store_put(call->work->batch, key_of(call->arena, name), STR("started"));
        call->wait_until_ms = INT64_MAX;
        call->wait_for = name;
        return;
    }
    store_put(call->work->batch, key_of(call->arena, STR("ended")), STR("ended"));
    if (str_eq(name, STR("bad"))) {
        fault_set(&call->fault, call->arena, FAULT_EXECUTION_EXISTS, "No.");
        return;
    }
    json_begin_object(call->out);
    json_put_member_time(call->out, STR("startDate"), 1704067200123);
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
    caller.call(caller.self, work,
                &(struct operation_call){ .ns = ns,
                                          .service = str_from(service),
                                          .operation = str_from(operation),
                                          .input = str_from(input),
                                          .style = style,
                                          .origin = { STR("arn:x"), 3 } },
                &answer);
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

/* ---- calls that take time: from here on the batch is the writer's alone ---- */

static bool writer_begin(void)
{
    struct diag diag;
    if (writer_open(store, NULL, NULL, &writer, &diag) != ERR_OK)
        return false;
    rooms.writer = writer;
    return writer_start(writer, &diag) == ERR_OK;
}

static bool nothing_run(struct command *command, struct work *work)
{
    (void)command, (void)work;
    return true;
}

/* Done on the writer's thread, outside of a command; waited for. */
struct errand {
    struct command command; /* first */
    void (*run)(void *self);
    void *self;
    atomic_bool over;
};

static void errand_done(struct command *command, enum err committed)
{
    struct errand *errand = (struct errand *)command;
    assert_int_equal(committed, ERR_OK);
    if (errand->run)
        errand->run(errand->self);
    errand->over = true;
}

static void on_writer(void (*run)(void *self), void *self)
{
    struct errand errand = { .command = { .run = nothing_run, .done = errand_done },
                             .run = run,
                             .self = self };
    assert_int_equal(writer_submit(rooms.writer, &errand.command), ERR_OK);
    while (!errand.over)
        thread_sleep_ms(1);
}

struct later {
    struct operation_wait wait; /* first */
    unsigned answers;
    bool known, ok;
    char text[200]; /* the output, or error and cause */
};

static void later_answered(struct operation_wait *wait, const struct operation_answer *answer)
{
    struct later *later = (struct later *)wait;
    later->answers++;
    later->known = answer != NULL;
    later->ok = answer && answer->ok;
    if (later->ok)
        (void)snprintf(later->text, sizeof(later->text), "%.*s", STR_ARG(answer->output));
    else if (answer)
        (void)snprintf(later->text, sizeof(later->text), "%d %.*s: %.*s", answer->status,
                       STR_ARG(answer->error), STR_ARG(answer->cause));
}

static void later_begin(void *self)
{
    caller.begin(caller.self, self);
}

/* Begins it, and lets what can happen at once happen. */
static struct later begin(struct later *later, const char *input)
{
    *later = (struct later){ .wait = { .answered = later_answered,
                                       .call = { .service = STR("states"),
                                                 .operation = STR("startSyncExecution"),
                                                 .input = str_from(input),
                                                 .style = OPERATION_SDK,
                                                 .origin = { STR("arn:x"), 3 } } } };
    on_writer(later_begin, later);
    for (int i = 0; i < 3; i++)
        on_writer(NULL, NULL);
    return *later;
}

static void wake_run(void *topic)
{
    api_wake(api, *(struct str *)topic);
}

static void wake(const char *topic)
{
    struct str name = str_from(topic);
    on_writer(wake_run, &name);
}

static bool is_there(const char *name)
{
    struct store_reader *reader = store_snapshot(store);
    bool there = store_has(reader, key_of(&arena, str_from(name)));
    store_snapshot_release(&reader);
    return there;
}

static void test_a_call_that_takes_time_is_run_again_when_it_is_woken(void **state)
{
    struct later one, two, bad, other;
    (void)state;
    assert_true(writer_begin());
    assert_int_equal(begin(&one, "{\"StateMachineArn\":\"m\",\"Name\":\"one\"}").answers, 0);
    assert_int_equal(begin(&two, "{\"StateMachineArn\":\"m\",\"Name\":\"two\"}").answers, 0);
    assert_int_equal(begin(&bad, "{\"StateMachineArn\":\"m\",\"Name\":\"bad\"}").answers, 0);
    assert_true(is_there("one") && is_there("two") && is_there("bad"));
    wake("bad");
    begin(&other, "{\"Name\":\"x\"}");
    assert_int_equal(bad.answers, 1);
    assert_string_equal(bad.text, "400 ExecutionAlreadyExists: No.");
    assert_false(is_there("ended")); /* it was rolled back */
    assert_int_equal(other.answers, 1);
    assert_string_equal(other.text,
                        "400 ValidationException: 1 validation error detected: Value null at "
                        "'stateMachineArn' failed to satisfy constraint: Member must not be null");
    wake("two");
    assert_string_equal(begin(&other, "{\"StateMachineArn\":\"m\",\"Name\":\"now\"}").text,
                        "{\"StartDate\":\"2024-01-01T00:00:00.123Z\"}");
    assert_true(two.answers == 1 && two.ok && is_there("ended"));
    assert_int_equal(one.answers, 0);
    wake("one");
    on_writer(NULL, NULL);
    on_writer(NULL, NULL);
    assert_true(one.answers == 1 && one.ok);
}

static void test_nobody_waits_in_a_batch(void **state)
{
    struct work work = work_of(store_batch_begin(store));
    (void)state;
    struct operation_answer answer =
        call(&work, "states", "startSyncExecution", "{\"StateMachineArn\":\"m\"}", OPERATION_SDK);
    assert_false(answer.ok);
    check_text(answer.cause, "nobody waits");
}

/* The last of the tests: afterwards there is no writer. */
static void test_of_a_call_that_the_end_of_the_server_meets_nothing_is_known(void **state)
{
    struct later waits, late, closed;
    (void)state;
    assert_int_equal(begin(&closed, "{\"StateMachineArn\":\"m\",\"Name\":\"one\"}").answers, 0);
    writer_close(&writer);
    assert_true(closed.answers == 1 && !closed.known);
    assert_true(writer_begin());
    assert_int_equal(begin(&waits, "{\"StateMachineArn\":\"m\",\"Name\":\"one\"}").answers, 0);
    api_drain(api);
    begin(&late, "{\"StateMachineArn\":\"m\",\"Name\":\"never\"}");
    assert_true(waits.answers == 1 && !waits.known);
    assert_true(late.answers == 1 && !late.known);
    assert_false(is_there("never"));
    writer_close(&writer);
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
    replace("states", "StartSyncExecution", toy_start_sync);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    writer_close(&writer);
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
        cmocka_unit_test(test_nobody_waits_in_a_batch),
        cmocka_unit_test(test_a_call_that_takes_time_is_run_again_when_it_is_woken),
        cmocka_unit_test(test_of_a_call_that_the_end_of_the_server_meets_nothing_is_known),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
