/* Arbitrary bytes as a run, as a block's head, grams and body: nothing is read outside, what is read holds together.
 * A sound block of which bytes are changed is refused, or reads as it was. */
#include "logs/logs_block.h"
#include "logs/logs_read.h"

#include <assert.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const struct logs_want all = { .first = { INT64_MIN, 0 }, .end = { INT64_MAX, UINT64_MAX } };

static size_t read_all(const struct logs_block_head *head, const struct logs_span *span, struct str body,
                       bool *whole)
{
    struct logs_wanted wanted = { 0 };
    size_t count = 0;
    struct logs_position before = { INT64_MIN, 0 };
    *whole = true;
    for (size_t i = 0; i < head->chunk_count; i++) {
        if (logs_wanted_chunk(&wanted, head, span, i, body, &all) != ERR_OK) {
            *whole = false;
            continue;
        }
        for (size_t j = wanted.from; j < wanted.to; j++, count++) {
            struct logs_event_record event;
            logs_wanted_event(&wanted, j, &event);
            assert(count == 0 || logs_position_compare(before, event.at) < 0);
            before = event.at;
            volatile char last = event.message.len ? event.message.ptr[event.message.len - 1] : 0;
            (void)last;
        }
    }
    logs_wanted_fini(&wanted);
    return count;
}

static void as_run(struct str input)
{
    struct logs_span span = { { 5, 7 }, { 5, 9 } };
    struct logs_run run;
    struct logs_event_record event;
    if (!logs_run_read(&span, input, &run))
        return;
    size_t count = 0;
    while (logs_run_next(&run, &event))
        count++;
    assert(count <= run.count);
    struct logs_wanted wanted = { 0 };
    struct logs_want want = all;
    want.needle = STR("a");
    enum err err = logs_wanted_run(&wanted, &span, input, &want);
    (void)err;
    logs_wanted_fini(&wanted);
}

static void as_head(struct arena *arena, struct str input)
{
    struct logs_span span = { { 5, 7 }, { 900, 9 } };
    struct logs_block_head head;
    bool whole;
    if (logs_block_head_read(arena, &span, input, &head))
        (void)read_all(&head, &span, input, &whole);
    (void)logs_grams_check(input, input.len % 24);
}

/* The input says what is put into a block, and which bytes of it are changed. */
static void as_damage(struct arena *arena, struct str input)
{
    struct logs_block_writer *writer = logs_block_writer_new();
    size_t events = 1 + (unsigned char)input.ptr[0] % 40, damages = input.len / 8;
    for (size_t i = 0; i < events; i++) {
        struct logs_event_record event = { .at = { (int64_t)(i / 3), i + 1 },
                                           .number = 1 + i % 5,
                                           .stream = STR("stream"),
                                           .flags = i % 7 ? 0 : LOGS_EVENT_ONLY,
                                           .message = str_slice(input, i % input.len, i) };
        logs_block_add(writer, &event);
    }
    struct logs_block_head head, again;
    struct logs_span span;
    struct buf grams = { 0 }, body = { 0 }, text = { 0 };
    logs_block_close(writer, arena, &head, &span, &grams, &body);
    logs_block_head_write(&text, &head);
    bool whole;
    assert(logs_block_head_read(arena, &span, buf_str(&text), &again));
    assert(read_all(&again, &span, buf_str(&body), &whole) == events && whole);
    for (size_t i = 0; i < damages; i++) {
        const unsigned char *at = (const unsigned char *)input.ptr + i * 8;
        struct buf *damaged = at[0] % 2 ? &body : &text;
        damaged->ptr[(size_t)(at[1] | at[2] << 8) % damaged->len] ^= (char)at[3];
    }
    struct str changed = buf_str(&text);
    if (logs_block_head_read(arena, &span, changed, &again))
        (void)read_all(&again, &span, buf_str(&body), &whole);
    buf_fini(&grams);
    buf_fini(&body);
    buf_fini(&text);
    logs_block_writer_free(&writer);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena arena = { 0 };
    struct str input = str_of((const char *)bytes, len);
    as_run(input);
    as_head(&arena, input);
    if (len)
        as_damage(&arena, input);
    arena_fini(&arena);
    return 0;
}
