#include "cli/cli_logs.h"

#include "io/thread.h"

enum { TRIES_MAX = 20, TRY_AGAIN_MS = 250 };

void logs_pages_init(struct logs_pages *pages, struct logs_job *job)
{
    *pages = (struct logs_pages){ .job = job };
    buf_init(&pages->token, 0);
}

void logs_pages_fini(struct logs_pages *pages)
{
    buf_fini(&pages->token);
    arena_fini(&pages->arena);
}

static bool next_page(struct logs_pages *pages)
{
    const struct logs_job *job = pages->job;
    struct cli_refusal refusal;
    struct json answer;
    enum cli_answer answered = CLI_FAILED;
    for (unsigned tries = 0; answered == CLI_FAILED && tries < TRIES_MAX; tries++) {
        struct buf body;
        struct json_writer json;
        if (tries)
            thread_sleep_ms(TRY_AGAIN_MS);
        arena_reset(&pages->arena);
        buf_init(&body, 0);
        json_writer_init(&json, &body);
        json_begin_object(&json);
        json_put_member_str(&json, STR("logGroupIdentifier"), job->group);
        json_put_member_i64(&json, STR("startTime"), job->from_ms);
        json_put_member_i64(&json, STR("endTime"), job->to_ms);
        if (pages->token.len)
            json_put_member_str(&json, STR("nextToken"), buf_str(&pages->token));
        json_end_object(&json);
        answered = cli_call(&job->server, "Logs_20140328.FilterLogEvents", buf_str(&body), &pages->arena,
                            &answer, &refusal);
        buf_fini(&body);
    }
    if (answered != CLI_ANSWERED) {
        cli_call_failed(job->command, answered, &refusal);
        return false;
    }
    pages->events = json_get_typed(&answer, STR("events"), JSON_ARRAY);
    pages->at = 0;
    buf_clear(&pages->token);
    buf_add(&pages->token, json_get_str(&answer, STR("nextToken")));
    return true;
}

bool logs_pages_ready(struct logs_pages *pages)
{
    while (!pages->over && (!pages->events || pages->at == pages->events->count)) {
        pages->over = pages->asked && !pages->token.len;
        if (!pages->over && !next_page(pages))
            return false;
        pages->asked = true;
    }
    return true;
}

struct logs_line logs_pages_peek(const struct logs_pages *pages)
{
    const struct json *event = &pages->events->items[pages->at];
    return (struct logs_line){ .timestamp_ms = json_get_i64(event, STR("timestamp")),
                               .ingested_ms = json_get_i64(event, STR("ingestionTime")),
                               .stream = json_get_str(event, STR("logStreamName")),
                               .message = json_get_str(event, STR("message")) };
}
