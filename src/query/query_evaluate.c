#include "query/query_function.h"
#include "query/query_record.h"

#include <math.h>

/* ---- maps and lists ---- */

static const struct json *item_at(const struct json *list, struct str index)
{
    int64_t number;
    return index.len && index.ptr[0] != '-' && index.ptr[0] != '+' && str_to_i64(index, &number) &&
                   number < list->count
               ? &list->items[number]
               : NULL;
}

/* A key may have dots of its own: the longest that is there counts. */
const struct json *query_json_member(const struct json *json, struct str path)
{
    while (json) {
        size_t len = path.len;
        const struct json *next = NULL;
        for (; len > 0; len--) {
            if (len < path.len && path.ptr[len] != '.')
                continue;
            struct str key = str_slice(path, 0, len);
            next = json->type == JSON_ARRAY ? item_at(json, key) : json_get(json, key);
            if (next)
                break;
        }
        if (!next || len == path.len)
            return next;
        path = str_from_offset(path, len + 1);
        json = next;
    }
    return NULL;
}

static struct query_value evaluate_member(struct query_record *record, const struct query_node *node)
{
    struct query_value value = query_evaluate(record, node->args[0]);
    return value.type == QUERY_JSON ? query_of_json(query_json_member(value.json, node->path)) : query_null();
}

/* ---- operators ---- */

static struct query_value arithmetic(enum query_op op, double a, double b)
{
    switch (op) {
    case QUERY_ADD:
        return query_of_number(a + b);
    case QUERY_SUBTRACT:
        return query_of_number(a - b);
    case QUERY_MULTIPLY:
        return query_of_number(a * b);
    case QUERY_DIVIDE:
        return query_of_number(a / b);
    case QUERY_REMAINDER:
        return query_of_number(fmod(a, b));
    case QUERY_POWER:
        return query_of_number(pow(a, b));
    default:
        return query_null();
    }
}

static struct query_value evaluate_arithmetic(struct query_record *record, const struct query_node *node)
{
    struct query_value a = query_evaluate(record, node->args[0]), b = query_evaluate(record, node->args[1]);
    double x, y;
    if (!query_number(&a, &x) || !query_number(&b, &y))
        return query_null();
    return arithmetic(node->op, x, y);
}

static bool compared(enum query_op op, enum query_order order)
{
    switch (op) {
    case QUERY_EQUAL:
        return order == QUERY_SAME;
    case QUERY_UNEQUAL:
        return order != QUERY_SAME;
    case QUERY_BELOW:
        return order == QUERY_LESS;
    case QUERY_AT_MOST:
        return order == QUERY_LESS || order == QUERY_SAME;
    case QUERY_ABOVE:
        return order == QUERY_MORE;
    case QUERY_AT_LEAST:
        return order == QUERY_MORE || order == QUERY_SAME;
    default:
        return false;
    }
}

static struct query_value evaluate_comparison(struct query_record *record, const struct query_node *node)
{
    struct query_value a = query_evaluate(record, node->args[0]), b = query_evaluate(record, node->args[1]);
    return query_of_bool(compared(node->op, query_compare(&record->arena, &a, &b)));
}

static struct query_value evaluate_in(struct query_record *record, const struct query_node *node)
{
    struct query_value value = query_evaluate(record, node->args[0]);
    bool found = false;
    for (size_t i = 1; i < node->count && !found; i++) {
        struct query_value item = query_evaluate(record, node->args[i]);
        found = query_compare(&record->arena, &value, &item) == QUERY_SAME;
    }
    return query_of_bool(found != node->negated);
}

static struct query_value evaluate_like(struct query_record *record, const struct query_node *node)
{
    struct query_value value = query_evaluate(record, node->args[0]);
    bool found = false;
    if (value.type != QUERY_NULL) {
        struct str text = query_text(&record->arena, &value);
        if (node->op == QUERY_CONTAINS) {
            found = str_find(text, node->literal.text) != STR_NOT_FOUND;
        } else {
            struct regex_walker *walker = query_record_walker(record, node->regex);
            found = regex_walker_matches(walker, text);
            record->stopped |= regex_walker_stopped(walker);
        }
    }
    return query_of_bool(found != node->negated);
}

static struct query_value evaluate_call(struct query_record *record, const struct query_node *node)
{
    struct query_value args[QUERY_ARGS_MAX];
    for (size_t i = 0; i < node->count; i++)
        args[i] = query_evaluate(record, node->args[i]);
    size_t used = record->arena.used;
    struct query_call call = { .arena = &record->arena,
                               .room = used < QUERY_RECORD_BYTES_MAX ? QUERY_RECORD_BYTES_MAX - used : 0,
                               .over = &record->over,
                               .now_ms = record->context->now_ms,
                               .period = node->period,
                               .args = args,
                               .count = node->count };
    return node->function->call(&call);
}

static bool evaluate_true(struct query_record *record, const struct query_node *node)
{
    struct query_value value = query_evaluate(record, node);
    return query_true(&value);
}

struct query_value query_evaluate(struct query_record *record, const struct query_node *node)
{
    double number;
    struct query_value value;
    if (record->arena.used > QUERY_RECORD_BYTES_MAX) {
        record->over = true;
        return query_null();
    }
    switch (node->op) {
    case QUERY_LITERAL:
        return node->literal;
    case QUERY_SLOT:
        return *query_record_get(record, node->slot);
    case QUERY_MEMBER:
        return evaluate_member(record, node);
    case QUERY_OR:
        return query_of_bool(evaluate_true(record, node->args[0]) || evaluate_true(record, node->args[1]));
    case QUERY_AND:
        return query_of_bool(evaluate_true(record, node->args[0]) && evaluate_true(record, node->args[1]));
    case QUERY_NOT:
        return query_of_bool(!evaluate_true(record, node->args[0]));
    case QUERY_NEGATE:
        value = query_evaluate(record, node->args[0]);
        return query_number(&value, &number) ? query_of_number(-number) : query_null();
    case QUERY_EQUAL:
    case QUERY_UNEQUAL:
    case QUERY_BELOW:
    case QUERY_AT_MOST:
    case QUERY_ABOVE:
    case QUERY_AT_LEAST:
        return evaluate_comparison(record, node);
    case QUERY_IN:
        return evaluate_in(record, node);
    case QUERY_CONTAINS:
    case QUERY_MATCHES:
        return evaluate_like(record, node);
    case QUERY_CALL:
        return evaluate_call(record, node);
    default:
        return evaluate_arithmetic(record, node);
    }
}
