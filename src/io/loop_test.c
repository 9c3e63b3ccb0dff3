/* Posting to a loop from many threads, and its end. */
#include "io/loop.h"
#include "io/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { POSTERS = 4, JOBS = 20000 };

struct test_job {
    struct loop_job job;
    struct test_loop *test;
    unsigned poster, number;
};

struct test_loop {
    struct loop *loop;
    unsigned next[POSTERS]; /* the number that is to come, of each poster */
    unsigned run, bursts, out_of_order, elsewhere;
};

struct test_poster {
    struct test_loop *test;
    struct test_job *jobs;
    struct thread *thread;
    unsigned refused;
};

static void job_run(struct loop_job *at)
{
    struct test_job *job = (struct test_job *)at;
    struct test_loop *test = job->test;
    test->run++;
    test->out_of_order += job->number != test->next[job->poster];
    test->next[job->poster] = job->number + 1;
    test->elsewhere += !loop_is_current(test->loop);
}

static void after_burst(void *self)
{
    struct test_loop *test = self;
    test->bursts++;
}

static void post_all(void *self)
{
    struct test_poster *poster = self;
    for (unsigned i = 0; i < JOBS; i++)
        poster->refused += !loop_post(poster->test->loop, &poster->jobs[i].job);
}

/* While the posters run, or after they are through, the loop ends: each job was run, in order, or refused. */
static void post_and_end(bool end_early)
{
    struct test_loop test = { 0 };
    struct test_poster posters[POSTERS] = { 0 };
    struct diag diag;
    unsigned refused = 0;
    assert_int_equal(loop_open("test-loop", &test.loop, &diag), ERR_OK);
    loop_after_jobs(test.loop, after_burst, &test);
    assert_int_equal(loop_start(test.loop, &diag), ERR_OK);
    assert_false(loop_is_current(test.loop));
    for (unsigned i = 0; i < POSTERS; i++) {
        posters[i].test = &test;
        posters[i].jobs = calloc(JOBS, sizeof(struct test_job));
        assert_non_null(posters[i].jobs);
        for (unsigned number = 0; number < JOBS; number++)
            posters[i].jobs[number] = (struct test_job){ { NULL, job_run }, &test, i, number };
        assert_int_equal(thread_start("poster", post_all, &posters[i], &posters[i].thread, &diag), ERR_OK);
    }
    for (unsigned i = 0; i < POSTERS && !end_early; i++)
        thread_join(&posters[i].thread);
    loop_end(test.loop);
    for (unsigned i = 0; i < POSTERS; i++) {
        thread_join(&posters[i].thread);
        refused += posters[i].refused;
        free(posters[i].jobs);
    }
    assert_int_equal(test.run + refused, POSTERS * JOBS);
    assert_int_equal(test.out_of_order, 0);
    assert_int_equal(test.elsewhere, 0);
    assert_true(test.bursts <= test.run + 1);
    if (!end_early)
        assert_int_equal(refused, 0);
    struct test_job late = { { NULL, job_run }, &test, 0, 0 };
    assert_false(loop_post(test.loop, &late.job));
    loop_close(&test.loop);
    assert_null(test.loop);
}

static void test_posts(void **state)
{
    (void)state;
    post_and_end(false);
}

static void test_end_while_posting(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        post_and_end(true);
}

/* What is posted before the start waits for it; a loop that never started closes. */
static void test_start(void **state)
{
    (void)state;
    struct test_loop test = { 0 };
    struct diag diag;
    struct test_job early = { { NULL, job_run }, &test, 0, 0 };
    assert_int_equal(loop_open("test-loop", &test.loop, &diag), ERR_OK);
    assert_true(loop_post(test.loop, &early.job));
    assert_int_equal(loop_start(test.loop, &diag), ERR_OK);
    loop_end(test.loop);
    loop_close(&test.loop);
    assert_int_equal(test.run, 1);
    assert_int_equal(loop_open("test-loop", &test.loop, &diag), ERR_OK);
    loop_close(&test.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_posts),
        cmocka_unit_test(test_end_while_posting),
        cmocka_unit_test(test_start),
    };
    return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
