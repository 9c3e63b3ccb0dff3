#include "target/target_operation.h"
#include "target/target_kinds.h"
#include "json/json.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

/* ---- a caller that remembers what it was asked ---- */

struct fake {
    struct arena arena;
    struct str service, operation, input;
    enum operation_style style;
    uint32_t hops;
    struct str origin_arn;
    struct operation_answer answer;
};

static void fake_call(void *self, struct work *work, const struct operation_call *call,
                      struct operation_answer *ret)
{
    struct fake *fake = self;
    (void)work;
    fake->service = call->service;
    fake->operation = call->operation;
    fake->input = arena_copy(&fake->arena, call->input);
    fake->style = call->style;
    fake->hops = call->origin.hops;
    fake->origin_arn = call->origin.arn;
    *ret = fake->answer;
}

/* Answers at once; with no status, as when the server ends. */
static void fake_begin(void *self, struct operation_wait *wait)
{
    struct fake *fake = self;
    struct operation_answer answer;
    fake_call(fake, NULL, &wait->call, &answer);
    wait->answered(wait, answer.status ? &answer : NULL);
}

static bool fake_exists(void *self, struct str service, struct str operation, struct str *ret_name)
{
    static const char *const names[][2] = {
        { "events", "PutEvents" },      { "dynamodb", "GetItem" },
        { "dynamodb", "PutItem" },      { "dynamodb", "UpdateItem" },
        { "dynamodb", "DeleteItem" },   { "dynamodb", "Query" },
        { "states", "ListExecutions" }, { "states", "SendTaskSuccess" },
        { "logs", "PutLogEvents" },     { "monitoring", "PutMetricData" },
        { "states", "StartExecution" }, { "states", "StartSyncExecution" },
    };
    (void)self;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct str name = str_from(names[i][1]);
        if (str_eq(service, str_from(names[i][0])) &&
            str_eq_ignore_case(str_slice(name, 0, 1), str_slice(operation, 0, 1)) &&
            str_eq(str_from_offset(name, 1), str_from_offset(operation, 1))) {
            *ret_name = name;
            return true;
        }
    }
    return false;
}

static struct operation_caller caller_of(struct fake *fake)
{
    return (struct operation_caller){ fake, fake_call, fake_begin, fake_exists };
}

static struct delivery delivery_of(const char *resource, const char *parameters)
{
    return (struct delivery){
        .ns = { STR("111111111111"), STR("eu-west-1") },
        .resource = str_from(resource),
        .payload = str_from(parameters),
        .source_arn = STR("arn:aws:states:eu-west-1:111111111111:execution:Orders:one"),
        .hops = 2,
    };
}

static struct delivery_result send(struct fake *fake, struct arena *arena, const char *resource,
                                   const char *parameters)
{
    struct operation_caller caller = caller_of(fake);
    struct work work = { .arena = arena, .now_ms = INT64_C(784887151) * 1000 };
    struct delivery delivery = delivery_of(resource, parameters);
    struct delivery_result result = { 0 };
    target_operation.send(&caller, &work, &delivery, &result);
    return result;
}

struct posted {
    struct delivery_post post; /* first */
    struct fake *fake;
    unsigned ends;
    bool known;
    struct delivery_result result;
};

static void posted_end(struct delivery_post *post, const struct delivery_result *result)
{
    struct posted *posted = (struct posted *)post;
    struct arena *arena = &posted->fake->arena;
    posted->ends++;
    posted->known = result != NULL;
    if (!result)
        return;
    posted->result = *result;
    posted->result.result = arena_copy(arena, result->result);
    posted->result.error = arena_copy(arena, result->error);
    posted->result.cause = arena_copy(arena, result->cause);
}

static struct posted post(struct fake *fake, const char *resource, const char *parameters)
{
    struct operation_caller caller = caller_of(fake);
    struct posted posted = { .post = { .delivery = delivery_of(resource, parameters), .end = posted_end },
                             .fake = fake };
    target_waiting_operation.post(&caller, &posted.post);
    assert_int_equal(posted.ends, 1);
    return posted;
}

#define ASSERT_TEXT(s, text)                              \
    do {                                                  \
        assert_int_equal((s).len, strlen(text));          \
        assert_memory_equal((s).ptr, text, strlen(text)); \
    } while (0)

/* ---- tests ---- */

static void knows_resources(void **state)
{
    (void)state;
    static const struct {
        const char *resource;
        bool known, said_why;
    } cases[] = {
        { "arn:aws:states:::events:putEvents", true, false },
        { "arn:aws:states:::events:putEvents.waitForTaskToken", true, false },
        { "arn:aws:states:::dynamodb:getItem", true, false },
        { "arn:aws:states:::dynamodb:updateItem", true, false },
        { "arn:aws:states:::aws-sdk:sfn:listExecutions", true, false },
        { "arn:aws:states:::aws-sdk:sfn:startSyncExecution", true, false },
        { "arn:aws:states:::aws-sdk:sfn:startSyncExecution.waitForTaskToken", true, false },
        { "arn:aws:states:::aws-sdk:sfn:startSyncExecution.sync", false, true },
        { "arn:aws:states:::states:startSyncExecution", false, false },
        { "arn:aws:states:::aws-sdk:dynamodb:query", true, false },
        { "arn:aws:states:::aws-sdk:cloudwatchlogs:putLogEvents", true, false },
        { "arn:aws:states:::aws-sdk:sfn:sendTaskSuccess.waitForTaskToken", true, false },
        { "arn:aws:states:::dynamodb:getItem.waitForTaskToken", false, true },
        { "arn:aws:states:::dynamodb:query", false, false },
        { "arn:aws:states:::aws-sdk:sfn:listStateMachines", false, true },
        { "arn:aws:states:::aws-sdk:sfn:ListExecutions", false, true },
        { "arn:aws:states:::aws-sdk:s3:putObject", false, true },
        { "arn:aws:states:::aws-sdk:states:listExecutions", false, true },
        { "arn:aws:states:::lambda:invoke", false, true },
        { "arn:aws:states:::states:startExecution", true, false },
        { "arn:aws:states:::states:startExecution.sync", true, false },
        { "arn:aws:states:::states:startExecution.sync:2", true, false },
        { "arn:aws:states:::states:startExecution.waitForTaskToken", true, false },
        { "arn:aws:states:::states:startExecution.sync:3", false, true },
        { "arn:aws:states:::states:startExecution.", false, false },
        { "arn:aws:states:::states:startExecution.sync sync:2", false, true },
        { "arn:aws:states:::states:stopExecution", false, false },
        { "arn:aws:states:::aws-sdk:sfn:startExecution.sync", false, true },
        { "arn:aws:states:::events:putEvents.sync", false, true },
        { "arn:aws:lambda:us-east-1:111111111111:function:f", false, false },
        { "arn:aws:states:us-east-1:111111111111:activity:a", true, false },
        { "arn:aws:states:us-east-1:111111111111:activity:", false, false },
        { "arn:aws:states:us-east-1:111111111111:activity:a:b", false, false },
        { "arn:aws:states:::events", false, false },
        { "nothing", false, false },
    };
    struct operation_caller caller = caller_of(NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str why;
        assert_int_equal(operation_task_known(&caller, str_from(cases[i].resource), &why), cases[i].known);
        assert_int_equal(why.len > 0, cases[i].said_why);
    }
}

static void put_events_adds_what_the_integration_adds(void **state)
{
    (void)state;
    struct fake fake = { .answer = { .ok = true,
                                     .output =
                                         STR("{\"Entries\":[{\"EventId\":\"e\"}],\"FailedEntryCount\":0}"),
                                     .request_id = STR("r-1"),
                                     .status = 200 } };
    struct arena arena = { 0 };
    struct delivery_result result = send(&fake, &arena, "arn:aws:states:::events:putEvents.waitForTaskToken",
                                         "{\"Entries\": [{\"Detail\": {\"a\": [1, 2.0], \"s\": "
                                         "\"\\u00e9\\n\"}, \"Source\": \"x\", \"Resources\": [\"mine\"]},"
                                         " {\"Detail\": \"{}\", \"Source\": \"y\"}]}");
    assert_int_equal(result.outcome, OUTCOME_DELIVERED);
    ASSERT_TEXT(fake.operation, "PutEvents");
    ASSERT_TEXT(fake.service, "events");
    assert_int_equal(fake.hops, 2);
    ASSERT_TEXT(fake.input, "{\"Entries\":[{\"Detail\":\"{\\\"a\\\":[1,2.0],\\\"s\\\":\\\"\xc3\xa9\\\\n\\\"}"
                            "\",\"Source\":\"x\",\"Resources\":[\"mine\","
                            "\"arn:aws:states:eu-west-1:111111111111:stateMachine:Orders\","
                            "\"arn:aws:states:eu-west-1:111111111111:execution:Orders:one\"]},{\"Detail\":\"{"
                            "}\",\"Source\":\"y\",\"Resources\":["
                            "\"arn:aws:states:eu-west-1:111111111111:stateMachine:Orders\","
                            "\"arn:aws:states:eu-west-1:111111111111:execution:Orders:one\"]}]}");
    ASSERT_TEXT(
        result.result,
        "{\"Entries\":[{\"EventId\":\"e\"}],\"FailedEntryCount\":0,\"SdkHttpMetadata\":{\"AllHttpHeaders\":{"
        "\"x-amzn-RequestId\":[\"r-1\"],\"Content-Length\":[\"50\"],\"Date\":[\"Tue, 15 Nov 1994 08:12:31 "
        "GMT\"],"
        "\"Content-Type\":[\"application/x-amz-json-1.1\"]},\"HttpHeaders\":{\"x-amzn-RequestId\":\"r-1\","
        "\"Content-Length\":\"50\",\"Date\":\"Tue, 15 Nov 1994 08:12:31 "
        "GMT\",\"Content-Type\":\"application/x-amz-json-1.1\"},"
        "\"HttpStatusCode\":200},\"SdkResponseMetadata\":{\"RequestId\":\"r-1\"}}");
    arena_fini(&arena);
    arena_fini(&fake.arena);
}

static void a_failed_entry_fails_the_task(void **state)
{
    (void)state;
    struct fake fake = { .answer = { .ok = true,
                                     .request_id = STR("r"),
                                     .status = 200,
                                     .output = STR("{\"Entries\":[{\"ErrorCode\":\"MalformedDetail\","
                                                   "\"ErrorMessage\":\"Detail is malformed.\"}],"
                                                   "\"FailedEntryCount\":1}") } };
    struct arena arena = { 0 };
    struct delivery_result result =
        send(&fake, &arena, "arn:aws:states:::events:putEvents", "{\"Entries\":[{}]}");
    assert_int_equal(result.outcome, OUTCOME_REJECTED);
    ASSERT_TEXT(result.error, "EventBridge.FailedEntry");
    assert_true(str_starts(result.cause, STR("{\"Entries\":[{\"ErrorCode\":\"MalformedDetail\"")));
    /* The SDK's own call has no such opinion. */
    result = send(&fake, &arena, "arn:aws:states:::aws-sdk:eventbridge:putEvents", "{\"Entries\":[{}]}");
    assert_int_equal(result.outcome, OUTCOME_DELIVERED);
    ASSERT_TEXT(fake.input, "{\"Entries\":[{}]}");
    assert_true(str_eq(result.result, fake.answer.output));
    arena_fini(&arena);
    arena_fini(&fake.arena);
}

static void dynamodb_results_carry_metadata(void **state)
{
    (void)state;
    struct fake fake = { .answer = {
                             .ok = true, .output = STR("{}"), .request_id = STR("r"), .status = 200 } };
    struct arena arena = { 0 };
    struct delivery_result result =
        send(&fake, &arena, "arn:aws:states:::dynamodb:putItem", "{\"TableName\":\"t\"}");
    assert_int_equal(result.outcome, OUTCOME_DELIVERED);
    ASSERT_TEXT(fake.operation, "PutItem");
    ASSERT_TEXT(fake.input, "{\"TableName\":\"t\"}");
    assert_true(str_starts(result.result, STR("{\"SdkHttpMetadata\":{\"AllHttpHeaders\":{")));
    arena_fini(&arena);
    arena_fini(&fake.arena);
}

static void starts_executions_with_an_input_of_any_kind(void **state)
{
    (void)state;
    static const struct {
        const char *given, *sent;
    } cases[] = {
        { "{\"StateMachineArn\":\"m\",\"Input\":{\"a\":[1.50]}}",
          "{\"StateMachineArn\":\"m\",\"Input\":\"{\\\"a\\\":[1.50]}\"}" },
        { "{\"Input\":7,\"Name\":\"n\"}", "{\"Input\":\"7\",\"Name\":\"n\"}" },
        { "{\"Input\":\"{}\"}", "{\"Input\":\"{}\"}" },
        { "{\"StateMachineArn\":\"m\"}", "{\"StateMachineArn\":\"m\"}" },
        { "[]", "[]" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake fake = { .answer = {
                                 .ok = true, .status = 200, .output = STR("{\"ExecutionArn\":\"e\"}") } };
        struct arena arena = { 0 };
        struct delivery_result result =
            send(&fake, &arena, "arn:aws:states:::states:startExecution.sync:2", cases[i].given);
        assert_int_equal(result.outcome, OUTCOME_DELIVERED);
        ASSERT_TEXT(fake.operation, "StartExecution");
        ASSERT_TEXT(fake.input, cases[i].sent);
        assert_int_equal(fake.hops, 2);
        assert_true(str_starts(result.result, STR("{\"ExecutionArn\":\"e\",\"SdkHttpMetadata\":{")));
        arena_fini(&arena);
        arena_fini(&fake.arena);
    }
}

static void names_errors_as_the_service_does(void **state)
{
    (void)state;
    static const struct {
        const char *resource, *error, *want;
    } cases[] = {
        { "arn:aws:states:::dynamodb:putItem", "ConditionalCheckFailedException",
          "DynamoDB.ConditionalCheckFailedException" },
        { "arn:aws:states:::dynamodb:putItem", "ValidationException", "DynamoDB.AmazonDynamoDBException" },
        { "arn:aws:states:::events:putEvents", "ValidationException",
          "EventBridge.AmazonEventBridgeException" },
        { "arn:aws:states:::states:startExecution", "ExecutionAlreadyExists",
          "StepFunctions.ExecutionAlreadyExistsException" },
        { "arn:aws:states:::states:startExecution.sync", "StateMachineDoesNotExist",
          "StepFunctions.StateMachineDoesNotExistException" },
        { "arn:aws:states:::states:startExecution", "InternalFailure",
          "StepFunctions.AWSStepFunctionsException" },
        { "arn:aws:states:::aws-sdk:sfn:sendTaskSuccess", "TaskTimedOut", "Sfn.TaskTimedOutException" },
        { "arn:aws:states:::aws-sdk:sfn:listExecutions", "StateMachineDoesNotExist",
          "Sfn.StateMachineDoesNotExistException" },
        { "arn:aws:states:::aws-sdk:sfn:listExecutions", "ValidationException", "Sfn.ValidationException" },
        { "arn:aws:states:::aws-sdk:dynamodb:query", "ResourceNotFoundException",
          "DynamoDb.ResourceNotFoundException" },
        { "arn:aws:states:::aws-sdk:dynamodb:query", "ValidationException", "DynamoDb.DynamoDbException" },
        { "arn:aws:states:::aws-sdk:eventbridge:putEvents", "ValidationException",
          "EventBridge.EventBridgeException" },
        { "arn:aws:states:::aws-sdk:cloudwatch:putMetricData", "InvalidParameterValue",
          "CloudWatch.InvalidParameterValueException" },
        { "arn:aws:states:::aws-sdk:cloudwatchlogs:putLogEvents", "ResourceNotFoundException",
          "CloudWatchLogs.ResourceNotFoundException" },
    };
    struct arena arena = { 0 };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake fake = { .answer = { .error = str_from(cases[i].error),
                                         .cause = STR("No."),
                                         .status = 400,
                                         .request_id = STR("r-9") } };
        struct delivery_result result = send(&fake, &arena, cases[i].resource, "{}");
        assert_int_equal(result.outcome, OUTCOME_REJECTED);
        ASSERT_TEXT(result.error, cases[i].want);
        arena_fini(&fake.arena);
    }
    struct fake fake = { .answer = { .error = STR("TaskTimedOut"),
                                     .cause = STR("Too late"),
                                     .status = 400,
                                     .request_id = STR("r-9") } };
    struct delivery_result result = send(&fake, &arena, "arn:aws:states:::aws-sdk:sfn:sendTaskSuccess", "{}");
    ASSERT_TEXT(result.cause, "Too late (Service: Sfn, Status Code: 400, Request ID: r-9)");
    fake.answer.error = STR("ConditionalCheckFailedException");
    result = send(&fake, &arena, "arn:aws:states:::dynamodb:putItem", "{}");
    ASSERT_TEXT(result.cause, "Too late (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: "
                              "ConditionalCheckFailedException; Request ID: r-9; Proxy: null)");
    arena_fini(&arena);
    arena_fini(&fake.arena);
}

static void what_takes_time_is_answered_later(void **state)
{
    (void)state;
    const char *resource = "arn:aws:states:::aws-sdk:sfn:startSyncExecution";
    struct fake fake = { .answer = { .ok = true, .status = 200, .output = STR("{\"Status\":\"FAILED\"}") } };
    struct posted posted = post(&fake, resource, "{\"StateMachineArn\":\"m\",\"Input\":{\"a\":1}}");
    assert_true(posted.known);
    assert_int_equal(posted.result.outcome, OUTCOME_DELIVERED);
    ASSERT_TEXT(posted.result.result, "{\"Status\":\"FAILED\"}");
    ASSERT_TEXT(fake.operation, "StartSyncExecution");
    ASSERT_TEXT(fake.input, "{\"StateMachineArn\":\"m\",\"Input\":\"{\\\"a\\\":1}\"}");
    assert_int_equal(fake.style, OPERATION_SDK);
    assert_int_equal(fake.hops, 2);
    ASSERT_TEXT(fake.origin_arn, "arn:aws:states:eu-west-1:111111111111:execution:Orders:one");
    fake.answer = (struct operation_answer){ .error = STR("StateMachineTypeNotSupported"),
                                             .cause = STR("No."),
                                             .status = 400,
                                             .request_id = STR("r") };
    posted = post(&fake, resource, "{}");
    assert_int_equal(posted.result.outcome, OUTCOME_REJECTED);
    ASSERT_TEXT(posted.result.error, "Sfn.StateMachineTypeNotSupportedException");
    ASSERT_TEXT(posted.result.cause, "No. (Service: Sfn, Status Code: 400, Request ID: r)");
    fake.answer = (struct operation_answer){
        .error = STR("ServiceUnavailable"), .cause = STR("Full."), .status = 503, .request_id = STR("r")
    };
    posted = post(&fake, resource, "{}");
    assert_int_equal(posted.result.outcome, OUTCOME_RETRY);
    ASSERT_TEXT(posted.result.error, "Sfn.SfnException");
    fake.answer = (struct operation_answer){ 0 };
    assert_false(post(&fake, resource, "{}").known);
    posted = post(&fake, "arn:aws:states:::aws-sdk:s3:getObject", "{}");
    assert_int_equal(posted.result.outcome, OUTCOME_REJECTED);
    ASSERT_TEXT(posted.result.error, "States.Runtime");
    arena_fini(&fake.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_resources),
        cmocka_unit_test(put_events_adds_what_the_integration_adds),
        cmocka_unit_test(a_failed_entry_fails_the_task),
        cmocka_unit_test(dynamodb_results_carry_metadata),
        cmocka_unit_test(starts_executions_with_an_input_of_any_kind),
        cmocka_unit_test(names_errors_as_the_service_does),
        cmocka_unit_test(what_takes_time_is_answered_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
