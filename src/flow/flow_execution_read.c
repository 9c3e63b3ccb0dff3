/* Executions as their readers see them: on any thread, from a snapshot or the batch. */
#include "flow/flow_map_run.h"

enum err execution_find(struct store_reader *reader, struct arena *arena, uint16_t partition,
                        const struct execution_ref *ref, bool whole, struct execution *ret)
{
    struct key key;
    struct str bytes;
    key_execution(&key, partition, 'e', ref);
    enum err err = store_get(reader, arena, key_str(&key), &bytes);
    if (err == ERR_OK && !execution_read(arena, bytes, whole, ret))
        err = ERR_CORRUPT;
    return err;
}

static bool execution_missing(struct arena *arena, struct str arn, enum err err, struct fault *reterr)
{
    if (err != ERR_NOTFOUND)
        return fault_set(reterr, arena, FAULT_INTERNAL, "An execution cannot be read: %s", err_text(err));
    return fault_set(reterr, arena, FAULT_EXECUTION_NOT_FOUND, "Execution Does Not Exist: '%.*s'",
                     STR_ARG(arn));
}

bool execution_find_arn(struct store_reader *reader, struct arena *arena, struct ns ns, struct str arn,
                        bool whole, struct execution_ref *ret_ref, struct execution *ret,
                        struct fault *reterr)
{
    struct str machine_name, name, bytes;
    struct machine_record machine;
    struct key key;
    if (!execution_arn_read(arena, ns, arn, &machine_name, &name, reterr))
        return false;
    /* Machine/Label: an execution of a map run. */
    struct str label = STR_EMPTY;
    bool child = str_cut(machine_name, '/', &machine_name, &label);
    enum err err = machine_find(reader, arena, PARTITION_ONLY, ns, machine_name, &machine);
    if (err == ERR_OK) {
        if (child)
            map_run_key_name(&key, PARTITION_ONLY, machine.id, label, name);
        else
            key_name(&key, PARTITION_ONLY, machine.id, name);
        err = store_get(reader, arena, key_str(&key), &bytes);
    }
    if (err == ERR_OK) {
        struct unpack in = unpack_of(bytes);
        ret_ref->machine_id = machine.id;
        ret_ref->start_ms = unpack_i64(&in);
        ret_ref->nonce = unpack_u64(&in);
        if (child)
            ret_ref->machine_id = unpack_u64(&in);
        struct map_run run = { .express = false };
        err = unpack_done(&in) ? execution_find(reader, arena, PARTITION_ONLY, ret_ref, whole, ret)
                               : ERR_CORRUPT;
        if (err == ERR_OK && child)
            err = map_run_find(reader, arena, PARTITION_ONLY, ret_ref->machine_id, &run);
        if (err == ERR_OK && run.express) /* they have no such ARN */
            err = ERR_NOTFOUND;
    }
    return err == ERR_OK || execution_missing(arena, arn, err, reterr);
}

/* ---- histories ---- */

/* The chunk that holds the event, or would. */
static enum err chunk_find(struct store_reader *reader, struct arena *arena, uint16_t partition,
                           const struct execution_ref *ref, uint32_t id, struct str *ret)
{
    struct key first, end;
    struct str key, value;
    key_chunk(&first, partition, ref, 0);
    key_chunk(&end, partition, ref, id);
    key_u8(&end, 0); /* the end is excluded, the chunk that begins with id is not */
    struct store_cursor *cursor = store_scan(reader, key_str(&first), key_str(&end), STORE_DOWN);
    bool found = store_cursor_next(cursor, &key, &value);
    if (found)
        *ret = arena_copy(arena, value);
    enum err err = store_cursor_close(&cursor);
    return err != ERR_OK ? err : found ? ERR_OK : ERR_NOTFOUND;
}

static enum err event_find(struct store_reader *reader, struct arena *arena, uint16_t partition,
                           const struct execution_ref *ref, uint32_t id, struct history_event *ret)
{
    struct history_reader events;
    struct str chunk;
    enum err err = chunk_find(reader, arena, partition, ref, id, &chunk);
    if (err != ERR_OK)
        return err;
    if (history_reader_init(&events, chunk)) {
        while (history_next(&events, ret)) {
            if (ret->id == id)
                return ERR_OK;
        }
    }
    return ERR_CORRUPT;
}

enum err execution_input(struct store_reader *reader, struct arena *arena, uint16_t partition,
                         const struct execution_ref *ref, struct str *ret)
{
    struct history_event event;
    enum err err = event_find(reader, arena, partition, ref, 1, &event);
    if (err == ERR_OK)
        *ret = event.texts[FIELD_INPUT];
    return err;
}

/* ---- one, and many ---- */

static void execution_fill(struct arena *arena, struct ns ns, struct str machine_name,
                           const struct execution *execution, struct flow_execution *ret)
{
    *ret = (struct flow_execution){
        .arn = execution_arn_make(arena, ns, machine_name, execution->name),
        .machine_arn = machine_arn_make(arena, ns, machine_name),
        .name = execution->name,
        .status = execution_status_name(execution->status),
        .running = execution->status == EXECUTION_RUNNING,
        .succeeded = execution->status == EXECUTION_SUCCEEDED,
        .start_ms = execution->start_ms,
        .stop_ms = execution->stop_ms,
        .redrives = execution->redrives,
        .redriven_ms = execution->redriven_ms,
        .item_count = execution->map_items,
        .trace_header = execution->trace_header,
    };
    if (execution->version > 0)
        ret->version_arn = version_arn_make(arena, ns, machine_name, execution->version);
    if (!str_empty(execution->alias))
        ret->alias_arn =
            arena_printf(arena, "%.*s:%.*s", STR_ARG(ret->machine_arn), STR_ARG(execution->alias));
}

static void redrive_fill(struct store_reader *reader, struct arena *arena, struct ns ns,
                         struct str machine_name, const struct execution *execution, bool child,
                         int64_t now_ms, struct flow_execution *ret)
{
    struct machine_record machine;
    struct str label;
    (void)str_cut(machine_name, '/', &machine_name, &label);
    bool deleting =
        machine_find(reader, arena, PARTITION_ONLY, ns, machine_name, &machine) == ERR_OK && machine.deleting;
    ret->redrive_reason = flow_redrive_refusal(execution, deleting, now_ms);
    ret->redrive_status = !str_empty(ret->redrive_reason) ? STR("NOT_REDRIVABLE")
                          : child                         ? STR("REDRIVABLE_BY_MAP_RUN")
                                                          : STR("REDRIVABLE");
}

bool flow_execution_describe(struct store_reader *reader, struct arena *arena, struct ns ns, struct str arn,
                             int64_t now_ms, struct flow_execution *ret, struct fault *reterr)
{
    struct execution_ref ref;
    struct execution execution;
    struct history_event last = { 0 };
    struct str machine_name, name, input;
    if (!execution_find_arn(reader, arena, ns, arn, false, &ref, &execution, reterr) ||
        !execution_arn_read(arena, ns, arn, &machine_name, &name, reterr))
        return false;
    enum err err = execution_input(reader, arena, PARTITION_ONLY, &ref, &input);
    if (err == ERR_OK && execution.status != EXECUTION_RUNNING)
        err = event_find(reader, arena, PARTITION_ONLY, &ref, execution.last_event, &last);
    if (err != ERR_OK)
        return execution_missing(arena, arn, err == ERR_NOTFOUND ? ERR_CORRUPT : err, reterr);
    execution_fill(arena, ns, machine_name, &execution, ret);
    bool child = str_find_char(machine_name, '/') != STR_NOT_FOUND;
    if (child) {
        struct map_run run;
        if (map_run_find(reader, arena, PARTITION_ONLY, ref.machine_id, &run) == ERR_OK) {
            ret->map_run_arn = map_run_arn(arena, &run);
            if (map_run_pending(&run, &ref, &execution))
                ret->status = STR("PENDING_REDRIVE");
        }
    }
    redrive_fill(reader, arena, ns, machine_name, &execution, child, now_ms, ret);
    ret->input = input;
    ret->output = last.texts[FIELD_OUTPUT];
    if (execution.status == EXECUTION_TIMED_OUT) /* only its history says States.Timeout */
        return true;
    ret->error = last.texts[FIELD_ERROR];
    ret->cause = last.texts[FIELD_CAUSE];
    return true;
}

bool flow_execution_machine(struct store_reader *reader, struct arena *arena, struct ns ns, struct str arn,
                            struct flow_machine *ret, struct fault *reterr)
{
    struct execution_ref ref;
    struct execution execution;
    struct revision_record revision;
    struct map_run run;
    if (!execution_find_arn(reader, arena, ns, arn, false, &ref, &execution, reterr))
        return false;
    bool child = map_run_find(reader, arena, PARTITION_ONLY, ref.machine_id, &run) == ERR_OK;
    enum err err = revision_find(reader, arena, PARTITION_ONLY, child ? run.machine_id : ref.machine_id,
                                 execution.revision, &revision);
    if (err != ERR_OK)
        return execution_missing(arena, arn, err == ERR_NOTFOUND ? ERR_CORRUPT : err, reterr);
    *ret = (struct flow_machine){
        .arn = machine_arn_make(arena, ns, revision.name),
        .name = revision.name,
        .definition = revision.definition,
        .role_arn = revision.role_arn,
        .logging = revision.logging,
        .revision_id = revision.revision_id,
        .tracing = revision.tracing,
        .express = revision.express,
        .updated_ms = revision.updated_ms,
        .map_run_arn = child ? map_run_arn(arena, &run) : STR_EMPTY,
        .label = child ? run.label : STR_EMPTY,
    };
    return true;
}

/* What the executions of a machine, or of a map run, stand under. */
static bool list_of(struct store_reader *reader, struct arena *arena, struct ns ns, struct str arn,
                    uint64_t *ret_id, struct machine_qualified *ret, struct map_run *ret_run,
                    struct fault *reterr)
{
    struct machine_record machine;
    memset(ret_run, 0, sizeof(*ret_run));
    struct arn parts;
    if (arn_parse(arn, &parts) && str_starts(parts.resource, STR("mapRun:"))) {
        if (!map_run_find_arn(reader, arena, ns, arn, ret_run, reterr))
            return false;
        if (ret_run->express)
            return fault_set(reterr, arena, FAULT_MACHINE_TYPE_NOT_SUPPORTED,
                             "This operation is not supported by this type of state machine");
        *ret_id = ret_run->id;
        *ret = (struct machine_qualified){ .name = map_run_machine_name(arena, ret_run) };
        return true;
    }
    if (!machine_qualified_read(arena, ns, arn, ret, reterr))
        return false;
    enum err err = machine_find(reader, arena, PARTITION_ONLY, ns, ret->name, &machine);
    if (err == ERR_NOTFOUND)
        return fault_set(reterr, arena, FAULT_MACHINE_NOT_FOUND, "State Machine Does Not Exist: '%.*s'",
                         STR_ARG(arn));
    if (err == ERR_OK && machine.express)
        return fault_set(reterr, arena, FAULT_MACHINE_TYPE_NOT_SUPPORTED,
                         "This operation is not supported by this type of state machine");
    *ret_id = machine.id;
    return err == ERR_OK ||
           fault_set(reterr, arena, FAULT_INTERNAL, "A machine cannot be read: %s", err_text(err));
}

bool flow_execution_list(const struct flow *flow, struct store_reader *reader, struct arena *arena,
                         struct ns ns, struct str machine_arn, struct str status, size_t max,
                         struct str *position, struct flow_execution *ret, size_t *ret_count,
                         struct fault *reterr)
{
    struct str key, value, last = STR_EMPTY;
    struct machine_qualified which;
    struct map_run run;
    struct key first, end;
    uint64_t id = 0;
    *ret_count = 0;
    if (!list_of(reader, arena, ns, machine_arn, &id, &which, &run, reterr))
        return false;
    /* Those that run have an index of their own, so that they are found among millions that are over. */
    bool running = str_eq(status, execution_status_name(EXECUTION_RUNNING));
    key_of_machine(&first, PARTITION_ONLY, running ? 'u' : 'e', id);
    key_after_prefix(key_str(&first), &end);
    key_bytes(&first, *position);
    size_t head = KEY_HEAD_BYTES + sizeof(uint64_t), looked = 0;
    struct store_cursor *cursor = store_scan(reader, key_str(&first), key_str(&end), STORE_UP);
    bool more = false;
    while (store_cursor_next(cursor, &key, &value)) {
        struct execution execution;
        struct execution_ref ref;
        if (*ret_count == max || looked++ == flow->settings.list_scan_max) {
            last = arena_copy(arena, str_from_offset(key, head));
            more = true;
            break;
        }
        bool whole = key_execution_read(key, &ref);
        if (whole)
            whole = running ? execution_find(reader, arena, PARTITION_ONLY, &ref, false, &execution) == ERR_OK
                            : execution_read(arena,
                                             arena_copy(arena, str_slice(value, 0, EXECUTION_HEAD_BYTES_MAX)),
                                             false, &execution);
        if (whole && ((which.version > 0 && execution.version != which.version) ||
                      (!str_empty(which.alias) && !str_eq(execution.alias, which.alias))))
            continue;
        if (!whole)
            continue;
        struct flow_execution filled;
        execution_fill(arena, ns, which.name, &execution, &filled);
        if (map_run_pending(&run, &ref, &execution))
            filled.status = STR("PENDING_REDRIVE");
        if (str_empty(status) || str_eq(status, filled.status))
            ret[(*ret_count)++] = filled;
    }
    *position = more ? last : STR_EMPTY;
    enum err err = store_cursor_close(&cursor);
    return err == ERR_OK ||
           fault_set(reterr, arena, FAULT_INTERNAL, "Executions cannot be read: %s", err_text(err));
}

/* ---- a page of a history ---- */

struct page {
    const struct flow *flow;
    struct store_reader *reader;
    struct arena *arena;
    struct execution_ref ref;
    struct json_writer *out;
    bool data;
    size_t left, bytes; /* events that fit; bytes written */
};

static bool page_add(struct page *page, const struct history_event *event)
{
    size_t before = page->out->out->len;
    if (page->left == 0 || page->bytes > page->flow->settings.page_bytes_max)
        return false;
    history_render(page->out, event, page->data);
    page->left--;
    page->bytes += page->out->out->len - before;
    return true;
}

/* Shows the chunk's events from *id on (reverse: down from it), and moves *id on. False: the page is full. */
static bool page_chunk(struct page *page, struct str chunk, bool reverse, uint32_t *id)
{
    struct history_reader events;
    struct history_event event;
    VEC(struct history_event) kept = { 0 };
    if (!history_reader_init(&events, chunk))
        return false;
    while (history_next(&events, &event)) {
        if (reverse && event.id <= *id) {
            VEC_PUSH(page->arena, &kept, event);
        } else if (!reverse && event.id >= *id) {
            if (!page_add(page, &event))
                return false;
            *id = event.id + 1;
        }
    }
    for (size_t i = kept.len; i > 0; i--) {
        if (!page_add(page, &kept.at[i - 1]))
            return false;
        *id = kept.at[i - 1].id - 1;
    }
    return true;
}

bool flow_history_write(const struct flow *flow, struct store_reader *reader, struct arena *arena,
                        struct ns ns, struct str arn, bool reverse, bool data, size_t max, uint32_t *id,
                        struct json_writer *out, struct fault *reterr)
{
    struct page page = {
        .flow = flow, .reader = reader, .arena = arena, .out = out, .data = data, .left = max
    };
    struct execution execution;
    if (!execution_find_arn(reader, arena, ns, arn, false, &page.ref, &execution, reterr))
        return false;
    if (*id == 0)
        *id = reverse ? execution.last_event : 1;
    while (*id > 0 && *id <= execution.last_event) {
        struct str chunk;
        uint32_t before = *id;
        enum err err = chunk_find(reader, arena, PARTITION_ONLY, &page.ref, *id, &chunk);
        if (err != ERR_OK)
            return execution_missing(arena, arn, err == ERR_NOTFOUND ? ERR_CORRUPT : err, reterr);
        if (!page_chunk(&page, chunk, reverse, id))
            return true;
        if (*id == before)
            return execution_missing(arena, arn, ERR_CORRUPT, reterr);
    }
    *id = 0;
    return true;
}
