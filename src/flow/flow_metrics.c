/* What executions count: CloudWatch's AWS/States. */
#include "flow/flow_impl.h"
#include "flow/flow_state.h"

static const struct {
    uint32_t ended, redriven_ended;
} of_status[EXECUTION_STATUSES] = {
    [EXECUTION_SUCCEEDED] = { STATES_SUCCEEDED, STATES_REDRIVEN_SUCCEEDED },
    [EXECUTION_FAILED] = { STATES_FAILED, STATES_REDRIVEN_FAILED },
    [EXECUTION_TIMED_OUT] = { STATES_TIMED_OUT, STATES_REDRIVEN_TIMED_OUT },
    [EXECUTION_ABORTED] = { STATES_ABORTED, STATES_REDRIVEN_ABORTED },
};

static uint32_t of_mark(const struct task_mark *mark)
{
    switch (mark->type) {
    case HISTORY_TASK_SCHEDULED:
        return TASKS_SCHEDULED;
    case HISTORY_TASK_STARTED:
        return TASKS_STARTED;
    case HISTORY_TASK_SUCCEEDED:
        return TASKS_SUCCEEDED;
    case HISTORY_TASK_TIMED_OUT:
        return mark->heartbeat ? TASKS_HEARTBEAT_TIMED_OUT : TASKS_TIMED_OUT;
    case HISTORY_TASK_FAILED:
    case HISTORY_TASK_START_FAILED:
    case HISTORY_TASK_SUBMIT_FAILED:
        return TASKS_FAILED;
    default: /* submitted */
        return 0;
    }
}

static void count_task(struct metrics *metrics, struct work *work, struct ns ns, const struct task_mark *mark)
{
    struct metrics_subject subject = { .kind = mark->activity   ? METRICS_OF_ACTIVITY
                                               : mark->function ? METRICS_OF_FUNCTION
                                                                : METRICS_OF_INTEGRATION,
                                       .ns = ns,
                                       .names = { mark->resource } };
    const struct metrics_amount amount = { of_mark(mark), 1 };
    metrics_count(metrics, work, &subject, NULL, &amount, 1);
}

static void count_execution(struct metrics *metrics, struct work *work, const struct edition *edition,
                            const struct execution *execution, bool begun, bool redriven)
{
    struct metrics_subject machine = { METRICS_OF_MACHINE, edition->ns, { edition->machine_arn } },
                           part = machine;
    const bool ended = execution->status != EXECUTION_RUNNING;
    uint32_t which = (begun ? STATES_STARTED : 0) | (redriven ? STATES_REDRIVEN : 0);
    if (!which && !ended)
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

void flow_count(struct flow *flow, struct work *work, const struct edition *edition, const struct step *step,
                bool begun, bool redriven)
{
    struct metrics *metrics = flow->settings.metrics;
    if (!metrics)
        return;
    count_execution(metrics, work, edition, step->execution, begun, redriven);
    for (size_t i = 0; i < step->marks.len; i++)
        count_task(metrics, work, edition->ns, &step->marks.at[i]);
}
