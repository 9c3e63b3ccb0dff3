#include "match/pattern_walk.h"
#include "base/vec.h"

void walk_init(struct walk *walk, struct arena *arena)
{
    walk->arena = arena;
    walk->sources = walk->first;
    walk->len = 0;
    walk->cap = SOURCES_FIRST;
}

void walk_push(struct walk *walk, const struct json *value, struct str prefix)
{
    if (walk->len == walk->cap)
        walk->sources = vec_grow(walk->arena, walk->sources, walk->len, &walk->cap, sizeof(*walk->sources));
    walk->sources[walk->len++] = (struct source){ .value = value, .prefix = prefix };
}

void walk_push_below(struct walk *walk, struct source source, struct str name)
{
    const struct json *object = source.value;
    struct str prefix = source.prefix;
    bool value_found = false, longer_found = false;
    if (object->type != JSON_OBJECT)
        return;
    for (size_t i = object->count; i-- > 0;) {
        struct str key = object->members[i].key;
        if (key.len < prefix.len + name.len)
            continue;
        const char *rest = key.ptr + prefix.len;
        size_t rest_len = key.len - prefix.len;
        bool longer = rest_len > name.len;
        if (longer ? longer_found || rest[name.len] != '.' : value_found)
            continue;
        if (name.len && memcmp(rest, name.ptr, name.len) != 0)
            continue;
        if (prefix.len && memcmp(key.ptr, prefix.ptr, prefix.len) != 0)
            continue;
        if (longer)
            walk_push(walk, object, str_slice(key, 0, prefix.len + name.len + 1));
        else
            walk_push(walk, &object->members[i].value, STR_EMPTY);
        longer_found |= longer;
        value_found |= !longer;
    }
}
