/* A line is a pattern, the rest an event. An event that is read again from what was written of it matches alike;
 * and it is explained. */
#include "match/pattern.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* The explanation agrees, and is JSON. */
static void explain(struct arena *arena, const struct pattern *pattern, const struct json *event,
                    bool matched)
{
    struct pattern_explanation explanation;
    struct json_writer w;
    struct json written;
    struct buf out;
    pattern_explain(pattern, arena, event, &explanation);
    must(explanation.matched == matched);
    must(!matched || explanation.clauses_passed == explanation.clauses);
    buf_init(&out, 0);
    json_writer_init(&w, &out);
    pattern_explanation_write(&explanation, &w);
    must(json_read(arena, buf_str(&out), 0, &written, NULL) == ERR_OK);
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = { 0 };
    struct str text, event_text, error = STR_EMPTY;
    struct pattern *pattern;
    struct json event, again;
    (void)str_cut(str_of((const char *)data, size), '\n', &text, &event_text);
    if (pattern_compile(&arena, text, NULL, &pattern, &error)) {
        must(str_starts(error, STR("Event pattern is not valid. Reason: ")));
        must(error.ptr[error.len - 1] == ']');
    } else {
        if (json_read(&arena, event_text, 0, &event, NULL) == ERR_OK) {
            bool matched = pattern_match(pattern, &arena, &event);
            must(json_read(&arena, json_text(&arena, &event), 0, &again, NULL) == ERR_OK);
            must(pattern_match(pattern, &arena, &again) == matched);
            explain(&arena, pattern, &event, matched);
            (void)pattern_event_check(&event);
        }
    }
    arena_fini(&arena);
    return 0;
}
