/* logs_tail.h - live tails: sessions that are told of events as they come.
 *
 * The writer's thread notes where in its batch the runs of groups that somebody watches lie, and hands over the bytes
 * of the batch after its commit; one thread of the tail's own reads the runs, holds their events against each
 * session's filter and gives them to its reader, as updates.
 *
 * Owns:    the sessions while they last, and the events that wait for them.
 * Threads: said at each function. A reader's functions are called on the tail's thread and must not block.
 * Truths:  1. A session is given what was written after its start and is committed, each event once, in the order of
 *             writing; of what it is not given it is told how many.
 *          2. Bounded: sessions, what waits for one session, what waits for the tail. The writer waits for nobody.
 *          3. While nobody watches, a run costs the writer one look at a counter; while somebody does, nothing is
 *             copied on its thread.
 */
#ifndef LOGS_LOGS_TAIL_H
#define LOGS_LOGS_TAIL_H

#include "logs/logs_key.h"

#include <stdatomic.h>

struct logs_run_writer;
struct logs_tail;
struct logs_tail_session;

enum { LOGS_TAIL_GROUPS_MAX = 10 }; /* of one session */

struct logs_tail_settings {
    unsigned sessions_max;      /* 0: 15 */
    unsigned update_events_max; /* of a second, for sessions that are sampled; 0: 500 */
    size_t behind_bytes_max;    /* of messages that wait for one session; 0: 32 MiB */
    int64_t time_max_ms;        /* of a session; 0: three hours */
};

/* An event that was committed. Lives until the call that gives it returns. */
struct logs_tailed {
    unsigned refs; /* the tail's own */
    uint64_t group_id;
    struct logs_position at;
    int64_t ingested_ms;
    struct str stream, message;
};

struct logs_tail_update {
    const struct logs_tailed *const *events; /* in the order of writing */
    size_t count;
    bool sampled;     /* there were more */
    uint64_t dropped; /* as many; at most, when the tail itself was behind */
};

enum logs_tail_end {
    LOGS_TAIL_TIMED_OUT,
    LOGS_TAIL_GONE,    /* the reader, as it said */
    LOGS_TAIL_DELETED, /* a group that it watches */
    LOGS_TAIL_STOPPED,
};

struct logs_tail_reader {
    void *self;
    /* The first and each next one comes after a logs_tail_ready. */
    void (*update)(void *self, const struct logs_tail_update *update);
    /* The last call; the session is no more. May come while an update is on its way. */
    void (*end)(void *self, enum logs_tail_end why);
};

struct logs_tail_query {
    const struct logs_group *groups;
    size_t group_count; /* at most LOGS_TAIL_GROUPS_MAX */
    const struct str *streams, *prefixes;
    size_t stream_count, prefix_count; /* both 0: all */
    struct str pattern;
    int64_t interval_ms; /* between updates that have events */
    bool sampled; /* an update for every interval, of so many events; else all that there is, at once */
};

/* ---- life ---- */

enum err logs_tail_open(const struct logs_tail_settings *settings, struct logs_tail **ret,
                        struct diag *reterr) MUST_USE;
/* Ends all sessions and takes no more. Any thread but the tail's. */
void logs_tail_stop(struct logs_tail *tail);
/* After the writer, and whoever has sessions, are closed. Accepts NULL in it. */
void logs_tail_close(struct logs_tail **tail);
/* From now on events of that room are noted. Before the writer starts. */
void logs_tail_watch(struct logs_tail *tail, struct logs *logs);

/* ---- sessions ---- */

/* On the writer's thread, in a command: the session is of the arena and begins with the next event that is written.
 * FAULT_LIMIT_EXCEEDED, FAULT_INVALID_PARAMETER (the pattern), FAULT_UNAVAILABLE (stopped). The query's texts live as
 * long as the session. *ret_sequence: events of later ones are given, of earlier ones are not. */
bool logs_tail_start(struct logs_tail *tail, struct logs *logs, struct work *work, struct arena *arena,
                     const struct logs_tail_query *query, const struct logs_tail_reader *reader,
                     struct logs_tail_session **ret, uint64_t *ret_sequence, struct fault *reterr);
/* On the writer's thread, after the commit: the first update may come. Or the commit failed: it never was. */
void logs_tail_begin(struct logs_tail_session *session);
void logs_tail_abandon(struct logs_tail_session *session);
/* Any thread, until the arena ends: the update has been taken; nobody reads any more (end follows). */
void logs_tail_ready(struct logs_tail_session *session);
void logs_tail_gone(struct logs_tail_session *session);

/* ---- the writer's side ---- */

/* What is noted of the batch is handed over. */
void logs_tail_after_commit(struct logs_tail *tail);
/* What was noted beyond what is left of the batch is forgotten. */
void logs_tail_after_rollback(struct logs_tail *tail);
/* The run has just been put, its value where store_put said: what rolls back that put forgets it. */
void logs_tail_note(struct logs_tail *tail, struct store_batch *batch, const struct logs_group *group,
                    const struct logs_run_writer *run, size_t value_at, size_t value_len);

/* The group has just been deleted, in the batch. Sessions that watch it end. */
void logs_tail_note_deleted(struct logs_tail *tail, const struct store_batch *batch,
                            const struct logs_group *group);

/* The first member of struct logs_tail. */
struct logs_tail_watchers {
    atomic_uint count;
};
static inline bool logs_tail_is_watched(const struct logs_tail *tail)
{
    return tail &&
           atomic_load_explicit(&((const struct logs_tail_watchers *)tail)->count, memory_order_relaxed) > 0;
}

struct logs_tail_stats {
    unsigned sessions;
    uint64_t given, dropped; /* events */
};
void logs_tail_stats(struct logs_tail *tail, struct logs_tail_stats *ret);

#endif
