/* bus_route.c - an event's way through the compiled rules of a bus. */
#include "bus/bus_impl.h"

#include <stdlib.h>

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
        .hops = envelope->hops,
        .attempts_max = target->attempts_max,
        .expires_ms = target->age_max_ms ? work->now_ms + target->age_max_ms : 0,
    };
    struct bus_input_scope scope = { envelope, rule->arn, work->now_ms, bus->settings.request_bytes_max };
    struct bus_input_made made;
    struct delivery_result result;
    if (bus_input_make(target->input, work->arena, &scope, &made, &result)) {
        delivery.payload = made.payload;
        delivery.event_time_ms = made.time_ms;
        deliver_add(bus->deliver, work, &delivery);
        return;
    }
    delivery.payload = envelope->text;
    delivery.event_time_ms = envelope->time_ms;
    delivery.created_ms = work->now_ms;
    bus_delivery_done(bus, work, &delivery, &result);
}

static int by_name(const void *left, const void *right)
{
    const struct route_rule *const *a = left, *const *b = right;
    return str_compare((*a)->arn, (*b)->arn); /* of one bus: they differ in the rule's name */
}

static void route_event(struct bus *bus, struct work *work, struct ns ns, struct route *route,
                        const struct bus_envelope *envelope)
{
    uint64_t deliveries = 0;
    struct matcher_result hits = { 0 };
    if (route->matcher)
        matcher_match_value(route->reader, &envelope->value, &hits);
    const struct route_rule **rules = ARENA_ARRAY(work->arena, const struct route_rule *, hits.count);
    for (size_t i = 0; i < hits.count; i++)
        rules[i] = (const struct route_rule *)(uintptr_t)hits.rules[i];
    if (hits.count > 1) /* the order does not tell what became of the rules before */
        qsort(rules, hits.count, sizeof(rules[0]), by_name);
    recent_event(bus->recent, work, ns, envelope, hits.count ? BUS_EVENT_MATCHED : BUS_EVENT_UNMATCHED, rules,
                 hits.count);
    bus_count_event(bus, work, ns, envelope->bus, route, rules, hits.count);
    for (size_t i = 0; i < hits.count; i++) {
        for (size_t k = 0; k < rules[i]->target_count; k++)
            send(bus, work, rules[i], &rules[i]->targets[k], envelope);
        deliveries += rules[i]->target_count;
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
    recent_event(bus->recent, work, ns, envelope, BUS_EVENT_MISSING_BUS, NULL, 0);
    bus_inbox_add(bus, work, &item);
    atomic_fetch_add_explicit(&bus->missing_bus, 1, memory_order_relaxed);
}

bool bus_put_envelope(struct bus *bus, struct work *work, struct ns ns, const struct bus_envelope *envelope,
                      struct fault *reterr)
{
    struct fault fault = { 0 };
    struct route *route = bus_route_of(bus, work, ns, envelope->bus, &fault);
    if (route)
        route_event(bus, work, ns, route, envelope);
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
    struct route *route = bus_route_of(bus, work, ns, bus_name, reterr);
    if (!route)
        return false;
    envelope.bus = bus_name;
    envelope.hops = hops;
    route_event(bus, work, ns, route, &envelope);
    return true;
}
