#include "flow/flow_pack.h"

void pack_u8(struct buf *out, uint8_t value)
{
    buf_add_char(out, (char)value);
}

void pack_u64(struct buf *out, uint64_t value)
{
    char bytes[10];
    size_t len = 0;
    while (value >= 0x80) {
        bytes[len++] = (char)(unsigned char)(value | 0x80);
        value >>= 7;
    }
    bytes[len++] = (char)value;
    buf_add_bytes(out, bytes, len);
}

void pack_i64(struct buf *out, int64_t value)
{
    pack_u64(out, ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0));
}

void pack_str(struct buf *out, struct str text)
{
    pack_u64(out, text.len);
    buf_add(out, text);
}

void pack_fixed(struct buf *out, const void *bytes, size_t len)
{
    buf_add_bytes(out, bytes, len);
}

struct unpack unpack_of(struct str bytes)
{
    const char *from = bytes.ptr ? bytes.ptr : "";
    return (struct unpack){ from, from + bytes.len, false };
}

bool unpack_done(const struct unpack *in)
{
    return !in->bad && in->at == in->end;
}

uint8_t unpack_u8(struct unpack *in)
{
    if (in->bad || in->at == in->end) {
        in->bad = true;
        return 0;
    }
    return (uint8_t)*in->at++;
}

uint64_t unpack_u64(struct unpack *in)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = unpack_u8(in);
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
            return in->bad ? 0 : value;
    }
    in->bad = true;
    return 0;
}

uint32_t unpack_u32(struct unpack *in)
{
    uint64_t value = unpack_u64(in);
    if (value > UINT32_MAX) {
        in->bad = true;
        return 0;
    }
    return (uint32_t)value;
}

int64_t unpack_i64(struct unpack *in)
{
    uint64_t value = unpack_u64(in);
    return (int64_t)((value >> 1) ^ (value & 1 ? UINT64_MAX : 0));
}

struct str unpack_str(struct unpack *in)
{
    uint64_t len = unpack_u64(in);
    if (in->bad || len > (uint64_t)(in->end - in->at)) {
        in->bad = true;
        return STR_EMPTY;
    }
    struct str text = str_of(in->at, (size_t)len);
    in->at += len;
    return text;
}

void unpack_fixed(struct unpack *in, void *bytes, size_t len)
{
    if (in->bad || len > (size_t)(in->end - in->at)) {
        in->bad = true;
        memset(bytes, 0, len);
        return;
    }
    memcpy(bytes, in->at, len);
    in->at += len;
}
