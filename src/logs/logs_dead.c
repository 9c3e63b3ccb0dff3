/* logs_dead.c - events that are deleted before their time: runs at once, of a block only counted, until it is written
 * anew without them. */
#include "logs/logs_pack.h"
#include "logs/logs_read.h"

enum { SLICE_RUN_BYTES = 1 << 20 };

/* So many more bytes of the block are dead. */
static enum err mark(struct logs *logs, struct work *work, struct logs_held *held,
                     const struct logs_span *span, uint64_t bytes)
{
    struct logs_block_head head;
    struct key key;
    enum err err = logs_head_get(work->reader, work->arena, &held->group, span, &head);
    if (err != ERR_OK)
        return err == ERR_NOTFOUND ? ERR_CORRUPT : err;
    head.dead_bytes += bytes;
    logs_key_of_span(&key, &held->group, LOGS_HEAD, span);
    buf_clear(&logs->value);
    logs_block_head_write(&logs->value, &head);
    store_put(work->batch, key_str(&key), buf_str(&logs->value));
    if (head.dead_bytes >= head.bytes / LOGS_DEAD_SHARE)
        logs_pack_rewrite(logs, work, held);
    return ERR_OK;
}

static void drop_run(struct logs *logs, struct work *work, const struct logs_group *group,
                     const struct logs_span *span)
{
    struct key key;
    logs_key_of_span(&key, group, LOGS_RUN, span);
    store_delete(work->batch, key_str(&key));
    logs_pack_note_removed(logs, group);
}

enum err logs_event_drop(struct logs *logs, struct work *work, struct logs_held *held,
                         struct logs_position at, bool *ret_in_block)
{
    struct logs_found found;
    enum err err = logs_find(work->reader, work->arena, &held->group, at, &found);
    if (err != ERR_OK)
        return err;
    int64_t bytes = logs_event_bytes(found.event.message.len);
    *ret_in_block = found.in_block;
    if (found.in_block)
        err = mark(logs, work, held, &found.span, (uint64_t)bytes);
    else
        drop_run(logs, work, &held->group, &found.span);
    if (err == ERR_OK)
        logs_count(logs, work, held, -bytes, found.in_block ? 0 : -bytes);
    return err;
}

/* One index of the stream. */
struct entry {
    struct logs_span span;
    bool in_block;
    struct logs_index index;
};
typedef VEC(struct entry) entry_vec;

static enum err list_entries(struct work *work, const struct logs_group *group, uint64_t number,
                             entry_vec *entries, bool *more)
{
    struct logs_spans *spans =
        logs_stream_spans(work->reader, group, number, logs_position_first, logs_position_last, STORE_UP);
    struct entry entry;
    struct str value;
    enum err err = ERR_OK;
    while (err == ERR_OK && logs_spans_next(spans, &entry.span, &value)) {
        entry.in_block = value.len > 0;
        if (entry.in_block && !logs_index_read(value, &entry.index))
            err = ERR_CORRUPT;
        if (entry.in_block && entry.index.marked)
            continue;
        if (entries->len == LOGS_SLICE_EVENTS) {
            *more = true;
            break;
        }
        VEC_PUSH(work->arena, entries, entry);
    }
    enum err closed = logs_spans_close(&spans);
    return err == ERR_OK ? closed : err;
}

static enum err drop_entry(struct logs *logs, struct work *work, struct logs_held *held, uint64_t number,
                           struct entry *entry, int64_t *run_bytes)
{
    const struct logs_group *group = &held->group;
    struct key index_key, key;
    logs_key_index(&index_key, group, number);
    logs_key_span(&index_key, &entry->span);
    if (entry->in_block) {
        enum err err = mark(logs, work, held, &entry->index.block, entry->index.bytes);
        entry->index.marked = true;
        buf_clear(&logs->value);
        logs_index_write(&logs->value, &entry->index);
        store_put(work->batch, key_str(&index_key), buf_str(&logs->value));
        logs_count(logs, work, held, -(int64_t)entry->index.bytes, 0);
        return err;
    }
    struct str value;
    struct logs_run run;
    logs_key_of_span(&key, group, LOGS_RUN, &entry->span);
    enum err err = store_get(work->reader, work->arena, key_str(&key), &value);
    if (err != ERR_OK || !logs_run_read(&entry->span, value, &run))
        return err == ERR_OK || err == ERR_NOTFOUND ? ERR_CORRUPT : err;
    int64_t bytes = (int64_t)logs_run_bytes(&run);
    *run_bytes += bytes;
    drop_run(logs, work, group, &entry->span);
    store_delete(work->batch, key_str(&index_key));
    logs_count(logs, work, held, -bytes, -bytes);
    return ERR_OK;
}

enum err logs_stream_events_drop(struct logs *logs, struct work *work, struct logs_held *held,
                                 uint64_t number, bool *more)
{
    entry_vec entries = { 0 };
    int64_t run_bytes = 0;
    enum err err = list_entries(work, &held->group, number, &entries, more);
    for (size_t i = 0; i < entries.len && err == ERR_OK; i++) {
        if (run_bytes > SLICE_RUN_BYTES) {
            *more = true;
            break;
        }
        err = drop_entry(logs, work, held, number, &entries.at[i], &run_bytes);
    }
    if (err == ERR_OK && !*more)
        logs_dead_gone(work, &held->group, number, false);
    return err;
}
