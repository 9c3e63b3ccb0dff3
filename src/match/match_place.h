/* match_place.h - the tree of names, as those see it who grow it.
 *
 *     root -- "source"          asked 12 times      index: what asks about source first
 *          '- "detail" -- "x"   asked once
 *
 * A name stands in its parent's table, an open-addressing hash that readers search while the writer adds: an
 * entry's place is written last, and an entry that was emptied is never used again before the table is built
 * anew.
 */
#ifndef MATCH_MATCH_PLACE_H
#define MATCH_MATCH_PLACE_H

#include "match/match_event.h"
#include "match/matcher_memory.h"

struct matcher_field;
struct match_place_table;

struct match_place {
    _Atomic(struct match_place_table *) children; /* NULL: none */
    _Atomic(uint64_t) beginnings;                 /* of their names, and of some that are gone */
    _Atomic(struct matcher_field *) field;        /* of the index's root; NULL: nothing is anchored here */
    _Atomic(uint32_t) asked;                      /* clauses at it */
    uint32_t slot;                                /* its own among the places of the matcher */
    uint32_t depth;                               /* names from the root */
    uint32_t uses;                                /* clauses and children; the writer's */
    uint32_t wanted;                              /* how often a conjunction has one of its clauses */
    struct match_place *parent;
    uint32_t len;
    char name[];
};

/* The numbers of places, given again when a place is gone. */
struct match_place_slots {
    uint32_t *unused;
    uint32_t unused_count, unused_room;
    uint32_t count; /* given, and those that came back */
};

struct match_places {
    struct matcher_memory *memory;
    struct match_place *root;
    struct match_place_slots slots;
    uint64_t seed;
    uint32_t asked; /* places with a clause */
};

/* A bit for each byte that a name below the place may begin with, by the byte's low six bits; an empty name may begin
 * with the quote that ends it, or with a dot. */
static inline uint64_t match_place_beginnings(const struct match_place *place)
{
    return atomic_load_explicit(&place->beginnings, memory_order_acquire);
}

void match_places_init(struct match_places *places, struct matcher_memory *memory, uint64_t seed);
void match_places_fini(struct match_places *places);

/* The place of the names, made if need be, with one use and one clause more. */
struct match_place *match_place_ask(struct match_places *places, const struct str *names, uint32_t count);
/* NULL: there is none. */
struct match_place *match_place_find(struct match_places *places, const struct str *names, uint32_t count);
/* One use and one clause less; without any it goes, and so do those above it that were there for it alone. */
void match_place_drop(struct match_places *places, struct match_place *place);

#endif
