#include "base/vec.h"
#include "json/json.h"
#include "logs/logs_room.h"

enum { POLICY_VERSION = 1 };

bool logs_policy_list(struct store_reader *reader, struct arena *arena, struct ns ns,
                      struct logs_policy **ret, size_t *ret_count, struct fault *reterr)
{
    struct key prefix, end;
    logs_key_policy(&prefix, PARTITION_ONLY, ns, STR_EMPTY);
    key_after_prefix(key_str(&prefix), &end);
    VEC(struct logs_policy) policies = { 0 };
    struct str key, value;
    enum err err = ERR_OK;
    struct store_cursor *cursor = store_scan(reader, key_str(&prefix), key_str(&end), STORE_UP);
    while (err == ERR_OK && store_cursor_next(cursor, &key, &value)) {
        struct logs_policy policy = { .name = arena_copy(arena, str_from_offset(key, prefix.len)) };
        uint8_t version = 0;
        if (!key_read_u8(&value, &version) || version != POLICY_VERSION ||
            !key_read_time(&value, &policy.updated_ms))
            err = ERR_CORRUPT;
        policy.document = arena_copy(arena, value);
        VEC_PUSH(arena, &policies, policy);
    }
    enum err closed = store_cursor_close(&cursor);
    if (err == ERR_OK)
        err = closed;
    if (err != ERR_OK)
        return logs_bad_store(reterr, arena, err);
    *ret = policies.at;
    *ret_count = policies.len;
    return true;
}

bool logs_policy_put(struct work *work, struct ns ns, struct str name, struct str document,
                     struct logs_policy *ret, struct fault *reterr)
{
    struct json json;
    struct json_error why;
    if (json_read(work->arena, document, 0, &json, &why) != ERR_OK)
        return fault_set(reterr, work->arena, FAULT_INVALID_PARAMETER,
                         "The policy document is not JSON: %s (line %u, column %u)", why.text, why.line,
                         why.column);
    if (json.type != JSON_OBJECT)
        return fault_set(reterr, work->arena, FAULT_INVALID_PARAMETER,
                         "The policy document is not a JSON object.");
    struct logs_policy *policies;
    size_t count;
    if (!logs_policy_list(work->reader, work->arena, ns, &policies, &count, reterr))
        return false;
    bool exists = false;
    for (size_t i = 0; i < count; i++)
        exists |= str_eq(policies[i].name, name);
    if (!exists && count >= LOGS_POLICIES_MAX)
        return fault_set(reterr, work->arena, FAULT_LIMIT_EXCEEDED, "Resource limit exceeded.");
    struct key key;
    logs_key_policy(&key, work->partition, ns, name);
    struct key head; /* for its integers */
    head.len = 0;
    head.overflow = false;
    key_u8(&head, POLICY_VERSION);
    key_time(&head, work->now_ms);
    store_put(work->batch, key_str(&key), arena_concat(work->arena, key_str(&head), document));
    *ret = (struct logs_policy){ .name = name, .document = document, .updated_ms = work->now_ms };
    return true;
}

bool logs_policy_delete(struct work *work, struct ns ns, struct str name, struct fault *reterr)
{
    struct key key;
    logs_key_policy(&key, work->partition, ns, name);
    if (!store_has(work->reader, key_str(&key)))
        return fault_set(reterr, work->arena, FAULT_NOT_FOUND, "Policy with name [%.*s] does not exist.",
                         STR_ARG(name));
    store_delete(work->batch, key_str(&key));
    return true;
}
