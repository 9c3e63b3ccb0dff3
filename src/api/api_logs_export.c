/* api_logs_export.c - export tasks. */
#include "api/operations.h"
#include "api/token.h"
#include "logs/logs_export.h"

static struct str in_str(const struct op_call *call, struct str name)
{
    return json_get_str(call->input, name);
}

/* A fault of the writer's thread may have its text in the command's arena. */
static bool done(struct op_call *call, bool ok)
{
    if (!ok)
        call->fault.text = arena_copy(call->arena, call->fault.text);
    return ok;
}

void op_logs_create_export_task(struct op_call *call)
{
    struct logs_export wanted = {
        .name = in_str(call, STR("taskName")),
        .group = in_str(call, STR("logGroupName")),
        .stream_prefix = in_str(call, STR("logStreamNamePrefix")),
        .destination = in_str(call, STR("destination")),
        .prefix = in_str(call, STR("destinationPrefix")),
        .from_ms = json_get_i64(call->input, STR("from")),
        .to_ms = json_get_i64(call->input, STR("to")),
    };
    struct str id;
    if (!done(call,
              logs_export_create(call->rooms->exporter, call->work, call->ns, &wanted, &id, &call->fault)))
        return;
    json_begin_object(call->out);
    json_put_member_str(call->out, STR("taskId"), id);
    json_end_object(call->out);
}

void op_logs_cancel_export_task(struct op_call *call)
{
    (void)done(call, logs_export_cancel(call->work, call->ns, in_str(call, STR("taskId")), &call->fault));
}

static void out_task(struct json_writer *out, const struct logs_export *task)
{
    json_begin_object(out);
    json_put_member_str(out, STR("taskId"), task->id);
    if (!str_empty(task->name))
        json_put_member_str(out, STR("taskName"), task->name);
    json_put_member_str(out, STR("logGroupName"), task->group);
    json_put_member_i64(out, STR("from"), task->from_ms);
    json_put_member_i64(out, STR("to"), task->to_ms);
    json_put_member_str(out, STR("destination"), task->destination);
    json_put_member_str(out, STR("destinationPrefix"),
                        str_empty(task->prefix) ? STR("exportedlogs") : task->prefix);
    json_key(out, STR("status"));
    json_begin_object(out);
    json_put_member_str(out, STR("code"), logs_export_status_text(task->status));
    if (!str_empty(task->message))
        json_put_member_str(out, STR("message"), task->message);
    json_end_object(out);
    json_key(out, STR("executionInfo"));
    json_begin_object(out);
    json_put_member_i64(out, STR("creationTime"), task->created_ms);
    if (task->completed_ms)
        json_put_member_i64(out, STR("completionTime"), task->completed_ms);
    json_end_object(out);
    json_end_object(out);
}

void op_logs_describe_export_tasks(struct op_call *call)
{
    struct logs_export_list list;
    struct str id = in_str(call, STR("taskId")), token = in_str(call, STR("nextToken")), after = STR_EMPTY;
    enum logs_export_status status;
    bool has_status = logs_export_status_parse(in_str(call, STR("statusCode")), &status);
    int64_t limit = json_get_i64(call->input, STR("limit"));
    if (!str_empty(token) && !token_read(call, token, &after)) {
        fault_set(&call->fault, call->arena, FAULT_INVALID_PARAMETER, "The specified nextToken is invalid.");
        return;
    }
    if (!logs_export_list(call->reader, call->arena, call->ns, &list, &call->fault))
        return;
    size_t at = 0;
    while (at < list.count && !str_empty(after) && !str_eq(list.tasks[at].id, after))
        at++;
    if (!str_empty(after) && at < list.count)
        at++;
    json_begin_object(call->out);
    json_key(call->out, STR("exportTasks"));
    json_begin_array(call->out);
    int64_t given = 0;
    struct str last = STR_EMPTY;
    bool more = false;
    for (; at < list.count && !more; at++) {
        const struct logs_export *task = &list.tasks[at];
        if ((!str_empty(id) && !str_eq(task->id, id)) || (has_status && task->status != status))
            continue;
        more = given == (limit ? limit : LOGS_LIST_MAX);
        if (more)
            break;
        out_task(call->out, task);
        last = task->id;
        given++;
    }
    json_end_array(call->out);
    if (more)
        json_put_member_str(call->out, STR("nextToken"), token_write(call, last));
    json_end_object(call->out);
}
