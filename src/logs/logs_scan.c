/* logs_scan.c - one walk over several sorted sources, always at the next place.
 *
 * Of a whole group what comes is two feeds of spans, runs and blocks; of a few streams a feed of each one's index, or
 * the place of its only event. A span is opened when the walk reaches it (its first place, or going down its last); the
 * sources that are open stand in a heap by their next events.
 */
#include "logs/logs_scan.h"

#include "base/vec.h"
#include "io/clock.h"
#include "logs/logs_ahead.h"
#include "logs/logs_span.h"

#include <stdio.h>
#include <stdlib.h>

/* An open run or block. */
struct source {
    struct source *free_next;
    struct arena arena; /* of head and body */
    struct logs_span span;
    struct logs_want want;
    bool is_block;
    struct logs_block_head head;
    struct str body;
    struct logs_ahead_block *ahead; /* read ahead: its chunks are used */
    struct logs_wanted own, *wanted;
    size_t chunk, chunk_from, chunk_to;
    size_t event;                /* the next one's number in wanted, going up; going down one above it */
    struct logs_event_record at; /* the event it stands at */
};

enum feed_kind { FEED_RUNS, FEED_BLOCKS, FEED_INDEX, FEED_PLACE };

/* Where spans come from. */
struct feed {
    enum feed_kind kind;
    struct logs_spans *spans; /* not of FEED_PLACE */
    uint64_t number;          /* FEED_INDEX, FEED_PLACE */
    struct logs_position place;
    bool done;
};

struct logs_scan {
    struct store_reader *reader;
    struct arena *arena;
    const struct logs_group *group;
    struct logs_want want;
    const struct str *needles;
    size_t needle_count;
    bool only;
    int64_t stop_at_ns;
    VEC(struct feed) feeds;
    struct logs_ahead *ahead;
    struct source **heap; /* by next place */
    size_t heap_len, heap_cap;
    struct source *spare;
    bool given;         /* the heap's first was given: it is to be moved on */
    struct str prefix;  /* of a stream's name, when all of the group is walked */
    VEC(uint64_t) dead; /* numbers of deleted streams, ascending */
    struct arena scratch;
    struct logs_scan_stats stats;
    bool stopped;
    struct logs_position stopped_at;
    enum err err;
};

/* ---- sources ---- */

static bool source_event(struct source *source)
{
    struct logs_wanted *wanted = source->wanted;
    bool up = source->want.direction == STORE_UP;
    for (;;) {
        if (up ? source->event >= wanted->to : source->event <= wanted->from)
            return false;
        logs_wanted_event(wanted, up ? source->event++ : --source->event, &source->at);
        /* A stream's event without an index comes by its place, and not here. */
        if (!source->want.has_number ||
            (source->at.number == source->want.number && !(source->at.flags & LOGS_EVENT_ONLY)))
            return true;
    }
}

static enum err source_chunk(struct source *source, size_t chunk)
{
    enum err err = ERR_OK;
    if (source->ahead) {
        source->wanted = &source->ahead->chunks[chunk - source->ahead->from];
    } else {
        source->wanted = &source->own;
        err =
            logs_wanted_chunk(&source->own, &source->head, &source->span, chunk, source->body, &source->want);
    }
    if (err == ERR_OK)
        source->event = source->want.direction == STORE_UP ? source->wanted->from : source->wanted->to;
    return err;
}

/* To its next event. False: no more, or scan->err. */
static bool source_next(struct logs_scan *scan, struct source *source)
{
    while (!source->wanted || !source_event(source)) {
        if (source->wanted && !source->want.has_number) { /* gone through */
            scan->stats.searched_events += source->wanted->missed;
            scan->stats.searched_bytes += source->wanted->missed_bytes;
        }
        if (!source->is_block || source->chunk_from == source->chunk_to)
            return false;
        size_t chunk = source->want.direction == STORE_UP ? source->chunk_from++ : --source->chunk_to;
        scan->err = source_chunk(source, chunk);
        if (scan->err != ERR_OK)
            return false;
    }
    return true;
}

static struct source *source_new(struct logs_scan *scan, const struct logs_span *span)
{
    struct source *source = scan->spare;
    if (source) {
        scan->spare = source->free_next;
    } else {
        source = calloc(1, sizeof(*source));
        if (!source)
            abort();
    }
    source->span = *span;
    source->want = scan->want;
    source->is_block = false;
    source->ahead = NULL;
    source->wanted = NULL;
    return source;
}

static void source_end(struct logs_scan *scan, struct source *source)
{
    if (source->ahead)
        logs_ahead_give_back(scan->ahead, source->ahead);
    source->ahead = NULL;
    arena_reset(&source->arena);
    source->free_next = scan->spare;
    scan->spare = source;
}

/* ---- the heap ---- */

static bool comes_before(const struct logs_scan *scan, const struct source *a, const struct source *b)
{
    int order = logs_position_compare(a->at.at, b->at.at);
    return scan->want.direction == STORE_UP ? order < 0 : order > 0;
}

static void heap_sink(struct logs_scan *scan, size_t at)
{
    struct source **heap = scan->heap;
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < scan->heap_len; child++)
            if (comes_before(scan, heap[child], heap[least]))
                least = child;
        if (least == at)
            return;
        struct source *swap = heap[at];
        heap[at] = heap[least];
        heap[least] = swap;
        at = least;
    }
}

static void heap_add(struct logs_scan *scan, struct source *source)
{
    if (scan->heap_len == scan->heap_cap) {
        scan->heap_cap = scan->heap_cap ? scan->heap_cap * 2 : 16;
        scan->heap = realloc(scan->heap, scan->heap_cap * sizeof(*scan->heap));
        if (!scan->heap)
            abort();
    }
    size_t at = scan->heap_len++;
    for (; at && comes_before(scan, source, scan->heap[(at - 1) / 2]); at = (at - 1) / 2)
        scan->heap[at] = scan->heap[(at - 1) / 2];
    scan->heap[at] = source;
}

/* It stands where it stood before its first event: finds that, and takes its place. */
static void source_begin(struct logs_scan *scan, struct source *source)
{
    if (source_next(scan, source))
        heap_add(scan, source);
    else
        source_end(scan, source);
}

static void heap_step(struct logs_scan *scan)
{
    struct source *source = scan->heap[0];
    if (!source_next(scan, source)) {
        source_end(scan, source);
        scan->heap[0] = scan->heap[--scan->heap_len];
    }
    heap_sink(scan, 0);
}

/* ---- opening what a feed gives ---- */

static void open_run(struct logs_scan *scan, const struct logs_span *span, struct str value,
                     const struct feed *feed)
{
    struct source *source = source_new(scan, span);
    source->want.has_number = feed->kind == FEED_INDEX;
    source->want.number = feed->number;
    scan->err = logs_wanted_run(&source->own, span, value, &source->want);
    if (scan->err != ERR_OK) {
        source_end(scan, source);
        return;
    }
    source->wanted = &source->own;
    source->event = scan->want.direction == STORE_UP ? source->own.from : source->own.to;
    source_begin(scan, source);
}

/* Whether the block may hold what is looked for. */
static bool block_may_hold(struct logs_scan *scan, const struct logs_block_head *head)
{
    if ((scan->only && head->only == 0) || head->dead_bytes >= head->bytes)
        return false;
    struct str grams = STR_EMPTY;
    for (size_t i = 0; i < scan->needle_count; i++) {
        if (scan->needles[i].len < LOGS_GRAM_BYTES)
            continue;
        if (!grams.ptr) {
            struct key key;
            logs_key_block(&key, scan->group, LOGS_GRAMS, head->id);
            enum err err = store_get(scan->reader, &scan->scratch, key_str(&key), &grams);
            if (err == ERR_OK)
                err = logs_grams_check(grams, head->grams_bits);
            if (err != ERR_OK) {
                scan->err = err == ERR_NOTFOUND ? ERR_CORRUPT : err;
                return false;
            }
        }
        if (!logs_grams_may_hold(grams, head->grams_bits, scan->needles[i]))
            return false;
    }
    return true;
}

/* Of walks over pieces of the places one after the other, or at once, one counts it: that in which it begins, going
 * down ends. */
static void count_passed(struct logs_scan *scan, const struct logs_span *span,
                         const struct logs_block_head *head)
{
    scan->stats.blocks_passed++;
    if (!scan->needle_count ||
        (scan->want.direction == STORE_UP ? logs_position_compare(span->first, scan->want.first) < 0
                                          : logs_position_compare(span->last, scan->want.end) >= 0))
        return;
    scan->stats.passed_events += head->count;
    scan->stats.passed_bytes += head->bytes - (uint64_t)head->count * LOGS_EVENT_OVERHEAD_BYTES;
}

/* Reads a head and says whether the block is to be opened. */
static bool block_wanted(struct logs_scan *scan, const struct logs_span *span, struct str value,
                         struct logs_block_head *ret)
{
    arena_reset(&scan->scratch);
    if (!logs_block_head_read(&scan->scratch, span, value, ret)) {
        scan->err = ERR_CORRUPT;
        return false;
    }
    bool wanted = block_may_hold(scan, ret);
    if (scan->err != ERR_OK)
        return false;
    if (!wanted) {
        count_passed(scan, span, ret);
        return false;
    }
    scan->stats.blocks_read++;
    return true;
}

static void begin_block(struct logs_scan *scan, struct source *source)
{
    source->is_block = true;
    logs_block_chunks(&source->head, source->want.first, source->want.end, &source->chunk_from,
                      &source->chunk_to);
    source_begin(scan, source);
}

/* within: of a stream whose events in the block lie there; NULL: all. */
static void open_block(struct logs_scan *scan, const struct logs_span *span, struct str value,
                       const struct logs_span *within, const struct feed *feed)
{
    struct logs_block_head head;
    if (!block_wanted(scan, span, value, &head))
        return;
    struct source *source = source_new(scan, span);
    if (within) {
        source->want.has_number = true;
        source->want.number = feed->number;
        struct logs_position end = logs_place_after(within->last);
        if (logs_position_compare(within->first, source->want.first) > 0)
            source->want.first = within->first;
        if (logs_position_compare(end, source->want.end) < 0)
            source->want.end = end;
    }
    bool read = logs_block_head_read(&source->arena, span, value, &source->head);
    scan->err =
        read ? logs_body_get(scan->reader, &source->arena, scan->group, head.id, &source->body) : ERR_CORRUPT;
    if (scan->err == ERR_OK)
        begin_block(scan, source);
    else
        source_end(scan, source);
}

static void open_indexed(struct logs_scan *scan, const struct logs_span *span, struct str value,
                         const struct feed *feed)
{
    struct logs_index index;
    struct key key;
    bool in_block = value.len > 0;
    if (in_block && !logs_index_read(value, &index)) {
        scan->err = ERR_CORRUPT;
        return;
    }
    arena_reset(&scan->scratch);
    struct arena held = { 0 }; /* the scratch is used for the head */
    logs_key_of_span(&key, scan->group, in_block ? LOGS_HEAD : LOGS_RUN, in_block ? &index.block : span);
    enum err err = store_get(scan->reader, &held, key_str(&key), &value);
    if (err != ERR_OK)
        scan->err = err == ERR_NOTFOUND ? ERR_CORRUPT : err;
    else if (in_block)
        open_block(scan, &index.block, value, span, feed);
    else
        open_run(scan, span, value, feed);
    arena_fini(&held);
}

/* The only event of a stream. */
static void open_place(struct logs_scan *scan, struct feed *feed)
{
    struct logs_found found;
    struct logs_span span = { feed->place, feed->place };
    feed->done = true;
    arena_reset(&scan->scratch);
    enum err err = logs_find(scan->reader, &scan->scratch, scan->group, feed->place, &found);
    if (err != ERR_OK) {
        scan->err = err == ERR_NOTFOUND ? ERR_CORRUPT : err;
        return;
    }
    scan->stats.blocks_read += found.in_block;
    struct logs_run_writer run;
    struct buf value;
    buf_init(&value, 0);
    logs_run_init(&run);
    logs_run_add(&run, feed->place, found.event.message);
    logs_run_write(&run, &found.event, &value);
    open_run(scan, &span, buf_str(&value), feed);
    logs_run_fini(&run);
    buf_fini(&value);
}

/* ---- feeds ---- */

static struct logs_position edge_of(const struct logs_scan *scan, const struct logs_span *span)
{
    return scan->want.direction == STORE_UP ? span->first : span->last;
}

/* Whether the time is over, and the walk may end before that place: beyond where it began, so that whoever goes on
 * from there gets somewhere. */
static bool may_stop(const struct logs_scan *scan, struct logs_position edge)
{
    if (!scan->stop_at_ns || (scan->want.direction == STORE_UP
                                  ? logs_position_compare(edge, scan->want.first) <= 0
                                  : logs_position_compare(logs_place_after(edge), scan->want.end) >= 0))
        return false;
    return clock_monotonic_ns() >= scan->stop_at_ns;
}

/* Fills the row of blocks that are read ahead. */
static void fill_ahead(struct logs_scan *scan, struct feed *feed)
{
    struct logs_span span;
    struct str value;
    struct logs_block_head head;
    while (scan->err == ERR_OK && logs_ahead_room(scan->ahead) && logs_spans_peek(feed->spans, &span) &&
           !may_stop(scan, edge_of(scan, &span)) && logs_spans_next(feed->spans, &span, &value))
        if (block_wanted(scan, &span, value, &head))
            logs_ahead_add(scan->ahead, &span, value);
}

static bool feed_peek(struct logs_scan *scan, struct feed *feed, struct logs_position *ret)
{
    struct logs_span span;
    if (feed->kind == FEED_PLACE) {
        *ret = feed->place;
        return !feed->done;
    }
    if (feed->kind == FEED_BLOCKS && scan->ahead) {
        fill_ahead(scan, feed);
        const struct logs_ahead_block *first = logs_ahead_first(scan->ahead);
        if (first) {
            *ret = edge_of(scan, &first->span);
            return true;
        }
    }
    if (!logs_spans_peek(feed->spans, &span))
        return false;
    *ret = edge_of(scan, &span);
    return true;
}

static void open_ahead(struct logs_scan *scan)
{
    struct logs_ahead_block *block = logs_ahead_take(scan->ahead);
    scan->err = block->err;
    struct source *source = source_new(scan, &block->span);
    source->ahead = block;
    source->head = block->head;
    if (scan->err == ERR_OK)
        begin_block(scan, source);
    else
        source_end(scan, source);
}

static void feed_open(struct logs_scan *scan, struct feed *feed)
{
    struct logs_span span;
    struct str value;
    if (feed->kind == FEED_PLACE) {
        open_place(scan, feed);
        return;
    }
    if (feed->kind == FEED_BLOCKS && scan->ahead && logs_ahead_first(scan->ahead)) {
        open_ahead(scan);
        return;
    }
    if (!logs_spans_next(feed->spans, &span, &value))
        return;
    if (feed->kind == FEED_RUNS)
        open_run(scan, &span, value, feed);
    else if (feed->kind == FEED_BLOCKS)
        open_block(scan, &span, value, NULL, feed);
    else
        open_indexed(scan, &span, value, feed);
}

static bool stops(struct logs_scan *scan, struct logs_position edge)
{
    if (!may_stop(scan, edge))
        return false;
    scan->stopped = true;
    scan->stopped_at = scan->want.direction == STORE_UP ? edge : logs_place_after(edge);
    return true;
}

/* Opens all that may come before the heap's first event. */
static void open_due(struct logs_scan *scan)
{
    for (;;) {
        struct feed *next = NULL;
        struct logs_position edge = { 0 };
        bool up = scan->want.direction == STORE_UP;
        for (size_t i = 0; i < scan->feeds.len && scan->err == ERR_OK; i++) {
            struct logs_position at;
            if (!feed_peek(scan, &scan->feeds.at[i], &at))
                continue;
            int order = next ? logs_position_compare(at, edge) : -1;
            if (!next || (up ? order < 0 : order > 0)) {
                next = &scan->feeds.at[i];
                edge = at;
            }
        }
        if (!next || scan->err != ERR_OK)
            return;
        if (scan->heap_len) {
            int order = logs_position_compare(edge, scan->heap[0]->at.at);
            if (up ? order > 0 : order < 0)
                return;
        }
        if (stops(scan, edge))
            return;
        feed_open(scan, next);
    }
}

static void add_spans(struct logs_scan *scan, enum feed_kind kind, struct logs_spans *spans, uint64_t number)
{
    struct feed feed = { .kind = kind, .spans = spans, .number = number };
    VEC_PUSH(scan->arena, &scan->feeds, feed);
}

static void add_stream(struct logs_scan *scan, const struct logs_stream_record *stream)
{
    const struct logs_want *want = &scan->want;
    if (stream->state == LOGS_EMPTY)
        return;
    if (stream->state == LOGS_MANY)
        add_spans(scan, FEED_INDEX,
                  logs_stream_spans(scan->reader, scan->group, stream->number, want->first, want->end,
                                    want->direction),
                  stream->number);
    struct feed feed = { .kind = FEED_PLACE, .number = stream->number, .place.sequence = stream->number };
    feed.place.timestamp_ms = stream->state == LOGS_MANY ? stream->only_ms : stream->first_ms;
    if ((stream->state == LOGS_SINGLE || (stream->flags & LOGS_STREAM_ONLY)) &&
        logs_position_compare(feed.place, want->first) >= 0 &&
        logs_position_compare(feed.place, want->end) < 0)
        VEC_PUSH(scan->arena, &scan->feeds, feed);
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

static void add_group(struct logs_scan *scan, struct logs_scanner *scanner)
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
    const struct logs_want *want = &scan->want;
    add_spans(scan, FEED_RUNS,
              logs_group_spans(scan->reader, scan->group, LOGS_RUN, want->first, want->end, want->direction),
              0);
    add_spans(scan, FEED_BLOCKS,
              logs_group_spans(scan->reader, scan->group, LOGS_HEAD, want->first, want->end, want->direction),
              0);
    if (scanner && scan->needle_count)
        scan->ahead = logs_ahead_open(scanner, scan->reader, scan->group, want);
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

static void choose_needle(struct logs_scan *scan, const struct logs_scan_query *query)
{
    scan->needles = query->needles;
    scan->needle_count = query->needle_count;
    for (size_t i = 0; i < query->needle_count; i++)
        if (query->needles[i].len > scan->want.needle.len)
            scan->want.needle = query->needles[i];
}

bool logs_scan_open(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                    const struct logs_scan_query *query, struct logs_scan **ret, struct fault *reterr)
{
    struct logs_scan *scan = ARENA_NEW(arena, struct logs_scan);
    *scan = (struct logs_scan){
        .reader = reader,
        .arena = arena,
        .group = group,
        .want = { .first = query->first, .end = query->end, .direction = query->direction },
        .only = query->only,
        .stop_at_ns = query->stop_at_ns,
    };
    struct logs_position kept = { logs_kept_since(group, query->now_ms), 0 };
    if (logs_position_compare(kept, scan->want.first) > 0)
        scan->want.first = kept;
    if (logs_position_compare(scan->want.first, scan->want.end) >= 0)
        scan->want.end = scan->want.first;
    choose_needle(scan, query);
    if (query->stream_count) {
        if (!open_streams(scan, query, reterr)) {
            enum err err = logs_scan_close(&scan);
            (void)err; /* the fault says what is wrong */
            return false;
        }
    } else if (str_empty(query->stream_prefix) || !add_prefix(scan, query->stream_prefix)) {
        scan->prefix = query->stream_prefix;
        add_group(scan, query->scanner);
    }
    *ret = scan;
    return true;
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

bool logs_scan_next(struct logs_scan *scan, struct logs_scanned *ret)
{
    for (;;) {
        if (scan->given)
            heap_step(scan);
        scan->given = false;
        if (scan->err == ERR_OK && !scan->stopped)
            open_due(scan);
        if (scan->err != ERR_OK || scan->stopped || scan->heap_len == 0)
            return false;
        scan->given = true;
        const struct logs_event_record *event = &scan->heap[0]->at;
        if (is_dead(scan, event->number) || !str_starts(event->stream, scan->prefix) ||
            (scan->only && !(event->flags & LOGS_EVENT_ONLY)))
            continue;
        scan->stats.events++;
        scan->stats.bytes += event->message.len;
        *ret = (struct logs_scanned){ .at = event->at,
                                      .ingested_ms = event->ingested_ms,
                                      .stream = event->stream,
                                      .message = event->message,
                                      .number = event->number,
                                      .flags = event->flags };
        return true;
    }
}

bool logs_scan_stopped(const struct logs_scan *scan, struct logs_position *ret)
{
    if (scan->stopped && scan->err == ERR_OK)
        *ret = scan->stopped_at;
    return scan->stopped && scan->err == ERR_OK;
}

void logs_scan_look(const struct logs_scan *scan, struct logs_scan_stats *ret)
{
    *ret = scan->stats;
}

enum err logs_scan_close(struct logs_scan **scan)
{
    struct logs_scan *closed = *scan;
    *scan = NULL;
    logs_ahead_close(&closed->ahead);
    for (size_t i = 0; i < closed->heap_len; i++) {
        closed->heap[i]->ahead = NULL;
        source_end(closed, closed->heap[i]);
    }
    for (struct source *source = closed->spare, *next; source; source = next) {
        next = source->free_next;
        logs_wanted_fini(&source->own);
        arena_fini(&source->arena);
        free(source);
    }
    free(closed->heap);
    arena_fini(&closed->scratch);
    for (size_t i = 0; i < closed->feeds.len; i++) {
        enum err err = logs_spans_close(&closed->feeds.at[i].spans);
        if (closed->err == ERR_OK)
            closed->err = err;
    }
    return closed->err;
}

/* ---- parts ---- */

struct weight {
    struct logs_position first;
    uint64_t bytes;
};
typedef VEC(struct weight) weight_vec;

static int weight_compare(const void *a, const void *b)
{
    return logs_position_compare(((const struct weight *)a)->first, ((const struct weight *)b)->first);
}

static void weigh(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                  enum logs_part part, struct logs_position first, struct logs_position end,
                  weight_vec *weights)
{
    struct logs_spans *spans = logs_group_spans(reader, group, part, first, end, STORE_UP);
    struct arena scratch = { 0 };
    struct logs_span span;
    struct str value;
    while (logs_spans_next(spans, &span, &value)) {
        struct logs_block_head head = { .bytes = value.len };
        if (part == LOGS_HEAD && !logs_block_head_read(&scratch, &span, value, &head))
            break;
        arena_reset(&scratch);
        VEC_PUSH(arena, weights, ((struct weight){ span.first, head.bytes }));
    }
    enum err err = logs_spans_close(&spans);
    (void)err; /* whoever goes through the parts finds it */
    arena_fini(&scratch);
}

size_t logs_scan_cut(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                     struct logs_position first, struct logs_position end, size_t parts_max,
                     struct logs_position *ret_cuts)
{
    weight_vec weights = { 0 };
    weigh(reader, arena, group, LOGS_HEAD, first, end, &weights);
    weigh(reader, arena, group, LOGS_RUN, first, end, &weights);
    if (weights.len < 2 || parts_max < 2)
        return 0;
    qsort(weights.at, weights.len, sizeof(weights.at[0]), weight_compare);
    uint64_t total = 0, so_far = 0;
    for (size_t i = 0; i < weights.len; i++)
        total += weights.at[i].bytes;
    size_t cuts = 0;
    struct logs_position before = first;
    for (size_t i = 0; i < weights.len && cuts + 1 < parts_max; i++) {
        struct logs_position at = weights.at[i].first;
        if (so_far >= total / parts_max * (cuts + 1) && logs_position_compare(at, before) > 0)
            ret_cuts[cuts++] = before = at;
        so_far += weights.at[i].bytes;
    }
    return cuts;
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
