/* query_function.c - finding functions; those of numbers, of what is there, of JSON. */
#include "query/query_function.h"

#include <math.h>

static const struct query_function *const lists[] = { query_functions_number, query_functions_text,
                                                      query_functions_time, query_functions_address,
                                                      query_functions_json };

const struct query_function *query_function_named(struct str name)
{
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        for (const struct query_function *function = lists[i]; function->name; function++)
            if (str_eq_ignore_case(str_from(function->name), name))
                return function;
    return NULL;
}

/* ---- numbers ---- */

static struct query_value one_number(const struct query_call *call, double (*f)(double))
{
    double number;
    return query_number(&call->args[0], &number) ? query_of_number(f(number)) : query_null();
}

static struct query_value call_abs(const struct query_call *call)
{
    return one_number(call, fabs);
}

static struct query_value call_ceil(const struct query_call *call)
{
    return one_number(call, ceil);
}

static struct query_value call_floor(const struct query_call *call)
{
    return one_number(call, floor);
}

static struct query_value call_log(const struct query_call *call)
{
    return one_number(call, log);
}

static struct query_value call_sqrt(const struct query_call *call)
{
    return one_number(call, sqrt);
}

/* What is no number is passed over. */
static struct query_value outermost(const struct query_call *call, bool greatest)
{
    struct query_value best = query_null();
    double number, best_number = 0;
    for (size_t i = 0; i < call->count; i++) {
        if (!query_number(&call->args[i], &number))
            continue;
        if (best.type == QUERY_NULL || (greatest ? number > best_number : number < best_number)) {
            best = call->args[i];
            best_number = number;
        }
    }
    return best;
}

static struct query_value call_greatest(const struct query_call *call)
{
    return outermost(call, true);
}

static struct query_value call_least(const struct query_call *call)
{
    return outermost(call, false);
}

/* ---- what is there ---- */

static struct query_value call_ispresent(const struct query_call *call)
{
    return query_of_bool(call->args[0].type != QUERY_NULL);
}

static struct query_value call_coalesce(const struct query_call *call)
{
    for (size_t i = 0; i < call->count; i++)
        if (call->args[i].type != QUERY_NULL)
            return call->args[i];
    return query_null();
}

const struct query_function query_functions_number[] = {
    { "abs", 1, 1, false, call_abs },
    { "ceil", 1, 1, false, call_ceil },
    { "floor", 1, 1, false, call_floor },
    { "log", 1, 1, false, call_log },
    { "sqrt", 1, 1, false, call_sqrt },
    { "greatest", 1, QUERY_ARGS_MAX, false, call_greatest },
    { "least", 1, QUERY_ARGS_MAX, false, call_least },
    { "ispresent", 1, 1, false, call_ispresent },
    { "coalesce", 1, QUERY_ARGS_MAX, false, call_coalesce },
    { .name = NULL },
};

/* ---- JSON ---- */

enum { JSON_TREE_BYTES = 32 }; /* of a byte of text, at most */

static struct query_value call_json_parse(const struct query_call *call)
{
    if (call->args[0].type == QUERY_JSON)
        return call->args[0];
    if (call->args[0].type == QUERY_NULL)
        return query_null();
    struct str text = query_text(call->arena, &call->args[0]);
    if (!query_call_takes(call, text.len * JSON_TREE_BYTES))
        return query_null();
    struct json *json = ARENA_NEW(call->arena, struct json);
    return json_read(call->arena, text, 0, json, NULL) == ERR_OK ? query_of_json(json) : query_null();
}

static struct query_value call_json_stringify(const struct query_call *call)
{
    if (call->args[0].type == QUERY_NULL)
        return query_null();
    double number;
    if (call->args[0].type == QUERY_TEXT && !query_number(&call->args[0], &number)) {
        struct json json = json_of_str(call->args[0].text);
        return query_of_text(json_text(call->arena, &json));
    }
    if (call->args[0].type == QUERY_BOOL)
        return query_of_text(call->args[0].number != 0 ? STR("true") : STR("false"));
    return query_of_text(query_text(call->arena, &call->args[0]));
}

const struct query_function query_functions_json[] = {
    { "jsonparse", 1, 1, false, call_json_parse },
    { "jsonstringify", 1, 1, false, call_json_stringify },
    { .name = NULL },
};
