/* pattern_node.h - what a pattern is compiled to. Of pattern.c and pattern_compile.c only.
 *
 *     {"source":["a"],"detail":{"x.y":[1,{"exists":false}],"z":[{"prefix":"p"}]}}
 *
 *     root -- "source"  tests: string "a"                                       order 3
 *          '- "detail" -- "x" -- "y"  tests: number 1, absent                    order 1
 *                      '- "z"  tests: prefix "p"                                 order 2
 */
#ifndef MATCH_PATTERN_NODE_H
#define MATCH_PATTERN_NODE_H

#include "match/pattern.h"
#include "base/vec.h"

enum pattern_test_kind {
    TEST_STRING,
    TEST_NUMBER,
    TEST_NULL,
    TEST_TRUE,
    TEST_FALSE,
    TEST_PREFIX,
    TEST_ANYTHING_BUT, /* none of the values */
    TEST_EXISTS,
    TEST_ABSENT,
};

struct pattern_test {
    enum pattern_test_kind kind;
    struct str text;           /* string, number, prefix */
    const struct json *values; /* of anything-but: strings or numbers */
    size_t count;
};

#define PATTERN_ORDER_NONE UINT32_MAX

struct pattern_node {
    struct str name; /* up to the next dot */
    VEC(struct pattern_node *) children;
    const struct pattern_test *tests;
    uint32_t test_count;
    bool absent_too;         /* TEST_ABSENT is among the tests */
    bool absent_only;        /* and nothing else is */
    uint32_t order;          /* of its place among all that have tests, as the texts of the places sort */
    uint32_t first_positive; /* least order here and below of those that are not absent_only */
    uint32_t first_absent;   /* least order here and below of those that are absent_only */
};

struct pattern {
    struct arena arena;
    struct str text;
    struct pattern_node root;
};

#endif
