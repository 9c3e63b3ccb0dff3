/* operation_caller.h - how a target calls an API operation inside the server.
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

struct operation_call {
    struct ns ns;
    struct str service;
    struct str operation; /* in any case of its first letter */
    struct str input;     /* a JSON object; it is validated against the shape like a client's */
    enum operation_style style;
    struct operation_origin origin;
};

struct operation_answer {
    bool ok;
    struct str output; /* ok: the answer, a JSON object */
    struct str error;  /* else: the exception's name as the service gives it, "ResourceNotFoundException" */
    struct str cause;  /* and its message */
    int status;        /* HTTP status it would have had */
    struct str request_id;
};

/* Runs the operation with the work's batch: one that would have its caller wait answers as it does to one who cannot.
 * What a failed write has written is rolled back. All of *ret lives in work->arena. Writer's thread. */
typedef void operation_call_f(void *self, struct work *work, const struct operation_call *call,
                              struct operation_answer *ret);

/* A call that may take its time. It stays where it is, with its texts, until it is answered. */
struct operation_wait {
    struct operation_call call;
    /* Once, on the writer's thread, after the commit of what it has written. answer lives as long as the call of this
     * function; NULL: the server is ending, and what came of it is not known. */
    void (*answered)(struct operation_wait *wait, const struct operation_answer *answer);
};
/* Runs the operation, a write, as a command of its own. Writer's thread, outside of a command. */
typedef void operation_begin_f(void *self, struct operation_wait *wait);

/* operation in any case of its first letter ("putEvents"). *ret_name: the table's name. */
typedef bool operation_exists_f(void *self, struct str service, struct str operation, struct str *ret_name);

struct operation_caller {
    void *self;
    operation_call_f *call;
    operation_begin_f *begin;
    operation_exists_f *exists;
};

#endif
