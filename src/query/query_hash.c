#include "query/query_hash.h"

#include <assert.h>

enum { ROOM_FIRST = 64 };

struct query_hash_entry *query_hash_find(const struct query_hash *hash, struct str key, uint64_t bits)
{
    if (!hash->room)
        return NULL;
    for (size_t at = bits & (hash->room - 1);; at = (at + 1) & (hash->room - 1)) {
        struct query_hash_entry *entry = hash->slots[at];
        if (!entry)
            return NULL;
        if (entry->hash == bits && str_eq(str_of(entry->key, entry->key_len), key))
            return entry;
    }
}

static void place(struct query_hash *hash, struct query_hash_entry *entry)
{
    size_t at = entry->hash & (hash->room - 1);
    while (hash->slots[at])
        at = (at + 1) & (hash->room - 1);
    hash->slots[at] = entry;
}

static bool is_full(const struct query_hash *hash)
{
    return (hash->count + 1) * 2 > hash->room;
}

size_t query_hash_growth(const struct query_hash *hash)
{
    return is_full(hash) ? (hash->room ? hash->room : ROOM_FIRST) * sizeof(hash->slots[0]) : 0;
}

void query_hash_add(struct query_hash *hash, struct query_hash_entry *entry)
{
    if (is_full(hash)) {
        struct query_hash former = *hash;
        hash->room = former.room ? former.room * 2 : ROOM_FIRST;
        hash->slots = calloc(hash->room, sizeof(hash->slots[0]));
        assert(hash->slots);
        for (size_t i = 0; i < former.room; i++)
            if (former.slots[i])
                place(hash, former.slots[i]);
        free(former.slots);
    }
    place(hash, entry);
    hash->count++;
}

void query_hash_fini(struct query_hash *hash)
{
    free(hash->slots);
    *hash = (struct query_hash){ 0 };
}
