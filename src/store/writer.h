/* writer.h - the thread of a partition: takes commands, makes one batch of what queued, commits it,
 * then says done to each.
 *
 * Truths: 1. Every change of a partition is made on this thread, inside a command's run.
 *         2. done is called once for every command that was accepted, after its batch is durable
 *            (ERR_OK), or with nothing of it kept: without run having been called (ERR_NOSPACE, ERR_CLOSED),
 *            or, when the disk fills between the question and the commit, after run and after_rollback
 *            (ERR_NOSPACE).
 *         3. What run has written when it returns false is rolled back; its done still gets ERR_OK
 *            (the answer is a refusal, and refusals need no disk).
 *         4. Natural group commit: what queued while the last batch was committed is the next; no timer.
 * Threads: writer_submit from any; everything else as said.
 */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include "store/store.h"

struct writer;

/* What a command works with. Lives for the call. */
struct work {
    struct writer *writer;
    struct store_batch *batch;
    struct store_reader *reader; /* of the batch */
    struct arena *arena;         /* of this command: reset after its hooks have run */
    int64_t now_ms;              /* one moment for the whole command */
    uint16_t partition;
    uint64_t number; /* of this command, from 1: what another has left behind in memory is told by it */
};

struct command {
    struct command *next; /* the queue's own */
    /* On the writer's thread. false: roll back what was written. */
    bool (*run)(struct command *, struct work *);
    /* On the writer's thread, after the commit. Must not block; hands the answer to its loop. */
    void (*done)(struct command *, enum err committed);
    /* the writer's own: while it waits for its time, that time and its place (0: it does not) */
    int64_t due_ms;
    size_t later;
};

/* Called on the writer's thread around commands; wired in main. */
struct writer_hooks {
    void *self;
    /* After a command's run returned true, in the same batch: deliver carries what became due. */
    void (*after_run)(void *self, struct work *);
    /* After a roll-back that undid something: rooms forget what they cached from the batch. */
    void (*after_rollback)(void *self);
    /* After a batch is durable. */
    void (*after_commit)(void *self);
};

struct writer_settings {
    uint16_t partition;
    unsigned queue_max;     /* commands waiting; 0: 65,536 */
    unsigned group_max;     /* commands in one batch; 0: 1,024 */
    size_t group_bytes_max; /* a batch is closed at this size; 0: 4 MiB */
};

enum err writer_open(struct store *store, const struct writer_settings *settings,
                     const struct writer_hooks *hooks, struct writer **ret, struct diag *reterr) MUST_USE;
/* Starts the thread. Timers that are due run first. */
enum err writer_start(struct writer *writer, struct diag *reterr) MUST_USE;
/* Finishes what is queued, then stops the thread. New commands get ERR_CLOSED. */
void writer_close(struct writer **writer);

/* ERR_OK: accepted, done will be called. ERR_AGAIN: the queue is full; ERR_CLOSED. The command is the
 * caller's and must live until done. */
enum err writer_submit(struct writer *writer, struct command *command) MUST_USE;

/* ---- commands that wait in memory: they end with the process ---- */

/* On the writer's thread. The command runs when its time has come, or a little later; past its turn in the queue,
 * whatever the queue's limit. When the writer is closed before that, its done gets ERR_CLOSED. */
void writer_later(struct writer *writer, struct command *command, int64_t due_ms);
/* On the writer's thread. False: it did not wait (any more). */
bool writer_recall(struct writer *writer, struct command *command);

/* ---- timers: records in the store, so they outlive the process ---- */

/* Owners of timers; the function of each is given by main before writer_start. */
enum timer_kind {
    TIMER_DELIVER = 1,
    TIMER_FLOW = 2,
    TIMER_LOGS = 3,
    TIMER_BUS = 4,
    TIMER_METRICS = 5,
    TIMER_KINDS
};
/* On the writer's thread, inside a command of its own; the timer is already removed in the same batch.
 * false rolls the command back, the removal excepted. */
typedef bool timer_due_f(void *self, struct work *, struct str ref);
void writer_on_timer(struct writer *writer, enum timer_kind kind, timer_due_f *due, void *self);
/* ref: at most 256 bytes, names the thing that waits. The same (due, kind, ref) is one timer.
 * timer_remove needs the same three. A time that is past is due at once, in a later batch. */
void timer_add(struct work *work, int64_t due_ms, enum timer_kind kind, struct str ref);
void timer_remove(struct work *work, int64_t due_ms, enum timer_kind kind, struct str ref);

/* ---- virtual time ---- */

/* Before writer_start. With is_virtual the clock of this process (io/clock.h) becomes virtual, and stands where the
 * store says, or at the machine's time. ERR_INVALID: the store's time was virtual and is ahead of the machine's. */
enum err writer_clock_open(struct writer *writer, bool is_virtual, struct diag *reterr) MUST_USE;
/* On the writer's thread, in a command; of a clock that is virtual. Time goes on to that moment after the command,
 * from timer to timer: each runs at its own time. A command that waits until then (writer_later) runs there. */
void writer_clock_advance(struct work *work, int64_t to_ms);
/* The time of the clock, and whether it stands, are of the command's batch. */
void writer_clock_keep(struct work *work);
/* The timer that is due first; of any clock, on any thread. False: there is none. */
bool writer_clock_next(struct store_reader *reader, uint16_t partition, int64_t *ret_due_ms,
                       enum timer_kind *ret_kind);

struct writer_stats {
    uint64_t commands, groups, refused, rolled_back, timers_due;
    unsigned queued, queued_max_seen;
};
void writer_stats(const struct writer *writer, struct writer_stats *ret);

#endif
