/* bus_change.c - what is in memory of a bus follows the batch under construction.
 *
 * Truths: 1. Every change of the batch stands in bus->changes with the batch's mark after it, in their order; so
 *            those that a roll-back undid are the last ones, with marks beyond the batch's.
 *         2. A tally that is there counts what the batch holds, whether it was counted before a change or after.
 */
#include "bus/bus_impl.h"

#include <assert.h>
#include <stdlib.h>

enum { TALLIES_MAX = 10000 };

/* ---- how many rules there are ---- */

void bus_tallies_forget(struct bus *bus)
{
    struct str key;
    void *tally;
    for (size_t i = 0; map_next(&bus->tallies, &i, &key, &tally);)
        free(tally);
    map_clear(&bus->tallies);
}

struct counting {
    struct bus *bus;
    struct tally *tally;
};

static bool count_rule(void *self, struct arena *arena, const struct bus_rule *rule)
{
    (void)arena;
    struct counting *counting = self;
    atomic_fetch_add_explicit(&counting->bus->rules_read, 1, memory_order_relaxed);
    counting->tally->rules++;
    counting->tally->wildcards += rule->wildcards;
    return true;
}

bool bus_tally(struct bus *bus, const struct bus_look *look, struct str name, struct tally *ret,
               struct fault *reterr)
{
    struct str key = bus_memory_key(look->arena, look->ns, name);
    struct tally *tally = map_get(&bus->tallies, key);
    if (!tally) {
        struct tally counted = { 0 };
        struct counting counting = { bus, &counted };
        if (!bus_rule_walk(look, name, count_rule, &counting, reterr))
            return false;
        if (bus->tallies.len >= TALLIES_MAX)
            bus_tallies_forget(bus);
        tally = malloc(sizeof(*tally));
        if (!tally)
            abort();
        *tally = counted;
        (void)map_put(&bus->tallies, key, tally); /* there was none */
    }
    *ret = *tally;
    return true;
}

static void tally_add(struct bus *bus, struct str key, int rules, int wildcards)
{
    struct tally *tally = map_get(&bus->tallies, key);
    if (!tally)
        return;
    tally->rules += (size_t)rules; /* wraps as it should when it is less */
    tally->wildcards += (size_t)wildcards;
    assert(tally->wildcards <= tally->rules);
}

/* ---- changes ---- */

static void change_keep(struct bus *bus, struct work *work, struct change change)
{
    struct arena *arena = &bus->changes_arena;
    change.mark = store_batch_mark(work->batch);
    change.partition = work->partition;
    change.ns = (struct ns){ arena_copy(arena, change.ns.account), arena_copy(arena, change.ns.region) };
    change.bus = arena_copy(arena, change.bus);
    change.rule = arena_copy(arena, change.rule);
    bus->batch = work->batch;
    VEC_PUSH(arena, &bus->changes, change);
}

static void bus_forget(struct bus *bus, struct str key)
{
    bus_route_forget(bus, key);
    free(map_remove(&bus->tallies, key));
}

void bus_rule_changed(struct bus *bus, struct work *work, struct ns ns, const struct bus_rule *before,
                      const struct bus_rule *after)
{
    const struct bus_rule *rule = after ? after : before;
    struct bus_look look = bus_look_of(work, ns);
    struct change change = {
        .ns = ns,
        .bus = rule->bus,
        .rule = rule->name,
        .rules_change = (after ? 1 : 0) - (before ? 1 : 0),
        .wildcards_change = (after && after->wildcards ? 1 : 0) - (before && before->wildcards ? 1 : 0),
    };
    change_keep(bus, work, change);
    tally_add(bus, bus_memory_key(work->arena, ns, rule->bus), change.rules_change, change.wildcards_change);
    bus_route_follow(bus, &look, rule->bus, rule->name);
}

void bus_changed(struct bus *bus, struct work *work, struct ns ns, struct str name)
{
    change_keep(bus, work, (struct change){ .ns = ns, .bus = name });
    bus_forget(bus, bus_memory_key(work->arena, ns, name));
}

static void change_undo(struct bus *bus, struct arena *arena, const struct change *change)
{
    struct bus_look look = {
        .reader = store_batch_reader(bus->batch),
        .arena = arena,
        .ns = change->ns,
        .partition = change->partition,
    };
    struct str key = bus_memory_key(arena, change->ns, change->bus);
    if (str_empty(change->rule)) {
        bus_forget(bus, key);
        return;
    }
    tally_add(bus, key, -change->rules_change, -change->wildcards_change);
    bus_route_follow(bus, &look, change->bus, change->rule);
}

void bus_changes_undo(struct bus *bus)
{
    if (bus->changes.len == 0)
        return;
    size_t mark = store_batch_mark(bus->batch);
    struct arena arena = { 0 };
    while (bus->changes.len && bus->changes.at[bus->changes.len - 1].mark > mark) {
        change_undo(bus, &arena, &bus->changes.at[--bus->changes.len]);
        arena_reset(&arena);
    }
    arena_fini(&arena);
    if (bus->changes.len == 0)
        bus_changes_commit(bus);
}

void bus_changes_commit(struct bus *bus)
{
    memset(&bus->changes, 0, sizeof(bus->changes));
    arena_reset(&bus->changes_arena);
}
