/* Fail: ends the execution with an error of its own. */
#include "flow/flow_data.h"
#include "flow/flow_state.h"

struct fail {
    struct str error, cause;
    const struct expression *error_path, *cause_path;
};

static void fail_read(struct check *check, const struct where *at, const struct json *source,
                      struct state *state)
{
    struct fail *own = ARENA_NEW(check->arena, struct fail);
    const struct json *error = check_field(check, at, source, "Error", JSON_STRING);
    const struct json *cause = check_field(check, at, source, "Cause", JSON_STRING);
    own->error = error ? error->text : STR_EMPTY;
    own->cause = cause ? cause->text : STR_EMPTY;
    own->error_path = check_expression(check, at, source, "ErrorPath");
    own->cause_path = check_expression(check, at, source, "CausePath");
    if (error && json_get(source, STR("ErrorPath")))
        check_problem(check, at, "These fields cannot be used together: [Error, ErrorPath]");
    if (cause && json_get(source, STR("CausePath")))
        check_problem(check, at, "These fields cannot be used together: [Cause, CausePath]");
    state->own = own;
}

static bool fail_text(struct step *step, struct branch *branch, const char *field,
                      const struct expression *expression, struct str *text)
{
    struct json picked;
    if (!expression)
        return true;
    if (!data_expression(step, branch, expression, field, &branch->input, &picked))
        return false;
    if (picked.type != JSON_STRING) {
        struct str found = json_text(step->arena, &picked);
        step_fail_runtime(step, branch, "The %s field must reference a string value: %.*s == %.*s", field,
                          STR_ARG(expression->text), STR_ARG(found));
        return false;
    }
    *text = picked.text;
    return true;
}

static void fail_enter(struct step *step, struct branch *branch)
{
    const struct fail *own = step_state(step, branch)->own;
    struct str error = own->error, cause = own->cause;
    if (fail_text(step, branch, "ErrorPath", own->error_path, &error) &&
        fail_text(step, branch, "CausePath", own->cause_path, &cause))
        step_fail(step, branch, error, cause, false);
}

static const char *const fail_fields[] = { "Error", "Cause", "ErrorPath", "CausePath", NULL };

const struct state_kind state_fail = {
    .name = "Fail",
    .entered = HISTORY_FAIL_ENTERED,
    .own_fields = fail_fields,
    .ends = true,
    .read = fail_read,
    .enter = fail_enter,
};
