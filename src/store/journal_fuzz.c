/* Arbitrary bytes as a segment, as a payload and as a key's text: nothing is read
 * outside, and what reads as an operation writes back the same. */
#include "store/journal_record.h"
#include "store/key.h"
#include "store/store_impl.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct str all = str_of((const char *)bytes, len), rest = all, text;
    struct record record;
    const char *why;
    size_t at = 0, follows;
    while (record_read(all, at, 0, &record, &why) == RECORD_WHOLE)
        at += (size_t)record_bytes(record.payload.len);
    (void)record_follows(all, at, 0, 1, &follows);

    struct buf again;
    buf_init(&again, 0);
    struct operation operation;
    while (operation_read(&rest, &operation)) {
        struct str read_back;
        struct operation second;
        buf_clear(&again);
        operation_write(&again, operation.type, operation.key, operation.value);
        read_back = buf_str(&again);
        bool same = operation_read(&read_back, &second) && read_back.len == 0 &&
                    second.type == operation.type && str_eq(second.key, operation.key) &&
                    str_eq(second.value, operation.value);
        assert(same);
    }
    buf_fini(&again);

    struct arena arena = { 0 };
    rest = all;
    while (key_read_text(&arena, &rest, &text)) {
        static struct key key; /* large */
        key_begin(&key, KEY_LOGS, 0, 'x');
        key_text(&key, text);
        struct str read_back, from = str_of(key.bytes + KEY_HEAD_BYTES, key.len - KEY_HEAD_BYTES);
        if (!key.overflow) {
            bool same = key_read_text(&arena, &from, &read_back) && str_eq(read_back, text);
            assert(same);
        }
    }
    arena_fini(&arena);
    return 0;
}
