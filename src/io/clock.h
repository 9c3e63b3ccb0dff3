/* clock.h - the present moment. The only way to learn it, so that a test can move it.
 *
 * The server's time is the machine's, or, for those who test workflows, a virtual one: it begins where it is told,
 * runs as the machine's does or stands still, and is moved forward by whoever may (store/writer.h). It never goes
 * back.
 *
 * Threads: any; a virtual clock is changed by one thread at a time.
 */
#ifndef IO_CLOCK_H
#define IO_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Milliseconds since 1970-01-01T00:00:00Z. */
int64_t clock_now_ms(void);
/* The same of the machine, whatever the server's time is: for what is agreed on with others (signatures, the Date
 * of an answer). */
int64_t clock_machine_ms(void);
/* Nanoseconds of a clock that never goes back; for durations. */
int64_t clock_monotonic_ns(void);

/* For tests and simulation: both are ahead of the machine's by this much (may be negative).
 * The server takes it from the setting clock_offset_ms, so that road tests can move time. */
void clock_offset_set(int64_t offset_ms);

/* ---- virtual time ---- */

/* From now on time is virtual. Before threads read it. */
void clock_virtual_begin(int64_t now_ms, bool frozen);
void clock_virtual_end(void); /* for tests */
bool clock_is_virtual(void);
bool clock_is_frozen(void);
void clock_freeze(void);
void clock_unfreeze(void); /* it runs on from where it stands */
/* Forward to that moment; nothing when it is past already. */
void clock_move(int64_t now_ms);

#endif
