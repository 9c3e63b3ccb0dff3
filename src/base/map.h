/* map.h - from byte strings to pointers, in memory, owned by a long-lived root.
 *
 * Copies its keys; borrows its values. Order of walking is not defined. Hashing is keyed by a
 * seed given at init, so that a client cannot choose names that collide.
 * Threads: one at a time.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/str.h"

struct map_slot;

struct map {
    struct map_slot *slots;
    size_t cap, len, filled; /* filled counts removed slots too */
    uint64_t seed;
};

void map_init(struct map *map, uint64_t seed);
void map_fini(struct map *map); /* frees keys and slots, not values */
void map_clear(struct map *map);

void *map_get(const struct map *map, struct str key);        /* NULL: absent */
void *map_put(struct map *map, struct str key, void *value); /* value not NULL; returns the former */
void *map_remove(struct map *map, struct str key);           /* returns the former, NULL: absent */

/* Walk: `for (size_t i = 0; map_next(&map, &i, &key, &value);)`. Removing the entry just given is
 * allowed, any other change is not. */
bool map_next(const struct map *map, size_t *at, struct str *key, void **value);

uint64_t hash_bytes(struct str s, uint64_t seed);

#endif
