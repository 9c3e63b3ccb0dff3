/* Machines: made, changed, deleted, listed; and the cache of those that run. */
#include <assert.h>
#include <stdlib.h>

#include "flow/flow_map_run.h"
#include "flow/flow_state.h"
#include "io/rand.h"
#include "store/tags.h"

/* How long after a machine was written what is read may still be of a batch that is rolled back. */
enum { YOUNG_MS = 60000 };

/* ---- reading, any thread ---- */

enum err machine_find(struct store_reader *reader, struct arena *arena, uint16_t partition, struct ns ns,
                      struct str name, struct machine_record *ret)
{
    struct key key;
    struct str bytes;
    key_machine(&key, partition, ns, name);
    enum err err = store_get(reader, arena, key_str(&key), &bytes);
    if (err == ERR_OK && !machine_record_read(bytes, ret))
        err = ERR_CORRUPT;
    return err;
}

enum err revision_find(struct store_reader *reader, struct arena *arena, uint16_t partition,
                       uint64_t machine_id, uint32_t revision, struct revision_record *ret)
{
    struct key key;
    struct str bytes;
    key_revision(&key, partition, machine_id, revision);
    enum err err = store_get(reader, arena, key_str(&key), &bytes);
    if (err == ERR_OK && !revision_record_read(bytes, ret))
        err = ERR_CORRUPT;
    return err;
}

static bool machine_missing(struct arena *arena, struct str arn, enum err err, struct fault *reterr)
{
    if (err != ERR_NOTFOUND)
        return fault_set(reterr, arena, FAULT_INTERNAL, "A state machine cannot be read: %s", err_text(err));
    return fault_set(reterr, arena, FAULT_MACHINE_NOT_FOUND, "State Machine Does Not Exist: '%.*s'",
                     STR_ARG(arn));
}

static void machine_fill(struct arena *arena, struct ns ns, const struct machine_record *record,
                         const struct revision_record *revision, struct flow_machine *ret)
{
    *ret = (struct flow_machine){
        .arn = machine_arn_make(arena, ns, revision->name),
        .name = revision->name,
        .definition = revision->definition,
        .role_arn = revision->role_arn,
        .logging = revision->logging,
        .revision_id = revision->revision_id,
        .tracing = revision->tracing,
        .express = revision->express,
        .deleting = record->deleting,
        .created_ms = record->created_ms,
        .updated_ms = revision->updated_ms,
    };
}

static bool machine_read(struct store_reader *reader, struct arena *arena, struct ns ns, struct str name,
                         struct str arn, struct machine_record *ret_record, struct flow_machine *ret,
                         struct fault *reterr)
{
    struct revision_record revision;
    enum err err = machine_find(reader, arena, PARTITION_ONLY, ns, name, ret_record);
    if (err == ERR_OK)
        err = revision_find(reader, arena, PARTITION_ONLY, ret_record->id, ret_record->revision, &revision);
    if (err != ERR_OK)
        return machine_missing(arena, arn, err, reterr);
    machine_fill(arena, ns, ret_record, &revision, ret);
    return true;
}

/* A version shows the revision that it is of. */
static bool version_fill(struct store_reader *reader, struct arena *arena, struct ns ns,
                         const struct machine_qualified *which, const struct machine_record *record,
                         struct str arn, struct flow_machine *ret, struct fault *reterr)
{
    struct version_record version;
    struct revision_record revision;
    enum err err = version_find(reader, arena, PARTITION_ONLY, record->id, which->version, &version);
    if (err == ERR_OK)
        err = revision_find(reader, arena, PARTITION_ONLY, record->id, version.revision, &revision);
    if (err != ERR_OK)
        return machine_missing(arena, arn, err, reterr);
    machine_fill(arena, ns, record, &revision, ret);
    ret->arn = version_arn_make(arena, ns, which->name, which->version);
    ret->description = version.description;
    ret->created_ms = version.created_ms;
    return true;
}

bool flow_machine_describe(struct store_reader *reader, struct arena *arena, struct ns ns, struct str arn,
                           struct flow_machine *ret, struct fault *reterr)
{
    struct machine_qualified which;
    struct machine_record record;
    if (!machine_qualified_read(arena, ns, arn, &which, reterr))
        return false;
    if (!str_empty(which.alias))
        return machine_missing(arena, arn, ERR_NOTFOUND, reterr);
    return machine_read(reader, arena, ns, which.name, arn, &record, ret, reterr) &&
           (which.version == 0 || version_fill(reader, arena, ns, &which, &record, arn, ret, reterr));
}

size_t flow_machine_list(struct store_reader *reader, struct arena *arena, struct ns ns, struct str after,
                         size_t max, struct flow_machine *ret, bool *ret_more)
{
    struct key prefix, end, first;
    struct str key, value;
    size_t count = 0;
    key_machine_prefix(&prefix, PARTITION_ONLY, ns);
    key_after_prefix(key_str(&prefix), &end);
    key_machine(&first, PARTITION_ONLY, ns, after);
    if (!str_empty(after))
        key_u8(&first, 0); /* the next key there can be */
    *ret_more = false;
    struct store_cursor *cursor = store_scan(reader, key_str(&first), key_str(&end), STORE_UP);
    while (store_cursor_next(cursor, &key, &value)) {
        struct machine_record record;
        if (count == max) {
            *ret_more = true;
            break;
        }
        if (!machine_record_read(value, &record))
            continue;
        struct str name = arena_copy(arena, str_from_offset(key, prefix.len));
        ret[count++] = (struct flow_machine){ .arn = machine_arn_make(arena, ns, name),
                                              .name = name,
                                              .deleting = record.deleting,
                                              .express = record.express,
                                              .created_ms = record.created_ms };
    }
    if (store_cursor_close(&cursor) != ERR_OK)
        *ret_more = false;
    return count;
}

/* ---- checks, any thread ---- */

bool flow_definition_check(const struct flow *flow, struct arena *arena, struct str definition, bool express,
                           struct fault *reterr)
{
    struct plan *plan;
    struct str why;
    if (!plan_read(arena, definition, express, flow->settings.task_known, flow->settings.task_known_self,
                   &plan, &why))
        return fault_set(reterr, arena, FAULT_INVALID_DEFINITION, "%.*s", STR_ARG(why));
    plan_free(&plan);
    return true;
}

size_t flow_definition_problems(const struct flow *flow, struct arena *arena, struct str definition,
                                bool express, bool warn, size_t max, struct flow_problem *ret)
{
    problem_list problems;
    plan_check(arena, definition, express, warn, flow->settings.task_known, flow->settings.task_known_self,
               max, &problems);
    for (size_t i = 0; i < problems.len; i++)
        ret[i] = (struct flow_problem){ problems.at[i].code, problems.at[i].text, problems.at[i].place,
                                        problems.at[i].warning };
    return problems.len;
}

struct str flow_variable_references(struct arena *arena, struct str definition)
{
    reference_list list;
    struct buf out;
    struct json_writer writer;
    plan_references(arena, definition, &list);
    if (list.len == 0)
        return STR_EMPTY;
    buf_init(&out, 0);
    json_writer_init(&writer, &out);
    json_begin_object(&writer);
    for (size_t i = 0; i < list.len; i++) {
        bool first = i == 0 || list.at[i - 1].place != list.at[i].place;
        if (first && i > 0)
            json_end_array(&writer);
        if (first) {
            json_key(&writer, list.at[i].state);
            json_begin_array(&writer);
        }
        json_put_str(&writer, list.at[i].name);
    }
    json_end_array(&writer);
    json_end_object(&writer);
    struct str text = arena_copy(arena, buf_str(&out));
    buf_fini(&out);
    return text;
}

/* ---- writing ---- */

void flow_machine_put(struct flow *flow, struct work *work, struct ns ns, struct str name,
                      const struct machine_record *record)
{
    struct key key;
    key_machine(&key, work->partition, ns, name);
    buf_clear(&flow->record);
    machine_record_write(&flow->record, record);
    store_put(work->batch, key_str(&key), buf_str(&flow->record));
    flow->changed_ms = work->now_ms;
    struct machine *cached = map_remove(&flow->machines, str_from_offset(key_str(&key), KEY_HEAD_BYTES));
    free(cached);
}

static void revision_put(struct flow *flow, struct work *work, struct ns ns,
                         const struct machine_record *record, const struct flow_machine *machine)
{
    struct key key;
    struct revision_record revision = {
        .account = ns.account,
        .region = ns.region,
        .name = machine->name,
        .definition = machine->definition,
        .role_arn = machine->role_arn,
        .logging = machine->logging,
        .revision_id = machine->revision_id,
        .tracing = machine->tracing,
        .express = machine->express,
        .updated_ms = machine->updated_ms,
    };
    key_revision(&key, work->partition, record->id, record->revision);
    buf_clear(&flow->record);
    revision_record_write(&flow->record, &revision);
    store_put(work->batch, key_str(&key), buf_str(&flow->record));
}

static bool machine_deleting(struct arena *arena, struct str arn, struct fault *reterr)
{
    return fault_set(reterr, arena, FAULT_MACHINE_DELETING, "State Machine Deleting: '%.*s'", STR_ARG(arn));
}

bool flow_machine_create(struct flow *flow, struct work *work, struct ns ns, struct flow_machine *machine,
                         const struct json *tags, struct fault *reterr)
{
    struct machine_record record;
    struct flow_machine there;
    struct fault none = { 0 };
    if (!name_check(work->arena, machine->name, reterr))
        return false;
    machine->arn = machine_arn_make(work->arena, ns, machine->name);
    if (machine_read(work->reader, work->arena, ns, machine->name, machine->arn, &record, &there, &none)) {
        if (there.deleting)
            return machine_deleting(work->arena, machine->arn, reterr);
        if (!str_eq(there.definition, machine->definition) || !str_eq(there.logging, machine->logging) ||
            there.tracing != machine->tracing || there.express != machine->express)
            return fault_set(reterr, work->arena, FAULT_MACHINE_EXISTS,
                             "State Machine Already Exists: '%.*s'", STR_ARG(machine->arn));
        *machine = there;
        return true;
    }
    if (none.code != FAULT_MACHINE_NOT_FOUND) {
        *reterr = none;
        return false;
    }
    if (tags && tags->count > 0 && !tags_put(work, machine->arn, tags, reterr))
        return false;
    record = (struct machine_record){ .id = store_next_id(work->batch, work->partition, STR("flow-machine")),
                                      .revision = 1,
                                      .express = machine->express,
                                      .created_ms = work->now_ms };
    machine->created_ms = machine->updated_ms = work->now_ms;
    machine->revision_id = STR_EMPTY;
    flow_machine_put(flow, work, ns, machine->name, &record);
    revision_put(flow, work, ns, &record, machine);
    return true;
}

bool flow_machine_update(struct flow *flow, struct work *work, struct ns ns, struct str arn,
                         const struct flow_machine_change *change, struct flow_machine *ret,
                         struct fault *reterr)
{
    struct str name;
    struct machine_record record;
    if (!machine_arn_read(work->arena, ns, arn, &name, reterr) ||
        !machine_read(work->reader, work->arena, ns, name, arn, &record, ret, reterr))
        return false;
    if (ret->deleting)
        return machine_deleting(work->arena, arn, reterr);
    if (ret->express && change->definition &&
        !flow_definition_check(flow, work->arena, *change->definition, true, reterr))
        return false;
    bool same = (!change->definition || str_eq(*change->definition, ret->definition)) &&
                (!change->role_arn || str_eq(*change->role_arn, ret->role_arn)) &&
                (!change->logging || str_eq(*change->logging, ret->logging)) &&
                (!change->tracing || *change->tracing == ret->tracing);
    ret->updated_ms = work->now_ms;
    if (same)
        return true;
    if (change->definition)
        ret->definition = *change->definition;
    if (change->role_arn)
        ret->role_arn = *change->role_arn;
    if (change->logging)
        ret->logging = *change->logging;
    if (change->tracing)
        ret->tracing = *change->tracing;
    char *uuid = arena_bytes(work->arena, UUID_TEXT_BYTES);
    uuid_random(uuid);
    ret->revision_id = str_of(uuid, UUID_TEXT_BYTES);
    record.revision++;
    flow_machine_put(flow, work, ns, name, &record);
    revision_put(flow, work, ns, &record, ret);
    return true;
}

bool flow_machine_runs(struct work *work, uint64_t machine_id)
{
    struct key prefix, end;
    struct str key, value;
    key_of_machine(&prefix, work->partition, 'u', machine_id);
    key_after_prefix(key_str(&prefix), &end);
    struct store_cursor *cursor = store_scan(work->reader, key_str(&prefix), key_str(&end), STORE_UP);
    bool runs = store_cursor_next(cursor, &key, &value);
    return store_cursor_close(&cursor) != ERR_OK || runs; /* in doubt it stays */
}

void flow_purge_executions(struct work *work, uint64_t machine_id)
{
    static const char kinds[] = { 'r', 'n', 'e', 'u', 'h', 'b', 'i', 'o', 'v', 'p', 'l' };
    struct key key;
    for (size_t i = 0; i < sizeof(kinds); i++) {
        key_of_machine(&key, work->partition, kinds[i], machine_id);
        flow_keys_delete(work, &key);
    }
}

void flow_machine_purge(struct flow *flow, struct work *work, struct ns ns, struct str name,
                        uint64_t machine_id)
{
    struct key key;
    map_runs_purge(work, machine_id);
    flow_purge_executions(work, machine_id);
    key_machine(&key, work->partition, ns, name);
    store_delete(work->batch, key_str(&key));
    tags_drop(work, machine_arn_make(work->arena, ns, name));
    flow->changed_ms = work->now_ms;
    flow_forget(flow, true);
}

bool flow_machine_delete(struct flow *flow, struct work *work, struct ns ns, struct str arn,
                         struct fault *reterr)
{
    struct str name;
    struct machine_record record;
    struct machine_qualified which;
    struct fault fault = { 0 };
    if (!machine_arn_read(work->arena, ns, arn, &name, &fault)) {
        if (machine_qualified_read(work->arena, ns, arn, &which, &(struct fault){ 0 }))
            return fault_set(reterr, work->arena, FAULT_VALIDATION,
                             "A state machine is deleted by its unqualified ARN. Received: %.*s",
                             STR_ARG(arn));
        if (fault.code == FAULT_MACHINE_NOT_FOUND)
            return true;
        *reterr = fault;
        return false;
    }
    enum err err = machine_find(work->reader, work->arena, work->partition, ns, name, &record);
    if (err == ERR_NOTFOUND)
        return true;
    if (err != ERR_OK)
        return machine_missing(work->arena, arn, err, reterr);
    if (flow_machine_runs(work, record.id)) {
        record.deleting = true;
        flow_machine_put(flow, work, ns, name, &record);
    } else {
        flow_machine_purge(flow, work, ns, name, record.id);
    }
    return true;
}

bool flow_taggable(struct store_reader *reader, struct arena *arena, struct ns ns, struct str arn,
                   struct fault *reterr)
{
    struct flow_machine machine;
    struct flow_activity activity;
    struct str name;
    struct fault fault = { 0 };
    /* Versions and aliases have no tags. */
    bool found = activity_is(arn) ? flow_activity_describe(reader, arena, ns, arn, &activity, &fault)
                                  : machine_arn_read(arena, ns, arn, &name, &fault) &&
                                        flow_machine_describe(reader, arena, ns, arn, &machine, &fault);
    if (found)
        return true;
    if (fault.code == FAULT_MACHINE_NOT_FOUND || fault.code == FAULT_ACTIVITY_NOT_FOUND ||
        fault.code == FAULT_VALIDATION)
        return fault_set(reterr, arena, FAULT_NOT_FOUND, "Resource not found: '%.*s'", STR_ARG(arn));
    *reterr = fault;
    return false;
}

/* ---- the cache ---- */

static void edition_free(struct edition *edition)
{
    plan_free(&edition->plan);
    arena_fini(&edition->arena);
    free(edition);
}

void flow_forget(struct flow *flow, bool all)
{
    struct str key;
    void *value;
    for (size_t i = 0; map_next(&flow->machines, &i, &key, &value);) {
        struct machine *machine = value;
        if (!all && !machine->young)
            continue;
        map_remove(&flow->machines, key);
        free(machine);
    }
    for (size_t i = 0; map_next(&flow->editions, &i, &key, &value);) {
        struct edition *edition = value;
        if (!all && !edition->young)
            continue;
        map_remove(&flow->editions, key);
        edition_free(edition);
    }
}

void flow_after_rollback(void *self)
{
    flow_forget(self, false);
    flow_frames_forget(self); /* one may be of an entry whose number is given again */
}

static bool flow_is_young(const struct flow *flow, const struct work *work)
{
    return flow->changed_ms != 0 && work->now_ms - flow->changed_ms < YOUNG_MS;
}

bool flow_machine_get(struct flow *flow, struct work *work, struct ns ns, struct str name, struct str arn,
                      struct machine_record *ret, struct fault *reterr)
{
    struct key key;
    key_machine(&key, work->partition, ns, name);
    struct str at = str_from_offset(key_str(&key), KEY_HEAD_BYTES);
    struct machine *machine = map_get(&flow->machines, at);
    if (machine) {
        *ret = machine->record;
        return true;
    }
    enum err err = machine_find(work->reader, work->arena, work->partition, ns, name, ret);
    if (err != ERR_OK)
        return machine_missing(work->arena, arn, err, reterr);
    if (flow->machines.len >= flow->settings.plans_max)
        flow_forget(flow, true);
    machine = calloc(1, sizeof(*machine));
    assert(machine);
    machine->record = *ret;
    machine->young = flow_is_young(flow, work);
    map_put(&flow->machines, at, machine);
    return true;
}

/* What was taken once is read again whatever the settings have come to: its tasks say then what they miss. */
static bool task_taken(void *self, struct str resource, struct str *ret_why)
{
    (void)self;
    (void)resource;
    (void)ret_why;
    return true;
}

const struct edition *flow_edition_get(struct flow *flow, struct work *work, uint64_t machine_id,
                                       uint32_t revision, struct fault *reterr)
{
    struct {
        uint64_t machine_id, revision;
    } id = { machine_id, revision };
    struct str at = str_of((const char *)&id, sizeof(id));
    struct edition *edition = map_get(&flow->editions, at);
    if (edition)
        return edition;
    struct revision_record record;
    struct map_run run = { .machine_id = machine_id };
    enum err err = revision_find(work->reader, work->arena, work->partition, machine_id, revision, &record);
    if (err == ERR_NOTFOUND) { /* a map run's: the revision is of its machine */
        err = map_run_find(work->reader, work->arena, work->partition, machine_id, &run);
        if (err == ERR_OK)
            err =
                revision_find(work->reader, work->arena, work->partition, run.machine_id, revision, &record);
    }
    struct plan *plan = NULL;
    struct str why = STR_EMPTY;
    if (err != ERR_OK ||
        !plan_read(work->arena, record.definition, record.express, task_taken, NULL, &plan, &why)) {
        fault_set(reterr, work->arena, FAULT_INTERNAL,
                  "Revision %u of a state machine cannot be read: %s%.*s", revision,
                  err == ERR_OK ? "" : err_text(err), STR_ARG(why));
        return NULL;
    }
    if (flow->editions.len >= flow->settings.plans_max)
        flow_forget(flow, true);
    edition = calloc(1, sizeof(*edition));
    assert(edition);
    edition->machine_id = machine_id;
    edition->revision = revision;
    edition->ns.account = arena_copy(&edition->arena, record.account);
    edition->ns.region = arena_copy(&edition->arena, record.region);
    edition->owner_id = run.machine_id;
    edition->owner_name = arena_copy(&edition->arena, record.name);
    edition->owner_arn = machine_arn_make(&edition->arena, edition->ns, edition->owner_name);
    edition->child = run.id != 0;
    edition->start = run.start;
    edition->machine_name =
        edition->child ? map_run_machine_name(&edition->arena, &run) : edition->owner_name;
    edition->role_arn = arena_copy(&edition->arena, record.role_arn);
    edition->machine_arn = machine_arn_make(&edition->arena, edition->ns, edition->machine_name);
    logging_read(&edition->arena, record.logging, &edition->logging);
    edition->meter = ARENA_NEW(&edition->arena, struct metrics_place);
    edition->plan = plan;
    edition->express = record.express || run.express;
    edition->young = flow_is_young(flow, work);
    map_put(&flow->editions, at, edition);
    return edition;
}
