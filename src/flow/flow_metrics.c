/* What executions count: CloudWatch's AWS/States. */
#include "flow/flow_impl.h"

static const struct {
    uint32_t ended, redriven_ended;
} of_status[EXECUTION_STATUSES] = {
    [EXECUTION_SUCCEEDED] = { STATES_SUCCEEDED, STATES_REDRIVEN_SUCCEEDED },
    [EXECUTION_FAILED] = { STATES_FAILED, STATES_REDRIVEN_FAILED },
    [EXECUTION_TIMED_OUT] = { STATES_TIMED_OUT, STATES_REDRIVEN_TIMED_OUT },
    [EXECUTION_ABORTED] = { STATES_ABORTED, STATES_REDRIVEN_ABORTED },
};

void flow_count(struct flow *flow, struct work *work, const struct edition *edition,
                const struct execution *execution, bool begun, bool redriven)
{
    struct metrics *metrics = flow->settings.metrics;
    struct metrics_subject machine = { METRICS_OF_MACHINE, edition->ns, { edition->machine_arn } },
                           part = machine;
    const bool ended = execution->status != EXECUTION_RUNNING;
    uint32_t which = (begun ? STATES_STARTED : 0) | (redriven ? STATES_REDRIVEN : 0);
    if (!metrics || (!which && !ended))
        return;
    if (ended)
        which |= of_status[execution->status].ended |
                 (execution->redrives > 0 ? of_status[execution->status].redriven_ended : 0);
    const struct metrics_amount amounts[] = {
        { which, 1 },
        { ended ? STATES_TIME : 0, (double)(work->now_ms - execution->start_ms) },
    };
    if (!str_empty(execution->alias)) {
        part.kind = METRICS_OF_MACHINE_ALIAS;
        part.names[1] = execution->alias;
        metrics_count(metrics, work, &part, NULL, amounts, 2);
    }
    if (execution->version == 0) {
        metrics_count(metrics, work, &machine, edition->meter, amounts, 2);
        return;
    }
    part.kind = METRICS_OF_MACHINE_VERSION; /* counts for the machine, too */
    part.names[1] = arena_printf(work->arena, "%u", execution->version);
    metrics_count(metrics, work, &part, NULL, amounts, 2);
}
