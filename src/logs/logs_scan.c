/* logs_scan.c - one walk over several sorted sources, always at the next place.
 *
 * Of a whole group the sources are 'o' and 'e'; of a few streams each one's index, with the events picked beside it.
 */
#include "logs/logs_scan.h"

#include "base/vec.h"
#include "logs/logs_read.h"

#include <stdio.h>

struct source {
    struct store_cursor *cursor; /* NULL: one event of 'o', or none left */
    bool indexed;                /* the cursor is over an 'x': the event itself is picked */
    bool valid;
    struct logs_position at;
    struct str value; /* of the event, when not indexed */
};

struct logs_scan {
    struct store_reader *reader;
    struct arena *arena;
    const struct logs_group *group;
    struct logs_position first, end;
    enum store_direction direction;
    VEC(struct source) sources;
    struct source *given; /* its event was given last: it is to be moved on first */
    struct logs_picker picker;
    struct str prefix;  /* of a stream's name, when all of the group is walked */
    VEC(uint64_t) dead; /* numbers of deleted streams, ascending */
    struct logs_scan_stats stats;
    enum err err;
};

/* ---- sources ---- */

static void source_next(struct logs_scan *scan, struct source *source)
{
    struct str key;
    source->valid = source->cursor && store_cursor_next(source->cursor, &key, &source->value);
    if (source->valid && !logs_key_read_position(key, &source->at)) {
        source->valid = false;
        scan->err = ERR_CORRUPT;
    }
}

static void add_cursor(struct logs_scan *scan, struct store_cursor *cursor, bool indexed)
{
    struct source source = { .cursor = cursor, .indexed = indexed };
    source_next(scan, &source);
    VEC_PUSH(scan->arena, &scan->sources, source);
}

static void add_stream(struct logs_scan *scan, const struct logs_stream_record *stream)
{
    if (stream->state == LOGS_MANY) {
        add_cursor(scan,
                   logs_scan_index(scan->reader, scan->group, stream->number, scan->first, scan->end,
                                   scan->direction),
                   true);
        return;
    }
    struct source source = { .valid = true, .at = { stream->first_ms, stream->number } };
    if (stream->state == LOGS_EMPTY || logs_position_compare(source.at, scan->first) < 0 ||
        logs_position_compare(source.at, scan->end) >= 0)
        return;
    struct key key;
    logs_key_event(&key, scan->group, LOGS_ONLY, source.at);
    enum err err = store_get(scan->reader, scan->arena, key_str(&key), &source.value);
    if (err != ERR_OK)
        scan->err = err == ERR_NOTFOUND ? ERR_CORRUPT : err;
    VEC_PUSH(scan->arena, &scan->sources, source);
}

/* The streams of the prefix, when they are few enough to be walked one by one. */
static bool add_prefix(struct logs_scan *scan, struct str prefix)
{
    struct key first, end;
    logs_key_stream(&first, scan->group, prefix);
    key_after_prefix(key_str(&first), &end);
    VEC(struct logs_stream_record) streams = { 0 };
    struct str key, value;
    struct store_cursor *cursor = store_scan(scan->reader, key_str(&first), key_str(&end), STORE_UP);
    while (streams.len <= LOGS_FILTER_STREAMS_MAX && store_cursor_next(cursor, &key, &value)) {
        struct logs_stream_record stream;
        if (!logs_stream_read(value, &stream))
            scan->err = ERR_CORRUPT;
        else
            VEC_PUSH(scan->arena, &streams, stream);
    }
    enum err err = store_cursor_close(&cursor);
    if (err != ERR_OK)
        scan->err = err;
    if (streams.len > LOGS_FILTER_STREAMS_MAX)
        return false;
    for (size_t i = 0; i < streams.len; i++)
        add_stream(scan, &streams.at[i]);
    return true;
}

static void add_group(struct logs_scan *scan)
{
    struct key first, end;
    logs_key_part(&first, scan->group, LOGS_DELETED);
    key_after_prefix(key_str(&first), &end);
    struct str key, value;
    struct store_cursor *cursor = store_scan(scan->reader, key_str(&first), key_str(&end), STORE_UP);
    while (store_cursor_next(cursor, &key, &value)) {
        uint64_t number;
        key = str_from_offset(key, first.len);
        if (key_read_u64(&key, &number))
            VEC_PUSH(scan->arena, &scan->dead, number);
    }
    enum err err = store_cursor_close(&cursor);
    if (err != ERR_OK)
        scan->err = err;
    static const enum logs_part parts[] = { LOGS_ONLY, LOGS_EVENT };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        add_cursor(
            scan,
            logs_scan_events(scan->reader, scan->group, parts[i], scan->first, scan->end, scan->direction),
            false);
}

/* ---- open, next, close ---- */

static bool open_streams(struct logs_scan *scan, const struct logs_scan_query *query, struct fault *reterr)
{
    for (size_t i = 0; i < query->stream_count; i++) {
        struct logs_stream_record stream;
        enum err err = logs_stream_load(scan->reader, scan->arena, scan->group, query->streams[i], &stream);
        if (err == ERR_NOTFOUND)
            return logs_no_stream(reterr, scan->arena);
        if (err != ERR_OK)
            return logs_bad_store(reterr, scan->arena, err);
        bool again = false;
        for (size_t j = 0; j < i; j++)
            again |= str_eq(query->streams[i], query->streams[j]);
        if (!again)
            add_stream(scan, &stream);
    }
    return true;
}

bool logs_scan_open(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                    const struct logs_scan_query *query, struct logs_scan **ret, struct fault *reterr)
{
    struct logs_scan *scan = ARENA_NEW(arena, struct logs_scan);
    *scan = (struct logs_scan){ .reader = reader,
                                .arena = arena,
                                .group = group,
                                .first = query->first,
                                .end = query->end,
                                .direction = query->direction };
    struct logs_position kept = { logs_kept_since(group, query->now_ms), 0 };
    if (logs_position_compare(kept, scan->first) > 0)
        scan->first = kept;
    if (logs_position_compare(scan->first, scan->end) >= 0)
        scan->end = scan->first;
    logs_picker_open(&scan->picker, reader, group, scan->first, scan->end, scan->direction);
    if (query->stream_count) {
        if (!open_streams(scan, query, reterr)) {
            enum err err = logs_scan_close(&scan);
            (void)err; /* the fault says what is wrong */
            return false;
        }
    } else if (str_empty(query->stream_prefix) || !add_prefix(scan, query->stream_prefix)) {
        scan->prefix = query->stream_prefix;
        add_group(scan);
    }
    *ret = scan;
    return true;
}

static struct source *next_source(struct logs_scan *scan)
{
    struct source *best = NULL;
    for (size_t i = 0; i < scan->sources.len; i++) {
        struct source *source = &scan->sources.at[i];
        if (!source->valid)
            continue;
        int order = best ? logs_position_compare(source->at, best->at) : -1;
        if (!best || (scan->direction == STORE_UP ? order < 0 : order > 0))
            best = source;
    }
    return best;
}

static bool is_dead(const struct logs_scan *scan, uint64_t number)
{
    size_t low = 0, high = scan->dead.len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (scan->dead.at[middle] == number)
            return true;
        if (scan->dead.at[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* The event at the source, or false: it is not to be shown, or damaged (scan->err). */
static bool take_event(struct logs_scan *scan, const struct source *source, struct logs_event_record *ret)
{
    if (source->indexed)
        scan->err = logs_picker_take(&scan->picker, source->at, ret);
    else if (!logs_event_read(source->value, ret))
        scan->err = ERR_CORRUPT;
    return scan->err == ERR_OK && !is_dead(scan, ret->number) && str_starts(ret->stream, scan->prefix);
}

bool logs_scan_next(struct logs_scan *scan, struct logs_scanned *ret)
{
    for (;;) {
        if (scan->given)
            source_next(scan, scan->given);
        scan->given = scan->err == ERR_OK ? next_source(scan) : NULL;
        if (!scan->given)
            return false;
        struct logs_event_record event;
        if (!take_event(scan, scan->given, &event))
            continue;
        scan->stats.events++;
        scan->stats.bytes += event.message.len;
        *ret = (struct logs_scanned){ .at = scan->given->at,
                                      .ingested_ms = event.ingested_ms,
                                      .stream = event.stream,
                                      .message = event.message };
        return true;
    }
}

void logs_scan_look(const struct logs_scan *scan, struct logs_scan_stats *ret)
{
    *ret = scan->stats;
}

enum err logs_scan_close(struct logs_scan **scan)
{
    struct logs_scan *closed = *scan;
    *scan = NULL;
    for (size_t i = 0; i < closed->sources.len; i++) {
        if (!closed->sources.at[i].cursor)
            continue;
        enum err err = store_cursor_close(&closed->sources.at[i].cursor);
        if (closed->err == ERR_OK)
            closed->err = err;
    }
    enum err err = logs_picker_close(&closed->picker);
    return closed->err == ERR_OK ? err : closed->err;
}

/* ---- parts ---- */

size_t logs_scan_cut(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                     struct logs_position first, struct logs_position end, size_t parts_max,
                     struct logs_position *ret_cuts)
{
    /* Single events are in no order of size that could be asked for cheaply: one part. */
    (void)reader, (void)arena, (void)group, (void)first, (void)end, (void)parts_max, (void)ret_cuts;
    return 0;
}

/* ---- ids ---- */

enum { ID_DIGITS = 56, ID_TIME_DIGITS = 15, ID_NUMBER_DIGITS = 20 };

/* 56 digits that grow with the place: time and sequence, then the group. */
struct str logs_event_id(struct arena *arena, const struct logs_group *group, struct logs_position at)
{
    return arena_printf(arena, "3%0*lld%0*llu%0*llu", ID_TIME_DIGITS,
                        (long long)(at.timestamp_ms > 0 ? at.timestamp_ms : 0), ID_NUMBER_DIGITS,
                        (unsigned long long)at.sequence, ID_NUMBER_DIGITS, (unsigned long long)group->id);
}

static bool take_digits(struct str *text, size_t count, uint64_t *ret)
{
    uint64_t number = 0;
    for (size_t i = 0; i < count; i++) {
        char c = text->ptr[i];
        if (c < '0' || c > '9' || number > (UINT64_MAX - (uint64_t)(c - '0')) / 10)
            return false;
        number = number * 10 + (uint64_t)(c - '0');
    }
    *text = str_from_offset(*text, count);
    *ret = number;
    return true;
}

bool logs_event_id_read(struct str id, uint64_t *ret_group_id, struct logs_position *ret)
{
    uint64_t time, sequence, group_id;
    if (id.len != ID_DIGITS || id.ptr[0] != '3')
        return false;
    id = str_from_offset(id, 1);
    if (!take_digits(&id, ID_TIME_DIGITS, &time) || !take_digits(&id, ID_NUMBER_DIGITS, &sequence) ||
        !take_digits(&id, ID_NUMBER_DIGITS, &group_id))
        return false;
    *ret = (struct logs_position){ (int64_t)time, sequence };
    *ret_group_id = group_id;
    return true;
}
