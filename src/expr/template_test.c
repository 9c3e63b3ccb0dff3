/* Templates: what they become, what is refused and where. */
#include "expr/template.h"

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

static const char input[] =
    "{\"detail\":{\"orderId\":\"2\",\"userId\":\"u\"},\"list\":[1,2],\"n\":1.50,\"detail-type\":\"T\"}";
static const char context[] = "{\"Task\":{\"Token\":\"token\"}}";

static const char *const rendered[][2] = {
    { "{}", "{}" },
    { "[]", "[]" },
    { "7", "7" },
    { "\"$.n\"", "\"$.n\"" },
    { "{\"a\":1,\"b\":{\"c\":[true,null,\"x\"]}}", "{\"a\":1,\"b\":{\"c\":[true,null,\"x\"]}}" },
    { "{\"a\":\"$.n\"}", "{\"a\":\"$.n\"}" },
    { "{\"a.$\":\"$.n\"}", "{\"a\":1.50}" },
    { "{\"all.$\":\"$\",\"x\":0}", "{\"all\":{\"detail\":{\"orderId\":\"2\",\"userId\":\"u\"},\"list\":[1,2],"
                                   "\"n\":1.50,\"detail-type\":\"T\"},\"x\":0}" },
    { "{\"c.$\":\"$$\",\"t.$\":\"$$.Task.Token\"}",
      "{\"c\":{\"Task\":{\"Token\":\"token\"}},\"t\":\"token\"}" },
    { "{\"Entries\":[{\"Detail\":{\"Message\":\"m\",\"TaskToken.$\":\"$$.Task.Token\",\"orderId.$\":\"$."
      "detail.orderId\"},"
      "\"DetailType\":\"x\"}]}",
      "{\"Entries\":[{\"Detail\":{\"Message\":\"m\",\"TaskToken\":\"token\",\"orderId\":\"2\"},"
      "\"DetailType\":\"x\"}]}" },
    { "[[{\"a.$\":\"$.list[1]\"}],\"$.n\"]", "[[{\"a\":2}],\"$.n\"]" },
    { "{\"a.$\":\"$.list[*]\",\"b.$\":\"$..nothing\"}", "{\"a\":[1,2],\"b\":[]}" },
    { "{\"a.$\":\"$.detail-type\",\"b.c.$\":\"$['n']\"}", "{\"a\":\"T\",\"b.c\":1.50}" },
    { "{\"x\":1,\"x.$\":\"$.n\",\"y\":2}", "{\"x\":1.50,\"y\":2}" },
    { "{\"x.$\":\"$.n\",\"y\":2,\"x\":1}", "{\"y\":2,\"x\":1}" },
    { "{\"$\":1,\"a$\":\"$.n\",\"$.a\":\"$.n\"}", "{\"$\":1,\"a$\":\"$.n\",\"$.a\":\"$.n\"}" },
    { "{\"a.$\":\"$.list\",\"b\":{\"c\":{\"d\":[{\"e\":{\"f.$\":\"$.n\"}}]}}}",
      "{\"a\":[1,2],\"b\":{\"c\":{\"d\":[{\"e\":{\"f\":1.50}}]}}}" },
};

static void test_render(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct json root = read_text(&arena, input), of_context = read_text(&arena, context), value;
    for (size_t i = 0; i < sizeof(rendered) / sizeof(rendered[0]); i++) {
        struct json source = read_text(&arena, rendered[i][0]);
        struct template *template;
        struct template_error error = { 0 };
        struct template_failure failure = { 0 };
        if (template_compile(&arena, &source, &template, &error))
            fail_msg("%s: %.*s", rendered[i][0], STR_ARG(error.text));
        if (template_render(template, &arena, &(struct scope){ .root = &root, .context = &of_context },
                            &value, &failure))
            fail_msg("%s: %.*s", rendered[i][0], STR_ARG(failure.why.path));
        struct str text = json_text(&arena, &value);
        if (!str_eq(text, str_from(rendered[i][1])))
            fail_msg("%s: %.*s", rendered[i][0], STR_ARG(text));
    }
    arena_fini(&arena);
}

static const struct {
    const char *source, *member, *path;
} failures[] = {
    { "{\"a\":1,\"userId.$\":\"$.detail.nothing\"}", "userId.$", "$.detail.nothing" },
    { "{\"a\":{\"b\":[{\"c.$\":\" $.list[2]\"}]}}", "c.$", "$.list[2]" },
    { "{\"t.$\":\"$$.Task.Nothing\"}", "t.$", "$$.Task.Nothing" },
};

static void test_failure(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct json root = read_text(&arena, input), of_context = read_text(&arena, context), value;
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        struct json source = read_text(&arena, failures[i].source);
        struct template *template;
        struct template_failure failure = { 0 };
        assert_int_equal(template_compile(&arena, &source, &template, NULL), ERR_OK);
        assert_int_equal(template_render(template, &arena,
                                         &(struct scope){ .root = &root, .context = &of_context }, &value,
                                         &failure),
                         ERR_NOTFOUND);
        assert_true(str_eq(failure.member, str_from(failures[i].member)));
        assert_true(str_eq(failure.why.path, str_from(failures[i].path)));
        assert_int_equal(template_render(template, &arena,
                                         &(struct scope){ .root = &root, .context = &of_context }, &value,
                                         NULL),
                         ERR_NOTFOUND);
    }
    arena_fini(&arena);
}

static const struct {
    const char *source;
    enum err err;
    const char *pointer, *member, *text;
} refused[] = {
    { "{\"parsed.$\":\"abc\"}", ERR_INVALID, "/parsed.$", "parsed.$",
      "The value for the field 'parsed.$' must be a valid JSONPath or a valid intrinsic function call" },
    { "{\"parsed.$\":5}", ERR_INVALID, "/parsed.$", "parsed.$",
      "The value for the field 'parsed.$' must be a valid JSONPath or a valid intrinsic function call" },
    { "{\"a\":[1,{\"b~/c\":{\"x.$\":{}}}]}", ERR_INVALID, "/a/1/b~0~1c/x.$", "x.$",
      "The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic function call" },
    { "{\"x.$\":\"$.\"}", ERR_INVALID, "/x.$", "x.$",
      "The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic function call" },
    { "{\"x.$\":\"States.Nothing($.a)\"}", ERR_INVALID, "/x.$", "x.$",
      "The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic function call" },
    { "{\"x.$\":\"States.Format\"}", ERR_INVALID, "/x.$", "x.$",
      "The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic function call" },
    { "{\"x.$\":\"\"}", ERR_INVALID, "/x.$", "x.$",
      "The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic function call" },
    { "{\"a\":{\"x.$\":\"States.Format('\\\\\\\"', $.id)\"}}", ERR_INVALID, "/a/x.$", "x.$",
      "The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic function call" },
    { "{\"x.$\":\"$.a[?(@.b =~ /x/m)]\"}", ERR_UNSUPPORTED, "/x.$", "x.$",
      "Path '$.a[?(@.b =~ /x/m)]': the flag of a pattern m is not supported yet" },
};

static void test_refused(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct json source = read_text(&arena, refused[i].source);
        struct template *template;
        struct template_error error = { 0 };
        assert_int_equal(template_compile(&arena, &source, &template, &error), refused[i].err);
        if (!str_eq(error.pointer, str_from(refused[i].pointer)) ||
            !str_eq(error.member, str_from(refused[i].member)) ||
            !str_eq(error.text, str_from(refused[i].text)))
            fail_msg("%s: %.*s at %.*s", refused[i].source, STR_ARG(error.text), STR_ARG(error.pointer));
        assert_int_equal(template_compile(&arena, &source, &template, NULL), refused[i].err);
    }
    arena_fini(&arena);
}

static void test_depth(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct buf text;
    struct template *template;
    struct json root = read_text(&arena, input), value, source;
    buf_init(&text, 0);
    for (int i = 0; i < JSON_DEPTH_MAX - 1; i++)
        buf_add(&text, i % 2 ? STR("{\"a\":") : STR("["));
    buf_add(&text, STR("{\"x.$\":\"$.n\"}"));
    for (int i = JSON_DEPTH_MAX - 1; i-- > 0;)
        buf_add(&text, i % 2 ? STR("}") : STR("]"));
    assert_int_equal(json_read(&arena, buf_str(&text), 0, &source, NULL), ERR_OK);
    assert_int_equal(template_compile(&arena, &source, &template, NULL), ERR_OK);
    assert_int_equal(template_render(template, &arena, &(struct scope){ .root = &root }, &value, NULL),
                     ERR_OK);
    assert_true(str_find(json_text(&arena, &value), STR("{\"x\":1.50}")) != STR_NOT_FOUND);
    buf_fini(&text);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_render),
        cmocka_unit_test(test_failure),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
