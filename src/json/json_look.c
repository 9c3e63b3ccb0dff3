/* Looking into values: members, equality. */
#include "json/json.h"
#include "base/vec.h"

#include <stdlib.h>

const struct json *json_get(const struct json *object, struct str key)
{
    if (!object || object->type != JSON_OBJECT)
        return NULL;
    for (size_t i = object->count; i-- > 0;)
        if (str_eq(object->members[i].key, key))
            return &object->members[i].value;
    return NULL;
}

const struct json *json_get_typed(const struct json *object, struct str key, enum json_type type)
{
    const struct json *value = json_get(object, key);
    return value && value->type == type ? value : NULL;
}

struct str json_get_str(const struct json *object, struct str key)
{
    const struct json *value = json_get_typed(object, key, JSON_STRING);
    return value ? value->text : STR_EMPTY;
}

int64_t json_get_i64(const struct json *object, struct str key)
{
    int64_t number = 0;
    const struct json *value = json_get_typed(object, key, JSON_NUMBER);
    return value && json_number_i64(value->text, &number) ? number : 0;
}

bool json_is(const struct json *value, enum json_type type)
{
    return value && value->type == type;
}

/* ---- equality: a list of pairs still to be compared instead of recursion ---- */

struct pair {
    const struct json *a, *b;
};

struct pairs {
    VEC(struct pair) list;
    struct arena scratch;
};

static int member_order(const void *left, const void *right)
{
    const struct json_member *a = *(const struct json_member *const *)left;
    const struct json_member *b = *(const struct json_member *const *)right;
    int order = str_compare(a->key, b->key);
    return order ? order : (a > b) - (a < b);
}

/* Members by key, of duplicates the last. */
static const struct json_member **members_sorted(struct arena *scratch, const struct json *object,
                                                 size_t *ret_count)
{
    const struct json_member **sorted = ARENA_ARRAY(scratch, const struct json_member *, object->count);
    size_t count = 0;
    for (size_t i = 0; i < object->count; i++)
        sorted[i] = &object->members[i];
    if (object->count)
        qsort(sorted, object->count, sizeof(sorted[0]), member_order);
    for (size_t i = 0; i < object->count; i++)
        if (i + 1 == object->count || !str_eq(sorted[i]->key, sorted[i + 1]->key))
            sorted[count++] = sorted[i];
    *ret_count = count;
    return sorted;
}

static bool objects_pair(struct pairs *pairs, const struct json *a, const struct json *b)
{
    size_t a_count, b_count;
    const struct json_member **a_sorted = members_sorted(&pairs->scratch, a, &a_count);
    const struct json_member **b_sorted = members_sorted(&pairs->scratch, b, &b_count);
    if (a_count != b_count)
        return false;
    for (size_t i = 0; i < a_count; i++) {
        if (!str_eq(a_sorted[i]->key, b_sorted[i]->key))
            return false;
        struct pair pair = { &a_sorted[i]->value, &b_sorted[i]->value };
        VEC_PUSH(&pairs->scratch, &pairs->list, pair);
    }
    return true;
}

static bool pair_equal(struct pairs *pairs, const struct json *a, const struct json *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case JSON_NULL:
    case JSON_FALSE:
    case JSON_TRUE:
        return true;
    case JSON_NUMBER:
        return json_number_compare(a->text, b->text) == 0;
    case JSON_STRING:
        return str_eq(a->text, b->text);
    case JSON_ARRAY:
        if (a->count != b->count)
            return false;
        for (size_t i = 0; i < a->count; i++) {
            struct pair pair = { &a->items[i], &b->items[i] };
            VEC_PUSH(&pairs->scratch, &pairs->list, pair);
        }
        return true;
    case JSON_OBJECT:
        return objects_pair(pairs, a, b);
    }
    return false;
}

bool json_equal(const struct json *a, const struct json *b)
{
    struct pairs pairs = { 0 };
    bool equal = pair_equal(&pairs, a, b);
    while (equal && pairs.list.len > 0) {
        struct pair pair = pairs.list.at[--pairs.list.len];
        equal = pair_equal(&pairs, pair.a, pair.b);
    }
    arena_fini(&pairs.scratch);
    return equal;
}
