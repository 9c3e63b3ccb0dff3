/* Whether a scalar passes a test. */
#include "match/pattern_clause.h"
#include "match/pattern_fold.h"

static bool is_numeric(const struct pattern_test *test, struct str number)
{
    const struct pattern_bound *low = &test->low, *high = &test->high;
    int below = low->text.len ? json_number_compare(low->text, number) : -1;
    int above = high->text.len ? json_number_compare(number, high->text) : -1;
    return below < (low->included ? 1 : 0) && above < (high->included ? 1 : 0);
}

static bool is_in_block(const struct pattern_test *test, struct str text)
{
    unsigned char address[16];
    uint8_t bits;
    if (!pattern_address_read(text, address, &bits) || bits != test->address_bits)
        return false;
    unsigned whole = test->prefix_bits / 8, rest = test->prefix_bits % 8;
    return memcmp(address, test->address, whole) == 0 &&
           (rest == 0 || ((address[whole] ^ test->address[whole]) & (0xFF00 >> rest) & 0xFF) == 0);
}

static bool text_passes(const struct pattern_test *test, struct str text)
{
    switch (test->kind) {
    case TEST_STRING:
        return str_eq(text, test->text);
    case TEST_PREFIX:
        return str_starts(text, test->text);
    case TEST_SUFFIX:
        return str_ends(text, test->text);
    case TEST_IGNORE_CASE:
        return pattern_fold_eq(text, test->text);
    case TEST_PREFIX_IGNORE_CASE:
        return pattern_fold_starts(text, test->text);
    case TEST_SUFFIX_IGNORE_CASE:
        return pattern_fold_ends(text, test->text);
    case TEST_WILDCARD:
        return pattern_wildcard_matches(test, text);
    case TEST_CIDR:
        return is_in_block(test, text);
    default:
        return false;
    }
}

bool pattern_test_passes(const struct pattern_test *test, const struct json *scalar)
{
    switch (test->kind) {
    case TEST_NUMBER:
        return scalar->type == JSON_NUMBER && json_number_compare(scalar->text, test->text) == 0;
    case TEST_NUMERIC:
        return scalar->type == JSON_NUMBER && is_numeric(test, scalar->text);
    case TEST_NULL:
        return scalar->type == JSON_NULL;
    case TEST_TRUE:
        return scalar->type == JSON_TRUE;
    case TEST_FALSE:
        return scalar->type == JSON_FALSE;
    case TEST_NONE_OF:
        for (size_t i = 0; i < test->none_of_count; i++)
            if (pattern_test_passes(&test->none_of[i], scalar))
                return false;
        return true;
    case TEST_EXISTS:
        return true;
    case TEST_ABSENT:
        return false;
    default:
        return scalar->type == JSON_STRING && text_passes(test, scalar->text);
    }
}
