/* matcher_find.h - a reader's side: from an event's view to the rules it matches. */
#ifndef MATCH_MATCHER_FIND_H
#define MATCH_MATCHER_FIND_H

#include "match/matcher_index.h"
#include "match/matcher_view.h"

struct matcher_node;

/* A branch, or a conjunction, that a value led to. */
struct matcher_led {
    const void *to;
    uint32_t value; /* VALUE_NONE: nothing did */
    bool often;     /* others may have led there before */
};

enum { CANDIDATES_AT_ONCE = 256 };

struct matcher_find {
    struct matcher_view view;
    uint64_t version;             /* of the matcher when the event began: what was born later is not there */
    uint64_t lacking;             /* of matcher_bit: no string of the event has them */
    struct matcher_led *branches; /* still to be looked through */
    uint32_t branch_count, branch_room;
    uint32_t candidate_count;
    struct matcher_led candidates[CANDIDATES_AT_ONCE];
    uint64_t *rules; /* found, with duplicates until the end */
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

/* Whether the conjunction matches: exactly. The value is one that may pass a clause of it, or VALUE_NONE. */
bool matcher_verify(struct matcher_find *find, const struct matcher_conjunction *conjunction, uint32_t value);
/* The same, by the items in which values stand. */
bool matcher_verify_items(struct matcher_find *find, const struct matcher_conjunction *conjunction);

#endif
