/* Map runs: what a Map in DISTRIBUTED mode has begun. */
#include "api/api_states.h"
#include "api/operations.h"
#include "flow/flow.h"

static void out_counts(struct json_writer *out, struct str name, const struct flow_map_counts *counts)
{
    json_key(out, name);
    json_begin_object(out);
    json_put_member_i64(out, STR("pending"), counts->pending);
    json_put_member_i64(out, STR("running"), counts->running);
    json_put_member_i64(out, STR("succeeded"), counts->succeeded);
    json_put_member_i64(out, STR("failed"), counts->failed);
    json_put_member_i64(out, STR("timedOut"), counts->timed_out);
    json_put_member_i64(out, STR("aborted"), counts->aborted);
    json_put_member_i64(out, STR("total"), counts->total);
    json_put_member_i64(out, STR("resultsWritten"), 0); /* there is no ResultWriter */
    json_put_member_i64(out, STR("failuresNotRedrivable"), counts->not_redrivable);
    json_put_member_i64(out, STR("pendingRedrive"), counts->pending_redrive);
    json_end_object(out);
}

void op_states_describe_map_run(struct op_call *call)
{
    struct flow_map_run run;
    if (!flow_map_run_describe(call->reader, call->arena, call->ns, states_str(call, STR("mapRunArn")), &run,
                               &call->fault))
        return;
    struct json_writer *out = call->out;
    json_begin_object(out);
    json_put_member_str(out, STR("mapRunArn"), run.arn);
    json_put_member_str(out, STR("executionArn"), run.execution_arn);
    json_put_member_str(out, STR("status"), run.status);
    json_put_member_time(out, STR("startDate"), run.start_ms);
    if (!run.running)
        json_put_member_time(out, STR("stopDate"), run.stop_ms);
    json_put_member_i64(out, STR("maxConcurrency"), run.concurrency);
    json_key(out, STR("toleratedFailurePercentage"));
    json_put_double(out, run.tolerated_percentage);
    json_put_member_i64(out, STR("toleratedFailureCount"), run.tolerated_count);
    out_counts(out, STR("itemCounts"), &run.items);
    out_counts(out, STR("executionCounts"), &run.executions);
    json_put_member_i64(out, STR("redriveCount"), run.redrives);
    if (run.redrives > 0)
        json_put_member_time(out, STR("redriveDate"), run.redriven_ms);
    json_end_object(out);
}

void op_states_list_map_runs(struct op_call *call)
{
    size_t max = states_page(call), count = 0;
    struct flow_map_run *runs = ARENA_ARRAY(call->arena, struct flow_map_run, max);
    struct str execution = states_str(call, STR("executionArn")), position;
    if (!states_token_in(call, execution, &position) ||
        !flow_map_run_list(call->reader, call->arena, call->ns, execution, max, &position, runs, &count,
                           &call->fault))
        return;
    struct json_writer *out = call->out;
    json_begin_object(out);
    json_key(out, STR("mapRuns"));
    json_begin_array(out);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(out);
        json_put_member_str(out, STR("executionArn"), runs[i].execution_arn);
        json_put_member_str(out, STR("mapRunArn"), runs[i].arn);
        json_put_member_str(out, STR("stateMachineArn"), runs[i].machine_arn);
        json_put_member_time(out, STR("startDate"), runs[i].start_ms);
        if (!runs[i].running)
            json_put_member_time(out, STR("stopDate"), runs[i].stop_ms);
        json_end_object(out);
    }
    json_end_array(out);
    if (!str_empty(position))
        states_token_out(call, execution, position);
    json_end_object(out);
}

/* The number of the member; false when it is absent or no number of 0 to max (then the call is refused). */
static bool in_number(struct op_call *call, struct str name, double max, double *ret)
{
    const struct json *given = json_get_typed(call->input, name, JSON_NUMBER);
    if (!given)
        return false;
    if (json_number_double(given->text, ret) && *ret >= 0 && *ret <= max)
        return true;
    (void)states_refuse(call, arena_cstr(call->arena, arena_printf(call->arena, "%.*s must be from 0 to %.0f",
                                                                   STR_ARG(name), max)));
    return false;
}

void op_states_update_map_run(struct op_call *call)
{
    struct flow_map_run_change change = { 0 };
    double concurrency, count, percentage;
    uint32_t concurrency_most, count_most;
    if (in_number(call, STR("maxConcurrency"), INT32_MAX, &concurrency)) {
        concurrency_most = (uint32_t)concurrency;
        change.concurrency = &concurrency_most;
    }
    if (in_number(call, STR("toleratedFailureCount"), INT32_MAX, &count)) {
        count_most = (uint32_t)count;
        change.tolerated_count = &count_most;
    }
    if (in_number(call, STR("toleratedFailurePercentage"), 100, &percentage))
        change.tolerated_percentage = &percentage;
    if (call->fault.code != FAULT_NONE ||
        !states_done(call, flow_map_run_update(call->rooms->flow, call->work, call->ns,
                                               states_str(call, STR("mapRunArn")), &change, &call->fault)))
        return;
    json_begin_object(call->out);
    json_end_object(call->out);
}
