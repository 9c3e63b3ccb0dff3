/* bus_rule.c - rules and their targets. A rule is one record, its targets in it: five
 * at most, read and written whole. */
#include "bus/bus_impl.h"
#include "base/utf8.h"
#include "store/tags.h"

static const struct str state_enabled = { "ENABLED", 7 };
static const struct str state_cloudtrail = { "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", 45 };

bool bus_rule_enabled(const struct bus_rule *rule)
{
    /* There are no CloudTrail events here: the third state is the first. */
    return str_eq(rule->state, state_enabled) || str_eq(rule->state, state_cloudtrail);
}

struct str bus_rule_arn(struct arena *arena, struct ns ns, struct str bus_name, struct str name)
{
    struct str resource = str_eq(bus_name, STR("default"))
                              ? arena_concat(arena, STR("rule/"), name)
                              : arena_printf(arena, "rule/%.*s/%.*s", STR_ARG(bus_name), STR_ARG(name));
    return arn_make(arena, ns, STR("events"), resource);
}

/* ---- records ---- */

static void rule_fill(const struct bus_look *look, struct str bus_name, struct str name,
                      const struct json *record, struct bus_rule *ret)
{
    const struct json *targets = json_get_typed(record, STR("targets"), JSON_ARRAY);
    *ret = (struct bus_rule){
        .name = name,
        .bus = bus_name,
        .arn = bus_rule_arn(look->arena, look->ns, bus_name, name),
        .pattern = json_get_str(record, STR("pattern")),
        .state = json_get_str(record, STR("state")),
        .description = json_get_str(record, STR("description")),
        .role_arn = json_get_str(record, STR("role")),
        .created_by = json_get_str(record, STR("by")),
        .targets = targets ? *targets : json_of_array(NULL, 0),
        .wildcards = json_is(json_get(record, STR("wildcards")), JSON_TRUE),
    };
}

/* before NULL: the rule is new. */
static void rule_write(struct bus *bus, struct work *work, struct ns ns, const struct bus_rule *before,
                       const struct bus_rule *rule)
{
    struct buf out;
    struct json_writer w;
    bus_record_begin(&out, &w);
    bus_record_put(&w, STR("pattern"), rule->pattern);
    bus_record_put(&w, STR("state"), rule->state);
    bus_record_put(&w, STR("description"), rule->description);
    bus_record_put(&w, STR("role"), rule->role_arn);
    bus_record_put(&w, STR("by"), rule->created_by);
    if (rule->wildcards)
        json_put_member_bool(&w, STR("wildcards"), true);
    if (rule->targets.count)
        json_put_member(&w, STR("targets"), &rule->targets);
    struct key key;
    bus_key_rule(&key, work->partition, ns, rule->bus, rule->name);
    bus_record_end(&out, &w, work, &key);
    bus_rule_changed(bus, work, ns, before, rule);
}

static bool bus_required(const struct bus_look *look, struct str bus_name, struct fault *reterr)
{
    if (bus_exists(look->reader, look->partition, look->ns, bus_name))
        return true;
    return fault_set(reterr, look->arena, FAULT_NOT_FOUND, "Event bus %.*s does not exist.",
                     STR_ARG(bus_name));
}

bool bus_rule_get(const struct bus_look *look, struct str bus_name, struct str name, struct bus_rule *ret,
                  struct fault *reterr)
{
    if (!bus_required(look, bus_name, reterr))
        return false;
    struct key key;
    struct str value;
    struct json record;
    bus_key_rule(&key, look->partition, look->ns, bus_name, name);
    enum err err = store_get(look->reader, look->arena, key_str(&key), &value);
    if (err == ERR_NOTFOUND)
        return fault_set(reterr, look->arena, FAULT_NOT_FOUND, "Rule %.*s does not exist on EventBus %.*s.",
                         STR_ARG(name), STR_ARG(bus_name));
    if (err || !bus_record_read(look->arena, value, &record))
        return fault_set(reterr, look->arena, FAULT_INTERNAL, "Rule %.*s cannot be read: %s", STR_ARG(name),
                         err_text(err ? err : ERR_CORRUPT));
    rule_fill(look, bus_name, name, &record, ret);
    return true;
}

/* ---- rules ---- */

static bool schedule_refuse(struct arena *arena, struct str bus_name, struct str schedule,
                            struct fault *reterr)
{
    if (!str_eq(bus_name, STR("default")))
        return fault_set(reterr, arena, FAULT_VALIDATION,
                         "ScheduleExpression is supported only on the default event bus.");
    if (!bus_schedule_valid(schedule))
        return fault_set(reterr, arena, FAULT_VALIDATION, "Parameter ScheduleExpression is not valid.");
    return fault_set(
        reterr, arena, FAULT_UNKNOWN_OPERATION,
        "Crema does not have rules with a ScheduleExpression yet; give the rule an EventPattern.");
}

/* Whether the limits of the bus let the rule in. before NULL: it is new. */
static bool rule_fits(struct bus *bus, const struct bus_look *look, const struct bus_rule *before,
                      const struct bus_rule *rule, struct fault *reterr)
{
    struct tally tally;
    if (before && !rule->wildcards)
        return true;
    if (!bus_tally(bus, look, rule->bus, &tally, reterr))
        return false;
    size_t wildcards = tally.wildcards - (before && before->wildcards ? 1 : 0);
    if ((before || tally.rules < bus->settings.rules_max) &&
        (!rule->wildcards || wildcards < bus->settings.wildcard_rules_max))
        return true;
    return fault_set(reterr, look->arena, FAULT_LIMIT_EXCEEDED,
                     "The requested resource exceeds the maximum number allowed.");
}

static bool rule_check(struct bus *bus, struct work *work, struct ns ns, struct bus_rule *rule,
                       struct str schedule, struct fault *reterr)
{
    if (str_empty(rule->pattern) && str_empty(schedule))
        return fault_set(reterr, work->arena, FAULT_VALIDATION,
                         "Parameter(s) EventPattern or ScheduleExpression must be specified.");
    struct bus_look look = bus_look_of(work, ns);
    if (!bus_required(&look, rule->bus, reterr))
        return false;
    if (schedule.len)
        return schedule_refuse(work->arena, rule->bus, schedule, reterr);
    if (utf8_count(rule->pattern) > bus->settings.pattern_characters_max)
        return fault_set(reterr, work->arena, FAULT_VALIDATION,
                         "Parameter EventPattern for rule %.*s exceeds limit of %zu.", STR_ARG(rule->name),
                         bus->settings.pattern_characters_max);
    struct pattern *pattern;
    if (!bus_pattern_compile(&bus->settings.patterns, work->arena, rule->pattern, &pattern, reterr))
        return false;
    rule->wildcards = pattern_wildcard_count(pattern) > 0;
    return true;
}

bool bus_rule_put(struct bus *bus, struct work *work, struct ns ns, const struct bus_rule *rule,
                  struct str schedule, struct str *ret_arn, bool *ret_made, struct fault *reterr)
{
    struct bus_rule now = *rule, before;
    if (!rule_check(bus, work, ns, &now, schedule, reterr))
        return false;
    struct bus_look look = bus_look_of(work, ns);
    struct fault absent = { 0 };
    bool made = !bus_rule_get(&look, rule->bus, rule->name, &before, &absent);
    if (made && absent.code != FAULT_NOT_FOUND) {
        *reterr = absent;
        return false;
    }
    if (!rule_fits(bus, &look, made ? NULL : &before, &now, reterr))
        return false;
    now.created_by = made ? ns.account : before.created_by;
    now.targets = made ? json_of_array(NULL, 0) : before.targets;
    if (str_empty(now.state))
        now.state = state_enabled;
    rule_write(bus, work, ns, made ? NULL : &before, &now);
    *ret_arn = bus_rule_arn(work->arena, ns, rule->bus, rule->name);
    *ret_made = made;
    return true;
}

bool bus_rule_delete(struct bus *bus, struct work *work, struct ns ns, struct str bus_name, struct str name,
                     struct fault *reterr)
{
    struct bus_look look = bus_look_of(work, ns);
    if (!bus_required(&look, bus_name, reterr))
        return false;
    struct bus_rule rule;
    struct fault absent = { 0 };
    if (!bus_rule_get(&look, bus_name, name, &rule, &absent)) {
        if (absent.code == FAULT_NOT_FOUND)
            return true;
        *reterr = absent;
        return false;
    }
    if (rule.targets.count)
        return fault_set(reterr, work->arena, FAULT_VALIDATION,
                         "Rule can't be deleted since it has targets.");
    struct key key;
    bus_key_rule(&key, work->partition, ns, bus_name, name);
    store_delete(work->batch, key_str(&key));
    tags_drop(work, rule.arn);
    bus_rule_changed(bus, work, ns, &rule, NULL);
    return true;
}

bool bus_rule_set_state(struct bus *bus, struct work *work, struct ns ns, struct str bus_name,
                        struct str name, struct str state, struct fault *reterr)
{
    struct bus_look look = bus_look_of(work, ns);
    struct bus_rule rule;
    if (!bus_rule_get(&look, bus_name, name, &rule, reterr))
        return false;
    if (!str_eq(rule.state, state)) {
        rule.state = state;
        rule_write(bus, work, ns, &rule, &rule);
    }
    return true;
}

/* ---- the list ---- */

static bool has_target(const struct bus_rule *rule, struct str target_arn)
{
    for (uint32_t i = 0; i < rule->targets.count; i++)
        if (str_eq(json_get_str(&rule->targets.items[i], STR("Arn")), target_arn))
            return true;
    return false;
}

/* The rule under a key that begins as all those of its bus do. */
static bool rule_read(const struct bus_look *look, struct str bus_name, struct str all, struct str key,
                      struct str value, struct bus_rule *ret)
{
    struct json record;
    if (!bus_record_read(look->arena, arena_copy(look->arena, value), &record))
        return false;
    rule_fill(look, bus_name, arena_copy(look->arena, str_from_offset(key, all.len)), &record, ret);
    return true;
}

static bool rules_read(struct arena *arena, struct store_cursor **cursor, bool damaged, struct fault *reterr)
{
    enum err err = store_cursor_close(cursor);
    if (!err && !damaged)
        return true;
    return fault_set(reterr, arena, FAULT_INTERNAL, "Rules cannot be read: %s",
                     err_text(err ? err : ERR_CORRUPT));
}

bool bus_rule_walk(const struct bus_look *look, struct str bus_name, bus_rule_f *f, void *self,
                   struct fault *reterr)
{
    if (!bus_required(look, bus_name, reterr))
        return false;
    struct arena arena = { 0 };
    struct bus_look one = *look;
    one.arena = &arena;
    struct key all, end;
    bus_key_rule(&all, look->partition, look->ns, bus_name, STR_EMPTY);
    key_after_prefix(key_str(&all), &end);
    struct store_cursor *cursor = store_scan(look->reader, key_str(&all), key_str(&end), STORE_UP);
    struct str key, value;
    bool damaged = false, more = true;
    while (more && store_cursor_next(cursor, &key, &value)) {
        struct bus_rule rule;
        damaged = !rule_read(&one, bus_name, key_str(&all), key, value, &rule);
        more = !damaged && f(self, &arena, &rule);
        arena_reset(&arena);
    }
    arena_fini(&arena);
    return rules_read(look->arena, &cursor, damaged, reterr);
}

bool bus_rule_list(const struct bus_look *look, struct str bus_name, struct str target_arn,
                   struct bus_page *page, bus_rules *ret, struct fault *reterr)
{
    if (!bus_required(look, bus_name, reterr))
        return false;
    size_t limit = page->limit ? page->limit : 100;
    struct key all, first, end;
    bus_key_rule(&all, look->partition, look->ns, bus_name, STR_EMPTY);
    bus_key_rule(&first, look->partition, look->ns, bus_name, page->prefix);
    key_after_prefix(key_str(&first), &end);
    if (page->after.len && str_compare(page->after, page->prefix) >= 0) {
        bus_key_rule(&first, look->partition, look->ns, bus_name, page->after);
        key_bytes(&first, str_of("", 1)); /* the first key after it */
    }
    struct store_cursor *cursor = store_scan(look->reader, key_str(&first), key_str(&end), STORE_UP);
    struct str key, value;
    bool damaged = false;
    while (ret->len <= limit && store_cursor_next(cursor, &key, &value)) {
        struct bus_rule rule;
        damaged = !rule_read(look, bus_name, key_str(&all), key, value, &rule);
        if (damaged)
            break;
        if (str_empty(target_arn) || has_target(&rule, target_arn))
            VEC_PUSH(look->arena, ret, rule);
    }
    if (!rules_read(look->arena, &cursor, damaged, reterr))
        return false;
    page->more = ret->len > limit;
    if (page->more)
        ret->len = limit;
    return true;
}

/* ---- targets ---- */

/* A new array: the targets without the one of that Id, and with `add` in its place by
 * Id (NULL: removed only). */
static struct json targets_with(struct arena *arena, const struct json *targets, struct str id,
                                const struct json *add)
{
    struct json *items = ARENA_ARRAY(arena, struct json, targets->count + 1u);
    size_t count = 0;
    for (uint32_t i = 0; i < targets->count; i++) {
        int order = str_compare(json_get_str(&targets->items[i], STR("Id")), id);
        if (add && order >= 0) {
            items[count++] = *add;
            add = NULL;
        }
        if (order != 0)
            items[count++] = targets->items[i];
    }
    if (add)
        items[count++] = *add;
    return json_of_array(items, count);
}

/* The target without members that are null: those were not given. */
static struct json target_given(struct arena *arena, const struct json *target)
{
    struct json_member *members = ARENA_ARRAY(arena, struct json_member, target->count);
    size_t count = 0;
    for (uint32_t i = 0; i < target->count; i++)
        if (target->members[i].value.type != JSON_NULL)
            members[count++] = target->members[i];
    return json_of_object(members, count);
}

bool bus_targets_put(struct bus *bus, struct work *work, struct ns ns, struct str bus_name,
                     struct str rule_name, const struct json *targets, struct fault *reterr)
{
    struct bus_look look = bus_look_of(work, ns);
    struct bus_rule rule;
    if (!bus_rule_get(&look, bus_name, rule_name, &rule, reterr))
        return false;
    for (uint32_t i = 0; i < targets->count; i++) {
        struct json target = target_given(work->arena, &targets->items[i]);
        if (!bus_target_check(bus, work->arena, ns, &target, reterr))
            return false;
        rule.targets = targets_with(work->arena, &rule.targets, json_get_str(&target, STR("Id")), &target);
        if (rule.targets.count > bus->settings.targets_max)
            return fault_set(reterr, work->arena, FAULT_LIMIT_EXCEEDED,
                             "The requested resource exceeds the maximum number allowed.");
    }
    rule_write(bus, work, ns, &rule, &rule);
    return true;
}

bool bus_targets_remove(struct bus *bus, struct work *work, struct ns ns, struct str bus_name,
                        struct str rule_name, const struct json *ids, struct fault *reterr)
{
    struct bus_look look = bus_look_of(work, ns);
    struct bus_rule rule;
    if (!bus_rule_get(&look, bus_name, rule_name, &rule, reterr))
        return false;
    uint32_t before = rule.targets.count;
    for (uint32_t i = 0; i < ids->count; i++)
        rule.targets = targets_with(work->arena, &rule.targets, ids->items[i].text, NULL);
    if (rule.targets.count != before)
        rule_write(bus, work, ns, &rule, &rule);
    return true;
}

/* ---- for tags ---- */

bool bus_resource_check(const struct bus_look *look, struct str text, struct fault *reterr)
{
    struct arn arn;
    struct bus_record record;
    struct bus_rule rule;
    if (!arn_parse(text, &arn) || !str_eq(arn.service, STR("events")) || !arn_in(&arn, look->ns))
        return fault_set(reterr, look->arena, FAULT_VALIDATION,
                         "Parameter %.*s is not valid. Reason: Provided Arn is not in correct format.",
                         STR_ARG(text));
    if (str_starts(arn.resource, STR("event-bus/")))
        return bus_get(look, str_from_offset(arn.resource, strlen("event-bus/")), &record, reterr);
    if (str_starts(arn.resource, STR("rule/"))) {
        struct str path = str_from_offset(arn.resource, strlen("rule/")), bus_name = STR("default"),
                   name = path;
        for (size_t i = path.len; i > 0; i--)
            if (path.ptr[i - 1] == '/') {
                bus_name = str_slice(path, 0, i - 1);
                name = str_from_offset(path, i);
                break;
            }
        return bus_rule_get(look, bus_name, name, &rule, reterr);
    }
    return fault_set(reterr, look->arena, FAULT_VALIDATION,
                     "Parameter %.*s is not valid. Reason: Provided Arn is not in correct format.",
                     STR_ARG(text));
}
