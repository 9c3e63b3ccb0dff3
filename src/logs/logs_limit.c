#include "logs/logs_limit.h"

#include "io/clock.h"
#include "io/thread.h"
#include "logs/logs_read.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    VICTIMS_MAX = 64,          /* blocks, in one go */
    RECLAIM_BYTES = 32 << 20,  /* of messages: deleted, before files are made smaller */
    RECLAIMS_MAX = 16,         /* waiting; more are left to the store's own compactions */
    LOOK_AGAIN_S = 1,          /* at the store's size */
    LOOK_AGAIN_NOTHING_S = 10, /* when no block was deleted */
    IN_VAIN_MAX = 6,
    BELOW_SHARE = 32, /* so much of the limit is made free at once */
};

struct victim {
    uint64_t group_id;
    struct logs_span span;
    uint64_t id, disk_bytes, bytes;
    uint32_t count;
};

/* A range of keys to be compacted. */
struct reclaim {
    struct logs_task task;
    struct logs_limiter *limiter;
    struct key first, end;
};

struct limit_job {
    struct logs_task task;
    struct command command;
    struct logs *logs;
    bool measured, by_files;
    uint64_t excess; /* bytes on the disk still to be deleted */
    bool any;        /* a block was deleted */
    struct victim victims[VICTIMS_MAX];
    size_t count, at, chunk;
    /* of the group whose blocks go, since its note */
    uint64_t note_group, note_blocks, note_events, note_bytes;
};

struct logs_limiter {
    struct logs_pack_settings settings;
    struct limit_job *job;
    int64_t look_at_ns;
    unsigned in_vain; /* looks after which nothing alive was too much, and files still were */
    struct reclaim *reclaims[RECLAIMS_MAX];
    size_t reclaim_count;
    atomic_bool reclaiming;
};

struct logs_limiter *logs_limiter_new(void)
{
    struct logs_limiter *limiter = calloc(1, sizeof(*limiter));
    if (!limiter)
        abort();
    return limiter;
}

void logs_limiter_free(struct logs_limiter **limiter)
{
    struct logs_limiter *freed = *limiter;
    if (!freed)
        return;
    *limiter = NULL;
    for (size_t i = 0; i < freed->reclaim_count; i++)
        free(freed->reclaims[i]);
    free(freed->job);
    free(freed);
}

void logs_limit_start(struct logs *logs, const struct logs_pack_settings *settings)
{
    logs->limiter->settings = *settings;
}

/* ---- giving back ---- */

static void reclaim_run(struct logs_task *task)
{
    struct reclaim *reclaim = (struct reclaim *)task;
    store_compact(reclaim->limiter->settings.store, key_str(&reclaim->first), key_str(&reclaim->end));
    atomic_store(&reclaim->limiter->reclaiming, false);
    free(reclaim);
}

static void reclaim_dropped(struct logs_task *task)
{
    free(task);
}

static struct reclaim *reclaim_new(struct logs *logs)
{
    struct logs_limiter *limiter = logs->limiter;
    if (!limiter->settings.scanner || limiter->reclaim_count == RECLAIMS_MAX)
        return NULL;
    struct reclaim *reclaim = calloc(1, sizeof(*reclaim));
    if (!reclaim)
        abort();
    reclaim->task = (struct logs_task){ .run = reclaim_run, .dropped = reclaim_dropped };
    reclaim->limiter = limiter;
    limiter->reclaims[limiter->reclaim_count++] = reclaim;
    return reclaim;
}

/* Runs and blocks: of the letters LOGS_RUN to LOGS_BODY. */
static void reclaim_blocks_of(struct logs *logs, const struct logs_group *group)
{
    struct reclaim *reclaim = reclaim_new(logs);
    if (!reclaim)
        return;
    struct key body;
    logs_key_part(&reclaim->first, group, LOGS_RUN);
    logs_key_part(&body, group, LOGS_BODY);
    key_after_prefix(key_str(&body), &reclaim->end);
}

void logs_reclaim_blocks(struct logs *logs, struct logs_held *held, uint64_t bytes, bool last)
{
    held->deleted_bytes += bytes;
    if (held->deleted_bytes < RECLAIM_BYTES && !(last && held->deleted_bytes))
        return;
    held->deleted_bytes = 0;
    reclaim_blocks_of(logs, &held->group);
}

void logs_reclaim_group(struct logs *logs, const struct logs_group *group)
{
    struct reclaim *reclaim = reclaim_new(logs);
    if (!reclaim)
        return;
    logs_key_data(&reclaim->first, group);
    key_after_prefix(key_str(&reclaim->first), &reclaim->end);
}

static void reclaim_next(struct logs_limiter *limiter)
{
    if (limiter->reclaim_count == 0 || atomic_load(&limiter->reclaiming))
        return;
    struct reclaim *reclaim = limiter->reclaims[0];
    limiter->reclaim_count--;
    memmove(limiter->reclaims, limiter->reclaims + 1, limiter->reclaim_count * sizeof(limiter->reclaims[0]));
    atomic_store(&limiter->reclaiming, true);
    if (logs_scanner_submit(limiter->settings.scanner, &reclaim->task) == ERR_OK)
        return;
    atomic_store(&limiter->reclaiming, false);
    free(reclaim);
}

/* ---- the oldest blocks ---- */

typedef VEC(struct victim) victim_vec;

static int victim_compare(const void *a, const void *b)
{
    return logs_position_compare(((const struct victim *)a)->span.first,
                                 ((const struct victim *)b)->span.first);
}

static uint64_t disk_bytes_of(const struct logs_block_head *head)
{
    const struct logs_chunk_entry *last = &head->chunks[head->chunk_count - 1];
    return last->at + last->columns_frame + last->text_frame + ((uint64_t)1 << head->grams_bits) / 8;
}

static void add_group(struct store_reader *reader, struct arena *arena, uint64_t id, victim_vec *victims)
{
    struct logs_group group = { .id = id, .partition = PARTITION_ONLY };
    struct arena scratch = { 0 };
    struct logs_spans *spans =
        logs_group_spans(reader, &group, LOGS_HEAD, logs_position_first, logs_position_last, STORE_UP);
    struct logs_block_head head;
    struct victim one = { .group_id = id };
    struct str value;
    for (unsigned i = 0; i < VICTIMS_MAX && logs_spans_next(spans, &one.span, &value); i++) {
        arena_reset(&scratch);
        if (!logs_block_head_read(&scratch, &one.span, value, &head))
            break;
        one.id = head.id;
        one.count = head.count;
        one.bytes = head.bytes;
        one.disk_bytes = disk_bytes_of(&head);
        VEC_PUSH(arena, victims, one);
    }
    enum err err = logs_spans_close(&spans);
    (void)err; /* what cannot be read cannot be chosen */
    arena_fini(&scratch);
}

static void each_group(struct store_reader *reader, void (*f)(void *self, uint64_t id), void *self)
{
    struct key first, end;
    logs_key_identity(&first, PARTITION_ONLY, 0);
    logs_key_identity(&end, PARTITION_ONLY, UINT64_MAX);
    struct str key, value;
    struct store_cursor *cursor = store_scan(reader, key_str(&first), key_str(&end), STORE_UP);
    while (store_cursor_next(cursor, &key, &value)) {
        uint64_t id;
        key = str_from_offset(key, KEY_HEAD_BYTES);
        if (key_read_u64(&key, &id))
            f(self, id);
    }
    enum err err = store_cursor_close(&cursor);
    (void)err; /* what cannot be read is not chosen */
}

/* What a group's blocks take on the disk, and its runs. */
struct sum {
    struct store_reader *reader;
    struct arena arena;
    uint64_t bytes;
};

static void sum_group(void *self, uint64_t id)
{
    struct sum *sum = self;
    struct logs_group group = { .id = id, .partition = PARTITION_ONLY };
    struct logs_spans *spans =
        logs_group_spans(sum->reader, &group, LOGS_HEAD, logs_position_first, logs_position_last, STORE_UP);
    struct logs_block_head head;
    struct logs_counts counts;
    struct logs_span span;
    struct key key;
    struct str value;
    while (logs_spans_next(spans, &span, &value)) {
        arena_reset(&sum->arena);
        if (logs_block_head_read(&sum->arena, &span, value, &head))
            sum->bytes += disk_bytes_of(&head);
    }
    enum err err = logs_spans_close(&spans);
    (void)err;
    logs_key_part(&key, &group, LOGS_BYTES);
    if (store_get(sum->reader, &sum->arena, key_str(&key), &value) == ERR_OK &&
        logs_counts_read(value, &counts))
        sum->bytes += counts.unpacked_bytes;
}

/* What is deleted already, packed runs above all, is given back first. Files may still hold such (readers may hold it
 * back), so what counts is what is alive; only when that has not helped for a while the files themselves. */
static void job_measure(struct limit_job *job)
{
    const struct logs_pack_settings *settings = &job->logs->limiter->settings;
    struct key first, end;
    struct store_stats stats;
    key_begin(&first, KEY_LOGS, PARTITION_ONLY, 'd');
    key_after_prefix(key_str(&first), &end);
    store_compact(settings->store, key_str(&first), key_str(&end));
    struct sum sum = { .reader = store_snapshot(settings->store) };
    each_group(sum.reader, sum_group, &sum);
    store_snapshot_release(&sum.reader);
    arena_fini(&sum.arena);
    store_stats(settings->store, &stats);
    uint64_t alive = stats.disk_bytes - stats.large_bytes + sum.bytes;
    uint64_t bytes = job->by_files || alive > stats.disk_bytes ? stats.disk_bytes : alive;
    uint64_t wanted = settings->store_bytes_max - settings->store_bytes_max / BELOW_SHARE;
    job->excess = bytes > settings->store_bytes_max ? bytes - wanted : 0;
    job->measured = true;
}

struct choice {
    struct store_reader *reader;
    struct arena arena;
    victim_vec victims;
};

static void choose_group(void *self, uint64_t id)
{
    struct choice *choice = self;
    add_group(choice->reader, &choice->arena, id, &choice->victims);
}

static void job_choose(struct logs_task *task)
{
    struct limit_job *job = (struct limit_job *)task;
    const struct logs_pack_settings *settings = &job->logs->limiter->settings;
    if (!job->measured)
        job_measure(job);
    job->count = job->at = 0;
    struct choice choice = { .reader = store_snapshot(settings->store) };
    if (job->excess)
        each_group(choice.reader, choose_group, &choice);
    if (choice.victims.len)
        qsort(choice.victims.at, choice.victims.len, sizeof(choice.victims.at[0]), victim_compare);
    uint64_t bytes = 0;
    for (size_t i = 0; i < choice.victims.len && i < VICTIMS_MAX && bytes < job->excess; i++) {
        job->victims[job->count++] = choice.victims.at[i];
        bytes += choice.victims.at[i].disk_bytes;
    }
    arena_fini(&choice.arena);
    store_snapshot_release(&choice.reader);
    /* When the writer is closed, who closes the room frees it. */
    while (writer_submit(settings->writer, &job->command) == ERR_AGAIN)
        thread_sleep_ms(5);
}

/* The server stops: who closes the room frees it. */
static void job_dropped(struct logs_task *task)
{
    (void)task;
}

/* Tells people, once for a group. */
static void tell(struct limit_job *job, struct work *work)
{
    const struct logs_pack_settings *settings = &job->logs->limiter->settings;
    struct ns ns;
    struct logs_held *held;
    if (job->note_blocks && settings->dropped &&
        logs_hold_by_id(job->logs, work, job->note_group, &ns, &held)) {
        struct logs_dropped what = { .ns = ns,
                                     .group_arn = logs_group_arn(work->arena, ns, held->group.name),
                                     .blocks = job->note_blocks,
                                     .events = job->note_events,
                                     .bytes = job->note_bytes };
        settings->dropped(settings->dropped_self, work, &what);
    }
    job->note_blocks = job->note_events = job->note_bytes = 0;
}

static void job_advance(struct limit_job *job)
{
    job->at++;
    job->chunk = 0;
}

static bool job_drop(struct command *command, struct work *work)
{
    struct limit_job *job = (struct limit_job *)((char *)command - offsetof(struct limit_job, command));
    struct logs *logs = job->logs;
    if (job->at == job->count) {
        tell(job, work);
        return true;
    }
    const struct victim *victim = &job->victims[job->at];
    if (job->note_group != victim->group_id)
        tell(job, work);
    job->note_group = victim->group_id;
    struct ns ns;
    struct logs_held *held;
    struct logs_block_head head;
    struct str value;
    struct key key;
    bool done = false;
    if (logs_hold_by_id(logs, work, victim->group_id, &ns, &held)) {
        logs_key_of_span(&key, &held->group, LOGS_HEAD, &victim->span);
        if (store_get(work->reader, work->arena, key_str(&key), &value) == ERR_OK &&
            logs_block_head_read(work->arena, &victim->span, value, &head) && head.id == victim->id &&
            logs_block_drop_slice(logs, work, held, &victim->span, value, &job->chunk, &done) == ERR_OK) {
            if (!done)
                return true;
            job->any = true;
            job->excess -= job->excess < victim->disk_bytes ? job->excess : victim->disk_bytes;
            job->note_blocks++;
            job->note_events += victim->count;
            job->note_bytes += victim->bytes;
            logs_pack_count_dropped(logs, victim->count, victim->bytes);
            bool last = job->at + 1 == job->count || job->victims[job->at + 1].group_id != victim->group_id;
            if (last)
                reclaim_blocks_of(logs, &held->group);
        }
    }
    job_advance(job); /* done, gone meanwhile, or not to be read */
    return true;
}

static void job_done(struct command *command, enum err committed)
{
    struct limit_job *job = (struct limit_job *)((char *)command - offsetof(struct limit_job, command));
    struct logs_limiter *limiter = job->logs->limiter;
    bool ended = committed != ERR_OK || (job->at == job->count && job->note_blocks == 0);
    if (!ended && writer_submit(limiter->settings.writer, &job->command) == ERR_OK)
        return;
    if (ended && committed == ERR_OK && job->count && job->excess &&
        logs_scanner_submit(limiter->settings.scanner, &job->task) == ERR_OK)
        return; /* others are chosen */
    limiter->in_vain = job->any ? 0 : limiter->in_vain + 1;
    limiter->look_at_ns =
        clock_monotonic_ns() + (int64_t)(job->any ? LOOK_AGAIN_S : LOOK_AGAIN_NOTHING_S) * 1000000000;
    limiter->job = NULL;
    free(job);
}

void logs_limit_look(struct logs *logs)
{
    struct logs_limiter *limiter = logs->limiter;
    const struct logs_pack_settings *settings = &limiter->settings;
    reclaim_next(limiter);
    if (!settings->store_bytes_max || limiter->job || atomic_load(&limiter->reclaiming) ||
        limiter->reclaim_count || clock_monotonic_ns() < limiter->look_at_ns)
        return;
    limiter->look_at_ns = clock_monotonic_ns() + (int64_t)LOOK_AGAIN_S * 1000000000;
    struct store_stats stats;
    store_stats(settings->store, &stats);
    if (stats.disk_bytes <= settings->store_bytes_max) {
        limiter->in_vain = 0;
        return;
    }
    struct limit_job *job = calloc(1, sizeof(*job));
    if (!job)
        abort();
    job->task = (struct logs_task){ .run = job_choose, .dropped = job_dropped };
    job->command = (struct command){ .run = job_drop, .done = job_done };
    job->logs = logs;
    job->by_files = limiter->in_vain >= IN_VAIN_MAX;
    limiter->job = job;
    if (logs_scanner_submit(settings->scanner, &job->task) == ERR_OK)
        return;
    limiter->job = NULL;
    free(job);
}
