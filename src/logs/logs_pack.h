/* logs_pack.h - from runs to blocks, and from blocks to fewer or better ones. Private to the room.
 *
 *     writer   enough has come, or waited        -> a pack is noted, and a task submitted
 *     scanner  a snapshot: reads, sorts, packs
 *     writer   a command: is what was read still all there? -> blocks put, runs or old blocks deleted, in one batch
 *
 * Owns:    the packs under way.
 * Threads: the writer's, but for logs_pack_read.
 * Truths:  1. Every event is in one run or in one block, before, in and after the command; the command is refused
 *             when one of the runs or blocks that were read has changed since.
 *          2. Of a group one pack is under way at a time.
 *          3. A pack that is lost (the process ends, a task is dropped) is made again: the group's counts and its timer
 *             say that there is something to pack.
 */
#ifndef LOGS_LOGS_PACK_H
#define LOGS_LOGS_PACK_H

#include "base/vec.h"
#include "logs/logs_block.h"
#include "logs/logs_room.h"
#include "logs/logs_scanner.h"
#include "logs/logs_span.h"

enum {
    LOGS_PACK_KEEP_BYTES = 1 << 20, /* the newest stay unpacked: others come between them */
    LOGS_PACK_AT_BYTES = 2 << 20,   /* packing begins */
    LOGS_PACK_MAX_BYTES = 2 << 20,  /* in one pack */
    LOGS_PACK_EVENTS_MAX = 16384,
    LOGS_PACK_AGE_MS = 60000,     /* by default */
    LOGS_PACK_AGAIN_MS = 3600000, /* a pack that was asked for by the timer, and did not come about */
    LOGS_MERGE_BLOCKS = 8,        /* as many that overlap, or are small, become one row */
    LOGS_MERGE_HEADS_MAX = 2048,  /* looked at */
    LOGS_MERGE_EVERY = 8,         /* packs */
    LOGS_DEAD_SHARE = 4, /* a block is written anew when one of so many bytes is a deleted stream's */
};

enum logs_pack_kind { LOGS_PACK_RUNS, LOGS_PACK_BLOCKS };

/* Where events of one stream lie within a run or a block, ONLY ones excepted. */
struct logs_pack_index {
    uint64_t number;
    struct logs_span span;
    uint32_t count;
    uint64_t bytes;
};

/* A deleted stream, some of whose events were left out; only: the one without an index too. */
struct logs_pack_dead {
    uint64_t number;
    bool only;
};

/* A run or a block that was read. */
struct logs_pack_source {
    struct logs_span span;
    uint64_t id, dead_bytes; /* of a block */
};

/* A block that was made. */
struct logs_pack_block {
    struct logs_block_head head;
    struct logs_span span;
    struct buf grams, body;
    size_t index_from, index_to; /* in indexes */
};

struct logs_pack {
    enum logs_pack_kind kind;
    struct logs_group group; /* id and partition: the keys' */
    uint64_t bytes_max;      /* LOGS_PACK_RUNS */
    bool rewrite;            /* LOGS_PACK_BLOCKS: one with many dead bytes, wherever it lies */
    struct logs_span region; /* LOGS_PACK_BLOCKS: where packs have put blocks lately */
    struct arena arena;
    VEC(struct logs_pack_source) sources;
    VEC(struct logs_pack_index) gone, indexes; /* to delete, to put */
    VEC(struct logs_pack_block) blocks;
    VEC(struct logs_pack_dead) dead; /* streams whose events were left out */
    uint64_t bytes;                  /* of the runs that were read */
    bool more;                       /* there was more than bytes_max */
    enum err err;
    /* The writer's notes since it was begun. */
    bool removed;                                /* a run was deleted, or a block */
    struct logs_position low[LOGS_SPAN_CLASSES]; /* of runs that came, by class: the first places */
    bool came[LOGS_SPAN_CLASSES];
};

/* Reads what is to be packed, and packs it. Any thread. pack->err; no sources: there is nothing to do. */
void logs_pack_read(struct logs_pack *pack, struct store_reader *reader);
/* Swaps. False: something has changed, nothing was written. */
bool logs_pack_apply(struct logs_pack *pack, struct logs *logs, struct work *work, struct logs_held *held);
void logs_pack_fini(struct logs_pack *pack);
/* The blocks to be merged, of those in pack->region, into sources. logs_merge.c. */
enum err logs_merge_plan(struct logs_pack *pack, struct store_reader *reader) MUST_USE;
/* Events of a deleted stream are gone, and their indexes: when they were the last, it is forgotten. */
void logs_dead_gone(struct work *work, const struct logs_group *group, uint64_t number, bool only);
/* Deletes a block: head, grams, body. */
void logs_block_drop(struct work *work, const struct logs_group *group, const struct logs_span *span,
                     uint64_t id);

/* ---- packs under way ---- */

struct logs_packer;
struct logs_packer *logs_packer_new(void);
void logs_packer_free(struct logs_packer **packer);

/* For all that changes a group's runs and blocks. */
void logs_pack_note_run(struct logs *logs, const struct logs_group *group, const struct logs_span *span);
void logs_pack_note_removed(struct logs *logs, const struct logs_group *group);
/* The counts have changed: begins what is due, and sets the timer. The caller stores them. */
void logs_pack_counted(struct logs *logs, struct work *work, struct logs_held *held);
void logs_pack_due(struct logs *logs, struct work *work, uint64_t group_id);
void logs_pack_disarm(struct logs *logs, struct work *work, struct logs_held *held);
/* For the counters. */
void logs_pack_count_dropped(struct logs *logs, uint64_t events, uint64_t bytes);
/* The pack under way of a group; NULL: none is. */
const struct logs_pack *logs_pack_under_way(const struct logs *logs, uint64_t group_id);
/* For blocks that are to be written anew. */
void logs_pack_rewrite(struct logs *logs, struct work *work, struct logs_held *held);

#endif
