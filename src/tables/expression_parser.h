/* expression_parser.h - what the parsers of the kinds of expressions share: tokens, paths, operands, faults.
 *
 * A parser keeps two faults apart: what does not parse ends it; what parses but makes no sense is kept (the
 * first of them) and said once the whole text has parsed.
 */
#ifndef TABLES_EXPRESSION_PARSER_H
#define TABLES_EXPRESSION_PARSER_H

#include "tables/expression.h"

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,   /* a letter or _, then letters, digits, _ */
    TOKEN_NAME,   /* #word */
    TOKEN_VALUE,  /* :word */
    TOKEN_NUMBER, /* digits */
    TOKEN_SIGN,   /* ( ) [ ] , . + - = <> < <= > >= */
    TOKEN_OTHER,  /* a character that belongs nowhere */
};

struct token {
    enum token_kind kind;
    size_t from, end;
    struct str text;
};

struct parser {
    struct scope *scope;
    const char *kind; /* "UpdateExpression" */
    struct str text;
    struct token before, token, after; /* the one taken last, the one to look at, the one behind it */
    unsigned depth, operators;
    size_t pair_from, pair_end; /* of the pair of parentheses around a condition that closed last */
    bool broken;                /* it does not parse: scope->fault is set */
    struct str senseless;       /* the first thing that makes no sense; empty: none */
};

/* False when the text is empty or too long. */
bool parser_init(struct parser *parser, struct scope *scope, const char *kind, struct str text);
/* After the last token: sets the fault for what was kept. True when the expression is good. */
bool parser_finish(struct parser *parser);

void parser_advance(struct parser *parser);
bool parser_at_sign(const struct parser *parser, const char *sign);
bool parser_at_word(const struct parser *parser, const char *word); /* keywords: in any case */
bool parser_take_sign(struct parser *parser, const char *sign);     /* advances when it is there */
bool parser_take_word(struct parser *parser, const char *word);
bool parser_need_sign(struct parser *parser, const char *sign); /* or it is a syntax error */

/* At the token to look at. Always false. */
bool parser_syntax_error(struct parser *parser);
/* Ends the parse with a text of its own. Always false. */
bool parser_refuse(struct parser *parser, const char *format, ...) PRINTF_LIKE(2, 3);
/* Keeps the first. */
void parser_senseless(struct parser *parser, const char *format, ...) PRINTF_LIKE(2, 3);
bool parser_enter(struct parser *parser); /* one level deeper; parser_leave takes it back */
void parser_leave(struct parser *parser);
void parser_count_operator(struct parser *parser);

/* A word of the list of reserved ones, in any case. */
bool reserved_word(struct str word);

bool parse_path(struct parser *parser, struct path *ret);
/* Never NULL after true; NULL value of a placeholder that is not defined is kept as
 * senseless, and a NULL put in. */
bool parse_value(struct parser *parser, const struct value **ret);

#endif
