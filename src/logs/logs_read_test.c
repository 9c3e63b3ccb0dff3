#include "logs/logs_test.h"

/* ---- GetLogEvents ---- */

static struct logs_get_page get(struct room *room, const struct logs_get_query *query)
{
    struct logs_group group = room_group(room);
    struct logs_get_page page;
    assert_true(
        logs_get(room->snapshot, &room->arena, &group, room->work.now_ms, query, &page, &room->fault));
    return page;
}

/* 25 events, of five at a time with equal timestamps, named e00 to e24 in order of arrival. */
static void put_25(struct room *room, const char *stream)
{
    room_create_stream(room, stream);
    struct logs_input *events = ARENA_ARRAY(&room->arena, struct logs_input, 25);
    for (int i = 0; i < 25; i++)
        events[i] = (struct logs_input){ START_MS - 100 + i / 5, arena_printf(&room->arena, "e%02d", i) };
    room_put(room, stream, events, 25);
    room_commit(room);
}

static void assert_events(const struct logs_event *events, size_t count, int first, int last)
{
    assert_int_equal(count, last - first + 1);
    for (int i = first; i <= last; i++) {
        char text[16];
        (void)snprintf(text, sizeof(text), "e%02d", i);
        assert_str(events[i - first].message, text);
        assert_int_equal(events[i - first].timestamp_ms, START_MS - 100 + i / 5);
        assert_int_equal(events[i - first].ingested_ms, START_MS);
    }
}

static void test_get_pages_forward(void **state)
{
    struct room *room = *state;
    put_25(room, "s");
    struct logs_get_query query = { .stream = STR("s"), .from_head = true, .limit = 7 };
    struct logs_get_page page;
    for (int first = 0; first < 25; first += 7) {
        page = get(room, &query);
        assert_events(page.events, page.count, first, first + 6 < 24 ? first + 6 : 24);
        assert_true(str_starts(page.forward, STR("f/")) && str_starts(page.backward, STR("b/")));
        query.token = page.forward;
    }
    /* At the end the same token comes back, and it goes on when there is more. */
    page = get(room, &query);
    assert_int_equal(page.count, 0);
    assert_true(str_eq(page.forward, query.token));
    struct logs_get_query back = { .stream = STR("s"), .limit = 7, .token = page.backward };
    struct logs_get_page last = get(room, &back);
    assert_events(last.events, last.count, 18, 24);
    struct logs_input more = { START_MS - 100 + 24 / 5, STR("e25") };
    room_put(room, "s", &more, 1);
    room_commit(room);
    page = get(room, &query);
    assert_int_equal(page.count, 1);
    assert_str(page.events[0].message, "e25");
}

static void test_get_pages_backward(void **state)
{
    struct room *room = *state;
    put_25(room, "s");
    struct logs_get_query query = { .stream = STR("s"), .limit = 10 };
    struct logs_get_page page = get(room, &query);
    assert_events(page.events, page.count, 15, 24);
    struct str newest_forward = page.forward;
    query.token = page.backward;
    page = get(room, &query);
    assert_events(page.events, page.count, 5, 14);
    /* Forward from a page met going backward gives the page after it. */
    struct logs_get_query forward = { .stream = STR("s"), .limit = 10, .token = page.forward };
    struct logs_get_page again = get(room, &forward);
    assert_events(again.events, again.count, 15, 24);
    query.token = page.backward;
    page = get(room, &query);
    assert_events(page.events, page.count, 0, 4);
    query.token = page.backward;
    page = get(room, &query);
    assert_int_equal(page.count, 0);
    assert_true(str_eq(page.backward, query.token));
    forward.token = page.forward;
    again = get(room, &forward);
    assert_events(again.events, again.count, 0, 9);
    forward.token = newest_forward;
    again = get(room, &forward);
    assert_int_equal(again.count, 0);
    assert_true(str_eq(again.forward, newest_forward));
}

static void test_get_range(void **state)
{
    struct room *room = *state;
    put_25(room, "s");
    struct logs_get_query query = { .stream = STR("s"),
                                    .has_start = true,
                                    .start_ms = START_MS - 99,
                                    .has_end = true,
                                    .end_ms = START_MS - 97,
                                    .from_head = true };
    struct logs_get_page page = get(room, &query);
    assert_events(page.events, page.count, 5, 14); /* the start is included, the end is not */
    query.from_head = false;
    query.limit = 4;
    page = get(room, &query);
    assert_events(page.events, page.count, 11, 14);
    query.token = page.backward;
    page = get(room, &query);
    assert_events(page.events, page.count, 7, 10);
    query = (struct logs_get_query){ .stream = STR("s"), .has_start = true, .start_ms = START_MS };
    page = get(room, &query);
    assert_int_equal(page.count, 0);
    query.token = page.forward;
    assert_true(str_eq(get(room, &query).forward, page.forward));
    query = (struct logs_get_query){
        .stream = STR("s"), .has_start = true, .start_ms = START_MS, .has_end = true, .end_ms = START_MS - 50
    };
    assert_int_equal(get(room, &query).count, 0);
}

static void test_get_follows_stream(void **state)
{
    struct room *room = *state;
    room_create_stream(room, "s");
    room_commit(room);
    struct logs_get_query query = { .stream = STR("s"), .from_head = true };
    struct logs_get_page page = get(room, &query);
    assert_int_equal(page.count, 0);
    /* From empty to one event to several, with the one token chain. */
    for (int i = 0; i < 4; i++) {
        query.token = page.forward;
        struct logs_input event = { START_MS + i / 2, STR("m") };
        room_put(room, "s", &event, 1);
        room_commit(room);
        page = get(room, &query);
        assert_int_equal(page.count, 1);
        assert_int_equal(page.events[0].timestamp_ms, START_MS + i / 2);
    }
    query.token = page.backward;
    assert_int_equal(get(room, &query).count, 3);
}

static void test_get_tokens_refused(void **state)
{
    struct room *room = *state;
    put_25(room, "s");
    put_25(room, "t");
    struct logs_group group = room_group(room);
    struct logs_get_query query = { .stream = STR("s") };
    struct logs_get_page page = get(room, &query);
    assert_int_equal(page.forward.len, 58);
    char *changed = arena_bytes(&room->arena, page.forward.len);
    const char *wrong = "The specified nextToken is invalid.";
    for (size_t i = 0; i < page.forward.len; i++) {
        memcpy(changed, page.forward.ptr, page.forward.len);
        changed[i] = changed[i] == '7' ? '8' : '7';
        query.token = str_of(changed, page.forward.len);
        assert_fault(room,
                     logs_get(room->snapshot, &room->arena, &group, START_MS, &query, &page, &room->fault),
                     FAULT_INVALID_PARAMETER, wrong);
        page = get(room, &(struct logs_get_query){ .stream = STR("s") });
    }
    static const char *const invented[] = {
        "x", "f/", "f/1", "b/abc", "none", "f/99999999999999999999999999999999999999999999999999999999"
    };
    for (size_t i = 0; i < sizeof(invented) / sizeof(invented[0]); i++) {
        query.token = str_from(invented[i]);
        assert_fault(room,
                     logs_get(room->snapshot, &room->arena, &group, START_MS, &query, &page, &room->fault),
                     FAULT_INVALID_PARAMETER, wrong);
    }
    query.token = get(room, &(struct logs_get_query){ .stream = STR("t") }).forward;
    assert_fault(room, logs_get(room->snapshot, &room->arena, &group, START_MS, &query, &page, &room->fault),
                 FAULT_INVALID_PARAMETER, wrong);
    query = (struct logs_get_query){ .stream = STR("none") };
    assert_fault(room, logs_get(room->snapshot, &room->arena, &group, START_MS, &query, &page, &room->fault),
                 FAULT_NOT_FOUND, "The specified log stream does not exist.");
}

static void test_get_page_bytes(void **state)
{
    struct room *room = *state;
    room_create_stream(room, "s");
    size_t size = 400000;
    char *bytes = arena_bytes(&room->arena, size);
    memset(bytes, 'x', size);
    for (int i = 0; i < 5; i++) {
        struct logs_input event = { START_MS + i, { bytes, size } };
        room_put(room, "s", &event, 1);
    }
    room_commit(room);
    struct logs_get_query query = { .stream = STR("s"), .from_head = true };
    struct logs_get_page page = get(room, &query);
    assert_int_equal(page.count, 2);
    query.token = page.forward;
    page = get(room, &query);
    assert_int_equal(page.count, 2);
    assert_int_equal(page.events[0].timestamp_ms, START_MS + 2);
    query.token = page.forward;
    assert_int_equal(get(room, &query).count, 1);
    page = get(room, &(struct logs_get_query){ .stream = STR("s") });
    assert_int_equal(page.count, 2);
    assert_int_equal(page.events[1].timestamp_ms, START_MS + 4);
}

/* ---- FilterLogEvents ---- */

static struct logs_filter_page filter(struct room *room, const struct logs_filter_query *query)
{
    struct logs_group group = room_group(room);
    struct logs_filter_page page;
    assert_true(
        logs_filter(room->snapshot, &room->arena, &group, room->work.now_ms, query, &page, &room->fault));
    return page;
}

static void test_filter_group(void **state)
{
    struct room *room = *state;
    put_25(room, "many");
    room_append(room, "one/a", START_MS - 98, "single a");
    room_append(room, "one/b", START_MS - 101, "single b");
    room_append(room, "two", START_MS - 50, "first of two");
    room_append(room, "two", START_MS - 60, "second of two");
    room_create_stream(room, "empty");
    room_commit(room);
    struct logs_filter_page page = filter(room, &(struct logs_filter_query){ 0 });
    assert_int_equal(page.count, 29);
    assert_false(page.more);
    assert_str(page.events[0].message, "single b");
    assert_str(page.events[0].stream, "one/b");
    assert_events(page.events + 1, 15, 0, 14);
    assert_str(page.events[16].message, "single a"); /* after those of its time that were there before */
    assert_str(page.events[27].message, "second of two");
    assert_str(page.events[28].message, "first of two");
    for (size_t i = 0; i < page.count; i++) {
        assert_int_equal(page.events[i].id.len, 56);
        if (i)
            assert_true(str_compare(page.events[i - 1].id, page.events[i].id) < 0);
    }

    /* Pages of any size give the same. */
    for (size_t limit = 1; limit < 12; limit++) {
        struct logs_filter_query query = { .limit = limit };
        size_t at = 0;
        for (bool more = true; more;) {
            struct logs_filter_page part = filter(room, &query);
            for (size_t i = 0; i < part.count; i++, at++)
                assert_true(str_eq(part.events[i].id, page.events[at].id));
            more = part.more;
            query.after = part.after;
        }
        assert_int_equal(at, 29);
    }

    struct logs_filter_query range = {
        .has_start = true, .start_ms = START_MS - 99, .has_end = true, .end_ms = START_MS - 98
    };
    assert_int_equal(filter(room, &range).count, 11); /* both ends are included */
    struct logs_filter_query terms = { .pattern = STR("of -second") };
    page = filter(room, &terms);
    assert_int_equal(page.count, 1);
    assert_str(page.events[0].message, "first of two");
}

static void test_filter_streams(void **state)
{
    struct room *room = *state;
    put_25(room, "many");
    room_append(room, "one/a", START_MS - 98, "single a");
    room_append(room, "one/b", START_MS - 101, "single b");
    room_create_stream(room, "one/empty");
    room_commit(room);
    struct str names[] = { STR("one/a"), STR("many"), STR("one/empty"), STR("many") };
    struct logs_filter_query query = { .streams = names, .stream_count = 4, .limit = 4 };
    size_t seen = 0, singles = 0;
    for (bool more = true; more;) {
        struct logs_filter_page page = filter(room, &query);
        for (size_t i = 0; i < page.count; i++, seen++)
            singles += str_eq(page.events[i].stream, STR("one/a"));
        more = page.more;
        query.after = page.after;
    }
    assert_int_equal(seen, 26); /* a name given twice counts once */
    assert_int_equal(singles, 1);
    query = (struct logs_filter_query){ .stream_prefix = STR("one/") };
    struct logs_filter_page page = filter(room, &query);
    assert_int_equal(page.count, 2);
    assert_str(page.events[0].stream, "one/b");
    query = (struct logs_filter_query){ .stream_prefix = STR("none") };
    assert_int_equal(filter(room, &query).count, 0);
    struct logs_group group = room_group(room);
    struct str none[] = { STR("none") };
    query = (struct logs_filter_query){ .streams = none, .stream_count = 1 };
    assert_fault(room,
                 logs_filter(room->snapshot, &room->arena, &group, START_MS, &query, &page, &room->fault),
                 FAULT_NOT_FOUND, "The specified log stream does not exist.");
    query = (struct logs_filter_query){ .streams = names, .stream_count = 1, .stream_prefix = STR("x") };
    assert_fault(
        room, logs_filter(room->snapshot, &room->arena, &group, START_MS, &query, &page, &room->fault),
        FAULT_INVALID_PARAMETER, "logStreamNames and logStreamNamePrefix are mutually exclusive parameters.");
    query = (struct logs_filter_query){ .pattern = STR("a:b") };
    assert_false(logs_filter(room->snapshot, &room->arena, &group, START_MS, &query, &page, &room->fault));
}

/* ---- many streams ---- */

enum { STREAMS = 100000 };

/* A name that is in no order, as the names of the log-group target. */
static struct str random_name(struct room *room, unsigned i)
{
    return arena_printf(&room->arena, "%08x-%05u", (i * 2654435761U) ^ 0x5bd1e995U, i);
}

static size_t list_all(struct room *room, const struct logs_group *group, struct logs_stream_query query)
{
    size_t seen = 0;
    struct str last = STR_EMPTY;
    int64_t last_ms = 0;
    for (bool more = true; more;) {
        struct arena arena = { 0 };
        struct logs_stream_page page;
        assert_true(logs_stream_list(room->snapshot, &arena, group, &query, &page, &room->fault));
        for (size_t i = 0; i < page.count; i++, seen++) {
            const struct logs_stream *stream = &page.streams[i];
            int64_t time_ms = stream->has_events ? stream->last_ms : INT64_MIN;
            int order = query.by_last_event ? (last_ms > time_ms) - (last_ms < time_ms)
                                            : str_compare(last, stream->name);
            if (seen)
                assert_true(query.descending ? order >= 0 : order <= 0);
            if (seen && !query.by_last_event)
                assert_true(order != 0);
            last = arena_copy(&room->arena, stream->name);
            last_ms = time_ms;
        }
        assert_true(page.count == LOGS_LIST_MAX || !page.more);
        more = page.more;
        query.after = arena_copy(&room->arena, page.after);
        arena_fini(&arena);
    }
    return seen;
}

static void test_many_streams(void **state)
{
    struct room *room = *state;
    for (unsigned i = 0; i < STREAMS; i++) {
        struct str message = arena_printf(&room->arena, "event %u", i);
        /* Seven to a millisecond; every thousandth stream gets a second event, so that
         * both kinds of list mix. */
        assert_true(logs_append_new(room->logs, &room->work, room->ns, GROUP, random_name(room, i),
                                    START_MS + i / 7, message, &room->fault));
        if (i % 1000 == 0)
            assert_true(logs_append(room->logs, &room->work, room->ns, GROUP, random_name(room, i),
                                    START_MS + i / 7, STR("again"), &room->fault));
        if (i % 500 == 499)
            room_commit(room);
    }
    room_create_stream(room, "never used");
    room_create_stream(room, "nor this");
    room_commit(room);
    struct logs_group group = room_group(room);
    for (int by = 0; by < 4; by++) {
        struct logs_stream_query query = { .by_last_event = by & 1, .descending = by & 2 };
        assert_int_equal(list_all(room, &group, query), STREAMS + 2);
    }
    struct logs_stream_query newest = { .by_last_event = true, .descending = true, .limit = 1 };
    struct logs_stream_page page;
    assert_true(logs_stream_list(room->snapshot, &room->arena, &group, &newest, &page, &room->fault));
    assert_int_equal(page.streams[0].last_ms, START_MS + (STREAMS - 1) / 7);
    struct logs_stream_query prefix = { .prefix = STR("ab") };
    size_t in_prefix = list_all(room, &group, prefix);
    assert_true(in_prefix > STREAMS / 512 && in_prefix < STREAMS / 128);
    prefix.descending = true;
    assert_int_equal(list_all(room, &group, prefix), in_prefix);
    struct logs_stream_query both = { .by_last_event = true, .prefix = STR("ab") };
    assert_fault(room, logs_stream_list(room->snapshot, &room->arena, &group, &both, &page, &room->fault),
                 FAULT_INVALID_PARAMETER, "Cannot order by LastEventTime with a logStreamNamePrefix.");

    /* A search of them all. */
    struct logs_filter_query query = { .pattern = STR("99999 again"), .limit = 10 };
    size_t found = 0;
    query.pattern = STR("\"event 99999\"");
    for (bool more = true; more;) {
        struct logs_filter_page events = filter(room, &query);
        found += events.count;
        more = events.more;
        query.after = events.after;
    }
    assert_int_equal(found, 1);
    /* With a prefix of more streams than are walked one by one, and of fewer. */
    query = (struct logs_filter_query){ .stream_prefix = STR("ab"), .pattern = STR("event") };
    found = 0;
    for (bool more = true; more;) {
        struct logs_filter_page events = filter(room, &query);
        found += events.count;
        more = events.more;
        query.after = events.after;
    }
    assert_int_equal(found, in_prefix);
    struct logs_stream_query few = { .prefix = STR("abc") };
    query = (struct logs_filter_query){ .stream_prefix = STR("abc"), .pattern = STR("event") };
    assert_int_equal(filter(room, &query).count, list_all(room, &group, few));

    /* And the group goes at once. */
    assert_true(logs_group_delete(room->logs, &room->work, room->ns, GROUP, &room->fault));
    assert_true(store_batch_bytes(room->work.batch) < 1000);
    room_commit(room);
    assert_true(
        logs_group_create(room->logs, &room->work, room->ns, GROUP, LOGS_CLASS_STANDARD, &room->fault));
    room_commit(room);
    assert_int_equal(filter(room, &(struct logs_filter_query){ 0 }).count, 0);
}

#define ROOM_TEST(test) cmocka_unit_test_setup_teardown(test, room_open, room_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(test_get_pages_forward),  ROOM_TEST(test_get_pages_backward),
        ROOM_TEST(test_get_range),          ROOM_TEST(test_get_follows_stream),
        ROOM_TEST(test_get_tokens_refused), ROOM_TEST(test_get_page_bytes),
        ROOM_TEST(test_filter_group),       ROOM_TEST(test_filter_streams),
        ROOM_TEST(test_many_streams),
    };
    return cmocka_run_group_tests_name("logs-read", tests, NULL, NULL);
}
