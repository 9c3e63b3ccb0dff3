/* Aliases: names that lead to one version of a machine, or by weight to one of two.
 *
 *   'l' | machine id u64 | name -> made, changed, description, (version, weight) ...
 *
 * Truth: every version that a route names was there when the alias was written, and cannot be deleted meanwhile.
 */
#include "flow/flow_impl.h"
#include "io/rand.h"

enum { ALIASES_MAX = 100, ALIAS_VERSION = 1, WEIGHT_WHOLE = 100 };

struct route {
    uint32_t version, weight;
};
struct alias_record {
    int64_t created_ms, updated_ms;
    struct str description;
    uint32_t route_count;
    struct route routes[FLOW_ROUTES_MAX];
};

static void key_alias(struct key *key, uint16_t partition, uint64_t machine_id, struct str name)
{
    key_of_machine(key, partition, 'l', machine_id);
    key_bytes(key, name);
}

static bool alias_record_read(struct str bytes, struct alias_record *ret)
{
    struct unpack in = unpack_of(bytes);
    bool known = unpack_u8(&in) == ALIAS_VERSION;
    ret->created_ms = unpack_i64(&in);
    ret->updated_ms = unpack_i64(&in);
    ret->description = unpack_str(&in);
    ret->route_count = unpack_u32(&in);
    if (ret->route_count == 0 || ret->route_count > FLOW_ROUTES_MAX)
        return false;
    for (uint32_t i = 0; i < ret->route_count; i++) {
        ret->routes[i].version = unpack_u32(&in);
        ret->routes[i].weight = unpack_u32(&in);
    }
    return known && unpack_done(&in);
}

static void alias_put(struct flow *flow, struct work *work, uint64_t machine_id, struct str name,
                      const struct alias_record *record)
{
    struct key key;
    struct buf *out = &flow->record;
    buf_clear(out);
    pack_u8(out, ALIAS_VERSION);
    pack_i64(out, record->created_ms);
    pack_i64(out, record->updated_ms);
    pack_str(out, record->description);
    pack_u64(out, record->route_count);
    for (uint32_t i = 0; i < record->route_count; i++) {
        pack_u64(out, record->routes[i].version);
        pack_u64(out, record->routes[i].weight);
    }
    key_alias(&key, work->partition, machine_id, name);
    store_put(work->batch, key_str(&key), buf_str(out));
}

static enum err alias_find(struct store_reader *reader, struct arena *arena, uint64_t machine_id,
                           struct str name, struct alias_record *ret)
{
    struct key key;
    struct str bytes;
    key_alias(&key, PARTITION_ONLY, machine_id, name);
    enum err err = store_get(reader, arena, key_str(&key), &bytes);
    if (err == ERR_OK && !alias_record_read(bytes, ret))
        err = ERR_CORRUPT;
    return err;
}

static bool missing(struct arena *arena, struct fault *reterr)
{
    return fault_set(reterr, arena, FAULT_NOT_FOUND, "Request references a resource that does not exist.");
}

static bool machine_deleting(struct arena *arena, struct str arn, struct fault *reterr)
{
    return fault_set(reterr, arena, FAULT_MACHINE_DELETING, "State Machine Deleting: '%.*s'", STR_ARG(arn));
}

/* ---- routes ---- */

static struct str routes_text(struct arena *arena, const struct flow_alias *alias, bool weights)
{
    struct str text = STR_EMPTY;
    for (size_t i = 0; i < alias->route_count; i++) {
        const struct flow_route *route = &alias->routes[i];
        struct str one =
            weights ? arena_printf(arena, "%u", route->weight) : arena_copy(arena, route->version_arn);
        text = i == 0 ? one : arena_printf(arena, "%.*s, %.*s", STR_ARG(text), STR_ARG(one));
    }
    return text;
}

/* What the request says of routes, and the machine that they are of. */
static bool routes_check(struct work *work, struct ns ns, const struct flow_alias *alias,
                         struct machine_record *ret_machine, struct str *ret_name, struct alias_record *ret,
                         struct fault *reterr)
{
    struct arena *arena = work->arena;
    struct machine_qualified which[FLOW_ROUTES_MAX];
    uint32_t sum = 0;
    for (size_t i = 0; i < alias->route_count; i++) {
        struct fault fault = { 0 };
        bool known = machine_qualified_read(arena, ns, alias->routes[i].version_arn, &which[i], &fault);
        if (!known && fault.code != FAULT_MACHINE_NOT_FOUND) {
            *reterr = fault;
            return false;
        }
        if (!known)
            return missing(arena, reterr);
        if (which[i].version == 0)
            return fault_set(
                reterr, arena, FAULT_VALIDATION,
                "Routing configuration must contain state machine version ARNs. Received: [%.*s]",
                STR_ARG(routes_text(arena, alias, false)));
        ret->routes[i] = (struct route){ which[i].version, alias->routes[i].weight };
        sum += alias->routes[i].weight;
    }
    ret->route_count = (uint32_t)alias->route_count;
    if (alias->route_count == 2 && str_eq(alias->routes[0].version_arn, alias->routes[1].version_arn))
        return fault_set(reterr, arena, FAULT_VALIDATION,
                         "Routing configuration must contain distinct state machine version ARNs. "
                         "Received: [%.*s]",
                         STR_ARG(routes_text(arena, alias, false)));
    if (alias->route_count == 2 && !str_eq(which[0].name, which[1].name))
        return fault_set(reterr, arena, FAULT_VALIDATION,
                         "Routing configuration must contain versions of one state machine. Received: [%.*s]",
                         STR_ARG(routes_text(arena, alias, false)));
    if (sum != WEIGHT_WHOLE)
        return fault_set(reterr, arena, FAULT_VALIDATION,
                         "Sum of routing configuration weights must equal 100. Received: [%.*s]",
                         STR_ARG(routes_text(arena, alias, true)));
    *ret_name = which[0].name;
    enum err err = machine_find(work->reader, arena, work->partition, ns, which[0].name, ret_machine);
    for (size_t i = 0; i < alias->route_count && err == ERR_OK; i++) {
        struct version_record version;
        err = version_find(work->reader, arena, work->partition, ret_machine->id, which[i].version, &version);
    }
    if (err == ERR_OK && ret_machine->deleting)
        return fault_set(reterr, arena, FAULT_MACHINE_DELETING, "State Machine Deleting: '%.*s'",
                         STR_ARG(which[0].arn));
    return err == ERR_OK || missing(arena, reterr);
}

static bool routes_equal(const struct alias_record *one, const struct alias_record *other)
{
    return one->route_count == other->route_count &&
           memcmp(one->routes, other->routes, one->route_count * sizeof(one->routes[0])) == 0;
}

/* ---- by ARN ---- */

struct alias_place {
    struct machine_qualified which;
    struct machine_record machine;
    struct alias_record record;
};

static bool alias_read(struct store_reader *reader, struct arena *arena, struct ns ns, struct str arn,
                       struct alias_place *ret, struct fault *reterr)
{
    struct fault fault = { 0 };
    if (!machine_qualified_read(arena, ns, arn, &ret->which, &fault)) {
        if (fault.code == FAULT_MACHINE_NOT_FOUND)
            return missing(arena, reterr);
        *reterr = fault;
        return false;
    }
    if (str_empty(ret->which.alias))
        return fault_set(reterr, arena, FAULT_VALIDATION,
                         "The ARN must be of a state machine alias. Received: %.*s", STR_ARG(arn));
    enum err err = machine_find(reader, arena, PARTITION_ONLY, ns, ret->which.name, &ret->machine);
    if (err == ERR_OK)
        err = alias_find(reader, arena, ret->machine.id, ret->which.alias, &ret->record);
    if (err == ERR_OK)
        return true;
    if (err == ERR_NOTFOUND)
        return missing(arena, reterr);
    return fault_set(reterr, arena, FAULT_INTERNAL, "An alias cannot be read: %s", err_text(err));
}

static struct str alias_arn_make(struct arena *arena, struct ns ns, struct str machine, struct str name)
{
    return arena_printf(arena, "%.*s:%.*s", STR_ARG(machine_arn_make(arena, ns, machine)), STR_ARG(name));
}

static void alias_fill(struct arena *arena, struct ns ns, struct str machine, struct str name,
                       const struct alias_record *record, struct flow_alias *ret)
{
    *ret = (struct flow_alias){ .arn = alias_arn_make(arena, ns, machine, name),
                                .name = arena_copy(arena, name),
                                .description = arena_copy(arena, record->description),
                                .route_count = record->route_count,
                                .created_ms = record->created_ms,
                                .updated_ms = record->updated_ms };
    for (uint32_t i = 0; i < record->route_count; i++)
        ret->routes[i] = (struct flow_route){ version_arn_make(arena, ns, machine, record->routes[i].version),
                                              record->routes[i].weight };
}

bool flow_alias_describe(struct store_reader *reader, struct arena *arena, struct ns ns, struct str arn,
                         struct flow_alias *ret, struct fault *reterr)
{
    struct alias_place place;
    if (!alias_read(reader, arena, ns, arn, &place, reterr))
        return false;
    alias_fill(arena, ns, place.which.name, place.which.alias, &place.record, ret);
    return true;
}

/* ---- writing ---- */

static size_t aliases_count(struct work *work, uint64_t machine_id)
{
    struct key first, end;
    struct str key, value;
    size_t count = 0;
    key_of_machine(&first, work->partition, 'l', machine_id);
    key_after_prefix(key_str(&first), &end);
    struct store_cursor *cursor = store_scan(work->reader, key_str(&first), key_str(&end), STORE_UP);
    while (count < ALIASES_MAX && store_cursor_next(cursor, &key, &value))
        count++;
    return store_cursor_close(&cursor) == ERR_OK ? count : ALIASES_MAX;
}

bool flow_alias_create(struct flow *flow, struct work *work, struct ns ns, struct flow_alias *alias,
                       struct fault *reterr)
{
    struct machine_record machine;
    struct alias_record record = { 0 }, there;
    struct str name;
    if (!routes_check(work, ns, alias, &machine, &name, &record, reterr))
        return false;
    record.created_ms = record.updated_ms = work->now_ms;
    record.description = alias->description;
    enum err err = alias_find(work->reader, work->arena, machine.id, alias->name, &there);
    if (err == ERR_OK && !(routes_equal(&there, &record) && str_eq(there.description, record.description)))
        return fault_set(reterr, work->arena, FAULT_CONFLICT,
                         "Failed to create alias because an alias with the same name and a different routing "
                         "configuration already exists.");
    if (err != ERR_OK && err != ERR_NOTFOUND)
        return fault_set(reterr, work->arena, FAULT_INTERNAL, "An alias cannot be read: %s", err_text(err));
    if (err == ERR_NOTFOUND && aliases_count(work, machine.id) == ALIASES_MAX)
        return fault_set(reterr, work->arena, FAULT_LIMIT_EXCEEDED, "A state machine may have %d aliases",
                         ALIASES_MAX);
    if (err == ERR_NOTFOUND)
        alias_put(flow, work, machine.id, alias->name, &record);
    alias->arn = alias_arn_make(work->arena, ns, name, alias->name);
    alias->created_ms = err == ERR_OK ? there.created_ms : record.created_ms;
    return true;
}

bool flow_alias_update(struct flow *flow, struct work *work, struct ns ns, struct str arn,
                       const struct str *description, const struct flow_alias *routes,
                       int64_t *ret_updated_ms, struct fault *reterr)
{
    struct alias_place place;
    struct machine_record machine;
    struct str name;
    if (!alias_read(work->reader, work->arena, ns, arn, &place, reterr))
        return false;
    if (place.machine.deleting)
        return machine_deleting(work->arena, place.which.arn, reterr);
    if (routes && !routes_check(work, ns, routes, &machine, &name, &place.record, reterr))
        return false;
    if (routes && machine.id != place.machine.id)
        return fault_set(
            reterr, work->arena, FAULT_VALIDATION,
            "Routing configuration must contain versions of the alias's state machine. Received: "
            "[%.*s]",
            STR_ARG(routes_text(work->arena, routes, false)));
    if (description)
        place.record.description = *description;
    *ret_updated_ms = place.record.updated_ms = work->now_ms;
    alias_put(flow, work, place.machine.id, place.which.alias, &place.record);
    return true;
}

bool flow_alias_delete(struct work *work, struct ns ns, struct str arn, struct fault *reterr)
{
    struct alias_place place;
    struct key key;
    if (!alias_read(work->reader, work->arena, ns, arn, &place, reterr))
        return false;
    key_alias(&key, work->partition, place.machine.id, place.which.alias);
    store_delete(work->batch, key_str(&key));
    return true;
}

/* ---- lists ---- */

static bool routes_have(const struct alias_record *record, uint32_t version)
{
    for (uint32_t i = 0; i < record->route_count; i++) {
        if (record->routes[i].version == version)
            return true;
    }
    return false;
}

struct str flow_aliases_of(struct work *work, uint64_t machine_id, uint32_t version)
{
    struct key prefix, end;
    struct str key, value, text = STR_EMPTY;
    key_of_machine(&prefix, work->partition, 'l', machine_id);
    key_after_prefix(key_str(&prefix), &end);
    struct store_cursor *cursor = store_scan(work->reader, key_str(&prefix), key_str(&end), STORE_UP);
    while (store_cursor_next(cursor, &key, &value)) {
        struct alias_record record;
        struct str name = str_from_offset(key, prefix.len);
        if (!alias_record_read(value, &record) || !routes_have(&record, version))
            continue;
        text = str_empty(text) ? arena_copy(work->arena, name)
                               : arena_printf(work->arena, "%.*s, %.*s", STR_ARG(text), STR_ARG(name));
    }
    (void)store_cursor_close(&cursor);
    return text;
}

bool flow_alias_list(struct store_reader *reader, struct arena *arena, struct ns ns, struct str machine_arn,
                     struct str after, size_t max, struct flow_alias *ret, size_t *ret_count, bool *ret_more,
                     struct fault *reterr)
{
    struct machine_qualified which;
    struct machine_record machine;
    struct key prefix, first, end;
    struct str key, value;
    *ret_count = 0;
    *ret_more = false;
    if (!machine_qualified_read(arena, ns, machine_arn, &which, reterr))
        return false;
    enum err err = machine_find(reader, arena, PARTITION_ONLY, ns, which.name, &machine);
    if (err == ERR_NOTFOUND)
        return fault_set(reterr, arena, FAULT_MACHINE_NOT_FOUND, "State Machine Does Not Exist: '%.*s'",
                         STR_ARG(machine_arn));
    if (err == ERR_OK && machine.deleting)
        return machine_deleting(arena, machine_arn, reterr);
    struct version_record version;
    if (err == ERR_OK && which.version > 0)
        err = version_find(reader, arena, PARTITION_ONLY, machine.id, which.version, &version);
    if (err == ERR_NOTFOUND)
        return missing(arena, reterr);
    if (err != ERR_OK)
        return fault_set(reterr, arena, FAULT_INTERNAL, "Aliases cannot be read: %s", err_text(err));
    key_of_machine(&prefix, PARTITION_ONLY, 'l', machine.id);
    key_after_prefix(key_str(&prefix), &end);
    key_alias(&first, PARTITION_ONLY, machine.id, after);
    if (!str_empty(after))
        key_u8(&first, 0); /* the next key there can be */
    struct store_cursor *cursor = store_scan(reader, key_str(&first), key_str(&end), STORE_UP);
    while (store_cursor_next(cursor, &key, &value)) {
        struct alias_record record;
        if (!alias_record_read(value, &record) || (which.version > 0 && !routes_have(&record, which.version)))
            continue;
        if (*ret_count == max) {
            *ret_more = true;
            break;
        }
        alias_fill(arena, ns, which.name, str_from_offset(key, prefix.len), &record, &ret[(*ret_count)++]);
    }
    err = store_cursor_close(&cursor);
    return err == ERR_OK ||
           fault_set(reterr, arena, FAULT_INTERNAL, "Aliases cannot be read: %s", err_text(err));
}

/* ---- which version a start takes ---- */

bool flow_route_pick(struct work *work, struct ns ns, const struct machine_qualified *which, struct str arn,
                     const struct machine_record *machine, uint32_t *ret_version, uint32_t *ret_revision,
                     struct fault *reterr)
{
    struct version_record version = { .revision = machine->revision };
    struct alias_record alias;
    enum err err = ERR_OK;
    (void)ns;
    *ret_version = which->version;
    if (!str_empty(which->alias)) {
        err = alias_find(work->reader, work->arena, machine->id, which->alias, &alias);
        if (err == ERR_OK) {
            uint32_t chance = (uint32_t)(rand_u64() % WEIGHT_WHOLE);
            *ret_version = alias.routes[chance < alias.routes[0].weight ? 0 : alias.route_count - 1].version;
        }
    }
    if (err == ERR_OK && *ret_version > 0)
        err = version_find(work->reader, work->arena, work->partition, machine->id, *ret_version, &version);
    *ret_revision = version.revision;
    if (err == ERR_OK)
        return true;
    if (err == ERR_NOTFOUND)
        return fault_set(reterr, work->arena, FAULT_MACHINE_NOT_FOUND, "State Machine Does Not Exist: '%.*s'",
                         STR_ARG(arn));
    return fault_set(reterr, work->arena, FAULT_INTERNAL, "A version cannot be read: %s", err_text(err));
}
