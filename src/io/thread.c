#include "io/thread.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

struct thread {
    uv_thread_t uv;
    char name[16];
    void (*f)(void *self);
    void *self;
};

struct mutex {
    uv_mutex_t uv;
};

struct condition {
    uv_cond_t uv;
};

static void *allocate(size_t size)
{
    void *room = calloc(1, size);
    if (!room)
        abort();
    return room;
}

static void thread_main(void *arg)
{
    struct thread *thread = arg;
    (void)pthread_setname_np(pthread_self(), thread->name);
    thread->f(thread->self);
}

enum err thread_start(const char *name, void (*f)(void *self), void *self, struct thread **ret,
                      struct diag *reterr)
{
    struct thread *thread = allocate(sizeof(*thread));
    (void)snprintf(thread->name, sizeof(thread->name), "%s", name);
    thread->f = f;
    thread->self = self;
    /* Signals belong to the main thread: a new thread is born with all of them blocked. */
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = uv_thread_create(&thread->uv, thread_main, thread);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error) {
        free(thread);
        return diag_set(reterr, ERR_IO, "cannot start the thread %s: %s", name, uv_strerror(error));
    }
    *ret = thread;
    return ERR_OK;
}

void thread_join(struct thread **thread)
{
    if (!*thread)
        return;
    if (uv_thread_join(&(*thread)->uv))
        abort();
    free(*thread);
    *thread = NULL;
}

void thread_sleep_ms(unsigned ms)
{
    uv_sleep(ms);
}

unsigned thread_cores(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores > 0 ? (unsigned)cores : 1;
}

struct mutex *mutex_new(void)
{
    struct mutex *mutex = allocate(sizeof(*mutex));
    if (uv_mutex_init(&mutex->uv))
        abort();
    return mutex;
}

void mutex_free(struct mutex **mutex)
{
    if (!*mutex)
        return;
    uv_mutex_destroy(&(*mutex)->uv);
    free(*mutex);
    *mutex = NULL;
}

void mutex_lock(struct mutex *mutex)
{
    uv_mutex_lock(&mutex->uv);
}

void mutex_unlock(struct mutex *mutex)
{
    uv_mutex_unlock(&mutex->uv);
}

struct condition *condition_new(void)
{
    struct condition *condition = allocate(sizeof(*condition));
    if (uv_cond_init(&condition->uv))
        abort();
    return condition;
}

void condition_free(struct condition **condition)
{
    if (!*condition)
        return;
    uv_cond_destroy(&(*condition)->uv);
    free(*condition);
    *condition = NULL;
}

void condition_wait(struct condition *condition, struct mutex *mutex)
{
    uv_cond_wait(&condition->uv, &mutex->uv);
}

bool condition_wait_ns(struct condition *condition, struct mutex *mutex, uint64_t timeout_ns)
{
    return uv_cond_timedwait(&condition->uv, &mutex->uv, timeout_ns) == 0;
}

void condition_signal(struct condition *condition)
{
    uv_cond_signal(&condition->uv);
}

void condition_broadcast(struct condition *condition)
{
    uv_cond_broadcast(&condition->uv);
}
