#include "api/api_shape_explain.h"
#include "api/service.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
    const char *service, *operation;
} operations[] = { { "events", "PutEvents" },        { "events", "PutTargets" },
                   { "logs", "FilterLogEvents" },    { "states", "CreateStateMachine" },
                   { "dynamodb", "BatchWriteItem" }, { "dynamodb", "CreateTable" } };

/* Both walks agree, and what they let pass passes again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct shape_checker *checker;
    struct arena arena = { 0 };
    struct json input, clean, again;
    if (!checker)
        checker = shape_checker_new();
    if (size == 0 || json_read(&arena, str_of((const char *)data + 1, size - 1), 0, &input, NULL) != ERR_OK) {
        arena_fini(&arena);
        return -1;
    }
    size_t which = data[0] % (sizeof(operations) / sizeof(operations[0]));
    enum shape_style style = data[0] & 0x80 ? SHAPE_SDK : SHAPE_WIRE;
    const struct service *service = service_find(str_from(operations[which].service));
    const struct shape *shape = service_operation(service, str_from(operations[which].operation))->input;
    struct fault fault = { 0 };
    if (shape_check(checker, shape, &input, style, SHAPE_OF_MOST, &arena, &clean, &fault)) {
        struct shape_explanation why = { checker, style, SHAPE_OF_MOST, &arena, &fault };
        if (!shape_explain(&why, shape, &input))
            abort();
        if (!shape_check(checker, shape, &clean, SHAPE_WIRE, SHAPE_OF_MOST, &arena, &again, &fault))
            abort();
        shape_to_sdk(shape, &clean, &arena);
    } else if (fault.code == FAULT_NONE || fault.text.len == 0) {
        abort();
    }
    arena_fini(&arena);
    return 0;
}
