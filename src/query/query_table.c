#include "query/query_table.h"

#include <assert.h>
#include <stdlib.h>

bool query_budget_take(struct query_budget *budget, size_t bytes)
{
    size_t before = atomic_fetch_add_explicit(&budget->used, bytes, memory_order_relaxed);
    if (before + bytes <= budget->max)
        return true;
    query_budget_give(budget, bytes);
    return false;
}

void query_budget_give(struct query_budget *budget, size_t bytes)
{
    atomic_fetch_sub_explicit(&budget->used, bytes, memory_order_relaxed);
}

static const struct query_table_type *const types[] = { [QUERY_TOP] = &query_table_top,
                                                        [QUERY_STATS] = &query_table_stats,
                                                        [QUERY_DEDUP] = &query_table_dedup,
                                                        [QUERY_PATTERN] = &query_table_pattern };

struct query_table *query_table_new(const struct query_plan *plan, const struct query_segment *segment,
                                    struct query_budget *budget)
{
    const struct query_table_type *type = types[segment->table];
    struct query_table *table = calloc(1, type->size);
    assert(table);
    *table = (struct query_table){ .type = type, .plan = plan, .segment = segment, .budget = budget };
    type->init(table);
    return table;
}

void query_table_free(struct query_table **table)
{
    if (!*table)
        return;
    (*table)->type->fini(*table);
    arena_fini(&(*table)->scratch);
    free(*table);
    *table = NULL;
}

static void tidy(struct query_table *table)
{
    if (table->scratch.used > 65536)
        arena_reset(&table->scratch);
}

bool query_table_add(struct query_table *table, struct query_record *record)
{
    tidy(table);
    return table->type->add(table, record);
}

bool query_table_merge(struct query_table *table, struct query_table *from)
{
    return table->type->merge(table, from);
}

void query_table_rows(struct query_table *table, struct arena *arena, struct query_rows *ret)
{
    *ret = (struct query_rows){ 0 };
    table->type->rows(table, arena, ret);
}

/* ---- rows ---- */

size_t query_kept_at(const struct query_segment *segment, uint16_t slot)
{
    for (size_t i = 0; i < segment->kept.len; i++)
        if (segment->kept.at[i] == slot)
            return i;
    return SIZE_MAX;
}

/* Maps and lists are kept as their text, and read again when the row is; so a row is one piece. */
struct query_row *query_row_new(struct query_table *table, struct query_record *record)
{
    const struct query_segment *segment = table->segment;
    size_t count = segment->kept.len, text_bytes = 0;
    for (size_t i = 0; i < count; i++) {
        const struct query_value *value = query_record_get(record, segment->kept.at[i]);
        if (value->type == QUERY_JSON)
            text_bytes += json_text(&record->arena, value->json).len;
        else if (value->type == QUERY_TEXT)
            text_bytes += value->text.len;
    }
    size_t bytes = sizeof(struct query_row) + count * sizeof(struct query_value) + text_bytes;
    if (!query_budget_take(table->budget, bytes))
        return NULL;
    struct query_row *row = malloc(bytes);
    assert(row);
    char *text = (char *)&row->values[count];
    row->origin = record->origin;
    row->place = record->place;
    row->bytes = bytes;
    for (size_t i = 0; i < count; i++) {
        struct query_value value = *query_record_get(record, segment->kept.at[i]);
        if (value.type == QUERY_JSON || value.type == QUERY_TEXT) {
            struct str from = value.type == QUERY_JSON ? json_text(&record->arena, value.json) : value.text;
            if (from.len)
                memcpy(text, from.ptr, from.len);
            value.text = str_of(text, from.len);
            text += from.len;
        }
        row->values[i] = value;
    }
    return row;
}

void query_row_free(struct query_table *table, struct query_row *row)
{
    if (!row)
        return;
    query_budget_give(table->budget, row->bytes);
    free(row);
}

/* ---- order ---- */

/* Of a row's value, which keeps maps and lists as text. */
static struct query_value row_value(const struct query_row *row, size_t i)
{
    struct query_value value = row->values[i];
    if (value.type == QUERY_JSON)
        value.type = QUERY_TEXT;
    return value;
}

int query_row_compare(struct query_table *table, const struct query_row *a, const struct query_row *b)
{
    const struct query_segment *segment = table->segment;
    tidy(table);
    for (size_t i = 0; i < segment->keys.len; i++) { /* they are kept first */
        struct query_value x = row_value(a, i), y = row_value(b, i);
        int order = query_sort_compare(&table->scratch, &x, &y);
        if (order)
            return segment->keys.at[i].descending ? -order : order;
    }
    return query_place_compare(&a->place, &b->place);
}

static void sort_merge(const void **items, size_t count, const void **room,
                       int (*compare)(void *self, const void *a, const void *b), void *self)
{
    if (count < 2)
        return;
    size_t half = count / 2, i = 0, j = half, out = 0;
    sort_merge(items, half, room, compare, self);
    sort_merge(items + half, count - half, room, compare, self);
    memcpy(room, items, half * sizeof(items[0]));
    while (i < half && j < count)
        items[out++] = compare(self, room[i], items[j]) <= 0 ? room[i++] : items[j++];
    while (i < half)
        items[out++] = room[i++];
}

void query_sort(const void **items, size_t count, int (*compare)(void *self, const void *a, const void *b),
                void *self)
{
    if (count < 2)
        return;
    const void **room = malloc(count * sizeof(room[0]));
    assert(room);
    sort_merge(items, count, room, compare, self);
    free(room);
}

static int row_order(void *self, const void *a, const void *b)
{
    return query_row_compare(self, a, b);
}

void query_rows_sort(struct query_table *table, struct query_rows *rows)
{
    query_sort((const void **)rows->list.at, rows->list.len, row_order, table);
}
