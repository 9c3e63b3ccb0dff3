#include "match/pattern_golden_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

const char *const golden_match_files[] = { "pattern/values",  "pattern/operators", "pattern/strings",
                                           "pattern/numeric", "pattern/cidr",      "pattern/anything_but",
                                           "pattern/places",  "pattern/or",        "pattern/refused" };
const size_t golden_match_file_count = sizeof(golden_match_files) / sizeof(golden_match_files[0]);

struct json golden_json(struct arena *arena, struct str text)
{
    struct json value;
    struct json_error error = { .text = "" };
    if (json_read(arena, text, 0, &value, &error))
        fail_msg("%.*s: %s", STR_ARG(text), error.text);
    return value;
}

struct str golden_file(struct arena *arena, const char *path)
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

static struct str text_of(struct arena *arena, const char *file)
{
    static const char *const folders[] = { "test", "../test", "../../test" };
    char path[200];
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/golden/%s.jsonl", folders[i], file);
        struct str text = golden_file(arena, path);
        if (text.len)
            return text;
    }
    fail_msg("test/golden/%s.jsonl is not there", file);
    return STR_EMPTY;
}

size_t golden_each(const char *file, golden_case_f *call, void *self)
{
    struct arena arena = { 0 }, own = { 0 };
    struct str rest = text_of(&arena, file), line;
    size_t count = 0;
    while (str_cut(rest, '\n', &line, &rest) || line.len) {
        struct json record = golden_json(&own, line);
        struct str name = json_get_str(&record, STR("name"));
        if (name.len == 0)
            fail_msg("%s: a case without a name", file);
        call(self, &own, name, &record);
        arena_reset(&own);
        count++;
    }
    arena_fini(&own);
    arena_fini(&arena);
    return count;
}

struct str golden_source(const struct json *value)
{
    assert_non_null(value);
    return value->type == JSON_STRING ? value->text : value->raw;
}
