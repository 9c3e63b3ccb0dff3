/* query_parse_stats.c - stats and pattern: what is known behind them is their results. */
#include "query/query_parser.h"

enum { STATS_MAX = 2, AGGREGATES_MAX = 100 };

static const struct {
    const char *name;
    enum query_aggregate_kind kind;
    double percentile; /* 0: the second argument, if the kind wants one */
} aggregates[] = {
    { "count", QUERY_COUNT, 0 },
    { "count_distinct", QUERY_COUNT_DISTINCT, 0 },
    { "sum", QUERY_SUM, 0 },
    { "avg", QUERY_AVERAGE, 0 },
    { "min", QUERY_MIN, 0 },
    { "max", QUERY_MAX, 0 },
    { "pct", QUERY_PERCENTILE, 0 },
    { "percentile", QUERY_PERCENTILE, 0 },
    { "median", QUERY_PERCENTILE, 50 },
    { "stddev", QUERY_DEVIATION, 0 },
    { "earliest", QUERY_EARLIEST, 0 },
    { "latest", QUERY_LATEST, 0 },
    { "sortsFirst", QUERY_SORTS_FIRST, 0 },
    { "sortsLast", QUERY_SORTS_LAST, 0 },
};

enum { AGGREGATES = sizeof(aggregates) / sizeof(aggregates[0]) };

static size_t aggregate_named(struct str name)
{
    size_t i = 0;
    while (i < AGGREGATES && !str_eq_ignore_case(name, str_from(aggregates[i].name)))
        i++;
    return i;
}

bool query_parser_is_aggregate(struct str name)
{
    return aggregate_named(name) < AGGREGATES;
}

static bool read_percentile(struct query_parser *parser, double *ret)
{
    struct query_token token = parser->token;
    if (token.kind != QUERY_DIGITS || !query_text_number(token.text, ret))
        return query_parser_unexpected(parser, "a percentile, as 95");
    if (*ret > 100)
        return query_parser_fail(parser, token.first, token.end, "a percentile is between 0 and 100");
    query_parser_next(parser);
    return true;
}

/* The bracket stands. */
static bool read_aggregate(struct query_parser *parser, size_t index, struct query_aggregate *ret)
{
    ret->kind = aggregates[index].kind;
    ret->percentile = aggregates[index].percentile;
    if (parser->behind_stats && (ret->kind == QUERY_EARLIEST || ret->kind == QUERY_LATEST))
        return query_parser_fail(parser, parser->token.first, parser->token.end,
                                 "%s needs @timestamp, which is not there behind stats",
                                 aggregates[index].name);
    query_parser_next(parser);
    bool all = ret->kind == QUERY_COUNT &&
               (query_parser_take_mark(parser, "*") || query_parser_is_mark(parser, ")"));
    if (!all) {
        parser->aggregates_inside++;
        ret->node = query_parser_expression(parser);
        parser->aggregates_inside--;
        if (!ret->node)
            return false;
    }
    if (ret->kind == QUERY_PERCENTILE && aggregates[index].percentile == 0 &&
        (!(query_parser_take_mark(parser, ",") || query_parser_unexpected(parser, ", and a percentile")) ||
         !read_percentile(parser, &ret->percentile)))
        return false;
    return query_parser_take_mark(parser, ")") || query_parser_unexpected(parser, ")");
}

const struct query_node *query_parser_aggregate(struct query_parser *parser, struct str name, size_t first)
{
    struct query_aggregate aggregate = { 0 };
    if (!parser->aggregates_allowed || parser->aggregates_inside) {
        query_parser_fail(parser, first, first + name.len,
                          parser->aggregates_allowed ? "%.*s cannot stand inside another aggregation"
                                                     : "%.*s is an aggregation: it stands in stats",
                          STR_ARG(name));
        return NULL;
    }
    if (!read_aggregate(parser, aggregate_named(name), &aggregate))
        return NULL;
    if (parser->segment.aggregates.len == AGGREGATES_MAX) {
        query_parser_fail(parser, first, parser->previous_end, "stats has more than %d aggregations",
                          AGGREGATES_MAX);
        return NULL;
    }
    aggregate.slot = query_parser_add_slot(parser, QUERY_SLOT_SET, STR_EMPTY);
    VEC_PUSH(parser->arena, &parser->segment.aggregates, aggregate);
    return query_parser_slot_node(parser, aggregate.slot);
}

/* ---- stats ---- */

struct result {
    struct str name;
    size_t first, end; /* where it is named */
    uint16_t slot;
    const struct query_node *node; /* NULL: the slot is an aggregate's, or of by */
};

struct results {
    VEC(struct result) list;
};

/* A field outside of an aggregation has no one value in a group. */
static bool check_result(struct query_parser *parser, const struct query_node *node, size_t first)
{
    bool good = true;
    if (node->op == QUERY_SLOT) {
        good = false;
        for (size_t i = 0; i < parser->segment.aggregates.len; i++)
            good |= parser->segment.aggregates.at[i].slot == node->slot;
    }
    for (size_t i = 0; good && i < node->count; i++)
        good = check_result(parser, node->args[i], first);
    return good || query_parser_fail(parser, first, parser->previous_end,
                                     "stats wants an aggregation, as count(*): a field stands inside one, or "
                                     "behind by");
}

static bool read_alias(struct query_parser *parser, struct result *result)
{
    struct query_token token = parser->token;
    if (token.kind != QUERY_WORD && token.kind != QUERY_NAME)
        return query_parser_unexpected(parser, "the name of a field");
    result->name = token.text;
    result->first = token.first;
    result->end = token.end;
    query_parser_next(parser);
    return true;
}

static bool read_result(struct query_parser *parser, struct results *results, bool by)
{
    struct result result = { .first = parser->token.first };
    parser->aggregates_allowed = !by;
    const struct query_node *node = query_parser_expression(parser);
    parser->aggregates_allowed = false;
    if (!node || (!by && !check_result(parser, node, result.first)))
        return false;
    result.end = parser->previous_end;
    result.name = node->op == QUERY_SLOT ? parser->plan->slots.at[node->slot].name : STR_EMPTY;
    if (str_empty(result.name))
        result.name = str_slice(parser->text, result.first, result.end - result.first);
    if (query_parser_take_word(parser, "as") && !read_alias(parser, &result))
        return false;
    if (by) {
        if (!query_parser_slot_of(parser, node, &result.slot))
            return false;
        VEC_PUSH(parser->arena, &parser->segment.by, result.slot);
    } else if (node->op == QUERY_SLOT) {
        result.slot = node->slot;
    } else {
        result.node = node;
    }
    VEC_PUSH(parser->arena, &results->list, result);
    return true;
}

/* From here on only the results are known: each gets a slot of its name. */
static bool name_results(struct query_parser *parser, const struct results *results)
{
    for (size_t i = 0; i < results->list.len; i++) {
        const struct result *result = &results->list.at[i];
        struct query_stage stage = { .kind = QUERY_SET, .node = result->node };
        if (!stage.node)
            stage.node = query_parser_slot_node(parser, result->slot);
        if (!query_parser_define(parser, result->name, result->first, result->end, &stage.slot))
            return false;
        query_parser_stage(parser, stage);
        if (!parser->has_display)
            query_parser_column(parser, stage.slot);
    }
    return true;
}

bool query_parser_stats(struct query_parser *parser)
{
    struct results values = { 0 }, all = { 0 };
    if (++parser->stats_count > STATS_MAX)
        return query_parser_fail(parser, parser->token.first, parser->token.end,
                                 "a query has at most %d stats commands", STATS_MAX);
    parser->strict = parser->behind_stats;
    do {
        if (!read_result(parser, &values, false))
            return false;
    } while (query_parser_take_mark(parser, ","));
    if (query_parser_take_word(parser, "by")) {
        do {
            if (!read_result(parser, &all, true))
                return false;
        } while (query_parser_take_mark(parser, ","));
    }
    parser->strict = false;
    for (size_t i = 0; i < values.list.len; i++)
        VEC_PUSH(parser->arena, &all.list, values.list.at[i]);
    parser->has_display = false;
    parser->plan->columns.len = 0;
    query_parser_end_segment(parser, QUERY_STATS);
    query_parser_forget_names(parser);
    return name_results(parser, &all);
}

/* ---- pattern ---- */

bool query_parser_pattern(struct query_parser *parser)
{
    static const char *const names[] = { "@pattern", "@ratio", "@sampleCount", "@severityLabel" };
    size_t first = parser->token.first;
    if (parser->behind_stats)
        return query_parser_fail(parser, first, parser->token.end, "pattern cannot stand behind stats");
    const struct query_node *node = query_parser_expression(parser);
    if (!node)
        return false;
    parser->segment.pattern = node;
    struct query_segment *segment = &parser->segment;
    for (size_t i = 0; i < QUERY_PATTERN_SLOTS; i++)
        segment->pattern_slots[i] = query_parser_add_slot(parser, QUERY_SLOT_SET, str_from(names[i]));
    uint16_t slots[QUERY_PATTERN_SLOTS];
    memcpy(slots, segment->pattern_slots, sizeof(slots));
    parser->has_display = false;
    parser->plan->columns.len = 0;
    query_parser_end_segment(parser, QUERY_PATTERN);
    query_parser_forget_names(parser);
    for (size_t i = 0; i < QUERY_PATTERN_SLOTS; i++) {
        struct query_scope_name known = { str_from(names[i]), slots[i] };
        VEC_PUSH(parser->arena, &parser->names, known);
        query_parser_column(parser, slots[i]);
    }
    return !parser->failed;
}
