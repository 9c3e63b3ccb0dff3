#include "logs/logs_scanner.h"

#include "io/thread.h"

#include <assert.h>
#include <stdlib.h>

enum { TASKS_MAX = 1024, THREADS_MAX = 64 };

struct task_queue {
    struct logs_task *first, **last;
};

struct logs_scanner {
    struct mutex *mutex;
    struct condition *woken;
    struct task_queue urgent, others;
    unsigned tasks, tasks_max;
    bool closing;
    unsigned thread_count;
    struct thread *threads[THREADS_MAX];
};

static void queue_init(struct task_queue *queue)
{
    queue->first = NULL;
    queue->last = &queue->first;
}

static struct logs_task *queue_take(struct task_queue *queue)
{
    struct logs_task *task = queue->first;
    if (!task)
        return NULL;
    queue->first = task->next;
    if (!queue->first)
        queue->last = &queue->first;
    return task;
}

static struct logs_task *take(struct logs_scanner *scanner)
{
    struct logs_task *task = queue_take(&scanner->urgent);
    if (!task)
        task = queue_take(&scanner->others);
    if (task)
        scanner->tasks--;
    return task;
}

static void work(void *self)
{
    struct logs_scanner *scanner = self;
    mutex_lock(scanner->mutex);
    while (!scanner->closing) {
        struct logs_task *task = take(scanner);
        if (!task) {
            condition_wait(scanner->woken, scanner->mutex);
            continue;
        }
        mutex_unlock(scanner->mutex);
        task->run(task);
        mutex_lock(scanner->mutex);
    }
    mutex_unlock(scanner->mutex);
}

enum err logs_scanner_open(const struct logs_scanner_settings *settings, struct logs_scanner **ret,
                           struct diag *reterr)
{
    struct logs_scanner *scanner = calloc(1, sizeof(*scanner));
    assert(scanner);
    scanner->mutex = mutex_new();
    scanner->woken = condition_new();
    queue_init(&scanner->urgent);
    queue_init(&scanner->others);
    scanner->tasks_max = settings->tasks_max ? settings->tasks_max : TASKS_MAX;
    unsigned threads = settings->threads ? settings->threads : thread_cores();
    for (; scanner->thread_count < threads && scanner->thread_count < THREADS_MAX; scanner->thread_count++) {
        enum err err =
            thread_start("crema-scan", work, scanner, &scanner->threads[scanner->thread_count], reterr);
        if (err != ERR_OK) {
            logs_scanner_close(&scanner);
            return err;
        }
    }
    *ret = scanner;
    return ERR_OK;
}

void logs_scanner_stop(struct logs_scanner *scanner)
{
    mutex_lock(scanner->mutex);
    scanner->closing = true;
    condition_broadcast(scanner->woken);
    mutex_unlock(scanner->mutex);
    for (unsigned i = 0; i < scanner->thread_count; i++)
        thread_join(&scanner->threads[i]);
    mutex_lock(scanner->mutex);
    struct logs_task *first = NULL, **last = &first;
    for (struct logs_task *task; (task = take(scanner)); last = &task->next)
        *last = task;
    *last = NULL;
    mutex_unlock(scanner->mutex);
    for (struct logs_task *task = first, *next; task; task = next) {
        next = task->next;
        task->dropped(task);
    }
}

void logs_scanner_close(struct logs_scanner **scanner)
{
    struct logs_scanner *closed = *scanner;
    if (!closed)
        return;
    logs_scanner_stop(closed);
    condition_free(&closed->woken);
    mutex_free(&closed->mutex);
    free(closed);
    *scanner = NULL;
}

enum err logs_scanner_submit(struct logs_scanner *scanner, struct logs_task *task)
{
    mutex_lock(scanner->mutex);
    enum err err = scanner->closing ? ERR_CLOSED : scanner->tasks == scanner->tasks_max ? ERR_LIMIT : ERR_OK;
    if (err == ERR_OK) {
        struct task_queue *queue = task->urgent ? &scanner->urgent : &scanner->others;
        task->next = NULL;
        *queue->last = task;
        queue->last = &task->next;
        scanner->tasks++;
        condition_signal(scanner->woken);
    }
    mutex_unlock(scanner->mutex);
    return err;
}

static bool queue_remove(struct task_queue *queue, const struct logs_task *task)
{
    for (struct logs_task **at = &queue->first; *at; at = &(*at)->next) {
        if (*at != task)
            continue;
        *at = task->next;
        if (!*at)
            queue->last = at;
        return true;
    }
    return false;
}

bool logs_scanner_recall(struct logs_scanner *scanner, struct logs_task *task)
{
    mutex_lock(scanner->mutex);
    bool waited = queue_remove(task->urgent ? &scanner->urgent : &scanner->others, task);
    if (waited)
        scanner->tasks--;
    mutex_unlock(scanner->mutex);
    return waited;
}

unsigned logs_scanner_threads(const struct logs_scanner *scanner)
{
    return scanner->thread_count;
}
