/* deliver_retry.h - when a delivery that failed is tried again, and when it is given up. Pure. */
#ifndef DELIVER_DELIVER_RETRY_H
#define DELIVER_DELIVER_RETRY_H

#include "deliver/deliver.h"

/* settings: all filled in. attempts_made counts the one that just failed. random: any 64 bits, for the
 * jitter. False: give up, for attempts are used up or the next would come after the delivery's age is over.
 * The delay is half fixed, half chance: what failed together is not tried again together, nor much too early.
 */
bool deliver_retry_next(const struct deliver_settings *settings, const struct delivery *delivery,
                        uint32_t attempts_made, int64_t now_ms, uint64_t random, int64_t *ret_due_ms);

#endif
