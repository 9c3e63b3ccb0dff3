#include "target/target_operation.h"
#include "target/operation_result.h"
#include "target/target_kinds.h"
#include "base/arn.h"
#include "base/vec.h"
#include "io/clock.h"
#include "json/json.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- which operation a resource names ---- */

/* Services as aws-sdk integrations spell them, as the operation table does, and as errors do. */
static const struct operation_naming sdk_names[] = {
    { .resource = "eventbridge", .service = "events", .error = "EventBridge", .cause = "EventBridge" },
    { .resource = "sfn", .service = "states", .error = "Sfn", .cause = "Sfn" },
    { .resource = "dynamodb", .service = "dynamodb", .error = "DynamoDb", .cause = "DynamoDb" },
    { .resource = "cloudwatchlogs", .service = "logs", .error = "CloudWatchLogs", .cause = "CloudWatchLogs" },
    { .resource = "cloudwatch", .service = "monitoring", .error = "CloudWatch", .cause = "CloudWatch" },
    { .resource = "sts", .service = "sts", .error = "Sts", .cause = "Sts" },
};

static const struct operation_naming events_naming = { .resource = "events",
                                                       .service = "events",
                                                       .error = "EventBridge",
                                                       .cause = "AmazonEventBridge",
                                                       .content_type = "application/x-amz-json-1.1",
                                                       .unnamed = "AmazonEventBridgeException" };
static const struct operation_naming dynamodb_naming = { .resource = "dynamodb",
                                                         .service = "dynamodb",
                                                         .error = "DynamoDB",
                                                         .cause = "AmazonDynamoDBv2",
                                                         .content_type = "application/x-amz-json-1.0",
                                                         .unnamed = "AmazonDynamoDBException" };
static const struct operation_naming states_naming = { .resource = "states",
                                                       .service = "states",
                                                       .error = "StepFunctions",
                                                       .cause = "AWSStepFunctions",
                                                       .content_type = "application/x-amz-json-1.0",
                                                       .unnamed = "AWSStepFunctionsException" };

/* Optimized integrations. */
static const struct {
    const struct operation_naming *naming;
    const char *operation;
    const char *patterns; /* those that it has beside request and response, spaces around each */
} optimized[] = {
    { &events_naming, "putEvents", " waitForTaskToken " },
    { &dynamodb_naming, "getItem", "" },
    { &dynamodb_naming, "putItem", "" },
    { &dynamodb_naming, "updateItem", "" },
    { &dynamodb_naming, "deleteItem", "" },
    { &states_naming, "startExecution", " waitForTaskToken sync sync:2 " },
};

struct task {
    const struct operation_naming *naming;
    struct str operation; /* the table's name */
    bool sdk;
};

static const struct str task_prefix = { "arn:aws:states:::", 17 };

static bool refuse(struct str why, struct str *ret_why)
{
    *ret_why = why;
    return false;
}

static bool sdk_parse(const struct operation_caller *caller, struct str service, struct str operation,
                      struct task *ret, struct str *ret_why)
{
    for (size_t i = 0; i < sizeof(sdk_names) / sizeof(sdk_names[0]); i++) {
        if (!str_eq(service, str_from(sdk_names[i].resource)))
            continue;
        struct task task = { .naming = &sdk_names[i], .sdk = true };
        bool camel = operation.len && operation.ptr[0] >= 'a' && operation.ptr[0] <= 'z';
        if (!camel ||
            !caller->exists(caller->self, str_from(task.naming->service), operation, &task.operation))
            return refuse(STR("Crema does not have this operation of the service yet."), ret_why);
        *ret = task;
        return true;
    }
    return refuse(STR("Crema does not have aws-sdk tasks of this service yet."), ret_why);
}

static bool optimized_parse(const struct operation_caller *caller, struct str service, struct str operation,
                            struct str pattern, struct task *ret, struct str *ret_why)
{
    bool whole = false; /* all that the service has is in the table */
    for (size_t i = 0; i < sizeof(optimized) / sizeof(optimized[0]); i++) {
        const struct operation_naming *naming = optimized[i].naming;
        if (!str_eq(service, str_from(naming->resource)))
            continue;
        whole = true;
        if (!str_eq(operation, str_from(optimized[i].operation)))
            continue;
        char around[32];
        (void)snprintf(around, sizeof(around), " %.*s ", STR_ARG(pattern));
        if (pattern.len && (str_find_char(pattern, ' ') != STR_NOT_FOUND ||
                            str_find(str_from(optimized[i].patterns), str_from(around)) == STR_NOT_FOUND))
            return refuse(STR("The integration does not have this pattern."), ret_why);
        struct task task = { .naming = naming };
        if (!caller->exists(caller->self, str_from(naming->service), operation, &task.operation))
            return refuse(STR("Crema does not have this operation of the service yet."), ret_why);
        *ret = task;
        return true;
    }
    return refuse(whole ? STR_EMPTY : STR("Crema does not have this integration yet."), ret_why);
}

static bool task_parse(const struct operation_caller *caller, struct str resource, struct task *ret,
                       struct str *ret_why)
{
    struct str rest, service, operation, pattern;
    *ret_why = STR_EMPTY;
    if (!str_starts(resource, task_prefix))
        return false;
    rest = str_from_offset(resource, task_prefix.len);
    bool sdk = str_starts(rest, STR("aws-sdk:"));
    if (sdk)
        rest = str_from_offset(rest, strlen("aws-sdk:"));
    if (!str_cut(rest, ':', &service, &operation) || !service.len || !operation.len)
        return false;
    if (!str_cut(operation, '.', &operation, &pattern))
        pattern = STR_EMPTY;
    else if (pattern.len == 0)
        return false;
    if (!sdk)
        return optimized_parse(caller, service, operation, pattern, ret, ret_why);
    if (pattern.len && !str_eq(pattern, STR("waitForTaskToken")))
        return refuse(STR("SDK integrations do not have this pattern."), ret_why);
    return sdk_parse(caller, service, operation, ret, ret_why);
}

/* A name without more: whether the activity is there is seen when a task is to go to it. */
static bool activity_known(struct str resource)
{
    struct arn arn;
    return arn_parse(resource, &arn) && str_eq(arn.service, STR("states")) &&
           str_starts(arn.resource, STR("activity:")) && arn.resource.len > strlen("activity:") &&
           str_find_char(str_from_offset(arn.resource, strlen("activity:")), ':') == STR_NOT_FOUND;
}

bool operation_task_known(void *self, struct str resource, struct str *ret_why)
{
    struct task task;
    *ret_why = STR_EMPTY;
    return activity_known(resource) || task_parse(self, resource, &task, ret_why);
}

/* ---- events:putEvents ---- */

/* The ARN of the machine, from that of its execution. */
static struct str machine_arn(struct arena *arena, struct str execution_arn)
{
    struct arn arn;
    struct str type, name, rest;
    if (!arn_parse(execution_arn, &arn) || !str_cut(arn.resource, ':', &type, &rest) ||
        !(str_eq(type, STR("execution")) || str_eq(type, STR("express"))))
        return STR_EMPTY;
    (void)str_cut(rest, ':', &name, &rest);
    return arn_make(arena, (struct ns){ arn.account, arn.region }, STR("states"),
                    arena_concat(arena, STR("stateMachine:"), name));
}

/* An entry as the integration sends it on: a Detail that is a value becomes its text, and the machine and the
 * execution stand behind the user's Resources. */
static struct json entry_of(struct arena *arena, const struct json *entry, struct str execution_arn)
{
    if (entry->type != JSON_OBJECT)
        return *entry; /* refused by its shape */
    struct json sent = *entry;
    const struct json *detail = json_get(entry, STR("Detail"));
    if (json_is(detail, JSON_OBJECT) || json_is(detail, JSON_ARRAY))
        sent = json_with_member(arena, &sent, STR("Detail"), json_of_str(json_text(arena, detail)));
    const struct json *resources = json_get(entry, STR("Resources"));
    if (resources && resources->type != JSON_ARRAY && resources->type != JSON_NULL)
        return sent; /* refused by its shape */
    uint32_t count = json_is(resources, JSON_ARRAY) ? resources->count : 0;
    struct json *items = ARENA_ARRAY(arena, struct json, count + 2u);
    for (uint32_t i = 0; i < count; i++)
        items[i] = resources->items[i];
    items[count] = json_of_str(machine_arn(arena, execution_arn));
    items[count + 1] = json_of_str(execution_arn);
    return json_with_member(arena, &sent, STR("Resources"), json_of_array(items, count + 2u));
}

static struct str put_events_input(struct arena *arena, const struct delivery *delivery)
{
    struct json input;
    if (json_read(arena, delivery->payload, 0, &input, NULL))
        return delivery->payload; /* refused by its shape */
    const struct json *entries = json_get_typed(&input, STR("Entries"), JSON_ARRAY);
    if (!entries)
        return delivery->payload;
    struct json *items = ARENA_ARRAY(arena, struct json, entries->count);
    for (uint32_t i = 0; i < entries->count; i++)
        items[i] = entry_of(arena, &entries->items[i], delivery->source_arn);
    input = json_with_member(arena, &input, STR("Entries"), json_of_array(items, entries->count));
    return json_text(arena, &input);
}

static bool has_failed_entry(struct arena *arena, struct str output)
{
    struct json answer;
    int64_t failed = 0;
    if (json_read(arena, output, 0, &answer, NULL))
        return false;
    const struct json *count = json_get_typed(&answer, STR("FailedEntryCount"), JSON_NUMBER);
    return count && json_number_i64(count->text, &failed) && failed > 0;
}

/* ---- operations of workflows ---- */

/* An Input or an Output that is a value becomes its text. */
static struct str states_input(struct arena *arena, const struct delivery *delivery)
{
    static const char *const names[] = { "Input", "Output" };
    struct json given;
    bool changed = false;
    if (json_read(arena, delivery->payload, 0, &given, NULL) || given.type != JSON_OBJECT)
        return delivery->payload; /* refused by its shape */
    for (unsigned i = 0; i < 2; i++) {
        const struct json *value = json_get(&given, str_from(names[i]));
        if (!value || value->type == JSON_STRING || value->type == JSON_NULL)
            continue;
        given = json_with_member(arena, &given, str_from(names[i]), json_of_str(json_text(arena, value)));
        changed = true;
    }
    return changed ? json_text(arena, &given) : delivery->payload;
}

/* ---- the call ---- */

static bool puts_events(const struct task *task)
{
    return !task->sdk && task->naming == &events_naming;
}

/* The call that the delivery asks for, in the arena. False: *ret_error says why there is none. */
static bool call_read(const struct operation_caller *caller, struct arena *arena,
                      const struct delivery *delivery, struct task *ret_task, struct operation_call *ret,
                      struct delivery_result *ret_error)
{
    struct str why;
    if (!task_parse(caller, delivery->resource, ret_task, &why)) {
        /* Checked when the machine was made: only a machine of another version of this server gets here. */
        ret_error->outcome = OUTCOME_REJECTED;
        ret_error->error = STR("States.Runtime");
        ret_error->cause = arena_printf(arena, "The resource %.*s cannot be run. %.*s",
                                        STR_ARG(delivery->resource), STR_ARG(why));
        return false;
    }
    *ret = (struct operation_call){
        .ns = delivery->ns,
        .service = str_from(ret_task->naming->service),
        .operation = ret_task->operation,
        .input = delivery->payload,
        .style = OPERATION_SDK,
        .origin = { delivery->source_arn, delivery->hops },
    };
    if (puts_events(ret_task))
        ret->input = put_events_input(arena, delivery);
    else if (str_eq(ret->service, STR("states")))
        ret->input = states_input(arena, delivery);
    return true;
}

/* What the workflow is told of the answer. */
static void answer_tell(struct arena *arena, const struct task *task, const struct operation_answer *answer,
                        int64_t now_ms, struct delivery_result *ret)
{
    ret->outcome = OUTCOME_REJECTED;
    if (!answer->ok) {
        ret->error = operation_error(arena, task->naming, task->sdk, answer);
        ret->cause = operation_cause(arena, task->naming, task->sdk, answer);
        return;
    }
    ret->result = task->sdk ? answer->output : operation_result(arena, task->naming, answer, now_ms);
    if (puts_events(task) && has_failed_entry(arena, answer->output)) {
        ret->error = STR("EventBridge.FailedEntry");
        ret->cause = ret->result;
        ret->result = STR_EMPTY;
        return;
    }
    ret->outcome = OUTCOME_DELIVERED;
}

static void operation_send(void *self, struct work *work, const struct delivery *delivery,
                           struct delivery_result *ret)
{
    const struct operation_caller *caller = self;
    struct task task;
    struct operation_call call;
    struct operation_answer answer = { 0 };
    if (!call_read(caller, work->arena, delivery, &task, &call, ret))
        return;
    caller->call(caller->self, work, &call, &answer);
    answer_tell(work->arena, &task, &answer, work->now_ms, ret);
}

const struct target_kind target_operation = {
    .name = "operation",
    .doc = "An operation of this server, called by a task of a workflow.",
    .send = operation_send,
};

/* ---- a call that takes time ---- */

enum { STATUS_UNAVAILABLE = 503, CALL_BYTES = 2048 /* what most calls take */ };

struct waiting {
    struct operation_wait wait; /* first */
    struct delivery_post *post;
    struct task task;
    struct arena arena;
};

static void waiting_end(struct waiting *waiting, const struct delivery_result *result)
{
    waiting->post->end(waiting->post, result);
    arena_fini(&waiting->arena);
    free(waiting);
}

static void waiting_answered(struct operation_wait *wait, const struct operation_answer *answer)
{
    struct waiting *waiting = (struct waiting *)wait;
    struct delivery_result result = { 0 };
    if (!answer) {
        waiting_end(waiting, NULL);
        return;
    }
    answer_tell(&waiting->arena, &waiting->task, answer, clock_now_ms(), &result);
    if (answer->status == STATUS_UNAVAILABLE)
        result.outcome = OUTCOME_RETRY; /* nothing of it was kept: the disk was full */
    waiting_end(waiting, &result);
}

static void operation_post(void *self, struct delivery_post *post)
{
    const struct operation_caller *caller = self;
    struct delivery_result refusal = { 0 };
    struct waiting *waiting = calloc(1, sizeof(*waiting));
    if (!waiting)
        abort();
    arena_init_sized(&waiting->arena, CALL_BYTES);
    waiting->post = post;
    waiting->wait.answered = waiting_answered;
    if (call_read(caller, &waiting->arena, &post->delivery, &waiting->task, &waiting->wait.call, &refusal))
        caller->begin(caller->self, &waiting->wait);
    else
        waiting_end(waiting, &refusal);
}

const struct target_kind target_waiting_operation = {
    .name = "waiting-operation",
    .doc = "An operation of this server that answers only later, called by a task of a workflow.",
    .post = operation_post,
    .inside = true,
};
