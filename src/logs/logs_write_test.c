#include "logs/logs_test.h"

/* ---- groups ---- */

static void test_group_life(void **state)
{
    struct room *room = *state;
    struct logs_group group = room_group(room);
    assert_int_equal(group.created_ms, START_MS);
    assert_int_equal(group.retention_days, 0);
    assert_int_equal(group.group_class, LOGS_CLASS_STANDARD);
    assert_fault(
        room, logs_group_create(room->logs, &room->work, room->ns, GROUP, LOGS_CLASS_STANDARD, &room->fault),
        FAULT_ALREADY_EXISTS, "The specified log group already exists");
    assert_fault(
        room,
        logs_group_create(room->logs, &room->work, room->ns, STR("Aws/x"), LOGS_CLASS_STANDARD, &room->fault),
        FAULT_INVALID_PARAMETER, "Log groups starting with AWS/ are reserved for AWS.");
    assert_fault(room, logs_group_delete(room->logs, &room->work, room->ns, STR("none"), &room->fault),
                 FAULT_NOT_FOUND, "The specified log group does not exist.");
    /* The same name elsewhere is another group. */
    struct ns other = { room->ns.account, STR("eu-west-1") };
    assert_true(logs_group_create(room->logs, &room->work, other, GROUP, LOGS_CLASS_DELIVERY, &room->fault));
    room_append(room, "s", START_MS, "one");
    room_commit(room);
    assert_true(logs_group_delete(room->logs, &room->work, room->ns, GROUP, &room->fault));
    room_commit(room);
    assert_fault(room, logs_group_get(room_reader(room), &room->arena, room->ns, GROUP, &group, &room->fault),
                 FAULT_NOT_FOUND, "The specified log group does not exist.");
    assert_fault(
        room,
        logs_append(room->logs, &room->work, room->ns, GROUP, STR("t"), START_MS, STR("m"), &room->fault),
        FAULT_NOT_FOUND, "The specified log group does not exist.");
    assert_true(logs_group_get(room->snapshot, &room->arena, other, GROUP, &group, &room->fault));
    assert_int_equal(group.group_class, LOGS_CLASS_DELIVERY);
    /* Made again it is empty, and cheap to append to at once. */
    assert_true(
        logs_group_create(room->logs, &room->work, room->ns, GROUP, LOGS_CLASS_STANDARD, &room->fault));
    room_append(room, "t", START_MS, "two");
    room_commit(room);
    assert_int_equal(room_count_keys(room, LOGS_STREAM), 1);
    assert_int_equal(room_count_events(room, true), 1);
}

static void test_group_list(void **state)
{
    struct room *room = *state;
    char name[32];
    for (int i = 0; i < 120; i++) {
        (void)snprintf(name, sizeof(name), "app/%03d%s", i, i % 2 ? "/api" : "");
        assert_true(logs_group_create(room->logs, &room->work, room->ns, str_from(name),
                                      i % 3 ? LOGS_CLASS_STANDARD : LOGS_CLASS_INFREQUENT_ACCESS,
                                      &room->fault));
    }
    room_commit(room);
    struct logs_group_query query = { .prefix = STR("app/") };
    struct logs_group_page page;
    int seen = 0, pages = 0;
    do {
        assert_true(logs_group_list(room_reader(room), &room->arena, room->ns, &query, &page, &room->fault));
        for (size_t i = 0; i < page.count; i++, seen++) {
            (void)snprintf(name, sizeof(name), "app/%03d%s", seen, seen % 2 ? "/api" : "");
            assert_str(page.groups[i].name, name);
        }
        query.after = page.after;
        pages++;
    } while (page.more);
    assert_int_equal(seen, 120);
    assert_int_equal(pages, 3);
    query = (struct logs_group_query){ .pattern = STR("/api"), .limit = 10 };
    assert_true(logs_group_list(room->snapshot, &room->arena, room->ns, &query, &page, &room->fault));
    assert_int_equal(page.count, 10);
    assert_true(page.more);
    assert_str(page.groups[9].name, "app/019/api");
    query = (struct logs_group_query){ .has_class = true,
                                       .group_class = LOGS_CLASS_INFREQUENT_ACCESS,
                                       .limit = 50 };
    assert_true(logs_group_list(room->snapshot, &room->arena, room->ns, &query, &page, &room->fault));
    assert_int_equal(page.count, 40);
    assert_false(page.more);
    query = (struct logs_group_query){ .prefix = STR("nothing") };
    assert_true(logs_group_list(room->snapshot, &room->arena, room->ns, &query, &page, &room->fault));
    assert_int_equal(page.count, 0);
}

static void test_group_identifier(void **state)
{
    struct room *room = *state;
    struct str name;
    assert_true(logs_group_name_of(&room->arena, room->ns, GROUP, &name, &room->fault));
    assert_str(name, "/aws/events/orders");
    struct str arn = logs_group_arn(&room->arena, room->ns, GROUP);
    assert_str(arn, "arn:aws:logs:us-east-1:000000000000:log-group:/aws/events/orders");
    assert_true(logs_group_name_of(&room->arena, room->ns, arn, &name, &room->fault));
    assert_str(name, "/aws/events/orders");
    assert_fault(room,
                 logs_group_name_of(&room->arena, room->ns,
                                    STR("arn:aws:logs:us-west-2:000000000000:log-group:/aws/events/orders"),
                                    &name, &room->fault),
                 FAULT_NOT_FOUND, "The specified log group does not exist.");
}

static void test_retention_values(void **state)
{
    struct room *room = *state;
    assert_fault(
        room, logs_retention_put(room->logs, &room->work, room->ns, GROUP, 2, &room->fault),
        FAULT_INVALID_PARAMETER,
        "Invalid retention value. Valid values are: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, "
        "545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]");
    assert_true(logs_retention_put(room->logs, &room->work, room->ns, GROUP, 7, &room->fault));
    room_commit(room);
    assert_int_equal(room_group(room).retention_days, 7);
    assert_int_equal(room_timers(room), 1);
    assert_true(logs_retention_put(room->logs, &room->work, room->ns, GROUP, 14, &room->fault));
    room_commit(room);
    assert_int_equal(room_timers(room), 1);
    assert_true(logs_retention_put(room->logs, &room->work, room->ns, GROUP, 0, &room->fault));
    room_commit(room);
    assert_int_equal(room_group(room).retention_days, 0);
    assert_int_equal(room_timers(room), 0);
    assert_fault(room, logs_retention_put(room->logs, &room->work, room->ns, STR("none"), 7, &room->fault),
                 FAULT_NOT_FOUND, "The specified log group does not exist.");
}

/* ---- streams ---- */

static void test_stream_life(void **state)
{
    struct room *room = *state;
    room_create_stream(room, "one");
    assert_fault(room, logs_stream_create(room->logs, &room->work, room->ns, GROUP, STR("one"), &room->fault),
                 FAULT_ALREADY_EXISTS, "The specified log stream already exists");
    assert_fault(room,
                 logs_stream_create(room->logs, &room->work, room->ns, STR("none"), STR("one"), &room->fault),
                 FAULT_NOT_FOUND, "The specified log group does not exist.");
    room_commit(room);
    assert_true(logs_stream_delete(room->logs, &room->work, room->ns, GROUP, STR("one"), &room->fault));
    room_commit(room);
    assert_int_equal(room_count_keys(room, LOGS_STREAM), 0);
    assert_int_equal(room_count_keys(room, LOGS_LAST), 0);
    assert_fault(room, logs_stream_delete(room->logs, &room->work, room->ns, GROUP, STR("one"), &room->fault),
                 FAULT_NOT_FOUND, "The specified log stream does not exist.");
    assert_fault(room,
                 logs_append(room->logs, &room->work, room->ns, GROUP, STR("a:b"), 1, STR("m"), &room->fault),
                 FAULT_INVALID_PARAMETER, "'a:b' cannot name a log stream.");
}

static struct logs_stream_record record_of(struct room *room, const char *stream)
{
    struct logs_group group = room_group(room);
    struct logs_stream_record record;
    assert_int_equal(logs_stream_load(room->snapshot, &room->arena, &group, str_from(stream), &record),
                     ERR_OK);
    return record;
}

static void test_stream_states(void **state)
{
    struct room *room = *state;
    room_create_stream(room, "s");
    room_commit(room);
    assert_int_equal(record_of(room, "s").state, LOGS_EMPTY);
    assert_int_equal(room_count_keys(room, LOGS_LAST), 1);

    room->work.now_ms += 5;
    struct logs_input first = { START_MS - 10, STR("first") }, later = { START_MS - 4, STR("later") };
    room_put(room, "s", &first, 1);
    room_commit(room);
    struct logs_stream_record record = record_of(room, "s");
    assert_int_equal(record.state, LOGS_SINGLE);
    assert_int_equal(record.first_ms, START_MS - 10);
    assert_int_equal(record.last_ms, START_MS - 10);
    assert_int_equal(record.ingested_ms, START_MS + 5);
    assert_int_equal(record.created_ms, START_MS);
    assert_int_equal(room_count_keys(room, LOGS_LAST), 0);
    assert_int_equal(room_count_events(room, true), 1);
    assert_int_equal(room_count_keys(room, LOGS_INDEX), 0);

    room_put(room, "s", &later, 1);
    room_commit(room);
    struct logs_stream_record many = record_of(room, "s");
    assert_int_equal(many.state, LOGS_MANY);
    assert_int_equal(many.number, record.number);
    assert_int_equal(many.first_ms, START_MS - 10);
    assert_int_equal(many.last_ms, START_MS - 4);
    assert_int_equal(room_count_events(room, true), 1); /* where it was, without an index */
    assert_int_equal(room_count_events(room, false), 1);
    assert_int_equal(room_count_keys(room, LOGS_INDEX), 1);
    assert_int_equal(room_count_keys(room, LOGS_LAST), 1);

    struct logs_input earlier[2] = { { START_MS - 20, STR("a") }, { START_MS - 20, STR("b") } };
    room_put(room, "s", earlier, 2);
    room_commit(room);
    many = record_of(room, "s");
    assert_int_equal(many.first_ms, START_MS - 20);
    assert_int_equal(many.last_ms, START_MS - 4);
    assert_int_equal(room_count_keys(room, LOGS_LAST), 1);
    assert_int_equal(room_count_keys(room, LOGS_INDEX), 2); /* one a request */
}

static uint64_t bytes_of(struct room *room)
{
    struct logs_group_query query = { .prefix = GROUP };
    struct logs_group_page page;
    assert_true(logs_group_list(room_reader(room), &room->arena, room->ns, &query, &page, &room->fault));
    assert_int_equal(page.count, 1);
    return page.groups[0].stored_bytes;
}

static void test_append(void **state)
{
    struct room *room = *state;
    room_append(room, "e1", START_MS, "hello");
    room_append(room, "e1", START_MS, "hello"); /* the same delivery again */
    room_commit(room);
    assert_int_equal(room_count_keys(room, LOGS_STREAM), 1);
    assert_int_equal(room_count_events(room, true), 1);
    assert_int_equal(room_count_keys(room, LOGS_LAST), 0);
    assert_int_equal(bytes_of(room), 5 + 26);
    room_append(room, "e1", START_MS, "hello"); /* and after the commit */
    room_append(room, "e1", START_MS, "other"); /* not the same */
    room_commit(room);
    assert_int_equal(room_count_events(room, true), 1);
    assert_int_equal(room_count_events(room, false), 1);
    assert_int_equal(bytes_of(room), 2 * (5 + 26));
    assert_true(logs_append_new(room->logs, &room->work, room->ns, GROUP, STR("e2"), START_MS - 1, STR("new"),
                                &room->fault));
    room_commit(room);
    assert_int_equal(room_count_keys(room, LOGS_STREAM), 2);
    assert_int_equal(bytes_of(room), 2 * (5 + 26) + 3 + 26);
    assert_true(logs_stream_delete(room->logs, &room->work, room->ns, GROUP, STR("e2"), &room->fault));
    room_commit(room);
    assert_int_equal(bytes_of(room), 2 * (5 + 26));
}

/* In a stream that is shared, events that are alike are two events. */
static void test_append_shared(void **state)
{
    struct room *room = *state;
    struct logs_input tick = { START_MS, STR("tick") }, two[] = { tick, tick };
    for (int i = 0; i < 3; i++)
        assert_true(logs_append_shared(room->logs, &room->work, room->ns, GROUP, STR("hour"), &tick, 1,
                                       &room->fault));
    room_commit(room);
    assert_int_equal(room_count_events(room, false), 2);
    assert_int_equal(room_count_keys(room, LOGS_STREAM), 1);
    assert_true(
        logs_append_shared(room->logs, &room->work, room->ns, GROUP, STR("new"), two, 2, &room->fault));
    room_commit(room);
    assert_int_equal(room_count_events(room, false), 4);
    assert_int_equal(room_count_keys(room, LOGS_STREAM), 2);
}

static void test_rollback_forgets(void **state)
{
    struct room *room = *state;
    room_append(room, "kept", START_MS, "kept");
    room_commit(room);
    size_t mark = store_batch_mark(room->work.batch);
    assert_true(
        logs_group_create(room->logs, &room->work, room->ns, STR("gone"), LOGS_CLASS_STANDARD, &room->fault));
    assert_true(logs_append(room->logs, &room->work, room->ns, STR("gone"), STR("s"), START_MS, STR("m"),
                            &room->fault));
    room_append(room, "gone", START_MS, "gone");
    store_batch_rollback(room->work.batch, mark);
    logs_after_rollback(room->logs);
    assert_fault(room,
                 logs_append(room->logs, &room->work, room->ns, STR("gone"), STR("s"), START_MS, STR("m"),
                             &room->fault),
                 FAULT_NOT_FOUND, "The specified log group does not exist.");
    room_append(room, "kept too", START_MS, "kept too");
    room_commit(room);
    assert_int_equal(room_count_keys(room, LOGS_STREAM), 2);
    assert_int_equal(room_count_events(room, true), 2);
    assert_int_equal(bytes_of(room), 4 + 26 + 8 + 26);
}

/* A block of sequences taken in a batch that is rolled back is not used on: the store gives it again. */
static void test_rollback_of_sequences(void **state)
{
    struct room *room = *state;
    size_t mark = store_batch_mark(room->work.batch);
    room_append(room, "gone", START_MS, "gone");
    store_batch_rollback(room->work.batch, mark);
    logs_after_rollback(room->logs);
    room_append(room, "kept", START_MS, "kept");
    room_commit(room);
    uint64_t kept = record_of(room, "kept").number;
    logs_close(&room->logs);
    assert_int_equal(logs_open(&room->logs), ERR_OK);
    room_append(room, "later", START_MS, "later");
    room_commit(room);
    assert_true(record_of(room, "later").number > kept);
}

/* A room that knows nothing, as after a start, goes on above all sequences given before. */
static void test_sequence_goes_on(void **state)
{
    struct room *room = *state;
    room_append(room, "before", START_MS, "before");
    room_commit(room);
    uint64_t before = record_of(room, "before").number;
    logs_close(&room->logs);
    assert_int_equal(logs_open(&room->logs), ERR_OK);
    room_append(room, "after", START_MS, "after");
    room_commit(room);
    assert_true(record_of(room, "after").number > before);
    assert_int_equal(room_count_events(room, true), 2);
}

/* ---- PutLogEvents ---- */

static void test_put_check(void **state)
{
    struct room *room = *state;
    struct logs_input backwards[2] = { { 2, STR("a") }, { 1, STR("b") } };
    assert_fault(room, logs_put_check(&room->arena, backwards, 2, &room->fault), FAULT_INVALID_PARAMETER,
                 "Log events in a single PutLogEvents request must be in chronological order.");
    size_t most = LOGS_PAGE_BYTES_MAX - LOGS_EVENT_OVERHEAD_BYTES;
    char *bytes = arena_bytes(&room->arena, most + 1);
    memset(bytes, 'x', most + 1);
    struct logs_input large = { 1, { bytes, most } };
    assert_true(logs_put_check(&room->arena, &large, 1, &room->fault));
    large.message.len++;
    assert_fault(room, logs_put_check(&room->arena, &large, 1, &room->fault), FAULT_INVALID_PARAMETER,
                 "Log event too large: 1048577 bytes exceeds limit of 1048576");
    struct logs_input two[2] = { { 1, { bytes, most / 2 } }, { 1, { bytes, most / 2 } } };
    assert_fault(room, logs_put_check(&room->arena, two, 2, &room->fault), FAULT_INVALID_PARAMETER,
                 "Upload too large: 1048602 bytes exceeds limit of 1048576");
}

static void assert_rejected(struct logs_put_result result, int64_t too_old_end, int64_t expired_end,
                            int64_t too_new_start)
{
    assert_int_equal(result.too_old_end, too_old_end);
    assert_int_equal(result.expired_end, expired_end);
    assert_int_equal(result.too_new_start, too_new_start);
    assert_int_equal(result.next_token.len, 56);
}

static void test_put_rejects(void **state)
{
    struct room *room = *state;
    const int64_t day = 86400000, hour = 3600000;
    room_create_stream(room, "s");
    struct logs_input mixed[] = {
        { START_MS - 15 * day, STR("too old") },     { START_MS - 14 * day - 1, STR("just too old") },
        { START_MS - 1 * hour, STR("kept") },        { START_MS + 2 * hour, STR("just kept") },
        { START_MS + 2 * hour + 1, STR("too new") },
    };
    assert_rejected(room_put(room, "s", mixed, 5), 2, -1, 4);
    room_commit(room);
    assert_int_equal(room_count_events(room, false), 2);

    /* With a retention of a day, of what is young enough some has expired. */
    assert_true(logs_retention_put(room->logs, &room->work, room->ns, GROUP, 1, &room->fault));
    struct logs_input expired[] = {
        { START_MS - 15 * day, STR("too old") },
        { START_MS - 2 * day, STR("expired") },
        { START_MS - day - 1, STR("just expired") },
        { START_MS - day, STR("just kept") },
    };
    assert_rejected(room_put(room, "s", expired, 4), 1, 3, -1);
    assert_rejected(room_put(room, "s", expired + 1, 2), -1, 2, -1);
    struct logs_input new = { START_MS + 3 * hour, STR("too new") };
    assert_rejected(room_put(room, "s", &new, 1), -1, -1, 0);
    struct logs_input fine = { START_MS, STR("fine") };
    assert_rejected(room_put(room, "s", &fine, 1), -1, -1, -1);
    room_commit(room);
    assert_int_equal(room_count_events(room, false), 4);

    /* The span is that of the events which are kept. */
    struct logs_put_result result;
    assert_true(logs_retention_put(room->logs, &room->work, room->ns, GROUP, 0, &room->fault));
    struct logs_input span[] = { { START_MS - 15 * day, STR("too old") },
                                 { START_MS - day - 1, STR("a") },
                                 { START_MS, STR("b") } };
    assert_fault(room,
                 logs_put(room->logs, &room->work, room->ns, GROUP, STR("s"), span, 3, &result, &room->fault),
                 FAULT_INVALID_PARAMETER,
                 "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
    span[1].timestamp_ms++;
    assert_rejected(room_put(room, "s", span, 3), 1, -1, -1);
    assert_fault(
        room, logs_put(room->logs, &room->work, room->ns, GROUP, STR("t"), &fine, 1, &result, &room->fault),
        FAULT_NOT_FOUND, "The specified log stream does not exist.");
}

static void test_policies(void **state)
{
    struct room *room = *state;
    struct logs_policy policy, *policies;
    size_t count;
    char name[16];
    assert_fault(room, logs_policy_put(&room->work, room->ns, STR("p"), STR("[]"), &policy, &room->fault),
                 FAULT_INVALID_PARAMETER, "The policy document is not a JSON object.");
    assert_false(logs_policy_put(&room->work, room->ns, STR("p"), STR("{"), &policy, &room->fault));
    room->fault = (struct fault){ 0 };
    for (int i = 0; i < LOGS_POLICIES_MAX; i++) {
        (void)snprintf(name, sizeof(name), "p%02d", i);
        assert_true(logs_policy_put(&room->work, room->ns, str_from(name), STR("{}"), &policy, &room->fault));
    }
    assert_fault(room, logs_policy_put(&room->work, room->ns, STR("q"), STR("{}"), &policy, &room->fault),
                 FAULT_LIMIT_EXCEEDED, "Resource limit exceeded.");
    room->work.now_ms++;
    assert_true(logs_policy_put(&room->work, room->ns, STR("p05"), STR("{\"a\":1}"), &policy, &room->fault));
    room_commit(room);
    assert_true(logs_policy_list(room_reader(room), &room->arena, room->ns, &policies, &count, &room->fault));
    assert_int_equal(count, LOGS_POLICIES_MAX);
    assert_str(policies[5].name, "p05");
    assert_str(policies[5].document, "{\"a\":1}");
    assert_int_equal(policies[5].updated_ms, START_MS + 1);
    assert_true(logs_policy_delete(&room->work, room->ns, STR("p05"), &room->fault));
    assert_fault(room, logs_policy_delete(&room->work, room->ns, STR("p05"), &room->fault), FAULT_NOT_FOUND,
                 "Policy with name [p05] does not exist.");
    room_commit(room);
    assert_true(logs_policy_list(room_reader(room), &room->arena, room->ns, &policies, &count, &room->fault));
    assert_int_equal(count, LOGS_POLICIES_MAX - 1);
}

#define ROOM_TEST(test) cmocka_unit_test_setup_teardown(test, room_open, room_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROOM_TEST(test_group_life),       ROOM_TEST(test_group_list),
        ROOM_TEST(test_group_identifier), ROOM_TEST(test_retention_values),
        ROOM_TEST(test_stream_life),      ROOM_TEST(test_stream_states),
        ROOM_TEST(test_append),           ROOM_TEST(test_append_shared),
        ROOM_TEST(test_rollback_forgets), ROOM_TEST(test_rollback_of_sequences),
        ROOM_TEST(test_sequence_goes_on), ROOM_TEST(test_put_check),
        ROOM_TEST(test_put_rejects),      ROOM_TEST(test_policies),
    };
    return cmocka_run_group_tests_name("logs-write", tests, NULL, NULL);
}
