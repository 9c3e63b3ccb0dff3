#include "api/api_error.h"
#include "api/api_query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct arena arena;

static const struct service *service(const char *name)
{
    return name ? service_find(str_from(name)) : NULL;
}

static void test_names_every_fault_at_every_service(void **state)
{
    (void)state;
    for (size_t i = 0; i <= services_count; i++) {
        const struct service *one = i < services_count ? &services[i] : NULL;
        for (int code = FAULT_NONE + 1; code < FAULT_COUNT; code++) {
            struct api_error error = api_error_of(&arena, one, (enum fault_code)code);
            assert_true(error.name.len > 4 && str_ends(error.type, error.name));
            assert_true(error.status >= 400 && error.status < 600);
            if (code != FAULT_INTERNAL)
                assert_false(str_eq(error.name, STR("InternalFailure")));
            assert_int_equal(error.status >= 500, code == FAULT_INTERNAL || code == FAULT_UNAVAILABLE);
        }
    }
}

static void test_says_it_in_the_services_words(void **state)
{
    static const struct {
        const char *service;
        enum fault_code code;
        const char *type;
        int status;
    } cases[] = {
        { "events", FAULT_NOT_FOUND, "ResourceNotFoundException", 400 },
        { "events", FAULT_LIMIT_EXCEEDED, "LimitExceededException", 400 },
        { "events", FAULT_INTERNAL, "InternalException", 500 },
        { "logs", FAULT_INVALID_PARAMETER, "InvalidParameterException", 400 },
        { "logs", FAULT_ALREADY_EXISTS, "ResourceAlreadyExistsException", 400 },
        { "logs", FAULT_UNAVAILABLE, "ServiceUnavailableException", 503 },
        { "states", FAULT_NOT_FOUND, "ResourceNotFound", 400 },
        { "states", FAULT_TASK_TIMED_OUT, "TaskTimedOut", 400 },
        { "states", FAULT_TOO_MANY_TAGS, "TooManyTags", 400 },
        { "dynamodb", FAULT_VALIDATION, "com.amazon.coral.validate#ValidationException", 400 },
        { "dynamodb", FAULT_NOT_FOUND, "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", 400 },
        { "dynamodb", FAULT_ALREADY_EXISTS, "com.amazonaws.dynamodb.v20120810#ResourceInUseException", 400 },
        { "dynamodb", FAULT_CONDITION_FAILED,
          "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", 400 },
        { "dynamodb", FAULT_SERIALIZATION, "com.amazon.coral.service#SerializationException", 400 },
        { "sts", FAULT_SIGNATURE_WRONG, "SignatureDoesNotMatch", 403 },
        { NULL, FAULT_UNKNOWN_OPERATION, "UnknownOperationException", 400 },
        { NULL, FAULT_TOO_LARGE, "RequestEntityTooLargeException", 413 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct api_error error = api_error_of(&arena, service(cases[i].service), cases[i].code);
        assert_string_equal(arena_cstr(&arena, error.type), cases[i].type);
        assert_int_equal(error.status, cases[i].status);
    }
}

static void writes(const char *service_name, enum fault_code code, const char *text, const char *members,
                   const char *wanted)
{
    struct buf out;
    struct api_error error = api_error_of(&arena, service(service_name), code);
    buf_init(&out, 0);
    api_error_write(service(service_name), &error, str_from(text), str_from(members), STR("ID"), &out);
    assert_string_equal(arena_cstr(&arena, buf_str(&out)), wanted);
    buf_fini(&out);
}

static void test_writes_bodies(void **state)
{
    (void)state;
    writes(
        "events", FAULT_NOT_FOUND, "Rule \"a\" does not exist on EventBus default.", "",
        "{\"__type\":\"ResourceNotFoundException\",\"message\":\"Rule \\\"a\\\" does not exist on EventBus "
        "default.\"}");
    writes(
        "dynamodb", FAULT_CONDITION_FAILED, "The conditional request failed",
        "\"Item\":{\"a\":{\"S\":\"x\"}}",
        "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException\",\"message\":\"The "
        "conditional request failed\",\"Item\":{\"a\":{\"S\":\"x\"}}}");
    writes(
        "sts", FAULT_KEY_UNKNOWN, "a < b & c", "",
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>"
        "InvalidClientTokenId</Code><Message>a &lt; b &amp; c</Message></Error><RequestId>ID</RequestId>"
        "</ErrorResponse>");
    writes(
        "sts", FAULT_UNAVAILABLE, "later", "",
        "<ErrorResponse "
        "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Receiver</Type><Code>"
        "ServiceUnavailable</Code><Message>later</Message></Error><RequestId>ID</RequestId></ErrorResponse>");
}

static void test_reads_forms(void **state)
{
    struct str value;
    struct json input;
    (void)state;
    struct str form = STR("Action=Get%43aller&&Version=1&Name=a+b%26c&Empty=&Flag&Bad=%4");
    assert_true(api_query_parameter(&arena, form, STR("Action"), &value) && str_eq(value, STR("GetCaller")));
    assert_true(api_query_parameter(&arena, form, STR("Name"), &value) && str_eq(value, STR("a b&c")));
    assert_true(api_query_parameter(&arena, form, STR("Flag"), &value) && str_empty(value));
    assert_false(api_query_parameter(&arena, form, STR("Bad"), &value));
    assert_false(api_query_parameter(&arena, form, STR("None"), &value));
    const struct service *monitoring = service_find(STR("monitoring"));
    const struct shape *shape = service_operation(monitoring, STR("PutMetricData"))->input;
    assert_false(api_query_input(&arena, form, shape, &input));
    assert_false(api_query_input(&arena, STR("Namespace=%ff"), shape, &input));
    assert_true(
        api_query_input(&arena,
                        STR("Action=X&Namespace=a+b&Version=1&Other=2&MetricData.member.2.MetricName="
                            "&MetricData.member.1.MetricName=n&MetricData.member.1.Value=1.5"
                            "&MetricData.member.1.Values.member.1=x&MetricData.member.1.Values.member.2=7"
                            "&MetricData.member.4.MetricName=far&StrictEntityValidation=true&Namespace=c"),
                        shape, &input));
    assert_string_equal(
        arena_cstr(&arena, json_text(&arena, &input)),
        "{\"Namespace\":\"c\",\"MetricData\":[{\"MetricName\":\"n\",\"Value\":1.5,\"Values\":[\"x\",7]},"
        "{\"MetricName\":\"\"}],\"StrictEntityValidation\":true}");
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_every_fault_at_every_service),
        cmocka_unit_test(test_says_it_in_the_services_words),
        cmocka_unit_test(test_writes_bodies),
        cmocka_unit_test(test_reads_forms),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
