#include "query/query_value.h"

#include "base/time.h"

#include <math.h>

struct query_value query_of_number(double number)
{
    return isfinite(number) ? (struct query_value){ .type = QUERY_NUMBER, .number = number } : query_null();
}

struct query_value query_of_json(const struct json *json)
{
    if (!json)
        return query_null();
    switch (json->type) {
    case JSON_NULL:
        break;
    case JSON_FALSE:
    case JSON_TRUE:
        return query_of_bool(json->type == JSON_TRUE);
    case JSON_NUMBER:
    case JSON_STRING:
        return query_of_text(json->text);
    case JSON_ARRAY:
    case JSON_OBJECT:
        return (struct query_value){ .type = QUERY_JSON, .json = json };
    }
    return query_null();
}

/* ---- numbers in texts ---- */

struct decimal {
    bool negative, fraction, exponent;
    size_t digits;   /* all that are written */
    uint64_t whole;  /* of all digits, while there are at most 18 */
    unsigned behind; /* of these, behind the point */
    struct str text; /* without sign and leading zeros, as JSON writes numbers */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The exponent's part; whether the text ends well. */
static bool read_exponent(const char *p, const char *end)
{
    p++;
    if (p < end && (*p == '+' || *p == '-'))
        p++;
    const char *first = p;
    while (p < end && is_digit(*p))
        p++;
    return p > first && p == end;
}

static bool read_decimal(struct str text, struct decimal *ret)
{
    const char *p = text.ptr, *end = text.ptr + text.len;
    *ret = (struct decimal){ 0 };
    if (p == end)
        return false;
    if (*p == '-' || *p == '+')
        ret->negative = *p++ == '-';
    const char *first = p;
    for (; p < end && is_digit(*p); p++, ret->digits++)
        ret->whole = ret->whole * 10 + (uint64_t)(*p - '0');
    if (p == first)
        return false;
    const char *last_zero = first;
    while (last_zero + 1 < p && *last_zero == '0')
        last_zero++;
    ret->text = str_of(last_zero, (size_t)(end - last_zero));
    if (p < end && *p == '.') {
        const char *point = p++;
        for (; p < end && is_digit(*p); p++, ret->digits++, ret->behind++)
            ret->whole = ret->whole * 10 + (uint64_t)(*p - '0');
        if (p == point + 1)
            return false;
        ret->fraction = true;
    }
    if (p == end)
        return true;
    ret->exponent = true;
    return (*p == 'e' || *p == 'E') && read_exponent(p, end);
}

static double decimal_double(const struct decimal *decimal, bool *ret_finite)
{
    static const double tens[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,
                                   1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19 };
    double value = 0;
    *ret_finite = true;
    /* Both are exact, so the quotient is rounded once. */
    if (!decimal->exponent && decimal->digits <= 15)
        value = (double)decimal->whole / tens[decimal->behind];
    else
        *ret_finite = json_number_double(decimal->text, &value);
    return decimal->negative ? -value : value;
}

bool query_text_number(struct str text, double *ret)
{
    if (text.len == 0 || !(is_digit(text.ptr[0]) || text.ptr[0] == '-' || text.ptr[0] == '+'))
        return false;
    struct decimal decimal;
    bool finite;
    if (!read_decimal(text, &decimal))
        return false;
    *ret = decimal_double(&decimal, &finite);
    return finite;
}

bool query_number(const struct query_value *value, double *ret)
{
    switch (value->type) {
    case QUERY_BOOL:
    case QUERY_NUMBER:
    case QUERY_TIME:
        *ret = value->number;
        return true;
    case QUERY_TEXT:
        return query_text_number(value->text, ret);
    case QUERY_NULL:
    case QUERY_JSON:
        break;
    }
    return false;
}

bool query_true(const struct query_value *value)
{
    double number;
    if (value->type == QUERY_TEXT && str_eq_ignore_case(value->text, STR("true")))
        return true;
    return query_number(value, &number) && number != 0;
}

/* ---- texts ---- */

static struct str time_text(struct arena *arena, double number)
{
    char *at = arena_bytes(arena, TIME_TEXT_BYTES);
    size_t len = time_format_milliseconds((int64_t)number, at);
    for (size_t i = 0; i < len; i++)
        if (at[i] == 'T')
            at[i] = ' ';
    return str_of(at, len - 1);
}

struct str query_text(struct arena *arena, const struct query_value *value)
{
    switch (value->type) {
    case QUERY_NULL:
        break;
    case QUERY_BOOL:
        return value->number != 0 ? STR("1") : STR("0");
    case QUERY_NUMBER:
        if (value->number == trunc(value->number) && fabs(value->number) < 1e15)
            return arena_printf(arena, "%lld", (long long)value->number);
        return json_of_double(arena, value->number).text;
    case QUERY_TIME:
        return time_text(arena, value->number);
    case QUERY_TEXT:
        return value->text;
    case QUERY_JSON:
        return json_text(arena, value->json);
    }
    return STR_EMPTY;
}

/* ---- comparing ---- */

static int double_order(double a, double b)
{
    return (a > b) - (a < b);
}

/* Of texts that are numbers of the same double: by their digits. */
static int digits_order(struct str a, struct str b)
{
    struct decimal x, y;
    if (!read_decimal(a, &x) || !read_decimal(b, &y) || (x.digits <= 15 && y.digits <= 15) ||
        x.negative != y.negative)
        return 0;
    int order = json_number_compare(x.text, y.text);
    return x.negative ? -order : order;
}

static int numbers_order(const struct query_value *a, double x, const struct query_value *b, double y)
{
    int order = double_order(x, y);
    return order == 0 && a->type == QUERY_TEXT && b->type == QUERY_TEXT ? digits_order(a->text, b->text)
                                                                        : order;
}

/* true and false beside the words. */
static bool word_number(const struct query_value *value, const struct query_value *other, double *ret)
{
    if (other->type != QUERY_BOOL || value->type != QUERY_TEXT)
        return false;
    bool is_true = str_eq_ignore_case(value->text, STR("true"));
    *ret = is_true;
    return is_true || str_eq_ignore_case(value->text, STR("false"));
}

enum query_order query_compare(struct arena *scratch, const struct query_value *a,
                               const struct query_value *b)
{
    if (a->type == QUERY_NULL || b->type == QUERY_NULL)
        return QUERY_APART;
    double x, y;
    bool a_number = query_number(a, &x) || word_number(a, b, &x);
    bool b_number = query_number(b, &y) || word_number(b, a, &y);
    if (a_number && b_number)
        return (enum query_order)numbers_order(a, x, b, y);
    /* A moment beside a text is its own text. */
    if ((a_number && a->type != QUERY_TIME) || (b_number && b->type != QUERY_TIME))
        return QUERY_APART;
    int order = str_compare(query_text(scratch, a), query_text(scratch, b));
    return order < 0 ? QUERY_LESS : order > 0 ? QUERY_MORE : QUERY_SAME;
}

/* ---- the order of sort ---- */

static size_t digits_at(struct str s, size_t at)
{
    size_t end = at;
    while (end < s.len && is_digit(s.ptr[end]))
        end++;
    return end - at;
}

static int natural_order(struct str a, struct str b)
{
    size_t i = 0, j = 0;
    while (i < a.len && j < b.len) {
        size_t x = digits_at(a, i), y = digits_at(b, j);
        if (x && y) {
            int order = x != y ? (x < y ? -1 : 1) : memcmp(a.ptr + i, b.ptr + j, x);
            if (order)
                return order;
            i += x;
            j += y;
            continue;
        }
        unsigned char c = (unsigned char)a.ptr[i], d = (unsigned char)b.ptr[j];
        if (c != d)
            return c < d ? -1 : 1;
        i++;
        j++;
    }
    return (i < a.len) - (j < b.len);
}

int query_sort_compare(struct arena *scratch, const struct query_value *a, const struct query_value *b)
{
    double x, y;
    bool a_null = a->type == QUERY_NULL, b_null = b->type == QUERY_NULL;
    if (a_null || b_null)
        return (int)b_null - (int)a_null;
    bool a_number = query_number(a, &x), b_number = query_number(b, &y);
    if (a_number && b_number)
        return numbers_order(a, x, b, y);
    if (a_number || b_number)
        return (int)a_number - (int)b_number;
    return natural_order(query_text(scratch, a), query_text(scratch, b));
}
