/* operation_caller.h - how a target calls an API operation inside the server, in the same batch.
 *
 * The operation table belongs to api/, which targets do not include: main.c hands its caller to the target.
 */
#ifndef TARGET_OPERATION_CALLER_H
#define TARGET_OPERATION_CALLER_H

#include "base/ns.h"
#include "store/writer.h"

/* How names and times are written in input and output. */
enum operation_style {
    OPERATION_WIRE, /* as on the wire: the model's names, times as epoch seconds */
    OPERATION_SDK,  /* as workflows' aws-sdk integrations: PascalCase names, ISO 8601 times */
};

/* Who calls: of what it puts on a bus it is known. */
struct operation_origin {
    struct str arn; /* of the execution */
    uint32_t hops;  /* of it */
};

struct operation_answer {
    bool ok;
    struct str output; /* ok: the answer, a JSON object */
    struct str error;  /* else: the exception's name as the service gives it, "ResourceNotFoundException" */
    struct str cause;  /* and its message */
    int status;        /* HTTP status it would have had */
    struct str request_id;
};

/* Runs the operation with the work's batch. input: a JSON object; it is validated
 * against the shape like a client's. What a failed write has written is rolled back.
 * All of *ret lives in work->arena. Writer's thread. */
typedef void operation_call_f(void *self, struct work *work, struct ns ns, struct str service,
                              struct str operation, struct str input, enum operation_style style,
                              const struct operation_origin *origin, struct operation_answer *ret);
/* operation in any case of its first letter ("putEvents"). *ret_name: the table's name. */
typedef bool operation_exists_f(void *self, struct str service, struct str operation, struct str *ret_name);

struct operation_caller {
    void *self;
    operation_call_f *call;
    operation_exists_f *exists;
};

#endif
