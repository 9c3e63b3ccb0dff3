/* kill -9 at random: what was acknowledged is there, whole, and nothing is there by half.
 *
 * The child is this program again with arguments, so that no thread of RocksDB is cut
 * by a fork. It commits numbered batches of a few keys and says each number on a pipe
 * when it is acknowledged. CREMA_CRASH_CYCLES: how often (20).
 */
#include "io/rand.h"
#include "store/key.h"
#include "store/store_impl.h"
#include "store/temp_folder.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char *program;

static struct store_settings settings_of(const char *folder)
{
    return (struct store_settings){
        .folder = folder,
        .segment_bytes = 256 * 1024,
        .view_buffer_bytes = 256 * 1024,
        .free_bytes_min = 1,
    };
}

/* Batch n: keys n/0 .. n/k, each with n repeated; the pointer "last"; and of batch n - 50 all is deleted. */
static unsigned keys_of(uint64_t number)
{
    return 1 + (unsigned)(number % 7);
}

static size_t value_of(uint64_t number, char at[4096])
{
    size_t len = number % 97 == 0 ? 4096 : 8 + number * 31 % 900;
    for (size_t i = 0; i < len; i++)
        at[i] = (char)(number >> (8 * (i % 8)));
    return len;
}

static void name_of(uint64_t number, unsigned i, struct key *key)
{
    key_begin(key, KEY_LOGS, 0, 'x');
    key_u64(key, number);
    key_u32(key, i);
}

enum { KEPT = 50 };

static void write_batch(struct store_batch *batch, uint64_t number)
{
    struct key key, end;
    char value[4096];
    size_t len = value_of(number, value);
    for (unsigned i = 0; i < keys_of(number); i++) {
        name_of(number, i, &key);
        store_put(batch, key_str(&key), str_of(value, len));
    }
    size_t mark = store_batch_mark(batch);
    store_put(batch, STR("zz never"), STR("rolled back"));
    store_batch_rollback(batch, mark);
    if (number > KEPT) {
        name_of(number - KEPT, 0, &key);
        name_of(number - KEPT + 1, 0, &end);
        store_delete_range(batch, key_str(&key), key_str(&end));
    }
    char text[24];
    store_put(batch, STR("last"),
              str_of(text, (size_t)snprintf(text, sizeof(text), "%llu", (unsigned long long)number)));
}

static uint64_t last_of(struct store *store)
{
    struct arena arena = { 0 };
    struct str text;
    int64_t number = 0;
    struct store_reader *reader = store_snapshot(store);
    if (store_get(reader, &arena, STR("last"), &text) == ERR_OK)
        assert_true(str_to_i64(text, &number));
    store_snapshot_release(&reader);
    arena_fini(&arena);
    return (uint64_t)number;
}

static int child_commit(const char *folder)
{
    struct store_settings settings = settings_of(folder);
    struct store *store;
    struct diag diag;
    if (store_open(&settings, &store, &diag)) {
        fprintf(stderr, "%s\n", diag.text);
        return 1;
    }
    for (uint64_t number = last_of(store) + 1;; number++) {
        struct store_batch *batch = store_batch_begin(store);
        write_batch(batch, number);
        if (store_next_id(batch, 0, STR("count")) != number || store_commit(batch, &diag))
            return 2;
        if (write(1, &number, sizeof(number)) != sizeof(number))
            return 3;
    }
}

static pid_t child_start(const char *role, const char *folder, int *ret_pipe)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(ends[1], 1);
        (void)close(ends[0]);
        (void)close(ends[1]);
        (void)execl(program, program, role, folder, (char *)NULL);
        _exit(127);
    }
    (void)close(ends[1]);
    *ret_pipe = ends[0];
    return child;
}

/* All of the last KEPT batches whole, nothing else. */
static void check_whole(struct store *store, uint64_t last)
{
    struct key first, end;
    struct store_reader *reader = store_snapshot(store);
    key_begin(&first, KEY_LOGS, 0, 'x');
    key_after_prefix(key_str(&first), &end);
    struct store_cursor *cursor = store_scan(reader, key_str(&first), key_str(&end), STORE_UP);
    struct str key, value;
    for (uint64_t number = last >= KEPT ? last - KEPT + 1 : 1; number <= last; number++) {
        char bytes[4096];
        size_t len = value_of(number, bytes);
        for (unsigned i = 0; i < keys_of(number); i++) {
            struct key name;
            name_of(number, i, &name);
            assert_true(store_cursor_next(cursor, &key, &value));
            assert_true(str_eq(key, key_str(&name)));
            assert_true(str_eq(value, str_of(bytes, len)));
        }
    }
    assert_false(store_cursor_next(cursor, &key, &value));
    assert_int_equal(store_cursor_close(&cursor), ERR_OK);
    assert_false(store_has(reader, STR("zz never")));
    store_snapshot_release(&reader);
}

static void say_finding(void *self, const char *text)
{
    (void)self;
    print_message("finding: %s\n", text);
}

static void test_kill(void **state)
{
    (void)state;
    char folder[TEMP_FOLDER_BYTES];
    temp_folder_make(folder);
    const char *wanted = getenv("CREMA_CRASH_CYCLES");
    int cycles = wanted ? (int)strtol(wanted, NULL, 10) : 20;
    uint64_t acknowledged = 0, replayed = 0;
    for (int i = 0; i < cycles; i++) {
        int from;
        pid_t child = child_start("commit", folder, &from);
        /* Some cycles die while they open. */
        (void)usleep((useconds_t)(rand_u64() % (i % 3 == 0 ? 30000 : 200000)));
        (void)kill(child, SIGKILL);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        uint64_t number;
        while (read(from, &number, sizeof(number)) == sizeof(number)) {
            assert_int_equal(number, acknowledged + 1);
            acknowledged = number;
        }
        (void)close(from);
        struct diag diag = { "" };
        if (i % 2) {
            /* A look from outside finds nothing wrong, and changes nothing. */
            uint64_t before = temp_folder_digest(folder);
            enum err err = store_check(folder, NULL, say_finding, NULL, &diag);
            if (err != ERR_NOTFOUND || acknowledged)
                assert_int_equal(err, ERR_OK);
            assert_true(temp_folder_digest(folder) == before);
        }
        struct store_settings settings = settings_of(folder);
        struct store *store;
        enum err err = store_open(&settings, &store, &diag);
        if (err)
            print_message("%s\n", diag.text);
        assert_int_equal(err, ERR_OK);
        uint64_t last = last_of(store);
        assert_true(last == acknowledged || last == acknowledged + 1);
        check_whole(store, last);
        struct store_stats stats;
        store_stats(store, &stats);
        assert_int_equal(stats.sequence, last);
        replayed += stats.replayed;
        acknowledged = last;
        store_close(&store);
    }
    assert_true(acknowledged > 0 && replayed > 0);
    print_message("%d kills, %llu batches, %llu of them replayed\n", cycles, (unsigned long long)acknowledged,
                  (unsigned long long)replayed);
    temp_folder_remove(folder);
}

/* Its files may not grow past a limit that lies inside the prepared segment, so a write fails. */
static int child_fail(const char *folder)
{
    struct store_settings settings = settings_of(folder);
    struct store *store;
    struct rlimit limit = { 32 * 1024, 32 * 1024 };
    if (store_open(&settings, &store, NULL))
        return 1;
    (void)signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit))
        return 2;
    static char bytes[4096];
    for (unsigned i = 0; i < 16; i++) {
        struct store_batch *batch = store_batch_begin(store);
        store_put(batch, STR("k"), str_of(bytes, sizeof(bytes)));
        if (store_commit(batch, NULL))
            return 3;
    }
    return 4;
}

static void test_failed_write_stops(void **state)
{
    (void)state;
    char folder[TEMP_FOLDER_BYTES];
    int from, status;
    temp_folder_make(folder);
    pid_t child = child_start("fail", folder, &from);
    assert_int_equal(waitpid(child, &status, 0), child);
    (void)close(from);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), STORE_STOP_STATUS);
    struct store_settings settings = settings_of(folder);
    struct store *store;
    assert_int_equal(store_open(&settings, &store, NULL), ERR_OK);
    struct store_stats stats;
    store_stats(store, &stats);
    assert_true(stats.sequence >= 6 && stats.sequence < 16);
    store_close(&store);
    temp_folder_remove(folder);
}

int main(int argc, char **argv)
{
    program = argv[0];
    if (argc == 3)
        return strcmp(argv[1], "commit") == 0 ? child_commit(argv[2]) : child_fail(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kill),
        cmocka_unit_test(test_failed_write_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
