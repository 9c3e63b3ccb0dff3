/* target_state_machine.c - starts an execution with the event as its input.
 *
 * The execution's name follows from the event, the rule and the target: an execution of that name that is
 * there already is this delivery, made before.
 */
#include "target/target_fault.h"
#include "target/target_kinds.h"
#include "flow/flow.h"
#include "io/rand.h"

static struct str execution_name(struct arena *arena, const struct delivery *delivery)
{
    char uuid[UUID_TEXT_BYTES];
    uuid_of_name(arena_printf(arena, "%.*s\n%.*s\n%.*s", STR_ARG(delivery->event_id),
                              STR_ARG(delivery->source_arn), STR_ARG(delivery->owner_ref)),
                 uuid);
    return arena_printf(arena, "%.*s_%.*s", STR_ARG(delivery->event_id), UUID_TEXT_BYTES, uuid);
}

static void state_machine_send(void *self, struct work *work, const struct delivery *delivery,
                               struct delivery_result *ret)
{
    struct flow_started started;
    struct fault fault = { 0 };
    if (flow_start(self, work, delivery->ns, delivery->resource, execution_name(work->arena, delivery),
                   delivery->payload, delivery->hops, &started, &fault) ||
        fault.code == FAULT_EXECUTION_EXISTS)
        ret->outcome = OUTCOME_DELIVERED;
    else
        target_refuse(ret, &fault);
}

const struct target_kind target_state_machine = {
    .name = "state-machine",
    .doc = "A Standard state machine of Step Functions: each event starts an execution.",
    .send = state_machine_send,
};
