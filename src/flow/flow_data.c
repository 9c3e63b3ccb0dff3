#include "flow/flow_data.h"

#include "base/time.h"

/* ---- paths that lead nowhere ---- */

/* One part of a definite path off the front of *text: a member's name, or an index with
 * its digits as name. */
static bool path_part(struct str *text, struct str *ret_name, bool *ret_index)
{
    if (str_empty(*text))
        return false;
    if (text->ptr[0] == '.') {
        size_t len = 1;
        while (len < text->len && text->ptr[len] != '.' && text->ptr[len] != '[')
            len++;
        *ret_name = str_slice(*text, 1, len - 1);
        *ret_index = false;
        *text = str_from_offset(*text, len);
        return true;
    }
    size_t end = str_find_char(*text, ']');
    if (text->ptr[0] != '[' || end == STR_NOT_FOUND || end < 2)
        return false;
    struct str inside = str_slice(*text, 1, end - 1);
    *ret_index = inside.ptr[0] != '\'' && inside.ptr[0] != '"';
    *ret_name = *ret_index || inside.len < 2 ? inside : str_slice(inside, 1, inside.len - 2);
    *text = str_from_offset(*text, end + 1);
    return true;
}

static void path_part_write(struct buf *out, struct str name, bool index)
{
    buf_printf(out, index ? "[%.*s]" : "['%.*s']", STR_ARG(name));
}

/* Why a definite path picks nothing, in the words of the service's own path reader. */
static struct str path_why(struct arena *arena, struct str path, const struct json *root)
{
    struct buf whole, so_far;
    buf_init(&whole, 0);
    buf_init(&so_far, 0);
    struct str rest, name, why = STR_EMPTY;
    bool index;
    size_t head = str_starts(path, STR("$$")) ? 2 : 1;
    buf_add(&whole, str_slice(path, 0, head));
    buf_add(&so_far, buf_str(&whole));
    rest = str_from_offset(path, head);
    while (path_part(&rest, &name, &index))
        path_part_write(&whole, name, index);
    const struct json *at = root;
    rest = str_from_offset(path, head);
    while (head == 1 && str_empty(why) && path_part(&rest, &name, &index)) {
        if (!index && !json_is(at, JSON_OBJECT)) {
            why = arena_printf(arena, "Property ['%.*s'] not found in path %.*s", STR_ARG(name),
                               STR_ARG(buf_str(&so_far)));
            break;
        }
        path_part_write(&so_far, name, index);
        int64_t item;
        if (!index)
            at = json_get(at, name);
        else if (json_is(at, JSON_ARRAY) && str_to_i64(name, &item) && item >= 0 && item < at->count)
            at = &at->items[item];
        else
            at = NULL;
        if (!at && !str_empty(rest))
            why = arena_printf(arena, "Missing property in path %.*s", STR_ARG(buf_str(&so_far)));
        if (!at)
            break;
    }
    if (str_empty(why))
        why = arena_printf(arena, "No results for path: %.*s", STR_ARG(buf_str(&whole)));
    buf_fini(&whole);
    buf_fini(&so_far);
    return why;
}

/* ---- the context object ---- */

static struct json time_text(struct arena *arena, int64_t time_ms)
{
    char *at = arena_bytes(arena, TIME_TEXT_BYTES);
    return json_of_str(str_of(at, time_format_milliseconds(time_ms, at)));
}

static struct json_member member_of(struct str key, struct json value)
{
    return (struct json_member){ key, value };
}

const struct json *data_context(struct step *step, struct branch *branch)
{
    struct arena *arena = step->arena;
    const struct execution_names *names = step->names;
    struct json_member *execution = ARENA_ARRAY(arena, struct json_member, 6);
    size_t count = 0;
    execution[count++] = member_of(STR("Id"), json_of_str(names->execution_arn));
    if (step->execution_input.has_text || step->execution_input.has_json)
        execution[count++] = member_of(STR("Input"), *value_json(arena, &step->execution_input));
    execution[count++] = member_of(STR("StartTime"), time_text(arena, step->execution->start_ms));
    execution[count++] = member_of(STR("Name"), json_of_str(step->execution->name));
    execution[count++] = member_of(STR("RoleArn"), json_of_str(names->role_arn));
    execution[count++] = member_of(STR("RedriveCount"), json_of_i64(arena, 0));
    struct json_member *machine = ARENA_ARRAY(arena, struct json_member, 2);
    machine[0] = member_of(STR("Id"), json_of_str(names->machine_arn));
    machine[1] = member_of(STR("Name"), json_of_str(names->machine_name));
    struct json_member *state = ARENA_ARRAY(arena, struct json_member, 3);
    state[0] = member_of(STR("Name"), json_of_str(step_state(step, branch)->name));
    state[1] = member_of(STR("EnteredTime"), time_text(arena, branch->entered_ms));
    state[2] = member_of(STR("RetryCount"), json_of_i64(arena, branch->retry_count));
    struct json_member *task = ARENA_ARRAY(arena, struct json_member, 1);
    task[0] = member_of(STR("Token"), json_of_str(step->task_token));
    struct json_member *context = ARENA_ARRAY(arena, struct json_member, 4);
    context[0] = member_of(STR("Execution"), json_of_object(execution, count));
    context[1] = member_of(STR("StateMachine"), json_of_object(machine, 2));
    context[2] = member_of(STR("State"), json_of_object(state, 3));
    context[3] = member_of(STR("Task"), json_of_object(task, 1));
    struct json *ret = ARENA_NEW(arena, struct json);
    *ret = json_of_object(context, str_empty(step->task_token) ? 3 : 4);
    return ret;
}

/* ---- selecting ---- */

enum err data_pick(struct step *step, struct branch *branch, const struct path *path, struct value *from,
                   struct json *ret)
{
    bool context = path_of_context(path);
    return path_get(path, step->arena, context ? NULL : value_json(step->arena, from),
                    context ? data_context(step, branch) : NULL, ret);
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
    if (data_pick(step, branch, selector->path, from, &picked) == ERR_OK) {
        *ret = value_of_json(&picked);
        return true;
    }
    struct str path = path_text(selector->path);
    struct str why = path_why(step->arena, path, value_json(step->arena, from));
    step_fail_runtime(step, branch, "Invalid path '%.*s' : %.*s", STR_ARG(path), STR_ARG(why));
    return false;
}

static bool data_render(struct step *step, struct branch *branch, const struct template *template,
                        struct value *from, struct value *ret)
{
    struct json rendered;
    struct template_failure failure = { 0 };
    if (template_render(template, step->arena, value_json(step->arena, from), data_context(step, branch),
                        &rendered, &failure) == ERR_OK) {
        *ret = value_of_json(&rendered);
        return true;
    }
    step_fail_runtime(
        step, branch,
        "The JSONPath '%.*s' specified for the field '%.*s' could not be found in the input '%.*s'",
        STR_ARG(failure.path), STR_ARG(failure.member), STR_ARG(value_text(step->arena, from)));
    return false;
}

bool data_input(struct step *step, struct branch *branch, struct value *ret)
{
    const struct state *state = step_state(step, branch);
    struct value selected;
    if (!data_select(step, branch, &state->input_path, &branch->input, &selected))
        return false;
    if (!state->parameters) {
        *ret = selected;
        return true;
    }
    return data_render(step, branch, state->parameters, &selected, ret);
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
    if (state->result_selector && !data_render(step, branch, state->result_selector, result, &selected))
        return false;
    if (!data_combine(step, branch, &state->result_path, &selected, &combined))
        return false;
    if (!data_select(step, branch, &state->output_path, &combined, ret))
        return false;
    return step_render(step, branch, ret);
}
