/* Every kernel of the index finds JSON what json_read does, and lists the same offsets. */
#include "json/json_index.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_of((const char *)data, size);
    const char *const *kernels;
    size_t count = json_index_kernels(&kernels);
    struct arena arena = { 0 };
    struct json value;
    struct json_index first, index;
    enum err expected = json_read(&arena, text, 0, &value, NULL);
    json_index_init(&first);
    json_index_init(&index);
    for (size_t i = 0; i < count; i++) {
        struct json_index *at = i == 0 ? &first : &index;
        must(json_index_use(kernels[i]) == ERR_OK);
        enum err err = json_index_valid(at, text);
        must((err == ERR_OK) == (expected == ERR_OK));
        if (err || i == 0)
            continue;
        must(index.count == first.count && index.block_count == first.block_count);
        must(memcmp(index.offsets, first.offsets, index.count * sizeof(*index.offsets)) == 0);
    }
    json_index_fini(&first);
    json_index_fini(&index);
    arena_fini(&arena);
    return 0;
}
