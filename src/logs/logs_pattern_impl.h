/* logs_pattern_impl.h - the compiled form of a filter pattern, for those who make it and match with it:
 * logs_pattern.c (terms, and what all share), logs_pattern_condition.c (conditions and what joins them),
 * logs_pattern_json.c and logs_pattern_fields.c (where values are found).
 */
#ifndef LOGS_LOGS_PATTERN_IMPL_H
#define LOGS_LOGS_PATTERN_IMPL_H

#include "base/regex.h"
#include "base/vec.h"
#include "json/json_index.h"
#include "logs/logs_pattern.h"

/* ---- the form ---- */

enum logs_term_kind { LOGS_TERM_REQUIRED, LOGS_TERM_EXCLUDED, LOGS_TERM_OPTIONAL };

struct logs_term {
    enum logs_term_kind kind;
    struct str text; /* empty: of any message */
};

enum logs_step_kind { LOGS_STEP_NAME, LOGS_STEP_INDEX, LOGS_STEP_ANY_MEMBER, LOGS_STEP_ANY_ITEM };

struct logs_step {
    enum logs_step_kind kind;
    struct str name;
    uint64_t index;
};

struct logs_selector {
    struct str text; /* as written */
    struct logs_step *steps;
    size_t count;
    bool wildcard;
};

/* A decimal number: its sign, and the rest as JSON writes it. */
struct logs_number {
    bool negative;
    struct str digits;
};

enum logs_relation {
    LOGS_EQUAL,
    LOGS_NOT_EQUAL,
    LOGS_LESS,
    LOGS_LESS_OR_EQUAL,
    LOGS_MORE,
    LOGS_MORE_OR_EQUAL,
    LOGS_IS_NULL,
    LOGS_IS_TRUE,
    LOGS_IS_FALSE,
    LOGS_NOT_EXISTS,
};

enum logs_operand { LOGS_OPERAND_NUMBER, LOGS_OPERAND_TEXT, LOGS_OPERAND_REGEX };

struct logs_condition {
    const struct logs_selector *selector; /* of a JSON pattern */
    enum logs_relation relation;
    enum logs_operand operand;
    struct logs_number number;
    struct str text;
    bool any_before, any_after; /* a text with * at its ends */
    const struct regex *regex;
};

enum logs_expression_kind { LOGS_CONDITION, LOGS_AND, LOGS_OR };

struct logs_expression {
    enum logs_expression_kind kind;
    const struct logs_expression *left, *right;
    struct logs_condition condition;
};

struct logs_item {
    struct str name;                         /* empty: none */
    const struct logs_expression *condition; /* NULL: none */
};

enum logs_form_kind { LOGS_FORM_TERMS, LOGS_FORM_REGEX, LOGS_FORM_JSON, LOGS_FORM_FIELDS };

struct logs_pattern_form {
    enum logs_form_kind kind;
    const struct logs_term *terms;
    size_t term_count;
    const struct regex *regex;
    const struct logs_expression *root;
    const struct logs_selector **selectors; /* of the root, each once */
    size_t selector_count;
    struct str
        likely; /* of JSON: stands in every message that matches and has no backslash; empty: not known */
    struct logs_item *items;
    size_t item_count, items_before; /* before the ellipsis; without one: all */
    bool ellipsis;
    bool open_end; /* the last item is a mere name: it stands for what is left */
    struct str *needles;
    size_t needle_count;
    unsigned regex_count;
};

/* ---- matching ---- */

struct logs_matcher {
    struct json_index index;
    struct arena arena; /* decoded strings of one message */
    struct str *fields; /* of one message */
    size_t field_count, field_room;
};

/* ---- reading ---- */

struct logs_pattern_parser {
    struct arena *arena;
    struct str text;
    size_t at;
    unsigned depth;
    struct str
        item; /* a space-delimited pattern: the name of the field whose conditions are read; empty: not known */
    struct logs_pattern_form *form;
    unsigned wildcards;
    VEC(const struct logs_selector *) selectors;
    VEC(struct str) needles;
    struct fault *fault;
};

/* Sets the fault, with the place; false. */
bool logs_parse_refuse(struct logs_pattern_parser *p, const char *format, ...) PRINTF_LIKE(2, 3);
void logs_parse_space(struct logs_pattern_parser *p);
bool logs_parse_peek(const struct logs_pattern_parser *p, const char *literal);
bool logs_parse_take(struct logs_pattern_parser *p, const char *literal);
/* From the quote on: \" and \\ stand for the second character, any other backslash for itself. */
bool logs_parse_quoted(struct logs_pattern_parser *p, char quote, struct str *ret);
/* From the % on. */
bool logs_parse_regex(struct logs_pattern_parser *p, const struct regex **ret, struct str *ret_text);

/* Conditions joined by && and ||, and parentheses. NULL: refused. */
const struct logs_expression *logs_parse_expression(struct logs_pattern_parser *p);
/* The left side of a condition. */
const struct logs_selector *logs_parse_selector(struct logs_pattern_parser *p);
bool logs_parse_item_name(struct logs_pattern_parser *p, struct str *ret);

bool logs_parse_json(struct logs_pattern_parser *p);
bool logs_parse_fields(struct logs_pattern_parser *p);

/* The conditions that hold in every match of an expression are told one by one. */
typedef void logs_condition_f(struct logs_pattern_parser *p, const struct logs_condition *condition);
void logs_each_required(struct logs_pattern_parser *p, const struct logs_expression *expression,
                        logs_condition_f *call);

/* ---- the languages' matching ---- */

/* As JSON writes numbers, but with + and zeros before it; exponent: whether it may have one. */
bool logs_number_read(struct str text, bool exponent, struct logs_number *ret);
/* =, != and so on; exponent: whether text may be a number with one. */
bool logs_condition_holds(const struct logs_condition *condition, struct str text, bool exponent);

bool logs_json_matches(const struct logs_pattern_form *form, struct logs_matcher *matcher,
                       struct str message);
/* The first value that a selector finds. */
bool logs_json_value(const struct logs_selector *selector, struct logs_matcher *matcher, struct arena *arena,
                     struct str message, struct str *ret);

bool logs_fields_match(const struct logs_pattern_form *form, struct logs_matcher *matcher,
                       struct str message);
/* Fills matcher->fields. */
void logs_fields_split(struct logs_matcher *matcher, struct str message);
/* The field of the message, counted from 0, that an item stands for. */
size_t logs_fields_place(const struct logs_pattern_form *form, const struct logs_matcher *matcher,
                         size_t item);

#endif
