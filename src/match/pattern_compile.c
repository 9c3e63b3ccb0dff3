/* From a pattern's text to its clauses: the text is read as JSON, its lists become clauses in the order in which
 * they stand there. Everything lives in the caller's arena. */
#include "match/pattern_reader.h"

enum { DEPTH_MAX = 200 }; /* names from the root to a list of tests; the evaluator's recursion */

/* ---- lists ---- */

static enum err read_test(struct pattern_reader *r, const struct json *value, struct pattern_test *ret)
{
    static const enum pattern_test_kind kinds[] = { [JSON_NULL] = TEST_NULL,
                                                    [JSON_FALSE] = TEST_FALSE,
                                                    [JSON_TRUE] = TEST_TRUE,
                                                    [JSON_NUMBER] = TEST_NUMBER,
                                                    [JSON_STRING] = TEST_STRING };
    *ret = (struct pattern_test){ .raw = value->raw };
    if (value->type == JSON_OBJECT)
        return pattern_read_expression(r, value, ret);
    if (value->type == JSON_ARRAY)
        return pattern_fail_at(r, value, "Match value must be String, number, true, false, or null");
    ret->kind = kinds[value->type];
    if (value->type == JSON_NUMBER || value->type == JSON_STRING)
        ret->text = value->text;
    return ERR_OK;
}

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

static void step(struct pattern_reader *r, struct pattern_step at)
{
    VEC_PUSH(r->arena, &r->steps, at);
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
    if (pattern_wildcard_cost(tests, list->count, &clause->wildcard_count) > r->limits.wildcard_cost_max)
        return pattern_fail_behind(
            r, list,
            "Rule is too complex - try using fewer wildcard characters or fewer repeating "
            "character sequences after a wildcard character");
    step(r, (struct pattern_step){ .kind = STEP_CLAUSE, .clause = clause });
    r->clause_count++;
    return ERR_OK;
}

static enum err read_object(struct pattern_reader *r, const struct json *object, const struct path *outer,
                            unsigned depth);

static enum err read_or(struct pattern_reader *r, const struct json *list, const struct path *outer,
                        unsigned depth)
{
    enum err err = ERR_OK;
    r->or_seen = true;
    step(r, (struct pattern_step){ .kind = STEP_OR, .value = list });
    for (size_t i = 0; i < list->count && !err; i++) {
        if (i > 0)
            step(r, (struct pattern_step){ .kind = STEP_NEXT });
        err = read_object(r, &list->items[i], outer, depth);
    }
    step(r, (struct pattern_step){ .kind = STEP_END });
    return err;
}

static enum err read_member(struct pattern_reader *r, const struct json_member *member,
                            const struct path *outer, unsigned depth)
{
    const struct json *value = &member->value;
    struct path path = { .outer = outer, .key = member->key, .place_len = member->key.len };
    if (outer)
        path.place_len += outer->place_len + 1;
    if (str_eq(member->key, STR("$or")) && pattern_is_or(r, value))
        return read_or(r, value, outer, depth);
    if (value->type == JSON_ARRAY)
        return read_list(r, value, &path);
    if (value->type != JSON_OBJECT)
        return pattern_fail_named(r, value, "\"", member->key, "\" must be an object or an array");
    if (depth == DEPTH_MAX)
        return pattern_fail_at(r, value, "The pattern is nested deeper than 200 names");
    return read_object(r, value, &path, depth + 1);
}

static enum err read_object(struct pattern_reader *r, const struct json *object, const struct path *outer,
                            unsigned depth)
{
    for (size_t i = 0; i < object->count; i++) {
        enum err err = read_member(r, &object->members[i], outer, depth);
        if (err)
            return err;
    }
    if (object->count == 0)
        return pattern_fail_behind(r, object, "Empty objects are not allowed");
    return ERR_OK;
}

/* ---- whole ---- */

static struct pattern_limits limits_of(const struct pattern_limits *given)
{
    struct pattern_limits limits = given ? *given : (struct pattern_limits){ 0 };
    if (!limits.bytes_max)
        limits.bytes_max = 4096;
    if (!limits.conjunctions_max)
        limits.conjunctions_max = 1000;
    if (!limits.wildcard_cost_max)
        limits.wildcard_cost_max = 10;
    return limits;
}

static bool is_blank(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!memchr(" \t\r\n", text.ptr[i], 4))
            return false;
    return true;
}

/* Of a container that is not closed the service names the beginning as it names any place. */
static struct str reason_of(struct pattern_reader *r, const struct json_error *error)
{
    struct str text = str_from(error->text);
    if (!error->open_line)
        return text;
    struct str source = json_source(r->arena, r->text, error->open_line, error->open_column);
    return arena_printf(r->arena, "%.*s%.*s)", (int)str_find(text, STR("line: ")), text.ptr, STR_ARG(source));
}

static enum err read_pattern(struct pattern_reader *r, struct pattern *ret)
{
    struct json source;
    struct json_error error;
    if (is_blank(r->text)) {
        unsigned line, column;
        json_place(r->text, r->text.len, &line, &column);
        return pattern_fail_place(r, STR("Filter is not an object"), line, column);
    }
    if (json_read(r->arena, r->text, 0, &source, &error))
        return pattern_fail_place(r, reason_of(r, &error), error.line, error.column);
    if (source.type != JSON_OBJECT)
        return pattern_fail_at(r, &source, "Filter is not an object");
    enum err err = read_object(r, &source, NULL, 0);
    return err ? err : pattern_make_conjunctions(r, ret);
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
        err = pattern_fail_place(
            &reader, arena_printf(arena, "The pattern is longer than %zu bytes", reader.limits.bytes_max), 1,
            1);
    if (!err)
        err = read_pattern(&reader, pattern);
    if (!err)
        *ret = pattern;
    return err;
}
