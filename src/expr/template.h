/* template.h - payload templates of the Amazon States Language (Parameters,
 * ResultSelector): a JSON value in which members named "x.$" hold a path (or an
 * intrinsic function) that is replaced by what it picks, under the name "x". Pure.
 *
 * Objects inside of arrays are templates too; a string inside of an array is a string.
 * When "x" and "x.$" (or one of them twice) stand side by side, the last counts. What
 * holds no such member is passed on as it is, shared.
 * Threads: a compiled template is immutable and may be used by many.
 */
#ifndef EXPR_TEMPLATE_H
#define EXPR_TEMPLATE_H

#include "expr/path.h"

struct template;

/* ERR_INVALID: pointer (JSON pointer of the place inside the template, "/a/b.$") and why. ERR_UNSUPPORTED:
 * names what is not built, an intrinsic function for now. The source must live as long as the template. */
struct template_error {
    struct str pointer;
    struct str member; /* "parsed.$" */
    struct str text;
};
enum err template_compile(struct arena *arena, const struct json *source, struct template **ret,
                          struct template_error *reterr) MUST_USE;

/* ERR_NOTFOUND: a path picks nothing; path and member say which. ERR_LIMIT: it picks too much (path.h). */
struct template_failure {
    struct str member; /* "userId.$" */
    struct str path;   /* "$.detail.userId" */
};
enum err template_render(const struct template *template, struct arena *arena, const struct json *root,
                         const struct json *context, struct json *ret,
                         struct template_failure *reterr) MUST_USE;

#endif
