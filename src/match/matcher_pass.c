/* Whether a value passes a test: one function a kind, in a table. */
#include "match/matcher_hash.h"
#include "match/matcher_set.h"

/* By enum pattern_test_kind. */
typedef bool passes_f(struct matcher_view *view, const struct matcher_clause *clause,
                      const struct matcher_test *test, uint32_t value);

static passes_f *const kinds[TEST_ABSENT + 1];

static inline const struct match_value *value_at(const struct matcher_view *view, uint32_t value)
{
    return &view->event.values[value];
}

static bool string_passes(struct matcher_view *view, const struct matcher_clause *clause,
                          const struct matcher_test *test, uint32_t value)
{
    const struct match_value *v = value_at(view, value);
    if (v->type != JSON_STRING || v->text.len != test->len)
        return false;
    if (view->values[value].flags & VALUE_HASHED && (uint32_t)view->values[value].hash != test->hash)
        return false;
    return test->len == 0 || memcmp(v->text.ptr, matcher_clause_text(clause, test).ptr, test->len) == 0;
}

static bool number_passes(struct matcher_view *view, const struct matcher_clause *clause,
                          const struct matcher_test *test, uint32_t value)
{
    const struct matcher_test_number *number = matcher_clause_at(clause, test->at);
    const struct match_value *v = value_at(view, value);
    return v->type == JSON_NUMBER &&
           matcher_number_compare(matcher_view_number_of(view, value), v->text, &number->number,
                                  matcher_clause_text(clause, test)) == 0;
}

static bool null_passes(struct matcher_view *view, const struct matcher_clause *clause,
                        const struct matcher_test *test, uint32_t value)
{
    (void)clause, (void)test;
    return value_at(view, value)->type == JSON_NULL;
}

static bool true_passes(struct matcher_view *view, const struct matcher_clause *clause,
                        const struct matcher_test *test, uint32_t value)
{
    (void)clause, (void)test;
    return value_at(view, value)->type == JSON_TRUE;
}

static bool false_passes(struct matcher_view *view, const struct matcher_clause *clause,
                         const struct matcher_test *test, uint32_t value)
{
    (void)clause, (void)test;
    return value_at(view, value)->type == JSON_FALSE;
}

static bool prefix_passes(struct matcher_view *view, const struct matcher_clause *clause,
                          const struct matcher_test *test, uint32_t value)
{
    const struct match_value *v = value_at(view, value);
    return v->type == JSON_STRING && str_starts(v->text, matcher_clause_text(clause, test));
}

static bool suffix_passes(struct matcher_view *view, const struct matcher_clause *clause,
                          const struct matcher_test *test, uint32_t value)
{
    const struct match_value *v = value_at(view, value);
    return v->type == JSON_STRING && str_ends(v->text, matcher_clause_text(clause, test));
}

static bool ignore_case_passes(struct matcher_view *view, const struct matcher_clause *clause,
                               const struct matcher_test *test, uint32_t value)
{
    return value_at(view, value)->type == JSON_STRING &&
           str_eq(matcher_view_folded(view, value), matcher_clause_text(clause, test));
}

static bool prefix_ignore_case_passes(struct matcher_view *view, const struct matcher_clause *clause,
                                      const struct matcher_test *test, uint32_t value)
{
    return value_at(view, value)->type == JSON_STRING &&
           str_starts(matcher_view_folded(view, value), matcher_clause_text(clause, test));
}

static bool suffix_ignore_case_passes(struct matcher_view *view, const struct matcher_clause *clause,
                                      const struct matcher_test *test, uint32_t value)
{
    return value_at(view, value)->type == JSON_STRING &&
           str_ends(matcher_view_folded(view, value), matcher_clause_text(clause, test));
}

/* Most pieces are empty or a few bytes: a call would cost more than to look. */
static inline bool is_at(const char *at, const char *piece, uint32_t len)
{
    return len == 0 || (*at == *piece && (len == 1 || memcmp(at, piece, len) == 0));
}

static bool wildcard_passes(struct matcher_view *view, const struct matcher_clause *clause,
                            const struct matcher_test *test, uint32_t value)
{
    const struct match_value *v = value_at(view, value);
    const struct matcher_test_piece *piece = matcher_clause_at(clause, test->at),
                                    *last = &piece[test->len - 1];
    if (v->type != JSON_STRING)
        return false;
    if (v->text.len < (size_t)piece->len + last->len)
        return false;
    const char *at = v->text.ptr, *end = at + v->text.len - last->len;
    if (!is_at(at, matcher_clause_at(clause, piece->at), piece->len) ||
        !is_at(end, matcher_clause_at(clause, last->at), last->len))
        return false;
    at += piece->len;
    while (++piece < last) {
        const char *text = matcher_clause_at(clause, piece->at);
        size_t left = (size_t)(end - at);
        if (left < piece->len)
            return false;
        at = piece->len == 1 ? memchr(at, *text, left) : memmem(at, left, text, piece->len);
        if (!at)
            return false;
        at += piece->len;
    }
    return true;
}

int matcher_range_side(struct matcher_view *view, const struct matcher_clause *clause,
                       const struct matcher_test *test, uint32_t value)
{
    const struct matcher_test_range *range = matcher_clause_at(clause, test->at);
    const struct match_value *v = value_at(view, value);
    const struct matcher_number *number = matcher_view_number_of(view, value);
    if (test->flags & LOW_GIVEN) {
        struct str low = str_of(matcher_clause_at(clause, range->low_at), range->low_len);
        int order = matcher_number_compare(number, v->text, &range->low, low);
        if (order < 0 || (order == 0 && !(test->flags & LOW_INCLUDED)))
            return -1;
    }
    if (test->flags & HIGH_GIVEN) {
        struct str high = str_of(matcher_clause_at(clause, range->high_at), range->high_len);
        int order = matcher_number_compare(number, v->text, &range->high, high);
        if (order > 0 || (order == 0 && !(test->flags & HIGH_INCLUDED)))
            return 1;
    }
    return 0;
}

static bool numeric_passes(struct matcher_view *view, const struct matcher_clause *clause,
                           const struct matcher_test *test, uint32_t value)
{
    return value_at(view, value)->type == JSON_NUMBER && matcher_range_side(view, clause, test, value) == 0;
}

/* A value that is held against many tests: what most of them look at first. */
struct glance {
    size_t len;
    uint32_t first, last; /* words of a string */
    bool is_string;
};

static inline struct glance glance_at(const struct matcher_view *view, uint32_t value)
{
    const struct match_value *v = value_at(view, value);
    return (struct glance){ .len = v->text.len,
                            .first = matcher_first_word(v->text),
                            .last = matcher_last_word(v->text),
                            .is_string = v->type == JSON_STRING };
}

/* The bytes of the word that the test has. */
static inline bool starts_alike(const struct glance *glance, const struct matcher_test *test, uint32_t bytes)
{
    return (uint32_t)((glance->first ^ test->hash) << (8 * (4 - bytes))) == 0 && glance->len >= test->len;
}

static inline bool ends_alike(const struct glance *glance, const struct matcher_test *test, uint32_t bytes)
{
    return (glance->last ^ test->hash) >> (8 * (4 - bytes)) == 0 && glance->len >= test->len;
}

static inline enum matcher_seen see(const struct glance *glance, const struct matcher_test *test)
{
    uint32_t bytes = test->len < 4 ? test->len : 4;
    bool alike;
    switch (test->kind) {
    case TEST_STRING:
        alike = glance->len == test->len && (uint16_t)glance->first == test->start;
        return !glance->is_string || !alike ? FAILS_AT_SIGHT : test->len <= 2 ? PASSES_AT_SIGHT : TO_BE_ASKED;
    case TEST_PREFIX:
    case TEST_SUFFIX:
        if (!glance->is_string)
            return FAILS_AT_SIGHT;
        alike = bytes == 0 || (test->kind == TEST_PREFIX ? starts_alike(glance, test, bytes)
                                                         : ends_alike(glance, test, bytes));
        return !alike ? FAILS_AT_SIGHT : test->len <= 4 ? PASSES_AT_SIGHT : TO_BE_ASKED;
    default:
        return TO_BE_ASKED;
    }
}

static inline bool some_passes(struct matcher_view *view, const struct matcher_clause *clause,
                               const struct matcher_test *tests, uint32_t count, uint32_t value)
{
    view->work += count;
    if (count == 1)
        return kinds[tests->kind](view, clause, tests, value);
    struct glance glance = glance_at(view, value);
    for (uint32_t i = 0; i < count; i++) {
        enum matcher_seen seen = see(&glance, &tests[i]);
        if (seen == PASSES_AT_SIGHT ||
            (seen == TO_BE_ASKED && kinds[tests[i].kind](view, clause, &tests[i], value)))
            return true;
    }
    return false;
}

/* Which of them it is nobody can foretell: so all are looked at. */
static bool none_of_short(const struct matcher_view *view, const struct matcher_test *tests, uint32_t count,
                          bool prefixes, uint32_t value)
{
    struct glance glance = glance_at(view, value);
    bool some = false;
    if (!glance.is_string)
        return true;
    if (prefixes)
        for (uint32_t i = 0; i < count; i++)
            some |= starts_alike(&glance, &tests[i], tests[i].len);
    else
        for (uint32_t i = 0; i < count; i++)
            some |= ends_alike(&glance, &tests[i], tests[i].len);
    return !some;
}

/* The same of strings, by their hashes. */
static bool none_of_list(struct matcher_view *view, const struct matcher_clause *clause,
                         const struct matcher_test *tests, uint32_t count, uint32_t value)
{
    uint32_t alike = 0;
    if (value_at(view, value)->type != JSON_STRING)
        return true;
    uint32_t hash = (uint32_t)matcher_view_hash_of(view, value);
    for (uint32_t i = 0; i < count; i++)
        alike |= (uint32_t)(tests[i].hash == hash) << i;
    for (; alike; alike &= alike - 1)
        if (string_passes(view, clause, &tests[__builtin_ctz(alike)], value))
            return false;
    return true;
}

bool matcher_none_of_passes(struct matcher_view *view, const struct matcher_clause *clause,
                            const struct matcher_test *test, uint32_t value)
{
    const struct matcher_test *tests = matcher_clause_at(clause, test->at);
    const struct matcher_sight *sight = matcher_clause_sight(clause, test);
    const struct match_value *v = value_at(view, value);
    view->work++;
    enum matcher_seen seen = sight ? matcher_sight_see(sight, v->type == JSON_STRING, v->text) : TO_BE_ASKED;
    if (seen != TO_BE_ASKED)
        return seen == PASSES_AT_SIGHT;
    if (sight && sight->set)
        return !matcher_set_passes(view, clause, matcher_clause_at(clause, sight->set), tests, value);
    if (test->flags & STRING_LIST)
        return none_of_list(view, clause, tests, test->len, value);
    if (test->flags)
        return none_of_short(view, tests, test->len, test->flags & SHORT_PREFIXES, value);
    return !some_passes(view, clause, tests, test->len, value);
}

static bool cidr_passes(struct matcher_view *view, const struct matcher_clause *clause,
                        const struct matcher_test *test, uint32_t value)
{
    const struct match_value *v = value_at(view, value);
    const unsigned char *block = matcher_clause_at(clause, test->at);
    unsigned char address[16];
    uint8_t bits;
    if (v->type != JSON_STRING || !pattern_address_read(v->text, address, &bits) ||
        bits != (test->flags & ADDRESS_V6 ? 128 : 32))
        return false;
    uint32_t bytes = test->len / 8, left = test->len % 8;
    return memcmp(address, block, bytes) == 0 &&
           (left == 0 || ((address[bytes] ^ block[bytes]) & (0xFF00u >> left) & 0xFF) == 0);
}

static bool exists_passes(struct matcher_view *view, const struct matcher_clause *clause,
                          const struct matcher_test *test, uint32_t value)
{
    (void)view, (void)clause, (void)test, (void)value;
    return true;
}

static bool absent_passes(struct matcher_view *view, const struct matcher_clause *clause,
                          const struct matcher_test *test, uint32_t value)
{
    (void)view, (void)clause, (void)test, (void)value;
    return false; /* something stands there */
}

static passes_f *const kinds[TEST_ABSENT + 1] = {
    [TEST_STRING] = string_passes,
    [TEST_NUMBER] = number_passes,
    [TEST_NULL] = null_passes,
    [TEST_TRUE] = true_passes,
    [TEST_FALSE] = false_passes,
    [TEST_PREFIX] = prefix_passes,
    [TEST_PREFIX_IGNORE_CASE] = prefix_ignore_case_passes,
    [TEST_SUFFIX] = suffix_passes,
    [TEST_SUFFIX_IGNORE_CASE] = suffix_ignore_case_passes,
    [TEST_IGNORE_CASE] = ignore_case_passes,
    [TEST_WILDCARD] = wildcard_passes,
    [TEST_NUMERIC] = numeric_passes,
    [TEST_CIDR] = cidr_passes,
    [TEST_NONE_OF] = matcher_none_of_passes,
    [TEST_EXISTS] = exists_passes,
    [TEST_ABSENT] = absent_passes,
};

bool matcher_test_passes(struct matcher_view *view, const struct matcher_clause *clause,
                         const struct matcher_test *test, uint32_t value)
{
    return kinds[test->kind](view, clause, test, value);
}

bool matcher_clause_passes(struct matcher_view *view, const struct matcher_clause *clause, uint32_t value)
{
    const struct matcher_set *set = matcher_clause_set(clause);
    if (set)
        return matcher_set_passes(view, clause, set, clause->tests, value);
    return some_passes(view, clause, clause->tests, clause->test_count, value);
}
