/* query_plan.h - what a query says, compiled: stages that a record goes through, and the tables they end in.
 *
 *     fields @timestamp, a | filter b > 1 | stats count(*) as n by a | sort n desc | limit 5
 *     \___________ segment 0: stages, then STATS __________________/ \__ segment 1: TOP _/
 *
 * Every name has a slot. A record fills slots as stages ask for them: those of the event are read when they are first
 * wanted, all fields of its JSON at once. The first segment runs on many threads, each with tables of its own that are
 * put together at its end; the others run on what came out of the one before.
 *
 * A plan does not change once it is made: any number of threads may run it.
 */
#ifndef QUERY_QUERY_PLAN_H
#define QUERY_QUERY_PLAN_H

#include "base/vec.h"
#include "base/regex.h"
#include "query/query_value.h"

enum {
    QUERY_STRING_MAX = 10000, /* characters */
    QUERY_LIMIT_DEFAULT = 10000,
    QUERY_LIMIT_MAX = 100000,
    QUERY_SLOTS_MAX = 1000,
    QUERY_NESTING_MAX = 100,
    QUERY_NEEDLES_MAX = 8,
};

/* ---- slots ---- */

enum query_slot_kind {
    QUERY_SLOT_SET, /* by a stage */
    QUERY_SLOT_TIMESTAMP,
    QUERY_SLOT_INGESTION_TIME,
    QUERY_SLOT_MESSAGE,
    QUERY_SLOT_STREAM,
    QUERY_SLOT_LOG,
    QUERY_SLOT_POINTER,
    QUERY_SLOT_JSON, /* of the event's message */
    QUERY_SLOT_GONE, /* a field of events, named behind stats: nothing */
};

struct query_slot {
    enum query_slot_kind kind;
    struct str name;
    struct str path; /* JSON: keys and indexes, dots between */
};

/* ---- expressions ---- */

enum query_op {
    QUERY_LITERAL,
    QUERY_SLOT,
    QUERY_MEMBER, /* path of a map or list in args[0] */
    QUERY_OR,
    QUERY_AND,
    QUERY_NOT,
    QUERY_EQUAL,
    QUERY_UNEQUAL,
    QUERY_BELOW,
    QUERY_AT_MOST,
    QUERY_ABOVE,
    QUERY_AT_LEAST,
    QUERY_IN,       /* args[0] in the others */
    QUERY_CONTAINS, /* args[0] like a literal */
    QUERY_MATCHES,  /* args[0] like /regex/ */
    QUERY_ADD,
    QUERY_SUBTRACT,
    QUERY_MULTIPLY,
    QUERY_DIVIDE,
    QUERY_REMAINDER,
    QUERY_POWER,
    QUERY_NEGATE,
    QUERY_CALL,
};

enum query_unit {
    QUERY_MILLISECOND,
    QUERY_SECOND,
    QUERY_MINUTE,
    QUERY_HOUR,
    QUERY_DAY,
    QUERY_WEEK,
    QUERY_MONTH,
    QUERY_QUARTER,
    QUERY_YEAR,
};

struct query_period {
    int64_t count;
    enum query_unit unit;
};

struct query_function;

struct query_node {
    enum query_op op;
    bool negated; /* IN, CONTAINS, MATCHES */
    uint16_t slot;
    uint16_t regex; /* MATCHES: which of the plan's regexes */
    uint16_t count;
    const struct query_node **args;
    const struct query_function *function;
    struct query_period period; /* of functions that take one */
    struct query_value literal;
    struct str path;
};

/* ---- stages ---- */

enum query_stage_kind {
    QUERY_FILTER,
    QUERY_SET,
    QUERY_PARSE_GLOB,
    QUERY_PARSE_REGEX,
    QUERY_UNNEST,
};

struct query_stage {
    enum query_stage_kind kind;
    const struct query_node *node; /* the condition, the value, the text */
    uint16_t slot;                 /* SET, UNNEST */
    uint16_t regex;                /* PARSE_REGEX */
    /* PARSE: GLOB: texts before each *, and behind the last; REGEX: slots of the groups, UINT16_MAX: none */
    const struct str *texts;
    const uint16_t *slots;
    size_t count;
};

enum query_aggregate_kind {
    QUERY_COUNT, /* node NULL: of all records */
    QUERY_COUNT_DISTINCT,
    QUERY_SUM,
    QUERY_AVERAGE,
    QUERY_MIN,
    QUERY_MAX,
    QUERY_PERCENTILE,
    QUERY_DEVIATION,
    QUERY_EARLIEST,
    QUERY_LATEST,
    QUERY_SORTS_FIRST,
    QUERY_SORTS_LAST,
};

struct query_aggregate {
    enum query_aggregate_kind kind;
    const struct query_node *node;
    double percentile;
    uint16_t slot; /* of the result */
};

struct query_sort_key {
    uint16_t slot;
    bool descending;
};

enum query_table_kind { QUERY_TOP, QUERY_STATS, QUERY_DEDUP, QUERY_PATTERN };

/* Slots of the pattern command's results, in order. */
enum {
    QUERY_PATTERN_TEXT,
    QUERY_PATTERN_RATIO,
    QUERY_PATTERN_COUNT,
    QUERY_PATTERN_SEVERITY,
    QUERY_PATTERN_SLOTS
};

struct query_segment {
    VEC(struct query_stage) stages;
    enum query_table_kind table;
    VEC(struct query_sort_key) keys; /* TOP, DEDUP; none: newest first, or as they came */
    size_t limit;                    /* TOP */
    VEC(uint16_t) by;                /* STATS, DEDUP: slots */
    VEC(struct query_aggregate) aggregates;
    const struct query_node *pattern;
    uint16_t pattern_slots[QUERY_PATTERN_SLOTS];
    VEC(uint16_t) kept; /* slots that are looked at behind the table */
};

struct query_plan {
    struct str text;
    VEC(struct query_slot) slots;
    VEC(const struct regex *) regexes;
    VEC(struct query_segment) segments;
    VEC(uint16_t) columns; /* slots of the results, in order */
    bool of_events;        /* results are events: with @ptr */
    bool has_limit;        /* the query has a limit of its own */
    VEC(uint16_t) json;    /* slots of the event's JSON */
    struct str needles[QUERY_NEEDLES_MAX];
    size_t needle_count;
    bool needs_message; /* anything of the message is looked at */
};

/* Where and why a query is refused: characters from first to end (excluded), counted in UTF-16 units as clients count
 * them. */
struct query_error {
    struct str message;
    size_t first, end;
};

/* Everything lives in the arena, the text is copied. limit 0: the default; the query's own limit comes first. */
bool query_compile(struct arena *arena, struct str text, size_t limit, const struct query_plan **ret,
                   struct query_error *reterr);

#endif
