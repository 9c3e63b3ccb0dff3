/* Attempts that take time: what is stored when, how many at once, in which order, and what a new process does. */
#include "deliver/deliver_bench.h"
#include "deliver/deliver_key.h"
#include "io/clock.h"
#include "store/temp_folder.h"

#include <stdlib.h>

#include "io/patience_test.h"

enum { POSTS_MAX = 3, SEEN_MAX = 64 };

struct outside {
    struct bench bench;
    struct delivery_post *posts[SEEN_MAX]; /* in the order in which they began */
    char began[SEEN_MAX];                  /* first byte of the payload of each */
    unsigned count;
    char told[SEEN_MAX]; /* '+' or '-' and the first byte of the payload, of what ended */
    size_t told_len;
    uint32_t attempts; /* of what ended last */
    char cause[32];
    struct mutex *mutex;
    char unwanted;      /* payloads that begin so are not wanted any more */
    unsigned posts_max; /* 0: POSTS_MAX */
};

static bool wanted(void *self, struct work *work, const struct delivery *delivery)
{
    const struct outside *outside = self;
    (void)work;
    return delivery->payload.ptr[0] != outside->unwanted;
}

static void outside_post(void *self, struct delivery_post *post)
{
    struct outside *outside = self;
    mutex_lock(outside->mutex);
    assert_true(outside->count < SEEN_MAX);
    outside->began[outside->count] = post->delivery.payload.ptr[0];
    outside->posts[outside->count++] = post;
    mutex_unlock(outside->mutex);
}

static const struct target_kind outside_kind = { .name = "outside",
                                                 .doc = "for tests",
                                                 .post = outside_post };

static const struct target_kind inside_kind = {
    .name = "inside", .doc = "for tests", .post = outside_post, .inside = true
};

static void told(void *self, struct work *work, const struct delivery *delivery,
                 const struct delivery_result *result)
{
    struct outside *outside = self;
    (void)work;
    outside->told[outside->told_len++] = result->outcome == OUTCOME_DELIVERED ? '+' : '-';
    outside->told[outside->told_len++] = delivery->payload.ptr[0];
    outside->attempts = delivery->attempts;
    (void)snprintf(outside->cause, sizeof(outside->cause), "%.*s", STR_ARG(result->cause));
}

static void outside_open(struct outside *outside)
{
    const struct deliver_settings settings = { .posts_max =
                                                   outside->posts_max ? outside->posts_max : POSTS_MAX,
                                               .attempts_max = 3,
                                               .retry_first_ms = 1000 };
    if (!outside->mutex)
        outside->mutex = mutex_new();
    outside->count = 0;
    bench_open(&outside->bench, &settings);
    deliver_add_target(outside->bench.deliver, &outside_kind, outside);
    deliver_add_target(outside->bench.deliver, &inside_kind, outside);
    deliver_on_done(outside->bench.deliver, DELIVERY_OF_TASK, told, outside);
    deliver_on_wanted(outside->bench.deliver, DELIVERY_OF_TASK, wanted, outside);
    bench_start(&outside->bench);
}

static void outside_close(struct outside *outside, bool keep)
{
    bench_close(&outside->bench, keep);
    if (!keep)
        mutex_free(&outside->mutex);
}

struct add {
    struct outside *outside;
    const char *payloads; /* capitals: of the kind that lies inside */
    bool refuse;
};

static bool add_run(void *self, struct work *work)
{
    const struct add *add = self;
    for (const char *at = add->payloads; *at; at++) {
        struct delivery delivery = { .owner = DELIVERY_OF_TASK,
                                     .kind = *at < 'a' ? STR("inside") : STR("outside"),
                                     .resource = STR("somewhere"),
                                     .payload = str_of(at, 1) };
        deliver_add(add->outside->bench.deliver, work, &delivery);
    }
    return !add->refuse;
}

static bool nothing_run(void *self, struct work *work)
{
    (void)self;
    /* Something is written, so that there is a commit. */
    struct key key;
    key_begin(&key, KEY_META, work->partition, 'T');
    store_put(work->batch, key_str(&key), STR("x"));
    return true;
}

/* Until what was ended or became due has had its commits. */
static void settle(struct outside *outside)
{
    for (int i = 0; i < 4; i++)
        (void)bench_run(&outside->bench, nothing_run, NULL);
}

static void add(struct outside *outside, const char *payloads)
{
    struct add what = { outside, payloads, false };
    (void)bench_run(&outside->bench, add_run, &what);
    settle(outside);
}

static const struct delivery_result results[] = {
    [OUTCOME_DELIVERED] = { .outcome = OUTCOME_DELIVERED, .result = { "{}", 2 } },
    [OUTCOME_RETRY] = { .outcome = OUTCOME_RETRY, .error = { "Error", 5 }, .cause = { "a cause", 7 } },
    [OUTCOME_REJECTED] = { .outcome = OUTCOME_REJECTED, .error = { "Error", 5 }, .cause = { "a cause", 7 } },
};

static void end(struct outside *outside, unsigned which, enum outcome outcome)
{
    outside->posts[which]->end(outside->posts[which], &results[outcome]);
    settle(outside);
}

struct end_inside {
    struct outside *outside;
    unsigned which;
    enum outcome outcome;
};

static bool end_inside_run(void *self, struct work *work)
{
    const struct end_inside *end = self;
    struct delivery_post *post = end->outside->posts[end->which];
    (void)work;
    post->end(post, &results[end->outcome]);
    return true;
}

/* On the writer's thread. */
static void end_inside(struct outside *outside, unsigned which, enum outcome outcome)
{
    (void)bench_run(&outside->bench, end_inside_run, &(struct end_inside){ outside, which, outcome });
    settle(outside);
}

static unsigned stored(struct outside *outside, enum deliver_place place)
{
    struct key from, to;
    struct str key, value;
    unsigned count = 0;
    deliver_key_prefix(&from, 0, place);
    key_after_prefix(key_str(&from), &to);
    struct store_reader *reader = store_snapshot(outside->bench.store);
    struct store_cursor *cursor = store_scan(reader, key_str(&from), key_str(&to), STORE_UP);
    while (store_cursor_next(cursor, &key, &value))
        count++;
    assert_int_equal(store_cursor_close(&cursor), ERR_OK);
    store_snapshot_release(&reader);
    return count;
}

static void assert_began(const struct outside *outside, const char *payloads)
{
    assert_int_equal(outside->count, strlen(payloads));
    assert_memory_equal(outside->began, payloads, outside->count);
}

static void assert_told(const struct outside *outside, const char *text)
{
    assert_int_equal(outside->told_len, strlen(text));
    assert_memory_equal(outside->told, text, strlen(text));
}

static void an_attempt_is_a_record_till_its_end(void **state)
{
    (void)state;
    struct outside outside = { 0 };
    outside_open(&outside);
    add(&outside, "a");
    assert_began(&outside, "a");
    assert_int_equal(outside.posts[0]->delivery.attempts, 1);
    assert_int_equal(stored(&outside, DELIVER_UNDER_WAY), 1);
    assert_told(&outside, "");
    struct deliver_stats stats;
    deliver_stats(outside.bench.deliver, &stats);
    assert_int_equal(stats.under_way, 1);
    end(&outside, 0, OUTCOME_DELIVERED);
    assert_told(&outside, "+a");
    assert_int_equal(stored(&outside, DELIVER_UNDER_WAY), 0);
    deliver_stats(outside.bench.deliver, &stats);
    assert_int_equal(stats.under_way, 0);
    assert_int_equal(stats.delivered, 1);
    outside_close(&outside, false);
}

static void places_are_bounded_and_given_in_order(void **state)
{
    (void)state;
    struct outside outside = { 0 };
    outside_open(&outside);
    add(&outside, "abcdefg");
    assert_began(&outside, "abc");
    assert_int_equal(stored(&outside, DELIVER_QUEUED), 4);
    end(&outside, 1, OUTCOME_DELIVERED);
    assert_began(&outside, "abcd");
    end(&outside, 0, OUTCOME_REJECTED);
    end(&outside, 3, OUTCOME_DELIVERED);
    add(&outside, "h");
    end(&outside, 2, OUTCOME_DELIVERED);
    assert_began(&outside, "abcdefg");
    for (unsigned i = 4; i < 8; i++)
        end(&outside, i, OUTCOME_DELIVERED);
    assert_began(&outside, "abcdefgh");
    assert_told(&outside, "+b-a+d+c+e+f+g+h");
    assert_int_equal(stored(&outside, DELIVER_QUEUED), 0);
    assert_int_equal(stored(&outside, DELIVER_UNDER_WAY), 0);
    outside_close(&outside, false);
}

static void a_failure_is_tried_again_later_and_then_given_up(void **state)
{
    (void)state;
    struct outside outside = { 0 };
    outside_open(&outside);
    add(&outside, "a");
    end(&outside, 0, OUTCOME_RETRY);
    assert_int_equal(stored(&outside, DELIVER_UNDER_WAY), 0);
    assert_int_equal(stored(&outside, DELIVER_WAITING), 1);
    clock_offset_set(1500);
    settle(&outside);
    assert_began(&outside, "aa");
    end(&outside, 1, OUTCOME_RETRY);
    clock_offset_set(5000);
    settle(&outside);
    assert_began(&outside, "aaa");
    assert_told(&outside, "");
    end(&outside, 2, OUTCOME_RETRY);
    assert_told(&outside, "-a");
    assert_int_equal(outside.attempts, 3);
    assert_string_equal(outside.cause, "a cause");
    clock_offset_set(0);
    outside_close(&outside, false);
}

static void the_next_process_attempts_anew(void **state)
{
    (void)state;
    struct outside outside = { 0 };
    char folder[TEMP_FOLDER_BYTES];
    temp_folder_make(folder);
    outside.bench.folder = folder;
    outside_open(&outside);
    add(&outside, "abcde");
    assert_began(&outside, "abc");
    outside_close(&outside, true); /* nothing ended */
    outside_open(&outside);
    settle(&outside);
    assert_began(&outside, "abc");
    assert_int_equal(outside.posts[0]->delivery.attempts, 2);
    end(&outside, 0, OUTCOME_DELIVERED);
    assert_int_equal(outside.attempts, 2);
    /* The end is not known: it stays. */
    outside.posts[1]->end(outside.posts[1], NULL);
    settle(&outside);
    assert_began(&outside, "abcd");
    deliver_pause(outside.bench.deliver);
    end(&outside, 2, OUTCOME_DELIVERED);
    assert_began(&outside, "abcd");
    assert_int_equal(stored(&outside, DELIVER_UNDER_WAY), 3);
    outside_close(&outside, true);
    outside_open(&outside);
    settle(&outside);
    assert_began(&outside, "bde");
    for (unsigned i = 0; i < 3; i++)
        end(&outside, i, OUTCOME_DELIVERED);
    assert_told(&outside, "+a+c+b+d+e");
    outside_close(&outside, false);
    temp_folder_remove(folder);
}

static void what_was_rolled_back_never_goes_out(void **state)
{
    (void)state;
    struct outside outside = { 0 };
    outside_open(&outside);
    struct add refused = { &outside, "xyz", true };
    (void)bench_run(&outside.bench, add_run, &refused);
    add(&outside, "a");
    assert_began(&outside, "a");
    assert_int_equal(stored(&outside, DELIVER_UNDER_WAY), 1);
    end(&outside, 0, OUTCOME_DELIVERED);
    assert_told(&outside, "+a");
    outside_close(&outside, false);
}

static void what_is_not_wanted_any_more_never_goes_out(void **state)
{
    (void)state;
    struct outside outside = { 0 };
    outside_open(&outside);
    add(&outside, "abcxxxxdxe");
    assert_began(&outside, "abc");
    outside.unwanted = 'x';
    end(&outside, 0, OUTCOME_DELIVERED);
    assert_began(&outside, "abcd");
    end(&outside, 1, OUTCOME_RETRY);
    assert_began(&outside, "abcde");
    outside.unwanted = 'b';
    clock_offset_set(5000);
    settle(&outside);
    for (unsigned i = 2; i < 5; i++)
        end(&outside, i, OUTCOME_DELIVERED);
    assert_told(&outside, "+a+c+d+e");
    assert_int_equal(stored(&outside, DELIVER_QUEUED) + stored(&outside, DELIVER_UNDER_WAY) +
                         stored(&outside, DELIVER_WAITING),
                     0);
    clock_offset_set(0);
    outside_close(&outside, false);
}

/* ---- inside ---- */

static void what_lies_inside_takes_no_place(void **state)
{
    (void)state;
    struct outside outside = { 0 };
    struct deliver_stats stats;
    outside_open(&outside);
    add(&outside, "ABCDabcdE");
    assert_began(&outside, "ABCDabcE");
    assert_int_equal(stored(&outside, DELIVER_UNDER_WAY), 8);
    deliver_stats(outside.bench.deliver, &stats);
    assert_int_equal(stats.under_way, POSTS_MAX);
    end_inside(&outside, 1, OUTCOME_DELIVERED);
    end_inside(&outside, 7, OUTCOME_REJECTED);
    assert_told(&outside, "+B-E");
    assert_began(&outside, "ABCDabcE"); /* d goes on waiting for a place */
    end_inside(&outside, 0, OUTCOME_RETRY);
    clock_offset_set(1500);
    settle(&outside);
    assert_began(&outside, "ABCDabcEA");
    assert_int_equal(outside.posts[8]->delivery.attempts, 2);
    end(&outside, 5, OUTCOME_DELIVERED);
    assert_began(&outside, "ABCDabcEAd");
    end(&outside, 4, OUTCOME_DELIVERED);
    end(&outside, 6, OUTCOME_DELIVERED);
    end(&outside, 9, OUTCOME_DELIVERED);
    end_inside(&outside, 8, OUTCOME_DELIVERED);
    end_inside(&outside, 2, OUTCOME_DELIVERED);
    end_inside(&outside, 3, OUTCOME_DELIVERED);
    assert_told(&outside, "+B-E+b+a+c+d+A+C+D");
    assert_int_equal(stored(&outside, DELIVER_UNDER_WAY) + stored(&outside, DELIVER_WAITING), 0);
    deliver_stats(outside.bench.deliver, &stats);
    assert_int_equal(stats.under_way, 0);
    clock_offset_set(0);
    outside_close(&outside, false);
}

static void what_lay_inside_is_begun_anew_by_the_next_process(void **state)
{
    (void)state;
    struct outside outside = { .unwanted = 'B' };
    char folder[TEMP_FOLDER_BYTES];
    temp_folder_make(folder);
    outside.bench.folder = folder;
    outside_open(&outside);
    add(&outside, "ACDEabcde");
    assert_began(&outside, "ACDEabc");
    outside_close(&outside, true);
    outside.unwanted = 'C';
    outside.posts_max = 5;
    outside_open(&outside);
    settle(&outside);
    assert_began(&outside, "ADEabcde"); /* however many lie inside, those outside have their places */
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(outside.posts[i]->delivery.attempts, 2);
        end_inside(&outside, i, OUTCOME_DELIVERED);
    }
    assert_told(&outside, "+A+D+E");
    outside_close(&outside, false);
    temp_folder_remove(folder);
}

/* ---- a writer without room ---- */

struct gate {
    struct command command;
    struct mutex *mutex;
    struct condition *change;
    bool entered, open, over;
};

static bool gate_run(struct command *command, struct work *work)
{
    struct gate *gate = (struct gate *)command;
    mutex_lock(gate->mutex);
    gate->entered = true;
    condition_signal(gate->change);
    while (!gate->open)
        condition_wait(gate->change, gate->mutex);
    mutex_unlock(gate->mutex);
    return nothing_run(NULL, work);
}

static void gate_done(struct command *command, enum err committed)
{
    struct gate *gate = (struct gate *)command;
    assert_int_equal(committed, ERR_OK);
    mutex_lock(gate->mutex);
    gate->over = true;
    condition_signal(gate->change);
    mutex_unlock(gate->mutex);
}

static bool filler_run(struct command *command, struct work *work)
{
    (void)command;
    return nothing_run(NULL, work);
}

static void filler_done(struct command *command, enum err committed)
{
    (void)command;
    assert_int_equal(committed, ERR_OK);
}

static void an_end_is_kept_while_the_writer_has_no_room(void **state)
{
    (void)state;
    struct outside outside = { .bench.queue_max = 2 };
    struct gate gate = { .command = { .run = gate_run, .done = gate_done },
                         .mutex = mutex_new(),
                         .change = condition_new() };
    struct delivery_result result = { .outcome = OUTCOME_DELIVERED };
    outside_open(&outside);
    settle(&outside);
    add(&outside, "ab");
    assert_began(&outside, "ab");
    bench_submit(&outside.bench, &gate.command);
    mutex_lock(gate.mutex);
    while (!gate.entered)
        condition_wait(gate.change, gate.mutex);
    mutex_unlock(gate.mutex);
    /* The gate itself counts as queued, and so does another: neither end finds a place. */
    struct command filler = { .run = filler_run, .done = filler_done };
    assert_int_equal(writer_submit(outside.bench.writer, &filler), ERR_OK);
    outside.posts[0]->end(outside.posts[0], &result);
    outside.posts[1]->end(outside.posts[1], &result);
    assert_told(&outside, "");
    mutex_lock(gate.mutex);
    gate.open = true;
    condition_signal(gate.change);
    while (!gate.over)
        condition_wait(gate.change, gate.mutex);
    mutex_unlock(gate.mutex);
    struct patience patience = { 0 };
    while (stored(&outside, DELIVER_UNDER_WAY) > 0)
        patience_wait(&patience);
    outside_close(&outside, false);
    assert_int_equal(outside.told_len, 4);
    mutex_free(&gate.mutex);
    condition_free(&gate.change);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_attempt_is_a_record_till_its_end),
        cmocka_unit_test(places_are_bounded_and_given_in_order),
        cmocka_unit_test(a_failure_is_tried_again_later_and_then_given_up),
        cmocka_unit_test(the_next_process_attempts_anew),
        cmocka_unit_test(what_was_rolled_back_never_goes_out),
        cmocka_unit_test(what_is_not_wanted_any_more_never_goes_out),
        cmocka_unit_test(what_lies_inside_takes_no_place),
        cmocka_unit_test(what_lay_inside_is_begun_anew_by_the_next_process),
        cmocka_unit_test(an_end_is_kept_while_the_writer_has_no_room),
    };
    return cmocka_run_group_tests_name("deliver-post", tests, NULL, NULL);
}
