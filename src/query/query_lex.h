/* query_lex.h - the tokens of a query. */
#ifndef QUERY_QUERY_LEX_H
#define QUERY_QUERY_LEX_H

#include "base/arena.h"

enum query_token_kind {
    QUERY_END,
    QUERY_WORD,   /* name or keyword; of names with dots, indexes and backticks the whole; text is decoded */
    QUERY_NAME,   /* the same, with a backtick or an index in it: never a keyword */
    QUERY_DIGITS, /* a number, or a number and a unit: 5m */
    QUERY_STRING, /* text is decoded */
    QUERY_MARK,   /* ( ) [ ] , | = != < <= > >= + - * / % ^ =~ */
    QUERY_BAD,    /* text says why */
};

struct query_token {
    enum query_token_kind kind;
    struct str text;
    size_t first, end; /* bytes of the query */
};

/* The token at or behind *at, which is moved past it. Comments and white space are passed over. */
struct query_token query_lex(struct arena *arena, struct str query, size_t *at);
/* A /regex/ at or behind *at. BAD: there is none, or it does not end. text: what stands between the slashes. */
struct query_token query_lex_regex(struct str query, size_t *at);

#endif
