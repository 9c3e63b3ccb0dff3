/* queries.h - queries that run, what they have found, and those that are saved.
 *
 * Owns:    the keys of KEY_QUERY (query_store.c draws them); in memory the queries of this process.
 * Threads: what takes a struct work: the writer's thread, inside a command. Everything else: any.
 * Truths:  1. A query that was answered for is on record: after a restart it is known, as one whose results are gone.
 *             Results are of the process: they are kept for a while, and bounded in number and bytes; the oldest go
 *             first.
 *         2. A query begins after its record is durable, reads snapshots on the scanner's threads, and holds up neither
 *             the writer nor a loop.
 *         3. What it finds is whole or it fails: no limit cuts something off silently.
 */
#ifndef QUERY_QUERIES_H
#define QUERY_QUERIES_H

#include "base/fault.h"
#include "base/ns.h"
#include "logs/logs.h"
#include "query/query_plan.h"
#include "store/writer.h"

struct queries;
struct logs_scanner;

enum {
    QUERY_GROUPS_MAX = 50,
    QUERY_LISTED_MAX = 1000,      /* in a page */
    QUERY_PAGE_ROWS_MAX = 10000,  /* of results */
    QUERY_RECORDS_MAX = 10000,    /* of queries that were started */
    QUERY_DEFINITIONS_MAX = 1000, /* in a region */
};

/* ---- life ---- */

struct queries_settings {
    struct store *store;
    struct logs_scanner *scanner;
    unsigned threads;         /* of the scanner that one query may take; 0: as many as cores */
    unsigned running_max;     /* 0: 100 */
    size_t bytes_max;         /* of memory that one query may take while it runs; 0: 256 MiB */
    size_t results_bytes_max; /* of all results kept, and four times that of one query; 0: 256 MiB */
    int64_t run_ms_max;       /* 0: 60 minutes */
};
enum err queries_open(const struct queries_settings *settings, struct queries **ret) MUST_USE;
/* What runs is told to stop; before the scanner is closed. Accepts NULL. */
void queries_stop(struct queries *queries);
/* After the scanner is closed. Accepts NULL. */
void queries_close(struct queries **queries);
/* The writer's hook: queries whose records are durable begin. */
void queries_after_commit(void *queries);

/* ---- running ---- */

#define QUERY_STATUS_LIST(X) \
    X(SCHEDULED, Scheduled)  \
    X(RUNNING, Running)      \
    X(COMPLETE, Complete)    \
    X(FAILED, Failed)        \
    X(CANCELLED, Cancelled)  \
    X(TIMEOUT, Timeout)      \
    X(UNKNOWN, Unknown) /* on record, but not of this process, or its results had to go */

enum query_status {
#define X(name, text) QUERY_STATUS_##name,
    QUERY_STATUS_LIST(X)
#undef X
};
const char *query_status_text(enum query_status status);

struct query_start {
    struct str text; /* compiles */
    size_t limit;    /* 0: the default */
    const struct str *groups;
    size_t group_count;
    int64_t first_ms, last_ms; /* both included */
    struct str principal;      /* may be empty */
};
/* FAULT_NOT_FOUND: a group; FAULT_LIMIT_EXCEEDED: too many run. The id lives in the command's arena. */
bool queries_start(struct queries *queries, struct work *work, struct ns ns, const struct query_start *start,
                   struct str *ret_id, struct fault *reterr);
/* FAULT_NOT_FOUND, FAULT_INVALID_PARAMETER: it does not run (any more). */
bool queries_cancel(struct queries *queries, struct store_reader *reader, struct arena *arena, struct ns ns,
                    struct str id, struct fault *reterr);

/* ---- looking ---- */

struct query_counts {
    uint64_t matched, scanned, bytes, groups;
    uint64_t skipped, skipped_bytes; /* about: in blocks that cannot hold a text that is asked for */
};

struct query_info {
    struct str id, text, principal;
    enum query_status status;
    struct str reason; /* of FAILED, TIMEOUT, UNKNOWN */
    int64_t created_ms, duration_ms;
    struct query_counts counts;
    struct str group; /* when there is but one */
};

struct query_page_of_results {
    struct query_info info;
    const struct str *rows; /* JSON of each, in the arena */
    size_t count;
    bool more; /* the next page begins at after */
    size_t after;
};
/* Rows from the one with index first on: at most rows_max, and about as many bytes as an answer may have. While the
 * query runs: of what it has found so far. FAULT_NOT_FOUND. */
bool queries_results(struct queries *queries, struct store_reader *reader, struct arena *arena, struct ns ns,
                     struct str id, size_t first, size_t rows_max, struct query_page_of_results *ret,
                     struct fault *reterr);

struct query_list_query {
    bool has_status;
    enum query_status status;
    struct str group; /* empty: any */
    struct str after; /* id that ended the page before */
    size_t limit;
};
struct query_list_page {
    struct query_info *queries; /* newest first */
    size_t count;
    bool more;
    struct str after;
};
bool queries_list(struct queries *queries, struct store_reader *reader, struct arena *arena, struct ns ns,
                  const struct query_list_query *query, struct query_list_page *ret, struct fault *reterr);

struct queries_stats {
    uint64_t started, failed, scanned_events, scanned_bytes;
    unsigned running;
    size_t results_bytes;
};
void queries_stats(struct queries *queries, struct queries_stats *ret);

/* ---- saved queries ---- */

struct query_definition {
    struct str id, name, text;
    struct json groups;     /* an array; JSON_NULL: none */
    struct json parameters; /* the same */
    int64_t modified_ms;
};
/* id empty: a new one, or, with a token, the one that was made with it. FAULT_NOT_FOUND, FAULT_LIMIT_EXCEEDED. */
bool query_definition_put(struct work *work, struct ns ns, const struct query_definition *definition,
                          struct str token, struct str *ret_id, struct fault *reterr);
bool query_definition_delete(struct work *work, struct ns ns, struct str id, struct fault *reterr);
struct query_definition_page {
    struct query_definition *definitions;
    size_t count;
    bool more;
    struct str after;
};
bool query_definition_list(struct store_reader *reader, struct arena *arena, struct ns ns, struct str prefix,
                           struct str after, size_t limit, struct query_definition_page *ret,
                           struct fault *reterr);

/* ---- single events, and what fields there are ---- */

struct query_field {
    struct str name, value;
};
/* All fields of the event that @ptr names, its own and those of its JSON. FAULT_INVALID_PARAMETER, FAULT_NOT_FOUND. */
bool query_event_fields(struct store_reader *reader, struct arena *arena, struct ns ns, struct str pointer,
                        int64_t now_ms, struct query_field **ret, size_t *ret_count, struct fault *reterr);

struct query_field_share {
    struct str name;
    unsigned percent; /* of the events that were looked at */
};
/* Fields of the newest events of the time, so many as can be looked at at once; most frequent first. */
bool query_group_fields(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                        int64_t first_ms, int64_t last_ms, int64_t now_ms, struct query_field_share **ret,
                        size_t *ret_count, struct fault *reterr);

#endif
