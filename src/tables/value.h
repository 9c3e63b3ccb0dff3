/* value.h - attribute values: the ten types, their rules, their order, and how they are kept.
 *
 * An item is a value of type VALUE_M.
 * Truths: 1. A map's members are in the order of their names, each name once; a set's items are in order,
 *            each once. So equal values look the same.
 *         2. A number's text is its packed form (decimal.h): numbers compare as bytes do.
 *         3. A value that was read fits every rule of the service: depth, sets, numbers.
 *         4. Values are immutable once shared; whoever changes one copies what it changes.
 *
 * Stored form, after a version byte that whoever stores it writes:
 *   S, B    | type u8 | length varint | bytes |
 *   N       | type u8 | packed number |
 *   BOOL    | type u8 | 0 or 1 |
 *   NULL    | type u8 |
 *   L, sets | type u8 | count varint | values |
 *   M       | type u8 | count varint | (length varint, name, value) ... |
 */
#ifndef TABLES_VALUE_H
#define TABLES_VALUE_H

#include "base/arena.h"
#include "base/buf.h"
#include "json/json.h"
#include "tables/decimal.h"

/* The order of the types is that of the bytes on disk: new ones go to the end. */
#define VALUE_TYPE_LIST(X) \
    X(S, "STRING")         \
    X(N, "NUMBER")         \
    X(B, "BINARY")         \
    X(BOOL, "BOOLEAN")     \
    X(NULL, "NULL")        \
    X(M, "MAP")            \
    X(L, "LIST")           \
    X(SS, "STRING_SET")    \
    X(NS, "NUMBER_SET")    \
    X(BS, "BINARY_SET")

enum value_type {
    VALUE_ABSENT, /* nothing is there */
#define X(name, word) VALUE_##name,
    VALUE_TYPE_LIST(X)
#undef X
        VALUE_TYPES
};

struct value_member;

struct value {
    enum value_type type;
    bool flag;      /* BOOL */
    uint32_t count; /* M, L, sets */
    uint32_t room;  /* M, L under change: places that may be written; 0: shared, copied before a change */
    union {
        struct str text;              /* S, B: the bytes; N: packed */
        struct value *items;          /* L, sets */
        struct value_member *members; /* M */
    };
};

struct value_member {
    struct str name;
    struct value value;
};

enum { VALUE_DEPTH_MAX = 32, VALUE_NAME_BYTES_MAX = 65535, ITEM_BYTES_MAX = 400 * 1024 };

const char *value_type_name(enum value_type type); /* "SS" */
const char *value_type_word(enum value_type type); /* "STRING_SET" */
/* The type of that name; VALUE_ABSENT when there is none. */
enum value_type value_type_of_name(struct str name);
bool value_is_set(enum value_type type);
enum value_type value_type_of_members(enum value_type set); /* SS: S */

/* ---- JSON as on the wire ---- */

/* {"S":"..."}; on failure the service's text, without a prefix. Bytes may point into the JSON. */
bool value_read(struct arena *arena, const struct json *json, struct value *ret, struct str *reterr) MUST_USE;
/* {"name":{"S":"..."},...} as a map; its values start at depth 1. */
bool value_read_map(struct arena *arena, const struct json *json, struct value *ret,
                    struct str *reterr) MUST_USE;
void value_write(struct json_writer *w, struct arena *arena, const struct value *value);
/* The members alone, as an object: an item, a key. */
void value_write_map(struct json_writer *w, struct arena *arena, const struct value *map);

/* ---- stored ---- */

void value_store(struct buf *to, const struct value *value);
/* Points into bytes. False: they are damaged. */
bool value_load(struct arena *arena, struct str bytes, struct value *ret) MUST_USE;

/* ---- look ---- */

const struct value *value_member(const struct value *map, struct str name); /* NULL: absent, or not a map */
bool value_equal(const struct value *a, const struct value *b);
/* Same type and ordered (S, N, B): true and <0, 0, >0. */
bool value_compare(const struct value *a, const struct value *b, int *ret);
bool value_set_has(const struct value *set, const struct value *item);
size_t value_size(const struct value *value);      /* as the service counts */
size_t value_size_of_map(const struct value *map); /* an item: names and values, nothing for the map itself */
unsigned value_depth(const struct value *value);   /* 1 for what holds nothing */

/* ---- build ---- */

struct value value_of_number(struct arena *arena, const struct decimal *number);
/* Changing a map or list in place: what is shared is copied first, once (truth 4). The pointer is good until
 * the next change of the same container. NULL: not there. */
struct value *value_change_member(struct arena *arena, struct value *map, struct str name);
struct value *value_change_item(struct arena *arena, struct value *list, uint32_t index);
void value_put_member(struct arena *arena, struct value *map, struct str name, const struct value *value);
void value_drop_member(struct arena *arena, struct value *map, struct str name);
void value_append_item(struct arena *arena, struct value *list, const struct value *value);
/* Sets of the same type. An empty difference has count 0. */
struct value value_set_union(struct arena *arena, const struct value *a, const struct value *b);
struct value value_set_minus(struct arena *arena, const struct value *a, const struct value *b);

/* The service's words for an outcome of arithmetic that is not DECIMAL_OK; text: what was to be a number. */
struct str value_number_fault(struct arena *arena, enum decimal_outcome outcome, struct str text);

#endif
