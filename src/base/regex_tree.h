/* regex_tree.h - between regex_tree.c, which reads a pattern, and regex.c,
 * which makes machines of it. */
#ifndef BASE_REGEX_TREE_H
#define BASE_REGEX_TREE_H

#include "base/regex.h"

enum {
    /* Distinct ones of a pattern: a kind of code points is the set of classes it lies in. */
    REGEX_CLASSES_MAX = 256,
    REGEX_PARTS_MAX = 8,    /* look-aheads and the expression itself */
    REGEX_COUNT_MAX = 2048, /* of a repetition */
    REGEX_CODE_POINTS = 0x110000,
};

struct class_set {
    struct regex_range *ranges; /* sorted, apart */
    size_t count;
};

enum node_type {
    NODE_EMPTY,
    NODE_CLASS,
    NODE_CONCAT, /* the left one is the deep one */
    NODE_ALTERNATE,
    NODE_REPEAT,
    NODE_GROUP,
    NODE_BEGIN,
    NODE_END,
    NODE_LINE_BEGIN,
    NODE_LINE_END,
    NODE_WORD,
    NODE_NO_WORD,
};

struct node {
    enum node_type type;
    uint16_t index;    /* of a class, or a group */
    unsigned min, max; /* repeat; max UINT32_MAX: no end */
    bool lazy;         /* repeat */
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
    const struct node *anything; /* of a search: any number of any characters, before it */
    struct str names[REGEX_GROUPS_MAX];
    size_t group_count;
};

/* What is wrong, and where in the pattern. */
struct regex_refusal {
    const char *why;
    size_t at;
};

/* What stands in every match. */
struct regex_literal {
    struct str text;
    bool first; /* a match begins with it */
    bool only;  /* it is all of the expression */
};
struct regex_literal regex_literal_find(struct arena *arena, const struct regex_tree *tree);

enum { REGEX_GROUPS = 1 << 8 }; /* among the flags: the language of regex_compile_groups */

enum err regex_tree_read(struct arena *arena, struct str pattern, unsigned flags, struct regex_tree *ret,
                         struct regex_refusal *reterr) MUST_USE;

#endif
