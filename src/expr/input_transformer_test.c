/* What golden cases do not say: limits, and that nothing is shared with what was given. */
#include "expr/input_transformer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct json json_here(struct arena *arena, const char *text)
{
    struct json value;
    assert_int_equal(json_read(arena, arena_copy(arena, str_from(text)), 0, &value, NULL), ERR_OK);
    return value;
}

static struct input_transformer *compiled(struct arena *arena, const struct json *paths, struct str template)
{
    struct input_transformer *ret = NULL;
    struct input_transformer_error error = { 0 };
    assert_int_equal(input_transformer_compile(arena, paths, template, INPUT_ANY, &ret, &error), ERR_OK);
    return ret;
}

static void what_is_made_has_a_limit(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct diag why = { .text = "" };
    struct str made;
    struct json paths = json_here(&arena, "{\"x\":\"$.x\"}"), event = json_here(&arena, "{\"x\":\"12345\"}");
    struct input_scope scope = { .event = &event };
    struct input_transformer *transformer = compiled(&arena, &paths, STR("{\"v\":\"<x>,<x>\"}"));
    assert_int_equal(input_transformer_render(transformer, &arena, &scope, 19, &made, &why), ERR_OK);
    assert_true(str_eq(made, STR("{\"v\":\"12345,12345\"}")));
    assert_int_equal(input_transformer_render(transformer, &arena, &scope, 18, &made, &why), ERR_LIMIT);
    assert_string_equal(why.text, "The transformed input is larger than 18 bytes.");
    arena_fini(&arena);
}

/* As many names as there may be, each for all of a large event: no more memory than the limit. */
static void a_template_cannot_multiply_an_event(void **state)
{
    (void)state;
    enum { NAMES = 100, EVENT_BYTES = 1 << 20 };
    struct arena arena = { 0 };
    struct diag why = { .text = "" };
    struct str made;
    struct buf template, document;
    struct json_member members[NAMES];
    buf_init(&template, 0);
    buf_init(&document, 0);
    buf_add(&document, STR("{\"x\":[\""));
    while (document.len < EVENT_BYTES)
        buf_add(&document, STR("0123456789"));
    buf_add(&document, STR("\"]}"));
    buf_add_char(&template, '"');
    for (int i = 0; i < NAMES; i++) {
        members[i].key = arena_printf(&arena, "n%d", i);
        members[i].value = json_of_str(STR("$.x"));
        buf_printf(&template, "<n%d>", i);
    }
    buf_add_char(&template, '"');
    struct json paths = json_of_object(members, NAMES), event;
    assert_int_equal(json_read(&arena, buf_str(&document), 0, &event, NULL), ERR_OK);
    struct input_scope scope = { .event = &event };
    struct input_transformer *transformer = compiled(&arena, &paths, buf_str(&template));
    size_t before = arena.used;
    assert_int_equal(input_transformer_render(transformer, &arena, &scope, 2 * EVENT_BYTES, &made, &why),
                     ERR_LIMIT);
    assert_true(arena.used - before < 4 * EVENT_BYTES);
    buf_fini(&template);
    buf_fini(&document);
    arena_fini(&arena);
}

static void a_path_may_pick_too_much(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct diag why = { .text = "" };
    struct str made;
    struct buf document;
    buf_init(&document, 0);
    buf_add(&document, STR("{\"x\":[0"));
    for (int i = 0; i < PATH_PICKS_MAX; i++)
        buf_add(&document, STR(",0"));
    buf_add(&document, STR("]}"));
    struct json paths = json_here(&arena, "{\"x\":\"$.x[*]\"}"), event;
    assert_int_equal(json_read(&arena, buf_str(&document), 0, &event, NULL), ERR_OK);
    struct input_scope scope = { .event = &event };
    struct input_transformer *transformer = compiled(&arena, &paths, STR("{\"v\":<x>}"));
    assert_int_equal(input_transformer_render(transformer, &arena, &scope, SIZE_MAX, &made, &why), ERR_LIMIT);
    assert_string_equal(why.text, "The path $.x[*] picks too much of this event.");
    buf_fini(&document);
    arena_fini(&arena);
}

static void nothing_is_shared_with_what_was_given(void **state)
{
    (void)state;
    struct arena given = { 0 }, arena = { 0 };
    struct diag why = { .text = "" };
    struct str made;
    struct json paths = json_here(&given, "{\"x\":\"$.detail.x\"}");
    struct str template = arena_copy(&given, STR("{\"v\": <x>, \"w\": \"is <x>\"} "));
    struct input_transformer *transformer = compiled(&arena, &paths, template);
    memset((char *)(uintptr_t) template.ptr, '#', template.len);
    arena_fini(&given);
    struct json event = json_here(&arena, "{\"detail\":{\"x\":\"y\"}}");
    struct input_scope scope = { .event = &event };
    assert_int_equal(input_transformer_render(transformer, &arena, &scope, 100, &made, &why), ERR_OK);
    assert_true(str_eq(made, STR("{\"v\": \"y\", \"w\": \"is y\"} ")));
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_made_has_a_limit),
        cmocka_unit_test(a_template_cannot_multiply_an_event),
        cmocka_unit_test(a_path_may_pick_too_much),
        cmocka_unit_test(nothing_is_shared_with_what_was_given),
    };
    return cmocka_run_group_tests_name("expr-input-transformer", tests, NULL, NULL);
}
