/* intrinsic_function.h - for those who write an intrinsic function: one line in the table of
 * intrinsic_function.c.
 */
#ifndef EXPR_INTRINSIC_FUNCTION_H
#define EXPR_INTRINSIC_FUNCTION_H

#include "expr/intrinsic.h"

/* A call under way. */
struct call {
    struct arena *arena;
    const struct scope *scope;
    const char *name;     /* of the function, without States. */
    bool escaped_literal; /* the first argument is a string of the definition with its escapes (Format) */
    struct str why;       /* of the failure */
};

typedef enum err function_f(struct call *call, const struct json *args, size_t count, struct json *ret);

enum { ARGUMENTS_ANY = 1000 };

struct intrinsic_function {
    const char *name;
    unsigned arguments_min, arguments_max;
    function_f *run;
    bool escaped_literal; /* keeps the escapes of a string that is its first argument */
    bool light;           /* does not look through its arguments */
};

/* NULL: there is none of that name. */
const struct intrinsic_function *intrinsic_function_find(struct str name);
/* ERR_INVALID, with the text in call->why. */
enum err call_fail(struct call *call, const char *format, ...) PRINTF_LIKE(2, 3);

function_f intrinsic_array_contains, intrinsic_array_get_item, intrinsic_array_length,
    intrinsic_array_partition, intrinsic_array_range, intrinsic_array_unique;

/* A number, rounded to the nearest whole one (halves go up), of 32 bits. */
enum err call_integer(struct call *call, const struct json *args, size_t index, int64_t *ret);
enum err call_array(struct call *call, const struct json *args, size_t index);

#endif
