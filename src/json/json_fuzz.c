/* What is read, is written and read again as the same value; and so is a copy of it. */
#include "json/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = { 0 };
    struct json value, again;
    struct json_error error;
    enum err err = json_read(&arena, str_of((const char *)data, size), 0, &value, &error);
    if (err) {
        must(error.offset <= size && error.line > 0 && error.column > 0 && error.text[0]);
    } else {
        struct str text = json_text(&arena, &value);
        must(json_read(&arena, text, 0, &again, &error) == ERR_OK);
        must(json_equal(&value, &again));
        must(str_eq(json_text(&arena, &again), text));
        struct json copy = json_copy(&arena, &value);
        must(json_equal(&value, &copy) && str_eq(copy.raw, value.raw));
        if (value.type == JSON_NUMBER) {
            double number;
            int64_t integer;
            bool finite = json_number_double(value.text, &number);
            must(!json_number_i64(value.text, &integer) || (finite && (double)integer == number));
        }
    }
    arena_fini(&arena);
    return 0;
}
