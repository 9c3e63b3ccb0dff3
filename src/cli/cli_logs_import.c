/* cli_logs_import.c - crema logs import: the events of an export into a group.
 *
 * Both the files and the group are gone through in the order of time, side by side. Of the events of one millisecond,
 * those that the group has are not written again: what is the same in stream, times and message is one, and of several
 * alike as many are written as are missing. So an import that was broken off goes on where it was.
 */
#include "cli/cli_logs.h"

#include "base/map.h"
#include "base/vec.h"
#include "io/file.h"

#include <stdio.h>

enum { BATCH_EVENTS_MAX = 5000, BATCH_BYTES_MAX = 900000, MANIFEST_BYTES_MAX = 64 << 20 };

/* Events of one millisecond, told apart by a hash; texts in an arena of their own. */
struct moment {
    struct arena arena;
    VEC(struct logs_line) events;
    VEC(uint64_t) hashes;
    VEC(bool) taken;
};

struct import {
    struct logs_job *job;
    struct json manifest;
    struct logs_pages pages; /* of the group */
    struct moment there, wanted;
    struct buf body; /* the request being built */
    struct json_writer json;
    size_t batch_events, batch_bytes;
    uint64_t read, imported, present, expired;
};

/* ---- moments ---- */

static void moment_clear(struct moment *moment)
{
    arena_fini(&moment->arena);
    *moment = (struct moment){ 0 };
}

static void moment_add(struct moment *moment, const struct logs_line *event)
{
    struct logs_line kept = *event;
    kept.stream = arena_copy(&moment->arena, event->stream);
    kept.message = arena_copy(&moment->arena, event->message);
    uint64_t hash = hash_bytes(kept.message, hash_bytes(kept.stream, (uint64_t)kept.ingested_ms));
    VEC_PUSH(&moment->arena, &moment->events, kept);
    VEC_PUSH(&moment->arena, &moment->hashes, hash);
    VEC_PUSH(&moment->arena, &moment->taken, false);
}

/* Takes one of those that are there, beginning behind the last that was taken: their orders are mostly the same. */
static bool moment_take(struct moment *there, size_t *from, const struct logs_line *event, uint64_t hash)
{
    for (size_t i = 0; i < there->events.len; i++) {
        size_t at = (*from + i) % there->events.len;
        const struct logs_line *one = &there->events.at[at];
        if (there->taken.at[at] || there->hashes.at[at] != hash || one->ingested_ms != event->ingested_ms ||
            !str_eq(one->stream, event->stream) || !str_eq(one->message, event->message))
            continue;
        there->taken.at[at] = true;
        *from = at + 1;
        return true;
    }
    return false;
}

/* ---- writing ---- */

static bool flush(struct import *import)
{
    const struct logs_job *job = import->job;
    if (!import->batch_events)
        return true;
    json_end_array(&import->json);
    json_end_object(&import->json);
    struct arena arena = { 0 };
    struct json answer;
    struct cli_refusal refusal;
    enum cli_answer answered =
        cli_call(&job->server, "Crema.ImportLogEvents", buf_str(&import->body), &arena, &answer, &refusal);
    if (answered == CLI_ANSWERED) {
        import->imported += (uint64_t)json_get_i64(&answer, STR("Imported"));
        import->expired += (uint64_t)json_get_i64(&answer, STR("Expired"));
    } else {
        cli_call_failed(job->command, answered, &refusal);
    }
    arena_fini(&arena);
    import->batch_events = import->batch_bytes = 0;
    return answered == CLI_ANSWERED;
}

static bool write_event(struct import *import, const struct logs_line *event)
{
    size_t bytes = event->message.len + 26;
    if (import->batch_events &&
        (import->batch_events == BATCH_EVENTS_MAX || import->batch_bytes + bytes > BATCH_BYTES_MAX) &&
        !flush(import))
        return false;
    if (!import->batch_events) {
        buf_clear(&import->body);
        json_writer_init(&import->json, &import->body);
        json_begin_object(&import->json);
        json_put_member_str(&import->json, STR("LogGroupName"), import->job->group);
        json_key(&import->json, STR("Events"));
        json_begin_array(&import->json);
    }
    json_begin_object(&import->json);
    json_put_member_str(&import->json, STR("LogStreamName"), event->stream);
    json_put_member_i64(&import->json, STR("Timestamp"), event->timestamp_ms);
    json_put_member_i64(&import->json, STR("IngestionTime"), event->ingested_ms);
    json_put_member_str(&import->json, STR("Message"), event->message);
    json_end_object(&import->json);
    import->batch_events++;
    import->batch_bytes += bytes;
    return true;
}

/* What the group has of the moment that is wanted. */
static bool look(struct import *import, int64_t timestamp_ms)
{
    moment_clear(&import->there);
    for (;;) {
        if (!logs_pages_ready(&import->pages))
            return false;
        if (import->pages.over)
            return true;
        struct logs_line event = logs_pages_peek(&import->pages);
        if (event.timestamp_ms > timestamp_ms)
            return true;
        if (event.timestamp_ms == timestamp_ms)
            moment_add(&import->there, &event);
        import->pages.at++;
    }
}

static bool write_moment(struct import *import)
{
    struct moment *wanted = &import->wanted;
    size_t from = 0;
    bool good = true;
    if (!wanted->events.len)
        return true;
    if (!look(import, wanted->events.at[0].timestamp_ms))
        return false;
    for (size_t i = 0; good && i < wanted->events.len; i++) {
        if (moment_take(&import->there, &from, &wanted->events.at[i], wanted->hashes.at[i]))
            import->present++;
        else
            good = write_event(import, &wanted->events.at[i]);
    }
    logs_progress(import->job, import->read, wanted->events.at[0].timestamp_ms);
    moment_clear(wanted);
    return good;
}

/* ---- reading ---- */

static bool take_event(struct import *import, const struct logs_line *event)
{
    struct moment *wanted = &import->wanted;
    import->read++;
    if (wanted->events.len && event->timestamp_ms < wanted->events.at[0].timestamp_ms)
        return logs_failed(import->job, "the events of the files are not in the order of time");
    if (wanted->events.len && event->timestamp_ms != wanted->events.at[0].timestamp_ms &&
        !write_moment(import))
        return false;
    moment_add(wanted, event);
    return true;
}

static bool member_i64(const struct json *object, struct str name, int64_t *ret)
{
    const struct json *value = json_get_typed(object, name, JSON_NUMBER);
    return value && json_number_i64(value->text, ret);
}

static bool read_file(struct import *import, const struct json *file)
{
    struct logs_job *job = import->job;
    struct str name = json_get_str(file, STR("name"));
    struct logs_lines lines;
    struct logs_line line;
    int64_t events = -1, count = 0;
    bool any = true;
    if (str_empty(name) || str_find_char(name, '/') != STR_NOT_FOUND ||
        !member_i64(file, STR("events"), &events))
        return logs_failed(job, "export.json does not name its files as it should");
    const char *path =
        arena_cstr(&job->arena, arena_printf(&job->arena, "%.*s/%.*s", STR_ARG(job->folder), STR_ARG(name)));
    bool good = logs_lines_open(&lines, job, path);
    while (good && any) {
        good = logs_lines_next(&lines, job, &line, &any) && (!any || take_event(import, &line));
        count += good && any;
    }
    logs_lines_close(&lines);
    return good && (count == events || logs_failed(job, "a file has not as many events as export.json says"));
}

static bool read_manifest(struct import *import)
{
    struct logs_job *job = import->job;
    struct diag diag;
    struct buf text;
    buf_init(&text, MANIFEST_BYTES_MAX);
    const char *path =
        arena_cstr(&job->arena, arena_printf(&job->arena, "%.*s/export.json", STR_ARG(job->folder)));
    bool good = !file_read_all(path, MANIFEST_BYTES_MAX, &text, &diag) || logs_failed(job, diag.text);
    if (good &&
        (json_read(&job->arena, arena_copy(&job->arena, buf_str(&text)), 0, &import->manifest, NULL) ||
         !str_eq(json_get_str(&import->manifest, STR("format")), STR(LOGS_FORMAT)) ||
         !json_get_typed(&import->manifest, STR("files"), JSON_ARRAY)))
        good = logs_failed(job, "export.json is not what 'crema logs export' writes");
    buf_fini(&text);
    return good;
}

/* Where events of the group are to be looked for: between the first and the last that are imported. */
static void find_range(struct import *import)
{
    const struct json *files = json_get_typed(&import->manifest, STR("files"), JSON_ARRAY);
    struct logs_job *job = import->job;
    if (!files->count)
        return;
    job->from_ms = json_get_i64(&files->items[0], STR("first"));
    job->to_ms = json_get_i64(&files->items[files->count - 1], STR("last"));
}

static bool make_group(struct logs_job *job)
{
    struct cli_refusal refusal;
    struct json_writer json;
    struct json answer;
    struct buf body;
    buf_init(&body, 0);
    json_writer_init(&json, &body);
    json_begin_object(&json);
    json_put_member_str(&json, STR("logGroupName"), job->group);
    json_end_object(&json);
    enum cli_answer answered = cli_call(&job->server, "Logs_20140328.CreateLogGroup", buf_str(&body),
                                        &job->arena, &answer, &refusal);
    buf_fini(&body);
    if (answered == CLI_ANSWERED ||
        (answered == CLI_REFUSED && str_eq(refusal.name, STR("ResourceAlreadyExistsException"))))
        return true;
    cli_call_failed(job->command, answered, &refusal);
    return false;
}

static bool import_all(struct import *import)
{
    struct logs_job *job = import->job;
    if (!read_manifest(import))
        return false;
    if (str_empty(job->group))
        job->group = json_get_str(&import->manifest, STR("group"));
    find_range(import);
    if (!make_group(job))
        return false;
    const struct json *files = json_get_typed(&import->manifest, STR("files"), JSON_ARRAY);
    for (uint32_t i = 0; i < files->count; i++)
        if (!read_file(import, &files->items[i]))
            return false;
    if (!write_moment(import) || !flush(import))
        return false;
    return (import->read == (uint64_t)json_get_i64(&import->manifest, STR("events")) &&
            import->imported + import->present + import->expired == import->read) ||
           logs_failed(job, "not as many events were imported as export.json says");
}

int logs_import_run(struct logs_job *job)
{
    struct import import = { .job = job };
    buf_init(&import.body, 0);
    logs_pages_init(&import.pages, job);
    bool good = import_all(&import);
    if (good)
        printf(
            "imported %llu events into %.*s; %llu were there already, %llu are past the group's retention\n",
            (unsigned long long)import.imported, STR_ARG(job->group), (unsigned long long)import.present,
            (unsigned long long)import.expired);
    moment_clear(&import.there);
    moment_clear(&import.wanted);
    logs_pages_fini(&import.pages);
    buf_fini(&import.body);
    return good ? 0 : 1;
}
