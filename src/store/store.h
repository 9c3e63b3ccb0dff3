/* store.h - one atomic batch at a time into a durable journal, and ordered keys to read.
 *
 * Truths: 1. A batch that store_commit has answered is on disk, whole; one that it has not may be there
 *            whole or not at all.
 *         2. A reader sees whole batches only. The batch under construction sees itself on top of all
 *            that was committed.
 *         3. Keys are a view of the journal: the folder opens to exactly the journal's last whole batch.
 *         4. A failed sync is the end: the process stops (store_commit does not return).
 * Threads: store_batch_*, store_commit: the partition's writer alone. Readers: any thread, each its own.
 * Keys are at most KEY_BYTES_MAX bytes (key.h); values at most STORE_VALUE_BYTES_MAX.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/arena.h"
#include "base/err.h"

struct buf;
struct store;
struct store_batch;
struct store_reader; /* something to read from: a snapshot, or the batch under construction */
struct store_cursor;

enum { STORE_VALUE_BYTES_MAX = 32 << 20 };

struct store_settings {
    const char *folder;       /* NULL: ephemeral, the memory journal and a view in memory */
    size_t segment_bytes;     /* of the journal; 0: the default, 16 MiB */
    size_t view_buffer_bytes; /* RocksDB's write buffer; 0: the default, 32 MiB */
    size_t cache_bytes;       /* of the view's block cache; 0: the default, 32 MiB */
    uint64_t free_bytes_min;  /* under this much free disk writes are refused with ERR_NOSPACE; 0: 64 MiB */
    bool no_sync;             /* tests of other rooms only: commits do not wait for the disk */
};

/* ---- life ---- */

/* Makes the folder if it is absent. ERR_CORRUPT (says segment and offset; nothing is written),
 * ERR_UNSUPPORTED (a newer version's folder), ERR_CONFLICT (another server holds it), ERR_IO, ERR_NOSPACE. */
enum err store_open(const struct store_settings *settings, struct store **ret, struct diag *reterr) MUST_USE;
/* Flushes the view, so that the next start replays nothing. Accepts NULL. */
void store_close(struct store **store);

/* ---- write ---- */

/* The batch of this store, emptied. There is one; it is valid until store_commit or the next begin. */
struct store_batch *store_batch_begin(struct store *store);
/* Returns where the value lies in the batch's bytes, for store_batch_keep. */
size_t store_put(struct store_batch *batch, struct str key, struct str value);
void store_delete(struct store_batch *batch, struct str key);
void store_delete_range(struct store_batch *batch, struct str first, struct str end); /* end excluded */
bool store_batch_empty(const struct store_batch *batch);
size_t store_batch_bytes(const struct store_batch *batch);
/* Undo: all that was written after the mark is forgotten, as if never said. */
size_t store_batch_mark(const struct store_batch *batch);
/* Moves the mark without a write: for what a room keeps in memory alone and takes back in a roll-back. A group that has
 * some is followed by after_commit, written or not. */
void store_batch_note(struct store_batch *batch);
void store_batch_rollback(struct store_batch *batch, size_t mark);
/* When the batch is committed its bytes are swapped for those of `bytes`, whose memory the next one is built in:
 * whoever wants what was put need not copy it. `bytes` lives until the commit, or the next begin; of several the last
 * counts. */
void store_batch_keep(struct store_batch *batch, struct buf *bytes);

/* Next value of a counter kept in the store: 1, 2, 3 ... Part of the batch like any write. */
uint64_t store_next_id(struct store_batch *batch, uint16_t partition, struct str counter);

/* Whether there is room for a batch; ask before building one. ERR_NOSPACE: refuse writes for now,
 * reads go on; it becomes ERR_OK by itself once there is room again. */
enum err store_room(struct store *store, size_t batch_bytes) MUST_USE;

/* Journal, sync, view. Returns after all three. ERR_NOSPACE (and ERR_LIMIT over 1 GiB):
 * nothing of it was kept, and the batch is empty again. */
enum err store_commit(struct store_batch *batch, struct diag *reterr) MUST_USE;

/* ---- read ---- */

/* The batch as a reader: valid as long as the batch. */
struct store_reader *store_batch_reader(struct store_batch *batch);
/* All that is committed now, unmoved by later commits. Release soon: it holds old data back. */
struct store_reader *store_snapshot(struct store *store);
void store_snapshot_release(struct store_reader **reader);

/* ERR_OK and the value, copied to the arena; ERR_NOTFOUND; ERR_IO or ERR_CORRUPT from the view. */
enum err store_get(struct store_reader *reader, struct arena *arena, struct str key,
                   struct str *ret) MUST_USE;
bool store_has(struct store_reader *reader, struct str key);

/* Keys in [first, end) in order, or from the last of them down. Slices that
 * store_cursor_next gives live until the next call. Do not write to the batch while a
 * cursor over it is open (asserted). An empty end: no end. */
enum store_direction { STORE_UP, STORE_DOWN };
struct store_cursor *store_scan(struct store_reader *reader, struct str first, struct str end,
                                enum store_direction direction);
bool store_cursor_next(struct store_cursor *cursor, struct str *key, struct str *value);
/* Moves to the first key at or after (STORE_DOWN: at or before) key, within the range. */
void store_cursor_seek(struct store_cursor *cursor, struct str key);
/* ERR_OK, or why the scan ended early. Closes it. */
enum err store_cursor_close(struct store_cursor **cursor);

/* ---- look ---- */

/* Files that hold keys of the range are written anew, without what was deleted: gives room on the disk back. Any
 * thread; takes its time. */
void store_compact(struct store *store, struct str first, struct str end);

struct store_stats {
    uint64_t sequence; /* of the last batch committed */
    uint64_t commits, syncs;
    uint64_t journal_bytes; /* held on disk now */
    uint64_t view_bytes;    /* of keys and values, on disk and in memory */
    uint64_t disk_bytes;    /* of journal and view, on disk alone */
    uint64_t large_bytes;   /* of them, of large values: what was deleted may still be in there */
    uint64_t replayed;      /* batches replayed at open */
};
void store_stats(struct store *store, struct store_stats *ret);

/* A consistent copy of a running store into an empty or absent folder, openable as it
 * is. Writer's thread, between batches. */
enum err store_backup(struct store *store, const char *folder, struct diag *reterr) MUST_USE;

/* Offline: reads every record and every key of a folder that no server holds. Calls say once per finding.
 * ERR_OK: sound. ERR_CORRUPT: at least one finding. Writes nothing. */
typedef void store_check_say_f(void *self, const char *text);
/* What a room knows of its keys: reads them, and calls say with say_self once for each finding. */
typedef void store_check_room_f(struct store_reader *reader, store_check_say_f *say, void *say_self);
/* rooms: ended by a NULL; NULL: none. */
enum err store_check(const char *folder, store_check_room_f *const *rooms, store_check_say_f *say, void *self,
                     struct diag *reterr) MUST_USE;

#endif
