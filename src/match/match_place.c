#include "match/match_place.h"
#include "match/matcher_hash.h"

#include <assert.h>
#include <stdlib.h>

enum { TABLE_FIRST = 4 };

struct match_place match_place_gone;

/* ---- looking ---- */

static struct match_place_key key_of(const char *name, size_t len, uint64_t seed)
{
    struct match_place_key key;
    if (len > 16)
        key.words = (struct matcher_hash_pair){ matcher_hash_word(name), matcher_hash_word(name + len - 8) };
    else
        key.words = matcher_hash_pair_of(name, len);
    key.hash = matcher_hash_of_pair(key.words, len, seed);
    return key;
}

const struct match_place *match_place_below(const struct match_place *place, const char *name, size_t len)
{
    struct match_place_table *table = atomic_load_explicit(&place->children, memory_order_acquire);
    if (!table)
        return NULL;
    struct match_place_key key = key_of(name, len, table->seed);
    return match_place_look(table, &key, name, len);
}

const struct match_place *match_place_of_key(const struct match_place *place, struct str key)
{
    for (;;) {
        struct str name, rest;
        bool more = str_cut(key, '.', &name, &rest);
        place = match_place_below(place, name.ptr, name.len);
        if (!place || !more)
            return place;
        key = rest;
    }
}

/* ---- tables: the writer ---- */

static size_t table_bytes(uint32_t mask)
{
    return sizeof(struct match_place_table) + ((size_t)mask + 1) * sizeof(struct match_place_entry);
}

/* The table has room. */
static void table_put(struct match_place_table *table, struct match_place *place)
{
    struct match_place_key key = key_of(place->name, place->len, table->seed);
    uint32_t i = (uint32_t)key.hash;
    while (atomic_load_explicit(&table->entries[i & table->mask].place, memory_order_relaxed))
        i++;
    struct match_place_entry *entry = &table->entries[i & table->mask];
    entry->head = key.words.head;
    entry->tail = key.words.tail;
    entry->len = place->len;
    table->used++;
    atomic_fetch_or_explicit(&table->seen, UINT64_C(1) << (key.hash >> 58), memory_order_relaxed);
    atomic_fetch_add_explicit(&table->count, 1, memory_order_relaxed);
    atomic_store_explicit(&entry->place, place, memory_order_release);
}

static uint64_t beginning(const struct match_place *place)
{
    return place->len ? UINT64_C(1) << (place->name[0] & 63)
                      : UINT64_C(1) << ('"' & 63) | UINT64_C(1) << ('.' & 63);
}

static void children_add(struct match_places *places, struct match_place *parent, struct match_place *place)
{
    struct match_place_table *table = atomic_load(&parent->children), *grown = table;
    uint32_t count = table ? atomic_load(&table->count) : 0;
    if (!table || (table->used + 1) * 4 > (table->mask + 1) * 3) {
        uint32_t cap = TABLE_FIRST;
        while (cap < (count + 1) * 2)
            cap *= 2;
        grown = matcher_memory_alloc(places->memory, table_bytes(cap - 1));
        grown->seed = places->seed;
        grown->mask = cap - 1;
        for (uint32_t i = 0; table && i <= table->mask; i++) {
            struct match_place *old = atomic_load(&table->entries[i].place);
            if (old && old != &match_place_gone)
                table_put(grown, old);
        }
    }
    atomic_fetch_or_explicit(&parent->beginnings, beginning(place), memory_order_release);
    table_put(grown, place);
    if (grown == table)
        return;
    atomic_store_explicit(&parent->children, grown, memory_order_release);
    if (table)
        matcher_memory_retire(places->memory, table, table_bytes(table->mask));
}

static void children_remove(struct match_places *places, struct match_place *parent,
                            struct match_place *place)
{
    struct match_place_table *table = atomic_load(&parent->children);
    if (atomic_load(&table->count) == 1) {
        atomic_store_explicit(&parent->children, NULL, memory_order_release);
        matcher_memory_retire(places->memory, table, table_bytes(table->mask));
        return;
    }
    uint32_t i = (uint32_t)key_of(place->name, place->len, table->seed).hash;
    while (atomic_load(&table->entries[i & table->mask].place) != place)
        i++;
    atomic_store_explicit(&table->entries[i & table->mask].place, &match_place_gone, memory_order_release);
    atomic_fetch_sub_explicit(&table->count, 1, memory_order_relaxed);
}

/* ---- places ---- */

static uint32_t slot_take(struct match_places *places)
{
    struct match_place_slots *slots = &places->slots;
    return slots->unused_count ? slots->unused[--slots->unused_count] : slots->count++;
}

static void slot_leave(struct match_places *places, uint32_t slot)
{
    struct match_place_slots *slots = &places->slots;
    if (slots->unused_count + 2 == slots->count) { /* the last but the root's */
        slots->count = 1;
        slots->unused_count = 0;
        matcher_memory_free(places->memory, slots->unused, slots->unused_room * sizeof(*slots->unused));
        slots->unused = NULL;
        slots->unused_room = 0;
        return;
    }
    if (slots->unused_count == slots->unused_room) {
        uint32_t room = slots->unused_room ? slots->unused_room * 2 : 16;
        uint32_t *grown = matcher_memory_alloc(places->memory, room * sizeof(*grown));
        if (slots->unused_count)
            memcpy(grown, slots->unused, slots->unused_count * sizeof(*grown));
        matcher_memory_free(places->memory, slots->unused, slots->unused_room * sizeof(*grown));
        slots->unused = grown;
        slots->unused_room = room;
    }
    slots->unused[slots->unused_count++] = slot;
}

static struct match_place *place_new(struct match_places *places, struct match_place *parent, struct str name)
{
    struct match_place *place = matcher_memory_alloc(places->memory, sizeof(*place) + name.len);
    place->slot = slot_take(places);
    place->parent = parent;
    place->depth = parent ? parent->depth + 1 : 0;
    place->len = (uint32_t)name.len;
    if (name.len)
        memcpy(place->name, name.ptr, name.len);
    return place;
}

void match_places_init(struct match_places *places, struct matcher_memory *memory, uint64_t seed)
{
    *places = (struct match_places){ .memory = memory, .seed = seed };
    places->root = place_new(places, NULL, STR_EMPTY);
}

static void place_free(struct match_places *places, struct match_place *place)
{
    matcher_memory_free(places->memory, place, sizeof(*place) + place->len);
}

void match_places_fini(struct match_places *places)
{
    assert(!match_place_has_below(places->root));
    place_free(places, places->root);
    matcher_memory_free(places->memory, places->slots.unused,
                        places->slots.unused_room * sizeof(*places->slots.unused));
}

/* As the writer has it. */
static struct match_place *child_of(struct match_place *place, struct str name)
{
    struct match_place_table *table = atomic_load(&place->children);
    if (!table)
        return NULL;
    struct match_place_key key = key_of(name.ptr, name.len, table->seed);
    for (uint32_t i = (uint32_t)key.hash;; i++) {
        struct match_place *found = atomic_load(&table->entries[i & table->mask].place);
        if (!found || (found != &match_place_gone && str_eq(str_of(found->name, found->len), name)))
            return found;
    }
}

struct match_place *match_place_find(struct match_places *places, const struct str *names, uint32_t count)
{
    struct match_place *place = places->root;
    for (uint32_t i = 0; i < count && place; i++)
        place = child_of(place, names[i]);
    return place;
}

struct match_place *match_place_ask(struct match_places *places, const struct str *names, uint32_t count)
{
    struct match_place *place = places->root;
    for (uint32_t i = 0; i < count; i++) {
        struct match_place *child = child_of(place, names[i]);
        if (!child) {
            child = place_new(places, place, names[i]);
            place->uses++;
            children_add(places, place, child);
        }
        place = child;
    }
    place->uses++;
    if (atomic_fetch_add_explicit(&place->asked, 1, memory_order_release) == 0)
        places->asked++;
    return place;
}

void match_place_drop(struct match_places *places, struct match_place *place)
{
    if (atomic_fetch_sub_explicit(&place->asked, 1, memory_order_release) == 1)
        places->asked--;
    while (--place->uses == 0 && place->parent) {
        struct match_place *parent = place->parent;
        children_remove(places, parent, place);
        slot_leave(places, place->slot);
        matcher_memory_retire(places->memory, place, sizeof(*place) + place->len);
        place = parent;
    }
}
