/* What executions log: their history, at the machine's level, into the machine's log group.
 *
 * The lines of a step are one delivery of its batch (several when they are long), so they are written with it
 * or not at all.
 */
#include "flow/flow_log.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/time.h"
#include "flow/flow_impl.h"
#include "flow/flow_state.h"

enum {
    LOG_PAYLOAD_BYTES_MAX = 248 * 1024, /* of an input or output as the line has it; what is longer is cut */
    LOG_DELIVERY_BYTES = 1 << 20,
};

/* ---- configuration ---- */

static enum log_level level_of(struct str text)
{
    static const char *const names[] = { "OFF", "FATAL", "ERROR", "ALL" };
    for (unsigned level = LOG_FATAL; level <= LOG_ALL; level++) {
        if (str_eq(text, str_from(names[level])))
            return (enum log_level)level;
    }
    return LOG_OFF;
}

struct str flow_logging_group(const struct json *config)
{
    const struct json *destinations = json_get_typed(config, STR("destinations"), JSON_ARRAY);
    if (level_of(json_get_str(config, STR("level"))) == LOG_OFF || !destinations || destinations->count != 1)
        return STR_EMPTY;
    return json_get_str(json_get(&destinations->items[0], STR("cloudWatchLogsLogGroup")), STR("logGroupArn"));
}

bool flow_logging_check(struct arena *arena, const struct json *config, struct str *ret, struct fault *reterr)
{
    const struct json *destinations = json_get_typed(config, STR("destinations"), JSON_ARRAY);
    struct str group = flow_logging_group(config);
    bool off = level_of(json_get_str(config, STR("level"))) == LOG_OFF;
    if (!off && (!destinations || destinations->count != 1))
        return fault_set(reterr, arena, FAULT_INVALID_LOGGING_CONFIGURATION,
                         "Invalid Logging Configuration: Must specify exactly one Log Destination.");
    if (!off && (!str_starts(group, STR("arn:")) || !str_ends(group, STR(":*"))))
        return fault_set(reterr, arena, FAULT_INVALID_LOGGING_CONFIGURATION,
                         "Invalid Logging Configuration: Log Destination not found.");
    struct json whole = config ? *config : json_of_object(NULL, 0);
    if (!json_get(&whole, STR("level")))
        whole = json_with_member(arena, &whole, STR("level"), json_of_str(STR("OFF")));
    if (!json_get(&whole, STR("includeExecutionData")))
        whole = json_with_member(arena, &whole, STR("includeExecutionData"), json_of_bool(false));
    *ret = json_text(arena, &whole);
    return true;
}

void logging_read(struct arena *arena, struct str text, struct logging *ret)
{
    struct json config;
    *ret = (struct logging){ .level = LOG_OFF };
    if (json_read(arena, text, 0, &config, NULL) != ERR_OK)
        return;
    struct str group = flow_logging_group(&config);
    if (!str_ends(group, STR(":*")))
        return;
    ret->level = level_of(json_get_str(&config, STR("level")));
    ret->data = json_is(json_get(&config, STR("includeExecutionData")), JSON_TRUE);
    ret->group = arena_copy(arena, str_slice(group, 0, group.len - strlen(":*")));
}

/* ---- a line ---- */

/* The least level that logs the event; what is not named here is logged at ALL only. */
static const uint8_t levels[HISTORY_TYPES] = {
    [HISTORY_EXECUTION_FAILED] = LOG_FATAL,
    [HISTORY_EXECUTION_TIMED_OUT] = LOG_FATAL,
    [HISTORY_EXECUTION_ABORTED] = LOG_FATAL,
    [HISTORY_FAIL_ENTERED] = LOG_ERROR,
    [HISTORY_TASK_ABORTED] = LOG_ERROR,
    [HISTORY_TASK_SUBMIT_FAILED] = LOG_ERROR,
    [HISTORY_TASK_START_FAILED] = LOG_ERROR,
    [HISTORY_TASK_FAILED] = LOG_ERROR,
    [HISTORY_TASK_TIMED_OUT] = LOG_ERROR,
    [HISTORY_WAIT_ABORTED] = LOG_ERROR,
    [HISTORY_PARALLEL_FAILED] = LOG_ERROR,
    [HISTORY_PARALLEL_ABORTED] = LOG_ERROR,
    [HISTORY_MAP_FAILED] = LOG_ERROR,
    [HISTORY_MAP_ABORTED] = LOG_ERROR,
    [HISTORY_ITERATION_FAILED] = LOG_ERROR,
    [HISTORY_ITERATION_ABORTED] = LOG_ERROR,
    [HISTORY_MAP_RUN_FAILED] = LOG_ERROR,
    [HISTORY_MAP_RUN_ABORTED] = LOG_ERROR,
    [HISTORY_ACTIVITY_SCHEDULE_FAILED] = LOG_ERROR,
    [HISTORY_ACTIVITY_FAILED] = LOG_ERROR,
    [HISTORY_ACTIVITY_TIMED_OUT] = LOG_ERROR,
    [HISTORY_LAMBDA_SCHEDULE_FAILED] = LOG_ERROR,
    [HISTORY_LAMBDA_START_FAILED] = LOG_ERROR,
    [HISTORY_LAMBDA_FAILED] = LOG_ERROR,
    [HISTORY_LAMBDA_TIMED_OUT] = LOG_ERROR,
    [HISTORY_EVALUATION_FAILED] = LOG_ERROR,
};

static void put_number(struct json_writer *out, struct str name, int64_t number)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%" PRId64, number);
    json_put_member_str(out, name, str_of(text, (size_t)len));
}

void log_line(const struct log_lines *lines, const struct history_event *event)
{
    enum log_level least = levels[event->type] ? (enum log_level)levels[event->type] : LOG_ALL;
    struct json_writer out;
    size_t from = lines->out->len;
    if (lines->logging->level < least)
        return;
    json_writer_init(&out, lines->out);
    json_begin_object(&out);
    put_number(&out, STR("id"), event->id);
    json_put_member_str(&out, STR("type"), history_type_name(event->type));
    if (history_has_details(event->type)) {
        json_key(&out, STR("details"));
        history_details(&out, event, lines->logging->data, LOG_PAYLOAD_BYTES_MAX);
    }
    put_number(&out, STR("redrive_count"), lines->redrives);
    put_number(&out, STR("previous_event_id"), event->previous_id);
    put_number(&out, STR("event_timestamp"), event->time_ms);
    json_put_member_str(&out, STR("execution_arn"), lines->execution_arn);
    json_end_object(&out);
    /* What was put as it stood in a definition may have breaks between its members. */
    for (size_t i = from; i < lines->out->len; i++) {
        if (lines->out->ptr[i] == '\n' || lines->out->ptr[i] == '\r')
            lines->out->ptr[i] = ' ';
    }
    buf_add_char(lines->out, '\n');
}

/* ---- a step ---- */

/* "states/<machine>/2026-11-23-16-00/<id>": one for a revision of a machine and an hour. */
static struct str stream_arn(const struct edition *edition, struct arena *arena, int64_t now_ms)
{
    struct time_fields t = time_fields_of(now_ms);
    return arena_printf(arena, "%.*s:log-stream:states/%.*s/%04d-%02d-%02d-%02d-00/%08" PRIx64,
                        STR_ARG(edition->logging.group), STR_ARG(edition->owner_name), t.year, t.month, t.day,
                        t.hour, edition->owner_id << 8 | (edition->revision & 0xff));
}

static void lines_deliver(struct flow *flow, struct work *work, const struct edition *edition,
                          const struct log_lines *lines, struct str stream)
{
    if (lines->out->len == 0)
        return;
    struct delivery delivery = {
        .owner = DELIVERY_OF_LOG,
        .kind = STR("log-stream"),
        .ns = edition->ns,
        .resource = stream,
        .payload = buf_str(lines->out),
        .source_arn = lines->execution_arn,
        .event_time_ms = work->now_ms,
    };
    deliver_add(flow->deliver, work, &delivery);
    buf_clear(lines->out);
}

void flow_log_step(struct flow *flow, struct work *work, const struct edition *edition,
                   const struct execution *execution, struct str arn, const struct step *step)
{
    struct history_reader reader;
    struct history_event event;
    if (edition->logging.level == LOG_OFF || !step->history.begun ||
        !history_reader_init(&reader, buf_str(step->history.out)))
        return;
    struct log_lines lines = { &flow->record, &edition->logging, arn, execution->redrives };
    struct str stream = stream_arn(edition, work->arena, work->now_ms);
    buf_clear(&flow->record);
    while (history_next(&reader, &event)) {
        log_line(&lines, &event);
        if (lines.out->len >= LOG_DELIVERY_BYTES)
            lines_deliver(flow, work, edition, &lines, stream);
    }
    lines_deliver(flow, work, edition, &lines, stream);
}
