#include "logs/logs_filters.h"

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

bool logs_filters_remove(struct logs *logs, struct work *work, struct ns ns, const struct logs_group *group,
                         struct json filters, struct str list, struct str name)
{
    const struct json *all = json_get_typed(&filters, list, JSON_ARRAY);
    if (!logs_filters_find(&filters, list, name))
        return false;
    struct json *items = ARENA_ARRAY(work->arena, struct json, all->count);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < all->count; i++)
        if (!str_eq(name_of(&all->items[i]), name))
            items[kept++] = all->items[i];
    filters = json_with_member(work->arena, &filters, list, json_of_array(items, kept));
    filters_store(logs, work, ns, group, &filters);
    return true;
}

bool logs_filters_regex_check(struct arena *arena, const struct json *filters, struct str list,
                              struct str name, struct fault *reterr)
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

/* ---- seen by writers ---- */

static bool follower_read(struct arena *arena, const struct json *filter, struct logs_follower *ret,
                          struct fault *reterr)
{
    struct str destination = json_get_str(filter, STR("destination"));
    *ret = (struct logs_follower){
        .name = name_of(filter),
        .destination = destination,
        .to_group = str_find(destination, STR(":log-group:")) != STR_NOT_FOUND,
    };
    return logs_pattern_read(arena, json_get_str(filter, STR("pattern")), &ret->pattern, reterr);
}

bool logs_filters_load(struct store_reader *reader, struct arena *arena, struct ns ns,
                       const struct logs_group *group, struct logs_filters **ret, struct fault *reterr)
{
    struct json read, own;
    *ret = NULL;
    if (!logs_filters_read(reader, arena, group, &read, reterr))
        return false;
    if (read.count == 0)
        return true;
    struct logs_filters *filters = calloc(1, sizeof(*filters));
    if (!filters)
        abort();
    struct arena *a = &filters->arena;
    own = json_copy(a, &read);
    filters->ns = (struct ns){ arena_copy(a, ns.account), arena_copy(a, ns.region) };
    const struct json *all = json_get_typed(&own, STR("subscriptions"), JSON_ARRAY);
    filters->follower_count = all ? all->count : 0;
    filters->followers = ARENA_ARRAY(a, struct logs_follower, filters->follower_count);
    struct fault fault = { 0 };
    bool ok = true;
    for (size_t i = 0; ok && i < filters->follower_count; i++)
        ok = follower_read(a, &all->items[i], &filters->followers[i], &fault);
    all = json_get_typed(&own, STR("metrics"), JSON_ARRAY);
    filters->counter_count = all ? all->count : 0;
    filters->counters = ARENA_ARRAY(a, struct logs_counter, filters->counter_count);
    for (size_t i = 0; ok && i < filters->counter_count; i++)
        ok = logs_counter_read(a, &all->items[i], &filters->counters[i], &fault);
    if (!ok) {
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
