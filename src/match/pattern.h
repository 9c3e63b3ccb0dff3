/* pattern.h - event patterns: compile, match plainly, explain. Pure.
 *
 * A pattern is a tree of names that ends in lists of values and match expressions; an
 * event matches when every list finds what it looks for at its place. This is the language, and its
 * definition followed word by word; matcher.h is the fast way for many patterns at once.
 *
 * Truths: 1. Names are places: {"a":{"b":[..]}} and {"a.b":[..]} are the same pattern, of the event likewise.
 *            Of two lists for one place the last counts, of two members of one name in the event the last.
 *         2. What stands at a place are the scalars there, and those in arrays there: [] and {} are nothing.
 *            exists:false asks that there is nothing, every other test that something there passes.
 *         3. What a pattern asks below an array must be found in one and the same item of it. exists:false passes
 *            when nothing stands in the item of what was found there before, names taken as they sort; before
 *            anything was found, when nothing stands in any item. In a list beside other tests as well.
 *         4. Numbers are equal by value, to the last digit.
 *         5. $or stands for as many patterns as there are ways through it.
 * Threads: a pattern is immutable and may be used by many.
 */
#ifndef MATCH_PATTERN_H
#define MATCH_PATTERN_H

#include "json/json.h"

struct pattern;

/* 0: AWS's default. */
struct pattern_limits {
    size_t bytes_max;           /* of the text; 4,096 (what may stand in a rule is the bus's setting) */
    unsigned conjunctions_max;  /* ways through all $or; 1,000 */
    unsigned wildcard_cost_max; /* of the wildcards of one place, as pattern_wildcard.c counts; 10 */
    bool kept; /* it was taken once, maybe by an earlier version that refused less: it is taken again */
};

/* The pattern lives in the arena, text is copied. ERR_INVALID: the service refuses it too; *reterr is then the
 * whole text for the client ("Event pattern is not valid. Reason: ..."), in the arena too. limits may be
 * NULL. */
enum err pattern_compile(struct arena *arena, struct str text, const struct pattern_limits *limits,
                         struct pattern **ret, struct str *reterr) MUST_USE;
struct str pattern_text(const struct pattern *pattern);
uint32_t pattern_wildcard_count(const struct pattern *pattern);

/* The plain evaluator: slow, obvious, the oracle. The event is the whole envelope. The arena is for scratch.
 * Time is the product of both sizes at worst: what comes from outside is for matcher_match_once. */
bool pattern_match(const struct pattern *pattern, struct arena *arena, const struct json *event);

/* Whether TestEventPattern takes it as an event: an object that has id, account, source,
 * time, region and detail-type. (The documentation asks for resources as well; the service
 * was seen to do without.) If not, the service says "Parameter Event is not valid." */
bool pattern_event_check(const struct json *event);

/* ---- explain ---- */

/* One test of one clause, held against one event. */
struct pattern_finding {
    struct str place;          /* "detail.x.y" */
    struct str test;           /* as written in the pattern: {"prefix":"p"} */
    struct str kind;           /* "equals", "prefix", "anything-but", ... as the language names it */
    const struct json *values; /* what stands at the place: scalars, at most PATTERN_VALUES_SHOWN */
    uint32_t value_count;
    uint32_t values_more; /* that are not shown */
    bool passed;
};

/* A clause passes when one of its findings does. A pattern with $or shows the conjunction that came nearest. */
struct pattern_explanation {
    bool matched;
    uint32_t clauses, clauses_passed;
    /* Every clause passes, yet no single item of the array at this place holds what is asked below it. */
    struct str divided_place;
    const struct pattern_finding *findings; /* in the pattern's order */
    uint32_t finding_count;
    uint32_t conjunction; /* the one shown, of `conjunctions` */
    uint32_t conjunctions;
};

enum { PATTERN_VALUES_SHOWN = 20 };

void pattern_explain(const struct pattern *pattern, struct arena *arena, const struct json *event,
                     struct pattern_explanation *ret);
/* Of many patterns how near each came, with one walk of the event for all: findings and divided_place are empty. */
void pattern_rank(const struct pattern *const *patterns, size_t count, struct arena *arena,
                  const struct json *event, struct pattern_explanation *ret);
/* <0: a came nearer to matching than b. For sorting the rules of a bus. */
int pattern_explanation_compare(const struct pattern_explanation *a, const struct pattern_explanation *b);
/* As a JSON object: what Crema.ExplainPattern answers and `crema match --explain --json` prints. */
void pattern_explanation_write(const struct pattern_explanation *explanation, struct json_writer *w);

#endif
