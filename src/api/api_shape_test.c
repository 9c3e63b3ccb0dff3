#include "api/api_shape.h"
#include "base/regex.h"
#include "api/service.h"
#include "io/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static struct arena arena;
static struct shape_checker *checker;

static const struct shape *input_of(const char *service, const char *operation)
{
    const struct service *s = service_find(str_from(service));
    assert_non_null(s);
    const struct operation *o = service_operation(s, str_from(operation));
    assert_non_null(o);
    return o->input;
}

static enum shape_dialect dialect_of(const char *service)
{
    if (strcmp(service, "logs") == 0)
        return SHAPE_OF_LOGS;
    return strcmp(service, "dynamodb") == 0 ? SHAPE_OF_DYNAMODB : SHAPE_OF_MOST;
}

static struct json read_json(struct str text)
{
    struct json value;
    struct json_error error;
    if (json_read(&arena, text, 0, &value, &error) != ERR_OK)
        fail_msg("%.*s: %s", STR_ARG(text), error.text);
    return value;
}

static void refuses(const char *service, const char *operation, struct str body, enum fault_code code,
                    const char *text)
{
    struct json input = read_json(body), clean;
    struct fault fault = { FAULT_NONE, STR_EMPTY };
    bool fine = shape_check(checker, input_of(service, operation), &input, SHAPE_WIRE, dialect_of(service),
                            &arena, &clean, &fault);
    if (fine)
        fail_msg("%.*s is taken", STR_ARG(body));
    char got[70000];
    snprintf(got, sizeof(got), "%.*s", STR_ARG(fault.text));
    assert_string_equal(got, text);
    assert_int_equal(fault.code, code);
}

static struct json takes(const char *service, const char *operation, enum shape_style style, struct str body)
{
    struct json input = read_json(body), clean;
    struct fault fault = { FAULT_NONE, STR_EMPTY };
    if (!shape_check(checker, input_of(service, operation), &input, style, dialect_of(service), &arena,
                     &clean, &fault))
        fail_msg("%.*s: %.*s", STR_ARG(body), STR_ARG(fault.text));
    return clean;
}

static void test_words_constraints_as_the_services_do(void **state)
{
    (void)state;
    refuses("events", "PutRule", STR("{\"Name\":\"Invalid Name With Spaces!\"}"), FAULT_VALIDATION,
            "1 validation error detected: Value 'Invalid Name With Spaces!' at 'name' failed to satisfy "
            "constraint: "
            "Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+");
    refuses("events", "PutTargets", STR("{\"Rule\":\"r\",\"Targets\":[{\"Id\":\"!@#$@!#$\",\"Arn\":\"a\"}]}"),
            FAULT_VALIDATION,
            "1 validation error detected: Value '!@#$@!#$' at 'targets.1.member.id' failed to satisfy "
            "constraint: "
            "Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+");
    refuses("events", "PutRule",
            STR("{\"Name\":\"This should fail with two errors "
                "123467890123412341234123412341234\",\"State\":\"ON\"}"),
            FAULT_VALIDATION,
            "3 validation errors detected: Value 'This should fail with two errors "
            "123467890123412341234123412341234' "
            "at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: "
            "[\\.\\-_A-Za-z0-9]+; Value 'This should fail with two errors 123467890123412341234123412341234' "
            "at 'name' "
            "failed to satisfy constraint: Member must have length less than or equal to 64; Value 'ON' at "
            "'state' "
            "failed to satisfy constraint: Member must satisfy enum value set: "
            "[ENABLED, DISABLED, ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS]");
    refuses("logs", "GetLogEvents", STR("{\"logGroupName\":\"g\",\"logStreamName\":\"s\",\"limit\":10001}"),
            FAULT_INVALID_PARAMETER,
            "1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: Member must "
            "have value "
            "less than or equal to 10000");
    refuses("logs", "CreateLogStream", STR("{\"logGroupName\":null,\"logStreamName\":\"a:b\"}"),
            FAULT_INVALID_PARAMETER,
            "2 validation errors detected: Value null at 'logGroupName' failed to satisfy constraint: Member "
            "must not be "
            "null; Value 'a:b' at 'logStreamName' failed to satisfy constraint: Member must satisfy regular "
            "expression "
            "pattern: [^:*]*");
    refuses("states", "ListExecutions", STR("{\"stateMachineArn\":\"a\",\"statusFilter\":\"succeeded\"}"),
            FAULT_VALIDATION,
            "1 validation error detected: Value 'succeeded' at 'statusFilter' failed to satisfy constraint: "
            "Member must "
            "satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]");
    refuses("states", "CreateStateMachine", STR("{\"name\":\"\",\"roleArn\":\"r\"}"), FAULT_VALIDATION,
            "2 validation errors detected: Value '' at 'name' failed to satisfy constraint: Member must have "
            "length "
            "greater than or equal to 1; Value at 'definition' failed to satisfy constraint: Member must not "
            "be null");
}

static void test_words_collections(void **state)
{
    (void)state;
    refuses("events", "PutEvents", STR("{\"Entries\":[]}"), FAULT_VALIDATION,
            "1 validation error detected: Value '[]' at 'entries' failed to satisfy constraint: Member must "
            "have length "
            "greater than or equal to 1");
    refuses("events", "PutEvents",
            STR("{\"Entries\":[{\"Source\":\"s\",\"DetailType\":\"t\",\"Detail\":\"{}\",\"EventBusName\":"
                "\"b\"},{},{},{},"
                "{},{},{},{},{},{},{\"Resources\":[\"a\",\"b\"]}]}"),
            FAULT_VALIDATION,
            "1 validation error detected: Value '[PutEventsRequestEntry(time=null, source=s, resources=null, "
            "detailType=t, detail={}, eventBusName=b, traceHeader=null, kmsKeyIdentifier=null, "
            "internalMetadata=null), "
#define EMPTY                                                                                      \
    "PutEventsRequestEntry(time=null, source=null, resources=null, detailType=null, detail=null, " \
    "eventBusName=null, traceHeader=null, kmsKeyIdentifier=null, internalMetadata=null), "
            EMPTY EMPTY EMPTY EMPTY EMPTY EMPTY EMPTY EMPTY EMPTY
            "PutEventsRequestEntry(time=null, source=null, resources=[a, b], detailType=null, detail=null, "
            "eventBusName=null, traceHeader=null, kmsKeyIdentifier=null, internalMetadata=null)]' at "
            "'entries' failed to "
            "satisfy constraint: Member must have length less than or equal to 10");
    refuses("events", "PutTargets",
            STR("{\"Rule\":\"r\",\"Targets\":[{\"Id\":\"i\",\"Arn\":\"a\",\"InputTransformer\":{"
                "\"InputTemplate\":\"t\","
                "\"InputPathsMap\":{\"de onde?\":\"$.a\"}}}]}"),
            FAULT_VALIDATION,
            "1 validation error detected: Value '{de onde?=$.a}' at "
            "'targets.1.member.inputTransformer.inputPathsMap' failed to satisfy constraint: Map keys must "
            "satisfy "
            "constraint: [Member must have length less than or equal to 256, Member must have length greater "
            "than or "
            "equal to 1, Member must satisfy regular expression pattern: [A-Za-z0-9\\_\\-]+]");
    refuses("dynamodb", "BatchWriteItem", STR("{\"RequestItems\":{\"table\":[]}}"), FAULT_VALIDATION,
            "1 validation error detected: Value '{table=[]}' at 'requestItems' failed to satisfy constraint: "
            "Map value "
            "must satisfy constraint: [Member must have length less than or equal to 25, Member must have "
            "length greater "
            "than or equal to 1]");
    refuses("dynamodb", "BatchWriteItem", STR("{\"RequestItems\":{\"t\":[{\"PutRequest\":{}}]}}"),
            FAULT_VALIDATION,
            "1 validation error detected: Value null at 'requestItems.t.member.1.member.putRequest.item' "
            "failed to "
            "satisfy constraint: Member must not be null");
    refuses("logs", "FilterLogEvents", STR("{\"logGroupName\":\"g\",\"logStreamNames\":[\"ok\",\"a*\"]}"),
            FAULT_INVALID_PARAMETER,
            "1 validation error detected: Value '[ok, a*]' at 'logStreamNames' failed to satisfy constraint: "
            "Member must "
            "satisfy constraint: [Member must have length less than or equal to 512, Member must have length "
            "greater than "
            "or equal to 1, Member must satisfy regular expression pattern: [^:*]*]");
    refuses("events", "RemoveTargets", STR("{\"Rule\":\"r\",\"Ids\":[null]}"), FAULT_VALIDATION,
            "1 validation error detected: Value null at 'ids.1.member' failed to satisfy constraint: Member "
            "must not be "
            "null");
}

static void test_counts_characters(void **state)
{
    struct buf body;
    (void)state;
    buf_init(&body, 0);
    buf_add(&body, STR("{\"logGroupName\":\"g\",\"tags\":{\"k\":\""));
    for (int i = 0; i < 256; i++)
        buf_add(&body, STR("\xc3\xa9"));
    buf_add(&body, STR("\"}}"));
    takes("logs", "CreateLogGroup", SHAPE_WIRE, buf_str(&body));
    buf_fini(&body);
}

static void test_bounds_its_texts(void **state)
{
    struct buf body;
    (void)state;
    buf_init(&body, 0);
    buf_add(&body, STR("{\"Rule\":\"r\",\"Targets\":["));
    for (int i = 0; i < 40; i++) {
        buf_add(&body, i ? STR(",{\"Arn\":\"x\",\"Id\":\"") : STR("{\"Arn\":\"x\",\"Id\":\""));
        for (int j = 0; j < 8000; j++)
            buf_add(&body, STR("\xc3\xa9"));
        buf_add(&body, STR("\"}"));
    }
    buf_add(&body, STR("]}"));
    struct json input = read_json(buf_str(&body)), clean;
    struct fault fault = { FAULT_NONE, STR_EMPTY };
    assert_false(shape_check(checker, input_of("events", "PutTargets"), &input, SHAPE_WIRE, SHAPE_OF_MOST,
                             &arena, &clean, &fault));
    assert_true(str_starts(fault.text, STR("10 validation errors detected: Value '\xc3\xa9")));
    assert_true(fault.text.len < 70000);
    buf_fini(&body);
}

static void test_words_wrong_types(void **state)
{
    static const struct {
        const char *service, *operation, *body, *text;
    } cases[] = {
        { "events", "PutRule", "{\"Name\":1}", "NUMBER_VALUE can not be converted to a String" },
        { "events", "PutRule", "{\"Name\":true}", "TRUE_VALUE can not be converted to a String" },
        { "events", "PutRule", "{\"Name\":{}}", "Start of structure or map found where not expected." },
        { "events", "PutRule", "{\"Name\":[]}", "Start of list found where not expected" },
        { "events", "ListRules", "{\"Limit\":\"5\"}", "STRING_VALUE can not be converted to an Integer" },
        { "events", "ListRules", "{\"Limit\":99999999999}",
          "NUMBER_VALUE can not be converted to an Integer" },
        { "events", "PutEvents", "{\"Entries\":{}}", "Start of structure or map found where not expected." },
        { "events", "PutEvents", "{\"Entries\":\"x\"}", "Expected list or null" },
        { "events", "PutEvents", "{\"Entries\":[1]}", "Expected null" },
        { "events", "PutEvents", "[]", "Start of list found where not expected" },
        { "events", "PutEvents", "{\"Entries\":[{\"Time\":\"yesterday\"}]}",
          "STRING_VALUE can not be converted to milliseconds since epoch" },
        { "logs", "GetLogEvents", "{\"startTime\":\"x\"}", "STRING_VALUE can not be converted to a Long" },
        { "logs", "CreateLogGroup", "{\"tags\":1}", "Expected map or null" },
        { "dynamodb", "GetItem", "{\"TableName\":34.56}", "DECIMAL_VALUE cannot be converted to String" },
        { "dynamodb", "GetItem", "{\"Key\":{\"a\":{\"N\":5}}}",
          "NUMBER_VALUE cannot be converted to String" },
        { "dynamodb", "GetItem", "{\"Key\":{\"a\":{\"S\":[]}}}",
          "Unrecognized collection type class java.lang.String" },
        { "dynamodb", "GetItem", "{\"Key\":{\"a\":{\"L\":[{\"M\":{\"b\":{\"S\":{}}}}]}}}",
          "Start of structure or map found where not expected" },
        { "dynamodb", "GetItem", "{\"Key\":{\"a\":{\"BOOL\":\"x\"}}}",
          "Unexpected token received from parser" },
        { "dynamodb", "GetItem", "{\"Key\":{\"a\":{\"B\":7}}}",
          "only base-64-encoded strings are convertible to bytes" },
        { "dynamodb", "GetItem", "{\"Key\":5}", "Unexpected field type" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        refuses(cases[i].service, cases[i].operation, str_from(cases[i].body), FAULT_SERIALIZATION,
                cases[i].text);
}

static void test_hands_over_clean_values(void **state)
{
    (void)state;
    struct str body = STR("{\"Entries\":[{\"Source\":\"s\",\"Time\":1764000000.5}]}");
    struct json input = read_json(body);
    struct json same = takes("events", "PutEvents", SHAPE_WIRE, body);
    assert_true(json_equal(&same, &input));
    same = takes("events", "PutEvents", SHAPE_WIRE,
                 STR("{\"Entries\":[{\"Source\":\"s\",\"Unknown\":{\"deep\":[1]},\"Time\":1764000000.5}],"
                     "\"Other\":1}"));
    assert_string_equal(arena_cstr(&arena, json_text(&arena, &same)),
                        "{\"Entries\":[{\"Time\":1764000000.5,\"Source\":\"s\"}]}");

    struct json cleaned = takes("events", "PutEvents", SHAPE_WIRE,
                                STR("{\"Entries\":[{\"Source\":null,\"Detail\":\"a\",\"Detail\":\"b\","
                                    "\"Time\":\"2025-11-24T16:00:00Z\"}],"
                                    "\"EndpointId\":null}"));
    assert_string_equal(json_text(&arena, &cleaned).ptr ? arena_cstr(&arena, json_text(&arena, &cleaned))
                                                        : "",
                        "{\"Entries\":[{\"Time\":1764000000,\"Detail\":\"b\"}]}");
}

static void test_keeps_the_last_of_what_is_given_twice(void **state)
{
    (void)state;
    struct json cleaned = takes("logs", "CreateLogGroup", SHAPE_WIRE,
                                STR("{\"tags\":{\"a\":\"1\",\"b\":\"2\",\"a\":\"3\"},\"logGroupName\":\"x\","
                                    "\"logGroupName\":\"g\"}"));
    assert_string_equal(arena_cstr(&arena, json_text(&arena, &cleaned)),
                        "{\"logGroupName\":\"g\",\"tags\":{\"b\":\"2\",\"a\":\"3\"}}");
    struct buf body;
    buf_init(&body, 0);
    buf_add(&body, STR("{\"TableName\":\"tbl\",\"Item\":{"));
    for (int i = 0; i < 100; i++)
        buf_printf(&body, "\"a%d\":{\"N\":\"%d\"},", i % 60, i);
    buf_add(&body, STR("\"z\":{\"S\":\"\"}}}"));
    cleaned = takes("dynamodb", "PutItem", SHAPE_WIRE, buf_str(&body));
    const struct json *item = json_get(&cleaned, STR("Item"));
    assert_int_equal(item->count, 61);
    assert_true(str_eq(json_get_str(json_get(item, STR("a5")), STR("N")), STR("65")));
    assert_true(str_eq(json_get_str(json_get(item, STR("a50")), STR("N")), STR("50")));
    buf_fini(&body);
}

static void test_speaks_sdk_style(void **state)
{
    (void)state;
    struct json in =
        takes("states", "StartExecution", SHAPE_SDK,
              STR("{\"StateMachineArn\":\"arn:x\",\"Name\":\"n\",\"input\":\"{}\",\"Other\":1}"));
    assert_string_equal(arena_cstr(&arena, json_text(&arena, &in)),
                        "{\"stateMachineArn\":\"arn:x\",\"name\":\"n\",\"input\":\"{}\"}");
    const struct operation *list = service_operation(service_find(STR("states")), STR("ListExecutions"));
    struct json out =
        read_json(STR("{\"executions\":[{\"executionArn\":\"a\",\"startDate\":1704067200.123,\"stopDate\":"
                      "1704067200}],\"nextToken\":\"t\"}"));
    struct json sdk = shape_to_sdk(list->output, &out, &arena);
    assert_string_equal(
        arena_cstr(&arena, json_text(&arena, &sdk)),
        "{\"Executions\":[{\"ExecutionArn\":\"a\",\"StartDate\":\"2024-01-01T00:00:00.123Z\",\"StopDate\":"
        "\"2024-01-01T00:00:00.000Z\"}],\"NextToken\":\"t\"}");
    /* keys of a map are the user's */
    const struct operation *get = service_operation(service_find(STR("dynamodb")), STR("GetItem"));
    out = read_json(STR("{\"Item\":{\"name\":{\"M\":{\"inner\":{\"S\":\"x\"}}}}}"));
    sdk = shape_to_sdk(get->output, &out, &arena);
    assert_true(json_equal(&sdk, &out));
}

/* Patterns that no automaton could be made of would be left unchecked. */
static void test_patterns_of_the_table_can_be_checked(void **state)
{
    (void)state;
    assert_true(shape_patterns_count > 10);
    for (size_t i = 0; i < shape_patterns_count; i++) {
        struct regex *regex;
        struct diag diag = { "" };
        if (regex_compile(&arena, shape_patterns[i], 0, &regex, &diag) != ERR_OK)
            fail_msg("%s", diag.text);
    }
}

/* Every refusal of the services that was recorded and that a shape of the table can produce. */
static void test_agrees_with_recorded_texts(void **state)
{
    (void)state;
    refuses("events", "PutTargets",
            STR("{\"Rule\":\"r\",\"Targets\":[{\"Arn\":\"a\",\"Id\":"
                "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}]}"),
            FAULT_VALIDATION,
            "1 validation error detected: Value "
            "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' at "
            "'targets.1.member.id' failed to satisfy constraint: Member must have length less than or equal "
            "to 64");
    refuses("states", "ListStateMachines", STR("{\"maxResults\":1001}"), FAULT_VALIDATION,
            "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member "
            "must have "
            "value less than or equal to 1000");
}

static void test_is_quick(void **state)
{
    struct buf body;
    (void)state;
    buf_init(&body, 0);
    buf_add(&body, STR("{\"Entries\":["));
    for (int i = 0; i < 10; i++) {
        buf_add(&body, i ? STR(",") : STR(""));
        buf_printf(
            &body,
            "{\"Time\": 1764000000, \"Source\": \"awsserverlessda.serverlesspresso\", \"Resources\": [], "
            "\"DetailType\": \"OrderProcessor.WaitingCompletion\", \"EventBusName\": \"Serverlesspresso\", "
            "\"Detail\": \"{\\\"Message\\\":\\\"The workflow waits for your order to be completed\\\",");
        buf_printf(
            &body,
            "\\\"TaskToken\\\":\\\"%0200d\\\",\\\"orderId\\\":\\\"o-%d\\\",\\\"userId\\\":\\\"u\\\"}\"}", i,
            i);
    }
    buf_add(&body, STR("]}"));
    enum { ROUNDS = 20000 };
    const struct shape *shape = input_of("events", "PutEvents");
    struct arena request = { 0 };
    struct fault fault = { FAULT_NONE, STR_EMPTY };
    int64_t read_ns = 0, check_ns = 0;
    for (int i = 0; i < ROUNDS; i++) {
        arena_reset(&request);
        struct json input, clean;
        int64_t start = clock_monotonic_ns();
        assert_true(json_read(&request, buf_str(&body), 0, &input, NULL) == ERR_OK);
        int64_t middle = clock_monotonic_ns();
        if (!shape_check(checker, shape, &input, SHAPE_WIRE, SHAPE_OF_MOST, &request, &clean, &fault))
            fail();
        check_ns += clock_monotonic_ns() - middle;
        read_ns += middle - start;
    }
    print_message("PutEvents of 10 entries, %zu bytes: read %.2f us, check %.2f us\n", body.len,
                  (double)read_ns / ROUNDS / 1000, (double)check_ns / ROUNDS / 1000);
    arena_fini(&request);
    buf_fini(&body);
}

static int setup(void **state)
{
    (void)state;
    checker = shape_checker_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    shape_checker_free(&checker);
    shape_checker_free(&checker);
    arena_fini(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns_of_the_table_can_be_checked),
        cmocka_unit_test(test_words_constraints_as_the_services_do),
        cmocka_unit_test(test_words_collections),
        cmocka_unit_test(test_counts_characters),
        cmocka_unit_test(test_bounds_its_texts),
        cmocka_unit_test(test_words_wrong_types),
        cmocka_unit_test(test_hands_over_clean_values),
        cmocka_unit_test(test_keeps_the_last_of_what_is_given_twice),
        cmocka_unit_test(test_speaks_sdk_style),
        cmocka_unit_test(test_agrees_with_recorded_texts),
        cmocka_unit_test(test_is_quick),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
