/* query_table_dedup.c - of the records that have the same values the first of the order. A record without one of the
 * values is nobody's duplicate. */
#include "base/map.h"
#include "query/query_hash.h"
#include "query/query_table.h"

#include <assert.h>

struct one {
    struct query_hash_entry entry; /* first */
    struct query_row *row;
    size_t bytes;
    char key[];
};

struct dedup {
    struct query_table base;
    struct query_hash hash;
    struct query_row **others; /* without one of the values */
    size_t other_count, other_room;
    struct buf key;
};

static void init(struct query_table *table)
{
    buf_init(&((struct dedup *)table)->key, 0);
}

static void one_free(struct dedup *dedup, struct one *one)
{
    query_row_free(&dedup->base, one->row);
    query_budget_give(dedup->base.budget, one->bytes);
    free(one);
}

static void fini(struct query_table *table)
{
    struct dedup *dedup = (struct dedup *)table;
    for (size_t i = 0; i < dedup->hash.room; i++)
        if (dedup->hash.slots[i])
            one_free(dedup, (struct one *)dedup->hash.slots[i]);
    for (size_t i = 0; i < dedup->other_count; i++)
        query_row_free(table, dedup->others[i]);
    query_budget_give(table->budget, dedup->hash.room * sizeof(dedup->hash.slots[0]));
    query_hash_fini(&dedup->hash);
    free(dedup->others);
    buf_fini(&dedup->key);
}

/* False: one of the values is missing. */
static bool build_key(struct dedup *dedup, struct query_record *record)
{
    const struct query_segment *segment = dedup->base.segment;
    buf_clear(&dedup->key);
    for (size_t i = 0; i < segment->by.len; i++) {
        const struct query_value *value = query_record_get(record, segment->by.at[i]);
        if (value->type == QUERY_NULL)
            return false;
        struct str text = query_text(&record->arena, value);
        buf_add_bytes(&dedup->key, &text.len, sizeof(text.len));
        buf_add(&dedup->key, text);
    }
    return true;
}

static void add_other(struct dedup *dedup, struct query_row *row)
{
    if (dedup->other_count == dedup->other_room) {
        dedup->other_room = dedup->other_room ? dedup->other_room * 2 : 64;
        dedup->others = realloc(dedup->others, dedup->other_room * sizeof(dedup->others[0]));
        assert(dedup->others);
    }
    dedup->others[dedup->other_count++] = row;
}

/* The row is taken. */
static void one_offer(struct dedup *dedup, struct one *one, struct query_row *row)
{
    struct query_row *worse = row;
    if (query_row_compare(&dedup->base, row, one->row) < 0) {
        worse = one->row;
        one->row = row;
    }
    query_row_free(&dedup->base, worse);
}

static bool add(struct query_table *table, struct query_record *record)
{
    struct dedup *dedup = (struct dedup *)table;
    bool keyed = build_key(dedup, record);
    struct str key = buf_str(&dedup->key);
    uint64_t bits = keyed ? hash_bytes(key, 0) : 0;
    struct one *one = keyed ? (struct one *)query_hash_find(&dedup->hash, key, bits) : NULL;
    if (one && table->segment->keys.len == 0 && query_place_compare(&record->place, &one->row->place) > 0)
        return true;
    struct query_row *row = query_row_new(table, record);
    if (!row)
        return false;
    if (!keyed) {
        add_other(dedup, row);
        return true;
    }
    if (one) {
        one_offer(dedup, one, row);
        return true;
    }
    size_t bytes = sizeof(struct one) + key.len;
    if (!query_budget_take(table->budget, bytes + query_hash_growth(&dedup->hash))) {
        query_row_free(table, row);
        return false;
    }
    one = malloc(bytes);
    assert(one);
    memcpy(one->key, key.ptr, key.len);
    one->entry = (struct query_hash_entry){ bits, (uint32_t)key.len, one->key };
    one->row = row;
    one->bytes = bytes;
    query_hash_add(&dedup->hash, &one->entry);
    return true;
}

static bool merge(struct query_table *table, struct query_table *other)
{
    struct dedup *dedup = (struct dedup *)table, *from = (struct dedup *)other;
    bool good = true;
    for (size_t i = 0; i < from->hash.room; i++) {
        struct one *one = (struct one *)from->hash.slots[i];
        if (!one)
            continue;
        struct one *known = (struct one *)query_hash_find(
            &dedup->hash, str_of(one->entry.key, one->entry.key_len), one->entry.hash);
        if (known) {
            one_offer(dedup, known, one->row);
            one->row = NULL;
            one_free(from, one);
        } else if (good && query_budget_take(table->budget, query_hash_growth(&dedup->hash))) {
            query_hash_add(&dedup->hash, &one->entry);
        } else {
            good = false;
            one_free(from, one);
        }
    }
    query_budget_give(table->budget, from->hash.room * sizeof(from->hash.slots[0]));
    query_hash_fini(&from->hash);
    for (size_t i = 0; i < from->other_count; i++)
        add_other(dedup, from->others[i]);
    from->other_count = 0;
    return good;
}

static void rows(struct query_table *table, struct arena *arena, struct query_rows *ret)
{
    struct dedup *dedup = (struct dedup *)table;
    for (size_t i = 0; i < dedup->hash.room; i++)
        if (dedup->hash.slots[i])
            VEC_PUSH(arena, &ret->list, ((struct one *)dedup->hash.slots[i])->row);
    for (size_t i = 0; i < dedup->other_count; i++)
        VEC_PUSH(arena, &ret->list, dedup->others[i]);
    query_rows_sort(table, ret);
}

const struct query_table_type query_table_dedup = { sizeof(struct dedup), init, fini, add, merge, rows };
