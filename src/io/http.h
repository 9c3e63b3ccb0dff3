/* http.h - a strict HTTP/1.1 server on a few event loops.
 *
 * Truths: 1. Every request that reaches the handler is answered exactly once, in the order of its connection.
 *         2. What is ambiguous is not guessed: 400 and the connection is closed (Content-Length with
 *            Transfer-Encoding, differing Content-Lengths, obs-fold, space before the colon, bare LF, NUL).
 *         3. Bounded: connections, header bytes, body bytes, pipelined requests, and the time a client may
 *            take to send a header or a body, or to read its answer.
 * Threads: the handler runs on the connection's loop thread and must not block; http_answer may be called
 *          from any thread, once an exchange.
 */
#ifndef IO_HTTP_H
#define IO_HTTP_H

#include "base/arena.h"
#include "base/buf.h"

struct http_server;
struct http_exchange;

struct http_header {
    struct str name; /* as it came; compare with http_header_find */
    struct str value;
};

struct http_request {
    struct str method;
    struct str path;  /* raw, without the query; of an absolute-form target too */
    struct str query; /* after '?', raw */
    const struct http_header *headers;
    size_t header_count;
    struct str body;
    struct str peer; /* "127.0.0.1:50000" */
};

struct http_settings {
    const char *listen;         /* "127.0.0.1:4566", "[::1]:0"; port 0: a free one */
    unsigned loops;             /* 0: as many as cores */
    unsigned connections_max;   /* 0: 10,000; over it: 503 and closed */
    size_t header_bytes_max;    /* 0: 64 KiB; over it: 431 */
    unsigned header_count_max;  /* 0: 128 */
    size_t body_bytes_max;      /* ceiling over all that body_max answers; 0: 32 MiB */
    int64_t header_time_max_ms; /* 0: 10,000; from the first byte; over it: 408 and closed */
    int64_t body_time_max_ms;   /* 0: 60,000 */
    int64_t idle_time_max_ms;   /* 0: 120,000; keep-alive */
    int64_t send_time_max_ms;   /* 0: 60,000; a client that does not read its answer */
    unsigned pipeline_max;      /* 0: 64; more are left unread until answers went out */
};

/* On the connection's loop thread, with the whole body. Calls http_answer now or later. */
typedef void http_handle_f(void *self, struct http_exchange *exchange);
/* With the header complete: how many bytes of body this request may have; over it: 413, through too_large. */
typedef size_t http_body_max_f(void *self, const struct http_request *head);
/* Renders the body of an answer that the server gives by itself (400, 408, 413, 417, 431, 503,
 * 505), so that it reads as the API's errors do. Sets content_type; writes to body. On the
 * connection's loop thread. Of a head that could not be read nothing is set but the peer. */
typedef void http_refuse_f(void *self, const struct http_request *head, int status, const char *why,
                           struct str *content_type, struct buf *body);

struct http_handler {
    void *self;
    http_handle_f *handle;
    http_body_max_f *body_max; /* NULL: settings.body_bytes_max */
    http_refuse_f *refuse;     /* NULL: plain text */
};

/* Binds and listens; ERR_INVALID (bad address), ERR_IO (says what, and what to do: port
 * in use, no permission). */
enum err http_server_open(const struct http_settings *settings, const struct http_handler *handler,
                          struct http_server **ret, struct diag *reterr) MUST_USE;
/* Whether only this machine can reach the address of settings.listen. ERR_INVALID: it is none. */
enum err http_listen_check(const char *listen, bool *ret_loopback, struct diag *reterr) MUST_USE;
unsigned http_server_port(const struct http_server *server);
/* Starts the loops' threads; returns at once. */
enum err http_server_start(struct http_server *server, struct diag *reterr) MUST_USE;
/* Stops accepting, answers what was received (new requests on open connections get
 * their answer with Connection: close), waits for that up to drain_ms, closes all,
 * joins the threads. Any thread but a loop's. */
void http_server_stop(struct http_server *server, int64_t drain_ms);
void http_server_close(struct http_server **server);

const struct http_request *http_request_of(const struct http_exchange *exchange);
/* Lives until the answer is sent. */
struct arena *http_arena(struct http_exchange *exchange);
/* Value of the first header of that name, case ignored; empty (ptr NULL) when absent. */
struct str http_header_find(const struct http_request *request, struct str name);

/* Any thread, once. Takes the body's bytes (the buf is left empty). Headers are copied.
 * The server adds Content-Length, Date and Connection. A body is not sent to HEAD, 204
 * and 304; one with an error latched becomes a 500 without a body. */
void http_answer(struct http_exchange *exchange, int status, const struct http_header *headers,
                 size_t header_count, struct buf *body);

/* Before the answer, on the handler's thread: headers that go out with it, whoever gives it. Copied. */
void http_answer_also(struct http_exchange *exchange, const struct http_header *headers, size_t header_count);

/* Any thread: whether the client has closed its side, so that nobody may be there to read the answer. */
bool http_gone(const struct http_exchange *exchange);
/* For answers that must not be lost with their client; from the handler, before the answer. When the connection was
 * closed before the answer could be handed to the system whole, lost is called on the loop's thread. It says true
 * when it takes the exchange back, to answer it once more; that answer is thrown away. */
typedef bool http_lost_f(void *self);
void http_on_lost(struct http_exchange *exchange, http_lost_f *lost, void *self);

/* ---- answers that come in pieces ---- */

/* Called on the loop's thread: false, the piece has gone to the system and the next may be handed over; true, once,
 * nobody reads any more. It must not block, and what self points to lives as long as the exchange: in its arena. */
typedef void http_stream_f(void *self, bool gone);
/* In the place of http_answer: head and first piece. What follows goes out as chunks, or to a client of HTTP/1.0 as it
 * is, with the connection's end. Requests behind this one wait until the stream is over. */
void http_stream_begin(struct http_exchange *exchange, int status, const struct http_header *headers,
                       size_t header_count, struct buf *first, http_stream_f *moved, void *self);
/* Any thread; one piece at a time: the next after moved said so. Takes the bytes. */
void http_stream_send(struct http_exchange *exchange, struct buf *piece);
/* Any thread, once, at any moment, also after the client is gone: last (perhaps empty) and the end. The exchange is no
 * longer the caller's; moved may still be called until it is released. */
void http_stream_end(struct http_exchange *exchange, struct buf *last);

struct http_stats {
    uint64_t requests, refused, bytes_in, bytes_out;
    unsigned connections;
};
void http_stats(const struct http_server *server, struct http_stats *ret);

#endif
