/* Why a pattern is refused, and where. */
#include "match/pattern_reader.h"

enum err pattern_fail_place(struct pattern_reader *r, struct str reason, unsigned line, unsigned column)
{
    *r->error = arena_printf(r->arena, "Event pattern is not valid. Reason: %.*s\n at %.*s", STR_ARG(reason),
                             STR_ARG(json_source(r->arena, r->text, line, column)));
    return ERR_INVALID;
}

enum err pattern_fail_at(struct pattern_reader *r, const struct json *value, const char *reason)
{
    unsigned line, column;
    bool opens = value->type == JSON_STRING || value->type == JSON_ARRAY || value->type == JSON_OBJECT;
    size_t start = (size_t)(value->raw.ptr - r->text.ptr);
    json_place(r->text, start + (opens ? 1 : value->raw.len), &line, &column);
    return pattern_fail_place(r, str_from(reason), line, column);
}

enum err pattern_fail_behind(struct pattern_reader *r, const struct json *value, const char *reason)
{
    unsigned line, column;
    json_place(r->text, (size_t)(value->raw.ptr - r->text.ptr) + value->raw.len, &line, &column);
    return pattern_fail_place(r, str_from(reason), line, column);
}

enum err pattern_fail_named(struct pattern_reader *r, const struct json *value, const char *before,
                            struct str name, const char *after)
{
    struct str reason = arena_printf(r->arena, "%s%.*s%s", before, STR_ARG(name), after);
    return pattern_fail_at(r, value, arena_cstr(r->arena, reason));
}
