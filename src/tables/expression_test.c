/* Expressions: the golden cases, and the limits. */
#include "tables/expression.h"
#include "json/golden_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct outcome {
    bool holds;
    struct value item;
};

typedef bool evaluate_f(struct scope *scope, struct str text, const struct value *item, struct outcome *ret);

static bool evaluate_condition(struct scope *scope, struct str text, const struct value *item,
                               struct outcome *ret)
{
    const struct condition *condition = condition_parse(scope, "ConditionExpression", text);
    if (!condition || !scope_all_used(scope))
        return false;
    ret->holds = condition_holds(condition, item);
    return true;
}

static bool evaluate_update(struct scope *scope, struct str text, const struct value *item,
                            struct outcome *ret)
{
    struct update update;
    return update_parse(scope, text, &update) && scope_all_used(scope) &&
           update_apply(&update, scope->arena, item, &ret->item, scope->fault);
}

static bool evaluate_projection(struct scope *scope, struct str text, const struct value *item,
                                struct outcome *ret)
{
    struct projection projection;
    if (!projection_parse(scope, text, &projection) || !scope_all_used(scope))
        return false;
    ret->item = projection_apply(scope->arena, &projection, item);
    return true;
}

static void run_case(struct arena *arena, const struct json *line, const char *where, evaluate_f *evaluate)
{
    struct fault fault = { 0 };
    struct scope scope;
    struct value item, expected;
    struct outcome outcome = { 0 };
    struct str why = STR_EMPTY;
    const struct json *expect = json_get(line, STR("expect")), *error = json_get(line, STR("error"));
    assert_true(value_read_map(arena, json_get(line, STR("item")), &item, &why));
    bool done =
        scope_init(&scope, arena, json_get(line, STR("names")), json_get(line, STR("values")), &fault) &&
        evaluate(&scope, json_get_str(line, STR("expression")), &item, &outcome);
    if (done != !error)
        fail_msg("%s: %.*s", where, STR_ARG(done ? STR("no error") : fault.text));
    if (error) {
        if (!str_eq(fault.text, error->text))
            fail_msg("%s:\n  got      %.*s\n  expected %.*s", where, STR_ARG(fault.text),
                     STR_ARG(error->text));
        assert_int_equal(fault.code, FAULT_VALIDATION);
    } else if (json_is(expect, JSON_OBJECT)) {
        struct buf buf;
        struct json_writer w;
        buf_init(&buf, 0);
        json_writer_init(&w, &buf);
        value_write_map(&w, arena, &outcome.item);
        assert_true(value_read_map(arena, expect, &expected, &why));
        if (!value_equal(&outcome.item, &expected))
            fail_msg("%s: got %.*s", where, STR_ARG(buf_str(&buf)));
        buf_fini(&buf);
    } else if (outcome.holds != json_is(expect, JSON_TRUE)) {
        fail_msg("%s: got %s", where, outcome.holds ? "true" : "false");
    }
}

struct run {
    evaluate_f *evaluate;
};

static void run_golden_case(void *self, struct arena *arena, struct str name, const struct json *line)
{
    run_case(arena, line, arena_cstr(arena, name), ((const struct run *)self)->evaluate);
}

static void run_golden(const char *name, evaluate_f *evaluate)
{
    struct run run = { evaluate };
    assert_true(golden_each(name, run_golden_case, &run) > 5);
}

static void test_conditions(void **state)
{
    (void)state;
    run_golden("tables/conditions", evaluate_condition);
}

static void test_updates(void **state)
{
    (void)state;
    run_golden("tables/updates", evaluate_update);
}

static void test_projections(void **state)
{
    (void)state;
    run_golden("tables/projections", evaluate_projection);
}

/* The text of a condition that must be refused; its fault. */
static struct fault refusal(struct arena *arena, struct str text)
{
    struct fault fault = { 0 };
    struct scope scope;
    assert_true(scope_init(&scope, arena, NULL, NULL, &fault));
    assert_null(condition_parse(&scope, "FilterExpression", text));
    assert_int_equal(fault.code, FAULT_VALIDATION);
    return fault;
}

static void test_bounds(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct buf buf;
    buf_init(&buf, 0);
    for (int i = 0; i < 5000; i++)
        buf_add_char(&buf, ' ');
    struct fault fault = refusal(&arena, buf_str(&buf));
    assert_true(str_starts(fault.text, STR("Invalid FilterExpression: Expression size has exceeded")));
    buf_clear(&buf);
    for (int i = 0; i < 1000; i++)
        buf_add(&buf, STR("NOT "));
    refusal(&arena, buf_str(&buf));
    buf_clear(&buf);
    for (int i = 0; i < 2000; i++)
        buf_add_char(&buf, '(');
    refusal(&arena, buf_str(&buf));
    buf_clear(&buf);
    buf_add(&buf, STR("attribute_exists(a0)"));
    for (int i = 0; i < 400; i++)
        buf_printf(&buf, " OR a<b");
    fault = refusal(&arena, buf_str(&buf));
    assert_true(str_find(fault.text, STR("too many operators")) != STR_NOT_FOUND);
    buf_clear(&buf);
    buf_add(&buf, STR("attribute_exists(a"));
    for (int i = 0; i < 40; i++)
        buf_add(&buf, STR(".b"));
    buf_add_char(&buf, ')');
    fault = refusal(&arena, buf_str(&buf));
    assert_true(str_find(fault.text, STR("too many nesting elements")) != STR_NOT_FOUND);
    buf_fini(&buf);
    arena_fini(&arena);
}

static void test_many_changes_of_a_wide_item(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct fault fault = { 0 };
    struct scope scope;
    struct update update;
    struct str why;
    struct buf text, item_text;
    struct json json, values;
    struct value item, after;
    buf_init(&text, 0);
    buf_init(&item_text, 0);
    buf_add_char(&item_text, '{');
    for (int i = 0; i < 20000; i++)
        buf_printf(&item_text, "%s\"a%d\":{\"N\":\"%d\"}", i ? "," : "", i, i);
    buf_add_char(&item_text, '}');
    buf_add(&text, STR("SET z0=:v"));
    for (int i = 1; i < 300; i++)
        buf_printf(&text, ",z%d=:v", i);
    assert_int_equal(json_read(&arena, buf_str(&item_text), 0, &json, NULL), ERR_OK);
    assert_int_equal(json_read(&arena, STR("{\":v\":{\"N\":\"1\"}}"), 0, &values, NULL), ERR_OK);
    assert_true(value_read_map(&arena, &json, &item, &why));
    assert_true(scope_init(&scope, &arena, NULL, &values, &fault));
    assert_true(update_parse(&scope, buf_str(&text), &update));
    size_t used = arena.used;
    assert_true(update_apply(&update, &arena, &item, &after, &fault));
    assert_int_equal(after.count, 20300);
    assert_int_equal(item.count, 20000);
    assert_true(arena.used - used < 4u << 20); /* copied once, not once a change */
    assert_non_null(value_member(&after, STR("z299")));
    assert_null(value_member(&item, STR("z299")));
    buf_fini(&text);
    buf_fini(&item_text);
    arena_fini(&arena);
}

static void test_values(void **state)
{
    (void)state;
    static const struct {
        const char *json, *error;
    } cases[] = {
        { "{\"SS\":[\"a\",\"b\",\"a\"]}",
          "One or more parameter values were invalid: Input collection [a, b, a] contains duplicates." },
        { "{\"NS\":[\"1\",\"1.0\"]}", "Input collection contains duplicates" },
        { "{\"BS\":[\"AA==\",\"AA==\"]}", "One or more parameter values were invalid: Input collection "
                                          "[AA==, AA==]of type BS contains duplicates." },
        { "{\"NS\":[]}", "One or more parameter values were invalid: An number set  may not be empty" },
        { "{\"BS\":[]}", "One or more parameter values were invalid: Binary sets should not be empty" },
        { "{\"S\":\"a\",\"N\":\"1\"}",
          "Supplied AttributeValue has more than one datatypes set, must contain exactly "
          "one of the supported datatypes" },
        { "{\"Q\":1}",
          "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes" },
        { "{\"N\":\"\"}", "The parameter cannot be converted to a numeric value" },
        { "{\"N\":\"1e-140\"}",
          "Number underflow. Attempting to store a number with magnitude smaller than supported range" },
        { "{\"L\":[{\"M\":{\"a\":{\"N\":\"1,5\"}}}]}",
          "The parameter cannot be converted to a numeric value: 1,5" },
        { "{\"NULL\":false}", "One or more parameter values were invalid: Null attribute value types must "
                              "have the value of true" },
        { "{\"M\":{}}", NULL },
        { "{\"S\":\"\"}", NULL },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct arena arena = { 0 };
        struct json json;
        struct value value;
        struct str why = STR_EMPTY;
        assert_int_equal(json_read(&arena, str_from(cases[i].json), 0, &json, NULL), ERR_OK);
        bool good = value_read(&arena, &json, &value, &why);
        assert_int_equal(good, cases[i].error == NULL);
        if (!good && !str_eq(why, str_from(cases[i].error)))
            fail_msg("%s: %.*s", cases[i].json, STR_ARG(why));
        arena_fini(&arena);
    }
}

static void test_depth_and_size(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct json json;
    struct value value;
    struct str why, text = STR("{\"N\":\"1\"}");
    for (unsigned wraps = 1; wraps <= 32; wraps++) {
        text = arena_printf(&arena, "{\"M\":{\"a\":%.*s}}", STR_ARG(text));
        assert_int_equal(json_read(&arena, text, 0, &json, NULL), ERR_OK);
        assert_int_equal(value_read(&arena, &json, &value, &why), wraps <= 31);
        if (wraps <= 31)
            assert_int_equal(value_depth(&value), wraps + 1);
    }
    assert_true(str_starts(why, STR("Nesting Levels have exceeded supported limits")));
    text = STR("{\"a\":{\"S\":\"xyz\"},\"bb\":{\"N\":\"123\"},\"c\":{\"L\":[{\"BOOL\":true},{\"S\":\"\"}]},"
               "\"d\":{\"M\":{\"k\":{\"B\":\"AAAA\"}}},\"e\":{\"SS\":[\"a\",\"bb\"]}}");
    assert_int_equal(json_read(&arena, text, 0, &json, NULL), ERR_OK);
    assert_true(value_read_map(&arena, &json, &value, &why));
    assert_int_equal(value_size_of_map(&value),
                     (1 + 3) + (2 + 3) + (1 + 3 + 2 + 1) + (1 + 3 + 1 + 1 + 3) + (1 + 3));
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_updates),
        cmocka_unit_test(test_projections),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_many_changes_of_a_wide_item),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_depth_and_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
