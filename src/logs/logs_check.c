#include "logs/logs_check.h"

#include "logs/logs_read.h"
#include "logs/logs_span.h"

#include <stdarg.h>
#include <stdio.h>

/* Of one group, as its keys go by in their order. */
struct check {
    struct store_reader *reader;
    store_check_say_f *say;
    void *self;
    struct logs_group group;
    uint64_t grams, bodies, heads;
    struct arena arena; /* of one key */
};

static void say(struct check *check, const char *format, ...) PRINTF_LIKE(2, 3);
static void say(struct check *check, const char *format, ...)
{
    char text[512], all[600];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    (void)snprintf(all, sizeof(all), "logs: group %llu: %s", (unsigned long long)check->group.id, text);
    check->say(check->self, all);
}

static void check_run(struct check *check, const struct logs_span *span, struct str value)
{
    struct logs_run run;
    struct logs_event_record event;
    bool sound = logs_run_read(span, value, &run);
    for (size_t left = sound ? run.count : 0; left && sound; left--)
        sound = logs_run_next(&run, &event);
    if (!sound)
        say(check, "the run at %lld/%llu is damaged", (long long)span->first.timestamp_ms,
            (unsigned long long)span->first.sequence);
}

/* All of its chunks. */
static bool body_is_sound(struct check *check, const struct logs_block_head *head,
                          const struct logs_span *span, struct str body)
{
    struct logs_wanted wanted = { 0 };
    const struct logs_want want = { .first = logs_position_first, .end = logs_position_last };
    uint64_t count = 0, only = 0, bytes = 0;
    bool sound = true;
    for (size_t i = 0; i < head->chunk_count && sound; i++) {
        sound = logs_wanted_chunk(&wanted, head, span, i, body, &want) == ERR_OK;
        for (size_t j = 0; j < wanted.chunk.count && sound; j++) {
            const struct logs_chunk_event *event = &wanted.chunk.events[j];
            count++;
            only += (event->flags & LOGS_EVENT_ONLY) != 0;
            bytes += (uint64_t)logs_event_bytes(event->message_len);
            sound = event->at.sequence >= head->sequence_min && event->at.sequence <= head->sequence_max;
        }
    }
    logs_wanted_fini(&wanted);
    (void)check;
    return sound && count == head->count && only == head->only && bytes == head->bytes &&
           head->dead_bytes <= head->bytes;
}

static void check_head(struct check *check, const struct logs_span *span, struct str value)
{
    struct logs_block_head head;
    struct str body, grams;
    struct key key;
    check->heads++;
    if (!logs_block_head_read(&check->arena, span, value, &head)) {
        say(check, "the head of the block at %lld/%llu is damaged", (long long)span->first.timestamp_ms,
            (unsigned long long)span->first.sequence);
        return;
    }
    unsigned long long id = head.id;
    if (logs_body_get(check->reader, &check->arena, &check->group, head.id, &body) != ERR_OK)
        say(check, "the body of block %llu cannot be read", id);
    else if (!body_is_sound(check, &head, span, body))
        say(check, "the body of block %llu is damaged", id);
    logs_key_block(&key, &check->group, LOGS_GRAMS, head.id);
    if (store_get(check->reader, &check->arena, key_str(&key), &grams) != ERR_OK ||
        logs_grams_check(grams, head.grams_bits) != ERR_OK)
        say(check, "the grams of block %llu are damaged", id);
}

static void check_index(struct check *check, struct str key, struct str value)
{
    uint64_t number = 0;
    struct logs_span span;
    struct logs_index index;
    bool read = key_read_u64(&key, &number) && logs_key_read_span(&key, &span) && key.len == 0;
    bool in_block = value.len > 0;
    if (!read || (in_block && !logs_index_read(value, &index))) {
        say(check, "an index of stream %llu is damaged", (unsigned long long)number);
        return;
    }
    struct key to;
    struct logs_block_head head;
    if (in_block) {
        if (logs_head_get(check->reader, &check->arena, &check->group, &index.block, &head) != ERR_OK ||
            head.id != index.block_id)
            say(check, "stream %llu is said to be in block %llu, which is not there",
                (unsigned long long)number, (unsigned long long)index.block_id);
        return;
    }
    logs_key_of_span(&to, &check->group, LOGS_RUN, &span);
    if (!store_has(check->reader, key_str(&to)))
        say(check, "a run of stream %llu is not there", (unsigned long long)number);
}

/* key: what follows the part's letter. */
static void check_key(struct check *check, char part, struct str key, struct str value)
{
    struct logs_span span;
    struct logs_stream_record stream;
    switch (part) {
    case LOGS_RUN:
    case LOGS_HEAD:
        if (!logs_key_read_span(&key, &span) || key.len)
            say(check, "a key '%c' has no span", part);
        else if (part == LOGS_RUN)
            check_run(check, &span, value);
        else
            check_head(check, &span, value);
        break;
    case LOGS_INDEX:
        check_index(check, key, value);
        break;
    case LOGS_STREAM:
        if (!logs_stream_read(value, &stream))
            say(check, "the record of stream %.*s is damaged", STR_ARG(key));
        break;
    case LOGS_GRAMS:
        check->grams++;
        break;
    case LOGS_BODY:
        check->bodies++;
        break;
    default:
        break;
    }
}

static void group_end(struct check *check)
{
    if (check->heads != check->bodies || check->heads != check->grams)
        say(check, "there are %llu heads of blocks, %llu bodies and %llu grams",
            (unsigned long long)check->heads, (unsigned long long)check->bodies,
            (unsigned long long)check->grams);
    check->heads = check->bodies = check->grams = 0;
}

void logs_check(struct store_reader *reader, store_check_say_f *say_f, void *say_self)
{
    struct check check = { .reader = reader, .say = say_f, .self = say_self };
    struct key first, end;
    key_begin(&first, KEY_LOGS, PARTITION_ONLY, 'd');
    key_after_prefix(key_str(&first), &end);
    struct str key, value;
    struct store_cursor *cursor = store_scan(reader, key_str(&first), key_str(&end), STORE_UP);
    while (store_cursor_next(cursor, &key, &value)) {
        uint64_t id = 0;
        uint8_t part = 0;
        key = str_from_offset(key, KEY_HEAD_BYTES);
        if (!key_read_u64(&key, &id) || !key_read_u8(&key, &part))
            continue;
        if (id != check.group.id)
            group_end(&check);
        check.group.id = id;
        check_key(&check, (char)part, key, value);
        arena_reset(&check.arena);
    }
    group_end(&check);
    enum err err = store_cursor_close(&cursor);
    (void)err; /* the store says so itself */
    arena_fini(&check.arena);
}
