/* cli_tail_session.c - one session of Crema's TailLogs, read frame by frame. */
#include "cli/cli_tail.h"

#include "api/event_stream.h"
#include "io/clock.h"
#include "io/signals.h"
#include "logs/logs_scan.h"

#include <stdio.h>

enum {
    WAIT_MS = 200,
    CONNECT_TIME_MAX_MS = 10000,
    SILENCE_MAX_MS = 15000, /* the server says something every second: after this long it is taken for gone */
    GAPS_LONG_MAX = 3,
    FILL_TIME_MAX_MS = 5000, /* a gap that took longer is followed by another, before events are waited for */
};

struct session {
    struct tail *tail;
    struct http_download *download;
    struct arena arena; /* of the request */
    struct buf bytes;
    size_t taken; /* of bytes */
    struct tail_gap gap;
    bool started;
    int64_t started_ms; /* the server's time */
    int64_t started_ns; /* and ours, then */
    int64_t heard_ns;
    bool over;
};

static void write_request(const struct tail *tail, struct buf *out)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_begin_object(&json);
    json_key(&json, STR("LogGroupIdentifiers"));
    json_begin_array(&json);
    for (size_t i = 0; i < tail->group_count; i++)
        json_put_str(&json, tail->groups[i]);
    json_end_array(&json);
    if (tail->stream_count) {
        json_key(&json, STR("LogStreamNames"));
        json_begin_array(&json);
        for (size_t i = 0; i < tail->stream_count; i++)
            json_put_str(&json, tail->streams[i]);
        json_end_array(&json);
    }
    if (!str_empty(tail->prefix)) {
        json_key(&json, STR("LogStreamNamePrefixes"));
        json_begin_array(&json);
        json_put_str(&json, tail->prefix);
        json_end_array(&json);
    }
    if (!str_empty(tail->pattern))
        json_put_member_str(&json, STR("FilterPattern"), tail->pattern);
    json_end_object(&json);
}

static void take_start(struct session *session, const struct json *start)
{
    struct tail *tail = session->tail;
    session->started = true;
    session->started_ms = json_get_i64(start, STR("startTime"));
    session->started_ns = clock_monotonic_ns();
    session->gap.until = (uint64_t)json_get_i64(start, STR("afterSequence"));
    session->gap.after = tail->shown;
    if (tail->begun)
        session->gap.start_ms = tail->heard_ms - tail->late_ms;
    else
        session->gap.start_ms = tail->since_is_time ? tail->since_ms : session->started_ms - tail->since_ms;
}

static void take_update(struct session *session, const struct json *update)
{
    struct tail *tail = session->tail;
    const struct json *events = json_get_typed(update, STR("sessionResults"), JSON_ARRAY);
    int64_t dropped = json_get_i64(json_get(update, STR("sessionMetadata")), STR("dropped"));
    if (dropped) {
        tail_flush();
        fprintf(stderr, "crema tail: %lld events were dropped here: they came faster than they were read\n",
                (long long)dropped);
    }
    for (uint32_t i = 0; events && i < events->count; i++) {
        const struct json *event = &events->items[i];
        struct logs_position at;
        uint64_t group;
        if (logs_event_id_read(json_get_str(event, STR("eventId")), &group, &at))
            tail->shown = at.sequence;
        tail_print(tail, &(struct tail_event){
                             .group = tail_group_name(json_get_str(event, STR("logGroupIdentifier"))),
                             .stream = json_get_str(event, STR("logStreamName")),
                             .message = json_get_str(event, STR("message")),
                             .timestamp_ms = json_get_i64(event, STR("timestamp")),
                             .ingested_ms = json_get_i64(event, STR("ingestionTime")) });
    }
    tail_flush();
}

static void take_event(struct session *session, const struct event_stream_frame *frame)
{
    struct arena arena = { 0 };
    struct json payload;
    if (json_read(&arena, frame->payload, 0, &payload, NULL) != ERR_OK) {
        fprintf(stderr, "crema tail: the server sent a frame whose payload is not JSON\n");
        session->over = true;
    } else if (str_eq(frame->type, STR("sessionStart"))) {
        take_start(session, &payload);
    } else if (str_eq(frame->type, STR("sessionUpdate"))) {
        take_update(session, &payload);
    }
    arena_fini(&arena);
}

/* Takes the frames that are whole; while the session has not started, none behind its start. */
static void take_frames(struct session *session)
{
    bool starting = !session->started;
    while (!session->over && !(starting && session->started)) {
        struct event_stream_frame frame;
        const char *why;
        size_t len;
        struct str rest = str_from_offset(buf_str(&session->bytes), session->taken);
        enum event_stream_state state = event_stream_read(rest, &frame, &len, &why);
        if (state == EVENT_STREAM_PART)
            break;
        if (state == EVENT_STREAM_DAMAGED) {
            fprintf(stderr, "crema tail: the answer is damaged: %s\n", why);
            session->over = true;
            break;
        }
        session->taken += len;
        if (str_eq(frame.kind, STR("event")))
            take_event(session, &frame);
        else
            session->over = true; /* it has lasted as long as it may, or the server stops */
    }
    if (session->taken) {
        memmove(session->bytes.ptr, session->bytes.ptr + session->taken, session->bytes.len - session->taken);
        session->bytes.len -= session->taken;
        session->taken = 0;
    }
}

static enum tail_ended refused(struct session *session, enum cli_answer answer,
                               const struct cli_refusal *refusal)
{
    if (session->tail->begun && answer != CLI_REFUSED)
        return TAIL_BROKEN;
    cli_call_failed("tail", answer, refusal);
    return TAIL_REFUSED;
}

/* Reads up to the session's start. */
static enum tail_ended wait_start(struct session *session)
{
    struct diag diag;
    bool over = false;
    while (!session->started) {
        if (http_download_read(session->download, WAIT_MS, &session->bytes, &over, &diag))
            return refused(session, CLI_UNREACHABLE, &(struct cli_refusal){ STR_EMPTY, str_from(diag.text) });
        long status = http_download_status(session->download);
        if (status == 200)
            take_frames(session);
        if (signals_noted())
            return TAIL_TOLD;
        if (session->started)
            break;
        if (over && status != 200) {
            struct cli_refusal refusal;
            enum cli_answer answer = cli_refused(status, buf_str(&session->bytes), &session->arena, &refusal);
            return refused(session, answer, &refusal);
        }
        if (over || session->over)
            return TAIL_BROKEN;
    }
    return TAIL_STARTED;
}

static enum tail_ended live(struct session *session)
{
    struct tail *tail = session->tail;
    struct diag diag;
    bool over = false;
    session->heard_ns = clock_monotonic_ns();
    take_frames(session);
    while (!over && !session->over) {
        size_t before = session->bytes.len;
        if (signals_noted())
            return TAIL_TOLD;
        if (http_download_read(session->download, WAIT_MS, &session->bytes, &over, &diag))
            return TAIL_BROKEN;
        int64_t now_ns = clock_monotonic_ns();
        if (session->bytes.len > before)
            session->heard_ns = now_ns;
        else if (now_ns - session->heard_ns > (int64_t)SILENCE_MAX_MS * 1000000)
            return TAIL_BROKEN;
        tail->heard_ms = session->started_ms + (session->heard_ns - session->started_ns) / 1000000;
        take_frames(session);
    }
    return TAIL_BROKEN;
}

static enum tail_ended run(struct session *session)
{
    struct tail *tail = session->tail;
    enum tail_ended ended = wait_start(session);
    if (ended != TAIL_STARTED)
        return ended;
    int64_t fill_ns = clock_monotonic_ns();
    if ((tail->begun || tail->has_since) && !tail_fill(tail, &session->gap))
        return signals_noted() ? TAIL_TOLD : TAIL_REFUSED;
    fill_ns = clock_monotonic_ns() - fill_ns;
    tail->begun = true;
    tail->shown = session->gap.until;
    tail->heard_ms = session->started_ms;
    bool is_long = fill_ns > (int64_t)FILL_TIME_MAX_MS * 1000000;
    tail->gaps_long = is_long ? tail->gaps_long + 1 : 0;
    if (is_long && tail->gaps_long < GAPS_LONG_MAX)
        return TAIL_AGAIN;
    return live(session);
}

enum tail_ended tail_session(struct tail *tail)
{
    struct session session = { .tail = tail };
    const char *headers[CLI_HEADERS];
    struct buf request;
    buf_init(&request, 0);
    buf_init(&session.bytes, 0);
    write_request(tail, &request);
    struct http_call call =
        cli_call_of(&tail->server, "Crema.TailLogs", buf_str(&request), &session.arena, headers);
    call.time_max_ms = CONNECT_TIME_MAX_MS;
    http_download_open(&call, &session.download);
    enum tail_ended ended = run(&session);
    http_download_close(&session.download);
    buf_fini(&request);
    buf_fini(&session.bytes);
    arena_fini(&session.arena);
    return ended;
}
