/* TestState: one state tried by itself. All but a task that goes out is done before the writer is asked. */
#include "api/api_mock.h"
#include "api/api_states.h"
#include "api/operations.h"
#include "flow/flow_trial.h"

struct prepared_trial {
    struct flow_test test;
    struct flow_trial *trial;
    uint32_t retries, failures;
    bool sent;
};

/* ---- what is given ---- */

static bool mock_read(struct op_call *call, struct flow_test *test)
{
    const struct json *mock = json_get_typed(call->input, STR("mock"), JSON_OBJECT);
    const struct json *result = json_get_typed(mock, STR("result"), JSON_STRING);
    const struct json *failure = json_get_typed(mock, STR("errorOutput"), JSON_OBJECT);
    struct str mode = json_get_str(mock, STR("fieldValidationMode"));
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
    test->mocked = true;
    test->mock_result = result ? result->text : STR_EMPTY;
    if (result && !result->text.ptr)
        test->mock_result = STR("");
    test->mock_error = json_get_str(failure, STR("error"));
    test->mock_cause = json_get_str(failure, STR("cause"));
    if (!str_eq(mode, STR("NONE"))) {
        test->mock_fits = str_eq(mode, STR("PRESENT")) ? mock_fits_present : mock_fits_strict;
        test->mock_fits_self = NULL;
    }
    return true;
}

static const uint32_t *in_count(const struct json *object, struct str name, uint32_t *at)
{
    const struct json *number = json_get_typed(object, name, JSON_NUMBER);
    int64_t value;
    if (!number || !json_number_i64(number->text, &value) || value < 0 || value > INT32_MAX)
        return NULL;
    *at = (uint32_t)value;
    return at;
}

static struct str in_text(const struct json *object, struct str name)
{
    const struct json *text = json_get_typed(object, name, JSON_STRING);
    return !text ? (struct str){ NULL, 0 } : text->text.ptr ? text->text : STR("");
}

void op_states_test_state_prepare(struct op_call *call)
{
    struct prepared_trial *prepared = ARENA_NEW(call->arena, struct prepared_trial);
    const struct json *configuration = json_get_typed(call->input, STR("stateConfiguration"), JSON_OBJECT);
    struct flow_test *test = &prepared->test;
    *test = (struct flow_test){
        .definition = states_str(call, STR("definition")),
        .state_name = states_str(call, STR("stateName")),
        .input = json_get(call->input, STR("input")) ? states_str(call, STR("input")) : STR("{}"),
        .role_arn = states_str(call, STR("roleArn")),
        .context = in_text(call->input, STR("context")),
        .variables = in_text(call->input, STR("variables")),
        .now_ms = call->now_ms,
        .hops = call->hops,
        .retries = in_count(configuration, STR("retrierRetryCount"), &prepared->retries),
        .failures = in_count(configuration, STR("mapIterationFailureCount"), &prepared->failures),
        .failed_state = json_get_str(configuration, STR("errorCausedByState")),
        .item_data = in_text(configuration, STR("mapItemReaderData")),
    };
    if (!mock_read(call, test) ||
        !flow_trial_begin(call->rooms->flow, call->arena, call->ns, test, &prepared->trial, &call->fault))
        return;
    call->prepared = prepared;
    call->answered = flow_trial_over(prepared->trial);
    if (call->answered)
        op_states_test_state(call);
}

/* ---- what is told ---- */

static void out_text(struct op_call *call, struct str name, struct str text)
{
    if (!str_empty(text))
        json_put_member_str(call->out, name, text);
}

static void out_limits(struct op_call *call, const struct flow_tested *tested)
{
    if (tested->has_count)
        json_put_member_i64(call->out, STR("toleratedFailureCount"), tested->count);
    if (tested->has_percentage) {
        json_key(call->out, STR("toleratedFailurePercentage"));
        json_put_double(call->out, tested->percentage);
    }
    if (tested->has_concurrency)
        json_put_member_i64(call->out, STR("maxConcurrency"), tested->concurrency);
}

static void out_inspection(struct op_call *call, const struct flow_test *test,
                           const struct flow_tested *tested)
{
    json_key(call->out, STR("inspectionData"));
    json_begin_object(call->out);
    json_put_member_str(call->out, STR("input"), test->input);
    out_text(call, STR("afterInputPath"), tested->after_input_path);
    out_text(call, STR("afterParameters"), tested->after_parameters);
    out_text(call, STR("afterItemsPath"), tested->after_items_path);
    out_text(call, STR("afterItemSelector"), tested->after_item_selector);
    out_text(call, STR("afterItemBatcher"), tested->after_item_batcher);
    out_limits(call, tested);
    out_text(call, STR("result"), tested->result);
    out_text(call, STR("afterResultSelector"), tested->after_result_selector);
    out_text(call, STR("afterResultPath"), tested->after_result_path);
    out_text(call, STR("variables"), tested->variables);
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

static void out_tested(struct op_call *call, struct prepared_trial *prepared)
{
    struct flow_tested tested;
    struct str level = states_str(call, STR("inspectionLevel"));
    flow_trial_tell(prepared->trial, &tested);
    json_begin_object(call->out);
    json_put_member_str(call->out, STR("status"), tested.status);
    if (tested.output.ptr)
        json_put_member_str(call->out, STR("output"), tested.output);
    out_text(call, STR("error"), tested.error);
    out_text(call, STR("cause"), tested.cause);
    out_text(call, STR("nextState"), tested.next_state);
    if (str_eq(level, STR("DEBUG")) || str_eq(level, STR("TRACE")))
        out_inspection(call, &prepared->test, &tested);
    json_end_object(call->out);
}

/* ---- a task that goes out ---- */

void op_states_test_state(struct op_call *call)
{
    struct prepared_trial *prepared = call->prepared;
    struct flow_trial *trial = prepared->trial;
    int64_t due_ms = 0;
    if (!flow_trial_over(trial) && !call->can_wait) {
        states_refuse(call, "TestState of a Task takes time: who calls it must wait");
        return;
    }
    if (!flow_trial_over(trial) && !prepared->sent &&
        !states_done(call, flow_trial_send(trial, call->work, &call->fault)))
        return;
    prepared->sent = true;
    if (flow_trial_look(trial, call->now_ms, &due_ms)) {
        out_tested(call, prepared);
        return;
    }
    if (call->wait_until_ms != 0 && call->wait_until_ms < due_ms) { /* no time of the trial's is over */
        flow_trial_leave(trial);
        fault_set(&call->fault, call->arena, FAULT_UNAVAILABLE, "The server is stopping.");
        return;
    }
    call->wait_until_ms = due_ms;
    call->wait_for = flow_trial_topic(trial);
}
