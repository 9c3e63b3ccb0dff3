/* logs_key.h - the keys of log groups and what stands in them. Private to the room.
 *
 * All integers big-endian. Texts: ended (.) as key.h says, or bare where they come last.
 *
 *   | 'l' | partition u16 | 'g' | account . | region . | group name |   -> group: version u8, class u8 and
 *                                       0x80 when protected,
 *                                       id u64, created i64, retention days u32, sweep due i64
 *   | 'l' | partition u16 | 'i' | group id u64 |                        -> account . | region . | group name
 *   | 'l' | partition u16 | 'p' | account . | region . | policy name |  -> version u8, updated i64, document
 *   | 'l' | partition u16 | 'd' | group id u64 | part u8 | ...   all that a group holds, in one range
 *
 *   part                                 value
 *   'b' |                               -> counts (below)
 *   'f' |                               -> its filters, JSON (logs_filters.h)
 *   's' | stream name |                 -> stream (below)
 *   'e' | span |                        -> run: events of one stream, not packed yet (logs_run.h)
 *   'h' | span |                        -> head of a block of packed events (logs_block.h)
 *   'g' | block id u64 |                -> the block's grams
 *   'k' | block id u64 |                -> the block's body
 *   'x' | stream number u64 | span |    -> where events of a stream of several lie: empty: the run of that span;
 *                                          else version u8, marked u8, block id u64, count u32, bytes u64, span of
 *                                          the block (below)
 *   'l' | last event time i64 | name |  -> empty: streams by last event, those with one event excepted
 *   'z' | stream number u64 |           -> u8: deleted, its events not all gone; 1: nor is the one without an 'x'
 *
 *   span: | class u8 | first time i64 | first sequence u64 | last time i64 | last sequence u64 |
 *
 * The class says how much time a span may cover (logs_span.h), so that what holds a place is found by a few seeks. All
 * of a run is of one stream and one request. A block holds what its runs held, of many streams; the command that puts
 * it deletes them. Blocks and runs may cover the same time; an event is in exactly one of them.
 *
 * A stream is in one of three states:
 *
 *   EMPTY  -- first event -->  SINGLE  -- second -->  MANY
 *   's','l'(no time)           's', no 'x', no 'l'    's','l', and an 'x' for each run or block with events of it
 *      ^----- all events expired --------------------------'
 *
 * So a stream made for one event costs its 's' beside its event. Its record says the event's place; the run or the
 * block that covers the place is found by a seek. Such an event is marked (LOGS_EVENT_ONLY), and going through the
 * marked ones lists these streams by last event. With its second event a stream keeps the place of the first in its
 * record: that event has no 'x', wherever it lies. Several events put at once into an empty stream make it MANY.
 * The stream's number is the sequence of its first event, and so is unique; a stream that is deleted and made
 * again gets another one, and what is left of the old is known as such.
 *
 *   counts: | version u8 | stored bytes u64 | not packed bytes u64 | pack due i64 | flags u8 |
 *   stream: | version u8 | state u8 | flags u8 | created i64 |                                EMPTY ends here
 *           | number u64 | first event - created varint | last ingestion - created varint |   SINGLE ends here
 *           | last event i64 | last sequence u64 | only i64 |                                 MANY
 */
#ifndef LOGS_LOGS_KEY_H
#define LOGS_LOGS_KEY_H

#include "logs/logs.h"
#include "store/key.h"

enum logs_part {
    LOGS_BYTES = 'b',
    LOGS_FILTERS = 'f',
    LOGS_STREAM = 's',
    LOGS_RUN = 'e',
    LOGS_HEAD = 'h',
    LOGS_GRAMS = 'g',
    LOGS_BODY = 'k',
    LOGS_INDEX = 'x',
    LOGS_LAST = 'l',
    LOGS_DELETED = 'z',
};

enum { LOGS_STREAM_NAME_MAX = 512 };

/* A place in a group or stream. Sequences begin above 0, so (t, 0) lies before every event of t. */
struct logs_position {
    int64_t timestamp_ms;
    uint64_t sequence;
};
int logs_position_compare(struct logs_position a, struct logs_position b);
static const struct logs_position logs_position_first = { INT64_MIN, 0 };
static const struct logs_position logs_position_last = { INT64_MAX, UINT64_MAX };

/* Two places and all between them, both included. */
struct logs_span {
    struct logs_position first, last;
};

void logs_key_group(struct key *key, uint16_t partition, struct ns ns,
                    struct str name); /* name empty: prefix of all */
void logs_key_identity(struct key *key, uint16_t partition, uint64_t id);
void logs_key_policy(struct key *key, uint16_t partition, struct ns ns, struct str name); /* the same */
void logs_key_data(struct key *key, const struct logs_group *group); /* prefix of all that the group holds */
void logs_key_part(struct key *key, const struct logs_group *group,
                   enum logs_part part); /* prefix, or 'b', 'f' whole */
void logs_key_stream(struct key *key, const struct logs_group *group, struct str name);
void logs_key_block(struct key *key, const struct logs_group *group, enum logs_part part, uint64_t id);
/* Prefix of the entries of one stream. */
void logs_key_index(struct key *key, const struct logs_group *group, uint64_t number);
/* Adds the span, after LOGS_RUN, LOGS_HEAD or an index's prefix. */
void logs_key_span(struct key *key, const struct logs_span *span);
/* Takes it off the front. */
bool logs_key_read_span(struct str *key, struct logs_span *ret);
void logs_key_of_span(struct key *key, const struct logs_group *group, enum logs_part part,
                      const struct logs_span *span);
void logs_key_last(struct key *key, const struct logs_group *group, int64_t time_ms, struct str name);
void logs_key_deleted(struct key *key, const struct logs_group *group, uint64_t number);
/* Time under which an EMPTY stream is listed: before all others. */
#define LOGS_NO_TIME INT64_MIN

void logs_group_write(struct buf *out, const struct logs_group *group);
bool logs_group_read(struct str value, struct logs_group *ret); /* name and partition are the caller's */

enum logs_stream_state { LOGS_EMPTY, LOGS_SINGLE, LOGS_MANY };
enum {
    LOGS_STREAM_OWN = 1, /* made for its event (logs_append), and goes with it when it expires */
    LOGS_STREAM_ONLY =
        2, /* of MANY: the event that was the only one lies at (only_ms, number), without an index */
    LOGS_EVENT_ONLY = 4, /* of an event: it was the first and the only one of its stream when it came */
};

struct logs_stream_record {
    enum logs_stream_state state;
    uint8_t flags;
    int64_t created_ms;
    uint64_t number; /* from here on: not of EMPTY */
    int64_t first_ms, ingested_ms;
    int64_t last_ms; /* SINGLE: first_ms, and number */
    uint64_t last_sequence;
    int64_t only_ms; /* with LOGS_STREAM_ONLY */
};
void logs_stream_write(struct buf *out, const struct logs_stream_record *stream);
bool logs_stream_read(struct str value, struct logs_stream_record *ret);

/* What a group holds, counted. */
struct logs_counts {
    uint64_t stored_bytes;   /* messages and their overhead, of all that is not deleted */
    uint64_t unpacked_bytes; /* of runs */
    int64_t pack_due_ms;     /* of the timer that packs what has waited; 0: none */
    bool rewrite;            /* a block holds so many deleted events that it is to be written anew */
};
void logs_counts_write(struct buf *out, const struct logs_counts *counts);
bool logs_counts_read(struct str value, struct logs_counts *ret);

/* An 'x' of a block. */
struct logs_index {
    bool marked; /* the stream is deleted, and the block's head counts its events as dead */
    uint64_t block_id;
    uint32_t count;
    uint64_t bytes;
    struct logs_span block;
};
void logs_index_write(struct buf *out, const struct logs_index *index);
bool logs_index_read(struct str value, struct logs_index *ret);

/* An event as runs and blocks give it. */
struct logs_event_record {
    struct logs_position at;
    uint8_t flags; /* of the stream when it came, and LOGS_EVENT_ONLY */
    int64_t ingested_ms;
    uint64_t number; /* of the stream */
    struct str stream;
    struct str message;
};

/* ---- varints: 7 bits a byte, low bits first; of signed numbers the sign is the lowest bit ---- */

enum { LOGS_VARINT_BYTES_MAX = 10 };
void logs_varint_add(struct buf *out, uint64_t value);
bool logs_varint_take(struct str *in, uint64_t *ret);

static inline uint64_t logs_zigzag(int64_t value)
{
    return ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
}

static inline int64_t logs_zagzig(uint64_t value)
{
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

#endif
