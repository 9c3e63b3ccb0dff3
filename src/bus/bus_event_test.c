/* Envelopes of events: how one is built, and what PutEvents refuses, in the service's words. */
#include "bus/bus_impl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct ns home = { { "111111111111", 12 }, { "eu-west-1", 9 } };
#define BUS_ARN "arn:aws:events:eu-west-1:111111111111:event-bus/"

#define ASSERT_TEXT(s, text)                                    \
    do {                                                        \
        struct str text_seen = (s);                             \
        assert_int_equal(text_seen.len, strlen(text));          \
        assert_memory_equal(text_seen.ptr, text, strlen(text)); \
    } while (0)

static void builds_the_envelope(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct str resources[] = { STR("a\"b") };
    struct bus_event event = {
        .source = STR("shop"),
        .detail_type = STR("Order \xc3\xa9"),
        .detail = STR(" {\"a\": 1.50, \"a\":\"\\u0041\"} "),
        .resources = resources,
        .resource_count = 1,
        .time_ms = INT64_C(1700000000987),
    };
    struct bus_envelope envelope;
    struct bus_refusal refusal;
    assert_true(bus_event_envelope(&arena, home, &event, &envelope, &refusal));
    struct str want = arena_printf(&arena,
                                   "{\"version\":\"0\",\"id\":\"%.*s\",\"detail-type\":\"Order "
                                   "\xc3\xa9\",\"source\":\"shop\",\"account\":\"111111111111\","
                                   "\"time\":\"2023-11-14T22:13:20Z\",\"region\":\"eu-west-1\",\"resources\":"
                                   "[\"a\\\"b\"],\"detail\":{\"a\":1.50,"
                                   "\"a\":\"\\u0041\"}}",
                                   STR_ARG(envelope.id));
    assert_int_equal(envelope.text.len, want.len);
    assert_memory_equal(envelope.text.ptr, want.ptr, want.len);
    assert_int_equal(envelope.time_ms, INT64_C(1700000000000));
    ASSERT_TEXT(envelope.bus, "default");
    struct json again;
    assert_int_equal(json_read(&arena, envelope.text, 0, &again, NULL), ERR_OK);
    assert_true(json_equal(&again, &envelope.value));
    /* Read as the next bus reads it. */
    struct bus_envelope read;
    assert_true(bus_envelope_read(&arena, envelope.text, &read));
    assert_true(str_eq(read.id, envelope.id));
    assert_int_equal(read.time_ms, envelope.time_ms);
    assert_false(bus_envelope_read(&arena, STR("{\"detail\":{}}"), &read));
    /* One line, whatever the detail came as; strings stay as they are. */
    event.detail = STR("{\r\n  \"a b\" : [1 ,\t2],\n \"c\\\"\\\\\": \" \\n \"\n}\n");
    assert_true(bus_event_envelope(&arena, home, &event, &envelope, &refusal));
    assert_true(str_ends(envelope.text, STR(",\"detail\":{\"a b\":[1,2],\"c\\\"\\\\\":\" \\n \"}}")));
    /* Compact, also where it came on one line. */
    event.detail = STR("{ \"a  b\" : [ 1 ,2 , \" { \\\" , \" ] , \"c\":{ } }");
    assert_true(bus_event_envelope(&arena, home, &event, &envelope, &refusal));
    assert_true(str_ends(envelope.text, STR("\"detail\":{\"a  b\":[1,2,\" { \\\" , \"],\"c\":{}}}")));
    ASSERT_TEXT(json_get(&envelope.value, STR("detail"))->raw, "{\"a  b\":[1,2,\" { \\\" , \"],\"c\":{}}");
    event.time_ms = -1;
    assert_true(bus_event_envelope(&arena, home, &event, &envelope, &refusal));
    assert_int_equal(envelope.time_ms, -1000);
    arena_fini(&arena);
}

static void refuses_events_in_the_services_words(void **state)
{
    (void)state;
    static const struct {
        const char *source, *type, *detail, *bus, *code, *text;
    } cases[] = {
        { "", "t", "{}", "", "InvalidArgument",
          "Parameter Source is not valid. Reason: Source is a required argument." },
        { "s", "", "", "", "InvalidArgument",
          "Parameter DetailType is not valid. Reason: DetailType is a required argument." },
        { "s", "t", "", "", "InvalidArgument",
          "Parameter Detail is not valid. Reason: Detail is a required argument." },
        { "aws.ec2", "t", "{", "", "NotAuthorizedForSourceException", "Not authorized for the source." },
        { "s", "t", "{", "", "MalformedDetail", "Detail is malformed." },
        { "s", "t", "{\"n\":1\n2}", "", "MalformedDetail", "Detail is malformed." },
        { "s", "t", "{\"n\":1 2}", "", "MalformedDetail", "Detail is malformed." },
        { "s", "t", "{\"n\" \"m\":1}", "", "MalformedDetail", "Detail is malformed." },
        { "s", "t", "{\"n\":tr ue}", "", "MalformedDetail", "Detail is malformed." },
        { "s", "t", "{\"n\": \"x\\", "", "MalformedDetail", "Detail is malformed." },
        { "s", "t", "{}x", "", "MalformedDetail", "Detail is malformed." },
        { "s", "t", "[1]", "", "MalformedDetail", "Detail is malformed." },
        { "s", "t", "\"{}\"", "", "MalformedDetail", "Detail is malformed." },
        { "s", "t", "{\"n\":9223372036854775808}", "", "MalformedDetail", "Detail is malformed." },
        { "s", "t", "{\"n\":[-9223372036854775809]}", "", "MalformedDetail", "Detail is malformed." },
        { "s", "t", "{}", "arn:aws:events:us-east-1:111111111111:event-bus/x", "InvalidArgument",
          "Parameter EventBusName is not valid. Reason: Event bus "
          "arn:aws:events:us-east-1:111111111111:event-bus/x does "
          "not exist." },
    };
    struct arena arena = { 0 };
    struct bus_envelope envelope;
    struct bus_refusal refusal;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bus_event event = { .source = str_from(cases[i].source),
                                   .detail_type = str_from(cases[i].type),
                                   .detail = str_from(cases[i].detail),
                                   .bus = str_from(cases[i].bus) };
        assert_false(bus_event_envelope(&arena, home, &event, &envelope, &refusal));
        ASSERT_TEXT(refusal.code, cases[i].code);
        ASSERT_TEXT(refusal.text, cases[i].text);
    }
    arena_fini(&arena);
}

static void takes_details_up_to_their_limits(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct bus_envelope envelope;
    struct bus_refusal refusal;
    static const char *const good[] = { "{\"n\":9223372036854775807}", "{\"n\":-9223372036854775808}",
                                        "{\"n\":9223372036854775808.0}", "{\"n\":1e400}" };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct bus_event event = { .source = STR("aws"),
                                   .detail_type = STR("t"),
                                   .detail = str_from(good[i]),
                                   .bus = STR(BUS_ARN "x") };
        assert_true(bus_event_envelope(&arena, home, &event, &envelope, &refusal));
        ASSERT_TEXT(envelope.bus, "x");
    }
    /* Nesting: what JSON may have, and one more. */
    for (int depth = 999; depth <= 1001; depth++) {
        struct str detail = STR("{\"a\":");
        char *deep = arena_bytes(&arena, (size_t)(depth * 2));
        memset(deep, '[', (size_t)depth);
        memset(deep + depth, ']', (size_t)depth);
        detail =
            arena_concat(&arena, arena_concat(&arena, detail, str_of(deep, (size_t)depth * 2)), STR("}"));
        struct bus_event event = { .source = STR("s"), .detail_type = STR("t"), .detail = detail };
        assert_int_equal(bus_event_envelope(&arena, home, &event, &envelope, &refusal),
                         depth + 1 <= JSON_DEPTH_MAX);
        struct bus_envelope read;
        if (depth + 1 <= JSON_DEPTH_MAX)
            assert_true(bus_envelope_read(&arena, envelope.text, &read));
    }
    arena_fini(&arena);
}

static void bounds_types_and_sizes(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct bus_envelope envelope;
    struct bus_refusal refusal;
    struct bus_event nul = { .source = STR("s"), .detail_type = STR("t"), .detail = { "{}\n\0", 4 } };
    assert_false(bus_event_envelope(&arena, home, &nul, &envelope, &refusal));
    char type[130 * 2];
    for (size_t i = 0; i < 130; i++)
        memcpy(type + 2 * i, "\xc3\xa9", 2);
    struct bus_event event = { .source = STR("s"), .detail_type = str_of(type, 256), .detail = STR("{}") };
    assert_true(bus_event_envelope(&arena, home, &event, &envelope, &refusal));
    event.detail_type.len = 258;
    assert_false(bus_event_envelope(&arena, home, &event, &envelope, &refusal));
    ASSERT_TEXT(refusal.code, "InvalidArgument");
    struct str resources[] = { STR("123"), STR("4") };
    event = (struct bus_event){ .source = STR("12"),
                                .detail_type = STR("3"),
                                .detail = STR("{}"),
                                .time_given = true,
                                .resources = resources,
                                .resource_count = 2 };
    assert_int_equal(bus_event_size(&event), 14 + 2 + 1 + 2 + 4);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builds_the_envelope),
        cmocka_unit_test(refuses_events_in_the_services_words),
        cmocka_unit_test(takes_details_up_to_their_limits),
        cmocka_unit_test(bounds_types_and_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
