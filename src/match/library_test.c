/* libcrema-match through its public names: what each call answers, writes on failure, and keeps. */
#include "crema/match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static enum crema_match_status add(struct crema_match *match, uint64_t rule, const char *pattern,
                                   struct crema_match_error *error)
{
    return crema_match_add(match, rule, pattern, strlen(pattern), error);
}

static void expect_rules(struct crema_match_reader *reader, const char *event, size_t count, uint64_t first)
{
    struct crema_match_rules rules = { 0 };
    struct crema_match_error error;
    assert_int_equal(crema_match_event(reader, event, strlen(event), &rules, &error), CREMA_MATCH_OK);
    assert_int_equal(rules.count, count);
    if (count)
        assert_true(rules.at[0] == first);
}

static void test_rules(void **state)
{
    (void)state;
    struct crema_match *match = crema_match_new(NULL);
    struct crema_match_reader *reader = crema_match_reader_new(match);
    struct crema_match_statistics statistics;
    expect_rules(reader, "{\"a\":\"x\"}", 0, 0);
    assert_int_equal(add(match, UINT64_MAX, "{\"a\":[\"x\"]}", NULL), CREMA_MATCH_OK);
    assert_int_equal(add(match, 0, "{\"a\":[{\"prefix\":\"x\"}]}", NULL), CREMA_MATCH_OK);
    expect_rules(reader, "{\"a\":\"x\"}", 2, 0);
    expect_rules(reader, "{\"a\":\"xy\"}", 1, 0);
    struct crema_match_error error = { .line = 9 };
    assert_int_equal(add(match, 0, "{\"b\":[1]}", &error), CREMA_MATCH_EXISTS);
    assert_string_equal(error.text, "There is a rule of this number");
    assert_int_equal(error.line, 0);
    assert_int_equal(add(match, 0, "{\"b\":[1]}", NULL), CREMA_MATCH_EXISTS);
    crema_match_statistics(match, &statistics);
    assert_true(statistics.rules == 2 && statistics.bytes > 0);
    assert_int_equal(crema_match_remove(match, 0), CREMA_MATCH_OK);
    assert_int_equal(crema_match_remove(match, 0), CREMA_MATCH_NOT_FOUND);
    expect_rules(reader, "{\"a\":\"x\"}", 1, UINT64_MAX);
    expect_rules(reader, "{\"a\":\"xy\"}", 0, 0);
    crema_match_reader_free(&reader);
    crema_match_free(&match);
    assert_null(reader);
    assert_null(match);
    crema_match_reader_free(&reader);
    crema_match_free(&match);
}

static void test_bad_patterns(void **state)
{
    (void)state;
    struct crema_match *match = crema_match_new(NULL);
    struct crema_match_pattern *pattern = NULL;
    struct crema_match_error error;
    const char *text = "{\n \"a\": [{\"prefix\":7}]}";
    assert_int_equal(add(match, 1, text, &error), CREMA_MATCH_BAD_PATTERN);
    assert_non_null(strstr(error.text, "Event pattern is not valid. Reason: "));
    assert_int_equal(error.line, 2);
    assert_true(error.column > 1 && error.column < 23);
    struct crema_match_error again;
    assert_int_equal(crema_match_pattern_new(text, strlen(text), NULL, &pattern, &again),
                     CREMA_MATCH_BAD_PATTERN);
    assert_null(pattern);
    assert_string_equal(again.text, error.text);
    assert_int_equal(again.column, error.column);
    assert_int_equal(add(match, 1, text, NULL), CREMA_MATCH_BAD_PATTERN);
    /* A place that the pattern's own text speaks of is not the fault's. */
    assert_int_equal(add(match, 1, "{\"; line: 7, column: 8]\":[]}", &error), CREMA_MATCH_BAD_PATTERN);
    assert_int_equal(error.line, 1);
    assert_int_equal(add(match, 1, "{\"a\":[1]}", &error), CREMA_MATCH_OK);
    crema_match_free(&match);
}

static void test_bad_events(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned column;
    } events[] = { { "{\"a\":1", 0 }, { "[{\"a\":1}]", 1 },      { " 7", 2 },
                   { "", 0 },         { "{\"a\":\"\xff\"}", 0 }, { "{\"b\":{\"c\":01},\"a\":1}", 0 } };
    struct crema_match *match = crema_match_new(NULL);
    struct crema_match_pattern *pattern = NULL;
    struct crema_match_explanation *explanation = NULL;
    const char *text = "{\"a\":[1]}";
    assert_int_equal(add(match, 1, text, NULL), CREMA_MATCH_OK);
    assert_int_equal(crema_match_pattern_new(text, strlen(text), NULL, &pattern, NULL), CREMA_MATCH_OK);
    struct crema_match_reader *reader = crema_match_reader_new(match);
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        const char *event = events[i].text;
        struct crema_match_rules rules = { .count = 77 };
        struct crema_match_error error = { { 0 }, 0, 0 }, other = { { 0 }, 0, 0 };
        assert_int_equal(crema_match_event(reader, event, strlen(event), &rules, &error),
                         CREMA_MATCH_BAD_EVENT);
        assert_int_equal(rules.count, 77);
        assert_true(error.text[0] && error.line == 1 && error.column >= 1);
        if (events[i].column)
            assert_int_equal(error.column, events[i].column);
        assert_int_equal(crema_match_event(reader, event, strlen(event), &rules, NULL),
                         CREMA_MATCH_BAD_EVENT);
        assert_int_equal(crema_match_explain(pattern, event, strlen(event), &explanation, &other),
                         CREMA_MATCH_BAD_EVENT);
        assert_null(explanation);
        assert_string_equal(other.text, error.text);
        assert_int_equal(other.column, error.column);
    }
    expect_rules(reader, " {\"a\":1}\r\n", 1, 1);
    crema_match_pattern_free(&pattern);
    crema_match_reader_free(&reader);
    crema_match_free(&match);
}

static void test_limits(void **state)
{
    (void)state;
    const struct crema_match_limits limits = { .pattern_bytes_max = 60, .combinations_max = 3 };
    struct crema_match *match = crema_match_new(&limits), *usual = crema_match_new(NULL);
    struct crema_match_pattern *pattern = NULL;
    const char *two = "{\"$or\":[{\"a\":[1]},{\"b\":[1]}]}";
    const char *four = "{\"$or\":[{\"a\":[1]},{\"b\":[1]},{\"c\":[1]},{\"d\":[1]}]}";
    const char *longer = "{\"a\":[\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"]}";
    assert_int_equal(add(match, 1, two, NULL), CREMA_MATCH_OK);
    assert_int_equal(add(match, 2, four, NULL), CREMA_MATCH_BAD_PATTERN);
    assert_int_equal(add(match, 3, longer, NULL), CREMA_MATCH_BAD_PATTERN);
    assert_int_equal(crema_match_pattern_new(four, strlen(four), &limits, &pattern, NULL),
                     CREMA_MATCH_BAD_PATTERN);
    assert_int_equal(add(usual, 2, four, NULL), CREMA_MATCH_OK);
    assert_int_equal(add(usual, 3, longer, NULL), CREMA_MATCH_OK);
    crema_match_free(&match);
    crema_match_free(&usual);
}

static void expect_text(struct crema_match_text text, const char *expected)
{
    assert_int_equal(text.bytes, strlen(expected));
    assert_memory_equal(text.at, expected, text.bytes);
}

static void test_explain(void **state)
{
    (void)state;
    char text[] = "{\"s\":[\"a\",{\"prefix\":\"b\"}],\"i\":{\"x\":[1],\"y\":[2]}}";
    char event[] = "{\"s\":[\"c\",\"bc\"],\"i\":[{\"x\":1},{\"y\":2.0}]}";
    struct crema_match_pattern *pattern = NULL;
    struct crema_match_explanation *explanation = NULL;
    assert_int_equal(crema_match_pattern_new(text, strlen(text), NULL, &pattern, NULL), CREMA_MATCH_OK);
    assert_int_equal(crema_match_explain(pattern, event, strlen(event), &explanation, NULL), CREMA_MATCH_OK);
    /* It outlives what it was made of. */
    crema_match_pattern_free(&pattern);
    memset(text, 'x', sizeof(text));
    memset(event, 'x', sizeof(event));
    assert_int_equal(crema_match_explanation_matched(explanation), 0);
    assert_int_equal(crema_match_explanation_places(explanation), 3);
    assert_int_equal(crema_match_explanation_places_passed(explanation), 3);
    expect_text(crema_match_explanation_divided(explanation), "i");
    assert_int_equal(crema_match_explanation_findings(explanation), 4);
    static const struct {
        const char *place, *test, *kind, *values;
        int passed;
    } expected[] = { { "s", "\"a\"", "equals", "[\"c\",\"bc\"]", 0 },
                     { "s", "{\"prefix\":\"b\"}", "prefix", "[\"c\",\"bc\"]", 1 },
                     { "i.x", "1", "equals", "[1]", 1 },
                     { "i.y", "2", "equals", "[2.0]", 1 } };
    for (size_t i = 0; i < 4; i++) {
        const struct crema_match_finding *finding = crema_match_explanation_finding(explanation, i);
        expect_text(finding->place, expected[i].place);
        expect_text(finding->test, expected[i].test);
        expect_text(finding->kind, expected[i].kind);
        expect_text(finding->values, expected[i].values);
        assert_int_equal(finding->passed, expected[i].passed);
        assert_true(finding->values_more == 0);
    }
    struct crema_match_text json = crema_match_explanation_json(explanation);
    assert_true(json.bytes > 20 && json.at[0] == '{' && json.at[json.bytes - 1] == '}');
    crema_match_explanation_free(&explanation);
    assert_null(explanation);
    crema_match_explanation_free(&explanation);
    crema_match_pattern_free(&pattern);
}

struct walk {
    size_t seen[4], count, until;
};

static int walk(void *self, size_t index, const struct crema_match_explanation *explanation)
{
    struct walk *walk = self;
    assert_int_equal(crema_match_explanation_matched(explanation), index == 2);
    walk->seen[walk->count++] = index;
    return walk->count == walk->until;
}

static void test_explain_many(void **state)
{
    (void)state;
    static const char *const texts[] = { "{\"a\":[9],\"b\":[9]}", "{\"a\":[1],\"b\":[9]}", "{\"a\":[1]}",
                                         "{\"a\":[9],\"b\":[8]}" };
    const char *event = "{\"a\":1,\"b\":2}";
    struct crema_match_pattern *patterns[4] = { NULL };
    const struct crema_match_pattern *borrowed[4];
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(crema_match_pattern_new(texts[i], strlen(texts[i]), NULL, &patterns[i], NULL),
                         CREMA_MATCH_OK);
        borrowed[i] = patterns[i];
    }
    struct walk all = { .until = 9 }, two = { .until = 2 }, none = { .until = 9 };
    assert_int_equal(crema_match_explain_many(borrowed, 4, event, strlen(event), walk, &all, NULL),
                     CREMA_MATCH_OK);
    const size_t order[] = { 2, 1, 0, 3 };
    assert_int_equal(all.count, 4);
    assert_memory_equal(all.seen, order, sizeof(order));
    assert_int_equal(crema_match_explain_many(borrowed, 4, event, strlen(event), walk, &two, NULL),
                     CREMA_MATCH_OK);
    assert_int_equal(two.count, 2);
    assert_int_equal(crema_match_explain_many(borrowed, 0, event, strlen(event), walk, &none, NULL),
                     CREMA_MATCH_OK);
    assert_int_equal(crema_match_explain_many(borrowed, 4, "{", 1, walk, &none, NULL), CREMA_MATCH_BAD_EVENT);
    assert_int_equal(none.count, 0);
    for (size_t i = 0; i < 4; i++)
        crema_match_pattern_free(&patterns[i]);
}

static void test_version(void **state)
{
    (void)state;
    char begin[32];
    snprintf(begin, sizeof(begin), "%d.%d.", CREMA_MATCH_VERSION_MAJOR, CREMA_MATCH_VERSION_MINOR);
    assert_memory_equal(crema_match_version(), begin, strlen(begin));
    assert_true(strlen(crema_match_kernel()) > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),      cmocka_unit_test(test_bad_patterns),
        cmocka_unit_test(test_bad_events), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_explain),    cmocka_unit_test(test_explain_many),
        cmocka_unit_test(test_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
