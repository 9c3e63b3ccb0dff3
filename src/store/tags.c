#include "store/tags.h"

#include "store/key.h"
#include "store/store_impl.h"

#include <assert.h>

static void tags_key(struct key *key, uint16_t partition, struct str arn)
{
    key_begin(key, KEY_TAGS, partition, 'r');
    key_bytes(key, arn);
}

struct json tags_get(struct store_reader *reader, struct arena *arena, uint16_t partition, struct str arn)
{
    struct key key;
    tags_key(&key, partition, arn);
    struct json tags = json_of_object(NULL, 0);
    struct str text;
    enum err err = store_get(reader, arena, key_str(&key), &text);
    if (err == ERR_OK)
        err = json_read(arena, text, 0, &tags, NULL);
    if (err != ERR_OK && err != ERR_NOTFOUND) {
        /* An empty answer would be a lie that the next tags_put makes true. */
        store_stop("the tags of %.*s cannot be read: %s", STR_ARG(arn), err_text(err));
    }
    return tags;
}

static void store_tags(struct work *work, const struct key *key, const struct json *tags)
{
    if (tags->count)
        store_put(work->batch, key_str(key), json_text(work->arena, tags));
    else
        store_delete(work->batch, key_str(key));
}

bool tags_put(struct work *work, struct str arn, const struct json *tags, struct fault *reterr)
{
    assert(json_is(tags, JSON_OBJECT));
    struct key key;
    tags_key(&key, work->partition, arn);
    struct json now = tags_get(work->reader, work->arena, work->partition, arn);
    for (uint32_t i = 0; i < tags->count; i++)
        now = json_with_member(work->arena, &now, tags->members[i].key, tags->members[i].value);
    if (now.count > TAGS_MAX)
        return fault_set(reterr, work->arena, FAULT_TOO_MANY_TAGS,
                         "%.*s would have %u tags; at most %d are allowed", STR_ARG(arn), (unsigned)now.count,
                         TAGS_MAX);
    if (tags->count)
        store_tags(work, &key, &now);
    return true;
}

static bool listed(const struct json *keys, struct str key)
{
    for (uint32_t i = 0; i < keys->count; i++)
        if (keys->items[i].type == JSON_STRING && str_eq(keys->items[i].text, key))
            return true;
    return false;
}

void tags_remove(struct work *work, struct str arn, const struct json *keys)
{
    assert(json_is(keys, JSON_ARRAY));
    struct key key;
    tags_key(&key, work->partition, arn);
    struct json now = tags_get(work->reader, work->arena, work->partition, arn);
    struct json_member *kept = ARENA_ARRAY(work->arena, struct json_member, now.count + 1);
    uint32_t count = 0;
    for (uint32_t i = 0; i < now.count; i++)
        if (!listed(keys, now.members[i].key))
            kept[count++] = now.members[i];
    if (count == now.count)
        return;
    now = json_of_object(kept, count);
    store_tags(work, &key, &now);
}

void tags_drop(struct work *work, struct str arn)
{
    struct key key;
    tags_key(&key, work->partition, arn);
    if (store_has(work->reader, key_str(&key)))
        store_delete(work->batch, key_str(&key));
}
