/* The server's virtual time: where it stands is in the store, and the writer moves it from timer to timer.
 *
 *   | 'm' u8 | partition u16 | 'c' |  ->  | version u8 = 1 | frozen u8 | time i64 | ahead of the machine's i64 |
 *
 * Truths: 1. A batch that is made in virtual time holds that time: what the next process finds is no older than
 *            anything that was written.
 *         2. Time moves to a timer's moment before the timer runs, and no further: timers run in order, and what
 *            they set for a moment on the way runs at that moment.
 */
#include "io/clock.h"
#include "store/store_impl.h"
#include "store/writer_impl.h"

enum { CLOCK_VERSION = 1, CLOCK_BYTES = 18 };

static void clock_key(struct key *key, uint16_t partition)
{
    key_begin(key, KEY_META, partition, 'c');
}

static void record_put(struct store_batch *batch, uint16_t partition)
{
    struct key key, value = { 0 };
    int64_t now_ms = clock_now_ms();
    clock_key(&key, partition);
    key_u8(&value, CLOCK_VERSION);
    key_u8(&value, clock_is_frozen());
    key_time(&value, now_ms);
    key_time(&value, now_ms - clock_machine_ms());
    store_put(batch, key_str(&key), key_str(&value));
}

enum err writer_clock_open(struct writer *writer, bool is_virtual, struct diag *reterr)
{
    struct key key;
    struct str value;
    struct arena arena = { 0 };
    uint8_t version = 0, frozen = 0;
    int64_t time_ms = 0, ahead_ms = 0, machine_ms = clock_machine_ms();
    clock_key(&key, writer->settings.partition);
    struct store_reader *reader = store_snapshot(writer->store);
    enum err err = store_get(reader, &arena, key_str(&key), &value);
    bool found = err == ERR_OK;
    if (err == ERR_NOTFOUND)
        err = ERR_OK;
    if (found && (value.len != CLOCK_BYTES || !key_read_u8(&value, &version) || version != CLOCK_VERSION ||
                  !key_read_u8(&value, &frozen) || !key_read_time(&value, &time_ms) ||
                  !key_read_time(&value, &ahead_ms)))
        err = diag_set(reterr, ERR_CORRUPT, "the record of the virtual clock cannot be read");
    store_snapshot_release(&reader);
    arena_fini(&arena);
    if (err)
        return err;
    if (!is_virtual) {
        if (found && time_ms > machine_ms)
            return diag_set(
                reterr, ERR_INVALID,
                "the data folder's time is virtual and ahead of the machine's: use --clock virtual");
        writer->clock_forget = found;
        return ERR_OK;
    }
    int64_t now_ms = machine_ms;
    if (found && frozen)
        now_ms = time_ms;
    else if (found)
        now_ms = machine_ms + ahead_ms > time_ms ? machine_ms + ahead_ms : time_ms;
    clock_virtual_begin(now_ms, found && frozen);
    return ERR_OK;
}

/* ---- in a command ---- */

void writer_clock_keep(struct work *work)
{
    record_put(work->batch, work->partition);
}

void writer_clock_advance(struct work *work, int64_t to_ms)
{
    struct writer *writer = work->writer;
    if (to_ms > writer->advance_to_ms)
        writer->advance_to_ms = to_ms;
}

bool writer_clock_next(struct store_reader *reader, uint16_t partition, int64_t *ret_due_ms,
                       enum timer_kind *ret_kind)
{
    struct key all, end;
    struct str key, value;
    uint8_t kind = 0;
    key_begin(&all, KEY_TIMER, partition, 'd');
    key_after_prefix(key_str(&all), &end);
    struct store_cursor *cursor = store_scan(reader, key_str(&all), key_str(&end), STORE_UP);
    bool found = store_cursor_next(cursor, &key, &value);
    if (found) {
        struct str rest = str_from_offset(key, KEY_HEAD_BYTES);
        found = key_read_time(&rest, ret_due_ms) && key_read_u8(&rest, &kind);
        *ret_kind = (enum timer_kind)kind;
    }
    return store_cursor_close(&cursor) == ERR_OK && found;
}

/* ---- in the writer's loop ---- */

bool clock_advances(const struct writer *writer)
{
    return writer->advance_to_ms > 0;
}

int64_t clock_step(struct writer *writer)
{
    int64_t now_ms = clock_now_ms();
    if (writer->advance_to_ms == 0)
        return now_ms;
    int64_t later_ms = laters_next_ms(writer), next_ms = writer->timers.next_ms;
    if (later_ms < next_ms)
        next_ms = later_ms;
    if (next_ms > now_ms)
        clock_move(next_ms < writer->advance_to_ms ? next_ms : writer->advance_to_ms);
    now_ms = clock_now_ms();
    if (next_ms > writer->advance_to_ms || now_ms > writer->advance_to_ms)
        writer->advance_to_ms = 0; /* it is there, and nothing more is due */
    return now_ms;
}

void clock_close_batch(struct writer *writer)
{
    struct key key;
    if (clock_is_virtual() && !store_batch_empty(writer->batch)) {
        record_put(writer->batch, writer->settings.partition);
    } else if (writer->clock_forget) {
        clock_key(&key, writer->settings.partition);
        store_delete(writer->batch, key_str(&key));
        writer->clock_forget = false;
    }
}
