/* path_parts.h - what a path is compiled to, and its reader. Of path.c, path_compile.c and path_filter.c. */
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
    PART_FILTER,
};

struct filter;

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
        struct {
            const struct filter *filter;
            struct str filter_text; /* "?(...)" */
        };
    };
};

enum path_base { BASE_ROOT, BASE_CONTEXT, BASE_VARIABLE, BASE_TESTED /* @ of a filter */ };

struct path {
    struct str text;
    enum path_base base;
    struct str variable;
    bool definite; /* parts are single members and indexes only */
    bool filters;
    size_t count;
    const struct path_part *parts;
};

/* ---- reading ---- */

enum { FILTER_DEPTH_MAX = 32 };

struct compiler {
    struct arena *arena;
    struct str text;
    char *scratch; /* room for a name, however long */
    size_t at;
    enum path_kind kind;
    unsigned filter_depth; /* 0: outside of filters */
    VEC(struct path_part) parts;
    bool definite, filters; /* of the path that is being read */
    struct diag *error;
};

enum err compiler_fail(struct compiler *c, const char *why);
enum err compiler_unsupported(struct compiler *c, const char *what, struct str name);
int compiler_peek(const struct compiler *c, size_t ahead);
void compiler_skip_space(struct compiler *c);
/* A string in quotes, from its opening quote on. */
enum err compiler_quoted(struct compiler *c, struct str *ret);
/* The path whose base has been read, up to where it ends. */
enum err compiler_path(struct compiler *c, enum path_base base, struct path *ret);
/* Behind "[", from "?" to before "]". */
enum err filter_compile(struct compiler *c, struct path_part *ret);

/* ---- picking ---- */

struct picking {
    struct arena *arena;
    const struct json *base; /* of the outermost path: $ inside of filters */
    size_t work;             /* values looked at so far */
};
enum { PATH_WORK_MAX = 4 * PATH_PICKS_MAX };

/* ERR_NOTFOUND, ERR_LIMIT as path_get. */
enum err path_pick(const struct path *path, struct picking *picking, const struct json *from,
                   struct json *ret) MUST_USE;
/* picking->work past its limit ends it: then the answer means nothing. */
bool filter_holds(const struct filter *filter, struct picking *picking, const struct json *tested);

#endif
