/* pattern_fold.h - what "ignore case" means: two texts are the same when their simple case foldings are.
 *
 * Simple folding is Unicode's, one code point for one code point, no language's: "Ä" is "ä", "ς" is "σ", the Kelvin
 * sign is "k"; "ß" is not "ss", and "İ" is itself. The bytes of a text may become more or fewer. Pure.
 */
#ifndef MATCH_PATTERN_FOLD_H
#define MATCH_PATTERN_FOLD_H

#include "base/arena.h"

/* Every step-th code point from first to last folds to itself plus delta. Sorted. */
struct pattern_fold_range {
    uint32_t first, last, step;
    int32_t delta;
};
extern const struct pattern_fold_range pattern_fold_ranges[];
extern const size_t pattern_fold_range_count;

uint32_t pattern_fold(uint32_t point);

/* The folding of valid UTF-8. */
struct str pattern_fold_text(struct arena *arena, struct str text);
/* The same into room for pattern_fold_room(text.len) bytes; returns how many it took. */
size_t pattern_fold_into(struct str text, char *room);
static inline size_t pattern_fold_room(size_t len)
{
    return len + len / 2 + 1; /* two bytes become three at worst */
}

/* Whether the folding of the text is, starts with, ends with what is folded already. */
bool pattern_fold_eq(struct str text, struct str folded);
bool pattern_fold_starts(struct str text, struct str folded);
bool pattern_fold_ends(struct str text, struct str folded);

#endif
