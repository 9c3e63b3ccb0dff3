/* logs_sweep.c - deletes what is no longer shown, a slice at a time, so that no command
 * holds the writer long.
 *
 * Truths: 1. A group with a retention has exactly one timer, at its record's sweep_due_ms; one without has
 *            none.
 *         2. A deleted stream of which events may be left has a 'z'; a timer until they are deleted, or counted as dead
 *            in their blocks.
 *         3. A slice is one batch: an event, its index and what the stream says of itself change together. A block goes
 *            whole, after its streams; until then its events are past and not shown.
 */
#include "base/vec.h"
#include "logs/logs_limit.h"
#include "logs/logs_read.h"

/* ---- timers ---- */

struct str logs_ref(struct key *key, char kind, uint64_t group_id)
{
    key->len = 0;
    key->overflow = false;
    key_u8(key, (uint8_t)kind);
    key_u64(key, group_id);
    return key_str(key);
}

void logs_sweep_arm(struct work *work, const struct logs_group *group)
{
    struct key ref;
    if (group->sweep_due_ms)
        timer_add(work, group->sweep_due_ms, TIMER_LOGS, logs_ref(&ref, LOGS_REF_GROUP, group->id));
}

void logs_sweep_disarm(struct work *work, const struct logs_group *group)
{
    struct key ref;
    if (group->sweep_due_ms)
        timer_remove(work, group->sweep_due_ms, TIMER_LOGS, logs_ref(&ref, LOGS_REF_GROUP, group->id));
}

static void arm_stream(struct work *work, uint64_t group_id, uint64_t number)
{
    struct key ref;
    (void)logs_ref(&ref, LOGS_REF_STREAM, group_id);
    key_u64(&ref, number);
    timer_add(work, work->now_ms, TIMER_LOGS, key_str(&ref));
}

void logs_sweep_stream(struct work *work, const struct logs_group *group, uint64_t number, bool only)
{
    struct key key;
    logs_key_deleted(&key, group, number);
    store_put(work->batch, key_str(&key), only ? STR("\1") : STR_EMPTY);
    arm_stream(work, group->id, number);
}

/* ---- streams whose events go ---- */

/* A stream without events: one that was made for its event goes, another stays. */
static void stream_emptied(struct logs *logs, struct work *work, const struct logs_group *group,
                           struct str name, struct logs_stream_record *record)
{
    logs_stream_drop(work, group, name, record);
    if (record->flags & LOGS_STREAM_OWN)
        return;
    record->state = LOGS_EMPTY;
    record->flags = 0;
    logs_stream_store(logs, work, group, name, record);
    struct key key;
    logs_key_last(&key, group, LOGS_NO_TIME, name);
    store_put(work->batch, key_str(&key), STR_EMPTY);
}

/* What a stream of several says of itself, after some of its events went. */
static enum err refresh_stream(struct logs *logs, struct work *work, const struct logs_group *group,
                               struct str name, struct logs_stream_record *record)
{
    struct logs_spans *spans = logs_stream_spans(work->reader, group, record->number, logs_position_first,
                                                 logs_position_last, STORE_UP);
    struct logs_span first;
    bool indexed = logs_spans_peek(spans, &first);
    enum err err = logs_spans_close(&spans);
    if (err != ERR_OK)
        return err;
    bool only = record->flags & LOGS_STREAM_ONLY;
    if (!indexed && !only) {
        stream_emptied(logs, work, group, name, record);
        return ERR_OK;
    }
    record->first_ms = indexed ? first.first.timestamp_ms : record->only_ms;
    if (only && record->only_ms < record->first_ms)
        record->first_ms = record->only_ms;
    logs_stream_store(logs, work, group, name, record);
    return ERR_OK;
}

/* An event of the stream has gone; its index, if it had one, too. */
static enum err event_gone(struct logs *logs, struct work *work, const struct logs_group *group,
                           struct str name, uint64_t number, bool only)
{
    struct logs_stream_record record;
    enum err err = logs_stream_load(work->reader, work->arena, group, name, &record);
    if (err == ERR_NOTFOUND || (err == ERR_OK && (record.state == LOGS_EMPTY || record.number != number))) {
        logs_dead_gone(work, group, number, only); /* deleted, and perhaps made again */
        return ERR_OK;
    }
    if (err != ERR_OK)
        return err;
    if (record.state == LOGS_SINGLE) {
        if (!only)
            return ERR_CORRUPT;
        stream_emptied(logs, work, group, name, &record);
        return ERR_OK;
    }
    if (only)
        record.flags &= (uint8_t)~LOGS_STREAM_ONLY;
    return refresh_stream(logs, work, group, name, &record);
}

/* ---- expired runs ---- */

static enum err drop_run(struct logs *logs, struct work *work, struct logs_held *held,
                         const struct logs_span *span, struct str value)
{
    const struct logs_group *group = &held->group;
    struct logs_run run;
    struct key key;
    if (!logs_run_read(span, value, &run))
        return ERR_CORRUPT;
    logs_key_of_span(&key, group, LOGS_RUN, span);
    store_delete(work->batch, key_str(&key));
    bool only = run.stream.flags & LOGS_EVENT_ONLY;
    if (!only) {
        logs_key_index(&key, group, run.stream.number);
        logs_key_span(&key, span);
        store_delete(work->batch, key_str(&key));
    }
    int64_t bytes = (int64_t)logs_run_bytes(&run);
    logs_pack_note_removed(logs, group);
    logs_count(logs, work, held, -bytes, -bytes);
    return event_gone(logs, work, group, run.stream.stream, run.stream.number, only);
}

struct expired {
    struct logs_span span;
    struct str value;
};
typedef VEC(struct expired) expired_vec;

/* Up to a slice of runs, or the first block, that end before the moment. */
static enum err find_expired(struct work *work, const struct logs_group *group, enum logs_part part,
                             int64_t before_ms, size_t most, expired_vec *found, bool *more)
{
    struct logs_spans *spans = logs_group_spans(work->reader, group, part, logs_position_first,
                                                (struct logs_position){ before_ms, 0 }, STORE_UP);
    struct expired one;
    while (logs_spans_next(spans, &one.span, &one.value)) {
        if (one.span.last.timestamp_ms >= before_ms)
            continue; /* partly: what is past is not shown */
        if (found->len == most) {
            *more = true;
            break;
        }
        one.value = arena_copy(work->arena, one.value);
        VEC_PUSH(work->arena, found, one);
    }
    return logs_spans_close(&spans);
}

/* ---- expired blocks: a chunk in each batch, the block with its last ---- */

/* The index of a stream in the block. */
static bool find_index(struct work *work, const struct logs_group *group, uint64_t number, uint64_t block_id,
                       const struct logs_span *block, struct logs_span *ret)
{
    struct logs_spans *spans =
        logs_stream_spans(work->reader, group, number, block->first, logs_place_after(block->last), STORE_UP);
    struct str value;
    struct logs_index index;
    bool found = false;
    while (!found && logs_spans_next(spans, ret, &value))
        found = value.len && logs_index_read(value, &index) && index.block_id == block_id;
    return logs_spans_close(&spans) == ERR_OK && found;
}

static enum err drop_chunk_streams(struct logs *logs, struct work *work, const struct logs_group *group,
                                   const struct logs_chunk *chunk, const struct logs_block_head *head,
                                   const struct logs_span *block)
{
    bool *others = ARENA_ARRAY(work->arena, bool, chunk->stream_count);
    enum err err = ERR_OK;
    for (size_t i = 0; i < chunk->count && err == ERR_OK; i++) {
        const struct logs_chunk_event *event = &chunk->events[i];
        const struct logs_chunk_stream *stream = &chunk->streams[event->stream];
        if (event->flags & LOGS_EVENT_ONLY)
            err = event_gone(logs, work, group, stream->name, stream->number, true);
        else
            others[event->stream] = true;
    }
    for (size_t i = 0; i < chunk->stream_count && err == ERR_OK; i++) {
        const struct logs_chunk_stream *stream = &chunk->streams[i];
        struct logs_span span;
        if (!others[i] || !find_index(work, group, stream->number, head->id, block, &span))
            continue; /* an earlier chunk had it */
        struct key key;
        logs_key_index(&key, group, stream->number);
        logs_key_span(&key, &span);
        store_delete(work->batch, key_str(&key));
        err = event_gone(logs, work, group, stream->name, stream->number, false);
    }
    return err;
}

enum err logs_block_drop_slice(struct logs *logs, struct work *work, struct logs_held *held,
                               const struct logs_span *span, struct str value, size_t *chunk, bool *ret_done)
{
    const struct logs_group *group = &held->group;
    struct logs_block_head head;
    struct str body;
    *ret_done = false;
    if (!logs_block_head_read(work->arena, span, value, &head))
        return ERR_CORRUPT;
    enum err err = logs_body_get(work->reader, work->arena, group, head.id, &body);
    if (err != ERR_OK)
        return err;
    struct logs_wanted wanted = { 0 };
    const struct logs_want want = { .first = logs_position_first, .end = logs_position_last };
    err = logs_wanted_chunk(&wanted, &head, span, *chunk, body, &want);
    if (err == ERR_OK)
        err = drop_chunk_streams(logs, work, group, &wanted.chunk, &head, span);
    logs_wanted_fini(&wanted);
    if (err != ERR_OK || ++*chunk < head.chunk_count)
        return err;
    logs_block_drop(work, group, span, head.id);
    logs_pack_note_removed(logs, group);
    logs_count(logs, work, held, -(int64_t)(head.bytes - head.dead_bytes), 0);
    *ret_done = true;
    return ERR_OK;
}

static enum err drop_expired_block(struct logs *logs, struct work *work, struct logs_held *held,
                                   const struct expired *block)
{
    struct logs_block_head head;
    if (!logs_block_head_read(work->arena, &block->span, block->value, &head))
        return ERR_CORRUPT;
    if (held->swept_block != head.id)
        held->swept_chunks = 0;
    held->swept_block = head.id;
    bool done;
    enum err err =
        logs_block_drop_slice(logs, work, held, &block->span, block->value, &held->swept_chunks, &done);
    if (err == ERR_OK && done)
        logs_reclaim_blocks(logs, held, head.bytes, false);
    return err;
}

static enum err sweep_expired(struct logs *logs, struct work *work, struct logs_held *held, bool *more)
{
    int64_t before_ms = logs_kept_since(&held->group, work->now_ms);
    expired_vec runs = { 0 }, blocks = { 0 };
    enum err err = find_expired(work, &held->group, LOGS_RUN, before_ms, LOGS_SLICE_EVENTS, &runs, more);
    for (size_t i = 0; i < runs.len && err == ERR_OK; i++)
        err = drop_run(logs, work, held, &runs.at[i].span, runs.at[i].value);
    if (err != ERR_OK || *more)
        return err;
    err = find_expired(work, &held->group, LOGS_HEAD, before_ms, 1, &blocks, more);
    if (err != ERR_OK)
        return err;
    if (blocks.len == 0) {
        logs_reclaim_blocks(logs, held, 0, true);
        return ERR_OK;
    }
    *more = true;
    return drop_expired_block(logs, work, held, &blocks.at[0]);
}

/* ---- due ---- */

static bool due_group(struct logs *logs, struct work *work, uint64_t id)
{
    struct ns ns;
    struct logs_held *held;
    if (!logs_hold_by_id(logs, work, id, &ns, &held) || !held->group.retention_days)
        return true; /* deleted meanwhile */
    bool more = false;
    size_t mark = store_batch_mark(work->batch);
    if (sweep_expired(logs, work, held, &more) != ERR_OK) {
        /* Damaged: nothing of the slice is kept, and it is tried again later. Reads of
         * the place say what is wrong. */
        store_batch_rollback(work->batch, mark);
        logs_after_rollback(logs);
        more = false;
        if (!logs_hold_by_id(logs, work, id, &ns, &held))
            return true;
    }
    held->group.sweep_due_ms = more ? work->now_ms : work->now_ms + LOGS_SWEEP_EVERY_MS;
    logs_sweep_arm(work, &held->group);
    struct key key;
    logs_key_group(&key, work->partition, ns, held->group.name);
    buf_clear(&logs->value);
    logs_group_write(&logs->value, &held->group);
    store_put(work->batch, key_str(&key), buf_str(&logs->value));
    return true;
}

static bool due_stream(struct logs *logs, struct work *work, uint64_t id, uint64_t number)
{
    struct ns ns;
    struct logs_held *held;
    bool more = false;
    if (!logs_hold_by_id(logs, work, id, &ns, &held))
        return true;
    if (logs_stream_events_drop(logs, work, held, number, &more) != ERR_OK)
        return true; /* damaged: what is left is not shown, and goes with its blocks */
    if (more)
        arm_stream(work, id, number);
    return true;
}

bool logs_due(void *self, struct work *work, struct str ref)
{
    struct logs *logs = self;
    uint8_t kind = 0;
    uint64_t id = 0, number = 0;
    if (!key_read_u8(&ref, &kind) || !key_read_u64(&ref, &id))
        return true;
    if (kind == LOGS_REF_GROUP)
        return due_group(logs, work, id);
    if (kind == LOGS_REF_PACK)
        logs_pack_due(logs, work, id);
    else if (kind == LOGS_REF_STREAM && key_read_u64(&ref, &number))
        return due_stream(logs, work, id, number);
    return true;
}
