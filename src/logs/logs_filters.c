#include "logs/logs_filters.h"

#include "base/big_endian.h"
#include "logs/logs_subscription.h"

#include <stdlib.h>

/* ---- stored ---- */

static void filters_key(struct key *key, const struct logs_group *group)
{
    logs_key_part(key, group, LOGS_FILTERS);
}

bool logs_filters_read(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                       struct json *ret, struct fault *reterr)
{
    struct key key;
    struct str value;
    filters_key(&key, group);
    *ret = json_of_object(NULL, 0);
    enum err err = store_get(reader, arena, key_str(&key), &value);
    if (err == ERR_NOTFOUND)
        return true;
    if (err == ERR_OK && (json_read(arena, value, 0, ret, NULL) || ret->type != JSON_OBJECT))
        err = ERR_CORRUPT;
    return err == ERR_OK || logs_bad_store(reterr, arena, err);
}

static void filters_store(struct logs *logs, struct work *work, struct ns ns, const struct logs_group *group,
                          const struct json *filters)
{
    struct key key;
    bool any = false;
    filters_key(&key, group);
    for (uint32_t i = 0; i < filters->count; i++)
        any |= filters->members[i].value.count > 0;
    if (any)
        store_put(work->batch, key_str(&key), json_text(work->arena, filters));
    else
        store_delete(work->batch, key_str(&key));
    logs_forget(logs, ns, group->name);
}

static struct str name_of(const struct json *filter)
{
    return json_get_str(filter, STR("name"));
}

const struct json *logs_filters_find(const struct json *filters, struct str list, struct str name)
{
    const struct json *all = json_get_typed(filters, list, JSON_ARRAY);
    for (uint32_t i = 0; all && i < all->count; i++)
        if (str_eq(name_of(&all->items[i]), name))
            return &all->items[i];
    return NULL;
}

bool logs_filters_list(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                       struct str list, const struct json **ret, size_t *ret_count, struct fault *reterr)
{
    struct json filters;
    if (!logs_filters_read(reader, arena, group, &filters, reterr))
        return false;
    const struct json *all = json_get_typed(&filters, list, JSON_ARRAY);
    *ret = all ? all->items : NULL;
    *ret_count = all ? all->count : 0;
    return true;
}

void logs_filters_put(struct logs *logs, struct work *work, struct ns ns, const struct logs_group *group,
                      struct json filters, struct str list, struct json filter)
{
    const struct json *all = json_get_typed(&filters, list, JSON_ARRAY);
    uint32_t count = all ? all->count : 0, kept = 0, at = 0;
    struct json *items = ARENA_ARRAY(work->arena, struct json, count + 1);
    while (at < count && str_compare(name_of(&all->items[at]), name_of(&filter)) < 0)
        items[kept++] = all->items[at++];
    items[kept++] = filter;
    if (at < count && str_eq(name_of(&all->items[at]), name_of(&filter)))
        at++;
    while (at < count)
        items[kept++] = all->items[at++];
    filters = json_with_member(work->arena, &filters, list, json_of_array(items, kept));
    filters_store(logs, work, ns, group, &filters);
}

bool logs_filters_delete(struct logs *logs, struct work *work, struct ns ns, struct str group,
                         struct str list, struct str name, const char *what, struct fault *reterr)
{
    struct logs_group found;
    struct json filters;
    if (!logs_group_get(work->reader, work->arena, ns, group, &found, reterr) ||
        !logs_filters_read(work->reader, work->arena, &found, &filters, reterr))
        return false;
    const struct json *all = json_get_typed(&filters, list, JSON_ARRAY);
    if (!logs_filters_find(&filters, list, name))
        return fault_set(reterr, work->arena, FAULT_NOT_FOUND, "The specified %s filter does not exist.",
                         what);
    struct json *items = ARENA_ARRAY(work->arena, struct json, all->count);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < all->count; i++)
        if (!str_eq(name_of(&all->items[i]), name))
            items[kept++] = all->items[i];
    filters = json_with_member(work->arena, &filters, list, json_of_array(items, kept));
    filters_store(logs, work, ns, &found, &filters);
    return true;
}

/* Whether one more with a regular expression is too many. name: the one that is put, which does not count. */
static bool regex_check(struct arena *arena, const struct json *filters, struct str list, struct str name,
                        struct fault *reterr)
{
    unsigned found = 0;
    for (uint32_t i = 0; i < filters->count; i++) {
        const struct json *all = &filters->members[i].value;
        bool same_list = str_eq(filters->members[i].key, list);
        for (uint32_t j = 0; all->type == JSON_ARRAY && j < all->count; j++) {
            struct logs_pattern pattern;
            struct fault none = { 0 };
            if (same_list && str_eq(name_of(&all->items[j]), name))
                continue;
            found +=
                logs_pattern_read(arena, json_get_str(&all->items[j], STR("pattern")), &pattern, &none) &&
                logs_pattern_has_regex(&pattern);
        }
    }
    return found < LOGS_REGEX_FILTERS_MAX ||
           fault_set(reterr, arena, FAULT_LIMIT_EXCEEDED,
                     "Resource limit exceeded: a log group has at most %d filters with regular expressions.",
                     LOGS_REGEX_FILTERS_MAX);
}

bool logs_filters_admit(struct work *work, const struct logs_group *group, struct str list, size_t max,
                        struct str name, bool has_regex, struct json *ret_filters, int64_t *ret_created_ms,
                        struct fault *reterr)
{
    if (!logs_filters_read(work->reader, work->arena, group, ret_filters, reterr))
        return false;
    const struct json *all = json_get_typed(ret_filters, list, JSON_ARRAY);
    const struct json *former = logs_filters_find(ret_filters, list, name);
    if (!former && all && all->count >= max)
        return fault_set(reterr, work->arena, FAULT_LIMIT_EXCEEDED, "Resource limit exceeded.");
    if (has_regex && !regex_check(work->arena, ret_filters, list, name, reterr))
        return false;
    *ret_created_ms = former ? json_get_i64(former, STR("created")) : work->now_ms;
    return true;
}

/* ---- seen by writers ---- */

static bool follower_read(struct arena *arena, const struct json *filter, struct logs_follower *ret,
                          struct fault *reterr)
{
    struct str destination = json_get_str(filter, STR("destination"));
    *ret = (struct logs_follower){
        .name = name_of(filter),
        .destination = destination,
        .to_group = logs_destination_is_group(destination),
    };
    return logs_pattern_read(arena, json_get_str(filter, STR("pattern")), &ret->pattern, reterr);
}

static struct str id_key(uint64_t id, char bytes[8])
{
    big_endian_put(bytes, id, 8);
    return str_of(bytes, 8);
}

void logs_filters_unpark_all(struct logs *logs)
{
    struct str key;
    void *parked;
    for (size_t i = 0; map_next(&logs->parked, &i, &key, &parked);) {
        struct logs_filters *filters = parked;
        logs_filters_free(&filters);
    }
    map_clear(&logs->parked);
}

void logs_filters_park(struct logs *logs, struct logs_filters *filters)
{
    char bytes[8];
    if (!filters)
        return;
    /* What they saw is of a command that is over. */
    for (size_t i = 0; i < filters->follower_count; i++)
        memset(&filters->followers[i].seen, 0, sizeof(filters->followers[i].seen));
    for (size_t i = 0; i < filters->counter_count; i++)
        memset(&filters->counters[i].tallies, 0, sizeof(filters->counters[i].tallies));
    if (logs->parked.len >= LOGS_PARKED_MAX)
        logs_filters_unpark_all(logs);
    struct logs_filters *former = map_remove(&logs->parked, id_key(filters->group_id, bytes));
    logs_filters_free(&former);
    map_put(&logs->parked, id_key(filters->group_id, bytes), filters);
}

static struct logs_filters *unpark(struct logs *logs, const struct logs_group *group, struct str stored)
{
    char bytes[8];
    struct logs_filters *filters = map_remove(&logs->parked, id_key(group->id, bytes));
    if (filters && !str_eq(filters->stored, stored))
        logs_filters_free(&filters);
    return filters;
}

static bool compile(struct arena *arena, const struct json *read, struct logs_filters *ret,
                    struct fault *reterr)
{
    bool ok = true;
    const struct json *all = json_get_typed(read, STR("subscriptions"), JSON_ARRAY);
    ret->follower_count = all ? all->count : 0;
    ret->followers = ARENA_ARRAY(arena, struct logs_follower, ret->follower_count);
    for (size_t i = 0; ok && i < ret->follower_count; i++)
        ok = follower_read(arena, &all->items[i], &ret->followers[i], reterr);
    all = json_get_typed(read, STR("metrics"), JSON_ARRAY);
    ret->counter_count = all ? all->count : 0;
    ret->counters = ARENA_ARRAY(arena, struct logs_counter, ret->counter_count);
    for (size_t i = 0; ok && i < ret->counter_count; i++)
        ok = logs_counter_read(arena, &all->items[i], &ret->counters[i], reterr);
    return ok;
}

bool logs_filters_load(struct logs *logs, struct store_reader *reader, struct arena *arena, struct ns ns,
                       const struct logs_group *group, struct logs_filters **ret, struct fault *reterr)
{
    struct key key;
    struct str stored;
    struct json read;
    struct fault fault = { 0 };
    filters_key(&key, group);
    *ret = NULL;
    enum err err = store_get(reader, arena, key_str(&key), &stored);
    if (err == ERR_NOTFOUND)
        return true;
    if (err != ERR_OK)
        return logs_bad_store(reterr, arena, err);
    if ((*ret = unpark(logs, group, stored)))
        return true;
    struct logs_filters *filters = calloc(1, sizeof(*filters));
    if (!filters)
        abort();
    struct arena *a = &filters->arena;
    filters->group_id = group->id;
    filters->stored = arena_copy(a, stored);
    filters->ns = (struct ns){ arena_copy(a, ns.account), arena_copy(a, ns.region) };
    if (json_read(a, filters->stored, 0, &read, NULL) || !compile(a, &read, filters, &fault)) {
        /* What was accepted once is not understood now: no event may pass it by unseen. */
        fault_set(reterr, arena, FAULT_INTERNAL, "A filter of the log group cannot be read: %.*s",
                  STR_ARG(fault.text));
        logs_filters_free(&filters);
        return false;
    }
    *ret = filters;
    return true;
}

void logs_filters_free(struct logs_filters **filters)
{
    if (!*filters)
        return;
    struct arena arena = (*filters)->arena;
    free(*filters);
    arena_fini(&arena);
    *filters = NULL;
}

void logs_filters_see(struct logs *logs, struct work *work, struct logs_filters *filters,
                      struct logs_position at, struct str message)
{
    for (size_t i = 0; i < filters->follower_count; i++) {
        struct logs_follower *follower = &filters->followers[i];
        if (logs_pattern_matches(&follower->pattern, logs->matcher, message))
            VEC_PUSH(work->arena, &follower->seen, ((struct logs_seen){ at, message }));
    }
    for (size_t i = 0; i < filters->counter_count; i++)
        logs_counter_see(logs, work, filters, &filters->counters[i], at.timestamp_ms, message);
}

void logs_filters_end(struct logs *logs, struct work *work, const struct logs_held *held, struct str stream)
{
    struct logs_filters *filters = held->filters;
    for (size_t i = 0; i < filters->follower_count; i++) {
        struct logs_follower *follower = &filters->followers[i];
        if (follower->seen.len)
            logs_subscription_forward(logs, work, held, follower, stream);
        follower->seen.at = NULL;
        follower->seen.len = follower->seen.cap = 0;
    }
    for (size_t i = 0; i < filters->counter_count; i++)
        logs_counter_end(logs, work, filters, &filters->counters[i]);
}
