/* api_crema_import.c - ImportLogEvents: events that were ingested elsewhere, with the times they have there. */
#include "api/operations.h"
#include "logs/logs.h"

enum { NEW_MAX_MS = 2 * 3600000 };

struct import {
    struct logs_input *events;
    struct str *streams;
    int64_t *ingested_ms; /* 0: now */
    size_t count;
};

void op_crema_import_log_events_prepare(struct op_call *call)
{
    const struct json *events = json_get_typed(call->input, STR("Events"), JSON_ARRAY);
    struct import *import = ARENA_NEW(call->arena, struct import);
    size_t bytes = 0;
    import->count = events->count;
    import->events = ARENA_ARRAY(call->arena, struct logs_input, import->count);
    import->streams = ARENA_ARRAY(call->arena, struct str, import->count);
    import->ingested_ms = ARENA_ARRAY(call->arena, int64_t, import->count);
    for (size_t i = 0; i < import->count; i++) {
        const struct json *event = &events->items[i];
        import->streams[i] = json_get_str(event, STR("LogStreamName"));
        import->events[i].timestamp_ms = json_get_i64(event, STR("Timestamp"));
        import->events[i].message = json_get_str(event, STR("Message"));
        import->ingested_ms[i] = json_get_i64(event, STR("IngestionTime"));
        bytes += import->events[i].message.len + LOGS_EVENT_OVERHEAD_BYTES;
    }
    /* Of one alone the service's limit is of the message. */
    if (bytes > LOGS_PAGE_BYTES_MAX + (import->count == 1 ? LOGS_EVENT_OVERHEAD_BYTES : 0))
        fault_set(&call->fault, call->arena, FAULT_INVALID_PARAMETER,
                  "Upload too large: %zu bytes exceeds limit of %d", bytes, LOGS_PAGE_BYTES_MAX);
    else
        call->prepared = import;
}

/* How many from at on are of one stream and of one time of ingestion, in order. */
static size_t alike(const struct import *import, size_t at)
{
    size_t end = at + 1;
    while (end < import->count && str_eq(import->streams[end], import->streams[at]) &&
           import->ingested_ms[end] == import->ingested_ms[at] &&
           import->events[end].timestamp_ms >= import->events[end - 1].timestamp_ms)
        end++;
    return end - at;
}

/* ImportLogEvents {LogGroupName, Events: {LogStreamName, Timestamp, IngestionTime, Message}} -> {Imported, Expired}:
 * all or nothing, however old they are; streams are made as they are needed. Those past the group's retention are left
 * out and counted. */
void op_crema_import_log_events(struct op_call *call)
{
    const struct import *import = call->prepared;
    struct str name = json_get_str(call->input, STR("LogGroupName"));
    struct logs_group group;
    int64_t expired = 0;
    bool good = logs_group_get(call->reader, call->arena, call->ns, name, &group, &call->fault);
    int64_t kept_ms =
        good && group.retention_days ? call->now_ms - (int64_t)group.retention_days * 86400000 : INT64_MIN;
    for (size_t at = 0, count; good && at < import->count; at += count) {
        count = alike(import, at);
        if (import->events[at + count - 1].timestamp_ms > call->now_ms + NEW_MAX_MS)
            good = fault_set(&call->fault, call->arena, FAULT_INVALID_PARAMETER,
                             "An event's timestamp is more than 2 hours in the future.");
        size_t from = at;
        while (from < at + count && import->events[from].timestamp_ms < kept_ms)
            from++;
        expired += (int64_t)(from - at);
        if (good && from < at + count)
            good = logs_import(call->rooms->logs, call->work, call->ns, name, import->streams[at],
                               import->ingested_ms[at] ? import->ingested_ms[at] : call->now_ms,
                               import->events + from, at + count - from, &call->fault);
    }
    if (!good) {
        call->fault.text = arena_copy(call->arena, call->fault.text);
        return;
    }
    json_begin_object(call->out);
    json_put_member_i64(call->out, STR("Imported"), (int64_t)import->count - expired);
    json_put_member_i64(call->out, STR("Expired"), expired);
    json_end_object(call->out);
}
