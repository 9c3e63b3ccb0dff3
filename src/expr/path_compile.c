/* From a path's text to its parts. */
#include "expr/path_parts.h"
#include "base/utf8.h"

enum err compiler_fail(struct compiler *c, const char *why)
{
    return diag_set(c->error, ERR_INVALID, "Invalid path '%.*s' at position %zu: %s", STR_ARG(c->text), c->at,
                    why);
}

enum err compiler_unsupported(struct compiler *c, const char *what, struct str name)
{
    return diag_set(c->error, ERR_UNSUPPORTED, "Path '%.*s': %s%.*s is not supported yet", STR_ARG(c->text),
                    what, STR_ARG(name));
}

static enum err fail_reference(struct compiler *c)
{
    return diag_set(c->error, ERR_INVALID,
                    "Invalid path '%.*s': a reference path picks one place, by members and indexes only",
                    STR_ARG(c->text));
}

int compiler_peek(const struct compiler *c, size_t ahead)
{
    return c->at + ahead < c->text.len ? (unsigned char)c->text.ptr[c->at + ahead] : -1;
}

void compiler_skip_space(struct compiler *c)
{
    while (compiler_peek(c, 0) == ' ' || compiler_peek(c, 0) == '\t')
        c->at++;
}

/* ---- names ---- */

static int hex_digit(int c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* "uXXXX" at the given place; -1 when it is none. */
static int64_t hex4(const struct compiler *c, size_t ahead)
{
    int64_t value = 0;
    if (compiler_peek(c, ahead) != 'u')
        return -1;
    for (size_t i = 1; i <= 4; i++) {
        int digit = hex_digit(compiler_peek(c, ahead + i));
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

/* Behind a backslash. In quotes the letters mean what they mean in JSON; after a dot
 * they stand for themselves. */
static enum err read_escape(struct compiler *c, bool quoted, char **out)
{
    static const char letters[] = { ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t' };
    int letter = compiler_peek(c, 0);
    if (letter < 0)
        return compiler_fail(c, "nothing follows the backslash");
    int64_t point = hex4(c, 0);
    if (point >= 0) {
        size_t len = 5;
        if (point >= 0xD800 && point <= 0xDFFF) {
            int64_t low = point < 0xDC00 && compiler_peek(c, 5) == '\\' ? hex4(c, 6) : -1;
            if (low < 0xDC00 || low > 0xDFFF)
                return compiler_fail(c, "unpaired surrogate");
            point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
            len = 11;
        }
        *out += utf8_encode((uint32_t)point, *out);
        c->at += len;
        return ERR_OK;
    }
    *(*out)++ =
        quoted && (size_t)letter < sizeof(letters) && letters[letter] ? letters[letter] : (char)letter;
    c->at++;
    return ERR_OK;
}

/* Behind "(": what a function is called with belongs to the name, up to the parenthesis that closes it. */
static enum err read_call(struct compiler *c, char **out)
{
    unsigned open = 0;
    for (int letter = compiler_peek(c, 0), quote = 0; letter >= 0; letter = compiler_peek(c, 0)) {
        *(*out)++ = (char)letter;
        c->at++;
        if (quote ? letter == quote : letter == '\'' || letter == '"')
            quote = quote ? 0 : letter;
        if (!quote && letter == '(')
            open++;
        if (!quote && letter == ')' && --open == 0)
            return ERR_OK;
    }
    return compiler_fail(c, "the closing parenthesis is missing");
}

static bool ends_dotted(const struct compiler *c, int letter)
{
    if (letter == '.' || letter == '[')
        return true;
    return c->filter_depth > 0 && memchr(" \t)&|=!<>~,]", letter, 12);
}

static enum err read_dotted(struct compiler *c, struct str *ret)
{
    char *room = c->scratch, *out = room;
    enum err err;
    for (int letter = compiler_peek(c, 0); letter >= 0 && !ends_dotted(c, letter);
         letter = compiler_peek(c, 0)) {
        if (letter == '(') {
            if (c->kind != PATH_ANY)
                return fail_reference(c);
            if ((err = read_call(c, &out)))
                return err;
            continue;
        }
        if (letter <= ' ' || letter == ']' || letter == ')' || letter == 0x7F)
            return compiler_fail(
                c, letter == ' ' ? "a member with a space in its name is written in brackets and quotes"
                                 : "this character does not belong here");
        c->at++;
        if (letter != '\\') {
            *out++ = (char)letter;
            continue;
        }
        if ((err = read_escape(c, false, &out)))
            return err;
    }
    if (out == room)
        return compiler_fail(c, "the name of a member is missing");
    *ret = arena_copy(c->arena, str_of(room, (size_t)(out - room)));
    return ERR_OK;
}

enum err compiler_quoted(struct compiler *c, struct str *ret)
{
    int quote = compiler_peek(c, 0);
    char *room = c->scratch, *out = room;
    c->at++;
    for (int letter = compiler_peek(c, 0); letter != quote; letter = compiler_peek(c, 0)) {
        if (letter < 0)
            return compiler_fail(c, "the closing quote is missing");
        c->at++;
        if (letter != '\\') {
            *out++ = (char)letter;
            continue;
        }
        enum err err = read_escape(c, true, &out);
        if (err)
            return err;
    }
    c->at++;
    *ret = arena_copy(c->arena, str_of(room, (size_t)(out - room)));
    return ERR_OK;
}

/* ---- parts ---- */

static enum err push(struct compiler *c, struct path_part part)
{
    if (part.kind > PART_INDEXES || part.count != 1) {
        c->definite = false;
        c->filters |= part.kind == PART_FILTER;
        if (c->kind != PATH_ANY && c->filter_depth == 0 &&
            (c->kind == PATH_REFERENCE || part.kind != PART_FILTER))
            return fail_reference(c);
    }
    VEC_PUSH(c->arena, &c->parts, part);
    return ERR_OK;
}

static enum err push_name(struct compiler *c, struct str name)
{
    struct str *names = ARENA_NEW(c->arena, struct str);
    *names = name;
    return push(c, (struct path_part){ .kind = PART_MEMBERS, .count = 1, .names = names });
}

static enum err close_bracket(struct compiler *c)
{
    compiler_skip_space(c);
    if (compiler_peek(c, 0) != ']')
        return compiler_fail(c, "the closing bracket is missing");
    c->at++;
    return ERR_OK;
}

static enum err names_part(struct compiler *c)
{
    VEC(struct str) names = { 0 };
    for (;;) {
        struct str name;
        if (compiler_peek(c, 0) != '\'' && compiler_peek(c, 0) != '"')
            return compiler_fail(c, "expected the name of a member in quotes");
        enum err err = compiler_quoted(c, &name);
        if (err)
            return err;
        VEC_PUSH(c->arena, &names, name);
        compiler_skip_space(c);
        if (compiler_peek(c, 0) != ',')
            break;
        c->at++;
        compiler_skip_space(c);
    }
    enum err err = close_bracket(c);
    return err ? err
               : push(c, (struct path_part){ .kind = PART_MEMBERS, .count = names.len, .names = names.at });
}

static enum err read_index(struct compiler *c, int64_t *ret)
{
    size_t start = c->at, len = 0;
    if (compiler_peek(c, 0) == '-')
        len++;
    while (compiler_peek(c, len) >= '0' && compiler_peek(c, len) <= '9')
        len++;
    if (!str_to_i64(str_slice(c->text, start, len), ret) || *ret < -(int64_t)UINT32_MAX ||
        *ret > (int64_t)UINT32_MAX)
        return compiler_fail(c, "expected a whole number of at most 32 bits");
    c->at += len;
    compiler_skip_space(c);
    return ERR_OK;
}

/* Behind the colon. */
static enum err slice_part(struct compiler *c, struct path_part part)
{
    enum err err;
    compiler_skip_space(c);
    part.kind = PART_SLICE;
    if (compiler_peek(c, 0) != ']') {
        part.has_to = true;
        if (compiler_peek(c, 0) != ':' && (err = read_index(c, &part.to)))
            return err;
    }
    if (compiler_peek(c, 0) == ':')
        return compiler_fail(c, "a slice has no step");
    err = close_bracket(c);
    return err ? err : push(c, part);
}

static enum err numbers_part(struct compiler *c)
{
    VEC(int64_t) indexes = { 0 };
    enum err err;
    struct path_part part = { 0 };
    while (compiler_peek(c, 0) != ':') {
        int64_t index = 0;
        if ((err = read_index(c, &index)))
            return err;
        VEC_PUSH(c->arena, &indexes, index);
        if (compiler_peek(c, 0) == ':' && indexes.len == 1) {
            part.has_from = true;
            part.from = index;
            break;
        }
        if (compiler_peek(c, 0) != ',') {
            err = close_bracket(c);
            return err ? err
                       : push(c, (struct path_part){
                                     .kind = PART_INDEXES, .count = indexes.len, .indexes = indexes.at });
        }
        c->at++;
        compiler_skip_space(c);
    }
    if (indexes.len > 0 && !part.has_from)
        return compiler_fail(c, "a slice stands alone");
    c->at++;
    return slice_part(c, part);
}

/* Behind the opening bracket. */
static enum err bracket_part(struct compiler *c)
{
    compiler_skip_space(c);
    int letter = compiler_peek(c, 0);
    if (letter == '*') {
        c->at++;
        enum err err = close_bracket(c);
        return err ? err : push(c, (struct path_part){ .kind = PART_ALL });
    }
    if (letter == '?' || letter == '(') {
        if (c->kind == PATH_REFERENCE)
            return fail_reference(c);
        if (letter == '(')
            return compiler_fail(c, "a path has no scripts [(...)]");
        struct path_part part = { .kind = PART_FILTER };
        enum err err = filter_compile(c, &part);
        if (!err)
            err = close_bracket(c);
        return err ? err : push(c, part);
    }
    if (letter == '\'' || letter == '"')
        return names_part(c);
    return numbers_part(c);
}

static enum err next_part(struct compiler *c)
{
    enum err err;
    if (compiler_peek(c, 0) == '.' && compiler_peek(c, 1) == '.') {
        c->at += 2;
        if ((err = push(c, (struct path_part){ .kind = PART_DESCEND })))
            return err;
    } else if (compiler_peek(c, 0) == '.') {
        c->at++;
    } else if (compiler_peek(c, 0) != '[') {
        return compiler_fail(c, "expected '.' or '['");
    }
    /* A dot before a bracket is let pass, as the service does. */
    if (compiler_peek(c, 0) == '[') {
        c->at++;
        return bracket_part(c);
    }
    if (compiler_peek(c, 0) == '*') {
        c->at++;
        return push(c, (struct path_part){ .kind = PART_ALL });
    }
    struct str name = STR_EMPTY;
    err = read_dotted(c, &name);
    return err ? err : push_name(c, name);
}

static struct str trim(struct str text)
{
    while (text.len && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
        text = str_from_offset(text, 1);
    while (text.len && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
        text.len--;
    return text;
}

enum err compiler_path(struct compiler *c, enum path_base base, struct path *ret)
{
    struct compiler outer = *c;
    enum err err = ERR_OK;
    memset(&c->parts, 0, sizeof(c->parts));
    c->definite = true;
    c->filters = false;
    for (int letter = compiler_peek(c, 0); !err && letter >= 0; letter = compiler_peek(c, 0)) {
        if (c->filter_depth > 0 && letter != '.' && letter != '[')
            break;
        err = next_part(c);
    }
    *ret = (struct path){ .base = base,
                          .definite = c->definite,
                          .filters = c->filters,
                          .count = c->parts.len,
                          .parts = c->parts.at };
    c->parts.at = outer.parts.at;
    c->parts.len = outer.parts.len;
    c->parts.cap = outer.parts.cap;
    c->definite = outer.definite;
    c->filters = outer.filters || ret->filters;
    return err;
}

enum err path_compile(struct arena *arena, struct str text, enum path_kind kind, struct path **ret,
                      struct diag *reterr)
{
    struct compiler c = { .arena = arena, .text = trim(text), .kind = kind, .error = reterr };
    c.scratch = arena_bytes(arena, c.text.len + 1);
    struct str variable = STR_EMPTY;
    enum path_base base = BASE_ROOT;
    if (compiler_peek(&c, 0) != '$')
        return compiler_fail(&c, "a path begins with $");
    c.at++;
    if (compiler_peek(&c, 0) == '$') {
        base = BASE_CONTEXT;
        c.at++;
    } else if (c.at < c.text.len && compiler_peek(&c, 0) != '.' && compiler_peek(&c, 0) != '[') {
        base = BASE_VARIABLE;
        size_t len = 0;
        for (int letter = compiler_peek(&c, 0); letter >= 0 && letter != '.' && letter != '[';
             letter = compiler_peek(&c, ++len)) {
        }
        variable = str_slice(c.text, c.at, len);
        if (!variable_name_fits(variable))
            return compiler_fail(&c, "the name of a variable is letters, digits and '_', a letter first");
        c.at += len;
    }
    struct path *path = ARENA_NEW(arena, struct path);
    enum err err = compiler_path(&c, base, path);
    if (err)
        return err;
    path->text = arena_copy(arena, c.text);
    path->variable = arena_copy(arena, variable);
    *ret = path;
    return ERR_OK;
}
