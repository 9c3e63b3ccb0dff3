/* flow.h - state machines and their executions.
 *
 * Owns:    machines, executions and their histories in the store; a cache of plans.
 * Threads: what takes a `struct work` runs on the partition's writer thread; what takes a
 *          `struct store_reader` on any; flow_definition_check and flow_logging_check on any.
 * Truths:  1. One step, one batch: history, new state, timers and task deliveries of a step are committed
 *             together.
 *          2. What it keeps in memory can be dropped at any moment (flow_after_rollback) and is read again.
 *          3. A finished execution is three keys: its name, its record, its history (docs/internals/flow.md).
 */
#ifndef FLOW_FLOW_H
#define FLOW_FLOW_H

#include "base/fault.h"
#include "base/ns.h"
#include "deliver/deliver.h"
#include "json/json.h"
#include "store/writer.h"

struct flow;
struct metrics;

/* Whether tasks of the resource ARN can be run here. False: *ret_why says why not, or is left empty when the
 * ARN is not known at all. Asks nothing but tables: any thread. */
typedef bool flow_task_known_f(void *self, struct str resource, struct str *ret_why);

struct flow_settings {
    flow_task_known_f *task_known; /* NULL: no task is known */
    void *task_known_self;
    unsigned transitions_max;    /* states entered in one command before the rest is put off; 0: 1,000 */
    unsigned plans_max;          /* plans kept compiled; 0: 1,000 */
    unsigned list_scan_max;      /* records looked at for one page of a filtered list; 0: 10,000 */
    size_t page_bytes_max;       /* payload in one page of a history; 0: 4 MiB */
    unsigned history_events_max; /* of an execution; 0: 25,000 */
    struct metrics *metrics;     /* what it counts for AWS/States; NULL: nothing */
};

/* ---- life ---- */

/* Tasks go to deliver as deliveries of the kinds "operation", "waiting-operation", "activity" and "function", owned by
 * DELIVERY_OF_TASK; what is logged as deliveries of the kind "log-stream", owned by DELIVERY_OF_LOG. */
enum err flow_open(const struct flow_settings *settings, struct deliver *deliver, struct flow **ret) MUST_USE;
void flow_close(struct flow **flow);

/* ---- machines ---- */

struct flow_machine {
    struct str arn, name, definition, role_arn;
    struct str description;        /* of a version; empty: none */
    struct str logging;            /* loggingConfiguration as JSON text */
    struct str revision_id;        /* empty: never updated */
    struct str map_run_arn, label; /* of an execution of a map run; empty: it is of none */
    bool tracing;
    bool express; /* its type; it stays */
    bool deleting;
    int64_t created_ms, updated_ms;
};

/* Fault INVALID_DEFINITION, with all the text. */
bool flow_definition_check(const struct flow *flow, struct arena *arena, struct str definition, bool express,
                           struct fault *reterr);
struct flow_problem {
    struct str code, text, place; /* place: a JSON pointer; empty: none */
    bool warning;                 /* nothing is refused for it */
};
/* All that is wrong with a definition, at most max of it. */
size_t flow_definition_problems(const struct flow *flow, struct arena *arena, struct str definition,
                                bool express, bool warn, size_t max, struct flow_problem *ret);
/* The variables that states of a machine read, as an object of lists by state; empty: none does. Any thread. */
struct str flow_variable_references(struct arena *arena, struct str definition);
/* config: loggingConfiguration, or NULL. *ret: the text to keep. Fault INVALID_LOGGING_CONFIGURATION. Whether the
 * log group is there is for the caller to see. */
bool flow_logging_check(struct arena *arena, const struct json *config, struct str *ret,
                        struct fault *reterr);

/* ARN of the log group, as given; empty: its level is OFF. */
struct str flow_logging_group(const struct json *config);

/* machine: name, definition (checked), role_arn, logging, tracing; the rest is filled in. tags: an object,
 * may be NULL. An equal machine (definition, logging, tracing) is answered as made. Faults: INVALID_NAME,
 * MACHINE_EXISTS, MACHINE_DELETING, TOO_MANY_TAGS. */
bool flow_machine_create(struct flow *flow, struct work *work, struct ns ns, struct flow_machine *machine,
                         const struct json *tags, struct fault *reterr);
/* What is NULL stays as it is. *ret: the machine as it is now. Faults: INVALID_ARN,
 * MACHINE_NOT_FOUND, MACHINE_DELETING. */
struct flow_machine_change {
    const struct str *definition, *role_arn, *logging;
    const bool *tracing;
};
bool flow_machine_update(struct flow *flow, struct work *work, struct ns ns, struct str arn,
                         const struct flow_machine_change *change, struct flow_machine *ret,
                         struct fault *reterr);
/* Running executions are ended by their next step, then the machine is gone. A machine that is not there is
 * no error. Fault: INVALID_ARN. */
bool flow_machine_delete(struct flow *flow, struct work *work, struct ns ns, struct str arn,
                         struct fault *reterr);
bool flow_machine_describe(struct store_reader *reader, struct arena *arena, struct ns ns, struct str arn,
                           struct flow_machine *ret, struct fault *reterr);
/* By name, those after `after` (empty: from the first), at most max. *ret_more: there
 * are more. Without definitions. */
size_t flow_machine_list(struct store_reader *reader, struct arena *arena, struct ns ns, struct str after,
                         size_t max, struct flow_machine *ret, bool *ret_more);

/* ---- versions and aliases ---- */

struct flow_version {
    struct str arn;
    int64_t created_ms;
};

/* The machine as it is now, under the next number; one that was published as it is is answered as it was. revision_id
 * ptr NULL: whatever it is. Faults: INVALID_ARN, MACHINE_NOT_FOUND, MACHINE_DELETING, CONFLICT,
 * LIMIT_EXCEEDED. */
bool flow_version_publish(struct flow *flow, struct work *work, struct ns ns, struct str machine_arn,
                          struct str revision_id, struct str description, struct flow_version *ret,
                          struct fault *reterr);
/* One that is not there is no error. Faults: INVALID_ARN, VALIDATION, CONFLICT (an alias leads to it). */
bool flow_version_delete(struct flow *flow, struct work *work, struct ns ns, struct str arn,
                         struct fault *reterr);
/* Newest first. *position: where to begin, 0: the newest; afterwards where to go on, 0 at the end. */
bool flow_version_list(struct store_reader *reader, struct arena *arena, struct ns ns, struct str machine_arn,
                       uint32_t *position, size_t max, struct flow_version *ret, size_t *ret_count,
                       struct fault *reterr);

enum { FLOW_ROUTES_MAX = 2 };
struct flow_route {
    struct str version_arn;
    uint32_t weight; /* of 100 */
};
struct flow_alias {
    struct str arn, name, description;
    struct flow_route routes[FLOW_ROUTES_MAX];
    size_t route_count;
    int64_t created_ms, updated_ms;
};

/* alias: name, description, routes; the rest is filled in. Faults: INVALID_ARN, VALIDATION, NOT_FOUND, CONFLICT,
 * MACHINE_DELETING, LIMIT_EXCEEDED. */
bool flow_alias_create(struct flow *flow, struct work *work, struct ns ns, struct flow_alias *alias,
                       struct fault *reterr);
/* What is NULL stays as it is; routes: its routes only. Faults as above. */
bool flow_alias_update(struct flow *flow, struct work *work, struct ns ns, struct str arn,
                       const struct str *description, const struct flow_alias *routes,
                       int64_t *ret_updated_ms, struct fault *reterr);
/* Faults: INVALID_ARN, VALIDATION, NOT_FOUND. */
bool flow_alias_delete(struct work *work, struct ns ns, struct str arn, struct fault *reterr);
bool flow_alias_describe(struct store_reader *reader, struct arena *arena, struct ns ns, struct str arn,
                         struct flow_alias *ret, struct fault *reterr);
/* By name, those after `after`; of a version's ARN those that lead to it. Faults: INVALID_ARN, MACHINE_NOT_FOUND,
 * MACHINE_DELETING, NOT_FOUND. */
bool flow_alias_list(struct store_reader *reader, struct arena *arena, struct ns ns, struct str machine_arn,
                     struct str after, size_t max, struct flow_alias *ret, size_t *ret_count, bool *ret_more,
                     struct fault *reterr);

/* ---- executions ---- */

struct flow_started {
    struct str execution_arn; /* in work->arena */
    int64_t start_ms;
    uint64_t express_id; /* of one that flow_start_sync has started */
};

/* Starts an execution inside the command's batch and runs it until it waits, ends or has used its share of
 * the command. machine_arn may be of a version or an alias too. name empty: a random
 * UUID. input: JSON text. Faults: INVALID_ARN, MACHINE_NOT_FOUND, MACHINE_DELETING, EXECUTION_EXISTS,
 * INVALID_NAME, INVALID_EXECUTION_INPUT. hops: how many bus hops led here (0 from a client); kept with the
 * execution so that the events it emits carry it on. */
bool flow_start(struct flow *flow, struct work *work, struct ns ns, struct str machine_arn, struct str name,
                struct str input, uint32_t hops, struct flow_started *ret, struct fault *reterr);
/* Checks the input of an execution, on any thread; then flow_start_checked takes it as it is. */
bool flow_input_check(struct arena *arena, struct str input, struct json *ret, struct fault *reterr);
struct flow_order { /* as for flow_start */
    struct str machine_arn, name, input;
    struct json value;       /* of the input */
    struct str trace_header; /* kept and shown; empty: none */
    struct str waiting_arn; /* for flow_start_sync: of the execution whose task waits; empty: a client does */
    uint32_t hops;
};
bool flow_start_checked(struct flow *flow, struct work *work, struct ns ns, const struct flow_order *order,
                        struct flow_started *ret, struct fault *reterr);
struct flow_execution;
/* Starts an execution of an Express machine whose end is asked for: by flow_express_result, on the writer's thread, at
 * once and again when the topic execution_arn is ready (flow_on_ready). Faults as flow_start, and
 * MACHINE_TYPE_NOT_SUPPORTED, EXECUTION_LIMIT (too many run, or wait for one another in a row). */
bool flow_start_sync(struct flow *flow, struct work *work, struct ns ns, const struct flow_order *order,
                     struct flow_started *ret, struct fault *reterr);
/* False: it still runs. True: its end, told once. */
bool flow_express_result(struct flow *flow, struct arena *arena, uint64_t express_id,
                         struct flow_execution *ret);
/* Of one that is over already: when that was. Faults: INVALID_ARN, EXECUTION_NOT_FOUND. */
bool flow_stop(struct flow *flow, struct work *work, struct ns ns, struct str arn, struct str error,
               struct str cause, int64_t *ret_stop_ms, struct fault *reterr);

struct flow_execution {
    struct str arn, machine_arn, name, status;
    struct str version_arn, alias_arn;      /* empty: it was started by neither */
    struct str input, output, error, cause; /* ptr NULL: none. Not in lists. */
    struct str map_run_arn;                 /* empty: it is of no map run */
    struct str trace_header;                /* empty: none came with its start */
    uint32_t item_count;                    /* of its map run */
    bool running, succeeded;
    int64_t start_ms, stop_ms;
    uint32_t redrives;
    int64_t redriven_ms; /* 0: never */
    /* Not in lists: whether it can be redriven now, and why not (empty: it can). */
    struct str redrive_status, redrive_reason;
};

bool flow_execution_describe(struct store_reader *reader, struct arena *arena, struct ns ns, struct str arn,
                             int64_t now_ms, struct flow_execution *ret, struct fault *reterr);
/* The machine as it was when the execution started. */
bool flow_execution_machine(struct store_reader *reader, struct arena *arena, struct ns ns, struct str arn,
                            struct flow_machine *ret, struct fault *reterr);
/* Of a machine, or of a map run (by its ARN), newest first. status empty: all. *position: where to begin
 * (empty: the newest); afterwards where to go on, empty at the end. A page may have fewer than max though there
 * are more. */
bool flow_execution_list(const struct flow *flow, struct store_reader *reader, struct arena *arena,
                         struct ns ns, struct str machine_arn, struct str status, size_t max,
                         struct str *position, struct flow_execution *ret, size_t *ret_count,
                         struct fault *reterr);
/* Writes events as GetExecutionHistory shows them. *id: the first to show (0: the first, or the last when
 * reverse); afterwards where to go on, 0 at the end. */
bool flow_history_write(const struct flow *flow, struct store_reader *reader, struct arena *arena,
                        struct ns ns, struct str arn, bool reverse, bool data, size_t max, uint32_t *id,
                        struct json_writer *out, struct fault *reterr);

/* ---- map runs ---- */

struct flow_map_counts {
    uint32_t pending, running, succeeded, failed, timed_out, aborted, total;
    uint32_t pending_redrive, not_redrivable;
};
struct flow_map_run {
    struct str arn, execution_arn, machine_arn, status;
    bool running;
    int64_t start_ms, stop_ms;
    uint32_t concurrency, tolerated_count;
    double tolerated_percentage;
    struct flow_map_counts items, executions;
    uint32_t redrives;
    int64_t redriven_ms; /* 0: never */
};
/* What is NULL stays as it is. */
struct flow_map_run_change {
    const uint32_t *concurrency, *tolerated_count;
    const double *tolerated_percentage;
};

/* Faults: INVALID_ARN, NOT_FOUND. */
bool flow_map_run_describe(struct store_reader *reader, struct arena *arena, struct ns ns, struct str arn,
                           struct flow_map_run *ret, struct fault *reterr);
bool flow_map_run_update(struct flow *flow, struct work *work, struct ns ns, struct str arn,
                         const struct flow_map_run_change *change, struct fault *reterr);
/* Of an execution, newest first. *position: as for flow_execution_list. */
bool flow_map_run_list(struct store_reader *reader, struct arena *arena, struct ns ns,
                       struct str execution_arn, size_t max, struct str *position, struct flow_map_run *ret,
                       size_t *ret_count, struct fault *reterr);

/* Takes up an execution that is over and did not succeed, at what did not. token: of the client (empty: none); the same
 * again within 15 minutes is answered as it was. Faults: INVALID_ARN, EXECUTION_NOT_FOUND, NOT_REDRIVABLE,
 * EXECUTION_LIMIT. */
bool flow_redrive(struct flow *flow, struct work *work, struct ns ns, struct str arn, struct str token,
                  int64_t *ret_ms, struct fault *reterr);

/* ---- answers by task token ---- */

/* Faults: INVALID_TOKEN, INVALID_OUTPUT, TASK_NOT_FOUND, TASK_TIMED_OUT. */
bool flow_task_succeed(struct flow *flow, struct work *work, struct str token, struct str output,
                       struct fault *reterr);
bool flow_task_fail(struct flow *flow, struct work *work, struct str token, struct str error,
                    struct str cause, struct fault *reterr);
bool flow_task_heartbeat(struct flow *flow, struct work *work, struct str token, struct fault *reterr);

/* ---- activities ---- */

struct flow_activity {
    struct str arn, name;
    int64_t created_ms;
};

/* One of that name that is there is answered as made. Faults: INVALID_NAME, ACTIVITY_LIMIT, TOO_MANY_TAGS. */
bool flow_activity_create(struct flow *flow, struct work *work, struct ns ns, struct str name,
                          const struct json *tags, struct flow_activity *ret, struct fault *reterr);
/* One that is not there is no error. Tasks that wait for it go on waiting. Fault: INVALID_ARN. */
bool flow_activity_delete(struct work *work, struct ns ns, struct str arn, struct fault *reterr);
/* Faults: INVALID_ARN, ACTIVITY_NOT_FOUND. */
bool flow_activity_describe(struct store_reader *reader, struct arena *arena, struct ns ns, struct str arn,
                            struct flow_activity *ret, struct fault *reterr);
/* As flow_machine_list. */
size_t flow_activity_list(struct store_reader *reader, struct arena *arena, struct ns ns, struct str after,
                          size_t max, struct flow_activity *ret, bool *ret_more);

struct flow_activity_task {
    struct str token, input; /* token empty: none waits */
};
/* Hands the task that waits longest to a worker (name may be empty). Faults: INVALID_ARN, ACTIVITY_NOT_FOUND. */
bool flow_activity_take(struct flow *flow, struct work *work, struct ns ns, struct str arn, struct str worker,
                        struct flow_activity_task *ret, struct fault *reterr);
/* The worker never got it: it waits again, at the place where it was. Nothing when its token is of use no more. */
void flow_activity_return(struct flow *flow, struct work *work, struct ns ns, struct str arn,
                          const struct flow_activity_task *task);
/* For the target of the kind "activity": the task waits for a worker. Faults as flow_activity_describe. */
bool flow_activity_offer(struct flow *flow, struct work *work, const struct delivery *delivery,
                         struct fault *reterr);
/* What polls of an activity wait for. ready is told it on the writer's thread, after the commit, once for each task
 * that began to wait. */
struct str flow_activity_topic(struct arena *arena, struct ns ns, struct str name);
typedef void flow_ready_f(void *self, struct str topic);
void flow_on_ready(struct flow *flow, flow_ready_f *ready, void *self);

/* Whether the ARN names something of flow's that can have tags. Faults: INVALID_ARN, NOT_FOUND. */
bool flow_taggable(struct store_reader *reader, struct arena *arena, struct ns ns, struct str arn,
                   struct fault *reterr);

/* ---- look ---- */

/* Executions since the start. Of those of Express machines nothing else tells afterwards. */
struct flow_stats {
    uint64_t started, succeeded, failed; /* executions of Standard machines; redriven ones end once more */
    uint64_t express_started, express_succeeded, express_failed; /* failed: all that did not succeed */
    uint64_t express_transitions;                                /* states that they entered or tried again */
};
void flow_stats(const struct flow *flow, struct flow_stats *ret); /* any thread */

/* ---- hooks ---- */

/* deliver_on_done of DELIVERY_OF_TASK, writer_on_timer of TIMER_FLOW, and the writer's after_rollback. */
void flow_task_done(void *flow, struct work *work, const struct delivery *delivery,
                    const struct delivery_result *result);
bool flow_due(void *flow, struct work *work, struct str ref);
/* deliver_on_wanted of DELIVERY_OF_TASK: whether the task still waits for it. */
bool flow_task_wanted(void *flow, struct work *work, const struct delivery *delivery);
void flow_after_rollback(void *flow);
void flow_after_commit(void *flow);

#endif
