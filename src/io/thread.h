/* thread.h - threads, mutexes and conditions, as thin as they come. Out of memory aborts.
 *
 * Threads: each object may be used from any thread; free it when nobody does any more.
 */
#ifndef IO_THREAD_H
#define IO_THREAD_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct thread;
struct mutex;
struct condition;

/* Runs f(self) on a thread of its own; the name (at most 15 bytes) is what tools show. ERR_IO. */
enum err thread_start(const char *name, void (*f)(void *self), void *self, struct thread **ret,
                      struct diag *reterr) MUST_USE;
/* Waits for its end, frees it. Accepts NULL. */
void thread_join(struct thread **thread);
void thread_sleep_ms(unsigned ms);
/* That can run at once: at least 1. */
unsigned thread_cores(void);

struct mutex *mutex_new(void);
void mutex_free(struct mutex **mutex);
void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);

struct condition *condition_new(void);
void condition_free(struct condition **condition);
void condition_wait(struct condition *condition, struct mutex *mutex);
/* False when the time was over; it may also return early for no reason, as conditions do. */
bool condition_wait_ns(struct condition *condition, struct mutex *mutex, uint64_t timeout_ns);
void condition_signal(struct condition *condition);
void condition_broadcast(struct condition *condition);

#endif
