/* query_table.h - what the records of a segment are gathered in.
 *
 *     TOP      the first so many of an order         DEDUP    the first of each combination of values
 *     STATS    groups, and what is counted of each    PATTERN  texts that are alike, counted
 *
 * Every thread has its own; at the end they are put together, and the rows do not depend on how the records were
 * spread. A table that would need more than its budget stops taking, and its query fails.
 *
 * Threads: a table is of one at a time; a budget of many.
 */
#ifndef QUERY_QUERY_TABLE_H
#define QUERY_QUERY_TABLE_H

#include "query/query_record.h"

#include <stdatomic.h>

/* Bytes that all tables of one query may take together. */
struct query_budget {
    atomic_size_t used;
    size_t max;
};
/* Bytes more, or fewer. False: over; nothing was taken. */
bool query_budget_take(struct query_budget *budget, size_t bytes);
void query_budget_give(struct query_budget *budget, size_t bytes);

struct query_table;

struct query_rows {
    VEC(const struct query_row *) list; /* in order; of the table, or of the arena */
    bool over;                          /* the arena would have held more than the budget */
};

struct query_table *query_table_new(const struct query_plan *plan, const struct query_segment *segment,
                                    struct query_budget *budget);
void query_table_free(struct query_table **table);
/* False: over the budget. */
bool query_table_add(struct query_table *table, struct query_record *record);
/* from is emptied. False: over the budget. */
bool query_table_merge(struct query_table *table, struct query_table *from);
/* Rows as they are now; the table is not changed, and must not change while they are used. */
void query_table_rows(struct query_table *table, struct arena *arena, struct query_rows *ret);

/* ---- for those who make tables: one file each ---- */

struct query_table {
    const struct query_table_type *type;
    const struct query_plan *plan;
    const struct query_segment *segment;
    struct query_budget *budget;
    struct arena scratch; /* of comparisons; emptied now and then */
};

struct query_table_type {
    size_t size;
    void (*init)(struct query_table *table);
    void (*fini)(struct query_table *table);
    bool (*add)(struct query_table *table, struct query_record *record);
    bool (*merge)(struct query_table *table, struct query_table *from);
    void (*rows)(struct query_table *table, struct arena *arena, struct query_rows *ret);
};
extern const struct query_table_type query_table_top, query_table_stats, query_table_dedup,
    query_table_pattern;

/* A row of what the segment keeps, with its texts, in one allocation that is the budget's; NULL: over. */
struct query_row *query_row_new(struct query_table *table, struct query_record *record);
void query_row_free(struct query_table *table, struct query_row *row);
/* By the segment's keys, then by place. */
int query_row_compare(struct query_table *table, const struct query_row *a, const struct query_row *b);
void query_rows_sort(struct query_table *table, struct query_rows *rows);
/* Pointers, stable. */
void query_sort(const void **items, size_t count, int (*compare)(void *self, const void *a, const void *b),
                void *self);
/* Where a slot stands among what the segment keeps; SIZE_MAX: nobody asks for it. */
size_t query_kept_at(const struct query_segment *segment, uint16_t slot);

#endif
