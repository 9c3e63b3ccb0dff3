/* matcher_set.h - a long list of tests as a value asks it: which of them may pass is looked up, so that the list's
 * length costs nothing. One block of bytes without pointers; it stands in a clause.
 *
 *     strings, numbers             their hashes
 *     prefixes, suffixes, blocks   their hashes, and their lengths: a value asks for its beginnings of such lengths
 *     wildcards                    as the prefix, or else the suffix, they have
 *     ranges                       ascending and disjoint, as matcher_clause.c makes them: halved
 *     the rest                     one by one: anything-but, and wildcards that begin and end in a star, of which what
 *                                  a pattern may cost lets through a few
 */
#ifndef MATCH_MATCHER_SET_H
#define MATCH_MATCHER_SET_H

#include "match/matcher_view.h"

/* Of shorter lists no set is made: to go through them is as fast. */
enum { MATCHER_SET_MIN = 8 };

/* Of tests of the clause, whose texts are in place. In the arena. */
const struct matcher_set *matcher_set_build(struct arena *arena, const struct matcher_clause *clause,
                                            const uint64_t *seeds, const struct matcher_test *tests,
                                            uint32_t count, size_t *ret_bytes);
/* Whether the value passes one of them. */
bool matcher_set_passes(struct matcher_view *view, const struct matcher_clause *clause,
                        const struct matcher_set *set, const struct matcher_test *tests, uint32_t value);

#endif
