/* metrics_key.h - the keys of metrics and what stands in them. Private to the room. Integers big-endian.
 *
 *   | 'n' | partition u16 | 's' | account . | region . | namespace . | name . | dimensions 16 | unit |
 *                             -> series: | id u64 | count u8 | (length u32, name, length u32, value) ... by name
 *   | 'n' | partition u16 | 'p' | series id u64 | minute i64 |
 *                             -> point: count, sum, least, most, each the bits of a double
 *   | 'n' | partition u16 | 't' | series id u64 |  -> total: count and sum of all that was added, the bits of doubles;
 *                             of namespaces that are not AWS/
 *   | 'n' | partition u16 | 'c' | account . | region . | namespace . | name |  -> u32: how many series
 *   | 'n' | partition u16 | 'w' |  -> the sweep: the series that it has come to; there while its timer is
 *
 * dimensions: the first bytes of SHA-256 over what stands of them in the value. The minute is its begin in
 * milliseconds.
 */
#ifndef METRICS_METRICS_KEY_H
#define METRICS_METRICS_KEY_H

#include "metrics/metrics.h"
#include "store/key.h"

enum { METRICS_DIGEST_BYTES = 16, METRICS_POINT_BYTES = 32, METRICS_TOTAL_BYTES = 16 };

/* Of a namespace, a name: the fields that are not empty, in turn. */
void metrics_key_series(struct key *key, uint16_t partition, struct ns ns, struct str space, struct str name);
/* Of one: adds dimensions and unit. dimensions: as metrics_dimensions_write has them. */
void metrics_key_series_whole(struct key *key, uint16_t partition, struct ns ns, const struct metrics_id *id,
                              struct str dimensions, struct str unit);
void metrics_key_point(struct key *key, uint16_t partition, uint64_t series, int64_t minute_ms);
void metrics_key_total(struct key *key, uint16_t partition, uint64_t series);
void metrics_key_count(struct key *key, uint16_t partition, struct ns ns, struct str space, struct str name);
void metrics_key_sweep(struct key *key, uint16_t partition);

struct metrics_series {
    uint64_t id;
    struct ns ns;
    struct metrics_id metric;
    struct str digest, unit;
};
/* Sorted by name. */
struct str metrics_dimensions_write(struct arena *arena, const struct metrics_id *id);
struct str metrics_series_write(struct arena *arena, uint64_t id, struct str dimensions);
bool metrics_series_read(struct arena *arena, struct str key, struct str value, struct metrics_series *ret);
void metrics_point_write(const struct metrics_values *values, char ret[METRICS_POINT_BYTES]);
bool metrics_point_read(struct str value, struct metrics_values *ret);
struct metrics_total {
    double count, sum;
};
void metrics_total_write(const struct metrics_total *total, char ret[METRICS_TOTAL_BYTES]);
bool metrics_total_read(struct str value, struct metrics_total *ret);
void metrics_values_merge(struct metrics_values *to, const struct metrics_values *more);

static inline int64_t metrics_minute(int64_t time_ms)
{
    int64_t rest = time_ms % METRICS_MINUTE_MS;
    return time_ms - (rest < 0 ? rest + METRICS_MINUTE_MS : rest);
}

#endif
