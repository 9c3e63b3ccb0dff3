/* patience_test.h - tests wait for what another thread does, but not for ever. Include last.
 *
 *     struct patience patience = { 0 };
 *     while (!done)
 *         patience_wait(&patience);
 */
#ifndef IO_PATIENCE_TEST_H
#define IO_PATIENCE_TEST_H

#include "io/clock.h"
#include "io/thread.h"

enum { PATIENCE_MS = 30000 };

struct patience {
    int64_t ends_ns; /* 0: it has not begun */
};

/* A moment, before one more look. The test fails when there have been too many. */
static inline void patience_wait(struct patience *patience)
{
    int64_t now_ns = clock_monotonic_ns();
    if (!patience->ends_ns)
        patience->ends_ns = now_ns + (int64_t)PATIENCE_MS * 1000000;
    assert_true(now_ns < patience->ends_ns);
    thread_sleep_ms(1);
}

#endif
