/* logs_get.c - the events of one stream, page by page, in both directions. */
#include "base/vec.h"
#include "logs/logs_read.h"
#include "logs/logs_scan.h"

/* A token is "f/" or "b/" and 56 digits: 1, a place (time 20, sequence 20), a check
 * (15). f/: what lies after the place; b/: what lies before it. The place need not hold
 * an event, and the token stays good while the stream grows. */
enum { TOKEN_DIGITS = 56, CHECK_DIGITS = 15, NUMBER_DIGITS = 20 };
#define TOKEN_CHECK_SEED UINT64_C(0x6c6f67732d676574)

static uint64_t token_check(struct arena *arena, const struct logs_group *group, struct str stream,
                            char direction, struct str digits)
{
    struct str text =
        arena_printf(arena, "%c%llu/%.*s/", direction, (unsigned long long)group->id, STR_ARG(digits));
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

static struct logs_position place_before(struct logs_position at)
{
    if (at.sequence)
        at.sequence--;
    return at;
}

typedef VEC(struct logs_event) event_vec;

struct page_edges {
    struct logs_position earliest, latest;
};

static void turn_round(event_vec *events)
{
    for (size_t i = 0, j = events->len; i + 1 < j; i++) {
        struct logs_event swap = events->at[i];
        events->at[i] = events->at[--j];
        events->at[j] = swap;
    }
}

/* Up to limit events, and LOGS_PAGE_BYTES_MAX. */
static void page_fill(struct logs_scan *scan, struct arena *arena, enum store_direction direction,
                      size_t limit, event_vec *events, struct page_edges *edges)
{
    size_t bytes = 0;
    struct logs_scanned scanned;
    while (events->len < limit && logs_scan_next(scan, &scanned)) {
        size_t one = scanned.message.len + LOGS_EVENT_OVERHEAD_BYTES;
        if (events->len && bytes + one > LOGS_PAGE_BYTES_MAX)
            break;
        struct logs_event event = {
            .timestamp_ms = scanned.at.timestamp_ms,
            .ingested_ms = scanned.ingested_ms,
            .message = arena_copy(arena, scanned.message),
        };
        VEC_PUSH(arena, events, event);
        bytes += one;
        if (events->len == 1)
            edges->earliest = edges->latest = scanned.at;
        *(direction == STORE_UP ? &edges->latest : &edges->earliest) = scanned.at;
    }
    if (direction == STORE_DOWN)
        turn_round(events);
}

bool logs_get(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
              int64_t now_ms, const struct logs_get_query *query, struct logs_get_page *ret,
              struct fault *reterr)
{
    struct logs_position first = { logs_kept_since(group, now_ms), 0 }, end = logs_position_last,
                         from = { 0 };
    if (query->has_start && query->start_ms > first.timestamp_ms)
        first.timestamp_ms = query->start_ms;
    if (query->has_end)
        end = (struct logs_position){ query->end_ms, 0 };
    struct logs_position start = first;
    char way = query->from_head ? 'f' : 'b';
    bool has_token = !str_empty(query->token);
    if (has_token && !token_read(arena, group, query->stream, query->token, &way, &from)) {
        struct logs_stream_record stream;
        if (logs_stream_load(reader, arena, group, query->stream, &stream) == ERR_NOTFOUND)
            return logs_no_stream(reterr, arena);
        return fault_set(reterr, arena, FAULT_INVALID_PARAMETER, "The specified nextToken is invalid.");
    }
    if (has_token && way == 'f' && logs_position_compare(logs_place_after(from), first) > 0)
        first = logs_place_after(from);
    if (has_token && way == 'b' && logs_position_compare(from, end) < 0)
        end = from;

    size_t limit = query->limit && query->limit < LOGS_PAGE_EVENTS_MAX ? query->limit : LOGS_PAGE_EVENTS_MAX;
    event_vec events = { 0 };
    struct page_edges edges = { start, start };
    struct logs_scan_query range = { .first = first,
                                     .end = end,
                                     .direction = way == 'f' ? STORE_UP : STORE_DOWN,
                                     .streams = &query->stream,
                                     .stream_count = 1,
                                     .now_ms = now_ms };
    struct logs_scan *scan;
    if (!logs_scan_open(reader, arena, group, &range, &scan, reterr))
        return false;
    page_fill(scan, arena, range.direction, limit, &events, &edges);
    enum err err = logs_scan_close(&scan);
    if (err != ERR_OK)
        return logs_bad_store(reterr, arena, err);

    if (events.len || !has_token) {
        ret->forward = token_write(arena, group, query->stream, 'f', edges.latest);
        ret->backward = token_write(arena, group, query->stream, 'b', edges.earliest);
    } else if (way == 'f') {
        ret->forward = query->token;
        ret->backward = token_write(arena, group, query->stream, 'b', logs_place_after(from));
    } else {
        ret->backward = query->token;
        ret->forward = token_write(arena, group, query->stream, 'f', place_before(from));
    }
    ret->events = events.at;
    ret->count = events.len;
    return true;
}
