#include "api/api_shape_explain.h"

#include "base/base64.h"

/* The slow walk, of a request that is to be refused. */

enum {
    ERRORS_MAX = 10,           /* the services name no more */
    TEXT_BYTES_MAX = 64 << 10, /* of all of them; a value that is rendered may be long */
};

/* A place in the request, from the inside out: targets.1.member.id */
struct place {
    const struct place *up;
    struct str name;
    size_t index;   /* of a list's item, from 1 */
    struct str key; /* of a map's value */
    enum { PLACE_MEMBER, PLACE_ITEM, PLACE_VALUE } kind;
};

struct walk {
    const struct shape_explanation *why;
    struct buf texts;
    unsigned errors;
};

static void add_place(struct buf *out, const struct place *place)
{
    if (!place)
        return;
    add_place(out, place->up);
    if (place->kind == PLACE_ITEM) {
        buf_printf(out, ".%zu.member", place->index);
        return;
    }
    if (place->up)
        buf_add_char(out, '.');
    buf_add(out, place->kind == PLACE_VALUE ? place->key : place->name);
    if (place->kind == PLACE_VALUE)
        buf_add(out, STR(".member"));
}

/* ---- values as the services print them: Name(member=value, other=null), [a, b], {k=v} ---- */

static void add_value(struct walk *walk, const struct shape *shape, const struct json *value)
{
    struct buf *out = &walk->texts;
    if (!value) {
        buf_add(out, STR("null"));
        return;
    }
    if (shape->sensitive) {
        buf_add(out, STR("***Sensitive Data Redacted***"));
        return;
    }
    switch (shape->type) {
    case SHAPE_STRUCTURE:
        buf_add(out, shape->name);
        buf_add_char(out, '(');
        for (unsigned i = 0; i < shape->member_count; i++) {
            buf_add(out, i ? STR(", ") : STR(""));
            buf_add(out, shape->members[i].path);
            buf_add_char(out, '=');
            add_value(walk, shape->members[i].shape, shape_member_value(shape, i, value, walk->why->style));
        }
        for (unsigned i = 0; i < shape->unlisted_count; i++) {
            buf_add(out, STR(", "));
            buf_add(out, shape->unlisted[i]);
            buf_add(out, STR("=null"));
        }
        buf_add_char(out, ')');
        return;
    case SHAPE_LIST:
        buf_add_char(out, '[');
        for (uint32_t i = 0; i < value->count; i++) {
            buf_add(out, i ? STR(", ") : STR(""));
            add_value(walk, shape->item, value->items[i].type == JSON_NULL ? NULL : &value->items[i]);
        }
        buf_add_char(out, ']');
        return;
    case SHAPE_MAP:
        buf_add_char(out, '{');
        for (uint32_t i = 0; i < value->count; i++) {
            const struct json *item = &value->members[i].value;
            buf_add(out, i ? STR(", ") : STR(""));
            buf_add(out, value->members[i].key);
            buf_add_char(out, '=');
            add_value(walk, shape->item, item->type == JSON_NULL ? NULL : item);
        }
        buf_add_char(out, '}');
        return;
    case SHAPE_BOOLEAN:
        buf_add(out, value->type == JSON_TRUE ? STR("true") : STR("false"));
        return;
    case SHAPE_BLOB:
        buf_printf(out, "java.nio.HeapByteBuffer[pos=0 lim=%zu cap=%zu]", shape_blob_bytes(value->text),
                   shape_blob_bytes(value->text));
        return;
    default:
        buf_add(out, value->text);
    }
}

/* Begins "Value 'x' at 'name' failed to satisfy constraint: "; false when enough was said. */
static bool begin_error(struct walk *walk, const struct place *place, const struct shape *shape,
                        const struct json *value)
{
    if (walk->errors == ERRORS_MAX)
        return false;
    struct buf *out = &walk->texts;
    buf_add(out, walk->errors++ ? STR("; Value") : STR("Value"));
    if (!shape->sensitive) {
        size_t room = TEXT_BYTES_MAX / ERRORS_MAX;
        buf_add(out, value ? STR(" '") : STR(" "));
        size_t start = out->len;
        add_value(walk, shape, value);
        if (out->len - start > room) {
            size_t end = start + room;
            while (((unsigned char)out->ptr[end] & 0xC0) == 0x80) /* not inside a character */
                end--;
            out->len = end;
            buf_add(out, STR("..."));
        }
        buf_add(out, value ? STR("'") : STR(""));
    }
    buf_add(out, STR(" at '"));
    add_place(out, place);
    buf_add(out, STR("' failed to satisfy constraint: "));
    return true;
}

/* ---- types ---- */

static struct str name_of_type(const struct json *value, enum shape_dialect dialect)
{
    switch (value->type) {
    case JSON_TRUE:
        return STR("TRUE_VALUE");
    case JSON_FALSE:
        return STR("FALSE_VALUE");
    case JSON_NUMBER: {
        bool whole = str_find_char(value->text, '.') == STR_NOT_FOUND;
        return dialect == SHAPE_OF_DYNAMODB && !whole ? STR("DECIMAL_VALUE") : STR("NUMBER_VALUE");
    }
    default:
        return STR("STRING_VALUE");
    }
}

static const char *name_of_shape(const struct shape *shape)
{
    static const char *const names[] = {
        [SHAPE_STRING] = "String", [SHAPE_INTEGER] = "Integer",    [SHAPE_LONG] = "Long",
        [SHAPE_FLOAT] = "Float",   [SHAPE_DOUBLE] = "Double",      [SHAPE_BOOLEAN] = "Boolean",
        [SHAPE_BLOB] = "Blob",     [SHAPE_TIMESTAMP] = "Timestamp"
    };
    return names[shape->type];
}

static bool wrong_type_dynamodb(struct walk *walk, const struct shape *shape, const struct json *value)
{
    struct arena *arena = walk->why->arena;
    struct fault *fault = walk->why->fault;
    bool scalar = shape->type != SHAPE_STRUCTURE && shape->type != SHAPE_LIST && shape->type != SHAPE_MAP;
    if (value->type == JSON_OBJECT)
        return fault_set(fault, arena, FAULT_SERIALIZATION,
                         "Start of structure or map found where not expected");
    if (value->type == JSON_ARRAY && shape->type == SHAPE_BLOB)
        return fault_set(fault, arena, FAULT_SERIALIZATION,
                         "Unrecognized collection type class java.nio.ByteBuffer");
    if (value->type == JSON_ARRAY && scalar)
        return fault_set(fault, arena, FAULT_SERIALIZATION, "Unrecognized collection type class java.lang.%s",
                         name_of_shape(shape));
    if (value->type == JSON_ARRAY)
        return fault_set(fault, arena, FAULT_SERIALIZATION,
                         "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.%.*s",
                         STR_ARG(shape->name));
    if (!scalar)
        return fault_set(fault, arena, FAULT_SERIALIZATION, "Unexpected field type");
    if (shape->type == SHAPE_BLOB)
        return fault_set(fault, arena, FAULT_SERIALIZATION,
                         "only base-64-encoded strings are convertible to bytes");
    if (shape->type == SHAPE_BOOLEAN && value->type == JSON_STRING)
        return fault_set(fault, arena, FAULT_SERIALIZATION, "Unexpected token received from parser");
    return fault_set(fault, arena, FAULT_SERIALIZATION, "%.*s cannot be converted to %s",
                     STR_ARG(name_of_type(value, walk->why->dialect)), name_of_shape(shape));
}

static bool wrong_type(struct walk *walk, const struct shape *shape, const struct json *value)
{
    struct arena *arena = walk->why->arena;
    struct fault *fault = walk->why->fault;
    if (walk->why->dialect == SHAPE_OF_DYNAMODB)
        return wrong_type_dynamodb(walk, shape, value);
    if (value->type == JSON_OBJECT)
        return fault_set(fault, arena, FAULT_SERIALIZATION,
                         "Start of structure or map found where not expected.");
    if (value->type == JSON_ARRAY)
        return fault_set(fault, arena, FAULT_SERIALIZATION, "Start of list found where not expected");
    if (shape->type == SHAPE_LIST)
        return fault_set(fault, arena, FAULT_SERIALIZATION, "Expected list or null");
    if (shape->type == SHAPE_MAP)
        return fault_set(fault, arena, FAULT_SERIALIZATION, "Expected map or null");
    if (shape->type == SHAPE_STRUCTURE)
        return fault_set(fault, arena, FAULT_SERIALIZATION, "Expected null");
    struct str name = name_of_type(value, walk->why->dialect);
    if (shape->type == SHAPE_TIMESTAMP)
        return fault_set(fault, arena, FAULT_SERIALIZATION,
                         "%.*s can not be converted to milliseconds since epoch", STR_ARG(name));
    return fault_set(fault, arena, FAULT_SERIALIZATION, "%.*s can not be converted to %s %s", STR_ARG(name),
                     shape->type == SHAPE_INTEGER ? "an" : "a", name_of_shape(shape));
}

static bool right_scalar(struct walk *walk, const struct shape *shape, const struct json *value)
{
    int64_t number;
    double real;
    struct str bytes;
    switch (shape->type) {
    case SHAPE_STRING:
        return value->type == JSON_STRING;
    case SHAPE_INTEGER:
    case SHAPE_LONG:
        return shape_number_read(shape, value, &number);
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
        return value->type == JSON_NUMBER && json_number_double(value->text, &real);
    case SHAPE_BOOLEAN:
        return value->type == JSON_TRUE || value->type == JSON_FALSE;
    case SHAPE_TIMESTAMP:
        return shape_time_read(value, &number);
    case SHAPE_BLOB:
        return value->type == JSON_STRING && base64_decode(walk->why->arena, value->text, &bytes);
    default:
        return false;
    }
}

/* False with the fault set at the first value of a type that cannot be. */
static bool check_types(struct walk *walk, const struct shape *shape, const struct json *value)
{
    switch (shape->type) {
    case SHAPE_STRUCTURE:
        if (value->type != JSON_OBJECT)
            return wrong_type(walk, shape, value);
        for (unsigned i = 0; i < shape->member_count; i++) {
            const struct json *member = shape_member_value(shape, i, value, walk->why->style);
            if (member && !check_types(walk, shape->members[i].shape, member))
                return false;
        }
        return true;
    case SHAPE_LIST:
        if (value->type != JSON_ARRAY)
            return wrong_type(walk, shape, value);
        for (uint32_t i = 0; i < value->count; i++) {
            if (value->items[i].type != JSON_NULL && !check_types(walk, shape->item, &value->items[i]))
                return false;
        }
        return true;
    case SHAPE_MAP:
        if (value->type != JSON_OBJECT)
            return wrong_type(walk, shape, value);
        for (uint32_t i = 0; i < value->count; i++) {
            const struct json *member = &value->members[i].value;
            if (member->type != JSON_NULL && !check_types(walk, shape->item, member))
                return false;
        }
        return true;
    default:
        return right_scalar(walk, shape, value) || wrong_type(walk, shape, value);
    }
}

/* ---- constraints ---- */

static void add_limit(struct buf *out, const char *what, bool most, int64_t limit)
{
    buf_printf(out, "Member must have %s %s than or equal to %lld", what, most ? "less" : "greater",
               (long long)limit);
}

static void add_values(struct buf *out, const struct shape *shape)
{
    buf_add(out, STR("Member must satisfy enum value set: ["));
    for (unsigned i = 0; i < shape->value_count; i++) {
        buf_add(out, i ? STR(", ") : STR(""));
        buf_add(out, shape->values[i]);
    }
    buf_add_char(out, ']');
}

static void add_pattern(struct buf *out, const struct shape *shape)
{
    buf_add(out, STR("Member must satisfy regular expression pattern: "));
    buf_add(out, shape_patterns[shape->pattern - 1]);
}

static bool is_collection(const struct shape *shape)
{
    return shape->type == SHAPE_STRUCTURE || shape->type == SHAPE_LIST || shape->type == SHAPE_MAP;
}

static bool is_number(const struct shape *shape)
{
    return shape->type == SHAPE_INTEGER || shape->type == SHAPE_LONG || shape->type == SHAPE_FLOAT ||
           shape->type == SHAPE_DOUBLE;
}

/* How the size of a value stands to the limits of its shape. */
static int compare_size(const struct shape *shape, const struct json *value)
{
    int64_t number;
    double real;
    switch (shape->type) {
    case SHAPE_STRING:
        return shape_length_compare(shape, value->text);
    case SHAPE_BLOB:
        return shape_limits_compare(shape, (int64_t)shape_blob_bytes(value->text));
    case SHAPE_LIST:
    case SHAPE_MAP:
        return shape_limits_compare(shape, value->count);
    case SHAPE_INTEGER:
    case SHAPE_LONG:
        return shape_number_read(shape, value, &number) ? shape_limits_compare(shape, number) : 0;
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
        return json_number_double(value->text, &real) ? shape_double_compare(shape, real) : 0;
    default:
        return 0;
    }
}

static bool value_fits(struct walk *walk, const struct shape *shape, const struct json *value)
{
    return compare_size(shape, value) == 0 &&
           (shape->type != SHAPE_STRING || (shape_value_listed(shape, value->text) &&
                                            shape_pattern_fits(walk->why->checker, shape, value->text)));
}

/* All that a list's items, or a map's keys or values, must satisfy, in one: [Member
 * must ..., Member must ...] */
static void add_all_constraints(struct buf *out, const struct shape *shape)
{
    const char *what = is_number(shape) ? "value" : "length";
    size_t start;
    buf_add_char(out, '[');
    start = out->len;
    if (shape->limits & SHAPE_HAS_MAX)
        add_limit(out, what, true, shape->max);
    if (shape->limits & SHAPE_HAS_MIN) {
        buf_add(out, out->len > start ? STR(", ") : STR(""));
        add_limit(out, what, false, shape->min);
    }
    if (shape->pattern) {
        buf_add(out, out->len > start ? STR(", ") : STR(""));
        add_pattern(out, shape);
    }
    if (shape->value_count) {
        buf_add(out, out->len > start ? STR(", ") : STR(""));
        add_values(out, shape);
    }
    buf_add_char(out, ']');
}

static void check(struct walk *walk, const struct place *place, const struct shape *shape,
                  const struct json *value);

static void check_own(struct walk *walk, const struct place *place, const struct shape *shape,
                      const struct json *value)
{
    struct buf *out = &walk->texts;
    if (shape->type == SHAPE_STRING && !shape_pattern_fits(walk->why->checker, shape, value->text) &&
        begin_error(walk, place, shape, value))
        add_pattern(out, shape);
    int size = compare_size(shape, value);
    if (size != 0 && begin_error(walk, place, shape, value))
        add_limit(out, is_number(shape) ? "value" : "length", size > 0, size > 0 ? shape->max : shape->min);
    if (shape->type == SHAPE_STRING && !shape_value_listed(shape, value->text) &&
        begin_error(walk, place, shape, value))
        add_values(out, shape);
}

static void check_item(struct walk *walk, const struct place *inner, const struct shape *shape,
                       const struct json *value)
{
    if (value->type != JSON_NULL)
        check(walk, inner, shape, value);
    else if (begin_error(walk, inner, shape, NULL))
        buf_add(&walk->texts, STR("Member must not be null"));
}

static void check_list(struct walk *walk, const struct place *place, const struct shape *shape,
                       const struct json *value)
{
    bool told = false;
    for (uint32_t i = 0; i < value->count; i++) {
        const struct json *item = &value->items[i];
        struct place inner = { .up = place, .kind = PLACE_ITEM, .index = i + 1u };
        if (is_collection(shape->item) || item->type == JSON_NULL) {
            check_item(walk, &inner, shape->item, item);
        } else if (!told && !value_fits(walk, shape->item, item) && begin_error(walk, place, shape, value)) {
            buf_add(&walk->texts, STR("Member must satisfy constraint: "));
            add_all_constraints(&walk->texts, shape->item);
            told = true;
        }
    }
}

static void check_map(struct walk *walk, const struct place *place, const struct shape *shape,
                      const struct json *value)
{
    bool told_key = false, told_value = false;
    for (uint32_t i = 0; i < value->count; i++) {
        const struct json *item = &value->members[i].value;
        struct json key = json_of_str(value->members[i].key);
        struct place inner = { .up = place, .kind = PLACE_VALUE, .key = key.text };
        if (!told_key && !value_fits(walk, shape->key, &key) && begin_error(walk, place, shape, value)) {
            buf_add(&walk->texts, STR("Map keys must satisfy constraint: "));
            add_all_constraints(&walk->texts, shape->key);
            told_key = true;
        }
        bool whole = shape->item->type != SHAPE_STRUCTURE && item->type != JSON_NULL;
        if (whole && !told_value && !value_fits(walk, shape->item, item) &&
            begin_error(walk, place, shape, value)) {
            buf_add(&walk->texts, STR("Map value must satisfy constraint: "));
            add_all_constraints(&walk->texts, shape->item);
            told_value = true;
        }
        if (item->type == JSON_NULL || shape->item->type == SHAPE_STRUCTURE)
            check_item(walk, &inner, shape->item, item);
        else if (shape->item->type == SHAPE_LIST)
            check_list(walk, &inner, shape->item, item);
        else if (shape->item->type == SHAPE_MAP)
            check_map(walk, &inner, shape->item, item);
    }
}

static void check_structure(struct walk *walk, const struct place *place, const struct shape *shape,
                            const struct json *value)
{
    for (unsigned i = 0; i < shape->member_count; i++) {
        const struct shape_member *member = &shape->members[i];
        const struct json *inner_value = shape_member_value(shape, i, value, walk->why->style);
        struct place inner = { .up = place, .kind = PLACE_MEMBER, .name = member->path };
        if (inner_value)
            check(walk, &inner, member->shape, inner_value);
        else if (member->required && begin_error(walk, &inner, member->shape, NULL))
            buf_add(&walk->texts, STR("Member must not be null"));
    }
}

static void check(struct walk *walk, const struct place *place, const struct shape *shape,
                  const struct json *value)
{
    check_own(walk, place, shape, value);
    if (shape->type == SHAPE_STRUCTURE)
        check_structure(walk, place, shape, value);
    else if (shape->type == SHAPE_LIST)
        check_list(walk, place, shape, value);
    else if (shape->type == SHAPE_MAP)
        check_map(walk, place, shape, value);
}

bool shape_explain(const struct shape_explanation *why, const struct shape *shape, const struct json *value)
{
    struct walk walk = { .why = why };
    buf_init(&walk.texts, 0);
    bool fine = check_types(&walk, shape, value);
    if (fine) {
        check(&walk, NULL, shape, value);
        fine = walk.errors == 0;
        if (!fine)
            fault_set(why->fault, why->arena,
                      why->dialect == SHAPE_OF_LOGS ? FAULT_INVALID_PARAMETER : FAULT_VALIDATION,
                      "%u validation error%s detected: %.*s", walk.errors, walk.errors == 1 ? "" : "s",
                      STR_ARG(buf_str(&walk.texts)));
    }
    buf_fini(&walk.texts);
    return fine;
}
