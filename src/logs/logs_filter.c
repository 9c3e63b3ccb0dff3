/* logs_filter.c - events of a group, or of some of its streams, in order of time, those
 * that a pattern lets through. A page ends after so many events looked at, or so much time, with a token to go on
 * from.
 */
#include "base/vec.h"
#include "io/clock.h"
#include "logs/logs_pattern.h"
#include "logs/logs_read.h"
#include "logs/logs_scan.h"

enum { CLOCK_EVERY = 256 };

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

static void page_fill(struct logs_scan *scan, struct arena *arena, const struct logs_group *group,
                      const struct logs_pattern *pattern, size_t limit, int64_t stop_at_ns,
                      struct logs_filter_page *ret)
{
    struct logs_matcher *matcher = logs_matcher_new();
    VEC(struct logs_event) events = { 0 };
    struct logs_position examined_at = { 0 };
    unsigned examined = 0;
    size_t bytes = 0;
    struct logs_scanned scanned;
    while (logs_scan_next(scan, &scanned)) {
        if (events.len == limit || examined == LOGS_FILTER_EXAMINED_MAX ||
            (examined && examined % CLOCK_EVERY == 0 && clock_monotonic_ns() > stop_at_ns)) {
            ret->more = true;
            break;
        }
        if (logs_pattern_matches(pattern, matcher, scanned.message)) {
            size_t one = scanned.message.len + LOGS_EVENT_OVERHEAD_BYTES;
            if (events.len && bytes + one > LOGS_PAGE_BYTES_MAX) {
                ret->more = true;
                break;
            }
            bytes += one;
            struct logs_event event = {
                .timestamp_ms = scanned.at.timestamp_ms,
                .ingested_ms = scanned.ingested_ms,
                .message = arena_copy(arena, scanned.message),
                .stream = arena_copy(arena, scanned.stream),
                .id = logs_event_id(arena, group, scanned.at),
            };
            VEC_PUSH(arena, &events, event);
        }
        examined++;
        examined_at = scanned.at;
    }
    logs_matcher_free(&matcher);
    struct logs_position stopped_at;
    if (ret->more) {
        ret->after = place_write(arena, examined_at);
    } else if (logs_scan_stopped(scan, &stopped_at)) {
        ret->more = true;
        stopped_at.sequence--; /* sequences begin above 0 */
        ret->after = place_write(arena, stopped_at);
    }
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
    struct logs_scan_query range = { .first = logs_position_first,
                                     .end = logs_position_last,
                                     .direction = STORE_UP,
                                     .streams = query->streams,
                                     .stream_count = query->stream_count,
                                     .stream_prefix = query->stream_prefix,
                                     .now_ms = now_ms,
                                     .scanner = query->scanner,
                                     .stop_at_ns =
                                         clock_monotonic_ns() + (int64_t)LOGS_FILTER_TIME_MAX_MS * 1000000 };
    range.needle_count = logs_pattern_needles(&pattern, &range.needles);
    if (query->has_start)
        range.first.timestamp_ms = query->start_ms;
    if (query->has_end && query->end_ms < INT64_MAX)
        range.end = (struct logs_position){ query->end_ms + 1, 0 };
    struct str after = query->after;
    struct logs_position from;
    if (key_read_time(&after, &from.timestamp_ms) && key_read_u64(&after, &from.sequence)) {
        from.sequence++;
        if (logs_position_compare(from, range.first) > 0)
            range.first = from;
    }
    *ret = (struct logs_filter_page){ 0 };
    struct logs_scan *scan;
    if (!logs_scan_open(reader, arena, group, &range, &scan, reterr))
        return false;
    page_fill(scan, arena, group, &pattern,
              query->limit && query->limit < LOGS_PAGE_EVENTS_MAX ? query->limit : LOGS_PAGE_EVENTS_MAX,
              range.stop_at_ns, ret);
    enum err err = logs_scan_close(&scan);
    return err == ERR_OK || logs_bad_store(reterr, arena, err);
}
