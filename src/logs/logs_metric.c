#include "logs/logs_metric.h"

#include "base/utf8.h"
#include "logs/logs_filters.h"
#include "logs/logs_pattern_impl.h"

enum { TALLIES_MAX = 256 /* of a filter, in memory, before they are written */ };

static const struct str list_name = { "metrics", 7 };

void logs_metrics_open(struct logs *logs, struct metrics *metrics)
{
    logs->metrics = metrics;
}

/* ---- what a filter says ---- */

static bool number_of(struct str text, double *ret)
{
    struct logs_number number;
    double value;
    if (!logs_number_read(text, true, &number) || !json_number_double(number.digits, &value))
        return false;
    *ret = number.negative ? -value : value;
    return value <= METRICS_VALUE_MAX;
}

static bool dimensions_read(struct arena *arena, const struct json *given, struct logs_counter *ret,
                            struct fault *reterr)
{
    uint32_t count = given ? given->count : 0;
    if (count > LOGS_METRIC_DIMENSIONS_MAX)
        return fault_set(reterr, arena, FAULT_INVALID_PARAMETER, "A metric filter has at most %d dimensions.",
                         LOGS_METRIC_DIMENSIONS_MAX);
    ret->metric.dimensions = ARENA_ARRAY(arena, struct metrics_dimension, count);
    ret->metric.dimension_count = count;
    ret->fields = ARENA_ARRAY(arena, struct logs_field, count);
    for (uint32_t i = 0; i < count; i++) {
        if (str_empty(given->members[i].key))
            return fault_set(reterr, arena, FAULT_INVALID_PARAMETER, "A dimension has no name.");
        ret->metric.dimensions[i].name = given->members[i].key;
        if (!logs_field_read(arena, &ret->pattern, given->members[i].value.text, &ret->fields[i], reterr))
            return false;
    }
    return true;
}

bool logs_counter_read(struct arena *arena, const struct json *filter, struct logs_counter *ret,
                       struct fault *reterr)
{
    const struct json *all = json_get_typed(filter, STR("transformations"), JSON_ARRAY);
    *ret = (struct logs_counter){ .constant = true };
    if (!logs_pattern_read(arena, json_get_str(filter, STR("pattern")), &ret->pattern, reterr))
        return false;
    if (!all || all->count != 1)
        return fault_set(reterr, arena, FAULT_INVALID_PARAMETER, "A metric filter has one transformation.");
    const struct json *t = &all->items[0];
    struct str value = json_get_str(t, STR("metricValue"));
    ret->metric.space = json_get_str(t, STR("metricNamespace"));
    ret->metric.name = json_get_str(t, STR("metricName"));
    ret->unit = json_get_str(t, STR("unit"));
    if (str_empty(ret->metric.space) || str_empty(ret->metric.name))
        return fault_set(reterr, arena, FAULT_INVALID_PARAMETER,
                         "metricName and metricNamespace have at least one character.");
    if (!number_of(value, &ret->value)) {
        ret->constant = false;
        if (!str_starts(value, STR("$")))
            return fault_set(reterr, arena, FAULT_INVALID_PARAMETER,
                             "metricValue '%.*s' is neither a number nor a value of the filter pattern.",
                             STR_ARG(value));
        if (!logs_field_read(arena, &ret->pattern, value, &ret->value_field, reterr))
            return false;
    }
    const struct json *other = json_get_typed(t, STR("defaultValue"), JSON_NUMBER);
    const struct json *dimensions = json_get_typed(t, STR("dimensions"), JSON_OBJECT);
    ret->has_other = other != NULL;
    if (other && !number_of(other->text, &ret->other))
        return fault_set(reterr, arena, FAULT_INVALID_PARAMETER,
                         "defaultValue is out of the range of -2^360 to 2^360.");
    if (ret->has_other && dimensions && dimensions->count)
        return fault_set(reterr, arena, FAULT_INVALID_PARAMETER,
                         "Invalid metric transformation: dimensions and default value are mutually exclusive "
                         "properties.");
    return dimensions_read(arena, dimensions, ret, reterr);
}

/* ---- counting ---- */

static void tallies_write(struct logs *logs, struct work *work, const struct logs_filters *filters,
                          struct logs_counter *counter)
{
    for (size_t i = 0; i < counter->tallies.len; i++) {
        struct logs_tally *tally = &counter->tallies.at[i];
        struct metrics_id id = counter->metric;
        id.dimensions = tally->dimensions;
        (void)metrics_add(logs->metrics, work, filters->ns, &id, counter->unit, tally->minute_ms,
                          &tally->values);
    }
    counter->tallies.len = 0;
}

static bool same_dimensions(const struct logs_counter *counter, const struct logs_tally *tally,
                            const struct metrics_dimension *dimensions)
{
    for (size_t i = 0; i < counter->metric.dimension_count; i++)
        if (!str_eq(tally->dimensions[i].value, dimensions[i].value))
            return false;
    return true;
}

static void add(struct logs *logs, struct work *work, const struct logs_filters *filters,
                struct logs_counter *counter, int64_t timestamp_ms, double value,
                const struct metrics_dimension *dimensions)
{
    struct logs_tally *found = NULL;
    int64_t minute = timestamp_ms - timestamp_ms % METRICS_MINUTE_MS;
    for (size_t i = counter->tallies.len; i > 0 && !found; i--) {
        struct logs_tally *tally = &counter->tallies.at[i - 1];
        if (tally->minute_ms == minute && same_dimensions(counter, tally, dimensions))
            found = tally;
    }
    if (!found) {
        if (counter->tallies.len == TALLIES_MAX)
            tallies_write(logs, work, filters, counter);
        struct logs_tally made = { .minute_ms = minute };
        for (size_t i = 0; i < counter->metric.dimension_count; i++)
            made.dimensions[i] = dimensions[i];
        VEC_PUSH(work->arena, &counter->tallies, made);
        found = &counter->tallies.at[counter->tallies.len - 1];
    }
    struct metrics_values *v = &found->values;
    v->least = v->count == 0 || value < v->least ? value : v->least;
    v->most = v->count == 0 || value > v->most ? value : v->most;
    v->count++;
    v->sum += value;
}

void logs_counter_see(struct logs *logs, struct work *work, const struct logs_filters *filters,
                      struct logs_counter *counter, int64_t timestamp_ms, struct str message)
{
    struct metrics_dimension dimensions[LOGS_METRIC_DIMENSIONS_MAX];
    double value = counter->value;
    if (!logs_pattern_matches(&counter->pattern, logs->matcher, message)) {
        if (counter->has_other)
            add(logs, work, filters, counter, timestamp_ms, counter->other, NULL);
        return;
    }
    struct str text;
    if (!counter->constant && (!logs_field_value(&counter->pattern, &counter->value_field, logs->matcher,
                                                 work->arena, message, &text) ||
                               !number_of(text, &value)))
        return;
    for (size_t i = 0; i < counter->metric.dimension_count; i++) {
        dimensions[i].name = counter->metric.dimensions[i].name;
        if (!logs_field_value(&counter->pattern, &counter->fields[i], logs->matcher, work->arena, message,
                              &dimensions[i].value) ||
            str_empty(dimensions[i].value) || utf8_count(dimensions[i].value) > METRICS_DIMENSION_VALUE_MAX)
            return;
    }
    add(logs, work, filters, counter, timestamp_ms, value, dimensions);
}

void logs_counter_end(struct logs *logs, struct work *work, const struct logs_filters *filters,
                      struct logs_counter *counter)
{
    tallies_write(logs, work, filters, counter);
    counter->tallies.at = NULL;
    counter->tallies.cap = 0;
}

/* ---- put, delete, list ---- */

static struct json to_json(struct arena *arena, const struct logs_metric_filter *filter)
{
    struct json_member *members = ARENA_ARRAY(arena, struct json_member, 4);
    members[0] = (struct json_member){ STR("name"), json_of_str(filter->name) };
    members[1] = (struct json_member){ STR("pattern"), json_of_str(filter->pattern) };
    members[2] = (struct json_member){ STR("transformations"), filter->transformations };
    members[3] = (struct json_member){ STR("created"), json_of_i64(arena, filter->created_ms) };
    return json_of_object(members, 4);
}

static struct logs_metric_filter from_json(const struct json *value)
{
    struct logs_metric_filter filter = {
        .name = json_get_str(value, STR("name")),
        .pattern = json_get_str(value, STR("pattern")),
        .transformations = json_of_array(NULL, 0),
        .created_ms = json_get_i64(value, STR("created")),
    };
    const struct json *all = json_get_typed(value, STR("transformations"), JSON_ARRAY);
    if (all)
        filter.transformations = *all;
    return filter;
}

bool logs_metric_filter_put(struct logs *logs, struct work *work, struct ns ns, struct str group,
                            const struct logs_metric_filter *filter, struct fault *reterr)
{
    struct logs_group found;
    struct json filters, written = to_json(work->arena, filter);
    struct logs_counter counter;
    struct logs_metric_filter made = *filter;
    if (!logs_group_get(work->reader, work->arena, ns, group, &found, reterr))
        return false;
    if (found.group_class != LOGS_CLASS_STANDARD)
        return fault_set(reterr, work->arena, FAULT_INVALID_PARAMETER,
                         "Only log groups of the class STANDARD have metric filters.");
    if (!logs_counter_read(work->arena, &written, &counter, reterr) ||
        !logs_filters_admit(work, &found, list_name, LOGS_METRIC_FILTERS_MAX, filter->name,
                            logs_pattern_has_regex(&counter.pattern), &filters, &made.created_ms, reterr))
        return false;
    logs_filters_put(logs, work, ns, &found, filters, list_name, to_json(work->arena, &made));
    return true;
}

bool logs_metric_filter_delete(struct logs *logs, struct work *work, struct ns ns, struct str group,
                               struct str name, struct fault *reterr)
{
    return logs_filters_delete(logs, work, ns, group, list_name, name, "metric", reterr);
}

bool logs_metric_filter_list(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                             struct logs_metric_filter **ret, size_t *ret_count, struct fault *reterr)
{
    const struct json *all;
    if (!logs_filters_list(reader, arena, group, list_name, &all, ret_count, reterr))
        return false;
    *ret = ARENA_ARRAY(arena, struct logs_metric_filter, *ret_count);
    for (size_t i = 0; i < *ret_count; i++)
        (*ret)[i] = from_json(&all[i]);
    return true;
}
