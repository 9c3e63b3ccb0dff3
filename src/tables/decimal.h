/* decimal.h - the numbers of a table: decimal, 38 significant digits, exact.
 *
 * Magnitudes from 1E-130 to 9.99...E+125, and zero (there is no negative zero). Pure, thread-safe.
 *
 * Packed form: bytes whose order under memcmp is the order of the numbers, equal exactly for equal numbers,
 * and which know their own end, so that something may follow them in a key:
 *
 *   zero       | 80 | 00 |
 *   positive   | 80 + q | pair + 1 | ... | 00 |         q: exponent base 100 of the first pair, plus 65
 *   negative   | 7F - q | FF - (pair + 1) | ... | FF |  pair: two digits, 0 to 99, aligned on the point
 */
#ifndef TABLES_DECIMAL_H
#define TABLES_DECIMAL_H

#include "base/arena.h"

enum {
    DECIMAL_DIGITS_MAX = 38,
    DECIMAL_EXPONENT_MIN = -130,
    DECIMAL_EXPONENT_MAX = 125,
    DECIMAL_PACKED_BYTES_MAX = 22,
    DECIMAL_TEXT_BYTES_MAX = 176, /* "-0." and 130 + 37 digits */
};

/* d0.d1d2... times ten to the exponent; count 0 is zero. The first and the last digit are not 0. */
struct decimal {
    bool negative;
    uint8_t count;
    int16_t exponent;
    uint8_t digits[DECIMAL_DIGITS_MAX];
};

enum decimal_outcome {
    DECIMAL_OK,
    DECIMAL_NOT_A_NUMBER,
    DECIMAL_TOO_LARGE,   /* magnitude over the range */
    DECIMAL_TOO_SMALL,   /* not zero, and under the range */
    DECIMAL_TOO_PRECISE, /* more than 38 significant digits */
};

/* The whole text: sign, digits with a point, exponent. */
enum decimal_outcome decimal_read(struct str text, struct decimal *ret) MUST_USE;
/* The canonical text: plain notation, no zero that is not needed. at has
 * DECIMAL_TEXT_BYTES_MAX; returns the length. */
size_t decimal_write(const struct decimal *number, char *at);

/* at has DECIMAL_PACKED_BYTES_MAX; returns the length. */
size_t decimal_pack(const struct decimal *number, char *at);
/* Length of the packed number at the front of bytes; 0 when there is none. */
size_t decimal_packed_len(struct str bytes);
/* bytes: one packed number, whole. False when it is not one. */
bool decimal_unpack(struct str bytes, struct decimal *ret);

/* Exact, or an outcome that says why it cannot be. */
enum decimal_outcome decimal_add(const struct decimal *a, const struct decimal *b,
                                 struct decimal *ret) MUST_USE;
enum decimal_outcome decimal_subtract(const struct decimal *a, const struct decimal *b,
                                      struct decimal *ret) MUST_USE;

/* Bytes that a number counts for in the size of an item. */
size_t decimal_size(const struct decimal *number);

#endif
