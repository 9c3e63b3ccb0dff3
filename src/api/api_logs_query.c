/* api_logs_query.c - CloudWatch Logs Insights: starting queries, looking at what they find, saved queries. */
#include "api/operations.h"
#include "api/token.h"
#include "logs/logs.h"
#include "query/queries.h"
#include "store/key.h"

enum { LIST_DEFAULT = 1000 };

/* Seconds up to the year 5138; what is more are milliseconds, which many clients send. */
#define SECONDS_MAX INT64_C(100000000000)

static struct str text_in(const struct op_call *call, const char *name)
{
    return json_get_str(call->input, str_from(name));
}

static int64_t number_in(const struct op_call *call, const char *name, int64_t absent)
{
    const struct json *value = json_get_typed(call->input, str_from(name), JSON_NUMBER);
    int64_t number;
    return value && json_number_i64(value->text, &number) ? number : absent;
}

static bool refuse_with(struct op_call *call, const char *text)
{
    return fault_set(&call->fault, call->arena, FAULT_INVALID_PARAMETER, "%s", text);
}

/* A fault of the writer's thread may have its text in the command's arena. */
static void keep_fault(struct op_call *call)
{
    call->fault.text = arena_copy(call->arena, call->fault.text);
}

static bool check_language(struct op_call *call)
{
    struct str language = text_in(call, "queryLanguage");
    return str_empty(language) || str_eq(language, STR("CWLI")) ||
           fault_set(&call->fault, call->arena, FAULT_INVALID_PARAMETER,
                     "Crema does not support the query language %.*s: CWLI is the one it has.",
                     STR_ARG(language));
}

/* ---- StartQuery ---- */

static bool malformed(struct op_call *call, const struct query_error *error)
{
    struct buf out;
    struct json_writer writer;
    buf_init(&out, 0);
    json_writer_init(&writer, &out);
    json_begin_object(&writer);
    json_key(&writer, STR("location"));
    json_begin_object(&writer);
    json_put_member_i64(&writer, STR("startCharOffset"), (int64_t)error->first);
    json_put_member_i64(&writer, STR("endCharOffset"), (int64_t)error->end);
    json_end_object(&writer);
    json_put_member_str(&writer, STR("message"), error->message);
    json_end_object(&writer);
    call->fault_members = arena_printf(call->arena, "\"queryCompileError\":%.*s", STR_ARG(buf_str(&out)));
    buf_fini(&out);
    return fault_set(&call->fault, call->arena, FAULT_MALFORMED_QUERY, "%.*s", STR_ARG(error->message));
}

/* Names, or identifiers, of the groups; each once. */
static bool groups_in(struct op_call *call, struct query_start *start)
{
    struct str single = text_in(call, "logGroupName");
    const struct json *names = json_get_typed(call->input, STR("logGroupNames"), JSON_ARRAY),
                      *identifiers = json_get_typed(call->input, STR("logGroupIdentifiers"), JSON_ARRAY);
    if (!str_empty(single) + (names != NULL) + (identifiers != NULL) != 1)
        return refuse_with(
            call, "Exactly one of logGroupName, logGroupNames and logGroupIdentifiers must be specified.");
    const struct json *list = names ? names : identifiers;
    size_t count = list ? list->count : 1;
    if (count == 0 || count > QUERY_GROUPS_MAX)
        return refuse_with(call, count ? "A query takes at most 50 log groups."
                                       : "A query takes at least one log group.");
    struct str *groups = ARENA_ARRAY(call->arena, struct str, count);
    for (size_t i = 0; i < count; i++) {
        struct str name = list ? list->items[i].text : single;
        bool again = false;
        if (identifiers && !logs_group_name_of(call->arena, call->ns, name, &name, &call->fault))
            return false;
        for (size_t j = 0; j < start->group_count; j++)
            again |= str_eq(groups[j], name);
        if (!again)
            groups[start->group_count++] = name;
    }
    start->groups = groups;
    return true;
}

static int64_t moment_in(const struct op_call *call, const char *name, bool last)
{
    int64_t number = number_in(call, name, 0);
    if (number >= SECONDS_MAX)
        return number;
    return number * 1000 + (last ? 999 : 0);
}

void op_logs_start_query_prepare(struct op_call *call)
{
    struct query_start *start = ARENA_NEW(call->arena, struct query_start);
    const struct query_plan *plan;
    struct query_error error;
    start->text = text_in(call, "queryString");
    start->limit = (size_t)number_in(call, "limit", 0);
    start->principal = call->principal;
    start->first_ms = moment_in(call, "startTime", false);
    start->last_ms = moment_in(call, "endTime", true);
    if (!check_language(call) || !groups_in(call, start))
        return;
    if (start->first_ms > start->last_ms) {
        refuse_with(call, "The end of the time range is before its start.");
        return;
    }
    if (!query_compile(call->arena, start->text, start->limit, &plan, &error)) {
        malformed(call, &error);
        return;
    }
    call->prepared = start;
}

void op_logs_start_query(struct op_call *call)
{
    struct str id;
    if (!queries_start(call->rooms->queries, call->work, call->ns, call->prepared, &id, &call->fault)) {
        keep_fault(call);
        return;
    }
    json_begin_object(call->out);
    json_put_member_str(call->out, STR("queryId"), id);
    json_end_object(call->out);
}

/* ---- GetQueryResults, StopQuery ---- */

static void statistics_out(struct json_writer *out, const struct query_counts *counts)
{
    json_key(out, STR("statistics"));
    json_begin_object(out);
    json_put_member_i64(out, STR("recordsMatched"), (int64_t)counts->matched);
    json_put_member_i64(out, STR("recordsScanned"), (int64_t)counts->scanned);
    json_put_member_i64(out, STR("estimatedRecordsSkipped"), (int64_t)counts->skipped);
    json_put_member_i64(out, STR("bytesScanned"), (int64_t)counts->bytes);
    json_put_member_i64(out, STR("estimatedBytesSkipped"), (int64_t)counts->skipped_bytes);
    json_put_member_i64(out, STR("logGroupsScanned"), (int64_t)counts->groups);
    json_end_object(out);
}

/* Where a page of results begins: the token is of this query. */
static bool page_in(struct op_call *call, struct str id, size_t *ret)
{
    struct str token = text_in(call, "nextToken"), bytes;
    uint64_t first;
    *ret = 0;
    if (str_empty(token))
        return true;
    if (!token_read(call, token, &bytes) || !key_read_u64(&bytes, &first) || !str_eq(bytes, id))
        return refuse_with(call, "The specified nextToken is invalid.");
    *ret = (size_t)first;
    return true;
}

static void page_out(struct op_call *call, struct str id, size_t after)
{
    struct key bytes;
    bytes.len = 0;
    bytes.overflow = false;
    key_u64(&bytes, after);
    key_bytes(&bytes, id);
    json_put_member_str(call->out, STR("nextToken"), token_write(call, key_str(&bytes)));
}

void op_logs_get_query_results(struct op_call *call)
{
    struct str id = text_in(call, "queryId");
    struct query_page_of_results page;
    size_t first, rows_max = (size_t)number_in(call, "maxItems", 0);
    if (rows_max == 0)
        rows_max = QUERY_PAGE_ROWS_MAX;
    if (!page_in(call, id, &first) || !queries_results(call->rooms->queries, call->reader, call->arena,
                                                       call->ns, id, first, rows_max, &page, &call->fault))
        return;
    struct json_writer *out = call->out;
    json_begin_object(out);
    json_put_member_str(out, STR("queryLanguage"), STR("CWLI"));
    json_key(out, STR("results"));
    json_begin_array(out);
    for (size_t i = 0; i < page.count; i++)
        json_put_raw(out, page.rows[i]);
    json_end_array(out);
    statistics_out(out, &page.info.counts);
    json_put_member_str(out, STR("status"), str_from(query_status_text(page.info.status)));
    if (!str_empty(page.info.reason)) /* the service does not say; what clients do not know they pass over */
        json_put_member_str(out, STR("statusReason"), page.info.reason);
    if (page.more)
        page_out(call, id, page.after);
    json_end_object(out);
}

void op_logs_stop_query(struct op_call *call)
{
    if (!queries_cancel(call->rooms->queries, call->reader, call->arena, call->ns, text_in(call, "queryId"),
                        &call->fault))
        return;
    json_begin_object(call->out);
    json_put_member_bool(call->out, STR("success"), true);
    json_end_object(call->out);
}

/* ---- lists ---- */

/* What a list is asked for: *ret_none, when it is of a language of which there is nothing. */
static bool list_in(struct op_call *call, struct str *ret_after, size_t *ret_limit, bool *ret_none)
{
    struct str token = text_in(call, "nextToken"), language = text_in(call, "queryLanguage");
    *ret_limit = (size_t)number_in(call, "maxResults", LIST_DEFAULT);
    *ret_after = STR_EMPTY;
    *ret_none = !str_empty(language) && !str_eq(language, STR("CWLI"));
    return str_empty(token) || token_read(call, token, ret_after) ||
           refuse_with(call, "The specified nextToken is invalid.");
}

typedef void item_out_f(struct json_writer *out, const void *items, size_t at);

/* after: where the next page begins; empty: there is none. */
static void list_out(struct op_call *call, struct str name, item_out_f *item_out, const void *items,
                     size_t count, struct str after)
{
    json_begin_object(call->out);
    json_key(call->out, name);
    json_begin_array(call->out);
    for (size_t i = 0; i < count; i++)
        item_out(call->out, items, i);
    json_end_array(call->out);
    if (!str_empty(after))
        json_put_member_str(call->out, STR("nextToken"), token_write(call, after));
    json_end_object(call->out);
}

static enum query_status status_named(struct str text)
{
    enum query_status status = QUERY_STATUS_SCHEDULED;
    while (status < QUERY_STATUS_UNKNOWN && !str_eq(text, str_from(query_status_text(status))))
        status++;
    return status;
}

static void query_out(struct json_writer *out, const void *items, size_t at)
{
    const struct query_info *info = (const struct query_info *)items + at;
    json_begin_object(out);
    json_put_member_str(out, STR("queryLanguage"), STR("CWLI"));
    json_put_member_str(out, STR("queryId"), info->id);
    json_put_member_str(out, STR("queryString"), info->text);
    json_put_member_str(out, STR("status"), str_from(query_status_text(info->status)));
    json_put_member_i64(out, STR("createTime"), info->created_ms);
    if (!str_empty(info->group))
        json_put_member_str(out, STR("logGroupName"), info->group);
    json_put_member_i64(out, STR("queryDuration"), info->duration_ms);
    json_put_member_i64(out, STR("bytesScanned"), (int64_t)info->counts.bytes);
    if (!str_empty(info->principal))
        json_put_member_str(out, STR("userIdentity"), info->principal);
    json_end_object(out);
}

void op_logs_describe_queries(struct op_call *call)
{
    struct str status = text_in(call, "status");
    struct query_list_query query = { .has_status = !str_empty(status),
                                      .group = text_in(call, "logGroupName") };
    struct query_list_page page = { 0 };
    bool none;
    if (query.has_status)
        query.status = status_named(status);
    if (list_in(call, &query.after, &query.limit, &none) &&
        (none || queries_list(call->rooms->queries, call->reader, call->arena, call->ns, &query, &page,
                              &call->fault)))
        list_out(call, STR("queries"), query_out, page.queries, page.count,
                 page.more ? page.after : STR_EMPTY);
}

/* ---- saved queries ---- */

void op_logs_put_query_definition_prepare(struct op_call *call)
{
    (void)check_language(call);
}

void op_logs_put_query_definition(struct op_call *call)
{
    const struct json *groups = json_get_typed(call->input, STR("logGroupNames"), JSON_ARRAY),
                      *parameters = json_get_typed(call->input, STR("parameters"), JSON_ARRAY);
    struct query_definition definition = { .id = text_in(call, "queryDefinitionId"),
                                           .name = text_in(call, "name"),
                                           .text = text_in(call, "queryString"),
                                           .groups = groups ? *groups : json_of_null(),
                                           .parameters = parameters ? *parameters : json_of_null() };
    struct str id;
    if (!query_definition_put(call->work, call->ns, &definition, text_in(call, "clientToken"), &id,
                              &call->fault)) {
        keep_fault(call);
        return;
    }
    json_begin_object(call->out);
    json_put_member_str(call->out, STR("queryDefinitionId"), id);
    json_end_object(call->out);
}

void op_logs_delete_query_definition(struct op_call *call)
{
    if (!query_definition_delete(call->work, call->ns, text_in(call, "queryDefinitionId"), &call->fault)) {
        keep_fault(call);
        return;
    }
    json_begin_object(call->out);
    json_put_member_bool(call->out, STR("success"), true);
    json_end_object(call->out);
}

static void definition_out(struct json_writer *out, const void *items, size_t at)
{
    const struct query_definition *definition = (const struct query_definition *)items + at;
    json_begin_object(out);
    json_put_member_str(out, STR("queryLanguage"), STR("CWLI"));
    json_put_member_str(out, STR("queryDefinitionId"), definition->id);
    json_put_member_str(out, STR("name"), definition->name);
    json_put_member_str(out, STR("queryString"), definition->text);
    json_put_member_i64(out, STR("lastModified"), definition->modified_ms);
    if (definition->groups.type == JSON_ARRAY)
        json_put_member(out, STR("logGroupNames"), &definition->groups);
    if (definition->parameters.type == JSON_ARRAY)
        json_put_member(out, STR("parameters"), &definition->parameters);
    json_end_object(out);
}

void op_logs_describe_query_definitions(struct op_call *call)
{
    struct query_definition_page page = { 0 };
    struct str after, prefix = text_in(call, "queryDefinitionNamePrefix");
    size_t limit;
    bool none;
    if (list_in(call, &after, &limit, &none) &&
        (none || query_definition_list(call->reader, call->arena, call->ns, prefix, after, limit, &page,
                                       &call->fault)))
        list_out(call, STR("queryDefinitions"), definition_out, page.definitions, page.count,
                 page.more ? page.after : STR_EMPTY);
}

/* ---- fields and events ---- */

void op_logs_get_log_group_fields(struct op_call *call)
{
    enum { BEFORE_MS = 15 * 60000, AROUND_MS = 8 * 60000 };
    struct str name = text_in(call, "logGroupName"), identifier = text_in(call, "logGroupIdentifier");
    if (str_empty(name) == str_empty(identifier)) {
        refuse_with(call, "Exactly one of logGroupName and logGroupIdentifier must be specified.");
        return;
    }
    struct logs_group group;
    if ((str_empty(name) && !logs_group_name_of(call->arena, call->ns, identifier, &name, &call->fault)) ||
        !logs_group_get(call->reader, call->arena, call->ns, name, &group, &call->fault))
        return;
    int64_t middle = json_get(call->input, STR("time")) ? moment_in(call, "time", false) : -1;
    int64_t first = middle < 0 ? call->now_ms - BEFORE_MS : middle - AROUND_MS;
    int64_t last = middle < 0 ? call->now_ms : middle + AROUND_MS;
    struct query_field_share *fields;
    size_t count;
    if (!query_group_fields(call->reader, call->arena, &group, first, last, call->now_ms, &fields, &count,
                            &call->fault))
        return;
    struct json_writer *out = call->out;
    json_begin_object(out);
    json_key(out, STR("logGroupFields"));
    json_begin_array(out);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(out);
        json_put_member_str(out, STR("name"), fields[i].name);
        json_put_member_i64(out, STR("percent"), fields[i].percent);
        json_end_object(out);
    }
    json_end_array(out);
    json_end_object(out);
}

void op_logs_get_log_record(struct op_call *call)
{
    struct query_field *fields;
    size_t count;
    if (!query_event_fields(call->reader, call->arena, call->ns, text_in(call, "logRecordPointer"),
                            call->now_ms, &fields, &count, &call->fault))
        return;
    struct json_writer *out = call->out;
    json_begin_object(out);
    json_key(out, STR("logRecord"));
    json_begin_object(out);
    for (size_t i = 0; i < count; i++)
        json_put_member_str(out, fields[i].name, fields[i].value);
    json_end_object(out);
    json_end_object(out);
}
