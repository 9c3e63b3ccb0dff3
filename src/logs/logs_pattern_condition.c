/* logs_pattern_condition.c - conditions of JSON and of space-delimited patterns, and what joins them:
 *
 *     expression  and ( "||" and )*
 *     and         unit ( "&&" unit )*
 *     unit        "(" expression ")" | side operator operand | side IS NULL|TRUE|FALSE | side NOT EXISTS
 *     operand     number | text | "text" | %regex%
 *
 * A number is compared with what reads as a number; what does not is never equal to one, nor more or less. A text may
 * begin and end with *; a * inside stands for itself.
 */
#include "logs/logs_pattern_impl.h"

#include "json/json.h"

enum { NESTING_MAX = 100 };

/* ---- numbers ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digits(struct str text, size_t at)
{
    while (at < text.len && is_digit(text.ptr[at]))
        at++;
    return at;
}

bool logs_number_read(struct str text, bool exponent, struct logs_number *ret)
{
    size_t at = 0, end;
    ret->negative = text.len && text.ptr[0] == '-';
    if (text.len && (text.ptr[0] == '-' || text.ptr[0] == '+'))
        at = 1;
    end = digits(text, at);
    if (end == at)
        return false;
    while (at + 1 < end && text.ptr[at] == '0')
        at++;
    size_t start = at;
    if (end < text.len && text.ptr[end] == '.') {
        at = end + 1;
        end = digits(text, at);
        if (end == at)
            return false;
    }
    if (exponent && end < text.len && (text.ptr[end] == 'e' || text.ptr[end] == 'E')) {
        at = end + 1;
        if (at < text.len && (text.ptr[at] == '-' || text.ptr[at] == '+'))
            at++;
        end = digits(text, at);
        if (end == at)
            return false;
    }
    ret->digits = str_from_offset(text, start);
    return end == text.len;
}

static bool number_is_zero(const struct logs_number *number)
{
    return json_number_compare(number->digits, STR("0")) == 0;
}

static int number_compare(const struct logs_number *a, const struct logs_number *b)
{
    if (a->negative != b->negative) {
        if (number_is_zero(a) && number_is_zero(b))
            return 0;
        return a->negative ? -1 : 1;
    }
    int order = json_number_compare(a->digits, b->digits);
    return a->negative ? -order : order;
}

/* ---- holding ---- */

static bool text_matches(const struct logs_condition *condition, struct str text)
{
    if (condition->operand == LOGS_OPERAND_REGEX)
        return regex_match(condition->regex, text);
    if (condition->any_before && condition->any_after)
        return str_find(text, condition->text) != STR_NOT_FOUND;
    if (condition->any_before)
        return str_ends(text, condition->text);
    if (condition->any_after)
        return str_starts(text, condition->text);
    return str_eq(text, condition->text);
}

bool logs_condition_holds(const struct logs_condition *condition, struct str text, bool exponent)
{
    if (condition->operand != LOGS_OPERAND_NUMBER)
        return text_matches(condition, text) == (condition->relation == LOGS_EQUAL);
    struct logs_number number;
    if (!logs_number_read(text, exponent, &number))
        return condition->relation == LOGS_NOT_EQUAL;
    int order = number_compare(&number, &condition->number);
    switch (condition->relation) {
    case LOGS_EQUAL:
        return order == 0;
    case LOGS_NOT_EQUAL:
        return order != 0;
    case LOGS_LESS:
        return order < 0;
    case LOGS_LESS_OR_EQUAL:
        return order <= 0;
    case LOGS_MORE:
        return order > 0;
    default:
        return order >= 0;
    }
}

/* ---- operands ---- */

/* The ends of the text are wildcards. */
static void set_text(struct logs_condition *condition, struct str text)
{
    condition->operand = LOGS_OPERAND_TEXT;
    while (text.len && text.ptr[0] == '*') {
        condition->any_before = true;
        text = str_from_offset(text, 1);
    }
    while (text.len && text.ptr[text.len - 1] == '*') {
        condition->any_after = true;
        text.len--;
    }
    if (text.len == 0 && condition->any_before)
        condition->any_after = true;
    condition->text = text;
}

static bool is_bare(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || (c && strchr("_.*+-/:#", c));
}

static bool parse_bare(struct logs_pattern_parser *p, struct logs_condition *condition)
{
    size_t start = p->at;
    while (p->at < p->text.len && is_bare(p->text.ptr[p->at]))
        p->at++;
    struct str text = str_slice(p->text, start, p->at - start);
    if (p->at < p->text.len && !strchr(" \t\r\n)}],&|", p->text.ptr[p->at]))
        return logs_parse_refuse(p, "a text with other characters than letters and digits stands in double "
                                    "quotation marks; this one does not,");
    if (text.len == 0)
        return logs_parse_refuse(p, "a value is missing");
    if (logs_number_read(text, true, &condition->number)) {
        condition->operand = LOGS_OPERAND_NUMBER;
        condition->text = text;
    } else {
        set_text(condition, text);
    }
    return true;
}

static bool parse_operand(struct logs_pattern_parser *p, struct logs_condition *condition)
{
    struct str text;
    size_t start = p->at;
    if (logs_parse_peek(p, "\"")) {
        if (!logs_parse_quoted(p, '"', &text))
            return false;
        set_text(condition, text);
    } else if (logs_parse_peek(p, "%")) {
        condition->operand = LOGS_OPERAND_REGEX;
        if (!logs_parse_regex(p, &condition->regex, &text))
            return false;
    } else if (!parse_bare(p, condition)) {
        return false;
    }
    if (condition->operand == LOGS_OPERAND_NUMBER || condition->relation == LOGS_EQUAL ||
        condition->relation == LOGS_NOT_EQUAL)
        return true;
    p->at = start;
    return logs_parse_refuse(p, "<, <=, > and >= compare with a number; there is none");
}

/* ---- conditions ---- */

static bool word(struct logs_pattern_parser *p, const char *literal)
{
    size_t end = p->at + strlen(literal);
    if (!logs_parse_peek(p, literal) || (end < p->text.len && is_bare(p->text.ptr[end])))
        return false;
    p->at = end;
    return true;
}

static bool parse_is(struct logs_pattern_parser *p, struct logs_condition *condition)
{
    logs_parse_space(p);
    if (word(p, "NULL"))
        condition->relation = LOGS_IS_NULL;
    else if (word(p, "TRUE"))
        condition->relation = LOGS_IS_TRUE;
    else if (word(p, "FALSE"))
        condition->relation = LOGS_IS_FALSE;
    else if (word(p, "NOT"))
        return logs_parse_refuse(p, "IS NOT is not supported,");
    else
        return logs_parse_refuse(p, "IS is followed by NULL, TRUE or FALSE; it is not,");
    return true;
}

static bool parse_not_exists(struct logs_pattern_parser *p, struct logs_condition *condition)
{
    logs_parse_space(p);
    condition->relation = LOGS_NOT_EXISTS;
    return word(p, "EXISTS") || logs_parse_refuse(p, "NOT is followed by EXISTS; it is not,");
}

static bool parse_operator(struct logs_pattern_parser *p, struct logs_condition *condition)
{
    static const struct {
        const char *text;
        enum logs_relation relation;
    } operators[] = { { "!=", LOGS_NOT_EQUAL }, { "<=", LOGS_LESS_OR_EQUAL }, { ">=", LOGS_MORE_OR_EQUAL },
                      { "=", LOGS_EQUAL },      { "<", LOGS_LESS },           { ">", LOGS_MORE } };
    if (condition->selector && word(p, "IS"))
        return parse_is(p, condition);
    if (condition->selector && word(p, "NOT"))
        return parse_not_exists(p, condition);
    if (condition->selector && word(p, "EXISTS"))
        return logs_parse_refuse(p, "EXISTS is not supported without NOT,");
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        if (logs_parse_take(p, operators[i].text)) {
            condition->relation = operators[i].relation;
            if (logs_parse_peek(p, "=") || logs_parse_peek(p, "<") || logs_parse_peek(p, ">"))
                return logs_parse_refuse(p, "there is no such operator");
            logs_parse_space(p);
            return parse_operand(p, condition);
        }
    }
    return logs_parse_refuse(p, "an operator is missing");
}

static const struct logs_expression *parse_condition(struct logs_pattern_parser *p)
{
    struct logs_expression *expression = ARENA_NEW(p->arena, struct logs_expression);
    struct logs_condition *condition = &expression->condition;
    if (p->form->kind == LOGS_FORM_JSON) {
        if (!(condition->selector = logs_parse_selector(p)))
            return NULL;
    } else {
        struct str name;
        size_t start = p->at;
        if (!logs_parse_item_name(p, &name))
            return NULL;
        if (p->item.len && !str_eq(name, p->item)) {
            p->at = start;
            logs_parse_refuse(
                p, "the conditions of a field are about that field, '%.*s'; this one is about '%.*s',",
                STR_ARG(p->item), STR_ARG(name));
            return NULL;
        }
        p->item = name;
    }
    logs_parse_space(p);
    return parse_operator(p, condition) ? expression : NULL;
}

static const struct logs_expression *parse_unit(struct logs_pattern_parser *p)
{
    logs_parse_space(p);
    if (!logs_parse_take(p, "("))
        return parse_condition(p);
    if (++p->depth > NESTING_MAX) {
        logs_parse_refuse(p, "parentheses nest deeper than %d", NESTING_MAX);
        return NULL;
    }
    const struct logs_expression *inner = logs_parse_expression(p);
    p->depth--;
    logs_parse_space(p);
    if (inner && !logs_parse_take(p, ")")) {
        logs_parse_refuse(p, "')', '&&' or '||' is missing");
        return NULL;
    }
    return inner;
}

static const struct logs_expression *joined(struct logs_pattern_parser *p, enum logs_expression_kind kind,
                                            const struct logs_expression *left,
                                            const struct logs_expression *right)
{
    struct logs_expression *expression = ARENA_NEW(p->arena, struct logs_expression);
    expression->kind = kind;
    expression->left = left;
    expression->right = right;
    return right ? expression : NULL;
}

static const struct logs_expression *parse_and(struct logs_pattern_parser *p)
{
    const struct logs_expression *left = parse_unit(p);
    for (logs_parse_space(p); left && logs_parse_take(p, "&&"); logs_parse_space(p))
        left = joined(p, LOGS_AND, left, parse_unit(p));
    return left;
}

const struct logs_expression *logs_parse_expression(struct logs_pattern_parser *p)
{
    const struct logs_expression *left = parse_and(p);
    for (logs_parse_space(p); left && logs_parse_take(p, "||"); logs_parse_space(p))
        left = joined(p, LOGS_OR, left, parse_and(p));
    return left;
}

void logs_each_required(struct logs_pattern_parser *p, const struct logs_expression *expression,
                        logs_condition_f *call)
{
    if (expression->kind == LOGS_CONDITION)
        call(p, &expression->condition);
    if (expression->kind == LOGS_AND) {
        logs_each_required(p, expression->left, call);
        logs_each_required(p, expression->right, call);
    }
}
