/* Regular expressions: the table of states against the walk of threads, both against the C library's where it speaks
 * the same language; and what takes long for those who go back. */
#include "base/regex.h"

#include "io/clock.h"
#include "io/rand.h"

#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct regex *compiled(struct arena *arena, struct str pattern, unsigned flags)
{
    const struct regex *regex = NULL;
    struct diag diag = { { 0 } };
    size_t at;
    enum err err = regex_compile_groups(arena, pattern, flags, &regex, &at, &diag);
    if (err != ERR_OK)
        print_error("%.*s: %s\n", STR_ARG(pattern), diag.text);
    assert_int_equal(err, ERR_OK);
    return regex;
}

static bool matches(struct arena *arena, const char *pattern, const char *text)
{
    struct regex_walker *walker = regex_walker_new(compiled(arena, str_from(pattern), 0));
    struct str groups[REGEX_GROUPS_MAX];
    bool found = regex_walker_matches(walker, str_from(text));
    assert_int_equal(regex_walker_search(walker, str_from(text), groups), found);
    regex_walker_free(&walker);
    return found;
}

static char *random_pattern(char *at, unsigned depth)
{
    static const char *const atoms[] = { "a", "b", "c", ".", "[ab]", "[^a]", "[b-c]" };
    unsigned pieces = 1 + (unsigned)(rand_u64() % 3);
    for (unsigned i = 0; i < pieces; i++) {
        if (i && rand_u64() % 4 == 0)
            *at++ = '|';
        if (depth && rand_u64() % 3 == 0) {
            *at++ = '(';
            at = random_pattern(at, depth - 1);
            *at++ = ')';
        } else {
            const char *atom = atoms[rand_u64() % 7];
            memcpy(at, atom, strlen(atom));
            at += strlen(atom);
        }
        static const char *const counts[] = { "", "", "", "*", "+", "?", "{2}", "{1,2}" };
        const char *count = counts[rand_u64() % 8];
        memcpy(at, count, strlen(count));
        at += strlen(count);
    }
    return at;
}

static void one_random(void)
{
    char pattern[1024], text[32];
    struct arena arena = { 0 };
    regex_t known;
    bool begin = rand_u64() % 6 == 0, end = rand_u64() % 6 == 0;
    char *at = pattern;
    if (begin)
        *at++ = '^', *at++ = '(';
    at = random_pattern(at, 2);
    if (begin)
        *at++ = ')';
    if (end) {
        memmove(pattern + 1, pattern, (size_t)(at - pattern));
        pattern[0] = '(';
        at++;
        *at++ = ')', *at++ = '$';
    }
    *at = '\0';
    assert_int_equal(regcomp(&known, pattern, REG_EXTENDED | REG_NOSUB), 0);
    struct regex_walker *walker = regex_walker_new(compiled(&arena, str_from(pattern), 0));
    struct regex_walker *without = regex_walker_new(compiled(&arena, str_from(pattern), REGEX_STEPWISE));
    for (unsigned i = 0; i < 20; i++) {
        size_t len = (size_t)(rand_u64() % 12);
        for (size_t j = 0; j < len; j++)
            text[j] = "abcd"[rand_u64() % 4];
        text[len] = '\0';
        struct str groups[REGEX_GROUPS_MAX] = { 0 }, others[REGEX_GROUPS_MAX] = { 0 };
        bool wanted = regexec(&known, text, 0, NULL, 0) == 0;
        bool by_table = regex_walker_matches(walker, str_from(text)),
             found = regex_walker_search(walker, str_from(text), groups),
             walked = regex_walker_matches(without, str_from(text)),
             found_without = regex_walker_search(without, str_from(text), others);
        if (by_table != wanted || found != wanted || walked != wanted || found_without != wanted)
            fail_msg("%s on %s: %d %d %d %d, wanted %d", pattern, text, by_table, found, walked,
                     found_without, wanted);
        for (size_t j = 0; j < REGEX_GROUPS_MAX; j++)
            if (groups[j].ptr != others[j].ptr || groups[j].len != others[j].len)
                fail_msg("%s on %s: another group %zu with a table", pattern, text, j);
    }
    regex_walker_free(&walker);
    regex_walker_free(&without);
    regfree(&known);
    arena_fini(&arena);
}

static void test_against_the_library(void **state)
{
    (void)state;
    rand_seed(20261128);
    for (unsigned i = 0; i < 3000; i++)
        one_random();
}

static void test_utf8(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    assert_true(matches(&arena, "^.$", "é"));
    assert_true(matches(&arena, "^..$", "é😀"));
    assert_false(matches(&arena, "^.$", "ab"));
    assert_true(matches(&arena, "^[à-ü]+$", "éàü"));
    assert_false(matches(&arena, "^[à-ü]+$", "ÿ"));
    assert_true(matches(&arena, "^[^a]$", "😀"));
    assert_true(matches(&arena, "[\\x{800}-\\x{10FFFF}]", "a😀"));
    assert_false(matches(&arena, "[\\x{800}-\\x{FFFF}]", "a😀é"));
    assert_true(matches(&arena, "\\u00e9", "é"));
    assert_true(matches(&arena, "^\\W$", "é"));
    assert_false(matches(&arena, "\\B", "bяb")); /* there is nothing within a character */
    assert_true(matches(&arena, "^.\\Bя", "яя"));
    arena_fini(&arena);
}

/* An expression on which going back would take for ever, and a text of a megabyte. */
static void test_time_is_linear(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    size_t len = 1 << 20;
    char *text = arena_bytes(&arena, len);
    memset(text, 'a', len);
    static const char *const patterns[] = { "(a*)*b", "(a|aa)+$b", "(?:a?){50}a{50}b", "(?<x>(a+)+)!",
                                            "\\b(a*)*\\bc" };
    int64_t began = clock_monotonic_ns();
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        struct regex_walker *walker = regex_walker_new(compiled(&arena, str_from(patterns[i]), 0));
        struct str groups[REGEX_GROUPS_MAX];
        assert_false(regex_walker_matches(walker, str_of(text, i == 2 ? len / 16 : len)));
        assert_false(regex_walker_search(walker, str_of(text, len / 64), groups));
        regex_walker_free(&walker);
    }
    assert_true(clock_monotonic_ns() - began < INT64_C(60000000000));
    arena_fini(&arena);
}

/* So many states that they are forgotten on the way: the walk takes over. */
static void test_too_many_states(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    char text[4001];
    rand_seed(7);
    for (size_t i = 0; i < sizeof(text) - 1; i++)
        text[i] = "ab"[rand_u64() % 2];
    text[4000] = '\0';
    assert_true(matches(&arena, "a.{14}b", text));
    assert_false(matches(&arena, "a.{14}c", text));
    assert_false(matches(&arena, "(a|b)(a|b)a.{16}[c-d]", text));
    arena_fini(&arena);
}

static struct str literal_of(struct arena *arena, const char *pattern)
{
    return regex_literal(compiled(arena, str_from(pattern), 0));
}

static void test_literals(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    static const struct {
        const char *pattern, *literal;
    } cases[] = {
        { "abc", "abc" },          { "a.bcd", "bcd" }, { "x(abc)y", "xabcy" }, { "a|b", "" },
        { "(?i)abc", "" },         { "ab+cd", "cd" },  { "ab?cd", "cd" },      { "(?:long)+x", "long" },
        { "(?:long)?x", "x" },     { "^abc$", "abc" }, { "a\\.b", "a.b" },     { "[a]bc", "abc" },
        { "(?:ab|cd)efg", "efg" }, { "é1", "é1" }
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str literal = literal_of(&arena, cases[i].pattern);
        if (!str_eq(literal, str_from(cases[i].literal)))
            fail_msg("%s: %.*s", cases[i].pattern, STR_ARG(literal));
    }
    arena_fini(&arena);
}

/* What is passed over before a match begins changes nothing of it. */
static void test_places(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    static const struct {
        const char *pattern, *text, *group; /* NULL: the group is of no match */
    } cases[] = { { "key=(?<v>\\w+)", "no key=; key=one key=two", "one" },
                  { "aab(?<v>.)", "aaab1", "1" },
                  { "(?<v>a+)b", "xaacaab", "aa" },
                  { "(?<v>x*)", "yyx", "" },
                  { "a(?<v>b)?c", "ac abc", NULL },
                  { "(?:ab)(?<v>a)", "ababa", "a" },
                  { "(?<v>ab|abab)c", "ababc", "abab" },
                  { "\\b(?<v>b\\w*)", "abc bcd", "bcd" },
                  { "(?<v>é.)", "aeéèe", "éè" },
                  { "(?<v>[ab]+)$", "abcba", "ba" } };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct regex_walker *walker = regex_walker_new(compiled(&arena, str_from(cases[i].pattern), 0));
        struct str groups[REGEX_GROUPS_MAX];
        assert_true(regex_walker_search(walker, str_from(cases[i].text), groups));
        if (!groups[0].ptr != !cases[i].group || !str_eq(groups[0], str_from(cases[i].group)))
            fail_msg("%s on %s: %.*s", cases[i].pattern, cases[i].text, STR_ARG(groups[0]));
        regex_walker_free(&walker);
    }
    arena_fini(&arena);
}

static void test_limits(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    const struct regex *regex;
    struct diag diag;
    size_t at;
    assert_int_equal(regex_compile_groups(&arena, STR("(?:(?:a{1000}){1000}){1000}"), 0, &regex, &at, &diag),
                     ERR_LIMIT);
    char groups[400], *end = groups;
    for (unsigned i = 0; i < 51; i++, end += 3)
        memcpy(end, "(a)", 3);
    assert_int_equal(regex_compile_groups(&arena, str_of(groups, 153), 0, &regex, &at, &diag), ERR_LIMIT);
    assert_int_equal(regex_compile_groups(&arena, STR("\xff"), 0, &regex, &at, &diag), ERR_INVALID);
    arena_fini(&arena);
}

static bool stops_at_third(void *self)
{
    unsigned *asked = self;
    return ++*asked == 3;
}

static void test_a_walk_can_be_stopped(void **state)
{
    struct arena arena = { 0 };
    const struct regex *regex;
    struct str groups[REGEX_GROUPS_MAX];
    struct diag diag;
    unsigned asked = 0;
    size_t at, len = 2000000;
    (void)state;
    assert_int_equal(regex_compile_groups(&arena, STR("[ab]{0,1000}[ab]{0,1000}[yz]"), 0, &regex, &at, &diag),
                     ERR_OK);
    char *text = arena_bytes(&arena, len);
    memset(text, 'a', len);
    struct regex_walker *walker = regex_walker_new(regex);
    regex_walker_watch(walker, stops_at_third, &asked);
    text[100] = 'z';
    assert_true(regex_walker_matches(walker, str_of(text, 200)));
    assert_false(regex_walker_stopped(walker));
    text[100] = 'a';
    assert_false(regex_walker_search(walker, str_of(text, len), groups));
    assert_true(regex_walker_stopped(walker));
    assert_int_equal(asked, 3);
    regex_walker_free(&walker);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_the_library),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_time_is_linear),
        cmocka_unit_test(test_too_many_states),
        cmocka_unit_test(test_literals),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_a_walk_can_be_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
