#include "tables/value.h"

#include "base/base64.h"

#include <assert.h>
#include <stdlib.h>

/* ---- types ---- */

static const char *const type_names[VALUE_TYPES] = {
#define X(name, word) [VALUE_##name] = #name,
    VALUE_TYPE_LIST(X)
#undef X
};

static const char *const type_words[VALUE_TYPES] = {
#define X(name, word) [VALUE_##name] = word,
    VALUE_TYPE_LIST(X)
#undef X
};

const char *value_type_name(enum value_type type)
{
    return type_names[type];
}

const char *value_type_word(enum value_type type)
{
    return type_words[type];
}

enum value_type value_type_of_name(struct str name)
{
    for (enum value_type type = VALUE_S; type < VALUE_TYPES; type++) {
        if (str_eq(name, str_from(type_names[type])))
            return type;
    }
    return VALUE_ABSENT;
}

bool value_is_set(enum value_type type)
{
    return type == VALUE_SS || type == VALUE_NS || type == VALUE_BS;
}

enum value_type value_type_of_members(enum value_type set)
{
    return set == VALUE_SS ? VALUE_S : set == VALUE_NS ? VALUE_N : VALUE_B;
}

/* ---- order ---- */

static int compare_members(const void *a, const void *b)
{
    const struct value_member *const *left = a, *const *right = b;
    int order = str_compare((*left)->name, (*right)->name);
    /* Equal names keep the order of the input, in which the last one counts. */
    return order ? order : (*left > *right) - (*left < *right);
}

static int compare_texts(const void *a, const void *b)
{
    return str_compare(((const struct value *)a)->text, ((const struct value *)b)->text);
}

/* ---- from JSON ---- */

struct str value_number_fault(struct arena *arena, enum decimal_outcome outcome, struct str text)
{
    switch (outcome) {
    case DECIMAL_TOO_LARGE:
        return STR(
            "Number overflow. Attempting to store a number with magnitude larger than supported range");
    case DECIMAL_TOO_SMALL:
        return STR(
            "Number underflow. Attempting to store a number with magnitude smaller than supported range");
    case DECIMAL_TOO_PRECISE:
        return STR("Attempting to store more than 38 significant digits in a Number");
    case DECIMAL_OK:
    case DECIMAL_NOT_A_NUMBER:
        break;
    }
    if (str_empty(text))
        return STR("The parameter cannot be converted to a numeric value");
    return arena_printf(arena, "The parameter cannot be converted to a numeric value: %.*s",
                        STR_ARG(str_slice(text, 0, 1024)));
}

static bool refuse(struct str *reterr, struct str text)
{
    *reterr = text;
    return false;
}

static bool read_number(struct arena *arena, struct str text, struct value *ret, struct str *reterr)
{
    struct decimal number;
    enum decimal_outcome outcome = decimal_read(text, &number);
    if (outcome != DECIMAL_OK)
        return refuse(reterr, value_number_fault(arena, outcome, text));
    *ret = value_of_number(arena, &number);
    return true;
}

static bool read_binary(struct arena *arena, struct str text, struct value *ret, struct str *reterr)
{
    *ret = (struct value){ .type = VALUE_B };
    if (!base64_decode(arena, text, &ret->text))
        return refuse(reterr, STR("Invalid Base64: the value of a binary attribute cannot be decoded"));
    return true;
}

static bool read_scalar(struct arena *arena, enum value_type type, const struct json *json, struct value *ret,
                        struct str *reterr)
{
    if (!json_is(json, JSON_STRING))
        return refuse(reterr, STR("Unexpected value type in payload"));
    if (type == VALUE_N)
        return read_number(arena, json->text, ret, reterr);
    if (type == VALUE_B)
        return read_binary(arena, json->text, ret, reterr);
    *ret = (struct value){ .type = VALUE_S, .text = json->text };
    return true;
}

/* The collection as the service shows it when it holds duplicates: [a, b, a] */
static struct str show_collection(struct arena *arena, const struct json *json)
{
    struct str shown = STR("[");
    for (uint32_t i = 0; i < json->count; i++) {
        if (shown.len > 1024) {
            shown = arena_concat(arena, shown, STR(", ..."));
            break;
        }
        if (i)
            shown = arena_concat(arena, shown, STR(", "));
        shown = arena_concat(arena, shown, str_slice(json->items[i].text, 0, 256));
    }
    return arena_concat(arena, shown, STR("]"));
}

static struct str duplicates_text(struct arena *arena, enum value_type set, const struct json *json)
{
    if (set == VALUE_NS)
        return STR("Input collection contains duplicates");
    return arena_printf(arena, "One or more parameter values were invalid: Input collection %.*s%s",
                        STR_ARG(show_collection(arena, json)),
                        set == VALUE_BS ? "of type BS contains duplicates." : " contains duplicates.");
}

static bool read_set(struct arena *arena, enum value_type set, const struct json *json, struct value *ret,
                     struct str *reterr)
{
    if (!json_is(json, JSON_ARRAY))
        return refuse(reterr, STR("Unexpected value type in payload"));
    if (json->count == 0) {
        if (set == VALUE_BS)
            return refuse(reterr,
                          STR("One or more parameter values were invalid: Binary sets should not be empty"));
        return refuse(reterr,
                      arena_printf(arena,
                                   "One or more parameter values were invalid: An %s set  may not be empty",
                                   set == VALUE_SS ? "string" : "number"));
    }
    struct value *items = ARENA_ARRAY(arena, struct value, json->count);
    for (uint32_t i = 0; i < json->count; i++) {
        if (!read_scalar(arena, value_type_of_members(set), &json->items[i], &items[i], reterr))
            return false;
    }
    qsort(items, json->count, sizeof(*items), compare_texts);
    for (uint32_t i = 1; i < json->count; i++) {
        if (str_eq(items[i - 1].text, items[i].text))
            return refuse(reterr, duplicates_text(arena, set, json));
    }
    *ret = (struct value){ .type = set, .count = json->count, .items = items };
    return true;
}

static bool read_value(struct arena *arena, const struct json *json, unsigned depth, struct value *ret,
                       struct str *reterr);

static bool read_list(struct arena *arena, const struct json *json, unsigned depth, struct value *ret,
                      struct str *reterr)
{
    if (!json_is(json, JSON_ARRAY))
        return refuse(reterr, STR("Unexpected value type in payload"));
    struct value *items = ARENA_ARRAY(arena, struct value, json->count ? json->count : 1);
    for (uint32_t i = 0; i < json->count; i++) {
        if (!read_value(arena, &json->items[i], depth, &items[i], reterr))
            return false;
    }
    *ret = (struct value){ .type = VALUE_L, .count = json->count, .items = items };
    return true;
}

/* Brings members into the order of their names; of equal names the last is kept. */
static void sort_members(struct arena *arena, struct value_member *members, uint32_t count, struct value *ret)
{
    bool sorted = true;
    for (uint32_t i = 1; i < count && sorted; i++)
        sorted = str_compare(members[i - 1].name, members[i].name) < 0;
    if (!sorted) {
        const struct value_member **order = ARENA_ARRAY(arena, const struct value_member *, count);
        struct value_member *to = ARENA_ARRAY(arena, struct value_member, count);
        for (uint32_t i = 0; i < count; i++)
            order[i] = &members[i];
        qsort(order, count, sizeof(*order), compare_members);
        uint32_t kept = 0;
        for (uint32_t i = 0; i < count; i++) {
            if (i + 1 < count && str_eq(order[i]->name, order[i + 1]->name))
                continue;
            to[kept++] = *order[i];
        }
        members = to;
        count = kept;
    }
    *ret = (struct value){ .type = VALUE_M, .count = count, .members = members };
}

static bool read_map(struct arena *arena, const struct json *json, unsigned depth, struct value *ret,
                     struct str *reterr)
{
    if (!json_is(json, JSON_OBJECT))
        return refuse(reterr, STR("Unexpected value type in payload"));
    struct value_member *members = ARENA_ARRAY(arena, struct value_member, json->count ? json->count : 1);
    for (uint32_t i = 0; i < json->count; i++) {
        members[i].name = json->members[i].key;
        if (members[i].name.len > VALUE_NAME_BYTES_MAX)
            return refuse(reterr,
                          STR("One or more parameter values were invalid: Attribute name is too large, "
                              "must be less than 65536 bytes"));
        if (!read_value(arena, &json->members[i].value, depth, &members[i].value, reterr))
            return false;
    }
    sort_members(arena, members, json->count, ret);
    return true;
}

static bool read_value(struct arena *arena, const struct json *json, unsigned depth, struct value *ret,
                       struct str *reterr)
{
    if (depth > VALUE_DEPTH_MAX)
        return refuse(reterr,
                      STR("Nesting Levels have exceeded supported limits: Attributes in the item have "
                          "nested levels beyond supported limit"));
    if (!json_is(json, JSON_OBJECT))
        return refuse(reterr, STR("Unexpected value type in payload"));
    enum value_type type = VALUE_ABSENT;
    const struct json *held = NULL;
    for (uint32_t i = 0; i < json->count; i++) {
        enum value_type named = value_type_of_name(json->members[i].key);
        if (named == VALUE_ABSENT || json_is(&json->members[i].value, JSON_NULL))
            continue;
        if (type != VALUE_ABSENT && type != named)
            return refuse(reterr, STR("Supplied AttributeValue has more than one datatypes set, must contain "
                                      "exactly one of the supported datatypes"));
        type = named;
        held = &json->members[i].value;
    }
    switch (type) {
    case VALUE_S:
    case VALUE_N:
    case VALUE_B:
        return read_scalar(arena, type, held, ret, reterr);
    case VALUE_BOOL:
    case VALUE_NULL:
        if (!json_is(held, JSON_TRUE) && !json_is(held, JSON_FALSE))
            return refuse(reterr, STR("Unexpected value type in payload"));
        if (type == VALUE_NULL && !json_is(held, JSON_TRUE))
            return refuse(reterr, STR("One or more parameter values were invalid: Null attribute value types "
                                      "must have the value of true"));
        *ret = (struct value){ .type = type, .flag = json_is(held, JSON_TRUE) };
        return true;
    case VALUE_M:
        return read_map(arena, held, depth + 1, ret, reterr);
    case VALUE_L:
        return read_list(arena, held, depth + 1, ret, reterr);
    case VALUE_SS:
    case VALUE_NS:
    case VALUE_BS:
        return read_set(arena, type, held, ret, reterr);
    case VALUE_ABSENT:
    case VALUE_TYPES:
        break;
    }
    return refuse(
        reterr, STR("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"));
}

bool value_read(struct arena *arena, const struct json *json, struct value *ret, struct str *reterr)
{
    return read_value(arena, json, 1, ret, reterr);
}

bool value_read_map(struct arena *arena, const struct json *json, struct value *ret, struct str *reterr)
{
    return read_map(arena, json, 1, ret, reterr);
}

/* ---- to JSON ---- */

static void write_scalar(struct json_writer *w, struct arena *arena, const struct value *value)
{
    if (value->type == VALUE_N) {
        struct decimal number = { 0 };
        char text[DECIMAL_TEXT_BYTES_MAX];
        bool read = decimal_unpack(value->text, &number);
        assert(read);
        json_put_str(w, str_of(text, decimal_write(&number, text)));
    } else if (value->type == VALUE_B) {
        json_put_str(w, base64_encode(arena, value->text));
    } else {
        json_put_str(w, value->text);
    }
}

void value_write(struct json_writer *w, struct arena *arena, const struct value *value)
{
    json_begin_object(w);
    json_key(w, str_from(type_names[value->type]));
    switch (value->type) {
    case VALUE_BOOL:
    case VALUE_NULL:
        json_put_bool(w, value->flag);
        break;
    case VALUE_M:
        value_write_map(w, arena, value);
        break;
    case VALUE_L:
        json_begin_array(w);
        for (uint32_t i = 0; i < value->count; i++)
            value_write(w, arena, &value->items[i]);
        json_end_array(w);
        break;
    case VALUE_SS:
    case VALUE_NS:
    case VALUE_BS:
        json_begin_array(w);
        for (uint32_t i = 0; i < value->count; i++)
            write_scalar(w, arena, &value->items[i]);
        json_end_array(w);
        break;
    default:
        write_scalar(w, arena, value);
        break;
    }
    json_end_object(w);
}

void value_write_map(struct json_writer *w, struct arena *arena, const struct value *map)
{
    json_begin_object(w);
    for (uint32_t i = 0; i < map->count; i++) {
        json_key(w, map->members[i].name);
        value_write(w, arena, &map->members[i].value);
    }
    json_end_object(w);
}

/* ---- stored ---- */

static void store_varint(struct buf *to, size_t value)
{
    for (; value >= 0x80; value >>= 7)
        buf_add_char(to, (char)(value | 0x80));
    buf_add_char(to, (char)value);
}

static void store_text(struct buf *to, struct str text)
{
    store_varint(to, text.len);
    buf_add(to, text);
}

void value_store(struct buf *to, const struct value *value)
{
    buf_add_char(to, (char)value->type);
    switch (value->type) {
    case VALUE_S:
    case VALUE_B:
        store_text(to, value->text);
        break;
    case VALUE_N:
        buf_add(to, value->text);
        break;
    case VALUE_BOOL:
        buf_add_char(to, value->flag);
        break;
    case VALUE_M:
        store_varint(to, value->count);
        for (uint32_t i = 0; i < value->count; i++) {
            store_text(to, value->members[i].name);
            value_store(to, &value->members[i].value);
        }
        break;
    case VALUE_L:
    case VALUE_SS:
    case VALUE_NS:
    case VALUE_BS:
        store_varint(to, value->count);
        for (uint32_t i = 0; i < value->count; i++)
            value_store(to, &value->items[i]);
        break;
    default:
        assert(value->type == VALUE_NULL);
        break;
    }
}

static bool load_byte(struct str *bytes, uint8_t *ret)
{
    if (bytes->len == 0)
        return false;
    *ret = (uint8_t)bytes->ptr[0];
    *bytes = str_of(bytes->ptr + 1, bytes->len - 1);
    return true;
}

static bool load_bytes(struct str *bytes, size_t len, struct str *ret)
{
    if (len > bytes->len)
        return false;
    *ret = str_of(bytes->ptr, len);
    *bytes = str_of(bytes->ptr + len, bytes->len - len);
    return true;
}

static bool load_varint(struct str *bytes, size_t *ret)
{
    size_t value = 0;
    uint8_t byte;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        if (!load_byte(bytes, &byte))
            return false;
        value |= (size_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80)) {
            *ret = value;
            return true;
        }
    }
    return false;
}

static bool load_text(struct str *bytes, struct str *ret)
{
    size_t len;
    return load_varint(bytes, &len) && load_bytes(bytes, len, ret);
}

static bool load_value(struct arena *arena, struct str *bytes, unsigned depth, struct value *ret);

static bool load_container(struct arena *arena, struct str *bytes, unsigned depth, struct value *ret)
{
    size_t count;
    /* Every member takes a byte at least. */
    if (!load_varint(bytes, &count) || count > bytes->len)
        return false;
    ret->count = (uint32_t)count;
    if (ret->type == VALUE_M) {
        ret->members = ARENA_ARRAY(arena, struct value_member, count ? count : 1);
        for (size_t i = 0; i < count; i++) {
            if (!load_text(bytes, &ret->members[i].name) ||
                !load_value(arena, bytes, depth + 1, &ret->members[i].value))
                return false;
        }
        return true;
    }
    ret->items = ARENA_ARRAY(arena, struct value, count ? count : 1);
    for (size_t i = 0; i < count; i++) {
        if (!load_value(arena, bytes, depth + 1, &ret->items[i]))
            return false;
    }
    return true;
}

static bool load_value(struct arena *arena, struct str *bytes, unsigned depth, struct value *ret)
{
    uint8_t type, flag;
    if (depth > VALUE_DEPTH_MAX + 2 || !load_byte(bytes, &type))
        return false;
    *ret = (struct value){ .type = (enum value_type)type };
    switch (ret->type) {
    case VALUE_S:
    case VALUE_B:
        return load_text(bytes, &ret->text);
    case VALUE_N:
        return load_bytes(bytes, decimal_packed_len(*bytes), &ret->text) && ret->text.len > 0;
    case VALUE_BOOL:
        if (!load_byte(bytes, &flag))
            return false;
        ret->flag = flag;
        return true;
    case VALUE_NULL:
        ret->flag = true;
        return true;
    case VALUE_M:
    case VALUE_L:
    case VALUE_SS:
    case VALUE_NS:
    case VALUE_BS:
        return load_container(arena, bytes, depth, ret);
    case VALUE_ABSENT:
    case VALUE_TYPES:
        break;
    }
    return false;
}

bool value_load(struct arena *arena, struct str bytes, struct value *ret)
{
    return load_value(arena, &bytes, 0, ret) && bytes.len == 0;
}

/* ---- look ---- */

/* Place of the name, or where it belongs. */
static uint32_t member_place(const struct value *map, struct str name, bool *found)
{
    uint32_t low = 0, high = map->count;
    *found = false;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = str_compare(map->members[middle].name, name);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct value *value_member(const struct value *map, struct str name)
{
    bool found;
    if (!map || map->type != VALUE_M)
        return NULL;
    uint32_t place = member_place(map, name, &found);
    return found ? &map->members[place].value : NULL;
}

bool value_equal(const struct value *a, const struct value *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case VALUE_S:
    case VALUE_N:
    case VALUE_B:
        return str_eq(a->text, b->text);
    case VALUE_BOOL:
        return a->flag == b->flag;
    case VALUE_M:
        if (a->count != b->count)
            return false;
        for (uint32_t i = 0; i < a->count; i++) {
            if (!str_eq(a->members[i].name, b->members[i].name) ||
                !value_equal(&a->members[i].value, &b->members[i].value))
                return false;
        }
        return true;
    case VALUE_L:
    case VALUE_SS:
    case VALUE_NS:
    case VALUE_BS:
        if (a->count != b->count)
            return false;
        for (uint32_t i = 0; i < a->count; i++) {
            if (!value_equal(&a->items[i], &b->items[i]))
                return false;
        }
        return true;
    default:
        return true;
    }
}

bool value_compare(const struct value *a, const struct value *b, int *ret)
{
    if (a->type != b->type || (a->type != VALUE_S && a->type != VALUE_N && a->type != VALUE_B))
        return false;
    *ret = str_compare(a->text, b->text);
    return true;
}

bool value_set_has(const struct value *set, const struct value *item)
{
    return item->type == value_type_of_members(set->type) &&
           bsearch(item, set->items, set->count, sizeof(*set->items), compare_texts) != NULL;
}

static size_t number_size(struct str packed)
{
    struct decimal number;
    return decimal_unpack(packed, &number) ? decimal_size(&number) : packed.len;
}

size_t value_size(const struct value *value)
{
    size_t size = 0;
    switch (value->type) {
    case VALUE_N:
        return number_size(value->text);
    case VALUE_BOOL:
    case VALUE_NULL:
        return 1;
    case VALUE_M:
        return 3 + value->count + value_size_of_map(value);
    case VALUE_L:
        size = 3 + value->count;
        break;
    case VALUE_SS:
    case VALUE_NS:
    case VALUE_BS:
        break;
    default:
        return value->text.len;
    }
    for (uint32_t i = 0; i < value->count; i++)
        size += value_size(&value->items[i]);
    return size;
}

size_t value_size_of_map(const struct value *map)
{
    size_t size = 0;
    for (uint32_t i = 0; i < map->count; i++)
        size += map->members[i].name.len + value_size(&map->members[i].value);
    return size;
}

unsigned value_depth(const struct value *value)
{
    unsigned deepest = 0;
    for (uint32_t i = 0; (value->type == VALUE_M || value->type == VALUE_L) && i < value->count; i++) {
        unsigned depth = value_depth(value->type == VALUE_M ? &value->members[i].value : &value->items[i]);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

/* ---- build ---- */

struct value value_of_number(struct arena *arena, const struct decimal *number)
{
    char packed[DECIMAL_PACKED_BYTES_MAX];
    size_t len = decimal_pack(number, packed);
    return (struct value){ .type = VALUE_N, .text = arena_copy(arena, str_of(packed, len)) };
}

/* Makes the places of a container its own, with free ones for more. */
static void make_room(struct arena *arena, struct value *at, uint32_t more)
{
    if (at->room >= at->count + more && at->room > 0)
        return;
    size_t size = at->type == VALUE_M ? sizeof(struct value_member) : sizeof(struct value);
    uint32_t room = at->count + at->count / 2 + more + 4;
    void *places = arena_bytes(arena, room * size);
    if (at->count)
        memcpy(places, at->type == VALUE_M ? (void *)at->members : (void *)at->items, at->count * size);
    if (at->type == VALUE_M)
        at->members = places;
    else
        at->items = places;
    at->room = room;
}

struct value *value_change_member(struct arena *arena, struct value *map, struct str name)
{
    bool found;
    uint32_t place = member_place(map, name, &found);
    if (!found)
        return NULL;
    make_room(arena, map, 0);
    return &map->members[place].value;
}

struct value *value_change_item(struct arena *arena, struct value *list, uint32_t index)
{
    if (index >= list->count)
        return NULL;
    make_room(arena, list, 0);
    return &list->items[index];
}

void value_put_member(struct arena *arena, struct value *map, struct str name, const struct value *value)
{
    bool found;
    uint32_t place = member_place(map, name, &found);
    make_room(arena, map, !found);
    if (!found) {
        memmove(map->members + place + 1, map->members + place, (map->count - place) * sizeof(*map->members));
        map->members[place].name = name;
        map->count++;
    }
    map->members[place].value = *value;
}

void value_drop_member(struct arena *arena, struct value *map, struct str name)
{
    bool found;
    uint32_t place = member_place(map, name, &found);
    if (!found)
        return;
    make_room(arena, map, 0);
    memmove(map->members + place, map->members + place + 1, (map->count - place - 1) * sizeof(*map->members));
    map->count--;
}

void value_append_item(struct arena *arena, struct value *list, const struct value *value)
{
    make_room(arena, list, 1);
    list->items[list->count++] = *value;
}

struct value value_set_union(struct arena *arena, const struct value *a, const struct value *b)
{
    struct value to = { .type = a->type, .items = ARENA_ARRAY(arena, struct value, a->count + b->count + 1) };
    uint32_t i = 0, j = 0;
    while (i < a->count || j < b->count) {
        int order = i == a->count ? 1 : j == b->count ? -1 : str_compare(a->items[i].text, b->items[j].text);
        to.items[to.count++] = order <= 0 ? a->items[i] : b->items[j];
        i += order <= 0;
        j += order >= 0;
    }
    return to;
}

struct value value_set_minus(struct arena *arena, const struct value *a, const struct value *b)
{
    struct value to = { .type = a->type, .items = ARENA_ARRAY(arena, struct value, a->count + 1) };
    for (uint32_t i = 0; i < a->count; i++) {
        if (!value_set_has(b, &a->items[i]))
            to.items[to.count++] = a->items[i];
    }
    return to;
}
