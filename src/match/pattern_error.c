/* Why a pattern is refused, and where. */
#include "match/pattern_reader.h"
#include "base/utf8.h"

enum { QUOTED_MAX = 500 }; /* characters of the pattern shown */

enum err pattern_fail_place(struct pattern_reader *r, struct str reason, unsigned line, unsigned column)
{
    struct str quoted = str_slice(r->text, 0, utf8_valid_len(r->text)), cut = STR_EMPTY;
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
        cut = arena_printf(r->arena, "[truncated %zu chars]", len - units);
    }
    *r->error = arena_printf(r->arena,
                             "Event pattern is not valid. Reason: %.*s\n at [Source: (String)\"%.*s\"%.*s; "
                             "line: %u, column: %u]",
                             STR_ARG(reason), STR_ARG(quoted), STR_ARG(cut), line, column);
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
