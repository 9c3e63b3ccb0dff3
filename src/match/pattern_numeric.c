/* numeric: one comparison, or a range of a lower and an upper one. Numbers are compared by value, to the last
 * digit, whatever their size. */
#include "match/pattern_reader.h"

enum { MEMBERS_MAX = 4 };

static enum err fail_bad_operator(struct pattern_reader *r, const struct json *upper)
{
    struct str reason = arena_printf(r->arena, "Bad numeric range operator: %.*s", STR_ARG(upper->text));
    return pattern_fail_behind(r, upper, arena_cstr(r->arena, reason));
}

/* Said when the member after the operator has been read, too. */
static enum err fail_unknown_operator(struct pattern_reader *r, const struct json *list)
{
    struct str reason =
        arena_printf(r->arena, "Unrecognized numeric range operator: %.*s", STR_ARG(list->items[0].text));
    return list->count == 1 ? pattern_fail_behind(r, list, arena_cstr(r->arena, reason))
                            : pattern_fail_at(r, &list->items[1], arena_cstr(r->arena, reason));
}

/* Of a container the service shows the bracket. */
static struct str shown(const struct json *value)
{
    return value->type == JSON_ARRAY || value->type == JSON_OBJECT ? str_slice(value->raw, 0, 1) : value->raw;
}

/* The number behind the operator at i. */
static enum err read_bound(struct pattern_reader *r, const struct json *list, uint32_t i,
                           struct pattern_bound *ret)
{
    struct str sign = list->items[i].text;
    if (i + 1 == list->count || list->items[i + 1].type != JSON_NUMBER) {
        struct str name = sign.ptr[0] == '=' ? STR("equals") : sign;
        struct str reason = arena_printf(r->arena, "Value of %.*s must be numeric", STR_ARG(name));
        return i + 1 == list->count ? pattern_fail_behind(r, list, arena_cstr(r->arena, reason))
                                    : pattern_fail_at(r, &list->items[i + 1], arena_cstr(r->arena, reason));
    }
    *ret =
        (struct pattern_bound){ .text = list->items[i + 1].text, .included = sign.ptr[sign.len - 1] == '=' };
    return ERR_OK;
}

static bool is_operator(const struct json *value, char first)
{
    struct str text = value->type == JSON_STRING ? value->text : STR_EMPTY;
    return text.len > 0 && text.ptr[0] == first && (text.len == 1 || (text.len == 2 && text.ptr[1] == '='));
}

static enum err read_range(struct pattern_reader *r, const struct json *list, struct pattern_test *ret)
{
    enum err err = read_bound(r, list, 0, &ret->low);
    if (err || list->count == 2)
        return err;
    const struct json *upper = &list->items[2];
    if (upper->type != JSON_STRING)
        return pattern_fail_named(r, upper, "Bad value in numeric range: ", shown(upper), "");
    if (!is_operator(upper, '<'))
        return fail_bad_operator(r, upper);
    err = read_bound(r, list, 2, &ret->high);
    if (err)
        return err;
    if (list->count > MEMBERS_MAX)
        return pattern_fail_at(r, &list->items[MEMBERS_MAX], "Too many terms in numeric range expression");
    int order = json_number_compare(ret->low.text, ret->high.text);
    if (order > 0 || (order == 0 && !r->limits.kept)) /* earlier versions took a range of one number */
        return pattern_fail_behind(r, list, "Bottom must be less than top");
    return ERR_OK;
}

enum err pattern_read_numeric(struct pattern_reader *r, const struct json *value, struct pattern_test *ret)
{
    enum err err;
    if (value->type != JSON_ARRAY)
        return pattern_fail_at(r, value, "Value of numeric must be an array.");
    if (value->count == 0)
        return pattern_fail_behind(r, value, "Invalid member in numeric match: ]");
    const struct json *first = &value->items[0];
    ret->kind = TEST_NUMERIC;
    if (first->type != JSON_STRING)
        return pattern_fail_named(r, first, "Invalid member in numeric match: ", shown(first), "");
    if (is_operator(first, '>'))
        return read_range(r, value, ret);
    if (is_operator(first, '<')) {
        err = read_bound(r, value, 0, &ret->high);
    } else if (str_eq(first->text, STR("="))) {
        err = read_bound(r, value, 0, &ret->low);
        ret->high = ret->low;
    } else {
        return fail_unknown_operator(r, value);
    }
    if (!err && value->count > 2)
        return pattern_fail_at(r, &value->items[2], "Too many elements in numeric expression");
    return err;
}
