#include "logs/logs_ahead.h"

#include "io/thread.h"

#include <assert.h>
#include <stdlib.h>

enum { JOBS_MAX = 32, JOBS_PER_THREAD = 3 };

enum job_state { JOB_FREE, JOB_WAITS, JOB_DONE };

struct job {
    struct logs_task task;
    struct logs_ahead *ahead;
    struct logs_ahead_block block;
    /* under the mutex */
    enum job_state state;
    bool queued; /* the scanner holds its task, or runs it */
};

struct logs_ahead {
    struct logs_scanner *scanner;
    struct store_reader *reader;
    const struct logs_group *group;
    struct logs_want want;
    struct mutex *mutex;
    struct condition *changed;
    size_t job_count;
    struct job jobs[JOBS_MAX];
    struct job *row[JOBS_MAX]; /* in order */
    size_t row_first, row_len;
};

void logs_ahead_block_read(struct logs_ahead_block *block, struct store_reader *reader,
                           const struct logs_group *group, const struct logs_want *want)
{
    logs_block_chunks(&block->head, want->first, want->end, &block->from, &block->to);
    if (block->chunk_cap < block->to - block->from) {
        size_t cap = block->to - block->from;
        block->chunks = realloc(block->chunks, cap * sizeof(*block->chunks));
        if (!block->chunks)
            abort();
        memset(block->chunks + block->chunk_cap, 0, (cap - block->chunk_cap) * sizeof(*block->chunks));
        block->chunk_cap = cap;
    }
    block->err = logs_body_get(reader, &block->arena, group, block->head.id, &block->body);
    for (size_t i = block->from; i < block->to && block->err == ERR_OK; i++)
        block->err = logs_wanted_chunk(&block->chunks[i - block->from], &block->head, &block->span, i,
                                       block->body, want);
}

static struct job *job_of(struct logs_ahead_block *block)
{
    return (struct job *)((char *)block - offsetof(struct job, block));
}

static void job_read(struct job *job)
{
    logs_ahead_block_read(&job->block, job->ahead->reader, job->ahead->group, &job->ahead->want);
}

/* The scanner is done with its task. */
static void job_leave(struct job *job, enum job_state state)
{
    struct logs_ahead *ahead = job->ahead;
    mutex_lock(ahead->mutex);
    job->state = state;
    job->queued = false;
    condition_broadcast(ahead->changed);
    mutex_unlock(ahead->mutex);
}

static void job_run(struct logs_task *task)
{
    job_read((struct job *)task);
    job_leave((struct job *)task, JOB_DONE);
}

static void job_dropped(struct logs_task *task)
{
    job_leave((struct job *)task, JOB_WAITS);
}

/* Waits until the scanner is done with it, unless it can be had back. */
static void job_recall(struct job *job)
{
    struct logs_ahead *ahead = job->ahead;
    if (logs_scanner_recall(ahead->scanner, &job->task))
        job_leave(job, JOB_WAITS);
    mutex_lock(ahead->mutex);
    while (job->queued)
        condition_wait(ahead->changed, ahead->mutex);
    mutex_unlock(ahead->mutex);
}

struct logs_ahead *logs_ahead_open(struct logs_scanner *scanner, struct store_reader *reader,
                                   const struct logs_group *group, const struct logs_want *want)
{
    struct logs_ahead *ahead = calloc(1, sizeof(*ahead));
    if (!ahead)
        abort();
    ahead->scanner = scanner;
    ahead->reader = reader;
    ahead->group = group;
    ahead->want = *want;
    ahead->mutex = mutex_new();
    ahead->changed = condition_new();
    ahead->job_count = (size_t)logs_scanner_threads(scanner) * JOBS_PER_THREAD;
    if (ahead->job_count > JOBS_MAX)
        ahead->job_count = JOBS_MAX;
    for (size_t i = 0; i < ahead->job_count; i++) {
        ahead->jobs[i].ahead = ahead;
        ahead->jobs[i].task = (struct logs_task){ .urgent = true, .run = job_run, .dropped = job_dropped };
    }
    return ahead;
}

static struct job *free_job(struct logs_ahead *ahead)
{
    for (size_t i = 0; i < ahead->job_count; i++)
        if (ahead->jobs[i].state == JOB_FREE) /* only this thread changes that */
            return &ahead->jobs[i];
    return NULL;
}

bool logs_ahead_room(struct logs_ahead *ahead)
{
    mutex_lock(ahead->mutex);
    bool room = free_job(ahead) != NULL;
    mutex_unlock(ahead->mutex);
    return room;
}

void logs_ahead_add(struct logs_ahead *ahead, const struct logs_span *span, struct str head)
{
    mutex_lock(ahead->mutex);
    struct job *job = free_job(ahead);
    assert(job);
    job->state = JOB_WAITS;
    job->queued = true;
    mutex_unlock(ahead->mutex);
    arena_reset(&job->block.arena);
    job->block.span = *span;
    bool read = logs_block_head_read(&job->block.arena, span, head, &job->block.head);
    assert(read); /* the caller has */
    ahead->row[(ahead->row_first + ahead->row_len++) % JOBS_MAX] = job;
    if (logs_scanner_submit(ahead->scanner, &job->task) != ERR_OK)
        job_leave(job, JOB_WAITS);
}

const struct logs_ahead_block *logs_ahead_first(const struct logs_ahead *ahead)
{
    return ahead->row_len ? &ahead->row[ahead->row_first]->block : NULL;
}

struct logs_ahead_block *logs_ahead_take(struct logs_ahead *ahead)
{
    struct job *job = ahead->row[ahead->row_first];
    ahead->row_first = (ahead->row_first + 1) % JOBS_MAX;
    ahead->row_len--;
    job_recall(job);
    if (job->state == JOB_WAITS)
        job_read(job);
    return &job->block;
}

void logs_ahead_give_back(struct logs_ahead *ahead, struct logs_ahead_block *block)
{
    mutex_lock(ahead->mutex);
    job_of(block)->state = JOB_FREE;
    mutex_unlock(ahead->mutex);
}

void logs_ahead_close(struct logs_ahead **ahead)
{
    struct logs_ahead *closed = *ahead;
    if (!closed)
        return;
    *ahead = NULL;
    for (size_t i = 0; i < closed->job_count; i++)
        job_recall(&closed->jobs[i]);
    for (size_t i = 0; i < closed->job_count; i++) {
        struct logs_ahead_block *block = &closed->jobs[i].block;
        for (size_t j = 0; j < block->chunk_cap; j++)
            logs_wanted_fini(&block->chunks[j]);
        free(block->chunks);
        arena_fini(&block->arena);
    }
    condition_free(&closed->changed);
    mutex_free(&closed->mutex);
    free(closed);
}
