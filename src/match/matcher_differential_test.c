/* The compiled matcher against the plain evaluator, on random patterns and events, with each kernel of the index in
 * turn. What is compared are all rules of a matcher at once, while rules come and go between events; at the end
 * nothing of them is left. CREMA_PAIRS and CREMA_SEED say how many and which. */
#include "json/json_index.h"
#include "match/matcher.h"
#include "match/matcher_grammar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

enum { RULES_MAX = 120, EVENTS = 40 };

/* So that long lists of wildcards are taken too. */
static const struct pattern_limits limits = { .wildcard_cost_max = 40 };

struct rule {
    uint64_t number; /* 0: none */
    struct arena arena;
    struct pattern *pattern;
};

struct round {
    struct grammar grammar;
    struct matcher *matcher;
    struct matcher_reader *reader;
    struct rule rules[RULES_MAX];
    uint64_t next_number, pairs, matched;
    struct arena arena; /* of one event */
    struct buf text;
};

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *value = getenv(name);
    return value && *value ? strtoull(value, NULL, 0) : otherwise;
}

static void rule_add(struct round *r, struct rule *rule)
{
    struct str error = STR_EMPTY;
    rule->arena = (struct arena){ 0 };
    buf_clear(&r->text);
    grammar_pattern(&r->grammar, &r->text);
    if (pattern_compile(&rule->arena, buf_str(&r->text), &limits, &rule->pattern, &error)) {
        struct str again = STR_EMPTY;
        assert_int_equal(matcher_add(r->matcher, r->next_number, buf_str(&r->text), &rule->arena, &again),
                         ERR_INVALID);
        assert_true(str_eq(error, again));
        arena_fini(&rule->arena);
        return;
    }
    rule->number = r->next_number +=
        1 + grammar_below(&r->grammar, 1000) * (uint64_t)grammar_below(&r->grammar, 1000);
    if (grammar_below(&r->grammar, 2))
        assert_int_equal(matcher_add_pattern(r->matcher, rule->number, rule->pattern), ERR_OK);
    else
        assert_int_equal(matcher_add(r->matcher, rule->number, buf_str(&r->text), &rule->arena, &error),
                         ERR_OK);
    assert_int_equal(matcher_add_pattern(r->matcher, rule->number, rule->pattern), ERR_CONFLICT);
}

static void rule_remove(struct round *r, struct rule *rule)
{
    assert_int_equal(matcher_remove(r->matcher, rule->number), ERR_OK);
    assert_int_equal(matcher_remove(r->matcher, rule->number), ERR_NOTFOUND);
    arena_fini(&rule->arena);
    rule->number = 0;
}

static void fail_rule(const struct rule *rule, struct str event, bool expected)
{
    fail_msg("%.*s: %s by the matcher alone\n  event: %.*s", STR_ARG(pattern_text(rule->pattern)),
             expected ? "not matched" : "matched", STR_ARG(event));
}

static void check(struct round *r, const struct json *event, struct str text,
                  const struct matcher_result *result)
{
    size_t found = 0;
    for (size_t i = 0; i < RULES_MAX; i++) { /* numbers are not in order: look for each */
        const struct rule *rule = &r->rules[i];
        if (!rule->number)
            continue;
        bool expected = pattern_match(rule->pattern, &r->arena, event), listed = false;
        for (size_t k = 0; k < result->count; k++)
            listed |= result->rules[k] == rule->number;
        if (expected != listed)
            fail_rule(rule, text, expected);
        found += expected;
        r->pairs++;
    }
    r->matched += found;
    assert_int_equal(result->count, found);
    for (size_t i = 1; i < result->count; i++)
        assert_true(result->rules[i - 1] < result->rules[i]);
}

static void check_text(struct round *r, struct str text)
{
    struct matcher_result result;
    struct json event;
    enum err err = json_read(&r->arena, text, 0, &event, NULL);
    assert_int_equal(matcher_match(r->reader, text, &result, NULL), err);
    if (!err)
        check(r, &event, text, &result);
}

/* The event again and again, until its shape is known, and then others that are nearly of that shape. */
static void events_near(struct round *r, struct str text)
{
    static const char bytes[] = "\"{}[]:,05ab. ";
    struct matcher_result result;
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(matcher_match(r->reader, text, &result, NULL), ERR_OK);
    for (size_t i = 0; i < 8; i++) {
        struct str near = arena_copy(&r->arena, text);
        char *at = (char *)(uintptr_t)near.ptr;
        for (size_t k = grammar_below(&r->grammar, 3); k > 0; k--)
            at[grammar_below(&r->grammar, (unsigned)near.len)] =
                bytes[grammar_below(&r->grammar, sizeof(bytes) - 1)];
        check_text(r, near);
    }
}

static void one_event(struct round *r)
{
    struct matcher_result result;
    struct json event;
    struct json_error error;
    arena_reset(&r->arena);
    buf_clear(&r->text);
    grammar_event(&r->grammar, &r->text);
    struct str text = arena_copy(&r->arena, buf_str(&r->text));
    if (json_read(&r->arena, text, 0, &event, &error))
        fail_msg("%.*s: %s", STR_ARG(text), error.text);
    matcher_match_value(r->reader, &event, &result);
    check(r, &event, text, &result);
    check_text(r, text);
    if (grammar_below(&r->grammar, 4) == 0)
        events_near(r, text);
}

static void one_round(struct round *r, size_t rules)
{
    struct matcher_stats before, after;
    matcher_stats(r->matcher, &before);
    for (size_t i = 0; i < rules; i++)
        rule_add(r, &r->rules[i]);
    for (size_t i = 0; i < EVENTS; i++) {
        one_event(r);
        for (size_t k = 0; k < 2; k++) {
            struct rule *rule = &r->rules[grammar_below(&r->grammar, (unsigned)rules)];
            if (rule->number)
                rule_remove(r, rule);
            else
                rule_add(r, rule);
        }
    }
    for (size_t i = 0; i < rules; i++)
        if (r->rules[i].number)
            rule_remove(r, &r->rules[i]);
    matcher_stats(r->matcher, &after);
    assert_int_equal(after.rules, 0);
    assert_int_equal(after.tests, 0);
    assert_int_equal(after.places, 0);
    assert_int_equal(after.bytes, before.bytes);
}

static void test_pairs(void **state)
{
    (void)state;
    uint64_t pairs = setting("CREMA_PAIRS", 1000000), seed = setting("CREMA_SEED", (uint64_t)time(NULL));
    static struct round r;
    r = (struct round){ .matcher = matcher_new(&limits), .next_number = 1 };
    r.reader = matcher_reader_new(r.matcher);
    buf_init(&r.text, 0);
    const char *const *kernels;
    size_t kernel_count = json_index_kernels(&kernels);
    for (; r.pairs < pairs; seed++) {
        r.grammar = (struct grammar){ .state = seed * UINT64_C(0x9E3779B97F4A7C15) | 1 };
        (void)grammar_below(&r.grammar, 2);
        assert_int_equal(json_index_use(kernels[seed % kernel_count]), ERR_OK);
        (void)fprintf(stderr, r.pairs == 0 ? "seed %llu\n" : "", (unsigned long long)seed);
        one_round(&r, 1 + grammar_below(&r.grammar, RULES_MAX));
    }
    (void)fprintf(stderr, "%llu pairs, %llu matched\n", (unsigned long long)r.pairs,
                  (unsigned long long)r.matched);
    assert_true(r.matched * 50 > r.pairs); /* the world is small enough that they meet */
    matcher_reader_free(&r.reader);
    matcher_free(&r.matcher);
    arena_fini(&r.arena);
    buf_fini(&r.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_pairs) };
    return cmocka_run_group_tests_name("matcher-differential", tests, NULL, NULL);
}
