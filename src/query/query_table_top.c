/* query_table_top.c - the first so many rows of an order: a heap whose root is the last of them. */
#include "query/query_table.h"

#include <assert.h>
#include <stdlib.h>

struct top {
    struct query_table base;
    struct query_row **heap;
    size_t count, room;
};

static void init(struct query_table *table)
{
    (void)table;
}

static void empty(struct top *top)
{
    for (size_t i = 0; i < top->count; i++)
        query_row_free(&top->base, top->heap[i]);
    top->count = 0;
}

static void fini(struct query_table *table)
{
    struct top *top = (struct top *)table;
    empty(top);
    free(top->heap);
}

static bool behind(struct top *top, const struct query_row *a, const struct query_row *b)
{
    return query_row_compare(&top->base, a, b) > 0;
}

static void swap(struct top *top, size_t i, size_t j)
{
    struct query_row *row = top->heap[i];
    top->heap[i] = top->heap[j];
    top->heap[j] = row;
}

static void sift_down(struct top *top)
{
    for (size_t at = 0;;) {
        size_t last = at, left = at * 2 + 1;
        for (size_t child = left; child < left + 2 && child < top->count; child++)
            if (behind(top, top->heap[child], top->heap[last]))
                last = child;
        if (last == at)
            return;
        swap(top, at, last);
        at = last;
    }
}

static void put(struct top *top, struct query_row *row)
{
    if (top->count == top->base.segment->limit) {
        if (behind(top, row, top->heap[0])) {
            query_row_free(&top->base, row);
            return;
        }
        query_row_free(&top->base, top->heap[0]);
        top->heap[0] = row;
        sift_down(top);
        return;
    }
    if (top->count == top->room) {
        top->room = top->room ? top->room * 2 : 64;
        top->heap = realloc(top->heap, top->room * sizeof(top->heap[0]));
        assert(top->heap);
    }
    top->heap[top->count++] = row;
    for (size_t at = top->count - 1; at > 0 && behind(top, top->heap[at], top->heap[(at - 1) / 2]);
         at = (at - 1) / 2)
        swap(top, at, (at - 1) / 2);
}

/* Whether the record lies behind the root, without making a row of it. */
static bool record_behind(struct top *top, struct query_record *record)
{
    const struct query_segment *segment = top->base.segment;
    const struct query_row *root = top->heap[0];
    for (size_t i = 0; i < segment->keys.len; i++) {
        const struct query_value *value = query_record_get(record, segment->keys.at[i].slot);
        struct query_value other = root->values[i];
        if (value->type == QUERY_JSON || other.type == QUERY_JSON)
            return false; /* put looks closer */
        int order = query_sort_compare(&record->arena, value, &other);
        if (order)
            return segment->keys.at[i].descending ? order < 0 : order > 0;
    }
    return query_place_compare(&record->place, &root->place) > 0;
}

static bool add(struct query_table *table, struct query_record *record)
{
    struct top *top = (struct top *)table;
    if (top->count == table->segment->limit && record_behind(top, record))
        return true;
    struct query_row *row = query_row_new(table, record);
    if (row)
        put(top, row);
    return row != NULL;
}

static bool merge(struct query_table *table, struct query_table *other)
{
    struct top *top = (struct top *)table, *from = (struct top *)other;
    for (size_t i = 0; i < from->count; i++)
        put(top, from->heap[i]);
    from->count = 0;
    return true;
}

static void rows(struct query_table *table, struct arena *arena, struct query_rows *ret)
{
    struct top *top = (struct top *)table;
    for (size_t i = 0; i < top->count; i++)
        VEC_PUSH(arena, &ret->list, top->heap[i]);
    query_rows_sort(table, ret);
}

const struct query_table_type query_table_top = { sizeof(struct top), init, fini, add, merge, rows };
