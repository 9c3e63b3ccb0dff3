/* load_run.h - keeps connections busy with one request each, checks the answers, measures.
 *
 * Truths: 1. At a given rate, latency counts from the moment at which the request was due, not from when a
 *            connection was free for it: a server that stalls cannot hide what waited meanwhile.
 *         2. Bounded: by time, by count of requests and by count of errors.
 */
#ifndef BENCH_LOAD_RUN_H
#define BENCH_LOAD_RUN_H

#include "load_request.h"

#include <sys/socket.h>

/* Counts of durations, within 1 % of their value. */
enum { LOAD_SUB_BITS = 7, LOAD_BUCKETS = 40 << LOAD_SUB_BITS };
struct load_histogram {
    uint64_t counts[LOAD_BUCKETS], count;
    int64_t max_ns;
};

struct load_plan {
    struct load_what what;
    struct sockaddr_storage address;
    socklen_t address_len;
    unsigned connections, threads;
    double rate;           /* requests a second; 0: as fast as answers come */
    int64_t warm_up_ns;    /* before anything is measured */
    int64_t duration_ns;   /* measured */
    uint64_t requests_max; /* 0: until the time is over */
    uint64_t errors_max;
};

struct load_result {
    struct load_histogram latency;     /* of what was measured */
    uint64_t requests, events;         /* answered well while it was measured */
    uint64_t requests_all, events_all; /* and from the first to the last */
    uint64_t errors;
    int64_t measured_ns;
    double cpu_s; /* of the generator */
    char first_error[400];
};

/* ERR_IO: no connection came about at all. */
enum err load_run(const struct load_plan *plan, struct load_result *ret, struct diag *reterr) MUST_USE;
int64_t load_percentile_ns(const struct load_histogram *histogram, double percent);

#endif
