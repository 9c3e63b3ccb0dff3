#include "bus/bus_recent_ring.h"

#include <assert.h>
#include <stdlib.h>

enum { ALIGN = 8 };

static void *must(void *at)
{
    if (!at)
        abort();
    return at;
}

void ring_init(struct ring *ring, size_t entries, size_t bytes)
{
    size_t buckets = 64;
    while (buckets < entries && buckets < (size_t)1 << 24)
        buckets *= 2;
    *ring = (struct ring){ .byte_cap = bytes / ALIGN * ALIGN, .entry_cap = entries };
    ring->bytes = must(malloc(ring->byte_cap)); /* touched as it fills */
    ring->starts = must(malloc(entries * sizeof(*ring->starts)));
    ring->buckets = must(calloc(buckets, sizeof(*ring->buckets)));
    ring->bucket_mask = (uint32_t)(buckets - 1);
}

void ring_fini(struct ring *ring)
{
    free(ring->bytes);
    free(ring->starts);
    free(ring->buckets);
    *ring = (struct ring){ 0 };
}

struct ring_entry *ring_at(const struct ring *ring, uint64_t number)
{
    assert(number >= ring->first && number < ring->end);
    return (struct ring_entry *)(void *)(ring->bytes +
                                         ring->starts[number % ring->entry_cap] % ring->byte_cap);
}

struct str ring_str(const struct ring *ring, struct ring_text text)
{
    return text.len ? str_of(ring->bytes + text.at % ring->byte_cap, text.len) : STR_EMPTY;
}

/* Ids are random: their first characters are hash enough, of one hand-made all the same. */
static uint32_t bucket_of(const struct ring *ring, struct str id)
{
    uint64_t hash = UINT64_C(1469598103934665603);
    for (size_t i = 0; i < id.len && i < 13; i++)
        hash = (hash ^ (unsigned char)id.ptr[i]) * UINT64_C(1099511628211);
    return (uint32_t)(hash >> 32 ^ hash) & ring->bucket_mask;
}

/* Where the next `size` bytes go: they do not wrap. What lay there is gone. */
static uint64_t take(struct ring *ring, size_t size)
{
    uint64_t at = (ring->byte_end + ALIGN - 1) / ALIGN * ALIGN;
    if (at % ring->byte_cap + size > ring->byte_cap)
        at += ring->byte_cap - at % ring->byte_cap;
    ring->byte_end = at + size;
    while (ring->first < ring->end &&
           ring->starts[ring->first % ring->entry_cap] + ring->byte_cap < ring->byte_end) {
        ring->first++;
        ring->lost = true;
    }
    if (ring->committed < ring->first)
        ring->committed = ring->first;
    return at;
}

struct ring_entry *ring_push(struct ring *ring, size_t size, struct str id)
{
    if (size > ring->byte_cap / 4)
        return NULL;
    if (ring->end - ring->first == ring->entry_cap) {
        ring->first++;
        ring->lost = true;
        if (ring->committed < ring->first)
            ring->committed = ring->first;
    }
    uint64_t at = take(ring, size), number = ring->end++;
    ring->starts[number % ring->entry_cap] = at;
    struct ring_entry *entry = ring_at(ring, number);
    uint32_t bucket = bucket_of(ring, id);
    *entry = (struct ring_entry){ .next_hash = ring->buckets[bucket], .bucket = bucket };
    ring->buckets[bucket] = number + 1;
    return entry;
}

struct ring_text ring_put(struct ring *ring, struct str text)
{
    if (text.len == 0 || text.len > ring->byte_cap / 4)
        return (struct ring_text){ 0 };
    uint64_t at = take(ring, text.len);
    memcpy(ring->bytes + at % ring->byte_cap, text.ptr, text.len);
    return (struct ring_text){ at, (uint32_t)text.len };
}

void ring_pop(struct ring *ring)
{
    struct ring_entry *entry = ring_at(ring, ring->end - 1);
    assert(ring->end > ring->committed);
    ring->buckets[entry->bucket] = entry->next_hash;
    ring->byte_end = ring->starts[(ring->end - 1) % ring->entry_cap];
    ring->end--;
}

struct ring_entry *ring_find(const struct ring *ring, struct str id, uint64_t below, uint64_t *ret)
{
    uint64_t next = ring->buckets[bucket_of(ring, id)];
    while (next > ring->first) { /* its entry is next - 1 */
        struct ring_entry *entry = ring_at(ring, next - 1);
        if (next - 1 < below && str_eq(ring_str(ring, entry->id), id)) {
            *ret = next - 1;
            return entry;
        }
        next = entry->next_hash;
    }
    return NULL;
}
