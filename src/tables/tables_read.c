/* GetItem, Query and Scan. */
#include "tables/tables_room.h"

#include "base/vec.h"

/* ---- GetItem ---- */

bool tables_get_item(struct tables *tables, struct tables_call *call)
{
    static const char *const legacy[] = { "AttributesToGet", NULL };
    static const char *const expressions[] = { "ProjectionExpression", NULL };
    static const char *const no_value_users[] = { NULL };
    const struct json *input = call->input;
    const struct json *text = json_get_typed(input, STR("ProjectionExpression"), JSON_STRING);
    struct scope scope;
    struct projection projection;
    struct value key_map, item;
    struct str why;
    struct key key;
    if (!refuse_legacy(call->arena, input, "GetItem", legacy, expressions, call->fault))
        return false;
    if (!value_read_map(call->arena, json_get(input, STR("Key")), &key_map, &why))
        return fault_set(call->fault, call->arena, FAULT_VALIDATION, "%.*s", STR_ARG(why));
    if (!scope_of_input(&scope, call->arena, input, no_value_users, text != NULL, call->fault) ||
        (text && !projection_parse(&scope, text->text, &projection)) || !scope_all_used(&scope))
        return false;
    const struct table *table = table_find(tables, call, json_get_str(input, STR("TableName")));
    if (!table || !check_key(table, &key_map, false, false, call->arena, call->fault))
        return false;
    item_key(table, call->partition, &key_map, &key);
    enum err err = item_load(call->reader, call->arena, key_str(&key), &item);
    if (err && err != ERR_NOTFOUND)
        return refuse_stored(call->fault, call->arena, err);
    json_begin_object(call->out);
    if (!err) {
        struct value shown = text ? projection_apply(call->arena, &projection, &item) : item;
        json_key(call->out, STR("Item"));
        value_write_map(call->out, call->arena, &shown);
    }
    enum capacity_wanted wanted = capacity_wanted(input);
    if (wanted != CAPACITY_NONE) {
        struct capacity capacity = { .table = capacity_of_read(err ? 0 : value_size_of_map(&item),
                                                               input_flag(input, STR("ConsistentRead"))) };
        json_key(call->out, STR("ConsumedCapacity"));
        capacity_write(call->out, table, wanted, &capacity);
    }
    json_end_object(call->out);
    return true;
}

/* ---- what Query and Scan read ---- */

enum select_kind { SELECT_ALL, SELECT_PROJECTED, SELECT_SPECIFIC, SELECT_COUNT };

struct read_plan {
    const char *operation;
    const struct json *input;
    struct scope scope;
    const struct condition *keys;   /* Query */
    const struct condition *filter; /* NULL: none */
    struct projection projection;   /* SPECIFIC */
    enum select_kind select;
    int64_t limit; /* of items looked at; 0: none */
    bool consistent, down;
    const struct table *table;
    const struct table_index *index; /* NULL: the table itself */
    const struct key_schema *schema; /* of what is read */
    bool fetch;            /* a local index does not hold all that is asked for: read the items themselves */
    struct value start;    /* ExclusiveStartKey; ABSENT: from the beginning */
    struct key first, end; /* the range of keys */
};

static bool invalid(struct tables_call *call, struct str text)
{
    return fault_set(call->fault, call->arena, FAULT_VALIDATION, "%.*s", STR_ARG(text));
}

static bool plan_select(struct tables_call *call, struct read_plan *plan, bool projected)
{
    struct str select = json_get_str(plan->input, STR("Select"));
    bool indexed = json_get(plan->input, STR("IndexName")) != NULL;
    plan->select = projected ? SELECT_SPECIFIC : indexed ? SELECT_PROJECTED : SELECT_ALL;
    if (str_empty(select))
        return true;
    if (str_eq(select, STR("SPECIFIC_ATTRIBUTES"))) {
        if (!projected)
            return invalid(
                call, STR("Must specify the AttributesToGet or ProjectionExpression when choosing to get "
                          "SPECIFIC_ATTRIBUTES"));
        return true;
    }
    if (projected)
        return fault_set(call->fault, call->arena, FAULT_VALIDATION,
                         "Cannot specify the ProjectionExpression when choosing to get %.*s",
                         STR_ARG(str_eq(select, STR("COUNT")) ? STR("only the Count") : select));
    if (str_eq(select, STR("ALL_PROJECTED_ATTRIBUTES")) && !indexed)
        return invalid(call,
                       STR("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"));
    plan->select = str_eq(select, STR("COUNT"))            ? SELECT_COUNT
                   : str_eq(select, STR("ALL_ATTRIBUTES")) ? SELECT_ALL
                                                           : SELECT_PROJECTED;
    return true;
}

/* What the request says by itself. */
static bool plan_request(struct tables_call *call, struct read_plan *plan)
{
    const struct json *input = plan->input;
    const struct json *filter = json_get_typed(input, STR("FilterExpression"), JSON_STRING);
    const struct json *keys = json_get_typed(input, STR("KeyConditionExpression"), JSON_STRING);
    const struct json *projection = json_get_typed(input, STR("ProjectionExpression"), JSON_STRING);
    const struct json *limit = json_get_typed(input, STR("Limit"), JSON_NUMBER);
    const struct json *start = json_get(input, STR("ExclusiveStartKey"));
    static const char *const query_users[] = { "FilterExpression", "KeyConditionExpression", NULL };
    static const char *const scan_users[] = { "FilterExpression", NULL };
    static const char *const legacy[] = { "AttributesToGet", "KeyConditions",       "QueryFilter",
                                          "ScanFilter",      "ConditionalOperator", NULL };
    static const char *const expressions[] = { "ProjectionExpression", "FilterExpression",
                                               "KeyConditionExpression", NULL };
    bool is_query = strcmp(plan->operation, "Query") == 0;
    struct str why;
    if (!refuse_legacy(call->arena, input, plan->operation, legacy, expressions, call->fault))
        return false;
    plan->consistent = input_flag(input, STR("ConsistentRead"));
    plan->down = is_query && json_is(json_get(input, STR("ScanIndexForward")), JSON_FALSE);
    if (limit)
        (void)json_number_i64(limit->text, &plan->limit);
    if (!plan_select(call, plan, projection != NULL))
        return false;
    if (start && !value_read_map(call->arena, start, &plan->start, &why))
        return fault_set(call->fault, call->arena, FAULT_VALIDATION,
                         "The provided starting key is invalid: %.*s", STR_ARG(why));
    if (is_query && !keys)
        return invalid(
            call, STR("Either the KeyConditions or KeyConditionExpression parameter must be specified in the "
                      "request."));
    if (!scope_of_input(&plan->scope, call->arena, input, is_query ? query_users : scan_users,
                        projection != NULL, call->fault) ||
        (filter && !(plan->filter = condition_parse(&plan->scope, "FilterExpression", filter->text))) ||
        (projection && !projection_parse(&plan->scope, projection->text, &plan->projection)) ||
        (keys && !(plan->keys = condition_parse(&plan->scope, "KeyConditionExpression", keys->text))))
        return false;
    return scope_all_used(&plan->scope);
}

struct projected_check {
    const struct read_plan *plan;
    struct str missing;
};

static bool see_projected(void *self, struct str attribute)
{
    struct projected_check *check = self;
    if (index_projects(check->plan->table, check->plan->index, attribute))
        return true;
    check->missing = attribute;
    return false;
}

/* Whether the index holds all that the request looks at. */
static bool plan_attributes(struct tables_call *call, struct read_plan *plan)
{
    struct projected_check check = { .plan = plan };
    bool all = true;
    if (!plan->index || plan->index->projection == PROJECT_ALL)
        return true;
    if (plan->select == SELECT_ALL && !plan->index->local)
        return fault_set(
            call->fault, call->arena, FAULT_VALIDATION,
            "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for "
            "global secondary index %.*s because its projection type is not ALL",
            STR_ARG(plan->index->name));
    for (uint32_t i = 0; all && plan->select == SELECT_SPECIFIC && i < plan->projection.count; i++)
        all = see_projected(&check, plan->projection.paths[i].steps[0].name);
    if (all && plan->filter)
        all = condition_each_attribute(plan->filter, see_projected, &check);
    if (!all && !plan->index->local)
        return fault_set(
            call->fault, call->arena, FAULT_VALIDATION,
            "One or more parameter values were invalid: Global secondary index %.*s does not project "
            "[%.*s]",
            STR_ARG(plan->index->name), STR_ARG(check.missing));
    plan->fetch = !all || plan->select == SELECT_ALL;
    return true;
}

static bool plan_table(struct tables *tables, struct tables_call *call, struct read_plan *plan)
{
    const struct json *index = json_get_typed(plan->input, STR("IndexName"), JSON_STRING);
    plan->table = table_find(tables, call, json_get_str(plan->input, STR("TableName")));
    if (!plan->table)
        return false;
    plan->schema = &plan->table->schema;
    if (index) {
        plan->index = table_index_named(plan->table, index->text);
        if (!plan->index)
            return fault_set(call->fault, call->arena, FAULT_VALIDATION,
                             "The table does not have the specified index: %.*s", STR_ARG(index->text));
        plan->schema = &plan->index->schema;
        if (plan->consistent && !plan->index->local)
            return invalid(call, STR("Consistent reads are not supported on global secondary indexes"));
    }
    return plan_attributes(call, plan);
}

static void range_begin(struct tables_call *call, const struct read_plan *plan, struct key *key)
{
    if (plan->index)
        key_entries_of(key, call->partition, plan->table->id, plan->index->number);
    else
        key_items(key, call->partition, plan->table->id);
}

/* ---- ExclusiveStartKey ---- */

static bool start_has(const struct read_plan *plan, const struct key_attribute *attribute)
{
    if (attribute->type == VALUE_ABSENT)
        return true;
    const struct value *value = value_member(&plan->start, attribute->name);
    return value && value->type == attribute->type && value->text.len > 0;
}

/* The key of the item where the last page ended; it holds the table's key and, of an index, the index's. */
static bool start_key(struct tables_call *call, const struct read_plan *plan, struct key *ret)
{
    uint32_t expected = 0;
    const struct key_schema *own = &plan->table->schema;
    const struct key_attribute *attributes[4] = { &own->hash, &own->range, &plan->schema->hash,
                                                  &plan->schema->range };
    for (int i = 0; i < (plan->index ? 4 : 2); i++) {
        bool counted = i >= 2 && schema_has(own, attributes[i]->name);
        expected += attributes[i]->type != VALUE_ABSENT && !counted;
        if (!start_has(plan, attributes[i]))
            return invalid(
                call, STR("The provided starting key is invalid: The provided key element does not match the "
                          "schema"));
        if (attributes[i]->type != VALUE_ABSENT &&
            !check_key_value(attributes[i], value_member(&plan->start, attributes[i]->name), i % 2 == 0,
                             call->arena, call->fault))
            return false;
    }
    if (plan->start.count != expected)
        return invalid(call, STR("The provided starting key is invalid"));
    if (!plan->index)
        item_key(plan->table, call->partition, &plan->start, ret);
    else if (!entry_key(plan->table, plan->index, call->partition, &plan->start, ret))
        return invalid(call, STR("The provided starting key is invalid"));
    return true;
}

/* Narrows the range to what lies behind the starting key. */
static bool range_after_start(struct tables_call *call, struct read_plan *plan)
{
    struct key key;
    if (plan->start.type == VALUE_ABSENT)
        return true;
    if (!start_key(call, plan, &key))
        return false;
    if (str_compare(key_str(&key), key_str(&plan->first)) < 0 ||
        str_compare(key_str(&key), key_str(&plan->end)) >= 0)
        return invalid(
            call, plan->keys ? STR("The provided starting key is outside query boundaries based on provided "
                                   "conditions")
                             : STR("The provided starting key is invalid"));
    if (plan->down) {
        plan->end = key;
    } else {
        key_u8(&key, 0);
        plan->first = key;
    }
    return true;
}

/* ---- pages ---- */

struct page {
    struct arena arena; /* of one row */
    struct capacity capacity;
    size_t bytes, fetched;
    int64_t count, scanned;
    bool more;
};

/* The row's item: as the index holds it, or the item itself. */
static enum err row_read(struct tables_call *call, const struct read_plan *plan, struct page *page,
                         struct str key, struct str record, struct value *ret)
{
    struct key own;
    struct str tail;
    bool whole = plan->index && record.len == 1 && record.ptr[0] == RECORD_VERSION;
    if (!whole && !plan->fetch)
        return item_read(&page->arena, record, ret) ? ERR_OK : ERR_CORRUPT;
    range_begin(call, plan, &own);
    if (key.len < own.len || !key_read_entry(str_from_offset(key, own.len), plan->schema->range.type, &tail))
        return ERR_CORRUPT;
    if (!whole) {
        struct value part;
        if (!item_read(&page->arena, record, &part))
            return ERR_CORRUPT;
        page->bytes += value_size_of_map(&part);
    }
    key_items(&own, call->partition, plan->table->id);
    key_bytes(&own, tail);
    enum err err = item_load(call->reader, &page->arena, key_str(&own), ret);
    if (err == ERR_NOTFOUND)
        return ERR_CORRUPT; /* an entry without its item */
    if (!err && !whole)
        page->capacity.table += capacity_of_read(value_size_of_map(ret), plan->consistent);
    return err;
}

static void write_key_attribute(struct tables_call *call, const struct key_attribute *attribute,
                                const struct value *item)
{
    if (attribute->type == VALUE_ABSENT)
        return;
    json_key(call->out, attribute->name);
    value_write(call->out, call->arena, value_member(item, attribute->name));
}

static void write_last_key(struct tables_call *call, const struct read_plan *plan, const struct value *item)
{
    const struct key_schema *own = &plan->table->schema;
    json_key(call->out, STR("LastEvaluatedKey"));
    json_begin_object(call->out);
    write_key_attribute(call, &own->hash, item);
    write_key_attribute(call, &own->range, item);
    if (plan->index && !schema_has(own, plan->schema->hash.name))
        write_key_attribute(call, &plan->schema->hash, item);
    if (plan->index && !schema_has(own, plan->schema->range.name))
        write_key_attribute(call, &plan->schema->range, item);
    json_end_object(call->out);
}

static void write_item(struct tables_call *call, const struct read_plan *plan, struct page *page,
                       const struct value *item)
{
    if (plan->select == SELECT_COUNT)
        return;
    if (plan->select == SELECT_SPECIFIC) {
        struct value part = projection_apply(&page->arena, &plan->projection, item);
        value_write_map(call->out, &page->arena, &part);
        return;
    }
    value_write_map(call->out, &page->arena, item);
}

/* Rows until the range, the limit or the page ends. last: the item it ended at, when there may be more; its
 * memory is the page's. */
static enum err read_rows(struct tables_call *call, const struct read_plan *plan, struct page *page,
                          struct value *last)
{
    struct str key, record;
    enum err err = ERR_OK, closed;
    struct store_cursor *cursor = store_scan(call->reader, key_str(&plan->first), key_str(&plan->end),
                                             plan->down ? STORE_DOWN : STORE_UP);
    while (!page->more && store_cursor_next(cursor, &key, &record)) {
        struct value item;
        arena_reset(&page->arena);
        record = arena_copy(&page->arena, record);
        err = row_read(call, plan, page, key, record, &item);
        if (err)
            break;
        if (!plan->fetch)
            page->bytes += value_size_of_map(&item);
        page->scanned++;
        if (!plan->filter || condition_holds(plan->filter, &item)) {
            page->count++;
            write_item(call, plan, page, &item);
        }
        page->more = (plan->limit && page->scanned >= plan->limit) || page->bytes >= PAGE_BYTES_MAX;
        *last = item;
    }
    closed = store_cursor_close(&cursor);
    return err ? err : closed;
}

static bool answer_page(struct tables_call *call, const struct read_plan *plan)
{
    struct page page = { 0 };
    struct value last;
    struct json_writer *out = call->out;
    enum capacity_wanted wanted = capacity_wanted(plan->input);
    json_begin_object(out);
    if (plan->select != SELECT_COUNT) {
        json_key(out, STR("Items"));
        json_begin_array(out);
    }
    enum err err = read_rows(call, plan, &page, &last);
    if (err) {
        arena_fini(&page.arena);
        return refuse_stored(call->fault, call->arena, err);
    }
    if (plan->select != SELECT_COUNT)
        json_end_array(out);
    json_put_member_i64(out, STR("Count"), page.count);
    json_put_member_i64(out, STR("ScannedCount"), page.scanned);
    if (page.more)
        write_last_key(call, plan, &last);
    if (wanted != CAPACITY_NONE) {
        uint64_t *units = plan->index ? &page.capacity.index[plan->index->number] : &page.capacity.table;
        *units += capacity_of_read(page.bytes, plan->consistent);
        json_key(out, STR("ConsumedCapacity"));
        capacity_write(out, plan->table, wanted, &page.capacity);
    }
    json_end_object(out);
    arena_fini(&page.arena);
    return true;
}

/* ---- Query ---- */

struct filter_check {
    const struct read_plan *plan;
    struct str key_attribute;
};

static bool see_filtered(void *self, struct str attribute)
{
    struct filter_check *check = self;
    if (!schema_has(check->plan->schema, attribute))
        return true;
    check->key_attribute = attribute;
    return false;
}

static bool plan_range(struct tables_call *call, struct read_plan *plan)
{
    struct key_range range;
    struct filter_check check = { .plan = plan };
    if (!key_range_of(plan->keys, plan->schema, call->arena, call->fault, &range))
        return false;
    if (plan->filter && !condition_each_attribute(plan->filter, see_filtered, &check))
        return fault_set(
            call->fault, call->arena, FAULT_VALIDATION,
            "Filter Expression can only contain non-primary key attributes: Primary key attribute: %.*s",
            STR_ARG(check.key_attribute));
    range_begin(call, plan, &plan->first);
    key_range_bounds(&range, plan->index != NULL, &plan->first, &plan->end);
    return true;
}

bool tables_query(struct tables *tables, struct tables_call *call)
{
    struct read_plan *plan = ARENA_NEW(call->arena, struct read_plan);
    plan->operation = "Query";
    plan->input = call->input;
    return plan_request(call, plan) && plan_table(tables, call, plan) && plan_range(call, plan) &&
           range_after_start(call, plan) && answer_page(call, plan);
}

/* ---- Scan ---- */

/* The buckets of the segment. */
static bool plan_segment(struct tables_call *call, struct read_plan *plan)
{
    const struct json *segment = json_get_typed(plan->input, STR("Segment"), JSON_NUMBER);
    const struct json *total = json_get_typed(plan->input, STR("TotalSegments"), JSON_NUMBER);
    int64_t of = 1, which = 0;
    if (segment && !total)
        return invalid(call,
                       STR("The TotalSegments parameter is required but was not present in the request when "
                           "Segment parameter is present"));
    if (total && !segment)
        return invalid(
            call, STR("The Segment parameter is required but was not present in the request when parameter "
                      "TotalSegments is present"));
    if (total) {
        (void)json_number_i64(total->text, &of);
        (void)json_number_i64(segment->text, &which);
    }
    if (which >= of)
        return fault_set(
            call->fault, call->arena, FAULT_VALIDATION,
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: "
            "%lld is not less than TotalSegments: %lld",
            (long long)which, (long long)of);
    int64_t first = which * BUCKETS / of, end = (which + 1) * BUCKETS / of;
    struct key all;
    range_begin(call, plan, &all);
    plan->first = all;
    key_bucket(&plan->first, (uint16_t)first);
    key_after_prefix(key_str(&all), &plan->end);
    if (end < BUCKETS) {
        plan->end = all;
        key_bucket(&plan->end, (uint16_t)end);
    }
    return true;
}

bool tables_scan(struct tables *tables, struct tables_call *call)
{
    struct read_plan *plan = ARENA_NEW(call->arena, struct read_plan);
    plan->operation = "Scan";
    plan->input = call->input;
    return plan_request(call, plan) && plan_table(tables, call, plan) && plan_segment(call, plan) &&
           range_after_start(call, plan) && answer_page(call, plan);
}
