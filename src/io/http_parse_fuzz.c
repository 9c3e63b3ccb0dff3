/* A head, then its body as chunks, whole and in two pieces: both ways must agree. */
#include "io/http_parse.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
    if (!ok)
        abort();
}

static void fuzz_head(struct str bytes, size_t cut)
{
    static const struct http_parse_limits limits = { 4096, 32 };
    struct arena arena = { 0 };
    struct http_head whole = { 0 }, pieces = { 0 };
    struct http_head_scan scan = { 0 }, again = { 0 };
    size_t whole_len = 0, pieces_len = 0;
    const char *why = NULL;
    int status = http_head_parse(&scan, bytes, &limits, &arena, &whole, &whole_len, &why);
    int first =
        http_head_parse(&again, str_slice(bytes, 0, cut), &limits, &arena, &pieces, &pieces_len, &why);
    if (first == HTTP_HEAD_MORE)
        first = http_head_parse(&again, bytes, &limits, &arena, &pieces, &pieces_len, &why);
    require(first == status && whole_len == pieces_len);
    if (status == HTTP_HEAD_WHOLE) {
        require(whole_len <= bytes.len && whole.request.header_count <= limits.header_count_max);
        require(whole.content_length == pieces.content_length && whole.chunked == pieces.chunked);
        require(!(whole.chunked && whole.has_length));
        for (size_t i = 0; i < whole.request.header_count; i++) {
            struct str value = whole.request.headers[i].value;
            require(whole.request.headers[i].name.len > 0);
            for (size_t at = 0; at < value.len; at++)
                require(value.ptr[at] != '\r' && value.ptr[at] != '\n' && value.ptr[at] != 0);
        }
    }
    arena_fini(&arena);
}

static enum http_chunk fuzz_chunks(struct http_chunked *chunked, struct str *bytes, size_t *body_len)
{
    struct str data;
    const char *why = NULL;
    for (;;) {
        enum http_chunk chunk = http_chunked_next(chunked, bytes, &data, &why);
        if (chunk != HTTP_CHUNK_DATA) {
            require(chunk != HTTP_CHUNK_BAD || why);
            return chunk;
        }
        require(data.len > 0);
        *body_len += data.len;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct str bytes = str_of((const char *)data + 2, size - 2);
    size_t cut = ((size_t)data[0] << 8 | data[1]) % (bytes.len + 1), body_len = 0, pieces_len = 0;
    fuzz_head(bytes, cut);
    struct http_chunked chunked = { 0 }, again = { 0 };
    struct str rest = bytes, head = str_slice(bytes, 0, cut), tail = str_from_offset(bytes, cut);
    enum http_chunk whole = fuzz_chunks(&chunked, &rest, &body_len);
    enum http_chunk pieces = fuzz_chunks(&again, &head, &pieces_len);
    size_t left = head.len + tail.len;
    if (pieces == HTTP_CHUNK_MORE) {
        pieces = fuzz_chunks(&again, &tail, &pieces_len);
        left = tail.len;
    }
    require(whole == pieces && body_len == pieces_len && rest.len == left);
    return 0;
}
