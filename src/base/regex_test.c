#include "base/regex.h"
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct arena arena;

static const struct regex *compiled(const char *pattern)
{
    struct regex *regex = NULL;
    struct diag diag = { "" };
    enum err err = regex_compile(&arena, str_from(pattern), 0, &regex, &diag);
    if (err)
        fail_msg("%s: %s", pattern, diag.text);
    return regex;
}

static bool matches(const char *pattern, struct str text)
{
    const struct regex *regex = compiled(pattern);
    bool by_table = regex_match(regex, text);
    assert_int_equal(by_table, regex_match_stepwise(regex, text));
    return by_table;
}

static void test_matches_whole_texts(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool matches;
    } cases[] = {
        { "[\\.\\-_A-Za-z0-9]+", "a.b-C_9", true },
        { "[\\.\\-_A-Za-z0-9]+", "a b", false },
        { "[\\.\\-_A-Za-z0-9]+", "", false },
        { "[ab]*", "", true },
        { "[ab]*", "abba", true },
        { "[ab]*", "abca", false },
        { "a|b|cd", "cd", true },
        { "a|b|cd", "c", false },
        { "^a|b", "b", true },
        { "^a$", "a", true },
        { "^a$", "a\n", false },
        { "a^b", "ab", false },
        { "a$b", "ab", false },
        { "(?:^ab$|^$)", "", true },
        { "(?:^ab$|^$)", "ab", true },
        { "(?:^ab$|^$)", "abab", false },
        { "$^", "", true },
        { "$^a?", "a", false },
        { "a{2,3}", "a", false },
        { "a{2,3}", "aa", true },
        { "a{2,3}", "aaa", true },
        { "a{2,3}", "aaaa", false },
        { "a{2}", "aa", true },
        { "a{2,}", "a", false },
        { "a{2,}", "aaaaaaa", true },
        { "a{0}b", "b", true },
        { "(ab?){2}c??", "abac", true },
        { "(a*)*", "aaaa", true },
        { "(a*)+b", "aaaac", false },
        { "(a|aa)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false },
        { ".*", "all but \xc2\x85", false },
        { ".*", "a\nb", false },
        { ".*", "\xe2\x98\x95 and \xf0\x9f\x98\x80", true },
        { "\\d{12}", "012345678901", true },
        { "\\d{12}", "01234567890x", false },
        { "\\w+\\s\\S\\D\\W", "ab_1 xy-", true },
        { "[\\w-]+", "a-b", true },
        { "[a-c-e]+", "a-e", true },
        { "[a-c-e]+", "d", false },
        { "[0-9-_]+", "5-_", true },
        { "[!#$%&'*+-.^_`|~0-9a-zA-Z]+", "+,-.", true },
        { "[^:*]*", "a/b", true },
        { "[^:*]*", "a:b", false },
        { "[]a]+", "]a", true },
        { "[\\x20-\\x7E]*", " ~", true },
        { "[\\x20-\\x7E]*", "\x7f", false },
        { "[\\u0020-\\u00FF]+", "\xc3\xbf", true },
        { "[\\u0020-\\u00FF]+", "\xc4\x80", false },
        { "\\p{ASCII}*", "\x01~", true },
        { "\\p{ASCII}*", "\xc3\xa4", false },
        { "\\p{Print}+", "a\tb", false },
        { "^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+)$", "caf\xc3\xa9 \xe4\xb8\x96 \xd9\xa3", true },
        { "^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+)$", "caf\xc3\xa9!", false },
        { "^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$", "v1", true },
        { "^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$", "123", false },
        { "^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$", "ALIAS@", false },
        { "^(?!\\s*$).+", "  ", false },
        { "^(?!\\s*$).+", " a ", true },
        { "(arn:aws[\\w-]*:events:[a-z]+-[a-z]+-[\\w-]+:[0-9]{12}:event-bus\\/)?[/\\.\\-_A-Za-z0-9]+",
          "arn:aws:events:us-east-1:000000000000:event-bus/shop", true },
        { "(arn:aws[\\w-]*:events:[a-z]+-[a-z]+-[\\w-]+:[0-9]{12}:event-bus\\/)?[/\\.\\-_A-Za-z0-9]+",
          "arn:aws:events:us-east-1:00000000000:event-bus/shop", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (matches(cases[i].pattern, str_from(cases[i].text)) != cases[i].matches)
            fail_msg("%s against '%s' is not %d", cases[i].pattern, cases[i].text, cases[i].matches);
    }
    assert_true(matches("a.b", str_of("a\0b", 3)));
}

static void test_searches(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool found;
    } cases[] = {
        { "AUTHORIZED", "[ERROR 401] UNAUTHORIZED REQUEST", true },
        { "AUTHORIZED", "[ERROR 401] UNAUTHORIZE D", false },
        { "", "", true },
        { "", "x", true },
        { "a*", "b", true },
        { "a+", "bbb", false },
        { "^[hc]at", "hat and cat", true },
        { "^[hc]at", "a hat", false },
        { "[hc]at$", "the cat", true },
        { "[hc]at$", "cats", false },
        { "^$", "", true },
        { "^$", "x", false },
        { "^a|b", "xb", true },
        { "^a|b", "xa", false },
        { "a|b$", "bx", false },
        { "^starting|^shutting down", "shutting down", true },
        { "^starting|^shutting down", "skipping starting", false },
        { "a{,2}b", "xaab", true },
        { "^a{,2}b", "aaab", false },
        { "a.b", "xa\nb", true },
        { "a.b",
          "a\xe2\x98\x95"
          "b",
          true },
        { "^.at$", "hat", true },
        { "\\[.\\]", "a []] b", true },
        { "ab[0-9]*", "xab", true },
        { "x$y", "xy", false },
        { "x^y", "xy", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct regex *regex;
        struct diag diag = { "" };
        if (regex_compile(&arena, str_from(cases[i].pattern), REGEX_SEARCH | REGEX_DOT_ALL, &regex, &diag))
            fail_msg("%s: %s", cases[i].pattern, diag.text);
        struct str text = str_from(cases[i].text);
        if (regex_match(regex, text) != cases[i].found || regex_match_stepwise(regex, text) != cases[i].found)
            fail_msg("%s in '%s' is not %d", cases[i].pattern, cases[i].text, cases[i].found);
    }
}

/* Every expression of a few letters against every text of a few, by table and step by step and as a whole match of
 * what says the same. */
static void test_a_search_is_a_whole_match_between_anything(void **state)
{
    static const char letters[] = "ab.*|^$";
    (void)state;
    for (unsigned n = 0; n < 7 * 7 * 7 * 7; n++) {
        char pattern[5] = { letters[n % 7], letters[n / 7 % 7], letters[n / 49 % 7], letters[n / 343], 0 };
        char whole[40];
        (void)snprintf(whole, sizeof(whole), "[ab]*(?:%s)[ab]*", pattern);
        struct arena own = { 0 };
        struct regex *search, *match;
        struct diag diag;
        if (regex_compile(&own, str_from(pattern), REGEX_SEARCH, &search, &diag) == ERR_OK &&
            regex_compile(&own, str_from(whole), 0, &match, &diag) == ERR_OK) {
            for (unsigned t = 0; t < 32; t++) {
                char text[5];
                size_t len = t < 16 ? 4 : t < 24 ? 3 : t < 28 ? 2 : t < 30 ? 1 : 0;
                for (size_t i = 0; i < len; i++)
                    text[i] = t >> i & 1 ? 'a' : 'b';
                bool wanted = regex_match(match, str_of(text, len));
                if (regex_match(search, str_of(text, len)) != wanted ||
                    regex_match_stepwise(search, str_of(text, len)) != wanted)
                    fail_msg("%s in '%.*s'", pattern, (int)len, text);
            }
        }
        arena_fini(&own);
    }
}

static void test_refuses_what_it_does_not_cover(void **state)
{
    static const char *const patterns[] = {
        "a(?=b)c", "(a)\\1", "a++",    "(?<n>a)", "[a&&b]", "[a[b]]",  "\\p{Lu}", "(a",  "a)",
        "[a",      "*a",     "a{3,2}", "a{",      "\\",     "\\uD800", "[z-a]",   "\\b", "(a{1,100}){1,100}",
        "\\xg0",   "(?i)a",  "(?<=a)b"
    };
    (void)state;
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        struct regex *regex;
        struct diag diag = { "" };
        if (regex_compile(&arena, str_from(patterns[i]), 0, &regex, &diag) == ERR_OK)
            fail_msg("%s is taken", patterns[i]);
        assert_true(diag.text[0]);
    }
}

static void test_too_large_a_table_is_run_stepwise(void **state)
{
    (void)state;
    /* the k-th character from the end: 2^k states */
    struct str text = STR("aabababbbabaaabbabababbabababababaaaabbbab");
    assert_true(matches("[ab]*a[ab]{12}", str_of(text.ptr, 25)) == (text.ptr[25 - 13] == 'a'));
    assert_true(matches("[ab]*a[ab]{12}", str_of(text.ptr, 24)) == (text.ptr[24 - 13] == 'a'));
    assert_true(matches("[ab]*a[ab]{12}", str_of(text.ptr, 23)) == (text.ptr[23 - 13] == 'a'));
}

static bool matches_with(const char *pattern, unsigned flags, const char *text)
{
    struct regex *regex = NULL;
    assert_int_equal(regex_compile(&arena, str_from(pattern), flags, &regex, NULL), ERR_OK);
    return regex_match(regex, str_from(text));
}

static void test_flags(void **state)
{
    (void)state;
    assert_true(matches_with(".*rees", REGEX_ANY_CASE, "Nigel REES"));
    assert_true(matches_with("[^a-c]Z[x-z]", REGEX_ANY_CASE, "dzY"));
    assert_false(matches_with("[^a-c]z", REGEX_ANY_CASE, "Bz"));
    assert_true(matches_with("[A-z]", REGEX_ANY_CASE, "_"));
    assert_false(matches_with("[@-B]", REGEX_ANY_CASE, "`")); /* @ has no other case */
    assert_true(matches_with("[@-B]+", REGEX_ANY_CASE, "@abAB"));
    assert_false(matches_with("\u00e9", REGEX_ANY_CASE, "\xc3\x89"));
    assert_false(matches_with("a.b", REGEX_ANY_CASE, "a\nb"));
    assert_true(matches_with("a.b", REGEX_DOT_ALL, "a\nb"));
    assert_true(matches_with("(a|ab)(c|bcd)*", REGEX_STEPWISE, "abcdbcdc"));
    assert_false(matches_with("(a|ab)(c|bcd)*", REGEX_STEPWISE, "abcdbd"));
}

/* What comes from outside may be as unkind as it likes. */
static void test_unkind_patterns_end_soon(void **state)
{
    static const char *const patterns[] = { "((((((){2000}){2000}){2000}){2000}){2000}){2000}",
                                            "(((((x{0}){2000}){2000}){2000}){2000}){2000}y", "((a*)*)*b",
                                            "(a|a)*(a|a)*(a|a)*c", "(.*)(.*)(.*)(.*)(.*)z" };
    struct buf text;
    (void)state;
    buf_init(&text, 0);
    for (int i = 0; i < 20000; i++)
        buf_add_char(&text, 'a');
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        struct regex *regex = NULL;
        assert_int_equal(regex_compile(&arena, str_from(patterns[i]), REGEX_STEPWISE, &regex, NULL), ERR_OK);
        assert_false(regex_match(regex, buf_str(&text)));
        assert_true(regex_places(regex) < 64);
    }
    /* Sixty-four classes of hundreds of ranges each. */
    buf_clear(&text);
    for (char c = '!'; c < '!' + 60; c++)
        buf_printf(&text, "[\\p{L}\\%c]", c >= '0' && c <= 'z' ? '#' : c);
    for (int i = 0; i < 60; i++)
        buf_printf(&text, "[\\p{L}\\x%02x]", 1 + i);
    struct regex *regex = NULL;
    assert_int_not_equal(regex_compile(&arena, buf_str(&text), REGEX_STEPWISE, &regex, NULL), ERR_OK);
    buf_fini(&text);
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matches_whole_texts),
        cmocka_unit_test(test_searches),
        cmocka_unit_test(test_a_search_is_a_whole_match_between_anything),
        cmocka_unit_test(test_refuses_what_it_does_not_cover),
        cmocka_unit_test(test_too_large_a_table_is_run_stepwise),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_unkind_patterns_end_soon),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
