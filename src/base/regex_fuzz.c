/* A line is a pattern, the rest a text: the table and the steps say the same, and so does the walk for groups, which
 * are of the text. */
#include "base/regex.h"
#include "base/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void search_groups(struct arena *arena, struct str pattern, struct str text)
{
    const struct regex *regex[2];
    struct str groups[2][REGEX_GROUPS_MAX] = { 0 };
    bool found[2];
    for (unsigned i = 0; i < 2; i++) {
        struct diag why = { .text = "" };
        size_t at, names_count;
        const struct str *names;
        if (regex_compile_groups(arena, pattern, i ? REGEX_STEPWISE : 0, &regex[i], &at, &why)) {
            if (!why.text[0] || at > pattern.len)
                abort();
            return;
        }
        struct regex_walker *walker = regex_walker_new(regex[i]);
        names_count = regex_groups(regex[i], &names);
        found[i] = regex_walker_search(walker, text, groups[i]);
        if (regex_walker_matches(walker, text) != found[i])
            abort();
        for (size_t k = 0; found[i] && k < names_count; k++)
            if (groups[i][k].ptr &&
                (groups[i][k].ptr < text.ptr || groups[i][k].ptr + groups[i][k].len > text.ptr + text.len))
                abort();
        regex_walker_free(&walker);
    }
    if (found[0] != found[1] || memcmp(groups[0], groups[1], sizeof(groups[0])) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = { 0 };
    struct str pattern, text;
    struct regex *regex, *stepwise;
    struct diag why = { .text = "" };
    (void)str_cut(str_of((const char *)data, size), '\n', &pattern, &text);
    if (pattern.len <= 1000 && utf8_valid_len(pattern) == pattern.len && utf8_valid_len(text) == text.len) {
        unsigned flags = size & 3;
        enum err err = regex_compile(&arena, pattern, flags, &regex, &why);
        if (err && !why.text[0])
            abort();
        if (regex_compile(&arena, pattern, flags | REGEX_STEPWISE, &stepwise, NULL) != err)
            abort();
        if (!err && regex_match(regex, text) != regex_match(stepwise, text))
            abort();
        if (text.ptr)
            search_groups(&arena, pattern, text);
    }
    arena_fini(&arena);
    return 0;
}
