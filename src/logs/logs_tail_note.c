/* The writer's side of live tails: what is noted of a batch, and its handing over. */
#include "logs/logs_room.h"
#include "logs/logs_tail_impl.h"

#include <stdlib.h>

void logs_tail_watch(struct logs_tail *tail, struct logs *logs)
{
    logs->tail = tail;
}

void tail_batch_free(struct tail_batch **batch)
{
    if (!*batch)
        return;
    buf_fini(&(*batch)->bytes);
    free((*batch)->notes);
    free(*batch);
    *batch = NULL;
}

/* The groups that somebody watches, when those have changed. */
static void look_again(struct logs_tail *tail)
{
    mutex_lock(tail->mutex);
    tail->version_seen = atomic_load_explicit(&tail->version, memory_order_relaxed);
    unsigned count = atomic_load_explicit(&tail->watchers.count, memory_order_relaxed);
    tail->watched_count = 0;
    for (unsigned i = 0; i < count; i++)
        for (size_t k = 0; k < tail->watching[i]->query.group_count; k++)
            tail->watched[tail->watched_count++] = tail->watching[i]->group_ids[k];
    mutex_unlock(tail->mutex);
}

static bool is_watched(struct logs_tail *tail, uint64_t group_id)
{
    if (atomic_load_explicit(&tail->version, memory_order_acquire) != tail->version_seen)
        look_again(tail);
    for (size_t i = 0; i < tail->watched_count; i++)
        if (tail->watched[i] == group_id)
            return true;
    return false;
}

static struct tail_batch *batch_new(struct logs_tail *tail)
{
    mutex_lock(tail->mutex);
    struct tail_batch *batch = tail->spare;
    tail->spare = NULL;
    mutex_unlock(tail->mutex);
    if (batch)
        return batch;
    batch = calloc(1, sizeof(*batch));
    if (!batch)
        abort();
    buf_init(&batch->bytes, 0);
    return batch;
}

/* Another note of this batch; NULL: nobody watches the group. */
static struct tail_note *note_new(struct logs_tail *tail, const struct store_batch *batch,
                                  const struct logs_group *group)
{
    if (!is_watched(tail, group->id))
        return NULL;
    if (!tail->noted)
        tail->noted = batch_new(tail);
    struct tail_batch *noted = tail->noted;
    if (noted->count == noted->cap) {
        noted->cap = noted->cap ? noted->cap * 2 : 64;
        noted->notes = realloc(noted->notes, noted->cap * sizeof(*noted->notes));
        if (!noted->notes)
            abort();
    }
    struct tail_note *note = &noted->notes[noted->count++];
    *note = (struct tail_note){ .group_id = group->id, .mark = store_batch_mark(batch) };
    tail->batch = batch;
    return note;
}

void logs_tail_note(struct logs_tail *tail, struct store_batch *batch, const struct logs_group *group,
                    const struct logs_run_writer *run, size_t value_at, size_t value_len)
{
    struct tail_note *note = note_new(tail, batch, group);
    if (!note)
        return;
    note->span = run->span;
    note->count = run->count;
    note->value_at = value_at;
    note->value_len = value_len;
    store_batch_keep(batch, &tail->noted->bytes);
}

void logs_tail_note_deleted(struct logs_tail *tail, const struct store_batch *batch,
                            const struct logs_group *group)
{
    struct tail_note *note = note_new(tail, batch, group);
    if (note)
        note->deleted = true;
}

void logs_tail_after_rollback(struct logs_tail *tail)
{
    struct tail_batch *noted = tail->noted;
    if (!noted || !noted->count)
        return;
    size_t mark = store_batch_mark(tail->batch);
    while (noted->count && noted->notes[noted->count - 1].mark > mark)
        noted->count--;
}

/* With the mutex held: the oldest that still has its bytes, but for the newest. */
static bool lose_oldest(struct logs_tail *tail)
{
    for (struct tail_batch *batch = tail->queue; batch->next; batch = batch->next) {
        if (batch->lost)
            continue;
        tail->queue_bytes -= batch->bytes.cap;
        buf_fini(&batch->bytes);
        batch->lost = true;
        return true;
    }
    return false;
}

void logs_tail_after_commit(struct logs_tail *tail)
{
    struct tail_batch *noted = tail->noted;
    if (!noted || !noted->count)
        return;
    tail->noted = NULL;
    noted->next = NULL;
    mutex_lock(tail->mutex);
    *tail->queue_last = noted;
    tail->queue_last = &noted->next;
    tail->queue_bytes += noted->bytes.cap;
    while (tail->queue_bytes > TAIL_QUEUE_BYTES_MAX && lose_oldest(tail))
        ;
    tail->wakes = true;
    condition_signal(tail->woken);
    mutex_unlock(tail->mutex);
}
