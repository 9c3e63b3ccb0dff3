#include "match/matcher_number.h"
#include "match/matcher_hash.h"
#include "json/json.h"

#include <math.h>

enum { DIGITS_MAX = 19, POWER_MAX = 22, SURE_DIGITS = 15 };

/* A text has fewer digits than the difference to the exponents that are not read on. */
#define EXPONENT_MAX INT64_C(1000000000000)
#define IMMENSE (EXPONENT_MAX / 2)

/* Four roundings, at 2^-53 each, and what was cut after the nineteenth digit, are less. */
static const double tolerance = 0x1p-49;

static const double powers[POWER_MAX + 1] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                              1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                              1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

/* mantissa * 10^exponent, of the first 19 significant digits. */
struct digits {
    uint64_t mantissa;
    int64_t exponent;
    uint32_t count; /* significant digits taken */
    bool more;      /* there were more */
    bool negative;
    bool huge; /* the exponent is not known */
};

static const char *take(struct digits *d, const char *at, const char *end, bool fraction)
{
    for (; at < end; at++) {
        unsigned digit = (unsigned)(unsigned char)*at - '0';
        if (digit > 9)
            break;
        if (d->count < DIGITS_MAX) {
            d->mantissa = d->mantissa * 10 + digit;
            d->count += d->mantissa != 0;
            d->exponent -= fraction;
        } else {
            d->more |= digit != 0;
            d->exponent += !fraction;
        }
    }
    return at;
}

static struct digits digits_of(struct str text)
{
    struct digits d = { 0 };
    const char *at = text.ptr, *end = text.ptr + text.len;
    d.negative = at < end && *at == '-';
    at = take(&d, at + d.negative, end, false);
    if (at < end && *at == '.')
        at = take(&d, at + 1, end, true);
    if (at == end)
        return d;
    bool down = at + 1 < end && at[1] == '-';
    int64_t exponent = 0;
    for (at += 1 + (at + 1 < end && (at[1] == '-' || at[1] == '+')); at < end; at++)
        if (exponent < EXPONENT_MAX)
            exponent = exponent * 10 + (*at - '0');
    d.huge = exponent >= EXPONENT_MAX;
    d.exponent += down ? -exponent : exponent;
    return d;
}

struct matcher_number matcher_number_of(struct str text)
{
    struct digits d = digits_of(text);
    struct matcher_number number = { .sure = !d.more && d.mantissa < UINT64_C(1000000000000000) };
    if (d.mantissa == 0)
        return (struct matcher_number){ .value = 0, .sure = true };
    double value = (double)d.mantissa;
    if (d.huge || d.exponent > 2 * POWER_MAX || d.exponent < -2 * POWER_MAX)
        return (struct matcher_number){ .value = (double)NAN };
    int64_t left = d.exponent < 0 ? -d.exponent : d.exponent;
    if (left > POWER_MAX) {
        value = d.exponent < 0 ? value / powers[POWER_MAX] : value * powers[POWER_MAX];
        left -= POWER_MAX;
        number.sure = false;
    }
    value = d.exponent < 0 ? value / powers[left] : value * powers[left];
    number.value = d.negative ? -value : value;
    return number;
}

uint64_t matcher_number_hash(struct str text, uint64_t seed)
{
    struct digits d = digits_of(text);
    if (d.mantissa == 0)
        return matcher_hash_mix(seed, UINT64_C(0x8EBC6AF09C88C6E3));
    while (d.mantissa % 10 == 0) {
        d.mantissa /= 10;
        d.exponent++;
    }
    /* Those that begin with the same 19 digits share a hash, and so do those of immense exponents. */
    bool immense = d.huge || d.exponent > IMMENSE || d.exponent < -IMMENSE;
    if (d.more || immense)
        d.exponent = 0;
    if (immense && !d.more)
        d.mantissa = 0;
    uint64_t state = matcher_hash_step(seed ^ d.negative, d.mantissa);
    return matcher_hash_end(state, (uint64_t)d.exponent, d.more);
}

int matcher_number_compare(struct matcher_number a, struct str a_text, struct matcher_number b,
                           struct str b_text)
{
    if (a.sure && b.sure)
        return (a.value > b.value) - (a.value < b.value);
    double gap = (fabs(a.value) + fabs(b.value)) * tolerance;
    if (a.value - b.value > gap)
        return 1;
    if (b.value - a.value > gap)
        return -1;
    return json_number_compare(a_text, b_text);
}

double matcher_number_below(struct matcher_number number)
{
    return isnan(number.value) ? (double)-INFINITY : number.value - fabs(number.value) * tolerance;
}

double matcher_number_above(struct matcher_number number)
{
    return isnan(number.value) ? (double)INFINITY : number.value + fabs(number.value) * tolerance;
}
