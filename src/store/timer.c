/* Timers: records by due time, so that nothing has to be rebuilt at start.
 *
 *   | 't' u8 | partition u16 | 'd' | due time | kind u8 | ref ... |  ->  empty
 */
#include "store/store_impl.h"
#include "store/writer_impl.h"

#include <assert.h>

static void timer_key(struct key *key, uint16_t partition, int64_t due_ms, enum timer_kind kind,
                      struct str ref)
{
    assert(kind > 0 && kind < TIMER_KINDS && ref.len <= TIMER_REF_BYTES_MAX);
    key_begin(key, KEY_TIMER, partition, 'd');
    key_time(key, due_ms);
    key_u8(key, (uint8_t)kind);
    key_bytes(key, ref);
}

void timer_add(struct work *work, int64_t due_ms, enum timer_kind kind, struct str ref)
{
    struct key key;
    timer_key(&key, work->partition, due_ms, kind, ref);
    store_put(work->batch, key_str(&key), STR_EMPTY);
    struct timers *timers = &work->writer->timers;
    if (due_ms < timers->next_ms)
        timers->next_ms = due_ms;
    if (str_compare(key_str(&key), key_str(&timers->low)) < 0)
        timers->low = key;
}

void timer_remove(struct work *work, int64_t due_ms, enum timer_kind kind, struct str ref)
{
    struct key key;
    timer_key(&key, work->partition, due_ms, kind, ref);
    store_delete(work->batch, key_str(&key));
    work->writer->timers.removed = true;
}

void writer_on_timer(struct writer *writer, enum timer_kind kind, timer_due_f *due, void *self)
{
    assert(!writer->thread && kind > 0 && kind < TIMER_KINDS);
    writer->timers.owners[kind].due = due;
    writer->timers.owners[kind].self = self;
}

void timers_init(struct writer *writer)
{
    writer->timers.next_ms = INT64_MIN; /* not known: look */
    key_begin(&writer->timers.low, KEY_TIMER, writer->settings.partition, 'd');
}

/* Lists what is due, up to the limit, and learns when the next is. */
static size_t list_due(struct writer *writer, struct store_reader *reader, int64_t now_ms,
                       struct str due[TIMERS_IN_GROUP_MAX])
{
    struct timers *timers = &writer->timers;
    struct key all, end;
    key_begin(&all, KEY_TIMER, writer->settings.partition, 'd');
    key_after_prefix(key_str(&all), &end);
    arena_reset(&writer->timer_arena);
    struct store_cursor *cursor = store_scan(reader, key_str(&timers->low), key_str(&end), STORE_UP);
    struct str key, value;
    size_t count = 0;
    struct str last = STR_EMPTY;
    int64_t next_ms = INT64_MAX;
    while (store_cursor_next(cursor, &key, &value)) {
        struct str rest = str_from_offset(key, KEY_HEAD_BYTES);
        int64_t due_ms;
        bool read = key_read_time(&rest, &due_ms);
        assert(read);
        last = arena_copy(&writer->timer_arena, key);
        if (due_ms > now_ms || count == TIMERS_IN_GROUP_MAX) {
            next_ms = due_ms;
            break;
        }
        due[count++] = last;
    }
    enum err err = store_cursor_close(&cursor);
    if (err)
        store_stop("timers cannot be read from the view: %s", err_text(err));
    timers->next_ms = next_ms;
    /* All below the last key seen is gone, or in the list and gone after this group. */
    if (last.len) {
        timers->low.len = 0;
        key_bytes(&timers->low, last);
    } else {
        timers->low = end;
    }
    return count;
}

static bool run_due(void *self, struct work *work)
{
    struct str rest = str_from_offset(*(struct str *)self, KEY_HEAD_BYTES);
    int64_t due_ms;
    uint8_t kind = 0;
    bool read = key_read_time(&rest, &due_ms) && key_read_u8(&rest, &kind);
    assert(read && kind > 0 && kind < TIMER_KINDS);
    assert(work->writer->timers.owners[kind].due); /* nobody said whose it is */
    return work->writer->timers.owners[kind].due(work->writer->timers.owners[kind].self, work, rest);
}

unsigned timers_run(struct writer *writer, int64_t now_ms)
{
    if (writer->timers.next_ms > now_ms)
        return 0;
    struct store_batch *batch = writer->batch;
    struct str due[TIMERS_IN_GROUP_MAX];
    size_t count = list_due(writer, store_batch_reader(batch), now_ms, due);
    unsigned ran = 0;
    writer->timers.removed = false;
    for (size_t i = 0; i < count; i++) {
        if (store_batch_bytes(batch) >= writer->settings.group_bytes_max) {
            /* The rest goes on in the next group. */
            if (now_ms < writer->timers.next_ms)
                writer->timers.next_ms = now_ms;
            /* Unless one that ran has set a timer below. */
            if (str_compare(due[i], key_str(&writer->timers.low)) < 0) {
                writer->timers.low.len = 0;
                key_bytes(&writer->timers.low, due[i]);
            }
            break;
        }
        if (writer->timers.removed && !store_has(store_batch_reader(batch), due[i]))
            continue;
        store_delete(batch, due[i]);
        writer_run(writer, run_due, &due[i]);
        ran++;
    }
    writer->timers_due += ran;
    return ran;
}
