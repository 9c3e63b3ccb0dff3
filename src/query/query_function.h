/* query_function.h - the functions of expressions, by name. */
#ifndef QUERY_QUERY_FUNCTION_H
#define QUERY_QUERY_FUNCTION_H

#include "query/query_plan.h"

struct query_call {
    struct arena *arena; /* of the record: what is made lives there */
    size_t room;         /* bytes that it may still take */
    bool *over;          /* said when it would take more */
    int64_t now_ms;
    struct query_period period;
    const struct query_value *args;
    size_t count;
};

typedef struct query_value query_call_f(const struct query_call *call);

struct query_function {
    const char *name; /* compared without regard to case */
    unsigned args_min, args_max;
    bool has_period; /* a period behind the arguments */
    query_call_f *call;
};

enum { QUERY_ARGS_MAX = 64 };

/* Whether there is room for so many bytes; the query fails when there is not. */
static inline bool query_call_takes(const struct query_call *call, size_t bytes)
{
    *call->over |= bytes > call->room;
    return bytes <= call->room;
}

/* NULL: there is none. */
const struct query_function *query_function_named(struct str name);

/* Down to the period's begin; weeks begin on Monday, months and longer are of the calendar, in UTC. */
int64_t query_time_floor(int64_t time_ms, struct query_period period);
int64_t query_time_ceil(int64_t time_ms, struct query_period period);

/* One file each kind; each list ends with a name NULL. */
extern const struct query_function query_functions_number[], query_functions_text[], query_functions_time[],
    query_functions_address[], query_functions_json[];

#endif
