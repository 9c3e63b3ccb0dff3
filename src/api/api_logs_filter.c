/* api_logs_filter.c - CloudWatch Logs: filters of log groups, and their patterns. */
#include "api/operations.h"
#include "api/token.h"
#include "logs/logs_metric.h"
#include "logs/logs_pattern.h"
#include "logs/logs_subscription.h"

/* ---- input ---- */

static struct str in_str(const struct op_call *call, struct str name)
{
    return json_get_str(call->input, name);
}

/* The text of a fault on the writer's thread is of the command's arena, which ends before the answer. */
static void done(struct op_call *call, bool ok)
{
    if (!ok)
        call->fault.text = arena_copy(call->arena, call->fault.text);
}

/* What the service has for log transformers and for accounts in several regions. */
static bool in_built(struct op_call *call)
{
    static const char *const names[] = { "applyOnTransformedLogs", "fieldSelectionCriteria",
                                         "emitSystemFields", "emitSystemFieldDimensions" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct json *value = json_get(call->input, str_from(names[i]));
        bool said = value && (value->type == JSON_TRUE || (value->type == JSON_STRING && value->text.len) ||
                              (value->type == JSON_ARRAY && value->count));
        if (said)
            return fault_set(&call->fault, call->arena, FAULT_INVALID_PARAMETER, "%s is not supported yet.",
                             names[i]);
    }
    return true;
}

/* ---- pages of lists by name: a token is the name that ended the page before ---- */

struct page {
    struct str prefix, after;
    size_t limit, given;
    bool more;
};

static bool in_page(struct op_call *call, struct page *ret)
{
    int64_t limit = 0;
    const struct json *value = json_get_typed(call->input, STR("limit"), JSON_NUMBER);
    *ret = (struct page){ .prefix = in_str(call, STR("filterNamePrefix")), .limit = LOGS_LIST_MAX };
    if (value && json_number_i64(value->text, &limit) && limit > 0)
        ret->limit = (size_t)limit;
    struct str token = in_str(call, STR("nextToken"));
    if (str_empty(token) || (token_read(call, token, &ret->after) && !str_empty(ret->after)))
        return true;
    return fault_set(&call->fault, call->arena, FAULT_INVALID_PARAMETER,
                     "The specified nextToken is invalid.");
}

/* Whether the name belongs on the page; false with page->more: the page is full. */
static bool page_takes(struct page *page, struct str name)
{
    if (!str_starts(name, page->prefix) || (page->after.len && str_compare(name, page->after) <= 0))
        return false;
    if (page->given == page->limit) {
        page->more = true;
        return false;
    }
    page->given++;
    return true;
}

/* ---- patterns ---- */

static void out_match(struct op_call *call, const struct logs_pattern *pattern, struct logs_matcher *matcher,
                      uint32_t number, struct str message)
{
    struct json_writer *out = call->out;
    struct logs_value *values;
    size_t count = logs_pattern_values(pattern, matcher, call->arena, message, &values);
    json_begin_object(out);
    json_put_member_i64(out, STR("eventNumber"), number);
    json_put_member_str(out, STR("eventMessage"), message);
    json_key(out, STR("extractedValues"));
    json_begin_object(out);
    for (size_t i = 0; i < count; i++)
        json_put_member_str(out, values[i].name, values[i].text);
    json_end_object(out);
    json_end_object(out);
}

void op_logs_test_metric_filter(struct op_call *call)
{
    struct logs_pattern pattern;
    if (!logs_pattern_read(call->arena, json_get_str(call->input, STR("filterPattern")), &pattern,
                           &call->fault))
        return;
    const struct json *messages = json_get_typed(call->input, STR("logEventMessages"), JSON_ARRAY);
    struct logs_matcher *matcher = logs_matcher_new();
    json_begin_object(call->out);
    json_key(call->out, STR("matches"));
    json_begin_array(call->out);
    for (uint32_t i = 0; i < messages->count; i++)
        if (logs_pattern_matches(&pattern, matcher, messages->items[i].text))
            out_match(call, &pattern, matcher, i, messages->items[i].text);
    json_end_array(call->out);
    json_end_object(call->out);
    logs_matcher_free(&matcher);
}

/* ---- subscription filters ---- */

void op_logs_put_subscription_filter(struct op_call *call)
{
    struct logs_subscription subscription = {
        .name = in_str(call, STR("filterName")),
        .pattern = in_str(call, STR("filterPattern")),
        .destination = in_str(call, STR("destinationArn")),
        .role = in_str(call, STR("roleArn")),
        .distribution = in_str(call, STR("distribution")),
    };
    if (in_built(call))
        done(call, logs_subscription_put(call->rooms->logs, call->work, call->ns,
                                         in_str(call, STR("logGroupName")), &subscription, &call->fault));
}

void op_logs_delete_subscription_filter(struct op_call *call)
{
    done(call,
         logs_subscription_delete(call->rooms->logs, call->work, call->ns, in_str(call, STR("logGroupName")),
                                  in_str(call, STR("filterName")), &call->fault));
}

static void out_subscription(struct json_writer *out, struct str group, const struct logs_subscription *s)
{
    json_begin_object(out);
    json_put_member_str(out, STR("filterName"), s->name);
    json_put_member_str(out, STR("logGroupName"), group);
    json_put_member_str(out, STR("filterPattern"), s->pattern);
    json_put_member_str(out, STR("destinationArn"), s->destination);
    if (s->role.len)
        json_put_member_str(out, STR("roleArn"), s->role);
    json_put_member_str(out, STR("distribution"), s->distribution.len ? s->distribution : STR("ByLogStream"));
    json_put_member_i64(out, STR("creationTime"), s->created_ms);
    json_end_object(out);
}

void op_logs_describe_subscription_filters(struct op_call *call)
{
    struct logs_group group;
    struct logs_subscription *subscriptions;
    struct page page;
    size_t count;
    if (!in_page(call, &page) ||
        !logs_group_get(call->reader, call->arena, call->ns, in_str(call, STR("logGroupName")), &group,
                        &call->fault) ||
        !logs_subscription_list(call->reader, call->arena, &group, &subscriptions, &count, &call->fault))
        return;
    struct str last = STR_EMPTY;
    json_begin_object(call->out);
    json_key(call->out, STR("subscriptionFilters"));
    json_begin_array(call->out);
    for (size_t i = 0; i < count && !page.more; i++) {
        if (page_takes(&page, subscriptions[i].name)) {
            out_subscription(call->out, group.name, &subscriptions[i]);
            last = subscriptions[i].name;
        }
    }
    json_end_array(call->out);
    if (page.more)
        json_put_member_str(call->out, STR("nextToken"), token_write(call, last));
    json_end_object(call->out);
}

/* ---- metric filters ---- */

void op_logs_put_metric_filter(struct op_call *call)
{
    const struct json *transformations =
        json_get_typed(call->input, STR("metricTransformations"), JSON_ARRAY);
    struct logs_metric_filter filter = {
        .name = in_str(call, STR("filterName")),
        .pattern = in_str(call, STR("filterPattern")),
        .transformations = *transformations,
    };
    if (in_built(call))
        done(call, logs_metric_filter_put(call->rooms->logs, call->work, call->ns,
                                          in_str(call, STR("logGroupName")), &filter, &call->fault));
}

void op_logs_delete_metric_filter(struct op_call *call)
{
    done(call,
         logs_metric_filter_delete(call->rooms->logs, call->work, call->ns, in_str(call, STR("logGroupName")),
                                   in_str(call, STR("filterName")), &call->fault));
}

static void out_metric_filter(struct json_writer *out, struct str group,
                              const struct logs_metric_filter *filter)
{
    json_begin_object(out);
    json_put_member_str(out, STR("filterName"), filter->name);
    json_put_member_str(out, STR("filterPattern"), filter->pattern);
    json_put_member(out, STR("metricTransformations"), &filter->transformations);
    json_put_member_i64(out, STR("creationTime"), filter->created_ms);
    json_put_member_str(out, STR("logGroupName"), group);
    json_end_object(out);
}

static bool is_of_metric(const struct op_call *call, const struct logs_metric_filter *filter)
{
    struct str name = in_str(call, STR("metricName")), space = in_str(call, STR("metricNamespace"));
    if (str_empty(name))
        return true;
    const struct json *t = &filter->transformations.items[0];
    return filter->transformations.count && str_eq(json_get_str(t, STR("metricName")), name) &&
           str_eq(json_get_str(t, STR("metricNamespace")), space);
}

/* The filters of a group that belong on the page; the page of all groups goes by group first: names are
 * "group\nfilter" there. */
static bool out_group_filters(struct op_call *call, const struct logs_group *group, struct page *page,
                              struct str *ret_last)
{
    struct logs_metric_filter *filters;
    size_t count;
    if (!logs_metric_filter_list(call->reader, call->arena, group, &filters, &count, &call->fault))
        return false;
    for (size_t i = 0; i < count && !page->more; i++) {
        if (!str_starts(filters[i].name, page->prefix) || !is_of_metric(call, &filters[i]))
            continue;
        struct page of_all = *page;
        of_all.prefix = STR_EMPTY;
        struct str place =
            arena_printf(call->arena, "%.*s\n%.*s", STR_ARG(group->name), STR_ARG(filters[i].name));
        if (page_takes(&of_all, place)) {
            out_metric_filter(call->out, group->name, &filters[i]);
            *ret_last = place;
        }
        page->given = of_all.given;
        page->more = of_all.more;
    }
    return true;
}

void op_logs_describe_metric_filters(struct op_call *call)
{
    struct page page;
    struct str last = STR_EMPTY, name = in_str(call, STR("logGroupName"));
    struct logs_group group;
    if (!in_page(call, &page))
        return;
    if (str_empty(in_str(call, STR("metricName"))) != str_empty(in_str(call, STR("metricNamespace")))) {
        fault_set(&call->fault, call->arena, FAULT_INVALID_PARAMETER,
                  "metricName and metricNamespace must be given together.");
        return;
    }
    if (!str_empty(name) && !logs_group_get(call->reader, call->arena, call->ns, name, &group, &call->fault))
        return;
    json_begin_object(call->out);
    json_key(call->out, STR("metricFilters"));
    json_begin_array(call->out);
    if (!str_empty(name) && !out_group_filters(call, &group, &page, &last))
        return;
    struct logs_group_query query = { .limit = LOGS_LIST_MAX };
    struct logs_group_page groups = { .more = str_empty(name) };
    while (groups.more && !page.more) {
        query.after = groups.after;
        if (!logs_group_list(call->reader, call->arena, call->ns, &query, &groups, &call->fault))
            return;
        for (size_t i = 0; i < groups.count && !page.more; i++)
            if (!out_group_filters(call, &groups.groups[i], &page, &last))
                return;
    }
    json_end_array(call->out);
    if (page.more)
        json_put_member_str(call->out, STR("nextToken"), token_write(call, last));
    json_end_object(call->out);
}
