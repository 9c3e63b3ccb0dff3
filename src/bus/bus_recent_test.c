#include "bus/bus_impl.h"
#include "deliver/deliver_bench.h"
#include "io/rand.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/patience_test.h"

static const struct ns home = { { "111111111111", 12 }, { "eu-west-1", 9 } };
#define LOG_ARN "arn:aws:logs:eu-west-1:111111111111:log-group:/all"

struct room {
    struct bench bench;
    struct bus *bus;
    atomic_uint retries; /* attempts that fail before one arrives */
    atomic_bool reject;
};

static void group_send(void *self, struct work *work, const struct delivery *d, struct delivery_result *ret)
{
    struct room *room = self;
    if (room->reject) {
        ret->error = STR("NO_RESOURCE");
        ret->cause = STR("It is not there.");
        ret->outcome = OUTCOME_REJECTED;
    } else if (d->attempts < room->retries) {
        ret->error = STR("THROTTLED");
        ret->outcome = OUTCOME_RETRY;
    } else {
        ret->outcome = OUTCOME_DELIVERED;
        ret->place = arena_printf(work->arena, "stream-%.*s", STR_ARG(d->event_id));
    }
}

static const struct target_kind group_kind = { .name = "log-group", .doc = "for tests", .send = group_send };

static bool nothing(void *self, struct work *work)
{
    (void)self;
    (void)work;
    return true;
}

static bool make_rules(void *self, struct work *work)
{
    struct room *room = self;
    struct fault fault = { 0 };
    struct str arn;
    bool made;
    static const char *const names[] = { "one", "two" };
    for (int i = 0; i < 2; i++) {
        struct bus_rule rule = { .name = str_from(names[i]),
                                 .bus = STR("default"),
                                 .pattern = i ? STR("{\"detail\":{\"n\":[{\"numeric\":[\">\",500]}]}}")
                                              : STR("{\"source\":[\"shop\"]}") };
        struct json targets;
        assert_int_equal(
            json_read(work->arena,
                      STR("[{\"Id\":\"a\",\"Arn\":\"" LOG_ARN "\"},{\"Id\":\"b\",\"Arn\":\"" LOG_ARN "\"}]"),
                      0, &targets, NULL),
            ERR_OK);
        assert_true(bus_rule_put(room->bus, work, home, &rule, STR_EMPTY, &arn, &made, &fault));
        assert_true(bus_targets_put(room->bus, work, home, rule.bus, rule.name, &targets, &fault));
    }
    return true;
}

static struct room *room_open(unsigned events_max, size_t bytes_max)
{
    struct room *room = calloc(1, sizeof(*room));
    const struct deliver_settings deliver = { .retry_first_ms = 1, .retry_most_ms = 1 };
    const struct bus_settings bus = { .recent_max = events_max, .recent_bytes_max = bytes_max };
    bench_open(&room->bench, &deliver);
    assert_int_equal(bus_open(&bus, room->bench.deliver, &room->bus), ERR_OK);
    deliver_add_target(room->bench.deliver, &group_kind, room);
    deliver_on_done(room->bench.deliver, DELIVERY_OF_RULE, bus_delivery_done, room->bus);
    deliver_on_retry(room->bench.deliver, DELIVERY_OF_RULE, bus_delivery_retried, room->bus);
    deliver_on_rollback(room->bench.deliver, bus_after_rollback, room->bus);
    room->bench.room = room->bus;
    room->bench.after_rollback = bus_after_rollback;
    room->bench.after_commit = bus_after_commit;
    bench_start(&room->bench);
    (void)bench_run(&room->bench, make_rules, room);
    return room;
}

static void room_close(struct room *room)
{
    bench_close(&room->bench, false);
    bus_close(&room->bus);
    free(room);
}

/* ---- commands ---- */

enum { EVENTS_MAX = 12, SOURCES = 3 };
static const char *const sources[SOURCES] = { "shop", "nobody",
                                              "nowhere" }; /* matched, unmatched, missing bus */

struct call {
    struct room *room;
    int count;
    int sources[EVENTS_MAX];
    char ids[EVENTS_MAX][UUID_TEXT_BYTES];
    size_t detail_len;
    int back_to; /* events from here on are rolled back inside the command; -1: none are */
    bool refuse; /* all of it is */
};

static bool put_events(void *self, struct work *work)
{
    struct call *c = self;
    size_t mark = store_batch_mark(work->batch);
    char *detail = arena_bytes(work->arena, c->detail_len + 16);
    memset(detail, 'x', c->detail_len + 16);
    memcpy(detail, "{\"n\":1,\"t\":\"", 12);
    memcpy(detail + c->detail_len + 14, "\"}", 2);
    for (int i = 0; i < c->count; i++) {
        if (i == c->back_to)
            mark = store_batch_mark(work->batch);
        struct bus_event event = { .bus = c->sources[i] == 2 ? STR("none") : STR("default"),
                                   .source = str_from(sources[c->sources[i]]),
                                   .detail_type = STR("t"),
                                   .detail = str_of(detail, c->detail_len + 16),
                                   .time_ms = 1000,
                                   .emitted_by = STR("arn:execution") };
        struct bus_refusal refusal;
        if (!bus_put(c->room->bus, work, home, &event, c->ids[i], &refusal))
            fail_msg("%.*s", STR_ARG(refusal.text));
    }
    if (c->back_to >= 0 && c->back_to < c->count) { /* as an operation from inside that fails */
        store_batch_rollback(work->batch, mark);
        bus_after_rollback(c->room->bus);
    }
    return !c->refuse;
}

static void settle(struct room *room) /* what was committed before is shown */
{
    (void)bench_run(&room->bench, nothing, NULL);
}

static bus_recent_events all(struct room *room, struct arena *arena)
{
    struct bus_recent_query query = { .ns = home, .limit = SIZE_MAX, .looked_max = SIZE_MAX };
    bus_recent_events events = { 0 };
    assert_true(bus_recent_list(room->bus, arena, &query, &events));
    assert_true(query.next_below == 0);
    return events;
}

static void check_event(const struct bus_recent_event *event)
{
    assert_true(str_find(event->text, event->id) != STR_NOT_FOUND);
    assert_true(str_eq(event->emitted_by, STR("arn:execution")));
    assert_int_equal(event->text.len, event->text_bytes);
    assert_int_equal(event->time_ms, 1000);
    bool matched = str_eq(event->source, STR("shop"));
    assert_int_equal(event->state, matched                                ? BUS_EVENT_MATCHED
                                   : str_eq(event->source, STR("nobody")) ? BUS_EVENT_UNMATCHED
                                                                          : BUS_EVENT_MISSING_BUS);
    assert_int_equal(event->delivery_count, matched ? 2 : 0);
}

static void check_delivered(const struct bus_recent_event *event)
{
    for (uint32_t i = 0; i < event->delivery_count; i++) {
        const struct bus_recent_delivery *d = &event->deliveries[i];
        char place[64];
        snprintf(place, sizeof(place), "stream-%.*s", STR_ARG(event->id));
        assert_int_equal(d->state, BUS_DELIVERY_DELIVERED);
        assert_int_equal(d->attempts, 1);
        assert_true(str_eq(d->place, str_from(place)));
        assert_true(str_ends(d->rule_arn, STR("rule/one")) && str_eq(d->target_arn, STR(LOG_ARN)));
        assert_true(str_eq(d->target_id, i ? STR("b") : STR("a")));
        assert_true(str_empty(d->error) && str_empty(d->cause));
    }
}

/* ---- tests ---- */

/* Random commands, parts of them taken back, against a list kept beside: the rings hold its newest ones, in order, no
 * others, and at least as many as have room. */
static void holds_what_was_committed(void **state)
{
    (void)state;
    static const struct {
        unsigned events;
        size_t bytes, detail;
    } sizes[] = { { 1000, 1 << 20, 10 },
                  { 40, 1 << 20, 300 },
                  { 1000, 24 * 1024, 300 },
                  { 8, 16 * 1024, 100 },
                  { 1, 4096, 10 } };
    enum { COMMANDS = 150, MODEL_MAX = COMMANDS * EVENTS_MAX };
    static struct {
        char id[UUID_TEXT_BYTES];
        int source;
    } model[MODEL_MAX];
    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        struct room *room = room_open(sizes[s].events, sizes[s].bytes);
        size_t len = 0;
        struct arena arena = { 0 };
        for (int command = 0; command < COMMANDS; command++) {
            struct call c = { .room = room,
                              .count = (int)(rand_u64() % (EVENTS_MAX + 1)),
                              .detail_len = (size_t)(rand_u64() % sizes[s].detail),
                              .back_to = -1 };
            for (int i = 0; i < c.count; i++)
                c.sources[i] = (int)(rand_u64() % SOURCES);
            if (rand_u64() % 4 == 0)
                c.back_to = (int)(rand_u64() % EVENTS_MAX);
            c.refuse = rand_u64() % 5 == 0;
            (void)bench_run(&room->bench, put_events, &c);
            settle(room);
            int kept = c.refuse ? 0 : c.back_to >= 0 && c.back_to < c.count ? c.back_to : c.count;
            for (int i = 0; i < kept; i++) {
                memcpy(model[len].id, c.ids[i], UUID_TEXT_BYTES);
                model[len++].source = c.sources[i];
            }
            bus_recent_events events = all(room, &arena);
            size_t at = 0, matched_kept = 0, others_kept = 0;
            bool matched_over = false, others_over = false;
            for (size_t i = len; i > 0; i--) { /* each ring lacks only its oldest */
                bool is_matched = model[i - 1].source == 0;
                bool there =
                    at < events.len && str_eq(events.at[at].id, str_of(model[i - 1].id, UUID_TEXT_BYTES));
                bool *over = is_matched ? &matched_over : &others_over;
                assert_false(there && *over);
                if (!there) {
                    *over = true;
                    continue;
                }
                check_event(&events.at[at]);
                if (c.back_to < 0 || at > 0)
                    check_delivered(&events.at[at]);
                at++;
                *(is_matched ? &matched_kept : &others_kept) += 1;
            }
            assert_int_equal(at, events.len);
            assert_true(matched_kept <= sizes[s].events && others_kept <= sizes[s].events / 4 + 1);
            if (s == 0)
                assert_false(matched_over && matched_kept < 500);
            for (size_t i = 0; i + 1 < events.len; i++)
                assert_true(events.at[i].number > events.at[i + 1].number);
            if (events.len) {
                bus_recent_events one = { 0 };
                int64_t since_ms;
                assert_true(
                    bus_recent_get(room->bus, &arena, home, events.at[events.len - 1].id, &since_ms, &one));
                assert_int_equal(one.len, 1);
                assert_true(one.at[0].number == events.at[events.len - 1].number);
            }
            arena_reset(&arena);
        }
        arena_fini(&arena);
        room_close(room);
    }
}

static void tells_how_deliveries_went(void **state)
{
    (void)state;
    struct room *room = room_open(100, 1 << 20);
    struct arena arena = { 0 };
    struct call c = { .room = room, .count = 1, .back_to = -1 };
    room->reject = true;
    (void)bench_run(&room->bench, put_events, &c);
    settle(room);
    bus_recent_events events = all(room, &arena);
    assert_int_equal(events.len, 1);
    assert_int_equal(events.at[0].deliveries[1].state, BUS_DELIVERY_REJECTED);
    assert_true(str_eq(events.at[0].deliveries[1].error, STR("NO_RESOURCE")));
    assert_true(str_eq(events.at[0].deliveries[1].cause, STR("It is not there.")));
    assert_true(str_empty(events.at[0].deliveries[1].place));
    /* Attempts later, in commands of their own. */
    room->reject = false;
    room->retries = UINT_MAX;
    (void)bench_run(&room->bench, put_events, &c);
    settle(room);
    events = all(room, &arena);
    assert_int_equal(events.at[0].deliveries[0].state, BUS_DELIVERY_RETRYING);
    assert_true(str_eq(events.at[0].deliveries[0].error, STR("THROTTLED")));
    assert_true(events.at[0].deliveries[0].attempts >= 1);
    room->retries = 0;
    struct patience patience = { 0 };
    while (events.at[0].deliveries[0].state != BUS_DELIVERY_DELIVERED ||
           events.at[0].deliveries[1].state != BUS_DELIVERY_DELIVERED) {
        patience_wait(&patience);
        events = all(room, &arena);
    }
    assert_true(events.at[0].deliveries[0].attempts >= 2 && str_empty(events.at[0].deliveries[0].error));
    assert_true(str_starts(events.at[0].deliveries[0].place, STR("stream-")));
    arena_fini(&arena);
    room_close(room);
}

static void keeps_no_text_that_is_too_large(void **state)
{
    (void)state;
    struct room *room = room_open(100, 1 << 20);
    struct arena arena = { 0 };
    struct call c = { .room = room, .count = 1, .back_to = -1, .detail_len = RECENT_TEXT_BYTES_MAX };
    (void)bench_run(&room->bench, put_events, &c);
    settle(room);
    bus_recent_events events = all(room, &arena);
    assert_int_equal(events.len, 1);
    assert_true(str_empty(events.at[0].text) && events.at[0].text_bytes > RECENT_TEXT_BYTES_MAX);
    check_delivered(&events.at[0]);
    arena_fini(&arena);
    room_close(room);
}

struct reading {
    struct room *room;
    atomic_bool over;
    unsigned rounds;
};

static void read_all_the_time(void *self)
{
    struct reading *reading = self;
    struct arena arena = { 0 };
    while (!atomic_load(&reading->over)) {
        struct bus_recent_query query = { .ns = home, .limit = 200, .looked_max = SIZE_MAX };
        bus_recent_events events = { 0 }, one = { 0 };
        int64_t since_ms;
        assert_true(bus_recent_list(reading->room->bus, &arena, &query, &events));
        for (size_t i = 0; i < events.len; i++) {
            check_event(&events.at[i]);
            assert_true(i == 0 || events.at[i].number < events.at[i - 1].number);
            assert_true(events.at[i].number <= query.newest || i == 0);
        }
        if (events.len)
            assert_true(bus_recent_get(reading->room->bus, &arena, home, events.at[0].id, &since_ms, &one));
        for (size_t i = 0; i < one.len; i++)
            check_event(&one.at[i]);
        arena_reset(&arena);
        reading->rounds++;
    }
    arena_fini(&arena);
}

/* Readers see whole events while the writer wraps around the ring. */
static void reads_beside_the_writer(void **state)
{
    (void)state;
    struct reading reading = { .room = room_open(60, 32 * 1024) };
    struct thread *thread;
    struct diag diag;
    assert_int_equal(thread_start("reader", read_all_the_time, &reading, &thread, &diag), ERR_OK);
    for (int i = 0; i < 2000; i++) {
        struct call c = { .room = reading.room,
                          .count = EVENTS_MAX,
                          .detail_len = (size_t)i % 500,
                          .back_to = i % 7 ? -1 : 5,
                          .refuse = i % 11 == 0 };
        for (int k = 0; k < c.count; k++)
            c.sources[k] = k % 4 ? 0 : 1;
        (void)bench_run(&reading.room->bench, put_events, &c);
    }
    atomic_store(&reading.over, true);
    thread_join(&thread);
    assert_true(reading.rounds > 0);
    room_close(reading.room);
}

static void can_be_switched_off(void **state)
{
    (void)state;
    struct room *room = room_open(0, 0);
    struct arena arena = { 0 };
    struct call c = { .room = room, .count = 1, .back_to = -1 };
    struct bus_recent_query query = { .ns = home, .limit = 1, .looked_max = 1 };
    bus_recent_events events = { 0 };
    assert_true(bench_run(&room->bench, put_events, &c));
    assert_false(bus_recent_list(room->bus, &arena, &query, &events));
    arena_fini(&arena);
    room_close(room);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_what_was_committed),
        cmocka_unit_test(tells_how_deliveries_went),
        cmocka_unit_test(keeps_no_text_that_is_too_large),
        cmocka_unit_test(reads_beside_the_writer),
        cmocka_unit_test(can_be_switched_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
