#include "logs/logs_tail.h"

#include "io/clock.h"
#include "logs/logs_room.h"
#include "logs/logs_tail_impl.h"

#include <assert.h>
#include <stdlib.h>

enum { SESSIONS_MAX = 15, UPDATE_EVENTS_MAX = 500, BEHIND_BYTES_MAX = 32 << 20, TIME_MAX_MS = 3 * 3600000 };

/* ---- the list of those who watch ---- */

static void watch_end(struct logs_tail *tail, struct logs_tail_session *session)
{
    mutex_lock(tail->mutex);
    unsigned count = atomic_load_explicit(&tail->watchers.count, memory_order_relaxed), at = 0;
    while (at < count && tail->watching[at] != session)
        at++;
    assert(at < count);
    tail->watching[at] = tail->watching[count - 1];
    atomic_store_explicit(&tail->watchers.count, count - 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&tail->version, 1, memory_order_release);
    mutex_unlock(tail->mutex);
}

bool logs_tail_start(struct logs_tail *tail, struct logs *logs, struct work *work, struct arena *arena,
                     const struct logs_tail_query *query, const struct logs_tail_reader *reader,
                     struct logs_tail_session **ret, uint64_t *ret_sequence, struct fault *reterr)
{
    struct logs_tail_session *session = ARENA_NEW(arena, struct logs_tail_session);
    assert(query->group_count && query->group_count <= LOGS_TAIL_GROUPS_MAX);
    session->tail = tail;
    session->query = *query;
    session->reader = *reader;
    for (size_t i = 0; i < query->group_count; i++)
        session->group_ids[i] = query->groups[i].id;
    if (!logs_pattern_read(arena, query->pattern, &session->pattern, reterr))
        return false;
    session->after = logs_sequence_next(logs, work);
    mutex_lock(tail->mutex);
    unsigned count = atomic_load_explicit(&tail->watchers.count, memory_order_relaxed);
    bool stopping = tail->stopping, full = count == tail->settings.sessions_max;
    if (!stopping && !full) {
        tail->watching[count] = session;
        atomic_store_explicit(&tail->watchers.count, count + 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&tail->version, 1, memory_order_release);
    }
    mutex_unlock(tail->mutex);
    if (stopping)
        return fault_set(reterr, arena, FAULT_UNAVAILABLE, "The server is stopping.");
    if (full)
        return fault_set(reterr, arena, FAULT_LIMIT_EXCEEDED,
                         "There are %u Live Tail sessions, as many as may run at once.", count);
    *ret = session;
    *ret_sequence = session->after;
    return true;
}

void logs_tail_abandon(struct logs_tail_session *session)
{
    watch_end(session->tail, session);
}

void logs_tail_begin(struct logs_tail_session *session)
{
    struct logs_tail *tail = session->tail;
    mutex_lock(tail->mutex);
    bool stopping = tail->stopping;
    if (!stopping) {
        session->next = tail->arrived;
        tail->arrived = session;
        tail->wakes = true;
        condition_signal(tail->woken);
    }
    mutex_unlock(tail->mutex);
    if (stopping) {
        watch_end(tail, session);
        session->reader.end(session->reader.self, LOGS_TAIL_STOPPED);
    }
}

static void wake(struct logs_tail *tail)
{
    mutex_lock(tail->mutex);
    tail->wakes = true;
    condition_signal(tail->woken);
    mutex_unlock(tail->mutex);
}

void logs_tail_ready(struct logs_tail_session *session)
{
    atomic_store(&session->ready, true);
    wake(session->tail);
}

void logs_tail_gone(struct logs_tail_session *session)
{
    atomic_store(&session->gone, true);
    wake(session->tail);
}

/* ---- the tail's thread ---- */

static void session_end(struct logs_tail *tail, size_t at, enum logs_tail_end why)
{
    struct logs_tail_session *session = tail->active[at];
    uint64_t dropped = 0;
    tail->active[at] = tail->active[--tail->active_count];
    tail_session_fini(session, &dropped);
    watch_end(tail, session);
    mutex_lock(tail->mutex);
    tail->dropped += dropped;
    mutex_unlock(tail->mutex);
    session->reader.end(session->reader.self, why); /* the session's memory may be gone after it */
}

static void share_deleted(struct logs_tail *tail, uint64_t group_id)
{
    for (size_t i = 0; i < tail->active_count; i++)
        if (tail_session_watches(tail->active[i], group_id))
            tail->active[i]->deleted = true;
}

static struct logs_tailed *tailed_new(uint64_t group_id, const struct logs_event_record *event)
{
    struct logs_tailed *tailed = malloc(sizeof(*tailed) + event->stream.len + event->message.len);
    if (!tailed)
        abort();
    char *texts = (char *)(tailed + 1);
    memcpy(texts, event->stream.ptr, event->stream.len);
    memcpy(texts + event->stream.len, event->message.ptr, event->message.len);
    *tailed = (struct logs_tailed){ .refs = 1,
                                    .group_id = group_id,
                                    .at = event->at,
                                    .ingested_ms = event->ingested_ms,
                                    .stream = str_of(texts, event->stream.len),
                                    .message = str_of(texts + event->stream.len, event->message.len) };
    return tailed;
}

/* With those that want its run. It is copied for the first that takes it. */
static void share_event(struct logs_tail *tail, size_t wanting, uint64_t group_id,
                        const struct logs_event_record *event)
{
    struct logs_tailed *tailed = NULL;
    for (size_t i = 0; i < wanting; i++) {
        if (!tail_session_wants(tail->wanting[i], event->message))
            continue;
        if (!tailed)
            tailed = tailed_new(group_id, event);
        tail_session_take(tail->wanting[i], tailed);
    }
    if (tailed)
        tailed_unref(tailed);
}

static void share(struct logs_tail *tail, const struct tail_batch *batch, const struct tail_note *note)
{
    if (note->deleted) {
        share_deleted(tail, note->group_id);
        return;
    }
    struct logs_run run = { 0 };
    if (!batch->lost) {
        bool whole =
            logs_run_read(&note->span, str_of(batch->bytes.ptr + note->value_at, note->value_len), &run);
        assert(whole);
    }
    size_t wanting = 0;
    for (size_t i = 0; i < tail->active_count; i++) {
        struct logs_tail_session *session = tail->active[i];
        if (!tail_session_watches(session, note->group_id) || note->span.first.sequence <= session->after)
            continue;
        if (batch->lost)
            tail_session_lose(session, note->count);
        else if (tail_session_wants_stream(session, run.stream.stream))
            tail->wanting[wanting++] = session;
    }
    struct logs_event_record event;
    while (wanting && logs_run_next(&run, &event))
        share_event(tail, wanting, note->group_id, &event);
}

static void share_all(struct logs_tail *tail, struct tail_batch *batch)
{
    while (batch) {
        struct tail_batch *next = batch->next;
        for (size_t i = 0; i < batch->count; i++)
            share(tail, batch, &batch->notes[i]);
        batch->count = 0;
        batch->lost = false;
        buf_clear(&batch->bytes);
        mutex_lock(tail->mutex);
        if (!tail->spare) {
            tail->spare = batch;
            batch = NULL;
        }
        mutex_unlock(tail->mutex);
        tail_batch_free(&batch);
        batch = next;
    }
}

/* Returns when to look again. */
static int64_t run_sessions(struct logs_tail *tail)
{
    int64_t now_ns = clock_monotonic_ns(), wake_ns = INT64_MAX;
    uint64_t given = 0, dropped = 0;
    for (size_t i = 0; i < tail->active_count;) {
        struct logs_tail_session *session = tail->active[i];
        int64_t next_ns;
        if (atomic_load(&session->gone)) {
            session_end(tail, i, LOGS_TAIL_GONE);
            continue;
        }
        if (now_ns >= session->started_ns + tail->settings.time_max_ms * 1000000) {
            session_end(tail, i, LOGS_TAIL_TIMED_OUT);
            continue;
        }
        if (session->deleted) {
            session_end(tail, i, LOGS_TAIL_DELETED);
            continue;
        }
        given += tail_session_run(session, now_ns, &next_ns, &dropped);
        if (next_ns < wake_ns)
            wake_ns = next_ns;
        i++;
    }
    mutex_lock(tail->mutex);
    tail->given += given;
    tail->dropped += dropped;
    mutex_unlock(tail->mutex);
    return wake_ns;
}

static void arrive(struct logs_tail *tail, struct logs_tail_session *arrived)
{
    while (arrived) {
        struct logs_tail_session *next = arrived->next;
        tail_session_init(arrived, clock_monotonic_ns());
        tail->active[tail->active_count++] = arrived;
        arrived = next;
    }
}

static void tail_main(void *self)
{
    struct logs_tail *tail = self;
    int64_t wake_ns = INT64_MAX;
    for (bool stopping = false; !stopping;) {
        mutex_lock(tail->mutex);
        while (!tail->wakes && !tail->stopping) {
            int64_t left_ns = wake_ns == INT64_MAX ? 0 : wake_ns - clock_monotonic_ns();
            if (wake_ns == INT64_MAX)
                condition_wait(tail->woken, tail->mutex);
            else if (left_ns <= 0 || !condition_wait_ns(tail->woken, tail->mutex, (uint64_t)left_ns))
                break;
        }
        stopping = tail->stopping;
        tail->wakes = false;
        struct logs_tail_session *arrived = tail->arrived;
        struct tail_batch *queue = tail->queue;
        tail->arrived = NULL;
        tail->queue = NULL;
        tail->queue_last = &tail->queue;
        tail->queue_bytes = 0;
        mutex_unlock(tail->mutex);
        arrive(tail, arrived);
        share_all(tail, queue);
        wake_ns = run_sessions(tail);
    }
    while (tail->active_count)
        session_end(tail, tail->active_count - 1, LOGS_TAIL_STOPPED);
}

/* ---- life ---- */

enum err logs_tail_open(const struct logs_tail_settings *settings, struct logs_tail **ret,
                        struct diag *reterr)
{
    struct logs_tail *tail = calloc(1, sizeof(*tail));
    if (!tail)
        abort();
    tail->settings = *settings;
    if (!tail->settings.sessions_max)
        tail->settings.sessions_max = SESSIONS_MAX;
    if (tail->settings.sessions_max > TAIL_SESSIONS_MAX)
        tail->settings.sessions_max = TAIL_SESSIONS_MAX;
    if (!tail->settings.update_events_max)
        tail->settings.update_events_max = UPDATE_EVENTS_MAX;
    if (!tail->settings.behind_bytes_max)
        tail->settings.behind_bytes_max = BEHIND_BYTES_MAX;
    if (!tail->settings.time_max_ms)
        tail->settings.time_max_ms = TIME_MAX_MS;
    tail->matcher = logs_matcher_new();
    tail->mutex = mutex_new();
    tail->woken = condition_new();
    tail->queue_last = &tail->queue;
    tail->watched =
        calloc((size_t)tail->settings.sessions_max * LOGS_TAIL_GROUPS_MAX, sizeof(*tail->watched));
    if (!tail->watched)
        abort();
    enum err err = thread_start("crema-tail", tail_main, tail, &tail->thread, reterr);
    if (err != ERR_OK) {
        logs_tail_close(&tail);
        return err;
    }
    *ret = tail;
    return ERR_OK;
}

void logs_tail_stop(struct logs_tail *tail)
{
    mutex_lock(tail->mutex);
    tail->stopping = true;
    condition_signal(tail->woken);
    mutex_unlock(tail->mutex);
    thread_join(&tail->thread);
}

void logs_tail_close(struct logs_tail **at)
{
    struct logs_tail *tail = *at;
    if (!tail)
        return;
    logs_tail_stop(tail);
    *at = NULL;
    tail_batch_free(&tail->noted);
    tail_batch_free(&tail->spare);
    while (tail->queue) {
        struct tail_batch *next = tail->queue->next;
        tail_batch_free(&tail->queue);
        tail->queue = next;
    }
    free(tail->watched);
    logs_matcher_free(&tail->matcher);
    condition_free(&tail->woken);
    mutex_free(&tail->mutex);
    free(tail);
}

void logs_tail_stats(struct logs_tail *tail, struct logs_tail_stats *ret)
{
    mutex_lock(tail->mutex);
    *ret = (struct logs_tail_stats){ atomic_load_explicit(&tail->watchers.count, memory_order_relaxed),
                                     tail->given, tail->dropped };
    mutex_unlock(tail->mutex);
}
