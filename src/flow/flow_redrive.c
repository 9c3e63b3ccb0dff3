/* Executions that failed, timed out or were aborted, and go on from the state that did not succeed.
 *
 * What a branch was is gone with its end; the state and its input are read from the history. So are executions told
 * apart that cannot be taken up: the failed state must be of the machine's own States, no Parallel or Map, and nothing
 * may have been assigned to variables. Entries of attempts go on from the last event's id, which is above all that
 * were used: every attempt has written an event. */
#include "flow/flow_map_run.h"
#include "flow/flow_run.h"
#include "flow/flow_state.h"

enum { REDRIVE_TIME_MAX_DAYS = 14, REDRIVES_MAX = 1000 };
static const int64_t day_ms = 86400000;

struct failed_state {
    struct str name, input;
    uint32_t entered_event;
    bool assigned;
};

static bool no(struct arena *arena, struct fault *reterr, const char *why)
{
    return fault_set(reterr, arena, FAULT_NOT_REDRIVABLE, "Execution Not Redrivable: '%s'", why);
}

/* The state that was entered last. */
static bool history_scan(struct work *work, const struct execution_ref *ref, struct failed_state *ret)
{
    struct key first, end;
    struct str key, value;
    key_execution(&first, work->partition, 'h', ref);
    key_after_prefix(key_str(&first), &end);
    struct store_cursor *cursor = store_scan(work->reader, key_str(&first), key_str(&end), STORE_UP);
    while (store_cursor_next(cursor, &key, &value)) {
        struct history_reader events;
        struct history_event event;
        if (!history_reader_init(&events, value))
            continue;
        while (history_next(&events, &event)) {
            if (event.texts[FIELD_ASSIGNED].ptr)
                ret->assigned = true;
            if (!event.texts[FIELD_NAME].ptr || !event.texts[FIELD_INPUT].ptr)
                continue;
            ret->name = arena_copy(work->arena, event.texts[FIELD_NAME]);
            ret->input = arena_copy(work->arena, event.texts[FIELD_INPUT]);
            ret->entered_event = event.id;
        }
    }
    return store_cursor_close(&cursor) == ERR_OK && ret->name.ptr;
}

/* Its index in the plan; STATE_NONE when it is not of the machine's own States. */
static uint32_t outer_state(struct work *work, const struct run *run, struct str name)
{
    struct revision_record revision;
    struct json definition;
    if (revision_find(work->reader, work->arena, work->partition, run->ref.machine_id,
                      run->execution.revision, &revision) != ERR_OK ||
        json_read(work->arena, revision.definition, 0, &definition, NULL) != ERR_OK ||
        !json_get(json_get(&definition, STR("States")), name))
        return STATE_NONE;
    const struct plan *plan = run->edition->plan;
    for (uint32_t i = 0; i < plan->state_count; i++) {
        if (str_eq(plan->states[i].name, name))
            return i;
    }
    return STATE_NONE;
}

static bool redrivable(struct work *work, const struct execution *execution, struct fault *reterr)
{
    if (execution->status == EXECUTION_RUNNING || execution->status == EXECUTION_SUCCEEDED)
        return no(work->arena, reterr,
                  execution->status == EXECUTION_RUNNING ? "Execution is RUNNING and cannot be redriven"
                                                         : "Execution is SUCCEEDED and cannot be redriven");
    if (work->now_ms - execution->stop_ms > REDRIVE_TIME_MAX_DAYS * day_ms)
        return no(work->arena, reterr, "Execution ended more than 14 days ago");
    if (execution->redrives >= REDRIVES_MAX)
        return no(work->arena, reterr, "Execution was redriven 1000 times");
    return true;
}

bool flow_redrive(struct flow *flow, struct work *work, struct ns ns, struct str arn, int64_t *ret_ms,
                  struct fault *reterr)
{
    struct run run = { .flow = flow, .work = work };
    struct failed_state failed = { 0 };
    struct key key;
    if (!execution_find_arn(work->reader, work->arena, ns, arn, false, &run.ref, &run.execution, reterr) ||
        !redrivable(work, &run.execution, reterr))
        return false;
    if (str_find_char(arn, '/') != STR_NOT_FOUND)
        return no(work->arena, reterr, "Redriving an execution of a map run is not supported by Crema yet");
    run.edition = flow_edition_get(flow, work, run.ref.machine_id, run.execution.revision, reterr);
    if (!run.edition)
        return false;
    run.arn = arn;
    if (!history_scan(work, &run.ref, &failed))
        return fault_set(reterr, work->arena, FAULT_INTERNAL, "The history cannot be read");
    uint32_t state = outer_state(work, &run, failed.name);
    if (state == STATE_NONE || run.edition->plan->states[state].kind->family)
        return no(work->arena, reterr, "Redriving a Parallel or Map state is not supported by Crema yet");
    if (failed.assigned)
        return no(work->arena, reterr, "Redriving an execution with variables is not supported by Crema yet");
    struct execution *execution = &run.execution;
    struct branch *root = ARENA_NEW(work->arena, struct branch);
    *root = (struct branch){ .id = BRANCH_ROOT,
                             .parent = BRANCH_NONE,
                             .phase = BRANCH_RETRY,
                             .state = state,
                             .entry = execution->last_event + 1,
                             .entered_event = failed.entered_event,
                             .previous_event = execution->last_event,
                             .entered_ms = work->now_ms,
                             .input = value_of_text(failed.input) };
    VEC_PUSH(work->arena, &execution->branches, root);
    execution->last_entry = execution->last_event + 1;
    execution->branch_count = 1;
    execution->status = EXECUTION_RUNNING;
    execution->stop_ms = 0;
    execution->redrives++;
    execution->redriven_ms = work->now_ms;
    key_execution(&key, work->partition, 'u', &run.ref);
    store_put(work->batch, key_str(&key), STR(""));
    struct value input = { 0 };
    struct str text;
    if (run.edition->plan->wants_input &&
        execution_input(work->reader, work->arena, work->partition, &run.ref, &text) == ERR_OK)
        input = value_of_text(text);
    struct happening redrive = { .kind = HAPPENED_REDRIVE, .branch = BRANCH_ROOT };
    run_step(&run, &redrive, input, NULL);
    *ret_ms = work->now_ms;
    return true;
}
