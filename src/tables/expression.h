/* expression.h - condition, key condition, update and projection expressions.
 *
 *   text + names + values -> a parsed expression -> held against an item, or applied to it
 *
 * Truths:  1. A parsed expression is immutable and holds no placeholder any more: names and values are in it.
 *          2. Depth, length and number of operators are bounded before anything recurses.
 *          3. Refusals are the service's texts. What does not parse at all is said before what does not make
 *             sense.
 *          4. An update reads the item as it was before any of it was applied.
 * Threads: pure. Everything lives in the arena of the scope, or of the call.
 */
#ifndef TABLES_EXPRESSION_H
#define TABLES_EXPRESSION_H

#include "base/fault.h"
#include "tables/value.h"

enum {
    EXPRESSION_BYTES_MAX = 4096,
    EXPRESSION_OPERATORS_MAX = 300,
    EXPRESSION_DEPTH_MAX = 100, /* parentheses, NOTs, functions and steps of a path in one another */
    EXPRESSION_NAME_BYTES_MAX = 255,
    EXPRESSION_IN_MAX = 100,
};

/* ---- scope: the placeholders of one request ---- */

struct placeholder {
    struct str key; /* with # or : */
    struct str name;
    struct value value;
    bool used;
};

struct scope {
    struct arena *arena;
    struct fault *fault;
    struct placeholder *names, *values; /* in the order of the request */
    uint32_t name_count, value_count;
};

/* names, values: ExpressionAttributeNames and ...Values, NULL when absent. False with the fault set. */
bool scope_init(struct scope *scope, struct arena *arena, const struct json *names, const struct json *values,
                struct fault *fault);
/* After the last expression: what was given and used by none is refused. */
bool scope_all_used(struct scope *scope);

/* ---- paths ---- */

struct path_step {
    struct str name; /* a member; */
    uint32_t index;  /* or a place in a list */
    bool is_index;
};

struct path {
    const struct path_step *steps; /* at least one; the first is a name */
    uint32_t count;
};

const struct value *path_find(const struct path *path, const struct value *item); /* NULL: nothing there */
struct str path_show(struct arena *arena, const struct path *path);               /* [a, b, [0]] */
/* Paths that lie in one another, or use the same place as a map and as a list, are refused. */
bool paths_are_apart(struct scope *scope, const char *kind, const struct path *const *paths, uint32_t count);

/* ---- conditions ---- */

enum operand_kind { OPERAND_PATH, OPERAND_VALUE, OPERAND_SIZE };

struct operand {
    enum operand_kind kind;
    struct path path;          /* PATH, SIZE */
    const struct value *value; /* VALUE, and SIZE of a value */
};

enum condition_kind {
    CONDITION_AND,
    CONDITION_OR,
    CONDITION_NOT,
    CONDITION_EQ,
    CONDITION_NE,
    CONDITION_LT,
    CONDITION_LE,
    CONDITION_GT,
    CONDITION_GE,
    CONDITION_BETWEEN,
    CONDITION_IN,
    CONDITION_EXISTS,
    CONDITION_NOT_EXISTS,
    CONDITION_TYPE,
    CONDITION_BEGINS_WITH,
    CONDITION_CONTAINS,
};

struct condition {
    enum condition_kind kind;
    const struct condition **parts; /* AND, OR, NOT */
    uint32_t part_count;
    const struct operand *operands; /* all others, in the order written */
    uint32_t operand_count;
};

/* kind: "ConditionExpression", "FilterExpression", "KeyConditionExpression": how refusals call it. */
const struct condition *condition_parse(struct scope *scope, const char *kind, struct str text);
/* item: an empty map when there is none. */
bool condition_holds(const struct condition *condition, const struct value *item);
/* The word an error uses: "AND", "<=", "begins_with". */
const char *condition_word(enum condition_kind kind);
/* Calls see with the name at the head of every path. Stops and returns false when see does. */
typedef bool condition_see_f(void *self, struct str attribute);
bool condition_each_attribute(const struct condition *condition, condition_see_f *see, void *self);

/* ---- projections ---- */

struct projection {
    const struct path *paths;
    uint32_t count;
};

bool projection_parse(struct scope *scope, struct str text, struct projection *ret);
/* What the paths name of the item; list elements close up. */
struct value projection_apply(struct arena *arena, const struct projection *projection,
                              const struct value *item);

/* ---- updates ---- */

enum update_kind { UPDATE_SET, UPDATE_REMOVE, UPDATE_ADD, UPDATE_DELETE };

enum update_term_kind { TERM_PATH, TERM_VALUE, TERM_IF_NOT_EXISTS, TERM_LIST_APPEND, TERM_PLUS, TERM_MINUS };

/* The right side of a SET. */
struct update_term {
    enum update_term_kind kind;
    struct path path;                /* PATH, IF_NOT_EXISTS */
    const struct value *value;       /* VALUE */
    const struct update_term *left;  /* IF_NOT_EXISTS: what stands in; LIST_APPEND, PLUS, MINUS */
    const struct update_term *right; /* LIST_APPEND, PLUS, MINUS */
};

struct update_action {
    enum update_kind kind;
    struct path path;
    const struct update_term *term; /* SET */
    const struct value *value;      /* ADD, DELETE */
};

struct update {
    struct update_action *actions;
    uint32_t count;
};

bool update_parse(struct scope *scope, struct str text, struct update *ret);
/* The item after the update; item itself stays. False with the fault set. */
bool update_apply(const struct update *update, struct arena *arena, const struct value *item,
                  struct value *ret, struct fault *fault);
/* The places it touches, for UPDATED_OLD and UPDATED_NEW. */
struct projection update_paths(struct arena *arena, const struct update *update);

#endif
