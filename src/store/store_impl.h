/* store_impl.h - the other side of store.h: for journals, the view and the files that make up the store.
 *
 * A batch on its way:   operations -> payload --journal.append--> disk --view_apply--> ordered keys
 * A start on its way:   format, lock -> journal.open (checks all, writes nothing) -> view_open
 *                       -> journal.replay from the view's sequence -> journal.start
 */
#ifndef STORE_STORE_IMPL_H
#define STORE_STORE_IMPL_H

#include "base/buf.h"
#include "base/map.h"
#include "io/file.h"
#include "store/overlay.h"
#include "store/store.h"

#include <stdatomic.h>

/* ---- operations: the payload of a journal record, and with VIEW_HEAD_BYTES before it the view's batch ----
 *
 *   put           | 1 u8  | key length varint | key | value length varint | value |
 *   delete        | 0 u8  | key length varint | key |
 *   delete range  | 15 u8 | first's length varint | first | end's length varint | end |
 */
enum operation_type { OPERATION_DELETE = 0, OPERATION_PUT = 1, OPERATION_DELETE_RANGE = 15 };

struct operation {
    enum operation_type type;
    struct str key;
    struct str value; /* of a put; the end of a delete range */
};

void operation_write(struct buf *payload, enum operation_type type, struct str key, struct str value);
/* Takes one off the front; false when the payload is not well-formed. */
bool operation_read(struct str *payload, struct operation *ret);

/* ---- journal: batches in order, durable ---- */

struct journal;

struct journal_settings {
    const char *folder; /* journal_local: where the segments lie */
    size_t segment_bytes;
    uint64_t salt;          /* of the checksums: bytes of one folder never pass for records of another */
    uint64_t sequence_next; /* of the first batch ever, when there is no segment yet */
    bool no_sync;
};

struct journal_look {
    uint64_t first, next; /* sequences: of the oldest batch kept, and of the next one appended */
    uint64_t epoch;       /* of the last batch, or the one that start gave */
    uint64_t bytes;       /* held on disk */
    uint64_t syncs;
    uint64_t rolled_at; /* sequence of the current segment's first batch */
    size_t segments;
};

/* false ends the replay. */
typedef bool journal_replay_f(void *self, uint64_t sequence, uint64_t epoch, struct str payload);

/* open checks everything that is there, sees that it is on disk, and changes nothing; start makes
 * ready to append (a torn tail is cut now) and must precede append, room and drop. append returns
 * when the batch is durable; anything that leaves the file in doubt ends the process. ERR_NOSPACE
 * from append: nothing was written. drop: batches below that sequence are not needed any more. room:
 * ERR_NOSPACE when an append of so many bytes would not find room now. Threads: the writer's. */
struct journal_kind {
    const char *name;
    enum err (*open)(const struct journal_settings *settings, struct journal **ret, struct diag *reterr);
    enum err (*start)(struct journal *journal, uint64_t epoch, struct diag *reterr);
    enum err (*append)(struct journal *journal, uint64_t sequence, struct str payload, struct diag *reterr);
    enum err (*replay)(struct journal *journal, uint64_t from, journal_replay_f *f, void *self,
                       struct diag *reterr);
    void (*drop)(struct journal *journal, uint64_t below);
    enum err (*room)(struct journal *journal, size_t bytes);
    void (*look)(const struct journal *journal, struct journal_look *ret);
    void (*close)(struct journal **journal);
};

extern const struct journal_kind journal_local, journal_memory;

/* ---- view: ordered keys in RocksDB ---- */

struct view;
struct view_cursor;

enum { VIEW_HEAD_BYTES = 12 }; /* before the operations: RocksDB's own sequence (0), then their count */

struct view_settings {
    const char *folder; /* NULL: in memory */
    size_t buffer_bytes, cache_bytes;
    bool read_only; /* writes nothing into the folder */
};

/* Threads: view_apply, view_flush, view_reopen: the writer's. Snapshots, and what reads from them: any. */
enum err view_open(const struct view_settings *settings, struct view **ret, struct diag *reterr) MUST_USE;
/* Closes RocksDB and opens it again, at its last flush, when an error of its own does not go away. Waits
 * until no snapshot is held; new ones wait until view_reopened, when the journal has been replayed. On
 * failure it is closed: only view_reopen again may follow. */
enum err view_reopen(struct view *view, struct diag *reterr) MUST_USE;
void view_reopened(struct view *view);
void view_close(struct view **view, bool flush);
/* batch: VIEW_HEAD_BYTES of room, operations, count of them. Adds the sequence as one operation more, so the
 * buf grows. ERR_NOSPACE: the disk is full, may be tried again; ERR_IO. */
enum err view_apply(struct view *view, struct buf *batch, uint32_t count, uint64_t sequence,
                    struct diag *reterr) MUST_USE;
/* Sequence of the last batch applied; of the last one that would survive a crash. */
enum err view_applied(struct view *view, uint64_t *ret, struct diag *reterr) MUST_USE;
enum err view_flushed(struct view *view, uint64_t *ret) MUST_USE;
enum err view_flush(struct view *view, struct diag *reterr) MUST_USE;
/* ret_disk: without what is in memory; ret_large: of it, of large values. */
uint64_t view_bytes(struct view *view, uint64_t *ret_disk, uint64_t *ret_large);
void view_compact(struct view *view, struct str first, struct str end); /* any thread */
/* All that is applied, as a folder of its own (absent so far); files are shared where the disk can. */
enum err view_copy(struct view *view, const char *folder, struct diag *reterr) MUST_USE;

struct view_snapshot;
struct view_snapshot *view_snapshot_new(struct view *view);
void view_snapshot_free(struct view *view, struct view_snapshot **snapshot);
/* snapshot NULL: the present. ret NULL: only whether it is there. */
enum err view_get(struct view *view, const struct view_snapshot *snapshot, struct arena *arena,
                  struct str key, struct str *ret) MUST_USE;

/* Keys in [first, end); both must live as long as the cursor. end empty: no end. */
struct view_cursor *view_cursor_new(struct view *view, const struct view_snapshot *snapshot, struct str first,
                                    struct str end);
void view_cursor_free(struct view_cursor **cursor);
void view_cursor_first(struct view_cursor *cursor);
void view_cursor_last(struct view_cursor *cursor);
void view_cursor_seek(struct view_cursor *cursor, struct str key);      /* at or after */
void view_cursor_seek_back(struct view_cursor *cursor, struct str key); /* at or before */
void view_cursor_step(struct view_cursor *cursor, enum store_direction direction);
bool view_cursor_at(const struct view_cursor *cursor, struct str *key); /* false: no more */
struct str view_cursor_value(const struct view_cursor *cursor);
enum err view_cursor_err(const struct view_cursor *cursor);

/* ---- batch ---- */

struct undo; /* one per operation (and per node that a delete range hid), newest last */

struct batch_range {
    struct str first, end; /* in the overlay's arena */
};

struct counter {
    uint64_t committed, value;
};

struct store_reader {
    struct store *store;
    struct store_batch *batch; /* NULL: a snapshot */
    struct view_snapshot *snapshot;
};

struct store_batch {
    struct store *store;
    struct store_reader reader;
    struct buf payload; /* VIEW_HEAD_BYTES of room, then operations */
    struct buf *kept;   /* gets the payload when it is committed; or NULL */
    uint32_t count;     /* operations in it */
    unsigned cursors;   /* open over this batch: writing would pull the ground from under them */
    struct overlay overlay;
    struct undo *undo;
    size_t undo_len, undo_cap;
    struct batch_range *ranges;
    size_t range_len, range_cap;
    struct map counters; /* key -> struct counter, values of the view cached */
    size_t counters_changed;
};

void batch_init(struct store_batch *batch, struct store *store);
void batch_fini(struct store_batch *batch);
/* Forgets the operations; counters go back to what is committed. */
void batch_reset(struct store_batch *batch);
/* Writes the changed counters as operations, before a commit. */
void batch_seal(struct store_batch *batch);
/* After the commit: counters keep their values, and who wants the payload gets it. */
void batch_committed(struct store_batch *batch);
struct str batch_operations(const struct store_batch *batch);
/* The delete range of the batch that hides a key of the view, or NULL. */
const struct batch_range *batch_range_over(const struct store_batch *batch, struct str key);

/* ---- folder ---- */

/* The folder's own files: lock and format.
 *
 *   folder/lock      held with flock while a server runs; its text is the holder's process id
 *   folder/format    lines of text, replaced as a whole:
 *                      crema store 3
 *                      epoch 7              raised at each start
 *                      salt 9f3a...         16 hex digits, of the journal's checksums
 *                      closed 12345         after a clean stop: the last batch, all of it in the view
 *   folder/journal/  the segments
 *   folder/view/     RocksDB's
 */
/* Of the folder and of every record in it. 2: workflows have branches, versions, and those they started. 3: log events
 * are packed, and streams have other records. */
enum { FOLDER_VERSION = 3 };

struct folder {
    struct file lock;
    char *path, *journal, *view, *format;
    bool fresh; /* no server has run on it yet */
    uint32_t epoch;
    uint64_t salt;
    bool closed; /* closed_sequence holds */
    uint64_t closed_sequence;
};

/* Locks and reads; makes what is missing unless `existing`, then ERR_NOTFOUND. */
enum err folder_open(const char *path, bool existing, struct folder **ret, struct diag *reterr) MUST_USE;
enum err folder_write_format(const struct folder *folder, struct diag *reterr) MUST_USE;
/* Lets go of the lock. Accepts NULL. */
void folder_close(struct folder **folder);
/* A folder that goes on from a sequence, around a view that is there already: for a backup. */
enum err folder_write_backup(const char *path, uint64_t sequence, struct diag *reterr) MUST_USE;

/* ---- store ---- */

/* Says one line on stderr and ends the process: what it knew of the disk is not true any more. */
enum { STORE_STOP_STATUS = 74 };
_Noreturn void store_stop(const char *format, ...) PRINTF_LIKE(1, 2);

/* Called about every STALL_POLL_MS on the writer's thread while a commit whose batch is already durable waits
 * for the view to find room on the disk. */
typedef void store_stall_f(void *self);
enum { STALL_POLL_MS = 20 };

struct store {
    struct store_settings settings; /* folder: own copy; zeros replaced by defaults */
    const struct journal_kind *kind;
    struct journal *journal;
    struct view *view;
    struct store_batch batch;
    struct folder *folder;   /* NULL: ephemeral */
    int64_t reopen_after_ns; /* how long the view may need to see by itself that there is room again */
    store_stall_f *stall;
    void *stall_self;
    int64_t room_checked_ns; /* when the disk's free bytes were asked for */
    enum err room;           /* what that said */
    uint64_t rolled_at;      /* the journal's, when segments were dropped last */
    _Atomic uint64_t sequence, commits, syncs, journal_bytes;
    uint64_t replayed;
};

void store_on_stall(struct store *store, store_stall_f *stall, void *self);

#endif
