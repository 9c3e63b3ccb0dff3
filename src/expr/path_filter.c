/* Filters: [?(@.price < 10 && !(@.kind == 'x' || @.tags contains $.tag))].
 *
 * Read by descent into a tree, at most FILTER_DEPTH_MAX deep; && binds tighter than ||. What is compared
 * follows the library that the service's documentation names: a string and a number are compared as the
 * left one's kind, a path that leads nowhere equals nothing and differs from all.
 */
#include "expr/path_parts.h"

#include "base/regex.h"

enum filter_kind { FILTER_AND, FILTER_OR, FILTER_NOT, FILTER_EXISTS, FILTER_COMPARE, FILTER_MATCH };
enum filter_operator {
    OPERATOR_EQUAL,
    OPERATOR_NOT_EQUAL,
    OPERATOR_SAME,
    OPERATOR_NOT_SAME,
    OPERATOR_LESS,
    OPERATOR_LESS_EQUAL,
    OPERATOR_GREATER,
    OPERATOR_GREATER_EQUAL,
    OPERATOR_IN,
    OPERATOR_NOT_IN,
    OPERATOR_SUBSET_OF,
    OPERATOR_ANY_OF,
    OPERATOR_NONE_OF,
    OPERATOR_CONTAINS,
    OPERATOR_SIZE,
    OPERATOR_EMPTY,
    OPERATOR_MATCH,
};

enum { PATTERN_BYTES_MAX = 1000 };

struct operand {
    bool is_path;
    struct path path; /* or */
    struct json literal;
};

struct filter {
    enum filter_kind kind;
    enum filter_operator operator;
    const struct filter *list; /* of AND, OR, NOT (one) */
    size_t count;
    struct operand a, b; /* of EXISTS (a alone), COMPARE, MATCH (a alone) */
    const struct regex *regex;
};

/* Longer before shorter. */
static const struct {
    const char *text;
    enum filter_operator operator;
    bool word;
} operators[] = {
    { "===", OPERATOR_SAME, false },         { "!==", OPERATOR_NOT_SAME, false },
    { "==", OPERATOR_EQUAL, false },         { "!=", OPERATOR_NOT_EQUAL, false },
    { "=~", OPERATOR_MATCH, false },         { "<=", OPERATOR_LESS_EQUAL, false },
    { "<", OPERATOR_LESS, false },           { ">=", OPERATOR_GREATER_EQUAL, false },
    { ">", OPERATOR_GREATER, false },        { "in", OPERATOR_IN, true },
    { "nin", OPERATOR_NOT_IN, true },        { "subsetof", OPERATOR_SUBSET_OF, true },
    { "anyof", OPERATOR_ANY_OF, true },      { "noneof", OPERATOR_NONE_OF, true },
    { "contains", OPERATOR_CONTAINS, true }, { "size", OPERATOR_SIZE, true },
    { "empty", OPERATOR_EMPTY, true },
};

/* ---- compile ---- */

static bool is_letter(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* [..] and {..}: JSON, found by its brackets. */
static enum err read_container(struct compiler *c, struct json *ret)
{
    size_t len = 0;
    unsigned open = 0;
    bool quoted = false;
    for (int letter = compiler_peek(c, 0); letter >= 0; letter = compiler_peek(c, ++len)) {
        if (letter == '\\' && quoted) {
            len++;
            continue;
        }
        if (letter == '"' || letter == '\'')
            quoted = !quoted;
        if (!quoted && (letter == '[' || letter == '{'))
            open++;
        if (!quoted && (letter == ']' || letter == '}') && --open == 0)
            break;
    }
    struct str text = str_slice(c->text, c->at, len + 1);
    char *bytes = arena_bytes(c->arena, text.len);
    for (size_t i = 0; i < text.len; i++) /* in apostrophes as good as in quotes */
        bytes[i] = text.ptr[i] == '\'' ? '"' : text.ptr[i];
    if (json_read(c->arena, str_of(bytes, text.len), FILTER_DEPTH_MAX, ret, NULL) != ERR_OK)
        return compiler_fail(c, "expected a JSON array or object");
    c->at += text.len;
    return ERR_OK;
}

/* A number, true, false, null; any other word is taken as a string. */
static enum err read_word(struct compiler *c, struct json *ret)
{
    size_t len = 0;
    for (int letter = compiler_peek(c, 0); letter > ' ' && !strchr(")]&|=!<>~,", letter);
         letter = compiler_peek(c, ++len)) {
    }
    struct str word = str_slice(c->text, c->at, len);
    if (len == 0)
        return compiler_fail(c, "expected a path, a string, a number, true, false or null");
    if (json_read(c->arena, arena_copy(c->arena, word), 1, ret, NULL) != ERR_OK)
        *ret = json_of_str(arena_copy(c->arena, word));
    c->at += len;
    return ERR_OK;
}

static enum err read_operand(struct compiler *c, struct operand *ret)
{
    int letter = compiler_peek(c, 0);
    if (letter == '@' || letter == '$') {
        if (letter == '$' && c->kind == PATH_REFERENCE_READ)
            return compiler_fail(c, "a filter of a reference path compares with literals");
        c->at++;
        ret->is_path = true;
        return compiler_path(c, letter == '@' ? BASE_TESTED : BASE_ROOT, &ret->path);
    }
    if (letter == '\'' || letter == '"') {
        struct str text = STR_EMPTY;
        enum err err = compiler_quoted(c, &text);
        ret->literal = json_of_str(text);
        return err;
    }
    if (letter == '[' || letter == '{')
        return read_container(c, &ret->literal);
    return read_word(c, &ret->literal);
}

/* False: none stands here. */
static bool read_operator(struct compiler *c, enum filter_operator *ret, enum err *reterr)
{
    struct str rest = str_from_offset(c->text, c->at);
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        struct str text = str_from(operators[i].text);
        if (!str_starts(rest, text) || (operators[i].word && is_letter(compiler_peek(c, text.len))))
            continue;
        if (operators[i].word && c->kind == PATH_REFERENCE_READ)
            *reterr = compiler_fail(c, "a filter of a reference path has no operators that are words");
        else if (operators[i].operator== OPERATOR_MATCH && c->kind == PATH_REFERENCE_READ)
            *reterr = compiler_fail(c, "a filter of a reference path has no regular expressions");
        c->at += text.len;
        *ret = operators[i].operator;
        return true;
    }
    return false;
}

/* From the slash on: /pattern/flags. A slash in the pattern has a backslash before it. */
static enum err read_pattern(struct compiler *c, const struct regex **ret)
{
    unsigned flags = REGEX_STEPWISE;
    size_t len = 1;
    struct regex *regex;
    struct diag why = { .text = "" };
    if (compiler_peek(c, 0) != '/')
        return compiler_fail(c, "=~ has a pattern on its right: /.../");
    for (int letter = compiler_peek(c, len); letter != '/'; letter = compiler_peek(c, ++len)) {
        if (letter == '\\')
            len++;
        if (letter < 0)
            return compiler_fail(c, "the slash that ends the pattern is missing");
    }
    struct str pattern = str_slice(c->text, c->at + 1, len - 1);
    if (pattern.len > PATTERN_BYTES_MAX)
        return compiler_unsupported(c, "a pattern of more than 1000 bytes", STR_EMPTY);
    for (len++; is_letter(compiler_peek(c, len)); len++) {
        int letter = compiler_peek(c, len);
        if (!strchr("dimsux", letter))
            return compiler_fail(c, "the flags of a pattern are i, s, d, m, u and x");
        if (letter != 'i' && letter != 's')
            return compiler_unsupported(c, "the flag of a pattern ", str_slice(c->text, c->at + len, 1));
        flags |= letter == 'i' ? REGEX_ANY_CASE : REGEX_DOT_ALL;
    }
    enum err err = regex_compile(c->arena, pattern, flags, &regex, &why);
    if (err == ERR_INVALID)
        return compiler_fail(c, arena_cstr(c->arena, arena_printf(c->arena, "the pattern has %s", why.text)));
    if (err)
        return compiler_unsupported(c, "a pattern with ", str_from(why.text));
    *ret = regex;
    c->at += len;
    return ERR_OK;
}

static enum err read_or(struct compiler *c, struct filter *ret);

static enum err read_comparison(struct compiler *c, struct filter *ret)
{
    enum err err = read_operand(c, &ret->a);
    if (err)
        return err;
    compiler_skip_space(c);
    if (!read_operator(c, &ret->operator, & err)) {
        ret->kind = FILTER_EXISTS;
        return ret->a.is_path ? ERR_OK : compiler_fail(c, "expected an operator");
    }
    ret->kind = FILTER_COMPARE;
    if (err)
        return err;
    compiler_skip_space(c);
    if (ret->operator== OPERATOR_MATCH) {
        ret->kind = FILTER_MATCH;
        return read_pattern(c, &ret->regex);
    }
    return read_operand(c, &ret->b);
}

static enum err read_unary(struct compiler *c, struct filter *ret)
{
    enum err err;
    compiler_skip_space(c);
    if (c->filter_depth >= FILTER_DEPTH_MAX)
        return compiler_fail(c, "the filter is nested too deep");
    c->filter_depth++;
    if (compiler_peek(c, 0) == '!') {
        struct filter *inner = ARENA_NEW(c->arena, struct filter);
        c->at++;
        *ret = (struct filter){ .kind = FILTER_NOT, .list = inner, .count = 1 };
        err = read_unary(c, inner);
    } else if (compiler_peek(c, 0) == '(') {
        c->at++;
        err = read_or(c, ret);
        if (!err && compiler_peek(c, 0) != ')')
            err = compiler_fail(c, "the closing parenthesis is missing");
        c->at++;
    } else {
        err = read_comparison(c, ret);
    }
    c->filter_depth--;
    if (!err)
        compiler_skip_space(c);
    return err;
}

/* What stands on both sides of "&&" or "||", as often as it does. */
static enum err read_chain(struct compiler *c, char sign, enum filter_kind kind,
                           enum err (*read)(struct compiler *, struct filter *), struct filter *ret)
{
    VEC(struct filter) list = { 0 };
    enum err err = read(c, ret);
    while (!err && compiler_peek(c, 0) == sign && compiler_peek(c, 1) == sign) {
        struct filter next = { 0 };
        if (list.len == 0)
            VEC_PUSH(c->arena, &list, *ret);
        c->at += 2;
        err = read(c, &next);
        VEC_PUSH(c->arena, &list, next);
    }
    if (list.len > 0)
        *ret = (struct filter){ .kind = kind, .list = list.at, .count = list.len };
    return err;
}

static enum err read_and(struct compiler *c, struct filter *ret)
{
    return read_chain(c, '&', FILTER_AND, read_unary, ret);
}

static enum err read_or(struct compiler *c, struct filter *ret)
{
    return read_chain(c, '|', FILTER_OR, read_and, ret);
}

enum err filter_compile(struct compiler *c, struct path_part *ret)
{
    struct filter *filter = ARENA_NEW(c->arena, struct filter);
    size_t start = c->at;
    c->at++;
    compiler_skip_space(c);
    if (compiler_peek(c, 0) != '(')
        return compiler_fail(c, "a filter is written [?(...)]");
    enum err err = read_unary(c, filter);
    if (!err && compiler_peek(c, 0) != ']')
        err = compiler_fail(c, "expected an operator, && or ||");
    ret->filter = filter;
    ret->filter_text = arena_copy(c->arena, str_slice(c->text, start, c->at - start));
    return err;
}

/* ---- evaluate ---- */

/* False: the path leads nowhere. */
static bool operand_value(const struct operand *operand, struct picking *picking, const struct json *tested,
                          struct json *ret)
{
    if (!operand->is_path) {
        *ret = operand->literal;
        return true;
    }
    return path_pick(&operand->path, picking, operand->path.base == BASE_TESTED ? tested : picking->base,
                     ret) == ERR_OK;
}

static bool same(struct picking *picking, const struct json *a, const struct json *b)
{
    struct json number;
    picking->work++;
    if (a->type == JSON_STRING && b->type == JSON_NUMBER)
        return str_eq(a->text, b->text);
    if (a->type == JSON_NUMBER && b->type == JSON_STRING)
        return json_read(picking->arena, b->text, 1, &number, NULL) == ERR_OK && number.type == JSON_NUMBER &&
               json_number_compare(a->text, number.text) == 0;
    if (a->type == JSON_ARRAY || a->type == JSON_OBJECT)
        picking->work += a->count;
    return json_equal(a, b);
}

/* False: they have no order. */
static bool order_of(const struct json *a, const struct json *b, int *ret)
{
    if (a->type != b->type || (a->type != JSON_NUMBER && a->type != JSON_STRING))
        return false;
    *ret = a->type == JSON_NUMBER ? json_number_compare(a->text, b->text) : str_compare(a->text, b->text);
    return true;
}

static bool array_has(struct picking *picking, const struct json *array, const struct json *value)
{
    for (uint32_t i = 0; i < array->count && picking->work <= PATH_WORK_MAX; i++) {
        if (same(picking, value, &array->items[i]))
            return true;
    }
    return false;
}

/* How many items of a are in b, as far as it matters. */
static uint32_t shared(struct picking *picking, const struct json *a, const struct json *b)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < a->count && picking->work <= PATH_WORK_MAX; i++)
        count += array_has(picking, b, &a->items[i]);
    return count;
}

static bool lists_hold(enum filter_operator operator, struct picking * picking, const struct json *a,
                       const struct json *b)
{
    int64_t size;
    bool sized = a->type == JSON_ARRAY || a->type == JSON_STRING;
    size_t len = a->type == JSON_ARRAY ? a->count : a->text.len;
    switch (operator) {
    case OPERATOR_IN:
        return b->type == JSON_ARRAY && array_has(picking, b, a);
    case OPERATOR_NOT_IN:
        return b->type == JSON_ARRAY && !array_has(picking, b, a);
    case OPERATOR_CONTAINS:
        if (a->type == JSON_STRING && b->type == JSON_STRING) {
            picking->work += a->text.len / 64 * (b->text.len / 64); /* what the worst of texts costs */
            return picking->work <= PATH_WORK_MAX && str_find(a->text, b->text) != STR_NOT_FOUND;
        }
        return a->type == JSON_ARRAY && array_has(picking, a, b);
    case OPERATOR_SIZE:
        return sized && b->type == JSON_NUMBER && json_number_i64(b->text, &size) && size == (int64_t)len;
    case OPERATOR_EMPTY:
        return sized && (len == 0 ? b->type == JSON_TRUE : b->type == JSON_FALSE);
    default:
        break;
    }
    if (a->type != JSON_ARRAY || b->type != JSON_ARRAY)
        return false;
    uint32_t count = shared(picking, a, b);
    return operator== OPERATOR_SUBSET_OF ? count == a->count :
           operator== OPERATOR_ANY_OF    ? count > 0
                                         : count == 0;
}

static bool comparison_holds(const struct filter *filter, struct picking *picking, const struct json *tested)
{
    struct json a, b;
    int order;
    bool has_a = operand_value(&filter->a, picking, tested, &a);
    bool has_b = operand_value(&filter->b, picking, tested, &b);
    bool both = has_a && has_b;
    switch (filter->operator) {
    case OPERATOR_EQUAL:
        return both && same(picking, &a, &b);
    case OPERATOR_NOT_EQUAL:
        return !both || !same(picking, &a, &b);
    case OPERATOR_SAME:
        return both && a.type == b.type && same(picking, &a, &b);
    case OPERATOR_NOT_SAME:
        return !both || a.type != b.type || !same(picking, &a, &b);
    case OPERATOR_LESS:
        return both && order_of(&a, &b, &order) && order < 0;
    case OPERATOR_LESS_EQUAL:
        return both && order_of(&a, &b, &order) && order <= 0;
    case OPERATOR_GREATER:
        return both && order_of(&a, &b, &order) && order > 0;
    case OPERATOR_GREATER_EQUAL:
        return both && order_of(&a, &b, &order) && order >= 0;
    default:
        return both && lists_hold(filter->operator, picking, &a, &b);
    }
}

/* A text, a number or a truth value, as it is written, matches as a whole. */
static bool match_holds(const struct filter *filter, struct picking *picking, const struct json *tested)
{
    struct json value;
    if (!operand_value(&filter->a, picking, tested, &value) || value.type == JSON_NULL ||
        value.type == JSON_ARRAY || value.type == JSON_OBJECT)
        return false;
    struct str text = value.type == JSON_STRING || value.type == JSON_NUMBER ? value.text
                      : value.type == JSON_TRUE                              ? STR("true")
                                                                             : STR("false");
    picking->work += text.len * regex_places(filter->regex) / 64;
    return picking->work <= PATH_WORK_MAX && regex_match(filter->regex, text);
}

/* Recursion is as deep as the tree: FILTER_DEPTH_MAX. */
bool filter_holds(const struct filter *filter, struct picking *picking, const struct json *tested)
{
    struct json value;
    bool stop = filter->kind == FILTER_OR;
    if (++picking->work > PATH_WORK_MAX)
        return false;
    switch (filter->kind) {
    case FILTER_AND:
    case FILTER_OR:
        for (size_t i = 0; i < filter->count; i++) {
            if (filter_holds(&filter->list[i], picking, tested) == stop)
                return stop;
        }
        return !stop;
    case FILTER_NOT:
        return !filter_holds(filter->list, picking, tested);
    case FILTER_EXISTS:
        return operand_value(&filter->a, picking, tested, &value) &&
               (filter->a.path.definite || value.count > 0);
    case FILTER_COMPARE:
        return comparison_holds(filter, picking, tested);
    case FILTER_MATCH:
        return match_holds(filter, picking, tested);
    }
    return false;
}
