/* logs_get.c - the events of one stream, page by page, in both directions. */
#include "base/vec.h"
#include "logs/logs_read.h"

/* A token is "f/" or "b/" and 56 digits: 1, a place (time 20, sequence 20), a check
 * (15). f/: what lies after the place; b/: what lies before it. The place need not hold
 * an event, and the token stays good while the stream grows. */
enum { TOKEN_DIGITS = 56, CHECK_DIGITS = 15, NUMBER_DIGITS = 20 };
#define TOKEN_CHECK_SEED UINT64_C(0x6c6f67732d676574)

static uint64_t token_check(struct arena *arena, const struct logs_group *group, struct str stream,
                            char direction, struct str digits)
{
    struct str text = arena_printf(arena, "%c%llu/%.*s/", direction, (unsigned long long)group->id,
                                   STR_ARG(digits));
    /* Not by format: a stream's name may hold a NUL. */
    return hash_bytes(arena_concat(arena, text, stream), TOKEN_CHECK_SEED) % 1000000000000000ULL;
}

static struct str token_write(struct arena *arena, const struct logs_group *group, struct str stream,
                              char direction, struct logs_position at)
{
    /* The time's bits with the sign turned round, so that every time is a number of digits. */
    uint64_t time = (uint64_t)at.timestamp_ms ^ (UINT64_C(1) << 63);
    struct str digits =
        arena_printf(arena, "1%020llu%020llu", (unsigned long long)time, (unsigned long long)at.sequence);
    uint64_t check = token_check(arena, group, stream, direction, digits);
    return arena_printf(arena, "%c/%.*s%015llu", direction, STR_ARG(digits), (unsigned long long)check);
}

static bool number_read(struct str digits, uint64_t *ret)
{
    uint64_t number = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(digits.ptr[i] - '0');
        if (number > (UINT64_MAX - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    *ret = number;
    return true;
}

static bool token_read(struct arena *arena, const struct logs_group *group, struct str stream,
                       struct str token, char *ret_direction, struct logs_position *ret)
{
    uint64_t time, check;
    if (token.len != 2 + TOKEN_DIGITS || (token.ptr[0] != 'f' && token.ptr[0] != 'b') ||
        token.ptr[1] != '/' || token.ptr[2] != '1')
        return false;
    struct str digits = str_slice(token, 2, TOKEN_DIGITS - CHECK_DIGITS);
    if (!number_read(str_slice(digits, 1, NUMBER_DIGITS), &time) ||
        !number_read(str_slice(digits, 1 + NUMBER_DIGITS, NUMBER_DIGITS), &ret->sequence) ||
        !number_read(str_from_offset(token, token.len - CHECK_DIGITS), &check) ||
        check != token_check(arena, group, stream, token.ptr[0], digits))
        return false;
    ret->timestamp_ms = (int64_t)(time ^ (UINT64_C(1) << 63));
    *ret_direction = token.ptr[0];
    return true;
}

static struct logs_position place_after(struct logs_position at)
{
    if (at.sequence < UINT64_MAX)
        at.sequence++;
    return at;
}

static struct logs_position place_before(struct logs_position at)
{
    if (at.sequence)
        at.sequence--;
    return at;
}

typedef VEC(struct logs_event) event_vec;

/* False when the page is full. */
static bool page_take(struct arena *arena, event_vec *events, size_t limit, size_t *bytes,
                      int64_t timestamp_ms, const struct logs_event_record *record)
{
    size_t one = record->message.len + LOGS_EVENT_OVERHEAD_BYTES;
    if (events->len == limit || (events->len && *bytes + one > LOGS_PAGE_BYTES_MAX))
        return false;
    struct logs_event event = {
        .timestamp_ms = timestamp_ms,
        .ingested_ms = record->ingested_ms,
        .message = arena_copy(arena, record->message),
    };
    VEC_PUSH(arena, events, event);
    *bytes += one;
    return true;
}

struct page_edges {
    struct logs_position earliest, latest;
};

static enum err get_single(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                           const struct logs_stream_record *stream, struct logs_position first,
                           struct logs_position end, event_vec *events, struct page_edges *edges)
{
    struct logs_position at = { stream->first_ms, stream->number };
    if (logs_position_compare(at, first) < 0 || logs_position_compare(at, end) >= 0)
        return ERR_OK;
    struct key key;
    logs_key_event(&key, group, LOGS_ONLY, at);
    struct str value;
    struct logs_event_record record;
    enum err err = store_get(reader, arena, key_str(&key), &value);
    if (err != ERR_OK || !logs_event_read(value, &record))
        return err == ERR_OK || err == ERR_NOTFOUND ? ERR_CORRUPT : err;
    size_t bytes = 0;
    (void)page_take(arena, events, 1, &bytes, at.timestamp_ms, &record);
    edges->earliest = edges->latest = at;
    return ERR_OK;
}

static enum err get_many(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                         const struct logs_stream_record *stream, struct logs_position first,
                         struct logs_position end, enum store_direction direction, size_t limit,
                         event_vec *events, struct page_edges *edges)
{
    struct store_cursor *index = logs_scan_index(reader, group, stream->number, first, end, direction);
    struct logs_picker picker;
    logs_picker_open(&picker, reader, group, first, end, direction);
    struct str key, value;
    size_t bytes = 0;
    enum err err = ERR_OK;
    while (err == ERR_OK && store_cursor_next(index, &key, &value)) {
        struct logs_position at;
        struct logs_event_record record;
        if (events->len == limit)
            break;
        err = logs_key_read_position(key, &at) ? logs_picker_take(&picker, at, &record) : ERR_CORRUPT;
        if (err != ERR_OK || !page_take(arena, events, limit, &bytes, at.timestamp_ms, &record))
            break;
        if (events->len == 1)
            edges->earliest = edges->latest = at;
        *(direction == STORE_UP ? &edges->latest : &edges->earliest) = at;
    }
    enum err closed = logs_picker_close(&picker);
    if (err == ERR_OK)
        err = closed;
    closed = store_cursor_close(&index);
    if (direction == STORE_DOWN) {
        for (size_t i = 0, j = events->len; i + 1 < j; i++) {
            struct logs_event swap = events->at[i];
            events->at[i] = events->at[--j];
            events->at[j] = swap;
        }
    }
    return err == ERR_OK ? closed : err;
}

bool logs_get(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
              int64_t now_ms, const struct logs_get_query *query, struct logs_get_page *ret,
              struct fault *reterr)
{
    struct logs_stream_record stream;
    enum err err = logs_stream_load(reader, arena, group, query->stream, &stream);
    if (err == ERR_NOTFOUND)
        return logs_no_stream(reterr, arena);
    if (err != ERR_OK)
        return logs_bad_store(reterr, arena, err);

    struct logs_position first = { logs_kept_since(group, now_ms), 0 }, end = logs_position_last,
                         from = { 0 };
    if (query->has_start && query->start_ms > first.timestamp_ms)
        first.timestamp_ms = query->start_ms;
    if (query->has_end)
        end = (struct logs_position){ query->end_ms, 0 };
    struct logs_position start = first;
    char way = query->from_head ? 'f' : 'b';
    bool has_token = !str_empty(query->token);
    if (has_token && !token_read(arena, group, query->stream, query->token, &way, &from))
        return fault_set(reterr, arena, FAULT_INVALID_PARAMETER, "The specified nextToken is invalid.");
    if (has_token && way == 'f' && logs_position_compare(place_after(from), first) > 0)
        first = place_after(from);
    if (has_token && way == 'b' && logs_position_compare(from, end) < 0)
        end = from;

    size_t limit = query->limit && query->limit < LOGS_PAGE_EVENTS_MAX ? query->limit : LOGS_PAGE_EVENTS_MAX;
    event_vec events = { 0 };
    struct page_edges edges = { start, start };
    if (stream.state != LOGS_EMPTY && logs_position_compare(first, end) < 0) {
        err = stream.state == LOGS_SINGLE
                  ? get_single(reader, arena, group, &stream, first, end, &events, &edges)
                  : get_many(reader, arena, group, &stream, first, end, way == 'f' ? STORE_UP : STORE_DOWN,
                             limit, &events, &edges);
        if (err != ERR_OK)
            return logs_bad_store(reterr, arena, err);
    }

    if (events.len || !has_token) {
        ret->forward = token_write(arena, group, query->stream, 'f', edges.latest);
        ret->backward = token_write(arena, group, query->stream, 'b', edges.earliest);
    } else if (way == 'f') {
        ret->forward = query->token;
        ret->backward = token_write(arena, group, query->stream, 'b', place_after(from));
    } else {
        ret->backward = query->token;
        ret->forward = token_write(arena, group, query->stream, 'f', place_before(from));
    }
    ret->events = events.at;
    ret->count = events.len;
    return true;
}
