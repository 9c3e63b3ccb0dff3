/* api_crema_recent.c - what came through the buses lately, and the chain from an event to what it started and back
 * (bus/bus_recent.h). */
#include "api/operations.h"
#include "api/token.h"
#include "base/arn.h"
#include "bus/bus_recent.h"
#include "flow/flow.h"

enum {
    RECENT_PAGE = 50,
    LOOKED_MAX = 20000,
    EMITTED_MAX = 50,
    EXECUTIONS_MAX = 20,
    PAGE_BYTES_MAX = 4 << 20
};

static const char *const states[] = { [BUS_EVENT_MATCHED] = "MATCHED",
                                      [BUS_EVENT_UNMATCHED] = "UNMATCHED",
                                      [BUS_EVENT_MISSING_BUS] = "MISSING_BUS" };
static const char *const delivery_states[] = { [BUS_DELIVERY_PENDING] = "PENDING",
                                               [BUS_DELIVERY_RETRYING] = "RETRYING",
                                               [BUS_DELIVERY_DELIVERED] = "DELIVERED",
                                               [BUS_DELIVERY_REJECTED] = "REJECTED" };

static void switched_off(struct op_call *call)
{
    fault_set(&call->fault, call->arena, FAULT_VALIDATION,
              "This server keeps no recent events: it was started with recent_events_max 0.");
}

static void put_given(struct json_writer *out, struct str name, struct str text)
{
    if (text.len)
        json_put_member_str(out, name, text);
}

static uint32_t deliveries_in(const struct bus_recent_event *event, enum bus_delivery_state state)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < event->delivery_count; i++)
        count += event->deliveries[i].state == state;
    return count;
}

/* ---- an event ---- */

static void link_members(struct json_writer *out, const struct bus_recent_event *event)
{
    json_put_member_str(out, STR("EventId"), event->id);
    json_put_member_str(out, STR("EventBusName"), event->bus);
    json_put_member_str(out, STR("State"), str_from(states[event->state]));
    json_put_member_str(out, STR("Source"), event->source);
    json_put_member_str(out, STR("DetailType"), event->detail_type);
    json_put_member_time(out, STR("ArrivalTime"), event->arrived_ms);
}

static void event_members(struct json_writer *out, const struct bus_recent_event *event)
{
    link_members(out, event);
    json_put_member_i64(out, STR("RuleCount"), event->rules);
    json_put_member_i64(out, STR("DeliveryCount"), event->delivery_count);
    json_put_member_i64(out, STR("DeliveredCount"), deliveries_in(event, BUS_DELIVERY_DELIVERED));
    json_put_member_i64(out, STR("RejectedCount"), deliveries_in(event, BUS_DELIVERY_REJECTED));
    put_given(out, STR("EmittedBy"), event->emitted_by);
    json_put_member_i64(out, STR("Hops"), event->hops);
    json_put_member_i64(out, STR("EventBytes"), (int64_t)event->text_bytes);
    put_given(out, STR("Event"), event->text);
}

/* ---- ListRecentEvents ---- */

/* The token is a number. */
static bool number_read(struct op_call *call, struct str name, uint64_t *ret)
{
    struct str token = json_get_str(call->input, name), bytes;
    int64_t number = 0;
    if (token.len && (!token_read(call, token, &bytes) || !str_to_i64(bytes, &number) || number <= 0))
        return fault_set(&call->fault, call->arena, FAULT_VALIDATION, "Parameter %.*s is not valid.",
                         STR_ARG(name));
    *ret = (uint64_t)number;
    return true;
}

static void number_write(struct op_call *call, struct str name, uint64_t number)
{
    json_put_member_str(call->out, name,
                        token_write(call, arena_printf(call->arena, "%llu", (unsigned long long)number)));
}

static enum bus_recent_state state_read(struct str text)
{
    for (size_t i = BUS_EVENT_MATCHED; i < sizeof(states) / sizeof(states[0]); i++)
        if (str_eq(text, str_from(states[i])))
            return (enum bus_recent_state)i;
    return 0;
}

/* ListRecentEvents {EventBusName, State, Source, DetailType, Limit, NextToken, FromToken} -> {Since, Events: newest
 * first, NextToken: further back, NewestToken: as FromToken, what comes from now on}. A page may have few events, or
 * none, with a NextToken. */
void op_crema_list_recent_events(struct op_call *call)
{
    struct bus_recent_query query = {
        .ns = call->ns,
        .state = state_read(json_get_str(call->input, STR("State"))),
        .source = json_get_str(call->input, STR("Source")),
        .detail_type = json_get_str(call->input, STR("DetailType")),
        .looked_max = LOOKED_MAX,
        .limit = RECENT_PAGE,
    };
    const struct json *limit = json_get_typed(call->input, STR("Limit"), JSON_NUMBER);
    struct str bus_name = json_get_str(call->input, STR("EventBusName"));
    int64_t number;
    bus_recent_events events = { 0 };
    if (limit && json_number_i64(limit->text, &number))
        query.limit = (size_t)number;
    if (!number_read(call, STR("NextToken"), &query.below) ||
        !number_read(call, STR("FromToken"), &query.above) ||
        (bus_name.len && !bus_name_of(call->arena, call->ns, bus_name, &query.bus, &call->fault)))
        return;
    if (!bus_recent_list(call->rooms->bus, call->arena, &query, &events)) {
        switched_off(call);
        return;
    }
    struct json_writer *out = call->out;
    size_t shown = 0;
    json_begin_object(out);
    json_put_member_time(out, STR("Since"), query.since_ms);
    json_key(out, STR("Events"));
    json_begin_array(out);
    while (shown < events.len && out->out->len < PAGE_BYTES_MAX) {
        json_begin_object(out);
        event_members(out, &events.at[shown++]);
        json_end_object(out);
    }
    json_end_array(out);
    if (shown < events.len)
        number_write(call, STR("NextToken"), events.at[shown - 1].number);
    else if (query.next_below)
        number_write(call, STR("NextToken"), query.next_below);
    number_write(call, STR("NewestToken"), query.newest);
    json_end_object(out);
}

/* ---- traces ---- */

static void links_write(struct op_call *call, struct str name, struct str execution_arn)
{
    struct bus_recent_query query = {
        .ns = call->ns, .emitted_by = execution_arn, .limit = EMITTED_MAX, .looked_max = SIZE_MAX
    };
    bus_recent_events events = { 0 };
    (void)bus_recent_list(call->rooms->bus, call->arena, &query, &events);
    json_key(call->out, name);
    json_begin_array(call->out);
    for (size_t i = events.len; i > 0; i--) { /* in the order in which they were put */
        json_begin_object(call->out);
        link_members(call->out, &events.at[i - 1]);
        json_end_object(call->out);
    }
    json_end_array(call->out);
}

/* Where a delivery went, in the terms of who has it now. */
static void place_write(struct op_call *call, const struct bus_recent_delivery *delivery,
                        unsigned *executions)
{
    struct json_writer *out = call->out;
    struct arn arn;
    struct str type, name, rest;
    if (!arn_parse(delivery->target_arn, &arn))
        return;
    if (str_eq(arn.service, STR("logs"))) {
        (void)str_cut(arn.resource, ':', &type, &name);
        (void)str_cut(name, ':', &name, &rest);
        json_put_member_str(out, STR("LogGroupName"), name);
        put_given(out, STR("LogStreamName"), delivery->place);
        if (delivery->place.len)
            json_put_member_time(out, STR("LogEventTime"), delivery->time_ms);
    } else if (str_eq(arn.service, STR("states")) && delivery->place.len) {
        json_put_member_str(out, STR("ExecutionArn"), delivery->place);
        if ((*executions)++ < EXECUTIONS_MAX)
            links_write(call, STR("Emitted"), delivery->place);
    } else if (str_eq(arn.service, STR("events")) && str_cut(arn.resource, '/', &type, &name)) {
        json_put_member_str(out, STR("EventBusName"), name);
    }
}

static void delivery_write(struct op_call *call, const struct bus_recent_delivery *delivery,
                           unsigned *executions)
{
    struct json_writer *out = call->out;
    json_begin_object(out);
    json_put_member_str(out, STR("RuleArn"), delivery->rule_arn);
    json_put_member_str(out, STR("TargetId"), delivery->target_id);
    json_put_member_str(out, STR("TargetArn"), delivery->target_arn);
    json_put_member_str(out, STR("State"), str_from(delivery_states[delivery->state]));
    json_put_member_i64(out, STR("Attempts"), delivery->attempts);
    put_given(out, STR("ErrorCode"), delivery->error);
    put_given(out, STR("ErrorMessage"), delivery->cause);
    place_write(call, delivery, executions);
    json_end_object(out);
}

/* The id of the event that wrote into the log stream; false: it is not known. */
static bool event_of_stream(struct op_call *call, struct str stream, struct str group, struct str *ret_id)
{
    struct bus_recent_query query = {
        .ns = call->ns, .place = stream, .limit = RECENT_PAGE, .looked_max = SIZE_MAX
    };
    bus_recent_events events = { 0 };
    (void)bus_recent_list(call->rooms->bus, call->arena, &query, &events);
    struct str part = arena_printf(call->arena, ":log-group:%.*s", STR_ARG(group));
    for (size_t i = 0; i < events.len; i++)
        for (uint32_t k = 0; k < events.at[i].delivery_count; k++) {
            const struct bus_recent_delivery *delivery = &events.at[i].deliveries[k];
            struct str arn = delivery->target_arn;
            if (str_ends(arn, STR(":*")))
                arn.len -= 2;
            if (str_eq(delivery->place, stream) && (str_empty(group) || str_ends(arn, part))) {
                *ret_id = events.at[i].id;
                return true;
            }
        }
    return false;
}

/* The event of the history with that id; the array is in order, with ids from 1. */
static const struct json *history_event(const struct json *events, int64_t id)
{
    return id >= 1 && id <= events->count ? &events->items[id - 1] : NULL;
}

static int64_t id_of(const struct json *event, struct str member)
{
    const struct json *number = json_get_typed(event, member, JSON_NUMBER);
    int64_t id;
    return number && json_number_i64(number->text, &id) ? id : 0;
}

/* The state of the execution that put the event: its task got the event's id for an answer. Nothing is written where
 * the history does not tell: it has none (Express), it is longer than HISTORY_MAX, the answer has not come yet. */
static void state_write(struct op_call *call, struct str execution_arn, struct str event_id)
{
    enum { HISTORY_MAX = 1000 };
    uint32_t next = 0;
    struct buf text;
    struct json_writer writer;
    struct json events;
    struct fault ignored = { 0 };
    buf_init(&text, PAGE_BYTES_MAX);
    json_writer_init(&writer, &text);
    json_begin_array(&writer);
    bool there = flow_history_write(call->rooms->flow, call->reader, call->arena, call->ns, execution_arn,
                                    false, true, HISTORY_MAX, &next, &writer, &ignored);
    json_end_array(&writer);
    there = there && !text.err &&
            json_read(call->arena, arena_copy(call->arena, buf_str(&text)), 0, &events, NULL) == ERR_OK;
    buf_fini(&text);
    const struct json *event = NULL;
    for (uint32_t i = 0; there && i < events.count && !event; i++) {
        struct str type = json_get_str(&events.items[i], STR("type"));
        bool answered = str_eq(type, STR("TaskSucceeded")) || str_eq(type, STR("TaskSubmitted"));
        if (answered && str_find(events.items[i].raw, event_id) != STR_NOT_FOUND)
            event = &events.items[i];
    }
    while (event && !str_eq(json_get_str(event, STR("type")), STR("TaskStateEntered"))) {
        int64_t before = id_of(event, STR("previousEventId"));
        event = before < id_of(event, STR("id")) ? history_event(&events, before) : NULL;
    }
    if (!event)
        return;
    json_put_member_str(call->out, STR("StateName"),
                        json_get_str(json_get(event, STR("stateEnteredEventDetails")), STR("name")));
    json_put_member_i64(call->out, STR("StateEnteredEventId"), id_of(event, STR("id")));
}

/* GetEventTrace {EventId} or {LogGroupName, LogStreamName} -> {Since, EventId, EmittedBy, StateName,
 * StateEnteredEventId, Hops}: what put the event, and the event on each bus that it went through, with its deliveries:
 * how each went, where it arrived, and what the executions that it started put on buses. */
void op_crema_get_event_trace(struct op_call *call)
{
    struct str id = json_get_str(call->input, STR("EventId")),
               stream = json_get_str(call->input, STR("LogStreamName")),
               group = json_get_str(call->input, STR("LogGroupName"));
    bus_recent_events hops = { 0 };
    int64_t since_ms;
    unsigned executions = 0;
    if (str_empty(id) == str_empty(stream) || (group.len && str_empty(stream))) {
        fault_set(&call->fault, call->arena, FAULT_VALIDATION,
                  "Give either EventId, or LogStreamName with its LogGroupName.");
        return;
    }
    bool known = stream.len == 0 || event_of_stream(call, stream, group, &id);
    if (!bus_recent_get(call->rooms->bus, call->arena, call->ns, id, &since_ms, &hops)) {
        switched_off(call);
        return;
    }
    if (!known || hops.len == 0) {
        fault_set(
            &call->fault, call->arena, FAULT_NOT_FOUND,
            "The event is not among the recent ones. A server knows those since its start, and the latest "
            "of them (recent_events_max).");
        return;
    }
    struct json_writer *out = call->out;
    json_begin_object(out);
    json_put_member_time(out, STR("Since"), since_ms);
    json_put_member_str(out, STR("EventId"), hops.at[0].id);
    put_given(out, STR("EmittedBy"), hops.at[0].emitted_by);
    if (hops.at[0].emitted_by.len)
        state_write(call, hops.at[0].emitted_by, hops.at[0].id);
    json_key(out, STR("Hops"));
    json_begin_array(out);
    for (size_t i = 0; i < hops.len; i++) {
        json_begin_object(out);
        event_members(out, &hops.at[i]);
        json_key(out, STR("Deliveries"));
        json_begin_array(out);
        for (uint32_t k = 0; k < hops.at[i].delivery_count; k++)
            delivery_write(call, &hops.at[i].deliveries[k], &executions);
        json_end_array(out);
        json_end_object(out);
    }
    json_end_array(out);
    json_end_object(out);
}

/* GetExecutionTrace {ExecutionArn} -> {Since, StartedBy, Emitted}: the event that started the execution, by which
 * rule, and the events that it put. Without StartedBy: it was started otherwise, or before Since. */
void op_crema_get_execution_trace(struct op_call *call)
{
    struct bus_recent_query query = {
        .ns = call->ns,
        .place = json_get_str(call->input, STR("ExecutionArn")),
        .limit = 1,
        .looked_max = SIZE_MAX,
    };
    bus_recent_events events = { 0 };
    if (!bus_recent_list(call->rooms->bus, call->arena, &query, &events)) {
        switched_off(call);
        return;
    }
    struct json_writer *out = call->out;
    json_begin_object(out);
    json_put_member_time(out, STR("Since"), query.since_ms);
    for (size_t i = 0; i < events.len; i++) {
        const struct bus_recent_delivery *delivery = events.at[i].deliveries;
        while (!str_eq(delivery->place, query.place))
            delivery++;
        json_key(out, STR("StartedBy"));
        json_begin_object(out);
        link_members(out, &events.at[i]);
        json_put_member_str(out, STR("RuleArn"), delivery->rule_arn);
        json_put_member_str(out, STR("TargetId"), delivery->target_id);
        json_end_object(out);
    }
    links_write(call, STR("Emitted"), query.place);
    json_end_object(out);
}
