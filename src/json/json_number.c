/* What a number's text is worth, without ever computing with more digits than it has: exponents of any size
 * are compared as the digits they are written with.
 *
 *     -12.50e3   whole "12"  fraction "50"  significant digits 0..2 ("125")  point 2  exponent +"3"
 *     value = -0.125 * 10^(2 + 3)
 */
#include "json/json.h"

#include <math.h>
#include <stdlib.h>

struct decimal {
    bool negative, exponent_negative;
    struct str whole, fraction; /* digits before and after the point */
    size_t first, last;  /* significant ones in both together, [first, last); equal: the number is zero */
    struct str exponent; /* digits */
};

/* Differences of exponents are exact up to here, and only their sign counts beyond. */
static const int64_t exponent_cap = INT64_C(100000000000000000);

static struct str take_digits(struct str *rest)
{
    size_t len = 0;
    while (len < rest->len && rest->ptr[len] >= '0' && rest->ptr[len] <= '9')
        len++;
    struct str digits = str_of(rest->ptr, len);
    *rest = str_from_offset(*rest, len);
    return digits;
}

static char digit_at(const struct decimal *d, size_t i)
{
    return i < d->whole.len ? d->whole.ptr[i] : d->fraction.ptr[i - d->whole.len];
}

static struct decimal decimal_of(struct str text)
{
    struct decimal d = { 0 };
    if (text.len && text.ptr[0] == '-') {
        d.negative = true;
        text = str_from_offset(text, 1);
    }
    d.whole = take_digits(&text);
    if (text.len && text.ptr[0] == '.') {
        text = str_from_offset(text, 1);
        d.fraction = take_digits(&text);
    }
    if (text.len && (text.ptr[0] == 'e' || text.ptr[0] == 'E')) {
        text = str_from_offset(text, 1);
        if (text.len && (text.ptr[0] == '-' || text.ptr[0] == '+')) {
            d.exponent_negative = text.ptr[0] == '-';
            text = str_from_offset(text, 1);
        }
        d.exponent = take_digits(&text);
    }
    d.last = d.whole.len + d.fraction.len;
    while (d.first < d.last && digit_at(&d, d.first) == '0')
        d.first++;
    while (d.last > d.first && digit_at(&d, d.last - 1) == '0')
        d.last--;
    return d;
}

static bool is_zero(const struct decimal *d)
{
    return d->first == d->last;
}

/* Digit of the exponent that has the given number of digits behind it, signed. */
static int exponent_digit(const struct decimal *d, size_t behind)
{
    if (behind >= d->exponent.len)
        return 0;
    int digit = d->exponent.ptr[d->exponent.len - 1 - behind] - '0';
    return d->exponent_negative ? -digit : digit;
}

/* Order of magnitude of a less that of b (NULL: none), exact up to the cap. Once the sum of the leading
 * digits is 3 or more it can only grow, so that it may stop there. */
static int64_t magnitude_difference(const struct decimal *a, const struct decimal *b)
{
    size_t len = a->exponent.len;
    if (b && b->exponent.len > len)
        len = b->exponent.len;
    int64_t difference = 0;
    while (len-- > 0) {
        difference = difference * 10 + exponent_digit(a, len) - (b ? exponent_digit(b, len) : 0);
        if (difference > exponent_cap || difference < -exponent_cap)
            return difference;
    }
    difference += (int64_t)a->whole.len - (int64_t)a->first;
    return b ? difference - ((int64_t)b->whole.len - (int64_t)b->first) : difference;
}

int json_number_compare(struct str a_text, struct str b_text)
{
    if (str_eq(a_text, b_text))
        return 0;
    struct decimal a = decimal_of(a_text), b = decimal_of(b_text);
    int a_sign = is_zero(&a) ? 0 : a.negative ? -1 : 1;
    int b_sign = is_zero(&b) ? 0 : b.negative ? -1 : 1;
    if (a_sign != b_sign || a_sign == 0)
        return (a_sign > b_sign) - (a_sign < b_sign);
    int64_t difference = magnitude_difference(&a, &b);
    if (difference != 0)
        return difference > 0 ? a_sign : -a_sign;
    for (size_t i = 0;; i++) {
        bool a_ends = a.first + i == a.last, b_ends = b.first + i == b.last;
        if (a_ends || b_ends)
            return a_ends && b_ends ? 0 : b_ends ? a_sign : -a_sign;
        char a_digit = digit_at(&a, a.first + i), b_digit = digit_at(&b, b.first + i);
        if (a_digit != b_digit)
            return a_digit > b_digit ? a_sign : -a_sign;
    }
}

bool json_number_i64(struct str text, int64_t *ret)
{
    struct decimal d = decimal_of(text);
    if (is_zero(&d)) {
        *ret = 0;
        return true;
    }
    int64_t digits = magnitude_difference(&d, NULL); /* before the point */
    if (digits > 19 || digits < (int64_t)(d.last - d.first))
        return false;
    uint64_t value = 0; /* 19 digits always fit */
    for (size_t i = 0; i < (size_t)digits; i++)
        value = value * 10 + (d.first + i < d.last ? (uint64_t)(digit_at(&d, d.first + i) - '0') : 0);
    if (value > (uint64_t)INT64_MAX + d.negative)
        return false;
    *ret = d.negative ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

bool json_number_double(struct str text, double *ret)
{
    char room[64];
    struct arena scratch = { 0 };
    const char *digits = room;
    if (text.len < sizeof(room)) {
        if (text.len)
            memcpy(room, text.ptr, text.len);
        room[text.len] = '\0';
    } else {
        digits = arena_cstr(&scratch, text);
    }
    double value = strtod(digits, NULL);
    arena_fini(&scratch);
    if (!isfinite(value))
        return false;
    *ret = value;
    return true;
}
