/* The ordered keys in RocksDB, its own log off: what it loses at a crash the journal gives it again. */
#include "base/big_endian.h"
#include "io/thread.h"
#include "store/key.h"
#include "store/store_impl.h"

#include <assert.h>
#include <rocksdb/c.h>
#include <stdlib.h>

enum {
    BACKGROUND_JOBS = 2,
    OPEN_FILES_MAX = 256,
    BLOCK_BYTES = 16 * 1024,
    BLOOM_BITS = 10,
    FILE_BYTES = 4 << 20, /* of the first sorted level; each deeper one has files twice as large */
    FILE_BYTES_MULTIPLIER = 2,
    LARGE_BYTES_MIN =
        16 * 1024, /* of values that lie in files of their own kind, which compaction does not rewrite */
    LARGE_FILE_BYTES = 16 << 20,
    TIDIED_BYTES_MAX = 1 << 30,
    TIDIED_SHARE = 8,
    BOTTOMMOST_FORCE = 2,
    ARENA_BLOCK_BYTES_MAX = 256 * 1024,
    LOG_LEVEL_NOTHING = 6, /* above its highest */
    LOG_FILES = 1,
    READ_TIER_PERSISTED = 2,
};

/* Of the large values' files: a compaction moves what is alive out of the oldest quarter when it meets it; when so much
 * of that quarter is garbage, RocksDB begins such compactions by itself. */
#define LARGE_GC_AGE 0.25
#define LARGE_GC_SHARE 0.3

struct view {
    rocksdb_t *db;
    rocksdb_env_t *env; /* NULL: the machine's */
    rocksdb_options_t *options;
    rocksdb_cache_t *cache;
    rocksdb_readoptions_t *read, *read_persisted;
    rocksdb_writeoptions_t *write;
    char *folder;
    /* Who may use db: the writer always, others between enter and leave. */
    struct mutex *mutex;
    struct condition *changed;
    unsigned users; /* others within */
    bool read_only;
    char scratch[64]; /* read_only: RocksDB's own log goes there, not into the folder */
    bool reopening;
};

struct view_snapshot {
    const rocksdb_snapshot_t *snapshot;
    rocksdb_readoptions_t *read;
};

struct view_cursor {
    rocksdb_iterator_t *iterator;
    rocksdb_readoptions_t *read;
    enum err err;
};

/* What RocksDB's C interface says is a text; these are the parts that matter here. */
static enum err err_of(const char *text)
{
    if (strstr(text, "No space left") || strstr(text, "NoSpace") || strstr(text, "no space") ||
        strstr(text, "Space limit"))
        return ERR_NOSPACE;
    if (strstr(text, "Corruption"))
        return ERR_CORRUPT;
    return ERR_IO;
}

static enum err fail(struct diag *reterr, const char *what, char *text)
{
    enum err err = err_of(text);
    (void)diag_set(reterr, err, "%s: %s", what, text);
    rocksdb_free(text);
    return err;
}

static void options_make(struct view *view, const struct view_settings *settings)
{
    rocksdb_options_t *options = view->options = rocksdb_options_create();
    rocksdb_options_set_create_if_missing(options, !settings->read_only);
    if (!settings->folder) {
        view->env = rocksdb_create_mem_env();
        rocksdb_options_set_env(options, view->env);
    }
    rocksdb_options_set_write_buffer_size(options, settings->buffer_bytes);
    rocksdb_options_set_max_write_buffer_number(options, 3);
    size_t block = settings->buffer_bytes / 8;
    rocksdb_options_set_arena_block_size(options,
                                         block < ARENA_BLOCK_BYTES_MAX ? block : ARENA_BLOCK_BYTES_MAX);
    rocksdb_options_set_max_background_jobs(options, BACKGROUND_JOBS);
    rocksdb_options_set_max_open_files(options, OPEN_FILES_MAX);
    rocksdb_options_set_max_file_opening_threads(options,
                                                 2); /* its 16 cost an empty folder's start some ms */
    rocksdb_options_set_keep_log_file_num(options, LOG_FILES);
    /* A line after one that found no room on the disk would end the process: an assertion of RocksDB 7.8. What
     * is wrong with the view its calls tell us. */
    rocksdb_options_set_info_log_level(options, LOG_LEVEL_NOTHING);
    rocksdb_options_set_stats_dump_period_sec(options, 0);
    rocksdb_options_set_stats_persist_period_sec(options, 0);
    rocksdb_options_set_max_bytes_for_level_base(options, 256u << 20);
    rocksdb_options_set_level_compaction_dynamic_level_bytes(options, 0);
    rocksdb_options_set_bytes_per_sync(options, 1 << 20);
    /* One thread writes. */
    rocksdb_options_set_allow_concurrent_memtable_write(options, 0);
    /* Small files: removing one keeps every fdatasync of the filesystem waiting (ext4: 0.2 ms per MiB), so
     * files of 64 MiB cost the journal 20 ms after each compaction. For the same reason the first levels are
     * compressed too. */
    rocksdb_options_set_compression(options, rocksdb_lz4_compression);
    rocksdb_options_set_target_file_size_base(options, FILE_BYTES);
    rocksdb_options_set_target_file_size_multiplier(options, FILE_BYTES_MULTIPLIER);

    rocksdb_options_set_enable_blob_files(options, 1);
    rocksdb_options_set_min_blob_size(options, LARGE_BYTES_MIN);
    rocksdb_options_set_blob_file_size(options, LARGE_FILE_BYTES);
    rocksdb_options_set_blob_compression_type(options, rocksdb_lz4_compression);
    rocksdb_options_set_enable_blob_gc(options, 1);
    rocksdb_options_set_blob_gc_age_cutoff(options, LARGE_GC_AGE);
    rocksdb_options_set_blob_gc_force_threshold(options, LARGE_GC_SHARE);

    rocksdb_block_based_table_options_t *table = rocksdb_block_based_options_create();
    view->cache = rocksdb_cache_create_lru(settings->cache_bytes);
    rocksdb_block_based_options_set_block_cache(table, view->cache);
    rocksdb_block_based_options_set_block_size(table, BLOCK_BYTES);
    rocksdb_block_based_options_set_filter_policy(table, rocksdb_filterpolicy_create_bloom_full(BLOOM_BITS));
    rocksdb_block_based_options_set_format_version(table, 5);
    /* Index and filters count against the cache: memory stays bounded however much is kept. */
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1);
    rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(table, 1);
    rocksdb_options_set_block_based_table_factory(options, table);
    rocksdb_block_based_options_destroy(table);

    view->read = rocksdb_readoptions_create();
    view->read_persisted = rocksdb_readoptions_create();
    rocksdb_readoptions_set_read_tier(view->read_persisted, READ_TIER_PERSISTED);
    view->write = rocksdb_writeoptions_create();
    rocksdb_writeoptions_disable_WAL(view->write, 1);
}

/* RocksDB logs even when it opens for reading only. */
static void scratch_make(struct view *view)
{
    (void)snprintf(view->scratch, sizeof(view->scratch), "/tmp/crema-check-XXXXXX");
    if (!mkdtemp(view->scratch)) {
        view->scratch[0] = '\0';
        return;
    }
    rocksdb_options_set_db_log_dir(view->options, view->scratch);
}

static enum err db_open(struct view *view, struct diag *reterr)
{
    char *error = NULL;
    view->db = view->read_only ? rocksdb_open_for_read_only(view->options, view->folder, 0, &error)
                               : rocksdb_open(view->options, view->folder, &error);
    if (!error)
        return ERR_OK;
    view->db = NULL;
    return fail(reterr, "the view does not open", error);
}

enum err view_open(const struct view_settings *settings, struct view **ret, struct diag *reterr)
{
    struct view *view = calloc(1, sizeof(*view));
    if (!view)
        abort();
    view->read_only = settings->read_only;
    options_make(view, settings);
    if (view->read_only)
        scratch_make(view);
    view->folder = strdup(settings->folder ? settings->folder : "/view");
    if (!view->folder)
        abort();
    view->mutex = mutex_new();
    view->changed = condition_new();
    enum err err = db_open(view, reterr);
    if (err)
        view_close(&view, false);
    else
        *ret = view;
    return err;
}

static void db_close(struct view *view)
{
    if (!view->db)
        return;
    rocksdb_cancel_all_background_work(view->db, 1);
    rocksdb_close(view->db);
    view->db = NULL;
}

void view_close(struct view **view, bool flush)
{
    struct view *v = *view;
    if (!v)
        return;
    *view = NULL;
    /* What a flush that fails does not keep the journal has. */
    enum err flushed = v->db && flush ? view_flush(v, NULL) : ERR_OK;
    (void)flushed;
    db_close(v);
    rocksdb_readoptions_destroy(v->read);
    rocksdb_readoptions_destroy(v->read_persisted);
    rocksdb_writeoptions_destroy(v->write);
    rocksdb_options_destroy(v->options);
    rocksdb_cache_destroy(v->cache);
    if (v->env)
        rocksdb_env_destroy(v->env);
    if (v->scratch[0]) {
        enum err removed = folder_remove(v->scratch, NULL);
        (void)removed; /* it is in /tmp, and empty but for a log */
    }
    condition_free(&v->changed);
    mutex_free(&v->mutex);
    free(v->folder);
    free(v);
}

static void enter(struct view *view)
{
    mutex_lock(view->mutex);
    while (view->reopening)
        condition_wait(view->changed, view->mutex);
    view->users++;
    mutex_unlock(view->mutex);
}

static void leave(struct view *view)
{
    mutex_lock(view->mutex);
    if (--view->users == 0 && view->reopening)
        condition_broadcast(view->changed);
    mutex_unlock(view->mutex);
}

enum err view_reopen(struct view *view, struct diag *reterr)
{
    mutex_lock(view->mutex);
    view->reopening = true;
    while (view->users)
        condition_wait(view->changed, view->mutex);
    mutex_unlock(view->mutex);
    db_close(view);
    return db_open(view, reterr);
}

void view_reopened(struct view *view)
{
    mutex_lock(view->mutex);
    view->reopening = false;
    condition_broadcast(view->changed);
    mutex_unlock(view->mutex);
}

enum err view_flush(struct view *view, struct diag *reterr)
{
    rocksdb_flushoptions_t *options = rocksdb_flushoptions_create();
    rocksdb_flushoptions_set_wait(options, 1);
    char *error = NULL;
    rocksdb_flush(view->db, options, &error);
    rocksdb_flushoptions_destroy(options);
    return error ? fail(reterr, "the view cannot be flushed", error) : ERR_OK;
}

/* | 'm' u8 | partition u16 | 'a' |  ->  | sequence of the last batch applied u64 | */
static void applied_key(struct key *key)
{
    key_begin(key, KEY_META, PARTITION_ONLY, 'a');
}

enum err view_apply(struct view *view, struct buf *batch, uint32_t count, uint64_t sequence,
                    struct diag *reterr)
{
    struct key key;
    applied_key(&key);
    char value[8];
    big_endian_put(value, sequence, sizeof(value));
    size_t len = batch->len;
    operation_write(batch, OPERATION_PUT, key_str(&key), str_of(value, sizeof(value)));
    count++;
    for (unsigned i = 0; i < 4; i++)
        batch->ptr[8 + i] = (char)(count >> (8 * i));
    rocksdb_writebatch_t *rep = rocksdb_writebatch_create_from(batch->ptr, batch->len);
    batch->len = len;
    char *error = NULL;
    rocksdb_write(view->db, view->write, rep, &error);
    rocksdb_writebatch_destroy(rep);
    return error ? fail(reterr, "the view does not take a batch", error) : ERR_OK;
}

static enum err sequence_read(struct view *view, const rocksdb_readoptions_t *read, uint64_t *ret,
                              struct diag *reterr)
{
    struct key key;
    applied_key(&key);
    struct str name = key_str(&key);
    char *error = NULL;
    rocksdb_pinnableslice_t *slice = rocksdb_get_pinned(view->db, read, name.ptr, name.len, &error);
    if (error)
        return fail(reterr, "the view cannot be read", error);
    *ret = 0;
    if (!slice)
        return ERR_OK;
    struct str value;
    value.ptr = rocksdb_pinnableslice_value(slice, &value.len);
    bool read_back = key_read_u64(&value, ret);
    rocksdb_pinnableslice_destroy(slice);
    return read_back ? ERR_OK : diag_set(reterr, ERR_CORRUPT, "the view's sequence is not a number");
}

enum err view_applied(struct view *view, uint64_t *ret, struct diag *reterr)
{
    return sequence_read(view, view->read, ret, reterr);
}

enum err view_flushed(struct view *view, uint64_t *ret)
{
    return sequence_read(view, view->read_persisted, ret, NULL);
}

enum err view_copy(struct view *view, const char *folder, struct diag *reterr)
{
    enum err err = view_flush(view, reterr); /* what is not in files yet would not be copied */
    if (err)
        return err;
    char *error = NULL;
    rocksdb_checkpoint_t *checkpoint = rocksdb_checkpoint_object_create(view->db, &error);
    if (!error) {
        rocksdb_checkpoint_create(checkpoint, folder, 0, &error);
        rocksdb_checkpoint_object_destroy(checkpoint);
    }
    return error ? fail(reterr, "the view cannot be copied", error) : ERR_OK;
}

static void large_gc_age_set(struct view *view, double age)
{
    char value[32];
    (void)snprintf(value, sizeof(value), "%.2f", age);
    const char *const keys[] = { "blob_garbage_collection_age_cutoff" }, *const values[] = { value };
    char *error = NULL;
    rocksdb_set_options(view->db, 1, keys, values, &error);
    rocksdb_free(error); /* then less is given back */
}

/* The range alone first, without moving large values: their files go when nothing in them is alive. A small store is
 * then tidied whole when a good part of its large values is garbage; in a large one RocksDB does so bit by bit. */
void view_compact(struct view *view, struct str first, struct str end)
{
    rocksdb_compactoptions_t *options = rocksdb_compactoptions_create();
    rocksdb_compactoptions_set_exclusive_manual_compaction(options, 0);
    uint64_t large = 0, garbage = 0;
    enter(view);
    large_gc_age_set(view, 0);
    rocksdb_compact_range_opt(view->db, options, first.ptr, first.len, end.ptr, end.len);
    (void)rocksdb_property_int(view->db, "rocksdb.live-blob-file-size", &large);
    (void)rocksdb_property_int(view->db, "rocksdb.live-blob-file-garbage-size", &garbage);
    if (large <= TIDIED_BYTES_MAX && garbage > large / TIDIED_SHARE) {
        rocksdb_compactoptions_set_bottommost_level_compaction(options, BOTTOMMOST_FORCE);
        large_gc_age_set(view, 1);
        rocksdb_compact_range_opt(view->db, options, NULL, 0, NULL, 0);
    }
    large_gc_age_set(view, LARGE_GC_AGE);
    leave(view);
    rocksdb_compactoptions_destroy(options);
}

uint64_t view_bytes(struct view *view, uint64_t *ret_disk, uint64_t *ret_large)
{
    uint64_t files = 0, large = 0, memory = 0;
    enter(view);
    (void)rocksdb_property_int(view->db, "rocksdb.live-sst-files-size", &files);
    (void)rocksdb_property_int(view->db, "rocksdb.live-blob-file-size", &large);
    (void)rocksdb_property_int(view->db, "rocksdb.cur-size-all-mem-tables", &memory);
    leave(view);
    *ret_disk = files + large;
    *ret_large = large;
    return files + large + memory;
}

/* ---- read ---- */

struct view_snapshot *view_snapshot_new(struct view *view)
{
    struct view_snapshot *snapshot = malloc(sizeof(*snapshot));
    if (!snapshot)
        abort();
    enter(view);
    snapshot->snapshot = rocksdb_create_snapshot(view->db);
    snapshot->read = rocksdb_readoptions_create();
    rocksdb_readoptions_set_snapshot(snapshot->read, snapshot->snapshot);
    return snapshot;
}

void view_snapshot_free(struct view *view, struct view_snapshot **snapshot)
{
    if (!*snapshot)
        return;
    rocksdb_readoptions_destroy((*snapshot)->read);
    rocksdb_release_snapshot(view->db, (*snapshot)->snapshot);
    free(*snapshot);
    *snapshot = NULL;
    leave(view);
}

enum err view_get(struct view *view, const struct view_snapshot *snapshot, struct arena *arena,
                  struct str key, struct str *ret)
{
    char *error = NULL;
    rocksdb_pinnableslice_t *slice =
        rocksdb_get_pinned(view->db, snapshot ? snapshot->read : view->read, key.ptr, key.len, &error);
    if (error) {
        enum err err = err_of(error);
        rocksdb_free(error);
        return err == ERR_CORRUPT ? err : ERR_IO;
    }
    if (!slice)
        return ERR_NOTFOUND;
    if (ret) {
        struct str value;
        value.ptr = rocksdb_pinnableslice_value(slice, &value.len);
        *ret = arena_copy(arena, value);
    }
    rocksdb_pinnableslice_destroy(slice);
    return ERR_OK;
}

struct view_cursor *view_cursor_new(struct view *view, const struct view_snapshot *snapshot, struct str first,
                                    struct str end)
{
    struct view_cursor *cursor = calloc(1, sizeof(*cursor));
    if (!cursor)
        abort();
    cursor->read = rocksdb_readoptions_create();
    if (snapshot)
        rocksdb_readoptions_set_snapshot(cursor->read, snapshot->snapshot);
    rocksdb_readoptions_set_iterate_lower_bound(cursor->read, first.ptr, first.len);
    if (end.len)
        rocksdb_readoptions_set_iterate_upper_bound(cursor->read, end.ptr, end.len);
    cursor->iterator = rocksdb_create_iterator(view->db, cursor->read);
    return cursor;
}

void view_cursor_free(struct view_cursor **cursor)
{
    if (!*cursor)
        return;
    rocksdb_iter_destroy((*cursor)->iterator);
    rocksdb_readoptions_destroy((*cursor)->read);
    free(*cursor);
    *cursor = NULL;
}

void view_cursor_first(struct view_cursor *cursor)
{
    rocksdb_iter_seek_to_first(cursor->iterator);
}

void view_cursor_last(struct view_cursor *cursor)
{
    rocksdb_iter_seek_to_last(cursor->iterator);
}

void view_cursor_seek(struct view_cursor *cursor, struct str key)
{
    rocksdb_iter_seek(cursor->iterator, key.ptr, key.len);
}

void view_cursor_seek_back(struct view_cursor *cursor, struct str key)
{
    rocksdb_iter_seek_for_prev(cursor->iterator, key.ptr, key.len);
}

void view_cursor_step(struct view_cursor *cursor, enum store_direction direction)
{
    if (direction == STORE_UP)
        rocksdb_iter_next(cursor->iterator);
    else
        rocksdb_iter_prev(cursor->iterator);
}

bool view_cursor_at(const struct view_cursor *cursor, struct str *key)
{
    if (!rocksdb_iter_valid(cursor->iterator))
        return false;
    key->ptr = rocksdb_iter_key(cursor->iterator, &key->len);
    return true;
}

struct str view_cursor_value(const struct view_cursor *cursor)
{
    struct str value;
    value.ptr = rocksdb_iter_value(cursor->iterator, &value.len);
    return value;
}

enum err view_cursor_err(const struct view_cursor *cursor)
{
    char *error = NULL;
    rocksdb_iter_get_error(cursor->iterator, &error);
    if (!error)
        return ERR_OK;
    enum err err = err_of(error);
    rocksdb_free(error);
    return err == ERR_CORRUPT ? err : ERR_IO;
}
