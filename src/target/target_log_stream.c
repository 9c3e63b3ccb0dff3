/* target_log_stream.c - writes what workflows log: each line of the payload is a log event.
 *
 * The resource names group and stream; all lines are of the delivery's time. The stream is shared by many
 * deliveries and made with the first.
 */
#include "base/arn.h"
#include "base/vec.h"
#include "logs/logs.h"
#include "target/target_fault.h"
#include "target/target_kinds.h"

/* arn:aws:logs:R:A:log-group:GROUP:log-stream:STREAM */
static bool stream_of(struct str resource, struct str *ret_group, struct str *ret_stream)
{
    struct arn arn;
    struct str rest;
    if (!arn_parse(resource, &arn) || !str_starts(arn.resource, STR("log-group:")) ||
        !str_cut(str_from_offset(arn.resource, strlen("log-group:")), ':', ret_group, &rest) ||
        !str_starts(rest, STR("log-stream:")))
        return false;
    *ret_stream = str_from_offset(rest, strlen("log-stream:"));
    return ret_group->len > 0 && ret_stream->len > 0;
}

static void log_stream_send(void *self, struct work *work, const struct delivery *delivery,
                            struct delivery_result *ret)
{
    struct str group, stream, line, rest = delivery->payload;
    struct fault fault = { 0 };
    VEC(struct logs_input) events = { 0 };
    if (!stream_of(delivery->resource, &group, &stream)) {
        fault_set(&fault, work->arena, FAULT_INVALID_ARN, "%.*s is no ARN of a log stream.",
                  STR_ARG(delivery->resource));
        target_refuse(ret, &fault);
        return;
    }
    while (rest.len > 0) {
        (void)str_cut(rest, '\n', &line, &rest);
        VEC_PUSH(work->arena, &events, ((struct logs_input){ delivery->event_time_ms, line }));
    }
    if (logs_append_shared(self, work, delivery->ns, group, stream, events.at, events.len, &fault))
        ret->outcome = OUTCOME_DELIVERED;
    else
        target_refuse(ret, &fault);
}

const struct target_kind target_log_stream = {
    .name = "log-stream",
    .doc = "A stream of a CloudWatch Logs group: what workflows log, each line a log event.",
    .send = log_stream_send,
};
