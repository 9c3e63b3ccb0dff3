/* target_kinds.h - the kinds of target there are, and what each needs.
 *
 * main.c makes them all at once (targets_open); tests give a kind what it needs by themselves.
 */
#ifndef TARGET_TARGET_KINDS_H
#define TARGET_TARGET_KINDS_H

#include "target/operation_caller.h"
#include "target/target.h"

struct bus;
struct deliver;
struct flow;
struct functions;
struct logs;

/* self: struct flow */
extern const struct target_kind target_activity;
/* self: NULL */
extern const struct target_kind target_null;

/* self: struct target_log_group */
extern const struct target_kind target_log_group;
struct target_log_group {
    struct logs *logs;
    /* One stream per rule, target and hour; else one per event, as the service has it. */
    bool stream_per_hour;
};

/* self: struct logs; resource: ARN of a stream; each line of the payload is a log event */
extern const struct target_kind target_log_stream;

/* self: struct logs; resource: ARN of a group; the payload is a subscription filter's */
extern const struct target_kind target_log_subscription;

/* self: struct flow */
extern const struct target_kind target_state_machine;

/* self: struct target_event_bus */
extern const struct target_kind target_event_bus;
struct target_event_bus {
    struct bus *bus;
    unsigned hops_max; /* buses one event may be handed on to; 0: 5 */
};

/* self: struct functions; see target_function.h */
extern const struct target_kind target_function;
/* The same for a subscription filter: the payload goes to the function, or to a URL, as it is; the answer matters only
 * as success. */
extern const struct target_kind target_log_function;

/* self: struct operation_caller; see target_operation.h */
extern const struct target_kind target_operation;
extern const struct target_kind target_waiting_operation;

/* ---- all of them ---- */

struct targets_settings {
    struct logs *logs;
    struct flow *flow;
    struct bus *bus;
    const struct operation_caller *caller;
    struct functions *functions;
    bool stream_per_hour;
    unsigned hops_max;
};

struct targets;

/* Gives every kind to deliver. Close after deliver. */
enum err targets_open(const struct targets_settings *settings, struct deliver *deliver,
                      struct targets **ret) MUST_USE;
void targets_close(struct targets **targets);

#endif
