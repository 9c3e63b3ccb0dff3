/* Task: has something done elsewhere, and goes on with what came back, or with what the
 * holder of its token says. */
#include <assert.h>

#include "base/arn.h"
#include "base/time.h"
#include "flow/flow_data.h"
#include "flow/flow_state.h"
#include "flow/flow_token.h"

struct task {
    struct str resource;     /* the whole ARN */
    struct str type, action; /* as histories show them: "events", "putEvents.waitForTaskToken" */
    bool by_token;
    bool activity;                  /* a worker polls for it */
    bool function;                  /* a function, named by its ARN */
    bool job, job_json;             /* .sync, .sync:2: waits for the execution that it starts */
    int64_t timeout_s, heartbeat_s; /* 0: none */
    const struct path *timeout_path, *heartbeat_path;
    const struct template *credentials; /* NULL: the machine's role */
};

/* arn:aws:states:REGION:ACCOUNT:activity:NAME */
bool activity_is(struct str resource)
{
    struct arn arn;
    return arn_parse(resource, &arn) && str_eq(arn.service, STR("states")) &&
           str_starts(arn.resource, STR("activity:"));
}

bool function_is(struct str resource)
{
    struct arn arn;
    return str_starts(resource, STR("arn:aws:states:::lambda:")) ||
           (arn_parse(resource, &arn) && str_eq(arn.service, STR("lambda")));
}

bool operation_waits(struct str resource)
{
    return str_starts(resource, STR("arn:aws:states:::aws-sdk:sfn:startSyncExecution")) ||
           str_starts(resource, STR("arn:aws:states:::aws-sdk:sfn:testState"));
}

/* ---- read ---- */

/* Whether Express machines can have tasks of the resource. */
static bool express_has(struct check *check, const struct where *here, struct str resource)
{
    if (activity_is(resource))
        check_problem(check, here, "Express state machine does not support Activity ARN");
    else if (str_ends(resource, STR(".sync")) || str_ends(resource, STR(".sync:2")))
        check_problem(check, here, "Express state machine does not support '.sync' service integration");
    else if (str_ends(resource, STR(".waitForTaskToken"))) /* with the service's two spaces */
        check_problem(check, here,
                      "Express state machine does not support '.waitForTaskToken' service integration ");
    else
        return true;
    return false;
}

static void resource_read(struct check *check, const struct where *at, const struct json *source,
                          struct task *own)
{
    const struct json *resource = check_field(check, at, source, "Resource", JSON_STRING);
    struct where here = WHERE(at, STR("Resource"));
    if (!resource) {
        if (!json_get(source, STR("Resource")))
            check_problem(check, at, "These fields are required: [Resource]");
        return;
    }
    own->resource = resource->text;
    struct str why = STR_EMPTY;
    if (check->express && !express_has(check, &here, own->resource))
        return;
    if (!check->known || !check->known(check->known_self, own->resource, &why)) {
        if (str_empty(why))
            why = STR("is not recognized. The value is not a valid resource ARN, or the resource is not "
                      "available in "
                      "this region.");
        else
            why = arena_printf(check->arena, "cannot be run: %.*s", STR_ARG(why));
        check_problem(check, &here, "The resource provided %.*s %.*s", STR_ARG(own->resource), STR_ARG(why));
        return;
    }
    own->activity = activity_is(own->resource);
    own->function = function_is(own->resource) && !str_starts(own->resource, STR("arn:aws:states:::"));
    if (own->activity || own->function)
        return;
    /* arn:aws:states:::events:putEvents.waitForTaskToken, ...:aws-sdk:sfn:startExecution */
    struct str rest = own->resource, head;
    for (int i = 0; i < 5; i++)
        (void)str_cut(rest, ':', &head, &rest);
    size_t sdk = str_starts(rest, STR("aws-sdk:")) ? strlen("aws-sdk:") : 0;
    struct str named = str_from_offset(rest, sdk);
    (void)str_cut(named, ':', &head, &own->action);
    own->type = str_slice(rest, 0, sdk + head.len);
    own->by_token = str_ends(own->action, STR(".waitForTaskToken"));
    own->job_json = str_ends(own->action, STR(".sync:2"));
    own->job = own->job_json || str_ends(own->action, STR(".sync"));
}

static void time_read(struct check *check, const struct where *at, const struct json *source,
                      const char *seconds, const char *path, int64_t *ret_s, const struct path **ret_path)
{
    *ret_s = check_integer(check, at, source, seconds, 1, 99999999, 0);
    *ret_path = check_path(check, at, source, path, PATH_REFERENCE_READ);
    if (json_get(source, str_from(seconds)) && json_get(source, str_from(path)))
        check_problem(check, at, "These fields cannot be used together: [%s, %s]", seconds, path);
}

static void task_read(struct check *check, const struct where *at, const struct json *source,
                      struct state *state)
{
    struct task *own = ARENA_NEW(check->arena, struct task);
    resource_read(check, at, source, own);
    time_read(check, at, source, "TimeoutSeconds", "TimeoutSecondsPath", &own->timeout_s, &own->timeout_path);
    time_read(check, at, source, "HeartbeatSeconds", "HeartbeatSecondsPath", &own->heartbeat_s,
              &own->heartbeat_path);
    own->credentials = check_template(check, at, source, "Credentials");
    struct where here = WHERE(at, STR("HeartbeatSeconds"));
    if (own->timeout_s > 0 && own->heartbeat_s >= own->timeout_s)
        check_problem(check, &here, "HeartbeatSeconds must be smaller than TimeoutSeconds");
    state->own = own;
}

/* ---- schedule ---- */

static bool task_time(struct step *step, struct branch *branch, const char *field, const struct path *path,
                      int64_t *seconds)
{
    struct json picked;
    if (!path)
        return true;
    if (data_pick(step, branch, path, &branch->input, &picked) != ERR_OK) {
        step_fail_runtime(step, branch, "The %s parameter does not reference an input value: %.*s", field,
                          STR_ARG(path_text(path)));
        return false;
    }
    if (picked.type == JSON_NUMBER && json_number_i64(picked.text, seconds) && *seconds > 0 &&
        *seconds <= 99999999)
        return true;
    struct str found = json_text(step->arena, &picked);
    step_fail_runtime(step, branch, "The %s parameter must be a positive integer: %.*s == %.*s", field,
                      STR_ARG(path_text(path)), STR_ARG(found));
    return false;
}

/* Tasks of activities, and those of functions named by their ARN, have events of their own, which do not repeat
 * the resource. */
static void task_event(struct step *step, struct branch *branch, enum history_type type)
{
    static const enum history_type of_activity[HISTORY_TYPES] = {
        [HISTORY_TASK_SCHEDULED] = HISTORY_ACTIVITY_SCHEDULED,
        [HISTORY_TASK_STARTED] = HISTORY_ACTIVITY_STARTED,
        [HISTORY_TASK_SUCCEEDED] = HISTORY_ACTIVITY_SUCCEEDED,
        [HISTORY_TASK_FAILED] = HISTORY_ACTIVITY_FAILED,
        [HISTORY_TASK_TIMED_OUT] = HISTORY_ACTIVITY_TIMED_OUT,
        [HISTORY_TASK_SUBMIT_FAILED] = HISTORY_ACTIVITY_SCHEDULE_FAILED,
    };
    static const enum history_type of_function[HISTORY_TYPES] = {
        [HISTORY_TASK_SCHEDULED] = HISTORY_LAMBDA_SCHEDULED,
        [HISTORY_TASK_STARTED] = HISTORY_LAMBDA_STARTED,
        [HISTORY_TASK_SUCCEEDED] = HISTORY_LAMBDA_SUCCEEDED,
        [HISTORY_TASK_FAILED] = HISTORY_LAMBDA_FAILED,
        [HISTORY_TASK_TIMED_OUT] = HISTORY_LAMBDA_TIMED_OUT,
        [HISTORY_TASK_START_FAILED] = HISTORY_LAMBDA_START_FAILED,
        [HISTORY_TASK_SUBMIT_FAILED] = HISTORY_LAMBDA_SCHEDULE_FAILED,
    };
    const struct task *own = step_state(step, branch)->own;
    struct task_mark mark = { own->resource, type, own->activity, own->function, false };
    VEC_PUSH(step->arena, &step->marks, mark);
    if (own->activity || own->function) {
        enum history_type named = own->activity ? of_activity[type] : of_function[type];
        assert(named != HISTORY_NONE);
        step_event(step, branch, named);
        return;
    }
    step_event(step, branch, type);
    history_text(&step->history, FIELD_RESOURCE_TYPE, own->type);
    history_text(&step->history, FIELD_RESOURCE, own->action);
}

static void task_fail(struct step *step, struct branch *branch, enum history_type type, struct str error,
                      struct str cause, bool heartbeat)
{
    task_event(step, branch, type);
    step->marks.at[step->marks.len - 1].heartbeat = heartbeat;
    if (!str_empty(error))
        history_text(&step->history, FIELD_ERROR, error);
    if (!str_empty(cause))
        history_text(&step->history, FIELD_CAUSE, cause);
    history_end(&step->history);
    step_fail(step, branch, error, cause, heartbeat);
}

static void task_times_begin(const struct step *step, struct branch *branch)
{
    branch->timeout_ms = branch->timeout_span_ms > 0 ? step->now_ms + branch->timeout_span_ms : 0;
    branch->heartbeat_ms = branch->heartbeat_span_ms > 0 ? step->now_ms + branch->heartbeat_span_ms : 0;
}

/* The role that the task would take on; shown in the history, as roles are. Empty: the machine's. */
static bool task_credentials(struct step *step, struct branch *branch, struct str *ret)
{
    const struct task *own = step_state(step, branch)->own;
    struct value rendered;
    *ret = STR_EMPTY;
    if (!own->credentials)
        return true;
    if (!data_render(step, branch, own->credentials, &branch->input, &rendered))
        return false;
    const struct json *role = json_get_typed(value_json(step->arena, &rendered), STR("RoleArn"), JSON_STRING);
    if (!role) {
        step_fail_runtime(step, branch, "The field 'RoleArn' of Credentials must be a string.");
        return false;
    }
    struct json_member *member = ARENA_NEW(step->arena, struct json_member);
    *member = (struct json_member){ STR("roleArn"), *role };
    struct json credentials = json_of_object(member, 1);
    *ret = json_text(step->arena, &credentials);
    return true;
}

/* A function whose endpoint has gone from the settings since the definition was made. One that is named by its ARN
 * is not scheduled at all; another task is, but does not start. */
static bool task_is_known(struct step *step, struct branch *branch, bool scheduled)
{
    const struct task *own = step_state(step, branch)->own;
    struct str why = STR_EMPTY;
    if (!function_is(own->resource) || own->function == scheduled || !step->settings->known ||
        step->settings->known(step->settings->known_self, own->resource, &why))
        return true;
    struct str cause =
        arena_printf(step->arena, "Function not found: %.*s (%.*s)", STR_ARG(own->resource), STR_ARG(why));
    task_fail(step, branch,
              own->function || own->by_token ? HISTORY_TASK_SUBMIT_FAILED : HISTORY_TASK_START_FAILED,
              STR("Lambda.ResourceNotFoundException"), cause, false);
    return false;
}

static void task_enter(struct step *step, struct branch *branch)
{
    const struct task *own = step_state(step, branch)->own;
    int64_t timeout_s = own->timeout_s, heartbeat_s = own->heartbeat_s;
    struct value parameters;
    struct str credentials = STR_EMPTY;
    if (own->by_token) {
        struct task_token token = { .ref = step->names->ref, .branch = branch->id, .entry = branch->entry };
        step->settings->random(branch->secret, sizeof(branch->secret));
        memcpy(token.secret, branch->secret, sizeof(token.secret));
        step->task_token = task_token_write(step->arena, &token);
    }
    bool ready = data_input(step, branch, &parameters) &&
                 task_time(step, branch, "TimeoutSecondsPath", own->timeout_path, &timeout_s) &&
                 task_time(step, branch, "HeartbeatSecondsPath", own->heartbeat_path, &heartbeat_s) &&
                 task_credentials(step, branch, &credentials);
    step->task_token = STR_EMPTY;
    if (!ready)
        return;
    if (!step_render(step, branch, &parameters) || !task_is_known(step, branch, false))
        return;
    struct str text = value_text(step->arena, &parameters);
    task_event(step, branch, HISTORY_TASK_SCHEDULED);
    if (own->activity || own->function) {
        history_text(&step->history, FIELD_RESOURCE, own->resource);
        history_text(&step->history, FIELD_INPUT, text);
    } else {
        history_text(&step->history, FIELD_REGION, step->names->region);
        history_text(&step->history, FIELD_PARAMETERS, text);
    }
    if (timeout_s > 0)
        history_number(&step->history, FIELD_TIMEOUT_SECONDS, timeout_s);
    if (heartbeat_s > 0)
        history_number(&step->history, FIELD_HEARTBEAT_SECONDS, heartbeat_s);
    if (!str_empty(credentials) && !own->activity)
        history_text(&step->history, FIELD_TASK_CREDENTIALS, credentials);
    history_end(&step->history);
    if (!task_is_known(step, branch, true))
        return;
    branch->timeout_span_ms = timeout_s * 1000;
    branch->heartbeat_span_ms = heartbeat_s * 1000;
    if (!own->activity) { /* a worker's begins when it takes the task */
        task_event(step, branch, HISTORY_TASK_STARTED);
        history_end(&step->history);
        task_times_begin(step, branch);
    }
    struct task_order order = { branch->id, branch->entry, own->resource, text };
    VEC_PUSH(step->arena, &step->orders, order);
    step_sleep(step, branch, BRANCH_TASK);
}

/* ---- answers ---- */

static void task_succeed(struct step *step, struct branch *branch, const struct happening *what)
{
    struct value result = what->value;
    struct str text = value_text(step->arena, &result);
    if (text.len > step->settings->payload_bytes_max) {
        struct str error = STR("States.DataLimitExceeded");
        struct str cause =
            arena_printf(step->arena,
                         "The state/task '%.*s' returned a result with a size exceeding the maximum "
                         "number of bytes service limit.",
                         STR_ARG(step_state(step, branch)->name));
        task_event(step, branch, HISTORY_TASK_FAILED);
        history_text(&step->history, FIELD_ERROR, error);
        history_text(&step->history, FIELD_CAUSE, cause);
        history_end(&step->history);
        step_fail(step, branch, error, cause, false);
        return;
    }
    if (!step_depth(step, branch, text)) /* with .sync:2 an output of its own stands in it */
        return;
    task_event(step, branch, HISTORY_TASK_SUCCEEDED);
    history_text(&step->history, FIELD_OUTPUT, text);
    history_end(&step->history);
    step_leave(step, branch, result, STATE_NONE);
}

/* ---- executions that a task waits for ---- */

/* Their ARN is in what starting them answered. */
static void job_watch(struct step *step, struct branch *branch, const struct happening *what)
{
    struct value answer = what->value;
    branch->job = json_get_str(value_json(step->arena, &answer), STR("ExecutionArn"));
    step_sleep(step, branch, BRANCH_JOB);
}

/* The description as the task's result has it: times as milliseconds, and with .sync:2 input and output as
 * what they say. Members that are no part of it are left out. */
static struct json job_result(struct arena *arena, const struct json *described, bool as_json)
{
    static const struct {
        const char *name;
        bool time, text_of_json;
    } members[] = {
        { "Cause", false, false },
        { "Error", false, false },
        { "ExecutionArn", false, false },
        { "Input", false, true },
        { "InputDetails", false, false },
        { "Name", false, false },
        { "Output", false, true },
        { "OutputDetails", false, false },
        { "RedriveCount", false, false },
        { "RedriveStatus", false, false },
        { "RedriveStatusReason", false, false },
        { "StartDate", true, false },
        { "StateMachineAliasArn", false, false },
        { "StateMachineArn", false, false },
        { "StateMachineVersionArn", false, false },
        { "Status", false, false },
        { "StopDate", true, false },
    };
    enum { MEMBERS = sizeof(members) / sizeof(members[0]) };
    struct json_member *out = ARENA_ARRAY(arena, struct json_member, MEMBERS);
    size_t count = 0;
    for (size_t i = 0; i < MEMBERS; i++) {
        struct str name = str_from(members[i].name);
        const struct json *member = json_get(described, name);
        int64_t time_ms;
        struct json value;
        if (!member || member->type == JSON_NULL)
            continue;
        value = *member;
        if (members[i].time && time_parse(json_get_str(described, name), &time_ms))
            value = json_of_i64(arena, time_ms);
        if (members[i].text_of_json && as_json && member->type == JSON_STRING &&
            json_read(arena, member->text, 0, &value, NULL) != ERR_OK)
            value = *member;
        out[count++] = (struct json_member){ name, value };
    }
    return json_of_object(out, count);
}

static void job_ended(struct step *step, struct branch *branch, const struct happening *what)
{
    const struct task *own = step_state(step, branch)->own;
    struct value described = what->value;
    const struct json *about = value_json(step->arena, &described);
    bool succeeded = str_eq(json_get_str(about, STR("Status")), STR("SUCCEEDED"));
    struct json result = job_result(step->arena, about, own->job_json && succeeded);
    branch->job = STR_EMPTY;
    if (succeeded) {
        struct happening done = { .kind = HAPPENED_DELIVERED, .value = value_of_json(&result) };
        task_succeed(step, branch, &done);
        return;
    }
    task_fail(step, branch, HISTORY_TASK_FAILED, STR("States.TaskFailed"), json_text(step->arena, &result),
              false);
}

/* Handed over: what came back is the result, or the receipt of a task that goes on elsewhere. */
static void task_delivered(struct step *step, struct branch *branch, const struct happening *what)
{
    const struct task *own = step_state(step, branch)->own;
    if (own->activity) {
        branch->queued_ms = step->now_ms;
        step_sleep(step, branch, BRANCH_QUEUED);
        return;
    }
    if (!own->by_token && !own->job) {
        task_succeed(step, branch, what);
        return;
    }
    struct value result = what->value;
    task_event(step, branch, HISTORY_TASK_SUBMITTED);
    history_text(&step->history, FIELD_OUTPUT, value_text(step->arena, &result));
    history_end(&step->history);
    if (own->job)
        job_watch(step, branch, what);
    else
        step_sleep(step, branch, BRANCH_TOKEN);
}

/* By a worker of the activity, who answers with the token. */
static void task_taken(struct step *step, struct branch *branch, struct str worker)
{
    step->settings->random(branch->secret, sizeof(branch->secret));
    task_event(step, branch, HISTORY_TASK_STARTED);
    if (!str_empty(worker))
        history_text(&step->history, FIELD_WORKER_NAME, worker);
    history_end(&step->history);
    task_times_begin(step, branch);
    step_sleep(step, branch, BRANCH_TOKEN);
}

/* Rejected before it was handed over to whom it waits for; or before anybody was there to take it. */
static enum history_type rejected_event(bool submits, const struct happening *what)
{
    if (submits)
        return HISTORY_TASK_SUBMIT_FAILED;
    return what->unplaced || what->unreached ? HISTORY_TASK_START_FAILED : HISTORY_TASK_FAILED;
}

static void task_resume(struct step *step, struct branch *branch, const struct happening *what)
{
    const struct task *own = step_state(step, branch)->own;
    bool submits = branch->phase == BRANCH_TASK && (own->by_token || own->job || own->activity);
    switch (what->kind) {
    case HAPPENED_DELIVERED:
        task_delivered(step, branch, what);
        return;
    case HAPPENED_TASK_STARTED:
        task_taken(step, branch, what->worker);
        return;
    case HAPPENED_TASK_PUT_BACK:
        branch->timeout_ms = 0;
        branch->heartbeat_ms = 0;
        step_sleep(step, branch, BRANCH_QUEUED);
        return;
    case HAPPENED_JOB_ENDED:
        job_ended(step, branch, what);
        return;
    case HAPPENED_REJECTED:
        task_fail(step, branch, rejected_event(submits, what), what->error, what->cause, false);
        return;
    case HAPPENED_TOKEN_SUCCESS:
        task_succeed(step, branch, what);
        return;
    case HAPPENED_TOKEN_FAILURE:
        task_fail(step, branch, HISTORY_TASK_FAILED, what->error, what->cause, false);
        return;
    case HAPPENED_TIMEOUT:
        task_fail(step, branch, HISTORY_TASK_TIMED_OUT, STR("States.Timeout"), STR_EMPTY, false);
        return;
    case HAPPENED_HEARTBEAT_MISSED:
        task_fail(step, branch, HISTORY_TASK_TIMED_OUT, STR("States.Timeout"), STR_EMPTY, true);
        return;
    case HAPPENED_HEARTBEAT:
        if (branch->heartbeat_span_ms > 0)
            branch->heartbeat_ms = step->now_ms + branch->heartbeat_span_ms;
        return;
    default:
        assert(false && "a task does not wait for this");
    }
}

struct str task_resource(const struct state *state)
{
    return state->kind == &state_task ? ((const struct task *)state->own)->resource : STR_EMPTY;
}

static const char *const task_fields[] = {
    "Credentials",          "Resource", "TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds",
    "HeartbeatSecondsPath", NULL
};

const struct state_kind state_task = {
    .name = "Task",
    .entered = HISTORY_TASK_ENTERED,
    .exited = HISTORY_TASK_EXITED,
    .aborted = HISTORY_TASK_ABORTED,
    .fields = STATE_NEXT | STATE_INPUT_PATH | STATE_OUTPUT_PATH | STATE_PARAMETERS | STATE_RESULT_SELECTOR |
              STATE_RESULT_PATH | STATE_CATCH | STATE_ASSIGN,
    .own_fields = task_fields,
    .read = task_read,
    .enter = task_enter,
    .resume = task_resume,
};
