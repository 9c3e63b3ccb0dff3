/* Activities: made, deleted, listed; and the queue of tasks that wait for a worker's poll.
 *
 *   TASK --offered--> QUEUED --a poll takes it (ActivityStarted)--> TOKEN --its token--> on
 *                       ^                                            |
 *                       └── the poll's client was gone when the answer was to go out ──┘
 *
 * Truths: 1. A task stands in the queue exactly while its branch is QUEUED. It is put there by the delivery that offers
 *            it, in the batch of the step that scheduled it; taken out by the step that ends the phase.
 *         2. Queues belong to names: who deletes an activity and makes it anew finds the tasks that wait.
 *         3. A task is handed out once a token: the token is made when it is taken, in the same batch.
 */
#include "flow/flow_impl.h"
#include "flow/flow_state.h"
#include "flow/flow_token.h"
#include "store/tags.h"

enum { ACTIVITIES_MAX = 10000 };

/* ---- ARNs and keys ---- */

static struct str activity_arn_make(struct arena *arena, struct ns ns, struct str name)
{
    return arn_make(arena, ns, STR("states"), arena_concat(arena, STR("activity:"), name));
}

static bool activity_missing(struct arena *arena, struct str arn, struct fault *reterr)
{
    return fault_set(reterr, arena, FAULT_ACTIVITY_NOT_FOUND, "Activity Does Not Exist: '%.*s'",
                     STR_ARG(arn));
}

static bool activity_arn_read(struct arena *arena, struct ns ns, struct str arn, struct str *ret_name,
                              struct fault *reterr)
{
    struct str type;
    bool here = false;
    if (!states_arn_read(arena, ns, arn, &type, ret_name, &here, reterr))
        return false;
    if (!str_eq(type, STR("activity")))
        return states_type_wrong(arena, type, reterr);
    if (!here || str_empty(*ret_name) || str_find_char(*ret_name, ':') != STR_NOT_FOUND)
        return activity_missing(arena, arn, reterr);
    return true;
}

static void key_activities(struct key *key, uint16_t partition, struct ns ns)
{
    key_begin(key, KEY_FLOW, partition, 'a');
    key_text(key, ns.account);
    key_text(key, ns.region);
}

static void key_activity(struct key *key, uint16_t partition, struct ns ns, struct str name)
{
    key_activities(key, partition, ns);
    key_bytes(key, name);
}

static void key_queue(struct key *key, uint16_t partition, struct ns ns, struct str name)
{
    key_begin(key, KEY_FLOW, partition, 'q');
    key_text(key, ns.account);
    key_text(key, ns.region);
    key_text(key, name);
}

static void key_queued(struct key *key, uint16_t partition, struct ns ns, struct str name, int64_t queued_ms,
                       const struct flow_address *address)
{
    char bytes[FLOW_ADDRESS_BYTES];
    flow_address_write(address, bytes);
    key_queue(key, partition, ns, name);
    key_time(key, queued_ms);
    key_bytes(key, str_of(bytes, sizeof(bytes)));
}

/* The name in an activity's ARN that a plan has: it was checked when it was offered. */
static struct str activity_name(struct str resource)
{
    struct arn arn;
    return arn_parse(resource, &arn) ? str_from_offset(arn.resource, strlen("activity:")) : STR_EMPTY;
}

/* ---- activities ---- */

static bool activity_find(struct store_reader *reader, struct arena *arena, struct ns ns, struct str name,
                          struct flow_activity *ret, enum err *ret_err)
{
    struct key key;
    struct str bytes;
    key_activity(&key, PARTITION_ONLY, ns, name);
    *ret_err = store_get(reader, arena, key_str(&key), &bytes);
    if (*ret_err != ERR_OK)
        return false;
    struct unpack in = unpack_of(bytes);
    (void)unpack_u8(&in);
    *ret = (struct flow_activity){ activity_arn_make(arena, ns, name), name, unpack_i64(&in) };
    return unpack_done(&in) || (*ret_err = ERR_CORRUPT, false);
}

bool flow_activity_describe(struct store_reader *reader, struct arena *arena, struct ns ns, struct str arn,
                            struct flow_activity *ret, struct fault *reterr)
{
    struct str name;
    enum err err;
    if (!activity_arn_read(arena, ns, arn, &name, reterr))
        return false;
    if (activity_find(reader, arena, ns, name, ret, &err))
        return true;
    if (err == ERR_NOTFOUND)
        return activity_missing(arena, arn, reterr);
    return fault_set(reterr, arena, FAULT_INTERNAL, "An activity cannot be read: %s", err_text(err));
}

size_t flow_activity_list(struct store_reader *reader, struct arena *arena, struct ns ns, struct str after,
                          size_t max, struct flow_activity *ret, bool *ret_more)
{
    struct key prefix, first, end;
    struct str key, value;
    size_t count = 0;
    key_activities(&prefix, PARTITION_ONLY, ns);
    key_after_prefix(key_str(&prefix), &end);
    key_activity(&first, PARTITION_ONLY, ns, after);
    if (!str_empty(after))
        key_u8(&first, 0); /* the next key there can be */
    *ret_more = false;
    struct store_cursor *cursor = store_scan(reader, key_str(&first), key_str(&end), STORE_UP);
    while (store_cursor_next(cursor, &key, &value)) {
        if (count == max) {
            *ret_more = true;
            break;
        }
        struct unpack in = unpack_of(value);
        (void)unpack_u8(&in);
        struct str name = arena_copy(arena, str_from_offset(key, prefix.len));
        ret[count++] = (struct flow_activity){ activity_arn_make(arena, ns, name), name, unpack_i64(&in) };
    }
    if (store_cursor_close(&cursor) != ERR_OK)
        *ret_more = false;
    return count;
}

static bool activities_full(struct work *work, struct ns ns)
{
    struct key prefix, end;
    struct str key, value;
    size_t count = 0;
    key_activities(&prefix, work->partition, ns);
    key_after_prefix(key_str(&prefix), &end);
    struct store_cursor *cursor = store_scan(work->reader, key_str(&prefix), key_str(&end), STORE_UP);
    while (count < ACTIVITIES_MAX && store_cursor_next(cursor, &key, &value))
        count++;
    return store_cursor_close(&cursor) == ERR_OK && count == ACTIVITIES_MAX;
}

bool flow_activity_create(struct flow *flow, struct work *work, struct ns ns, struct str name,
                          const struct json *tags, struct flow_activity *ret, struct fault *reterr)
{
    struct key key;
    enum err err;
    if (!name_check(work->arena, name, reterr))
        return false;
    if (activity_find(work->reader, work->arena, ns, name, ret, &err))
        return true;
    if (err != ERR_NOTFOUND)
        return fault_set(reterr, work->arena, FAULT_INTERNAL, "An activity cannot be read: %s",
                         err_text(err));
    if (activities_full(work, ns))
        return fault_set(reterr, work->arena, FAULT_ACTIVITY_LIMIT,
                         "Activity Limit Exceeded: there may be %d activities", ACTIVITIES_MAX);
    *ret = (struct flow_activity){ activity_arn_make(work->arena, ns, name), name, work->now_ms };
    if (tags && tags->count > 0 && !tags_put(work, ret->arn, tags, reterr))
        return false;
    buf_clear(&flow->record);
    pack_u8(&flow->record, 1);
    pack_i64(&flow->record, ret->created_ms);
    key_activity(&key, work->partition, ns, name);
    store_put(work->batch, key_str(&key), buf_str(&flow->record));
    return true;
}

bool flow_activity_delete(struct work *work, struct ns ns, struct str arn, struct fault *reterr)
{
    struct str name;
    struct key key;
    struct fault fault = { 0 };
    if (!activity_arn_read(work->arena, ns, arn, &name, &fault)) {
        if (fault.code == FAULT_ACTIVITY_NOT_FOUND)
            return true;
        *reterr = fault;
        return false;
    }
    key_activity(&key, work->partition, ns, name);
    store_delete(work->batch, key_str(&key));
    tags_drop(work, arn);
    return true;
}

/* ---- the queue, as it follows from an execution ---- */

void queue_add(struct arena *arena, queue_list *list, const struct plan *plan, const struct branch *branch)
{
    if (branch->phase != BRANCH_QUEUED)
        return;
    struct queued queued = { branch->id, branch->entry, branch->queued_ms,
                             activity_name(task_resource(&plan->states[branch->state])) };
    VEC_PUSH(arena, list, queued);
}

queue_list queue_of(struct arena *arena, const struct plan *plan, const struct execution *execution)
{
    queue_list list = { 0 };
    for (size_t i = 0; i < execution->branches.len; i++)
        queue_add(arena, &list, plan, execution->branches.at[i]);
    return list;
}

void queue_move(struct work *work, struct ns ns, const struct execution_ref *ref, const queue_list *before,
                struct execution *execution)
{
    for (size_t i = 0; i < before->len; i++) {
        const struct queued *queued = &before->at[i];
        const struct branch *branch = execution_branch(execution, queued->branch);
        struct flow_address address = { PURPOSE_QUEUED, *ref, queued->branch, queued->entry };
        struct key key;
        if (branch && !branch->over && branch->entry == queued->entry && branch->phase == BRANCH_QUEUED)
            continue;
        key_queued(&key, work->partition, ns, queued->name, queued->queued_ms, &address);
        store_delete(work->batch, key_str(&key));
    }
}

/* ---- offer, take, put back ---- */

/* Polls of this activity are told after the commit. */
static void queue_ready(struct flow *flow, struct ns ns, struct str name)
{
    struct str topic = flow_activity_topic(&flow->ready_arena, ns, name);
    VEC_PUSH(&flow->ready_arena, &flow->ready, topic);
}

static void queue_put(struct flow *flow, struct work *work, struct ns ns, struct str name, int64_t queued_ms,
                      struct flow_address address, struct str input)
{
    struct key key;
    address.purpose = PURPOSE_QUEUED;
    key_queued(&key, work->partition, ns, name, queued_ms, &address);
    store_put(work->batch, key_str(&key), input);
    queue_ready(flow, ns, name);
}

bool flow_activity_offer(struct flow *flow, struct work *work, const struct delivery *delivery,
                         struct fault *reterr)
{
    struct str name;
    struct flow_address address;
    struct flow_activity activity;
    if (!flow_activity_describe(work->reader, work->arena, delivery->ns, delivery->resource, &activity,
                                reterr) ||
        !activity_arn_read(work->arena, delivery->ns, delivery->resource, &name, reterr))
        return false;
    if (!flow_address_read(delivery->owner_ref, &address))
        return fault_set(reterr, work->arena, FAULT_INTERNAL, "The delivery is of no task");
    queue_put(flow, work, delivery->ns, name, work->now_ms, address, delivery->payload);
    return true;
}

/* The oldest task of the queue. False: it is empty. */
static bool queue_first(struct work *work, struct ns ns, struct str name, struct key *ret_key,
                        struct flow_address *ret_address, struct str *ret_input)
{
    struct key prefix, end;
    struct str key, value;
    key_queue(&prefix, work->partition, ns, name);
    key_after_prefix(key_str(&prefix), &end);
    struct store_cursor *cursor = store_scan(work->reader, key_str(&prefix), key_str(&end), STORE_UP);
    bool found = store_cursor_next(cursor, &key, &value);
    if (found) {
        struct str rest = str_from_offset(key, prefix.len);
        int64_t queued_ms;
        ret_key->len = 0;
        ret_key->overflow = false;
        key_bytes(ret_key, key);
        *ret_input = arena_copy(work->arena, value);
        if (!key_read_time(&rest, &queued_ms) || !flow_address_read(rest, ret_address))
            memset(ret_address, 0, sizeof(*ret_address)); /* names no execution */
    }
    return store_cursor_close(&cursor) == ERR_OK && found;
}

bool flow_activity_take(struct flow *flow, struct work *work, struct ns ns, struct str arn, struct str worker,
                        struct flow_activity_task *ret, struct fault *reterr)
{
    struct str name;
    struct flow_activity activity;
    struct flow_address address;
    struct key key;
    memset(ret, 0, sizeof(*ret));
    if (!flow_activity_describe(work->reader, work->arena, ns, arn, &activity, reterr) ||
        !activity_arn_read(work->arena, ns, arn, &name, reterr))
        return false;
    while (queue_first(work, ns, name, &key, &address, &ret->input)) {
        store_delete(work->batch, key_str(&key));
        if (flow_task_start(flow, work, &address, worker, &ret->token))
            return true;
    }
    ret->input = STR_EMPTY;
    return true;
}

void flow_activity_return(struct flow *flow, struct work *work, struct ns ns, struct str arn,
                          const struct flow_activity_task *task)
{
    struct flow_address address;
    int64_t queued_ms;
    if (flow_task_put_back(flow, work, task->token, &address, &queued_ms))
        queue_put(flow, work, ns, activity_name(arn), queued_ms, address, task->input);
}

struct str flow_activity_topic(struct arena *arena, struct ns ns, struct str name)
{
    return arena_concat(arena, STR("activity "), activity_arn_make(arena, ns, name));
}

void flow_on_ready(struct flow *flow, flow_ready_f *ready, void *self)
{
    flow->on_ready = ready;
    flow->on_ready_self = self;
}

void flow_after_commit(void *self)
{
    struct flow *flow = self;
    for (size_t i = 0; i < flow->ready.len && flow->on_ready; i++)
        flow->on_ready(flow->on_ready_self, flow->ready.at[i]);
    memset(&flow->ready, 0, sizeof(flow->ready));
    arena_reset(&flow->ready_arena);
}
