/* A form, read along the shape of an operation that has structures, lists and numbers; what is read can be written. */
#include "api/api_query.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = { "PutMetricData", "GetMetricData", "ListMetrics" };
    const struct service *service = service_find(STR("monitoring"));
    struct str form = str_of((const char *)data, size);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct operation *operation = service_operation(service, str_from(names[i]));
        struct arena arena = { 0 };
        struct json input, again;
        if (api_query_input(&arena, form, operation->input, &input)) {
            struct buf out;
            buf_init(&out, 0);
            if (json_read(&arena, json_text(&arena, &input), 0, &again, NULL))
                abort();
            api_query_write(service->as_query, operation, &again, STR("id"), &out);
            buf_fini(&out);
        }
        arena_fini(&arena);
    }
    return 0;
}
