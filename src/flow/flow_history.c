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
 * was cut. */
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
            w->repeated += text.len;
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

/* ---- shown ---- */

struct str history_type_name(enum history_type type)
{
    return str_from(types[type].name);
}

bool history_has_details(enum history_type type)
{
    return types[type].details != NULL;
}

/* The most of the text that has at most max bytes as a JSON string, in whole characters. max 0: all of it. */
static struct str cut_escaped(struct str text, size_t max)
{
    size_t len = 0, escaped = 0;
    if (max == 0 || text.len <= max / 6)
        return text;
    while (len < text.len) {
        unsigned char c = (unsigned char)text.ptr[len];
        escaped += c == '"' || c == '\\' ? 2 : c < 0x20 ? 6 : 1;
        if (escaped > max)
            break;
        len++;
    }
    while (len > 0 && len < text.len && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
        len--;
    return str_slice(text, 0, len);
}

static void details_text(struct json_writer *out, enum history_field field, struct str text,
                         size_t escaped_max)
{
    struct str shown = field_is_payload(field) ? cut_escaped(text, escaped_max) : text;
    if (fields[field].json) {
        json_key(out, str_from(fields[field].name));
        json_put_raw(out, shown);
    } else {
        json_put_member_str(out, str_from(fields[field].name), shown);
    }
    if (!fields[field].cut)
        return;
    json_key(out, str_from(fields[field].cut));
    json_begin_object(out);
    json_put_member_bool(out, STR("truncated"), shown.len < text.len);
    json_end_object(out);
}

void history_details(struct json_writer *out, const struct history_event *event, bool data,
                     size_t escaped_max)
{
    json_begin_object(out);
    for (int i = FIELD_END + 1; i < FIELDS; i++) {
        enum history_field field = (enum history_field)i;
        bool payload = field_is_payload(field) || field == FIELD_ASSIGNED;
        if (event->has_number[field])
            json_put_member_i64(out, str_from(fields[field].name), event->numbers[field]);
        if (event->texts[field].ptr && (data || !payload))
            details_text(out, field, event->texts[field], escaped_max);
    }
    json_end_object(out);
}

void history_render(struct json_writer *out, const struct history_event *event, bool data)
{
    json_begin_object(out);
    json_put_member_time(out, STR("timestamp"), event->time_ms);
    json_put_member_str(out, STR("type"), history_type_name(event->type));
    json_put_member_i64(out, STR("id"), event->id);
    json_put_member_i64(out, STR("previousEventId"), event->previous_id);
    if (types[event->type].details) {
        json_key(out, str_from(types[event->type].details));
        history_details(out, event, data, 0);
    }
    json_end_object(out);
}
