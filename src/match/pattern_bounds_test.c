/* What is asked of a pattern and of an event costs what their sizes say, whatever is in them. Times are of the
 * processor, and compared with what a worse law would take: not seconds but minutes. */
#include "match/pattern_clause.h"
#include "json/golden_test.h"
#include "match/pattern_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

/* Sanitizers and a busy machine are slow. */
enum { SECONDS_MAX = 20 };

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static void repeat(struct buf *out, const char *text, size_t times)
{
    while (times-- > 0)
        buf_add(out, str_from(text));
}

static struct pattern *compiled(struct arena *arena, struct str text, const struct pattern_limits *limits)
{
    struct pattern *pattern = NULL;
    struct str error = STR_EMPTY;
    if (pattern_compile(arena, text, limits, &pattern, &error))
        fail_msg("%.*s", STR_ARG(error));
    return pattern;
}

static const struct pattern_limits wide = { .bytes_max = SIZE_MAX,
                                            .conjunctions_max = 1000,
                                            .wildcard_cost_max = UINT32_MAX };

/* Seconds it takes to match the event, which is one string at "a". */
static double match_string(const char *pattern_text, struct str value, bool *ret_matched)
{
    struct arena arena = { 0 };
    struct json_member member = { .key = STR("a"), .value = json_of_str(value) };
    struct json event = json_of_object(&member, 1);
    struct pattern *pattern = compiled(&arena, str_from(pattern_text), &wide);
    clock_t start = clock();
    *ret_matched = pattern_match(pattern, &arena, &event);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    arena_fini(&arena);
    return seconds;
}

static void wildcards_read_a_text_once(void **state)
{
    (void)state;
    enum { LEN = 4 * 1024 * 1024 };
    struct buf value, pattern;
    buf_init(&value, 0);
    buf_init(&pattern, 0);
    repeat(&value, "a", LEN);
    bool matched = true;
    assert_true(match_string("{\"a\":[{\"wildcard\":\"*a*a*a*a*a*a*a*a*b\"}]}", buf_str(&value), &matched) <
                SECONDS_MAX);
    assert_false(matched);
    assert_true(match_string("{\"a\":[{\"wildcard\":\"*aab*aab*aab*\"}]}", buf_str(&value), &matched) <
                SECONDS_MAX);
    assert_false(matched);
    /* Many a and one b, looked for in many more a. */
    buf_add(&pattern, STR("{\"a\":[{\"wildcard\":\"*"));
    repeat(&pattern, "a", 100000);
    buf_add(&pattern, STR("b*\"}]}"));
    buf_add_char(&pattern, '\0');
    assert_true(match_string(pattern.ptr, buf_str(&value), &matched) < SECONDS_MAX);
    assert_false(matched);
    assert_true(match_string("{\"a\":[{\"suffix\":{\"equals-ignore-case\":\"BA\"}}]}", buf_str(&value),
                             &matched) < 1);
    buf_fini(&pattern);
    buf_fini(&value);
}

/* The definition: a star is any text. */
static bool naive(const struct str *pieces, uint32_t count, struct str text)
{
    if (!str_starts(text, pieces[0]))
        return false;
    text = str_from_offset(text, pieces[0].len);
    if (count == 1)
        return text.len == 0;
    for (size_t i = 0; i <= text.len; i++)
        if (naive(pieces + 1, count - 1, str_slice(text, i, text.len - i)))
            return true;
    return false;
}

/* How many proper prefixes of the wildcard, from its first star on, fit the text; one that ends in a star stands for
 * all that follow it. */
static unsigned count_places(const struct pattern_test *wildcard, struct str text)
{
    unsigned places = 0;
    for (uint32_t i = 1; i < wildcard->piece_count; i++) {
        struct str pieces[16];
        memcpy(pieces, wildcard->pieces, i * sizeof(*pieces));
        pieces[i] = STR_EMPTY;
        places += naive(pieces, i + 1, text); /* the star itself */
        for (size_t len = 1; len <= wildcard->pieces[i].len; len++) {
            pieces[i] = str_slice(wildcard->pieces[i], 0, len);
            places += naive(pieces, i + 1, text);
        }
    }
    return places;
}

static void wildcards_do_what_their_definition_says_and_cost_what_they_may(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    uint32_t seed = 11;
    size_t matched = 0, rounds = 100000, at_cost = 0;
    for (size_t i = 0; i < rounds; i++) {
        char wildcard[12], text[12];
        size_t wildcard_len = 0, text_len = next_random(&seed) % 10;
        uint32_t wildcards;
        for (size_t n = next_random(&seed) % 8; n > 0; n--) {
            char c = "ab*"[next_random(&seed) % 3];
            if (c != '*' || wildcard_len == 0 || wildcard[wildcard_len - 1] != '*')
                wildcard[wildcard_len++] = c;
        }
        for (size_t n = 0; n < text_len; n++)
            text[n] = "ab"[next_random(&seed) % 2];
        struct pattern *pattern = compiled(
            &arena, arena_printf(&arena, "{\"a\":[{\"wildcard\":\"%.*s\"}]}", (int)wildcard_len, wildcard),
            &wide);
        const struct pattern_test *test = pattern->conjunctions->clauses[0]->tests;
        struct str value = str_of(text, text_len);
        bool fits = naive(test->pieces, test->piece_count, value);
        if (pattern_wildcard_matches(test, value) != fits)
            fail_msg("%.*s, %.*s: %s", (int)wildcard_len, wildcard, STR_ARG(value),
                     fits ? "fits" : "does not");
        unsigned places = count_places(test, value), cost = pattern_wildcard_cost(test, 1, &wildcards);
        if (places > cost)
            fail_msg("%.*s costs %u, in %.*s %u", (int)wildcard_len, wildcard, cost, STR_ARG(value), places);
        assert_int_equal(wildcards, 1);
        at_cost += places == cost && cost > 2;
        matched += fits;
        arena_reset(&arena);
    }
    assert_true(matched > rounds / 50 && at_cost > rounds / 100); /* the cost is not far from what happens */
    arena_fini(&arena);
}

static void costs_are_those_of_the_documentation(void **state)
{
    (void)state;
    static const struct {
        const char *tests;
        unsigned cost;
        uint32_t wildcards;
    } cases[] = {
        { "\"x\",{\"prefix\":\"*\"}", 0, 0 },
        { "{\"wildcard\":\"abc\"}", 0, 1 },
        { "{\"wildcard\":\"*\"}", 1, 1 },
        { "{\"wildcard\":\"abc*\"}", 1, 1 },
        { "{\"wildcard\":\"*abc\"}", 2, 1 },
        { "{\"wildcard\":\"*/dir/*\"}", 4, 1 },
        { "{\"wildcard\":\"*aaa\"}", 4, 1 },
        { "{\"wildcard\":\"\\\\*\\\\*\\\\*\"}", 0, 1 },
        { "{\"wildcard\":\"a*\"},{\"wildcard\":\"b*\"}", 1, 2 },
        { "{\"wildcard\":\"a*\"},{\"wildcard\":\"ab*\"},{\"wildcard\":\"abc*\"},{\"wildcard\":\"ac*\"}", 3,
          4 },
        { "{\"wildcard\":\"*.a\"},{\"anything-but\":{\"wildcard\":[\"*.b\",\"*.c\"]}}", 6, 3 },
        { "{\"wildcard\":\"*:stack/one/*\"},{\"wildcard\":\"*:stack/two/*\"}", 6, 2 },
    };
    struct arena arena = { 0 };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pattern *pattern =
            compiled(&arena, arena_printf(&arena, "{\"a\":[%s]}", cases[i].tests), &wide);
        const struct pattern_clause *clause = pattern->conjunctions->clauses[0];
        uint32_t wildcards;
        assert_int_equal(pattern_wildcard_cost(clause->tests, clause->test_count, &wildcards), cases[i].cost);
        assert_int_equal(wildcards, cases[i].wildcards);
        assert_int_equal(pattern_wildcard_count(pattern), cases[i].wildcards);
    }
    arena_fini(&arena);
}

/* A thousand ways with four hundred fields each, all but the last of which the event has. */
static void many_ways_are_no_work_when_a_field_fails(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct buf text, event_text;
    buf_init(&text, 0);
    buf_init(&event_text, 0);
    buf_add_char(&text, '{');
    buf_add_char(&event_text, '{');
    for (int i = 0; i < 9; i++)
        buf_printf(&text, "\"o%d\":{\"$or\":[{\"a\":[1]},{\"b\":[1]}]},", i);
    for (int i = 0; i < 9; i++)
        buf_printf(&event_text, "\"o%d\":{\"a\":1,\"b\":1},", i);
    for (int i = 0; i < 400; i++)
        buf_printf(&text, "\"%d\":[1],", i);
    for (int i = 0; i < 20000; i++)
        buf_printf(&event_text, "\"%d\":1,", i);
    buf_add(&text, STR("\"zz\":[1]}"));
    buf_add(&event_text, STR("\"zy\":1}"));
    struct json event = golden_json(&arena, buf_str(&event_text));
    struct pattern_explanation explanation;
    clock_t start = clock();
    struct pattern *pattern = compiled(&arena, buf_str(&text), &wide);
    assert_int_equal(pattern->count, 512);
    assert_false(pattern_match(pattern, &arena, &event));
    pattern_explain(pattern, &arena, &event, &explanation);
    assert_int_equal(explanation.clauses_passed, 409);
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < SECONDS_MAX);
    buf_fini(&text);
    buf_fini(&event_text);
    arena_fini(&arena);
}

static void too_many_ways_are_refused_before_they_are_made(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct buf text;
    struct pattern *pattern;
    struct str error;
    buf_init(&text, 0);
    buf_add_char(&text, '{');
    for (int i = 0; i < 64; i++) /* 2 to the power of 64 */
        buf_printf(&text, "\"o%d\":{\"$or\":[{\"a\":[1]},{\"b\":[1]}]},", i);
    buf_add(&text, STR("\"zz\":[1]}"));
    clock_t start = clock();
    assert_int_equal(pattern_compile(&arena, buf_str(&text), &wide, &pattern, &error), ERR_INVALID);
    assert_true(str_find(error, STR("$or makes more than 1000 combinations")) != STR_NOT_FOUND);
    /* As deep as JSON may be. */
    buf_clear(&text);
    repeat(&text, "{\"$or\":[{\"a\":[1]},", 499);
    buf_add(&text, STR("{\"b\":[1]}"));
    repeat(&text, "]}", 499);
    assert_int_equal(compiled(&arena, buf_str(&text), &wide)->count, 500);
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < SECONDS_MAX);
    buf_fini(&text);
    arena_fini(&arena);
}

static void deep_arrays_are_walked_once(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct buf text;
    buf_init(&text, 0);
    buf_add(&text, STR("{\"a\":"));
    repeat(&text, "[", 900);
    buf_add(&text, STR("{\"x\":1},"));
    for (int i = 0; i < 20000; i++)
        buf_printf(&text, "{\"x\":1,\"y\":[%d,[3]]},", i + 3);
    buf_add(&text, STR("{\"y\":2}"));
    repeat(&text, "]", 900);
    buf_add_char(&text, '}');
    struct json event = golden_json(&arena, buf_str(&text));
    struct pattern_explanation explanation;
    struct pattern *divided = compiled(&arena, STR("{\"a\":{\"x\":[1],\"y\":[2]}}"), NULL),
                   *absent = compiled(&arena, STR("{\"a\":{\"w\":[{\"exists\":false}],\"x\":[1],\"y\":[3]}}"),
                                      NULL);
    clock_t start = clock();
    assert_false(pattern_match(divided, &arena, &event));
    pattern_explain(divided, &arena, &event, &explanation);
    assert_true(str_eq(explanation.divided_place, STR("a")));
    assert_true(pattern_match(absent, &arena, &event));
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < SECONDS_MAX);
    assert_true(arena.used < 64u * 1024 * 1024);
    buf_fini(&text);
    arena_fini(&arena);
}

static void the_text_is_limited(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct pattern *pattern;
    struct str error;
    const struct pattern_limits short_texts = { .bytes_max = 9 };
    assert_int_equal(pattern_compile(&arena, STR("{\"a\":[1]}"), &short_texts, &pattern, &error), ERR_OK);
    assert_int_equal(pattern_compile(&arena, STR("{\"a\":[12]}"), &short_texts, &pattern, &error),
                     ERR_INVALID);
    assert_true(
        str_starts(error, STR("Event pattern is not valid. Reason: The pattern is longer than 9 bytes\n")));
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wildcards_read_a_text_once),
        cmocka_unit_test(wildcards_do_what_their_definition_says_and_cost_what_they_may),
        cmocka_unit_test(costs_are_those_of_the_documentation),
        cmocka_unit_test(many_ways_are_no_work_when_a_field_fails),
        cmocka_unit_test(too_many_ways_are_refused_before_they_are_made),
        cmocka_unit_test(deep_arrays_are_walked_once),
        cmocka_unit_test(the_text_is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
