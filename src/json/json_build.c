/* Values made in memory. */
#include "json/json.h"
#include "base/vec.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

struct json json_of_str(struct str text)
{
    return (struct json){ .type = JSON_STRING, .text = text };
}

struct json json_of_i64(struct arena *arena, int64_t value)
{
    char room[24];
    int len = snprintf(room, sizeof(room), "%" PRId64, value);
    return (struct json){ .type = JSON_NUMBER, .text = arena_copy(arena, str_of(room, (size_t)len)) };
}

struct json json_of_double(struct arena *arena, double value)
{
    char room[40];
    assert(isfinite(value));
    int len = 0;
    for (int digits = 15; digits <= 17; digits++) {
        len = snprintf(room, sizeof(room), "%.*g", digits, value);
        if (strtod(room, NULL) == value)
            break;
    }
    return (struct json){ .type = JSON_NUMBER, .text = arena_copy(arena, str_of(room, (size_t)len)) };
}

struct json json_of_bool(bool value)
{
    return (struct json){ .type = value ? JSON_TRUE : JSON_FALSE };
}

struct json json_of_null(void)
{
    return (struct json){ .type = JSON_NULL };
}

struct json json_of_array(const struct json *items, size_t count)
{
    assert(count <= UINT32_MAX);
    return (struct json){ .type = JSON_ARRAY, .count = (uint32_t)count, .items = items };
}

struct json json_of_object(const struct json_member *members, size_t count)
{
    assert(count <= UINT32_MAX);
    return (struct json){ .type = JSON_OBJECT, .count = (uint32_t)count, .members = members };
}

struct json json_with_member(struct arena *arena, const struct json *object, struct str key,
                             struct json value)
{
    size_t count = json_is(object, JSON_OBJECT) ? object->count : 0;
    struct json_member *members = (void *)arena_bytes(arena, (count + 1) * sizeof(*members));
    if (count)
        memcpy(members, object->members, count * sizeof(*members));
    size_t place = count;
    for (size_t i = count; i-- > 0 && place == count;)
        if (str_eq(members[i].key, key))
            place = i;
    members[place] = (struct json_member){ .key = key, .value = value };
    return json_of_object(members, place == count ? count + 1 : count);
}

/* ---- deep copy: containers whose children are still to be copied wait in a list ---- */

/* Bytes that were copied as one. A slice inside of them moves along. */
struct moved {
    struct str from;
    const char *to;
};

struct copy_job {
    struct json *container; /* in the new tree, its children still the old ones */
    struct moved moved;
};

static bool is_inside(struct str slice, struct str whole)
{
    uintptr_t slice_at = (uintptr_t)slice.ptr, whole_at = (uintptr_t)whole.ptr;
    return whole.len && slice.len && slice_at >= whole_at && slice_at - whole_at <= whole.len &&
           slice.len <= whole.len - (slice_at - whole_at);
}

static struct str move_slice(struct arena *arena, struct str slice, const struct moved *moved)
{
    if (is_inside(slice, moved->from))
        return str_of(moved->to + (slice.ptr - moved->from.ptr), slice.len);
    return arena_copy(arena, slice);
}

/* Everything of value but its children. */
static struct moved copy_shallow(struct arena *arena, struct json *value, struct moved moved)
{
    struct str raw = value->raw;
    if (raw.len) {
        value->raw = move_slice(arena, raw, &moved);
        if (!is_inside(raw, moved.from))
            moved = (struct moved){ .from = raw, .to = value->raw.ptr };
    }
    if (value->type == JSON_STRING || value->type == JSON_NUMBER)
        value->text = move_slice(arena, value->text, &moved);
    return moved;
}

struct json json_copy(struct arena *arena, const struct json *value)
{
    VEC(struct copy_job) jobs = { 0 };
    struct arena scratch = { 0 };
    struct json root = *value;
    struct copy_job job = { .container = &root };
    job.moved = copy_shallow(arena, &root, job.moved);
    VEC_PUSH(&scratch, &jobs, job);
    while (jobs.len > 0) {
        job = jobs.at[--jobs.len];
        struct json *container = job.container;
        if (container->count == 0 || (container->type != JSON_ARRAY && container->type != JSON_OBJECT))
            continue;
        struct json *items = NULL;
        struct json_member *members = NULL;
        if (container->type == JSON_ARRAY) {
            items = (void *)arena_bytes(arena, container->count * sizeof(*items));
            container->items = memcpy(items, container->items, container->count * sizeof(*items));
        } else {
            members = (void *)arena_bytes(arena, container->count * sizeof(*members));
            container->members = memcpy(members, container->members, container->count * sizeof(*members));
        }
        for (size_t i = 0; i < container->count; i++) {
            if (members)
                members[i].key = move_slice(arena, members[i].key, &job.moved);
            struct json *child = members ? &members[i].value : &items[i];
            struct copy_job next = { .container = child, .moved = copy_shallow(arena, child, job.moved) };
            if (child->type == JSON_ARRAY || child->type == JSON_OBJECT)
                VEC_PUSH(&scratch, &jobs, next);
        }
    }
    arena_fini(&scratch);
    return root;
}
