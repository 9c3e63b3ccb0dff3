/* api_crema.c - operations of Crema's own, beside those of the services: what its tools
 * ask of a running server. */
#include "api/operations.h"
#include "api/token.h"
#include "bus/bus.h"
#include "store/key.h"
#include "store/store.h"

/* Backup {Folder} -> {Folder, Sequence}: a consistent copy of the store, up to the last durable
 * batch, in an absent or empty folder of the server's machine. ValidationException says why not. */
void op_crema_backup(struct op_call *call)
{
    struct str folder = json_get_str(call->input, STR("Folder"));
    struct diag diag;
    struct store_stats stats;
    enum err err = store_backup(call->rooms->store, arena_cstr(call->arena, folder), &diag);
    if (err) {
        fault_set(&call->fault, call->arena,
                  err == ERR_UNSUPPORTED ? FAULT_UNKNOWN_OPERATION : FAULT_VALIDATION, "%s", diag.text);
        return;
    }
    store_stats(call->rooms->store, &stats);
    json_begin_object(call->out);
    json_put_member_str(call->out, STR("Folder"), folder);
    json_put_member_i64(call->out, STR("Sequence"), (int64_t)stats.sequence);
    json_end_object(call->out);
}

/* ---- ListInbox ---- */

enum { INBOX_PAGE = 50, INBOX_LOOKED_MAX = 1000 };

static void put_text(struct json_writer *out, struct str name, const struct json *record, struct str member)
{
    struct str text = json_get_str(record, member);
    if (text.len)
        json_put_member_str(out, name, text);
}

static void put_number(struct json_writer *out, struct str name, const struct json *record, struct str member)
{
    int64_t number;
    const struct json *value = json_get_typed(record, member, JSON_NUMBER);
    if (value && json_number_i64(value->text, &number))
        json_put_member_i64(out, name, number);
}

static void inbox_entry_write(struct json_writer *out, const struct bus_inbox_entry *entry)
{
    const struct json *record = &entry->record;
    int64_t time_ms = 0;
    const struct json *time = json_get_typed(record, STR("time"), JSON_NUMBER);
    json_begin_object(out);
    json_put_member_i64(out, STR("Number"), (int64_t)entry->number);
    if (time && json_number_i64(time->text, &time_ms))
        json_put_member_time(out, STR("Time"), time_ms);
    put_text(out, STR("Reason"), record, STR("reason"));
    put_text(out, STR("EventBusName"), record, STR("bus"));
    put_text(out, STR("EventId"), record, STR("event"));
    put_text(out, STR("RuleArn"), record, STR("rule"));
    put_text(out, STR("LogGroupArn"), record, STR("group"));
    put_text(out, STR("TargetId"), record, STR("target"));
    put_text(out, STR("TargetArn"), record, STR("arn"));
    put_number(out, STR("Attempts"), record, STR("attempts"));
    put_text(out, STR("ErrorCode"), record, STR("error"));
    put_text(out, STR("ErrorMessage"), record, STR("cause"));
    put_number(out, STR("EventBytes"), record, STR("bytes"));
    put_text(out, STR("Event"), record, STR("payload"));
    json_end_object(out);
}

static bool inbox_entry_of(const struct bus_inbox_entry *entry, struct ns ns)
{
    return str_eq(json_get_str(&entry->record, STR("account")), ns.account) &&
           str_eq(json_get_str(&entry->record, STR("region")), ns.region);
}

/* Where the list goes on: entries below this number. False: the token is none of this list. */
static bool inbox_start(struct op_call *call, uint64_t *ret_below)
{
    struct str token = json_get_str(call->input, STR("NextToken")), bytes;
    int64_t below = 0;
    if (token.len && (!token_read(call, token, &bytes) || !str_to_i64(bytes, &below) || below <= 0))
        return fault_set(&call->fault, call->arena, FAULT_VALIDATION, "Parameter NextToken is not valid.");
    *ret_below = (uint64_t)below;
    return true;
}

/* ListInbox {Limit, NextToken} -> {Entries: newest first, NextToken}: events of this
 * account and region that could not go where they should, because their bus does not
 * exist or a delivery failed for good. A page may be empty with a token. */
void op_crema_list_inbox(struct op_call *call)
{
    int64_t limit = INBOX_PAGE;
    uint64_t below = 0;
    const struct json *given = json_get_typed(call->input, STR("Limit"), JSON_NUMBER);
    if (given)
        (void)json_number_i64(given->text, &limit);
    if (!inbox_start(call, &below))
        return;
    struct bus_look look = {
        .reader = call->reader, .arena = call->arena, .ns = call->ns, .partition = PARTITION_ONLY
    };
    bus_inbox_entries entries = { 0 };
    if (bus_inbox_list(&look, below, INBOX_LOOKED_MAX, &entries) != ERR_OK) {
        fault_set(&call->fault, call->arena, FAULT_INTERNAL, "The inbox cannot be read.");
        return;
    }
    size_t at = 0;
    json_begin_object(call->out);
    json_key(call->out, STR("Entries"));
    json_begin_array(call->out);
    for (; at < entries.len && limit > 0; at++) {
        if (!inbox_entry_of(&entries.at[at], call->ns))
            continue;
        inbox_entry_write(call->out, &entries.at[at]);
        limit--;
    }
    json_end_array(call->out);
    if (at < entries.len || entries.len == INBOX_LOOKED_MAX)
        json_put_member_str(call->out, STR("NextToken"),
                            token_write(call, arena_printf(call->arena, "%llu",
                                                           (unsigned long long)entries.at[at - 1].number)));
    json_end_object(call->out);
}

/* ---- ExplainPattern, ExplainEvent ---- */

enum { EXPLAIN_PAGE = 20, EXPLAIN_BYTES_MAX = 1024 * 1024 };

/* ExplainPattern {EventPattern, Event} -> {Explanation}: why the pattern matches the event, or does not. The event
 * is any JSON object. */
void op_crema_explain_pattern(struct op_call *call)
{
    struct pattern_explanation explanation;
    if (!bus_pattern_explain(bus_settings_of(call->rooms->bus), call->arena,
                             json_get_str(call->input, STR("EventPattern")),
                             json_get_str(call->input, STR("Event")), &explanation, &call->fault))
        return;
    json_begin_object(call->out);
    json_key(call->out, STR("Explanation"));
    pattern_explanation_write(&explanation, call->out);
    json_end_object(call->out);
}

/* The token is the number of rules that were shown. */
static bool explain_start(struct op_call *call, struct bus_explain_page *ret)
{
    struct str token = json_get_str(call->input, STR("NextToken")), bytes;
    int64_t from = 0, limit = EXPLAIN_PAGE;
    const struct json *given = json_get_typed(call->input, STR("Limit"), JSON_NUMBER);
    if (given)
        (void)json_number_i64(given->text, &limit);
    if (token.len && (!token_read(call, token, &bytes) || !str_to_i64(bytes, &from) || from <= 0))
        return fault_set(&call->fault, call->arena, FAULT_VALIDATION, "Parameter NextToken is not valid.");
    *ret = (struct bus_explain_page){ .from = (size_t)from, .limit = (size_t)limit };
    return true;
}

static void explained_write(struct json_writer *out, const struct bus_explained *explained)
{
    json_begin_object(out);
    json_put_member_str(out, STR("Name"), explained->rule.name);
    json_put_member_str(out, STR("Arn"), explained->rule.arn);
    json_put_member_str(out, STR("State"), explained->rule.state);
    json_put_member_str(out, STR("EventPattern"), explained->rule.pattern);
    json_key(out, STR("Explanation"));
    pattern_explanation_write(&explained->explanation, out);
    json_end_object(out);
}

/* ExplainEvent {Event, EventBusName, Limit, NextToken} -> {Rules, RuleCount, MatchedCount, NextToken}: the rules of
 * the bus, those that match the event first, the others as near as they came to it. A page ends early when it has
 * become large. */
void op_crema_explain_event(struct op_call *call)
{
    struct str bus_name;
    struct bus_explain_page page;
    bus_explained_rules rules = { 0 };
    struct bus_look look = {
        .reader = call->reader, .arena = call->arena, .ns = call->ns, .partition = PARTITION_ONLY
    };
    if (!explain_start(call, &page) ||
        !bus_name_of(call->arena, call->ns, json_get_str(call->input, STR("EventBusName")), &bus_name,
                     &call->fault) ||
        !bus_explain(&look, bus_name, json_get_str(call->input, STR("Event")), &page, &rules, &call->fault))
        return;
    size_t shown = 0;
    json_begin_object(call->out);
    json_put_member_i64(call->out, STR("RuleCount"), (int64_t)page.rules);
    json_put_member_i64(call->out, STR("MatchedCount"), (int64_t)page.matched);
    json_key(call->out, STR("Rules"));
    json_begin_array(call->out);
    while (shown < rules.len && call->out->out->len < EXPLAIN_BYTES_MAX)
        explained_write(call->out, &rules.at[shown++]);
    json_end_array(call->out);
    if (page.from + shown < page.rules)
        json_put_member_str(call->out, STR("NextToken"),
                            token_write(call, arena_printf(call->arena, "%zu", page.from + shown)));
    json_end_object(call->out);
}

/* ---- TestTargetInput ---- */

/* TestTargetInput {Event, Rule, EventBusName, Target} -> {Payload, LogEventTime} or {ErrorCode, ErrorMessage}: what the
 * target would get of the event, or why it would get nothing. The event is any JSON object; neither the rule nor the
 * target need be there. What PutTargets refuses of the input is refused in the same words. */
void op_crema_test_target_input(struct op_call *call)
{
    struct str bus_name;
    struct bus_input_made made;
    struct delivery_result rejected;
    const struct json *target = json_get(call->input, STR("Target"));
    if (!bus_name_of(call->arena, call->ns, json_get_str(call->input, STR("EventBusName")), &bus_name,
                     &call->fault))
        return;
    struct str rule_arn =
        bus_rule_arn(call->arena, call->ns, bus_name, json_get_str(call->input, STR("Rule")));
    if (!bus_input_test(bus_settings_of(call->rooms->bus), call->arena, rule_arn, target,
                        json_get_str(call->input, STR("Event")), call->now_ms, &made, &rejected,
                        &call->fault))
        return;
    json_begin_object(call->out);
    if (rejected.outcome != OUTCOME_DELIVERED) {
        json_put_member_str(call->out, STR("ErrorCode"), rejected.error);
        json_put_member_str(call->out, STR("ErrorMessage"), rejected.cause);
    } else {
        json_put_member_str(call->out, STR("Payload"), made.payload);
        if (made.log_event)
            json_put_member_time(call->out, STR("LogEventTime"), made.time_ms);
    }
    json_end_object(call->out);
}
