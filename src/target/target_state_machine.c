/* target_state_machine.c - starts an execution with the event as its input.
 *
 * The execution's name follows from the event, the rule and the target: an execution of that name that is
 * there already is this delivery, made before.
 */
#include "target/target_fault.h"
#include "target/target_kinds.h"
#include "base/arn.h"
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

/* Of a Standard machine, whose name alone tells its executions apart. */
static struct str execution_arn(struct arena *arena, const struct delivery *delivery, struct str name)
{
    struct arn arn;
    struct str machine, rest;
    if (!arn_parse(delivery->resource, &arn) || !str_starts(arn.resource, STR("stateMachine:")))
        return STR_EMPTY;
    (void)str_cut(str_from_offset(arn.resource, strlen("stateMachine:")), ':', &machine, &rest);
    return arn_make(arena, (struct ns){ arn.account, arn.region }, STR("states"),
                    arena_printf(arena, "execution:%.*s:%.*s", STR_ARG(machine), STR_ARG(name)));
}

static void state_machine_send(void *self, struct work *work, const struct delivery *delivery,
                               struct delivery_result *ret)
{
    struct flow_started started;
    struct fault fault = { 0 };
    struct str name = execution_name(work->arena, delivery);
    if (flow_start(self, work, delivery->ns, delivery->resource, name, delivery->payload, delivery->hops,
                   &started, &fault)) {
        ret->outcome = OUTCOME_DELIVERED;
        ret->place = started.execution_arn;
    } else if (fault.code == FAULT_EXECUTION_EXISTS) {
        ret->outcome = OUTCOME_DELIVERED;
        ret->place = execution_arn(work->arena, delivery, name);
    } else {
        target_refuse(ret, &fault);
    }
}

const struct target_kind target_state_machine = {
    .name = "state-machine",
    .doc = "A Standard state machine of Step Functions: each event starts an execution.",
    .send = state_machine_send,
};
