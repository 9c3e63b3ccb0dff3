/* logs.h - log groups, streams and events.
 *
 * Owns:    the keys of KEY_LOGS (logs_key.h draws them), in memory a cache of groups, a block of sequence
 *          numbers, and which groups are being packed.
 * Threads: what takes a struct work: the writer's thread, inside a command. What takes a store_reader: any
 *          thread, each with its own snapshot; these look at no memory of the room, so they need no struct
 *          logs.
 * Truths:  1. Everything of a call is in the command's one batch; a fault means that nothing was written.
 *          2. The room's memory may be forgotten at any moment (logs_after_rollback).
 *          3. An event has one place in its group: (timestamp, sequence). The sequence is given at ingestion,
 *             is unique in the partition and grows, so equal timestamps keep the order of their arrival.
 *          4. A message is stored once: as it came (a run), later packed with others (a block). Either is read alike,
 *             and packing changes nothing that a caller can see.
 *          5. An event past its group's retention is not shown from that moment on; a sweep deletes it later.
 */
#ifndef LOGS_LOGS_H
#define LOGS_LOGS_H

#include "base/fault.h"
#include "base/ns.h"
#include "store/writer.h"

struct logs;
struct logs_scanner;

enum {
    LOGS_PAGE_BYTES_MAX = 1048576,  /* of a page of events, and of one PutLogEvents */
    LOGS_EVENT_OVERHEAD_BYTES = 26, /* the service counts them with every message */
    LOGS_PAGE_EVENTS_MAX = 10000,
    LOGS_LIST_MAX = 50,        /* groups, streams or policies in a page */
    LOGS_EXAMINED_MAX = 20000, /* streams, or groups, that one call looks at before it gives a token */
    LOGS_FILTER_EXAMINED_MAX = 1000000, /* events, in one page of logs_filter */
    LOGS_FILTER_TIME_MAX_MS = 1000,     /* about as long as one page of it takes at most */
    LOGS_FILTER_STREAMS_MAX = 100,
    LOGS_POLICIES_MAX = 10, /* in a region */
};

/* ---- life ---- */

enum err logs_open(struct logs **ret) MUST_USE;
void logs_close(struct logs **logs);
/* The writer's hook: what came from the batch is forgotten. */
void logs_after_rollback(void *logs);
/* The writer's hook: begins what packing is due. */
void logs_after_commit(void *logs);

struct logs_dropped {
    struct ns ns;
    struct str group_arn;
    uint64_t blocks, events, bytes; /* of messages */
};
struct logs_pack_settings {
    struct store *store;
    struct writer *writer;
    struct logs_scanner *scanner; /* NULL: nothing is packed */
    int64_t age_ms;               /* events are packed when they have waited so long; 0: 60,000 */
    /* When the store is larger than that, the oldest blocks go first, of all groups. 0: no limit. */
    uint64_t store_bytes_max;
    /* On the writer's thread, in a command, when blocks went so. */
    void (*dropped)(void *self, struct work *work, const struct logs_dropped *what);
    void *dropped_self;
};
/* Before the writer starts. Without it events stay as they came, and all else is the same. The scanner is closed before
 * the writer, the writer before the room. */
void logs_pack_start(struct logs *logs, const struct logs_pack_settings *settings);
struct logs_pack_stats {
    uint64_t packs, blocks, merges;
    uint64_t refused; /* made for nothing: what they were made of has changed; they are made again */
    uint64_t failed;  /* what was to be packed could not be read */
    uint64_t dropped_blocks, dropped_events, dropped_bytes; /* for store_bytes_max */
};
void logs_pack_stats(const struct logs *logs, struct logs_pack_stats *ret); /* any thread */

/* The owner of TIMER_LOGS: sweeps of expired events and of deleted streams, a bounded slice a call. */
bool logs_due(void *logs, struct work *work, struct str ref);

/* ---- groups ---- */

#define LOGS_CLASS_LIST(X) X(STANDARD) X(INFREQUENT_ACCESS) X(DELIVERY)

enum logs_class {
#define X(name) LOGS_CLASS_##name,
    LOGS_CLASS_LIST(X)
#undef X
        LOGS_CLASSES
};

const char *logs_class_text(enum logs_class group_class);
bool logs_class_parse(struct str text, enum logs_class *ret);

struct logs_group {
    uint64_t id;
    uint16_t partition;
    struct str name;
    int64_t created_ms;
    uint32_t retention_days; /* 0: events do not expire */
    enum logs_class group_class;
    bool is_protected;       /* it and its streams cannot be deleted */
    int64_t sweep_due_ms;  /* of the timer that sweeps it; 0: none */
    uint64_t stored_bytes; /* messages and their overhead; filled by logs_group_list alone */
};

/* arn:aws:logs:<region>:<account>:log-group:<name>, as tags and identifiers have it: no ":*" at the end. */
struct str logs_group_arn(struct arena *arena, struct ns ns, struct str name);
/* A name, or the ARN of a group of this namespace. The name, a slice. FAULT_NOT_FOUND
 * for a group elsewhere. */
bool logs_group_name_of(struct arena *arena, struct ns ns, struct str identifier, struct str *ret,
                        struct fault *reterr);

bool logs_group_create(struct logs *logs, struct work *work, struct ns ns, struct str name,
                       enum logs_class group_class, struct fault *reterr);
/* Quick however much it holds. Its tags go with it. */
bool logs_group_delete(struct logs *logs, struct work *work, struct ns ns, struct str name,
                       struct fault *reterr);
/* Deleting it, or a stream of it, is refused with FAULT_VALIDATION from now on; or no more. */
bool logs_group_protect(struct logs *logs, struct work *work, struct ns ns, struct str name, bool is_protected,
                        struct fault *reterr);
/* days 0: for ever. */
bool logs_retention_put(struct logs *logs, struct work *work, struct ns ns, struct str name, int64_t days,
                        struct fault *reterr);

/* Any thread. FAULT_NOT_FOUND. */
bool logs_group_get(struct store_reader *reader, struct arena *arena, struct ns ns, struct str name,
                    struct logs_group *ret, struct fault *reterr);

struct logs_group_query {
    struct str prefix, pattern; /* pattern: stands anywhere in the name */
    bool has_class;
    enum logs_class group_class;
    struct str after; /* name that ended the page before; empty: from the start */
    size_t limit;     /* 0: LOGS_LIST_MAX */
};
struct logs_group_page {
    struct logs_group *groups;
    size_t count;
    bool more;
    struct str after; /* for the next query, when more */
};
bool logs_group_list(struct store_reader *reader, struct arena *arena, struct ns ns,
                     const struct logs_group_query *query, struct logs_group_page *ret, struct fault *reterr);

/* ---- streams ---- */

struct logs_stream {
    struct str name;
    int64_t created_ms;
    bool has_events;
    int64_t first_ms, last_ms, ingested_ms; /* of events that it has, or had */
    struct str upload_token;
};

bool logs_stream_create(struct logs *logs, struct work *work, struct ns ns, struct str group, struct str name,
                        struct fault *reterr);
bool logs_stream_delete(struct logs *logs, struct work *work, struct ns ns, struct str group, struct str name,
                        struct fault *reterr);

struct logs_stream_query {
    bool by_last_event; /* else by name; streams that never had an event come before all others */
    bool descending;
    struct str prefix; /* with by_last_event: FAULT_INVALID_PARAMETER */
    struct str after;  /* position that ended the page before: opaque bytes */
    size_t limit;      /* 0: LOGS_LIST_MAX */
};
struct logs_stream_page {
    struct logs_stream *streams;
    size_t count;
    bool more;
    struct str after;
};
bool logs_stream_list(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                      const struct logs_stream_query *query, struct logs_stream_page *ret,
                      struct fault *reterr);

/* ---- writing events ---- */

struct logs_input {
    int64_t timestamp_ms;
    struct str message;
};

/* Append one event to a stream, made if absent; for targets inside the server. The
 * timestamp is not held against the limits of PutLogEvents. False with FAULT_NOT_FOUND
 * when the group does not exist, FAULT_INVALID_PARAMETER when the name is none. A
 * stream made so goes with its last event when that expires. */

/* The stream is the event's own: its name follows from the event. An append of the same
 * timestamp and message to a stream that holds just that event writes nothing and
 * succeeds: what is carried twice is logged once. */
bool logs_append(struct logs *logs, struct work *work, struct ns ns, struct str group, struct str stream,
                 int64_t timestamp_ms, struct str message, struct fault *reterr);
/* The same without looking whether the stream exists (which is most of the cost), for a
 * name made out of an id that was random until this very command. To say so of a stream
 * that does exist loses the record of what it held. */
bool logs_append_new(struct logs *logs, struct work *work, struct ns ns, struct str group, struct str stream,
                     int64_t timestamp_ms, struct str message, struct fault *reterr);
/* The stream is shared by many events, which may be alike: always appends. count: at least 1 */
bool logs_append_shared(struct logs *logs, struct work *work, struct ns ns, struct str group,
                        struct str stream, const struct logs_input *events, size_t count,
                        struct fault *reterr);

/* The same for events that were ingested at that time elsewhere, however old they are. */
bool logs_import(struct logs *logs, struct work *work, struct ns ns, struct str group, struct str stream,
                 int64_t ingested_ms, const struct logs_input *events, size_t count, struct fault *reterr);

/* What needs no state: order, size. Pure. */
bool logs_put_check(struct arena *arena, const struct logs_input *events, size_t count, struct fault *reterr);

struct logs_put_result {
    struct str next_token;
    int64_t too_new_start, too_old_end, expired_end; /* index; -1: none */
};
/* Events that are too old or too new are left out and told; the rest is written. The stream must exist. */
bool logs_put(struct logs *logs, struct work *work, struct ns ns, struct str group, struct str stream,
              const struct logs_input *events, size_t count, struct logs_put_result *ret,
              struct fault *reterr);

/* ---- reading events ---- */

struct logs_event {
    int64_t timestamp_ms, ingested_ms;
    struct str message;
    struct str stream; /* filled by logs_filter */
    struct str id;     /* the same */
};

struct logs_get_query {
    struct str stream;
    bool has_start, has_end;
    int64_t start_ms, end_ms; /* start included, end excluded */
    bool from_head;
    struct str token; /* "f/..." or "b/..." of a page before; empty: none */
    size_t limit;     /* 0: LOGS_PAGE_EVENTS_MAX */
};
struct logs_get_page {
    struct logs_event *events; /* earlier first, whatever the direction */
    size_t count;
    struct str forward, backward; /* never empty; at the end of the stream the token that was given */
};
bool logs_get(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
              int64_t now_ms, const struct logs_get_query *query, struct logs_get_page *ret,
              struct fault *reterr);

struct logs_filter_query {
    const struct str *streams; /* at most LOGS_FILTER_STREAMS_MAX; each must exist */
    size_t stream_count;       /* 0: all */
    struct str stream_prefix;
    bool has_start, has_end;
    int64_t start_ms, end_ms; /* both included */
    struct str pattern;
    struct str after;             /* position that ended the page before: opaque bytes */
    size_t limit;                 /* 0: LOGS_PAGE_EVENTS_MAX */
    struct logs_scanner *scanner; /* whose threads may help; NULL: none */
};
struct logs_filter_page {
    struct logs_event *events; /* by timestamp, then in order of arrival */
    size_t count;
    bool more; /* there may be more: a page may be empty and still say so */
    struct str after;
};
bool logs_filter(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                 int64_t now_ms, const struct logs_filter_query *query, struct logs_filter_page *ret,
                 struct fault *reterr);

/* ---- resource policies: kept and shown, not enforced (Crema has no principals to refuse) ---- */

struct logs_policy {
    struct str name, document;
    int64_t updated_ms;
};

/* FAULT_INVALID_PARAMETER when the document is not a JSON object, FAULT_LIMIT_EXCEEDED. */
bool logs_policy_put(struct work *work, struct ns ns, struct str name, struct str document,
                     struct logs_policy *ret, struct fault *reterr);
bool logs_policy_delete(struct work *work, struct ns ns, struct str name, struct fault *reterr);
/* All of the region, by name: at most LOGS_POLICIES_MAX. */
bool logs_policy_list(struct store_reader *reader, struct arena *arena, struct ns ns,
                      struct logs_policy **ret, size_t *ret_count, struct fault *reterr);

#endif
