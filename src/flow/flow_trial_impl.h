/* flow_trial_impl.h - a state that is tried, for those who try it: flow_trial.c drives it, flow_trial_state.c reads
 * which it is and what is given with it, flow_trial_task.c carries its task out.
 */
#ifndef FLOW_FLOW_TRIAL_IMPL_H
#define FLOW_FLOW_TRIAL_IMPL_H

#include "flow/flow_impl.h"
#include "flow/flow_trial.h"

/* What is asked for, read. Texts and values in the arena. */
struct trial_given {
    struct arena *arena;
    const struct flow_test *test;
    struct fault *fault;
    const struct json *root, *state; /* state: in the definition */
    const struct json *scope; /* the machine, branch or processor that it stands in; NULL: it came alone */
    bool in_map;              /* a Map is around it */
    struct str name, type, resource; /* resource: of a Task */
    struct json input, mock, context, variables, items;
    bool has_context, has_variables, has_items;
    const uint32_t *retries; /* made before, as they are said or as the context has them; NULL: neither */
};

/* Says which state it is, and whether what is given goes with it. */
bool trial_read(struct arena *arena, const struct flow_test *test, struct trial_given *ret,
                struct fault *reterr);
/* A machine of its own for it: its text. */
struct str trial_machine(const struct trial_given *given);
/* Whether the Task can only be tried with a mock: it waits for something beyond its answer. */
bool trial_waits(struct str resource);

/* A task to be carried out; its end is told by the topic arn. */
struct trial_order {
    const struct task_order *task;
    struct str arn;
    struct ns ns;
    uint32_t hops;
};
/* Fault: UNAVAILABLE. */
bool trial_task_add(struct flow *flow, struct work *work, const struct trial_order *order,
                    uint64_t *ret_number, struct fault *reterr);
/* False: it is under way. True: it is over, and told once. */
bool trial_task_take(struct flow *flow, uint64_t number, struct arena *arena, struct delivery_result *ret);
void trial_task_drop(struct flow *flow, uint64_t number);

#endif
