/* What is kept and handed out: records, chunks and tokens go there and back, damage is
 * seen, and a step is pure. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "flow/engine_test.h"
#include "flow/flow_impl.h"
#include "flow/flow_token.h"

static void numbers_go_there_and_back(void **test)
{
    (void)test;
    static const int64_t numbers[] = { 0, 1, -1, 63, 64, -64, -65, 1 << 20, INT64_MAX, INT64_MIN };
    struct buf out;
    buf_init(&out, 0);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        pack_i64(&out, numbers[i]);
        pack_u64(&out, (uint64_t)numbers[i]);
    }
    pack_str(&out, STR("text"));
    struct unpack in = unpack_of(buf_str(&out));
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        assert_true(unpack_i64(&in) == numbers[i]);
        assert_true(unpack_u64(&in) == (uint64_t)numbers[i]);
    }
    assert_true(str_eq(unpack_str(&in), STR("text")));
    assert_true(unpack_done(&in));
    (void)unpack_u8(&in);
    assert_true(in.bad);
    buf_fini(&out);
}

static void random_bytes(void *at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        ((unsigned char *)at)[i] = (unsigned char)(i * 7 + 3);
}

/* One start, up to where it waits for its token. */
static void step_once(struct arena *arena, struct plan *plan, struct execution *execution,
                      struct buf *history, struct task_order *ret_order)
{
    struct execution_names names = {
        .ref = { 1, 1700000000000, 3 },
        .execution_arn = STR("arn:e"),
        .machine_arn = STR("arn:m"),
        .machine_name = STR("M"),
        .role_arn = STR("arn:r"),
        .region = STR("us-east-1"),
    };
    struct step_settings settings = {
        1000, 1 << 20, HISTORY_EVENTS_MAX, PAYLOAD_BYTES_MAX, random_bytes, NULL, NULL, NULL, false
    };
    struct step step = { .plan = plan,
                         .execution = execution,
                         .names = &names,
                         .settings = &settings,
                         .arena = arena,
                         .now_ms = 1700000000000 };
    memset(execution, 0, sizeof(*execution));
    execution->name = STR("one");
    execution->revision = 7;
    history_writer_init(&step.history, history, 0);
    flow_step(&step, &(struct happening){ .kind = HAPPENED_START, .value = value_of_text(STR("{\"k\":1}")) });
    assert_int_equal(step.orders.len, 1);
    *ret_order = step.orders.at[0];
}

static struct plan *waiting_plan(struct arena *arena)
{
    struct plan *plan = NULL;
    struct str why;
    assert_true(plan_read(arena,
                          STR("{\"StartAt\":\"P\",\"TimeoutSeconds\":99,\"States\":{\"P\":{\"Type\":\"Pass\","
                              "\"Next\":\"T\"},\"T\":{"
                              "\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::events:putEvents."
                              "waitForTaskToken\",\"HeartbeatSeconds\""
                              ":9,\"Parameters\":{\"t.$\":\"$$.Task.Token\"},\"Retry\":[{\"ErrorEquals\":["
                              "\"A\"]}],\"End\":true}}}"),
                          false, engine_task_known, NULL, &plan, &why));
    return plan;
}

static void a_step_is_pure(void **test)
{
    (void)test;
    struct arena arena = { 0 };
    struct plan *plan = waiting_plan(&arena);
    struct execution first, second;
    struct task_order one, two;
    struct buf history[2], record[2];
    for (int i = 0; i < 2; i++) {
        buf_init(&history[i], 0);
        buf_init(&record[i], 0);
    }
    step_once(&arena, plan, &first, &history[0], &one);
    step_once(&arena, plan, &second, &history[1], &two);
    execution_write(&record[0], &first);
    execution_write(&record[1], &second);
    assert_true(str_eq(buf_str(&history[0]), buf_str(&history[1])));
    assert_true(str_eq(buf_str(&record[0]), buf_str(&record[1])));
    assert_true(str_eq(one.parameters, two.parameters));
    assert_int_equal(first.timeout_ms, 1700000000000 + 99000);
    assert_int_equal(first.branches.at[0]->heartbeat_ms, 1700000000000 + 9000);
    for (int i = 0; i < 2; i++) {
        buf_fini(&history[i]);
        buf_fini(&record[i]);
    }
    plan_free(&plan);
    arena_fini(&arena);
}

static void damage_is_seen(void **test)
{
    (void)test;
    struct arena arena = { 0 };
    struct plan *plan = waiting_plan(&arena);
    struct execution execution, again;
    struct task_order order;
    struct history_reader events;
    struct history_event event;
    struct buf history, record;
    buf_init(&history, 0);
    buf_init(&record, 0);
    step_once(&arena, plan, &execution, &history, &order);
    execution.watchers = STR("who waits");
    execution.branches.at[0]->job = STR("arn:job");
    execution_write(&record, &execution);
    assert_true(execution_read(&arena, buf_str(&record), true, &again));
    assert_true(str_eq(again.watchers, execution.watchers));
    assert_true(str_eq(again.branches.at[0]->job, execution.branches.at[0]->job));
    assert_true(str_eq(again.name, STR("one")));
    assert_int_equal(again.revision, 7);
    assert_int_equal(again.last_event, execution.last_event);
    assert_int_equal(again.branches.len, 1);
    assert_int_equal(again.branches.at[0]->phase, BRANCH_TASK);
    assert_true(str_eq(again.branches.at[0]->input.text, STR("{\"k\":1}")));
    assert_memory_equal(again.branches.at[0]->secret, execution.branches.at[0]->secret, TASK_SECRET_BYTES);
    for (size_t len = 0; len < record.len; len++)
        assert_false(execution_read(&arena, str_slice(buf_str(&record), 0, len), true, &again));
    for (size_t i = 0; i < record.len; i++) { /* anything may come of it, but nothing outside of it */
        record.ptr[i] = (char)(record.ptr[i] ^ 0x55);
        (void)execution_read(&arena, buf_str(&record), true, &again);
        record.ptr[i] = (char)(record.ptr[i] ^ 0x55);
    }
    unsigned count = 0;
    assert_true(history_reader_init(&events, buf_str(&history)));
    while (history_next(&events, &event))
        assert_int_equal(event.id, ++count);
    assert_int_equal(count, execution.last_event);
    assert_false(events.in.bad);
    for (size_t i = 0; i < history.len; i++) {
        history.ptr[i] = (char)(history.ptr[i] ^ 0x55);
        if (history_reader_init(&events, buf_str(&history)))
            while (history_next(&events, &event))
                ;
        history.ptr[i] = (char)(history.ptr[i] ^ 0x55);
    }
    buf_fini(&history);
    buf_fini(&record);
    plan_free(&plan);
    arena_fini(&arena);
}

static void tokens_cannot_be_altered(void **test)
{
    (void)test;
    struct arena arena = { 0 };
    struct task_token token = { .ref = { UINT64_MAX - 1, -5, 77 }, .branch = 3, .entry = UINT32_MAX }, read;
    random_bytes(token.secret, sizeof(token.secret));
    struct str text = task_token_write(&arena, &token);
    assert_true(text.len <= 100);
    assert_true(task_token_read(&arena, text, &read));
    assert_true(read.ref.machine_id == token.ref.machine_id && read.ref.start_ms == -5 &&
                read.ref.nonce == 77);
    assert_true(read.branch == 3 && read.entry == UINT32_MAX);
    assert_memory_equal(read.secret, token.secret, sizeof(token.secret));
    char *bytes = arena_bytes(&arena, text.len);
    for (size_t i = 0; i < text.len; i++) {
        memcpy(bytes, text.ptr, text.len);
        bytes[i] = bytes[i] == 'A' ? 'B' : 'A';
        assert_false(task_token_read(&arena, str_of(bytes, text.len), &read));
        assert_false(task_token_read(&arena, str_slice(text, 0, i), &read));
    }
    arena_fini(&arena);
}

static void input_that_passes_is_kept_once(void **test)
{
    (void)test;
    struct history_writer w;
    struct buf out;
    struct str payload = STR("{\"a\":\"a payload that is long enough to be seen if it were there twice\"}");
    buf_init(&out, 0);
    history_writer_init(&w, &out, 0);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(history_begin(&w, HISTORY_PASS_ENTERED, (uint32_t)i, 1000), i + 1);
        history_text(&w, FIELD_NAME, STR("P"));
        history_text(&w, FIELD_INPUT, payload);
        history_end(&w);
    }
    assert_true(out.len < payload.len + 10 * 10);
    struct history_reader events;
    struct history_event event;
    assert_true(history_reader_init(&events, buf_str(&out)));
    for (int i = 0; i < 10; i++) {
        assert_true(history_next(&events, &event));
        assert_true(str_eq(event.texts[FIELD_INPUT], payload));
        assert_int_equal(event.previous_id, i);
    }
    assert_false(history_next(&events, &event));
    buf_fini(&out);
}

/* What an earlier version put together and kept does not end the process; it does not go on either. */
static void what_is_too_deep_can_be_read(void **test)
{
    (void)test;
    enum { DEPTH = JSON_DEPTH_MAX + 2 };
    struct arena arena = { 0 };
    char *text = arena_bytes(&arena, 2 * (size_t)DEPTH);
    memset(text, '[', DEPTH);
    memset(text + DEPTH, ']', DEPTH);
    struct value value = value_of_text(str_of(text, 2 * (size_t)DEPTH));
    assert_true(value_text_is_deep(value.text));
    assert_int_equal(value_json(&arena, &value)->type, JSON_ARRAY);
    struct value again = value_of_json(value_json(&arena, &value));
    assert_int_equal(value_shape(&again, 262144), VALUE_DEEP);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_go_there_and_back),
        cmocka_unit_test(a_step_is_pure),
        cmocka_unit_test(damage_is_seen),
        cmocka_unit_test(tokens_cannot_be_altered),
        cmocka_unit_test(input_that_passes_is_kept_once),
        cmocka_unit_test(what_is_too_deep_can_be_read),
    };
    return cmocka_run_group_tests_name("flow-record", tests, NULL, NULL);
}
