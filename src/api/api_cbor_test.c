#include "api/api_cbor.h"

#include "api/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct arena arena;

/* "a1 61 61 01", spaces anywhere */
static struct str bytes_of(const char *hex)
{
    char *bytes = arena_bytes(&arena, strlen(hex) + 1);
    size_t len = 0;
    for (unsigned value; sscanf(hex, " %2x", &value) == 1;) {
        while (*hex == ' ')
            hex++;
        hex += 2;
        bytes[len++] = (char)value;
    }
    return str_of(bytes, len);
}

static const char *hex_of(struct str bytes)
{
    char *hex = arena_bytes(&arena, 2 * bytes.len + 1);
    hex[0] = '\0';
    for (size_t i = 0; i < bytes.len; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", (unsigned char)bytes.ptr[i]);
    return hex;
}

/* Examples of RFC 8949's appendix A, and what AWS has of it. */
static void test_read(void **state)
{
    static const struct {
        const char *hex, *json;
    } cases[] = {
        { "", "{}" },
        { "a0", "{}" },
        { "00", "0" },
        { "17", "23" },
        { "18 64", "100" },
        { "19 03 e8", "1000" },
        { "1a 00 0f 42 40", "1000000" },
        { "1b 00 00 00 e8 d4 a5 10 00", "1000000000000" },
        { "1b ff ff ff ff ff ff ff ff", "18446744073709551615" },
        { "3b ff ff ff ff ff ff ff ff", "-18446744073709551616" },
        { "20", "-1" },
        { "38 63", "-100" },
        { "39 03 e7", "-1000" },
        { "f9 3c 00", "1" },
        { "f9 7b ff", "65504" },
        { "f9 00 01", "5.9604644775390625e-08" },
        { "f9 c4 00", "-4" },
        { "fa 47 c3 50 00", "100000" },
        { "fb 3f f1 99 99 99 99 99 9a", "1.1" },
        { "fb 7e 37 e4 3c 88 00 75 9c", "1e+300" },
        { "f9 7c 00", "\"Infinity\"" },
        { "fb ff f0 00 00 00 00 00 00", "\"-Infinity\"" },
        { "f9 7e 00", "\"NaN\"" },
        { "f4", "false" },
        { "f5", "true" },
        { "f6", "null" },
        { "f7", "null" },
        { "c1 1a 51 4b 67 b0", "1363896240" },
        { "c1 fb 41 d4 52 d9 ec 20 00 00", "1363896240.5" },
        { "c1 20", "-1" },
        { "44 01 02 03 04", "\"AQIDBA==\"" },
        { "40", "\"\"" },
        { "5f 42 01 02 43 03 04 05 ff", "\"AQIDBAU=\"" },
        { "5f ff", "\"\"" },
        { "60", "\"\"" },
        { "64 49 45 54 46", "\"IETF\"" },
        { "62 c3 bc", "\"\xC3\xBC\"" },
        { "62 22 5c", "\"\\\"\\\\\"" },
        { "7f 65 73 74 72 65 61 64 6d 69 6e 67 ff", "\"streaming\"" },
        { "80", "[]" },
        { "83 01 02 03", "[1,2,3]" },
        { "83 01 82 02 03 82 04 05", "[1,[2,3],[4,5]]" },
        { "9f ff", "[]" },
        { "9f 01 82 02 03 9f 04 05 ff ff", "[1,[2,3],[4,5]]" },
        { "a2 61 61 01 61 62 82 02 03", "{\"a\":1,\"b\":[2,3]}" },
        { "bf 61 61 01 61 62 9f 02 03 ff ff", "{\"a\":1,\"b\":[2,3]}" },
        { "bf 7f 61 61 61 62 ff 41 ff ff", "{\"ab\":\"/w==\"}" },
        { "82 61 61 bf 61 62 61 63 ff", "[\"a\",{\"b\":\"c\"}]" },
        { "a1 61 61 a1 61 62 80", "{\"a\":{\"b\":[]}}" },
        { "82 a0 80", "[{},[]]" },
        { "82 c1 01 02", "[1,2]" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json value;
        const char *why = NULL;
        if (!api_cbor_read(&arena, NULL, bytes_of(cases[i].hex), &value, &why))
            fail_msg("%s: %s", cases[i].hex, why);
        struct str text = json_text(&arena, &value);
        if (!str_eq(text, str_from(cases[i].json)))
            fail_msg("%s is %.*s, not %s", cases[i].hex, STR_ARG(text), cases[i].json);
    }
}

static void test_refuse(void **state)
{
    static const struct {
        const char *hex, *why;
    } cases[] = {
        { "18", "it ends too early" },
        { "a1", "it ends too early" },
        { "a1 61 61", "it ends too early" },
        { "83 01 02", "it ends too early" },
        { "62 61", "it ends too early" },
        { "9f 01", "it ends too early" },
        { "5f 41 01", "it ends too early" },
        { "c1", "it ends too early" },
        { "9b ff ff ff ff ff ff ff ff 01", "it ends too early" },
        { "bb ff ff ff ff ff ff ff ff 01", "it ends too early" },
        { "7b ff ff ff ff ff ff ff ff 61", "it ends too early" },
        { "5b 7f ff ff ff ff ff ff ff 61", "it ends too early" },
        { "9a 00 10 00 00 01", "it ends too early" },
        { "01 02", "something follows its end" },
        { "a0 f6", "something follows its end" },
        { "ff", "something ends that has not begun, or not come to its end" },
        { "82 01 ff", "something ends that has not begun, or not come to its end" },
        { "bf 61 61 ff", "something ends that has not begun, or not come to its end" },
        { "c1 ff", "something ends that has not begun, or not come to its end" },
        { "a1 01 02", "a key of a map is not text" },
        { "a1 41 61 02", "a key of a map is not text" },
        { "a1 80 02", "a key of a map is not text" },
        { "62 c3 28", "a text is not UTF-8" },
        { "7f 61 c3 61 bc ff", "a text is not UTF-8" },
        { "7f 41 61 ff", "a piece of a text is something else" },
        { "5f 61 61 ff", "a piece of a byte string is something else" },
        { "7f 01 ff", "a piece of a text is something else" },
        { "7f 80 ff", "a piece of a string is something else" },
        { "7f 7f ff ff", "a piece of a string is something else" },
        { "c1 61 61", "a timestamp is not a number" },
        { "c1 80", "a timestamp is not a number" },
        { "c1 f9 7e 00", "a timestamp is not a number" },
        { "c2 41 01", "it has a tag that is not understood" },
        { "c0 61 61", "it has a tag that is not understood" },
        { "1c", "a byte begins no item" },
        { "e0", "a byte begins no item" },
        { "fc", "a byte begins no item" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json value;
        const char *why = NULL;
        assert_false(api_cbor_read(&arena, NULL, bytes_of(cases[i].hex), &value, &why));
        if (!why || strcmp(why, cases[i].why) != 0)
            fail_msg("%s: '%s', not '%s'", cases[i].hex, why, cases[i].why);
    }
}

static void test_depth(void **state)
{
    char bytes[API_CBOR_DEPTH_MAX + 2];
    struct json value;
    const char *why = NULL;
    (void)state;
    memset(bytes, 0x81, sizeof(bytes));
    bytes[API_CBOR_DEPTH_MAX] = 0x01;
    assert_true(api_cbor_read(&arena, NULL, str_of(bytes, API_CBOR_DEPTH_MAX + 1), &value, &why));
    bytes[API_CBOR_DEPTH_MAX] = (char)0x81;
    bytes[API_CBOR_DEPTH_MAX + 1] = 0x01;
    assert_false(api_cbor_read(&arena, NULL, str_of(bytes, API_CBOR_DEPTH_MAX + 2), &value, &why));
    assert_string_equal(why, "it is nested too deep");
}

static void test_many_items(void **state)
{
    enum { HEAD_BYTES = 5, BYTES = HEAD_BYTES + API_CBOR_ITEMS_MAX };
    static char bytes[BYTES];
    struct json value;
    const char *why = NULL;
    (void)state;
    memset(bytes, 0x80, BYTES); /* empty arrays */
    memcpy(bytes, "\x9a\x00\x07\xa1\x1f", HEAD_BYTES);
    assert_true(api_cbor_read(&arena, NULL, str_of(bytes, BYTES - 1), &value, &why));
    assert_int_equal(value.count, API_CBOR_ITEMS_MAX - 1);
    bytes[HEAD_BYTES - 1] = 0x20; /* the array itself is one too many */
    assert_false(api_cbor_read(&arena, NULL, str_of(bytes, BYTES), &value, &why));
    assert_string_equal(why, "it has too many items");
}

static const struct shape text = { .type = SHAPE_STRING }, number = { .type = SHAPE_DOUBLE },
                          whole = { .type = SHAPE_INTEGER }, time = { .type = SHAPE_TIMESTAMP },
                          blob = { .type = SHAPE_BLOB }, times = { .type = SHAPE_LIST, .item = &time },
                          numbers = { .type = SHAPE_MAP, .key = &text, .item = &number };
static const struct shape_member members[] = {
    { .name = { "n", 1 }, .shape = &number }, { .name = { "i", 1 }, .shape = &whole },
    { .name = { "t", 1 }, .shape = &times },  { .name = { "b", 1 }, .shape = &blob },
    { .name = { "s", 1 }, .shape = &text },   { .name = { "m", 1 }, .shape = &numbers },
};
static const struct shape all = { .type = SHAPE_STRUCTURE, .members = members, .member_count = 6 };

static void test_shape(void **state)
{
    static const struct {
        const char *hex, *why; /* NULL: it fits */
    } cases[] = {
        { "a1 61 62 41 01", NULL },
        { "a1 61 62 5f 41 01 ff", NULL },
        { "a1 61 78 41 01", NULL }, /* no such member */
        { "a1 61 74 82 c1 01 02", NULL },
        { "a1 61 6d a1 61 78 01", NULL },
        { "a1 61 62 61 61", "a text stands where a byte string belongs" },
        { "a1 61 62 7f 61 61 ff", "a text stands where a byte string belongs" },
        { "a1 61 73 41 01", "a byte string stands where none belongs" },
        { "a1 61 73 5f 41 01 ff", "a byte string stands where none belongs" },
        { "a1 61 74 81 41 01", "a byte string stands where none belongs" },
        { "a1 61 74 81 c1 41 01", "a byte string stands where none belongs" },
        { "a1 61 6d a1 61 78 41 01", "a byte string stands where none belongs" },
        { "a1 61 6e c1 01", "a timestamp stands where none belongs" },
        { "c1 01", "a timestamp stands where none belongs" },
        { "41 01", "a byte string stands where none belongs" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json value;
        const char *why = NULL;
        bool fits = api_cbor_read(&arena, &all, bytes_of(cases[i].hex), &value, &why);
        if (fits != !cases[i].why || (why && strcmp(why, cases[i].why) != 0))
            fail_msg("%s: %s", cases[i].hex, why);
    }
}

static void test_write(void **state)
{
    static const struct {
        const char *json, *hex;
    } cases[] = {
        { "{}", "a0" },
        { "{\"n\":2}", "a1616efb4000000000000000" },
        { "{\"i\":2,\"s\":null}", "a1616902" },
        { "{\"i\":-1000}", "a161693903e7" },
        { "{\"t\":[1363896240,1363896240.5]}", "a1617482c11a514b67b0c1fb41d452d9ec200000" },
        { "{\"b\":\"AQIDBA==\"}", "a161624401020304" },
        { "{\"s\":\"AQ==\"}", "a161736441513d3d" },
        { "{\"m\":{\"x\":1}}", "a1616da16178fb3ff0000000000000" },
        { "{\"other\":[true,false,1,1.1]}", "a1656f7468657284f5f401fb3ff199999999999a" },
        { "{\"i\":18446744073709551616}", "a16169fb43f0000000000000" },
        { "{\"n\":1e999}", "a1616efb7ff0000000000000" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json value;
        struct buf out;
        assert_int_equal(json_read(&arena, str_from(cases[i].json), 0, &value, NULL), ERR_OK);
        buf_init(&out, 0);
        api_cbor_write(&all, &value, &out);
        assert_string_equal(hex_of(buf_str(&out)), cases[i].hex);
        buf_fini(&out);
    }
}

static int teardown(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),       cmocka_unit_test(test_refuse), cmocka_unit_test(test_depth),
        cmocka_unit_test(test_many_items), cmocka_unit_test(test_shape),  cmocka_unit_test(test_write),
    };
    return cmocka_run_group_tests_name("api-cbor", tests, NULL, teardown);
}
