/* query_table_stats.c - groups by their values, and states of what is counted.
 *
 * A group is one allocation:
 *
 *   | struct group | values of by | states, 8 bytes aligned | texts of the values | key |
 *
 *   key: for each value: kind u8 (0: nothing, 1: a moment, 2: text) | moment i64, or length u32 and text |
 */
#include "base/map.h"
#include "query/query_aggregate.h"
#include "query/query_hash.h"

#include <assert.h>

struct group {
    struct query_hash_entry entry; /* first */
    size_t bytes;
    struct query_value by[];
};

struct stats {
    struct query_table base;
    struct query_hash hash;
    size_t states_bytes;
    struct buf key;     /* being built */
    struct group *last; /* found last: the next record is often of the same */
};

static void init(struct query_table *table)
{
    struct stats *stats = (struct stats *)table;
    for (size_t i = 0; i < table->segment->aggregates.len; i++)
        stats->states_bytes += query_state_size(&table->segment->aggregates.at[i]);
    buf_init(&stats->key, 0);
}

static char *group_states(const struct stats *stats, const struct group *group)
{
    return (char *)(uintptr_t)&group->by[stats->base.segment->by.len];
}

static void group_free(struct stats *stats, struct group *group)
{
    char *state = group_states(stats, group);
    for (size_t i = 0; i < stats->base.segment->aggregates.len; i++) {
        const struct query_aggregate *aggregate = &stats->base.segment->aggregates.at[i];
        query_state_fini(aggregate, state, stats->base.budget);
        state += query_state_size(aggregate);
    }
    query_budget_give(stats->base.budget, group->bytes);
    free(group);
}

static void fini(struct query_table *table)
{
    struct stats *stats = (struct stats *)table;
    for (size_t i = 0; i < stats->hash.room; i++)
        if (stats->hash.slots[i])
            group_free(stats, (struct group *)stats->hash.slots[i]);
    query_budget_give(table->budget, stats->hash.room * sizeof(stats->hash.slots[0]));
    query_hash_fini(&stats->hash);
    buf_fini(&stats->key);
}

/* ---- keys ---- */

static void key_value(struct stats *stats, struct query_record *record, const struct query_value *value)
{
    struct buf *key = &stats->key;
    if (value->type == QUERY_NULL) {
        buf_add_char(key, 0);
    } else if (value->type == QUERY_TIME) {
        int64_t time_ms = (int64_t)value->number;
        buf_add_char(key, 1);
        buf_add_bytes(key, &time_ms, sizeof(time_ms));
    } else {
        struct str text = query_text(&record->arena, value);
        uint32_t len = (uint32_t)text.len;
        buf_add_char(key, 2);
        buf_add_bytes(key, &len, sizeof(len));
        buf_add(key, text);
    }
}

/* Values from the key's bytes, whose texts they point to. */
static void read_key(struct str key, struct query_value *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char kind = key.ptr[0];
        key = str_from_offset(key, 1);
        values[i] = query_null();
        if (kind == 1) {
            int64_t time_ms;
            memcpy(&time_ms, key.ptr, sizeof(time_ms));
            values[i] = query_of_time(time_ms);
            key = str_from_offset(key, sizeof(time_ms));
        } else if (kind == 2) {
            uint32_t len;
            memcpy(&len, key.ptr, sizeof(len));
            key = str_from_offset(key, sizeof(len));
            values[i] = query_of_text(len ? str_slice(key, 0, len) : STR(""));
            key = str_from_offset(key, len);
        }
    }
}

static struct group *group_new(struct stats *stats, uint64_t bits)
{
    size_t by = stats->base.segment->by.len, key_len = stats->key.len;
    size_t bytes = sizeof(struct group) + by * sizeof(struct query_value) + stats->states_bytes + key_len;
    if (!query_budget_take(stats->base.budget, bytes + query_hash_growth(&stats->hash)))
        return NULL;
    struct group *group = calloc(1, bytes);
    assert(group);
    char *key = group_states(stats, group) + stats->states_bytes;
    if (key_len)
        memcpy(key, stats->key.ptr, key_len);
    group->bytes = bytes;
    group->entry = (struct query_hash_entry){ bits, (uint32_t)key_len, key };
    read_key(str_of(key, key_len), group->by, by);
    query_hash_add(&stats->hash, &group->entry);
    return group;
}

static bool add(struct query_table *table, struct query_record *record)
{
    struct stats *stats = (struct stats *)table;
    const struct query_segment *segment = table->segment;
    buf_clear(&stats->key);
    for (size_t i = 0; i < segment->by.len; i++)
        key_value(stats, record, query_record_get(record, segment->by.at[i]));
    struct str key = buf_str(&stats->key);
    struct group *group = stats->last;
    if (!group || !str_eq(str_of(group->entry.key, group->entry.key_len), key)) {
        uint64_t bits = hash_bytes(key, 0);
        group = (struct group *)query_hash_find(&stats->hash, key, bits);
        if (!group)
            group = group_new(stats, bits);
        if (!group)
            return false;
        stats->last = group;
    }
    char *state = group_states(stats, group);
    for (size_t i = 0; i < segment->aggregates.len; i++) {
        if (!query_state_add(&segment->aggregates.at[i], state, record, table->budget))
            return false;
        state += query_state_size(&segment->aggregates.at[i]);
    }
    return true;
}

/* ---- merge ---- */

static bool merge_states(struct stats *stats, struct group *group, struct group *from)
{
    const struct query_segment *segment = stats->base.segment;
    char *state = group_states(stats, group), *other = group_states(stats, from);
    bool good = true;
    for (size_t i = 0; good && i < segment->aggregates.len; i++) {
        const struct query_aggregate *aggregate = &segment->aggregates.at[i];
        good = query_state_merge(aggregate, state, other, &stats->base.scratch, stats->base.budget);
        state += query_state_size(aggregate);
        other += query_state_size(aggregate);
    }
    return good;
}

static bool merge(struct query_table *table, struct query_table *other)
{
    struct stats *stats = (struct stats *)table, *from = (struct stats *)other;
    bool good = true;
    stats->last = from->last = NULL;
    for (size_t i = 0; i < from->hash.room; i++) {
        struct group *group = (struct group *)from->hash.slots[i];
        if (!group)
            continue;
        struct str key = str_of(group->entry.key, group->entry.key_len);
        struct group *known = (struct group *)query_hash_find(&stats->hash, key, group->entry.hash);
        if (good && !known) {
            good = query_budget_take(table->budget, query_hash_growth(&stats->hash));
            if (good) {
                query_hash_add(&stats->hash, &group->entry);
                continue;
            }
        }
        good = good && merge_states(stats, known, group);
        group_free(from, group);
    }
    query_budget_give(table->budget, from->hash.room * sizeof(from->hash.slots[0]));
    query_hash_fini(&from->hash);
    return good;
}

/* ---- rows ---- */

static int group_order(void *self, const void *a, const void *b)
{
    struct stats *stats = self;
    const struct group *x = a, *y = b;
    for (size_t i = 0; i < stats->base.segment->by.len; i++) {
        int order = query_sort_compare(&stats->base.scratch, &x->by[i], &y->by[i]);
        if (order)
            return order;
    }
    return str_compare(str_of(x->entry.key, x->entry.key_len), str_of(y->entry.key, y->entry.key_len));
}

static const struct query_row *row_of(struct stats *stats, struct arena *arena, const struct group *group)
{
    const struct query_segment *segment = stats->base.segment;
    struct query_row *row =
        arena_alloc(arena, sizeof(struct query_row) + segment->kept.len * sizeof(struct query_value));
    for (size_t i = 0; i < segment->by.len; i++) {
        size_t at = query_kept_at(segment, segment->by.at[i]);
        if (at != SIZE_MAX)
            row->values[at] = group->by[i];
    }
    const char *state = group_states(stats, group);
    for (size_t i = 0; i < segment->aggregates.len; i++) {
        const struct query_aggregate *aggregate = &segment->aggregates.at[i];
        size_t at = query_kept_at(segment, aggregate->slot);
        if (at != SIZE_MAX)
            row->values[at] = query_state_result(aggregate, state, arena);
        state += query_state_size(aggregate);
    }
    return row;
}

static void rows(struct query_table *table, struct arena *arena, struct query_rows *ret)
{
    struct stats *stats = (struct stats *)table;
    VEC(const void *) groups = { 0 };
    for (size_t i = 0; i < stats->hash.room; i++)
        if (stats->hash.slots[i])
            VEC_PUSH(arena, &groups, (const void *)stats->hash.slots[i]);
    query_sort(groups.at, groups.len, group_order, stats);
    for (size_t i = 0; i < groups.len; i++) {
        if (arena->used > table->budget->max) {
            ret->over = true;
            return;
        }
        VEC_PUSH(arena, &ret->list, row_of(stats, arena, groups.at[i]));
    }
}

const struct query_table_type query_table_stats = { sizeof(struct stats), init, fini, add, merge, rows };
