#include "base/fault.h"

#include <stdarg.h>

bool(fault_set)(struct fault *fault, struct arena *arena, enum fault_code code, const char *format, ...)
{
    if (fault->code != FAULT_NONE)
        return false;
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *room = arena_bytes(arena, (size_t)(len < 0 ? 0 : len) + 1);
    (void)vsnprintf(room, (size_t)(len < 0 ? 0 : len) + 1, format, again);
    va_end(again);
    fault->code = code;
    fault->text = str_of(room, (size_t)(len < 0 ? 0 : len));
    return false;
}
