/* api_monitoring.c - Amazon CloudWatch: metrics are put, listed and read. */
#include "api/operations.h"
#include "api/token.h"
#include "metrics/metrics.h"
#include "store/key.h"

#include <stdlib.h>

enum {
    STATISTICS_POINTS_MAX = 1440,
    DATA_POINTS_MAX = 100800, /* of one answer of GetMetricData */
    DATA_QUERIES_MAX = 500,
    PUT_MAX = 1000,
    VALUES_MAX = 150,
    HOUR_MS = 3600000,
    FUTURE_MS = 2 * HOUR_MS,
};
#define PAST_MS (INT64_C(14) * 24 * HOUR_MS)

/* ---- input ---- */

static bool refuse(struct op_call *call, const char *text)
{
    return fault_set(&call->fault, call->arena, FAULT_INVALID_PARAMETER, "%s", text);
}

static bool in_number(const struct json *object, struct str name, double *ret)
{
    const struct json *value = json_get_typed(object, name, JSON_NUMBER);
    return value && json_number_double(value->text, ret);
}

static int64_t in_time(const struct json *object, struct str name, int64_t absent_ms)
{
    double seconds;
    return in_number(object, name, &seconds) ? (int64_t)(seconds * 1000 + (seconds < 0 ? -0.5 : 0.5))
                                             : absent_ms;
}

static bool in_dimensions(struct op_call *call, const struct json *object, struct metrics_dimension **ret,
                          size_t *ret_count)
{
    const struct json *all = json_get_typed(object, STR("Dimensions"), JSON_ARRAY);
    *ret_count = all ? all->count : 0;
    *ret = ARENA_ARRAY(call->arena, struct metrics_dimension, *ret_count);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i].name = json_get_str(&all->items[i], STR("Name"));
        (*ret)[i].value = json_get_str(&all->items[i], STR("Value"));
        for (size_t j = 0; j < i; j++)
            if (str_eq((*ret)[i].name, (*ret)[j].name))
                return refuse(call, "A dimension is named twice.");
    }
    return true;
}

static bool in_metric(struct op_call *call, const struct json *object, struct metrics_id *ret)
{
    ret->space = json_get_str(object, STR("Namespace"));
    ret->name = json_get_str(object, STR("MetricName"));
    return in_dimensions(call, object, &ret->dimensions, &ret->dimension_count);
}

/* A start and an end, and a period of whole minutes. */
static bool in_range(struct op_call *call, const struct json *period, struct metrics_range *ret)
{
    double seconds = 0;
    int64_t start = in_time(call->input, STR("StartTime"), 0), end = in_time(call->input, STR("EndTime"), 0);
    if (start >= end)
        return refuse(call, "The parameter StartTime must be less than the parameter EndTime.");
    if (!in_number(period, STR("Period"), &seconds) || seconds < 60 || seconds > 86400 * 366.0 ||
        (int64_t)seconds % 60)
        return refuse(call, "The parameter Period must be a multiple of 60: values are kept by the minute.");
    *ret = (struct metrics_range){ .start_ms = start - ((start % 60000) + 60000) % 60000,
                                   .end_ms = end,
                                   .period_ms = (int64_t)seconds * 1000,
                                   .now_ms = call->now_ms };
    return true;
}

static bool bad_store(struct op_call *call, enum err err)
{
    return err == ERR_OK || fault_set(&call->fault, call->arena, FAULT_INTERNAL,
                                      "The metrics cannot be read: %s.", err_text(err));
}

/* ---- statistics ---- */

static const char *const statistics[] = { "SampleCount", "Average", "Sum", "Minimum", "Maximum" };
enum { STATISTICS = sizeof(statistics) / sizeof(statistics[0]) };

static double statistic(const struct metrics_values *values, size_t which)
{
    const double all[STATISTICS] = { values->count, values->count != 0 ? values->sum / values->count : 0,
                                     values->sum, values->least, values->most };
    return all[which];
}

static bool statistic_of(struct str name, size_t *ret)
{
    for (*ret = 0; *ret < STATISTICS; ++*ret)
        if (str_eq(name, str_from(statistics[*ret])))
            return true;
    return false;
}

/* ---- PutMetricData ---- */

/* What a value may be: sums of such are finite, however many there are. */
static bool in_reach(double value)
{
    return value >= -METRICS_VALUE_MAX && value <= METRICS_VALUE_MAX;
}

static bool out_of_reach(struct op_call *call)
{
    return refuse(call, "Values must be in the range of -2^360 to 2^360.");
}

static bool in_values(struct op_call *call, const struct json *datum, struct metrics_values *ret)
{
    const struct json *set = json_get_typed(datum, STR("StatisticValues"), JSON_OBJECT);
    const struct json *values = json_get_typed(datum, STR("Values"), JSON_ARRAY),
                      *counts = json_get_typed(datum, STR("Counts"), JSON_ARRAY);
    double value = 0, count = 1;
    bool one = in_number(datum, STR("Value"), &value);
    if (one + (set != NULL) + (values != NULL) != 1)
        return fault_set(&call->fault, call->arena, FAULT_CONFLICT,
                         "A datum has one of Value, StatisticValues and Values.");
    if (!in_reach(value))
        return out_of_reach(call);
    *ret = (struct metrics_values){ 1, value, value, value };
    if (set) {
        if (!in_number(set, STR("SampleCount"), &ret->count) || !in_number(set, STR("Sum"), &ret->sum) ||
            !in_number(set, STR("Minimum"), &ret->least) || !in_number(set, STR("Maximum"), &ret->most) ||
            ret->count <= 0 || ret->least > ret->most)
            return refuse(call, "StatisticValues are not those of any values.");
        if (!in_reach(ret->count) || !in_reach(ret->sum) || !in_reach(ret->least) || !in_reach(ret->most))
            return out_of_reach(call);
    }
    if (!values)
        return true;
    if (values->count == 0 || values->count > VALUES_MAX || (counts && counts->count != values->count))
        return refuse(call, "Values are 1 to 150 numbers, and there are as many Counts, if any.");
    *ret = (struct metrics_values){ .count = 0 };
    for (uint32_t i = 0; i < values->count; i++) {
        if (!json_number_double(values->items[i].text, &value) ||
            (counts && (!json_number_double(counts->items[i].text, &count) || count <= 0)))
            return refuse(call, "Values and Counts are numbers, Counts above 0.");
        if (!in_reach(value) || !in_reach(count) || !in_reach(value * count))
            return out_of_reach(call);
        ret->least = ret->count == 0 || value < ret->least ? value : ret->least;
        ret->most = ret->count == 0 || value > ret->most ? value : ret->most;
        ret->count += count;
        ret->sum += value * count;
    }
    return true;
}

static bool put_datum(struct op_call *call, const struct json *datum)
{
    double resolution;
    struct metrics_values values;
    struct metrics_id id;
    int64_t time = in_time(datum, STR("Timestamp"), call->now_ms);
    if (!in_metric(call, datum, &id) || !in_values(call, datum, &values))
        return false;
    id.space = json_get_str(call->input, STR("Namespace"));
    if (time < call->now_ms - PAST_MS || time > call->now_ms + FUTURE_MS)
        return refuse(call, "A Timestamp is at most two weeks in the past and two hours in the future.");
    if (in_number(datum, STR("StorageResolution"), &resolution) && resolution < 60)
        return refuse(call, "A StorageResolution under 60 is not supported: values are kept by the minute.");
    if (!metrics_add(call->rooms->metrics, call->work, call->ns, &id, json_get_str(datum, STR("Unit")), time,
                     &values))
        return fault_set(&call->fault, call->arena, FAULT_LIMIT_EXCEEDED,
                         "The metric %.*s has more than %d sets of dimensions.", STR_ARG(id.name),
                         METRICS_SETS_MAX);
    return true;
}

void op_monitoring_put_metric_data(struct op_call *call)
{
    const struct json *data = json_get_typed(call->input, STR("MetricData"), JSON_ARRAY);
    if (metrics_is_of_server(json_get_str(call->input, STR("Namespace")))) {
        refuse(call, "The value AWS/ for parameter Namespace is invalid.");
        return;
    }
    if (json_get(call->input, STR("EntityMetricData"))) {
        refuse(call, "EntityMetricData is not supported yet.");
        return;
    }
    if (!data || data->count == 0 || data->count > PUT_MAX) {
        fault_set(&call->fault, call->arena,
                  !data || data->count == 0 ? FAULT_MISSING_PARAMETER : FAULT_INVALID_PARAMETER,
                  "The parameter MetricData has 1 to %d data.", PUT_MAX);
        return;
    }
    for (uint32_t i = 0; i < data->count; i++)
        if (!put_datum(call, &data->items[i]))
            return;
}

/* ---- ListMetrics ---- */

void op_monitoring_list_metrics(struct op_call *call)
{
    struct metrics_dimension *dimensions;
    struct metrics_query query = {
        .space = json_get_str(call->input, STR("Namespace")),
        .name = json_get_str(call->input, STR("MetricName")),
        .since_ms = call->now_ms - METRICS_KEPT_MS,
    };
    struct str token = json_get_str(call->input, STR("NextToken"));
    struct metrics_page page;
    if (json_is(json_get(call->input, STR("IncludeLinkedAccounts")), JSON_TRUE) ||
        json_get(call->input, STR("OwningAccount"))) {
        refuse(call,
               "IncludeLinkedAccounts and OwningAccount are not supported: there are no linked accounts.");
        return;
    }
    if (!in_dimensions(call, call->input, &dimensions, &query.dimension_count))
        return;
    query.dimensions = dimensions;
    if (str_eq(json_get_str(call->input, STR("RecentlyActive")), STR("PT3H")))
        query.since_ms = call->now_ms - 3 * HOUR_MS;
    if (token.len && (!token_read(call, token, &query.after) || str_empty(query.after))) {
        fault_set(&call->fault, call->arena, FAULT_INVALID_TOKEN, "Invalid nextToken");
        return;
    }
    if (!bad_store(call, metrics_list(call->reader, call->arena, call->ns, &query, &page)))
        return;
    struct json_writer *out = call->out;
    json_begin_object(out);
    json_key(out, STR("Metrics"));
    json_begin_array(out);
    for (size_t i = 0; i < page.count; i++) {
        json_begin_object(out);
        json_put_member_str(out, STR("Namespace"), page.ids[i].space);
        json_put_member_str(out, STR("MetricName"), page.ids[i].name);
        json_key(out, STR("Dimensions"));
        json_begin_array(out);
        for (size_t j = 0; j < page.ids[i].dimension_count; j++) {
            json_begin_object(out);
            json_put_member_str(out, STR("Name"), page.ids[i].dimensions[j].name);
            json_put_member_str(out, STR("Value"), page.ids[i].dimensions[j].value);
            json_end_object(out);
        }
        json_end_array(out);
        json_end_object(out);
    }
    json_end_array(out);
    if (page.more)
        json_put_member_str(out, STR("NextToken"), token_write(call, page.after));
    json_end_object(out);
}

/* ---- GetMetricStatistics ---- */

static bool check_statistics(struct op_call *call, const struct json *wanted,
                             const struct metrics_range *range)
{
    int64_t points = (range->end_ms - range->start_ms + range->period_ms - 1) / range->period_ms;
    if (json_get(call->input, STR("ExtendedStatistics")))
        return refuse(call, "ExtendedStatistics are not supported: Crema keeps no percentiles.");
    if (!wanted || wanted->count == 0)
        return fault_set(&call->fault, call->arena, FAULT_MISSING_PARAMETER,
                         "The parameter Statistics must be specified.");
    if (points > STATISTICS_POINTS_MAX)
        return fault_set(
            &call->fault, call->arena, FAULT_CONFLICT,
            "You have requested up to %lld datapoints, which exceeds the limit of %d. You may reduce the "
            "datapoints requested by increasing Period, or decreasing the time range.",
            (long long)points, STATISTICS_POINTS_MAX);
    return true;
}

void op_monitoring_get_metric_statistics(struct op_call *call)
{
    const struct json *wanted = json_get_typed(call->input, STR("Statistics"), JSON_ARRAY);
    struct metrics_id id;
    struct metrics_range range;
    struct metrics_point *points;
    size_t count;
    if (!in_metric(call, call->input, &id) || !in_range(call, call->input, &range) ||
        !check_statistics(call, wanted, &range) ||
        !bad_store(call, metrics_points(call->reader, call->arena, call->ns, &id,
                                        json_get_str(call->input, STR("Unit")), &range, &points, &count)))
        return;
    struct json_writer *out = call->out;
    json_begin_object(out);
    json_put_member_str(out, STR("Label"), id.name);
    json_key(out, STR("Datapoints"));
    json_begin_array(out);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(out);
        json_put_member_time(out, STR("Timestamp"), points[i].time_ms);
        for (uint32_t j = 0; j < wanted->count; j++) {
            size_t which;
            if (!statistic_of(wanted->items[j].text, &which))
                continue; /* the shape has no others */
            json_key(out, str_from(statistics[which]));
            json_put_double(out, statistic(&points[i].values, which));
        }
        json_put_member_str(out, STR("Unit"), points[i].unit);
        json_end_object(out);
    }
    json_end_array(out);
    json_end_object(out);
}

/* ---- GetMetricData ---- */

struct data_query {
    struct str id, label, unit;
    struct metrics_id metric;
    struct metrics_range range;
    size_t statistic;
    bool wanted;
    struct metrics_point *points; /* while it is written: earlier first, each time once */
    size_t count;
};

static int compare_times(const void *a, const void *b)
{
    int64_t x = ((const struct metrics_point *)a)->time_ms, y = ((const struct metrics_point *)b)->time_ms;
    return x < y ? -1 : x > y;
}

/* Points of one time, in several units, become one. */
static void merge_units(struct data_query *query)
{
    size_t kept = 0;
    if (query->count > 1)
        qsort(query->points, query->count, sizeof(*query->points), compare_times);
    for (size_t i = 0; i < query->count; i++) {
        struct metrics_point *last = kept ? &query->points[kept - 1] : NULL;
        const struct metrics_point *point = &query->points[i];
        if (!last || last->time_ms != point->time_ms) {
            query->points[kept++] = *point;
            continue;
        }
        struct metrics_values *v = &last->values;
        v->count += point->values.count;
        v->sum += point->values.sum;
        v->least = point->values.least < v->least ? point->values.least : v->least;
        v->most = point->values.most > v->most ? point->values.most : v->most;
    }
    query->count = kept;
}

static bool valid_id(struct str id)
{
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];
        bool small = c >= 'a' && c <= 'z',
             other = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        if (!small && !(i && other))
            return false;
    }
    return id.len > 0;
}

static bool query_read(struct op_call *call, const struct json *given, struct data_query *ret)
{
    const struct json *stat = json_get_typed(given, STR("MetricStat"), JSON_OBJECT);
    ret->id = json_get_str(given, STR("Id"));
    ret->label = json_get_str(given, STR("Label"));
    ret->wanted = !json_is(json_get(given, STR("ReturnData")), JSON_FALSE);
    if (!valid_id(ret->id))
        return fault_set(
            &call->fault, call->arena, FAULT_VALIDATION,
            "The value %.*s for parameter Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.",
            STR_ARG(ret->id));
    if (json_get(given, STR("Expression")))
        return fault_set(&call->fault, call->arena, FAULT_VALIDATION,
                         "Expression is not supported: Crema has no metric math. Use MetricStat.");
    if (json_get(given, STR("AccountId")))
        return fault_set(&call->fault, call->arena, FAULT_VALIDATION,
                         "AccountId is not supported: there are no linked accounts.");
    if (!stat)
        return fault_set(&call->fault, call->arena, FAULT_VALIDATION, "The query %.*s has no MetricStat.",
                         STR_ARG(ret->id));
    struct str name = json_get_str(stat, STR("Stat"));
    if (!statistic_of(name, &ret->statistic))
        return fault_set(
            &call->fault, call->arena, FAULT_VALIDATION,
            "The statistic %.*s is not supported: those are SampleCount, Average, Sum, Minimum, Maximum.",
            STR_ARG(name));
    if (!in_metric(call, json_get(stat, STR("Metric")), &ret->metric) || !in_range(call, stat, &ret->range))
        return false;
    ret->unit = json_get_str(stat, STR("Unit"));
    if (str_empty(ret->label))
        ret->label = ret->metric.name;
    return true;
}

struct data_page {
    bool descending;
    size_t skip, room; /* points before the page, and left on it */
    size_t passed;     /* points gone by */
};

/* The points of a query that are on the page: [*from, *to). */
static void page_part(struct data_page *page, size_t count, size_t *from, size_t *to)
{
    size_t skipped = page->skip > page->passed ? page->skip - page->passed : 0;
    *from = skipped < count ? skipped : count;
    *to = count - *from > page->room ? *from + page->room : count;
    page->room -= *to - *from;
    page->passed += count;
}

static const struct metrics_point *point_at(const struct data_page *page, const struct data_query *query,
                                            size_t i)
{
    return &query->points[page->descending ? query->count - 1 - i : i];
}

/* The points of a query; they live as long as the arena. A page that is full asks for none. */
static bool query_points(struct op_call *call, struct arena *arena, struct data_query *query)
{
    if (!bad_store(call, metrics_points(call->reader, arena, call->ns, &query->metric, query->unit,
                                        &query->range, &query->points, &query->count)))
        return false;
    merge_units(query);
    return true;
}

/* False: not all of it is on this page or one before. */
static bool out_result(struct json_writer *out, struct data_page *page, const struct data_query *query,
                       bool full)
{
    size_t from, to;
    page_part(page, query->count, &from, &to);
    bool whole = to == query->count && !full;
    json_begin_object(out);
    json_put_member_str(out, STR("Id"), query->id);
    json_put_member_str(out, STR("Label"), query->label);
    json_key(out, STR("Timestamps"));
    json_begin_array(out);
    for (size_t i = from; i < to; i++)
        json_put_i64(out, point_at(page, query, i)->time_ms / 1000);
    json_end_array(out);
    json_key(out, STR("Values"));
    json_begin_array(out);
    for (size_t i = from; i < to; i++)
        json_put_double(out, statistic(&point_at(page, query, i)->values, query->statistic));
    json_end_array(out);
    json_put_member_str(out, STR("StatusCode"), whole ? STR("Complete") : STR("PartialData"));
    json_end_object(out);
    return whole;
}

/* One query after the other: the points of all at once might be millions. False: with the fault set. */
static bool out_results(struct op_call *call, struct data_query *queries, size_t count,
                        struct data_page *page, bool *ret_whole)
{
    struct arena arena = { 0 };
    bool good = true;
    *ret_whole = true;
    for (size_t i = 0; good && i < count; i++) {
        struct data_query *query = &queries[i];
        bool full = page->room == 0;
        if (!query->wanted)
            continue;
        arena_reset(&arena);
        good = full || query_points(call, &arena, query);
        if (good)
            *ret_whole &= out_result(call->out, page, query, full);
    }
    arena_fini(&arena);
    return good;
}

static bool in_data_page(struct op_call *call, struct data_page *ret)
{
    double most = DATA_POINTS_MAX;
    uint64_t skip = 0;
    struct str token = json_get_str(call->input, STR("NextToken")), place;
    if (in_number(call->input, STR("MaxDatapoints"), &most) && (most < 1 || most > DATA_POINTS_MAX))
        return fault_set(&call->fault, call->arena, FAULT_VALIDATION, "MaxDatapoints is 1 to %d.",
                         DATA_POINTS_MAX);
    if (token.len && (!token_read(call, token, &place) || !key_read_u64(&place, &skip)))
        return fault_set(&call->fault, call->arena, FAULT_INVALID_TOKEN, "Invalid NextToken");
    *ret = (struct data_page){
        .descending = !str_eq(json_get_str(call->input, STR("ScanBy")), STR("TimestampAscending")),
        .skip = (size_t)skip,
        .room = (size_t)most,
    };
    return true;
}

void op_monitoring_get_metric_data(struct op_call *call)
{
    const struct json *all = json_get_typed(call->input, STR("MetricDataQueries"), JSON_ARRAY);
    struct data_page page = { 0 };
    if (all->count == 0 || all->count > DATA_QUERIES_MAX) {
        fault_set(&call->fault, call->arena, FAULT_VALIDATION, "MetricDataQueries are 1 to %d.",
                  DATA_QUERIES_MAX);
        return;
    }
    struct data_query *queries = ARENA_ARRAY(call->arena, struct data_query, all->count);
    if (!in_data_page(call, &page))
        return;
    for (uint32_t i = 0; i < all->count; i++) {
        if (!query_read(call, &all->items[i], &queries[i]))
            return;
        for (uint32_t j = 0; j < i; j++) {
            if (str_eq(queries[i].id, queries[j].id)) {
                fault_set(&call->fault, call->arena, FAULT_VALIDATION,
                          "The values for parameter Id are not unique.");
                return;
            }
        }
    }
    size_t most = page.room;
    bool whole;
    json_begin_object(call->out);
    json_key(call->out, STR("MetricDataResults"));
    json_begin_array(call->out);
    if (!out_results(call, queries, all->count, &page, &whole))
        return;
    json_end_array(call->out);
    if (!whole) {
        struct key place = { .len = 0 };
        key_u64(&place, page.skip + most);
        json_put_member_str(call->out, STR("NextToken"), token_write(call, key_str(&place)));
    }
    json_key(call->out, STR("Messages"));
    json_begin_array(call->out);
    json_end_array(call->out);
    json_end_object(call->out);
}
