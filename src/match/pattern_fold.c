#include "match/pattern_fold.h"
#include "base/utf8.h"

static uint32_t fold_ascii(uint32_t point)
{
    return point - 'A' < 26 ? point + ('a' - 'A') : point;
}

uint32_t pattern_fold(uint32_t point)
{
    if (point < 0x80)
        return fold_ascii(point);
    size_t low = 0, high = pattern_fold_range_count; /* the first range that ends at or behind the point */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (pattern_fold_ranges[middle].last < point)
            low = middle + 1;
        else
            high = middle;
    }
    const struct pattern_fold_range *range = &pattern_fold_ranges[low];
    if (low == pattern_fold_range_count || point < range->first || (point - range->first) % range->step != 0)
        return point;
    return (uint32_t)((int32_t)point + range->delta);
}

/* The code point at the start of the text, folded, to room for 4 bytes. Returns its length, *ret_used that of
 * what it was made from. */
static size_t fold_first(struct str text, char *room, size_t *ret_used)
{
    uint32_t point;
    *ret_used = utf8_decode(text, &point);
    return utf8_encode(pattern_fold(point), room);
}

size_t pattern_fold_into(struct str text, char *room)
{
    char *at = room;
    for (size_t i = 0, used; i < text.len; i += used)
        at += fold_first(str_from_offset(text, i), at, &used);
    return (size_t)(at - room);
}

struct str pattern_fold_text(struct arena *arena, struct str text)
{
    char *room = arena_bytes(arena, pattern_fold_room(text.len));
    return str_of(room, pattern_fold_into(text, room));
}

/* How much of the text folds to folded at its start; STR_NOT_FOUND when it does not. */
static size_t fold_match(struct str text, struct str folded)
{
    size_t at = 0, matched = 0, used;
    while (matched < folded.len) {
        char bytes[4];
        if (at == text.len)
            return STR_NOT_FOUND;
        size_t len = fold_first(str_from_offset(text, at), bytes, &used);
        if (!str_starts(str_from_offset(folded, matched), str_of(bytes, len)))
            return STR_NOT_FOUND;
        at += used;
        matched += len;
    }
    return at;
}

bool pattern_fold_eq(struct str text, struct str folded)
{
    return fold_match(text, folded) == text.len;
}

bool pattern_fold_starts(struct str text, struct str folded)
{
    return fold_match(text, folded) != STR_NOT_FOUND;
}

bool pattern_fold_ends(struct str text, struct str folded)
{
    size_t start = text.len, left = folded.len, used;
    while (left > 0) {
        char bytes[4];
        if (start == 0)
            return false;
        do
            start--;
        while (start > 0 && ((unsigned char)text.ptr[start] & 0xC0) == 0x80);
        size_t len = fold_first(str_from_offset(text, start), bytes, &used);
        if (!str_ends(str_slice(folded, 0, left), str_of(bytes, len)))
            return false;
        left -= len;
    }
    return true;
}
