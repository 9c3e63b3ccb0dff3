#include "logs/logs_test.h"

static const int64_t day = 86400000;

/* What the writer does when timers are due: takes each once. Returns how many, those that pack excepted. */
static size_t run_due(struct room *room)
{
    struct key first, end;
    key_begin(&first, KEY_TIMER, PARTITION_ONLY, 'd');
    end = first;
    key_time(&end, room->work.now_ms + 1);
    struct str key, value, refs[16];
    int64_t due_ms[16];
    size_t count = 0, sweeps = 0;
    struct store_cursor *cursor = store_scan(room_reader(room), key_str(&first), key_str(&end), STORE_UP);
    while (store_cursor_next(cursor, &key, &value)) {
        uint8_t kind = 0;
        key = str_from_offset(key, KEY_HEAD_BYTES);
        assert_true(key_read_time(&key, &due_ms[count]) && key_read_u8(&key, &kind));
        assert_int_equal(kind, TIMER_LOGS);
        refs[count++] = arena_copy(&room->arena, key);
        assert_true(count < 16);
    }
    assert_int_equal(store_cursor_close(&cursor), ERR_OK);
    for (size_t i = 0; i < count; i++) {
        timer_remove(&room->work, due_ms[i], TIMER_LOGS, refs[i]);
        assert_true(logs_due(room->logs, &room->work, refs[i]));
        room_commit(room);
        sweeps += refs[i].ptr[0] != LOGS_REF_PACK;
    }
    return sweeps;
}

static void sweep(struct room *room)
{
    assert_int_equal(run_due(room), 1);
    assert_int_equal(room_timers(room), 1);
}

static size_t visible(struct room *room)
{
    struct logs_group group = room_group(room);
    struct logs_filter_query query = { 0 };
    struct logs_filter_page page;
    size_t count = 0;
    for (bool more = true; more;) {
        assert_true(logs_filter(room->snapshot, &room->arena, &group, room->work.now_ms, &query, &page,
                                &room->fault));
        count += page.count;
        more = page.more;
        query.after = page.after;
    }
    return count;
}

static uint64_t bytes_of(struct room *room)
{
    struct logs_group_query query = { .prefix = GROUP };
    struct logs_group_page page;
    assert_true(logs_group_list(room_reader(room), &room->arena, room->ns, &query, &page, &room->fault));
    return page.groups[0].stored_bytes;
}

static void test_expired_are_not_shown(void **state)
{
    struct room *room = *state;
    room_create_stream(room, "s");
    struct logs_input events[] = { { START_MS - day, STR("a") },
                                   { START_MS - day + 1, STR("b") },
                                   { START_MS, STR("c") } };
    room_put(room, "s", events, 3);
    room_append(room, "one", START_MS - day - 1, "d");
    room_commit(room);
    assert_int_equal(visible(room), 4);
    assert_true(logs_retention_put(room->logs, &room->work, room->ns, GROUP, 1, &room->fault));
    room_commit(room);
    assert_int_equal(visible(room), 3); /* with no sweep yet */
    room->work.now_ms += 1;
    assert_int_equal(visible(room), 2);
    struct logs_group group = room_group(room);
    struct logs_get_page page;
    assert_true(logs_get(room->snapshot, &room->arena, &group, room->work.now_ms,
                         &(struct logs_get_query){ .stream = STR("s") }, &page, &room->fault));
    assert_int_equal(page.count, 2);
    assert_true(logs_get(room->snapshot, &room->arena, &group, room->work.now_ms,
                         &(struct logs_get_query){ .stream = STR("one") }, &page, &room->fault));
    assert_int_equal(page.count, 0);
    /* Without the sweep they are still there, should the retention be taken back in time. */
    assert_true(logs_retention_put(room->logs, &room->work, room->ns, GROUP, 0, &room->fault));
    room_commit(room);
    assert_int_equal(visible(room), 4);
}

static void test_sweep(void **state)
{
    struct room *room = *state;
    room_create_stream(room, "many");
    room_create_stream(room, "kept empty");
    room_create_stream(room, "single");
    struct logs_input *events = ARENA_ARRAY(&room->arena, struct logs_input, 3000);
    for (int i = 0; i < 3000; i++)
        events[i] = (struct logs_input){ START_MS + i, STR("m") };
    room_put(room, "many", events, 3000);
    room_put(room, "single", events, 1);
    for (int i = 0; i < 2500; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "own/%d", i);
        room_append(room, name, START_MS + i, "m");
    }
    room_append(room, "own twice", START_MS, "a");
    room_append(room, "own twice", START_MS, "b");
    assert_true(logs_retention_put(room->logs, &room->work, room->ns, GROUP, 1, &room->fault));
    room_commit(room);
    assert_int_equal(bytes_of(room), 27 * (3000 + 1 + 2500 + 2));
    sweep(room); /* nothing to do */
    assert_int_equal(room_group(room).sweep_due_ms, START_MS + LOGS_SWEEP_EVERY_MS);
    assert_int_equal(room_count_events(room, true), 2502);

    room->work.now_ms = START_MS + day + 2000; /* of everything those from 2000 on are left */
    assert_int_equal(visible(room), 1000 + 500);
    int slices = 0;
    do {
        sweep(room);
        slices++;
    } while (room_group(room).sweep_due_ms == room->work.now_ms);
    assert_true(slices >= 2000 / LOGS_SLICE_EVENTS);
    assert_int_equal(room_count_events(room, true), 500);
    assert_int_equal(room_count_events(room, false), 1000);
    assert_int_equal(room_count_keys(room, LOGS_INDEX), 1); /* of the last run */
    /* 500 of one event each, "many", and of those now empty the two that were created by name. */
    assert_int_equal(room_count_keys(room, LOGS_STREAM), 500 + 3);
    assert_int_equal(room_count_keys(room, LOGS_LAST), 3);
    assert_int_equal(visible(room), 1500);
    assert_int_equal(bytes_of(room), 27 * 1500);
    struct logs_group group = room_group(room);
    struct logs_stream_query query = { .by_last_event = true };
    struct logs_stream_page page;
    assert_true(logs_stream_list(room->snapshot, &room->arena, &group, &query, &page, &room->fault));
    assert_str(page.streams[0].name, "kept empty");
    assert_str(page.streams[1].name, "single");
    assert_false(page.streams[1].has_events);
    struct logs_stream_record record;
    assert_int_equal(logs_stream_load(room->snapshot, &room->arena, &group, STR("many"), &record), ERR_OK);
    assert_int_equal(record.first_ms, START_MS + 2000);
    assert_int_equal(record.last_ms, START_MS + 2999);

    room->work.now_ms = START_MS + 3 * day;
    do
        sweep(room);
    while (room_group(room).sweep_due_ms == room->work.now_ms);
    assert_int_equal(room_count_events(room, false) + room_count_keys(room, LOGS_INDEX), 0);
    assert_int_equal(room_count_keys(room, LOGS_STREAM), 3);
    assert_int_equal(bytes_of(room), 0);
    /* What was emptied takes events again. */
    struct logs_input again = { room->work.now_ms, STR("again") };
    room_put(room, "many", &again, 1);
    room_commit(room);
    assert_int_equal(room_count_keys(room, LOGS_LAST), 2);
    assert_int_equal(visible(room), 1);
    /* With the group its timer goes. */
    assert_true(logs_group_delete(room->logs, &room->work, room->ns, GROUP, &room->fault));
    room_commit(room);
    assert_int_equal(room_timers(room), 0);
}

static void test_deleted_stream(void **state)
{
    struct room *room = *state;
    room_create_stream(room, "s");
    struct logs_input *events = ARENA_ARRAY(&room->arena, struct logs_input, 2500);
    for (int i = 0; i < 2500; i++)
        events[i] = (struct logs_input){ START_MS + i / 10, STR("m") };
    for (int i = 0; i < 2500; i++)
        room_put(room, "s", &events[i], 1);
    room_append(room, "other", START_MS + 1, "other");
    room_commit(room);
    assert_true(logs_stream_delete(room->logs, &room->work, room->ns, GROUP, STR("s"), &room->fault));
    room_commit(room);
    assert_int_equal(room_timers(room), 1);
    assert_int_equal(visible(room), 1);
    /* Made again at once, it has nothing of the old, and the old goes without touching it. */
    room_create_stream(room, "s");
    struct logs_input fresh[] = { { START_MS + 2, STR("fresh") }, { START_MS + 3, STR("fresh too") } };
    room_put(room, "s", fresh, 2);
    room_commit(room);
    assert_int_equal(visible(room), 3);
    int slices = 0;
    while (room_count_keys(room, LOGS_DELETED)) {
        assert_int_equal(run_due(room), 1);
        slices++;
        assert_int_equal(visible(room), 3);
    }
    assert_int_equal(slices, (2499 + LOGS_SLICE_EVENTS - 1) / LOGS_SLICE_EVENTS);
    assert_int_equal(room_timers(room), 0);
    assert_int_equal(room_count_events(room, false), 2);
    assert_int_equal(room_count_keys(room, LOGS_INDEX), 1);
    assert_int_equal(bytes_of(room), 5 + 26 + 5 + 26 + 9 + 26);
    /* A timer of what is gone does no harm. */
    assert_true(logs_due(room->logs, &room->work, STR("s")));
    assert_true(logs_due(room->logs, &room->work, STR("sxxxxxxxx")));
    assert_true(logs_due(room->logs, &room->work, STR("zxxxxxxxxyyyyyyyy")));
}

/* A retention's sweep and a deleted stream's meet on the same events. */
static void test_both_sweeps(void **state)
{
    struct room *room = *state;
    room_create_stream(room, "s");
    struct logs_input events[] = { { START_MS, STR("a") },
                                   { START_MS, STR("b") },
                                   { START_MS + 10, STR("c") } };
    room_put(room, "s", events, 3);
    assert_true(logs_retention_put(room->logs, &room->work, room->ns, GROUP, 1, &room->fault));
    assert_true(logs_stream_delete(room->logs, &room->work, room->ns, GROUP, STR("s"), &room->fault));
    room_commit(room);
    room->work.now_ms = START_MS + day + 5;
    /* The group's timer was due first; then the stream finds what is left. */
    assert_int_equal(room_timers(room), 2);
    assert_int_equal(run_due(room), 2);
    assert_int_equal(room_count_events(room, false), 0);
    assert_int_equal(room_count_keys(room, LOGS_INDEX), 0);
    assert_int_equal(room_count_keys(room, LOGS_DELETED), 0);
    assert_int_equal(bytes_of(room), 0);
}

/* Events that come late lie before what has been swept, and are swept all the same. */
static void test_late_events(void **state)
{
    struct room *room = *state;
    assert_true(logs_retention_put(room->logs, &room->work, room->ns, GROUP, 1, &room->fault));
    room_append(room, "one", START_MS - 10, "one");
    room_append(room, "two", START_MS - 10, "two");
    room_append(room, "two", START_MS - 9, "two");
    room_commit(room);
    room->work.now_ms = START_MS + day;
    while (run_due(room)) {
    }
    assert_int_equal(room_count_keys(room, LOGS_STREAM), 0);
    room_append(room, "late", START_MS - 1000, "late");
    room_append(room, "later", START_MS - 1000, "a");
    room_append(room, "later", START_MS - 999, "b");
    room_append(room, "kept", room->work.now_ms, "kept");
    room_commit(room);
    assert_int_equal(visible(room), 1);
    room->work.now_ms += LOGS_SWEEP_EVERY_MS;
    while (run_due(room)) {
    }
    assert_int_equal(room_count_keys(room, LOGS_STREAM), 1);
    assert_int_equal(room_count_events(room, true), 1);
    assert_int_equal(room_count_events(room, false), 0);
    assert_int_equal(bytes_of(room), 4 + 26);
}

#define ROOM_TEST(test) cmocka_unit_test_setup_teardown(test, room_open, room_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(test_expired_are_not_shown), ROOM_TEST(test_sweep),       ROOM_TEST(test_deleted_stream),
        ROOM_TEST(test_both_sweeps),           ROOM_TEST(test_late_events),
    };
    return cmocka_run_group_tests_name("logs-sweep", tests, NULL, NULL);
}
