/* flow_map_run.h - a Map in DISTRIBUTED mode: its items are executions of their own.
 *
 *   'x' | run id u64                                                          -> map run
 *   'y' | machine id u64 | start, newest first | nonce | run id u64, inverted -> nothing: a run of that execution
 *
 * Its executions lie under the run's id as those of a machine do under the machine's, and are found by
 * 'n' | machine id | label:name.
 *
 * Truths: 1. The state waits in BRANCH_MAP_RUN. Only the pump steps it: a timer that is due at once after
 *            whatever changed the run, which begins executions, or says that the run is over.
 *         2. What an execution gave is an output of the waiting branch, put in the batch of the execution's end.
 *         3. A run that is over by itself, or whose branch waits no more, ends those of its executions that
 *            still run, some in each command.
 *         4. A run that goes on after its end takes up its executions in the order of their keys, newest first, some in
 *            each command, before it begins others: what lies after `at` is pending. It waits until all that still ran
 *            have been stopped.
 */
#ifndef FLOW_FLOW_MAP_RUN_H
#define FLOW_FLOW_MAP_RUN_H

#include "flow/flow_run.h"

/* The numbers are stored. */
enum map_run_status {
    MAP_RUN_RUNNING = 1,
    MAP_RUN_SUCCEEDED,
    MAP_RUN_FAILED,
    MAP_RUN_ABORTED,
    MAP_RUN_STATUSES
};

enum map_count { COUNT_RUNNING, COUNT_SUCCEEDED, COUNT_FAILED, COUNT_TIMED_OUT, COUNT_ABORTED, MAP_COUNTS };

struct map_run {
    uint64_t id, machine_id;
    uint32_t revision;
    struct execution_ref parent;
    uint32_t branch, entry; /* of the state */
    uint32_t start;         /* state that the executions begin with */
    bool express;           /* they end within five minutes, and are neither listed nor described */
    enum map_run_status status;
    struct str account, region, machine_name, label, uuid;
    struct str execution; /* ARN of the one that it belongs to */
    int64_t start_ms, stop_ms;
    struct map_limits limits;
    uint32_t items, begun; /* items in all; of them begun */
    uint32_t batches;      /* executions there are to be; 0: known only when all are begun */
    uint32_t item_counts[MAP_COUNTS], execution_counts[MAP_COUNTS];
    int64_t pump_ms;   /* its timer; 0: none */
    uint32_t redrives; /* how often it went on after its end, and when last; 0: never */
    int64_t redriven_ms;
    bool stopping; /* it goes on, when those that still run have been stopped */
    bool
        walking; /* it takes up what did not succeed; at: the last one that was looked at; nonce 0: none was */
    struct execution_ref at;
    uint32_t item_pending[MAP_COUNTS],
        execution_pending[MAP_COUNTS];      /* of the counts: still to be looked at */
    uint32_t items_fixed, executions_fixed; /* of the counts: can never be taken up */
};

enum err map_run_find(struct store_reader *reader, struct arena *arena, uint16_t partition, uint64_t id,
                      struct map_run *ret);
/* Of a map run's ARN. */
bool map_run_find_arn(struct store_reader *reader, struct arena *arena, struct ns ns, struct str arn,
                      struct map_run *ret, struct fault *reterr);
struct str map_run_arn(struct arena *arena, const struct map_run *run);
struct str map_run_machine_name(struct arena *arena, const struct map_run *run); /* Machine/Label */
/* The key of a name of a run's execution, or of the run itself. */
void map_run_key_name(struct key *key, uint16_t partition, uint64_t machine_id, struct str label,
                      struct str name);

/* The step of the execution has begun a run: its id is the branch's. */
void map_run_begin(struct run *run, const struct run_order *order, struct branch *branch);
/* The branch waits for the run no more. */
void map_run_abandon(struct flow *flow, struct work *work, uint64_t id);
/* An execution of the run is over. */
void map_run_child_ended(struct run *run);
/* The execution that it belongs to goes on, and the run with it. */
void map_run_redrive(struct flow *flow, struct work *work, uint64_t id, struct run_redriven *ret);
/* Whether the execution, which did not succeed, is still to be taken up by the run. */
bool map_run_pending(const struct map_run *run, const struct execution_ref *ref,
                     const struct execution *execution);
/* Its limits are others now. */
void map_run_changed(struct flow *flow, struct work *work, struct map_run *run);
/* The pump's timer. */
void map_run_due(struct flow *flow, struct work *work, uint64_t id);
/* All runs that belong to executions of the machine (or of a run) go with it. */
void map_runs_purge(struct work *work, uint64_t machine_id);

/* ---- flow_run.c, for the pump ---- */

enum err run_load(struct flow *flow, struct work *work, const struct execution_ref *ref, struct run *run,
                  struct fault *reterr);
/* Steps what was loaded. starts may be NULL. */
/* One step of an execution that is at hand: flow_run.c. */
void run_step(struct run *run, const struct happening *what, struct value input, start_list *starts);
struct str run_arn(const struct run *run); /* of one whose edition is at hand */
void run_go_starts(struct run *run, const struct happening *what, start_list *starts);
/* An execution that is over goes on: flow_redrive.c. */
bool run_redrive(struct run *run, struct fault *reterr);
/* An execution of a run, from its beginning. */
void run_start_child(struct flow *flow, struct work *work, const struct map_run *of,
                     const struct start_order *order, uint32_t hops);

#endif
