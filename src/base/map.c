#include "base/map.h"

#include <stdlib.h>

/* Open addressing, linear probing. value NULL: never used; value TOMB: removed. */
struct map_slot {
    char *key;
    size_t key_len;
    uint64_t hash;
    void *value;
};

static char tomb_mark;
#define TOMB ((void *)&tomb_mark)

static uint64_t mix(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t hash_bytes(struct str s, uint64_t seed)
{
    uint64_t h = seed ^ UINT64_C(0x9E3779B97F4A7C15);
    size_t i = 0;
    for (; i + 8 <= s.len; i += 8) {
        uint64_t word;
        memcpy(&word, s.ptr + i, 8);
        h = mix(h ^ word, UINT64_C(0xA0761D6478BD642F));
    }
    uint64_t tail = 0;
    if (i < s.len)
        memcpy(&tail, s.ptr + i, s.len - i);
    h = mix(h ^ tail, UINT64_C(0xE7037ED1A0B428DB));
    return mix(h ^ s.len, UINT64_C(0x8EBC6AF09C88C6E3));
}

void map_init(struct map *map, uint64_t seed)
{
    *map = (struct map){ .seed = seed };
}

void map_clear(struct map *map)
{
    for (size_t i = 0; i < map->cap; i++)
        free(map->slots[i].key);
    free(map->slots);
    *map = (struct map){ .seed = map->seed };
}

void map_fini(struct map *map)
{
    map_clear(map);
}

static struct map_slot *find(const struct map *map, struct str key, uint64_t hash)
{
    if (map->cap == 0)
        return NULL;
    for (size_t i = hash & (map->cap - 1);; i = (i + 1) & (map->cap - 1)) {
        struct map_slot *slot = &map->slots[i];
        if (!slot->value)
            return NULL;
        if (slot->value != TOMB && slot->hash == hash && str_eq(str_of(slot->key, slot->key_len), key))
            return slot;
    }
}

static void grow(struct map *map)
{
    size_t cap = 16;
    while (cap < map->len * 4)
        cap *= 2;
    struct map_slot *slots = calloc(cap, sizeof(*slots));
    if (!slots)
        abort();
    for (size_t i = 0; i < map->cap; i++) {
        struct map_slot *from = &map->slots[i];
        if (!from->value || from->value == TOMB)
            continue;
        size_t at = from->hash & (cap - 1);
        while (slots[at].value)
            at = (at + 1) & (cap - 1);
        slots[at] = *from;
    }
    free(map->slots);
    map->slots = slots;
    map->cap = cap;
    map->filled = map->len;
}

void *map_get(const struct map *map, struct str key)
{
    struct map_slot *slot = find(map, key, hash_bytes(key, map->seed));
    return slot ? slot->value : NULL;
}

void *map_put(struct map *map, struct str key, void *value)
{
    uint64_t hash = hash_bytes(key, map->seed);
    struct map_slot *slot = find(map, key, hash);
    if (slot) {
        void *former = slot->value;
        slot->value = value;
        return former;
    }
    if ((map->filled + 1) * 2 > map->cap)
        grow(map);
    size_t at = hash & (map->cap - 1);
    while (map->slots[at].value)
        at = (at + 1) & (map->cap - 1);
    slot = &map->slots[at];
    slot->key = malloc(key.len ? key.len : 1);
    if (!slot->key)
        abort();
    if (key.len)
        memcpy(slot->key, key.ptr, key.len);
    slot->key_len = key.len;
    slot->hash = hash;
    slot->value = value;
    map->len++;
    map->filled++;
    return NULL;
}

void *map_remove(struct map *map, struct str key)
{
    struct map_slot *slot = find(map, key, hash_bytes(key, map->seed));
    if (!slot)
        return NULL;
    void *former = slot->value;
    free(slot->key);
    slot->key = NULL;
    slot->value = TOMB;
    map->len--;
    return former;
}

bool map_next(const struct map *map, size_t *at, struct str *key, void **value)
{
    for (; *at < map->cap; (*at)++) {
        struct map_slot *slot = &map->slots[*at];
        if (slot->value && slot->value != TOMB) {
            *key = str_of(slot->key, slot->key_len);
            *value = slot->value;
            (*at)++;
            return true;
        }
    }
    return false;
}
