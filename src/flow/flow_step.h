/* flow_step.h - one step of an execution: what happened goes in, a new state, events and commands come out.
 *
 * Pure: no store, no clock, no delivery. (plan, execution, what happened, now, randomness) say all; what of an
 * execution at rest is not at hand is asked for through `rest`.
 *
 * The driver enters states until every branch waits for something, the execution is over, or the step has had
 * its share (transitions_max, history_bytes_max); then execution->continue_ms asks for another step at once.
 *
 *   READY --enter--> leave --> READY (next state), or the branch's end
 *                    sleep --> TASK, TOKEN, JOB, WAIT --resume--> leave, sleep, fail
 *                    fail  --> RETRY --its time--> READY of the same state; a catcher's next state; the end
 *
 *   the end without success: READY stays, FAMILY and MAP_RUN too, all else is STOPPED; a redrive begins the states of
 *   those that are STOPPED anew, without entering them
 */
#ifndef FLOW_FLOW_STEP_H
#define FLOW_FLOW_STEP_H

#include "flow/flow_execution.h"
#include "flow/flow_history.h"
#include "flow/flow_plan.h"

/* Who the execution is; for the context object and its events. */
struct execution_names {
    struct execution_ref ref;
    struct str execution_arn, machine_arn, machine_name, role_arn, region;
    struct str version_arn, alias_arn; /* empty: it was started by neither */
    bool
        child; /* of a map run: it begins with the state start, and the machine's TimeoutSeconds is not its */
    uint32_t start;
};

enum happening_kind {
    HAPPENED_START, /* value: the input */
    HAPPENED_CONTINUE,
    HAPPENED_DELIVERED,     /* the task was carried out; value: what came back */
    HAPPENED_REJECTED,      /* it was not: error, cause; unplaced, unreached: it was not even begun */
    HAPPENED_TOKEN_SUCCESS, /* value: the output */
    HAPPENED_TOKEN_FAILURE, /* error, cause */
    HAPPENED_JOB_ENDED,     /* the execution that the task started is over; value: its description */
    HAPPENED_HEARTBEAT,
    HAPPENED_TASK_STARTED,  /* a worker has taken it: worker; has a token from now on */
    HAPPENED_TASK_PUT_BACK, /* the worker never got it */
    HAPPENED_WAKE,          /* wake_ms has come */
    HAPPENED_TIMEOUT,       /* timeout_ms of the task has */
    HAPPENED_HEARTBEAT_MISSED,
    HAPPENED_EXECUTION_TIMEOUT,
    HAPPENED_REDRIVE,    /* it was over, and goes on; all branches are at hand; runs: the map runs of them */
    HAPPENED_STOP,       /* error, cause; empty: none */
    HAPPENED_RUN_REFILL, /* count more executions of the map run may begin */
    HAPPENED_RUN_SUCCEEDED, /* all have; count: that gave an output */
    HAPPENED_RUN_FAILED,    /* error, cause */
};

/* A map run that goes on. */
struct run_redriven {
    uint64_t map_run;
    struct str arn;
    uint32_t redrives; /* how often it was, with this time */
};

struct happening {
    enum happening_kind kind;
    uint32_t branch; /* of those that are for one */
    struct value value;
    struct str error, cause;
    bool unplaced, unreached; /* there is nothing where it was to go; no connection was made */
    struct str worker;        /* may be empty */
    uint32_t count;
    const struct run_redriven *runs;
    size_t run_count;
};

/* How much of a map run may run at once, and fail. */
struct map_limits {
    uint32_t concurrency; /* 0: as many as may be */
    bool has_count, has_percentage;
    uint32_t count;
    double percentage;
};

/* A map run to be begun. */
struct run_order {
    uint32_t branch, entry, start; /* start: state that its executions begin with */
    uint32_t items, batches;
    bool express; /* they are of that type */
    struct str label, uuid;
    struct map_limits limits;
};
/* An execution of a map run to be begun. */
struct start_order {
    uint32_t index, items;
    struct str input;
};
typedef VEC(struct start_order) start_list;

/* A task to be carried out. */
struct task_order {
    uint32_t branch, entry;
    struct str resource;
    struct str parameters;
};

/* What a branch of a Parallel or Map gave, until all have. */
struct output {
    uint32_t parent, index;
    struct str text;
    bool gone;
};
typedef VEC(struct output) output_list;

/* Reads what the store keeps of the execution beside its record. What it gives lives as long as the step. */
struct step_rest {
    void *self;
    struct branch *(*branch)(void *self, uint32_t id); /* into execution->branches; NULL: it is over */
    void (*branches)(void *self);                      /* all of them */
    struct frame *(*frame)(void *self, const struct branch *branch);
    void (*outputs)(void *self, const struct branch *parent, output_list *list);
    bool (*variable)(void *self, const struct branch *branch, struct str name, struct value *ret);
};

struct step_settings {
    unsigned transitions_max;
    size_t history_bytes_max;
    uint32_t events_max; /* of an execution */
    size_t payload_bytes_max;
    random_f *random;
    digest_f *digest;
    task_known_f *known; /* NULL: tasks are as they were when the definition was read */
    void *known_self;
    bool logged; /* payloads that come again count again, as they are written again */
};

/* One state is looked at (flow_trial.c): a Parallel or Map begins no branches and waits for what they give. */
struct step_inspection {
    const struct json *context; /* instead of the real context object; NULL: the real one */
    const struct json *items;   /* that a Map's ItemReader has read; NULL: none */
    /* What became of the data: */
    struct value after_input_path, after_parameters, result, after_result_selector, after_result_path, output;
    struct value after_items_path, after_item_selector, after_item_batcher; /* of a Map */
    uint32_t items_count;
    bool has_limits;
    struct map_limits limits;
    uint32_t retry_index, catch_index; /* of the retrier, the catcher that took the error */
    bool caught;
};

/* Something that a task came to, to be counted: its event as HISTORY_TASK_... */
struct task_mark {
    struct str resource;
    enum history_type type;
    bool activity, function; /* function: named by its ARN */
    bool heartbeat;          /* timed out for want of one */
};

struct step {
    const struct plan *plan;
    struct execution *execution;
    const struct execution_names *names;
    const struct step_settings *settings;
    const struct step_rest *rest; /* NULL: all there is of the execution is at hand */
    struct arena *arena;
    int64_t now_ms;
    struct value execution_input; /* has neither form when the plan does not want it */
    struct history_writer history;
    struct str task_token;   /* of the task about to be scheduled, for the context object; empty: none */
    const struct json *item; /* of a Map, that is about to begin; for the context object; NULL: none */
    uint32_t item_index;
    VEC(struct task_order) orders;
    VEC(struct task_mark) marks; /* what its tasks came to */
    struct str output;           /* of the execution, when it has succeeded */
    VEC(struct run_order) runs;
    start_list starts;
    output_list outputs; /* of this step */
    VEC(struct branch *) ready;
    struct branch *running; /* the one that is driven */
    size_t spare;           /* branches at hand that are over */
    bool catching;          /* what fails now is not caught again */
    bool full;              /* the history has no room for what else happens */
    size_t orders_told;     /* orders whose events it had room for */
    unsigned transitions;
    size_t work, work_max; /* of its expressions: looked at so far, and where a state or a template ends */
    struct step_inspection *inspection; /* NULL: nobody looks */
};

/* step: its first eight members and history are set by the caller, the rest is zero. */
void flow_step(struct step *step, const struct happening *what);

/* ---- for state kinds ---- */

const struct state *step_state(const struct step *step, const struct branch *branch);
uint32_t step_event(struct step *step, struct branch *branch, enum history_type type);
/* What its expressions look at is counted from here: those of a template, or of all that a state asks. */
void step_work_begin(struct step *step);
/* The state is done with this result: ResultSelector, ResultPath, OutputPath, exit, next. next: where to,
 * instead of what the state says; STATE_NONE: as it says. */
void step_leave(struct step *step, struct branch *branch, struct value result, uint32_t next);
/* The same with an Assign of its own, or none (NULL), instead of the state's. */
void step_leave_assigning(struct step *step, struct branch *branch, struct value result, uint32_t next,
                          const struct template *assign);
/* The branch is to enter its state. */
void step_ready(struct step *step, struct branch *branch);
/* The branch waits. */
void step_sleep(struct step *step, struct branch *branch, enum branch_phase phase);
/* An error that retriers and catchers may take. event: whether of the kind that heartbeats miss. */
void step_fail(struct step *step, struct branch *branch, struct str error, struct str cause, bool heartbeat);
/* A cause: the service's opening words, which name the state and its event, and the text. */
struct str step_cause(struct step *step, struct branch *branch, const char *format, ...) PRINTF_LIKE(3, 4);
/* States.Runtime, with a cause like that. */
void step_fail_runtime(struct step *step, struct branch *branch, const char *format, ...) PRINTF_LIKE(3, 4);
void step_fail_size(struct step *step, struct branch *branch);
/* Renders the value. False, and the branch has failed, when it is too large or too deep. */
bool step_render(struct step *step, struct branch *branch, struct value *value);
/* Of a text that was put together from values that fit, each as deep as may be. False, and the branch has failed, when
 * the whole is too deep: it could not be read again. */
bool step_depth(struct step *step, struct branch *branch, struct str text);
/* Ends the execution as failed, whatever retriers and catchers say. */
void step_fail_execution(struct step *step, struct branch *branch, struct str error, struct str cause);

#endif
