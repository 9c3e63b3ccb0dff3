/* A URL that is let through goes to the host that it is let through for, as anybody reads it. */
#include "target/http_endpoint.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct str list[] = { STR("https://a.b:1") };
    const struct http_endpoints local = { .local = true }, listed = { .origins = list, .origin_count = 1 };
    struct str url = str_of((const char *)data, size), why = STR_EMPTY;
    bool is_local = http_endpoint_allowed(&local, url, &why),
         is_listed = http_endpoint_allowed(&listed, url, &why);
    if (!is_local && !is_listed) {
        if (why.len == 0)
            abort();
        return 0;
    }
    if (is_local && is_listed)
        abort();
    size_t end = str_find(url, STR("://")) + 3;
    struct str host = str_from_offset(url, end);
    while (end < size && data[end] != '/' && data[end] != '?' && data[end] != '#' && data[end] != '\\' &&
           data[end] != '@')
        end++;
    if (end < size && (data[end] == '\\' || data[end] == '@'))
        abort();
    host.len = end - (size_t)(host.ptr - url.ptr);
    bool known = is_listed ? str_eq_ignore_case(host, STR("a.b:1"))
                           : str_starts(host, STR("localhost")) || str_starts(host, STR("127.")) ||
                                 str_starts(host, STR("[::1]"));
    if (!known)
        abort();
    return 0;
}
