/* Time limits. All who wait for the same thing wait equally long, so a list per thing is in the order of the
 * deadlines; one timer a loop looks at the fronts of the lists, and only while anybody waits. */
#include "io/http_impl.h"

static void wait_on_tick(uv_timer_t *timer)
{
    struct http_loop *loop = timer->data;
    uint64_t now_ms = uv_now(timer->loop);
    for (int wait = WAIT_NONE + 1; wait < WAIT_COUNT; wait++) {
        struct http_connection *connection;
        while ((connection = loop->waits[wait].first) && connection->deadline_ms <= now_ms) {
            http_wait_set(connection, WAIT_NONE);
            http_connection_expire(connection, (enum http_wait)wait);
        }
    }
    if (!loop->wait_count)
        uv_timer_stop(timer);
}

void http_wait_init(struct http_loop *loop)
{
    const struct http_settings *settings = &loop->server->settings;
    loop->waits[WAIT_IDLE].time_max_ms = (uint64_t)settings->idle_time_max_ms;
    loop->waits[WAIT_HEADER].time_max_ms = (uint64_t)settings->header_time_max_ms;
    loop->waits[WAIT_BODY].time_max_ms = (uint64_t)settings->body_time_max_ms;
    loop->waits[WAIT_SEND].time_max_ms = (uint64_t)settings->send_time_max_ms;
    loop->waits[WAIT_LINGER].time_max_ms = HTTP_LINGER_TIME_MAX_MS;
    loop->tick_ms = 1000;
    for (int wait = WAIT_NONE + 1; wait < WAIT_COUNT; wait++)
        if (loop->waits[wait].time_max_ms / 8 < loop->tick_ms)
            loop->tick_ms = loop->waits[wait].time_max_ms / 8;
    if (loop->tick_ms < 10)
        loop->tick_ms = 10;
    uv_timer_init(loop_uv(loop->loop), &loop->timer);
    loop->timer.data = loop;
}

static void wait_remove(struct http_connection *connection)
{
    struct http_loop *loop = connection->loop;
    struct http_wait_list *list = &loop->waits[connection->wait];
    *(connection->wait_previous ? &connection->wait_previous->wait_next : &list->first) =
        connection->wait_next;
    *(connection->wait_next ? &connection->wait_next->wait_previous : &list->last) =
        connection->wait_previous;
    connection->wait = WAIT_NONE;
    loop->wait_count--;
}

/* Waiting on for the same thing does not move the deadline. */
void http_wait_set(struct http_connection *connection, enum http_wait wait)
{
    struct http_loop *loop = connection->loop;
    if (connection->wait == wait)
        return;
    if (connection->wait != WAIT_NONE)
        wait_remove(connection);
    if (wait == WAIT_NONE)
        return;
    struct http_wait_list *list = &loop->waits[wait];
    connection->wait = wait;
    connection->deadline_ms = uv_now(loop_uv(loop->loop)) + list->time_max_ms;
    connection->wait_previous = list->last;
    connection->wait_next = NULL;
    *(list->last ? &list->last->wait_next : &list->first) = connection;
    list->last = connection;
    if (!loop->wait_count++ && !loop->killed)
        uv_timer_start(&loop->timer, wait_on_tick, loop->tick_ms, loop->tick_ms);
}
