/* matcher_number.h - numbers as texts, compared by value to the last digit, mostly through doubles: two whose
 * nearest doubles lie apart by more than any rounding are compared by these, the others by their digits. */
#ifndef MATCH_MATCHER_NUMBER_H
#define MATCH_MATCHER_NUMBER_H

#include "base/str.h"

struct matcher_number {
    double value;      /* near the number; NAN: nothing is known */
    uint64_t mantissa; /* its first 19 significant digits; 0: the number is 0 */
    int32_t exponent;  /* mantissa * 10^exponent */
    bool sure; /* nearer than any other number of so few digits: sure ones compare as their doubles do */
    bool negative;
    bool more;    /* there are more digits */
    bool immense; /* the exponent is not known */
};

/* The text as JSON writes numbers. */
void matcher_number_read(struct str text, struct matcher_number *ret);
/* Same for all that are equal. */
uint64_t matcher_number_hash(const struct matcher_number *number, uint64_t seed);

/* <0, 0, >0 */
int matcher_number_compare(const struct matcher_number *a, struct str a_text, const struct matcher_number *b,
                           struct str b_text);

/* Bounds that hold the number whatever was rounded, or cut off as matcher_glance.h does. */
double matcher_number_below(const struct matcher_number *number);
double matcher_number_above(const struct matcher_number *number);

#endif
