/* Every kernel of the index against json_read: the same texts are JSON, and the same offsets are listed. The
 * texts are the cases of json_test.c, shapes moved over the borders of blocks, and mutations from a seed. */
#include "json/json_cases.h"
#include "json/json_index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *const *kernels;
static size_t kernel_count;
static struct json_index first_index, other_index;
static struct arena arena;
static size_t checked, valid;

static bool same_index(const struct json_index *a, const struct json_index *b)
{
    if (a->count != b->count || a->block_count != b->block_count || a->escapes != b->escapes)
        return false;
    for (size_t i = 0; i < a->block_count; i++) {
        const struct json_index_block *x = &a->blocks[i], *y = &b->blocks[i];
        if (x->first != y->first || x->opened != y->opened || x->closed != y->closed || x->flat != y->flat)
            return false;
    }
    return a->count == 0 || memcmp(a->offsets, b->offsets, a->count * sizeof(*a->offsets)) == 0;
}

/* The text stands in memory of its own, so that a tool sees every byte too far. */
static void check(struct str text)
{
    struct json value;
    char *copy = malloc(text.len ? text.len : 1);
    assert_non_null(copy);
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    text.ptr = copy;
    enum err expected = json_read(&arena, text, 0, &value, NULL);
    for (size_t i = 0; i < kernel_count; i++) {
        struct json_index *index = i == 0 ? &first_index : &other_index;
        assert_int_equal(json_index_use(kernels[i]), ERR_OK);
        enum err err = json_index_valid(index, text);
        if (err != expected && (!err || !expected))
            fail_msg("%s: %s, json_read: %s, of %zu bytes: %.*s", kernels[i], err_text(err),
                     err_text(expected), text.len, STR_ARG(text));
        if (!err && i > 0 && !same_index(&first_index, &other_index))
            fail_msg("%s: another index than %s: %.*s", kernels[i], kernels[0], STR_ARG(text));
    }
    checked++;
    valid += expected == ERR_OK;
    if (arena.used > 1 << 20)
        arena_reset(&arena);
    free(copy);
}

/* ---- cases ---- */

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++)
        check(str_from(accepted[i].text));
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        check(str_from(refused[i].text));
    check(str_of("[1]\0", 4));
    check(str_of("\"a\0b\"", 5));
    check(STR_EMPTY);
}

static void test_offsets(void **state)
{
    (void)state;
    struct str text = STR("{\"a\":[1, 2],\"b\":\"x,\\\"y\"}");
    static const uint32_t offsets[] = { 0, 4, 5, 7, 10, 11, 15, 23 };
    for (size_t i = 0; i < kernel_count; i++) {
        assert_int_equal(json_index_use(kernels[i]), ERR_OK);
        assert_string_equal(json_index_used(), kernels[i]);
        assert_int_equal(json_index_valid(&first_index, text), ERR_OK);
        assert_int_equal(first_index.count, sizeof(offsets) / sizeof(offsets[0]));
        assert_memory_equal(first_index.offsets, offsets, sizeof(offsets));
        assert_true(first_index.escapes);
        assert_int_equal(first_index.block_count, 1);
        assert_int_equal(first_index.blocks[0].opened, 2);
        assert_int_equal(first_index.blocks[0].closed, 2);
        assert_false(first_index.blocks[0].flat);
        assert_int_equal(json_index_char(&first_index, 8), '{');
    }
    assert_int_equal(json_index_use("none such"), ERR_NOTFOUND);
    char *much = calloc(1, JSON_INDEX_TEXT_MAX + 1);
    assert_non_null(much);
    assert_int_equal(json_index_read(&first_index, str_of(much, JSON_INDEX_TEXT_MAX + 1)), ERR_LIMIT);
    free(much);
}

/* ---- shapes over the borders of blocks ---- */

/* Texts that stand for one value: both what is JSON and what is not. */
static const char *const shapes[] = {
    "0",
    "-0",
    "-",
    "--1",
    "01",
    "-01",
    "00",
    "10",
    "1.5",
    "1.",
    ".5",
    "-.5",
    "1..5",
    "1.5.5",
    "1.5e5.5",
    "1e5",
    "1E+5",
    "1e-5",
    "1e",
    "1e+",
    "1e+-1",
    "1e1e1",
    "1e1.1",
    "1.5e10",
    "1.e5",
    "0.0e0",
    "0e00",
    "1-2",
    "1+2",
    "+1",
    "e5",
    "E",
    "12345678901234567890.123456789012345678",
    "0123",
    "1.0123e0123",
    "1a",
    "1\x7f",
    "123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890",
    "0.12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789.1",
    "1e12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789e1",
    "1e12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789.1",
    "true",
    "false",
    "null",
    "tru",
    "falsee",
    "true1",
    "nullnull",
    "true-",
    "true\"\"",
    "1true",
    "nul l",
    "True",
    "\"\"",
    "\"a\"",
    "\"a",
    "\"\\\"\"",
    "\"\\\\\"",
    "\"\\\\\\\"\"",
    "\"\\\\\\\\\"",
    "\"\\\"",
    "\"\\n\\r\\t\\b\\f\\/\"",
    "\"\\a\"",
    "\"\\u0041\"",
    "\"\\u004\"",
    "\"\\u004g\"",
    "\"\\uD83D\\uDE00\"",
    "\"\\uD83D\"",
    "\"\\uDE00\"",
    "\"\\uD83D\\uD83D\\uDE00\"",
    "\"\\uD83D\\n\"",
    "\"\\uD83DuDE00\"",
    "\"\\uD83D\\\\uDE00\"",
    "\"\\uD83D\\uDE00\\uDE00\"",
    "\"\\uD83D\\uDE00\\uD83D\\uDE01\"",
    "\"\x01\"",
    "\"\x1f\"",
    "\"\x7f\"",
    "\"\n\"",
    "\"\xc3\xa9\"",
    "\"\xc3\"",
    "\"\xa9\"",
    "\"\xe2\x82\xac\"",
    "\"\xe2\x82\"",
    "\"\xf0\x9f\x9a\x80\"",
    "\"\xf0\x9f\x9a\"",
    "\"\xed\x9f\xbf\"",
    "\"\xed\xa0\x80\"",
    "\"\xf4\x8f\xbf\xbf\"",
    "\"\xf4\x90\x80\x80\"",
    "\"\xc1\xbf\"",
    "\"\xe0\x9f\xbf\"",
    "\"\xf0\x8f\xbf\xbf\"",
    "\"\xf8\x88\x80\x80\x80\"",
    "\xc3\xa9",
    "\x01",
    "\"\xc3\xa9\xa9\"",
    "\"\xe2\x82\xac\xac\"",
    "\"\xf5\x80\x80\x80\"",
    "\"\xef\xbf\xbf\xc2\x80\"",
    "[]",
    "{}",
    "[[]]",
    "[{}]",
    "{\"a\":{}}",
    "[}",
    "{]",
    "[",
    "{",
    "]",
    "}",
    "[1,2]",
    "[1 2]",
    "[1,,2]",
    "[1,]",
    "[,1]",
    "{\"a\":1}",
    "{\"a\" 1}",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{\"a\":1,2}",
    "{\"a\":1,\"b\"}",
    "{\"a\":1:2}",
    "{1:2}",
    "{,}",
    "{\"a\":1,,\"b\":2}",
    "{\"a\":[1,2],\"b\":{\"c\":[{}]}}",
    "[\"a\":1]",
    "[1][2]",
    "[1]2",
    "[1]\"a\"",
    "{}[]",
    "{\"a\":\"b\":1}",
    "{\"a\"\"b\":1}",
    "{\"a\":1 \"b\":2}",
    "{\"a\":[}",
    "{\"a\":{]}",
    "[{\"a\":1},{\"b\":2}]",
    "[{\"a\":1},\"b\":2]",
    "{\"a\":[1],\"b\":[2]}",
    "{\"a\":[1],[2]}",
    "{\"a\":[1]]",
    "[[1,2],[3,4],[5,6],[7,8],[9,10]]",
    "[[1,2],[3,4],[5,6]],[7,8],[9,10]",
    "{\"a\":[[1,2],[3,4]]],\"b\":[5]}",
    "01e5",
    "-01e5",
    "0e5",
    "0.01e5",
    "\"a\"true",
    "true\"a\"",
    "[]null",
    "null[]",
    "1.5.5 ",
    "-1e5,-",
    "",
    " ",
    ",",
    ":",
    "1,2",
    "\"a\":1",
    "\\",
    "\\\"",
    "'",
    "/",
    "//",
    "#",
    "a",
};

/* What stands before and behind a value: the sum stays JSON. */
static const struct {
    const char *before, *behind;
} around[] = {
    { "", "" },
    { "[", "]" },
    { "[1,", ",2]" },
    { " [ \n", "\t] " },
    { "{\"k\":", "}" },
    { "{ \"k\" : ", " , \"l\" : 0 } " },
    { "[[[[[0],", "],[1,2],[3,4,[5,6]]],[[7,8],[9,0],[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19]]]]" },
};

static void test_borders(void **state)
{
    (void)state;
    char text[512];
    for (size_t s = 0; s < sizeof(shapes) / sizeof(shapes[0]); s++) {
        for (size_t a = 0; a < sizeof(around) / sizeof(around[0]); a++) {
            for (unsigned pad = 0; pad < 66; pad++) {
                int len = snprintf(text, sizeof(text), "%*s%s%s%s", (int)pad, "", around[a].before, shapes[s],
                                   around[a].behind);
                check(str_of(text, (size_t)len));
            }
        }
    }
}

/* Behind a string of every length, so that no white space precedes. */
static void test_borders_tight(void **state)
{
    (void)state;
    static const char *const formats[] = { "[\"%.*s\",%s]", "[\"%.*s\",[%s],{}]", "[\"%.*s\",{\"k\":%s}]" };
    char text[512];
    for (size_t s = 0; s < sizeof(shapes) / sizeof(shapes[0]); s++) {
        for (unsigned pad = 0; pad < 66; pad++) {
            for (size_t f = 0; f < sizeof(formats) / sizeof(formats[0]); f++) {
                int len = snprintf(text, sizeof(text), formats[f], (int)pad,
                                   "0123456789012345678901234567890123456789012345678901234567890123456789",
                                   shapes[s]);
                check(str_of(text, (size_t)len));
            }
        }
    }
}

/* ---- depth ---- */

static void check_depth(unsigned arrays, unsigned objects, const char *inner)
{
    struct buf buf;
    buf_init(&buf, 1 << 20);
    for (unsigned i = 0; i < arrays; i++)
        buf_add(&buf, STR("["));
    for (unsigned i = 0; i < objects; i++)
        buf_add(&buf, STR("{\"a\":"));
    buf_add(&buf, str_from(inner));
    for (unsigned i = 0; i < objects; i++)
        buf_add(&buf, STR("}"));
    for (unsigned i = 0; i < arrays; i++)
        buf_add(&buf, STR("]"));
    check(str_of(buf.ptr, buf.len));
    buf_fini(&buf);
}

static void test_depth(void **state)
{
    (void)state;
    for (unsigned depth = 990; depth < 1010; depth++) {
        check_depth(depth, 0, "1");
        check_depth(0, depth, "1");
        check_depth(depth / 2, depth - depth / 2, "1");
        check_depth(3, depth - 3,
                    "[[1,2],[3,4],[5,6],[7,8],[9,10],[11,12],[13,14],[15,16],[17,18],[19,20],[21]]");
        check_depth(depth - 3, 3,
                    "[[1,2],[3,4],[5,6],[7,8],[9,10],[11,12],[13,14],[15,16],[17,18],[19,20],[21]]");
        check_depth(depth - 2, 0,
                    "[0123456,[1,2],[3,4],[5,6],[7,8],[9,10],[11,12],[13,14],[15,[16],17],[18,19]]");
        check_depth(depth - 2, 0,
                    "[1234567,[1,2],[3,4],[5,6],[7,8],[9,10],[11,12],[13,14],[15,[16],17],[18,19]]");
    }
}

/* ---- mutations ---- */

static const char *const realistic[] = {
    "{ \"type\": \"Feature\", \"properties\": { \"MAPBLKLOT\": \"0001001\", \"BLKLOT\": \"0001001\", "
    "\"BLOCK_NUM\": "
    "\"0001\", \"LOT_NUM\": \"001\", \"FROM_ST\": \"0\", \"TO_ST\": \"0\", \"STREET\": \"UNKNOWN\", "
    "\"ST_TYPE\": null, "
    "\"ODD_EVEN\": \"E\" }, \"geometry\": { \"type\": \"Polygon\", \"coordinates\": [ [ [ "
    "-122.422003528252475, "
    "37.808480096967251, 0.0 ], [ -122.422076013325281, 37.808835019815085, 0.0 ], [ -122.421102174348633, "
    "37.808803534992904, 0.0 ], [ -122.421062569067274, 37.808601056818148, 0.0 ] ] ] } }",
    "{\"type\":\"Feature\",\"properties\":{\"MAPBLKLOT\":\"0001001\",\"STREET\":\"UNKNOWN\",\"ST_TYPE\":null}"
    ","
    "\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[-122.422003528252475,37.808480096967251,0.0],["
    "-122.422076013325281,37.808835019815085,0.0],[-122.421102174348633,37.808803534992904,0.0],["
    "-122.421062569067274,37.808601056818148,0.0],[-122.421102174348633,37.808803534992904,0.0]]]}}",
    "{\"version\":\"0\",\"id\":\"7bf73129-1428-4cd3-a780-95db273d1602\",\"detail-type\":\"EC2 Instance "
    "State-change "
    "Notification\",\"source\":\"aws.ec2\",\"account\":\"123456789012\",\"time\":\"2015-11-11T21:29:54Z\","
    "\"region\":"
    "\"us-east-1\",\"resources\":[\"arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111\"],\"detail\":{"
    "\"instance-id\":\"i-abcd1111\",\"state\":\"pending\",\"ok\":true,\"not\":false,\"n\":null,\"count\":-12."
    "5e-3}}",
    "[\"\\u00e9\xc3\xa9\\n\\\"\\\\\",\"\xe2\x82\xac\\ud83d\\ude80\xf0\x9f\x9a\x80\",{\"\\\\\":[1e5,-0.0E+00,{"
    "}]},[],"
    "[[]],true,false,null,[[1,2,3],[4,5,6],[7,8,9],[1,2,3],[4,5,6],[7,8,9],[1,2,3],[4,5,6],[7,8,9],[1,2,3],["
    "4]]]",
};

static uint64_t seed = 20150311;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static size_t random_below(size_t limit)
{
    return (size_t)(next_random() % limit);
}

/* Every byte of a text replaced in turn, left out, and the text ended there. */
static void test_mutations(void **state)
{
    (void)state;
    static const char bytes[] = "\"\\{}[]:, \n0123456789-+.eEtfna/\x01\x7f\x80\xbf\xc3\xe2\xed\xf0\xff";
    char text[1024];
    for (size_t i = 0; i < sizeof(realistic) / sizeof(realistic[0]); i++) {
        size_t len = strlen(realistic[i]);
        for (size_t at = 0; at < len; at++) {
            memcpy(text, realistic[i], len);
            check(str_of(text, at));
            for (size_t n = 0; n < 6; n++) {
                text[at] = bytes[random_below(sizeof(bytes))]; /* its NUL too */
                check(str_of(text, len));
            }
            memcpy(text + at, realistic[i] + at + 1, len - at - 1);
            check(str_of(text, len - 1));
        }
    }
}

/* Texts of random tokens: seldom JSON, often nearly. */
static void test_tokens(void **state)
{
    (void)state;
    static const char *const tokens[] = { "{",        "}",      "[",     "]",        ",",   ":",
                                          "\"a\"",    "\"a\":", "1",     "-2.5",     "3e4", "true",
                                          "false",    "null",   " ",     "\n ",      "{}",  "[]",
                                          "\"\\\"\"", "0",      "[1,2]", ",\"b\":[", "]}",  "\"\xc3\xa9\"" };
    char text[1024];
    for (size_t n = 0; n < 40000; n++) {
        size_t count = 1 + random_below(n % 2 ? 8 : 60), len = 0;
        for (size_t i = 0; i < count; i++) {
            const char *token = tokens[random_below(sizeof(tokens) / sizeof(tokens[0]))];
            memcpy(text + len, token, strlen(token));
            len += strlen(token);
        }
        check(str_of(text, len));
    }
}

/* Values from a grammar, with one byte changed now and then. */
static void put_random(struct buf *buf, unsigned depth)
{
    size_t kind = random_below(depth > 6 ? 5 : 9), count = random_below(6);
    static const char *const scalars[] = { "0",    "-1.25", "12e3", "\"text\"", "\"\\u00e9 \\\\\"",
                                           "true", "null" };
    if (kind < 5) {
        buf_add(buf, str_from(scalars[random_below(sizeof(scalars) / sizeof(scalars[0]))]));
        return;
    }
    bool object = kind < 7;
    buf_add(buf, object ? STR("{") : STR("["));
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_add(buf, random_below(3) ? STR(",") : STR(" , "));
        if (object)
            buf_add(buf, random_below(3) ? STR("\"key\":") : STR(" \"k\" : "));
        put_random(buf, depth + 1);
    }
    buf_add(buf, object ? STR("}") : STR("]"));
}

static void test_grammar(void **state)
{
    (void)state;
    static const char bytes[] = "\"\\{}[]:, 10-.e";
    struct buf buf;
    buf_init(&buf, 1 << 20);
    for (size_t n = 0; n < 20000; n++) {
        buf_clear(&buf);
        put_random(&buf, 0);
        if (n % 2)
            buf.ptr[random_below(buf.len)] = bytes[random_below(sizeof(bytes) - 1)];
        check(str_of(buf.ptr, buf.len));
    }
    buf_fini(&buf);
    assert_true(valid > checked / 20 && valid < checked - checked / 20);
}

static int set_up(void **state)
{
    (void)state;
    kernel_count = json_index_kernels(&kernels);
    json_index_init(&first_index);
    json_index_init(&other_index);
    return kernel_count ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    json_index_fini(&first_index);
    json_index_fini(&other_index);
    arena_fini(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),   cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_borders), cmocka_unit_test(test_borders_tight),
        cmocka_unit_test(test_depth),   cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_tokens),  cmocka_unit_test(test_grammar),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
