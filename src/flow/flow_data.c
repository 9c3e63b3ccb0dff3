#include "flow/flow_data.h"

#include "base/time.h"
#include "flow/flow_state.h"
#include "flow/flow_variable.h"

/* ---- the context object ---- */

/* With a fraction of three digits, or none: the service leaves out one that is zero. */
static struct json time_text(struct arena *arena, int64_t time_ms)
{
    char *at = arena_bytes(arena, TIME_TEXT_BYTES);
    size_t len = time_ms % 1000 ? time_format_milliseconds(time_ms, at) : time_format_seconds(time_ms, at);
    return json_of_str(str_of(at, len));
}

static struct json_member member_of(struct str key, struct json value)
{
    return (struct json_member){ key, value };
}

/* The item that the branch is for, or that is about to begin: of the innermost Map around it. */
static bool context_map(struct step *step, struct branch *branch, struct json *ret)
{
    struct arena *arena = step->arena;
    const struct json *value = step->item;
    uint32_t index = step->item_index;
    while (!value && branch->parent != BRANCH_NONE) {
        struct branch *parent = family_branch(step, branch->parent);
        if (step_state(step, parent)->kind == &state_map) {
            index = branch->index;
            value = &value_json(arena, &family_frame(step, parent)->items)->items[index];
        }
        branch = parent;
    }
    if (!value)
        return false;
    struct json_member *item = ARENA_ARRAY(arena, struct json_member, 3);
    struct json_member *map = ARENA_ARRAY(arena, struct json_member, 1);
    item[0] = member_of(STR("Index"), json_of_i64(arena, index));
    item[1] = member_of(STR("Value"), *value);
    item[2] = member_of(STR("Source"), json_of_str(STR("STATE_DATA"))); /* there are no readers */
    map[0] = member_of(STR("Item"), json_of_object(item, 3));
    *ret = json_of_object(map, 1);
    return true;
}

const struct json *data_context(struct step *step, struct branch *branch)
{
    struct arena *arena = step->arena;
    const struct execution_names *names = step->names;
    if (step->inspection && step->inspection->context)
        return step->inspection->context;
    struct json_member *execution = ARENA_ARRAY(arena, struct json_member, 7);
    size_t count = 0;
    execution[count++] = member_of(STR("Id"), json_of_str(names->execution_arn));
    if (step->execution_input.has_text || step->execution_input.has_json)
        execution[count++] = member_of(STR("Input"), *value_json(arena, &step->execution_input));
    execution[count++] = member_of(STR("StartTime"), time_text(arena, step->execution->start_ms));
    execution[count++] = member_of(STR("Name"), json_of_str(step->execution->name));
    execution[count++] = member_of(STR("RoleArn"), json_of_str(names->role_arn));
    execution[count++] = member_of(STR("RedriveCount"), json_of_i64(arena, step->execution->redrives));
    if (step->execution->redrives > 0)
        execution[count++] = member_of(STR("RedriveTime"), time_text(arena, step->execution->redriven_ms));
    struct json_member *machine = ARENA_ARRAY(arena, struct json_member, 2);
    machine[0] = member_of(STR("Id"), json_of_str(names->machine_arn));
    machine[1] = member_of(STR("Name"), json_of_str(names->machine_name));
    struct json_member *state = ARENA_ARRAY(arena, struct json_member, 3);
    state[0] = member_of(STR("Name"), json_of_str(step_state(step, branch)->name));
    state[1] = member_of(STR("EnteredTime"), time_text(arena, branch->entered_ms));
    state[2] = member_of(STR("RetryCount"), json_of_i64(arena, branch->retry_count));
    struct json_member *task = ARENA_ARRAY(arena, struct json_member, 1);
    task[0] = member_of(STR("Token"), json_of_str(step->task_token));
    struct json_member *context = ARENA_ARRAY(arena, struct json_member, 5);
    size_t parts = 3;
    context[0] = member_of(STR("Execution"), json_of_object(execution, count));
    context[1] = member_of(STR("StateMachine"), json_of_object(machine, 2));
    context[2] = member_of(STR("State"), json_of_object(state, 3));
    if (!str_empty(step->task_token))
        context[parts++] = member_of(STR("Task"), json_of_object(task, 1));
    struct json map;
    if (step->plan->wants_item && context_map(step, branch, &map))
        context[parts++] = member_of(STR("Map"), map);
    struct json *ret = ARENA_NEW(arena, struct json);
    *ret = json_of_object(context, parts);
    return ret;
}

/* ---- selecting ---- */

static struct scope scope_of(struct step *step, struct branch *branch, struct value *from, bool context)
{
    struct variable_reader *reader = ARENA_NEW(step->arena, struct variable_reader);
    *reader = (struct variable_reader){ step, branch };
    return (struct scope){
        .root = value_json(step->arena, from),
        .variable = variable_get,
        .self = reader,
        .context = context ? data_context(step, branch) : NULL,
        .random = step->settings->random,
        .digest = step->settings->digest,
        .work = &step->work,
        .work_max = step->work_max,
    };
}

enum err data_pick(struct step *step, struct branch *branch, const struct path *path, struct value *from,
                   struct json *ret)
{
    struct scope scope = scope_of(step, branch, from, path_of_context(path));
    return path_get(path, step->arena, &scope, ret);
}

bool data_select(struct step *step, struct branch *branch, const struct selector *selector,
                 struct value *from, struct value *ret)
{
    if (selector->kind == SELECT_ALL) {
        *ret = *from;
        return true;
    }
    if (selector->kind == SELECT_NOTHING) {
        *ret = value_empty_object();
        return true;
    }
    struct json picked;
    struct scope scope = scope_of(step, branch, from, path_of_context(selector->path));
    enum err err = path_get(selector->path, step->arena, &scope, &picked);
    if (err == ERR_OK) {
        *ret = value_of_json(&picked);
        return true;
    }
    struct str path = path_text(selector->path), why = STR("it picks too many values");
    if (err != ERR_LIMIT)
        why = path_why(selector->path, step->arena, &scope);
    step_fail_runtime(step, branch, "Invalid path '%.*s' : %.*s", STR_ARG(path), STR_ARG(why));
    return false;
}

/* field: what the expression stands in. A path that leads nowhere ends the execution; a function that fails is
 * an error that can be caught. */
static void expression_failed(struct step *step, struct branch *branch, struct str field, struct value *from,
                              const struct expression_failure *why)
{
    struct str input = value_text(step->arena, from);
    if (!str_empty(why->function) && !str_empty(why->path)) {
        step_fail_runtime(step, branch,
                          "The function '%.*s' had the following error: The JsonPath argument for the field "
                          "'%.*s' could not be found in the input '%.*s'",
                          STR_ARG(why->function), STR_ARG(why->path), STR_ARG(input));
    } else if (!str_empty(why->function)) {
        struct str cause = step_cause(step, branch, "The function '%.*s' had the following error: %.*s",
                                      STR_ARG(why->function), STR_ARG(why->why));
        step_fail(step, branch, STR("States.IntrinsicFailure"), cause, false);
    } else if (!str_empty(why->why)) {
        step_fail_runtime(step, branch,
                          "The JSONPath '%.*s' specified for the field '%.*s' has no value: %.*s",
                          STR_ARG(why->path), STR_ARG(field), STR_ARG(why->why));
    } else {
        step_fail_runtime(
            step, branch,
            "The JSONPath '%.*s' specified for the field '%.*s' could not be found in the input '%.*s'",
            STR_ARG(why->path), STR_ARG(field), STR_ARG(input));
    }
}

bool data_expression(struct step *step, struct branch *branch, const struct expression *expression,
                     const char *field, struct value *from, struct json *ret)
{
    struct expression_failure why = { 0 };
    struct scope scope = scope_of(step, branch, from, expression->context);
    if (expression_get(expression, step->arena, &scope, ret, &why) == ERR_OK)
        return true;
    expression_failed(step, branch, str_from(field), from, &why);
    return false;
}

bool data_render(struct step *step, struct branch *branch, const struct template *template,
                 struct value *from, struct value *ret)
{
    struct json rendered;
    struct template_failure failure = { 0 };
    step_work_begin(step);
    struct scope scope = scope_of(step, branch, from, template_reads_context(template));
    if (template_render(template, step->arena, &scope, &rendered, &failure) == ERR_OK) {
        *ret = value_of_json(&rendered);
        return true;
    }
    expression_failed(step, branch, failure.member, from, &failure.why);
    return false;
}

bool data_input(struct step *step, struct branch *branch, struct value *ret)
{
    const struct state *state = step_state(step, branch);
    struct value selected;
    if (!data_select(step, branch, &state->input_path, &branch->input, &selected))
        return false;
    if (step->inspection)
        step->inspection->after_input_path = selected;
    *ret = selected;
    if (state->parameters && !data_render(step, branch, state->parameters, &selected, ret))
        return false;
    if (step->inspection)
        step->inspection->after_parameters = *ret;
    return true;
}

bool data_combine(struct step *step, struct branch *branch, const struct selector *where, struct value *value,
                  struct value *ret)
{
    if (where->kind == SELECT_ALL) {
        *ret = *value;
        return true;
    }
    if (where->kind == SELECT_NOTHING) {
        *ret = branch->input;
        return true;
    }
    struct json combined;
    if (path_set(where->path, step->arena, value_json(step->arena, &branch->input),
                 value_json(step->arena, value), &combined) == ERR_OK) {
        *ret = value_of_json(&combined);
        return true;
    }
    struct str path = path_text(where->path);
    struct str cause = arena_printf(step->arena, "Unable to apply ReferencePath %.*s to input %.*s",
                                    STR_ARG(path), STR_ARG(value_text(step->arena, &branch->input)));
    step_fail(step, branch, STR("States.ResultPathMatchFailure"), cause, false);
    return false;
}

bool data_output(struct step *step, struct branch *branch, struct value *result, struct value *ret)
{
    const struct state *state = step_state(step, branch);
    struct value selected = *result, combined;
    if (step->inspection)
        step->inspection->result = *result;
    if (state->result_selector && !data_render(step, branch, state->result_selector, result, &selected))
        return false;
    if (step->inspection)
        step->inspection->after_result_selector = selected;
    if (!data_combine(step, branch, &state->result_path, &selected, &combined))
        return false;
    if (step->inspection)
        step->inspection->after_result_path = combined;
    if (!data_select(step, branch, &state->output_path, &combined, ret))
        return false;
    return step_render(step, branch, ret);
}
