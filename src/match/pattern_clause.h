/* pattern_clause.h - what a pattern is compiled to: the seam between the reader of the language
 * (pattern_compile.c) and those who work with its result (the plain evaluator, the matcher, explain).
 *
 *     {"source":["a"],"detail":{"x.y":[1,{"exists":false}],"$or":[{"z":[{"prefix":"p"}]},{"w":[null]}]}}
 *
 *     conjunction 0: source: string "a" | detail.x.y: number 1, absent | detail.z: prefix "p"
 *     conjunction 1: source: string "a" | detail.x.y: number 1, absent | detail.w: null
 *
 * An event matches the pattern when it matches one of the conjunctions; a conjunction when each clause
 * finds what it looks for at its place, under the rules of pattern.h.
 */
#ifndef MATCH_PATTERN_CLAUSE_H
#define MATCH_PATTERN_CLAUSE_H

#include "match/pattern.h"

enum pattern_test_kind {
    TEST_STRING, /* text */
    TEST_NUMBER, /* text, by value */
    TEST_NULL,
    TEST_TRUE,
    TEST_FALSE,
    TEST_PREFIX,             /* text */
    TEST_PREFIX_IGNORE_CASE, /* text */
    TEST_SUFFIX,             /* text */
    TEST_SUFFIX_IGNORE_CASE, /* text */
    TEST_IGNORE_CASE,        /* text */
    TEST_WILDCARD,           /* pieces */
    TEST_NUMERIC,            /* low and high */
    TEST_CIDR,               /* address, prefix_bits */
    TEST_NONE_OF, /* anything-but: something stands there that passes none of the tests in none_of */
    TEST_EXISTS,
    TEST_ABSENT, /* nothing stands there */
};

/* One end of a numeric range. */
struct pattern_bound {
    struct str text; /* a number as written; empty: no bound at this end */
    bool included;
};

struct pattern_test {
    enum pattern_test_kind kind;
    struct str text;                    /* decoded; a number as written; to ignore its case, folded */
    const struct str *pieces;           /* between the stars, decoded; the first and the last may be empty */
    uint32_t piece_count;               /* stars + 1 */
    struct pattern_bound low, high;     /* "=" is both, included */
    unsigned char address[16];          /* network order, bits behind the prefix are 0 */
    uint8_t address_bits;               /* 32 or 128 */
    uint8_t prefix_bits;                /* of them compared */
    const struct pattern_test *none_of; /* string, number, prefix, suffix, ignore case, wildcard */
    uint32_t none_of_count;
    struct str raw; /* the element of the pattern's list, as written: for explain */
};

/* The tests of one place: one of them must pass. */
struct pattern_clause {
    struct str place;        /* names from the root with dots between: "detail.x.y" */
    const struct str *names; /* the same, name by name */
    uint32_t name_count;
    const struct pattern_test *tests;
    uint32_t test_count;
    uint32_t number;         /* among the pattern's distinct clauses, from 0 */
    uint32_t wildcard_count; /* among the tests, those inside of anything-but too */
    bool absent_too;         /* TEST_ABSENT is among the tests */
    bool absent_only;        /* and nothing else is */
};

struct pattern_conjunction {
    const struct pattern_clause *const *clauses; /* sorted by place, each place once */
    uint32_t count;
};

struct pattern {
    struct str text;
    const struct pattern_conjunction *conjunctions; /* at least 1 */
    uint32_t count;
    uint32_t clause_count;   /* distinct clauses of all conjunctions */
    uint32_t wildcard_count; /* of these; buses limit the rules that have any */
};

/* Whether a scalar of an event passes the test; never of TEST_ABSENT. Time is linear in the scalar's length but
 * for wildcards, which see a byte once for each piece that may still come: that is what their cost bounds. */
bool pattern_test_passes(const struct pattern_test *test, const struct json *scalar);
bool pattern_wildcard_matches(const struct pattern_test *test, struct str text);
/* An IPv4 address in four decimal numbers, or an IPv6 address as RFC 4291 has it; false: neither. Of IPv4 the first
 * four bytes are written. */
bool pattern_address_read(struct str text, unsigned char *ret, uint8_t *ret_bits);

#endif
