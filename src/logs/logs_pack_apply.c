/* logs_pack_apply.c - on the writer's thread: one batch puts the blocks and deletes what they were made of. */
#include "logs/logs_pack.h"

#include "logs/logs_read.h"

/* ---- is it all still there? ---- */

static bool runs_are_there(const struct logs_pack *pack, struct work *work)
{
    struct key key;
    for (size_t i = 0; i < pack->sources.len; i++) {
        logs_key_of_span(&key, &pack->group, LOGS_RUN, &pack->sources.at[i].span);
        if (!store_has(work->reader, key_str(&key)))
            return false;
    }
    return true;
}

static bool blocks_are_there(const struct logs_pack *pack, struct work *work)
{
    for (size_t i = 0; i < pack->sources.len; i++) {
        const struct logs_pack_source *source = &pack->sources.at[i];
        struct logs_block_head head;
        if (logs_head_get(work->reader, work->arena, &pack->group, &source->span, &head) != ERR_OK ||
            head.id != source->id || head.dead_bytes != source->dead_bytes)
            return false;
    }
    return true;
}

/* ---- deletes ---- */

static void delete_runs_one_by_one(const struct logs_pack *pack, struct work *work)
{
    struct key key;
    for (size_t i = 0; i < pack->sources.len; i++) {
        logs_key_of_span(&key, &pack->group, LOGS_RUN, &pack->sources.at[i].span);
        store_delete(work->batch, key_str(&key));
    }
}

/* Of each class all runs up to the last that was packed: as one range, unless one has come among them. What is packed
 * are the first runs in order of their first places, so of each class the first. */
static void delete_runs(const struct logs_pack *pack, struct work *work)
{
    struct logs_span last[LOGS_SPAN_CLASSES];
    bool any[LOGS_SPAN_CLASSES] = { false };
    for (size_t i = 0; i < pack->sources.len; i++) {
        const struct logs_span *span = &pack->sources.at[i].span;
        unsigned span_class = logs_span_class(span);
        if (!any[span_class] || logs_position_compare(span->first, last[span_class].first) > 0)
            last[span_class] = *span;
        any[span_class] = true;
        if (pack->came[span_class] && logs_position_compare(pack->low[span_class], span->first) <= 0) {
            delete_runs_one_by_one(pack, work);
            return;
        }
    }
    for (unsigned i = 0; i < LOGS_SPAN_CLASSES; i++) {
        if (!any[i])
            continue;
        struct key first, end;
        logs_key_part(&first, &pack->group, LOGS_RUN);
        key_u8(&first, (uint8_t)i);
        logs_key_of_span(&end, &pack->group, LOGS_RUN, &last[i]);
        key_u8(&end, 0); /* the least key after it */
        store_delete_range(work->batch, key_str(&first), key_str(&end));
    }
}

void logs_block_drop(struct work *work, const struct logs_group *group, const struct logs_span *span,
                     uint64_t id)
{
    struct key key;
    logs_key_of_span(&key, group, LOGS_HEAD, span);
    store_delete(work->batch, key_str(&key));
    logs_key_block(&key, group, LOGS_GRAMS, id);
    store_delete(work->batch, key_str(&key));
    logs_key_block(&key, group, LOGS_BODY, id);
    store_delete(work->batch, key_str(&key));
}

void logs_dead_gone(struct work *work, const struct logs_group *group, uint64_t number, bool only)
{
    struct key key;
    struct str value;
    logs_key_deleted(&key, group, number);
    if (store_get(work->reader, work->arena, key_str(&key), &value) != ERR_OK)
        return;
    bool left = value.len && value.ptr[0] && !only;
    struct logs_spans *spans =
        logs_stream_spans(work->reader, group, number, logs_position_first, logs_position_last, STORE_UP);
    struct logs_span span;
    bool indexed = logs_spans_peek(spans, &span);
    enum err err = logs_spans_close(&spans);
    if (err == ERR_OK && !indexed && !left)
        store_delete(work->batch, key_str(&key));
    else
        store_put(work->batch, key_str(&key), left ? STR("\1") : STR_EMPTY);
}

static bool is_dead(const struct logs_pack *pack, uint64_t number)
{
    for (size_t i = 0; i < pack->dead.len; i++)
        if (pack->dead.at[i].number == number)
            return true;
    return false;
}

/* Takes the indexes of what was read away. Returns the bytes of deleted streams that no head counts yet. */
static int64_t delete_indexes(const struct logs_pack *pack, struct work *work)
{
    int64_t bytes = 0;
    for (size_t i = 0; i < pack->gone.len; i++) {
        const struct logs_pack_index *gone = &pack->gone.at[i];
        struct key key;
        struct str value;
        struct logs_index index;
        logs_key_index(&key, &pack->group, gone->number);
        logs_key_span(&key, &gone->span);
        if (pack->dead.len && is_dead(pack, gone->number) &&
            store_get(work->reader, work->arena, key_str(&key), &value) == ERR_OK &&
            logs_index_read(value, &index) && !index.marked)
            bytes += (int64_t)index.bytes;
        store_delete(work->batch, key_str(&key));
    }
    return bytes;
}

/* ---- puts ---- */

static void put_block(const struct logs_pack *pack, struct logs *logs, struct work *work,
                      struct logs_pack_block *block)
{
    struct key key;
    block->head.id = logs_sequence_next(logs, work);
    logs_key_of_span(&key, &pack->group, LOGS_HEAD, &block->span);
    buf_clear(&logs->value);
    logs_block_head_write(&logs->value, &block->head);
    store_put(work->batch, key_str(&key), buf_str(&logs->value));
    logs_key_block(&key, &pack->group, LOGS_GRAMS, block->head.id);
    store_put(work->batch, key_str(&key), buf_str(&block->grams));
    logs_key_block(&key, &pack->group, LOGS_BODY, block->head.id);
    store_put(work->batch, key_str(&key), buf_str(&block->body));
    for (size_t i = block->index_from; i < block->index_to; i++) {
        const struct logs_pack_index *at = &pack->indexes.at[i];
        struct logs_index index = {
            .block_id = block->head.id, .count = at->count, .bytes = at->bytes, .block = block->span
        };
        logs_key_index(&key, &pack->group, at->number);
        logs_key_span(&key, &at->span);
        buf_clear(&logs->value);
        logs_index_write(&logs->value, &index);
        store_put(work->batch, key_str(&key), buf_str(&logs->value));
    }
}

bool logs_pack_apply(struct logs_pack *pack, struct logs *logs, struct work *work, struct logs_held *held)
{
    bool runs = pack->kind == LOGS_PACK_RUNS;
    if (runs ? pack->removed && !runs_are_there(pack, work) : !blocks_are_there(pack, work))
        return false;
    int64_t unmarked = delete_indexes(pack, work);
    if (runs && pack->removed)
        delete_runs_one_by_one(pack, work);
    else if (runs)
        delete_runs(pack, work);
    for (size_t i = 0; i < pack->sources.len && !runs; i++)
        logs_block_drop(work, &pack->group, &pack->sources.at[i].span, pack->sources.at[i].id);
    for (size_t i = 0; i < pack->blocks.len; i++)
        put_block(pack, logs, work, &pack->blocks.at[i]);
    for (size_t i = 0; i < pack->dead.len; i++)
        logs_dead_gone(work, &pack->group, pack->dead.at[i].number, pack->dead.at[i].only);
    logs_count(logs, work, held, -unmarked, runs ? -(int64_t)pack->bytes : 0);
    return true;
}
