/* cli_match_rules.c - the patterns that crema match is given. */
#include "cli/cli_match.h"

#include "base/map.h"
#include "base/vec.h"
#include "io/lines.h"

#include <stdio.h>

enum { RULES_FILE_BYTES_MAX = 1 << 30 };

struct reading {
    struct match_rules *rules;
    const char *path;
    VEC(struct match_rule) found;
    struct map names;
    struct buf *reterr;
};

/* A file, or a pipe as a shell gives for what another program prints; "-" is standard input. */
static enum err read_text(const char *path, struct arena *arena, struct str *ret, struct buf *reterr)
{
    struct lines *lines = NULL;
    struct buf text = { .max = RULES_FILE_BYTES_MAX };
    struct str line;
    struct diag diag = { { 0 } };
    enum err err = lines_open(path, RULES_FILE_BYTES_MAX, &lines, &diag);
    while (!err && !(err = lines_next(lines, &line, &diag))) {
        buf_add(&text, line);
        buf_add_char(&text, '\n');
        err = text.err;
    }
    lines_close(&lines);
    if (err == ERR_CLOSED) {
        *ret = arena_copy(arena, buf_str(&text));
        err = ERR_OK;
    } else {
        buf_printf(reterr, "%s: %s", path, err == ERR_LIMIT ? "is too large" : diag.text);
    }
    buf_fini(&text);
    return err;
}

static enum err compile(struct match_rules *rules, struct match_rule *rule, uint64_t number,
                        struct str *reterr)
{
    enum err err = pattern_compile(&rules->arena, rule->text, NULL, &rule->pattern, reterr);
    return err ? err : matcher_add_pattern(rules->matcher, number, rule->pattern);
}

enum err match_rules_one(struct match_rules *rules, const char *pattern, struct buf *reterr)
{
    struct match_rule *rule = ARENA_NEW(&rules->arena, struct match_rule);
    struct str why = STR_EMPTY;
    enum err err = ERR_OK;
    rule->text = str_from(pattern);
    if (pattern[0] == '@')
        err = read_text(pattern + 1, &rules->arena, &rule->text, reterr);
    if (err)
        return err;
    err = compile(rules, rule, 0, &why);
    if (err) {
        if (pattern[0] == '@')
            buf_printf(reterr, "%s: ", pattern + 1);
        buf_add(reterr, why);
        return err;
    }
    rules->at = rule;
    rules->count = 1;
    return ERR_OK;
}

/* ---- a file of rules ---- */

static enum err wrong(struct reading *reading, const char *what, struct str name)
{
    buf_printf(reading->reterr, "%s: ", reading->path);
    if (name.len)
        buf_printf(reading->reterr, "rule '%.*s': ", STR_ARG(name));
    buf_printf(reading->reterr, "%s", what);
    return ERR_INVALID;
}

/* The pattern as an object, or as the text of one, as the service stores it. */
static enum err take(struct reading *reading, struct str name, const struct json *pattern)
{
    bool is_text = json_is(pattern, JSON_STRING);
    if (!is_text && !json_is(pattern, JSON_OBJECT))
        return wrong(reading, "its pattern is not a JSON object", name);
    if (!name.len)
        return wrong(reading, "a rule has no name", name);
    struct match_rule rule = { .name = name, .text = is_text ? pattern->text : pattern->raw };
    if (map_put(&reading->names, name, reading))
        return wrong(reading, "there is another one of this name", name);
    struct str why = STR_EMPTY;
    enum err err = compile(reading->rules, &rule, reading->found.len, &why);
    if (err) {
        buf_printf(reading->reterr, "%s: rule '%.*s': %.*s", reading->path, STR_ARG(name), STR_ARG(why));
        return err;
    }
    VEC_PUSH(&reading->rules->arena, &reading->found, rule);
    return ERR_OK;
}

static enum err take_pair(struct reading *reading, const struct json *rule, struct str name,
                          struct str pattern)
{
    return take(reading, json_get_str(rule, name), json_get(rule, pattern));
}

/* {"NAME":PATTERN,...}, or {"name":...,"pattern":...} alone, or what ListRules answers. */
static enum err take_object(struct reading *reading, const struct json *object)
{
    enum err err = ERR_OK;
    const struct json *listed = json_get_typed(object, STR("Rules"), JSON_ARRAY);
    if (json_get_typed(object, STR("name"), JSON_STRING))
        return take_pair(reading, object, STR("name"), STR("pattern"));
    for (uint32_t i = 0; listed && i < listed->count && !err; i++)
        if (json_get(&listed->items[i], STR("EventPattern"))) /* else it is one of a schedule */
            err = take_pair(reading, &listed->items[i], STR("Name"), STR("EventPattern"));
    for (uint32_t i = 0; !listed && i < object->count && !err; i++)
        err = take(reading, object->members[i].key, &object->members[i].value);
    return err;
}

static enum err wrong_at(struct reading *reading, unsigned line, const struct json_error *error)
{
    buf_printf(reading->reterr, "%s:%u: column %u: %s", reading->path, line, error->column, error->text);
    return ERR_INVALID;
}

/* One rule to a line. */
static enum err take_lines(struct reading *reading, struct str text)
{
    enum err err = ERR_OK;
    unsigned number = 0;
    for (struct str line; text.len && !err;) {
        struct json rule;
        struct json_error error;
        str_cut(text, '\n', &line, &text);
        number++;
        if (line.len == 0 || str_eq(line, STR("\r")))
            continue;
        if (json_read(&reading->rules->arena, line, 0, &rule, &error))
            return wrong_at(reading, number, &error);
        err = take_pair(reading, &rule, STR("name"), STR("pattern"));
    }
    return err;
}

static enum err take_file(struct reading *reading, struct str text)
{
    struct json value;
    struct json_error error, of_line;
    struct str line, rest;
    struct arena scratch = { 0 };
    if (!json_read(&reading->rules->arena, text, 0, &value, &error)) {
        if (!json_is(&value, JSON_OBJECT))
            return wrong(reading, "is neither a JSON object of rules nor lines of them", STR_EMPTY);
        return take_object(reading, &value);
    }
    size_t blank = 0;
    while (blank < text.len && memchr(" \t\r\n", text.ptr[blank], 4))
        blank++;
    str_cut(str_from_offset(text, blank), '\n', &line, &rest);
    bool lines = rest.len && !json_read(&scratch, line, 0, &value, &of_line);
    arena_fini(&scratch);
    return lines ? take_lines(reading, text) : wrong_at(reading, error.line, &error);
}

enum err match_rules_file(struct match_rules *rules, const char *path, struct buf *reterr)
{
    struct str text;
    enum err err = read_text(path, &rules->arena, &text, reterr);
    return err ? err : match_rules_text(rules, path, text, reterr);
}

enum err match_rules_text(struct match_rules *rules, const char *path, struct str text, struct buf *reterr)
{
    struct reading reading = { .rules = rules, .path = path, .reterr = reterr };
    map_init(&reading.names, 0);
    enum err err = take_file(&reading, text);
    map_fini(&reading.names);
    if (err)
        return err;
    rules->at = reading.found.at;
    rules->count = reading.found.len;
    rules->named = true;
    return rules->count ? ERR_OK : wrong(&reading, "holds no rule", STR_EMPTY);
}

void match_rules_fini(struct match_rules *rules)
{
    matcher_free(&rules->matcher);
    arena_fini(&rules->arena);
    *rules = (struct match_rules){ 0 };
}
