/* query_store.c - records of queries that were started, and saved queries. */
#include "query/query_store.h"

#include "io/rand.h"
#include "store/key.h"

enum { ID_LEN = UUID_TEXT_BYTES, DAY_MS = 86400000, SWEEP_MAX = 20 };

bool query_bad_store(struct fault *reterr, struct arena *arena, enum err err)
{
    return fault_set(reterr, arena, FAULT_INTERNAL, "The store cannot be read: %s.", err_text(err));
}

static void key_of(struct key *key, char kind, struct ns ns, struct str id)
{
    key_begin(key, KEY_QUERY, PARTITION_ONLY, kind);
    key_text(key, ns.account);
    key_text(key, ns.region);
    key_bytes(key, id);
}

static bool read_value(struct arena *arena, struct str value, struct json *ret)
{
    int64_t version;
    const struct json *member;
    return json_read(arena, arena_copy(arena, value), 0, ret, NULL) == ERR_OK &&
           (member = json_get_typed(ret, STR("version"), JSON_NUMBER)) != NULL &&
           json_number_i64(member->text, &version) && version == 1;
}

static int64_t member_i64(const struct json *object, struct str name)
{
    const struct json *member = json_get_typed(object, name, JSON_NUMBER);
    int64_t value = 0;
    return member && json_number_i64(member->text, &value) ? value : 0;
}

/* ---- queries that were started ---- */

static bool read_started(struct arena *arena, struct str id, struct str value, struct query_started *ret)
{
    struct json json;
    if (!read_value(arena, value, &json))
        return false;
    *ret = (struct query_started){ .id = arena_copy(arena, id),
                                   .text = json_get_str(&json, STR("query")),
                                   .principal = json_get_str(&json, STR("user")),
                                   .created_ms = member_i64(&json, STR("created")),
                                   .groups = json_get_typed(&json, STR("groups"), JSON_ARRAY) };
    return ret->groups != NULL;
}

static uint64_t count_get(struct work *work)
{
    struct key key;
    struct str value;
    uint64_t count;
    key_begin(&key, KEY_QUERY, PARTITION_ONLY, 'n');
    return store_get(work->reader, work->arena, key_str(&key), &value) == ERR_OK &&
                   key_read_u64(&value, &count)
               ? count
               : 0;
}

static void count_put(struct work *work, uint64_t count)
{
    struct key key, value;
    key_begin(&key, KEY_QUERY, PARTITION_ONLY, 'n');
    value.len = 0;
    value.overflow = false;
    key_u64(&value, count);
    store_put(work->batch, key_str(&key), key_str(&value));
}

/* Of this namespace, the oldest first: those that are too old, and one when there are too many. How many went. */
static uint64_t sweep(struct work *work, struct ns ns, bool full)
{
    struct key first, end, gone[SWEEP_MAX];
    uint64_t count = 0;
    struct str key, value;
    key_of(&first, 'r', ns, STR_EMPTY);
    key_after_prefix(key_str(&first), &end);
    struct store_cursor *cursor = store_scan(work->reader, key_str(&first), key_str(&end), STORE_UP);
    while (count < SWEEP_MAX && store_cursor_next(cursor, &key, &value)) {
        struct query_started started;
        bool good = read_started(work->arena, STR_EMPTY, value, &started);
        bool old = good && work->now_ms - started.created_ms > (int64_t)QUERY_KEPT_DAYS * DAY_MS;
        if (!old && !(full && count == 0))
            break;
        gone[count].len = 0;
        gone[count].overflow = false;
        key_bytes(&gone[count++], key);
    }
    if (store_cursor_close(&cursor) != ERR_OK)
        return 0;
    for (uint64_t i = 0; i < count; i++)
        store_delete(work->batch, key_str(&gone[i]));
    return count;
}

void query_started_put(struct work *work, struct ns ns, const struct query_start *start, struct str id)
{
    uint64_t count = count_get(work);
    uint64_t gone = sweep(work, ns, count >= QUERY_RECORDS_MAX);
    count_put(work, count + 1 - (gone < count ? gone : count));
    struct buf value;
    struct json_writer out;
    struct key key;
    buf_init(&value, 0);
    json_writer_init(&out, &value);
    json_begin_object(&out);
    json_put_member_i64(&out, STR("version"), 1);
    json_put_member_i64(&out, STR("created"), work->now_ms);
    json_put_member_str(&out, STR("query"), start->text);
    json_put_member_str(&out, STR("user"), start->principal);
    json_key(&out, STR("groups"));
    json_begin_array(&out);
    for (size_t i = 0; i < start->group_count; i++)
        json_put_str(&out, start->groups[i]);
    json_end_array(&out);
    json_end_object(&out);
    key_of(&key, 'r', ns, id);
    store_put(work->batch, key_str(&key), buf_str(&value));
    buf_fini(&value);
}

bool query_started_exists(struct store_reader *reader, struct ns ns, struct str id)
{
    struct key key;
    key_of(&key, 'r', ns, id);
    return store_has(reader, key_str(&key));
}

enum err query_started_get(struct store_reader *reader, struct arena *arena, struct ns ns, struct str id,
                           struct query_started *ret)
{
    struct key key;
    struct str value;
    if (id.len != ID_LEN)
        return ERR_NOTFOUND;
    key_of(&key, 'r', ns, id);
    enum err err = store_get(reader, arena, key_str(&key), &value);
    if (err != ERR_OK)
        return err;
    return read_started(arena, id, value, ret) ? ERR_OK : ERR_CORRUPT;
}

enum err query_started_walk(struct store_reader *reader, struct arena *arena, struct ns ns, struct str before,
                            query_started_f *each, void *self)
{
    struct key first, end;
    struct str key, value;
    enum err err = ERR_OK;
    bool going = true;
    key_of(&first, 'r', ns, STR_EMPTY);
    if (str_empty(before))
        key_after_prefix(key_str(&first), &end);
    else
        key_of(&end, 'r', ns, before);
    struct store_cursor *cursor = store_scan(reader, key_str(&first), key_str(&end), STORE_DOWN);
    while (going && err == ERR_OK && store_cursor_next(cursor, &key, &value)) {
        struct query_started started;
        if (read_started(arena, str_from_offset(key, first.len), value, &started))
            going = each(self, &started);
        else
            err = ERR_CORRUPT;
    }
    enum err closed = store_cursor_close(&cursor);
    return err == ERR_OK ? closed : err;
}

/* ---- saved queries ---- */

static bool read_definition(struct arena *arena, struct str id, struct str value,
                            struct query_definition *ret)
{
    struct json json;
    if (!read_value(arena, value, &json))
        return false;
    const struct json *groups = json_get_typed(&json, STR("groups"), JSON_ARRAY),
                      *parameters = json_get_typed(&json, STR("parameters"), JSON_ARRAY);
    *ret = (struct query_definition){ .id = arena_copy(arena, id),
                                      .name = json_get_str(&json, STR("name")),
                                      .text = json_get_str(&json, STR("query")),
                                      .groups = groups ? *groups : json_of_null(),
                                      .parameters = parameters ? *parameters : json_of_null(),
                                      .modified_ms = member_i64(&json, STR("modified")) };
    return true;
}

static bool no_definition(struct fault *reterr, struct arena *arena)
{
    return fault_set(reterr, arena, FAULT_NOT_FOUND, "The specified query definition does not exist.");
}

static size_t definition_count(struct work *work, struct ns ns, enum err *err)
{
    struct key first, end;
    struct str key, value;
    size_t count = 0;
    key_of(&first, 'd', ns, STR_EMPTY);
    key_after_prefix(key_str(&first), &end);
    struct store_cursor *cursor = store_scan(work->reader, key_str(&first), key_str(&end), STORE_UP);
    while (store_cursor_next(cursor, &key, &value))
        count++;
    *err = store_cursor_close(&cursor);
    return count;
}

/* The same token, the same id: what is sent again after a lost answer changes nothing. */
static struct str definition_id(struct work *work, struct ns ns, struct str token)
{
    char *at = arena_bytes(work->arena, UUID_TEXT_BYTES);
    if (str_empty(token))
        uuid_random(at);
    else
        uuid_of_name(arena_printf(work->arena, "%.*s %.*s %.*s", STR_ARG(ns.account), STR_ARG(ns.region),
                                  STR_ARG(token)),
                     at);
    return str_of(at, UUID_TEXT_BYTES);
}

bool query_definition_put(struct work *work, struct ns ns, const struct query_definition *definition,
                          struct str token, struct str *ret_id, struct fault *reterr)
{
    struct key key;
    enum err err;
    struct str id = str_empty(definition->id) ? definition_id(work, ns, token) : definition->id;
    if (id.len != ID_LEN)
        return no_definition(reterr, work->arena);
    key_of(&key, 'd', ns, id);
    if (!store_has(work->reader, key_str(&key))) {
        if (!str_empty(definition->id))
            return no_definition(reterr, work->arena);
        size_t count = definition_count(work, ns, &err);
        if (err != ERR_OK)
            return query_bad_store(reterr, work->arena, err);
        if (count >= QUERY_DEFINITIONS_MAX)
            return fault_set(reterr, work->arena, FAULT_LIMIT_EXCEEDED, "Resource limit exceeded.");
    }
    struct buf value;
    struct json_writer out;
    buf_init(&value, 0);
    json_writer_init(&out, &value);
    json_begin_object(&out);
    json_put_member_i64(&out, STR("version"), 1);
    json_put_member_i64(&out, STR("modified"), work->now_ms);
    json_put_member_str(&out, STR("name"), definition->name);
    json_put_member_str(&out, STR("query"), definition->text);
    if (definition->groups.type == JSON_ARRAY)
        json_put_member(&out, STR("groups"), &definition->groups);
    if (definition->parameters.type == JSON_ARRAY)
        json_put_member(&out, STR("parameters"), &definition->parameters);
    json_end_object(&out);
    store_put(work->batch, key_str(&key), buf_str(&value));
    buf_fini(&value);
    *ret_id = id;
    return true;
}

bool query_definition_delete(struct work *work, struct ns ns, struct str id, struct fault *reterr)
{
    struct key key;
    if (id.len != ID_LEN)
        return no_definition(reterr, work->arena);
    key_of(&key, 'd', ns, id);
    if (!store_has(work->reader, key_str(&key)))
        return no_definition(reterr, work->arena);
    store_delete(work->batch, key_str(&key));
    return true;
}

bool query_definition_list(struct store_reader *reader, struct arena *arena, struct ns ns, struct str prefix,
                           struct str after, size_t limit, struct query_definition_page *ret,
                           struct fault *reterr)
{
    struct key space, first, end;
    struct str key, value;
    enum err err = ERR_OK;
    VEC(struct query_definition) definitions = { 0 };
    *ret = (struct query_definition_page){ 0 };
    key_of(&space, 'd', ns, STR_EMPTY);
    key_of(&first, 'd', ns, after);
    if (!str_empty(after))
        key_u8(&first, 0); /* behind it */
    key_after_prefix(key_str(&space), &end);
    struct store_cursor *cursor = store_scan(reader, key_str(&first), key_str(&end), STORE_UP);
    while (err == ERR_OK && store_cursor_next(cursor, &key, &value)) {
        struct query_definition definition;
        if (!read_definition(arena, str_from_offset(key, space.len), value, &definition))
            err = ERR_CORRUPT;
        else if (str_starts(definition.name, prefix)) {
            if (definitions.len == limit) {
                ret->more = true;
                ret->after = definitions.at[limit - 1].id;
                break;
            }
            VEC_PUSH(arena, &definitions, definition);
        }
    }
    enum err closed = store_cursor_close(&cursor);
    if (err == ERR_OK)
        err = closed;
    ret->definitions = definitions.at;
    ret->count = definitions.len;
    return err == ERR_OK || query_bad_store(reterr, arena, err);
}
