/* Results of mocks against shapes of the models: what is refused, and in which words. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "api/api_mock.h"

#define SDK(name) "arn:aws:states:::aws-sdk:" name

/* NULL: it fits. */
static const char *said(struct arena *arena, const char *resource, const char *result, bool strict)
{
    struct json value;
    struct fault fault = { 0 };
    assert_int_equal(json_read(arena, str_from(result), 0, &value, NULL), ERR_OK);
    bool fits = strict ? mock_fits_strict(NULL, arena, str_from(resource), &value, &fault)
                       : mock_fits_present(NULL, arena, str_from(resource), &value, &fault);
    assert_int_equal(fits, fault.code == FAULT_NONE);
    if (!fits)
        assert_int_equal(fault.code, FAULT_VALIDATION);
    return fits ? NULL : arena_cstr(arena, fault.text);
}

static void shapes(void **test)
{
    static const struct {
        const char *resource, *result, *refused; /* refused: after the opening words; NULL: it fits */
    } cases[] = {
        { SDK("s3:getObject"), "{}", NULL },
        { SDK("s3:getObject"), "{\"ContentLength\":null,\"Unknown\":1}", NULL },
        { SDK("s3:getObject"), "{\"DeleteMarker\":\"true\"}", "Field 'DeleteMarker' must be a boolean" },
        { SDK("s3:getObject"), "{\"Metadata\":[]}", "Field 'Metadata' must be an object" },
        { SDK("s3:getObject"), "{\"Metadata\":{\"k\":1}}", "Field 'k' must be a string" },
        { SDK("s3:getObject"), "{\"LastModified\":1}", "Field 'LastModified' must be a string" },
        { SDK("s3:getObject"), "{\"LastModified\":\"2026-01-01T00:00:00Z\"}", NULL },
        { SDK("kms:encrypt"), "{\"CiphertextBlob\":\"eA==\",\"KeyId\":\"k\"}", NULL },
        { SDK("kms:encrypt"), "{\"KeyId\":\"\"}", "Field 'KeyId' is smaller than the minimum length" },
        { SDK("secretsmanager:getSecretValue"), "{\"VersionStages\":[]}",
          "Field 'VersionStages' is smaller than the minimum length" },
        { SDK("lambda:getFunction"), "{\"Configuration\":{\"Timeout\":0}}",
          "Field 'Timeout' is less than the minimum value" },
        { SDK("eventbridge:putEvents"), "{\"Entries\":[{\"EventId\":1}]}",
          "Field 'EventId' must be a string" },
        { SDK("cloudwatchlogs:describeLogGroups"), "{\"LogGroups\":[{\"StoredBytes\":\"1\"}]}",
          "Field 'StoredBytes' must be a number" },
        { SDK("sts:getCallerIdentity"), "{\"Account\":1}", "Field 'Account' must be a string" },
        { SDK("sfn:startExecution"), "{\"ExecutionArn\":\"a\"}", "Required field 'StartDate' is missing" },
        { SDK("sqs:sendMessage"), "{\"MessageId\":1}", "Field 'MessageId' must be a string" },
        { SDK("s3:getObject.waitForTaskToken"), "7", NULL },
        { "arn:aws:states:::apigateway:invoke", "7", NULL },
        { "arn:aws:lambda:us-east-1:000000000000:function:f", "7", NULL },
    };
    struct str opening = STR("Mock result schema validation error: ");
    (void)test;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena arena = { 0 };
        const char *text = said(&arena, cases[i].resource, cases[i].result, true);
        if (!cases[i].refused) {
            assert_null(text);
        } else {
            assert_non_null(text);
            assert_true(str_starts(str_from(text), opening));
            assert_string_equal(text + opening.len, cases[i].refused);
        }
        arena_fini(&arena);
    }
}

static void modes(void **test)
{
    struct arena arena = { 0 };
    const char *start = "arn:aws:states:::states:startExecution";
    (void)test;
    assert_non_null(said(&arena, start, "{}", true));
    assert_null(said(&arena, start, "{}", false));
    assert_string_equal(said(&arena, start, "[]", false), "Mocked result must be a JSON object.");
    /* What it waits for is described. */
    assert_null(said(
        &arena, "arn:aws:states:::states:startExecution.sync:2",
        "{\"ExecutionArn\":\"a\",\"StateMachineArn\":\"m\",\"Status\":\"FAILED\",\"StartDate\":1}", true));
    assert_non_null(
        said(&arena, "arn:aws:states:::states:startExecution.sync:2", "{\"ExecutionArn\":\"a\"}", true));
    /* Without a model nothing is taken for right. */
    assert_true(str_ends(str_from(said(&arena, SDK("s3:noSuchThing"), "{}", false)),
                         STR("by Crema yet: fieldValidationMode must be NONE")));
    assert_non_null(said(&arena, "arn:aws:states:::glue:startJobRun.sync", "{}", true));
    assert_non_null(
        said(&arena, SDK("eventbridge:createArchive"), "{}", true)); /* the service has it, Crema not */
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes),
        cmocka_unit_test(modes),
    };
    return cmocka_run_group_tests_name("api-mock", tests, NULL, NULL);
}
