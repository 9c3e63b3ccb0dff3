/* Capacity units, counted as the service says it does: a write takes one for each KiB of the larger of the
 * item before and after; a read one for each 4 KiB, half of that when it is not consistent. */
#include "tables/tables_room.h"

enum { WRITE_UNIT_BYTES = 1024, READ_UNIT_BYTES = 4096 };

enum capacity_wanted capacity_wanted(const struct json *input)
{
    struct str wanted = json_get_str(input, STR("ReturnConsumedCapacity"));
    return str_eq(wanted, STR("TOTAL"))     ? CAPACITY_TOTAL
           : str_eq(wanted, STR("INDEXES")) ? CAPACITY_INDEXES
                                            : CAPACITY_NONE;
}

uint64_t capacity_of_read(size_t bytes, bool consistent)
{
    uint64_t units = (bytes + READ_UNIT_BYTES - 1) / READ_UNIT_BYTES;
    return (units ? units : 1) * (consistent ? 2 : 1);
}

uint64_t capacity_of_write(size_t bytes)
{
    uint64_t units = (bytes + WRITE_UNIT_BYTES - 1) / WRITE_UNIT_BYTES;
    return (units ? units : 1) * 2;
}

static void write_units(struct json_writer *out, uint64_t half_units)
{
    json_key(out, STR("CapacityUnits"));
    json_put_double(out, (double)half_units / 2);
}

static void write_indexes(struct json_writer *out, struct str member, const struct table *table, bool local,
                          const struct capacity *capacity)
{
    bool begun = false;
    for (uint32_t i = 0; i < table->index_count; i++) {
        const struct table_index *index = &table->indexes[i];
        if (index->local != local || capacity->index[index->number] == 0)
            continue;
        if (!begun) {
            json_key(out, member);
            json_begin_object(out);
            begun = true;
        }
        json_key(out, index->name);
        json_begin_object(out);
        write_units(out, capacity->index[index->number]);
        json_end_object(out);
    }
    if (begun)
        json_end_object(out);
}

void capacity_write(struct json_writer *out, const struct table *table, enum capacity_wanted wanted,
                    const struct capacity *capacity)
{
    uint64_t total = capacity->table;
    for (size_t i = 0; i < INDEXES_MAX; i++)
        total += capacity->index[i];
    json_begin_object(out);
    json_put_member_str(out, STR("TableName"), table->name);
    write_units(out, total);
    if (wanted == CAPACITY_INDEXES) {
        json_key(out, STR("Table"));
        json_begin_object(out);
        write_units(out, capacity->table);
        json_end_object(out);
        write_indexes(out, STR("LocalSecondaryIndexes"), table, true, capacity);
        write_indexes(out, STR("GlobalSecondaryIndexes"), table, false, capacity);
    }
    json_end_object(out);
}
