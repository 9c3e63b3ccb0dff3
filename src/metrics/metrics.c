#include "metrics/metrics.h"

#include "base/big_endian.h"
#include "io/rand.h"
#include "metrics/metrics_impl.h"

#include <stdlib.h>

enum {
    CACHE_MAX = 20000, /* series; at more it begins anew */
    SWEEP_SERIES = 200,
    SWEEP_EVERY_MS = 6 * 3600 * 1000,
};

/* ---- life ---- */

enum err metrics_open(struct metrics **ret)
{
    struct metrics *metrics = calloc(1, sizeof(*metrics));
    if (!metrics)
        abort();
    map_init(&metrics->series, rand_u64());
    *ret = metrics;
    return ERR_OK;
}

static void forget(struct metrics *metrics)
{
    struct str key;
    void *id;
    for (size_t i = 0; map_next(&metrics->series, &i, &key, &id);)
        free(id);
    map_clear(&metrics->series);
    metrics->swept = false;
}

void metrics_close(struct metrics **metrics)
{
    if (!*metrics)
        return;
    metrics_meters_close(&(*metrics)->meters);
    forget(*metrics);
    map_fini(&(*metrics)->series);
    free(*metrics);
    *metrics = NULL;
}

void metrics_after_rollback(void *self)
{
    struct metrics *metrics = self;
    forget(metrics);
    metrics_meters_rollback(metrics->meters);
}

void metrics_stats(const struct metrics *metrics, struct metrics_stats *ret)
{
    ret->added = atomic_load_explicit(&metrics->added, memory_order_relaxed);
    ret->left_out = atomic_load_explicit(&metrics->left_out, memory_order_relaxed);
}

/* ---- series ---- */

static uint32_t count_read(struct work *work, struct ns ns, const struct metrics_id *id, struct key *key)
{
    struct str value;
    uint32_t count = 0;
    metrics_key_count(key, work->partition, ns, id->space, id->name);
    if (store_get(work->reader, work->arena, key_str(key), &value) == ERR_OK)
        (void)key_read_u32(&value, &count);
    return count;
}

static void count_store(struct work *work, const struct key *key, uint32_t count)
{
    char bytes[4];
    big_endian_put(bytes, count, sizeof(bytes));
    if (count)
        store_put(work->batch, key_str(key), str_of(bytes, sizeof(bytes)));
    else
        store_delete(work->batch, key_str(key));
}

static void sweep_arm(struct metrics *metrics, struct work *work)
{
    struct key key;
    if (metrics->swept)
        return;
    metrics_key_sweep(&key, work->partition);
    if (!store_has(work->reader, key_str(&key))) {
        store_put(work->batch, key_str(&key), STR_EMPTY);
        timer_add(work, work->now_ms + SWEEP_EVERY_MS, TIMER_METRICS, STR("w"));
    }
    metrics->swept = true;
}

/* 0: it would be one too many. */
static uint64_t series_make(struct metrics *metrics, struct work *work, struct ns ns,
                            const struct metrics_id *id, struct str dimensions, const struct key *key)
{
    struct key count_key;
    uint32_t count = count_read(work, ns, id, &count_key);
    if (count >= METRICS_SETS_MAX)
        return 0;
    uint64_t series = store_next_id(work->batch, work->partition, STR("metrics"));
    count_store(work, &count_key, count + 1);
    store_put(work->batch, key_str(key), metrics_series_write(work->arena, series, dimensions));
    sweep_arm(metrics, work);
    return series;
}

static uint64_t series_of(struct metrics *metrics, struct work *work, struct ns ns,
                          const struct metrics_id *id, struct str unit)
{
    struct str dimensions = metrics_dimensions_write(work->arena, id), value;
    struct key key;
    metrics_key_series_whole(&key, work->partition, ns, id, dimensions, unit);
    uint64_t *cached = map_get(&metrics->series, key_str(&key)), series = 0;
    if (cached)
        return *cached;
    if (store_get(work->reader, work->arena, key_str(&key), &value) == ERR_OK)
        (void)key_read_u64(&value, &series);
    if (!series)
        series = series_make(metrics, work, ns, id, dimensions, &key);
    if (!series)
        return 0;
    if (metrics->series.len >= CACHE_MAX)
        forget(metrics);
    cached = malloc(sizeof(*cached));
    if (!cached)
        abort();
    *cached = series;
    map_put(&metrics->series, key_str(&key), cached);
    return series;
}

/* ---- adding ---- */

static void total_add(struct work *work, uint64_t series, const struct metrics_values *values)
{
    struct key key;
    struct str value;
    struct metrics_total total = { 0 };
    char bytes[METRICS_TOTAL_BYTES];
    metrics_key_total(&key, work->partition, series);
    if (store_get(work->reader, work->arena, key_str(&key), &value) == ERR_OK)
        (void)metrics_total_read(value, &total);
    total.count += values->count;
    total.sum += values->sum;
    metrics_total_write(&total, bytes);
    store_put(work->batch, key_str(&key), str_of(bytes, sizeof(bytes)));
}

bool metrics_add(struct metrics *metrics, struct work *work, struct ns ns, const struct metrics_id *id,
                 struct str unit, int64_t time_ms, const struct metrics_values *values)
{
    uint64_t series = series_of(metrics, work, ns, id, unit.len ? unit : STR("None"));
    if (!series) {
        atomic_fetch_add_explicit(&metrics->left_out, 1, memory_order_relaxed);
        return false;
    }
    struct key key;
    struct str value;
    struct metrics_values now = { 0 };
    metrics_key_point(&key, work->partition, series, metrics_minute(time_ms));
    if (store_get(work->reader, work->arena, key_str(&key), &value) == ERR_OK)
        (void)metrics_point_read(value, &now);
    metrics_values_merge(&now, values);
    char bytes[METRICS_POINT_BYTES];
    metrics_point_write(&now, bytes);
    store_put(work->batch, key_str(&key), str_of(bytes, sizeof(bytes)));
    if (!metrics_is_of_server(id->space))
        total_add(work, series, values);
    atomic_fetch_add_explicit(&metrics->added, 1, memory_order_relaxed);
    return true;
}

/* ---- the sweep ---- */

/* True: nothing of it is left. */
static bool points_sweep(struct work *work, uint64_t series, int64_t before_ms)
{
    struct key first, kept, end;
    struct str key, value;
    metrics_key_point(&first, work->partition, series, INT64_MIN);
    metrics_key_point(&kept, work->partition, series, before_ms);
    metrics_key_point(&end, work->partition, series, INT64_MAX);
    store_delete_range(work->batch, key_str(&first), key_str(&kept));
    struct store_cursor *cursor = store_scan(work->reader, key_str(&kept), key_str(&end), STORE_UP);
    bool any = store_cursor_next(cursor, &key, &value);
    return store_cursor_close(&cursor) == ERR_OK && !any;
}

static void series_drop(struct metrics *metrics, struct work *work, struct str key,
                        const struct metrics_series *series)
{
    struct key count_key, total_key;
    uint32_t count = count_read(work, series->ns, &series->metric, &count_key);
    count_store(work, &count_key, count ? count - 1 : 0);
    metrics_key_total(&total_key, work->partition, series->id);
    store_delete(work->batch, key_str(&total_key));
    store_delete(work->batch, key);
    free(map_remove(&metrics->series, key));
}

bool metrics_due(void *self, struct work *work, struct str ref)
{
    struct metrics *metrics = self;
    struct key sweep, first, end;
    struct str from = STR_EMPTY, key, value, last = STR_EMPTY;
    (void)ref;
    metrics_key_sweep(&sweep, work->partition);
    if (store_get(work->reader, work->arena, key_str(&sweep), &from) != ERR_OK)
        from = STR_EMPTY; /* from the beginning */
    key_begin(&first, KEY_METRICS, work->partition, 's');
    key_after_prefix(key_str(&first), &end);
    struct str keys[SWEEP_SERIES];
    struct metrics_series found[SWEEP_SERIES];
    size_t count = 0;
    bool more = false;
    struct store_cursor *cursor =
        store_scan(work->reader, from.len ? from : key_str(&first), key_str(&end), STORE_UP);
    while (store_cursor_next(cursor, &key, &value)) {
        if ((more = count == SWEEP_SERIES)) {
            last = arena_copy(work->arena, key);
            break;
        }
        keys[count] = arena_copy(work->arena, key);
        if (metrics_series_read(work->arena, key, value, &found[count]))
            count++;
    }
    if (store_cursor_close(&cursor) != ERR_OK) { /* look again when the disk may answer */
        timer_add(work, work->now_ms + SWEEP_EVERY_MS, TIMER_METRICS, STR("w"));
        return true;
    }
    bool kept = more || from.len;
    for (size_t i = 0; i < count; i++) {
        if (points_sweep(work, found[i].id, metrics_minute(work->now_ms - METRICS_KEPT_MS)))
            series_drop(metrics, work, keys[i], &found[i]);
        else
            kept = true;
    }
    metrics->swept = kept;
    if (kept) {
        store_put(work->batch, key_str(&sweep), last);
        timer_add(work, more ? work->now_ms : work->now_ms + SWEEP_EVERY_MS, TIMER_METRICS, STR("w"));
    } else {
        store_delete(work->batch, key_str(&sweep));
    }
    return true;
}
