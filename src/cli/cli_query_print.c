/* cli_query_print.c - tables, JSON, and the place where a query is wrong. */
#include "cli/cli_query.h"

#include "base/utf8.h"
#include "base/vec.h"

#include <stdio.h>

struct column {
    struct str name;
    size_t width; /* in code points */
    bool numbers; /* all of them: set to the right */
};

struct table {
    struct arena arena;
    VEC(struct column) columns;
};

/* U+0080 to U+009F: a terminal may obey them. */
static bool is_control(struct str text, size_t at)
{
    return (unsigned char)text.ptr[at] == 0xC2 && at + 1 < text.len && (unsigned char)text.ptr[at + 1] < 0xA0;
}

/* What would break a line, or harm a terminal, is shown as JSON writes it. */
static struct str plain(struct arena *arena, struct str text)
{
    bool good = true;
    for (size_t i = 0; i < text.len; i++)
        good = good && (unsigned char)text.ptr[i] >= ' ' && text.ptr[i] != 0x7F && !is_control(text, i);
    if (good)
        return text;
    struct buf out;
    buf_init(&out, 0);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\n')
            buf_add(&out, STR("\\n"));
        else if (c == '\t')
            buf_add(&out, STR("\\t"));
        else if ((unsigned char)c < ' ' || c == 0x7F)
            buf_printf(&out, "\\u%04x", (unsigned)c);
        else if (is_control(text, i))
            buf_printf(&out, "\\u%04x", (unsigned char)text.ptr[++i]);
        else
            buf_add_char(&out, c);
    }
    text = arena_copy(arena, buf_str(&out));
    buf_fini(&out);
    return text;
}

static bool is_number(struct str text)
{
    size_t digits = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool digit = text.ptr[i] >= '0' && text.ptr[i] <= '9';
        digits += digit;
        if (!digit && text.ptr[i] != '.' && text.ptr[i] != '-')
            return false;
    }
    return digits > 0;
}

static struct column *column_of(struct table *table, struct str name)
{
    for (size_t i = 0; i < table->columns.len; i++)
        if (str_eq(table->columns.at[i].name, name))
            return &table->columns.at[i];
    VEC_PUSH(&table->arena, &table->columns, ((struct column){ name, utf8_count(name), true }));
    return &table->columns.at[table->columns.len - 1];
}

/* NULL: the row has none of it. */
static const struct json *field_of(const struct json *row, struct str name)
{
    for (uint32_t i = 0; i < row->count; i++)
        if (str_eq(json_get_str(&row->items[i], STR("field")), name))
            return json_get(&row->items[i], STR("value"));
    return NULL;
}

static void measure(struct table *table, const struct json *rows, size_t row_count)
{
    for (size_t i = 0; i < row_count; i++)
        for (uint32_t j = 0; j < rows[i].count; j++) {
            struct str name = json_get_str(&rows[i].items[j], STR("field"));
            struct column *column = str_eq(name, STR("@ptr")) ? NULL : column_of(table, name);
            if (!column)
                continue;
            struct str value = plain(&table->arena, json_get_str(&rows[i].items[j], STR("value")));
            size_t width = utf8_count(value);
            if (width > column->width)
                column->width = width;
            column->numbers = column->numbers && is_number(value);
        }
}

static void put(const struct column *column, struct str text, bool last, bool colour)
{
    int room = (int)(column->width - utf8_count(text));
    if (column->numbers)
        printf("%*s", room, "");
    printf(colour ? "\x1b[1m%.*s\x1b[m" : "%.*s", STR_ARG(text));
    if (!column->numbers && !last)
        printf("%*s", room, "");
    fputs(last ? "\n" : "  ", stdout);
}

void query_print_table(const struct json *rows, size_t row_count, bool colour)
{
    struct table table = { 0 };
    measure(&table, rows, row_count);
    for (size_t i = 0; i < table.columns.len; i++)
        put(&table.columns.at[i], plain(&table.arena, table.columns.at[i].name), i + 1 == table.columns.len,
            colour);
    for (size_t i = 0; i < row_count; i++)
        for (size_t j = 0; j < table.columns.len; j++) {
            const struct json *value = field_of(&rows[i], table.columns.at[j].name);
            put(&table.columns.at[j], value ? plain(&table.arena, value->text) : STR(""),
                j + 1 == table.columns.len, false);
        }
    arena_fini(&table.arena);
}

void query_print_json(const struct json *rows, size_t row_count)
{
    struct buf out;
    struct json_writer writer;
    buf_init(&out, 0);
    for (size_t i = 0; i < row_count; i++) {
        buf_clear(&out);
        json_writer_init(&writer, &out);
        json_begin_object(&writer);
        for (uint32_t j = 0; j < rows[i].count; j++)
            json_put_member_str(&writer, json_get_str(&rows[i].items[j], STR("field")),
                                json_get_str(&rows[i].items[j], STR("value")));
        json_end_object(&writer);
        printf("%.*s\n", STR_ARG(buf_str(&out)));
    }
    buf_fini(&out);
}

/* ---- errors ---- */

/* Bytes of the text's first so many UTF-16 units. */
static size_t bytes_of(struct str text, size_t units)
{
    size_t at = 0;
    uint32_t point;
    while (at < text.len && units > 0) {
        at += utf8_decode(str_from_offset(text, at), &point);
        units -= point > 0xFFFF && units > 1 ? 2 : 1;
    }
    return at;
}

void query_print_error(struct str query, struct str message, size_t first, size_t end)
{
    size_t at = bytes_of(query, first), behind = bytes_of(query, end), line = at, line_end = at;
    while (line > 0 && query.ptr[line - 1] != '\n')
        line--;
    while (line_end < query.len && query.ptr[line_end] != '\n')
        line_end++;
    if (behind > line_end)
        behind = line_end;
    fprintf(stderr, "crema query: %.*s\n\n  %.*s\n  ", STR_ARG(message), (int)(line_end - line),
            query.ptr + line);
    for (size_t i = utf8_count(str_slice(query, line, at - line)); i > 0; i--)
        fputc(' ', stderr);
    size_t marks = behind > at ? utf8_count(str_slice(query, at, behind - at)) : 1;
    for (; marks > 0; marks--)
        fputc('^', stderr);
    fputc('\n', stderr);
}
