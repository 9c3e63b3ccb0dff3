/* Candidates: each value of the event asks its place's field for the branches that it leads to, and each branch
 * those below it. No branch is looked through twice for one event. */
#include "match/matcher_find.h"
#include "match/matcher_hash.h"
#include "match/pattern_fold.h"

#include <stdlib.h>

enum { ROOM_FIRST = 64, FEW_RULES = 24 };

void matcher_find_fini(struct matcher_find *find)
{
    matcher_view_fini(&find->view);
    free(find->rules);
    free(find->sorting);
    free(find->visited);
    free(find->nodes);
    *find = (struct matcher_find){ 0 };
}

static void rule_found(struct matcher_find *find, uint64_t rule)
{
    if (find->rule_count == find->rule_room) {
        find->rule_room = find->rule_room ? find->rule_room * 2 : ROOM_FIRST;
        find->rules = realloc(find->rules, find->rule_room * sizeof(*find->rules));
        if (!find->rules)
            abort();
    }
    find->rules[find->rule_count++] = rule;
}

/* ---- branches ---- */

static void probe(struct matcher_find *find, const struct matcher_field *field, uint32_t value, bool first);

static void list_look(struct matcher_find *find, const struct matcher_branch *branch)
{
    struct matcher_list *list = atomic_load_explicit(&branch->list, memory_order_acquire);
    uint32_t used = list ? atomic_load_explicit(&list->used, memory_order_acquire) : 0;
    for (uint32_t i = 0; i < used; i++) {
        struct matcher_conjunction *conjunction = atomic_load_explicit(&list->at[i], memory_order_acquire);
        if (conjunction && matcher_verify(find, conjunction))
            rule_found(find, conjunction->rule);
    }
}

static void visit(struct matcher_find *find, const struct matcher_branch *branch)
{
    list_look(find, branch);
    struct matcher_parts *parts = atomic_load_explicit(&branch->parts, memory_order_acquire);
    for (uint32_t i = 0; parts && i < parts->count; i++) {
        const struct matcher_place *place = matcher_view_place(&find->view, parts->at[i].slot);
        if (!place)
            continue;
        uint32_t value = place->first;
        for (bool first = true; value != VALUE_NONE; value = find->view.values[value].next, first = false)
            probe(find, parts->at[i].field, value, first);
    }
}

/* Of several values, or several pieces of one, that lead to one branch, the first does. */
static void visit_once(struct matcher_find *find, const struct matcher_branch *branch)
{
    uint32_t number = branch->number;
    if (number >= find->visited_room) {
        uint32_t room = find->visited_room ? find->visited_room : ROOM_FIRST;
        while (room <= number)
            room *= 2;
        find->visited = realloc(find->visited, room * sizeof(*find->visited));
        if (!find->visited)
            abort();
        memset(find->visited + find->visited_room, 0, (room - find->visited_room) * sizeof(*find->visited));
        find->visited_room = room;
    }
    if (find->visited[number] == find->view.stamp)
        return;
    find->visited[number] = find->view.stamp;
    visit(find, branch);
}

static void look_up(struct matcher_find *find, struct matcher_table *table, uint32_t key)
{
    _Atomic(uint32_t) *keys = matcher_table_keys(table);
    key += key == 0;
    for (uint32_t i = key & table->mask;; i = (i + 1) & table->mask) {
        uint32_t found = atomic_load_explicit(&keys[i], memory_order_acquire);
        if (found == 0)
            return;
        if (found != key)
            continue;
        struct matcher_branch *branch = atomic_load_explicit(&table->branches[i], memory_order_acquire);
        if (branch)
            visit_once(find, branch);
    }
}

/* ---- what is special ---- */

static void look_up_starts(struct matcher_find *find, struct matcher_table *table,
                           const struct matcher_features *lengths, struct str text, uint64_t seed)
{
    uint64_t state = seed;
    size_t at = 0;
    for (uint32_t i = 0; i < lengths->count && lengths->at[i].feature <= text.len; i++) {
        size_t len = lengths->at[i].feature;
        for (; at + 8 <= len; at += 8)
            state = matcher_hash_step(state, matcher_hash_word(text.ptr + at));
        uint64_t rest = matcher_hash_few(text.ptr + at, len - at);
        look_up(find, table, (uint32_t)matcher_hash_end(state, rest, len));
    }
}

static void look_up_ends(struct matcher_find *find, struct matcher_table *table,
                         const struct matcher_features *lengths, struct str text, uint64_t seed)
{
    uint64_t state = seed;
    const char *end = text.ptr + text.len;
    size_t at = 0;
    for (uint32_t i = 0; i < lengths->count && lengths->at[i].feature <= text.len; i++) {
        size_t len = lengths->at[i].feature;
        for (; at + 8 <= len; at += 8)
            state = matcher_hash_step(state, matcher_hash_word(end - at - 8));
        uint64_t rest = matcher_hash_few(end - len, len - at);
        look_up(find, table, (uint32_t)matcher_hash_end(state, rest, len));
    }
}

static void look_up_grams(struct matcher_find *find, struct matcher_table *table,
                          const struct matcher_features *lengths, struct str text)
{
    for (uint32_t i = 0; i < lengths->count; i++) {
        uint32_t len = lengths->at[i].feature;
        for (size_t at = 0; at + len <= text.len; at++)
            look_up(find, table, matcher_key_gram(find->view.seeds, text.ptr + at, len));
    }
}

static void look_up_address(struct matcher_find *find, struct matcher_table *table,
                            struct matcher_special *special, struct str text)
{
    unsigned char address[16];
    uint8_t bits;
    if (!pattern_address_read(text, address, &bits))
        return;
    const struct matcher_features *lengths = atomic_load_explicit(
        &special->features[bits == 32 ? FEATURE_CIDR_V4 : FEATURE_CIDR_V6], memory_order_acquire);
    for (uint32_t i = 0; lengths && i < lengths->count; i++)
        look_up(find, table, matcher_key_address(find->view.seeds, address, lengths->at[i].feature));
}

static void look_through_letters(struct matcher_find *find, struct matcher_rows *rows, struct str text)
{
    uint64_t letters = 0, pairs = 0;
    matcher_key_letters(text, &letters, &pairs);
    uint32_t used = atomic_load_explicit(&rows->used, memory_order_acquire);
    for (uint32_t i = 0; i < used; i++) {
        if ((rows->at[i].a & ~letters) | (rows->at[i].b & ~pairs))
            continue;
        struct matcher_branch *branch = atomic_load_explicit(&rows->at[i].branch, memory_order_acquire);
        if (branch)
            visit_once(find, branch);
    }
}

static void look_through_ranges(struct matcher_find *find, struct matcher_rows *rows, double number)
{
    uint32_t used = atomic_load_explicit(&rows->used, memory_order_acquire);
    for (uint32_t i = 0; i < used; i++) {
        double low, high;
        memcpy(&low, &rows->at[i].a, sizeof(low));
        memcpy(&high, &rows->at[i].b, sizeof(high));
        if (number < low || number > high) /* what is not a number to doubles may be in any */
            continue;
        struct matcher_branch *branch = atomic_load_explicit(&rows->at[i].branch, memory_order_acquire);
        if (branch)
            visit_once(find, branch);
    }
}

static const struct matcher_features *lengths_of(const struct matcher_special *special,
                                                 enum matcher_feature kind)
{
    return atomic_load_explicit(&special->features[kind], memory_order_acquire);
}

static void probe_special_text(struct matcher_find *find, struct matcher_table *table,
                               struct matcher_special *special, uint32_t value)
{
    const uint64_t *seeds = find->view.seeds;
    struct str text = find->view.event.values[value].text;
    const struct matcher_features *lengths;
    struct matcher_rows *rows;
    if ((lengths = lengths_of(special, FEATURE_PREFIX)))
        look_up_starts(find, table, lengths, text, seeds[SEED_PREFIX]);
    if ((lengths = lengths_of(special, FEATURE_SUFFIX)))
        look_up_ends(find, table, lengths, text, seeds[SEED_SUFFIX]);
    if ((lengths = lengths_of(special, FEATURE_PREFIX_IGNORE_CASE)))
        look_up_starts(find, table, lengths, matcher_view_folded(&find->view, value),
                       seeds[SEED_PREFIX_IGNORE_CASE]);
    if ((lengths = lengths_of(special, FEATURE_SUFFIX_IGNORE_CASE)))
        look_up_ends(find, table, lengths, matcher_view_folded(&find->view, value),
                     seeds[SEED_SUFFIX_IGNORE_CASE]);
    if (atomic_load_explicit(&special->ignore_case, memory_order_acquire))
        look_up(
            find, table,
            (uint32_t)matcher_hash_text(matcher_view_folded(&find->view, value), seeds[SEED_IGNORE_CASE]));
    if ((lengths = lengths_of(special, FEATURE_GRAM)))
        look_up_grams(find, table, lengths, text);
    if (lengths_of(special, FEATURE_CIDR_V4) || lengths_of(special, FEATURE_CIDR_V6))
        look_up_address(find, table, special, text);
    if ((rows = atomic_load_explicit(&special->rows[ROWS_LETTERS], memory_order_acquire)))
        look_through_letters(find, rows, text);
}

/* ---- values ---- */

static void probe(struct matcher_find *find, const struct matcher_field *field, uint32_t value, bool first)
{
    enum json_type type = find->view.event.values[value].type;
    struct matcher_special *special = atomic_load_explicit(&field->special, memory_order_acquire);
    struct matcher_table *table = atomic_load_explicit(&field->table, memory_order_acquire);
    if (!table)
        return;
    if (atomic_load_explicit(&field->exact, memory_order_acquire) & (1u << type))
        look_up(find, table,
                type == JSON_STRING || type == JSON_NUMBER
                    ? (uint32_t)matcher_view_hash_of(&find->view, value)
                    : matcher_key_literal((int)type));
    if (!special)
        return;
    struct matcher_branch *any = first ? atomic_load_explicit(&special->any, memory_order_acquire) : NULL;
    if (any)
        visit_once(find, any);
    if (type == JSON_STRING) {
        probe_special_text(find, table, special, value);
    } else if (type == JSON_NUMBER) {
        struct matcher_rows *rows = atomic_load_explicit(&special->rows[ROWS_RANGE], memory_order_acquire);
        if (rows)
            look_through_ranges(find, rows, matcher_view_number_of(&find->view, value).value);
    }
}

/* ---- the result ---- */

/* By bytes from the last to the first, skipping those that are all the same. */
static void sort_many(struct matcher_find *find)
{
    size_t count = find->rule_count;
    if (find->sorting_room < count) {
        find->sorting_room = find->rule_room;
        find->sorting = realloc(find->sorting, find->sorting_room * sizeof(*find->sorting));
        if (!find->sorting)
            abort();
    }
    for (unsigned shift = 0; shift < 64; shift += 8) {
        size_t starts[257] = { 0 };
        for (size_t i = 0; i < count; i++)
            starts[(find->rules[i] >> shift & 255) + 1]++;
        if (starts[(find->rules[0] >> shift & 255) + 1] == count)
            continue;
        for (unsigned i = 0; i < 256; i++)
            starts[i + 1] += starts[i];
        for (size_t i = 0; i < count; i++)
            find->sorting[starts[find->rules[i] >> shift & 255]++] = find->rules[i];
        uint64_t *sorted = find->sorting;
        size_t room = find->sorting_room;
        find->sorting = find->rules;
        find->sorting_room = find->rule_room;
        find->rules = sorted;
        find->rule_room = room;
    }
}

static void sort_rules(struct matcher_find *find)
{
    size_t count = find->rule_count, kept = 0;
    uint64_t *rules = find->rules;
    if (count > FEW_RULES) {
        sort_many(find);
        rules = find->rules;
    }
    for (size_t i = 1; i < count && count <= FEW_RULES; i++) {
        uint64_t moved = rules[i];
        size_t at = i;
        for (; at > 0 && rules[at - 1] > moved; at--)
            rules[at] = rules[at - 1];
        rules[at] = moved;
    }
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || rules[kept - 1] != rules[i])
            rules[kept++] = rules[i];
    find->rule_count = kept;
}

void matcher_find_rules(struct matcher_find *find, const struct matcher_branch *root)
{
    const struct match_event *event = &find->view.event;
    find->rule_count = 0;
    for (uint32_t i = 0; i < event->value_count; i++) {
        const struct match_place *place = event->values[i].place;
        struct matcher_field *field = atomic_load_explicit(&place->field, memory_order_acquire);
        if (field)
            probe(find, field, i, find->view.places[place->slot].first == i);
    }
    list_look(find, root);
    sort_rules(find);
}
