/* Updates: parsing, and applying them to an item.
 *
 *   update  = { SET path = term, ... | REMOVE path, ... | ADD path :value, ... | DELETE path :value, ... }
 *   term    = operand | operand + operand | operand - operand
 *   operand = path | :value | if_not_exists "(" path, operand ")" | list_append "(" operand, operand ")"
 */
#include "tables/expression_parser.h"

#include "base/vec.h"

#include <assert.h>
#include <stdlib.h>

static const char *const section_words[] = {
    [UPDATE_SET] = "SET",
    [UPDATE_REMOVE] = "REMOVE",
    [UPDATE_ADD] = "ADD",
    [UPDATE_DELETE] = "DELETE",
};

/* ---- parsing ---- */

static bool parse_operand(struct parser *parser, const struct update_term **ret);

static void check_literal(struct parser *parser, const char *word, const struct update_term *term,
                          enum value_type type)
{
    if (term->kind == TERM_VALUE && term->value->type != type)
        parser_senseless(
            parser,
            "Incorrect operand type for operator or function; operator or function: %s, operand type: %s",
            word, value_type_name(term->value->type));
    /* What a function always gives is known too. */
    if (type == VALUE_N && term->kind == TERM_LIST_APPEND)
        parser_senseless(
            parser,
            "Incorrect operand type for operator or function; operator or function: %s, operand type: L",
            word);
}

static bool parse_function(struct parser *parser, struct update_term *term)
{
    struct str name = parser->token.text;
    const struct update_term *operands[2] = { 0 };
    bool append = str_eq(name, STR("list_append"));
    if (!append && !str_eq(name, STR("if_not_exists"))) {
        static const char *const others[] = { "attribute_exists", "attribute_not_exists",
                                              "attribute_type",   "begins_with",
                                              "contains",         "size" };
        for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
            if (str_eq(name, str_from(others[i])))
                return parser_refuse(
                    parser, "The function is not allowed in an update expression; function: %s", others[i]);
        }
        return parser_refuse(parser, "Invalid function name; function: %.*s", STR_ARG(name));
    }
    parser_advance(parser);
    parser_advance(parser);
    unsigned count = 0;
    do {
        const struct update_term *operand;
        if (!parse_operand(parser, &operand))
            return false;
        if (count < 2)
            operands[count] = operand;
        count++;
    } while (parser_take_sign(parser, ","));
    if (!parser_need_sign(parser, ")"))
        return false;
    parser_count_operator(parser);
    if (count != 2) {
        parser_senseless(
            parser,
            "Incorrect number of operands for operator or function; operator or function: %s, number of "
            "operands: %u",
            append ? "list_append" : "if_not_exists", count);
        operands[1] = operands[0];
    }
    term->kind = append ? TERM_LIST_APPEND : TERM_IF_NOT_EXISTS;
    if (append) {
        term->left = operands[0];
        term->right = operands[1];
        check_literal(parser, "list_append", operands[0], VALUE_L);
        check_literal(parser, "list_append", operands[1], VALUE_L);
    } else {
        if (operands[0]->kind != TERM_PATH)
            parser_senseless(
                parser, "Operator or function requires a document path; operator or function: if_not_exists");
        term->path = operands[0]->path;
        term->left = operands[1];
    }
    return true;
}

static bool parse_operand(struct parser *parser, const struct update_term **ret)
{
    struct update_term *term = ARENA_NEW(parser->scope->arena, struct update_term);
    bool parsed = false;
    *ret = term;
    if (parser_enter(parser)) {
        if (parser->token.kind == TOKEN_WORD && parser->after.kind == TOKEN_SIGN &&
            str_eq(parser->after.text, STR("("))) {
            parsed = parse_function(parser, term);
        } else if (parser->token.kind == TOKEN_VALUE) {
            term->kind = TERM_VALUE;
            parsed = parse_value(parser, &term->value);
        } else {
            term->kind = TERM_PATH;
            parsed = parse_path(parser, &term->path);
        }
    }
    parser_leave(parser);
    return parsed;
}

static bool parse_term(struct parser *parser, const struct update_term **ret)
{
    const struct update_term *left, *right;
    if (!parse_operand(parser, &left))
        return false;
    *ret = left;
    if (!parser_at_sign(parser, "+") && !parser_at_sign(parser, "-"))
        return true;
    bool plus = parser_at_sign(parser, "+");
    parser_advance(parser);
    parser_count_operator(parser);
    if (!parse_operand(parser, &right))
        return false;
    struct update_term *term = ARENA_NEW(parser->scope->arena, struct update_term);
    *term = (struct update_term){ .kind = plus ? TERM_PLUS : TERM_MINUS, .left = left, .right = right };
    check_literal(parser, plus ? "+" : "-", left, VALUE_N);
    check_literal(parser, plus ? "+" : "-", right, VALUE_N);
    *ret = term;
    return true;
}

static void check_add_or_delete(struct parser *parser, const struct update_action *action)
{
    enum value_type type = action->value->type;
    if (value_is_set(type) || (action->kind == UPDATE_ADD && type == VALUE_N))
        return;
    parser_senseless(
        parser,
        "Incorrect operand type for operator or function; operator: %s, operand type: %s, typeSet: "
        "ALLOWED_FOR_%s_OPERAND",
        section_words[action->kind], value_type_word(type), section_words[action->kind]);
}

static bool parse_action(struct parser *parser, enum update_kind kind, struct update_action *ret)
{
    *ret = (struct update_action){ .kind = kind };
    if (!parse_path(parser, &ret->path))
        return false;
    parser_count_operator(parser);
    switch (kind) {
    case UPDATE_SET:
        return parser_need_sign(parser, "=") && parse_term(parser, &ret->term);
    case UPDATE_REMOVE:
        return true;
    case UPDATE_ADD:
    case UPDATE_DELETE:
        if (!parse_value(parser, &ret->value))
            return false;
        check_add_or_delete(parser, ret);
        return true;
    }
    return false;
}

/* SETs of one list go by rising index, so that what lies past its end is appended in order. */
static int compare_actions(const void *a, const void *b)
{
    const struct update_action *one = a, *two = b;
    const struct path *left = &one->path, *right = &two->path;
    for (uint32_t i = 0; i < left->count && i < right->count; i++) {
        const struct path_step *x = &left->steps[i], *y = &right->steps[i];
        if (x->is_index != y->is_index)
            return x->is_index ? 1 : -1;
        int order =
            x->is_index ? (x->index > y->index) - (x->index < y->index) : str_compare(x->name, y->name);
        if (order)
            return order;
    }
    return left->count < right->count ? -1 : left->count > right->count;
}

bool update_parse(struct scope *scope, struct str text, struct update *ret)
{
    struct parser parser;
    VEC(struct update_action) actions = { 0 };
    bool seen[4] = { 0 };
    if (!parser_init(&parser, scope, "UpdateExpression", text))
        return false;
    while (parser.token.kind != TOKEN_END) {
        enum update_kind kind = UPDATE_SET;
        while (kind <= UPDATE_DELETE && !parser_at_word(&parser, section_words[kind]))
            kind++;
        if (kind > UPDATE_DELETE)
            return parser_syntax_error(&parser);
        parser_advance(&parser);
        if (seen[kind])
            parser_senseless(&parser, "The \"%s\" section can only be used once in an update expression;",
                             section_words[kind]);
        seen[kind] = true;
        do {
            struct update_action action;
            if (!parse_action(&parser, kind, &action))
                return false;
            VEC_PUSH(scope->arena, &actions, action);
        } while (parser_take_sign(&parser, ","));
    }
    if (!parser_finish(&parser))
        return false;
    const struct path **paths = ARENA_ARRAY(scope->arena, const struct path *, actions.len);
    for (size_t i = 0; i < actions.len; i++)
        paths[i] = &actions.at[i].path;
    if (!paths_are_apart(scope, "UpdateExpression", paths, (uint32_t)actions.len))
        return false;
    qsort(actions.at, actions.len, sizeof(*actions.at), compare_actions);
    *ret = (struct update){ .actions = actions.at, .count = (uint32_t)actions.len };
    return true;
}

struct projection update_paths(struct arena *arena, const struct update *update)
{
    struct path *paths = ARENA_ARRAY(arena, struct path, update->count + 1);
    for (uint32_t i = 0; i < update->count; i++)
        paths[i] = update->actions[i].path;
    return (struct projection){ .paths = paths, .count = update->count };
}

/* ---- applying ---- */

struct application {
    struct arena *arena;
    struct fault *fault;
    const struct value *before; /* the item as it was */
};

static bool refuse(struct application *app, struct str text)
{
    return fault_set(app->fault, app->arena, FAULT_VALIDATION, "%.*s", STR_ARG(text));
}

static bool refuse_type(struct application *app)
{
    return refuse(app, STR("An operand in the update expression has an incorrect data type"));
}

static bool refuse_path(struct application *app)
{
    return refuse(app, STR("The document path provided in the update expression is invalid for update"));
}

static bool number_sum(struct application *app, const struct value *a, const struct value *b, bool minus,
                       struct value *ret)
{
    struct decimal left, right, result;
    if (a->type != VALUE_N || b->type != VALUE_N)
        return refuse_type(app);
    bool read = decimal_unpack(a->text, &left) && decimal_unpack(b->text, &right);
    assert(read);
    enum decimal_outcome outcome =
        minus ? decimal_subtract(&left, &right, &result) : decimal_add(&left, &right, &result);
    if (outcome != DECIMAL_OK)
        return refuse(app, value_number_fault(app->arena, outcome, STR_EMPTY));
    *ret = value_of_number(app->arena, &result);
    return true;
}

static bool lists_appended(struct application *app, const struct value *a, const struct value *b,
                           struct value *ret)
{
    if (a->type != VALUE_L || b->type != VALUE_L)
        return refuse_type(app);
    *ret = (struct value){ .type = VALUE_L, .count = a->count + b->count };
    ret->items = ARENA_ARRAY(app->arena, struct value, ret->count ? ret->count : 1);
    if (a->count)
        memcpy(ret->items, a->items, a->count * sizeof(*ret->items));
    if (b->count)
        memcpy(ret->items + a->count, b->items, b->count * sizeof(*ret->items));
    return true;
}

static bool term_value(struct application *app, const struct update_term *term, struct value *ret)
{
    const struct value *found;
    struct value left, right;
    switch (term->kind) {
    case TERM_VALUE:
        *ret = *term->value;
        return true;
    case TERM_PATH:
        found = path_find(&term->path, app->before);
        if (!found)
            return refuse(
                app, STR("The provided expression refers to an attribute that does not exist in the item"));
        *ret = *found;
        return true;
    case TERM_IF_NOT_EXISTS:
        found = path_find(&term->path, app->before);
        if (!found)
            return term_value(app, term->left, ret);
        *ret = *found;
        return true;
    case TERM_LIST_APPEND:
        return term_value(app, term->left, &left) && term_value(app, term->right, &right) &&
               lists_appended(app, &left, &right, ret);
    case TERM_PLUS:
    case TERM_MINUS:
        return term_value(app, term->left, &left) && term_value(app, term->right, &right) &&
               number_sum(app, &left, &right, term->kind == TERM_MINUS, ret);
    }
    return false;
}

/* What the place of an ADD or a DELETE becomes; ABSENT: it goes. */
static bool added(struct application *app, const struct update_action *action, struct value *ret)
{
    const struct value *there = path_find(&action->path, app->before);
    if (action->kind == UPDATE_ADD && !there) {
        *ret = *action->value;
        return true;
    }
    if (!there) {
        *ret = (struct value){ .type = VALUE_ABSENT };
        return true;
    }
    if (there->type != action->value->type)
        return refuse_type(app);
    if (action->value->type == VALUE_N)
        return number_sum(app, there, action->value, false, ret);
    *ret = action->kind == UPDATE_ADD ? value_set_union(app->arena, there, action->value)
                                      : value_set_minus(app->arena, there, action->value);
    if (ret->count == 0)
        ret->type = VALUE_ABSENT;
    return true;
}

/* Sets the place in at; value ABSENT removes: of a list it leaves a hole, closed when all is done. */
static bool place_set(struct application *app, struct value *at, const struct path *path,
                      const struct value *value)
{
    bool remove = value->type == VALUE_ABSENT;
    for (uint32_t i = 0; i < path->count; i++) {
        const struct path_step *step = &path->steps[i];
        bool last = i + 1 == path->count;
        if (at->type != (step->is_index ? VALUE_L : VALUE_M))
            return refuse_path(app);
        if (!last || step->is_index) {
            struct value *there = step->is_index ? value_change_item(app->arena, at, step->index)
                                                 : value_change_member(app->arena, at, step->name);
            if (!last && (!there || there->type == VALUE_ABSENT))
                return refuse_path(app);
            if (!last)
                at = there;
            else if (there)
                *there = *value;
            else if (!remove)
                value_append_item(app->arena, at, value);
        } else if (remove) {
            value_drop_member(app->arena, at, step->name);
        } else {
            value_put_member(app->arena, at, step->name, value);
        }
    }
    return true;
}

/* Only lists with holes are changed, and those are the update's own. */
static void close_holes(struct value *at)
{
    if (at->type == VALUE_M) {
        for (uint32_t i = 0; i < at->count; i++)
            close_holes(&at->members[i].value);
    } else if (at->type == VALUE_L) {
        uint32_t kept = 0, count = at->count;
        for (uint32_t i = 0; i < count; i++) {
            if (at->items[i].type == VALUE_ABSENT)
                continue;
            if (kept != i)
                at->items[kept] = at->items[i];
            close_holes(&at->items[kept++]);
        }
        if (kept != count)
            at->count = kept;
    }
}

static bool action_value(struct application *app, const struct update_action *action, struct value *ret)
{
    *ret = (struct value){ .type = VALUE_ABSENT };
    switch (action->kind) {
    case UPDATE_SET:
        return term_value(app, action->term, ret);
    case UPDATE_REMOVE:
        return true;
    case UPDATE_ADD:
    case UPDATE_DELETE:
        return added(app, action, ret);
    }
    return false;
}

bool update_apply(const struct update *update, struct arena *arena, const struct value *item,
                  struct value *ret, struct fault *fault)
{
    struct application app = { .arena = arena, .fault = fault, .before = item };
    struct value after = *item;
    bool holes = false;
    for (uint32_t i = 0; i < update->count; i++) {
        const struct update_action *action = &update->actions[i];
        struct value value;
        if (!action_value(&app, action, &value))
            return false;
        if (action->kind == UPDATE_DELETE && !path_find(&action->path, item))
            continue;
        if (!place_set(&app, &after, &action->path, &value))
            return false;
        holes = holes || (value.type == VALUE_ABSENT && action->path.steps[action->path.count - 1].is_index);
    }
    if (holes)
        close_holes(&after);
    for (uint32_t i = 0; i < after.count; i++) {
        if (value_depth(&after.members[i].value) > VALUE_DEPTH_MAX)
            return refuse(&app,
                          STR("Nesting Levels have exceeded supported limits: Attributes in the item have "
                              "nested levels beyond supported limit"));
    }
    *ret = after;
    return true;
}
