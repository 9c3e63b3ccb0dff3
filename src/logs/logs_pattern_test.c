#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "logs/logs_pattern.h"

static const struct {
    const char *pattern, *message;
    bool matches;
} cases[] = {
    { "", "anything", true },
    { "  \t", "", true },
    { "ERROR", "[ERROR 400] BAD REQUEST", true },
    { "ERROR", "[error 400] BAD REQUEST", false },
    { "ERROR", "", false },
    { "ERROR", "TERRORS", true },
    { "ERROR ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", true },
    { "ERROR ARGUMENTS", "[ERROR 400] BAD REQUEST", false },
    { "ARGUMENTS ERROR", "[ERROR 419] MISSING ARGUMENTS", true },
    { "?ERROR ?ARGUMENTS", "[INFO] ARGUMENTS", true },
    { "?ERROR ?ARGUMENTS", "[ERROR]", true },
    { "?ERROR ?ARGUMENTS", "[INFO]", false },
    { "?ERROR ?ARGUMENTS REQUEST", "[INFO] REQUEST FAILED", true }, /* the optional ones are ignored */
    { "?ERROR ?ARGUMENTS REQUEST", "[ERROR] none", false },
    { "ERROR -ARGUMENTS", "[ERROR 400] BAD REQUEST", true },
    { "ERROR -ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", false },
    { "-ERROR", "fine", true },
    { "-ERROR", "ERROR", false },
    { "\"INTERNAL SERVER ERROR\"", "[ERROR 500] INTERNAL SERVER ERROR", true },
    { "\"INTERNAL SERVER ERROR\"", "INTERNAL ERROR SERVER", false },
    { "-\"not this\" this", "this", true },
    { "-\"not this\" this", "but not this", false },
    { "?\"a b\" ?c", "xa bx", true },
    { "\"say \\\"hi\\\"\"", "they say \"hi\" now", true },
    { "\"a\\\\b\"", "a\\b", true },
    { "\"a\\nb\"", "a\\nb", true },
    { "\"{ $.x }\"", "a { $.x } b", true },
    { "snake_case 42", "42 snake_case", true },
    { "Gr\xc3\xb6\xc3\x9f"
      "e",
      "die Gr\xc3\xb6\xc3\x9f"
      "e",
      true },
};

static void test_matches(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena arena = { 0 };
        struct fault fault = { 0 };
        struct logs_pattern pattern;
        assert_true(logs_pattern_read(&arena, str_from(cases[i].pattern), &pattern, &fault));
        if (logs_pattern_matches(&pattern, str_from(cases[i].message)) != cases[i].matches)
            fail_msg("'%s' on '%s' is not %d", cases[i].pattern, cases[i].message, cases[i].matches);
        arena_fini(&arena);
    }
}

static const struct {
    const char *pattern, *text;
} refused[] = {
    { "{ $.a = 1 }",
      "JSON patterns ({ ... }) are not supported in filter patterns yet: use terms, \"phrases\", "
      "?optional and -excluded terms." },
    { " [ip, user]",
      "Space-delimited patterns ([ ... ]) are not supported in filter patterns yet: use terms, "
      "\"phrases\", ?optional and -excluded terms." },
    { "%a.b%",
      "Regular expressions (%...%) are not supported in filter patterns yet: use terms, \"phrases\", "
      "?optional and -excluded terms." },
    { "x %a%",
      "Regular expressions (%...%) are not supported in filter patterns yet: use terms, \"phrases\", "
      "?optional and -excluded terms." },
    { "user-id", "Invalid character(s) in term '-'" },
    { "err:", "Invalid character(s) in term ':'" },
    { "a \"b", "Invalid filter pattern: a quotation mark is not closed." },
    { "\"\"", "Invalid character(s) in term '\"'" },
    { "a -", "Invalid character(s) in term '-'" },
    { "? a", "Invalid character(s) in term ' '" },
    { "\"a\"b", "Invalid character(s) in term 'b'" },
    { "\"a\"\xc3\xa9", "Invalid character(s) in term '\xc3\xa9'" },
    { "(a)", "Invalid character(s) in term '('" },
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct arena arena = { 0 };
        struct fault fault = { 0 };
        struct logs_pattern pattern;
        assert_false(logs_pattern_read(&arena, str_from(refused[i].pattern), &pattern, &fault));
        assert_int_equal(fault.code, FAULT_INVALID_PARAMETER);
        char text[300];
        (void)snprintf(text, sizeof(text), "%.*s", STR_ARG(fault.text));
        assert_string_equal(text, refused[i].text);
        arena_fini(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_matches), cmocka_unit_test(test_refused) };
    return cmocka_run_group_tests_name("logs-pattern", tests, NULL, NULL);
}
