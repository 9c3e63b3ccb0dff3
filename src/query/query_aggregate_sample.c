/* query_aggregate_sample.c - percentiles: of all values while they are few, then of how many lie in each of many ranges
 * whose ends are 1% apart. */
#include "query/query_aggregate.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* Ends of ranges: base to the power of n. The middle of a range is within 0.5% of all that lies in it. */
#define RANGE_BASE (1.005 / 0.995)

enum { RANGES_STEP = 256, RANGE_NONE = INT32_MAX };

struct ranges {
    int32_t first; /* number of counts[0] */
    size_t room;
    uint64_t *counts;
};

struct query_sketch {
    struct ranges above, below; /* zero, by their distance from it */
    uint64_t zeros;
};

static int32_t range_of(double distance)
{
    return (int32_t)ceil(log(distance) / log(RANGE_BASE));
}

static double range_middle(int32_t range)
{
    return 2 * pow(RANGE_BASE, range) / (RANGE_BASE + 1);
}

/* Room for the number, and some more on its side. */
static bool ranges_reach(struct ranges *ranges, int32_t range, struct query_budget *budget)
{
    int32_t first = range, end = range + 1;
    if (ranges->room) {
        if (range >= ranges->first && range < ranges->first + (int32_t)ranges->room)
            return true;
        if (range < ranges->first) {
            first = range - RANGES_STEP;
            end = ranges->first + (int32_t)ranges->room;
        } else {
            first = ranges->first;
            end = range + RANGES_STEP;
        }
    }
    size_t room = (size_t)(end - first);
    if (!query_budget_take(budget, (room - ranges->room) * sizeof(uint64_t)))
        return false;
    uint64_t *counts = calloc(room, sizeof(uint64_t));
    assert(counts);
    if (ranges->room)
        memcpy(counts + (ranges->first - first), ranges->counts, ranges->room * sizeof(uint64_t));
    free(ranges->counts);
    *ranges = (struct ranges){ first, room, counts };
    return true;
}

static bool sketch_add(struct query_sketch *sketch, double value, struct query_budget *budget)
{
    if (value == 0) {
        sketch->zeros++;
        return true;
    }
    struct ranges *ranges = value > 0 ? &sketch->above : &sketch->below;
    int32_t range = range_of(fabs(value));
    if (!ranges_reach(ranges, range, budget))
        return false;
    ranges->counts[range - ranges->first]++;
    return true;
}

static bool ranges_merge(struct ranges *ranges, const struct ranges *from, struct query_budget *budget)
{
    for (size_t i = 0; i < from->room; i++) {
        int32_t range = from->first + (int32_t)i;
        if (!from->counts[i])
            continue;
        if (!ranges_reach(ranges, range, budget))
            return false;
        ranges->counts[range - ranges->first] += from->counts[i];
    }
    return true;
}

static bool sample_to_sketch(struct query_sample *sample, struct query_budget *budget)
{
    if (!query_budget_take(budget, sizeof(struct query_sketch)))
        return false;
    sample->sketch = calloc(1, sizeof(struct query_sketch));
    assert(sample->sketch);
    for (uint64_t i = 0; i < sample->count; i++)
        if (!sketch_add(sample->sketch, sample->values[i], budget))
            return false;
    query_budget_give(budget, sample->room * sizeof(double));
    free(sample->values);
    sample->values = NULL;
    sample->room = 0;
    return true;
}

bool query_sample_add(struct query_sample *sample, double value, struct query_budget *budget)
{
    if (!sample->sketch && sample->count == QUERY_PERCENTILE_EXACT && !sample_to_sketch(sample, budget))
        return false;
    if (sample->sketch) {
        sample->count++;
        return sketch_add(sample->sketch, value, budget);
    }
    if (sample->count == sample->room) {
        size_t room = sample->room ? sample->room * 2 : 8;
        if (!query_budget_take(budget, (room - sample->room) * sizeof(double)))
            return false;
        sample->values = realloc(sample->values, room * sizeof(double));
        assert(sample->values);
        sample->room = room;
    }
    sample->values[sample->count++] = value;
    return true;
}

bool query_sample_merge(struct query_sample *sample, struct query_sample *from, struct query_budget *budget)
{
    bool good = true;
    if (from->sketch) {
        good = sample->sketch || sample_to_sketch(sample, budget);
        if (good) {
            sample->sketch->zeros += from->sketch->zeros;
            sample->count += from->count;
            good = ranges_merge(&sample->sketch->above, &from->sketch->above, budget) &&
                   ranges_merge(&sample->sketch->below, &from->sketch->below, budget);
        }
    } else {
        for (uint64_t i = 0; good && i < from->count; i++)
            good = query_sample_add(sample, from->values[i], budget);
    }
    query_sample_fini(from, budget);
    return good;
}

static int double_order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double sketch_rank(const struct query_sketch *sketch, uint64_t rank)
{
    uint64_t seen = 0;
    for (size_t i = sketch->below.room; i-- > 0;)
        if ((seen += sketch->below.counts[i]) >= rank)
            return -range_middle(sketch->below.first + (int32_t)i);
    if ((seen += sketch->zeros) >= rank)
        return 0;
    for (size_t i = 0; i < sketch->above.room; i++)
        if ((seen += sketch->above.counts[i]) >= rank)
            return range_middle(sketch->above.first + (int32_t)i);
    return 0;
}

bool query_sample_percentile(const struct query_sample *sample, double percentile, double *ret)
{
    if (sample->count == 0)
        return false;
    uint64_t rank = (uint64_t)ceil(percentile / 100 * (double)sample->count);
    if (rank < 1)
        rank = 1;
    if (rank > sample->count)
        rank = sample->count;
    if (sample->sketch) {
        *ret = sketch_rank(sample->sketch, rank);
        return true;
    }
    /* The state may be asked while it is not done: its own order stays. */
    double *sorted = malloc(sample->count * sizeof(double));
    assert(sorted);
    memcpy(sorted, sample->values, sample->count * sizeof(double));
    qsort(sorted, sample->count, sizeof(double), double_order);
    *ret = sorted[rank - 1];
    free(sorted);
    return true;
}

void query_sample_fini(struct query_sample *sample, struct query_budget *budget)
{
    query_budget_give(budget, sample->room * sizeof(double));
    free(sample->values);
    if (sample->sketch) {
        query_budget_give(budget,
                          sizeof(struct query_sketch) +
                              (sample->sketch->above.room + sample->sketch->below.room) * sizeof(uint64_t));
        free(sample->sketch->above.counts);
        free(sample->sketch->below.counts);
        free(sample->sketch);
    }
    *sample = (struct query_sample){ 0 };
}
