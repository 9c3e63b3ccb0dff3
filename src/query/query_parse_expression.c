/* query_parse_expression.c - expressions, from the operator that binds least to what binds most:
 *
 *     or   and   not   = != < <= > >= in like =~   + -   * / %   unary -   ^   names, literals, calls
 */
#include "query/query_function.h"
#include "query/query_parser.h"

static const struct query_node *read_or(struct query_parser *parser);
static const struct query_node *read_sum(struct query_parser *parser);

static struct query_node *new_node(struct query_parser *parser, enum query_op op, size_t count)
{
    struct query_node *node = ARENA_NEW(parser->arena, struct query_node);
    node->op = op;
    node->args = ARENA_ARRAY(parser->arena, const struct query_node *, count);
    node->count = (uint16_t)count;
    return node;
}

static const struct query_node *new_two(struct query_parser *parser, enum query_op op,
                                        const struct query_node *a, const struct query_node *b)
{
    struct query_node *node = new_node(parser, op, 2);
    node->args[0] = a;
    node->args[1] = b;
    return node;
}

static const struct query_node *new_one(struct query_parser *parser, enum query_op op,
                                        const struct query_node *a)
{
    struct query_node *node = new_node(parser, op, 1);
    node->args[0] = a;
    return node;
}

const struct query_node *query_parser_slot_node(struct query_parser *parser, uint16_t slot)
{
    struct query_node *node = new_node(parser, QUERY_SLOT, 0);
    node->slot = slot;
    return node;
}

static const struct query_node *new_literal(struct query_parser *parser, struct query_value value)
{
    struct query_node *node = new_node(parser, QUERY_LITERAL, 0);
    node->literal = value;
    return node;
}

/* ---- periods: 5m, 1 hour ---- */

static bool period_unit(struct str word, enum query_unit *ret)
{
    static const struct {
        const char *names[4];
        enum query_unit unit;
    } units[] = {
        { { "millisecond", "ms", "msec" }, QUERY_MILLISECOND },
        { { "second", "s", "sec" }, QUERY_SECOND },
        { { "minute", "m", "min" }, QUERY_MINUTE },
        { { "hour", "h", "hr" }, QUERY_HOUR },
        { { "day", "d" }, QUERY_DAY },
        { { "week", "w" }, QUERY_WEEK },
        { { "month", "mo", "mon" }, QUERY_MONTH },
        { { "quarter", "q", "qtr" }, QUERY_QUARTER },
        { { "year", "y", "yr" }, QUERY_YEAR },
    };
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        for (size_t j = 0; units[i].names[j]; j++) {
            struct str name = str_from(units[i].names[j]), rest = str_from_offset(word, name.len);
            if (str_starts(word, name) && (str_empty(rest) || (name.len > 1 && str_eq(rest, STR("s"))))) {
                *ret = units[i].unit;
                return true;
            }
        }
    return false;
}

/* The service takes no more than these of a unit: what is more counts as that. */
static int64_t period_count_max(enum query_unit unit)
{
    switch (unit) {
    case QUERY_MILLISECOND:
        return 1000;
    case QUERY_SECOND:
    case QUERY_MINUTE:
        return 60;
    case QUERY_HOUR:
        return 24;
    default:
        return 10000;
    }
}

static bool read_period(struct query_parser *parser, struct query_period *ret)
{
    struct query_token token = parser->token;
    if (token.kind != QUERY_DIGITS)
        return query_parser_unexpected(parser, "a period, as 5m or 1h");
    size_t digits = 0;
    while (digits < token.text.len && token.text.ptr[digits] >= '0' && token.text.ptr[digits] <= '9')
        digits++;
    struct str unit = str_from_offset(token.text, digits);
    query_parser_next(parser);
    if (str_empty(unit) && parser->token.kind == QUERY_WORD) {
        unit = parser->token.text;
        token.end = parser->token.end;
        query_parser_next(parser);
    }
    if (!str_to_i64(str_slice(token.text, 0, digits), &ret->count) || ret->count < 1 ||
        !period_unit(unit, &ret->unit))
        return query_parser_fail(parser, token.first, token.end,
                                 "a period is a number above 0 and ms, s, m, h, d, w, mo, q or y, as 5m");
    if (ret->count > period_count_max(ret->unit))
        ret->count = period_count_max(ret->unit);
    return true;
}

/* ---- calls ---- */

static bool read_args(struct query_parser *parser, const struct query_node **args, size_t *count,
                      struct query_node *call)
{
    const struct query_function *function = call->function;
    while (!query_parser_is_mark(parser, ")")) {
        if (*count && !query_parser_take_mark(parser, ","))
            return query_parser_unexpected(parser, ", or )");
        if (function->has_period && *count == function->args_max) {
            if (!read_period(parser, &call->period))
                return false;
            break;
        }
        if (*count == function->args_max)
            return query_parser_fail(parser, parser->token.first, parser->token.end,
                                     "%s takes no more than %u argument%s", function->name,
                                     function->args_max, function->args_max == 1 ? "" : "s");
        if (!(args[(*count)++] = query_parser_expression(parser)))
            return false;
    }
    return query_parser_take_mark(parser, ")") || query_parser_unexpected(parser, ")");
}

static const struct query_node *read_bin(struct query_parser *parser, struct query_node *call, size_t first)
{
    if (parser->behind_stats) {
        query_parser_fail(parser, first, parser->token.end,
                          "bin needs @timestamp, which is not there behind stats; name it there with as");
        return NULL;
    }
    call->args = ARENA_ARRAY(parser->arena, const struct query_node *, 1);
    call->args[0] = query_parser_slot_node(parser, query_parser_system(parser, STR("@timestamp")));
    call->count = 1;
    if (!read_period(parser, &call->period))
        return NULL;
    return query_parser_take_mark(parser, ")") || query_parser_unexpected(parser, ")") ? call : NULL;
}

/* Behind the opening bracket. */
static const struct query_node *read_call(struct query_parser *parser, struct str name, size_t first)
{
    const struct query_function *function = query_function_named(name);
    if (!function) {
        query_parser_fail(parser, first, first + name.len,
                          "there is no function %.*s, or Crema does not support it", STR_ARG(name));
        return NULL;
    }
    struct query_node *call = new_node(parser, QUERY_CALL, 0);
    call->function = function;
    if (strcmp(function->name, "bin") == 0)
        return read_bin(parser, call, first);
    const struct query_node *args[QUERY_ARGS_MAX];
    size_t count = 0;
    if (!read_args(parser, args, &count, call))
        return NULL;
    if (count < function->args_min || (function->has_period && call->period.count == 0)) {
        query_parser_fail(parser, first, parser->previous_end, "%s wants %s%u argument%s%s", function->name,
                          function->args_min < function->args_max ? "at least " : "", function->args_min,
                          function->args_min == 1 ? "" : "s",
                          function->has_period ? " and a period, as 5m" : "");
        return NULL;
    }
    call->args = ARENA_ARRAY(parser->arena, const struct query_node *, count);
    for (size_t i = 0; i < count; i++)
        call->args[i] = args[i];
    call->count = (uint16_t)count;
    return call;
}

/* ---- what binds most ---- */

static const struct query_node *read_name(struct query_parser *parser)
{
    struct query_token token = parser->token;
    query_parser_next(parser);
    if (token.kind == QUERY_WORD && query_parser_is_mark(parser, "(")) {
        if (query_parser_is_aggregate(token.text))
            return query_parser_aggregate(parser, token.text, token.first);
        query_parser_next(parser);
        return read_call(parser, token.text, token.first);
    }
    if (token.kind == QUERY_WORD &&
        (str_eq_ignore_case(token.text, STR("true")) || str_eq_ignore_case(token.text, STR("false"))))
        return new_literal(parser, query_of_bool(token.text.len == 4));
    return query_parser_resolve(parser, token.text, token.first, token.end);
}

static const struct query_node *read_primary(struct query_parser *parser)
{
    struct query_token token = parser->token;
    double number;
    const struct query_node *column = query_parser_column_here(parser);
    if (column)
        return column;
    switch (token.kind) {
    case QUERY_WORD:
    case QUERY_NAME:
        return read_name(parser);
    case QUERY_STRING:
        query_parser_next(parser);
        return new_literal(parser, query_of_text(token.text));
    case QUERY_DIGITS:
        if (!query_text_number(token.text, &number)) {
            query_parser_fail(parser, token.first, token.end,
                              "%.*s is not a number; the name of a field that begins with a digit stands "
                              "in ` `",
                              STR_ARG(token.text));
            return NULL;
        }
        query_parser_next(parser);
        return new_literal(parser, query_of_text(token.text));
    default:
        break;
    }
    if (!query_parser_take_mark(parser, "(")) {
        query_parser_unexpected(parser, "a field, a value or a function");
        return NULL;
    }
    const struct query_node *inside = query_parser_expression(parser);
    if (inside && !query_parser_take_mark(parser, ")")) {
        query_parser_unexpected(parser, ")");
        return NULL;
    }
    return inside;
}

static const struct query_node *read_unary(struct query_parser *parser);

static const struct query_node *read_power(struct query_parser *parser)
{
    const struct query_node *base = read_primary(parser);
    if (!base || !query_parser_take_mark(parser, "^"))
        return base;
    const struct query_node *exponent = read_unary(parser);
    return exponent ? new_two(parser, QUERY_POWER, base, exponent) : NULL;
}

static const struct query_node *read_unary(struct query_parser *parser)
{
    if (++parser->nesting > QUERY_NESTING_MAX) {
        query_parser_fail(parser, parser->token.first, parser->token.end,
                          "the expression is nested more than %d deep", QUERY_NESTING_MAX);
        return NULL;
    }
    const struct query_node *node;
    if (query_parser_take_mark(parser, "-")) {
        node = read_unary(parser);
        if (node)
            node = new_one(parser, QUERY_NEGATE, node);
    } else {
        node = query_parser_take_mark(parser, "+") ? read_unary(parser) : read_power(parser);
    }
    parser->nesting--;
    return node;
}

static const struct query_node *read_product(struct query_parser *parser)
{
    const struct query_node *node = read_unary(parser);
    while (node) {
        enum query_op op;
        if (query_parser_take_mark(parser, "*"))
            op = QUERY_MULTIPLY;
        else if (query_parser_take_mark(parser, "/"))
            op = QUERY_DIVIDE;
        else if (query_parser_take_mark(parser, "%"))
            op = QUERY_REMAINDER;
        else
            break;
        const struct query_node *right = read_unary(parser);
        node = right ? new_two(parser, op, node, right) : NULL;
    }
    return node;
}

static const struct query_node *read_sum(struct query_parser *parser)
{
    const struct query_node *node = read_product(parser);
    while (node) {
        enum query_op op;
        if (query_parser_take_mark(parser, "+"))
            op = QUERY_ADD;
        else if (query_parser_take_mark(parser, "-"))
            op = QUERY_SUBTRACT;
        else
            break;
        const struct query_node *right = read_product(parser);
        node = right ? new_two(parser, op, node, right) : NULL;
    }
    return node;
}

/* ---- comparisons ---- */

/* The list behind in: [a, b] or (a, b) */
static const struct query_node *read_in(struct query_parser *parser, const struct query_node *left,
                                        bool negated)
{
    VEC(const struct query_node *) args = { 0 };
    VEC_PUSH(parser->arena, &args, left);
    bool square = query_parser_take_mark(parser, "[");
    const char *end = square ? "]" : ")";
    if (!square && !query_parser_take_mark(parser, "(")) {
        query_parser_unexpected(parser, "a list in [ ]");
        return NULL;
    }
    do {
        const struct query_node *item = query_parser_expression(parser);
        if (!item)
            return NULL;
        VEC_PUSH(parser->arena, &args, item);
    } while (query_parser_take_mark(parser, ","));
    if (!query_parser_take_mark(parser, end)) {
        query_parser_unexpected(parser, square ? ", or ]" : ", or )");
        return NULL;
    }
    struct query_node *node = new_node(parser, QUERY_IN, 0);
    node->args = args.at;
    node->count = (uint16_t)args.len;
    node->negated = negated;
    return node;
}

/* Behind like or =~: a text or a regular expression; the token that stands is the word itself. */
static const struct query_node *read_like(struct query_parser *parser, const struct query_node *left,
                                          bool negated)
{
    struct query_node *node = new_node(parser, QUERY_CONTAINS, 1);
    node->args[0] = left;
    node->negated = negated;
    size_t at = parser->at;
    struct query_token regex = query_lex_regex(parser->text, &at);
    if (regex.kind == QUERY_STRING || regex.end > regex.first) {
        node->op = QUERY_MATCHES;
        return query_parser_regex(parser, &node->regex) ? node : NULL;
    }
    query_parser_next(parser);
    if (parser->token.kind != QUERY_STRING) {
        query_parser_unexpected(parser, "a text in quotes, or /a regular expression/");
        return NULL;
    }
    node->literal = query_of_text(parser->token.text);
    query_parser_next(parser);
    return node;
}

static const struct query_node *read_compared(struct query_parser *parser)
{
    static const struct {
        const char *mark;
        enum query_op op;
    } marks[] = { { "=", QUERY_EQUAL },    { "!=", QUERY_UNEQUAL }, { "<", QUERY_BELOW },
                  { "<=", QUERY_AT_MOST }, { ">", QUERY_ABOVE },    { ">=", QUERY_AT_LEAST } };
    const struct query_node *left = read_sum(parser);
    if (!left)
        return NULL;
    if (query_parser_is_mark(parser, "=~") || query_parser_is_word(parser, "like"))
        return read_like(parser, left, false);
    if (query_parser_take_word(parser, "in"))
        return read_in(parser, left, false);
    if (query_parser_take_word(parser, "not")) {
        if (query_parser_is_word(parser, "like"))
            return read_like(parser, left, true);
        if (query_parser_take_word(parser, "in"))
            return read_in(parser, left, true);
        query_parser_unexpected(parser, "in or like behind not");
        return NULL;
    }
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        if (query_parser_take_mark(parser, marks[i].mark)) {
            const struct query_node *right = read_sum(parser);
            return right ? new_two(parser, marks[i].op, left, right) : NULL;
        }
    return left;
}

static const struct query_node *read_not(struct query_parser *parser)
{
    bool negated = false;
    while (query_parser_take_word(parser, "not"))
        negated = !negated;
    const struct query_node *node = read_compared(parser);
    return node && negated ? new_one(parser, QUERY_NOT, node) : node;
}

static const struct query_node *read_and(struct query_parser *parser)
{
    const struct query_node *node = read_not(parser);
    while (node && query_parser_take_word(parser, "and")) {
        const struct query_node *right = read_not(parser);
        node = right ? new_two(parser, QUERY_AND, node, right) : NULL;
    }
    return node;
}

static const struct query_node *read_or(struct query_parser *parser)
{
    const struct query_node *node = read_and(parser);
    while (node && query_parser_take_word(parser, "or")) {
        const struct query_node *right = read_and(parser);
        node = right ? new_two(parser, QUERY_OR, node, right) : NULL;
    }
    return node;
}

const struct query_node *query_parser_expression(struct query_parser *parser)
{
    if (++parser->nesting > QUERY_NESTING_MAX) {
        query_parser_fail(parser, parser->token.first, parser->token.end,
                          "the expression is nested more than %d deep", QUERY_NESTING_MAX);
        return NULL;
    }
    const struct query_node *node = read_or(parser);
    parser->nesting--;
    return node;
}
