/* Expressions as data: test/golden/expr; and those of docs/reference/expressions.md.
 *
 * A line: id; what it is and its text (path, reference, expression) or value (template); input, context,
 * variables; read (of a reference that is only read); and what comes of it: value, missing (a path that leads
 * nowhere), fails (why a function failed, a part of it), limit, refused (why it is not taken, a part of it),
 * unbuilt (the same, by name), set (what a reference path makes of the input with 9 put there; null: it cannot).
 * Of an input transformer: text (what it makes, byte for byte), or, with the form "log event", time and message; fails;
 * refused (all of it).
 */
#include "expr/input_transformer.h"
#include "expr/template.h"
#include "json/golden_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "io/digest.h"

static void chance(void *at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        ((unsigned char *)at)[i] = (unsigned char)(i * 37 + 11);
}

static const struct json *variable(void *self, struct str name)
{
    return json_get(self, name);
}

static bool has(const struct json *record, const char *key, struct str text)
{
    struct str wanted = json_get_str(record, str_from(key));
    return json_get(record, str_from(key)) && str_find(text, wanted) != STR_NOT_FOUND;
}

struct outcome {
    enum err refusal, err;
    struct diag why;
    struct json value;
    struct expression_failure failure;
};

static void of_template(struct arena *arena, const struct json *source, const struct scope *scope,
                        struct outcome *ret)
{
    struct template *template;
    struct template_error error = { 0 };
    struct template_failure failure = { 0 };
    ret->refusal = template_compile(arena, source, &template, &error);
    (void)snprintf(ret->why.text, sizeof(ret->why.text), "%.*s: %.*s", STR_ARG(error.pointer),
                   STR_ARG(error.text));
    if (ret->refusal)
        return;
    ret->err = template_render(template, arena, scope, &ret->value, &failure);
    ret->failure = failure.why;
}

static void of_expression(struct arena *arena, struct str text, const struct scope *scope,
                          struct outcome *ret)
{
    struct expression expression;
    ret->refusal = expression_compile(arena, text, &expression, &ret->why);
    if (ret->refusal == ERR_OK)
        ret->err = expression_get(&expression, arena, scope, &ret->value, &ret->failure);
}

static void of_path(struct arena *arena, struct str text, enum path_kind kind, const struct scope *scope,
                    struct outcome *ret)
{
    struct path *path;
    ret->refusal = path_compile(arena, text, kind, &path, &ret->why);
    if (ret->refusal)
        return;
    ret->err = path_get(path, arena, scope, &ret->value);
    ret->failure.path = path_text(path);
    if (ret->err == ERR_NOTFOUND)
        ret->failure.why = path_why(path, arena, scope);
}

static bool set_case(struct arena *arena, const struct json *record, const struct json *input)
{
    const struct json *wanted = json_get(record, STR("set"));
    struct path *path;
    struct json nine = json_of_i64(arena, 9), made;
    if (path_compile(arena, json_get_str(record, STR("reference")), PATH_REFERENCE, &path, NULL) != ERR_OK)
        return false;
    if (path_set(path, arena, input, &nine, &made) != ERR_OK)
        return wanted->type == JSON_NULL;
    return str_eq(json_text(arena, wanted), json_text(arena, &made));
}

static struct str refusal_text(struct arena *arena, const struct input_transformer_error *error)
{
    static const char *const names[] = { [INPUT_PATH_INVALID] = "path",
                                         [INPUT_PLACEHOLDER_UNKNOWN] = "placeholder ",
                                         [INPUT_PLACEHOLDER_OF_JSON] = "of JSON ",
                                         [INPUT_NO_LOG_EVENT] = "no log event" };
    return error->refusal == INPUT_TEMPLATE_INVALID
               ? arena_printf(arena, "template %u:%u", error->line, error->column)
               : arena_concat(arena, str_from(names[error->refusal]), error->placeholder);
}

static bool transformed_is(struct arena *arena, const struct json *record, struct str text, struct diag *why)
{
    int64_t time_ms = 0;
    struct str message = STR_EMPTY;
    if (!json_get(record, STR("form")))
        return json_get(record, STR("text")) && str_eq(text, json_get_str(record, STR("text")));
    if (input_log_event_read(arena, text, &time_ms, &message, why))
        return has(record, "fails", str_from(why->text));
    return json_get(record, STR("message")) && str_eq(message, json_get_str(record, STR("message"))) &&
           time_ms == json_get_i64(record, STR("time"));
}

static bool transformer_case(struct arena *arena, const struct json *record)
{
    const struct json *given = json_get(record, STR("transformer"));
    struct input_transformer *transformer;
    struct input_transformer_error error = { 0 };
    struct diag why = { .text = "" };
    struct str text = STR_EMPTY;
    const struct input_scope scope = {
        .event = json_get(record, STR("input")),
        .rule_arn = STR("arn:aws:events:eu-west-1:111111111111:rule/bus/example"),
        .rule_name = STR("example"),
        .ingestion_ms = INT64_C(1700000000987),
    };
    bool good;
    if (input_transformer_compile(
            arena, json_get(given, STR("InputPathsMap")), json_get_str(given, STR("InputTemplate")),
            json_get(record, STR("form")) ? INPUT_LOG_EVENT : INPUT_ANY, &transformer, &error)) {
        text = refusal_text(arena, &error);
        good = str_eq(text, json_get_str(record, STR("refused")));
    } else if (input_transformer_render(transformer, arena, &scope, 4096, &text, &why)) {
        good = has(record, "fails", str_from(why.text));
    } else {
        good = transformed_is(arena, record, text, &why);
    }
    if (!good)
        print_error("%.*s: %.*s %s\n", STR_ARG(json_get_str(record, STR("id"))), STR_ARG(text), why.text);
    return good;
}

static bool golden_case(struct arena *arena, struct str name, const struct json *record)
{
    if (json_get(record, STR("transformer")))
        return transformer_case(arena, record);
    const struct json *input = json_get(record, STR("input")),
                      *variables = json_get(record, STR("variables")),
                      *wanted = json_get(record, STR("value"));
    struct json null = json_of_null();
    struct scope scope = { .root = input ? input : &null,
                           .context = json_get(record, STR("context")),
                           .variable = variables ? variable : NULL,
                           .self = (void *)(uintptr_t)variables,
                           .random = chance,
                           .digest = digest_named };
    struct outcome outcome = { .err = ERR_OK };
    if (json_get(record, STR("set")))
        return set_case(arena, record, scope.root);
    if (json_get(record, STR("template")))
        of_template(arena, json_get(record, STR("template")), &scope, &outcome);
    else if (json_get(record, STR("expression")))
        of_expression(arena, json_get_str(record, STR("expression")), &scope, &outcome);
    else if (json_get(record, STR("reference")))
        of_path(arena, json_get_str(record, STR("reference")),
                json_get(record, STR("read")) ? PATH_REFERENCE_READ : PATH_REFERENCE, &scope, &outcome);
    else
        of_path(arena, json_get_str(record, STR("path")), PATH_ANY, &scope, &outcome);
    bool good;
    struct str text = STR_EMPTY;
    if (outcome.refusal == ERR_INVALID)
        good = has(record, "refused", str_from(outcome.why.text));
    else if (outcome.refusal == ERR_UNSUPPORTED)
        good = has(record, "unbuilt", str_from(outcome.why.text));
    else if (outcome.err == ERR_NOTFOUND)
        good = str_eq(json_get_str(record, STR("missing")), outcome.failure.path) &&
               (!json_get(record, STR("why")) || has(record, "why", outcome.failure.why));
    else if (outcome.err == ERR_INVALID)
        good = has(record, "fails", outcome.failure.why);
    else if (outcome.err == ERR_LIMIT)
        good = json_get(record, STR("limit")) != NULL;
    else
        good = wanted && str_eq(json_text(arena, wanted), text = json_text(arena, &outcome.value));
    if (!good)
        print_error("%.*s: refused %s %s, %s, value %.*s, path %.*s, why %.*s\n", STR_ARG(name),
                    err_text(outcome.refusal), outcome.why.text, err_text(outcome.err),
                    STR_ARG(str_slice(text, 0, 500)), STR_ARG(outcome.failure.path),
                    STR_ARG(outcome.failure.why));
    return good;
}

static void count_wrong(void *self, struct arena *arena, struct str name, const struct json *record)
{
    unsigned *wrong = self;
    *wrong += !golden_case(arena, name, record);
}

static void run_cases(const char *file, unsigned least)
{
    unsigned wrong = 0;
    size_t ran = golden_each(file, count_wrong, &wrong);
    print_message("%s: %zu ran, %u wrong\n", file, ran, wrong);
    assert_int_equal(wrong, 0);
    assert_true(ran >= least);
}

/* ---- docs/reference/expressions.md ---- */

struct example {
    struct json input, context, variables;
    bool template;
};

static bool documented(struct arena *arena, const struct example *given, struct str text, struct str wanted)
{
    struct outcome outcome = { .err = ERR_OK };
    struct json source;
    struct scope scope = { .root = &given->input,
                           .context = &given->context,
                           .variable = variable,
                           .self = (void *)(uintptr_t)&given->variables,
                           .random = chance,
                           .digest = digest_named };
    if (!given->template)
        of_expression(arena, text, &scope, &outcome);
    else if (json_read(arena, text, 0, &source, NULL) == ERR_OK)
        of_template(arena, &source, &scope, &outcome);
    else
        return false;
    if (outcome.refusal)
        return str_starts(wanted, STR("refused: ")) &&
               str_find(str_from(outcome.why.text), str_from_offset(wanted, 9)) != STR_NOT_FOUND;
    if (outcome.err == ERR_INVALID)
        return str_starts(wanted, STR("fails: ")) &&
               str_find(outcome.failure.why, str_from_offset(wanted, 7)) != STR_NOT_FOUND;
    return str_eq(wanted, outcome.err == ERR_NOTFOUND ? STR("nothing") : json_text(arena, &outcome.value));
}

/* Blocks of "expr" and "template": what is given, then examples. */
static void document(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct str rest = golden_text(&arena, "docs/reference/expressions.md"), line;
    struct example given = { .template = false };
    unsigned ran = 0, failed = 0;
    bool inside = false;
    while (str_cut(rest, '\n', &line, &rest) || line.len) {
        size_t arrow = str_find(line, STR(" => "));
        struct json *into = str_starts(line, STR("input "))       ? &given.input
                            : str_starts(line, STR("context "))   ? &given.context
                            : str_starts(line, STR("variables ")) ? &given.variables
                                                                  : NULL;
        if (str_starts(line, STR("```"))) {
            inside = str_eq(line, STR("```expr")) || str_eq(line, STR("```template"));
            given = (struct example){ .template = str_eq(line, STR("```template")) };
        } else if (inside && into) {
            assert_int_equal(
                json_read(&arena, str_from_offset(line, str_find_char(line, ' ') + 1), 0, into, NULL),
                ERR_OK);
        } else if (inside) {
            assert_true(arrow != STR_NOT_FOUND);
            ran++;
            if (documented(&arena, &given, str_slice(line, 0, arrow), str_from_offset(line, arrow + 4)))
                continue;
            print_error("%.*s\n", STR_ARG(line));
            failed++;
        }
    }
    arena_fini(&arena);
    print_message("documented examples: %u ran, %u wrong\n", ran, failed);
    assert_int_equal(failed, 0);
    assert_true(ran > 60);
}

static void paths(void **state)
{
    (void)state;
    run_cases("expr/paths", 100);
}

static void functions(void **state)
{
    (void)state;
    run_cases("expr/functions", 150);
}

static void templates(void **state)
{
    (void)state;
    run_cases("expr/templates", 20);
}

static void input_transformers(void **state)
{
    (void)state;
    run_cases("expr/input_transformers", 120);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(input_transformers), cmocka_unit_test(paths),    cmocka_unit_test(functions),
        cmocka_unit_test(templates),          cmocka_unit_test(document),
    };
    return cmocka_run_group_tests_name("expr-golden", tests, NULL, NULL);
}
