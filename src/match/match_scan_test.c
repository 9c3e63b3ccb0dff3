/* The reader of events from bytes: what it hands over, case by case, and always the same as match_walk. */
#include "match/match_shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct match_scan *scan;
static struct match_event scanned, walked;
static struct arena arena;

/* ---- places from a list of names: "a.b c" ---- */

struct tree {
    struct matcher_memory memory;
    struct match_places places;
    struct match_place *asked[64];
    size_t count;
    uint64_t epoch;
};

static void tree_begin(struct tree *tree, const char *list)
{
    static uint64_t epoch;
    struct str rest = str_from(list), place;
    *tree = (struct tree){ .epoch = ++epoch };
    matcher_memory_init(&tree->memory);
    match_places_init(&tree->places, &tree->memory, 7);
    for (bool more = rest.len > 0; more;) {
        struct str names[8], name;
        uint32_t count = 0;
        more = str_cut(rest, ' ', &place, &rest);
        for (bool below = true; below; names[count++] = name)
            below = str_cut(place, '.', &name, &place);
        tree->asked[tree->count++] = match_place_ask(&tree->places, names, count);
    }
}

static void tree_end(struct tree *tree)
{
    while (tree->count > 0)
        match_place_drop(&tree->places, tree->asked[--tree->count]);
    match_places_fini(&tree->places);
    matcher_memory_fini(&tree->memory);
}

/* ---- an event as text: "a.b=1 [a" ---- */

static void print_place(struct buf *buf, const struct match_place *place)
{
    if (place->parent && place->parent->parent) {
        print_place(buf, place->parent);
        buf_add(buf, STR("."));
    }
    buf_add(buf, str_of(place->name, place->len));
}

/* Each value with its place; @n: in item n, which stands in m: n<m place. */
static void print_event(struct buf *buf, const struct match_event *event)
{
    static const char *const types[] = { [JSON_NULL] = "null",
                                         [JSON_FALSE] = "false",
                                         [JSON_TRUE] = "true",
                                         [JSON_NUMBER] = "#",
                                         [JSON_STRING] = "'" };
    for (uint32_t i = 1; i < event->item_count; i++) {
        buf_printf(buf, "%s%u<%u ", buf->len ? " " : "", (unsigned)i, (unsigned)event->items[i].parent);
        print_place(buf, event->items[i].place);
    }
    for (uint32_t i = 0; i < event->value_count; i++) {
        const struct match_value *value = &event->values[i];
        buf_add(buf, buf->len ? STR(" ") : STR(""));
        print_place(buf, value->place);
        buf_printf(buf, "=%s%.*s", types[value->type], STR_ARG(value->text));
        if (value->item)
            buf_printf(buf, "@%u", (unsigned)value->item);
    }
}

static bool same_event(const struct match_event *a, const struct match_event *b)
{
    if (a->value_count != b->value_count || a->item_count != b->item_count || a->item != b->item)
        return false;
    for (uint32_t i = 0; i < a->value_count; i++) {
        const struct match_value *x = &a->values[i], *y = &b->values[i];
        if (x->place != y->place || x->type != y->type || x->item != y->item || !str_eq(x->text, y->text))
            return false;
    }
    for (uint32_t i = 1; i < a->item_count; i++)
        if (a->items[i].place != b->items[i].place || a->items[i].parent != b->items[i].parent)
            return false;
    return true;
}

/* Reads the text both ways; into scanned. The text stands in memory of its own, so that a tool sees every byte
 * too far; it is given back by the next call. */
static enum err read_both(const struct tree *tree, struct str text)
{
    static char *copy;
    struct json value;
    struct json_error error = { .text = "" }, expected = { .text = "" };
    free(copy);
    copy = malloc(text.len ? text.len : 1);
    assert_non_null(copy);
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    text.ptr = copy;
    arena_reset(&arena);
    match_event_begin(&walked);
    enum err err = json_read(&arena, text, 0, &value, &expected);
    if (!err)
        match_walk(tree->places.root, &value, &walked);
    /* With nothing remembered, with what was of other events, and with what is of this one. */
    const uint64_t epochs[] = { 0, tree->epoch, tree->epoch };
    for (size_t i = 0; i < sizeof(epochs) / sizeof(epochs[0]); i++) {
        match_event_begin(&scanned);
        assert_int_equal(match_scan(scan, tree->places.root, epochs[i], text, &scanned, &error), err);
        if (err) {
            assert_string_equal(error.text, expected.text);
            assert_int_equal(error.offset, expected.offset);
        } else if (!same_event(&scanned, &walked)) {
            struct buf buf;
            buf_init(&buf, 1 << 20);
            print_event(&buf, &scanned);
            buf_add(&buf, STR("\n"));
            print_event(&buf, &walked);
            fail_msg("%.*s:\n%.*s", STR_ARG(text), STR_ARG(buf_str(&buf)));
        }
    }
    return err;
}

/* ---- cases ---- */

static const struct {
    const char *places, *event, *read;
} cases[] = {
    { "source detail.items.sku detail.items.n",
      "{\"detail\":{\"items\":[{\"sku\":\"a\",\"n\":1},{\"sku\":\"b\",\"n\":[2,3]}]},\"source\":\"s\"}",
      "1<0 detail.items 2<0 detail.items detail.items.sku='a@1 detail.items.n=#1@1 detail.items.sku='b@2 "
      "detail.items.n=#2@2 detail.items.n=#3@2 source='s" },
    { "a", "{\"a\":1,\"b\":2}", "a=#1" },
    { "a", "{\"b\":{\"a\":1},\"a\":[1,[true,[null]],{\"a\":2},false],\"c\":[[1]]}",
      "a=#1 a=true a=null a=false" },
    { "a", "{}", "" },
    { "a", "{\"a\":{}}", "" },
    { "a", "{\"a\":[]}", "" },
    { "a", "[{\"a\":1}]", "" },
    { "a", "1", "" },
    { "a", " \"a\" ", "" },
    { "", "{\"a\":1}", "" },
    { "a.b", "{\"a\":1}", "" },
    { "a.b", "{\"a.b\":1,\"a\":{\"b\":2}}", "a.b=#1 a.b=#2" },
    { "a.b.c", "{\"a.b\":{\"c\":1},\"a\":{\"b.c\":2}}", "a.b.c=#1 a.b.c=#2" },
    { "a a.b", "{\"a\":[1,{\"b\":2},[{\"b\":3}],4]}",
      "1<0 a 2<0 a 3<0 a 4<0 a a=#1@1 a.b=#2@2 a.b=#3@3 a=#4@4" },
    { "a.b.c", "{\"a\":[{\"b\":[{\"c\":1},{\"c\":2}]},{\"b\":{\"c\":3}}]}",
      "1<0 a 2<1 a.b 3<1 a.b 4<0 a a.b.c=#1@2 a.b.c=#2@3 a.b.c=#3@4" },
    { "a b", "{\"a\":1,\"b\":2,\"a\":3}", "b=#2 a=#3" },
    { "a.b", "{\"a\":{\"b\":1},\"a\":{\"b\":2}}", "a.b=#2" },
    { "a.b", "{\"a\":{\"b\":1},\"a\":5}", "" },
    { "a", "{\"a\":1,\"\\u0061\":2}", "a=#2" },
    { "a.b", "{\"\\u0061\\u002eb\":\"\\n\\\"x\"}", "a.b='\n\"x" },
    { "a", " { \"a\" : [ 1.5e3 , \"x y\" , { \"b\" : [ 2 ] } ] , \"b\" : [ { } , [ ] ] } ",
      "a=#1.5e3 a='x y" },
    { "a a.", "{\"a\":1,\"a.\":2,\"a..\":3}", "a=#1 a.=#2" },
    { "a", "{\"b\":\"\\\\\",\"a\":\"\\\\\"}", "a='\\" },
    { "a", "{\"a\":\"\xc3\xa9\\u00e9\"}", "a='\xc3\xa9\xc3\xa9" },
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct tree tree;
        struct buf buf;
        buf_init(&buf, 1 << 20);
        tree_begin(&tree, cases[i].places);
        assert_int_equal(read_both(&tree, str_from(cases[i].event)), ERR_OK);
        print_event(&buf, &scanned);
        if (!str_eq(buf_str(&buf), str_from(cases[i].read)))
            fail_msg("%s of %s: %.*s", cases[i].places, cases[i].event, STR_ARG(buf_str(&buf)));
        tree_end(&tree);
        buf_fini(&buf);
    }
}

/* Refused wherever the fault is: at what is asked, below and beside it. */
static void test_refused(void **state)
{
    (void)state;
    static const char *const values[] = {
        "1 2",         "[1 2]", "{1}",         "{\"a\"}", "{\"a\":1,}", "[1,]", "[}",  "{]",
        "{\"a\":1]",   "[1}",   "01",          "\"\\x\"", "\"\xff\"",   "tru",  "1:2", "[\"a\":1]",
        "{\"a\":1,2}", "1]",    "{\"a\":1:2}", "\"a\":1", "[[1,2]",     "{}{}", "",    ","
    };
    struct tree tree;
    char text[128];
    tree_begin(&tree, "a a.a b.a c");
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        for (const char *key = "abcd"; *key; key++) {
            int len = snprintf(text, sizeof(text), "{\"%c\":%s}", *key, values[i]);
            assert_int_equal(read_both(&tree, str_of(text, (size_t)len)), ERR_INVALID);
            len = snprintf(text, sizeof(text), "{\"%c\":[{\"x\":0},%s],\"x\":{}}", *key, values[i]);
            assert_int_equal(read_both(&tree, str_of(text, (size_t)len)), ERR_INVALID);
        }
        assert_int_equal(read_both(&tree, str_from(values[i])), ERR_INVALID);
    }
    tree_end(&tree);
}

static void test_depth(void **state)
{
    (void)state;
    struct tree tree;
    struct buf buf;
    buf_init(&buf, 1 << 20);
    tree_begin(&tree, "a b.c");
    for (const char *key = "abc"; *key; key++) {
        for (unsigned depth = JSON_DEPTH_MAX - 2; depth <= JSON_DEPTH_MAX + 1; depth++) {
            buf_clear(&buf);
            buf_printf(&buf, "{\"%c\":", *key);
            for (unsigned i = 1; i < depth; i++)
                buf_add(&buf, STR("["));
            for (unsigned i = 1; i < depth; i++)
                buf_add(&buf, STR("]"));
            buf_add(&buf, STR("}"));
            assert_int_equal(read_both(&tree, buf_str(&buf)), depth > JSON_DEPTH_MAX ? ERR_LIMIT : ERR_OK);
        }
    }
    tree_end(&tree);
    buf_fini(&buf);
}

/* Many members that are asked about, the last of them twice. */
static void test_wide(void **state)
{
    (void)state;
    for (unsigned count = 60; count < 70; count++) {
        struct tree tree;
        struct buf names, text;
        buf_init(&names, 1 << 20);
        buf_init(&text, 1 << 20);
        buf_add(&text, STR("{"));
        for (unsigned i = 0; i < count; i++) {
            if (i < 64)
                buf_printf(&names, "%sm%u", i ? " " : "", i);
            buf_printf(&text, "\"m%u\":%u,", i, i);
        }
        buf_add_char(&names, '\0');
        buf_printf(&text, "\"x\":0,\"m%u\":-1}", count - 1);
        tree_begin(&tree, names.ptr);
        assert_int_equal(read_both(&tree, buf_str(&text)), ERR_OK);
        assert_int_equal(scanned.value_count, count < 64 ? count : 64);
        tree_end(&tree);
        buf_fini(&names);
        buf_fini(&text);
    }
}

/* ---- random events, from a seed ---- */

static uint64_t seed = 20261123;

static size_t random_below(size_t limit)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed % limit);
}

static void put_random(struct buf *buf, unsigned depth)
{
    static const char *const scalars[] = { "0",    "-1.25", "12e3",  "\"text\"", "\"\\u00e9 \\\\\"",
                                           "true", "null",  "false", "\"\"",     "\"x.y,z:[{\"" };
    static const char *const keys[] = {
        "a", "b", "c", "d", "a.b", "b.c", "a.b.c", "\\u0061", "long name of a member", ""
    };
    size_t kind = depth == 0 ? 5 : random_below(depth > 6 ? 4 : 9), count = random_below(7);
    if (kind < 4) {
        buf_add(buf, str_from(scalars[random_below(sizeof(scalars) / sizeof(scalars[0]))]));
        return;
    }
    bool object = kind < 7;
    buf_add(buf, object ? STR("{") : STR("["));
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_add(buf, random_below(3) ? STR(",") : STR(" , "));
        if (object)
            buf_printf(buf, "\"%s\"%s", keys[random_below(sizeof(keys) / sizeof(keys[0]))],
                       random_below(3) ? ":" : " : ");
        put_random(buf, depth + 1);
    }
    buf_add(buf, object ? STR("}") : STR("]"));
}

static void test_random(void **state)
{
    (void)state;
    static const char *const trees[] = {
        "", "a", "a.b", "a.b.c a.b b", "a b c d", "a.a.a.a", "a.b a.c b.c.d c", "a a.a a.b b.a b.b c.c long"
    };
    const char *const *kernels;
    size_t kernel_count = json_index_kernels(&kernels);
    struct buf buf;
    size_t values = 0;
    buf_init(&buf, 1 << 20);
    for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
        struct tree tree;
        tree_begin(&tree, trees[i]);
        for (size_t n = 0; n < 4000; n++) {
            assert_int_equal(json_index_use(kernels[n % kernel_count]), ERR_OK);
            buf_clear(&buf);
            put_random(&buf, 0);
            if (n % 8 == 0)
                buf.ptr[random_below(buf.len)] = "\"\\{}[]:, 10-.e"[random_below(14)];
            (void)read_both(&tree, buf_str(&buf));
            values += scanned.value_count;
        }
        tree_end(&tree);
    }
    assert_true(values > 10000);
    buf_fini(&buf);
}

/* ---- shapes ---- */

static struct match_shapes shapes;
static struct json_index shape_index;

/* Walks the text; true: it is JSON that the index lets through too. */
static bool walk_text(const struct tree *tree, struct str text)
{
    struct json value;
    arena_reset(&arena);
    match_event_begin(&walked);
    if (json_read(&arena, text, 0, &value, NULL))
        return false;
    match_walk(tree->places.root, &value, &walked);
    return true;
}

/* Shows the text until its shape must be learned, if it can be. */
static void learn(const struct tree *tree, const char *text)
{
    assert_true(walk_text(tree, str_from(text)));
    assert_int_equal(json_index_read(&shape_index, str_from(text)), ERR_OK);
    for (unsigned i = 0; i < 8; i++)
        match_shapes_learn(&shapes, &shape_index, tree->places.root, tree->epoch, &walked);
}

/* Whether the text is of a shape that is known. If so it is JSON, and what it hands over is what walking does. */
static bool fits(const struct tree *tree, struct str text)
{
    match_event_begin(&scanned);
    if (json_index_read(&shape_index, text) || shape_index.count == 0 ||
        !match_shapes_read(&shapes, &shape_index, tree->epoch, &scanned))
        return false;
    if (!walk_text(tree, text) || !same_event(&scanned, &walked))
        fail_msg("read by a shape that it does not have: %.*s", STR_ARG(text));
    return true;
}

#define SHAPED                                                                                            \
    "{\"id\":\"7\",\"a\":1,\"detail-of-the-order\":{\"b\":[{\"c\":1},{\"c\":[2,3]}],\"e\":[],\"f\":[4]}," \
    "\"x\":{\"y\":{},\"z\":[5]}}"
static const char shaped_places[] = "a detail-of-the-order.b.c detail-of-the-order.e detail-of-the-order.f";

/* Each is SHAPED with one thing put in the place of another. */
static const struct {
    const char *from, *to;
    bool fits;
} shape_cases[] = {
    { "1", "1", true },
    { "\"7\"", "\"another, longer one: {}\"", true },
    { "\"a\":1", "\"a\":null", true },
    { "\"a\":1", "\"a\":  -1.5e3 ", true },
    { "\"a\":1", "\"a\":\"text\"", true },
    { "[2,3]", "[true,\"\"]", true },
    { "[4]", "[ false ]", true },
    { "\"id\"", "\"ij\"", true }, /* nobody can ask about either */
    { "\"y\"", "\"a\"", true },   /* nobody asks there */
    { "[5]", "[6]", true },
    { "\"a\"", "\"b\"", false },
    { "\"a\"", "\"ab\"", false },
    { "\"a\"", "\"\"", false },
    { "\"id\"", "\"a\"", false }, /* a second one, which counts */
    { "-order", "-other", false },
    { "-order", "-orders", false },
    { "\"c\":1", "\"b\":1", false },
    { "\"c\":1", "\"c\":[]", false },
    { "\"c\":1", "\"c\":{}", false },
    { "{\"c\":1}", "{}", false },
    { "[2,3]", "[2]", false },
    { "[]", "[1]", false },
    { "[]", "[ ]", false },
    { "[4]", "[]", false },
    { "[4]", "[ ]", false },
    { "[4]", "{4}", false },
    { "{}", "{1}", false },
    { "{}", "[]", false },
    { "[5]", "[]", false },
    { "\"y\":{}", "5:{}", false },
    { "\"x\":", " \"x\":", false }, /* the walk does it */
    { "\"7\"", "\"\\n\"", false },  /* nor are escapes for shapes */
    { "}]", "]}", false },
    { ",\"a\"", ":\"a\"", false },
};

static void put_changed(struct buf *buf, const char *from, const char *to)
{
    const char *at = strstr(SHAPED, from);
    assert_non_null(at);
    buf_clear(buf);
    buf_add(buf, str_of(SHAPED, (size_t)(at - SHAPED)));
    buf_add(buf, str_from(to));
    buf_add(buf, str_from(at + strlen(from)));
}

static void test_shapes(void **state)
{
    (void)state;
    struct tree tree;
    struct buf buf;
    buf_init(&buf, 1 << 20);
    tree_begin(&tree, shaped_places);
    assert_false(fits(&tree, STR(SHAPED)));
    learn(&tree, SHAPED);
    for (size_t i = 0; i < sizeof(shape_cases) / sizeof(shape_cases[0]); i++) {
        put_changed(&buf, shape_cases[i].from, shape_cases[i].to);
        if (fits(&tree, buf_str(&buf)) != shape_cases[i].fits)
            fail_msg("%s shape: %.*s", shape_cases[i].fits ? "not of the" : "of the", STR_ARG(buf_str(&buf)));
    }
    tree.epoch++; /* rules came or went: the places may be others */
    assert_false(fits(&tree, STR(SHAPED)));
    tree_end(&tree);
    match_shapes_fini(&shapes);
    buf_fini(&buf);
}

/* What does not come again makes learning seldom; what does is kept. */
static void test_shapes_kept(void **state)
{
    (void)state;
    struct tree tree;
    tree_begin(&tree, "a b");
    learn(&tree, "{\"a\":1,\"b\":2}");
    for (unsigned i = 0; i < 3; i++)
        assert_true(fits(&tree, STR("{\"a\":3,\"b\":4}")));
    /* As many listed characters. */
    for (unsigned i = 0; i < 3; i++)
        learn(&tree, "{\"b\":1,\"a\":2}");
    assert_true(fits(&tree, STR("{\"a\":5,\"b\":6}")));
    for (unsigned i = 0; i < 1000; i++)
        learn(&tree, "{\"b\":1,\"a\":2}");
    assert_false(fits(&tree, STR("{\"a\":5,\"b\":6}")));
    assert_true(fits(&tree, STR("{\"b\":5,\"a\":6}")));
    tree_end(&tree);
    match_shapes_fini(&shapes);
}

/* Texts that are nearly of the shape: those that are read by it are JSON, and read right. */
static void test_shapes_random(void **state)
{
    (void)state;
    static const char changes[] = "\"{}[]:,10-.eabcdx tn\\\x80";
    struct tree tree;
    char text[sizeof(SHAPED)];
    size_t read = 0;
    const char *const *kernels;
    size_t kernel_count = json_index_kernels(&kernels);
    tree_begin(&tree, shaped_places);
    learn(&tree, SHAPED);
    for (size_t n = 0; n < 200000; n++) {
        assert_int_equal(json_index_use(kernels[n % kernel_count]), ERR_OK);
        memcpy(text, SHAPED, sizeof(text));
        for (size_t i = random_below(3) + 1; i > 0; i--)
            text[random_below(sizeof(text) - 1)] = changes[random_below(sizeof(changes) - 1)];
        read += fits(&tree, str_of(text, sizeof(text) - 1));
    }
    assert_in_range(read, 1000, 100000);
    tree_end(&tree);
    match_shapes_fini(&shapes);
}

static int set_up(void **state)
{
    (void)state;
    scan = match_scan_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    match_scan_free(&scan);
    assert_null(scan);
    match_scan_free(&scan);
    json_index_fini(&shape_index);
    arena_fini(&arena);
    arena_fini(&scanned.arena);
    arena_fini(&walked.arena);
    free(scanned.values);
    free(scanned.items);
    free(walked.values);
    free(walked.items);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),       cmocka_unit_test(test_refused),
        cmocka_unit_test(test_depth),       cmocka_unit_test(test_wide),
        cmocka_unit_test(test_random),      cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_shapes_kept), cmocka_unit_test(test_shapes_random),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
