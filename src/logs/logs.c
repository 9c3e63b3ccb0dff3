#include "logs/logs_room.h"

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
    *ret = logs;
    return ERR_OK;
}

static void forget_groups(struct logs *logs)
{
    struct str key;
    void *held;
    for (size_t i = 0; map_next(&logs->groups, &i, &key, &held);)
        free(held);
    map_clear(&logs->groups);
}

void logs_close(struct logs **logs)
{
    if (!*logs)
        return;
    forget_groups(*logs);
    map_fini(&(*logs)->groups);
    buf_fini(&(*logs)->name);
    buf_fini(&(*logs)->value);
    free(*logs);
    *logs = NULL;
}

void logs_after_rollback(void *self)
{
    struct logs *logs = self;
    forget_groups(logs);
    /* The block may have been taken in the batch that is gone, and would be given again. */
    logs->sequence_next = logs->sequence_end = 0;
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
    if (!logs_group_get(work->reader, work->arena, ns, name, &group, reterr))
        return false;
    if (logs->groups.len >= LOGS_HELD_MAX)
        forget_groups(logs);
    held = calloc(1, sizeof(*held) + name.len);
    if (!held)
        abort();
    held->group = group;
    memcpy(held + 1, name.ptr, name.len);
    held->group.name = str_of((const char *)(held + 1), name.len);
    map_put(&logs->groups, key, held);
    *ret = held;
    return true;
}

void logs_forget(struct logs *logs, struct ns ns, struct str name)
{
    free(map_remove(&logs->groups, held_key(logs, ns, name)));
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

static uint64_t read_u64(struct str value)
{
    uint64_t number = 0;
    if (!key_read_u64(&value, &number))
        return 0;
    return number;
}

void logs_count_bytes(struct logs *logs, struct work *work, struct logs_held *held, int64_t change)
{
    (void)logs;
    struct key key;
    logs_key_part(&key, &held->group, LOGS_BYTES);
    if (!held->bytes_known) {
        struct str value;
        held->bytes =
            store_get(work->reader, work->arena, key_str(&key), &value) == ERR_OK ? read_u64(value) : 0;
        held->bytes_known = true;
    }
    if (change < 0 && (uint64_t)-change > held->bytes)
        held->bytes = 0;
    else
        held->bytes = (uint64_t)((int64_t)held->bytes + change);
    char bytes[8];
    big_endian_put(bytes, held->bytes, sizeof(bytes));
    store_put(work->batch, key_str(&key), str_of(bytes, sizeof(bytes)));
}

/* ---- faults ---- */

bool logs_no_group(struct fault *reterr, struct arena *arena)
{
    return fault_set(reterr, arena, FAULT_NOT_FOUND, "The specified log group does not exist.");
}

bool logs_no_stream(struct fault *reterr, struct arena *arena)
{
    return fault_set(reterr, arena, FAULT_NOT_FOUND, "The specified log stream does not exist.");
}

bool logs_bad_store(struct fault *reterr, struct arena *arena, enum err err)
{
    return fault_set(reterr, arena, FAULT_INTERNAL, "The log store cannot be read: %s.", err_text(err));
}
