/* logs_test.h - a room on an ephemeral store, for its tests. Include last. */
#ifndef LOGS_LOGS_TEST_H
#define LOGS_LOGS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "logs/logs_pack.h"
#include "logs/logs_read.h"
#include "logs/logs_scan.h"

struct room {
    struct store *store;
    struct logs *logs;
    struct writer *writer; /* never started: it only takes timers */
    struct arena arena;
    struct work work; /* of the batch that is open */
    struct store_reader *snapshot;
    struct ns ns;
    struct fault fault;
};

#define START_MS INT64_C(1764000000000)
#define GROUP STR("/aws/events/orders")

static inline void room_begin(struct room *room)
{
    struct store_batch *batch = store_batch_begin(room->store);
    room->work.batch = batch;
    room->work.reader = store_batch_reader(batch);
    room->work.arena = &room->arena;
    room->fault = (struct fault){ 0 };
}

/* Makes what was written durable and opens the next batch. */
static inline void room_commit(struct room *room)
{
    struct diag diag;
    assert_int_equal(store_commit(room->work.batch, &diag), ERR_OK);
    room_begin(room);
}

/* A snapshot of now; the one before is released. */
static inline struct store_reader *room_reader(struct room *room)
{
    if (room->snapshot)
        store_snapshot_release(&room->snapshot);
    room->snapshot = store_snapshot(room->store);
    return room->snapshot;
}

static inline int room_open(void **state)
{
    struct room *room = calloc(1, sizeof(*room));
    struct diag diag;
    struct store_settings settings = { .folder = NULL };
    if (store_open(&settings, &room->store, &diag) != ERR_OK || logs_open(&room->logs) != ERR_OK)
        return -1;
    struct writer_settings writer = { .partition = PARTITION_ONLY };
    struct writer_hooks hooks = { 0 };
    if (writer_open(room->store, &writer, &hooks, &room->writer, &diag) != ERR_OK)
        return -1;
    room->work.writer = room->writer;
    room->ns = (struct ns){ STR("000000000000"), STR("us-east-1") };
    room->work.now_ms = START_MS;
    room_begin(room);
    if (!logs_group_create(room->logs, &room->work, room->ns, GROUP, LOGS_CLASS_STANDARD, &room->fault))
        return -1;
    room_commit(room);
    *state = room;
    return 0;
}

static inline int room_close(void **state)
{
    struct room *room = *state;
    if (room->snapshot)
        store_snapshot_release(&room->snapshot);
    logs_close(&room->logs);
    writer_close(&room->writer);
    store_close(&room->store);
    arena_fini(&room->arena);
    free(room);
    return 0;
}

static inline void assert_str(struct str is, const char *expected)
{
    char text[1200];
    (void)snprintf(text, sizeof(text), "%.*s", STR_ARG(is));
    assert_string_equal(text, expected);
}

/* The call before was refused so. Forgets it. */
static inline void assert_fault(struct room *room, bool done, enum fault_code code, const char *text)
{
    assert_false(done);
    assert_int_equal(room->fault.code, code);
    assert_str(room->fault.text, text);
    room->fault = (struct fault){ 0 };
}

static inline struct logs_group room_group(struct room *room)
{
    struct logs_group group;
    assert_true(logs_group_get(room_reader(room), &room->arena, room->ns, GROUP, &group, &room->fault));
    return group;
}

/* What the packer's threads do, here and now. True: something was swapped. */
static inline bool room_pack(struct room *room, enum logs_pack_kind kind, uint64_t bytes_max, bool rewrite)
{
    struct logs_pack *pack = calloc(1, sizeof(*pack));
    struct logs_held *held;
    assert_non_null(pack);
    pack->kind = kind;
    pack->group = room_group(room); /* takes a snapshot of now */
    pack->bytes_max = bytes_max;
    pack->rewrite = rewrite;
    pack->region = (struct logs_span){ logs_position_first, { INT64_MAX, UINT64_MAX - 1 } };
    logs_pack_read(pack, room->snapshot);
    assert_int_equal(pack->err, ERR_OK);
    bool applied = pack->sources.len > 0;
    if (applied) {
        assert_true(logs_hold(room->logs, &room->work, room->ns, GROUP, &held, &room->fault));
        assert_true(logs_pack_apply(pack, room->logs, &room->work, held));
        room_commit(room);
    }
    logs_pack_fini(pack);
    free(pack);
    return applied;
}

static inline void room_append(struct room *room, const char *stream, int64_t timestamp_ms,
                               const char *message)
{
    assert_true(logs_append(room->logs, &room->work, room->ns, GROUP,
                            arena_copy(&room->arena, str_from(stream)), timestamp_ms, str_from(message),
                            &room->fault));
}

static inline void room_create_stream(struct room *room, const char *stream)
{
    assert_true(logs_stream_create(room->logs, &room->work, room->ns, GROUP, str_from(stream), &room->fault));
}

static inline struct logs_put_result room_put(struct room *room, const char *stream,
                                              const struct logs_input *events, size_t count)
{
    struct logs_put_result result;
    assert_true(logs_put(room->logs, &room->work, room->ns, GROUP, str_from(stream), events, count, &result,
                         &room->fault));
    return result;
}

/* Keys of one part of the group, as committed. */
static inline size_t room_count_keys(struct room *room, enum logs_part part)
{
    struct logs_group group = room_group(room);
    struct key first, end;
    logs_key_part(&first, &group, part);
    key_after_prefix(key_str(&first), &end);
    struct str key, value;
    size_t count = 0;
    struct store_cursor *cursor = store_scan(room->snapshot, key_str(&first), key_str(&end), STORE_UP);
    while (store_cursor_next(cursor, &key, &value))
        count++;
    assert_int_equal(store_cursor_close(&cursor), ERR_OK);
    return count;
}

/* Events that are not packed, as committed: those that came as the only ones of their streams, or the others. */
static inline size_t room_count_events(struct room *room, bool only)
{
    struct logs_group group = room_group(room);
    struct logs_spans *spans =
        logs_group_spans(room->snapshot, &group, LOGS_RUN, logs_position_first, logs_position_last, STORE_UP);
    struct logs_span span;
    struct str value;
    size_t count = 0;
    while (logs_spans_next(spans, &span, &value)) {
        struct logs_run run;
        assert_true(logs_run_read(&span, value, &run));
        if (only == !!(run.stream.flags & LOGS_EVENT_ONLY))
            count += run.count;
    }
    assert_int_equal(logs_spans_close(&spans), ERR_OK);
    return count;
}

/* Timers, those that pack excepted. */
static inline size_t room_timers(struct room *room)
{
    struct key first, end;
    key_begin(&first, KEY_TIMER, PARTITION_ONLY, 0);
    struct str prefix = str_slice(key_str(&first), 0, 3); /* without the kind */
    key_after_prefix(prefix, &end);
    struct str key, value;
    size_t count = 0;
    struct store_cursor *cursor = store_scan(room_reader(room), prefix, key_str(&end), STORE_UP);
    while (store_cursor_next(cursor, &key, &value))
        count += key.ptr[KEY_HEAD_BYTES + 8 + 1] != LOGS_REF_PACK;
    assert_int_equal(store_cursor_close(&cursor), ERR_OK);
    return count;
}

#endif
