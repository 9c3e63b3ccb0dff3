/* Map runs as their readers see them, and what a client may change of one. */
#include "flow/flow_map_run.h"

static struct flow_map_counts counts_of(const uint32_t counts[MAP_COUNTS], const uint32_t pending[MAP_COUNTS],
                                        uint32_t fixed, uint32_t total)
{
    struct flow_map_counts ret = {
        .running = counts[COUNT_RUNNING],
        .succeeded = counts[COUNT_SUCCEEDED],
        .failed = counts[COUNT_FAILED] - pending[COUNT_FAILED],
        .timed_out = counts[COUNT_TIMED_OUT] - pending[COUNT_TIMED_OUT],
        .aborted = counts[COUNT_ABORTED] - pending[COUNT_ABORTED],
        .pending_redrive = pending[COUNT_FAILED] + pending[COUNT_TIMED_OUT] + pending[COUNT_ABORTED],
        .not_redrivable = fixed,
    };
    uint32_t begun =
        ret.running + ret.succeeded + ret.failed + ret.timed_out + ret.aborted + ret.pending_redrive;
    ret.total = total > begun ? total : begun;
    ret.pending = ret.total - begun;
    return ret;
}

static void map_run_fill(struct arena *arena, struct ns ns, const struct map_run *run,
                         struct flow_map_run *ret)
{
    static const char *const statuses[MAP_RUN_STATUSES] = {
        [MAP_RUN_RUNNING] = "RUNNING",
        [MAP_RUN_SUCCEEDED] = "SUCCEEDED",
        [MAP_RUN_FAILED] = "FAILED",
        [MAP_RUN_ABORTED] = "ABORTED",
    };
    *ret = (struct flow_map_run){
        .arn = map_run_arn(arena, run),
        .execution_arn = run->execution,
        .machine_arn = machine_arn_make(arena, ns, map_run_machine_name(arena, run)),
        .status = str_from(statuses[run->status]),
        .running = run->status == MAP_RUN_RUNNING,
        .start_ms = run->start_ms,
        .stop_ms = run->stop_ms,
        .concurrency = run->limits.concurrency,
        .tolerated_count = run->limits.count,
        .tolerated_percentage = run->limits.percentage,
        .items = counts_of(run->item_counts, run->item_pending, run->items_fixed, run->items),
        .executions =
            counts_of(run->execution_counts, run->execution_pending, run->executions_fixed, run->batches),
        .redrives = run->redrives,
        .redriven_ms = run->redriven_ms,
    };
}

bool flow_map_run_describe(struct store_reader *reader, struct arena *arena, struct ns ns, struct str arn,
                           struct flow_map_run *ret, struct fault *reterr)
{
    struct map_run run;
    if (!map_run_find_arn(reader, arena, ns, arn, &run, reterr))
        return false;
    map_run_fill(arena, ns, &run, ret);
    return true;
}

bool flow_map_run_update(struct flow *flow, struct work *work, struct ns ns, struct str arn,
                         const struct flow_map_run_change *change, struct fault *reterr)
{
    struct map_run run;
    if (!map_run_find_arn(work->reader, work->arena, ns, arn, &run, reterr))
        return false;
    if (change->concurrency)
        run.limits.concurrency = *change->concurrency;
    if (change->tolerated_count) {
        run.limits.has_count = true;
        run.limits.count = *change->tolerated_count;
    }
    if (change->tolerated_percentage) {
        run.limits.has_percentage = true;
        run.limits.percentage = *change->tolerated_percentage;
    }
    map_run_changed(flow, work, &run);
    return true;
}

bool flow_map_run_list(struct store_reader *reader, struct arena *arena, struct ns ns,
                       struct str execution_arn, size_t max, struct str *position, struct flow_map_run *ret,
                       size_t *ret_count, struct fault *reterr)
{
    struct execution_ref ref;
    struct execution execution;
    struct key first, end;
    struct str key, value, last = STR_EMPTY;
    VEC(uint64_t) ids = { 0 };
    bool more = false;
    *ret_count = 0;
    if (!execution_find_arn(reader, arena, ns, execution_arn, false, &ref, &execution, reterr))
        return false;
    key_execution(&first, PARTITION_ONLY, 'y', &ref);
    key_after_prefix(key_str(&first), &end);
    size_t head = first.len;
    key_bytes(&first, *position);
    struct store_cursor *cursor = store_scan(reader, key_str(&first), key_str(&end), STORE_UP);
    while (!more && store_cursor_next(cursor, &key, &value)) {
        uint64_t id;
        struct str tail = str_from_offset(key, head);
        more = ids.len == max;
        if (more)
            last = arena_copy(arena, tail);
        else if (key_read_u64(&tail, &id))
            VEC_PUSH(arena, &ids, UINT64_MAX - id);
    }
    enum err err = store_cursor_close(&cursor);
    for (size_t i = 0; i < ids.len && err == ERR_OK; i++) {
        struct map_run run;
        err = map_run_find(reader, arena, PARTITION_ONLY, ids.at[i], &run);
        if (err == ERR_OK)
            map_run_fill(arena, ns, &run, &ret[(*ret_count)++]);
    }
    *position = last;
    return err == ERR_OK ||
           fault_set(reterr, arena, FAULT_INTERNAL, "Map runs cannot be read: %s", err_text(err));
}
