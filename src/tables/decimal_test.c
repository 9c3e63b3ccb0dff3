/* Decimals: texts, limits, packed order, and exact sums held against schoolbook arithmetic on strings. */
#include "tables/decimal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *canonical(const char *text)
{
    static char out[DECIMAL_TEXT_BYTES_MAX + 1];
    struct decimal number;
    switch (decimal_read(str_from(text), &number)) {
    case DECIMAL_NOT_A_NUMBER:
        return "not a number";
    case DECIMAL_TOO_LARGE:
        return "too large";
    case DECIMAL_TOO_SMALL:
        return "too small";
    case DECIMAL_TOO_PRECISE:
        return "too precise";
    case DECIMAL_OK:
        break;
    }
    out[decimal_write(&number, out)] = '\0';
    return out;
}

static void test_text(void **state)
{
    (void)state;
    assert_string_equal(canonical("0"), "0");
    assert_string_equal(canonical("-0.000"), "0");
    assert_string_equal(canonical("0e500"), "0");
    assert_string_equal(canonical("+0042.1200"), "42.12");
    assert_string_equal(canonical("1e2"), "100");
    assert_string_equal(canonical("12.5E-3"), "0.0125");
    assert_string_equal(canonical("-.5"), "-0.5");
    assert_string_equal(canonical("5."), "5");
    assert_string_equal(canonical("100000000000000000000000000000000000000000"),
                        "100000000000000000000000000000000000000000");
    const char *bad[] = { "",   "-",    ".",     "e5",  "1e",       "1e+",  "1 ",
                          " 1", "0x10", "1.2.3", "NaN", "Infinity", "1e5.0" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        assert_string_equal(canonical(bad[i]), "not a number");
}

static void test_limits(void **state)
{
    (void)state;
    assert_string_equal(canonical("12345678901234567890123456789012345678"),
                        "12345678901234567890123456789012345678");
    assert_string_equal(canonical("123456789012345678901234567890123456789"), "too precise");
    assert_string_equal(canonical("0.123456789012345678901234567890123456789"), "too precise");
    assert_int_equal(strlen(canonical("1e125")), 126);
    assert_int_equal(strlen(canonical("9.9999999999999999999999999999999999999e125")), 126);
    assert_string_equal(canonical("1e126"), "too large");
    assert_string_equal(canonical("-1e126"), "too large");
    assert_string_equal(canonical("1e99999999999999999999"), "too large");
    assert_int_equal(strlen(canonical("1e-130")), 132);
    assert_string_equal(canonical("9.9e-131"), "too small");
    assert_string_equal(canonical("1e-99999999999999999999"), "too small");
    assert_int_equal(strlen(canonical("-1.2345678901234567890123456789012345678e-130")), 3 + 130 + 37);
}

static void test_sizes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
    } cases[] = { { "0", 1 },     { "1", 2 },      { "-1", 3 },       { "12", 2 },
                  { "123", 3 },   { "120", 2 },    { "123456", 4 },   { "3.14159", 5 },
                  { "1e125", 2 }, { "0.0012", 2 }, { "0042.1200", 3 } };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct decimal number;
        assert_int_equal(decimal_read(str_from(cases[i].text), &number), DECIMAL_OK);
        assert_int_equal(decimal_size(&number), cases[i].size);
    }
}

/* ---- schoolbook: fixed point, one digit a cell ---- */

enum { WHOLE = 200, FRACTION = 200, CELLS = WHOLE + FRACTION };
struct big {
    int sign; /* -1, 0, 1 */
    unsigned char cell[CELLS];
};

static struct big big_of(const struct decimal *number)
{
    struct big big = { .sign = number->count == 0 ? 0 : number->negative ? -1 : 1 };
    for (int i = 0; i < number->count; i++)
        big.cell[WHOLE - 1 - number->exponent + i] = number->digits[i];
    return big;
}

static int big_compare_magnitude(const struct big *a, const struct big *b)
{
    return memcmp(a->cell, b->cell, CELLS);
}

static int big_compare(const struct big *a, const struct big *b)
{
    if (a->sign != b->sign)
        return a->sign < b->sign ? -1 : 1;
    return a->sign * big_compare_magnitude(a, b);
}

static struct big big_sum(const struct big *a, const struct big *b)
{
    struct big to = { 0 };
    int carry = 0;
    if (a->sign == 0 || b->sign == 0)
        return a->sign == 0 ? *b : *a;
    if (a->sign == b->sign) {
        to.sign = a->sign;
        for (int i = CELLS - 1; i >= 0; i--) {
            int value = a->cell[i] + b->cell[i] + carry;
            to.cell[i] = (unsigned char)(value % 10);
            carry = value / 10;
        }
        return to;
    }
    int order = big_compare_magnitude(a, b);
    if (order == 0)
        return to;
    const struct big *more = order > 0 ? a : b, *less = order > 0 ? b : a;
    to.sign = more->sign;
    for (int i = CELLS - 1; i >= 0; i--) {
        int value = more->cell[i] - less->cell[i] - carry;
        carry = value < 0;
        to.cell[i] = (unsigned char)(value + 10 * carry);
    }
    return to;
}

static enum decimal_outcome big_outcome(const struct big *big)
{
    int first = 0, last = CELLS - 1;
    if (big->sign == 0)
        return DECIMAL_OK;
    while (big->cell[first] == 0)
        first++;
    while (big->cell[last] == 0)
        last--;
    if (WHOLE - 1 - first > DECIMAL_EXPONENT_MAX)
        return DECIMAL_TOO_LARGE;
    if (WHOLE - 1 - first < DECIMAL_EXPONENT_MIN)
        return DECIMAL_TOO_SMALL;
    return last - first + 1 > DECIMAL_DIGITS_MAX ? DECIMAL_TOO_PRECISE : DECIMAL_OK;
}

static struct decimal random_decimal(void)
{
    char text[128];
    int len = 0, digits = 1 + rand() % (rand() % 4 ? 8 : 38);
    if (rand() % 2)
        text[len++] = '-';
    for (int i = 0; i < digits; i++)
        text[len++] = (char)('0' + (rand() % 3 ? rand() % 10 : 0));
    int range = rand() % 4 ? 10 : 80;
    len += snprintf(text + len, 32, "e%d", rand() % (2 * range) - range);
    struct decimal number;
    assert_int_equal(decimal_read(str_of(text, (size_t)len), &number), DECIMAL_OK);
    return number;
}

static void test_random(void **state)
{
    (void)state;
    size_t refused = 0;
    srand(7);
    for (int round = 0; round < 200000; round++) {
        struct decimal a = random_decimal(), b = random_decimal(), back, result;
        char packed_a[DECIMAL_PACKED_BYTES_MAX], packed_b[DECIMAL_PACKED_BYTES_MAX];
        struct str pa = str_of(packed_a, decimal_pack(&a, packed_a));
        struct str pb = str_of(packed_b, decimal_pack(&b, packed_b));
        assert_true(decimal_unpack(pa, &back));
        assert_memory_equal(&a, &back, sizeof(a));
        assert_int_equal(decimal_packed_len(pa), pa.len);

        char text[DECIMAL_TEXT_BYTES_MAX];
        assert_int_equal(decimal_read(str_of(text, decimal_write(&a, text)), &back), DECIMAL_OK);
        assert_memory_equal(&a, &back, sizeof(a));

        struct big big_a = big_of(&a), big_b = big_of(&b);
        int order = big_compare(&big_a, &big_b), packed_order = str_compare(pa, pb);
        assert_int_equal((order > 0) - (order < 0), (packed_order > 0) - (packed_order < 0));

        bool minus = rand() % 2;
        if (minus)
            big_b.sign = -big_b.sign;
        struct big expected = big_sum(&big_a, &big_b);
        enum decimal_outcome outcome =
            minus ? decimal_subtract(&a, &b, &result) : decimal_add(&a, &b, &result);
        assert_int_equal(outcome, big_outcome(&expected));
        refused += outcome != DECIMAL_OK;
        if (outcome == DECIMAL_OK) {
            struct big got = big_of(&result);
            assert_int_equal(big_compare(&got, &expected), 0);
        }
    }
    assert_true(refused > 1000); /* both sides of the limit were seen */
}

static void test_edges(void **state)
{
    (void)state;
    struct decimal huge, one, tiny, result;
    assert_int_equal(decimal_read(STR("9.9999999999999999999999999999999999999e125"), &huge), DECIMAL_OK);
    assert_int_equal(decimal_add(&huge, &huge, &result), DECIMAL_TOO_LARGE);
    assert_int_equal(decimal_read(STR("1"), &one), DECIMAL_OK);
    assert_int_equal(decimal_add(&huge, &one, &result), DECIMAL_TOO_PRECISE);
    assert_int_equal(decimal_read(STR("1.5e-130"), &tiny), DECIMAL_OK);
    assert_int_equal(decimal_read(STR("1e-130"), &one), DECIMAL_OK);
    assert_int_equal(decimal_subtract(&tiny, &one, &result), DECIMAL_TOO_SMALL);
    assert_int_equal(decimal_subtract(&tiny, &tiny, &result), DECIMAL_OK);
    assert_int_equal(result.count, 0);
    assert_false(decimal_unpack(STR("\x81"), &result));
    assert_false(decimal_unpack(STR("\x80\x01\x00"), &result));
    assert_false(decimal_unpack(STR("\xff\xf0\x00"), &result));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),  cmocka_unit_test(test_limits), cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_edges), cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
