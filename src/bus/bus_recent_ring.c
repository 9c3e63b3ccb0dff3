#include "bus/bus_recent_ring.h"
#include "io/thread.h"

#include <assert.h>
#include <stdlib.h>

enum {
    ALIGN = 8,
    /* Room that is made at once. */
    ROOM_BYTES = 64 * 1024,
    ROOM_ENTRIES = 64,
};

static void *must(void *at)
{
    if (!at)
        abort();
    return at;
}

void ring_init(struct ring *ring, struct mutex *mutex, size_t entries, size_t bytes)
{
    size_t buckets = 64;
    while (buckets < entries && buckets < (size_t)1 << 24)
        buckets *= 2;
    *ring = (struct ring){ .mutex = mutex, .byte_cap = bytes / ALIGN * ALIGN, .entry_cap = entries };
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
    return (struct ring_entry *)(void *)(ring->bytes +
                                         ring->starts[number % ring->entry_cap] % ring->byte_cap);
}

struct str ring_str(const struct ring *ring, struct ring_text text)
{
    return text.len ? str_of(ring->bytes + text.at % ring->byte_cap, text.len) : STR_EMPTY;
}

/* Ids are random: their ends are hash enough. */
static uint32_t bucket_of(const struct ring *ring, struct str id)
{
    uint64_t head = 0, tail = 0;
    size_t len = id.len < sizeof(head) ? id.len : sizeof(head);
    if (len) {
        memcpy(&head, id.ptr, len);
        memcpy(&tail, id.ptr + id.len - len, len);
    }
    return (uint32_t)((head * UINT64_C(0x9E3779B97F4A7C15) ^ tail * UINT64_C(0xC2B2AE3D27D4EB4F)) >> 32) &
           ring->bucket_mask;
}

static void room_make(struct ring *ring, uint64_t byte_end, uint64_t entry_end)
{
    size_t bytes = ring->byte_cap / 8 < ROOM_BYTES ? ring->byte_cap / 8 : ROOM_BYTES,
           entries = ring->entry_cap / 8 < ROOM_ENTRIES ? ring->entry_cap / 8 : ROOM_ENTRIES;
    mutex_lock(ring->mutex);
    ring->byte_limit = byte_end + bytes;
    ring->entry_limit = entry_end + entries;
    while (ring->first < ring->entry_end &&
           (ring->starts[ring->first % ring->entry_cap] + ring->byte_cap < ring->byte_limit ||
            ring->first + ring->entry_cap < ring->entry_limit)) {
        ring->first++;
        ring->lost = true;
    }
    if (ring->committed < ring->first)
        ring->committed = ring->first;
    mutex_unlock(ring->mutex);
}

/* Where the next `size` bytes go: they do not wrap. */
static uint64_t take(struct ring *ring, size_t size, uint64_t entry_end)
{
    uint64_t at = (ring->byte_end + ALIGN - 1) / ALIGN * ALIGN;
    if (at % ring->byte_cap + size > ring->byte_cap)
        at += ring->byte_cap - at % ring->byte_cap;
    if (at + size > ring->byte_limit || entry_end > ring->entry_limit)
        room_make(ring, at + size, entry_end);
    ring->byte_end = at + size;
    return at;
}

struct ring_entry *ring_push(struct ring *ring, size_t size)
{
    if (size > ring->byte_cap / 4)
        return NULL;
    uint64_t at = take(ring, size, ring->entry_end + 1), number = ring->entry_end++;
    ring->starts[number % ring->entry_cap] = at;
    struct ring_entry *entry = ring_at(ring, number);
    memset(entry, 0, sizeof(*entry));
    return entry;
}

struct ring_text ring_put(struct ring *ring, struct str text)
{
    if (text.len == 0 || text.len > ring->byte_cap / 4)
        return (struct ring_text){ 0 };
    uint64_t at = take(ring, text.len, ring->entry_end);
    memcpy(ring->bytes + at % ring->byte_cap, text.ptr, text.len);
    return (struct ring_text){ at, (uint32_t)text.len };
}

void ring_pop(struct ring *ring)
{
    assert(ring->entry_end > ring->committed);
    ring->byte_end = ring->starts[--ring->entry_end % ring->entry_cap];
}

void ring_commit(struct ring *ring)
{
    for (uint64_t number = ring->committed; number < ring->entry_end; number++) {
        struct ring_entry *entry = ring_at(ring, number);
        uint64_t *bucket = &ring->buckets[bucket_of(ring, ring_str(ring, entry->id))];
        entry->next_hash = *bucket;
        *bucket = number + 1;
    }
    ring->committed = ring->entry_end;
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
