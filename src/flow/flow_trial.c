/* A state on the pure step, by itself.
 *
 * It is put into a machine of its own, whose other states are those that it may lead to; the step has a share of one
 * transition, so that it stops before the next state. A Wait is over at once. A mock answers what the state waits
 * for; a task without one goes out (flow_trial_task.c). */
#include <assert.h>

#include "flow/flow_state.h"
#include "flow/flow_trial_impl.h"
#include "flow/flow_variable.h"
#include "io/digest.h"
#include "io/rand.h"

enum { TRIAL_TIME_MAX_MS = 300000 };

struct flow_trial {
    struct flow *flow;
    struct arena *arena;
    struct ns ns;
    struct flow_test test;
    struct trial_given given;
    struct step_settings settings;
    struct execution execution;
    struct execution_names names;
    struct step_inspection seen;
    struct step step;
    struct str error, cause; /* that were told last */
    uint64_t task;           /* its number, when it is under way */
    int64_t due_ms;          /* when that, or the whole, is over its time */
    bool over, under_way;
};

/* A mocked task is not carried out: any resource will do that looks like one. */
static bool known_mocked(void *self, struct str resource, struct str *ret_why)
{
    (void)self;
    *ret_why = STR_EMPTY;
    return str_starts(resource, STR("arn:"));
}

/* ---- steps ---- */

/* The step's cause begins with where it happened; there is but one place here. */
static struct str cause_alone(struct str cause)
{
    size_t end = str_find(cause, STR("). "));
    if (str_starts(cause, STR("An error occurred while executing the state '")) && end != STR_NOT_FOUND)
        return str_from_offset(cause, end + 3);
    return cause;
}

/* Error and cause of the last event that has them. */
static void failure_keep(struct flow_trial *trial)
{
    struct history_reader events;
    struct history_event event;
    if (!trial->step.history.begun || !history_reader_init(&events, buf_str(trial->step.history.out)))
        return;
    while (history_next(&events, &event)) {
        if (!event.texts[FIELD_ERROR].ptr)
            continue;
        struct str cause = event.texts[FIELD_CAUSE];
        trial->error = arena_copy(trial->arena, event.texts[FIELD_ERROR]);
        trial->cause = cause.ptr ? cause_alone(arena_copy(trial->arena, cause)) : STR_EMPTY;
    }
}

static struct branch *root_of(const struct flow_trial *trial)
{
    return trial->execution.status == EXECUTION_RUNNING ? execution_branch(&trial->execution, BRANCH_ROOT)
                                                        : NULL;
}

/* One happening. Past the first, the step has had its share: nothing is entered. */
static void trial_step(struct flow_trial *trial, const struct happening *what)
{
    struct buf history;
    buf_init(&history, 0);
    history_writer_init(&trial->step.history, &history, trial->execution.last_event);
    flow_step(&trial->step, what);
    trial->step.transitions = trial->settings.transitions_max;
    failure_keep(trial);
    buf_fini(&history);
}

/* A Map or Parallel whose branches were not begun: what they gave, or how they failed. */
static void family_told(struct flow_trial *trial, struct str error, struct str cause)
{
    struct branch *root = root_of(trial);
    struct buf history;
    buf_init(&history, 0);
    history_writer_init(&trial->step.history, &history, trial->execution.last_event);
    if (error.ptr)
        step_fail(&trial->step, root, error, cause, false);
    else
        step_leave(&trial->step, root, value_of_json(&trial->given.mock), STATE_NONE);
    failure_keep(trial);
    if (str_empty(trial->error)) /* a retrier or catcher tells no event of it */
        trial->error = error, trial->cause = cause;
    buf_fini(&history);
}

/* ---- the answer ---- */

/* False: there are fewer iterations than are said to have failed. */
static bool family_answer(struct flow_trial *trial, struct fault *reterr)
{
    static const struct str threshold_error = { "States.ExceedToleratedFailureThreshold", 38 };
    const struct flow_test *test = &trial->test;
    const struct map_limits *limits = &trial->seen.limits;
    struct str none = { NULL, 0 };
    if (test->failures && *test->failures > trial->seen.items_count)
        return fault_set(
            reterr, trial->arena, FAULT_VALIDATION,
            "Map iteration failure count must be less than or equal to the number of Map iterations");
    if (!test->mock_result.ptr) {
        family_told(trial, test->mock_error.ptr ? test->mock_error : STR(""), test->mock_cause);
        return true;
    }
    uint32_t failures = test->failures ? *test->failures : 0;
    bool tolerated = failures == 0 || (limits->has_count && failures <= limits->count) ||
                     (limits->has_percentage &&
                      (double)failures * 100 <= limits->percentage * (double)trial->seen.items_count);
    if (limits->has_count && limits->has_percentage && failures > 0) /* whichever is reached first */
        tolerated = failures <= limits->count &&
                    (double)failures * 100 <= limits->percentage * (double)trial->seen.items_count;
    if (tolerated)
        family_told(trial, none, none);
    else
        family_told(trial, threshold_error, STR("The specified tolerated failure threshold was exceeded"));
    return true;
}

/* What the state waits for happens at once; a task without a mock stays under way. */
static bool answer(struct flow_trial *trial, struct fault *reterr)
{
    const struct flow_test *test = &trial->test;
    struct branch *root = root_of(trial);
    struct happening what = { .branch = BRANCH_ROOT };
    trial->over = true;
    if (root && root->phase == BRANCH_WAIT) {
        what.kind = HAPPENED_WAKE;
    } else if (!root || root->phase != BRANCH_TASK) {
        return true;
    } else if (trial->step.plan->states[root->state].kind->family) {
        return family_answer(trial, reterr);
    } else if (!test->mocked) {
        trial->over = false;
        return true;
    } else if (test->mock_result.ptr) {
        what.kind = HAPPENED_TOKEN_SUCCESS;
        what.value = value_of_json(&trial->given.mock);
    } else {
        what.kind = HAPPENED_TOKEN_FAILURE;
        what.error = test->mock_error;
        what.cause = test->mock_cause;
    }
    trial_step(trial, &what);
    return true;
}

/* ---- begin ---- */

static void names_make(struct flow_trial *trial)
{
    struct arena *arena = trial->arena;
    char *name = arena_bytes(arena, UUID_TEXT_BYTES), *machine = arena_bytes(arena, UUID_TEXT_BYTES);
    uuid_random(name);
    uuid_random(machine);
    struct str machine_name = str_of(machine, UUID_TEXT_BYTES);
    trial->execution.name = str_of(name, UUID_TEXT_BYTES);
    trial->names = (struct execution_names){
        .execution_arn =
            arena_printf(arena, "arn:aws:states:%.*s:%.*s:express:%.*s:%.*s", STR_ARG(trial->ns.region),
                         STR_ARG(trial->ns.account), UUID_TEXT_BYTES, machine, UUID_TEXT_BYTES, name),
        .machine_arn = machine_arn_make(arena, trial->ns, machine_name),
        .machine_name = machine_name,
        .role_arn = trial->test.role_arn,
        .region = trial->ns.region,
    };
}

static void variables_set(struct flow_trial *trial, struct branch *root)
{
    const struct json *given = &trial->given.variables;
    struct assignment assignment = { .values = given };
    if (!trial->given.has_variables)
        return;
    assignment.texts = ARENA_ARRAY(trial->arena, struct str, given->count);
    for (uint32_t i = 0; i < given->count; i++)
        assignment.texts[i] = json_text(trial->arena, &given->members[i].value);
    assignment.event = STR("given");
    variables_assign(&trial->step, root, &assignment);
}

/* The execution stands before its state, as if it had come there; then it goes on. */
static void enter(struct flow_trial *trial)
{
    struct arena *arena = trial->arena;
    const struct flow_test *test = &trial->test;
    const struct plan *plan = trial->step.plan;
    const struct state *state = &plan->states[plan->start];
    struct branch *root = ARENA_NEW(arena, struct branch);
    struct value input = value_of_text(test->input);
    input.json = trial->given.input;
    input.has_json = true;
    *root = (struct branch){
        .id = BRANCH_ROOT, .parent = BRANCH_NONE, .phase = BRANCH_READY, .state = plan->start, .input = input
    };
    const uint32_t *retries = trial->given.retries;
    if (retries) {
        root->retry_count = *retries;
        root->try_count = state->retrier_count;
        root->tries = ARENA_ARRAY(arena, uint32_t, (size_t)state->retrier_count + 1);
        for (uint32_t i = 0; i < root->try_count; i++)
            root->tries[i] = *retries;
    }
    trial->execution.status = EXECUTION_RUNNING;
    trial->execution.start_ms = test->now_ms;
    trial->execution.hops = test->hops;
    trial->execution.branch_count = 1;
    VEC_PUSH(arena, &trial->execution.branches, root);
    variables_set(trial, root);
    trial_step(trial, &(struct happening){ .kind = HAPPENED_CONTINUE });
}

bool flow_trial_begin(struct flow *flow, struct arena *arena, struct ns ns, const struct flow_test *test,
                      struct flow_trial **ret, struct fault *reterr)
{
    struct flow_trial *trial = ARENA_NEW(arena, struct flow_trial);
    const struct plan *plan;
    struct str why;
    trial->flow = flow;
    trial->arena = arena;
    trial->ns = ns;
    trial->test = *test;
    if (!trial_read(arena, &trial->test, &trial->given, reterr))
        return false;
    trial->settings = (struct step_settings){ .transitions_max = 1,
                                              .history_bytes_max = SIZE_MAX,
                                              .events_max = HISTORY_EVENTS_MAX,
                                              .payload_bytes_max = PAYLOAD_BYTES_MAX,
                                              .random = rand_bytes,
                                              .digest = digest_named };
    if (!plan_read_trial(arena, trial_machine(&trial->given), test->mocked,
                         test->mocked ? known_mocked : flow->settings.task_known,
                         flow->settings.task_known_self, &plan, &why))
        return fault_set(reterr, arena, FAULT_INVALID_DEFINITION, "%.*s", STR_ARG(why));
    names_make(trial);
    trial->seen.context = trial->given.has_context ? &trial->given.context : NULL;
    trial->seen.items = trial->given.has_items ? &trial->given.items : NULL;
    trial->step = (struct step){ .plan = plan,
                                 .execution = &trial->execution,
                                 .names = &trial->names,
                                 .settings = &trial->settings,
                                 .arena = arena,
                                 .now_ms = test->now_ms,
                                 .item = trial->given.in_map ? &trial->given.input : NULL,
                                 .inspection = &trial->seen };
    trial->step.execution_input = value_of_text(test->input);
    enter(trial);
    *ret = trial;
    return answer(trial, reterr);
}

/* ---- the task ---- */

bool flow_trial_over(const struct flow_trial *trial)
{
    return trial->over;
}

struct str flow_trial_topic(const struct flow_trial *trial)
{
    return trial->names.execution_arn;
}

static void sooner(int64_t *due_ms, int64_t other_ms)
{
    if (other_ms != 0 && other_ms < *due_ms)
        *due_ms = other_ms;
}

bool flow_trial_send(struct flow_trial *trial, struct work *work, struct fault *reterr)
{
    struct step *step = &trial->step;
    struct branch *root = root_of(trial);
    assert(!trial->over && step->orders.len == 1);
    struct trial_order order = { step->orders.at, flow_trial_topic(trial), trial->ns, trial->test.hops };
    /* Times count from here: until now the trial was on another thread, which has the machine's clock. */
    int64_t late_ms = work->now_ms - step->now_ms;
    root->timeout_ms += root->timeout_ms != 0 ? late_ms : 0;
    root->heartbeat_ms += root->heartbeat_ms != 0 ? late_ms : 0;
    step->now_ms = work->now_ms;
    trial->execution.timeout_ms = trial->due_ms = work->now_ms + TRIAL_TIME_MAX_MS;
    sooner(&trial->due_ms, root->timeout_ms);
    sooner(&trial->due_ms, root->heartbeat_ms);
    trial->under_way = trial_task_add(trial->flow, work, &order, &trial->task, reterr);
    return trial->under_way;
}

bool flow_trial_look(struct flow_trial *trial, int64_t now_ms, int64_t *ret_due_ms)
{
    struct delivery_result result;
    struct branch *root = root_of(trial);
    struct happening what = { .branch = BRANCH_ROOT };
    *ret_due_ms = trial->due_ms;
    if (trial->over)
        return true;
    if (trial_task_take(trial->flow, trial->task, trial->arena, &result)) {
        trial->under_way = false;
        what = flow_task_happening(trial->arena, BRANCH_ROOT, &result);
    } else if (now_ms < trial->due_ms) {
        return false;
    } else if (root->timeout_ms != 0 && root->timeout_ms <= now_ms) {
        what.kind = HAPPENED_TIMEOUT;
    } else if (root->heartbeat_ms != 0 && root->heartbeat_ms <= now_ms) {
        what.kind = HAPPENED_HEARTBEAT_MISSED;
    } else {
        what.kind = HAPPENED_EXECUTION_TIMEOUT;
    }
    flow_trial_leave(trial);
    trial->step.now_ms = now_ms;
    trial_step(trial, &what);
    trial->over = true;
    return true;
}

void flow_trial_leave(struct flow_trial *trial)
{
    if (trial->under_way)
        trial_task_drop(trial->flow, trial->task);
    trial->under_way = false;
}

/* ---- the outcome ---- */

static struct str seen_text(const struct flow_trial *trial, const struct value *value)
{
    struct value copy = *value;
    return copy.has_text || copy.has_json ? value_text(trial->arena, &copy) : STR_EMPTY;
}

static void outcome_tell(const struct flow_trial *trial, struct flow_tested *ret)
{
    const struct step_inspection *seen = &trial->seen;
    const struct branch *root = root_of(trial);
    enum execution_status status = trial->execution.status;
    ret->error = trial->error;
    ret->cause = trial->cause;
    if (status == EXECUTION_FAILED || status == EXECUTION_TIMED_OUT) {
        ret->status = STR("FAILED");
    } else if (root && root->phase == BRANCH_RETRY) {
        ret->status = STR("RETRIABLE");
        ret->retry_index = seen->retry_index;
        ret->backoff_s = (root->wake_ms - trial->step.now_ms) / 1000;
        ret->retried = true;
    } else {
        ret->status = seen->caught ? STR("CAUGHT_ERROR") : STR("SUCCEEDED");
        if (!seen->caught)
            ret->error = ret->cause = STR_EMPTY;
        ret->caught = seen->caught;
        ret->catch_index = seen->catch_index;
        ret->output = seen_text(trial, &seen->output);
        if (root)
            ret->next_state = trial->step.plan->states[root->state].name;
    }
}

static void limits_tell(const struct step_inspection *seen, struct flow_tested *ret)
{
    if (!seen->has_limits)
        return;
    ret->has_concurrency = true;
    ret->concurrency = seen->limits.concurrency;
    ret->has_count = seen->limits.has_count;
    ret->count = seen->limits.count;
    ret->has_percentage = seen->limits.has_percentage;
    ret->percentage = seen->limits.percentage;
}

/* Those given and those assigned; none: empty. */
static struct str variables_text(const struct flow_trial *trial)
{
    const struct branch *root = trial->execution.branches.len > 0 ? trial->execution.branches.at[0] : NULL;
    const struct variable *one = root && root->variables ? root->variables->first : NULL;
    struct buf out;
    struct json_writer writer;
    bool any = false;
    buf_init(&out, 0);
    json_writer_init(&writer, &out);
    json_begin_object(&writer);
    for (; one; one = one->next) {
        struct value value = one->value;
        if (!one->there)
            continue;
        any = true;
        json_key(&writer, one->name);
        json_put_raw(&writer, value_text(trial->arena, &value));
    }
    json_end_object(&writer);
    struct str text = any ? arena_copy(trial->arena, buf_str(&out)) : STR_EMPTY;
    buf_fini(&out);
    return text;
}

/* What each kind of state has to show of its data. */
void flow_trial_tell(struct flow_trial *trial, struct flow_tested *ret)
{
    const struct step_inspection *seen = &trial->seen;
    const struct json *fixed =
        str_eq(trial->given.type, STR("Pass")) ? json_get(trial->given.state, STR("Result")) : NULL;
    bool task = str_eq(trial->given.type, STR("Task")), pass = str_eq(trial->given.type, STR("Pass"));
    bool parallel = str_eq(trial->given.type, STR("Parallel"));
    bool map = str_eq(trial->given.type, STR("Map"));
    memset(ret, 0, sizeof(*ret));
    outcome_tell(trial, ret);
    limits_tell(seen, ret);
    if (!fixed && !parallel)
        ret->after_input_path = seen_text(trial, &seen->after_input_path);
    if (!fixed && (task || pass))
        ret->after_parameters = seen_text(trial, &seen->after_parameters);
    if (fixed)
        ret->result = json_text(trial->arena, fixed);
    if (task)
        ret->result = trial->test.mocked ? trial->test.mock_result : seen_text(trial, &seen->result);
    if (task || pass || parallel || map) {
        ret->after_result_selector = seen_text(trial, &seen->after_result_selector);
        ret->after_result_path = seen_text(trial, &seen->after_result_path);
    }
    ret->after_items_path = seen_text(trial, &seen->after_items_path);
    ret->after_item_selector = seen_text(trial, &seen->after_item_selector);
    ret->after_item_batcher = seen_text(trial, &seen->after_item_batcher);
    ret->variables = variables_text(trial);
}
