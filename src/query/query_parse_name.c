/* query_parse_name.c - names, and the slots that they mean where they stand. */
#include "query/query_parser.h"

static const struct {
    const char *name;
    enum query_slot_kind kind;
} system_names[] = {
    { "@timestamp", QUERY_SLOT_TIMESTAMP },
    { "@ingestionTime", QUERY_SLOT_INGESTION_TIME },
    { "@message", QUERY_SLOT_MESSAGE },
    { "@logStream", QUERY_SLOT_STREAM },
    { "@log", QUERY_SLOT_LOG },
    { "@ptr", QUERY_SLOT_POINTER },
};

enum { SYSTEM_NAMES = sizeof(system_names) / sizeof(system_names[0]) };

uint16_t query_parser_add_slot(struct query_parser *parser, enum query_slot_kind kind, struct str name)
{
    struct query_plan *plan = parser->plan;
    if (plan->slots.len == QUERY_SLOTS_MAX) {
        query_parser_fail(parser, parser->token.first, parser->token.end, "the query has more than %d fields",
                          QUERY_SLOTS_MAX);
        return 0;
    }
    struct query_slot slot = { .kind = kind, .name = name };
    if (kind == QUERY_SLOT_JSON) {
        slot.path = str_starts(name, STR("@@")) ? str_from_offset(name, 1) : name;
        VEC_PUSH(parser->arena, &plan->json, (uint16_t)plan->slots.len);
    }
    VEC_PUSH(parser->arena, &plan->slots, slot);
    return (uint16_t)(plan->slots.len - 1);
}

static void add_name(struct query_parser *parser, struct str name, uint16_t slot)
{
    struct query_scope_name known = { name, slot };
    VEC_PUSH(parser->arena, &parser->names, known);
}

/* What was named last counts. */
static const struct query_scope_name *find(const struct query_parser *parser, struct str name)
{
    for (size_t i = parser->names.len; i-- > 0;)
        if (str_eq(parser->names.at[i].name, name))
            return &parser->names.at[i];
    return NULL;
}

static uint16_t named_slot(struct query_parser *parser, enum query_slot_kind kind, struct str name)
{
    const struct query_scope_name *known = find(parser, name);
    if (known)
        return known->slot;
    uint16_t slot = query_parser_add_slot(parser, kind, name);
    add_name(parser, name, slot);
    return slot;
}

uint16_t query_parser_system(struct query_parser *parser, struct str name)
{
    for (size_t i = 0; i < SYSTEM_NAMES; i++)
        if (str_eq(name, str_from(system_names[i].name)))
            return named_slot(parser, system_names[i].kind, name);
    return 0;
}

bool query_parser_define(struct query_parser *parser, struct str name, size_t first, size_t end,
                         uint16_t *ret_slot)
{
    const struct query_scope_name *known = find(parser, name);
    if (known && parser->plan->slots.at[known->slot].kind == QUERY_SLOT_SET)
        return query_parser_fail(parser, first, end, "the field %.*s is already defined in this query",
                                 STR_ARG(name));
    *ret_slot = query_parser_add_slot(parser, QUERY_SLOT_SET, name);
    add_name(parser, name, *ret_slot);
    return !parser->failed;
}

bool query_parser_define_next(struct query_parser *parser, uint16_t *ret_slot)
{
    struct query_token token = parser->token;
    if (token.kind != QUERY_WORD && token.kind != QUERY_NAME)
        return query_parser_unexpected(parser, "the name of a field");
    query_parser_next(parser);
    return query_parser_define(parser, token.text, token.first, token.end, ret_slot);
}

/* a.b.c where a, or a.b, has been defined: what lies in it. */
static const struct query_node *member(struct query_parser *parser, struct str name)
{
    for (size_t len = name.len; len-- > 1;) {
        if (name.ptr[len] != '.')
            continue;
        const struct query_scope_name *known = find(parser, str_slice(name, 0, len));
        if (!known || parser->plan->slots.at[known->slot].kind != QUERY_SLOT_SET)
            continue;
        struct query_node *node = ARENA_NEW(parser->arena, struct query_node);
        node->op = QUERY_MEMBER;
        node->path = str_from_offset(name, len + 1);
        node->args = ARENA_ARRAY(parser->arena, const struct query_node *, 1);
        node->args[0] = query_parser_slot_node(parser, known->slot);
        node->count = 1;
        return node;
    }
    return NULL;
}

static const struct query_node *field(struct query_parser *parser, struct str name, size_t first, size_t end)
{
    if (parser->behind_stats) {
        if (parser->strict) {
            query_parser_fail(parser, first, end,
                              "the field %.*s is not a result of the stats command before", STR_ARG(name));
            return NULL;
        }
        return query_parser_slot_node(parser, named_slot(parser, QUERY_SLOT_GONE, name));
    }
    for (size_t i = 0; i < SYSTEM_NAMES; i++)
        if (str_eq(name, str_from(system_names[i].name)))
            return query_parser_slot_node(parser, query_parser_system(parser, name));
    if (str_starts(name, STR("@")) && !str_starts(name, STR("@@"))) {
        query_parser_fail(parser, first, end,
                          "Crema does not discover the field %.*s: extract it from @message with parse",
                          STR_ARG(name));
        return NULL;
    }
    return query_parser_slot_node(parser, named_slot(parser, QUERY_SLOT_JSON, name));
}

const struct query_node *query_parser_resolve(struct query_parser *parser, struct str name, size_t first,
                                              size_t end)
{
    const struct query_scope_name *known = find(parser, name);
    if (known)
        return query_parser_slot_node(parser, known->slot);
    const struct query_node *inside = member(parser, name);
    return inside ? inside : field(parser, name, first, end);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Bytes of the text that are the name, white space aside; 0: they are not. */
static size_t match_name(struct str text, struct str name)
{
    size_t at = 0;
    for (size_t i = 0; i < name.len; i++) {
        if (is_space(name.ptr[i]))
            continue;
        while (at < text.len && is_space(text.ptr[at]))
            at++;
        if (at == text.len || text.ptr[at++] != name.ptr[i])
            return 0;
    }
    return at;
}

const struct query_node *query_parser_column_here(struct query_parser *parser)
{
    for (size_t i = 0; parser->behind_stats && i < parser->names.len; i++) {
        struct query_scope_name known = parser->names.at[i];
        if (str_find_char(known.name, '(') == STR_NOT_FOUND)
            continue;
        size_t len = match_name(str_from_offset(parser->text, parser->token.first), known.name);
        if (!len)
            continue;
        parser->at = parser->token.first + len;
        query_parser_next(parser);
        return query_parser_slot_node(parser, known.slot);
    }
    return NULL;
}

void query_parser_forget_names(struct query_parser *parser)
{
    parser->names.len = 0;
    parser->behind_stats = true;
}
