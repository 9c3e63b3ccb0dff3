#include "json/golden_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct json golden_json(struct arena *arena, struct str text)
{
    struct json value;
    struct json_error error = { .text = "" };
    if (json_read(arena, text, 0, &value, &error))
        fail_msg("%.*s: %s", STR_ARG(text), error.text);
    return value;
}

/* Empty when absent. */
static struct str text_of(struct arena *arena, const char *path)
{
    static char piece[65536];
    struct buf all;
    buf_init(&all, 0);
    FILE *file = fopen(path, "rb");
    for (size_t len; file && (len = fread(piece, 1, sizeof(piece), file)) > 0;)
        buf_add_bytes(&all, piece, len);
    if (file)
        fclose(file);
    struct str text = arena_copy(arena, buf_str(&all));
    buf_fini(&all);
    return text;
}

struct str golden_text(struct arena *arena, const char *path)
{
    static const char *const folders[] = { "", "../", "../../" };
    char from_here[300];
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        (void)snprintf(from_here, sizeof(from_here), "%s%s", folders[i], path);
        struct str text = text_of(arena, from_here);
        if (text.len)
            return text;
    }
    fail_msg("%s is not there", path);
    return STR_EMPTY;
}

struct str golden_recorded(struct arena *arena, const char *name)
{
    const char *given = getenv("CREMA_SHARED");
    const char *const folders[] = { given ? given : "../shared", "../../shared", "../../../shared" };
    struct str text = STR_EMPTY;
    for (size_t i = 0; i < (given ? 1 : sizeof(folders) / sizeof(folders[0])) && !text.len; i++)
        text = text_of(arena, arena_cstr(arena, arena_printf(arena, "%s/data/%s", folders[i], name)));
    return text;
}

bool golden_line(struct str *rest, struct str *ret_line)
{
    while (!str_empty(*rest)) {
        (void)str_cut(*rest, '\n', ret_line, rest);
        if (!str_empty(*ret_line))
            return true;
    }
    return false;
}

static struct str name_of(struct arena *arena, const struct json *record, const char *file, size_t number)
{
    struct str name = json_get_str(record, STR("name")), id = json_get_str(record, STR("id"));
    return name.len ? name : id.len ? id : arena_printf(arena, "%s:%zu", file, number);
}

size_t golden_each(const char *file, golden_case_f *call, void *self)
{
    char path[200];
    struct arena arena = { 0 }, own = { 0 };
    (void)snprintf(path, sizeof(path), "test/golden/%s.jsonl", file);
    struct str rest = golden_text(&arena, path), line;
    size_t count = 0;
    while (golden_line(&rest, &line)) {
        struct json record = golden_json(&own, line);
        call(self, &own, name_of(&own, &record, file, ++count), &record);
        arena_reset(&own);
    }
    arena_fini(&own);
    arena_fini(&arena);
    return count;
}
