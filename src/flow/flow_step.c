#include "flow/flow_step.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>

#include "base/utf8.h"
#include "flow/flow_data.h"
#include "flow/flow_state.h"
#include "flow/flow_variable.h"

enum {
    CAUSE_BYTES_MAX = 32768,
    WORK_MAX = 8 << 20, /* values that a template's expressions look at together, or those of a Choice */
    WORK_SHARE_MAX = 2 << 20, /* of all expressions of a command: then others have their turn */
};

const struct state *step_state(const struct step *step, const struct branch *branch)
{
    assert(branch->state < step->plan->state_count);
    return &step->plan->states[branch->state];
}

void step_work_begin(struct step *step)
{
    step->work_max = step->work + WORK_MAX;
}

/* ---- events ---- */

/* The last number of a full history is for the event that ends the execution: what else would be written is not,
 * and step_overflow makes an end. */
static bool event_has_room(struct step *step, enum history_type type)
{
    bool end = type == HISTORY_EXECUTION_SUCCEEDED || type == HISTORY_EXECUTION_FAILED ||
               type == HISTORY_EXECUTION_ABORTED || type == HISTORY_EXECUTION_TIMED_OUT;
    if (!step->full && !end && step->execution->last_event + 1 >= step->settings->events_max) {
        step->full = true;
        step->history.mute = true;
        step->orders_told = step->orders.len;
    }
    return !step->full;
}

uint32_t step_event(struct step *step, struct branch *branch, enum history_type type)
{
    if (!event_has_room(step, type))
        return step->execution->last_event;
    uint32_t previous = branch ? branch->previous_event : 0;
    uint32_t id = history_begin(&step->history, type, previous, step->now_ms);
    step->execution->last_event = id;
    if (branch)
        branch->previous_event = id;
    return id;
}

static void event_failure(struct step *step, struct str error, struct str cause)
{
    if (!str_empty(error))
        history_text(&step->history, FIELD_ERROR, error);
    if (!str_empty(cause))
        history_text(&step->history, FIELD_CAUSE, cause);
    history_end(&step->history);
}

/* ---- ends ---- */

static void execution_end(struct step *step, enum execution_status status)
{
    struct execution *execution = step->execution;
    execution->status = status;
    execution->stop_ms = step->now_ms;
    execution->timeout_ms = 0;
    execution->continue_ms = 0;
    for (size_t i = 0; i < execution->branches.len; i++) {
        if (status == EXECUTION_SUCCEEDED)
            execution->branches.at[i]->over = true;
        else
            family_stop(step, execution->branches.at[i]);
    }
}

static void branch_end(struct step *step, struct branch *branch, struct value *output)
{
    if (branch->parent != BRANCH_NONE) {
        family_child_done(step, branch, output);
        return;
    }
    step_event(step, branch, HISTORY_EXECUTION_SUCCEEDED);
    step->output = value_text(step->arena, output);
    history_text(&step->history, FIELD_OUTPUT, step->output);
    history_end(&step->history);
    execution_end(step, EXECUTION_SUCCEEDED);
}

static void step_stop(struct step *step, const struct happening *what)
{
    struct execution *execution = step->execution;
    family_abort(step, execution->branches.at[0]);
    step->full = false; /* the end is told all the same */
    step->history.mute = false;
    struct branch none = { .previous_event = execution->last_event };
    step_event(step, &none, HISTORY_EXECUTION_ABORTED);
    event_failure(step, what->error, what->cause);
    execution_end(step, EXECUTION_ABORTED);
}

/* Nothing is told of what was under way, and the event follows from none. */
static void step_time_out(struct step *step)
{
    step_event(step, NULL, HISTORY_EXECUTION_TIMED_OUT);
    event_failure(step, STR("States.Timeout"), STR_EMPTY);
    if (step->rest)
        step->rest->branches(step->rest->self); /* they end with it */
    execution_end(step, EXECUTION_TIMED_OUT);
}

/* ---- what a state does ---- */

static void branch_rest(struct branch *branch)
{
    branch->wake_ms = 0;
    branch->timeout_ms = 0;
    branch->heartbeat_ms = 0;
    branch->heartbeat_span_ms = 0;
}

static void branch_move(struct step *step, struct branch *branch, struct value *output, uint32_t next,
                        const struct assignment *assignment)
{
    if (step->inspection)
        step->inspection->output = *output;
    const struct state *state = step_state(step, branch);
    family_settle(step, branch);
    if (state->kind->exited != HISTORY_NONE) {
        step_event(step, branch, state->kind->exited);
        history_text(&step->history, FIELD_NAME, state->name);
        history_text(&step->history, FIELD_OUTPUT, value_text(step->arena, output));
        if (!str_empty(assignment->event))
            history_text(&step->history, FIELD_ASSIGNED, assignment->event);
        history_end(&step->history);
    }
    variables_assign(step, branch, assignment);
    branch_rest(branch);
    if (next == STATE_NONE) {
        branch_end(step, branch, output);
        return;
    }
    (void)value_text(step->arena, output);
    branch->input = *output;
    branch->state = next;
    branch->retry_count = 0;
    branch->try_count = 0;
    step_ready(step, branch);
}

void step_leave_assigning(struct step *step, struct branch *branch, struct value result, uint32_t next,
                          const struct template *assign)
{
    struct value output;
    struct assignment assignment;
    if (!variables_evaluate(step, branch, assign, &result, &assignment) ||
        !data_output(step, branch, &result, &output))
        return;
    branch_move(step, branch, &output, next != STATE_NONE ? next : step_state(step, branch)->next,
                &assignment);
}

void step_leave(struct step *step, struct branch *branch, struct value result, uint32_t next)
{
    step_leave_assigning(step, branch, result, next, step_state(step, branch)->assign);
}

void step_ready(struct step *step, struct branch *branch)
{
    branch->phase = BRANCH_READY;
    if (branch != step->running)
        VEC_PUSH(step->arena, &step->ready, branch);
}

void step_sleep(struct step *step, struct branch *branch, enum branch_phase phase)
{
    (void)step;
    branch->phase = phase;
}

/* ---- errors ---- */

static bool error_matches(const struct error_names *names, struct str error, bool heartbeat)
{
    bool terminal = str_eq(error, STR("States.DataLimitExceeded")) || str_eq(error, STR("States.Runtime"));
    bool timeout = str_eq(error, STR("States.Timeout"));
    for (uint32_t i = 0; i < names->count; i++) {
        struct str name = names->names[i];
        if (str_eq(name, error) || (heartbeat && str_eq(name, STR("States.HeartbeatTimeout"))))
            return true;
        if (str_eq(name, STR("States.ALL")) && !terminal)
            return true;
        if (str_eq(name, STR("States.TaskFailed")) && !terminal && !timeout)
            return true;
    }
    return false;
}

static int64_t retry_delay_ms(struct step *step, const struct retrier *retrier, uint32_t tries)
{
    double most = retrier->delay_s_max > 0 ? (double)retrier->delay_s_max : 31622400.0;
    double delay = (double)retrier->interval_s * pow(retrier->backoff_rate, (double)tries);
    if (!(delay < most))
        delay = most;
    if (retrier->jitter) {
        uint32_t chance = 0;
        step->settings->random(&chance, sizeof(chance));
        delay *= (double)chance / (double)UINT32_MAX;
    }
    return (int64_t)(delay * 1000.0);
}

static bool branch_retry(struct step *step, struct branch *branch, struct str error, bool heartbeat)
{
    const struct state *state = step_state(step, branch);
    for (uint32_t i = 0; i < state->retrier_count; i++) {
        const struct retrier *retrier = &state->retriers[i];
        if (!error_matches(&retrier->errors, error, heartbeat))
            continue;
        if (branch->try_count != state->retrier_count) {
            branch->tries = ARENA_ARRAY(step->arena, uint32_t, state->retrier_count);
            branch->try_count = state->retrier_count;
        }
        if (branch->tries[i] >= retrier->attempts_max)
            return false;
        int64_t delay_ms = retry_delay_ms(step, retrier, branch->tries[i]);
        branch->tries[i]++;
        branch->retry_count++;
        branch_rest(branch);
        branch->phase = BRANCH_RETRY;
        family_settle(step, branch);
        if (step->inspection)
            step->inspection->retry_index = i;
        branch->wake_ms = step->now_ms + delay_ms;
        branch->entry = ++step->execution->last_entry; /* an answer to the attempt that failed is late now */
        return true;
    }
    return false;
}

/* False: no catcher takes the error. */
static bool branch_catch(struct step *step, struct branch *branch, struct str error, struct str cause,
                         bool heartbeat)
{
    const struct state *state = step_state(step, branch);
    for (uint32_t i = 0; i < state->catcher_count; i++) {
        const struct catcher *catcher = &state->catchers[i];
        if (!error_matches(&catcher->errors, error, heartbeat))
            continue;
        if (step->inspection) {
            step->inspection->caught = true;
            step->inspection->catch_index = i;
        }
        struct json_member *members = ARENA_ARRAY(step->arena, struct json_member, 2);
        members[0] = (struct json_member){ STR("Error"), json_of_str(error) };
        members[1] = (struct json_member){ STR("Cause"), json_of_str(cause.ptr ? cause : STR("")) };
        struct json caught = json_of_object(members, 2);
        struct value value = value_of_json(&caught), output;
        if (catcher->result_path.kind == SELECT_PATH) {
            struct json combined;
            if (path_set(catcher->result_path.path, step->arena, value_json(step->arena, &branch->input),
                         &caught, &combined) != ERR_OK) {
                step_fail_runtime(step, branch, "Unable to apply ReferencePath %.*s to input %.*s",
                                  STR_ARG(path_text(catcher->result_path.path)),
                                  STR_ARG(value_text(step->arena, &branch->input)));
                return true;
            }
            output = value_of_json(&combined);
        } else if (!data_combine(step, branch, &catcher->result_path, &value, &output)) {
            return true;
        }
        if (value_shape(&output, step->settings->payload_bytes_max) != VALUE_FITS ||
            value_text(step->arena, &output).len > step->settings->payload_bytes_max)
            return false;
        struct assignment assignment;
        step->catching = true;
        bool assigned = variables_evaluate(step, branch, catcher->assign, &value, &assignment);
        step->catching = false;
        if (assigned)
            branch_move(step, branch, &output, catcher->next, &assignment);
        return true;
    }
    return false;
}

/* Up from the branch to the one whose retriers or catchers take the error; at the root the execution ends. */
void step_fail(struct step *step, struct branch *branch, struct str error, struct str cause, bool heartbeat)
{
    if (step->catching) {
        step_fail_execution(step, branch, error, cause);
        return;
    }
    for (struct branch *failed = NULL;; failed = branch, branch = family_branch(step, branch->parent)) {
        const struct family *family = step_state(step, branch)->kind->family;
        bool begun = branch_has_frame(branch);
        if (branch->phase == BRANCH_MAP_RUN) {
            step_event(step, branch, HISTORY_MAP_RUN_FAILED);
            event_failure(step, error, cause);
        }
        if (begun)
            family_cut(step, branch, failed);
        if (begun && str_eq(error, STR("States.DataLimitExceeded")))
            family_settle(step, branch); /* a redrive begins the whole state anew */
        if (branch->phase == BRANCH_READY)
            branch->phase = BRANCH_STOPPED;
        if (branch_retry(step, branch, error, heartbeat))
            return;
        if (begun) {
            step_event(step, branch, family->failed);
            history_end(&step->history);
        }
        if (branch_catch(step, branch, error, cause, heartbeat))
            return;
        if (branch->parent == BRANCH_NONE)
            break;
    }
    step_fail_execution(step, branch, error, cause);
}

void step_fail_execution(struct step *step, struct branch *branch, struct str error, struct str cause)
{
    if (branch->phase == BRANCH_MAP_RUN) { /* an item cannot be had: a redrive begins another run */
        family_cut(step, branch, NULL);
        family_settle(step, branch);
    }
    if (branch->phase == BRANCH_READY)
        branch->phase = BRANCH_STOPPED;
    step_event(step, branch, HISTORY_EXECUTION_FAILED);
    event_failure(step, error, cause);
    if (step->rest)
        step->rest->branches(step->rest->self); /* they end with it */
    execution_end(step, EXECUTION_FAILED);
}

static struct str cause_of(struct step *step, struct branch *branch, const char *format, va_list args)
{
    struct str text = arena_vprintf(step->arena, format, args), name = step_state(step, branch)->name;
    struct str cause = arena_printf(
        step->arena, "An error occurred while executing the state '%.*s' (entered at the event id #%u). %.*s",
        STR_ARG(name), branch->entered_event, STR_ARG(text));
    if (cause.len > CAUSE_BYTES_MAX) /* it may quote an input */
        cause.len = utf8_valid_len(str_slice(cause, 0, CAUSE_BYTES_MAX));
    return cause;
}

struct str step_cause(struct step *step, struct branch *branch, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str cause = cause_of(step, branch, format, args);
    va_end(args);
    return cause;
}

void step_fail_runtime(struct step *step, struct branch *branch, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str cause = cause_of(step, branch, format, args);
    va_end(args);
    step_fail_execution(step, branch, STR("States.Runtime"), cause);
}

void step_fail_size(struct step *step, struct branch *branch)
{
    struct str cause =
        arena_printf(step->arena,
                     "The state/task '%.*s' returned a result with a size exceeding the maximum "
                     "number of bytes service limit.",
                     STR_ARG(step_state(step, branch)->name));
    step_fail(step, branch, STR("States.DataLimitExceeded"), cause, false);
}

static bool step_fail_depth(struct step *step, struct branch *branch)
{
    step_fail_runtime(step, branch, "The data is nested deeper than %d levels.", JSON_DEPTH_MAX);
    return false;
}

bool step_depth(struct step *step, struct branch *branch, struct str text)
{
    return !value_text_is_deep(text) || step_fail_depth(step, branch);
}

bool step_render(struct step *step, struct branch *branch, struct value *value)
{
    size_t most = step->settings->payload_bytes_max;
    enum value_shape shape = value_shape(value, most);
    if (shape == VALUE_DEEP)
        return step_fail_depth(step, branch);
    if (shape == VALUE_FITS && value_text(step->arena, value).len <= most)
        return true;
    step_fail_size(step, branch);
    return false;
}

/* ---- the driver ---- */

static void branch_enter(struct step *step, struct branch *branch)
{
    const struct state *state = step_state(step, branch);
    step->transitions++;
    step_work_begin(step);
    if (branch->phase == BRANCH_STOPPED) { /* of a redrive: it was entered long ago */
        branch->phase = BRANCH_READY;
        branch->entry = ++step->execution->last_entry;
        state->kind->enter(step, branch);
        return;
    }
    branch->entered_ms = step->now_ms;
    branch->entered_event = step_event(step, branch, state->kind->entered);
    history_text(&step->history, FIELD_NAME, state->name);
    history_text(&step->history, FIELD_INPUT, value_text(step->arena, &branch->input));
    history_end(&step->history);
    branch->entry = ++step->execution->last_entry;
    state->kind->enter(step, branch);
}

static bool step_has_share(const struct step *step)
{
    return step->transitions < step->settings->transitions_max && step->work < WORK_SHARE_MAX &&
           step->history.out->len + (step->settings->logged ? step->history.repeated : 0) <
               step->settings->history_bytes_max;
}

static void step_overflow(struct step *step)
{
    struct branch none = { .previous_event = step->execution->last_event };
    step->full = false;
    step->history.mute = false;
    step->orders.len = step->orders_told;
    step_fail_execution(step, &none, STR("States.Runtime"),
                        arena_printf(step->arena,
                                     "The execution reached the maximum number of history events (%u).",
                                     step->settings->events_max));
}

static bool branch_is_due(const struct branch *branch)
{
    return branch->phase == BRANCH_READY || branch->phase == BRANCH_STOPPED;
}

/* Enters states until all branches wait, the execution is over, or the share is used up. */
static void step_drive(struct step *step)
{
    struct execution *execution = step->execution;
    for (size_t i = 0; i < step->ready.len; i++) {
        struct branch *branch = step->ready.at[i];
        step->running = branch;
        while (!step->full && !branch->over && branch_is_due(branch)) {
            if (!step_has_share(step)) {
                execution->continue_ms = step->now_ms;
                return;
            }
            branch_enter(step, branch);
        }
        step->running = NULL;
    }
}

static void step_continue(struct step *step)
{
    struct execution *execution = step->execution;
    execution->continue_ms = 0;
    if (step->rest)
        step->rest->branches(step->rest->self);
    for (size_t i = 0; i < execution->branches.len; i++) {
        if (branch_is_due(execution->branches.at[i]))
            VEC_PUSH(step->arena, &step->ready, execution->branches.at[i]);
    }
}

static void step_start(struct step *step, const struct happening *what)
{
    struct execution *execution = step->execution;
    struct branch *root = ARENA_NEW(step->arena, struct branch);
    *root = (struct branch){ .id = BRANCH_ROOT,
                             .parent = BRANCH_NONE,
                             .state = step->names->child ? step->names->start : step->plan->start,
                             .input = what->value };
    step->execution_input = what->value;
    execution->status = EXECUTION_RUNNING;
    execution->start_ms = step->now_ms;
    if (step->plan->timeout_s > 0 && !step->names->child)
        execution->timeout_ms = step->now_ms + step->plan->timeout_s * 1000;
    step_event(step, NULL, HISTORY_EXECUTION_STARTED);
    history_text(&step->history, FIELD_INPUT, value_text(step->arena, &root->input));
    history_text(&step->history, FIELD_ROLE_ARN, step->names->role_arn);
    if (!str_empty(step->names->alias_arn))
        history_text(&step->history, FIELD_MACHINE_ALIAS_ARN, step->names->alias_arn);
    if (!str_empty(step->names->version_arn))
        history_text(&step->history, FIELD_MACHINE_VERSION_ARN, step->names->version_arn);
    history_end(&step->history);
    VEC_PUSH(step->arena, &execution->branches, root);
    execution->branch_count = 1;
    step_ready(step, root);
}

/* What did not succeed goes on: the root from this event, each other branch from its own last one. */
static void step_redrive(struct step *step, const struct happening *what)
{
    struct execution *execution = step->execution;
    struct branch *root = execution_branch(execution, BRANCH_ROOT);
    size_t count = execution->branches.len;
    if (step->plan->timeout_s > 0 && !step->names->child)
        execution->timeout_ms = step->now_ms + step->plan->timeout_s * 1000;
    root->previous_event = execution->last_event;
    step_event(step, root, HISTORY_EXECUTION_REDRIVEN);
    history_number(&step->history, FIELD_REDRIVE_COUNT, execution->redrives);
    history_end(&step->history);
    step->transitions++;
    for (size_t i = 0; i < count; i++) {
        if (branch_is_due(execution->branches.at[i]))
            VEC_PUSH(step->arena, &step->ready, execution->branches.at[i]);
    }
    for (size_t i = 0; i < count && execution->status == EXECUTION_RUNNING; i++) {
        struct branch *branch = execution->branches.at[i];
        const struct family *family = step_state(step, branch)->kind->family;
        if (branch_has_frame(branch) && family->redrive)
            family->redrive(step, branch, what);
    }
}

void flow_step(struct step *step, const struct happening *what)
{
    struct branch *branch;
    step_work_begin(step);
    switch (what->kind) {
    case HAPPENED_START:
        step_start(step, what);
        break;
    case HAPPENED_CONTINUE:
        step_continue(step);
        break;
    case HAPPENED_REDRIVE:
        step_redrive(step, what);
        break;
    case HAPPENED_EXECUTION_TIMEOUT:
        step_time_out(step);
        return;
    case HAPPENED_STOP:
        step_stop(step, what);
        return;
    default:
        branch = family_branch(step, what->branch);
        assert(branch);
        if (branch->phase == BRANCH_RETRY) {
            branch->wake_ms = 0;
            step->transitions++;
            step_state(step, branch)->kind->enter(step, branch);
        } else {
            step_state(step, branch)->kind->resume(step, branch, what);
        }
        break;
    }
    step_drive(step);
    if (step->full)
        step_overflow(step);
}
