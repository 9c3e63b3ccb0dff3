/* TestState: one state tried by itself. */
#include "api/api_states.h"
#include "api/operations.h"
#include "flow/flow.h"

static bool refused_parts(struct op_call *call)
{
    static const struct {
        const char *name, *text;
    } parts[] = {
        { "context", "context is not supported by Crema yet" },
        { "stateConfiguration", "stateConfiguration is not supported by Crema yet" },
        { "variables", "variables is not supported by Crema yet" },
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (json_get(call->input, str_from(parts[i].name)))
            return !states_refuse(call, parts[i].text);
    }
    return false;
}

static bool mock_read(struct op_call *call, struct flow_test *test)
{
    const struct json *mock = json_get_typed(call->input, STR("mock"), JSON_OBJECT);
    const struct json *result = json_get_typed(mock, STR("result"), JSON_STRING);
    const struct json *failure = json_get_typed(mock, STR("errorOutput"), JSON_OBJECT);
    if (!mock)
        return true;
    if (result && failure)
        return states_refuse(
            call, "A test mock should have only one of the following fields: [result, errorOutput].");
    if (!result && !failure)
        return states_refuse(call,
                             "A test mock must have one of the following fields: [result, errorOutput].");
    if (states_true(call, STR("revealSecrets")))
        return states_refuse(call, "TestState does not support RevealSecrets when a mock is specified.");
    if (result && !str_eq(json_get_str(mock, STR("fieldValidationMode")), STR("NONE")))
        return states_refuse(
            call, "A mocked result held against the service's model is not supported by Crema yet: "
                  "fieldValidationMode must be NONE");
    test->mocked = true;
    test->mock_result = result ? result->text : STR_EMPTY;
    if (result && !result->text.ptr)
        test->mock_result = STR("");
    test->mock_error = json_get_str(failure, STR("error"));
    test->mock_cause = json_get_str(failure, STR("cause"));
    return true;
}

static void out_text(struct op_call *call, struct str name, struct str text)
{
    if (!str_empty(text))
        json_put_member_str(call->out, name, text);
}

static void out_inspection(struct op_call *call, const struct flow_test *test,
                           const struct flow_tested *tested)
{
    json_key(call->out, STR("inspectionData"));
    json_begin_object(call->out);
    json_put_member_str(call->out, STR("input"), test->input);
    out_text(call, STR("afterInputPath"), tested->after_input_path);
    out_text(call, STR("afterParameters"), tested->after_parameters);
    out_text(call, STR("result"), tested->result);
    out_text(call, STR("afterResultSelector"), tested->after_result_selector);
    out_text(call, STR("afterResultPath"), tested->after_result_path);
    if (tested->retried || tested->caught) {
        json_key(call->out, STR("errorDetails"));
        json_begin_object(call->out);
        if (tested->caught)
            json_put_member_i64(call->out, STR("catchIndex"), tested->catch_index);
        if (tested->retried) {
            json_put_member_i64(call->out, STR("retryIndex"), tested->retry_index);
            json_put_member_i64(call->out, STR("retryBackoffIntervalSeconds"), tested->backoff_s);
        }
        json_end_object(call->out);
    }
    json_end_object(call->out);
}

void op_states_test_state(struct op_call *call)
{
    struct flow_test test = {
        .definition = states_str(call, STR("definition")),
        .state_name = states_str(call, STR("stateName")),
        .input = json_get(call->input, STR("input")) ? states_str(call, STR("input")) : STR("{}"),
        .role_arn = states_str(call, STR("roleArn")),
        .now_ms = call->now_ms,
    };
    struct flow_tested tested;
    if (refused_parts(call) || !mock_read(call, &test) ||
        !flow_test_state(call->rooms->flow, call->arena, call->ns, &test, &tested, &call->fault))
        return;
    struct str level = states_str(call, STR("inspectionLevel"));
    json_begin_object(call->out);
    json_put_member_str(call->out, STR("status"), tested.status);
    if (tested.output.ptr)
        json_put_member_str(call->out, STR("output"), tested.output);
    out_text(call, STR("error"), tested.error);
    out_text(call, STR("cause"), tested.cause);
    out_text(call, STR("nextState"), tested.next_state);
    if (str_eq(level, STR("DEBUG")) || str_eq(level, STR("TRACE")))
        out_inspection(call, &test, &tested);
    json_end_object(call->out);
}
