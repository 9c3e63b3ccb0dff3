/* The journal on disk: folder/<first sequence, 16 hex digits>.log, one file after the other.
 *
 *   0000000000000001.log   0000000000000a3f.log   spare            spare.new, large.new
 *   |rec|rec|rec|rec|0|    |rec|rec|00000000000   |00000000000|    being made
 *          older                 current             the next       (worthless after a crash)
 *
 * Truths:  1. A segment is zeros to its end, on disk, before it gets its name; so a sync has no sizes to
 *             write.
 *          2. Behind the last whole record of the current segment there are zeros only, while we append.
 *          3. Only the last segment may end in something else (the batch that a crash cut); any other byte
 *             that is not as written is corruption.
 *          4. A record is in the file before it is synced, and synced before append returns.
 *          5. A write or a sync that failed ends the process: what the file holds is not known any more.
 *          6. What open has found is on disk, not only in the system's memory, before anybody reads it.
 * Threads: the writer's; and one of our own that makes the spare segment and removes dropped ones.
 */
#include "io/file.h"
#include "io/thread.h"
#include "store/journal_record.h"
#include "store/store_impl.h"

#include <assert.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
    /* The very first segment: small, so that a new folder opens at once. */
    FIRST_SEGMENT_BYTES = 256 * 1024,
    NAME_DIGITS = 16,
    PATH_BYTES = 4096,
    RETRY_NS = 100 * 1000 * 1000, /* without room for a spare: how soon it is tried again */
};

struct segment {
    uint64_t first; /* sequence of its first record */
    uint64_t bytes; /* of the file */
    uint64_t end;   /* of its last whole record */
};

struct journal {
    struct journal_settings settings;
    char *folder;
    struct segment *segments; /* in order; the last is the current one */
    size_t count, cap;
    uint64_t next;       /* sequence */
    uint32_t epoch;      /* of what is appended; before start, the highest seen */
    bool torn;           /* behind the last whole record there is something */
    struct file current; /* the last segment */
    uint64_t syncs;

    struct thread *thread;
    struct mutex *mutex;
    struct condition *changed;
    /* under the mutex */
    struct file spare;  /* made and synced, not yet in use */
    enum err spare_err; /* why there is none: ERR_OK (not ready yet), ERR_NOSPACE, ERR_IO */
    struct diag spare_diag;
    uint64_t *dropped; /* first sequences of segments to remove */
    size_t dropped_len, dropped_cap;
    bool keep; /* one could not be removed: none is any more */
    bool closing;
};

static void path_of(const struct journal *journal, const char *name, char path[PATH_BYTES])
{
    int len = snprintf(path, PATH_BYTES, "%s/%s", journal->folder, name);
    assert(len > 0 && len < PATH_BYTES); /* checked when it was opened */
}

static void segment_path(const struct journal *journal, uint64_t first, char path[PATH_BYTES])
{
    char name[NAME_DIGITS + 8];
    (void)snprintf(name, sizeof(name), "%016" PRIx64 ".log", first);
    path_of(journal, name, path);
}

static struct segment *current(struct journal *journal)
{
    return &journal->segments[journal->count - 1];
}

static void segment_add(struct journal *journal, struct segment segment)
{
    if (journal->count == journal->cap) {
        journal->cap = journal->cap ? journal->cap * 2 : 16;
        journal->segments = realloc(journal->segments, journal->cap * sizeof(segment));
        if (!journal->segments)
            abort();
    }
    journal->segments[journal->count++] = segment;
}

/* ---- open: look at everything, change nothing ---- */

static void list_entry(void *self, const char *name)
{
    struct journal *journal = self;
    uint64_t first = 0;
    unsigned i;
    for (i = 0; i < NAME_DIGITS; i++) {
        const char *digits = "0123456789abcdef", *digit = name[i] ? strchr(digits, name[i]) : NULL;
        if (!digit)
            return;
        first = first << 4 | (uint64_t)(digit - digits);
    }
    if (strcmp(name + i, ".log") == 0)
        segment_add(journal, (struct segment){ .first = first });
}

static int by_first(const void *a, const void *b)
{
    const struct segment *left = a, *right = b;
    return left->first < right->first ? -1 : left->first > right->first;
}

/* The bytes of a segment, in a buffer that grows with the largest. */
static enum err segment_load(struct journal *journal, struct segment *segment, struct buf *to,
                             struct diag *reterr)
{
    char path[PATH_BYTES];
    segment_path(journal, segment->first, path);
    buf_clear(to);
    enum err err =
        file_read_all(path, RECORD_PAYLOAD_BYTES_MAX + RECORD_HEAD_BYTES + RECORD_ALIGN, to, reterr);
    segment->bytes = to->len;
    return err;
}

static enum err corrupt(struct journal *journal, const struct segment *segment, uint64_t offset,
                        struct diag *reterr, const char *what)
{
    return diag_set(reterr, ERR_CORRUPT,
                    "the journal is damaged: segment %s/%016" PRIx64 ".log, offset %" PRIu64 ": %s",
                    journal->folder, segment->first, offset, what);
}

/* Walks the records of one segment; journal->next is what its first must be. */
static enum err segment_check(struct journal *journal, struct segment *segment, bool last, struct str bytes,
                              struct diag *reterr)
{
    char text[160];
    size_t at = 0, follows;
    if (segment->first != journal->next) {
        (void)snprintf(text, sizeof(text),
                       "it should begin with batch %" PRIu64 ": batches between are missing", journal->next);
        return corrupt(journal, segment, 0, reterr, text);
    }
    for (;;) {
        struct record record;
        const char *why = NULL;
        enum record_found found = record_read(bytes, at, journal->settings.salt, &record, &why);
        if (found == RECORD_VERSION_NEWER)
            return diag_set(reterr, ERR_UNSUPPORTED,
                            "segment %s/%016" PRIx64 ".log, offset %zu: a record of a newer version than %d",
                            journal->folder, segment->first, at, RECORD_VERSION);
        if (found == RECORD_ZEROS)
            break;
        if (found == RECORD_BAD) {
            if (!last)
                return corrupt(journal, segment, at, reterr, why);
            if (record_follows(bytes, at, journal->settings.salt, journal->next, &follows)) {
                (void)snprintf(text, sizeof(text), "%s, and batches follow it at offset %zu", why, follows);
                return corrupt(journal, segment, at, reterr, text);
            }
            journal->torn = true;
            break;
        }
        if (record.sequence != journal->next || record.epoch < journal->epoch) {
            (void)snprintf(text, sizeof(text),
                           "batch %" PRIu64 " of epoch %" PRIu32 " stands where batch %" PRIu64
                           " of epoch %" PRIu32 " or later belongs",
                           record.sequence, record.epoch, journal->next, journal->epoch);
            return corrupt(journal, segment, at, reterr, text);
        }
        journal->epoch = record.epoch;
        journal->next++;
        at += (size_t)record_bytes(record.payload.len);
        if (at > bytes.len)
            at = bytes.len;
    }
    segment->end = at;
    return ERR_OK;
}

/* What a killed server wrote may be whole and not on disk. Before anybody sees it, it must be: a power cut
 * would take it away from under the view, or from under the batches that follow it in the next segment.
 * The same holds for the last segment's name. All before it was synced before there was a next one. */
static enum err settle(struct journal *journal, struct diag *reterr)
{
    if (journal->count == 0 || journal->settings.no_sync)
        return ERR_OK;
    char path[PATH_BYTES];
    struct file file = FILE_NONE;
    segment_path(journal, current(journal)->first, path);
    enum err err = file_open(path, FILE_WRITE, &file, reterr);
    if (!err)
        err = file_sync(file, reterr);
    file_close(&file);
    return err ? err : folder_sync(journal->folder, reterr);
}

static void local_close(struct journal **journal);

static enum err local_open(const struct journal_settings *settings, struct journal **ret, struct diag *reterr)
{
    if (strlen(settings->folder) > PATH_BYTES - 64)
        return diag_set(reterr, ERR_LIMIT, "the path is too long: %s", settings->folder);
    struct journal *journal = calloc(1, sizeof(*journal));
    if (!journal)
        abort();
    journal->settings = *settings;
    journal->folder = strdup(settings->folder);
    if (!journal->folder)
        abort();
    journal->current = journal->spare = FILE_NONE;
    journal->mutex = mutex_new();
    journal->changed = condition_new();
    enum err err = ERR_OK;
    if (file_exists(journal->folder))
        err = folder_list(journal->folder, list_entry, journal, reterr);
    if (journal->count)
        qsort(journal->segments, journal->count, sizeof(*journal->segments), by_first);
    journal->next = journal->count ? journal->segments[0].first : settings->sequence_next;
    struct buf bytes;
    buf_init(&bytes, 0);
    for (size_t i = 0; i < journal->count && !err; i++) {
        err = segment_load(journal, &journal->segments[i], &bytes, reterr);
        if (!err)
            err = segment_check(journal, &journal->segments[i], i + 1 == journal->count, buf_str(&bytes),
                                reterr);
    }
    buf_fini(&bytes);
    if (!err)
        err = settle(journal, reterr);
    if (err)
        local_close(&journal);
    else
        *ret = journal;
    return err;
}

static enum err local_replay(struct journal *journal, uint64_t from, journal_replay_f *f, void *self,
                             struct diag *reterr)
{
    enum err err = ERR_OK;
    bool more = true;
    struct buf bytes;
    buf_init(&bytes, 0);
    for (size_t i = 0; i < journal->count && more && !err; i++) {
        if (i + 1 < journal->count && journal->segments[i + 1].first <= from)
            continue;
        struct segment segment = journal->segments[i];
        err = segment_load(journal, &segment, &bytes, reterr);
        for (size_t at = 0; at < segment.end && more && !err;) {
            struct record record;
            const char *why = "it was whole when the journal was opened";
            if (record_read(buf_str(&bytes), at, journal->settings.salt, &record, &why) != RECORD_WHOLE) {
                err = corrupt(journal, &segment, at, reterr, why);
                break;
            }
            if (record.sequence >= from)
                more = f(self, record.sequence, record.epoch, record.payload);
            at += (size_t)record_bytes(record.payload.len);
        }
    }
    buf_fini(&bytes);
    return err;
}

/* ---- segments made ahead ---- */

static enum err zeros_make(const char *path, uint64_t bytes, bool no_sync, struct file *ret,
                           struct diag *reterr)
{
    struct file file = FILE_NONE;
    enum err err = file_open(path, FILE_CREATE, &file, reterr);
    if (!err)
        err = file_zero(file, 0, bytes, reterr);
    if (!err && !no_sync)
        err = file_sync(file, reterr);
    if (err) {
        file_close(&file);
        file_discard(path); /* what is left of it takes room that others need */
        return err;
    }
    *ret = file;
    return ERR_OK;
}

/* Gives a file its name as the next segment, on disk. */
static enum err segment_enter(struct journal *journal, const char *name, struct file file,
                              struct segment segment, struct diag *reterr)
{
    char from[PATH_BYTES], to[PATH_BYTES];
    path_of(journal, name, from);
    segment_path(journal, segment.first, to);
    enum err err = file_rename(from, to, reterr);
    if (!err && !journal->settings.no_sync)
        err = folder_sync(journal->folder, reterr);
    if (err)
        return err;
    file_close(&journal->current);
    journal->current = file;
    /* One without a batch has the same name: it was replaced, and must not be dropped as an old one. */
    if (journal->count && current(journal)->first == segment.first)
        *current(journal) = segment;
    else
        segment_add(journal, segment);
    return ERR_OK;
}

static void remove_dropped(struct journal *journal)
{
    while (journal->dropped_len && !journal->keep) {
        char path[PATH_BYTES];
        segment_path(journal, journal->dropped[0], path);
        journal->dropped_len--;
        memmove(journal->dropped, journal->dropped + 1, journal->dropped_len * sizeof(*journal->dropped));
        mutex_unlock(journal->mutex);
        struct diag diag;
        enum err err = file_remove(path, &diag);
        if (!err && !journal->settings.no_sync)
            err = folder_sync(journal->folder, &diag);
        mutex_lock(journal->mutex);
        if (err && !journal->keep) {
            /* Segments must not go around one that stays, nor one that a power cut
             * brings back: that would look like a hole. */
            fprintf(stderr, "crema: store: an old segment of the journal stays, and those after it: %s\n",
                    diag.text);
            journal->keep = true;
        }
    }
}

static void make_spare(struct journal *journal)
{
    char fresh[PATH_BYTES], path[PATH_BYTES];
    path_of(journal, "spare.new", fresh);
    path_of(journal, "spare", path);
    struct file file = FILE_NONE;
    struct diag diag;
    mutex_unlock(journal->mutex);
    enum err err =
        zeros_make(fresh, journal->settings.segment_bytes, journal->settings.no_sync, &file, &diag);
    if (!err && (err = file_rename(fresh, path, &diag)))
        file_close(&file);
    mutex_lock(journal->mutex);
    journal->spare = file;
    journal->spare_err = err;
    if (err)
        journal->spare_diag = diag;
    condition_broadcast(journal->changed);
}

static void prepare_main(void *self)
{
    struct journal *journal = self;
    mutex_lock(journal->mutex);
    while (!journal->closing) {
        if (journal->dropped_len && !journal->keep) /* first: it makes room */
            remove_dropped(journal);
        else if (journal->spare.fd >= 0)
            condition_wait(journal->changed, journal->mutex);
        else if (!journal->spare_err || !condition_wait_ns(journal->changed, journal->mutex, RETRY_NS))
            make_spare(journal);
    }
    remove_dropped(journal);
    mutex_unlock(journal->mutex);
}

/* A spare that an earlier run made is as good as new; what was being made is not. */
static enum err take_over_files(struct journal *journal, struct diag *reterr)
{
    static const char *const worthless[] = { "spare.new", "large.new", "first.new" };
    char path[PATH_BYTES];
    for (size_t i = 0; i < sizeof(worthless) / sizeof(worthless[0]); i++) {
        path_of(journal, worthless[i], path);
        enum err err = file_exists(path) ? file_remove(path, reterr) : ERR_OK;
        if (err)
            return err;
    }
    path_of(journal, "spare", path);
    if (!file_exists(path))
        return ERR_OK;
    uint64_t bytes;
    struct file file = FILE_NONE;
    enum err err = file_open(path, FILE_WRITE, &file, reterr);
    if (!err)
        err = file_size(file, &bytes, reterr);
    if (!err && bytes == journal->settings.segment_bytes) {
        journal->spare = file;
        return ERR_OK;
    }
    file_close(&file);
    return err ? err : file_remove(path, reterr);
}

static enum err local_start(struct journal *journal, uint64_t epoch, struct diag *reterr)
{
    assert(epoch >= journal->epoch && epoch <= UINT32_MAX);
    journal->epoch = (uint32_t)epoch;
    enum err err = folder_make(journal->folder, reterr);
    if (!err)
        err = take_over_files(journal, reterr);
    char path[PATH_BYTES];
    if (!err && journal->count == 0) {
        uint64_t bytes = journal->settings.segment_bytes;
        if (bytes > FIRST_SEGMENT_BYTES)
            bytes = FIRST_SEGMENT_BYTES;
        struct file file = FILE_NONE;
        path_of(journal, "first.new", path);
        err = zeros_make(path, bytes, journal->settings.no_sync, &file, reterr);
        if (!err && (err = segment_enter(journal, "first.new", file,
                                         (struct segment){ journal->next, bytes, 0 }, reterr)))
            file_close(&file);
    } else if (!err) {
        segment_path(journal, current(journal)->first, path);
        err = file_open(path, FILE_WRITE, &journal->current, reterr);
        if (!err && journal->torn) {
            err = file_zero(journal->current, current(journal)->end, current(journal)->bytes, reterr);
            if (!err && !journal->settings.no_sync)
                err = file_sync(journal->current, reterr);
        }
    }
    journal->torn = false;
    return err ? err : thread_start("journal", prepare_main, journal, &journal->thread, reterr);
}

/* ---- append ---- */

static void stop(struct journal *journal, const struct diag *diag)
{
    store_stop("the journal cannot be written: segment %s/%016" PRIx64 ".log, offset %" PRIu64
               ", batch %" PRIu64 ": %s",
               journal->folder, current(journal)->first, current(journal)->end, journal->next, diag->text);
}

/* The spare becomes the current segment; waits for it while it is being made. */
static enum err roll(struct journal *journal, struct diag *reterr)
{
    mutex_lock(journal->mutex);
    while (journal->spare.fd < 0 && !journal->spare_err)
        condition_wait(journal->changed, journal->mutex);
    struct file file = journal->spare;
    enum err err = file.fd < 0 ? journal->spare_err : ERR_OK;
    struct diag diag = journal->spare_diag;
    mutex_unlock(journal->mutex);
    if (err) {
        if (err != ERR_NOSPACE)
            stop(journal, &diag);
        return diag_set(reterr, err, "no room for a segment of the journal: %s", diag.text);
    }
    struct segment segment = { journal->next, journal->settings.segment_bytes, 0 };
    if (segment_enter(journal, "spare", file, segment, &diag))
        stop(journal, &diag);
    mutex_lock(journal->mutex);
    journal->spare = FILE_NONE;
    condition_broadcast(journal->changed);
    mutex_unlock(journal->mutex);
    return ERR_OK;
}

/* A record larger than a segment: a file of its own, complete before it gets its name. */
static enum err append_large(struct journal *journal, struct str head, struct str payload,
                             struct diag *reterr)
{
    char path[PATH_BYTES];
    path_of(journal, "large.new", path);
    uint64_t bytes = record_bytes(payload.len);
    struct file file = FILE_NONE;
    enum err err = file_open(path, FILE_CREATE, &file, reterr);
    if (!err)
        err = file_write_at(file, 0, head, payload, reterr);
    if (!err)
        err = file_zero(file, head.len + payload.len, bytes, reterr);
    if (!err && !journal->settings.no_sync)
        err = file_sync(file, reterr);
    if (err) {
        file_close(&file);
        file_discard(path);
        if (err != ERR_NOSPACE)
            stop(journal, reterr);
        return err;
    }
    if (segment_enter(journal, "large.new", file, (struct segment){ journal->next, bytes, bytes }, reterr))
        stop(journal, reterr);
    journal->syncs++;
    journal->next++;
    return ERR_OK;
}

static enum err local_append(struct journal *journal, uint64_t sequence, struct str payload,
                             struct diag *reterr)
{
    assert(sequence == journal->next);
    struct diag diag;
    if (!reterr)
        reterr = &diag;
    if (payload.len > RECORD_PAYLOAD_BYTES_MAX)
        return diag_set(reterr, ERR_LIMIT, "a batch of %zu bytes", payload.len);
    struct record record = { .sequence = sequence, .epoch = journal->epoch, .payload = payload };
    char bytes[RECORD_HEAD_BYTES];
    record_head(&record, journal->settings.salt, bytes);
    struct str head = str_of(bytes, sizeof(bytes));
    uint64_t need = record_bytes(payload.len);
    if (need > current(journal)->bytes - current(journal)->end) {
        if (need > journal->settings.segment_bytes)
            return append_large(journal, head, payload, reterr);
        enum err err = roll(journal, reterr);
        if (err)
            return err;
    }
    enum err err = file_write_at(journal->current, current(journal)->end, head, payload, reterr);
    if (!err && !journal->settings.no_sync)
        err = file_sync(journal->current, reterr);
    if (err)
        stop(journal, reterr);
    current(journal)->end += need;
    journal->syncs += !journal->settings.no_sync;
    journal->next++;
    return ERR_OK;
}

static enum err local_room(struct journal *journal, size_t bytes)
{
    uint64_t need = record_bytes(bytes);
    if (need > journal->settings.segment_bytes)
        need = journal->settings.segment_bytes;
    if (need <= current(journal)->bytes - current(journal)->end)
        return ERR_OK;
    mutex_lock(journal->mutex);
    enum err err = journal->spare.fd < 0 && journal->spare_err == ERR_NOSPACE ? ERR_NOSPACE : ERR_OK;
    mutex_unlock(journal->mutex);
    return err;
}

/* ---- drop, look, close ---- */

static void local_drop(struct journal *journal, uint64_t below)
{
    size_t gone = 0;
    while (gone + 1 < journal->count && journal->segments[gone + 1].first <= below)
        gone++;
    if (gone == 0)
        return;
    mutex_lock(journal->mutex);
    if (journal->dropped_cap < journal->dropped_len + gone) {
        journal->dropped_cap = (journal->dropped_len + gone) * 2;
        journal->dropped = realloc(journal->dropped, journal->dropped_cap * sizeof(*journal->dropped));
        if (!journal->dropped)
            abort();
    }
    for (size_t i = 0; i < gone; i++)
        journal->dropped[journal->dropped_len++] = journal->segments[i].first;
    condition_broadcast(journal->changed);
    mutex_unlock(journal->mutex);
    journal->count -= gone;
    memmove(journal->segments, journal->segments + gone, journal->count * sizeof(*journal->segments));
}

static void local_look(const struct journal *journal, struct journal_look *ret)
{
    *ret = (struct journal_look){
        .first = journal->count ? journal->segments[0].first : journal->next,
        .next = journal->next,
        .epoch = journal->epoch,
        .syncs = journal->syncs,
        .segments = journal->count,
        .rolled_at = journal->count ? journal->segments[journal->count - 1].first : journal->next,
    };
    for (size_t i = 0; i < journal->count; i++)
        ret->bytes += journal->segments[i].bytes;
}

static void local_close(struct journal **journal)
{
    struct journal *j = *journal;
    if (!j)
        return;
    *journal = NULL;
    mutex_lock(j->mutex);
    j->closing = true;
    condition_broadcast(j->changed);
    mutex_unlock(j->mutex);
    thread_join(&j->thread);
    condition_free(&j->changed);
    mutex_free(&j->mutex);
    file_close(&j->current);
    file_close(&j->spare);
    free(j->segments);
    free(j->dropped);
    free(j->folder);
    free(j);
}

const struct journal_kind journal_local = {
    .name = "local",
    .open = local_open,
    .start = local_start,
    .append = local_append,
    .replay = local_replay,
    .drop = local_drop,
    .room = local_room,
    .look = local_look,
    .close = local_close,
};
