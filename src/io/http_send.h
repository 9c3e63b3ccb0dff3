/* http_send.h - HTTP requests to other servers, many at once, over libcurl's multi interface.
 *
 * Owns:    a loop with its thread, and the connections, which are kept for the next request.
 * Threads: http_sender_send from any; done runs on the loop's thread and must not block.
 * Truths:  1. done is called once for every request that was accepted.
 *          2. A request is over within its time, whatever the other side does.
 *          3. No more than answer_bytes_max of an answer are kept.
 */
#ifndef IO_HTTP_SEND_H
#define IO_HTTP_SEND_H

#include "base/buf.h"
#include "io/loop.h"

struct http_sender;

enum http_send_end {
    HTTP_ANSWERED,    /* status, headers and body are there */
    HTTP_UNREACHABLE, /* no connection was made: nothing was sent */
    HTTP_TIMED_OUT,
    HTTP_TOO_LARGE,
    HTTP_BROKEN,    /* the connection failed on the way: it may have been received */
    HTTP_CANCELLED, /* the sender was closed */
};

/* A POST. The owner fills in the first part; all of it and what it points to stays in place until done. */
struct http_send {
    const char *url;
    const char *const *headers; /* "Name: value", ended by NULL */
    struct str body;
    int64_t time_max_ms;
    size_t answer_bytes_max;
    void (*done)(struct http_send *send);
    /* when done is called */
    enum http_send_end end;
    int status;
    struct buf answer_headers; /* lines "Name: value\r\n"; freed after done */
    struct buf answer;         /* freed after done */
    char why[160];             /* not answered: for people */
    /* the sender's own */
    struct loop_job job;
    struct http_sender *sender;
    struct http_send *next, *previous;
    void *easy, *list;
};

/* The value of a header of the answer, by its name in any case; empty: there is none. */
struct str http_send_header(const struct http_send *send, struct str name);

enum err http_sender_open(struct http_sender **ret, struct diag *reterr) MUST_USE;
/* False once it is being closed: the request stays its owner's, done is not called. */
bool http_sender_send(struct http_sender *sender, struct http_send *send);
/* Waits for what is under way, at most time_max_ms; the rest is cancelled. Accepts NULL in it. */
void http_sender_close(struct http_sender **sender, int64_t time_max_ms);

#endif
