/* A client's connection: its life, from accept to close. */
#include "io/address.h"
#include "io/http_impl.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

bool http_connection_idle(const struct http_connection *connection)
{
    return !connection->first && !connection->receiving && connection->input == INPUT_HEAD &&
           !http_input_left(connection) && !connection->write_busy;
}

static size_t discard_bytes_max(const struct http_connection *connection)
{
    return connection->loop->server->settings.body_bytes_max + HTTP_DISCARD_BYTES;
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
    (void)suggested;
    http_input_room(handle->data, ret);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
    (void)buf;
    struct http_connection *connection = stream->data;
    if (len > 0) {
        http_input_read(connection, (size_t)len);
        http_count(&connection->loop->counters.bytes_in, (uint64_t)len);
    } else if (len == UV_EOF) {
        connection->input_ended = true; /* libuv reads no more by itself */
        atomic_store_explicit(&connection->gone, true, memory_order_release);
        connection->reading = false;
    } else if (len < 0) {
        http_connection_close(connection);
        return;
    }
    http_connection_run(connection);
}

/* Reads while there is a use and a place for it. */
static void connection_set_reading(struct http_connection *connection)
{
    bool wanted = !connection->input_ended;
    if (connection->input == INPUT_HEAD && http_input_paused(connection))
        wanted = wanted && !(connection->block && connection->block->len == connection->block->cap);
    if (connection->input == INPUT_DISCARD)
        wanted = wanted && connection->discarded_bytes <= discard_bytes_max(connection);
    if (wanted == connection->reading)
        return;
    if (wanted && uv_read_start((uv_stream_t *)&connection->tcp, on_room, on_read) < 0) {
        http_connection_close(connection);
        return;
    }
    if (!wanted)
        uv_read_stop((uv_stream_t *)&connection->tcp);
    connection->reading = wanted;
}

static void connection_set_wait(struct http_connection *connection)
{
    enum http_wait wait = WAIT_NONE;
    if (connection->lingering)
        wait = WAIT_LINGER;
    else if (connection->write_busy)
        wait = WAIT_SEND;
    else if (connection->input == INPUT_BODY || connection->input == INPUT_CHUNKED)
        wait = WAIT_BODY;
    else if (connection->input == INPUT_HEAD && http_input_left(connection) && !http_input_paused(connection))
        wait = WAIT_HEADER;
    else if (connection->input == INPUT_HEAD && !connection->first)
        wait = WAIT_IDLE;
    if (wait == WAIT_SEND && connection->wait != WAIT_SEND)
        connection->send_left = uv_stream_get_write_queue_size((uv_stream_t *)&connection->tcp);
    http_wait_set(connection, wait);
}

void http_connection_run(struct http_connection *connection)
{
    if (connection->running || connection->closing)
        return;
    connection->running = true;
    do {
        http_input_take(connection);
    } while (http_answer_send(connection) && connection->input == INPUT_HEAD && http_input_left(connection));
    http_answer_continue(connection);
    connection->running = false;
    if (connection->closing) {
        http_answer_abandon(connection);
        return;
    }
    if (connection->input_ended && connection->first && connection->first->answered &&
        connection->first->stream)
        http_stream_gone(connection->first);
    if (connection->input_ended && !http_input_paused(connection) && connection->input != INPUT_DISCARD)
        http_input_end(connection); /* what is left will never be whole */
    if (connection->input_ended && !connection->first) {
        http_connection_close(connection);
        return;
    }
    if (connection->loop->stopping && connection->loop->grace_over && http_connection_idle(connection)) {
        connection->linger = true;
        http_connection_finish(connection);
        return;
    }
    if (connection->lingering && connection->discarded_bytes > discard_bytes_max(connection)) {
        http_connection_close(connection);
        return;
    }
    connection_set_reading(connection);
    if (!connection->closing)
        connection_set_wait(connection);
}

static void on_shutdown(uv_shutdown_t *shutdown, int status)
{
    (void)shutdown;
    (void)status; /* the client's end of file, or the deadline, ends the connection */
}

/* Closing a socket with unread bytes makes the system reset it, and the client may lose our last answer: so
 * our side is shut down, and what still comes is thrown away for a while. */
void http_connection_finish(struct http_connection *connection)
{
    if (connection->closing || connection->lingering)
        return;
    http_input_end(connection);
    bool linger = (connection->linger || connection->discarded_bytes) && !connection->input_ended;
    if (!linger || uv_shutdown(&connection->shutdown, (uv_stream_t *)&connection->tcp, on_shutdown) < 0) {
        http_connection_close(connection);
        return;
    }
    connection->lingering = true;
    if (!connection->running)
        http_connection_run(connection);
}

static void on_closed(uv_handle_t *handle)
{
    struct http_connection *connection = handle->data;
    struct http_loop *loop = connection->loop;
    *(connection->previous ? &connection->previous->next : &loop->connections) = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    loop->connection_count--;
    connection->closed = true;
    http_connection_free_if_done(connection);
    http_server_connection_gone(loop);
}

void http_connection_free_if_done(struct http_connection *connection)
{
    if (connection->closed && !connection->exchange_count && !connection->touched)
        free(connection);
}

void http_connection_close(struct http_connection *connection)
{
    if (connection->closing)
        return;
    connection->closing = true;
    atomic_store_explicit(&connection->gone, true, memory_order_release);
    http_wait_set(connection, WAIT_NONE);
    http_input_end(connection);
    if (!connection->running) /* else the answers are still being looked at; on_closed comes later */
        http_answer_abandon(connection);
    uv_close((uv_handle_t *)&connection->tcp, on_closed);
}

void http_connection_expire(struct http_connection *connection, enum http_wait wait)
{
    switch (wait) {
    case WAIT_HEADER:
        http_refuse(connection, NULL, 408, "the request's headers took too long");
        http_connection_run(connection);
        break;
    case WAIT_BODY:
        http_refuse(connection, &connection->receiving->head, 408, "the request's body took too long");
        http_connection_run(connection);
        break;
    case WAIT_SEND:
        /* Slow is not stuck: as long as the client takes some of it, it gets more time. */
        if (uv_stream_get_write_queue_size((uv_stream_t *)&connection->tcp) < connection->send_left)
            connection_set_wait(connection);
        else
            http_connection_close(connection);
        break;
    default:
        http_connection_close(connection);
        break;
    }
}

void http_connection_accept(struct http_loop *loop, int fd, bool over_max)
{
    struct http_connection *connection = calloc(1, sizeof(*connection));
    if (!connection)
        abort();
    connection->loop = loop;
    connection->last = &connection->first;
    connection->tcp.data = connection;
    connection->next = loop->connections;
    if (loop->connections)
        loop->connections->previous = connection;
    loop->connections = connection;
    loop->connection_count++;
    struct sockaddr_storage peer = { 0 };
    socklen_t peer_size = sizeof(peer);
    if (getpeername(fd, (struct sockaddr *)&peer, &peer_size) == 0)
        connection->peer_len = address_format(&peer, connection->peer);
    uv_tcp_init(loop_uv(loop->loop), &connection->tcp);
    if (uv_tcp_open(&connection->tcp, fd) < 0) {
        close(fd);
        http_connection_close(connection);
        return;
    }
    uv_tcp_nodelay(&connection->tcp, 1);
    if (over_max)
        http_refuse(connection, NULL, 503, "the server has as many connections as it may");
    http_connection_run(connection);
}
