#include "logs/logs_export.h"

#include "base/vec.h"
#include "io/digest.h"
#include "io/rand.h"
#include "json/json.h"
#include "logs/logs_export_impl.h"
#include "logs/logs_room.h"

#include <assert.h>
#include <stdlib.h>

/* ---- status ---- */

static const struct str status_texts[LOGS_EXPORT_STATUSES] = {
#define X(name) [LOGS_EXPORT_##name] = { #name, sizeof(#name) - 1 },
    LOGS_EXPORT_STATUS_LIST(X)
#undef X
};

struct str logs_export_status_text(enum logs_export_status status)
{
    return status_texts[status];
}

bool logs_export_status_parse(struct str text, enum logs_export_status *ret)
{
    for (int i = 0; i < LOGS_EXPORT_STATUSES; i++) {
        if (str_eq(text, status_texts[i])) {
            *ret = (enum logs_export_status)i;
            return true;
        }
    }
    return false;
}

static bool is_over(enum logs_export_status status)
{
    return status == LOGS_EXPORT_CANCELLED || status == LOGS_EXPORT_COMPLETED || status == LOGS_EXPORT_FAILED;
}

/* ---- names ---- */

enum { NAME_BYTES_MAX = 200, NAME_DIGEST_BYTES = 16 };

void logs_export_name(struct buf *out, struct str name)
{
    size_t at = out->len;
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                     (c != '\0' && strchr("-_.+=@,()[]$#", c));
        if (plain && !(c == '.' && i == 0))
            buf_add_char(out, (char)c);
        else
            buf_printf(out, "%%%02X", c);
    }
    if (out->len - at <= NAME_BYTES_MAX)
        return;
    unsigned char digest[SHA256_BYTES];
    digest_sha256(name, digest);
    out->len = at + NAME_BYTES_MAX - 2 * NAME_DIGEST_BYTES - 1;
    buf_add_char(out, '~'); /* stands in no other name */
    for (size_t i = 0; i < NAME_DIGEST_BYTES; i++)
        buf_printf(out, "%02x", digest[i]);
}

/* ---- the record ---- */

void export_key(struct key *key, struct ns ns, int64_t created_ms, struct str id)
{
    key_begin(key, KEY_LOGS, PARTITION_ONLY, 't');
    key_text(key, ns.account);
    key_text(key, ns.region);
    key_time(key, created_ms);
    key_bytes(key, id);
}

void export_store(struct work *work, struct str key, const struct logs_export *task)
{
    struct json_writer json;
    struct buf value;
    buf_init(&value, 0);
    json_writer_init(&json, &value);
    json_begin_object(&json);
    json_put_member_str(&json, STR("id"), task->id);
    json_put_member_str(&json, STR("name"), task->name);
    json_put_member_str(&json, STR("group"), task->group);
    json_put_member_i64(&json, STR("groupId"), (int64_t)task->group_id);
    json_put_member_str(&json, STR("streamPrefix"), task->stream_prefix);
    json_put_member_str(&json, STR("destination"), task->destination);
    json_put_member_str(&json, STR("prefix"), task->prefix);
    json_put_member_i64(&json, STR("from"), task->from_ms);
    json_put_member_i64(&json, STR("to"), task->to_ms);
    json_put_member_i64(&json, STR("created"), task->created_ms);
    json_put_member_i64(&json, STR("completed"), task->completed_ms);
    json_put_member_str(&json, STR("status"), logs_export_status_text(task->status));
    json_put_member_str(&json, STR("message"), task->message);
    json_end_object(&json);
    store_put(work->batch, key, buf_str(&value));
    buf_fini(&value);
}

static enum err read_task(struct arena *arena, struct str value, struct logs_export *ret)
{
    struct json json;
    if (json_read(arena, arena_copy(arena, value), 0, &json, NULL) != ERR_OK ||
        !logs_export_status_parse(json_get_str(&json, STR("status")), &ret->status))
        return ERR_CORRUPT;
    ret->id = json_get_str(&json, STR("id"));
    ret->name = json_get_str(&json, STR("name"));
    ret->group = json_get_str(&json, STR("group"));
    ret->group_id = (uint64_t)json_get_i64(&json, STR("groupId"));
    ret->stream_prefix = json_get_str(&json, STR("streamPrefix"));
    ret->destination = json_get_str(&json, STR("destination"));
    ret->prefix = json_get_str(&json, STR("prefix"));
    ret->from_ms = json_get_i64(&json, STR("from"));
    ret->to_ms = json_get_i64(&json, STR("to"));
    ret->created_ms = json_get_i64(&json, STR("created"));
    ret->completed_ms = json_get_i64(&json, STR("completed"));
    ret->message = json_get_str(&json, STR("message"));
    return ERR_OK;
}

enum err export_load(struct store_reader *reader, struct arena *arena, struct str key,
                     struct logs_export *ret)
{
    struct str value;
    enum err err = store_get(reader, arena, key, &value);
    return err ? err : read_task(arena, value, ret);
}

bool logs_export_list(struct store_reader *reader, struct arena *arena, struct ns ns,
                      struct logs_export_list *ret, struct fault *reterr)
{
    struct key prefix, end;
    key_begin(&prefix, KEY_LOGS, PARTITION_ONLY, 't');
    key_text(&prefix, ns.account);
    key_text(&prefix, ns.region);
    key_after_prefix(key_str(&prefix), &end);
    VEC(struct logs_export) tasks = { 0 };
    struct str key, value;
    enum err err = ERR_OK;
    struct store_cursor *cursor = store_scan(reader, key_str(&prefix), key_str(&end), STORE_UP);
    while (err == ERR_OK && store_cursor_next(cursor, &key, &value)) {
        struct logs_export task;
        err = read_task(arena, value, &task);
        VEC_PUSH(arena, &tasks, task);
    }
    enum err closed = store_cursor_close(&cursor);
    if (err == ERR_OK)
        err = closed;
    if (err != ERR_OK)
        return logs_bad_store(reterr, arena, err);
    ret->tasks = tasks.at;
    ret->count = tasks.len;
    return true;
}

/* ---- create, cancel ---- */

#define NO_BUCKET "The given bucket does not exist. Please make sure the bucket is valid."

static bool bucket_valid(struct str name)
{
    if (name.len < 3 || name.len > 63)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool edge = i == 0 || i == name.len - 1;
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (!edge && (c == '-' || c == '.'))))
            return false;
    }
    return str_find(name, STR("..")) == STR_NOT_FOUND;
}

static bool refuse(struct fault *reterr, struct arena *arena, const char *text)
{
    return fault_set(reterr, arena, FAULT_INVALID_PARAMETER, "%s", text);
}

static bool check_wanted(const struct logs_exporter *exporter, struct arena *arena,
                         const struct logs_export *wanted, struct fault *reterr)
{
    if (!bucket_valid(wanted->destination))
        return refuse(reterr, arena, NO_BUCKET);
    if (!exporter->settings.folder)
        return refuse(reterr, arena,
                      NO_BUCKET " The server has no folder for exports: see its setting export_folder.");
    if (wanted->prefix.len > 1024)
        return refuse(reterr, arena, "destinationPrefix has more than 1024 bytes.");
    if (wanted->from_ms > wanted->to_ms)
        return refuse(reterr, arena, "The start time 'from' is after the end time 'to'.");
    return true;
}

/* What is over and older than the newest of those kept goes. */
static void forget_old(struct work *work, struct ns ns, const struct logs_export_list *list)
{
    size_t over = list->count >= LOGS_EXPORTS_KEPT_MAX ? list->count - LOGS_EXPORTS_KEPT_MAX + 1 : 0;
    for (size_t i = 0; i < list->count && over; i++, over--) {
        struct key key;
        export_key(&key, ns, list->tasks[i].created_ms, list->tasks[i].id);
        store_delete(work->batch, key_str(&key));
    }
}

bool logs_export_create(struct logs_exporter *exporter, struct work *work, struct ns ns,
                        const struct logs_export *wanted, struct str *ret_id, struct fault *reterr)
{
    struct logs_group group;
    struct logs_export_list list;
    if (!check_wanted(exporter, work->arena, wanted, reterr) ||
        !logs_group_get(work->reader, work->arena, ns, wanted->group, &group, reterr) ||
        !logs_export_list(work->reader, work->arena, ns, &list, reterr))
        return false;
    if (wanted->to_ms < group.created_ms)
        return refuse(reterr, work->arena, "The end time 'to' is before the creation of the log group.");
    for (size_t i = 0; i < list.count; i++)
        if (!is_over(list.tasks[i].status))
            return fault_set(reterr, work->arena, FAULT_LIMIT_EXCEEDED, "Resource limit exceeded.");
    forget_old(work, ns, &list);
    char id[UUID_TEXT_BYTES];
    uuid_random(id);
    struct logs_export task = *wanted;
    task.id = arena_copy(work->arena, str_of(id, sizeof(id)));
    task.status = LOGS_EXPORT_PENDING;
    task.created_ms = work->now_ms;
    task.completed_ms = 0;
    task.message = STR_EMPTY;
    task.group_id = group.id;
    struct key key;
    export_key(&key, ns, task.created_ms, task.id);
    export_store(work, key_str(&key), &task);
    exporter->wanted = true;
    *ret_id = task.id;
    return true;
}

bool logs_export_cancel(struct work *work, struct ns ns, struct str id, struct fault *reterr)
{
    struct logs_export_list list;
    if (!logs_export_list(work->reader, work->arena, ns, &list, reterr))
        return false;
    size_t at = 0;
    while (at < list.count && !str_eq(list.tasks[at].id, id))
        at++;
    if (at == list.count)
        return fault_set(reterr, work->arena, FAULT_NOT_FOUND, "The specified export task does not exist.");
    struct logs_export *task = &list.tasks[at];
    if (task->status != LOGS_EXPORT_PENDING && task->status != LOGS_EXPORT_RUNNING)
        return fault_set(reterr, work->arena, FAULT_INVALID_OPERATION,
                         "The specified export task is %.*s and cannot be cancelled.",
                         STR_ARG(logs_export_status_text(task->status)));
    task->status = LOGS_EXPORT_PENDING_CANCEL; /* whoever runs it sees that with its next slice */
    struct key key;
    export_key(&key, ns, task->created_ms, task->id);
    export_store(work, key_str(&key), task);
    return true;
}

/* ---- life ---- */

void logs_exporter_open(const struct logs_exporter_settings *settings, struct logs_exporter **ret)
{
    struct logs_exporter *exporter = calloc(1, sizeof(*exporter));
    if (!exporter)
        abort();
    exporter->settings = *settings;
    exporter->mutex = mutex_new();
    exporter->look = (struct logs_task){ .run = export_look, .dropped = export_look_dropped };
    exporter->wanted = true; /* what an earlier process has left */
    *ret = exporter;
}

void logs_exporter_close(struct logs_exporter **at)
{
    struct logs_exporter *exporter = *at;
    if (!exporter)
        return;
    *at = NULL;
    export_jobs_free(exporter);
    mutex_free(&exporter->mutex);
    free(exporter);
}

void logs_exporter_after_commit(void *self)
{
    struct logs_exporter *exporter = self;
    if (!exporter->wanted || !exporter->settings.folder)
        return;
    exporter->wanted = false;
    mutex_lock(exporter->mutex);
    exporter->look_again = exporter->looking;
    if (!exporter->looking) {
        exporter->looking = true;
        if (logs_scanner_submit(exporter->settings.scanner, &exporter->look) != ERR_OK) {
            exporter->looking = false;
            exporter->wanted = true; /* with the next commit */
        }
    }
    mutex_unlock(exporter->mutex);
}
