/* What CreateTable refuses: parts that are not built, by name; schemas that do not hold
 * together, in the service's words. */
#include "tables/tables_room.h"

static bool invalid(struct arena *arena, struct fault *fault, struct str text)
{
    return fault_set(fault, arena, FAULT_VALIDATION, "One or more parameter values were invalid: %.*s",
                     STR_ARG(text));
}

static struct str show_names(struct arena *arena, const struct json *list)
{
    struct str shown = STR("[");
    for (uint32_t i = 0; list && i < list->count; i++)
        shown = arena_printf(arena, "%.*s%s%.*s", STR_ARG(shown), i ? ", " : "",
                             STR_ARG(json_get_str(&list->items[i], STR("AttributeName"))));
    return arena_concat(arena, shown, STR("]"));
}

/* Place in the list whose AttributeName it is; -1: none. */
static int place_of(const struct json *list, struct str name)
{
    for (uint32_t i = 0; list && i < list->count; i++) {
        if (str_eq(json_get_str(&list->items[i], STR("AttributeName")), name))
            return (int)i;
    }
    return -1;
}

static bool check_unbuilt(struct arena *arena, const struct json *input, struct fault *fault)
{
    static const char *const parts[] = {
        "ResourcePolicy",     "GlobalTableSourceArn", "GlobalTableSettingsReplicationMode",
        "OnDemandThroughput", "WarmThroughput",       "VectorIndexes"
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
        if (json_get(input, str_from(parts[i])))
            return refuse_part(arena, fault, "CreateTable", parts[i]);
    }
    if (input_flag(json_get(input, STR("SSESpecification")), STR("Enabled")))
        return refuse_part(arena, fault, "CreateTable", "SSESpecification with Enabled");
    if (input_flag(input, STR("DeletionProtectionEnabled")))
        return refuse_part(arena, fault, "CreateTable", "DeletionProtectionEnabled");
    const struct json *globals = json_get_typed(input, STR("GlobalSecondaryIndexes"), JSON_ARRAY);
    for (uint32_t i = 0; globals && i < globals->count; i++) {
        if (json_get(&globals->items[i], STR("OnDemandThroughput")))
            return refuse_part(arena, fault, "CreateTable", "OnDemandThroughput of an index");
        if (json_get(&globals->items[i], STR("WarmThroughput")))
            return refuse_part(arena, fault, "CreateTable", "WarmThroughput of an index");
        const struct json *schema = json_get_typed(&globals->items[i], STR("KeySchema"), JSON_ARRAY);
        if (schema && schema->count > 2)
            return refuse_part(arena, fault, "CreateTable", "an index key of more than two attributes");
    }
    return true;
}

static bool check_billing(struct arena *arena, const struct json *input, struct fault *fault)
{
    bool on_demand = str_eq(json_get_str(input, STR("BillingMode")), STR("PAY_PER_REQUEST"));
    bool given = json_get(input, STR("ProvisionedThroughput")) != NULL;
    if (on_demand && given)
        return invalid(
            arena, fault,
            STR("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
                "PAY_PER_REQUEST"));
    if (!on_demand && !given)
        return invalid(
            arena, fault,
            STR("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is "
                "PROVISIONED"));
    const struct json *globals = json_get_typed(input, STR("GlobalSecondaryIndexes"), JSON_ARRAY);
    for (uint32_t i = 0; globals && i < globals->count; i++) {
        struct str name = json_get_str(&globals->items[i], STR("IndexName"));
        given = json_get(&globals->items[i], STR("ProvisionedThroughput")) != NULL;
        if (on_demand && given)
            return invalid(arena, fault,
                           arena_printf(arena,
                                        "ProvisionedThroughput should not be specified for index: %.*s when "
                                        "BillingMode is PAY_PER_REQUEST",
                                        STR_ARG(name)));
        if (!on_demand && !given)
            return invalid(arena, fault,
                           arena_printf(arena, "ProvisionedThroughput must be specified for index: %.*s",
                                        STR_ARG(name)));
    }
    return true;
}

static bool check_definitions(struct arena *arena, const struct json *definitions, struct fault *fault)
{
    for (uint32_t i = 0; definitions && i < definitions->count; i++) {
        struct str name = json_get_str(&definitions->items[i], STR("AttributeName"));
        if (place_of(definitions, name) != (int)i)
            return invalid(
                arena, fault,
                arena_printf(arena, "Duplicate AttributeName in AttributeDefinitions: %.*s", STR_ARG(name)));
    }
    return true;
}

/* One or two attributes, hash then range, of two names. */
static bool check_schema(struct arena *arena, const struct json *schema, struct fault *fault)
{
    if (schema->count > 2)
        return fault_set(
            fault, arena, FAULT_VALIDATION,
            "1 validation error detected: Value at 'keySchema' failed to satisfy constraint: Member must "
            "have length less than or equal to 2");
    if (!str_eq(json_get_str(&schema->items[0], STR("KeyType")), STR("HASH")))
        return fault_set(fault, arena, FAULT_VALIDATION,
                         "Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
    if (schema->count < 2)
        return true;
    if (!str_eq(json_get_str(&schema->items[1], STR("KeyType")), STR("RANGE")))
        return fault_set(fault, arena, FAULT_VALIDATION,
                         "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
    if (str_eq(json_get_str(&schema->items[0], STR("AttributeName")),
               json_get_str(&schema->items[1], STR("AttributeName"))))
        return fault_set(fault, arena, FAULT_VALIDATION,
                         "Invalid KeySchema: Some index key attribute have no definition");
    return true;
}

static bool check_defined(struct arena *arena, const struct json *schema, const struct json *definitions,
                          const char *whose, struct fault *fault)
{
    for (uint32_t i = 0; i < schema->count; i++) {
        if (place_of(definitions, json_get_str(&schema->items[i], STR("AttributeName"))) < 0)
            return invalid(
                arena, fault,
                arena_printf(arena,
                             "Some %skey attributes are not defined in AttributeDefinitions. Keys: %.*s, "
                             "AttributeDefinitions: %.*s",
                             whose, STR_ARG(show_names(arena, schema)),
                             STR_ARG(show_names(arena, definitions))));
    }
    return true;
}

static bool check_projection(struct arena *arena, const struct json *projection, size_t *names,
                             struct fault *fault)
{
    struct str type = json_get_str(projection, STR("ProjectionType"));
    const struct json *included = json_get_typed(projection, STR("NonKeyAttributes"), JSON_ARRAY);
    if (type.len == 0)
        return invalid(arena, fault, STR("Unknown ProjectionType: null"));
    if (!str_eq(type, STR("INCLUDE")) && included)
        return invalid(
            arena, fault,
            arena_printf(arena, "ProjectionType is %.*s, but NonKeyAttributes is specified", STR_ARG(type)));
    if (str_eq(type, STR("INCLUDE")) && !included)
        return invalid(arena, fault, STR("ProjectionType is INCLUDE, but NonKeyAttributes is not specified"));
    *names += included ? included->count : 0;
    if (*names > PROJECTED_NAMES_MAX)
        return invalid(
            arena, fault,
            STR("NonKeyAttributes across all indexes exceed the limit of 100 projected attributes"));
    return true;
}

static bool check_local(struct arena *arena, const struct json *input, const struct json *index,
                        struct fault *fault)
{
    const struct json *schema = json_get(index, STR("KeySchema")), *own = json_get(input, STR("KeySchema"));
    struct str name = json_get_str(index, STR("IndexName"));
    struct str hash = json_get_str(&schema->items[0], STR("AttributeName"));
    struct str own_hash = json_get_str(&own->items[0], STR("AttributeName"));
    if (own->count < 2)
        return invalid(arena, fault,
                       STR("Table KeySchema does not have a range key, which is required when specifying a "
                           "LocalSecondaryIndex"));
    if (schema->count < 2)
        return invalid(
            arena, fault,
            arena_printf(arena, "Index KeySchema does not have a range key for index: %.*s", STR_ARG(name)));
    if (!str_eq(hash, own_hash))
        return invalid(
            arena, fault,
            arena_printf(arena,
                         "Index KeySchema does not have the same leading hash key as table KeySchema for "
                         "index: %.*s. index hash key: %.*s, table hash key: %.*s",
                         STR_ARG(name), STR_ARG(hash), STR_ARG(own_hash)));
    return true;
}

/* Both kinds; earlier: the list checked before it, for names given twice. */
static bool check_indexes(struct arena *arena, const struct json *input, const char *member, size_t max,
                          const struct json *earlier, size_t *names, struct fault *fault)
{
    const struct json *indexes = json_get_typed(input, str_from(member), JSON_ARRAY);
    bool local = str_eq(str_from(member), STR("LocalSecondaryIndexes"));
    if (!indexes)
        return true;
    if (indexes->count == 0)
        return invalid(arena, fault, arena_printf(arena, "List of %s is empty", member));
    if (indexes->count > max)
        return invalid(
            arena, fault,
            local
                ? arena_printf(arena, "Number of LocalSecondaryIndexes exceeds per-table limit of %zu", max)
                : arena_printf(arena, "GlobalSecondaryIndex count exceeds the per-table limit of %zu", max));
    for (uint32_t i = 0; i < indexes->count; i++) {
        const struct json *index = &indexes->items[i], *schema = json_get(index, STR("KeySchema"));
        struct str name = json_get_str(index, STR("IndexName"));
        for (uint32_t j = 0; j < i + (earlier ? earlier->count : 0); j++) {
            const struct json *other = j < i ? &indexes->items[j] : &earlier->items[j - i];
            if (str_eq(json_get_str(other, STR("IndexName")), name))
                return invalid(arena, fault,
                               arena_printf(arena, "Duplicate index name: %.*s", STR_ARG(name)));
        }
        if (!check_schema(arena, schema, fault) ||
            !check_defined(arena, schema, json_get(input, STR("AttributeDefinitions")), "index ", fault) ||
            (local && !check_local(arena, input, index, fault)) ||
            !check_projection(arena, json_get(index, STR("Projection")), names, fault))
            return false;
    }
    return true;
}

static bool used_by_indexes(const struct json *indexes, struct str name)
{
    for (uint32_t i = 0; indexes && i < indexes->count; i++) {
        if (place_of(json_get(&indexes->items[i], STR("KeySchema")), name) >= 0)
            return true;
    }
    return false;
}

static bool check_all_used(struct arena *arena, const struct json *input, struct fault *fault)
{
    const struct json *definitions = json_get(input, STR("AttributeDefinitions"));
    const struct json *schema = json_get(input, STR("KeySchema"));
    const struct json *locals = json_get(input, STR("LocalSecondaryIndexes"));
    const struct json *globals = json_get(input, STR("GlobalSecondaryIndexes"));
    for (uint32_t i = 0; definitions && i < definitions->count; i++) {
        struct str name = json_get_str(&definitions->items[i], STR("AttributeName"));
        if (place_of(schema, name) >= 0 || used_by_indexes(locals, name) || used_by_indexes(globals, name))
            continue;
        if (!locals && !globals)
            return invalid(
                arena, fault,
                STR("Number of attributes in KeySchema does not exactly match number of attributes defined "
                    "in AttributeDefinitions"));
        return invalid(
            arena, fault,
            arena_printf(arena,
                         "Some AttributeDefinitions are not used. AttributeDefinitions: %.*s, unused: [%.*s]",
                         STR_ARG(show_names(arena, definitions)), STR_ARG(name)));
    }
    return true;
}

bool check_create_table(struct arena *arena, const struct json *input, struct fault *fault)
{
    const struct json *schema = json_get_typed(input, STR("KeySchema"), JSON_ARRAY);
    const struct json *definitions = json_get_typed(input, STR("AttributeDefinitions"), JSON_ARRAY);
    size_t names = 0;
    if (!schema || schema->count == 0)
        return invalid(arena, fault, STR("No key schema is given: KeySchema is required"));
    if (!definitions)
        return invalid(arena, fault, STR("No attributes are defined: AttributeDefinitions is required"));
    if (!check_unbuilt(arena, input, fault) || !check_billing(arena, input, fault) ||
        !check_definitions(arena, definitions, fault))
        return false;
    for (uint32_t i = 0; i < schema->count; i++) {
        if (place_of(definitions, json_get_str(&schema->items[i], STR("AttributeName"))) < 0)
            return fault_set(fault, arena, FAULT_VALIDATION,
                             "Invalid KeySchema: Some index key attribute have no definition");
    }
    if (!check_schema(arena, schema, fault) ||
        !check_indexes(arena, input, "LocalSecondaryIndexes", LOCAL_INDEXES_MAX, NULL, &names, fault) ||
        !check_indexes(arena, input, "GlobalSecondaryIndexes", GLOBAL_INDEXES_MAX,
                       json_get_typed(input, STR("LocalSecondaryIndexes"), JSON_ARRAY), &names, fault))
        return false;
    const struct json *streams = json_get(input, STR("StreamSpecification"));
    if (input_flag(streams, STR("StreamEnabled")) && !json_get(streams, STR("StreamViewType")))
        return invalid(arena, fault, STR("StreamViewType is required when StreamEnabled is true"));
    if (streams && !input_flag(streams, STR("StreamEnabled")) && json_get(streams, STR("StreamViewType")))
        return invalid(arena, fault, STR("StreamViewType must not be given when StreamEnabled is false"));
    return check_all_used(arena, input, fault);
}
