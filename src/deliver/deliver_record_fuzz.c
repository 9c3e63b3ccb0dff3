/* Stored deliveries: whatever the bytes, reading is safe; what is read is written as it was. */
#include "deliver/deliver_key.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = { 0 };
    struct str value = str_of((const char *)data, size);
    struct delivery delivery;
    if (deliver_record_read(value, &delivery))
        assert(str_eq(deliver_record_write(&arena, &delivery), value));
    arena_fini(&arena);
    return 0;
}
