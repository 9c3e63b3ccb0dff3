/* logs_pack_read.c - on a thread of the scanner: what is to be packed is read, sorted by place, and packed. */
#include "logs/logs_pack.h"

#include "logs/logs_read.h"

#include <stdlib.h>

typedef VEC(struct logs_event_record) event_vec;

/* ---- indexes ---- */

struct numbered {
    uint64_t number;
    uint32_t event;
};

static int numbered_compare(const void *a, const void *b)
{
    const struct numbered *x = a, *y = b;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->event < y->event ? -1 : x->event > y->event;
}

/* Where each stream lies among the events. */
#define ADD_INDEXES(pack, events, len, vec)                                              \
    do {                                                                                 \
        size_t add_count_;                                                               \
        struct logs_pack_index *add_ = indexes_of((pack), (events), (len), &add_count_); \
        for (size_t add_i_ = 0; add_i_ < add_count_; add_i_++)                           \
            VEC_PUSH(&(pack)->arena, (vec), add_[add_i_]);                               \
    } while (0)

static struct logs_pack_index *indexes_of(struct logs_pack *pack, const struct logs_event_record *events,
                                          size_t count, size_t *ret_count)
{
    struct numbered *numbered = malloc((count + 1) * sizeof(*numbered));
    if (!numbered)
        abort();
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        if (!(events[i].flags & LOGS_EVENT_ONLY))
            numbered[len++] = (struct numbered){ events[i].number, (uint32_t)i };
    qsort(numbered, len, sizeof(*numbered), numbered_compare);
    struct logs_pack_index *indexes = ARENA_ARRAY(&pack->arena, struct logs_pack_index, len + 1);
    size_t found = 0;
    for (size_t i = 0; i < len; i++) {
        const struct logs_event_record *event = &events[numbered[i].event];
        if (!found || indexes[found - 1].number != event->number)
            indexes[found++] = (struct logs_pack_index){ .number = event->number, .span.first = event->at };
        struct logs_pack_index *index = &indexes[found - 1];
        index->span.last = event->at;
        index->count++;
        index->bytes += (uint64_t)logs_event_bytes(event->message.len);
    }
    free(numbered);
    *ret_count = found;
    return indexes;
}

/* ---- writing ---- */

static int place_compare(const void *a, const void *b)
{
    return logs_position_compare(((const struct logs_event_record *)a)->at,
                                 ((const struct logs_event_record *)b)->at);
}

static void close_block(struct logs_pack *pack, struct logs_block_writer *writer,
                        const struct logs_event_record *events, size_t count)
{
    struct logs_pack_block block = { .index_from = pack->indexes.len };
    buf_init(&block.grams, 0);
    buf_init(&block.body, 0);
    logs_block_close(writer, &pack->arena, &block.head, &block.span, &block.grams, &block.body);
    ADD_INDEXES(pack, events, count, &pack->indexes);
    block.index_to = pack->indexes.len;
    VEC_PUSH(&pack->arena, &pack->blocks, block);
}

/* Blocks of about the same size, so that none is left with a handful. */
static void write_blocks(struct logs_pack *pack, struct logs_event_record *events, size_t count)
{
    bool sorted = true;
    size_t bytes = 0, from = 0;
    for (size_t i = 0; i < count; i++) {
        sorted = sorted && (i == 0 || place_compare(&events[i - 1], &events[i]) < 0);
        bytes += events[i].message.len;
    }
    if (!sorted)
        qsort(events, count, sizeof(*events), place_compare);
    for (size_t i = 1; i < count && !sorted; i++) {
        if (place_compare(&events[i - 1], &events[i]) == 0) {
            pack->err = ERR_CORRUPT; /* one event in two places */
            return;
        }
    }
    size_t parts = bytes / LOGS_BLOCK_BYTES + 1;
    struct logs_block_writer *writer = logs_block_writer_new();
    for (size_t i = 0; i < count; i++) {
        logs_block_add(writer, &events[i]);
        if (logs_block_full(writer) || logs_block_size(writer) > bytes / parts) {
            close_block(pack, writer, events + from, i + 1 - from);
            from = i + 1;
        }
    }
    if (from < count)
        close_block(pack, writer, events + from, count - from);
    logs_block_writer_free(&writer);
}

/* ---- runs ---- */

static enum err take_run(struct logs_pack *pack, const struct logs_span *span, struct str value,
                         event_vec *events)
{
    struct logs_run run;
    struct logs_event_record event = { 0 };
    if (!logs_run_read(span, arena_copy(&pack->arena, value), &run))
        return ERR_CORRUPT;
    pack->bytes += logs_run_bytes(&run);
    size_t first = events->len;
    for (size_t i = 0; i < run.count; i++) {
        if (!logs_run_next(&run, &event))
            return ERR_CORRUPT;
        VEC_PUSH(&pack->arena, events, event);
    }
    VEC_PUSH(&pack->arena, &pack->sources, ((struct logs_pack_source){ .span = *span }));
    if (!(event.flags & LOGS_EVENT_ONLY))
        ADD_INDEXES(pack, events->at + first, events->len - first, &pack->gone);
    return ERR_OK;
}

static void read_runs(struct logs_pack *pack, struct store_reader *reader)
{
    event_vec events = { 0 };
    struct logs_spans *spans =
        logs_group_spans(reader, &pack->group, LOGS_RUN, logs_position_first, logs_position_last, STORE_UP);
    struct logs_span span;
    struct str value;
    while (pack->err == ERR_OK && logs_spans_peek(spans, &span)) {
        if (pack->bytes >= pack->bytes_max || events.len >= LOGS_PACK_EVENTS_MAX) {
            pack->more = true;
            break;
        }
        if (logs_spans_next(spans, &span, &value))
            pack->err = take_run(pack, &span, value, &events);
    }
    enum err err = logs_spans_close(&spans);
    if (pack->err == ERR_OK)
        pack->err = err;
    if (pack->err == ERR_OK && events.len)
        write_blocks(pack, events.at, events.len);
}

/* ---- blocks ---- */

static bool is_deleted(const struct logs_pack *pack, struct store_reader *reader, uint64_t number)
{
    struct key key;
    logs_key_deleted(&key, &pack->group, number);
    return store_has(reader, key_str(&key));
}

/* Whether there is a deleted stream at all. */
static bool any_deleted(const struct logs_pack *pack, struct store_reader *reader)
{
    struct key first, end;
    struct str key, value;
    logs_key_part(&first, &pack->group, LOGS_DELETED);
    key_after_prefix(key_str(&first), &end);
    struct store_cursor *cursor = store_scan(reader, key_str(&first), key_str(&end), STORE_UP);
    bool any = store_cursor_next(cursor, &key, &value);
    return store_cursor_close(&cursor) != ERR_OK || any;
}

/* Of each stream of a chunk. */
struct deleted {
    bool is, only;
};

static void take_chunk(struct logs_pack *pack, struct store_reader *reader, const struct logs_wanted *wanted,
                       bool has_dead, event_vec *all, event_vec *kept)
{
    const struct logs_chunk *chunk = &wanted->chunk;
    struct deleted *deleted = ARENA_ARRAY(&pack->arena, struct deleted, chunk->stream_count);
    for (size_t i = 0; i < chunk->stream_count && has_dead; i++) {
        deleted[i].is = is_deleted(pack, reader, chunk->streams[i].number);
        deleted[i].only = false;
    }
    struct str *names = ARENA_ARRAY(&pack->arena, struct str, chunk->stream_count);
    for (size_t i = 0; i < chunk->stream_count; i++)
        names[i] = arena_copy(&pack->arena, chunk->streams[i].name);
    struct str messages = arena_copy(&pack->arena, chunk->messages);
    for (size_t i = 0; i < chunk->count; i++) {
        const struct logs_chunk_event *at = &chunk->events[i];
        struct logs_event_record event;
        logs_chunk_event(chunk, i, &event);
        event.stream = names[at->stream];
        event.message = str_slice(messages, at->message_at, at->message_len);
        VEC_PUSH(&pack->arena, all, event);
        if (!deleted[at->stream].is)
            VEC_PUSH(&pack->arena, kept, event);
        else if (event.flags & LOGS_EVENT_ONLY)
            deleted[at->stream].only = true;
    }
    for (size_t i = 0; i < chunk->stream_count; i++)
        if (deleted[i].is)
            VEC_PUSH(&pack->arena, &pack->dead,
                     ((struct logs_pack_dead){ chunk->streams[i].number, deleted[i].only }));
}

static enum err take_block(struct logs_pack *pack, struct store_reader *reader,
                           const struct logs_pack_source *source, bool has_dead, event_vec *kept)
{
    struct logs_block_head head;
    struct str body;
    struct arena scratch = { 0 };
    event_vec all = { 0 };
    struct logs_wanted wanted = { 0 };
    const struct logs_want want = { .first = logs_position_first, .end = logs_position_last };
    enum err err = logs_head_get(reader, &scratch, &pack->group, &source->span, &head);
    if (err == ERR_OK)
        err = logs_body_get(reader, &scratch, &pack->group, head.id, &body);
    for (size_t i = 0; err == ERR_OK && i < head.chunk_count; i++) {
        err = logs_wanted_chunk(&wanted, &head, &source->span, i, body, &want);
        if (err == ERR_OK)
            take_chunk(pack, reader, &wanted, has_dead, &all, kept);
    }
    if (err == ERR_OK)
        ADD_INDEXES(pack, all.at, all.len, &pack->gone);
    logs_wanted_fini(&wanted);
    arena_fini(&scratch);
    return err == ERR_NOTFOUND ? ERR_CORRUPT : err;
}

static void read_blocks(struct logs_pack *pack, struct store_reader *reader)
{
    event_vec events = { 0 };
    pack->err = logs_merge_plan(pack, reader);
    bool has_dead = any_deleted(pack, reader);
    for (size_t i = 0; i < pack->sources.len && pack->err == ERR_OK; i++)
        pack->err = take_block(pack, reader, &pack->sources.at[i], has_dead, &events);
    if (pack->err == ERR_OK && events.len)
        write_blocks(pack, events.at, events.len);
}

void logs_pack_read(struct logs_pack *pack, struct store_reader *reader)
{
    if (pack->kind == LOGS_PACK_RUNS)
        read_runs(pack, reader);
    else
        read_blocks(pack, reader);
}

void logs_pack_fini(struct logs_pack *pack)
{
    for (size_t i = 0; i < pack->blocks.len; i++) {
        buf_fini(&pack->blocks.at[i].grams);
        buf_fini(&pack->blocks.at[i].body);
    }
    arena_fini(&pack->arena);
}
