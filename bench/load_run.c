#include "load_run.h"

#include "io/clock.h"
#include "io/thread.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    READ_BYTES = 256 * 1024,
    ANSWER_BYTES_MAX = 64 << 20,
    FINISH_TIME_MAX_MS = 10000, /* for the last answers */
};

struct load_connection {
    int fd; /* -1: not connected */
    bool busy;
    bool writable_wanted;
    struct load_request request;
    size_t sent;
    int64_t due_ns;
    struct buf answer; /* while it comes in pieces */
    struct load_connection *idle_next;
};

struct load_thread {
    const struct load_plan *plan;
    struct thread *thread;
    struct load_connection *connections;
    unsigned connection_count;
    struct load_connection *idle;
    unsigned busy;
    int epoll_fd;
    int64_t start_ns, measure_ns, end_ns;
    double interval_ns; /* between two requests of this thread; 0: no rate */
    uint64_t due_count;
    uint64_t sent_count, sent_max;
    uint64_t next_id, next_stream;
    struct load_result result;
    char *room;
};

static void histogram_add(struct load_histogram *histogram, int64_t ns)
{
    uint64_t value = ns > 0 ? (uint64_t)ns : 0;
    unsigned shift = 0;
    if (value >> (LOAD_SUB_BITS + 1))
        shift = 63 - (unsigned)__builtin_clzll(value) - LOAD_SUB_BITS;
    size_t bucket = ((size_t)shift << LOAD_SUB_BITS) + (size_t)(value >> shift);
    histogram->counts[bucket < LOAD_BUCKETS ? bucket : LOAD_BUCKETS - 1]++;
    histogram->count++;
    if (ns > histogram->max_ns)
        histogram->max_ns = ns;
}

int64_t load_percentile_ns(const struct load_histogram *histogram, double percent)
{
    uint64_t wanted = (uint64_t)((double)histogram->count * percent / 100.0 + 0.5), seen = 0;
    for (size_t bucket = 0; bucket < LOAD_BUCKETS; bucket++) {
        seen += histogram->counts[bucket];
        if (histogram->counts[bucket] && seen >= wanted) {
            size_t shift = bucket >> LOAD_SUB_BITS ? (bucket >> LOAD_SUB_BITS) - 1 : 0;
            int64_t top_ns = (int64_t)((bucket - (shift << LOAD_SUB_BITS) + 1) << shift) - 1;
            return top_ns < histogram->max_ns ? top_ns : histogram->max_ns;
        }
    }
    return histogram->max_ns;
}

static void note_error(struct load_thread *thread, const char *what, struct str detail)
{
    if (!thread->result.errors++)
        snprintf(thread->result.first_error, sizeof(thread->result.first_error), "%s: %.*s", what,
                 (int)(detail.len < 300 ? detail.len : 300), detail.ptr ? detail.ptr : "");
}

static bool thread_is_over(const struct load_thread *thread, int64_t now_ns)
{
    return now_ns >= thread->end_ns || thread->sent_count >= thread->sent_max ||
           thread->result.errors > thread->plan->errors_max;
}

static bool connection_open(struct load_thread *thread, struct load_connection *connection)
{
    const struct load_plan *plan = thread->plan;
    int on = 1;
    connection->fd = socket(plan->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->fd < 0)
        return false;
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = connection };
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(connection->fd, (const struct sockaddr *)&plan->address, plan->address_len) < 0 ||
        epoll_ctl(thread->epoll_fd, EPOLL_CTL_ADD, connection->fd, &event) < 0) {
        close(connection->fd);
        connection->fd = -1;
        return false;
    }
    return true;
}

static void connection_drop(struct load_thread *thread, struct load_connection *connection)
{
    if (connection->fd >= 0)
        close(connection->fd);
    connection->fd = -1;
    connection->writable_wanted = false;
    buf_clear(&connection->answer);
    if (connection->busy)
        thread->busy--;
    else
        return; /* stands among the idle ones already */
    connection->busy = false;
    connection->idle_next = thread->idle;
    thread->idle = connection;
}

static void connection_want_writable(struct load_thread *thread, struct load_connection *connection,
                                     bool wanted)
{
    if (connection->writable_wanted == wanted)
        return;
    struct epoll_event event = { .events = EPOLLIN | (wanted ? EPOLLOUT : 0u), .data.ptr = connection };
    epoll_ctl(thread->epoll_fd, EPOLL_CTL_MOD, connection->fd, &event);
    connection->writable_wanted = wanted;
}

static void connection_send(struct load_thread *thread, struct load_connection *connection)
{
    const struct buf *bytes = &connection->request.bytes;
    while (connection->sent < bytes->len) {
        ssize_t sent = send(connection->fd, bytes->ptr + connection->sent, bytes->len - connection->sent,
                            MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN) {
            connection_want_writable(thread, connection, true);
            return;
        }
        if (sent < 0) {
            note_error(thread, "cannot send", str_from(strerror(errno)));
            connection_drop(thread, connection);
            return;
        }
        connection->sent += (size_t)sent;
    }
    connection_want_writable(thread, connection, false);
}

/* On an idle connection that was taken off the list. */
static void connection_ask(struct load_thread *thread, struct load_connection *connection, int64_t due_ns)
{
    connection->busy = true;
    thread->busy++;
    thread->sent_count++;
    connection->due_ns = due_ns;
    connection->sent = 0;
    if (connection->fd < 0 && !connection_open(thread, connection)) {
        note_error(thread, "cannot connect", str_from(strerror(errno)));
        connection_drop(thread, connection);
        return;
    }
    load_request_renew(&connection->request, &thread->plan->what, &thread->next_id, &thread->next_stream,
                       clock_now_ms());
    connection_send(thread, connection);
}

/* Length of the whole answer at the start of text, 0 while it is not whole, SIZE_MAX when it is none. */
static size_t answer_length(struct str text, struct str *body)
{
    const struct str length_name = STR("\r\nContent-Length: ");
    const char *end = memmem(text.ptr, text.len, "\r\n\r\n", 4);
    if (!end)
        return text.len > 65536 ? SIZE_MAX : 0;
    struct str head = str_of(text.ptr, (size_t)(end - text.ptr) + 2);
    const char *at = memmem(head.ptr, head.len, length_name.ptr, length_name.len);
    if (!at || !str_starts(head, STR("HTTP/1.1 ")))
        return SIZE_MAX;
    size_t len = 0;
    for (at += length_name.len; *at >= '0' && *at <= '9' && len < ANSWER_BYTES_MAX; at++)
        len = len * 10 + (size_t)(*at - '0');
    *body = str_slice(text, head.len + 2, len);
    return text.len - head.len - 2 >= len ? head.len + 2 + len : 0;
}

static bool answer_is_good(const struct load_thread *thread, struct str text, struct str body)
{
    const struct str failed_name = STR("\"FailedEntryCount\":");
    if (!str_eq(str_slice(text, 9, 4), STR("200 ")))
        return false;
    if (thread->plan->what.mode == LOAD_START_SYNC_EXECUTION)
        return str_find(body, STR("\"status\":\"SUCCEEDED\"")) != STR_NOT_FOUND;
    if (thread->plan->what.mode != LOAD_PUT_EVENTS)
        return true;
    const char *at = memmem(body.ptr, body.len, failed_name.ptr, failed_name.len);
    if (!at)
        return false;
    struct str rest = str_from_offset(body, (size_t)(at - body.ptr) + failed_name.len);
    return rest.len >= 2 && rest.ptr[0] == '0' && (rest.ptr[1] == ',' || rest.ptr[1] == '}');
}

static void connection_answered(struct load_thread *thread, struct load_connection *connection,
                                struct str text, struct str body)
{
    struct load_result *result = &thread->result;
    int64_t now_ns = clock_monotonic_ns();
    if (!answer_is_good(thread, text, body)) {
        note_error(thread, "refused", text);
    } else {
        result->requests_all++;
        result->events_all += connection->request.events;
        if (now_ns >= thread->measure_ns && now_ns < thread->end_ns) {
            result->requests++;
            result->events += connection->request.events;
            histogram_add(&result->latency, now_ns - connection->due_ns);
        }
    }
    bool closes = memmem(text.ptr, text.len - body.len, "\r\nConnection: close\r\n", 21) != NULL;
    connection->busy = false;
    thread->busy--;
    if (closes)
        connection_drop(thread, connection);
    connection->idle_next = thread->idle;
    thread->idle = connection;
}

static void connection_read(struct load_thread *thread, struct load_connection *connection)
{
    ssize_t got = recv(connection->fd, thread->room, READ_BYTES, MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got <= 0) {
        if (connection->busy)
            note_error(thread, "connection lost",
                       str_from(got < 0 ? strerror(errno) : "closed by the server"));
        connection_drop(thread, connection);
        return;
    }
    struct str text = str_of(thread->room, (size_t)got), body = STR_EMPTY;
    if (connection->answer.len) {
        buf_add(&connection->answer, text);
        text = buf_str(&connection->answer);
    }
    size_t len = answer_length(text, &body);
    if (!connection->busy || len == SIZE_MAX || (len && len != text.len) || text.len > ANSWER_BYTES_MAX) {
        note_error(thread, "not an answer", text);
        connection_drop(thread, connection);
        return;
    }
    if (!len) {
        if (!connection->answer.len)
            buf_add(&connection->answer, text);
        return;
    }
    connection_answered(thread, connection, text, body);
    buf_clear(&connection->answer);
}

/* Starts what is due; returns how long to wait for the next, in nanoseconds (-1: until an answer comes). */
static int64_t thread_start_due(struct load_thread *thread)
{
    int64_t now_ns = clock_monotonic_ns();
    while (thread->idle && !thread_is_over(thread, now_ns)) {
        int64_t due_ns = now_ns;
        if (thread->interval_ns > 0) {
            due_ns = thread->start_ns + (int64_t)((double)thread->due_count * thread->interval_ns);
            if (due_ns > now_ns)
                return due_ns - now_ns;
            thread->due_count++;
        }
        struct load_connection *connection = thread->idle;
        thread->idle = connection->idle_next;
        connection_ask(thread, connection, due_ns);
    }
    if (now_ns >= thread->end_ns)
        return thread->end_ns + (int64_t)FINISH_TIME_MAX_MS * 1000000 - now_ns;
    return thread->end_ns - now_ns;
}

static void thread_main(void *arg)
{
    struct load_thread *thread = arg;
    struct epoll_event events[256];
    int64_t early_ns = thread->start_ns - clock_monotonic_ns();
    if (early_ns > 0) /* all threads begin together */
        thread_sleep_ms((unsigned)(early_ns / 1000000) + 1);
    for (;;) {
        int64_t wait_ns = thread_start_due(thread);
        int64_t now_ns = clock_monotonic_ns();
        if (thread_is_over(thread, now_ns) &&
            (!thread->busy || now_ns >= thread->end_ns + (int64_t)FINISH_TIME_MAX_MS * 1000000))
            break;
        if (wait_ns < 0)
            wait_ns = 0;
        struct timespec wait = { .tv_sec = (time_t)(wait_ns / 1000000000),
                                 .tv_nsec = (long)(wait_ns % 1000000000) };
        int count = epoll_pwait2(thread->epoll_fd, events, 256, &wait, NULL);
        for (int i = 0; i < count; i++) {
            struct load_connection *connection = events[i].data.ptr;
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                connection_read(thread, connection);
            if ((events[i].events & EPOLLOUT) && connection->fd >= 0 && connection->busy)
                connection_send(thread, connection);
        }
    }
    for (; thread->busy; thread->busy--)
        note_error(thread, "no answer", STR("when the time was over"));
}

static bool thread_prepare(struct load_thread *thread, const struct load_plan *plan, unsigned index,
                           int64_t start_ns)
{
    unsigned first = plan->connections * index / plan->threads,
             end = plan->connections * (index + 1) / plan->threads;
    thread->plan = plan;
    thread->connection_count = end - first;
    thread->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    thread->room = malloc(READ_BYTES);
    thread->connections = calloc(thread->connection_count, sizeof(*thread->connections));
    if (!thread->room || !thread->connections)
        abort();
    thread->start_ns = start_ns;
    thread->measure_ns = start_ns + plan->warm_up_ns;
    thread->end_ns = thread->measure_ns + plan->duration_ns;
    if (plan->rate > 0)
        thread->interval_ns = 1e9 * plan->connections / plan->rate / thread->connection_count;
    thread->sent_max = plan->requests_max ? plan->requests_max * end / plan->connections -
                                                plan->requests_max * first / plan->connections
                                          : UINT64_MAX;
    thread->next_stream = plan->requests_max * first / plan->connections;
    thread->next_id = (uint64_t)index * UINT64_C(1000000000000);
    for (unsigned i = 0; i < thread->connection_count; i++) {
        struct load_connection *connection = &thread->connections[i];
        load_request_make(&connection->request, &plan->what, first + i);
        buf_init(&connection->answer, 0);
        if (!connection_open(thread, connection))
            return false;
        connection->idle_next = thread->idle;
        thread->idle = connection;
    }
    return true;
}

static void thread_add_result(struct load_thread *thread, struct load_result *sum)
{
    struct load_result *result = &thread->result;
    if (!sum->errors)
        memcpy(sum->first_error, result->first_error, sizeof(sum->first_error));
    sum->errors += result->errors;
    sum->requests += result->requests;
    sum->events += result->events;
    sum->requests_all += result->requests_all;
    sum->events_all += result->events_all;
    for (size_t i = 0; i < LOAD_BUCKETS; i++)
        sum->latency.counts[i] += result->latency.counts[i];
    sum->latency.count += result->latency.count;
    if (result->latency.max_ns > sum->latency.max_ns)
        sum->latency.max_ns = result->latency.max_ns;
    for (unsigned i = 0; i < thread->connection_count; i++) {
        struct load_connection *connection = &thread->connections[i];
        if (connection->fd >= 0)
            close(connection->fd);
        load_request_free(&connection->request);
        buf_fini(&connection->answer);
    }
    free(thread->connections);
    free(thread->room);
    close(thread->epoll_fd);
}

enum err load_run(const struct load_plan *plan, struct load_result *ret, struct diag *reterr)
{
    struct load_thread *threads = calloc(plan->threads, sizeof(*threads));
    if (!threads)
        abort();
    memset(ret, 0, sizeof(*ret));
    enum err err = ERR_OK;
    unsigned prepared = 0;
    int64_t start_ns = clock_monotonic_ns() + 20000000;
    for (; !err && prepared < plan->threads; prepared++)
        if (!thread_prepare(&threads[prepared], plan, prepared, start_ns))
            err = diag_set(reterr, ERR_IO, "cannot connect: %s", strerror(errno));
    for (unsigned i = 0; !err && i < plan->threads; i++)
        err = thread_start("crema-load", thread_main, &threads[i], &threads[i].thread, reterr);
    int64_t last_ns = start_ns;
    for (unsigned i = 0; i < prepared; i++) {
        thread_join(&threads[i].thread);
        last_ns = clock_monotonic_ns();
        thread_add_result(&threads[i], ret);
    }
    ret->measured_ns = plan->duration_ns;
    int64_t lasted_ns = last_ns - start_ns - plan->warm_up_ns;
    if (lasted_ns < plan->duration_ns) /* all requests were done before */
        ret->measured_ns = lasted_ns > 0 ? lasted_ns : 0;
    free(threads);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    ret->cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    return err;
}
