/* No pattern is super-linear in its message: what takes long of a message must not take sixteen times as long squared
 * of sixteen of it. And no memory is asked for once a matcher has seen a message as long. */
#include "base/buf.h"
#include "logs/logs_pattern.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

enum { SHORT = 8192, TIMES = 16 };

static const struct {
    const char *pattern;
    const char *before, *piece, *after; /* a message: piece over and over */
} cases[] = {
    { "aaaaaaaaaaaaaaaaaaaaaaaab", "", "a", "" },
    { "-\"abababababababababababac\"", "", "ab", "" },
    { "%a*a*a*a*b%", "", "a", "" },
    { "%[ab].{12}c%", "", "ab", "" },
    { "%[ab]*a[ab]{200}c%", "", "ab", "" },
    { "%x*x*x*y|(%", "", "x", "" }, /* refused: not counted */
    { "%^[^b]*a.*a.*a$%", "", "a", "b" },
    { "{ $.a[*].b = 1 }", "{\"a\":[", "{\"b\":2},", "{}]}" },
    { "{ $.* = \"*xxxxxxxxxxxxxxxxxxxxy*\" }", "{\"a\":\"", "x", "\"}" },
    { "{ $.a = 1 && $.a = 2 || $.b[99999] = 1 || $.a NOT EXISTS }", "{\"b\":[", "[],", "0]}" },
    { "{ $.a = 1 }", "{\"a\":1", ",\"a\":1", "}" },
    { "{ $.a = x }", "{\"a\":\"", "\\u0061", "\"}" },
    { "{ $.a.a = 1 }", "{\"a\":", " ", "{\"a\":1}}" },
    { "{ $.n = 1 }", "{\"n\":", "1", "}" },
    { "{ $.n = 1 }", "[", "[", "" },
    { "[..., a = x, b]", "", "\"a ", "" },
    { "[..., a = x, b]", "", "[a ", "" },
    { "[..., a = x, b]", "", "\"a\" [b] ", "" },
    { "[..., a = x, b]", "", "\\\" \"", "" },
    { "[a = *aaaaaaaaaaab*, ...]", "", "a", "" },
    { "[a > 1]", "", "1", "" },
};

static struct str message_of(struct buf *out, size_t i, size_t len)
{
    buf_clear(out);
    buf_add(out, str_from(cases[i].before));
    while (out->len < len)
        buf_add(out, str_from(cases[i].piece));
    buf_add(out, str_from(cases[i].after));
    return buf_str(out);
}

/* Of the processor, the least of some. */
static double seconds(const struct logs_pattern *pattern, struct logs_matcher *matcher, struct str message,
                      unsigned repeats)
{
    double least = 1e9;
    for (unsigned i = 0; i < 5; i++) {
        clock_t begun = clock();
        for (unsigned j = 0; j < repeats; j++)
            (void)logs_pattern_matches(pattern, matcher, message);
        double took = (double)(clock() - begun) / CLOCKS_PER_SEC;
        least = took < least ? took : least;
    }
    return least;
}

static void test_time_is_linear(void **state)
{
    struct buf small, large;
    (void)state;
    buf_init(&small, 0);
    buf_init(&large, 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena arena = { 0 };
        struct fault fault = { 0 };
        struct logs_pattern pattern;
        struct logs_matcher *matcher = logs_matcher_new();
        if (logs_pattern_read(&arena, str_from(cases[i].pattern), &pattern, &fault)) {
            /* The same number of bytes, in sixteen messages and in one. */
            double many = seconds(&pattern, matcher, message_of(&small, i, SHORT), TIMES),
                   one = seconds(&pattern, matcher, message_of(&large, i, SHORT * TIMES), 1);
            if (one > 5 * many + 0.02)
                fail_msg("%s: %g s in one, %g s in sixteen", cases[i].pattern, one, many);
        }
        logs_matcher_free(&matcher);
        arena_fini(&arena);
    }
    buf_fini(&small);
    buf_fini(&large);
}

static void test_nothing_is_allocated_for_a_message(void **state)
{
    static const char *const patterns[] = { "ERROR", "%E.*R%", "{ $.a.b = \"x*\" || $.c[*] = 7 }",
                                            "[a, b = 1*, ...]" };
    static const char *const messages[] = { "ERROR 17 \"x y\" [z]",
                                            "{\"a\":{\"b\":\"\\u0078y\"},\"c\":[1,2,7]}" };
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct arena arena = { 0 };
        struct fault fault = { 0 };
        struct logs_pattern pattern;
        struct logs_matcher *matcher = logs_matcher_new();
        assert_true(logs_pattern_read(&arena, str_from(patterns[i]), &pattern, &fault));
        for (size_t j = 0; j < 4; j++)
            (void)logs_pattern_matches(&pattern, matcher, str_from(messages[j % 2]));
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
        size_t used = mallinfo2().uordblks;
        for (size_t j = 0; j < 1000; j++) {
            (void)logs_pattern_matches(&pattern, matcher, str_from(messages[j % 2]));
            assert_int_equal(mallinfo2().uordblks, used);
        }
#endif
        logs_matcher_free(&matcher);
        arena_fini(&arena);
    }
}

/* A pattern as long as one may be, of each kind, is read at once. */
static void test_long_patterns(void **state)
{
    static const char *const pieces[][3] = { { "", "a -b ?c ", "" },
                                             { "{ $.a = 1", " && ($.b[0].c != \"x*\" || $.d NOT EXISTS)",
                                               " }" },
                                             { "[a", ", b != 1 && b != 2", "]" },
                                             { "{", "(", "" },
                                             { "%", "a{0,9}", "%" },
                                             { "%", "[a-z]*", "%" } };
    (void)state;
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct arena arena = { 0 };
        struct fault fault = { 0 };
        struct logs_pattern pattern;
        struct buf text;
        buf_init(&text, 0);
        buf_add(&text, str_from(pieces[i][0]));
        while (text.len < 1000)
            buf_add(&text, str_from(pieces[i][1]));
        buf_add(&text, str_from(pieces[i][2]));
        clock_t begun = clock();
        if (!logs_pattern_read(&arena, buf_str(&text), &pattern, &fault))
            assert_int_equal(fault.code, FAULT_INVALID_PARAMETER);
        double took = (double)(clock() - begun) / CLOCKS_PER_SEC;
        if (took > 0.5)
            fail_msg("%s took %g s", pieces[i][1], took);
        buf_fini(&text);
        arena_fini(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_is_linear),
        cmocka_unit_test(test_nothing_is_allocated_for_a_message),
        cmocka_unit_test(test_long_patterns),
    };
    return cmocka_run_group_tests_name("logs-pattern-bounds", tests, NULL, NULL);
}
