#include "flow/flow_map_run.h"

#include <assert.h>

enum {
    MAP_RUN_VERSION = 2,
    CHILDREN_A_COMMAND_MAX = 100, /* begun or ended before others have their turn */
    CHILDREN_MAX = 10000,         /* that run at once */
    LOOKED_A_COMMAND_MAX = 1000,  /* for those that are to be taken up */
};

/* ---- records ---- */

static void map_run_write(struct buf *out, const struct map_run *run)
{
    pack_u8(out, MAP_RUN_VERSION);
    pack_u64(out, run->machine_id);
    pack_u64(out, run->revision);
    pack_u64(out, run->parent.machine_id);
    pack_i64(out, run->parent.start_ms);
    pack_u64(out, run->parent.nonce);
    pack_u64(out, run->branch);
    pack_u64(out, run->entry);
    pack_u64(out, run->start);
    pack_u8(out, (uint8_t)run->status);
    pack_str(out, run->account);
    pack_str(out, run->region);
    pack_str(out, run->machine_name);
    pack_str(out, run->label);
    pack_str(out, run->uuid);
    pack_str(out, run->execution);
    pack_i64(out, run->start_ms);
    pack_i64(out, run->stop_ms);
    pack_u64(out, run->limits.concurrency);
    pack_u8(out, (uint8_t)(run->limits.has_count | run->limits.has_percentage << 1 | run->express << 2));
    pack_u64(out, run->limits.count);
    pack_fixed(out, &run->limits.percentage, sizeof(run->limits.percentage));
    pack_u64(out, run->items);
    pack_u64(out, run->begun);
    pack_u64(out, run->batches);
    for (int i = 0; i < MAP_COUNTS; i++) {
        pack_u64(out, run->item_counts[i]);
        pack_u64(out, run->execution_counts[i]);
    }
    pack_i64(out, run->pump_ms);
    pack_u64(out, run->redrives);
    if (run->redrives == 0)
        return;
    pack_i64(out, run->redriven_ms);
    pack_u8(out, (uint8_t)(run->stopping | run->walking << 1));
    pack_i64(out, run->at.start_ms);
    pack_u64(out, run->at.nonce);
    for (int i = 0; i < MAP_COUNTS; i++) {
        pack_u64(out, run->item_pending[i]);
        pack_u64(out, run->execution_pending[i]);
    }
    pack_u64(out, run->items_fixed);
    pack_u64(out, run->executions_fixed);
}

static bool map_run_read(struct str bytes, struct map_run *ret)
{
    struct unpack in = unpack_of(bytes);
    if (unpack_u8(&in) != MAP_RUN_VERSION)
        return false;
    ret->machine_id = unpack_u64(&in);
    ret->revision = unpack_u32(&in);
    ret->parent.machine_id = unpack_u64(&in);
    ret->parent.start_ms = unpack_i64(&in);
    ret->parent.nonce = unpack_u64(&in);
    ret->branch = unpack_u32(&in);
    ret->entry = unpack_u32(&in);
    ret->start = unpack_u32(&in);
    uint8_t status = unpack_u8(&in);
    if (status == 0 || status >= MAP_RUN_STATUSES)
        return false;
    ret->status = (enum map_run_status)status;
    ret->account = unpack_str(&in);
    ret->region = unpack_str(&in);
    ret->machine_name = unpack_str(&in);
    ret->label = unpack_str(&in);
    ret->uuid = unpack_str(&in);
    ret->execution = unpack_str(&in);
    ret->start_ms = unpack_i64(&in);
    ret->stop_ms = unpack_i64(&in);
    ret->limits.concurrency = unpack_u32(&in);
    uint8_t has = unpack_u8(&in);
    ret->limits.has_count = has & 1;
    ret->limits.has_percentage = has & 2;
    ret->express = has & 4;
    ret->limits.count = unpack_u32(&in);
    unpack_fixed(&in, &ret->limits.percentage, sizeof(ret->limits.percentage));
    ret->items = unpack_u32(&in);
    ret->begun = unpack_u32(&in);
    ret->batches = unpack_u32(&in);
    for (int i = 0; i < MAP_COUNTS; i++) {
        ret->item_counts[i] = unpack_u32(&in);
        ret->execution_counts[i] = unpack_u32(&in);
    }
    ret->pump_ms = unpack_i64(&in);
    ret->redrives = unpack_u32(&in);
    if (ret->redrives == 0)
        return unpack_done(&in);
    ret->redriven_ms = unpack_i64(&in);
    has = unpack_u8(&in);
    ret->stopping = has & 1;
    ret->walking = has & 2;
    ret->at.start_ms = unpack_i64(&in);
    ret->at.nonce = unpack_u64(&in);
    for (int i = 0; i < MAP_COUNTS; i++) {
        ret->item_pending[i] = unpack_u32(&in);
        ret->execution_pending[i] = unpack_u32(&in);
    }
    ret->items_fixed = unpack_u32(&in);
    ret->executions_fixed = unpack_u32(&in);
    return unpack_done(&in);
}

static void map_run_put(struct flow *flow, struct work *work, const struct map_run *run)
{
    struct key key;
    key_of_machine(&key, work->partition, 'x', run->id);
    buf_clear(&flow->record);
    map_run_write(&flow->record, run);
    store_put(work->batch, key_str(&key), buf_str(&flow->record));
}

enum err map_run_find(struct store_reader *reader, struct arena *arena, uint16_t partition, uint64_t id,
                      struct map_run *ret)
{
    struct key key;
    struct str bytes;
    memset(ret, 0, sizeof(*ret));
    key_of_machine(&key, partition, 'x', id);
    enum err err = store_get(reader, arena, key_str(&key), &bytes);
    if (err == ERR_OK && !map_run_read(bytes, ret))
        err = ERR_CORRUPT;
    ret->id = id;
    return err;
}

/* ---- names ---- */

void map_run_key_name(struct key *key, uint16_t partition, uint64_t machine_id, struct str label,
                      struct str name)
{
    key_name(key, partition, machine_id, label);
    key_bytes(key, STR(":"));
    key_bytes(key, name);
}

struct str map_run_machine_name(struct arena *arena, const struct map_run *run)
{
    return arena_printf(arena, "%.*s/%.*s", STR_ARG(run->machine_name), STR_ARG(run->label));
}

struct str map_run_arn(struct arena *arena, const struct map_run *run)
{
    return arena_printf(arena, "arn:aws:states:%.*s:%.*s:mapRun:%.*s/%.*s:%.*s", STR_ARG(run->region),
                        STR_ARG(run->account), STR_ARG(run->machine_name), STR_ARG(run->label),
                        STR_ARG(run->uuid));
}

bool map_run_find_arn(struct store_reader *reader, struct arena *arena, struct ns ns, struct str arn,
                      struct map_run *ret, struct fault *reterr)
{
    struct str type, rest, machine_name, label, uuid, bytes;
    struct machine_record machine;
    struct key key;
    bool here = false;
    if (!states_arn_read(arena, ns, arn, &type, &rest, &here, reterr))
        return false;
    if (!str_eq(type, STR("mapRun")))
        return states_type_wrong(arena, type, reterr);
    enum err err = ERR_NOTFOUND;
    if (here && str_cut(rest, ':', &machine_name, &uuid) && str_cut(machine_name, '/', &machine_name, &label))
        err = machine_find(reader, arena, PARTITION_ONLY, ns, machine_name, &machine);
    if (err == ERR_OK) {
        map_run_key_name(&key, PARTITION_ONLY, machine.id, label, uuid);
        err = store_get(reader, arena, key_str(&key), &bytes);
    }
    if (err == ERR_OK) {
        struct unpack in = unpack_of(bytes);
        int64_t start_ms = unpack_i64(&in);
        (void)unpack_u64(&in);
        uint64_t id = unpack_u64(&in);
        err = !unpack_done(&in) ? ERR_CORRUPT
              : start_ms == 0   ? map_run_find(reader, arena, PARTITION_ONLY, id, ret)
                                : ERR_NOTFOUND; /* the name of one of its executions */
    }
    if (err == ERR_NOTFOUND)
        return fault_set(reterr, arena, FAULT_NOT_FOUND, "Resource not found: '%.*s'", STR_ARG(arn));
    return err == ERR_OK ||
           fault_set(reterr, arena, FAULT_INTERNAL, "A map run cannot be read: %s", err_text(err));
}

static const enum map_count count_of_status[EXECUTION_STATUSES] = {
    [EXECUTION_SUCCEEDED] = COUNT_SUCCEEDED,
    [EXECUTION_FAILED] = COUNT_FAILED,
    [EXECUTION_TIMED_OUT] = COUNT_TIMED_OUT,
    [EXECUTION_ABORTED] = COUNT_ABORTED,
};

/* ---- begin, end ---- */

static void pump_soon(struct work *work, struct map_run *run)
{
    char ref[FLOW_ADDRESS_BYTES];
    if (run->pump_ms != 0)
        return;
    run->pump_ms = work->now_ms;
    flow_address_write(
        &(struct flow_address){ PURPOSE_PUMP, { run->machine_id, 0, run->id }, run->branch, run->entry },
        ref);
    timer_add(work, run->pump_ms, TIMER_FLOW, str_of(ref, sizeof(ref)));
}

void map_run_begin(struct run *run, const struct run_order *order, struct branch *branch)
{
    struct work *work = run->work;
    struct flow *flow = run->flow;
    const struct edition *edition = run->edition;
    struct key key;
    struct map_run own = {
        .id = store_next_id(work->batch, work->partition, STR("flow-machine")),
        .machine_id = edition->owner_id,
        .revision = edition->revision,
        .parent = run->ref,
        .branch = order->branch,
        .entry = order->entry,
        .start = order->start,
        .express = order->express,
        .status = MAP_RUN_RUNNING,
        .account = edition->ns.account,
        .region = edition->ns.region,
        .machine_name = edition->owner_name,
        .label = order->label,
        .uuid = order->uuid,
        .execution = run->arn,
        .start_ms = work->now_ms,
        .limits = order->limits,
        .items = order->items,
        .batches = order->batches,
    };
    branch->map_run = own.id;
    pump_soon(work, &own);
    map_run_put(flow, work, &own);
    key_execution(&key, work->partition, 'y', &run->ref);
    key_u64(&key, UINT64_MAX - own.id); /* the newest first */
    store_put(work->batch, key_str(&key), STR(""));
    map_run_key_name(&key, work->partition, own.machine_id, own.label, own.uuid);
    buf_clear(&flow->record);
    pack_i64(&flow->record, 0);
    pack_u64(&flow->record, 0);
    pack_u64(&flow->record, own.id);
    store_put(work->batch, key_str(&key), buf_str(&flow->record));
}

static void map_run_over(struct work *work, struct map_run *run, enum map_run_status status)
{
    run->status = status;
    run->stop_ms = work->now_ms;
    run->stopping = run->walking = false;
    memset(run->item_pending, 0, sizeof(run->item_pending));
    memset(run->execution_pending, 0, sizeof(run->execution_pending));
    if (run->execution_counts[COUNT_RUNNING] > 0)
        pump_soon(work, run);
}

void map_run_abandon(struct flow *flow, struct work *work, uint64_t id)
{
    struct map_run run;
    if (map_run_find(work->reader, work->arena, work->partition, id, &run) != ERR_OK ||
        run.status != MAP_RUN_RUNNING)
        return;
    map_run_over(work, &run, MAP_RUN_ABORTED);
    map_run_put(flow, work, &run);
}

void map_run_changed(struct flow *flow, struct work *work, struct map_run *run)
{
    if (run->status == MAP_RUN_RUNNING)
        pump_soon(work, run);
    map_run_put(flow, work, run);
}

/* Whether the state waits for the run, or will when its execution goes on: what its executions gave is wanted. */
static bool map_run_is_held(struct work *work, const struct map_run *run)
{
    struct execution execution;
    struct key key;
    struct str bytes;
    struct branch branch;
    if (run->status == MAP_RUN_RUNNING)
        return true;
    if (execution_find(work->reader, work->arena, work->partition, &run->parent, true, &execution) != ERR_OK)
        return false;
    if (execution.branches.len > 0 && run->branch == BRANCH_ROOT)
        branch = *execution.branches.at[0];
    else {
        key_branch(&key, work->partition, 'b', &run->parent, run->branch);
        if (store_get(work->reader, work->arena, key_str(&key), &bytes) != ERR_OK ||
            !branch_read(work->arena, bytes, &branch))
            return false;
    }
    return branch.phase == BRANCH_MAP_RUN && branch.map_run == run->id;
}

void map_run_child_ended(struct run *child)
{
    struct work *work = child->work;
    const struct execution *execution = &child->execution;
    struct map_run run;
    if (map_run_find(work->reader, work->arena, work->partition, child->ref.machine_id, &run) != ERR_OK)
        return;
    enum map_count count = count_of_status[execution->status];
    run.item_counts[COUNT_RUNNING] -= execution->map_items;
    run.execution_counts[COUNT_RUNNING]--;
    run.item_counts[count] += execution->map_items;
    run.execution_counts[count]++;
    if (run.stopping && count != COUNT_SUCCEEDED) {
        run.item_pending[count] += execution->map_items;
        run.execution_pending[count]++;
    } else if (count != COUNT_SUCCEEDED && execution->last_event >= REDRIVE_EVENTS_MAX) {
        run.items_fixed += execution->map_items;
        run.executions_fixed++;
    }
    if (count == COUNT_SUCCEEDED && map_run_is_held(work, &run)) {
        struct key key;
        key_branch(&key, work->partition, 'o', &run.parent, run.branch);
        key_u32(&key, execution->map_index);
        store_put(work->batch, key_str(&key), child->output);
    }
    if (run.status == MAP_RUN_RUNNING)
        pump_soon(work, &run);
    map_run_put(child->flow, work, &run);
}

/* ---- the pump ---- */

static bool too_many_failed(const struct map_run *run)
{
    uint32_t failed = 0;
    for (int i = COUNT_FAILED; i < MAP_COUNTS; i++)
        failed += run->item_counts[i] - run->item_pending[i];
    const struct map_limits *limits = &run->limits;
    if (!limits->has_count && !limits->has_percentage)
        return failed > 0;
    return (limits->has_count && failed > limits->count) ||
           (limits->has_percentage && (double)failed * 100 > limits->percentage * (double)run->items);
}

/* The execution that the run belongs to, while the state waits for it. */
static bool parent_load(struct flow *flow, struct work *work, const struct map_run *run, struct run *parent)
{
    struct fault fault = { 0 };
    if (run_load(flow, work, &run->parent, parent, &fault) != ERR_OK)
        return false;
    const struct branch *branch = rest_branch(parent, run->branch);
    return branch && branch->phase == BRANCH_MAP_RUN && branch->map_run == run->id;
}

static void parent_tell(struct flow *flow, struct work *work, struct map_run *run, enum happening_kind kind)
{
    struct run parent;
    struct happening what = { .kind = kind,
                              .branch = run->branch,
                              .count = run->execution_counts[COUNT_SUCCEEDED],
                              .error = STR("States.ExceedToleratedFailureThreshold"),
                              .cause = STR("The specified tolerated failure threshold was exceeded") };
    map_run_over(work, run, kind == HAPPENED_RUN_SUCCEEDED ? MAP_RUN_SUCCEEDED : MAP_RUN_FAILED);
    map_run_put(flow, work, run);
    if (parent_load(flow, work, run, &parent))
        run_go_starts(&parent, &what, NULL);
}

static uint32_t children_running_max(const struct map_run *run)
{
    uint32_t limit = run->limits.concurrency;
    return limit == 0 || limit > CHILDREN_MAX ? CHILDREN_MAX : limit;
}

/* Begins up to `most` executions. */
static uint32_t children_begin(struct flow *flow, struct work *work, struct map_run *run, uint32_t most)
{
    struct run parent;
    start_list starts = { 0 };
    uint32_t running = run->execution_counts[COUNT_RUNNING], limit = children_running_max(run);
    struct happening what = { .kind = HAPPENED_RUN_REFILL, .branch = run->branch };
    what.count = running < limit ? limit - running : 0;
    if (what.count > most)
        what.count = most;
    if (what.count == 0 || run->begun == run->items || !parent_load(flow, work, run, &parent))
        return 0;
    uint32_t hops = parent.execution.hops;
    run_go_starts(&parent, &what, &starts);
    if (map_run_find(work->reader, work->arena, work->partition, run->id, run) != ERR_OK ||
        run->status != MAP_RUN_RUNNING)
        return 0; /* the state has failed of an item */
    run->pump_ms = work->now_ms;
    for (size_t i = 0; i < starts.len; i++) {
        run->begun += starts.at[i].items;
        run->item_counts[COUNT_RUNNING] += starts.at[i].items;
        run->execution_counts[COUNT_RUNNING]++;
    }
    map_run_put(flow, work, run);
    for (size_t i = 0; i < starts.len; i++)
        run_start_child(flow, work, run, &starts.at[i], hops);
    return (uint32_t)starts.len;
}

/* ---- after its end ---- */

void map_run_redrive(struct flow *flow, struct work *work, uint64_t id, struct run_redriven *ret)
{
    struct map_run run;
    if (map_run_find(work->reader, work->arena, work->partition, id, &run) != ERR_OK)
        return;
    run.status = MAP_RUN_RUNNING;
    run.stop_ms = 0;
    run.redrives++;
    run.redriven_ms = work->now_ms;
    run.stopping = run.execution_counts[COUNT_RUNNING] > 0;
    run.walking = true;
    run.at = (struct execution_ref){ 0 };
    for (int i = COUNT_FAILED; i < MAP_COUNTS; i++) {
        run.item_pending[i] = run.item_counts[i];
        run.execution_pending[i] = run.execution_counts[i];
    }
    run.items_fixed = run.executions_fixed = 0;
    pump_soon(work, &run);
    map_run_put(flow, work, &run);
    *ret = (struct run_redriven){ id, map_run_arn(work->arena, &run), run.redrives };
}

bool map_run_pending(const struct map_run *run, const struct execution_ref *ref,
                     const struct execution *execution)
{
    if (run->status != MAP_RUN_RUNNING || !run->walking || execution->status == EXECUTION_RUNNING ||
        execution->status == EXECUTION_SUCCEEDED)
        return false;
    const struct execution_ref *at = &run->at;
    return at->nonce == 0 || ref->start_ms < at->start_ms ||
           (ref->start_ms == at->start_ms && ref->nonce > at->nonce);
}

struct unsuccessful {
    struct execution_ref ref;
    struct execution execution;
};
typedef VEC(struct unsuccessful) unsuccessful_list;

/* The next that did not succeed, from run->at on: up to `most` that can be taken up. Moves run->at on, and ends the
 * walk after the last. */
static void children_look(struct work *work, struct map_run *run, uint32_t most, unsuccessful_list *list)
{
    struct key first, end;
    struct str key, value;
    uint32_t looked = 0;
    key_of_machine(&first, work->partition, 'e', run->id);
    key_after_prefix(key_str(&first), &end);
    if (run->at.nonce != 0) {
        run->at.machine_id = run->id;
        key_execution(&first, work->partition, 'e', &run->at);
        key_u8(&first, 0); /* the next key there can be */
    }
    struct store_cursor *cursor = store_scan(work->reader, key_str(&first), key_str(&end), STORE_UP);
    while (list->len < most && looked++ < LOOKED_A_COMMAND_MAX) {
        struct unsuccessful found;
        if (!store_cursor_next(cursor, &key, &value)) {
            run->walking = false;
            break;
        }
        if (!key_execution_read(key, &found.ref) ||
            !execution_read(work->arena, arena_copy(work->arena, value), true, &found.execution))
            continue;
        run->at = found.ref;
        enum map_count count = count_of_status[found.execution.status];
        if (found.execution.status == EXECUTION_RUNNING || count == COUNT_SUCCEEDED)
            continue;
        run->item_pending[count] -= found.execution.map_items;
        run->execution_pending[count]--;
        if (str_empty(flow_redrive_refusal(&found.execution, false, work->now_ms))) {
            run->item_counts[count] -= found.execution.map_items;
            run->execution_counts[count]--;
            run->item_counts[COUNT_RUNNING] += found.execution.map_items;
            run->execution_counts[COUNT_RUNNING]++;
            VEC_PUSH(work->arena, list, found);
        } else {
            run->items_fixed += found.execution.map_items;
            run->executions_fixed++;
        }
    }
    if (store_cursor_close(&cursor) != ERR_OK)
        run->walking = false;
}

/* One of type EXPRESS starts anew, as another execution: the one before goes with all it had. */
static void child_start_anew(struct flow *flow, struct work *work, const struct map_run *run,
                             const struct unsuccessful *child, uint32_t hops)
{
    static const char kinds[] = { 'e', 'h', 'b', 'i', 'o', 'v' };
    struct start_order order = { .index = child->execution.map_index, .items = child->execution.map_items };
    struct key key;
    enum err err = execution_input(work->reader, work->arena, work->partition, &child->ref, &order.input);
    assert(err == ERR_OK); /* its first event was put with its start */
    for (size_t i = 0; i < sizeof(kinds); i++) {
        key_execution(&key, work->partition, kinds[i], &child->ref);
        flow_keys_delete(work, &key);
    }
    map_run_key_name(&key, work->partition, run->machine_id, run->label, child->execution.name);
    store_delete(work->batch, key_str(&key));
    run_start_child(flow, work, run, &order, hops);
}

/* Takes up to `most` executions up again, and says how much of them it has used. *ret_more: there was room for one. */
static uint32_t children_redrive(struct flow *flow, struct work *work, struct map_run *run, uint32_t most,
                                 bool *ret_more)
{
    unsuccessful_list list = { 0 };
    uint32_t running = run->execution_counts[COUNT_RUNNING], limit = children_running_max(run);
    uint32_t room = running < limit ? limit - running : 0;
    *ret_more = false;
    if (room == 0)
        return 0;
    if (room > most)
        room = most;
    children_look(work, run, room, &list);
    bool tired = run->walking && list.len < room;
    *ret_more = true;
    map_run_put(flow, work, run);
    for (size_t i = 0; i < list.len; i++) {
        if (run->express) {
            child_start_anew(flow, work, run, &list.at[i], list.at[i].execution.hops);
            continue;
        }
        struct run child = {
            .flow = flow, .work = work, .ref = list.at[i].ref, .execution = list.at[i].execution
        };
        struct fault fault = { 0 };
        bool goes_on = run_redrive(&child, &fault);
        assert(goes_on); /* what it needs was put with its end */
    }
    return tired ? most : (uint32_t)list.len;
}

static void children_stop(struct flow *flow, struct work *work, const struct map_run *run)
{
    struct key first, end;
    struct str key, value;
    VEC(struct execution_ref) refs = { 0 };
    key_of_machine(&first, work->partition, 'u', run->id);
    key_after_prefix(key_str(&first), &end);
    struct store_cursor *cursor = store_scan(work->reader, key_str(&first), key_str(&end), STORE_UP);
    while (refs.len < CHILDREN_A_COMMAND_MAX && store_cursor_next(cursor, &key, &value)) {
        struct execution_ref ref;
        if (key_execution_read(key, &ref))
            VEC_PUSH(work->arena, &refs, ref);
    }
    (void)store_cursor_close(&cursor);
    for (size_t i = 0; i < refs.len; i++) {
        struct run child;
        struct fault fault = { 0 };
        struct happening stop = { .kind = HAPPENED_STOP };
        if (run_load(flow, work, &refs.at[i], &child, &fault) == ERR_OK)
            run_go_starts(&child, &stop, NULL);
    }
}

/* One thing that is to be done next; how many executions it has begun or taken up. *ret_more: there is more. */
static uint32_t map_run_next(struct flow *flow, struct work *work, struct map_run *run, uint32_t most,
                             bool *ret_more)
{
    uint32_t begun = 0;
    if (too_many_failed(run)) {
        parent_tell(flow, work, run, HAPPENED_RUN_FAILED);
    } else if (run->walking) {
        return children_redrive(flow, work, run, most, ret_more);
    } else if (run->begun == run->items && run->execution_counts[COUNT_RUNNING] == 0) {
        parent_tell(flow, work, run, HAPPENED_RUN_SUCCEEDED);
    } else {
        begun = children_begin(flow, work, run, most);
    }
    *ret_more = begun > 0;
    return begun;
}

void map_run_due(struct flow *flow, struct work *work, uint64_t id)
{
    struct map_run run;
    uint32_t left = CHILDREN_A_COMMAND_MAX;
    bool more = true;
    if (map_run_find(work->reader, work->arena, work->partition, id, &run) != ERR_OK)
        return;
    if (run.stopping && run.execution_counts[COUNT_RUNNING] == 0)
        run.stopping = false;
    while (more && left > 0 && run.status == MAP_RUN_RUNNING && !run.stopping) {
        run.pump_ms = work->now_ms; /* executions that end at once need not ask for it */
        left -= map_run_next(flow, work, &run, left, &more);
        if (map_run_find(work->reader, work->arena, work->partition, id, &run) != ERR_OK)
            return; /* gone with its machine */
    }
    run.pump_ms = 0;
    bool stops = run.status != MAP_RUN_RUNNING || run.stopping;
    if (stops && run.execution_counts[COUNT_RUNNING] > 0) {
        map_run_put(flow, work, &run);
        children_stop(flow, work, &run);
        if (map_run_find(work->reader, work->arena, work->partition, id, &run) != ERR_OK)
            return;
        if (run.execution_counts[COUNT_RUNNING] > 0 || run.stopping)
            pump_soon(work, &run);
    } else if (run.status == MAP_RUN_RUNNING && more) {
        pump_soon(work, &run);
    }
    map_run_put(flow, work, &run);
}

/* ---- purge ---- */

void map_runs_purge(struct work *work, uint64_t machine_id)
{
    struct key first, end;
    struct str key, value;
    VEC(uint64_t) ids = { 0 };
    key_of_machine(&first, work->partition, 'y', machine_id);
    key_after_prefix(key_str(&first), &end);
    struct store_cursor *cursor = store_scan(work->reader, key_str(&first), key_str(&end), STORE_UP);
    while (store_cursor_next(cursor, &key, &value)) {
        uint64_t id;
        struct str tail = str_from_offset(key, key.len - sizeof(id));
        if (key_read_u64(&tail, &id))
            VEC_PUSH(work->arena, &ids, UINT64_MAX - id);
    }
    (void)store_cursor_close(&cursor);
    if (ids.len > 0)
        store_delete_range(work->batch, key_str(&first), key_str(&end));
    for (size_t i = 0; i < ids.len; i++) {
        map_runs_purge(work, ids.at[i]); /* those within its executions */
        flow_purge_executions(work, ids.at[i]);
        key_of_machine(&first, work->partition, 'x', ids.at[i]);
        store_delete(work->batch, key_str(&first));
    }
}
