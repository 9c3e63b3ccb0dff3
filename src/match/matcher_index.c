/* Lists, tables and branches: what the index is made of, as the writer changes it. */
#include "match/matcher_index.h"

#include <assert.h>

enum { LIST_SHRINKS = 8, TABLE_FIRST = 4 };

/* ---- lists ---- */

static size_t list_bytes(uint32_t room)
{
    return sizeof(struct matcher_list) + room * (sizeof(struct matcher_conjunction *) + sizeof(uint64_t));
}

static void list_put(struct matcher_list *list, uint32_t position, struct matcher_conjunction *conjunction)
{
    uint64_t mask = 0;
    for (uint32_t i = 0; i < conjunction->ref_count; i++)
        if (conjunction->refs[i].slot & REF_EXACT)
            mask |= matcher_bit(conjunction->refs[i].slot & ~REF_EXACT, conjunction->refs[i].hash);
    atomic_store_explicit(&list->masks[position], mask, memory_order_relaxed);
    atomic_store_explicit(&matcher_list_at(list)[position], conjunction, memory_order_relaxed);
}

static void listing_move(struct matcher_conjunction *conjunction, const struct matcher_branch *branch,
                         uint32_t from, uint32_t to)
{
    struct matcher_filing *filing = matcher_filing_of(conjunction);
    struct matcher_listing *at = conjunction->listed_often ? filing->listings.at : &filing->listing;
    uint32_t count = conjunction->listed_often ? filing->listings.count : 1;
    for (uint32_t i = 0; i < count; i++)
        if (at[i].branch == branch && at[i].position == from) {
            at[i].position = to;
            return;
        }
    assert(false);
}

static void list_replace(struct matcher_index *index, struct matcher_branch *branch, uint32_t room)
{
    struct matcher_list *old = atomic_load(&branch->list), *list = NULL;
    if (room) {
        uint32_t used = 0;
        list = matcher_memory_alloc(index->memory, list_bytes(room));
        atomic_store_explicit(&list->state, (uint32_t)__builtin_ctz(room), memory_order_relaxed);
        for (uint32_t i = 0; old && i < atomic_load(&old->used); i++) {
            struct matcher_conjunction *conjunction = atomic_load(&matcher_list_at(old)[i]);
            if (!conjunction)
                continue;
            list_put(list, used, conjunction);
            if (used != i)
                listing_move(conjunction, branch, i, used);
            used++;
        }
        atomic_store_explicit(&list->used, used, memory_order_relaxed);
        (void)atomic_fetch_add_explicit(&list->state, used * LIST_ONE, memory_order_relaxed);
    }
    atomic_store_explicit(&branch->list, list, memory_order_release);
    if (old)
        matcher_memory_retire(index->memory, old, list_bytes(matcher_list_room(old)));
}

void matcher_list_add(struct matcher_index *index, struct matcher_branch *branch,
                      struct matcher_conjunction *conjunction, struct matcher_listing *ret)
{
    struct matcher_list *list = atomic_load(&branch->list);
    uint32_t room = list ? matcher_list_room(list) : 0;
    if (!list || atomic_load(&list->used) == room) {
        list_replace(index, branch,
                     !list                                    ? LIST_ROOM_MIN
                     : matcher_list_live(list) > room / 4 * 3 ? room * 2
                                                              : room);
        list = atomic_load(&branch->list);
    }
    uint32_t used = atomic_load(&list->used);
    list_put(list, used, conjunction);
    atomic_store_explicit(&list->used, used + 1, memory_order_release);
    (void)atomic_fetch_add_explicit(&list->state, LIST_ONE, memory_order_relaxed);
    *ret = (struct matcher_listing){ .branch = branch, .position = used };
    for (struct matcher_branch *above = branch;; above = above->field->branch) {
        above->count++;
        if (!above->field)
            return;
        above->field->conjunctions++;
    }
}

static void list_remove(struct matcher_index *index, const struct matcher_listing *listing)
{
    struct matcher_branch *branch = listing->branch;
    struct matcher_list *list = atomic_load(&branch->list);
    atomic_store_explicit(&matcher_list_at(list)[listing->position], NULL, memory_order_release);
    (void)atomic_fetch_sub_explicit(&list->state, LIST_ONE, memory_order_relaxed);
    uint32_t room = matcher_list_room(list), live = matcher_list_live(list);
    if (live == 0)
        list_replace(index, branch, 0);
    else if (room > LIST_SHRINKS && live < room / 4)
        list_replace(index, branch, room / 2);
}

/* ---- tables ---- */

static size_t table_bytes(uint32_t mask)
{
    return sizeof(struct matcher_table) +
           ((size_t)mask + 1) * (sizeof(struct matcher_branch *) + sizeof(uint32_t));
}

static void table_put(struct matcher_table *table, struct matcher_branch *branch)
{
    _Atomic(uint32_t) *keys = matcher_table_keys(table);
    uint32_t i = branch->key & table->mask;
    for (uint32_t key; (key = atomic_load_explicit(&keys[i], memory_order_relaxed));
         i = (i + 1) & table->mask)
        if (key == branch->key)
            atomic_store_explicit(&table->repeated, 1, memory_order_relaxed);
    table->used++;
    table->live++;
    (void)atomic_fetch_or_explicit(&table->seen, UINT64_C(1) << (branch->key >> 26), memory_order_relaxed);
    atomic_store_explicit(&table->branches[i], branch, memory_order_relaxed);
    atomic_store_explicit(&keys[i], branch->key, memory_order_release);
}

static struct matcher_table *table_resize(struct matcher_index *index, struct matcher_field *field,
                                          uint32_t cap)
{
    struct matcher_table *old = atomic_load(&field->table), *table = NULL;
    if (cap) {
        table = matcher_memory_alloc(index->memory, table_bytes(cap - 1));
        table->mask = cap - 1;
        for (uint32_t i = 0; old && i <= old->mask; i++) {
            struct matcher_branch *branch = atomic_load(&old->branches[i]);
            if (branch)
                table_put(table, branch);
        }
    }
    atomic_store_explicit(&field->table, table, memory_order_release);
    if (old)
        matcher_memory_retire(index->memory, old, table_bytes(old->mask));
    return table;
}

/* ---- branches ---- */

static uint32_t number_take(struct matcher_index *index)
{
    return index->numbers_unused ? index->numbers[--index->numbers_unused] : index->number_count++;
}

static void number_leave(struct matcher_index *index, uint32_t number)
{
    if (index->numbers_unused + 2 == index->number_count) { /* the last but the root's */
        matcher_memory_free(index->memory, index->numbers, index->numbers_room * sizeof(*index->numbers));
        index->numbers = NULL;
        index->numbers_room = index->numbers_unused = 0;
        index->number_count = 1;
        return;
    }
    if (index->numbers_unused == index->numbers_room) {
        uint32_t room = index->numbers_room ? index->numbers_room * 2 : 16;
        uint32_t *grown = matcher_memory_alloc(index->memory, room * sizeof(*grown));
        if (index->numbers_unused)
            memcpy(grown, index->numbers, index->numbers_unused * sizeof(*grown));
        matcher_memory_free(index->memory, index->numbers, index->numbers_room * sizeof(*grown));
        index->numbers = grown;
        index->numbers_room = room;
    }
    index->numbers[index->numbers_unused++] = number;
}

void matcher_index_init(struct matcher_index *index, struct matcher_memory *memory,
                        struct matcher_clauses *clauses)
{
    *index = (struct matcher_index){ .memory = memory, .clauses = clauses };
    index->root = matcher_memory_alloc(memory, sizeof(*index->root));
    index->root->number = number_take(index);
}

void matcher_index_fini(struct matcher_index *index)
{
    assert(index->root->count == 0);
    matcher_memory_free(index->memory, index->root, sizeof(*index->root));
    matcher_memory_free(index->memory, index->numbers, index->numbers_room * sizeof(*index->numbers));
}

static bool is_row(const struct matcher_field *field, const struct matcher_branch *branch,
                   const struct matcher_key *key)
{
    struct matcher_special *special = atomic_load(&field->special);
    const struct matcher_row *row = branch->feature
                                        ? matcher_runs_row(special, branch)
                                        : &atomic_load(&special->rows[key->row_kind])->at[branch->row];
    return row->a == key->a && row->b == key->b;
}

struct matcher_branch *matcher_field_find(const struct matcher_field *field, const struct matcher_key *key)
{
    struct matcher_table *table = atomic_load_explicit(&field->table, memory_order_relaxed);
    if (!table)
        return NULL;
    _Atomic(uint32_t) *keys = matcher_table_keys(table);
    for (uint32_t i = key->key & table->mask;; i = (i + 1) & table->mask) {
        uint32_t found = atomic_load_explicit(&keys[i], memory_order_relaxed);
        if (found == 0)
            return NULL;
        struct matcher_branch *branch = atomic_load_explicit(&table->branches[i], memory_order_relaxed);
        if (found == key->key && branch && branch->kind == key->kind &&
            branch->feature_kind == key->feature_kind && branch->row_kind == key->row_kind &&
            (key->row_kind == ROWS_NONE ? branch->feature == key->feature : is_row(field, branch, key)))
            return branch;
    }
}

struct matcher_branch *matcher_field_get(struct matcher_index *index, struct matcher_field *field,
                                         const struct matcher_key *key)
{
    static const uint32_t exact_bits[] = {
        [TEST_STRING] = 1u << JSON_STRING, [TEST_NUMBER] = 1u << JSON_NUMBER, [TEST_NULL] = 1u << JSON_NULL,
        [TEST_TRUE] = 1u << JSON_TRUE,     [TEST_FALSE] = 1u << JSON_FALSE,   [TEST_ABSENT] = 0
    };
    struct matcher_branch *branch = matcher_field_find(field, key);
    if (branch)
        return branch;
    branch = matcher_memory_alloc(index->memory, sizeof(*branch));
    branch->field = field;
    branch->key = key->key;
    branch->number = number_take(index);
    branch->feature = key->feature;
    branch->kind = (uint8_t)key->kind;
    branch->feature_kind = (uint8_t)key->feature_kind;
    branch->row_kind = (uint8_t)key->row_kind;
    matcher_special_add(index, field, branch, key);
    struct matcher_table *table = atomic_load(&field->table);
    if (!table || (table->used + 1) * 2 > table->mask + 1) {
        uint32_t cap = TABLE_FIRST;
        while (table && cap < (table->live + 1) * 3)
            cap *= 2;
        table = table_resize(index, field, cap);
    }
    table_put(table, branch);
    (void)atomic_fetch_or_explicit(&field->exact, exact_bits[key->kind], memory_order_release);
    return branch;
}

void matcher_field_remove(struct matcher_index *index, struct matcher_field *field,
                          struct matcher_branch *branch)
{
    struct matcher_table *table = atomic_load(&field->table);
    uint32_t i = branch->key & table->mask;
    while (atomic_load(&table->branches[i]) != branch)
        i = (i + 1) & table->mask;
    atomic_store_explicit(&table->branches[i], NULL, memory_order_release);
    if (--table->live == 0)
        (void)table_resize(index, field, 0);
    else if (table->mask >= 2 * TABLE_FIRST && table->live < table->mask / 8)
        (void)table_resize(index, field, (table->mask + 1) / 4);
    matcher_special_remove(index, field, branch);
    number_leave(index, branch->number);
    matcher_memory_retire(index->memory, branch, sizeof(*branch));
}

/* ---- going ---- */

static size_t parts_bytes(uint32_t count)
{
    return sizeof(struct matcher_parts) + count * sizeof(struct matcher_part);
}

static void field_remove(struct matcher_index *index, struct matcher_field *field)
{
    struct matcher_branch *branch = field->branch;
    if (branch == index->root) {
        atomic_store_explicit(&field->place->field, NULL, memory_order_release);
    } else {
        struct matcher_parts *old = atomic_load(&branch->parts), *less = NULL;
        if (old->count > 1) {
            less = matcher_memory_alloc(index->memory, parts_bytes(old->count - 1));
            for (uint32_t i = 0; i < old->count; i++)
                if (old->at[i].field != field)
                    less->at[less->count++] = old->at[i];
        }
        atomic_store_explicit(&branch->parts, less, memory_order_release);
        matcher_memory_retire(index->memory, old, parts_bytes(old->count));
    }
    matcher_memory_retire(index->memory, field, sizeof(*field));
}

static void listing_remove(struct matcher_index *index, const struct matcher_listing *listing)
{
    list_remove(index, listing);
    for (struct matcher_branch *branch = listing->branch;;) {
        struct matcher_field *field = branch->field;
        branch->count--;
        if (!field)
            return;
        field->conjunctions--;
        struct matcher_branch *above = field->branch;
        if (branch->count == 0)
            matcher_field_remove(index, field, branch);
        if (field->conjunctions == 0)
            field_remove(index, field);
        branch = above;
    }
}

void matcher_index_remove(struct matcher_index *index, struct matcher_conjunction *conjunction)
{
    struct matcher_filing *filing = matcher_filing_of(conjunction);
    if (!conjunction->listed_often) {
        listing_remove(index, &filing->listing);
        return;
    }
    for (uint32_t i = 0; i < filing->listings.count; i++)
        listing_remove(index, &filing->listings.at[i]);
    matcher_memory_retire(index->memory, filing->listings.at,
                          filing->listings.count * sizeof(*filing->listings.at));
}
