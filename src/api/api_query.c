#include "api/api_query.h"

#include "base/time.h"
#include "base/utf8.h"
#include "base/vec.h"

#include <stdio.h>
#include <stdlib.h>

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 32);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool api_query_decode(struct arena *arena, struct str text, bool plus, struct str *ret)
{
    char *bytes = arena_bytes(arena, text.len + 1);
    size_t length = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%') {
            int high = i + 2 < text.len ? digit_of(text.ptr[i + 1]) : -1;
            int low = high >= 0 ? digit_of(text.ptr[i + 2]) : -1;
            if (low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        bytes[length++] = c;
    }
    *ret = str_of(bytes, length);
    return true;
}

struct str api_query_form(const struct http_request *request)
{
    return str_empty(request->body) ? request->query : request->body;
}

bool api_query_parameter(struct arena *arena, struct str form, struct str name, struct str *ret)
{
    struct str rest = form;
    while (!str_empty(rest)) {
        struct str pair, key, value, decoded;
        str_cut(rest, '&', &pair, &rest);
        str_cut(pair, '=', &key, &value);
        if (api_query_decode(arena, key, true, &decoded) && str_eq(decoded, name))
            return api_query_decode(arena, value, true, ret);
    }
    return false;
}

/* ---- input ---- */

struct pair {
    struct str name, value;
    size_t place;
};

struct pairs {
    struct arena *arena;
    struct pair *at; /* by name, then as they came */
    size_t count;
};

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int order = str_compare(x->name, y->name);
    return order ? order : x->place < y->place ? -1 : 1;
}

/* The last of that name. */
static const struct pair *pair_find(const struct pairs *pairs, struct str name)
{
    size_t low = 0, high = pairs->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (str_compare(pairs->at[middle].name, name) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low && str_eq(pairs->at[low - 1].name, name) ? &pairs->at[low - 1] : NULL;
}

static bool value_of(const struct pairs *pairs, const struct shape *shape, struct str name, struct json *ret);

static struct str below(const struct pairs *pairs, struct str name, struct str part)
{
    return name.len ? arena_printf(pairs->arena, "%.*s.%.*s", STR_ARG(name), STR_ARG(part)) : part;
}

static bool structure_of(const struct pairs *pairs, const struct shape *shape, struct str name,
                         struct json *ret)
{
    struct json_member *members = ARENA_ARRAY(pairs->arena, struct json_member, shape->member_count);
    size_t count = 0;
    for (uint16_t i = 0; i < shape->member_count; i++) {
        struct json_member *member = &members[count];
        member->key = shape->members[i].name;
        count += value_of(pairs, shape->members[i].shape, below(pairs, name, member->key), &member->value);
    }
    *ret = json_of_object(members, count);
    return count > 0;
}

static bool list_of(const struct pairs *pairs, const struct shape *shape, struct str name, struct json *ret)
{
    VEC(struct json) items = { 0 };
    struct json item;
    for (size_t i = 1;
         value_of(pairs, shape->item, arena_printf(pairs->arena, "%.*s.member.%zu", STR_ARG(name), i), &item);
         i++)
        VEC_PUSH(pairs->arena, &items, item);
    *ret = json_of_array(items.at, items.len);
    return items.len > 0;
}

static bool value_of(const struct pairs *pairs, const struct shape *shape, struct str name, struct json *ret)
{
    if (shape->type == SHAPE_STRUCTURE)
        return structure_of(pairs, shape, name, ret);
    if (shape->type == SHAPE_LIST)
        return list_of(pairs, shape, name, ret);
    const struct pair *pair = pair_find(pairs, name);
    if (!pair)
        return false;
    *ret = json_of_str(pair->value);
    bool number = shape->type == SHAPE_INTEGER || shape->type == SHAPE_LONG || shape->type == SHAPE_FLOAT ||
                  shape->type == SHAPE_DOUBLE;
    struct json read;
    if ((number || shape->type == SHAPE_BOOLEAN) &&
        json_read(pairs->arena, pair->value, 1, &read, NULL) == ERR_OK &&
        (number ? read.type == JSON_NUMBER : read.type == JSON_TRUE || read.type == JSON_FALSE))
        *ret = read;
    return true;
}

bool api_query_input(struct arena *arena, struct str form, const struct shape *shape, struct json *ret)
{
    VEC(struct pair) all = { 0 };
    struct str rest = form;
    while (!str_empty(rest)) {
        struct str text, key, value;
        struct pair pair = { .place = all.len };
        str_cut(rest, '&', &text, &rest);
        str_cut(text, '=', &key, &value);
        if (str_empty(text))
            continue;
        if (!api_query_decode(arena, key, true, &pair.name) ||
            !api_query_decode(arena, value, true, &pair.value))
            return false;
        if (utf8_valid_len(pair.value) != pair.value.len)
            return false;
        VEC_PUSH(arena, &all, pair);
    }
    if (all.len > 1)
        qsort(all.at, all.len, sizeof(*all.at), compare_pairs);
    struct pairs pairs = { arena, all.at, all.len };
    (void)structure_of(&pairs, shape, STR_EMPTY, ret);
    return true;
}

/* ---- XML ---- */

static void add_escaped(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '<')
            buf_add(out, STR("&lt;"));
        else if (c == '>')
            buf_add(out, STR("&gt;"));
        else if (c == '&')
            buf_add(out, STR("&amp;"));
        else if (c == '\r')
            buf_add(out, STR("&#13;"));
        else if (c < 0x20 && c != '\n' && c != '\t')
            buf_add(out, STR("\xEF\xBF\xBD")); /* XML has no way to write it */
        else
            buf_add_char(out, (char)c);
    }
}

static void add_element(struct buf *out, struct str name, struct str text)
{
    buf_printf(out, "<%.*s>", STR_ARG(name));
    add_escaped(out, text);
    buf_printf(out, "</%.*s>", STR_ARG(name));
}

/* Seconds since 1970 as ISO 8601. */
static void add_time(struct buf *out, struct str name, struct str seconds)
{
    double value;
    char text[TIME_TEXT_BYTES];
    if (!json_number_double(seconds, &value)) {
        add_element(out, name, seconds);
        return;
    }
    int64_t time_ms = (int64_t)(value * 1000 + (value < 0 ? -0.5 : 0.5));
    size_t len =
        time_ms % 1000 ? time_format_milliseconds(time_ms, text) : time_format_seconds(time_ms, text);
    add_element(out, name, str_of(text, len));
}

static void add_value(struct buf *out, struct str name, const struct shape *shape, const struct json *value)
{
    switch (value->type) {
    case JSON_NULL:
        return;
    case JSON_TRUE:
        add_element(out, name, STR("true"));
        return;
    case JSON_FALSE:
        add_element(out, name, STR("false"));
        return;
    case JSON_NUMBER:
        if (shape && shape->type == SHAPE_TIMESTAMP) {
            add_time(out, name, value->text);
            return;
        }
        add_element(out, name, value->text);
        return;
    case JSON_STRING:
        add_element(out, name, value->text);
        return;
    case JSON_ARRAY:
        buf_printf(out, "<%.*s>", STR_ARG(name));
        for (uint32_t i = 0; i < value->count; i++)
            add_value(out, STR("member"), shape ? shape->item : NULL, &value->items[i]);
        buf_printf(out, "</%.*s>", STR_ARG(name));
        return;
    case JSON_OBJECT:
        buf_printf(out, "<%.*s>", STR_ARG(name));
        for (uint32_t i = 0; i < value->count; i++) {
            struct str key = value->members[i].key;
            add_value(out, key, shape_of_member(shape, key), &value->members[i].value);
        }
        buf_printf(out, "</%.*s>", STR_ARG(name));
    }
}

void api_query_write(const struct service *service, const struct operation *operation,
                     const struct json *output, struct str request_id, struct buf *out)
{
    buf_printf(out, "<%sResponse xmlns=\"%.*s\">", operation->name, STR_ARG(service->xml_namespace));
    char name[128];
    int length = snprintf(name, sizeof(name), "%sResult", operation->name);
    add_value(out, str_of(name, (size_t)length), operation->output, output);
    buf_add(out, STR("<ResponseMetadata>"));
    add_element(out, STR("RequestId"), request_id);
    buf_printf(out, "</ResponseMetadata></%sResponse>", operation->name);
}

void api_query_write_error(const struct service *service, struct str name, struct str text,
                           bool senders_fault, struct str request_id, struct buf *out)
{
    buf_printf(out, "<ErrorResponse xmlns=\"%.*s\"><Error>", STR_ARG(service->xml_namespace));
    add_element(out, STR("Type"), senders_fault ? STR("Sender") : STR("Receiver"));
    add_element(out, STR("Code"), name);
    add_element(out, STR("Message"), text);
    buf_add(out, STR("</Error>"));
    add_element(out, STR("RequestId"), request_id);
    buf_add(out, STR("</ErrorResponse>"));
}
