/* query_aggregate.h - what stats counts of a group: one state each, that can be put together with another.
 *
 * Truths: 1. The result does not depend on the order in which values come, nor on how they are spread: sums are kept
 *            in twice the digits and rounded once; of equal values the one whose text sorts first is shown.
 *         2. Percentiles are exact (the value of that rank) up to QUERY_PERCENTILE_EXACT values of a group, then right
 *            within 0.5% of the value; distinct values are counted exactly up to QUERY_DISTINCT_EXACT of a group,
 *            then within about 1%.
 */
#ifndef QUERY_QUERY_AGGREGATE_H
#define QUERY_QUERY_AGGREGATE_H

#include "query/query_table.h"

enum { QUERY_PERCENTILE_EXACT = 65536, QUERY_DISTINCT_EXACT = 65536 };

/* Bytes of a state, a multiple of 8; it begins as zeros. */
size_t query_state_size(const struct query_aggregate *aggregate);
/* Each false: over the budget. scratch: for comparisons. */
bool query_state_add(const struct query_aggregate *aggregate, void *state, struct query_record *record,
                     struct query_budget *budget);
/* from is left empty. */
bool query_state_merge(const struct query_aggregate *aggregate, void *state, void *from,
                       struct arena *scratch, struct query_budget *budget);
struct query_value query_state_result(const struct query_aggregate *aggregate, const void *state,
                                      struct arena *arena);
void query_state_fini(const struct query_aggregate *aggregate, void *state, struct query_budget *budget);

/* ---- the two that can grow; files of their own ---- */

struct query_sample { /* of numbers, for percentiles */
    uint64_t count;
    double *values; /* while there are few: all of them */
    size_t room;
    struct query_sketch *sketch; /* then how many are of each size */
};
bool query_sample_add(struct query_sample *sample, double value, struct query_budget *budget);
bool query_sample_merge(struct query_sample *sample, struct query_sample *from, struct query_budget *budget);
bool query_sample_percentile(const struct query_sample *sample, double percentile, double *ret);
void query_sample_fini(struct query_sample *sample, struct query_budget *budget);

struct query_distinct { /* of texts */
    uint64_t *hashes;   /* while there are few: of each, 0: free */
    size_t room, count;
    uint8_t *registers; /* then a HyperLogLog */
};
bool query_distinct_add(struct query_distinct *distinct, struct str text, struct query_budget *budget);
bool query_distinct_merge(struct query_distinct *distinct, struct query_distinct *from,
                          struct query_budget *budget);
uint64_t query_distinct_count(const struct query_distinct *distinct);
void query_distinct_fini(struct query_distinct *distinct, struct query_budget *budget);

#endif
