#include "io/clock.h"

#include <assert.h>
#include <stdatomic.h>
#include <time.h>

static _Atomic int64_t clock_offset_ms;
static atomic_bool clock_virtual;
/* In one word, so that readers see either state whole: where it stands, doubled and odd, or by how much it is ahead
 * of the machine's, doubled. */
static _Atomic int64_t clock_state;

static int64_t clock_read_ns(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now); /* cannot fail: both clocks exist on every system we run on */
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t clock_machine_ms(void)
{
    return clock_read_ns(CLOCK_REALTIME) / 1000000 +
           atomic_load_explicit(&clock_offset_ms, memory_order_relaxed);
}

int64_t clock_now_ms(void)
{
    if (!atomic_load_explicit(&clock_virtual, memory_order_relaxed))
        return clock_machine_ms();
    int64_t state = atomic_load_explicit(&clock_state, memory_order_relaxed);
    return state & 1 ? (state - 1) / 2 : clock_machine_ms() + state / 2;
}

int64_t clock_monotonic_ns(void)
{
    return clock_read_ns(CLOCK_MONOTONIC);
}

void clock_offset_set(int64_t offset_ms)
{
    atomic_store_explicit(&clock_offset_ms, offset_ms, memory_order_relaxed);
}

/* ---- virtual time ---- */

static void clock_set(int64_t now_ms, bool frozen)
{
    atomic_store_explicit(&clock_state, frozen ? now_ms * 2 + 1 : (now_ms - clock_machine_ms()) * 2,
                          memory_order_relaxed);
}

void clock_virtual_begin(int64_t now_ms, bool frozen)
{
    clock_set(now_ms, frozen);
    atomic_store(&clock_virtual, true);
}

void clock_virtual_end(void)
{
    atomic_store(&clock_virtual, false);
}

bool clock_is_virtual(void)
{
    return atomic_load_explicit(&clock_virtual, memory_order_relaxed);
}

bool clock_is_frozen(void)
{
    return clock_is_virtual() && (atomic_load_explicit(&clock_state, memory_order_relaxed) & 1);
}

void clock_freeze(void)
{
    assert(clock_is_virtual());
    clock_set(clock_now_ms(), true);
}

void clock_unfreeze(void)
{
    assert(clock_is_virtual());
    clock_set(clock_now_ms(), false);
}

void clock_move(int64_t now_ms)
{
    assert(clock_is_virtual());
    if (now_ms > clock_now_ms())
        clock_set(now_ms, clock_is_frozen());
}
