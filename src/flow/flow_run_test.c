/* Machines and executions in the store: names, lists, paging, the cache, what a
 * rollback leaves, and what it costs. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>
#include <time.h>

#include "flow/engine_test.h"
#include "flow/flow_impl.h"

#define MACHINE(name) "arn:aws:states:us-east-1:000000000000:stateMachine:" name
#define WAITS "{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"Seconds\":100,\"End\":true}}}"
#define PASSES "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"End\":true}}}"
#define LOOPS                                                                                              \
    "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Next\":\"B\"},\"B\":{\"Type\":\"Choice\","  \
    "\"Choices\":[{\"Variable\":\"$.stop\",\"IsPresent\":true,\"Next\":\"C\"}],\"Default\":\"A\"},\"C\":{" \
    "\"Type\":\"Succeed\"}}}"

static void assert_text(struct str actual, const char *expected)
{
    struct str wanted = str_from(expected);
    if (!str_eq(actual, wanted))
        print_error("is %.*s, not %.*s\n", STR_ARG(actual), STR_ARG(wanted));
    assert_true(str_eq(actual, str_from(expected)));
}

static struct str status_of(struct engine *engine, struct str arn)
{
    struct flow_execution execution;
    engine_describe(engine, arn, &engine->arena, &execution);
    return execution.status;
}

/* ---- machines ---- */

struct machine_call {
    struct flow_machine machine;
    struct flow_machine_change change;
    const char *arn;
    struct fault fault;
    size_t written; /* bytes of the batch, by delete_run */
};

static bool keep_fault(struct engine *engine, struct fault *fault, bool good)
{
    fault->text = arena_copy(&engine->arena, fault->text);
    return good;
}

static bool create_run(struct engine *engine, struct work *work, void *self)
{
    struct machine_call *call = self;
    bool good = flow_machine_create(engine->flow, work, engine->ns, &call->machine, NULL, &call->fault);
    call->machine.arn = arena_copy(&engine->arena, call->machine.arn);
    return keep_fault(engine, &call->fault, good);
}

static bool update_run(struct engine *engine, struct work *work, void *self)
{
    struct machine_call *call = self;
    bool good = flow_machine_update(engine->flow, work, engine->ns, str_from(call->arn), &call->change,
                                    &call->machine, &call->fault);
    if (good)
        call->machine.revision_id = arena_copy(&engine->arena, call->machine.revision_id);
    return keep_fault(engine, &call->fault, good);
}

static bool delete_run(struct engine *engine, struct work *work, void *self)
{
    struct machine_call *call = self;
    size_t before = store_batch_bytes(work->batch);
    bool good = flow_machine_delete(engine->flow, work, engine->ns, str_from(call->arn), &call->fault);
    call->written = store_batch_bytes(work->batch) - before;
    return keep_fault(engine, &call->fault, good);
}

static struct machine_call create(struct engine *engine, const char *name, const char *definition)
{
    struct machine_call call = { .machine = { .name = str_from(name),
                                              .definition = str_from(definition),
                                              .role_arn = STR("arn:aws:iam::000000000000:role/r"),
                                              .logging = STR("{}") } };
    engine_call(engine, create_run, &call);
    return call;
}

static void machines_are_made_once(void **test)
{
    (void)test;
    struct engine engine;
    engine_open(&engine, NULL);
    struct machine_call call = create(&engine, "M", PASSES);
    int64_t created_ms = call.machine.created_ms;
    assert_int_equal(call.fault.code, FAULT_NONE);
    assert_text(call.machine.arn, MACHINE("M"));
    engine_advance(&engine, 5000);
    call = create(&engine, "M", PASSES);
    assert_int_equal(call.fault.code, FAULT_NONE);
    assert_int_equal(call.machine.created_ms, created_ms);
    call = create(&engine, "M", WAITS);
    assert_int_equal(call.fault.code, FAULT_MACHINE_EXISTS);
    assert_text(call.fault.text, "State Machine Already Exists: '" MACHINE("M") "'");
    static const char *const names[] = { "a b", "a/b", "a:b", "a*", "a\x7f", "a\"", "" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(create(&engine, names[i], PASSES).fault.code, FAULT_INVALID_NAME);
    assert_text(create(&engine, "a{b", PASSES).fault.text, "Invalid Name: 'a{b'");
    struct arena arena = { 0 };
    struct fault fault = { 0 };
    assert_false(name_check(&arena, str_of("\0a", 2), &fault)); /* told whole */
    assert_true(str_eq(fault.text, str_of("Invalid Name: '\0a'", 18)));
    arena_fini(&arena);
    assert_int_equal(create(&engine, "caf\xc3\xa9-_.()", PASSES).fault.code, FAULT_NONE);
    engine_close(&engine);
}

static void an_execution_keeps_its_revision(void **test)
{
    (void)test;
    struct engine engine;
    struct arena arena = { 0 };
    struct str first, second;
    struct flow_machine machine;
    struct fault fault = { 0 };
    engine_open(&engine, NULL);
    create(&engine, "M", WAITS);
    assert_text(engine_start(&engine, STR("M"), STR("one"), STR("{}"), &first), "");
    struct str definition = STR(PASSES);
    struct machine_call call = { .arn = MACHINE("M"), .change = { .definition = &definition } };
    engine_call(&engine, update_run, &call);
    assert_int_equal(call.fault.code, FAULT_NONE);
    assert_int_equal(call.machine.revision_id.len, 36);
    struct str revision = call.machine.revision_id;
    engine_call(&engine, update_run, &call); /* nothing changes: the same revision */
    assert_true(str_eq(call.machine.revision_id, revision));
    assert_text(engine_start(&engine, STR("M"), STR("two"), STR("{}"), &second), "");
    assert_text(status_of(&engine, first), "RUNNING");
    assert_text(status_of(&engine, second), "SUCCEEDED");
    struct store_reader *reader = store_snapshot(engine.store);
    assert_true(flow_execution_machine(reader, &arena, engine.ns, first, &machine, &fault));
    assert_text(machine.definition, WAITS);
    assert_int_equal(machine.revision_id.len, 0);
    assert_true(flow_execution_machine(reader, &arena, engine.ns, second, &machine, &fault));
    assert_text(machine.definition, PASSES);
    assert_true(str_eq(machine.revision_id, revision));
    store_snapshot_release(&reader);
    call = (struct machine_call){ .arn = MACHINE("N") };
    engine_call(&engine, update_run, &call);
    assert_int_equal(call.fault.code, FAULT_MACHINE_NOT_FOUND);
    assert_text(call.fault.text, "State Machine Does Not Exist: '" MACHINE("N") "'");
    arena_fini(&arena);
    engine_close(&engine);
}

static void a_deleted_machine_ends_with_its_last_execution(void **test)
{
    (void)test;
    struct engine engine;
    struct arena arena = { 0 };
    struct str arn;
    struct flow_machine machine;
    struct flow_execution execution;
    struct fault fault = { 0 };
    engine_open(&engine, NULL);
    create(&engine, "M", WAITS);
    engine_start(&engine, STR("M"), STR("one"), STR("{}"), &arn);
    struct machine_call call = { .arn = MACHINE("M") };
    engine_call(&engine, delete_run, &call);
    assert_int_equal(call.fault.code, FAULT_NONE);
    struct store_reader *reader = store_snapshot(engine.store);
    assert_true(flow_machine_describe(reader, &arena, engine.ns, STR(MACHINE("M")), &machine, &fault));
    assert_true(machine.deleting);
    store_snapshot_release(&reader);
    assert_text(engine_start(&engine, STR("M"), STR("two"), STR("{}"), &arn),
                "State Machine Deleting: '" MACHINE("M") "'");
    assert_int_equal(create(&engine, "M", WAITS).fault.code, FAULT_MACHINE_DELETING);
    engine_advance(&engine, 101000); /* the execution's next step is its end, and the machine's */
    reader = store_snapshot(engine.store);
    assert_false(flow_machine_describe(reader, &arena, engine.ns, STR(MACHINE("M")), &machine, &fault));
    assert_int_equal(fault.code, FAULT_MACHINE_NOT_FOUND);
    fault = (struct fault){ 0 };
    assert_false(flow_execution_describe(reader, &arena, engine.ns,
                                         STR("arn:aws:states:us-east-1:000000000000:execution:M:one"), 0,
                                         &execution, &fault));
    assert_int_equal(fault.code, FAULT_EXECUTION_NOT_FOUND);
    store_snapshot_release(&reader);
    assert_int_equal(create(&engine, "M", PASSES).fault.code, FAULT_NONE);
    assert_text(engine_start(&engine, STR("M"), STR("one"), STR("{}"), &arn), "");
    engine_call(&engine, delete_run, &call); /* nothing runs: gone at once; and again is no error */
    assert_true(call.written < 200); /* few keys, one by one: each range would make every read dearer */
    engine_call(&engine, delete_run, &call);
    assert_int_equal(call.fault.code, FAULT_NONE);
    /* Nothing of it stays in the store. */
    struct key first, end;
    struct str key, value;
    key_begin(&first, KEY_FLOW, PARTITION_ONLY, 0);
    key_begin(&end, KEY_FLOW, PARTITION_ONLY, (char)0x7f);
    reader = store_snapshot(engine.store);
    struct store_cursor *cursor = store_scan(reader, key_str(&first), key_str(&end), STORE_UP);
    assert_false(store_cursor_next(cursor, &key, &value));
    assert_int_equal(store_cursor_close(&cursor), ERR_OK);
    store_snapshot_release(&reader);
    arena_fini(&arena);
    engine_close(&engine);
}

/* ---- executions ---- */

static void names_are_used_once(void **test)
{
    (void)test;
    struct engine engine;
    struct str arn, again;
    engine_open(&engine, NULL);
    create(&engine, "M", WAITS);
    create(&engine, "P", PASSES);
    assert_text(engine_start(&engine, STR("M"), STR("one"), STR("{\"a\":1}"), &arn), "");
    assert_text(engine_start(&engine, STR("M"), STR("one"), STR("{\"a\":1}"), &again), "");
    assert_true(str_eq(arn, again));
    assert_text(engine_start(&engine, STR("M"), STR("one"), STR("{\"a\":2}"), &again),
                "Execution Already Exists: 'arn:aws:states:us-east-1:000000000000:execution:M:one'");
    engine_advance(&engine, 101000);
    assert_text(status_of(&engine, arn), "SUCCEEDED");
    assert_text(engine_start(&engine, STR("M"), STR("one"), STR("{\"a\":1}"), &again),
                "Execution Already Exists: 'arn:aws:states:us-east-1:000000000000:execution:M:one'");
    assert_text(engine_start(&engine, STR("P"), STR("one"), STR("{}"), &again), "");
    assert_text(engine_start(&engine, STR("P"), STR("a b"), STR("{}"), &again), "Invalid Name: 'a b'");
    assert_text(engine_start(&engine, STR("P"), STR_EMPTY, STR("{'a':1}"), &again),
                "Invalid State Machine Execution Input: 'Unexpected character (''' (code 39)): was expecting "
                "double-quote to start field name'");
    assert_text(
        engine_start(&engine, STR("P"), STR_EMPTY, STR("not"), &again),
        "Invalid State Machine Execution Input: 'Unrecognized token 'not': was expecting (JSON String, "
        "Number, Array, Object or token 'null', 'true' or 'false')'");
    assert_text(engine_start(&engine, STR("Q"), STR_EMPTY, STR("{}"), &again),
                "State Machine Does Not Exist: '" MACHINE("Q") "'");
    assert_text(engine_start(&engine, STR("P:1"), STR_EMPTY, STR("{}"), &again),
                "State Machine Does Not Exist: '" MACHINE("P:1") "'");
    engine_close(&engine);
}

static size_t list_all(struct engine *engine, struct arena *arena, const char *status, size_t page,
                       unsigned *pages, struct flow_execution *ret)
{
    struct store_reader *reader = store_snapshot(engine->store);
    struct fault fault = { 0 };
    struct str position = STR_EMPTY;
    size_t all = 0, count;
    *pages = 0;
    do {
        assert_true(flow_execution_list(engine->flow, reader, arena, engine->ns, STR(MACHINE("M")),
                                        str_from(status), page, &position, ret + all, &count, &fault));
        assert_true(count <= page);
        all += count;
        ++*pages;
    } while (!str_empty(position));
    store_snapshot_release(&reader);
    return all;
}

static void lists_are_newest_first(void **test)
{
    (void)test;
    struct engine engine;
    struct arena arena = { 0 };
    struct str arn;
    struct flow_execution list[64];
    unsigned pages;
    char name[16];
    engine_open(&engine, &(struct flow_settings){ .list_scan_max = 8 });
    create(&engine, "M",
           "{\"StartAt\":\"C\",\"States\":{\"C\":{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":"
           "\"$.wait\",\"IsPresent\":true,\"Next\":\"W\"}],\"Default\":\"S\"},\"W\":{\"Type\":"
           "\"Wait\",\"Seconds\":100,\"End\":true},\"S\":{\"Type\":\"Succeed\"}}}");
    for (int i = 0; i < 30; i++) {
        (void)snprintf(name, sizeof(name), "n%02d", i);
        assert_text(engine_start(&engine, STR("M"), arena_copy(&arena, str_from(name)),
                                 i % 10 == 0 ? STR("{\"wait\":1}") : STR("{}"), &arn),
                    "");
        if (i % 4 == 0)
            engine_advance(&engine, 7);
    }
    assert_int_equal(list_all(&engine, &arena, "", 7, &pages, list), 30);
    assert_int_equal(pages, 5);
    for (int i = 0; i < 30; i++) {
        (void)snprintf(name, sizeof(name), "n%02d", 29 - i);
        assert_text(list[i].name, name);
    }
    assert_int_equal(list_all(&engine, &arena, "RUNNING", 2, &pages, list), 3);
    assert_int_equal(pages, 2);
    assert_text(list[0].name, "n20");
    assert_text(list[2].name, "n00");
    assert_int_equal(list_all(&engine, &arena, "SUCCEEDED", 64, &pages, list), 27);
    assert_true(pages > 1); /* a page looks at so many, and no more */
    assert_int_equal(list_all(&engine, &arena, "FAILED", 64, &pages, list), 0);
    engine_advance(&engine, 101000);
    assert_int_equal(list_all(&engine, &arena, "RUNNING", 2, &pages, list), 0);
    assert_int_equal(list_all(&engine, &arena, "SUCCEEDED", 64, &pages, list), 30);
    arena_fini(&arena);
    engine_close(&engine);
}

static void histories_page_both_ways(void **test)
{
    (void)test;
    struct engine engine;
    struct arena arena = { 0 };
    struct str arn;
    struct fault fault = { 0 };
    engine_open(&engine, &(struct flow_settings){ .transitions_max = 3 });
    create(&engine, "M", LOOPS);
    assert_text(engine_start(&engine, STR("M"), STR_EMPTY, STR("{}"), &arn), "");
    for (int i = 0; i < 20; i++)
        engine_advance(&engine, 1);
    struct store_reader *reader = store_snapshot(engine.store);
    for (int reverse = 0; reverse < 2; reverse++) {
        for (size_t max = 1; max < 60; max += 11) {
            uint32_t id = 0, expected = 1, last = 0;
            do {
                struct buf buf;
                struct json_writer out;
                struct json events;
                buf_init(&buf, 0);
                json_writer_init(&out, &buf);
                json_begin_array(&out);
                assert_true(flow_history_write(engine.flow, reader, &arena, engine.ns, arn, reverse, false,
                                               max, &id, &out, &fault));
                json_end_array(&out);
                assert_int_equal(json_read(&arena, arena_copy(&arena, buf_str(&buf)), 0, &events, NULL),
                                 ERR_OK);
                buf_fini(&buf);
                assert_true(events.count > 0 && events.count <= max);
                for (uint32_t i = 0; i < events.count; i++) {
                    int64_t number;
                    assert_true(json_number_i64(json_get(&events.items[i], STR("id"))->text, &number));
                    if (reverse && last == 0)
                        expected = (uint32_t)number;
                    assert_int_equal(number, expected);
                    last = expected;
                    expected = reverse ? expected - 1 : expected + 1;
                }
            } while (id != 0);
            assert_true(reverse ? last == 1 : last > 60);
        }
    }
    store_snapshot_release(&reader);
    arena_fini(&arena);
    engine_close(&engine);
}

/* The last number of a history is for the event that ends it, whatever the one before was. */
static void a_full_history_is_the_end(void **test)
{
    (void)test;
    static const char *const definitions[] = {
        LOOPS,
        "{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"ItemsPath\":\"$.l\",\"ItemProcessor\":{"
        "\"StartAt\":"
        "\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}},\"ResultPath\":null,\"Next\":\"C\"},"
        "\"C\":{\"Type\":"
        "\"Choice\",\"Choices\":[{\"Variable\":\"$.stop\",\"IsPresent\":true,\"Next\":\"Z\"}],\"Default\":"
        "\"M\"},"
        "\"Z\":{\"Type\":\"Succeed\"}}}",
    };
    static const char *const machines[] = { "L", "F" };
    for (unsigned max = 30; max < 50; max++) {
        struct engine engine;
        struct arena arena = { 0 };
        struct str arn;
        engine_open(&engine, &(struct flow_settings){ .history_events_max = max, .transitions_max = 7 });
        for (int i = 0; i < 2; i++) {
            struct machine_call call = create(&engine, machines[i], definitions[i]);
            assert_int_equal(call.fault.code, FAULT_NONE);
            engine_start(&engine, str_from(machines[i]), STR_EMPTY, STR("{\"l\":[1,2,3]}"), &arn);
            for (int k = 0; k < 20; k++)
                engine_advance(&engine, 1);
            struct flow_execution execution;
            engine_describe(&engine, arn, &arena, &execution);
            assert_text(execution.status, "FAILED");
            assert_text(execution.error, "States.Runtime");
            struct json events = engine_history(&engine, arn, &arena);
            assert_int_equal(events.count, max);
            int64_t previous;
            assert_true(
                json_number_i64(json_get(&events.items[max - 1], STR("previousEventId"))->text, &previous));
            assert_int_equal(previous, max - 1);
        }
        arena_fini(&arena);
        engine_close(&engine);
    }
}

static bool refused_run(struct engine *engine, struct work *work, void *self)
{
    struct fault fault = { 0 };
    struct flow_started started;
    struct flow_machine machine = {
        .name = STR("R"), .definition = STR(PASSES), .role_arn = STR("r"), .logging = STR("{}")
    };
    bool *stays = self;
    assert_true(flow_machine_create(engine->flow, work, engine->ns, &machine, NULL, &fault));
    assert_true(
        flow_start(engine->flow, work, engine->ns, machine.arn, STR("one"), STR("{}"), 0, &started, &fault));
    return *stays;
}

static void a_rollback_leaves_nothing(void **test)
{
    (void)test;
    struct engine engine;
    struct str arn;
    bool stays = false;
    engine_open(&engine, NULL);
    engine_call(&engine, refused_run, &stays);
    assert_text(engine_start(&engine, STR("R"), STR("one"), STR("{}"), &arn),
                "State Machine Does Not Exist: '" MACHINE("R") "'");
    stays = true;
    engine_call(&engine, refused_run, &stays);
    assert_text(engine_start(&engine, STR("R"), STR("two"), STR("{}"), &arn), "");
    engine_close(&engine);
}

static void a_machine_of_another_place_is_not_seen(void **test)
{
    (void)test;
    struct engine engine;
    struct arena arena = { 0 };
    struct fault fault = { 0 };
    struct flow_machine machine;
    engine_open(&engine, NULL);
    create(&engine, "M", PASSES);
    struct store_reader *reader = store_snapshot(engine.store);
    struct ns other = { STR("000000000000"), STR("eu-west-1") };
    assert_false(flow_machine_describe(reader, &arena, other, STR(MACHINE("M")), &machine, &fault));
    assert_int_equal(fault.code, FAULT_MACHINE_NOT_FOUND);
    static const struct {
        const char *arn, *text;
    } wrong[] = {
        { "not_a_valid_arn", "Invalid Arn: 'Invalid ARN prefix: not_a_valid_arn'" },
        { "arn:aws:s3:us-east-1:000000000000:x:y",
          "Invalid Arn: 'Invalid ARN prefix: arn:aws:s3:us-east-1:000000000000:x:y'" },
        { "arn:aws:states:us-east-1:000000000000:express:M:x",
          "Invalid Arn: 'Resource type not valid in this context: express'" },
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        fault = (struct fault){ 0 };
        assert_false(
            flow_machine_describe(reader, &arena, engine.ns, str_from(wrong[i].arn), &machine, &fault));
        assert_int_equal(fault.code, FAULT_INVALID_ARN);
        assert_text(fault.text, wrong[i].text);
    }
    store_snapshot_release(&reader);
    arena_fini(&arena);
    engine_close(&engine);
}

/* ---- cost ---- */

static int64_t process_cpu_ns(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

/* CPU for one item of a Map whose task is carried out at once, with so many items in all. */
static double item_cost_us(uint32_t count, const char *state)
{
    struct engine engine;
    struct arena arena = { 0 };
    struct buf input;
    struct str arn;
    struct flow_execution execution;
    engine_open(&engine, &(struct flow_settings){ .history_events_max = 1000000 });
    create(&engine, "M",
           arena_cstr(
               &arena,
               arena_printf(&arena,
                            "{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"MaxConcurrency\":40,"
                            "\"ItemProcessor\":{\"StartAt\":\"T\",\"States\":{\"T\":%s}},\"End\":true}}}",
                            state)));
    buf_init(&input, 0);
    for (uint32_t i = 0; i < count; i++)
        buf_printf(&input, "%s{\"order\":%u}", i ? "," : "[", i);
    buf_add_char(&input, ']');
    int64_t begun_ns = process_cpu_ns();
    assert_text(engine_start(&engine, STR("M"), STR("one"), buf_str(&input), &arn), "");
    do {
        engine_advance(&engine, 1000);
        engine_describe(&engine, arn, &arena, &execution);
    } while (execution.running);
    int64_t over_ns = process_cpu_ns();
    assert_text(execution.status, "SUCCEEDED");
    assert_true(execution.output.len > count);
    buf_fini(&input);
    arena_fini(&arena);
    engine_close(&engine);
    return (double)(over_ns - begun_ns) / count / 1000;
}

/* What an item costs must not grow with the items before it. */
static void what_an_item_costs(void **test)
{
    (void)test;
    static const char *const states[] = {
        "{\"Type\":\"Pass\",\"End\":true}",
        "{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::dynamodb:putItem\",\"End\":true}",
    };
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        double few = item_cost_us(1000, states[i]), many = item_cost_us(10000, states[i]);
        print_message("an item of 1,000: %.1f us, of 10,000: %.1f us\n", few, many);
        assert_true(many < 4 * few);
    }
}

enum { COST_STARTS = 20000 };

struct cost {
    struct command command;
    struct engine *engine;
    int64_t cpu_ns;
    bool over;
};

static int64_t thread_cpu_ns(void)
{
    struct timespec at;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static bool cost_run(struct command *command, struct work *work)
{
    struct cost *cost = (struct cost *)command;
    struct flow_started started;
    struct fault fault = { 0 };
    cost->cpu_ns = thread_cpu_ns();
    return flow_start(cost->engine->flow, work, cost->engine->ns, STR(MACHINE("M")), STR_EMPTY,
                      STR("{\"detail\":{\"orderId\":\"2\",\"userId\":\"testuser2\"}}"), 0, &started, &fault);
}

static void cost_done(struct command *command, enum err committed)
{
    struct cost *cost = (struct cost *)command;
    assert_int_equal(committed, ERR_OK);
    pthread_mutex_lock(&cost->engine->mutex);
    cost->over = true;
    pthread_cond_broadcast(&cost->engine->done);
    pthread_mutex_unlock(&cost->engine->mutex);
}

static void what_an_execution_costs(void **test)
{
    (void)test;
    struct engine engine;
    engine_open(&engine, NULL);
    create(&engine, "M",
           "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"Next\":\"C\"},\"C\":{\"Type\":"
           "\"Choice\",\"Choices\":[{\"Variable\":\"$.detail.orderId\",\"StringEquals\":\"2\",\"Next\":"
           "\"S\"}]},\"S\":{\"Type\":\"Succeed\"}}}");
    struct cost *costs = calloc(COST_STARTS, sizeof(*costs));
    assert_non_null(costs);
    for (size_t i = 0; i < COST_STARTS; i++) {
        costs[i].command.run = cost_run;
        costs[i].command.done = cost_done;
        costs[i].engine = &engine;
        assert_int_equal(writer_submit(engine.writer, &costs[i].command), ERR_OK);
    }
    pthread_mutex_lock(&engine.mutex);
    while (!costs[COST_STARTS - 1].over)
        pthread_cond_wait(&engine.done, &engine.mutex);
    pthread_mutex_unlock(&engine.mutex);
    double us = (double)(costs[COST_STARTS - 1].cpu_ns - costs[0].cpu_ns) / 1000.0 / (COST_STARTS - 1);
    struct arena arena = { 0 };
    struct flow_execution *list = ARENA_ARRAY(&arena, struct flow_execution, COST_STARTS + 1);
    unsigned pages;
    assert_int_equal(list_all(&engine, &arena, "SUCCEEDED", 1000, &pages, list), COST_STARTS);
    arena_fini(&arena);
    print_message("Pass -> Choice -> Succeed: %.1f us of the writer's CPU each\n", us);
    free(costs);
    engine_close(&engine);
}

/* ---- depth ---- */

static struct str deep(struct arena *arena, size_t depth)
{
    char *text = arena_bytes(arena, 2 * depth);
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    return str_of(text, 2 * depth);
}

#define PASS_ALONE "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}}"
#define READS_AGAIN                                                                                     \
    ",\"Next\":\"W\"},\"W\":{\"Type\":\"Wait\",\"Seconds\":1,\"Next\":\"Q\"},\"Q\":{\"Type\":\"Pass\"," \
    "\"Parameters\":{\"x.$\":\"$[0]\"},\"End\":true}}}"

/* Each part is as deep as may be; the whole, a level deeper, could not be read again. */
static void what_is_put_together_is_not_too_deep(void **test)
{
    (void)test;
    static const struct {
        const char *name, *definition;
        size_t deep_most; /* the deepest input that goes well */
    } cases[] = {
        { "Parallel",
          "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"Branches\":[" PASS_ALONE
          "]" READS_AGAIN,
          JSON_DEPTH_MAX - 1 },
        { "Selected",
          "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"Branches\":[" PASS_ALONE
          "],\"ResultSelector\":{\"r.$\":\"$[0]\"},\"End\":true}}}",
          JSON_DEPTH_MAX - 1 },
        { "Map",
          "{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"ItemProcessor\":{\"StartAt\":\"A\","
          "\"States\":{\"A\":{\"Type\":\"Pass\",\"Parameters\":{\"x.$\":\"$\"},\"End\":true}}}" READS_AGAIN,
          JSON_DEPTH_MAX - 1 },
        { "Batch",
          "{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"ItemProcessor\":{\"ProcessorConfig\":{"
          "\"Mode\":\"DISTRIBUTED\",\"ExecutionType\":\"STANDARD\"},\"StartAt\":\"A\",\"States\":{\"A\":{"
          "\"Type\":\"Pass\",\"Parameters\":{\"n.$\":\"States.ArrayLength($.Items)\"},\"End\":true}}},"
          "\"ItemBatcher\":{\"MaxItemsPerBatch\":1},\"End\":true}}}",
          JSON_DEPTH_MAX - 1 },
        { "Child",
          "{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"Resource\":"
          "\"arn:aws:states:::states:startExecution.sync:2\",\"Parameters\":{\"StateMachineArn\":\"" MACHINE(
              "Wraps") "\",\"Input.$\":\"$\"},\"OutputPath\":\"$.Output\",\"Next\":\"W\"},\"W\":{\"Type\":"
                       "\"Wait\",\"Seconds\":1,\"End\":true}}}",
          JSON_DEPTH_MAX - 2 },
    };
    struct engine engine;
    struct arena arena = { 0 };
    struct str arn;
    engine_open(&engine, NULL);
    create(&engine, "Wraps",
           "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Parameters\":{\"x.$\":\"$\"},\"End\":"
           "true}}}");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        create(&engine, cases[i].name, cases[i].definition);
        for (size_t more = 0; more < 2; more++) {
            assert_text(engine_start(&engine, str_from(cases[i].name), STR_EMPTY,
                                     deep(&arena, cases[i].deep_most + more), &arn),
                        "");
            for (int n = 0; n < 5; n++)
                engine_advance(&engine, 1000);
            struct flow_execution about;
            engine_describe(&engine, arn, &arena, &about);
            if (!str_eq(about.status, more ? STR("FAILED") : STR("SUCCEEDED")))
                print_error("%s, %zu more: %.*s\n", cases[i].name, more, STR_ARG(about.cause));
            assert_text(about.status, more ? "FAILED" : "SUCCEEDED");
            assert_true(!more || str_eq(about.error, STR("States.Runtime")));
            assert_true(!more || str_ends(about.cause, STR("The data is nested deeper than 1000 levels.")));
        }
    }
    arena_fini(&arena);
    engine_close(&engine);
}

/* ---- executions of Express machines that tasks wait for ---- */

#define WAITED(name, input)                                                                               \
    "\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::aws-sdk:sfn:startSyncExecution\",\"Parameters\":{" \
    "\"StateMachineArn\":\"" MACHINE(name) "\",\"Input\":" input "}"

static void create_express(struct engine *engine, const char *name, const char *definition)
{
    struct str fault = engine_create_express(engine, str_from(name), str_from(definition));
    assert_text(fault, "");
}

static bool count_express(struct engine *engine, struct work *work, void *self)
{
    *(size_t *)self = engine->flow->expresses.len + engine->flow->nested.len + (engine->waits != NULL);
    return work != NULL;
}

/* Nothing of it is left in memory: asked on the writer's thread, whose it is. */
static void assert_no_express(struct engine *engine)
{
    size_t left = 1;
    engine_call(engine, count_express, &left);
    assert_int_equal(left, 0);
}

static void a_row_of_executions_that_wait_has_an_end(void **test)
{
    (void)test;
    struct engine engine;
    struct str arn;
    struct flow_execution about;
    engine_open(&engine, NULL);
    /* It begins itself, until it is refused. */
    create_express(
        &engine, "R",
        "{\"StartAt\":\"S\",\"States\":{\"S\":{" WAITED(
            "R", "{\"n.$\":\"States.MathAdd($.n, 1)\"}") ",\"ResultSelector\":{\"o.$\":"
                                                         "\"States.StringToJson($.Output)\"},\"OutputPath\":"
                                                         "\"$.o\",\"Catch\":[{\"ErrorEquals\":[\"Sfn."
                                                         "Refused\"],\"ResultPath\":\"$.e\",\"Next\":\"E\"}],"
                                                         "\"End\":true},\"E\":{\"Type\":\"Pass\",\"End\":"
                                                         "true}}}");
    create(&engine, "M",
           "{\"StartAt\":\"S\",\"States\":{\"S\":{" WAITED("R", "{\"n\":1}") ",\"End\":true}}}");
    assert_text(engine_start(&engine, STR("M"), STR("one"), STR("{}"), &arn), "");
    for (int i = 0; i < 100 && str_eq(status_of(&engine, arn), STR("RUNNING")); i++)
        engine_advance(&engine, 0);
    engine_describe(&engine, arn, &engine.arena, &about);
    assert_text(
        about.output,
        "{\"Status\":\"SUCCEEDED\",\"Input\":\"{\\\"n\\\":1}\",\"Output\":\"{\\\"n\\\":16,\\\"e\\\":{"
        "\\\"Error\\\":\\\"Sfn.Refused\\\",\\\"Cause\\\":\\\"Execution Limit Exceeded: 16 executions of "
        "Express machines wait for one another\\\"}}\"}");
    assert_no_express(&engine);
    engine_close(&engine);
}

static bool stop_run(struct engine *engine, struct work *work, void *self)
{
    struct fault fault = { 0 };
    int64_t ms;
    return flow_stop(engine->flow, work, engine->ns, *(struct str *)self, STR_EMPTY, STR_EMPTY, &ms, &fault);
}

static bool start_waited_run(struct engine *engine, struct work *work, void *self)
{
    struct fault fault = { 0 };
    struct flow_started started;
    const struct flow_order order = { .machine_arn = STR(MACHINE("X")),
                                      .input = STR("{}"),
                                      .value = json_of_object(NULL, 0) };
    (void)self;
    return flow_start_sync(engine->flow, work, engine->ns, &order, &started, &fault);
}

/* Who started it has gone with a batch that was lost: what is kept for it goes too, later. */
static void an_end_that_nobody_asks_for_is_forgotten(void **test)
{
    (void)test;
    struct engine engine;
    engine_open(&engine, NULL);
    create_express(&engine, "X", "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"End\":true}}}");
    assert_true(engine_call(&engine, start_waited_run, NULL));
    engine_advance(&engine, 500000);
    assert_int_equal(engine.flow->expresses.len, 1);
    engine_advance(&engine, 200000);
    assert_no_express(&engine);
    engine_close(&engine);
}

static void nothing_is_left_of_executions_that_nobody_waits_for(void **test)
{
    (void)test;
    struct engine engine;
    struct str stopped, late;
    struct deliver_stats stats;
    engine_open(&engine, NULL);
    create_express(&engine, "X", WAITS);
    create(
        &engine, "M",
        "{\"StartAt\":\"S\",\"States\":{\"S\":{" WAITED("X", "{}") ",\"TimeoutSeconds\":9,\"End\":true}}}");
    assert_text(engine_start(&engine, STR("M"), STR("stopped"), STR("{}"), &stopped), "");
    assert_text(engine_start(&engine, STR("M"), STR("late"), STR("{}"), &late), "");
    engine_advance(&engine, 1000);
    assert_true(engine_call(&engine, stop_run, &stopped));
    engine_advance(&engine, 9000);
    assert_text(status_of(&engine, stopped), "ABORTED");
    assert_text(status_of(&engine, late), "FAILED");
    assert_int_equal(engine.flow->expresses.len, 2); /* they go on to their own end */
    engine_advance(&engine, 100000);
    assert_no_express(&engine);
    deliver_stats(engine.deliver, &stats);
    assert_int_equal(stats.delivered, 2);
    assert_int_equal(stats.under_way, 0);
    engine_close(&engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(machines_are_made_once),
        cmocka_unit_test(an_execution_keeps_its_revision),
        cmocka_unit_test(a_deleted_machine_ends_with_its_last_execution),
        cmocka_unit_test(names_are_used_once),
        cmocka_unit_test(lists_are_newest_first),
        cmocka_unit_test(histories_page_both_ways),
        cmocka_unit_test(a_full_history_is_the_end),
        cmocka_unit_test(a_rollback_leaves_nothing),
        cmocka_unit_test(a_machine_of_another_place_is_not_seen),
        cmocka_unit_test(what_is_put_together_is_not_too_deep),
        cmocka_unit_test(what_an_item_costs),
        cmocka_unit_test(what_an_execution_costs),
        cmocka_unit_test(a_row_of_executions_that_wait_has_an_end),
        cmocka_unit_test(nothing_is_left_of_executions_that_nobody_waits_for),
        cmocka_unit_test(an_end_that_nobody_asks_for_is_forgotten),
    };
    return cmocka_run_group_tests_name("flow-run", tests, NULL, NULL);
}
