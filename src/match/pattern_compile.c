/* From a pattern's text to its tree. The texts of errors, and the places they name, are
 * those of the service. */
#include "match/pattern_node.h"
#include "base/utf8.h"

#include <stdlib.h>

enum {
    DEPTH_MAX = 200,  /* names from the root to a list of tests; the evaluator's recursion */
    QUOTED_MAX = 500, /* characters of the pattern shown in an error */
};

struct compiler {
    struct arena *arena; /* the pattern's */
    struct str text;
    struct arena *error_arena;
    struct str *error;
    VEC(struct pattern_node *) ends; /* nodes with tests */
};

/* ---- errors ---- */

static enum err fail_place(struct compiler *c, enum err err, const char *reason, unsigned line,
                           unsigned column)
{
    struct str quoted = str_slice(c->text, 0, utf8_valid_len(c->text)), cut = STR_EMPTY;
    size_t len = utf8_count_utf16(quoted);
    if (len > QUOTED_MAX) {
        size_t bytes = 0, units = 0;
        while (units < QUOTED_MAX) {
            uint32_t point;
            size_t step = utf8_decode(str_from_offset(quoted, bytes), &point);
            bytes += step;
            units += step == 4 ? 2 : 1;
        }
        quoted.len = bytes;
        cut = arena_printf(c->error_arena, "[truncated %zu chars]", len - units);
    }
    *c->error =
        arena_printf(c->error_arena,
                     "Event pattern is not valid. Reason: %s\n at [Source: (String)\"%.*s\"%.*s; line: %u, "
                     "column: %u]",
                     reason, STR_ARG(quoted), STR_ARG(cut), line, column);
    return err;
}

/* The service names the place at which its reader stands: behind the bracket or the quote that opens a value,
 * behind all of any other. */
static enum err fail_at(struct compiler *c, enum err err, const struct json *value, const char *reason)
{
    unsigned line, column;
    bool opens = value->type == JSON_STRING || value->type == JSON_ARRAY || value->type == JSON_OBJECT;
    size_t start = (size_t)(value->raw.ptr - c->text.ptr);
    json_place(c->text, start + (opens ? 1 : value->raw.len), &line, &column);
    return fail_place(c, err, reason, line, column);
}

static enum err fail_behind(struct compiler *c, const struct json *value, const char *reason)
{
    unsigned line, column;
    json_place(c->text, (size_t)(value->raw.ptr - c->text.ptr) + value->raw.len, &line, &column);
    return fail_place(c, ERR_INVALID, reason, line, column);
}

static enum err fail_named(struct compiler *c, enum err err, const struct json *value, const char *before,
                           struct str name, const char *after)
{
    struct str reason = arena_printf(c->error_arena, "%s%.*s%s", before, STR_ARG(name), after);
    return fail_at(c, err, value, arena_cstr(c->error_arena, reason));
}

/* ---- match expressions ---- */

static enum err compile_prefix(struct compiler *c, const struct json *value, struct pattern_test *ret)
{
    if (value->type == JSON_OBJECT)
        return fail_at(c, ERR_UNSUPPORTED, value, "This is not supported yet: a match type inside of prefix");
    if (value->type != JSON_STRING)
        return fail_at(c, ERR_INVALID, value, "prefix match pattern must be a string");
    *ret = (struct pattern_test){ .kind = TEST_PREFIX, .text = value->text };
    return ERR_OK;
}

static enum err compile_anything_but(struct compiler *c, const struct json *value, struct pattern_test *ret)
{
    size_t strings = 0, numbers = 0;
    *ret = (struct pattern_test){ .kind = TEST_ANYTHING_BUT, .values = value, .count = 1 };
    if (value->type == JSON_STRING || value->type == JSON_NUMBER)
        return ERR_OK;
    if (value->type == JSON_OBJECT) {
        if (value->count == 0)
            return fail_behind(c, value, "Anything-But expression name not found");
        return fail_named(
            c, ERR_UNSUPPORTED, &value->members[0].value,
            "This is not supported yet: a match type inside of anything-but: ", value->members[0].key, "");
    }
    if (value->type != JSON_ARRAY)
        return fail_at(c, ERR_INVALID, value,
                       "Value of anything-but must be an array or single string/number value.");
    for (size_t i = 0; i < value->count; i++) {
        if (value->items[i].type != JSON_STRING && value->items[i].type != JSON_NUMBER)
            return fail_at(c, ERR_INVALID, &value->items[i],
                           "Inside anything but list, start|null|boolean is not supported.");
        strings += value->items[i].type == JSON_STRING;
        numbers += value->items[i].type == JSON_NUMBER;
    }
    if ((strings > 0) == (numbers > 0))
        return fail_behind(
            c, value,
            "Inside anything but list, either all values are number or string, mixed type is not "
            "supported");
    ret->values = value->items;
    ret->count = value->count;
    return ERR_OK;
}

static enum err compile_exists(struct compiler *c, const struct json *value, struct pattern_test *ret)
{
    if (value->type != JSON_TRUE && value->type != JSON_FALSE)
        return fail_at(c, ERR_INVALID, value, "exists match pattern must be either true or false.");
    *ret = (struct pattern_test){ .kind = value->type == JSON_TRUE ? TEST_EXISTS : TEST_ABSENT };
    return ERR_OK;
}

static const struct {
    const char *name;
    enum err (*compile)(struct compiler *c, const struct json *value,
                        struct pattern_test *ret); /* NULL: not built */
} match_types[] = {
    { "prefix", compile_prefix },
    { "anything-but", compile_anything_but },
    { "exists", compile_exists },
    { "suffix", NULL },
    { "numeric", NULL },
    { "wildcard", NULL },
    { "cidr", NULL },
    { "equals-ignore-case", NULL },
    { "exactly", NULL },
};

/* Of several match types in one object the service looks at the first only. */
static enum err compile_expression(struct compiler *c, const struct json *object, struct pattern_test *ret)
{
    if (object->count == 0)
        return fail_behind(c, object, "Match expression name not found");
    struct str name = object->members[0].key;
    const struct json *value = &object->members[0].value;
    for (size_t i = 0; i < sizeof(match_types) / sizeof(match_types[0]); i++) {
        if (!str_eq(name, str_from(match_types[i].name)))
            continue;
        if (!match_types[i].compile)
            return fail_named(c, ERR_UNSUPPORTED, value, "This match type is not supported yet: ", name, "");
        return match_types[i].compile(c, value, ret);
    }
    return fail_named(c, ERR_INVALID, value, "Unrecognized match type ", name, "");
}

static enum err compile_test(struct compiler *c, const struct json *value, struct pattern_test *ret)
{
    static const enum pattern_test_kind kinds[] = { [JSON_NULL] = TEST_NULL,
                                                    [JSON_FALSE] = TEST_FALSE,
                                                    [JSON_TRUE] = TEST_TRUE,
                                                    [JSON_NUMBER] = TEST_NUMBER,
                                                    [JSON_STRING] = TEST_STRING };
    if (value->type == JSON_OBJECT)
        return compile_expression(c, value, ret);
    if (value->type == JSON_ARRAY)
        return fail_at(c, ERR_INVALID, value, "Match value must be String, number, true, false, or null");
    bool has_text = value->type == JSON_NUMBER || value->type == JSON_STRING;
    *ret = (struct pattern_test){ .kind = kinds[value->type], .text = has_text ? value->text : STR_EMPTY };
    return ERR_OK;
}

/* ---- the tree ---- */

static struct pattern_node *child_of(struct compiler *c, struct pattern_node *node, struct str name)
{
    for (size_t i = 0; i < node->children.len; i++)
        if (str_eq(node->children.at[i]->name, name))
            return node->children.at[i];
    struct pattern_node *child = ARENA_NEW(c->arena, struct pattern_node);
    child->name = name;
    VEC_PUSH(c->arena, &node->children, child);
    return child;
}

static enum err compile_tests(struct compiler *c, const struct json *list, struct pattern_node *node)
{
    struct pattern_test *tests = ARENA_ARRAY(c->arena, struct pattern_test, list->count);
    bool first_time = node->test_count == 0;
    node->absent_too = false;
    node->absent_only = true;
    for (size_t i = 0; i < list->count; i++) {
        enum err err = compile_test(c, &list->items[i], &tests[i]);
        if (err)
            return err;
        node->absent_too |= tests[i].kind == TEST_ABSENT;
        node->absent_only &= tests[i].kind == TEST_ABSENT;
    }
    if (list->count == 0)
        return fail_behind(c, list, "Empty arrays are not allowed");
    node->tests = tests;
    node->test_count = list->count;
    if (first_time)
        VEC_PUSH(c->arena, &c->ends, node);
    return ERR_OK;
}

static enum err compile_object(struct compiler *c, const struct json *object, struct pattern_node *node,
                               unsigned depth)
{
    for (size_t i = 0; i < object->count; i++) {
        const struct json_member *member = &object->members[i];
        struct pattern_node *child = node;
        struct str rest = member->key, name;
        unsigned child_depth = depth;
        bool more = true;
        if (str_eq(member->key, STR("$or")))
            return fail_at(c, ERR_UNSUPPORTED, &member->value, "This is not supported yet: $or");
        if (member->value.type != JSON_OBJECT && member->value.type != JSON_ARRAY)
            return fail_named(c, ERR_INVALID, &member->value, "\"", member->key,
                              "\" must be an object or an array");
        while (more) {
            more = str_cut(rest, '.', &name, &rest);
            if (++child_depth > DEPTH_MAX)
                return fail_at(c, ERR_INVALID, &member->value, "The pattern is nested deeper than 200 names");
            child = child_of(c, child, name);
        }
        enum err err = member->value.type == JSON_OBJECT
                           ? compile_object(c, &member->value, child, child_depth)
                           : compile_tests(c, &member->value, child);
        if (err)
            return err;
    }
    if (object->count == 0)
        return fail_behind(c, object, "Empty objects are not allowed");
    return ERR_OK;
}

/* ---- orders ---- */

struct end {
    struct str place;
    struct pattern_node *node;
};

static int end_order(const void *left, const void *right)
{
    return str_compare(((const struct end *)left)->place, ((const struct end *)right)->place);
}

static void collect_ends(struct arena *scratch, struct pattern_node *node, struct str place, struct end *ends,
                         size_t *count)
{
    if (node->test_count)
        ends[(*count)++] = (struct end){ .place = place, .node = node };
    for (size_t i = 0; i < node->children.len; i++) {
        struct str name = node->children.at[i]->name;
        collect_ends(scratch, node->children.at[i],
                     arena_printf(scratch, "%.*s.%.*s", STR_ARG(place), STR_ARG(name)), ends, count);
    }
}

static void find_firsts(struct pattern_node *node)
{
    node->first_positive = node->test_count && !node->absent_only ? node->order : PATTERN_ORDER_NONE;
    node->first_absent = node->test_count && node->absent_only ? node->order : PATTERN_ORDER_NONE;
    for (size_t i = 0; i < node->children.len; i++) {
        struct pattern_node *child = node->children.at[i];
        find_firsts(child);
        if (child->first_positive < node->first_positive)
            node->first_positive = child->first_positive;
        if (child->first_absent < node->first_absent)
            node->first_absent = child->first_absent;
    }
}

static void set_orders(struct compiler *c, struct pattern_node *root)
{
    struct arena scratch = { 0 };
    struct end *ends = ARENA_ARRAY(&scratch, struct end, c->ends.len);
    size_t count = 0;
    collect_ends(&scratch, root, STR_EMPTY, ends, &count);
    qsort(ends, count, sizeof(*ends), end_order);
    for (size_t i = 0; i < count; i++)
        ends[i].node->order = (uint32_t)i;
    find_firsts(root);
    arena_fini(&scratch);
}

/* ---- whole ---- */

static enum err compile(struct compiler *c, struct pattern_node *root)
{
    struct json source;
    struct json_error error;
    if (json_read(c->arena, c->text, 0, &source, &error))
        return fail_place(c, ERR_INVALID, error.text, error.line, error.column);
    if (source.type != JSON_OBJECT)
        return fail_at(c, ERR_INVALID, &source, "Filter is not an object");
    enum err err = compile_object(c, &source, root, 0);
    if (!err)
        set_orders(c, root);
    return err;
}

enum err pattern_compile(struct arena *arena, struct str text, struct pattern **ret, struct str *reterr)
{
    struct arena own = { 0 };
    struct pattern *pattern = ARENA_NEW(&own, struct pattern);
    pattern->text = arena_copy(&own, text);
    struct compiler c = { .arena = &own, .text = pattern->text, .error_arena = arena, .error = reterr };
    enum err err = compile(&c, &pattern->root);
    if (err) {
        arena_fini(&own);
        return err;
    }
    pattern->arena = own;
    *ret = pattern;
    return ERR_OK;
}
