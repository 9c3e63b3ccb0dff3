/* Redrives: when there is none, how many there may be, what is kept for them, and many executions of a map run. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#include "flow/engine_test.h"
#include "flow/flow_map_run.h"

#define EXECUTION "arn:aws:states:us-east-1:000000000000:execution:M:one"
#define TASK "\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::dynamodb:putItem\""
#define FAILS "{\"StartAt\":\"F\",\"States\":{\"F\":{\"Type\":\"Fail\",\"Error\":\"X\"}}}"

static const int64_t day_ms = 86400000;

static void assert_text(struct str actual, const char *expected)
{
    if (!str_eq(actual, str_from(expected)))
        print_error("is %.*s, not %s\n", STR_ARG(actual), expected);
    assert_true(str_eq(actual, str_from(expected)));
}

/* ---- calls ---- */

struct redrive {
    struct str token;
    struct fault fault;
};

static bool redrive_run(struct engine *engine, struct work *work, void *self)
{
    struct redrive *redrive = self;
    int64_t ms;
    bool good =
        flow_redrive(engine->flow, work, engine->ns, STR(EXECUTION), redrive->token, &ms, &redrive->fault);
    redrive->fault.text = arena_copy(&engine->arena, redrive->fault.text);
    return good;
}

static struct fault redrive(struct engine *engine)
{
    struct redrive call = { .token = STR_EMPTY };
    engine_call(engine, redrive_run, &call);
    return call.fault;
}

static bool stop_run(struct engine *engine, struct work *work, void *self)
{
    struct fault fault = { 0 };
    int64_t ms;
    (void)self;
    return flow_stop(engine->flow, work, engine->ns, STR(EXECUTION), STR_EMPTY, STR_EMPTY, &ms, &fault);
}

static bool delete_run(struct engine *engine, struct work *work, void *self)
{
    struct fault fault = { 0 };
    (void)self;
    return flow_machine_delete(engine->flow, work, engine->ns,
                               STR("arn:aws:states:us-east-1:000000000000:stateMachine:M"), &fault);
}

static struct flow_execution described(struct engine *engine)
{
    struct flow_execution execution;
    engine_describe(engine, STR(EXECUTION), &engine->arena, &execution);
    return execution;
}

static void begin(struct engine *engine, const char *definition, struct str input)
{
    struct str arn;
    assert_text(engine_create(engine, STR("M"), str_from(definition)), "");
    assert_text(engine_start(engine, STR("M"), STR("one"), input, &arn), "");
    engine_advance(engine, 0); /* a run's executions begin now, not after the first time that passes */
}

static void run_until_over(struct engine *engine)
{
    for (int i = 0; i < 200 && described(engine).running; i++)
        engine_advance(engine, 1000);
    assert_false(described(engine).running);
}

static struct flow_map_run map_run_of(struct engine *engine)
{
    struct flow_map_run run;
    struct fault fault = { 0 };
    struct str position = STR_EMPTY;
    size_t count;
    struct store_reader *reader = store_snapshot(engine->store);
    assert_true(flow_map_run_list(reader, &engine->arena, engine->ns, STR(EXECUTION), 1, &position, &run,
                                  &count, &fault));
    store_snapshot_release(&reader);
    assert_int_equal(count, 1);
    return run;
}

/* ---- when there is none ---- */

static void reasons_are_the_services(void **test)
{
    (void)test;
    int64_t now_ms = 1700000000000;
    struct execution failed = {
        .status = EXECUTION_FAILED, .start_ms = now_ms - day_ms, .stop_ms = now_ms - 1, .last_event = 24998
    };
    assert_text(flow_redrive_refusal(&failed, false, now_ms), "");
    assert_text(flow_redrive_refusal(&failed, true, now_ms), "State machine is in DELETING status");
    struct execution other = failed;
    other.last_event = 24999;
    assert_text(flow_redrive_refusal(&other, false, now_ms), "Execution history event limit exceeded");
    other = failed;
    other.stop_ms = now_ms - 14 * day_ms;
    other.start_ms = other.stop_ms;
    assert_text(flow_redrive_refusal(&other, false, now_ms), "");
    other.stop_ms--;
    assert_text(flow_redrive_refusal(&other, false, now_ms), "Execution redrivable period exceeded");
    other = failed;
    other.start_ms = now_ms - 365 * day_ms - 1;
    assert_text(flow_redrive_refusal(&other, false, now_ms), "Execution has exceeded the max execution time");
    for (int status = EXECUTION_FAILED; status < EXECUTION_STATUSES; status++) {
        failed.status = (enum execution_status)status;
        assert_text(flow_redrive_refusal(&failed, false, now_ms), "");
    }
    failed.status = EXECUTION_SUCCEEDED;
    assert_text(flow_redrive_refusal(&failed, true, now_ms), "Execution is SUCCEEDED and cannot be redriven");
    failed.status = EXECUTION_RUNNING;
    assert_text(flow_redrive_refusal(&failed, true, now_ms), "Execution is RUNNING and cannot be redriven");
}

static void there_may_be_a_thousand(void **test)
{
    (void)test;
    struct engine engine;
    engine_open(&engine, NULL);
    begin(&engine, FAILS, STR("{}"));
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(redrive(&engine).code, FAULT_NONE);
    struct fault fault = redrive(&engine);
    assert_int_equal(fault.code, FAULT_EXECUTION_LIMIT);
    assert_text(fault.text, "Execution Limit Exceeded: '" EXECUTION "' has been redriven 1000 times");
    assert_int_equal(described(&engine).redrives, 1000);
    engine_close(&engine);
}

/* ---- what is kept ---- */

struct kept {
    size_t keys, bytes;
};

static bool kept_run(struct engine *engine, struct work *work, void *self)
{
    struct kept *kept = self;
    (void)engine;
    for (const char *kind = "biov"; *kind; kind++) {
        struct key first, end;
        struct str key, value;
        key_begin(&first, KEY_FLOW, work->partition, *kind);
        key_after_prefix(key_str(&first), &end);
        struct store_cursor *cursor = store_scan(work->reader, key_str(&first), key_str(&end), STORE_UP);
        while (store_cursor_next(cursor, &key, &value)) {
            kept->keys++;
            kept->bytes += key.len + value.len;
        }
        (void)store_cursor_close(&cursor);
    }
    return true;
}

static struct kept kept_of(struct engine *engine)
{
    struct kept kept = { 0 };
    engine_call(engine, kept_run, &kept);
    return kept;
}

static void what_is_kept_goes_with_the_machine(void **test)
{
    (void)test;
    struct engine engine;
    engine_open(&engine, NULL);
    begin(&engine,
          "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Assign\":{\"v\":1},\"Next\":\"P\"},"
          "\"P\":{\"Type\":\"Parallel\",\"End\":true,\"Branches\":["
          "{\"StartAt\":\"B\",\"States\":{\"B\":{\"Type\":\"Pass\",\"End\":true}}},"
          "{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"Seconds\":9,\"End\":true}}},"
          "{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"ItemsPath\":\"$.l\",\"End\":true,"
          "\"ItemProcessor\":{\"ProcessorConfig\":{\"Mode\":\"DISTRIBUTED\",\"ExecutionType\":\"STANDARD\"},"
          "\"StartAt\":\"F\",\"States\":{\"F\":{\"Type\":\"Fail\"}}}}}}]}}}",
          STR("{\"l\":[1,2]}"));
    run_until_over(&engine);
    struct kept kept = kept_of(&engine);
    assert_true(kept.keys >= 8); /* branches, frames, an output, a variable; the executions of the run */
    engine_call(&engine, delete_run, NULL);
    assert_int_equal(kept_of(&engine).keys, 0);
    engine_close(&engine);
}

static void what_a_failure_keeps_is_small(void **test)
{
    (void)test;
    struct engine engine;
    engine_open(&engine, NULL);
    begin(&engine, FAILS, STR("{\"k\":1}"));
    struct kept kept = kept_of(&engine);
    print_message("kept of an execution that failed with an input of 7 bytes: %zu key, %zu bytes\n",
                  kept.keys, kept.bytes);
    assert_int_equal(kept.keys, 1);
    assert_true(kept.bytes < 120);
    engine_close(&engine);
}

/* ---- map runs ---- */

static void answer_failed(struct engine *engine, struct work *work, const struct delivery *delivery,
                          struct delivery_result *ret)
{
    (void)work;
    (void)delivery;
    bool *well = engine->hooks.self;
    *ret = (struct delivery_result){ .outcome = *well ? OUTCOME_DELIVERED : OUTCOME_REJECTED,
                                     .result = STR("1"),
                                     .error = STR("E") };
}

#define RUN(more, states)                                                                              \
    "{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"End\":true," more                        \
    "\"ItemProcessor\":{\"ProcessorConfig\":{\"Mode\":\"DISTRIBUTED\",\"ExecutionType\":\"STANDARD\"}" \
    "," states "}}}}"

static void a_run_takes_up_many(void **test)
{
    (void)test;
    enum { ITEMS = 2500 };
    struct engine engine;
    struct buf input;
    bool well = false;
    buf_init(&input, 0);
    for (int i = 0; i < ITEMS; i++)
        buf_printf(&input, "%s%d", i ? "," : "[", i % 10);
    buf_add(&input, STR("]"));
    engine_open_at(&engine, NULL, NULL, &(struct engine_hooks){ .answer = answer_failed, .self = &well });
    /* A digit below 5 succeeds by itself. */
    begin(&engine,
          RUN("\"ToleratedFailurePercentage\":49.9,",
              "\"StartAt\":\"C\",\"States\":{\"C\":{\"Type\":\"Choice\",\"Default\":\"T\",\"Choices\":[{"
              "\"Variable\":\"$\",\"NumericLessThan\":5,\"Next\":\"S\"}]},\"S\":{\"Type\":\"Succeed\"},"
              "\"T\":{" TASK ",\"End\":true}}"),
          buf_str(&input));
    run_until_over(&engine);
    assert_text(described(&engine).error, "States.ExceedToleratedFailureThreshold");
    struct flow_map_run run = map_run_of(&engine);
    uint32_t failed = run.executions.failed;
    assert_true(failed > ITEMS * 499 / 1000 && run.executions.running == 0);
    well = true;
    assert_int_equal(redrive(&engine).code, FAULT_NONE);
    run_until_over(&engine);
    assert_text(described(&engine).status, "SUCCEEDED");
    run = map_run_of(&engine);
    assert_int_equal(run.executions.succeeded, ITEMS);
    assert_int_equal(run.executions.failed + run.executions.pending_redrive + run.executions.not_redrivable,
                     0);
    assert_int_equal(run.redrives, 1);
    struct json output;
    assert_int_equal(json_read(&engine.arena, described(&engine).output, 0, &output, NULL), ERR_OK);
    assert_int_equal(output.count, ITEMS);
    for (int i = 0; i < ITEMS; i++) {
        char wanted[2] = { (char)('0' + (i % 10 < 5 ? i % 10 : 1)), 0 };
        assert_text(output.items[i].text, wanted);
    }
    assert_int_equal(kept_of(&engine).keys, 0);
    buf_fini(&input);
    engine_close(&engine);
}

/* One failed more than 14 days before the run did: it stays as it is, and counts as failed. */
static void what_cannot_be_taken_up_stays_failed(void **test)
{
    (void)test;
    struct engine engine;
    bool well = false;
    engine_open_at(&engine, NULL, NULL, &(struct engine_hooks){ .answer = answer_failed, .self = &well });
    begin(&engine,
          RUN("\"ToleratedFailureCount\":1,",
              "\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"SecondsPath\":\"$\",\"Next\":\"T\"},"
              "\"T\":{" TASK ",\"End\":true}}"),
          STR("[0,1296000]"));
    engine_advance(&engine, 15 * day_ms + 1000);
    run_until_over(&engine);
    assert_text(described(&engine).status, "FAILED");
    well = true;
    assert_int_equal(redrive(&engine).code, FAULT_NONE);
    run_until_over(&engine);
    assert_text(described(&engine).output, "[1]");
    struct flow_map_run run = map_run_of(&engine);
    assert_int_equal(run.executions.succeeded, 1);
    assert_int_equal(run.executions.failed, 1);
    assert_int_equal(run.executions.not_redrivable, 1);
    engine_close(&engine);
}

/* Stopped, and redriven before its executions have been: they are stopped first. What succeeds meanwhile counts. */
static void a_run_that_is_still_stopping_goes_on_later(void **test)
{
    (void)test;
    enum { ITEMS = 350 }; /* more than are stopped in a command */
    struct engine engine;
    struct buf input;
    buf_init(&input, 0);
    for (int i = 0; i < ITEMS; i++)
        buf_add(&input, i ? STR(",3") : STR("[3"));
    buf_add(&input, STR("]"));
    engine_open(&engine, NULL);
    begin(&engine,
          RUN("",
              "\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"SecondsPath\":\"$\",\"End\":true}}"),
          buf_str(&input));
    engine_advance(&engine, 1000);
    for (int i = 0; i < 3; i++) {
        engine_call(&engine, stop_run, NULL);
        assert_int_equal(redrive(&engine).code, FAULT_NONE);
    }
    run_until_over(&engine);
    assert_text(described(&engine).status, "SUCCEEDED");
    assert_int_equal(map_run_of(&engine).executions.succeeded, ITEMS);
    assert_int_equal(map_run_of(&engine).redrives, 3);
    buf_fini(&input);
    engine_close(&engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons_are_the_services),
        cmocka_unit_test(there_may_be_a_thousand),
        cmocka_unit_test(what_is_kept_goes_with_the_machine),
        cmocka_unit_test(what_a_failure_keeps_is_small),
        cmocka_unit_test(a_run_takes_up_many),
        cmocka_unit_test(what_cannot_be_taken_up_stays_failed),
        cmocka_unit_test(a_run_that_is_still_stopping_goes_on_later),
    };
    return cmocka_run_group_tests_name("flow-redrive", tests, NULL, NULL);
}
