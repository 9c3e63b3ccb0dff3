/* api_logs_filter.c - CloudWatch Logs: filters of log groups, and their patterns. */
#include "api/operations.h"
#include "logs/logs_pattern.h"

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
