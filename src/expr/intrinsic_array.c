/* The functions of arrays. */
#include "expr/intrinsic_function.h"

#include <stdlib.h>

enum err call_array(struct call *call, const struct json *args, size_t index)
{
    if (args[index].type == JSON_ARRAY)
        return ERR_OK;
    return call_fail(call, "Invalid argument %zu of States.%s: it must be an array", index + 1, call->name);
}

enum err intrinsic_array_length(struct call *call, const struct json *args, size_t count, struct json *ret)
{
    (void)count;
    enum err err = call_array(call, args, 0);
    if (!err)
        *ret = json_of_i64(call->arena, args[0].count);
    return err;
}

enum err intrinsic_array_get_item(struct call *call, const struct json *args, size_t count, struct json *ret)
{
    int64_t index = 0;
    (void)count;
    enum err err = call_array(call, args, 0);
    if (!err)
        err = call_integer(call, args, 1, &index);
    if (err)
        return err;
    if (index < 0 || index >= args[0].count)
        return call_fail(call, "Invalid argument 2 of States.ArrayGetItem: no item %lld in an array of %u",
                         (long long)index, args[0].count);
    *ret = args[0].items[index];
    return ERR_OK;
}

enum err intrinsic_array_contains(struct call *call, const struct json *args, size_t count, struct json *ret)
{
    bool found = false;
    (void)count;
    enum err err = call_array(call, args, 0);
    for (uint32_t i = 0; !err && !found && i < args[0].count; i++)
        found = json_equal(&args[0].items[i], &args[1]);
    *ret = json_of_bool(found);
    return err;
}

enum err intrinsic_array_partition(struct call *call, const struct json *args, size_t count, struct json *ret)
{
    int64_t size = 0;
    (void)count;
    enum err err = call_array(call, args, 0);
    if (!err)
        err = call_integer(call, args, 1, &size);
    if (err)
        return err;
    if (size <= 0)
        return call_fail(call, "Invalid argument 2 of States.ArrayPartition: it must be greater than 0");
    size_t chunks = (args[0].count + (size_t)size - 1) / (size_t)size;
    struct json *items = (void *)arena_bytes(call->arena, chunks * sizeof(*items));
    for (size_t i = 0; i < chunks; i++) {
        size_t from = i * (size_t)size, rest = args[0].count - from;
        items[i] = json_of_array(&args[0].items[from], rest < (size_t)size ? rest : (size_t)size);
    }
    *ret = json_of_array(items, chunks);
    return ERR_OK;
}

enum err intrinsic_array_range(struct call *call, const struct json *args, size_t count, struct json *ret)
{
    int64_t first = 0, last = 0, increment = 0;
    (void)count;
    enum err err = call_integer(call, args, 0, &first);
    if (!err)
        err = call_integer(call, args, 1, &last);
    if (!err)
        err = call_integer(call, args, 2, &increment);
    if (err)
        return err;
    if (increment == 0)
        return call_fail(call, "Invalid argument 3 of States.ArrayRange: it must not be 0");
    bool none = increment > 0 ? first > last : first < last;
    int64_t len = none ? 0 : (last - first) / increment + 1;
    if (len > INTRINSIC_RANGE_MAX)
        return call_fail(call, "States.ArrayRange makes no more than %d items", INTRINSIC_RANGE_MAX);
    struct json *items = (void *)arena_bytes(call->arena, (size_t)len * sizeof(*items));
    for (int64_t i = 0; i < len; i++)
        items[i] = json_of_i64(call->arena, first + i * increment);
    *ret = json_of_array(items, (size_t)len);
    return ERR_OK;
}

/* ---- unique ---- */

static uint64_t mix(uint64_t hash, uint64_t more)
{
    hash = (hash ^ more) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 29;
}

static uint64_t mix_text(uint64_t hash, struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.ptr[i]) * 0x100000001B3u;
    return mix(hash, text.len);
}

static int member_order(const void *left, const void *right)
{
    const struct json_member *a = *(const struct json_member *const *)left;
    const struct json_member *b = *(const struct json_member *const *)right;
    int order = str_compare(a->key, b->key);
    return order ? order : (a > b) - (a < b);
}

/* Values that are equal have the same: numbers by value, members in any order, of duplicates the last. */
static uint64_t hash_of(struct arena *arena, const struct json *value)
{
    uint64_t hash = mix(0xCBF29CE484222325u, value->type), bits = 0;
    double number;
    if (value->type == JSON_STRING)
        return mix_text(hash, value->text);
    if (value->type == JSON_NUMBER) {
        if (json_number_double(value->text, &number) && number != 0.0)
            memcpy(&bits, &number, sizeof(bits));
        return mix(hash, bits);
    }
    for (uint32_t i = 0; i < value->count && value->type == JSON_ARRAY; i++)
        hash = mix(hash, hash_of(arena, &value->items[i]));
    if (value->type != JSON_OBJECT)
        return hash;
    const struct json_member **sorted = ARENA_ARRAY(arena, const struct json_member *, value->count + 1);
    for (uint32_t i = 0; i < value->count; i++)
        sorted[i] = &value->members[i];
    qsort(sorted, value->count, sizeof(sorted[0]), member_order);
    for (uint32_t i = 0; i < value->count; i++) {
        if (i + 1 < value->count && str_eq(sorted[i]->key, sorted[i + 1]->key))
            continue;
        hash = mix(mix_text(hash, sorted[i]->key), hash_of(arena, &sorted[i]->value));
    }
    return hash;
}

/* A table of those kept, open, by hash. */
enum err intrinsic_array_unique(struct call *call, const struct json *args, size_t count, struct json *ret)
{
    (void)count;
    enum err err = call_array(call, args, 0);
    if (err)
        return err;
    size_t slots = 16, kept = 0;
    while (slots < 2 * (size_t)args[0].count)
        slots *= 2;
    uint32_t *table = ARENA_ARRAY(call->arena, uint32_t, slots); /* index + 1 in items */
    struct json *items = (void *)arena_bytes(call->arena, (args[0].count + 1) * sizeof(*items));
    for (uint32_t i = 0; i < args[0].count; i++) {
        const struct json *item = &args[0].items[i];
        size_t slot = hash_of(call->arena, item) & (slots - 1);
        while (table[slot] && !json_equal(&items[table[slot] - 1], item))
            slot = (slot + 1) & (slots - 1);
        if (table[slot])
            continue;
        items[kept++] = *item;
        table[slot] = (uint32_t)kept;
    }
    *ret = json_of_array(items, kept);
    return ERR_OK;
}
