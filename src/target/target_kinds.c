#include "target/target_kinds.h"
#include "deliver/deliver.h"

#include <stdlib.h>

struct targets {
    struct target_log_group log_group;
    struct target_event_bus event_bus;
    struct operation_caller caller;
};

enum err targets_open(const struct targets_settings *settings, struct deliver *deliver, struct targets **ret)
{
    struct targets *targets = calloc(1, sizeof(*targets));
    if (!targets)
        abort();
    targets->log_group = (struct target_log_group){ settings->logs, settings->stream_per_hour };
    targets->event_bus = (struct target_event_bus){ settings->bus, settings->hops_max };
    targets->caller = *settings->caller;
    deliver_add_target(deliver, &target_null, NULL);
    deliver_add_target(deliver, &target_log_group, &targets->log_group);
    deliver_add_target(deliver, &target_log_stream, settings->logs);
    deliver_add_target(deliver, &target_state_machine, settings->flow);
    deliver_add_target(deliver, &target_activity, settings->flow);
    deliver_add_target(deliver, &target_event_bus, &targets->event_bus);
    deliver_add_target(deliver, &target_operation, &targets->caller);
    deliver_add_target(deliver, &target_waiting_operation, &targets->caller);
    deliver_add_target(deliver, &target_function, settings->functions);
    deliver_add_target(deliver, &target_log_function, settings->functions);
    deliver_add_target(deliver, &target_log_subscription, settings->logs);
    *ret = targets;
    return ERR_OK;
}

void targets_close(struct targets **targets)
{
    free(*targets);
    *targets = NULL;
}
