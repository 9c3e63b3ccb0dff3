/* target_log_subscription.c - writes what a subscription filter passed on into another log group.
 *
 * The payload is what logs_subscription.c makes: {"group","stream","events":[[timestamp, message], ...]}. The stream
 * there is "group/stream" of where they come from, or, where that is too long, the stream.
 */
#include "base/arn.h"
#include "json/json.h"
#include "logs/logs_subscription.h"
#include "target/target_fault.h"
#include "target/target_kinds.h"

enum { STREAM_NAME_MAX = 512 };

static bool events_read(struct arena *arena, struct str payload, struct str *ret_stream,
                        struct logs_input **ret_events, size_t *ret_count)
{
    struct json value;
    if (json_read(arena, payload, 0, &value, NULL))
        return false;
    struct str group = json_get_str(&value, STR("group")), stream = json_get_str(&value, STR("stream"));
    const struct json *events = json_get_typed(&value, STR("events"), JSON_ARRAY);
    if (!events)
        return false;
    *ret_stream = group.len + stream.len + 1 <= STREAM_NAME_MAX
                      ? arena_printf(arena, "%.*s/%.*s", STR_ARG(group), STR_ARG(stream))
                      : stream;
    *ret_count = events->count;
    *ret_events = ARENA_ARRAY(arena, struct logs_input, events->count);
    for (uint32_t i = 0; i < events->count; i++) {
        const struct json *event = &events->items[i];
        if (event->type != JSON_ARRAY || event->count != 2 ||
            !json_number_i64(event->items[0].text, &(*ret_events)[i].timestamp_ms))
            return false;
        (*ret_events)[i].message = event->items[1].text;
    }
    return events->count > 0;
}

static void log_subscription_send(void *self, struct work *work, const struct delivery *delivery,
                                  struct delivery_result *ret)
{
    struct fault fault = { 0 };
    struct str group, stream;
    struct logs_input *events = NULL;
    size_t count = 0;
    bool ok =
        events_read(work->arena, delivery->payload, &stream, &events, &count) ||
        fault_set(&fault, work->arena, FAULT_VALIDATION, "The payload is not one of a subscription filter.");
    ok =
        ok && logs_group_name_of(work->arena, delivery->ns, delivery->resource, &group, &fault) &&
        logs_append_forwarded(self, work, delivery->ns, group, stream, events, count, delivery->hops, &fault);
    if (ok)
        ret->outcome = OUTCOME_DELIVERED;
    else
        target_refuse(ret, &fault);
}

const struct target_kind target_log_subscription = {
    .name = "log-subscription",
    .doc = "A CloudWatch Logs group that is subscribed to another.",
    .send = log_subscription_send,
};
