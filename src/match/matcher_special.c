/* What a field asks for beyond keys that are equal: the features of its keys, and rows. */
#include "match/matcher_index.h"

enum { ROWS_FIRST = 4, RANGES_MAX = 64 /* looked through one by one */ };

static size_t features_bytes(uint32_t count)
{
    return sizeof(struct matcher_features) + count * (2 * sizeof(uint32_t));
}

static size_t rows_bytes(uint32_t room)
{
    return sizeof(struct matcher_rows) + room * sizeof(struct matcher_row);
}

/* ---- features ---- */

static uint32_t feature_at(const struct matcher_features *features, uint32_t feature)
{
    uint32_t low = 0, high = features ? features->count : 0;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (features->at[middle].feature < feature)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void feature_add(struct matcher_index *index, struct matcher_special *special, unsigned kind,
                        uint32_t feature)
{
    struct matcher_features *old = atomic_load(&special->features[kind]);
    uint32_t at = feature_at(old, feature), count = old ? old->count : 0;
    if (at < count && old->at[at].feature == feature) {
        old->at[at].uses++;
        return;
    }
    struct matcher_features *grown = matcher_memory_alloc(index->memory, features_bytes(count + 1));
    grown->count = count + 1;
    for (uint32_t i = 0; i < count; i++)
        grown->at[i < at ? i : i + 1] = old->at[i];
    grown->at[at].feature = feature;
    grown->at[at].uses = 1;
    atomic_store_explicit(&special->features[kind], grown, memory_order_release);
    if (old)
        matcher_memory_retire(index->memory, old, features_bytes(count));
}

static void feature_remove(struct matcher_index *index, struct matcher_special *special, unsigned kind,
                           uint32_t feature)
{
    struct matcher_features *old = atomic_load(&special->features[kind]), *less = NULL;
    uint32_t at = feature_at(old, feature);
    if (--old->at[at].uses)
        return;
    if (old->count > 1) {
        less = matcher_memory_alloc(index->memory, features_bytes(old->count - 1));
        less->count = old->count - 1;
        for (uint32_t i = 0; i < less->count; i++)
            less->at[i] = old->at[i < at ? i : i + 1];
    }
    atomic_store_explicit(&special->features[kind], less, memory_order_release);
    matcher_memory_retire(index->memory, old, features_bytes(old->count));
}

/* ---- rows ---- */

static struct matcher_rows *rows_rebuild(struct matcher_index *index, const struct matcher_rows *old,
                                         uint32_t room)
{
    struct matcher_rows *rows = matcher_memory_alloc(index->memory, rows_bytes(room));
    uint32_t used = 0;
    rows->room = room;
    for (uint32_t i = 0; old && i < atomic_load(&old->used); i++) {
        struct matcher_branch *branch = atomic_load(&old->at[i].branch);
        if (!branch)
            continue;
        rows->at[used].a = old->at[i].a;
        rows->at[used].b = old->at[i].b;
        atomic_store_explicit(&rows->at[used].branch, branch, memory_order_relaxed);
        branch->row = used++;
    }
    atomic_store_explicit(&rows->used, used, memory_order_relaxed);
    rows->live = used;
    return rows;
}

static void rows_replace(struct matcher_index *index, struct matcher_special *special, unsigned kind,
                         struct matcher_rows *rows)
{
    struct matcher_rows *old = atomic_load(&special->rows[kind]);
    atomic_store_explicit(&special->rows[kind], rows, memory_order_release);
    if (old)
        matcher_memory_retire(index->memory, old, rows_bytes(old->room));
}

static void row_add(struct matcher_index *index, struct matcher_special *special,
                    struct matcher_branch *branch, const struct matcher_key *key)
{
    struct matcher_rows *rows = atomic_load(&special->rows[key->row_kind]);
    uint32_t used = rows ? atomic_load(&rows->used) : 0;
    if (key->row_kind == ROWS_RANGE && rows && rows->live == RANGES_MAX) {
        matcher_runs_take(index, special, rows);
        rows_replace(index, special, ROWS_RANGE, NULL);
        rows = NULL;
    }
    if (!rows || used == rows->room) {
        uint32_t room = !rows ? ROWS_FIRST : rows->live > rows->room / 2 ? rows->room * 2 : rows->room;
        rows = rows_rebuild(index, rows, room);
        rows_replace(index, special, key->row_kind, rows);
        used = atomic_load(&rows->used);
    }
    rows->at[used].a = key->a;
    rows->at[used].b = key->b;
    atomic_store_explicit(&rows->at[used].branch, branch, memory_order_relaxed);
    atomic_store_explicit(&rows->used, used + 1, memory_order_release);
    rows->live++;
    branch->row = used;
}

static void row_remove(struct matcher_index *index, struct matcher_special *special,
                       struct matcher_branch *branch)
{
    struct matcher_rows *rows = atomic_load(&special->rows[branch->row_kind]);
    if (branch->row_kind == ROWS_RANGE && branch->feature) {
        matcher_runs_remove(index, special, branch);
        return;
    }
    atomic_store_explicit(&rows->at[branch->row].branch, NULL, memory_order_release);
    if (--rows->live == 0)
        rows_replace(index, special, branch->row_kind, NULL);
    else if (rows->room > ROWS_FIRST && rows->live < rows->room / 4)
        rows_replace(index, special, branch->row_kind, rows_rebuild(index, rows, rows->room / 2));
}

/* ---- both ---- */

static bool is_special(const struct matcher_branch *branch)
{
    return branch->feature_kind != FEATURE_NONE || branch->row_kind != ROWS_NONE ||
           branch->kind == TEST_EXISTS || branch->kind == TEST_IGNORE_CASE;
}

void matcher_special_add(struct matcher_index *index, struct matcher_field *field,
                         struct matcher_branch *branch, const struct matcher_key *key)
{
    if (!is_special(branch))
        return;
    struct matcher_special *special = atomic_load(&field->special), *made = NULL;
    if (!special)
        special = made = matcher_memory_alloc(index->memory, sizeof(*special));
    if (key->feature_kind != FEATURE_NONE)
        feature_add(index, special, key->feature_kind, key->feature);
    else if (key->row_kind != ROWS_NONE)
        row_add(index, special, branch, key);
    else if (key->kind == TEST_EXISTS)
        atomic_store_explicit(&special->any, branch, memory_order_release);
    else
        (void)atomic_fetch_add_explicit(&special->ignore_case, 1, memory_order_release);
    if (made)
        atomic_store_explicit(&field->special, made, memory_order_release);
}

static bool is_empty(struct matcher_special *special)
{
    for (unsigned i = 0; i < FEATURE_COUNT; i++)
        if (atomic_load(&special->features[i]))
            return false;
    for (unsigned i = 0; i < ROWS_COUNT; i++)
        if (atomic_load(&special->rows[i]))
            return false;
    return !atomic_load(&special->runs) && !atomic_load(&special->any) && !atomic_load(&special->ignore_case);
}

void matcher_special_remove(struct matcher_index *index, struct matcher_field *field,
                            struct matcher_branch *branch)
{
    struct matcher_special *special = atomic_load(&field->special);
    if (!is_special(branch))
        return;
    if (branch->feature_kind != FEATURE_NONE)
        feature_remove(index, special, branch->feature_kind, branch->feature);
    else if (branch->row_kind != ROWS_NONE)
        row_remove(index, special, branch);
    else if (branch->kind == TEST_EXISTS)
        atomic_store_explicit(&special->any, NULL, memory_order_release);
    else
        (void)atomic_fetch_sub_explicit(&special->ignore_case, 1, memory_order_release);
    if (!is_empty(special))
        return;
    atomic_store_explicit(&field->special, NULL, memory_order_release);
    matcher_memory_retire(index->memory, special, sizeof(*special));
}
