/* bus_compiled.c - the compiled rules of a bus: read once, then followed rule by rule. */
#include "bus/bus_impl.h"
#include "io/rand.h"

#include <assert.h>
#include <stdlib.h>

struct str bus_memory_key(struct arena *arena, struct ns ns, struct str name)
{
    size_t len = ns.account.len + 1 + ns.region.len + 1 + name.len;
    char *room = arena_bytes(arena, len), *at = room;
    const struct str parts[] = { ns.account, ns.region, name };
    for (size_t i = 0; i < 3; i++) {
        if (parts[i].len)
            memcpy(at, parts[i].ptr, parts[i].len);
        at += parts[i].len;
        if (i < 2)
            *at++ = '\0';
    }
    return str_of(room, len);
}

/* ---- one rule ---- */

static void route_rule_free(struct route_rule *rule)
{
    struct arena arena = rule->arena; /* the rule itself lives there */
    arena_fini(&arena);
}

static struct route_rule *targets_compile(struct arena *arena, const struct bus_rule *rule)
{
    struct route_rule *ret = ARENA_NEW(arena, struct route_rule);
    ret->arn = arena_copy(arena, rule->arn);
    ret->name = str_from_offset(ret->arn, ret->arn.len - rule->name.len);
    ret->meter = ARENA_NEW(arena, struct metrics_place);
    ret->target_count = rule->targets.count;
    ret->targets = ARENA_ARRAY(arena, struct route_target, rule->targets.count);
    for (uint32_t i = 0; i < rule->targets.count; i++)
        if (!bus_target_compile(arena, &rule->targets.items[i], &ret->targets[i]))
            return NULL;
    return ret;
}

/* Twice: first to see how much it takes, then in just that. */
static struct route_rule *route_rule_new(struct arena *scratch, const struct bus_rule *rule)
{
    size_t used = scratch->used;
    if (!targets_compile(scratch, rule))
        return NULL;
    struct arena arena;
    arena_init_sized(&arena, scratch->used - used);
    struct route_rule *ret = targets_compile(&arena, rule);
    assert(ret);
    ret->arena = arena;
    return ret;
}

/* False when it cannot be compiled, though it was when it was put; then it is not there. */
static bool rule_take_in(struct bus *bus, struct route *route, struct arena *scratch,
                         const struct bus_rule *rule)
{
    struct fault fault = { 0 };
    struct pattern *pattern;
    if (!bus_rule_enabled(rule) || rule->targets.count == 0)
        return true;
    if (!bus_pattern_compile(&bus_pattern_unlimited, scratch, rule->pattern, &pattern, &fault))
        return false;
    struct route_rule *compiled = route_rule_new(scratch, rule);
    if (!compiled)
        return false;
    if (!route->matcher) {
        route->matcher = matcher_new(NULL);
        route->reader = matcher_reader_new(route->matcher);
    }
    if (matcher_add_pattern(route->matcher, (uintptr_t)compiled, pattern)) {
        route_rule_free(compiled);
        return false;
    }
    void *former = map_put(&route->rules, rule->name, compiled);
    assert(!former);
    (void)former;
    atomic_fetch_add_explicit(&bus->rules_compiled, 1, memory_order_relaxed);
    return true;
}

static void rule_take_out(struct route *route, struct str name)
{
    struct route_rule *rule = map_remove(&route->rules, name);
    if (!rule)
        return;
    enum err err = matcher_remove(route->matcher, (uintptr_t)rule);
    assert(!err);
    (void)err;
    route_rule_free(rule);
}

/* ---- a bus ---- */

static void route_free(struct route *route)
{
    matcher_reader_free(&route->reader);
    matcher_free(&route->matcher);
    struct str name;
    void *rule;
    for (size_t i = 0; map_next(&route->rules, &i, &name, &rule);)
        route_rule_free(rule);
    map_fini(&route->rules);
    free(route);
}

/* Among the rules that may be cached: a matcher takes the memory of many of them. */
static size_t route_weight(const struct route *route)
{
    enum { MATCHER_RULES = 10 };
    return route->rules.len + (route->matcher ? MATCHER_RULES : 1);
}

void bus_route_forget(struct bus *bus, struct str memory_key)
{
    struct route *route = map_remove(&bus->routes, memory_key);
    if (!route)
        return;
    bus->rules_cached -= route_weight(route);
    route_free(route);
}

static void forget_others(struct bus *bus, const struct route *but)
{
    struct str key;
    void *route;
    for (size_t i = 0; map_next(&bus->routes, &i, &key, &route);)
        if (route != but)
            bus_route_forget(bus, key);
}

void bus_route_forget_all(struct bus *bus)
{
    forget_others(bus, NULL);
}

/* The route has grown from that weight. One bus may have more rules than are kept: it alone is kept then. */
static void route_weighed(struct bus *bus, const struct route *route, size_t before)
{
    bus->rules_cached = bus->rules_cached - before + route_weight(route);
    if (bus->rules_cached > bus->settings.rules_cached_max)
        forget_others(bus, route);
}

struct loading {
    struct bus *bus;
    struct route *route;
    struct arena *arena;
    struct str failed; /* the ARN of a rule that cannot be compiled */
};

static bool load_rule(void *self, struct arena *arena, const struct bus_rule *rule)
{
    struct loading *loading = self;
    atomic_fetch_add_explicit(&loading->bus->rules_read, 1, memory_order_relaxed);
    if (rule_take_in(loading->bus, loading->route, arena, rule))
        return true;
    loading->failed = arena_copy(loading->arena, rule->arn);
    return false;
}

struct route *bus_route_of(struct bus *bus, struct work *work, struct ns ns, struct str name,
                           struct fault *reterr)
{
    struct str key = bus_memory_key(work->arena, ns, name);
    struct route *route = map_get(&bus->routes, key);
    if (route)
        return route;
    route = calloc(1, sizeof(*route));
    if (!route)
        abort();
    map_init(&route->rules, rand_u64());
    struct bus_look look = bus_look_of(work, ns);
    struct loading loading = { .bus = bus, .route = route, .arena = work->arena };
    bool read = bus_rule_walk(&look, name, load_rule, &loading, reterr);
    if (read && loading.failed.len)
        read = fault_set(reterr, work->arena, FAULT_INTERNAL, "Rule %.*s of this store cannot be compiled.",
                         STR_ARG(loading.failed));
    if (!read) {
        route_free(route);
        return NULL;
    }
    (void)map_put(&bus->routes, key, route); /* there was none */
    route_weighed(bus, route, 0);
    return route;
}

void bus_route_follow(struct bus *bus, const struct bus_look *look, struct str bus_name, struct str name)
{
    struct str key = bus_memory_key(look->arena, look->ns, bus_name);
    struct route *route = map_get(&bus->routes, key);
    if (!route)
        return;
    struct bus_rule rule;
    struct fault fault = { 0 };
    size_t before = route_weight(route);
    rule_take_out(route, name);
    atomic_fetch_add_explicit(&bus->rules_read, 1, memory_order_relaxed);
    bool done = bus_rule_get(look, bus_name, name, &rule, &fault)
                    ? rule_take_in(bus, route, look->arena, &rule)
                    : fault.code == FAULT_NOT_FOUND;
    route_weighed(bus, route, before);
    if (!done)
        bus_route_forget(bus, key); /* the next event says what is wrong */
}
