/* logs_block.h - many events of a group, packed: what is written, and how it is read back. Private to the room; pure.
 *
 *   head ('h' span):  | version u8 | dead bytes u64 | block id u64 | events u32 | only u32 | bytes u64 |
 *                     | least sequence u64 | greatest sequence u64 | grams: bits u8 | chunks u16 |
 *                     for each chunk | first place: time i64, sequence u64 | events varint | names length varint |
 *                     | text length varint | text frame varint | columns length varint | columns frame varint |
 *                     | crc32c u32 |
 *   grams ('g' id):   | a bit for each hash | crc32c u32 |
 *   body ('k' id):    of each chunk | columns frame | text frame |
 *
 *   columns: | streams varint | for each | number varint | flags u8 | name length varint |
 *            for each event | time - the one before's varint | sequence - the one before's varint |
 *            | ingestion - the one before's varint | stream varint | flags u8 | message length varint |
 *   text:    the streams' names, then the events' messages, one after the other
 *
 * A chunk is about 128 KiB of messages, and a frame of its own: one event is read without the rest of its block. Frames
 * are Zstandard with a checksum. The messages of a chunk lie together, so that a needle is looked for in all at once
 * before a single event is read; names stand before them, so that ids that occur in both are stored once.
 *
 * Grams: every four bytes that stand together in a message set a bit. A needle of at least four bytes whose grams are
 * not all set stands in no message. As many bits as leave most of them clear. Case counts.
 *
 * The span of the head's key is the block's; bytes are messages and their overhead; dead bytes those of deleted
 * streams; only: events marked LOGS_EVENT_ONLY.
 */
#ifndef LOGS_LOGS_BLOCK_H
#define LOGS_LOGS_BLOCK_H

#include "logs/logs_key.h"

enum {
    LOGS_BLOCK_BYTES = 1 << 20, /* of messages: it is closed at more */
    LOGS_BLOCK_EVENTS_MAX = 16384,
    LOGS_CHUNK_BYTES = 128 << 10,
    LOGS_CHUNK_EVENTS_MAX = 1024,
    LOGS_GRAM_BYTES = 4,
    LOGS_GRAMS_BITS_MAX = 20, /* as a power of two */
    LOGS_GRAMS_BITS_MIN = 9,
};

/* ---- writing ---- */

struct logs_chunk_entry {
    struct logs_position first;
    size_t count, names_len, text_len, text_frame, columns_len, columns_frame;
    size_t at; /* of its frames in the body */
};

struct logs_block_head {
    uint64_t dead_bytes, id;
    uint32_t count, only;
    uint64_t bytes, sequence_min, sequence_max;
    unsigned grams_bits;
    struct logs_chunk_entry *chunks;
    size_t chunk_count;
};

struct logs_block_writer;
struct logs_block_writer *logs_block_writer_new(void);
void logs_block_writer_free(struct logs_block_writer **writer);
/* In order of the places, any number of streams. */
void logs_block_add(struct logs_block_writer *writer, const struct logs_event_record *event);
/* How much is in it: of messages. */
size_t logs_block_size(const struct logs_block_writer *writer);
bool logs_block_full(const struct logs_block_writer *writer);
/* Ends the block and begins another; there is at least one event. The head's id is 0: it is set when it is stored
 * (logs_block_head_write). Head and chunks live in the arena. */
void logs_block_close(struct logs_block_writer *writer, struct arena *arena, struct logs_block_head *ret_head,
                      struct logs_span *ret_span, struct buf *ret_grams, struct buf *ret_body);

void logs_block_head_write(struct buf *out, const struct logs_block_head *head);
bool logs_block_head_read(struct arena *arena, const struct logs_span *span, struct str value,
                          struct logs_block_head *ret);

/* ---- reading ---- */

/* Whether the needle may stand in a message. ERR_CORRUPT. */
enum err logs_grams_check(struct str value, unsigned bits);
bool logs_grams_may_hold(struct str value, unsigned bits, struct str needle);

/* A chunk, read. */
struct logs_chunk {
    const struct logs_chunk_entry *entry;
    char *text;
    size_t text_cap;
    struct str messages;
    bool has_columns;
    size_t count, stream_count;
    struct logs_chunk_stream *streams;
    struct logs_chunk_event *events; /* by place */
    size_t streams_cap, events_cap;
};
struct logs_chunk_stream {
    uint64_t number;
    struct str name;
    uint8_t flags;
};
struct logs_chunk_event {
    struct logs_position at;
    int64_t ingested_ms;
    uint32_t stream, message_at, message_len;
    uint8_t flags;
};

/* Each reads over what the chunk held before; its memory is kept. Text first, then columns. ERR_CORRUPT. */
enum err logs_chunk_read_text(struct logs_chunk *chunk, const struct logs_block_head *head, size_t index,
                              struct str body) MUST_USE;
enum err logs_chunk_read_columns(struct logs_chunk *chunk, const struct logs_block_head *head,
                                 const struct logs_span *span, size_t index, struct str body) MUST_USE;
/* A run as a chunk: its messages are copied, then its events taken one by one. */
struct logs_run;
void logs_chunk_of_run(struct logs_chunk *chunk, const struct logs_run *run);
void logs_chunk_take(struct logs_chunk *chunk, const struct logs_event_record *event);
void logs_chunk_fini(struct logs_chunk *chunk);
void logs_chunk_event(const struct logs_chunk *chunk, size_t index, struct logs_event_record *ret);

#endif
