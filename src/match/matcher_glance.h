/* matcher_glance.h - a number's first digits: enough to find what asks for it, not to decide.
 *
 *     -122.42200352825247     kept: 12242200352, what is less than 10^-8 cut off
 *
 * Numbers of one value have one hash, and so have those below 10^8 that differ only in what is cut off. The double is
 * nearer than what matcher_number_below and _above add to the ends of ranges.
 */
#ifndef MATCH_MATCHER_GLANCE_H
#define MATCH_MATCHER_GLANCE_H

#include "match/matcher_hash.h"

enum { MATCHER_GLANCE_DIGITS = 8 };

static inline uint64_t matcher_glance_hash(uint64_t kept, bool negative, uint64_t seed)
{
    return matcher_hash_mix(kept ^ seed, UINT64_C(0x8EBC6AF09C88C6E3) ^ (negative && kept));
}

/* ---- digits, eight at a time: the first in the lowest byte ---- */

static inline uint64_t matcher_digits_at(const char *at)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return matcher_hash_word(at);
#else
    return __builtin_bswap64(matcher_hash_word(at));
#endif
}

/* What they are worth. */
static inline uint64_t matcher_digits_eight(uint64_t bytes)
{
    bytes -= UINT64_C(0x3030303030303030);
    bytes = bytes * 10 + (bytes >> 8);
    uint64_t low = (bytes & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x000F424000000064);
    uint64_t high = ((bytes >> 16) & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x0000271000000001);
    return (low + high) >> 32;
}

/* Of what JSON numbers are made of only digits have this bit. */
#define MATCHER_DIGIT_BITS UINT64_C(0x1010101010101010)

/* Those of eight bytes that stand before the n-th (at most 7), moved up behind zeros. */
static inline uint64_t matcher_digits_up(uint64_t bytes, unsigned n)
{
    return (bytes << 8) << (56 - 8 * n) | UINT64_C(0x3030303030303030) >> (8 * n);
}

/* False: the number, as JSON writes them, is not of the ordinary: seven digits before the point and sixteen behind at
 * most, eight readable bytes from where the digits, and the decimals, begin. */
static inline bool matcher_glance(const char *at, size_t len, const char *readable_end, uint64_t seed,
                                  uint64_t *ret_hash, double *ret)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const char *end = at + len;
    bool negative = *at == '-';
    at += negative;
    len -= negative;
    if (readable_end - at < 8)
        return false;
    uint64_t bytes = matcher_digits_at(at), points = bytes ^ ones * '.';
    points = (points - ones) & ~points & ones << 7;
    size_t whole = points ? (unsigned)__builtin_ctzll(points) / 8 : 8;
    uint64_t decimals = ones * '0', last = decimals;
    if (whole >= len) {
        whole = len;
        if (len > 7)
            return false;
    } else {
        const char *from = at + whole + 1;
        size_t count = len - whole - 1;
        if (whole == 8 || count > 16 || readable_end - from < 8)
            return false;
        decimals = matcher_digits_at(from);
        if (count < 8) {
            uint64_t mask = ~(UINT64_MAX << (8 * count));
            decimals = (decimals & mask) | (ones * '0' & ~mask);
        } else {
            last = matcher_digits_at(end - 8);
        }
    }
    bytes = matcher_digits_up(bytes, (unsigned)whole);
    if ((bytes & decimals & last & MATCHER_DIGIT_BITS) != MATCHER_DIGIT_BITS)
        return false;
    uint64_t kept = matcher_digits_eight(bytes) * 100000000 + matcher_digits_eight(decimals);
    double near = (double)(int64_t)kept * 1e-8;
    *ret_hash = matcher_glance_hash(kept, negative, seed);
    *ret = negative ? -near : near;
    return true;
}

#endif
