/* Where a conjunction is listed: at the clause that the fewest others share, and below that, once many do, at the
 * next such clause.
 *
 * What a clause costs is how many conjunctions an event that passes it would have to look at: of a string or a
 * number those listed there; of a range also a share of those in other ranges, which overlap; of anything-but and
 * exists all that stand there, which every event passes.
 */
#include "match/matcher_index.h"

#include <assert.h>

enum {
    DEPTH_MAX = 4,    /* branches below each other */
    MANY = 6,         /* conjunctions in one branch, after which it is worth to go on */
    PARTS_MAX = 64,   /* fields below one branch: an event looks at each */
    LISTINGS_MAX = 8, /* of one conjunction, but for what its first clause takes */
};

/* What it costs that events pass the test, beyond those listed there. */
static uint64_t cost_of_kind(const struct matcher_field *field, const struct matcher_key *key)
{
    uint64_t here = field ? field->conjunctions : 0;
    switch (key->kind) {
    case TEST_STRING:
    case TEST_NUMBER:
        return 0;
    case TEST_NULL:
    case TEST_TRUE:
    case TEST_FALSE:
    case TEST_IGNORE_CASE:
    case TEST_CIDR:
        return 1;
    case TEST_NUMERIC:
        return 4 + here / 4;
    case TEST_WILDCARD:
        return key->row_kind == ROWS_NONE ? 4 : 8 + here / 8;
    case TEST_EXISTS:
        return 32 + here;
    default:
        return 2 + (key->feature <= 2 ? 2 : 0); /* beginnings and ends */
    }
}

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

static uint64_t cost_of(const struct matcher_index *index, const struct matcher_branch *branch,
                        const struct matcher_clause *clause)
{
    const struct matcher_field *field = field_of(index, branch, clause->place);
    uint64_t cost = 0;
    for (uint32_t i = 0; i < clause->test_count; i++) {
        struct matcher_key key;
        matcher_key_of(index, field, clause, &clause->tests[i], &key);
        const struct matcher_branch *found = field ? matcher_field_find(field, &key) : NULL;
        cost += (found ? found->count : 0) + cost_of_kind(field, &key) + (i > 0);
    }
    return cost;
}

/* The clause to go on with; UINT32_MAX: none of those not taken can lead anywhere. */
static uint32_t choose(const struct matcher_index *index, const struct matcher_branch *branch,
                       const struct matcher_conjunction *conjunction, uint64_t taken, uint32_t tests_max)
{
    struct matcher_parts *parts = atomic_load_explicit(&branch->parts, memory_order_relaxed);
    bool full = branch != index->root && parts && parts->count >= PARTS_MAX;
    uint64_t best_cost = UINT64_MAX;
    uint32_t best = UINT32_MAX;
    for (uint32_t i = 0; i < conjunction->ref_count && i < 64; i++) {
        const struct matcher_clause *clause = conjunction->refs[i].clause;
        if (clause->absent_too || (taken >> i & 1) || (best != UINT32_MAX && clause->test_count > tests_max))
            continue;
        if (branch != index->root && clause->test_count > tests_max)
            continue;
        if (full && !field_of(index, branch, clause->place))
            continue;
        uint64_t cost = cost_of(index, branch, clause);
        if (best == UINT32_MAX || cost < best_cost ||
            conjunction->refs[best].clause->test_count > tests_max) {
            best_cost = cost;
            best = i;
        }
    }
    return best;
}

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
        if (conjunction->listed_often)
            conjunction->listings.at[conjunction->listings.count++] = listing;
        else
            conjunction->listing = listing;
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
    conjunction->listings.at = many;
    conjunction->listings.count = 0;
    put(index, index->root, conjunction, 0, 0, LISTINGS_MAX);
    uint32_t count = conjunction->listings.count;
    if (count == 1) {
        conjunction->listed_often = false;
        conjunction->listing = many[0];
    } else {
        conjunction->listings.at = matcher_memory_alloc(index->memory, count * sizeof(*many));
        memcpy(conjunction->listings.at, many, count * sizeof(*many));
    }
    if (many != few)
        matcher_memory_free(index->memory, many, room * sizeof(*many));
}
