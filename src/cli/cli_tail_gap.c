/* cli_tail_gap.c - what came between two sessions, from FilterLogEvents.
 *
 * Each group (of one group, each stream that is named) is gone through in the order of time; their pages are merged.
 * A page is shown once it is here whole, and the next is asked for from its end: a server that is gone for a while is
 * asked again for the very same page.
 */
#include "cli/cli_tail.h"

#include "io/signals.h"
#include "io/thread.h"
#include "logs/logs_scan.h"

#include <stdio.h>

struct source {
    struct str group, stream; /* stream empty: all, or those of the prefix */
    struct arena arena;       /* the page's */
    struct str token;         /* in token_text */
    struct buf token_text;
    const struct json *events; /* of the page; NULL: none yet */
    uint32_t at;
    bool over;
};

bool tail_wait(unsigned *tries)
{
    unsigned wait_ms = 50u << (*tries < 5 ? *tries : 5);
    ++*tries;
    for (unsigned waited_ms = 0; waited_ms < wait_ms && !signals_noted(); waited_ms += 50)
        thread_sleep_ms(50);
    return !signals_noted();
}

static void write_query(const struct tail *tail, const struct tail_gap *gap, const struct source *source,
                        struct buf *out)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_begin_object(&json);
    json_put_member_str(&json, STR("logGroupIdentifier"), source->group);
    json_put_member_i64(&json, STR("startTime"), gap->start_ms > 0 ? gap->start_ms : 0);
    if (!str_empty(tail->pattern))
        json_put_member_str(&json, STR("filterPattern"), tail->pattern);
    if (!str_empty(source->stream)) {
        json_key(&json, STR("logStreamNames"));
        json_begin_array(&json);
        json_put_str(&json, source->stream);
        json_end_array(&json);
    } else if (!str_empty(tail->prefix)) {
        json_put_member_str(&json, STR("logStreamNamePrefix"), tail->prefix);
    }
    if (source->token_text.len)
        json_put_member_str(&json, STR("nextToken"), buf_str(&source->token_text));
    json_end_object(&json);
}

/* The next page that may have events; the source is over when there is none. */
static bool next_page(struct tail *tail, const struct tail_gap *gap, struct source *source)
{
    unsigned tries = 0;
    for (;;) {
        struct json answer;
        struct cli_refusal refusal;
        struct buf body;
        arena_reset(&source->arena);
        buf_init(&body, 0);
        write_query(tail, gap, source, &body);
        enum cli_answer answered = cli_call(&tail->server, "Logs_20140328.FilterLogEvents", buf_str(&body),
                                            &source->arena, &answer, &refusal);
        buf_fini(&body);
        if (answered == CLI_REFUSED) {
            /* A stream that is named may not be there yet. */
            source->over =
                !str_empty(source->stream) && str_eq(refusal.name, STR("ResourceNotFoundException"));
            if (!source->over)
                cli_call_failed("tail", answered, &refusal);
            return source->over;
        }
        if (answered != CLI_ANSWERED) {
            if (!tail_wait(&tries))
                return false;
            continue;
        }
        source->events = json_get_typed(&answer, STR("events"), JSON_ARRAY);
        source->at = 0;
        struct str token = json_get_str(&answer, STR("nextToken"));
        buf_clear(&source->token_text);
        buf_add(&source->token_text, token);
        if (source->events && source->events->count)
            return true;
        if (str_empty(token)) {
            source->over = true;
            return true;
        }
        if (signals_noted())
            return false;
    }
}

static bool ready(struct tail *tail, const struct tail_gap *gap, struct source *source)
{
    while (!source->over && (!source->events || source->at == source->events->count)) {
        if (source->events && !source->token_text.len) {
            source->over = true;
            return true;
        }
        if (!next_page(tail, gap, source))
            return false;
    }
    return true;
}

static void show(struct tail *tail, const struct tail_gap *gap, struct source *source)
{
    const struct json *event = &source->events->items[source->at++];
    struct logs_position at;
    uint64_t group;
    if (!logs_event_id_read(json_get_str(event, STR("eventId")), &group, &at) || at.sequence <= gap->after ||
        at.sequence >= gap->until)
        return;
    tail_print(tail, &(struct tail_event){ .group = tail_group_name(source->group),
                                           .stream = json_get_str(event, STR("logStreamName")),
                                           .message = json_get_str(event, STR("message")),
                                           .timestamp_ms = json_get_i64(event, STR("timestamp")),
                                           .ingested_ms = json_get_i64(event, STR("ingestionTime")) });
}

static struct source *earliest(struct source *sources, size_t count)
{
    struct source *first = NULL;
    int64_t first_ms = 0;
    for (size_t i = 0; i < count; i++) {
        if (sources[i].over)
            continue;
        int64_t ms = json_get_i64(&sources[i].events->items[sources[i].at], STR("timestamp"));
        if (!first || ms < first_ms) {
            first = &sources[i];
            first_ms = ms;
        }
    }
    return first;
}

bool tail_fill(struct tail *tail, const struct tail_gap *gap)
{
    struct arena arena = { 0 };
    size_t count = tail->stream_count ? tail->stream_count : tail->group_count;
    struct source *sources = ARENA_ARRAY(&arena, struct source, count);
    bool goes_on = true;
    for (size_t i = 0; i < count; i++) {
        sources[i].group = tail->groups[tail->stream_count ? 0 : i];
        sources[i].stream = tail->stream_count ? tail->streams[i] : STR_EMPTY;
        buf_init(&sources[i].token_text, 0);
    }
    for (size_t i = 0; i < count && goes_on; i++)
        goes_on = ready(tail, gap, &sources[i]);
    struct source *next;
    while (goes_on && (next = earliest(sources, count))) {
        show(tail, gap, next);
        if (next->at == next->events->count)
            tail_flush();
        goes_on = ready(tail, gap, next) && !signals_noted();
    }
    tail_flush();
    for (size_t i = 0; i < count; i++) {
        buf_fini(&sources[i].token_text);
        arena_fini(&sources[i].arena);
    }
    arena_fini(&arena);
    return goes_on;
}
