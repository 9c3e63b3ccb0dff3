/* matcher_memory.h - the memory of one matcher: counted, and given back when no reader can still see it.
 *
 *     writer   unlinks A   retire(A, 7)   epoch 7 -> 8             A is free once every reader inside entered at 8
 *     reader      enter at 7 ..... reads A ..... leave
 *
 * Threads: slots: a reader each. All else: the writer.
 */
#ifndef MATCH_MATCHER_MEMORY_H
#define MATCH_MATCHER_MEMORY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A reader's: which epoch it entered at. On a cache line of its own. */
struct matcher_slot {
    _Atomic(uint64_t) epoch; /* 0: it is outside */
    _Atomic(bool) taken;
    struct matcher_slot *next;
    char line[64 - 24];
};

struct matcher_retired;

struct matcher_memory {
    _Atomic(uint64_t) epoch; /* from 1 */
    _Atomic(struct matcher_slot *) slots;
    uint64_t bytes;                  /* with what the allocator adds */
    struct matcher_retired *retired; /* a queue: [start, end) */
    size_t retired_start, retired_end, retired_room;
};

void matcher_memory_init(struct matcher_memory *memory);
void matcher_memory_fini(struct matcher_memory *memory);

void *matcher_memory_alloc(struct matcher_memory *memory, size_t size); /* zeroed */
/* Of what no reader ever saw. NULL is nothing. */
void matcher_memory_free(struct matcher_memory *memory, void *room, size_t size);
/* Of what was unlinked; freed later. NULL is nothing. */
void matcher_memory_retire(struct matcher_memory *memory, void *room, size_t size);
/* After each change: readers that enter now see none of what was retired before. What they keep from one event to the
 * next is of one epoch, so it is another also when nothing was retired. */
void matcher_memory_turn(struct matcher_memory *memory);

struct matcher_slot *matcher_memory_slot_take(struct matcher_memory *memory); /* any thread */
void matcher_memory_slot_leave(struct matcher_slot *slot);

static inline void matcher_memory_enter(struct matcher_memory *memory, struct matcher_slot *slot)
{
    /* Once the epoch is the same after the slot said so, the writer that ends it finds the slot. */
    uint64_t epoch;
    do {
        epoch = atomic_load(&memory->epoch);
        (void)atomic_exchange(&slot->epoch, epoch);
    } while (atomic_load(&memory->epoch) != epoch);
}

static inline void matcher_memory_leave(struct matcher_slot *slot)
{
    atomic_store_explicit(&slot->epoch, 0, memory_order_release);
}

#endif
