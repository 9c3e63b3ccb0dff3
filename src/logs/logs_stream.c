#include "base/vec.h"
#include "logs/logs_read.h"
#include "logs/logs_scan.h"

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
        return; /* its event lists it */
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

bool logs_stream_delete(struct logs *logs, struct work *work, struct ns ns, struct str group, struct str name,
                        struct fault *reterr)
{
    struct logs_held *held;
    if (!logs_hold(logs, work, ns, group, &held, reterr))
        return false;
    if (held->group.is_protected)
        return logs_is_protected(reterr, work->arena);
    struct logs_stream_record record;
    enum err err = logs_stream_load(work->reader, work->arena, &held->group, name, &record);
    if (err == ERR_NOTFOUND)
        return logs_no_stream(reterr, work->arena);
    if (err != ERR_OK)
        return logs_bad_store(reterr, work->arena, err);
    bool in_block = false, has_only = record.state == LOGS_SINGLE || (record.flags & LOGS_STREAM_ONLY);
    struct logs_position only = { record.state == LOGS_SINGLE ? record.first_ms : record.only_ms,
                                  record.number };
    err = has_only ? logs_event_drop(logs, work, held, only, &in_block) : ERR_OK;
    if (err != ERR_OK && err != ERR_NOTFOUND)
        return logs_bad_store(reterr, work->arena, err);
    logs_stream_drop(work, &held->group, name, &record);
    /* What is left of it, however much, is no longer shown from here on and is deleted in slices. */
    if (record.state == LOGS_MANY || in_block)
        logs_sweep_stream(work, &held->group, record.number, in_block);
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

/* Streams stand in the order (time, side, rest), 'l' before 'o'; a position is | side u8 | time i64 | rest |: of 'l'
 * the stream's name, of 'o' the sequence of its event. */
enum { SIDE_LAST = 'l', SIDE_ONLY = 'o' };

/* One of the two that together list the streams by last event: the keys 'l', and the events that are the only ones of
 * their streams. */
struct side {
    struct store_cursor *cursor; /* of 'l' */
    struct logs_scan *scan;      /* of 'o' */
    bool valid;
    struct logs_position at;
    uint64_t number; /* of 'o' */
    struct str name;
};

static void last_next(struct side *side)
{
    struct str key, value;
    side->valid = store_cursor_next(side->cursor, &key, &value);
    if (!side->valid)
        return;
    key = str_from_offset(key, TAIL_AT);
    side->valid = key_read_time(&key, &side->at.timestamp_ms);
    side->name = key;
}

/* What of 'l' is still to come after the position. */
static void last_open(struct side *side, struct store_reader *reader, const struct logs_group *group,
                      struct str after, bool descending)
{
    struct key first, end;
    logs_key_part(&first, group, LOGS_LAST);
    key_after_prefix(key_str(&first), &end);
    if (after.len >= POSITION_BYTES_MIN) {
        struct key bound;
        logs_key_part(&bound, group, LOGS_LAST);
        if (after.ptr[0] == SIDE_LAST) {
            key_bytes(&bound, str_from_offset(after, 1));
            if (!descending)
                key_u8(&bound, 0); /* the least key after it */
        } else { /* at that very time this side comes before: there it is done, or yet to come */
            key_bytes(&bound, str_slice(after, 1, 8));
            struct key time = bound;
            key_after_prefix(key_str(&time), &bound);
        }
        if (descending)
            end = bound;
        else
            first = bound;
    }
    side->cursor = store_scan(reader, key_str(&first), key_str(&end), descending ? STORE_DOWN : STORE_UP);
    last_next(side);
}

static void only_next(struct side *side)
{
    struct logs_scanned scanned;
    side->valid = logs_scan_next(side->scan, &scanned);
    if (!side->valid)
        return;
    side->at = scanned.at;
    side->number = scanned.number;
    side->name = scanned.stream;
}

static bool only_open(struct side *side, struct store_reader *reader, struct arena *arena,
                      const struct logs_group *group, struct str after, bool descending, struct fault *reterr)
{
    struct logs_scan_query query = { .first = logs_position_first,
                                     .end = logs_position_last,
                                     .direction = descending ? STORE_DOWN : STORE_UP,
                                     .only = true };
    if (after.len >= POSITION_BYTES_MIN) {
        struct str rest = str_from_offset(after, 1);
        struct logs_position bound = { 0 };
        (void)key_read_time(&rest, &bound.timestamp_ms);
        if (after.ptr[0] == SIDE_ONLY && key_read_u64(&rest, &bound.sequence) && !descending)
            bound = logs_place_after(bound);
        if (descending)
            query.end = bound;
        else
            query.first = bound;
    }
    if (!logs_scan_open(reader, arena, group, &query, &side->scan, reterr))
        return false;
    only_next(side);
    return true;
}

static struct str position_of(struct arena *arena, char side, struct logs_position at, struct str name)
{
    struct key key;
    key.len = 0;
    key.overflow = false;
    key_u8(&key, (uint8_t)side);
    key_time(&key, at.timestamp_ms);
    if (side == SIDE_ONLY)
        key_u64(&key, at.sequence);
    else
        key_bytes(&key, name);
    return arena_copy(arena, key_str(&key));
}

/* The stream at the side, unless it has had more events since, or is deleted (ERR_NOTFOUND). */
static enum err listed(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                       const struct side *side, struct logs_stream *ret)
{
    struct logs_stream_record record;
    struct str name = arena_copy(arena, side->name);
    enum err err = logs_stream_load(reader, arena, group, name, &record);
    if (err == ERR_NOTFOUND && side->cursor)
        return ERR_CORRUPT;
    if (err != ERR_OK)
        return err;
    if (side->scan && (record.state != LOGS_SINGLE || record.number != side->number))
        return ERR_NOTFOUND;
    *ret = stream_of(arena, name, &record);
    return ERR_OK;
}

static enum err merge_sides(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                            const struct logs_stream_query *query, size_t limit, struct side *last,
                            struct side *only, stream_vec *streams, struct logs_stream_page *page)
{
    unsigned examined = 0;
    while (last->valid || only->valid) {
        if (streams->len == limit || examined++ == LOGS_EXAMINED_MAX) {
            page->more = true;
            break;
        }
        bool last_first = query->descending ? last->at.timestamp_ms > only->at.timestamp_ms
                                            : last->at.timestamp_ms <= only->at.timestamp_ms;
        bool is_last = !only->valid || (last->valid && last_first);
        struct side *side = is_last ? last : only;
        struct logs_stream stream;
        enum err err = listed(reader, arena, group, side, &stream);
        if (err == ERR_OK)
            VEC_PUSH(arena, streams, stream);
        else if (err != ERR_NOTFOUND)
            return err;
        page->after = position_of(arena, is_last ? SIDE_LAST : SIDE_ONLY, side->at, side->name);
        if (is_last)
            last_next(last);
        else
            only_next(only);
    }
    return ERR_OK;
}

static enum err list_by_last_event(struct store_reader *reader, struct arena *arena,
                                   const struct logs_group *group, const struct logs_stream_query *query,
                                   size_t limit, stream_vec *streams, struct logs_stream_page *page)
{
    struct side last = { 0 }, only = { 0 };
    struct logs_group all = *group;
    struct fault fault = { 0 };
    all.retention_days = 0; /* streams are listed until they are deleted */
    if (!only_open(&only, reader, arena, &all, query->after, query->descending, &fault))
        return ERR_CORRUPT;
    last_open(&last, reader, group, query->after, query->descending);
    enum err err = merge_sides(reader, arena, group, query, limit, &last, &only, streams, page);
    enum err closed = store_cursor_close(&last.cursor);
    if (err == ERR_OK)
        err = closed;
    closed = logs_scan_close(&only.scan);
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
