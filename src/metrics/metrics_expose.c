/* metrics_expose.c - metrics in Prometheus' text form. */
#include "json/json.h"
#include "metrics/metrics_key.h"

#include <math.h>

/* A label's value, in quotes. */
static void add_value(struct buf *out, struct str text)
{
    buf_add_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\\' || c == '"')
            buf_add_char(out, '\\');
        if (c == '\n')
            buf_add(out, STR("\\n"));
        else
            buf_add_char(out, c);
    }
    buf_add_char(out, '"');
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* dimension_Size="L". A name that has what a label's may not is told apart by the dimension's number:
 * dimension__1_Cup_size="L". */
static void add_dimension(struct buf *out, const struct metrics_dimension *dimension, size_t number)
{
    struct str name = dimension->name;
    bool plain = name.len && name.ptr[0] != '_';
    for (size_t i = 0; i < name.len; i++)
        plain &= is_word(name.ptr[i]);
    buf_add(out, STR(",dimension_"));
    if (!plain)
        buf_printf(out, "_%zu_", number);
    for (size_t i = 0; i < name.len; i++)
        buf_add_char(out, is_word(name.ptr[i]) ? name.ptr[i] : '_');
    buf_add_char(out, '=');
    add_value(out, dimension->value);
}

static void add_labels(struct buf *out, const struct metrics_series *series)
{
    const struct {
        const char *name;
        struct str value;
    } labels[] = {
        { "account", series->ns.account },
        { "region", series->ns.region },
        { "namespace", series->metric.space },
        { "name", series->metric.name },
        { "unit", series->unit },
    };
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        buf_printf(out, "%s%s=", i ? "," : "{", labels[i].name);
        add_value(out, labels[i].value);
    }
    for (size_t i = 0; i < series->metric.dimension_count; i++)
        add_dimension(out, &series->metric.dimensions[i], i + 1);
    buf_add_char(out, '}');
}

static void add_number(struct buf *out, double value)
{
    struct json_writer writer;
    if (!isfinite(value)) {
        buf_add(out, isnan(value) ? STR("NaN") : value > 0 ? STR("+Inf") : STR("-Inf"));
        return;
    }
    json_writer_init(&writer, out);
    json_put_double(&writer, value);
}

static void add_series(struct buf *out, const struct metrics_series *series,
                       const struct metrics_total *total)
{
    const struct {
        const char *suffix;
        double value;
    } lines[] = { { "sum", total->sum }, { "count", total->count } };
    for (size_t i = 0; i < 2; i++) {
        buf_printf(out, "crema_metric_values_%s", lines[i].suffix);
        add_labels(out, series);
        buf_add_char(out, ' ');
        add_number(out, lines[i].value);
        buf_add_char(out, '\n');
    }
}

/* The series' total. False: it has none, or it is the server's. */
static bool total_of(struct store_reader *reader, struct arena *arena, const struct metrics_series *series,
                     struct metrics_total *ret)
{
    struct key key;
    struct str value;
    metrics_key_total(&key, PARTITION_ONLY, series->id);
    return !metrics_is_of_server(series->metric.space) &&
           store_get(reader, arena, key_str(&key), &value) == ERR_OK && metrics_total_read(value, ret);
}

enum err metrics_expose(struct store_reader *reader, struct buf *out)
{
    struct key first, end;
    struct str key, value;
    struct arena arena = { 0 };
    size_t exposed = 0;
    bool more = false;
    enum err err = ERR_OK;
    buf_add(out, STR("# HELP crema_metric_values Values of metric filters and PutMetricData.\n"
                     "# TYPE crema_metric_values summary\n"));
    key_begin(&first, KEY_METRICS, PARTITION_ONLY, 's');
    key_after_prefix(key_str(&first), &end);
    struct store_cursor *cursor = store_scan(reader, key_str(&first), key_str(&end), STORE_UP);
    while (!more && store_cursor_next(cursor, &key, &value)) {
        struct metrics_series series;
        struct metrics_total total;
        arena_reset(&arena);
        if (!metrics_series_read(&arena, key, value, &series)) {
            err = ERR_CORRUPT;
            continue;
        }
        if (!total_of(reader, &arena, &series, &total))
            continue;
        more = exposed == METRICS_EXPOSED_MAX;
        if (!more)
            add_series(out, &series, &total);
        exposed++;
    }
    enum err closed = store_cursor_close(&cursor);
    arena_fini(&arena);
    buf_printf(out,
               "# HELP crema_metric_values_cut Whether there are more than the %d series of "
               "crema_metric_values.\n# TYPE crema_metric_values_cut gauge\ncrema_metric_values_cut %d\n",
               METRICS_EXPOSED_MAX, more);
    return err ? err : closed;
}
