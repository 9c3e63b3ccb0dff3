/* api_crema_activity.c - what the server does, as the first page of its console shows it. */
#include "api/api_activity.h"
#include "api/operations.h"
#include "io/clock.h"
#include "store/store.h"

static void point_write(struct json_writer *out, const struct activity_point *point)
{
    const struct activity_counters *c = &point->counters;
    const struct {
        struct str name;
        uint64_t value;
    } members[] = {
        { STR("Events"), c->events },
        { STR("Matches"), c->matches },
        { STR("Delivered"), c->delivered },
        { STR("Retried"), c->retried },
        { STR("Rejected"), c->rejected },
        { STR("MissingBus"), c->missing_bus },
        { STR("ExecutionsStarted"), c->executions_started },
        { STR("ExecutionsSucceeded"), c->executions_succeeded },
        { STR("ExecutionsFailed"), c->executions_failed },
        { STR("Commands"), c->commands },
    };
    json_begin_object(out);
    json_put_member_time(out, STR("Time"), point->time_ms);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        json_put_member_i64(out, members[i].name, (int64_t)members[i].value);
    json_end_object(out);
}

/* GetActivity {Resolution: SECOND (of the last 10 minutes) or MINUTE (of the last 24 hours), Limit} -> {Version, Time,
 * StartTime, StoreBytes, JournalBytes, IntervalSeconds, Points: oldest first, the last minute still being
 * counted}. Times are the machine's, also where the server's clock is moved. */
void op_crema_get_activity(struct op_call *call)
{
    struct activity *activity = call->rooms->activity;
    bool minutes = str_eq(json_get_str(call->input, STR("Resolution")), STR("MINUTE"));
    int64_t limit = minutes ? ACTIVITY_MINUTES : ACTIVITY_SECONDS;
    const struct json *given = json_get_typed(call->input, STR("Limit"), JSON_NUMBER);
    if (given)
        (void)json_number_i64(given->text, &limit);
    struct store_stats store;
    store_stats(call->rooms->store, &store);
    size_t count;
    const struct activity_point *points =
        activity_read(activity, call->arena, minutes, (size_t)limit, &count);
    struct json_writer *out = call->out;
    json_begin_object(out);
    json_put_member_str(out, STR("Version"), STR(CREMA_VERSION));
    json_put_member_time(out, STR("Time"), clock_machine_ms());
    json_put_member_time(out, STR("StartTime"), activity_start_ms(activity));
    json_put_member_i64(out, STR("StoreBytes"), (int64_t)(store.journal_bytes + store.view_bytes));
    json_put_member_i64(out, STR("JournalBytes"), (int64_t)store.journal_bytes);
    json_put_member_i64(out, STR("IntervalSeconds"), minutes ? 60 : 1);
    json_key(out, STR("Points"));
    json_begin_array(out);
    for (size_t i = 0; i < count; i++)
        point_write(out, &points[i]);
    json_end_array(out);
    json_end_object(out);
}
