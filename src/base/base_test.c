/* The floor: strings, buffers, arenas, maps, UTF-8, time, base64. */
#include "base/big_endian.h"
#include "base/arena.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/map.h"
#include "base/time.h"
#include "base/utf8.h"
#include "base/vec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_str(void **state)
{
    (void)state;
    int64_t n;
    struct str head, tail;
    assert_true(str_eq(STR("ab"), str_of("abc", 2)));
    assert_true(str_compare(STR("a"), STR("ab")) < 0);
    assert_true(str_compare(STR("\xff"), STR("a")) > 0);
    assert_int_equal(str_find(STR("aab"), STR("ab")), 1);
    assert_true(str_find(STR("aab"), STR("b ")) == STR_NOT_FOUND);
    assert_true(str_cut(STR("k=v=w"), '=', &head, &tail));
    assert_true(str_eq(head, STR("k")) && str_eq(tail, STR("v=w")));
    assert_true(str_to_i64(STR("-9223372036854775808"), &n) && n == INT64_MIN);
    assert_true(str_to_i64(STR("9223372036854775807"), &n) && n == INT64_MAX);
    assert_false(str_to_i64(STR("9223372036854775808"), &n));
    assert_false(str_to_i64(STR("-"), &n));
    assert_false(str_to_i64(STR("1 "), &n));
    assert_true(str_eq(str_trim(STR(" \ta b\t ")), STR("a b")) && str_empty(str_trim(STR(" \t "))));
    assert_true(str_eq_ignore_case(STR("Content-Length"), STR("content-length")));
}

static void test_buf(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 8);
    buf_printf(&buf, "%s", "12345");
    assert_true(str_eq(buf_str(&buf), STR("12345")));
    buf_add(&buf, STR("6789"));
    assert_int_equal(buf.err, ERR_LIMIT);
    assert_int_equal(buf.len, 5); /* nothing of what did not fit */
    buf_add_char(&buf, '6');
    assert_int_equal(buf.len, 5); /* the error stays */
    buf_clear(&buf);
    buf_add(&buf, STR("12345678"));
    assert_int_equal(buf.err, ERR_OK);
    buf_fini(&buf);
}

static void test_arena(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    for (int round = 0; round < 3; round++) {
        for (size_t size = 1; size < 100000; size = size * 3 + 1) {
            char *room = arena_alloc(&arena, size);
            assert_int_equal((uintptr_t)room % 16, 0);
            for (size_t i = 0; i < size; i++)
                assert_int_equal(room[i], 0);
            memset(room, 0xAA, size);
        }
        arena_reset(&arena);
    }
    assert_true(str_eq(arena_printf(&arena, "%d-%s", 7, "x"), STR("7-x")));
    VEC(int) numbers = { 0 };
    for (int i = 0; i < 1000; i++)
        VEC_PUSH(&arena, &numbers, i);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(numbers.at[i], i);
    arena_fini(&arena);
}

static void test_map(void **state)
{
    (void)state;
    struct map map;
    map_init(&map, 42);
    static int values[5000];
    char key[16];
    for (int i = 0; i < 5000; i++) {
        int len = snprintf(key, sizeof(key), "key-%d", i);
        assert_null(map_put(&map, str_of(key, (size_t)len), &values[i]));
    }
    for (int i = 0; i < 5000; i += 2) {
        int len = snprintf(key, sizeof(key), "key-%d", i);
        assert_ptr_equal(map_remove(&map, str_of(key, (size_t)len)), &values[i]);
    }
    assert_int_equal(map.len, 2500);
    for (int i = 0; i < 5000; i++) {
        int len = snprintf(key, sizeof(key), "key-%d", i);
        assert_ptr_equal(map_get(&map, str_of(key, (size_t)len)), i % 2 ? &values[i] : NULL);
    }
    size_t at = 0, seen = 0;
    struct str k;
    void *value;
    while (map_next(&map, &at, &k, &value))
        seen++;
    assert_int_equal(seen, 2500);
    assert_ptr_equal(map_put(&map, STR("key-1"), &values[0]), &values[1]);
    map_fini(&map);
}

static void test_utf8(void **state)
{
    (void)state;
    assert_int_equal(utf8_valid_len(STR("abcdefghij\xc3\xa9")), 12);
    assert_int_equal(utf8_valid_len(STR("a\xc0\x80")), 1);        /* overlong */
    assert_int_equal(utf8_valid_len(STR("\xed\xa0\x80")), 0);     /* surrogate */
    assert_int_equal(utf8_valid_len(STR("\xf4\x90\x80\x80")), 0); /* above U+10FFFF */
    assert_int_equal(utf8_valid_len(STR("\xf0\x9f\x98")), 0);     /* cut short */
    assert_int_equal(utf8_count_utf16(STR("a\xf0\x9f\x98\x80")), 3);
    char bytes[4];
    for (uint32_t c = 0; c < 0x110000; c += 7) {
        if (c >= 0xD800 && c < 0xE000)
            continue;
        uint32_t back;
        size_t len = utf8_encode(c, bytes);
        assert_int_equal(utf8_valid_len(str_of(bytes, len)), len);
        assert_int_equal(utf8_decode(str_of(bytes, len), &back), len);
        assert_int_equal(back, c);
    }
}

static void test_time(void **state)
{
    (void)state;
    char text[TIME_TEXT_BYTES];
    int64_t ms;
    assert_true(time_parse(STR("2024-02-29T12:34:56.789Z"), &ms));
    assert_true(ms == INT64_C(1709210096789));
    time_format_milliseconds(ms, text);
    assert_string_equal(text, "2024-02-29T12:34:56.789Z");
    time_format_seconds(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59Z");
    assert_true(time_parse(STR("2024-01-01T00:00:00+02:00"), &ms));
    time_format_seconds(ms, text);
    assert_string_equal(text, "2023-12-31T22:00:00Z");
    assert_false(time_parse(STR("2023-02-29T00:00:00Z"), &ms));
    assert_false(time_parse(STR("2024-01-01t00:00:00Z"), &ms));
    assert_false(time_parse(STR("2024-01-01T00:00:00"), &ms));
    assert_false(time_parse(STR("2024-01-01T00:00:00Z "), &ms));
    for (int64_t t = -INT64_C(62135596800000); t < INT64_C(253402300800000); t += INT64_C(86399999977))
        assert_true(time_from_fields(time_fields_of(t)) == t);
}

static void test_base64(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct str back;
    static const char *const pairs[][2] = {
        { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foobar", "Zm9vYmFy" }
    };
    for (size_t i = 0; i < 5; i++) {
        assert_true(str_eq(base64_encode(&arena, str_from(pairs[i][0])), str_from(pairs[i][1])));
        assert_true(base64_decode(&arena, str_from(pairs[i][1]), &back));
        assert_true(str_eq(back, str_from(pairs[i][0])));
    }
    assert_false(base64_decode(&arena, STR("Zg="), &back));
    assert_false(base64_decode(&arena, STR("Zh=="), &back)); /* stray bits */
    assert_false(base64_decode(&arena, STR("Z==="), &back));
    assert_false(base64_decode(&arena, STR("Zm9\n"), &back));
    arena_fini(&arena);
}

static void test_big_endian(void **state)
{
    (void)state;
    char at[8];
    uint64_t value;
    big_endian_put(at, 0x0102030405060708, 8);
    assert_memory_equal(at, "\1\2\3\4\5\6\7\10", 8);
    assert_int_equal(big_endian_get(at, 3), 0x010203);
    big_endian_put(at, UINT64_C(0xFF00FE), 2); /* its last bytes */
    assert_memory_equal(at, "\0\xFE\3", 3);
    struct str from = str_of(at, 3);
    assert_true(big_endian_take(&from, 2, &value) && value == 0xFE && from.len == 1);
    assert_false(big_endian_take(&from, 2, &value));
    assert_true(value == 0xFE && from.len == 1);
}

static void test_fault(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct fault fault = { 0 };
    assert_false(fault_set(&fault, &arena, FAULT_NOT_FOUND, "Rule %s does not exist.", "x"));
    fault_set(&fault, &arena, FAULT_INTERNAL, "later");
    assert_int_equal(fault.code, FAULT_NOT_FOUND); /* the first stays */
    assert_true(str_eq(fault.text, STR("Rule x does not exist.")));
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_str),    cmocka_unit_test(test_buf),   cmocka_unit_test(test_arena),
        cmocka_unit_test(test_map),    cmocka_unit_test(test_utf8),  cmocka_unit_test(test_time),
        cmocka_unit_test(test_base64), cmocka_unit_test(test_fault), cmocka_unit_test(test_big_endian),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
