/* Where a conjunction is listed: at the clause that the fewest events pass, and below that, once many are listed
 * there, at the next such clause.
 *
 * How many events pass is guessed from the rules: events are asked about as they come. Of conjunctions that ask
 * about detail.state, those that ask for "running" are as many as its events are among all.
 */
#include "match/matcher_index.h"

#include <assert.h>

enum {
    DEPTH_MAX = 4,    /* branches below each other */
    MANY = 16,        /* conjunctions in one branch, after which it is worth to go on */
    PARTS_MAX = 64,   /* fields below one branch: an event looks at each */
    LISTINGS_MAX = 8, /* of one conjunction, but for what its first clause takes */
};

/* Below a branch it is not worth to ask again what more events pass. */
static const double share_max = 0.3;

/* ---- how many events pass ---- */

/* Rules that a place is taken to have beyond those it has: of few rules little can be said. */
static const double prior = 4;

/* How many times as many events pass a test of the kind as one for one value would let pass. 0: see below. */
static const double width[] = {
    [TEST_STRING] = 1,   [TEST_NUMBER] = 1,
    [TEST_NULL] = 2,     [TEST_TRUE] = 2,
    [TEST_FALSE] = 2,    [TEST_IGNORE_CASE] = 1.2,
    [TEST_PREFIX] = 1.5, [TEST_PREFIX_IGNORE_CASE] = 1.7,
    [TEST_SUFFIX] = 1.5, [TEST_SUFFIX_IGNORE_CASE] = 1.7,
    [TEST_WILDCARD] = 2, [TEST_CIDR] = 2,
    [TEST_NUMERIC] = 0,  [TEST_NONE_OF] = 0,
    [TEST_EXISTS] = 0,   [TEST_ABSENT] = 0,
};

static double share_of_test(const struct matcher_clause *clause, const struct matcher_test *test)
{
    if (test->kind == TEST_NUMERIC)
        return (test->flags & LOW_GIVEN) && (test->flags & HIGH_GIVEN) ? 0.15 : 0.4;
    if (width[test->kind] == 0)
        return 0.95;
    /* Of a list it is not known how many ask for its members alone. */
    double asked = clause->test_count == 1
                       ? (double)clause->uses
                       : (double)clause->place->wanted * 2 / ((double)atomic_load(&clause->place->asked) + 1);
    return width[test->kind] * (asked + 1) / ((double)clause->place->wanted + prior);
}

/* Of the events that get so far. */
static double share_of(const struct matcher_clause *clause)
{
    double share = 0;
    for (uint32_t i = 0; i < clause->test_count && share < 1; i++)
        share += share_of_test(clause, &clause->tests[i]);
    return share < 1 ? share : 1;
}

/* ---- ways ---- */

/* The field of the clause's place under the branch; NULL: there is none. */
static struct matcher_field *field_of(const struct matcher_index *index, const struct matcher_branch *branch,
                                      const struct match_place *place)
{
    if (branch == index->root)
        return atomic_load_explicit(&place->field, memory_order_relaxed);
    struct matcher_parts *parts = atomic_load_explicit(&branch->parts, memory_order_relaxed);
    for (uint32_t i = 0; parts && i < parts->count; i++)
        if (parts->at[i].field->place == place)
            return parts->at[i].field;
    return NULL;
}

static uint32_t depth_of(const struct matcher_conjunction *conjunction, uint32_t ref)
{
    return conjunction->refs[ref].clause->place->depth;
}

/* The clause to go on with; UINT32_MAX: none of those not taken leads away from most events. */
static uint32_t choose(const struct matcher_index *index, const struct matcher_branch *branch,
                       const struct matcher_conjunction *conjunction, uint64_t taken, uint32_t tests_max)
{
    struct matcher_parts *parts = atomic_load_explicit(&branch->parts, memory_order_relaxed);
    bool is_root = branch == index->root, full = !is_root && parts && parts->count >= PARTS_MAX;
    double best_share = is_root ? 2 : share_max;
    uint32_t best = UINT32_MAX;
    for (uint32_t i = 0; i < conjunction->ref_count && i < 64; i++) {
        const struct matcher_clause *clause = conjunction->refs[i].clause;
        if (clause->absent_too || (taken >> i & 1) || (clause->test_count > tests_max && !is_root))
            continue;
        if (full && !field_of(index, branch, clause->place))
            continue;
        double share = share_of(clause) + (clause->test_count > tests_max); /* only if there is no other */
        if (share > best_share ||
            (share == best_share &&
             (best == UINT32_MAX || depth_of(conjunction, i) <= depth_of(conjunction, best))))
            continue; /* of two alike the deeper: what is further down differs more */
        best_share = share;
        best = i;
    }
    return best;
}

/* ---- in which order to ask ---- */

/* How dear it is to ask again, beside one comparison of hashes. */
static double price_of(const struct matcher_ref *ref)
{
    return ref->slot & REF_EXACT ? 1 : ref->clause->dear ? 20 : 4;
}

/* First what fails most for its price; what led here has most likely passed. */
static uint64_t sequence_of(const struct matcher_conjunction *conjunction, uint64_t taken)
{
    double gains[SEQUENCE_MAX];
    uint32_t order[SEQUENCE_MAX];
    uint64_t sequence = 0;
    if (conjunction->ref_count > SEQUENCE_MAX)
        return 0;
    for (uint32_t i = 0; i < conjunction->ref_count; i++) {
        const struct matcher_ref *ref = &conjunction->refs[i];
        double gain = taken >> i & 1 ? 0 : (1.01 - share_of(ref->clause)) / price_of(ref);
        uint32_t at = i;
        for (; at > 0 && gains[at - 1] < gain; at--) {
            gains[at] = gains[at - 1];
            order[at] = order[at - 1];
        }
        gains[at] = gain;
        order[at] = i;
    }
    for (uint32_t i = conjunction->ref_count; i-- > 0;)
        sequence = sequence << 4 | order[i];
    return sequence;
}

/* ---- listing ---- */

static struct matcher_field *field_get(struct matcher_index *index, struct matcher_branch *branch,
                                       struct match_place *place, bool *ret_made)
{
    struct matcher_field *field = field_of(index, branch, place);
    *ret_made = !field;
    if (field)
        return field;
    field = matcher_memory_alloc(index->memory, sizeof(*field));
    field->place = place;
    field->branch = branch;
    return field;
}

/* Readers may see the field from now on. */
static void field_show(struct matcher_index *index, struct matcher_field *field)
{
    struct matcher_branch *branch = field->branch;
    if (branch == index->root) {
        atomic_store_explicit(&field->place->field, field, memory_order_release);
        return;
    }
    struct matcher_parts *old = atomic_load(&branch->parts);
    uint32_t count = old ? old->count : 0;
    size_t head = sizeof(*old), one = sizeof(struct matcher_part);
    struct matcher_parts *parts = matcher_memory_alloc(index->memory, head + (count + 1) * one);
    parts->count = count + 1;
    for (uint32_t i = 0; i < count; i++)
        parts->at[i] = old->at[i];
    parts->at[count] = (struct matcher_part){ .slot = field->place->slot, .field = field };
    atomic_store_explicit(&branch->parts, parts, memory_order_release);
    if (old)
        matcher_memory_retire(index->memory, old, head + count * one);
}

static void put(struct matcher_index *index, struct matcher_branch *branch,
                struct matcher_conjunction *conjunction, uint64_t taken, unsigned depth, uint32_t tests_max)
{
    uint32_t chosen = UINT32_MAX;
    if (branch == index->root || (branch->count >= MANY && depth < DEPTH_MAX && tests_max > 0))
        chosen = choose(index, branch, conjunction, taken, tests_max);
    if (chosen == UINT32_MAX) {
        struct matcher_listing listing;
        matcher_list_add(index, branch, conjunction, &listing);
        struct matcher_filing *filing = matcher_filing_of(conjunction);
        if (conjunction->listed_often)
            filing->listings.at[filing->listings.count++] = listing;
        else
            filing->listing = listing;
        conjunction->sequence = sequence_of(conjunction, taken);
        return;
    }
    const struct matcher_clause *clause = conjunction->refs[chosen].clause;
    bool made;
    struct matcher_field *field = field_get(index, branch, clause->place, &made);
    for (uint32_t i = 0; i < clause->test_count; i++) {
        struct matcher_key key;
        matcher_key_of(index, field, clause, &clause->tests[i], &key);
        struct matcher_branch *below = matcher_field_get(index, field, &key);
        put(index, below, conjunction, taken | UINT64_C(1) << chosen, depth + 1,
            tests_max / clause->test_count);
    }
    if (made)
        field_show(index, field);
}

/* How many listings the way that put would go makes at most. */
static uint32_t listings_max(const struct matcher_conjunction *conjunction)
{
    uint32_t most = 1;
    for (uint32_t i = 0; i < conjunction->ref_count; i++)
        if (conjunction->refs[i].clause->test_count > most)
            most = conjunction->refs[i].clause->test_count;
    return most > LISTINGS_MAX ? most : LISTINGS_MAX;
}

void matcher_index_add(struct matcher_index *index, struct matcher_conjunction *conjunction)
{
    bool single = true;
    for (uint32_t i = 0; i < conjunction->ref_count; i++)
        single &= conjunction->refs[i].clause->test_count == 1;
    if (single) {
        put(index, index->root, conjunction, 0, 0, 1);
        return;
    }
    uint32_t room = listings_max(conjunction);
    struct matcher_listing few[64];
    struct matcher_listing *many =
        room > 64 ? matcher_memory_alloc(index->memory, room * sizeof(*many)) : few;
    conjunction->listed_often = true;
    struct matcher_filing *filing = matcher_filing_of(conjunction);
    filing->listings.at = many;
    filing->listings.count = 0;
    put(index, index->root, conjunction, 0, 0, LISTINGS_MAX);
    uint32_t count = filing->listings.count;
    if (count == 1) {
        conjunction->listed_often = false;
        filing->listing = many[0];
    } else {
        filing->listings.at = matcher_memory_alloc(index->memory, count * sizeof(*many));
        memcpy(filing->listings.at, many, count * sizeof(*many));
    }
    if (many != few)
        matcher_memory_free(index->memory, many, room * sizeof(*many));
}
