/* api_events.c - the operations of EventBridge: JSON in, calls of the room, JSON out. */
#include "api/operations.h"
#include "api/token.h"
#include "bus/bus.h"
#include "base/time.h"
#include "base/vec.h"
#include "metrics/metrics_meter.h"
#include "store/key.h"
#include "store/tags.h"

/* ---- what several need ---- */

static struct str text_of(const struct op_call *call, struct str key)
{
    return json_get_str(call->input, key);
}

/* A member that is there and not null. */
static const struct json *given(const struct op_call *call, struct str key)
{
    const struct json *value = json_get(call->input, key);
    return json_is(value, JSON_NULL) ? NULL : value;
}

/* A room's fault lives in the command's arena; the answer outlives that. */
static void fail(struct op_call *call, const struct fault *fault)
{
    fault_set(&call->fault, call->arena, fault->code, "%.*s", STR_ARG(fault->text));
}

static void not_built(struct op_call *call, const char *what)
{
    fault_set(&call->fault, call->arena, FAULT_UNKNOWN_OPERATION, "%s of %s is not supported by Crema yet.",
              what, call->operation->name);
}

/* False when one of the members, which Crema does not have, was given. */
static bool without(struct op_call *call, const char *const *members)
{
    for (; *members; members++)
        if (given(call, str_from(*members))) {
            not_built(call, *members);
            return false;
        }
    return true;
}

static struct bus_look look_of(const struct op_call *call)
{
    return (struct bus_look){
        .reader = call->reader, .arena = call->arena, .ns = call->ns, .partition = PARTITION_ONLY
    };
}

/* The bus that the member names, by name or ARN. */
static bool bus_named(struct op_call *call, struct str key, struct str *ret)
{
    return bus_name_of(call->arena, call->ns, text_of(call, key), ret, &call->fault);
}

static void put_if(struct op_call *call, struct str key, struct str text)
{
    if (text.len)
        json_put_member_str(call->out, key, text);
}

static void answer_nothing(struct op_call *call)
{
    json_begin_object(call->out);
    json_end_object(call->out);
}

/* ---- paging: the token is the last name given ---- */

static bool page_read(struct op_call *call, struct bus_page *ret)
{
    const struct json *limit = given(call, STR("Limit"));
    struct str token = text_of(call, STR("NextToken"));
    int64_t number = 100;
    if (limit)
        (void)json_number_i64(limit->text, &number);
    *ret = (struct bus_page){ .prefix = text_of(call, STR("NamePrefix")), .limit = (size_t)number };
    if (token.len && !token_read(call, token, &ret->after))
        return fault_set(&call->fault, call->arena, FAULT_VALIDATION, "Parameter NextToken is not valid.");
    return true;
}

static void page_write(struct op_call *call, bool more, struct str last)
{
    if (more)
        json_put_member_str(call->out, STR("NextToken"), token_write(call, last));
}

/* ---- tags ---- */

/* From [{"Key":k,"Value":v},...] to the object that the store keeps. */
static struct json tags_of(struct op_call *call)
{
    const struct json *list = json_get_typed(call->input, STR("Tags"), JSON_ARRAY);
    if (!list || list->count == 0)
        return json_of_object(NULL, 0);
    struct json_member *members = ARENA_ARRAY(call->arena, struct json_member, list->count);
    for (uint32_t i = 0; i < list->count; i++)
        members[i] = (struct json_member){
            .key = json_get_str(&list->items[i], STR("Key")),
            .value = json_of_str(json_get_str(&list->items[i], STR("Value"))),
        };
    return json_of_object(members, list->count);
}

static bool tags_store(struct op_call *call, struct str arn)
{
    struct json tags = tags_of(call);
    struct fault fault = { 0 };
    if (tags.count == 0 || tags_put(call->work, arn, &tags, &fault))
        return true;
    fail(call, &fault);
    return false;
}

void op_events_tag_resource(struct op_call *call)
{
    struct bus_look look = look_of(call);
    struct str arn = text_of(call, STR("ResourceARN"));
    if (bus_resource_check(&look, arn, &call->fault) && tags_store(call, arn))
        answer_nothing(call);
}

void op_events_untag_resource(struct op_call *call)
{
    struct bus_look look = look_of(call);
    struct str arn = text_of(call, STR("ResourceARN"));
    if (!bus_resource_check(&look, arn, &call->fault))
        return;
    tags_remove(call->work, arn, json_get(call->input, STR("TagKeys")));
    answer_nothing(call);
}

void op_events_list_tags_for_resource(struct op_call *call)
{
    struct bus_look look = look_of(call);
    struct str arn = text_of(call, STR("ResourceARN"));
    if (!bus_resource_check(&look, arn, &call->fault))
        return;
    struct json tags = tags_get(call->reader, call->arena, PARTITION_ONLY, arn);
    json_begin_object(call->out);
    json_key(call->out, STR("Tags"));
    json_begin_array(call->out);
    for (uint32_t i = 0; i < tags.count; i++) {
        json_begin_object(call->out);
        json_put_member_str(call->out, STR("Key"), tags.members[i].key);
        json_put_member_str(call->out, STR("Value"), tags.members[i].value.text);
        json_end_object(call->out);
    }
    json_end_array(call->out);
    json_end_object(call->out);
}

/* ---- buses ---- */

/* LogConfig with the level OFF is what a bus has anyway. */
static bool log_config_off(struct op_call *call)
{
    const struct json *config = given(call, STR("LogConfig"));
    if (!config || str_empty(json_get_str(config, STR("Level"))) ||
        str_eq(json_get_str(config, STR("Level")), STR("OFF")))
        return true;
    not_built(call, "LogConfig");
    return false;
}

static void record_write(struct op_call *call, const struct bus_record *record)
{
    json_begin_object(call->out);
    json_put_member_str(call->out, STR("Name"), record->name);
    json_put_member_str(call->out, STR("Arn"), record->arn);
    put_if(call, STR("Description"), record->description);
    if (record->created_ms)
        json_put_member_time(call->out, STR("CreationTime"), record->created_ms);
    if (record->modified_ms)
        json_put_member_time(call->out, STR("LastModifiedTime"), record->modified_ms);
    json_end_object(call->out);
}

void op_events_create_event_bus(struct op_call *call)
{
    static const char *const missing[] = { "EventSourceName", "KmsKeyIdentifier", "DeadLetterConfig", NULL };
    struct bus_record record;
    struct fault fault = { 0 };
    if (!without(call, missing) || !log_config_off(call))
        return;
    if (!bus_create(call->rooms->bus, call->work, call->ns, text_of(call, STR("Name")),
                    text_of(call, STR("Description")), &record, &fault)) {
        fail(call, &fault);
        return;
    }
    if (!tags_store(call, record.arn))
        return;
    json_begin_object(call->out);
    json_put_member_str(call->out, STR("EventBusArn"), record.arn);
    put_if(call, STR("Description"), record.description);
    json_end_object(call->out);
}

void op_events_update_event_bus(struct op_call *call)
{
    static const char *const missing[] = { "KmsKeyIdentifier", "DeadLetterConfig", NULL };
    struct bus_record record;
    struct fault fault = { 0 };
    struct str name;
    if (!without(call, missing) || !log_config_off(call) || !bus_named(call, STR("Name"), &name))
        return;
    const struct json *description = given(call, STR("Description"));
    if (!bus_update(call->rooms->bus, call->work, call->ns, name, description ? &description->text : NULL,
                    &record, &fault)) {
        fail(call, &fault);
        return;
    }
    json_begin_object(call->out);
    json_put_member_str(call->out, STR("Arn"), record.arn);
    json_put_member_str(call->out, STR("Name"), record.name);
    put_if(call, STR("Description"), record.description);
    json_end_object(call->out);
}

void op_events_delete_event_bus(struct op_call *call)
{
    struct fault fault = { 0 };
    struct str name;
    if (!bus_named(call, STR("Name"), &name))
        return;
    if (bus_delete(call->rooms->bus, call->work, call->ns, name, &fault))
        answer_nothing(call);
    else
        fail(call, &fault);
}

void op_events_describe_event_bus(struct op_call *call)
{
    struct bus_look look = look_of(call);
    struct bus_record record;
    struct str name;
    if (bus_named(call, STR("Name"), &name) && bus_get(&look, name, &record, &call->fault))
        record_write(call, &record);
}

void op_events_list_event_buses(struct op_call *call)
{
    struct bus_look look = look_of(call);
    struct bus_page page;
    bus_records records = { 0 };
    if (!page_read(call, &page) || !bus_list(&look, &page, &records, &call->fault))
        return;
    json_begin_object(call->out);
    json_key(call->out, STR("EventBuses"));
    json_begin_array(call->out);
    for (size_t i = 0; i < records.len; i++)
        record_write(call, &records.at[i]);
    json_end_array(call->out);
    page_write(call, page.more, records.len ? records.at[records.len - 1].name : STR_EMPTY);
    json_end_object(call->out);
}

/* ---- rules ---- */

static void rule_write(struct op_call *call, const struct bus_rule *rule, bool described)
{
    json_begin_object(call->out);
    json_put_member_str(call->out, STR("Name"), rule->name);
    json_put_member_str(call->out, STR("Arn"), rule->arn);
    put_if(call, STR("EventPattern"), rule->pattern);
    json_put_member_str(call->out, STR("State"), rule->state);
    put_if(call, STR("Description"), rule->description);
    put_if(call, STR("RoleArn"), rule->role_arn);
    json_put_member_str(call->out, STR("EventBusName"), rule->bus);
    if (described)
        put_if(call, STR("CreatedBy"), rule->created_by);
    json_end_object(call->out);
}

void op_events_put_rule(struct op_call *call)
{
    struct bus_rule rule = {
        .name = text_of(call, STR("Name")),
        .pattern = text_of(call, STR("EventPattern")),
        .state = text_of(call, STR("State")),
        .description = text_of(call, STR("Description")),
        .role_arn = text_of(call, STR("RoleArn")),
    };
    struct fault fault = { 0 };
    struct str arn;
    bool made;
    if (!bus_named(call, STR("EventBusName"), &rule.bus))
        return;
    if (!bus_rule_put(call->rooms->bus, call->work, call->ns, &rule, text_of(call, STR("ScheduleExpression")),
                      &arn, &made, &fault)) {
        fail(call, &fault);
        return;
    }
    /* Of a rule that was there the service ignores tags. */
    if (made && !tags_store(call, arn))
        return;
    json_begin_object(call->out);
    json_put_member_str(call->out, STR("RuleArn"), arn);
    json_end_object(call->out);
}

void op_events_delete_rule(struct op_call *call)
{
    struct fault fault = { 0 };
    struct str bus_name;
    if (!bus_named(call, STR("EventBusName"), &bus_name))
        return;
    if (bus_rule_delete(call->rooms->bus, call->work, call->ns, bus_name, text_of(call, STR("Name")), &fault))
        answer_nothing(call);
    else
        fail(call, &fault);
}

static void rule_set_state(struct op_call *call, struct str state)
{
    struct fault fault = { 0 };
    struct str bus_name;
    if (!bus_named(call, STR("EventBusName"), &bus_name))
        return;
    if (bus_rule_set_state(call->rooms->bus, call->work, call->ns, bus_name, text_of(call, STR("Name")),
                           state, &fault))
        answer_nothing(call);
    else
        fail(call, &fault);
}

void op_events_enable_rule(struct op_call *call)
{
    rule_set_state(call, STR("ENABLED"));
}

void op_events_disable_rule(struct op_call *call)
{
    rule_set_state(call, STR("DISABLED"));
}

void op_events_describe_rule(struct op_call *call)
{
    struct bus_look look = look_of(call);
    struct bus_rule rule;
    struct str bus_name;
    if (bus_named(call, STR("EventBusName"), &bus_name) &&
        bus_rule_get(&look, bus_name, text_of(call, STR("Name")), &rule, &call->fault))
        rule_write(call, &rule, true);
}

/* The rules of a bus, or those of it that have the target: whole, or their names. */
static void rules_list(struct op_call *call, struct str target_arn, struct str key, bool names_only)
{
    struct bus_look look = look_of(call);
    struct bus_page page;
    bus_rules rules = { 0 };
    struct str bus_name;
    if (!bus_named(call, STR("EventBusName"), &bus_name) || !page_read(call, &page) ||
        !bus_rule_list(&look, bus_name, target_arn, &page, &rules, &call->fault))
        return;
    json_begin_object(call->out);
    json_key(call->out, key);
    json_begin_array(call->out);
    for (size_t i = 0; i < rules.len; i++) {
        if (names_only)
            json_put_str(call->out, rules.at[i].name);
        else
            rule_write(call, &rules.at[i], false);
    }
    json_end_array(call->out);
    page_write(call, page.more, rules.len ? rules.at[rules.len - 1].name : STR_EMPTY);
    json_end_object(call->out);
}

void op_events_list_rules(struct op_call *call)
{
    rules_list(call, STR_EMPTY, STR("Rules"), false);
}

void op_events_list_rule_names_by_target(struct op_call *call)
{
    rules_list(call, text_of(call, STR("TargetArn")), STR("RuleNames"), true);
}

/* ---- targets ---- */

static void answer_no_failures(struct op_call *call)
{
    json_begin_object(call->out);
    json_put_member_i64(call->out, STR("FailedEntryCount"), 0);
    json_key(call->out, STR("FailedEntries"));
    json_begin_array(call->out);
    json_end_array(call->out);
    json_end_object(call->out);
}

void op_events_put_targets(struct op_call *call)
{
    struct fault fault = { 0 };
    struct str bus_name;
    if (!bus_named(call, STR("EventBusName"), &bus_name))
        return;
    if (bus_targets_put(call->rooms->bus, call->work, call->ns, bus_name, text_of(call, STR("Rule")),
                        json_get(call->input, STR("Targets")), &fault))
        answer_no_failures(call);
    else
        fail(call, &fault);
}

void op_events_remove_targets(struct op_call *call)
{
    struct fault fault = { 0 };
    struct str bus_name;
    if (!bus_named(call, STR("EventBusName"), &bus_name))
        return;
    if (bus_targets_remove(call->rooms->bus, call->work, call->ns, bus_name, text_of(call, STR("Rule")),
                           json_get(call->input, STR("Ids")), &fault))
        answer_no_failures(call);
    else
        fail(call, &fault);
}

void op_events_list_targets_by_rule(struct op_call *call)
{
    struct bus_look look = look_of(call);
    struct bus_page page;
    struct bus_rule rule;
    struct str bus_name, last = STR_EMPTY;
    if (!bus_named(call, STR("EventBusName"), &bus_name) || !page_read(call, &page) ||
        !bus_rule_get(&look, bus_name, text_of(call, STR("Rule")), &rule, &call->fault))
        return;
    json_begin_object(call->out);
    json_key(call->out, STR("Targets"));
    json_begin_array(call->out);
    size_t given_out = 0;
    bool more = false;
    for (uint32_t i = 0; i < rule.targets.count && !more; i++) {
        struct str id = json_get_str(&rule.targets.items[i], STR("Id"));
        if (str_compare(id, page.after) <= 0)
            continue;
        if (given_out == page.limit) {
            more = true;
        } else {
            json_put(call->out, &rule.targets.items[i]);
            last = id;
            given_out++;
        }
    }
    json_end_array(call->out);
    page_write(call, more, last);
    json_end_object(call->out);
}

/* ---- events ---- */

struct put_entry {
    bool taken;
    struct bus_envelope envelope;
    struct bus_refusal refusal; /* else */
};

struct put_events {
    struct put_entry *entries;
    size_t count, bytes;
};

static bool time_read(const struct json *time, int64_t *ret_ms)
{
    double seconds;
    if (time->type == JSON_STRING)
        return time_parse(time->text, ret_ms);
    if (time->type != JSON_NUMBER || !json_number_double(time->text, &seconds) || seconds < -1e14 ||
        seconds > 1e14)
        return false;
    *ret_ms = (int64_t)(seconds * 1000);
    return true;
}

static struct bus_event event_of(struct op_call *call, const struct json *entry)
{
    struct bus_event event = {
        .bus = json_get_str(entry, STR("EventBusName")),
        .source = json_get_str(entry, STR("Source")),
        .detail_type = json_get_str(entry, STR("DetailType")),
        .detail = json_get_str(entry, STR("Detail")),
        .time_ms = call->now_ms,
        .hops = call->hops,
        .emitted_by = call->caller_arn,
    };
    const struct json *resources = json_get_typed(entry, STR("Resources"), JSON_ARRAY);
    if (resources && resources->count) {
        event.resources = ARENA_ARRAY(call->arena, struct str, resources->count);
        event.resource_count = resources->count;
        for (uint32_t i = 0; i < resources->count; i++)
            event.resources[i] = resources->items[i].text;
    }
    const struct json *time = json_get(entry, STR("Time"));
    if (time && time->type != JSON_NULL) {
        event.time_given = true;
        if (!time_read(time, &event.time_ms))
            event.time_ms = INT64_MAX; /* refused as out of range */
    }
    return event;
}

void op_events_put_events_prepare(struct op_call *call)
{
    static const char *const missing[] = { "EndpointId", NULL };
    if (!without(call, missing))
        return;
    const struct json *entries = json_get(call->input, STR("Entries"));
    struct put_events *put = ARENA_NEW(call->arena, struct put_events);
    struct bus_event *events = ARENA_ARRAY(call->arena, struct bus_event, entries->count);
    size_t bytes = 0;
    for (uint32_t i = 0; i < entries->count; i++) {
        events[i] = event_of(call, &entries->items[i]);
        bytes += bus_event_size(&events[i]);
    }
    if (bytes > bus_settings_of(call->rooms->bus)->request_bytes_max) {
        fault_set(&call->fault, call->arena, FAULT_VALIDATION,
                  "Total size of the entries in the request is over the limit.");
        return;
    }
    put->entries = ARENA_ARRAY(call->arena, struct put_entry, entries->count);
    put->count = entries->count;
    put->bytes = bytes;
    for (size_t i = 0; i < put->count; i++)
        put->entries[i].taken = bus_event_envelope(call->arena, call->ns, &events[i],
                                                   &put->entries[i].envelope, &put->entries[i].refusal);
    call->prepared = put;
}

static void put_events_count(struct op_call *call, const struct put_events *put, int64_t failed)
{
    struct metrics *metrics = call->rooms->metrics;
    struct metrics_subject account = { .kind = METRICS_OF_EVENTS, .ns = call->ns };
    const struct metrics_amount amounts[] = { { EVENTS_PUT_SUCCEEDED, 1 },
                                              { EVENTS_PUT_ENTRIES, (double)put->count },
                                              { EVENTS_PUT_SIZE, (double)put->bytes },
                                              { failed ? EVENTS_PUT_FAILED_ENTRIES : 0, (double)failed } };
    metrics_count(metrics, call->work, &account, NULL, amounts, 4);
}

void op_events_put_events(struct op_call *call)
{
    const struct put_events *put = call->prepared;
    struct json_writer *out = call->out;
    int64_t failed = 0;
    json_begin_object(out);
    json_key(out, STR("Entries"));
    json_begin_array(out);
    for (size_t i = 0; i < put->count; i++) {
        const struct put_entry *entry = &put->entries[i];
        struct fault fault = { 0 };
        if (entry->taken &&
            !bus_put_envelope(call->rooms->bus, call->work, call->ns, &entry->envelope, &fault)) {
            fail(call, &fault);
            return;
        }
        json_begin_object(out);
        if (entry->taken) {
            json_put_member_str(out, STR("EventId"), entry->envelope.id);
        } else {
            json_put_member_str(out, STR("ErrorCode"), entry->refusal.code);
            json_put_member_str(out, STR("ErrorMessage"), entry->refusal.text);
            failed++;
        }
        json_end_object(out);
    }
    json_end_array(out);
    json_put_member_i64(out, STR("FailedEntryCount"), failed);
    json_end_object(out);
    put_events_count(call, put, failed);
}

void op_events_test_event_pattern(struct op_call *call)
{
    bool matches;
    if (!bus_pattern_test(bus_settings_of(call->rooms->bus), call->arena, text_of(call, STR("EventPattern")),
                          text_of(call, STR("Event")), &matches, &call->fault))
        return;
    json_begin_object(call->out);
    json_put_member_bool(call->out, STR("Result"), matches);
    json_end_object(call->out);
}
