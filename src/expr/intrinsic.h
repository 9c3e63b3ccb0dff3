/* intrinsic.h - calls of intrinsic functions: States.Format('{} of {}', $.name, States.ArrayLength($.list)).
 *
 * Arguments: strings in apostrophes (\' \{ \} \\ stand for what follows the backslash; any other escape is
 * refused), numbers, true, false, null, paths of any base, calls. INTRINSIC_CALLS_MAX calls in one text.
 * Names and numbers of arguments are checked when it is compiled, values when it is called.
 *
 * Pure: randomness and digests come with the scope. Threads: a compiled call is immutable.
 */
#ifndef EXPR_INTRINSIC_H
#define EXPR_INTRINSIC_H

#include "expr/path.h"

struct intrinsic;

enum {
    INTRINSIC_CALLS_MAX = 10,
    INTRINSIC_TEXT_MAX = 10000,      /* characters that Base64Encode, Base64Decode and Hash take */
    INTRINSIC_RANGE_MAX = 1000,      /* items that ArrayRange makes */
    INTRINSIC_BYTES_MAX = 1048576,   /* of a text that is made */
    INTRINSIC_WEIGHT_MAX = 16777216, /* of all that is looked through */
};

/* ERR_INVALID with why and where; ERR_UNSUPPORTED of a path (path.h). */
enum err intrinsic_compile(struct arena *arena, struct str text, struct intrinsic **ret,
                           struct diag *reterr) MUST_USE;

/* ERR_NOTFOUND: a path leads nowhere, *ret_why is its text. ERR_INVALID: a function failed, *ret_why says why. */
enum err intrinsic_call(const struct intrinsic *intrinsic, struct arena *arena, const struct scope *scope,
                        struct json *ret, struct str *ret_why) MUST_USE;

#endif
