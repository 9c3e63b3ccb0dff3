/* api_logs_tail.h - what StartLiveTail and Crema's own TailLogs share. */
#ifndef API_API_LOGS_TAIL_H
#define API_API_LOGS_TAIL_H

#include "api/operation.h"

struct live_tail_request {
    const struct json *groups, *streams, *prefixes; /* arrays of texts; NULL: none */
    struct str pattern;
    int64_t interval_ms;
    bool sampled;
    bool
        own; /* Crema's: events have their ids, and it is said where the session begins and how many were dropped */
};
/* From the run of a write that streams. Sets the call's fault, or its stream. */
void live_tail_start(struct op_call *call, const struct live_tail_request *request);

#endif
