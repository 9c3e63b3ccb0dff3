/* deliver_bench.h - for tests: a store, a writer and deliver, and a way to run a function as one command.
 *
 * Static functions, so that a test program is one file.
 */
#ifndef DELIVER_DELIVER_BENCH_H
#define DELIVER_DELIVER_BENCH_H

#include "deliver/deliver.h"
#include "io/thread.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

struct bench {
    struct store *store;
    struct writer *writer;
    struct deliver *deliver;
    /* Rooms that are told of roll-backs and commits. */
    void (*after_rollback)(void *room);
    void (*after_commit)(void *room);
    void *room;
    const char *folder; /* of the store; NULL: in memory */
    unsigned queue_max; /* of the writer; 0: its own */
};

static inline void bench_after_run(void *self, struct work *work)
{
    deliver_after_run(((struct bench *)self)->deliver, work);
}

static inline void bench_after_rollback(void *self)
{
    struct bench *bench = self;
    deliver_after_rollback(bench->deliver);
    if (bench->after_rollback)
        bench->after_rollback(bench->room);
}

static inline void bench_after_commit(void *self)
{
    struct bench *bench = self;
    deliver_after_commit(bench->deliver);
    if (bench->after_commit)
        bench->after_commit(bench->room);
}

/* The store stays what it is; targets and owners are the test's business, before bench_start. */
static inline void bench_open(struct bench *bench, const struct deliver_settings *settings)
{
    struct diag diag;
    if (!bench->store)
        assert_int_equal(
            store_open(&(struct store_settings){ .folder = bench->folder }, &bench->store, &diag), ERR_OK);
    assert_int_equal(deliver_open(settings, &bench->deliver), ERR_OK);
    const struct writer_hooks hooks = { bench, bench_after_run, bench_after_rollback, bench_after_commit };
    const struct writer_settings writer = { .queue_max = bench->queue_max };
    assert_int_equal(writer_open(bench->store, &writer, &hooks, &bench->writer, &diag), ERR_OK);
    writer_on_timer(bench->writer, TIMER_DELIVER, deliver_due, bench->deliver);
}

static inline void bench_start(struct bench *bench)
{
    struct diag diag;
    deliver_resume(bench->deliver, bench->store, bench->writer);
    assert_int_equal(writer_start(bench->writer, &diag), ERR_OK);
}

/* Stops the writer; with keep_store the bench can be opened again on what the store holds. */
static inline void bench_close(struct bench *bench, bool keep_store)
{
    writer_close(&bench->writer);
    deliver_close(&bench->deliver);
    if (!keep_store)
        store_close(&bench->store);
}

/* ---- one command ---- */

typedef bool bench_run_f(void *self, struct work *work);

struct bench_command {
    struct command command;
    bench_run_f *run;
    void *self;
    bool answer, ended;
    enum err committed;
    struct mutex *mutex;
    struct condition *end;
};

static inline bool bench_command_run(struct command *command, struct work *work)
{
    struct bench_command *c = (struct bench_command *)command;
    return c->answer = c->run(c->self, work);
}

static inline void bench_command_done(struct command *command, enum err committed)
{
    struct bench_command *c = (struct bench_command *)command;
    mutex_lock(c->mutex);
    c->committed = committed;
    c->ended = true;
    condition_signal(c->end);
    mutex_unlock(c->mutex);
}

/* Waits while the queue is full. */
static inline void bench_submit(struct bench *bench, struct command *command)
{
    enum err err;
    while ((err = writer_submit(bench->writer, command)) == ERR_AGAIN)
        thread_sleep_ms(1);
    assert_int_equal(err, ERR_OK);
}

/* Runs it on the writer's thread and waits for the commit. What run returned. */
static inline bool bench_run(struct bench *bench, bench_run_f *run, void *self)
{
    struct bench_command c = {
        .command = { .run = bench_command_run, .done = bench_command_done },
        .run = run,
        .self = self,
        .mutex = mutex_new(),
        .end = condition_new(),
    };
    bench_submit(bench, &c.command);
    mutex_lock(c.mutex);
    while (!c.ended)
        condition_wait(c.end, c.mutex);
    mutex_unlock(c.mutex);
    assert_int_equal(c.committed, ERR_OK);
    condition_free(&c.end);
    mutex_free(&c.mutex);
    return c.answer;
}

#endif
