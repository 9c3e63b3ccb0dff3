/* target_log_group.c - writes the event into a log group, in a stream of its own.
 *
 * The stream's name follows from the event, the rule and the target, so that whatever carries the event there
 * twice finds the stream of the first time.
 */
#include "target/target_fault.h"
#include "target/target_kinds.h"
#include "base/arn.h"
#include "base/time.h"
#include "io/rand.h"
#include "logs/logs.h"

/* arn:aws:logs:R:A:log-group:NAME or NAME:* */
static bool group_of(struct str resource, struct str *ret)
{
    struct arn arn;
    if (!arn_parse(resource, &arn) || !str_starts(arn.resource, STR("log-group:")))
        return false;
    struct str name = str_from_offset(arn.resource, strlen("log-group:")), rest;
    (void)str_cut(name, ':', ret, &rest);
    return ret->len > 0;
}

static struct str stream_of_event(struct arena *arena, const struct delivery *delivery)
{
    char *name = arena_bytes(arena, UUID_TEXT_BYTES);
    size_t len = delivery->event_id.len + delivery->source_arn.len + delivery->owner_ref.len + 2;
    char *from = arena_bytes(arena, len), *at = from;
    const struct str parts[] = { delivery->event_id, delivery->source_arn, delivery->owner_ref };
    for (size_t i = 0; i < 3; i++) {
        if (i)
            *at++ = '\n';
        if (parts[i].len)
            memcpy(at, parts[i].ptr, parts[i].len);
        at += parts[i].len;
    }
    uuid_of_name(str_of(from, len), name);
    return str_of(name, UUID_TEXT_BYTES);
}

/* "bus/rule/target/2026-11-23-12": the rule as its ARN says it, the hour of arrival. */
static struct str stream_of_hour(struct arena *arena, const struct delivery *delivery, int64_t now_ms)
{
    struct time_fields t = time_fields_of(now_ms);
    struct arn arn;
    struct str rule = delivery->source_arn;
    if (arn_parse(rule, &arn) && str_starts(arn.resource, STR("rule/")))
        rule = str_from_offset(arn.resource, strlen("rule/"));
    return arena_printf(arena, "%.*s/%.*s/%04d-%02d-%02d-%02d", STR_ARG(rule), STR_ARG(delivery->owner_ref),
                        t.year, t.month, t.day, t.hour);
}

static bool append(const struct target_log_group *target, struct work *work, const struct delivery *d,
                   struct str group, struct str stream, struct fault *reterr)
{
    if (target->stream_per_hour)
        return logs_append_shared(target->logs, work, d->ns, group, stream,
                                  &(struct logs_input){ d->event_time_ms, d->payload }, 1, reterr);
    /* Never stored and never handed on: the event's id was drawn for this very command, so nobody can
     * have been here. (An event that goes round comes by the same rule again, then with hops.) */
    bool fresh = d->id == 0 && d->hops == 0;
    return (fresh ? logs_append_new : logs_append)(target->logs, work, d->ns, group, stream, d->event_time_ms,
                                                   d->payload, reterr);
}

static void log_group_send(void *self, struct work *work, const struct delivery *delivery,
                           struct delivery_result *ret)
{
    const struct target_log_group *target = self;
    struct str group;
    struct fault fault = { 0 };
    if (!group_of(delivery->resource, &group)) {
        fault_set(&fault, work->arena, FAULT_INVALID_ARN, "%.*s is no ARN of a log group.",
                  STR_ARG(delivery->resource));
        target_refuse(ret, &fault);
        return;
    }
    struct str stream = target->stream_per_hour ? stream_of_hour(work->arena, delivery, work->now_ms)
                                                : stream_of_event(work->arena, delivery);
    if (append(target, work, delivery, group, stream, &fault)) {
        ret->outcome = OUTCOME_DELIVERED;
        ret->place = stream;
    } else {
        target_refuse(ret, &fault);
    }
}

const struct target_kind target_log_group = {
    .name = "log-group",
    .doc = "A CloudWatch Logs group: each event becomes a log event in a stream of its own.",
    .send = log_group_send,
};
