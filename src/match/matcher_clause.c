#include "match/matcher_clause.h"
#include "match/matcher_set.h"
#include "match/pattern_fold.h"

#include <assert.h>
#include <stdlib.h>

enum { TABLE_FIRST = 16, MANY_TESTS = 6, SIGHT_MIN = 3 };

/* ---- putting one together ---- */

static uint32_t reserve_at(struct matcher_clauses *c, size_t at, size_t size)
{
    if (at + size > c->cap) {
        size_t cap = c->cap ? c->cap : 4096;
        while (cap < at + size)
            cap *= 2;
        char *grown = matcher_memory_alloc(c->memory, cap);
        if (c->len)
            memcpy(grown, c->room, c->len);
        matcher_memory_free(c->memory, c->room, c->cap);
        c->room = grown;
        c->cap = cap;
    }
    memset(c->room + c->len, 0, at + size - c->len);
    c->len = at + size;
    return (uint32_t)at;
}

static uint32_t reserve(struct matcher_clauses *c, size_t size)
{
    return reserve_at(c, (c->len + 7) & ~(size_t)7, size);
}

/* Close behind what stands there. */
static uint32_t put_text(struct matcher_clauses *c, struct str text)
{
    uint32_t at = reserve_at(c, c->len, text.len);
    if (text.len)
        memcpy(c->room + at, text.ptr, text.len);
    return at;
}

static void put_folded(struct matcher_clauses *c, struct str text, struct matcher_test *test)
{
    test->at = reserve(c, pattern_fold_room(text.len));
    test->len = (uint32_t)pattern_fold_into(text, c->room + test->at);
    memset(c->room + test->at + test->len, 0, c->len - test->at - test->len);
    c->len = test->at + test->len;
    if (test->kind == TEST_IGNORE_CASE)
        test->hash =
            (uint32_t)matcher_hash_text(str_of(c->room + test->at, test->len), c->seeds[SEED_IGNORE_CASE]);
}

static void put_string(struct matcher_clauses *c, enum pattern_test_kind kind, struct str text,
                       struct matcher_test *test)
{
    test->kind = (uint8_t)kind;
    test->len = (uint32_t)text.len;
    if (kind == TEST_PREFIX)
        test->hash = matcher_first_word(text);
    else if (kind == TEST_SUFFIX)
        test->hash = matcher_last_word(text);
    else
        test->hash = (uint32_t)matcher_hash_whole(text, c->seeds[SEED_STRING]);
    test->start = kind == TEST_STRING ? (uint16_t)matcher_first_word(text) : 0;
    test->at = put_text(c, text);
}

/* Into room that is zero: padding is compared too. */
static void put_number_at(struct matcher_clauses *c, uint32_t at, struct str text)
{
    struct matcher_number given, *number = (void *)(c->room + at);
    matcher_number_read(text, &given);
    number->value = given.value;
    number->mantissa = given.mantissa;
    number->exponent = given.exponent;
    number->sure = given.sure;
    number->negative = given.negative;
    number->more = given.more;
    number->immense = given.immense;
}

static void put_range(struct matcher_clauses *c, const struct pattern_test *from, struct matcher_test *test)
{
    uint32_t low_at = 0, high_at = 0;
    test->at = reserve(c, sizeof(struct matcher_test_range));
    test->flags =
        (uint8_t)((from->low.text.len ? LOW_GIVEN : 0) | (from->low.included ? LOW_INCLUDED : 0) |
                  (from->high.text.len ? HIGH_GIVEN : 0) | (from->high.included ? HIGH_INCLUDED : 0));
    if (from->low.text.len) {
        put_number_at(c, test->at + (uint32_t)offsetof(struct matcher_test_range, low), from->low.text);
        low_at = put_text(c, from->low.text);
    }
    if (from->high.text.len) {
        put_number_at(c, test->at + (uint32_t)offsetof(struct matcher_test_range, high), from->high.text);
        high_at = put_text(c, from->high.text);
    }
    struct matcher_test_range *range = (void *)(c->room + test->at);
    range->low_at = low_at;
    range->low_len = (uint32_t)from->low.text.len;
    range->high_at = high_at;
    range->high_len = (uint32_t)from->high.text.len;
}

static void put_pieces(struct matcher_clauses *c, const struct pattern_test *from, struct matcher_test *test)
{
    test->len = from->piece_count;
    test->at = reserve(c, from->piece_count * sizeof(struct matcher_test_piece));
    for (uint32_t i = 0; i < from->piece_count; i++) {
        struct matcher_test_piece piece = { .at = put_text(c, from->pieces[i]),
                                            .len = (uint32_t)from->pieces[i].len };
        memcpy(c->room + test->at + i * sizeof(piece), &piece, sizeof(piece));
    }
}

static void put_test(struct matcher_clauses *c, const struct pattern_test *from, uint32_t at);

static void put_tests(struct matcher_clauses *c, const struct pattern_test *from, uint32_t count,
                      struct matcher_test *test)
{
    test->len = count;
    test->at = reserve(c, count * sizeof(struct matcher_test));
    for (uint32_t i = 0; i < count; i++)
        put_test(c, &from[i], test->at + i * (uint32_t)sizeof(struct matcher_test));
}

static void put_number(struct matcher_clauses *c, struct str text, struct matcher_test *test)
{
    test->len = (uint32_t)text.len;
    test->at = reserve(c, sizeof(struct matcher_number) + text.len);
    put_number_at(c, test->at, text);
    memcpy(c->room + test->at + sizeof(struct matcher_number), text.ptr, text.len);
    struct matcher_number number;
    matcher_number_read(text, &number);
    test->hash = (uint32_t)matcher_number_hash(&number, c->seeds[SEED_NUMBER]);
}

static struct matcher_test *test_at(struct matcher_clauses *c, uint32_t at)
{
    return (void *)(c->room + at);
}

static uint8_t list_flags(const struct matcher_test *tests, uint32_t count)
{
    uint32_t longest = 0, shortest = UINT32_MAX;
    for (uint32_t i = 0; i < count; i++) {
        if (tests[i].kind != tests[0].kind)
            return 0;
        longest = tests[i].len > longest ? tests[i].len : longest;
        shortest = tests[i].len < shortest ? tests[i].len : shortest;
    }
    if (tests[0].kind == TEST_STRING)
        return count <= LIST_MAX ? STRING_LIST : 0;
    if (longest > 4 || shortest == 0)
        return 0;
    return tests[0].kind == TEST_PREFIX ? SHORT_PREFIXES : tests[0].kind == TEST_SUFFIX ? SHORT_SUFFIXES : 0;
}

/* What its pieces say: a byte that it must have, and more if it is all that it must have. */
static bool sight_of_wildcard(struct matcher_clauses *c, const struct matcher_test *test,
                              struct matcher_sight *sight)
{
    const struct matcher_test_piece *pieces = (const void *)(c->room + test->at);
    for (uint32_t i = 0; i < test->len; i++) {
        const unsigned char *text = (const unsigned char *)c->room + pieces[i].at;
        uint32_t len = pieces[i].len;
        if (len == 0)
            continue;
        if (i == 0) {
            sight->of[text[0]] |= FIRST_ASKS;
        } else if (i + 1 == test->len) {
            sight->of[text[len - 1]] |= LAST_ASKS;
        } else {
            sight->of[text[0]] |= test->len == 3 && len == 1 && pieces[0].len == 0 && pieces[2].len == 0
                                      ? WITHIN_FAILS
                                      : WITHIN_ASKS;
            sight->within = true;
        }
        return true;
    }
    return false; /* any string passes */
}

static bool sight_of_test(struct matcher_clauses *c, const struct matcher_test *test,
                          struct matcher_sight *sight)
{
    const unsigned char *text = (const unsigned char *)c->room + test->at;
    switch ((enum pattern_test_kind)test->kind) {
    case TEST_STRING:
        if (test->len)
            sight->of[text[0]] |= FIRST_ASKS;
        return true;
    case TEST_PREFIX:
        if (test->len)
            sight->of[text[0]] |= test->len == 1 ? FIRST_FAILS : FIRST_ASKS;
        return test->len > 0;
    case TEST_SUFFIX:
        if (test->len)
            sight->of[text[test->len - 1]] |= test->len == 1 ? LAST_FAILS : LAST_ASKS;
        return test->len > 0;
    case TEST_WILDCARD:
        return sight_of_wildcard(c, test, sight);
    case TEST_NUMBER:
        sight->others = true;
        return true;
    default:
        return false;
    }
}

/* Of the tests there; 0: they are few. */
static uint32_t put_set(struct matcher_clauses *c, uint32_t tests_at, uint32_t count)
{
    struct arena scratch = { 0 };
    size_t bytes;
    if (count < MATCHER_SET_MIN)
        return 0;
    const struct matcher_set *set =
        matcher_set_build(&scratch, (const void *)c->room, c->seeds, test_at(c, tests_at), count, &bytes);
    uint32_t at = reserve(c, bytes);
    memcpy(c->room + at, set, bytes);
    arena_fini(&scratch);
    return at;
}

/* Of the list at test->at; 0: single bytes say nothing about it, and it is short. */
static uint32_t put_sight(struct matcher_clauses *c, const struct matcher_test *test)
{
    struct matcher_sight sight = { 0 };
    bool seen = test->len >= SIGHT_MIN;
    for (uint32_t i = 0; i < test->len && seen; i++)
        seen = sight_of_test(c, test_at(c, test->at) + i, &sight);
    sight.set = put_set(c, test->at, test->len);
    if (!seen && !sight.set)
        return 0;
    if (!seen) {
        memset(sight.of, FIRST_ASKS, sizeof(sight.of));
        sight.others = true;
    }
    uint32_t at = reserve(c, sizeof(sight));
    memcpy(c->room + at, &sight, sizeof(sight));
    return at;
}

/* Wildcards that are a string, a prefix or a suffix. */
static void put_wildcard(struct matcher_clauses *c, const struct pattern_test *from,
                         struct matcher_test *test)
{
    const struct str *pieces = from->pieces;
    if (from->piece_count == 1)
        put_string(c, TEST_STRING, pieces[0], test);
    else if (from->piece_count == 2 && pieces[0].len && !pieces[1].len)
        put_string(c, TEST_PREFIX, pieces[0], test);
    else if (from->piece_count == 2 && !pieces[0].len && pieces[1].len)
        put_string(c, TEST_SUFFIX, pieces[1], test);
    else
        put_pieces(c, from, test);
}

/* Nested once: what is in none_of has no none_of. */
static void put_test(struct matcher_clauses *c, const struct pattern_test *from, uint32_t at)
{
    struct matcher_test test = { .kind = (uint8_t)from->kind };
    switch (from->kind) {
    case TEST_STRING:
    case TEST_PREFIX:
    case TEST_SUFFIX:
        put_string(c, from->kind, from->text, &test);
        break;
    case TEST_NUMBER:
        put_number(c, from->text, &test);
        break;
    case TEST_IGNORE_CASE:
    case TEST_PREFIX_IGNORE_CASE:
    case TEST_SUFFIX_IGNORE_CASE:
        put_folded(c, from->text, &test);
        break;
    case TEST_WILDCARD:
        put_wildcard(c, from, &test);
        break;
    case TEST_NUMERIC:
        put_range(c, from, &test);
        break;
    case TEST_CIDR:
        test.len = from->prefix_bits;
        test.flags = from->address_bits == 128 ? ADDRESS_V6 : 0;
        test.at = put_text(c, str_of((const char *)from->address, sizeof(from->address)));
        break;
    case TEST_NONE_OF:
        put_tests(c, from->none_of, from->none_of_count, &test);
        test.flags = list_flags(test_at(c, test.at), test.len);
        test.hash = put_sight(c, &test);
        break;
    case TEST_NULL:
    case TEST_TRUE:
    case TEST_FALSE:
    case TEST_EXISTS:
    case TEST_ABSENT:
        break;
    }
    memcpy(c->room + at, &test, sizeof(test));
}

/* To be asked again. Most lists with a sight are not gone through. */
static bool is_dear(const struct matcher_clause *clause, const struct matcher_test *tests, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (tests[i].kind == TEST_WILDCARD ||
            (tests[i].kind == TEST_NONE_OF && !tests[i].hash &&
             is_dear(clause, matcher_clause_at(clause, tests[i].at), tests[i].len)))
            return true;
    return count > MANY_TESTS;
}

/* ---- the table ---- */

void matcher_clauses_init(struct matcher_clauses *clauses, struct matcher_memory *memory,
                          struct match_places *places, uint64_t seed)
{
    *clauses = (struct matcher_clauses){ .memory = memory, .places = places };
    for (unsigned i = 0; i < SEED_COUNT; i++)
        clauses->seeds[i] = matcher_hash_mix(seed + i, UINT64_C(0x9E3779B97F4A7C15)) | 1;
}

void matcher_clauses_fini(struct matcher_clauses *clauses)
{
    assert(clauses->count == 0);
    matcher_memory_free(clauses->memory, clauses->table,
                        ((size_t)clauses->mask + 1) * sizeof(*clauses->table));
    matcher_memory_free(clauses->memory, clauses->memos, clauses->memos_room * sizeof(*clauses->memos));
}

static void table_resize(struct matcher_clauses *c, uint32_t cap)
{
    struct matcher_clause **old = c->table;
    uint32_t old_mask = c->mask;
    c->table = cap ? matcher_memory_alloc(c->memory, cap * sizeof(*c->table)) : NULL;
    c->mask = cap ? cap - 1 : 0;
    if (!old)
        return;
    for (uint32_t i = 0; i <= old_mask && cap; i++) {
        if (!old[i])
            continue;
        uint32_t at = old[i]->hash;
        while (c->table[at & c->mask])
            at++;
        c->table[at & c->mask] = old[i];
    }
    matcher_memory_free(c->memory, old, ((size_t)old_mask + 1) * sizeof(*old));
}

static uint32_t memo_take(struct matcher_clauses *c)
{
    return c->memos_unused ? c->memos[--c->memos_unused] : c->memo_count++;
}

static void memo_leave(struct matcher_clauses *c, uint32_t memo)
{
    if (c->memos_unused + 1 == c->memo_count) {
        matcher_memory_free(c->memory, c->memos, c->memos_room * sizeof(*c->memos));
        c->memos = NULL;
        c->memos_room = c->memos_unused = c->memo_count = 0;
        return;
    }
    if (c->memos_unused == c->memos_room) {
        uint32_t room = c->memos_room ? c->memos_room * 2 : 16;
        uint32_t *grown = matcher_memory_alloc(c->memory, room * sizeof(*grown));
        if (c->memos_unused)
            memcpy(grown, c->memos, c->memos_unused * sizeof(*grown));
        matcher_memory_free(c->memory, c->memos, c->memos_room * sizeof(*grown));
        c->memos = grown;
        c->memos_room = room;
    }
    c->memos[c->memos_unused++] = memo;
}

/* Where what counts for equality starts. */
static const char *body(const struct matcher_clause *clause)
{
    return (const char *)clause->tests;
}

static bool same(const struct matcher_clause *a, const struct matcher_clause *b)
{
    return a->hash == b->hash && a->place == b->place && a->size == b->size &&
           a->test_count == b->test_count && memcmp(body(a), body(b), a->size - sizeof(*a)) == 0;
}

/* ---- ranges ---- */

/* By the lower end. */
static int range_order(const void *left, const void *right)
{
    const struct pattern_bound *a = &((const struct pattern_test *)left)->low,
                               *b = &((const struct pattern_test *)right)->low;
    if (!a->text.len || !b->text.len)
        return (a->text.len > 0) - (b->text.len > 0);
    int order = json_number_compare(a->text, b->text);
    return order ? order : b->included - a->included;
}

/* With the one that comes after it; false: something lies between. */
static bool range_join(struct pattern_test *range, const struct pattern_test *next)
{
    const struct pattern_bound *end = &next->high;
    if (!range->high.text.len)
        return true;
    int gap = next->low.text.len ? json_number_compare(next->low.text, range->high.text) : -1;
    if (gap > 0 || (gap == 0 && !next->low.included && !range->high.included))
        return false;
    int order = end->text.len ? json_number_compare(end->text, range->high.text) : 1;
    if (order > 0 || (order == 0 && end->included))
        range->high = *end;
    return true;
}

/* The tests with their ranges ascending and disjoint; what passes one of them passes the same. */
static const struct pattern_test *ranges_joined(struct arena *arena, const struct pattern_clause *from,
                                                uint32_t *ret_count)
{
    uint32_t ranges = 0, others = 0, kept = 0;
    for (uint32_t i = 0; i < from->test_count; i++)
        ranges += from->tests[i].kind == TEST_NUMERIC;
    *ret_count = from->test_count;
    if (ranges < 2)
        return from->tests;
    struct pattern_test *tests = (void *)arena_bytes(arena, from->test_count * sizeof(*tests));
    for (uint32_t i = 0, at = 0; i < from->test_count; i++)
        tests[from->tests[i].kind == TEST_NUMERIC ? at++ : ranges + others++] = from->tests[i];
    qsort(tests, ranges, sizeof(*tests), range_order);
    for (uint32_t i = 1; i < ranges; i++)
        if (!range_join(&tests[kept], &tests[i]))
            tests[++kept] = tests[i];
    memmove(&tests[kept + 1], &tests[ranges], others * sizeof(*tests));
    *ret_count = kept + 1 + others;
    return tests;
}

/* In c->room. */
static struct matcher_clause *build(struct matcher_clauses *c, const struct pattern_clause *from)
{
    struct arena scratch = { 0 };
    uint32_t count;
    c->len = 0;
    (void)reserve(c, sizeof(struct matcher_clause));
    struct matcher_test list = { 0 };
    const struct pattern_test *tests = ranges_joined(&scratch, from, &count);
    put_tests(c, tests, count, &list);
    arena_fini(&scratch);
    uint32_t set = put_set(c, list.at, count);
    if (set) {
        uint32_t at = reserve(c, 2 * sizeof(set));
        memcpy(c->room + at + sizeof(set), &set, sizeof(set)); /* the last four bytes */
    }
    (void)reserve(c, 0);
    struct matcher_clause *clause = (void *)c->room;
    clause->size = (uint32_t)c->len;
    clause->test_count = count;
    clause->many = set != 0;
    clause->absent_too = from->absent_too;
    clause->absent_only = from->absent_only;
    return clause;
}

struct matcher_clause *matcher_clause_take(struct matcher_clauses *c, const struct pattern_clause *from)
{
    struct match_place *place = match_place_ask(c->places, from->names, from->name_count);
    struct matcher_clause *built = build(c, from);
    built->place = place;
    built->hash = (uint32_t)matcher_hash_text(str_of(body(built), built->size - sizeof(*built)),
                                              c->seeds[SEED_STRING] ^ (uintptr_t)place);
    if (!c->table || (c->count + 1) * 4 > (c->mask + 1) * 3)
        table_resize(c, c->table ? (c->mask + 1) * 2 : TABLE_FIRST);
    uint32_t at = built->hash;
    for (; c->table[at & c->mask]; at++) {
        struct matcher_clause *found = c->table[at & c->mask];
        if (!same(found, built))
            continue;
        match_place_drop(c->places, place);
        found->uses++;
        found->place->wanted++;
        return found;
    }
    struct matcher_clause *clause = matcher_memory_alloc(c->memory, built->size);
    memcpy(clause, built, built->size);
    clause->uses = 1;
    place->wanted++;
    clause->memo = memo_take(c);
    clause->dear = is_dear(clause, clause->tests, clause->test_count);
    c->table[at & c->mask] = clause;
    c->count++;
    c->tests += clause->test_count;
    (void)atomic_fetch_add_explicit(&place->exact, matcher_clause_is_exact(clause), memory_order_release);
    return clause;
}

/* Closes the gap, so that no search ends early. */
static void table_remove(struct matcher_clauses *c, uint32_t gap)
{
    c->table[gap] = NULL;
    for (uint32_t at = (gap + 1) & c->mask; c->table[at]; at = (at + 1) & c->mask) {
        uint32_t home = c->table[at]->hash & c->mask;
        if (((at - home) & c->mask) < ((at - gap) & c->mask))
            continue;
        c->table[gap] = c->table[at];
        c->table[at] = NULL;
        gap = at;
    }
}

void matcher_clause_drop(struct matcher_clauses *c, struct matcher_clause *clause)
{
    clause->place->wanted--;
    if (--clause->uses)
        return;
    uint32_t at = clause->hash;
    while (c->table[at & c->mask] != clause)
        at++;
    table_remove(c, at & c->mask);
    c->count--;
    c->tests -= clause->test_count;
    (void)atomic_fetch_sub_explicit(&clause->place->exact, matcher_clause_is_exact(clause),
                                    memory_order_release);
    memo_leave(c, clause->memo);
    match_place_drop(c->places, clause->place);
    matcher_memory_retire(c->memory, clause, clause->size);
    if (c->count == 0) {
        matcher_memory_free(c->memory, c->room, c->cap);
        c->room = NULL;
        c->cap = 0;
    }
    if (c->count == 0 || (c->mask > TABLE_FIRST && c->count * 8 < c->mask))
        table_resize(c, c->count ? (c->mask + 1) / 2 : 0);
}
