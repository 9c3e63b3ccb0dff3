/* flow.h - state machines and their executions. (The owner of the room completes this header.) */
#ifndef FLOW_FLOW_H
#define FLOW_FLOW_H

#include "base/fault.h"
#include "base/ns.h"
#include "store/writer.h"

struct flow;

struct flow_started {
    struct str execution_arn; /* in work->arena */
    int64_t start_ms;
};

/* Starts an execution inside the command's batch and runs it until it waits, ends or has used its share of the
 * command. machine_arn may name a machine only (versions and aliases come later). name empty: a random UUID.
 * input: JSON text. Faults: INVALID_ARN, MACHINE_NOT_FOUND, EXECUTION_EXISTS, INVALID_NAME,
 * INVALID_EXECUTION_INPUT. hops: how many bus hops led here (0 from a client); kept with the execution so that the
 * events it emits carry it on. */
bool flow_start(struct flow *flow, struct work *work, struct ns ns, struct str machine_arn, struct str name,
                struct str input, uint32_t hops, struct flow_started *ret, struct fault *reterr);

#endif
