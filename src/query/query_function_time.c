/* query_function_time.c - moments: periods, and times as numbers. */
#include "base/time.h"
#include "query/query_function.h"

#include <math.h>

enum { DAY_MS = 86400000, MONDAY_MS = 4 * DAY_MS /* 1970-01-05, the first Monday */ };

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Months since 1970-01, of which so many make one period. */
static int64_t months_of(struct query_period period)
{
    return period.count * (period.unit == QUERY_MONTH ? 1 : period.unit == QUERY_QUARTER ? 3 : 12);
}

static int64_t month_begin(int64_t month)
{
    struct time_fields fields = { .year = (int)(1970 + floor_div(month, 12)),
                                  .month = (int)(month - floor_div(month, 12) * 12) + 1,
                                  .day = 1 };
    return time_from_fields(fields);
}

static int64_t month_number(int64_t time_ms)
{
    struct time_fields fields = time_fields_of(time_ms);
    return (int64_t)(fields.year - 1970) * 12 + fields.month - 1;
}

static int64_t step_ms(struct query_period period)
{
    static const int64_t unit_ms[] = { 1, 1000, 60000, 3600000, DAY_MS, 7 * (int64_t)DAY_MS };
    return period.count * unit_ms[period.unit];
}

int64_t query_time_floor(int64_t time_ms, struct query_period period)
{
    if (period.unit >= QUERY_MONTH)
        return month_begin(floor_div(month_number(time_ms), months_of(period)) * months_of(period));
    int64_t step = step_ms(period), origin = period.unit == QUERY_WEEK ? MONDAY_MS : 0;
    return floor_div(time_ms - origin, step) * step + origin;
}

int64_t query_time_ceil(int64_t time_ms, struct query_period period)
{
    int64_t low = query_time_floor(time_ms, period);
    if (low == time_ms)
        return low;
    if (period.unit >= QUERY_MONTH)
        return month_begin(month_number(low) + months_of(period));
    return low + step_ms(period);
}

/* Of about 9,000 years around now: further off is nothing. */
static bool moment(const struct query_value *value, int64_t *ret_ms)
{
    double number;
    if (!query_number(value, &number) || fabs(number) > 253402300799999.0)
        return false;
    *ret_ms = (int64_t)floor(number);
    return true;
}

static struct query_value call_floor(const struct query_call *call)
{
    int64_t time_ms;
    return moment(&call->args[0], &time_ms) ? query_of_time(query_time_floor(time_ms, call->period))
                                            : query_null();
}

static struct query_value call_ceil(const struct query_call *call)
{
    int64_t time_ms;
    return moment(&call->args[0], &time_ms) ? query_of_time(query_time_ceil(time_ms, call->period))
                                            : query_null();
}

static struct query_value call_from_millis(const struct query_call *call)
{
    int64_t time_ms;
    return moment(&call->args[0], &time_ms) ? query_of_time(time_ms) : query_null();
}

static struct query_value call_to_millis(const struct query_call *call)
{
    double number;
    return query_number(&call->args[0], &number) ? query_of_number(number) : query_null();
}

static struct query_value call_now(const struct query_call *call)
{
    return query_of_number((double)(call->now_ms / 1000));
}

const struct query_function query_functions_time[] = {
    { "bin", 1, 1, true, call_floor }, /* the argument, @timestamp, is the parser's */
    { "datefloor", 1, 1, true, call_floor },
    { "dateceil", 1, 1, true, call_ceil },
    { "frommillis", 1, 1, false, call_from_millis },
    { "tomillis", 1, 1, false, call_to_millis },
    { "now", 0, 0, false, call_now },
    { .name = NULL },
};
