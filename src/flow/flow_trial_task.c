/* What flow keeps of a state that is tried while its task is under way: by number, until its answer was taken or
 * nobody waits for it any more. On the writer's thread alone. */
#include <assert.h>
#include <stdlib.h>

#include "flow/flow_impl.h"
#include "flow/flow_trial_impl.h"
#include "io/rand.h"

enum { TRIALS_MAX = 10000 };

struct trial_task {
    struct command command; /* tells that it is over, in a group after that of its answer */
    struct flow *flow;
    struct arena arena;
    struct execution_ref ref;
    uint32_t entry;
    struct str topic;
    bool over, telling, left;
    struct delivery_result result;
};

static struct str task_key(const struct execution_ref *ref)
{
    return str_of((const char *)&ref->nonce, sizeof(ref->nonce));
}

static void task_free(struct trial_task *task)
{
    arena_fini(&task->arena);
    free(task);
}

void flow_trials_close(struct flow *flow)
{
    struct str key;
    void *value;
    for (size_t i = 0; map_next(&flow->trials, &i, &key, &value);)
        task_free(value);
    map_fini(&flow->trials);
}

static bool task_run(struct command *command, struct work *work)
{
    (void)command;
    (void)work;
    return true;
}

static void task_told(struct command *command, enum err committed)
{
    struct trial_task *task = (struct trial_task *)command;
    task->telling = false;
    if (task->left)
        task_free(task);
    else if (committed != ERR_CLOSED && task->flow->on_ready)
        task->flow->on_ready(task->flow->on_ready_self, task->topic);
}

bool trial_task_add(struct flow *flow, struct work *work, const struct trial_order *order,
                    uint64_t *ret_number, struct fault *reterr)
{
    char ref[FLOW_ADDRESS_BYTES];
    uint32_t chance;
    if (flow->trials.len >= TRIALS_MAX)
        return fault_set(reterr, work->arena, FAULT_UNAVAILABLE, "%d states are being tried.", TRIALS_MAX);
    struct trial_task *task = calloc(1, sizeof(*task));
    assert(task);
    rand_bytes(&chance, sizeof(chance));
    task->flow = flow;
    task->ref = (struct execution_ref){ 0, work->now_ms, (uint64_t)flow->nonce-- << 32 | chance };
    task->entry = order->task->entry;
    task->topic = arena_copy(&task->arena, order->arn);
    task->command = (struct command){ .run = task_run, .done = task_told };
    map_put(&flow->trials, task_key(&task->ref), task);
    flow->writer = work->writer;
    flow_address_write(
        &(struct flow_address){ PURPOSE_TRIAL, task->ref, order->task->branch, order->task->entry }, ref);
    struct delivery delivery = {
        .owner = DELIVERY_OF_TASK,
        .owner_ref = str_of(ref, sizeof(ref)),
        .kind = flow_task_kind(order->task->resource),
        .attempts_max = 1,
        .ns = order->ns,
        .resource = order->task->resource,
        .payload = order->task->parameters,
        .source_arn = order->arn,
        .event_time_ms = work->now_ms,
        .hops = order->hops,
    };
    deliver_add(flow->deliver, work, &delivery);
    *ret_number = task->ref.nonce;
    return true;
}

static struct trial_task *task_of(struct flow *flow, const struct flow_address *address)
{
    struct trial_task *task = map_get(&flow->trials, task_key(&address->ref));
    bool waits =
        task && !task->over && task->ref.start_ms == address->ref.start_ms && task->entry == address->entry;
    return waits ? task : NULL;
}

bool flow_trial_task_wanted(struct flow *flow, const struct flow_address *address)
{
    return task_of(flow, address) != NULL;
}

void flow_trial_task_done(struct flow *flow, const struct flow_address *address,
                          const struct delivery_result *result)
{
    struct trial_task *task = task_of(flow, address);
    if (!task)
        return;
    task->over = true;
    task->result = (struct delivery_result){
        .outcome = result->outcome,
        .stage = result->stage,
        .result = arena_copy(&task->arena, result->result),
        .error = arena_copy(&task->arena, result->error),
        .cause = arena_copy(&task->arena, result->cause),
    };
    task->telling = true;
    writer_later(flow->writer, &task->command, 0);
}

bool trial_task_take(struct flow *flow, uint64_t number, struct arena *arena, struct delivery_result *ret)
{
    struct trial_task *task = map_get(&flow->trials, str_of((const char *)&number, sizeof(number)));
    if (!task || !task->over)
        return false;
    *ret = (struct delivery_result){
        .outcome = task->result.outcome,
        .stage = task->result.stage,
        .result = arena_copy(arena, task->result.result),
        .error = arena_copy(arena, task->result.error),
        .cause = arena_copy(arena, task->result.cause),
    };
    trial_task_drop(flow, number);
    return true;
}

void trial_task_drop(struct flow *flow, uint64_t number)
{
    struct trial_task *task = map_remove(&flow->trials, str_of((const char *)&number, sizeof(number)));
    if (!task)
        return;
    if (task->telling && !writer_recall(flow->writer, &task->command))
        task->left = true; /* it is of the group at hand: told, it goes */
    else
        task_free(task);
}
