/* flow_run.h - a step in a batch: what flow_run.c drives, flow_rest.c reads and writes, flow_frame.c and
 * flow_parsed.c keep parsed.
 *
 * Truths: 1. Branches, frames and outputs are read when a step asks for them, and held against what is in the
 *            store when it is over: only what differs is written.
 *         2. Timers, and whom it waits for, follow from branches in the same way.
 */
#ifndef FLOW_FLOW_RUN_H
#define FLOW_FLOW_RUN_H

#include "flow/flow_impl.h"
#include "flow/flow_token.h"

struct due {
    int64_t due_ms;
    struct flow_address address;
};
typedef VEC(struct due) due_list;

struct run {
    struct flow *flow;
    struct work *work;
    const struct edition *edition;
    struct execution_ref ref;
    struct execution execution;
    struct str arn;
    struct str output;      /* when it has succeeded in the step at hand */
    due_list before;        /* its timers as the store has them, of what is at hand */
    job_list jobs;          /* the executions that it waits for, likewise */
    queue_list queued;      /* and the tasks that wait for a worker */
    VEC(uint64_t) map_runs; /* and its map runs */
    bool fresh;             /* nothing of it is in the store yet */
};

/* ---- flow_rest.c ---- */

/* The execution's record is at hand: its timers and jobs are the store's. */
void rest_loaded(struct run *run);
/* A branch by its id; NULL: it is over. */
struct branch *rest_branch(struct run *run, uint32_t id);
/* All that are in the store beside the root. */
void rest_all(struct run *run);
void rest_init(struct run *run, struct step_rest *ret);
/* Puts what the step has left into the batch: branches, frames, outputs, timers. */
void rest_write(struct run *run, const struct step *step);

/* ---- flow_frame.c ---- */

/* The branch's frame, of these bytes; lives as long as the command. */
struct frame *frame_get(struct run *run, const struct branch *branch, struct str bytes);
/* The same, when it is at hand; else NULL. */
struct frame *frame_find(struct run *run, const struct branch *branch);

/* ---- flow_parsed.c ---- */

/* The text's value, parsed already when it is large and was asked for before; lives as long as the step. */
struct value parsed_value(struct flow *flow, struct str text);

#endif
