/* Values of variables, kept parsed: each iteration of a Map reads the same ones of the states around it. Found by
 * their bytes, so that nothing can be out of date; what a step uses stays until the next. */
#include <assert.h>
#include <stdlib.h>

#include "flow/flow_run.h"

enum { PARSED_MAX = 16, PARSED_BYTES_MIN = 4096, PARSED_BYTES_MAX = 32 << 20 };

struct parsed_cache {
    struct parsed {
        struct arena arena;
        struct value value;
        uint64_t used; /* the turn in which it was asked for last; 0: the place is free */
    } places[PARSED_MAX];
    uint64_t turn;
    size_t bytes;
};

static void parsed_drop(struct parsed_cache *cache, struct parsed *place)
{
    cache->bytes -= place->arena.used;
    arena_fini(&place->arena);
    memset(place, 0, sizeof(*place));
}

void flow_parsed_forget(struct flow *flow)
{
    for (size_t i = 0; flow->parsed && i < PARSED_MAX; i++)
        parsed_drop(flow->parsed, &flow->parsed->places[i]);
    free(flow->parsed);
    flow->parsed = NULL;
}

void flow_parsed_turn(struct flow *flow)
{
    if (flow->parsed)
        flow->parsed->turn++;
}

/* A free place, or that of what was not asked for longest; NULL: all are in use. */
static struct parsed *place_find(struct parsed_cache *cache)
{
    struct parsed *oldest = NULL;
    for (size_t i = 0; i < PARSED_MAX; i++) {
        struct parsed *place = &cache->places[i];
        if (place->used < cache->turn && (!oldest || place->used < oldest->used))
            oldest = place;
    }
    return oldest;
}

struct value parsed_value(struct flow *flow, struct str text)
{
    if (text.len < PARSED_BYTES_MIN)
        return value_of_text(text);
    if (!flow->parsed) {
        flow->parsed = calloc(1, sizeof(*flow->parsed));
        assert(flow->parsed);
        flow->parsed->turn = 1;
    }
    struct parsed_cache *cache = flow->parsed;
    for (size_t i = 0; i < PARSED_MAX; i++) {
        struct parsed *place = &cache->places[i];
        if (place->used == 0 || !str_eq(place->value.text, text))
            continue;
        place->used = cache->turn;
        return place->value;
    }
    struct parsed *place = place_find(cache);
    if (!place)
        return value_of_text(text);
    parsed_drop(cache, place);
    place->value = value_of_text(arena_copy(&place->arena, text));
    (void)value_json(&place->arena, &place->value);
    place->used = cache->turn;
    cache->bytes += place->arena.used;
    for (size_t i = 0; i < PARSED_MAX && cache->bytes > PARSED_BYTES_MAX; i++) {
        if (cache->places[i].used > 0 && cache->places[i].used < cache->turn)
            parsed_drop(cache, &cache->places[i]);
    }
    return place->value;
}
