/* metrics.h - numbers over time: for each metric, set of dimensions, unit and minute their count, sum, least and most.
 *
 * Owns:    the keys of KEY_METRICS (metrics_key.h draws them), in memory a cache of series.
 * Threads: what takes a struct work: the writer's thread, inside a command. What takes a store_reader: any thread.
 * Truths:  1. What is added is of the command's batch: durable with what it counts, gone with a roll-back.
 *          2. A minute is shown for METRICS_KEPT_MS; a sweep deletes it later, and then a series without any.
 *          3. A metric has at most METRICS_SETS_MAX series; values of further ones are left out and counted.
 */
#ifndef METRICS_METRICS_H
#define METRICS_METRICS_H

#include "base/ns.h"
#include "base/buf.h"
#include "base/fault.h"
#include "store/writer.h"

struct metrics;

enum {
    METRICS_DIMENSIONS_MAX = 30,
    METRICS_SETS_MAX = 1000,            /* sets of dimensions, each with its units, of a metric */
    METRICS_NAME_MAX = 255,             /* characters of a namespace or name */
    METRICS_DIMENSION_VALUE_MAX = 1024, /* characters */
    METRICS_LIST_MAX = 500,
    METRICS_MINUTE_MS = 60000,
};
#define METRICS_KEPT_MS INT64_C(1296000000) /* 15 days */
#define METRICS_VALUE_MAX 0x1p360 /* either way, of values and how often they come: their sums stay finite */

enum err metrics_open(struct metrics **ret) MUST_USE;
void metrics_close(struct metrics **metrics);
/* The writer's hook. */
void metrics_after_rollback(void *metrics);
/* The owner of TIMER_METRICS: a slice of a sweep. */
bool metrics_due(void *metrics, struct work *work, struct str ref);

struct metrics_dimension {
    struct str name, value;
};

struct metrics_id {
    struct str space, name;
    struct metrics_dimension *dimensions; /* in any order, names apart */
    size_t dimension_count;
};

struct metrics_values {
    double count, sum, least, most;
};

/* unit: as the service names it; empty: "None". False: left out (truth 3). */
bool metrics_add(struct metrics *metrics, struct work *work, struct ns ns, const struct metrics_id *id,
                 struct str unit, int64_t time_ms, const struct metrics_values *values);

/* ---- looking ---- */

struct metrics_query {
    struct str space, name;                     /* empty: any */
    const struct metrics_dimension *dimensions; /* that it must have; value empty: any */
    size_t dimension_count;
    int64_t since_ms; /* it has a minute from then on */
    struct str after; /* position that ended the page before: opaque bytes */
    size_t limit;     /* 0: METRICS_LIST_MAX */
};
struct metrics_page {
    struct metrics_id *ids; /* by namespace and name; the same with another unit is one */
    size_t count;
    bool more;
    struct str after;
};
/* ERR_CORRUPT, ERR_IO. */
enum err metrics_list(struct store_reader *reader, struct arena *arena, struct ns ns,
                      const struct metrics_query *query, struct metrics_page *ret) MUST_USE;

struct metrics_range {
    int64_t start_ms, end_ms; /* the start is a whole minute; the end is excluded */
    int64_t period_ms;        /* whole minutes */
    int64_t now_ms;
};
struct metrics_point {
    int64_t time_ms; /* begin of the period */
    struct str unit;
    struct metrics_values values;
};
/* Of exactly this set of dimensions; unit empty: of each unit apart. Earlier first within a unit. */
enum err metrics_points(struct store_reader *reader, struct arena *arena, struct ns ns,
                        const struct metrics_id *id, struct str unit, const struct metrics_range *range,
                        struct metrics_point **ret, size_t *ret_count) MUST_USE;

/* ---- for Prometheus ---- */

/* Metrics of the server itself. */
static inline bool metrics_is_of_server(struct str space)
{
    return str_starts(space, STR("AWS/"));
}

enum { METRICS_EXPOSED_MAX = 5000 }; /* series */
/* Lines in Prometheus' text form: of each series that is not the server's the count and the sum of all that was added,
 * since it was made. ERR_CORRUPT, ERR_IO: what could be read is there. */
enum err metrics_expose(struct store_reader *reader, struct buf *out) MUST_USE;

struct metrics_stats {
    uint64_t added, left_out; /* values */
};
void metrics_stats(const struct metrics *metrics, struct metrics_stats *ret);

#endif
