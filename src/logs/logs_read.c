#include "logs/logs_read.h"

#include "logs/logs_span.h"

#include <stdlib.h>

/* ---- keys ---- */

struct logs_spans *logs_group_spans(struct store_reader *reader, const struct logs_group *group,
                                    enum logs_part part, struct logs_position first, struct logs_position end,
                                    enum store_direction direction)
{
    struct key prefix;
    logs_key_part(&prefix, group, part);
    return logs_spans_open(reader, key_str(&prefix), first, end, direction);
}

struct logs_spans *logs_stream_spans(struct store_reader *reader, const struct logs_group *group,
                                     uint64_t number, struct logs_position first, struct logs_position end,
                                     enum store_direction direction)
{
    struct key prefix;
    logs_key_index(&prefix, group, number);
    return logs_spans_open(reader, key_str(&prefix), first, end, direction);
}

enum err logs_head_get(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                       const struct logs_span *span, struct logs_block_head *ret)
{
    struct key key;
    struct str value;
    logs_key_of_span(&key, group, LOGS_HEAD, span);
    enum err err = store_get(reader, arena, key_str(&key), &value);
    if (err == ERR_OK && !logs_block_head_read(arena, span, value, ret))
        err = ERR_CORRUPT;
    return err;
}

enum err logs_body_get(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                       uint64_t id, struct str *ret)
{
    struct key key;
    logs_key_block(&key, group, LOGS_BODY, id);
    enum err err = store_get(reader, arena, key_str(&key), ret);
    return err == ERR_NOTFOUND ? ERR_CORRUPT : err;
}

/* ---- which events of a chunk ---- */

/* The first event at or after the place. */
static size_t event_at(const struct logs_chunk *chunk, struct logs_position at)
{
    size_t low = 0, high = chunk->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (logs_position_compare(chunk->events[middle].at, at) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The event whose message the offset lies in. */
static size_t event_of_offset(const struct logs_chunk *chunk, size_t from, size_t offset)
{
    size_t low = from, high = chunk->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (chunk->events[middle].message_at <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void add_hit(struct logs_wanted *wanted, size_t event)
{
    if (wanted->hit_count == wanted->hit_cap) {
        wanted->hit_cap = wanted->hit_cap ? wanted->hit_cap * 2 : 64;
        wanted->hits = realloc(wanted->hits, wanted->hit_cap * sizeof(*wanted->hits));
        if (!wanted->hits)
            abort();
    }
    wanted->hits[wanted->hit_count++] = (uint32_t)event;
}

/* From the first place where the needle stands on. An event is a hit when it holds the needle whole. */
static void find_hits(struct logs_wanted *wanted, struct str needle, size_t offset)
{
    const struct logs_chunk *chunk = &wanted->chunk;
    size_t event = 0;
    for (;;) {
        event = event_of_offset(chunk, event, offset);
        size_t end = (size_t)chunk->events[event].message_at + chunk->events[event].message_len;
        if (offset + needle.len <= end) {
            add_hit(wanted, event);
            offset = end; /* the next message: one hit is enough */
        } else {
            offset++;
        }
        size_t next = str_find(str_from_offset(chunk->messages, offset), needle);
        if (next == STR_NOT_FOUND)
            return;
        offset += next;
    }
}

static size_t hit_at(const struct logs_wanted *wanted, size_t event)
{
    size_t i = 0;
    while (i < wanted->hit_count && wanted->hits[i] < event)
        i++;
    return i;
}

static void count_missed(struct logs_wanted *wanted, size_t from, size_t to)
{
    const struct logs_chunk_event *events = wanted->chunk.events;
    if (from >= to)
        return;
    wanted->missed = to - from - (wanted->to - wanted->from);
    wanted->missed_bytes =
        (size_t)events[to - 1].message_at + events[to - 1].message_len - events[from].message_at;
    for (size_t i = wanted->from; i < wanted->to; i++)
        wanted->missed_bytes -= events[wanted->hits[i]].message_len;
}

/* offset: where the needle stands first; STR_NOT_FOUND: nowhere. */
static void choose(struct logs_wanted *wanted, const struct logs_want *want, size_t offset)
{
    size_t from = event_at(&wanted->chunk, want->first), to = event_at(&wanted->chunk, want->end);
    wanted->from = from;
    wanted->to = to;
    wanted->hit_count = wanted->missed = wanted->missed_bytes = 0;
    wanted->has_hits = want->needle.len > 0;
    if (!wanted->has_hits)
        return;
    if (offset != STR_NOT_FOUND)
        find_hits(wanted, want->needle, offset);
    wanted->from = hit_at(wanted, from);
    wanted->to = hit_at(wanted, to);
    count_missed(wanted, from, to);
}

static enum err nothing(struct logs_wanted *wanted, size_t missed, size_t missed_bytes)
{
    wanted->from = wanted->to = 0;
    wanted->missed = missed;
    wanted->missed_bytes = missed_bytes;
    return ERR_OK;
}

static bool lies_within(const struct logs_want *want, struct logs_position first, struct logs_position last)
{
    return logs_position_compare(want->first, first) <= 0 && logs_position_compare(last, want->end) < 0;
}

enum err logs_wanted_run(struct logs_wanted *wanted, const struct logs_span *span, struct str value,
                         const struct logs_want *want)
{
    struct logs_run run;
    struct logs_event_record event;
    if (!logs_run_read(span, value, &run))
        return ERR_CORRUPT;
    if (want->has_number && run.stream.number != want->number)
        return nothing(wanted, 0, 0);
    size_t offset = str_find(run.messages, want->needle);
    if (offset == STR_NOT_FOUND && lies_within(want, span->first, span->last))
        return nothing(wanted, run.count, run.messages.len);
    logs_chunk_of_run(&wanted->chunk, &run);
    for (size_t i = 0; i < run.count; i++) {
        if (!logs_run_next(&run, &event))
            return ERR_CORRUPT;
        logs_chunk_take(&wanted->chunk, &event);
    }
    choose(wanted, want, offset);
    return ERR_OK;
}

enum err logs_wanted_chunk(struct logs_wanted *wanted, const struct logs_block_head *head,
                           const struct logs_span *span, size_t index, struct str body,
                           const struct logs_want *want)
{
    enum err err = logs_chunk_read_text(&wanted->chunk, head, index, body);
    if (err != ERR_OK)
        return err;
    size_t offset = str_find(wanted->chunk.messages, want->needle);
    struct logs_position last = index + 1 < head->chunk_count ? head->chunks[index + 1].first : span->last;
    if (offset == STR_NOT_FOUND && lies_within(want, head->chunks[index].first, last))
        return nothing(wanted, head->chunks[index].count, wanted->chunk.messages.len);
    err = logs_chunk_read_columns(&wanted->chunk, head, span, index, body);
    if (err == ERR_OK)
        choose(wanted, want, offset);
    return err;
}

void logs_wanted_fini(struct logs_wanted *wanted)
{
    logs_chunk_fini(&wanted->chunk);
    free(wanted->hits);
    *wanted = (struct logs_wanted){ 0 };
}

void logs_wanted_event(const struct logs_wanted *wanted, size_t i, struct logs_event_record *ret)
{
    logs_chunk_event(&wanted->chunk, wanted->has_hits ? wanted->hits[i] : i, ret);
}

void logs_block_chunks(const struct logs_block_head *head, struct logs_position first,
                       struct logs_position end, size_t *ret_from, size_t *ret_to)
{
    size_t from = 0, to = head->chunk_count;
    while (from + 1 < to && logs_position_compare(head->chunks[from + 1].first, first) <= 0)
        from++;
    while (to > from && logs_position_compare(head->chunks[to - 1].first, end) >= 0)
        to--;
    *ret_from = from;
    *ret_to = to;
}

/* ---- one event ---- */

static void found_copy(struct arena *arena, const struct logs_event_record *event, struct logs_found *ret)
{
    ret->event = *event;
    ret->event.stream = arena_copy(arena, event->stream);
    ret->event.message = arena_copy(arena, event->message);
}

static enum err find_in_block(struct store_reader *reader, struct arena *arena,
                              const struct logs_group *group, struct logs_position at, struct logs_found *ret)
{
    struct str body;
    if (at.sequence < ret->head.sequence_min || at.sequence > ret->head.sequence_max)
        return ERR_NOTFOUND;
    enum err err = logs_body_get(reader, arena, group, ret->head.id, &body);
    if (err != ERR_OK)
        return err;
    struct logs_want want = { .first = at, .end = logs_place_after(at) };
    struct logs_wanted wanted = { 0 };
    size_t from, to;
    logs_block_chunks(&ret->head, want.first, want.end, &from, &to);
    if (from == to)
        return ERR_NOTFOUND;
    err = logs_wanted_chunk(&wanted, &ret->head, &ret->span, from, body, &want);
    if (err == ERR_OK && wanted.from == wanted.to)
        err = ERR_NOTFOUND;
    if (err == ERR_OK) {
        struct logs_event_record event;
        logs_wanted_event(&wanted, wanted.from, &event);
        found_copy(arena, &event, ret);
    }
    logs_wanted_fini(&wanted);
    return err;
}

enum err logs_find(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                   struct logs_position at, struct logs_found *ret)
{
    *ret = (struct logs_found){ .span = { at, at } };
    struct key key;
    struct str value;
    logs_key_of_span(&key, group, LOGS_RUN, &ret->span);
    enum err err = store_get(reader, arena, key_str(&key), &value);
    if (err == ERR_OK) {
        struct logs_run run;
        return logs_run_read(&ret->span, value, &run) && logs_run_next(&run, &ret->event) ? ERR_OK
                                                                                          : ERR_CORRUPT;
    }
    if (err != ERR_NOTFOUND)
        return err;
    struct logs_spans *spans = logs_group_spans(reader, group, LOGS_HEAD, at, logs_place_after(at), STORE_UP);
    ret->in_block = true;
    while (err == ERR_NOTFOUND && logs_spans_next(spans, &ret->span, &value)) {
        if (!logs_block_head_read(arena, &ret->span, value, &ret->head))
            err = ERR_CORRUPT;
        else
            err = find_in_block(reader, arena, group, at, ret);
    }
    enum err closed = logs_spans_close(&spans);
    return closed == ERR_OK ? err : closed;
}
