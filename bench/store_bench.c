/* Measures the store alone: commits with sync for groups of several sizes, reads,
 * memory, and a start after kill -9.
 *
 *   store_bench FOLDER [seconds per figure]
 */
#include "io/clock.h"
#include "store/key.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { VALUE_BYTES = 600 };

static uint64_t random_state = 88172645463325252u;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* An event: its text under a rising number, and two entries that find it (by stream and time, by time). */
static void put_event(struct store_batch *batch, uint64_t number)
{
    struct key key;
    char value[VALUE_BYTES];
    for (size_t i = 0; i < sizeof(value); i++)
        value[i] = (char)('a' + (i * 7 + number) % 23);
    uint64_t noise[16];
    for (size_t i = 0; i < 16; i++)
        noise[i] = next_random();
    memcpy(value, noise, sizeof(noise));
    key_begin(&key, KEY_LOGS, 0, 'e');
    key_u64(&key, 7);
    key_u64(&key, number);
    store_put(batch, key_str(&key), str_of(value, sizeof(value)));
    key_begin(&key, KEY_LOGS, 0, 's');
    key_u64(&key, 7);
    key_u64(&key, number % 50);
    key_time(&key, (int64_t)number / 30);
    key_u64(&key, number);
    store_put(batch, key_str(&key), STR_EMPTY);
    key_begin(&key, KEY_LOGS, 0, 't');
    key_u64(&key, 7);
    key_time(&key, (int64_t)number / 30);
    key_u64(&key, number);
    store_put(batch, key_str(&key), STR_EMPTY);
}

static unsigned long memory_kib(void)
{
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];
    unsigned long kib = 0;
    while (status && fgets(line, sizeof(line), status))
        if (sscanf(line, "VmRSS: %lu", &kib) == 1)
            break;
    if (status)
        (void)fclose(status);
    return kib;
}

static struct store *open_store(const char *folder, double *ret_ms)
{
    struct store_settings settings = { .folder = folder };
    struct store *store;
    struct diag diag;
    int64_t began_ns = clock_monotonic_ns();
    if (store_open(&settings, &store, &diag)) {
        fprintf(stderr, "%s\n", diag.text);
        exit(1);
    }
    *ret_ms = (double)(clock_monotonic_ns() - began_ns) / 1e6;
    return store;
}

static uint64_t commit_group(struct store *store, uint64_t number, unsigned group)
{
    struct diag diag;
    struct store_batch *batch = store_batch_begin(store);
    for (unsigned i = 0; i < group; i++)
        put_event(batch, number++);
    if (store_commit(batch, &diag)) {
        fprintf(stderr, "%s\n", diag.text);
        exit(1);
    }
    return number;
}

static uint64_t measure_group(struct store *store, uint64_t number, unsigned group, double seconds)
{
    int64_t began_ns = clock_monotonic_ns();
    clock_t cpu = clock();
    uint64_t commits = 0, first = number;
    double elapsed;
    do {
        number = commit_group(store, number, group);
        commits++;
        elapsed = (double)(clock_monotonic_ns() - began_ns) / 1e9;
    } while (elapsed < seconds);
    double events = (double)(number - first);
    printf("group of %4u x 3 keys: %8.0f commits/s %9.0f events/s %9.0f puts/s, %5.1f us of CPU an event, "
           "%lu MiB\n",
           group, (double)commits / elapsed, events / elapsed, 3 * events / elapsed,
           (double)(clock() - cpu) / CLOCKS_PER_SEC * 1e6 / events, memory_kib() / 1024);
    return number;
}

static void measure_overlay(struct store *store)
{
    enum { ROUNDS = 20, EVENTS = 6000 };
    int64_t spent_ns = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct store_batch *batch = store_batch_begin(store);
        int64_t began_ns = clock_monotonic_ns();
        for (uint64_t i = 0; i < EVENTS; i++)
            put_event(batch, i);
        spent_ns += clock_monotonic_ns() - began_ns;
    }
    printf("batch of %d puts: %.0f ns a put (payload and key making included)\n", EVENTS * 3,
           (double)spent_ns / ROUNDS / EVENTS / 3);
}

/* A child writes a million events and ends without closing anything: as good as a kill. */
static void fill_and_die(const char *folder)
{
    pid_t child = fork();
    if (child) {
        (void)waitpid(child, NULL, 0);
        return;
    }
    double ms;
    struct store *store = open_store(folder, &ms);
    int64_t began_ns = clock_monotonic_ns();
    for (uint64_t at = 0; at < 1000000;)
        at = commit_group(store, at, 100);
    struct store_stats stats;
    store_stats(store, &stats);
    printf("1,000,000 events in groups of 100: %.1f s, %lu MiB, journal %llu MiB, view %llu MiB\n",
           (double)(clock_monotonic_ns() - began_ns) / 1e9, memory_kib() / 1024,
           (unsigned long long)stats.journal_bytes >> 20, (unsigned long long)stats.view_bytes >> 20);
    (void)fflush(stdout);
    _exit(0);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: store_bench FOLDER [SECONDS]\n");
        return 2;
    }
    double seconds = argc > 2 ? atof(argv[2]) : 2, ms;
    setvbuf(stdout, NULL, _IOLBF, 0);
    char folder[1024];
    (void)snprintf(folder, sizeof(folder), "%s-kill", argv[1]);
    fill_and_die(folder); /* first: RocksDB's threads do not survive a fork */
    struct store *store = open_store(argv[1], &ms);
    printf("open of an empty folder: %.1f ms, %lu MiB\n", ms, memory_kib() / 1024);
    sleep(1);
    measure_overlay(store);
    uint64_t number = 0;
    static const unsigned groups[] = { 1, 16, 128, 1024 };
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        number = measure_group(store, number, groups[i], seconds);
    store_close(&store);
    printf("after closing: %lu MiB\n", memory_kib() / 1024);
    store = open_store(argv[1], &ms);
    printf("open after a clean stop, %llu events: %.1f ms, %lu MiB\n", (unsigned long long)number, ms,
           memory_kib() / 1024);
    store_close(&store);

    store = open_store(folder, &ms);
    struct store_stats stats;
    store_stats(store, &stats);
    printf("open after a kill: %.1f ms, %llu batches of 100 events replayed, %lu MiB\n", ms,
           (unsigned long long)stats.replayed, memory_kib() / 1024);
    store_close(&store);
    return 0;
}
