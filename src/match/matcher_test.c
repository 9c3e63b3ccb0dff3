/* The matcher by itself: every operator beside every other on one field, in whatever order they go; nothing is left of
 * rules that are gone; the golden cases; and that an event allocates nothing. */
#include "match/matcher.h"
#include "match/matcher_glance.h"
#include "match/matcher_number.h"
#include "match/pattern_golden_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT_OF(list) (sizeof(list) / sizeof((list)[0]))

static void add(struct matcher *matcher, uint64_t rule, struct str pattern)
{
    struct arena arena = { 0 };
    struct str error = STR_EMPTY;
    if (matcher_add(matcher, rule, pattern, &arena, &error))
        fail_msg("%.*s: %.*s", STR_ARG(pattern), STR_ARG(error));
    arena_fini(&arena);
}

static void add_text(struct matcher *matcher, uint64_t rule, const char *pattern)
{
    add(matcher, rule, str_from(pattern));
}

static bool finds(struct matcher_reader *reader, struct str event, uint64_t rule)
{
    struct matcher_result result;
    assert_int_equal(matcher_match(reader, event, &result, NULL), ERR_OK);
    for (size_t i = 0; i < result.count; i++)
        if (result.rules[i] == rule)
            return true;
    return false;
}

/* ---- pairs of operators ---- */

static const char *const tests[] = {
    "\"abc\"",
    "\"\"",
    "\"ABC\"",
    "5",
    "5.0",
    "-1e2",
    "null",
    "true",
    "false",
    "{\"prefix\":\"ab\"}",
    "{\"prefix\":\"a\"}",
    "{\"prefix\":{\"equals-ignore-case\":\"AB\"}}",
    "{\"suffix\":\"bc\"}",
    "{\"suffix\":\"c\"}",
    "{\"suffix\":{\"equals-ignore-case\":\"BC\"}}",
    "{\"equals-ignore-case\":\"aBc\"}",
    "{\"wildcard\":\"a*c\"}",
    "{\"wildcard\":\"*b*\"}",
    "{\"wildcard\":\"*bcb*\"}",
    "{\"wildcard\":\"ab*\"}",
    "{\"wildcard\":\"*\"}",
    "{\"numeric\":[\"=\",5]}",
    "{\"numeric\":[\">\",4,\"<=\",6]}",
    "{\"numeric\":[\"<\",5]}",
    "{\"numeric\":[\">=\",5.0]}",
    "{\"cidr\":\"10.0.0.0/8\"}",
    "{\"cidr\":\"10.0.0.0/24\"}",
    "{\"cidr\":\"2001:db8::/32\"}",
    "{\"exists\":true}",
    "{\"exists\":false}",
    "{\"anything-but\":\"abc\"}",
    "{\"anything-but\":[\"abc\",\"x\"]}",
    "{\"anything-but\":5}",
    "{\"anything-but\":[5,6]}",
    "{\"anything-but\":{\"prefix\":\"ab\"}}",
    "{\"anything-but\":{\"suffix\":[\"bc\",\"x\"]}}",
    "{\"anything-but\":{\"equals-ignore-case\":\"ABC\"}}",
    "{\"anything-but\":{\"wildcard\":\"a*c\"}}",
};

static const char *const values[] = {
    "\"abc\"",
    "\"ABC\"",
    "\"ab\"",
    "\"a\"",
    "\"\"",
    "\"x\"",
    "\"xbc\"",
    "\"aBc\"",
    "\"abcbc\"",
    "\"ac\"",
    "\"10.0.0.1\"",
    "\"10.9.9.9\"",
    "\"2001:db8::1\"",
    "\"10\"",
    "5",
    "5.0",
    "50e-1",
    "6",
    "4",
    "-100",
    "1e400",
    "null",
    "true",
    "false",
    "[]",
    "{}",
    "[\"abc\",5]",
    "[[\"x\"],null]",
    "{\"y\":1}",
    "[{\"y\":1},\"abc\"]",
};

struct pairs {
    struct arena arena;
    struct pattern *patterns[COUNT_OF(tests)];
    struct str texts[COUNT_OF(tests)];
    struct str events[COUNT_OF(values) + 1];
    bool matches[COUNT_OF(tests)][COUNT_OF(values) + 1];
    struct matcher *matcher;
    struct matcher_reader *reader;
};

static void pairs_make(struct pairs *p)
{
    struct str error;
    *p = (struct pairs){ .matcher = matcher_new(NULL) };
    p->reader = matcher_reader_new(p->matcher);
    for (size_t e = 0; e < COUNT_OF(values); e++)
        p->events[e] = arena_printf(&p->arena, "{\"f\":%s}", values[e]);
    p->events[COUNT_OF(values)] = STR("{\"g\":\"abc\"}");
    for (size_t i = 0; i < COUNT_OF(tests); i++) {
        p->texts[i] = arena_printf(&p->arena, "{\"f\":[%s]}", tests[i]);
        if (pattern_compile(&p->arena, p->texts[i], NULL, &p->patterns[i], &error))
            fail_msg("%s: %.*s", tests[i], STR_ARG(error));
        for (size_t e = 0; e < COUNT_OF(p->events); e++) {
            struct json event = golden_json(&p->arena, p->events[e]);
            p->matches[i][e] = pattern_match(p->patterns[i], &p->arena, &event);
        }
    }
}

/* Rules 0 and 1 are the two tests; what is there is found as the evaluator says, what is not is not. */
static void pairs_check(struct pairs *p, const size_t *pair, const bool *there)
{
    for (size_t e = 0; e < COUNT_OF(p->events); e++)
        for (size_t k = 0; k < 2; k++)
            if (finds(p->reader, p->events[e], k) != (there[k] && p->matches[pair[k]][e]))
                fail_msg("%s%s beside %s: %.*s", there[k] ? "" : "gone: ", tests[pair[k]], tests[pair[1 - k]],
                         STR_ARG(p->events[e]));
}

static void test_pairs_of_operators(void **state)
{
    (void)state;
    struct pairs p;
    struct matcher_stats before, after;
    pairs_make(&p);
    matcher_stats(p.matcher, &before);
    for (size_t i = 0; i < COUNT_OF(tests) * COUNT_OF(tests); i++) {
        const size_t pair[2] = { i / COUNT_OF(tests), i % COUNT_OF(tests) };
        for (size_t first = 0; first < 2; first++) { /* to go */
            bool there[2] = { true, true };
            add(p.matcher, 0, p.texts[pair[0]]);
            add(p.matcher, 1, p.texts[pair[1]]);
            pairs_check(&p, pair, there);
            assert_int_equal(matcher_remove(p.matcher, first), ERR_OK);
            there[first] = false;
            pairs_check(&p, pair, there);
            assert_int_equal(matcher_remove(p.matcher, 1 - first), ERR_OK);
            matcher_stats(p.matcher, &after);
            assert_memory_equal(&after, &before, sizeof(after));
        }
    }
    matcher_reader_free(&p.reader);
    matcher_free(&p.matcher);
    arena_fini(&p.arena);
}

/* ---- rules that are gone ---- */

/* Rules of every kind of place in the index, many of some. */
static struct str nth_pattern(struct arena *arena, unsigned n)
{
    switch (n % 8) {
    case 0:
        return arena_printf(arena, "{\"source\":[\"s%u\"],\"detail\":{\"id\":[\"%u\"]}}", n % 3, n);
    case 1:
        return arena_printf(arena, "{\"source\":[\"s1\"],\"detail\":{\"state\":[\"a\",\"b\",\"c%u\"]}}",
                            n % 50);
    case 2:
        return arena_printf(arena, "{\"detail\":{\"n\":[{\"numeric\":[\">\",%u]}]}}", n % 100);
    case 3:
        return arena_printf(arena, "{\"detail\":{\"path\":[{\"wildcard\":\"*%u*x*%u\"}]}}", n % 100, n % 7);
    case 4:
        return arena_printf(arena, "{\"detail\":{\"path\":[{\"wildcard\":\"*%u*x*\"}]}}", n % 10);
    case 5:
        return arena_printf(arena, "{\"detail\":{\"p%u\":{\"q\":[{\"prefix\":\"%u\"}]}}}", n, n);
    case 6:
        return arena_printf(arena, "{\"detail\":{\"x\":[{\"exists\":false}],\"y%u\":[{\"exists\":false}]}}",
                            n % 9);
    default:
        return arena_printf(
            arena, "{\"$or\":[{\"a\":[%u]},{\"b\":[{\"cidr\":\"10.%u.0.0/16\"}]}],\"c\":[null]}", n, n % 256);
    }
}

static void test_nothing_is_left(void **state)
{
    (void)state;
    enum { RULES = 4000 };
    struct arena arena = { 0 };
    struct matcher *matcher = matcher_new(NULL);
    struct matcher_stats before, full, after;
    matcher_stats(matcher, &before);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned n = 0; n < RULES; n++)
            add(matcher, n, nth_pattern(&arena, n));
        matcher_stats(matcher, &full);
        assert_int_equal(full.rules, RULES);
        assert_true(full.places > 200 && full.tests > 1000 && full.bytes > before.bytes);
        for (unsigned n = 0; n < RULES; n++) { /* forwards, backwards, all over */
            unsigned gone = round == 0 ? n : round == 1 ? RULES - 1 - n : n * 2741 % RULES;
            assert_int_equal(matcher_remove(matcher, gone), ERR_OK);
        }
        matcher_stats(matcher, &after);
        assert_memory_equal(&after, &before, sizeof(after));
    }
    matcher_free(&matcher);
    arena_fini(&arena);
}

/* ---- many ranges of one field ---- */

enum { RANGES = 3000 };

static struct str nth_range(struct arena *arena, unsigned n)
{
    unsigned low = n * 7919 % 5000;
    switch (n % 4) {
    case 0:
        return arena_printf(arena, "{\"n\":[{\"numeric\":[\">\",%u.%u]}]}", low, n % 10);
    case 1:
        return arena_printf(arena, "{\"n\":[{\"numeric\":[\"<=\",%u]}]}", low);
    default:
        return arena_printf(arena, "{\"n\":[{\"numeric\":[\">=\",%u,\"<\",%u.5]}]}", low, low + n % 97);
    }
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* A number of up to nine digits before the point and 18 behind; now and then with an exponent. */
static size_t write_number(char *to, uint32_t *seed)
{
    char *at = to;
    size_t whole = 1 + next_random(seed) % 9, decimals = next_random(seed) % 19;
    if (next_random(seed) % 2)
        *at++ = '-';
    for (size_t i = 0; i < whole; i++)
        *at++ = (char)('0' + (whole == 1 ? next_random(seed) % 10 : i ? next_random(seed) % 10 : 1));
    if (decimals)
        *at++ = '.';
    for (size_t i = 0; i < decimals; i++)
        *at++ = (char)('0' + (next_random(seed) % 3 ? next_random(seed) % 10 : 0));
    if (next_random(seed) % 20 == 0)
        at += snprintf(at, 8, "%c%d", "eE"[next_random(seed) % 2], (int)(next_random(seed) % 30) - 15);
    return (size_t)(at - to);
}

/* A glance says of a number what reading it says, whatever is written behind it. */
static void test_glances(void **state)
{
    (void)state;
    uint32_t seed = 3, glances = 0, rounds = 300000;
    for (uint32_t i = 0; i < rounds; i++) {
        char text[64];
        struct matcher_number number, longer;
        uint64_t hash;
        double near;
        memset(text, "0,9}.e"[next_random(&seed) % 6], sizeof(text));
        size_t len = write_number(text, &seed), room = len + next_random(&seed) % 20;
        matcher_number_read(str_of(text, len), &number);
        uint64_t expected = matcher_number_hash(&number, 7);
        if (matcher_glance(text, len, text + room, 7, &hash, &near)) {
            glances++;
            if (hash != expected || !(near >= matcher_number_below(&number)) ||
                !(near <= matcher_number_above(&number)))
                fail_msg("%.*s: %.17g", (int)len, text, near);
        }
        if (memchr(text, '.', len) && !memchr(text, 'e', len) && !memchr(text, 'E', len)) {
            memcpy(text + len, "000", 3);
            matcher_number_read(str_of(text, len + 3), &longer);
            assert_true(matcher_number_hash(&longer, 7) == expected);
        }
    }
    assert_true(glances > rounds / 3);
}

static void ranges_check(struct arena *arena, struct matcher_reader *reader, struct pattern *const *patterns,
                         const bool *there)
{
    struct arena scratch = { 0 };
    for (unsigned value = 0; value < 5200; value += 13) {
        struct str event = arena_printf(arena, value % 2 ? "{\"n\":%u}" : "{\"n\":%u.50}", value);
        struct json json = golden_json(arena, event);
        struct matcher_result result;
        size_t at = 0;
        assert_int_equal(matcher_match(reader, event, &result, NULL), ERR_OK);
        for (unsigned n = 0; n < RANGES; n++) {
            bool found = at < result.count && result.rules[at] == n;
            if (found != (there[n] && pattern_match(patterns[n], &scratch, &json)))
                fail_msg("%.*s: %.*s", STR_ARG(pattern_text(patterns[n])), STR_ARG(event));
            at += found;
        }
        assert_int_equal(at, result.count);
        arena_reset(&scratch);
    }
    arena_fini(&scratch);
}

static void test_many_ranges(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct matcher *matcher = matcher_new(NULL);
    struct matcher_reader *reader = matcher_reader_new(matcher);
    static struct pattern *patterns[RANGES];
    static bool there[RANGES];
    struct matcher_stats before, after;
    struct str error;
    matcher_stats(matcher, &before);
    for (unsigned n = 0; n < RANGES; n++)
        assert_int_equal(pattern_compile(&arena, nth_range(&arena, n), NULL, &patterns[n], &error), ERR_OK);
    for (unsigned round = 0; round < 6; round++) { /* some come, some go; at the end all are gone */
        for (unsigned n = 0; n < RANGES; n++) {
            bool now = round < 5 && (n * 31 + round * 17) % 7 > round;
            if (now && !there[n])
                assert_int_equal(matcher_add_pattern(matcher, n, patterns[n]), ERR_OK);
            else if (!now && there[n])
                assert_int_equal(matcher_remove(matcher, n), ERR_OK);
            there[n] = now;
        }
        ranges_check(&arena, reader, patterns, there);
    }
    matcher_stats(matcher, &after);
    assert_memory_equal(&after, &before, sizeof(after));
    matcher_reader_free(&reader);
    matcher_free(&matcher);
    arena_fini(&arena);
}

/* A matcher is freed with its rules, and its readers before or after some of them. */
/* What a reader remembers of the events before, it remembers of rules as they were then. */
static void test_the_same_event_again(void **state)
{
    (void)state;
    enum { NAMES = 24 };
    struct matcher *matcher = matcher_new(NULL);
    struct matcher_reader *reader = matcher_reader_new(matcher);
    struct arena arena = { 0 };
    struct matcher_result result;
    struct buf event;
    buf_init(&event, 0);
    buf_add(&event, STR("{\"begins\":1"));
    for (int i = 0; i < NAMES; i++)
        buf_printf(&event, ",\"name-%d\":%d", i, i);
    buf_add_char(&event, '}');
    for (int k = 0; k < 2 * NAMES; k++) {
        int i = k * 7 % NAMES;
        assert_int_equal(matcher_match(reader, buf_str(&event), &result, NULL), ERR_OK);
        assert_int_equal(result.count, k < NAMES ? k : 2 * NAMES - k);
        struct str pattern = arena_printf(&arena, "{\"name-%d\":[%d]}", i, i), error;
        if (k < NAMES)
            assert_int_equal(matcher_add(matcher, (uint64_t)i, pattern, &arena, &error), ERR_OK);
        else
            assert_int_equal(matcher_remove(matcher, (uint64_t)i), ERR_OK);
    }
    assert_int_equal(matcher_match(reader, buf_str(&event), &result, NULL), ERR_OK);
    assert_int_equal(result.count, 0);
    matcher_reader_free(&reader);
    matcher_free(&matcher);
    buf_fini(&event);
    arena_fini(&arena);
}

static void test_freed_full(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct matcher *matcher = matcher_new(NULL);
    struct matcher_reader *reader = matcher_reader_new(matcher);
    for (unsigned n = 0; n < 500; n++)
        add(matcher, n, nth_pattern(&arena, n));
    assert_true(finds(reader, STR("{\"source\":\"s0\",\"detail\":{\"id\":\"0\"}}"), 0));
    matcher_reader_free(&reader);
    matcher_free(&matcher);
    assert_null(matcher);
    matcher_free(&matcher);
    arena_fini(&arena);
}

/* ---- what is given back ---- */

static void test_refusals(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct str error = STR_EMPTY;
    struct matcher *matcher = matcher_new(NULL),
                   *narrow = matcher_new(&(struct pattern_limits){ .bytes_max = 11 });
    assert_int_equal(matcher_remove(matcher, 1), ERR_NOTFOUND);
    assert_int_equal(matcher_add(matcher, 1, STR("{\"a\":[]}"), &arena, &error), ERR_INVALID);
    assert_true(str_starts(error, STR("Event pattern is not valid. Reason: Empty arrays are not allowed")));
    assert_int_equal(matcher_remove(matcher, 1), ERR_NOTFOUND);
    add_text(matcher, 1, "{\"a\":[1]}");
    assert_int_equal(matcher_add(matcher, 1, STR("{\"a\":[2]}"), &arena, &error), ERR_CONFLICT);
    assert_int_equal(matcher_add(narrow, 1, STR("{\"abcd\":[1]}"), &arena, &error), ERR_INVALID);
    add_text(narrow, 1, "{\"abc\":[1]}");
    matcher_free(&matcher);
    matcher_free(&narrow);
    arena_fini(&arena);
}

static void test_events_that_are_none(void **state)
{
    (void)state;
    struct matcher *matcher = matcher_new(NULL);
    struct matcher_reader *reader = matcher_reader_new(matcher);
    struct matcher_result result;
    struct json_error error;
    add_text(matcher, 7, "{\"a\":[1]}");
    assert_int_equal(matcher_match(reader, STR("{\"a\":1,\"b\":[1,}"), &result, &error), ERR_INVALID);
    assert_int_equal(error.line, 1);
    assert_int_equal(matcher_match(reader, STR(""), &result, NULL), ERR_INVALID);
    for (size_t i = 0; i < 3; i++) { /* of no object nothing is found */
        const struct str texts[] = { STR("[{\"a\":1}]"), STR("1"), STR("{}") };
        assert_int_equal(matcher_match(reader, texts[i], &result, NULL), ERR_OK);
        assert_int_equal(result.count, 0);
    }
    assert_true(finds(reader, STR("{\"a\":1}"), 7));
    matcher_reader_free(&reader);
    matcher_free(&matcher);
}

static void test_each_once_ascending(void **state)
{
    (void)state;
    enum { RULES = 3000 };
    struct matcher *matcher = matcher_new(NULL);
    struct matcher_reader *reader = matcher_reader_new(matcher);
    struct matcher_result result;
    for (uint64_t n = 0; n < RULES;
         n++) { /* each is found in many ways; numbers in no order, and large ones */
        uint64_t rule = n * 2741 % RULES << 40 | n;
        add_text(matcher, rule,
                 n % 2 ? "{\"a\":[\"x\",{\"prefix\":\"x\"},{\"suffix\":\"x\"}]}"
                       : "{\"$or\":[{\"a\":[\"x\"]},{\"b\":[\"x\"]},{\"a\":[{\"wildcard\":\"*x*\"}]}]}");
    }
    assert_int_equal(matcher_match(reader, STR("{\"a\":[\"x\",\"xx\",\"x\"],\"b\":\"x\"}"), &result, NULL),
                     ERR_OK);
    assert_int_equal(result.count, RULES);
    for (size_t i = 1; i < result.count; i++)
        assert_true(result.rules[i - 1] < result.rules[i]);
    matcher_reader_free(&reader);
    matcher_free(&matcher);
}

/* ---- golden cases ---- */

static void golden_events(struct matcher_reader *reader, struct arena *arena, struct str name,
                          const struct json *events, bool expected)
{
    for (size_t i = 0; events && i < events->count; i++) {
        struct str text = golden_source(&events->items[i]);
        struct json event = golden_json(arena, text);
        struct matcher_result result;
        matcher_match_value(reader, &event, &result);
        if (result.count != expected || finds(reader, text, 1) != expected)
            fail_msg("%.*s: %.*s", STR_ARG(name), STR_ARG(text));
    }
}

static void golden_case(void *self, struct arena *arena, struct str name, const struct json *golden)
{
    struct matcher *matcher = self;
    if (!json_get(golden, STR("match")))
        return;
    struct matcher_reader *reader = matcher_reader_new(matcher);
    add(matcher, 1, golden_source(json_get(golden, STR("pattern"))));
    golden_events(reader, arena, name, json_get(golden, STR("match")), true);
    golden_events(reader, arena, name, json_get(golden, STR("not")), false);
    assert_int_equal(matcher_remove(matcher, 1), ERR_OK);
    matcher_reader_free(&reader);
}

static void test_golden(void **state)
{
    (void)state;
    struct matcher *matcher = matcher_new(NULL);
    for (size_t i = 0; i < golden_match_file_count; i++)
        assert_true(golden_each(golden_match_files[i], golden_case, matcher) > 10);
    matcher_free(&matcher);
}

/* ---- memory of an event ---- */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

static void test_events_allocate_nothing(void **state)
{
    (void)state;
    skip(); /* sanitizers have an allocator of their own */
}

#else

static _Atomic(uint64_t) allocations;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *at, size_t size);

void *malloc(size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_calloc(count, size);
}

void *realloc(void *at, size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __libc_realloc(at, size);
}

static void test_events_allocate_nothing(void **state)
{
    (void)state;
    const struct str events[] = {
        STR("{\"source\":\"s1\",\"detail\":{\"id\":\"8\",\"state\":[\"a\",\"b\"],\"n\":50,\"path\":\"3/x/"
            "10\"}}"),
        STR("{\"source\":\"\\u0073\\u0031\",\"detail\":{\"n\":[1,2,3],\"p5\":[{\"q\":\"5\"},{\"q\":\"13\"}]}"
            "}"),
        STR("{\"a\":7,\"c\":null,\"b\":\"10.15.1.1\",\"detail.state\":\"c1\"}"),
    };
    struct arena arena = { 0 };
    struct matcher *matcher = matcher_new(NULL);
    struct matcher_reader *reader = matcher_reader_new(matcher);
    struct matcher_result result;
    uint64_t before = 0;
    size_t found = 0;
    for (unsigned n = 0; n < 4000; n++)
        add(matcher, n, nth_pattern(&arena, n));
    for (unsigned n = 0; n < 300; n++) {
        if (n == 30)
            before = atomic_load(&allocations);
        assert_int_equal(matcher_match(reader, events[n % COUNT_OF(events)], &result, NULL), ERR_OK);
        found += result.count;
    }
    assert_true(found > 1000);
    assert_int_equal(atomic_load(&allocations), before);
    assert_true(before > 0);
    matcher_reader_free(&reader);
    matcher_free(&matcher);
    arena_fini(&arena);
}

#endif

/* A key that went and came again stands in its table twice: the emptied entry does not hide the other. */
static void test_key_comes_again(void **state)
{
    (void)state;
    enum { KEYS = 12 };
    struct matcher *matcher = matcher_new(NULL);
    struct matcher_reader *reader = matcher_reader_new(matcher);
    char text[64];
    for (unsigned i = 0; i < KEYS; i++) {
        (void)snprintf(text, sizeof(text), "{\"a\":[\"k%u\"]}", i);
        add_text(matcher, i, text);
    }
    for (unsigned i = 0; i < KEYS; i++) {
        (void)snprintf(text, sizeof(text), "{\"a\":[\"k%u\"]}", i);
        assert_int_equal(matcher_remove(matcher, i), ERR_OK);
        add_text(matcher, KEYS + i, text);
        (void)snprintf(text, sizeof(text), "{\"a\":\"k%u\"}", i);
        assert_true(finds(reader, str_from(text), KEYS + i));
        assert_false(finds(reader, str_from(text), i));
    }
    matcher_reader_free(&reader);
    matcher_free(&matcher);
}

int main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_key_comes_again),
        cmocka_unit_test(test_pairs_of_operators),
        cmocka_unit_test(test_nothing_is_left),
        cmocka_unit_test(test_glances),
        cmocka_unit_test(test_many_ranges),
        cmocka_unit_test(test_the_same_event_again),
        cmocka_unit_test(test_freed_full),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_events_that_are_none),
        cmocka_unit_test(test_each_once_ascending),
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_events_allocate_nothing),
    };
    return cmocka_run_group_tests_name("matcher", all, NULL, NULL);
}
