/* Parallel: runs its branches side by side on one input; its result is the array of what they give. */
#include "flow/flow_data.h"
#include "flow/flow_state.h"

struct parallel {
    uint32_t *starts;
    uint32_t count;
};

static void parallel_read(struct check *check, const struct where *at, const struct json *source,
                          struct state *state)
{
    const struct json *branches = check_field(check, at, source, "Branches", JSON_ARRAY);
    struct where here = WHERE(at, STR("Branches"));
    struct parallel *own = ARENA_NEW(check->arena, struct parallel);
    state->own = own;
    if (!branches) {
        if (!json_get(source, STR("Branches")))
            check_problem(check, at, "These fields are required: [Branches]");
        return;
    }
    if (branches->count == 0)
        check_problem(check, &here, "Value cannot be empty");
    own->count = branches->count;
    own->starts = ARENA_ARRAY(check->arena, uint32_t, branches->count);
    for (uint32_t i = 0; i < branches->count; i++) {
        struct where item = WHERE_ITEM(&here, i);
        own->starts[i] = definition_scope(check, &item, &branches->items[i], false);
    }
}

static void parallel_enter(struct step *step, struct branch *branch)
{
    const struct parallel *own = step_state(step, branch)->own;
    struct value input;
    if (!data_input(step, branch, &input) || !step_render(step, branch, &input))
        return;
    if (step->inspection) {
        step_sleep(step, branch, BRANCH_TASK);
        return;
    }
    struct frame *frame = ARENA_NEW(step->arena, struct frame);
    frame->input = branch->input;
    uint32_t started = step_event(step, branch, HISTORY_PARALLEL_STARTED);
    history_end(&step->history);
    family_begin(step, branch, own->count, frame);
    for (uint32_t i = 0; i < own->count; i++)
        family_add(step, branch, own->starts[i], input, started);
}

static const char *const parallel_fields[] = { "Branches", NULL };

static const struct family parallel_family = {
    .succeeded = HISTORY_PARALLEL_SUCCEEDED,
    .failed = HISTORY_PARALLEL_FAILED,
};

const struct state_kind state_parallel = {
    .name = "Parallel",
    .entered = HISTORY_PARALLEL_ENTERED,
    .exited = HISTORY_PARALLEL_EXITED,
    .aborted = HISTORY_PARALLEL_ABORTED,
    .fields = STATE_NEXT | STATE_INPUT_PATH | STATE_OUTPUT_PATH | STATE_PARAMETERS | STATE_RESULT_SELECTOR |
              STATE_RESULT_PATH | STATE_CATCH | STATE_ASSIGN,
    .own_fields = parallel_fields,
    .family = &parallel_family,
    .read = parallel_read,
    .enter = parallel_enter,
};
