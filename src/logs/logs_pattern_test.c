#include "json/golden_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "logs/logs_pattern.h"

static struct logs_matcher *matcher;

static struct logs_pattern read_pattern(struct arena *arena, struct str name, struct str text)
{
    struct fault fault = { 0 };
    struct logs_pattern pattern;
    if (!logs_pattern_read(arena, text, &pattern, &fault))
        fail_msg("%.*s: %.*s: %.*s", STR_ARG(name), STR_ARG(text), STR_ARG(fault.text));
    return pattern;
}

/* ---- the golden cases ---- */

static void check_messages(const struct logs_pattern *pattern, struct str name, const struct json *messages,
                           bool expected)
{
    const struct str *needles;
    size_t needle_count = logs_pattern_needles(pattern, &needles);
    for (uint32_t i = 0; i < messages->count; i++) {
        struct str message = messages->items[i].text;
        if (logs_pattern_matches(pattern, matcher, message) != expected)
            fail_msg("%.*s: '%.*s' should%s match", STR_ARG(name), STR_ARG(message), expected ? "" : " not");
        for (size_t j = 0; expected && j < needle_count; j++)
            if (str_find(message, needles[j]) == STR_NOT_FOUND)
                fail_msg("%.*s: '%.*s' has no '%.*s'", STR_ARG(name), STR_ARG(message), STR_ARG(needles[j]));
    }
}

static void check_values(const struct logs_pattern *pattern, struct arena *arena, struct str name,
                         struct str message, const struct json *expected)
{
    struct logs_value *values;
    size_t count = logs_pattern_values(pattern, matcher, arena, message, &values);
    if (count != expected->count)
        fail_msg("%.*s: %zu values", STR_ARG(name), count);
    for (size_t i = 0; i < count; i++) {
        const struct json *text = json_get(expected, values[i].name);
        if (!text || !str_eq(text->text, values[i].text))
            fail_msg("%.*s: %.*s is '%.*s'", STR_ARG(name), STR_ARG(values[i].name), STR_ARG(values[i].text));
        struct logs_field field;
        struct fault fault = { 0 };
        struct str one;
        if (str_find(values[i].name, STR("*")) != STR_NOT_FOUND)
            continue;
        assert_true(logs_field_read(arena, pattern, values[i].name, &field, &fault));
        assert_true(logs_field_value(pattern, &field, matcher, arena, message, &one));
        assert_true(str_eq(one, values[i].text));
    }
}

static void check_case(void *self, struct arena *arena, struct str name, const struct json *record)
{
    size_t *checks = self;
    struct str text = json_get_str(record, STR("pattern"));
    const struct json *refused = json_get(record, STR("refused"));
    if (refused) {
        struct fault fault = { 0 };
        struct logs_pattern pattern;
        if (logs_pattern_read(arena, text, &pattern, &fault))
            fail_msg("%.*s is taken", STR_ARG(name));
        assert_int_equal(fault.code, FAULT_INVALID_PARAMETER);
        if (!str_eq(fault.text, refused->text))
            fail_msg("%.*s: %.*s", STR_ARG(name), STR_ARG(fault.text));
        ++*checks;
        return;
    }
    struct logs_pattern pattern = read_pattern(arena, name, text);
    const struct json *match = json_get(record, STR("match")), *not = json_get(record, STR("not")),
                      *values = json_get(record, STR("values"));
    check_messages(&pattern, name, match, true);
    check_messages(&pattern, name, not, false);
    if (values)
        check_values(&pattern, arena, name, match->items[0].text, values);
    *checks += match->count + not ->count;
}

static void test_golden_cases(void **state)
{
    static const char *const files[] = { "logs-pattern/terms", "logs-pattern/regex", "logs-pattern/json",
                                         "logs-pattern/fields", "logs-pattern/refused" };
    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        size_t checks = 0, patterns = golden_each(files[i], check_case, &checks);
        print_message("%s: %zu patterns, %zu checks\n", files[i], patterns, checks);
        assert_true(patterns > 30);
    }
}

/* ---- needles ---- */

static void check_needles(const char *text, size_t count, const char *first)
{
    struct arena arena = { 0 };
    struct logs_pattern pattern = read_pattern(&arena, STR("needles"), str_from(text));
    const struct str *needles;
    if (logs_pattern_needles(&pattern, &needles) != count)
        fail_msg("%s", text);
    if (count)
        assert_true(str_eq(needles[0], str_from(first)));
    arena_fini(&arena);
}

static void test_needles_are_what_is_certain(void **state)
{
    (void)state;
    check_needles("", 0, NULL);
    check_needles("ERROR \"a b\" -c", 2, "ERROR");
    check_needles("?ERROR ?WARN", 0, NULL);
    check_needles("?ERROR", 1, "ERROR");
    check_needles("\" \"", 0, NULL);
    check_needles("%time out%", 1, "time out");
    check_needles("%time.out%", 0, NULL);
    check_needles("{ $.a = \"word\" }", 0, NULL); /* it may be written with escapes */
    check_needles("[a = GET, b = *html* && b != x, c = 404, d = y || d = z, ...]", 2, "GET");
}

/* ---- names of values ---- */

static void test_names_of_values(void **state)
{
    static const struct {
        const char *pattern, *name, *refused;
    } cases[] = {
        { "{ $.a = 1 }", "$.b.c[0]", NULL },
        { "{ $.a = 1 }", "$.b[*]", "'$.b[*]' is no value of the filter pattern: a wildcard names many." },
        { "{ $.a = 1 }", "b",
          "Invalid filter pattern: a selector beginning with '$.' is missing at character 1." },
        { "{ $.a = 1 }", "$.b c", "Invalid filter pattern: a selector should end at character 4." },
        { "[a, b]", "$b", NULL },
        { "[a, b]", "$2", NULL },
        { "[a, b]", "$c", "'$c' is no value of the filter pattern: no field has this name." },
        { "[a, b]", "b", "'b' is no value of the filter pattern: names of values begin with $." },
        { "[a, b]", "$", "'$' is no value of the filter pattern: no field has this name." },
        { "ERROR", "$1",
          "'$1' is no value of the filter pattern: only JSON and space-delimited patterns have values." },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena arena = { 0 };
        struct fault fault = { 0 };
        struct logs_field field;
        struct logs_pattern pattern = read_pattern(&arena, STR("values"), str_from(cases[i].pattern));
        if (logs_field_read(&arena, &pattern, str_from(cases[i].name), &field, &fault) != !cases[i].refused)
            fail_msg("%s of %s", cases[i].name, cases[i].pattern);
        if (cases[i].refused && !str_eq(fault.text, str_from(cases[i].refused)))
            fail_msg("%s of %s: %.*s", cases[i].name, cases[i].pattern, STR_ARG(fault.text));
        arena_fini(&arena);
    }
}

static int setup(void **state)
{
    (void)state;
    matcher = logs_matcher_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    logs_matcher_free(&matcher);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_cases),
        cmocka_unit_test(test_needles_are_what_is_certain),
        cmocka_unit_test(test_names_of_values),
    };
    return cmocka_run_group_tests_name("logs-pattern", tests, setup, teardown);
}
