#include "api/api_query.h"

#include "base/vec.h"

#include <stdio.h>

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

bool api_query_input(struct arena *arena, struct str form, struct json *ret)
{
    VEC(struct json_member) members = { 0 };
    struct str rest = form;
    while (!str_empty(rest)) {
        struct str pair, key, value;
        str_cut(rest, '&', &pair, &rest);
        str_cut(pair, '=', &key, &value);
        if (str_empty(pair))
            continue;
        struct json_member member = { 0 };
        struct str text;
        if (!api_query_decode(arena, key, true, &member.key) || !api_query_decode(arena, value, true, &text))
            return false;
        if (str_eq(member.key, STR("Action")) || str_eq(member.key, STR("Version")))
            continue;
        member.value = json_of_str(text);
        VEC_PUSH(arena, &members, member);
    }
    *ret = json_of_object(members.at, members.len);
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

static void add_value(struct buf *out, struct str name, const struct json *value)
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
    case JSON_STRING:
        add_element(out, name, value->text);
        return;
    case JSON_ARRAY:
        buf_printf(out, "<%.*s>", STR_ARG(name));
        for (uint32_t i = 0; i < value->count; i++)
            add_value(out, STR("member"), &value->items[i]);
        buf_printf(out, "</%.*s>", STR_ARG(name));
        return;
    case JSON_OBJECT:
        buf_printf(out, "<%.*s>", STR_ARG(name));
        for (uint32_t i = 0; i < value->count; i++)
            add_value(out, value->members[i].key, &value->members[i].value);
        buf_printf(out, "</%.*s>", STR_ARG(name));
    }
}

void api_query_write(const struct service *service, const struct operation *operation,
                     const struct json *output, struct str request_id, struct buf *out)
{
    buf_printf(out, "<%sResponse xmlns=\"%.*s\">", operation->name, STR_ARG(service->xml_namespace));
    char name[128];
    int length = snprintf(name, sizeof(name), "%sResult", operation->name);
    add_value(out, str_of(name, (size_t)length), output);
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
