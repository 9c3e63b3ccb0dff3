/* logs_metric.h - metric filters: what is written to a group is counted.
 *
 * A filter has a pattern and one transformation: the metric, and what an event that matches adds to it: a number, or a
 * value of the event; a default for events that do not match; dimensions with values of the event.
 *
 * Threads: as logs.h.
 * Truths:  1. What an event adds is of the batch that holds the event, at the event's minute.
 *          2. An event adds nothing when its value is no number or one of its dimensions has none.
 */
#ifndef LOGS_LOGS_METRIC_H
#define LOGS_LOGS_METRIC_H

#include "json/json.h"
#include "logs/logs.h"

struct metrics;

enum {
    LOGS_METRIC_FILTERS_MAX = 100,  /* of a group */
    LOGS_METRIC_DIMENSIONS_MAX = 3, /* of a filter */
};

/* Before the writer starts. */
void logs_metrics_open(struct logs *logs, struct metrics *metrics);

struct logs_metric_filter {
    struct str name, pattern;
    struct json transformations; /* a list of one, as PutMetricFilter has it */
    int64_t created_ms;          /* filled by the room */
};

/* Makes it, or changes the one of that name. FAULT_NOT_FOUND, FAULT_LIMIT_EXCEEDED, FAULT_INVALID_PARAMETER. */
bool logs_metric_filter_put(struct logs *logs, struct work *work, struct ns ns, struct str group,
                            const struct logs_metric_filter *filter, struct fault *reterr);
bool logs_metric_filter_delete(struct logs *logs, struct work *work, struct ns ns, struct str group,
                               struct str name, struct fault *reterr);
/* All of a group, by name. */
bool logs_metric_filter_list(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                             struct logs_metric_filter **ret, size_t *ret_count, struct fault *reterr);

#endif
