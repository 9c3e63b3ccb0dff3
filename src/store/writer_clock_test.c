/* Virtual time: moved from timer to timer, kept in the store. */
#include "io/clock.h"
#include "io/thread.h"
#include "store/temp_folder.h"
#include "store/writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SEEN_MAX = 2000 };

/* Timers of a period each: the reference is the period in seconds, as text. */
struct clockwork {
    struct store *store;
    struct writer *writer;
    struct mutex *mutex;
    struct condition *end;
    int64_t seen_ms[SEEN_MAX], seen_period_s[SEEN_MAX];
    unsigned seen;
    bool repeat;
};

static bool due(void *self, struct work *work, struct str ref)
{
    struct clockwork *clockwork = self;
    int64_t period_s;
    assert_true(str_to_i64(ref, &period_s) && clockwork->seen < SEEN_MAX);
    clockwork->seen_ms[clockwork->seen] = work->now_ms;
    clockwork->seen_period_s[clockwork->seen++] = period_s;
    if (clockwork->repeat)
        timer_add(work, work->now_ms + period_s * 1000, TIMER_FLOW, ref);
    return true;
}

struct call {
    struct command command;
    struct clockwork *clockwork;
    const char *period; /* a timer is set, NULL: none */
    int64_t move_ms;    /* forward by so much; 0: not */
    int64_t to_ms;
    bool over, freeze;
};

static bool call_run(struct command *command, struct work *work)
{
    struct call *call = (struct call *)command;
    int64_t period_s;
    if (call->freeze) {
        clock_freeze();
        writer_clock_keep(work);
    }
    if (call->period && str_to_i64(str_from(call->period), &period_s))
        timer_add(work, work->now_ms + period_s * 1000, TIMER_FLOW, str_from(call->period));
    if (call->move_ms) {
        call->to_ms = work->now_ms + call->move_ms;
        call->move_ms = 0;
        writer_clock_advance(work, call->to_ms);
    }
    return true;
}

static void call_done(struct command *command, enum err committed)
{
    struct call *call = (struct call *)command;
    assert_int_equal(committed, ERR_OK);
    if (call->to_ms && clock_now_ms() < call->to_ms) {
        writer_later(call->clockwork->writer, command, call->to_ms);
        return;
    }
    mutex_lock(call->clockwork->mutex);
    call->over = true;
    condition_signal(call->clockwork->end);
    mutex_unlock(call->clockwork->mutex);
}

static void run(struct clockwork *clockwork, struct call call)
{
    call.command = (struct command){ .run = call_run, .done = call_done };
    call.clockwork = clockwork;
    assert_int_equal(writer_submit(clockwork->writer, &call.command), ERR_OK);
    mutex_lock(clockwork->mutex);
    while (!call.over)
        condition_wait(clockwork->end, clockwork->mutex);
    mutex_unlock(clockwork->mutex);
}

static void clockwork_open(struct clockwork *clockwork, const char *folder, bool is_virtual, enum err want)
{
    struct diag diag = { { 0 } };
    *clockwork = (struct clockwork){ .mutex = mutex_new(), .end = condition_new(), .repeat = true };
    assert_int_equal(store_open(&(struct store_settings){ .folder = folder }, &clockwork->store, &diag),
                     ERR_OK);
    assert_int_equal(writer_open(clockwork->store, NULL, NULL, &clockwork->writer, &diag), ERR_OK);
    writer_on_timer(clockwork->writer, TIMER_FLOW, due, clockwork);
    assert_int_equal(writer_clock_open(clockwork->writer, is_virtual, &diag), want);
    if (want == ERR_OK)
        assert_int_equal(writer_start(clockwork->writer, &diag), ERR_OK);
}

static void clockwork_close(struct clockwork *clockwork)
{
    writer_close(&clockwork->writer);
    store_close(&clockwork->store);
    mutex_free(&clockwork->mutex);
    condition_free(&clockwork->end);
    clock_virtual_end();
}

static void each_timer_runs_at_its_own_time(void **state)
{
    (void)state;
    struct clockwork clockwork;
    clockwork_open(&clockwork, NULL, true, ERR_OK);
    run(&clockwork, (struct call){ .freeze = true });
    int64_t start_ms = clock_now_ms();
    run(&clockwork, (struct call){ .period = "60" });
    run(&clockwork, (struct call){ .period = "7" });
    run(&clockwork, (struct call){ .period = "3601" });
    thread_sleep_ms(20);
    assert_int_equal(clockwork.seen, 0);
    assert_int_equal(clock_now_ms(), start_ms);
    run(&clockwork, (struct call){ .move_ms = 7200 * 1000 });
    assert_int_equal(clock_now_ms(), start_ms + 7200 * 1000);
    unsigned of[3] = { 0 };
    static const int64_t periods_s[3] = { 7, 60, 3601 };
    for (unsigned i = 0; i < clockwork.seen; i++) {
        assert_true(i == 0 || clockwork.seen_ms[i] >= clockwork.seen_ms[i - 1]);
        for (unsigned p = 0; p < 3; p++)
            if (clockwork.seen_period_s[i] == periods_s[p])
                assert_int_equal(clockwork.seen_ms[i], start_ms + ++of[p] * periods_s[p] * 1000);
    }
    assert_int_equal(of[0], 1028);
    assert_int_equal(of[1], 120);
    assert_int_equal(of[2], 1);
    clockwork_close(&clockwork);
}

static void the_next_process_finds_the_time(void **state)
{
    (void)state;
    char folder[TEMP_FOLDER_BYTES];
    struct clockwork clockwork;
    temp_folder_make(folder);
    clockwork_open(&clockwork, folder, true, ERR_OK);
    run(&clockwork, (struct call){ .period = "100", .move_ms = INT64_C(86400000) });
    int64_t running_ms = clock_now_ms();
    assert_false(clock_is_frozen());
    clockwork_close(&clockwork);
    /* It would have run on. */
    clockwork_open(&clockwork, folder, true, ERR_OK);
    assert_in_range(clock_now_ms(), (uintmax_t)running_ms, (uintmax_t)running_ms + 60000);
    run(&clockwork, (struct call){ .freeze = true });
    int64_t frozen_ms = clock_now_ms();
    clockwork_close(&clockwork);
    thread_sleep_ms(5);
    clockwork_open(&clockwork, folder, true, ERR_OK);
    assert_true(clock_is_frozen());
    assert_int_equal(clock_now_ms(), frozen_ms);
    clockwork_close(&clockwork);
    /* The machine's is behind; when it is not any more, it is taken. */
    clockwork_open(&clockwork, folder, false, ERR_INVALID);
    clockwork_close(&clockwork);
    clock_offset_set(2 * INT64_C(86400000));
    clockwork_open(&clockwork, folder, false, ERR_OK);
    run(&clockwork, (struct call){ .period = "100" });
    clockwork_close(&clockwork);
    clockwork_open(&clockwork, folder, true, ERR_OK); /* and the old one is forgotten */
    assert_false(clock_is_frozen());
    assert_true(clock_now_ms() > frozen_ms);
    clockwork_close(&clockwork);
    clock_offset_set(0);
    temp_folder_remove(folder);
}

static void a_clock_stands_runs_and_does_not_go_back(void **state)
{
    (void)state;
    clock_virtual_begin(-5, true);
    assert_int_equal(clock_now_ms(), -5);
    assert_true(clock_is_frozen());
    clock_move(-3);
    clock_move(-4);
    assert_int_equal(clock_now_ms(), -3);
    clock_unfreeze();
    thread_sleep_ms(5);
    assert_in_range(clock_now_ms(), 1, 60000);
    clock_move(1000000);
    assert_false(clock_is_frozen());
    assert_in_range(clock_now_ms(), 1000000, 1060000);
    clock_freeze();
    int64_t now_ms = clock_now_ms();
    thread_sleep_ms(3);
    assert_int_equal(clock_now_ms(), now_ms);
    assert_true(clock_machine_ms() > INT64_C(1700000000000));
    clock_virtual_end();
    assert_false(clock_is_frozen());
    assert_in_range(clock_now_ms(), (uintmax_t)clock_machine_ms() - 1000,
                    (uintmax_t)clock_machine_ms() + 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_timer_runs_at_its_own_time),
        cmocka_unit_test(the_next_process_finds_the_time),
        cmocka_unit_test(a_clock_stands_runs_and_does_not_go_back),
    };
    return cmocka_run_group_tests_name("writer-clock", tests, NULL, NULL);
}
