/* JSON: what is read and what is refused, where the error is said to be, numbers to the
 * last digit, what is written. */
#include "json/json.h"
#include "json/json_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <pthread.h>

static struct json read_ok(struct arena *arena, struct str text)
{
    struct json value;
    struct json_error error = { .text = "" };
    enum err err = json_read(arena, text, 0, &value, &error);
    if (err)
        fail_msg("%.*s: %s", STR_ARG(text), error.text);
    return value;
}

static struct json read_text(struct arena *arena, const char *text)
{
    return read_ok(arena, str_from(text));
}

/* ---- the grammar ---- */

static void test_accepted(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
        struct json value = read_text(&arena, accepted[i].text);
        struct str written = json_text(&arena, &value);
        const char *again = accepted[i].again ? accepted[i].again : accepted[i].text;
        if (!str_eq(written, str_from(again)))
            fail_msg("%s was written as %.*s", accepted[i].text, STR_ARG(written));
    }
    arena_fini(&arena);
}

static void test_refused(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct json value;
        struct json_error error = { .text = "" };
        enum err err = json_read(&arena, str_from(refused[i].text), 0, &value, &error);
        if (err != ERR_INVALID)
            fail_msg("%s was read", refused[i].text);
        struct str said = str_from(error.text);
        bool same = str_starts(said, str_from(refused[i].error)) &&
                    (!refused[i].list || str_ends(said, str_from(value_list)));
        if (!same || error.line != refused[i].line || error.column != refused[i].column)
            fail_msg("%s: %s at %u, %u", refused[i].text, error.text, error.line, error.column);
        assert_int_equal(json_read(&arena, str_from(refused[i].text), 0, &value, NULL), ERR_INVALID);
    }
    arena_fini(&arena);
}

/* A NUL is a byte like others, and no text is read past its end. */
static void test_refused_bytes(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct json value;
    struct json_error error;
    assert_int_equal(json_read(&arena, str_of("[1]\0", 4), 0, &value, &error), ERR_INVALID);
    assert_string_equal(error.text,
                        "Unexpected character ((CTRL-CHAR, code 0)): was expecting the end of the text");
    assert_int_equal(json_read(&arena, str_of("\"a\0b\"", 5), 0, &value, &error), ERR_INVALID);
    assert_int_equal(json_read(&arena, str_of("[1,2]", 4), 0, &value, &error), ERR_INVALID);
    assert_int_equal(json_read(&arena, STR_EMPTY, 0, &value, &error), ERR_INVALID);
    char all[] =
        "{\"key\": [1.5e3, \"text \\u00e9 \xc3\xa9 \\n\", true, null, {\"a\": {}}], \"other key\": -12}";
    for (size_t len = 0; len < sizeof(all) - 1; len++) {
        char *cut = malloc(len ? len : 1); /* so that a tool sees every byte too far */
        assert_non_null(cut);
        memcpy(cut, all, len);
        assert_int_equal(json_read(&arena, str_of(cut, len), 0, &value, &error), ERR_INVALID);
        assert_true(error.offset <= len);
        free(cut);
    }
    (void)read_text(&arena, all);
    arena_fini(&arena);
}

static void test_long_token(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct json value;
    struct json_error error;
    char text[2000];
    for (size_t i = 0; i + 1 < sizeof(text); i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    assert_int_equal(json_read(&arena, str_of(text, sizeof(text)), 0, &value, &error), ERR_INVALID);
    assert_non_null(strstr(error.text, "\xc3\xa9...': was expecting (JSON String"));
    assert_int_equal(error.column, 1001);
    arena_fini(&arena);
}

/* ---- values ---- */

static void test_values(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct str text = STR(" {\"a\" : [1, \"x\\ny\"], \"b\":true, \"a\":null, \"plain\":\"text\"} ");
    struct json value = read_ok(&arena, text);
    assert_int_equal(value.type, JSON_OBJECT);
    assert_int_equal(value.count, 4);
    assert_true(str_eq(value.raw, str_slice(text, 1, text.len - 2)));
    assert_true(str_eq(value.members[0].value.raw, STR("[1, \"x\\ny\"]")));
    assert_true(str_eq(value.members[0].value.items[1].raw, STR("\"x\\ny\"")));
    assert_true(str_eq(value.members[0].value.items[1].text, STR("x\ny")));
    assert_true(str_eq(value.members[1].value.raw, STR("true")));
    /* the last of duplicates */
    assert_true(json_is(json_get(&value, STR("a")), JSON_NULL));
    assert_null(json_get(&value, STR("c")));
    assert_null(json_get(NULL, STR("c")));
    assert_null(json_get(json_get(&value, STR("b")), STR("c")));
    assert_null(json_get_typed(&value, STR("b"), JSON_FALSE));
    assert_non_null(json_get_typed(&value, STR("b"), JSON_TRUE));
    assert_true(str_eq(json_get_str(&value, STR("plain")), STR("text")));
    assert_true(str_empty(json_get_str(&value, STR("b"))));
    assert_false(json_is(NULL, JSON_NULL));
    /* a string without escapes is not copied */
    const struct json *plain = json_get(&value, STR("plain"));
    assert_ptr_equal(plain->text.ptr, plain->raw.ptr + 1);
    /* U+0000 counts */
    struct json nul = read_text(&arena, "\"a\\u0000b\"");
    assert_true(str_eq(nul.text, str_of("a\0b", 3)));
    arena_fini(&arena);
}

/* More children than the first room of the stacks, interleaved with deep ones. */
static void test_many(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct buf text;
    buf_init(&text, 0);
    buf_add_char(&text, '[');
    for (int i = 0; i < 5000; i++)
        buf_printf(&text, "%s{\"n\":%d,\"list\":[%d,%d,%d],\"o\":{\"x\":{}}}", i ? "," : "", i, i, i + 1,
                   i + 2);
    buf_add_char(&text, ']');
    struct json value = read_ok(&arena, buf_str(&text));
    assert_int_equal(value.count, 5000);
    for (uint32_t i = 0; i < value.count; i++) {
        int64_t n;
        assert_true(json_number_i64(json_get(&value.items[i], STR("n"))->text, &n));
        assert_int_equal(n, i);
        const struct json *list = json_get(&value.items[i], STR("list"));
        assert_int_equal(list->count, 3);
        assert_true(json_number_i64(list->items[2].text, &n));
        assert_int_equal(n, i + 2);
        assert_int_equal(json_get(&value.items[i], STR("o"))->count, 1);
    }
    assert_true(str_eq(json_text(&arena, &value), buf_str(&text)));
    buf_fini(&text);
    arena_fini(&arena);
}

static void add_many(struct buf *out, struct str text, int count)
{
    for (int i = 0; i < count; i++)
        buf_add(out, text);
}

/* On a small stack: read, write, copy, compare at the greatest depth; one more is too deep. */
static void *depth_run(void *arg)
{
    (void)arg;
    struct arena arena = { 0 };
    struct buf text;
    buf_init(&text, 0);
    add_many(&text, STR("{\"a\":["), JSON_DEPTH_MAX / 2);
    add_many(&text, STR("]}"), JSON_DEPTH_MAX / 2);
    struct json value = read_ok(&arena, buf_str(&text)), copy = json_copy(&arena, &value);
    assert_true(str_eq(json_text(&arena, &copy), buf_str(&text)));
    assert_true(json_equal(&value, &copy));
    struct json_error error;
    for (unsigned depth = 1; depth < 200; depth++) {
        buf_clear(&text);
        add_many(&text, STR("["), (int)depth);
        add_many(&text, STR("]"), (int)depth);
        assert_int_equal(json_read(&arena, buf_str(&text), depth, &value, &error), ERR_OK);
        if (depth > 1)
            assert_int_equal(json_read(&arena, buf_str(&text), depth - 1, &value, &error), ERR_LIMIT);
    }
    buf_clear(&text);
    add_many(&text, STR("["), JSON_DEPTH_MAX + 1);
    assert_int_equal(json_read(&arena, buf_str(&text), 0, &value, &error), ERR_LIMIT);
    assert_string_equal(error.text, "Nested deeper than 1000 levels");
    assert_int_equal(error.column, JSON_DEPTH_MAX + 1);
    /* what is built may be deeper than what is read, and is handled all the same */
    value = json_of_null();
    for (int i = 0; i < 100000; i++) {
        struct json *item = ARENA_NEW(&arena, struct json);
        *item = value;
        value = json_of_array(item, 1);
    }
    copy = json_copy(&arena, &value);
    assert_true(json_equal(&value, &copy));
    assert_int_equal(json_text(&arena, &copy).len, 200004);
    buf_fini(&text);
    arena_fini(&arena);
    return NULL;
}

static void test_depth(void **state)
{
    (void)state;
    pthread_attr_t attributes;
    pthread_t thread;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, 256 * 1024), 0);
    assert_int_equal(pthread_create(&thread, &attributes, depth_run, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
}

static const struct {
    const char *a, *b;
    bool equal;
} equals[] = {
    { "1", "1.0", true },
    { "[1,2]", "[1,2]", true },
    { "[1,2]", "[2,1]", false },
    { "[1]", "[1,1]", false },
    { "{\"a\":1,\"b\":[3e2]}", "{\"b\":[300],\"a\":1.0}", true },
    { "{\"a\":1}", "{\"a\":1,\"b\":1}", false },
    { "{\"a\":1,\"a\":2}", "{\"a\":2}", true },
    { "{\"a\":1,\"a\":2}", "{\"a\":3,\"a\":2}", true },
    { "{\"a\":1,\"a\":2}", "{\"a\":1}", false },
    { "{\"a\":1,\"a\":2}", "{\"a\":2,\"b\":2}", false },
    { "{\"a\":{\"b\":{\"c\":null}}}", "{\"a\":{\"b\":{\"c\":null}}}", true },
    { "{\"a\":{\"b\":{\"c\":null}}}", "{\"a\":{\"b\":{\"c\":false}}}", false },
    { "\"a\"", "\"\\u0061\"", true },
    { "\"1\"", "1", false },
    { "true", "false", false },
    { "[]", "{}", false },
};

static void test_equal(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    for (size_t i = 0; i < sizeof(equals) / sizeof(equals[0]); i++) {
        struct json a = read_text(&arena, equals[i].a), b = read_text(&arena, equals[i].b);
        if (json_equal(&a, &b) != equals[i].equal || json_equal(&b, &a) != equals[i].equal)
            fail_msg("%s, %s", equals[i].a, equals[i].b);
    }
    arena_fini(&arena);
}

/* ---- numbers ---- */

static const struct {
    const char *a, *b;
    int order;
} orders[] = {
    { "1", "2", -1 },
    { "300", "300.0", 0 },
    { "300", "3e2", 0 },
    { "300", "0.3E+3", 0 },
    { "300", "30000e-2", 0 },
    { "0", "-0", 0 },
    { "0", "0.000e99999999999999999999999", 0 },
    { "-1", "0", -1 },
    { "-1", "-2", 1 },
    { "-1", "1", -1 },
    { "10", "9", 1 },
    { "0.1", "0.09", 1 },
    { "0.1", "0.10000000000000000000000000000000000001", -1 },
    { "12345678901234567890123456789", "12345678901234567890123456788", 1 },
    { "9007199254740993", "9007199254740992", 1 },
    { "1e1000000000000000000000000", "1e999999999999999999999999", 1 },
    { "1e1000000000000000000000000", "10e999999999999999999999999", 0 },
    { "1e1000000000000000000000000", "100e999999999999999999999999", -1 },
    { "1e-1000000000000000000000000", "1e999999999999999999999999", -1 },
    { "1e-1000000000000000000000000", "0.1e-999999999999999999999999", 0 },
    { "-1e1000000000000000000000000", "1", -1 },
    { "1e1000000000000000000000000", "1", 1 },
    { "1e-1000000000000000000000000", "0", 1 },
    { "1e0000000000000000000000000000000001", "10", 0 },
    { "1e-18446744073709551616", "1", -1 },
    { "1e18446744073709551616", "1", 1 },
    { "5e-324", "0", 1 },
};

static void test_number_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        int order = json_number_compare(str_from(orders[i].a), str_from(orders[i].b));
        int back = json_number_compare(str_from(orders[i].b), str_from(orders[i].a));
        if (order != orders[i].order || back != -orders[i].order)
            fail_msg("%s, %s: %d, %d", orders[i].a, orders[i].b, order, back);
        assert_int_equal(json_number_compare(str_from(orders[i].a), str_from(orders[i].a)), 0);
    }
}

static void test_number_i64(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is;
        int64_t value;
    } cases[] = {
        { "0", true, 0 },
        { "-0.0", true, 0 },
        { "42", true, 42 },
        { "3e2", true, 300 },
        { "300.0", true, 300 },
        { "1.5e1", true, 15 },
        { "1500e-2", true, 15 },
        { "-7", true, -7 },
        { "9223372036854775807", true, INT64_MAX },
        { "9223372036854775808", false, 0 },
        { "-9223372036854775808", true, INT64_MIN },
        { "-9223372036854775809", false, 0 },
        { "9.223372036854775807e18", true, INT64_MAX },
        { "9999999999999999999", false, 0 },
        { "99999999999999999999", false, 0 },
        { "1e18", true, INT64_C(1000000000000000000) },
        { "1e19", false, 0 },
        { "1e99999999999999999999999999", false, 0 },
        { "1e-99999999999999999999999999", false, 0 },
        { "0e99999999999999999999999999", true, 0 },
        { "0.5", false, 0 },
        { "15e-1", false, 0 },
        { "0.1e1", true, 1 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t value = 0;
        if (json_number_i64(str_from(cases[i].text), &value) != cases[i].is || value != cases[i].value)
            fail_msg("%s: %lld", cases[i].text, (long long)value);
    }
}

static void test_number_double(void **state)
{
    (void)state;
    double value;
    assert_true(json_number_double(STR("301.8"), &value) && value == 301.8);
    assert_true(json_number_double(STR("-1e-400"), &value) && value == 0);
    assert_false(json_number_double(STR("1e400"), &value));
    assert_false(json_number_double(STR("-1e99999999999999999999"), &value));
    struct buf text;
    buf_init(&text, 0);
    add_many(&text, STR("1"), 300);
    buf_add(&text, STR("e-299"));
    assert_true(json_number_double(buf_str(&text), &value) && value > 1.111 && value < 1.112);
    buf_fini(&text);
    struct arena arena = { 0 };
    assert_true(str_eq(json_of_double(&arena, 0.1).text, STR("0.1")));
    assert_true(str_eq(json_of_double(&arena, 3).text, STR("3")));
    assert_true(str_eq(json_of_double(&arena, -1.5e300).text, STR("-1.5e+300")));
    assert_true(str_eq(json_of_double(&arena, 1.0 / 3).text, STR("0.3333333333333333")));
    assert_true(str_eq(json_of_i64(&arena, INT64_MIN).text, STR("-9223372036854775808")));
    arena_fini(&arena);
}

/* ---- build and write ---- */

static void assert_text(struct arena *arena, struct json value, const char *text)
{
    struct str written = json_text(arena, &value);
    if (!str_eq(written, str_from(text)))
        fail_msg("%.*s, not %s", STR_ARG(written), text);
}

static void test_with_member(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct json object = read_text(&arena, "{\"a\":1,\"b\":2,\"a\":3}"), list = read_text(&arena, "[1]");
    struct json value = json_of_str(STR("new"));
    assert_text(&arena, json_with_member(&arena, &object, STR("b"), value),
                "{\"a\":1,\"b\":\"new\",\"a\":3}");
    assert_text(&arena, json_with_member(&arena, &object, STR("c"), value),
                "{\"a\":1,\"b\":2,\"a\":3,\"c\":\"new\"}");
    struct json twice = json_with_member(&arena, &object, STR("a"), value);
    assert_true(str_eq(json_get_str(&twice, STR("a")), STR("new")));
    assert_text(&arena, json_with_member(&arena, &list, STR("a"), value), "{\"a\":\"new\"}");
    assert_text(&arena, json_with_member(&arena, NULL, STR("a"), value), "{\"a\":\"new\"}");
    assert_text(&arena, object, "{\"a\":1,\"b\":2,\"a\":3}");
    assert_true(str_empty(twice.raw));
    arena_fini(&arena);
}

static bool within(struct str slice, const char *start, size_t len)
{
    return slice.len && (uintptr_t)slice.ptr >= (uintptr_t)start &&
           (uintptr_t)slice.ptr < (uintptr_t)start + len;
}

static void test_copy(void **state)
{
    (void)state;
    static const char source[] =
        "{\"detail\":{\"id\":\"7\",\"list\":[1,\"a\\nb\",null,[]]},\"n\":12.50,\"t\":true,\"e\":\"\"}";
    struct arena first = { 0 }, second = { 0 };
    char *text = strdup(source);
    assert_non_null(text);
    struct json value = read_text(&first, text);
    struct json extended = json_with_member(&first, &value, STR("more"), json_of_str(STR("built")));
    struct json copy = json_copy(&second, &value), copy_extended = json_copy(&second, &extended);
    assert_false(within(copy.raw, text, sizeof(source)));
    assert_false(within(copy.members[0].key, text, sizeof(source)));
    assert_false(within(copy_extended.members[0].value.raw, text, sizeof(source)));
    memset(text, 'x', sizeof(source) - 1);
    free(text);
    arena_fini(&first);
    assert_true(str_eq(copy.raw, str_from(source)));
    assert_text(&second, copy, source);
    assert_true(
        str_eq(json_get(&copy, STR("detail"))->raw, STR("{\"id\":\"7\",\"list\":[1,\"a\\nb\",null,[]]}")));
    assert_true(str_eq(json_get(&copy, STR("n"))->text, STR("12.50")));
    assert_true(str_empty(copy_extended.raw));
    assert_true(str_eq(json_get(&copy_extended, STR("detail"))->raw, json_get(&copy, STR("detail"))->raw));
    assert_true(str_eq(json_get_str(&copy_extended, STR("more")), STR("built")));
    arena_fini(&second);
}

static void test_write(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct buf out;
    struct json_writer w;
    struct json list = read_text(&arena, "[ 1, { } ]");
    buf_init(&out, 0);
    json_writer_init(&w, &out);
    json_begin_object(&w);
    json_put_member_str(&w, STR("s"), STR("a\"b\\c/\b\f\n\r\t\x01\x1f\x7f\xc3\xa9"));
    json_put_member_str(&w, STR("empty"), STR_EMPTY);
    json_put_member_i64(&w, STR("min"), INT64_MIN);
    json_put_member_i64(&w, STR("zero"), 0);
    json_put_member_bool(&w, STR("yes"), true);
    json_put_member_time(&w, STR("t"), INT64_C(1764000000123));
    json_put_member_time(&w, STR("t2"), -5);
    json_put_member(&w, STR("tree"), &list);
    json_key(&w, STR("ke\"y"));
    json_begin_array(&w);
    json_end_array(&w);
    json_key(&w, STR("list"));
    json_begin_array(&w);
    json_put_null(&w);
    json_put_bool(&w, false);
    json_put_double(&w, 2.5);
    json_put_raw(&w, STR("{\"as\": \"it is\"}"));
    json_begin_object(&w);
    json_end_object(&w);
    json_put_i64(&w, 7);
    json_end_array(&w);
    json_end_object(&w);
    assert_int_equal(out.err, ERR_OK);
    assert_true(str_eq(buf_str(&out),
                       STR("{\"s\":\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\xc3\xa9\",\"empty\":\"\","
                           "\"min\":-9223372036854775808,\"zero\":0,\"yes\":true,\"t\":1764000000.123,"
                           "\"t2\":-0.005,\"tree\":[1,{}],\"ke\\\"y\":[],\"list\":[null,false,2.5,"
                           "{\"as\": \"it is\"},{},7]}")));
    (void)read_ok(&arena, buf_str(&out));
    buf_fini(&out);
    arena_fini(&arena);
}

/* Escapes on every place of long strings; and a ceiling latches. */
static void test_write_long(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    char text[700];
    for (size_t i = 0; i < sizeof(text); i++) {
        memset(text, 'a', sizeof(text));
        text[i] = i % 3 == 0 ? '"' : i % 3 == 1 ? '\n' : '\x02';
        text[sizeof(text) - 1 - i] = '\\';
        struct json value = json_of_str(str_of(text, sizeof(text) - i % 17));
        struct json again = read_ok(&arena, json_text(&arena, &value));
        assert_true(str_eq(value.text, again.text));
        arena_reset(&arena);
    }
    struct buf out;
    struct json_writer w;
    memset(text, '\n', sizeof(text));
    for (size_t max = 1; max < 1500; max++) {
        buf_init(&out, max);
        json_writer_init(&w, &out);
        json_put_str(&w, str_of(text, sizeof(text)));
        assert_int_equal(out.err, max >= 2 * sizeof(text) + 2 ? ERR_OK : ERR_LIMIT);
        assert_true(out.len <= max);
        buf_fini(&out);
    }
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),      cmocka_unit_test(test_refused),
        cmocka_unit_test(test_refused_bytes), cmocka_unit_test(test_long_token),
        cmocka_unit_test(test_values),        cmocka_unit_test(test_many),
        cmocka_unit_test(test_depth),         cmocka_unit_test(test_equal),
        cmocka_unit_test(test_number_order),  cmocka_unit_test(test_number_i64),
        cmocka_unit_test(test_number_double), cmocka_unit_test(test_with_member),
        cmocka_unit_test(test_copy),          cmocka_unit_test(test_write),
        cmocka_unit_test(test_write_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
