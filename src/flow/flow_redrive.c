/* Executions that failed, timed out or were aborted, and go on from what did not succeed.
 *
 * The end of an execution that did not succeed keeps its branches as they were (flow_execution.h), so a redrive is a
 * step like any other; what branches that were over had given stays given.
 *
 *   tokens: | time of the redrive | client's token | ..., the oldest first, REDRIVE_TOKENS_MAX at most
 */
#include "flow/flow_map_run.h"
#include "flow/flow_run.h"

enum { REDRIVE_DAYS_MAX = 14, OPEN_DAYS_MAX = 365, REDRIVES_MAX = 1000, REDRIVE_TOKENS_MAX = 10 };
static const int64_t day_ms = 86400000, token_ms_max = 900000;

static bool no(struct arena *arena, struct fault *reterr, struct str why)
{
    return fault_set(reterr, arena, FAULT_NOT_REDRIVABLE, "Execution Not Redrivable: '%.*s'", STR_ARG(why));
}

struct str flow_redrive_refusal(const struct execution *execution, bool deleting, int64_t now_ms)
{
    if (execution->status == EXECUTION_RUNNING)
        return STR("Execution is RUNNING and cannot be redriven");
    if (execution->status == EXECUTION_SUCCEEDED)
        return STR("Execution is SUCCEEDED and cannot be redriven");
    if (deleting)
        return STR("State machine is in DELETING status");
    if (execution->last_event >= REDRIVE_EVENTS_MAX)
        return STR("Execution history event limit exceeded");
    if (now_ms - execution->start_ms > OPEN_DAYS_MAX * day_ms)
        return STR("Execution has exceeded the max execution time");
    if (now_ms - execution->stop_ms > REDRIVE_DAYS_MAX * day_ms)
        return STR("Execution redrivable period exceeded");
    return STR_EMPTY;
}

/* ---- tokens of clients ---- */

/* Whether the token was used for a redrive of late; *ret_ms: when. Leaves in execution->redrive_tokens what is of use
 * still, with room for one more. */
static bool token_known(struct arena *arena, struct execution *execution, struct str token, int64_t now_ms,
                        int64_t *ret_ms)
{
    struct unpack in = unpack_of(execution->redrive_tokens);
    struct {
        int64_t ms;
        struct str text;
    } kept[REDRIVE_TOKENS_MAX];
    size_t count = 0;
    while (in.at < in.end && !in.bad && count < REDRIVE_TOKENS_MAX) {
        kept[count].ms = unpack_i64(&in);
        kept[count].text = unpack_str(&in);
        if (now_ms - kept[count].ms > token_ms_max)
            continue;
        if (str_eq(kept[count].text, token)) {
            *ret_ms = kept[count].ms;
            return true;
        }
        count++;
    }
    struct buf out;
    buf_init(&out, 0);
    for (size_t i = count == REDRIVE_TOKENS_MAX ? 1 : 0; i < count; i++) {
        pack_i64(&out, kept[i].ms);
        pack_str(&out, kept[i].text);
    }
    execution->redrive_tokens = arena_copy(arena, buf_str(&out));
    buf_fini(&out);
    return false;
}

static void token_add(struct arena *arena, struct execution *execution, struct str token, int64_t now_ms)
{
    struct buf out;
    buf_init(&out, 0);
    buf_add(&out, execution->redrive_tokens);
    pack_i64(&out, now_ms);
    pack_str(&out, token);
    execution->redrive_tokens = arena_copy(arena, buf_str(&out));
    buf_fini(&out);
}

/* ---- the redrive ---- */

static bool root_load(struct run *run)
{
    struct work *work = run->work;
    struct branch *root = ARENA_NEW(work->arena, struct branch);
    struct key key;
    struct str bytes;
    key_branch(&key, work->partition, 'b', &run->ref, BRANCH_ROOT);
    if (store_get(work->reader, work->arena, key_str(&key), &bytes) != ERR_OK ||
        !branch_read(work->arena, bytes, root))
        return false;
    VEC_PUSH(work->arena, &run->execution.branches, root);
    return true;
}

bool run_redrive(struct run *run, struct fault *reterr)
{
    struct work *work = run->work;
    struct execution *execution = &run->execution;
    struct happening redrive = { .kind = HAPPENED_REDRIVE, .branch = BRANCH_ROOT };
    struct value input = { 0 };
    struct str text;
    struct key key;
    run->edition = flow_edition_get(run->flow, work, run->ref.machine_id, execution->revision, reterr);
    if (!run->edition)
        return false;
    if (!root_load(run))
        return fault_set(reterr, work->arena, FAULT_INTERNAL, "What the execution was cannot be read");
    rest_all(run);
    run->arn = run_arn(run);
    struct run_redriven *runs = ARENA_ARRAY(work->arena, struct run_redriven, execution->branches.len);
    for (size_t i = 0; i < execution->branches.len; i++) {
        const struct branch *branch = execution->branches.at[i];
        execution->variable_bytes += branch->variable_bytes;
        if (branch->phase == BRANCH_MAP_RUN)
            map_run_redrive(run->flow, work, branch->map_run, &runs[redrive.run_count++]);
    }
    redrive.runs = runs;
    if (execution->branches.at[0]->phase == BRANCH_MAP_RUN)
        VEC_PUSH(work->arena, &run->map_runs, execution->branches.at[0]->map_run);
    execution->status = EXECUTION_RUNNING;
    execution->stop_ms = 0;
    execution->redrives++;
    execution->redriven_ms = work->now_ms;
    key_execution(&key, work->partition, 'u', &run->ref);
    store_put(work->batch, key_str(&key), STR(""));
    if (run->edition->plan->wants_input &&
        execution_input(work->reader, work->arena, work->partition, &run->ref, &text) == ERR_OK)
        input = value_of_text(text);
    run_step(run, &redrive, input, NULL);
    return true;
}

static bool machine_deleting(struct work *work, struct ns ns, struct str arn)
{
    struct machine_record machine;
    struct str name, execution;
    struct fault fault = { 0 };
    return execution_arn_read(work->arena, ns, arn, &name, &execution, &fault) &&
           machine_find(work->reader, work->arena, work->partition, ns, name, &machine) == ERR_OK &&
           machine.deleting;
}

bool flow_redrive(struct flow *flow, struct work *work, struct ns ns, struct str arn, struct str token,
                  int64_t *ret_ms, struct fault *reterr)
{
    struct run run = { .flow = flow, .work = work };
    if (!execution_find_arn(work->reader, work->arena, ns, arn, true, &run.ref, &run.execution, reterr))
        return false;
    if (token_known(work->arena, &run.execution, token, work->now_ms, ret_ms) && !str_empty(token))
        return true;
    struct str why = flow_redrive_refusal(&run.execution, machine_deleting(work, ns, arn), work->now_ms);
    if (!str_empty(why))
        return no(work->arena, reterr, why);
    if (str_find_char(arn, '/') != STR_NOT_FOUND)
        return no(work->arena, reterr,
                  STR("Execution belongs to a Map Run and is redriven with the execution that started it"));
    if (run.execution.redrives >= REDRIVES_MAX)
        return fault_set(reterr, work->arena, FAULT_EXECUTION_LIMIT,
                         "Execution Limit Exceeded: '%.*s' has been redriven %d times", STR_ARG(arn),
                         REDRIVES_MAX);
    if (!str_empty(token))
        token_add(work->arena, &run.execution, token, work->now_ms);
    *ret_ms = work->now_ms;
    return run_redrive(&run, reterr);
}
