/* regex.h - regular expressions, matched in linear time.
 *
 * Covers what the service models and filter patterns use: literals, escapes, classes, \d \w \s, \p{L} \p{Z} \p{N}
 * \p{ASCII} \p{Print}, groups, alternation, * + ? {m,n}, ^ $, and look-ahead at the very start, which is a second
 * expression over the same text. And what queries use, which search for groups: the same without properties and
 * look-ahead, with names for groups, lazy forms, \A \z \b \B and the flags (?i) (?s) (?m). Anything else is refused
 * when it is compiled, never guessed.
 *
 * Truths: 1. Time is the length of the text times at most the size of the expression: no backtracking.
 *            A table of states, worked out at the start, makes it one look-up a character; an expression that
 *            would need too large a table is run as a set of states instead.
 *         2. Compiled expressions do not change: any number of threads may match with one. A walker is of one.
 *         3. Of all places with groups the leftmost is found, and there what a backtracking reader would find first.
 */
#ifndef BASE_REGEX_H
#define BASE_REGEX_H

#include "base/arena.h"

struct regex;
struct regex_walker;

enum { REGEX_GROUPS_MAX = 50 };

enum regex_flag {
    REGEX_ANY_CASE = 1, /* letters of ASCII match in either case */
    REGEX_DOT_ALL = 2,  /* . takes line ends too */
    /* No table: what compiling costs is the length of the pattern. For patterns that come from outside. */
    REGEX_STEPWISE = 4,
    REGEX_SEARCH = 8, /* somewhere in the text: ^ and $ are its ends, {,n} is {0,n}; no look-ahead */
};

/* flags: of enum regex_flag. ERR_UNSUPPORTED, ERR_INVALID or ERR_LIMIT (says what and where). The expression
 * lives in the arena. */
enum err regex_compile(struct arena *arena, struct str pattern, unsigned flags, struct regex **ret,
                       struct diag *reterr) MUST_USE;
/* text: UTF-8; of what is not, some characters are taken for others. */
bool regex_match(const struct regex *regex, struct str text);
size_t regex_places(const struct regex *regex); /* of its machines: each may cost a step at each character */
/* The same without the table; tests hold the two against each other. */
bool regex_match_stepwise(const struct regex *regex, struct str text);

/* ---- searching for groups: by a walker, never by regex_match ---- */

/* As regex_compile; *ret_at is the place in the pattern, which must live as long as the expression: names are of it. */
enum err regex_compile_groups(struct arena *arena, struct str pattern, unsigned flags,
                              const struct regex **ret, size_t *ret_at, struct diag *reterr) MUST_USE;
/* Names of the groups, in order; those without a name are empty. */
size_t regex_groups(const struct regex *regex, const struct str **ret_names);
/* Bytes that stand in every text that matches; empty: none are known. */
struct str regex_literal(const struct regex *regex);

struct regex_walker *regex_walker_new(const struct regex *regex);
void regex_walker_free(struct regex_walker **walker);
/* A walk may take minutes, where both the expression and the text are long. stops is asked every few milliseconds of
 * it: when it says so the walk ends without a match, and regex_walker_stopped is true from then on. */
typedef bool regex_stops_f(void *self);
void regex_walker_watch(struct regex_walker *walker, regex_stops_f *stops, void *self);
bool regex_walker_stopped(const struct regex_walker *walker);
bool regex_walker_matches(struct regex_walker *walker, struct str text);
/* Groups that took part; those that did not are left with a NULL ptr. groups: as many as regex_groups. */
bool regex_walker_search(struct regex_walker *walker, struct str text, struct str *groups);

/* ---- code points of general categories, generated ---- */

struct regex_range {
    uint32_t first, last;
};
extern const struct regex_range regex_unicode_l[], regex_unicode_z[], regex_unicode_n[];
extern const size_t regex_unicode_l_count, regex_unicode_z_count, regex_unicode_n_count;

#endif
