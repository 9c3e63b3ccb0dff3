/* One state, tried by itself on the pure step: nothing of it is written, nothing is carried out.
 *
 * The state is put into a machine of its own, whose other states are those that it may lead to; the step has a share of
 * one transition, so that it stops before the next state. A Wait is over at once. A task is answered by the mock. */
#include <assert.h>

#include "flow/flow_impl.h"
#include "flow/flow_state.h"
#include "io/digest.h"
#include "io/rand.h"

static const struct str test_name = { "StateName", 9 };

struct trial {
    struct arena *arena;
    const struct flow_test *test;
    struct fault *fault;
    const struct json *root, *state; /* state: in the definition */
    struct str type;
};

static bool refuse(const struct trial *trial, enum fault_code code, const char *text)
{
    return fault_set(trial->fault, trial->arena, code, "%s", text);
}

/* ---- the state, in a machine of its own ---- */

static const struct json *find_state(const struct json *scope, struct str name)
{
    const struct json *states = json_get_typed(scope, STR("States"), JSON_OBJECT);
    const struct json *found = states ? json_get_typed(states, name, JSON_OBJECT) : NULL;
    for (uint32_t i = 0; states && !found && i < states->count; i++) {
        const struct json *state = &states->members[i].value;
        const struct json *branches = json_get_typed(state, STR("Branches"), JSON_ARRAY);
        for (uint32_t k = 0; branches && !found && k < branches->count; k++)
            found = find_state(&branches->items[k], name);
        static const struct str processors[] = { { "ItemProcessor", 13 }, { "Iterator", 8 } };
        for (unsigned k = 0; !found && k < 2; k++) {
            const struct json *processor = json_get_typed(state, processors[k], JSON_OBJECT);
            found = processor ? find_state(processor, name) : NULL;
        }
    }
    return found;
}

typedef VEC(struct json_member) member_list;

static void add_target(struct arena *arena, member_list *states, const struct json *name)
{
    if (!name || name->type != JSON_STRING || str_eq(name->text, test_name))
        return;
    for (size_t i = 0; i < states->len; i++) {
        if (str_eq(states->at[i].key, name->text))
            return;
    }
    struct json_member *type = ARENA_NEW(arena, struct json_member);
    *type = (struct json_member){ STR("Type"), json_of_str(STR("Succeed")) };
    struct json_member target = { name->text, json_of_object(type, 1) };
    VEC_PUSH(arena, states, target);
}

static struct str machine_of(struct arena *arena, const struct json *root, const struct json *state)
{
    member_list states = { 0 };
    struct json_member self = { test_name, *state };
    VEC_PUSH(arena, &states, self);
    add_target(arena, &states, json_get(state, STR("Next")));
    add_target(arena, &states, json_get(state, STR("Default")));
    static const struct str lists[] = { { "Choices", 7 }, { "Catch", 5 } };
    for (unsigned l = 0; l < 2; l++) {
        const struct json *list = json_get_typed(state, lists[l], JSON_ARRAY);
        for (uint32_t i = 0; list && i < list->count; i++)
            add_target(arena, &states, json_get(&list->items[i], STR("Next")));
    }
    const struct json *language = json_get(root, STR("QueryLanguage")); /* a state's own stands in it */
    struct json_member members[] = { { STR("StartAt"), json_of_str(test_name) },
                                     { STR("States"), json_of_object(states.at, (uint32_t)states.len) },
                                     { STR("QueryLanguage"), json_of_str(STR("JSONPath")) } };
    if (language && root != state)
        members[2].value = *language;
    struct json machine = json_of_object(members, 3);
    return json_text(arena, &machine);
}

/* A mocked task is not carried out: any resource will do that looks like one. */
static bool known_mocked(void *self, struct str resource, struct str *ret_why)
{
    (void)self;
    *ret_why = STR_EMPTY;
    return str_starts(resource, STR("arn:"));
}

/* ---- what is asked for ---- */

static bool trial_read(struct trial *trial)
{
    struct arena *arena = trial->arena;
    const struct flow_test *test = trial->test;
    struct json *root = ARENA_NEW(arena, struct json);
    struct json_error error;
    if (json_read(arena, test->definition, 0, root, &error) != ERR_OK || root->type != JSON_OBJECT)
        return fault_set(
            trial->fault, arena, FAULT_INVALID_DEFINITION,
            "Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: Invalid JSON description'");
    bool machine = json_get(root, STR("States")) != NULL;
    trial->root = root;
    trial->state = root;
    if (!str_empty(test->state_name) || machine)
        trial->state = find_state(root, str_empty(test->state_name) ? json_get_str(root, STR("StartAt"))
                                                                    : test->state_name);
    if (!trial->state)
        return refuse(trial, FAULT_VALIDATION, "State not found in definition");
    trial->type = json_get_str(trial->state, STR("Type"));
    bool family = str_eq(trial->type, STR("Map")) || str_eq(trial->type, STR("Parallel"));
    bool task = str_eq(trial->type, STR("Task"));
    if (family && !test->mocked)
        return refuse(trial, FAULT_INVALID_DEFINITION,
                      "TestState API does not support Map or Parallel states. Supported state types include: "
                      "[Task, Wait, Pass, Succeed, Fail, Choice]");
    if (family)
        return refuse(trial, FAULT_VALIDATION,
                      "A mock of a Map or Parallel state is not supported by Crema yet");
    if (test->mocked && !task)
        return fault_set(trial->fault, arena, FAULT_VALIDATION,
                         "State type '%.*s' is not supported when a mock is specified", STR_ARG(trial->type));
    if (task && !test->mocked && str_empty(test->role_arn))
        return refuse(trial, FAULT_VALIDATION, "RoleArn must be specified when testing a Task state");
    if (task && !test->mocked)
        return refuse(trial, FAULT_VALIDATION,
                      "Testing a Task state without a mock is not supported by Crema yet: give a mock");
    return true;
}

static bool mock_read(const struct trial *trial, struct json *ret)
{
    struct json_error error;
    if (!trial->test->mock_result.ptr)
        return true;
    if (json_read(trial->arena, trial->test->mock_result, 0, ret, &error) != ERR_OK)
        return refuse(trial, FAULT_VALIDATION, "Mocked result must be valid JSON");
    return true;
}

/* ---- the outcome ---- */

/* The step's cause begins with where it happened; there is but one place here. */
static struct str cause_alone(struct str cause)
{
    size_t end = str_find(cause, STR("). "));
    if (str_starts(cause, STR("An error occurred while executing the state '")) && end != STR_NOT_FOUND)
        return str_from_offset(cause, end + 3);
    return cause;
}

/* Error and cause of the last event that has them. */
static void failure_of(const struct step *step, struct flow_tested *ret)
{
    struct history_reader events;
    struct history_event event;
    if (!history_reader_init(&events, buf_str(step->history.out)))
        return;
    while (history_next(&events, &event)) {
        if (!event.texts[FIELD_ERROR].ptr)
            continue;
        ret->error = arena_copy(step->arena, event.texts[FIELD_ERROR]);
        ret->cause =
            event.texts[FIELD_CAUSE].ptr ? arena_copy(step->arena, event.texts[FIELD_CAUSE]) : STR_EMPTY;
    }
    ret->cause = cause_alone(ret->cause);
}

static void outcome_of(struct step *step, struct flow_tested *ret)
{
    struct execution *execution = step->execution;
    const struct branch *root = execution_branch(execution, BRANCH_ROOT);
    struct step_inspection *seen = step->inspection;
    if (execution->status == EXECUTION_FAILED) {
        ret->status = STR("FAILED");
        failure_of(step, ret);
    } else if (execution->status == EXECUTION_RUNNING && root && root->phase == BRANCH_RETRY) {
        ret->status = STR("RETRIABLE");
        failure_of(step, ret);
        ret->retry_index = seen->retry_index;
        ret->backoff_s = (root->wake_ms - step->now_ms) / 1000;
        ret->retried = true;
    } else {
        struct value output = seen->output;
        ret->status = seen->caught ? STR("CAUGHT_ERROR") : STR("SUCCEEDED");
        if (seen->caught)
            failure_of(step, ret);
        ret->caught = seen->caught;
        ret->catch_index = seen->catch_index;
        ret->output = value_text(step->arena, &output);
        if (execution->status == EXECUTION_RUNNING && root)
            ret->next_state = step->plan->states[root->state].name;
    }
}

static struct str seen_text(struct step *step, const struct value *value)
{
    struct value copy = *value;
    return copy.has_text || copy.has_json ? value_text(step->arena, &copy) : STR_EMPTY;
}

/* What each kind of state has to show of its data. */
static void inspect(struct step *step, const struct trial *trial, struct flow_tested *ret)
{
    struct step_inspection *seen = step->inspection;
    bool task = str_eq(trial->type, STR("Task")), pass = str_eq(trial->type, STR("Pass"));
    bool fixed = pass && json_get(trial->state, STR("Result"));
    if (!fixed)
        ret->after_input_path = seen_text(step, &seen->after_input_path);
    if (!fixed && (task || pass))
        ret->after_parameters = seen_text(step, &seen->after_parameters);
    if (fixed)
        ret->result = json_text(step->arena, json_get(trial->state, STR("Result")));
    if (task && trial->test->mock_result.ptr)
        ret->result = trial->test->mock_result;
    if (task || pass) {
        ret->after_result_selector = seen_text(step, &seen->after_result_selector);
        ret->after_result_path = seen_text(step, &seen->after_result_path);
    }
}

/* ---- the trial ---- */

/* What the state waits for happens at once. */
static void answer(struct step *step, const struct flow_test *test, const struct json *mock)
{
    struct branch *root = execution_branch(step->execution, BRANCH_ROOT);
    struct happening what = { .branch = BRANCH_ROOT };
    if (step->execution->status != EXECUTION_RUNNING || !root)
        return;
    if (root->phase == BRANCH_WAIT) {
        what.kind = HAPPENED_WAKE;
    } else if (root->phase == BRANCH_TASK && test->mock_result.ptr) {
        what.kind = HAPPENED_TOKEN_SUCCESS;
        what.value = value_of_json(mock);
    } else if (root->phase == BRANCH_TASK) {
        what.kind = HAPPENED_TOKEN_FAILURE;
        what.error = test->mock_error;
        what.cause = test->mock_cause;
    } else {
        return;
    }
    step->transitions = step->settings->transitions_max;
    flow_step(step, &what);
}

static void try_state(struct flow *flow, struct trial *trial, const struct plan *plan, struct ns ns,
                      const struct json *mock, const struct json *input, struct flow_tested *ret)
{
    struct arena *arena = trial->arena;
    struct step_settings settings = {
        .transitions_max = 1,
        .history_bytes_max = SIZE_MAX,
        .events_max = HISTORY_EVENTS_MAX,
        .payload_bytes_max = PAYLOAD_BYTES_MAX,
        .random = rand_bytes,
        .digest = digest_named,
    };
    char name[UUID_TEXT_BYTES], machine[UUID_TEXT_BYTES];
    uuid_random(name);
    uuid_random(machine);
    struct str machine_name = str_of(machine, sizeof(machine));
    struct execution execution = { .name = str_of(name, sizeof(name)) };
    struct execution_names names = {
        .execution_arn = arena_printf(arena, "arn:aws:states:%.*s:%.*s:express:%.*s:%.*s", STR_ARG(ns.region),
                                      STR_ARG(ns.account), UUID_TEXT_BYTES, machine, UUID_TEXT_BYTES, name),
        .machine_arn = machine_arn_make(arena, ns, machine_name),
        .machine_name = machine_name,
        .role_arn = trial->test->role_arn,
        .region = ns.region,
    };
    struct step_inspection seen = { 0 };
    struct step step = {
        .plan = plan,
        .execution = &execution,
        .names = &names,
        .settings = &settings,
        .arena = arena,
        .now_ms = trial->test->now_ms,
        .execution_input = value_of_text(trial->test->input),
        .inspection = &seen,
    };
    struct buf history;
    struct happening start = { .kind = HAPPENED_START, .value = value_of_text(trial->test->input) };
    (void)flow;
    start.value.json = *input;
    start.value.has_json = true;
    buf_init(&history, 0);
    history_writer_init(&step.history, &history, 0);
    flow_step(&step, &start);
    answer(&step, trial->test, mock);
    outcome_of(&step, ret);
    inspect(&step, trial, ret);
    buf_fini(&history);
}

/* Texts may be the plan's, which ends before the answer is written. */
static void keep_texts(struct arena *arena, struct flow_tested *tested)
{
    struct str *const texts[] = { &tested->output,
                                  &tested->error,
                                  &tested->cause,
                                  &tested->next_state,
                                  &tested->after_input_path,
                                  &tested->after_parameters,
                                  &tested->result,
                                  &tested->after_result_selector,
                                  &tested->after_result_path };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (texts[i]->ptr)
            *texts[i] = arena_copy(arena, *texts[i]);
}

bool flow_test_state(struct flow *flow, struct arena *arena, struct ns ns, const struct flow_test *test,
                     struct flow_tested *ret, struct fault *reterr)
{
    struct trial trial = { .arena = arena, .test = test, .fault = reterr };
    struct json mock = { 0 }, input;
    struct plan *plan;
    struct str why;
    memset(ret, 0, sizeof(*ret));
    if (!trial_read(&trial) || !mock_read(&trial, &mock) ||
        !flow_input_check(arena, test->input, &input, reterr))
        return false;
    if (!plan_read(arena, machine_of(arena, trial.root, trial.state), false,
                   test->mocked ? known_mocked : flow->settings.task_known, flow->settings.task_known_self,
                   &plan, &why))
        return fault_set(reterr, arena, FAULT_INVALID_DEFINITION, "%.*s", STR_ARG(why));
    try_state(flow, &trial, plan, ns, &mock, &input, ret);
    keep_texts(arena, ret);
    plan_free(&plan);
    return true;
}
