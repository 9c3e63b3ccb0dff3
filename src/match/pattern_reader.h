/* pattern_reader.h - what the files that read the language share: pattern_compile.c, which walks the pattern,
 * and one file for each kind of match expression that is more than a line. */
#ifndef MATCH_PATTERN_READER_H
#define MATCH_PATTERN_READER_H

#include "match/pattern_clause.h"
#include "base/vec.h"

/* The pattern as the text has it: a clause, or where the alternatives of an $or begin, change and end. */
struct pattern_step {
    enum { STEP_CLAUSE, STEP_OR, STEP_NEXT, STEP_END } kind;
    struct pattern_clause *clause;
    const struct json *value; /* of STEP_OR: its list */
};

struct pattern_reader {
    struct arena *arena;
    struct str text;
    struct pattern_limits limits; /* filled in */
    struct str *error;
    VEC(struct pattern_step) steps;
    size_t clause_count; /* of the steps */
    bool or_seen;
};

/* ---- match expressions: *ret is zero but for raw ---- */

typedef enum err pattern_read_f(struct pattern_reader *r, const struct json *value, struct pattern_test *ret);

/* The object that stands in a list of tests. */
enum err pattern_read_expression(struct pattern_reader *r, const struct json *object,
                                 struct pattern_test *ret);
/* Whether the name is one of a match type. */
bool pattern_is_match_type(struct str name);

pattern_read_f pattern_read_anything_but, pattern_read_numeric, pattern_read_cidr, pattern_read_wildcard;

/* What it takes to follow the wildcards of one place at once; and how many they are. */
unsigned pattern_wildcard_cost(const struct pattern_test *tests, size_t count, uint32_t *ret_wildcards);

/* ---- the conjunctions ---- */

/* Whether a member named "$or" with this value is one; else it is a field like any other. No name in it may be one that
 * the service keeps. */
bool pattern_is_or(const struct pattern_reader *r, const struct json *value);
enum err pattern_make_conjunctions(struct pattern_reader *r, struct pattern *ret);

/* ---- errors: the texts, and the places they name, are those of the service ---- */

enum err pattern_fail_place(struct pattern_reader *r, struct str reason, unsigned line, unsigned column);
/* Where the service's reader stands when it has read the value: behind the bracket or the quote that opens
 * it, behind all of any other. */
enum err pattern_fail_at(struct pattern_reader *r, const struct json *value, const char *reason);
enum err pattern_fail_behind(struct pattern_reader *r, const struct json *value, const char *reason);
/* The reason is before, name, after. */
enum err pattern_fail_named(struct pattern_reader *r, const struct json *value, const char *before,
                            struct str name, const char *after);

#endif
