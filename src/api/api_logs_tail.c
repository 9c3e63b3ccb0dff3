/* api_logs_tail.c - live tails: from a session of the logs room to frames of an event stream.
 *
 *   initial-response, sessionStart, then sessionUpdate after sessionUpdate; at the end perhaps an exception.
 */
#include "api/api_logs_tail.h"

#include "api/event_stream.h"
#include "api/operations.h"
#include "io/http.h"
#include "io/rand.h"
#include "logs/logs_scan.h"
#include "logs/logs_tail.h"

/* One session's answer. In the call's arena, which is the exchange's. */
struct live_tail {
    struct http_exchange *exchange;
    struct logs_tail_session *session;
    struct logs_tail_query query;
    struct str group_arns[LOGS_TAIL_GROUPS_MAX];
    uint64_t sequence; /* it begins after this one */
    int64_t started_ms;
    bool own;
    struct arena arena; /* of an update being written */
    struct str session_id, request_id;
};

/* ---- frames ---- */

static void put_list(struct json_writer *out, struct str name, const struct str *items, size_t count)
{
    json_key(out, name);
    json_begin_array(out);
    for (size_t i = 0; i < count; i++)
        json_put_str(out, items[i]);
    json_end_array(out);
}

static void write_start(const struct live_tail *tail, struct buf *out)
{
    struct json_writer json;
    size_t at = event_stream_begin(out, STR("event"), STR("initial-response"));
    buf_add(out, STR("{}"));
    event_stream_finish(out, at);
    at = event_stream_begin(out, STR("event"), STR("sessionStart"));
    json_writer_init(&json, out);
    json_begin_object(&json);
    json_put_member_str(&json, STR("requestId"), tail->request_id);
    json_put_member_str(&json, STR("sessionId"), tail->session_id);
    put_list(&json, STR("logGroupIdentifiers"), tail->group_arns, tail->query.group_count);
    put_list(&json, STR("logStreamNames"), tail->query.streams, tail->query.stream_count);
    put_list(&json, STR("logStreamNamePrefixes"), tail->query.prefixes, tail->query.prefix_count);
    json_put_member_str(&json, STR("logEventFilterPattern"), tail->query.pattern);
    if (tail->own) {
        json_put_member_i64(&json, STR("afterSequence"), (int64_t)tail->sequence);
        json_put_member_i64(&json, STR("startTime"), tail->started_ms);
    }
    json_end_object(&json);
    event_stream_finish(out, at);
}

static size_t group_of(const struct live_tail *tail, const struct logs_tailed *event)
{
    size_t at = 0;
    while (at + 1 < tail->query.group_count && tail->query.groups[at].id != event->group_id)
        at++;
    return at;
}

static void write_event(struct live_tail *tail, struct json_writer *json, const struct logs_tailed *event)
{
    size_t group = group_of(tail, event);
    json_begin_object(json);
    json_put_member_str(json, STR("logStreamName"), event->stream);
    json_put_member_str(json, STR("logGroupIdentifier"), tail->group_arns[group]);
    json_put_member_str(json, STR("message"), event->message);
    json_put_member_i64(json, STR("timestamp"), event->at.timestamp_ms);
    json_put_member_i64(json, STR("ingestionTime"), event->ingested_ms);
    if (tail->own)
        json_put_member_str(json, STR("eventId"),
                            logs_event_id(&tail->arena, &tail->query.groups[group], event->at));
    json_end_object(json);
}

static void write_update(struct live_tail *tail, const struct logs_tail_update *update, struct buf *out)
{
    struct json_writer json;
    size_t at = event_stream_begin(out, STR("event"), STR("sessionUpdate"));
    json_writer_init(&json, out);
    json_begin_object(&json);
    json_key(&json, STR("sessionMetadata"));
    json_begin_object(&json);
    json_key(&json, STR("sampled"));
    json_put_bool(&json, update->sampled);
    if (tail->own)
        json_put_member_i64(&json, STR("dropped"), (int64_t)update->dropped);
    json_end_object(&json);
    json_key(&json, STR("sessionResults"));
    json_begin_array(&json);
    for (size_t i = 0; i < update->count; i++)
        write_event(tail, &json, update->events[i]);
    json_end_array(&json);
    json_end_object(&json);
    event_stream_finish(out, at);
    arena_reset(&tail->arena);
}

static void write_exception(struct buf *out, struct str type, struct str text)
{
    struct json_writer json;
    size_t at = event_stream_begin(out, STR("exception"), type);
    json_writer_init(&json, out);
    json_begin_object(&json);
    json_put_member_str(&json, STR("message"), text);
    json_end_object(&json);
    event_stream_finish(out, at);
}

/* ---- between the session and the exchange ---- */

/* On the tail's thread. */
static void on_update(void *self, const struct logs_tail_update *update)
{
    struct live_tail *tail = self;
    struct buf piece;
    buf_init(&piece, 0);
    write_update(tail, update, &piece);
    http_stream_send(tail->exchange, &piece);
}

static void on_end(void *self, enum logs_tail_end why)
{
    struct live_tail *tail = self;
    struct buf last;
    buf_init(&last, 0);
    arena_fini(&tail->arena);
    if (why == LOGS_TAIL_TIMED_OUT)
        write_exception(&last, STR("SessionTimeoutException"),
                        STR("The Live Tail session has been open for as long as one may be."));
    else if (why == LOGS_TAIL_DELETED)
        write_exception(&last, STR("SessionStreamingException"),
                        STR("A log group of the session was deleted."));
    else if (why == LOGS_TAIL_STOPPED)
        write_exception(&last, STR("SessionStreamingException"), STR("The server is stopping."));
    http_stream_end(tail->exchange, &last); /* the tail's memory may be gone after it */
}

/* On the connection's loop. */
static void on_moved(void *self, bool gone)
{
    const struct live_tail *tail = self;
    (gone ? logs_tail_gone : logs_tail_ready)(tail->session);
}

static void answer(struct op_call *call, struct str request_id, enum err committed)
{
    struct live_tail *tail = call->stream_with;
    if (committed != ERR_OK) {
        logs_tail_abandon(tail->session);
        return;
    }
    struct http_header headers[] = { { STR("x-amzn-RequestId"), request_id },
                                     { STR("Content-Type"), STR("application/vnd.amazon.eventstream") } };
    struct buf first;
    buf_init(&first, 0);
    tail->request_id = request_id;
    write_start(tail, &first);
    struct logs_tail_session *session = tail->session;
    http_stream_begin(tail->exchange, 200, headers, 2, &first, on_moved, tail);
    logs_tail_begin(session);
}

/* ---- start ---- */

static bool refuse(struct op_call *call, const char *text)
{
    return fault_set(&call->fault, call->arena, FAULT_INVALID_PARAMETER, "%s", text);
}

static const struct str *texts_of(struct arena *arena, const struct json *list, size_t *ret_count)
{
    *ret_count = list ? list->count : 0;
    struct str *texts = ARENA_ARRAY(arena, struct str, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++)
        texts[i] = list->items[i].text;
    return texts;
}

static bool find_groups(struct op_call *call, const struct live_tail_request *request, struct live_tail *tail)
{
    struct logs_group *groups = ARENA_ARRAY(call->arena, struct logs_group, LOGS_TAIL_GROUPS_MAX);
    tail->query.groups = groups;
    for (uint32_t i = 0; i < request->groups->count; i++) {
        struct str identifier = request->groups->items[i].text, name;
        if (str_starts(identifier, STR("arn:")) && str_ends(identifier, STR("*")))
            return refuse(call, "A log group's ARN in logGroupIdentifiers can't end with an asterisk (*).");
        if (!logs_group_name_of(call->arena, call->ns, identifier, &name, &call->fault) ||
            !logs_group_get(call->reader, call->arena, call->ns, name, &groups[i], &call->fault))
            return false;
        if (!request->own && groups[i].group_class != LOGS_CLASS_STANDARD)
            return fault_set(
                &call->fault, call->arena, FAULT_INVALID_OPERATION,
                "Live Tail is supported for log groups of the class STANDARD only; %.*s is of the class "
                "%s.",
                STR_ARG(name), logs_class_text(groups[i].group_class));
        tail->group_arns[i] = logs_group_arn(call->arena, call->ns, name);
        tail->query.group_count = i + 1;
    }
    return true;
}

void live_tail_start(struct op_call *call, const struct live_tail_request *request)
{
    struct live_tail *tail = ARENA_NEW(call->arena, struct live_tail);
    tail->exchange = call->client;
    tail->own = request->own;
    tail->started_ms = call->now_ms;
    tail->query.pattern = request->pattern;
    tail->query.interval_ms = request->interval_ms;
    tail->query.sampled = request->sampled;
    tail->query.streams = texts_of(call->arena, request->streams, &tail->query.stream_count);
    tail->query.prefixes = texts_of(call->arena, request->prefixes, &tail->query.prefix_count);
    if (tail->query.stream_count && tail->query.prefix_count) {
        refuse(call, "logStreamNames and logStreamNamePrefixes are mutually exclusive parameters.");
        return;
    }
    if (request->groups->count > LOGS_TAIL_GROUPS_MAX) {
        refuse(call, "A Live Tail session can include up to 10 log groups.");
        return;
    }
    if (request->groups->count > 1 && (tail->query.stream_count || tail->query.prefix_count)) {
        refuse(call, "logStreamNames and logStreamNamePrefixes can be specified only with one log group in "
                     "logGroupIdentifiers.");
        return;
    }
    struct logs_tail_reader reader = { tail, on_update, on_end };
    char *id = arena_bytes(call->arena, UUID_TEXT_BYTES);
    uuid_random(id);
    tail->session_id = str_of(id, UUID_TEXT_BYTES);
    if (!find_groups(call, request, tail) ||
        !logs_tail_start(call->rooms->tail, call->rooms->logs, call->work, call->arena, &tail->query, &reader,
                         &tail->session, &tail->sequence, &call->fault))
        return;
    call->stream = answer;
    call->stream_with = tail;
}

void op_logs_start_live_tail(struct op_call *call)
{
    struct live_tail_request request = {
        .groups = json_get_typed(call->input, STR("logGroupIdentifiers"), JSON_ARRAY),
        .streams = json_get_typed(call->input, STR("logStreamNames"), JSON_ARRAY),
        .prefixes = json_get_typed(call->input, STR("logStreamNamePrefixes"), JSON_ARRAY),
        .pattern = json_get_str(call->input, STR("logEventFilterPattern")),
        .interval_ms = 1000,
        .sampled = true,
    };
    live_tail_start(call, &request);
}
