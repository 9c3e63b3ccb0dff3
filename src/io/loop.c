#include "io/loop.h"

#include "io/thread.h"

#include <assert.h>

#include <sched.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

struct loop {
    uv_loop_t uv;
    uv_async_t wake;
    _Atomic(struct loop_job *) posted; /* newest first; &loop_ended once nothing is taken any more */
    _Atomic unsigned posters;          /* threads inside loop_post: the wake handle outlives them */
    struct loop_job end_job;
    bool ending; /* it has run */
    void (*after)(void *self);
    void *after_self;
    struct thread *thread; /* NULL: not started */
    char name[16];
};

static struct loop_job loop_ended;
static _Thread_local const struct loop *loop_mine;

/* Runs the jobs from the newest-first list in the order in which they came. */
static void loop_run_jobs(struct loop *loop, struct loop_job *newest)
{
    struct loop_job *oldest = NULL;
    while (newest) {
        struct loop_job *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    if (!oldest)
        return;
    while (oldest) {
        struct loop_job *job = oldest;
        oldest = job->next;
        job->run(job);
    }
    if (loop->after)
        loop->after(loop->after_self);
}

/* From here on nothing is taken; what came until now is run. */
static void loop_finish(struct loop *loop)
{
    struct loop_job *rest = atomic_exchange_explicit(&loop->posted, &loop_ended, memory_order_acq_rel);
    while (atomic_load_explicit(&loop->posters, memory_order_acquire))
        sched_yield();
    loop_run_jobs(loop, rest);
    uv_close((uv_handle_t *)&loop->wake, NULL);
}

static void loop_on_wake(uv_async_t *wake)
{
    struct loop *loop = wake->data;
    loop_run_jobs(loop, atomic_exchange_explicit(&loop->posted, NULL, memory_order_acquire));
    if (loop->ending)
        loop_finish(loop);
}

/* The jobs of the same burst that stand behind it come first. */
static void loop_run_end(struct loop_job *job)
{
    struct loop *loop = (struct loop *)((char *)job - offsetof(struct loop, end_job));
    loop->ending = true;
}

enum err loop_open(const char *name, struct loop **ret, struct diag *reterr)
{
    struct loop *loop = calloc(1, sizeof(*loop));
    if (!loop)
        abort();
    strncpy(loop->name, name, sizeof(loop->name) - 1);
    loop->end_job.run = loop_run_end;
    int code = uv_loop_init(&loop->uv);
    if (code < 0) {
        free(loop);
        return diag_set(reterr, ERR_IO, "cannot make an event loop: %s", uv_strerror(code));
    }
    code = uv_async_init(&loop->uv, &loop->wake, loop_on_wake);
    if (code < 0) {
        uv_loop_close(&loop->uv);
        free(loop);
        return diag_set(reterr, ERR_IO, "cannot make an event loop's wake-up: %s", uv_strerror(code));
    }
    loop->wake.data = loop;
    *ret = loop;
    return ERR_OK;
}

void loop_after_jobs(struct loop *loop, void (*after)(void *self), void *self)
{
    loop->after = after;
    loop->after_self = self;
}

static void loop_main(void *arg)
{
    struct loop *loop = arg;
    loop_mine = loop;

    uv_run(&loop->uv, UV_RUN_DEFAULT);
    loop_mine = NULL;
}

enum err loop_start(struct loop *loop, struct diag *reterr)
{
    return thread_start(loop->name, loop_main, loop, &loop->thread, reterr);
}

bool loop_post(struct loop *loop, struct loop_job *job)
{
    atomic_fetch_add_explicit(&loop->posters, 1, memory_order_acq_rel);
    struct loop_job *head = atomic_load_explicit(&loop->posted, memory_order_relaxed);
    do {
        if (head == &loop_ended)
            break;
        job->next = head;
    } while (!atomic_compare_exchange_weak_explicit(&loop->posted, &head, job, memory_order_acq_rel,
                                                    memory_order_relaxed));
    if (!head) /* whoever found it empty wakes the loop; it takes all that came meanwhile */
        uv_async_send(&loop->wake);
    atomic_fetch_sub_explicit(&loop->posters, 1, memory_order_release);
    return head != &loop_ended;
}

void loop_end(struct loop *loop)
{
    if (!loop->thread)
        return;
    assert(!loop_is_current(loop));
    bool posted = loop_post(loop, &loop->end_job);
    assert(posted);
    thread_join(&loop->thread);
}

void loop_close(struct loop **at)
{
    struct loop *loop = *at;
    if (!loop)
        return;
    *at = NULL;
    assert(!loop->thread);
    if (atomic_load(&loop->posted) != &loop_ended) { /* never started */
        uv_close((uv_handle_t *)&loop->wake, NULL);
        uv_run(&loop->uv, UV_RUN_DEFAULT);
    }
    int code = uv_loop_close(&loop->uv);
    assert(code == 0);
    (void)code;
    free(loop);
}

struct uv_loop_s *loop_uv(struct loop *loop)
{
    return &loop->uv;
}

bool loop_is_current(const struct loop *loop)
{
    return loop_mine == loop;
}
