#include "match/matcher_set.h"
#include "match/matcher_hash.h"
#include "match/pattern_fold.h"

#include <stdlib.h>

enum lengths {
    LENGTHS_PREFIX,
    LENGTHS_SUFFIX,
    LENGTHS_PREFIX_IGNORE_CASE,
    LENGTHS_SUFFIX_IGNORE_CASE,
    LENGTHS_CIDR_V4,
    LENGTHS_CIDR_V6,
    LENGTHS_COUNT,
    LENGTHS_NONE = LENGTHS_COUNT,
};

/* test: the number of a test, and 1; 0: nothing is here. */
struct entry {
    uint32_t key, test;
};

/* Behind it stand the entries, the lengths of each kind, ascending, and those that are always asked. */
struct matcher_set {
    uint32_t mask;                     /* of the entries */
    uint32_t types;                    /* bits of json_type: what is of these passes */
    uint32_t range_first, range_count; /* tests */
    uint32_t always_count;
    uint32_t length_counts[LENGTHS_COUNT];
    bool strings, ignore_case, numbers;
    struct entry entries[];
};

static inline const uint32_t *lengths_at(const struct matcher_set *set)
{
    return (const uint32_t *)&set->entries[set->mask + 1];
}

/* ---- building ---- */

struct found {
    uint32_t key;
    uint32_t length;
    enum lengths lengths;
};

struct build {
    struct matcher_set *set;
    const struct matcher_clause *clause;
    const uint64_t *seeds;
    const struct matcher_test *tests;
    uint32_t *lengths[LENGTHS_COUNT]; /* of each test that has one */
    uint32_t *always;
};

static struct found by_length(enum lengths lengths, uint64_t hash, size_t length)
{
    return (struct found){ .key = (uint32_t)hash, .length = (uint32_t)length, .lengths = lengths };
}

/* False: it is asked for in no table. */
static bool find_wildcard(const struct build *b, const struct matcher_test *test, struct found *ret)
{
    const struct matcher_test_piece *first = matcher_clause_at(b->clause, test->at),
                                    *last = &first[test->len - 1];
    struct str head = str_of(matcher_clause_at(b->clause, first->at), first->len);
    struct str tail = str_of(matcher_clause_at(b->clause, last->at), last->len);
    if (head.len)
        *ret = by_length(LENGTHS_PREFIX, matcher_hash_text(head, b->seeds[SEED_PREFIX]), head.len);
    else
        *ret = by_length(LENGTHS_SUFFIX, matcher_hash_text_back(tail, b->seeds[SEED_SUFFIX]), tail.len);
    return head.len || tail.len;
}

/* False: it is asked for in no table. */
static bool find_test(const struct build *b, const struct matcher_test *test, struct found *ret)
{
    static const uint32_t types[] = { [TEST_NULL] = 1u << JSON_NULL,
                                      [TEST_TRUE] = 1u << JSON_TRUE,
                                      [TEST_FALSE] = 1u << JSON_FALSE,
                                      [TEST_EXISTS] = UINT32_MAX };
    struct matcher_set *set = b->set;
    struct str text = matcher_clause_text(b->clause, test);
    *ret = (struct found){ .key = test->hash, .lengths = LENGTHS_NONE };
    switch ((enum pattern_test_kind)test->kind) {
    case TEST_STRING:
        set->strings = true;
        return true;
    case TEST_IGNORE_CASE:
        set->ignore_case = true;
        return true;
    case TEST_NUMBER:
        set->numbers = true;
        return true;
    case TEST_PREFIX:
        *ret = by_length(LENGTHS_PREFIX, matcher_hash_text(text, b->seeds[SEED_PREFIX]), text.len);
        return true;
    case TEST_PREFIX_IGNORE_CASE:
        *ret = by_length(LENGTHS_PREFIX_IGNORE_CASE,
                         matcher_hash_text(text, b->seeds[SEED_PREFIX_IGNORE_CASE]), text.len);
        return true;
    case TEST_SUFFIX:
        *ret = by_length(LENGTHS_SUFFIX, matcher_hash_text_back(text, b->seeds[SEED_SUFFIX]), text.len);
        return true;
    case TEST_SUFFIX_IGNORE_CASE:
        *ret = by_length(LENGTHS_SUFFIX_IGNORE_CASE,
                         matcher_hash_text_back(text, b->seeds[SEED_SUFFIX_IGNORE_CASE]), text.len);
        return true;
    case TEST_CIDR:
        *ret = by_length(
            test->flags & ADDRESS_V6 ? LENGTHS_CIDR_V6 : LENGTHS_CIDR_V4,
            matcher_hash_address(b->seeds[SEED_CIDR], matcher_clause_at(b->clause, test->at), test->len),
            test->len);
        return true;
    case TEST_WILDCARD:
        return find_wildcard(b, test, ret);
    case TEST_NUMERIC:
        set->range_first = set->range_count ? set->range_first : (uint32_t)(test - b->tests);
        set->range_count++;
        return false;
    case TEST_NULL:
    case TEST_TRUE:
    case TEST_FALSE:
    case TEST_EXISTS:
        set->types |= types[test->kind];
        return false;
    case TEST_NONE_OF:
        b->always[set->always_count++] = (uint32_t)(test - b->tests);
        return false;
    case TEST_ABSENT:
        return false;
    }
    return false;
}

/* They pass the same values. */
static bool alike(const struct build *b, const struct matcher_test *one, const struct matcher_test *other)
{
    if (one->kind != other->kind || one->kind == TEST_WILDCARD)
        return false;
    struct str text = matcher_clause_text(b->clause, one), with = matcher_clause_text(b->clause, other);
    if (one->kind == TEST_NUMBER) {
        const struct matcher_test_number *a = matcher_clause_at(b->clause, one->at),
                                         *c = matcher_clause_at(b->clause, other->at);
        return matcher_number_compare(&a->number, text, &c->number, with) == 0;
    }
    if (one->kind == TEST_CIDR)
        return one->len == other->len && one->flags == other->flags &&
               memcmp(text.ptr, with.ptr, one->flags & ADDRESS_V6 ? 16 : 4) == 0;
    return str_eq(text, with);
}

static void put_entry(const struct build *b, const struct found *found, uint32_t test)
{
    struct matcher_set *set = b->set;
    uint32_t i = found->key & set->mask;
    for (; set->entries[i].test; i = (i + 1) & set->mask)
        if (set->entries[i].key == found->key &&
            alike(b, &b->tests[set->entries[i].test - 1], &b->tests[test]))
            return;
    set->entries[i] = (struct entry){ .key = found->key, .test = test + 1 };
    if (found->lengths != LENGTHS_NONE)
        b->lengths[found->lengths][set->length_counts[found->lengths]++] = found->length;
}

static int length_order(const void *left, const void *right)
{
    const uint32_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

static uint32_t each_once(uint32_t *lengths, uint32_t count)
{
    uint32_t kept = 0;
    if (count)
        qsort(lengths, count, sizeof(*lengths), length_order);
    for (uint32_t i = 0; i < count; i++)
        if (kept == 0 || lengths[kept - 1] != lengths[i])
            lengths[kept++] = lengths[i];
    return kept;
}

const struct matcher_set *matcher_set_build(struct arena *arena, const struct matcher_clause *clause,
                                            const uint64_t *seeds, const struct matcher_test *tests,
                                            uint32_t count, size_t *ret_bytes)
{
    uint32_t cap = 16, used = 0;
    while (cap < count * 2)
        cap *= 2;
    size_t head = sizeof(struct matcher_set) + cap * sizeof(struct entry);
    size_t room = head + 2 * (size_t)count * sizeof(uint32_t);
    struct build b = { .set = (void *)arena_bytes(arena, room),
                       .clause = clause,
                       .seeds = seeds,
                       .tests = tests,
                       .always = (void *)arena_bytes(arena, count * sizeof(uint32_t)) };
    memset(b.set, 0, room);
    b.set->mask = cap - 1;
    for (unsigned i = 0; i < LENGTHS_COUNT; i++)
        b.lengths[i] = (void *)arena_bytes(arena, count * sizeof(uint32_t));
    for (uint32_t i = 0; i < count; i++) {
        struct found found;
        if (find_test(&b, &tests[i], &found))
            put_entry(&b, &found, i);
        else if (tests[i].kind == TEST_WILDCARD)
            b.always[b.set->always_count++] = i;
    }
    uint32_t *behind = (uint32_t *)&b.set->entries[cap];
    for (unsigned i = 0; i < LENGTHS_COUNT; i++) {
        b.set->length_counts[i] = each_once(b.lengths[i], b.set->length_counts[i]);
        for (uint32_t k = 0; k < b.set->length_counts[i]; k++)
            behind[used++] = b.lengths[i][k];
    }
    for (uint32_t i = 0; i < b.set->always_count; i++)
        behind[used++] = b.always[i];
    *ret_bytes = head + used * sizeof(uint32_t);
    return b.set;
}

/* ---- asking ---- */

struct ask {
    struct matcher_view *view;
    const struct matcher_clause *clause;
    const struct matcher_set *set;
    const struct matcher_test *tests;
    uint32_t value;
};

static bool look_up(const struct ask *a, uint32_t key)
{
    const struct matcher_set *set = a->set;
    a->view->work++;
    for (uint32_t i = key & set->mask; set->entries[i].test; i = (i + 1) & set->mask, a->view->work++)
        if (set->entries[i].key == key &&
            matcher_test_passes(a->view, a->clause, &a->tests[set->entries[i].test - 1], a->value))
            return true;
    return false;
}

static bool starts(const struct ask *a, const uint32_t *lengths, uint32_t count, struct str text,
                   uint64_t seed)
{
    uint64_t state = seed;
    size_t at = 0;
    for (uint32_t i = 0; i < count && lengths[i] <= text.len; i++) {
        size_t len = lengths[i];
        for (; at + 8 <= len; at += 8)
            state = matcher_hash_step(state, matcher_hash_word(text.ptr + at));
        uint64_t rest = matcher_hash_few(text.ptr + at, len - at);
        if (look_up(a, (uint32_t)matcher_hash_end(state, rest, len)))
            return true;
    }
    return false;
}

static bool ends(const struct ask *a, const uint32_t *lengths, uint32_t count, struct str text, uint64_t seed)
{
    uint64_t state = seed;
    const char *end = text.ptr + text.len;
    size_t at = 0;
    for (uint32_t i = 0; i < count && lengths[i] <= text.len; i++) {
        size_t len = lengths[i];
        for (; at + 8 <= len; at += 8)
            state = matcher_hash_step(state, matcher_hash_word(end - at - 8));
        uint64_t rest = matcher_hash_few(end - len, len - at);
        if (look_up(a, (uint32_t)matcher_hash_end(state, rest, len)))
            return true;
    }
    return false;
}

static bool blocks(const struct ask *a, const uint32_t *v4, const uint32_t *v6, struct str text)
{
    unsigned char address[16];
    uint8_t bits;
    if (!pattern_address_read(text, address, &bits))
        return false;
    const uint32_t *lengths = bits == 32 ? v4 : v6;
    uint32_t count = a->set->length_counts[bits == 32 ? LENGTHS_CIDR_V4 : LENGTHS_CIDR_V6];
    for (uint32_t i = 0; i < count; i++)
        if (look_up(a, matcher_hash_address(a->view->seeds[SEED_CIDR], address, lengths[i])))
            return true;
    return false;
}

static bool string_passes(const struct ask *a)
{
    const struct matcher_set *set = a->set;
    const uint64_t *seeds = a->view->seeds;
    const uint32_t *lengths = lengths_at(set), *counts = set->length_counts, *of[LENGTHS_COUNT];
    struct str text = a->view->event.values[a->value].text, folded = STR_EMPTY;
    for (unsigned i = 0; i < LENGTHS_COUNT; lengths += counts[i++])
        of[i] = lengths;
    if (set->strings && look_up(a, (uint32_t)matcher_view_hash_of(a->view, a->value)))
        return true;
    if (starts(a, of[LENGTHS_PREFIX], counts[LENGTHS_PREFIX], text, seeds[SEED_PREFIX]) ||
        ends(a, of[LENGTHS_SUFFIX], counts[LENGTHS_SUFFIX], text, seeds[SEED_SUFFIX]))
        return true;
    if ((counts[LENGTHS_CIDR_V4] || counts[LENGTHS_CIDR_V6]) &&
        blocks(a, of[LENGTHS_CIDR_V4], of[LENGTHS_CIDR_V6], text))
        return true;
    if (!set->ignore_case && !counts[LENGTHS_PREFIX_IGNORE_CASE] && !counts[LENGTHS_SUFFIX_IGNORE_CASE])
        return false;
    folded = matcher_view_folded(a->view, a->value);
    return (set->ignore_case && look_up(a, (uint32_t)matcher_hash_text(folded, seeds[SEED_IGNORE_CASE]))) ||
           starts(a, of[LENGTHS_PREFIX_IGNORE_CASE], counts[LENGTHS_PREFIX_IGNORE_CASE], folded,
                  seeds[SEED_PREFIX_IGNORE_CASE]) ||
           ends(a, of[LENGTHS_SUFFIX_IGNORE_CASE], counts[LENGTHS_SUFFIX_IGNORE_CASE], folded,
                seeds[SEED_SUFFIX_IGNORE_CASE]);
}

static bool number_passes(const struct ask *a)
{
    const struct matcher_set *set = a->set;
    if (set->numbers && look_up(a, (uint32_t)matcher_view_hash_of(a->view, a->value)))
        return true;
    uint32_t start = set->range_first, end = start + set->range_count;
    while (start < end) {
        uint32_t middle = start + (end - start) / 2;
        a->view->work++;
        int side = matcher_range_side(a->view, a->clause, &a->tests[middle], a->value);
        if (side == 0)
            return true;
        if (side < 0)
            end = middle;
        else
            start = middle + 1;
    }
    return false;
}

bool matcher_set_passes(struct matcher_view *view, const struct matcher_clause *clause,
                        const struct matcher_set *set, const struct matcher_test *tests, uint32_t value)
{
    const struct ask a = { .view = view, .clause = clause, .set = set, .tests = tests, .value = value };
    enum json_type type = view->event.values[value].type;
    if ((set->types >> type & 1) || (type == JSON_STRING && string_passes(&a)) ||
        (type == JSON_NUMBER && number_passes(&a)))
        return true;
    const uint32_t *always = lengths_at(set);
    for (unsigned i = 0; i < LENGTHS_COUNT; i++)
        always += set->length_counts[i];
    view->work += set->always_count;
    for (uint32_t i = 0; i < set->always_count; i++)
        if (matcher_test_passes(view, clause, &tests[always[i]], value))
            return true;
    return false;
}
