/* An execution at rest: what of it stands beside its record, and its timers. */
#include "flow/flow_run.h"
#include "flow/flow_variable.h"

#include <assert.h>

/* ---- timers: what they should be follows from the execution ---- */

static void due_add(struct run *run, due_list *list, int64_t due_ms, enum purpose purpose, uint32_t branch,
                    uint32_t entry)
{
    if (due_ms == 0)
        return;
    struct due due = { due_ms, { (uint8_t)purpose, run->ref, branch, entry } };
    VEC_PUSH(run->work->arena, list, due);
}

static void dues_of_branch(struct run *run, due_list *list, const struct branch *branch)
{
    due_add(run, list, branch->wake_ms, PURPOSE_WAKE, branch->id, branch->entry);
    due_add(run, list, branch->timeout_ms, PURPOSE_TASK_TIMEOUT, branch->id, branch->entry);
    due_add(run, list, branch->heartbeat_ms, PURPOSE_HEARTBEAT, branch->id, branch->entry);
}

static void dues_of(struct run *run, due_list *list)
{
    const struct execution *execution = &run->execution;
    due_add(run, list, execution->timeout_ms, PURPOSE_EXECUTION_TIMEOUT, 0, 0);
    due_add(run, list, execution->continue_ms, PURPOSE_CONTINUE, 0, 0);
    for (size_t i = 0; i < execution->branches.len; i++) {
        if (!execution->branches.at[i]->over)
            dues_of_branch(run, list, execution->branches.at[i]);
    }
}

static bool due_in(const due_list *list, const struct due *due)
{
    for (size_t i = 0; i < list->len; i++) {
        const struct due *other = &list->at[i];
        if (other->due_ms == due->due_ms && other->address.purpose == due->address.purpose &&
            other->address.branch == due->address.branch && other->address.entry == due->address.entry)
            return true;
    }
    return false;
}

static void dues_move(struct work *work, const due_list *before, const due_list *after)
{
    char ref[FLOW_ADDRESS_BYTES];
    for (size_t i = 0; i < before->len; i++) {
        if (due_in(after, &before->at[i]))
            continue;
        flow_address_write(&before->at[i].address, ref);
        timer_remove(work, before->at[i].due_ms, TIMER_FLOW, str_of(ref, sizeof(ref)));
    }
    for (size_t i = 0; i < after->len; i++) {
        if (due_in(before, &after->at[i]))
            continue;
        flow_address_write(&after->at[i].address, ref);
        timer_add(work, after->at[i].due_ms, TIMER_FLOW, str_of(ref, sizeof(ref)));
    }
}

/* ---- read ---- */

void rest_loaded(struct run *run)
{
    dues_of(run, &run->before);
    run->jobs = jobs_of(run->work->arena, &run->execution);
    const struct branch *root = run->execution.branches.at[0];
    if (root->phase == BRANCH_MAP_RUN)
        VEC_PUSH(run->work->arena, &run->map_runs, root->map_run);
}

static struct branch *branch_take(struct run *run, struct str bytes)
{
    struct branch *branch = ARENA_NEW(run->work->arena, struct branch);
    bool whole = branch_read(run->work->arena, bytes, branch);
    assert(whole); /* the store has checked what it gives */
    VEC_PUSH(run->work->arena, &run->execution.branches, branch);
    dues_of_branch(run, &run->before, branch);
    jobs_add(run->work->arena, &run->jobs, branch);
    queue_add(run->work->arena, &run->queued, run->edition->plan, branch);
    if (branch->phase == BRANCH_MAP_RUN)
        VEC_PUSH(run->work->arena, &run->map_runs, branch->map_run);
    return branch;
}

struct branch *rest_branch(struct run *run, uint32_t id)
{
    struct key key;
    struct str bytes;
    struct branch *branch = execution_branch(&run->execution, id);
    if (branch)
        return branch->over ? NULL : branch;
    key_branch(&key, run->work->partition, 'b', &run->ref, id);
    if (run->fresh || store_get(run->work->reader, run->work->arena, key_str(&key), &bytes) != ERR_OK)
        return NULL;
    return branch_take(run, bytes);
}

static struct branch *rest_branch_of(void *self, uint32_t id)
{
    return rest_branch(self, id);
}

void rest_all(struct run *run)
{
    struct key first, end;
    struct str key, value;
    if (run->fresh || run->execution.branch_count <= 1)
        return;
    key_execution(&first, run->work->partition, 'b', &run->ref);
    key_after_prefix(key_str(&first), &end);
    struct store_cursor *cursor = store_scan(run->work->reader, key_str(&first), key_str(&end), STORE_UP);
    while (store_cursor_next(cursor, &key, &value)) {
        uint32_t id;
        struct str rest = str_from_offset(key, first.len);
        if (key_read_u32(&rest, &id) && !execution_branch(&run->execution, id))
            branch_take(run, arena_copy(run->work->arena, value));
    }
    (void)store_cursor_close(&cursor);
}

static void rest_branches(void *self)
{
    rest_all(self);
}

static bool rest_variable(void *self, const struct branch *branch, struct str name, struct value *ret)
{
    struct run *run = self;
    struct key key;
    struct str text;
    key_variable(&key, run->work->partition, &run->ref, branch->id, name);
    if (store_get(run->work->reader, run->work->arena, key_str(&key), &text) != ERR_OK)
        return false;
    *ret = parsed_value(run->flow, text);
    return true;
}

static struct frame *rest_frame(void *self, const struct branch *branch)
{
    struct run *run = self;
    struct key key;
    struct str bytes;
    struct frame *frame = frame_find(run, branch);
    if (frame)
        return frame;
    key_branch(&key, run->work->partition, 'i', &run->ref, branch->id);
    enum err err = store_get(run->work->reader, run->work->arena, key_str(&key), &bytes);
    assert(err == ERR_OK);
    return frame_get(run, branch, bytes);
}

static void rest_outputs(void *self, const struct branch *parent, output_list *list)
{
    struct run *run = self;
    struct key first, end;
    struct str key, value;
    key_branch(&first, run->work->partition, 'o', &run->ref, parent->id);
    key_after_prefix(key_str(&first), &end);
    struct store_cursor *cursor = store_scan(run->work->reader, key_str(&first), key_str(&end), STORE_UP);
    while (store_cursor_next(cursor, &key, &value)) {
        struct output output = { .parent = parent->id };
        struct str rest = str_from_offset(key, first.len);
        if (key_read_u32(&rest, &output.index)) {
            output.text = arena_copy(run->work->arena, value);
            VEC_PUSH(run->work->arena, list, output);
        }
    }
    (void)store_cursor_close(&cursor);
}

void rest_init(struct run *run, struct step_rest *ret)
{
    *ret = (struct step_rest){
        .self = run,
        .branch = rest_branch_of,
        .branches = rest_branches,
        .frame = rest_frame,
        .outputs = rest_outputs,
        .variable = rest_variable,
    };
}

/* ---- write ---- */

/* Few keys are deleted one by one: a range stays in the view's way for long. */
enum { DELETED_ALONE_MAX = 256 };

static void outputs_delete(struct run *run, const struct branch *branch)
{
    struct key key, end;
    if (branch->kept_output <= DELETED_ALONE_MAX) {
        output_list list = { 0 };
        rest_outputs(run, branch, &list);
        for (size_t i = 0; i < list.len; i++) {
            key_branch(&key, run->work->partition, 'o', &run->ref, branch->id);
            key_u32(&key, list.at[i].index);
            store_delete(run->work->batch, key_str(&key));
        }
        return;
    }
    key_branch(&key, run->work->partition, 'o', &run->ref, branch->id);
    key_after_prefix(key_str(&key), &end);
    store_delete_range(run->work->batch, key_str(&key), key_str(&end));
}

void flow_keys_delete(struct work *work, const struct key *prefix)
{
    struct key end;
    struct str key, value;
    VEC(struct str) keys = { 0 };
    key_after_prefix(key_str(prefix), &end);
    struct store_cursor *cursor = store_scan(work->reader, key_str(prefix), key_str(&end), STORE_UP);
    while (keys.len <= DELETED_ALONE_MAX && store_cursor_next(cursor, &key, &value))
        VEC_PUSH(work->arena, &keys, arena_copy(work->arena, key));
    bool whole = store_cursor_close(&cursor) == ERR_OK && keys.len <= DELETED_ALONE_MAX;
    if (!whole)
        store_delete_range(work->batch, key_str(prefix), key_str(&end));
    for (size_t i = 0; i < keys.len && whole; i++)
        store_delete(work->batch, keys.at[i]);
}

static void variables_delete(struct run *run, const struct branch *branch)
{
    struct key prefix;
    key_branch(&prefix, run->work->partition, 'v', &run->ref, branch->id);
    flow_keys_delete(run->work, &prefix);
}

/* What was cut when the execution ended is kept for a redrive. */
static bool branch_is_gone(const struct branch *branch)
{
    return branch->over && !branch->cut;
}

static void variables_put(struct run *run, struct branch *branch)
{
    struct store_batch *batch = run->work->batch;
    struct key key;
    if (branch->kept_variables > 0 && (branch_is_gone(branch) || branch->variables_gone))
        variables_delete(run, branch);
    if (!branch->variables || branch_is_gone(branch))
        return;
    for (struct variable *variable = branch->variables->first; variable; variable = variable->next) {
        if (!variable->changed)
            continue;
        key_variable(&key, run->work->partition, &run->ref, branch->id, variable->name);
        store_put(batch, key_str(&key), value_text(run->work->arena, &variable->value));
    }
}

static void branch_put(struct run *run, struct branch *branch)
{
    struct store_batch *batch = run->work->batch;
    struct buf *record = &run->flow->record;
    struct key key;
    variables_put(run, branch);
    bool gone = branch_is_gone(branch);
    if (gone && str_empty(branch->kept) && branch->kept_frame == 0 && branch->kept_output == 0)
        return;
    if (branch->kept_output > 0 && (gone || branch->outputs_gone))
        outputs_delete(run, branch);
    key_branch(&key, run->work->partition, 'i', &run->ref, branch->id);
    bool waits = !gone && branch_has_frame(branch);
    if (waits && branch->kept_frame != branch->entry) {
        buf_clear(record);
        frame_write(record, run->work->arena, branch->frame);
        store_put(batch, key_str(&key), buf_str(record));
    } else if (!waits && branch->kept_frame != 0) {
        store_delete(batch, key_str(&key));
    }
    key_branch(&key, run->work->partition, 'b', &run->ref, branch->id);
    if (gone ||
        (branch->id == BRANCH_ROOT && !branch->cut)) { /* a root that runs stands in the execution's record */
        if (!str_empty(branch->kept))
            store_delete(batch, key_str(&key));
        return;
    }
    buf_clear(record);
    branch_write(record, branch);
    if (!str_eq(buf_str(record), branch->kept))
        store_put(batch, key_str(&key), buf_str(record));
}

void rest_write(struct run *run, const struct step *step)
{
    struct execution *execution = &run->execution;
    for (size_t i = 0; i < execution->branches.len; i++)
        branch_put(run, execution->branches.at[i]);
    for (size_t i = 0; i < step->outputs.len && execution->status != EXECUTION_SUCCEEDED; i++) {
        const struct output *output = &step->outputs.at[i];
        struct key key;
        if (output->gone)
            continue;
        key_branch(&key, run->work->partition, 'o', &run->ref, output->parent);
        key_u32(&key, output->index);
        store_put(run->work->batch, key_str(&key), output->text);
    }
    due_list after = { 0 };
    dues_of(run, &after);
    dues_move(run->work, &run->before, &after);
}
