/* cli_logs_export.c - crema logs export: the events of a group into files. */
#include "cli/cli_logs.h"

#include "io/file.h"

#include <stdio.h>

struct export
{
    struct logs_job *job;
    struct gzip_writer *file;
    struct buf manifest; /* of the files, as JSON */
    struct json_writer json;
    unsigned files;
    uint64_t events, file_events;
    int64_t first_ms, last_ms; /* of the file */
    struct buf line;
};

static const char *path_of(struct export *export, const char *name)
{
    return arena_cstr(&export->job->arena,
                      arena_printf(&export->job->arena, "%.*s/%s", STR_ARG(export->job->folder), name));
}

static const char *file_name(struct export *export)
{
    return arena_cstr(&export->job->arena, arena_printf(&export->job->arena, "%06u.jsonl.gz", export->files));
}

/* What was written is read once more, and counted. */
static bool file_check(struct export *export, const char *path)
{
    struct logs_lines lines;
    struct logs_line line;
    uint64_t count = 0;
    bool any = true;
    bool good = logs_lines_open(&lines, export->job, path);
    while (good && any) {
        good = logs_lines_next(&lines, export->job, &line, &any);
        count += good && any;
    }
    logs_lines_close(&lines);
    return good && (count == export->file_events ||
                    logs_failed(export->job, "a file does not hold what was written"));
}

static bool file_end(struct export *export)
{
    struct diag diag;
    if (!export->file)
        return true;
    const char *name = file_name(export);
    if (gzip_finish(&export->file, true, &diag))
        return logs_failed(export->job, diag.text);
    if (!file_check(export, path_of(export, name)))
        return false;
    json_begin_object(&export->json);
    json_put_member_str(&export->json, STR("name"), str_from(name));
    json_put_member_i64(&export->json, STR("events"), (int64_t) export->file_events);
    json_put_member_i64(&export->json, STR("first"), export->first_ms);
    json_put_member_i64(&export->json, STR("last"), export->last_ms);
    json_end_object(&export->json);
    export->files++;
    export->file_events = 0;
    return true;
}

static bool write_event(struct export *export, const struct logs_line *event)
{
    struct diag diag;
    struct json_writer json;
    if (!export->file && gzip_create(path_of(export, file_name(export)), &export->file, &diag))
        return logs_failed(export->job, diag.text);
    buf_clear(&export->line);
    json_writer_init(&json, &export->line);
    json_begin_object(&json);
    json_put_member_i64(&json, STR("timestamp"), event->timestamp_ms);
    json_put_member_i64(&json, STR("ingestionTime"), event->ingested_ms);
    json_put_member_str(&json, STR("stream"), event->stream);
    json_put_member_str(&json, STR("message"), event->message);
    json_end_object(&json);
    buf_add_char(&export->line, '\n');
    if (gzip_write(export->file, buf_str(&export->line), &diag))
        return logs_failed(export->job, diag.text);
    if (export->file_events++ == 0)
        export->first_ms = event->timestamp_ms;
    export->last_ms = event->timestamp_ms;
    export->events++;
    return export->file_events < LOGS_FILE_EVENTS_MAX || file_end(export);
}

static bool write_manifest(struct export *export)
{
    const struct logs_job *job = export->job;
    struct buf text;
    struct json_writer json;
    struct diag diag;
    buf_init(&text, 0);
    json_writer_init(&json, &text);
    json_begin_object(&json);
    json_put_member_str(&json, STR("format"), STR(LOGS_FORMAT));
    json_put_member_str(&json, STR("group"), job->group);
    json_put_member_i64(&json, STR("from"), job->from_ms);
    json_put_member_i64(&json, STR("to"), job->to_ms);
    json_put_member_i64(&json, STR("events"), (int64_t) export->events);
    json_key(&json, STR("files"));
    json_put_raw(&json, buf_str(&export->manifest));
    json_end_object(&json);
    buf_add_char(&text, '\n');
    bool good =
        !file_replace(path_of(export, "export.json"), buf_str(&text), &diag) || logs_failed(job, diag.text);
    buf_fini(&text);
    return good;
}

static bool write_all(struct export *export)
{
    struct logs_pages pages;
    bool good = true;
    logs_pages_init(&pages, export->job);
    while (good && (good = logs_pages_ready(&pages)) && !pages.over) {
        struct logs_line event = logs_pages_peek(&pages);
        good = write_event(export, &event);
        pages.at++;
        logs_progress(export->job, export->events, event.timestamp_ms);
    }
    logs_pages_fini(&pages);
    return good && file_end(export);
}

int logs_export_run(struct logs_job *job)
{
    struct export export = { .job = job };
    struct diag diag;
    bool good = true;
    buf_init(&export.manifest, 0);
    buf_init(&export.line, 0);
    json_writer_init(&export.json, &export.manifest);
    json_begin_array(&export.json);
    if (file_exists(path_of(&export, "export.json")))
        good = logs_failed(job, "the folder holds an export already; give another one");
    else if (folder_make(arena_cstr(&job->arena, job->folder), &diag))
        good = logs_failed(job, diag.text);
    good = good && write_all(&export);
    json_end_array(&export.json);
    good = good && write_manifest(&export);
    gzip_abandon(&export.file);
    buf_fini(&export.manifest);
    buf_fini(&export.line);
    if (good)
        printf("exported %llu events of %.*s to %.*s, in %u files\n", (unsigned long long)export.events,
               STR_ARG(job->group), STR_ARG(job->folder), export.files);
    return good ? 0 : 1;
}
