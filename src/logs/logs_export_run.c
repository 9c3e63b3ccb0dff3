/* logs_export_run.c - an export under way: stream after stream, a slice at a time.
 *
 * A job is with one scanner's thread at a time, or waits for the writer to keep how it ended. A slice reads the task's
 * record anew, so that it sees when the task is to be cancelled, and the group's, so that it sees when that is gone.
 */
#include "logs/logs_export_impl.h"

#include "base/time.h"
#include "io/clock.h"
#include "io/file.h"
#include "io/gzip.h"
#include "logs/logs_scan.h"

#include <stdlib.h>

enum {
    SLICE_NS = 50000000,
    CLOCK_EVERY = 256,
    FILE_BYTES_MAX = 256 << 20, /* before compression */
    RETRY_MS = 1000,
    PATH_BYTES_MAX = 4000,
};

struct export_job {
    struct logs_task task;
    struct command command; /* keeps the status */
    struct export_job *next;
    struct logs_exporter *exporter;
    struct arena arena; /* of the whole job */
    struct ns ns;
    struct key key;
    struct str id;
    struct logs_export record;    /* as the slice has read it: its texts end with the slice */
    struct str folder;            /* the task's */
    bool running_kept;            /* RUNNING is in the store */
    enum logs_export_status ends; /* what is to be kept */
    char message[512];
    /* where it is */
    struct arena page_arena;
    struct logs_stream_page page;
    size_t page_at;
    struct str after; /* in after_bytes: where the next page of streams begins */
    struct buf after_bytes;
    bool listed;             /* a page was read */
    struct logs_position at; /* in the stream at page_at; behind the last event that was written */
    struct gzip_writer *file;
    unsigned file_number;
    size_t file_bytes;
    uint64_t events, files;
};

/* ---- jobs ---- */

static struct export_job *job_new(struct logs_exporter *exporter, struct ns ns,
                                  const struct logs_export *task)
{
    struct export_job *job = calloc(1, sizeof(*job));
    if (!job)
        abort();
    job->exporter = exporter;
    job->ns = (struct ns){ arena_copy(&job->arena, ns.account), arena_copy(&job->arena, ns.region) };
    job->id = arena_copy(&job->arena, task->id);
    export_key(&job->key, job->ns, task->created_ms, task->id);
    buf_init(&job->after_bytes, 0);
    struct buf path;
    buf_init(&path, PATH_BYTES_MAX);
    buf_printf(&path, "%s/", exporter->settings.folder);
    logs_export_name(&path, task->destination);
    struct str rest = str_empty(task->prefix) ? STR("exportedlogs") : task->prefix, part;
    while (!str_empty(rest)) {
        str_cut(rest, '/', &part, &rest);
        if (str_empty(part))
            continue; /* a folder has no entry without a name */
        buf_add_char(&path, '/');
        logs_export_name(&path, part);
    }
    buf_add_char(&path, '/');
    logs_export_name(&path, task->id);
    job->folder = path.err ? STR_EMPTY : arena_copy(&job->arena, buf_str(&path));
    buf_fini(&path);
    return job;
}

static void job_free(struct export_job *job)
{
    gzip_abandon(&job->file);
    buf_fini(&job->after_bytes);
    arena_fini(&job->page_arena);
    arena_fini(&job->arena);
    free(job);
}

static void job_remove(struct export_job *job)
{
    struct logs_exporter *exporter = job->exporter;
    mutex_lock(exporter->mutex);
    struct export_job **at = &exporter->jobs;
    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    mutex_unlock(exporter->mutex);
    job_free(job);
}

void export_jobs_free(struct logs_exporter *exporter)
{
    while (exporter->jobs) {
        struct export_job *job = exporter->jobs;
        exporter->jobs = job->next;
        job_free(job);
    }
}

/* ---- the status ---- */

static bool keep_run(struct command *command, struct work *work)
{
    struct export_job *job = (struct export_job *)((char *)command - offsetof(struct export_job, command));
    struct logs_export task;
    if (export_load(work->reader, work->arena, key_str(&job->key), &task) != ERR_OK)
        return false;
    if (job->ends == LOGS_EXPORT_RUNNING && task.status != LOGS_EXPORT_PENDING)
        return true; /* it goes on, or is to be cancelled */
    task.status = job->ends;
    task.message = str_from(job->message);
    if (job->ends != LOGS_EXPORT_RUNNING)
        task.completed_ms = work->now_ms;
    export_store(work, key_str(&job->key), &task);
    return true;
}

static void slice(struct export_job *job);

static void run_task(struct logs_task *task)
{
    slice((struct export_job *)((char *)task - offsetof(struct export_job, task)));
}

/* The scanner is closed: the next process goes on. */
static void dropped(struct logs_task *task)
{
    (void)task;
}

/* ERR_LIMIT: not now. ERR_CLOSED: not in this process. */
static enum err go_on(struct export_job *job)
{
    job->task = (struct logs_task){ .run = run_task, .dropped = dropped };
    return logs_scanner_submit(job->exporter->settings.scanner, &job->task);
}

static void go_on_soon(struct export_job *job)
{
    while (go_on(job) == ERR_LIMIT)
        thread_sleep_ms(10);
}

static void keep_done(struct command *command, enum err committed)
{
    struct export_job *job = (struct export_job *)((char *)command - offsetof(struct export_job, command));
    if (committed == ERR_CLOSED)
        return; /* the process ends: the next one begins anew */
    bool runs = job->ends == LOGS_EXPORT_RUNNING;
    if (committed != ERR_OK || (runs && go_on(job) == ERR_LIMIT))
        writer_later(job->exporter->settings.writer, command, clock_now_ms() + RETRY_MS);
    else if (!runs)
        job_remove(job);
}

static void keep(struct export_job *job, enum logs_export_status status)
{
    job->ends = status;
    job->command = (struct command){ .run = keep_run, .done = keep_done };
    while (writer_submit(job->exporter->settings.writer, &job->command) == ERR_AGAIN)
        thread_sleep_ms(10);
}

static void fail(struct export_job *job, const char *text)
{
    gzip_abandon(&job->file);
    (void)snprintf(job->message, sizeof(job->message), "%s", text);
    keep(job, LOGS_EXPORT_FAILED);
}

/* ---- files ---- */

static enum err file_begin(struct export_job *job, struct diag *reterr)
{
    struct buf path;
    buf_init(&path, PATH_BYTES_MAX);
    buf_add(&path, job->folder);
    buf_add_char(&path, '/');
    logs_export_name(&path, job->page.streams[job->page_at].name);
    buf_add_char(&path, '\0');
    enum err err = path.err ? diag_set(reterr, ERR_LIMIT, "the path of a file would be too long") : ERR_OK;
    if (!err)
        err = folder_make(path.ptr, reterr);
    if (!err) {
        path.len--;
        buf_printf(&path, "/%06u.gz", job->file_number++);
        buf_add_char(&path, '\0');
        err = gzip_create(path.ptr, &job->file, reterr);
    }
    buf_fini(&path);
    job->file_bytes = 0;
    return err;
}

static enum err file_end(struct export_job *job, struct diag *reterr)
{
    if (!job->file)
        return ERR_OK;
    job->files++;
    return gzip_finish(&job->file, false, reterr); /* synced with all others, at the end */
}

static enum err write_event(struct export_job *job, const struct logs_scanned *event, struct diag *reterr)
{
    char time[TIME_TEXT_BYTES];
    size_t len = time_format_milliseconds(event->at.timestamp_ms, time);
    enum err err = job->file ? ERR_OK : file_begin(job, reterr);
    time[len++] = ' ';
    if (!err)
        err = gzip_write(job->file, str_of(time, len), reterr);
    if (!err)
        err = gzip_write(job->file, event->message, reterr);
    if (!err)
        err = gzip_write(job->file, STR("\n"), reterr);
    job->file_bytes += len + event->message.len + 1;
    job->events++;
    if (!err && job->file_bytes >= FILE_BYTES_MAX)
        err = file_end(job, reterr);
    return err;
}

/* ---- a slice ---- */

enum step { STEP_ON, STEP_TIME, STEP_DONE, STEP_FAILED };

/* The next page of streams is at hand, or there is none. */
static enum step next_page(struct export_job *job, struct store_reader *reader,
                           const struct logs_group *group, struct diag *reterr)
{
    struct fault fault = { 0 };
    if (job->listed && !job->page.more)
        return STEP_DONE;
    struct arena arena = { 0 };
    struct logs_stream_query query = { .prefix = job->record.stream_prefix,
                                       .after = buf_str(&job->after_bytes) };
    struct logs_stream_page page;
    if (!logs_stream_list(reader, &arena, group, &query, &page, &fault)) {
        (void)diag_set(reterr, ERR_IO, "%.*s", STR_ARG(fault.text));
        arena_fini(&arena);
        return STEP_FAILED;
    }
    arena_fini(&job->page_arena);
    job->page_arena = arena;
    job->page = page;
    job->page_at = 0;
    job->listed = true;
    buf_clear(&job->after_bytes);
    buf_add(&job->after_bytes, page.after);
    job->at = (struct logs_position){ job->record.from_ms, 0 };
    return STEP_ON;
}

/* Events of the stream, until there are no more or the time is over. */
static enum step write_stream(struct export_job *job, struct store_reader *reader,
                              const struct logs_group *group, int64_t until_ns, struct diag *reterr)
{
    struct arena arena = { 0 };
    struct fault fault = { 0 };
    struct logs_scan *scan;
    struct str stream = job->page.streams[job->page_at].name;
    struct logs_scan_query query = {
        .first = job->at,
        .end = { job->record.to_ms < INT64_MAX ? job->record.to_ms + 1 : INT64_MAX, 0 },
        .direction = STORE_UP,
        .streams = &stream,
        .stream_count = 1,
        .now_ms = clock_now_ms()
    };
    enum step step = STEP_ON;
    if (!logs_scan_open(reader, &arena, group, &query, &scan, &fault)) {
        if (fault.code != FAULT_NOT_FOUND) { /* the stream may be gone */
            (void)diag_set(reterr, ERR_IO, "%.*s", STR_ARG(fault.text));
            step = STEP_FAILED;
        }
        arena_fini(&arena);
        return step;
    }
    struct logs_scanned event;
    for (unsigned i = 1; step == STEP_ON && logs_scan_next(scan, &event); i++) {
        if (write_event(job, &event, reterr))
            step = STEP_FAILED;
        job->at = (struct logs_position){ event.at.timestamp_ms, event.at.sequence + 1 };
        if (step == STEP_ON && i % CLOCK_EVERY == 0 && clock_monotonic_ns() > until_ns)
            step = STEP_TIME;
    }
    enum err err = logs_scan_close(&scan);
    if (err && step != STEP_FAILED) {
        (void)diag_set(reterr, err, "the log store cannot be read: %s", err_text(err));
        step = STEP_FAILED;
    }
    arena_fini(&arena);
    return step;
}

static enum step write_slice(struct export_job *job, struct store_reader *reader,
                             const struct logs_group *group, struct diag *reterr)
{
    int64_t until_ns = clock_monotonic_ns() + SLICE_NS;
    for (;;) {
        if (!job->listed || job->page_at == job->page.count) {
            enum step step = next_page(job, reader, group, reterr);
            if (step != STEP_ON)
                return step;
            continue;
        }
        enum step step = write_stream(job, reader, group, until_ns, reterr);
        if (step != STEP_ON)
            return step;
        if (file_end(job, reterr))
            return STEP_FAILED;
        job->file_number = 0;
        job->at = (struct logs_position){ job->record.from_ms, 0 };
        job->page_at++;
        if (clock_monotonic_ns() > until_ns)
            return STEP_TIME;
    }
}

static void complete(struct export_job *job)
{
    struct diag diag;
    const char *folder = arena_cstr(&job->arena, job->folder);
    enum err err = folder_make(folder, &diag);
    if (!err)
        err = disk_sync(folder, &diag);
    if (err) {
        fail(job, diag.text);
        return;
    }
    (void)snprintf(job->message, sizeof(job->message), "Completed successfully: %llu events in %llu files",
                   (unsigned long long)job->events, (unsigned long long)job->files);
    keep(job, LOGS_EXPORT_COMPLETED);
}

static void slice(struct export_job *job)
{
    struct arena arena = { 0 };
    struct diag diag = { { 0 } };
    struct fault fault = { 0 };
    struct logs_group group;
    struct store_reader *reader = store_snapshot(job->exporter->settings.store);
    enum step step = STEP_FAILED;
    bool cancelled = false, begins = false, over = false;
    if (export_load(reader, &arena, key_str(&job->key), &job->record) != ERR_OK) {
        (void)diag_set(&diag, ERR_NOTFOUND, "the task's record cannot be read");
    } else if (job->record.status == LOGS_EXPORT_PENDING_CANCEL) {
        cancelled = true;
    } else if (job->record.status == LOGS_EXPORT_PENDING) {
        begins = true;
    } else if (job->record.status != LOGS_EXPORT_RUNNING) {
        over = true; /* it ended between the look that found it and now */
    } else if (str_empty(job->folder)) {
        (void)diag_set(&diag, ERR_LIMIT, "the path of the task's folder would be too long");
    } else if (!logs_group_get(reader, &arena, job->ns, job->record.group, &group, &fault) ||
               group.id != job->record.group_id) {
        (void)diag_set(&diag, ERR_NOTFOUND, "The log group was deleted.");
    } else {
        step = write_slice(job, reader, &group, &diag);
    }
    store_snapshot_release(&reader);
    if (over) {
        job_remove(job);
    } else if (begins) {
        keep(job, LOGS_EXPORT_RUNNING);
    } else if (cancelled) {
        gzip_abandon(&job->file);
        keep(job, LOGS_EXPORT_CANCELLED);
    } else if (step == STEP_TIME) {
        go_on_soon(job);
    } else if (step == STEP_DONE) {
        complete(job);
    } else {
        fail(job, diag.text);
    }
    arena_fini(&arena);
}

/* ---- which are to be begun ---- */

static bool is_under_way(const struct logs_exporter *exporter, struct str id)
{
    const struct export_job *job = exporter->jobs;
    while (job && !str_eq(job->id, id))
        job = job->next;
    return job != NULL;
}

static void begin_all(struct logs_exporter *exporter)
{
    struct arena arena = { 0 };
    struct key prefix, end;
    struct str key, value;
    struct store_reader *reader = store_snapshot(exporter->settings.store);
    key_begin(&prefix, KEY_LOGS, PARTITION_ONLY, 't');
    key_after_prefix(key_str(&prefix), &end);
    struct store_cursor *cursor = store_scan(reader, key_str(&prefix), key_str(&end), STORE_UP);
    while (store_cursor_next(cursor, &key, &value)) {
        struct logs_export task;
        struct ns ns;
        struct str rest = str_from_offset(key, KEY_HEAD_BYTES);
        if (!key_read_text(&arena, &rest, &ns.account) || !key_read_text(&arena, &rest, &ns.region) ||
            export_load(reader, &arena, key, &task) != ERR_OK ||
            (task.status != LOGS_EXPORT_PENDING && task.status != LOGS_EXPORT_RUNNING &&
             task.status != LOGS_EXPORT_PENDING_CANCEL))
            continue;
        struct export_job *job = NULL;
        mutex_lock(exporter->mutex);
        if (!is_under_way(exporter, task.id)) {
            job = job_new(exporter, ns, &task);
            job->next = exporter->jobs;
            exporter->jobs = job;
        }
        mutex_unlock(exporter->mutex);
        if (job)
            go_on_soon(job);
    }
    (void)store_cursor_close(&cursor);
    store_snapshot_release(&reader);
    arena_fini(&arena);
}

void export_look(struct logs_task *task)
{
    struct logs_exporter *exporter =
        (struct logs_exporter *)((char *)task - offsetof(struct logs_exporter, look));
    for (bool again = true; again;) {
        begin_all(exporter);
        mutex_lock(exporter->mutex);
        again = exporter->look_again;
        exporter->look_again = false;
        exporter->looking = again;
        mutex_unlock(exporter->mutex);
    }
}

void export_look_dropped(struct logs_task *task)
{
    (void)task;
}
