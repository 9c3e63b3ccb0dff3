/* Executions of Express machines: run on the same pure step, kept in memory, never written.
 *
 *   start ─┐                         ┌─ record (bytes in memory)
 *   task's ┼─► view of the record ─► step ─┼─ the time it waits for: its command, later
 *   answer │                         └─ orders ─► deliver
 *   time ──┘
 *
 * Truths: 1. At most once: nothing of it is in the store, so nothing is taken up again after the process ends. What
 *            its tasks have written is of the batch of the step before.
 *         2. Between steps it is bytes, as in the store: nothing points into an arena or a plan.
 *         3. It ends within five minutes, by its own end, its timeout, or that of its machine's being deleted.
 *         4. All on the writer's thread.
 *         5. Of those that tasks wait for at most EXPRESS_DEPTH_MAX are in a row, one below the other: one that starts
 *            itself and waits comes to an end.
 */
#include <assert.h>
#include <stdlib.h>

#include "flow/flow_impl.h"
#include "flow/flow_state.h"
#include "flow/flow_variable.h"
#include "io/digest.h"
#include "io/rand.h"

enum {
    EXPRESS_MAX = 100000,
    EXPRESS_DEPTH_MAX = 16,
    EXPRESS_HISTORY_BYTES_MAX = 4 << 20,
    ASKED_WITHIN_MS = 600000, /* its end, once it is told: who wanted it may have been lost with a batch */
    ARENA_BYTES = 1024,       /* its names, and what most give as output */
};

struct express {
    struct command command; /* runs when its time has come, or tells its end */
    struct flow *flow;
    struct execution_ref ref;
    struct ns ns; /* texts in arena */
    struct arena arena;
    struct str arn, name, input;
    struct buf record; /* while it runs */
    bool waited;       /* somebody asks for its end, by flow_express_result */
    unsigned depth;    /* executions in a row whose tasks wait for this one; 0: no task does */
    bool over, told, in_group;
    enum execution_status status;
    int64_t start_ms, stop_ms;
    struct str output, error, cause;
};

/* What a step sees of it. */
struct kept_frame {
    uint32_t branch, entry;
    struct str bytes;
};
struct kept_variable {
    uint32_t branch;
    struct str name, text;
};
struct view {
    struct express *express;
    struct arena *arena;
    struct execution execution;
    VEC(struct kept_frame) frames;
    output_list outputs;
    VEC(struct kept_variable) variables;
};

static struct str express_key(const struct execution_ref *ref)
{
    return str_of((const char *)&ref->nonce, sizeof(ref->nonce));
}

static void express_drop(struct express *express)
{
    buf_fini(&express->record);
    arena_fini(&express->arena);
    free(express);
}

static void express_free(struct express *express)
{
    (void)map_remove(&express->flow->expresses, express_key(&express->ref));
    if (express->depth > 0)
        (void)map_remove(&express->flow->nested, express->arn);
    express_drop(express);
}

void flow_expresses_close(struct flow *flow)
{
    struct str key;
    void *value;
    for (size_t i = 0; map_next(&flow->expresses, &i, &key, &value);)
        express_drop(value);
    map_fini(&flow->expresses);
    map_fini(&flow->nested);
}

/* ---- the record ---- */

static bool view_load(struct view *view)
{
    struct arena *arena = view->arena;
    struct unpack in = unpack_of(arena_copy(arena, buf_str(&view->express->record)));
    if (!execution_read(arena, unpack_str(&in), true, &view->execution))
        return false;
    for (uint64_t count = unpack_u64(&in); count > 0 && !in.bad; count--) {
        struct branch *branch = ARENA_NEW(arena, struct branch);
        if (!branch_read(arena, unpack_str(&in), branch))
            return false;
        VEC_PUSH(arena, &view->execution.branches, branch);
    }
    for (uint64_t count = unpack_u64(&in); count > 0 && !in.bad; count--) {
        struct kept_frame frame = { .branch = unpack_u32(&in) };
        frame.entry = unpack_u32(&in);
        frame.bytes = unpack_str(&in);
        VEC_PUSH(arena, &view->frames, frame);
    }
    for (uint64_t count = unpack_u64(&in); count > 0 && !in.bad; count--) {
        struct output output = { .parent = unpack_u32(&in) };
        output.index = unpack_u32(&in);
        output.text = unpack_str(&in);
        VEC_PUSH(arena, &view->outputs, output);
    }
    for (uint64_t count = unpack_u64(&in); count > 0 && !in.bad; count--) {
        struct kept_variable variable = { .branch = unpack_u32(&in) };
        variable.name = unpack_str(&in);
        variable.text = unpack_str(&in);
        VEC_PUSH(arena, &view->variables, variable);
    }
    return unpack_done(&in);
}

/* The branch when it goes on; else NULL. */
static const struct branch *living(const struct view *view, uint32_t id)
{
    const struct branch *branch = execution_branch(&view->execution, id);
    return branch && !branch->over ? branch : NULL;
}

static void save_branches(const struct view *view, struct buf *out, struct buf *scratch)
{
    const struct execution *execution = &view->execution;
    uint64_t count = 0;
    buf_clear(scratch);
    execution_write(scratch, execution);
    pack_str(out, buf_str(scratch));
    for (size_t i = 0; i < execution->branches.len; i++)
        count += execution->branches.at[i]->id != BRANCH_ROOT && !execution->branches.at[i]->over;
    pack_u64(out, count);
    for (size_t i = 0; i < execution->branches.len; i++) {
        const struct branch *branch = execution->branches.at[i];
        if (branch->id == BRANCH_ROOT || branch->over)
            continue;
        buf_clear(scratch);
        branch_write(scratch, branch);
        pack_str(out, buf_str(scratch));
    }
}

static void save_frames(struct view *view, struct buf *out, struct buf *scratch)
{
    const struct execution *execution = &view->execution;
    uint64_t count = 0;
    for (size_t i = 0; i < execution->branches.len; i++)
        count += !execution->branches.at[i]->over && execution->branches.at[i]->phase == BRANCH_FAMILY;
    pack_u64(out, count);
    for (size_t i = 0; i < execution->branches.len; i++) {
        const struct branch *branch = execution->branches.at[i];
        struct str bytes = STR_EMPTY;
        if (branch->over || branch->phase != BRANCH_FAMILY)
            continue;
        for (size_t k = 0; k < view->frames.len; k++) {
            if (view->frames.at[k].branch == branch->id && view->frames.at[k].entry == branch->entry)
                bytes = view->frames.at[k].bytes;
        }
        if (str_empty(bytes)) {
            assert(branch->frame);
            buf_clear(scratch);
            frame_write(scratch, view->arena, branch->frame);
            bytes = buf_str(scratch);
        }
        pack_u64(out, branch->id);
        pack_u64(out, branch->entry);
        pack_str(out, bytes);
    }
}

static bool output_stays(const struct view *view, const struct output *output, bool former)
{
    const struct branch *parent = living(view, output->parent);
    return !output->gone && parent && parent->phase == BRANCH_FAMILY && !(former && parent->outputs_gone);
}

static void save_outputs(const struct view *view, const struct step *step, struct buf *out)
{
    const output_list *lists[] = { &view->outputs, &step->outputs };
    uint64_t count = 0;
    for (unsigned l = 0; l < 2; l++) {
        for (size_t i = 0; i < lists[l]->len; i++)
            count += output_stays(view, &lists[l]->at[i], l == 0);
    }
    pack_u64(out, count);
    for (unsigned l = 0; l < 2; l++) {
        for (size_t i = 0; i < lists[l]->len; i++) {
            const struct output *output = &lists[l]->at[i];
            if (!output_stays(view, output, l == 0))
                continue;
            pack_u64(out, output->parent);
            pack_u64(out, output->index);
            pack_str(out, output->text);
        }
    }
}

/* Whether the variable stays as it was: its branch goes on and the step has not assigned it anew. */
static bool variable_stays(const struct view *view, const struct kept_variable *variable)
{
    const struct branch *branch = living(view, variable->branch);
    if (!branch || branch->variables_gone)
        return false;
    for (const struct variable *one = branch->variables ? branch->variables->first : NULL; one;
         one = one->next) {
        if (one->changed && str_eq(one->name, variable->name))
            return false;
    }
    return true;
}

static void save_variables(struct view *view, struct buf *out)
{
    const struct execution *execution = &view->execution;
    uint64_t count = 0;
    for (unsigned pass = 0; pass < 2; pass++) {
        if (pass == 1)
            pack_u64(out, count);
        for (size_t i = 0; i < view->variables.len; i++) {
            const struct kept_variable *variable = &view->variables.at[i];
            if (!variable_stays(view, variable))
                continue;
            count++;
            if (pass == 0)
                continue;
            pack_u64(out, variable->branch);
            pack_str(out, variable->name);
            pack_str(out, variable->text);
        }
        for (size_t i = 0; i < execution->branches.len; i++) {
            const struct branch *branch = execution->branches.at[i];
            struct variable *one = branch->variables && !branch->over ? branch->variables->first : NULL;
            for (; one; one = one->next) {
                if (!one->changed)
                    continue;
                count++;
                if (pass == 0)
                    continue;
                pack_u64(out, branch->id);
                pack_str(out, one->name);
                pack_str(out, value_text(view->arena, &one->value));
            }
        }
    }
}

static void view_save(struct view *view, const struct step *step)
{
    struct buf *out = &view->express->record, *scratch = &view->express->flow->record;
    buf_clear(out);
    save_branches(view, out, scratch);
    save_frames(view, out, scratch);
    save_outputs(view, step, out);
    save_variables(view, out);
}

/* ---- what a step asks for ---- */

static struct branch *view_branch(void *self, uint32_t id)
{
    struct view *view = self;
    struct branch *branch = execution_branch(&view->execution, id);
    return branch && !branch->over ? branch : NULL;
}

static void view_branches(void *self)
{
    (void)self; /* they are all at hand */
}

static struct frame *view_frame(void *self, const struct branch *branch)
{
    struct view *view = self;
    struct frame *frame = ARENA_NEW(view->arena, struct frame);
    bool found = false;
    for (size_t i = 0; i < view->frames.len && !found; i++)
        found = view->frames.at[i].branch == branch->id && view->frames.at[i].entry == branch->entry &&
                frame_read(view->frames.at[i].bytes, frame);
    assert(found);
    return frame;
}

static void view_outputs(void *self, const struct branch *parent, output_list *list)
{
    struct view *view = self;
    for (size_t i = 0; i < view->outputs.len; i++) {
        if (view->outputs.at[i].parent == parent->id)
            VEC_PUSH(view->arena, list, view->outputs.at[i]);
    }
}

static bool view_variable(void *self, const struct branch *branch, struct str name, struct value *ret)
{
    struct view *view = self;
    for (size_t i = 0; i < view->variables.len; i++) {
        const struct kept_variable *variable = &view->variables.at[i];
        if (variable->branch == branch->id && str_eq(variable->name, name)) {
            *ret = value_of_text(variable->text);
            return true;
        }
    }
    return false;
}

/* ---- the end ---- */

static void express_tell(struct express *express)
{
    (void)writer_recall(express->flow->writer, &express->command);
    if (express->waited)
        writer_later(express->flow->writer, &express->command, 0);
    else if (!express->in_group)
        express_free(express);
}

static void count(atomic_uint_fast64_t *counter, uint64_t more)
{
    atomic_fetch_add_explicit(counter, more, memory_order_relaxed);
}

static void express_over(struct express *express, enum execution_status status, int64_t now_ms,
                         struct str output, struct str error, struct str cause)
{
    struct flow *flow = express->flow;
    count(status == EXECUTION_SUCCEEDED ? &flow->express_succeeded : &flow->express_failed, 1);
    express->over = true;
    express->status = status;
    express->stop_ms = now_ms;
    if (express->waited) {
        express->output = output.ptr ? arena_copy(&express->arena, output) : STR_EMPTY;
        express->error = error.ptr ? arena_copy(&express->arena, error) : STR_EMPTY;
        express->cause = cause.ptr ? arena_copy(&express->arena, cause) : STR_EMPTY;
        if (status == EXECUTION_SUCCEEDED && !express->output.ptr)
            express->output = STR("");
    }
    express_tell(express);
}

static void express_ended(struct view *view, const struct step *step)
{
    struct express *express = view->express;
    struct history_event last = { 0 };
    struct history_reader events;
    if (express->waited && step->history.begun && history_reader_init(&events, buf_str(step->history.out))) {
        while (history_next(&events, &last))
            ;
    }
    express_over(express, view->execution.status, step->now_ms, last.texts[FIELD_OUTPUT],
                 last.texts[FIELD_ERROR], last.texts[FIELD_CAUSE]);
}

static void express_lost(struct express *express, int64_t now_ms, const char *why)
{
    express_over(express, EXECUTION_FAILED, now_ms, STR_EMPTY, STR("States.Runtime"), str_from(why));
}

/* ---- a step ---- */

static void sooner(int64_t *due_ms, int64_t other_ms)
{
    if (other_ms != 0 && other_ms < *due_ms)
        *due_ms = other_ms;
}

static int64_t view_due_ms(const struct view *view)
{
    const struct execution *execution = &view->execution;
    int64_t due_ms = INT64_MAX;
    sooner(&due_ms, execution->timeout_ms);
    sooner(&due_ms, execution->continue_ms);
    for (size_t i = 0; i < execution->branches.len; i++) {
        const struct branch *branch = execution->branches.at[i];
        if (branch->over)
            continue;
        sooner(&due_ms, branch->wake_ms);
        sooner(&due_ms, branch->timeout_ms);
        sooner(&due_ms, branch->heartbeat_ms);
    }
    return due_ms;
}

static void express_deliver(struct view *view, struct work *work, const struct step *step)
{
    for (size_t i = 0; i < step->orders.len; i++) {
        const struct task_order *order = &step->orders.at[i];
        char ref[FLOW_ADDRESS_BYTES];
        struct flow_address address = { PURPOSE_EXPRESS, view->express->ref, order->branch, order->entry };
        flow_address_write(&address, ref);
        struct delivery delivery = {
            .owner = DELIVERY_OF_TASK,
            .owner_ref = str_of(ref, sizeof(ref)),
            .kind = flow_task_kind(order->resource),
            .attempts_max = 1,
            .ns = view->express->ns,
            .resource = order->resource,
            .payload = order->parameters,
            .source_arn = view->express->arn,
            .event_time_ms = work->now_ms,
            .hops = view->execution.hops,
        };
        deliver_add(view->express->flow->deliver, work, &delivery);
    }
}

static void express_step(struct view *view, struct work *work, const struct edition *edition,
                         const struct happening *what)
{
    struct express *express = view->express;
    struct flow *flow = express->flow;
    struct step_settings settings = {
        .transitions_max = flow->settings.transitions_max,
        .history_bytes_max = EXPRESS_HISTORY_BYTES_MAX,
        .events_max = UINT32_MAX - 16, /* its history is not kept: it has no limit */
        .payload_bytes_max = PAYLOAD_BYTES_MAX,
        .random = rand_bytes,
        .digest = digest_named,
        .known = flow->settings.task_known,
        .known_self = flow->settings.task_known_self,
        .logged = edition->logging.level != LOG_OFF,
    };
    struct execution_names names = {
        .ref = express->ref,
        .execution_arn = express->arn,
        .machine_arn = edition->machine_arn,
        .machine_name = edition->machine_name,
        .role_arn = edition->role_arn,
        .region = edition->ns.region,
    };
    struct step_rest rest = { view, view_branch, view_branches, view_frame, view_outputs, view_variable };
    struct step step = {
        .plan = edition->plan,
        .rest = &rest,
        .execution = &view->execution,
        .names = &names,
        .settings = &settings,
        .arena = work->arena,
        .now_ms = work->now_ms,
        .execution_input = value_of_text(express->input),
    };
    history_writer_init(&step.history, &flow->history, view->execution.last_event);
    flow_step(&step, what);
    count(&flow->express_transitions, step.transitions);
    flow_log_step(flow, work, edition, &view->execution, express->arn, &step);
    flow_count(flow, work, edition, &step, what->kind == HAPPENED_START, false);
    if (view->execution.status != EXECUTION_RUNNING) {
        express_ended(view, &step);
        return;
    }
    int64_t limit_ms = view->execution.start_ms + EXPRESS_TIME_MAX_MS;
    if (view->execution.timeout_ms == 0 || view->execution.timeout_ms > limit_ms)
        view->execution.timeout_ms = limit_ms;
    view_save(view, &step);
    (void)writer_recall(flow->writer, &express->command);
    writer_later(flow->writer, &express->command, view_due_ms(view));
    express_deliver(view, work, &step);
}

/* Takes it up. NULL: it cannot go on, and is over. */
static const struct edition *express_load(struct express *express, struct work *work, struct view *view)
{
    struct fault fault = { 0 };
    memset(view, 0, sizeof(*view));
    view->express = express;
    view->arena = work->arena;
    bool whole = view_load(view);
    assert(whole); /* it was written here */
    const struct edition *edition =
        flow_edition_get(express->flow, work, express->ref.machine_id, view->execution.revision, &fault);
    if (!edition)
        express_lost(express, work->now_ms, "The state machine was deleted.");
    return edition;
}

/* ---- its time ---- */

static bool due_of_branch(const struct branch *branch, int64_t now_ms, struct happening *ret)
{
    static const enum happening_kind kinds[] = { HAPPENED_WAKE, HAPPENED_TIMEOUT, HAPPENED_HEARTBEAT_MISSED };
    int64_t dues[] = { branch->wake_ms, branch->timeout_ms, branch->heartbeat_ms };
    for (unsigned i = 0; i < 3; i++) {
        if (dues[i] != 0 && dues[i] <= now_ms) {
            *ret = (struct happening){ .kind = kinds[i], .branch = branch->id };
            return true;
        }
    }
    return false;
}

/* The first thing that is due. */
static bool view_due(const struct view *view, int64_t now_ms, struct happening *ret)
{
    const struct execution *execution = &view->execution;
    if (execution->timeout_ms <= now_ms) {
        *ret = (struct happening){ .kind = HAPPENED_EXECUTION_TIMEOUT };
        return true;
    }
    for (size_t i = 0; i < execution->branches.len; i++) {
        if (due_of_branch(execution->branches.at[i], now_ms, ret))
            return true;
    }
    *ret = (struct happening){ .kind = HAPPENED_CONTINUE };
    return execution->continue_ms != 0 && execution->continue_ms <= now_ms;
}

static bool express_run(struct command *command, struct work *work)
{
    struct express *express = (struct express *)command;
    struct view view;
    struct happening what;
    express->in_group = true;
    if (express->over)
        return true;
    const struct edition *edition = express_load(express, work, &view);
    if (!edition)
        return true;
    if (view_due(&view, work->now_ms, &what))
        express_step(&view, work, edition, &what);
    else
        writer_later(express->flow->writer, &express->command, view_due_ms(&view));
    return true;
}

static void express_done(struct command *command, enum err committed)
{
    struct express *express = (struct express *)command;
    struct flow *flow = express->flow;
    bool ran = express->in_group;
    express->in_group = false;
    if (committed == ERR_CLOSED)
        return; /* the process ends, and flow_close takes it down */
    if (committed != ERR_OK && !express->over) {
        /* What its step has written is lost, or it could not be run: it is not done again. */
        express_lost(express, express->start_ms, "There was no room on the server's disk.");
        return;
    }
    if (committed != ERR_OK && ran && command->later != 0) { /* it ended in what is lost */
        if (express->status == EXECUTION_SUCCEEDED) {
            atomic_fetch_sub_explicit(&flow->express_succeeded, 1, memory_order_relaxed);
            count(&flow->express_failed, 1);
        }
        express->status = EXECUTION_FAILED;
        express->error = STR("States.Runtime");
        express->cause = STR("There was no room on the server's disk.");
    }
    if (!express->over || (command->later != 0 && ran))
        return;
    if (!express->waited || express->told) {
        express_free(express);
        return;
    }
    express->told = true;
    writer_later(flow->writer, command, express->stop_ms + ASKED_WITHIN_MS);
    if (flow->on_ready)
        flow->on_ready(flow->on_ready_self, express->arn);
}

/* What the address's task is a part of, looked at; NULL: it waits no more. */
static const struct edition *express_task_load(struct flow *flow, struct work *work,
                                               const struct flow_address *address, struct view *view)
{
    struct express *express = map_get(&flow->expresses, express_key(&address->ref));
    if (!express || express->over || express->ref.start_ms != address->ref.start_ms)
        return NULL;
    const struct edition *edition = express_load(express, work, view);
    const struct branch *branch = edition ? living(view, address->branch) : NULL;
    bool waits = branch && branch->entry == address->entry && branch->phase == BRANCH_TASK;
    return waits ? edition : NULL;
}

bool flow_express_task_wanted(struct flow *flow, struct work *work, const struct flow_address *address)
{
    struct view view;
    return express_task_load(flow, work, address, &view) != NULL;
}

void flow_express_task_done(struct flow *flow, struct work *work, const struct flow_address *address,
                            const struct delivery_result *result)
{
    struct view view;
    const struct edition *edition = express_task_load(flow, work, address, &view);
    if (!edition)
        return;
    struct happening what = flow_task_happening(work->arena, address->branch, result);
    express_step(&view, work, edition, &what);
}

/* ---- start, result ---- */

/* How deep one is that the execution's task waits for. */
static unsigned depth_below(const struct flow *flow, struct str waiting_arn)
{
    if (str_empty(waiting_arn))
        return 0;
    const struct express *waiting = map_get(&flow->nested, waiting_arn);
    return waiting ? waiting->depth + 1 : 1;
}

bool flow_express_start(struct flow *flow, struct work *work, const struct edition *edition,
                        const struct flow_express_start *start, struct flow_started *ret,
                        struct fault *reterr)
{
    char uuid[UUID_TEXT_BYTES];
    struct str name = start->name;
    unsigned depth = depth_below(flow, start->waiting_arn);
    if (flow->expresses.len >= EXPRESS_MAX)
        return fault_set(reterr, work->arena, FAULT_EXECUTION_LIMIT,
                         "Execution Limit Exceeded: %d executions of Express machines run", EXPRESS_MAX);
    if (depth > EXPRESS_DEPTH_MAX)
        return fault_set(reterr, work->arena, FAULT_EXECUTION_LIMIT,
                         "Execution Limit Exceeded: %d executions of Express machines wait for one another",
                         EXPRESS_DEPTH_MAX);
    struct express *express = calloc(1, sizeof(*express));
    assert(express);
    arena_init_sized(&express->arena, ARENA_BYTES + start->input.len);
    express->flow = flow;
    express->waited = start->waited;
    express->start_ms = work->now_ms;
    express->command = (struct command){ .run = express_run, .done = express_done };
    express->ns = (struct ns){ arena_copy(&express->arena, edition->ns.account),
                               arena_copy(&express->arena, edition->ns.region) };
    express->input = arena_copy(&express->arena, start->input);
    buf_init(&express->record, 0);
    express->name = arena_copy(&express->arena, name);
    uuid_random(uuid);
    express->arn = express_arn_make(&express->arena, edition->ns, edition->machine_name, name,
                                    str_of(uuid, UUID_TEXT_BYTES));
    uint32_t chance;
    rand_bytes(&chance, sizeof(chance));
    express->ref =
        (struct execution_ref){ edition->machine_id, work->now_ms, (uint64_t)flow->nonce-- << 32 | chance };
    map_put(&flow->expresses, express_key(&express->ref), express);
    express->depth = depth;
    if (depth > 0)
        map_put(&flow->nested, express->arn, express);
    count(&flow->express_started, 1);
    flow->writer = work->writer;
    struct view view = { .express = express, .arena = work->arena };
    view.execution.name = name;
    view.execution.revision = edition->revision;
    view.execution.version = start->version;
    view.execution.alias = start->alias;
    view.execution.hops = start->hops;
    struct happening what = { .kind = HAPPENED_START, .value = value_of_text(express->input) };
    what.value.json = *start->value;
    what.value.has_json = true;
    *ret = (struct flow_started){ arena_copy(work->arena, express->arn), work->now_ms, express->ref.nonce };
    express_step(&view, work, edition, &what);
    return true;
}

void flow_stats(const struct flow *flow, struct flow_stats *ret)
{
    *ret = (struct flow_stats){
        .started = atomic_load_explicit(&flow->started, memory_order_relaxed),
        .succeeded = atomic_load_explicit(&flow->succeeded, memory_order_relaxed),
        .failed = atomic_load_explicit(&flow->failed, memory_order_relaxed),
        .express_started = atomic_load_explicit(&flow->express_started, memory_order_relaxed),
        .express_succeeded = atomic_load_explicit(&flow->express_succeeded, memory_order_relaxed),
        .express_failed = atomic_load_explicit(&flow->express_failed, memory_order_relaxed),
        .express_transitions = atomic_load_explicit(&flow->express_transitions, memory_order_relaxed),
    };
}

bool flow_express_result(struct flow *flow, struct arena *arena, uint64_t express_id,
                         struct flow_execution *ret)
{
    struct express *express =
        map_get(&flow->expresses, str_of((const char *)&express_id, sizeof(express_id)));
    memset(ret, 0, sizeof(*ret));
    if (!express) { /* it ended with its process, or was asked for twice */
        ret->status = execution_status_name(EXECUTION_FAILED);
        return true;
    }
    if (!express->over)
        return false;
    ret->arn = arena_copy(arena, express->arn);
    ret->name = arena_copy(arena, express->name);
    ret->status = execution_status_name(express->status);
    ret->succeeded = express->status == EXECUTION_SUCCEEDED;
    ret->input = arena_copy(arena, express->input);
    if (ret->succeeded)
        ret->output = arena_copy(arena, express->output);
    if (!str_empty(express->error))
        ret->error = arena_copy(arena, express->error);
    if (!str_empty(express->cause))
        ret->cause = arena_copy(arena, express->cause);
    ret->start_ms = express->start_ms;
    ret->stop_ms = express->stop_ms;
    (void)writer_recall(flow->writer, &express->command);
    express->waited = false;
    if (!express->in_group)
        express_free(express);
    return true;
}
