#include "api/api_activity.h"

#include "io/clock.h"
#include "io/thread.h"

#include <stdlib.h>

/* By whole intervals: point `at` is that of the newest. */
struct series {
    struct activity_point *points;
    size_t cap, len, at;
    int64_t interval_ms;
};

struct activity {
    activity_look_f *look;
    void *self;
    int64_t start_ms;
    struct mutex *mutex;
    struct condition *end;
    struct thread *thread;
    bool ending;
    struct activity_counters last;
    struct series seconds, minutes;
};

/* ---- series ---- */

static void series_init(struct series *series, size_t cap, int64_t interval_ms)
{
    *series = (struct series){ .cap = cap, .interval_ms = interval_ms };
    series->points = calloc(cap, sizeof(*series->points));
    if (!series->points)
        abort();
}

static void series_push(struct series *series, int64_t time_ms)
{
    series->at = series->len ? (series->at + 1) % series->cap : 0;
    series->points[series->at] = (struct activity_point){ .time_ms = time_ms };
    if (series->len < series->cap)
        series->len++;
}

/* The point of the moment, with empty ones for what lies between. Time that went back counts to the newest. */
static struct activity_point *series_point(struct series *series, int64_t now_ms)
{
    int64_t time_ms = now_ms - now_ms % series->interval_ms;
    if (series->len == 0 ||
        time_ms - series->points[series->at].time_ms > (int64_t)series->cap * series->interval_ms) {
        series->len = 0;
        series_push(series, time_ms);
    }
    while (series->points[series->at].time_ms < time_ms)
        series_push(series, series->points[series->at].time_ms + series->interval_ms);
    return &series->points[series->at];
}

static void add(struct activity_counters *to, const struct activity_counters *now,
                const struct activity_counters *before)
{
    uint64_t *at = (uint64_t *)to;
    const uint64_t *a = (const uint64_t *)now, *b = (const uint64_t *)before;
    for (size_t i = 0; i < sizeof(*to) / sizeof(*at); i++)
        at[i] += a[i] > b[i] ? a[i] - b[i] : 0; /* some counters are taken back */
}

/* ---- looking ---- */

void activity_look(struct activity *activity, int64_t now_ms)
{
    struct activity_counters now = { 0 };
    activity->look(activity->self, &now);
    mutex_lock(activity->mutex);
    add(&series_point(&activity->seconds, now_ms)->counters, &now, &activity->last);
    add(&series_point(&activity->minutes, now_ms)->counters, &now, &activity->last);
    activity->last = now;
    mutex_unlock(activity->mutex);
}

static void run(void *self)
{
    struct activity *activity = self;
    int64_t due_ms = 0;
    mutex_lock(activity->mutex);
    while (!activity->ending) {
        int64_t now_ms = clock_machine_ms();
        if (now_ms < due_ms && due_ms - now_ms <= 1000) {
            (void)condition_wait_ns(activity->end, activity->mutex, (uint64_t)(due_ms - now_ms) * 1000000);
            continue;
        }
        mutex_unlock(activity->mutex);
        activity_look(activity, now_ms - 500); /* what is counted is of the second that has just ended */
        mutex_lock(activity->mutex);
        due_ms = now_ms - now_ms % 1000 + 1000;
    }
    mutex_unlock(activity->mutex);
}

struct activity *activity_new(activity_look_f *look, void *self)
{
    struct activity *activity = calloc(1, sizeof(*activity));
    if (!activity)
        abort();
    *activity = (struct activity){ .look = look, .self = self, .start_ms = clock_machine_ms() };
    activity->mutex = mutex_new();
    activity->end = condition_new();
    series_init(&activity->seconds, ACTIVITY_SECONDS, 1000);
    series_init(&activity->minutes, ACTIVITY_MINUTES, 60000);
    look(self, &activity->last);
    return activity;
}

enum err activity_start(struct activity *activity, struct diag *reterr)
{
    return thread_start("activity", run, activity, &activity->thread, reterr);
}

void activity_close(struct activity **activity)
{
    struct activity *a = *activity;
    if (!a)
        return;
    *activity = NULL;
    mutex_lock(a->mutex);
    a->ending = true;
    condition_signal(a->end);
    mutex_unlock(a->mutex);
    thread_join(&a->thread);
    condition_free(&a->end);
    mutex_free(&a->mutex);
    free(a->seconds.points);
    free(a->minutes.points);
    free(a);
}

int64_t activity_start_ms(const struct activity *activity)
{
    return activity->start_ms;
}

struct activity_point *activity_read(struct activity *activity, struct arena *arena, bool minutes, size_t max,
                                     size_t *ret_count)
{
    mutex_lock(activity->mutex);
    const struct series *series = minutes ? &activity->minutes : &activity->seconds;
    size_t count = series->len < max ? series->len : max;
    struct activity_point *points = ARENA_ARRAY(arena, struct activity_point, count + 1);
    for (size_t i = 0; i < count; i++)
        points[i] = series->points[(series->at + series->cap - (count - 1 - i)) % series->cap];
    mutex_unlock(activity->mutex);
    *ret_count = count;
    return points;
}
