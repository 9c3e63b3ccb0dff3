#include "target/function_result.h"
#include "target/target_function.h"
#include "json/json.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#define ASSERT_TEXT(s, text)                              \
    do {                                                  \
        assert_int_equal((s).len, strlen(text));          \
        assert_memory_equal((s).ptr, text, strlen(text)); \
    } while (0)

#define ARN "arn:aws:lambda:us-east-1:111111111111:function:"

static const struct function_endpoint endpoints[] = {
    { { "plain", 5 }, { "http://a/plain", 14 } },
    { { "plain:live", 10 }, { "http://a/live", 13 } },
    { { ARN "far", sizeof(ARN "far") - 1 }, { "http://a/far", 12 } },
};

static void endpoints_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *function, *url, *with_default;
    } cases[] = {
        { "plain", "http://a/plain", "http://a/plain" },
        { "plain:live", "http://a/live", "http://a/live" },
        { "plain:other", "http://a/plain", "http://a/plain" },
        { ARN "plain", "http://a/plain", "http://a/plain" },
        { ARN "plain:live", "http://a/live", "http://a/live" },
        { "111111111111:function:plain", "http://a/plain", "http://a/plain" },
        { ARN "far", "http://a/far", "http://a/far" },
        { ARN "far:3", "http://a/far", "http://a/far" },
        { "far", NULL, "http://d/far/x" },
        { "unknown:live", NULL, "http://d/unknown/x" },
        { ARN "unknown", NULL, "http://d/unknown/x" },
    };
    struct arena arena = { 0 };
    struct functions functions = { .endpoints = endpoints, .count = 3 };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct function_call call;
        struct delivery_result refusal;
        struct delivery delivery = { .resource = STR("arn:aws:states:::lambda:invoke"),
                                     .payload = arena_printf(&arena, "{\"FunctionName\":\"%s\"}",
                                                             cases[i].function) };
        functions.default_url = STR_EMPTY;
        assert_int_equal(function_call_read(&functions, &arena, &delivery, &call, &refusal),
                         cases[i].url != NULL);
        if (cases[i].url)
            ASSERT_TEXT(call.url, cases[i].url);
        else
            ASSERT_TEXT(refusal.error, "Lambda.ResourceNotFoundException");
        functions.default_url = STR("http://d/{function}/x");
        assert_true(function_call_read(&functions, &arena, &delivery, &call, &refusal));
        ASSERT_TEXT(call.url, cases[i].with_default);
        ASSERT_TEXT(call.body, "{}");
        assert_true(call.whole);
    }
    arena_fini(&arena);
}

static void what_cannot_be_called_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *parameters, *error;
    } cases[] = {
        { "[]", "States.Runtime" },
        { "{}", "Lambda.ValidationException" },
        { "{\"FunctionName\":\"a b\"}", "Lambda.ValidationException" },
        { "{\"FunctionName\":\"../x\"}", "Lambda.ValidationException" },
        { "{\"FunctionName\":7}", "States.Runtime" },
        { "{\"FunctionName\":\"plain\",\"Extra\":\"x\"}", "States.Runtime" },
        { "{\"FunctionName\":\"plain\",\"InvocationType\":\"DryRun\"}",
          "Lambda.InvalidParameterValueException" },
        { "{\"FunctionName\":\"plain\",\"ClientContext\":\"a\\nHost: b\"}",
          "Lambda.InvalidParameterValueException" },
    };
    struct arena arena = { 0 };
    struct functions functions = { .endpoints = endpoints, .count = 3, .default_url = STR("http://d") };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct function_call call;
        struct delivery_result refusal = { 0 };
        struct delivery delivery = { .resource = STR("arn:aws:states:::lambda:invoke.waitForTaskToken"),
                                     .payload = str_from(cases[i].parameters) };
        assert_false(function_call_read(&functions, &arena, &delivery, &call, &refusal));
        assert_int_equal(refusal.outcome, OUTCOME_REJECTED);
        ASSERT_TEXT(refusal.error, cases[i].error);
        assert_true(refusal.cause.len > 0);
    }
    arena_fini(&arena);
}

static void parameters_become_a_call(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct functions functions = { .endpoints = endpoints, .count = 3 };
    struct function_call call;
    struct delivery_result refusal;
    struct delivery delivery = {
        .resource = STR("arn:aws:states:::lambda:invoke"),
        .payload = STR("{\"FunctionName\":\"plain\",\"Qualifier\":\"live\",\"InvocationType\":\"Event\","
                       "\"Payload\":{\"a\":[1.50]},\"ClientContext\":\"e30=\"}"),
    };
    assert_true(function_call_read(&functions, &arena, &delivery, &call, &refusal));
    ASSERT_TEXT(call.function, "plain:live");
    ASSERT_TEXT(call.url, "http://a/live");
    ASSERT_TEXT(call.body, "{\"a\":[1.50]}");
    ASSERT_TEXT(call.invocation_type, "Event");
    ASSERT_TEXT(call.client_context, "e30=");
    delivery.resource = STR(ARN "plain");
    delivery.payload = STR("[1]");
    assert_true(function_call_read(&functions, &arena, &delivery, &call, &refusal));
    ASSERT_TEXT(call.body, "[1]");
    assert_false(call.whole);
    arena_fini(&arena);
}

static void resources_are_known_with_an_endpoint(void **state)
{
    (void)state;
    static const struct {
        const char *resource;
        bool is, known, known_bare, said_why;
    } cases[] = {
        { "arn:aws:states:::lambda:invoke", true, true, false, true },
        { "arn:aws:states:::lambda:invoke.waitForTaskToken", true, true, false, true },
        { "arn:aws:states:::lambda:invoke.sync", true, false, false, true },
        { "arn:aws:states:::lambda:invokeAsync", true, false, false, false },
        { "arn:aws:states:::lambda:list", true, false, false, false },
        { ARN "plain", true, true, false, true },
        { ARN "nobody", true, false, false, true },
        { ARN "", true, false, false, false },
        { "arn:aws:lambda:us-east-1:111111111111:layer:x", true, false, false, false },
        { "arn:aws:states:::events:putEvents", false, false, false, false },
    };
    struct functions functions = { .endpoints = endpoints, .count = 3 }, none = { 0 };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str why, resource = str_from(cases[i].resource);
        assert_int_equal(function_task_is(resource), cases[i].is);
        if (!cases[i].is)
            continue;
        assert_int_equal(function_task_known(&functions, resource, &why), cases[i].known);
        assert_false(function_task_known(&none, resource, &why));
        assert_int_equal(why.len > 0, cases[i].said_why);
    }
}

static void settings_are_read(void **state)
{
    (void)state;
    static const char *const good[] = { "a=http://localhost:1", ARN "a:b=https://h/p?q=1" }, *const bad[] = {
        "a", "=http://h", "a b=http://h", "a=ftp://h", "a=http://", "a=http:///x", "a=h", "a=http://h h"
    };
    struct function_endpoint endpoint;
    struct str why = STR_EMPTY;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(function_endpoint_read(str_from(good[i]), &endpoint, &why));
    ASSERT_TEXT(endpoint.url, "https://h/p?q=1");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        why = STR_EMPTY;
        assert_false(function_endpoint_read(str_from(bad[i]), &endpoint, &why));
        assert_true(why.len > 0);
    }
}

static void answers_become_results(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body, *function_error, *error_type, *result, *error, *cause;
    } cases[] = {
        { 200, "{ \"a\": 1.50 }", "", "", "{\"a\":1.50}", NULL, NULL },
        { 200, "\"text\"", "", "", "\"text\"", NULL, NULL },
        { 202, "", "", "", "null", NULL, NULL },
        { 200, "{\"errorType\":\"x\"}", "", "", "{\"errorType\":\"x\"}", NULL, NULL },
        { 200, "{\"errorType\":\"TypeError\",\"errorMessage\":\"m\"}", "Unhandled", "", NULL, "TypeError",
          "{\"errorType\":\"TypeError\",\"errorMessage\":\"m\"}" },
        { 500, "{\"errorType\":\"Mine\",\"errorMessage\":\"m\"}", "", "", NULL, "Mine",
          "{\"errorType\":\"Mine\",\"errorMessage\":\"m\"}" },
        { 200, "{\"errorMessage\":\"timed out\"}", "Unhandled", "", NULL, "Lambda.Unknown",
          "The cause could not be determined because Lambda did not return an error type. Returned payload: "
          "{\"errorMessage\":\"timed out\"}" },
        { 429, "{\"Message\":\"Rate Exceeded.\"}", "", "", NULL, "Lambda.TooManyRequestsException",
          "Rate Exceeded. (Service: AWSLambda; Status Code: 429; Error Code: TooManyRequestsException; "
          "Request "
          "ID: r; Proxy: null)" },
        { 503, "gone", "", "", NULL, "Lambda.ServiceException",
          "The endpoint of the function answered with the status 503 (Service: AWSLambda; Status Code: 503; "
          "Error Code: ServiceException; Request ID: r; Proxy: null)" },
        { 404, "", "", "", NULL, "Lambda.ResourceNotFoundException", NULL },
        { 400, "{}", "", "CodeStorageExceeded:http://x", NULL, "Lambda.CodeStorageExceededException", NULL },
        { 301, "", "", "", NULL, "Lambda.AWSLambdaException", NULL },
        { 200, "no JSON", "", "", NULL, "Lambda.Unknown", "The function's answer is not JSON." },
        { 200, "no JSON", "Handled", "", NULL, "Lambda.Unknown", NULL },
        { 200, "half \xc3", "Handled", "", NULL, "Lambda.Unknown",
          "The cause could not be determined because Lambda did not return an error type. Returned payload: "
          "half " },
        { 400, "{}", "", "\xff", NULL, "Lambda.InvalidRequestContentException", NULL },
    };
    struct arena arena = { 0 };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct function_answer answer = { .status = cases[i].status,
                                          .body = str_from(cases[i].body),
                                          .function_error = str_from(cases[i].function_error),
                                          .error_type = str_from(cases[i].error_type),
                                          .request_id = STR("r") };
        struct delivery_result result;
        function_result(&arena, &answer, false, &result);
        assert_int_equal(result.outcome, cases[i].result ? OUTCOME_DELIVERED : OUTCOME_REJECTED);
        if (cases[i].result)
            ASSERT_TEXT(result.result, cases[i].result);
        if (cases[i].error)
            ASSERT_TEXT(result.error, cases[i].error);
        if (cases[i].cause)
            ASSERT_TEXT(result.cause, cases[i].cause);
    }
    struct function_answer answer = {
        .status = 200,
        .body = STR("{\"a\":1}"),
        .headers = STR("HTTP/1.1 200 OK\r\nContent-Type: a/json\r\nBad: \xe9\r\nX:y\r\n\r\n"),
        .request_id = STR("r-1")
    };
    struct delivery_result result;
    function_result(&arena, &answer, true, &result);
    ASSERT_TEXT(
        result.result,
        "{\"ExecutedVersion\":\"$LATEST\",\"Payload\":{\"a\":1},\"SdkHttpMetadata\":{\"AllHttpHeaders\":{"
        "\"Content-Type\":[\"a/json\"],\"X\":[\"y\"]},\"HttpHeaders\":{\"Content-Type\":\"a/json\",\"X\":"
        "\"y\"},\"HttpStatusCode\":200},\"SdkResponseMetadata\":{\"RequestId\":\"r-1\"},\"StatusCode\":200}");
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endpoints_are_found),      cmocka_unit_test(what_cannot_be_called_is_refused),
        cmocka_unit_test(parameters_become_a_call), cmocka_unit_test(resources_are_known_with_an_endpoint),
        cmocka_unit_test(settings_are_read),        cmocka_unit_test(answers_become_results),
    };
    return cmocka_run_group_tests_name("target-function", tests, NULL, NULL);
}
