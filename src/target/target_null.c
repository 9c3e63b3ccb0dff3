/* target_null.c - takes everything and keeps nothing: the template of a kind, and the
 * baseline of measurements. */
#include "target/target_kinds.h"

static void null_send(void *self, struct work *work, const struct delivery *delivery,
                      struct delivery_result *ret)
{
    (void)self, (void)work, (void)delivery;
    ret->outcome = OUTCOME_DELIVERED;
}

const struct target_kind target_null = {
    .name = "null",
    .doc = "Takes everything and keeps nothing.",
    .send = null_send,
};
