/* Listening, handing connections to the loops, stopping.
 *
 * One loop accepts and hands connections on in turn: that is exactly even, where a socket per loop with
 * SO_REUSEPORT spreads by a hash and easily gives one of two loops 40 of 64 connections. */
#include "io/address.h"
#include "io/clock.h"
#include "io/http_impl.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    ACCEPTS_AT_ONCE = 64, /* then others get their turn */
    REFUSALS_MAX = 256,   /* connections over the limit that are told so at the same time */
    STOP_GRACE_MS = 20,   /* in which requests that were under way reach the loop */
    STOP_LINGER_MS = 200, /* after which clients that keep their end open are closed */
};

/* A connection on its way to its loop. */
struct http_arrival {
    struct loop_job job;
    struct http_loop *loop;
    int fd;
    bool over_max;
};

static void settings_fill(struct http_settings *settings)
{
    if (!settings->loops)
        settings->loops = thread_cores();
    if (!settings->connections_max)
        settings->connections_max = 10000;
    if (!settings->header_bytes_max)
        settings->header_bytes_max = 64 * 1024;
    if (!settings->header_count_max)
        settings->header_count_max = 128;
    if (!settings->body_bytes_max)
        settings->body_bytes_max = 32 * 1024 * 1024;
    if (!settings->header_time_max_ms)
        settings->header_time_max_ms = 10000;
    if (!settings->body_time_max_ms)
        settings->body_time_max_ms = 60000;
    if (!settings->idle_time_max_ms)
        settings->idle_time_max_ms = 120000;
    if (!settings->send_time_max_ms)
        settings->send_time_max_ms = 60000;
    if (!settings->pipeline_max)
        settings->pipeline_max = 64;
}

static enum err listen_failed(const struct http_server *server, const char *what, struct diag *reterr)
{
    const char *advice = "";
    if (errno == EADDRINUSE)
        advice = "; stop the program that listens there (`ss -ltnp` names it) or choose another port";
    else if (errno == EACCES)
        advice = "; ports below 1024 need a permission, choose another";
    else if (errno == EADDRNOTAVAIL)
        advice = "; this machine has no such address";
    return diag_set(reterr, ERR_IO, "cannot %s %s: %s%s", what, server->listen, strerror(errno), advice);
}

static enum err server_listen(struct http_server *server, struct diag *reterr)
{
    struct sockaddr_storage address;
    socklen_t address_len;
    enum err err = address_parse(server->listen, &address, &address_len, reterr);
    if (err)
        return err;
    int on = 1;
    server->listen_fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (server->listen_fd < 0)
        return listen_failed(server, "make a socket for", reterr);
    setsockopt(server->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(server->listen_fd, (struct sockaddr *)&address, address_len) < 0 ||
        listen(server->listen_fd, SOMAXCONN) < 0 ||
        getsockname(server->listen_fd, (struct sockaddr *)&address, &address_len) < 0)
        return listen_failed(server, "listen on", reterr);
    server->port = address_port(&address);
    return ERR_OK;
}

enum err http_server_open(const struct http_settings *settings, const struct http_handler *handler,
                          struct http_server **ret, struct diag *reterr)
{
    struct http_server *server = calloc(1, sizeof(*server));
    if (!server)
        abort();
    server->settings = *settings;
    settings_fill(&server->settings);
    server->limits =
        (struct http_parse_limits){ server->settings.header_bytes_max, server->settings.header_count_max };
    server->handler = *handler;
    server->listen_fd = server->spare_fd = -1;
    server->mutex = mutex_new();
    server->drained = condition_new();
    enum err err = ERR_OK;
    if (snprintf(server->listen, sizeof(server->listen), "%s", settings->listen) >=
        (int)sizeof(server->listen))
        err = diag_set(reterr, ERR_INVALID, "the address to listen on is too long");
    server->settings.listen = server->listen;
    if (!err)
        err = server_listen(server, reterr);
    server->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    server->loops = calloc(server->settings.loops, sizeof(*server->loops));
    if (!server->loops)
        abort();
    for (; !err && server->loop_count < server->settings.loops; server->loop_count++) {
        struct http_loop *loop = &server->loops[server->loop_count];
        char name[24];
        snprintf(name, sizeof(name), "crema-io-%u", server->loop_count);
        loop->server = server;
        err = loop_open(name, &loop->loop, reterr);
        if (err)
            break;
        loop_after_jobs(loop->loop, http_answer_touched, loop);
    }
    if (err)
        http_server_close(&server);
    *ret = server;
    return err;
}

unsigned http_server_port(const struct http_server *server)
{
    return server->port;
}

static void arrival_run(struct loop_job *job)
{
    struct http_arrival *arrival = (struct http_arrival *)job;
    http_connection_accept(arrival->loop, arrival->fd, arrival->over_max);
    free(arrival);
}

/* Takes one connection; false when there is none. */
static bool server_accept_one(struct http_server *server)
{
    int fd = accept4(server->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
        /* With the spare descriptor it is taken and closed, so that it neither hangs nor keeps us busy. */
        close(server->spare_fd);
        fd = accept4(server->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        bool taken = fd >= 0; /* the system looks for a descriptor first: perhaps nobody is waiting */
        if (taken) {
            http_count(&server->loops[0].counters.refused, 1);
            close(fd);
        }
        server->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        return taken;
    }
    if (fd < 0)
        return errno == EINTR || errno == ECONNABORTED;
    unsigned connections = atomic_load_explicit(&server->connections, memory_order_relaxed);
    if (connections >= server->settings.connections_max + REFUSALS_MAX) {
        close(fd);
        http_count(&server->loops[0].counters.refused, 1);
        return true;
    }
    struct http_loop *loop = &server->loops[server->next_loop++ % server->loop_count];
    atomic_fetch_add_explicit(&server->connections, 1, memory_order_relaxed);
    bool over_max = connections >= server->settings.connections_max;
    if (loop == &server->loops[0]) {
        http_connection_accept(loop, fd, over_max);
        return true;
    }
    struct http_arrival *arrival = malloc(sizeof(*arrival));
    if (!arrival)
        abort();
    *arrival = (struct http_arrival){ .job.run = arrival_run, .loop = loop, .fd = fd, .over_max = over_max };
    bool posted = loop_post(loop->loop, &arrival->job);
    assert(posted); /* the accepting loop ends no later than the others */
    (void)posted;
    return true;
}

static void server_on_arrivals(uv_poll_t *poll, int status, int events)
{
    struct http_server *server = poll->data;
    (void)events;
    if (status < 0)
        return;
    for (int i = 0; i < ACCEPTS_AT_ONCE; i++)
        if (!server_accept_one(server))
            break;
}

void http_server_connection_gone(struct http_loop *loop)
{
    struct http_server *server = loop->server;
    atomic_fetch_sub_explicit(&server->connections, 1, memory_order_relaxed);
    if (!loop->stopping || loop->connection_count || loop->killed)
        return;
    mutex_lock(server->mutex);
    if (!loop->drained) {
        loop->drained = true;
        server->loops_draining--;
        condition_signal(server->drained);
    }
    mutex_unlock(server->mutex);
}

/* Clients that keep their end open though ours is shut do not hold up the end of the server. */
static void loop_on_stop_linger_over(uv_timer_t *timer)
{
    struct http_loop *loop = timer->data;
    struct http_connection *next;
    for (struct http_connection *connection = loop->connections; connection; connection = next) {
        next = connection->next;
        if (connection->lingering)
            http_connection_close(connection);
    }
}

/* After the grace: whoever has asked for nothing is let go. */
static void loop_on_grace_over(uv_timer_t *timer)
{
    struct http_loop *loop = timer->data;
    loop->grace_over = true;
    uv_timer_start(timer, loop_on_stop_linger_over, STOP_LINGER_MS, STOP_LINGER_MS);
    struct http_connection *next;
    for (struct http_connection *connection = loop->connections; connection; connection = next) {
        next = connection->next;
        http_connection_run(connection);
    }
}

static void on_listen_closed(uv_handle_t *handle)
{
    struct http_server *server = handle->data;
    close(server->listen_fd);
    server->listen_fd = -1;
}

static void loop_stop(struct loop_job *job)
{
    struct http_loop *loop = (struct http_loop *)((char *)job - offsetof(struct http_loop, stop_job));
    struct http_server *server = loop->server;
    if (loop == &server->loops[0] && server->listening) {
        while (server_accept_one(server)) /* these had connected before the stop */
            ;
        server->listening = false;
        uv_close((uv_handle_t *)&server->listen_poll, on_listen_closed);
        for (unsigned i = 1; i < server->loop_count; i++) {
            bool posted = loop_post(server->loops[i].loop, &server->loops[i].stop_job);
            assert(posted);
            (void)posted;
        }
    }
    loop->stopping = true;
    if (loop->connection_count) {
        uv_timer_start(&loop->grace_timer, loop_on_grace_over, STOP_GRACE_MS, 0);
        return;
    }
    mutex_lock(server->mutex);
    loop->drained = true;
    server->loops_draining--;
    condition_signal(server->drained);
    mutex_unlock(server->mutex);
}

static void loop_kill(struct loop_job *job)
{
    struct http_loop *loop = (struct http_loop *)((char *)job - offsetof(struct http_loop, kill_job));
    loop->killed = true;
    for (struct http_connection *connection = loop->connections; connection; connection = connection->next)
        http_connection_close(connection);
    uv_close((uv_handle_t *)&loop->timer, NULL);
    uv_close((uv_handle_t *)&loop->grace_timer, NULL);
}

static void server_join(struct http_server *server, unsigned first)
{
    for (unsigned i = first; i < server->loop_count; i++) {
        bool posted = loop_post(server->loops[i].loop, &server->loops[i].kill_job);
        assert(posted);
        (void)posted;
    }
    for (unsigned i = first; i < server->loop_count; i++)
        loop_end(server->loops[i].loop);
}

enum err http_server_start(struct http_server *server, struct diag *reterr)
{
    assert(!server->started);
    /* The first loop, which accepts, starts last: the others are then there to be handed connections. */
    for (unsigned i = server->loop_count; i-- > 0;) {
        struct http_loop *loop = &server->loops[i];
        uv_loop_t *uv = loop_uv(loop->loop);
        loop->stop_job.run = loop_stop;
        loop->kill_job.run = loop_kill;
        http_wait_init(loop);
        uv_timer_init(uv, &loop->grace_timer);
        loop->grace_timer.data = loop;
        enum err err = ERR_OK;
        int code = 0;
        if (i == 0) {
            code = uv_poll_init(uv, &server->listen_poll, server->listen_fd);
            server->listening = code == 0;
            server->listen_poll.data = server;
            if (code == 0)
                code = uv_poll_start(&server->listen_poll, UV_READABLE, server_on_arrivals);
        }
        if (code < 0)
            err = diag_set(reterr, ERR_IO, "cannot wait for connections: %s", uv_strerror(code));
        if (!err)
            err = loop_start(loop->loop, reterr);
        if (err) {
            if (server->listening)
                uv_close((uv_handle_t *)&server->listen_poll, NULL);
            server->listening = false;
            uv_close((uv_handle_t *)&loop->timer, NULL);
            uv_close((uv_handle_t *)&loop->grace_timer, NULL);
            server_join(server, i + 1);
            return err;
        }
    }
    server->started = true;
    return ERR_OK;
}

void http_server_stop(struct http_server *server, int64_t drain_ms)
{
    if (!server->started)
        return;
    int64_t until_ns = clock_monotonic_ns() + drain_ms * 1000000;
    mutex_lock(server->mutex);
    server->loops_draining = server->loop_count;
    bool posted = loop_post(server->loops[0].loop, &server->loops[0].stop_job);
    assert(posted);
    (void)posted;
    int64_t left_ns;
    while (server->loops_draining && (left_ns = until_ns - clock_monotonic_ns()) > 0)
        condition_wait_ns(server->drained, server->mutex, (uint64_t)left_ns);
    mutex_unlock(server->mutex);
    server_join(server, 0);
    server->started = false;
    /* What the handler has not answered by now it answers to nobody; its memory waits for that. */
    mutex_lock(server->mutex);
    server->ended = true;
    while (server->late) {
        struct http_exchange *exchange = http_exchange_of(server->late);
        server->late = server->late->next;
        http_answer_drop(exchange);
    }
    mutex_unlock(server->mutex);
}

long http_server_exchanges_out(const struct http_server *server)
{
    long out = 0;
    for (unsigned i = 0; i < server->loop_count; i++)
        out += server->loops[i].exchanges_out;
    return out;
}

void http_server_free(struct http_server *server)
{
    for (unsigned i = 0; i < server->loop_count; i++) {
        http_memory_fini(&server->loops[i]);
        loop_close(&server->loops[i].loop);
    }
    free(server->loops);
    if (server->listen_fd >= 0)
        close(server->listen_fd);
    if (server->spare_fd >= 0)
        close(server->spare_fd);
    condition_free(&server->drained);
    mutex_free(&server->mutex);
    free(server);
}

void http_server_close(struct http_server **at)
{
    struct http_server *server = *at;
    if (!server)
        return;
    *at = NULL;
    http_server_stop(server, 0);
    mutex_lock(server->mutex);
    server->closed = true;
    bool last = !http_server_exchanges_out(server);
    mutex_unlock(server->mutex);
    if (last)
        http_server_free(server);
}

void http_stats(const struct http_server *server, struct http_stats *ret)
{
    *ret = (struct http_stats){ .connections =
                                    atomic_load_explicit(&server->connections, memory_order_relaxed) };
    for (unsigned i = 0; i < server->loop_count; i++) {
        const struct http_counters *counters = &server->loops[i].counters;
        ret->requests += atomic_load_explicit(&counters->requests, memory_order_relaxed);
        ret->refused += atomic_load_explicit(&counters->refused, memory_order_relaxed);
        ret->bytes_in += atomic_load_explicit(&counters->bytes_in, memory_order_relaxed);
        ret->bytes_out += atomic_load_explicit(&counters->bytes_out, memory_order_relaxed);
    }
}
