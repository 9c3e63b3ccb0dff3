#include "logs/logs_filters.h"
#include "logs/logs_limit.h"
#include "logs/logs_pack.h"

#include <stdlib.h>

#include "base/big_endian.h"
#include "io/rand.h"

enum err logs_open(struct logs **ret)
{
    struct logs *logs = calloc(1, sizeof(*logs));
    if (!logs)
        abort();
    map_init(&logs->groups, rand_u64());
    buf_init(&logs->name, 0);
    buf_init(&logs->value, 0);
    logs_run_init(&logs->run);
    logs->packer = logs_packer_new();
    logs->limiter = logs_limiter_new();
    buf_init(&logs->record, 0);
    buf_init(&logs->packed, 0);
    logs->matcher = logs_matcher_new();
    map_init(&logs->parked, rand_u64());
    *ret = logs;
    return ERR_OK;
}

static void held_free(struct logs *logs, struct logs_held *held)
{
    if (!held)
        return;
    logs_filters_park(logs, held->filters);
    free(held);
}

static void forget_groups(struct logs *logs)
{
    struct str key;
    void *held;
    for (size_t i = 0; map_next(&logs->groups, &i, &key, &held);)
        held_free(logs, held);
    map_clear(&logs->groups);
}

void logs_close(struct logs **logs)
{
    if (!*logs)
        return;
    logs_packer_free(&(*logs)->packer);
    logs_limiter_free(&(*logs)->limiter);
    forget_groups(*logs);
    map_fini(&(*logs)->groups);
    logs_filters_unpark_all(*logs);
    map_fini(&(*logs)->parked);
    buf_fini(&(*logs)->name);
    buf_fini(&(*logs)->value);
    logs_run_fini(&(*logs)->run);
    buf_fini(&(*logs)->record);
    buf_fini(&(*logs)->packed);
    logs_matcher_free(&(*logs)->matcher);
    free(*logs);
    *logs = NULL;
}

void logs_after_rollback(void *self)
{
    struct logs *logs = self;
    forget_groups(logs);
    /* The block may have been taken in the batch that is gone, and would be given again. */
    logs->sequence_next = logs->sequence_end = 0;
    if (logs->tail)
        logs_tail_after_rollback(logs->tail);
}

/* ---- groups held ---- */

static struct str held_key(struct logs *logs, struct ns ns, struct str name)
{
    buf_clear(&logs->name);
    buf_add(&logs->name, ns.account);
    buf_add_char(&logs->name, 0);
    buf_add(&logs->name, ns.region);
    buf_add_char(&logs->name, 0);
    buf_add(&logs->name, name);
    return buf_str(&logs->name);
}

bool logs_hold(struct logs *logs, struct work *work, struct ns ns, struct str name, struct logs_held **ret,
               struct fault *reterr)
{
    struct str key = held_key(logs, ns, name);
    struct logs_held *held = map_get(&logs->groups, key);
    if (held) {
        *ret = held;
        return true;
    }
    struct logs_group group;
    struct logs_filters *filters;
    if (!logs_group_get(work->reader, work->arena, ns, name, &group, reterr) ||
        !logs_filters_load(logs, work->reader, work->arena, ns, &group, &filters, reterr))
        return false;
    if (logs->groups.len >= LOGS_HELD_MAX)
        forget_groups(logs);
    held = calloc(1, sizeof(*held) + name.len);
    if (!held)
        abort();
    held->group = group;
    held->filters = filters;
    memcpy(held + 1, name.ptr, name.len);
    held->group.name = str_of((const char *)(held + 1), name.len);
    map_put(&logs->groups, key, held);
    *ret = held;
    return true;
}

void logs_forget(struct logs *logs, struct ns ns, struct str name)
{
    held_free(logs, map_remove(&logs->groups, held_key(logs, ns, name)));
}

uint64_t logs_sequence_next(struct logs *logs, struct work *work)
{
    if (logs->sequence_next == logs->sequence_end) {
        /* A block begins above all that were ever taken, so sequences grow over restarts too. */
        uint64_t block = store_next_id(work->batch, work->partition, STR("logs-sequence"));
        logs->sequence_next = block * LOGS_SEQUENCE_BLOCK;
        logs->sequence_end = logs->sequence_next + LOGS_SEQUENCE_BLOCK;
    }
    return logs->sequence_next++;
}

bool logs_hold_by_id(struct logs *logs, struct work *work, uint64_t id, struct ns *ret_ns,
                     struct logs_held **ret)
{
    struct key key;
    logs_key_identity(&key, work->partition, id);
    struct str value;
    if (store_get(work->reader, work->arena, key_str(&key), &value) != ERR_OK ||
        !key_read_text(work->arena, &value, &ret_ns->account) ||
        !key_read_text(work->arena, &value, &ret_ns->region))
        return false;
    struct fault fault = { 0 };
    return logs_hold(logs, work, *ret_ns, value, ret, &fault) && (*ret)->group.id == id;
}

/* ---- counts ---- */

void logs_counts_load(struct work *work, struct logs_held *held)
{
    struct key key;
    struct str value;
    if (held->counts_known)
        return;
    logs_key_part(&key, &held->group, LOGS_BYTES);
    if (store_get(work->reader, work->arena, key_str(&key), &value) != ERR_OK ||
        !logs_counts_read(value, &held->counts))
        held->counts = (struct logs_counts){ 0 };
    held->counts_known = true;
}

void logs_counts_store(struct logs *logs, struct work *work, const struct logs_held *held)
{
    struct key key;
    logs_key_part(&key, &held->group, LOGS_BYTES);
    buf_clear(&logs->value);
    logs_counts_write(&logs->value, &held->counts);
    store_put(work->batch, key_str(&key), buf_str(&logs->value));
}

static void count(uint64_t *bytes, int64_t change)
{
    if (change < 0 && (uint64_t)-change > *bytes)
        *bytes = 0;
    else
        *bytes = (uint64_t)((int64_t)*bytes + change);
}

void logs_count(struct logs *logs, struct work *work, struct logs_held *held, int64_t stored,
                int64_t unpacked)
{
    logs_counts_load(work, held);
    count(&held->counts.stored_bytes, stored);
    count(&held->counts.unpacked_bytes, unpacked);
    logs_pack_counted(logs, work, held);
    logs_counts_store(logs, work, held);
}

/* ---- faults ---- */

bool logs_no_group(struct fault *reterr, struct arena *arena)
{
    return fault_set(reterr, arena, FAULT_NOT_FOUND, "The specified log group does not exist.");
}

bool logs_is_protected(struct fault *reterr, struct arena *arena)
{
    return fault_set(reterr, arena, FAULT_VALIDATION,
                     "The log group has deletion protection enabled: disable it before you delete.");
}

bool logs_no_stream(struct fault *reterr, struct arena *arena)
{
    return fault_set(reterr, arena, FAULT_NOT_FOUND, "The specified log stream does not exist.");
}

bool logs_bad_store(struct fault *reterr, struct arena *arena, enum err err)
{
    return fault_set(reterr, arena, FAULT_INTERNAL, "The log store cannot be read: %s.", err_text(err));
}
