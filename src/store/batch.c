/* Payload, overlay and undo log of the batch under construction.
 *
 * Truths: 1. The payload holds the operations in the order they were said; the overlay is what they come to.
 *         2. The undo log has an entry for whatever an operation changed, so that popping entries back to a
 *            mark restores payload, overlay, ranges and counters exactly.
 */
#include "store/key.h"
#include "base/big_endian.h"
#include "store/store_impl.h"

#include <assert.h>
#include <stdlib.h>

enum {
    PAYLOAD_KEEP_BYTES = 1 << 20, /* memory kept between batches */
    UNDO_KEEP = 16 * 1024,
    COUNTERS_MAX = 4096,
};

enum undo_type { UNDO_KEY, UNDO_RANGE, UNDO_HIDDEN, UNDO_COUNTER, UNDO_NOTE };

struct undo {
    enum undo_type type;
    union {
        struct overlay_node *node;
        struct counter *counter;
    };
    size_t payload_len; /* before the operation */
};

/* ---- operations ---- */

static char *varint_write(char *at, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *at++ = (char)(value | 0x80);
    *at++ = (char)value;
    return at;
}

/* Lengths fit 32 bits, in five bytes. */
static bool sized_read(struct str *payload, struct str *ret)
{
    uint64_t len = 0;
    for (unsigned i = 0; i < 5; i++) {
        if (i >= payload->len)
            return false;
        unsigned char byte = (unsigned char)payload->ptr[i];
        len |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte & 0x80)
            continue;
        if (len > payload->len - i - 1)
            return false;
        *ret = str_of(payload->ptr + i + 1, (size_t)len);
        *payload = str_of(payload->ptr + i + 1 + len, payload->len - i - 1 - (size_t)len);
        return true;
    }
    return false;
}

void operation_write(struct buf *payload, enum operation_type type, struct str key, struct str value)
{
    assert(key.len <= UINT32_MAX && value.len <= UINT32_MAX);
    char *start = buf_reserve(payload, 1 + 5 + key.len + 5 + value.len), *at = start;
    assert(at);
    *at++ = (char)type;
    at = varint_write(at, key.len);
    if (key.len)
        memcpy(at, key.ptr, key.len);
    at += key.len;
    if (type != OPERATION_DELETE) {
        at = varint_write(at, value.len);
        if (value.len)
            memcpy(at, value.ptr, value.len);
        at += value.len;
    }
    payload->len += (size_t)(at - start);
}

bool operation_read(struct str *payload, struct operation *ret)
{
    if (payload->len == 0)
        return false;
    unsigned char type = (unsigned char)payload->ptr[0];
    if (type != OPERATION_PUT && type != OPERATION_DELETE && type != OPERATION_DELETE_RANGE)
        return false;
    struct str rest = str_of(payload->ptr + 1, payload->len - 1);
    *ret = (struct operation){ .type = (enum operation_type)type };
    if (!sized_read(&rest, &ret->key) || (type != OPERATION_DELETE && !sized_read(&rest, &ret->value)))
        return false;
    *payload = rest;
    return true;
}

/* ---- life ---- */

void batch_init(struct store_batch *batch, struct store *store)
{
    *batch = (struct store_batch){ .store = store };
    batch->reader = (struct store_reader){ .store = store, .batch = batch };
    buf_init(&batch->payload, 0);
    overlay_init(&batch->overlay);
    map_init(&batch->counters, (uint64_t)(uintptr_t)batch);
    batch_reset(batch);
}

static void counters_forget(struct store_batch *batch)
{
    struct str key;
    void *value;
    for (size_t i = 0; map_next(&batch->counters, &i, &key, &value);) {
        struct counter *counter = value;
        free(counter);
    }
    map_clear(&batch->counters);
}

void batch_fini(struct store_batch *batch)
{
    counters_forget(batch);
    map_fini(&batch->counters);
    overlay_fini(&batch->overlay);
    buf_fini(&batch->payload);
    free(batch->undo);
    free(batch->ranges);
}

void batch_reset(struct store_batch *batch)
{
    assert(batch->cursors == 0);
    if (batch->counters_changed) {
        struct str key;
        void *value;
        for (size_t i = 0; map_next(&batch->counters, &i, &key, &value);) {
            struct counter *counter = value;
            counter->value = counter->committed;
        }
        batch->counters_changed = 0;
    }
    if (batch->counters.len > COUNTERS_MAX)
        counters_forget(batch);
    buf_clear(&batch->payload);
    if (batch->payload.cap > PAYLOAD_KEEP_BYTES)
        buf_fini(&batch->payload);
    char *head = buf_reserve(&batch->payload, VIEW_HEAD_BYTES);
    memset(head, 0, VIEW_HEAD_BYTES);
    batch->payload.len = VIEW_HEAD_BYTES;
    batch->count = 0;
    batch->kept = NULL;
    overlay_reset(&batch->overlay);
    if (batch->undo_cap > UNDO_KEEP) {
        free(batch->undo);
        batch->undo = NULL;
        batch->undo_cap = 0;
    }
    batch->undo_len = 0;
    batch->range_len = 0;
}

struct store_batch *store_batch_begin(struct store *store)
{
    batch_reset(&store->batch);
    return &store->batch;
}

/* ---- write ---- */

static void *grow(void *at, size_t *cap, size_t item_size)
{
    *cap = *cap ? *cap * 2 : 64;
    at = realloc(at, *cap * item_size);
    if (!at)
        abort();
    return at;
}

static struct undo *undo_push(struct store_batch *batch, enum undo_type type, size_t payload_len)
{
    if (batch->undo_len == batch->undo_cap)
        batch->undo = grow(batch->undo, &batch->undo_cap, sizeof(*batch->undo));
    struct undo *undo = &batch->undo[batch->undo_len++];
    *undo = (struct undo){ .type = type, .payload_len = payload_len };
    return undo;
}

/* Returns where the value is. */
static size_t write_key(struct store_batch *batch, enum operation_type type, struct str key, struct str value)
{
    assert(batch->cursors == 0); /* a cursor over the batch is open: see store_scan */
    assert(key.len > 0 && key.len <= KEY_BYTES_MAX && value.len <= STORE_VALUE_BYTES_MAX);
    size_t before = batch->payload.len;
    operation_write(&batch->payload, type, key, value);
    batch->count++;
    bool deleted = type == OPERATION_DELETE;
    size_t value_at = batch->payload.len - value.len;
    undo_push(batch, UNDO_KEY, before)->node =
        overlay_set(&batch->overlay, key, deleted, value_at, (uint32_t)value.len);
    return value_at;
}

size_t store_put(struct store_batch *batch, struct str key, struct str value)
{
    return write_key(batch, OPERATION_PUT, key, value);
}

void store_delete(struct store_batch *batch, struct str key)
{
    (void)write_key(batch, OPERATION_DELETE, key, STR_EMPTY);
}

void store_delete_range(struct store_batch *batch, struct str first, struct str end)
{
    assert(batch->cursors == 0);
    assert(first.len <= KEY_BYTES_MAX && end.len <= KEY_BYTES_MAX);
    if (str_compare(first, end) >= 0)
        return;
    size_t before = batch->payload.len;
    operation_write(&batch->payload, OPERATION_DELETE_RANGE, first, end);
    batch->count++;
    undo_push(batch, UNDO_RANGE, before);
    if (batch->range_len == batch->range_cap)
        batch->ranges = grow(batch->ranges, &batch->range_cap, sizeof(*batch->ranges));
    batch->ranges[batch->range_len++] = (struct batch_range){
        arena_copy(&batch->overlay.arena, first),
        arena_copy(&batch->overlay.arena, end),
    };
    for (struct overlay_node *node = overlay_at_or_after(&batch->overlay, first);
         node && str_compare(overlay_key(node), end) < 0; node = node->next[0]) {
        if (node->version->deleted)
            continue;
        overlay_hide(&batch->overlay, node);
        undo_push(batch, UNDO_HIDDEN, batch->payload.len)->node = node;
    }
}

const struct batch_range *batch_range_over(const struct store_batch *batch, struct str key)
{
    for (size_t i = batch->range_len; i > 0; i--) {
        const struct batch_range *range = &batch->ranges[i - 1];
        if (str_compare(range->first, key) <= 0 && str_compare(key, range->end) < 0)
            return range;
    }
    return NULL;
}

bool store_batch_empty(const struct store_batch *batch)
{
    return batch->count == 0 && batch->counters_changed == 0;
}

size_t store_batch_bytes(const struct store_batch *batch)
{
    return batch->payload.len - VIEW_HEAD_BYTES;
}

struct str batch_operations(const struct store_batch *batch)
{
    return str_from_offset(buf_str(&batch->payload), VIEW_HEAD_BYTES);
}

size_t store_batch_mark(const struct store_batch *batch)
{
    return batch->undo_len;
}

void store_batch_note(struct store_batch *batch)
{
    (void)undo_push(batch, UNDO_NOTE, batch->payload.len);
}

void store_batch_rollback(struct store_batch *batch, size_t mark)
{
    assert(mark <= batch->undo_len);
    assert(batch->cursors == 0);
    while (batch->undo_len > mark) {
        struct undo *undo = &batch->undo[--batch->undo_len];
        switch (undo->type) {
        case UNDO_KEY:
            overlay_undo(&batch->overlay, undo->node);
            batch->count--;
            break;
        case UNDO_RANGE:
            batch->range_len--;
            batch->count--;
            break;
        case UNDO_HIDDEN:
            overlay_undo(&batch->overlay, undo->node);
            break;
        case UNDO_COUNTER:
            if (--undo->counter->value == undo->counter->committed)
                batch->counters_changed--;
            break;
        case UNDO_NOTE:
            break;
        }
        batch->payload.len = undo->payload_len;
    }
}

void store_batch_keep(struct store_batch *batch, struct buf *bytes)
{
    batch->kept = bytes;
}

/* ---- counters: in memory while a batch is built, one put each when it is sealed ----
 *
 *   | 'c' u8 | partition u16 | 'n' | name ... |  ->  | last value given u64 |
 */

static uint64_t counter_stored(struct store_batch *batch, struct str key)
{
    struct arena arena = { 0 };
    struct str value;
    uint64_t ret = 0;
    enum err err = view_get(batch->store->view, NULL, &arena, key, &value);
    bool read = err == ERR_OK && key_read_u64(&value, &ret);
    arena_fini(&arena);
    if (!read && err != ERR_NOTFOUND) {
        /* Going on would give ids a second time. */
        store_stop("a counter cannot be read from the view: %s", err ? err_text(err) : "it is not a number");
    }
    return ret;
}

uint64_t store_next_id(struct store_batch *batch, uint16_t partition, struct str name)
{
    struct key key;
    key_begin(&key, KEY_COUNTER, partition, 'n');
    key_bytes(&key, name);
    struct counter *counter = map_get(&batch->counters, key_str(&key));
    if (!counter) {
        counter = malloc(sizeof(*counter));
        if (!counter)
            abort();
        counter->committed = counter->value = counter_stored(batch, key_str(&key));
        (void)map_put(&batch->counters, key_str(&key), counter);
    }
    if (counter->value == counter->committed)
        batch->counters_changed++;
    undo_push(batch, UNDO_COUNTER, batch->payload.len)->counter = counter;
    return ++counter->value;
}

void batch_seal(struct store_batch *batch)
{
    if (batch->counters_changed == 0)
        return;
    struct str key;
    void *value;
    for (size_t i = 0; map_next(&batch->counters, &i, &key, &value);) {
        struct counter *counter = value;
        if (counter->value == counter->committed)
            continue;
        char bytes[8];
        big_endian_put(bytes, counter->value, sizeof(bytes));
        operation_write(&batch->payload, OPERATION_PUT, key, str_of(bytes, sizeof(bytes)));
        batch->count++;
    }
}

void batch_committed(struct store_batch *batch)
{
    if (batch->kept) {
        struct buf payload = batch->payload;
        batch->payload = *batch->kept;
        *batch->kept = payload;
    }
    if (batch->counters_changed == 0)
        return;
    struct str key;
    void *value;
    for (size_t i = 0; map_next(&batch->counters, &i, &key, &value);) {
        struct counter *counter = value;
        counter->committed = counter->value;
    }
    batch->counters_changed = 0;
}
