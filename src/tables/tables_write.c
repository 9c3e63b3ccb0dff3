/* PutItem, UpdateItem, DeleteItem and BatchWriteItem: planned away from the writer, carried out on it. */
#include "tables/tables_room.h"

#include "base/vec.h"

#include <assert.h>

enum write_kind { WRITE_PUT, WRITE_UPDATE, WRITE_DELETE };

enum return_values { RETURN_NONE, RETURN_ALL_OLD, RETURN_UPDATED_OLD, RETURN_ALL_NEW, RETURN_UPDATED_NEW };

struct write_plan {
    enum write_kind kind;
    struct str table;                  /* name or ARN */
    struct value item;                 /* PUT: the item; else the key */
    const struct condition *condition; /* NULL: none */
    struct update update;
    bool has_update;
    enum return_values wanted;
    enum capacity_wanted capacity;
    bool old_on_failure;
};

/* ---- planning ---- */

static bool read_map(struct arena *arena, const struct json *json, struct value *ret, struct fault *fault)
{
    struct str why;
    if (value_read_map(arena, json, ret, &why))
        return true;
    return fault_set(fault, arena, FAULT_VALIDATION, "%.*s", STR_ARG(why));
}

static enum return_values return_values_of(const struct json *input)
{
    static const char *const names[] = { "NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW" };
    struct str given = json_get_str(input, STR("ReturnValues"));
    for (enum return_values wanted = RETURN_ALL_OLD; wanted <= RETURN_UPDATED_NEW; wanted++) {
        if (str_eq(given, str_from(names[wanted])))
            return wanted;
    }
    return RETURN_NONE;
}

static bool refuse_metrics(struct arena *arena, const struct json *input, const char *operation,
                           struct fault *fault)
{
    if (str_eq(json_get_str(input, STR("ReturnItemCollectionMetrics")), STR("SIZE")))
        return refuse_part(arena, fault, operation, "ReturnItemCollectionMetrics SIZE");
    return true;
}

/* What the three have in common; the map is named by member. */
static struct write_plan *plan_begin(struct arena *arena, enum write_kind kind, const char *operation,
                                     const struct json *input, const char *member, struct fault *fault)
{
    static const char *const legacy[] = { "Expected", "ConditionalOperator", "AttributeUpdates", NULL };
    static const char *const expressions[] = { "UpdateExpression", "ConditionExpression", NULL };
    struct write_plan *plan = ARENA_NEW(arena, struct write_plan);
    struct str name;
    plan->kind = kind;
    plan->table = json_get_str(input, STR("TableName"));
    plan->wanted = return_values_of(input);
    plan->capacity = capacity_wanted(input);
    plan->old_on_failure =
        str_eq(json_get_str(input, STR("ReturnValuesOnConditionCheckFailure")), STR("ALL_OLD"));
    if (!table_name_read(arena, plan->table, "tableName", 1, &name, fault) ||
        !refuse_legacy(arena, input, operation, legacy, expressions, fault) ||
        !refuse_metrics(arena, input, operation, fault))
        return NULL;
    if (kind != WRITE_UPDATE && plan->wanted != RETURN_NONE && plan->wanted != RETURN_ALL_OLD) {
        (void)fault_set(fault, arena, FAULT_VALIDATION, "ReturnValues can only be ALL_OLD or NONE");
        return NULL;
    }
    return read_map(arena, json_get(input, str_from(member)), &plan->item, fault) ? plan : NULL;
}

static bool plan_condition(struct scope *scope, const struct json *input, struct write_plan *plan)
{
    const struct json *text = json_get_typed(input, STR("ConditionExpression"), JSON_STRING);
    if (!text)
        return true;
    plan->condition = condition_parse(scope, "ConditionExpression", text->text);
    return plan->condition != NULL;
}

static struct write_plan *plan_with_condition(struct arena *arena, const struct json *input,
                                              struct write_plan *plan, struct fault *fault)
{
    static const char *const users[] = { "ConditionExpression", NULL };
    struct scope scope;
    if (!plan || !scope_of_input(&scope, arena, input, users, false, fault) ||
        !plan_condition(&scope, input, plan) || !scope_all_used(&scope))
        return NULL;
    return plan;
}

static bool check_item_size(struct arena *arena, const struct value *item, struct fault *fault)
{
    if (value_size_of_map(item) > ITEM_BYTES_MAX)
        return fault_set(fault, arena, FAULT_VALIDATION, "Item size has exceeded the maximum allowed size");
    return true;
}

struct write_plan *tables_plan_put(struct arena *arena, const struct json *input, struct fault *fault)
{
    struct write_plan *plan = plan_begin(arena, WRITE_PUT, "PutItem", input, "Item", fault);
    plan = plan_with_condition(arena, input, plan, fault);
    return plan && check_item_size(arena, &plan->item, fault) ? plan : NULL;
}

struct write_plan *tables_plan_delete(struct arena *arena, const struct json *input, struct fault *fault)
{
    struct write_plan *plan = plan_begin(arena, WRITE_DELETE, "DeleteItem", input, "Key", fault);
    return plan_with_condition(arena, input, plan, fault);
}

struct write_plan *tables_plan_update(struct arena *arena, const struct json *input, struct fault *fault)
{
    static const char *const users[] = { "UpdateExpression", "ConditionExpression", NULL };
    const struct json *text = json_get_typed(input, STR("UpdateExpression"), JSON_STRING);
    struct scope scope;
    struct write_plan *plan = plan_begin(arena, WRITE_UPDATE, "UpdateItem", input, "Key", fault);
    if (!plan || !scope_of_input(&scope, arena, input, users, false, fault))
        return NULL;
    plan->has_update = text != NULL;
    if ((text && !update_parse(&scope, text->text, &plan->update)) || !plan_condition(&scope, input, plan) ||
        !scope_all_used(&scope))
        return NULL;
    return plan;
}

/* ---- carrying out ---- */

static bool condition_failed(struct tables_call *call, const struct write_plan *plan,
                             const struct value *before)
{
    if (plan->old_on_failure && before) {
        struct buf buf;
        struct json_writer w;
        buf_init(&buf, 0);
        json_writer_init(&w, &buf);
        value_write_map(&w, call->arena, before);
        call->fault_members = arena_concat(call->arena, STR("\"Item\":"), buf_str(&buf));
        buf_fini(&buf);
    }
    return fault_set(call->fault, call->arena, FAULT_CONDITION_FAILED, "The conditional request failed");
}

static bool update_item(struct tables_call *call, const struct table *table, const struct write_plan *plan,
                        const struct value *before, struct value *ret)
{
    for (uint32_t i = 0; i < plan->update.count; i++) {
        struct str name = plan->update.actions[i].path.steps[0].name;
        if (schema_has(&table->schema, name))
            return fault_set(
                call->fault, call->arena, FAULT_VALIDATION,
                "One or more parameter values were invalid: Cannot update attribute %.*s. This attribute "
                "is part of the key",
                STR_ARG(name));
    }
    if (!update_apply(&plan->update, call->arena, before ? before : &plan->item, ret, call->fault))
        return false;
    if (value_size_of_map(ret) > ITEM_BYTES_MAX)
        return fault_set(call->fault, call->arena, FAULT_VALIDATION,
                         "Item size to update has exceeded the maximum allowed size");
    return check_index_keys(table, ret, before, true, call->arena, call->fault);
}

/* The attributes to return; NULL: none. */
static const struct value *returned(struct arena *arena, const struct write_plan *plan,
                                    const struct value *before, const struct value *after, struct value *room)
{
    const struct value *of =
        plan->wanted == RETURN_ALL_OLD || plan->wanted == RETURN_UPDATED_OLD ? before : after;
    if (plan->wanted == RETURN_NONE || !of)
        return NULL;
    if (plan->wanted == RETURN_ALL_OLD || plan->wanted == RETURN_ALL_NEW)
        return of;
    struct projection paths = update_paths(arena, &plan->update);
    *room = projection_apply(arena, &paths, of);
    return room->count ? room : NULL;
}

bool tables_write_item(struct tables *tables, struct tables_call *call, const struct write_plan *plan)
{
    static const struct value nothing = { .type = VALUE_M };
    struct value stored, updated, room;
    const struct value *before = NULL, *after = NULL;
    struct capacity capacity = { 0 };
    struct key key;
    const struct table *table = table_find(tables, call, plan->table);
    if (!table || !check_key(table, &plan->item, plan->kind == WRITE_PUT, false, call->arena, call->fault))
        return false;
    if (plan->kind == WRITE_PUT &&
        !check_index_keys(table, &plan->item, NULL, false, call->arena, call->fault))
        return false;
    item_key(table, call->partition, &plan->item, &key);
    enum err err = item_load(call->reader, call->arena, key_str(&key), &stored);
    if (err && err != ERR_NOTFOUND)
        return refuse_stored(call->fault, call->arena, err);
    before = err ? NULL : &stored;
    if (plan->condition && !condition_holds(plan->condition, before ? before : &nothing))
        return condition_failed(call, plan, before);
    if (plan->kind == WRITE_PUT) {
        after = &plan->item;
    } else if (plan->kind == WRITE_UPDATE) {
        if (!update_item(call, table, plan, before, &updated))
            return false;
        after = &updated;
    }
    if (!item_write(call->work, table, before, after, &capacity, call->fault))
        return false;
    json_begin_object(call->out);
    const struct value *attributes = returned(call->arena, plan, before, after, &room);
    if (attributes) {
        json_key(call->out, STR("Attributes"));
        value_write_map(call->out, call->arena, attributes);
    }
    if (plan->capacity != CAPACITY_NONE) {
        json_key(call->out, STR("ConsumedCapacity"));
        capacity_write(call->out, table, plan->capacity, &capacity);
    }
    json_end_object(call->out);
    return true;
}

/* ---- batches ---- */

struct batch_request {
    struct str table;
    bool put;
    struct value item; /* put: the item; else the key */
};

struct batch_plan {
    struct batch_request *requests; /* those of one table stand together */
    uint32_t count;
    enum capacity_wanted capacity;
};

static bool plan_request(struct arena *arena, struct str table, const struct json *json,
                         struct batch_request *ret, struct fault *fault)
{
    const struct json *put = json_get_typed(json, STR("PutRequest"), JSON_OBJECT);
    const struct json *delete = json_get_typed(json, STR("DeleteRequest"), JSON_OBJECT);
    if (!put == !delete)
        return fault_set(fault, arena, FAULT_VALIDATION,
                         "Supplied WriteRequest must contain exactly one of PutRequest and DeleteRequest");
    *ret = (struct batch_request){ .table = table, .put = put != NULL };
    if (!read_map(arena, put ? json_get(put, STR("Item")) : json_get(delete, STR("Key")), &ret->item, fault))
        return false;
    return check_item_size(arena, &ret->item, fault);
}

struct batch_plan *tables_plan_batch_write(struct arena *arena, const struct json *input, struct fault *fault)
{
    const struct json *tables = json_get_typed(input, STR("RequestItems"), JSON_OBJECT);
    VEC(struct batch_request) requests = { 0 };
    struct batch_plan *plan = ARENA_NEW(arena, struct batch_plan);
    if (!tables || tables->count == 0) {
        (void)fault_set(fault, arena, FAULT_VALIDATION,
                        "The requestItems parameter is required for BatchWriteItem");
        return NULL;
    }
    if (!refuse_metrics(arena, input, "BatchWriteItem", fault))
        return NULL;
    for (uint32_t i = 0; i < tables->count; i++) {
        const struct json *list = &tables->members[i].value;
        struct str table = tables->members[i].key, name;
        if (!table_name_read(arena, table, "tableName", 1, &name, fault))
            return NULL;
        if (!json_is(list, JSON_ARRAY) || list->count == 0) {
            (void)fault_set(fault, arena, FAULT_VALIDATION,
                            "The batch write request list for a table cannot be null or empty: %.*s",
                            STR_ARG(table));
            return NULL;
        }
        for (uint32_t j = 0; j < list->count; j++) {
            struct batch_request request;
            if (requests.len == BATCH_REQUESTS_MAX) {
                (void)fault_set(fault, arena, FAULT_VALIDATION,
                                "Too many items requested for the BatchWriteItem call");
                return NULL;
            }
            if (!plan_request(arena, table, &list->items[j], &request, fault))
                return NULL;
            VEC_PUSH(arena, &requests, request);
        }
    }
    *plan = (struct batch_plan){ requests.at, (uint32_t)requests.len, capacity_wanted(input) };
    return plan;
}

static bool check_request(struct tables_call *call, const struct table *table,
                          const struct batch_request *request)
{
    return check_key(table, &request->item, request->put, true, call->arena, call->fault) &&
           (!request->put || check_index_keys(table, &request->item, NULL, false, call->arena, call->fault));
}

static bool check_duplicates(struct tables_call *call, const struct table *const *found,
                             const struct batch_plan *plan)
{
    struct str *keys = ARENA_ARRAY(call->arena, struct str, plan->count);
    for (uint32_t i = 0; i < plan->count; i++) {
        struct key key;
        item_key(found[i], call->partition, &plan->requests[i].item, &key);
        keys[i] = arena_copy(call->arena, key_str(&key));
        for (uint32_t j = 0; j < i; j++) {
            if (str_eq(keys[i], keys[j]))
                return fault_set(call->fault, call->arena, FAULT_VALIDATION,
                                 "Provided list of item keys contains duplicates");
        }
    }
    return true;
}

bool tables_batch_write(struct tables *tables, struct tables_call *call, const struct batch_plan *plan)
{
    const struct table **found = ARENA_ARRAY(call->arena, const struct table *, plan->count);
    struct capacity *capacity = ARENA_ARRAY(call->arena, struct capacity, plan->count);
    tables_cache_room(tables, plan->count);
    for (uint32_t i = 0; i < plan->count; i++) {
        found[i] = table_find(tables, call, plan->requests[i].table);
        if (!found[i] || !check_request(call, found[i], &plan->requests[i]))
            return false;
    }
    if (!check_duplicates(call, found, plan))
        return false;
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct batch_request *request = &plan->requests[i];
        struct value stored;
        struct key key;
        item_key(found[i], call->partition, &request->item, &key);
        enum err err = item_load(call->reader, call->arena, key_str(&key), &stored);
        if (err && err != ERR_NOTFOUND)
            return refuse_stored(call->fault, call->arena, err);
        uint32_t first = i;
        while (first > 0 && found[first - 1] == found[i])
            first--;
        if (!item_write(call->work, found[i], err ? NULL : &stored, request->put ? &request->item : NULL,
                        &capacity[first], call->fault))
            return false;
    }
    json_begin_object(call->out);
    json_key(call->out, STR("UnprocessedItems"));
    json_begin_object(call->out);
    json_end_object(call->out);
    if (plan->capacity != CAPACITY_NONE) {
        json_key(call->out, STR("ConsumedCapacity"));
        json_begin_array(call->out);
        for (uint32_t i = 0; i < plan->count; i++) {
            if (i == 0 || found[i] != found[i - 1])
                capacity_write(call->out, found[i], plan->capacity, &capacity[i]);
        }
        json_end_array(call->out);
    }
    json_end_object(call->out);
    return true;
}
