/* logs_block.c - reading blocks. What is read may be damaged: every number is held against what it counts. */
#include "logs/logs_block.h"

#include "base/big_endian.h"
#include "io/compress.h"
#include "logs/logs_grams.h"
#include "logs/logs_run.h"
#include "store/crc32c.h"

#include <stdlib.h>

enum { HEAD_VERSION = 1, TEXT_BYTES_MAX = 64 << 20 };

/* ---- head ---- */

static void put_int(struct buf *out, uint64_t value, unsigned bytes)
{
    char at[8];
    big_endian_put(at, value, bytes);
    buf_add_bytes(out, at, bytes);
}

void logs_block_head_write(struct buf *out, const struct logs_block_head *head)
{
    size_t start = out->len;
    put_int(out, HEAD_VERSION, 1);
    put_int(out, head->dead_bytes, 8);
    put_int(out, head->id, 8);
    put_int(out, head->count, 4);
    put_int(out, head->only, 4);
    put_int(out, head->bytes, 8);
    put_int(out, head->sequence_min, 8);
    put_int(out, head->sequence_max, 8);
    put_int(out, head->grams_bits, 1);
    put_int(out, head->chunk_count, 2);
    for (size_t i = 0; i < head->chunk_count; i++) {
        const struct logs_chunk_entry *chunk = &head->chunks[i];
        put_int(out, (uint64_t)chunk->first.timestamp_ms, 8);
        put_int(out, chunk->first.sequence, 8);
        const size_t sizes[] = { chunk->count,      chunk->names_len,   chunk->text_len,
                                 chunk->text_frame, chunk->columns_len, chunk->columns_frame };
        for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++)
            logs_varint_add(out, sizes[j]);
    }
    struct str summed = str_from_offset(buf_str(out), start);
    put_int(out, crc32c(0, summed), 4);
}

static bool chunk_entry_read(struct str *value, struct logs_chunk_entry *ret)
{
    uint64_t time;
    if (!big_endian_take(value, 8, &time) || !big_endian_take(value, 8, &ret->first.sequence))
        return false;
    ret->first.timestamp_ms = (int64_t)time;
    size_t *sizes[] = { &ret->count,      &ret->names_len,   &ret->text_len,
                        &ret->text_frame, &ret->columns_len, &ret->columns_frame };
    for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
        uint64_t size;
        if (!logs_varint_take(value, &size) || size > TEXT_BYTES_MAX)
            return false;
        *sizes[j] = (size_t)size;
    }
    return ret->count && ret->names_len <= ret->text_len;
}

/* The checksum of its value, at the end; takes it off. */
static bool sum_take(struct str *value)
{
    if (value->len < 4)
        return false;
    value->len -= 4;
    return crc32c(0, *value) == (uint32_t)big_endian_get(value->ptr + value->len, 4);
}

bool logs_block_head_read(struct arena *arena, const struct logs_span *span, struct str value,
                          struct logs_block_head *ret)
{
    uint64_t version, count, only, bits, chunks, events = 0;
    *ret = (struct logs_block_head){ 0 };
    if (!sum_take(&value) || !big_endian_take(&value, 1, &version) || version != HEAD_VERSION ||
        !big_endian_take(&value, 8, &ret->dead_bytes) || !big_endian_take(&value, 8, &ret->id) ||
        !big_endian_take(&value, 4, &count) || !big_endian_take(&value, 4, &only) ||
        !big_endian_take(&value, 8, &ret->bytes) || !big_endian_take(&value, 8, &ret->sequence_min) ||
        !big_endian_take(&value, 8, &ret->sequence_max) || !big_endian_take(&value, 1, &bits) ||
        !big_endian_take(&value, 2, &chunks) || chunks == 0)
        return false;
    ret->count = (uint32_t)count;
    ret->only = (uint32_t)only;
    ret->grams_bits = (unsigned)bits;
    ret->chunk_count = (size_t)chunks;
    ret->chunks = ARENA_ARRAY(arena, struct logs_chunk_entry, ret->chunk_count);
    struct logs_position before = span->first;
    size_t at = 0;
    for (size_t i = 0; i < ret->chunk_count; i++) {
        struct logs_chunk_entry *chunk = &ret->chunks[i];
        if (!chunk_entry_read(&value, chunk) || logs_position_compare(before, chunk->first) > 0)
            return false;
        before = chunk->first;
        chunk->at = at;
        at += chunk->columns_frame + chunk->text_frame;
        events += chunk->count;
    }
    return value.len == 0 && events == count && bits <= LOGS_GRAMS_BITS_MAX &&
           logs_position_compare(ret->chunks[0].first, span->first) == 0 &&
           logs_position_compare(before, span->last) <= 0;
}

/* ---- grams ---- */

enum err logs_grams_check(struct str value, unsigned bits)
{
    return sum_take(&value) && bits >= LOGS_GRAMS_BITS_MIN && bits <= LOGS_GRAMS_BITS_MAX &&
                   value.len == (size_t)1 << (bits - 3)
               ? ERR_OK
               : ERR_CORRUPT;
}

bool logs_grams_may_hold(struct str value, unsigned bits, struct str needle)
{
    for (size_t i = 0; i + LOGS_GRAM_BYTES <= needle.len; i++) {
        uint32_t hash = logs_gram_hash(needle.ptr + i) & (uint32_t)((1u << bits) - 1);
        if (!((unsigned char)value.ptr[hash >> 3] >> (hash & 7) & 1))
            return false;
    }
    return true;
}

/* ---- chunks ---- */

static void *room_for(void *at, size_t *cap, size_t wanted, size_t item_size)
{
    if (*cap >= wanted)
        return at;
    free(at);
    *cap = wanted + wanted / 4;
    at = malloc(*cap * item_size);
    if (!at)
        abort();
    return at;
}

enum err logs_chunk_read_text(struct logs_chunk *chunk, const struct logs_block_head *head, size_t index,
                              struct str body)
{
    const struct logs_chunk_entry *entry = &head->chunks[index];
    chunk->entry = entry;
    chunk->has_columns = false;
    if (entry->at > body.len || entry->columns_frame + entry->text_frame > body.len - entry->at)
        return ERR_CORRUPT;
    chunk->text = room_for(chunk->text, &chunk->text_cap, entry->text_len + 1, 1);
    struct str frame = str_slice(body, entry->at + entry->columns_frame, entry->text_frame);
    chunk->messages = str_of(chunk->text + entry->names_len, entry->text_len - entry->names_len);
    return decompress(frame, chunk->text, entry->text_len);
}

static bool read_streams(struct logs_chunk *chunk, struct str *columns)
{
    uint64_t count, flags, name_len;
    if (!logs_varint_take(columns, &count) || count == 0 || count > chunk->entry->count)
        return false;
    chunk->stream_count = (size_t)count;
    chunk->streams =
        room_for(chunk->streams, &chunk->streams_cap, chunk->stream_count, sizeof(*chunk->streams));
    struct str names = str_of(chunk->text, chunk->entry->names_len);
    for (size_t i = 0; i < chunk->stream_count; i++) {
        struct logs_chunk_stream *stream = &chunk->streams[i];
        if (!logs_varint_take(columns, &stream->number) || !big_endian_take(columns, 1, &flags) ||
            !logs_varint_take(columns, &name_len) || name_len > names.len)
            return false;
        stream->flags = (uint8_t)flags;
        stream->name = str_slice(names, 0, (size_t)name_len);
        names = str_from_offset(names, (size_t)name_len);
    }
    return names.len == 0;
}

static bool read_event(struct logs_chunk *chunk, struct str *columns, struct logs_chunk_event *before,
                       struct logs_chunk_event *ret)
{
    uint64_t time, sequence, ingested, stream, flags, len;
    if (!logs_varint_take(columns, &time) || !logs_varint_take(columns, &sequence) ||
        !logs_varint_take(columns, &ingested) || !logs_varint_take(columns, &stream) ||
        !big_endian_take(columns, 1, &flags) || !logs_varint_take(columns, &len))
        return false;
    ret->at.timestamp_ms = (int64_t)((uint64_t)before->at.timestamp_ms + time);
    ret->at.sequence = before->at.sequence + (uint64_t)logs_zagzig(sequence);
    ret->ingested_ms = (int64_t)((uint64_t)before->ingested_ms + (uint64_t)logs_zagzig(ingested));
    ret->flags = (uint8_t)flags;
    ret->message_at = before->message_at + before->message_len;
    ret->message_len = (uint32_t)len;
    ret->stream = (uint32_t)stream;
    return stream < chunk->stream_count && len <= chunk->messages.len - ret->message_at;
}

static bool read_columns(struct logs_chunk *chunk, const struct logs_span *span, struct logs_position end,
                         struct str columns)
{
    if (!read_streams(chunk, &columns))
        return false;
    size_t count = chunk->entry->count;
    chunk->events = room_for(chunk->events, &chunk->events_cap, count, sizeof(*chunk->events));
    struct logs_chunk_event before = { .at = chunk->entry->first };
    for (size_t i = 0; i < count; i++) {
        struct logs_chunk_event *event = &chunk->events[i];
        if (!read_event(chunk, &columns, &before, event))
            return false;
        int order = logs_position_compare(before.at, event->at);
        if (i ? order >= 0 : order != 0)
            return false;
        before = *event;
    }
    chunk->count = count;
    return columns.len == 0 && before.message_at + before.message_len == chunk->messages.len &&
           logs_position_compare(before.at, end) <= 0 && logs_position_compare(before.at, span->last) <= 0;
}

enum err logs_chunk_read_columns(struct logs_chunk *chunk, const struct logs_block_head *head,
                                 const struct logs_span *span, size_t index, struct str body)
{
    const struct logs_chunk_entry *entry = &head->chunks[index];
    /* What comes after it in the block is later; the last one ends with the block. */
    bool last = index + 1 == head->chunk_count;
    struct logs_position end = last ? span->last : head->chunks[index + 1].first;
    char *columns = malloc(entry->columns_len + 1);
    if (!columns)
        abort();
    enum err err = decompress(str_slice(body, entry->at, entry->columns_frame), columns, entry->columns_len);
    if (err == ERR_OK && !read_columns(chunk, span, end, str_of(columns, entry->columns_len)))
        err = ERR_CORRUPT;
    if (err == ERR_OK && last && logs_position_compare(chunk->events[chunk->count - 1].at, span->last) != 0)
        err = ERR_CORRUPT;
    free(columns);
    chunk->has_columns = err == ERR_OK;
    return err;
}

void logs_chunk_of_run(struct logs_chunk *chunk, const struct logs_run *run)
{
    struct str name = run->stream.stream, messages = run->messages;
    chunk->entry = NULL;
    chunk->text = room_for(chunk->text, &chunk->text_cap, name.len + messages.len + 1, 1);
    if (name.len)
        memcpy(chunk->text, name.ptr, name.len);
    if (messages.len)
        memcpy(chunk->text + name.len, messages.ptr, messages.len);
    chunk->messages = str_of(chunk->text + name.len, messages.len);
    chunk->streams = room_for(chunk->streams, &chunk->streams_cap, 1, sizeof(*chunk->streams));
    chunk->streams[0] = (struct logs_chunk_stream){ .number = run->stream.number,
                                                    .name = str_of(chunk->text, name.len),
                                                    .flags = run->stream.flags };
    chunk->stream_count = 1;
    chunk->events = room_for(chunk->events, &chunk->events_cap, run->count, sizeof(*chunk->events));
    chunk->count = 0;
    chunk->has_columns = true;
}

void logs_chunk_take(struct logs_chunk *chunk, const struct logs_event_record *event)
{
    uint32_t at = 0;
    if (chunk->count) {
        const struct logs_chunk_event *before = &chunk->events[chunk->count - 1];
        at = before->message_at + before->message_len;
    }
    chunk->events[chunk->count++] = (struct logs_chunk_event){ .at = event->at,
                                                               .ingested_ms = event->ingested_ms,
                                                               .message_at = at,
                                                               .message_len = (uint32_t)event->message.len };
}

void logs_chunk_fini(struct logs_chunk *chunk)
{
    free(chunk->text);
    free(chunk->streams);
    free(chunk->events);
    *chunk = (struct logs_chunk){ 0 };
}

void logs_chunk_event(const struct logs_chunk *chunk, size_t index, struct logs_event_record *ret)
{
    const struct logs_chunk_event *event = &chunk->events[index];
    const struct logs_chunk_stream *stream = &chunk->streams[event->stream];
    *ret = (struct logs_event_record){
        .at = event->at,
        .flags = (uint8_t)(stream->flags | event->flags),
        .ingested_ms = event->ingested_ms,
        .number = stream->number,
        .stream = stream->name,
        .message = str_slice(chunk->messages, event->message_at, event->message_len),
    };
}
