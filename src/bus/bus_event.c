/* bus_event.c - from what PutEvents was given to the envelope that rules match and
 * targets get. Pure but for the id. */
#include "bus/bus_impl.h"
#include "base/time.h"
#include "io/rand.h"

#include <assert.h>
#include <string.h>

enum {
    DETAIL_TYPE_CHARACTERS_MAX = 128,
    ENVELOPE_MEMBERS = 9,
    TIME_BYTES_COUNTED = 14, /* what the service counts for a Time */
    KEYS_BYTES_MAX = 320,    /* of an envelope: all that is not one of the texts below */
};

/* The years 1 to 9999: what the text of a time can say. */
#define TIME_MS_MIN (INT64_C(-62135596800) * 1000)
#define TIME_MS_MAX (INT64_C(253402300799) * 1000)

size_t bus_event_size(const struct bus_event *event)
{
    size_t size = event->time_given ? TIME_BYTES_COUNTED : 0;
    size += event->source.len + event->detail_type.len + event->detail.len;
    for (size_t i = 0; i < event->resource_count; i++)
        size += event->resources[i].len;
    return size;
}

static bool refuse(struct bus_refusal *reterr, struct str code, struct str text)
{
    *reterr = (struct bus_refusal){ code, text };
    return false;
}

/* ---- the detail ---- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_structural(char c)
{
    return c == '{' || c == '}' || c == '[' || c == ']' || c == ',' || c == ':';
}

/* The end of the string that begins at from, behind its quote; the end of the text if it is not closed. */
static size_t string_end(struct str text, size_t from)
{
    for (size_t i = from + 1; i < text.len; i++) {
        if (text.ptr[i] == '\\')
            i++;
        else if (text.ptr[i] == '"')
            return i + 1;
    }
    return text.len;
}

/* An envelope is one line of compact JSON: the white space between the detail's tokens goes. Works before the
 * detail is known to be JSON: what stands between two bytes neither of which separates tokens stays, so that
 * what was no JSON does not become some. */
struct str bus_json_compact(struct arena *arena, struct str text)
{
    size_t i = 0;
    while (i < text.len && !is_space(text.ptr[i]))
        i = text.ptr[i] == '"' ? string_end(text, i) : i + 1;
    if (i >= text.len)
        return text;
    char *room = arena_bytes(arena, text.len);
    size_t len = i;
    memcpy(room, text.ptr, len);
    while (i < text.len) {
        size_t from = i;
        if (text.ptr[i] == '"') {
            i = string_end(text, i);
        } else if (!is_space(text.ptr[i])) {
            i++;
        } else {
            while (i < text.len && is_space(text.ptr[i]))
                i++;
            if ((len > 0 && is_structural(room[len - 1])) || (i < text.len && is_structural(text.ptr[i])))
                continue;
        }
        memcpy(room + len, text.ptr + from, i - from);
        len += i - from;
    }
    return str_of(room, len);
}

/* The service takes no integer outside 64 bits. Depth is bounded by the reader. */
static bool integers_fit(const struct json *value)
{
    if (value->type == JSON_ARRAY) {
        for (uint32_t i = 0; i < value->count; i++)
            if (!integers_fit(&value->items[i]))
                return false;
    } else if (value->type == JSON_OBJECT) {
        for (uint32_t i = 0; i < value->count; i++)
            if (!integers_fit(&value->members[i].value))
                return false;
    } else if (value->type == JSON_NUMBER && value->text.len > 18) { /* 18 digits always fit */
        int64_t ignored;
        for (size_t i = 0; i < value->text.len; i++)
            if (value->text.ptr[i] == '.' || value->text.ptr[i] == 'e' || value->text.ptr[i] == 'E')
                return true;
        return json_number_i64(value->text, &ignored);
    }
    return true;
}

static bool detail_read(struct arena *arena, struct str *detail, struct json *ret)
{
    size_t first = 0, end = detail->len;
    while (first < end && is_space(detail->ptr[first]))
        first++;
    while (end > first && is_space(detail->ptr[end - 1]))
        end--;
    if (end == first || detail->ptr[first] != '{') /* spares reading what cannot be an object */
        return false;
    *detail = bus_json_compact(arena, str_slice(*detail, first, end - first));
    return json_read(arena, *detail, 0, ret, NULL) == ERR_OK && ret->type == JSON_OBJECT && integers_fit(ret);
}

/* ---- checks, in the order in which the service makes them ---- */

static bool event_check(const struct bus_event *event, struct bus_refusal *reterr)
{
    const struct str invalid = STR("InvalidArgument");
    if (event->time_ms < TIME_MS_MIN || event->time_ms > TIME_MS_MAX)
        return refuse(reterr, invalid, STR("Parameter Time is not valid. Reason: Time is out of range."));
    if (str_empty(event->source))
        return refuse(reterr, invalid,
                      STR("Parameter Source is not valid. Reason: Source is a required argument."));
    if (str_empty(event->detail_type))
        return refuse(reterr, invalid,
                      STR("Parameter DetailType is not valid. Reason: DetailType is a required argument."));
    if (str_empty(event->detail))
        return refuse(reterr, invalid,
                      STR("Parameter Detail is not valid. Reason: Detail is a required argument."));
    if (str_starts(event->source, STR("aws.")))
        return refuse(reterr, STR("NotAuthorizedForSourceException"), STR("Not authorized for the source."));
    if (event->detail_type.len > DETAIL_TYPE_CHARACTERS_MAX &&
        utf8_count_utf16(event->detail_type) > DETAIL_TYPE_CHARACTERS_MAX)
        return refuse(reterr, invalid,
                      STR("Parameter DetailType is not valid. Reason: DetailType must not be longer than 128 "
                          "characters."));
    return true;
}

/* ---- the envelope ---- */

static struct json_member member(struct str key, struct json value)
{
    return (struct json_member){ .key = key, .value = value };
}

static struct json resources_json(struct arena *arena, const struct bus_event *event)
{
    if (event->resource_count == 0)
        return json_of_array(NULL, 0);
    struct json *items = ARENA_ARRAY(arena, struct json, event->resource_count);
    for (size_t i = 0; i < event->resource_count; i++)
        items[i] = json_of_str(event->resources[i]);
    return json_of_array(items, event->resource_count);
}

/* Writes the text from the members. Room for the worst case, six bytes for each byte of a text, is taken at
 * once, so that the buffer never grows. */
static struct str envelope_write(struct arena *arena, const struct json_member *members, struct str detail)
{
    size_t room = KEYS_BYTES_MAX + detail.len;
    for (size_t i = 0; i < ENVELOPE_MEMBERS; i++) {
        const struct json *value = &members[i].value;
        if (value->type == JSON_STRING)
            room += 6 * value->text.len;
        for (uint32_t k = 0; value->type == JSON_ARRAY && k < value->count; k++)
            room += 6 * value->items[k].text.len + 3;
    }
    struct buf out = { .ptr = arena_bytes(arena, room), .cap = room, .max = room };
    struct json_writer w;
    json_writer_init(&w, &out);
    json_begin_object(&w);
    for (size_t i = 0; i < ENVELOPE_MEMBERS - 1; i++)
        json_put_member(&w, members[i].key, &members[i].value);
    json_key(&w, STR("detail"));
    json_put_raw(&w, detail);
    json_end_object(&w);
    assert(!out.err);
    return buf_str(&out);
}

bool bus_event_envelope(struct arena *arena, struct ns ns, const struct bus_event *event,
                        struct bus_envelope *ret, struct bus_refusal *reterr)
{
    if (!event_check(event, reterr))
        return false;
    struct str detail = event->detail;
    struct json detail_json;
    if (!detail_read(arena, &detail, &detail_json))
        return refuse(reterr, STR("MalformedDetail"), STR("Detail is malformed."));
    struct str bus_name;
    struct fault fault = { 0 };
    if (!bus_name_of(arena, ns, event->bus, &bus_name, &fault))
        return refuse(
            reterr, STR("InvalidArgument"),
            arena_printf(arena, "Parameter EventBusName is not valid. Reason: %.*s", STR_ARG(fault.text)));
    char *id = arena_bytes(arena, UUID_TEXT_BYTES), *time = arena_bytes(arena, TIME_TEXT_BYTES);
    uuid_random(id);
    size_t time_len = time_format_seconds(event->time_ms, time);
    struct json_member *members = ARENA_ARRAY(arena, struct json_member, ENVELOPE_MEMBERS);
    members[0] = member(STR("version"), json_of_str(STR("0")));
    members[1] = member(STR("id"), json_of_str(str_of(id, UUID_TEXT_BYTES)));
    members[2] = member(STR("detail-type"), json_of_str(event->detail_type));
    members[3] = member(STR("source"), json_of_str(event->source));
    members[4] = member(STR("account"), json_of_str(ns.account));
    members[5] = member(STR("time"), json_of_str(str_of(time, time_len)));
    members[6] = member(STR("region"), json_of_str(ns.region));
    members[7] = member(STR("resources"), resources_json(arena, event));
    members[8] = member(STR("detail"), detail_json);
    int64_t past_second_ms = event->time_ms % 1000;
    *ret = (struct bus_envelope){
        .bus = bus_name,
        .id = str_of(id, UUID_TEXT_BYTES),
        .text = envelope_write(arena, members, detail),
        .value = json_of_object(members, ENVELOPE_MEMBERS),
        .time_ms = event->time_ms - (past_second_ms < 0 ? past_second_ms + 1000 : past_second_ms),
        .hops = event->hops,
        .emitted_by = event->emitted_by,
    };
    ret->value.raw = ret->text;
    return true;
}

bool bus_envelope_read(struct arena *arena, struct str text, struct bus_envelope *ret)
{
    struct json value;
    /* One level around the detail, which may be as deep as JSON goes here. */
    if (json_read(arena, text, JSON_DEPTH_MAX + 1, &value, NULL) || value.type != JSON_OBJECT)
        return false;
    struct bus_envelope envelope = { .text = text, .value = value, .id = json_get_str(&value, STR("id")) };
    if (str_empty(envelope.id) || str_empty(json_get_str(&value, STR("source"))) ||
        str_empty(json_get_str(&value, STR("detail-type"))) ||
        !json_get_typed(&value, STR("detail"), JSON_OBJECT) ||
        !time_parse(json_get_str(&value, STR("time")), &envelope.time_ms))
        return false;
    *ret = envelope;
    return true;
}
