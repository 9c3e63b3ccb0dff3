/* logs_tail_impl.h - between the files of the live tail. Private to it. */
#ifndef LOGS_LOGS_TAIL_IMPL_H
#define LOGS_LOGS_TAIL_IMPL_H

#include "io/thread.h"
#include "logs/logs_pattern.h"
#include "logs/logs_run.h"
#include "logs/logs_tail.h"

enum {
    TAIL_SESSIONS_MAX = 1000,        /* whatever the setting */
    TAIL_UPDATES_BEHIND_MAX = 10,    /* of a sampled session */
    TAIL_UPDATE_BYTES_MAX = 1 << 20, /* messages in one update, one event excepted */
    TAIL_QUEUE_BYTES_MAX = 64 << 20, /* of batches handed over and not yet looked at, the newest excepted */
    TAIL_BEAT_MS = 1000,             /* a session that has nothing is told so */
};

/* A run as the writer noted it: its value is in the bytes of its batch. */
struct tail_note {
    uint64_t group_id;
    struct logs_span span;
    size_t count; /* events */
    size_t value_at, value_len;
    bool deleted; /* no run: the group is gone */
    size_t mark;  /* of the store's batch, with what is noted */
};

struct tail_batch {
    struct tail_batch *next;
    struct tail_note *notes;
    size_t count, cap;
    struct buf bytes; /* of the store's batch, since its commit */
    bool lost;        /* the tail was too far behind: only how many there were is left */
};

/* Events on their way to a reader. A queue: what goes leaves from the front. */
struct tail_update {
    const struct logs_tailed **events;
    size_t first, count, cap;
    size_t bytes;
    uint64_t dropped;
};

struct logs_tail_session {
    struct logs_tail *tail;
    struct logs_tail_session *next; /* of those that arrived */
    struct logs_tail_query query;
    struct logs_tail_reader reader;
    struct logs_pattern pattern;
    uint64_t after; /* sequence */
    uint64_t group_ids[LOGS_TAIL_GROUPS_MAX];
    atomic_bool ready, gone; /* said by others, not yet seen by the tail's thread */
    /* the tail's thread */
    bool busy;    /* an update is with the reader */
    bool deleted; /* a group is */
    int64_t started_ns, closed_ns;
    struct tail_update open; /* being filled */
    struct tail_update closed[TAIL_UPDATES_BEHIND_MAX];
    size_t closed_first, closed_count;
    uint64_t matched; /* of a sampled session, in this interval */
    uint64_t stride;  /* one in as many is kept */
    size_t given;     /* in updates of this interval that are closed already */
};

struct logs_tail {
    struct logs_tail_watchers watchers; /* first; changed with the mutex held */
    struct logs_tail_settings settings;
    struct thread *thread;
    struct logs_matcher *matcher; /* the tail's thread */
    struct mutex *mutex;
    struct condition *woken;
    /* under the mutex */
    bool stopping, wakes;
    struct logs_tail_session *watching[TAIL_SESSIONS_MAX]; /* watchers.count of them, begun or not */
    struct logs_tail_session *arrived;
    struct tail_batch *queue, **queue_last, *spare;
    size_t queue_bytes;
    uint64_t given, dropped;
    atomic_uint version; /* of watching */
    /* the writer's thread */
    unsigned version_seen;
    uint64_t *watched; /* groups, as of version_seen */
    size_t watched_count;
    struct tail_batch *noted;
    const struct store_batch *batch; /* of what is noted */
    /* the tail's thread */
    struct logs_tail_session *active[TAIL_SESSIONS_MAX];
    size_t active_count;
    struct logs_tail_session *wanting[TAIL_SESSIONS_MAX]; /* the run that is being read */
};

/* logs_tail_note.c */
void tail_batch_free(struct tail_batch **batch);

/* logs_tail_session.c: on the tail's thread */
void tail_session_init(struct logs_tail_session *session, int64_t now_ns);
void tail_session_fini(struct logs_tail_session *session, uint64_t *dropped);
bool tail_session_watches(const struct logs_tail_session *session, uint64_t group_id);
bool tail_session_wants_stream(const struct logs_tail_session *session, struct str stream);
/* Whether the event is to be taken: it matches, and is of the sample. Matches that are not of it are counted. */
bool tail_session_wants(struct logs_tail_session *session, struct str message);
void tail_session_take(struct logs_tail_session *session, struct logs_tailed *event);
/* Events that were lost before they could be looked at. */
void tail_session_lose(struct logs_tail_session *session, uint64_t count);
/* Gives what is due to the reader. *ret_next_ns: when to look again. Returns how many were given. */
size_t tail_session_run(struct logs_tail_session *session, int64_t now_ns, int64_t *ret_next_ns,
                        uint64_t *ret_dropped);
void tailed_unref(const struct logs_tailed *event);

#endif
