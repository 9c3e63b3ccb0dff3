/* query_parse.c - commands, and how they make segments.
 *
 * What goes record by record (fields, filter, parse, unnest) becomes stages. A table ends the segment: stats, dedup,
 * pattern, a limit that something follows, and the end of the query. sort is kept for the table that ends its segment:
 * the stages between do not change the order.
 */
#include "base/utf8.h"
#include "query/query_parser.h"

#include <stdarg.h>

enum { TABLES_MAX = 16 }; /* regular expressions of a query that have one */

/* ---- tokens and failures ---- */

bool query_parser_fail(struct query_parser *parser, size_t first, size_t end, const char *format, ...)
{
    if (parser->failed)
        return false;
    parser->failed = true;
    va_list args;
    va_start(args, format);
    parser->reterr->message = arena_vprintf(parser->arena, format, args);
    va_end(args);
    parser->reterr->first = utf8_count_utf16(str_slice(parser->text, 0, first));
    parser->reterr->end = utf8_count_utf16(str_slice(parser->text, 0, end));
    return false;
}

bool query_parser_unexpected(struct query_parser *parser, const char *wanted)
{
    struct query_token token = parser->token;
    unsigned line, column;
    json_place(parser->text, token.first, &line, &column);
    struct str text = token.kind == QUERY_END || token.kind == QUERY_BAD
                          ? token.text
                          : str_slice(parser->text, token.first, token.end - token.first);
    if (wanted)
        return query_parser_fail(parser, token.first, token.end,
                                 "unexpected symbol found %.*s at line %u and position %u, expected %s",
                                 STR_ARG(text), line, column, wanted);
    return query_parser_fail(parser, token.first, token.end,
                             "unexpected symbol found %.*s at line %u and position %u", STR_ARG(text), line,
                             column);
}

void query_parser_next(struct query_parser *parser)
{
    parser->previous_end = parser->token.end;
    parser->token = query_lex(parser->arena, parser->text, &parser->at);
    if (parser->token.kind == QUERY_BAD)
        query_parser_unexpected(parser, NULL);
}

bool query_parser_is_mark(const struct query_parser *parser, const char *mark)
{
    return parser->token.kind == QUERY_MARK && str_eq(parser->token.text, str_from(mark));
}

bool query_parser_is_word(const struct query_parser *parser, const char *word)
{
    return parser->token.kind == QUERY_WORD && str_eq_ignore_case(parser->token.text, str_from(word));
}

bool query_parser_take_mark(struct query_parser *parser, const char *mark)
{
    if (!query_parser_is_mark(parser, mark))
        return false;
    query_parser_next(parser);
    return true;
}

bool query_parser_take_word(struct query_parser *parser, const char *word)
{
    if (!query_parser_is_word(parser, word))
        return false;
    query_parser_next(parser);
    return true;
}

bool query_parser_regex(struct query_parser *parser, uint16_t *ret_regex)
{
    struct query_token token = query_lex_regex(parser->text, &parser->at);
    const struct regex *regex;
    struct diag diag;
    size_t at;
    if (token.kind == QUERY_BAD)
        return query_parser_fail(parser, token.first, token.end, "%.*s", STR_ARG(token.text));
    /* A table takes some milliseconds to make, where the expression is unkind. */
    unsigned flags = parser->plan->regexes.len < TABLES_MAX ? 0 : REGEX_STEPWISE;
    if (regex_compile_groups(parser->arena, token.text, flags, &regex, &at, &diag) != ERR_OK)
        return query_parser_fail(parser, token.first + 1 + at, token.end,
                                 "the regular expression is not supported: %s", diag.text);
    *ret_regex = (uint16_t)parser->plan->regexes.len;
    VEC_PUSH(parser->arena, &parser->plan->regexes, regex);
    parser->token = token; /* what stood here is done */
    query_parser_next(parser);
    return !parser->failed;
}

/* ---- segments ---- */

void query_parser_stage(struct query_parser *parser, struct query_stage stage)
{
    VEC_PUSH(parser->arena, &parser->segment.stages, stage);
}

void query_parser_end_segment(struct query_parser *parser, enum query_table_kind table)
{
    parser->segment.table = table;
    if (table == QUERY_TOP || table == QUERY_DEDUP) {
        for (size_t i = 0; i < parser->keys.len; i++)
            VEC_PUSH(parser->arena, &parser->segment.keys, parser->keys.at[i]);
    }
    VEC_PUSH(parser->arena, &parser->plan->segments, parser->segment);
    parser->segment = (struct query_segment){ 0 };
    parser->keys.len = 0;
    parser->limit = 0;
}

void query_parser_column(struct query_parser *parser, uint16_t slot)
{
    for (size_t i = 0; i < parser->plan->columns.len; i++)
        if (parser->plan->columns.at[i] == slot)
            return;
    VEC_PUSH(parser->arena, &parser->plan->columns, slot);
}

bool query_parser_slot_of(struct query_parser *parser, const struct query_node *node, uint16_t *ret_slot)
{
    if (node->op == QUERY_SLOT) {
        *ret_slot = node->slot;
        return true;
    }
    struct query_stage stage = { .kind = QUERY_SET, .node = node };
    stage.slot = *ret_slot = query_parser_add_slot(parser, QUERY_SLOT_SET, STR_EMPTY);
    query_parser_stage(parser, stage);
    return !parser->failed;
}

/* The text of what was just read, as a result's name. */
static struct str text_since(const struct query_parser *parser, size_t first)
{
    return str_slice(parser->text, first, parser->previous_end - first);
}

bool query_parser_named(struct query_parser *parser, uint16_t *ret_slot)
{
    size_t first = parser->token.first;
    const struct query_node *node = query_parser_expression(parser);
    if (!node)
        return false;
    struct query_stage stage = { .kind = QUERY_SET, .node = node };
    if (query_parser_take_word(parser, "as")) {
        if (!query_parser_define_next(parser, ret_slot))
            return false;
    } else if (node->op == QUERY_SLOT) {
        *ret_slot = node->slot;
        return true;
    } else {
        /* The same expression twice is one column. */
        struct str name = text_since(parser, first);
        *ret_slot = query_parser_add_slot(parser, QUERY_SLOT_SET, name);
        struct query_scope_name known = { name, *ret_slot };
        VEC_PUSH(parser->arena, &parser->names, known);
    }
    stage.slot = *ret_slot;
    query_parser_stage(parser, stage);
    return !parser->failed;
}

/* ---- commands ---- */

static bool read_fields(struct query_parser *parser)
{
    parser->has_fields = true;
    do {
        uint16_t slot;
        if (!query_parser_named(parser, &slot))
            return false;
        if (!parser->has_display)
            query_parser_column(parser, slot);
    } while (query_parser_take_mark(parser, ","));
    return true;
}

/* The last of them counts. */
static bool read_display(struct query_parser *parser)
{
    parser->has_display = true;
    parser->plan->columns.len = 0;
    do {
        uint16_t slot;
        if (!query_parser_named(parser, &slot))
            return false;
        query_parser_column(parser, slot);
    } while (query_parser_take_mark(parser, ","));
    return true;
}

static bool read_filter(struct query_parser *parser)
{
    const struct query_node *node = query_parser_expression(parser);
    if (node)
        query_parser_stage(parser, (struct query_stage){ .kind = QUERY_FILTER, .node = node });
    return node != NULL;
}

static bool read_sort(struct query_parser *parser)
{
    parser->keys.len = 0;
    do {
        const struct query_node *node = query_parser_expression(parser);
        struct query_sort_key key = { 0 };
        if (!node || !query_parser_slot_of(parser, node, &key.slot))
            return false;
        key.descending = query_parser_take_word(parser, "desc");
        if (!key.descending)
            (void)query_parser_take_word(parser, "asc");
        VEC_PUSH(parser->arena, &parser->keys, key);
    } while (query_parser_take_mark(parser, ","));
    return true;
}

static bool read_limit(struct query_parser *parser)
{
    struct query_token token = parser->token;
    int64_t limit;
    if (token.kind != QUERY_DIGITS || !str_to_i64(token.text, &limit))
        return query_parser_unexpected(parser, "a number");
    if (limit < 1 || limit > QUERY_LIMIT_MAX)
        return query_parser_fail(parser, token.first, token.end, "a limit is between 1 and %d",
                                 QUERY_LIMIT_MAX);
    query_parser_next(parser);
    parser->limit = (size_t)limit;
    parser->plan->has_limit = true;
    return true;
}

static bool read_dedup(struct query_parser *parser)
{
    do {
        const struct query_node *node = query_parser_expression(parser);
        uint16_t slot;
        if (!node || !query_parser_slot_of(parser, node, &slot))
            return false;
        VEC_PUSH(parser->arena, &parser->segment.by, slot);
    } while (query_parser_take_mark(parser, ","));
    query_parser_end_segment(parser, QUERY_DEDUP);
    parser->has_dedup = true;
    return true;
}

static bool read_unnest(struct query_parser *parser)
{
    struct query_stage stage = { .kind = QUERY_UNNEST };
    stage.node = query_parser_expression(parser);
    if (!stage.node)
        return false;
    if (!query_parser_take_word(parser, "into"))
        return query_parser_unexpected(parser, "into");
    if (!query_parser_define_next(parser, &stage.slot))
        return false;
    query_parser_stage(parser, stage);
    if (!parser->has_display)
        query_parser_column(parser, stage.slot);
    return true;
}

static const struct {
    const char *name;
    bool (*read)(struct query_parser *parser);
} commands[] = {
    { "fields", read_fields },       { "display", read_display },     { "filter", read_filter },
    { "where", read_filter },        { "sort", read_sort },           { "limit", read_limit },
    { "head", read_limit },          { "dedup", read_dedup },         { "unnest", read_unnest },
    { "parse", query_parser_parse }, { "stats", query_parser_stats }, { "pattern", query_parser_pattern },
};

/* What the service has and Crema does not, by name. */
static const char *const not_built[] = { "addtotals", "anomaly", "diff",       "filterIndex", "join",
                                         "lookup",    "SOURCE",  "subqueries", "tail",        "unmask" };

static bool refuse_command(struct query_parser *parser)
{
    struct query_token token = parser->token;
    for (size_t i = 0; i < sizeof(not_built) / sizeof(not_built[0]); i++)
        if (query_parser_is_word(parser, not_built[i]))
            return query_parser_fail(parser, token.first, token.end, "Crema does not support the command %s",
                                     not_built[i]);
    if (token.kind == QUERY_WORD)
        return query_parser_fail(parser, token.first, token.end,
                                 "there is no command %.*s, or Crema does not support it",
                                 STR_ARG(token.text));
    return query_parser_unexpected(parser, "a command");
}

static bool read_command(struct query_parser *parser)
{
    struct query_token token = parser->token;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (!query_parser_is_word(parser, commands[i].name))
            continue;
        bool is_limit = commands[i].read == read_limit;
        if (parser->has_dedup && !is_limit)
            return query_parser_fail(parser, token.first, token.end,
                                     "only limit may stand behind dedup, not %s", commands[i].name);
        if (parser->limit && !is_limit && commands[i].read != read_display) {
            parser->segment.limit = parser->limit;
            query_parser_end_segment(parser, QUERY_TOP);
        }
        query_parser_next(parser);
        return commands[i].read(parser);
    }
    return refuse_command(parser);
}

static bool read_query(struct query_parser *parser)
{
    query_parser_next(parser);
    /* The older syntax let a bar, or nothing at all, begin the query. */
    (void)query_parser_take_mark(parser, "|");
    if (parser->token.kind == QUERY_END)
        return !parser->failed;
    do {
        if (!read_command(parser) || parser->failed)
            return false;
    } while (query_parser_take_mark(parser, "|"));
    return parser->token.kind == QUERY_END || query_parser_unexpected(parser, "| or the end of the query");
}

/* ---- the whole ---- */

/* Slots that a later part looks at, onto the list of kept ones. */
static void keep(struct arena *arena, struct query_segment *segment, uint16_t slot)
{
    for (size_t i = 0; i < segment->kept.len; i++)
        if (segment->kept.at[i] == slot)
            return;
    VEC_PUSH(arena, &segment->kept, slot);
}

static void keep_node(struct arena *arena, struct query_segment *segment, const struct query_node *node)
{
    if (!node)
        return;
    if (node->op == QUERY_SLOT)
        keep(arena, segment, node->slot);
    for (size_t i = 0; i < node->count; i++)
        keep_node(arena, segment, node->args[i]);
}

static void keep_used(struct arena *arena, struct query_segment *segment, const struct query_segment *later)
{
    for (size_t i = 0; i < later->stages.len; i++)
        keep_node(arena, segment, later->stages.at[i].node);
    for (size_t i = 0; i < later->keys.len; i++)
        keep(arena, segment, later->keys.at[i].slot);
    for (size_t i = 0; i < later->by.len; i++)
        keep(arena, segment, later->by.at[i]);
    for (size_t i = 0; i < later->aggregates.len; i++)
        keep_node(arena, segment, later->aggregates.at[i].node);
    keep_node(arena, segment, later->pattern);
}

/* Keys of a segment come first in what it keeps, in order. */
static void find_kept(struct arena *arena, struct query_plan *plan)
{
    for (size_t i = 0; i < plan->segments.len; i++) {
        struct query_segment *segment = &plan->segments.at[i];
        for (size_t j = 0; j < segment->keys.len; j++)
            VEC_PUSH(arena, &segment->kept, segment->keys.at[j].slot);
        for (size_t j = i + 1; j < plan->segments.len; j++)
            keep_used(arena, segment, &plan->segments.at[j]);
        for (size_t j = 0; j < plan->columns.len; j++)
            keep(arena, segment, plan->columns.at[j]);
    }
}

static void add_needle(struct query_plan *plan, struct str needle)
{
    if (!str_empty(needle) && plan->needle_count < QUERY_NEEDLES_MAX)
        plan->needles[plan->needle_count++] = needle;
}

/* Bytes that stand in the message of every event that the condition lets through. */
static void find_needles(struct query_plan *plan, const struct query_node *node)
{
    for (; node->op == QUERY_AND; node = node->args[0])
        find_needles(plan, node->args[1]);
    if (node->negated || (node->op != QUERY_CONTAINS && node->op != QUERY_MATCHES) ||
        node->args[0]->op != QUERY_SLOT || plan->slots.at[node->args[0]->slot].kind != QUERY_SLOT_MESSAGE)
        return;
    add_needle(plan, node->op == QUERY_CONTAINS ? node->literal.text
                                                : regex_literal(plan->regexes.at[node->regex]));
}

static void finish(struct query_parser *parser, size_t limit)
{
    struct query_plan *plan = parser->plan;
    bool shows_events = !parser->behind_stats;
    if (shows_events && !parser->has_fields && !parser->has_display) {
        VEC(uint16_t) extracted = { plan->columns.at, plan->columns.len, plan->columns.cap };
        plan->columns.at = NULL;
        plan->columns.len = plan->columns.cap = 0;
        query_parser_column(parser, query_parser_system(parser, STR("@timestamp")));
        query_parser_column(parser, query_parser_system(parser, STR("@message")));
        for (size_t i = 0; i < extracted.len; i++)
            query_parser_column(parser, extracted.at[i]);
    }
    plan->of_events = shows_events;
    parser->segment.limit = parser->limit     ? parser->limit
                            : plan->has_limit ? QUERY_LIMIT_MAX
                            : limit           ? limit
                                              : QUERY_LIMIT_DEFAULT;
    query_parser_end_segment(parser, QUERY_TOP);
    find_kept(parser->arena, plan);
    const struct query_segment *first = &plan->segments.at[0];
    for (size_t i = 0; i < first->stages.len && first->stages.at[i].kind == QUERY_FILTER; i++)
        find_needles(plan, first->stages.at[i].node);
}

bool query_compile(struct arena *arena, struct str text, size_t limit, const struct query_plan **ret,
                   struct query_error *reterr)
{
    struct query_plan *plan = ARENA_NEW(arena, struct query_plan);
    struct query_parser parser = {
        .arena = arena, .text = arena_copy(arena, text), .plan = plan, .reterr = reterr
    };
    plan->text = parser.text;
    if (utf8_count_utf16(text) > QUERY_STRING_MAX)
        return query_parser_fail(&parser, 0, text.len, "the query has more than %d characters",
                                 QUERY_STRING_MAX);
    if (!read_query(&parser))
        return false;
    finish(&parser, limit);
    *ret = plan;
    return !parser.failed;
}
