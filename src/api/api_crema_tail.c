/* api_crema_tail.c - TailLogs, Crema's own live tail: what there is as soon as there is something, unsampled.
 *
 * TailLogs {LogGroupIdentifiers, LogStreamNames, LogStreamNamePrefixes, FilterPattern, IntervalMilliseconds, Sampled}
 * -> the event stream of StartLiveTail, where also sessionStart says afterSequence and startTime, sessionMetadata says
 * dropped, and each event has its eventId, as FilterLogEvents gives it: an id whose sequence is above afterSequence is
 * of an event that the session gives. */
#include "api/api_logs_tail.h"
#include "api/operations.h"

enum { INTERVAL_MS = 50, SAMPLED_INTERVAL_MS = 1000 };

void op_crema_tail_logs(struct op_call *call)
{
    const struct json *interval = json_get_typed(call->input, STR("IntervalMilliseconds"), JSON_NUMBER);
    struct live_tail_request request = {
        .groups = json_get_typed(call->input, STR("LogGroupIdentifiers"), JSON_ARRAY),
        .streams = json_get_typed(call->input, STR("LogStreamNames"), JSON_ARRAY),
        .prefixes = json_get_typed(call->input, STR("LogStreamNamePrefixes"), JSON_ARRAY),
        .pattern = json_get_str(call->input, STR("FilterPattern")),
        .sampled = json_is(json_get(call->input, STR("Sampled")), JSON_TRUE),
        .own = true,
    };
    request.interval_ms = request.sampled ? SAMPLED_INTERVAL_MS : INTERVAL_MS;
    if (interval)
        (void)json_number_i64(interval->text, &request.interval_ms);
    live_tail_start(call, &request);
}
