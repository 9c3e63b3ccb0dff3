/* matcher_find.h - a reader's side: from an event's view to the rules it matches. */
#ifndef MATCH_MATCHER_FIND_H
#define MATCH_MATCHER_FIND_H

#include "match/matcher_index.h"
#include "match/matcher_view.h"

struct matcher_node;

struct matcher_find {
    struct matcher_view view;
    uint64_t version; /* of the matcher when the event began: what was born later is not there */
    uint64_t *rules;  /* found, with duplicates until the end */
    size_t rule_count, rule_room;
    uint64_t *sorting;
    size_t sorting_room;
    uint32_t *visited; /* stamps, by the branch's number */
    uint32_t visited_room;
    struct matcher_node *nodes; /* of the conjunction whose items are told apart */
    uint32_t node_room;
};

void matcher_find_fini(struct matcher_find *find);

/* All rules, into find->rules, ascending, each once. The view has begun. */
void matcher_find_rules(struct matcher_find *find, const struct matcher_branch *root);

/* Whether the conjunction matches: exactly. */
bool matcher_verify(struct matcher_find *find, const struct matcher_conjunction *conjunction);
/* The same, by the items in which values stand. */
bool matcher_verify_items(struct matcher_find *find, const struct matcher_conjunction *conjunction);

#endif
