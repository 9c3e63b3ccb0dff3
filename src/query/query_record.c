#include "query/query_record.h"

#include <assert.h>
#include <stdlib.h>

int query_place_compare(const struct query_place *a, const struct query_place *b)
{
    if (a->major != b->major)
        return a->major < b->major ? -1 : 1;
    if (a->minor != b->minor)
        return a->minor < b->minor ? -1 : 1;
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    return (a->item > b->item) - (a->item < b->item);
}

static void *take(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);
    assert(memory);
    return memory;
}

void query_record_init(struct query_record *record, const struct query_context *context)
{
    const struct query_plan *plan = context->plan;
    *record = (struct query_record){ .context = context, .stamp = 0 };
    record->values = take(plan->slots.len, sizeof(struct query_value));
    record->stamps = take(plan->slots.len, sizeof(uint32_t));
    record->walkers = take(plan->regexes.len, sizeof(struct regex_walker *));
    json_index_init(&record->index);
}

void query_record_fini(struct query_record *record)
{
    if (!record->context)
        return;
    for (size_t i = 0; i < record->context->plan->regexes.len; i++)
        regex_walker_free(&record->walkers[i]);
    json_index_fini(&record->index);
    arena_fini(&record->arena);
    free(record->values);
    free(record->stamps);
    free(record->walkers);
    record->context = NULL;
}

static void begin(struct query_record *record)
{
    if (record->arena.used)
        arena_reset(&record->arena);
    if (++record->stamp == 0) {
        memset(record->stamps, 0, record->context->plan->slots.len * sizeof(uint32_t));
        record->stamp = 1;
    }
    record->json_read = false;
    record->over = false;
}

void query_record_begin_event(struct query_record *record, const struct query_event *event)
{
    begin(record);
    record->event = event;
    record->origin = event->origin;
    record->place =
        (struct query_place){ ~event->origin.timestamp_ms, ~event->origin.sequence, event->origin.group, 0 };
}

void query_record_begin_row(struct query_record *record, const struct query_segment *segment,
                            const struct query_row *row, size_t ordinal)
{
    begin(record);
    record->event = NULL;
    record->origin = row->origin;
    record->place = (struct query_place){ 0, ordinal, 0, 0 };
    for (size_t i = 0; i < segment->kept.len; i++) {
        struct query_value value = row->values[i];
        if (value.type == QUERY_JSON) { /* kept as its text */
            struct json *json = ARENA_NEW(&record->arena, struct json);
            value = json_read(&record->arena, value.text, 0, json, NULL) == ERR_OK ? query_of_json(json)
                                                                                   : query_null();
        }
        query_record_set(record, segment->kept.at[i], value);
    }
}

void query_record_set(struct query_record *record, uint16_t slot, struct query_value value)
{
    record->values[slot] = value;
    record->stamps[slot] = record->stamp;
}

static struct query_value load(struct query_record *record, const struct query_slot *slot)
{
    const struct query_context *context = record->context;
    const struct query_event *event = record->event;
    if (slot->kind == QUERY_SLOT_POINTER)
        return query_of_text(context->pointer(context->self, &record->arena, &record->origin));
    if (!event)
        return query_null();
    switch (slot->kind) {
    case QUERY_SLOT_TIMESTAMP:
        return query_of_time(event->origin.timestamp_ms);
    case QUERY_SLOT_INGESTION_TIME:
        return query_of_time(event->ingested_ms);
    case QUERY_SLOT_MESSAGE:
        return query_of_text(event->message);
    case QUERY_SLOT_STREAM:
        return query_of_text(event->stream);
    case QUERY_SLOT_LOG:
        return query_of_text(context->groups[event->origin.group].log);
    case QUERY_SLOT_SET:
    case QUERY_SLOT_POINTER:
    case QUERY_SLOT_JSON:
    case QUERY_SLOT_GONE:
        break;
    }
    return query_null();
}

const struct query_value *query_record_load(struct query_record *record, uint16_t slot)
{
    const struct query_slot *known = &record->context->plan->slots.at[slot];
    if (known->kind == QUERY_SLOT_JSON && record->event && !record->json_read) {
        record->json_read = true;
        query_record_extract(record);
        if (record->stamps[slot] == record->stamp)
            return &record->values[slot];
    }
    query_record_set(record, slot, load(record, known));
    return &record->values[slot];
}

struct regex_walker *query_record_walker(struct query_record *record, uint16_t regex)
{
    struct regex_walker *walker = record->walkers[regex];
    if (!walker) {
        walker = record->walkers[regex] = regex_walker_new(record->context->plan->regexes.at[regex]);
        regex_walker_watch(walker, record->context->stops, record->context->self);
    }
    return walker;
}

/* ---- stages ---- */

/* Every text in its turn, the first time it comes: what lies between is taken out. */
static void run_glob(struct query_record *record, const struct query_stage *stage, struct str text)
{
    struct str taken[100];
    size_t found = str_find(text, stage->texts[0]);
    assert(stage->count <= 100);
    if (found == STR_NOT_FOUND)
        return;
    text = str_from_offset(text, found + stage->texts[0].len);
    for (size_t i = 0; i < stage->count; i++) {
        struct str next = stage->texts[i + 1];
        /* The last * takes all that is left. */
        found = str_empty(next) && i + 1 == stage->count ? text.len : str_find(text, next);
        if (found == STR_NOT_FOUND)
            return;
        taken[i] = str_slice(text, 0, found);
        text = str_from_offset(text, found + next.len);
    }
    for (size_t i = 0; i < stage->count; i++)
        query_record_set(record, stage->slots[i], query_of_text(taken[i]));
}

static void run_regex(struct query_record *record, const struct query_stage *stage, struct str text)
{
    struct str groups[REGEX_GROUPS_MAX];
    struct regex_walker *walker = query_record_walker(record, stage->regex);
    bool found = regex_walker_search(walker, text, groups);
    record->stopped |= regex_walker_stopped(walker);
    if (!found)
        return;
    for (size_t i = 0; i < stage->count; i++)
        if (stage->slots[i] != UINT16_MAX && groups[i].ptr)
            query_record_set(record, stage->slots[i], query_of_text(groups[i]));
}

static void run_from(struct query_record *record, const struct query_segment *segment, size_t stage,
                     query_sink_f *sink, void *self);

enum { ASK_EVERY = 256 }; /* items */

/* Whether the record goes no further. */
static bool ends(struct query_record *record)
{
    if (record->arena.used > QUERY_RECORD_BYTES_MAX)
        record->over = true;
    return record->over || record->stopped;
}

/* The stages behind run for every item; what they set is set anew each time. */
static void run_unnest(struct query_record *record, const struct query_segment *segment, size_t at,
                       query_sink_f *sink, void *self)
{
    const struct query_stage *stage = &segment->stages.at[at];
    struct query_value value = query_evaluate(record, stage->node);
    bool is_list = value.type == QUERY_JSON && value.json->type == JSON_ARRAY;
    size_t count = is_list ? value.json->count : 1;
    for (size_t i = 0; i < count && !ends(record); i++) {
        const struct query_context *context = record->context;
        if (++record->unnested % ASK_EVERY == 0 && context->stops && context->stops(context->self)) {
            record->stopped = true;
            return;
        }
        for (size_t j = at + 1; j < segment->stages.len; j++) {
            const struct query_stage *later = &segment->stages.at[j];
            if (later->kind == QUERY_SET || later->kind == QUERY_UNNEST)
                record->stamps[later->slot] = 0;
            for (size_t k = 0; k < later->count; k++)
                if (later->slots[k] != UINT16_MAX)
                    record->stamps[later->slots[k]] = 0;
        }
        query_record_set(record, stage->slot, is_list ? query_of_json(&value.json->items[i]) : value);
        run_from(record, segment, at + 1, sink, self);
        record->place.item++;
    }
}

static void run_from(struct query_record *record, const struct query_segment *segment, size_t at,
                     query_sink_f *sink, void *self)
{
    for (; at < segment->stages.len && !ends(record); at++) {
        const struct query_stage *stage = &segment->stages.at[at];
        struct query_value value;
        if (stage->kind == QUERY_UNNEST) {
            run_unnest(record, segment, at, sink, self);
            return;
        }
        value = query_evaluate(record, stage->node);
        if (stage->kind == QUERY_FILTER) {
            if (!query_true(&value))
                return;
        } else if (stage->kind == QUERY_SET) {
            query_record_set(record, stage->slot, value);
        } else if (value.type != QUERY_NULL) {
            struct str text = query_text(&record->arena, &value);
            if (stage->kind == QUERY_PARSE_GLOB)
                run_glob(record, stage, text);
            else
                run_regex(record, stage, text);
        }
    }
    if (!ends(record))
        sink(self, record);
}

void query_record_run(struct query_record *record, const struct query_segment *segment, query_sink_f *sink,
                      void *self)
{
    run_from(record, segment, 0, sink, self);
}
