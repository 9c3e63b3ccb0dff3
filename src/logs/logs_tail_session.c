/* One session of a live tail: which events it wants, and how they are made into updates.
 *
 * A sampled session gets an update an interval, of at most so many events: while more come, one in two is kept, then
 * one in four and so on, and at the end of the interval as many as may be given, evenly. Updates that its reader does
 * not take wait, ten at most; then the oldest goes. A session that is not sampled gets what there is as soon as there
 * is something; what its reader does not take waits, up to so many bytes; then the oldest events go.
 */
#include "logs/logs_tail_impl.h"

#include <stdlib.h>

static int64_t ns_of(int64_t ms)
{
    return ms * 1000000;
}

void tailed_unref(const struct logs_tailed *event)
{
    struct logs_tailed *owned = (struct logs_tailed *)(uintptr_t)event;
    if (--owned->refs == 0)
        free(owned);
}

/* ---- a queue of events ---- */

static void update_push(struct tail_update *update, struct logs_tailed *event)
{
    if (update->first && update->first == update->count)
        update->first = update->count = 0;
    if (update->count == update->cap) {
        if (update->first > update->cap / 2) {
            update->count -= update->first;
            memmove(update->events, update->events + update->first, update->count * sizeof(*update->events));
            update->first = 0;
        } else {
            update->cap = update->cap ? update->cap * 2 : 64;
            update->events = realloc(update->events, update->cap * sizeof(*update->events));
            if (!update->events)
                abort();
        }
    }
    event->refs++;
    update->events[update->count++] = event;
    update->bytes += event->message.len;
}

static size_t update_len(const struct tail_update *update)
{
    return update->count - update->first;
}

static void update_drop_first(struct tail_update *update)
{
    const struct logs_tailed *event = update->events[update->first++];
    update->bytes -= event->message.len;
    update->dropped++;
    tailed_unref(event);
}

/* Keeps as many as are left, evenly over all. */
static void update_thin(struct tail_update *update, size_t left)
{
    size_t len = update_len(update), kept = 0;
    const struct logs_tailed **events = update->events + update->first;
    for (size_t i = 0; i < len; i++) {
        if ((i + 1) * left / len > i * left / len) {
            events[kept++] = events[i];
            continue;
        }
        update->bytes -= events[i]->message.len;
        update->dropped++;
        tailed_unref(events[i]);
    }
    update->count = update->first + kept;
}

static void update_clear(struct tail_update *update)
{
    for (size_t i = update->first; i < update->count; i++)
        tailed_unref(update->events[i]);
    free(update->events);
    *update = (struct tail_update){ 0 };
}

/* ---- which events ---- */

static bool is_one_of(struct str name, const struct str *names, size_t count, bool prefixes)
{
    for (size_t i = 0; i < count; i++)
        if (prefixes ? str_starts(name, names[i]) : str_eq(name, names[i]))
            return true;
    return false;
}

bool tail_session_watches(const struct logs_tail_session *session, uint64_t group_id)
{
    for (size_t i = 0; i < session->query.group_count; i++)
        if (session->group_ids[i] == group_id)
            return true;
    return false;
}

bool tail_session_wants_stream(const struct logs_tail_session *session, struct str stream)
{
    const struct logs_tail_query *query = &session->query;
    if (query->stream_count && !is_one_of(stream, query->streams, query->stream_count, false))
        return false;
    return !query->prefix_count || is_one_of(stream, query->prefixes, query->prefix_count, true);
}

static size_t sample_left(const struct logs_tail_session *session)
{
    return session->tail->settings.update_events_max - session->given;
}

static bool sample_keeps(struct logs_tail_session *session)
{
    size_t left = sample_left(session);
    if (!left || session->matched++ % session->stride != 0) {
        session->open.dropped++;
        return false;
    }
    if (update_len(&session->open) >= 2 * left) {
        update_thin(&session->open, left);
        session->stride *= 2;
    }
    return true;
}

bool tail_session_wants(struct logs_tail_session *session, struct str message)
{
    return logs_pattern_matches(&session->pattern, session->tail->matcher, message) &&
           (!session->query.sampled || sample_keeps(session));
}

/* What is open goes to the closed ones; the oldest of those makes room. */
static void session_close_update(struct logs_tail_session *session, struct tail_update *update)
{
    if (session->closed_count == TAIL_UPDATES_BEHIND_MAX) {
        struct tail_update *oldest = &session->closed[session->closed_first];
        uint64_t dropped = oldest->dropped + update_len(oldest);
        update_clear(oldest);
        session->closed_first = (session->closed_first + 1) % TAIL_UPDATES_BEHIND_MAX;
        session->closed_count--;
        session->closed[session->closed_first].dropped += dropped; /* told where they would have been */
    }
    session->closed[(session->closed_first + session->closed_count++) % TAIL_UPDATES_BEHIND_MAX] = *update;
    *update = (struct tail_update){ 0 };
}

static void sample_close(struct logs_tail_session *session)
{
    size_t left = sample_left(session);
    if (update_len(&session->open) > left)
        update_thin(&session->open, left);
    session->given += update_len(&session->open);
    session->stride = 1;
    session_close_update(session, &session->open);
}

void tail_session_take(struct logs_tail_session *session, struct logs_tailed *event)
{
    update_push(&session->open, event);
    if (session->query.sampled && session->open.bytes >= TAIL_UPDATE_BYTES_MAX)
        sample_close(session);
    while (session->open.bytes > session->tail->settings.behind_bytes_max && update_len(&session->open) > 1)
        update_drop_first(&session->open);
}

void tail_session_lose(struct logs_tail_session *session, uint64_t count)
{
    session->open.dropped += count;
}

/* ---- when ---- */

/* As much of what is open as one update takes. */
static void piece_close(struct logs_tail_session *session)
{
    struct tail_update piece = { .dropped = session->open.dropped };
    session->open.dropped = 0;
    while (update_len(&session->open) && piece.bytes < TAIL_UPDATE_BYTES_MAX) {
        struct logs_tailed *event =
            (struct logs_tailed *)(uintptr_t)session->open.events[session->open.first];
        update_push(&piece, event);
        update_drop_first(&session->open);
    }
    session->open.dropped = 0;
    session_close_update(session, &piece);
}

static void close_what_is_due(struct logs_tail_session *session, int64_t now_ns, int64_t *ret_next_ns)
{
    int64_t interval_ns = ns_of(session->query.interval_ms);
    if (session->query.sampled) {
        if (now_ns >= session->closed_ns + interval_ns) {
            sample_close(session);
            session->given = 0;
            session->matched = 0;
            session->closed_ns += interval_ns;
            if (now_ns >= session->closed_ns + interval_ns)
                session->closed_ns = now_ns; /* the thread was held up: nothing is made up for */
        }
        *ret_next_ns = session->closed_ns + interval_ns;
        return;
    }
    if (session->busy || session->closed_count) { /* it is looked at again when the reader is ready */
        *ret_next_ns = INT64_MAX;
        return;
    }
    bool full = session->open.bytes >= TAIL_UPDATE_BYTES_MAX;
    bool some = update_len(&session->open) || session->open.dropped;
    int64_t due_ns = session->closed_ns + (full ? 0 : some ? interval_ns : ns_of(TAIL_BEAT_MS));
    if (now_ns >= due_ns) {
        piece_close(session);
        session->closed_ns = now_ns;
        due_ns = INT64_MAX;
    }
    *ret_next_ns = due_ns;
}

size_t tail_session_run(struct logs_tail_session *session, int64_t now_ns, int64_t *ret_next_ns,
                        uint64_t *ret_dropped)
{
    if (atomic_exchange(&session->ready, false))
        session->busy = false;
    close_what_is_due(session, now_ns, ret_next_ns);
    int64_t ends_ns = session->started_ns + ns_of(session->tail->settings.time_max_ms);
    if (ends_ns < *ret_next_ns)
        *ret_next_ns = ends_ns;
    if (session->busy || !session->closed_count)
        return 0;
    struct tail_update *update = &session->closed[session->closed_first];
    session->closed_first = (session->closed_first + 1) % TAIL_UPDATES_BEHIND_MAX;
    session->closed_count--;
    session->busy = true;
    size_t count = update_len(update);
    *ret_dropped += update->dropped;
    session->reader.update(session->reader.self,
                           &(struct logs_tail_update){ .events = update->events + update->first,
                                                       .count = count,
                                                       .sampled = update->dropped > 0,
                                                       .dropped = update->dropped });
    update_clear(update);
    return count;
}

void tail_session_init(struct logs_tail_session *session, int64_t now_ns)
{
    session->started_ns = now_ns;
    session->closed_ns = session->query.sampled ? now_ns : now_ns - ns_of(session->query.interval_ms);
    session->stride = 1;
    session->busy = true; /* until logs_tail_ready */
}

void tail_session_fini(struct logs_tail_session *session, uint64_t *dropped)
{
    *dropped += session->open.dropped;
    update_clear(&session->open);
    for (; session->closed_count; session->closed_count--) {
        struct tail_update *update = &session->closed[session->closed_first];
        *dropped += update->dropped;
        update_clear(update);
        session->closed_first = (session->closed_first + 1) % TAIL_UPDATES_BEHIND_MAX;
    }
}
