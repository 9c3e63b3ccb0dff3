#include "flow/flow_family.h"

#include <assert.h>
#include <stdlib.h>

#include "flow/flow_state.h"

/* ---- at hand ---- */

struct branch *family_branch(struct step *step, uint32_t id)
{
    struct branch *branch = execution_branch(step->execution, id);
    if (!branch && step->rest)
        branch = step->rest->branch(step->rest->self, id);
    return branch && !branch->over ? branch : NULL;
}

static const struct family *family_of(struct step *step, const struct branch *parent)
{
    const struct family *family = step_state(step, parent)->kind->family;
    assert(family);
    return family;
}

struct frame *family_frame(struct step *step, struct branch *parent)
{
    if (!parent->frame) {
        assert(step->rest);
        parent->frame = step->rest->frame(step->rest->self, parent);
    }
    return parent->frame;
}

/* ---- begin ---- */

void family_begin(struct step *step, struct branch *parent, uint32_t children, struct frame *frame)
{
    parent->frame = frame;
    parent->children = children;
    parent->begun = 0;
    parent->done = 0;
    step_sleep(step, parent, BRANCH_FAMILY);
    if (children == 0)
        family_succeed(step, parent);
}

static void branch_finish(struct step *step, struct branch *branch)
{
    branch->over = true;
    step->execution->variable_bytes -= branch->variable_bytes;
    step->spare++;
}

/* The same for now: whether it is kept shows with what becomes of the error. */
static void branch_cut(struct step *step, struct branch *branch)
{
    branch->over = true;
    branch->cut = true;
    step->execution->variable_bytes -= branch->variable_bytes;
}

/* An id of a branch that is over is used again: its record is overwritten, not deleted and another put. */
static struct branch *branch_new(struct step *step)
{
    struct execution *execution = step->execution;
    for (size_t i = execution->branches.len; step->spare > 0 && i > 1; i--) {
        struct branch *old = execution->branches.at[i - 1];
        if (!old->over || old->cut)
            continue;
        struct branch *branch = ARENA_NEW(step->arena, struct branch);
        *branch = (struct branch){ .id = old->id,
                                   .kept = old->kept,
                                   .kept_frame = old->kept_frame,
                                   .kept_output = old->kept_output,
                                   .kept_variables = old->kept_variables,
                                   .variables_gone = old->kept_variables > 0,
                                   .outputs_gone = old->kept_output > 0 };
        execution->branches.at[i - 1] = branch;
        step->spare--;
        return branch;
    }
    struct branch *branch = ARENA_NEW(step->arena, struct branch);
    branch->id = execution->branch_count++;
    VEC_PUSH(step->arena, &execution->branches, branch);
    return branch;
}

struct branch *family_add(struct step *step, struct branch *parent, uint32_t state, struct value input,
                          uint32_t previous)
{
    struct branch *branch = branch_new(step);
    branch->parent = parent->id;
    branch->index = parent->begun++;
    branch->state = state;
    branch->input = input;
    branch->previous_event = previous;
    (void)value_text(step->arena, &branch->input);
    step_ready(step, branch);
    return branch;
}

/* ---- end ---- */

static void child_event(struct step *step, struct branch *parent, struct branch *child,
                        enum history_type type)
{
    if (type == HISTORY_NONE)
        return;
    uint32_t previous = child->previous_event;
    step_event(step, child, type);
    history_text(&step->history, FIELD_NAME, step_state(step, parent)->name);
    history_number(&step->history, FIELD_INDEX, child->index);
    history_end(&step->history);
    if (type != family_of(step, parent)->child_aborted)
        parent->previous_event = child->previous_event;
    child->previous_event = previous;
}

static void outputs_drop(struct step *step, struct branch *parent)
{
    for (size_t i = 0; i < step->outputs.len; i++) {
        if (step->outputs.at[i].parent == parent->id)
            step->outputs.at[i].gone = true;
    }
    parent->outputs_gone = true;
}

/* Back from waiting: the state's input is at hand again. */
static void parent_wake(struct step *step, struct branch *parent)
{
    parent->input = family_frame(step, parent)->input;
    parent->frame = NULL;
    parent->phase = BRANCH_READY;
}

static int output_order(const void *a, const void *b)
{
    const struct output *left = a, *right = b;
    return left->index < right->index ? -1 : left->index > right->index;
}

/* [output, ...] by index. False: larger than a payload may be. */
static bool outputs_join(struct step *step, struct branch *parent, struct str *ret)
{
    output_list list = { 0 };
    size_t bytes = 2;
    if (step->rest && parent->kept_output > 0 && !parent->outputs_gone)
        step->rest->outputs(step->rest->self, parent, &list);
    for (size_t i = 0; i < step->outputs.len; i++) {
        if (step->outputs.at[i].parent == parent->id && !step->outputs.at[i].gone)
            VEC_PUSH(step->arena, &list, step->outputs.at[i]);
    }
    assert(list.len == parent->done);
    if (list.len > 0)
        qsort(list.at, list.len, sizeof(*list.at), output_order);
    for (size_t i = 0; i < list.len; i++)
        bytes += list.at[i].text.len + (i > 0);
    if (bytes > step->settings->payload_bytes_max)
        return false;
    char *at = arena_bytes(step->arena, bytes), *start = at;
    *at++ = '[';
    for (size_t i = 0; i < list.len; i++) {
        if (i > 0)
            *at++ = ',';
        memcpy(at, list.at[i].text.ptr, list.at[i].text.len);
        at += list.at[i].text.len;
    }
    *at++ = ']';
    assert((size_t)(at - start) == bytes);
    *ret = str_of(start, bytes);
    return true;
}

void family_succeed(struct step *step, struct branch *parent)
{
    struct str joined;
    uint32_t previous = parent->previous_event;
    bool fits = outputs_join(step, parent, &joined);
    if (fits) {
        step_event(step, parent, family_of(step, parent)->succeeded);
        history_end(&step->history);
        parent->previous_event = previous;
        parent_wake(step, parent);
        outputs_drop(step, parent);
        if (step_depth(step, parent, joined))
            step_leave(step, parent, value_of_text(joined), STATE_NONE);
    } else {
        step_fail_size(step, parent);
    }
}

void family_child_done(struct step *step, struct branch *child, struct value *output)
{
    struct branch *parent = family_branch(step, child->parent);
    assert(parent && parent->phase == BRANCH_FAMILY);
    struct output given = { parent->id, child->index, value_text(step->arena, output), false };
    VEC_PUSH(step->arena, &step->outputs, given);
    parent->previous_event = child->previous_event;
    child_event(step, parent, child, family_of(step, parent)->child_succeeded);
    branch_finish(step, child);
    parent->done++;
    if (parent->done == parent->children)
        family_succeed(step, parent);
    else if (parent->begun < parent->children && family_of(step, parent)->refill)
        family_of(step, parent)->refill(step, parent, child->previous_event);
}

/* ---- cut off ---- */

static int branch_order(const void *a, const void *b)
{
    const struct branch *const *left = a, *const *right = b;
    return (*left)->index < (*right)->index ? -1 : (*left)->index > (*right)->index;
}

static void children_abort(struct step *step, struct branch *parent)
{
    const struct family *family = family_of(step, parent);
    VEC(struct branch *) children = { 0 };
    if (step->rest)
        step->rest->branches(step->rest->self);
    for (size_t i = 0; i < step->execution->branches.len; i++) {
        struct branch *branch = step->execution->branches.at[i];
        if (!branch->over && branch->parent == parent->id)
            VEC_PUSH(step->arena, &children, branch);
    }
    if (children.len > 0)
        qsort(children.at, children.len, sizeof(*children.at), branch_order);
    for (size_t i = 0; i < children.len; i++) {
        family_abort(step, children.at[i]);
        child_event(step, parent, children.at[i], family->child_aborted);
        branch_cut(step, children.at[i]);
    }
}

void family_abort(struct step *step, struct branch *branch)
{
    const struct state *state = step_state(step, branch);
    if (branch->phase == BRANCH_FAMILY)
        children_abort(step, branch);
    if (branch->phase == BRANCH_MAP_RUN) {
        uint32_t before = branch->previous_event;
        step_event(step, branch, HISTORY_MAP_RUN_ABORTED);
        history_end(&step->history);
        branch->previous_event = before;
    }
    if (branch->phase == BRANCH_READY || state->kind->aborted == HISTORY_NONE)
        return;
    uint32_t previous = branch->previous_event; /* nothing follows from it */
    step_event(step, branch, state->kind->aborted);
    history_end(&step->history);
    branch->previous_event = previous;
}

void family_cut(struct step *step, struct branch *parent, struct branch *failed)
{
    if (failed) {
        uint32_t previous = failed->previous_event;
        child_event(step, parent, failed, family_of(step, parent)->child_failed);
        parent->previous_event = previous;
        branch_cut(step, failed);
    }
    children_abort(step, parent);
    parent->waited = parent->phase;
    parent->waited_frame = family_frame(step, parent);
    parent_wake(step, parent);
}

static void children_drop(struct step *step, struct branch *parent)
{
    outputs_drop(step, parent);
    for (size_t i = 0; i < step->execution->branches.len; i++) {
        struct branch *branch = step->execution->branches.at[i];
        if (!branch->cut || branch->parent != parent->id)
            continue;
        branch->cut = false;
        step->spare++;
        if (branch->waited_frame || branch_has_frame(branch))
            children_drop(step, branch);
    }
}

void family_settle(struct step *step, struct branch *parent)
{
    if (!parent->waited_frame)
        return;
    parent->waited_frame = NULL;
    children_drop(step, parent);
}

void family_stop(struct step *step, struct branch *branch)
{
    if (branch->over && !branch->cut)
        return;
    if (branch->waited_frame) {
        branch->phase = branch->waited;
        branch->frame = branch->waited_frame;
    } else if (!branch_has_frame(branch)) {
        /* Fail is entered anew; other states are begun anew where they were entered already. */
        bool enters = branch->phase == BRANCH_READY || step_state(step, branch)->kind == &state_fail;
        branch->phase = enters ? BRANCH_READY : BRANCH_STOPPED;
    }
    branch->over = true;
    branch->cut = true;
    branch->retry_count = 0;
    branch->try_count = 0;
    branch->wake_ms = 0;
    branch->timeout_ms = 0;
    branch->heartbeat_ms = 0;
    branch->heartbeat_span_ms = 0;
    branch->timeout_span_ms = 0;
    branch->queued_ms = 0;
    branch->job = STR_EMPTY;
    memset(branch->secret, 0, sizeof(branch->secret));
}
