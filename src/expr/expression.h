/* expression.h - what a field takes that wants a path or a call of an intrinsic function. Pure.
 *
 *     $.order.id   $$.Task.Token   $total   States.Format('order {}', $.id)
 *
 * Threads: a compiled expression is immutable and may be used by many.
 */
#ifndef EXPR_EXPRESSION_H
#define EXPR_EXPRESSION_H

#include "expr/intrinsic.h"

struct expression {
    const struct path *path; /* or */
    const struct intrinsic *intrinsic;
    struct str text; /* as written, without spaces around it */
    bool context;    /* it may read the context object */
};

/* ERR_INVALID, ERR_UNSUPPORTED as path_compile. text is copied. */
enum err expression_compile(struct arena *arena, struct str text, struct expression *ret,
                            struct diag *reterr) MUST_USE;

/* Why an expression has no value. */
struct expression_failure {
    struct str function; /* the call as written; empty: the expression is a path */
    struct str path;     /* that leads nowhere; empty: the function failed */
    struct str why;      /* it failed, or the path has no value although it leads somewhere */
};
/* ERR_NOTFOUND: a path leads nowhere; ERR_INVALID: a function failed; ERR_LIMIT: the path picks too much. */
enum err expression_get(const struct expression *expression, struct arena *arena, const struct scope *scope,
                        struct json *ret, struct expression_failure *reterr) MUST_USE;

#endif
