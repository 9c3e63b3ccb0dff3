/* logs_filters.h - the filters of a group: as they are stored, and as those see them who write events. Private to
 * the room.
 *
 *   part 'f' of a group  ->  {"subscriptions":[{"name","pattern","destination","role","distribution","created"}],
 *                              "metrics":[{"name","pattern","transformations":[...],"created"}]}
 *
 * One value: a group that has none costs one look when it is first written to, and its filters change rarely.
 */
#ifndef LOGS_LOGS_FILTERS_H
#define LOGS_LOGS_FILTERS_H

#include "base/vec.h"
#include "json/json.h"
#include "logs/logs_metric.h"
#include "logs/logs_room.h"
#include "metrics/metrics.h"

/* ---- stored ---- */

/* An object; empty when the group has none. */
bool logs_filters_read(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                       struct json *ret, struct fault *reterr);
/* One of its lists, as it is stored: items and how many. */
bool logs_filters_list(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                       struct str list, const struct json **ret, size_t *ret_count, struct fault *reterr);
/* A list of it, by name: put takes the place of one of its name or goes where it belongs. The group is forgotten. */
void logs_filters_put(struct logs *logs, struct work *work, struct ns ns, const struct logs_group *group,
                      struct json filters, struct str list, struct json filter);
const struct json *logs_filters_find(const struct json *filters, struct str list, struct str name);

/* Before one is put: what the group has, and when the one of that name was created (now, when there is none). False:
 * there are max of others already, or too many regular expressions. */
bool logs_filters_admit(struct work *work, const struct logs_group *group, struct str list, size_t max,
                        struct str name, bool has_regex, struct json *ret_filters, int64_t *ret_created_ms,
                        struct fault *reterr);
/* what: "metric", for the refusal. */
bool logs_filters_delete(struct logs *logs, struct work *work, struct ns ns, struct str group,
                         struct str list, struct str name, const char *what, struct fault *reterr);

/* ---- seen by writers ---- */

struct logs_seen {
    struct logs_position at;
    struct str message;
};

struct logs_follower {
    struct str name, destination;
    struct logs_pattern pattern;
    bool to_group, has_fields;
    VEC(struct logs_seen) seen; /* by the write that is under way: of the work's arena */
};

/* What a metric filter adds up during a write. */
struct logs_tally {
    int64_t minute_ms;
    struct metrics_dimension dimensions[LOGS_METRIC_DIMENSIONS_MAX];
    struct metrics_values values;
};

struct logs_counter {
    struct logs_pattern pattern;
    struct metrics_id metric;  /* dimensions: their names */
    struct logs_field *fields; /* their values */
    struct str unit;
    bool constant, has_other;
    double value;                   /* constant: of each event that matches */
    double other;                   /* of each that does not */
    struct logs_field value_field;  /* not constant */
    VEC(struct logs_tally) tallies; /* of the work's arena */
};

struct logs_filters {
    struct arena arena;
    uint64_t group_id;
    struct str stored; /* what they were read from */
    struct ns ns;
    struct logs_counter *counters;
    size_t counter_count;
    struct logs_follower *followers;
    size_t follower_count;
};

/* *ret NULL: the group has none. */
bool logs_filters_load(struct logs *logs, struct store_reader *reader, struct arena *arena, struct ns ns,
                       const struct logs_group *group, struct logs_filters **ret, struct fault *reterr);
void logs_filters_free(struct logs_filters **filters);
/* The group is forgotten, as all are after every command that is refused: compiled filters are kept aside, and taken
 * again by logs_filters_load if the store still has the same. filters may be NULL. */
void logs_filters_park(struct logs *logs, struct logs_filters *filters);
void logs_filters_unpark_all(struct logs *logs);

/* Each event that is written, then the end of the write. */
void logs_filters_see(struct logs *logs, struct work *work, struct logs_filters *filters,
                      struct logs_position at, struct str message);
void logs_filters_end(struct logs *logs, struct work *work, const struct logs_held *held, struct str stream);

/* logs_metric.c. filter: as it is stored. */
bool logs_counter_read(struct arena *arena, const struct json *filter, struct logs_counter *ret,
                       struct fault *reterr);
void logs_counter_see(struct logs *logs, struct work *work, const struct logs_filters *filters,
                      struct logs_counter *counter, int64_t timestamp_ms, struct str message);
void logs_counter_end(struct logs *logs, struct work *work, const struct logs_filters *filters,
                      struct logs_counter *counter);

/* logs_subscription.c: what the follower saw becomes a delivery. */
void logs_subscription_forward(struct logs *logs, struct work *work, const struct logs_held *held,
                               const struct logs_follower *follower, struct str stream);

#endif
