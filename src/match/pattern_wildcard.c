/* wildcard: pieces of text with anything between them.
 *
 *     "a*bab*"    pieces "a" "bab" ""
 *
 * What is left after each star is looked for from there on, the first find counts, so a text is read once. Who
 * follows many wildcards at once, byte by byte, stands in several of their places at a time; how many that can be
 * is what a rule may cost. A place is a prefix of the wildcard that what was read so far fits:
 *
 *     - behind each star that has been passed, one;
 *     - in the piece after a star, as many as can overlap: "bab" may have begun again at its last b, so 2.
 *
 * The cost of a wildcard is the sum of these, that of several of one field the largest sum over wildcards that one
 * text can enter: those whose first pieces are prefixes of one another's. The service counts likewise ("how many
 * wildcard rule prefixes match a theoretical worst-case event"); where its limit lies it does not say. It was seen to
 * take rules that cost 10 here and to refuse some that cost 12.
 */
#include "match/pattern_reader.h"

/* ---- read ---- */

static enum err fail_position(struct pattern_reader *r, const struct json *value, const char *what,
                              size_t offset)
{
    /* Counted in bytes, from the quote before the text. */
    struct str reason = arena_printf(r->arena, "%s at pos %zu", what, offset + 1);
    return pattern_fail_behind(r, value, arena_cstr(r->arena, reason));
}

enum err pattern_read_wildcard(struct pattern_reader *r, const struct json *value, struct pattern_test *ret)
{
    if (value->type != JSON_STRING)
        return pattern_fail_at(r, value, "wildcard match pattern must be a string");
    struct str text = value->text;
    size_t stars = 0;
    for (size_t i = 0; i < text.len; i++)
        stars += text.ptr[i] == '*';
    struct str *pieces = (void *)arena_bytes(r->arena, (stars + 1) * sizeof(*pieces));
    char *start = arena_bytes(r->arena, text.len), *end = start;
    uint32_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i], next = i + 1 < text.len ? text.ptr[i + 1] : '"';
        if (c == '*') {
            if (next == '*')
                return fail_position(r, value, "Consecutive wildcard characters", i);
            pieces[count++] = str_of(start, (size_t)(end - start));
            start = end;
            continue;
        }
        if (c == '\\') {
            if (next != '*' && next != '\\')
                return fail_position(r, value, "Invalid escape character", i);
            c = next;
            i++;
        }
        *end++ = c;
    }
    pieces[count++] = str_of(start, (size_t)(end - start));
    ret->kind = TEST_WILDCARD;
    ret->pieces = pieces;
    ret->piece_count = count;
    return ERR_OK;
}

/* ---- cost ---- */

/* At how many places in the piece one can stand at once: the longest chain of prefixes, each a suffix of the next. */
static unsigned overlap(struct arena *arena, struct str piece)
{
    uint32_t *border = (void *)arena_bytes(arena, (piece.len + 1) * 2 * sizeof(*border)); /* of each prefix */
    uint32_t *chain = border + piece.len + 1, longest = 0, at = 0;
    border[0] = chain[0] = 0;
    for (size_t len = 1; len <= piece.len; len++) {
        if (len > 1) {
            while (at > 0 && piece.ptr[at] != piece.ptr[len - 1])
                at = border[at];
            at += piece.ptr[at] == piece.ptr[len - 1];
        }
        border[len] = at;
        chain[len] = chain[at] + 1;
        longest = chain[len] > longest ? chain[len] : longest;
    }
    return longest;
}

static unsigned cost_of(struct arena *arena, const struct pattern_test *wildcard)
{
    unsigned cost = 0;
    for (uint32_t i = 1; i < wildcard->piece_count; i++)
        cost += 1 + overlap(arena, wildcard->pieces[i]);
    return cost;
}

static size_t collect(const struct pattern_test *tests, size_t count, const struct pattern_test **ret)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (tests[i].kind == TEST_WILDCARD)
            ret[found++] = &tests[i];
        else if (tests[i].kind == TEST_NONE_OF)
            found += collect(tests[i].none_of, tests[i].none_of_count, ret + found);
    }
    return found;
}

unsigned pattern_wildcard_cost(const struct pattern_test *tests, size_t count, uint32_t *ret_wildcards)
{
    size_t room = 0;
    *ret_wildcards = 0;
    for (size_t i = 0; i < count; i++)
        room += tests[i].kind == TEST_WILDCARD ? 1 : tests[i].none_of_count;
    if (room == 0)
        return 0;
    struct arena scratch = { 0 };
    const struct pattern_test **wildcards = (void *)arena_bytes(&scratch, room * sizeof(*wildcards));
    size_t found = collect(tests, count, wildcards);
    unsigned *costs = (void *)arena_bytes(&scratch, (found + 1) * sizeof(*costs)), most = 0;
    for (size_t i = 0; i < found; i++)
        costs[i] = cost_of(&scratch, wildcards[i]);
    for (size_t i = 0; i < found; i++) {
        unsigned sum = 0;
        for (size_t k = 0; k < found; k++)
            if (str_starts(wildcards[i]->pieces[0], wildcards[k]->pieces[0]))
                sum += costs[k];
        most = sum > most ? sum : most;
    }
    *ret_wildcards = (uint32_t)found;
    arena_fini(&scratch);
    return most;
}

/* ---- match ---- */

bool pattern_wildcard_matches(const struct pattern_test *test, struct str text)
{
    struct str first = test->pieces[0], last = test->pieces[test->piece_count - 1];
    if (test->piece_count == 1)
        return str_eq(text, first);
    if (text.len < first.len + last.len || !str_starts(text, first) || !str_ends(text, last))
        return false;
    text = str_slice(text, first.len, text.len - first.len - last.len);
    for (uint32_t i = 1; i + 1 < test->piece_count; i++) {
        size_t at = str_find(text, test->pieces[i]);
        if (at == STR_NOT_FOUND)
            return false;
        text = str_from_offset(text, at + test->pieces[i].len);
    }
    return true;
}
