/* Opening, committing, closing. */
#include "store/key.h"
#include "store/store_impl.h"

#include "io/clock.h"

#include <assert.h>
#include <stdlib.h>

enum {
    SEGMENT_BYTES = 16 << 20,
    VIEW_BUFFER_BYTES = 32 << 20,
    CACHE_BYTES = 32 << 20,
    FREE_BYTES_MIN = 64 << 20,
};

static void settings_complete(struct store *store, const struct store_settings *settings)
{
    store->settings = *settings;
    store->settings.folder = NULL;
    if (!store->settings.segment_bytes)
        store->settings.segment_bytes = SEGMENT_BYTES;
    if (!store->settings.view_buffer_bytes)
        store->settings.view_buffer_bytes = VIEW_BUFFER_BYTES;
    if (!store->settings.cache_bytes)
        store->settings.cache_bytes = CACHE_BYTES;
    if (!store->settings.free_bytes_min)
        store->settings.free_bytes_min = FREE_BYTES_MIN;
}

static enum err open_ephemeral(struct store *store, struct diag *reterr)
{
    struct journal_settings journal = { .sequence_next = 1, .no_sync = true };
    struct view_settings view = {
        .buffer_bytes = store->settings.view_buffer_bytes,
        .cache_bytes = store->settings.cache_bytes,
    };
    store->kind = &journal_memory;
    enum err err = store->kind->open(&journal, &store->journal, reterr);
    if (!err)
        err = store->kind->start(store->journal, 1, reterr);
    if (!err)
        err = view_open(&view, &store->view, reterr);
    return err;
}

enum err store_open(const struct store_settings *settings, struct store **ret, struct diag *reterr)
{
    struct store *store = calloc(1, sizeof(*store));
    if (!store)
        abort();
    settings_complete(store, settings);
    batch_init(&store->batch, store);
    enum err err = settings->folder ? diag_set(reterr, ERR_UNSUPPORTED, "folders are not there yet")
                                    : open_ephemeral(store, reterr);
    if (err)
        store_close(&store);
    else
        *ret = store;
    return err;
}

void store_close(struct store **store)
{
    struct store *s = *store;
    if (!s)
        return;
    *store = NULL;
    batch_fini(&s->batch);
    view_close(&s->view, s->folder != NULL);
    if (s->journal)
        s->kind->close(&s->journal);
    free(s);
}

void store_on_stall(struct store *store, store_stall_f *stall, void *self)
{
    store->stall = stall;
    store->stall_self = self;
}

enum err store_room(struct store *store, size_t batch_bytes)
{
    return store->kind->room(store->journal, batch_bytes);
}

enum err store_commit(struct store_batch *batch, struct diag *reterr)
{
    struct store *store = batch->store;
    assert(batch->cursors == 0);
    batch_seal(batch);
    if (batch->count == 0) {
        batch_reset(batch);
        return ERR_OK;
    }
    uint64_t sequence = store->sequence + 1;
    enum err err = store->kind->append(store->journal, sequence, batch_operations(batch), reterr);
    if (err) {
        batch_reset(batch);
        return err;
    }
    err = view_apply(store->view, &batch->payload, batch->count, sequence, reterr);
    if (err) {
        fprintf(stderr, "store: batch %llu is durable, but the view does not take it: stopping\n",
                (unsigned long long)sequence);
        abort();
    }
    store->sequence = sequence;
    store->commits++;
    if (!store->folder)
        store->kind->drop(store->journal, sequence + 1); /* nobody will replay it */
    batch_committed(batch);
    batch_reset(batch);
    return ERR_OK;
}

void store_stats(struct store *store, struct store_stats *ret)
{
    *ret = (struct store_stats){
        .sequence = store->sequence,
        .commits = store->commits,
        .syncs = store->syncs,
        .journal_bytes = store->journal_bytes,
        .view_bytes = view_bytes(store->view),
        .replayed = store->replayed,
    };
}
