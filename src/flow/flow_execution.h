/* flow_execution.h - an execution at rest: what the store keeps of it between steps.
 *
 * Truths: 1. Its timers follow from it: flow_run.c compares what a step found with what it left, and adds and
 *            removes accordingly. Nothing else sets one.
 *         2. Whoever answers a branch names its entry; entries are never used twice in an execution, so a
 *            late answer to a former attempt is known as such.
 *         3. Input and output of the execution are not here: the first and the last event of the history have
 *            them.
 */
#ifndef FLOW_FLOW_EXECUTION_H
#define FLOW_FLOW_EXECUTION_H

#include "base/vec.h"
#include "flow/flow_pack.h"
#include "json/json.h"

/* JSON as a value, as text, or as both; each is made from the other when it is asked for. */
struct value {
    struct json json;
    struct str text;
    bool has_json, has_text;
};

struct value value_of_text(struct str text);
struct value value_of_json(const struct json *json);
struct value value_empty_object(void);
const struct json *value_json(struct arena *arena, struct value *value); /* text must be JSON: asserts */
struct str value_text(struct arena *arena, struct value *value);
/* What was put together from parts may be far larger than any of them, or deeper than can be read back: to
 * be asked before it is rendered. Large: certainly over bytes_max; the text's length says it exactly. */
enum value_shape { VALUE_FITS, VALUE_LARGE, VALUE_DEEP };
enum value_shape value_shape(const struct value *value, size_t bytes_max);

/* Where an execution lies in the store; it names it in tokens, timers and deliveries. */
struct execution_ref {
    uint64_t machine_id;
    int64_t start_ms;
    uint64_t nonce; /* smaller is newer within a millisecond */
};

/* The numbers are stored. */
enum execution_status {
    EXECUTION_RUNNING = 1,
    EXECUTION_SUCCEEDED = 2,
    EXECUTION_FAILED = 3,
    EXECUTION_TIMED_OUT = 4,
    EXECUTION_ABORTED = 5,
    EXECUTION_STATUSES,
};
struct str execution_status_name(enum execution_status status);

enum branch_phase {
    BRANCH_READY = 1,   /* about to enter its state */
    BRANCH_TASK = 2,    /* its task is on the way */
    BRANCH_TOKEN = 3,   /* its task was handed over; it waits for the token */
    BRANCH_WAIT = 4,    /* a Wait state, until wake_ms */
    BRANCH_RETRY = 5,   /* its task is scheduled anew at wake_ms */
    BRANCH_JOB = 6,     /* its task started an execution, and waits for its end */
    BRANCH_QUEUED = 16, /* its task waits for a worker of the activity */
    BRANCH_PHASES,
};

enum { TASK_SECRET_BYTES = 16, BRANCH_ROOT = 0 };
#define BRANCH_NONE UINT32_MAX

/* One line of progress: the root, later those of Parallel and Map. */
struct branch {
    uint32_t id, parent; /* parent BRANCH_NONE: the root */
    enum branch_phase phase;
    uint32_t state;
    uint32_t entry;          /* of this attempt */
    uint32_t entered_event;  /* id of its StateEntered */
    uint32_t previous_event; /* id of its last event */
    int64_t entered_ms;
    struct value input;   /* of the state, as it came */
    uint32_t retry_count; /* of the state, over all retriers */
    uint32_t *tries;      /* by retrier */
    uint32_t try_count;
    int64_t wake_ms;      /* BRANCH_WAIT, BRANCH_RETRY */
    int64_t timeout_ms;   /* when the task is over its time; 0: never */
    int64_t heartbeat_ms; /* when its heartbeat is missed; 0: never */
    int64_t heartbeat_span_ms;
    unsigned char secret[TASK_SECRET_BYTES];
    int64_t queued_ms;       /* of an activity's task: since when it waited for a worker; */
    int64_t timeout_span_ms; /* how long it may take from its start; 0: any time */
    struct str job;          /* BRANCH_JOB: ARN of the execution that it waits for */
};

struct execution {
    enum execution_status status;
    struct str name;
    uint32_t revision; /* of the machine it runs */
    int64_t start_ms, stop_ms;
    int64_t timeout_ms;  /* of the whole; 0: never */
    int64_t continue_ms; /* more is to be done, at once; 0: it rests */
    uint32_t last_event, last_entry;
    uint32_t hops;
    struct str watchers;         /* addresses of tasks that wait for its end (flow_job.c) */
    VEC(struct branch) branches; /* empty when it is over */
};

void execution_write(struct buf *out, const struct execution *execution);
/* False when it is not one. Texts are slices of bytes. whole: with the branches; else the head only. */
bool execution_read(struct arena *arena, struct str bytes, bool whole, struct execution *ret);
struct branch *execution_branch(struct execution *execution, uint32_t id); /* NULL: it is over */

#endif
