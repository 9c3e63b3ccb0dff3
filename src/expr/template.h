/* template.h - payload templates of the Amazon States Language (Parameters, ItemSelector, ResultSelector,
 * Assign): a JSON value in which members named "x.$" hold a path or a call of an intrinsic function that is
 * replaced by its value, under the name "x". Pure.
 *
 * Objects inside of arrays are templates too; a string inside of an array is a string.
 * When "x" and "x.$" (or one of them twice) stand side by side, the last counts. What
 * holds no such member is passed on as it is, shared.
 * Threads: a compiled template is immutable and may be used by many.
 */
#ifndef EXPR_TEMPLATE_H
#define EXPR_TEMPLATE_H

#include "expr/expression.h"

struct template;

/* ERR_INVALID: pointer (JSON pointer of the place inside the template, "/a/b.$") and why. ERR_UNSUPPORTED:
 * names what is not built (path.h). The source must live as long as the template. */
struct template_error {
    struct str pointer;
    struct str member; /* "parsed.$" */
    struct str text;
};
enum err template_compile(struct arena *arena, const struct json *source, struct template **ret,
                          struct template_error *reterr) MUST_USE;

/* Whether it may read the context object: who renders it without need not make one. */
bool template_reads_context(const struct template *template);

/* What expression_get says of the member that failed first. */
struct template_failure {
    struct str member; /* "userId.$" */
    struct expression_failure why;
};
enum err template_render(const struct template *template, struct arena *arena, const struct scope *scope,
                         struct json *ret, struct template_failure *reterr) MUST_USE;

#endif
