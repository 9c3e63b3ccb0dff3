/* How tests are found: the key that a value which passes will ask for.
 *
 *     string, number, literal     its hash
 *     prefix, suffix              its hash, and its length: a value asks for all its beginnings of such lengths
 *     wildcard                    as the prefix or suffix it has, or by a few letters in a row (a gram) of it that the
 *                                 fewest others have, or, if all its pieces are single letters, row by row by the
 *                                 letters that a value must have
 *     numeric                     row by row, by its ends
 *     cidr                        the hash of the leading bits, and how many they are
 *     anything-but                row by row, if most values are told fast to be in the list; else whatever stands
 *                                 there
 *     exists                      whatever stands there
 */
#include "match/matcher_hash.h"
#include "match/matcher_index.h"

#include <math.h>

enum { GRAM_MIN = 2, GRAM_MAX = 4 };

uint32_t matcher_key_literal(int type)
{
    return UINT32_C(0x51ED270B) * (uint32_t)(type + 1);
}

uint32_t matcher_key_gram(const uint64_t *seeds, const char *at, uint32_t len)
{
    return (uint32_t)matcher_hash_mix(matcher_hash_few(at, len) ^ seeds[SEED_GRAM],
                                      UINT64_C(0x8EBC6AF09C88C6E3) + len * 2);
}

void matcher_key_letters(struct str text, uint64_t *letters, uint64_t *pairs)
{
    unsigned before = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned letter = (unsigned char)text.ptr[i];
        *letters |= UINT64_C(1) << (letter & 63);
        if (i)
            *pairs |= UINT64_C(1) << ((before * 11 + letter * 31) >> 2 & 63);
        before = letter;
    }
}

static void key_hashed(struct matcher_key *ret, enum pattern_test_kind kind, uint64_t hash)
{
    *ret = (struct matcher_key){
        .key = (uint32_t)hash, .kind = kind, .feature_kind = FEATURE_NONE, .row_kind = ROWS_NONE
    };
}

static void key_feature(struct matcher_key *ret, enum pattern_test_kind kind, uint64_t hash,
                        enum matcher_feature feature, size_t value)
{
    key_hashed(ret, kind, hash);
    ret->feature_kind = feature;
    ret->feature = (uint32_t)value;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static void key_range(const struct matcher_index *index, const struct matcher_clause *clause,
                      const struct matcher_test *test, struct matcher_key *ret)
{
    const struct matcher_test_range *range = matcher_clause_at(clause, test->at);
    const uint64_t *seeds = index->clauses->seeds;
    struct str low = str_of(matcher_clause_at(clause, range->low_at), range->low_len);
    struct str high = str_of(matcher_clause_at(clause, range->high_at), range->high_len);
    if (low.len && high.len && matcher_number_compare(&range->low, low, &range->high, high) == 0) {
        key_hashed(ret, TEST_NUMBER, matcher_number_hash(&range->low, seeds[SEED_NUMBER]));
        return;
    }
    uint64_t a = bits_of(low.len ? matcher_number_below(&range->low) : (double)-INFINITY);
    uint64_t b = bits_of(high.len ? matcher_number_above(&range->high) : (double)INFINITY);
    key_hashed(ret, TEST_NUMERIC, matcher_hash_mix(a ^ seeds[SEED_NUMBER], b ^ seeds[SEED_STRING]));
    ret->row_kind = ROWS_RANGE;
    ret->a = a;
    ret->b = b;
}

/* ---- wildcards ---- */

struct choice {
    const struct matcher_field *field;
    struct matcher_key best;
    uint32_t best_count, best_len; /* conjunctions that have it already; bytes it looks at */
};

static void offer(struct choice *choice, const struct matcher_key *key, size_t len)
{
    const struct matcher_branch *branch = choice->field ? matcher_field_find(choice->field, key) : NULL;
    uint32_t count = branch ? branch->count : 0;
    if (choice->best_len &&
        (count > choice->best_count || (count == choice->best_count && len <= choice->best_len)))
        return;
    choice->best = *key;
    choice->best_count = count;
    choice->best_len = (uint32_t)len;
}

static void offer_grams(struct choice *choice, const uint64_t *seeds, struct str piece)
{
    uint32_t len = piece.len < GRAM_MAX ? (uint32_t)piece.len : GRAM_MAX;
    struct matcher_key key;
    for (size_t i = 0; len >= GRAM_MIN && i + len <= piece.len && i < 32; i++) {
        key_feature(&key, TEST_WILDCARD, matcher_key_gram(seeds, piece.ptr + i, len), FEATURE_GRAM, len);
        offer(choice, &key, len);
    }
}

static void key_wildcard(const struct matcher_index *index, const struct matcher_field *field,
                         const struct matcher_clause *clause, const struct matcher_test *test,
                         struct matcher_key *ret)
{
    const struct matcher_test_piece *pieces = matcher_clause_at(clause, test->at);
    const uint64_t *seeds = index->clauses->seeds;
    struct choice choice = { .field = field };
    struct matcher_key key;
    uint64_t letters = 0, pairs = 0;
    for (uint32_t i = 0; i < test->len; i++) {
        struct str piece = str_of(matcher_clause_at(clause, pieces[i].at), pieces[i].len);
        matcher_key_letters(piece, &letters, &pairs);
        if (i == 0 && piece.len > 1) {
            key_feature(&key, TEST_PREFIX, matcher_hash_text(piece, seeds[SEED_PREFIX]), FEATURE_PREFIX,
                        piece.len);
            offer(&choice, &key, piece.len);
        } else if (i + 1 == test->len && piece.len > 1) {
            key_feature(&key, TEST_SUFFIX, matcher_hash_text_back(piece, seeds[SEED_SUFFIX]), FEATURE_SUFFIX,
                        piece.len);
            offer(&choice, &key, piece.len);
        } else {
            offer_grams(&choice, seeds, piece);
        }
    }
    if (choice.best_len) {
        *ret = choice.best;
        return;
    }
    key_hashed(ret, TEST_WILDCARD, matcher_hash_mix(letters ^ seeds[SEED_GRAM], pairs ^ seeds[SEED_STRING]));
    ret->row_kind = ROWS_LETTERS;
    ret->a = letters;
    ret->b = pairs;
}

/* ---- anything-but ---- */

static void key_none_of(const struct matcher_index *index, const struct matcher_field *field,
                        const struct matcher_clause *clause, const struct matcher_test *test,
                        struct matcher_key *ret)
{
    struct matcher_special *special =
        field ? atomic_load_explicit(&field->special, memory_order_relaxed) : NULL;
    struct matcher_rows *rows =
        special ? atomic_load_explicit(&special->rows[ROWS_LIST], memory_order_relaxed) : NULL;
    if (matcher_clause_sight(clause, test) || (test->flags & STRING_LIST && test->len > 1)) {
        uint64_t at = (uint64_t)(uintptr_t)test;
        key_hashed(ret, TEST_NONE_OF, matcher_hash_mix(at, index->clauses->seeds[SEED_GRAM]));
        ret->row_kind = ROWS_LIST;
        ret->a = at;
        ret->b = (uint64_t)(uintptr_t)clause;
        if (!rows || rows->live < LISTS_MAX || matcher_field_find(field, ret))
            return;
    }
    key_hashed(ret, TEST_EXISTS, 1);
}

/* ---- all ---- */

void matcher_key_of(const struct matcher_index *index, const struct matcher_field *field,
                    const struct matcher_clause *clause, const struct matcher_test *test,
                    struct matcher_key *ret)
{
    const uint64_t *seeds = index->clauses->seeds;
    enum pattern_test_kind kind = (enum pattern_test_kind)test->kind;
    struct str text = matcher_clause_text(clause, test);
    switch (kind) {
    case TEST_STRING:
    case TEST_NUMBER:
    case TEST_IGNORE_CASE:
        key_hashed(ret, kind, test->hash);
        break;
    case TEST_NULL:
        key_hashed(ret, kind, matcher_key_literal(JSON_NULL));
        break;
    case TEST_TRUE:
        key_hashed(ret, kind, matcher_key_literal(JSON_TRUE));
        break;
    case TEST_FALSE:
        key_hashed(ret, kind, matcher_key_literal(JSON_FALSE));
        break;
    case TEST_PREFIX:
        key_feature(ret, kind, matcher_hash_text(text, seeds[SEED_PREFIX]), FEATURE_PREFIX, text.len);
        break;
    case TEST_PREFIX_IGNORE_CASE:
        key_feature(ret, kind, matcher_hash_text(text, seeds[SEED_PREFIX_IGNORE_CASE]),
                    FEATURE_PREFIX_IGNORE_CASE, text.len);
        break;
    case TEST_SUFFIX:
        key_feature(ret, kind, matcher_hash_text_back(text, seeds[SEED_SUFFIX]), FEATURE_SUFFIX, text.len);
        break;
    case TEST_SUFFIX_IGNORE_CASE:
        key_feature(ret, kind, matcher_hash_text_back(text, seeds[SEED_SUFFIX_IGNORE_CASE]),
                    FEATURE_SUFFIX_IGNORE_CASE, text.len);
        break;
    case TEST_WILDCARD:
        key_wildcard(index, field, clause, test, ret);
        break;
    case TEST_NUMERIC:
        key_range(index, clause, test, ret);
        break;
    case TEST_CIDR:
        key_feature(ret, kind,
                    matcher_hash_address(seeds[SEED_CIDR], matcher_clause_at(clause, test->at), test->len),
                    test->flags & ADDRESS_V6 ? FEATURE_CIDR_V6 : FEATURE_CIDR_V4, test->len);
        break;
    case TEST_NONE_OF:
        key_none_of(index, field, clause, test, ret);
        break;
    case TEST_EXISTS:
    case TEST_ABSENT:
        key_hashed(ret, TEST_EXISTS, 1);
        break;
    }
    if (ret->key == 0)
        ret->key = 1;
}
