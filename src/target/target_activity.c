/* target_activity.c - a task that waits in the queue of an activity until a worker polls for it. */
#include "flow/flow.h"
#include "target/target_fault.h"
#include "target/target_kinds.h"

static void activity_send(void *self, struct work *work, const struct delivery *delivery,
                          struct delivery_result *ret)
{
    struct fault fault = { 0 };
    if (flow_activity_offer(self, work, delivery, &fault)) {
        ret->outcome = OUTCOME_DELIVERED;
        return;
    }
    target_refuse(ret, &fault);
    if (fault.code == FAULT_ACTIVITY_NOT_FOUND)
        ret->error = STR("ActivityDoesNotExist");
    ret->stage = STAGE_UNPLACED;
}

const struct target_kind target_activity = {
    .name = "activity",
    .doc = "An activity of Step Functions: the task waits until a worker polls for it.",
    .send = activity_send,
};
