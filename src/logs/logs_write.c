#include "logs/logs_filters.h"
#include "logs/logs_pack.h"
#include "logs/logs_read.h"

enum {
    DAY_MS = 86400000,
    TOO_NEW_MS = 2 * 3600000,
    TOO_OLD_MS = 14 * DAY_MS,
};

/* ---- one batch of events into one stream ---- */

/* A stream that is being written to. */
struct target_stream {
    struct ns ns;
    struct logs_held *held;
    struct str name;
    bool exists;
    struct logs_stream_record record;
    int64_t ingested_ms; /* of the events written now */
};

/* Another event of the run that is being built. */
static void add_event(struct logs *logs, struct work *work, const struct target_stream *stream,
                      struct logs_position at, struct str message)
{
    logs_run_add(&logs->run, at, message);
    if (stream->held->filters && !logs->importing)
        logs_filters_see(logs, work, stream->held->filters, at, message);
}

/* Ends the run that is being built. */
static void put_run(struct logs *logs, struct work *work, const struct target_stream *stream, uint8_t flags)
{
    const struct logs_group *group = &stream->held->group;
    struct logs_event_record all = {
        .flags = (uint8_t)((stream->record.flags & LOGS_STREAM_OWN) | flags),
        .ingested_ms = stream->ingested_ms,
        .number = stream->record.number,
        .stream = stream->name,
    };
    struct key key;
    logs_key_of_span(&key, group, LOGS_RUN, &logs->run.span);
    buf_clear(&logs->value);
    logs_run_write(&logs->run, &all, &logs->value);
    size_t value_at = store_put(work->batch, key_str(&key), buf_str(&logs->value));
    if (logs_tail_is_watched(logs->tail))
        logs_tail_note(logs->tail, work->batch, group, &logs->run, value_at, logs->value.len);
    if (!(flags & LOGS_EVENT_ONLY)) {
        logs_key_index(&key, group, stream->record.number);
        logs_key_span(&key, &logs->run.span);
        store_put(work->batch, key_str(&key), STR_EMPTY);
    }
    logs_pack_note_run(logs, group, &logs->run.span);
    logs_run_clear(&logs->run);
}

/* The stream's first event. Its bytes. */
static int64_t write_single(struct logs *logs, struct work *work, struct target_stream *stream,
                            const struct logs_input *event)
{
    struct logs_stream_record *record = &stream->record;
    if (stream->exists) {
        struct key key;
        logs_key_last(&key, &stream->held->group, LOGS_NO_TIME, stream->name);
        store_delete(work->batch, key_str(&key));
    }
    record->state = LOGS_SINGLE;
    record->number = logs_sequence_next(logs, work);
    record->first_ms = record->last_ms = event->timestamp_ms;
    record->last_sequence = record->number;
    record->ingested_ms = work->now_ms;
    logs_run_clear(&logs->run);
    add_event(logs, work, stream, (struct logs_position){ event->timestamp_ms, record->number },
              event->message);
    put_run(logs, work, stream, LOGS_EVENT_ONLY);
    logs_stream_store(logs, work, &stream->held->group, stream->name, record);
    return logs_event_bytes(event->message.len);
}

/* Runs of all the events; the record follows. */
static int64_t put_events(struct logs *logs, struct work *work, struct target_stream *stream,
                          const struct logs_input *events, size_t count)
{
    struct logs_stream_record *record = &stream->record;
    int64_t bytes = 0;
    logs_run_clear(&logs->run);
    for (size_t i = 0; i < count; i++) {
        struct logs_position at = { events[i].timestamp_ms, logs_sequence_next(logs, work) };
        if (record->state == LOGS_EMPTY) {
            record->state = LOGS_MANY;
            record->number = at.sequence;
            record->first_ms = record->last_ms = at.timestamp_ms;
        }
        if (at.timestamp_ms < record->first_ms)
            record->first_ms = at.timestamp_ms;
        if (at.timestamp_ms > record->last_ms)
            record->last_ms = at.timestamp_ms;
        record->last_sequence = at.sequence;
        if (!logs_run_takes(&logs->run, at, events[i].message.len))
            put_run(logs, work, stream, 0);
        add_event(logs, work, stream, at, events[i].message);
        bytes += logs_event_bytes(events[i].message.len);
    }
    put_run(logs, work, stream, 0);
    return bytes;
}

static int64_t write_many(struct logs *logs, struct work *work, struct target_stream *stream,
                          const struct logs_input *events, size_t count)
{
    struct logs_stream_record *record = &stream->record;
    const struct logs_group *group = &stream->held->group;
    bool listed = record->state == LOGS_MANY || (record->state == LOGS_EMPTY && stream->exists);
    int64_t listed_ms = record->state == LOGS_MANY ? record->last_ms : LOGS_NO_TIME;
    if (record->state == LOGS_SINGLE) { /* its event stays where it is */
        record->flags |= LOGS_STREAM_ONLY;
        record->only_ms = record->first_ms;
        record->state = LOGS_MANY;
    }
    int64_t bytes = put_events(logs, work, stream, events, count);
    record->ingested_ms = work->now_ms;
    logs_stream_store(logs, work, group, stream->name, record);
    if (!listed || listed_ms != record->last_ms) {
        struct key key;
        if (listed) {
            logs_key_last(&key, group, listed_ms, stream->name);
            store_delete(work->batch, key_str(&key));
        }
        logs_key_last(&key, group, record->last_ms, stream->name);
        store_put(work->batch, key_str(&key), STR_EMPTY);
    }
    return bytes;
}

/* What came in counts for AWS/Logs; what is imported came before. */
static void count_incoming(struct logs *logs, struct work *work, const struct target_stream *stream,
                           size_t events, int64_t bytes)
{
    struct logs_held *held = stream->held;
    struct metrics_subject group = { METRICS_OF_LOG_GROUP, stream->ns, { held->group.name } };
    const struct metrics_amount amounts[] = { { LOGS_INCOMING_EVENTS, (double)events },
                                              { LOGS_INCOMING_BYTES, (double)bytes } };
    metrics_count(logs->metrics, work, &group, &held->meter, amounts, 2);
}

static void write_events(struct logs *logs, struct work *work, struct target_stream *stream,
                         const struct logs_input *events, size_t count)
{
    int64_t bytes = stream->record.state == LOGS_EMPTY && count == 1
                        ? write_single(logs, work, stream, events)
                        : write_many(logs, work, stream, events, count);
    logs_count(logs, work, stream->held, bytes, bytes);
    if (!logs->importing)
        count_incoming(logs, work, stream, count, bytes);
    if (stream->held->filters)
        logs_filters_end(logs, work, stream->held, stream->name);
}

/* ---- for targets ---- */

static bool stream_name_valid(struct str name)
{
    return name.len >= 1 && name.len <= LOGS_STREAM_NAME_MAX && str_find_char(name, ':') == STR_NOT_FOUND &&
           str_find_char(name, '*') == STR_NOT_FOUND;
}

static struct target_stream target_stream_new(struct ns ns, struct logs_held *held, struct str name,
                                              int64_t now_ms)
{
    return (struct target_stream){
        .ns = ns,
        .held = held,
        .name = name,
        .record = { .state = LOGS_EMPTY, .flags = LOGS_STREAM_OWN, .created_ms = now_ms },
        .ingested_ms = now_ms,
    };
}

static bool append_begin(struct logs *logs, struct work *work, struct ns ns, struct str group,
                         struct str stream, struct logs_held **ret, struct fault *reterr)
{
    if (!stream_name_valid(stream))
        return fault_set(reterr, work->arena, FAULT_INVALID_PARAMETER, "'%.*s' cannot name a log stream.",
                         STR_ARG(stream));
    return logs_hold(logs, work, ns, group, ret, reterr);
}

bool logs_append_new(struct logs *logs, struct work *work, struct ns ns, struct str group, struct str stream,
                     int64_t timestamp_ms, struct str message, struct fault *reterr)
{
    struct logs_held *held;
    if (!append_begin(logs, work, ns, group, stream, &held, reterr))
        return false;
    struct target_stream target = target_stream_new(ns, held, stream, work->now_ms);
    write_events(logs, work, &target, &(struct logs_input){ timestamp_ms, message }, 1);
    return true;
}

/* Whether the stream's one event is this very one. */
static bool only_is(struct work *work, const struct target_stream *stream, const struct logs_input *event)
{
    const struct logs_stream_record *record = &stream->record;
    if (record->state != LOGS_SINGLE || !(record->flags & LOGS_STREAM_OWN) ||
        record->first_ms != event->timestamp_ms)
        return false;
    struct logs_found only;
    return logs_find(work->reader, work->arena, &stream->held->group,
                     (struct logs_position){ record->first_ms, record->number }, &only) == ERR_OK &&
           str_eq(only.event.message, event->message);
}

static bool append(struct logs *logs, struct work *work, struct ns ns, struct str group, struct str stream,
                   const struct logs_input *events, size_t count, bool own, int64_t ingested_ms,
                   struct fault *reterr)
{
    struct target_stream target = { .ns = ns, .name = stream, .exists = true };
    if (!append_begin(logs, work, ns, group, stream, &target.held, reterr))
        return false;
    enum err err = logs_stream_load(work->reader, work->arena, &target.held->group, stream, &target.record);
    if (err != ERR_OK && err != ERR_NOTFOUND)
        return logs_bad_store(reterr, work->arena, err);
    if (err == ERR_NOTFOUND)
        target = target_stream_new(ns, target.held, stream, work->now_ms);
    target.ingested_ms = ingested_ms;
    if (!own || !only_is(work, &target, events))
        write_events(logs, work, &target, events, count);
    return true;
}

bool logs_append(struct logs *logs, struct work *work, struct ns ns, struct str group, struct str stream,
                 int64_t timestamp_ms, struct str message, struct fault *reterr)
{
    struct logs_input event = { timestamp_ms, message };
    return append(logs, work, ns, group, stream, &event, 1, true, work->now_ms, reterr);
}

bool logs_append_shared(struct logs *logs, struct work *work, struct ns ns, struct str group,
                        struct str stream, const struct logs_input *events, size_t count,
                        struct fault *reterr)
{
    return append(logs, work, ns, group, stream, events, count, false, work->now_ms, reterr);
}

bool logs_import(struct logs *logs, struct work *work, struct ns ns, struct str group, struct str stream,
                 int64_t ingested_ms, const struct logs_input *events, size_t count, struct fault *reterr)
{
    logs->importing = true;
    bool ok = append(logs, work, ns, group, stream, events, count, false, ingested_ms, reterr);
    logs->importing = false;
    return ok;
}

/* ---- PutLogEvents ---- */

bool logs_put_check(struct arena *arena, const struct logs_input *events, size_t count, struct fault *reterr)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        if (i && events[i].timestamp_ms < events[i - 1].timestamp_ms)
            return fault_set(reterr, arena, FAULT_INVALID_PARAMETER,
                             "Log events in a single PutLogEvents request must be in chronological order.");
        size_t one = events[i].message.len + LOGS_EVENT_OVERHEAD_BYTES;
        if (one > LOGS_PAGE_BYTES_MAX)
            return fault_set(reterr, arena, FAULT_INVALID_PARAMETER,
                             "Log event too large: %zu bytes exceeds limit of %d", one, LOGS_PAGE_BYTES_MAX);
        bytes += one;
    }
    if (bytes > LOGS_PAGE_BYTES_MAX)
        return fault_set(reterr, arena, FAULT_INVALID_PARAMETER,
                         "Upload too large: %zu bytes exceeds limit of %d", bytes, LOGS_PAGE_BYTES_MAX);
    return true;
}

/* Which events are kept, [*from, *to), and what is told of the others. Events are in order of time. */
static void sort_out(const struct logs_group *group, int64_t now_ms, const struct logs_input *events,
                     size_t count, size_t *from, size_t *to, struct logs_put_result *ret)
{
    size_t old = 0, expired, new_from = count;
    while (old < count && events[old].timestamp_ms < now_ms - TOO_OLD_MS)
        old++;
    expired = old;
    while (expired < count && events[expired].timestamp_ms < logs_kept_since(group, now_ms))
        expired++;
    while (new_from > expired && events[new_from - 1].timestamp_ms > now_ms + TOO_NEW_MS)
        new_from--;
    ret->too_old_end = old ? (int64_t)old : -1;
    ret->expired_end = expired > old ? (int64_t)expired : -1;
    ret->too_new_start = new_from < count ? (int64_t)new_from : -1;
    *from = expired;
    *to = new_from;
}

bool logs_put(struct logs *logs, struct work *work, struct ns ns, struct str group, struct str stream,
              const struct logs_input *events, size_t count, struct logs_put_result *ret,
              struct fault *reterr)
{
    struct target_stream target = { .ns = ns, .name = stream, .exists = true, .ingested_ms = work->now_ms };
    if (!logs_hold(logs, work, ns, group, &target.held, reterr))
        return false;
    enum err err = logs_stream_load(work->reader, work->arena, &target.held->group, stream, &target.record);
    if (err == ERR_NOTFOUND)
        return logs_no_stream(reterr, work->arena);
    if (err != ERR_OK)
        return logs_bad_store(reterr, work->arena, err);
    size_t from, to;
    sort_out(&target.held->group, work->now_ms, events, count, &from, &to, ret);
    if (from < to && events[to - 1].timestamp_ms - events[from].timestamp_ms > DAY_MS)
        return fault_set(
            reterr, work->arena, FAULT_INVALID_PARAMETER,
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
    if (from < to)
        write_events(logs, work, &target, events + from, to - from);
    ret->next_token = logs_upload_token(work->arena, &target.record);
    return true;
}
