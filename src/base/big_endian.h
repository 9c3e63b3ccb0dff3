/* big_endian.h - integers of 1 to 8 bytes, the highest first, so that bytes sort as the numbers do. Pure. */
#ifndef BASE_BIG_ENDIAN_H
#define BASE_BIG_ENDIAN_H

#include "base/str.h"

/* The last width bytes of value. */
static inline void big_endian_put(char *at, uint64_t value, size_t width)
{
    for (size_t i = 0; i < width; i++)
        at[i] = (char)(unsigned char)(value >> (8 * (width - 1 - i)));
}

static inline uint64_t big_endian_get(const char *at, size_t width)
{
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++)
        value = value << 8 | (unsigned char)at[i];
    return value;
}

/* Takes one off the front; false when it is not there. */
static inline bool big_endian_take(struct str *from, size_t width, uint64_t *ret)
{
    if (from->len < width)
        return false;
    *ret = big_endian_get(from->ptr, width);
    *from = str_of(from->ptr + width, from->len - width);
    return true;
}

#endif
