/* query_function_text.c - texts. Characters are code points. */
#include "base/utf8.h"
#include "query/query_function.h"

#include <math.h>

static struct str arg(const struct query_call *call, size_t i)
{
    return query_text(call->arena, &call->args[i]);
}

static bool missing(const struct query_call *call)
{
    for (size_t i = 0; i < call->count; i++)
        if (call->args[i].type == QUERY_NULL)
            return true;
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct query_value call_isempty(const struct query_call *call)
{
    return query_of_bool(call->args[0].type == QUERY_NULL || str_empty(arg(call, 0)));
}

static struct query_value call_isblank(const struct query_call *call)
{
    struct str text = arg(call, 0);
    size_t at = 0;
    while (at < text.len && is_blank(text.ptr[at]))
        at++;
    return query_of_bool(at == text.len);
}

/* What is missing adds nothing. */
static struct query_value call_concat(const struct query_call *call)
{
    struct str parts[QUERY_ARGS_MAX];
    size_t len = 0, at = 0;
    for (size_t i = 0; i < call->count; i++) {
        parts[i] = arg(call, i);
        len += parts[i].len;
    }
    if (!query_call_takes(call, len))
        return query_null();
    char *out = arena_bytes(call->arena, len + 1);
    for (size_t i = 0; i < call->count; at += parts[i++].len)
        if (parts[i].len)
            memcpy(out + at, parts[i].ptr, parts[i].len);
    return query_of_text(str_of(out, len));
}

/* ---- trim ---- */

static bool in_set(struct str set, struct str point)
{
    return str_find(set, point) != STR_NOT_FOUND;
}

static size_t point_len(struct str text)
{
    uint32_t point;
    return utf8_decode(text, &point);
}

/* The last code point's length. */
static size_t last_len(struct str text)
{
    size_t len = 1;
    while (len < text.len && ((unsigned char)text.ptr[text.len - len] & 0xC0) == 0x80)
        len++;
    return len;
}

static struct query_value trim(const struct query_call *call, bool left, bool right)
{
    if (missing(call))
        return query_null();
    struct str text = arg(call, 0), set = call->count > 1 ? arg(call, 1) : STR(" \t\n\v\f\r");
    while (left && text.len && in_set(set, str_slice(text, 0, point_len(text))))
        text = str_from_offset(text, point_len(text));
    while (right && text.len && in_set(set, str_slice(text, text.len - last_len(text), last_len(text))))
        text.len -= last_len(text);
    return query_of_text(text.ptr ? text : STR(""));
}

static struct query_value call_trim(const struct query_call *call)
{
    return trim(call, true, true);
}

static struct query_value call_ltrim(const struct query_call *call)
{
    return trim(call, true, false);
}

static struct query_value call_rtrim(const struct query_call *call)
{
    return trim(call, false, true);
}

/* ---- length and parts ---- */

static struct query_value call_strlen(const struct query_call *call)
{
    return missing(call) ? query_null() : query_of_number((double)utf8_count(arg(call, 0)));
}

/* The offset of the code point with that index; the end when there are fewer. */
static size_t point_offset(struct str text, double index)
{
    size_t at = 0;
    for (double i = 0; i + 1 <= index && at < text.len; i++)
        at += point_len(str_from_offset(text, at));
    return at;
}

static struct query_value call_substr(const struct query_call *call)
{
    double from, count = INFINITY;
    if (missing(call) || !query_number(&call->args[1], &from) ||
        (call->count > 2 && !query_number(&call->args[2], &count)))
        return query_null();
    struct str text = arg(call, 0);
    size_t first = point_offset(text, from);
    text = str_slice(text, first, text.len - first);
    text.len = point_offset(text, count);
    return query_of_text(text.len ? text : STR(""));
}

static struct query_value call_strcontains(const struct query_call *call)
{
    return query_of_number(!missing(call) && str_find(arg(call, 0), arg(call, 1)) != STR_NOT_FOUND);
}

static struct query_value call_replace(const struct query_call *call)
{
    if (missing(call))
        return query_null();
    struct str text = arg(call, 0), from = arg(call, 1), to = arg(call, 2);
    size_t found, count = 0;
    if (str_empty(from))
        return query_of_text(text);
    for (struct str rest = text; (found = str_find(rest, from)) != STR_NOT_FOUND; count++)
        rest = str_from_offset(rest, found + from.len);
    size_t len = text.len - count * from.len + count * to.len;
    if (!query_call_takes(call, len))
        return query_null();
    char *out = arena_bytes(call->arena, len + 1), *at = out;
    while ((found = str_find(text, from)) != STR_NOT_FOUND) {
        memcpy(at, text.ptr, found);
        at += found;
        if (to.len)
            memcpy(at, to.ptr, to.len);
        at += to.len;
        text = str_from_offset(text, found + from.len);
    }
    if (text.len)
        memcpy(at, text.ptr, text.len);
    return query_of_text(str_of(out, len));
}

/* ---- case: ASCII, Latin-1, Latin Extended-A, Greek, Cyrillic, where one character stands for one ---- */

static uint32_t to_upper(uint32_t c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 0xE0 && c <= 0xFE && c != 0xF7) ||
        (c >= 0x3B1 && c <= 0x3C9 && c != 0x3C2) || (c >= 0x430 && c <= 0x44F))
        return c - 0x20;
    if (c >= 0x450 && c <= 0x45F)
        return c - 0x50;
    if (((c >= 0x100 && c <= 0x137 && c != 0x131) || (c >= 0x14A && c <= 0x177) ||
         (c >= 0x460 && c <= 0x481) || (c >= 0x48A && c <= 0x4BF)) &&
        (c & 1))
        return c - 1;
    if (((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) && !(c & 1))
        return c - 1;
    return c == 0xFF ? 0x178 : c;
}

static uint32_t to_lower(uint32_t c)
{
    if ((c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7) ||
        (c >= 0x391 && c <= 0x3A9 && c != 0x3A2) || (c >= 0x410 && c <= 0x42F))
        return c + 0x20;
    if (c >= 0x400 && c <= 0x40F)
        return c + 0x50;
    if (((c >= 0x100 && c <= 0x137 && c != 0x130) || (c >= 0x14A && c <= 0x177) ||
         (c >= 0x460 && c <= 0x481) || (c >= 0x48A && c <= 0x4BF)) &&
        !(c & 1))
        return c + 1;
    if (((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) && (c & 1))
        return c + 1;
    return c == 0x178 ? 0xFF : c;
}

static struct query_value change_case(const struct query_call *call, uint32_t (*change)(uint32_t))
{
    if (missing(call))
        return query_null();
    struct str text = arg(call, 0);
    if (!query_call_takes(call, text.len * 2))
        return query_null();
    char *out = arena_bytes(call->arena, text.len * 2 + 4);
    size_t len = 0;
    for (uint32_t point; text.len;) {
        text = str_from_offset(text, utf8_decode(text, &point));
        len += utf8_encode(change(point), out + len);
    }
    return query_of_text(str_of(out, len));
}

static struct query_value call_toupper(const struct query_call *call)
{
    return change_case(call, to_upper);
}

static struct query_value call_tolower(const struct query_call *call)
{
    return change_case(call, to_lower);
}

const struct query_function query_functions_text[] = {
    { "isempty", 1, 1, false, call_isempty },
    { "isblank", 1, 1, false, call_isblank },
    { "concat", 1, QUERY_ARGS_MAX, false, call_concat },
    { "trim", 1, 2, false, call_trim },
    { "ltrim", 1, 2, false, call_ltrim },
    { "rtrim", 1, 2, false, call_rtrim },
    { "strlen", 1, 1, false, call_strlen },
    { "toupper", 1, 1, false, call_toupper },
    { "tolower", 1, 1, false, call_tolower },
    { "substr", 2, 3, false, call_substr },
    { "replace", 3, 3, false, call_replace },
    { "strcontains", 2, 2, false, call_strcontains },
    { .name = NULL },
};
