/* logs_filter.c - events of a group, or of some of its streams, in order of time, those
 * that a pattern lets through.
 *
 * One walk over several ascending sources, always at the least place: of a whole group
 * 'o' and 'e'; of a few streams each one's index. A walk ends after so many events
 * looked at, or so much time, with a token to go on from.
 */
#include "base/vec.h"
#include "io/clock.h"
#include "logs/logs_pattern.h"
#include "logs/logs_read.h"

enum { FILTER_TIME_MAX_NS = 50000000, CLOCK_EVERY = 256 };

struct source {
    struct store_cursor *cursor; /* NULL: one event of 'o', or none left */
    bool indexed;                /* the cursor is over an 'x': the event itself is picked */
    bool valid;
    struct logs_position at;
    struct str value; /* of the event, when not indexed */
};

typedef VEC(struct source) source_vec;

struct walk {
    struct store_reader *reader;
    struct arena *arena;
    const struct logs_group *group;
    struct logs_position first, end;
    source_vec sources;
    struct logs_picker picker;
    struct str prefix;  /* of a stream's name, when all of the group is walked */
    VEC(uint64_t) dead; /* numbers of deleted streams, ascending */
    enum err err;
};

static void source_next(struct walk *walk, struct source *source)
{
    struct str key;
    source->valid = source->cursor && store_cursor_next(source->cursor, &key, &source->value);
    if (source->valid && !logs_key_read_position(key, &source->at)) {
        source->valid = false;
        walk->err = ERR_CORRUPT;
    }
}

static void add_cursor(struct walk *walk, struct store_cursor *cursor, bool indexed)
{
    struct source source = { .cursor = cursor, .indexed = indexed };
    source_next(walk, &source);
    VEC_PUSH(walk->arena, &walk->sources, source);
}

static void add_stream(struct walk *walk, const struct logs_stream_record *stream)
{
    if (stream->state == LOGS_MANY) {
        add_cursor(
            walk,
            logs_scan_index(walk->reader, walk->group, stream->number, walk->first, walk->end, STORE_UP),
            true);
        return;
    }
    struct source source = { .valid = true, .at = { stream->first_ms, stream->number } };
    if (stream->state == LOGS_EMPTY || logs_position_compare(source.at, walk->first) < 0 ||
        logs_position_compare(source.at, walk->end) >= 0)
        return;
    struct key key;
    logs_key_event(&key, walk->group, LOGS_ONLY, source.at);
    enum err err = store_get(walk->reader, walk->arena, key_str(&key), &source.value);
    if (err != ERR_OK)
        walk->err = err == ERR_NOTFOUND ? ERR_CORRUPT : err;
    VEC_PUSH(walk->arena, &walk->sources, source);
}

/* The streams of the prefix, when they are few enough to be walked one by one. */
static bool add_prefix(struct walk *walk, struct str prefix)
{
    struct key first, end;
    logs_key_stream(&first, walk->group, prefix);
    key_after_prefix(key_str(&first), &end);
    VEC(struct logs_stream_record) streams = { 0 };
    struct str key, value;
    struct store_cursor *cursor = store_scan(walk->reader, key_str(&first), key_str(&end), STORE_UP);
    while (streams.len <= LOGS_FILTER_STREAMS_MAX && store_cursor_next(cursor, &key, &value)) {
        struct logs_stream_record stream;
        if (!logs_stream_read(value, &stream))
            walk->err = ERR_CORRUPT;
        else
            VEC_PUSH(walk->arena, &streams, stream);
    }
    enum err err = store_cursor_close(&cursor);
    if (err != ERR_OK)
        walk->err = err;
    if (streams.len > LOGS_FILTER_STREAMS_MAX)
        return false;
    for (size_t i = 0; i < streams.len; i++)
        add_stream(walk, &streams.at[i]);
    return true;
}

static void add_group(struct walk *walk)
{
    struct key first, end;
    logs_key_part(&first, walk->group, LOGS_DELETED);
    key_after_prefix(key_str(&first), &end);
    struct str key, value;
    struct store_cursor *cursor = store_scan(walk->reader, key_str(&first), key_str(&end), STORE_UP);
    while (store_cursor_next(cursor, &key, &value)) {
        uint64_t number;
        key = str_from_offset(key, first.len);
        if (key_read_u64(&key, &number))
            VEC_PUSH(walk->arena, &walk->dead, number);
    }
    enum err err = store_cursor_close(&cursor);
    if (err != ERR_OK)
        walk->err = err;
    add_cursor(walk, logs_scan_events(walk->reader, walk->group, LOGS_ONLY, walk->first, walk->end, STORE_UP),
               false);
    add_cursor(walk,
               logs_scan_events(walk->reader, walk->group, LOGS_EVENT, walk->first, walk->end, STORE_UP),
               false);
}

static struct source *walk_least(struct walk *walk)
{
    struct source *least = NULL;
    for (size_t i = 0; i < walk->sources.len; i++) {
        struct source *source = &walk->sources.at[i];
        if (source->valid && (!least || logs_position_compare(source->at, least->at) < 0))
            least = source;
    }
    return least;
}

static bool is_dead(const struct walk *walk, uint64_t number)
{
    size_t low = 0, high = walk->dead.len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (walk->dead.at[middle] == number)
            return true;
        if (walk->dead.at[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* The event at the source, or false: it is not to be shown, or damaged (walk->err). */
static bool walk_event(struct walk *walk, const struct source *source, struct logs_event_record *ret)
{
    if (source->indexed)
        walk->err = logs_picker_take(&walk->picker, source->at, ret);
    else if (!logs_event_read(source->value, ret))
        walk->err = ERR_CORRUPT;
    return walk->err == ERR_OK && !is_dead(walk, ret->number) && str_starts(ret->stream, walk->prefix);
}

static enum err walk_close(struct walk *walk)
{
    for (size_t i = 0; i < walk->sources.len; i++) {
        if (!walk->sources.at[i].cursor)
            continue;
        enum err err = store_cursor_close(&walk->sources.at[i].cursor);
        if (walk->err == ERR_OK)
            walk->err = err;
    }
    enum err err = logs_picker_close(&walk->picker);
    return walk->err == ERR_OK ? err : walk->err;
}

static bool walk_open(struct walk *walk, const struct logs_filter_query *query, struct fault *reterr)
{
    logs_picker_open(&walk->picker, walk->reader, walk->group, walk->first, walk->end, STORE_UP);
    for (size_t i = 0; i < query->stream_count; i++) {
        struct logs_stream_record stream;
        enum err err = logs_stream_load(walk->reader, walk->arena, walk->group, query->streams[i], &stream);
        if (err == ERR_NOTFOUND)
            return logs_no_stream(reterr, walk->arena);
        if (err != ERR_OK)
            return logs_bad_store(reterr, walk->arena, err);
        bool again = false;
        for (size_t j = 0; j < i; j++)
            again |= str_eq(query->streams[i], query->streams[j]);
        if (!again)
            add_stream(walk, &stream);
    }
    if (query->stream_count || (!str_empty(query->stream_prefix) && add_prefix(walk, query->stream_prefix)))
        return true;
    walk->prefix = query->stream_prefix;
    add_group(walk);
    return true;
}

/* 56 digits that grow with the place: time and sequence, then the group. */
static struct str event_id(struct arena *arena, const struct logs_group *group, struct logs_position at)
{
    return arena_printf(arena, "3%015lld%020llu%020llu",
                        (long long)(at.timestamp_ms > 0 ? at.timestamp_ms : 0),
                        (unsigned long long)at.sequence, (unsigned long long)group->id);
}

/* A place as the bytes of a token. */
static struct str place_write(struct arena *arena, struct logs_position at)
{
    struct key bytes;
    bytes.len = 0;
    bytes.overflow = false;
    key_time(&bytes, at.timestamp_ms);
    key_u64(&bytes, at.sequence);
    return arena_copy(arena, key_str(&bytes));
}

static void walk_run(struct walk *walk, const struct logs_pattern *pattern, size_t limit,
                     struct logs_filter_page *ret)
{
    VEC(struct logs_event) events = { 0 };
    struct logs_position examined_at = { 0 };
    unsigned examined = 0;
    size_t bytes = 0;
    int64_t started = clock_monotonic_ns();
    struct source *source;
    while (walk->err == ERR_OK && (source = walk_least(walk))) {
        if (events.len == limit || examined == LOGS_EXAMINED_MAX ||
            (examined && examined % CLOCK_EVERY == 0 &&
             clock_monotonic_ns() - started > FILTER_TIME_MAX_NS)) {
            ret->more = true;
            break;
        }
        struct logs_event_record record;
        if (walk_event(walk, source, &record) && logs_pattern_matches(pattern, record.message)) {
            size_t one = record.message.len + LOGS_EVENT_OVERHEAD_BYTES;
            if (events.len && bytes + one > LOGS_PAGE_BYTES_MAX) {
                ret->more = true;
                break;
            }
            bytes += one;
            struct logs_event event = {
                .timestamp_ms = source->at.timestamp_ms,
                .ingested_ms = record.ingested_ms,
                .message = arena_copy(walk->arena, record.message),
                .stream = arena_copy(walk->arena, record.stream),
                .id = event_id(walk->arena, walk->group, source->at),
            };
            VEC_PUSH(walk->arena, &events, event);
        }
        examined++;
        examined_at = source->at;
        source_next(walk, source);
    }
    if (ret->more)
        ret->after = place_write(walk->arena, examined_at);
    ret->events = events.at;
    ret->count = events.len;
}

bool logs_filter(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                 int64_t now_ms, const struct logs_filter_query *query, struct logs_filter_page *ret,
                 struct fault *reterr)
{
    if (query->stream_count && !str_empty(query->stream_prefix))
        return fault_set(reterr, arena, FAULT_INVALID_PARAMETER,
                         "logStreamNames and logStreamNamePrefix are mutually exclusive parameters.");
    struct logs_pattern pattern;
    if (!logs_pattern_read(arena, query->pattern, &pattern, reterr))
        return false;
    struct walk walk = { .reader = reader, .arena = arena, .group = group, .end = logs_position_last };
    walk.first = (struct logs_position){ logs_kept_since(group, now_ms), 0 };
    if (query->has_start && query->start_ms > walk.first.timestamp_ms)
        walk.first.timestamp_ms = query->start_ms;
    if (query->has_end && query->end_ms < INT64_MAX)
        walk.end = (struct logs_position){ query->end_ms + 1, 0 };
    struct str after = query->after;
    struct logs_position from;
    if (key_read_time(&after, &from.timestamp_ms) && key_read_u64(&after, &from.sequence)) {
        from.sequence++;
        if (logs_position_compare(from, walk.first) > 0)
            walk.first = from;
    }
    *ret = (struct logs_filter_page){ 0 };
    if (logs_position_compare(walk.first, walk.end) >= 0)
        walk.end = walk.first;
    bool opened = walk_open(&walk, query, reterr);
    if (opened)
        walk_run(&walk, &pattern,
                 query->limit && query->limit < LOGS_PAGE_EVENTS_MAX ? query->limit : LOGS_PAGE_EVENTS_MAX,
                 ret);
    enum err err = walk_close(&walk);
    if (opened && err != ERR_OK)
        return logs_bad_store(reterr, arena, err);
    return opened;
}
