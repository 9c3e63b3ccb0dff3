#include <stdio.h>

#include "base/vec.h"
#include "logs/logs_room.h"

/* ---- records ---- */

enum err logs_stream_load(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                          struct str name, struct logs_stream_record *ret)
{
    struct key key;
    logs_key_stream(&key, group, name);
    struct str value;
    enum err err = store_get(reader, arena, key_str(&key), &value);
    if (err == ERR_OK && !logs_stream_read(value, ret))
        err = ERR_CORRUPT;
    return err;
}

void logs_stream_store(struct logs *logs, struct work *work, const struct logs_group *group, struct str name,
                       const struct logs_stream_record *record)
{
    struct key key;
    logs_key_stream(&key, group, name);
    buf_clear(&logs->value);
    logs_stream_write(&logs->value, record);
    store_put(work->batch, key_str(&key), buf_str(&logs->value));
}

void logs_stream_drop(struct work *work, const struct logs_group *group, struct str name,
                      const struct logs_stream_record *record)
{
    struct key key;
    logs_key_stream(&key, group, name);
    store_delete(work->batch, key_str(&key));
    if (record->state == LOGS_SINGLE)
        logs_key_event(&key, group, LOGS_ONLY, (struct logs_position){ record->first_ms, record->number });
    else
        logs_key_last(&key, group, record->state == LOGS_MANY ? record->last_ms : LOGS_NO_TIME, name);
    store_delete(work->batch, key_str(&key));
}

/* ---- create, delete ---- */

bool logs_stream_create(struct logs *logs, struct work *work, struct ns ns, struct str group, struct str name,
                        struct fault *reterr)
{
    struct logs_held *held;
    if (!logs_hold(logs, work, ns, group, &held, reterr))
        return false;
    struct key key;
    logs_key_stream(&key, &held->group, name);
    if (store_has(work->reader, key_str(&key)))
        return fault_set(reterr, work->arena, FAULT_ALREADY_EXISTS,
                         "The specified log stream already exists");
    struct logs_stream_record record = { .state = LOGS_EMPTY, .created_ms = work->now_ms };
    logs_stream_store(logs, work, &held->group, name, &record);
    logs_key_last(&key, &held->group, LOGS_NO_TIME, name);
    store_put(work->batch, key_str(&key), STR_EMPTY);
    return true;
}

static int64_t message_bytes(struct work *work, struct str event_key)
{
    struct str value;
    struct logs_event_record event;
    if (store_get(work->reader, work->arena, event_key, &value) != ERR_OK || !logs_event_read(value, &event))
        return 0;
    return logs_event_bytes(event.message.len);
}

bool logs_stream_delete(struct logs *logs, struct work *work, struct ns ns, struct str group, struct str name,
                        struct fault *reterr)
{
    struct logs_held *held;
    if (!logs_hold(logs, work, ns, group, &held, reterr))
        return false;
    struct logs_stream_record record;
    enum err err = logs_stream_load(work->reader, work->arena, &held->group, name, &record);
    if (err == ERR_NOTFOUND)
        return logs_no_stream(reterr, work->arena);
    if (err != ERR_OK)
        return logs_bad_store(reterr, work->arena, err);
    if (record.state == LOGS_SINGLE) {
        struct key key;
        logs_key_event(&key, &held->group, LOGS_ONLY,
                       (struct logs_position){ record.first_ms, record.number });
        logs_count_bytes(logs, work, held, -message_bytes(work, key_str(&key)));
    }
    logs_stream_drop(work, &held->group, name, &record);
    /* Its events, however many, are no longer shown from here on and are deleted in slices. */
    if (record.state == LOGS_MANY)
        logs_sweep_stream(work, &held->group, record.number);
    return true;
}

/* ---- list ---- */

struct str logs_upload_token(struct arena *arena, const struct logs_stream_record *record)
{
    return arena_printf(arena, "49%014llu%020llu%020llu",
                        (unsigned long long)record->ingested_ms % 100000000000000ULL,
                        (unsigned long long)record->number, (unsigned long long)record->last_sequence);
}

static struct logs_stream stream_of(struct arena *arena, struct str name,
                                    const struct logs_stream_record *record)
{
    struct logs_stream stream = { .name = name, .created_ms = record->created_ms };
    if (record->state != LOGS_EMPTY) {
        stream.has_events = true;
        stream.first_ms = record->first_ms;
        stream.last_ms = record->last_ms;
        stream.ingested_ms = record->ingested_ms;
        stream.upload_token = logs_upload_token(arena, record);
    }
    return stream;
}

typedef VEC(struct logs_stream) stream_vec;

static enum err list_by_name(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                             const struct logs_stream_query *query, size_t limit, stream_vec *streams,
                             struct logs_stream_page *page)
{
    struct key first, end;
    logs_key_stream(&first, group, query->prefix);
    key_after_prefix(key_str(&first), &end);
    size_t name_at = first.len - query->prefix.len;
    if (!str_empty(query->after)) {
        /* Beyond the name given last. A token of another prefix may lie outside: then
         * the range is empty or whole. */
        struct key beyond;
        logs_key_stream(&beyond, group, query->after);
        if (!query->descending)
            key_u8(&beyond, 0); /* the least name after it */
        if (!query->descending && str_compare(key_str(&beyond), key_str(&first)) > 0)
            first = beyond;
        if (query->descending && str_compare(key_str(&beyond), key_str(&end)) < 0)
            end = beyond;
    }
    enum err err = ERR_OK;
    if (str_compare(key_str(&first), key_str(&end)) >= 0)
        return err;
    struct str key, value;
    struct store_cursor *cursor =
        store_scan(reader, key_str(&first), key_str(&end), query->descending ? STORE_DOWN : STORE_UP);
    while (store_cursor_next(cursor, &key, &value)) {
        if (streams->len == limit) {
            page->more = true;
            break;
        }
        struct logs_stream_record record;
        if (!logs_stream_read(value, &record)) {
            err = ERR_CORRUPT;
            break;
        }
        struct str name = arena_copy(arena, str_from_offset(key, name_at));
        VEC_PUSH(arena, streams, stream_of(arena, name, &record));
        page->after = name;
    }
    enum err closed = store_cursor_close(&cursor);
    return err == ERR_OK ? closed : err;
}

enum {
    TAIL_AT = KEY_HEAD_BYTES + 8 + 1, /* of a key in a group: what follows the part's letter */
    POSITION_BYTES_MIN = 1 + 8,       /* part, time */
};

/* One of the two key ranges that together list the streams by last event: 'o' and 'l'. */
struct side {
    struct store_cursor *cursor;
    bool valid;
    int64_t time_ms;
    struct str key, value;
};

static void side_next(struct side *side)
{
    side->valid = store_cursor_next(side->cursor, &side->key, &side->value);
    if (side->valid) {
        struct str tail = str_from_offset(side->key, TAIL_AT);
        side->valid = key_read_time(&tail, &side->time_ms);
    }
}

/* Streams stand in the order (time, part, rest of the key), 'l' before 'o'. Opens what of one part is still
 * to come after the position | part u8 | time i64 | rest |. */
static void side_open(struct side *side, struct store_reader *reader, const struct logs_group *group,
                      enum logs_part part, struct str after, bool descending)
{
    struct key first, end;
    logs_key_part(&first, group, part);
    key_after_prefix(key_str(&first), &end);
    if (after.len >= POSITION_BYTES_MIN) {
        char other = after.ptr[0];
        struct key bound;
        logs_key_part(&bound, group, part);
        if (other == (char)part) {
            key_bytes(&bound, str_from_offset(after, 1));
            if (!descending)
                key_u8(&bound, 0); /* the least key after it */
        } else {
            key_bytes(&bound, str_slice(after, 1, 8));
            if ((char)part <
                other) { /* at that very time this part comes before: there it is done, or yet to come */
                struct key time = bound;
                key_after_prefix(key_str(&time), &bound);
            }
        }
        if (descending)
            end = bound;
        else
            first = bound;
    }
    side->cursor = store_scan(reader, key_str(&first), key_str(&end), descending ? STORE_DOWN : STORE_UP);
    side_next(side);
}

static enum err list_by_last_event(struct store_reader *reader, struct arena *arena,
                                   const struct logs_group *group, const struct logs_stream_query *query,
                                   size_t limit, stream_vec *streams, struct logs_stream_page *page)
{
    struct side last, only;
    side_open(&last, reader, group, LOGS_LAST, query->after, query->descending);
    side_open(&only, reader, group, LOGS_ONLY, query->after, query->descending);
    enum err err = ERR_OK;
    while (err == ERR_OK && (last.valid || only.valid)) {
        if (streams->len == limit) {
            page->more = true;
            break;
        }
        bool last_first = query->descending ? last.time_ms > only.time_ms : last.time_ms <= only.time_ms;
        struct side *side = !only.valid || (last.valid && last_first) ? &last : &only;
        struct str name = str_from_offset(side->key, TAIL_AT + 8);
        struct logs_event_record event;
        if (side == &only) {
            if (!logs_event_read(side->value, &event))
                err = ERR_CORRUPT;
            name = event.stream;
        }
        name = arena_copy(arena, name);
        struct logs_stream_record record;
        if (err == ERR_OK)
            err = logs_stream_load(reader, arena, group, name, &record);
        if (err == ERR_NOTFOUND)
            err = ERR_CORRUPT;
        if (err != ERR_OK)
            break;
        VEC_PUSH(arena, streams, stream_of(arena, name, &record));
        /* From the part's letter on, the key is the position. */
        page->after = arena_copy(arena, str_from_offset(side->key, TAIL_AT - 1));
        side_next(side);
    }
    enum err closed = store_cursor_close(&last.cursor);
    if (err == ERR_OK)
        err = closed;
    closed = store_cursor_close(&only.cursor);
    return err == ERR_OK ? closed : err;
}

bool logs_stream_list(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                      const struct logs_stream_query *query, struct logs_stream_page *ret,
                      struct fault *reterr)
{
    if (query->by_last_event && !str_empty(query->prefix))
        return fault_set(reterr, arena, FAULT_INVALID_PARAMETER,
                         "Cannot order by LastEventTime with a logStreamNamePrefix.");
    size_t limit = query->limit && query->limit < LOGS_LIST_MAX ? query->limit : LOGS_LIST_MAX;
    stream_vec streams = { 0 };
    struct logs_stream_page page = { 0 };
    enum err err = query->by_last_event
                       ? list_by_last_event(reader, arena, group, query, limit, &streams, &page)
                       : list_by_name(reader, arena, group, query, limit, &streams, &page);
    if (err != ERR_OK)
        return logs_bad_store(reterr, arena, err);
    page.streams = streams.at;
    page.count = streams.len;
    *ret = page;
    return true;
}
