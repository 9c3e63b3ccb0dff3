/* A full disk: a tmpfs of a few megabytes, mounted for the test (as root; otherwise the
 * tests skip with a word). */
#include "io/clock.h"
#include "io/thread.h"
#include "store/store_impl.h"
#include "store/temp_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cmocka.h>

enum { DISK_BYTES = 40 << 20, VALUE_BYTES = 8000 };

struct disk {
    char mount[TEMP_FOLDER_BYTES];
    char folder[TEMP_FOLDER_BYTES + 8];
    char filler[TEMP_FOLDER_BYTES + 8];
};

static bool disk_mount(struct disk *disk)
{
    char options[32];
    temp_folder_make(disk->mount);
    (void)snprintf(options, sizeof(options), "size=%d", DISK_BYTES);
    if (geteuid() != 0 || mount("tmpfs", disk->mount, "tmpfs", 0, options)) {
        print_message("a small disk cannot be mounted here: skipped\n");
        temp_folder_remove(disk->mount);
        return false;
    }
    (void)snprintf(disk->folder, sizeof(disk->folder), "%s/store", disk->mount);
    (void)snprintf(disk->filler, sizeof(disk->filler), "%s/filler", disk->mount);
    return true;
}

static void disk_unmount(struct disk *disk)
{
    assert_int_equal(umount(disk->mount), 0);
    temp_folder_remove(disk->mount);
}

/* Leaves so many bytes. */
static void disk_fill(const struct disk *disk, uint64_t leave)
{
    uint64_t free_bytes;
    struct file file = FILE_NONE;
    assert_int_equal(disk_free_bytes(disk->mount, &free_bytes, NULL), ERR_OK);
    assert_true(free_bytes > leave);
    assert_int_equal(file_open(disk->filler, FILE_CREATE, &file, NULL), ERR_OK);
    enum err err = file_zero(file, 0, free_bytes - leave, NULL);
    assert_true(err == ERR_OK || err == ERR_NOSPACE);
    file_close(&file);
}

static struct str value_of(uint64_t number, char at[VALUE_BYTES])
{
    for (size_t i = 0; i < VALUE_BYTES; i++)
        at[i] = (char)((number * 2654435761u + i * i * 40503u) >> 9);
    return str_of(at, VALUE_BYTES);
}

static enum err put_unasked(struct store *store, uint64_t number)
{
    char key[24], value[VALUE_BYTES];
    struct str name = str_of(key, (size_t)snprintf(key, sizeof(key), "n%08u", (unsigned)number));
    struct store_batch *batch = store_batch_begin(store);
    store_put(batch, name, value_of(number, value));
    return store_commit(batch, NULL);
}

static enum err put(struct store *store, uint64_t number)
{
    enum err err = store_room(store, VALUE_BYTES + 64);
    return err ? err : put_unasked(store, number);
}

/* Numbers 0 to count - 1, whole. */
static void check_has(struct store *store, uint64_t count)
{
    struct store_reader *reader = store_snapshot(store);
    struct store_cursor *cursor = store_scan(reader, STR("n"), STR("o"), STORE_UP);
    struct str key, value;
    char bytes[VALUE_BYTES];
    for (uint64_t i = 0; i < count; i++) {
        assert_true(store_cursor_next(cursor, &key, &value));
        assert_true(str_eq(value, value_of(i, bytes)));
    }
    assert_false(store_cursor_next(cursor, &key, &value));
    assert_int_equal(store_cursor_close(&cursor), ERR_OK);
    store_snapshot_release(&reader);
}

static struct store_settings settings_of(const struct disk *disk, uint64_t free_bytes_min)
{
    return (struct store_settings){
        .folder = disk->folder,
        .segment_bytes = 512 * 1024,
        .view_buffer_bytes = 1 << 20,
        .cache_bytes = 1 << 20,
        .free_bytes_min = free_bytes_min,
    };
}

static void check_reopened(const struct disk *disk, uint64_t count)
{
    struct store_settings settings = settings_of(disk, 1);
    struct store *store;
    struct diag diag;
    assert_int_equal(store_open(&settings, &store, &diag), ERR_OK);
    check_has(store, count);
    store_close(&store);
}

/* Once there is room: the disk is asked now and then, and a segment is made in the background. */
static void put_soon(struct store *store, uint64_t number)
{
    int64_t end_ns = clock_monotonic_ns() + (int64_t)10 * 1000 * 1000 * 1000;
    enum err err;
    while ((err = put(store, number)) == ERR_NOSPACE && clock_monotonic_ns() < end_ns)
        thread_sleep_ms(5);
    assert_int_equal(err, ERR_OK);
}

/* The ordinary way: the free bytes run low, writes are refused before anything fails. What is kept free is
 * enough for a compaction of all that the test writes. */
static void test_refused_and_back(void **state)
{
    (void)state;
    struct disk disk;
    if (!disk_mount(&disk))
        return;
    struct store_settings settings = settings_of(&disk, 12 << 20);
    struct store *store;
    uint64_t count = 0;
    assert_int_equal(store_open(&settings, &store, NULL), ERR_OK);
    for (; count < 100; count++)
        assert_int_equal(put(store, count), ERR_OK);
    for (unsigned round = 0; round < 3; round++) {
        disk_fill(&disk, (13 << 20) - (round << 18));
        uint64_t before = count;
        enum err err;
        while ((err = put(store, count)) == ERR_OK)
            count++;
        assert_int_equal(err, ERR_NOSPACE);
        assert_true(count < before + 10000);
        check_has(store, count); /* reads go on */
        file_discard(disk.filler);
        put_soon(store, count++);
        for (unsigned i = 0; i < 50; i++, count++)
            assert_int_equal(put(store, count), ERR_OK);
        check_has(store, count);
    }
    store_close(&store);
    check_reopened(&disk, count);
    disk_unmount(&disk);
}

struct stalled {
    struct disk *disk;
    struct store *store;
    uint64_t count;
    unsigned calls;
    int64_t freed_ns;
};

static void stall(void *self)
{
    struct stalled *stalled = self;
    if (stalled->calls++ == 25) {
        check_has(stalled->store, stalled->count); /* reads go on */
        file_discard(stalled->disk->filler);
        stalled->freed_ns = clock_monotonic_ns();
    }
}

/* The disk fills under us, faster than one looks: the journal has its segment, the view
 * has no room to flush. */
static void run_stall(int64_t reopen_after_ns)
{
    struct disk disk;
    if (!disk_mount(&disk))
        return;
    struct store_settings settings = settings_of(&disk, 4 << 20);
    struct store *store;
    struct stalled stalled = { .disk = &disk };
    assert_int_equal(store_open(&settings, &store, NULL), ERR_OK);
    stalled.store = store;
    store->reopen_after_ns = reopen_after_ns;
    store_on_stall(store, stall, &stalled);
    for (; stalled.count < 20; stalled.count++)
        assert_int_equal(put_unasked(store, stalled.count), ERR_OK);
    thread_sleep_ms(100);
    disk_fill(&disk, 0);
    unsigned refused = 0;
    while (stalled.freed_ns == 0 && refused < 2000) {
        if (put_unasked(store, stalled.count) == ERR_OK) {
            stalled.count++;
            continue;
        }
        /* The journal's room was used up before the view's: give it a segment more. */
        if (refused++ % 20 == 19) {
            file_discard(disk.filler);
            disk_fill(&disk, 600 * 1024);
        }
        thread_sleep_ms(10);
    }
    print_message("stalled: %u calls, %u refused, %llu batches; went on %.1f s after there was room\n",
                  stalled.calls, refused, (unsigned long long)stalled.count,
                  (double)(clock_monotonic_ns() - stalled.freed_ns) / 1e9);
    assert_true(stalled.freed_ns != 0);
    for (unsigned i = 0; i < 300; i++, stalled.count++)
        assert_int_equal(put_unasked(store, stalled.count), ERR_OK);
    check_has(store, stalled.count);
    store_close(&store);
    check_reopened(&disk, stalled.count);
    disk_unmount(&disk);
}

static void test_view_goes_on_by_itself(void **state)
{
    (void)state;
    run_stall((int64_t)60 * 1000 * 1000 * 1000);
}

/* As if RocksDB did not notice: it is opened anew and gets its batches from the journal. */
static void test_view_is_reopened(void **state)
{
    (void)state;
    run_stall(100 * 1000 * 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused_and_back),
        cmocka_unit_test(test_view_goes_on_by_itself),
        cmocka_unit_test(test_view_is_reopened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
