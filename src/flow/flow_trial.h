/* flow_trial.h - one state, tried by itself: TestState.
 *
 * What surrounds the state is given by who asks: input, variables, context, and what the state would wait for (a mock).
 * Only a Task without a mock goes out: its task is a delivery like that of an execution, and its answer is waited for.
 *
 *     begin ──► over ──────────────────────────► tell
 *          └──► send ──► look, until it is over ─┘
 *
 * Owns:    nothing: a trial lives in the arena that it was begun with. What flow keeps of one whose task is under way
 *          holds no pointer into it.
 * Threads: begin and tell on any, one after the other; send, look and leave on the writer's.
 * Truths:  1. Nothing of a trial is written but what its task writes.
 *          2. Its task is carried out at most once, and given up after five minutes.
 */
#ifndef FLOW_FLOW_TRIAL_H
#define FLOW_FLOW_TRIAL_H

#include "flow/flow.h"

/* Whether the service could answer a task of the resource with this. */
typedef bool flow_mock_fits_f(void *self, struct arena *arena, struct str resource, const struct json *result,
                              struct fault *reterr);

struct flow_test {
    struct str definition; /* of a state, or of a machine */
    struct str state_name; /* in a machine; empty: its first */
    struct str input, role_arn;
    struct str context, variables; /* JSON; ptr NULL: none was given */
    int64_t now_ms;
    uint32_t hops;

    bool mocked;
    struct str mock_result; /* JSON; ptr NULL: the state fails with */
    struct str mock_error, mock_cause;
    flow_mock_fits_f *mock_fits; /* NULL: any result will do */
    void *mock_fits_self;

    const uint32_t *retries;  /* made before by the retrier that takes the error; NULL: not said */
    const uint32_t *failures; /* iterations of the Map that failed; NULL: not said */
    struct str failed_state;  /* in the Map or Parallel, where the error came from; empty: not said */
    struct str item_data;     /* what the Map's ItemReader read; ptr NULL: not said */
};

struct flow_tested {
    struct str status;
    struct str output, error, cause, next_state; /* ptr NULL or empty: none */
    struct str after_input_path, after_parameters, result, after_result_selector, after_result_path;
    struct str after_items_path, after_item_selector, after_item_batcher, variables;
    bool retried, caught;
    uint32_t retry_index, catch_index;
    int64_t backoff_s;
    bool has_concurrency, has_count, has_percentage; /* of a Map */
    int64_t concurrency, count;
    double percentage;
};

struct flow_trial;

/* Faults: INVALID_DEFINITION, INVALID_EXECUTION_INPUT, VALIDATION. */
bool flow_trial_begin(struct flow *flow, struct arena *arena, struct ns ns, const struct flow_test *test,
                      struct flow_trial **ret, struct fault *reterr);
/* False: its task is to be sent, or is under way. */
bool flow_trial_over(const struct flow_trial *trial);
void flow_trial_tell(struct flow_trial *trial, struct flow_tested *ret);

/* Fault: UNAVAILABLE. */
bool flow_trial_send(struct flow_trial *trial, struct work *work, struct fault *reterr);
/* Takes the task's answer, or its time being over; then it is over. False: neither has come. *ret_due_ms: when its
 * time is over. To be called again when the topic is ready (flow_on_ready). */
bool flow_trial_look(struct flow_trial *trial, int64_t now_ms, int64_t *ret_due_ms);
struct str flow_trial_topic(const struct flow_trial *trial);
/* Nobody waits for it any more. */
void flow_trial_leave(struct flow_trial *trial);

#endif
