/* fault.h - why a request is refused, in the field's own terms.
 *
 * A room answers a request it cannot carry out with a fault: a code and the text for the client.
 * api/api_error.c alone knows which AWS exception and status a code becomes at which service.
 * Ownership: the text lives in the arena it was made in, the call's.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include "base/arena.h"

#define FAULT_LIST(X)                                                                          \
    X(NONE)                                                                                    \
    X(VALIDATION)        /* ValidationException */                                             \
    X(INVALID_PARAMETER) /* logs: InvalidParameterException */                                 \
    X(NOT_FOUND)         /* the resource named; dynamodb, events, logs: ResourceNotFound... */ \
    X(ALREADY_EXISTS)                                                                          \
    X(IN_USE) /* the resource is being created, changed or deleted */                          \
    X(LIMIT_EXCEEDED)                                                                          \
    X(UNKNOWN_OPERATION) /* the operation, or a part of it, is not built */                    \
    X(ACCESS_DENIED)                                                                           \
    X(INVALID_EVENT_PATTERN)                                                                   \
    X(MALFORMED_QUERY) /* logs: of Insights */                                                 \
    X(CONCURRENT_MODIFICATION)                                                                 \
    X(INVALID_OPERATION)                                                                       \
    X(CONDITION_FAILED) /* dynamodb: ConditionalCheckFailedException */                        \
    X(SERIALIZATION)    /* the body does not have the shape at all */                          \
    X(INVALID_ARN)                                                                             \
    X(INVALID_NAME)                                                                            \
    X(INVALID_DEFINITION)                                                                      \
    X(INVALID_EXECUTION_INPUT)                                                                 \
    X(INVALID_OUTPUT)                                                                          \
    X(INVALID_TOKEN)                                                                           \
    X(INVALID_LOGGING_CONFIGURATION)                                                           \
    X(MISSING_PARAMETER) /* states: MissingRequiredParameter */                                \
    X(CONFLICT)          /* states: ConflictException */                                       \
    X(MACHINE_NOT_FOUND)                                                                       \
    X(MACHINE_EXISTS)                                                                          \
    X(MACHINE_DELETING)                                                                        \
    X(MACHINE_TYPE_NOT_SUPPORTED)                                                              \
    X(ACTIVITY_NOT_FOUND)                                                                      \
    X(NOT_REDRIVABLE)                                                                          \
    X(EXECUTION_LIMIT)                                                                         \
    X(ACTIVITY_LIMIT)                                                                          \
    X(EXECUTION_NOT_FOUND)                                                                     \
    X(EXECUTION_EXISTS)                                                                        \
    X(TASK_NOT_FOUND)                                                                          \
    X(TASK_TIMED_OUT)                                                                          \
    X(TOO_MANY_TAGS)                                                                           \
    X(NOT_SIGNED)           /* the request's, before any room is asked: no signature at all */ \
    X(SIGNATURE_INCOMPLETE) /* one that cannot be read */                                      \
    X(SIGNATURE_WRONG)      /* does not match, or is too old */                                \
    X(KEY_UNKNOWN)          /* an access key that is not configured */                         \
    X(TOO_LARGE)            /* the body */                                                     \
    X(BAD_REQUEST)          /* not HTTP as it must be, or too slow */                          \
    X(UNAVAILABLE)          /* 5xx that SDKs retry: the disk is full, the queue is full */     \
    X(INTERNAL)

enum fault_code {
#define X(name) FAULT_##name,
    FAULT_LIST(X)
#undef X
        FAULT_COUNT
};

struct fault {
    enum fault_code code; /* FAULT_NONE: nothing is wrong */
    struct str text;
};

/* Sets the fault and returns false, so that a room can `return fault_set(...)`. The first stays. */
bool fault_set(struct fault *fault, struct arena *arena, enum fault_code code, const char *format, ...)
    PRINTF_LIKE(4, 5);
#ifdef __clang_analyzer__ /* which does not look into another file, and would follow what cannot be */
#define fault_set(...) ((void)fault_set(__VA_ARGS__), false)
#endif

#endif
