/* path_parts.h - what a path is compiled to. Of path.c and path_compile.c only. */
#ifndef EXPR_PATH_PARTS_H
#define EXPR_PATH_PARTS_H

#include "expr/path.h"
#include "base/vec.h"

enum path_part_kind {
    PART_MEMBERS, /* names */
    PART_INDEXES,
    PART_SLICE,
    PART_ALL,     /* * */
    PART_DESCEND, /* .. */
};

struct path_part {
    enum path_part_kind kind;
    bool has_from, has_to;
    size_t count; /* of names or indexes */
    union {
        const struct str *names;
        const int64_t *indexes;
        struct {
            int64_t from, to;
        };
    };
};

struct path {
    struct str text;
    bool context;  /* of the context object */
    bool definite; /* parts are single members and indexes only */
    size_t count;
    const struct path_part *parts;
};

#endif
