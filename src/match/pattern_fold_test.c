/* Case folding: the table, and the three comparisons against folding whole texts. */
#include "match/pattern_fold.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void folds_code_points(void **state)
{
    (void)state;
    static const uint32_t pairs[][2] = {
        { 'A', 'a' },         { 'Z', 'z' },         { '@', '@' },       { '[', '[' },
        { 0xC4, 0xE4 },       { 0xD7, 0xD7 },       { 0xDF, 0xDF },     { 0x1E9E, 0xDF },
        { 0x130, 0x130 },     { 0x131, 0x131 },     { 0x3A3, 0x3C3 },   { 0x3C2, 0x3C3 },
        { 0x212A, 'k' },      { 0x17F, 's' },       { 0x23A, 0x2C65 },  { 0x1F88, 0x1F80 },
        { 0x10400, 0x10428 }, { 0x1E921, 0x1E943 }, { 0x13A0, 0x13A0 }, { 0xAB70, 0x13A0 },
        { 0x4E00, 0x4E00 },
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        assert_int_equal(pattern_fold(pairs[i][0]), pairs[i][1]);
}

static void folding_is_stable_and_fits_its_room(void **state)
{
    (void)state;
    size_t folded = 0;
    for (uint32_t point = 0; point <= 0x10FFFF; point++) {
        char before[4], after[4];
        if (point >= 0xD800 && point <= 0xDFFF)
            continue;
        uint32_t to = pattern_fold(point);
        folded += to != point;
        assert_int_equal(pattern_fold(to), to);
        assert_true(utf8_encode(to, after) * 2 <= utf8_encode(point, before) * 3);
    }
    assert_true(folded > 1300);
    assert_true(pattern_fold_range_count > 100);
}

static void compares_texts(void **state)
{
    (void)state;
    static const char *const alphabet[] = {
        "a", "A", "k", "K", "\xe2\x84\xaa", "\xc8\xba", "\xe2\xb1\xa5", "\xc3\x9f"
    };
    struct arena arena = { 0 };
    uint32_t seed = 3;
    size_t equal = 0, starts = 0, ends = 0;
    for (int i = 0; i < 200000; i++) {
        struct str texts[2] = { STR_EMPTY, STR_EMPTY };
        for (int t = 0; t < 2; t++)
            for (seed = seed * 1664525 + 1013904223; (seed >> 24) % 5 != 0;
                 seed = seed * 1664525 + 1013904223)
                texts[t] = arena_concat(&arena, texts[t], str_from(alphabet[(seed >> 16) % 8]));
        struct str folded = pattern_fold_text(&arena, texts[0]), other = pattern_fold_text(&arena, texts[1]);
        assert_int_equal(pattern_fold_eq(texts[0], other), str_eq(folded, other));
        assert_int_equal(pattern_fold_starts(texts[0], other), str_starts(folded, other));
        assert_int_equal(pattern_fold_ends(texts[0], other), str_ends(folded, other));
        equal += str_eq(folded, other);
        starts += str_starts(folded, other);
        ends += str_ends(folded, other);
        arena_reset(&arena);
    }
    assert_true(equal > 1000 && starts > equal && ends > equal);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_code_points),
        cmocka_unit_test(folding_is_stable_and_fits_its_room),
        cmocka_unit_test(compares_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
