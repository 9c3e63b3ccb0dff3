/* Many ranges of one field. Each run is sorted by the lower end, and knows for each of its parts how far up the ranges
 * there reach, as a tree that lies in the array:
 *
 *     rows   [1,5] [2,3] [4,9] [4,4] [6,7]       middle of all: [4,9], of the left part: [2,3], of the right: [6,7]
 *     most     5     5     9     4     7         of the part of which it is the middle
 *
 * Ranges come into the field's rows first, which are looked through one by one. When these are many they become a
 * run, and runs are merged while the one before is not at least twice as long: so there are few, and each range is
 * moved a few times. */
#include "match/matcher_index.h"

#include <assert.h>
#include <stdlib.h>

static double low_of(const struct matcher_row *row)
{
    double low;
    memcpy(&low, &row->a, sizeof(low));
    return low;
}

static double high_of(const struct matcher_row *row)
{
    double high;
    memcpy(&high, &row->b, sizeof(high));
    return high;
}

static size_t run_bytes(uint32_t count)
{
    return sizeof(struct matcher_run) + count * (sizeof(struct matcher_row) + sizeof(double));
}

static size_t runs_bytes(uint32_t count)
{
    return sizeof(struct matcher_runs) + count * sizeof(struct matcher_run *);
}

/* ---- one run ---- */

/* As deep as the logarithm of the run's length. */
static double reach(struct matcher_run *run, double *most, uint32_t start, uint32_t end)
{
    if (start == end)
        return (double)-INFINITY;
    uint32_t middle = start + (end - start) / 2;
    double left = reach(run, most, start, middle), right = reach(run, most, middle + 1, end);
    most[middle] = fmax(high_of(&run->rows[middle]), fmax(left, right));
    return most[middle];
}

static struct matcher_run *run_new(struct matcher_index *index, uint32_t count)
{
    struct matcher_run *run = matcher_memory_alloc(index->memory, run_bytes(count));
    run->count = run->live = count;
    return run;
}

/* The row moves to the run's next free place. */
static void run_put(struct matcher_run *run, uint32_t *at, const struct matcher_row *row,
                    struct matcher_branch *branch)
{
    run->rows[*at].a = row->a;
    run->rows[*at].b = row->b;
    atomic_store_explicit(&run->rows[*at].branch, branch, memory_order_relaxed);
    ++*at;
}

/* Its rows are there, under a number of its own. */
static void run_finish(struct matcher_run *run, uint32_t number)
{
    run->number = number;
    for (uint32_t i = 0; i < run->count; i++) {
        struct matcher_branch *branch = atomic_load_explicit(&run->rows[i].branch, memory_order_relaxed);
        branch->feature = number;
        branch->row = i;
    }
    (void)reach(run, matcher_run_most(run), 0, run->count);
}

/* The next row from at on that has a branch. */
static struct matcher_branch *next_live(const struct matcher_run *run, uint32_t *at)
{
    for (; *at < run->count; ++*at) {
        struct matcher_branch *branch = atomic_load_explicit(&run->rows[*at].branch, memory_order_relaxed);
        if (branch)
            return branch;
    }
    return NULL;
}

static struct matcher_run *run_merge(struct matcher_index *index, const struct matcher_run *a,
                                     const struct matcher_run *b)
{
    struct matcher_run *run = run_new(index, a->live + (b ? b->live : 0));
    uint32_t at = 0, in_a = 0, in_b = 0;
    struct matcher_branch *from_a = next_live(a, &in_a), *from_b = b ? next_live(b, &in_b) : NULL;
    while (from_a || from_b) {
        if (from_a && (!from_b || low_of(&a->rows[in_a]) <= low_of(&b->rows[in_b]))) {
            run_put(run, &at, &a->rows[in_a++], from_a);
            from_a = next_live(a, &in_a);
        } else {
            run_put(run, &at, &b->rows[in_b++], from_b);
            from_b = next_live(b, &in_b);
        }
    }
    assert(at == run->count);
    return run;
}

static int row_order(const void *left, const void *right)
{
    double a = low_of(left), b = low_of(right);
    return (a > b) - (a < b);
}

static struct matcher_run *run_of_rows(struct matcher_index *index, const struct matcher_rows *rows)
{
    struct matcher_run *run = run_new(index, rows->live);
    uint32_t at = 0;
    for (uint32_t i = 0; at < run->count; i++) {
        struct matcher_branch *branch = atomic_load_explicit(&rows->at[i].branch, memory_order_relaxed);
        if (branch)
            run_put(run, &at, &rows->at[i], branch);
    }
    qsort(run->rows, run->count, sizeof(struct matcher_row), row_order);
    return run;
}

/* ---- the runs of a field ---- */

static void runs_show(struct matcher_index *index, struct matcher_special *special, struct matcher_runs *runs)
{
    struct matcher_runs *old = atomic_load(&special->runs);
    atomic_store_explicit(&special->runs, runs, memory_order_release);
    if (old)
        matcher_memory_retire(index->memory, old, runs_bytes(old->count));
}

static uint32_t number_unused(const struct matcher_runs *runs, uint32_t count)
{
    uint32_t number = 1;
    for (uint32_t i = 0; i < count; i++)
        if (runs->at[i]->number >= number)
            number = runs->at[i]->number + 1;
    return number;
}

void matcher_runs_take(struct matcher_index *index, struct matcher_special *special,
                       const struct matcher_rows *rows)
{
    struct matcher_runs *old = atomic_load(&special->runs);
    struct matcher_run *run = run_of_rows(index, rows);
    uint32_t count = old ? old->count : 0, kept = count;
    for (; kept > 0 && old->at[kept - 1]->live < 2 * run->live; kept--) {
        struct matcher_run *merged = run_merge(index, old->at[kept - 1], run);
        matcher_memory_free(index->memory, run, run_bytes(run->count));
        run = merged;
    }
    run_finish(run, number_unused(old, kept));
    struct matcher_runs *runs = matcher_memory_alloc(index->memory, runs_bytes(kept + 1));
    runs->count = kept + 1;
    for (uint32_t i = 0; i < kept; i++)
        runs->at[i] = old->at[i];
    runs->at[kept] = run;
    for (uint32_t i = kept; i < count; i++)
        matcher_memory_retire(index->memory, old->at[i], run_bytes(old->at[i]->count));
    runs_show(index, special, runs);
}

/* Its number stays. NULL: it goes. */
static void run_replace(struct matcher_index *index, struct matcher_special *special, uint32_t at,
                        struct matcher_run *run)
{
    struct matcher_runs *old = atomic_load(&special->runs), *runs = NULL;
    uint32_t count = run ? old->count : old->count - 1, kept = 0;
    if (count) {
        runs = matcher_memory_alloc(index->memory, runs_bytes(count));
        runs->count = count;
        for (uint32_t i = 0; i < old->count; i++)
            if (i != at)
                runs->at[kept++] = old->at[i];
            else if (run)
                runs->at[kept++] = run;
    }
    matcher_memory_retire(index->memory, old->at[at], run_bytes(old->at[at]->count));
    runs_show(index, special, runs);
}

static uint32_t run_at(const struct matcher_runs *runs, uint32_t number)
{
    uint32_t at = 0;
    while (runs->at[at]->number != number)
        at++;
    return at;
}

struct matcher_row *matcher_runs_row(const struct matcher_special *special,
                                     const struct matcher_branch *branch)
{
    struct matcher_runs *runs = atomic_load(&special->runs);
    return &runs->at[run_at(runs, branch->feature)]->rows[branch->row];
}

void matcher_runs_remove(struct matcher_index *index, struct matcher_special *special,
                         const struct matcher_branch *branch)
{
    struct matcher_runs *runs = atomic_load(&special->runs);
    uint32_t at = run_at(runs, branch->feature);
    struct matcher_run *run = runs->at[at];
    atomic_store_explicit(&run->rows[branch->row].branch, NULL, memory_order_release);
    if (--run->live > run->count / 2)
        return;
    struct matcher_run *less = run->live ? run_merge(index, run, NULL) : NULL;
    if (less)
        run_finish(less, run->number);
    run_replace(index, special, at, less);
}
