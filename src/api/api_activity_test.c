#include "api/api_activity.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

static void look(void *self, struct activity_counters *ret)
{
    *ret = *(const struct activity_counters *)self;
}

static void test_series(void **state)
{
    (void)state;
    const int64_t start_ms = (int64_t)4000000200 * 1000; /* far ahead of any machine's time */
    struct activity_counters counters = { .events = 7 };
    struct activity *activity = activity_new(look, &counters);
    struct arena arena = { 0 };
    size_t count;
    activity_look(activity, start_ms); /* what was before is of no interval */
    counters.events += 3;
    activity_look(activity, start_ms + 999);
    counters.events += 5;
    counters.rejected = 2;
    activity_look(activity, start_ms + 3001);
    counters.events -= 1; /* one that is taken back */
    activity_look(activity, start_ms + 3500);
    struct activity_point *points = activity_read(activity, &arena, false, 10, &count);
    assert_int_equal(count, 4);
    const uint64_t events[] = { 3, 0, 0, 5 };
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(points[i].time_ms, start_ms + (int64_t)i * 1000);
        assert_int_equal(points[i].counters.events, events[i]);
    }
    assert_int_equal(points[3].counters.rejected, 2);
    points = activity_read(activity, &arena, true, 10, &count);
    assert_int_equal(count, 1);
    assert_int_equal(points[0].time_ms, start_ms);
    assert_int_equal(points[0].counters.events, 8);
    points = activity_read(activity, &arena, false, 2, &count);
    assert_int_equal(count, 2);
    assert_int_equal(points[1].time_ms, start_ms + 3000);
    activity_close(&activity);
    arena_fini(&arena);
}

static void test_bounds(void **state)
{
    (void)state;
    const int64_t start_ms = (int64_t)4000000200 * 1000;
    struct activity_counters counters = { 0 };
    struct activity *activity = activity_new(look, &counters);
    struct arena arena = { 0 };
    size_t count;
    for (int64_t second = 0; second < ACTIVITY_SECONDS + 100; second++) {
        counters.delivered += (uint64_t)second;
        activity_look(activity, start_ms + second * 1000);
    }
    struct activity_point *points = activity_read(activity, &arena, false, 100000, &count);
    assert_int_equal(count, ACTIVITY_SECONDS);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(points[i].counters.delivered, i + 100);
    points = activity_read(activity, &arena, true, 100000, &count);
    assert_int_equal(count, (ACTIVITY_SECONDS + 100 + 59) / 60);
    /* A gap longer than all of it. */
    counters.delivered++;
    activity_look(activity, start_ms + (int64_t)ACTIVITY_MINUTES * 60000 * 3);
    points = activity_read(activity, &arena, false, 100000, &count);
    assert_int_equal(count, 1);
    assert_int_equal(points[0].counters.delivered, 1);
    activity_close(&activity);
    activity_close(&activity);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_series), cmocka_unit_test(test_bounds) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
