#include "logs/logs_pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = { 0 };
    struct fault fault = { 0 };
    struct logs_pattern pattern;
    struct str text = str_of((const char *)data, size);
    if (logs_pattern_read(&arena, text, &pattern, &fault)) {
        (void)logs_pattern_matches(&pattern, text);
        (void)logs_pattern_matches(&pattern, STR_EMPTY);
    } else if (fault.code == FAULT_NONE) {
        __builtin_trap();
    }
    arena_fini(&arena);
    return 0;
}
