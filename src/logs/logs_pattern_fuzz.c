/* The first line is a pattern, the rest a message. What is refused says why; what matches has the needles, and its
 * values can be had one by one. */
#include "logs/logs_pattern.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_match(const struct logs_pattern *pattern, struct logs_matcher *matcher, struct arena *arena,
                        struct str message)
{
    const struct str *needles;
    size_t count = logs_pattern_needles(pattern, &needles);
    for (size_t i = 0; i < count; i++)
        must(str_find(message, needles[i]) != STR_NOT_FOUND);
    struct logs_value *values;
    count = logs_pattern_values(pattern, matcher, arena, message, &values);
    for (size_t i = 0; i < count && i < 10; i++) {
        struct fault fault = { 0 };
        struct logs_field field;
        struct str text;
        if (logs_field_read(arena, pattern, values[i].name, &field, &fault))
            must(logs_field_value(pattern, &field, matcher, arena, message, &text));
        else
            must(fault.code != FAULT_NONE);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct logs_matcher *matcher;
    struct arena arena = { 0 };
    struct fault fault = { 0 };
    struct logs_pattern pattern;
    struct str text, message;
    if (!matcher)
        matcher = logs_matcher_new();
    (void)str_cut(str_of((const char *)data, size), '\n', &text, &message);
    if (logs_pattern_read(&arena, text, &pattern, &fault)) {
        if (logs_pattern_matches(&pattern, matcher, message))
            check_match(&pattern, matcher, &arena, message);
        (void)logs_pattern_matches(&pattern, matcher, STR_EMPTY);
    } else {
        must(fault.code != FAULT_NONE && fault.text.len > 0);
    }
    arena_fini(&arena);
    return 0;
}
