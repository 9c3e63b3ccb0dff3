/* http_impl.h - what the files of the HTTP server share. Others include http.h.
 *
 * Threads: everything belongs to the loop's thread, but for the exchange's answer (whoever answers, until
 *          it is posted) and the counters, which any thread may read.
 * Truths:  1. A connection lives until its handle is closed and no exchange of it is with the handler.
 *          2. What was read stays in its block until the last exchange that points into it is answered.
 *          3. Nothing is parsed while an answer waits for the client to read, or while pipeline_max are open.
 */
#ifndef IO_HTTP_IMPL_H
#define IO_HTTP_IMPL_H

#include "io/http.h"
#include "io/http_parse.h"
#include "io/loop.h"
#include "io/thread.h"

#include <stdatomic.h>

#include <uv.h>

enum {
    HTTP_BLOCK_BYTES = 16 * 1024, /* what is read at once; a small request fits whole */
    HTTP_BLOCKS_KEPT = 256,       /* a loop keeps as many for reuse */
    HTTP_EXCHANGES_KEPT = 256,
    HTTP_DISCARD_BYTES = 64 * 1024,
    HTTP_BATCH_MAX = 64, /* answers in one write */
    HTTP_LINGER_TIME_MAX_MS = 5000,
    HTTP_PEER_BYTES = 64,
};

struct http_block {
    struct http_block *next; /* while kept for reuse */
    unsigned refs;
    size_t cap, len;
    char bytes[];
};

struct http_exchange {
    struct loop_job job; /* carries the answer to the loop */
    struct http_connection *connection;
    struct http_exchange *next; /* in the order of the connection; or kept for reuse */
    struct arena arena;
    struct http_head head;
    struct http_block *head_block, *body_block; /* body_block: NULL when the body stands in the head's */
    size_t body_at;                             /* its offset in head_block */
    /* the answer */
    atomic_flag given; /* http_answer was called */
    bool answered;     /* and its loop knows */
    bool close;        /* the connection's last */
    int status;
    struct str also_headers;   /* lines, in the arena: of http_answer_also */
    struct str answer_headers; /* lines, in the arena */
    struct buf answer_body;
    struct str answer_head; /* as sent, in the arena */
    http_lost_f *lost;      /* NULL: an answer may be lost */
    void *lost_self;
    struct http_stream *stream; /* NULL: the answer is whole */
};

/* An answer that comes in pieces. In the exchange's arena; the loop's, but for what lies in its jobs. */
struct http_stream {
    struct loop_job piece_job, end_job;
    struct http_exchange *exchange;
    http_stream_f *moved;
    void *self;
    struct buf piece, last;
    bool piece_due; /* piece is to be sent, or being sent */
    bool over;      /* http_stream_end has arrived */
    bool head_sent, writing, gone_told;
    char piece_head[24], last_head[24]; /* lengths of chunks */
};

enum http_wait { WAIT_NONE, WAIT_IDLE, WAIT_HEADER, WAIT_BODY, WAIT_SEND, WAIT_LINGER, WAIT_COUNT };

enum http_input {
    INPUT_HEAD,
    INPUT_BODY, /* of a known length */
    INPUT_CHUNKED,
    INPUT_DISCARD, /* nothing more is taken from this client */
};

struct http_connection {
    uv_tcp_t tcp;
    uv_write_t write;
    uv_shutdown_t shutdown;
    struct http_loop *loop;
    struct http_connection *previous, *next;           /* of the loop's */
    struct http_connection *wait_previous, *wait_next; /* of those that wait for the same */
    struct http_connection *touched_next;              /* answered in this burst of jobs */
    uint64_t deadline_ms;
    size_t send_left;         /* bytes queued when the send deadline was set */
    struct http_block *block; /* being read into; NULL between requests */
    size_t at;                /* first byte of it not yet taken */
    struct http_head_scan scan;
    struct http_chunked chunked;
    struct http_exchange *receiving;     /* its head is whole, its body is not */
    size_t body_max;                     /* of that one */
    struct http_exchange *first, **last; /* with the handler or to be sent, in order */
    unsigned exchange_count;             /* these */
    bool write_busy;                     /* a write is unfinished */
    unsigned writing;                    /* as many from the first are in it */
    size_t held_bytes;                   /* their bodies */
    size_t discarded_bytes;
    enum http_wait wait;
    enum http_input input;
    bool running; /* inside http_connection_run: no recursion */
    bool touched; /* in the loop's list of touched ones */
    bool reading;
    bool input_ended;  /* the client has shut down its side */
    bool continue_due; /* 100 Continue is to be sent once earlier answers are out */
    bool linger;       /* at the end the client is given time to read */
    bool lingering;    /* that time runs: our side is shut down */
    bool closing, closed;
    atomic_bool gone; /* input_ended or closing, for other threads */
    size_t peer_len;
    char peer[HTTP_PEER_BYTES];
};

struct http_wait_list {
    struct http_connection *first, *last; /* by deadline, which all wait equally long for */
    uint64_t time_max_ms;
};

struct http_counters {
    _Atomic uint64_t requests, refused, bytes_in, bytes_out; /* written by the loop's thread alone */
};

struct http_loop {
    struct http_server *server;
    struct loop *loop;
    uv_timer_t timer;       /* while any connection waits for anything */
    uv_timer_t grace_timer; /* at the stop */
    struct loop_job stop_job, kill_job;
    bool stopping;   /* http_server_stop was called; answers close their connections */
    bool grace_over; /* and what was under way then has been read */
    bool drained;    /* and it has no connection left */
    bool killed;
    struct http_connection *connections;
    unsigned connection_count;
    struct http_wait_list waits[WAIT_COUNT];
    unsigned wait_count;
    uint64_t tick_ms;
    struct http_connection *touched;
    struct http_block *blocks;
    unsigned block_count;
    struct http_exchange *exchanges;
    unsigned exchange_count;
    long exchanges_out; /* not kept */
    int64_t date_s;
    char date[40]; /* "Date: ...\r\n" */
    size_t date_len;
    struct http_counters counters;
    char discard[HTTP_DISCARD_BYTES];
};

struct http_server {
    struct http_settings settings;
    struct http_parse_limits limits;
    struct http_handler handler;
    struct http_loop *loops;
    unsigned loop_count;
    int listen_fd, spare_fd;
    uv_poll_t listen_poll; /* on the first loop */
    bool listening, started;
    unsigned port;
    unsigned next_loop;
    char listen[256];
    _Atomic unsigned connections;
    /* the stop */
    struct mutex *mutex;
    struct condition *drained;
    unsigned loops_draining;
    struct loop_job *late; /* answers that came when their loop had ended */
    bool ended;            /* all loops have */
    bool closed;           /* the last exchange frees the server */
};

static inline struct http_exchange *http_exchange_of(struct loop_job *job)
{
    return (struct http_exchange *)((char *)job - offsetof(struct http_exchange, job));
}

static inline void http_count(_Atomic uint64_t *counter, uint64_t by)
{
    uint64_t now = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, now + by, memory_order_relaxed);
}

/* http_memory.c */
struct http_block *http_block_new(struct http_loop *loop, size_t cap);
void http_block_release(struct http_loop *loop, struct http_block *block); /* accepts NULL */
struct http_exchange *http_exchange_new(struct http_connection *connection);
void http_exchange_release(struct http_exchange *exchange);
void http_memory_fini(struct http_loop *loop);

/* http_wait.c */
void http_wait_init(struct http_loop *loop);
void http_wait_set(struct http_connection *connection, enum http_wait wait);

/* http_connection.c */
void http_connection_accept(struct http_loop *loop, int fd, bool over_max);
void http_connection_run(
    struct http_connection *connection); /* takes what was read, sends what is answered */
void http_connection_expire(struct http_connection *connection, enum http_wait wait);
void http_connection_finish(struct http_connection *connection); /* lets the client read, then closes */
void http_connection_close(struct http_connection *connection);
bool http_connection_idle(const struct http_connection *connection);
void http_connection_free_if_done(struct http_connection *connection);

/* http_input.c */
void http_input_take(struct http_connection *connection);
void http_input_room(struct http_connection *connection, uv_buf_t *ret);
void http_input_read(struct http_connection *connection, size_t len);
void http_input_end(struct http_connection *connection);
bool http_input_paused(const struct http_connection *connection);
size_t http_input_left(const struct http_connection *connection);
void http_refuse(struct http_connection *connection, const struct http_head *head, int status,
                 const char *why);

/* http_answer.c */
/* Keeps status and headers in the exchange and takes the body. */
void http_answer_keep(struct http_exchange *exchange, int status, const struct http_header *headers,
                      size_t header_count, struct buf *body);
bool http_answer_send(struct http_connection *connection);    /* whether any were sent and forgotten */
void http_answer_abandon(struct http_connection *connection); /* forgets those answered, unsent */
void http_answer_drop(struct http_exchange *exchange);        /* it comes when nobody is there any more */
void http_answer_continue(struct http_connection *connection);
void http_answer_touched(void *loop);
void http_answer_hand_over(struct http_exchange *exchange); /* what http_answer_keep kept */
void http_answer_too_late(struct http_exchange *exchange);  /* the loop takes nothing any more */
void http_answer_touch(struct http_connection *connection); /* it has something to send, after this burst */
void http_answer_render_head(struct http_connection *connection, struct http_exchange *exchange);
bool http_answer_is_last(const struct http_connection *connection, const struct http_exchange *exchange);
bool http_answer_write(struct http_connection *connection, uv_buf_t *bufs, unsigned buf_count);
bool http_answer_forget(struct http_connection *connection, unsigned count);

/* http_stream.c: of the connection's first exchange, when it is a stream */
bool http_stream_flush(struct http_connection *connection);   /* whether it was ended and forgotten */
void http_stream_written(struct http_connection *connection); /* what was in the unfinished write is sent */
void http_stream_gone(struct http_exchange *exchange);
void http_stream_release(struct http_exchange *exchange);

/* http_server.c */
void http_server_connection_gone(struct http_loop *loop);
long http_server_exchanges_out(const struct http_server *server); /* the loops ended, the mutex held */
void http_server_free(struct http_server *server);

#endif
