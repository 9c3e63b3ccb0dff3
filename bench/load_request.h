/* load_request.h - the bytes of a request, made once, and the places in it that change from one to the next.
 *
 * Threads: one at a time; each connection has a request of its own.
 */
#ifndef BENCH_LOAD_REQUEST_H
#define BENCH_LOAD_REQUEST_H

#include "base/buf.h"

enum load_mode {
    LOAD_PUT_EVENTS,
    LOAD_START_EXECUTION,
    LOAD_START_SYNC_EXECUTION,
    LOAD_PUT_LOG_EVENTS,
    LOAD_CREATE_LOG_STREAMS,
    LOAD_GET_LOG_EVENTS,
    LOAD_GET
};

struct load_what {
    enum load_mode mode;
    const char *host; /* as the Host header says it */
    const char *access_key;
    const char *run; /* part of every name, so that runs do not meet; at most 32 bytes */
    const char *bus; /* put-events */
    const char *detail_type;
    const char *machine;            /* start-execution, start-sync-execution: its ARN */
    const char *group;              /* of logs */
    unsigned stream_first, streams; /* RUN-NNNNNNNN: a request takes the next one, round and round */
    struct str names;               /* get-log-events: of streams, one a line, all of one length; in turn */
    const char *target;             /* get: the value of X-Amz-Target */
    struct str body;                /* get */
    unsigned entries;               /* events of one request */
    size_t entry_bytes;
    bool shop; /* put-events: a mix of the shop's events, with ids that are their own */
};

enum {
    LOAD_ID_DIGITS = 16,
    LOAD_TIME_DIGITS = 13,
    LOAD_HEX_DIGITS = 32,
    LOAD_STREAM_DIGITS = 8,
    LOAD_ENTRIES_MAX = 10000
};

struct load_request {
    struct buf bytes;
    struct buf ids;     /* offsets (size_t) of LOAD_ID_DIGITS digits */
    struct buf times;   /* offsets (size_t) of LOAD_TIME_DIGITS digits: milliseconds since 1970 */
    struct buf hexes;   /* offsets (size_t) of LOAD_HEX_DIGITS random digits, with four dashes among them */
    struct buf streams; /* offsets (size_t) of LOAD_STREAM_DIGITS digits, or of a name */
    uint64_t random;
    unsigned events; /* that one request brings in; 0 when it only reads */
};

bool load_starts(enum load_mode mode); /* executions */
void load_request_make(struct load_request *request, const struct load_what *what, unsigned connection);
void load_request_free(struct load_request *request);
/* Gives it new ids, counted on from *next_id, and the time. */
void load_request_renew(struct load_request *request, const struct load_what *what, uint64_t *next_id,
                        uint64_t *next_stream, int64_t now_ms);

#endif
