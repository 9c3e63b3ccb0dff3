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
#include "match/matcher_hash.h"
#include "match/matcher_memory.h"

struct matcher_field;

struct match_place_entry {
    _Atomic(struct match_place *) place; /* NULL: never used; match_place_gone: emptied */
    uint64_t head, tail;                 /* as of match_place_key */
    uint64_t len;
};

struct match_place_table {
    uint64_t seed;
    _Atomic(uint64_t) seen; /* a bit for each name, by the upper bits of its hash: most others end here */
    uint32_t mask;
    uint32_t used; /* entries, emptied ones too */
    _Atomic(uint32_t) count;
    struct match_place_entry entries[];
};

struct match_place {
    _Atomic(struct match_place_table *) children; /* NULL: none */
    _Atomic(uint64_t) beginnings;                 /* of their names, and of some that are gone */
    _Atomic(struct matcher_field *) field;        /* of the index's root; NULL: nothing is anchored here */
    _Atomic(uint32_t) asked;                      /* clauses at it */
    _Atomic(uint32_t) exact;                      /* of these, that are one string */
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

/* ---- looking: lock-free, between matcher_memory_enter and _leave ---- */

/* A bit for each byte that a name below the place may begin with, by the byte's low six bits; an empty name may begin
 * with the quote that ends it, or with a dot. */
static inline uint64_t match_place_beginnings(const struct match_place *place)
{
    return atomic_load_explicit(&place->beginnings, memory_order_acquire);
}

/* Some rule has a clause at the place itself; below it. */
static inline bool match_place_is_asked(const struct match_place *place)
{
    return atomic_load_explicit(&place->asked, memory_order_acquire) > 0;
}

static inline bool match_place_has_below(const struct match_place *place)
{
    return atomic_load_explicit(&place->children, memory_order_acquire) != NULL;
}

/* words.tail of a name longer than 16: its last 8 bytes. */
struct match_place_key {
    struct matcher_hash_pair words;
    uint64_t hash;
};

extern struct match_place match_place_gone;

static inline const struct match_place *match_place_look(struct match_place_table *table,
                                                         const struct match_place_key *key, const char *name,
                                                         size_t len)
{
    if (!(atomic_load_explicit(&table->seen, memory_order_acquire) >> (key->hash >> 58) & 1))
        return NULL;
    for (uint32_t i = (uint32_t)key->hash;; i++) {
        struct match_place_entry *entry = &table->entries[i & table->mask];
        struct match_place *found = atomic_load_explicit(&entry->place, memory_order_acquire);
        if (!found)
            return NULL;
        if (found != &match_place_gone && entry->head == key->words.head && entry->tail == key->words.tail &&
            entry->len == len && (len <= 16 || memcmp(found->name, name, len) == 0))
            return found;
    }
}

/* The place of a name below another; NULL: nobody asks. The name is decoded, a dot is a letter of it. */
const struct match_place *match_place_below(const struct match_place *place, const char *name, size_t len);
/* The same of the key of a member: names with dots between. */
const struct match_place *match_place_of_key(const struct match_place *place, struct str key);

/* The same again, in a text that ends at the end given: most keys are short, and 16 bytes may be read of them at
 * once. */
static inline const struct match_place *match_place_of_key_in(const struct match_place *place,
                                                              struct str name, const char *end)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    struct match_place_table *table = atomic_load_explicit(&place->children, memory_order_acquire);
    if (!table)
        return NULL;
    if (name.len <= 16 && end - name.ptr >= MATCHER_HASH_READS_AHEAD) {
        struct match_place_key key = { .words = matcher_hash_pair_in(name.ptr, name.len) };
        uint64_t head = key.words.head ^ ones * '.', tail = key.words.tail ^ ones * '.';
        if (!((((head - ones) & ~head) | ((tail - ones) & ~tail)) & ones << 7)) {
            key.hash = matcher_hash_of_pair(key.words, name.len, table->seed);
            return match_place_look(table, &key, name.ptr, name.len);
        }
    }
    return match_place_of_key(place, name);
}

/* ---- growing: the writer ---- */

void match_places_init(struct match_places *places, struct matcher_memory *memory, uint64_t seed);
void match_places_fini(struct match_places *places);

/* The place of the names, made if need be, with one use and one clause more. */
struct match_place *match_place_ask(struct match_places *places, const struct str *names, uint32_t count);
/* NULL: there is none. */
struct match_place *match_place_find(struct match_places *places, const struct str *names, uint32_t count);
/* One use and one clause less; without any it goes, and so do those above it that were there for it alone. */
void match_place_drop(struct match_places *places, struct match_place *place);

#endif
