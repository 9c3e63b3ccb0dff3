#include "match/matcher_number.h"
#include "match/matcher_glance.h"
#include "json/json.h"

#include <math.h>

enum { POWER_MAX = 22, SURE_DIGITS = 15 };

/* A text has fewer digits than the difference to the exponents that are not read on. */
#define EXPONENT_MAX INT64_C(1000000000000)
/* Exponents beyond are not told apart. One value can be written with exponents that differ by 18. */
enum { IMMENSE = 1000000000, NEARLY_IMMENSE = IMMENSE - 100 };

/* Five roundings, at 2^-53 each, and what was cut after the nineteenth digit, are less. */
static const double tolerance = 0x1p-49;
/* More than a glance cuts off. */
static const double cut = 2e-8;

static const double powers[POWER_MAX + 1] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                              1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                              1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
/* To multiply is several times as fast as to divide, and nearly as near. */
static const double parts[POWER_MAX + 1] = { 1e-0,  1e-1,  1e-2,  1e-3,  1e-4,  1e-5,  1e-6,  1e-7,
                                             1e-8,  1e-9,  1e-10, 1e-11, 1e-12, 1e-13, 1e-14, 1e-15,
                                             1e-16, 1e-17, 1e-18, 1e-19, 1e-20, 1e-21, 1e-22 };

/* ---- digits ---- */

/* Whether all eight bytes are digits, the first in the lowest byte. */
static inline bool are_eight(uint64_t bytes)
{
    return (((bytes & UINT64_C(0xF0F0F0F0F0F0F0F0)) |
             (((bytes + UINT64_C(0x0606060606060606)) & UINT64_C(0xF0F0F0F0F0F0F0F0)) >> 4)) ==
            UINT64_C(0x3333333333333333));
}

/* Up to 19 significant digits: as long as the mantissa has fewer than n digits, 19 - n + 1 more fit. */
struct digits {
    uint64_t mantissa;
    int64_t exponent;
    bool more;
};

static const uint64_t tens[] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000 };

/* What is left of a text of which eight bytes and more were read before, if it is digits to the end. */
static inline bool take_rest(struct digits *d, const char *at, const char *end)
{
    unsigned len = (unsigned)(end - at);
    uint64_t zeros = UINT64_C(0x3030303030303030) >> (8 * len);
    uint64_t bytes = (matcher_digits_at(end - 8) & ~(UINT64_MAX >> (8 * len))) | zeros;
    if (!are_eight(bytes))
        return false;
    d->mantissa = d->mantissa * tens[len] + matcher_digits_eight(bytes);
    d->exponent -= (int64_t)len;
    return true;
}

static inline const char *take(struct digits *d, const char *at, const char *end, bool fraction)
{
    while (end - at >= 8 && d->mantissa < UINT64_C(100000000000)) {
        uint64_t bytes = matcher_digits_at(at);
        if (!are_eight(bytes))
            break;
        d->mantissa = d->mantissa * 100000000 + matcher_digits_eight(bytes);
        d->exponent -= fraction ? 8 : 0;
        at += 8;
        if (fraction && end > at && end - at < 8 && d->mantissa < UINT64_C(100000000000) &&
            take_rest(d, at, end))
            return end;
    }
    for (; at < end; at++) {
        unsigned digit = (unsigned)(unsigned char)*at - '0';
        if (digit > 9)
            break;
        if (d->mantissa < UINT64_C(1000000000000000000)) {
            d->mantissa = d->mantissa * 10 + digit;
            d->exponent -= fraction;
        } else {
            d->more |= digit != 0;
            d->exponent += !fraction;
        }
    }
    return at;
}

/* From the letter e on. */
static void read_exponent(struct digits *d, const char *at, const char *end, struct matcher_number *ret)
{
    bool down = at + 1 < end && at[1] == '-';
    int64_t exponent = 0;
    for (at += 1 + (at + 1 < end && (at[1] == '-' || at[1] == '+')); at < end; at++)
        if (exponent < EXPONENT_MAX)
            exponent = exponent * 10 + (*at - '0');
    d->exponent += down ? -exponent : exponent;
    ret->immense = exponent >= EXPONENT_MAX;
}

static void set_value(struct matcher_number *n)
{
    double value = (double)n->mantissa;
    int32_t left = n->exponent < 0 ? -n->exponent : n->exponent;
    if (n->immense || left > 2 * POWER_MAX) {
        n->value = (double)NAN;
        return;
    }
    const double *by = n->exponent < 0 ? parts : powers;
    n->sure = !n->more && n->mantissa < UINT64_C(1000000000000000) && n->exponent >= 0 && left <= POWER_MAX;
    if (left > POWER_MAX) {
        value *= by[POWER_MAX];
        left -= POWER_MAX;
    }
    value *= by[left];
    n->value = n->negative ? -value : value;
}

void matcher_number_read(struct str text, struct matcher_number *ret)
{
    struct digits d = { 0 };
    const char *at = text.ptr, *end = text.ptr + text.len;
    *ret = (struct matcher_number){ .negative = at < end && *at == '-' };
    at = take(&d, at + ret->negative, end, false);
    if (at < end && *at == '.')
        at = take(&d, at + 1, end, true);
    if (at < end)
        read_exponent(&d, at, end, ret);
    if (d.mantissa == 0) {
        *ret = (struct matcher_number){ .sure = true };
        return;
    }
    ret->immense |= d.exponent > IMMENSE || d.exponent < -IMMENSE;
    ret->mantissa = d.mantissa;
    ret->exponent = ret->immense ? 0 : (int32_t)d.exponent;
    ret->more = d.more;
    set_value(ret);
}

/* ---- use ---- */

/* False: it is 10^8 or more. */
static bool keep(uint64_t mantissa, int64_t exponent, uint64_t *ret)
{
    int64_t digits = 0;
    for (uint64_t left = mantissa; left; left /= 10)
        digits++;
    if (mantissa && digits + exponent > MATCHER_GLANCE_DIGITS)
        return false;
    for (exponent += MATCHER_GLANCE_DIGITS; exponent > 0 && mantissa; exponent--)
        mantissa *= 10;
    for (; exponent < 0 && mantissa; exponent++)
        mantissa /= 10;
    *ret = mantissa;
    return true;
}

uint64_t matcher_number_hash(const struct matcher_number *number, uint64_t seed)
{
    uint64_t mantissa = number->mantissa, kept;
    int64_t exponent = number->exponent;
    while (mantissa && mantissa % 10 == 0) {
        mantissa /= 10;
        exponent++;
    }
    if (number->immense || exponent > NEARLY_IMMENSE || exponent < -NEARLY_IMMENSE)
        return matcher_hash_mix(seed ^ 1, UINT64_C(0x8EBC6AF09C88C6E3));
    if (keep(mantissa, exponent, &kept))
        return matcher_glance_hash(kept, number->negative, seed);
    uint64_t state = matcher_hash_step(seed ^ number->negative, mantissa);
    return matcher_hash_end(state, (uint64_t)exponent, number->more);
}

int matcher_number_compare(const struct matcher_number *a, struct str a_text, const struct matcher_number *b,
                           struct str b_text)
{
    if (a->sure && b->sure)
        return (a->value > b->value) - (a->value < b->value);
    double gap = (fabs(a->value) + fabs(b->value)) * tolerance;
    if (a->value - b->value > gap)
        return 1;
    if (b->value - a->value > gap)
        return -1;
    return json_number_compare(a_text, b_text);
}

double matcher_number_below(const struct matcher_number *number)
{
    return isnan(number->value) ? (double)-INFINITY : number->value - fabs(number->value) * tolerance - cut;
}

double matcher_number_above(const struct matcher_number *number)
{
    return isnan(number->value) ? (double)INFINITY : number->value + fabs(number->value) * tolerance + cut;
}
