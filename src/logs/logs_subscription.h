/* logs_subscription.h - subscription filters: what is written to a group goes on to somewhere else.
 *
 * A group has a few, each with a pattern and a destination: another group of this server and namespace (ARN of a log
 * group; no other service has that), a function (ARN) or an HTTP endpoint (its URL; no other service has that either),
 * which get what CloudWatch Logs sends:
 *
 *   {"awslogs":{"data": base64(gzip({"messageType":"DATA_MESSAGE","owner","logGroup","logStream",
 *       "subscriptionFilters":[name],"logEvents":[{"id","timestamp","message","extractedFields"}]}))}}
 *
 * Threads: as logs.h.
 * Truths:  1. What passes a pattern becomes one delivery for each write and filter, in the batch that holds the events:
 *             none is forgotten that was acknowledged. To a group it goes in that same batch, exactly once; to
 *             others after the commit, at least once, for LOGS_SUBSCRIPTION_AGE_MS.
 *          2. No group is subscribed to itself, over however many others; chains end after LOGS_SUBSCRIPTION_HOPS_MAX.
 *          3. What does not arrive for good is told to the owner of DELIVERY_OF_SUBSCRIPTION.
 */
#ifndef LOGS_LOGS_SUBSCRIPTION_H
#define LOGS_LOGS_SUBSCRIPTION_H

#include "logs/logs.h"
#include "target/target.h"

struct deliver;

enum {
    LOGS_SUBSCRIPTIONS_MAX = 2, /* of a group */
    LOGS_REGEX_FILTERS_MAX = 5, /* filters of a group, of both kinds, with regular expressions */
    LOGS_SUBSCRIPTION_HOPS_MAX = 10,
    LOGS_SUBSCRIPTION_AGE_MS = 86400000,
};

/* Whether a function (its ARN) or an endpoint (its URL) can be called here; *ret_why: why not. */
typedef bool logs_destination_known_f(void *self, struct str destination, struct str *ret_why);
/* Before the writer starts. */
void logs_subscriptions_open(struct logs *logs, struct deliver *deliver, logs_destination_known_f *known,
                             void *self);
bool logs_destination_is_group(struct str destination);

struct logs_subscription {
    struct str name, pattern, destination;
    struct str role, distribution; /* kept and shown; empty: none */
    int64_t created_ms;            /* filled by the room */
};

/* Makes it, or changes the one of that name. FAULT_NOT_FOUND, FAULT_LIMIT_EXCEEDED, FAULT_INVALID_PARAMETER,
 * FAULT_ACCESS_DENIED for a function of another account. */
bool logs_subscription_put(struct logs *logs, struct work *work, struct ns ns, struct str group,
                           const struct logs_subscription *subscription, struct fault *reterr);
bool logs_subscription_delete(struct logs *logs, struct work *work, struct ns ns, struct str group,
                              struct str name, struct fault *reterr);
/* All of a group, by name. */
bool logs_subscription_list(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                            struct logs_subscription **ret, size_t *ret_count, struct fault *reterr);

/* logs_append_shared for what a subscription brings; hops: how many brought it here. */
bool logs_append_forwarded(struct logs *logs, struct work *work, struct ns ns, struct str group,
                           struct str stream, const struct logs_input *events, size_t count, uint32_t hops,
                           struct fault *reterr);

/* Of DELIVERY_OF_SUBSCRIPTION: an attempt that did not deliver, whether it is tried again or not. */
void logs_subscription_failed(void *logs, struct work *work, const struct delivery *delivery,
                              const struct delivery_result *result);

struct logs_filter_stats {
    uint64_t records, events; /* that subscription filters passed on */
};
/* Any thread. */
void logs_filter_stats(const struct logs *logs, struct logs_filter_stats *ret);

#endif
