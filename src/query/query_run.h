/* query_run.h - a plan at work: workers take events, their tables are put together, results come out.
 *
 * Threads: a worker is of one at a time; merge and results under a lock of the caller's.
 */
#ifndef QUERY_QUERY_RUN_H
#define QUERY_QUERY_RUN_H

#include "query/query_table.h"

struct query_run {
    struct query_context context;
    struct query_budget budget;
    struct query_table *table; /* of the first segment: what the workers have handed in */
    struct str failed;         /* not empty: why there are no results */
};

/* The plan and all of the context must live as long. */
void query_run_init(struct query_run *run, const struct query_context *context, size_t bytes_max);
void query_run_fini(struct query_run *run);

struct query_worker {
    struct query_run *run;
    struct query_record record;
    struct query_table *table;
    uint64_t matched; /* events that came through the first segment */
    bool over;        /* the budget */
    bool reached;
};
void query_worker_init(struct query_worker *worker, struct query_run *run);
void query_worker_fini(struct query_worker *worker);
/* False: no more is to be given, for want of memory. */
bool query_worker_event(struct query_worker *worker, const struct query_event *event);
/* What the worker has gathered goes to the run; it can go on. */
void query_run_merge(struct query_run *run, struct query_worker *worker);

/* Rows as JSON, [{"field":...,"value":...}, ...] each, one behind the other; ends[i] is where row i ends. */
struct query_results {
    struct buf text;
    size_t *ends;
    size_t count;
};
/* Of what has been merged up to now. False: run->failed says why. */
bool query_run_results(struct query_run *run, size_t bytes_max, struct query_results *ret);
void query_results_fini(struct query_results *results);

#endif
