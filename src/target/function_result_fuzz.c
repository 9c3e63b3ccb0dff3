/* What any endpoint may answer: it becomes a result that is JSON, or an error with a cause. */
#include "target/function_result.h"
#include "base/utf8.h"
#include "json/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = str_of((const char *)data, size), first;
    struct arena arena = { 0 };
    struct delivery_result result;
    struct json value;
    if (!str_cut(rest, '\0', &first, &rest) || size < 3)
        return 0;
    struct function_answer answer = { .status = data[0] * 4,
                                      .headers = first,
                                      .body = rest,
                                      .function_error = str_slice(first, 0, data[1] & 1),
                                      .error_type = data[1] & 2 ? first : STR_EMPTY,
                                      .request_id = STR("r") };
    function_result(&arena, &answer, data[1] & 4, &result);
    if (result.outcome == OUTCOME_DELIVERED ? json_read(&arena, result.result, 0, &value, NULL) != ERR_OK
                                            : result.error.len == 0)
        abort();
    if (utf8_valid_len(result.error) != result.error.len || utf8_valid_len(result.cause) != result.cause.len)
        abort();
    arena_fini(&arena);
    return 0;
}
