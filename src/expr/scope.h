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
    /* What was looked at, by all who share the count, and where it ends: what comes after fails as what is too much
     * by itself does. NULL: each expression is counted alone. */
    size_t *work;
    size_t work_max;
};

/* Adds to it. False: it is over. */
static inline bool scope_work(const struct scope *scope, size_t more)
{
    if (!scope->work)
        return true;
    *scope->work += more;
    return *scope->work <= scope->work_max;
}

#endif
