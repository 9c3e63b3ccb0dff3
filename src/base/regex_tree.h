/* regex_tree.h - between regex_tree.c, which reads a pattern, and regex.c,
 * which makes machines of it. */
#ifndef BASE_REGEX_TREE_H
#define BASE_REGEX_TREE_H

#include "base/regex.h"

enum {
    REGEX_CLASSES_MAX =
        64, /* distinct ones of a pattern: a kind of code points is the set of classes it lies in */
    REGEX_PARTS_MAX = 8,    /* look-aheads and the expression itself */
    REGEX_COUNT_MAX = 2048, /* of a repetition */
    REGEX_CODE_POINTS = 0x110000,
};

struct class_set {
    struct regex_range *ranges; /* sorted, apart */
    size_t count;
};

enum node_type { NODE_EMPTY, NODE_CLASS, NODE_CONCAT, NODE_ALTERNATE, NODE_REPEAT, NODE_BEGIN, NODE_END };

struct node {
    enum node_type type;
    uint16_t class_index;
    unsigned min, max; /* repeat; max UINT32_MAX: no end */
    struct node *a, *b;
};

/* What a text must match, part by part, or, where negated, must not. */
struct regex_tree {
    struct class_set classes[REGEX_CLASSES_MAX];
    size_t class_count;
    struct {
        const struct node *root;
        bool negated;
    } parts[REGEX_PARTS_MAX];
    size_t part_count;
};

enum err regex_tree_read(struct arena *arena, struct str pattern, unsigned flags, struct regex_tree *ret,
                         struct diag *reterr) MUST_USE;

#endif
