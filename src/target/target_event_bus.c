/* target_event_bus.c - hands the event on to another bus, as it is. Counts the buses an event has seen, so
 * that rules that send in a circle come to an end. */
#include "target/target_fault.h"
#include "target/target_kinds.h"
#include "base/arn.h"
#include "bus/bus.h"

enum { HOPS_MAX = 5 };

static void event_bus_send(void *self, struct work *work, const struct delivery *delivery,
                           struct delivery_result *ret)
{
    const struct target_event_bus *target = self;
    unsigned hops_max = target->hops_max ? target->hops_max : HOPS_MAX;
    struct arn arn;
    struct fault fault = { 0 };
    if (!arn_parse(delivery->resource, &arn) || !str_starts(arn.resource, STR("event-bus/"))) {
        fault_set(&fault, work->arena, FAULT_INVALID_ARN, "%.*s is no ARN of an event bus.",
                  STR_ARG(delivery->resource));
    } else if (delivery->hops >= hops_max) {
        ret->outcome = OUTCOME_REJECTED;
        ret->error = STR("HOP_LIMIT_EXCEEDED");
        ret->cause = arena_printf(work->arena, "The event was handed on from bus to bus %u times already.",
                                  (unsigned)delivery->hops);
        return;
    } else if (bus_forward(target->bus, work, delivery->ns,
                           str_from_offset(arn.resource, strlen("event-bus/")), delivery->payload,
                           delivery->hops + 1, &fault)) {
        ret->outcome = OUTCOME_DELIVERED;
        return;
    }
    target_refuse(ret, &fault);
}

const struct target_kind target_event_bus = {
    .name = "event-bus",
    .doc = "Another event bus: the event goes on as it is.",
    .send = event_bus_send,
};
