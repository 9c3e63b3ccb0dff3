/* bus_route.c - the compiled rules of a bus, and an event's way through them. */
#include "bus/bus_impl.h"

#include <assert.h>
#include <stdlib.h>

/* ---- compiled rules, a cache ---- */

static void route_free(struct route *route)
{
    if (!route)
        return;
    matcher_reader_free(&route->reader);
    matcher_free(&route->matcher);
    arena_fini(&route->arena);
    free(route);
}

/* Among the rules that may be cached: a matcher takes the memory of many of them. */
static size_t route_weight(const struct route *route)
{
    enum { MATCHER_RULES = 10 };
    return route->rule_count + (route->matcher ? MATCHER_RULES : 1);
}

static struct str route_key(struct arena *arena, struct ns ns, struct str name)
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

void bus_route_forget(struct bus *bus, struct ns ns, struct str name)
{
    struct arena arena = { 0 };
    bus->changed = true;
    struct route *route = map_remove(&bus->routes, route_key(&arena, ns, name));
    if (route)
        bus->rules_cached -= route_weight(route);
    route_free(route);
    arena_fini(&arena);
}

void bus_route_forget_all(struct bus *bus)
{
    struct str key;
    void *route;
    for (size_t i = 0; map_next(&bus->routes, &i, &key, &route);)
        route_free(route);
    map_clear(&bus->routes);
    bus->rules_cached = 0;
}

/* Adds the rule; false when it cannot be compiled, though it was when it was put. */
static bool rule_compile(struct route *route, struct arena *scratch, const struct bus_rule *rule)
{
    struct fault fault = { 0 };
    struct pattern *pattern;
    struct route_rule compiled = { .arn = arena_copy(&route->arena, rule->arn) };
    compiled.targets = ARENA_ARRAY(&route->arena, struct route_target, rule->targets.count);
    for (uint32_t i = 0; i < rule->targets.count; i++) {
        struct json target = json_copy(&route->arena, &rule->targets.items[i]);
        if (!bus_target_compile(&route->arena, &target, &compiled.targets[i]))
            return false;
        compiled.target_count++;
    }
    if (!route->matcher) {
        route->matcher = matcher_new(NULL);
        route->reader = matcher_reader_new(route->matcher);
    }
    if (!bus_pattern_compile(&bus_pattern_unlimited, scratch, rule->pattern, &pattern, &fault) ||
        matcher_add_pattern(route->matcher, route->rule_count, pattern))
        return false;
    route->rules[route->rule_count++] = compiled;
    return true;
}

/* NULL with a fault when the rules cannot be read: the event must not pass by rules it might match. */
static struct route *route_load(struct bus *bus, struct work *work, struct ns ns, struct str name,
                                struct fault *reterr)
{
    struct bus_look look = bus_look_of(work, ns);
    struct bus_page page = { .limit = SIZE_MAX - 1 };
    bus_rules rules = { 0 };
    if (!bus_rule_list(&look, name, STR_EMPTY, &page, &rules, reterr))
        return NULL;
    struct route *route = calloc(1, sizeof(*route));
    if (!route)
        abort();
    route->rules = ARENA_ARRAY(&route->arena, struct route_rule, rules.len);
    for (size_t i = 0; i < rules.len; i++) {
        if (!bus_rule_enabled(&rules.at[i]) || rules.at[i].targets.count == 0)
            continue;
        if (!rule_compile(route, work->arena, &rules.at[i])) {
            fault_set(reterr, work->arena, FAULT_INTERNAL, "Rule %.*s of this store cannot be compiled.",
                      STR_ARG(rules.at[i].arn));
            route_free(route);
            return NULL;
        }
    }
    if (bus->rules_cached + route_weight(route) > bus->settings.rules_cached_max)
        bus_route_forget_all(bus);
    bus->rules_cached += route_weight(route);
    route_free(map_put(&bus->routes, route_key(work->arena, ns, name), route)); /* there was none */
    return route;
}

static struct route *route_of(struct bus *bus, struct work *work, struct ns ns, struct str name,
                              struct fault *reterr)
{
    struct route *route = map_get(&bus->routes, route_key(work->arena, ns, name));
    return route ? route : route_load(bus, work, ns, name, reterr);
}

/* ---- an event's way ---- */

/* What the target gets. False: InputPath leads nowhere in this event. */
static bool payload_of(const struct route_target *target, struct arena *arena,
                       const struct bus_envelope *envelope, struct str *ret)
{
    *ret = envelope->text;
    if (target->input_given) {
        *ret = target->input;
    } else if (target->path) {
        struct json picked;
        struct scope scope = { .root = &envelope->value };
        if (path_get(target->path, arena, &scope, &picked))
            return false;
        *ret = picked.raw.len ? picked.raw : json_text(arena, &picked);
    }
    return true;
}

static void send(struct bus *bus, struct work *work, const struct route_rule *rule,
                 const struct route_target *target, const struct bus_envelope *envelope)
{
    struct delivery delivery = {
        .owner = DELIVERY_OF_RULE,
        .owner_ref = target->id,
        .kind = target->kind,
        .ns = target->ns,
        .resource = target->arn,
        .event_id = envelope->id,
        .source_arn = rule->arn,
        .event_time_ms = envelope->time_ms,
        .hops = envelope->hops,
        .attempts_max = target->attempts_max,
        .expires_ms = target->age_max_ms ? work->now_ms + target->age_max_ms : 0,
    };
    if (payload_of(target, work->arena, envelope, &delivery.payload)) {
        deliver_add(bus->deliver, work, &delivery);
        return;
    }
    struct delivery_result result = {
        .outcome = OUTCOME_REJECTED,
        .error = STR("InputPathNotFound"),
        .cause = STR("The target's InputPath leads to nothing in this event."),
    };
    delivery.payload = envelope->text;
    bus_delivery_done(bus, work, &delivery, &result);
}

static void route_event(struct bus *bus, struct work *work, const struct route *route,
                        const struct bus_envelope *envelope)
{
    uint64_t deliveries = 0;
    struct matcher_result hits = { 0 };
    if (route->matcher)
        matcher_match_value(route->reader, &envelope->value, &hits);
    for (size_t i = 0; i < hits.count; i++) {
        const struct route_rule *rule = &route->rules[hits.rules[i]];
        for (size_t k = 0; k < rule->target_count; k++)
            send(bus, work, rule, &rule->targets[k], envelope);
        deliveries += rule->target_count;
    }
    atomic_fetch_add_explicit(&bus->events, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&bus->deliveries, deliveries, memory_order_relaxed);
}

static void event_astray(struct bus *bus, struct work *work, struct ns ns,
                         const struct bus_envelope *envelope, struct str why)
{
    struct inbox_item item = {
        .ns = ns,
        .reason = STR("MISSING_BUS"),
        .bus = envelope->bus,
        .event_id = envelope->id,
        .cause = why,
        .payload = envelope->text,
    };
    bus_inbox_add(bus, work, &item);
    atomic_fetch_add_explicit(&bus->missing_bus, 1, memory_order_relaxed);
}

bool bus_put_envelope(struct bus *bus, struct work *work, struct ns ns, const struct bus_envelope *envelope,
                      struct fault *reterr)
{
    struct fault fault = { 0 };
    const struct route *route = route_of(bus, work, ns, envelope->bus, &fault);
    if (route)
        route_event(bus, work, route, envelope);
    else if (fault.code == FAULT_NOT_FOUND)
        event_astray(bus, work, ns, envelope, fault.text);
    else
        return fault_set(reterr, work->arena, fault.code, "%.*s", STR_ARG(fault.text));
    return true;
}

bool bus_put(struct bus *bus, struct work *work, struct ns ns, const struct bus_event *event, char *ret_id,
             struct bus_refusal *reterr)
{
    struct bus_envelope envelope;
    struct fault fault = { 0 };
    if (!bus_event_envelope(work->arena, ns, event, &envelope, reterr))
        return false;
    if (!bus_put_envelope(bus, work, ns, &envelope, &fault)) {
        *reterr = (struct bus_refusal){ STR("InternalFailure"), fault.text };
        return false;
    }
    memcpy(ret_id, envelope.id.ptr, envelope.id.len);
    return true;
}

bool bus_forward(struct bus *bus, struct work *work, struct ns ns, struct str bus_name, struct str text,
                 uint32_t hops, struct fault *reterr)
{
    struct bus_envelope envelope;
    if (!bus_envelope_read(work->arena, text, &envelope))
        return fault_set(reterr, work->arena, FAULT_VALIDATION,
                         "What was handed on to event bus %.*s is no event.", STR_ARG(bus_name));
    const struct route *route = route_of(bus, work, ns, bus_name, reterr);
    if (!route)
        return false;
    envelope.bus = bus_name;
    envelope.hops = hops;
    route_event(bus, work, route, &envelope);
    return true;
}
