#include "base/err.h"

#include <stdarg.h>

const char *err_text(enum err err)
{
    static const char *const texts[] = {
#define X(name, text) [ERR_##name] = text,
        ERR_LIST(X)
#undef X
    };
    return texts[err];
}

enum err(diag_set)(struct diag *diag, enum err err, const char *format, ...)
{
    if (diag) {
        va_list args;
        va_start(args, format);
        (void)vsnprintf(diag->text, sizeof(diag->text), format, args);
        va_end(args);
    }
    return err;
}
