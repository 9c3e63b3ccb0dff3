#include "api/event_stream.h"

#include "base/big_endian.h"
#include "io/digest.h"

enum { PRELUDE_BYTES = 12, CHECK_BYTES = 4, TYPE_TEXT = 7 };

/* ---- write ---- */

static void add_number(struct buf *out, uint64_t number, size_t size)
{
    char bytes[8];
    big_endian_put(bytes, number, size);
    buf_add_bytes(out, bytes, size);
}

static void add_header(struct buf *out, struct str name, struct str value)
{
    buf_add_char(out, (char)name.len);
    buf_add(out, name);
    buf_add_char(out, TYPE_TEXT);
    add_number(out, value.len, 2);
    buf_add(out, value);
}

size_t event_stream_begin(struct buf *out, struct str kind, struct str type)
{
    size_t at = out->len;
    add_number(out, 0, 8);
    add_number(out, 0, 4);
    add_header(out, str_eq(kind, STR("exception")) ? STR(":exception-type") : STR(":event-type"), type);
    add_header(out, STR(":content-type"), STR("application/json"));
    add_header(out, STR(":message-type"), kind);
    if (!out->err)
        big_endian_put(out->ptr + at + 4, out->len - at - PRELUDE_BYTES, 4);
    return at;
}

void event_stream_finish(struct buf *out, size_t at)
{
    if (out->err)
        return;
    char *frame = out->ptr + at;
    size_t len = out->len - at;
    big_endian_put(frame, len + CHECK_BYTES, 4);
    big_endian_put(frame + 8, digest_crc32(0, str_of(frame, 8)), 4);
    add_number(out, digest_crc32(0, str_of(frame, len)), CHECK_BYTES);
}

/* ---- read ---- */

static uint32_t number_at(struct str bytes, size_t at, size_t size)
{
    uint32_t number = 0;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | (unsigned char)bytes.ptr[at + i];
    return number;
}

/* Length of a header's value of this type, its own length included; SIZE_MAX: no such type, or it is cut. */
static size_t value_len(unsigned type, struct str rest)
{
    static const unsigned char fixed[] = { 0, 0, 1, 2, 4, 8, 0, 0, 8, 16 };
    if (type >= sizeof(fixed))
        return SIZE_MAX;
    if (type == 6 || type == TYPE_TEXT) {
        if (rest.len < 2)
            return SIZE_MAX;
        return 2 + (size_t)number_at(rest, 0, 2);
    }
    return fixed[type];
}

static bool read_headers(struct str headers, struct event_stream_frame *ret)
{
    while (headers.len) {
        size_t name_len = (unsigned char)headers.ptr[0];
        if (headers.len < 2 + name_len)
            return false;
        struct str name = str_slice(headers, 1, name_len);
        unsigned type = (unsigned char)headers.ptr[1 + name_len];
        headers = str_from_offset(headers, 2 + name_len);
        size_t len = value_len(type, headers);
        if (len > headers.len)
            return false;
        if (type == TYPE_TEXT) {
            struct str value = str_slice(headers, 2, len - 2);
            if (str_eq(name, STR(":message-type")))
                ret->kind = value;
            else if (str_eq(name, STR(":event-type")) || str_eq(name, STR(":exception-type")) ||
                     str_eq(name, STR(":error-code")))
                ret->type = value;
        }
        headers = str_from_offset(headers, len);
    }
    return true;
}

static enum event_stream_state damaged(const char **ret_why, const char *why)
{
    *ret_why = why;
    return EVENT_STREAM_DAMAGED;
}

enum event_stream_state event_stream_read(struct str bytes, struct event_stream_frame *ret, size_t *ret_len,
                                          const char **ret_why)
{
    if (bytes.len < PRELUDE_BYTES)
        return EVENT_STREAM_PART;
    size_t len = number_at(bytes, 0, 4), headers_len = number_at(bytes, 4, 4);
    if (number_at(bytes, 8, 4) != digest_crc32(0, str_slice(bytes, 0, 8)))
        return damaged(ret_why, "the checksum of a frame's lengths is wrong");
    if (len < PRELUDE_BYTES + CHECK_BYTES || headers_len > len - PRELUDE_BYTES - CHECK_BYTES)
        return damaged(ret_why, "the lengths of a frame do not fit each other");
    if (len > EVENT_STREAM_FRAME_BYTES_MAX)
        return damaged(ret_why, "a frame is longer than may be");
    if (bytes.len < len)
        return EVENT_STREAM_PART;
    if (number_at(bytes, len - CHECK_BYTES, CHECK_BYTES) !=
        digest_crc32(0, str_slice(bytes, 0, len - CHECK_BYTES)))
        return damaged(ret_why, "the checksum of a frame is wrong");
    *ret = (struct event_stream_frame){ 0 };
    if (!read_headers(str_slice(bytes, PRELUDE_BYTES, headers_len), ret))
        return damaged(ret_why, "the headers of a frame cannot be read");
    ret->payload =
        str_slice(bytes, PRELUDE_BYTES + headers_len, len - PRELUDE_BYTES - headers_len - CHECK_BYTES);
    *ret_len = len;
    return EVENT_STREAM_WHOLE;
}
