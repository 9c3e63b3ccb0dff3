#include "base/vec.h"
#include "metrics/metrics_key.h"

/* ---- the list ---- */

static bool has_dimensions(const struct metrics_id *id, const struct metrics_query *query)
{
    for (size_t i = 0; i < query->dimension_count; i++) {
        bool found = false;
        for (size_t j = 0; j < id->dimension_count; j++)
            found |= str_eq(id->dimensions[j].name, query->dimensions[i].name) &&
                     (str_empty(query->dimensions[i].value) ||
                      str_eq(id->dimensions[j].value, query->dimensions[i].value));
        if (!found)
            return false;
    }
    return true;
}

static bool is_active(struct store_reader *reader, uint64_t series, int64_t since_ms)
{
    struct key first, end;
    struct str key, value;
    metrics_key_point(&first, PARTITION_ONLY, series, metrics_minute(since_ms));
    metrics_key_point(&end, PARTITION_ONLY, series, INT64_MAX);
    struct store_cursor *cursor = store_scan(reader, key_str(&first), key_str(&end), STORE_UP);
    bool any = store_cursor_next(cursor, &key, &value);
    return store_cursor_close(&cursor) == ERR_OK && any;
}

static bool same(const struct metrics_series *a, const struct metrics_series *b)
{
    return str_eq(a->metric.space, b->metric.space) && str_eq(a->metric.name, b->metric.name) &&
           str_eq(a->digest, b->digest);
}

enum err metrics_list(struct store_reader *reader, struct arena *arena, struct ns ns,
                      const struct metrics_query *query, struct metrics_page *ret)
{
    struct key prefix, first, end;
    size_t limit = query->limit ? query->limit : METRICS_LIST_MAX;
    VEC(struct metrics_id) ids = { 0 };
    struct metrics_series former = { 0 };
    *ret = (struct metrics_page){ .count = 0 };
    metrics_key_series(&prefix, PARTITION_ONLY, ns, query->space, query->name);
    key_after_prefix(key_str(&prefix), &end);
    first = prefix;
    if (query->after.len) {
        first.len = 0;
        key_bytes(&first, query->after);
        key_u8(&first, 0); /* the least after it */
    }
    struct str key, value;
    enum err err = ERR_OK;
    struct store_cursor *cursor = store_scan(reader, key_str(&first), key_str(&end), STORE_UP);
    while (store_cursor_next(cursor, &key, &value)) {
        struct metrics_series series;
        if (!metrics_series_read(arena, key, value, &series)) {
            err = ERR_CORRUPT;
            break;
        }
        if ((former.id && same(&series, &former)) ||
            (query->name.len && !str_eq(series.metric.name, query->name)) ||
            !has_dimensions(&series.metric, query) || !is_active(reader, series.id, query->since_ms))
            continue;
        if (ids.len == limit) {
            ret->more = true;
            break;
        }
        VEC_PUSH(arena, &ids, series.metric);
        former = series;
        /* Behind all its units. */
        ret->after = arena_concat(arena, str_slice(key, 0, key.len - series.unit.len), STR("~"));
    }
    enum err closed = store_cursor_close(&cursor);
    ret->ids = ids.at;
    ret->count = ids.len;
    return err ? err : closed;
}

/* ---- points ---- */

typedef VEC(struct metrics_point) points_vec;

static enum err series_points(struct store_reader *reader, struct arena *arena,
                              const struct metrics_series *series, const struct metrics_range *range,
                              points_vec *points)
{
    int64_t kept_ms = metrics_minute(range->now_ms - METRICS_KEPT_MS), begin = range->start_ms;
    if (begin < kept_ms)
        begin = kept_ms;
    if (begin >= range->end_ms)
        return ERR_OK;
    struct key first, end;
    struct str key, value;
    metrics_key_point(&first, PARTITION_ONLY, series->id, begin);
    metrics_key_point(&end, PARTITION_ONLY, series->id, range->end_ms);
    struct metrics_point *last = NULL;
    enum err err = ERR_OK;
    struct store_cursor *cursor = store_scan(reader, key_str(&first), key_str(&end), STORE_UP);
    while (err == ERR_OK && store_cursor_next(cursor, &key, &value)) {
        struct metrics_values values;
        struct str place = str_from_offset(key, KEY_HEAD_BYTES + sizeof(uint64_t));
        int64_t minute;
        if (!key_read_time(&place, &minute) || !metrics_point_read(value, &values)) {
            err = ERR_CORRUPT;
            break;
        }
        int64_t time_ms = minute - (minute - range->start_ms) % range->period_ms;
        if (!last || last->time_ms != time_ms) {
            struct metrics_point point = { .time_ms = time_ms, .unit = series->unit };
            VEC_PUSH(arena, points, point);
            last = &points->at[points->len - 1];
        }
        metrics_values_merge(&last->values, &values);
    }
    enum err closed = store_cursor_close(&cursor);
    return err ? err : closed;
}

enum err metrics_points(struct store_reader *reader, struct arena *arena, struct ns ns,
                        const struct metrics_id *id, struct str unit, const struct metrics_range *range,
                        struct metrics_point **ret, size_t *ret_count)
{
    struct key first, end;
    points_vec points = { 0 };
    struct str key, value;
    metrics_key_series_whole(&first, PARTITION_ONLY, ns, id, metrics_dimensions_write(arena, id), STR_EMPTY);
    key_after_prefix(key_str(&first), &end);
    enum err err = ERR_OK;
    struct store_cursor *cursor = store_scan(reader, key_str(&first), key_str(&end), STORE_UP);
    while (err == ERR_OK && store_cursor_next(cursor, &key, &value)) {
        struct metrics_series series;
        if (!metrics_series_read(arena, key, value, &series))
            err = ERR_CORRUPT;
        else if (str_empty(unit) || str_eq(unit, series.unit))
            err = series_points(reader, arena, &series, range, &points);
    }
    enum err closed = store_cursor_close(&cursor);
    *ret = points.at;
    *ret_count = points.len;
    return err ? err : closed;
}
