#include "deliver/deliver_bench.h"
#include "deliver/deliver_key.h"
#include "deliver/deliver_retry.h"
#include "io/clock.h"
#include "store/temp_folder.h"

#include <stdlib.h>

#include "io/patience_test.h"

/* ---- a target that does as it is told: the payload says how often it says "retry" before it takes the
 * delivery ("r3"), that it rejects it ("x"), or adds another and fails ("a"). What it takes it writes under
 * the payload's first key. */

struct taker {
    struct bench bench;
    unsigned sent, rolled_back;
    unsigned delivered, rejected; /* as the owner heard */
    unsigned attempts;            /* of the last one that ended */
    char error[64];
    char order[64]; /* first bytes of what ended, in order */
    size_t order_len;
    bool chain; /* the owner adds one more on each end */
};

static struct key mark_key(uint16_t partition, struct str event_id)
{
    struct key key;
    key_begin(&key, KEY_META, partition, 'T');
    key_bytes(&key, event_id);
    return key;
}

static struct str seen(struct taker *taker, struct arena *arena, struct str event_id)
{
    struct key key = mark_key(0, event_id);
    struct str value = STR_EMPTY;
    struct store_reader *reader = store_snapshot(taker->bench.store);
    if (store_get(reader, arena, key_str(&key), &value))
        value = STR_EMPTY;
    store_snapshot_release(&reader);
    return value;
}

static void taker_send(void *self, struct work *work, const struct delivery *delivery,
                       struct delivery_result *ret)
{
    struct taker *taker = self;
    struct key key = mark_key(work->partition, delivery->event_id);
    struct str before = STR_EMPTY;
    taker->sent++;
    if (store_get(work->reader, work->arena, key_str(&key), &before))
        before = STR_EMPTY;
    store_put(work->batch, key_str(&key), arena_concat(work->arena, before, STR("+")));
    char first = delivery->payload.len ? delivery->payload.ptr[0] : ' ';
    if (first == 'r' && delivery->attempts < (uint32_t)(delivery->payload.ptr[1] - '0')) {
        ret->outcome = OUTCOME_RETRY;
        ret->error = STR("Busy");
        ret->cause = STR("it will be better later");
    } else if (first == 'x' || first == 'a') {
        if (first == 'a') {
            struct delivery other = *delivery;
            other.payload = STR("ok");
            other.event_id = STR("never");
            deliver_add(taker->bench.deliver, work, &other);
        }
        ret->outcome = OUTCOME_REJECTED;
        ret->error = STR("Refused");
    } else {
        ret->outcome = OUTCOME_DELIVERED;
        ret->result = arena_concat(work->arena, STR("took "), delivery->payload);
    }
}

static const struct target_kind taker_kind = { .name = "taker", .doc = "for tests", .send = taker_send };

static void ended(void *self, struct work *work, const struct delivery *delivery,
                  const struct delivery_result *result)
{
    struct taker *taker = self;
    assert_int_equal(delivery->owner, DELIVERY_OF_TASK);
    taker->attempts = delivery->attempts;
    if (taker->order_len < sizeof(taker->order) && delivery->event_id.len)
        taker->order[taker->order_len++] = delivery->event_id.ptr[delivery->event_id.len - 1];
    if (result->outcome == OUTCOME_DELIVERED) {
        taker->delivered++;
    } else {
        assert_int_equal(result->outcome, OUTCOME_REJECTED);
        taker->rejected++;
        snprintf(taker->error, sizeof(taker->error), "%.*s", STR_ARG(result->error));
    }
    if (taker->chain) {
        struct delivery next = *delivery;
        taker->chain = false;
        next.event_id = STR("chained");
        deliver_add(taker->bench.deliver, work, &next);
    }
}

static void was_rolled_back(void *self)
{
    ((struct taker *)self)->rolled_back++;
}

static void taker_open(struct taker *taker, const struct deliver_settings *settings)
{
    bench_open(&taker->bench, settings);
    deliver_add_target(taker->bench.deliver, &taker_kind, taker);
    deliver_on_done(taker->bench.deliver, DELIVERY_OF_TASK, ended, taker);
    deliver_on_rollback(taker->bench.deliver, was_rolled_back, taker);
    bench_start(&taker->bench);
}

static struct delivery one(struct str event_id, struct str payload)
{
    return (struct delivery){
        .owner = DELIVERY_OF_TASK,
        .owner_ref = STR("ref"),
        .kind = STR("taker"),
        .ns = { STR("000000000000"), STR("us-east-1") },
        .resource = STR("arn:aws:test:::thing"),
        .payload = payload,
        .event_id = event_id,
        .source_arn = STR("arn:aws:events:us-east-1:000000000000:rule/r"),
        .event_time_ms = 1700000000000,
        .hops = 3,
    };
}

struct adds {
    struct taker *taker;
    const struct delivery *deliveries;
    size_t count;
    bool refuse;
};

static bool add_all(void *self, struct work *work)
{
    struct adds *adds = self;
    for (size_t i = 0; i < adds->count; i++)
        deliver_add(adds->taker->bench.deliver, work, &adds->deliveries[i]);
    return !adds->refuse;
}

static bool add(struct taker *taker, const struct delivery *deliveries, size_t count)
{
    return bench_run(&taker->bench, add_all, &(struct adds){ taker, deliveries, count, false });
}

static size_t records(struct taker *taker)
{
    struct key first, end;
    key_begin(&first, KEY_DELIVER, 0, DELIVER_WAITING);
    key_after_prefix(key_str(&first), &end);
    struct store_reader *reader = store_snapshot(taker->bench.store);
    struct store_cursor *cursor = store_scan(reader, key_str(&first), key_str(&end), STORE_UP);
    size_t count = 0;
    struct str key, value;
    while (store_cursor_next(cursor, &key, &value))
        count++;
    assert_int_equal(store_cursor_close(&cursor), ERR_OK);
    store_snapshot_release(&reader);
    return count;
}

static uint64_t ends_of(const struct taker *taker)
{
    struct deliver_stats stats;
    deliver_stats(taker->bench.deliver, &stats);
    return stats.delivered + stats.rejected;
}

/* Waits until so many have ended. */
static void wait_for_ends(struct taker *taker, uint64_t ends)
{
    struct patience patience = { 0 };
    while (ends_of(taker) < ends)
        patience_wait(&patience);
    (void)add(taker, NULL, 0); /* after a further command all of the last is durable */
}

/* ---- tests ---- */

static void delivers_in_the_command(void **state)
{
    (void)state;
    struct taker taker = { 0 };
    struct arena arena = { 0 };
    taker_open(&taker, NULL);
    struct delivery deliveries[] = { one(STR("a"), STR("ok")), one(STR("b"), STR("x")),
                                     one(STR("c"), STR("a")) };
    assert_true(add(&taker, deliveries, 3));
    assert_int_equal(taker.delivered, 1);
    assert_int_equal(taker.rejected, 2);
    assert_int_equal(taker.sent, 3);        /* what the failing one added was taken back */
    assert_int_equal(taker.rolled_back, 2); /* and the rooms were told */
    assert_memory_equal(taker.order, "abc", 3);
    assert_true(str_eq(seen(&taker, &arena, STR("a")), STR("+")));
    assert_true(str_empty(seen(&taker, &arena, STR("b"))));
    assert_true(str_empty(seen(&taker, &arena, STR("c"))));
    assert_int_equal(records(&taker), 0);
    struct deliver_stats stats;
    deliver_stats(taker.bench.deliver, &stats);
    assert_int_equal(stats.delivered, 1);
    assert_int_equal(stats.rejected, 2);
    assert_int_equal(stats.stored, 0);
    bench_close(&taker.bench, false);
    arena_fini(&arena);
}

static void ends_may_add_more(void **state)
{
    (void)state;
    struct taker taker = { .chain = true };
    struct arena arena = { 0 };
    taker_open(&taker, NULL);
    struct delivery delivery = one(STR("a"), STR("ok"));
    assert_true(add(&taker, &delivery, 1));
    assert_int_equal(taker.delivered, 2);
    assert_true(str_eq(seen(&taker, &arena, STR("chained")), STR("+")));
    bench_close(&taker.bench, false);
    arena_fini(&arena);
}

static void a_refused_command_leaves_nothing(void **state)
{
    (void)state;
    struct taker taker = { 0 };
    struct arena arena = { 0 };
    taker_open(&taker, NULL);
    struct delivery delivery = one(STR("a"), STR("ok"));
    assert_false(bench_run(&taker.bench, add_all, &(struct adds){ &taker, &delivery, 1, true }));
    delivery = one(STR("b"), STR("ok"));
    assert_true(add(&taker, &delivery, 1));
    assert_int_equal(taker.sent, 1);
    assert_true(str_empty(seen(&taker, &arena, STR("a"))));
    assert_true(str_eq(seen(&taker, &arena, STR("b")), STR("+")));
    bench_close(&taker.bench, false);
    arena_fini(&arena);
}

static void retries_until_delivered(void **state)
{
    (void)state;
    struct taker taker = { 0 };
    struct arena arena = { 0 };
    taker_open(&taker, &(struct deliver_settings){ .retry_first_ms = 2, .retry_most_ms = 4 });
    struct delivery delivery = one(STR("a"), STR("r3"));
    assert_true(add(&taker, &delivery, 1));
    wait_for_ends(&taker, 1);
    assert_int_equal(taker.delivered, 1);
    assert_int_equal(taker.attempts, 4);
    assert_true(str_eq(seen(&taker, &arena, STR("a")), STR("+")));
    assert_int_equal(records(&taker), 0);
    struct deliver_stats stats;
    deliver_stats(taker.bench.deliver, &stats);
    assert_int_equal(stats.retried, 3);
    bench_close(&taker.bench, false);
    arena_fini(&arena);
}

static void gives_up(void **state)
{
    (void)state;
    struct taker taker = { 0 };
    taker_open(&taker, &(struct deliver_settings){ .retry_first_ms = 2, .retry_most_ms = 4 });
    struct delivery two = one(STR("a"), STR("r9"));
    two.attempts_max = 2;
    struct delivery old = one(STR("b"), STR("r9"));
    old.expires_ms = clock_now_ms();
    assert_true(add(&taker, &two, 1));
    wait_for_ends(&taker, 1);
    assert_int_equal(taker.rejected, 1);
    assert_int_equal(taker.attempts, 2);
    assert_string_equal(taker.error, "Busy");
    assert_true(add(&taker, &old, 1));
    wait_for_ends(&taker, 2);
    assert_int_equal(taker.rejected, 2);
    assert_int_equal(taker.attempts, 1);
    assert_int_equal(records(&taker), 0);
    bench_close(&taker.bench, false);
}

/* What does not fit the budget of a command is stored, outlives a restart, and arrives once and in order. */
static void overflow_is_stored(void **state)
{
    (void)state;
    struct taker taker = { 0 };
    struct arena arena = { 0 };
    enum { COUNT = 50 };
    static char names[COUNT][4];
    struct delivery deliveries[COUNT];
    for (int i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof(names[i]), "n%02d", i);
        deliveries[i] = one(str_from(names[i]), i % 10 == 9 ? STR("x") : STR("ok"));
    }
    char folder[TEMP_FOLDER_BYTES];
    temp_folder_make(folder);
    taker.bench.folder = folder;
    taker_open(&taker, &(struct deliver_settings){ .command_max = 3 });
    assert_true(add(&taker, deliveries, COUNT));
    bench_close(&taker.bench, false);
    unsigned carried = taker.sent;
    assert_true(carried >= 3);
    taker_open(&taker, &(struct deliver_settings){ .command_max = 7 });
    wait_for_ends(&taker, COUNT - carried);
    assert_int_equal(taker.sent, COUNT);
    assert_int_equal(taker.delivered, COUNT - 5);
    assert_int_equal(taker.rejected, 5);
    for (int i = 0; i < COUNT; i++) {
        assert_true(str_eq(seen(&taker, &arena, str_from(names[i])), i % 10 == 9 ? STR_EMPTY : STR("+")));
        assert_int_equal(taker.order[i], '0' + i % 10);
    }
    assert_int_equal(records(&taker), 0);
    bench_close(&taker.bench, false);
    arena_fini(&arena);
    temp_folder_remove(folder);
}

static void records_read_back(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct delivery before = one(STR("event"), STR("payload")), after;
    before.attempts = 7;
    before.attempts_max = 9;
    before.created_ms = -5;
    before.expires_ms = INT64_MAX;
    struct str value = deliver_record_write(&arena, &before);
    assert_true(deliver_record_read(value, &after));
    assert_true(str_eq(after.payload, before.payload) && str_eq(after.owner_ref, before.owner_ref) &&
                str_eq(after.ns.region, before.ns.region) && str_eq(after.source_arn, before.source_arn));
    assert_int_equal(after.attempts, 7);
    assert_int_equal(after.attempts_max, 9);
    assert_int_equal(after.created_ms, -5);
    assert_true(after.expires_ms == INT64_MAX && after.hops == 3 && after.owner == DELIVERY_OF_TASK);
    for (size_t len = 0; len < value.len; len++)
        assert_false(deliver_record_read(str_slice(value, 0, len), &after));
    char *other = arena_bytes(&arena, value.len);
    memcpy(other, value.ptr, value.len);
    other[0] = 2;
    assert_false(deliver_record_read(str_of(other, value.len), &after));
    arena_fini(&arena);
}

static void delays_double_with_jitter(void **state)
{
    (void)state;
    const struct deliver_settings s = {
        .attempts_max = 5, .age_max_ms = 100000, .retry_first_ms = 1000, .retry_most_ms = 3000
    };
    struct delivery d = { .created_ms = 0 };
    int64_t due = 0;
    assert_true(deliver_retry_next(&s, &d, 1, 0, 0, &due));
    assert_int_equal(due, 500);
    assert_true(deliver_retry_next(&s, &d, 1, 0, 500, &due));
    assert_int_equal(due, 1000);
    assert_true(deliver_retry_next(&s, &d, 2, 0, 0, &due));
    assert_int_equal(due, 1000);
    assert_true(deliver_retry_next(&s, &d, 4, 0, UINT64_MAX, &due));
    assert_true(due >= 1500 && due <= 3000);
    assert_false(deliver_retry_next(&s, &d, 5, 0, 0, &due));
    assert_false(deliver_retry_next(&s, &d, 1, 99900, 0, &due));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delivers_in_the_command),
        cmocka_unit_test(ends_may_add_more),
        cmocka_unit_test(a_refused_command_leaves_nothing),
        cmocka_unit_test(retries_until_delivered),
        cmocka_unit_test(gives_up),
        cmocka_unit_test(overflow_is_stored),
        cmocka_unit_test(records_read_back),
        cmocka_unit_test(delays_double_with_jitter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
