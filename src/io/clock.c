#include "io/clock.h"

#include <stdatomic.h>
#include <time.h>

static _Atomic int64_t clock_offset_ms;

static int64_t clock_read_ns(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now); /* cannot fail: both clocks exist on every system we run on */
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t clock_now_ms(void)
{
    return clock_read_ns(CLOCK_REALTIME) / 1000000 +
           atomic_load_explicit(&clock_offset_ms, memory_order_relaxed);
}

int64_t clock_monotonic_ns(void)
{
    return clock_read_ns(CLOCK_MONOTONIC);
}

void clock_offset_set(int64_t offset_ms)
{
    atomic_store_explicit(&clock_offset_ms, offset_ms, memory_order_relaxed);
}
