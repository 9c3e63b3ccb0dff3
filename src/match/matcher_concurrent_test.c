/* Rules come and go while threads match. A rule whose state was the same before and after an event must be in its
 * result exactly when the evaluator says so. CREMA_CHANGES and CREMA_SEED say how many and which. */
#include "match/matcher.h"
#include "match/matcher_grammar.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

enum { PATTERNS = 200, RULES_MAX = 100, EVENTS = 60, READERS = 3, ROUNDS_OF_A_READER = 40 };

/* A rule's state: how often it changed, and then the pattern that it has, 0: none, or CHANGING. */
#define CHANGING UINT64_C(0xFFFF)

static struct world {
    struct arena arena;
    struct pattern *patterns[PATTERNS];
    struct str texts[EVENTS];
    struct json events[EVENTS];
    bool matches[PATTERNS][EVENTS];
    struct matcher *matcher;
    unsigned rules, steady; /* the first of them stay as they are */
    _Atomic(uint64_t) states[RULES_MAX];
    _Atomic(bool) ended;
    _Atomic(uint64_t) checked, found;
    _Atomic(int) wrong; /* rule + 1 */
} world;

static uint64_t setting(const char *name, uint64_t otherwise)
{
    const char *value = getenv(name);
    return value && *value ? strtoull(value, NULL, 0) : otherwise;
}

static void make_world(struct grammar *g)
{
    struct buf text;
    struct arena scratch = { 0 };
    buf_init(&text, 0);
    for (size_t i = 0; i < PATTERNS;) {
        struct str error;
        buf_clear(&text);
        grammar_pattern(g, &text);
        i += pattern_compile(&world.arena, buf_str(&text), NULL, &world.patterns[i], &error) == ERR_OK;
    }
    for (size_t i = 0; i < EVENTS; i++) {
        buf_clear(&text);
        grammar_event(g, &text);
        world.texts[i] = arena_copy(&world.arena, buf_str(&text));
        assert_int_equal(json_read(&world.arena, world.texts[i], 0, &world.events[i], NULL), ERR_OK);
        for (size_t k = 0; k < PATTERNS; k++)
            world.matches[k][i] = pattern_match(world.patterns[k], &scratch, &world.events[i]);
        arena_reset(&scratch);
    }
    arena_fini(&scratch);
    buf_fini(&text);
}

static bool holds(const struct matcher_result *result, uint64_t rule)
{
    for (size_t i = 0; i < result->count; i++)
        if (result->rules[i] == rule)
            return true;
    return false;
}

static bool is_match(uint64_t state, size_t event)
{
    uint64_t pattern = state & CHANGING;
    return pattern && world.matches[pattern - 1][event];
}

static void check(const uint64_t *before, const struct matcher_result *result, size_t event)
{
    uint64_t checked = 0, found = 0;
    for (size_t rule = 0; rule < world.rules; rule++) {
        uint64_t state = before[rule], now = atomic_load(&world.states[rule]);
        if ((state & CHANGING) == CHANGING || (now & CHANGING) == CHANGING || (now >> 16) > (state >> 16) + 1)
            continue;
        /* One that changed meanwhile is as it was or as it is, or it was seen in between. */
        bool expected = is_match(state, event), holding = holds(result, rule);
        if (state == now ? holding != expected : holding && !expected && !is_match(now, event))
            atomic_store(&world.wrong, (int)rule + 1);
        checked++;
        found += expected;
    }
    atomic_fetch_add(&world.checked, checked);
    atomic_fetch_add(&world.found, found);
}

static void *read_on(void *argument)
{
    struct grammar g = { .state = (uint64_t)(uintptr_t)argument * UINT64_C(0x9E3779B97F4A7C15) | 1 };
    while (!atomic_load(&world.ended)) {
        struct matcher_reader *reader = matcher_reader_new(world.matcher); /* readers come and go, too */
        for (size_t n = 0; n < ROUNDS_OF_A_READER; n++) {
            uint64_t before[RULES_MAX];
            struct matcher_result result = { 0 };
            size_t event = grammar_below(&g, EVENTS);
            for (size_t rule = 0; rule < world.rules; rule++)
                before[rule] = atomic_load(&world.states[rule]);
            if (n % 2)
                matcher_match_value(reader, &world.events[event], &result);
            else if (matcher_match(reader, world.texts[event], &result, NULL))
                atomic_store(&world.wrong, RULES_MAX + 1);
            check(before, &result, event);
        }
        matcher_reader_free(&reader);
    }
    return NULL;
}

static void change(struct grammar *g, size_t rule)
{
    uint64_t state = atomic_load(&world.states[rule]), next = (state >> 16) + 1;
    atomic_store(&world.states[rule], next << 16 | CHANGING);
    if (state & CHANGING)
        assert_int_equal(matcher_remove(world.matcher, rule), ERR_OK);
    uint64_t pattern = state & CHANGING && grammar_below(g, 2) ? 0 : 1 + grammar_below(g, PATTERNS);
    if (pattern)
        assert_int_equal(matcher_add_pattern(world.matcher, rule, world.patterns[pattern - 1]), ERR_OK);
    atomic_store(&world.states[rule], next << 16 | pattern);
}

static void run(unsigned rules, unsigned steady)
{
    memset(&world, 0, sizeof(world));
    world.rules = rules;
    world.steady = steady;
    uint64_t changes = setting("CREMA_CHANGES", 20000), seed = setting("CREMA_SEED", (uint64_t)time(NULL));
    struct grammar g = { .state = seed * UINT64_C(0x9E3779B97F4A7C15) | 1 };
    pthread_t threads[READERS];
    (void)fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
    make_world(&g);
    world.matcher = matcher_new(NULL);
    for (size_t rule = 0; rule < world.rules; rule++)
        change(&g, rule);
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_on, (void *)(uintptr_t)(seed + i)), 0);
    for (uint64_t n = 0; n < changes && !atomic_load(&world.wrong); n++)
        change(&g, world.steady + grammar_below(&g, world.rules - world.steady));
    while (atomic_load(&world.checked) < 10000 && !atomic_load(&world.wrong))
        change(&g, world.steady +
                       grammar_below(&g, world.rules - world.steady)); /* readers have not seen much yet */
    atomic_store(&world.ended, true);
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    if (world.wrong)
        fail_msg("rule %d was not as the evaluator has it", world.wrong - 1);
    (void)fprintf(stderr, "%llu checked, %llu found\n", (unsigned long long)world.checked,
                  (unsigned long long)world.found);
    assert_true(world.found > 0);
    matcher_free(&world.matcher);
    arena_fini(&world.arena);
}

static void test_many_rules(void **state)
{
    (void)state;
    run(RULES_MAX, 30);
}

/* What is asked changes with nearly every rule. */
static void test_few_rules(void **state)
{
    (void)state;
    run(3, 0);
}

/* ---- a rule sees all of an event ---- */

static void *read_long(void *argument)
{
    struct matcher_reader *reader = matcher_reader_new(world.matcher);
    (void)argument;
    while (!atomic_load(&world.ended)) {
        struct matcher_result result = { 0 };
        if (matcher_match(reader, world.texts[0], &result, NULL) || result.count)
            atomic_store(&world.wrong, 1);
        atomic_fetch_add(&world.checked, 1);
    }
    matcher_reader_free(&reader);
    return NULL;
}

/* What the rule asks to be absent stands at the start of a long event, the rest at its end: when the rule comes in
 * the middle, nobody has looked at the start for it. */
static void test_half_an_event(void **state)
{
    (void)state;
    struct buf text;
    struct str error = STR_EMPTY;
    pthread_t thread;
    memset(&world, 0, sizeof(world));
    buf_init(&text, 0);
    buf_add(&text, STR("{\"early\":1"));
    for (size_t i = 0; i < 3000; i++)
        buf_printf(&text, ",\"n%zu\":[{}]", i);
    buf_add(&text, STR(",\"late\":\"x\"}"));
    world.texts[0] = buf_str(&text);
    world.matcher = matcher_new(NULL);
    assert_int_equal(pthread_create(&thread, NULL, read_long, NULL), 0);
    for (unsigned n = 0; n < 5000 || atomic_load(&world.checked) < 500; n++) {
        assert_int_equal(matcher_add(world.matcher, 1,
                                     STR("{\"late\":[\"x\"],\"early\":[{\"exists\":false}]}"), &world.arena,
                                     &error),
                         ERR_OK);
        for (volatile unsigned wait = 0; wait < n % 64 * 100; wait++)
            ;
        assert_int_equal(matcher_remove(world.matcher, 1), ERR_OK);
    }
    atomic_store(&world.ended, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(world.wrong, 0);
    matcher_free(&world.matcher);
    arena_fini(&world.arena);
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_many_rules), cmocka_unit_test(test_few_rules),
                                        cmocka_unit_test(test_half_an_event) };
    return cmocka_run_group_tests_name("matcher-concurrent", tests, NULL, NULL);
}
