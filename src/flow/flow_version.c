/* Versions: numbered revisions of a machine that stay as they are.
 *
 *   'p' | machine id u64 | number u32, newest first -> revision, made, description, revision id
 *
 * Truths: 1. A number is never given twice, not even after its version was deleted.
 *         2. The revision of a version stays as long as its machine; a version is a name for it.
 */
#include "flow/flow_impl.h"

enum { VERSIONS_MAX = 1000, VERSION_RECORD_VERSION = 1 };

/* ---- records ---- */

static void key_version(struct key *key, uint16_t partition, uint64_t machine_id, uint32_t number)
{
    key_of_machine(key, partition, 'p', machine_id);
    key_u32(key, ~number);
}

static bool version_record_read(struct str bytes, struct version_record *ret)
{
    struct unpack in = unpack_of(bytes);
    bool known = unpack_u8(&in) == VERSION_RECORD_VERSION;
    ret->revision = unpack_u32(&in);
    ret->created_ms = unpack_i64(&in);
    ret->description = unpack_str(&in);
    ret->revision_id = unpack_str(&in);
    return known && unpack_done(&in);
}

enum err version_find(struct store_reader *reader, struct arena *arena, uint16_t partition,
                      uint64_t machine_id, uint32_t number, struct version_record *ret)
{
    struct key key;
    struct str bytes;
    key_version(&key, partition, machine_id, number);
    enum err err = store_get(reader, arena, key_str(&key), &bytes);
    if (err == ERR_OK && !version_record_read(bytes, ret))
        err = ERR_CORRUPT;
    return err;
}

/* ---- ARNs ---- */

static bool number_read(struct str text, uint32_t *ret)
{
    int64_t number;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    }
    if (!str_to_i64(text, &number) || number < 1 || number > UINT32_MAX - 1)
        return false;
    *ret = (uint32_t)number;
    return true;
}

bool machine_qualified_read(struct arena *arena, struct ns ns, struct str arn, struct machine_qualified *ret,
                            struct fault *reterr)
{
    struct arn parts;
    struct str qualifier = STR_EMPTY, type, rest, name;
    memset(ret, 0, sizeof(*ret));
    ret->arn = arn;
    if (arn_parse(arn, &parts) && str_cut(parts.resource, ':', &type, &rest) &&
        str_eq(type, STR("stateMachine")) && str_cut(rest, ':', &name, &qualifier))
        ret->arn = str_slice(arn, 0, arn.len - qualifier.len - 1);
    struct fault fault = { 0 };
    if (!machine_arn_read(arena, ns, ret->arn, &ret->name, &fault)) {
        if (fault.code != FAULT_MACHINE_NOT_FOUND)
            *reterr = fault;
        else
            fault_set(reterr, arena, FAULT_MACHINE_NOT_FOUND, "State Machine Does Not Exist: '%.*s'",
                      STR_ARG(arn));
        return false;
    }
    if (!number_read(qualifier, &ret->version))
        ret->alias = qualifier;
    if (ret->arn.len == arn.len || ret->version > 0 ||
        (!str_empty(qualifier) && str_find_char(qualifier, ':') == STR_NOT_FOUND))
        return true;
    return fault_set(reterr, arena, FAULT_MACHINE_NOT_FOUND, "State Machine Does Not Exist: '%.*s'",
                     STR_ARG(arn));
}

struct str version_arn_make(struct arena *arena, struct ns ns, struct str machine, uint32_t number)
{
    return arena_printf(arena, "%.*s:%u", STR_ARG(machine_arn_make(arena, ns, machine)), number);
}

/* ---- publish ---- */

static size_t versions_count(struct work *work, uint64_t machine_id)
{
    struct key first, end;
    struct str key, value;
    size_t count = 0;
    key_of_machine(&first, work->partition, 'p', machine_id);
    key_after_prefix(key_str(&first), &end);
    struct store_cursor *cursor = store_scan(work->reader, key_str(&first), key_str(&end), STORE_UP);
    while (count < VERSIONS_MAX && store_cursor_next(cursor, &key, &value))
        count++;
    return store_cursor_close(&cursor) == ERR_OK ? count : VERSIONS_MAX;
}

static struct str revision_id_shown(const struct revision_record *revision)
{
    return str_empty(revision->revision_id) ? STR("INITIAL") : revision->revision_id;
}

bool flow_version_publish(struct flow *flow, struct work *work, struct ns ns, struct str machine_arn,
                          struct str revision_id, struct str description, struct flow_version *ret,
                          struct fault *reterr)
{
    struct arena *arena = work->arena;
    struct str name;
    struct machine_record machine;
    struct revision_record revision;
    struct version_record version;
    struct key key;
    if (!machine_arn_read(arena, ns, machine_arn, &name, reterr) ||
        !flow_machine_get(flow, work, ns, name, machine_arn, &machine, reterr))
        return false;
    if (machine.deleting)
        return fault_set(reterr, arena, FAULT_MACHINE_DELETING, "State Machine Deleting: '%.*s'",
                         STR_ARG(machine_arn));
    if (revision_find(work->reader, arena, work->partition, machine.id, machine.revision, &revision) !=
        ERR_OK)
        return fault_set(reterr, arena, FAULT_INTERNAL, "A state machine cannot be read");
    if (revision_id.ptr && !str_eq(revision_id, revision_id_shown(&revision)))
        return fault_set(reterr, arena, FAULT_CONFLICT,
                         "Failed to publish the State Machine version for revision %.*s. The current State "
                         "Machine revision is %.*s.",
                         STR_ARG(revision_id), STR_ARG(revision_id_shown(&revision)));
    if (machine.version_last > 0 &&
        version_find(work->reader, arena, work->partition, machine.id, machine.version_last, &version) ==
            ERR_OK &&
        version.revision == machine.revision) { /* published before */
        ret->arn = version_arn_make(arena, ns, name, machine.version_last);
        ret->created_ms = version.created_ms;
        return true;
    }
    if (versions_count(work, machine.id) == VERSIONS_MAX)
        return fault_set(reterr, arena, FAULT_LIMIT_EXCEEDED, "A state machine may have %d versions",
                         VERSIONS_MAX);
    machine.version_last++;
    flow_machine_put(flow, work, ns, name, &machine);
    buf_clear(&flow->record);
    pack_u8(&flow->record, VERSION_RECORD_VERSION);
    pack_u64(&flow->record, machine.revision);
    pack_i64(&flow->record, work->now_ms);
    pack_str(&flow->record, description);
    pack_str(&flow->record, revision.revision_id);
    key_version(&key, work->partition, machine.id, machine.version_last);
    store_put(work->batch, key_str(&key), buf_str(&flow->record));
    ret->arn = version_arn_make(arena, ns, name, machine.version_last);
    ret->created_ms = work->now_ms;
    return true;
}

/* ---- delete, list ---- */

bool flow_version_delete(struct flow *flow, struct work *work, struct ns ns, struct str arn,
                         struct fault *reterr)
{
    struct machine_qualified which;
    struct machine_record machine;
    struct fault fault = { 0 };
    struct key key;
    bool known = machine_qualified_read(work->arena, ns, arn, &which, &fault);
    if (known && which.version == 0)
        return fault_set(reterr, work->arena, FAULT_VALIDATION,
                         "The ARN must be of a state machine version. Received: %.*s", STR_ARG(arn));
    if (known)
        known = flow_machine_get(flow, work, ns, which.name, arn, &machine, &fault);
    if (!known) {
        if (fault.code == FAULT_MACHINE_NOT_FOUND)
            return true;
        *reterr = fault;
        return false;
    }
    struct str aliases = flow_aliases_of(work, machine.id, which.version);
    if (!str_empty(aliases))
        return fault_set(reterr, work->arena, FAULT_CONFLICT,
                         "Version to be deleted must not be referenced by an alias. Current list of "
                         "aliases referencing this version: [%.*s]",
                         STR_ARG(aliases));
    key_version(&key, work->partition, machine.id, which.version);
    store_delete(work->batch, key_str(&key));
    return true;
}

bool flow_version_list(struct store_reader *reader, struct arena *arena, struct ns ns, struct str machine_arn,
                       uint32_t *position, size_t max, struct flow_version *ret, size_t *ret_count,
                       struct fault *reterr)
{
    struct str name, key, value;
    struct machine_record machine;
    struct key prefix, first, end;
    struct fault fault = { 0 };
    uint32_t from = *position;
    *ret_count = 0;
    *position = 0;
    if (!machine_arn_read(arena, ns, machine_arn, &name, &fault)) {
        if (fault.code == FAULT_MACHINE_NOT_FOUND)
            return true;
        *reterr = fault;
        return false;
    }
    enum err err = machine_find(reader, arena, PARTITION_ONLY, ns, name, &machine);
    if (err == ERR_NOTFOUND)
        return true;
    key_of_machine(&prefix, PARTITION_ONLY, 'p', machine.id);
    key_after_prefix(key_str(&prefix), &end);
    key_version(&first, PARTITION_ONLY, machine.id, from > 0 ? from : UINT32_MAX);
    struct store_cursor *cursor = store_scan(reader, key_str(&first), key_str(&end), STORE_UP);
    while (store_cursor_next(cursor, &key, &value)) {
        struct version_record version;
        uint32_t inverted = 0;
        struct str rest = str_from_offset(key, prefix.len);
        if (!key_read_u32(&rest, &inverted) || !version_record_read(value, &version))
            continue;
        if (*ret_count == max) {
            *position = ~inverted;
            break;
        }
        ret[(*ret_count)++] =
            (struct flow_version){ version_arn_make(arena, ns, name, ~inverted), version.created_ms };
    }
    err = store_cursor_close(&cursor);
    return err == ERR_OK ||
           fault_set(reterr, arena, FAULT_INTERNAL, "Versions cannot be read: %s", err_text(err));
}
