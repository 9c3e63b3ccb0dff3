/* matcher_grammar.h - random patterns and events of one small world, so that they often meet: few names, few
 * values, all operators, arrays in arrays, names with dots, names that stand twice, escapes. For tests. */
#ifndef MATCH_MATCHER_GRAMMAR_H
#define MATCH_MATCHER_GRAMMAR_H

#include "base/buf.h"

struct grammar {
    uint64_t state;                   /* of the random numbers; or: */
    const unsigned char *bytes, *end; /* choices of a fuzzer; NULL: none */
};

unsigned grammar_below(struct grammar *g, unsigned limit);
/* One pattern as text, always valid; one event as text, always JSON. */
void grammar_pattern(struct grammar *g, struct buf *out);
void grammar_event(struct grammar *g, struct buf *out);

#endif
