/* query_look.c - one event with all its fields, and what fields the events of a group have. */
#include "base/map.h"
#include "io/clock.h"
#include "logs/logs_scan.h"
#include "query/query_run.h"
#include "query/query_store.h"

#include <stdlib.h>

enum {
    LOOKED_AT_MAX = 2000,
    LOOK_NS_MAX = 50000000,
    NAMES_MAX = 1000,
    FIELDS_MAX = 10000,         /* of one event; those behind are left out */
    FIELDS_BYTES_MAX = 16 << 20 /* of their names */
};

/* ---- all fields of a JSON message ---- */

typedef void field_f(void *self, struct str name, const struct json *value);

struct flattening {
    struct arena *arena;
    field_f *each;
    void *self;
    unsigned fields;
    size_t bytes;
};

static void flatten(struct flattening *to, struct str prefix, const struct json *json)
{
    if (json->type != JSON_OBJECT && json->type != JSON_ARRAY) {
        to->each(to->self, prefix, json);
        to->fields++;
        return;
    }
    for (uint32_t i = 0; i < json->count && to->fields < FIELDS_MAX && to->bytes < FIELDS_BYTES_MAX; i++) {
        bool object = json->type == JSON_OBJECT;
        struct str key = object ? json->members[i].key : arena_printf(to->arena, "%u", i);
        const char *before = !str_empty(prefix) ? "." : str_starts(key, STR("@")) ? "@" : "";
        struct str name = arena_printf(to->arena, "%.*s%s%.*s", STR_ARG(prefix), before, STR_ARG(key));
        to->bytes += name.len;
        flatten(to, name, object ? &json->members[i].value : &json->items[i]);
    }
}

static void flatten_message(struct arena *arena, struct str message, field_f *each, void *self)
{
    struct json json;
    struct flattening to = { .arena = arena, .each = each, .self = self };
    if (json_read(arena, message, 0, &json, NULL) == ERR_OK && json.type == JSON_OBJECT)
        flatten(&to, STR_EMPTY, &json);
}

/* ---- one event ---- */

struct fields {
    struct arena *arena;
    VEC(struct query_field) list;
};

/* Of two of the same name the last counts, also when it is null. */
static void add_field(void *self, struct str name, const struct json *value)
{
    struct fields *fields = self;
    struct query_value shown = query_of_json(value);
    struct query_field field = { name, query_text(fields->arena, &shown) };
    for (size_t i = 0; i < fields->list.len; i++)
        if (str_eq(fields->list.at[i].name, name)) {
            fields->list.at[i] = fields->list.at[--fields->list.len];
            break;
        }
    if (value->type != JSON_NULL)
        VEC_PUSH(fields->arena, &fields->list, field);
}

static void add_text(struct fields *fields, const char *name, struct str text)
{
    struct query_field field = { str_from(name), text };
    VEC_PUSH(fields->arena, &fields->list, field);
}

static bool no_event(struct fault *reterr, struct arena *arena)
{
    return fault_set(reterr, arena, FAULT_NOT_FOUND, "The specified log record does not exist.");
}

/* The group with that id, when it is one of this namespace. */
static bool group_of(struct store_reader *reader, struct arena *arena, struct ns ns, uint64_t id,
                     struct logs_group *ret, struct fault *reterr)
{
    struct key key;
    struct str value, account, region, name;
    logs_key_identity(&key, PARTITION_ONLY, id);
    enum err err = store_get(reader, arena, key_str(&key), &value);
    if (err != ERR_OK && err != ERR_NOTFOUND)
        return query_bad_store(reterr, arena, err);
    if (err == ERR_NOTFOUND || !key_read_text(arena, &value, &account) ||
        !key_read_text(arena, &value, &region) || !str_eq(account, ns.account) || !str_eq(region, ns.region))
        return no_event(reterr, arena);
    name = value;
    return logs_group_get(reader, arena, ns, name, ret, reterr);
}

static void add_event(struct fields *fields, struct ns ns, const struct logs_group *group,
                      const struct logs_scanned *scanned, struct str pointer)
{
    struct arena *arena = fields->arena;
    struct str message = arena_copy(arena, scanned->message);
    add_text(fields, "@timestamp", arena_printf(arena, "%lld", (long long)scanned->at.timestamp_ms));
    add_text(fields, "@message", message);
    add_text(fields, "@logStream", arena_copy(arena, scanned->stream));
    add_text(fields, "@log", arena_printf(arena, "%.*s:%.*s", STR_ARG(ns.account), STR_ARG(group->name)));
    add_text(fields, "@ingestionTime", arena_printf(arena, "%lld", (long long)scanned->ingested_ms));
    add_text(fields, "@ptr", pointer);
    flatten_message(arena, message, add_field, fields);
}

bool query_event_fields(struct store_reader *reader, struct arena *arena, struct ns ns, struct str pointer,
                        int64_t now_ms, struct query_field **ret, size_t *ret_count, struct fault *reterr)
{
    uint64_t id;
    struct logs_scan_query range = { .direction = STORE_UP, .now_ms = now_ms };
    struct logs_group group;
    struct logs_scan *scan;
    struct logs_scanned scanned;
    struct fields fields = { .arena = arena };
    if (!logs_event_id_read(pointer, &id, &range.first))
        return fault_set(reterr, arena, FAULT_INVALID_PARAMETER, "The logRecordPointer is not valid.");
    range.end = (struct logs_position){ range.first.timestamp_ms, range.first.sequence + 1 };
    if (!group_of(reader, arena, ns, id, &group, reterr) ||
        !logs_scan_open(reader, arena, &group, &range, &scan, reterr))
        return false;
    bool found = logs_scan_next(scan, &scanned);
    if (found)
        add_event(&fields, ns, &group, &scanned, pointer);
    enum err err = logs_scan_close(&scan);
    if (err != ERR_OK)
        return query_bad_store(reterr, arena, err);
    *ret = fields.list.at;
    *ret_count = fields.list.len;
    return found || no_event(reterr, arena);
}

/* ---- fields of a group ---- */

struct share {
    struct str name;
    size_t events, last_event; /* that have it; the last that did */
};

struct shares {
    struct arena *arena;
    struct map by_name;
    VEC(const void *) list; /* of struct share */
    size_t bytes;           /* of their names */
    size_t event;           /* from 1 */
};

static void add_share(void *self, struct str name, const struct json *value)
{
    struct shares *shares = self;
    struct share *share = map_get(&shares->by_name, name);
    if (value && value->type == JSON_NULL)
        return;
    if (!share) {
        if (shares->list.len == NAMES_MAX || shares->bytes >= FIELDS_BYTES_MAX)
            return;
        shares->bytes += name.len;
        share = ARENA_NEW(shares->arena, struct share);
        share->name = arena_copy(shares->arena, name);
        (void)map_put(&shares->by_name, share->name, share);
        VEC_PUSH(shares->arena, &shares->list, (const void *)share);
    }
    share->events += share->last_event != shares->event;
    share->last_event = shares->event;
}

static void look_at_events(struct logs_scan *scan, struct shares *shares)
{
    static const char *const names[] = { "@timestamp", "@ingestionTime", "@logStream", "@message", "@log" };
    struct arena arena = { 0 };
    struct logs_scanned scanned;
    int64_t began = clock_monotonic_ns();
    while (shares->event < LOOKED_AT_MAX && clock_monotonic_ns() - began < LOOK_NS_MAX &&
           logs_scan_next(scan, &scanned)) {
        shares->event++;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
            add_share(shares, str_from(names[i]), NULL);
        flatten_message(&arena, scanned.message, add_share, shares);
        arena_reset(&arena);
    }
    arena_fini(&arena);
}

static int share_order(void *self, const void *a, const void *b)
{
    const struct share *x = a, *y = b;
    (void)self;
    if (x->events != y->events)
        return x->events > y->events ? -1 : 1;
    return str_compare(x->name, y->name);
}

bool query_group_fields(struct store_reader *reader, struct arena *arena, const struct logs_group *group,
                        int64_t first_ms, int64_t last_ms, int64_t now_ms, struct query_field_share **ret,
                        size_t *ret_count, struct fault *reterr)
{
    struct logs_scan_query range = {
        .first = { first_ms, 0 }, .end = { last_ms, UINT64_MAX }, .direction = STORE_DOWN, .now_ms = now_ms
    };
    struct shares shares = { .arena = arena };
    struct logs_scan *scan;
    if (!logs_scan_open(reader, arena, group, &range, &scan, reterr))
        return false;
    map_init(&shares.by_name, 1);
    look_at_events(scan, &shares);
    map_fini(&shares.by_name);
    enum err err = logs_scan_close(&scan);
    if (err != ERR_OK)
        return query_bad_store(reterr, arena, err);
    query_sort(shares.list.at, shares.list.len, share_order, NULL);
    *ret = ARENA_ARRAY(arena, struct query_field_share, shares.list.len);
    *ret_count = shares.list.len;
    for (size_t i = 0; i < shares.list.len; i++) {
        const struct share *share = shares.list.at[i];
        (*ret)[i] = (struct query_field_share){
            .name = share->name,
            .percent = (unsigned)((share->events * 100 + shares.event / 2) / shares.event),
        };
    }
    return true;
}
