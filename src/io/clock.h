/* clock.h - the present moment. The only way to learn it, so that a test can move it.
 *
 * Threads: any.
 */
#ifndef IO_CLOCK_H
#define IO_CLOCK_H

#include <stdint.h>

/* Milliseconds since 1970-01-01T00:00:00Z. */
int64_t clock_now_ms(void);
/* Nanoseconds of a clock that never goes back; for durations. */
int64_t clock_monotonic_ns(void);

/* For tests and simulation: clock_now_ms is ahead of the machine's by this much (may be negative).
 * The server takes it from the setting clock_offset_ms, so that road tests can move time. */
void clock_offset_set(int64_t offset_ms);

#endif
