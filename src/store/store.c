/* Opening, committing, closing. */
#include "store/store_impl.h"

#include "io/clock.h"
#include "io/thread.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

enum {
    SEGMENT_BYTES = 16 << 20,
    VIEW_BUFFER_BYTES = 32 << 20,
    CACHE_BYTES = 32 << 20,
    FREE_BYTES_MIN = 64 << 20,
    REPLAY_BYTES = 1 << 20,          /* how much goes into the view at once */
    ROOM_CHECK_NS = 5 * 1000 * 1000, /* how often the disk is asked for its free bytes */
};

/* How long RocksDB may take to see by itself that the disk has room again; its own look is every 5 s. */
#define REOPEN_AFTER_NS ((int64_t)20 * 1000 * 1000 * 1000)

static void store_free(struct store **store);

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

/* ---- replay: batches of the journal into the view, many at a time ---- */

struct replay {
    struct store *store;
    struct buf batch; /* VIEW_HEAD_BYTES of room, then operations */
    uint32_t count;
    uint64_t sequence; /* of the last batch in it */
    uint64_t batches;
    enum err err;
    struct diag *reterr;
};

static void replay_clear(struct replay *replay)
{
    buf_clear(&replay->batch);
    memset(buf_reserve(&replay->batch, VIEW_HEAD_BYTES), 0, VIEW_HEAD_BYTES);
    replay->batch.len = VIEW_HEAD_BYTES;
    replay->count = 0;
}

static void replay_apply(struct replay *replay)
{
    if (replay->count && !replay->err)
        replay->err =
            view_apply(replay->store->view, &replay->batch, replay->count, replay->sequence, replay->reterr);
    replay_clear(replay);
}

static bool replay_record(void *self, uint64_t sequence, uint64_t epoch, struct str payload)
{
    (void)epoch;
    struct replay *replay = self;
    struct str rest = payload;
    struct operation operation;
    while (rest.len && operation_read(&rest, &operation))
        replay->count++;
    if (rest.len) {
        replay->err =
            diag_set(replay->reterr, ERR_CORRUPT,
                     "batch %" PRIu64 " of the journal is whole, but not a list of operations", sequence);
        return false;
    }
    buf_add(&replay->batch, payload);
    replay->sequence = sequence;
    replay->batches++;
    if (replay->batch.len >= REPLAY_BYTES)
        replay_apply(replay);
    return !replay->err;
}

/* What the journal has and the view has not. */
static enum err replay(struct store *store, struct diag *reterr)
{
    struct journal_look look;
    store->kind->look(store->journal, &look);
    uint64_t applied;
    enum err err = view_applied(store->view, &applied, reterr);
    if (err)
        return err;
    if (applied + 1 < look.first)
        return diag_set(reterr, ERR_CORRUPT,
                        "%s: the view ends at batch %" PRIu64 ", the journal begins at %" PRIu64
                        ": batches between are missing",
                        store->folder->path, applied, look.first);
    if (applied >= look.next)
        return diag_set(reterr, ERR_CORRUPT,
                        "%s: the view holds batch %" PRIu64 ", the journal ends at %" PRIu64,
                        store->folder->path, applied, look.next - 1);
    struct replay replay = { .store = store, .reterr = reterr };
    buf_init(&replay.batch, 0);
    replay_clear(&replay);
    err = store->kind->replay(store->journal, applied + 1, replay_record, &replay, reterr);
    replay_apply(&replay);
    buf_fini(&replay.batch);
    store->replayed = replay.batches;
    return err ? err : replay.err;
}

/* ---- life ---- */

static enum err open_journal(struct store *store, struct diag *reterr)
{
    const struct folder *folder = store->folder;
    struct journal_settings settings = {
        .folder = folder->journal,
        .segment_bytes = store->settings.segment_bytes,
        .salt = folder->salt,
        .sequence_next = 1,
        .no_sync = store->settings.no_sync,
    };
    struct journal_look look;
    enum err err = store->kind->open(&settings, &store->journal, reterr);
    if (err)
        return err;
    store->kind->look(store->journal, &look);
    if (look.segments == 0 && !folder->fresh)
        return diag_set(reterr, ERR_CORRUPT, "%s: the journal has no segments", folder->journal);
    if (look.epoch > folder->epoch)
        return diag_set(reterr, ERR_CORRUPT,
                        "%s: the journal has batches of epoch %" PRIu64 ", the folder is at %" PRIu32,
                        folder->journal, look.epoch, folder->epoch);
    if (folder->closed && look.next <= folder->closed_sequence)
        return diag_set(reterr, ERR_CORRUPT,
                        "%s: the journal ends at batch %" PRIu64 ", but %" PRIu64
                        " was there when the server stopped",
                        folder->journal, look.next - 1, folder->closed_sequence);
    return ERR_OK;
}

static enum err open_folder(struct store *store, const char *path, struct diag *reterr)
{
    store->kind = &journal_local;
    enum err err = folder_open(path, false, &store->folder, reterr);
    if (!err)
        err = open_journal(store, reterr);
    if (err)
        return err;
    /* All that can be checked without writing is; from here on the folder changes. */
    struct view_settings view = {
        .folder = store->folder->view,
        .buffer_bytes = store->settings.view_buffer_bytes,
        .cache_bytes = store->settings.cache_bytes,
    };
    err = view_open(&view, &store->view, reterr);
    if (!err)
        err = replay(store, reterr);
    if (err)
        return err;
    if (store->folder->epoch == UINT32_MAX)
        return diag_set(reterr, ERR_LIMIT, "%s: the last epoch is used up", path);
    store->folder->epoch++;
    /* Before the first segment: one without a raised epoch is fresh and may lack it. */
    if (store->folder->fresh)
        err = store->kind->start(store->journal, store->folder->epoch, reterr);
    store->folder->closed = false;
    if (!err)
        err = folder_write_format(store->folder, reterr);
    if (!err && !store->folder->fresh)
        err = store->kind->start(store->journal, store->folder->epoch, reterr);
    if (!err)
        err = file_lock_sign(store->folder->lock, reterr);
    return err;
}

static void look(struct store *store)
{
    struct journal_look look;
    store->kind->look(store->journal, &look);
    store->sequence = look.next - 1;
    store->syncs = look.syncs;
    store->journal_bytes = look.bytes;
    if (look.rolled_at == store->rolled_at || !store->folder)
        return;
    store->rolled_at = look.rolled_at;
    uint64_t flushed;
    if (view_flushed(store->view, &flushed) == ERR_OK)
        store->kind->drop(store->journal, flushed + 1);
}

enum err store_open(const struct store_settings *settings, struct store **ret, struct diag *reterr)
{
    struct store *store = calloc(1, sizeof(*store));
    if (!store)
        abort();
    settings_complete(store, settings);
    batch_init(&store->batch, store);
    enum err err =
        settings->folder ? open_folder(store, settings->folder, reterr) : open_ephemeral(store, reterr);
    if (err) {
        store_free(&store);
        return err;
    }
    look(store);
    *ret = store;
    return ERR_OK;
}

static void store_free(struct store **store)
{
    struct store *s = *store;
    *store = NULL;
    batch_fini(&s->batch);
    view_close(&s->view, false);
    if (s->journal)
        s->kind->close(&s->journal);
    folder_close(&s->folder);
    free(s);
}

void store_close(struct store **store)
{
    struct store *s = *store;
    if (!s)
        return;
    struct diag diag;
    if (s->folder) {
        /* Whatever does not succeed here the next start does, from the journal. */
        enum err err = view_flush(s->view, &diag);
        if (!err) {
            s->folder->closed = true;
            s->folder->closed_sequence = s->sequence;
            err = folder_write_format(s->folder, &diag);
        }
        if (err)
            fprintf(stderr, "crema: store: stopped without flushing the view, the next start replays: %s\n",
                    diag.text);
    }
    store_free(store);
}

void store_stop(const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    fprintf(stderr, "crema: store: %s: stopping, nothing that was acknowledged is lost\n", text);
    _Exit(STORE_STOP_STATUS);
}

void store_on_stall(struct store *store, store_stall_f *stall, void *self)
{
    store->stall = stall;
    store->stall_self = self;
}

/* ---- room ---- */

static enum err disk_room(struct store *store)
{
    int64_t now_ns = clock_monotonic_ns();
    if (store->room_checked_ns && now_ns - store->room_checked_ns < ROOM_CHECK_NS)
        return store->room;
    store->room_checked_ns = now_ns;
    uint64_t free_bytes;
    enum err err = disk_free_bytes(store->folder->path, &free_bytes, NULL);
    enum err room = !err && free_bytes < store->settings.free_bytes_min ? ERR_NOSPACE : ERR_OK;
    if (room != store->room)
        fprintf(stderr, "crema: store: %" PRIu64 " bytes are free on the disk of %s: %s\n", free_bytes,
                store->folder->path, room ? "writes are refused until there is more" : "writes go on");
    store->room = room;
    return room;
}

enum err store_room(struct store *store, size_t batch_bytes)
{
    enum err err = store->folder ? disk_room(store) : ERR_OK;
    return err ? err : store->kind->room(store->journal, batch_bytes);
}

/* ---- commit ---- */

/* The batch is durable, the view has no room on the disk for it: waits until it has. RocksDB finds out by
 * itself that there is room again; when it does not, although there is, it is opened anew. */
static void apply_stalled(struct store *store, uint64_t sequence, struct diag *diag)
{
    fprintf(stderr, "crema: store: batch %" PRIu64 " waits for room on the disk: %s\n", sequence, diag->text);
    int64_t room_ns = INT64_MAX; /* since when there is room */
    enum err err = ERR_NOSPACE;
    bool reopening = false; /* begun, and not done: nothing else may touch the view */
    while (err == ERR_NOSPACE) {
        if (store->stall)
            store->stall(store->stall_self);
        thread_sleep_ms(STALL_POLL_MS);
        int64_t now_ns = clock_monotonic_ns();
        if (disk_room(store))
            room_ns = INT64_MAX;
        else if (room_ns > now_ns)
            room_ns = now_ns;
        if (room_ns == INT64_MAX || now_ns - room_ns < store->reopen_after_ns) {
            if (reopening)
                continue;
            struct store_batch *batch = &store->batch;
            err = view_apply(store->view, &batch->payload, batch->count, sequence, diag);
        } else {
            reopening = true;
            err = view_reopen(store->view, diag);
            if (!err)
                err = replay(store, diag); /* the batch is in the journal */
            if (!err)
                view_reopened(store->view);
        }
    }
    if (err)
        store_stop("batch %" PRIu64 " is durable, but the view does not take it: %s", sequence, diag->text);
    fprintf(stderr, "crema: store: there is room on the disk again\n");
}

enum err store_commit(struct store_batch *batch, struct diag *reterr)
{
    struct store *store = batch->store;
    struct diag diag;
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
    err = view_apply(store->view, &batch->payload, batch->count, sequence, &diag);
    if (err == ERR_NOSPACE)
        apply_stalled(store, sequence, &diag);
    else if (err)
        store_stop("batch %" PRIu64 " is durable, but the view does not take it: %s", sequence, diag.text);
    store->commits++;
    if (!store->folder)
        store->kind->drop(store->journal, sequence + 1); /* nobody will replay it */
    batch_committed(batch);
    batch_reset(batch);
    look(store);
    return ERR_OK;
}

void store_compact(struct store *store, struct str first, struct str end)
{
    view_compact(store->view, first, end);
}

void store_stats(struct store *store, struct store_stats *ret)
{
    uint64_t disk, large, all = view_bytes(store->view, &disk, &large);
    *ret = (struct store_stats){
        .sequence = store->sequence,
        .commits = store->commits,
        .syncs = store->syncs,
        .journal_bytes = store->journal_bytes,
        .view_bytes = all,
        .disk_bytes = store->journal_bytes + disk,
        .large_bytes = large,
        .replayed = store->replayed,
    };
}
