/* query_parser.h - what the files that read queries share. Of these only:
 *
 *     query_parse.c             commands, and how they make segments
 *     query_parse_stats.c       stats, pattern
 *     query_parse_parse.c       parse
 *     query_parse_expression.c  expressions
 *     query_parse_name.c        names, and the slots that they mean where they stand
 */
#ifndef QUERY_QUERY_PARSER_H
#define QUERY_QUERY_PARSER_H

#include "query/query_lex.h"
#include "query/query_plan.h"

struct query_scope_name {
    struct str name;
    uint16_t slot;
};

struct query_parser {
    struct arena *arena;
    struct str text;
    size_t at; /* behind token */
    struct query_token token;
    size_t previous_end; /* of the token before it */
    struct query_plan *plan;
    struct query_segment segment; /* being built */
    VEC(struct query_scope_name) names;
    bool behind_stats; /* names that are not known mean nothing, not fields of events */
    bool strict;       /* and are refused */
    /* In stats: */
    bool aggregates_allowed;
    unsigned aggregates_inside; /* an aggregate's argument is being read: no other inside */
    size_t nesting;
    VEC(struct query_sort_key) keys; /* of the last sort */
    size_t limit;                    /* of a limit that nothing has followed yet; 0: none */
    bool has_fields, has_display, has_dedup;
    unsigned stats_count;
    struct query_error *reterr;
    bool failed;
};

/* ---- tokens ---- */

void query_parser_next(struct query_parser *parser);
/* False always; the first failure stays. Bytes of the query. */
bool query_parser_fail(struct query_parser *parser, size_t first, size_t end, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* The token that stands there is not what belongs there. wanted may be NULL. */
bool query_parser_unexpected(struct query_parser *parser, const char *wanted);
bool query_parser_is_mark(const struct query_parser *parser, const char *mark);
bool query_parser_is_word(const struct query_parser *parser, const char *word);
bool query_parser_take_mark(struct query_parser *parser, const char *mark);
bool query_parser_take_word(struct query_parser *parser, const char *word);
/* The next thing is a regular expression; the token behind it becomes the parser's. */
bool query_parser_regex(struct query_parser *parser, uint16_t *ret_regex);

/* ---- names ---- */

/* A new slot of that name, hidden from the query when it is empty. */
uint16_t query_parser_add_slot(struct query_parser *parser, enum query_slot_kind kind, struct str name);
/* The same, and the name means it from here on; refused when a command has defined it before. */
bool query_parser_define(struct query_parser *parser, struct str name, size_t first, size_t end,
                         uint16_t *ret_slot);
/* A name where a definition is wanted; the token is taken. */
bool query_parser_define_next(struct query_parser *parser, uint16_t *ret_slot);
/* What a name means here. */
const struct query_node *query_parser_resolve(struct query_parser *parser, struct str name, size_t first,
                                              size_t end);
uint16_t query_parser_system(struct query_parser *parser, struct str name);
/* Behind stats: a column whose name, "count(*)", stands here; its tokens are taken. NULL: none. */
const struct query_node *query_parser_column_here(struct query_parser *parser);
/* Only what is named from here on is known. */
void query_parser_forget_names(struct query_parser *parser);

/* ---- expressions ---- */

/* NULL: it has failed. */
const struct query_node *query_parser_expression(struct query_parser *parser);
const struct query_node *query_parser_slot_node(struct query_parser *parser, uint16_t slot);
/* The aggregate that begins here (the name has been taken, the bracket stands), to be added to the segment. */
const struct query_node *query_parser_aggregate(struct query_parser *parser, struct str name, size_t first);
bool query_parser_is_aggregate(struct str name);
/* The slot that holds the value of the expression: its own when it is but a name, else a new one that a stage sets.
 * name: of the slot; empty: hidden. */
bool query_parser_slot_of(struct query_parser *parser, const struct query_node *node, uint16_t *ret_slot);

/* ---- commands ---- */

bool query_parser_stats(struct query_parser *parser);
bool query_parser_pattern(struct query_parser *parser);
bool query_parser_parse(struct query_parser *parser);
void query_parser_stage(struct query_parser *parser, struct query_stage stage);
void query_parser_end_segment(struct query_parser *parser, enum query_table_kind table);
void query_parser_column(struct query_parser *parser, uint16_t slot);
/* expression [as name]: the slot, which bears the alias, or the text of the expression. */
bool query_parser_named(struct query_parser *parser, uint16_t *ret_slot);

#endif
