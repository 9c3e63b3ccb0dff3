/* str.h - a borrowed slice of bytes.
 *
 * Never owns, promises no NUL, goes by value. Bytes are compared as unsigned, which for
 * UTF-8 is the order of code points. All functions are pure and thread-safe.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *ptr;
    size_t len;
};

#define STR(lit) ((struct str){ "" lit, sizeof(lit) - 1 })
#define STR_EMPTY ((struct str){ NULL, 0 })
/* For printf("%.*s", STR_ARG(s)). */
#define STR_ARG(s) (int)(s).len, (s).ptr ? (s).ptr : ""

static inline struct str str_of(const char *ptr, size_t len)
{
    return (struct str){ ptr, len };
}

/* From a C string; NULL gives the empty slice. */
static inline struct str str_from(const char *text)
{
    return (struct str){ text, text ? strlen(text) : 0 };
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool str_empty(struct str s)
{
    return s.len == 0;
}

/* From offset to the end; an offset past the end gives the empty slice. */
static inline struct str str_from_offset(struct str s, size_t offset)
{
    if (offset >= s.len)
        return STR_EMPTY;
    return (struct str){ s.ptr + offset, s.len - offset };
}

static inline struct str str_slice(struct str s, size_t offset, size_t len)
{
    s = str_from_offset(s, offset);
    if (len < s.len)
        s.len = len;
    return s;
}

#define STR_NOT_FOUND SIZE_MAX

int str_compare(struct str a, struct str b); /* <0, 0, >0 as memcmp; a prefix sorts first */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_eq_ignore_case(struct str a, struct str b); /* ASCII letters only */
size_t str_find_char(struct str s, char c);          /* offset or STR_NOT_FOUND */
size_t str_find(struct str s, struct str needle);    /* offset or STR_NOT_FOUND */

/* Without the spaces and tabs at both ends. */
struct str str_trim(struct str s);

/* Cuts s at the first c: *head is what stands before it, *tail what follows.
 * False when c is absent: head is all of s, tail empty. */
bool str_cut(struct str s, char c, struct str *head, struct str *tail);

/* Whole slice as a decimal integer with an optional sign; false on anything else or overflow. */
bool str_to_i64(struct str s, int64_t *ret);

#endif
