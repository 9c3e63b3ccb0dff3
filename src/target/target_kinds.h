/* target_kinds.h - the kinds of target there are, and what each needs. main.c fills the struct and hands it
 * to deliver_add_target as self; it must live as long as deliver. */
#ifndef TARGET_TARGET_KINDS_H
#define TARGET_TARGET_KINDS_H

#include "target/operation_caller.h"
#include "target/target.h"

struct logs;
struct flow;
struct bus;

extern const struct target_kind target_null; /* self: NULL */

/* self: struct target_log_group */
extern const struct target_kind target_log_group;
struct target_log_group {
    struct logs *logs;
    bool
        stream_per_hour; /* one stream per rule, target and hour; else one per event, as the service has it */
};

/* self: struct flow */
extern const struct target_kind target_state_machine;

/* self: struct target_event_bus */
extern const struct target_kind target_event_bus;
struct target_event_bus {
    struct bus *bus;
    unsigned hops_max; /* buses one event may be handed on to; 0: 5 */
};

#endif
