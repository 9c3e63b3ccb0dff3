#include "console/console_pack.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read lies in the bytes, and every form that is chosen is there. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = { 0 };
    struct console_pack pack;
    struct str bytes = str_of((const char *)data, size);
    if (console_pack_read(&arena, bytes, &pack)) {
        for (size_t i = 0; i < pack.count; i++) {
            enum console_form form;
            for (int k = 0; k < CONSOLE_FORMS; k++) {
                struct str s = pack.files[i].forms[k];
                if (s.len && (s.ptr < bytes.ptr || s.ptr + s.len > bytes.ptr + bytes.len))
                    abort();
            }
            if (console_form_choose(&pack.files[i], pack.files[i].type, &form) &&
                str_empty(pack.files[i].forms[form]))
                abort();
            if (!console_pack_find(&pack, pack.files[i].path))
                abort();
        }
    }
    arena_fini(&arena);
    return 0;
}
