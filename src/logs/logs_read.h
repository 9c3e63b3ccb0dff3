/* logs_read.h - the events of one run or one block in order, and the event at a place. Private to the room.
 *
 * Threads: each its own; several may read with one snapshot at a time.
 */
#ifndef LOGS_LOGS_READ_H
#define LOGS_LOGS_READ_H

#include "logs/logs_block.h"
#include "logs/logs_room.h"
#include "logs/logs_run.h"

/* What is wanted of a run or a block. */
struct logs_want {
    struct logs_position first, end; /* end excluded */
    enum store_direction direction;
    bool has_number; /* of that stream alone */
    uint64_t number;
    struct str needle; /* stands in every message; empty: any */
};

/* A chunk, and which of its events are wanted. A run is one chunk. */
struct logs_wanted {
    struct logs_chunk chunk;
    uint32_t *hits; /* events that hold the needle, by place; when has_hits */
    size_t hit_count, hit_cap;
    bool has_hits;
    size_t from, to;             /* of events, or of hits: those within the places */
    size_t missed, missed_bytes; /* events within the places, without the needle; their messages */
};
enum err logs_wanted_run(struct logs_wanted *wanted, const struct logs_span *span, struct str value,
                         const struct logs_want *want) MUST_USE;
enum err logs_wanted_chunk(struct logs_wanted *wanted, const struct logs_block_head *head,
                           const struct logs_span *span, size_t index, struct str body,
                           const struct logs_want *want) MUST_USE;
void logs_wanted_fini(struct logs_wanted *wanted);
/* The i-th from its start, of those wanted: from <= i < to. */
void logs_wanted_event(const struct logs_wanted *wanted, size_t i, struct logs_event_record *ret);
/* Chunks [*from, *to) of a block may hold places of [first, end). */
void logs_block_chunks(const struct logs_block_head *head, struct logs_position first,
                       struct logs_position end, size_t *ret_from, size_t *ret_to);

/* Where an event lies. */
struct logs_found {
    bool in_block;
    struct logs_span span; /* of its run, or block */
    struct logs_block_head head;
    struct logs_event_record event;
};
/* The event at a place, in a run of its own or in a block. ERR_NOTFOUND, ERR_CORRUPT. All lives in the arena. */
enum err logs_find(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                   struct logs_position at, struct logs_found *ret) MUST_USE;

static inline struct logs_position logs_place_after(struct logs_position at)
{
    if (at.sequence < UINT64_MAX)
        at.sequence++;
    return at;
}

/* The spans of one kind of key of a group. */
struct logs_spans *logs_group_spans(struct store_reader *reader, const struct logs_group *group,
                                    enum logs_part part, struct logs_position first, struct logs_position end,
                                    enum store_direction direction);
/* Of an index. */
struct logs_spans *logs_stream_spans(struct store_reader *reader, const struct logs_group *group,
                                     uint64_t number, struct logs_position first, struct logs_position end,
                                     enum store_direction direction);
enum err logs_head_get(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                       const struct logs_span *span, struct logs_block_head *ret) MUST_USE;
enum err logs_body_get(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                       uint64_t id, struct str *ret) MUST_USE;

#endif
