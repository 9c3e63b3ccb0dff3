#include "api/api_sigv4.h"
#include "api/api_query.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* First half of the bytes: an Authorization header; second: a query. Whatever is read lies inside what was
 * given, and may be verified. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sigv4_key key = { { "K", 1 }, { "secret", 6 }, { NULL, 0 } };
    struct str text = str_of((const char *)data, size);
    size_t half = str_find_char(text, '\n');
    struct str header = half == STR_NOT_FOUND ? text : str_slice(text, 0, half);
    struct str query = half == STR_NOT_FOUND ? STR_EMPTY : str_from_offset(text, half + 1);
    struct arena arena = { 0 };
    struct fault fault = { 0 };
    struct sigv4 signature;
    struct http_header headers[] = { { STR("host"), STR("h") },
                                     { STR("x-amz-date"), STR("20150830T123600Z") },
                                     { STR("authorization"), header } };
    struct http_request request = { .method = STR("GET"), .path = query, .query = query, .headers = headers };
    struct json input;
    request.header_count = str_empty(header) ? 2 : 3;
    if (sigv4_read(&request, &arena, &signature, &fault) && signature.present) {
        if (signature.key_id.len > size)
            abort();
        sigv4_verify(&request, &signature, &key, STR_EMPTY, INT64_C(1440938160000), &arena, &fault);
        sigv4_canonical(&request, &signature, STR("0"), &arena);
    }
    (void)api_query_input(&arena, query, &input);
    arena_fini(&arena);
    return 0;
}
