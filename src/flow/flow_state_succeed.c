/* Succeed: ends its scope well. */
#include "flow/flow_data.h"
#include "flow/flow_state.h"

static void succeed_enter(struct step *step, struct branch *branch)
{
    struct value input;
    if (data_input(step, branch, &input))
        step_leave(step, branch, input, STATE_NONE);
}

const struct state_kind state_succeed = {
    .name = "Succeed",
    .entered = HISTORY_SUCCEED_ENTERED,
    .exited = HISTORY_SUCCEED_EXITED,
    .fields = STATE_INPUT_PATH | STATE_OUTPUT_PATH,
    .ends = true,
    .enter = succeed_enter,
};
