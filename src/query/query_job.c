#include "query/query_job.h"

#include "io/clock.h"

#include <assert.h>
#include <stdlib.h>

enum {
    TASKS_MAX = 64,
    PARTS_PER_TASK = 4,
    LOOK_EVERY = 128, /* events between two looks at the clock, or so many bytes of them */
    LOOK_BYTES = 65536,
    TURN_NS = 100000000, /* of a task, before others have theirs */
    SHOW_EVERY_NS = 250000000,
    SHOW_SHARE = 10, /* results on the way take at most this part of the time */
};

struct part {
    uint32_t group;
    struct logs_position first, end;
};

struct job_task {
    struct logs_task task; /* first */
    struct query_job *job;
    struct query_worker worker;
    bool has_worker;
    struct part part; /* what is left of the one that it has */
    bool has_part;
};

struct query_job {
    struct query *query; /* a reference */
    struct query_job_settings settings;
    query_over_f *over;
    void *over_self;
    struct arena arena; /* the plan, the parts */
    const struct query_plan *plan;
    struct query_context context;
    bool planned, newest_first;
    VEC(struct part) parts;
    int64_t now_ms;
    atomic_size_t next_part;
    struct job_task tasks[TASKS_MAX];
    atomic_uint active;
    /* Under the mutex: */
    struct mutex *mutex;
    struct query_run run;
    bool failed;
    struct str why; /* in why_room, or the run's */
    char why_room[512];
    atomic_int_fast64_t show_at_ns;
};

/* ---- shown results ---- */

struct query_shown *query_shown_ref(struct query_shown *shown)
{
    if (shown)
        atomic_fetch_add(&shown->refs, 1);
    return shown;
}

void query_shown_unref(struct query_shown **shown)
{
    struct query_shown *last = *shown;
    *shown = NULL;
    if (!last || atomic_fetch_sub(&last->refs, 1) != 1)
        return;
    query_results_fini(&last->results);
    free(last);
}

static void show(struct query *query, struct query_results *results)
{
    struct query_shown *shown = calloc(1, sizeof(*shown));
    assert(shown);
    atomic_init(&shown->refs, 1);
    shown->results = *results;
    mutex_lock(query->mutex);
    struct query_shown *former = query->shown;
    query->shown = shown;
    mutex_unlock(query->mutex);
    query_shown_unref(&former);
}

/* ---- queries ---- */

struct query *query_ref(struct query *query)
{
    atomic_fetch_add(&query->refs, 1);
    return query;
}

void query_unref(struct query **query)
{
    struct query *last = *query;
    *query = NULL;
    if (!last || atomic_fetch_sub(&last->refs, 1) != 1)
        return;
    query_shown_unref(&last->shown);
    mutex_free(&last->mutex);
    arena_fini(&last->arena);
    free(last);
}

bool query_is_over(enum query_status status)
{
    return status != QUERY_STATUS_SCHEDULED && status != QUERY_STATUS_RUNNING;
}

/* ---- parts ---- */

static void job_fail(struct query_job *job, struct str why)
{
    mutex_lock(job->mutex);
    if (!job->failed) {
        size_t len = why.len < sizeof(job->why_room) ? why.len : sizeof(job->why_room);
        if (len)
            memcpy(job->why_room, why.ptr, len);
        job->why = str_of(job->why_room, len);
        job->failed = true;
    }
    mutex_unlock(job->mutex);
}

/* The event at one end of a range. */
static bool outermost(struct query_job *job, struct store_reader *reader, const struct part *part,
                      enum store_direction direction, struct logs_position *ret)
{
    struct arena arena = { 0 };
    struct fault fault = { 0 };
    struct logs_scan *scan;
    struct logs_scanned scanned;
    struct logs_scan_query range = {
        .first = part->first, .end = part->end, .direction = direction, .now_ms = job->now_ms
    };
    bool found = false;
    if (logs_scan_open(reader, &arena, &job->query->groups[part->group], &range, &scan, &fault)) {
        found = logs_scan_next(scan, &scanned);
        if (found)
            *ret = scanned.at;
        found = logs_scan_close(&scan) == ERR_OK && found;
    }
    arena_fini(&arena);
    return found;
}

static void add_cuts(struct query_job *job, const struct part *whole, const struct logs_position *cuts,
                     size_t count)
{
    struct part part = { whole->group, whole->first, whole->end };
    for (size_t i = 0; i < count; i++) {
        if (logs_position_compare(cuts[i], part.first) <= 0 || logs_position_compare(cuts[i], part.end) >= 0)
            continue;
        struct part before = { whole->group, part.first, cuts[i] };
        VEC_PUSH(&job->arena, &job->parts, before);
        part.first = cuts[i];
    }
    VEC_PUSH(&job->arena, &job->parts, part);
}

/* Where the log room cannot say where as many bytes lie, the time between the first and the last event is cut
 * evenly. */
static void cut_group(struct query_job *job, struct store_reader *reader, const struct part *whole)
{
    size_t parts_max = (size_t)job->settings.threads * PARTS_PER_TASK;
    struct logs_position *cuts = ARENA_ARRAY(&job->arena, struct logs_position, parts_max), first, last;
    size_t count = logs_scan_cut(reader, &job->arena, &job->query->groups[whole->group], whole->first,
                                 whole->end, parts_max, cuts);
    if (count == 0 && parts_max > 1 && outermost(job, reader, whole, STORE_UP, &first) &&
        outermost(job, reader, whole, STORE_DOWN, &last)) {
        uint64_t span = (uint64_t)last.timestamp_ms - (uint64_t)first.timestamp_ms;
        for (size_t i = 1; i < parts_max && span >= parts_max; i++)
            cuts[count++] = (struct logs_position){ first.timestamp_ms + (int64_t)(span / parts_max * i), 0 };
    }
    add_cuts(job, whole, cuts, count);
}

static void reverse_parts(struct query_job *job)
{
    for (size_t i = 0, j = job->parts.len; i + 1 < j; i++) {
        struct part part = job->parts.at[i];
        job->parts.at[i] = job->parts.at[--j];
        job->parts.at[j] = part;
    }
}

static struct str pointer(void *self, struct arena *arena, const struct query_origin *origin)
{
    struct query_job *job = self;
    struct logs_position at = { origin->timestamp_ms, origin->sequence };
    return logs_event_id(arena, &job->query->groups[origin->group], at);
}

static bool is_unwanted(struct query *query)
{
    return atomic_load_explicit(&query->cancelled, memory_order_relaxed) ||
           atomic_load_explicit(&query->closing, memory_order_relaxed);
}

/* Nobody wants it any more, or its time is over. With or without the job's mutex. */
static bool stops(void *self)
{
    const struct query_job *job = self;
    return is_unwanted(job->query) || clock_monotonic_ns() - job->query->began_ns > job->settings.run_ns_max;
}

/* Compiles, cuts. */
static bool job_plan(struct query_job *job)
{
    struct query *query = job->query;
    struct query_error error;
    if (!query_compile(&job->arena, query->text, query->limit, &job->plan, &error)) {
        job_fail(job, error.message);
        return false;
    }
    job->now_ms = clock_now_ms();
    job->newest_first = job->plan->of_events;
    job->context = (struct query_context){ .plan = job->plan,
                                           .groups = query->logs,
                                           .pointer = pointer,
                                           .stops = stops,
                                           .self = job,
                                           .now_ms = job->now_ms };
    query_run_init(&job->run, &job->context, job->settings.bytes_max);
    job->planned = true;
    struct store_reader *reader = store_snapshot(job->settings.store);
    for (uint32_t i = 0; i < query->group_count; i++) {
        struct part whole = { i, { query->first_ms, 0 }, { query->last_ms, UINT64_MAX } };
        cut_group(job, reader, &whole);
    }
    store_snapshot_release(&reader);
    if (job->newest_first)
        reverse_parts(job);
    return true;
}

/* ---- events ---- */

/* Whether the work is to end early. */
static bool job_stops(struct query_job *job)
{
    if (stops(job))
        return true;
    mutex_lock(job->mutex);
    bool failed = job->failed || !str_empty(job->run.failed);
    mutex_unlock(job->mutex);
    return failed;
}

/* Hands in what the worker has, and shows what is found so far. */
static void show_progress(struct query_job *job, struct query_worker *worker)
{
    int64_t now = clock_monotonic_ns(), due = atomic_load(&job->show_at_ns);
    if (now < due || !atomic_compare_exchange_strong(&job->show_at_ns, &due, INT64_MAX))
        return;
    struct query_results results;
    mutex_lock(job->mutex);
    query_run_merge(&job->run, worker);
    bool good = query_run_results(&job->run, job->settings.results_bytes_max, &results);
    mutex_unlock(job->mutex);
    if (good)
        show(job->query, &results);
    int64_t cost = (clock_monotonic_ns() - now) * SHOW_SHARE;
    atomic_store(&job->show_at_ns, clock_monotonic_ns() + (cost > SHOW_EVERY_NS ? cost : SHOW_EVERY_NS));
}

struct seen {
    uint64_t events, bytes, matched, skipped, skipped_bytes;
};

static void add(atomic_uint_fast64_t *to, uint64_t now, uint64_t counted)
{
    atomic_fetch_add_explicit(to, now - counted, memory_order_relaxed);
}

static void count_seen(struct query *query, struct seen *counted, const struct logs_scan *scan,
                       const struct query_worker *worker)
{
    struct logs_scan_stats stats;
    logs_scan_look(scan, &stats);
    struct seen now = { stats.events + stats.searched_events, stats.bytes + stats.searched_bytes,
                        worker->matched, stats.passed_events, stats.passed_bytes };
    add(&query->scanned, now.events, counted->events);
    add(&query->bytes, now.bytes, counted->bytes);
    add(&query->matched, now.matched, counted->matched);
    add(&query->skipped, now.skipped, counted->skipped);
    add(&query->skipped_bytes, now.skipped_bytes, counted->skipped_bytes);
    *counted = now;
}

/* Up to the scan's end, or for as long as a turn lasts: then the part goes on from there. False: the work ends. */
static bool scan_events(struct query_job *job, struct job_task *task, struct logs_scan *scan,
                        int64_t stop_at_ns)
{
    struct seen counted = { .matched = task->worker.matched };
    struct part *part = &task->part;
    struct logs_scanned scanned;
    size_t events = 0, bytes = 0;
    bool going = true;
    task->has_part = false;
    while (going && !task->has_part && logs_scan_next(scan, &scanned)) {
        struct query_event event = {
            .origin = { scanned.at.timestamp_ms, scanned.at.sequence, part->group },
            .ingested_ms = scanned.ingested_ms,
            .stream = scanned.stream,
            .message = scanned.message,
        };
        going = query_worker_event(&task->worker, &event) && !is_unwanted(job->query);
        bytes += scanned.message.len;
        if (++events < LOOK_EVERY && bytes < LOOK_BYTES)
            continue;
        events = bytes = 0;
        count_seen(job->query, &counted, scan, &task->worker);
        task->has_part = clock_monotonic_ns() >= stop_at_ns;
        if (job->newest_first)
            part->end = scanned.at;
        else
            part->first = (struct logs_position){ scanned.at.timestamp_ms, scanned.at.sequence + 1 };
    }
    count_seen(job->query, &counted, scan, &task->worker);
    if (!task->has_part && logs_scan_stopped(scan, job->newest_first ? &part->end : &part->first))
        task->has_part = true;
    return going;
}

/* One turn: a piece of the task's part. False: the work ends. */
static bool scan_part(struct query_job *job, struct job_task *task)
{
    struct arena arena = { 0 };
    struct fault fault = { 0 };
    struct logs_scan *scan;
    struct logs_scan_query range = { .first = task->part.first,
                                     .end = task->part.end,
                                     .direction = job->newest_first ? STORE_DOWN : STORE_UP,
                                     .needles = job->plan->needles,
                                     .needle_count = job->plan->needle_count,
                                     .now_ms = job->now_ms,
                                     .stop_at_ns = clock_monotonic_ns() + TURN_NS };
    struct store_reader *reader = store_snapshot(job->settings.store);
    bool going = logs_scan_open(reader, &arena, &job->query->groups[task->part.group], &range, &scan, &fault);
    if (going) {
        going = scan_events(job, task, scan, range.stop_at_ns);
        enum err err = logs_scan_close(&scan);
        if (err != ERR_OK) {
            (void)fault_set(&fault, &arena, FAULT_INTERNAL, "The store cannot be read: %s.", err_text(err));
            going = false;
        }
    }
    if (fault.code != FAULT_NONE)
        job_fail(job, fault.text);
    store_snapshot_release(&reader);
    arena_fini(&arena);
    if (going)
        show_progress(job, &task->worker);
    return going;
}

/* ---- the end ---- */

static enum query_status final_status(struct query_job *job, struct str *ret_reason)
{
    struct query *query = job->query;
    *ret_reason = STR_EMPTY;
    if (atomic_load(&query->cancelled))
        return QUERY_STATUS_CANCELLED;
    if (job->failed)
        *ret_reason = job->why;
    else if (!str_empty(job->run.failed))
        *ret_reason = job->run.failed;
    else if (atomic_load(&query->closing))
        *ret_reason = STR("The server is being stopped.");
    if (!str_empty(*ret_reason))
        return QUERY_STATUS_FAILED;
    if (clock_monotonic_ns() - query->began_ns > job->settings.run_ns_max) {
        *ret_reason = STR("The query ran for as long as a query may.");
        return QUERY_STATUS_TIMEOUT;
    }
    return QUERY_STATUS_COMPLETE;
}

static void job_free(struct query_job *job)
{
    if (job->planned)
        query_run_fini(&job->run);
    mutex_free(&job->mutex);
    arena_fini(&job->arena);
    free(job);
}

/* By the task that ends last. */
static void job_end(struct query_job *job)
{
    struct query *query = job->query;
    struct query_results results;
    struct str reason;
    if (job->planned && !job->failed && str_empty(job->run.failed) &&
        query_run_results(&job->run, job->settings.results_bytes_max, &results))
        show(query, &results);
    enum query_status status = final_status(job, &reason);
    mutex_lock(query->mutex);
    size_t len = reason.len < sizeof(query->reason_room) ? reason.len : sizeof(query->reason_room);
    if (len)
        memcpy(query->reason_room, reason.ptr, len);
    query->reason = str_of(query->reason_room, len);
    query->ended_ns = clock_monotonic_ns();
    struct query_shown *gone = status == QUERY_STATUS_FAILED ? query->shown : NULL;
    if (gone)
        query->shown = NULL;
    size_t bytes = query->shown ? query->shown->results.text.cap : 0;
    query->status = status;
    mutex_unlock(query->mutex);
    query_shown_unref(&gone);
    job->over(job->over_self, query, bytes);
    job_free(job);
    query_unref(&query);
}

static void task_end(struct job_task *task)
{
    struct query_job *job = task->job;
    if (task->has_worker) {
        mutex_lock(job->mutex);
        query_run_merge(&job->run, &task->worker);
        mutex_unlock(job->mutex);
        query_worker_fini(&task->worker);
        task->has_worker = false;
    }
    if (atomic_fetch_sub(&job->active, 1) == 1)
        job_end(job);
}

/* ---- tasks ---- */

static void task_run(struct logs_task *logs_task);

static void task_dropped(struct logs_task *logs_task)
{
    struct job_task *task = (struct job_task *)logs_task;
    atomic_store(&task->job->query->closing, true);
    task_end(task);
}

/* Counts as active from before it is submitted. */
static bool task_submit(struct query_job *job, struct job_task *task)
{
    task->job = job;
    task->task = (struct logs_task){ .run = task_run, .dropped = task_dropped };
    return logs_scanner_submit(job->settings.scanner, &task->task) == ERR_OK;
}

/* More tasks, as many as there are parts for. */
static void ask_for_more(struct query_job *job)
{
    for (unsigned i = 1; i < job->settings.threads && i < TASKS_MAX && i < job->parts.len; i++) {
        atomic_fetch_add(&job->active, 1);
        if (!task_submit(job, &job->tasks[i])) {
            atomic_fetch_sub(&job->active, 1); /* this task is active: it is not the last */
            return;
        }
    }
}

static bool next_part(struct query_job *job, struct job_task *task)
{
    size_t next = atomic_fetch_add(&job->next_part, 1);
    if (next >= job->parts.len)
        return false;
    task->part = job->parts.at[next];
    task->has_part = true;
    return true;
}

static void task_run(struct logs_task *logs_task)
{
    struct job_task *task = (struct job_task *)logs_task;
    struct query_job *job = task->job;
    struct query *query = job->query;
    if (!job->planned) {
        mutex_lock(query->mutex);
        query->status = QUERY_STATUS_RUNNING;
        query->began_ns = clock_monotonic_ns();
        mutex_unlock(query->mutex);
        atomic_store(&job->show_at_ns, query->began_ns + SHOW_EVERY_NS);
        if (!job_plan(job)) {
            task_end(task);
            return;
        }
        ask_for_more(job);
    }
    if (!task->has_worker) {
        query_worker_init(&task->worker, &job->run);
        task->has_worker = true;
    }
    do {
        if (job_stops(job) || (!task->has_part && !next_part(job, task)) || !scan_part(job, task)) {
            task_end(task);
            return;
        }
    } while (!task_submit(job, task)); /* others come in between */
}

bool query_job_begin(struct query *query, const struct query_job_settings *settings, query_over_f *over,
                     void *self)
{
    struct query_job *job = calloc(1, sizeof(*job));
    assert(job);
    job->query = query_ref(query);
    job->settings = *settings;
    job->over = over;
    job->over_self = self;
    job->mutex = mutex_new();
    atomic_init(&job->active, 1);
    if (task_submit(job, &job->tasks[0]))
        return true;
    mutex_lock(query->mutex);
    query->began_ns = clock_monotonic_ns();
    mutex_unlock(query->mutex);
    job_fail(job, STR("The server has no room for another query now."));
    task_end(&job->tasks[0]);
    return false;
}
