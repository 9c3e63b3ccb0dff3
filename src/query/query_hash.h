/* query_hash.h - entries by their key's bytes, in one table; for tables of groups. */
#ifndef QUERY_QUERY_HASH_H
#define QUERY_QUERY_HASH_H

#include "base/str.h"

#include <stdlib.h>

struct query_hash_entry {
    uint64_t hash;
    uint32_t key_len;
    const char *key;
};

struct query_hash {
    struct query_hash_entry **slots;
    size_t room, count; /* room: a power of two */
};

/* NULL: it is not there. */
struct query_hash_entry *query_hash_find(const struct query_hash *hash, struct str key, uint64_t bits);
/* One that is not there. */
void query_hash_add(struct query_hash *hash, struct query_hash_entry *entry);
/* Bytes that the next one will take of memory; 0 most times. */
size_t query_hash_growth(const struct query_hash *hash);
void query_hash_fini(struct query_hash *hash);

#endif
