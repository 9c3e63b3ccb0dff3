/* Conditions: parsing, and holding them against an item.
 *
 *   or      = and { OR and }
 *   and     = not { AND not }
 *   not     = NOT not | primary
 *   primary = "(" or ")" | function "(" operand, ... ")" | operand comparator operand
 *           | operand BETWEEN operand AND operand | operand IN "(" operand, ... ")"
 *   operand = path | :value | size "(" path ")"
 */
#include "tables/expression_parser.h"

#include "base/vec.h"

static const char *const condition_words[] = {
    [CONDITION_AND] = "AND",
    [CONDITION_OR] = "OR",
    [CONDITION_NOT] = "NOT",
    [CONDITION_EQ] = "=",
    [CONDITION_NE] = "<>",
    [CONDITION_LT] = "<",
    [CONDITION_LE] = "<=",
    [CONDITION_GT] = ">",
    [CONDITION_GE] = ">=",
    [CONDITION_BETWEEN] = "BETWEEN",
    [CONDITION_IN] = "IN",
    [CONDITION_EXISTS] = "attribute_exists",
    [CONDITION_NOT_EXISTS] = "attribute_not_exists",
    [CONDITION_TYPE] = "attribute_type",
    [CONDITION_BEGINS_WITH] = "begins_with",
    [CONDITION_CONTAINS] = "contains",
};

const char *condition_word(enum condition_kind kind)
{
    return condition_words[kind];
}

/* ---- what makes sense ---- */

static struct str show_value(struct arena *arena, const struct value *value)
{
    struct buf buf;
    struct json_writer w;
    buf_init(&buf, 0);
    json_writer_init(&w, &buf);
    value_write(&w, arena, value);
    struct str shown = arena_copy(arena, buf_str(&buf));
    buf_fini(&buf);
    /* {"N":"1"} is shown as {N:1} */
    if (value->type == VALUE_S || value->type == VALUE_N || value->type == VALUE_B) {
        struct json json;
        if (json_read(arena, shown, 0, &json, NULL) == ERR_OK)
            shown = arena_printf(arena, "{%s:%.*s}", value_type_name(value->type),
                                 STR_ARG(str_slice(json.members[0].value.text, 0, 512)));
    }
    return shown;
}

static bool operands_equal(const struct operand *a, const struct operand *b)
{
    if (a->kind != b->kind || a->path.count != b->path.count)
        return false;
    if (a->kind == OPERAND_VALUE)
        return a->value == b->value;
    for (uint32_t i = 0; i < a->path.count; i++) {
        const struct path_step *one = &a->path.steps[i], *two = &b->path.steps[i];
        if (one->is_index != two->is_index || one->index != two->index || !str_eq(one->name, two->name))
            return false;
    }
    return true;
}

static void check_type(struct parser *parser, enum condition_kind kind, const struct operand *operand,
                       bool ok)
{
    if (operand->kind == OPERAND_VALUE && !ok)
        parser_senseless(
            parser,
            "Incorrect operand type for operator or function; operator or function: %s, operand type: %s",
            condition_words[kind], value_type_name(operand->value->type));
}

static bool is_ordered(const struct operand *operand)
{
    return operand->kind != OPERAND_VALUE || operand->value->type == VALUE_S ||
           operand->value->type == VALUE_N || operand->value->type == VALUE_B;
}

static void check_bounds(struct parser *parser, const struct operand *low, const struct operand *high)
{
    struct arena *arena = parser->scope->arena;
    int order;
    if (low->kind != OPERAND_VALUE || high->kind != OPERAND_VALUE || parser->senseless.len)
        return;
    if (!value_compare(low->value, high->value, &order))
        parser_senseless(
            parser,
            "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: "
            "AttributeValue: %.*s, upper bound operand: AttributeValue: %.*s",
            STR_ARG(show_value(arena, low->value)), STR_ARG(show_value(arena, high->value)));
    else if (order > 0)
        parser_senseless(
            parser,
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower "
            "bound operand: AttributeValue: %.*s, upper bound operand: AttributeValue: %.*s",
            STR_ARG(show_value(arena, low->value)), STR_ARG(show_value(arena, high->value)));
}

static void check_distinct(struct parser *parser, const struct condition *condition)
{
    for (uint32_t i = 1; i < condition->operand_count; i++) {
        if (condition->operands[0].kind != OPERAND_PATH ||
            !operands_equal(&condition->operands[0], &condition->operands[i]))
            continue;
        parser_senseless(
            parser,
            "The first operand must be distinct from the remaining operands for this operator or function; "
            "%s: %s, first operand: %.*s",
            "operator", condition_words[condition->kind],
            STR_ARG(path_show(parser->scope->arena, &condition->operands[0].path)));
    }
}

static void check_path(struct parser *parser, const char *word, const struct operand *operand)
{
    if (operand->kind != OPERAND_PATH)
        parser_senseless(parser, "Operator or function requires a document path; operator or function: %s",
                         word);
}

static void check_type_name(struct parser *parser, const struct operand *operand)
{
    if (operand->kind != OPERAND_VALUE || operand->value->type != VALUE_S)
        return;
    if (value_type_of_name(operand->value->text) == VALUE_ABSENT)
        parser_senseless(parser,
                         "Invalid attribute type name found; type: %.*s, valid types: "
                         "{B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
                         STR_ARG(str_slice(operand->value->text, 0, 256)));
}

static void check_operands(struct parser *parser, const struct condition *condition)
{
    const struct operand *operands = condition->operands;
    switch (condition->kind) {
    case CONDITION_LT:
    case CONDITION_LE:
    case CONDITION_GT:
    case CONDITION_GE:
        for (uint32_t i = 0; i < 2; i++)
            check_type(parser, condition->kind, &operands[i], is_ordered(&operands[i]));
        check_distinct(parser, condition);
        break;
    case CONDITION_EQ:
    case CONDITION_NE:
    case CONDITION_IN:
        check_distinct(parser, condition);
        break;
    case CONDITION_BETWEEN:
        for (uint32_t i = 0; i < 3; i++)
            check_type(parser, condition->kind, &operands[i], is_ordered(&operands[i]));
        check_bounds(parser, &operands[1], &operands[2]);
        check_distinct(parser, condition);
        break;
    case CONDITION_EXISTS:
    case CONDITION_NOT_EXISTS:
        check_path(parser, condition_words[condition->kind], &operands[0]);
        break;
    case CONDITION_TYPE:
        check_path(parser, condition_words[condition->kind], &operands[0]);
        check_type(parser, condition->kind, &operands[1],
                   operands[1].kind == OPERAND_VALUE && operands[1].value->type == VALUE_S);
        if (operands[1].kind != OPERAND_VALUE)
            parser_senseless(parser,
                             "Operator or function requires an attribute value; operator or function: %s",
                             condition_words[condition->kind]);
        check_type_name(parser, &operands[1]);
        break;
    case CONDITION_BEGINS_WITH:
        for (uint32_t i = 0; i < 2; i++)
            check_type(parser, condition->kind, &operands[i],
                       operands[i].kind == OPERAND_VALUE &&
                           (operands[i].value->type == VALUE_S || operands[i].value->type == VALUE_B));
        check_distinct(parser, condition);
        break;
    case CONDITION_CONTAINS:
        check_distinct(parser, condition);
        break;
    default:
        break;
    }
}

/* ---- parsing ---- */

static bool parse_or(struct parser *parser, const struct condition **ret);

/* A word before "(": not a keyword. */
static bool at_function(const struct parser *parser)
{
    return parser->token.kind == TOKEN_WORD && parser->after.kind == TOKEN_SIGN &&
           str_eq(parser->after.text, STR("(")) && !parser_at_word(parser, "NOT") &&
           !parser_at_word(parser, "AND") && !parser_at_word(parser, "OR") && !parser_at_word(parser, "IN") &&
           !parser_at_word(parser, "BETWEEN");
}

static bool parse_operand(struct parser *parser, struct operand *ret);

static bool parse_size(struct parser *parser, struct operand *ret)
{
    struct operand inner;
    parser_advance(parser);
    parser_advance(parser);
    if (!parse_operand(parser, &inner))
        return false;
    if (parser_at_sign(parser, ","))
        return parser_refuse(
            parser, "Incorrect number of operands for operator or function; operator or function: size, "
                    "number of operands: 2");
    if (!parser_need_sign(parser, ")"))
        return false;
    parser_count_operator(parser);
    if (inner.kind == OPERAND_SIZE)
        parser_senseless(parser,
                         "The function is not allowed to be used this way in an expression; function: size");
    else if (inner.kind == OPERAND_VALUE && inner.value->type != VALUE_S && inner.value->type != VALUE_B &&
             !value_is_set(inner.value->type) && inner.value->type != VALUE_M && inner.value->type != VALUE_L)
        parser_senseless(
            parser,
            "Incorrect operand type for operator or function; operator or function: size, operand type: %s",
            value_type_name(inner.value->type));
    inner.kind = OPERAND_SIZE;
    *ret = inner;
    return true;
}

static bool parse_operand(struct parser *parser, struct operand *ret)
{
    *ret = (struct operand){ 0 };
    if (at_function(parser)) {
        if (str_eq(parser->token.text, STR("size"))) {
            bool parsed = parser_enter(parser) && parse_size(parser, ret);
            parser_leave(parser);
            return parsed;
        }
        for (enum condition_kind kind = CONDITION_EXISTS; kind <= CONDITION_CONTAINS; kind++) {
            if (str_eq(parser->token.text, str_from(condition_words[kind])))
                return parser_refuse(
                    parser, "The function is not allowed to be used this way in an expression; function: %s",
                    condition_words[kind]);
        }
        return parser_refuse(parser, "Invalid function name; function: %.*s", STR_ARG(parser->token.text));
    }
    ret->kind = parser->token.kind == TOKEN_VALUE ? OPERAND_VALUE : OPERAND_PATH;
    return ret->kind == OPERAND_VALUE ? parse_value(parser, &ret->value) : parse_path(parser, &ret->path);
}

/* operand { "," operand } ")" */
static bool parse_operands(struct parser *parser, uint32_t max, struct condition *to)
{
    VEC(struct operand) operands = { 0 };
    struct operand operand;
    if (to->operand_count)
        VEC_PUSH(parser->scope->arena, &operands, to->operands[0]);
    do {
        if (!parse_operand(parser, &operand))
            return false;
        VEC_PUSH(parser->scope->arena, &operands, operand);
        if (operands.len > max)
            return parser_refuse(
                parser, "The %s operator is provided with too many operands; number of operands: %zu",
                condition_words[to->kind], operands.len);
    } while (parser_take_sign(parser, ","));
    to->operands = operands.at;
    to->operand_count = (uint32_t)operands.len;
    return parser_need_sign(parser, ")");
}

static uint32_t operands_of(enum condition_kind kind)
{
    return kind == CONDITION_EXISTS || kind == CONDITION_NOT_EXISTS ? 1 : 2;
}

static bool parse_function(struct parser *parser, const struct condition **ret)
{
    enum condition_kind kind = CONDITION_EXISTS;
    struct str name = parser->token.text;
    while (kind <= CONDITION_CONTAINS && !str_eq(name, str_from(condition_words[kind])))
        kind++;
    if (kind > CONDITION_CONTAINS) {
        if (str_eq(name, STR("if_not_exists")) || str_eq(name, STR("list_append")))
            return parser_refuse(parser,
                                 "The function is not allowed in a condition expression; function: %.*s",
                                 STR_ARG(name));
        return parser_refuse(parser, "Invalid function name; function: %.*s", STR_ARG(name));
    }
    parser_advance(parser);
    parser_advance(parser);
    struct condition *condition = ARENA_NEW(parser->scope->arena, struct condition);
    condition->kind = kind;
    if (parser_at_sign(parser, ")"))
        return parser_syntax_error(parser);
    if (!parse_operands(parser, EXPRESSION_IN_MAX, condition))
        return false;
    parser_count_operator(parser);
    if (condition->operand_count != operands_of(kind))
        parser_senseless(
            parser,
            "Incorrect number of operands for operator or function; operator or function: %s, number of "
            "operands: %u",
            condition_words[kind], condition->operand_count);
    else
        check_operands(parser, condition);
    *ret = condition;
    return true;
}

static bool parse_comparison(struct parser *parser, const struct condition **ret)
{
    VEC(struct operand) operands = { 0 };
    struct arena *arena = parser->scope->arena;
    struct operand operand;
    struct condition *condition = ARENA_NEW(arena, struct condition);
    if (!parse_operand(parser, &operand))
        return false;
    VEC_PUSH(arena, &operands, operand);
    parser_count_operator(parser);
    if (parser_take_word(parser, "IN")) {
        condition->kind = CONDITION_IN;
        condition->operands = operands.at;
        condition->operand_count = 1;
        if (!parser_need_sign(parser, "(") || !parse_operands(parser, EXPRESSION_IN_MAX + 1, condition))
            return false;
        check_operands(parser, condition);
        *ret = condition;
        return true;
    }
    if (parser_take_word(parser, "BETWEEN")) {
        condition->kind = CONDITION_BETWEEN;
        if (!parse_operand(parser, &operand))
            return false;
        VEC_PUSH(arena, &operands, operand);
        if (!parser_take_word(parser, "AND"))
            return parser_syntax_error(parser);
    } else {
        condition->kind = CONDITION_EQ;
        while (condition->kind <= CONDITION_GE && !parser_at_sign(parser, condition_words[condition->kind]))
            condition->kind++;
        if (condition->kind > CONDITION_GE)
            return parser_syntax_error(parser);
        parser_advance(parser);
    }
    if (!parse_operand(parser, &operand))
        return false;
    VEC_PUSH(arena, &operands, operand);
    condition->operands = operands.at;
    condition->operand_count = (uint32_t)operands.len;
    check_operands(parser, condition);
    *ret = condition;
    return true;
}

static bool parse_primary(struct parser *parser, const struct condition **ret)
{
    if (parser_take_sign(parser, "(")) {
        size_t from = parser->before.from, inner = parser->token.from;
        if (!parse_or(parser, ret))
            return false;
        /* All that stands between this pair is another pair. */
        if (parser->pair_from == inner && parser->pair_end == parser->before.end && inner < parser->pair_end)
            parser_senseless(parser, "The expression has redundant parentheses;");
        if (!parser_need_sign(parser, ")"))
            return false;
        parser->pair_from = from;
        parser->pair_end = parser->before.end;
        return true;
    }
    bool size = parser->token.kind == TOKEN_WORD && str_eq(parser->token.text, STR("size"));
    return at_function(parser) && !size ? parse_function(parser, ret) : parse_comparison(parser, ret);
}

static bool parse_not(struct parser *parser, const struct condition **ret)
{
    bool parsed = false;
    if (parser_enter(parser)) {
        if (parser_take_word(parser, "NOT")) {
            struct condition *condition = ARENA_NEW(parser->scope->arena, struct condition);
            condition->kind = CONDITION_NOT;
            condition->parts = ARENA_ARRAY(parser->scope->arena, const struct condition *, 1);
            condition->part_count = 1;
            parser_count_operator(parser);
            parsed = parse_not(parser, &condition->parts[0]);
            *ret = condition;
        } else {
            parsed = parse_primary(parser, ret);
        }
    }
    parser_leave(parser);
    return parsed;
}

typedef bool parse_part_f(struct parser *, const struct condition **);

static bool parse_chain(struct parser *parser, enum condition_kind kind, parse_part_f *parse_part,
                        const struct condition **ret)
{
    VEC(const struct condition *) parts = { 0 };
    do {
        const struct condition *part;
        if (!parse_part(parser, &part))
            return false;
        VEC_PUSH(parser->scope->arena, &parts, part);
        if (parts.len > 1)
            parser_count_operator(parser);
    } while (parser_take_word(parser, condition_words[kind]));
    if (parts.len == 1) {
        *ret = parts.at[0];
        return true;
    }
    struct condition *condition = ARENA_NEW(parser->scope->arena, struct condition);
    *condition = (struct condition){ .kind = kind, .parts = parts.at, .part_count = (uint32_t)parts.len };
    *ret = condition;
    return true;
}

static bool parse_and(struct parser *parser, const struct condition **ret)
{
    return parse_chain(parser, CONDITION_AND, parse_not, ret);
}

static bool parse_or(struct parser *parser, const struct condition **ret)
{
    return parse_chain(parser, CONDITION_OR, parse_and, ret);
}

const struct condition *condition_parse(struct scope *scope, const char *kind, struct str text)
{
    struct parser parser;
    const struct condition *condition;
    if (!parser_init(&parser, scope, kind, text) || !parse_or(&parser, &condition) || !parser_finish(&parser))
        return NULL;
    return condition;
}

/* ---- holding ---- */

/* What an operand is for this item; NULL: nothing is there. room: where a size is written. */
struct operand_room {
    struct value value;
    char packed[DECIMAL_PACKED_BYTES_MAX];
};

static const struct value *operand_size(const struct value *of, struct operand_room *room)
{
    struct decimal number;
    char digits[32];
    size_t size;
    switch (of->type) {
    case VALUE_S:
    case VALUE_B:
        size = of->text.len;
        break;
    case VALUE_M:
    case VALUE_L:
    case VALUE_SS:
    case VALUE_NS:
    case VALUE_BS:
        size = of->count;
        break;
    default:
        return NULL;
    }
    int len = snprintf(digits, sizeof(digits), "%zu", size);
    if (decimal_read(str_of(digits, (size_t)len), &number) != DECIMAL_OK)
        return NULL;
    room->value =
        (struct value){ .type = VALUE_N, .text = { room->packed, decimal_pack(&number, room->packed) } };
    return &room->value;
}

static const struct value *operand_value(const struct operand *operand, const struct value *item,
                                         struct operand_room *room)
{
    const struct value *value = operand->path.count ? path_find(&operand->path, item) : operand->value;
    return operand->kind == OPERAND_SIZE && value ? operand_size(value, room) : value;
}

static bool contains(const struct value *whole, const struct value *part)
{
    if (whole->type == VALUE_S || whole->type == VALUE_B)
        return part->type == whole->type && str_find(whole->text, part->text) != STR_NOT_FOUND;
    if (value_is_set(whole->type))
        return value_set_has(whole, part);
    for (uint32_t i = 0; whole->type == VALUE_L && i < whole->count; i++) {
        if (value_equal(&whole->items[i], part))
            return true;
    }
    return false;
}

static bool compare_holds(enum condition_kind kind, const struct value *a, const struct value *b)
{
    int order;
    if (kind == CONDITION_NE)
        return !a || !b || !value_equal(a, b);
    if (!a || !b)
        return false;
    if (kind == CONDITION_EQ)
        return value_equal(a, b);
    if (!value_compare(a, b, &order))
        return false;
    switch (kind) {
    case CONDITION_LT:
        return order < 0;
    case CONDITION_LE:
        return order <= 0;
    case CONDITION_GT:
        return order > 0;
    default:
        return order >= 0;
    }
}

static bool in_holds(const struct condition *condition, const struct value *item, const struct value *first)
{
    for (uint32_t i = 1; first && i < condition->operand_count; i++) {
        struct operand_room room;
        const struct value *one = operand_value(&condition->operands[i], item, &room);
        if (one && value_equal(first, one))
            return true;
    }
    return false;
}

static bool leaf_holds(const struct condition *condition, const struct value *item)
{
    struct operand_room rooms[3];
    const struct value *values[3] = { 0 };
    for (uint32_t i = 0; i < condition->operand_count && i < 3; i++)
        values[i] = operand_value(&condition->operands[i], item, &rooms[i]);
    switch (condition->kind) {
    case CONDITION_BETWEEN:
        return compare_holds(CONDITION_GE, values[0], values[1]) &&
               compare_holds(CONDITION_LE, values[0], values[2]);
    case CONDITION_IN:
        return in_holds(condition, item, values[0]);
    case CONDITION_EXISTS:
        return values[0] != NULL;
    case CONDITION_NOT_EXISTS:
        return values[0] == NULL;
    case CONDITION_TYPE:
        return values[0] && values[1] && str_eq(values[1]->text, str_from(value_type_name(values[0]->type)));
    case CONDITION_BEGINS_WITH:
        return values[0] && values[1] && values[0]->type == values[1]->type &&
               (values[0]->type == VALUE_S || values[0]->type == VALUE_B) &&
               str_starts(values[0]->text, values[1]->text);
    case CONDITION_CONTAINS:
        return values[0] && values[1] && contains(values[0], values[1]);
    default:
        return compare_holds(condition->kind, values[0], values[1]);
    }
}

bool condition_holds(const struct condition *condition, const struct value *item)
{
    switch (condition->kind) {
    case CONDITION_AND:
        for (uint32_t i = 0; i < condition->part_count; i++) {
            if (!condition_holds(condition->parts[i], item))
                return false;
        }
        return true;
    case CONDITION_OR:
        for (uint32_t i = 0; i < condition->part_count; i++) {
            if (condition_holds(condition->parts[i], item))
                return true;
        }
        return false;
    case CONDITION_NOT:
        return !condition_holds(condition->parts[0], item);
    default:
        return leaf_holds(condition, item);
    }
}

bool condition_each_attribute(const struct condition *condition, condition_see_f *see, void *self)
{
    for (uint32_t i = 0; i < condition->part_count; i++) {
        if (!condition_each_attribute(condition->parts[i], see, self))
            return false;
    }
    for (uint32_t i = 0; i < condition->operand_count; i++) {
        const struct path *path = &condition->operands[i].path;
        if (path->count && !see(self, path->steps[0].name))
            return false;
    }
    return true;
}
