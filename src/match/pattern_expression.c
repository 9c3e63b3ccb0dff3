/* The match expressions: objects in the lists of a pattern. */
#include "match/pattern_fold.h"
#include "match/pattern_reader.h"

static enum err read_text(struct pattern_reader *r, const struct json *value, enum pattern_test_kind kind,
                          const char *refusal, struct pattern_test *ret)
{
    if (value->type != JSON_STRING)
        return pattern_fail_at(r, value, refusal);
    ret->kind = kind;
    ret->text = value->text;
    return ERR_OK;
}

static enum err read_folded(struct pattern_reader *r, const struct json *value, enum pattern_test_kind kind,
                            struct pattern_test *ret)
{
    enum err err = read_text(r, value, kind, "equals-ignore-case match pattern must be a string", ret);
    if (!err)
        ret->text = pattern_fold_text(r->arena, ret->text);
    return err;
}

/* Inside of prefix and suffix. */
static enum err read_inner(struct pattern_reader *r, const struct json *object, enum pattern_test_kind kind,
                           const char *nameless, const char *unsupported, struct pattern_test *ret)
{
    if (object->count == 0)
        return pattern_fail_behind(r, object, nameless);
    const struct json_member *inner = &object->members[0];
    if (!str_eq(inner->key, STR("equals-ignore-case")))
        return pattern_fail_named(r, &inner->value, unsupported, inner->key, "");
    return read_folded(r, &inner->value, kind, ret);
}

static enum err read_prefix(struct pattern_reader *r, const struct json *value, struct pattern_test *ret)
{
    if (value->type == JSON_OBJECT)
        return read_inner(r, value, TEST_PREFIX_IGNORE_CASE, "Prefix expression name not found",
                          "Unsupported prefix pattern: ", ret);
    return read_text(r, value, TEST_PREFIX, "prefix match pattern must be a string", ret);
}

static enum err read_suffix(struct pattern_reader *r, const struct json *value, struct pattern_test *ret)
{
    if (value->type == JSON_OBJECT)
        return read_inner(r, value, TEST_SUFFIX_IGNORE_CASE, "Suffix expression name not found",
                          "Unsupported suffix pattern: ", ret);
    return read_text(r, value, TEST_SUFFIX, "suffix match pattern must be a string", ret);
}

static enum err read_ignore_case(struct pattern_reader *r, const struct json *value, struct pattern_test *ret)
{
    return read_folded(r, value, TEST_IGNORE_CASE, ret);
}

static enum err read_exactly(struct pattern_reader *r, const struct json *value, struct pattern_test *ret)
{
    return read_text(r, value, TEST_STRING, "exact match pattern must be a string", ret);
}

static enum err read_exists(struct pattern_reader *r, const struct json *value, struct pattern_test *ret)
{
    if (value->type != JSON_TRUE && value->type != JSON_FALSE)
        return pattern_fail_at(r, value, "exists match pattern must be either true or false.");
    ret->kind = value->type == JSON_TRUE ? TEST_EXISTS : TEST_ABSENT;
    return ERR_OK;
}

static const struct {
    struct str name;
    pattern_read_f *read;
} match_types[] = {
    { { "prefix", 6 }, read_prefix },           { { "anything-but", 12 }, pattern_read_anything_but },
    { { "exists", 6 }, read_exists },           { { "suffix", 6 }, read_suffix },
    { { "numeric", 7 }, pattern_read_numeric }, { { "wildcard", 8 }, pattern_read_wildcard },
    { { "cidr", 4 }, pattern_read_cidr },       { { "equals-ignore-case", 18 }, read_ignore_case },
    { { "exactly", 7 }, read_exactly },
};

enum { MATCH_TYPES = sizeof(match_types) / sizeof(match_types[0]) };

static size_t find_match_type(struct str name)
{
    size_t i = 0;
    while (i < MATCH_TYPES && !str_eq(match_types[i].name, name))
        i++;
    return i;
}

bool pattern_is_match_type(struct str name)
{
    return find_match_type(name) < MATCH_TYPES;
}

/* Of several match types in one object the service looks at the first only. */
enum err pattern_read_expression(struct pattern_reader *r, const struct json *object,
                                 struct pattern_test *ret)
{
    if (object->count == 0)
        return pattern_fail_behind(r, object, "Match expression name not found");
    const struct json_member *first = &object->members[0];
    size_t type = find_match_type(first->key);
    if (type == MATCH_TYPES)
        return pattern_fail_named(r, &first->value, "Unrecognized match type ", first->key, "");
    return match_types[type].read(r, &first->value, ret);
}
