#include "logs/logs_subscription.h"

#include "base/arn.h"
#include "base/base64.h"
#include "deliver/deliver.h"
#include "io/gzip.h"
#include "logs/logs_filters.h"
#include "logs/logs_scan.h"

enum {
    ATTEMPTS_MAX = 100000, /* the age is what ends them */
    CIRCLE_GROUPS_MAX = 1000,
};

static const struct str list_name = { "subscriptions", 13 };
/* Kinds of target. */
static const struct str kind_to_group = { "log-subscription", 16 }, kind_to_function = { "log-function", 12 };

void logs_subscriptions_open(struct logs *logs, struct deliver *deliver, logs_destination_known_f *known,
                             void *self)
{
    logs->deliver = deliver;
    logs->destination_known = known;
    logs->destination_known_self = self;
}

void logs_filter_stats(const struct logs *logs, struct logs_filter_stats *ret)
{
    ret->records = atomic_load_explicit(&logs->forwarded_records, memory_order_relaxed);
    ret->events = atomic_load_explicit(&logs->forwarded_events, memory_order_relaxed);
}

/* ---- destinations ---- */

static bool refuse(struct work *work, struct fault *reterr, const char *text)
{
    return fault_set(reterr, work->arena, FAULT_INVALID_PARAMETER, "%s", text);
}

bool logs_destination_is_group(struct str destination)
{
    struct arn arn;
    return arn_parse(destination, &arn) && str_eq(arn.service, STR("logs")) &&
           str_starts(arn.resource, STR("log-group:"));
}

/* Whether what is written to `from` comes to `name`, over however many subscriptions. */
static bool leads_to(struct work *work, struct ns ns, struct str from, struct str name, bool *ret_circle,
                     struct fault *reterr)
{
    VEC(struct str) reached = { 0 };
    VEC_PUSH(work->arena, &reached, from);
    *ret_circle = false;
    for (size_t i = 0; i < reached.len; i++) {
        struct logs_group group;
        const struct json *all;
        size_t count;
        struct fault gone = { 0 };
        if (str_eq(reached.at[i], name)) {
            *ret_circle = true;
            return true;
        }
        if (!logs_group_get(work->reader, work->arena, ns, reached.at[i], &group, &gone))
            continue;
        if (!logs_filters_list(work->reader, work->arena, &group, list_name, &all, &count, reterr))
            return false;
        for (size_t j = 0; j < count; j++) {
            struct str destination = json_get_str(&all[j], STR("destination")), next;
            if (!logs_destination_is_group(destination) ||
                !logs_group_name_of(work->arena, ns, destination, &next, &(struct fault){ 0 }))
                continue;
            bool known = false;
            for (size_t k = 0; k < reached.len; k++)
                known |= str_eq(reached.at[k], next);
            if (!known && reached.len == CIRCLE_GROUPS_MAX)
                return refuse(work, reterr, "The destination is subscribed to too many log groups.");
            if (!known)
                VEC_PUSH(work->arena, &reached, next);
        }
    }
    return true;
}

static bool check_group(struct work *work, struct ns ns, struct str group, struct str destination,
                        struct fault *reterr)
{
    struct str name;
    struct logs_group found;
    bool circle;
    if (!logs_group_name_of(work->arena, ns, destination, &name, reterr) ||
        !logs_group_get(work->reader, work->arena, ns, name, &found, reterr) ||
        !leads_to(work, ns, name, group, &circle, reterr))
        return false;
    if (circle)
        return fault_set(reterr, work->arena, FAULT_INVALID_PARAMETER,
                         "The destination '%.*s' would bring the log group its own events again.",
                         STR_ARG(destination));
    return true;
}

/* To a function or an endpoint: only where main.c has said which can be called. */
static bool is_known(const struct logs *logs, struct str destination, struct str *ret_why)
{
    *ret_why = STR("this server calls no functions");
    return logs->destination_known &&
           logs->destination_known(logs->destination_known_self, destination, ret_why);
}

static bool check_destination(struct logs *logs, struct work *work, struct ns ns, struct str group,
                              const struct logs_subscription *subscription, struct fault *reterr)
{
    struct arn arn;
    struct str why = STR_EMPTY, destination = subscription->destination;
    if (!arn_parse(destination, &arn))
        return is_known(logs, destination, &why) ||
               fault_set(reterr, work->arena, FAULT_INVALID_PARAMETER,
                         "destinationArn '%.*s' is not an ARN, and not a URL that can be used: %.*s.",
                         STR_ARG(destination), STR_ARG(why));
    if (logs_destination_is_group(destination))
        return check_group(work, ns, group, destination, reterr);
    if (str_eq(arn.service, STR("lambda"))) {
        if (!str_eq(arn.account, ns.account))
            return fault_set(reterr, work->arena, FAULT_ACCESS_DENIED,
                             "Cross-account lambda invocation passing is not allowed. You must use "
                             "DestinationPolicies to create cross account lambda triggers.");
        return is_known(logs, destination, &why) ||
               fault_set(reterr, work->arena, FAULT_INVALID_PARAMETER,
                         "Could not execute the lambda function: %.*s", STR_ARG(why));
    }
    if ((str_eq(arn.service, STR("kinesis")) || str_eq(arn.service, STR("firehose"))) &&
        str_empty(subscription->role))
        return fault_set(reterr, work->arena, FAULT_INVALID_PARAMETER,
                         "destinationArn for vendor %.*s cannot be used without roleArn",
                         STR_ARG(arn.service));
    return fault_set(
        reterr, work->arena, FAULT_INVALID_PARAMETER,
        "Destinations of %.*s are not supported: destinationArn is that of a Lambda function for which "
        "a setting names an endpoint, or of a log group, or a URL.",
        STR_ARG(arn.service));
}

/* ---- put, delete, list ---- */

static struct json to_json(struct arena *arena, const struct logs_subscription *s)
{
    struct json_member *members = ARENA_ARRAY(arena, struct json_member, 6);
    members[0] = (struct json_member){ STR("name"), json_of_str(s->name) };
    members[1] = (struct json_member){ STR("pattern"), json_of_str(s->pattern) };
    members[2] = (struct json_member){ STR("destination"), json_of_str(s->destination) };
    members[3] = (struct json_member){ STR("role"), json_of_str(s->role) };
    members[4] = (struct json_member){ STR("distribution"), json_of_str(s->distribution) };
    members[5] = (struct json_member){ STR("created"), json_of_i64(arena, s->created_ms) };
    return json_of_object(members, 6);
}

static struct logs_subscription from_json(const struct json *value)
{
    struct logs_subscription s = {
        .name = json_get_str(value, STR("name")),
        .pattern = json_get_str(value, STR("pattern")),
        .destination = json_get_str(value, STR("destination")),
        .role = json_get_str(value, STR("role")),
        .distribution = json_get_str(value, STR("distribution")),
        .created_ms = json_get_i64(value, STR("created")),
    };
    return s;
}

bool logs_subscription_put(struct logs *logs, struct work *work, struct ns ns, struct str group,
                           const struct logs_subscription *subscription, struct fault *reterr)
{
    struct logs_group found;
    struct json filters;
    struct logs_pattern pattern;
    struct logs_subscription made = *subscription;
    if (!logs_group_get(work->reader, work->arena, ns, group, &found, reterr))
        return false;
    if (found.group_class != LOGS_CLASS_STANDARD)
        return refuse(work, reterr, "Only log groups of the class STANDARD have subscription filters.");
    if (!logs_pattern_read(work->arena, subscription->pattern, &pattern, reterr) ||
        !check_destination(logs, work, ns, group, subscription, reterr) ||
        !logs_filters_admit(work, &found, list_name, LOGS_SUBSCRIPTIONS_MAX, subscription->name,
                            logs_pattern_has_regex(&pattern), &filters, &made.created_ms, reterr))
        return false;
    logs_filters_put(logs, work, ns, &found, filters, list_name, to_json(work->arena, &made));
    return true;
}

bool logs_subscription_delete(struct logs *logs, struct work *work, struct ns ns, struct str group,
                              struct str name, struct fault *reterr)
{
    return logs_filters_delete(logs, work, ns, group, list_name, name, "subscription", reterr);
}

bool logs_subscription_list(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                            struct logs_subscription **ret, size_t *ret_count, struct fault *reterr)
{
    const struct json *all;
    if (!logs_filters_list(reader, arena, group, list_name, &all, ret_count, reterr))
        return false;
    *ret = ARENA_ARRAY(arena, struct logs_subscription, *ret_count);
    for (size_t i = 0; i < *ret_count; i++)
        (*ret)[i] = from_json(&all[i]);
    return true;
}

/* ---- what is counted for AWS/Logs ---- */

static struct metrics_subject filter_subject(const struct delivery *delivery, struct str group)
{
    struct str type = str_eq(delivery->kind, kind_to_group)         ? STR("LogGroup")
                      : str_starts(delivery->resource, STR("arn:")) ? STR("Lambda")
                                                                    : STR("HTTP");
    return (struct metrics_subject){ METRICS_OF_SUBSCRIPTION,
                                     delivery->ns,
                                     { group, type, delivery->owner_ref } };
}

/* To a function or an endpoint goes what is compressed; to a group, the record as it is. */
static void count_forwarded(struct logs *logs, struct work *work, const struct logs_held *held,
                            const struct logs_follower *follower, const struct delivery *delivery)
{
    struct metrics_subject filter = filter_subject(delivery, held->group.name);
    size_t bytes = follower->to_group ? delivery->payload.len : logs->packed.len;
    const struct metrics_amount amounts[] = { { LOGS_FORWARDED_EVENTS, (double)follower->seen.len },
                                              { LOGS_FORWARDED_BYTES, (double)bytes } };
    metrics_count(logs->metrics, work, &filter, NULL, amounts, 2);
}

/* How many events a payload holds. */
static size_t payload_events(struct arena *arena, const struct delivery *delivery)
{
    struct json payload;
    struct str packed;
    struct buf record;
    if (json_read(arena, delivery->payload, 0, &payload, NULL))
        return 0;
    const struct json *events = json_get_typed(&payload, STR("events"), JSON_ARRAY);
    buf_init(&record, 0);
    if (str_eq(delivery->kind, kind_to_function) &&
        base64_decode(arena, json_get_str(json_get(&payload, STR("awslogs")), STR("data")), &packed) &&
        gzip_expand(&record, packed) == ERR_OK &&
        json_read(arena, buf_str(&record), 0, &payload, NULL) == ERR_OK)
        events = json_get_typed(&payload, STR("logEvents"), JSON_ARRAY);
    size_t count = events ? events->count : 0;
    buf_fini(&record);
    return count;
}

void logs_subscription_failed(void *self, struct work *work, const struct delivery *delivery,
                              const struct delivery_result *result)
{
    struct logs *logs = self;
    struct str group;
    (void)result;
    if (!logs_group_name_of(work->arena, delivery->ns, delivery->source_arn, &group, &(struct fault){ 0 }))
        return;
    struct metrics_subject filter = filter_subject(delivery, group);
    const struct metrics_amount errors = { LOGS_DELIVERY_ERRORS,
                                           (double)payload_events(work->arena, delivery) };
    metrics_count(logs->metrics, work, &filter, NULL, &errors, 1);
}

/* ---- forwarding ---- */

/* What the target "log-subscription" reads. */
static struct str group_payload(struct logs *logs, const struct logs_held *held,
                                const struct logs_follower *follower, struct str stream)
{
    struct json_writer out;
    buf_clear(&logs->record);
    json_writer_init(&out, &logs->record);
    json_begin_object(&out);
    json_put_member_str(&out, STR("group"), held->group.name);
    json_put_member_str(&out, STR("stream"), stream);
    json_key(&out, STR("events"));
    json_begin_array(&out);
    for (size_t i = 0; i < follower->seen.len; i++) {
        json_begin_array(&out);
        json_put_i64(&out, follower->seen.at[i].at.timestamp_ms);
        json_put_str(&out, follower->seen.at[i].message);
        json_end_array(&out);
    }
    json_end_array(&out);
    json_end_object(&out);
    return buf_str(&logs->record);
}

static void put_fields(struct logs *logs, struct work *work, const struct logs_follower *follower,
                       struct str message, struct json_writer *out)
{
    struct logs_value *values;
    size_t count = logs_pattern_values(&follower->pattern, logs->matcher, work->arena, message, &values);
    json_key(out, STR("extractedFields"));
    json_begin_object(out);
    for (size_t i = 0; i < count; i++)
        json_put_member_str(out, str_from_offset(values[i].name, strlen("$")), values[i].text);
    json_end_object(out);
}

static struct str function_payload(struct logs *logs, struct work *work, const struct logs_held *held,
                                   const struct logs_follower *follower, struct str stream)
{
    struct json_writer out;
    buf_clear(&logs->record);
    json_writer_init(&out, &logs->record);
    json_begin_object(&out);
    json_put_member_str(&out, STR("messageType"), STR("DATA_MESSAGE"));
    json_put_member_str(&out, STR("owner"), held->filters->ns.account);
    json_put_member_str(&out, STR("logGroup"), held->group.name);
    json_put_member_str(&out, STR("logStream"), stream);
    json_key(&out, STR("subscriptionFilters"));
    json_begin_array(&out);
    json_put_str(&out, follower->name);
    json_end_array(&out);
    json_key(&out, STR("logEvents"));
    json_begin_array(&out);
    for (size_t i = 0; i < follower->seen.len; i++) {
        const struct logs_seen *seen = &follower->seen.at[i];
        json_begin_object(&out);
        json_put_member_str(&out, STR("id"), logs_event_id(work->arena, &held->group, seen->at));
        json_put_member_i64(&out, STR("timestamp"), seen->at.timestamp_ms);
        json_put_member_str(&out, STR("message"), seen->message);
        if (logs_pattern_is_of_fields(&follower->pattern))
            put_fields(logs, work, follower, seen->message, &out);
        json_end_object(&out);
    }
    json_end_array(&out);
    json_end_object(&out);
    buf_clear(&logs->packed);
    gzip_add(&logs->packed, buf_str(&logs->record));
    return arena_printf(work->arena, "{\"awslogs\":{\"data\":\"%.*s\"}}",
                        STR_ARG(base64_encode(work->arena, buf_str(&logs->packed))));
}

void logs_subscription_forward(struct logs *logs, struct work *work, const struct logs_held *held,
                               const struct logs_follower *follower, struct str stream)
{
    struct delivery delivery = {
        .owner = DELIVERY_OF_SUBSCRIPTION,
        .owner_ref = follower->name,
        .kind = follower->to_group ? kind_to_group : kind_to_function,
        .ns = held->filters->ns,
        .resource = follower->destination,
        .payload = follower->to_group ? group_payload(logs, held, follower, stream)
                                      : function_payload(logs, work, held, follower, stream),
        .source_arn = logs_group_arn(work->arena, held->filters->ns, held->group.name),
        .event_time_ms = work->now_ms,
        .hops = logs->hops + 1,
        .attempts_max = ATTEMPTS_MAX,
        .expires_ms = work->now_ms + LOGS_SUBSCRIPTION_AGE_MS,
    };
    deliver_add(logs->deliver, work, &delivery);
    count_forwarded(logs, work, held, follower, &delivery);
    atomic_fetch_add_explicit(&logs->forwarded_records, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&logs->forwarded_events, follower->seen.len, memory_order_relaxed);
}

bool logs_append_forwarded(struct logs *logs, struct work *work, struct ns ns, struct str group,
                           struct str stream, const struct logs_input *events, size_t count, uint32_t hops,
                           struct fault *reterr)
{
    if (hops > LOGS_SUBSCRIPTION_HOPS_MAX)
        return fault_set(reterr, work->arena, FAULT_LIMIT_EXCEEDED,
                         "The events came over more than %d subscriptions.", LOGS_SUBSCRIPTION_HOPS_MAX);
    logs->hops = hops;
    bool ok = logs_append_shared(logs, work, ns, group, stream, events, count, reterr);
    logs->hops = 0;
    return ok;
}
