#include "query/query_lex.h"

#include "base/buf.h"
#include "base/utf8.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '@' || c == '$' ||
           (unsigned char)c >= 0x80;
}

static void skip_blank(struct str query, size_t *at)
{
    bool comment = false;
    for (; *at < query.len; ++*at) {
        char c = query.ptr[*at];
        if (c == '#')
            comment = true;
        else if (c == '\n')
            comment = false;
        else if (!comment && c != ' ' && c != '\t' && c != '\r')
            return;
    }
}

static char char_at(struct str query, size_t at)
{
    return at < query.len ? query.ptr[at] : '\0';
}

/* ---- names: a.b, a.`b c`.d, a[0].b ---- */

/* One part of a name onto the buffer; false: there is none. */
static bool take_part(struct str query, size_t *at, struct buf *out, bool *quoted)
{
    size_t first = *at;
    if (char_at(query, first) == '`') {
        size_t end = first + 1;
        while (end < query.len && query.ptr[end] != '`')
            end++;
        if (end >= query.len || end == first + 1)
            return false;
        buf_add(out, str_slice(query, first + 1, end - first - 1));
        *at = end + 1;
        *quoted = true;
        return true;
    }
    while (is_letter(char_at(query, *at)) || is_digit(char_at(query, *at)))
        ++*at;
    buf_add(out, str_slice(query, first, *at - first));
    return *at > first;
}

/* [0] as .0 */
static bool take_index(struct str query, size_t *at, struct buf *out)
{
    size_t end = *at + 1;
    while (is_digit(char_at(query, end)))
        end++;
    if (end == *at + 1 || char_at(query, end) != ']')
        return false;
    buf_add_char(out, '.');
    buf_add(out, str_slice(query, *at + 1, end - *at - 1));
    *at = end + 1;
    return true;
}

static struct query_token lex_name(struct arena *arena, struct str query, size_t *at)
{
    struct query_token token = { .kind = QUERY_WORD, .first = *at };
    struct buf out;
    bool quoted = false;
    buf_init(&out, 0);
    bool good = take_part(query, at, &out, &quoted);
    while (good) {
        size_t behind = *at + 1;
        if (char_at(query, *at) == '[' && is_digit(char_at(query, behind))) {
            good = take_index(query, at, &out);
            quoted = true;
        } else if (char_at(query, *at) == '.' &&
                   (is_letter(char_at(query, behind)) || is_digit(char_at(query, behind)) ||
                    char_at(query, behind) == '`')) {
            buf_add_char(&out, '.');
            ++*at;
            good = take_part(query, at, &out, &quoted);
        } else {
            break;
        }
    }
    token.text = good ? arena_copy(arena, buf_str(&out)) : STR("a name in ` ` that is not closed, or empty");
    if (!good) {
        token.kind = QUERY_BAD;
        *at = query.len;
    } else if (quoted) {
        token.kind = QUERY_NAME;
    }
    token.end = *at;
    buf_fini(&out);
    return token;
}

/* ---- numbers and strings ---- */

static struct query_token lex_digits(struct arena *arena, struct str query, size_t *at)
{
    struct query_token token = { .kind = QUERY_DIGITS, .first = *at };
    while (is_digit(char_at(query, *at)))
        ++*at;
    if (char_at(query, *at) == '.' && is_digit(char_at(query, *at + 1)))
        for (++*at; is_digit(char_at(query, *at));)
            ++*at;
    size_t exponent = *at + 1;
    if ((char_at(query, *at) | 0x20) == 'e' &&
        (is_digit(char_at(query, exponent)) ||
         ((char_at(query, exponent) == '-' || char_at(query, exponent) == '+') &&
          is_digit(char_at(query, exponent + 1))))) {
        for (*at = exponent + 1; is_digit(char_at(query, *at));)
            ++*at;
    }
    while (is_letter(char_at(query, *at)) || is_digit(char_at(query, *at)))
        ++*at;
    token.end = *at;
    token.text = arena_copy(arena, str_slice(query, token.first, token.end - token.first));
    return token;
}

/* A backslash stands before a quote or a backslash; before anything else it is itself. */
static struct query_token lex_string(struct arena *arena, struct str query, size_t *at)
{
    struct query_token token = { .kind = QUERY_STRING, .first = *at };
    char quote = query.ptr[(*at)++];
    char *out = arena_bytes(arena, query.len - *at + 1);
    size_t len = 0;
    while (*at < query.len && query.ptr[*at] != quote) {
        char c = query.ptr[*at], next = char_at(query, *at + 1);
        if (c == '\\' && (next == '"' || next == '\'' || next == '\\'))
            c = query.ptr[++*at];
        out[len++] = c;
        ++*at;
    }
    if (*at >= query.len)
        return (struct query_token){ QUERY_BAD, STR("a text that is not closed"), token.first, query.len };
    token.end = ++*at;
    token.text = str_of(out, len);
    return token;
}

/* ---- all ---- */

struct query_token query_lex(struct arena *arena, struct str query, size_t *at)
{
    static const char *const marks[] = { "!=", "<=", ">=", "=~", "(", ")", "[", "]", ",", "|",
                                         "=",  "<",  ">",  "+",  "-", "*", "/", "%", "^" };
    skip_blank(query, at);
    if (*at >= query.len)
        return (struct query_token){ QUERY_END, STR("the end of the query"), query.len, query.len };
    char c = query.ptr[*at];
    if (is_letter(c) || c == '`')
        return lex_name(arena, query, at);
    if (is_digit(c))
        return lex_digits(arena, query, at);
    if (c == '"' || c == '\'')
        return lex_string(arena, query, at);
    size_t first = *at;
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        struct str mark = str_from(marks[i]);
        if (str_starts(str_from_offset(query, first), mark)) {
            *at += mark.len;
            return (struct query_token){ QUERY_MARK, mark, first, *at };
        }
    }
    uint32_t point;
    *at += utf8_decode(str_from_offset(query, first), &point);
    return (struct query_token){ QUERY_BAD, str_slice(query, first, *at - first), first, *at };
}

struct query_token query_lex_regex(struct str query, size_t *at)
{
    skip_blank(query, at);
    size_t first = *at, end = first + 1;
    if (char_at(query, first) != '/')
        return (struct query_token){ QUERY_BAD, STR("a regular expression in / / is wanted"), first, first };
    for (; end < query.len && query.ptr[end] != '/'; end++)
        if (query.ptr[end] == '\\')
            end++;
    if (end >= query.len)
        return (struct query_token){ QUERY_BAD, STR("a regular expression that is not closed with /"), first,
                                     query.len };
    *at = end + 1;
    return (struct query_token){ QUERY_STRING, str_slice(query, first + 1, end - first - 1), first, *at };
}
