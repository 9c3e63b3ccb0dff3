#include "logs/logs_pattern.h"

#include "base/utf8.h"
#include "base/vec.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_term(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 0x80;
}

static bool refuse(struct fault *reterr, struct arena *arena, const char *what)
{
    return fault_set(
        reterr, arena, FAULT_INVALID_PARAMETER,
        "%s are not supported in filter patterns yet: use terms, \"phrases\", ?optional and -excluded "
        "terms.",
        what);
}

/* The text is UTF-8: it came through the JSON reader. */
static bool bad_character(struct fault *reterr, struct arena *arena, struct str at)
{
    uint32_t c;
    struct str character = str_slice(at, 0, utf8_valid_len(at) ? utf8_decode(at, &c) : 1);
    return fault_set(reterr, arena, FAULT_INVALID_PARAMETER, "Invalid character(s) in term '%.*s'",
                     STR_ARG(character));
}

/* Between quotes: \" and \\ stand for the second character, any other backslash for itself. */
static bool read_quoted(struct arena *arena, struct str *text, struct str *ret, struct fault *reterr)
{
    char *room = arena_bytes(arena, text->len);
    size_t len = 0;
    for (size_t i = 1; i < text->len; i++) {
        char c = text->ptr[i];
        if (c == '"') {
            *ret = str_of(room, len);
            *text = str_from_offset(*text, i + 1);
            return len || bad_character(reterr, arena, STR("\""));
        }
        if (c == '\\' && i + 1 < text->len && (text->ptr[i + 1] == '"' || text->ptr[i + 1] == '\\'))
            c = text->ptr[++i];
        room[len++] = c;
    }
    return fault_set(reterr, arena, FAULT_INVALID_PARAMETER,
                     "Invalid filter pattern: a quotation mark is not closed.");
}

static bool read_term(struct arena *arena, struct str *text, struct logs_term *ret, struct fault *reterr)
{
    ret->kind = LOGS_TERM_REQUIRED;
    if (text->ptr[0] == '-' || text->ptr[0] == '?') {
        ret->kind = text->ptr[0] == '-' ? LOGS_TERM_EXCLUDED : LOGS_TERM_OPTIONAL;
        struct str mark = str_slice(*text, 0, 1);
        *text = str_from_offset(*text, 1);
        if (str_empty(*text))
            return bad_character(reterr, arena, mark);
    }
    if (text->ptr[0] == '%')
        return refuse(reterr, arena, "Regular expressions (%...%)");
    if (text->ptr[0] == '"')
        return read_quoted(arena, text, &ret->text, reterr);
    size_t len = 0;
    while (len < text->len && is_term(text->ptr[len]))
        len++;
    if (len == 0)
        return bad_character(reterr, arena, *text);
    ret->text = str_slice(*text, 0, len);
    *text = str_from_offset(*text, len);
    return true;
}

bool logs_pattern_read(struct arena *arena, struct str text, struct logs_pattern *ret, struct fault *reterr)
{
    while (text.len && is_space(text.ptr[0]))
        text = str_from_offset(text, 1);
    if (text.len && text.ptr[0] == '{')
        return refuse(reterr, arena, "JSON patterns ({ ... })");
    if (text.len && text.ptr[0] == '[')
        return refuse(reterr, arena, "Space-delimited patterns ([ ... ])");
    VEC(struct logs_term) terms = { 0 };
    bool others = false;
    while (text.len) {
        struct logs_term term;
        if (!read_term(arena, &text, &term, reterr))
            return false;
        if (text.len && !is_space(text.ptr[0]))
            return bad_character(reterr, arena, text);
        others |= term.kind != LOGS_TERM_OPTIONAL;
        VEC_PUSH(arena, &terms, term);
        while (text.len && is_space(text.ptr[0]))
            text = str_from_offset(text, 1);
    }
    size_t kept = 0;
    for (size_t i = 0; i < terms.len; i++)
        if (!others || terms.at[i].kind != LOGS_TERM_OPTIONAL)
            terms.at[kept++] = terms.at[i];
    ret->terms = terms.at;
    ret->count = kept;
    return true;
}

bool logs_pattern_matches(const struct logs_pattern *pattern, struct str message)
{
    bool optional = false, found_optional = false;
    for (size_t i = 0; i < pattern->count; i++) {
        const struct logs_term *term = &pattern->terms[i];
        bool found = str_find(message, term->text) != STR_NOT_FOUND;
        if (term->kind == LOGS_TERM_OPTIONAL) {
            optional = true;
            found_optional |= found;
        } else if (found != (term->kind == LOGS_TERM_REQUIRED)) {
            return false;
        }
    }
    return !optional || found_optional;
}
