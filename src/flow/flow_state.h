/* flow_state.h - for those who write a state kind: one file, one `const struct state_kind`, one line in the
 * table of flow_definition.c.
 */
#ifndef FLOW_FLOW_STATE_H
#define FLOW_FLOW_STATE_H

#include "flow/flow_definition.h"
#include "flow/flow_family.h"

struct state_kind {
    const char *name;                           /* "Task" */
    enum history_type entered, exited, aborted; /* HISTORY_NONE: the history has no such event */
    unsigned fields;                            /* of enum state_field */
    const char *const *own_fields;              /* ended by NULL */
    bool ends;                                  /* an execution can end in it without End */
    const struct family *family;                /* NULL: it has no branches of its own */
    /* Reads what is the kind's own from source into state->own. */
    void (*read)(struct check *check, const struct where *at, const struct json *source, struct state *state);
    /* The branch has entered the state (its event is written). Ends in exactly one of
     * step_leave, step_fail, step_sleep. */
    void (*enter)(struct step *step, struct branch *branch);
    /* Something that the branch waited for has happened, other than the end of a retry's delay, which enters
     * the state anew. May be NULL. */
    void (*resume)(struct step *step, struct branch *branch, const struct happening *what);
};

bool activity_is(struct str resource);
/* Functions are called outside the server: by their ARN, or through lambda:invoke. */
bool function_is(struct str resource);
bool operation_waits(struct str resource); /* it calls an operation that answers only later */
/* The resource of a Task state; empty of others. */
struct str task_resource(const struct state *state);

extern const struct state_kind state_task, state_choice, state_pass, state_wait, state_succeed, state_fail,
    state_parallel, state_map;

#endif
