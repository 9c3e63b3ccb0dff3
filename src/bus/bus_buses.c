/* bus_buses.c - event buses by name. */
#include "bus/bus_impl.h"
#include "store/tags.h"

static const struct str bus_default = { "default", 7 };

struct bus_look bus_look_of(struct work *work, struct ns ns)
{
    return (struct bus_look){
        .reader = work->reader, .arena = work->arena, .ns = ns, .partition = work->partition
    };
}

bool bus_name_of(struct arena *arena, struct ns ns, struct str name_or_arn, struct str *ret,
                 struct fault *reterr)
{
    struct arn arn;
    if (str_empty(name_or_arn)) {
        *ret = bus_default;
        return true;
    }
    if (!str_starts(name_or_arn, STR("arn:"))) {
        *ret = name_or_arn;
        return true;
    }
    if (!arn_parse(name_or_arn, &arn) || !str_eq(arn.service, STR("events")) || !arn_in(&arn, ns) ||
        !str_starts(arn.resource, STR("event-bus/")))
        return fault_set(reterr, arena, FAULT_NOT_FOUND, "Event bus %.*s does not exist.",
                         STR_ARG(name_or_arn));
    *ret = str_from_offset(arn.resource, strlen("event-bus/"));
    return true;
}

/* ---- records ---- */

static bool not_found(struct arena *arena, struct str name, struct fault *reterr)
{
    return fault_set(reterr, arena, FAULT_NOT_FOUND, "Event bus %.*s does not exist.", STR_ARG(name));
}

static void record_fill(const struct bus_look *look, struct str name, const struct json *value,
                        struct bus_record *ret)
{
    *ret = (struct bus_record){
        .name = name,
        .arn = arn_make(look->arena, look->ns, STR("events"),
                        arena_concat(look->arena, STR("event-bus/"), name)),
    };
    if (!value)
        return;
    ret->description = json_get_str(value, STR("description"));
    const struct json *created = json_get(value, STR("created")),
                      *modified = json_get(value, STR("modified"));
    if (json_is(created, JSON_NUMBER))
        (void)json_number_i64(created->text, &ret->created_ms);
    if (json_is(modified, JSON_NUMBER))
        (void)json_number_i64(modified->text, &ret->modified_ms);
}

static void record_write(struct work *work, struct ns ns, const struct bus_record *record)
{
    struct buf out;
    struct json_writer w;
    bus_record_begin(&out, &w);
    json_put_member_i64(&w, STR("created"), record->created_ms);
    json_put_member_i64(&w, STR("modified"), record->modified_ms);
    bus_record_put(&w, STR("description"), record->description);
    struct key key;
    bus_key_bus(&key, work->partition, ns, record->name);
    bus_record_end(&out, &w, work, &key);
}

bool bus_exists(struct store_reader *reader, uint16_t partition, struct ns ns, struct str name)
{
    if (str_eq(name, bus_default))
        return true;
    struct key key;
    bus_key_bus(&key, partition, ns, name);
    return store_has(reader, key_str(&key));
}

size_t bus_count(struct store_reader *reader, struct str prefix, size_t max)
{
    struct key end;
    key_after_prefix(prefix, &end);
    struct store_cursor *cursor = store_scan(reader, prefix, key_str(&end), STORE_UP);
    size_t count = 0;
    struct str key, value;
    while (count < max && store_cursor_next(cursor, &key, &value))
        count++;
    return store_cursor_close(&cursor) ? max : count; /* what cannot be counted is taken for full */
}

bool bus_get(const struct bus_look *look, struct str name, struct bus_record *ret, struct fault *reterr)
{
    struct key key;
    struct str value;
    struct json record;
    bus_key_bus(&key, look->partition, look->ns, name);
    enum err err = store_get(look->reader, look->arena, key_str(&key), &value);
    if (err == ERR_NOTFOUND && str_eq(name, bus_default)) {
        record_fill(look, name, NULL, ret);
        return true;
    }
    if (err == ERR_NOTFOUND)
        return not_found(look->arena, name, reterr);
    if (err || !bus_record_read(look->arena, value, &record))
        return fault_set(reterr, look->arena, FAULT_INTERNAL, "Event bus %.*s cannot be read: %s",
                         STR_ARG(name), err_text(err ? err : ERR_CORRUPT));
    record_fill(look, name, &record, ret);
    return true;
}

/* ---- changes ---- */

bool bus_create(struct bus *bus, struct work *work, struct ns ns, struct str name, struct str description,
                struct bus_record *ret, struct fault *reterr)
{
    if (bus_exists(work->reader, work->partition, ns, name))
        return fault_set(reterr, work->arena, FAULT_ALREADY_EXISTS, "Event bus %.*s already exists.",
                         STR_ARG(name));
    if (str_find_char(name, '/') != STR_NOT_FOUND)
        return fault_set(reterr, work->arena, FAULT_VALIDATION, "Event bus name must not contain '/'.");
    struct key key;
    bus_key_bus(&key, work->partition, ns, bus_default);
    size_t buses_max = bus->settings.buses_max + (store_has(work->reader, key_str(&key)) ? 1u : 0u);
    bus_key_bus(&key, work->partition, ns, STR_EMPTY);
    if (bus_count(work->reader, key_str(&key), buses_max) >= buses_max)
        return fault_set(reterr, work->arena, FAULT_LIMIT_EXCEEDED,
                         "The requested resource exceeds the maximum number allowed.");
    struct bus_look look = bus_look_of(work, ns);
    record_fill(&look, name, NULL, ret);
    ret->description = description;
    ret->created_ms = ret->modified_ms = work->now_ms;
    record_write(work, ns, ret);
    bus_changed(bus, work, ns, name);
    return true;
}

bool bus_update(struct bus *bus, struct work *work, struct ns ns, struct str name,
                const struct str *description, struct bus_record *ret, struct fault *reterr)
{
    (void)bus;
    struct bus_look look = bus_look_of(work, ns);
    if (!bus_get(&look, name, ret, reterr))
        return false;
    if (description)
        ret->description = *description;
    ret->modified_ms = work->now_ms;
    if (ret->created_ms == 0)
        ret->created_ms = work->now_ms;
    record_write(work, ns, ret);
    return true;
}

bool bus_delete(struct bus *bus, struct work *work, struct ns ns, struct str name, struct fault *reterr)
{
    if (str_eq(name, bus_default))
        return fault_set(reterr, work->arena, FAULT_VALIDATION, "Cannot delete event bus default.");
    struct bus_record record;
    struct fault absent = { 0 };
    struct bus_look look = bus_look_of(work, ns);
    if (!bus_get(&look, name, &record, &absent)) {
        if (absent.code == FAULT_NOT_FOUND)
            return true;
        *reterr = absent;
        return false;
    }
    struct key key;
    bus_key_rule(&key, work->partition, ns, name, STR_EMPTY);
    if (bus_count(work->reader, key_str(&key), 1))
        return fault_set(reterr, work->arena, FAULT_VALIDATION,
                         "EventBus can't be deleted since it has rules.");
    bus_key_bus(&key, work->partition, ns, name);
    store_delete(work->batch, key_str(&key));
    tags_drop(work, record.arn);
    bus_changed(bus, work, ns, name);
    return true;
}

/* ---- the list ---- */

/* "default" is in the list whether it is written or not. */
static void default_insert(const struct bus_look *look, const struct bus_page *page, bus_records *ret)
{
    if (!str_starts(bus_default, page->prefix) || str_compare(bus_default, page->after) <= 0)
        return;
    size_t at = 0;
    while (at < ret->len && str_compare(ret->at[at].name, bus_default) < 0)
        at++;
    if (at < ret->len && str_eq(ret->at[at].name, bus_default))
        return;
    struct bus_record record;
    record_fill(look, bus_default, NULL, &record);
    VEC_PUSH(look->arena, ret, record);
    memmove(&ret->at[at + 1], &ret->at[at], (ret->len - 1 - at) * sizeof(ret->at[0]));
    ret->at[at] = record;
}

bool bus_list(const struct bus_look *look, struct bus_page *page, bus_records *ret, struct fault *reterr)
{
    size_t limit = page->limit ? page->limit : 100;
    struct key all, first, end;
    bus_key_bus(&all, look->partition, look->ns, STR_EMPTY);
    bus_key_bus(&first, look->partition, look->ns, page->prefix);
    key_after_prefix(key_str(&first), &end);
    if (str_compare(page->after, page->prefix) >= 0 && page->after.len) {
        bus_key_bus(&first, look->partition, look->ns, page->after);
        key_bytes(&first, str_of("", 1)); /* the first key after it */
    }
    struct store_cursor *cursor = store_scan(look->reader, key_str(&first), key_str(&end), STORE_UP);
    struct str key, value;
    while (ret->len <= limit && store_cursor_next(cursor, &key, &value)) {
        struct json record;
        struct bus_record found;
        struct str name = arena_copy(look->arena, str_from_offset(key, key_str(&all).len));
        bool read = bus_record_read(look->arena, arena_copy(look->arena, value), &record);
        record_fill(look, name, read ? &record : NULL, &found);
        VEC_PUSH(look->arena, ret, found);
    }
    enum err err = store_cursor_close(&cursor);
    if (err)
        return fault_set(reterr, look->arena, FAULT_INTERNAL, "Event buses cannot be read: %s",
                         err_text(err));
    default_insert(look, page, ret);
    page->more = ret->len > limit;
    if (page->more)
        ret->len = limit;
    return true;
}
