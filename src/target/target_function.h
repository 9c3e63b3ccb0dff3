/* target_function.h - functions: tasks that POST their payload to an endpoint that the user has named.
 *
 *   arn:aws:lambda:<region>:<account>:function:<name>[:<qualifier>]   the payload is the parameters, the result
 *                                                                     is what comes back
 *   arn:aws:states:::lambda:invoke[.waitForTaskToken]                 FunctionName, Payload, ...; the result is
 *                                                                     as Lambda's Invoke gives it
 *
 * What flow puts into the delivery (kind "function"): resource and payload as above, source_arn of the execution.
 * Requests carry X-Crema-Function (as the workflow names it), X-Crema-Delivery (the same for each attempt) and
 * X-Crema-Attempt, so that an endpoint can tell a call that is made again.
 *
 * Threads: the table is immutable; attempts begin on the writer's thread and end on the sender's.
 */
#ifndef TARGET_TARGET_FUNCTION_H
#define TARGET_TARGET_FUNCTION_H

#include "target/http_endpoint.h"
#include "target/target.h"

struct http_sender;

struct function_endpoint {
    struct str function; /* a name, "name:qualifier", or an ARN */
    struct str url;      /* http or https; {function} in it is the function's name */
};

/* self of target_function and target_log_function. All texts outlive it. */
struct functions {
    const struct function_endpoint *endpoints;
    size_t count;
    struct str default_url; /* of functions without an endpoint of their own; empty: there is none */
    struct http_endpoints subscribers; /* what subscription filters may name besides functions */
    int64_t time_max_ms;               /* of one call */
    struct http_sender *sender;
};

/* Whether the resource names functions at all. */
bool function_task_is(struct str resource);
/* Whether tasks of the resource can be run here; as operation_task_known. */
bool function_task_known(const struct functions *functions, struct str resource, struct str *ret_why);
/* "NAME=URL" of a setting. False: *ret_why says why it is none. */
bool function_endpoint_read(struct str text, struct function_endpoint *ret, struct str *ret_why);

/* What is to be posted where. False: *ret is the refusal. For tests. */
struct function_call {
    struct str function, url, body, invocation_type, client_context;
    bool whole; /* of lambda:invoke */
};
bool function_call_read(const struct functions *functions, struct arena *arena,
                        const struct delivery *delivery, struct function_call *ret,
                        struct delivery_result *reterr);

#endif
