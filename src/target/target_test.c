/* The kinds of target with the rooms they hand over to. Operations are in target_operation_test.c. */
#include "target/target_kinds.h"
#include "deliver/deliver_bench.h"
#include "flow/flow.h"
#include "io/clock.h"
#include "io/rand.h"
#include "logs/logs.h"

static const struct ns home = { { "111111111111", 12 }, { "eu-west-1", 9 } };
#define GROUP "arn:aws:logs:eu-west-1:111111111111:log-group:/aws/events/all"
#define MACHINE "arn:aws:states:eu-west-1:111111111111:stateMachine:M"
#define EVENT_ID "0a0b0c0d-0000-4000-8000-000000000001"

struct rooms_here {
    struct bench bench;
    struct logs *logs;
    struct flow *flow;
    struct target_log_group log_group;
    struct arena arena;
    /* what the owner heard last */
    enum outcome outcome;
    char error[64], cause[256];
    unsigned ends;
};

static void heard(void *self, struct work *work, const struct delivery *delivery,
                  const struct delivery_result *result)
{
    struct rooms_here *rooms = self;
    (void)work, (void)delivery;
    rooms->ends++;
    rooms->outcome = result->outcome;
    snprintf(rooms->error, sizeof(rooms->error), "%.*s", STR_ARG(result->error));
    snprintf(rooms->cause, sizeof(rooms->cause), "%.*s", STR_ARG(result->cause));
}

static void forget(void *self)
{
    struct rooms_here *rooms = self;
    logs_after_rollback(rooms->logs);
    flow_after_rollback(rooms->flow);
}

static bool make_things(void *self, struct work *work)
{
    struct rooms_here *rooms = self;
    struct fault fault = { 0 };
    struct flow_machine machine = {
        .name = STR("M"),
        .definition = STR("{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"End\":true}}}"),
        .role_arn = STR("arn:aws:iam::111111111111:role/r"),
    };
    return logs_group_create(rooms->logs, work, home, STR("/aws/events/all"), LOGS_CLASS_STANDARD, &fault) &&
           flow_machine_create(rooms->flow, work, home, &machine, NULL, &fault);
}

static void rooms_open(struct rooms_here *rooms, bool per_hour)
{
    bench_open(&rooms->bench, NULL);
    assert_int_equal(logs_open(&rooms->logs), ERR_OK);
    assert_int_equal(flow_open(&(struct flow_settings){ 0 }, rooms->bench.deliver, &rooms->flow), ERR_OK);
    rooms->log_group = (struct target_log_group){ rooms->logs, per_hour };
    deliver_add_target(rooms->bench.deliver, &target_null, NULL);
    deliver_add_target(rooms->bench.deliver, &target_log_group, &rooms->log_group);
    deliver_add_target(rooms->bench.deliver, &target_log_stream, rooms->logs);
    deliver_add_target(rooms->bench.deliver, &target_state_machine, rooms->flow);
    deliver_on_done(rooms->bench.deliver, DELIVERY_OF_RULE, heard, rooms);
    deliver_on_rollback(rooms->bench.deliver, forget, rooms);
    rooms->bench.room = rooms;
    rooms->bench.after_rollback = forget;
    writer_on_timer(rooms->bench.writer, TIMER_FLOW, flow_due, rooms->flow);
    writer_on_timer(rooms->bench.writer, TIMER_LOGS, logs_due, rooms->logs);
    bench_start(&rooms->bench);
    assert_true(bench_run(&rooms->bench, make_things, rooms));
}

static void rooms_close(struct rooms_here *rooms)
{
    writer_close(&rooms->bench.writer);
    flow_close(&rooms->flow);
    logs_close(&rooms->logs);
    bench_close(&rooms->bench, false);
    arena_fini(&rooms->arena);
}

struct sending {
    struct rooms_here *rooms;
    struct delivery delivery;
};

static bool send_run(void *self, struct work *work)
{
    struct sending *sending = self;
    deliver_add(sending->rooms->bench.deliver, work, &sending->delivery);
    return true;
}

static void send(struct rooms_here *rooms, const char *kind, const char *resource, const char *payload,
                 uint32_t hops)
{
    struct sending sending = { rooms,
                               {
                                   .owner = DELIVERY_OF_RULE,
                                   .owner_ref = STR("target-1"),
                                   .kind = str_from(kind),
                                   .ns = home,
                                   .resource = str_from(resource),
                                   .payload = str_from(payload),
                                   .event_id = STR(EVENT_ID),
                                   .source_arn =
                                       STR("arn:aws:events:eu-west-1:111111111111:rule/Shop/logAll"),
                                   .event_time_ms = INT64_C(1700000000000),
                                   .hops = hops,
                               } };
    unsigned ends = rooms->ends;
    assert_true(bench_run(&rooms->bench, send_run, &sending));
    assert_int_equal(rooms->ends, ends + 1);
}

/* All streams of the group, and how many events they hold together. */
static size_t streams(struct rooms_here *rooms, struct str names[8], size_t *ret_events)
{
    struct store_reader *reader = store_snapshot(rooms->bench.store);
    struct logs_group group;
    struct fault fault = { 0 };
    struct logs_stream_query query = { 0 };
    struct logs_stream_page page = { 0 };
    assert_true(logs_group_get(reader, &rooms->arena, home, STR("/aws/events/all"), &group, &fault));
    assert_true(logs_stream_list(reader, &rooms->arena, &group, &query, &page, &fault));
    for (size_t i = 0; i < page.count && i < 8; i++)
        names[i] = page.streams[i].name;
    struct logs_filter_query filter = { 0 };
    struct logs_filter_page found = { 0 };
    assert_true(logs_filter(reader, &rooms->arena, &group, clock_now_ms(), &filter, &found, &fault));
    *ret_events = found.count;
    store_snapshot_release(&reader);
    return page.count;
}

static void logs_each_event_in_its_own_stream(void **state)
{
    (void)state;
    struct rooms_here rooms = { 0 };
    struct str names[8];
    size_t events;
    char uuid[UUID_TEXT_BYTES];
    rooms_open(&rooms, false);
    send(&rooms, "log-group", GROUP, "{\"one\":1}", 0);
    assert_int_equal(rooms.outcome, OUTCOME_DELIVERED);
    assert_int_equal(streams(&rooms, names, &events), 1);
    assert_int_equal(events, 1);
    uuid_of_name(STR(EVENT_ID "\narn:aws:events:eu-west-1:111111111111:rule/Shop/logAll\ntarget-1"), uuid);
    assert_true(str_eq(names[0], str_of(uuid, sizeof(uuid))));
    /* The same again, as an event that went in a circle comes again: it is there. */
    send(&rooms, "log-group", GROUP ":*", "{\"one\":1}", 2);
    assert_int_equal(rooms.outcome, OUTCOME_DELIVERED);
    assert_int_equal(streams(&rooms, names, &events), 1);
    assert_int_equal(events, 1);
    send(&rooms, "log-group", "arn:aws:logs:eu-west-1:111111111111:log-group:/no", "{}", 0);
    assert_int_equal(rooms.outcome, OUTCOME_REJECTED);
    assert_string_equal(rooms.error, "NO_RESOURCE");
    assert_string_equal(rooms.cause, "The specified log group does not exist.");
    send(&rooms, "log-group", "nothing", "{}", 0);
    assert_string_equal(rooms.error, "INVALID_ARN");
    send(&rooms, "null", "arn:aws:null:::x", "{}", 0);
    assert_int_equal(rooms.outcome, OUTCOME_DELIVERED);
    rooms_close(&rooms);
}

static void logs_an_hour_in_one_stream(void **state)
{
    (void)state;
    struct rooms_here rooms = { 0 };
    struct str names[8];
    size_t events;
    rooms_open(&rooms, true);
    for (int i = 0; i < 3; i++)
        send(&rooms, "log-group", GROUP, "{\"one\":1}", 0);
    size_t count = streams(&rooms, names, &events);
    assert_true(count == 1 || count == 2); /* the hour may have passed */
    assert_int_equal(events, 3);
    assert_true(str_starts(names[0], STR("Shop/logAll/target-1/20")));
    rooms_close(&rooms);
}

/* Lines that are alike are as many events, and what comes again comes again. */
static void logs_lines_in_the_stream_that_is_named(void **state)
{
    (void)state;
    struct rooms_here rooms = { 0 };
    struct str names[8];
    size_t events;
    rooms_open(&rooms, false);
    send(&rooms, "log-stream", GROUP ":log-stream:states/M/1", "{\"one\":1}\n{\"one\":1}\n{\"two\":2}\n", 0);
    assert_int_equal(rooms.outcome, OUTCOME_DELIVERED);
    assert_int_equal(streams(&rooms, names, &events), 1);
    assert_int_equal(events, 3);
    assert_true(str_eq(names[0], STR("states/M/1")));
    send(&rooms, "log-stream", GROUP ":log-stream:states/M/1", "{\"one\":1}\n", 0);
    send(&rooms, "log-stream", GROUP ":log-stream:states/M/2", "{\"one\":1}\n", 0);
    assert_int_equal(streams(&rooms, names, &events), 2);
    assert_int_equal(events, 5);
    send(&rooms, "log-stream", "arn:aws:logs:eu-west-1:111111111111:log-group:/no:log-stream:s", "{}\n", 0);
    assert_int_equal(rooms.outcome, OUTCOME_REJECTED);
    assert_string_equal(rooms.error, "NO_RESOURCE");
    const char *const wrong[] = { "nothing", GROUP, GROUP ":*", GROUP ":log-stream:" };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        send(&rooms, "log-stream", wrong[i], "{}\n", 0);
        assert_string_equal(rooms.error, "INVALID_ARN");
    }
    assert_int_equal(streams(&rooms, names, &events), 2);
    rooms_close(&rooms);
}

static bool executed(struct rooms_here *rooms, struct str name, struct flow_execution *ret)
{
    struct store_reader *reader = store_snapshot(rooms->bench.store);
    struct fault fault = { 0 };
    struct str arn =
        arena_printf(&rooms->arena, "arn:aws:states:eu-west-1:111111111111:execution:M:%.*s", STR_ARG(name));
    bool there = flow_execution_describe(reader, &rooms->arena, home, arn, 0, ret, &fault);
    store_snapshot_release(&reader);
    return there;
}

static void starts_an_execution_once(void **state)
{
    (void)state;
    struct rooms_here rooms = { 0 };
    char uuid[UUID_TEXT_BYTES];
    rooms_open(&rooms, false);
    uuid_of_name(STR(EVENT_ID "\narn:aws:events:eu-west-1:111111111111:rule/Shop/logAll\ntarget-1"), uuid);
    struct str name = arena_printf(&rooms.arena, EVENT_ID "_%.*s", UUID_TEXT_BYTES, uuid);
    struct flow_execution execution;
    assert_false(executed(&rooms, name, &execution));
    send(&rooms, "state-machine", MACHINE, "{\"one\":1}", 0);
    assert_int_equal(rooms.outcome, OUTCOME_DELIVERED);
    assert_true(executed(&rooms, name, &execution) && execution.succeeded);
    assert_true(str_eq(execution.input, STR("{\"one\":1}")));
    /* Once more: it is there, and stays as it is. */
    send(&rooms, "state-machine", MACHINE, "{\"one\":2}", 0);
    assert_int_equal(rooms.outcome, OUTCOME_DELIVERED);
    assert_true(executed(&rooms, name, &execution) && str_eq(execution.input, STR("{\"one\":1}")));
    send(&rooms, "state-machine", "arn:aws:states:eu-west-1:111111111111:stateMachine:No", "{}", 0);
    assert_int_equal(rooms.outcome, OUTCOME_REJECTED);
    assert_string_equal(rooms.error, "NO_RESOURCE");
    rooms_close(&rooms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logs_each_event_in_its_own_stream),
        cmocka_unit_test(logs_an_hour_in_one_stream),
        cmocka_unit_test(logs_lines_in_the_stream_that_is_named),
        cmocka_unit_test(starts_an_execution_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
