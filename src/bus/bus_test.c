#include "bus/bus_impl.h"
#include "deliver/deliver_bench.h"
#include "io/rand.h"
#include "target/target_kinds.h"

#include <stdlib.h>

/* ---- a bus on an ephemeral store, with a log group that remembers and the real event bus target ---- */

enum { SEEN_MAX = 64 };

struct room {
    struct bench bench;
    struct bus *bus;
    struct target_event_bus event_bus;
    struct arena arena;
    struct str seen[SEEN_MAX];   /* payloads, as they arrived */
    struct str stream[SEEN_MAX]; /* rule and target */
    size_t seen_count;
    int64_t time_ms; /* of the last one */
    bool reject;
};

static const struct ns home = { { "111111111111", 12 }, { "eu-west-1", 9 } };
#define LOG_ARN "arn:aws:logs:eu-west-1:111111111111:log-group:/aws/events/all"
#define BUS_ARN "arn:aws:events:eu-west-1:111111111111:event-bus/"

static void group_send(void *self, struct work *work, const struct delivery *d, struct delivery_result *ret)
{
    struct room *room = self;
    (void)work;
    assert_true(room->seen_count < SEEN_MAX);
    if (room->reject) {
        ret->outcome = OUTCOME_REJECTED;
        ret->error = STR("NO_RESOURCE");
        ret->cause = STR("The specified log group does not exist.");
        return;
    }
    room->seen[room->seen_count] = arena_copy(&room->arena, d->payload);
    room->stream[room->seen_count++] = arena_printf(&room->arena, "%.*s %.*s %u", STR_ARG(d->source_arn),
                                                    STR_ARG(d->owner_ref), (unsigned)d->hops);
    room->time_ms = d->event_time_ms;
    ret->outcome = OUTCOME_DELIVERED;
}

static const struct target_kind group_kind = { .name = "log-group", .doc = "for tests", .send = group_send };

static struct room *room_open(const struct bus_settings *settings)
{
    struct room *room = calloc(1, sizeof(*room));
    bench_open(&room->bench, NULL);
    assert_int_equal(bus_open(settings, room->bench.deliver, &room->bus), ERR_OK);
    room->event_bus = (struct target_event_bus){ room->bus, 3 };
    deliver_add_target(room->bench.deliver, &group_kind, room);
    deliver_add_target(room->bench.deliver, &target_event_bus, &room->event_bus);
    deliver_on_done(room->bench.deliver, DELIVERY_OF_RULE, bus_delivery_done, room->bus);
    deliver_on_rollback(room->bench.deliver, bus_after_rollback, room->bus);
    room->bench.room = room->bus;
    room->bench.after_rollback = bus_after_rollback;
    room->bench.after_commit = bus_after_commit;
    bench_start(&room->bench);
    return room;
}

static void room_close(struct room *room)
{
    bench_close(&room->bench, false);
    bus_close(&room->bus);
    arena_fini(&room->arena);
    free(room);
}

/* ---- one call, as a command ---- */

enum what {
    CREATE_BUS,
    UPDATE_BUS,
    DELETE_BUS,
    PUT_RULE,
    DELETE_RULE,
    SET_STATE,
    PUT_TARGETS,
    REMOVE_TARGETS,
    PUT
};

struct call {
    struct room *room;
    enum what what;
    struct str bus, name, text, schedule; /* pattern, description, targets, ids, state or detail */
    bool refuse_after;                    /* the command is rolled back although the call went well */
    char fault[512];
    enum fault_code code;
    char id[UUID_TEXT_BYTES];
};

static struct json json_here(struct arena *arena, struct str text)
{
    struct json value;
    assert_int_equal(json_read(arena, arena_copy(arena, text), 0, &value, NULL), ERR_OK);
    return value;
}

static bool put_event(struct call *c, struct work *work)
{
    struct str resources[] = { STR("arn:one"), STR("arn:two") };
    struct bus_event event = {
        .bus = c->bus,
        .source = STR("shop"),
        .detail_type = c->name,
        .detail = c->text,
        .resources = resources,
        .resource_count = 2,
        .time_ms = INT64_C(1700000000987),
    };
    struct bus_refusal refusal;
    if (bus_put(c->room->bus, work, home, &event, c->id, &refusal))
        return true;
    snprintf(c->fault, sizeof(c->fault), "%.*s: %.*s", STR_ARG(refusal.code), STR_ARG(refusal.text));
    return false;
}

static bool call_run(void *self, struct work *work)
{
    struct call *c = self;
    struct bus *bus = c->room->bus;
    struct fault fault = { 0 };
    struct bus_record record;
    struct bus_rule rule = { .name = c->name, .bus = c->bus, .pattern = c->text };
    struct json json;
    struct str arn;
    bool made, ok = false;
    switch (c->what) {
    case CREATE_BUS:
        ok = bus_create(bus, work, home, c->bus, c->text, &record, &fault);
        break;
    case UPDATE_BUS:
        ok = bus_update(bus, work, home, c->bus, &c->text, &record, &fault);
        break;
    case DELETE_BUS:
        ok = bus_delete(bus, work, home, c->bus, &fault);
        break;
    case PUT_RULE:
        ok = bus_rule_put(bus, work, home, &rule, c->schedule, &arn, &made, &fault);
        break;
    case DELETE_RULE:
        ok = bus_rule_delete(bus, work, home, c->bus, c->name, &fault);
        break;
    case SET_STATE:
        ok = bus_rule_set_state(bus, work, home, c->bus, c->name, c->text, &fault);
        break;
    case PUT_TARGETS:
        json = json_here(work->arena, c->text);
        ok = bus_targets_put(bus, work, home, c->bus, c->name, &json, &fault);
        break;
    case REMOVE_TARGETS:
        json = json_here(work->arena, c->text);
        ok = bus_targets_remove(bus, work, home, c->bus, c->name, &json, &fault);
        break;
    case PUT:
        ok = put_event(c, work);
        break;
    }
    c->code = fault.code;
    if (fault.code)
        snprintf(c->fault, sizeof(c->fault), "%.*s", STR_ARG(fault.text));
    return ok && !c->refuse_after;
}

static struct call call(struct room *room, enum what what, const char *bus, const char *name,
                        const char *text)
{
    struct call c = {
        .room = room, .what = what, .bus = str_from(bus), .name = str_from(name), .text = str_from(text)
    };
    (void)bench_run(&room->bench, call_run, &c);
    return c;
}

static void ok(struct call c)
{
    assert_string_equal(c.fault, "");
}

static void refused(struct call c, enum fault_code code, const char *text)
{
    assert_string_equal(c.fault, text);
    assert_int_equal(c.code, code);
}

static struct bus_look look(struct room *room)
{
    return (
        struct bus_look){ .reader = store_snapshot(room->bench.store), .arena = &room->arena, .ns = home };
}

#define ASSERT_TEXT(s, text)                                    \
    do {                                                        \
        struct str text_seen = (s);                             \
        assert_int_equal(text_seen.len, strlen(text));          \
        assert_memory_equal(text_seen.ptr, text, strlen(text)); \
    } while (0)

/* The newest entry of the inbox: its member. */
static struct str inbox(struct room *room, size_t nth, const char *member)
{
    bus_inbox_entries entries = { 0 };
    struct bus_look l = look(room);
    assert_int_equal(bus_inbox_list(&l, 0, 100, &entries), ERR_OK);
    store_snapshot_release(&l.reader);
    return nth < entries.len ? json_get_str(&entries.at[nth].record, str_from(member)) : STR("none");
}

static size_t inbox_count(struct room *room)
{
    bus_inbox_entries entries = { 0 };
    struct bus_look l = look(room);
    assert_int_equal(bus_inbox_list(&l, 0, 100, &entries), ERR_OK);
    store_snapshot_release(&l.reader);
    return entries.len;
}

/* ---- an event's way ---- */

static void delivers_what_matches(void **state)
{
    (void)state;
    struct room *room = room_open(NULL);
    ok(call(room, CREATE_BUS, "Shop", NULL, "coffee"));
    ok(call(room, PUT_RULE, "Shop", "logAll", "{\"source\":[\"shop\"]}"));
    ok(call(room, PUT_TARGETS, "Shop", "logAll", "[{\"Id\":\"log\",\"Arn\":\"" LOG_ARN "\"}]"));
    ok(call(room, PUT_RULE, "Shop", "orders", "{\"detail-type\":[\"Order\"],\"detail\":{\"n\":[7]}}"));
    ok(call(room, PUT_TARGETS, "Shop", "orders",
            "[{\"Id\":\"2\",\"Arn\":\"" LOG_ARN
            "\",\"InputPath\":\"$.detail\"},{\"Id\":\"1\",\"Arn\":\"" LOG_ARN
            ":*\",\"Input\":\"{\\\"fixed\\\": true}\"},{\"Id\":\"3\",\"Arn\":\"" LOG_ARN
            "\",\"InputPath\":\"$.source\"}]"));
    struct call put = call(room, PUT, "Shop", "Order", "{\"n\": 7 }");
    ok(put);
    assert_int_equal(room->seen_count, 4);
    struct str want = arena_printf(&room->arena,
                                   "{\"version\":\"0\",\"id\":\"%.36s\",\"detail-type\":\"Order\",\"source\":"
                                   "\"shop\",\"account\":\"111111111111\","
                                   "\"time\":\"2023-11-14T22:13:20Z\",\"region\":\"eu-west-1\",\"resources\":"
                                   "[\"arn:one\",\"arn:two\"],\"detail\":{\"n\":7}}",
                                   put.id);
    assert_true(str_eq(room->seen[0], want));
    ASSERT_TEXT(room->stream[0], "arn:aws:events:eu-west-1:111111111111:rule/Shop/logAll log 0");
    ASSERT_TEXT(room->seen[1], "{\"fixed\": true}");
    ASSERT_TEXT(room->seen[2], "{\"n\":7}");
    ASSERT_TEXT(room->seen[3], "\"shop\"");
    /* Another kind of event, another bus, a rule switched off. */
    ok(call(room, PUT, BUS_ARN "Shop", "Other", "{}"));
    assert_int_equal(room->seen_count, 5);
    ok(call(room, PUT, "", "Order", "{\"n\":7}"));
    assert_int_equal(room->seen_count, 5);
    ok(call(room, SET_STATE, "Shop", "logAll", "DISABLED"));
    ok(call(room, PUT, "Shop", "Other", "{}"));
    assert_int_equal(room->seen_count, 5);
    ok(call(room, SET_STATE, "Shop", "logAll", "ENABLED"));
    ok(call(room, PUT, "Shop", "Other", "{}"));
    assert_int_equal(room->seen_count, 6);
    ok(call(room, REMOVE_TARGETS, "Shop", "logAll", "[\"log\",\"absent\"]"));
    ok(call(room, PUT, "Shop", "Other", "{}"));
    assert_int_equal(room->seen_count, 6);
    struct bus_stats stats;
    bus_stats(room->bus, &stats);
    assert_int_equal(stats.events, 6);
    assert_int_equal(stats.deliveries, 6);
    assert_int_equal(inbox_count(room), 0);
    room_close(room);
}

static void what_goes_astray_is_in_the_inbox(void **state)
{
    (void)state;
    struct room *room = room_open(&(struct bus_settings){ .inbox_max = 4, .inbox_payload_max = 250 });
    struct call put = call(room, PUT, "Nowhere", "Order", "{\"n\":1}");
    ok(put);
    ASSERT_TEXT(inbox(room, 0, "reason"), "MISSING_BUS");
    ASSERT_TEXT(inbox(room, 0, "bus"), "Nowhere");
    ASSERT_TEXT(inbox(room, 0, "cause"), "Event bus Nowhere does not exist.");
    assert_true(str_eq(inbox(room, 0, "event"), str_of(put.id, UUID_TEXT_BYTES)));
    assert_true(str_ends(inbox(room, 0, "payload"), STR("\"detail\":{\"n\":1}}")));
    ok(call(room, PUT_RULE, "default", "r", "{\"source\":[\"shop\"]}"));
    ok(call(room, PUT_TARGETS, "default", "r",
            "[{\"Id\":\"t\",\"Arn\":\"" LOG_ARN "\"},{\"Id\":\"u\",\"Arn\":\"" LOG_ARN
            "\",\"InputPath\":\"$.detail.no\"}]"));
    room->reject = true;
    ok(call(room, PUT, "", "Order", "{}"));
    assert_int_equal(inbox_count(room), 3);
    ASSERT_TEXT(inbox(room, 0, "reason"), "NOT_DELIVERED");
    ASSERT_TEXT(inbox(room, 0, "target"), "t");
    ASSERT_TEXT(inbox(room, 0, "error"), "NO_RESOURCE");
    ASSERT_TEXT(inbox(room, 0, "cause"), "The specified log group does not exist.");
    ASSERT_TEXT(inbox(room, 0, "rule"), "arn:aws:events:eu-west-1:111111111111:rule/r");
    ASSERT_TEXT(inbox(room, 1, "error"), "InputPathNotFound");
    /* A ring: the oldest go. */
    char detail[400];
    snprintf(detail, sizeof(detail), "{\"long\":\"%0300d\"}", 0);
    for (int i = 0; i < 5; i++)
        ok(call(room, PUT, "Nowhere", "Order", detail));
    assert_int_equal(inbox_count(room), 4);
    assert_int_equal(inbox(room, 3, "payload").len, 250);
    struct bus_stats stats;
    bus_stats(room->bus, &stats);
    assert_int_equal(stats.missing_bus, 6);
    assert_int_equal(stats.rejected, 2);
    room_close(room);
}

/* A log group gets the message and its time; what cannot be made of an event is in the inbox, with the event. */
static void transformers_make_what_is_delivered(void **state)
{
    (void)state;
    struct room *room = room_open(&(struct bus_settings){ .request_bytes_max = 1000 });
    ok(call(room, PUT_RULE, "default", "r", "{\"source\":[\"shop\"]}"));
    ok(call(room, PUT_TARGETS, "default", "r",
            "[{\"Id\":\"1\",\"Arn\":\"" LOG_ARN
            "\",\"InputTransformer\":{\"InputPathsMap\":{\"n\":\"$.detail.n\","
            "\"t\":\"$.detail.at\"},\"InputTemplate\":\"{\\\"timestamp\\\":<t>,\\\"message\\\":"
            "\\\"<aws.events.rule-name> \\\\\\\"<n>\\\\\\\"\\\"}\"}}]"));
    ok(call(room, PUT, "", "Order", "{\"n\":7,\"at\":\"2020-01-02T03:04:05Z\"}"));
    assert_int_equal(room->seen_count, 1);
    ASSERT_TEXT(room->seen[0], "r \"7\"");
    assert_true(room->time_ms == INT64_C(1577934245000));
    ok(call(room, PUT, "", "Order", "{\"n\":\"a\\\"b\",\"at\":1577934245001}"));
    ok(call(room, PUT, "", "Order", "{\"n\":8,\"at\":\"soon\"}"));
    char detail[18000];
    snprintf(detail, sizeof(detail), "{\"n\":\"%017500d\",\"at\":1}", 0);
    ok(call(room, PUT, "", "Order", detail));
    assert_int_equal(room->seen_count, 1);
    assert_int_equal(inbox_count(room), 3);
    ASSERT_TEXT(inbox(room, 0, "error"), "LIMIT_EXCEEDED");
    ASSERT_TEXT(inbox(room, 0, "cause"), "The transformed input is larger than 17384 bytes.");
    ASSERT_TEXT(inbox(room, 1, "error"), "INVALID_INPUT");
    ASSERT_TEXT(inbox(room, 1, "cause"),
                "The timestamp of the log event is neither a time nor a number of milliseconds.");
    assert_true(str_ends(inbox(room, 1, "payload"), STR("\"detail\":{\"n\":8,\"at\":\"soon\"}}")));
    ASSERT_TEXT(inbox(room, 2, "error"), "INVALID_INPUT");
    assert_true(str_starts(inbox(room, 2, "cause"), STR("The transformed input is no JSON: ")));
    room_close(room);
}

/* Two buses that send to each other: the event goes round as often as it may, then it is in the inbox. */
static void circles_end(void **state)
{
    (void)state;
    struct room *room = room_open(NULL);
    ok(call(room, CREATE_BUS, "other", NULL, ""));
    ok(call(room, PUT_RULE, "default", "there", "{\"source\":[\"shop\"]}"));
    ok(call(room, PUT_RULE, "other", "back", "{\"source\":[\"shop\"]}"));
    ok(call(room, PUT_TARGETS, "default", "there",
            "[{\"Id\":\"1\",\"Arn\":\"" BUS_ARN "other\"},{\"Id\":\"2\",\"Arn\":\"" LOG_ARN "\"}]"));
    ok(call(room, PUT_TARGETS, "other", "back",
            "[{\"Id\":\"1\",\"Arn\":\"" BUS_ARN "default\"},{\"Id\":\"2\",\"Arn\":\"" LOG_ARN "\"}]"));
    struct call put = call(room, PUT, "", "Order", "{}");
    ok(put);
    assert_int_equal(room->seen_count, 4); /* default, other, default, other */
    for (size_t i = 1; i < 4; i++)
        assert_true(str_eq(room->seen[i], room->seen[0]));
    assert_true(str_ends(room->stream[3], STR("rule/other/back 2 3")));
    assert_int_equal(inbox_count(room), 1);
    ASSERT_TEXT(inbox(room, 0, "error"), "HOP_LIMIT_EXCEEDED");
    ASSERT_TEXT(inbox(room, 0, "rule"), "arn:aws:events:eu-west-1:111111111111:rule/other/back");
    /* A bus that is gone. */
    ok(call(room, REMOVE_TARGETS, "other", "back", "[\"1\",\"2\"]"));
    ok(call(room, DELETE_RULE, "other", "back", NULL));
    ok(call(room, DELETE_BUS, "other", NULL, NULL));
    ok(call(room, PUT, "", "Order", "{}"));
    ASSERT_TEXT(inbox(room, 0, "error"), "NO_RESOURCE");
    ASSERT_TEXT(inbox(room, 0, "cause"), "Event bus other does not exist.");
    room_close(room);
}

static void a_roll_back_takes_rules_back(void **state)
{
    (void)state;
    struct room *room = room_open(NULL);
    ok(call(room, PUT_RULE, "default", "r", "{\"source\":[\"shop\"]}"));
    ok(call(room, PUT_TARGETS, "default", "r", "[{\"Id\":\"t\",\"Arn\":\"" LOG_ARN "\"}]"));
    struct call off = { .room = room,
                        .what = SET_STATE,
                        .bus = STR("default"),
                        .name = STR("r"),
                        .text = STR("DISABLED"),
                        .refuse_after = true };
    assert_false(bench_run(&room->bench, call_run, &off));
    ok(call(room, PUT, "", "Order", "{}"));
    assert_int_equal(room->seen_count, 1);
    struct call lost = { .room = room,
                         .what = PUT,
                         .bus = STR_EMPTY,
                         .name = STR("Order"),
                         .text = STR("{}"),
                         .refuse_after = true };
    assert_false(bench_run(&room->bench, call_run, &lost));
    ok(call(room, PUT, "", "Order", "{}"));
    assert_int_equal(room->seen_count, 2);
    room_close(room);
}

/* ---- buses ---- */

static void keeps_buses(void **state)
{
    (void)state;
    struct room *room = room_open(&(struct bus_settings){ .buses_max = 3 });
    struct bus_record record;
    struct fault fault = { 0 };
    struct bus_look l = look(room);
    assert_true(bus_get(&l, STR("default"), &record, &fault));
    assert_int_equal(record.created_ms, 0);
    ASSERT_TEXT(record.arn, BUS_ARN "default");
    store_snapshot_release(&l.reader);
    ok(call(room, CREATE_BUS, "b", NULL, "first"));
    refused(call(room, CREATE_BUS, "b", NULL, ""), FAULT_ALREADY_EXISTS, "Event bus b already exists.");
    refused(call(room, CREATE_BUS, "default", NULL, ""), FAULT_ALREADY_EXISTS,
            "Event bus default already exists.");
    refused(call(room, CREATE_BUS, "a/b", NULL, ""), FAULT_VALIDATION,
            "Event bus name must not contain '/'.");
    ok(call(room, UPDATE_BUS, "default", NULL, "mine"));
    refused(call(room, UPDATE_BUS, "no", NULL, "x"), FAULT_NOT_FOUND, "Event bus no does not exist.");
    ok(call(room, CREATE_BUS, "x", NULL, ""));
    ok(call(room, CREATE_BUS, "e", NULL, ""));
    refused(call(room, CREATE_BUS, "f", NULL, ""), FAULT_LIMIT_EXCEEDED,
            "The requested resource exceeds the maximum number allowed.");
    refused(call(room, DELETE_BUS, "default", NULL, NULL), FAULT_VALIDATION,
            "Cannot delete event bus default.");
    ok(call(room, DELETE_BUS, "absent", NULL, NULL));
    ok(call(room, PUT_RULE, "x", "r", "{\"source\":[\"shop\"]}"));
    refused(call(room, DELETE_BUS, "x", NULL, NULL), FAULT_VALIDATION,
            "EventBus can't be deleted since it has rules.");
    l = look(room);
    struct bus_page page = { .limit = 2 };
    bus_records first = { 0 }, second = { 0 }, some = { 0 };
    assert_true(bus_list(&l, &page, &first, &fault));
    assert_true(page.more && first.len == 2);
    ASSERT_TEXT(first.at[0].name, "b");
    ASSERT_TEXT(first.at[0].description, "first");
    assert_true(first.at[0].created_ms > 0);
    ASSERT_TEXT(first.at[1].name, "default");
    ASSERT_TEXT(first.at[1].description, "mine");
    page = (struct bus_page){ .limit = 2, .after = first.at[1].name };
    assert_true(bus_list(&l, &page, &second, &fault));
    assert_true(!page.more && second.len == 2);
    ASSERT_TEXT(second.at[0].name, "e");
    ASSERT_TEXT(second.at[1].name, "x");
    page = (struct bus_page){ .prefix = STR("x") };
    assert_true(bus_list(&l, &page, &some, &fault));
    assert_int_equal(some.len, 1);
    store_snapshot_release(&l.reader);
    room_close(room);
}

/* "default" has its place in every list, written or not. */
static void default_is_in_the_list(void **state)
{
    (void)state;
    struct room *room = room_open(NULL);
    struct fault fault = { 0 };
    ok(call(room, CREATE_BUS, "a", NULL, ""));
    ok(call(room, CREATE_BUS, "z", NULL, ""));
    struct bus_look l = look(room);
    char names[16] = "";
    struct bus_page page = { .limit = 1, .more = true };
    for (int i = 0; i < 5 && page.more; i++) {
        bus_records one = { 0 };
        assert_true(bus_list(&l, &page, &one, &fault));
        assert_int_equal(one.len, 1);
        strncat(names, arena_cstr(&room->arena, str_slice(one.at[0].name, 0, 1)), 1);
        page.after = one.at[0].name;
    }
    assert_string_equal(names, "adz");
    bus_records none = { 0 };
    page = (struct bus_page){ .prefix = STR("defaulted") };
    assert_true(bus_list(&l, &page, &none, &fault));
    assert_int_equal(none.len, 0);
    store_snapshot_release(&l.reader);
    room_close(room);
}

/* ---- rules ---- */

static void keeps_rules(void **state)
{
    (void)state;
    struct room *room = room_open(&(struct bus_settings){ .rules_max = 3, .pattern_characters_max = 30 });
    ok(call(room, CREATE_BUS, "b", NULL, ""));
    refused(call(room, PUT_RULE, "no", "r", "{\"source\":[\"s\"]}"), FAULT_NOT_FOUND,
            "Event bus no does not exist.");
    refused(call(room, PUT_RULE, "b", "r", ""), FAULT_VALIDATION,
            "Parameter(s) EventPattern or ScheduleExpression must be specified.");
    refused(call(room, PUT_RULE, "b", "r", "{\"source\":[\"s\"],\"account\":[123]}"), FAULT_VALIDATION,
            "Parameter EventPattern for rule r exceeds limit of 30.");
    refused(call(room, PUT_RULE, "b", "r", "{\"source\":[]}"), FAULT_INVALID_EVENT_PATTERN,
            "Event pattern is not valid. Reason: Empty arrays are not allowed\n at [Source: "
            "(String)\"{\"source\":[]}\"; "
            "line: 1, column: 13]");
    refused(call(room, DELETE_RULE, "no", "r", NULL), FAULT_NOT_FOUND, "Event bus no does not exist.");
    refused(call(room, SET_STATE, "default", "r", "DISABLED"), FAULT_NOT_FOUND,
            "Rule r does not exist on EventBus default.");
    refused(call(room, SET_STATE, "b", "r", "DISABLED"), FAULT_NOT_FOUND,
            "Rule r does not exist on EventBus b.");
    ok(call(room, DELETE_RULE, "b", "r", NULL));
    ok(call(room, PUT_RULE, "b", "r1", "{\"source\":[\"s\"]}"));
    ok(call(room, PUT_TARGETS, "b", "r1", "[{\"Id\":\"t\",\"Arn\":\"" LOG_ARN "\"}]"));
    ok(call(room, PUT_RULE, "b", "r1", "{\"source\":[\"t\"]}")); /* keeps the target */
    ok(call(room, PUT_RULE, "b", "r2", "{\"source\":[\"s\"]}"));
    ok(call(room, PUT_RULE, "b", "s", "{\"source\":[\"s\"]}"));
    refused(call(room, PUT_RULE, "b", "u", "{\"source\":[\"s\"]}"), FAULT_LIMIT_EXCEEDED,
            "The requested resource exceeds the maximum number allowed.");
    refused(call(room, DELETE_RULE, "b", "r1", NULL), FAULT_VALIDATION,
            "Rule can't be deleted since it has targets.");
    struct bus_look l = look(room);
    struct fault fault = { 0 };
    struct bus_rule rule;
    assert_true(bus_rule_get(&l, STR("b"), STR("r1"), &rule, &fault));
    ASSERT_TEXT(rule.pattern, "{\"source\":[\"t\"]}");
    ASSERT_TEXT(rule.state, "ENABLED");
    ASSERT_TEXT(rule.created_by, "111111111111");
    assert_int_equal(rule.targets.count, 1);
    struct bus_page page = { .prefix = STR("r"), .limit = 1 };
    bus_rules first = { 0 }, second = { 0 }, by_target = { 0 };
    assert_true(bus_rule_list(&l, STR("b"), STR_EMPTY, &page, &first, &fault));
    assert_true(page.more && first.len == 1);
    ASSERT_TEXT(first.at[0].name, "r1");
    page = (struct bus_page){ .prefix = STR("r"), .limit = 1, .after = STR("r1") };
    assert_true(bus_rule_list(&l, STR("b"), STR_EMPTY, &page, &second, &fault));
    assert_true(!page.more && second.len == 1);
    ASSERT_TEXT(second.at[0].name, "r2");
    page = (struct bus_page){ .limit = 5 };
    assert_true(bus_rule_list(&l, STR("b"), STR(LOG_ARN), &page, &by_target, &fault));
    assert_int_equal(by_target.len, 1);
    assert_true(bus_resource_check(&l, STR("arn:aws:events:eu-west-1:111111111111:rule/b/r1"), &fault));
    assert_true(bus_resource_check(&l, STR(BUS_ARN "default"), &fault));
    assert_false(bus_resource_check(&l, STR("arn:aws:events:eu-west-1:111111111111:rule/r1"), &fault));
    ASSERT_TEXT(fault.text, "Rule r1 does not exist on EventBus default.");
    store_snapshot_release(&l.reader);
    room_close(room);
}

#define TRANSFORMER(arn, paths, template)                                               \
    "[{\"Id\":\"1\",\"Arn\":\"" arn "\",\"InputTransformer\":{\"InputPathsMap\":" paths \
    ",\"InputTemplate\":\"" template "\"}}]"

static void checks_targets(void **state)
{
    (void)state;
    struct room *room = room_open(NULL);
    ok(call(room, PUT_RULE, "default", "r", "{\"source\":[\"s\"]}"));
    static const struct {
        const char *targets;
        enum fault_code code;
        const char *text;
    } cases[] = {
        { "[{\"Id\":\"1\",\"Arn\":\"nothing\"}]", FAULT_VALIDATION,
          "Parameter nothing is not valid. Reason: Provided Arn is not in correct format." },
        { "[{\"Id\":\"1\",\"Arn\":\"arn:aws:lambda:eu-west-1:111111111111:function:f\"}]", FAULT_VALIDATION,
          "Parameter arn:aws:lambda:eu-west-1:111111111111:function:f is not valid. Reason: Crema has no "
          "targets of the "
          "service lambda of this kind yet; it has log groups, state machines and event buses." },
        { "[{\"Id\":\"1\",\"Arn\":\"" BUS_ARN "x\",\"InputPath\":\"$\"}]", FAULT_UNKNOWN_OPERATION,
          "InputPath for target 1 is not supported: an event bus takes the event as it is." },
        { "[{\"Id\":\"1\",\"Arn\":\"" LOG_ARN "\",\"Input\":\"{\"}]", FAULT_VALIDATION,
          "JSON syntax error in input for target 1." },
        { "[{\"Id\":\"1\",\"Arn\":\"" LOG_ARN "\",\"InputPath\":\"detail\"}]", FAULT_VALIDATION,
          "InputPath for target 1 is invalid." },
        { "[{\"Id\":\"1\",\"Arn\":\"" LOG_ARN "\",\"InputPath\":\"$['a']\"}]", FAULT_VALIDATION,
          "InputPath for target 1 is invalid." },
        { "[{\"Id\":\"1\",\"Arn\":\"" LOG_ARN "\",\"InputPath\":\"$\",\"Input\":\"1\"}]", FAULT_VALIDATION,
          "Only one of Input, InputPath, or InputTransformer must be provided for target 1." },
        { TRANSFORMER(LOG_ARN, "{\"a\":\"$.x\"}", "{\\\"b\\\": <b>}"), FAULT_VALIDATION,
          "InputTemplate for target 1 contains invalid placeholder b." },
        { TRANSFORMER(LOG_ARN, "{\"a\":\"x\"}", "{\\\"a\\\": <a>}"), FAULT_VALIDATION,
          "InputPath for target 1 is invalid." },
        { TRANSFORMER(LOG_ARN, "{}", "[<aws.events.event.json>]"), FAULT_VALIDATION,
          "InputTemplate for target 1 contains placeholder aws.events.event.json valid only for JSON "
          "template." },
        { TRANSFORMER(LOG_ARN, "{\"a\":\"$.x\"}", "{\\\"a\\\": <a>"), FAULT_VALIDATION,
          "Invalid InputTemplate for target 1 : [Source: (String)\"{\"a\": <a>\"; line: 1, column: 10]." },
        { TRANSFORMER(LOG_ARN, "{\"a\":\"$.x\"}", "\\\"<a>\\\""), FAULT_VALIDATION,
          "Input for target 1 is not a valid JSON text. The InputTemplate for a log group is "
          "{\"timestamp\": <timestamp>, \"message\": <message>}." },
        { TRANSFORMER(BUS_ARN "x", "{\"a\":\"$.x\"}", "<a>"), FAULT_UNKNOWN_OPERATION,
          "InputTransformer for target 1 is not supported: an event bus takes the event as it is." },
        { "[{\"Id\":\"1\",\"Arn\":\"" LOG_ARN "\",\"DeadLetterConfig\":{}}]", FAULT_UNKNOWN_OPERATION,
          "DeadLetterConfig for target 1 is not supported by Crema yet." },
        { "[{\"Id\":\"1\",\"Arn\":\"" LOG_ARN "\",\"EcsParameters\":{}}]", FAULT_VALIDATION,
          "Parameter(s) EcsParameters not supported for target: 1." },
        { "[{\"Id\":\"1\",\"Arn\":\"arn:aws:logs:us-east-1:111111111111:log-group:x\"}]", FAULT_VALIDATION,
          "Parameter arn:aws:logs:us-east-1:111111111111:log-group:x is not valid. Reason: Provided Arn is "
          "in another "
          "region; only event buses may be." },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        refused(call(room, PUT_TARGETS, "default", "r", cases[i].targets), cases[i].code, cases[i].text);
    for (int i = 1; i <= 6; i++) {
        char target[256];
        snprintf(target, sizeof(target), "[{\"Id\":\"t%d\",\"Arn\":\"" LOG_ARN "\",\"Input\":null}]", i);
        struct call put = call(room, PUT_TARGETS, "default", "r", target);
        if (i <= 5)
            ok(put);
        else
            refused(put, FAULT_LIMIT_EXCEEDED, "The requested resource exceeds the maximum number allowed.");
    }
    ok(call(room, PUT_TARGETS, "default", "r", "[{\"Id\":\"t3\",\"Arn\":\"" BUS_ARN "x\"}]")); /* replaces */
    struct bus_look l = look(room);
    struct fault fault = { 0 };
    struct bus_rule rule;
    assert_true(bus_rule_get(&l, STR("default"), STR("r"), &rule, &fault));
    assert_int_equal(rule.targets.count, 5);
    ASSERT_TEXT(json_get_str(&rule.targets.items[2], STR("Arn")), BUS_ARN "x");
    assert_null(json_get(&rule.targets.items[0], STR("Input")));
    store_snapshot_release(&l.reader);
    room_close(room);
}

static void checks_schedules(void **state)
{
    (void)state;
    static const char *const good[] = { "rate(1 minute)",
                                        "rate(5 minutes)",
                                        "rate(12 hours)",
                                        "cron(0 10 * * ? *)",
                                        "cron(15 12 * * ? *)",
                                        "cron(0 18 ? * MON-FRI *)",
                                        "cron(0/15 * * * ? *)",
                                        "cron(0 8 1 * ? *)",
                                        "cron(0 9 ? * 2#1 *)",
                                        "cron(0 0 L * ? *)",
                                        "cron(0 0 15W * ? 2026-2030)",
                                        "cron(0,30 8-17/2 ? jan,MAR 6L *)" };
    static const char *const bad[] = { "rate(1 minutes)",
                                       "rate(5 minute)",
                                       "rate(0 minutes)",
                                       "rate(-1 minutes)",
                                       "rate(5)",
                                       "rate(5 weeks)",
                                       "cron(0 10 * * * *)",
                                       "cron(0 10 ? * ? *)",
                                       "cron(0 10 * * ?)",
                                       "cron(60 10 * * ? *)",
                                       "cron(0 24 * * ? *)",
                                       "cron(0 0 * 13 ? *)",
                                       "cron(0 0 ? * 8 *)",
                                       "cron(0 0 * * ? 1969)",
                                       "cron(0, 0 * * ? *)",
                                       "cron(5-1 0 * * ? *)",
                                       "at(2026-01-01T00:00:00)",
                                       "every day",
                                       "rate(5 minutes",
                                       "cron()",
                                       "" };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(bus_schedule_valid(str_from(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(bus_schedule_valid(str_from(bad[i])));
    struct room *room = room_open(NULL);
    ok(call(room, CREATE_BUS, "b", NULL, ""));
    struct call c = {
        .room = room, .what = PUT_RULE, .bus = STR("b"), .name = STR("r"), .schedule = STR("rate(1 minute)")
    };
    (void)bench_run(&room->bench, call_run, &c);
    refused(c, FAULT_VALIDATION, "ScheduleExpression is supported only on the default event bus.");
    c.bus = STR("default");
    c.schedule = STR("rate(1 minutes)");
    (void)bench_run(&room->bench, call_run, &c);
    refused(c, FAULT_VALIDATION, "Parameter ScheduleExpression is not valid.");
    c.schedule = STR("rate(1 minute)");
    (void)bench_run(&room->bench, call_run, &c);
    refused(c, FAULT_UNKNOWN_OPERATION,
            "Crema does not have rules with a ScheduleExpression yet; give the rule an EventPattern.");
    room_close(room);
}

static void tests_patterns(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct fault fault = { 0 };
    bool matches = false;
    struct bus_settings settings = { .patterns = { .conjunctions_max = 2 } };
    struct str event = STR(
        "{\"id\":\"1\",\"account\":\"1\",\"source\":\"s\",\"time\":\"2026-01-01T00:00:00Z\",\"region\":\"r\","
        "\"resources\":[],\"detail-type\":\"t\",\"detail\":{}}");
    assert_true(bus_pattern_test(&settings, &arena, STR("{\"source\":[\"s\"]}"), event, &matches, &fault) &&
                matches);
    assert_true(bus_pattern_test(&settings, &arena, STR("{\"source\":[\"t\"]}"), event, &matches, &fault) &&
                !matches);
    assert_false(
        bus_pattern_test(&settings, &arena, STR("{\"source\":[\"t\"]}"), STR("{}"), &matches, &fault));
    assert_int_equal(fault.code, FAULT_VALIDATION);
    ASSERT_TEXT(fault.text, "Parameter Event is not valid.");
    arena_fini(&arena);
}

/* How a bus reads the rules that its store holds: what an earlier version took is taken. */
static void a_kept_rule_is_read_as_it_was_taken(void **state)
{
    (void)state;
    const struct str pattern = STR("{\"detail\":{\"n\":[{\"numeric\":[\">=\",5,\"<=\",5]}]}}");
    const struct pattern_limits given = { 0 };
    struct arena arena = { 0 };
    struct pattern *compiled;
    struct fault fault = { 0 };
    assert_false(bus_pattern_compile(&given, &arena, pattern, &compiled, &fault));
    assert_true(bus_pattern_compile(&bus_pattern_unlimited, &arena, pattern, &compiled, &fault));
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {

        cmocka_unit_test(delivers_what_matches),
        cmocka_unit_test(what_goes_astray_is_in_the_inbox),
        cmocka_unit_test(transformers_make_what_is_delivered),
        cmocka_unit_test(circles_end),
        cmocka_unit_test(a_roll_back_takes_rules_back),
        cmocka_unit_test(keeps_buses),
        cmocka_unit_test(default_is_in_the_list),
        cmocka_unit_test(keeps_rules),
        cmocka_unit_test(checks_targets),
        cmocka_unit_test(a_kept_rule_is_read_as_it_was_taken),
        cmocka_unit_test(checks_schedules),
        cmocka_unit_test(tests_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
