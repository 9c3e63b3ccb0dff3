/* Running: fields along the index against those of a whole parse; many workers against one; what is exact, what is
 * near, and what fails for want of memory. */
#include "query/query_aggregate.h"
#include "query/query_run.h"

#include "io/rand.h"
#include "io/thread.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct query_group groups[] = { { { "1:g", 3 } } };

static struct str pointer(void *self, struct arena *arena, const struct query_origin *origin)
{
    (void)self;
    return arena_printf(arena, "p%llu", (unsigned long long)origin->sequence);
}

static const struct query_plan *plan_of(struct arena *arena, const char *text)
{
    const struct query_plan *plan = NULL;
    struct query_error error = { .message = STR_EMPTY };
    if (!query_compile(arena, str_from(text), 0, &plan, &error))
        fail_msg("%s: %.*s", text, STR_ARG(error.message));
    return plan;
}

static struct query_context context_of(const struct query_plan *plan)
{
    return (struct query_context){ .plan = plan, .groups = groups, .pointer = pointer, .now_ms = 1000000 };
}

/* ---- random JSON ---- */

enum { DEPTH = 5 };

static const char *const names[] = { "a", "b", "a.b", "c", "", "0", "1", "x y", "é", "a\\u002eb", "\\u0061" };

static void add_random(struct buf *out, unsigned depth)
{
    static const char *const scalars[] = { "1",       "-2.5e3", "true", "false",
                                           "null",    "\"t\"",  "\"\"", "\"q\\\"\\n\\u00e9\"",
                                           "\"{[,:\"" };
    unsigned kind = depth == DEPTH ? 1 : (unsigned)(rand_u64() % (depth ? 3 : 1)),
             count = (unsigned)(rand_u64() % 4);
    if (kind == 0) {
        buf_add(out, str_from(scalars[rand_u64() % 9]));
        return;
    }
    buf_add_char(out, kind == 1 ? '{' : '[');
    for (unsigned i = 0; i < count; i++) {
        if (i)
            buf_add(out, rand_u64() % 2 ? STR(",") : STR(" ,\n"));
        if (kind == 1)
            buf_printf(out, "\"%s\"%s:", names[rand_u64() % 11], rand_u64() % 2 ? "" : " ");
        add_random(out, depth - 1);
    }
    buf_add_char(out, kind == 1 ? '}' : ']');
}

/* The value of the last field of that name, in the order of the text. */
static void find_field(struct arena *arena, const struct json *json, struct str prefix, struct str path,
                       const struct json **found)
{
    if (json->type != JSON_OBJECT && json->type != JSON_ARRAY) {
        if (str_eq(prefix, path))
            *found = json;
        return;
    }
    for (uint32_t i = 0; i < json->count; i++) {
        struct str key = json->type == JSON_OBJECT ? json->members[i].key : arena_printf(arena, "%u", i);
        struct str name = prefix.ptr ? arena_printf(arena, "%.*s.%.*s", STR_ARG(prefix), STR_ARG(key))
                                     : arena_printf(arena, "%.*s", STR_ARG(key));
        if (!name.ptr)
            name = STR("");
        find_field(arena, json->type == JSON_OBJECT ? &json->members[i].value : &json->items[i], name, path,
                   found);
    }
}

static void test_fields_against_a_parse(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    const struct query_plan *plan = plan_of(
        &arena,
        "fields a, b, c, `a.b`, a.b.c, a.0, a.1.b, b.a.b, `x y`, é, a.a.a, a.b.a.b, c.0.1, `0`, c.`x y`.a");
    struct query_context context = context_of(plan);
    struct query_record record;
    unsigned found_count = 0;
    rand_seed(11);
    query_record_init(&record, &context);
    for (unsigned i = 0; i < 20000; i++) {
        struct arena scratch = { 0 };
        struct buf text;
        struct json json;
        buf_init(&text, 0);
        add_random(&text, DEPTH);
        if (rand_u64() % 10 == 0 && text.len) /* damaged */
            text.ptr[rand_u64() % text.len] = "{}[]\",: x"[rand_u64() % 9];
        struct query_event event = { .origin = { 5, 1, 0 }, .message = buf_str(&text) };
        bool is_object =
            json_read(&scratch, event.message, 0, &json, NULL) == ERR_OK && json.type == JSON_OBJECT;
        query_record_begin_event(&record, &event);
        for (size_t j = 0; j < plan->json.len; j++) {
            const struct query_slot *slot = &plan->slots.at[plan->json.at[j]];
            const struct json *wanted = NULL;
            if (is_object)
                find_field(&scratch, &json, STR_EMPTY, slot->path, &wanted);
            struct query_value value = query_of_json(wanted),
                               got = *query_record_get(&record, plan->json.at[j]);
            if (got.type != value.type || !str_eq(query_text(&scratch, &got), query_text(&scratch, &value)))
                fail_msg("%.*s of %.*s: %.*s, wanted %.*s", STR_ARG(slot->path), STR_ARG(event.message),
                         STR_ARG(query_text(&scratch, &got)), STR_ARG(query_text(&scratch, &value)));
            found_count += value.type != QUERY_NULL;
        }
        buf_fini(&text);
        arena_fini(&scratch);
    }
    query_record_fini(&record);
    arena_fini(&arena);
    assert_true(found_count > 5000);
}

/* ---- many against one ---- */

enum { EVENTS = 6000, THREADS = 4 };

static struct query_event events[EVENTS];

static void make_events(struct arena *arena)
{
    for (size_t i = 0; i < EVENTS; i++) {
        uint64_t r = rand_u64();
        events[i] = (struct query_event){
            .origin = { (int64_t)(r % 5000) * 7, i + 1, 0 },
            .stream = arena_printf(arena, "s%u", (unsigned)(r % 7)),
            .message =
                r % 11 == 0
                    ? arena_printf(arena, "line %u of text %u", (unsigned)(r % 100), (unsigned)(r % 13))
                    : arena_printf(arena, "{\"k\":\"k%u\",\"v\":%u.%u,\"n\":%d,\"l\":[%u,%u],\"t\":\"%u-x\"}",
                                   (unsigned)(r % 29), (unsigned)(r % 1000), (unsigned)(r % 10),
                                   (int)(r % 2001) - 1000, (unsigned)(r % 3), (unsigned)(r % 5),
                                   (unsigned)(r % 50)),
        };
    }
}

struct part {
    struct query_worker worker;
    size_t first, step;
};

static void run_part(void *self)
{
    struct part *part = self;
    for (size_t i = part->first; i < EVENTS; i += part->step)
        assert_true(query_worker_event(&part->worker, &events[i]));
}

static struct str run(struct arena *arena, const struct query_plan *plan, size_t threads, size_t bytes_max,
                      struct str *ret_failed)
{
    struct query_context context = context_of(plan);
    struct query_run query;
    struct part parts[THREADS];
    struct thread *started[THREADS];
    struct query_results results;
    query_run_init(&query, &context, bytes_max);
    for (size_t i = 0; i < threads; i++) {
        parts[i].first = i;
        parts[i].step = threads;
        query_worker_init(&parts[i].worker, &query);
        if (threads > 1)
            assert_int_equal(thread_start("test", run_part, &parts[i], &started[i], NULL), ERR_OK);
        else
            run_part(&parts[i]);
    }
    for (size_t i = 0; i < threads; i++) {
        if (threads > 1)
            thread_join(&started[i]);
        query_run_merge(&query, &parts[i].worker);
        query_worker_fini(&parts[i].worker);
    }
    struct str text = STR_EMPTY;
    if (query_run_results(&query, 0, &results))
        text = arena_copy(arena, buf_str(&results.text));
    else
        *ret_failed = query.failed;
    query_results_fini(&results);
    query_run_fini(&query);
    assert_int_equal(atomic_load(&query.budget.used), 0);
    return text;
}

static void test_many_workers_against_one(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "limit 50",
        "fields k, v | sort v desc, k | limit 100",
        "fields k, v | sort k, n | limit 5000",
        "filter v > 500 or @message like /text 1/ | fields @message, @logStream",
        "stats count(*), sum(v), avg(v), stddev(v), min(v), max(v), pct(v, 37), median(n) by k",
        "stats count_distinct(t), earliest(v), latest(v), sortsFirst(t), sortsLast(t) by @logStream",
        "stats sum(v / 3) as s, avg(n * 0.1) as a by bin(1s), k | sort s desc | limit 300",
        "stats count(*) as n by k, t | stats max(n), min(n), sum(n), stddev(n) by t",
        "fields jsonParse(@message) as m | unnest m.l into x | stats count(*) as c, sum(x) by k, x",
        "sort v | dedup k, t | limit 700",
        "dedup k",
        "pattern @message | limit 40",
        "sort v desc | limit 30 | stats avg(v) as a, count(*) as c by k | sort a",
        "parse @message 'line * of text *' as a, b | filter ispresent(a) | stats sum(a), max(b) by b",
        "parse @message /\"k\":\"k(?<k2>\\d+)\".*\"n\":(?<n2>-?\\d+)/ | stats sum(n2), count(n2) by k2",
    };
    struct arena arena = { 0 };
    rand_seed(5);
    make_events(&arena);
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        const struct query_plan *plan = plan_of(&arena, queries[i]);
        struct str failed = STR_EMPTY, one = run(&arena, plan, 1, 64 << 20, &failed),
                   many = run(&arena, plan, THREADS, 64 << 20, &failed);
        assert_true(str_empty(failed));
        assert_true(one.len > 10);
        if (!str_eq(one, many))
            fail_msg("%s:\n%.*s\n%.*s", queries[i], STR_ARG(str_slice(one, 0, 2000)),
                     STR_ARG(str_slice(many, 0, 2000)));
    }
    arena_fini(&arena);
}

/* ---- memory ---- */

static void test_too_much_fails(void **state)
{
    (void)state;
    static const char *const queries[] = { "stats count(*) by @message, @timestamp",
                                           "stats pct(v, 50), count_distinct(v) by k, n",
                                           "dedup @message, @timestamp", "fields @message | limit 6000",
                                           "stats max(@message) by k, n" };
    struct arena arena = { 0 };
    rand_seed(6);
    make_events(&arena);
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++)
        for (size_t bytes = 20000; bytes < 200000; bytes += 37000) {
            struct query_context context = context_of(plan_of(&arena, queries[i]));
            struct query_run query;
            struct query_worker worker;
            struct query_results results;
            bool going = true;
            query_run_init(&query, &context, bytes);
            query_worker_init(&worker, &query);
            for (size_t j = 0; going && j < EVENTS; j++)
                going = query_worker_event(&worker, &events[j]);
            assert_true(atomic_load(&query.budget.used) <= bytes);
            query_run_merge(&query, &worker);
            query_worker_fini(&worker);
            assert_false(query_run_results(&query, 0, &results));
            assert_true(str_find(query.failed, STR("memory")) != STR_NOT_FOUND);
            query_run_fini(&query);
            assert_int_equal(atomic_load(&query.budget.used), 0);
        }
    arena_fini(&arena);
}

static void test_results_too_large_fail(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct query_context context = context_of(plan_of(&arena, "limit 100"));
    struct query_run query;
    struct query_worker worker;
    struct query_results results;
    make_events(&arena);
    query_run_init(&query, &context, 64 << 20);
    query_worker_init(&worker, &query);
    for (size_t i = 0; i < 100; i++)
        assert_true(query_worker_event(&worker, &events[i]));
    query_run_merge(&query, &worker);
    query_worker_fini(&worker);
    assert_false(query_run_results(&query, 1000, &results));
    assert_true(str_find(query.failed, STR("too large")) != STR_NOT_FOUND);
    query_run_fini(&query);
    arena_fini(&arena);
}

/* ---- near values ---- */

static void test_percentiles_are_near(void **state)
{
    (void)state;
    struct query_budget budget = { .max = 64 << 20 };
    struct query_sample one = { 0 }, two = { 0 }, all = { 0 };
    enum { COUNT = 200000 };
    rand_seed(3);
    for (unsigned i = 1; i <= COUNT; i++) {
        /* each of -100,000 to 99,999 once, in a mixed order */
        double value = (double)((i * UINT64_C(7919)) % COUNT) - COUNT / 2;
        assert_true(query_sample_add(i % 3 ? &one : &two, value, &budget));
        assert_true(query_sample_add(&all, value, &budget));
    }
    assert_true(query_sample_merge(&one, &two, &budget));
    static const double percentiles[] = { 0.1, 5, 25, 49, 50.001, 51, 75, 95, 99.9, 100 };
    for (size_t i = 0; i < sizeof(percentiles) / sizeof(percentiles[0]); i++) {
        double got, same, wanted = ceil(percentiles[i] / 100 * COUNT) - 1 - COUNT / 2;
        assert_true(query_sample_percentile(&one, percentiles[i], &got));
        assert_true(query_sample_percentile(&all, percentiles[i], &same));
        assert_true(got == same);
        if (fabs(got - wanted) > fabs(wanted) * 0.0051)
            fail_msg("%g: %g, wanted %g", percentiles[i], got, wanted);
    }
    query_sample_fini(&one, &budget);
    query_sample_fini(&all, &budget);
    assert_int_equal(atomic_load(&budget.used), 0);
}

static void test_distinct_is_near(void **state)
{
    (void)state;
    static const unsigned counts[] = { 0, 1, 1000, 65536, 65537, 100000, 1000000 };
    struct query_budget budget = { .max = 64 << 20 };
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct query_distinct one = { 0 }, two = { 0 };
        for (unsigned j = 0; j < counts[i] * 3 / 2; j++) {
            char text[24];
            int len = snprintf(text, sizeof(text), "v%u", j % counts[i]);
            assert_true(query_distinct_add(j % 2 ? &one : &two, str_of(text, (size_t)len), &budget));
        }
        assert_true(query_distinct_merge(&one, &two, &budget));
        double got = (double)query_distinct_count(&one);
        if (counts[i] <= QUERY_DISTINCT_EXACT)
            assert_true(got == counts[i]);
        else if (fabs(got - counts[i]) > counts[i] * 0.025)
            fail_msg("%u: %g", counts[i], got);
        query_distinct_fini(&one, &budget);
    }
    assert_int_equal(atomic_load(&budget.used), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_against_a_parse), cmocka_unit_test(test_many_workers_against_one),
        cmocka_unit_test(test_too_much_fails),         cmocka_unit_test(test_results_too_large_fail),
        cmocka_unit_test(test_percentiles_are_near),   cmocka_unit_test(test_distinct_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
