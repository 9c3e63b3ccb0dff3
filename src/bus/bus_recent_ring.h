/* bus_recent_ring.h - a ring of events and their bytes, for bus_recent.c. Whoever calls holds the lock.
 *
 * Entries have numbers of the ring from 0 that rise; bytes have positions that rise. An entry is there while its
 * bytes are: both are taken from the oldest end when there is no more room.
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
    uint32_t attempts;
    uint8_t state;
};

/* The head of an entry; its deliveries and texts follow it. */
struct ring_entry {
    uint64_t number;    /* of the event */
    uint64_t command;   /* work->number: whose batch is under construction */
    uint64_t next_hash; /* 1 + the ring's number of the entry before, with the same hash; 0: none */
    uint32_t bucket;
    int64_t arrived_ms, time_ms;
    struct ring_text account, region, bus, id, source, detail_type, emitted_by, text;
    uint64_t text_bytes;
    uint32_t hops, rules, delivery_count;
    uint8_t state;
    struct ring_delivery deliveries[];
};

struct ring {
    char *bytes;
    size_t byte_cap;
    uint64_t byte_end; /* position behind the newest byte */
    uint64_t *starts;  /* of entries, by number modulo entry_cap */
    size_t entry_cap;
    uint64_t first, end; /* entries [first, end) are there */
    uint64_t committed;  /* those below may be read */
    uint64_t *buckets;   /* 1 + the number of the newest with that hash */
    uint32_t bucket_mask;
    bool lost; /* some went for want of room */
};

void ring_init(struct ring *ring, size_t entries, size_t bytes);
void ring_fini(struct ring *ring);

/* Room for an entry of so many bytes in all, its head zeroed and linked by the hash of its id; NULL: it would take more
 * than a quarter of the ring. */
struct ring_entry *ring_push(struct ring *ring, size_t size, struct str id);
/* Bytes of their own, behind the newest entry. */
struct ring_text ring_put(struct ring *ring, struct str text);
/* Takes the newest entry back, and all bytes behind it. */
void ring_pop(struct ring *ring);
struct ring_entry *ring_at(const struct ring *ring, uint64_t number);
struct str ring_str(const struct ring *ring, struct ring_text text);
/* The newest entry of that id below `below` (a number of the ring); NULL: there is none. ret: its number. */
struct ring_entry *ring_find(const struct ring *ring, struct str id, uint64_t below, uint64_t *ret);

#endif
