/* Envelopes from any detail, and schedule expressions: an envelope is one line of JSON
 * that reads back as what went in. */
#include "bus/bus_impl.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = { 0 };
    struct str text = str_of((const char *)data, size);
    struct ns ns = { STR("000000000000"), STR("us-east-1") };
    struct bus_event event = {
        .source = STR("s"), .detail_type = STR("\"t\n"), .detail = text, .time_ms = (int64_t)size
    };
    struct bus_envelope envelope, again;
    struct bus_refusal refusal;
    struct json detail, value;
    (void)bus_schedule_valid(text);
    if (bus_event_envelope(&arena, ns, &event, &envelope, &refusal)) {
        assert(json_read(&arena, text, 0, &detail, NULL) == ERR_OK);
        assert(str_find_char(envelope.text, '\n') == STR_NOT_FOUND &&
               str_find_char(envelope.text, '\r') == STR_NOT_FOUND);
        assert(json_read(&arena, envelope.text, JSON_DEPTH_MAX + 1, &value, NULL) == ERR_OK);
        assert(json_equal(&value, &envelope.value));
        assert(json_equal(json_get(&value, STR("detail")), &detail));
        assert(bus_envelope_read(&arena, envelope.text, &again) && str_eq(again.id, envelope.id));
    }
    arena_fini(&arena);
    return 0;
}
