#include "base/vec.h"

void *vec_grow(struct arena *arena, void *at, size_t len, size_t *cap, size_t item_size)
{
    size_t grown = *cap ? *cap * 2 : 8;
    char *room = arena_bytes(arena, grown * item_size);
    if (len)
        memcpy(room, at, len * item_size);
    *cap = grown;
    return room;
}
