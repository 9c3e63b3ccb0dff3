/* Paths: what they pick, what they set, what is refused and how. */
#include "expr/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct json read_text(struct arena *arena, const char *text)
{
    struct json value;
    struct json_error error = { .text = "" };
    if (json_read(arena, str_from(text), 0, &value, &error))
        fail_msg("%s: %s", text, error.text);
    return value;
}

static struct path *compile(struct arena *arena, const char *text, enum path_kind kind)
{
    struct path *path;
    struct diag why = { .text = "" };
    if (path_compile(arena, str_from(text), kind, &path, &why))
        fail_msg("%s: %s", text, why.text);
    return path;
}

static const char document[] =
    "{\"detail-type\":\"NewOrder\",\"a\":{\"b\":{\"c\":1},\"n\":null},\"list\":[10,11,12,13,14],"
    "\"orders\":[{\"id\":\"1\",\"to\":{\"id\":\"x\"}},{\"id\":\"2\"},{\"other\":3}],\"empty\":[],\"nested\":["
    "[1,2],[3]],"
    "\"store.book\":true,\"sp "
    "ace\":5,\"it's\":6,\"q\\\"q\":7,\"back\\\\slash\":8,\"tab\\tbed\":9,\"&\xd0\x96\":20,"
    "\"\xf0\x9f\x9a\x80\":21,\"[[.?pretty\":22,\"a:b@c,d\":23,\"\":24,\"0\":25,\"dup\":1,\"dup\":2}";

static const char context[] = "{\"Task\":{\"Token\":\"t\"},\"Execution\":{\"Input\":{\"a\":1}}}";

/* NULL: leads nowhere. */
static const struct {
    const char *path, *picks;
    bool definite;
} gets[] = {
    /* members */
    { "$.detail-type", "\"NewOrder\"", true },
    { "$.a.b.c", "1", true },
    { "$.a.n", "null", true },
    { "$['a']['b'].c", "1", true },
    { "$[\"a\"]['b'][\"c\"]", "1", true },
    { "$[ 'a' ]", "{\"b\":{\"c\":1},\"n\":null}", true },
    { "$.a.['b']", "{\"c\":1}", true },
    { "  $.a.b.c ", "1", true },
    { "$['detail-type']", "\"NewOrder\"", true },
    { "$['store.book']", "true", true },
    { "$.store\\.book", "true", true },
    { "$.\\stor\\e\\.boo\\k", "true", true },
    { "$.\\[\\[\\.\\?pretty", "22", true },
    { "$['[[.?pretty']", "22", true },
    { "$.a:b@c,d", "23", true },
    { "$.a\\:b\\@c\\,d", "23", true },
    { "$['sp ace']", "5", true },
    { "$.sp\\ ace", "5", true },
    { "$['it\\'s']", "6", true },
    { "$[\"it's\"]", "6", true },
    { "$['q\"q']", "7", true },
    { "$[\"q\\\"q\"]", "7", true },
    { "$['back\\\\slash']", "8", true },
    { "$['tab\\tbed']", "9", true },
    { "$['tab\\u0009bed']", "9", true },
    { "$.&\xd0\x96", "20", true },
    { "$.&\\u0416", "20", true },
    { "$.\xf0\x9f\x9a\x80", "21", true },
    { "$.\\uD83D\\uDE80", "21", true },
    { "$['\\ud83d\\ude80']", "21", true },
    { "$['']", "24", true },
    { "$.0", "25", true },
    { "$.dup", "2", true },
    { "$.x", NULL, true },
    { "$.a.b.c.d", NULL, true },
    { "$.a.n.x", NULL, true },
    { "$.list.x", NULL, true },
    { "$.A", NULL, true },
    /* indexes */
    { "$.list[0]", "10", true },
    { "$.list[4]", "14", true },
    { "$.list[ 4 ]", "14", true },
    { "$.list[-1]", "14", true },
    { "$.list[-5]", "10", true },
    { "$.list.[1]", "11", true },
    { "$.nested[0][1]", "2", true },
    { "$.orders[0].to.id", "\"x\"", true },
    { "$.list[5]", NULL, true },
    { "$.list[-6]", NULL, true },
    { "$.list[4294967295]", NULL, true },
    { "$.empty[0]", NULL, true },
    { "$.empty[-1]", NULL, true },
    { "$.a[0]", NULL, true },
    { "$.detail-type[0]", NULL, true },
    { "$[0]", NULL, true },
    /* several */
    { "$.list[*]", "[10,11,12,13,14]", false },
    { "$.list.*", "[10,11,12,13,14]", false },
    { "$.a.*", "[{\"c\":1},null]", false },
    { "$.a[*].c", "[1]", false },
    { "$.orders[*].id", "[\"1\",\"2\"]", false },
    { "$.orders[*].nothing", "[]", false },
    { "$.orders[*].to.id", "[\"x\"]", false },
    { "$.nothing[*]", "[]", false },
    { "$.empty[*]", "[]", false },
    { "$.detail-type[*]", "[]", false },
    { "$.nested[*][0]", "[1,3]", false },
    { "$.nested[*][*]", "[1,2,3]", false },
    { "$.nested[*]", "[[1,2],[3]]", false },
    { "$.list[1:3]", "[11,12]", false },
    { "$.list[:2]", "[10,11]", false },
    { "$.list[3:]", "[13,14]", false },
    { "$.list[-2:]", "[13,14]", false },
    { "$.list[:-3]", "[10,11]", false },
    { "$.list[-3:-1]", "[12,13]", false },
    { "$.list[:]", "[10,11,12,13,14]", false },
    { "$.list[ 1 : 2 ]", "[11]", false },
    { "$.list[3:1]", "[]", false },
    { "$.list[10:20]", "[]", false },
    { "$.list[-20:1]", "[10]", false },
    { "$.a[0:1]", "[]", false },
    { "$.orders[1:].id", "[\"2\"]", false },
    { "$.list[0,2]", "[10,12]", false },
    { "$.list[ 4 , -5 , 9 ]", "[14,10]", false },
    { "$.list[0,0]", "[10,10]", false },
    { "$['dup','0']", "[2,25]", false },
    { "$[ 'dup' , \"x\" ]", "[2]", false },
    { "$.orders[*].['id','other']", "[\"1\",\"2\",3]", false },
    { "$..id", "[\"1\",\"x\",\"2\"]", false },
    { "$..['id']", "[\"1\",\"x\",\"2\"]", false },
    { "$.orders..id", "[\"1\",\"x\",\"2\"]", false },
    { "$.orders[0]..id", "[\"1\",\"x\"]", false },
    { "$..nothing", "[]", false },
    { "$.nested..[0]", "[[1,2],1,3]", false },
    { "$.nested..*", "[[1,2],[3],1,2,3]", false },
    { "$.a..*", "[{\"c\":1},null,1]", false },
    { "$..to..id", "[\"x\"]", false },
    /* the context */
    { "$$.Task.Token", "\"t\"", true },
    { "$$['Task']", "{\"Token\":\"t\"}", true },
    { "$$", context, true },
    { "$$.Nothing", NULL, true },
    { "$$..a", "[1]", false },
};

static void test_get(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct json root = read_text(&arena, document), of_context = read_text(&arena, context), value;
    for (size_t i = 0; i < sizeof(gets) / sizeof(gets[0]); i++) {
        struct path *path = compile(&arena, gets[i].path, PATH_ANY);
        assert_int_equal(path_is_definite(path), gets[i].definite);
        bool in_context = path_of_context(path);
        assert_int_equal(in_context, str_starts(path_text(path), STR("$$")));
        struct scope scope = { .root = &root, .context = in_context ? &of_context : NULL };
        enum err err = path_get(path, &arena, &scope, &value);
        if (!gets[i].picks) {
            assert_int_equal(err, ERR_NOTFOUND);
            continue;
        }
        if (err)
            fail_msg("%s: %s", gets[i].path, err_text(err));
        struct str text = json_text(&arena, &value);
        if (!str_eq(text, str_from(gets[i].picks)))
            fail_msg("%s picks %.*s, not %s", gets[i].path, STR_ARG(text), gets[i].picks);
        /* The form in brackets picks the same. */
        struct path *again;
        assert_int_equal(path_compile(&arena, path_bracketed(path, &arena), PATH_ANY, &again, NULL), ERR_OK);
        assert_int_equal(path_get(again, &arena, &scope, &value), ERR_OK);
        assert_true(str_eq(json_text(&arena, &value), text));
    }
    struct path *all = compile(&arena, "$", PATH_ANY);
    assert_int_equal(path_get(all, &arena, &(struct scope){ .root = &root }, &value), ERR_OK);
    assert_ptr_equal(value.members, root.members);
    assert_true(str_eq(value.raw, root.raw));
    arena_fini(&arena);
}

static void test_bracketed(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    static const char *const cases[][2] = {
        { "$.NoSuchInputPath", "$['NoSuchInputPath']" },
        { "$.a.b[0].c-d", "$['a']['b'][0]['c-d']" },
        { "$$.Task.Token", "$$['Task']['Token']" },
        { "$", "$" },
        { "$.a[*]..b[1:-2][0,1]", "$['a'][*]..['b'][1:-2][0,1]" },
        { "$['it\\'s','x']", "$['it\\'s','x']" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str text = path_bracketed(compile(&arena, cases[i][0], PATH_ANY), &arena);
        if (!str_eq(text, str_from(cases[i][1])))
            fail_msg("%s: %.*s", cases[i][0], STR_ARG(text));
    }
    assert_true(str_eq(path_text(compile(&arena, " $.a ", PATH_ANY)), STR("$.a")));
    arena_fini(&arena);
}

static const struct {
    const char *path, *why;
} refused[] = {
    { "", "a path begins with $" },
    { "a", "a path begins with $" },
    { "@.a", "a path begins with $" },
    { "$.", "position 2: the name of a member is missing" },
    { "$..", "the name of a member is missing" },
    { "$...a", "the name of a member is missing" },
    { "$.a.", "position 4: the name of a member is missing" },
    { "$.a..", "the name of a member is missing" },
    { "$.a b", "position 3: a member with a space in its name is written in brackets and quotes" },
    { "$.a]", "this character does not belong here" },
    { "$.a)", "this character does not belong here" },
    { "$.a\n", "this character does not belong here" },
    { "$.a\\", "nothing follows the backslash" },
    { "$.\\ud83d", "unpaired surrogate" },
    { "$['\\ude80']", "unpaired surrogate" },
    { "$['\\ud83d\\n']", "unpaired surrogate" },
    { "$[", "whole number" },
    { "$[]", "whole number" },
    { "$[a]", "whole number" },
    { "$[-]", "whole number" },
    { "$[1", "closing bracket is missing" },
    { "$[1a]", "closing bracket is missing" },
    { "$[1.5]", "closing bracket is missing" },
    { "$[4294967296]", "whole number" },
    { "$[99999999999999999999999]", "whole number" },
    { "$['a]", "the closing quote is missing" },
    { "$['a\\']", "the closing quote is missing" },
    { "$['a'", "closing bracket is missing" },
    { "$['a\"]", "the closing quote is missing" },
    { "$['a',]", "expected the name of a member in quotes" },
    { "$['a',1]", "expected the name of a member in quotes" },
    { "$[1,'a']", "whole number" },
    { "$[1,]", "whole number" },
    { "$[0,:2]", "a slice stands alone" },
    { "$[0,1:2]", "closing bracket is missing" },
    { "$[1:2,3]", "closing bracket is missing" },
    { "$[*", "closing bracket is missing" },
    { "$[*]a", "expected '.' or '['" },
    { "$.*a", "expected '.' or '['" },
    { "$['a']b", "expected '.' or '['" },
    { "$$a", "expected '.' or '['" },
    { "$.a[(@.length-1)]", "a path has no scripts" },
    { "$.a[?(@.b type 'x')]", "closing parenthesis" },
    { "$.list[0:4:2]", "a slice has no step" },
    { "$.list[::2]", "a slice has no step" },
    { "$$$", "expected '.' or '['" },
};

static const struct {
    const char *path, *what;
} unsupported[] = {
    { "$.a[?(@.b =~ /x/m)]", "the flag of a pattern m is not supported yet" },
    { "$.a[?(@.b =~ /\\bx/)]", "an escape it does not know at 2 of \\bx is not supported yet" },
};

static void test_refused(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct path *path;
    struct diag why;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (path_compile(&arena, str_from(refused[i].path), PATH_ANY, &path, &why) != ERR_INVALID)
            fail_msg("%s was taken", refused[i].path);
        if (!strstr(why.text, refused[i].why))
            fail_msg("%s: %s", refused[i].path, why.text);
        assert_int_equal(path_compile(&arena, str_from(refused[i].path), PATH_ANY, &path, NULL), ERR_INVALID);
    }
    for (size_t i = 0; i < sizeof(unsupported) / sizeof(unsupported[0]); i++) {
        if (path_compile(&arena, str_from(unsupported[i].path), PATH_ANY, &path, &why) != ERR_UNSUPPORTED)
            fail_msg("%s was taken", unsupported[i].path);
        if (!strstr(why.text, unsupported[i].what))
            fail_msg("%s: %s", unsupported[i].path, why.text);
    }
    static const char *const not_references[] = { "$.a[*]",   "$.*",        "$..a",         "$.a[0:1]",
                                                  "$.a[0,1]", "$['a','b']", "$.a[?(@.b)].c" };
    for (size_t i = 0; i < sizeof(not_references) / sizeof(not_references[0]); i++) {
        assert_int_equal(path_compile(&arena, str_from(not_references[i]), PATH_REFERENCE, &path, &why),
                         ERR_INVALID);
        assert_non_null(strstr(why.text, "a reference path picks one place"));
    }
    arena_fini(&arena);
}

/* NULL: refused. */
static const struct {
    const char *root, *path, *result;
} sets[] = {
    { "{\"a\":1}", "$", "9" },
    { "5", "$", "9" },
    { "{}", "$.a", "{\"a\":9}" },
    { "{\"a\":1,\"b\":2}", "$.a", "{\"a\":9,\"b\":2}" },
    { "{\"b\":2}", "$.Order.Payload", "{\"b\":2,\"Order\":{\"Payload\":9}}" },
    { "{\"Order\":{\"x\":1}}", "$.Order.Payload", "{\"Order\":{\"x\":1,\"Payload\":9}}" },
    { "{\"a\":{\"b\":{\"c\":{}}}}", "$['a'].b.c['d-e']", "{\"a\":{\"b\":{\"c\":{\"d-e\":9}}}}" },
    { "{\"a\":[1,2,3]}", "$.a[1]", "{\"a\":[1,9,3]}" },
    { "{\"a\":[1,2,3]}", "$.a[-1]", "{\"a\":[1,2,9]}" },
    { "{\"a\":[1,{\"b\":2}]}", "$.a[1].c.d", "{\"a\":[1,{\"b\":2,\"c\":{\"d\":9}}]}" },
    { "[[1],2]", "$[0][0]", "[[9],2]" },
    { "{\"a\":[1]}", "$.a[1]", NULL },
    { "{\"a\":1}", "$.a.b", NULL },
    { "{\"a\":null}", "$.a.b", NULL },
    { "{\"a\":[]}", "$.a.b", NULL },
    { "{}", "$.a[0]", NULL },
    { "{\"a\":{}}", "$.a[0]", NULL },
    { "\"text\"", "$.a", NULL },
    { "[1]", "$.a", NULL },
};

static void test_set(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct json nine = read_text(&arena, "9"), made, got;
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        struct json root = read_text(&arena, sets[i].root);
        struct path *path = compile(&arena, sets[i].path, PATH_REFERENCE);
        enum err err = path_set(path, &arena, &root, &nine, &made);
        assert_int_equal(err, sets[i].result ? ERR_OK : ERR_INVALID);
        assert_true(str_eq(json_text(&arena, &root), str_from(sets[i].root)));
        if (err)
            continue;
        struct str text = json_text(&arena, &made);
        if (!str_eq(text, str_from(sets[i].result)))
            fail_msg("%s in %s: %.*s", sets[i].path, sets[i].root, STR_ARG(text));
        assert_int_equal(path_get(path, &arena, &(struct scope){ .root = &made }, &got), ERR_OK);
        assert_true(json_equal(&got, &nine));
    }
    arena_fini(&arena);
}

/* Descents multiply; they end at the limit and not at the end of the memory. */
static void test_limit(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct buf text;
    struct json root, value;
    buf_init(&text, 0);
    for (int i = 0; i < 900; i++)
        buf_add_char(&text, '[');
    for (int i = 0; i < 900; i++)
        buf_add_char(&text, ']');
    assert_int_equal(json_read(&arena, buf_str(&text), 0, &root, NULL), ERR_OK);
    assert_int_equal(
        path_get(compile(&arena, "$..*", PATH_ANY), &arena, &(struct scope){ .root = &root }, &value),
        ERR_OK);
    assert_int_equal(value.count, 899);
    assert_int_equal(
        path_get(compile(&arena, "$..*..*..*", PATH_ANY), &arena, &(struct scope){ .root = &root }, &value),
        ERR_LIMIT);
    buf_fini(&text);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get), cmocka_unit_test(test_bracketed), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_set), cmocka_unit_test(test_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
