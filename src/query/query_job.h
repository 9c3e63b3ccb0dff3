/* query_job.h - one query of this process, and its work on the scanner's threads. Private to the room.
 *
 *   SCHEDULED -- the first task --> RUNNING -- the last task --> COMPLETE, FAILED, CANCELLED, TIMEOUT
 *
 * The first task cuts the groups into parts and asks for more tasks; each takes part after part, and lets others have
 * their turn ten times a second. Now and then one of them hands in what it has and makes results of it, which
 * are shown until the next ones are. Who ends last makes the final ones.
 */
#ifndef QUERY_QUERY_JOB_H
#define QUERY_QUERY_JOB_H

#include "io/thread.h"
#include "logs/logs_scan.h"
#include "logs/logs_scanner.h"
#include "query/queries.h"
#include "query/query_run.h"

#include <stdatomic.h>

/* Results that are shown; shared with those who are writing them into an answer. */
struct query_shown {
    atomic_uint refs;
    struct query_results results;
};
struct query_shown *query_shown_ref(struct query_shown *shown);
void query_shown_unref(struct query_shown **shown);

struct query {
    struct queries *queries;
    struct query *next; /* in the list of those who own it */
    atomic_uint refs;
    /* Do not change: */
    struct arena arena;
    struct str id, text, principal;
    struct ns ns;
    struct logs_group *groups;
    struct query_group *logs;
    size_t group_count, limit;
    int64_t first_ms, last_ms, created_ms;
    /* Under the mutex: */
    struct mutex *mutex;
    enum query_status status;
    struct str reason; /* in reason_room */
    char reason_room[512];
    int64_t began_ns, ended_ns;
    struct query_shown *shown;
    /* Any thread: */
    atomic_uint_fast64_t matched, scanned, bytes, skipped, skipped_bytes;
    atomic_bool cancelled, closing;
    /* Of those who keep it, under their mutex: */
    bool is_counted;
    size_t counted_bytes;
};

struct query_job_settings {
    struct store *store;
    struct logs_scanner *scanner;
    unsigned threads;
    size_t bytes_max;
    size_t results_bytes_max; /* of one query */
    int64_t run_ns_max;
};

struct query *query_ref(struct query *query);
void query_unref(struct query **query);
bool query_is_over(enum query_status status);
/* Hands the query to the scanner, which keeps a reference; over is called at the end, once, from any thread. False:
 * the scanner takes no more, the query has failed. */
typedef void query_over_f(void *self, struct query *query, size_t results_bytes);
bool query_job_begin(struct query *query, const struct query_job_settings *settings, query_over_f *over,
                     void *self);

#endif
