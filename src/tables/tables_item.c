/* Items on disk: keys, entries in indexes, counts; and what a key must look like. */
#include "tables/tables_room.h"

#include "base/big_endian.h"
#include "store/key.h"

#include <assert.h>

/* ---- keys ---- */

static const struct value *key_value(const struct key_attribute *attribute, const struct value *item)
{
    if (attribute->type == VALUE_ABSENT)
        return NULL;
    return value_member(item, attribute->name);
}

void schema_values(const struct key_schema *schema, const struct value *item, const struct value **hash,
                   const struct value **range)
{
    *hash = key_value(&schema->hash, item);
    *range = key_value(&schema->range, item);
}

bool schema_has(const struct key_schema *schema, struct str attribute)
{
    return str_eq(schema->hash.name, attribute) ||
           (schema->range.type != VALUE_ABSENT && str_eq(schema->range.name, attribute));
}

static void add_item_key(const struct table *table, const struct value *item, struct key *key)
{
    const struct value *hash, *range;
    schema_values(&table->schema, item, &hash, &range);
    key_item(key, hash, range);
}

void item_key(const struct table *table, uint16_t partition, const struct value *item, struct key *ret)
{
    key_items(ret, partition, table->id);
    add_item_key(table, item, ret);
}

bool entry_key(const struct table *table, const struct table_index *index, uint16_t partition,
               const struct value *item, struct key *ret)
{
    const struct value *hash, *range;
    schema_values(&index->schema, item, &hash, &range);
    if (!hash || hash->type != index->schema.hash.type)
        return false;
    if (index->schema.range.type != VALUE_ABSENT && (!range || range->type != index->schema.range.type))
        return false;
    key_entries_of(ret, partition, table->id, index->number);
    key_hash(ret, hash);
    if (range)
        key_entry_range(ret, range);
    add_item_key(table, item, ret);
    return true;
}

/* ---- checks ---- */

static bool refuse(struct fault *fault, struct arena *arena, struct str text)
{
    return fault_set(fault, arena, FAULT_VALIDATION, "%.*s", STR_ARG(text));
}

bool check_key_value(const struct key_attribute *attribute, const struct value *value, bool is_hash,
                     struct arena *arena, struct fault *fault)
{
    if (value->text.len == 0)
        return fault_set(
            fault, arena, FAULT_VALIDATION,
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
            "contain an empty %s value. Key: %.*s",
            value->type == VALUE_B ? "binary" : "string", STR_ARG(attribute->name));
    if (is_hash && value->text.len > HASH_BYTES_MAX)
        return fault_set(
            fault, arena, FAULT_VALIDATION,
            "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size "
            "limit of%d bytes",
            (int)HASH_BYTES_MAX);
    if (!is_hash && value->text.len > RANGE_BYTES_MAX)
        return fault_set(
            fault, arena, FAULT_VALIDATION,
            "One or more parameter values were invalid: Aggregated size of all range keys has exceeded "
            "the size limit of %d bytes",
            (int)RANGE_BYTES_MAX);
    return true;
}

static bool check_key_attribute(const struct key_attribute *attribute, const struct value *map, bool is_hash,
                                bool by_item, struct arena *arena, struct fault *fault)
{
    if (attribute->type == VALUE_ABSENT)
        return true;
    const struct value *value = value_member(map, attribute->name);
    if (!value && by_item)
        return fault_set(fault, arena, FAULT_VALIDATION,
                         "One or more parameter values were invalid: Missing the key %.*s in the item",
                         STR_ARG(attribute->name));
    if (value && value->type != attribute->type && by_item)
        return fault_set(
            fault, arena, FAULT_VALIDATION,
            "One or more parameter values were invalid: Type mismatch for key %.*s expected: %s actual: %s",
            STR_ARG(attribute->name), value_type_name(attribute->type), value_type_name(value->type));
    if (!value || value->type != attribute->type)
        return refuse(fault, arena, STR("The provided key element does not match the schema"));
    return check_key_value(attribute, value, is_hash, arena, fault);
}

bool check_key(const struct table *table, const struct value *map, bool of_item, bool in_batch,
               struct arena *arena, struct fault *fault)
{
    uint32_t count = table->schema.range.type == VALUE_ABSENT ? 1 : 2;
    if (!of_item && map->count != count)
        return refuse(fault, arena, STR("The provided key element does not match the schema"));
    return check_key_attribute(&table->schema.hash, map, true, of_item && !in_batch, arena, fault) &&
           check_key_attribute(&table->schema.range, map, false, of_item && !in_batch, arena, fault);
}

static bool check_index_key(const struct table_index *index, const struct key_attribute *attribute,
                            const struct value *value, bool is_hash, bool by_update, struct arena *arena,
                            struct fault *fault)
{
    if (value->type != attribute->type) {
        if (by_update)
            return refuse(
                fault, arena,
                STR("The update expression attempted to update the secondary index key to unsupported type"));
        return fault_set(fault, arena, FAULT_VALIDATION,
                         "One or more parameter values were invalid: Type mismatch for Index Key %.*s "
                         "Expected: %s Actual: %s "
                         "IndexName: %.*s",
                         STR_ARG(attribute->name), value_type_name(attribute->type),
                         value_type_name(value->type), STR_ARG(index->name));
    }
    if (value->text.len == 0 && by_update)
        return fault_set(
            fault, arena, FAULT_VALIDATION,
            "One or more parameter values are not valid. The update expression attempted to update a "
            "secondary index key to a value that is not supported. The AttributeValue for a key attribute "
            "cannot contain an empty %s value.",
            value->type == VALUE_B ? "binary" : "string");
    if (value->text.len == 0)
        return fault_set(
            fault, arena, FAULT_VALIDATION,
            "One or more parameter values are not valid. A value specified for a secondary index key is "
            "not supported. The AttributeValue for a key attribute cannot contain an empty %s value. "
            "IndexName: %.*s, IndexKey: %.*s",
            value->type == VALUE_B ? "binary" : "string", STR_ARG(index->name), STR_ARG(attribute->name));
    return check_key_value(attribute, value, is_hash, arena, fault);
}

bool check_index_keys(const struct table *table, const struct value *item, const struct value *before,
                      bool by_update, struct arena *arena, struct fault *fault)
{
    for (uint32_t i = 0; i < table->index_count; i++) {
        const struct table_index *index = &table->indexes[i];
        const struct key_attribute *attributes[2] = { &index->schema.hash, &index->schema.range };
        for (int part = 0; part < 2; part++) {
            const struct value *value = key_value(attributes[part], item);
            const struct value *former = before ? key_value(attributes[part], before) : NULL;
            if (!value || (former && value_equal(value, former)))
                continue;
            if (!check_index_key(index, attributes[part], value, part == 0, by_update, arena, fault))
                return false;
        }
    }
    return true;
}

/* ---- records ---- */

bool item_read(struct arena *arena, struct str bytes, struct value *ret)
{
    return bytes.len > 1 && bytes.ptr[0] == RECORD_VERSION &&
           value_load(arena, str_from_offset(bytes, 1), ret) && ret->type == VALUE_M;
}

enum err item_load(struct store_reader *reader, struct arena *arena, struct str key, struct value *ret)
{
    struct str bytes;
    enum err err = store_get(reader, arena, key, &bytes);
    if (err)
        return err;
    return item_read(arena, bytes, ret) ? ERR_OK : ERR_CORRUPT;
}

bool refuse_stored(struct fault *fault, struct arena *arena, enum err err)
{
    return fault_set(fault, arena, FAULT_INTERNAL,
                     "Internal server error: the stored item cannot be read: %s", err_text(err));
}

bool index_projects(const struct table *table, const struct table_index *index, struct str attribute)
{
    if (index->projection == PROJECT_ALL || schema_has(&table->schema, attribute) ||
        schema_has(&index->schema, attribute))
        return true;
    for (uint32_t i = 0; i < index->included_count; i++) {
        if (str_eq(index->included[i], attribute))
            return true;
    }
    return false;
}

/* The item as the index holds it. */
static struct value project(struct arena *arena, const struct table *table, const struct table_index *index,
                            const struct value *item)
{
    if (index->projection == PROJECT_ALL)
        return *item;
    struct value part = { .type = VALUE_M };
    part.members = ARENA_ARRAY(arena, struct value_member, item->count + 1);
    for (uint32_t i = 0; i < item->count; i++) {
        if (index_projects(table, index, item->members[i].name))
            part.members[part.count++] = item->members[i];
    }
    return part;
}

static void put_record(struct work *work, struct str key, const struct value *item)
{
    struct buf buf;
    buf_init(&buf, 0);
    buf_add_char(&buf, RECORD_VERSION);
    if (item)
        value_store(&buf, item);
    store_put(work->batch, key, buf_str(&buf));
    buf_fini(&buf);
}

/* ---- counts ---- */

enum { COUNT_BYTES = 16 };

bool counts_load(struct store_reader *reader, struct arena *arena, uint16_t partition,
                 const struct table *table, struct counts *ret)
{
    struct key key;
    struct str bytes;
    memset(ret, 0, sizeof(*ret));
    key_counts(&key, partition, table->id);
    enum err err = store_get(reader, arena, key_str(&key), &bytes);
    if (err == ERR_NOTFOUND)
        return true;
    if (err || bytes.len < 1 || bytes.ptr[0] != RECORD_VERSION || (bytes.len - 1) % COUNT_BYTES)
        return false;
    for (size_t i = 0; i < (bytes.len - 1) / COUNT_BYTES && i <= INDEXES_MAX; i++) {
        ret->of[i].items = big_endian_get(bytes.ptr + 1 + i * COUNT_BYTES, 8);
        ret->of[i].bytes = big_endian_get(bytes.ptr + 1 + i * COUNT_BYTES + 8, 8);
    }
    return true;
}

static void counts_store(struct work *work, const struct table *table, const struct counts *counts)
{
    struct key key;
    char bytes[1 + (1 + INDEXES_MAX) * COUNT_BYTES];
    size_t len = 0;
    bytes[len++] = RECORD_VERSION;
    for (size_t i = 0; i <= table->index_count; i++) {
        for (int shift = 56; shift >= 0; shift -= 8)
            bytes[len++] = (char)(counts->of[i].items >> shift);
        for (int shift = 56; shift >= 0; shift -= 8)
            bytes[len++] = (char)(counts->of[i].bytes >> shift);
    }
    key_counts(&key, work->partition, table->id);
    store_put(work->batch, key_str(&key), str_of(bytes, len));
}

static void count(struct counts *counts, size_t place, size_t before, size_t after, bool was, bool is)
{
    counts->of[place].items += (uint64_t)is - (uint64_t)was;
    counts->of[place].bytes += (uint64_t)after - (uint64_t)before;
}

/* ---- writing ---- */

static void write_entry(struct work *work, const struct table *table, const struct table_index *index,
                        const struct value *before, const struct value *after, struct counts *counts,
                        struct capacity *capacity)
{
    struct key old_key, new_key;
    struct value old_part = { .type = VALUE_M }, new_part = { .type = VALUE_M };
    bool was = before && entry_key(table, index, work->partition, before, &old_key);
    bool is = after && entry_key(table, index, work->partition, after, &new_key);
    if (!was && !is)
        return;
    if (was)
        old_part = project(work->arena, table, index, before);
    if (is)
        new_part = project(work->arena, table, index, after);
    bool moved = was != is || !str_eq(key_str(&old_key), key_str(&new_key));
    if (!moved && value_equal(&old_part, &new_part))
        return;
    size_t old_size = was ? value_size_of_map(&old_part) : 0,
           new_size = is ? value_size_of_map(&new_part) : 0;
    bool whole = index->projection == PROJECT_ALL;
    if (was && moved)
        store_delete(work->batch, key_str(&old_key));
    if (is && (moved || !whole))
        put_record(work, key_str(&new_key), whole ? NULL : &new_part);
    count(counts, (size_t)1 + index->number, old_size, new_size, was, is);
    uint64_t *units = &capacity->index[index->number];
    if (moved)
        *units += (was ? capacity_of_write(old_size) : 0) + (is ? capacity_of_write(new_size) : 0);
    else
        *units += capacity_of_write(old_size > new_size ? old_size : new_size);
}

bool item_write(struct work *work, const struct table *table, const struct value *before,
                const struct value *after, struct capacity *capacity, struct fault *fault)
{
    struct counts counts;
    struct key key;
    size_t old_size = before ? value_size_of_map(before) : 0, new_size = after ? value_size_of_map(after) : 0;
    capacity->table += capacity_of_write(old_size > new_size ? old_size : new_size);
    if (!before && !after)
        return true;
    if (!counts_load(work->reader, work->arena, work->partition, table, &counts))
        return refuse_stored(fault, work->arena, ERR_CORRUPT);
    item_key(table, work->partition, after ? after : before, &key);
    if (after)
        put_record(work, key_str(&key), after);
    else
        store_delete(work->batch, key_str(&key));
    count(&counts, 0, old_size, new_size, before != NULL, after != NULL);
    for (uint32_t i = 0; i < table->index_count; i++)
        write_entry(work, table, &table->indexes[i], before, after, &counts, capacity);
    counts_store(work, table, &counts);
    return true;
}
