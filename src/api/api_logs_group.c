/* api_logs_group.c - ListLogGroups and PutLogGroupDeletionProtection. */
#include "api/api_logs_group.h"

#include "api/operations.h"
#include "api/token.h"
#include "logs/logs.h"
#include "store/key.h"
#include "store/tags.h"

enum { GROUPS_EXAMINED_MAX = 20000 };

static bool refuse(struct op_call *call, const char *text)
{
    return fault_set(&call->fault, call->arena, FAULT_INVALID_PARAMETER, "%s", text);
}

bool log_groups_of_own_account(struct op_call *call, bool *ret_own)
{
    const struct json *accounts = json_get_typed(call->input, STR("accountIdentifiers"), JSON_ARRAY);
    bool linked = json_is(json_get(call->input, STR("includeLinkedAccounts")), JSON_TRUE);
    *ret_own = !accounts || accounts->count == 0;
    for (uint32_t i = 0; accounts && i < accounts->count; i++)
        *ret_own = *ret_own || str_eq(accounts->items[i].text, call->ns.account);
    if (accounts && accounts->count && !linked)
        return refuse(call, "accountIdentifiers can be specified only when includeLinkedAccounts is true.");
    return true;
}

/* ---- filters ---- */

/* As the model has it: up to five texts, each from the beginning when it begins with ^, else anywhere. */
static bool name_matches(struct str name, struct str pattern)
{
    struct str one;
    while (!str_empty(pattern)) {
        str_cut(pattern, '|', &one, &pattern);
        if (str_starts(one, STR("^")) ? str_starts(name, str_from_offset(one, 1))
                                      : str_find(name, one) != STR_NOT_FOUND)
            return true;
    }
    return false;
}

static bool starts_ignoring_case(struct str text, struct str prefix)
{
    return text.len >= prefix.len && str_eq_ignore_case(str_slice(text, 0, prefix.len), prefix);
}

static bool holds_ignoring_case(struct str text, struct str part)
{
    for (size_t at = 0; at + part.len <= text.len; at++)
        if (str_eq_ignore_case(str_slice(text, at, part.len), part))
            return true;
    return false;
}

/* x, x*, *x, *x*; with ! before it, the opposite. Wildcards look past the case, nothing else does. */
static bool value_matches(struct str value, struct str pattern)
{
    bool negated = str_starts(pattern, STR("!"));
    if (negated)
        pattern = str_from_offset(pattern, 1);
    bool before = str_starts(pattern, STR("*")), after = pattern.len > 1 && str_ends(pattern, STR("*"));
    struct str part = str_slice(pattern, before, pattern.len - before - after);
    bool matches = str_eq(value, pattern);
    if (before && (after || str_empty(part)))
        matches = holds_ignoring_case(value, part);
    else if (after)
        matches = starts_ignoring_case(value, part);
    else if (before)
        matches =
            value.len >= part.len && str_eq_ignore_case(str_from_offset(value, value.len - part.len), part);
    return matches != negated;
}

static bool tags_match(struct op_call *call, struct str name, const struct json *filters)
{
    struct json tags =
        tags_get(call->reader, call->arena, PARTITION_ONLY, logs_group_arn(call->arena, call->ns, name));
    for (uint32_t i = 0; i < filters->count; i++) {
        const struct json *value = json_get(&tags, json_get_str(&filters->items[i], STR("key")));
        const struct json *wanted = json_get_typed(&filters->items[i], STR("values"), JSON_ARRAY);
        bool matches = value && (!wanted || wanted->count == 0);
        for (uint32_t k = 0; value && wanted && k < wanted->count; k++)
            matches = matches || value_matches(value->text, wanted->items[k].text);
        if (!matches)
            return false;
    }
    return true;
}

/* ---- ListLogGroups ---- */

static void out_group(struct op_call *call, const struct logs_group *group)
{
    json_begin_object(call->out);
    json_put_member_str(call->out, STR("logGroupName"), group->name);
    json_put_member_str(call->out, STR("logGroupArn"), logs_group_arn(call->arena, call->ns, group->name));
    json_put_member_str(call->out, STR("logGroupClass"), str_from(logs_class_text(group->group_class)));
    json_end_object(call->out);
}

/* Up to limit of them; *after becomes the last that was looked at. Says whether there are more. */
static bool out_groups(struct op_call *call, size_t limit, struct str *after)
{
    struct str pattern = json_get_str(call->input, STR("logGroupNamePattern"));
    const struct json *filters = json_get_typed(call->input, STR("logGroupTags"), JSON_ARRAY);
    struct logs_group_query query = { .after = *after };
    query.has_class = logs_class_parse(json_get_str(call->input, STR("logGroupClass")), &query.group_class);
    size_t given = 0, examined = 0;
    struct logs_group_page page = { .more = true };
    while (page.more) {
        if (!logs_group_list(call->reader, call->arena, call->ns, &query, &page, &call->fault))
            return false;
        for (size_t i = 0; i < page.count; i++) {
            const struct logs_group *group = &page.groups[i];
            if (given == limit || examined == GROUPS_EXAMINED_MAX)
                return true;
            examined++;
            *after = group->name;
            if ((str_empty(pattern) || name_matches(group->name, pattern)) &&
                (!filters || tags_match(call, group->name, filters))) {
                out_group(call, group);
                given++;
            }
        }
        query.after = page.after;
        if (page.more && page.count == 0)
            *after = page.after;
    }
    return false;
}

void op_logs_list_log_groups(struct op_call *call)
{
    int64_t limit = LOGS_LIST_MAX;
    const struct json *given = json_get_typed(call->input, STR("limit"), JSON_NUMBER);
    struct str token = json_get_str(call->input, STR("nextToken")), after = STR_EMPTY;
    bool own, more = false;
    if (given)
        (void)json_number_i64(given->text, &limit);
    if (json_get(call->input, STR("dataSources")) || json_get(call->input, STR("fieldIndexNames"))) {
        refuse(call, "dataSources and fieldIndexNames are not supported: log groups have neither.");
        return;
    }
    if (!str_empty(token) && !token_read(call, token, &after)) {
        refuse(call, "The specified nextToken is invalid.");
        return;
    }
    if (!log_groups_of_own_account(call, &own))
        return;
    json_begin_object(call->out);
    json_key(call->out, STR("logGroups"));
    json_begin_array(call->out);
    if (own)
        more = out_groups(call, (size_t)limit, &after);
    json_end_array(call->out);
    if (more)
        json_put_member_str(call->out, STR("nextToken"), token_write(call, after));
    json_end_object(call->out);
}

void op_logs_put_log_group_deletion_protection(struct op_call *call)
{
    struct str name;
    bool enabled = json_is(json_get(call->input, STR("deletionProtectionEnabled")), JSON_TRUE);
    if (!logs_group_name_of(call->arena, call->ns, json_get_str(call->input, STR("logGroupIdentifier")),
                            &name, &call->fault) ||
        !logs_group_protect(call->rooms->logs, call->work, call->ns, name, enabled, &call->fault))
        call->fault.text = arena_copy(call->arena, call->fault.text);
}
