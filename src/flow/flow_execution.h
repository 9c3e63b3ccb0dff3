/* flow_execution.h - an execution at rest: what the store keeps of it between steps.
 *
 * The root's branch stands in the execution's record. Each other branch has a record of its own, written when a
 * step has changed it; what a state needs again when its branches are over (its frame), and what those that are
 * over gave, stand under keys of their own too: a step costs what it touches, however many branches there are.
 *
 * Truths: 1. Its timers follow from it: flow_run.c compares what a step found with what it left, and adds and
 *            removes accordingly. Nothing else sets one.
 *         2. Whoever answers a branch names its entry; entries are never used twice in an execution, so a
 *            late answer to a former attempt is known as such.
 *         3. Input and output of the execution are not here: the first and the last event of the history have
 *            them.
 *         4. Of an execution that did not succeed stays what a redrive takes up: the branches as they were when it
 *            ended (the root's under a key of its own), frames, outputs and variables. None of them has a time, a job
 *            or a task; of one that succeeded nothing stays.
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
/* The same of a JSON text: whether it is nested deeper than can be read (JSON_DEPTH_MAX). */
bool value_text_is_deep(struct str text);

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
    BRANCH_FAMILY = 7,  /* Parallel, Map: until its own branches are over */
    BRANCH_MAP_RUN = 8, /* Map: until its executions are over */
    BRANCH_STOPPED = 9, /* it has entered its state, and begins that anew when the execution goes on */
    BRANCH_QUEUED = 16, /* its task waits for a worker of the activity */
    BRANCH_PHASES,
};

enum { TASK_SECRET_BYTES = 16, BRANCH_ROOT = 0 };
#define BRANCH_NONE UINT32_MAX

/* What a state with branches of its own needs again: its input, and, of a Map, that input after InputPath and
 * the items. */
struct frame {
    struct value input, from, items;
};
void frame_write(struct buf *out, struct arena *arena, struct frame *frame);
bool frame_read(struct str bytes, struct frame *ret); /* texts are slices of bytes */

/* One line of progress: the root, and those of Parallel and Map. An id is used again once its branch is over. */
struct branch {
    uint32_t id, parent; /* parent BRANCH_NONE: the root */
    uint32_t index;      /* which of its parent's: a branch of Parallel, an item of Map */
    enum branch_phase phase;
    uint32_t state;
    uint32_t entry;          /* of this attempt */
    uint32_t entered_event;  /* id of its StateEntered */
    uint32_t previous_event; /* id of its last event */
    int64_t entered_ms;
    struct value input;   /* of the state, as it came; in BRANCH_FAMILY it is in the frame */
    uint32_t retry_count; /* of the state, over all retriers */
    uint32_t *tries;      /* by retrier */
    uint32_t try_count;
    int64_t wake_ms;      /* BRANCH_WAIT, BRANCH_RETRY */
    int64_t timeout_ms;   /* when the task is over its time; 0: never */
    int64_t heartbeat_ms; /* when its heartbeat is missed; 0: never */
    int64_t heartbeat_span_ms;
    unsigned char secret[TASK_SECRET_BYTES];
    uint64_t variable_bytes; /* names and values of its variables */
    int64_t queued_ms;       /* of an activity's task: since when it waited for a worker; */
    int64_t timeout_span_ms; /* how long it may take from its start; 0: any time */
    struct str job;          /* BRANCH_JOB: ARN of the execution that it waits for */
    /* BRANCH_FAMILY: how many there are to be, were begun, gave an output; of a map run: items, those begun,
     * executions begun. */
    uint32_t children, begun, done;
    uint64_t map_run; /* BRANCH_MAP_RUN */

    /* Of the step at hand, not kept: */
    struct frame *frame;
    struct variables *variables; /* flow_variable.h; NULL: none was asked for */
    bool over, outputs_gone;
    bool cut;                   /* over, but kept should the execution end now: a redrive takes it up */
    enum branch_phase waited;   /* of one whose own branches were cut: how it waited for them, */
    struct frame *waited_frame; /* and on what; NULL: it was not, or what they were is of no use any more */
    struct str kept;            /* its record in the store; empty: none */
    uint64_t kept_variables;    /* bytes of its variables that are in the store */
    bool variables_gone;
    uint32_t kept_frame;  /* entry whose frame is in the store; 0: none */
    uint32_t kept_output; /* outputs of its branches that are in the store */
};

struct execution {
    enum execution_status status;
    struct str name;
    uint32_t revision; /* of the machine it runs */
    uint32_t redrives; /* how often it was taken up after its end, and when last; 0: never */
    int64_t redriven_ms;
    uint32_t version;              /* that it was started as; 0: none */
    struct str alias;              /* that it was started by; empty: none */
    struct str trace_header;       /* that came with its start; empty: none */
    uint32_t map_index, map_items; /* of a map run: which of its executions, of how many items */
    int64_t start_ms, stop_ms;
    int64_t timeout_ms;  /* of the whole; 0: never */
    int64_t continue_ms; /* more is to be done, at once; 0: it rests */
    uint32_t last_event, last_entry;
    uint32_t branch_count; /* ids given so far */
    uint32_t hops;
    struct str redrive_tokens;     /* of clients, the last few (flow_redrive.c) */
    uint64_t variable_bytes;       /* of all branches */
    struct str watchers;           /* addresses of tasks that wait for its end (flow_job.c) */
    VEC(struct branch *) branches; /* those at hand, the root first; empty when it is over */
};

void execution_write(struct buf *out, const struct execution *execution);
/* The head has no more: a name of 80 characters of four bytes, an alias of 80, 256 of a trace header, and numbers. */
enum { EXECUTION_HEAD_BYTES_MAX = 1024 };
/* False when it is not one. Texts are slices of bytes. whole: with the root's branch, of one that runs; else the head
 * only. */
bool execution_read(struct arena *arena, struct str bytes, bool whole, struct execution *ret);
struct branch *execution_branch(const struct execution *execution, uint32_t id); /* NULL: it is not at hand */
bool branch_has_frame(const struct branch *branch);
void branch_write(struct buf *out, const struct branch *branch);
bool branch_read(struct arena *arena, struct str bytes, struct branch *ret);

#endif
