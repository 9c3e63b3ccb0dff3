/* api_states.c - Step Functions: input in JSON to calls of the room, its answers to JSON. */
#include "api/api_states.h"
#include "api/operations.h"
#include "api/token.h"
#include "base/arn.h"
#include "flow/flow.h"
#include "io/http.h"
#include "logs/logs.h"
#include "store/key.h"
#include "store/tags.h"

enum { PAGE_DEFAULT = 100, PAGE_MAX = 1000 };

/* ---- input ---- */

struct str states_str(const struct op_call *call, struct str name)
{
    return json_get_str(call->input, name);
}

bool states_true(const struct op_call *call, struct str name)
{
    return json_is(json_get(call->input, name), JSON_TRUE);
}

size_t states_page(const struct op_call *call)
{
    const struct json *value = json_get_typed(call->input, STR("maxResults"), JSON_NUMBER);
    int64_t max = 0;
    if (!value || !json_number_i64(value->text, &max) || max <= 0 || max > PAGE_MAX)
        return PAGE_DEFAULT;
    return (size_t)max;
}

/* The position, empty when there is no token. list: what it is a list of, so that no token serves another. */
bool states_token_in(struct op_call *call, struct str list, struct str *ret)
{
    struct str token = states_str(call, STR("nextToken")), name;
    *ret = STR_EMPTY;
    if (str_empty(token))
        return true;
    if (token_read(call, token, ret) && key_read_text(call->arena, ret, &name) && str_eq(name, list))
        return true;
    return fault_set(&call->fault, call->arena, FAULT_INVALID_TOKEN, "Invalid Token: 'Invalid token'");
}

void states_token_out(struct op_call *call, struct str list, struct str position)
{
    struct key bytes;
    bytes.len = 0;
    bytes.overflow = false;
    key_text(&bytes, list);
    key_bytes(&bytes, position);
    json_put_member_str(call->out, STR("nextToken"), token_write(call, key_str(&bytes)));
}

/* A fault set on the writer's thread has its text in the command's arena, which ends before the answer. */
bool states_done(struct op_call *call, bool ok)
{
    if (!ok)
        call->fault.text = arena_copy(call->arena, call->fault.text);
    return ok;
}

bool states_refuse(struct op_call *call, const char *text)
{
    return fault_set(&call->fault, call->arena, FAULT_VALIDATION, "%s", text);
}

/* ---- machines ---- */

bool states_encryption_check(struct op_call *call)
{
    const struct json *encryption = json_get(call->input, STR("encryptionConfiguration"));
    if (encryption && !str_eq(json_get_str(encryption, STR("type")), STR("AWS_OWNED_KEY")))
        return states_refuse(
            call, "Encryption with a key of your own is not supported by Crema: type must be AWS_OWNED_KEY");
    return true;
}

/* What Create and Update have in common beyond the definition. */
static bool in_machine(struct op_call *call, struct str *ret_logging)
{
    if (!states_true(call, STR("publish")) && json_get(call->input, STR("versionDescription")))
        return states_refuse(call, "Version description can only be set when publish is true");
    return states_encryption_check(call) &&
           flow_logging_check(call->arena, json_get(call->input, STR("loggingConfiguration")), ret_logging,
                              &call->fault);
}

/* Whether the log group that the call names is there, now. On the writer's thread. */
static bool log_group_check(struct op_call *call)
{
    struct str text = flow_logging_group(json_get(call->input, STR("loggingConfiguration"))), name, rest;
    struct arn arn;
    struct logs_group group;
    struct fault none = { 0 };
    if (str_empty(text))
        return true;
    if (arn_parse(text, &arn) && arn_in(&arn, call->ns) && str_eq(arn.service, STR("logs")) &&
        str_starts(arn.resource, STR("log-group:")) &&
        str_cut(str_from_offset(arn.resource, strlen("log-group:")), ':', &name, &rest) &&
        str_eq(rest, STR("*")) &&
        logs_group_get(call->work->reader, call->arena, call->ns, name, &group, &none))
        return true;
    return fault_set(&call->fault, call->arena, FAULT_INVALID_LOGGING_CONFIGURATION,
                     "Invalid Logging Configuration: Log Destination not found.");
}

static bool in_tracing(const struct op_call *call)
{
    const struct json *tracing = json_get(call->input, STR("tracingConfiguration"));
    return json_is(json_get(tracing, STR("enabled")), JSON_TRUE);
}

static bool role_check(struct op_call *call, struct str arn)
{
    return str_starts(arn, STR("arn:")) || fault_set(&call->fault, call->arena, FAULT_INVALID_ARN,
                                                     "Invalid Arn: 'Invalid ARN prefix: %.*s'", STR_ARG(arn));
}

/* A list of {key, value} as an object. */
struct json states_tags(struct op_call *call, const struct json *list)
{
    uint32_t count = list ? list->count : 0;
    struct json_member *members = ARENA_ARRAY(call->arena, struct json_member, count);
    for (uint32_t i = 0; i < count; i++) {
        members[i].key = json_get_str(&list->items[i], STR("key"));
        members[i].value = json_of_str(json_get_str(&list->items[i], STR("value")));
    }
    return json_of_object(members, count);
}

/* Create and Update: publish what there is now. version->arn is left empty when it is not asked for. */
static bool publish(struct op_call *call, struct str arn, struct flow_version *version)
{
    memset(version, 0, sizeof(*version));
    return !states_true(call, STR("publish")) ||
           states_done(call, flow_version_publish(call->rooms->flow, call->work, call->ns, arn, STR_EMPTY,
                                                  states_str(call, STR("versionDescription")), version,
                                                  &call->fault));
}

static void out_published(struct op_call *call, const struct flow_version *version)
{
    if (!str_empty(version->arn))
        json_put_member_str(call->out, STR("stateMachineVersionArn"), version->arn);
}

void op_states_create_state_machine_prepare(struct op_call *call)
{
    struct flow_machine *machine = ARENA_NEW(call->arena, struct flow_machine);
    machine->express = str_eq(states_str(call, STR("type")), STR("EXPRESS"));
    machine->name = states_str(call, STR("name"));
    machine->definition = states_str(call, STR("definition"));
    machine->role_arn = states_str(call, STR("roleArn"));
    machine->tracing = in_tracing(call);
    if (role_check(call, machine->role_arn) && in_machine(call, &machine->logging) &&
        flow_definition_check(call->rooms->flow, call->arena, machine->definition, machine->express,
                              &call->fault))
        call->prepared = machine;
}

void op_states_create_state_machine(struct op_call *call)
{
    struct flow_machine machine = *(const struct flow_machine *)call->prepared;
    struct flow_version version;
    struct json tags = states_tags(call, json_get_typed(call->input, STR("tags"), JSON_ARRAY));
    if (!log_group_check(call) ||
        !states_done(call, flow_machine_create(call->rooms->flow, call->work, call->ns, &machine, &tags,
                                               &call->fault)) ||
        !publish(call, machine.arn, &version))
        return;
    json_begin_object(call->out);
    json_put_member_str(call->out, STR("stateMachineArn"), machine.arn);
    json_put_member_time(call->out, STR("creationDate"), machine.created_ms);
    out_published(call, &version);
    json_end_object(call->out);
}

void op_states_validate_state_machine_definition(struct op_call *call)
{
    enum { PROBLEMS_MAX = 100 };
    const struct json *max = json_get_typed(call->input, STR("maxResults"), JSON_NUMBER);
    bool express = str_eq(states_str(call, STR("type")), STR("EXPRESS"));
    bool warn = str_eq(states_str(call, STR("severity")), STR("WARNING"));
    struct flow_problem problems[PROBLEMS_MAX + 1];
    int64_t shown = 0;
    if (!max || !json_number_i64(max->text, &shown) || shown <= 0 || shown > PROBLEMS_MAX)
        shown = PROBLEMS_MAX;
    size_t count =
        flow_definition_problems(call->rooms->flow, call->arena, states_str(call, STR("definition")), express,
                                 warn, (size_t)shown + 1, problems);
    struct json_writer *out = call->out;
    json_begin_object(out);
    json_put_member_str(out, STR("result"), count == 0 || problems[0].warning ? STR("OK") : STR("FAIL"));
    json_key(out, STR("diagnostics"));
    json_begin_array(out);
    for (size_t i = 0; i < count && i < (size_t)shown; i++) {
        json_begin_object(out);
        json_put_member_str(out, STR("severity"), problems[i].warning ? STR("WARNING") : STR("ERROR"));
        json_put_member_str(out, STR("code"), problems[i].code);
        json_put_member_str(out, STR("message"), problems[i].text);
        if (!str_empty(problems[i].place))
            json_put_member_str(out, STR("location"), problems[i].place);
        json_end_object(out);
    }
    json_end_array(out);
    json_put_member_bool(out, STR("truncated"), count > (size_t)shown);
    json_end_object(out);
}

void op_states_update_state_machine_prepare(struct op_call *call)
{
    struct flow_machine *machine = ARENA_NEW(call->arena, struct flow_machine);
    bool definition = json_get(call->input, STR("definition")) != NULL;
    if (!definition && !json_get(call->input, STR("roleArn")) &&
        !json_get(call->input, STR("loggingConfiguration")) &&
        !json_get(call->input, STR("tracingConfiguration"))) {
        fault_set(&call->fault, call->arena, FAULT_MISSING_PARAMETER,
                  "Either the definition, the role ARN, the LoggingConfiguration, or the "
                  "TracingConfiguration must be "
                  "specified");
        return;
    }
    machine->definition = states_str(call, STR("definition"));
    machine->role_arn = states_str(call, STR("roleArn"));
    machine->tracing = in_tracing(call);
    if ((json_get(call->input, STR("roleArn")) && !role_check(call, machine->role_arn)) ||
        !in_machine(call, &machine->logging) ||
        (definition &&
         !flow_definition_check(call->rooms->flow, call->arena, machine->definition, false, &call->fault)))
        return;
    call->prepared = machine;
}

void op_states_update_state_machine(struct op_call *call)
{
    const struct flow_machine *machine = call->prepared;
    struct flow_machine now;
    struct flow_version version;
    struct flow_machine_change change = {
        .definition = json_get(call->input, STR("definition")) ? &machine->definition : NULL,
        .role_arn = json_get(call->input, STR("roleArn")) ? &machine->role_arn : NULL,
        .logging = json_get(call->input, STR("loggingConfiguration")) ? &machine->logging : NULL,
        .tracing = json_get(call->input, STR("tracingConfiguration")) ? &machine->tracing : NULL,
    };
    if (!log_group_check(call) ||
        !states_done(call, flow_machine_update(call->rooms->flow, call->work, call->ns,
                                               states_str(call, STR("stateMachineArn")), &change, &now,
                                               &call->fault)) ||
        !publish(call, now.arn, &version))
        return;
    json_begin_object(call->out);
    json_put_member_time(call->out, STR("updateDate"), now.updated_ms);
    if (!str_empty(now.revision_id))
        json_put_member_str(call->out, STR("revisionId"), now.revision_id);
    out_published(call, &version);
    json_end_object(call->out);
}

static void out_machine(struct op_call *call, const struct flow_machine *machine)
{
    struct json_writer *out = call->out;
    bool bare = str_eq(states_str(call, STR("includedData")), STR("METADATA_ONLY"));
    json_put_member_str(out, STR("stateMachineArn"), machine->arn);
    json_put_member_str(out, STR("name"), machine->name);
    json_put_member_str(out, STR("definition"), bare ? STR("{}") : machine->definition);
    json_put_member_str(out, STR("roleArn"), machine->role_arn);
    json_key(out, STR("loggingConfiguration"));
    json_put_raw(out, machine->logging);
    json_key(out, STR("tracingConfiguration"));
    json_begin_object(out);
    json_put_member_bool(out, STR("enabled"), machine->tracing);
    json_end_object(out);
    json_key(out, STR("encryptionConfiguration"));
    json_begin_object(out);
    json_put_member_str(out, STR("type"), STR("AWS_OWNED_KEY"));
    json_end_object(out);
    if (!str_empty(machine->revision_id))
        json_put_member_str(out, STR("revisionId"), machine->revision_id);
    if (!str_empty(machine->description))
        json_put_member_str(out, STR("description"), machine->description);
    struct str references = bare ? STR_EMPTY : flow_variable_references(call->arena, machine->definition);
    if (!str_empty(references)) {
        json_key(out, STR("variableReferences"));
        json_put_raw(out, references);
    }
}

static struct str machine_type(const struct flow_machine *machine)
{
    return machine->express ? STR("EXPRESS") : STR("STANDARD");
}

static struct str machine_status(const struct flow_machine *machine)
{
    return machine->deleting ? STR("DELETING") : STR("ACTIVE");
}

void op_states_describe_state_machine(struct op_call *call)
{
    struct flow_machine machine;
    if (!flow_machine_describe(call->reader, call->arena, call->ns, states_str(call, STR("stateMachineArn")),
                               &machine, &call->fault))
        return;
    json_begin_object(call->out);
    out_machine(call, &machine);
    json_put_member_str(call->out, STR("status"), machine_status(&machine));
    json_put_member_str(call->out, STR("type"), machine_type(&machine));
    json_put_member_time(call->out, STR("creationDate"), machine.created_ms);
    json_end_object(call->out);
}

void op_states_list_state_machines(struct op_call *call)
{
    size_t max = states_page(call), count;
    struct flow_machine *machines = ARENA_ARRAY(call->arena, struct flow_machine, max);
    struct str after;
    bool more;
    if (!states_token_in(call, STR("machines"), &after))
        return;
    count = flow_machine_list(call->reader, call->arena, call->ns, after, max, machines, &more);
    struct json_writer *out = call->out;
    json_begin_object(out);
    json_key(out, STR("stateMachines"));
    json_begin_array(out);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(out);
        json_put_member_str(out, STR("stateMachineArn"), machines[i].arn);
        json_put_member_str(out, STR("name"), machines[i].name);
        json_put_member_str(out, STR("type"), machine_type(&machines[i]));
        json_put_member_time(out, STR("creationDate"), machines[i].created_ms);
        json_end_object(out);
    }
    json_end_array(out);
    if (more)
        states_token_out(call, STR("machines"), machines[count - 1].name);
    json_end_object(out);
}

void op_states_delete_state_machine(struct op_call *call)
{
    (void)states_done(call, flow_machine_delete(call->rooms->flow, call->work, call->ns,
                                                states_str(call, STR("stateMachineArn")), &call->fault));
}

/* ---- executions ---- */

/* What traces the request: its header before its body. */
static struct str in_trace_header(const struct op_call *call)
{
    enum { TRACE_HEADER_BYTES_MAX = 256 };
    struct str header =
        call->client ? http_header_find(http_request_of(call->client), STR("X-Amzn-Trace-Id")) : STR_EMPTY;
    if (str_empty(header) || header.len > TRACE_HEADER_BYTES_MAX)
        return states_str(call, STR("traceHeader"));
    for (size_t i = 0; i < header.len; i++) {
        if ((unsigned char)header.ptr[i] > 0x7E)
            return states_str(call, STR("traceHeader"));
    }
    return header;
}

void op_states_start_execution_prepare(struct op_call *call)
{
    struct flow_order *order = ARENA_NEW(call->arena, struct flow_order);
    *order = (struct flow_order){
        .machine_arn = states_str(call, STR("stateMachineArn")),
        .name = states_str(call, STR("name")),
        .input = json_get(call->input, STR("input")) ? states_str(call, STR("input")) : STR("{}"),
        .trace_header = in_trace_header(call),
        .hops = call->hops,
    };
    if (flow_input_check(call->arena, order->input, &order->value, &call->fault))
        call->prepared = order;
}

void op_states_start_execution(struct op_call *call)
{
    struct flow_started started;
    if (json_get(call->input, STR("name")) && str_empty(states_str(call, STR("name")))) {
        fault_set(&call->fault, call->arena, FAULT_INVALID_NAME, "Invalid Name: ''");
        return;
    }
    if (!states_done(call, flow_start_checked(call->rooms->flow, call->work, call->ns, call->prepared,
                                              &started, &call->fault)))
        return;
    json_begin_object(call->out);
    json_put_member_str(call->out, STR("executionArn"), started.execution_arn);
    json_put_member_time(call->out, STR("startDate"), started.start_ms);
    json_end_object(call->out);
}

static void out_included(struct op_call *call, struct str key, bool included)
{
    json_key(call->out, key);
    json_begin_object(call->out);
    json_put_member_bool(call->out, STR("included"), included);
    json_end_object(call->out);
}

/* ---- executions whose end is waited for ---- */

struct prepared_sync {
    struct flow_order order;
    bool started;
    struct flow_started execution;
};

enum { SYNC_TIME_MAX_MS = 330000 }; /* an execution of an Express machine ends before */

void op_states_start_sync_execution_prepare(struct op_call *call)
{
    op_states_start_execution_prepare(call);
    struct prepared_sync *sync = ARENA_NEW(call->arena, struct prepared_sync);
    if (call->prepared)
        sync->order = *(const struct flow_order *)call->prepared;
    sync->order.waiting_arn = call->caller_arn;
    call->prepared = sync;
}

static void out_sync(struct op_call *call, const struct flow_execution *execution)
{
    const struct prepared_sync *sync = call->prepared;
    struct json_writer *out = call->out;
    bool bare = str_eq(states_str(call, STR("includedData")), STR("METADATA_ONLY"));
    int64_t billed_ms = (execution->stop_ms - execution->start_ms + 99) / 100 * 100;
    json_begin_object(out);
    json_put_member_str(out, STR("executionArn"), execution->arn);
    json_put_member_str(out, STR("stateMachineArn"), states_str(call, STR("stateMachineArn")));
    json_put_member_str(out, STR("name"), execution->name);
    json_put_member_time(out, STR("startDate"), execution->start_ms);
    json_put_member_time(out, STR("stopDate"), execution->stop_ms);
    json_put_member_str(out, STR("status"), execution->status);
    if (execution->error.ptr)
        json_put_member_str(out, STR("error"), execution->error);
    if (execution->cause.ptr)
        json_put_member_str(out, STR("cause"), execution->cause);
    if (!bare)
        json_put_member_str(out, STR("input"), execution->input);
    out_included(call, STR("inputDetails"), !bare);
    if (execution->output.ptr) {
        if (!bare)
            json_put_member_str(out, STR("output"), execution->output);
        out_included(call, STR("outputDetails"), !bare);
    }
    if (!str_empty(sync->order.trace_header))
        json_put_member_str(out, STR("traceHeader"), sync->order.trace_header);
    json_key(out, STR("billingDetails"));
    json_begin_object(out);
    json_put_member_i64(out, STR("billedMemoryUsedInMB"), 64);
    json_put_member_i64(out, STR("billedDurationInMilliseconds"), billed_ms > 0 ? billed_ms : 100);
    json_end_object(out);
    json_end_object(out);
}

void op_states_start_sync_execution(struct op_call *call)
{
    struct prepared_sync *sync = call->prepared;
    struct flow *flow = call->rooms->flow;
    struct flow_execution execution;
    if (!call->can_wait) {
        states_refuse(call, "StartSyncExecution takes time: who calls it must wait");
        return;
    }
    if (!sync->started) {
        if (!states_done(call, flow_start_sync(flow, call->work, call->ns, &sync->order, &sync->execution,
                                               &call->fault)))
            return;
        sync->started = true;
        sync->execution.execution_arn = arena_copy(call->arena, sync->execution.execution_arn);
    }
    if (flow_express_result(flow, call->arena, sync->execution.express_id, &execution)) {
        out_sync(call, &execution);
        return;
    }
    if (call->wait_until_ms == 0)
        call->wait_until_ms = call->now_ms + SYNC_TIME_MAX_MS;
    if (call->now_ms >= call->wait_until_ms) {
        fault_set(&call->fault, call->arena, FAULT_UNAVAILABLE, "The server is stopping.");
        return;
    }
    call->wait_for = sync->execution.execution_arn;
}

static void out_started_by(struct op_call *call, const struct flow_execution *execution)
{
    if (!str_empty(execution->version_arn))
        json_put_member_str(call->out, STR("stateMachineVersionArn"), execution->version_arn);
    if (!str_empty(execution->alias_arn))
        json_put_member_str(call->out, STR("stateMachineAliasArn"), execution->alias_arn);
}

static void out_redrives(struct op_call *call, const struct flow_execution *execution)
{
    json_put_member_i64(call->out, STR("redriveCount"), execution->redrives);
    if (execution->redriven_ms != 0)
        json_put_member_time(call->out, STR("redriveDate"), execution->redriven_ms);
}

void op_states_redrive_execution(struct op_call *call)
{
    int64_t redriven_ms;
    if (!states_done(call, flow_redrive(call->rooms->flow, call->work, call->ns,
                                        states_str(call, STR("executionArn")),
                                        states_str(call, STR("clientToken")), &redriven_ms, &call->fault)))
        return;
    json_begin_object(call->out);
    json_put_member_time(call->out, STR("redriveDate"), redriven_ms);
    json_end_object(call->out);
}

void op_states_describe_execution(struct op_call *call)
{
    struct flow_execution execution;
    if (!flow_execution_describe(call->reader, call->arena, call->ns, states_str(call, STR("executionArn")),
                                 call->now_ms, &execution, &call->fault))
        return;
    struct json_writer *out = call->out;
    bool bare = str_eq(states_str(call, STR("includedData")), STR("METADATA_ONLY"));
    json_begin_object(out);
    json_put_member_str(out, STR("executionArn"), execution.arn);
    json_put_member_str(out, STR("stateMachineArn"), execution.machine_arn);
    out_started_by(call, &execution);
    json_put_member_str(out, STR("name"), execution.name);
    json_put_member_str(out, STR("status"), execution.status);
    json_put_member_time(out, STR("startDate"), execution.start_ms);
    if (!execution.running)
        json_put_member_time(out, STR("stopDate"), execution.stop_ms);
    if (!bare)
        json_put_member_str(out, STR("input"), execution.input);
    out_included(call, STR("inputDetails"), !bare);
    if (execution.output.ptr) {
        if (!bare)
            json_put_member_str(out, STR("output"), execution.output);
        out_included(call, STR("outputDetails"), !bare);
    }
    if (execution.error.ptr)
        json_put_member_str(out, STR("error"), execution.error);
    if (execution.cause.ptr)
        json_put_member_str(out, STR("cause"), execution.cause);
    if (!str_empty(execution.trace_header))
        json_put_member_str(out, STR("traceHeader"), execution.trace_header);
    if (!str_empty(execution.map_run_arn))
        json_put_member_str(out, STR("mapRunArn"), execution.map_run_arn);
    out_redrives(call, &execution);
    json_put_member_str(out, STR("redriveStatus"), execution.redrive_status);
    if (!str_empty(execution.redrive_reason))
        json_put_member_str(out, STR("redriveStatusReason"), execution.redrive_reason);
    json_end_object(out);
}

void op_states_list_executions(struct op_call *call)
{
    struct str machine = states_str(call, STR("stateMachineArn")),
               status = states_str(call, STR("statusFilter")), position;
    struct str map_run = states_str(call, STR("mapRunArn"));
    if (str_empty(machine) == str_empty(map_run)) {
        states_refuse(call, str_empty(machine)
                                ? "Either stateMachineArn or mapRunArn must be specified"
                                : "stateMachineArn and mapRunArn cannot be specified together");
        return;
    }
    if (str_empty(map_run) && str_eq(status, STR("PENDING_REDRIVE"))) {
        states_refuse(
            call, "PENDING_REDRIVE statusFilter is for executions of a Map Run: mapRunArn must be specified");
        return;
    }
    if (str_empty(machine))
        machine = map_run;
    struct str list = arena_concat(call->arena, arena_concat(call->arena, machine, STR(" ")), status);
    size_t max = states_page(call), count = 0;
    struct flow_execution *executions = ARENA_ARRAY(call->arena, struct flow_execution, max);
    if (!states_token_in(call, list, &position))
        return;
    struct str redriven = states_str(call, STR("redriveFilter"));
    if (!flow_execution_list(call->rooms->flow, call->reader, call->arena, call->ns, machine, status, max,
                             &position, executions, &count, &call->fault))
        return;
    struct json_writer *out = call->out;
    json_begin_object(out);
    json_key(out, STR("executions"));
    json_begin_array(out);
    for (size_t i = 0; i < count; i++) {
        if (!str_empty(redriven) && str_eq(redriven, STR("REDRIVEN")) != (executions[i].redrives > 0))
            continue;
        json_begin_object(out);
        json_put_member_str(out, STR("executionArn"), executions[i].arn);
        json_put_member_str(out, STR("stateMachineArn"), executions[i].machine_arn);
        if (!str_empty(map_run)) {
            json_put_member_str(out, STR("mapRunArn"), map_run);
            json_put_member_i64(out, STR("itemCount"), executions[i].item_count);
        }
        out_started_by(call, &executions[i]);
        json_put_member_str(out, STR("name"), executions[i].name);
        json_put_member_str(out, STR("status"), executions[i].status);
        json_put_member_time(out, STR("startDate"), executions[i].start_ms);
        if (!executions[i].running)
            json_put_member_time(out, STR("stopDate"), executions[i].stop_ms);
        out_redrives(call, &executions[i]);
        json_end_object(out);
    }
    json_end_array(out);
    if (!str_empty(position))
        states_token_out(call, list, position);
    json_end_object(out);
}

void op_states_stop_execution(struct op_call *call)
{
    int64_t stop_ms;
    if (!states_done(call, flow_stop(call->rooms->flow, call->work, call->ns,
                                     states_str(call, STR("executionArn")), states_str(call, STR("error")),
                                     states_str(call, STR("cause")), &stop_ms, &call->fault)))
        return;
    json_begin_object(call->out);
    json_put_member_time(call->out, STR("stopDate"), stop_ms);
    json_end_object(call->out);
}

void op_states_get_execution_history(struct op_call *call)
{
    struct str arn = states_str(call, STR("executionArn")), position;
    bool reverse = states_true(call, STR("reverseOrder"));
    const struct json *data = json_get(call->input, STR("includeExecutionData"));
    struct str list = arena_concat(call->arena, arn, reverse ? STR(" reverse") : STR_EMPTY);
    uint32_t id = 0;
    if (!states_token_in(call, list, &position))
        return;
    if (!str_empty(position) && !key_read_u32(&position, &id)) {
        fault_set(&call->fault, call->arena, FAULT_INVALID_TOKEN, "Invalid Token: 'Invalid token'");
        return;
    }
    json_begin_object(call->out);
    json_key(call->out, STR("events"));
    json_begin_array(call->out);
    if (!flow_history_write(call->rooms->flow, call->reader, call->arena, call->ns, arn, reverse,
                            !json_is(data, JSON_FALSE), states_page(call), &id, call->out, &call->fault))
        return;
    json_end_array(call->out);
    if (id != 0) {
        char bytes[4] = { (char)(id >> 24), (char)(id >> 16), (char)(id >> 8), (char)id };
        states_token_out(call, list, str_of(bytes, sizeof(bytes)));
    }
    json_end_object(call->out);
}

void op_states_describe_state_machine_for_execution(struct op_call *call)
{
    struct flow_machine machine;
    if (!flow_execution_machine(call->reader, call->arena, call->ns, states_str(call, STR("executionArn")),
                                &machine, &call->fault))
        return;
    json_begin_object(call->out);
    out_machine(call, &machine);
    json_put_member_time(call->out, STR("updateDate"), machine.updated_ms);
    if (!str_empty(machine.map_run_arn)) {
        json_put_member_str(call->out, STR("mapRunArn"), machine.map_run_arn);
        json_put_member_str(call->out, STR("label"), machine.label);
    }
    json_end_object(call->out);
}

/* ---- task tokens ---- */

void op_states_send_task_success(struct op_call *call)
{
    (void)states_done(call,
                      flow_task_succeed(call->rooms->flow, call->work, states_str(call, STR("taskToken")),
                                        states_str(call, STR("output")), &call->fault));
}

void op_states_send_task_failure(struct op_call *call)
{
    (void)states_done(call, flow_task_fail(call->rooms->flow, call->work, states_str(call, STR("taskToken")),
                                           states_str(call, STR("error")), states_str(call, STR("cause")),
                                           &call->fault));
}

void op_states_send_task_heartbeat(struct op_call *call)
{
    (void)states_done(call, flow_task_heartbeat(call->rooms->flow, call->work,
                                                states_str(call, STR("taskToken")), &call->fault));
}

/* ---- tags ---- */

void op_states_tag_resource(struct op_call *call)
{
    struct str arn = states_str(call, STR("resourceArn"));
    struct json tags = states_tags(call, json_get_typed(call->input, STR("tags"), JSON_ARRAY));
    if (states_done(call, flow_taggable(call->reader, call->arena, call->ns, arn, &call->fault)))
        (void)states_done(call, tags_put(call->work, arn, &tags, &call->fault));
}

void op_states_untag_resource(struct op_call *call)
{
    struct str arn = states_str(call, STR("resourceArn"));
    if (states_done(call, flow_taggable(call->reader, call->arena, call->ns, arn, &call->fault)))
        tags_remove(call->work, arn, json_get(call->input, STR("tagKeys")));
}

void op_states_list_tags_for_resource(struct op_call *call)
{
    struct str arn = states_str(call, STR("resourceArn"));
    if (!flow_taggable(call->reader, call->arena, call->ns, arn, &call->fault))
        return;
    struct json tags = tags_get(call->reader, call->arena, PARTITION_ONLY, arn);
    json_begin_object(call->out);
    json_key(call->out, STR("tags"));
    json_begin_array(call->out);
    for (uint32_t i = 0; i < tags.count; i++) {
        json_begin_object(call->out);
        json_put_member_str(call->out, STR("key"), tags.members[i].key);
        json_put_member(call->out, STR("value"), &tags.members[i].value);
        json_end_object(call->out);
    }
    json_end_array(call->out);
    json_end_object(call->out);
}
