/* Frames of event streams. The road tests hold whole answers against the decoders of the SDKs. */
#include "api/event_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Made by another encoder. */
static const char known[] =
    "\x00\x00\x00\x69\x00\x00\x00\x52\x74\x65\xfa\x8d\x0b:event-type\x07\x00\x0csessionStart"
    "\x0d:content-type\x07\x00\x10"
    "application/json\x0d:message-type\x07\x00\x05"
    "event{\"a\":1}\x05\xb2\xd0\xca";

static struct str known_frame(void)
{
    return str_of(known, sizeof(known) - 1);
}

static void test_written_as_known(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 0);
    buf_add(&out, STR("before"));
    size_t at = event_stream_begin(&out, STR("event"), STR("sessionStart"));
    buf_add(&out, STR("{\"a\":1}"));
    event_stream_finish(&out, at);
    assert_int_equal(at, 6);
    assert_int_equal(out.len, 6 + sizeof(known) - 1);
    assert_memory_equal(out.ptr + 6, known, sizeof(known) - 1);
    buf_fini(&out);
}

static void test_read(void **state)
{
    (void)state;
    struct event_stream_frame frame;
    struct buf out;
    size_t len;
    const char *why;
    assert_int_equal(event_stream_read(known_frame(), &frame, &len, &why), EVENT_STREAM_WHOLE);
    assert_int_equal(len, sizeof(known) - 1);
    assert_true(str_eq(frame.kind, STR("event")));
    assert_true(str_eq(frame.type, STR("sessionStart")));
    assert_true(str_eq(frame.payload, STR("{\"a\":1}")));
    buf_init(&out, 0);
    size_t at = event_stream_begin(&out, STR("exception"), STR("SessionTimeoutException"));
    event_stream_finish(&out, at);
    assert_int_equal(event_stream_read(buf_str(&out), &frame, &len, &why), EVENT_STREAM_WHOLE);
    assert_true(str_eq(frame.kind, STR("exception")));
    assert_true(str_eq(frame.type, STR("SessionTimeoutException")));
    assert_int_equal(frame.payload.len, 0);
    buf_fini(&out);
}

/* Every byte of a frame is covered by a checksum; what is cut is not whole. */
static void test_damaged(void **state)
{
    (void)state;
    struct event_stream_frame frame;
    size_t len;
    const char *why;
    char bytes[sizeof(known) - 1];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        memcpy(bytes, known, sizeof(bytes));
        bytes[i] ^= 0x20;
        assert_int_equal(event_stream_read(str_of(bytes, sizeof(bytes)), &frame, &len, &why),
                         EVENT_STREAM_DAMAGED);
        assert_int_equal(event_stream_read(str_of(known, i), &frame, &len, &why), EVENT_STREAM_PART);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_written_as_known),
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
