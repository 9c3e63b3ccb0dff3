/* A line is a pattern, the rest a text: the table and the steps say the same. */
#include "base/regex.h"
#include "base/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
    }
    arena_fini(&arena);
    return 0;
}
