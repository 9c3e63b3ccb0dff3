/* tables_room.h - what the files of the room share: the table as it is used, its
 * records, capacity, request checks. */
#ifndef TABLES_TABLES_ROOM_H
#define TABLES_TABLES_ROOM_H

#include "base/map.h"
#include "tables/expression.h"
#include "tables/tables.h"
#include "tables/tables_key.h"

enum {
    TABLE_NAME_CHARS_MIN = 3,
    TABLE_NAME_CHARS_MAX = 255,
    LOCAL_INDEXES_MAX = 5,
    GLOBAL_INDEXES_MAX = 20,
    INDEXES_MAX = LOCAL_INDEXES_MAX + GLOBAL_INDEXES_MAX,
    PROJECTED_NAMES_MAX = 100,
    HASH_BYTES_MAX = 2048,
    RANGE_BYTES_MAX = 1024,
    PAGE_BYTES_MAX = 1 << 20,
    BATCH_REQUESTS_MAX = 25,
    LIST_TABLES_MAX = 100,
    TABLES_CACHED_MAX = 1000,
};

/* ---- a table ---- */

struct key_attribute {
    struct str name;
    enum value_type type; /* S, N, B; ABSENT: the schema has none */
};

struct key_schema {
    struct key_attribute hash, range;
};

enum projection_kind { PROJECT_ALL, PROJECT_KEYS_ONLY, PROJECT_INCLUDE };

struct table_index {
    struct str name;
    uint8_t number; /* in the keys of its entries */
    bool local;
    struct key_schema schema;
    enum projection_kind projection;
    struct str *included; /* INCLUDE */
    uint32_t included_count;
};

struct table {
    uint64_t id;
    struct str name;
    struct key_schema schema;
    struct table_index *indexes; /* in the order of their names */
    uint32_t index_count;
    struct json record; /* tables_table.c draws it */
};

struct tables {
    struct map cache; /* record key -> struct cached_table; the writer's */
    bool changed; /* a table was made or deleted since the last roll-back: the cache may be of a lost batch */
};

/* For a call, by the TableName of its input or another name or ARN: from the cache when it is a write. NULL
 * with the fault set ("Requested resource not found"). */
const struct table *table_find(struct tables *tables, struct tables_call *call, struct str name_or_arn);
/* Makes sure that the next lookups, so many, let no table go that an earlier one of them found. */
void tables_cache_room(struct tables *tables, size_t count);
/* Name, or the ARN of a table: its name, checked as the service does. member: how the fault calls it. */
bool table_name_read(struct arena *arena, struct str text, const char *member, size_t chars_min,
                     struct str *ret, struct fault *fault);
struct str table_arn(struct arena *arena, struct ns ns, struct str name);
const struct table_index *table_index_named(const struct table *table, struct str name);
bool schema_has(const struct key_schema *schema, struct str attribute);
/* Whether entries of the index hold the attribute. */
bool index_projects(const struct table *table, const struct table_index *index, struct str attribute);

/* Whether a table can be made from the input. */
bool check_create_table(struct arena *arena, const struct json *input, struct fault *fault);

/* ---- items and entries ---- */

/* The item's key attributes by its schema. range NULL: there is none. */
void schema_values(const struct key_schema *schema, const struct value *item, const struct value **hash,
                   const struct value **range);
void item_key(const struct table *table, uint16_t partition, const struct value *item, struct key *ret);
/* False: the item has no entry in the index. */
bool entry_key(const struct table *table, const struct table_index *index, uint16_t partition,
               const struct value *item, struct key *ret);
/* ERR_OK, ERR_NOTFOUND, ERR_CORRUPT, ERR_IO. The value lives in the arena. */
enum err item_load(struct store_reader *reader, struct arena *arena, struct str key,
                   struct value *ret) MUST_USE;
/* bytes: a record of an item or of a projected one. */
bool item_read(struct arena *arena, struct str bytes, struct value *ret) MUST_USE;
/* Sets the fault for what item_load or a cursor said. Always false. */
bool refuse_stored(struct fault *fault, struct arena *arena, enum err err);

/* Key attributes of a request. of_item: an item that holds more than them. in_batch:
 * BatchWriteItem's texts. */
bool check_key(const struct table *table, const struct value *map, bool of_item, bool in_batch,
               struct arena *arena, struct fault *fault);
/* by_update: the texts of an update expression. before: what need not be checked again; may be NULL. */
bool check_index_keys(const struct table *table, const struct value *item, const struct value *before,
                      bool by_update, struct arena *arena, struct fault *fault);
bool check_key_value(const struct key_attribute *attribute, const struct value *value, bool is_hash,
                     struct arena *arena, struct fault *fault);

/* ---- key conditions ---- */

struct key_range {
    const struct value *hash;
    bool has_range;
    enum condition_kind kind; /* EQ, LT, LE, GT, GE, BETWEEN, BEGINS_WITH */
    const struct value *low, *high;
};

bool key_range_of(const struct condition *keys, const struct key_schema *schema, struct arena *arena,
                  struct fault *fault, struct key_range *ret);
/* first: the prefix of the table's items or the index's entries. Then [first, end) holds what fits. */
void key_range_bounds(const struct key_range *range, bool of_index, struct key *first, struct key *end);

/* ---- capacity ---- */

enum capacity_wanted { CAPACITY_NONE, CAPACITY_TOTAL, CAPACITY_INDEXES };

/* Half units, so that eventually consistent reads stay whole numbers. */
struct capacity {
    uint64_t table;
    uint64_t index[INDEXES_MAX]; /* by number */
};

enum capacity_wanted capacity_wanted(const struct json *input);
uint64_t capacity_of_read(size_t bytes, bool consistent);
uint64_t capacity_of_write(size_t bytes);
/* The object alone: {"TableName":...,"CapacityUnits":...} */
void capacity_write(struct json_writer *out, const struct table *table, enum capacity_wanted wanted,
                    const struct capacity *capacity);

/* Puts, replaces or deletes (after NULL) one item with its entries and counts. before NULL: there was none.
 * Both have the same key. Adds to capacity. False: a record is damaged. */
bool item_write(struct work *work, const struct table *table, const struct value *before,
                const struct value *after, struct capacity *capacity, struct fault *fault);

/* ---- counts ---- */

struct counts {
    struct {
        uint64_t items, bytes;
    } of[1 + INDEXES_MAX]; /* the table, then the indexes by number */
};

/* All zero when nothing was written yet. False: the record is damaged. */
bool counts_load(struct store_reader *reader, struct arena *arena, uint16_t partition,
                 const struct table *table, struct counts *ret);

/* ---- requests ---- */

/* The first of these legacy parameters that the input has is refused by its name. expressions: those it may
 * not be mixed with. Lists end with NULL. */
bool refuse_legacy(struct arena *arena, const struct json *input, const char *operation,
                   const char *const *legacy, const char *const *expressions, struct fault *fault);
bool refuse_part(struct arena *arena, struct fault *fault, const char *operation, const char *part);
/* Scope for the input's expressions; expressions: the members that use values, for the
 * fault when there are none. */
bool scope_of_input(struct scope *scope, struct arena *arena, const struct json *input,
                    const char *const *value_users, bool has_other_users, struct fault *fault);
bool input_flag(const struct json *input, struct str name);

#endif
