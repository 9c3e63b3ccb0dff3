#include "match/match_place.h"
#include "match/matcher_hash.h"

#include <assert.h>
#include <stdlib.h>

struct entry {
    _Atomic(struct match_place *) place; /* NULL: never used; &gone: emptied */
    uint64_t head, tail;                 /* the first and the last 8 bytes of the name */
    uint64_t len;
};

struct match_place_table {
    uint64_t seed;
    uint32_t mask;
    uint32_t used; /* entries, emptied ones too */
    _Atomic(uint32_t) count;
    struct entry entries[];
};

enum { TABLE_FIRST = 4 };

static struct match_place gone;

/* ---- reading ---- */

struct name_key {
    uint64_t head, tail, hash;
};

static inline struct name_key key_of(const char *name, size_t len, uint64_t seed)
{
    struct name_key key;
    key.head = matcher_hash_few(name, len);
    key.tail = len > 8 ? matcher_hash_word(name + len - 8) : 0;
    key.hash =
        matcher_hash_mix(key.head ^ seed, key.tail ^ UINT64_C(0xE7037ED1A0B428DB) ^ (uint64_t)len << 56);
    return key;
}

static struct match_place *below(const struct match_place *place, const char *name, size_t len)
{
    struct match_place_table *table = atomic_load_explicit(&place->children, memory_order_acquire);
    if (!table)
        return NULL;
    struct name_key key = key_of(name, len, table->seed);
    for (uint32_t i = (uint32_t)key.hash;; i++) {
        struct entry *entry = &table->entries[i & table->mask];
        struct match_place *found = atomic_load_explicit(&entry->place, memory_order_acquire);
        if (!found)
            return NULL;
        if (found != &gone && entry->head == key.head && entry->tail == key.tail && entry->len == len &&
            (len <= 16 || memcmp(found->name, name, len) == 0))
            return found;
    }
}

const struct match_place *match_place_below(const struct match_place *place, const char *name, size_t len)
{
    return below(place, name, len);
}

bool match_place_is_asked(const struct match_place *place)
{
    return atomic_load_explicit(&place->asked, memory_order_acquire) > 0;
}

bool match_place_has_below(const struct match_place *place)
{
    return atomic_load_explicit(&place->children, memory_order_acquire) != NULL;
}

uint32_t match_place_below_count(const struct match_place *place)
{
    struct match_place_table *table = atomic_load_explicit(&place->children, memory_order_acquire);
    return table ? atomic_load_explicit(&table->count, memory_order_relaxed) : 0;
}

/* ---- tables: the writer ---- */

static size_t table_bytes(uint32_t mask)
{
    return sizeof(struct match_place_table) + ((size_t)mask + 1) * sizeof(struct entry);
}

/* The table has room. */
static void table_put(struct match_place_table *table, struct match_place *place)
{
    struct name_key key = key_of(place->name, place->len, table->seed);
    uint32_t i = (uint32_t)key.hash;
    while (atomic_load_explicit(&table->entries[i & table->mask].place, memory_order_relaxed))
        i++;
    struct entry *entry = &table->entries[i & table->mask];
    entry->head = key.head;
    entry->tail = key.tail;
    entry->len = place->len;
    table->used++;
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
            if (old && old != &gone)
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
    atomic_store_explicit(&table->entries[i & table->mask].place, &gone, memory_order_release);
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

struct match_place *match_place_find(struct match_places *places, const struct str *names, uint32_t count)
{
    struct match_place *place = places->root;
    for (uint32_t i = 0; i < count && place; i++)
        place = below(place, names[i].ptr, names[i].len);
    return place;
}

struct match_place *match_place_ask(struct match_places *places, const struct str *names, uint32_t count)
{
    struct match_place *place = places->root;
    for (uint32_t i = 0; i < count; i++) {
        struct match_place *child = below(place, names[i].ptr, names[i].len);
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
