#include "query/query_aggregate.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* ---- sums in twice the digits of a double ---- */

struct sum {
    double high, low;
};

static void sum_add(struct sum *sum, double value)
{
    double high = sum->high + value, part = high - sum->high;
    double error = (sum->high - (high - part)) + (value - part);
    error += sum->low;
    sum->high = high + error;
    sum->low = error - (sum->high - high);
}

static void sum_merge(struct sum *sum, const struct sum *from)
{
    sum_add(sum, from->high);
    sum_add(sum, from->low);
}

/* The square as two doubles whose sum is exact. */
static void sum_add_square(struct sum *sum, double value)
{
    double square = value * value;
    sum_add(sum, square);
    sum_add(sum, fma(value, value, -square));
}

struct count_state {
    uint64_t count;
};

struct sum_state {
    uint64_t count;
    struct sum sum;
};

struct deviation_state {
    uint64_t count;
    struct sum sum, squares;
};

/* A value that was met, with where. */
struct kept_state {
    bool has, is_number;
    struct query_value value; /* its text is an allocation */
    double number;
    struct query_origin origin;
    uint32_t item;
};

size_t query_state_size(const struct query_aggregate *aggregate)
{
    switch (aggregate->kind) {
    case QUERY_COUNT:
        return sizeof(struct count_state);
    case QUERY_COUNT_DISTINCT:
        return sizeof(struct query_distinct);
    case QUERY_SUM:
    case QUERY_AVERAGE:
        return sizeof(struct sum_state);
    case QUERY_DEVIATION:
        return sizeof(struct deviation_state);
    case QUERY_PERCENTILE:
        return sizeof(struct query_sample);
    default:
        return sizeof(struct kept_state);
    }
}

/* ---- values that are kept ---- */

static int origin_compare(const struct kept_state *a, const struct kept_state *b)
{
    if (a->origin.timestamp_ms != b->origin.timestamp_ms)
        return a->origin.timestamp_ms < b->origin.timestamp_ms ? -1 : 1;
    if (a->origin.sequence != b->origin.sequence)
        return a->origin.sequence < b->origin.sequence ? -1 : 1;
    if (a->origin.group != b->origin.group)
        return a->origin.group < b->origin.group ? -1 : 1;
    return (a->item > b->item) - (a->item < b->item);
}

static int text_compare(struct arena *scratch, const struct kept_state *a, const struct kept_state *b)
{
    return str_compare(query_text(scratch, &a->value), query_text(scratch, &b->value));
}

/* Whether a is to be kept rather than b. */
static bool is_better(enum query_aggregate_kind kind, struct arena *scratch, const struct kept_state *a,
                      const struct kept_state *b)
{
    int order;
    if (!b->has)
        return true;
    switch (kind) {
    case QUERY_EARLIEST:
        return origin_compare(a, b) < 0;
    case QUERY_LATEST:
        return origin_compare(a, b) > 0;
    case QUERY_MIN:
    case QUERY_MAX:
        if (a->is_number != b->is_number)
            return a->is_number; /* numbers, when there are some */
        break;
    default:
        break;
    }
    order = query_sort_compare(scratch, &a->value, &b->value);
    if (order == 0)
        return text_compare(scratch, a, b) < 0;
    return kind == QUERY_MAX || kind == QUERY_SORTS_LAST ? order > 0 : order < 0;
}

static void kept_fini(struct kept_state *state, struct query_budget *budget)
{
    if (state->has && state->value.type == QUERY_TEXT) {
        query_budget_give(budget, state->value.text.len + 1);
        free((void *)(uintptr_t)state->value.text.ptr);
    }
    state->has = false;
}

static bool kept_take(struct kept_state *state, const struct kept_state *better, struct query_budget *budget)
{
    struct kept_state copy = *better;
    if (copy.value.type == QUERY_TEXT) {
        size_t len = copy.value.text.len;
        if (!query_budget_take(budget, len + 1))
            return false;
        char *text = malloc(len + 1);
        assert(text);
        if (len)
            memcpy(text, copy.value.text.ptr, len);
        copy.value.text = str_of(text, len);
    }
    kept_fini(state, budget);
    *state = copy;
    return true;
}

static bool kept_add(const struct query_aggregate *aggregate, struct kept_state *state,
                     struct query_record *record, struct query_value value, struct query_budget *budget)
{
    struct kept_state one = {
        .has = true, .value = value, .origin = record->origin, .item = record->place.item
    };
    if (one.value.type == QUERY_JSON)
        one.value = query_of_text(query_text(&record->arena, &value));
    one.is_number = query_number(&one.value, &one.number);
    return !is_better(aggregate->kind, &record->arena, &one, state) || kept_take(state, &one, budget);
}

/* ---- add ---- */

static bool add_number(const struct query_aggregate *aggregate, void *state, double number,
                       struct query_budget *budget)
{
    if (aggregate->kind == QUERY_PERCENTILE)
        return query_sample_add(state, number, budget);
    if (aggregate->kind == QUERY_DEVIATION) {
        struct deviation_state *deviation = state;
        deviation->count++;
        sum_add(&deviation->sum, number);
        sum_add_square(&deviation->squares, number);
        return true;
    }
    struct sum_state *sum = state;
    sum->count++;
    sum_add(&sum->sum, number);
    return true;
}

bool query_state_add(const struct query_aggregate *aggregate, void *state, struct query_record *record,
                     struct query_budget *budget)
{
    double number;
    if (!aggregate->node) {
        ((struct count_state *)state)->count++;
        return true;
    }
    struct query_value value = query_evaluate(record, aggregate->node);
    if (value.type == QUERY_NULL)
        return true;
    switch (aggregate->kind) {
    case QUERY_COUNT:
        ((struct count_state *)state)->count++;
        return true;
    case QUERY_COUNT_DISTINCT:
        return query_distinct_add(state, query_text(&record->arena, &value), budget);
    case QUERY_SUM:
    case QUERY_AVERAGE:
    case QUERY_DEVIATION:
    case QUERY_PERCENTILE:
        return !query_number(&value, &number) || add_number(aggregate, state, number, budget);
    default:
        return kept_add(aggregate, state, record, value, budget);
    }
}

/* ---- merge ---- */

bool query_state_merge(const struct query_aggregate *aggregate, void *state, void *from,
                       struct arena *scratch, struct query_budget *budget)
{
    switch (aggregate->kind) {
    case QUERY_COUNT:
        ((struct count_state *)state)->count += ((struct count_state *)from)->count;
        return true;
    case QUERY_COUNT_DISTINCT:
        return query_distinct_merge(state, from, budget);
    case QUERY_PERCENTILE:
        return query_sample_merge(state, from, budget);
    case QUERY_SUM:
    case QUERY_AVERAGE:
        ((struct sum_state *)state)->count += ((struct sum_state *)from)->count;
        sum_merge(&((struct sum_state *)state)->sum, &((struct sum_state *)from)->sum);
        return true;
    case QUERY_DEVIATION:
        ((struct deviation_state *)state)->count += ((struct deviation_state *)from)->count;
        sum_merge(&((struct deviation_state *)state)->sum, &((struct deviation_state *)from)->sum);
        sum_merge(&((struct deviation_state *)state)->squares, &((struct deviation_state *)from)->squares);
        return true;
    default:
        break;
    }
    struct kept_state *kept = state, *other = from;
    if (!other->has)
        return true;
    if (is_better(aggregate->kind, scratch, other, kept)) {
        kept_fini(kept, budget);
        *kept = *other;
        other->has = false;
    } else {
        kept_fini(other, budget);
    }
    return true;
}

/* ---- results ---- */

/* Of all values, not of a sample of them. */
static struct query_value deviation(const struct deviation_state *state)
{
    if (state->count == 0)
        return query_null();
    double count = (double)state->count, mean = state->sum.high / count;
    /* squares - sum * mean, in twice the digits */
    struct sum rest = state->squares;
    double product = state->sum.high * mean;
    sum_add(&rest, -product);
    sum_add(&rest, -fma(state->sum.high, mean, -product));
    sum_add(&rest, -state->sum.low * mean);
    double variance = rest.high / count;
    return query_of_number(variance > 0 ? sqrt(variance) : 0);
}

struct query_value query_state_result(const struct query_aggregate *aggregate, const void *state,
                                      struct arena *arena)
{
    const struct sum_state *sum = state;
    const struct kept_state *kept = state;
    double number;
    switch (aggregate->kind) {
    case QUERY_COUNT:
        return query_of_number((double)((const struct count_state *)state)->count);
    case QUERY_COUNT_DISTINCT:
        return query_of_number((double)query_distinct_count(state));
    case QUERY_SUM:
        return sum->count ? query_of_number(sum->sum.high) : query_null();
    case QUERY_AVERAGE:
        return sum->count ? query_of_number(sum->sum.high / (double)sum->count) : query_null();
    case QUERY_DEVIATION:
        return deviation(state);
    case QUERY_PERCENTILE:
        return query_sample_percentile(state, aggregate->percentile, &number) ? query_of_number(number)
                                                                              : query_null();
    default:
        break;
    }
    if (!kept->has)
        return query_null();
    struct query_value value = kept->value;
    if (value.type == QUERY_TEXT)
        value.text = arena_copy(arena, value.text);
    return value;
}

void query_state_fini(const struct query_aggregate *aggregate, void *state, struct query_budget *budget)
{
    switch (aggregate->kind) {
    case QUERY_COUNT_DISTINCT:
        query_distinct_fini(state, budget);
        break;
    case QUERY_PERCENTILE:
        query_sample_fini(state, budget);
        break;
    case QUERY_COUNT:
    case QUERY_SUM:
    case QUERY_AVERAGE:
    case QUERY_DEVIATION:
        break;
    default:
        kept_fini(state, budget);
        break;
    }
}
