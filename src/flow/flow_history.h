/* flow_history.h - the history of an execution: events in chunks, written once, rendered when read.
 *
 * A chunk is what one step appended:
 *
 *   | version u8 | first id | time of the first | event ... |
 *   event: | type u8 | time after the one before | id - previousEventId | field ... | 0 |
 *   field: | field u8 | text |   or   | field u8 + 0x80 |: the payload that stood last in this chunk, again
 *
 * Numbers are variable-length (flow_pack.h). Inputs and outputs that pass through states unchanged are so
 * kept once a chunk. Pure.
 *
 * Truths: 1. Ids begin at 1 and have no gaps.
 *         2. A chunk names its first id, and so does its key.
 */
#ifndef FLOW_FLOW_HISTORY_H
#define FLOW_FLOW_HISTORY_H

#include "flow/flow_pack.h"
#include "json/json.h"

/* Name of the event, of its details. The number is stored: append only. */
#define HISTORY_LIST(X)                                                                                   \
    X(EXECUTION_STARTED, "ExecutionStarted", "executionStartedEventDetails")                              \
    X(EXECUTION_SUCCEEDED, "ExecutionSucceeded", "executionSucceededEventDetails")                        \
    X(EXECUTION_FAILED, "ExecutionFailed", "executionFailedEventDetails")                                 \
    X(EXECUTION_TIMED_OUT, "ExecutionTimedOut", "executionTimedOutEventDetails")                          \
    X(EXECUTION_ABORTED, "ExecutionAborted", "executionAbortedEventDetails")                              \
    X(TASK_ENTERED, "TaskStateEntered", "stateEnteredEventDetails")                                       \
    X(TASK_EXITED, "TaskStateExited", "stateExitedEventDetails")                                          \
    X(TASK_ABORTED, "TaskStateAborted", NULL)                                                             \
    X(TASK_SCHEDULED, "TaskScheduled", "taskScheduledEventDetails")                                       \
    X(TASK_STARTED, "TaskStarted", "taskStartedEventDetails")                                             \
    X(TASK_SUBMITTED, "TaskSubmitted", "taskSubmittedEventDetails")                                       \
    X(TASK_SUBMIT_FAILED, "TaskSubmitFailed", "taskSubmitFailedEventDetails")                             \
    X(TASK_SUCCEEDED, "TaskSucceeded", "taskSucceededEventDetails")                                       \
    X(TASK_FAILED, "TaskFailed", "taskFailedEventDetails")                                                \
    X(TASK_TIMED_OUT, "TaskTimedOut", "taskTimedOutEventDetails")                                         \
    X(CHOICE_ENTERED, "ChoiceStateEntered", "stateEnteredEventDetails")                                   \
    X(CHOICE_EXITED, "ChoiceStateExited", "stateExitedEventDetails")                                      \
    X(PASS_ENTERED, "PassStateEntered", "stateEnteredEventDetails")                                       \
    X(PASS_EXITED, "PassStateExited", "stateExitedEventDetails")                                          \
    X(WAIT_ENTERED, "WaitStateEntered", "stateEnteredEventDetails")                                       \
    X(WAIT_EXITED, "WaitStateExited", "stateExitedEventDetails")                                          \
    X(WAIT_ABORTED, "WaitStateAborted", NULL)                                                             \
    X(SUCCEED_ENTERED, "SucceedStateEntered", "stateEnteredEventDetails")                                 \
    X(SUCCEED_EXITED, "SucceedStateExited", "stateExitedEventDetails")                                    \
    X(FAIL_ENTERED, "FailStateEntered", "stateEnteredEventDetails")                                       \
    X(PARALLEL_ENTERED, "ParallelStateEntered", "stateEnteredEventDetails")                               \
    X(PARALLEL_STARTED, "ParallelStateStarted", NULL)                                                     \
    X(PARALLEL_SUCCEEDED, "ParallelStateSucceeded", NULL)                                                 \
    X(PARALLEL_FAILED, "ParallelStateFailed", NULL)                                                       \
    X(PARALLEL_ABORTED, "ParallelStateAborted", NULL)                                                     \
    X(PARALLEL_EXITED, "ParallelStateExited", "stateExitedEventDetails")                                  \
    X(MAP_ENTERED, "MapStateEntered", "stateEnteredEventDetails")                                         \
    X(MAP_STARTED, "MapStateStarted", "mapStateStartedEventDetails")                                      \
    X(MAP_SUCCEEDED, "MapStateSucceeded", NULL)                                                           \
    X(MAP_FAILED, "MapStateFailed", NULL)                                                                 \
    X(MAP_ABORTED, "MapStateAborted", NULL)                                                               \
    X(MAP_EXITED, "MapStateExited", "stateExitedEventDetails")                                            \
    X(ITERATION_STARTED, "MapIterationStarted", "mapIterationStartedEventDetails")                        \
    X(ITERATION_SUCCEEDED, "MapIterationSucceeded", "mapIterationSucceededEventDetails")                  \
    X(ITERATION_FAILED, "MapIterationFailed", "mapIterationFailedEventDetails")                           \
    X(ITERATION_ABORTED, "MapIterationAborted", "mapIterationAbortedEventDetails")                        \
    X(MAP_RUN_STARTED, "MapRunStarted", "mapRunStartedEventDetails")                                      \
    X(MAP_RUN_SUCCEEDED, "MapRunSucceeded", NULL)                                                         \
    X(MAP_RUN_FAILED, "MapRunFailed", "mapRunFailedEventDetails")                                         \
    X(MAP_RUN_ABORTED, "MapRunAborted", NULL)                                                             \
    X(MAP_RUN_REDRIVEN, "MapRunRedriven", "mapRunRedrivenEventDetails")                                   \
    X(EXECUTION_REDRIVEN, "ExecutionRedriven", "executionRedrivenEventDetails")                           \
    X(ACTIVITY_SCHEDULED, "ActivityScheduled", "activityScheduledEventDetails")                           \
    X(ACTIVITY_SCHEDULE_FAILED, "ActivityScheduleFailed", "activityScheduleFailedEventDetails")           \
    X(ACTIVITY_STARTED, "ActivityStarted", "activityStartedEventDetails")                                 \
    X(ACTIVITY_SUCCEEDED, "ActivitySucceeded", "activitySucceededEventDetails")                           \
    X(ACTIVITY_FAILED, "ActivityFailed", "activityFailedEventDetails")                                    \
    X(ACTIVITY_TIMED_OUT, "ActivityTimedOut", "activityTimedOutEventDetails")                             \
    X(LAMBDA_SCHEDULED, "LambdaFunctionScheduled", "lambdaFunctionScheduledEventDetails")                 \
    X(LAMBDA_SCHEDULE_FAILED, "LambdaFunctionScheduleFailed", "lambdaFunctionScheduleFailedEventDetails") \
    X(LAMBDA_STARTED, "LambdaFunctionStarted", NULL)                                                      \
    X(LAMBDA_START_FAILED, "LambdaFunctionStartFailed", "lambdaFunctionStartFailedEventDetails")          \
    X(LAMBDA_SUCCEEDED, "LambdaFunctionSucceeded", "lambdaFunctionSucceededEventDetails")                 \
    X(LAMBDA_FAILED, "LambdaFunctionFailed", "lambdaFunctionFailedEventDetails")                          \
    X(LAMBDA_TIMED_OUT, "LambdaFunctionTimedOut", "lambdaFunctionTimedOutEventDetails")                   \
    X(TASK_START_FAILED, "TaskStartFailed", "taskStartFailedEventDetails")                                \
    X(EVALUATION_FAILED, "EvaluationFailed", "evaluationFailedEventDetails")

enum history_type {
    HISTORY_NONE,
#define X(type, name, details) HISTORY_##type,
    HISTORY_LIST(X)
#undef X
        HISTORY_TYPES
};

/* Fields of the details. The number is stored: append only. */
enum history_field {
    FIELD_END,
    FIELD_INPUT,
    FIELD_OUTPUT,
    FIELD_PARAMETERS,
    FIELD_NAME,
    FIELD_ROLE_ARN,
    FIELD_ERROR,
    FIELD_CAUSE,
    FIELD_RESOURCE_TYPE,
    FIELD_RESOURCE,
    FIELD_REGION,
    FIELD_TIMEOUT_SECONDS,
    FIELD_HEARTBEAT_SECONDS,
    FIELD_LENGTH,
    FIELD_INDEX,
    FIELD_MAP_RUN_ARN,
    FIELD_WORKER_NAME,
    FIELD_REDRIVE_COUNT,
    FIELD_LOCATION,
    FIELD_STATE,
    FIELD_ASSIGNED, /* variables, as an object of texts */
    FIELD_MACHINE_ALIAS_ARN,
    FIELD_MACHINE_VERSION_ARN,
    FIELD_TASK_CREDENTIALS, /* an object */
    FIELDS,
};

/* ---- write ---- */

struct history_writer {
    struct buf *out;
    uint32_t last_id; /* of the event written last; before: of the one before the chunk */
    int64_t last_time_ms;
    struct str payload; /* the last one of this chunk */
    bool has_payload;
    size_t repeated; /* bytes of payloads that were there already */
    bool begun;      /* the chunk's head is written */
    bool mute;       /* fields and ends come to nothing */
};

/* last_id: of the last event that the execution has already. out is emptied. */
void history_writer_init(struct history_writer *w, struct buf *out, uint32_t last_id);
/* Returns the event's id. Fields follow, then history_end. Payloads must live as long as the writer. */
uint32_t history_begin(struct history_writer *w, enum history_type type, uint32_t previous_id,
                       int64_t now_ms);
void history_text(struct history_writer *w, enum history_field field, struct str text);
void history_number(struct history_writer *w, enum history_field field, int64_t number);
void history_end(struct history_writer *w);

/* ---- read ---- */

struct history_event {
    uint32_t id, previous_id;
    enum history_type type;
    int64_t time_ms;
    struct str texts[FIELDS]; /* by field; ptr NULL: it has none */
    int64_t numbers[FIELDS];
    bool has_number[FIELDS];
};

struct history_reader {
    struct unpack in;
    uint32_t next_id;
    int64_t last_time_ms;
    struct str payload;
};

/* False when it is not a chunk. Texts are slices of it. */
bool history_reader_init(struct history_reader *reader, struct str chunk);
/* False at the end, and at damage (reader->in.bad). */
bool history_next(struct history_reader *reader, struct history_event *ret);

struct str history_type_name(enum history_type type);
bool history_has_details(enum history_type type);
/* The object of its details. data: as below. escaped_max: an input or output that is longer as JSON is cut, and said
 * to be; 0: none is. */
void history_details(struct json_writer *out, const struct history_event *event, bool data,
                     size_t escaped_max);
/* As GetExecutionHistory shows it. data: whether inputs, outputs and parameters are shown. */
void history_render(struct json_writer *out, const struct history_event *event, bool data);

#endif
