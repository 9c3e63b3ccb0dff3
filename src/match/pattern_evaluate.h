/* pattern_evaluate.h - the plain evaluator's inside, for who asks about parts of a pattern (explain). */
#ifndef MATCH_PATTERN_EVALUATE_H
#define MATCH_PATTERN_EVALUATE_H

#include "match/pattern_walk.h"

struct node;

struct pattern_evaluator {
    struct node *nodes; /* room for those of any conjunction of the pattern */
    struct walk walk;
};

void pattern_evaluator_init(struct pattern_evaluator *e, const struct pattern *pattern, struct arena *arena);
/* Of some of the clauses of one conjunction of the pattern. */
bool pattern_conjunction_matches(struct pattern_evaluator *e, const struct pattern_conjunction *conjunction,
                                 const struct json *event);
bool pattern_clause_matches(struct pattern_evaluator *e, const struct pattern_clause *clause,
                            const struct json *event);

#endif
