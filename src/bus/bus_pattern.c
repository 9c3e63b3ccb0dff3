/* bus_pattern.c - event patterns, with faults for what is wrong with them. */
#include "bus/bus_impl.h"

#include <limits.h>

const struct pattern_limits bus_pattern_unlimited = {
    .bytes_max = SIZE_MAX, .conjunctions_max = UINT_MAX, .wildcard_cost_max = UINT_MAX, .kept = true
};

bool bus_pattern_compile(const struct pattern_limits *limits, struct arena *arena, struct str text,
                         struct pattern **ret, struct fault *reterr)
{
    struct str why;
    if (pattern_compile(arena, text, limits, ret, &why))
        return fault_set(reterr, arena, FAULT_INVALID_EVENT_PATTERN, "%.*s", STR_ARG(why));
    return true;
}

bool bus_pattern_test(const struct bus_settings *settings, struct arena *arena, struct str pattern_text,
                      struct str event_text, bool *ret, struct fault *reterr)
{
    struct pattern *pattern;
    struct json event;
    if (!bus_pattern_compile(&settings->patterns, arena, pattern_text, &pattern, reterr))
        return false;
    if (json_read(arena, event_text, 0, &event, NULL) || !pattern_event_check(&event))
        return fault_set(reterr, arena, FAULT_VALIDATION, "Parameter Event is not valid.");
    *ret = matcher_match_once(pattern, &event);
    return true;
}
