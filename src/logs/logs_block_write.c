/* logs_block_write.c - making blocks: columns, names and messages of a chunk at a time, and the grams of all. */
#include "logs/logs_block.h"

#include "base/big_endian.h"
#include "io/compress.h"
#include "logs/logs_grams.h"
#include "store/crc32c.h"

#include <assert.h>
#include <stdlib.h>

enum {
    GRAM_WORDS = (1 << LOGS_GRAMS_BITS_MAX) / 64,
    GRAMS_FULL_PERCENT = 30, /* of the bits may be set */
    SLOTS = 2048,            /* for the streams of a chunk: a power of two above LOGS_CHUNK_EVENTS_MAX */
};

struct chunk_stream_slot {
    uint64_t number;
    uint32_t index, round; /* of the chunk that it is of: so that slots need not be cleared */
};

struct logs_block_writer {
    struct logs_span span;
    struct logs_block_head head;
    struct logs_chunk_entry *chunks;
    size_t chunk_cap;
    struct buf body, text, columns; /* text, columns: put together when a chunk is closed */
    /* of the chunk that is open */
    struct buf streams, events, names, messages;
    struct logs_chunk_entry chunk;
    size_t stream_count;
    struct logs_position at;
    int64_t ingested_ms;
    uint32_t round;
    struct chunk_stream_slot slots[SLOTS];
    size_t size; /* of messages in the block */
    uint64_t grams[GRAM_WORDS];
};

struct logs_block_writer *logs_block_writer_new(void)
{
    struct logs_block_writer *writer = calloc(1, sizeof(*writer));
    if (!writer)
        abort();
    return writer;
}

void logs_block_writer_free(struct logs_block_writer **writer)
{
    struct logs_block_writer *freed = *writer;
    if (!freed)
        return;
    *writer = NULL;
    struct buf *const bufs[] = { &freed->body,   &freed->text,  &freed->columns, &freed->streams,
                                 &freed->events, &freed->names, &freed->messages };
    for (size_t i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++)
        buf_fini(bufs[i]);
    free(freed->chunks);
    free(freed);
}

size_t logs_block_size(const struct logs_block_writer *writer)
{
    return writer->size;
}

bool logs_block_full(const struct logs_block_writer *writer)
{
    return writer->size >= LOGS_BLOCK_BYTES || writer->head.count >= LOGS_BLOCK_EVENTS_MAX;
}

/* ---- chunks ---- */

static void add_grams(struct logs_block_writer *writer, struct str messages)
{
    uint64_t *grams = writer->grams;
    for (size_t i = 0; i + LOGS_GRAM_BYTES <= messages.len; i++) {
        uint32_t hash = logs_gram_hash(messages.ptr + i) & ((1u << LOGS_GRAMS_BITS_MAX) - 1);
        grams[hash >> 6] |= UINT64_C(1) << (hash & 63);
    }
}

static void chunk_open(struct logs_block_writer *writer, struct logs_position first)
{
    writer->chunk = (struct logs_chunk_entry){ .first = first };
    writer->at = first;
    writer->ingested_ms = 0;
    writer->stream_count = 0;
    writer->round++;
    buf_clear(&writer->streams);
    buf_clear(&writer->events);
    buf_clear(&writer->names);
    buf_clear(&writer->messages);
}

static void chunk_close(struct logs_block_writer *writer)
{
    struct logs_chunk_entry *chunk = &writer->chunk;
    if (chunk->count == 0)
        return;
    buf_clear(&writer->columns);
    logs_varint_add(&writer->columns, writer->stream_count);
    buf_add(&writer->columns, buf_str(&writer->streams));
    buf_add(&writer->columns, buf_str(&writer->events));
    buf_clear(&writer->text);
    buf_add(&writer->text, buf_str(&writer->names));
    buf_add(&writer->text, buf_str(&writer->messages));
    chunk->names_len = writer->names.len;
    chunk->text_len = writer->text.len;
    chunk->columns_len = writer->columns.len;
    chunk->at = writer->body.len;
    chunk->columns_frame = compress_add(&writer->body, buf_str(&writer->columns));
    chunk->text_frame = compress_add(&writer->body, buf_str(&writer->text));
    if (writer->head.chunk_count == writer->chunk_cap) {
        writer->chunk_cap = writer->chunk_cap ? writer->chunk_cap * 2 : 16;
        writer->chunks = realloc(writer->chunks, writer->chunk_cap * sizeof(*writer->chunks));
        if (!writer->chunks)
            abort();
    }
    writer->chunks[writer->head.chunk_count++] = *chunk;
    chunk->count = 0;
}

static uint32_t chunk_stream(struct logs_block_writer *writer, const struct logs_event_record *event)
{
    size_t at = (size_t)(event->number * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (SLOTS - 1);
    struct chunk_stream_slot *slot;
    for (;; at = (at + 1) & (SLOTS - 1)) {
        slot = &writer->slots[at];
        if (slot->round != writer->round)
            break;
        if (slot->number == event->number)
            return slot->index;
    }
    *slot = (struct chunk_stream_slot){ event->number, (uint32_t)writer->stream_count++, writer->round };
    logs_varint_add(&writer->streams, event->number);
    buf_add_char(&writer->streams, (char)(event->flags & ~LOGS_EVENT_ONLY));
    logs_varint_add(&writer->streams, event->stream.len);
    buf_add(&writer->names, event->stream);
    return slot->index;
}

void logs_block_add(struct logs_block_writer *writer, const struct logs_event_record *event)
{
    struct logs_block_head *head = &writer->head;
    if (writer->chunk.count &&
        (writer->messages.len >= LOGS_CHUNK_BYTES || writer->chunk.count == LOGS_CHUNK_EVENTS_MAX))
        chunk_close(writer);
    if (head->count == 0) {
        writer->span.first = event->at;
        head->sequence_min = head->sequence_max = event->at.sequence;
    }
    assert(head->count == 0 || logs_position_compare(writer->span.last, event->at) < 0);
    if (writer->chunk.count == 0)
        chunk_open(writer, event->at);
    uint32_t stream = chunk_stream(writer, event);
    uint8_t only = event->flags & LOGS_EVENT_ONLY;
    logs_varint_add(&writer->events, (uint64_t)event->at.timestamp_ms - (uint64_t)writer->at.timestamp_ms);
    logs_varint_add(&writer->events, logs_zigzag((int64_t)(event->at.sequence - writer->at.sequence)));
    logs_varint_add(&writer->events,
                    logs_zigzag((int64_t)((uint64_t)event->ingested_ms - (uint64_t)writer->ingested_ms)));
    logs_varint_add(&writer->events, stream);
    buf_add_char(&writer->events, (char)only);
    logs_varint_add(&writer->events, event->message.len);
    buf_add(&writer->messages, event->message);
    add_grams(writer, event->message);
    writer->at = writer->span.last = event->at;
    writer->ingested_ms = event->ingested_ms;
    writer->chunk.count++;
    writer->size += event->message.len;
    head->count++;
    head->only += only != 0;
    head->bytes += event->message.len + LOGS_EVENT_OVERHEAD_BYTES;
    if (event->at.sequence < head->sequence_min)
        head->sequence_min = event->at.sequence;
    if (event->at.sequence > head->sequence_max)
        head->sequence_max = event->at.sequence;
}

/* ---- close ---- */

/* The upper half onto the lower one, as long as enough bits stay clear. */
static unsigned fold_grams(struct logs_block_writer *writer)
{
    unsigned bits = LOGS_GRAMS_BITS_MAX;
    for (; bits > LOGS_GRAMS_BITS_MIN; bits--) {
        size_t half = ((size_t)1 << (bits - 1)) / 64, set = 0;
        for (size_t i = 0; i < half; i++)
            set += (size_t)__builtin_popcountll(writer->grams[i] | writer->grams[half + i]);
        if (set * 100 > half * 64 * GRAMS_FULL_PERCENT)
            break;
        for (size_t i = 0; i < half; i++)
            writer->grams[i] |= writer->grams[half + i];
    }
    return bits;
}

static void write_grams(const struct logs_block_writer *writer, unsigned bits, struct buf *out)
{
    size_t words = ((size_t)1 << bits) / 64;
    char *at = buf_reserve(out, words * 8), sum[4];
    assert(at);
    for (size_t i = 0; i < words; i++)
        for (size_t j = 0; j < 8; j++)
            at[i * 8 + j] = (char)(writer->grams[i] >> (8 * j));
    out->len += words * 8;
    big_endian_put(sum, crc32c(0, str_of(at, words * 8)), sizeof(sum));
    buf_add_bytes(out, sum, sizeof(sum));
}

void logs_block_close(struct logs_block_writer *writer, struct arena *arena, struct logs_block_head *ret_head,
                      struct logs_span *ret_span, struct buf *ret_grams, struct buf *ret_body)
{
    assert(writer->head.count);
    chunk_close(writer);
    writer->head.grams_bits = fold_grams(writer);
    write_grams(writer, writer->head.grams_bits, ret_grams);
    buf_add(ret_body, buf_str(&writer->body));
    *ret_head = writer->head;
    ret_head->chunks = ARENA_ARRAY(arena, struct logs_chunk_entry, writer->head.chunk_count);
    memcpy(ret_head->chunks, writer->chunks, writer->head.chunk_count * sizeof(*writer->chunks));
    *ret_span = writer->span;
    writer->head = (struct logs_block_head){ 0 };
    writer->size = 0;
    buf_clear(&writer->body);
    memset(writer->grams, 0, sizeof(writer->grams));
}
