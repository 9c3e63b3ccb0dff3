/* Tasks run once each, urgent ones first; what waits is bounded and given back at the end. */
#include "logs/logs_scanner.h"

#include "io/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { TASKS = 6 };

struct bench {
    struct mutex *mutex;
    struct condition *moved;
    bool gate_open;
    unsigned begun, ran, dropped;
    int order[TASKS + 1];
};

struct one {
    struct logs_task task; /* first */
    struct bench *bench;
    int number;
    bool gate; /* waits until the gate is open */
};

static void one_run(struct logs_task *task)
{
    struct one *one = (struct one *)task;
    struct bench *bench = one->bench;
    mutex_lock(bench->mutex);
    bench->begun++;
    condition_broadcast(bench->moved);
    while (one->gate && !bench->gate_open)
        condition_wait(bench->moved, bench->mutex);
    bench->order[bench->ran++] = one->number;
    condition_broadcast(bench->moved);
    mutex_unlock(bench->mutex);
}

static void one_dropped(struct logs_task *task)
{
    ((struct one *)task)->bench->dropped++;
}

static struct one one_of(struct bench *bench, int number, bool urgent)
{
    return (struct one){ .task = { .urgent = urgent, .run = one_run, .dropped = one_dropped },
                         .bench = bench,
                         .number = number };
}

static void wait_for(struct bench *bench, const unsigned *count, unsigned reached)
{
    mutex_lock(bench->mutex);
    while (*count < reached)
        condition_wait(bench->moved, bench->mutex);
    mutex_unlock(bench->mutex);
}

static struct logs_scanner *open_scanner(struct bench *bench, unsigned tasks_max)
{
    struct logs_scanner *scanner;
    struct diag diag;
    *bench = (struct bench){ .mutex = mutex_new(), .moved = condition_new() };
    assert_int_equal(
        logs_scanner_open(&(struct logs_scanner_settings){ .threads = 1, .tasks_max = tasks_max }, &scanner,
                          &diag),
        ERR_OK);
    return scanner;
}

static void open_gate(struct bench *bench)
{
    mutex_lock(bench->mutex);
    bench->gate_open = true;
    condition_broadcast(bench->moved);
    mutex_unlock(bench->mutex);
}

static void bench_fini(struct bench *bench)
{
    condition_free(&bench->moved);
    mutex_free(&bench->mutex);
}

static void test_urgent_first(void **state)
{
    (void)state;
    struct bench bench;
    struct logs_scanner *scanner = open_scanner(&bench, 0);
    struct one gate = one_of(&bench, 0, false), tasks[TASKS];
    gate.gate = true;
    assert_int_equal(logs_scanner_submit(scanner, &gate.task), ERR_OK);
    wait_for(&bench, &bench.begun, 1);
    for (int i = 0; i < TASKS; i++) {
        tasks[i] = one_of(&bench, i + 1, i % 2 == 1);
        assert_int_equal(logs_scanner_submit(scanner, &tasks[i].task), ERR_OK);
    }
    open_gate(&bench);
    wait_for(&bench, &bench.ran, TASKS + 1);
    static const int expected[] = { 0, 2, 4, 6, 1, 3, 5 };
    for (int i = 0; i <= TASKS; i++)
        assert_int_equal(bench.order[i], expected[i]);
    logs_scanner_close(&scanner);
    assert_int_equal(bench.dropped, 0);
    bench_fini(&bench);
}

struct closer {
    struct logs_scanner *scanner;
};

static void close_scanner(void *self)
{
    struct closer *closer = self;
    logs_scanner_close(&closer->scanner);
}

static void test_bounded_and_dropped(void **state)
{
    (void)state;
    struct bench bench;
    struct logs_scanner *scanner = open_scanner(&bench, 2);
    struct one gate = one_of(&bench, 0, false), tasks[3];
    gate.gate = true;
    assert_int_equal(logs_scanner_submit(scanner, &gate.task), ERR_OK);
    wait_for(&bench, &bench.begun, 1);
    for (int i = 0; i < 3; i++) {
        tasks[i] = one_of(&bench, i + 1, false);
        assert_int_equal(logs_scanner_submit(scanner, &tasks[i].task), i < 2 ? ERR_OK : ERR_LIMIT);
    }
    /* The close comes while the first still runs; the others never do. */
    struct closer closer = { scanner };
    struct thread *thread;
    struct diag diag;
    assert_int_equal(thread_start("closer", close_scanner, &closer, &thread, &diag), ERR_OK);
    while (logs_scanner_submit(scanner, &tasks[2].task) != ERR_CLOSED)
        thread_sleep_ms(1);
    open_gate(&bench);
    thread_join(&thread);
    assert_int_equal(bench.ran, 1);
    assert_int_equal(bench.dropped, 2);
    bench_fini(&bench);
}

static void test_close_nothing(void **state)
{
    (void)state;
    struct logs_scanner *scanner = NULL;
    logs_scanner_close(&scanner);
    assert_null(scanner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urgent_first),
        cmocka_unit_test(test_bounded_and_dropped),
        cmocka_unit_test(test_close_nothing),
    };
    return cmocka_run_group_tests_name("logs_scanner", tests, NULL, NULL);
}
