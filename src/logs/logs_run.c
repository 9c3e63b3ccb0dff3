#include "logs/logs_run.h"

#include "base/big_endian.h"

enum { RUN_VERSION = 1 };

void logs_run_init(struct logs_run_writer *run)
{
    *run = (struct logs_run_writer){ 0 };
    buf_init(&run->events, 0);
    buf_init(&run->messages, 0);
}

void logs_run_fini(struct logs_run_writer *run)
{
    buf_fini(&run->events);
    buf_fini(&run->messages);
}

void logs_run_clear(struct logs_run_writer *run)
{
    buf_clear(&run->events);
    buf_clear(&run->messages);
    run->count = 0;
}

bool logs_run_takes(const struct logs_run_writer *run, struct logs_position at, size_t message_len)
{
    return run->count == 0 ||
           (run->count < LOGS_RUN_EVENTS_MAX && run->messages.len + message_len <= LOGS_RUN_BYTES_MAX &&
            logs_position_compare(run->span.last, at) < 0 &&
            (uint64_t)at.timestamp_ms - (uint64_t)run->span.first.timestamp_ms <= LOGS_RUN_TIME_MAX_MS);
}

void logs_run_add(struct logs_run_writer *run, struct logs_position at, struct str message)
{
    if (run->count++ == 0)
        run->span.first = run->span.last = at;
    logs_varint_add(&run->events, (uint64_t)(at.timestamp_ms - run->span.last.timestamp_ms));
    logs_varint_add(&run->events, logs_zigzag((int64_t)(at.sequence - run->span.last.sequence)));
    logs_varint_add(&run->events, message.len);
    buf_add(&run->messages, message);
    run->span.last = at;
}

void logs_run_write(const struct logs_run_writer *run, const struct logs_event_record *stream,
                    struct buf *out)
{
    char head[18];
    head[0] = RUN_VERSION;
    head[1] = (char)stream->flags;
    big_endian_put(head + 2, (uint64_t)stream->ingested_ms, 8);
    big_endian_put(head + 10, stream->number, 8);
    buf_add_bytes(out, head, sizeof(head));
    logs_varint_add(out, stream->stream.len);
    buf_add(out, stream->stream);
    logs_varint_add(out, run->count);
    buf_add(out, buf_str(&run->events));
    buf_add(out, buf_str(&run->messages));
}

/* Skips the events' list: where the messages begin, and how many bytes they are. */
static bool find_messages(struct logs_run *run)
{
    struct str rest = run->events;
    uint64_t value, bytes = 0;
    for (size_t i = 0; i < run->count; i++) {
        if (!logs_varint_take(&rest, &value) || !logs_varint_take(&rest, &value) ||
            !logs_varint_take(&rest, &value) || value > rest.len)
            return false;
        bytes += value;
    }
    run->messages = rest;
    run->events.len -= rest.len;
    return bytes == rest.len;
}

bool logs_run_read(const struct logs_span *span, struct str value, struct logs_run *ret)
{
    uint64_t version, flags, ingested, name_len, count;
    *ret = (struct logs_run){ .span = *span, .at = span->first };
    if (!big_endian_take(&value, 1, &version) || version != RUN_VERSION ||
        !big_endian_take(&value, 1, &flags) || !big_endian_take(&value, 8, &ingested) ||
        !big_endian_take(&value, 8, &ret->stream.number) || !logs_varint_take(&value, &name_len) ||
        name_len > value.len)
        return false;
    ret->stream.flags = (uint8_t)flags;
    ret->stream.ingested_ms = (int64_t)ingested;
    ret->stream.stream = str_slice(value, 0, (size_t)name_len);
    value = str_from_offset(value, (size_t)name_len);
    if (!logs_varint_take(&value, &count) || count == 0 || count > value.len)
        return false;
    ret->count = ret->left = (size_t)count;
    ret->events = value;
    return find_messages(ret);
}

bool logs_run_next(struct logs_run *run, struct logs_event_record *ret)
{
    uint64_t time, sequence, len;
    if (run->left == 0 || !logs_varint_take(&run->events, &time) ||
        !logs_varint_take(&run->events, &sequence) || !logs_varint_take(&run->events, &len) ||
        len > run->messages.len)
        return false;
    struct logs_position at = { (int64_t)((uint64_t)run->at.timestamp_ms + time),
                                run->at.sequence + (uint64_t)logs_zagzig(sequence) };
    bool first = run->left == run->count;
    if (first ? logs_position_compare(at, run->span.first) != 0 : logs_position_compare(at, run->at) <= 0)
        return false;
    if (run->left == 1 && logs_position_compare(at, run->span.last) != 0)
        return false;
    run->left--;
    run->at = at;
    *ret = run->stream;
    ret->at = at;
    ret->message = str_slice(run->messages, 0, (size_t)len);
    run->messages = str_from_offset(run->messages, (size_t)len);
    return true;
}

uint64_t logs_run_bytes(const struct logs_run *run)
{
    return run->messages.len + run->count * LOGS_EVENT_OVERHEAD_BYTES;
}
