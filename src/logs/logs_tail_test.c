/* Live tails: what a session is given, and what it is told that it is not. */
#include "logs/logs_tail.h"

#include "logs/logs_test.h"

#include "io/patience_test.h"

struct seen {
    struct logs_tail_session *session;
    struct mutex *mutex;
    char text[4096]; /* messages, each with a space behind; '|' behind an update that had any */
    size_t events, updates, sampled;
    uint64_t dropped;
    bool slow; /* says ready only when the test does */
    bool held; /* the tail's thread stays in its next update until it is not */
    int ended; /* 1 + why; 0: not yet */
};

struct tail_room {
    struct room *room;
    struct logs_tail *tail;
    struct seen seen[3];
    struct logs_group group, other;
};

static void on_update(void *self, const struct logs_tail_update *update)
{
    struct seen *seen = self;
    mutex_lock(seen->mutex);
    for (size_t i = 0; i < update->count; i++) {
        size_t at = strlen(seen->text);
        (void)snprintf(seen->text + at, sizeof(seen->text) - at, "%.*s ",
                       STR_ARG(update->events[i]->message));
    }
    if (update->count && strlen(seen->text) + 2 < sizeof(seen->text))
        strcat(seen->text, "|");
    seen->events += update->count;
    seen->updates++;
    seen->sampled += update->sampled;
    seen->dropped += update->dropped;
    bool slow = seen->slow;
    while (seen->held) {
        mutex_unlock(seen->mutex);
        thread_sleep_ms(1);
        mutex_lock(seen->mutex);
    }
    mutex_unlock(seen->mutex);
    if (!slow)
        logs_tail_ready(seen->session);
}

static void on_end(void *self, enum logs_tail_end why)
{
    struct seen *seen = self;
    mutex_lock(seen->mutex);
    seen->ended = 1 + (int)why;
    mutex_unlock(seen->mutex);
}

static int open_with(void **state, const struct logs_tail_settings *settings)
{
    struct tail_room *t = calloc(1, sizeof(*t));
    void *room;
    struct diag diag;
    if (room_open(&room) != 0 || logs_tail_open(settings, &t->tail, &diag) != ERR_OK)
        return -1;
    t->room = room;
    logs_tail_watch(t->tail, t->room->logs);
    struct fault fault;
    if (!logs_group_create(t->room->logs, &t->room->work, t->room->ns, STR("other"), LOGS_CLASS_STANDARD,
                           &fault))
        return -1;
    room_commit(t->room);
    struct store_reader *reader = room_reader(t->room);
    if (!logs_group_get(reader, &t->room->arena, t->room->ns, GROUP, &t->group, &fault) ||
        !logs_group_get(reader, &t->room->arena, t->room->ns, STR("other"), &t->other, &fault))
        return -1;
    for (size_t i = 0; i < 3; i++)
        t->seen[i].mutex = mutex_new();
    *state = t;
    return 0;
}

static int open_small(void **state)
{
    return open_with(state, &(struct logs_tail_settings){ .sessions_max = 2, .update_events_max = 10 });
}

static int open_brief(void **state)
{
    return open_with(state, &(struct logs_tail_settings){ .time_max_ms = 100, .behind_bytes_max = 10 });
}

static int open_patient(void **state)
{
    return open_with(state, &(struct logs_tail_settings){ .behind_bytes_max = 1 << 30 });
}

static int close_all(void **state)
{
    struct tail_room *t = *state;
    void *room = t->room;
    logs_tail_close(&t->tail);
    int status = room_close(&room);
    for (size_t i = 0; i < 3; i++)
        mutex_free(&t->seen[i].mutex);
    free(t);
    return status;
}

static bool start(struct tail_room *t, size_t at, const struct logs_tail_query *query)
{
    struct logs_tail_reader reader = { &t->seen[at], on_update, on_end };
    uint64_t sequence;
    if (!logs_tail_start(t->tail, t->room->logs, &t->room->work, &t->room->arena, query, &reader,
                         &t->seen[at].session, &sequence, &t->room->fault))
        return false;
    room_commit(t->room);
    logs_tail_after_commit(t->tail);
    logs_tail_begin(t->seen[at].session);
    logs_tail_ready(t->seen[at].session);
    return true;
}

static void log_one(struct tail_room *t, struct str group, const char *stream, const char *message)
{
    struct logs_input input = { .timestamp_ms = START_MS, .message = str_from(message) };
    assert_true(logs_append_shared(t->room->logs, &t->room->work, t->room->ns, group, str_from(stream),
                                   &input, 1, &t->room->fault));
}

static void commit(struct tail_room *t)
{
    room_commit(t->room);
    logs_tail_after_commit(t->tail);
}

static struct seen look(struct seen *seen)
{
    mutex_lock(seen->mutex);
    struct seen copy = *seen;
    mutex_unlock(seen->mutex);
    return copy;
}

static struct seen *wait_events(struct tail_room *t, size_t at, size_t count)
{
    struct patience patience = { 0 };
    while (look(&t->seen[at]).events < count)
        patience_wait(&patience);
    return &t->seen[at];
}

static void wait_end(struct tail_room *t, size_t at, enum logs_tail_end why)
{
    struct patience patience = { 0 };
    while (!look(&t->seen[at]).ended)
        patience_wait(&patience);
    assert_int_equal(t->seen[at].ended, 1 + (int)why);
}

/* Nothing comes before its commit; nothing of what is rolled back, though the rest of its batch is kept. */
static void test_what_is_committed(void **state)
{
    struct tail_room *t = *state;
    struct logs_tail_query query = { .groups = &t->group, .group_count = 1, .interval_ms = 10 };
    log_one(t, GROUP, "s", "before");
    assert_true(start(t, 0, &query));
    log_one(t, GROUP, "s", "a");
    log_one(t, STR("other"), "s", "elsewhere");
    size_t mark = store_batch_mark(t->room->work.batch);
    log_one(t, GROUP, "s", "undone");
    log_one(t, GROUP, "new", "undone");
    store_batch_rollback(t->room->work.batch, mark);
    logs_after_rollback(t->room->logs);
    log_one(t, GROUP, "t", "b");
    thread_sleep_ms(30);
    mutex_lock(t->seen[0].mutex);
    assert_int_equal(t->seen[0].events, 0);
    mutex_unlock(t->seen[0].mutex);
    commit(t);
    struct seen *seen = wait_events(t, 0, 2);
    log_one(t, GROUP, "t", "lost");
    store_batch_rollback(t->room->work.batch, 0); /* as when the commit fails */
    logs_after_rollback(t->room->logs);
    commit(t);
    log_one(t, GROUP, "s", "c");
    commit(t);
    wait_events(t, 0, 3);
    mutex_lock(seen->mutex);
    assert_string_equal(seen->text, "a b |c |");
    assert_int_equal(seen->dropped, 0);
    mutex_unlock(seen->mutex);
}

static void test_which(void **state)
{
    struct tail_room *t = *state;
    struct logs_group both[] = { t->group, t->other };
    struct str streams[] = { STR("s"), STR("absent") }, prefixes[] = { STR("t") };
    struct logs_tail_query of_streams = {
        .groups = &t->group, .group_count = 1, .streams = streams, .stream_count = 2, .interval_ms = 10
    };
    struct logs_tail_query of_both = { .groups = both,
                                       .group_count = 2,
                                       .prefixes = prefixes,
                                       .prefix_count = 1,
                                       .pattern = STR("b"),
                                       .interval_ms = 10 };
    assert_true(start(t, 0, &of_streams));
    assert_true(start(t, 1, &of_both));
    assert_fault(t->room, start(t, 2, &of_both), FAULT_LIMIT_EXCEEDED,
                 "There are 2 Live Tail sessions, as many as may run at once.");
    log_one(t, GROUP, "s", "one b");
    log_one(t, GROUP, "t1", "two b");
    log_one(t, GROUP, "t1", "three");
    log_one(t, STR("other"), "t2", "four b");
    log_one(t, STR("other"), "s", "five");
    log_one(t, GROUP, "s", "six");
    commit(t);
    struct seen *first = wait_events(t, 0, 2), *second = wait_events(t, 1, 2);
    mutex_lock(first->mutex);
    assert_string_equal(first->text, "one b six |");
    mutex_unlock(first->mutex);
    mutex_lock(second->mutex);
    assert_string_equal(second->text, "two b four b |");
    mutex_unlock(second->mutex);
    logs_tail_gone(t->seen[0].session);
    wait_end(t, 0, LOGS_TAIL_GONE);
    assert_true(start(t, 2, &of_both));
    logs_tail_stop(t->tail);
    wait_end(t, 1, LOGS_TAIL_STOPPED);
    wait_end(t, 2, LOGS_TAIL_STOPPED);
    assert_fault(t->room, start(t, 0, &of_both), FAULT_UNAVAILABLE, "The server is stopping.");
}

/* Of 1,000 in one interval it is given 10, from all over them, in order, and told of the others. */
static void test_a_sample(void **state)
{
    struct tail_room *t = *state;
    struct logs_tail_query query = {
        .groups = &t->group, .group_count = 1, .interval_ms = 100, .sampled = true
    };
    assert_true(start(t, 0, &query));
    char text[8];
    for (unsigned i = 0; i < 1000; i++) {
        (void)snprintf(text, sizeof(text), "%u", i);
        log_one(t, GROUP, "s", text);
    }
    commit(t);
    struct seen *seen = wait_events(t, 0, 10);
    mutex_lock(seen->mutex);
    assert_int_equal(seen->events, 10);
    assert_int_equal(seen->dropped, 990);
    assert_int_equal(seen->sampled, 1);
    int last = -1, number, used;
    for (const char *at = seen->text; sscanf(at, "%d %n", &number, &used) == 1; at += used) {
        assert_true(number > last && number - last < 400);
        last = number;
    }
    assert_true(last > 600);
    mutex_unlock(seen->mutex);
    thread_sleep_ms(250); /* updates come without events too */
    mutex_lock(seen->mutex);
    assert_true(seen->updates >= 3);
    mutex_unlock(seen->mutex);
}

/* Ten updates wait for a reader; then the oldest goes, and the one behind it tells. */
static void test_a_slow_reader_of_samples(void **state)
{
    struct tail_room *t = *state;
    struct logs_tail_query query = {
        .groups = &t->group, .group_count = 1, .interval_ms = 10, .sampled = true
    };
    t->seen[0].slow = true;
    assert_true(start(t, 0, &query));
    log_one(t, GROUP, "s", "first");
    log_one(t, GROUP, "s", "second");
    commit(t);
    wait_events(t, 0, 0);
    thread_sleep_ms(300);
    log_one(t, GROUP, "s", "third");
    commit(t);
    thread_sleep_ms(30);
    mutex_lock(t->seen[0].mutex);
    t->seen[0].slow = false;
    assert_int_equal(t->seen[0].updates, 1);
    size_t had = t->seen[0].events;
    mutex_unlock(t->seen[0].mutex);
    logs_tail_ready(t->seen[0].session);
    struct seen *seen = wait_events(t, 0, had + 1);
    mutex_lock(seen->mutex);
    assert_int_equal(seen->events + seen->dropped, 3);
    assert_int_equal(seen->sampled, seen->dropped ? 1 : 0);
    assert_non_null(strstr(seen->text, "third"));
    mutex_unlock(seen->mutex);
}

static void test_a_slow_reader_of_all(void **state)
{
    struct tail_room *t = *state;
    struct logs_tail_query query = { .groups = &t->group, .group_count = 1, .interval_ms = 10 };
    t->seen[0].slow = true;
    assert_true(start(t, 0, &query));
    log_one(t, GROUP, "s", "taken");
    commit(t);
    wait_events(t, 0, 1);
    for (unsigned i = 0; i < 5; i++)
        log_one(t, GROUP, "s", "12345");
    log_one(t, GROUP, "s", "last");
    commit(t);
    thread_sleep_ms(20);
    logs_tail_ready(t->seen[0].session);
    struct seen *seen = wait_events(t, 0, 3);
    mutex_lock(seen->mutex);
    assert_string_equal(seen->text, "taken |12345 last |");
    assert_int_equal(seen->dropped, 4);
    assert_int_equal(seen->sampled, 1);
    mutex_unlock(seen->mutex);
    wait_end(t, 0, LOGS_TAIL_TIMED_OUT);
    struct logs_tail_stats stats;
    logs_tail_stats(t->tail, &stats);
    assert_int_equal(stats.sessions, 0);
    assert_int_equal(stats.given, 3);
    assert_int_equal(stats.dropped, 4);
}

static void hold(struct seen *seen, bool held)
{
    mutex_lock(seen->mutex);
    seen->held = held;
    mutex_unlock(seen->mutex);
}

/* What the tail does not get round to waits, in so many bytes: then the oldest goes and is counted, event by event. */
static void test_a_tail_that_is_behind(void **state)
{
    enum { COMMITS = 80, EVENTS = 4, MESSAGE_BYTES = 256 << 10 }; /* 80 MiB */
    struct tail_room *t = *state;
    struct logs_tail_query query = { .groups = &t->group, .group_count = 1, .interval_ms = 10 };
    char *message = malloc(MESSAGE_BYTES);
    assert_non_null(message);
    memset(message, 'm', MESSAGE_BYTES);
    hold(&t->seen[0], true);
    assert_true(start(t, 0, &query));
    log_one(t, GROUP, "s", "holds");
    commit(t);
    wait_events(t, 0, 1);
    struct logs_input events[EVENTS];
    for (size_t i = 0; i < EVENTS; i++)
        events[i] = (struct logs_input){ START_MS, str_of(message, MESSAGE_BYTES) };
    for (unsigned i = 0; i < COMMITS; i++) {
        assert_true(logs_append_shared(t->room->logs, &t->room->work, t->room->ns, GROUP, STR("s"), events,
                                       EVENTS, &t->room->fault));
        commit(t);
    }
    hold(&t->seen[0], false);
    log_one(t, GROUP, "s", "the last");
    commit(t);
    struct seen *seen = &t->seen[0];
    struct patience patience = { 0 };
    while (look(seen).events + look(seen).dropped < 2 + COMMITS * EVENTS)
        patience_wait(&patience);
    assert_int_equal(seen->events + seen->dropped, 2 + COMMITS * EVENTS);
    assert_true(seen->dropped >= 16 * EVENTS &&
                seen->dropped % EVENTS == 0); /* whole batches beyond 64 MiB */
    assert_true(seen->events > 2);
    free(message);
}

/* Who watches a group that is deleted is told, once that is committed. */
static void test_deleted(void **state)
{
    struct tail_room *t = *state;
    struct logs_group both[] = { t->group, t->other };
    struct logs_tail_query query = { .groups = both, .group_count = 2, .interval_ms = 10 };
    struct logs_tail_query of_other = { .groups = &t->other, .group_count = 1, .interval_ms = 10 };
    assert_true(start(t, 0, &query));
    assert_true(start(t, 1, &of_other));
    size_t mark = store_batch_mark(t->room->work.batch);
    assert_true(logs_group_delete(t->room->logs, &t->room->work, t->room->ns, GROUP, &t->room->fault));
    store_batch_rollback(t->room->work.batch, mark);
    logs_after_rollback(t->room->logs);
    log_one(t, GROUP, "s", "still there");
    commit(t);
    wait_events(t, 0, 1);
    assert_true(logs_group_delete(t->room->logs, &t->room->work, t->room->ns, GROUP, &t->room->fault));
    commit(t);
    wait_end(t, 0, LOGS_TAIL_DELETED);
    log_one(t, STR("other"), "s", "more");
    commit(t);
    wait_events(t, 1, 1);
    assert_int_equal(t->seen[1].ended, 0);
}

/* A session whose batch is not kept was never there. */
static void test_abandoned(void **state)
{
    struct tail_room *t = *state;
    struct logs_tail_query query = { .groups = &t->group, .group_count = 1, .interval_ms = 10 };
    struct logs_tail_reader reader = { &t->seen[0], on_update, on_end };
    uint64_t sequence;
    assert_true(logs_tail_start(t->tail, t->room->logs, &t->room->work, &t->room->arena, &query, &reader,
                                &t->seen[0].session, &sequence, &t->room->fault));
    assert_true(logs_tail_is_watched(t->tail));
    logs_tail_abandon(t->seen[0].session);
    assert_false(logs_tail_is_watched(t->tail));
    log_one(t, GROUP, "s", "nobody sees it");
    commit(t);
    logs_tail_stop(t->tail);
    assert_int_equal(t->seen[0].ended, 0);
    assert_false(logs_tail_start(
        t->tail, t->room->logs, &t->room->work, &t->room->arena,
        &(struct logs_tail_query){ .groups = &t->group, .group_count = 1, .pattern = STR("\"open") }, &reader,
        &t->seen[0].session, &sequence, &t->room->fault));
    assert_int_equal(t->room->fault.code, FAULT_INVALID_PARAMETER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_committed, open_small, close_all),
        cmocka_unit_test_setup_teardown(test_which, open_small, close_all),
        cmocka_unit_test_setup_teardown(test_a_sample, open_small, close_all),
        cmocka_unit_test_setup_teardown(test_a_slow_reader_of_samples, open_small, close_all),
        cmocka_unit_test_setup_teardown(test_a_slow_reader_of_all, open_brief, close_all),
        cmocka_unit_test_setup_teardown(test_a_tail_that_is_behind, open_patient, close_all),
        cmocka_unit_test_setup_teardown(test_deleted, open_small, close_all),
        cmocka_unit_test_setup_teardown(test_abandoned, open_small, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
