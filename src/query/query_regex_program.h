/* query_regex_program.h - between query_regex_read.c, which makes a program of a pattern, and query_regex.c, which
 * runs it. Of these two only. */
#ifndef QUERY_QUERY_REGEX_PROGRAM_H
#define QUERY_QUERY_REGEX_PROGRAM_H

#include "query/query_regex.h"

enum regex_op {
    REGEX_BYTE,   /* first to last, then on */
    REGEX_SET,    /* a byte of sets[index], then on */
    REGEX_SPLIT,  /* next is tried before other */
    REGEX_SAVE,   /* index: 2n begin, 2n+1 end of group n */
    REGEX_ASSERT, /* index: enum regex_assert */
    REGEX_MATCH,
};

enum regex_assert {
    REGEX_BEGIN,
    REGEX_END,
    REGEX_LINE_BEGIN,
    REGEX_LINE_END,
    REGEX_WORD,
    REGEX_NO_WORD,
};

struct regex_step {
    enum regex_op op;
    unsigned char first, last;
    uint32_t index, next, other;
};

struct regex_set {
    uint64_t bits[4];
};

struct query_regex {
    struct regex_step *steps;
    size_t step_count;
    struct regex_set *sets;
    size_t set_count;
    struct str names[QUERY_REGEX_GROUPS_MAX];
    size_t group_count;
    bool walked;            /* has assertions that a table of states cannot keep */
    struct regex_set begin; /* bytes that a match may begin with */
    bool may_be_empty;      /* a match may be of no bytes at all: begin says nothing */
    struct str literal;
    bool literal_first; /* a match begins with it */
    bool literal_only;  /* it is all of the expression */
};

static inline bool regex_set_has(const struct regex_set *set, unsigned char c)
{
    return set->bits[c >> 6] >> (c & 63) & 1;
}

#endif
