/* Queries as data: test/golden/logs-query. A line is one of
 *
 *   {"set": NAME, "lines": [...]}                     lines for the cases behind it
 *   {"id", "query", "on": NAME or "lines": [...], "result": [{FIELD: VALUE, ...}, ...]}
 *   {"id", "query", "refused": a part of the message, "at": [first, end]}
 *
 * A line of a set is a message: a text, or JSON; or [milliseconds behind the start, message, stream, group]. Without a
 * time the lines are a second apart. @ptr is left out of results unless "ptr" is there.
 * Every case runs with one worker, with three that take turns, and with two of which each hands in every now and then.
 */
#include "query/query_run.h"
#include "json/golden_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define START_MS INT64_C(1795878000000) /* 2026-11-28 15:00:00 */

static const struct query_group groups[] = { { { "123456789012:g", 14 } }, { { "123456789012:h", 14 } } };

static struct str pointer(void *self, struct arena *arena, const struct query_origin *origin)
{
    (void)self;
    return arena_printf(arena, "p%llu", (unsigned long long)origin->sequence);
}

static struct str message_of(struct arena *arena, const struct json *json)
{
    return json->type == JSON_STRING ? json->text : json_text(arena, json);
}

static struct query_event event_of(struct arena *arena, const struct json *line, size_t number)
{
    struct query_event event = { .origin = { START_MS + (int64_t)number * 1000, number + 1, 0 },
                                 .stream = STR("s") };
    const struct json *message = line;
    if (line->type == JSON_ARRAY) {
        int64_t behind = 0;
        assert_true(json_number_i64(line->items[0].text, &behind));
        event.origin.timestamp_ms = START_MS + behind;
        message = &line->items[1];
        if (line->count > 2)
            event.stream = line->items[2].text;
        if (line->count > 3)
            event.origin.group = str_eq(line->items[3].text, STR("h"));
    }
    event.ingested_ms = event.origin.timestamp_ms + 5;
    event.message = message_of(arena, message);
    return event;
}

static struct str run(struct arena *arena, const struct query_plan *plan, const struct json *lines,
                      size_t workers, size_t hand_in, bool with_pointer)
{
    struct query_context context = {
        .plan = plan, .groups = groups, .pointer = pointer, .now_ms = START_MS + 3600500
    };
    struct query_run query;
    struct query_worker worker[3];
    query_run_init(&query, &context, 64 << 20);
    for (size_t i = 0; i < workers; i++)
        query_worker_init(&worker[i], &query);
    for (size_t i = 0; i < lines->count; i++) {
        struct query_event event = event_of(arena, &lines->items[i], i);
        assert_true(query_worker_event(&worker[i % workers], &event));
        if (hand_in && i % hand_in == 0) {
            struct query_results so_far;
            query_run_merge(&query, &worker[i % workers]);
            assert_true(query_run_results(&query, 0, &so_far));
            query_results_fini(&so_far);
        }
    }
    for (size_t i = 0; i < workers; i++) {
        query_run_merge(&query, &worker[i]);
        query_worker_fini(&worker[i]);
    }
    struct query_results results;
    assert_true(query_run_results(&query, 0, &results));
    struct buf out;
    struct json_writer writer;
    buf_init(&out, 0);
    json_writer_init(&writer, &out);
    json_begin_array(&writer);
    for (size_t i = 0, first = 0; i < results.count; first = results.ends[i++]) {
        struct json row;
        struct str text =
            arena_copy(arena, str_slice(buf_str(&results.text), first, results.ends[i] - first));
        assert_int_equal(json_read(arena, text, 0, &row, NULL), ERR_OK);
        json_begin_object(&writer);
        for (size_t j = 0; j < row.count; j++) {
            struct str field = json_get_str(&row.items[j], STR("field"));
            if (with_pointer || !str_eq(field, STR("@ptr")))
                json_put_member_str(&writer, field, json_get_str(&row.items[j], STR("value")));
        }
        json_end_object(&writer);
    }
    json_end_array(&writer);
    struct str text = arena_copy(arena, buf_str(&out));
    buf_fini(&out);
    query_results_fini(&results);
    query_run_fini(&query);
    return text;
}

static bool refused(const struct json *record, const struct query_error *error)
{
    const struct json *at = json_get_typed(record, STR("at"), JSON_ARRAY);
    int64_t first = -1, end = -1;
    if (at && at->count == 2 && json_number_i64(at->items[0].text, &first))
        (void)json_number_i64(at->items[1].text, &end);
    bool good = json_get(record, STR("refused")) &&
                str_find(error->message, json_get_str(record, STR("refused"))) != STR_NOT_FOUND &&
                first == (int64_t)error->first && end == (int64_t)error->end;
    if (!good)
        print_error("%.*s: refused at [%zu,%zu]: %.*s\n", STR_ARG(json_get_str(record, STR("id"))),
                    error->first, error->end, STR_ARG(error->message));
    return good;
}

static bool golden_case(struct arena *arena, const struct json *record, const struct json *lines)
{
    const struct query_plan *plan;
    struct query_error error;
    bool with_pointer = json_get(record, STR("ptr")) != NULL;
    struct str id = json_get_str(record, STR("id"));
    if (!query_compile(arena, json_get_str(record, STR("query")), 0, &plan, &error))
        return refused(record, &error);
    if (!json_get(record, STR("result"))) {
        print_error("%.*s: is not refused\n", STR_ARG(id));
        return false;
    }
    struct str wanted = json_text(arena, json_get(record, STR("result")));
    static const struct {
        size_t workers, hand_in;
    } ways[] = { { 1, 0 }, { 3, 0 }, { 2, 2 } };
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct str got = run(arena, plan, lines, ways[i].workers, ways[i].hand_in, with_pointer);
        if (!str_eq(got, wanted)) {
            print_error("%.*s: %zu workers: %.*s\n", STR_ARG(id), ways[i].workers, STR_ARG(got));
            return false;
        }
    }
    return true;
}

/* Cases name the set of lines that they are asked of, or bring lines of their own. */
struct suite {
    struct arena arena;
    VEC(struct json) sets;
    unsigned ran, wrong;
};

static void suite_line(void *self, struct arena *arena, struct str name, const struct json *record)
{
    struct suite *suite = self;
    struct json none = json_of_array(NULL, 0);
    (void)name;
    if (json_get(record, STR("set"))) {
        VEC_PUSH(&suite->arena, &suite->sets, json_copy(&suite->arena, record));
        return;
    }
    const struct json *lines = json_get_typed(record, STR("lines"), JSON_ARRAY);
    for (size_t i = 0; i < suite->sets.len && !lines; i++)
        if (str_eq(json_get_str(&suite->sets.at[i], STR("set")), json_get_str(record, STR("on"))))
            lines = json_get(&suite->sets.at[i], STR("lines"));
    suite->ran++;
    suite->wrong += !golden_case(arena, record, lines ? lines : &none);
}

static void run_suite(const char *file, unsigned least)
{
    struct suite suite = { .ran = 0 };
    (void)golden_each(file, suite_line, &suite);
    arena_fini(&suite.arena);
    print_message("%s: %u ran, %u wrong\n", file, suite.ran, suite.wrong);
    assert_int_equal(suite.wrong, 0);
    assert_true(suite.ran >= least);
}

/* ---- docs/reference/insights.md ---- */

struct example {
    VEC(struct json) lines;
    struct buf query;
    VEC(struct json) rows;
    enum { EXAMPLE_LINES, EXAMPLE_QUERY } part;
};

static bool example_good(struct arena *arena, struct example *example)
{
    const struct query_plan *plan;
    struct query_error error;
    struct json lines = json_of_array(example->lines.at, example->lines.len),
                rows = json_of_array(example->rows.at, example->rows.len);
    if (!query_compile(arena, buf_str(&example->query), 0, &plan, &error)) {
        print_error("%.*s: %.*s\n", STR_ARG(buf_str(&example->query)), STR_ARG(error.message));
        return false;
    }
    struct str wanted = json_text(arena, &rows), got = run(arena, plan, &lines, 1, 0, false);
    if (!str_eq(wanted, got))
        print_error("%.*s=> %.*s\n", STR_ARG(buf_str(&example->query)), STR_ARG(got));
    return str_eq(wanted, got);
}

static void example_line(struct arena *arena, struct example *example, struct str line)
{
    struct json json;
    if (str_starts(line, STR("=> "))) {
        assert_int_equal(json_read(arena, str_from_offset(line, 3), 0, &json, NULL), ERR_OK);
        VEC_PUSH(arena, &example->rows, json);
    } else if (example->part == EXAMPLE_QUERY) {
        buf_add(&example->query, line);
        buf_add_char(&example->query, '\n');
    } else if (str_empty(line)) {
        example->part = EXAMPLE_QUERY;
    } else {
        json = json_of_str(line);
        VEC_PUSH(arena, &example->lines, json);
    }
}

static void test_document(void **state)
{
    struct arena arena = { 0 };
    struct str rest = golden_text(&arena, "docs/reference/insights.md"), line;
    struct example example = { .part = EXAMPLE_LINES };
    unsigned ran = 0, failed = 0;
    bool inside = false;
    (void)state;
    while (str_cut(rest, '\n', &line, &rest) || line.len) {
        if (!str_starts(line, STR("```"))) {
            if (inside)
                example_line(&arena, &example, line);
            continue;
        }
        if (inside) {
            ran++;
            failed += !example_good(&arena, &example);
        }
        inside = str_eq(line, STR("```insights"));
        buf_fini(&example.query);
        example = (struct example){ .part = EXAMPLE_LINES };
    }
    arena_fini(&arena);
    print_message("documented examples: %u ran, %u wrong\n", ran, failed);
    assert_int_equal(failed, 0);
    assert_true(ran >= 11);
}

static void test_commands(void **state)
{
    (void)state;
    run_suite("logs-query/commands", 60);
}

static void test_stats(void **state)
{
    (void)state;
    run_suite("logs-query/stats", 50);
}

static void test_expressions(void **state)
{
    (void)state;
    run_suite("logs-query/expressions", 120);
}

static void test_refused(void **state)
{
    (void)state;
    run_suite("logs-query/refused", 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_commands), cmocka_unit_test(test_stats),
                                        cmocka_unit_test(test_expressions), cmocka_unit_test(test_refused),
                                        cmocka_unit_test(test_document) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
