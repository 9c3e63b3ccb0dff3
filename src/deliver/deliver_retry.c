#include "deliver/deliver_retry.h"

#include <assert.h>

bool deliver_retry_next(const struct deliver_settings *settings, const struct delivery *delivery,
                        uint32_t attempts_made, int64_t now_ms, uint64_t random, int64_t *ret_due_ms)
{
    assert(attempts_made > 0 && settings->retry_first_ms > 0 && settings->attempts_max > 0);
    uint32_t attempts_max = delivery->attempts_max ? delivery->attempts_max : settings->attempts_max;
    if (attempts_made >= attempts_max)
        return false;
    int64_t delay_ms = settings->retry_first_ms;
    for (uint32_t i = 1; i < attempts_made && delay_ms < settings->retry_most_ms; i++)
        delay_ms *= 2;
    if (delay_ms > settings->retry_most_ms)
        delay_ms = settings->retry_most_ms;
    int64_t half_ms = delay_ms / 2;
    delay_ms = delay_ms - half_ms + (int64_t)(random % (uint64_t)(half_ms + 1));
    int64_t expires_ms =
        delivery->expires_ms ? delivery->expires_ms : delivery->created_ms + settings->age_max_ms;
    if (now_ms + delay_ms > expires_ms)
        return false;
    *ret_due_ms = now_ms + delay_ms;
    return true;
}
