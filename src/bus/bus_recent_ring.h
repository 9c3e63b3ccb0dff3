/* bus_recent_ring.h - a ring of events and their bytes, for bus_recent.c.
 *
 * Entries have numbers of the ring from 0 that rise; bytes have positions that rise. An entry is there while its
 * bytes are: both are taken from the oldest end when there is no more room.
 *
 * Truths: 1. Entries [first, committed) and the hash are read by many and changed under the lock alone.
 *         2. What is not committed yet is the writer's, without the lock: it lies where room was made before, under
 *            the lock, for many at once.
 */
#ifndef BUS_BUS_RECENT_RING_H
#define BUS_BUS_RECENT_RING_H

#include "bus/bus_recent.h"

/* A text in the ring: where it begins, its length. */
struct ring_text {
    uint64_t at;
    uint32_t len;
};

struct ring_delivery {
    struct ring_text rule_arn, target_id, target_arn, error, cause, place;
    int64_t time_ms;
    uint32_t attempts;
    uint8_t state;
};

/* The head of an entry; its deliveries and texts follow it. */
struct ring_entry {
    uint64_t number; /* of the event */
    uint64_t
        next_hash; /* of a committed one: 1 + the ring's number of the entry before, with the same hash; 0: none */
    int64_t arrived_ms, time_ms;
    struct ring_text account, region, bus, id, source, detail_type, emitted_by, text;
    uint64_t text_bytes;
    uint32_t hops, rules, delivery_count;
    uint8_t state;
    struct ring_delivery deliveries[];
};

struct ring {
    struct mutex *mutex; /* the lock; borrowed */
    char *bytes;
    size_t byte_cap;
    uint64_t *starts; /* positions of entries, by number modulo entry_cap */
    size_t entry_cap;
    /* The writer's. */
    uint64_t byte_end, byte_limit;   /* position behind the newest byte; where the room that was made ends */
    uint64_t entry_end, entry_limit; /* the same of entries */
    /* Under the lock. */
    uint64_t first, committed;
    uint64_t *buckets; /* 1 + the number of the newest committed one with that hash */
    uint32_t bucket_mask;
    bool lost; /* some went for want of room */
};

void ring_init(struct ring *ring, struct mutex *mutex, size_t entries, size_t bytes);
void ring_fini(struct ring *ring);

struct ring_entry *ring_at(const struct ring *ring, uint64_t number);
struct str ring_str(const struct ring *ring, struct ring_text text);

/* ---- the writer's, without the lock ---- */

/* Room for an entry of so many bytes in all, its head zeroed; NULL: it would take more than a quarter of the ring. */
struct ring_entry *ring_push(struct ring *ring, size_t size);
/* Bytes of their own, behind the newest entry; empty when there are too many of them. Older entries may go. */
struct ring_text ring_put(struct ring *ring, struct str text);
/* Takes the newest entry, which is not committed, and all bytes behind it back. */
void ring_pop(struct ring *ring);

/* ---- under the lock ---- */

/* All entries are committed. */
void ring_commit(struct ring *ring);
/* The newest committed entry of that id below `below` (a number of the ring); NULL: there is none. ret: its number. */
struct ring_entry *ring_find(const struct ring *ring, struct str id, uint64_t below, uint64_t *ret);

#endif
