#include "query/query_run.h"

#include <assert.h>
#include <stdlib.h>

void query_run_init(struct query_run *run, const struct query_context *context, size_t bytes_max)
{
    *run = (struct query_run){ .context = *context, .budget = { .max = bytes_max } };
    run->table = query_table_new(context->plan, &context->plan->segments.at[0], &run->budget);
}

void query_run_fini(struct query_run *run)
{
    query_table_free(&run->table);
}

/* ---- workers ---- */

void query_worker_init(struct query_worker *worker, struct query_run *run)
{
    *worker = (struct query_worker){ .run = run };
    query_record_init(&worker->record, &run->context);
    worker->table = query_table_new(run->context.plan, run->table->segment, &run->budget);
}

void query_worker_fini(struct query_worker *worker)
{
    query_record_fini(&worker->record);
    query_table_free(&worker->table);
}

static void gather(void *self, struct query_record *record)
{
    struct query_worker *worker = self;
    worker->reached = true;
    if (!worker->over)
        worker->over = !query_table_add(worker->table, record);
    record->over |= worker->over;
}

bool query_worker_event(struct query_worker *worker, const struct query_event *event)
{
    worker->reached = false;
    query_record_begin_event(&worker->record, event);
    query_record_run(&worker->record, worker->table->segment, gather, worker);
    worker->matched += worker->reached;
    worker->over |= worker->record.over;
    return !worker->over && !worker->record.stopped;
}

static bool fail_over(struct query_run *run)
{
    run->failed =
        STR("The query needs more memory than it may take: name fewer groups or fields, or a shorter time.");
    return false;
}

void query_run_merge(struct query_run *run, struct query_worker *worker)
{
    if (!query_table_merge(run->table, worker->table) || worker->over)
        (void)fail_over(run);
}

/* ---- results ---- */

struct gathering {
    struct query_table *table;
    bool over;
};

static void gather_row(void *self, struct query_record *record)
{
    struct gathering *gathering = self;
    if (!gathering->over)
        gathering->over = !query_table_add(gathering->table, record);
}

/* The next segment over the rows of the one before. */
static bool run_segment(struct query_run *run, struct query_record *record, size_t index,
                        const struct query_rows *from, struct arena *arena, struct query_table **table,
                        struct query_rows *ret)
{
    const struct query_plan *plan = run->context.plan;
    struct gathering gathering = { .table = query_table_new(plan, &plan->segments.at[index], &run->budget) };
    *table = gathering.table;
    for (size_t i = 0; i < from->list.len && !gathering.over && !record->stopped; i++) {
        query_record_begin_row(record, &plan->segments.at[index - 1], from->list.at[i], i);
        query_record_run(record, &plan->segments.at[index], gather_row, &gathering);
        gathering.over |= record->over;
    }
    if (gathering.over || record->stopped)
        return false;
    query_table_rows(gathering.table, arena, ret);
    return !ret->over;
}

static void put_field(struct json_writer *out, struct str name, struct str value)
{
    json_begin_object(out);
    json_put_member_str(out, STR("field"), name);
    json_put_member_str(out, STR("value"), value);
    json_end_object(out);
}

static void put_row(struct query_run *run, struct arena *arena, const struct query_segment *segment,
                    const struct query_row *row, struct json_writer *out)
{
    const struct query_plan *plan = run->context.plan;
    bool pointer_shown = false;
    json_begin_array(out);
    for (size_t i = 0; i < plan->columns.len; i++) {
        const struct query_slot *slot = &plan->slots.at[plan->columns.at[i]];
        struct query_value value = row->values[query_kept_at(segment, plan->columns.at[i])];
        if (value.type == QUERY_JSON)
            value.type = QUERY_TEXT; /* kept as its text */
        pointer_shown |= slot->kind == QUERY_SLOT_POINTER;
        if (value.type != QUERY_NULL)
            put_field(out, slot->name, query_text(arena, &value));
    }
    if (plan->of_events && !pointer_shown)
        put_field(out, STR("@ptr"), run->context.pointer(run->context.self, arena, &row->origin));
    json_end_array(out);
}

static bool put_rows(struct query_run *run, const struct query_rows *rows, size_t bytes_max,
                     struct query_results *ret)
{
    const struct query_plan *plan = run->context.plan;
    struct arena arena = { 0 };
    struct json_writer out;
    buf_init(&ret->text, bytes_max);
    ret->ends = calloc(rows->list.len + 1, sizeof(ret->ends[0]));
    assert(ret->ends);
    for (size_t i = 0; i < rows->list.len && ret->text.err == ERR_OK; i++) {
        json_writer_init(&out, &ret->text);
        put_row(run, &arena, &plan->segments.at[plan->segments.len - 1], rows->list.at[i], &out);
        ret->ends[ret->count++] = ret->text.len;
        if (arena.used > 65536)
            arena_reset(&arena);
    }
    arena_fini(&arena);
    if (ret->text.err == ERR_OK)
        return true;
    run->failed = STR("The results are too large to be kept: limit them, or display fewer fields.");
    return false;
}

bool query_run_results(struct query_run *run, size_t bytes_max, struct query_results *ret)
{
    const struct query_plan *plan = run->context.plan;
    struct query_table **tables = calloc(plan->segments.len, sizeof(struct query_table *));
    struct arena arena = { 0 };
    struct query_record record;
    struct query_rows rows;
    assert(tables);
    *ret = (struct query_results){ 0 };
    query_record_init(&record, &run->context);
    bool good = str_empty(run->failed);
    if (good) {
        query_table_rows(run->table, &arena, &rows);
        good = !rows.over;
        for (size_t i = 1; good && i < plan->segments.len; i++) {
            struct query_rows next;
            good = run_segment(run, &record, i, &rows, &arena, &tables[i], &next);
            rows = next;
        }
        if (good)
            good = put_rows(run, &rows, bytes_max, ret);
        else if (!record.stopped)
            (void)fail_over(run);
    }
    for (size_t i = 1; i < plan->segments.len; i++)
        query_table_free(&tables[i]);
    free(tables);
    query_record_fini(&record);
    arena_fini(&arena);
    if (!good)
        query_results_fini(ret);
    return good;
}

void query_results_fini(struct query_results *results)
{
    buf_fini(&results->text);
    free(results->ends);
    *results = (struct query_results){ 0 };
}
