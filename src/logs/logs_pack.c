/* logs_pack.c - when to pack, and the way of a pack from the writer to the scanner and back. */
#include "logs/logs_limit.h"
#include "logs/logs_pack.h"

#include "io/thread.h"

#include <assert.h>
#include <stdlib.h>

/* Of a group whose packs the writer keeps in mind: in memory alone. */
struct packed_group {
    uint64_t id;
    uint16_t partition;
    bool wanted;             /* for all that has waited: the timer was due */
    bool rewrite;            /* blocks are to be written anew */
    unsigned packs;          /* since blocks were looked at for merging */
    bool merge;              /* they are to be */
    bool failed;             /* what is to be packed could not be read: tried again when its timer is due */
    struct logs_span region; /* of the blocks since then */
    uint64_t unpacked_bytes;
    struct job *job; /* under way; NULL: none */
    bool queued;     /* in the packer's row */
    struct packed_group *next;
};

struct job {
    struct logs_task task;
    struct command command;
    struct logs *logs;
    struct packed_group *group;
    struct logs_pack pack;
    bool applied;
};

struct logs_packer {
    struct logs_pack_settings settings;
    struct map groups;                  /* id u64 -> struct packed_group */
    struct packed_group *first, **last; /* in the row */
    unsigned under_way;
    struct logs_pack_stats stats;
};

struct logs_packer *logs_packer_new(void)
{
    struct logs_packer *packer = calloc(1, sizeof(*packer));
    if (!packer)
        abort();
    map_init(&packer->groups, 0);
    packer->last = &packer->first;
    packer->settings.age_ms = LOGS_PACK_AGE_MS;
    return packer;
}

static void job_free(struct job *job)
{
    logs_pack_fini(&job->pack);
    free(job);
}

void logs_packer_free(struct logs_packer **packer)
{
    struct logs_packer *freed = *packer;
    if (!freed)
        return;
    *packer = NULL;
    struct str key;
    void *value;
    for (size_t i = 0; map_next(&freed->groups, &i, &key, &value);) {
        struct packed_group *group = value;
        if (group->job)
            job_free(group->job); /* its task was dropped, or its command never taken */
        free(group);
    }
    map_fini(&freed->groups);
    free(freed);
}

void logs_pack_start(struct logs *logs, const struct logs_pack_settings *settings)
{
    logs->packer->settings = *settings;
    if (!logs->packer->settings.age_ms)
        logs->packer->settings.age_ms = LOGS_PACK_AGE_MS;
    logs_limit_start(logs, settings);
}

void logs_pack_stats(const struct logs *logs, struct logs_pack_stats *ret)
{
    *ret = (struct logs_pack_stats){
        .packs = __atomic_load_n(&logs->packer->stats.packs, __ATOMIC_RELAXED),
        .blocks = __atomic_load_n(&logs->packer->stats.blocks, __ATOMIC_RELAXED),
        .merges = __atomic_load_n(&logs->packer->stats.merges, __ATOMIC_RELAXED),
        .refused = __atomic_load_n(&logs->packer->stats.refused, __ATOMIC_RELAXED),
        .failed = __atomic_load_n(&logs->packer->stats.failed, __ATOMIC_RELAXED),
        .dropped_blocks = __atomic_load_n(&logs->packer->stats.dropped_blocks, __ATOMIC_RELAXED),
        .dropped_events = __atomic_load_n(&logs->packer->stats.dropped_events, __ATOMIC_RELAXED),
        .dropped_bytes = __atomic_load_n(&logs->packer->stats.dropped_bytes, __ATOMIC_RELAXED),
    };
}

/* ---- groups ---- */

static struct str id_key(const uint64_t *id)
{
    return str_of((const char *)id, sizeof(*id));
}

static struct packed_group *group_find(struct logs_packer *packer, uint64_t id)
{
    return map_get(&packer->groups, id_key(&id));
}

static struct packed_group *group_of(struct logs_packer *packer, uint64_t id, uint16_t partition)
{
    struct packed_group *group = group_find(packer, id);
    if (group)
        return group;
    group = calloc(1, sizeof(*group));
    if (!group)
        abort();
    group->id = id;
    group->partition = partition;
    (void)map_put(&packer->groups, id_key(&id), group);
    return group;
}

/* There is nothing to keep in mind of it. */
static void group_forget(struct logs_packer *packer, struct packed_group *group)
{
    if (group->job || group->queued || group->packs || group->failed)
        return;
    (void)map_remove(&packer->groups, id_key(&group->id));
    free(group);
}

static bool group_has_work(const struct packed_group *group)
{
    return group->wanted || group->rewrite ||
           (!group->failed && (group->merge || group->unpacked_bytes >= LOGS_PACK_AT_BYTES));
}

static void group_want(struct logs_packer *packer, struct packed_group *group)
{
    if (group->job || group->queued || !packer->settings.scanner || !group_has_work(group))
        return;
    group->queued = true;
    group->next = NULL;
    *packer->last = group;
    packer->last = &group->next;
}

/* ---- what the rest of the room tells ---- */

const struct logs_pack *logs_pack_under_way(const struct logs *logs, uint64_t group_id)
{
    struct packed_group *packed = group_find(logs->packer, group_id);
    return packed && packed->job ? &packed->job->pack : NULL;
}

void logs_pack_note_run(struct logs *logs, const struct logs_group *group, const struct logs_span *span)
{
    if (logs->packer->under_way == 0)
        return;
    struct packed_group *packed = group_find(logs->packer, group->id);
    if (!packed || !packed->job)
        return;
    struct logs_pack *pack = &packed->job->pack;
    unsigned span_class = logs_span_class(span);
    if (!pack->came[span_class] || logs_position_compare(span->first, pack->low[span_class]) < 0)
        pack->low[span_class] = span->first;
    pack->came[span_class] = true;
}

void logs_pack_note_removed(struct logs *logs, const struct logs_group *group)
{
    struct packed_group *packed = logs->packer->under_way ? group_find(logs->packer, group->id) : NULL;
    if (packed && packed->job)
        packed->job->pack.removed = true;
}

static void arm(struct work *work, struct logs_held *held, int64_t due_ms)
{
    struct key ref;
    held->counts.pack_due_ms = due_ms;
    timer_add(work, due_ms, TIMER_LOGS, logs_ref(&ref, LOGS_REF_PACK, held->group.id));
}

void logs_pack_disarm(struct logs *logs, struct work *work, struct logs_held *held)
{
    (void)logs;
    struct key ref;
    logs_counts_load(work, held);
    if (held->counts.pack_due_ms)
        timer_remove(work, held->counts.pack_due_ms, TIMER_LOGS,
                     logs_ref(&ref, LOGS_REF_PACK, held->group.id));
    held->counts.pack_due_ms = 0;
}

void logs_pack_counted(struct logs *logs, struct work *work, struct logs_held *held)
{
    struct logs_packer *packer = logs->packer;
    uint64_t unpacked = held->counts.unpacked_bytes;
    if (unpacked && !held->counts.pack_due_ms)
        arm(work, held, work->now_ms + packer->settings.age_ms);
    if (!packer->settings.scanner)
        return;
    struct packed_group *group = unpacked >= LOGS_PACK_AT_BYTES
                                     ? group_of(packer, held->group.id, held->group.partition)
                                     : group_find(packer, held->group.id);
    if (!group)
        return;
    group->unpacked_bytes = unpacked;
    group_want(packer, group);
}

void logs_pack_rewrite(struct logs *logs, struct work *work, struct logs_held *held)
{
    logs_counts_load(work, held);
    held->counts.rewrite = true;
    if (!held->counts.pack_due_ms)
        arm(work, held, work->now_ms + LOGS_PACK_AGAIN_MS);
    logs_counts_store(logs, work, held);
    if (!logs->packer->settings.scanner)
        return;
    struct packed_group *group = group_of(logs->packer, held->group.id, held->group.partition);
    group->rewrite = true;
    group_want(logs->packer, group);
}

void logs_pack_due(struct logs *logs, struct work *work, uint64_t group_id)
{
    struct ns ns;
    struct logs_held *held;
    if (!logs_hold_by_id(logs, work, group_id, &ns, &held))
        return; /* deleted meanwhile */
    logs_counts_load(work, held);
    held->counts.pack_due_ms = 0;
    if (held->counts.unpacked_bytes || held->counts.rewrite) {
        arm(work, held, work->now_ms + LOGS_PACK_AGAIN_MS); /* the pack may be lost */
        if (logs->packer->settings.scanner) {
            struct packed_group *group = group_of(logs->packer, group_id, held->group.partition);
            group->failed = false;
            group->wanted = held->counts.unpacked_bytes > 0;
            group->rewrite = held->counts.rewrite;
            group->unpacked_bytes = held->counts.unpacked_bytes;
            group_want(logs->packer, group);
        }
    }
    logs_counts_store(logs, work, held);
}

/* ---- the way of a pack ---- */

static void job_read(struct logs_task *task)
{
    struct job *job = (struct job *)task;
    const struct logs_pack_settings *settings = &job->logs->packer->settings;
    struct store_reader *snapshot = store_snapshot(settings->store);
    logs_pack_read(&job->pack, snapshot);
    store_snapshot_release(&snapshot);
    /* The queue may be full of writes: they are what is to be packed. */
    while (writer_submit(settings->writer, &job->command) == ERR_AGAIN)
        thread_sleep_ms(5);
}

/* The server stops: the writer, or who closes the room, frees it. */
static void job_dropped(struct logs_task *task)
{
    (void)task;
}

static void apply_nothing(struct job *job, struct logs *logs, struct work *work, struct logs_held *held)
{
    if (job->pack.kind == LOGS_PACK_BLOCKS && job->pack.rewrite && job->pack.err == ERR_OK) {
        logs_counts_load(work, held);
        held->counts.rewrite = false;
        logs_counts_store(logs, work, held);
    }
}

static bool job_apply(struct command *command, struct work *work)
{
    struct job *job = (struct job *)((char *)command - offsetof(struct job, command));
    struct logs *logs = job->logs;
    struct ns ns;
    struct logs_held *held;
    if (!logs_hold_by_id(logs, work, job->pack.group.id, &ns, &held))
        return true; /* deleted meanwhile */
    if (job->pack.err != ERR_OK || job->pack.sources.len == 0) {
        apply_nothing(job, logs, work, held);
        return true;
    }
    job->applied = logs_pack_apply(&job->pack, logs, work, held);
    if (job->applied && job->pack.kind == LOGS_PACK_RUNS && !job->pack.more && !held->counts.rewrite) {
        /* All that had waited is packed; what came meanwhile has a time of its own. */
        logs_pack_disarm(logs, work, held);
        logs_pack_counted(logs, work, held);
        logs_counts_store(logs, work, held);
    }
    return true;
}

static void add(uint64_t *count, uint64_t more)
{
    __atomic_store_n(count, *count + more, __ATOMIC_RELAXED);
}

void logs_pack_count_dropped(struct logs *logs, uint64_t events, uint64_t bytes)
{
    struct logs_pack_stats *stats = &logs->packer->stats;
    add(&stats->dropped_blocks, 1);
    add(&stats->dropped_events, events);
    add(&stats->dropped_bytes, bytes);
}

static void note_blocks(struct packed_group *group, const struct logs_pack *pack)
{
    for (size_t i = 0; i < pack->blocks.len; i++) {
        const struct logs_span *span = &pack->blocks.at[i].span;
        if (group->packs++ == 0)
            group->region = *span;
        if (logs_position_compare(span->first, group->region.first) < 0)
            group->region.first = span->first;
        if (logs_position_compare(span->last, group->region.last) > 0)
            group->region.last = span->last;
    }
    if (group->packs >= LOGS_MERGE_EVERY)
        group->merge = true;
}

static void start_queued(struct logs *logs);

static void job_done(struct command *command, enum err committed)
{
    struct job *job = (struct job *)((char *)command - offsetof(struct job, command));
    struct packed_group *group = job->group;
    struct logs *logs = job->logs;
    struct logs_packer *packer = logs->packer;
    struct logs_pack *pack = &job->pack;
    bool applied = committed == ERR_OK && job->applied, nothing = pack->sources.len == 0;
    if (applied) {
        add(&packer->stats.blocks, pack->blocks.len);
        add(pack->kind == LOGS_PACK_RUNS ? &packer->stats.packs : &packer->stats.merges, 1);
    } else if (pack->err != ERR_OK) {
        add(&packer->stats.failed, 1);
    } else if (!nothing) {
        add(&packer->stats.refused, 1);
    }
    group->failed = group->failed || pack->err != ERR_OK;
    bool ended = nothing || pack->err != ERR_OK || committed == ERR_CLOSED;
    if (pack->kind == LOGS_PACK_RUNS) {
        if (applied)
            note_blocks(group, pack);
        if (ended || (applied && !pack->more))
            group->wanted = false;
        if (ended)
            group->unpacked_bytes = 0; /* what comes next says how much there is */
    } else if (ended || (applied && !pack->more)) {
        *(pack->rewrite ? &group->rewrite : &group->merge) = false;
        if (!pack->rewrite)
            group->packs = 0;
    }
    group->job = NULL;
    packer->under_way--;
    job_free(job);
    if (committed != ERR_CLOSED)
        group_want(packer, group);
    group_forget(packer, group);
    /* A command that wrote nothing is followed by no commit. */
    start_queued(logs);
}

static void job_start(struct logs *logs, struct packed_group *group)
{
    struct logs_packer *packer = logs->packer;
    struct job *job = calloc(1, sizeof(*job));
    if (!job)
        abort();
    job->task = (struct logs_task){ .run = job_read, .dropped = job_dropped };
    job->command = (struct command){ .run = job_apply, .done = job_done };
    job->logs = logs;
    job->group = group;
    struct logs_pack *pack = &job->pack;
    pack->group = (struct logs_group){ .id = group->id, .partition = group->partition };
    bool runs = group->wanted || group->unpacked_bytes >= LOGS_PACK_AT_BYTES;
    /* Blocks are not forgotten over runs that come all the time. */
    if (runs && !(group->merge && group->packs >= 2 * LOGS_MERGE_EVERY)) {
        pack->kind = LOGS_PACK_RUNS;
        uint64_t most = group->wanted ? UINT64_MAX : group->unpacked_bytes - LOGS_PACK_KEEP_BYTES;
        pack->bytes_max = most < LOGS_PACK_MAX_BYTES ? most : LOGS_PACK_MAX_BYTES;
    } else {
        pack->kind = LOGS_PACK_BLOCKS;
        pack->rewrite = group->rewrite;
        pack->region = group->region;
    }
    group->job = job;
    packer->under_way++;
    if (logs_scanner_submit(packer->settings.scanner, &job->task) == ERR_OK)
        return;
    group->job = NULL; /* its timer, or what comes next, begins another */
    packer->under_way--;
    job_free(job);
}

static void start_queued(struct logs *logs)
{
    struct logs_packer *packer = logs->packer;
    while (packer->first && packer->under_way < logs_scanner_threads(packer->settings.scanner)) {
        struct packed_group *group = packer->first;
        packer->first = group->next;
        if (!packer->first)
            packer->last = &packer->first;
        group->queued = false;
        job_start(logs, group);
    }
}

void logs_after_commit(void *self)
{
    start_queued(self);
    logs_limit_look(self);
}
