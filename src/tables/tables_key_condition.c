/* KeyConditionExpression: one value of the hash key, and at most one condition on the range key. */
#include "tables/tables_room.h"

struct term {
    struct str attribute;
    enum condition_kind kind;
    const struct value *low, *high; /* high: BETWEEN */
};

enum { TERMS_MAX = 2 };

struct terms {
    struct arena *arena;
    struct fault *fault;
    struct term at[TERMS_MAX];
    uint32_t count;
};

static bool refuse(struct terms *terms, const char *text, const char *more)
{
    return fault_set(terms->fault, terms->arena, FAULT_VALIDATION, "%s%s", text, more);
}

/* value < attribute is attribute > value. */
static enum condition_kind turned(enum condition_kind kind)
{
    switch (kind) {
    case CONDITION_LT:
        return CONDITION_GT;
    case CONDITION_LE:
        return CONDITION_GE;
    case CONDITION_GT:
        return CONDITION_LT;
    case CONDITION_GE:
        return CONDITION_LE;
    default:
        return kind;
    }
}

static bool is_comparison(enum condition_kind kind)
{
    return kind == CONDITION_EQ || (kind >= CONDITION_LT && kind <= CONDITION_GE);
}

static bool add_term(struct terms *terms, const struct condition *condition)
{
    const struct operand *operands = condition->operands;
    struct term term = { .kind = condition->kind };
    uint32_t paths = 0, path = 0;
    if (!is_comparison(condition->kind) && condition->kind != CONDITION_BETWEEN &&
        condition->kind != CONDITION_BEGINS_WITH)
        return refuse(terms,
                      "Invalid operator used in KeyConditionExpression: ", condition_word(condition->kind));
    for (uint32_t i = 0; i < condition->operand_count; i++) {
        if (operands[i].kind == OPERAND_SIZE)
            return refuse(terms, "KeyConditionExpressions cannot contain nested operations", "");
        if (operands[i].kind == OPERAND_PATH) {
            paths++;
            path = i;
        }
    }
    if (paths == 0)
        return refuse(terms, "Invalid condition in KeyConditionExpression: No key attribute specified", "");
    if (paths > 1)
        return refuse(
            terms,
            "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition",
            "");
    if (operands[path].path.count > 1)
        return refuse(terms, "KeyConditionExpressions cannot have conditions on nested attributes", "");
    term.attribute = operands[path].path.steps[0].name;
    if (path != 0 && !is_comparison(condition->kind))
        return refuse(
            terms,
            "Invalid condition in KeyConditionExpression: The first operand of this operator must be "
            "a key attribute: ",
            condition_word(condition->kind));
    if (path == 1)
        term.kind = turned(term.kind);
    term.low = operands[path == 0 ? 1 : 0].value;
    term.high = condition->kind == CONDITION_BETWEEN ? operands[2].value : NULL;
    for (uint32_t i = 0; i < terms->count; i++) {
        if (str_eq(terms->at[i].attribute, term.attribute))
            return refuse(terms, "KeyConditionExpressions must only contain one condition per key", "");
    }
    if (terms->count == TERMS_MAX)
        return refuse(terms, "Conditions can be of length 1 or 2 only", "");
    terms->at[terms->count++] = term;
    return true;
}

static bool add_terms(struct terms *terms, const struct condition *condition)
{
    if (condition->kind == CONDITION_OR || condition->kind == CONDITION_NOT)
        return refuse(terms,
                      "Invalid operator used in KeyConditionExpression: ", condition_word(condition->kind));
    if (condition->kind != CONDITION_AND)
        return add_term(terms, condition);
    for (uint32_t i = 0; i < condition->part_count; i++) {
        if (!add_terms(terms, condition->parts[i]))
            return false;
    }
    return true;
}

static const struct term *term_of(const struct terms *terms, const struct key_attribute *attribute)
{
    for (uint32_t i = 0; i < terms->count; i++) {
        if (str_eq(terms->at[i].attribute, attribute->name))
            return &terms->at[i];
    }
    return NULL;
}

static bool refuse_missed(struct terms *terms, const struct key_attribute *attribute)
{
    return fault_set(terms->fault, terms->arena, FAULT_VALIDATION,
                     "Query condition missed key schema element: %.*s", STR_ARG(attribute->name));
}

static bool check_term(struct terms *terms, const struct term *term, const struct key_attribute *attribute,
                       bool is_hash)
{
    const struct value *values[2] = { term->low, term->high };
    for (int i = 0; i < 2 && values[i]; i++) {
        if (values[i]->type != attribute->type ||
            (term->kind == CONDITION_BEGINS_WITH && attribute->type == VALUE_N))
            return refuse(
                terms,
                "One or more parameter values were invalid: Condition parameter type does not match schema "
                "type",
                "");
        if (!check_key_value(attribute, values[i], is_hash, terms->arena, terms->fault))
            return false;
    }
    return true;
}

bool key_range_of(const struct condition *keys, const struct key_schema *schema, struct arena *arena,
                  struct fault *fault, struct key_range *ret)
{
    struct terms terms = { .arena = arena, .fault = fault };
    if (!add_terms(&terms, keys))
        return false;
    const struct term *hash = term_of(&terms, &schema->hash);
    if (!hash)
        return refuse_missed(&terms, &schema->hash);
    const struct term *range = schema->range.type == VALUE_ABSENT ? NULL : term_of(&terms, &schema->range);
    if (terms.count > 1 && !range) {
        if (schema->range.type == VALUE_ABSENT)
            return refuse(&terms, "Query key condition not supported", "");
        return refuse_missed(&terms, &schema->range);
    }
    if (hash->kind != CONDITION_EQ)
        return refuse(&terms, "Query key condition not supported", "");
    if (!check_term(&terms, hash, &schema->hash, true) ||
        (range && !check_term(&terms, range, &schema->range, false)))
        return false;
    *ret = (struct key_range){ .hash = hash->low, .has_range = range != NULL };
    if (range) {
        ret->kind = range->kind;
        ret->low = range->low;
        ret->high = range->high;
    }
    return true;
}

/* ---- as a range of keys ---- */

/* from with the range value behind it. */
static void add_range(const struct key *from, const struct value *value, bool of_index, struct key *ret)
{
    *ret = *from;
    if (of_index)
        key_entry_range(ret, value);
    else
        key_bytes(ret, value->text);
}

/* The first key behind all keys with that range value. */
static void add_range_end(const struct key *from, const struct value *value, bool of_index, struct key *ret)
{
    struct key at;
    add_range(from, value, of_index, &at);
    if (of_index) {
        key_after_prefix(key_str(&at), ret);
    } else {
        *ret = at;
        key_u8(ret, 0);
    }
}

void key_range_bounds(const struct key_range *range, bool of_index, struct key *first, struct key *end)
{
    struct key from = *first;
    key_hash(&from, range->hash);
    *first = from;
    key_after_prefix(key_str(&from), end);
    if (!range->has_range)
        return;
    switch (range->kind) {
    case CONDITION_EQ:
        add_range(&from, range->low, of_index, first);
        add_range_end(&from, range->low, of_index, end);
        break;
    case CONDITION_LT:
        add_range(&from, range->low, of_index, end);
        break;
    case CONDITION_LE:
        add_range_end(&from, range->low, of_index, end);
        break;
    case CONDITION_GT:
        add_range_end(&from, range->low, of_index, first);
        break;
    case CONDITION_GE:
        add_range(&from, range->low, of_index, first);
        break;
    case CONDITION_BETWEEN:
        add_range(&from, range->low, of_index, first);
        add_range_end(&from, range->high, of_index, end);
        break;
    default: /* BEGINS_WITH */
        *first = from;
        if (of_index)
            key_entry_range_prefix(first, range->low->text);
        else
            key_bytes(first, range->low->text);
        key_after_prefix(key_str(first), end);
        break;
    }
}
