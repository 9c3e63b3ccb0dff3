/* matcher_number.h - numbers as texts, compared by value to the last digit, mostly through doubles: two whose
 * nearest doubles lie apart by more than any rounding are compared by these, the others by their digits. */
#ifndef MATCH_MATCHER_NUMBER_H
#define MATCH_MATCHER_NUMBER_H

#include "base/str.h"

struct matcher_number {
    double value; /* near the number; NAN: nothing is known */
    bool sure;    /* nearer than any other number of so few digits: sure ones compare as their doubles do */
};

/* The text as JSON writes numbers. */
struct matcher_number matcher_number_of(struct str text);
/* Same for all texts of one value. */
uint64_t matcher_number_hash(struct str text, uint64_t seed);
/* <0, 0, >0 */
int matcher_number_compare(struct matcher_number a, struct str a_text, struct matcher_number b,
                           struct str b_text);

/* Bounds that hold the number whatever was rounded. */
double matcher_number_below(struct matcher_number number);
double matcher_number_above(struct matcher_number number);

#endif
