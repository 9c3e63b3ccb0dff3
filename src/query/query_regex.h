/* query_regex.h - regular expressions of queries: searched anywhere in a text, with named groups, in linear time.
 *
 * Literals, escapes, classes (\d \w \s and their opposites), groups, alternation, * + ? {m,n} and their lazy forms,
 * ^ $ \A \z \b \B, flags (?i) (?s) (?m). What needs backtracking (look-around, back references, possessive
 * quantifiers, atomic groups) is refused when it is compiled, never guessed.
 *
 * Truths: 1. Time is at most the length of the text times the size of the expression. Where only yes or no is asked
 *            for, states are worked out as they are met and kept, and it is one look-up a byte.
 *         2. Of all matches the leftmost is taken, and of these what a backtracking reader would find first.
 * Threads: an expression may be used by many, a machine by one.
 */
#ifndef QUERY_QUERY_REGEX_H
#define QUERY_QUERY_REGEX_H

#include "base/arena.h"

enum { QUERY_REGEX_GROUPS_MAX = 50 };

struct query_regex;
struct query_regex_machine;

/* ERR_INVALID, ERR_UNSUPPORTED or ERR_LIMIT; *ret_at is the place in the pattern. The expression lives in the arena;
 * the pattern must live as long. */
enum err query_regex_compile(struct arena *arena, struct str pattern, const struct query_regex **ret,
                             size_t *ret_at, struct diag *reterr) MUST_USE;
/* Names of the groups, in order; those without a name are empty. */
size_t query_regex_groups(const struct query_regex *regex, const struct str **ret_names);
/* Bytes that stand in every text that matches; empty: none are known. */
struct str query_regex_literal(const struct query_regex *regex);

struct query_regex_machine *query_regex_machine_new(const struct query_regex *regex);
void query_regex_machine_free(struct query_regex_machine **machine);

bool query_regex_matches(struct query_regex_machine *machine, struct str text);
/* Groups that took part; those that did not are left with a NULL ptr. groups: as many as query_regex_groups. */
bool query_regex_search(struct query_regex_machine *machine, struct str text, struct str *groups);

#endif
