/* Frames of Maps, kept parsed: each iteration takes its item from the same array. A cache of the store; what a
 * command uses stays until it is over. */
#include <assert.h>
#include <stdlib.h>

#include "flow/flow_run.h"

enum { FRAMES_MAX = 64, FRAME_BYTES_MIN = 1024, FRAMES_BYTES_MAX = 32 << 20 };

struct frame_entry {
    struct execution_ref ref;
    uint32_t branch, entry;
    uint64_t used; /* the turn in which it was asked for last */
    struct arena arena;
    struct frame frame;
};

struct frame_cache {
    struct frame_entry *entries[FRAMES_MAX];
    uint64_t turn;
    size_t bytes;
};

static void entry_drop(struct frame_cache *cache, size_t i)
{
    struct frame_entry *entry = cache->entries[i];
    if (!entry)
        return;
    cache->bytes -= entry->arena.used;
    arena_fini(&entry->arena);
    free(entry);
    cache->entries[i] = NULL;
}

void flow_frames_forget(struct flow *flow)
{
    for (size_t i = 0; flow->frames && i < FRAMES_MAX; i++)
        entry_drop(flow->frames, i);
    free(flow->frames);
    flow->frames = NULL;
}

void flow_frames_turn(struct flow *flow)
{
    if (flow->frames)
        flow->frames->turn++;
}

struct frame *frame_find(struct run *run, const struct branch *branch)
{
    struct frame_cache *cache = run->flow->frames;
    for (size_t i = 0; cache && i < FRAMES_MAX; i++) {
        struct frame_entry *entry = cache->entries[i];
        if (!entry || entry->branch != branch->id || entry->entry != branch->entry ||
            entry->ref.machine_id != run->ref.machine_id || entry->ref.start_ms != run->ref.start_ms ||
            entry->ref.nonce != run->ref.nonce)
            continue;
        entry->used = cache->turn;
        return &entry->frame;
    }
    return NULL;
}

/* A free place, or that of what was not asked for longest; FRAMES_MAX: all are in use. */
static size_t place_find(const struct frame_cache *cache)
{
    size_t oldest = FRAMES_MAX;
    for (size_t i = 0; i < FRAMES_MAX; i++) {
        const struct frame_entry *entry = cache->entries[i];
        if (!entry)
            return i;
        if (entry->used < cache->turn && (oldest == FRAMES_MAX || entry->used < cache->entries[oldest]->used))
            oldest = i;
    }
    return oldest;
}

struct frame *frame_get(struct run *run, const struct branch *branch, struct str bytes)
{
    struct flow *flow = run->flow;
    if (!flow->frames) {
        flow->frames = calloc(1, sizeof(*flow->frames));
        assert(flow->frames);
        flow->frames->turn = 1;
    }
    struct frame_cache *cache = flow->frames;
    size_t place = bytes.len < FRAME_BYTES_MIN ? FRAMES_MAX : place_find(cache);
    if (place == FRAMES_MAX) {
        struct frame *frame = ARENA_NEW(run->work->arena, struct frame);
        bool whole = frame_read(bytes, frame);
        assert(whole);
        return frame;
    }
    entry_drop(cache, place);
    struct frame_entry *entry = calloc(1, sizeof(*entry));
    assert(entry);
    *entry = (struct frame_entry){
        .ref = run->ref, .branch = branch->id, .entry = branch->entry, .used = cache->turn
    };
    bool whole = frame_read(arena_copy(&entry->arena, bytes), &entry->frame);
    assert(whole);
    if (entry->frame.items.has_text) {
        (void)value_json(&entry->arena, &entry->frame.from);
        (void)value_json(&entry->arena, &entry->frame.items);
    }
    cache->entries[place] = entry;
    cache->bytes += entry->arena.used;
    for (size_t i = 0; i < FRAMES_MAX && cache->bytes > FRAMES_BYTES_MAX; i++) {
        if (cache->entries[i] && cache->entries[i]->used < cache->turn)
            entry_drop(cache, i);
    }
    return &entry->frame;
}
