#include "base/arn.h"
#include "base/vec.h"
#include "logs/logs_limit.h"
#include "store/tags.h"

static const struct str class_texts[LOGS_CLASSES] = {
#define X(name) [LOGS_CLASS_##name] = { #name, sizeof(#name) - 1 },
    LOGS_CLASS_LIST(X)
#undef X
};

const char *logs_class_text(enum logs_class group_class)
{
    return class_texts[group_class].ptr;
}

bool logs_class_parse(struct str text, enum logs_class *ret)
{
    for (int i = 0; i < LOGS_CLASSES; i++) {
        if (str_eq(text, class_texts[i])) {
            *ret = (enum logs_class)i;
            return true;
        }
    }
    return false;
}

static const char group_resource[] = "log-group:";

struct str logs_group_arn(struct arena *arena, struct ns ns, struct str name)
{
    return arn_make(arena, ns, STR("logs"), arena_concat(arena, str_from(group_resource), name));
}

bool logs_group_name_of(struct arena *arena, struct ns ns, struct str identifier, struct str *ret,
                        struct fault *reterr)
{
    struct arn arn;
    if (!arn_parse(identifier, &arn)) {
        *ret = identifier;
        return true;
    }
    struct str prefix = str_from(group_resource);
    if (!str_eq(arn.service, STR("logs")) || !arn_in(&arn, ns) || !str_starts(arn.resource, prefix))
        return logs_no_group(reterr, arena);
    *ret = str_from_offset(arn.resource, prefix.len);
    if (str_ends(*ret, STR(":*")))
        ret->len -= 2;
    return true;
}

bool logs_group_get(struct store_reader *reader, struct arena *arena, struct ns ns, struct str name,
                    struct logs_group *ret, struct fault *reterr)
{
    struct key key;
    logs_key_group(&key, PARTITION_ONLY, ns, name);
    struct str value;
    enum err err = str_empty(name) ? ERR_NOTFOUND : store_get(reader, arena, key_str(&key), &value);
    if (err == ERR_NOTFOUND)
        return logs_no_group(reterr, arena);
    *ret = (struct logs_group){ .partition = PARTITION_ONLY, .name = name };
    if (err == ERR_OK && !logs_group_read(value, ret))
        err = ERR_CORRUPT;
    return err == ERR_OK || logs_bad_store(reterr, arena, err);
}

static void group_store(struct logs *logs, struct work *work, struct ns ns, const struct logs_group *group)
{
    struct key key;
    logs_key_group(&key, work->partition, ns, group->name);
    buf_clear(&logs->value);
    logs_group_write(&logs->value, group);
    store_put(work->batch, key_str(&key), buf_str(&logs->value));
}

bool logs_group_create(struct logs *logs, struct work *work, struct ns ns, struct str name,
                       enum logs_class group_class, struct fault *reterr)
{
    if (name.len >= 4 && str_eq_ignore_case(str_slice(name, 0, 4), STR("aws/")))
        return fault_set(reterr, work->arena, FAULT_INVALID_PARAMETER,
                         "Log groups starting with AWS/ are reserved for AWS.");
    struct key key;
    logs_key_group(&key, work->partition, ns, name);
    if (store_has(work->reader, key_str(&key)))
        return fault_set(reterr, work->arena, FAULT_ALREADY_EXISTS, "The specified log group already exists");
    struct logs_group group = {
        .id = store_next_id(work->batch, work->partition, STR("logs-group")),
        .partition = work->partition,
        .name = name,
        .created_ms = work->now_ms,
        .group_class = group_class,
    };
    group_store(logs, work, ns, &group);
    struct key value; /* as keys have texts, so that their ends are known */
    value.len = 0;
    value.overflow = false;
    key_text(&value, ns.account);
    key_text(&value, ns.region);
    key_bytes(&value, name);
    logs_key_identity(&key, work->partition, group.id);
    store_put(work->batch, key_str(&key), key_str(&value));
    return true;
}

bool logs_group_delete(struct logs *logs, struct work *work, struct ns ns, struct str name,
                       struct fault *reterr)
{
    struct logs_group group;
    if (!logs_group_get(work->reader, work->arena, ns, name, &group, reterr))
        return false;
    if (group.is_protected)
        return logs_is_protected(reterr, work->arena);
    struct logs_held *held;
    if (!logs_hold(logs, work, ns, name, &held, reterr))
        return false;
    logs_pack_disarm(logs, work, held);
    logs_forget(logs, ns, name);
    logs_sweep_disarm(work, &group);
    struct key key, end;
    logs_key_group(&key, work->partition, ns, name);
    store_delete(work->batch, key_str(&key));
    logs_key_identity(&key, work->partition, group.id);
    store_delete(work->batch, key_str(&key));
    logs_key_data(&key, &group);
    key_after_prefix(key_str(&key), &end);
    store_delete_range(work->batch, key_str(&key), key_str(&end));
    if (logs_tail_is_watched(logs->tail))
        logs_tail_note_deleted(logs->tail, work->batch, &group);
    logs_reclaim_group(logs, &group);
    tags_drop(work, logs_group_arn(work->arena, ns, name));
    return true;
}

bool logs_group_protect(struct logs *logs, struct work *work, struct ns ns, struct str name,
                        bool is_protected, struct fault *reterr)
{
    struct logs_group group;
    if (!logs_group_get(work->reader, work->arena, ns, name, &group, reterr))
        return false;
    group.is_protected = is_protected;
    group_store(logs, work, ns, &group);
    logs_forget(logs, ns, name);
    return true;
}

static bool retention_valid(int64_t days)
{
    static const int valid[] = { 0,   1,   3,   5,   7,    14,   30,   60,   90,   120,  150, 180,
                                 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653 };
    for (size_t i = 0; i < sizeof(valid) / sizeof(valid[0]); i++)
        if (valid[i] == days)
            return true;
    return false;
}

bool logs_retention_put(struct logs *logs, struct work *work, struct ns ns, struct str name, int64_t days,
                        struct fault *reterr)
{
    if (!retention_valid(days))
        return fault_set(
            reterr, work->arena, FAULT_INVALID_PARAMETER,
            "Invalid retention value. Valid values are: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, "
            "365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]");
    struct logs_group group;
    if (!logs_group_get(work->reader, work->arena, ns, name, &group, reterr))
        return false;
    logs_sweep_disarm(work, &group);
    group.retention_days = (uint32_t)days;
    group.sweep_due_ms = days ? work->now_ms : 0;
    logs_sweep_arm(work, &group);
    group_store(logs, work, ns, &group);
    logs_forget(logs, ns, name);
    return true;
}

/* ---- list ---- */

static uint64_t stored_bytes(struct store_reader *reader, struct arena *arena, const struct logs_group *group)
{
    struct key key;
    logs_key_part(&key, group, LOGS_BYTES);
    struct str value;
    struct logs_counts counts;
    return store_get(reader, arena, key_str(&key), &value) == ERR_OK && logs_counts_read(value, &counts)
               ? counts.stored_bytes
               : 0;
}

static bool matches(const struct logs_group *group, const struct logs_group_query *query)
{
    if (!str_empty(query->pattern) && str_find(group->name, query->pattern) == STR_NOT_FOUND)
        return false;
    return !query->has_class || query->group_class == group->group_class;
}

bool logs_group_list(struct store_reader *reader, struct arena *arena, struct ns ns,
                     const struct logs_group_query *query, struct logs_group_page *ret, struct fault *reterr)
{
    struct key first, prefix, end;
    logs_key_group(&prefix, PARTITION_ONLY, ns, STR_EMPTY);
    size_t name_at = key_str(&prefix).len;
    key_bytes(&prefix, query->prefix);
    key_after_prefix(key_str(&prefix), &end);
    first = prefix;
    if (str_compare(query->after, query->prefix) >= 0 && !str_empty(query->after)) {
        logs_key_group(&first, PARTITION_ONLY, ns, query->after);
        key_u8(&first, 0); /* the least name after it */
    }
    size_t limit = query->limit && query->limit < LOGS_LIST_MAX ? query->limit : LOGS_LIST_MAX;
    VEC(struct logs_group) groups = { 0 };
    struct logs_group_page page = { 0 };
    struct str key, value;
    enum err err = ERR_OK;
    unsigned examined = 0;
    struct store_cursor *cursor = store_scan(reader, key_str(&first), key_str(&end), STORE_UP);
    while (err == ERR_OK && store_cursor_next(cursor, &key, &value)) {
        struct logs_group group = { .partition = PARTITION_ONLY, .name = str_from_offset(key, name_at) };
        if (!logs_group_read(value, &group)) {
            err = ERR_CORRUPT;
            break;
        }
        bool takes = matches(&group, query);
        if ((takes && groups.len == limit) || examined == LOGS_EXAMINED_MAX) {
            page.more = true;
            break;
        }
        examined++;
        page.after = group.name = arena_copy(arena, group.name);
        if (takes)
            VEC_PUSH(arena, &groups, group);
    }
    enum err closed = store_cursor_close(&cursor);
    if (err == ERR_OK)
        err = closed;
    if (err != ERR_OK)
        return logs_bad_store(reterr, arena, err);
    for (size_t i = 0; i < groups.len; i++)
        groups.at[i].stored_bytes = stored_bytes(reader, arena, &groups.at[i]);
    page.groups = groups.at;
    page.count = groups.len;
    *ret = page;
    return true;
}
