#include "match/matcher_memory.h"

#include <stdlib.h>
#include <string.h>

struct matcher_retired {
    void *room;
    size_t size;
    uint64_t epoch;
};

enum { RETIRED_FIRST = 64 };

/* What malloc takes for it: a word before, in steps of two words, four at least. */
static uint64_t bytes_of(size_t size)
{
    uint64_t bytes = (size + 8 + 15) & ~(uint64_t)15;
    return bytes < 32 ? 32 : bytes;
}

void *matcher_memory_alloc(struct matcher_memory *memory, size_t size)
{
    void *room = calloc(1, size);
    if (!room)
        abort();
    memory->bytes += bytes_of(size);
    return room;
}

void matcher_memory_free(struct matcher_memory *memory, void *room, size_t size)
{
    if (!room)
        return;
    memory->bytes -= bytes_of(size);
    free(room);
}

static void queue_grow(struct matcher_memory *memory)
{
    size_t count = memory->retired_end - memory->retired_start;
    size_t room = count < RETIRED_FIRST / 2 ? RETIRED_FIRST : count * 2;
    struct matcher_retired *grown = matcher_memory_alloc(memory, room * sizeof(*grown));
    if (count)
        memcpy(grown, memory->retired + memory->retired_start, count * sizeof(*grown));
    matcher_memory_free(memory, memory->retired, memory->retired_room * sizeof(*grown));
    memory->retired = grown;
    memory->retired_start = 0;
    memory->retired_end = count;
    memory->retired_room = room;
}

void matcher_memory_init(struct matcher_memory *memory)
{
    *memory = (struct matcher_memory){ 0 };
    atomic_init(&memory->epoch, 1);
    queue_grow(memory);
}

void matcher_memory_retire(struct matcher_memory *memory, void *room, size_t size)
{
    if (!room)
        return;
    if (memory->retired_end == memory->retired_room)
        queue_grow(memory);
    memory->retired[memory->retired_end++] =
        (struct matcher_retired){ .room = room, .size = size, .epoch = atomic_load(&memory->epoch) };
}

/* The least epoch that a reader inside entered at. */
static uint64_t epoch_in_use(struct matcher_memory *memory)
{
    uint64_t least = UINT64_MAX;
    for (struct matcher_slot *slot = atomic_load(&memory->slots); slot; slot = slot->next) {
        uint64_t epoch = atomic_load(&slot->epoch);
        if (epoch && epoch < least)
            least = epoch;
    }
    return least;
}

void matcher_memory_turn(struct matcher_memory *memory)
{
    (void)atomic_fetch_add(&memory->epoch, 1);
    if (memory->retired_start == memory->retired_end)
        return;
    uint64_t in_use = epoch_in_use(memory);
    while (memory->retired_start < memory->retired_end &&
           memory->retired[memory->retired_start].epoch < in_use) {
        struct matcher_retired *gone = &memory->retired[memory->retired_start++];
        matcher_memory_free(memory, gone->room, gone->size);
    }
    if (memory->retired_start < memory->retired_end)
        return;
    memory->retired_start = memory->retired_end = 0;
    if (memory->retired_room > RETIRED_FIRST) { /* many readers were slow once */
        queue_grow(memory);
    }
}

void matcher_memory_fini(struct matcher_memory *memory)
{
    for (; memory->retired_start < memory->retired_end; memory->retired_start++)
        free(memory->retired[memory->retired_start].room);
    free(memory->retired);
    struct matcher_slot *slot = atomic_load(&memory->slots);
    while (slot) {
        struct matcher_slot *next = slot->next;
        free(slot);
        slot = next;
    }
    *memory = (struct matcher_memory){ 0 };
}

struct matcher_slot *matcher_memory_slot_take(struct matcher_memory *memory)
{
    for (struct matcher_slot *slot = atomic_load(&memory->slots); slot; slot = slot->next)
        if (!atomic_exchange(&slot->taken, true))
            return slot;
    struct matcher_slot *slot = calloc(1, sizeof(*slot));
    if (!slot)
        abort();
    atomic_init(&slot->taken, true);
    struct matcher_slot *first = atomic_load(&memory->slots);
    do
        slot->next = first;
    while (!atomic_compare_exchange_weak(&memory->slots, &first, slot));
    return slot;
}

void matcher_memory_slot_leave(struct matcher_slot *slot)
{
    atomic_store(&slot->taken, false);
}
