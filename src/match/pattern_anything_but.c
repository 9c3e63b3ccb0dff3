/* anything-but: of strings, of numbers, or of one other match type with one text or several. */
#include "match/pattern_fold.h"
#include "match/pattern_reader.h"

static const char wrong_value[] = "Value of anything-but must be an array or single string/number value.";
static const char wrong_item[] = "Inside anything but list, start|null|boolean is not supported.";
static const char mixed_list[] =
    "Inside anything but list, either all values are number or string, mixed type is not supported";

static struct pattern_test *none_of_new(struct pattern_reader *r, size_t count, struct pattern_test *ret)
{
    struct pattern_test *tests = ARENA_ARRAY(r->arena, struct pattern_test, count);
    ret->kind = TEST_NONE_OF;
    ret->none_of = tests;
    ret->none_of_count = (uint32_t)count;
    return tests;
}

/* ---- of values ---- */

static void set_value(const struct json *value, struct pattern_test *ret)
{
    ret->kind = value->type == JSON_STRING ? TEST_STRING : TEST_NUMBER;
    ret->text = value->text;
    ret->raw = value->raw;
}

static enum err read_values(struct pattern_reader *r, const struct json *list, struct pattern_test *ret)
{
    size_t strings = 0, numbers = 0;
    for (size_t i = 0; i < list->count; i++) {
        strings += list->items[i].type == JSON_STRING;
        numbers += list->items[i].type == JSON_NUMBER;
        if (strings + numbers != i + 1)
            return pattern_fail_at(r, &list->items[i], wrong_item);
    }
    if ((strings > 0) == (numbers > 0))
        return pattern_fail_behind(r, list, mixed_list);
    struct pattern_test *tests = none_of_new(r, list->count, ret);
    for (size_t i = 0; i < list->count; i++)
        set_value(&list->items[i], &tests[i]);
    return ERR_OK;
}

/* ---- of another match type ---- */

static enum err read_affix(struct pattern_reader *r, const struct json *value, struct pattern_test *ret)
{
    if (value->type != JSON_STRING)
        return pattern_fail_at(r, value, "prefix/suffix match pattern must be a string");
    if (value->text.len == 0)
        return pattern_fail_behind(r, value, "Null prefix/suffix not allowed");
    ret->text = value->text;
    return ERR_OK;
}

static enum err read_prefix(struct pattern_reader *r, const struct json *value, struct pattern_test *ret)
{
    ret->kind = TEST_PREFIX;
    return read_affix(r, value, ret);
}

static enum err read_suffix(struct pattern_reader *r, const struct json *value, struct pattern_test *ret)
{
    ret->kind = TEST_SUFFIX;
    return read_affix(r, value, ret);
}

static enum err read_ignore_case(struct pattern_reader *r, const struct json *value, struct pattern_test *ret)
{
    if (value->type != JSON_STRING)
        return pattern_fail_at(
            r, value,
            "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.");
    ret->kind = TEST_IGNORE_CASE;
    ret->text = pattern_fold_text(r->arena, value->text);
    return ERR_OK;
}

static const struct {
    struct str name;
    pattern_read_f *read;
} inner_types[] = {
    { { "prefix", 6 }, read_prefix },
    { { "suffix", 6 }, read_suffix },
    { { "equals-ignore-case", 18 }, read_ignore_case },
    { { "wildcard", 8 }, pattern_read_wildcard },
};

static enum err read_inner(struct pattern_reader *r, const struct json_member *inner,
                           struct pattern_test *ret)
{
    const struct json *value = &inner->value;
    size_t type = 0, types = sizeof(inner_types) / sizeof(inner_types[0]);
    while (type < types && !str_eq(inner_types[type].name, inner->key))
        type++;
    if (type == types)
        return pattern_fail_named(r, value, "Unsupported anything-but pattern: ", inner->key, "");
    bool list = value->type == JSON_ARRAY;
    if (!list && value->type != JSON_STRING && value->type != JSON_NUMBER)
        return pattern_fail_at(r, value, wrong_value);
    if (list && value->count == 0)
        return pattern_fail_behind(r, value, mixed_list);
    const struct json *items = list ? value->items : value;
    struct pattern_test *tests = none_of_new(r, list ? value->count : 1, ret);
    for (uint32_t i = 0; i < ret->none_of_count; i++) {
        tests[i].raw = items[i].raw;
        enum err err = inner_types[type].read(r, &items[i], &tests[i]);
        if (err)
            return err;
    }
    return ERR_OK;
}

enum err pattern_read_anything_but(struct pattern_reader *r, const struct json *value,
                                   struct pattern_test *ret)
{
    switch (value->type) {
    case JSON_STRING:
    case JSON_NUMBER:
        set_value(value, none_of_new(r, 1, ret));
        return ERR_OK;
    case JSON_ARRAY:
        return read_values(r, value, ret);
    case JSON_OBJECT:
        if (value->count == 0)
            return pattern_fail_behind(r, value, "Anything-But expression name not found");
        return read_inner(r, &value->members[0], ret);
    default:
        return pattern_fail_at(r, value, wrong_value);
    }
}
