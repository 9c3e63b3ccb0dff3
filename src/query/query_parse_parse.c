/* query_parse_parse.c - the command parse: a text with * for what is taken out, or a regular expression with named
 * groups. */
#include "query/query_parser.h"

enum { WILDCARDS_MAX = 100 };

/* Texts between the wildcards; one more than there are of these. */
static size_t split_glob(struct query_parser *parser, struct str glob, const struct str **ret)
{
    VEC(struct str) texts = { 0 };
    struct str piece;
    for (bool more = true; more;) {
        more = str_cut(glob, '*', &piece, &glob);
        VEC_PUSH(parser->arena, &texts, piece);
    }
    *ret = texts.at;
    return texts.len;
}

static bool read_glob(struct query_parser *parser, struct query_stage *stage)
{
    struct query_token token = parser->token;
    VEC(uint16_t) slots = { 0 };
    stage->kind = QUERY_PARSE_GLOB;
    size_t wildcards = split_glob(parser, token.text, &stage->texts) - 1;
    if (wildcards == 0 || wildcards > WILDCARDS_MAX)
        return query_parser_fail(parser, token.first, token.end,
                                 "a parse expression has between 1 and %d wildcards *", WILDCARDS_MAX);
    query_parser_next(parser);
    if (!query_parser_take_word(parser, "as"))
        return query_parser_unexpected(parser, "as and the names of the fields");
    do {
        uint16_t slot;
        if (!query_parser_define_next(parser, &slot))
            return false;
        VEC_PUSH(parser->arena, &slots, slot);
    } while (query_parser_take_mark(parser, ","));
    stage->slots = slots.at;
    stage->count = slots.len;
    return slots.len == wildcards ||
           query_parser_fail(parser, token.first, parser->previous_end,
                             "the parse expression has %zu wildcards * and %zu names of fields", wildcards,
                             slots.len);
}

static bool read_regex(struct query_parser *parser, struct query_stage *stage)
{
    stage->kind = QUERY_PARSE_REGEX;
    struct query_token slash = parser->token;
    parser->at = slash.first;
    parser->token.end = parser->previous_end;
    if (!query_parser_regex(parser, &stage->regex))
        return false;
    const struct str *names;
    stage->count = regex_groups(parser->plan->regexes.at[stage->regex], &names);
    uint16_t *slots = ARENA_ARRAY(parser->arena, uint16_t, stage->count);
    bool named = false;
    for (size_t i = 0; i < stage->count; i++) {
        slots[i] = UINT16_MAX;
        if (str_empty(names[i]))
            continue;
        named = true;
        if (!query_parser_define(parser, names[i], slash.first, parser->previous_end, &slots[i]))
            return false;
    }
    stage->slots = slots;
    if (query_parser_is_word(parser, "multi"))
        return query_parser_fail(parser, parser->token.first, parser->token.end,
                                 "Crema does not support parse ... multi");
    return named || query_parser_fail(parser, slash.first, parser->previous_end,
                                      "the regular expression has no named group, as (?<name>.*)");
}

bool query_parser_parse(struct query_parser *parser)
{
    struct query_stage stage = { 0 };
    bool has_field = parser->token.kind != QUERY_STRING && !query_parser_is_mark(parser, "/");
    if (query_parser_is_word(parser, "logfmt") || query_parser_is_word(parser, "csv"))
        return query_parser_fail(parser, parser->token.first, parser->token.end,
                                 "Crema does not support parse %.*s", STR_ARG(parser->token.text));
    if (has_field) {
        /* A slash behind it begins the regular expression: no division here. */
        struct query_token token = parser->token;
        if (token.kind == QUERY_WORD && parser->at < parser->text.len &&
            parser->text.ptr[parser->at] == '(') {
            stage.node = query_parser_expression(parser);
        } else if (token.kind == QUERY_WORD || token.kind == QUERY_NAME) {
            query_parser_next(parser);
            stage.node = query_parser_resolve(parser, token.text, token.first, token.end);
        } else {
            return query_parser_unexpected(parser, "the name of a field, or an expression in quotes or / /");
        }
    } else {
        stage.node = query_parser_resolve(parser, STR("@message"), parser->token.first, parser->token.first);
    }
    if (!stage.node)
        return false;
    if (query_parser_is_word(parser, "logfmt") || query_parser_is_word(parser, "csv"))
        return query_parser_fail(parser, parser->token.first, parser->token.end,
                                 "Crema does not support parse %.*s", STR_ARG(parser->token.text));
    bool good = parser->token.kind == QUERY_STRING ? read_glob(parser, &stage)
                : query_parser_is_mark(parser, "/")
                    ? read_regex(parser, &stage)
                    : query_parser_unexpected(parser, "a text in quotes, or /a regular expression/");
    if (!good)
        return false;
    query_parser_stage(parser, stage);
    for (size_t i = 0; i < stage.count && !parser->has_display; i++)
        if (stage.slots[i] != UINT16_MAX)
            query_parser_column(parser, stage.slots[i]);
    return true;
}
