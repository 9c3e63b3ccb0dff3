/* From answers to bytes: taken from any thread, sent in the order of the requests. */
#include "io/clock.h"
#include "io/http_impl.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

static const char *status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } texts[] = {
        { 200, "OK" },
        { 201, "Created" },
        { 202, "Accepted" },
        { 204, "No Content" },
        { 301, "Moved Permanently" },
        { 302, "Found" },
        { 304, "Not Modified" },
        { 307, "Temporary Redirect" },
        { 308, "Permanent Redirect" },
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 406, "Not Acceptable" },
        { 408, "Request Timeout" },
        { 409, "Conflict" },
        { 412, "Precondition Failed" },
        { 413, "Content Too Large" },
        { 415, "Unsupported Media Type" },
        { 417, "Expectation Failed" },
        { 421, "Misdirected Request" },
        { 429, "Too Many Requests" },
        { 431, "Request Header Fields Too Large" },
        { 500, "Internal Server Error" },
        { 501, "Not Implemented" },
        { 503, "Service Unavailable" },
        { 505, "HTTP Version Not Supported" },
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (texts[i].status == status)
            return texts[i].text;
    return "Status";
}

/* A control byte in a header would end it, or the head: an answer that repeats a client's text must not let
 * the client write headers. */
static char *put_header_text(char *at, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        *at++ = (c < 0x20 && c != '\t') || c == 0x7F ? ' ' : (char)c;
    }
    return at;
}

static char *put(char *at, struct str text)
{
    if (text.len)
        memcpy(at, text.ptr, text.len);
    return at + text.len;
}

/* As lines, behind those that are there. */
static struct str header_lines(struct arena *arena, struct str before, const struct http_header *headers,
                               size_t header_count)
{
    size_t len = before.len;
    for (size_t i = 0; i < header_count; i++)
        len += headers[i].name.len + headers[i].value.len + 4;
    char *lines = arena_bytes(arena, len), *at = put(lines, before);
    for (size_t i = 0; i < header_count; i++) {
        at = put_header_text(at, headers[i].name);
        at = put(at, STR(": "));
        at = put_header_text(at, headers[i].value);
        at = put(at, STR("\r\n"));
    }
    return str_of(lines, len);
}

void http_answer_also(struct http_exchange *exchange, const struct http_header *headers, size_t header_count)
{
    exchange->also_headers = header_lines(&exchange->arena, exchange->also_headers, headers, header_count);
}

void http_answer_keep(struct http_exchange *exchange, int status, const struct http_header *headers,
                      size_t header_count, struct buf *body)
{
    exchange->answer_headers = header_lines(&exchange->arena, exchange->also_headers, headers, header_count);
    if (body->err) { /* it outgrew its ceiling: a part of an answer is no answer */
        status = 500;
        buf_clear(body);
    }
    exchange->status = status;
    exchange->answer_body = *body;
    buf_init(body, body->max);
}

/* The line with the date, made anew once a second. */
static struct str date_line(struct http_loop *loop)
{
    int64_t now_s = clock_machine_ms() / 1000; /* clients hold it against their own */
    if (now_s != loop->date_s || !loop->date_len) {
        static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
        static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
        time_t seconds = (time_t)now_s;
        struct tm utc;
        gmtime_r(&seconds, &utc);
        int len = snprintf(loop->date, sizeof(loop->date), "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n",
                           days[utc.tm_wday], utc.tm_mday, months[utc.tm_mon], utc.tm_year + 1900,
                           utc.tm_hour, utc.tm_min, utc.tm_sec);
        assert(len > 0 && (size_t)len < sizeof(loop->date));
        loop->date_len = (size_t)len;
        loop->date_s = now_s;
    }
    return str_of(loop->date, loop->date_len);
}

/* While the server stops, the answer to the last request that was received ends the connection. */
bool http_answer_is_last(const struct http_connection *connection, const struct http_exchange *exchange)
{
    return connection->loop->stopping && !exchange->next && !connection->receiving &&
           !http_input_left(connection) && connection->input == INPUT_HEAD;
}

static bool answer_without_body(const struct http_exchange *exchange)
{
    return exchange->status == 204 || exchange->status == 304 || exchange->status < 200;
}

void http_answer_render_head(struct http_connection *connection, struct http_exchange *exchange)
{
    char *head = arena_bytes(&exchange->arena, 256 + exchange->answer_headers.len), *at = head;
    if (exchange->status == 200)
        at = put(at, STR("HTTP/1.1 200 OK\r\n"));
    else
        at += snprintf(at, 64, "HTTP/1.1 %d %s\r\n", exchange->status, status_text(exchange->status));
    at = put(at, date_line(connection->loop));
    if (exchange->stream && !exchange->close)
        at = put(at, STR("Transfer-Encoding: chunked\r\n"));
    else if (!exchange->stream && !answer_without_body(exchange))
        at += snprintf(at, 48, "Content-Length: %zu\r\n", exchange->answer_body.len);
    if (exchange->close)
        at = put(at, STR("Connection: close\r\n"));
    else if (exchange->head.version_minor == 0)
        at = put(at, STR("Connection: keep-alive\r\n"));
    at = put(at, exchange->answer_headers);
    at = put(at, STR("\r\n"));
    exchange->answer_head = str_of(head, (size_t)(at - head));
}

/* Returns the bytes of the body that are sent. */
static size_t answer_render(struct http_connection *connection, struct http_exchange *exchange)
{
    if (!exchange->close && http_answer_is_last(connection, exchange)) {
        exchange->close = true;
        connection->linger = true;
        http_input_end(connection);
    }
    http_answer_render_head(connection, exchange);
    return answer_without_body(exchange) || str_eq(exchange->head.request.method, STR("HEAD"))
               ? 0
               : exchange->answer_body.len;
}

/* Nobody got this answer. Whether whoever gave it takes the exchange back. */
static bool answer_taken_back(struct http_exchange *exchange)
{
    http_lost_f *lost = exchange->lost;
    if (!lost)
        return false;
    exchange->lost = NULL;
    exchange->answered = false;
    buf_fini(&exchange->answer_body);
    buf_init(&exchange->answer_body, 0);
    atomic_flag_clear_explicit(&exchange->given, memory_order_relaxed);
    return lost(exchange->lost_self);
}

/* The first count are sent. Says whether the connection ends with them. */
bool http_answer_forget(struct http_connection *connection, unsigned count)
{
    bool ends = false;
    while (count--) {
        struct http_exchange *exchange = connection->first;
        ends = exchange->close;
        connection->first = exchange->next;
        if (!connection->first)
            connection->last = &connection->first;
        connection->exchange_count--;
        connection->held_bytes -= exchange->head.request.body.len;
        http_stream_release(exchange);
        http_exchange_release(exchange);
    }
    return ends;
}

static void answer_on_written(uv_write_t *write, int status)
{
    struct http_connection *connection = write->data;
    unsigned count = connection->writing;
    connection->write_busy = false;
    connection->writing = 0;
    if (status < 0 && !connection->closing) { /* what was not sent whole is looked at as lost */
        http_connection_close(connection);
        return;
    }
    bool streams = connection->first && connection->first->stream && connection->first->stream->writing;
    if (streams && status < 0)
        connection->first->stream->writing = false;
    else if (streams)
        http_stream_written(connection);
    bool ends = status >= 0 && http_answer_forget(connection, count);
    if (connection->closing) {
        http_answer_abandon(connection);
        return;
    }
    if (ends)
        http_connection_finish(connection);
    else
        http_connection_run(connection);
}

/* Sends at once what the socket takes and leaves the rest to the loop. True: all is sent. */
bool http_answer_write(struct http_connection *connection, uv_buf_t *bufs, unsigned buf_count)
{
    uv_stream_t *stream = (uv_stream_t *)&connection->tcp;
    size_t len = 0;
    for (unsigned i = 0; i < buf_count; i++)
        len += bufs[i].len;
    int sent = uv_try_write(stream, bufs, buf_count);
    if (sent < 0 && sent != UV_EAGAIN) {
        http_connection_close(connection);
        return false;
    }
    http_count(&connection->loop->counters.bytes_out, len);
    size_t done = sent < 0 ? 0 : (size_t)sent;
    if (done == len)
        return true;
    while (done >= bufs->len) {
        done -= bufs->len;
        bufs++;
        buf_count--;
    }
    bufs->base += done;
    bufs->len -= done;
    connection->write.data = connection;
    connection->write_busy = true;
    if (uv_write(&connection->write, stream, bufs, buf_count, answer_on_written) < 0) {
        connection->write_busy = false;
        http_connection_close(connection);
    }
    return false;
}

/* Answers that are whole, up to the first that is not. */
static bool answer_send_whole(struct http_connection *connection)
{
    uv_buf_t bufs[2 * HTTP_BATCH_MAX];
    unsigned buf_count = 0, count = 0;
    if (connection->write_busy || connection->closing)
        return false;
    for (struct http_exchange *exchange = connection->first;
         exchange && exchange->answered && !exchange->stream && count < HTTP_BATCH_MAX;
         exchange = exchange->next) {
        size_t body_len = answer_render(connection, exchange);
        bufs[buf_count++] =
            (uv_buf_t){ (char *)(uintptr_t)exchange->answer_head.ptr, exchange->answer_head.len };
        if (body_len)
            bufs[buf_count++] = (uv_buf_t){ exchange->answer_body.ptr, body_len };
        count++;
        if (exchange->close)
            break;
    }
    if (!count)
        return false;
    connection->writing = count;
    if (!http_answer_write(connection, bufs, buf_count)) {
        if (!connection->write_busy)
            connection->writing = 0;
        return false;
    }
    connection->writing = 0;
    if (http_answer_forget(connection, count))
        http_connection_finish(connection);
    return true;
}

bool http_answer_send(struct http_connection *connection)
{
    bool sent = answer_send_whole(connection);
    while (!connection->write_busy && !connection->closing && connection->first &&
           connection->first->answered && connection->first->stream && http_stream_flush(connection)) {
        sent = true;
        (void)answer_send_whole(connection);
    }
    return sent;
}

/* Asks for the body that the client holds back, once the answers to earlier requests are out. */
void http_answer_continue(struct http_connection *connection)
{
    static char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
    uv_buf_t buf = { interim, sizeof(interim) - 1 };
    if (!connection->continue_due || connection->first || connection->write_busy || connection->closing)
        return;
    connection->continue_due = false;
    http_answer_write(connection, &buf, 1);
}

void http_answer_abandon(struct http_connection *connection)
{
    if (connection->write_busy)
        return;
    struct http_exchange **at = &connection->first, *exchange;
    while ((exchange = *at)) {
        bool streams = exchange->answered && exchange->stream && !exchange->stream->over;
        if (streams)
            http_stream_gone(exchange);
        if (!exchange->answered || streams || answer_taken_back(exchange)) {
            at = &exchange->next;
            continue;
        }
        *at = exchange->next;
        connection->exchange_count--;
        http_stream_release(exchange);
        http_exchange_release(exchange);
    }
    connection->last = at;
}

/* On the loop: noted here, sent together with the others of this burst. */
void http_answer_touch(struct http_connection *connection)
{
    struct http_loop *loop = connection->loop;
    if (connection->touched)
        return;
    connection->touched = true;
    connection->touched_next = loop->touched;
    loop->touched = connection;
}

static void answer_arrived(struct loop_job *job)
{
    struct http_exchange *exchange = http_exchange_of(job);
    exchange->answered = true;
    http_answer_touch(exchange->connection);
}

void http_answer_touched(void *self)
{
    struct http_loop *loop = self;
    struct http_connection *connection;
    while ((connection = loop->touched)) {
        loop->touched = connection->touched_next;
        connection->touched = false;
        if (connection->closing) {
            http_answer_abandon(connection);
            http_connection_free_if_done(connection);
        } else {
            http_connection_run(connection);
        }
    }
}

void http_answer_drop(struct http_exchange *exchange)
{
    struct http_connection *connection = exchange->connection;
    exchange->answered = true;
    if (exchange->stream)
        exchange->stream->over = true;
    http_answer_abandon(connection);
    http_connection_free_if_done(connection);
}

/* The exchange's loop has ended: nobody is there to send it. Other loops may still be ending; once all have,
 * the mutex alone guards what is left. */
void http_answer_too_late(struct http_exchange *exchange)
{
    struct http_server *server = exchange->connection->loop->server;
    mutex_lock(server->mutex);
    if (!server->ended) {
        exchange->job.next = server->late;
        server->late = &exchange->job;
    } else {
        http_answer_drop(exchange);
    }
    bool last = server->closed && !http_server_exchanges_out(server);
    mutex_unlock(server->mutex);
    if (last)
        http_server_free(server);
}

void http_answer_hand_over(struct http_exchange *exchange)
{
    struct http_connection *connection = exchange->connection;
    bool again = atomic_flag_test_and_set_explicit(&exchange->given, memory_order_relaxed);
    assert(!again);
    (void)again;
    struct loop *loop = connection->loop->loop;
    if (loop_is_current(loop) && connection->running) {
        exchange->answered = true; /* from within the handler: sent when it is through */
        return;
    }
    exchange->job.run = answer_arrived;
    if (!loop_post(loop, &exchange->job))
        http_answer_too_late(exchange);
}

void http_answer(struct http_exchange *exchange, int status, const struct http_header *headers,
                 size_t header_count, struct buf *body)
{
    http_answer_keep(exchange, status, headers, header_count, body);
    http_answer_hand_over(exchange);
}

bool http_gone(const struct http_exchange *exchange)
{
    return atomic_load_explicit(&exchange->connection->gone, memory_order_acquire);
}

void http_on_lost(struct http_exchange *exchange, http_lost_f *lost, void *self)
{
    exchange->lost = lost;
    exchange->lost_self = self;
}

const struct http_request *http_request_of(const struct http_exchange *exchange)
{
    return &exchange->head.request;
}

struct arena *http_arena(struct http_exchange *exchange)
{
    return &exchange->arena;
}
