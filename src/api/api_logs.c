/* api_logs.c - CloudWatch Logs: input in JSON to calls of the room, its answers to JSON. */
#include "api/api_logs_group.h"
#include "api/operations.h"
#include "api/token.h"
#include "logs/logs.h"
#include "logs/logs_metric.h"
#include "store/key.h"
#include "store/tags.h"

/* ---- input ---- */

static struct str in_str(const struct op_call *call, struct str name)
{
    return json_get_str(call->input, name);
}

static bool in_i64(const struct op_call *call, struct str name, int64_t *ret)
{
    const struct json *value = json_get_typed(call->input, name, JSON_NUMBER);
    return value && json_number_i64(value->text, ret);
}

static bool in_true(const struct op_call *call, struct str name)
{
    return json_is(json_get(call->input, name), JSON_TRUE);
}

static size_t in_limit(const struct op_call *call)
{
    int64_t limit = 0;
    return in_i64(call, STR("limit"), &limit) && limit > 0 ? (size_t)limit : 0;
}

/* A room's fault on the writer's thread may have its text in the command's arena, which
 * ends before the answer. */
static bool done(struct op_call *call, bool ok)
{
    if (!ok)
        call->fault.text = arena_copy(call->arena, call->fault.text);
    return ok;
}

static bool refuse(struct op_call *call, const char *text)
{
    return fault_set(&call->fault, call->arena, FAULT_INVALID_PARAMETER, "%s", text);
}

/* Reads from the batch of a write, from the snapshot of a read. */
static bool find_group(struct op_call *call, struct str name, struct logs_group *ret)
{
    return done(call, logs_group_get(call->reader, call->arena, call->ns, name, ret, &call->fault));
}

/* By logGroupName or logGroupIdentifier. */
static bool find_identified(struct op_call *call, struct logs_group *ret)
{
    struct str name = in_str(call, STR("logGroupName")), identifier = in_str(call, STR("logGroupIdentifier"));
    if (!str_empty(name) && !str_empty(identifier))
        return fault_set(&call->fault, call->arena, FAULT_VALIDATION,
                         "LogGroup name and LogGroup ARN are mutually exclusive parameters.");
    if (str_empty(name) && str_empty(identifier))
        return fault_set(&call->fault, call->arena, FAULT_VALIDATION,
                         "Either LogGroup name or LogGroup ARN must be specified.");
    if (str_empty(name) && !logs_group_name_of(call->arena, call->ns, identifier, &name, &call->fault))
        return false;
    return find_group(call, name, ret);
}

/* ---- tokens: | list letter u8 | group id u64 | position of the room | ---- */

static void out_token(struct op_call *call, char list, uint64_t id, struct str position)
{
    struct key bytes;
    bytes.len = 0;
    bytes.overflow = false;
    key_u8(&bytes, (uint8_t)list);
    key_u64(&bytes, id);
    key_bytes(&bytes, position);
    json_put_member_str(call->out, STR("nextToken"), token_write(call, key_str(&bytes)));
}

/* The position, empty when there is no token. */
static bool in_token(struct op_call *call, char list, uint64_t id, struct str *ret)
{
    struct str token = in_str(call, STR("nextToken"));
    uint8_t token_list;
    uint64_t token_id;
    *ret = STR_EMPTY;
    if (str_empty(token))
        return true;
    if (token_read(call, token, ret) && key_read_u8(ret, &token_list) && key_read_u64(ret, &token_id) &&
        token_list == (uint8_t)list && token_id == id && !str_empty(*ret))
        return true;
    return refuse(call, "The specified nextToken is invalid.");
}

/* ---- groups ---- */

void op_logs_create_log_group(struct op_call *call)
{
    if (json_get(call->input, STR("kmsKeyId")) && !str_empty(in_str(call, STR("kmsKeyId")))) {
        refuse(call, "kmsKeyId is not supported: Crema does not encrypt log groups.");
        return;
    }
    enum logs_class group_class = LOGS_CLASS_STANDARD;
    (void)logs_class_parse(in_str(call, STR("logGroupClass")), &group_class);
    struct str name = in_str(call, STR("logGroupName"));
    if (!done(call,
              logs_group_create(call->rooms->logs, call->work, call->ns, name, group_class, &call->fault)))
        return;
    if (in_true(call, STR("deletionProtectionEnabled")) &&
        !done(call, logs_group_protect(call->rooms->logs, call->work, call->ns, name, true, &call->fault)))
        return;
    const struct json *tags = json_get_typed(call->input, STR("tags"), JSON_OBJECT);
    if (tags)
        (void)done(call,
                   tags_put(call->work, logs_group_arn(call->arena, call->ns, name), tags, &call->fault));
}

void op_logs_delete_log_group(struct op_call *call)
{
    (void)done(call, logs_group_delete(call->rooms->logs, call->work, call->ns,
                                       in_str(call, STR("logGroupName")), &call->fault));
}

static void out_group(struct op_call *call, const struct logs_group *group, bool brief)
{
    struct json_writer *out = call->out;
    struct str arn = logs_group_arn(call->arena, call->ns, group->name);
    json_begin_object(out);
    json_put_member_str(out, STR("logGroupName"), group->name);
    json_put_member_i64(out, STR("creationTime"), group->created_ms);
    json_put_member_str(out, STR("arn"), arena_concat(call->arena, arn, STR(":*")));
    if (!brief) {
        if (group->retention_days)
            json_put_member_i64(out, STR("retentionInDays"), group->retention_days);
        struct logs_metric_filter *filters;
        size_t filter_count = 0;
        (void)logs_metric_filter_list(call->reader, call->arena, group, &filters, &filter_count, &call->fault);
        json_put_member_i64(out, STR("metricFilterCount"), (int64_t)filter_count);
        json_put_member_i64(out, STR("storedBytes"), (int64_t)group->stored_bytes);
        json_put_member_str(out, STR("logGroupClass"), str_from(logs_class_text(group->group_class)));
        json_put_member_str(out, STR("logGroupArn"), arn);
        json_put_member_bool(out, STR("deletionProtectionEnabled"), group->is_protected);
    }
    json_end_object(out);
}

/* logGroupIdentifiers: those groups, one page, in the order given; those that do not exist are left out. */
static void describe_identified(struct op_call *call, const struct json *identifiers)
{
    json_begin_object(call->out);
    json_key(call->out, STR("logGroups"));
    json_begin_array(call->out);
    for (uint32_t i = 0; i < identifiers->count && call->fault.code == FAULT_NONE; i++) {
        struct fault absent = { 0 };
        struct str name;
        struct logs_group_page page;
        if (!logs_group_name_of(call->arena, call->ns, identifiers->items[i].text, &name, &absent))
            continue;
        /* The list of the group and of what its name begins: it comes first. */
        struct logs_group_query query = { .prefix = name, .limit = 1 };
        if (logs_group_list(call->reader, call->arena, call->ns, &query, &page, &call->fault) && page.count &&
            str_eq(page.groups[0].name, name))
            out_group(call, &page.groups[0], false);
    }
    json_end_array(call->out);
    json_end_object(call->out);
}

void op_logs_describe_log_groups(struct op_call *call)
{
    struct logs_group_query query = {
        .prefix = in_str(call, STR("logGroupNamePrefix")),
        .pattern = in_str(call, STR("logGroupNamePattern")),
        .limit = in_limit(call),
    };
    if (!str_empty(query.prefix) && !str_empty(query.pattern)) {
        refuse(call, "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
        return;
    }
    bool own;
    if (!log_groups_of_own_account(call, &own))
        return;
    const struct json *identifiers = json_get_typed(call->input, STR("logGroupIdentifiers"), JSON_ARRAY);
    if (identifiers) {
        if (!str_empty(query.prefix) || !str_empty(query.pattern))
            refuse(call, "logGroupIdentifiers cannot be combined with a log group name prefix or pattern.");
        else
            describe_identified(call, identifiers);
        return;
    }
    query.has_class = logs_class_parse(in_str(call, STR("logGroupClass")), &query.group_class);
    struct logs_group_page page;
    if (!in_token(call, 'g', 0, &query.after) ||
        !logs_group_list(call->reader, call->arena, call->ns, &query, &page, &call->fault))
        return;
    if (!own)
        page = (struct logs_group_page){ 0 };
    json_begin_object(call->out);
    json_key(call->out, STR("logGroups"));
    json_begin_array(call->out);
    for (size_t i = 0; i < page.count; i++)
        out_group(call, &page.groups[i], !str_empty(query.pattern));
    json_end_array(call->out);
    if (page.more)
        out_token(call, 'g', 0, page.after);
    json_end_object(call->out);
}

void op_logs_put_retention_policy(struct op_call *call)
{
    int64_t days = 0;
    if (!in_i64(call, STR("retentionInDays"), &days) || days == 0)
        days = -1; /* 0 is the room's word for ever, not the service's */
    (void)done(call, logs_retention_put(call->rooms->logs, call->work, call->ns,
                                        in_str(call, STR("logGroupName")), days, &call->fault));
}

void op_logs_delete_retention_policy(struct op_call *call)
{
    (void)done(call, logs_retention_put(call->rooms->logs, call->work, call->ns,
                                        in_str(call, STR("logGroupName")), 0, &call->fault));
}

/* ---- streams ---- */

void op_logs_create_log_stream(struct op_call *call)
{
    (void)done(call,
               logs_stream_create(call->rooms->logs, call->work, call->ns, in_str(call, STR("logGroupName")),
                                  in_str(call, STR("logStreamName")), &call->fault));
}

void op_logs_delete_log_stream(struct op_call *call)
{
    (void)done(call,
               logs_stream_delete(call->rooms->logs, call->work, call->ns, in_str(call, STR("logGroupName")),
                                  in_str(call, STR("logStreamName")), &call->fault));
}

void op_logs_describe_log_streams(struct op_call *call)
{
    struct logs_group group;
    if (!find_identified(call, &group))
        return;
    struct logs_stream_query query = {
        .by_last_event = str_eq(in_str(call, STR("orderBy")), STR("LastEventTime")),
        .descending = in_true(call, STR("descending")),
        .prefix = in_str(call, STR("logStreamNamePrefix")),
        .limit = in_limit(call),
    };
    char list = query.by_last_event ? 't' : 'n';
    struct logs_stream_page page;
    if (!in_token(call, list, group.id, &query.after) ||
        !logs_stream_list(call->reader, call->arena, &group, &query, &page, &call->fault))
        return;
    struct json_writer *out = call->out;
    struct str arn = logs_group_arn(call->arena, call->ns, group.name);
    json_begin_object(out);
    json_key(out, STR("logStreams"));
    json_begin_array(out);
    for (size_t i = 0; i < page.count; i++) {
        const struct logs_stream *stream = &page.streams[i];
        json_begin_object(out);
        json_put_member_str(out, STR("logStreamName"), stream->name);
        json_put_member_i64(out, STR("creationTime"), stream->created_ms);
        if (stream->has_events) {
            json_put_member_i64(out, STR("firstEventTimestamp"), stream->first_ms);
            json_put_member_i64(out, STR("lastEventTimestamp"), stream->last_ms);
            json_put_member_i64(out, STR("lastIngestionTime"), stream->ingested_ms);
            json_put_member_str(out, STR("uploadSequenceToken"), stream->upload_token);
        }
        json_put_member_str(
            out, STR("arn"),
            arena_concat(call->arena, arena_concat(call->arena, arn, STR(":log-stream:")), stream->name));
        json_put_member_i64(out, STR("storedBytes"), 0);
        json_end_object(out);
    }
    json_end_array(out);
    if (page.more)
        out_token(call, list, group.id, page.after);
    json_end_object(out);
}

/* ---- events ---- */

struct prepared_put {
    struct logs_input *events;
    size_t count;
};

void op_logs_put_log_events_prepare(struct op_call *call)
{
    const struct json *events = json_get_typed(call->input, STR("logEvents"), JSON_ARRAY);
    struct prepared_put *put = ARENA_NEW(call->arena, struct prepared_put);
    put->count = events ? events->count : 0;
    put->events = ARENA_ARRAY(call->arena, struct logs_input, put->count);
    for (size_t i = 0; i < put->count; i++) {
        const struct json *event = &events->items[i];
        const struct json *timestamp = json_get_typed(event, STR("timestamp"), JSON_NUMBER);
        if (!timestamp || !json_number_i64(timestamp->text, &put->events[i].timestamp_ms)) {
            refuse(call, "A log event's timestamp is not a whole number of milliseconds.");
            return;
        }
        put->events[i].message = json_get_str(event, STR("message"));
    }
    if (logs_put_check(call->arena, put->events, put->count, &call->fault))
        call->prepared = put;
}

void op_logs_put_log_events(struct op_call *call)
{
    const struct prepared_put *put = call->prepared;
    struct logs_put_result result;
    if (!done(call,
              logs_put(call->rooms->logs, call->work, call->ns, in_str(call, STR("logGroupName")),
                       in_str(call, STR("logStreamName")), put->events, put->count, &result, &call->fault)))
        return;
    struct json_writer *out = call->out;
    json_begin_object(out);
    json_put_member_str(out, STR("nextSequenceToken"), result.next_token);
    if (result.too_new_start >= 0 || result.too_old_end >= 0 || result.expired_end >= 0) {
        json_key(out, STR("rejectedLogEventsInfo"));
        json_begin_object(out);
        if (result.too_new_start >= 0)
            json_put_member_i64(out, STR("tooNewLogEventStartIndex"), result.too_new_start);
        if (result.too_old_end >= 0)
            json_put_member_i64(out, STR("tooOldLogEventEndIndex"), result.too_old_end);
        if (result.expired_end >= 0)
            json_put_member_i64(out, STR("expiredLogEventEndIndex"), result.expired_end);
        json_end_object(out);
    }
    if (json_get(call->input, STR("entity"))) {
        /* Entities are not kept: the service has a way to say so, and still takes the events. */
        json_key(out, STR("rejectedEntityInfo"));
        json_begin_object(out);
        json_put_member_str(out, STR("errorType"), STR("UnsupportedLogGroupType"));
        json_end_object(out);
    }
    json_end_object(out);
}

void op_logs_get_log_events(struct op_call *call)
{
    struct logs_group group;
    if (!find_identified(call, &group))
        return;
    struct logs_get_query query = {
        .stream = in_str(call, STR("logStreamName")),
        .from_head = in_true(call, STR("startFromHead")),
        .token = in_str(call, STR("nextToken")),
        .limit = in_limit(call),
    };
    query.has_start = in_i64(call, STR("startTime"), &query.start_ms);
    query.has_end = in_i64(call, STR("endTime"), &query.end_ms);
    struct logs_get_page page;
    if (!logs_get(call->reader, call->arena, &group, call->now_ms, &query, &page, &call->fault))
        return;
    struct json_writer *out = call->out;
    json_begin_object(out);
    json_key(out, STR("events"));
    json_begin_array(out);
    for (size_t i = 0; i < page.count; i++) {
        json_begin_object(out);
        json_put_member_i64(out, STR("timestamp"), page.events[i].timestamp_ms);
        json_put_member_str(out, STR("message"), page.events[i].message);
        json_put_member_i64(out, STR("ingestionTime"), page.events[i].ingested_ms);
        json_end_object(out);
    }
    json_end_array(out);
    json_put_member_str(out, STR("nextForwardToken"), page.forward);
    json_put_member_str(out, STR("nextBackwardToken"), page.backward);
    json_end_object(out);
}

void op_logs_filter_log_events(struct op_call *call)
{
    struct logs_group group;
    if (!find_identified(call, &group))
        return;
    struct logs_filter_query query = {
        .stream_prefix = in_str(call, STR("logStreamNamePrefix")),
        .pattern = in_str(call, STR("filterPattern")),
        .limit = in_limit(call),
        .scanner = call->rooms->scanner,
    };
    query.has_start = in_i64(call, STR("startTime"), &query.start_ms);
    query.has_end = in_i64(call, STR("endTime"), &query.end_ms);
    const struct json *names = json_get_typed(call->input, STR("logStreamNames"), JSON_ARRAY);
    if (names) {
        struct str *streams = ARENA_ARRAY(call->arena, struct str, names->count);
        for (uint32_t i = 0; i < names->count; i++)
            streams[i] = names->items[i].text;
        query.streams = streams;
        query.stream_count = names->count;
    }
    struct logs_filter_page page;
    if (!in_token(call, 'f', group.id, &query.after) ||
        !logs_filter(call->reader, call->arena, &group, call->now_ms, &query, &page, &call->fault))
        return;
    struct json_writer *out = call->out;
    json_begin_object(out);
    json_key(out, STR("events"));
    json_begin_array(out);
    for (size_t i = 0; i < page.count; i++) {
        const struct logs_event *event = &page.events[i];
        json_begin_object(out);
        json_put_member_str(out, STR("logStreamName"), event->stream);
        json_put_member_i64(out, STR("timestamp"), event->timestamp_ms);
        json_put_member_str(out, STR("message"), event->message);
        json_put_member_i64(out, STR("ingestionTime"), event->ingested_ms);
        json_put_member_str(out, STR("eventId"), event->id);
        json_end_object(out);
    }
    json_end_array(out);
    json_key(out, STR("searchedLogStreams"));
    json_begin_array(out);
    json_end_array(out);
    if (page.more)
        out_token(call, 'f', group.id, page.after);
    json_end_object(out);
}

/* ---- resource policies ---- */

/* Policies of single resources are newer than those of the account. */
static bool account_policy(struct op_call *call)
{
    if (json_get(call->input, STR("resourceArn")) || json_get(call->input, STR("expectedRevisionId")) ||
        str_eq(in_str(call, STR("policyScope")), STR("RESOURCE")))
        return refuse(call,
                      "Resource policies of a single log group (resourceArn, expectedRevisionId, policyScope "
                      "RESOURCE) are not supported yet.");
    return true;
}

static void out_policy(struct json_writer *out, const struct logs_policy *policy)
{
    json_begin_object(out);
    json_put_member_str(out, STR("policyName"), policy->name);
    json_put_member_str(out, STR("policyDocument"), policy->document);
    json_put_member_i64(out, STR("lastUpdatedTime"), policy->updated_ms);
    json_end_object(out);
}

void op_logs_put_resource_policy(struct op_call *call)
{
    struct str name = in_str(call, STR("policyName")), document = in_str(call, STR("policyDocument"));
    if (!account_policy(call))
        return;
    if (str_empty(name) || str_empty(document)) {
        refuse(call, "policyName and policyDocument are required.");
        return;
    }
    struct logs_policy policy;
    if (!done(call, logs_policy_put(call->work, call->ns, name, document, &policy, &call->fault)))
        return;
    json_begin_object(call->out);
    json_key(call->out, STR("resourcePolicy"));
    out_policy(call->out, &policy);
    json_end_object(call->out);
}

void op_logs_delete_resource_policy(struct op_call *call)
{
    if (!account_policy(call))
        return;
    struct str name = in_str(call, STR("policyName"));
    if (str_empty(name))
        refuse(call, "policyName is required.");
    else
        (void)done(call, logs_policy_delete(call->work, call->ns, name, &call->fault));
}

void op_logs_describe_resource_policies(struct op_call *call)
{
    struct str after;
    struct logs_policy *policies;
    size_t count, given = 0, limit = in_limit(call) ? in_limit(call) : LOGS_LIST_MAX;
    if (!account_policy(call) || !in_token(call, 'p', 0, &after) ||
        !logs_policy_list(call->reader, call->arena, call->ns, &policies, &count, &call->fault))
        return;
    size_t at = 0;
    while (at < count && !str_empty(after) && str_compare(policies[at].name, after) <= 0)
        at++;
    json_begin_object(call->out);
    json_key(call->out, STR("resourcePolicies"));
    json_begin_array(call->out);
    for (; at < count && given < limit; at++, given++)
        out_policy(call->out, &policies[at]);
    json_end_array(call->out);
    if (at < count)
        out_token(call, 'p', 0, policies[at - 1].name);
    json_end_object(call->out);
}

/* ---- tags ---- */

/* The ARN under which a group's tags are kept, when there is such a group. */
static bool tagged_arn(struct op_call *call, struct str *ret)
{
    struct str name = in_str(call, STR("logGroupName")), arn = in_str(call, STR("resourceArn"));
    if (!str_empty(arn)) {
        if (!str_starts(arn, STR("arn:")))
            return refuse(call, "resourceArn is not an ARN.");
        if (!logs_group_name_of(call->arena, call->ns, arn, &name, &call->fault))
            return false;
    }
    struct logs_group group;
    if (!find_group(call, name, &group))
        return false;
    *ret = logs_group_arn(call->arena, call->ns, name);
    return true;
}

static void tag(struct op_call *call)
{
    struct str arn;
    if (tagged_arn(call, &arn))
        (void)done(call, tags_put(call->work, arn, json_get(call->input, STR("tags")), &call->fault));
}

static void untag(struct op_call *call, struct str keys)
{
    struct str arn;
    if (tagged_arn(call, &arn))
        tags_remove(call->work, arn, json_get(call->input, keys));
}

static void list_tags(struct op_call *call)
{
    struct str arn;
    if (!tagged_arn(call, &arn))
        return;
    struct json tags = tags_get(call->reader, call->arena, PARTITION_ONLY, arn);
    json_begin_object(call->out);
    json_put_member(call->out, STR("tags"), &tags);
    json_end_object(call->out);
}

void op_logs_tag_resource(struct op_call *call)
{
    tag(call);
}

void op_logs_untag_resource(struct op_call *call)
{
    untag(call, STR("tagKeys"));
}

void op_logs_list_tags_for_resource(struct op_call *call)
{
    list_tags(call);
}

void op_logs_tag_log_group(struct op_call *call)
{
    tag(call);
}

void op_logs_untag_log_group(struct op_call *call)
{
    untag(call, STR("tags"));
}

void op_logs_list_tags_log_group(struct op_call *call)
{
    list_tags(call);
}
