/* api_activity.h - how much goes on, over time: the server's counters, looked at once a second, as a short series by
 * the second and a long one by the minute. In memory; begins with the process.
 *
 * Owns:    a thread, and the series under a mutex of their own, which it holds for the copy of one point.
 * Threads: activity_read from any.
 */
#ifndef API_API_ACTIVITY_H
#define API_API_ACTIVITY_H

#include "base/arena.h"
#include "base/err.h"

enum { ACTIVITY_SECONDS = 600, ACTIVITY_MINUTES = 1440 };

/* Totals since the start of the process. */
struct activity_counters {
    uint64_t events, matches, delivered, retried, rejected, missing_bus;
    uint64_t executions_started, executions_succeeded, executions_failed;
    uint64_t commands; /* of the writer */
};

/* What happened between two looks. */
struct activity_point {
    int64_t time_ms; /* its start: a whole second or minute */
    struct activity_counters counters;
};

/* Fills in the counters; on the activity's thread. */
typedef void activity_look_f(void *self, struct activity_counters *ret);

struct activity;
struct activity *activity_new(activity_look_f *look, void *self);
/* Looks once a second from now on. */
enum err activity_start(struct activity *activity, struct diag *reterr) MUST_USE;
/* Before what look reads is closed. Accepts NULL in it. */
void activity_close(struct activity **activity);
int64_t activity_start_ms(const struct activity *activity);

/* The latest points, oldest first, at most max; the last minute is still being counted. Intervals without anything
 * are there too. */
struct activity_point *activity_read(struct activity *activity, struct arena *arena, bool minutes, size_t max,
                                     size_t *ret_count);

/* For tests: a look now, at that time. */
void activity_look(struct activity *activity, int64_t now_ms);

#endif
