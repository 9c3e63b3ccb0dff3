/* The reader of events from bytes: what it hands over, case by case, and always the same as match_walk. */
#include "json/json_index.h"
#include "match/match_place.h"

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
        cmocka_unit_test(test_cases), cmocka_unit_test(test_refused), cmocka_unit_test(test_depth),
        cmocka_unit_test(test_wide),  cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
