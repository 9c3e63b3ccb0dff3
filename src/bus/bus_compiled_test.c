/* What is in memory of a bus against what the store says, with the batch and its roll-backs in the test's hands. */
#include "bus/bus_impl.h"
#include "deliver/deliver_bench.h"
#include "io/rand.h"

#include <stdlib.h>

struct desk {
    struct store *store;
    struct deliver *deliver;
    struct bus *bus;
    struct work work;
    struct arena arena;
    char seen[8192]; /* "rule target payload;" of each delivery */
    size_t seen_len;
};

static const struct ns home = { { "111111111111", 12 }, { "eu-west-1", 9 } };
#define LOG_ARN "arn:aws:logs:eu-west-1:111111111111:log-group:g"

static void group_send(void *self, struct work *work, const struct delivery *d, struct delivery_result *ret)
{
    struct desk *desk = self;
    (void)work;
    struct str rule = d->source_arn;
    for (size_t i = rule.len; i > 0; i--)
        if (rule.ptr[i - 1] == '/') {
            rule = str_from_offset(rule, i);
            break;
        }
    size_t room = sizeof(desk->seen) - desk->seen_len;
    int len = snprintf(desk->seen + desk->seen_len, room, "%.*s %.*s %.*s;", STR_ARG(rule),
                       STR_ARG(d->owner_ref), STR_ARG(d->payload));
    assert_true(len > 0 && (size_t)len < room);
    desk->seen_len += (size_t)len;
    ret->outcome = OUTCOME_DELIVERED;
}

static const struct target_kind group_kind = { .name = "log-group", .doc = "for tests", .send = group_send };

/* ---- commands, batches ---- */

static void group_begin(struct desk *desk)
{
    desk->work.batch = store_batch_begin(desk->store);
    desk->work.reader = store_batch_reader(desk->work.batch);
}

static struct desk *desk_open(const struct bus_settings *settings)
{
    struct desk *desk = calloc(1, sizeof(*desk));
    struct diag diag;
    assert_int_equal(store_open(&(struct store_settings){ 0 }, &desk->store, &diag), ERR_OK);
    assert_int_equal(deliver_open(NULL, &desk->deliver), ERR_OK);
    deliver_add_target(desk->deliver, &group_kind, desk);
    assert_int_equal(bus_open(settings, desk->deliver, &desk->bus), ERR_OK);
    deliver_on_done(desk->deliver, DELIVERY_OF_RULE, bus_delivery_done, desk->bus);
    desk->work.arena = &desk->arena;
    desk->work.now_ms = INT64_C(1700000000000);
    group_begin(desk);
    return desk;
}

static void desk_close(struct desk *desk)
{
    bus_close(&desk->bus);
    deliver_close(&desk->deliver);
    store_close(&desk->store);
    arena_fini(&desk->arena);
    free(desk);
}

static size_t command_begin(struct desk *desk)
{
    desk->work.number++;
    arena_reset(&desk->arena);
    return store_batch_mark(desk->work.batch);
}

static void roll_back(struct desk *desk, size_t mark)
{
    store_batch_rollback(desk->work.batch, mark);
    deliver_after_rollback(desk->deliver);
    bus_after_rollback(desk->bus);
}

static void group_commit(struct desk *desk)
{
    struct diag diag;
    assert_int_equal(store_commit(desk->work.batch, &diag), ERR_OK);
    bus_after_commit(desk->bus);
    group_begin(desk);
}

/* As the writer does when the disk is full: the batch is empty again, then the rooms are told. */
static void group_drop(struct desk *desk)
{
    group_begin(desk);
    deliver_after_rollback(desk->deliver);
    bus_after_rollback(desk->bus);
}

/* ---- calls ---- */

static struct json json_here(struct desk *desk, const char *text)
{
    struct json value;
    assert_int_equal(json_read(&desk->arena, str_from(text), 0, &value, NULL), ERR_OK);
    return value;
}

static enum fault_code put_rule(struct desk *desk, const char *bus, const char *name, const char *pattern)
{
    struct bus_rule rule = { .name = str_from(name), .bus = str_from(bus), .pattern = str_from(pattern) };
    struct fault fault = { 0 };
    struct str arn;
    bool made;
    (void)bus_rule_put(desk->bus, &desk->work, home, &rule, STR_EMPTY, &arn, &made, &fault);
    return fault.code;
}

static enum fault_code delete_rule(struct desk *desk, const char *bus, const char *name)
{
    struct fault fault = { 0 };
    (void)bus_rule_delete(desk->bus, &desk->work, home, str_from(bus), str_from(name), &fault);
    return fault.code;
}

static enum fault_code set_state(struct desk *desk, const char *bus, const char *name, const char *state)
{
    struct fault fault = { 0 };
    (void)bus_rule_set_state(desk->bus, &desk->work, home, str_from(bus), str_from(name), str_from(state),
                             &fault);
    return fault.code;
}

/* One target; its Input tells it from those that it replaces. */
static enum fault_code put_target(struct desk *desk, const char *bus, const char *name, const char *id,
                                  unsigned input)
{
    struct fault fault = { 0 };
    char text[256];
    snprintf(text, sizeof(text), "[{\"Id\":\"%s\",\"Arn\":\"" LOG_ARN "\",\"Input\":\"%u\"}]", id, input);
    struct json targets = json_here(desk, text);
    (void)bus_targets_put(desk->bus, &desk->work, home, str_from(bus), str_from(name), &targets, &fault);
    return fault.code;
}

static enum fault_code remove_target(struct desk *desk, const char *bus, const char *name, const char *id)
{
    struct fault fault = { 0 };
    char text[64];
    snprintf(text, sizeof(text), "[\"%s\"]", id);
    struct json ids = json_here(desk, text);
    (void)bus_targets_remove(desk->bus, &desk->work, home, str_from(bus), str_from(name), &ids, &fault);
    return fault.code;
}

static enum fault_code create_bus(struct desk *desk, const char *name)
{
    struct fault fault = { 0 };
    struct bus_record record;
    (void)bus_create(desk->bus, &desk->work, home, str_from(name), STR_EMPTY, &record, &fault);
    return fault.code;
}

static enum fault_code delete_bus(struct desk *desk, const char *name)
{
    struct fault fault = { 0 };
    (void)bus_delete(desk->bus, &desk->work, home, str_from(name), &fault);
    return fault.code;
}

/* Where an event of this kind goes. */
static const char *goes(struct desk *desk, struct bus *by, const char *bus, const char *kind)
{
    struct bus_event event = {
        .bus = str_from(bus), .source = str_from(kind), .detail_type = STR("t"), .detail = STR("{}")
    };
    struct bus_refusal refusal;
    char id[UUID_TEXT_BYTES];
    desk->work.number++;
    desk->seen_len = 0;
    desk->seen[0] = '\0';
    assert_true(bus_put(by, &desk->work, home, &event, id, &refusal));
    deliver_after_run(desk->deliver, &desk->work);
    return desk->seen;
}

#define GOES(desk, kind, text) assert_string_equal(goes((desk), (desk)->bus, "default", (kind)), (text))

static struct bus_stats stats_of(struct desk *desk)
{
    struct bus_stats stats;
    bus_stats(desk->bus, &stats);
    return stats;
}

/* ---- every kind of change ---- */

#define OF_A "{\"source\":[\"a\"]}"
#define OF_B "{\"source\":[\"b\"]}"

static void each_change_is_followed(void **state)
{
    (void)state;
    struct desk *desk = desk_open(NULL);
    GOES(desk, "a", ""); /* from here on it is in memory */
    assert_int_equal(put_rule(desk, "default", "r", OF_A), FAULT_NONE);
    GOES(desk, "a", ""); /* it has no targets yet */
    put_target(desk, "default", "r", "t", 1);
    GOES(desk, "a", "r t 1;");
    put_rule(desk, "default", "q", "{\"source\":[\"a\",\"b\"]}");
    put_target(desk, "default", "q", "t", 2);
    GOES(desk, "a", "q t 2;r t 1;"); /* by name, whichever came first */
    put_rule(desk, "default", "r", OF_B);
    GOES(desk, "a", "q t 2;");
    GOES(desk, "b", "q t 2;r t 1;");
    set_state(desk, "default", "q", "DISABLED");
    GOES(desk, "b", "r t 1;");
    put_target(desk, "default", "q", "u", 3); /* of a rule that is off */
    GOES(desk, "a", "");
    set_state(desk, "default", "q", "ENABLED");
    GOES(desk, "b", "q t 2;q u 3;r t 1;");
    put_target(desk, "default", "q", "t", 4);
    remove_target(desk, "default", "r", "t");
    GOES(desk, "b", "q t 4;q u 3;");
    assert_int_equal(delete_rule(desk, "default", "r"), FAULT_NONE);
    remove_target(desk, "default", "q", "t");
    GOES(desk, "b", "q u 3;");
    remove_target(desk, "default", "q", "u");
    assert_int_equal(delete_rule(desk, "default", "q"), FAULT_NONE);
    GOES(desk, "b", "");
    group_commit(desk);
    GOES(desk, "a", "");
    /* A bus that is deleted, and made anew. */
    create_bus(desk, "x");
    put_rule(desk, "x", "r", OF_A);
    put_target(desk, "x", "r", "t", 5);
    assert_string_equal(goes(desk, desk->bus, "x", "a"), "r t 5;");
    remove_target(desk, "x", "r", "t");
    delete_rule(desk, "x", "r");
    assert_int_equal(delete_bus(desk, "x"), FAULT_NONE);
    assert_string_equal(goes(desk, desk->bus, "x", "a"), "");
    assert_int_equal(stats_of(desk).missing_bus, 1);
    create_bus(desk, "x");
    assert_string_equal(goes(desk, desk->bus, "x", "a"), "");
    assert_int_equal(stats_of(desk).missing_bus, 1);
    desk_close(desk);
}

/* ---- roll-backs ---- */

static void a_command_is_taken_back_in_the_middle_of_a_group(void **state)
{
    (void)state;
    struct desk *desk = desk_open(NULL);
    put_rule(desk, "default", "kept", OF_A);
    put_target(desk, "default", "kept", "t", 1);
    put_rule(desk, "default", "off", OF_A);
    put_target(desk, "default", "off", "t", 2);
    GOES(desk, "a", "kept t 1;off t 2;");
    group_commit(desk);
    /* One that stays, */
    command_begin(desk);
    put_rule(desk, "default", "early", OF_A);
    put_target(desk, "default", "early", "t", 3);
    /* one of every change that goes, */
    size_t mark = command_begin(desk);
    put_rule(desk, "default", "kept", OF_B);
    set_state(desk, "default", "off", "DISABLED");
    put_target(desk, "default", "early", "t", 4);
    put_rule(desk, "default", "lost", OF_A);
    put_target(desk, "default", "lost", "t", 5);
    remove_target(desk, "default", "kept", "t");
    delete_rule(desk, "default", "kept");
    GOES(desk, "a", "early t 4;lost t 5;");
    uint64_t read = stats_of(desk).rules_read;
    roll_back(desk, mark);
    assert_int_equal(stats_of(desk).rules_read - read, 7); /* once for each change: not the bus anew */
    GOES(desk, "a", "early t 3;kept t 1;off t 2;");
    GOES(desk, "b", "");
    /* and one more that stays. */
    command_begin(desk);
    put_target(desk, "default", "off", "t", 6);
    group_commit(desk);
    GOES(desk, "a", "early t 3;kept t 1;off t 6;");
    /* A roll-back that is none of ours costs nothing. */
    read = stats_of(desk).rules_read;
    set_state(desk, "default", "off", "DISABLED");
    mark = command_begin(desk);
    store_put(desk->work.batch, STR("Zother"), STR("1"));
    roll_back(desk, mark);
    assert_int_equal(stats_of(desk).rules_read - read, 1);
    GOES(desk, "a", "early t 3;kept t 1;");
    desk_close(desk);
}

static void a_group_is_taken_back(void **state)
{
    (void)state;
    struct desk *desk = desk_open(NULL);
    put_rule(desk, "default", "kept", OF_A);
    put_target(desk, "default", "kept", "t", 1);
    group_commit(desk);
    GOES(desk, "a", "kept t 1;");
    put_rule(desk, "default", "lost", OF_A);
    put_target(desk, "default", "lost", "t", 2);
    command_begin(desk);
    set_state(desk, "default", "kept", "DISABLED");
    create_bus(desk, "x");
    put_rule(desk, "x", "r", OF_A);
    put_target(desk, "x", "r", "t", 3);
    assert_string_equal(goes(desk, desk->bus, "x", "a"), "r t 3;");
    GOES(desk, "a", "lost t 2;");
    group_drop(desk);
    GOES(desk, "a", "kept t 1;");
    assert_string_equal(goes(desk, desk->bus, "x", "a"), "");
    assert_int_equal(stats_of(desk).missing_bus, 1);
    /* What was committed is not taken back by what comes later. */
    set_state(desk, "default", "kept", "DISABLED");
    group_commit(desk);
    put_rule(desk, "default", "lost", OF_A);
    group_drop(desk);
    GOES(desk, "a", "");
    desk_close(desk);
}

/* ---- the limits count what the batch holds ---- */

static void limits_follow_roll_backs(void **state)
{
    (void)state;
    struct desk *desk = desk_open(&(struct bus_settings){ .rules_max = 3, .wildcard_rules_max = 1 });
    static const char wild[] = "{\"source\":[{\"wildcard\":\"a*\"}]}";
    assert_int_equal(put_rule(desk, "default", "w", wild), FAULT_NONE);
    assert_int_equal(put_rule(desk, "default", "w", wild), FAULT_NONE); /* itself does not count */
    assert_int_equal(put_rule(desk, "default", "v", wild), FAULT_LIMIT_EXCEEDED);
    size_t mark = command_begin(desk);
    assert_int_equal(put_rule(desk, "default", "w", OF_A), FAULT_NONE);
    assert_int_equal(put_rule(desk, "default", "v", wild), FAULT_NONE);
    assert_int_equal(put_rule(desk, "default", "u", OF_A), FAULT_NONE);
    assert_int_equal(put_rule(desk, "default", "t", OF_A), FAULT_LIMIT_EXCEEDED);
    assert_int_equal(put_rule(desk, "default", "u", OF_B), FAULT_NONE); /* one that is there */
    assert_int_equal(delete_rule(desk, "default", "v"), FAULT_NONE);
    assert_int_equal(put_rule(desk, "default", "t", wild), FAULT_NONE);
    roll_back(desk, mark);
    assert_int_equal(put_rule(desk, "default", "v", wild), FAULT_LIMIT_EXCEEDED);
    assert_int_equal(put_rule(desk, "default", "u", OF_A), FAULT_NONE);
    assert_int_equal(put_rule(desk, "default", "t", OF_A), FAULT_NONE);
    assert_int_equal(put_rule(desk, "default", "s", OF_A), FAULT_LIMIT_EXCEEDED);
    desk_close(desk);
}

/* ---- what a change costs ---- */

static void put_many(struct desk *desk, unsigned from, unsigned count)
{
    for (unsigned i = from; i < from + count; i++) {
        char name[32], pattern[128];
        command_begin(desk);
        snprintf(name, sizeof(name), "rule-%06u", i);
        snprintf(pattern, sizeof(pattern), "{\"source\":[\"s%u\",\"x\"],\"detail-type\":[\"u\"]}", i);
        assert_int_equal(put_rule(desk, "default", name, pattern), FAULT_NONE);
        assert_int_equal(put_target(desk, "default", name, "t", i), FAULT_NONE);
        if (i % 256 == 0)
            group_commit(desk);
    }
}

struct cost {
    uint64_t read, compiled;
};

static struct cost cost_since(struct desk *desk, struct bus_stats *before)
{
    struct bus_stats after = stats_of(desk);
    struct cost cost = { after.rules_read - before->rules_read,
                         after.rules_compiled - before->rules_compiled };
    *before = after;
    return cost;
}

#define COSTS(desk, before, reads, compiles)               \
    do {                                                   \
        struct cost costs_seen = cost_since(desk, before); \
        assert_int_equal(costs_seen.read, (reads));        \
        assert_int_equal(costs_seen.compiled, (compiles)); \
    } while (0)

static void changes_cost_the_same(unsigned count)
{
    struct desk *desk =
        desk_open(&(struct bus_settings){ .rules_max = 200000, .wildcard_rules_max = 200000 });
    put_many(desk, 1, count);
    struct bus_stats before = stats_of(desk);
    assert_int_equal(before.rules_compiled, 0); /* no event has asked */
    GOES(desk, "a", "");
    COSTS(desk, &before, count, count);
    GOES(desk, "s1", "");
    COSTS(desk, &before, 0, 0);
    put_rule(desk, "default", "new", "{\"source\":[{\"wildcard\":\"a*\"}]}");
    COSTS(desk, &before, 1, 0); /* no targets yet */
    put_target(desk, "default", "new", "t", 1);
    COSTS(desk, &before, 1, 1);
    put_rule(desk, "default", "new", "{\"source\":[{\"wildcard\":\"b*\"}]}");
    COSTS(desk, &before, 1, 1);
    set_state(desk, "default", "new", "DISABLED");
    COSTS(desk, &before, 1, 0);
    set_state(desk, "default", "new", "ENABLED");
    COSTS(desk, &before, 1, 1);
    set_state(desk, "default", "new", "ENABLED"); /* nothing changes */
    COSTS(desk, &before, 0, 0);
    size_t mark = command_begin(desk);
    put_rule(desk, "default", "new", OF_A);
    roll_back(desk, mark);
    COSTS(desk, &before, 2, 2);
    group_commit(desk);
    GOES(desk, "bee", "new t 1;");
    COSTS(desk, &before, 0, 0);
    remove_target(desk, "default", "new", "t");
    COSTS(desk, &before, 1, 0);
    delete_rule(desk, "default", "new");
    COSTS(desk, &before, 1, 0);
    group_drop(desk);
    COSTS(desk, &before, 2, 2); /* the rule with its target is back, for each of the two changes */
    GOES(desk, "bee", "new t 1;");
    COSTS(desk, &before, 0, 0);
    desk_close(desk);
}

static void a_change_costs_the_same_with_many_rules(void **state)
{
    (void)state;
    changes_cost_the_same(10);
    changes_cost_the_same(3000);
}

static void a_rule_that_changes_gives_its_memory_back(void **state)
{
    (void)state;
    struct desk *desk = desk_open(NULL);
    put_many(desk, 1, 20);
    GOES(desk, "a", "");
    struct matcher_stats first = { 0 }, last = { 0 };
    const struct route *route =
        map_get(&desk->bus->routes, bus_memory_key(&desk->arena, home, STR("default")));
    assert_non_null(route);
    for (unsigned round = 0; round < 50; round++) {
        put_many(desk, 1, 20);
        matcher_stats(route->matcher, &last);
        if (round == 5)
            first = last;
    }
    assert_int_equal(last.rules, 20);
    assert_int_equal(route->rules.len, 20);
    assert_true(last.bytes <= first.bytes * 2);
    assert_int_equal(desk->bus->rules_cached, 20 + 10);
    desk_close(desk);
}

/* More rules than are kept: the bus in use is kept, others are read again when they are asked for. */
static void keeps_what_it_may(void **state)
{
    (void)state;
    struct desk *desk = desk_open(&(struct bus_settings){ .rules_cached_max = 25 });
    create_bus(desk, "x");
    put_rule(desk, "x", "r", OF_A);
    put_target(desk, "x", "r", "t", 1);
    put_many(desk, 1, 10);
    assert_string_equal(goes(desk, desk->bus, "x", "a"), "r t 1;");
    GOES(desk, "a", "");
    assert_int_equal(desk->bus->rules_cached, 20);
    assert_int_equal(desk->bus->routes.len, 1);
    put_many(desk, 11, 10);
    assert_int_equal(desk->bus->rules_cached, 30); /* one bus alone may have more */
    struct bus_stats before = stats_of(desk);
    GOES(desk, "a", "");
    COSTS(desk, &before, 0, 0);
    assert_string_equal(goes(desk, desk->bus, "x", "a"), "r t 1;");
    COSTS(desk, &before, 1, 1);
    assert_int_equal(desk->bus->rules_cached, 11);
    desk_close(desk);
}

/* ---- at random, against a bus that reads the store anew ---- */

static uint64_t random_state;

static unsigned random_below(unsigned n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)((random_state >> 11) % n);
}

static const char *const buses[] = { "default", "x", "y" };
static const char *const names[] = { "r0", "r1", "r2", "r3", "r4", "r5", "r6" };
static const char *const kinds[] = { "a", "b", "abc", "z" };
static const char *const patterns[] = {
    OF_A,
    OF_B,
    "{\"source\":[\"a\",\"b\"]}",
    "{\"source\":[{\"prefix\":\"a\"}]}",
    "{\"source\":[{\"wildcard\":\"a*c\"}]}",
    "{\"source\":[{\"wildcard\":\"*\"}]}",
    "{\"source\":[{\"anything-but\":\"a\"}]}",
    "{\"$or\":[{\"source\":[\"a\"]},{\"detail-type\":[\"t\"],\"source\":[\"z\"]}]}",
};
#define ONE_OF(list) ((list)[random_below(sizeof(list) / sizeof((list)[0]))])

static unsigned refusals, arrivals; /* so that the test is seen to have met some */

static void random_change(struct desk *desk)
{
    const char *bus = ONE_OF(buses), *name = ONE_OF(names);
    const char *id = random_below(2) ? "t" : "u";
    enum fault_code code = FAULT_NONE;
    switch (random_below(9)) {
    case 0:
        code = create_bus(desk, bus);
        break;
    case 1:
        code = delete_bus(desk, bus);
        break;
    case 2:
    case 3:
        code = put_rule(desk, bus, name, ONE_OF(patterns));
        break;
    case 4:
        code = delete_rule(desk, bus, name);
        break;
    case 5:
        code = set_state(desk, bus, name, random_below(2) ? "ENABLED" : "DISABLED");
        break;
    case 6:
    case 7:
        code = put_target(desk, bus, name, id, random_below(1000));
        break;
    default:
        code = remove_target(desk, bus, name, id);
    }
    refusals += code == FAULT_LIMIT_EXCEEDED;
}

static void as_the_store_says(struct desk *desk, const struct bus_settings *settings, uint64_t seed)
{
    struct bus *fresh;
    assert_int_equal(bus_open(settings, desk->deliver, &fresh), ERR_OK);
    struct bus_look look = bus_look_of(&desk->work, home);
    for (size_t i = 0; i < sizeof(buses) / sizeof(buses[0]); i++) {
        for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
            char want[sizeof(desk->seen)];
            snprintf(want, sizeof(want), "%s", goes(desk, fresh, buses[i], kinds[k]));
            arrivals += want[0] != '\0';
            if (strcmp(goes(desk, desk->bus, buses[i], kinds[k]), want))
                fail_msg("seed %llu: an event \"%s\" of bus \"%s\" goes to \"%s\", not \"%s\"",
                         (unsigned long long)seed, kinds[k], buses[i], desk->seen, want);
        }
        struct tally have = { 0 }, want = { 0 };
        struct fault fault = { 0 };
        bool there = bus_tally(fresh, &look, str_from(buses[i]), &want, &fault);
        if (bus_tally(desk->bus, &look, str_from(buses[i]), &have, &fault) != there ||
            have.rules != want.rules || have.wildcards != want.wildcards)
            fail_msg("seed %llu: bus \"%s\" is counted wrongly", (unsigned long long)seed, buses[i]);
    }
    bus_close(&fresh);
}

static void random_group(struct desk *desk, const struct bus_settings *settings, uint64_t seed)
{
    for (unsigned commands = 1 + random_below(5); commands > 0; commands--) {
        size_t mark = command_begin(desk);
        for (unsigned changes = random_below(5); changes > 0; changes--)
            random_change(desk);
        if (random_below(4) == 0) { /* a hand-over that fails */
            size_t inner = store_batch_mark(desk->work.batch);
            random_change(desk);
            if (random_below(2))
                as_the_store_says(desk, settings, seed);
            roll_back(desk, inner);
        }
        if (random_below(3) == 0)
            as_the_store_says(desk, settings, seed);
        if (random_below(4) == 0)
            roll_back(desk, mark);
        if (random_below(3) == 0)
            as_the_store_says(desk, settings, seed);
    }
}

static void random_changes_and_roll_backs(void **state)
{
    (void)state;
    const char *given = getenv("CREMA_SEED");
    enum { SEEDS = 60, GROUPS = 25 };
    uint64_t first = given ? strtoull(given, NULL, 10) : 1;
    for (uint64_t seed = first; seed < first + (given ? 1 : SEEDS); seed++) {
        random_state = seed * UINT64_C(0x9E3779B97F4A7C15) | 1;
        struct bus_settings settings = { .rules_max = 4,
                                         .wildcard_rules_max = 1,
                                         .rules_cached_max = random_below(3) ? 1000 : 16 };
        struct desk *desk = desk_open(&settings);
        for (unsigned groups = 0; groups < GROUPS; groups++) {
            random_group(desk, &settings, seed);
            if (random_below(4))
                group_commit(desk);
            else
                group_drop(desk);
            as_the_store_says(desk, &settings, seed);
        }
        desk_close(desk);
    }
    assert_true(given || (refusals > 50 && arrivals > 5000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_change_is_followed),
        cmocka_unit_test(a_command_is_taken_back_in_the_middle_of_a_group),
        cmocka_unit_test(a_group_is_taken_back),
        cmocka_unit_test(limits_follow_roll_backs),
        cmocka_unit_test(a_change_costs_the_same_with_many_rules),
        cmocka_unit_test(a_rule_that_changes_gives_its_memory_back),
        cmocka_unit_test(keeps_what_it_may),
        cmocka_unit_test(random_changes_and_roll_backs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
