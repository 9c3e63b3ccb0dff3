/* logs_room.h - what the files of the room share on the writer's thread. Private to the room. */
#ifndef LOGS_LOGS_ROOM_H
#define LOGS_LOGS_ROOM_H

#include "base/map.h"
#include "logs/logs_run.h"
#include "logs/logs_pattern.h"
#include "logs/logs_subscription.h"
#include "logs/logs_tail.h"
#include "metrics/metrics_meter.h"

#include <stdatomic.h>

struct logs_filters;

enum {
    LOGS_PARKED_MAX = 1024,       /* compiled filters of groups that are not in it */
    LOGS_HELD_MAX = 4096,         /* groups in the cache; at more it begins anew */
    LOGS_SEQUENCE_BLOCK = 65536,  /* sequences taken from the store at a time */
    LOGS_SLICE_EVENTS = 200,      /* deleted by one run of a sweep */
    LOGS_SWEEP_EVERY_MS = 3600000 /* between sweeps of a group that has nothing expired */
};

/* A group as the batch has it. */
struct logs_held {
    struct logs_group group; /* its name is of this allocation */
    bool counts_known;
    struct logs_counts counts;
    /* The block that a sweep is deleting, and how many of its chunks it has been through; after a restart it begins
     * with the first again. */
    uint64_t deleted_bytes; /* of blocks, since the disk's room was asked back */
    uint64_t swept_block;
    size_t swept_chunks;
    struct logs_filters *filters; /* NULL: it has none */
    struct metrics_place meter;
};

struct logs {
    struct map groups;                    /* account 0 region 0 name -> struct logs_held */
    uint64_t sequence_next, sequence_end; /* what is left of the block */
    struct buf name, value;               /* being built */
    struct logs_run_writer run;           /* the same */
    struct logs_packer *packer;
    struct logs_tail *tail; /* is told of every event; NULL: none is */
    struct logs_limiter *limiter;
    /* Filters: what they lead to, and what is being built for them. */
    struct deliver *deliver;
    struct metrics *metrics;
    logs_destination_known_f *destination_known;
    void *destination_known_self;
    struct logs_matcher *matcher;
    struct map parked; /* group id -> struct logs_filters, compiled, of groups that are not held */
    struct buf record, packed;
    bool importing; /* what is being written was logged before: filters do not see it */
    uint32_t hops;  /* of what is being written: how many subscriptions brought it */
    _Atomic(uint64_t) forwarded_records, forwarded_events;
};

/* Lives until the next logs_hold or logs_forget. FAULT_NOT_FOUND. */
bool logs_hold(struct logs *logs, struct work *work, struct ns ns, struct str name, struct logs_held **ret,
               struct fault *reterr);
/* The group has changed or is gone. */
void logs_forget(struct logs *logs, struct ns ns, struct str name);
uint64_t logs_sequence_next(struct logs *logs, struct work *work);
/* The group of an id, by the name that it has now. */
bool logs_hold_by_id(struct logs *logs, struct work *work, uint64_t id, struct ns *ret_ns,
                     struct logs_held **ret);
/* Adds to what the group stores, and to what of it is not packed (or takes away), in the batch. */
void logs_count(struct logs *logs, struct work *work, struct logs_held *held, int64_t stored,
                int64_t unpacked);
/* For a change of another member of held->counts, which logs_counts_load has read. */
void logs_counts_load(struct work *work, struct logs_held *held);
void logs_counts_store(struct logs *logs, struct work *work, const struct logs_held *held);

static inline int64_t logs_event_bytes(size_t message_len)
{
    return (int64_t)message_len + LOGS_EVENT_OVERHEAD_BYTES;
}

/* The first moment whose events are still shown. */
static inline int64_t logs_kept_since(const struct logs_group *group, int64_t now_ms)
{
    return group->retention_days ? now_ms - (int64_t)group->retention_days * 86400000 : INT64_MIN;
}

/* ERR_OK, ERR_NOTFOUND, or what the view says; a value that cannot be read is ERR_CORRUPT. */
enum err logs_stream_load(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                          struct str name, struct logs_stream_record *ret) MUST_USE;
void logs_stream_store(struct logs *logs, struct work *work, const struct logs_group *group, struct str name,
                       const struct logs_stream_record *record);
/* Deletes a stream's record and listing; not its events. */
void logs_stream_drop(struct work *work, const struct logs_group *group, struct str name,
                      const struct logs_stream_record *record);

/* 56 digits, as the service's tokens have: nothing is asked of them any more, but clients expect one. */
struct str logs_upload_token(struct arena *arena, const struct logs_stream_record *record);

/* Faults that several files give, in the service's words. All return false. */
bool logs_no_group(struct fault *reterr, struct arena *arena);
bool logs_is_protected(struct fault *reterr, struct arena *arena);
bool logs_no_stream(struct fault *reterr, struct arena *arena);
bool logs_bad_store(struct fault *reterr, struct arena *arena, enum err err);

/* Sweeps: what ref says of TIMER_LOGS.
 *
 *   | 's' | group id u64 |                        expired events of the group
 *   | 'z' | group id u64 | stream number u64 |    events of a deleted stream
 *   | 'k' | group id u64 |                        events that have waited to be packed
 */
enum { LOGS_REF_GROUP = 's', LOGS_REF_STREAM = 'z', LOGS_REF_PACK = 'k' };
struct str logs_ref(struct key *key, char kind, uint64_t group_id);
void logs_sweep_arm(struct work *work, const struct logs_group *group);
void logs_sweep_disarm(struct work *work, const struct logs_group *group);
/* only: its event without an index lies in a block. */
void logs_sweep_stream(struct work *work, const struct logs_group *group, uint64_t number, bool only);

/* ---- logs_dead.c: events that go before their time ---- */

/* The event at a place: deletes its run, or counts it as dead in its block (*ret_in_block). The stored bytes follow.
 * ERR_NOTFOUND: there is none any more. */
enum err logs_event_drop(struct logs *logs, struct work *work, struct logs_held *held,
                         struct logs_position at, bool *ret_in_block) MUST_USE;
/* A slice of the events of a deleted stream. *more: there are others. */
enum err logs_stream_events_drop(struct logs *logs, struct work *work, struct logs_held *held,
                                 uint64_t number, bool *more) MUST_USE;

#endif
