#include "logs/logs_key.h"

#include "base/big_endian.h"
#include "logs/logs_span.h"

enum { GROUP_PROTECTED = 0x80 }; /* beside the class */
enum { GROUP_VERSION = 1, STREAM_VERSION = 2, COUNTS_VERSION = 1, INDEX_VERSION = 1 };

int logs_position_compare(struct logs_position a, struct logs_position b)
{
    if (a.timestamp_ms != b.timestamp_ms)
        return a.timestamp_ms < b.timestamp_ms ? -1 : 1;
    if (a.sequence != b.sequence)
        return a.sequence < b.sequence ? -1 : 1;
    return 0;
}

/* ---- keys ---- */

void logs_key_group(struct key *key, uint16_t partition, struct ns ns, struct str name)
{
    key_begin(key, KEY_LOGS, partition, 'g');
    key_text(key, ns.account);
    key_text(key, ns.region);
    key_bytes(key, name);
}

void logs_key_identity(struct key *key, uint16_t partition, uint64_t id)
{
    key_begin(key, KEY_LOGS, partition, 'i');
    key_u64(key, id);
}

void logs_key_policy(struct key *key, uint16_t partition, struct ns ns, struct str name)
{
    key_begin(key, KEY_LOGS, partition, 'p');
    key_text(key, ns.account);
    key_text(key, ns.region);
    key_bytes(key, name);
}

void logs_key_data(struct key *key, const struct logs_group *group)
{
    key_begin(key, KEY_LOGS, group->partition, 'd');
    key_u64(key, group->id);
}

void logs_key_part(struct key *key, const struct logs_group *group, enum logs_part part)
{
    logs_key_data(key, group);
    key_u8(key, (uint8_t)part);
}

void logs_key_stream(struct key *key, const struct logs_group *group, struct str name)
{
    logs_key_part(key, group, LOGS_STREAM);
    key_bytes(key, name);
}

void logs_key_block(struct key *key, const struct logs_group *group, enum logs_part part, uint64_t id)
{
    logs_key_part(key, group, part);
    key_u64(key, id);
}

void logs_key_index(struct key *key, const struct logs_group *group, uint64_t number)
{
    logs_key_part(key, group, LOGS_INDEX);
    key_u64(key, number);
}

void logs_key_span(struct key *key, const struct logs_span *span)
{
    key_u8(key, (uint8_t)logs_span_class(span));
    key_time(key, span->first.timestamp_ms);
    key_u64(key, span->first.sequence);
    key_time(key, span->last.timestamp_ms);
    key_u64(key, span->last.sequence);
}

bool logs_key_read_span(struct str *key, struct logs_span *ret)
{
    uint8_t span_class;
    return key_read_u8(key, &span_class) && key_read_time(key, &ret->first.timestamp_ms) &&
           key_read_u64(key, &ret->first.sequence) && key_read_time(key, &ret->last.timestamp_ms) &&
           key_read_u64(key, &ret->last.sequence) && logs_position_compare(ret->first, ret->last) <= 0 &&
           span_class == logs_span_class(ret);
}

void logs_key_of_span(struct key *key, const struct logs_group *group, enum logs_part part,
                      const struct logs_span *span)
{
    logs_key_part(key, group, part);
    logs_key_span(key, span);
}

void logs_key_last(struct key *key, const struct logs_group *group, int64_t time_ms, struct str name)
{
    logs_key_part(key, group, LOGS_LAST);
    key_time(key, time_ms);
    key_bytes(key, name);
}

void logs_key_deleted(struct key *key, const struct logs_group *group, uint64_t number)
{
    logs_key_part(key, group, LOGS_DELETED);
    key_u64(key, number);
}

/* ---- values ---- */

static void put_int(struct buf *out, uint64_t value, unsigned bytes)
{
    char at[8];
    big_endian_put(at, value, bytes);
    buf_add_bytes(out, at, bytes);
}

static bool take_time(struct str *in, int64_t *ret)
{
    uint64_t value;
    if (!big_endian_take(in, 8, &value))
        return false;
    *ret = (int64_t)value;
    return true;
}

void logs_group_write(struct buf *out, const struct logs_group *group)
{
    put_int(out, GROUP_VERSION, 1);
    put_int(out, (uint64_t)group->group_class | (group->is_protected ? GROUP_PROTECTED : 0), 1);
    put_int(out, group->id, 8);
    put_int(out, (uint64_t)group->created_ms, 8);
    put_int(out, group->retention_days, 4);
    put_int(out, (uint64_t)group->sweep_due_ms, 8);
}

bool logs_group_read(struct str value, struct logs_group *ret)
{
    uint64_t version, group_class, days;
    if (!big_endian_take(&value, 1, &version) || version != GROUP_VERSION ||
        !big_endian_take(&value, 1, &group_class) ||
        (group_class & ~(uint64_t)GROUP_PROTECTED) >= LOGS_CLASSES || !big_endian_take(&value, 8, &ret->id) ||
        !take_time(&value, &ret->created_ms) || !big_endian_take(&value, 4, &days) ||
        !take_time(&value, &ret->sweep_due_ms))
        return false;
    ret->is_protected = (group_class & GROUP_PROTECTED) != 0;
    ret->group_class = (enum logs_class)(group_class & ~(uint64_t)GROUP_PROTECTED);
    ret->retention_days = (uint32_t)days;
    return true;
}

static bool take_delta(struct str *in, int64_t from, int64_t *ret)
{
    uint64_t delta;
    if (!logs_varint_take(in, &delta))
        return false;
    *ret = (int64_t)((uint64_t)from + (uint64_t)logs_zagzig(delta));
    return true;
}

static void put_delta(struct buf *out, int64_t from, int64_t to)
{
    logs_varint_add(out, logs_zigzag((int64_t)((uint64_t)to - (uint64_t)from)));
}

void logs_stream_write(struct buf *out, const struct logs_stream_record *stream)
{
    put_int(out, STREAM_VERSION, 1);
    put_int(out, (uint64_t)stream->state, 1);
    put_int(out, stream->flags, 1);
    put_int(out, (uint64_t)stream->created_ms, 8);
    if (stream->state == LOGS_EMPTY)
        return;
    put_int(out, stream->number, 8);
    put_delta(out, stream->created_ms, stream->first_ms);
    put_delta(out, stream->created_ms, stream->ingested_ms);
    if (stream->state == LOGS_SINGLE)
        return;
    put_int(out, (uint64_t)stream->last_ms, 8);
    put_int(out, stream->last_sequence, 8);
    put_int(out, (uint64_t)stream->only_ms, 8);
}

bool logs_stream_read(struct str value, struct logs_stream_record *ret)
{
    uint64_t version, state, flags;
    *ret = (struct logs_stream_record){ 0 };
    if (!big_endian_take(&value, 1, &version) || version != STREAM_VERSION ||
        !big_endian_take(&value, 1, &state) || state > LOGS_MANY || !big_endian_take(&value, 1, &flags) ||
        !take_time(&value, &ret->created_ms))
        return false;
    ret->state = (enum logs_stream_state)state;
    ret->flags = (uint8_t)flags;
    if (ret->state == LOGS_EMPTY)
        return true;
    if (!big_endian_take(&value, 8, &ret->number) || !take_delta(&value, ret->created_ms, &ret->first_ms) ||
        !take_delta(&value, ret->created_ms, &ret->ingested_ms))
        return false;
    if (ret->state == LOGS_SINGLE) {
        ret->last_ms = ret->first_ms;
        ret->last_sequence = ret->number;
        return true;
    }
    return take_time(&value, &ret->last_ms) && big_endian_take(&value, 8, &ret->last_sequence) &&
           take_time(&value, &ret->only_ms);
}

void logs_counts_write(struct buf *out, const struct logs_counts *counts)
{
    put_int(out, COUNTS_VERSION, 1);
    put_int(out, counts->stored_bytes, 8);
    put_int(out, counts->unpacked_bytes, 8);
    put_int(out, (uint64_t)counts->pack_due_ms, 8);
    put_int(out, counts->rewrite, 1);
}

bool logs_counts_read(struct str value, struct logs_counts *ret)
{
    uint64_t version, flags;
    *ret = (struct logs_counts){ 0 };
    if (!big_endian_take(&value, 1, &version) || version != COUNTS_VERSION ||
        !big_endian_take(&value, 8, &ret->stored_bytes) ||
        !big_endian_take(&value, 8, &ret->unpacked_bytes) || !take_time(&value, &ret->pack_due_ms) ||
        !big_endian_take(&value, 1, &flags))
        return false;
    ret->rewrite = flags & 1;
    return true;
}

void logs_index_write(struct buf *out, const struct logs_index *index)
{
    struct key span;
    span.len = 0;
    span.overflow = false;
    logs_key_span(&span, &index->block);
    put_int(out, INDEX_VERSION, 1);
    put_int(out, index->marked, 1);
    put_int(out, index->block_id, 8);
    put_int(out, index->count, 4);
    put_int(out, index->bytes, 8);
    buf_add(out, key_str(&span));
}

bool logs_index_read(struct str value, struct logs_index *ret)
{
    uint64_t version, marked, count;
    *ret = (struct logs_index){ 0 };
    if (!big_endian_take(&value, 1, &version) || version != INDEX_VERSION ||
        !big_endian_take(&value, 1, &marked) || !big_endian_take(&value, 8, &ret->block_id) ||
        !big_endian_take(&value, 4, &count) || !big_endian_take(&value, 8, &ret->bytes))
        return false;
    ret->marked = marked & 1;
    ret->count = (uint32_t)count;
    return logs_key_read_span(&value, &ret->block) && value.len == 0;
}

/* ---- varints ---- */

void logs_varint_add(struct buf *out, uint64_t value)
{
    char at[LOGS_VARINT_BYTES_MAX];
    size_t len = 0;
    for (; value >= 0x80; value >>= 7)
        at[len++] = (char)(value | 0x80);
    at[len++] = (char)value;
    buf_add_bytes(out, at, len);
}

bool logs_varint_take(struct str *in, uint64_t *ret)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < LOGS_VARINT_BYTES_MAX && i < in->len; i++) {
        unsigned char byte = (unsigned char)in->ptr[i];
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte & 0x80)
            continue;
        *ret = value;
        *in = str_of(in->ptr + i + 1, in->len - i - 1);
        return true;
    }
    return false;
}
