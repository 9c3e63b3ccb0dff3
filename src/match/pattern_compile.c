/* From a pattern's text to its clauses.
 *
 * The text is read as JSON, its lists become clauses in the order in which they stand there, and these, sorted
 * by place, the conjunction. Everything lives in the caller's arena; there is no other memory. */
#include "match/pattern_reader.h"

#include <stdlib.h>

enum {
    DEPTH_MAX = 200,  /* names from the root to a list of tests; the evaluator's recursion */
    FEW_CLAUSES = 16, /* sorted by insertion */
};

/* ---- match expressions ---- */

static enum err read_prefix(struct pattern_reader *r, const struct json *value, struct pattern_test *ret)
{
    if (value->type == JSON_OBJECT)
        return pattern_fail_at(r, value, "This is not supported yet: a match type inside of prefix");
    if (value->type != JSON_STRING)
        return pattern_fail_at(r, value, "prefix match pattern must be a string");
    ret->kind = TEST_PREFIX;
    ret->text = value->text;
    return ERR_OK;
}

static struct pattern_test *none_of_new(struct pattern_reader *r, size_t count, struct pattern_test *ret)
{
    struct pattern_test *tests = ARENA_ARRAY(r->arena, struct pattern_test, count);
    ret->kind = TEST_NONE_OF;
    ret->none_of = tests;
    ret->none_of_count = (uint32_t)count;
    return tests;
}

static void none_of_value(const struct json *value, struct pattern_test *ret)
{
    ret->kind = value->type == JSON_STRING ? TEST_STRING : TEST_NUMBER;
    ret->text = value->text;
    ret->raw = value->raw;
}

static enum err read_anything_but(struct pattern_reader *r, const struct json *value,
                                  struct pattern_test *ret)
{
    size_t strings = 0, numbers = 0;
    if (value->type == JSON_STRING || value->type == JSON_NUMBER) {
        none_of_value(value, none_of_new(r, 1, ret));
        return ERR_OK;
    }
    if (value->type == JSON_OBJECT) {
        if (value->count == 0)
            return pattern_fail_behind(r, value, "Anything-But expression name not found");
        return pattern_fail_named(
            r, &value->members[0].value,
            "This is not supported yet: a match type inside of anything-but: ", value->members[0].key, "");
    }
    if (value->type != JSON_ARRAY)
        return pattern_fail_at(r, value,
                               "Value of anything-but must be an array or single string/number value.");
    for (size_t i = 0; i < value->count; i++) {
        if (value->items[i].type != JSON_STRING && value->items[i].type != JSON_NUMBER)
            return pattern_fail_at(r, &value->items[i],
                                   "Inside anything but list, start|null|boolean is not supported.");
        strings += value->items[i].type == JSON_STRING;
        numbers += value->items[i].type == JSON_NUMBER;
    }
    if ((strings > 0) == (numbers > 0))
        return pattern_fail_behind(
            r, value,
            "Inside anything but list, either all values are number or string, mixed type is not "
            "supported");
    struct pattern_test *tests = none_of_new(r, value->count, ret);
    for (size_t i = 0; i < value->count; i++)
        none_of_value(&value->items[i], &tests[i]);
    return ERR_OK;
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
    /* *ret is zero but for raw; NULL: not built */
    enum err (*read)(struct pattern_reader *r, const struct json *value, struct pattern_test *ret);
} match_types[] = {
    { { "prefix", 6 }, read_prefix }, { { "anything-but", 12 }, read_anything_but },
    { { "exists", 6 }, read_exists }, { { "suffix", 6 }, NULL },
    { { "numeric", 7 }, NULL },       { { "wildcard", 8 }, NULL },
    { { "cidr", 4 }, NULL },          { { "equals-ignore-case", 18 }, NULL },
    { { "exactly", 7 }, NULL },
};

/* Of several match types in one object the service looks at the first only. */
static enum err read_expression(struct pattern_reader *r, const struct json *object, struct pattern_test *ret)
{
    if (object->count == 0)
        return pattern_fail_behind(r, object, "Match expression name not found");
    struct str name = object->members[0].key;
    const struct json *value = &object->members[0].value;
    for (size_t i = 0; i < sizeof(match_types) / sizeof(match_types[0]); i++) {
        if (!str_eq(name, match_types[i].name))
            continue;
        if (!match_types[i].read)
            return pattern_fail_named(r, value, "This match type is not supported yet: ", name, "");
        return match_types[i].read(r, value, ret);
    }
    return pattern_fail_named(r, value, "Unrecognized match type ", name, "");
}

static enum err read_test(struct pattern_reader *r, const struct json *value, struct pattern_test *ret)
{
    static const enum pattern_test_kind kinds[] = { [JSON_NULL] = TEST_NULL,
                                                    [JSON_FALSE] = TEST_FALSE,
                                                    [JSON_TRUE] = TEST_TRUE,
                                                    [JSON_NUMBER] = TEST_NUMBER,
                                                    [JSON_STRING] = TEST_STRING };
    *ret = (struct pattern_test){ .raw = value->raw };
    if (value->type == JSON_OBJECT)
        return read_expression(r, value, ret);
    if (value->type == JSON_ARRAY)
        return pattern_fail_at(r, value, "Match value must be String, number, true, false, or null");
    ret->kind = kinds[value->type];
    if (value->type == JSON_NUMBER || value->type == JSON_STRING)
        ret->text = value->text;
    return ERR_OK;
}

/* ---- clauses ---- */

/* The keys from the root to a member, innermost first. */
struct path {
    const struct path *outer;
    struct str key;
    size_t place_len; /* of the keys down to this one, with dots between */
};

static uint32_t count_names(struct str place)
{
    uint32_t count = 1;
    for (size_t i = 0; i < place.len; i++)
        count += place.ptr[i] == '.';
    return count;
}

static void set_place(struct arena *arena, const struct path *path, struct pattern_clause *ret)
{
    char *room = arena_bytes(arena, path->place_len), *end = room + path->place_len;
    ret->place = str_of(room, path->place_len);
    for (; path; path = path->outer) {
        end -= path->key.len;
        if (path->key.len)
            memcpy(end, path->key.ptr, path->key.len);
        if (path->outer)
            *--end = '.';
    }
    ret->name_count = count_names(ret->place);
    struct str *names = (void *)arena_bytes(arena, ret->name_count * sizeof(*names)), rest = ret->place;
    for (uint32_t i = 0; i < ret->name_count; i++)
        (void)str_cut(rest, '.', &names[i], &rest);
    ret->names = names;
}

static enum err read_list(struct pattern_reader *r, const struct json *list, const struct path *path)
{
    struct pattern_test *tests = (void *)arena_bytes(r->arena, list->count * sizeof(*tests));
    struct pattern_clause *clause = (void *)arena_bytes(r->arena, sizeof(*clause));
    *clause = (struct pattern_clause){ .tests = tests, .test_count = list->count, .absent_only = true };
    for (size_t i = 0; i < list->count; i++) {
        enum err err = read_test(r, &list->items[i], &tests[i]);
        if (err)
            return err;
        clause->absent_too |= tests[i].kind == TEST_ABSENT;
        clause->absent_only &= tests[i].kind == TEST_ABSENT;
    }
    if (list->count == 0)
        return pattern_fail_behind(r, list, "Empty arrays are not allowed");
    set_place(r->arena, path, clause);
    if (clause->name_count > DEPTH_MAX)
        return pattern_fail_at(r, list, "The pattern is nested deeper than 200 names");
    VEC_PUSH(r->arena, &r->clauses, clause);
    return ERR_OK;
}

static enum err read_object(struct pattern_reader *r, const struct json *object, const struct path *outer,
                            unsigned depth)
{
    for (size_t i = 0; i < object->count; i++) {
        const struct json_member *member = &object->members[i];
        const struct json *value = &member->value;
        struct path path = { .outer = outer, .key = member->key, .place_len = member->key.len };
        if (outer)
            path.place_len += outer->place_len + 1;
        if (str_eq(member->key, STR("$or")))
            return pattern_fail_at(r, value, "This is not supported yet: $or");
        if (value->type != JSON_OBJECT && value->type != JSON_ARRAY)
            return pattern_fail_named(r, value, "\"", member->key, "\" must be an object or an array");
        if (depth == DEPTH_MAX)
            return pattern_fail_at(r, value, "The pattern is nested deeper than 200 names");
        enum err err =
            value->type == JSON_OBJECT ? read_object(r, value, &path, depth + 1) : read_list(r, value, &path);
        if (err)
            return err;
    }
    if (object->count == 0)
        return pattern_fail_behind(r, object, "Empty objects are not allowed");
    return ERR_OK;
}

/* ---- the conjunction ---- */

struct sorted {
    struct pattern_clause *clause;
    uint32_t at; /* in the text */
};

static int clause_order(const void *left, const void *right)
{
    const struct sorted *a = left, *b = right;
    int order = str_compare(a->clause->place, b->clause->place);
    return order ? order : (a->at > b->at) - (a->at < b->at);
}

static void sort(struct sorted *sorted, size_t count)
{
    if (count > FEW_CLAUSES) {
        qsort(sorted, count, sizeof(*sorted), clause_order);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        struct sorted moved = sorted[i];
        size_t at = i;
        for (; at > 0 && clause_order(&moved, &sorted[at - 1]) < 0; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = moved;
    }
}

/* Of two lists for one place the last counts. */
static void make_conjunction(struct pattern_reader *r, struct pattern *ret)
{
    size_t count = r->clauses.len, kept = 0;
    struct sorted *sorted = (void *)arena_bytes(r->arena, count * sizeof(*sorted));
    const struct pattern_clause **clauses = (void *)arena_bytes(r->arena, count * sizeof(*clauses));
    struct pattern_conjunction *conjunction = (void *)arena_bytes(r->arena, sizeof(*conjunction));
    for (size_t i = 0; i < count; i++)
        sorted[i] = (struct sorted){ .clause = r->clauses.at[i], .at = (uint32_t)i };
    sort(sorted, count);
    for (size_t i = 0; i < count; i++)
        if (i + 1 == count || !str_eq(sorted[i].clause->place, sorted[i + 1].clause->place))
            clauses[kept++] = sorted[i].clause;
    *conjunction = (struct pattern_conjunction){ .clauses = clauses, .count = (uint32_t)kept };
    ret->conjunctions = conjunction;
    ret->count = 1;
    ret->clause_count = (uint32_t)kept;
}

/* ---- whole ---- */

static struct pattern_limits limits_of(const struct pattern_limits *given)
{
    struct pattern_limits limits = given ? *given : (struct pattern_limits){ 0 };
    if (!limits.bytes_max)
        limits.bytes_max = 4096;
    if (!limits.conjunctions_max)
        limits.conjunctions_max = 1000;
    return limits;
}

static enum err read_pattern(struct pattern_reader *r, struct pattern *ret)
{
    struct json source;
    struct json_error error;
    if (json_read(r->arena, r->text, 0, &source, &error))
        return pattern_fail_place(r, str_from(error.text), error.line, error.column);
    if (source.type != JSON_OBJECT)
        return pattern_fail_at(r, &source, "Filter is not an object");
    enum err err = read_object(r, &source, NULL, 0);
    if (!err)
        make_conjunction(r, ret);
    return err;
}

enum err pattern_compile(struct arena *arena, struct str text, const struct pattern_limits *limits,
                         struct pattern **ret, struct str *reterr)
{
    struct pattern *pattern = ARENA_NEW(arena, struct pattern);
    pattern->text = arena_copy(arena, text);
    struct pattern_reader reader = {
        .arena = arena, .text = pattern->text, .limits = limits_of(limits), .error = reterr
    };
    enum err err = ERR_OK;
    if (text.len > reader.limits.bytes_max)
        err = pattern_fail_place(&reader, STR("The pattern is too long"), 1, 1);
    if (!err)
        err = read_pattern(&reader, pattern);
    if (!err)
        *ret = pattern;
    return err;
}
