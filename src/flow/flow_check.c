#include "flow/flow_check.h"

#include <stdarg.h>

#include "base/map.h"
#include "flow/flow_definition.h"

/* ---- places ---- */

static void where_write(struct buf *out, const struct where *at)
{
    if (!at->up) {
        if (str_empty(at->name))
            return;
    } else {
        where_write(out, at->up);
    }
    if (str_empty(at->name) && at->up) {
        buf_printf(out, "[%u]", at->index);
        return;
    }
    buf_add_char(out, '/');
    buf_add(out, at->name);
}

struct str where_text(struct arena *arena, const struct where *at)
{
    struct buf out;
    buf_init(&out, 0);
    where_write(&out, at);
    if (out.len == 0)
        buf_add_char(&out, '/');
    struct str text = arena_copy(arena, buf_str(&out));
    buf_fini(&out);
    return text;
}

/* ---- problems ---- */

static void problem_add(struct check *check, const char *code, struct str place, struct str text,
                        bool warning)
{
    if (check->problems.len >= (check->problems_max > 0 ? check->problems_max : CHECK_PROBLEMS_MAX))
        return;
    struct problem problem = { str_from(code), text, place, warning };
    VEC_PUSH(check->arena, &check->problems, problem);
}

static struct str place_text(struct check *check, const struct where *at)
{
    return at ? where_text(check->arena, at) : STR_EMPTY;
}

void check_problem(struct check *check, const struct where *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    problem_add(check, "SCHEMA_VALIDATION_FAILED", place_text(check, at),
                arena_vprintf(check->arena, format, args), false);
    va_end(args);
}

void check_problem_at(struct check *check, struct str place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    problem_add(check, "SCHEMA_VALIDATION_FAILED", place, arena_vprintf(check->arena, format, args), false);
    va_end(args);
}

void check_unbuilt(struct check *check, const struct where *at, const char *what)
{
    check_problem(check, at, "%s is not supported by Crema yet", what);
}

void check_coded(struct check *check, const char *code, const struct where *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    problem_add(check, code, place_text(check, at), arena_vprintf(check->arena, format, args), false);
    va_end(args);
}

void check_warning(struct check *check, const char *code, const struct where *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    problem_add(check, code, place_text(check, at), arena_vprintf(check->arena, format, args), true);
    va_end(args);
}

bool check_clean(const struct check *check)
{
    return check->problems.len == 0;
}

struct str check_text(struct check *check, struct arena *arena)
{
    struct buf out;
    buf_init(&out, 0);
    buf_add(&out, STR("Invalid State Machine Definition: '"));
    for (size_t i = 0; i < check->problems.len; i++) {
        if (i > 0)
            buf_add(&out, STR(", "));
        const struct problem *problem = &check->problems.at[i];
        buf_printf(&out, "%.*s: %.*s%s%.*s", STR_ARG(problem->code), STR_ARG(problem->text),
                   str_empty(problem->place) ? "" : " at ", STR_ARG(problem->place));
    }
    buf_add_char(&out, '\'');
    struct str text = arena_copy(arena, buf_str(&out));
    buf_fini(&out);
    return text;
}

/* ---- fields ---- */

static const char *type_name(enum json_type type)
{
    static const char *const names[] = {
        [JSON_NULL] = "Null",     [JSON_FALSE] = "Boolean", [JSON_TRUE] = "Boolean",
        [JSON_NUMBER] = "Number", [JSON_STRING] = "String", [JSON_ARRAY] = "Array",
        [JSON_OBJECT] = "Object",
    };
    return names[type];
}

const struct json *check_field(struct check *check, const struct where *at, const struct json *object,
                               const char *name, enum json_type type)
{
    const struct json *value = json_get(object, str_from(name));
    if (!value)
        return NULL;
    bool fits = value->type == type || (type == JSON_TRUE && value->type == JSON_FALSE);
    if (fits)
        return value;
    struct where here = WHERE(at, str_from(name));
    check_problem(check, &here, "Expected value of type %s but found %s", type_name(type),
                  type_name(value->type));
    return NULL;
}

int64_t check_integer(struct check *check, const struct where *at, const struct json *object,
                      const char *name, int64_t min, int64_t max, int64_t otherwise)
{
    const struct json *value = check_field(check, at, object, name, JSON_NUMBER);
    if (!value)
        return otherwise;
    int64_t number;
    struct where here = WHERE(at, str_from(name));
    if (!json_number_i64(value->text, &number)) {
        check_problem(check, &here, "Value must be an integer");
    } else if (number < min) {
        check_problem(check, &here, "Value is smaller than minimum value %lld", (long long)min);
    } else if (number > max) {
        check_problem(check, &here, "Value is greater than maximum value %lld", (long long)max);
    } else {
        return number;
    }
    return otherwise;
}

bool check_bool(struct check *check, const struct where *at, const struct json *object, const char *name)
{
    return json_is(check_field(check, at, object, name, JSON_TRUE), JSON_TRUE);
}

/* ---- paths and templates ---- */

static void reference_add(struct check *check, struct str name)
{
    struct str key = arena_printf(check->arena, "%u %.*s", check->state, STR_ARG(name));
    if (!variable_name_fits(name) || map_put(&check->referenced, key, check))
        return;
    struct reference reference = { check->state, check->states[check->state].name,
                                   arena_copy(check->arena, name) };
    VEC_PUSH(check->arena, check->references, reference);
}

static bool in_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c & 0x80;
}

/* The variables of a path, or of the paths in a call; what stands in quotes is none. The text is known to be good. */
static void text_references(struct check *check, struct str text)
{
    char before = '(', quote = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\\') {
            i++;
        } else if (quote) {
            quote = c == quote ? 0 : quote;
        } else if ((c == '\'' || c == '"') && !in_name(before)) {
            quote = c;
        } else if (c == '$' && strchr("( \t,", before)) {
            size_t end = i + 1;
            while (end < text.len && !strchr(" \t.[,)", text.ptr[end]))
                end++;
            reference_add(check, str_slice(text, i + 1, end - i - 1));
        }
        before = c;
    }
}

/* What a path or a function reads of the context object that is not at hand without asking for it: the
 * execution's input, an item of a Map. */
static void text_wants(struct check *check, struct str text)
{
    static const char *const cheap[] = { "$$.Execution.Id",           "$$.Execution.Name",
                                         "$$.Execution.RoleArn",      "$$.Execution.StartTime",
                                         "$$.Execution.RedriveCount", "$$.State.",
                                         "$$.StateMachine.",          "$$.Task." };
    if (check->references && check->state != STATE_NONE)
        text_references(check, text);
    for (size_t at; (at = str_find(text, STR("$$"))) != STR_NOT_FOUND; text = str_from_offset(text, 2)) {
        text = str_from_offset(text, at);
        bool map = str_starts(text, STR("$$.Map.")), known = map;
        for (size_t i = 0; i < sizeof(cheap) / sizeof(cheap[0]); i++)
            known = known || str_starts(text, str_from(cheap[i]));
        check->wants_item = check->wants_item || map || (!known && !str_starts(text, STR("$$.Execution.")));
        check->wants_input = check->wants_input || !known;
    }
}

static const struct path *path_of(struct check *check, const struct where *here, struct str text,
                                  enum path_kind kind)
{
    struct path *path;
    struct diag why = { { 0 } };
    switch (path_compile(check->arena, text, kind, &path, &why)) {
    case ERR_OK:
        text_wants(check, text);
        return path;
    case ERR_UNSUPPORTED:
        check_problem(check, here, "%s", why.text);
        return NULL;
    default:
        check_problem(check, here,
                      kind != PATH_ANY ? "Value is not a Reference Path: %s"
                                       : "Value is not a valid JSONPath: %s",
                      why.text);
        return NULL;
    }
}

const struct expression *check_expression(struct check *check, const struct where *at,
                                          const struct json *object, const char *name)
{
    const struct json *value = check_field(check, at, object, name, JSON_STRING);
    struct where here = WHERE(at, str_from(name));
    struct diag why = { { 0 } };
    if (!value)
        return NULL;
    struct expression *expression = ARENA_NEW(check->arena, struct expression);
    switch (expression_compile(check->arena, value->text, expression, &why)) {
    case ERR_OK:
        text_wants(check, value->text);
        return expression;
    case ERR_UNSUPPORTED:
        check_problem(check, &here, "%s", why.text);
        return NULL;
    default:
        check_problem(check, &here,
                      "The value must be a valid JSONPath or a valid intrinsic function call: %s", why.text);
        return NULL;
    }
}

const struct path *check_path(struct check *check, const struct where *at, const struct json *object,
                              const char *name, enum path_kind kind)
{
    const struct json *value = check_field(check, at, object, name, JSON_STRING);
    struct where here = WHERE(at, str_from(name));
    return value ? path_of(check, &here, value->text, kind) : NULL;
}

struct selector check_selector(struct check *check, const struct where *at, const struct json *object,
                               const char *name, enum path_kind kind)
{
    struct selector selector = { SELECT_ALL, NULL };
    const struct json *value = json_get(object, str_from(name));
    if (!value)
        return selector;
    if (value->type == JSON_NULL) {
        selector.kind = SELECT_NOTHING;
        return selector;
    }
    const struct path *path = check_path(check, at, object, name, kind);
    if (path && !str_eq(path_text(path), STR("$"))) {
        selector.kind = SELECT_PATH;
        selector.path = path;
    }
    struct where here = WHERE(at, str_from(name));
    if (path && kind == PATH_REFERENCE && path_of_context(path))
        check_problem(check, &here, "The context object cannot be written to");
    if (path && kind == PATH_REFERENCE && !str_empty(path_variable(path)))
        check_problem(check, &here, "A variable is written by Assign only");
    return selector;
}

static void template_scan(struct check *check, const struct json *value)
{
    for (uint32_t i = 0; i < value->count && value->type == JSON_ARRAY; i++)
        template_scan(check, &value->items[i]);
    for (uint32_t i = 0; i < value->count && value->type == JSON_OBJECT; i++) {
        const struct json_member *member = &value->members[i];
        if (member->value.type == JSON_STRING && str_ends(member->key, STR(".$")))
            text_wants(check, member->value.text);
        template_scan(check, &member->value);
    }
}

const struct template *check_template(struct check *check, const struct where *at, const struct json *object,
                                      const char *name)
{
    const struct json *value = json_get(object, str_from(name));
    if (!value)
        return NULL;
    struct where here = WHERE(at, str_from(name));
    if (value->type != JSON_OBJECT && value->type != JSON_ARRAY) {
        check_problem(check, &here, "Expected value of type Object but found %s", type_name(value->type));
        return NULL;
    }
    struct template *template;
    struct template_error why = { 0 };
    struct json *source = ARENA_NEW(check->arena, struct json);
    *source = *value;
    switch (template_compile(check->arena, source, &template, &why)) {
    case ERR_OK:
        template_scan(check, value);
        return template;
    case ERR_UNSUPPORTED:
        check_problem(check, &here, "%.*s (field '%.*s')", STR_ARG(why.text), STR_ARG(why.member));
        return NULL;
    default:
        check_problem(
            check, &here,
            "The value for the field '%.*s' must be a valid JSONPath or a valid intrinsic function call",
            STR_ARG(why.member));
        return NULL;
    }
}

/* ---- errors and transitions ---- */

struct error_names check_errors(struct check *check, const struct where *at, const struct json *object,
                                bool last)
{
    struct error_names errors = { 0 };
    struct where here = WHERE(at, STR("ErrorEquals"));
    const struct json *value = check_field(check, at, object, "ErrorEquals", JSON_ARRAY);
    if (!value) {
        if (!json_get(object, STR("ErrorEquals")))
            check_problem(check, at, "These fields are required: [ErrorEquals]");
        return errors;
    }
    if (value->count == 0)
        check_problem(check, &here, "Value cannot be empty");
    struct str *names = ARENA_ARRAY(check->arena, struct str, value->count);
    for (uint32_t i = 0; i < value->count; i++) {
        struct where item = WHERE_ITEM(&here, i);
        if (value->items[i].type != JSON_STRING) {
            check_problem(check, &item, "Expected value of type String but found %s",
                          type_name(value->items[i].type));
            continue;
        }
        names[i] = value->items[i].text;
        if (!str_eq(names[i], STR("States.ALL")))
            continue;
        if (value->count > 1)
            check_problem(check, &here, "States.ALL must appear alone");
        else if (!last)
            check_problem(check, &here, "States.ALL must appear in the last element");
    }
    errors.names = names;
    errors.count = value->count;
    return errors;
}

uint32_t check_target(struct check *check, const struct where *at, const struct json *object,
                      const char *name)
{
    const struct json *value = check_field(check, at, object, name, JSON_STRING);
    if (!value)
        return STATE_NONE;
    uint32_t target = names_find(check->names, value->text);
    if (target == STATE_NONE) {
        struct where here = WHERE(at, str_from(name));
        check_coded(check, "MISSING_TRANSITION_TARGET", &here, "Missing 'Next' target: %.*s",
                    STR_ARG(value->text));
        return STATE_NONE;
    }
    struct transition transition = { check->state, target };
    VEC_PUSH(check->arena, &check->transitions, transition);
    return target;
}

/* Marks what can be reached from the scope's start. */
static bool *graph_walk(struct check *check, uint32_t base, uint32_t count)
{
    bool *reached = ARENA_ARRAY(check->arena, bool, count);
    uint32_t *todo = ARENA_ARRAY(check->arena, uint32_t, count);
    size_t waiting = 0;
    /* Transitions by their origin, so that a big machine costs its size and no more. */
    uint32_t *first = ARENA_ARRAY(check->arena, uint32_t, (size_t)count + 2);
    uint32_t *to = ARENA_ARRAY(check->arena, uint32_t, check->transitions.len + 1);
    uint32_t *filled = ARENA_ARRAY(check->arena, uint32_t, (size_t)count + 1);
    for (size_t i = 0; i < check->transitions.len; i++) {
        uint32_t from = check->transitions.at[i].from;
        first[(from == STATE_NONE ? count : from - base) + 1]++;
    }
    for (uint32_t i = 0; i <= count; i++)
        first[i + 1] += first[i];
    for (size_t i = 0; i < check->transitions.len; i++) {
        uint32_t from = check->transitions.at[i].from;
        from = from == STATE_NONE ? count : from - base;
        to[first[from] + filled[from]++] = check->transitions.at[i].to - base;
    }
    for (uint32_t at = count;;) {
        for (uint32_t i = first[at]; i < first[at + 1]; i++) {
            if (reached[to[i]])
                continue;
            reached[to[i]] = true;
            todo[waiting++] = to[i];
        }
        if (waiting == 0)
            return reached;
        at = todo[--waiting];
    }
}

void check_graph(struct check *check, const struct where *at, uint32_t first, uint32_t count)
{
    bool *reached = graph_walk(check, first, count), ends = false;
    for (uint32_t i = 0; i < count; i++)
        ends = ends || definition_state_ends(&check->states[first + i]);
    if (!ends) {
        check_coded(check, "MISSING_END_STATE", at->up ? at : NULL, "Workflow has no terminal state");
        return;
    }
    struct where scope = WHERE(at, STR("States"));
    for (uint32_t i = 0; i < count; i++) {
        if (reached[i])
            continue;
        struct where here = WHERE(&scope, check->states[first + i].name);
        check_coded(check, "MISSING_TRANSITION_TARGET", &here, "State \"%.*s\" is not reachable.",
                    STR_ARG(check->states[first + i].name));
    }
}
