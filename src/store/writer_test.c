/* Commands, groups, hooks, timers. */
#include "io/clock.h"
#include "io/thread.h"
#include "store/key.h"
#include "store/temp_folder.h"
#include "store/writer.h"

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "io/patience_test.h"

/* What a test waits on: counts up, never down. */
static _Atomic unsigned done_count, done_wrong;

static void wait_for(const _Atomic unsigned *count, unsigned at_least)
{
    struct patience patience = { 0 };
    while (*count < at_least)
        patience_wait(&patience);
}

struct put_command {
    struct command command;
    unsigned number;
    bool refuse;
    enum err want;
    _Atomic unsigned *gate; /* not NULL: run waits until it is not 0 */
    bool ran;
};

static bool put_run(struct command *command, struct work *work)
{
    struct put_command *put = (struct put_command *)command;
    while (put->gate && !*put->gate)
        thread_sleep_ms(1);
    char key[24];
    put->ran = true;
    struct str name = str_of(key, (size_t)snprintf(key, sizeof(key), "n%07u", put->number));
    assert(work->now_ms > 0 && work->arena->used == 0);
    (void)arena_alloc(work->arena, 100);
    store_put(work->batch, name, STR("v"));
    assert(store_has(work->reader, name));
    return !put->refuse;
}

static void put_done(struct command *command, enum err committed)
{
    const struct put_command *put = (struct put_command *)command;
    if (committed != put->want || put->ran != (put->want == ERR_OK))
        done_wrong++;
    done_count++;
}

static unsigned count_keys(struct store *store, const char *from, const char *to)
{
    unsigned count = 0;
    struct str key, value;
    struct store_reader *reader = store_snapshot(store);
    struct store_cursor *cursor = store_scan(reader, str_from(from), str_from(to), STORE_UP);
    while (store_cursor_next(cursor, &key, &value))
        count++;
    assert_int_equal(store_cursor_close(&cursor), ERR_OK);
    store_snapshot_release(&reader);
    return count;
}

static struct hooks_seen {
    _Atomic unsigned runs, rollbacks, commits;
} seen;

static void after_run(void *self, struct work *work)
{
    struct hooks_seen *hooks = self;
    char key[24];
    hooks->runs++;
    store_put(work->batch, str_of(key, (size_t)snprintf(key, sizeof(key), "after%07u", hooks->runs)),
              STR(""));
}

static void after_rollback(void *self)
{
    ((struct hooks_seen *)self)->rollbacks++;
}

static void after_commit(void *self)
{
    ((struct hooks_seen *)self)->commits++;
}

static const struct writer_hooks hooks = { &seen, after_run, after_rollback, after_commit };

static struct writer *writer_make(struct store *store, const struct writer_settings *settings,
                                  const struct writer_hooks *with)
{
    struct writer *writer;
    done_count = done_wrong = 0;
    seen.runs = seen.rollbacks = seen.commits = 0;
    assert_int_equal(writer_open(store, settings, with, &writer, NULL), ERR_OK);
    return writer;
}

static struct store *store_make(const char *folder)
{
    struct store_settings settings = { .folder = folder, .free_bytes_min = 1 };
    struct store *store;
    assert_int_equal(store_open(&settings, &store, NULL), ERR_OK);
    return store;
}

/* ---- commands ---- */

enum { THREADS = 4, EACH = 5000 };

struct submitter {
    struct writer *writer;
    struct put_command *commands;
    struct thread *thread;
};

static void submit_all(void *self)
{
    struct submitter *submitter = self;
    for (unsigned i = 0; i < EACH;) {
        enum err err = writer_submit(submitter->writer, &submitter->commands[i].command);
        if (err == ERR_AGAIN)
            thread_sleep_ms(1);
        else
            i++;
    }
}

static void test_many_threads(void **state)
{
    (void)state;
    struct store *store = store_make(NULL);
    struct writer_settings settings = { .queue_max = 1000 };
    struct writer *writer = writer_make(store, &settings, &hooks);
    assert_int_equal(writer_start(writer, NULL), ERR_OK);
    struct put_command *commands = calloc(THREADS * EACH, sizeof(*commands));
    struct submitter submitters[THREADS];
    unsigned refused = 0;
    for (unsigned i = 0; i < THREADS * EACH; i++) {
        commands[i] = (struct put_command){ .command = { .run = put_run, .done = put_done }, .number = i };
        commands[i].refuse = i % 5 == 0;
        refused += commands[i].refuse;
    }
    for (unsigned i = 0; i < THREADS; i++) {
        submitters[i] = (struct submitter){ writer, commands + i * EACH, NULL };
        assert_int_equal(thread_start("submit", submit_all, &submitters[i], &submitters[i].thread, NULL),
                         ERR_OK);
    }
    for (unsigned i = 0; i < THREADS; i++)
        thread_join(&submitters[i].thread);
    wait_for(&done_count, THREADS * EACH);
    struct writer_stats stats;
    writer_stats(writer, &stats);
    writer_close(&writer);
    assert_int_equal(done_wrong, 0);
    assert_int_equal(done_count, THREADS * EACH);
    assert_int_equal(stats.commands, THREADS * EACH);
    assert_int_equal(stats.rolled_back, refused);
    assert_true(stats.queued_max_seen <= 1000);
    assert_int_equal(seen.runs, THREADS * EACH - refused);
    assert_int_equal(seen.rollbacks, refused);
    assert_true(seen.commits > 0 && seen.commits <= stats.groups);
    assert_int_equal(count_keys(store, "n", "o"), THREADS * EACH - refused);
    assert_int_equal(count_keys(store, "after", "afteru"), THREADS * EACH - refused);
    store_close(&store);
    free(commands);
}

static void test_groups_and_limits(void **state)
{
    (void)state;
    struct store *store = store_make(NULL);
    struct writer_settings settings = { .queue_max = 101, .group_max = 40 };
    struct writer *writer = writer_make(store, &settings, NULL);
    assert_int_equal(writer_start(writer, NULL), ERR_OK);
    static struct put_command commands[200];
    _Atomic unsigned gate = 0;
    for (unsigned i = 0; i < 200; i++)
        commands[i] = (struct put_command){ .command = { .run = put_run, .done = put_done }, .number = i };
    commands[0].gate = &gate;
    assert_int_equal(writer_submit(writer, &commands[0].command), ERR_OK);
    struct writer_stats stats;
    for (unsigned i = 1; i <= 100; i++)
        assert_int_equal(writer_submit(writer, &commands[i].command), ERR_OK);
    assert_int_equal(writer_submit(writer, &commands[101].command), ERR_AGAIN);
    gate = 1;
    wait_for(&done_count, 101);
    writer_stats(writer, &stats);
    assert_true(stats.groups <= 5); /* 1 and 40, 40, 20; or 40, 40, 21 */
    assert_int_equal(stats.queued_max_seen, 101);
    /* What is queued at the end is finished. */
    gate = 0;
    commands[120].gate = &gate;
    for (unsigned i = 120; i < 180; i++)
        assert_int_equal(writer_submit(writer, &commands[i].command), ERR_OK);
    gate = 1;
    writer_close(&writer);
    assert_int_equal(done_count, 161);
    assert_int_equal(done_wrong, 0);
    assert_int_equal(count_keys(store, "n", "o"), 161);
    /* One that never ran: told so. */
    writer = writer_make(store, NULL, NULL);
    commands[0] = (struct put_command){ .command = { .run = put_run, .done = put_done }, .want = ERR_CLOSED };
    assert_int_equal(writer_submit(writer, &commands[0].command), ERR_OK);
    writer_close(&writer);
    assert_int_equal(done_count, 1);
    assert_int_equal(done_wrong, 0);
    store_close(&store);
}

static void test_no_space(void **state)
{
    (void)state;
    char folder[TEMP_FOLDER_BYTES];
    temp_folder_make(folder);
    struct store_settings settings = { .folder = folder, .free_bytes_min = UINT64_MAX };
    struct store *store;
    assert_int_equal(store_open(&settings, &store, NULL), ERR_OK);
    struct writer *writer = writer_make(store, NULL, &hooks);
    assert_int_equal(writer_start(writer, NULL), ERR_OK);
    static struct put_command commands[50];
    for (unsigned i = 0; i < 50; i++) {
        commands[i] =
            (struct put_command){ .command = { .run = put_run, .done = put_done }, .want = ERR_NOSPACE };
        assert_int_equal(writer_submit(writer, &commands[i].command), ERR_OK);
    }
    wait_for(&done_count, 50);
    struct writer_stats stats;
    writer_stats(writer, &stats);
    assert_int_equal(stats.refused, 50);
    assert_int_equal(stats.commands, 0);
    writer_close(&writer);
    assert_int_equal(done_wrong, 0);
    assert_int_equal(seen.runs, 0);
    store_close(&store);
    temp_folder_remove(folder);
}

/* ---- timers ---- */

struct timer_command {
    struct command command;
    unsigned first, count;
    int64_t due_ms;
    bool remove;
};

static bool timer_run(struct command *command, struct work *work)
{
    const struct timer_command *timer = (const struct timer_command *)command;
    for (unsigned i = 0; i < timer->count; i++) {
        char ref[16];
        struct str name = str_of(ref, (size_t)snprintf(ref, sizeof(ref), "r%06u", timer->first + i));
        if (timer->remove)
            timer_remove(work, timer->due_ms, TIMER_FLOW, name);
        else
            timer_add(work, timer->due_ms, TIMER_FLOW, name);
    }
    return true;
}

static void timer_done(struct command *command, enum err committed)
{
    (void)command;
    done_wrong += committed != ERR_OK;
    done_count++;
}

static struct fired {
    _Atomic unsigned count, out_of_order, commands_before_end;
    unsigned stop_at; /* from this one on false */
    char last[16];
} fired;

static bool flow_due(void *self, struct work *work, struct str ref)
{
    struct fired *f = self;
    char last[16] = "";
    memcpy(last, ref.ptr, ref.len);
    f->out_of_order += strcmp(last, f->last) <= 0;
    memcpy(f->last, last, sizeof(last));
    f->count++;
    if (done_count > 1)
        f->commands_before_end++;
    store_put(work->batch, arena_concat(work->arena, STR("fired"), ref), STR(""));
    return f->count <= f->stop_at;
}

static void fired_clear(void)
{
    fired = (struct fired){ .stop_at = UINT32_MAX };
}

struct pause {
    struct command command;
    _Atomic unsigned over;
};

static bool pause_run(struct command *command, struct work *work)
{
    (void)command;
    (void)work;
    return true;
}

static void pause_done(struct command *command, enum err committed)
{
    (void)committed;
    ((struct pause *)command)->over = 1;
}

/* What ran before has left its group: the test may touch what it touched. */
static void writer_settle(struct writer *writer)
{
    struct pause pause = { .command = { .run = pause_run, .done = pause_done } };
    assert_int_equal(writer_submit(writer, &pause.command), ERR_OK);
    wait_for(&pause.over, 1);
}

static void submit_timers(struct writer *writer, struct timer_command *timer, unsigned first, unsigned count,
                          int64_t due_ms, bool remove)
{
    *timer = (struct timer_command){ { .run = timer_run, .done = timer_done }, first, count, due_ms, remove };
    assert_int_equal(writer_submit(writer, &timer->command), ERR_OK);
}

static unsigned timers_stored(struct store *store)
{
    return count_keys(store, "t", "u");
}

static void test_timers(void **state)
{
    (void)state;
    char folder[TEMP_FOLDER_BYTES];
    temp_folder_make(folder);
    struct store *store = store_make(folder);
    struct writer *writer = writer_make(store, NULL, NULL);
    fired_clear();
    writer_on_timer(writer, TIMER_FLOW, flow_due, &fired);
    assert_int_equal(writer_start(writer, NULL), ERR_OK);
    struct timer_command timers[8];
    int64_t now_ms = clock_now_ms();
    /* In the past, all at once; commands get their turn between. */
    struct put_command put = { .command = { .run = put_run, .done = put_done }, .number = 1 };
    submit_timers(writer, &timers[0], 0, 5000, now_ms - 1000, false);
    wait_for(&done_count, 1);
    assert_int_equal(writer_submit(writer, &put.command), ERR_OK);
    wait_for(&fired.count, 5000);
    wait_for(&done_count, 2);
    writer_settle(writer);
    assert_true(fired.commands_before_end > 0);
    assert_int_equal(fired.out_of_order, 0);
    /* Far ones wait, a near one comes at its time although it was added later; the removed never comes. */
    fired_clear();
    submit_timers(writer, &timers[1], 10000, 10, now_ms + 3600 * 1000, false);
    submit_timers(writer, &timers[2], 10, 1, clock_now_ms() + 150, false);
    submit_timers(writer, &timers[3], 11, 1, now_ms - 5, false);
    wait_for(&done_count, 5);
    submit_timers(writer, &timers[4], 10000, 5, now_ms + 3600 * 1000, true);
    wait_for(&fired.count, 2);
    writer_settle(writer);
    assert_true(clock_now_ms() >= now_ms + 150);
    assert_string_equal(fired.last, "r000010");
    wait_for(&done_count, 6);
    struct patience patience = { 0 };
    while (timers_stored(store) != 5) /* the last one's batch is on its way */
        patience_wait(&patience);
    /* They outlive the process. */
    struct writer_stats stats;
    writer_stats(writer, &stats);
    assert_int_equal(stats.timers_due, 5002);
    writer_close(&writer);
    store_close(&store);
    assert_int_equal(done_wrong, 0);
    store = store_make(folder);
    writer = writer_make(store, NULL, NULL);
    fired_clear();
    fired.stop_at = 2; /* the third and later roll back, their removal stays */
    writer_on_timer(writer, TIMER_FLOW, flow_due, &fired);
    clock_offset_set(3601 * 1000);
    assert_int_equal(writer_start(writer, NULL), ERR_OK);
    wait_for(&fired.count, 5);
    writer_close(&writer);
    clock_offset_set(0);
    assert_int_equal(fired.count, 5);
    assert_int_equal(timers_stored(store), 0);
    assert_int_equal(count_keys(store, "fired", "firee"), 5000 + 2); /* r000010 and r000011 twice */
    store_close(&store);
    temp_folder_remove(folder);
}

/* One that is due removes the others that are. */
static bool due_removes(void *self, struct work *work, struct str ref)
{
    ++*(_Atomic unsigned *)self;
    for (unsigned i = 0; i < 10; i++) {
        char other[16];
        struct str name = str_of(other, (size_t)snprintf(other, sizeof(other), "r%06u", i));
        if (!str_eq(name, ref))
            timer_remove(work, 1000, TIMER_FLOW, name);
    }
    return true;
}

static void test_timer_removed_while_due(void **state)
{
    (void)state;
    struct store *store = store_make(NULL);
    struct writer *writer = writer_make(store, NULL, NULL);
    _Atomic unsigned count = 0;
    writer_on_timer(writer, TIMER_FLOW, due_removes, &count);
    struct timer_command timer;
    submit_timers(writer, &timer, 0, 10, 1000, false);
    assert_int_equal(writer_start(writer, NULL), ERR_OK);
    wait_for(&count, 1);
    writer_close(&writer);
    assert_int_equal(count, 1);
    assert_int_equal(timers_stored(store), 0);
    store_close(&store);
}

/* The first fills the group, so that the others are left for the next one, and sets a timer below them. */
static bool due_adds_below(void *self, struct work *work, struct str ref)
{
    static const char bytes[8192];
    ++*(_Atomic unsigned *)self;
    if (str_eq(ref, STR("r000000"))) {
        store_put(work->batch, STR("large"), str_of(bytes, sizeof(bytes)));
        timer_add(work, 999, TIMER_FLOW, STR("below"));
    }
    return true;
}

static void test_timer_below_the_rest(void **state)
{
    (void)state;
    struct store *store = store_make(NULL);
    struct writer_settings settings = { .group_bytes_max = 4096 };
    struct writer *writer = writer_make(store, &settings, NULL);
    _Atomic unsigned count = 0;
    writer_on_timer(writer, TIMER_FLOW, due_adds_below, &count);
    struct timer_command timer;
    submit_timers(writer, &timer, 0, 10, 1000, false);
    assert_int_equal(writer_start(writer, NULL), ERR_OK);
    wait_for(&count, 11);
    writer_close(&writer);
    assert_int_equal(timers_stored(store), 0);
    store_close(&store);
}

/* ---- commands that wait in memory ---- */

enum { LATERS = 200 };

struct later_command {
    struct command command;
    int64_t due_ms, ran_ms;
    unsigned order;
    enum err done;
};

static _Atomic unsigned laters_ran, laters_done;
static struct later_command laters[LATERS];

static bool later_run(struct command *command, struct work *work)
{
    struct later_command *later = (struct later_command *)command;
    later->ran_ms = work->now_ms;
    later->order = ++laters_ran;
    return true;
}

static void later_done(struct command *command, enum err committed)
{
    ((struct later_command *)command)->done = committed;
    laters_done++;
}

/* Every third is called back, the last ones are due when nobody waits for them. */
static bool later_begin(struct command *command, struct work *work)
{
    (void)command;
    for (unsigned i = 0; i < LATERS; i++) {
        int64_t span_ms = i >= LATERS - 10 ? 1000000 : (i * 7919) % 97;
        laters[i] = (struct later_command){ .command = { .run = later_run, .done = later_done } };
        laters[i].due_ms = work->now_ms + span_ms;
        writer_later(work->writer, &laters[i].command, laters[i].due_ms);
    }
    for (unsigned i = 0; i < LATERS; i += 3) {
        assert(writer_recall(work->writer, &laters[i].command));
        assert(!writer_recall(work->writer, &laters[i].command));
    }
    return true;
}

static void later_nothing(struct command *command, enum err committed)
{
    (void)command;
    (void)committed;
}

static void test_laters(void **state)
{
    (void)state;
    struct store *store = store_make(NULL);
    struct writer *writer = writer_make(store, NULL, NULL);
    struct command begin = { .run = later_begin, .done = later_nothing };
    unsigned wanted = 0, never = 0;
    for (unsigned i = 0; i < LATERS; i++) {
        wanted += i % 3 != 0 && i < LATERS - 10;
        never += i % 3 != 0 && i >= LATERS - 10;
    }
    assert_int_equal(writer_start(writer, NULL), ERR_OK);
    assert_int_equal(writer_submit(writer, &begin), ERR_OK);
    wait_for(&laters_done, wanted);
    writer_close(&writer);
    assert_int_equal(laters_ran, wanted);
    assert_int_equal(laters_done, wanted + never);
    for (unsigned i = 0; i < LATERS; i++) {
        if (i % 3 == 0)
            assert_int_equal(laters[i].order, 0);
        else
            assert_int_equal(laters[i].done, i < LATERS - 10 ? ERR_OK : ERR_CLOSED);
        assert_true(laters[i].order == 0 || laters[i].ran_ms >= laters[i].due_ms);
        for (unsigned j = 0; j < LATERS && laters[i].order; j++)
            assert_false(laters[j].order > laters[i].order && laters[j].due_ms < laters[i].due_ms);
    }
    store_close(&store);
}

/* ---- notes: marks without writes ---- */

struct note_command {
    struct command command;
    bool note, refuse;
};

static bool note_run(struct command *command, struct work *work)
{
    const struct note_command *c = (struct note_command *)command;
    if (c->note) {
        size_t mark = store_batch_mark(work->batch);
        store_batch_note(work->batch);
        assert(store_batch_mark(work->batch) == mark + 1);
    }
    return !c->refuse;
}

static void note_done(struct command *command, enum err committed)
{
    (void)command;
    done_wrong += committed != ERR_OK;
    done_count++;
}

/* Without a write a note is rolled back and followed by after_commit; nothing at all is neither. */
static void test_notes(void **state)
{
    (void)state;
    static const struct writer_hooks quiet = { &seen, NULL, after_rollback, after_commit };
    static const struct {
        bool note, refuse;
        unsigned rollbacks, commits;
    } cases[] = {
        { false, false, 0, 0 }, { false, true, 0, 0 }, { true, true, 1, 0 }, { true, false, 0, 1 }
    };
    struct store *store = store_make(NULL);
    struct store_stats stats;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct writer *writer = writer_make(store, NULL, &quiet);
        assert_int_equal(writer_start(writer, NULL), ERR_OK);
        struct note_command c = { { .run = note_run, .done = note_done }, cases[i].note, cases[i].refuse };
        assert_int_equal(writer_submit(writer, &c.command), ERR_OK);
        wait_for(&done_count, 1);
        writer_close(&writer);
        assert_int_equal(done_wrong, 0);
        assert_int_equal(seen.rollbacks, cases[i].rollbacks);
        assert_int_equal(seen.commits, cases[i].commits);
    }
    store_stats(store, &stats);
    assert_int_equal(stats.sequence, 0);
    store_close(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_threads),
        cmocka_unit_test(test_groups_and_limits),
        cmocka_unit_test(test_no_space),
        cmocka_unit_test(test_timers),
        cmocka_unit_test(test_timer_removed_while_due),
        cmocka_unit_test(test_timer_below_the_rest),
        cmocka_unit_test(test_laters),
        cmocka_unit_test(test_notes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
