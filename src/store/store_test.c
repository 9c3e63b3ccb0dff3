/* The contract of store.h, against a naive model: batch over view, marks, cursors, snapshots, counters. */
#include "io/rand.h"
#include "store/key.h"
#include "store/store_impl.h"
#include "store/tags.h"
#include "store/temp_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- keys ---- */

static void test_keys(void **state)
{
    (void)state;
    static const struct str texts[] = { { "", 0 },   { "\0", 1 },  { "\0\0", 2 }, { "\0\xff", 2 },
                                        { "a", 1 },  { "a\0", 2 }, { "a\0b", 3 }, { "a\x01", 2 },
                                        { "ab", 2 }, { "b", 1 },   { "\xff", 1 }, { "\xff\xff", 2 } };
    enum { COUNT = sizeof(texts) / sizeof(texts[0]) };
    struct arena arena = { 0 };
    struct key before = { 0 }, key, end;
    for (size_t i = 0; i < COUNT; i++) {
        key_begin(&key, KEY_LOGS, 7, 'x');
        key_text(&key, texts[i]);
        key_u32(&key, 5);
        assert_true(i == 0 || str_compare(key_str(&before), key_str(&key)) < 0);
        before = key;
        struct str rest = str_from_offset(key_str(&key), KEY_HEAD_BYTES), text;
        uint32_t number;
        assert_true(key_read_text(&arena, &rest, &text) && str_eq(text, texts[i]));
        assert_true(key_read_u32(&rest, &number) && number == 5 && rest.len == 0);
        for (size_t cut = KEY_HEAD_BYTES; cut + 4 < key.len; cut++) {
            rest = str_of(key.bytes + KEY_HEAD_BYTES, cut - KEY_HEAD_BYTES);
            assert_false(key_read_text(&arena, &rest, &text));
        }
    }
    static const int64_t times[] = { INT64_MIN, -5, -1, 0, 1, 1764000000000, INT64_MAX };
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        struct key up, down, up_before, down_before;
        key_begin(&up, KEY_LOGS, 0, 't');
        key_time(&up, times[i]);
        key_begin(&down, KEY_LOGS, 0, 't');
        key_time_down(&down, times[i]);
        if (i) {
            assert_true(str_compare(key_str(&up_before), key_str(&up)) < 0);
            assert_true(str_compare(key_str(&down_before), key_str(&down)) > 0);
        }
        up_before = up;
        down_before = down;
        int64_t time_ms;
        struct str rest = str_from_offset(key_str(&up), KEY_HEAD_BYTES);
        assert_true(key_read_time(&rest, &time_ms) && time_ms == times[i]);
        rest = str_from_offset(key_str(&down), KEY_HEAD_BYTES);
        assert_true(key_read_time_down(&rest, &time_ms) && time_ms == times[i]);
        assert_false(key_read_time(&rest, &time_ms));
    }
    key_after_prefix(STR("ab\xff\xff"), &end);
    assert_true(str_eq(key_str(&end), STR("ac")));
    key_begin(&key, KEY_LOGS, 0, 'x');
    while (!key.overflow)
        key_u64(&key, 1);
    assert_true(key.len <= KEY_BYTES_MAX);
    arena_fini(&arena);
}

/* ---- the model: values by key number ---- */

enum { KEYS = 150, MARKS = 6 };

struct model {
    uint32_t value[KEYS]; /* 0: absent */
    uint64_t counters[2];
};

static struct str name_of(unsigned number, char at[8])
{
    /* Lengths differ, so that prefixes occur. */
    int len = snprintf(at, 8, number % 3 ? "k%03u" : "k%03ux", number);
    return str_of(at, (size_t)len);
}

/* A bound between keys or on one. */
static struct str bound_of(unsigned number, char at[8])
{
    int len = snprintf(at, 8, "k%03u", number);
    return str_of(at, (size_t)len);
}

static uint32_t value_of(struct str value)
{
    uint32_t number = 0;
    assert_true(value.len >= sizeof(number));
    memcpy(&number, value.ptr, sizeof(number));
    assert_int_equal(value.len, sizeof(number) + number % 50);
    return number;
}

static void check_scan(struct store_reader *reader, const struct model *model, unsigned from, unsigned to,
                       enum store_direction direction, int seek)
{
    char first[8], end[8], name[8];
    struct str lower = bound_of(from, first), upper = bound_of(to, end);
    struct store_cursor *cursor = store_scan(reader, lower, upper, direction);
    struct str key, value;
    bool up = direction == STORE_UP;
    int at = up ? (int)from : (int)to - 1, stop = up ? (int)to : (int)from - 1, step = up ? 1 : -1;
    if (seek >= 0) {
        /* Some steps first: a seek may follow them. */
        for (int i = 0; i < seek % 3; i++)
            (void)store_cursor_next(cursor, &key, &value);
        struct str to_key = name_of((unsigned)seek, name);
        store_cursor_seek(cursor, to_key);
        if (up ? seek > at : seek < at)
            at = seek;
    }
    for (; up ? at < stop : at > stop; at += step) {
        if (!model->value[at])
            continue;
        assert_true(store_cursor_next(cursor, &key, &value));
        assert_true(str_eq(key, name_of((unsigned)at, name)));
        assert_int_equal(value_of(value), model->value[at]);
    }
    assert_false(store_cursor_next(cursor, &key, &value));
    assert_int_equal(store_cursor_close(&cursor), ERR_OK);
}

static void check_all(struct store_reader *reader, const struct model *model)
{
    struct arena arena = { 0 };
    for (unsigned i = 0; i < KEYS; i++) {
        char name[8];
        struct str value;
        enum err err = store_get(reader, &arena, name_of(i, name), &value);
        assert_int_equal(err, model->value[i] ? ERR_OK : ERR_NOTFOUND);
        assert_true(store_has(reader, name_of(i, name)) == (model->value[i] != 0));
        if (model->value[i])
            assert_int_equal(value_of(value), model->value[i]);
    }
    arena_fini(&arena);
    check_scan(reader, model, 0, KEYS, STORE_UP, -1);
    check_scan(reader, model, 0, KEYS, STORE_DOWN, -1);
}

static void step(struct store_batch *batch, struct model *model, uint32_t *serial)
{
    char name[8], end[8], bytes[64] = { 0 };
    unsigned key = (unsigned)(rand_u64() % KEYS);
    switch (rand_u64() % 16) {
    case 0:
    case 1: {
        unsigned to = key + (unsigned)(rand_u64() % 12);
        to = to < KEYS ? to : KEYS;
        store_delete_range(batch, bound_of(key, name), bound_of(to, end));
        for (; key < to; key++)
            model->value[key] = 0;
        break;
    }
    case 2:
    case 3:
    case 4:
    case 5:
        store_delete(batch, name_of(key, name));
        model->value[key] = 0;
        break;
    case 6: {
        unsigned which = (unsigned)(rand_u64() % 2);
        assert_int_equal(store_next_id(batch, 0, which ? STR("one") : STR("two")), ++model->counters[which]);
        break;
    }
    default: {
        uint32_t value = ++*serial;
        memcpy(bytes, &value, sizeof(value));
        store_put(batch, name_of(key, name), str_of(bytes, sizeof(value) + value % 50));
        model->value[key] = value;
        break;
    }
    }
}

/* bound_of(n) is at or just below name_of(n), so ranges over bounds are ranges over numbers. */
static void run_model(const char *folder, unsigned rounds, unsigned reopen_every)
{
    rand_seed(20);
    struct store_settings settings = {
        .folder = folder,
        .view_buffer_bytes = 64 * 1024,
        .segment_bytes = 8 * 1024,
        .free_bytes_min = 1,
        .no_sync = true,
    };
    struct store *store;
    assert_int_equal(store_open(&settings, &store, NULL), ERR_OK);
    static struct model committed, now, marked[MARKS];
    uint32_t serial = 0;
    memset(&committed, 0, sizeof(committed));
    for (unsigned round = 0; round < rounds; round++) {
        now = committed;
        struct store_batch *batch = store_batch_begin(store);
        struct store_reader *reader = store_batch_reader(batch), *snapshot = store_snapshot(store);
        size_t marks[MARKS];
        unsigned depth = 0;
        unsigned steps = (unsigned)(rand_u64() % 120);
        for (unsigned i = 0; i < steps; i++) {
            unsigned dice = (unsigned)(rand_u64() % 24);
            if (dice == 0 && depth < MARKS) {
                marks[depth] = store_batch_mark(batch);
                marked[depth++] = now;
            } else if (dice == 1 && depth) {
                size_t bytes = store_batch_bytes(batch);
                store_batch_rollback(batch, marks[--depth]);
                assert_true(store_batch_bytes(batch) <= bytes);
                now = marked[depth];
            } else if (dice == 2) {
                unsigned from = (unsigned)(rand_u64() % KEYS), to = (unsigned)(rand_u64() % KEYS);
                enum store_direction direction = rand_u64() % 2 ? STORE_UP : STORE_DOWN;
                check_scan(reader, &now, from, to, direction, rand_u64() % 2 ? (int)(rand_u64() % KEYS) : -1);
            } else {
                step(batch, &now, &serial);
            }
        }
        if (round % 4 == 0) {
            check_all(reader, &now);
            check_all(snapshot, &committed);
        }
        if (rand_u64() % 4) {
            uint64_t sequence = 0;
            struct store_stats stats;
            store_stats(store, &stats);
            sequence = stats.sequence;
            bool empty = store_batch_empty(batch);
            assert_int_equal(store_commit(batch, NULL), ERR_OK);
            store_stats(store, &stats);
            assert_int_equal(stats.sequence, sequence + !empty);
            check_all(snapshot, &committed);
            committed = now;
        }
        store_snapshot_release(&snapshot);
        snapshot = store_snapshot(store);
        check_all(snapshot, &committed);
        store_snapshot_release(&snapshot);
        if (reopen_every && round % reopen_every == reopen_every - 1) {
            store_close(&store);
            assert_int_equal(store_open(&settings, &store, NULL), ERR_OK);
        }
    }
    store_close(&store);
}

static void test_model_in_memory(void **state)
{
    (void)state;
    run_model(NULL, 300, 0);
}

static void test_model_on_disk(void **state)
{
    (void)state;
    char folder[TEMP_FOLDER_BYTES];
    temp_folder_make(folder);
    run_model(folder, 200, 20);
    temp_folder_remove(folder);
}

/* ---- the folder ---- */

static void put(struct store *store, const char *key, struct str value)
{
    struct store_batch *batch = store_batch_begin(store);
    store_put(batch, str_from(key), value);
    assert_int_equal(store_commit(batch, NULL), ERR_OK);
}

static bool has(struct store *store, const char *key, struct str value)
{
    struct arena arena = { 0 };
    struct str found;
    struct store_reader *reader = store_snapshot(store);
    bool same = store_get(reader, &arena, str_from(key), &found) == ERR_OK && str_eq(found, value);
    store_snapshot_release(&reader);
    arena_fini(&arena);
    return same;
}

static void count_finding(void *self, const char *text)
{
    (void)text;
    ++*(unsigned *)self;
}

static void write_text(const char *folder, const char *name, const char *text)
{
    char path[TEMP_FOLDER_BYTES + 32];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_int_equal(file_replace(path, str_from(text), NULL), ERR_OK);
}

static void test_folder_refused(void **state)
{
    (void)state;
    char folder[TEMP_FOLDER_BYTES];
    struct diag diag;
    struct store *store, *second;
    temp_folder_make(folder);
    struct store_settings settings = { .folder = folder, .free_bytes_min = 1 };
    /* Somebody's folder. */
    write_text(folder, "letter.txt", "dear");
    assert_int_equal(store_open(&settings, &store, &diag), ERR_CONFLICT);
    assert_non_null(strstr(diag.text, "letter.txt"));
    temp_folder_remove(folder);
    /* A second server: the flock is of the open file, so one process can stand for two. */
    temp_folder_make(folder);
    assert_int_equal(store_open(&settings, &store, &diag), ERR_OK);
    assert_int_equal(store_open(&settings, &second, &diag), ERR_CONFLICT);
    char pid[32];
    (void)snprintf(pid, sizeof(pid), "process %ld", (long)getpid());
    assert_non_null(strstr(diag.text, folder));
    assert_non_null(strstr(diag.text, pid));
    unsigned findings = 0;
    assert_int_equal(store_check(folder, NULL, count_finding, &findings, &diag), ERR_CONFLICT);
    put(store, "a", STR("1"));
    store_close(&store);
    uint64_t before = temp_folder_digest(folder);
    /* A newer version. */
    char format[512];
    struct buf text;
    buf_init(&text, 0);
    (void)snprintf(format, sizeof(format), "%s/format", folder);
    assert_int_equal(file_read_all(format, 4096, &text, NULL), ERR_OK);
    write_text(folder, "format", "crema store 9\nfuture x\n");
    uint64_t newer = temp_folder_digest(folder);
    assert_int_equal(store_open(&settings, &store, &diag), ERR_UNSUPPORTED);
    assert_non_null(strstr(diag.text, "a newer Crema"));
    assert_non_null(strstr(diag.text, "version 9"));
    assert_non_null(strstr(diag.text, "knows 3"));
    assert_true(temp_folder_digest(folder) == newer);
    write_text(folder, "format", "crema store 1\nepoch 4\n");
    assert_int_equal(store_open(&settings, &store, &diag), ERR_UNSUPPORTED);
    assert_non_null(strstr(diag.text, "an older Crema"));
    write_text(folder, "format", "something else\n");
    assert_int_equal(store_open(&settings, &store, &diag), ERR_CORRUPT);
    assert_int_equal(file_replace(format, buf_str(&text), NULL), ERR_OK);
    buf_fini(&text);
    assert_true(temp_folder_digest(folder) == before);
    assert_int_equal(store_check(folder, NULL, count_finding, &findings, &diag), ERR_OK);
    assert_int_equal(findings, 0);
    assert_true(temp_folder_digest(folder) == before);
    assert_int_equal(store_open(&settings, &store, &diag), ERR_OK);
    assert_true(has(store, "a", STR("1")));
    struct store_stats stats;
    store_stats(store, &stats);
    assert_int_equal(stats.replayed, 0); /* it was closed cleanly */
    assert_int_equal(stats.sequence, 1);
    store_close(&store);
    temp_folder_remove(folder);
    assert_int_equal(store_check(folder, NULL, count_finding, &findings, &diag), ERR_NOTFOUND);
}

static void test_large_and_rolled(void **state)
{
    (void)state;
    char folder[TEMP_FOLDER_BYTES];
    temp_folder_make(folder);
    struct store_settings settings = {
        .folder = folder,
        .segment_bytes = 64 * 1024,
        .view_buffer_bytes = 256 * 1024,
        .free_bytes_min = 1,
    };
    struct store *store;
    assert_int_equal(store_open(&settings, &store, NULL), ERR_OK);
    static char bytes[300 * 1024];
    char key[16];
    for (unsigned i = 0; i < 200; i++) {
        memset(bytes, 'a' + (int)(i % 26), sizeof(bytes));
        (void)snprintf(key, sizeof(key), "k%u", i % 40);
        put(store, key, str_of(bytes, i % 50 == 7 ? sizeof(bytes) : 1000 + i * 50));
    }
    struct store_stats stats;
    store_stats(store, &stats);
    assert_int_equal(stats.sequence, 200);
    /* What the view has flushed is not kept: about 2.8 MB were written. */
    assert_true(stats.journal_bytes < 2000 * 1024);
    store_close(&store);
    assert_int_equal(store_open(&settings, &store, NULL), ERR_OK);
    for (unsigned i = 160; i < 200; i++) {
        memset(bytes, 'a' + (int)(i % 26), sizeof(bytes));
        (void)snprintf(key, sizeof(key), "k%u", i % 40);
        assert_true(has(store, key, str_of(bytes, i % 50 == 7 ? sizeof(bytes) : 1000 + i * 50)));
    }
    store_close(&store);
    temp_folder_remove(folder);
}

static void test_backup(void **state)
{
    (void)state;
    char folder[TEMP_FOLDER_BYTES], copy[TEMP_FOLDER_BYTES];
    temp_folder_make(folder);
    temp_folder_make(copy);
    struct store_settings settings = { .folder = folder, .free_bytes_min = 1 }, copied = settings;
    copied.folder = copy;
    struct store *store, *other;
    struct diag diag;
    unsigned findings = 0;
    assert_int_equal(store_open(&settings, &store, NULL), ERR_OK);
    assert_int_equal(store_next_id(store_batch_begin(store), 0, STR("n")), 1);
    put(store, "a", STR("1")); /* begins the batch anew: the id was not given */
    struct store_batch *batch = store_batch_begin(store);
    assert_int_equal(store_next_id(batch, 0, STR("n")), 1);
    assert_int_equal(store_next_id(batch, 0, STR("n")), 2);
    assert_int_equal(store_commit(batch, NULL), ERR_OK);
    assert_int_equal(store_backup(store, copy, &diag), ERR_OK);
    assert_int_equal(store_backup(store, copy, &diag), ERR_CONFLICT);
    put(store, "a", STR("2"));
    put(store, "b", STR("2"));
    uint64_t before = temp_folder_digest(copy);
    assert_int_equal(store_check(copy, NULL, count_finding, &findings, &diag), ERR_OK);
    assert_int_equal(findings, 0);
    assert_true(temp_folder_digest(copy) == before);
    assert_int_equal(store_open(&copied, &other, &diag), ERR_OK);
    assert_true(has(other, "a", STR("1")));
    assert_false(has(other, "b", STR("2")));
    batch = store_batch_begin(other);
    assert_int_equal(store_next_id(batch, 0, STR("n")), 3);
    assert_int_equal(store_commit(batch, NULL), ERR_OK);
    struct store_stats stats;
    store_stats(other, &stats);
    assert_int_equal(stats.sequence, 3);
    store_close(&other);
    assert_int_equal(store_open(&copied, &other, &diag), ERR_OK);
    store_close(&other);
    store_close(&store);
    temp_folder_remove(folder);
    temp_folder_remove(copy);
}

struct found {
    const char *suffix;
    char name[256];
};

static void find_suffix(void *self, const char *name)
{
    struct found *found = self;
    if (str_ends(str_from(name), str_from(found->suffix)))
        (void)snprintf(found->name, sizeof(found->name), "%s", name);
}

/* Turns one byte of the first file in folder/sub that ends so. */
static void flip(const char *folder, const char *sub, const char *suffix, uint64_t offset)
{
    char path[1024];
    struct found found = { .suffix = suffix };
    (void)snprintf(path, sizeof(path), "%s/%s", folder, sub);
    assert_int_equal(folder_list(path, find_suffix, &found, NULL), ERR_OK);
    assert_true(found.name[0] != 0);
    (void)snprintf(path, sizeof(path), "%s/%s/%s", folder, sub, found.name);
    struct file file = FILE_NONE;
    char byte;
    size_t len;
    assert_int_equal(file_open(path, FILE_WRITE, &file, NULL), ERR_OK);
    assert_int_equal(file_read_at(file, offset, &byte, 1, &len, NULL), ERR_OK);
    byte = (char)(byte ^ 1);
    assert_int_equal(file_write_at(file, offset, str_of(&byte, 1), STR_EMPTY, NULL), ERR_OK);
    file_close(&file);
}

static void test_damage_is_found(void **state)
{
    (void)state;
    char folder[TEMP_FOLDER_BYTES];
    struct diag diag;
    unsigned findings = 0;
    temp_folder_make(folder);
    struct store_settings settings = { .folder = folder, .free_bytes_min = 1, .no_sync = true };
    struct store *store;
    assert_int_equal(store_open(&settings, &store, NULL), ERR_OK);
    for (unsigned i = 0; i < 100; i++) {
        char key[16], value[500];
        rand_bytes(value, sizeof(value));
        (void)snprintf(key, sizeof(key), "k%u", i);
        put(store, key, str_of(value, sizeof(value)));
    }
    store_close(&store);
    assert_int_equal(store_check(folder, NULL, count_finding, &findings, &diag), ERR_OK);
    /* The last batch of a clean stop is not a torn tail. */
    flip(folder, "journal", ".log", (500 + 48) * 99);
    uint64_t before = temp_folder_digest(folder);
    assert_int_equal(store_open(&settings, &store, &diag), ERR_CORRUPT);
    assert_non_null(strstr(diag.text, "100 was there when the server stopped"));
    assert_int_equal(store_check(folder, NULL, count_finding, &findings, &diag), ERR_CORRUPT);
    assert_true(findings > 0);
    flip(folder, "journal", ".log", (500 + 48) * 99);
    /* In the middle. */
    flip(folder, "journal", ".log", (500 + 48) * 50);
    assert_int_equal(store_open(&settings, &store, &diag), ERR_CORRUPT);
    assert_non_null(strstr(diag.text, "0000000000000001.log, offset "));
    flip(folder, "journal", ".log", (500 + 48) * 50);
    assert_true(temp_folder_digest(folder) != before);
    /* In the view. */
    findings = 0;
    flip(folder, "view", ".sst", 20000);
    before = temp_folder_digest(folder);
    assert_int_equal(store_check(folder, NULL, count_finding, &findings, &diag), ERR_CORRUPT);
    assert_true(findings > 0);
    assert_true(temp_folder_digest(folder) == before);
    flip(folder, "view", ".sst", 20000);
    findings = 0;
    assert_int_equal(store_check(folder, NULL, count_finding, &findings, &diag), ERR_OK);
    assert_int_equal(findings, 0);
    temp_folder_remove(folder);
}

static void test_tags(void **state)
{
    (void)state;
    struct store_settings settings = { 0 };
    struct store *store;
    assert_int_equal(store_open(&settings, &store, NULL), ERR_OK);
    struct arena arena = { 0 };
    struct store_batch *batch = store_batch_begin(store);
    struct work work = { .batch = batch, .reader = store_batch_reader(batch), .arena = &arena };
    struct str arn = STR("arn:aws:events:us-east-1:000000000000:rule/a");
    struct json tags, keys;
    struct fault fault = { FAULT_NONE, STR_EMPTY };
    assert_int_equal(json_read(&arena, STR("{\"b\":\"1\",\"a\":\"2\"}"), 0, &tags, NULL), ERR_OK);
    assert_true(tags_put(&work, arn, &tags, &fault));
    assert_int_equal(json_read(&arena, STR("{\"b\":\"3\",\"\":\"\"}"), 0, &tags, NULL), ERR_OK);
    assert_true(tags_put(&work, arn, &tags, &fault));
    tags = tags_get(work.reader, &arena, 0, arn);
    assert_true(str_eq(json_text(&arena, &tags), STR("{\"b\":\"3\",\"a\":\"2\",\"\":\"\"}")));
    assert_int_equal(json_read(&arena, STR("[\"a\",\"none\"]"), 0, &keys, NULL), ERR_OK);
    tags_remove(&work, arn, &keys);
    tags = tags_get(work.reader, &arena, 0, arn);
    assert_true(str_eq(json_text(&arena, &tags), STR("{\"b\":\"3\",\"\":\"\"}")));
    /* 48 more are fine, one more than that is not, and changes nothing. */
    for (unsigned i = 0; i < 49; i++) {
        struct json_member member = { arena_printf(&arena, "t%u", i), json_of_str(STR("x")) };
        tags = json_of_object(&member, 1);
        assert_true(tags_put(&work, arn, &tags, &fault) == (i < 48));
    }
    assert_int_equal(fault.code, FAULT_TOO_MANY_TAGS);
    assert_int_equal(tags_get(work.reader, &arena, 0, arn).count, TAGS_MAX);
    tags_drop(&work, arn);
    assert_int_equal(tags_get(work.reader, &arena, 0, arn).count, 0);
    arena_fini(&arena);
    store_close(&store);
}

/* Whoever keeps a batch's bytes finds what was put where it was said to be, once it is committed; and only then. */
static void test_bytes_are_kept(void **state)
{
    (void)state;
    struct store *store;
    struct diag diag;
    struct buf bytes = { 0 }, others = { 0 };
    assert_int_equal(store_open(&(struct store_settings){ 0 }, &store, &diag), ERR_OK);
    struct store_batch *batch = store_batch_begin(store);
    store_batch_keep(batch, &others); /* forgotten with its batch */
    batch = store_batch_begin(store);
    size_t first_at = store_put(batch, STR("first"), STR("one"));
    size_t mark = store_batch_mark(batch);
    store_put(batch, STR("undone"), STR("something long that goes"));
    store_batch_rollback(batch, mark);
    assert_true(store_next_id(batch, 0, STR("counter")) == 1); /* is put when the batch is committed */
    size_t second_at = store_put(batch, STR("second"), STR("two"));
    store_batch_keep(batch, &others);
    store_batch_keep(batch, &bytes);
    assert_int_equal(bytes.len, 0);
    assert_int_equal(store_commit(batch, &diag), ERR_OK);
    assert_int_equal(others.len, 0);
    assert_true(str_eq(str_of(bytes.ptr + first_at, 3), STR("one")));
    assert_true(str_eq(str_of(bytes.ptr + second_at, 3), STR("two")));
    size_t len = bytes.len;
    for (unsigned i = 0; i < 3; i++) { /* built in other memory: what was kept stays */
        batch = store_batch_begin(store);
        store_put(batch, STR("first"), STR("and something else"));
        assert_int_equal(store_commit(batch, &diag), ERR_OK);
    }
    assert_int_equal(bytes.len, len);
    assert_true(str_eq(str_of(bytes.ptr + first_at, 3), STR("one")));
    struct arena arena = { 0 };
    struct str value;
    struct store_reader *reader = store_snapshot(store);
    assert_int_equal(store_get(reader, &arena, STR("second"), &value), ERR_OK);
    assert_true(str_eq(value, STR("two")));
    store_snapshot_release(&reader);
    arena_fini(&arena);
    buf_fini(&bytes);
    store_close(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_model_in_memory),
        cmocka_unit_test(test_model_on_disk),
        cmocka_unit_test(test_folder_refused),
        cmocka_unit_test(test_large_and_rolled),
        cmocka_unit_test(test_bytes_are_kept),
        cmocka_unit_test(test_backup),
        cmocka_unit_test(test_damage_is_found),
        cmocka_unit_test(test_tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
