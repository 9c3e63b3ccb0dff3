/* Whatever comes, with checksums that are right or not: what is read lies within it. */
#include "api/event_stream.h"

#include "base/big_endian.h"
#include "io/digest.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void within(struct str whole, struct str part)
{
    if (part.len && (part.ptr < whole.ptr || part.ptr + part.len > whole.ptr + whole.len))
        abort();
}

static void read_all(struct str bytes)
{
    struct event_stream_frame frame;
    size_t len;
    const char *why = NULL;
    while (event_stream_read(bytes, &frame, &len, &why) == EVENT_STREAM_WHOLE) {
        if (len > bytes.len || len < 16)
            abort();
        within(bytes, frame.kind);
        within(bytes, frame.type);
        within(bytes, frame.payload);
        bytes = str_from_offset(bytes, len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_all(str_of((const char *)data, size));
    if (size < 16 || size > 1 << 20)
        return 0;
    char *mended = malloc(size); /* a frame of all of it, so that the headers are reached */
    if (!mended)
        abort();
    memcpy(mended, data, size);
    big_endian_put(mended, size, 4);
    big_endian_put(mended + 8, digest_crc32(0, str_of(mended, 8)), 4);
    big_endian_put(mended + size - 4, digest_crc32(0, str_of(mended, size - 4)), 4);
    read_all(str_of(mended, size));
    free(mended);
    return 0;
}
