/* Candidates: each value of the event asks its place's field for the branches that it leads to, and each branch
 * those below it. No branch is looked through twice for one event.
 *
 * With many rules nearly all time goes into waiting for memory. So what is found is put into a queue and fetched
 * ahead, and looked at once all of its kind have been found. */
#include "match/matcher_find.h"
#include "match/matcher_hash.h"
#include "match/pattern_fold.h"

#include <math.h>
#include <stdlib.h>

enum { ROOM_FIRST = 64, FEW_RULES = 24, LED_MANY = 512 };

void matcher_find_fini(struct matcher_find *find)
{
    matcher_view_fini(&find->view);
    free(find->rules);
    free(find->sorting);
    free(find->visited);
    free(find->branches);
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

/* ---- candidates ---- */

static void candidates_verify(struct matcher_find *find)
{
    for (uint32_t i = 0; i < find->candidate_count; i++) {
        const struct matcher_conjunction *conjunction = find->candidates[i].to;
        if (matcher_verify(find, conjunction, find->candidates[i].value))
            rule_found(find, conjunction->rule);
    }
    find->candidate_count = 0;
}

static void candidate_add(struct matcher_find *find, const struct matcher_conjunction *conjunction,
                          uint32_t value)
{
    __builtin_prefetch(conjunction);
    __builtin_prefetch((const char *)conjunction + 64);
    find->candidates[find->candidate_count++] = (struct matcher_led){ .to = conjunction, .value = value };
    if (find->candidate_count == CANDIDATES_AT_ONCE)
        candidates_verify(find);
}

static inline unsigned fits(const _Atomic(uint64_t) *masks, unsigned at, uint64_t lacking)
{
    return (unsigned)((atomic_load_explicit(&masks[at], memory_order_relaxed) & lacking) == 0) << at;
}

/* Which of eight lack nothing. Nobody can foretell which, nor how many there are: no branch. */
static inline unsigned eight_fit(const _Atomic(uint64_t) *masks, uint64_t lacking)
{
    return fits(masks, 0, lacking) | fits(masks, 1, lacking) | fits(masks, 2, lacking) |
           fits(masks, 3, lacking) | fits(masks, 4, lacking) | fits(masks, 5, lacking) |
           fits(masks, 6, lacking) | fits(masks, 7, lacking);
}

static void list_look(struct matcher_find *find, struct matcher_list *list, uint32_t value)
{
    uint32_t used = atomic_load_explicit(&list->used, memory_order_acquire);
    for (uint32_t start = 0; start < used; start += 8) {
        find->view.work++;
        unsigned fit = eight_fit(&list->masks[start], find->lacking);
        fit &= used - start < 8 ? (1u << (used - start)) - 1 : 255u;
        for (; fit; fit &= fit - 1) {
            const struct matcher_conjunction *conjunction = atomic_load_explicit(
                &matcher_list_at(list)[start + (unsigned)__builtin_ctz(fit)], memory_order_acquire);
            if (conjunction)
                candidate_add(find, conjunction, value);
        }
    }
}

/* ---- branches ---- */

/* A field, and the value that asks it. */
struct asked {
    struct matcher_find *find;
    struct matcher_table *table;
    struct matcher_special *special;
    uint32_t exact;
    uint32_t value;
    bool often;
};

static inline void probe(struct asked *asked, uint32_t value, bool first);

/* Field by field: a copy of what was just written in pieces would wait for all of them. */
static inline void ask(struct asked *asked, struct matcher_find *find, const struct matcher_field *field,
                       bool often)
{
    asked->find = find;
    asked->table = field ? atomic_load_explicit(&field->table, memory_order_acquire) : NULL;
    asked->special = field ? atomic_load_explicit(&field->special, memory_order_acquire) : NULL;
    asked->exact = field ? atomic_load_explicit(&field->exact, memory_order_acquire) : 0;
    asked->often = often;
}

/* Of several values, or several pieces of one, that lead to one branch, the first does. */
static bool was_visited(struct matcher_find *find, const struct matcher_branch *branch)
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
    bool visited = find->visited[number] == find->view.stamp;
    find->visited[number] = find->view.stamp;
    return visited;
}

static void lead(struct matcher_find *find, const struct matcher_branch *branch, uint32_t value, bool often)
{
    find->view.work++;
    __builtin_prefetch(branch);
    if (often && find->branch_count >= LED_MANY) { /* each at most once more */
        if (was_visited(find, branch))
            return;
        often = false;
    }
    if (find->branch_count == find->branch_room) {
        find->branch_room = find->branch_room ? find->branch_room * 2 : ROOM_FIRST;
        find->branches = realloc(find->branches, find->branch_room * sizeof(*find->branches));
        if (!find->branches)
            abort();
    }
    find->branches[find->branch_count++] =
        (struct matcher_led){ .to = branch, .value = value, .often = often };
}

static void probe_all(struct matcher_find *find, const struct matcher_field *field,
                      const struct matcher_place *place)
{
    struct asked asked;
    ask(&asked, find, field, place->count > 1);
    bool first = true;
    for (uint32_t value = place->first; value != VALUE_NONE && asked.table;
         value = find->view.values[value].next) {
        probe(&asked, value, first);
        first = false;
    }
}

/* Those from start to end; what they lead to goes behind. */
static void branches_look(struct matcher_find *find, uint32_t start, uint32_t end)
{
    for (uint32_t i = start; i < end; i++) {
        const struct matcher_branch *branch = find->branches[i].to;
        if (find->branches[i].often && was_visited(find, branch)) {
            find->branches[i].to = NULL;
            continue;
        }
        __builtin_prefetch(atomic_load_explicit(&branch->list, memory_order_relaxed));
        __builtin_prefetch(atomic_load_explicit(&branch->parts, memory_order_relaxed));
    }
    for (uint32_t i = start; i < end; i++) {
        const struct matcher_branch *branch = find->branches[i].to;
        if (!branch)
            continue;
        struct matcher_list *list = atomic_load_explicit(&branch->list, memory_order_acquire);
        struct matcher_parts *parts = atomic_load_explicit(&branch->parts, memory_order_acquire);
        if (list)
            list_look(find, list, find->branches[i].value);
        for (uint32_t k = 0; parts && k < parts->count; k++) {
            const struct matcher_place *place = matcher_view_place(&find->view, parts->at[k].slot);
            if (place)
                probe_all(find, parts->at[k].field, place);
        }
    }
}

static void look_into(const struct asked *asked, uint32_t key, bool often)
{
    struct matcher_table *table = asked->table;
    _Atomic(uint32_t) *keys = matcher_table_keys(table);
    asked->find->view.work++;
    key += key == 0;
    for (uint32_t i = key & table->mask;; i = (i + 1) & table->mask) {
        uint32_t found = atomic_load_explicit(&keys[i], memory_order_acquire);
        if (found == 0)
            return;
        if (found != key)
            continue;
        struct matcher_branch *branch = atomic_load_explicit(&table->branches[i], memory_order_acquire);
        if (branch)
            lead(asked->find, branch, asked->value, often);
        if (!atomic_load_explicit(&table->repeated, memory_order_relaxed))
            return;
    }
}

static inline void look_up(const struct asked *asked, uint32_t key, bool often)
{
    if (atomic_load_explicit(&asked->table->seen, memory_order_acquire) >> (key >> 26) & 1)
        look_into(asked, key, often);
}

/* ---- what is special ---- */

static void look_up_starts(const struct asked *asked, const struct matcher_features *lengths, struct str text,
                           uint64_t seed)
{
    uint64_t state = seed;
    size_t at = 0;
    for (uint32_t i = 0; i < lengths->count && lengths->at[i].feature <= text.len; i++) {
        size_t len = lengths->at[i].feature;
        asked->find->view.work++;
        for (; at + 8 <= len; at += 8)
            state = matcher_hash_step(state, matcher_hash_word(text.ptr + at));
        uint64_t rest = matcher_hash_few(text.ptr + at, len - at);
        look_up(asked, (uint32_t)matcher_hash_end(state, rest, len), asked->often);
    }
}

static void look_up_ends(const struct asked *asked, const struct matcher_features *lengths, struct str text,
                         uint64_t seed)
{
    uint64_t state = seed;
    const char *end = text.ptr + text.len;
    size_t at = 0;
    for (uint32_t i = 0; i < lengths->count && lengths->at[i].feature <= text.len; i++) {
        size_t len = lengths->at[i].feature;
        asked->find->view.work++;
        for (; at + 8 <= len; at += 8)
            state = matcher_hash_step(state, matcher_hash_word(end - at - 8));
        uint64_t rest = matcher_hash_few(end - len, len - at);
        look_up(asked, (uint32_t)matcher_hash_end(state, rest, len), asked->often);
    }
}

static void look_up_grams(const struct asked *asked, const struct matcher_features *lengths, struct str text)
{
    for (uint32_t i = 0; i < lengths->count; i++) {
        uint32_t len = lengths->at[i].feature;
        for (size_t at = 0; at + len <= text.len; at++)
            look_up(asked, matcher_key_gram(asked->find->view.seeds, text.ptr + at, len), true);
    }
}

static const struct matcher_features *lengths_of(const struct matcher_special *special,
                                                 enum matcher_feature kind)
{
    return atomic_load_explicit(&special->features[kind], memory_order_acquire);
}

static void look_up_address(const struct asked *asked, const struct matcher_special *special, struct str text)
{
    unsigned char address[16];
    uint8_t bits;
    if (!pattern_address_read(text, address, &bits))
        return;
    const struct matcher_features *lengths =
        lengths_of(special, bits == 32 ? FEATURE_CIDR_V4 : FEATURE_CIDR_V6);
    for (uint32_t i = 0; lengths && i < lengths->count; i++)
        look_up(asked,
                matcher_hash_address(asked->find->view.seeds[SEED_CIDR], address, lengths->at[i].feature),
                asked->often);
}

static void row_lead(const struct asked *asked, struct matcher_row *row)
{
    struct matcher_branch *branch = atomic_load_explicit(&row->branch, memory_order_acquire);
    if (branch)
        lead(asked->find, branch, asked->value, asked->often);
}

static inline void look_through_lists(const struct asked *asked, struct matcher_rows *rows)
{
    uint32_t used = atomic_load_explicit(&rows->used, memory_order_acquire);
    asked->find->view.work += used;
    for (uint32_t i = 0; i < used; i++) {
        if (!atomic_load_explicit(&rows->at[i].branch, memory_order_acquire))
            continue;
        const struct matcher_test *test = (const void *)(uintptr_t)rows->at[i].a;
        const struct matcher_clause *clause = (const void *)(uintptr_t)rows->at[i].b;
        if (matcher_none_of_passes(&asked->find->view, clause, test, asked->value))
            row_lead(asked, &rows->at[i]);
    }
}

static void look_through_letters(const struct asked *asked, struct matcher_rows *rows, struct str text)
{
    uint64_t letters = 0, pairs = 0;
    matcher_key_letters(text, &letters, &pairs);
    uint32_t used = atomic_load_explicit(&rows->used, memory_order_acquire);
    asked->find->view.work += used;
    for (uint32_t i = 0; i < used; i++)
        if (!((rows->at[i].a & ~letters) | (rows->at[i].b & ~pairs)))
            row_lead(asked, &rows->at[i]);
}

static inline void look_through_ranges(const struct asked *asked, struct matcher_rows *rows, double number)
{
    uint32_t used = atomic_load_explicit(&rows->used, memory_order_acquire);
    asked->find->view.work += used;
    bool anywhere = isnan(number); /* what is no number to doubles may be in any */
    for (uint32_t i = 0; i < used; i++) {
        double low, high;
        memcpy(&low, &rows->at[i].a, sizeof(low));
        memcpy(&high, &rows->at[i].b, sizeof(high));
        if (((number >= low) & (number <= high)) | anywhere) /* one branch */
            row_lead(asked, &rows->at[i]);
    }
}

/* Of the rows from start to end, those in whose range the number is. Deep as the logarithm of their number. */
static void run_stab(const struct asked *asked, struct matcher_run *run, uint32_t start, uint32_t end,
                     double number)
{
    const double *most = matcher_run_most(run);
    while (start < end) {
        asked->find->view.work++;
        uint32_t middle = start + (end - start) / 2;
        struct matcher_row *row = &run->rows[middle];
        double low, high;
        if (most[middle] < number)
            return;
        memcpy(&low, &row->a, sizeof(low));
        memcpy(&high, &row->b, sizeof(high));
        if (low > number) {
            end = middle;
            continue;
        }
        if (!(high < number))
            row_lead(asked, row);
        run_stab(asked, run, start, middle, number);
        start = middle + 1;
    }
}

static inline void probe_ranges(const struct asked *asked, struct matcher_special *special)
{
    struct matcher_rows *rows = atomic_load_explicit(&special->rows[ROWS_RANGE], memory_order_acquire);
    struct matcher_runs *runs = atomic_load_explicit(&special->runs, memory_order_acquire);
    if (!rows && !runs)
        return;
    double number = matcher_view_near_of(&asked->find->view, asked->value);
    if (rows)
        look_through_ranges(asked, rows, number);
    for (uint32_t i = 0; runs && i < runs->count; i++)
        run_stab(asked, runs->at[i], 0, runs->at[i]->count, number); /* NAN is in all */
}

static void probe_special_text(const struct asked *asked, struct matcher_special *special)
{
    struct matcher_view *view = &asked->find->view;
    const uint64_t *seeds = view->seeds;
    struct str text = view->event.values[asked->value].text;
    const struct matcher_features *lengths;
    struct matcher_rows *rows;
    if ((lengths = lengths_of(special, FEATURE_PREFIX)))
        look_up_starts(asked, lengths, text, seeds[SEED_PREFIX]);
    if ((lengths = lengths_of(special, FEATURE_SUFFIX)))
        look_up_ends(asked, lengths, text, seeds[SEED_SUFFIX]);
    if ((lengths = lengths_of(special, FEATURE_PREFIX_IGNORE_CASE)))
        look_up_starts(asked, lengths, matcher_view_folded(view, asked->value),
                       seeds[SEED_PREFIX_IGNORE_CASE]);
    if ((lengths = lengths_of(special, FEATURE_SUFFIX_IGNORE_CASE)))
        look_up_ends(asked, lengths, matcher_view_folded(view, asked->value), seeds[SEED_SUFFIX_IGNORE_CASE]);
    if (atomic_load_explicit(&special->ignore_case, memory_order_acquire))
        look_up(asked,
                (uint32_t)matcher_hash_text(matcher_view_folded(view, asked->value), seeds[SEED_IGNORE_CASE]),
                asked->often);
    if ((lengths = lengths_of(special, FEATURE_GRAM)))
        look_up_grams(asked, lengths, text);
    if (lengths_of(special, FEATURE_CIDR_V4) || lengths_of(special, FEATURE_CIDR_V6))
        look_up_address(asked, special, text);
    if ((rows = atomic_load_explicit(&special->rows[ROWS_LETTERS], memory_order_acquire)))
        look_through_letters(asked, rows, text);
}

/* ---- values ---- */

/* There is a table. */
static inline void probe(struct asked *asked, uint32_t value, bool first)
{
    struct matcher_view *view = &asked->find->view;
    struct matcher_special *special = asked->special;
    enum json_type type = view->event.values[value].type;
    asked->value = value;
    if (asked->exact >> type & 1)
        look_up(asked,
                type == JSON_STRING || type == JSON_NUMBER ? (uint32_t)matcher_view_hash_of(view, value)
                                                           : matcher_key_literal((int)type),
                asked->often);
    if (!special)
        return;
    struct matcher_branch *any = first ? atomic_load_explicit(&special->any, memory_order_acquire) : NULL;
    if (any)
        lead(asked->find, any, value, asked->often);
    struct matcher_rows *lists = atomic_load_explicit(&special->rows[ROWS_LIST], memory_order_acquire);
    if (lists)
        look_through_lists(asked, lists);
    if (type == JSON_STRING) {
        probe_special_text(asked, special);
    } else if (type == JSON_NUMBER) {
        probe_ranges(asked, special);
    }
}

/* All values, in one go: each is put in its place, asks its place's field, and gives its bit. */
static void values_look(struct matcher_find *find)
{
    struct matcher_view *view = &find->view;
    const struct match_place *place = NULL;
    struct asked asked = { .find = find };
    uint64_t bits = 0;
    bool exact = false;
    for (uint32_t i = 0; i < view->event.value_count; i++) {
        const struct match_value *value = &view->event.values[i];
        if (value->place != place) {
            place = value->place;
            exact = atomic_load_explicit(&place->exact, memory_order_acquire) != 0;
            ask(&asked, find, atomic_load_explicit(&place->field, memory_order_acquire), false);
        }
        bool first = matcher_view_put(view, i, place->slot);
        if (exact && value->type == JSON_STRING)
            bits |= matcher_bit(place->slot, (uint32_t)matcher_view_hash_of(view, i));
        asked.often = !first;
        if (asked.table)
            probe(&asked, i, first);
    }
    find->lacking = ~bits;
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
    find->rule_count = 0;
    find->branch_count = 0;
    if (atomic_load_explicit(&root->list, memory_order_acquire))
        lead(find, root, VALUE_NONE, false);
    values_look(find);
    for (uint32_t start = 0, end; start < find->branch_count; start = end) {
        end = find->branch_count;
        branches_look(find, start, end);
    }
    candidates_verify(find);
    sort_rules(find);
}
