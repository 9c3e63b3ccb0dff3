#include "logs/logs_key.h"

#include "base/big_endian.h"

enum { GROUP_VERSION = 1, STREAM_VERSION = 1, EVENT_VERSION = 1 };

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

void logs_key_event(struct key *key, const struct logs_group *group, enum logs_part part,
                    struct logs_position at)
{
    logs_key_part(key, group, part);
    key_time(key, at.timestamp_ms);
    key_u64(key, at.sequence);
}

void logs_key_index(struct key *key, const struct logs_group *group, uint64_t number, struct logs_position at)
{
    logs_key_part(key, group, LOGS_INDEX);
    key_u64(key, number);
    key_time(key, at.timestamp_ms);
    key_u64(key, at.sequence);
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

bool logs_key_read_position(struct str key, struct logs_position *ret)
{
    if (key.len < 16)
        return false;
    struct str tail = str_from_offset(key, key.len - 16);
    return key_read_time(&tail, &ret->timestamp_ms) && key_read_u64(&tail, &ret->sequence);
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
    put_int(out, (uint64_t)group->group_class, 1);
    put_int(out, group->id, 8);
    put_int(out, (uint64_t)group->created_ms, 8);
    put_int(out, group->retention_days, 4);
    put_int(out, (uint64_t)group->sweep_due_ms, 8);
}

bool logs_group_read(struct str value, struct logs_group *ret)
{
    uint64_t version, group_class, days;
    if (!big_endian_take(&value, 1, &version) || version != GROUP_VERSION ||
        !big_endian_take(&value, 1, &group_class) || group_class >= LOGS_CLASSES ||
        !big_endian_take(&value, 8, &ret->id) || !take_time(&value, &ret->created_ms) ||
        !big_endian_take(&value, 4, &days) || !take_time(&value, &ret->sweep_due_ms))
        return false;
    ret->group_class = (enum logs_class)group_class;
    ret->retention_days = (uint32_t)days;
    return true;
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
    put_int(out, (uint64_t)stream->first_ms, 8);
    put_int(out, (uint64_t)stream->ingested_ms, 8);
    if (stream->state == LOGS_SINGLE)
        return;
    put_int(out, (uint64_t)stream->last_ms, 8);
    put_int(out, stream->last_sequence, 8);
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
    if (!big_endian_take(&value, 8, &ret->number) || !take_time(&value, &ret->first_ms) ||
        !take_time(&value, &ret->ingested_ms))
        return false;
    if (ret->state == LOGS_SINGLE) {
        ret->last_ms = ret->first_ms;
        ret->last_sequence = ret->number;
        return true;
    }
    return take_time(&value, &ret->last_ms) && big_endian_take(&value, 8, &ret->last_sequence);
}

void logs_event_write(struct buf *out, const struct logs_event_record *event)
{
    put_int(out, EVENT_VERSION, 1);
    put_int(out, event->flags, 1);
    put_int(out, (uint64_t)event->ingested_ms, 8);
    put_int(out, event->number, 8);
    put_int(out, event->stream.len, 2);
    buf_add(out, event->stream);
    buf_add(out, event->message);
}

bool logs_event_read(struct str value, struct logs_event_record *ret)
{
    uint64_t version, flags, name_len;
    if (!big_endian_take(&value, 1, &version) || version != EVENT_VERSION ||
        !big_endian_take(&value, 1, &flags) || !take_time(&value, &ret->ingested_ms) ||
        !big_endian_take(&value, 8, &ret->number) || !big_endian_take(&value, 2, &name_len) ||
        name_len > value.len)
        return false;
    ret->flags = (uint8_t)flags;
    ret->stream = str_slice(value, 0, (size_t)name_len);
    ret->message = str_from_offset(value, (size_t)name_len);
    return true;
}
