#include "deliver/deliver_key.h"

#include "base/big_endian.h"

#include <assert.h>

void deliver_key_prefix(struct key *key, uint16_t partition, enum deliver_place place)
{
    key_begin(key, KEY_DELIVER, partition, (char)place);
}

void deliver_key(struct key *key, uint16_t partition, enum deliver_place place, uint64_t id)
{
    deliver_key_prefix(key, partition, place);
    key_u64(key, id);
}

bool deliver_key_read(struct str key, uint64_t *ret_id)
{
    struct str rest = str_from_offset(key, KEY_HEAD_BYTES);
    return key_read_u64(&rest, ret_id) && rest.len == 0;
}

void deliver_ref_write(uint64_t id, char ref[DELIVER_REF_BYTES])
{
    big_endian_put(ref, id, DELIVER_REF_BYTES);
}

bool deliver_ref_read(struct str ref, uint64_t *ret)
{
    return ref.len == DELIVER_REF_BYTES && big_endian_take(&ref, DELIVER_REF_BYTES, ret);
}

/* ---- the value; the order of the parts is in the header ---- */

enum { TEXTS = 8, FIXED_BYTES = 2 + 3 * 4 + 3 * 8 };

static void write_int(char **at, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        *(*at)++ = (char)(unsigned char)(value >> (8 * i));
}

static uint64_t read_int(const char **at, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)(unsigned char)*(*at)++ << (8 * i);
    return value;
}

struct str deliver_record_write(struct arena *arena, const struct delivery *d)
{
    const struct str texts[TEXTS] = { d->kind,     d->ns.account, d->ns.region, d->resource,
                                      d->event_id, d->source_arn, d->owner_ref, d->payload };
    size_t len = FIXED_BYTES;
    for (size_t i = 0; i < TEXTS; i++)
        len += 4 + texts[i].len;
    char *room = arena_bytes(arena, len), *at = room;
    write_int(&at, DELIVER_RECORD_VERSION, 1);
    write_int(&at, d->owner, 1);
    write_int(&at, d->hops, 4);
    write_int(&at, d->attempts, 4);
    write_int(&at, d->attempts_max, 4);
    write_int(&at, (uint64_t)d->event_time_ms, 8);
    write_int(&at, (uint64_t)d->created_ms, 8);
    write_int(&at, (uint64_t)d->expires_ms, 8);
    for (size_t i = 0; i < TEXTS; i++) {
        assert(texts[i].len <= UINT32_MAX);
        write_int(&at, texts[i].len, 4);
        if (texts[i].len)
            memcpy(at, texts[i].ptr, texts[i].len);
        at += texts[i].len;
    }
    assert(at == room + len);
    return str_of(room, len);
}

bool deliver_record_read(struct str value, struct delivery *ret)
{
    if (value.len < FIXED_BYTES)
        return false;
    const char *at = value.ptr, *end = value.ptr + value.len;
    struct delivery d = { 0 };
    if (read_int(&at, 1) != DELIVER_RECORD_VERSION)
        return false;
    d.owner = (uint8_t)read_int(&at, 1);
    d.hops = (uint32_t)read_int(&at, 4);
    d.attempts = (uint32_t)read_int(&at, 4);
    d.attempts_max = (uint32_t)read_int(&at, 4);
    d.event_time_ms = (int64_t)read_int(&at, 8);
    d.created_ms = (int64_t)read_int(&at, 8);
    d.expires_ms = (int64_t)read_int(&at, 8);
    struct str *texts[TEXTS] = { &d.kind,     &d.ns.account, &d.ns.region, &d.resource,
                                 &d.event_id, &d.source_arn, &d.owner_ref, &d.payload };
    for (size_t i = 0; i < TEXTS; i++) {
        if (end - at < 4)
            return false;
        size_t len = (size_t)read_int(&at, 4);
        if ((size_t)(end - at) < len)
            return false;
        *texts[i] = str_of(at, len);
        at += len;
    }
    if (at != end)
        return false;
    *ret = d;
    return true;
}
