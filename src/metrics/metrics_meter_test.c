#include "metrics/metrics_meter.h"

#include "io/clock.h"
#include "io/thread.h"
#include "metrics/metrics_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { WRITE_MS = 20, WAIT_TIMES = 1000 };

struct room {
    struct store *store;
    struct metrics *metrics;
    struct writer *writer;
    struct ns ns;
};

static void after_rollback(void *self)
{
    metrics_after_rollback(((struct room *)self)->metrics);
}

static void after_commit(void *self)
{
    metrics_after_commit(((struct room *)self)->metrics);
}

static void open_metrics(struct room *room, int64_t write_ms)
{
    struct diag diag;
    struct writer_settings settings = { .partition = PARTITION_ONLY };
    struct writer_hooks hooks = { room, NULL, after_rollback, after_commit };
    assert_int_equal(metrics_open(&room->metrics), ERR_OK);
    metrics_meters_open(room->metrics, write_ms);
    assert_int_equal(writer_open(room->store, &settings, &hooks, &room->writer, &diag), ERR_OK);
    assert_int_equal(writer_start(room->writer, &diag), ERR_OK);
}

static int setup(void **state)
{
    struct room *room = calloc(1, sizeof(*room));
    struct diag diag;
    struct store_settings settings = { .folder = NULL };
    if (!room || store_open(&settings, &room->store, &diag))
        return -1;
    room->ns = (struct ns){ STR("000000000000"), STR("us-east-1") };
    *state = room;
    return 0;
}

static void close_metrics(struct room *room)
{
    writer_close(&room->writer);
    metrics_close(&room->metrics);
}

static int teardown(void **state)
{
    struct room *room = *state;
    close_metrics(room);
    store_close(&room->store);
    free(room);
    return 0;
}

/* ---- commands ---- */

struct counting {
    struct command command;
    struct room *room;
    struct metrics_subject subject;
    struct metrics_place *place;
    uint32_t which;
    double value;
    unsigned times;
    bool numbered; /* each time another subject: g0, g1 ... */
    bool refused;
    _Atomic bool done;
};

static bool counting_run(struct command *command, struct work *work)
{
    struct counting *counting = (struct counting *)command;
    struct metrics_amount amount = { counting->which, counting->value };
    for (unsigned i = 0; i < counting->times; i++) {
        if (counting->numbered)
            counting->subject.names[0] = arena_printf(work->arena, "g%u", i);
        metrics_count(counting->room->metrics, work, &counting->subject, counting->place, &amount, 1);
    }
    return !counting->refused;
}

static void counting_done(struct command *command, enum err committed)
{
    assert_int_equal(committed, ERR_OK);
    ((struct counting *)command)->done = true;
}

static void submit(struct room *room, struct counting *counting)
{
    counting->command = (struct command){ .run = counting_run, .done = counting_done };
    counting->room = room;
    counting->subject.ns = room->ns;
    counting->times = counting->times ? counting->times : 1;
    assert_int_equal(writer_submit(room->writer, &counting->command), ERR_OK);
}

static void count(struct room *room, struct counting counting)
{
    submit(room, &counting);
    while (!counting.done)
        thread_sleep_ms(1);
}

/* Holds the writer up, so that what is submitted meanwhile is one batch. */
struct gate {
    struct command command;
    _Atomic bool open;
};

static bool gate_run(struct command *command, struct work *work)
{
    (void)work;
    while (!((struct gate *)command)->open)
        thread_sleep_ms(1);
    return true;
}

static void gate_done(struct command *command, enum err committed)
{
    (void)command;
    (void)committed;
}

/* ---- looking ---- */

struct metric {
    const char *space, *name;
    struct metrics_dimension dimensions[3];
    size_t dimension_count;
    const char *unit;
};

static struct metrics_values sum_of(struct room *room, struct metric metric)
{
    struct arena arena = { 0 };
    struct store_reader *reader = store_snapshot(room->store);
    struct metrics_id id = { str_from(metric.space), str_from(metric.name), metric.dimensions,
                             metric.dimension_count };
    int64_t now_ms = clock_now_ms();
    struct metrics_range range = { metrics_minute(now_ms) - 3600000, now_ms + 3600000, 60000, now_ms };
    struct metrics_values sum = { 0 };
    struct metrics_point *points;
    size_t count_of_points;
    assert_int_equal(metrics_points(reader, &arena, room->ns, &id, str_from(metric.unit ? metric.unit : ""),
                                    &range, &points, &count_of_points),
                     ERR_OK);
    for (size_t i = 0; i < count_of_points; i++)
        metrics_values_merge(&sum, &points[i].values);
    store_snapshot_release(&reader);
    arena_fini(&arena);
    return sum;
}

static struct metrics_values wait_for(struct room *room, struct metric metric, double count_wanted)
{
    struct metrics_values sum = { 0 };
    for (unsigned i = 0; i < WAIT_TIMES; i++) {
        sum = sum_of(room, metric);
        if (sum.count >= count_wanted)
            break;
        thread_sleep_ms(5);
    }
    assert_true(sum.count == count_wanted);
    return sum;
}

#define DIMENSION(name, value)       \
    {                                \
        { name, sizeof(name) - 1 },  \
        {                            \
            value, sizeof(value) - 1 \
        }                            \
    }

static const struct metric attempts_of_rule = { "AWS/Events",
                                                "InvocationAttempts",
                                                { DIMENSION("EventBusName", "shop"),
                                                  DIMENSION("RuleName", "all") },
                                                2,
                                                "Count" };

static struct counting attempt(const char *bus)
{
    return (struct counting){ .subject = { .kind = METRICS_OF_RULE, .names = { str_from(bus), STR("all") } },
                              .which = EVENTS_ATTEMPTS | EVENTS_FAILED_INVOCATIONS,
                              .value = 1 };
}

/* ---- tests ---- */

static void test_a_subject_counts_for_what_it_belongs_to(void **state)
{
    struct room *room = *state;
    struct metric of_bus = attempts_of_rule, of_account = attempts_of_rule, failed = attempts_of_rule,
                  of_default = attempts_of_rule;
    of_bus.dimension_count = 1;
    of_account.dimension_count = 0;
    failed.name = "FailedInvocations";
    of_default.dimensions[0] = of_default.dimensions[1];
    of_default.dimension_count = 1;
    open_metrics(room, WRITE_MS);
    count(room, attempt("shop"));
    count(room, attempt("shop"));
    count(room, attempt("default"));
    (void)wait_for(room, of_account, 3);
    (void)wait_for(room, of_bus, 2);
    (void)wait_for(room, attempts_of_rule, 2);
    (void)wait_for(room, of_default, 1); /* RuleName alone */
    (void)wait_for(room, failed, 2);
    failed.dimension_count = 1;
    assert_true(sum_of(room, failed).count == 0); /* a bus has none */
}

static void test_values_merge_and_are_written_again(void **state)
{
    struct room *room = *state;
    struct metrics_place place = { 0 };
    struct counting bytes = { .subject = { .kind = METRICS_OF_LOG_GROUP, .names = { STR("shop") } },
                              .place = &place,
                              .which = LOGS_INCOMING_BYTES };
    struct metric metric = { "AWS/Logs", "IncomingBytes", { DIMENSION("LogGroupName", "shop") }, 1, "Bytes" };
    open_metrics(room, WRITE_MS);
    for (unsigned round = 1; round <= 3; round++) { /* what comes after a write is written, too */
        bytes.value = 100 * round;
        count(room, bytes);
        bytes.value = 7;
        count(room, bytes);
        (void)wait_for(room, metric, 2 * round);
    }
    struct metrics_values all = sum_of(room, metric);
    assert_true(all.sum == 621 && all.least == 7 && all.most == 300);
    assert_true(place.meter && place.generation == 1);
}

static void test_what_is_rolled_back_does_not_count(void **state)
{
    struct room *room = *state;
    struct counting refused = attempt("shop"), kept = attempt("shop");
    refused.refused = true;
    open_metrics(room, WRITE_MS);
    count(room, refused);
    count(room, kept);
    count(room, refused);
    (void)wait_for(room, attempts_of_rule, 1);
    thread_sleep_ms(3 * WRITE_MS);
    assert_true(sum_of(room, attempts_of_rule).count == 1);
}

static void test_a_process_that_is_stopped_writes_all(void **state)
{
    struct room *room = *state;
    struct counting many = attempt("shop");
    many.times = 500;
    open_metrics(room, 60000);
    count(room, many);
    metrics_meters_finish(room->metrics, room->writer);
    close_metrics(room);
    assert_true(sum_of(room, attempts_of_rule).count == 500);
    open_metrics(room, WRITE_MS); /* and another process goes on with the minute */
    count(room, many);
    (void)wait_for(room, attempts_of_rule, 1000);
}

static void test_what_was_counted_last_is_written_too(void **state)
{
    struct room *room = *state;
    struct gate gate = { .command = { .run = gate_run, .done = gate_done } };
    struct counting last = attempt("shop");
    open_metrics(room, 60000);
    assert_int_equal(writer_submit(room->writer, &gate.command), ERR_OK);
    submit(room, &last);
    metrics_meters_finish(room->metrics, room->writer);
    gate.open = true;
    close_metrics(room);
    assert_true(sum_of(room, attempts_of_rule).count == 1);
}

static void test_many_subjects_are_written_in_slices_and_bounded(void **state)
{
    enum { GROUPS = 10020 }; /* one place is the account's */
    struct room *room = *state;
    struct metrics_stats stats;
    struct metric metric = { "AWS/Logs", "IncomingLogEvents", { DIMENSION("", "") }, 0, NULL };
    struct counting groups = { .subject = { .kind = METRICS_OF_LOG_GROUP },
                               .which = LOGS_INCOMING_EVENTS,
                               .value = 1,
                               .times = GROUPS,
                               .numbered = true };
    open_metrics(room, 60000);
    count(room, groups);
    metrics_stats(room->metrics, &stats);
    assert_int_equal(stats.left_out, GROUPS - 9999);
    metrics_meters_finish(room->metrics, room->writer);
    close_metrics(room);
    (void)wait_for(room, metric, 9999);
    open_metrics(room, WRITE_MS);
    groups.times = 3000;
    count(room, groups);
    (void)wait_for(room, metric, 9999 + 3000);
    metric.dimensions[0] = (struct metrics_dimension){ STR("LogGroupName"), STR("g500") };
    metric.dimension_count = 1;
    (void)wait_for(room, metric, 2);
    metric.dimensions[0].value = STR("g0");
    groups.numbered = false;
    groups.subject.names[0] = STR("g0");
    for (unsigned round = 0; round < 5; round++) { /* and what comes while others are written */
        struct counting all = groups;
        double before = sum_of(room, metric).count;
        all.numbered = true;
        count(room, all);
        while (sum_of(room, metric).count == before)
            ;
        groups.times = 1;
        count(room, groups);
        (void)wait_for(room, metric, before + 2);
        groups.times = 3000;
    }
}

static void test_nothing_is_counted_when_it_is_switched_off(void **state)
{
    struct room *room = *state;
    open_metrics(room, 0);
    count(room, attempt("shop"));
    metrics_meters_finish(room->metrics, room->writer);
    close_metrics(room);
    assert_true(sum_of(room, attempts_of_rule).count == 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_subject_counts_for_what_it_belongs_to),
        TEST(test_values_merge_and_are_written_again),
        TEST(test_what_is_rolled_back_does_not_count),
        TEST(test_a_process_that_is_stopped_writes_all),
        TEST(test_what_was_counted_last_is_written_too),
        TEST(test_many_subjects_are_written_in_slices_and_bounded),
        TEST(test_nothing_is_counted_when_it_is_switched_off),
    };
    return cmocka_run_group_tests_name("metrics-meter", tests, NULL, NULL);
}
