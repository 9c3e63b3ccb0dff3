/* flow_token.h - task tokens: text that names one attempt of one task, and cannot be guessed.
 *
 *   base64 of
 *   | version u8 | machine id u64 | start i64 | nonce u64 | branch u32 | entry u32 | secret 16 | check u32 |
 *
 * All big-endian. The secret is held against the one that the execution keeps; the check only tells what
 * never was a token from what was one. Pure.
 */
#ifndef FLOW_FLOW_TOKEN_H
#define FLOW_FLOW_TOKEN_H

#include "flow/flow_execution.h"

struct task_token {
    struct execution_ref ref;
    uint32_t branch, entry;
    unsigned char secret[TASK_SECRET_BYTES];
};

struct str task_token_write(struct arena *arena, const struct task_token *token);
bool task_token_read(struct arena *arena, struct str text, struct task_token *ret);

/* What timers and deliveries carry to find their way back: | purpose u8 | ref 24 | branch u32 | entry u32 |.
 */
enum { FLOW_ADDRESS_BYTES = 33, FLOW_ADDRESS_TASK = 1 }; /* that purpose: a delivery of a task */
struct flow_address {
    uint8_t purpose;
    struct execution_ref ref;
    uint32_t branch, entry;
};
void flow_address_write(const struct flow_address *address, char at[FLOW_ADDRESS_BYTES]);
bool flow_address_read(struct str bytes, struct flow_address *ret);

#endif
