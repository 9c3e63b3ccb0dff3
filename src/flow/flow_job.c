/* Executions that tasks of other executions wait for (states:startExecution.sync).
 *
 * Truths: 1. Whom an execution waits for follows from its branches: the difference between before and after a
 *            step is what is told to the others. Nobody is forgotten, nobody is told twice.
 *         2. Who waits stands in the record of the one that is waited for, so its end finds them in its own
 *            batch.
 *         3. Both ways are deliveries: the description of the one that ended, and the order to stop. What does
 *            not fit the command is carried later and outlives the process.
 */
#include "flow/flow_impl.h"
#include "flow/flow_token.h"

void jobs_add(struct arena *arena, job_list *list, const struct branch *branch)
{
    if (branch->phase != BRANCH_JOB || branch->over)
        return;
    struct job job = { branch->id, branch->entry, branch->job };
    VEC_PUSH(arena, list, job);
}

job_list jobs_of(struct arena *arena, const struct execution *execution)
{
    job_list list = { 0 };
    for (size_t i = 0; i < execution->branches.len; i++)
        jobs_add(arena, &list, execution->branches.at[i]);
    return list;
}

static bool job_in(const job_list *list, const struct job *job)
{
    for (size_t i = 0; i < list->len; i++) {
        if (list->at[i].branch == job->branch && list->at[i].entry == job->entry)
            return true;
    }
    return false;
}

/* An operation on the execution; how it went is told to the address. */
static void job_order(struct flow *flow, struct work *work, struct ns ns, struct str resource, struct str arn,
                      struct str address)
{
    struct json_member member = { STR("ExecutionArn"), json_of_str(arn) };
    struct json parameters = json_of_object(&member, 1);
    struct delivery delivery = {
        .owner = DELIVERY_OF_TASK,
        .owner_ref = address,
        .kind = STR("operation"),
        .ns = ns,
        .resource = resource,
        .payload = json_text(work->arena, &parameters),
        .source_arn = arn,
        .event_time_ms = work->now_ms,
    };
    deliver_add(flow->deliver, work, &delivery);
}

static void job_describe(struct flow *flow, struct work *work, struct ns ns, struct str arn,
                         struct str address)
{
    job_order(flow, work, ns, STR("arn:aws:states:::aws-sdk:sfn:describeExecution"), arn, address);
}

static void job_watch(struct flow *flow, struct work *work, struct ns ns, struct str arn, struct str address)
{
    struct execution_ref ref;
    struct execution execution;
    struct fault fault = { 0 };
    bool found = execution_find_arn(work->reader, work->arena, ns, arn, true, &ref, &execution, &fault);
    if (!found || execution.status != EXECUTION_RUNNING ||
        execution.watchers.len >= JOB_WATCHERS_MAX * FLOW_ADDRESS_BYTES) {
        /* It is over already, or there is no telling when: what can be said is said now. */
        job_describe(flow, work, ns, arn, address);
        return;
    }
    struct key key;
    execution.watchers = arena_concat(work->arena, execution.watchers, address);
    key_execution(&key, work->partition, 'e', &ref);
    buf_clear(&flow->record);
    execution_write(&flow->record, &execution);
    store_put(work->batch, key_str(&key), buf_str(&flow->record));
}

void flow_jobs_move(struct flow *flow, struct work *work, struct ns ns, const struct execution_ref *ref,
                    const job_list *before, const job_list *after, uint32_t ended)
{
    char at[FLOW_ADDRESS_BYTES];
    for (size_t i = 0; i < before->len; i++) {
        const struct job *job = &before->at[i];
        if (job_in(after, job) || job->branch == ended)
            continue;
        flow_address_write(&(struct flow_address){ FLOW_ADDRESS_TASK, *ref, job->branch, job->entry }, at);
        job_order(flow, work, ns, STR("arn:aws:states:::aws-sdk:sfn:stopExecution"), job->arn,
                  str_of(at, sizeof(at)));
    }
    for (size_t i = 0; i < after->len; i++) {
        const struct job *job = &after->at[i];
        if (job_in(before, job))
            continue;
        flow_address_write(&(struct flow_address){ FLOW_ADDRESS_TASK, *ref, job->branch, job->entry }, at);
        job_watch(flow, work, ns, job->arn, str_of(at, sizeof(at)));
    }
}

void flow_job_ended(struct flow *flow, struct work *work, struct ns ns, const struct execution *execution,
                    struct str arn)
{
    for (size_t i = 0; i + FLOW_ADDRESS_BYTES <= execution->watchers.len; i += FLOW_ADDRESS_BYTES)
        job_describe(flow, work, ns, arn, str_slice(execution->watchers, i, FLOW_ADDRESS_BYTES));
}
