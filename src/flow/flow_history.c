#include "flow/flow_history.h"

#include <assert.h>

enum { HISTORY_VERSION = 1, FIELD_AGAIN = 0x80 };

static const struct {
    const char *name, *details;
} types[HISTORY_TYPES] = { [HISTORY_NONE] = { NULL, NULL },
#define X(type, name, details) [HISTORY_##type] = { name, details },
                           HISTORY_LIST(X)
#undef X
};

/* How a field is named on the wire; a payload comes with a member that says whether it
 * was cut (it never is). */
static const struct {
    const char *name, *cut;
    bool number, json; /* json: shown as the JSON that it is, not as a string */
} fields[FIELDS] = {
    [FIELD_INPUT] = { "input", "inputDetails", false, false },
    [FIELD_OUTPUT] = { "output", "outputDetails", false, false },
    [FIELD_PARAMETERS] = { "parameters", NULL, false, false },
    [FIELD_NAME] = { "name", NULL, false, false },
    [FIELD_ROLE_ARN] = { "roleArn", NULL, false, false },
    [FIELD_ERROR] = { "error", NULL, false, false },
    [FIELD_CAUSE] = { "cause", NULL, false, false },
    [FIELD_RESOURCE_TYPE] = { "resourceType", NULL, false, false },
    [FIELD_RESOURCE] = { "resource", NULL, false, false },
    [FIELD_REGION] = { "region", NULL, false, false },
    [FIELD_TIMEOUT_SECONDS] = { "timeoutInSeconds", NULL, true, false },
    [FIELD_HEARTBEAT_SECONDS] = { "heartbeatInSeconds", NULL, true, false },
    [FIELD_LENGTH] = { "length", NULL, true, false },
    [FIELD_INDEX] = { "index", NULL, true, false },
    [FIELD_MAP_RUN_ARN] = { "mapRunArn", NULL, false, false },
    [FIELD_WORKER_NAME] = { "workerName", NULL, false, false },
    [FIELD_REDRIVE_COUNT] = { "redriveCount", NULL, true, false },
    [FIELD_LOCATION] = { "location", NULL, false, false },
    [FIELD_STATE] = { "state", NULL, false, false },
    [FIELD_ASSIGNED] = { "assignedVariables", "assignedVariablesDetails", false, true },
    [FIELD_MACHINE_ALIAS_ARN] = { "stateMachineAliasArn", NULL, false, false },
    [FIELD_MACHINE_VERSION_ARN] = { "stateMachineVersionArn", NULL, false, false },
    [FIELD_TASK_CREDENTIALS] = { "taskCredentials", NULL, false, true },
};

static bool field_is_payload(enum history_field field)
{
    return field == FIELD_INPUT || field == FIELD_OUTPUT || field == FIELD_PARAMETERS;
}

/* ---- write ---- */

void history_writer_init(struct history_writer *w, struct buf *out, uint32_t last_id)
{
    buf_clear(out);
    *w = (struct history_writer){ .out = out, .last_id = last_id };
}

uint32_t history_begin(struct history_writer *w, enum history_type type, uint32_t previous_id, int64_t now_ms)
{
    uint32_t id = ++w->last_id;
    assert(previous_id < id);
    if (!w->begun) {
        pack_u8(w->out, HISTORY_VERSION);
        pack_u64(w->out, id);
        pack_i64(w->out, now_ms);
        w->last_time_ms = now_ms;
        w->begun = true;
    }
    pack_u8(w->out, (uint8_t)type);
    pack_i64(w->out, now_ms - w->last_time_ms);
    pack_u64(w->out, id - previous_id);
    w->last_time_ms = now_ms;
    return id;
}

void history_text(struct history_writer *w, enum history_field field, struct str text)
{
    if (w->mute)
        return;
    if (field_is_payload(field)) {
        if (w->has_payload && str_eq(w->payload, text)) {
            pack_u8(w->out, (uint8_t)(field | FIELD_AGAIN));
            return;
        }
        w->payload = text;
        w->has_payload = true;
    }
    pack_u8(w->out, (uint8_t)field);
    pack_str(w->out, text);
}

void history_number(struct history_writer *w, enum history_field field, int64_t number)
{
    if (w->mute)
        return;
    pack_u8(w->out, (uint8_t)field);
    pack_i64(w->out, number);
}

void history_end(struct history_writer *w)
{
    if (w->mute)
        return;
    pack_u8(w->out, FIELD_END);
}

/* ---- read ---- */

bool history_reader_init(struct history_reader *reader, struct str chunk)
{
    *reader = (struct history_reader){ .in = unpack_of(chunk) };
    if (unpack_u8(&reader->in) != HISTORY_VERSION)
        reader->in.bad = true;
    reader->next_id = unpack_u32(&reader->in);
    reader->last_time_ms = unpack_i64(&reader->in);
    return !reader->in.bad;
}

bool history_next(struct history_reader *reader, struct history_event *ret)
{
    struct unpack *in = &reader->in;
    if (in->bad || in->at == in->end)
        return false;
    memset(ret, 0, sizeof(*ret));
    uint8_t type = unpack_u8(in);
    reader->last_time_ms += unpack_i64(in);
    ret->id = reader->next_id++;
    uint32_t back = unpack_u32(in);
    if (type == HISTORY_NONE || type >= HISTORY_TYPES || back > ret->id)
        in->bad = true;
    ret->type = (enum history_type)type;
    ret->previous_id = ret->id - back;
    ret->time_ms = reader->last_time_ms;
    for (uint8_t field; !in->bad && (field = unpack_u8(in)) != FIELD_END;) {
        bool again = (field & FIELD_AGAIN) != 0;
        field &= (uint8_t)~FIELD_AGAIN;
        if (field == FIELD_END || field >= FIELDS) {
            in->bad = true;
        } else if (fields[field].number) {
            ret->numbers[field] = unpack_i64(in);
            ret->has_number[field] = true;
        } else {
            struct str text = again ? reader->payload : unpack_str(in);
            if (!text.ptr)
                text.ptr = "";
            ret->texts[field] = text;
            if (field_is_payload((enum history_field)field))
                reader->payload = text;
        }
    }
    return !in->bad;
}

void history_render(struct json_writer *out, const struct history_event *event, bool data)
{
    json_begin_object(out);
    json_put_member_time(out, STR("timestamp"), event->time_ms);
    json_put_member_str(out, STR("type"), str_from(types[event->type].name));
    json_put_member_i64(out, STR("id"), event->id);
    json_put_member_i64(out, STR("previousEventId"), event->previous_id);
    if (types[event->type].details) {
        json_key(out, str_from(types[event->type].details));
        json_begin_object(out);
        for (int field = FIELD_END + 1; field < FIELDS; field++) {
            struct str name = str_from(fields[field].name);
            if (event->has_number[field])
                json_put_member_i64(out, name, event->numbers[field]);
            bool payload = field_is_payload((enum history_field)field) || field == FIELD_ASSIGNED;
            if (!event->texts[field].ptr || (!data && payload))
                continue;
            if (fields[field].json) {
                json_key(out, name);
                json_put_raw(out, event->texts[field]);
            } else {
                json_put_member_str(out, name, event->texts[field]);
            }
            if (fields[field].cut) {
                json_key(out, str_from(fields[field].cut));
                json_begin_object(out);
                json_put_member_bool(out, STR("truncated"), false);
                json_end_object(out);
            }
        }
        json_end_object(out);
    }
    json_end_object(out);
}
