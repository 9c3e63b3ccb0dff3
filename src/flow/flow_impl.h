/* flow_impl.h - inside the room: keys, records, the cache; for flow_machine.c,
 * flow_run.c, flow_execution_read.c.
 *
 * Keys, all | 'f' u8 | partition u16 | kind u8 | ...:
 *
 *   'm' | account | region | name                                     -> machine: id, revision, deleting, made
 *   'r' | machine id u64 | revision u32                               -> what that revision is
 *   'n' | machine id u64 | execution name                             -> start, nonce
 *   'e' | machine id u64 | start, newest first | nonce u64            -> execution (flow_execution.h)
 *   'p' | machine id u64 | version u32, newest first                  -> version (flow_version.c)
 *   'l' | machine id u64 | alias name                                 -> alias (flow_alias.c)
 *   'a' | account | region | name                                     -> activity: version, made
 *   'q' | account | region | name 0 | queued u64 | address            -> input of a task that waits for a worker
 *   'u' | machine id u64 | start, newest first | nonce u64            -> nothing: it runs
 *   'h' | machine id u64 | start, newest first | nonce | first id u32 -> chunk (flow_history.h)
 *   'b' | machine id u64 | start, newest first | nonce | branch u32   -> branch; the root only when it did not succeed
 *   'i' | machine id u64 | start, newest first | nonce | branch u32   -> frame of one that waits for its own
 *   'v' | machine id u64 | start, newest first | nonce | branch u32 | name      -> value of a variable
 *   'o' | machine id u64 | start, newest first | nonce | branch u32 | index u32 -> output of one of its own
 *   'x', 'y': map runs (flow_map_run.h)
 */
#ifndef FLOW_FLOW_IMPL_H
#define FLOW_FLOW_IMPL_H

#include <stdatomic.h>

#include "base/arn.h"
#include "base/map.h"
#include "flow/flow.h"
#include "flow/flow_execution.h"
#include "flow/flow_log.h"
#include "flow/flow_plan.h"
#include "flow/flow_step.h"
#include "flow/flow_token.h"
#include "metrics/metrics_meter.h"
#include "store/key.h"

enum {
    PAYLOAD_BYTES_MAX = 262144,
    HISTORY_EVENTS_MAX = 25000,
    REDRIVE_EVENTS_MAX = HISTORY_EVENTS_MAX - 1, /* with so many an execution cannot go on after its end */
    NAME_CHARACTERS_MAX = 80,
    EXPRESS_TIME_MAX_MS = 300000, /* of an execution of type EXPRESS */
};

/* ---- keys ---- */

void key_machine(struct key *key, uint16_t partition, struct ns ns, struct str name);
void key_machine_prefix(struct key *key, uint16_t partition, struct ns ns);
void key_revision(struct key *key, uint16_t partition, uint64_t machine_id, uint32_t revision);
void key_name(struct key *key, uint16_t partition, uint64_t machine_id, struct str name);
/* kind: 'e' or 'u'; of 'h', 'b', 'i', 'o', 'v' a prefix */
void key_execution(struct key *key, uint16_t partition, char kind, const struct execution_ref *ref);
void key_chunk(struct key *key, uint16_t partition, const struct execution_ref *ref, uint32_t first_id);
/* kind: 'b' or 'i'; of 'o', 'v' a prefix */
void key_branch(struct key *key, uint16_t partition, char kind, const struct execution_ref *ref,
                uint32_t branch);
void key_of_machine(struct key *key, uint16_t partition, char kind, uint64_t machine_id); /* a prefix */
void key_variable(struct key *key, uint16_t partition, const struct execution_ref *ref, uint32_t branch,
                  struct str name);
bool key_execution_read(struct str key, struct execution_ref *ret);

/* ---- records ---- */

struct machine_record {
    uint64_t id;
    uint32_t revision, version_last; /* version_last: number of the version published last; 0: none was */
    bool deleting, express;
    int64_t created_ms;
};
void machine_record_write(struct buf *out, const struct machine_record *record);
bool machine_record_read(struct str bytes, struct machine_record *ret);

struct revision_record {
    struct str account, region, name; /* of the machine */
    struct str definition, role_arn, logging, revision_id;
    bool tracing, express;
    int64_t updated_ms;
};
void revision_record_write(struct buf *out, const struct revision_record *record);
bool revision_record_read(struct str bytes, struct revision_record *ret);

struct version_record {
    uint32_t revision;
    int64_t created_ms;
    struct str description, revision_id;
};

/* ---- names and ARNs ---- */

/* The resource part of an ARN of the service's, and whether it lies in ns. */
bool states_arn_read(struct arena *arena, struct ns ns, struct str text, struct str *ret_type,
                     struct str *ret_rest, bool *ret_here, struct fault *reterr);
bool states_type_wrong(struct arena *arena, struct str type, struct fault *reterr);
bool name_check(struct arena *arena, struct str name, struct fault *reterr);
/* arn:aws:states:R:A:stateMachine:NAME. Faults INVALID_ARN; MACHINE_NOT_FOUND when it can be none in ns;
 * VALIDATION when it names a Map state of one (NAME/LABEL). */
bool machine_arn_read(struct arena *arena, struct ns ns, struct str arn, struct str *ret_name,
                      struct fault *reterr);
bool execution_arn_read(struct arena *arena, struct ns ns, struct str arn, struct str *ret_machine,
                        struct str *ret_name, struct fault *reterr);
/* ...:stateMachine:NAME[:VERSION|:ALIAS]. Faults as machine_arn_read. */
struct machine_qualified {
    struct str arn, name; /* of the machine */
    uint32_t version;     /* 0: none */
    struct str alias;     /* empty: none */
};
bool machine_qualified_read(struct arena *arena, struct ns ns, struct str arn, struct machine_qualified *ret,
                            struct fault *reterr);
struct str version_arn_make(struct arena *arena, struct ns ns, struct str machine, uint32_t number);
struct str machine_arn_make(struct arena *arena, struct ns ns, struct str name);
struct str execution_arn_make(struct arena *arena, struct ns ns, struct str machine, struct str name);
struct str express_arn_make(struct arena *arena, struct ns ns, struct str machine, struct str name,
                            struct str uuid);

/* ---- reading, any thread ---- */

/* ERR_NOTFOUND; anything else is a store that cannot be read. */
enum err machine_find(struct store_reader *reader, struct arena *arena, uint16_t partition, struct ns ns,
                      struct str name, struct machine_record *ret);
enum err revision_find(struct store_reader *reader, struct arena *arena, uint16_t partition,
                       uint64_t machine_id, uint32_t revision, struct revision_record *ret);
enum err version_find(struct store_reader *reader, struct arena *arena, uint16_t partition,
                      uint64_t machine_id, uint32_t number, struct version_record *ret);
enum err execution_find(struct store_reader *reader, struct arena *arena, uint16_t partition,
                        const struct execution_ref *ref, bool whole, struct execution *ret);
/* By ARN; sets the fault. */
bool execution_find_arn(struct store_reader *reader, struct arena *arena, struct ns ns, struct str arn,
                        bool whole, struct execution_ref *ret_ref, struct execution *ret,
                        struct fault *reterr);
/* Why an execution cannot go on after its end, in the service's words; empty: it can. deleting: its machine is. */
struct str flow_redrive_refusal(const struct execution *execution, bool deleting, int64_t now_ms);
/* Input of the execution: the first event's. */
enum err execution_input(struct store_reader *reader, struct arena *arena, uint16_t partition,
                         const struct execution_ref *ref, struct str *ret);

/* ---- the room ---- */

/* A machine by name, and a revision ready to run. They may be of the batch:
 * flow_after_rollback drops young ones. */
struct machine {
    struct machine_record record;
    bool young;
};
struct edition {
    struct arena arena;
    uint64_t machine_id;
    uint32_t revision;
    struct ns ns;
    struct str machine_name, machine_arn, role_arn; /* of a map run: Machine/Label */
    struct str owner_name, owner_arn;               /* of the machine itself */
    uint64_t owner_id;
    bool child; /* of a map run: executions begin with the state start */
    uint32_t start;
    struct logging logging;
    struct plan *plan;
    bool young, express;
    struct metrics_place *meter; /* of the machine */
};

struct flow {
    struct flow_settings settings;
    struct deliver *deliver;
    struct map machines;                             /* of struct machine by key */
    struct map editions;                             /* of struct edition by (machine id, revision) */
    int64_t changed_ms;                              /* when a machine was written last */
    uint32_t nonce;                                  /* of the last start, counting down */
    struct buf history, record;                      /* scratch of a step */
    struct map expresses;                            /* executions of Express machines, by nonce */
    struct map nested;                               /* those of them that a task waits for, by ARN */
    struct map trials;                               /* tasks of states that are tried, by nonce */
    atomic_uint_fast64_t started, succeeded, failed; /* of Standard machines */
    atomic_uint_fast64_t express_started, express_succeeded, express_failed, express_transitions;
    struct writer *writer;
    struct arena ready_arena;
    VEC(struct str) ready; /* topics of activities that have tasks since the last commit */
    flow_ready_f *on_ready;
    void *on_ready_self;
    struct frame_cache *frames; /* NULL: none is kept */
    struct parsed_cache *parsed;
};

/* What timers, deliveries and queue entries are for, in their addresses. */
enum purpose {
    PURPOSE_TASK = 1, /* of a delivery, not of a timer */
    PURPOSE_WAKE = 2,
    PURPOSE_TASK_TIMEOUT = 3,
    PURPOSE_HEARTBEAT = 4,
    PURPOSE_EXECUTION_TIMEOUT = 5,
    PURPOSE_CONTINUE = 6,
    PURPOSE_PUMP = 32,    /* of a map run; the nonce is its id */
    PURPOSE_EXPRESS = 65, /* of a delivery of an Express execution's task */
    PURPOSE_TRIAL = 66,   /* of a delivery of the task of a state that is tried */
    PURPOSE_QUEUED = 64,  /* of an activity's queue */
};

/* ---- what is counted for AWS/States: flow_metrics.c ---- */

/* After a step: begun and redriven by it, or over with it (its status, at work->now_ms); and its tasks. */
void flow_count(struct flow *flow, struct work *work, const struct edition *edition, const struct step *step,
                bool begun, bool redriven);

/* ---- tasks that wait for a worker: flow_activity.c ---- */

struct queued {
    uint32_t branch, entry;
    int64_t queued_ms;
    struct str name; /* of the activity */
};
typedef VEC(struct queued) queue_list;

void queue_add(struct arena *arena, queue_list *list, const struct plan *plan, const struct branch *branch);
queue_list queue_of(struct arena *arena, const struct plan *plan, const struct execution *execution);
/* After a step: what waits no more leaves its queue. */
void queue_move(struct work *work, struct ns ns, const struct execution_ref *ref, const queue_list *before,
                struct execution *execution);
/* flow_run.c: a queued task is handed to a worker; false: it waits no more. And back, with the time at which it was
 * queued first. */
bool flow_task_start(struct flow *flow, struct work *work, const struct flow_address *address,
                     struct str worker, struct str *ret_token);
bool flow_task_put_back(struct flow *flow, struct work *work, struct str token,
                        struct flow_address *ret_address, int64_t *ret_queued_ms);

/* ---- executions of Express machines: flow_express.c ---- */

struct flow_express_start {
    struct str name, input;
    const struct json *value; /* of the input */
    uint32_t version, hops;
    struct str alias;
    bool waited;            /* flow_express_result will ask for its end */
    struct str waiting_arn; /* of the execution whose task does; empty: none */
};
bool flow_express_start(struct flow *flow, struct work *work, const struct edition *edition,
                        const struct flow_express_start *start, struct flow_started *ret,
                        struct fault *reterr);
/* Whether a task of one still waits for its delivery. */
bool flow_express_task_wanted(struct flow *flow, struct work *work, const struct flow_address *address);
void flow_express_task_done(struct flow *flow, struct work *work, const struct flow_address *address,
                            const struct delivery_result *result);
void flow_expresses_close(struct flow *flow);
/* What a task of one gave: for a task that is not carried out again. */
struct happening flow_task_happening(struct arena *arena, uint32_t branch,
                                     const struct delivery_result *result);

/* ---- states that are tried: flow_trial_task.c ---- */

bool flow_trial_task_wanted(struct flow *flow, const struct flow_address *address);
void flow_trial_task_done(struct flow *flow, const struct flow_address *address,
                          const struct delivery_result *result);
void flow_trials_close(struct flow *flow);
/* The kind of target that carries out tasks of the resource. */
struct str flow_task_kind(struct str resource);

/* ---- executions that tasks wait for: flow_job.c ---- */

struct job {
    uint32_t branch, entry;
    struct str arn; /* of the execution */
};
typedef VEC(struct job) job_list;
enum { JOB_WATCHERS_MAX = 1000 };

/* Of the branches at hand; of one. */
job_list jobs_of(struct arena *arena, const struct execution *execution);
void jobs_add(struct arena *arena, job_list *list, const struct branch *branch);
/* After a step of ref: whom it waits for now is told to tell its end; whom it waits for no more is stopped.
 * ended: the branch whose job has just ended by itself; BRANCH_NONE: none. */
void flow_jobs_move(struct flow *flow, struct work *work, struct ns ns, const struct execution_ref *ref,
                    const job_list *before, const job_list *after, uint32_t ended);
/* The execution is over: who waits for it is told. */
void flow_job_ended(struct flow *flow, struct work *work, struct ns ns, const struct execution *execution,
                    struct str arn);

/* What the step has told goes to the machine's log group (flow_log.c). Uses flow->record. */
void flow_log_step(struct flow *flow, struct work *work, const struct edition *edition,
                   const struct execution *execution, struct str arn, const struct step *step);

/* Frames kept parsed (flow_frame.c): all are dropped; a step begins. */
void flow_frames_forget(struct flow *flow);
void flow_frames_turn(struct flow *flow);
void flow_parsed_forget(struct flow *flow);
void flow_parsed_turn(struct flow *flow);

/* On the writer's thread, through the cache. */
bool flow_machine_get(struct flow *flow, struct work *work, struct ns ns, struct str name, struct str arn,
                      struct machine_record *ret, struct fault *reterr);
void flow_machine_put(struct flow *flow, struct work *work, struct ns ns, struct str name,
                      const struct machine_record *record);
/* Names of the aliases that lead to the version, parted by commas. */
struct str flow_aliases_of(struct work *work, uint64_t machine_id, uint32_t version);
/* The revision that a start by this ARN takes, and its version (0: none); of an alias by weight. */
bool flow_route_pick(struct work *work, struct ns ns, const struct machine_qualified *which, struct str arn,
                     const struct machine_record *machine, uint32_t *ret_version, uint32_t *ret_revision,
                     struct fault *reterr);
/* NULL with the fault set. Valid until a rollback, a purge, or the next one got. */
const struct edition *flow_edition_get(struct flow *flow, struct work *work, uint64_t machine_id,
                                       uint32_t revision, struct fault *reterr);
void flow_forget(struct flow *flow, bool all);
/* The machine was being deleted and nothing of it runs any more. */
void flow_machine_purge(struct flow *flow, struct work *work, struct ns ns, struct str name,
                        uint64_t machine_id);
/* All that stands under the id, of a machine or a map run. */
void flow_purge_executions(struct work *work, uint64_t machine_id);
/* Deletes all keys with the prefix: few one by one, many as a range, over which readers must step for a while. */
void flow_keys_delete(struct work *work, const struct key *prefix);
bool flow_machine_runs(struct work *work, uint64_t machine_id);

#endif
