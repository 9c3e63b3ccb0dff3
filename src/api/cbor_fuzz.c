/* A body in CBOR: what is read is JSON, and as CBOR again reads as the same. */
#include "api/api_cbor.h"

#include "api/service.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct arena *arena, const struct shape *shape, const struct json *value)
{
    struct buf out;
    struct json again;
    const char *why;
    buf_init(&out, 0);
    api_cbor_write(shape, value, &out);
    if (!api_cbor_read(arena, NULL, buf_str(&out), &again, &why))
        abort();
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct operation *operation =
        service_operation(service_find(STR("monitoring")), STR("PutMetricData"));
    struct arena arena = { 0 };
    struct json value, again;
    const char *why = NULL;
    struct str body = str_of((const char *)data, size);
    bool fits = api_cbor_read(&arena, operation->input, body, &value, &why), reads;
    reads = api_cbor_read(&arena, NULL, body, &value, &why);
    if (fits && !reads)
        abort();
    if (reads) {
        struct str text = json_text(&arena, &value);
        if (json_read(&arena, text, 0, &again, NULL) || !json_equal(&value, &again))
            abort();
        check(&arena, NULL, &value);
        check(&arena, operation->input, &value);
    } else if (!why) {
        abort();
    }
    arena_fini(&arena);
    return 0;
}
