/* logs_sweep.c - deletes what is no longer shown, a slice at a time, so that no command
 * holds the writer long.
 *
 * Truths: 1. A group with a retention has exactly one timer, at its record's sweep_due_ms; one without has
 *            none.
 *         2. A deleted stream that has had several events has one 'z' record and one timer until its events
 *            are gone.
 *         3. A slice is one batch: an event, its index and what the stream says of itself change together.
 */
#include "base/vec.h"
#include "logs/logs_room.h"

enum { REF_GROUP = 's', REF_STREAM = 'z' };

/* ---- timers ---- */

static struct str ref_begin(struct key *key, char kind, uint64_t id)
{
    key->len = 0;
    key->overflow = false;
    key_u8(key, (uint8_t)kind);
    key_u64(key, id);
    return key_str(key);
}

void logs_sweep_arm(struct work *work, const struct logs_group *group)
{
    struct key ref;
    if (group->sweep_due_ms)
        timer_add(work, group->sweep_due_ms, TIMER_LOGS, ref_begin(&ref, REF_GROUP, group->id));
}

void logs_sweep_disarm(struct work *work, const struct logs_group *group)
{
    struct key ref;
    if (group->sweep_due_ms)
        timer_remove(work, group->sweep_due_ms, TIMER_LOGS, ref_begin(&ref, REF_GROUP, group->id));
}

/* after: the last event deleted so far; NULL: none yet. */
static void arm_stream(struct work *work, uint64_t group_id, uint64_t number,
                       const struct logs_position *after)
{
    struct key ref;
    ref_begin(&ref, REF_STREAM, group_id);
    key_u64(&ref, number);
    if (after) {
        key_time(&ref, after->timestamp_ms);
        key_u64(&ref, after->sequence);
    }
    timer_add(work, work->now_ms, TIMER_LOGS, key_str(&ref));
}

void logs_sweep_stream(struct work *work, const struct logs_group *group, uint64_t number)
{
    struct key key;
    logs_key_deleted(&key, group, number);
    store_put(work->batch, key_str(&key), STR_EMPTY);
    arm_stream(work, group->id, number, NULL);
}

/* ---- slices ---- */

struct found {
    struct logs_position at;
    uint64_t number;
    uint8_t flags;
    struct str stream;
    size_t message_len;
};
typedef VEC(struct found) found_vec;

/* Up to a slice of events of the part from before the moment, from the place on that
 * was reached (zero: from the first). *more: there are others. */
static enum err find_expired(struct work *work, const struct logs_group *group, enum logs_part part,
                             int64_t before_ms, struct logs_position reached, found_vec *found, bool *more)
{
    struct key first, end;
    if (reached.sequence)
        logs_key_event(&first, group, part, reached);
    else
        logs_key_part(&first, group, part);
    logs_key_event(&end, group, part, (struct logs_position){ before_ms, 0 });
    struct str key, value;
    enum err err = ERR_OK;
    struct store_cursor *cursor = store_scan(work->reader, key_str(&first), key_str(&end), STORE_UP);
    while (err == ERR_OK && store_cursor_next(cursor, &key, &value)) {
        if (found->len == LOGS_SLICE_EVENTS) {
            *more = true;
            break;
        }
        struct logs_event_record event;
        struct found one;
        if (!logs_key_read_position(key, &one.at) || !logs_event_read(value, &event)) {
            err = ERR_CORRUPT;
            break;
        }
        one.number = event.number;
        one.flags = event.flags;
        one.stream = arena_copy(work->arena, event.stream);
        one.message_len = event.message.len;
        VEC_PUSH(work->arena, found, one);
    }
    enum err closed = store_cursor_close(&cursor);
    return err == ERR_OK ? closed : err;
}

static enum err drop_only(struct logs *logs, struct work *work, const struct logs_group *group,
                          const struct found *one)
{
    struct logs_stream_record record = { .state = LOGS_SINGLE,
                                         .number = one->number,
                                         .first_ms = one->at.timestamp_ms };
    if (one->flags & LOGS_STREAM_OWN) {
        logs_stream_drop(work, group, one->stream, &record);
        return ERR_OK;
    }
    enum err err = logs_stream_load(work->reader, work->arena, group, one->stream, &record);
    if (err != ERR_OK)
        return err == ERR_NOTFOUND ? ERR_CORRUPT : err;
    if (record.state != LOGS_SINGLE || record.number != one->number)
        return ERR_CORRUPT;
    logs_stream_drop(work, group, one->stream, &record);
    record.state = LOGS_EMPTY;
    logs_stream_store(logs, work, group, one->stream, &record);
    struct key key;
    logs_key_last(&key, group, LOGS_NO_TIME, one->stream);
    store_put(work->batch, key_str(&key), STR_EMPTY);
    return ERR_OK;
}

static bool index_edge(struct work *work, const struct logs_group *group, uint64_t number,
                       struct logs_position *ret_first)
{
    struct key first, end;
    logs_key_part(&first, group, LOGS_INDEX);
    key_u64(&first, number);
    key_after_prefix(key_str(&first), &end);
    struct str key, value;
    struct store_cursor *cursor = store_scan(work->reader, key_str(&first), key_str(&end), STORE_UP);
    bool found = store_cursor_next(cursor, &key, &value) && logs_key_read_position(key, ret_first);
    return store_cursor_close(&cursor) == ERR_OK && found;
}

/* What a stream says of itself, after its earliest events went. */
static enum err refresh_stream(struct logs *logs, struct work *work, const struct logs_group *group,
                               struct str name, uint64_t number)
{
    struct logs_stream_record record;
    enum err err = logs_stream_load(work->reader, work->arena, group, name, &record);
    if (err == ERR_NOTFOUND || (err == ERR_OK && (record.state != LOGS_MANY || record.number != number)))
        return ERR_OK; /* deleted, and perhaps made again */
    if (err != ERR_OK)
        return err;
    struct logs_position first;
    if (index_edge(work, group, number, &first)) {
        record.first_ms = first.timestamp_ms;
        logs_stream_store(logs, work, group, name, &record);
        return ERR_OK;
    }
    logs_stream_drop(work, group, name, &record);
    if (record.flags & LOGS_STREAM_OWN)
        return ERR_OK;
    record.state = LOGS_EMPTY;
    logs_stream_store(logs, work, group, name, &record);
    struct key key;
    logs_key_last(&key, group, LOGS_NO_TIME, name);
    store_put(work->batch, key_str(&key), STR_EMPTY);
    return ERR_OK;
}

static void drop_event(struct work *work, const struct logs_group *group, uint64_t number,
                       struct logs_position at)
{
    struct key key;
    logs_key_event(&key, group, LOGS_EVENT, at);
    store_delete(work->batch, key_str(&key));
    logs_key_index(&key, group, number, at);
    store_delete(work->batch, key_str(&key));
}

/* All of the part from before the moment is deleted, one by one: said again as a range,
 * so that readers do not step over each of the deleted. */
static void close_range(struct work *work, const struct logs_group *group, enum logs_part part,
                        int64_t before_ms)
{
    struct key first, end;
    logs_key_part(&first, group, part);
    logs_key_event(&end, group, part, (struct logs_position){ before_ms, 0 });
    store_delete_range(work->batch, key_str(&first), key_str(&end));
}

static enum err sweep_expired(struct logs *logs, struct work *work, struct logs_held *held, bool *more)
{
    const struct logs_group *group = &held->group;
    int64_t before_ms = logs_kept_since(group, work->now_ms);
    found_vec only = { 0 }, many = { 0 };
    int64_t bytes = 0;
    enum err err = find_expired(work, group, LOGS_ONLY, before_ms, held->swept_only, &only, more);
    bool only_done = !*more;
    if (err == ERR_OK && only_done)
        err = find_expired(work, group, LOGS_EVENT, before_ms, held->swept_event, &many, more);
    for (size_t i = 0; err == ERR_OK && i < only.len; i++) {
        err = drop_only(logs, work, group, &only.at[i]);
        bytes += logs_event_bytes(only.at[i].message_len);
    }
    for (size_t i = 0; i < many.len; i++) {
        drop_event(work, group, many.at[i].number, many.at[i].at);
        bytes += logs_event_bytes(many.at[i].message_len);
    }
    struct map seen; /* streams of this slice */
    map_init(&seen, logs->groups.seed);
    for (size_t i = 0; err == ERR_OK && i < many.len; i++)
        if (!map_put(&seen, many.at[i].stream, &many.at[i]))
            err = refresh_stream(logs, work, group, many.at[i].stream, many.at[i].number);
    map_fini(&seen);
    if (err != ERR_OK)
        return err;
    if (only.len)
        held->swept_only = only.at[only.len - 1].at;
    if (many.len)
        held->swept_event = many.at[many.len - 1].at;
    if (only.len && only_done)
        close_range(work, group, LOGS_ONLY, before_ms);
    if (many.len && !*more)
        close_range(work, group, LOGS_EVENT, before_ms);
    if (bytes)
        logs_count_bytes(logs, work, held, -bytes);
    return ERR_OK;
}

/* ---- due ---- */

/* The group of an id, by the name it has. */
static bool hold_by_id(struct logs *logs, struct work *work, uint64_t id, struct ns *ns,
                       struct logs_held **ret)
{
    struct key key;
    logs_key_identity(&key, work->partition, id);
    struct str value, name;
    if (store_get(work->reader, work->arena, key_str(&key), &value) != ERR_OK ||
        !key_read_text(work->arena, &value, &ns->account) || !key_read_text(work->arena, &value, &ns->region))
        return false;
    name = value;
    struct fault fault = { 0 };
    return logs_hold(logs, work, *ns, name, ret, &fault) && (*ret)->group.id == id;
}

static bool due_group(struct logs *logs, struct work *work, uint64_t id)
{
    struct ns ns;
    struct logs_held *held;
    if (!hold_by_id(logs, work, id, &ns, &held) || !held->group.retention_days)
        return true; /* deleted meanwhile */
    bool more = false;
    size_t mark = store_batch_mark(work->batch);
    if (sweep_expired(logs, work, held, &more) != ERR_OK) {
        /* Damaged: nothing of the slice is kept, and it is tried again later. Reads of
         * the place say what is wrong. */
        store_batch_rollback(work->batch, mark);
        logs_after_rollback(logs);
        more = false;
        if (!hold_by_id(logs, work, id, &ns, &held))
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

static bool due_stream(struct logs *logs, struct work *work, uint64_t id, uint64_t number,
                       const struct logs_position *after)
{
    struct ns ns;
    struct logs_held *held;
    if (!hold_by_id(logs, work, id, &ns, &held))
        return true;
    struct key first, end;
    logs_key_part(&first, &held->group, LOGS_INDEX);
    key_u64(&first, number);
    key_after_prefix(key_str(&first), &end);
    if (after)
        logs_key_index(&first, &held->group, number, *after);
    VEC(struct logs_position) found = { 0 };
    bool more = false;
    struct str key, value;
    struct store_cursor *cursor = store_scan(work->reader, key_str(&first), key_str(&end), STORE_UP);
    while (store_cursor_next(cursor, &key, &value)) {
        struct logs_position at;
        if (found.len == LOGS_SLICE_EVENTS) {
            more = true;
            break;
        }
        if (logs_key_read_position(key, &at))
            VEC_PUSH(work->arena, &found, at);
    }
    if (store_cursor_close(&cursor) != ERR_OK)
        return false;
    int64_t bytes = 0;
    for (size_t i = 0; i < found.len; i++) {
        struct key event_key;
        struct logs_event_record event;
        logs_key_event(&event_key, &held->group, LOGS_EVENT, found.at[i]);
        if (store_get(work->reader, work->arena, key_str(&event_key), &value) == ERR_OK &&
            logs_event_read(value, &event))
            bytes += logs_event_bytes(event.message.len);
        drop_event(work, &held->group, number, found.at[i]);
    }
    if (bytes)
        logs_count_bytes(logs, work, held, -bytes);
    if (more) {
        arm_stream(work, id, number, &found.at[found.len - 1]);
    } else {
        logs_key_deleted(&first, &held->group, number);
        store_delete(work->batch, key_str(&first));
    }
    return true;
}

bool logs_due(void *self, struct work *work, struct str ref)
{
    struct logs *logs = self;
    uint8_t kind = 0;
    uint64_t id = 0, number = 0;
    if (!key_read_u8(&ref, &kind) || !key_read_u64(&ref, &id))
        return true;
    if (kind == REF_GROUP)
        return due_group(logs, work, id);
    struct logs_position after;
    if (kind != REF_STREAM || !key_read_u64(&ref, &number))
        return true;
    bool begun = key_read_time(&ref, &after.timestamp_ms) && key_read_u64(&ref, &after.sequence);
    return due_stream(logs, work, id, number, begun ? &after : NULL);
}
