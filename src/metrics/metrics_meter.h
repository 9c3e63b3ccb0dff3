/* metrics_meter.h - what the server counts of itself: CloudWatch's metrics under AWS/.
 *
 *   count (a command) ─► notes of the batch ─► meters (after the commit) ─► series (every so often, a command)
 *
 * A meter is of one subject, a rule or a log group, and holds what the subject's metrics came to since they were
 * written last. What is counted for a subject counts for what it belongs to: for a rule's bus, for the account.
 *
 * Owns:    meters and notes, in memory.
 * Threads: the writer's; metrics_meters_finish any.
 * Truths:  1. Only what is committed counts; what a roll-back takes back does not.
 *          2. A process that is stopped writes all that it has counted; one that is killed loses what it has not
 *             written, which is what it counted in the last write_ms.
 *          3. Meters are bounded in number; what further subjects count is left out, and told (metrics_stats).
 *          4. Counting reads no store and writes none: a map is asked where the caller keeps no place.
 */
#ifndef METRICS_METRICS_METER_H
#define METRICS_METRICS_METER_H

#include "metrics/metrics.h"

/* metrics_meter.c has their dimensions. */
enum metrics_subject_kind {
    METRICS_OF_EVENTS,          /* - */
    METRICS_OF_BUS,             /* bus */
    METRICS_OF_RULE,            /* bus, rule */
    METRICS_OF_LOGS,            /* - */
    METRICS_OF_LOG_GROUP,       /* group */
    METRICS_OF_SUBSCRIPTION,    /* group, type of destination, filter */
    METRICS_OF_STATES,          /* - */
    METRICS_OF_MACHINE,         /* ARN */
    METRICS_OF_MACHINE_VERSION, /* ARN, number */
    METRICS_OF_MACHINE_ALIAS,   /* ARN, alias; counts for nothing else */
    METRICS_OF_ACTIVITIES,      /* - */
    METRICS_OF_ACTIVITY,        /* ARN */
    METRICS_OF_FUNCTION,        /* ARN; of tasks that name it so */
    METRICS_OF_INTEGRATION,     /* ARN of a task's resource */
    METRICS_SUBJECT_KINDS,
};

enum { METRICS_SUBJECT_NAMES_MAX = 3 };

struct metrics_subject {
    enum metrics_subject_kind kind;
    struct ns ns;
    struct str names[METRICS_SUBJECT_NAMES_MAX];
};

/* Metrics of a service, each a bit of what is counted at once: its place in a table of metrics_meter.c. */
enum metrics_of_events {
    EVENTS_MATCHED = 1 << 0,      /* of a bus: events that matched any rule */
    EVENTS_RULE_MATCHED = 1 << 1, /* of a rule */
    EVENTS_TRIGGERED_RULES = 1 << 2,
    EVENTS_INVOCATIONS_CREATED = 1 << 3,
    EVENTS_INVOCATIONS = 1 << 4,
    EVENTS_FAILED_INVOCATIONS = 1 << 5,
    EVENTS_ATTEMPTS = 1 << 6,
    EVENTS_RETRY_ATTEMPTS = 1 << 7,
    EVENTS_SUCCESSFUL_ATTEMPTS = 1 << 8,
    EVENTS_COMPLETE_LATENCY = 1 << 9,
    EVENTS_SUCCESS_LATENCY = 1 << 10,
    EVENTS_PUT_SUCCEEDED = 1 << 11,
    EVENTS_PUT_ENTRIES = 1 << 12,
    EVENTS_PUT_FAILED_ENTRIES = 1 << 13,
    EVENTS_PUT_SIZE = 1 << 14,
    EVENTS_START_LATENCY = 1 << 15,
};
enum metrics_of_logs {
    LOGS_INCOMING_BYTES = 1 << 0,
    LOGS_INCOMING_EVENTS = 1 << 1,
    LOGS_FORWARDED_BYTES = 1 << 2,
    LOGS_FORWARDED_EVENTS = 1 << 3,
    LOGS_DELIVERY_ERRORS = 1 << 4,
};
enum metrics_of_states {
    STATES_STARTED = 1 << 0,
    STATES_SUCCEEDED = 1 << 1,
    STATES_FAILED = 1 << 2,
    STATES_TIMED_OUT = 1 << 3,
    STATES_ABORTED = 1 << 4,
    STATES_TIME = 1 << 5,
    STATES_REDRIVEN = 1 << 6,
    STATES_REDRIVEN_SUCCEEDED = 1 << 7,
    STATES_REDRIVEN_FAILED = 1 << 8,
    STATES_REDRIVEN_TIMED_OUT = 1 << 9,
    STATES_REDRIVEN_ABORTED = 1 << 10,
};
/* Of activities, functions and integrations. */
enum metrics_of_tasks {
    TASKS_SCHEDULED = 1 << 0,
    TASKS_STARTED = 1 << 1,
    TASKS_SUCCEEDED = 1 << 2,
    TASKS_FAILED = 1 << 3,
    TASKS_TIMED_OUT = 1 << 4,
    TASKS_HEARTBEAT_TIMED_OUT = 1 << 5,
};

struct meter;
/* Where a subject's meter is, for whoever counts for it often; all zero at first. */
struct metrics_place {
    struct meter *meter;
    uint64_t generation; /* of meters: those of a former one are no more */
};

/* Meters are written after so much time, or when the minute is over if that is sooner; 0: nothing is counted. Before
 * the writer starts. */
void metrics_meters_open(struct metrics *metrics, int64_t write_ms);

struct metrics_amount {
    uint32_t which; /* metrics that it is for; none: it is passed over */
    double value;
};
/* Inside a command. place: NULL or the subject's. metrics: NULL counts nothing. */
void metrics_count(struct metrics *metrics, struct work *work, const struct metrics_subject *subject,
                   struct metrics_place *place, const struct metrics_amount *amounts, size_t count);

/* The writer's hook. */
void metrics_after_commit(void *metrics);
/* Nothing more will be counted: all that was is written, by a command of the writer's, which is to be closed next. */
void metrics_meters_finish(struct metrics *metrics, struct writer *writer);

#endif
