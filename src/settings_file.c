#include "settings_file.h"

#include "base/buf.h"
#include "base/utf8.h"

#include <stdlib.h>

enum { FILE_BYTES_MAX = 1 << 20 };

struct reading {
    struct arena *arena;
    const char *path;
    char where[300];
    settings_pair_f *pair;
    void *self;
    struct diag *reterr;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct str skip_space(struct str s)
{
    while (s.len && is_space(s.ptr[0]))
        s = str_from_offset(s, 1);
    return s;
}

static enum err refuse(struct reading *reading, const char *why)
{
    return diag_set(reading->reterr, ERR_INVALID, "%s: %s", reading->where, why);
}

static bool unescape(char c, char *ret)
{
    static const char from[] = "btnfr\"\\", to[] = "\b\t\n\f\r\"\\";
    const char *at = c ? strchr(from, c) : NULL;
    if (at)
        *ret = to[at - from];
    return at != NULL;
}

static enum err read_string(struct reading *reading, struct str *rest, struct str *ret)
{
    char quote = rest->ptr[0];
    if (rest->len >= 3 && rest->ptr[1] == quote && rest->ptr[2] == quote)
        return refuse(reading, "strings over several lines are not supported in settings");
    char *text = arena_bytes(reading->arena, rest->len);
    size_t len = 0, i = 1;
    for (; i < rest->len && rest->ptr[i] != quote; i++) {
        char c = rest->ptr[i];
        if (c == '\\' && quote == '"') {
            if (i + 1 >= rest->len || !unescape(rest->ptr[i + 1], &c))
                return refuse(reading, "unknown escape in a string");
            i++;
        }
        text[len++] = c;
    }
    if (i >= rest->len)
        return refuse(reading, "the string does not end");
    *rest = str_from_offset(*rest, i + 1);
    *ret = str_of(text, len);
    return ERR_OK;
}

static enum err read_word(struct reading *reading, struct str *rest, struct str *ret)
{
    char *text = arena_bytes(reading->arena, rest->len + 1);
    size_t len = 0, i = 0;
    for (; i < rest->len && !is_space(rest->ptr[i]) && rest->ptr[i] != '#' && rest->ptr[i] != ',' &&
           rest->ptr[i] != ']';
         i++)
        if (rest->ptr[i] != '_')
            text[len++] = rest->ptr[i];
    int64_t number;
    *ret = str_of(text, len);
    *rest = str_from_offset(*rest, i);
    if (!str_eq(*ret, STR("true")) && !str_eq(*ret, STR("false")) && !str_to_i64(*ret, &number))
        return refuse(reading,
                      "a value is a string in quotes, a whole number, true, false, or an array of strings");
    return ERR_OK;
}

static enum err read_scalar(struct reading *reading, struct str *rest, struct str *ret)
{
    if (rest->len == 0)
        return refuse(reading, "a value is missing after '='");
    if (rest->ptr[0] == '"' || rest->ptr[0] == '\'')
        return read_string(reading, rest, ret);
    return read_word(reading, rest, ret);
}

static enum err read_array(struct reading *reading, struct str name, struct str *rest)
{
    *rest = skip_space(str_from_offset(*rest, 1));
    while (rest->len && rest->ptr[0] != ']') {
        struct str item;
        enum err err = read_scalar(reading, rest, &item);
        if (!err)
            err = reading->pair(reading->self, name, item, reading->where, reading->reterr);
        if (err)
            return err;
        *rest = skip_space(*rest);
        if (rest->len && rest->ptr[0] == ',')
            *rest = skip_space(str_from_offset(*rest, 1));
        else if (rest->len && rest->ptr[0] != ']')
            return refuse(reading, "items of an array are parted by commas");
    }
    if (rest->len == 0)
        return refuse(reading, "an array ends on its line, with ']'");
    *rest = str_from_offset(*rest, 1);
    return ERR_OK;
}

static enum err read_line(struct reading *reading, struct str line)
{
    line = skip_space(line);
    if (line.len == 0 || line.ptr[0] == '#')
        return ERR_OK;
    if (line.ptr[0] == '[')
        return refuse(reading, "tables are not supported in settings; write name = value");
    size_t len = 0;
    while (len < line.len && line.ptr[len] != '=' && !is_space(line.ptr[len]))
        len++;
    struct str name = str_of(line.ptr, len), rest = skip_space(str_from_offset(line, len)), value;
    if (len == 0 || rest.len == 0 || rest.ptr[0] != '=')
        return refuse(reading, "a line is name = value");
    rest = skip_space(str_from_offset(rest, 1));
    enum err err;
    if (rest.len && rest.ptr[0] == '[') {
        err = read_array(reading, name, &rest);
    } else {
        err = read_scalar(reading, &rest, &value);
        if (!err)
            err = reading->pair(reading->self, name, value, reading->where, reading->reterr);
    }
    rest = skip_space(rest);
    if (!err && rest.len && rest.ptr[0] != '#')
        err = refuse(reading, "something follows the value");
    return err;
}

static enum err read_lines(struct reading *reading, struct str text)
{
    if (utf8_valid_len(text) != text.len)
        return diag_set(reading->reterr, ERR_INVALID, "%s: not UTF-8", reading->path);
    for (unsigned number = 1; text.len; number++) {
        struct str line;
        str_cut(text, '\n', &line, &text);
        snprintf(reading->where, sizeof(reading->where), "%s:%u", reading->path, number);
        enum err err = read_line(reading, line);
        if (err)
            return err;
    }
    return ERR_OK;
}

enum err settings_file_read(struct arena *arena, const char *path, settings_pair_f *pair, void *self,
                            struct diag *reterr)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return diag_set(reterr, ERR_INVALID, "%s: cannot be read", path);
    struct buf text;
    buf_init(&text, FILE_BYTES_MAX);
    char piece[4096];
    size_t got;
    while ((got = fread(piece, 1, sizeof(piece), file)) > 0)
        buf_add_bytes(&text, piece, got);
    bool failed = ferror(file) != 0;
    (void)fclose(file);
    struct reading reading = { .arena = arena, .path = path, .pair = pair, .self = self, .reterr = reterr };
    enum err err;
    if (failed || text.err)
        err = diag_set(reterr, ERR_INVALID, "%s: cannot be read, or is over %d bytes", path, FILE_BYTES_MAX);
    else
        err = read_lines(&reading, arena_copy(arena, buf_str(&text)));
    buf_fini(&text);
    return err;
}
