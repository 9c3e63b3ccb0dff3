#include "metrics/metrics_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define START_MS INT64_C(1764000000000)
#define DAY_MS INT64_C(86400000)

struct room {
    struct store *store;
    struct metrics *metrics;
    struct writer *writer; /* never started: it only takes timers */
    struct arena arena;
    struct work work;
    struct store_reader *snapshot;
    struct ns ns;
};

static void begin(struct room *room)
{
    room->work.batch = store_batch_begin(room->store);
    room->work.reader = store_batch_reader(room->work.batch);
    room->work.arena = &room->arena;
}

static struct store_reader *committed(struct room *room)
{
    struct diag diag;
    assert_int_equal(store_commit(room->work.batch, &diag), ERR_OK);
    begin(room);
    if (room->snapshot)
        store_snapshot_release(&room->snapshot);
    return room->snapshot = store_snapshot(room->store);
}

static int setup(void **state)
{
    struct room *room = calloc(1, sizeof(*room));
    struct diag diag;
    struct store_settings settings = { .folder = NULL };
    struct writer_settings writer = { .partition = PARTITION_ONLY };
    struct writer_hooks hooks = { 0 };
    if (store_open(&settings, &room->store, &diag) || metrics_open(&room->metrics) ||
        writer_open(room->store, &writer, &hooks, &room->writer, &diag))
        return -1;
    room->work.writer = room->writer;
    room->work.now_ms = START_MS;
    room->ns = (struct ns){ STR("000000000000"), STR("us-east-1") };
    begin(room);
    *state = room;
    return 0;
}

static int teardown(void **state)
{
    struct room *room = *state;
    if (room->snapshot)
        store_snapshot_release(&room->snapshot);
    metrics_close(&room->metrics);
    writer_close(&room->writer);
    store_close(&room->store);
    arena_fini(&room->arena);
    free(room);
    return 0;
}

static struct metrics_dimension size_l[] = { { { "Size", 4 }, { "L", 1 } },
                                             { { "Kind", 4 }, { "Latte", 5 } } };

static bool add(struct room *room, const char *name, size_t dimensions, const char *unit, int64_t time_ms,
                double value)
{
    struct metrics_id id = { STR("Shop"), str_from(name), size_l, dimensions };
    struct metrics_values values = { 1, value, value, value };
    return metrics_add(room->metrics, &room->work, room->ns, &id, str_from(unit), time_ms, &values);
}

static size_t points(struct room *room, const char *name, size_t dimensions, const char *unit,
                     int64_t period_ms, struct metrics_point **ret)
{
    struct metrics_id id = { STR("Shop"), str_from(name), size_l, dimensions };
    struct metrics_range range = { START_MS - 3600000, START_MS + 3600000, period_ms, room->work.now_ms };
    size_t count;
    range.start_ms = metrics_minute(range.start_ms);
    assert_int_equal(
        metrics_points(committed(room), &room->arena, room->ns, &id, str_from(unit), &range, ret, &count),
        ERR_OK);
    return count;
}

static void test_minutes_and_periods(void **state)
{
    struct room *room = *state;
    struct metrics_point *at;
    int64_t minute = metrics_minute(START_MS);
    assert_true(add(room, "Orders", 0, "", minute, 2));
    assert_true(add(room, "Orders", 0, "", minute + 59999, 5));
    assert_true(add(room, "Orders", 0, "", minute + 60000, -1));
    assert_true(add(room, "Orders", 0, "Count", minute, 100));
    assert_true(add(room, "Orders", 2, "", minute, 7));
    assert_int_equal(points(room, "Orders", 0, "None", 60000, &at), 2);
    assert_true(at[0].time_ms == minute && at[0].values.count == 2 && at[0].values.sum == 7);
    assert_true(at[0].values.least == 2 && at[0].values.most == 5);
    assert_true(at[1].time_ms == minute + 60000 && at[1].values.sum == -1);
    assert_int_equal(points(room, "Orders", 0, "", 3600000, &at), 2 + (minute % 3600000 > 3540000 - 1));
    assert_int_equal(points(room, "Orders", 2, "", 60000, &at), 1);
    assert_true(at[0].values.sum == 7);
    assert_int_equal(points(room, "Orders", 1, "", 60000, &at), 0); /* the set is another */
    assert_int_equal(points(room, "Order", 0, "", 60000, &at), 0);
}

static size_t list(struct room *room, struct metrics_query query, struct metrics_page *ret)
{
    assert_int_equal(metrics_list(committed(room), &room->arena, room->ns, &query, ret), ERR_OK);
    return ret->count;
}

static void test_lists(void **state)
{
    struct room *room = *state;
    struct metrics_page page;
    struct metrics_dimension size = { STR("Size"), STR("L") }, small = { STR("Size"), STR("S") },
                             any = { STR("Kind"), STR_EMPTY };
    assert_true(add(room, "Orders", 0, "", START_MS, 1));
    assert_true(add(room, "Orders", 0, "Count", START_MS, 1));
    assert_true(add(room, "Orders", 1, "", START_MS, 1));
    assert_true(add(room, "Orders", 2, "", START_MS, 1));
    assert_true(add(room, "Cups", 0, "", START_MS - 4 * 3600000, 1));
    assert_int_equal(list(room, (struct metrics_query){ .limit = 0 }, &page), 4);
    assert_true(str_eq(page.ids[0].name, STR("Cups")) && str_eq(page.ids[0].space, STR("Shop")));
    assert_int_equal(list(room, (struct metrics_query){ .space = STR("Shop"), .name = STR("Orders") }, &page),
                     3);
    assert_int_equal(list(room, (struct metrics_query){ .name = STR("Cups") }, &page), 1);
    assert_int_equal(list(room, (struct metrics_query){ .space = STR("Sho") }, &page), 0);
    assert_int_equal(list(room, (struct metrics_query){ .since_ms = START_MS - 3 * 3600000 }, &page), 3);
    assert_int_equal(list(room, (struct metrics_query){ .dimensions = &size, .dimension_count = 1 }, &page),
                     2);
    assert_int_equal(list(room, (struct metrics_query){ .dimensions = &small, .dimension_count = 1 }, &page),
                     0);
    assert_int_equal(list(room, (struct metrics_query){ .dimensions = &any, .dimension_count = 1 }, &page),
                     1);
    size_t seen = 0;
    struct metrics_query query = { .limit = 1 };
    do {
        seen += list(room, query, &page);
        query.after = page.after;
    } while (page.more);
    assert_int_equal(seen, 4);
}

static void test_a_metric_has_so_many_series(void **state)
{
    struct room *room = *state;
    struct metrics_stats stats;
    struct metrics_values one = { 1, 1, 1, 1 };
    for (unsigned i = 0; i < METRICS_SETS_MAX + 5; i++) {
        struct metrics_dimension user = { STR("User"), arena_printf(&room->arena, "%u", i) };
        struct metrics_id id = { STR("Shop"), STR("Visits"), &user, 1 };
        assert_int_equal(metrics_add(room->metrics, &room->work, room->ns, &id, STR_EMPTY, START_MS, &one),
                         i < METRICS_SETS_MAX);
    }
    metrics_stats(room->metrics, &stats);
    assert_int_equal(stats.left_out, 5);
    assert_true(add(room, "Orders", 0, "", START_MS, 1)); /* another metric has room */
}

static void test_what_is_old_is_not_shown_and_goes(void **state)
{
    struct room *room = *state;
    struct metrics_page page;
    struct metrics_point *at;
    assert_true(add(room, "Orders", 0, "", START_MS, 1));
    assert_true(add(room, "Cups", 0, "", START_MS, 1));
    (void)committed(room);
    room->work.now_ms = START_MS + 10 * DAY_MS;
    assert_true(add(room, "Cups", 0, "", room->work.now_ms, 1));
    assert_true(metrics_due(room->metrics, &room->work, STR("w")));
    assert_int_equal(list(room, (struct metrics_query){ .limit = 0 }, &page), 2);
    room->work.now_ms = START_MS + 16 * DAY_MS;
    assert_int_equal(points(room, "Orders", 0, "", 60000, &at), 0);
    assert_true(metrics_due(room->metrics, &room->work, STR("w")));
    assert_int_equal(list(room, (struct metrics_query){ .limit = 0 }, &page), 1);
    assert_true(str_eq(page.ids[0].name, STR("Cups")));
    room->work.now_ms = START_MS + 30 * DAY_MS;
    assert_true(metrics_due(room->metrics, &room->work, STR("w")));
    assert_int_equal(list(room, (struct metrics_query){ .limit = 0 }, &page), 0);
    struct key key;
    metrics_key_sweep(&key, PARTITION_ONLY);
    assert_false(store_has(room->work.reader, key_str(&key)));
    assert_true(add(room, "Orders", 0, "", room->work.now_ms, 1)); /* and it begins anew */
    assert_int_equal(list(room, (struct metrics_query){ .limit = 0 }, &page), 1);
}

static void test_a_roll_back_takes_it_back(void **state)
{
    struct room *room = *state;
    struct metrics_page page;
    size_t mark = store_batch_mark(room->work.batch);
    assert_true(add(room, "Orders", 0, "", START_MS, 1));
    store_batch_rollback(room->work.batch, mark);
    metrics_after_rollback(room->metrics);
    assert_int_equal(list(room, (struct metrics_query){ .limit = 0 }, &page), 0);
    assert_true(add(room, "Orders", 0, "", START_MS, 1));
    assert_int_equal(list(room, (struct metrics_query){ .limit = 0 }, &page), 1);
}

static struct str exposed(struct room *room)
{
    struct buf out;
    buf_init(&out, 0);
    assert_int_equal(metrics_expose(committed(room), &out), ERR_OK);
    struct str text = arena_copy(&room->arena, buf_str(&out));
    buf_fini(&out);
    return text;
}

static void assert_has(struct str text, const char *line)
{
    if (str_find(text, str_from(line)) == STR_NOT_FOUND)
        fail_msg("%s is not in\n%.*s", line, STR_ARG(text));
}

static void test_prometheus(void **state)
{
    struct room *room = *state;
    struct metrics_dimension odd[] = { { STR("a b"), STR("x\\y\"z\n") }, { STR("a-b"), STR("\xC3\xA9") } };
    struct metrics_id id = { STR("Odd"), STR("1\"2"), odd, 2 },
                      own = { STR("AWS/Logs"), STR("Own"), NULL, 0 };
    struct metrics_values values = { 3, -1.5, -2, 1 };
    assert_true(add(room, "Orders", 2, "Count", START_MS, 2));
    assert_true(add(room, "Orders", 2, "Count", START_MS - 5 * DAY_MS, 40)); /* of all minutes */
    assert_true(metrics_add(room->metrics, &room->work, room->ns, &id, STR_EMPTY, START_MS, &values));
    assert_true(metrics_add(room->metrics, &room->work, room->ns, &own, STR_EMPTY, START_MS, &values));
    struct str text = exposed(room);
    assert_has(text, "# TYPE crema_metric_values summary\n");
    assert_has(text,
               "crema_metric_values_sum{account=\"000000000000\",region=\"us-east-1\",namespace=\"Shop\","
               "name=\"Orders\",unit=\"Count\",dimension_Kind=\"Latte\",dimension_Size=\"L\"} 42\n");
    assert_has(text, "dimension_Kind=\"Latte\",dimension_Size=\"L\"} 2\n");
    assert_has(text, "name=\"1\\\"2\",unit=\"None\",dimension__1_a_b=\"x\\\\y\\\"z\\n\","
                     "dimension__2_a_b=\"\xC3\xA9\"} -1.5\n");
    assert_has(text, "\ncrema_metric_values_cut 0\n");
    assert_true(str_find(text, STR("AWS/")) == STR_NOT_FOUND);
}

static void test_prometheus_gets_so_many_series(void **state)
{
    struct room *room = *state;
    struct metrics_values one = { 1, 1, 1, 1 };
    size_t lines = 0;
    for (unsigned i = 0; i <= METRICS_EXPOSED_MAX; i++) {
        struct metrics_id id = { STR("Many"), arena_printf(&room->arena, "m%u", i), NULL, 0 };
        assert_true(metrics_add(room->metrics, &room->work, room->ns, &id, STR_EMPTY, START_MS, &one));
    }
    struct str rest = exposed(room), line;
    assert_has(rest, "\ncrema_metric_values_cut 1\n");
    while (str_cut(rest, '\n', &line, &rest))
        lines += str_starts(line, STR("crema_metric_values_count{"));
    assert_int_equal(lines, METRICS_EXPOSED_MAX);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_minutes_and_periods),
        TEST(test_lists),
        TEST(test_a_metric_has_so_many_series),
        TEST(test_what_is_old_is_not_shown_and_goes),
        TEST(test_a_roll_back_takes_it_back),
        TEST(test_prometheus),
        TEST(test_prometheus_gets_so_many_series),
    };
    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
