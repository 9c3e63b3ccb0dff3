/* function_result.h - how a workflow sees what a function's endpoint answered. Pure.
 *
 * An endpoint speaks as Lambda's Invoke does: it gets the payload as the body of a POST and answers with JSON.
 * An error of the function is an answer with the header X-Amz-Function-Error, or one with a status that is no
 * success and a body that has an errorType: the task fails with that name, and the body is its cause. Any other
 * status that is no success is an error of the service, named as Lambda names it.
 */
#ifndef TARGET_FUNCTION_RESULT_H
#define TARGET_FUNCTION_RESULT_H

#include "target/target.h"

struct function_answer {
    int status;
    struct str body;
    struct str headers;        /* lines "Name: value\r\n" */
    struct str function_error; /* X-Amz-Function-Error; empty: none */
    struct str error_type;     /* x-amzn-ErrorType; empty: none */
    struct str version;        /* X-Amz-Executed-Version; empty: none */
    struct str request_id;
};

/* whole: the result is that of lambda:invoke, with the payload as a member; else the payload alone. */
void function_result(struct arena *arena, const struct function_answer *answer, bool whole,
                     struct delivery_result *ret);

#endif
