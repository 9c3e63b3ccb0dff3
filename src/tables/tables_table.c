/* Tables: making, describing, listing, deleting; the cache of the writer's side.
 *
 * A table's record, behind its version byte, is a JSON object:
 *   id        u64, the table's part in keys
 *   table_id  a UUID, for clients
 *   created   milliseconds
 *   indexes   the indexes' names; the place of each is its number in keys
 *   request   CreateTable's input, without its tags
 */
#include "tables/tables_room.h"

#include "base/vec.h"
#include "io/rand.h"
#include "store/tags.h"

#include <assert.h>
#include <stdlib.h>

/* ---- life and cache ---- */

struct cached_table {
    struct arena arena;
    struct table table;
};

enum err tables_open(struct tables **ret)
{
    struct tables *tables = calloc(1, sizeof(*tables));
    if (!tables)
        abort();
    map_init(&tables->cache, rand_u64());
    *ret = tables;
    return ERR_OK;
}

static void cache_clear(struct tables *tables)
{
    struct str key;
    void *value;
    for (size_t i = 0; map_next(&tables->cache, &i, &key, &value);) {
        struct cached_table *cached = value;
        arena_fini(&cached->arena);
        free(cached);
    }
    map_clear(&tables->cache);
}

static void cache_drop(struct tables *tables, struct str key)
{
    struct cached_table *cached = map_remove(&tables->cache, key);
    if (cached) {
        arena_fini(&cached->arena);
        free(cached);
    }
}

void tables_close(struct tables **tables)
{
    if (!*tables)
        return;
    cache_clear(*tables);
    map_fini(&(*tables)->cache);
    free(*tables);
    *tables = NULL;
}

void tables_after_rollback(struct tables *tables)
{
    /* Only making and deleting tables changes what the cache holds. The rest of the batch may go, too. */
    if (tables->changed)
        cache_clear(tables);
}

void tables_after_commit(struct tables *tables)
{
    tables->changed = false;
}

void tables_cache_room(struct tables *tables, size_t count)
{
    if (tables->cache.len + count > TABLES_CACHED_MAX)
        cache_clear(tables);
}

/* ---- the record as a table ---- */

static enum value_type type_of_attribute(const struct json *request, struct str name)
{
    const struct json *definitions = json_get_typed(request, STR("AttributeDefinitions"), JSON_ARRAY);
    for (uint32_t i = 0; definitions && i < definitions->count; i++) {
        if (str_eq(json_get_str(&definitions->items[i], STR("AttributeName")), name))
            return value_type_of_name(json_get_str(&definitions->items[i], STR("AttributeType")));
    }
    return VALUE_ABSENT;
}

static void schema_of(const struct json *request, const struct json *key_schema, struct key_schema *ret)
{
    *ret = (struct key_schema){ 0 };
    for (uint32_t i = 0; key_schema && i < key_schema->count && i < 2; i++) {
        struct key_attribute *attribute = i ? &ret->range : &ret->hash;
        attribute->name = json_get_str(&key_schema->items[i], STR("AttributeName"));
        attribute->type = type_of_attribute(request, attribute->name);
    }
}

static void index_of(struct arena *arena, const struct json *request, const struct json *json, bool local,
                     uint8_t number, struct table_index *ret)
{
    const struct json *projection = json_get(json, STR("Projection"));
    struct str type = json_get_str(projection, STR("ProjectionType"));
    const struct json *included = json_get_typed(projection, STR("NonKeyAttributes"), JSON_ARRAY);
    *ret = (struct table_index){ .name = json_get_str(json, STR("IndexName")),
                                 .number = number,
                                 .local = local };
    schema_of(request, json_get(json, STR("KeySchema")), &ret->schema);
    ret->projection = str_eq(type, STR("ALL"))       ? PROJECT_ALL
                      : str_eq(type, STR("INCLUDE")) ? PROJECT_INCLUDE
                                                     : PROJECT_KEYS_ONLY;
    ret->included = ARENA_ARRAY(arena, struct str, included ? included->count + 1 : 1);
    for (uint32_t i = 0; included && i < included->count; i++)
        ret->included[ret->included_count++] = included->items[i].text;
}

static int compare_indexes(const void *a, const void *b)
{
    return str_compare(((const struct table_index *)a)->name, ((const struct table_index *)b)->name);
}

static uint8_t index_number(const struct json *record, struct str name)
{
    const struct json *indexes = json_get_typed(record, STR("indexes"), JSON_ARRAY);
    for (uint32_t i = 0; indexes && i < indexes->count; i++) {
        if (str_eq(indexes->items[i].text, name))
            return (uint8_t)i;
    }
    return UINT8_MAX;
}

/* False: the record is damaged. */
static bool table_of_record(struct arena *arena, const struct json *record, struct table *ret)
{
    static const char *const kinds[] = { "LocalSecondaryIndexes", "GlobalSecondaryIndexes" };
    const struct json *request = json_get_typed(record, STR("request"), JSON_OBJECT);
    const struct json *id = json_get_typed(record, STR("id"), JSON_NUMBER);
    int64_t number;
    if (!request || !id || !json_number_i64(id->text, &number))
        return false;
    *ret = (struct table){ .id = (uint64_t)number,
                           .name = json_get_str(request, STR("TableName")),
                           .record = *record,
                           .indexes = ARENA_ARRAY(arena, struct table_index, INDEXES_MAX) };
    schema_of(request, json_get(request, STR("KeySchema")), &ret->schema);
    for (int local = 1; local >= 0; local--) {
        const struct json *indexes = json_get_typed(request, str_from(kinds[!local]), JSON_ARRAY);
        for (uint32_t i = 0; indexes && i < indexes->count && ret->index_count < INDEXES_MAX; i++) {
            uint8_t place = index_number(record, json_get_str(&indexes->items[i], STR("IndexName")));
            if (place >= INDEXES_MAX)
                return false;
            index_of(arena, request, &indexes->items[i], local, place, &ret->indexes[ret->index_count++]);
        }
    }
    qsort(ret->indexes, ret->index_count, sizeof(*ret->indexes), compare_indexes);
    return ret->schema.hash.type != VALUE_ABSENT;
}

static enum err record_load(struct store_reader *reader, struct arena *arena, struct str key,
                            struct table *ret)
{
    struct str bytes;
    struct json record;
    enum err err = store_get(reader, arena, key, &bytes);
    if (err)
        return err;
    if (bytes.len < 1 || bytes.ptr[0] != RECORD_VERSION ||
        json_read(arena, str_from_offset(bytes, 1), 0, &record, NULL) != ERR_OK ||
        !table_of_record(arena, &record, ret))
        return ERR_CORRUPT;
    return ERR_OK;
}

const struct table_index *table_index_named(const struct table *table, struct str name)
{
    for (uint32_t i = 0; i < table->index_count; i++) {
        if (str_eq(table->indexes[i].name, name))
            return &table->indexes[i];
    }
    return NULL;
}

/* ---- finding ---- */

static const struct table *find_cached(struct tables *tables, struct tables_call *call, struct str key,
                                       enum err *err)
{
    struct cached_table *cached = map_get(&tables->cache, key);
    if (cached)
        return &cached->table;
    cached = calloc(1, sizeof(*cached));
    if (!cached)
        abort();
    *err = record_load(call->reader, &cached->arena, key, &cached->table);
    if (*err) {
        arena_fini(&cached->arena);
        free(cached);
        return NULL;
    }
    tables_cache_room(tables, 1);
    map_put(&tables->cache, key, cached);
    return &cached->table;
}

/* NULL with *err: ERR_NOTFOUND for an ARN of another namespace, too. */
static const struct table *find(struct tables *tables, struct tables_call *call, struct str name_or_arn,
                                struct str name, enum err *err)
{
    struct key key;
    if (name_or_arn.len != name.len && !str_eq(table_arn(call->arena, call->ns, name), name_or_arn)) {
        *err = ERR_NOTFOUND;
        return NULL;
    }
    key_table(&key, call->partition, call->ns, name);
    if (call->work)
        return find_cached(tables, call, key_str(&key), err);
    struct table *table = ARENA_NEW(call->arena, struct table);
    *err = record_load(call->reader, call->arena, key_str(&key), table);
    return *err ? NULL : table;
}

static bool refuse_missing(struct tables_call *call, enum err err, struct str named)
{
    if (err != ERR_NOTFOUND)
        return refuse_stored(call->fault, call->arena, err);
    if (named.len)
        return fault_set(call->fault, call->arena, FAULT_NOT_FOUND,
                         "Requested resource not found: Table: %.*s not found", STR_ARG(named));
    return fault_set(call->fault, call->arena, FAULT_NOT_FOUND, "Requested resource not found");
}

const struct table *table_find(struct tables *tables, struct tables_call *call, struct str name_or_arn)
{
    struct str name;
    enum err err = ERR_NOTFOUND;
    if (!table_name_read(call->arena, name_or_arn, "tableName", 1, &name, call->fault))
        return NULL;
    const struct table *table = find(tables, call, name_or_arn, name, &err);
    if (!table)
        (void)refuse_missing(call, err, STR_EMPTY);
    return table;
}

/* By the input's TableName, with the text of DescribeTable and DeleteTable. */
static const struct table *find_named(struct tables *tables, struct tables_call *call)
{
    struct str given = json_get_str(call->input, STR("TableName")), name;
    enum err err = ERR_NOTFOUND;
    if (!table_name_read(call->arena, given, "tableName", 1, &name, call->fault))
        return NULL;
    const struct table *table = find(tables, call, given, name, &err);
    if (!table)
        (void)refuse_missing(call, err, name);
    return table;
}

/* ---- describing ---- */

static void write_throughput(struct json_writer *out, const struct json *throughput)
{
    int64_t read = 0, write = 0;
    const struct json *units = json_get_typed(throughput, STR("ReadCapacityUnits"), JSON_NUMBER);
    if (units)
        (void)json_number_i64(units->text, &read);
    units = json_get_typed(throughput, STR("WriteCapacityUnits"), JSON_NUMBER);
    if (units)
        (void)json_number_i64(units->text, &write);
    json_key(out, STR("ProvisionedThroughput"));
    json_begin_object(out);
    json_put_member_i64(out, STR("NumberOfDecreasesToday"), 0);
    json_put_member_i64(out, STR("ReadCapacityUnits"), read);
    json_put_member_i64(out, STR("WriteCapacityUnits"), write);
    json_end_object(out);
}

static void write_indexes(struct tables_call *call, const struct table *table, const char *member,
                          bool global, const char *status, const struct counts *counts)
{
    struct json_writer *out = call->out;
    const struct json *request = json_get(&table->record, STR("request"));
    const struct json *indexes = json_get_typed(request, str_from(member), JSON_ARRAY);
    if (!indexes || indexes->count == 0)
        return;
    struct str arn = table_arn(call->arena, call->ns, table->name);
    json_key(out, str_from(member));
    json_begin_array(out);
    for (uint32_t i = 0; i < indexes->count; i++) {
        const struct json *index = &indexes->items[i];
        struct str name = json_get_str(index, STR("IndexName"));
        size_t place = 1 + (size_t)index_number(&table->record, name);
        json_begin_object(out);
        json_put_member_str(out, STR("IndexName"), name);
        json_put_member(out, STR("KeySchema"), json_get(index, STR("KeySchema")));
        json_put_member(out, STR("Projection"), json_get(index, STR("Projection")));
        if (global) {
            json_put_member_str(out, STR("IndexStatus"), str_from(status));
            write_throughput(out, json_get(index, STR("ProvisionedThroughput")));
        }
        json_put_member_i64(out, STR("IndexSizeBytes"), (int64_t)counts->of[place].bytes);
        json_put_member_i64(out, STR("ItemCount"), (int64_t)counts->of[place].items);
        json_put_member_str(out, STR("IndexArn"),
                            arena_printf(call->arena, "%.*s/index/%.*s", STR_ARG(arn), STR_ARG(name)));
        json_end_object(out);
    }
    json_end_array(out);
}

static void write_description(struct tables_call *call, const struct table *table, const char *status,
                              const struct counts *counts)
{
    struct json_writer *out = call->out;
    const struct json *request = json_get(&table->record, STR("request"));
    const struct json *created = json_get_typed(&table->record, STR("created"), JSON_NUMBER);
    const struct json *streams = json_get(request, STR("StreamSpecification"));
    struct str billing = json_get_str(request, STR("BillingMode")),
               class = json_get_str(request, STR("TableClass"));
    int64_t created_ms = 0;
    if (created)
        (void)json_number_i64(created->text, &created_ms);
    json_begin_object(out);
    json_put_member(out, STR("AttributeDefinitions"), json_get(request, STR("AttributeDefinitions")));
    json_put_member_str(out, STR("TableName"), table->name);
    json_put_member(out, STR("KeySchema"), json_get(request, STR("KeySchema")));
    json_put_member_str(out, STR("TableStatus"), str_from(status));
    json_put_member_time(out, STR("CreationDateTime"), created_ms);
    write_throughput(out, json_get(request, STR("ProvisionedThroughput")));
    json_put_member_i64(out, STR("TableSizeBytes"), (int64_t)counts->of[0].bytes);
    json_put_member_i64(out, STR("ItemCount"), (int64_t)counts->of[0].items);
    json_put_member_str(out, STR("TableArn"), table_arn(call->arena, call->ns, table->name));
    json_put_member_str(out, STR("TableId"), json_get_str(&table->record, STR("table_id")));
    if (str_eq(billing, STR("PAY_PER_REQUEST"))) {
        json_key(out, STR("BillingModeSummary"));
        json_begin_object(out);
        json_put_member_str(out, STR("BillingMode"), billing);
        json_put_member_time(out, STR("LastUpdateToPayPerRequestDateTime"), created_ms);
        json_end_object(out);
    }
    write_indexes(call, table, "LocalSecondaryIndexes", false, status, counts);
    write_indexes(call, table, "GlobalSecondaryIndexes", true, status, counts);
    /* As asked for; there is no stream, so there is no LatestStreamArn. */
    if (input_flag(streams, STR("StreamEnabled")))
        json_put_member(out, STR("StreamSpecification"), streams);
    if (class.len) {
        json_key(out, STR("TableClassSummary"));
        json_begin_object(out);
        json_put_member_str(out, STR("TableClass"), class);
        json_end_object(out);
    }
    json_put_member_bool(out, STR("DeletionProtectionEnabled"), false);
    json_end_object(out);
}

static bool describe(struct tables_call *call, const struct table *table, const char *member,
                     const char *status)
{
    struct counts counts;
    if (!counts_load(call->reader, call->arena, call->partition, table, &counts))
        return refuse_stored(call->fault, call->arena, ERR_CORRUPT);
    json_begin_object(call->out);
    json_key(call->out, str_from(member));
    write_description(call, table, status, &counts);
    json_end_object(call->out);
    return true;
}

bool tables_describe_table(struct tables *tables, struct tables_call *call)
{
    const struct table *table = find_named(tables, call);
    return table && describe(call, table, "Table", "ACTIVE");
}

/* ---- making ---- */

static struct json record_make(struct tables_call *call, const struct json *request, uint64_t id)
{
    static const char *const kinds[] = { "LocalSecondaryIndexes", "GlobalSecondaryIndexes" };
    struct arena *arena = call->arena;
    VEC(struct json) names = { 0 };
    VEC(struct json_member) kept = { 0 };
    char *uuid = arena_bytes(arena, UUID_TEXT_BYTES);
    uuid_random(uuid);
    for (size_t kind = 0; kind < 2; kind++) {
        const struct json *indexes = json_get_typed(request, str_from(kinds[kind]), JSON_ARRAY);
        for (uint32_t i = 0; indexes && i < indexes->count; i++)
            VEC_PUSH(arena, &names, json_of_str(json_get_str(&indexes->items[i], STR("IndexName"))));
    }
    for (uint32_t i = 0; i < request->count; i++) {
        if (!str_eq(request->members[i].key, STR("Tags")))
            VEC_PUSH(arena, &kept, request->members[i]);
    }
    struct json_member members[] = {
        { STR("id"), json_of_i64(arena, (int64_t)id) },
        { STR("table_id"), json_of_str(str_of(uuid, UUID_TEXT_BYTES)) },
        { STR("created"), json_of_i64(arena, call->work->now_ms) },
        { STR("indexes"), json_of_array(names.at, names.len) },
        { STR("request"), json_of_object(kept.at, kept.len) },
    };
    struct json record = json_of_object(members, sizeof(members) / sizeof(*members));
    return json_copy(arena, &record);
}

/* {"key":"value",...} of a list of {Key, Value}. */
static struct json tags_object(struct arena *arena, const struct json *list)
{
    struct json_member *members = ARENA_ARRAY(arena, struct json_member, list->count + 1);
    for (uint32_t i = 0; i < list->count; i++) {
        members[i].key = json_get_str(&list->items[i], STR("Key"));
        members[i].value = json_of_str(json_get_str(&list->items[i], STR("Value")));
    }
    return json_of_object(members, list->count);
}

bool tables_create_table(struct tables *tables, struct tables_call *call)
{
    struct str given = json_get_str(call->input, STR("TableName")), name;
    struct table existing, table;
    struct key key;
    if (!table_name_read(call->arena, given, "tableName", TABLE_NAME_CHARS_MIN, &name, call->fault) ||
        !check_create_table(call->arena, call->input, call->fault))
        return false;
    key_table(&key, call->partition, call->ns, name);
    enum err err = record_load(call->reader, call->arena, key_str(&key), &existing);
    if (err == ERR_OK)
        return fault_set(call->fault, call->arena, FAULT_ALREADY_EXISTS, "Table already exists: %.*s",
                         STR_ARG(name));
    if (err != ERR_NOTFOUND)
        return refuse_stored(call->fault, call->arena, err);
    struct json request = json_with_member(call->arena, call->input, STR("TableName"), json_of_str(name));
    uint64_t id = store_next_id(call->work->batch, call->partition, STR("tables"));
    struct json record = record_make(call, &request, id);
    bool good = table_of_record(call->arena, &record, &table);
    assert(good);
    store_put(call->work->batch, key_str(&key),
              arena_concat(call->arena, STR("\x01"), json_text(call->arena, &record)));
    cache_drop(tables, key_str(&key));
    tables->changed = true;
    const struct json *tags = json_get_typed(call->input, STR("Tags"), JSON_ARRAY);
    if (tags && tags->count) {
        struct json object = tags_object(call->arena, tags);
        if (!tags_put(call->work, table_arn(call->arena, call->ns, name), &object, call->fault))
            return false;
    }
    return describe(call, &table, "TableDescription", "ACTIVE");
}

bool tables_delete_table(struct tables *tables, struct tables_call *call)
{
    const struct table *table = find_named(tables, call);
    if (!table || !describe(call, table, "TableDescription", "DELETING"))
        return false;
    struct store_batch *batch = call->work->batch;
    struct key key, end;
    key_items(&key, call->partition, table->id);
    key_after_prefix(key_str(&key), &end);
    store_delete_range(batch, key_str(&key), key_str(&end));
    if (table->index_count) {
        key_entries(&key, call->partition, table->id);
        key_after_prefix(key_str(&key), &end);
        store_delete_range(batch, key_str(&key), key_str(&end));
    }
    key_counts(&key, call->partition, table->id);
    store_delete(batch, key_str(&key));
    tags_drop(call->work, table_arn(call->arena, call->ns, table->name));
    key_table(&key, call->partition, call->ns, table->name);
    store_delete(batch, key_str(&key));
    tables->changed = true;
    cache_drop(tables, key_str(&key)); /* table is gone from here on */
    return true;
}

/* ---- listing ---- */

bool tables_list_tables(struct tables *tables, struct tables_call *call)
{
    (void)tables;
    struct json_writer *out = call->out;
    struct key prefix, first, end;
    struct str start = json_get_str(call->input, STR("ExclusiveStartTableName")), key, value;
    struct str last = STR_EMPTY;
    const struct json *limit = json_get_typed(call->input, STR("Limit"), JSON_NUMBER);
    int64_t left = LIST_TABLES_MAX;
    if (limit)
        (void)json_number_i64(limit->text, &left);
    key_tables(&prefix, call->partition, call->ns);
    key_after_prefix(key_str(&prefix), &end);
    first = prefix;
    key_bytes(&first, start);
    if (start.len)
        key_u8(&first, 0); /* behind the name itself */
    struct store_cursor *cursor = store_scan(call->reader, key_str(&first), key_str(&end), STORE_UP);
    bool more = false;
    json_begin_object(out);
    json_key(out, STR("TableNames"));
    json_begin_array(out);
    while (store_cursor_next(cursor, &key, &value)) {
        if (left-- == 0) {
            more = true;
            break;
        }
        last = arena_copy(call->arena, str_from_offset(key, prefix.len));
        json_put_str(out, last);
    }
    json_end_array(out);
    enum err err = store_cursor_close(&cursor);
    if (err)
        return refuse_stored(call->fault, call->arena, err);
    if (more)
        json_put_member_str(out, STR("LastEvaluatedTableName"), last);
    json_end_object(out);
    return true;
}

/* ---- tags ---- */

static const struct table *find_tagged(struct tables *tables, struct tables_call *call, struct str *ret_arn)
{
    struct str given = json_get_str(call->input, STR("ResourceArn")), name;
    enum err err = ERR_NOTFOUND;
    if (!str_starts(given, STR("arn:"))) {
        (void)fault_set(call->fault, call->arena, FAULT_VALIDATION, "Invalid TableArn");
        return NULL;
    }
    if (!table_name_read(call->arena, given, "resourceArn", 1, &name, call->fault))
        return NULL;
    const struct table *table = find(tables, call, given, name, &err);
    if (!table && err == ERR_NOTFOUND)
        (void)fault_set(call->fault, call->arena, FAULT_NOT_FOUND,
                        "Requested resource not found: ResourcArn: %.*s not found", STR_ARG(given));
    else if (!table)
        (void)refuse_stored(call->fault, call->arena, err);
    *ret_arn = given;
    return table;
}

bool tables_tag_resource(struct tables *tables, struct tables_call *call)
{
    struct str arn;
    if (!find_tagged(tables, call, &arn))
        return false;
    struct json object = tags_object(call->arena, json_get_typed(call->input, STR("Tags"), JSON_ARRAY));
    json_begin_object(call->out);
    json_end_object(call->out);
    return tags_put(call->work, arn, &object, call->fault);
}

bool tables_untag_resource(struct tables *tables, struct tables_call *call)
{
    struct str arn;
    if (!find_tagged(tables, call, &arn))
        return false;
    tags_remove(call->work, arn, json_get(call->input, STR("TagKeys")));
    json_begin_object(call->out);
    json_end_object(call->out);
    return true;
}

bool tables_list_tags(struct tables *tables, struct tables_call *call)
{
    struct str arn;
    struct json_writer *out = call->out;
    if (json_get(call->input, STR("NextToken")))
        return fault_set(call->fault, call->arena, FAULT_VALIDATION,
                         "Invalid NextToken: all tags are given at once");
    if (!find_tagged(tables, call, &arn))
        return false;
    struct json tags = tags_get(call->reader, call->arena, call->partition, arn);
    json_begin_object(out);
    json_key(out, STR("Tags"));
    json_begin_array(out);
    for (uint32_t i = 0; i < tags.count; i++) {
        json_begin_object(out);
        json_put_member_str(out, STR("Key"), tags.members[i].key);
        json_put_member(out, STR("Value"), &tags.members[i].value);
        json_end_object(out);
    }
    json_end_array(out);
    json_end_object(out);
    return true;
}
