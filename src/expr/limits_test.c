/* What a hostile definition or input could make grow: descents, filters, copies, long texts. Each ends soon, with
 * its value or at a limit. */
#include "expr/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

enum { SECONDS_MAX = 5 }; /* of the processor, under a sanitizer too; without one all take milliseconds */

static struct str repeat(struct arena *arena, const char *before, const char *what, size_t count,
                         const char *after)
{
    struct buf out;
    buf_init(&out, 0);
    buf_add(&out, str_from(before));
    for (size_t i = 0; i < count; i++)
        buf_add(&out, str_from(what));
    buf_add(&out, str_from(after));
    struct str text = arena_copy(arena, buf_str(&out));
    buf_fini(&out);
    return text;
}

static enum err run(struct arena *arena, struct str text, struct str input)
{
    struct json root, value;
    struct expression expression;
    struct diag why = { .text = "" };
    clock_t start = clock();
    assert_int_equal(json_read(arena, input, 0, &root, NULL), ERR_OK);
    if (expression_compile(arena, text, &expression, &why) != ERR_OK)
        return ERR_UNSUPPORTED;
    struct scope scope = { .root = &root };
    enum err err = expression_get(&expression, arena, &scope, &value, NULL);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    if (seconds > SECONDS_MAX)
        fail_msg("%.*s took %.1f s", STR_ARG(str_slice(text, 0, 100)), seconds);
    return err;
}

static void test_paths(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct str deep = repeat(&arena, "", "[", 900, ""), closing = repeat(&arena, "", "]", 900, "");
    struct str nested = arena_concat(&arena, deep, closing);
    struct str objects = repeat(&arena, "[{\"a\":1}", ",{\"a\":1,\"b\":[{\"c\":2}]}", 8000, "]");
    assert_int_equal(run(&arena, STR("$..*..*..*"), nested), ERR_LIMIT);
    assert_int_equal(run(&arena, STR("$..[?(@..x)]"), nested), ERR_OK);
    assert_int_equal(run(&arena, STR("$..[?(@..[?(@..x)])]"), nested), ERR_LIMIT);
    assert_int_equal(run(&arena, STR("$[?(@.b[?(@.c == 2)])].a"), objects), ERR_OK);
    assert_int_equal(run(&arena, STR("$[?($..a contains 7)]"), objects), ERR_LIMIT);
    assert_int_equal(run(&arena, STR("$[?(@.a in $)]"), objects), ERR_LIMIT);
    assert_int_equal(run(&arena, STR("$[?($[*].a subsetof $[*].a)]"), objects), ERR_LIMIT);
    struct str chain = repeat(&arena, "$[?(@.z", " || @.z", 20000, ")]");
    assert_int_equal(run(&arena, chain, objects), ERR_LIMIT);
    assert_int_equal(run(&arena, chain, STR("[{},{}]")), ERR_OK);
    struct str members = repeat(&arena, "{\"x\":0", ",\"abcdef\":0", 20000, "}");
    assert_int_equal(run(&arena, repeat(&arena, "$['y'", ",'ABCDEF'", 50000, "]"), members), ERR_LIMIT);
    struct str texts = arena_concat(&arena, repeat(&arena, "{\"n\":\"", "a", 60000, "b\",\"l\":[{\"t\":\""),
                                    repeat(&arena, "", "a", 190000, "\"}]}"));
    assert_int_equal(run(&arena, STR("$.l[?(@.t contains $.n)]"), texts), ERR_LIMIT);
    struct str wide = repeat(&arena, "$.l[?(@.t =~ /", "(a|b?)", 100, "*/)]");
    assert_int_equal(run(&arena, wide, texts), ERR_LIMIT);
    assert_int_equal(run(&arena, STR("$.l[?(@.t =~ /(a*)*c/)]"), texts), ERR_OK);
    struct str long_path = repeat(&arena, "$", ".a", 100000, "");
    assert_int_equal(run(&arena, long_path, STR("{}")), ERR_NOTFOUND);
    assert_int_equal(run(&arena, repeat(&arena, "$", "..", 5, "a"), STR("{}")), ERR_UNSUPPORTED);
    assert_int_equal(run(&arena, repeat(&arena, "$", "..*", 2000, ""), STR("[[],[]]")), ERR_OK);
    assert_int_equal(run(&arena, repeat(&arena, "$", "[?(@", 5000, ""), STR("{}")), ERR_UNSUPPORTED);
    arena_fini(&arena);
}

static void test_functions(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct str backslashes = repeat(&arena, "\"", "\\\\", 60000, "\"");
    assert_int_equal(run(&arena, STR("States.JsonToString($)"), backslashes), ERR_OK);
    assert_int_equal(run(&arena,
                         STR("States.JsonToString(States.JsonToString(States.JsonToString("
                             "States.JsonToString(States.JsonToString($)))))"),
                         backslashes),
                     ERR_INVALID);
    struct str many = repeat(&arena, "States.Format('", "{}", 900, "'");
    many = arena_concat(&arena, many, repeat(&arena, "", ",$", 900, ")"));
    assert_int_equal(run(&arena, many, backslashes), ERR_INVALID);
    assert_int_equal(run(&arena, repeat(&arena, "States.Array($", ",$", 999, ")"), backslashes), ERR_OK);
    assert_int_equal(run(&arena, repeat(&arena, "States.Array($", ",$", 1000, ")"), backslashes),
                     ERR_UNSUPPORTED);
    struct str copies = repeat(&arena, "States.JsonToString(States.Array($", ",$", 999, "))");
    assert_int_equal(run(&arena, copies, backslashes), ERR_INVALID);
    struct buf numbers;
    buf_init(&numbers, 0);
    for (int i = 0; i < 40000; i++)
        buf_printf(&numbers, "%s{\"n\":%d,\"k\":\"x\"}", i ? "," : "[", i);
    buf_add_char(&numbers, ']');
    assert_int_equal(run(&arena, STR("States.ArrayLength(States.ArrayUnique($))"), buf_str(&numbers)),
                     ERR_OK);
    assert_int_equal(run(&arena, STR("States.ArrayContains($, $[0:100])"), buf_str(&numbers)), ERR_OK);
    buf_fini(&numbers);
    assert_int_equal(run(&arena, STR("States.ArrayLength(States.StringSplit($, ','))"),
                         repeat(&arena, "\"", "a,", 130000, "\"")),
                     ERR_OK);
    assert_int_equal(run(&arena, STR("States.ArrayPartition($, 1)"), repeat(&arena, "[0", ",0", 130000, "]")),
                     ERR_OK);
    struct str wide = repeat(&arena, "{\"a\":0", ",\"abcdefgh\":1", 15000, "}");
    assert_int_equal(run(&arena, STR("States.JsonMerge($, $, false)"), wide), ERR_OK);
    assert_int_equal(run(&arena, STR("States.StringToJson($)"), repeat(&arena, "\"", "[", 100000, "\"")),
                     ERR_INVALID);
    assert_int_equal(run(&arena, repeat(&arena, "", "States.Array(", 100000, ""), STR("1")), ERR_UNSUPPORTED);
    arena_fini(&arena);
}

/* Those of one template count together. */
static void test_together(void **state)
{
    (void)state;
    static const char *const texts[] = { "$..*", "States.ArrayLength(States.ArrayUnique($))",
                                         "States.ArrayLength(States.ArrayPartition($, 1))" };
    struct arena arena = { 0 };
    struct json root, source, value;
    struct str input = repeat(&arena, "[0", ",0", 50000, "]");
    assert_int_equal(json_read(&arena, input, 0, &root, NULL), ERR_OK);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        for (size_t fields = 4; fields <= 4000; fields *= 1000) {
            struct buf out;
            buf_init(&out, 0);
            for (size_t n = 0; n < fields; n++)
                buf_printf(&out, "%s\"x%zu.$\":\"%s\"", n ? "," : "{", n, texts[i]);
            buf_add_char(&out, '}');
            struct template *template;
            size_t work = 0, before = arena.used;
            struct scope scope = { .root = &root, .work = &work, .work_max = 2 << 20 };
            assert_int_equal(json_read(&arena, buf_str(&out), 0, &source, NULL), ERR_OK);
            assert_int_equal(template_compile(&arena, &source, &template, NULL), ERR_OK);
            enum err err = template_render(template, &arena, &scope, &value, NULL);
            assert_int_equal(err, fields == 4 ? ERR_OK : i == 0 ? ERR_LIMIT : ERR_INVALID);
            assert_true(arena.used - before < 400 << 20);
            buf_fini(&out);
        }
    }
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_together),
    };
    return cmocka_run_group_tests_name("expr-limits", tests, NULL, NULL);
}
