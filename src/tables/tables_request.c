/* What requests have in common: names of tables, legacy parameters, placeholders. */
#include "tables/tables_room.h"

#include "base/arn.h"

bool input_flag(const struct json *input, struct str name)
{
    return json_is(json_get(input, name), JSON_TRUE);
}

bool refuse_part(struct arena *arena, struct fault *fault, const char *operation, const char *part)
{
    return fault_set(fault, arena, FAULT_UNKNOWN_OPERATION, "%s: %s is not supported by Crema", operation,
                     part);
}

/* ---- names ---- */

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
}

static bool refuse_name(struct arena *arena, struct str name, const char *member, struct fault *fault,
                        const char *constraint)
{
    return fault_set(fault, arena, FAULT_VALIDATION,
                     "1 validation error detected: Value '%.*s' at '%s' failed to satisfy constraint: %s",
                     STR_ARG(name), member, constraint);
}

bool table_name_read(struct arena *arena, struct str text, const char *member, size_t chars_min,
                     struct str *ret, struct fault *fault)
{
    struct arn arn;
    struct str name = text;
    if (str_starts(text, STR("arn:")) && arn_parse(text, &arn) && str_starts(arn.resource, STR("table/")))
        name = str_from_offset(arn.resource, strlen("table/"));
    if (name.len < chars_min)
        return refuse_name(
            arena, name, member, fault,
            arena_cstr(arena, arena_printf(arena, "Member must have length greater than or equal to %zu",
                                           chars_min)));
    if (name.len > TABLE_NAME_CHARS_MAX)
        return refuse_name(arena, name, member, fault, "Member must have length less than or equal to 255");
    for (size_t i = 0; i < name.len; i++) {
        if (!name_char(name.ptr[i]))
            return refuse_name(arena, name, member, fault,
                               "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
    }
    *ret = name;
    return true;
}

struct str table_arn(struct arena *arena, struct ns ns, struct str name)
{
    return arn_make(arena, ns, STR("dynamodb"), arena_concat(arena, STR("table/"), name));
}

/* ---- legacy parameters ---- */

static struct str list_present(struct arena *arena, const struct json *input, const char *const *members)
{
    struct str list = STR_EMPTY;
    for (; *members; members++) {
        if (json_get(input, str_from(*members)))
            list = arena_printf(arena, "%.*s%s%s", STR_ARG(list), list.len ? ", " : "", *members);
    }
    return list;
}

bool refuse_legacy(struct arena *arena, const struct json *input, const char *operation,
                   const char *const *legacy, const char *const *expressions, struct fault *fault)
{
    struct str old = list_present(arena, input, legacy);
    if (old.len == 0)
        return true;
    struct str with = list_present(arena, input, expressions);
    if (with.len)
        return fault_set(fault, arena, FAULT_VALIDATION,
                         "Can not use both expression and non-expression parameters in the same request: "
                         "Non-expression parameters: {%.*s} Expression parameters: {%.*s}",
                         STR_ARG(old), STR_ARG(with));
    return fault_set(fault, arena, FAULT_UNKNOWN_OPERATION,
                     "%s: the legacy parameters {%.*s} are not supported by Crema; use expressions",
                     operation, STR_ARG(old));
}

/* ---- placeholders ---- */

bool scope_of_input(struct scope *scope, struct arena *arena, const struct json *input,
                    const char *const *value_users, bool has_other_users, struct fault *fault)
{
    const struct json *names = json_get(input, STR("ExpressionAttributeNames"));
    const struct json *values = json_get(input, STR("ExpressionAttributeValues"));
    struct str missing = STR_EMPTY;
    unsigned count = 0;
    bool used = false;
    for (const char *const *user = value_users; *user; user++, count++) {
        used = used || json_get(input, str_from(*user));
        missing = arena_printf(arena, "%.*s%s%s", STR_ARG(missing), count ? " and " : "", *user);
    }
    if (values && !used)
        return fault_set(fault, arena, FAULT_VALIDATION,
                         "ExpressionAttributeValues can only be specified when using expressions%s%.*s%s",
                         count ? ": " : "", STR_ARG(missing),
                         count == 0   ? ""
                         : count == 1 ? " is null"
                                      : " are null");
    if (names && !used && !has_other_users)
        return fault_set(fault, arena, FAULT_VALIDATION,
                         "ExpressionAttributeNames can only be specified when using expressions");
    return scope_init(scope, arena, names, values, fault);
}
