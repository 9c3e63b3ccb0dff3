/* What a step decided becomes puts, timers and deliveries of the command's batch: here alone. */
#include <assert.h>
#include <stdlib.h>

#include "flow/flow_map_run.h"
#include "flow/flow_state.h"
#include "io/digest.h"
#include "io/rand.h"

enum {
    TRANSITIONS_MAX = 1000,
    PLANS_MAX = 1000,
    LIST_SCAN_MAX = 10000,
    STEP_HISTORY_BYTES_MAX = 4 << 20,
    PAGE_BYTES_MAX = 4 << 20,
    TASK_ATTEMPTS_MAX = 3 /* while a function cannot be reached; what more is wanted, the workflow says */
};

/* ---- life ---- */

enum err flow_open(const struct flow_settings *settings, struct deliver *deliver, struct flow **ret)
{
    struct flow *flow = calloc(1, sizeof(*flow));
    assert(flow);
    flow->settings = *settings;
    if (flow->settings.transitions_max == 0)
        flow->settings.transitions_max = TRANSITIONS_MAX;
    if (flow->settings.plans_max == 0)
        flow->settings.plans_max = PLANS_MAX;
    if (flow->settings.list_scan_max == 0)
        flow->settings.list_scan_max = LIST_SCAN_MAX;
    if (flow->settings.page_bytes_max == 0)
        flow->settings.page_bytes_max = PAGE_BYTES_MAX;
    if (flow->settings.history_events_max == 0)
        flow->settings.history_events_max = HISTORY_EVENTS_MAX;
    flow->deliver = deliver;
    flow->nonce = UINT32_MAX;
    map_init(&flow->machines, rand_u64());
    map_init(&flow->expresses, rand_u64());
    map_init(&flow->nested, rand_u64());
    map_init(&flow->trials, rand_u64());
    map_init(&flow->editions, rand_u64());
    buf_init(&flow->history, 0);
    buf_init(&flow->record, 0);
    *ret = flow;
    return ERR_OK;
}

void flow_close(struct flow **flow)
{
    if (!*flow)
        return;
    flow_expresses_close(*flow);
    flow_trials_close(*flow);
    flow_forget(*flow, true);
    flow_frames_forget(*flow);
    flow_parsed_forget(*flow);
    map_fini(&(*flow)->machines);
    map_fini(&(*flow)->editions);
    buf_fini(&(*flow)->history);
    buf_fini(&(*flow)->record);
    arena_fini(&(*flow)->ready_arena);
    free(*flow);
    *flow = NULL;
}

/* ---- a step in a batch ---- */

static void run_count(const struct run *run, enum execution_status status)
{
    struct flow *flow = run->flow;
    if (run->fresh)
        atomic_fetch_add_explicit(&flow->started, 1, memory_order_relaxed);
    if (status != EXECUTION_RUNNING)
        atomic_fetch_add_explicit(status == EXECUTION_SUCCEEDED ? &flow->succeeded : &flow->failed, 1,
                                  memory_order_relaxed);
}

static void run_write(struct run *run, const struct step *step)
{
    struct work *work = run->work;
    struct key key;
    bool running = run->execution.status == EXECUTION_RUNNING;
    if (step->history.begun) {
        /* The id of the chunk's first event: those of the step are consecutive. */
        struct history_reader reader;
        bool whole = history_reader_init(&reader, buf_str(step->history.out));
        assert(whole);
        key_chunk(&key, work->partition, &run->ref, reader.next_id);
        store_put(work->batch, key_str(&key), buf_str(step->history.out));
    }
    key_execution(&key, work->partition, 'e', &run->ref);
    buf_clear(&run->flow->record);
    execution_write(&run->flow->record, &run->execution);
    store_put(work->batch, key_str(&key), buf_str(&run->flow->record));
    if (running == run->fresh) {
        key_execution(&key, work->partition, 'u', &run->ref);
        if (running)
            store_put(work->batch, key_str(&key), STR(""));
        else
            store_delete(work->batch, key_str(&key));
    }
    run_count(run, run->execution.status);
    rest_write(run, step);
    queue_move(work, run->edition->ns, &run->ref, &run->queued, &run->execution);
}

struct str flow_task_kind(struct str resource)
{
    return activity_is(resource)       ? STR("activity")
           : function_is(resource)     ? STR("function")
           : operation_waits(resource) ? STR("waiting-operation")
                                       : STR("operation");
}

static void run_deliver(struct run *run, const struct step *step)
{
    for (size_t i = 0; i < step->orders.len; i++) {
        const struct task_order *order = &step->orders.at[i];
        char ref[FLOW_ADDRESS_BYTES];
        flow_address_write(&(struct flow_address){ PURPOSE_TASK, run->ref, order->branch, order->entry },
                           ref);
        struct delivery delivery = {
            .owner = DELIVERY_OF_TASK,
            .owner_ref = str_of(ref, sizeof(ref)),
            .kind = flow_task_kind(order->resource),
            .attempts_max = TASK_ATTEMPTS_MAX,
            .ns = run->edition->ns,
            .resource = order->resource,
            .payload = order->parameters,
            .source_arn = run->arn,
            .event_time_ms = run->work->now_ms,
            .hops = run->execution.hops,
        };
        deliver_add(run->flow->deliver, run->work, &delivery);
    }
}

/* Map runs that the step has begun, and those that it waits for no more. */
static void run_map_runs(struct run *run, const struct step *step)
{
    struct execution *execution = &run->execution;
    for (size_t i = 0; i < step->runs.len; i++) {
        struct branch *branch = execution_branch(execution, step->runs.at[i].branch);
        if (branch && !branch->over && branch->entry == step->runs.at[i].entry)
            map_run_begin(run, &step->runs.at[i], branch);
    }
    for (size_t i = 0; i < run->map_runs.len; i++) {
        bool waits = false;
        for (size_t k = 0; k < execution->branches.len; k++) {
            const struct branch *branch = execution->branches.at[k];
            waits = waits || (!branch->over && branch->phase == BRANCH_MAP_RUN &&
                              branch->map_run == run->map_runs.at[i]);
        }
        if (!waits)
            map_run_abandon(run->flow, run->work, run->map_runs.at[i]);
    }
}

void run_step(struct run *run, const struct happening *what, struct value input, start_list *starts)
{
    struct flow *flow = run->flow;
    const struct edition *edition = run->edition;
    struct step_settings settings = {
        .transitions_max = flow->settings.transitions_max,
        .history_bytes_max = STEP_HISTORY_BYTES_MAX,
        .events_max = flow->settings.history_events_max,
        .payload_bytes_max = PAYLOAD_BYTES_MAX,
        .random = rand_bytes,
        .digest = digest_named,
        .known = flow->settings.task_known,
        .known_self = flow->settings.task_known_self,
        .logged = edition->logging.level != LOG_OFF,
    };
    struct execution_names names = {
        .ref = run->ref,
        .execution_arn = run->arn,
        .machine_arn = edition->machine_arn,
        .machine_name = edition->machine_name,
        .role_arn = edition->role_arn,
        .region = edition->ns.region,
        .child = edition->child,
        .start = edition->start,
    };
    struct step_rest rest;
    rest_init(run, &rest);
    flow_frames_turn(flow);
    flow_parsed_turn(flow);
    if (run->execution.version > 0)
        names.version_arn =
            arena_printf(run->work->arena, "%.*s:%u", STR_ARG(edition->machine_arn), run->execution.version);
    if (!str_empty(run->execution.alias))
        names.alias_arn = arena_printf(run->work->arena, "%.*s:%.*s", STR_ARG(edition->machine_arn),
                                       STR_ARG(run->execution.alias));
    struct step step = {
        .plan = edition->plan,
        .rest = &rest,
        .execution = &run->execution,
        .names = &names,
        .settings = &settings,
        .arena = run->work->arena,
        .now_ms = run->work->now_ms,
        .execution_input = input,
    };
    history_writer_init(&step.history, &flow->history, run->execution.last_event);
    flow_step(&step, what);
    flow_log_step(flow, run->work, edition, &run->execution, run->arn, &step);
    run_map_runs(run, &step);
    run_write(run, &step);
    flow_count(flow, run->work, edition, &step, run->fresh, what->kind == HAPPENED_REDRIVE);
    if (starts)
        *starts = step.starts;
    job_list jobs = jobs_of(run->work->arena, &run->execution);
    flow_jobs_move(flow, run->work, edition->ns, &run->ref, &run->jobs, &jobs,
                   what->kind == HAPPENED_JOB_ENDED ? what->branch : BRANCH_NONE);
    run_deliver(run, &step); /* after the orders to stop: a name that is free again may be wanted */
    if (run->execution.status != EXECUTION_RUNNING)
        flow_job_ended(flow, run->work, edition->ns, &run->execution, run->arn);
    run->output = step.output;
    if (run->execution.status != EXECUTION_RUNNING && edition->child)
        map_run_child_ended(run);
    if (run->execution.status == EXECUTION_RUNNING || run->fresh)
        return;
    struct machine_record machine;
    struct fault fault = { 0 };
    if (flow_machine_get(flow, run->work, edition->ns, edition->owner_name, edition->owner_arn, &machine,
                         &fault) &&
        machine.id == edition->owner_id && machine.deleting && !flow_machine_runs(run->work, machine.id))
        flow_machine_purge(flow, run->work, edition->ns, edition->owner_name, machine.id);
}

/* One of type EXPRESS has its name, a UUID, twice. */
struct str run_arn(const struct run *run)
{
    const struct edition *edition = run->edition;
    struct str name = run->execution.name;
    return edition->child && edition->express
               ? express_arn_make(run->work->arena, edition->ns, edition->machine_name, name, name)
               : execution_arn_make(run->work->arena, edition->ns, edition->machine_name, name);
}

/* Takes up an execution that is in the store. ERR_NOTFOUND: there is none, or it is over. */
enum err run_load(struct flow *flow, struct work *work, const struct execution_ref *ref, struct run *run,
                  struct fault *reterr)
{
    memset(run, 0, sizeof(*run));
    run->flow = flow;
    run->work = work;
    run->ref = *ref;
    enum err err = execution_find(work->reader, work->arena, work->partition, ref, true, &run->execution);
    if (err != ERR_OK)
        return err;
    if (run->execution.status != EXECUTION_RUNNING)
        return ERR_NOTFOUND;
    rest_loaded(run);
    run->edition = flow_edition_get(flow, work, ref->machine_id, run->execution.revision, reterr);
    if (!run->edition)
        return ERR_CORRUPT;
    run->queued = queue_of(work->arena, run->edition->plan, &run->execution);
    run->arn = run_arn(run);
    return ERR_OK;
}

/* Steps an execution that was loaded. Of a machine that is being deleted it is its last. */
void run_go_starts(struct run *run, const struct happening *what, start_list *starts)
{
    struct flow *flow = run->flow;
    const struct edition *edition = run->edition;
    struct machine_record machine;
    struct fault fault = { 0 };
    struct value input = { 0 };
    struct str text;
    struct happening stop = { .kind = HAPPENED_STOP };
    if (flow_machine_get(flow, run->work, edition->ns, edition->owner_name, edition->owner_arn, &machine,
                         &fault) &&
        machine.id == edition->owner_id && machine.deleting)
        what = &stop;
    if (edition->plan->wants_input && execution_input(run->work->reader, run->work->arena,
                                                      run->work->partition, &run->ref, &text) == ERR_OK)
        input = value_of_text(text);
    run_step(run, what, input, starts);
}

static void run_go(struct run *run, const struct happening *what)
{
    run_go_starts(run, what, NULL);
}

/* ---- start ---- */

bool flow_input_check(struct arena *arena, struct str input, struct json *ret, struct fault *reterr)
{
    struct json_error error;
    if (input.len > PAYLOAD_BYTES_MAX)
        return fault_set(reterr, arena, FAULT_INVALID_EXECUTION_INPUT,
                         "Invalid State Machine Execution Input: 'The input has more than %d bytes.'",
                         PAYLOAD_BYTES_MAX);
    if (json_read(arena, input, 0, ret, &error) != ERR_OK)
        return fault_set(reterr, arena, FAULT_INVALID_EXECUTION_INPUT,
                         "Invalid State Machine Execution Input: '%s'", error.text);
    return true;
}

/* The name is taken: the same start again, while that execution runs, is answered with it. */
static bool start_again(struct work *work, uint64_t machine_id, struct str arn, struct str entry,
                        struct str input, struct flow_started *ret, struct fault *reterr)
{
    struct execution_ref ref = { .machine_id = machine_id };
    struct execution execution;
    struct str first;
    struct unpack in = unpack_of(entry);
    ref.start_ms = unpack_i64(&in);
    ref.nonce = unpack_u64(&in);
    enum err err = unpack_done(&in)
                       ? execution_find(work->reader, work->arena, work->partition, &ref, false, &execution)
                       : ERR_CORRUPT;
    if (err == ERR_OK && execution.status == EXECUTION_RUNNING &&
        execution_input(work->reader, work->arena, work->partition, &ref, &first) == ERR_OK &&
        str_eq(first, input)) {
        *ret = (struct flow_started){ .execution_arn = arn, .start_ms = execution.start_ms };
        return true;
    }
    return fault_set(reterr, work->arena, FAULT_EXECUTION_EXISTS, "Execution Already Exists: '%.*s'",
                     STR_ARG(arn));
}

static struct execution_ref execution_ref_new(struct flow *flow, struct work *work, uint64_t machine_id)
{
    uint32_t chance;
    rand_bytes(&chance, sizeof(chance));
    return (struct execution_ref){ machine_id, work->now_ms, (uint64_t)flow->nonce-- << 32 | chance };
}

static bool start(struct flow *flow, struct work *work, struct ns ns, const struct flow_order *order,
                  bool sync, struct flow_started *ret, struct fault *reterr)
{
    struct arena *arena = work->arena;
    struct str machine_arn = order->machine_arn, name = order->name, input = order->input;
    struct run run = { .flow = flow, .work = work, .fresh = true };
    struct machine_record machine;
    struct machine_qualified which;
    struct str machine_name, entry;
    struct key key;
    bool named = !str_empty(name);
    if (!machine_qualified_read(arena, ns, machine_arn, &which, reterr))
        return false;
    machine_name = which.name;
    if (!flow_machine_get(flow, work, ns, machine_name, machine_arn, &machine, reterr) ||
        !flow_route_pick(work, ns, &which, machine_arn, &machine, &run.execution.version,
                         &run.execution.revision, reterr) ||
        (named && !name_check(arena, name, reterr)))
        return false;
    if (machine.deleting)
        return fault_set(reterr, arena, FAULT_MACHINE_DELETING, "State Machine Deleting: '%.*s'",
                         STR_ARG(machine_arn));
    if (!named) {
        char *uuid = arena_bytes(arena, UUID_TEXT_BYTES);
        uuid_random(uuid);
        name = str_of(uuid, UUID_TEXT_BYTES);
    }
    if (machine.express) {
        struct flow_express_start express = { .name = name,
                                              .input = input,
                                              .value = &order->value,
                                              .version = run.execution.version,
                                              .hops = order->hops,
                                              .alias = which.alias,
                                              .waited = sync,
                                              .waiting_arn = order->waiting_arn };
        run.edition = flow_edition_get(flow, work, machine.id, run.execution.revision, reterr);
        return run.edition && flow_express_start(flow, work, run.edition, &express, ret, reterr);
    }
    if (sync)
        return fault_set(reterr, arena, FAULT_MACHINE_TYPE_NOT_SUPPORTED,
                         "This operation is not supported by this type of state machine");
    run.arn = execution_arn_make(arena, ns, machine_name, name);
    key_name(&key, work->partition, machine.id, name);
    if (named && store_get(work->reader, arena, key_str(&key), &entry) == ERR_OK)
        return start_again(work, machine.id, run.arn, entry, input, ret, reterr);
    run.edition = flow_edition_get(flow, work, machine.id, run.execution.revision, reterr);
    if (!run.edition)
        return false;
    run.ref = execution_ref_new(flow, work, machine.id);
    buf_clear(&flow->record);
    pack_i64(&flow->record, run.ref.start_ms);
    pack_u64(&flow->record, run.ref.nonce);
    store_put(work->batch, key_str(&key), buf_str(&flow->record));
    run.execution.name = name;
    run.execution.alias = which.alias;
    run.execution.trace_header = order->trace_header;
    run.execution.hops = order->hops;
    struct happening start = { .kind = HAPPENED_START, .value = value_of_text(input) };
    start.value.json = order->value;
    start.value.has_json = true;
    *ret = (struct flow_started){ .execution_arn = run.arn, .start_ms = work->now_ms };
    run_step(&run, &start, start.value, NULL);
    return true;
}

void run_start_child(struct flow *flow, struct work *work, const struct map_run *of,
                     const struct start_order *order, uint32_t hops)
{
    struct run run = { .flow = flow, .work = work, .fresh = true };
    struct fault fault = { 0 };
    struct key key;
    run.edition = flow_edition_get(flow, work, of->id, of->revision, &fault);
    assert(run.edition); /* the plan of the execution that it belongs to */
    char *uuid = arena_bytes(work->arena, UUID_TEXT_BYTES);
    uuid_random(uuid);
    run.execution.name = str_of(uuid, UUID_TEXT_BYTES);
    run.execution.revision = of->revision;
    run.execution.hops = hops;
    run.execution.map_index = order->index;
    run.execution.map_items = order->items;
    run.arn = run_arn(&run);
    if (of->express)
        run.execution.timeout_ms = work->now_ms + EXPRESS_TIME_MAX_MS;
    run.ref = execution_ref_new(flow, work, of->id);
    map_run_key_name(&key, work->partition, of->machine_id, of->label, run.execution.name);
    buf_clear(&flow->record);
    pack_i64(&flow->record, run.ref.start_ms);
    pack_u64(&flow->record, run.ref.nonce);
    pack_u64(&flow->record, of->id);
    store_put(work->batch, key_str(&key), buf_str(&flow->record));
    struct happening start = { .kind = HAPPENED_START, .value = value_of_text(order->input) };
    run_step(&run, &start, start.value, NULL);
}

bool flow_start_checked(struct flow *flow, struct work *work, struct ns ns, const struct flow_order *order,
                        struct flow_started *ret, struct fault *reterr)
{
    return start(flow, work, ns, order, false, ret, reterr);
}

bool flow_start_sync(struct flow *flow, struct work *work, struct ns ns, const struct flow_order *order,
                     struct flow_started *ret, struct fault *reterr)
{
    return start(flow, work, ns, order, true, ret, reterr);
}

bool flow_start(struct flow *flow, struct work *work, struct ns ns, struct str machine_arn, struct str name,
                struct str input, uint32_t hops, struct flow_started *ret, struct fault *reterr)
{
    struct flow_order order = { .machine_arn = machine_arn, .name = name, .input = input, .hops = hops };
    return flow_input_check(work->arena, input, &order.value, reterr) &&
           flow_start_checked(flow, work, ns, &order, ret, reterr);
}

bool flow_stop(struct flow *flow, struct work *work, struct ns ns, struct str arn, struct str error,
               struct str cause, int64_t *ret_stop_ms, struct fault *reterr)
{
    struct execution_ref ref;
    struct execution execution;
    struct run run;
    if (!execution_find_arn(work->reader, work->arena, ns, arn, false, &ref, &execution, reterr))
        return false;
    *ret_stop_ms = execution.stop_ms;
    if (execution.status != EXECUTION_RUNNING)
        return true;
    if (run_load(flow, work, &ref, &run, reterr) != ERR_OK)
        return fault_set(reterr, work->arena, FAULT_INTERNAL, "The execution cannot be read");
    *ret_stop_ms = work->now_ms;
    struct happening stop = { .kind = HAPPENED_STOP, .error = error, .cause = cause };
    run_go(&run, &stop);
    return true;
}

/* ---- answers to tasks ---- */

bool flow_task_wanted(void *self, struct work *work, const struct delivery *delivery)
{
    struct flow_address address;
    struct run run;
    struct fault fault = { 0 };
    if (!flow_address_read(delivery->owner_ref, &address))
        return false;
    if (address.purpose == PURPOSE_EXPRESS)
        return flow_express_task_wanted(self, work, &address);
    if (address.purpose == PURPOSE_TRIAL)
        return flow_trial_task_wanted(self, &address);
    if (run_load(self, work, &address.ref, &run, &fault) != ERR_OK)
        return false;
    const struct branch *branch = rest_branch(&run, address.branch);
    return branch && branch->entry == address.entry && branch->phase == BRANCH_TASK;
}

struct happening flow_task_happening(struct arena *arena, uint32_t branch,
                                     const struct delivery_result *result)
{
    struct happening what = { .kind = HAPPENED_REJECTED, .branch = branch };
    struct json value;
    if (result->outcome != OUTCOME_DELIVERED) {
        what.error = result->error;
        what.cause = result->cause;
        what.unplaced = result->stage == STAGE_UNPLACED;
        what.unreached = result->stage == STAGE_UNREACHED;
    } else if (str_empty(result->result)) {
        what.kind = HAPPENED_DELIVERED;
        what.value = value_empty_object();
    } else if (json_read(arena, result->result, 0, &value, NULL) == ERR_OK) {
        what.kind = HAPPENED_DELIVERED;
        what.value = value_of_text(result->result);
        what.value.json = value;
        what.value.has_json = true;
    } else {
        what.error = STR("States.Runtime");
        what.cause = STR("The task's result is not JSON.");
    }
    return what;
}

void flow_task_done(void *self, struct work *work, const struct delivery *delivery,
                    const struct delivery_result *result)
{
    struct flow_address address;
    struct run run;
    struct fault fault = { 0 };
    if (!flow_address_read(delivery->owner_ref, &address))
        return;
    if (address.purpose == PURPOSE_EXPRESS) {
        flow_express_task_done(self, work, &address, result);
        return;
    }
    if (address.purpose == PURPOSE_TRIAL) {
        flow_trial_task_done(self, &address, result);
        return;
    }
    if (run_load(self, work, &address.ref, &run, &fault) != ERR_OK)
        return;
    struct branch *branch = rest_branch(&run, address.branch);
    if (!branch || branch->entry != address.entry ||
        (branch->phase != BRANCH_TASK && branch->phase != BRANCH_JOB))
        return;
    struct happening what = flow_task_happening(work->arena, address.branch, result);
    if (what.kind == HAPPENED_DELIVERED && branch->phase == BRANCH_JOB)
        what.kind = HAPPENED_JOB_ENDED;
    run_go(&run, &what);
}

static bool token_load(struct flow *flow, struct work *work, struct str text, struct run *run,
                       struct happening *what, struct fault *reterr)
{
    struct task_token token;
    if (!task_token_read(work->arena, text, &token))
        return fault_set(reterr, work->arena, FAULT_INVALID_TOKEN, "Invalid Token: 'Invalid token'");
    struct key key;
    key_execution(&key, work->partition, 'e', &token.ref);
    if (!store_has(work->reader, key_str(&key)))
        return fault_set(reterr, work->arena, FAULT_TASK_NOT_FOUND,
                         "Task Does Not Exist: 'Provided task does not exist'");
    enum err err = run_load(flow, work, &token.ref, run, reterr);
    struct branch *branch = err == ERR_OK ? rest_branch(run, token.branch) : NULL;
    if (err != ERR_OK && err != ERR_NOTFOUND)
        return fault_set(reterr, work->arena, FAULT_INTERNAL, "The execution cannot be read");
    if (!branch || branch->entry != token.entry ||
        (branch->phase != BRANCH_TASK && branch->phase != BRANCH_TOKEN))
        return fault_set(reterr, work->arena, FAULT_TASK_TIMED_OUT,
                         "Task Timed Out: 'Provided task does not exist anymore'");
    if (!digest_equal(str_of((const char *)token.secret, TASK_SECRET_BYTES),
                      str_of((const char *)branch->secret, TASK_SECRET_BYTES)))
        return fault_set(reterr, work->arena, FAULT_INVALID_TOKEN, "Invalid Token: 'Invalid token'");
    what->branch = token.branch;
    return true;
}

bool flow_task_succeed(struct flow *flow, struct work *work, struct str token, struct str output,
                       struct fault *reterr)
{
    struct run run;
    struct happening what = { .kind = HAPPENED_TOKEN_SUCCESS, .value = value_of_text(output) };
    struct json_error error;
    if (json_read(work->arena, output, 0, &what.value.json, &error) != ERR_OK)
        return fault_set(reterr, work->arena, FAULT_INVALID_OUTPUT, "Invalid Output: '%s'", error.text);
    what.value.has_json = true;
    if (!token_load(flow, work, token, &run, &what, reterr))
        return false;
    run_go(&run, &what);
    return true;
}

bool flow_task_fail(struct flow *flow, struct work *work, struct str token, struct str error,
                    struct str cause, struct fault *reterr)
{
    struct run run;
    struct happening what = { .kind = HAPPENED_TOKEN_FAILURE, .error = error, .cause = cause };
    if (!token_load(flow, work, token, &run, &what, reterr))
        return false;
    run_go(&run, &what);
    return true;
}

bool flow_task_heartbeat(struct flow *flow, struct work *work, struct str token, struct fault *reterr)
{
    struct run run;
    struct happening what = { .kind = HAPPENED_HEARTBEAT };
    if (!token_load(flow, work, token, &run, &what, reterr))
        return false;
    run_go(&run, &what);
    return true;
}

/* ---- tasks of activities ---- */

bool flow_task_start(struct flow *flow, struct work *work, const struct flow_address *address,
                     struct str worker, struct str *ret_token)
{
    struct run run;
    struct fault fault = { 0 };
    struct happening what = { .kind = HAPPENED_TASK_STARTED, .branch = address->branch, .worker = worker };
    if (run_load(flow, work, &address->ref, &run, &fault) != ERR_OK)
        return false;
    struct branch *branch = rest_branch(&run, address->branch);
    if (!branch || branch->entry != address->entry || branch->phase != BRANCH_QUEUED)
        return false;
    run_go(&run, &what);
    branch = rest_branch(&run, address->branch);
    if (!branch || branch->entry != address->entry || branch->phase != BRANCH_TOKEN)
        return false; /* its machine is being deleted */
    struct task_token token = { .ref = address->ref, .branch = branch->id, .entry = branch->entry };
    memcpy(token.secret, branch->secret, sizeof(token.secret));
    *ret_token = task_token_write(work->arena, &token);
    return true;
}

bool flow_task_put_back(struct flow *flow, struct work *work, struct str token,
                        struct flow_address *ret_address, int64_t *ret_queued_ms)
{
    struct run run;
    struct fault fault = { 0 };
    struct happening what = { .kind = HAPPENED_TASK_PUT_BACK };
    if (!token_load(flow, work, token, &run, &what, &fault))
        return false;
    run_go(&run, &what);
    const struct branch *branch = rest_branch(&run, what.branch);
    if (!branch || branch->phase != BRANCH_QUEUED)
        return false;
    *ret_address = (struct flow_address){ PURPOSE_QUEUED, run.ref, branch->id, branch->entry };
    *ret_queued_ms = branch->queued_ms;
    return true;
}

/* ---- timers ---- */

bool flow_due(void *self, struct work *work, struct str ref)
{
    struct flow_address address;
    struct run run;
    struct fault fault = { 0 };
    if (!flow_address_read(ref, &address))
        return true;
    if (address.purpose == PURPOSE_PUMP) {
        map_run_due(self, work, address.ref.nonce);
        return true;
    }
    if (run_load(self, work, &address.ref, &run, &fault) != ERR_OK)
        return true; /* it is over: nothing to do */
    struct execution *execution = &run.execution;
    struct branch *branch = rest_branch(&run, address.branch);
    bool current = branch && branch->entry == address.entry;
    struct happening what = { .branch = address.branch };
    int64_t due_ms = 0;
    switch (address.purpose) {
    case PURPOSE_WAKE:
        what.kind = HAPPENED_WAKE;
        due_ms = current ? branch->wake_ms : 0;
        break;
    case PURPOSE_TASK_TIMEOUT:
        what.kind = HAPPENED_TIMEOUT;
        due_ms = current ? branch->timeout_ms : 0;
        break;
    case PURPOSE_HEARTBEAT:
        what.kind = HAPPENED_HEARTBEAT_MISSED;
        due_ms = current ? branch->heartbeat_ms : 0;
        break;
    case PURPOSE_EXECUTION_TIMEOUT:
        what.kind = HAPPENED_EXECUTION_TIMEOUT;
        due_ms = execution->timeout_ms;
        break;
    case PURPOSE_CONTINUE:
        what.kind = HAPPENED_CONTINUE;
        due_ms = execution->continue_ms;
        break;
    default:
        break;
    }
    if (due_ms == 0 || due_ms > work->now_ms)
        return true;                              /* of a former attempt, or moved on */
    for (size_t i = 0; i < run.before.len; i++) { /* the store has this one no more */
        if (run.before.at[i].address.purpose == address.purpose &&
            run.before.at[i].address.branch == address.branch)
            run.before.at[i] = run.before.at[--run.before.len];
    }
    run_go(&run, &what);
    return true;
}
