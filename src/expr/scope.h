/* scope.h - what an expression is evaluated against, and the powers lent to it. Pure.
 *
 * expr/ knows no clock, no randomness and no digests: whoever evaluates lends them. What is not needed may
 * be NULL: an expression that asks for it then picks nothing, or fails.
 */
#ifndef EXPR_SCOPE_H
#define EXPR_SCOPE_H

#include "json/json.h"

enum { DIGEST_BYTES_MAX = 64 };

/* The digest of the algorithm named as the language names it ("MD5", "SHA-1", "SHA-256", "SHA-384",
 * "SHA-512"); its length. 0: there is no such algorithm. */
typedef size_t digest_f(struct str algorithm, struct str bytes, unsigned char ret[DIGEST_BYTES_MAX]);
typedef void random_f(void *at, size_t len);

struct scope {
    const struct json *root;    /* $ */
    const struct json *context; /* $$ */
    /* The value of a variable; NULL: it has none. */
    const struct json *(*variable)(void *self, struct str name);
    void *self;
    random_f *random;
    digest_f *digest;
};

#endif
