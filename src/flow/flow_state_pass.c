/* Pass: hands on its input, or a result that stands in the definition. */
#include "flow/flow_data.h"
#include "flow/flow_state.h"

static void pass_read(struct check *check, const struct where *at, const struct json *source,
                      struct state *state)
{
    (void)at;
    const struct json *result = json_get(source, STR("Result"));
    if (!result)
        return;
    struct value *own = ARENA_NEW(check->arena, struct value);
    *own = value_of_json(result);
    (void)value_text(check->arena, own);
    state->own = own;
}

static void pass_enter(struct step *step, struct branch *branch)
{
    const struct value *result = step_state(step, branch)->own;
    struct value input;
    if (!data_input(step, branch, &input))
        return;
    step_leave(step, branch, result ? *result : input, STATE_NONE);
}

static const char *const pass_fields[] = { "Result", NULL };

const struct state_kind state_pass = {
    .name = "Pass",
    .entered = HISTORY_PASS_ENTERED,
    .exited = HISTORY_PASS_EXITED,
    .fields = STATE_NEXT | STATE_INPUT_PATH | STATE_OUTPUT_PATH | STATE_PARAMETERS | STATE_RESULT_PATH |
              STATE_ASSIGN,
    .own_fields = pass_fields,
    .read = pass_read,
    .enter = pass_enter,
};
