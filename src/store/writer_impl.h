/* writer_impl.h - the writer's inside, shared by writer.c (queue, groups) and timer.c (what is due). */
#ifndef STORE_WRITER_IMPL_H
#define STORE_WRITER_IMPL_H

#include "io/thread.h"
#include "store/key.h"
#include "store/writer.h"

#include <stdatomic.h>

enum { TIMER_REF_BYTES_MAX = 256, TIMERS_IN_GROUP_MAX = 256 };

/* When what is due next. Truth: no timer is stored below low; none is due before next_ms. A timer that was
 * rolled back or removed leaves next_ms too early, which costs a look and nothing else. */
struct timers {
    int64_t next_ms; /* INT64_MAX: none */
    struct key low;  /* where a scan begins: tombstones below are not read again */
    bool removed;    /* one was, since the list of the due was made */
    struct {
        timer_due_f *due;
        void *self;
    } owners[TIMER_KINDS];
};

/* Commands that wait for their time: a heap. Truth: the command at[i] has i + 1 in its `later`. */
struct laters {
    struct command **at;
    size_t len, cap;
};

struct writer {
    struct store *store;
    struct store_batch *batch; /* of the group that runs; NULL between */
    struct writer_settings settings;
    struct writer_hooks hooks;
    struct thread *thread;
    struct arena arena;                 /* of the command that runs */
    struct arena timer_arena;           /* of the list of the due */
    struct timers timers;               /* the writer thread's */
    struct laters laters;               /* the writer thread's */
    struct command *taken, *taken_last; /* off the queue, not yet run; the writer thread's */
    uint64_t works;                     /* run so far; the writer thread's */
    int64_t now_ms;                     /* of the group's latest work; the writer thread's */
    int64_t advance_to_ms;              /* virtual time is to go there; 0: nowhere; the writer thread's */
    bool clock_forget;                  /* time was virtual once, and is not any more */

    struct mutex *mutex;
    struct condition *wake;
    struct command *first, *last; /* queued, under the mutex */
    unsigned queued;              /* under the mutex: in the queue or taken, not yet in a group */
    unsigned queued_max_seen;
    bool asleep, closing;

    _Atomic uint64_t commands, groups, refused, rolled_back, timers_due;
};

/* Runs one piece of work in the open batch, as a command is: marks, rolls back, calls the hooks. */
typedef bool work_f(void *self, struct work *work);
void writer_run(struct writer *writer, work_f *f, void *self);

void timers_init(struct writer *writer);
/* Runs what is due at now_ms, at most TIMERS_IN_GROUP_MAX of it; returns how many ran. */
unsigned timers_run(struct writer *writer, int64_t now_ms);

/* writer_clock.c: the moment of the next group, virtual time being moved to it; whether it is on its way; and what
 * a batch keeps of it. */
int64_t clock_step(struct writer *writer);
bool clock_advances(const struct writer *writer);
void clock_close_batch(struct writer *writer);

/* Moves what is due among the taken. */
void laters_take(struct writer *writer, int64_t now_ms);
int64_t laters_next_ms(const struct writer *writer); /* INT64_MAX: none */
void laters_close(struct writer *writer);

#endif
