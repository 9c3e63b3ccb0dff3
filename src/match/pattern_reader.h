/* pattern_reader.h - what the files that read the language share: pattern_compile.c, which walks the pattern,
 * and one file for each kind of match expression that is more than a line. */
#ifndef MATCH_PATTERN_READER_H
#define MATCH_PATTERN_READER_H

#include "match/pattern_clause.h"
#include "base/vec.h"

struct pattern_reader {
    struct arena *arena;
    struct str text;
    struct pattern_limits limits; /* filled in */
    struct str *error;
    VEC(struct pattern_clause *) clauses; /* as the text has them */
};

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
