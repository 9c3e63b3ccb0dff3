/* The queue and the groups. timer.c has what is due by time. */
#include "store/writer_impl.h"

#include "io/clock.h"
#include "store/store_impl.h"

#include <assert.h>
#include <stdlib.h>

enum {
    QUEUE_MAX = 65536,
    GROUP_MAX = 1024,
    GROUP_BYTES_MAX = 4 << 20,
    /* The clock may be set while the writer sleeps till a timer is due: it looks again this often. */
    SLEEP_MS_MAX = 500,
    /* Without room on the disk: how soon timers are tried again. */
    NOSPACE_RETRY_MS = 50,
};

/* ---- life ---- */

static void answer_without_run(void *self);

enum err writer_open(struct store *store, const struct writer_settings *settings,
                     const struct writer_hooks *hooks, struct writer **ret, struct diag *reterr)
{
    (void)reterr;
    struct writer *writer = calloc(1, sizeof(*writer));
    if (!writer)
        abort();
    writer->store = store;
    if (settings)
        writer->settings = *settings;
    if (!writer->settings.queue_max)
        writer->settings.queue_max = QUEUE_MAX;
    if (!writer->settings.group_max)
        writer->settings.group_max = GROUP_MAX;
    if (!writer->settings.group_bytes_max)
        writer->settings.group_bytes_max = GROUP_BYTES_MAX;
    if (hooks)
        writer->hooks = *hooks;
    writer->mutex = mutex_new();
    writer->wake = condition_new();
    timers_init(writer);
    store_on_stall(store, answer_without_run, writer);
    *ret = writer;
    return ERR_OK;
}

void writer_close(struct writer **writer)
{
    struct writer *w = *writer;
    if (!w)
        return;
    *writer = NULL;
    mutex_lock(w->mutex);
    w->closing = true;
    condition_signal(w->wake);
    mutex_unlock(w->mutex);
    thread_join(&w->thread);
    store_on_stall(w->store, NULL, NULL);
    for (struct command *command = w->first; command;) { /* accepted, but never started */
        struct command *next = command->next;
        command->done(command, ERR_CLOSED);
        command = next;
    }
    laters_close(w);
    condition_free(&w->wake);
    mutex_free(&w->mutex);
    arena_fini(&w->arena);
    arena_fini(&w->timer_arena);
    free(w);
}

/* ---- queue ---- */

enum err writer_submit(struct writer *writer, struct command *command)
{
    command->next = NULL;
    enum err err = ERR_OK;
    mutex_lock(writer->mutex);
    if (writer->closing) {
        err = ERR_CLOSED;
    } else if (writer->queued >= writer->settings.queue_max) {
        err = ERR_AGAIN;
    } else {
        if (writer->last)
            writer->last->next = command;
        else
            writer->first = command;
        writer->last = command;
        if (++writer->queued > writer->queued_max_seen)
            writer->queued_max_seen = writer->queued;
        if (writer->asleep) {
            writer->asleep = false;
            condition_signal(writer->wake);
        }
    }
    mutex_unlock(writer->mutex);
    return err;
}

/* Takes what queued, `used` commands of what was taken before being on their way. With nothing to do sleeps
 * until a command comes, a timer may be due or the end. False: closing, and nothing is left. */
static bool take(struct writer *writer, unsigned used, int64_t wake_ms)
{
    bool again = true;
    mutex_lock(writer->mutex);
    writer->queued -= used;
    if (!writer->taken && !writer->first && !writer->closing) {
        int64_t now_ms = clock_now_ms();
        if (wake_ms == INT64_MAX) {
            writer->asleep = true;
            while (writer->asleep && !writer->closing)
                condition_wait(writer->wake, writer->mutex);
        } else if (wake_ms > now_ms) {
            int64_t wait_ms = wake_ms - now_ms < SLEEP_MS_MAX ? wake_ms - now_ms : SLEEP_MS_MAX;
            writer->asleep = true;
            (void)condition_wait_ns(writer->wake, writer->mutex, (uint64_t)wait_ms * 1000000);
        }
        writer->asleep = false;
    }
    if (!writer->first && !writer->taken && writer->closing)
        again = false;
    if (writer->first) {
        if (writer->taken)
            writer->taken_last->next = writer->first;
        else
            writer->taken = writer->first;
        writer->taken_last = writer->last;
        writer->first = writer->last = NULL;
    }
    mutex_unlock(writer->mutex);
    return again;
}

static void refuse(struct writer *writer, struct command *command)
{
    writer->refused++;
    command->done(command, ERR_NOSPACE);
}

/* Everything that waits is told that there is no room. */
static void answer_without_run(void *self)
{
    struct writer *writer = self;
    unsigned count = 0;
    mutex_lock(writer->mutex);
    struct command *first = writer->first;
    writer->first = writer->last = NULL;
    mutex_unlock(writer->mutex);
    struct command *lists[] = { writer->taken, first };
    writer->taken = writer->taken_last = NULL;
    for (unsigned i = 0; i < 2; i++) {
        for (struct command *command = lists[i]; command; count++) {
            struct command *next = command->next;
            refuse(writer, command);
            command = next;
        }
    }
    mutex_lock(writer->mutex);
    writer->queued -= count;
    mutex_unlock(writer->mutex);
}

/* ---- groups ---- */

/* Within a group time does not go back, whoever sets the clock: a timer that was due stays due. */
static int64_t now_of(struct writer *writer)
{
    int64_t now_ms = clock_now_ms();
    if (now_ms > writer->now_ms)
        writer->now_ms = now_ms;
    return writer->now_ms;
}

void writer_run(struct writer *writer, work_f *f, void *self)
{
    struct store_batch *batch = writer->batch;
    struct work work = {
        .writer = writer,
        .batch = batch,
        .reader = store_batch_reader(batch),
        .arena = &writer->arena,
        .now_ms = now_of(writer),
        .partition = writer->settings.partition,
        .number = ++writer->works,
    };
    size_t mark = store_batch_mark(batch);
    if (f(self, &work)) {
        if (writer->hooks.after_run)
            writer->hooks.after_run(writer->hooks.self, &work);
    } else {
        writer->rolled_back++;
        bool written = store_batch_mark(batch) != mark;
        store_batch_rollback(batch, mark);
        if (written && writer->hooks.after_rollback)
            writer->hooks.after_rollback(writer->hooks.self);
    }
    arena_reset(&writer->arena);
}

static bool run_command(void *self, struct work *work)
{
    struct command *command = self;
    return command->run(command, work);
}

/* Runs what is due and what was taken until the group is full. The commands that ran are left in *group,
 * in order; returns how many. */
static unsigned run_group(struct writer *writer, struct command **group)
{
    unsigned count = 0;
    struct command **end = group;
    while (writer->taken && count < writer->settings.group_max &&
           store_batch_bytes(writer->batch) < writer->settings.group_bytes_max) {
        struct command *command = writer->taken;
        writer->taken = command->next;
        command->next = NULL;
        *end = command;
        end = &command->next;
        writer_run(writer, run_command, command);
        count++;
    }
    if (!writer->taken)
        writer->taken_last = NULL;
    return count;
}

static unsigned one_group(struct writer *writer)
{
    writer->batch = store_batch_begin(writer->store);
    writer->now_ms = clock_step(writer);
    (void)timers_run(writer, writer->now_ms);
    laters_take(writer, writer->now_ms);
    struct command *group = NULL;
    unsigned count = run_group(writer, &group);
    struct diag diag;
    enum err err = ERR_OK;
    clock_close_batch(writer);
    bool noted = store_batch_mark(writer->batch) > 0;
    if (!store_batch_empty(writer->batch))
        err = store_commit(writer->batch, &diag);
    writer->batch = NULL;
    if (err) {
        /* Nothing of it was kept: timers that ran are still stored, so they are looked for anew. */
        assert(err == ERR_NOSPACE);
        timers_init(writer);
        if (writer->hooks.after_rollback)
            writer->hooks.after_rollback(writer->hooks.self);
        writer->refused += count;
    } else {
        writer->commands += count;
        writer->groups++;
    }
    for (struct command *command = group; command;) {
        struct command *next = command->next;
        command->done(command, err);
        command = next;
    }
    if (noted && !err && writer->hooks.after_commit)
        writer->hooks.after_commit(writer->hooks.self);
    return count;
}

static void writer_main(void *self)
{
    struct writer *writer = self;
    unsigned used = 0;
    int64_t wake_ms = INT64_MIN; /* timers that are due run first */
    while (take(writer, used, wake_ms)) {
        used = 0;
        if (store_room(writer->store, writer->settings.group_bytes_max)) {
            answer_without_run(writer);
            wake_ms = clock_now_ms() + NOSPACE_RETRY_MS;
            continue;
        }
        used = one_group(writer);
        int64_t later_ms = laters_next_ms(writer);
        wake_ms = later_ms < writer->timers.next_ms ? later_ms : writer->timers.next_ms;
        if (clock_advances(writer))
            wake_ms = INT64_MIN; /* a clock that is moved waits for nothing */
    }
}

enum err writer_start(struct writer *writer, struct diag *reterr)
{
    assert(!writer->thread);
    return thread_start("writer", writer_main, writer, &writer->thread, reterr);
}

void writer_stats(const struct writer *writer, struct writer_stats *ret)
{
    mutex_lock(writer->mutex);
    *ret = (struct writer_stats){
        .commands = writer->commands,
        .groups = writer->groups,
        .refused = writer->refused,
        .rolled_back = writer->rolled_back,
        .timers_due = writer->timers_due,
        .queued = writer->queued,
        .queued_max_seen = writer->queued_max_seen,
    };
    mutex_unlock(writer->mutex);
}
