/* The compiled matcher against the plain evaluator. The first byte says how the rest is read: as choices of the
 * grammar, or as lines: patterns, an empty one, events. */
#include "match/matcher.h"
#include "match/matcher_grammar.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RULES_MAX = 12, EVENTS_MAX = 6 };

/* A few ways through $or tell as much as a thousand, and many lists of wildcards are taken. */
static const struct pattern_limits limits = { .conjunctions_max = 24, .wildcard_cost_max = 40 };

static struct world {
    struct matcher *matcher;
    struct matcher_reader *reader;
    struct arena arena;
    struct pattern *patterns[RULES_MAX];
    size_t rules;
    struct buf text;
} world;

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void rule_add(struct str text)
{
    struct str error = STR_EMPTY, again = STR_EMPTY;
    enum err err = pattern_compile(&world.arena, text, &limits, &world.patterns[world.rules], &error);
    must(matcher_add(world.matcher, world.rules, text, &world.arena, &again) == err);
    must(str_eq(error, again));
    world.rules += err == ERR_OK;
}

static void check(const struct matcher_result *result, const struct json *event)
{
    size_t at = 0;
    for (size_t i = 0; i < world.rules; i++) {
        bool found = at < result->count && result->rules[at] == i;
        must(found == pattern_match(world.patterns[i], &world.arena, event));
        at += found;
    }
    must(at == result->count);
}

static void event_match(struct str text)
{
    struct matcher_result result;
    struct json event;
    enum err err = json_read(&world.arena, text, 0, &event, NULL);
    must(matcher_match(world.reader, text, &result, NULL) == err);
    if (err)
        return;
    check(&result, &event);
    matcher_match_value(world.reader, &event, &result);
    check(&result, &event);
}

static void run_grammar(const uint8_t *data, size_t size)
{
    struct grammar g = { .bytes = data, .end = data + size };
    size_t rules = 1 + grammar_below(&g, RULES_MAX), events = 1 + grammar_below(&g, EVENTS_MAX);
    for (size_t i = 0; i < rules; i++) {
        buf_clear(&world.text);
        grammar_pattern(&g, &world.text);
        rule_add(buf_str(&world.text));
    }
    for (size_t i = 0; i < events; i++) {
        buf_clear(&world.text);
        grammar_event(&g, &world.text);
        event_match(arena_copy(&world.arena, buf_str(&world.text)));
    }
}

static void run_lines(struct str rest)
{
    struct str line;
    bool rules = true;
    for (size_t n = 0; n < RULES_MAX + EVENTS_MAX && rest.len; n++) {
        (void)str_cut(rest, '\n', &line, &rest);
        if (!rules)
            event_match(line);
        else if (line.len && world.rules < RULES_MAX)
            rule_add(line);
        else
            rules = false;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!world.matcher) {
        world.matcher = matcher_new(&limits);
        world.reader = matcher_reader_new(world.matcher);
        buf_init(&world.text, 0);
    }
    if (size == 0)
        return 0;
    struct matcher_stats before, after;
    matcher_stats(world.matcher, &before);
    if (data[0] % 2)
        run_lines(str_of((const char *)data + 1, size - 1));
    else
        run_grammar(data + 1, size - 1);
    while (world.rules)
        must(matcher_remove(world.matcher, --world.rules) == ERR_OK);
    matcher_stats(world.matcher, &after);
    must(after.rules == 0 && after.tests == 0 && after.places == 0 && after.bytes == before.bytes);
    arena_reset(&world.arena);
    return 0;
}
