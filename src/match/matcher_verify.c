/* Whether a candidate matches.
 *
 * Most events have no items where a conjunction asks for more than one thing: then each clause stands for itself.
 * Else the definition is followed: what is asked below an array must be found in one item of it.
 */
#include "match/matcher_find.h"

#include <stdlib.h>

/* ---- each clause for itself ---- */

/* How far down the arrays begin in which a value stands that passes: names from the root to the outermost. */
enum { FAILS = 0, PASSES_FREE = INT32_MAX - 1, DEPENDS = INT32_MAX, MANY_VALUES = 4 };

static inline uint32_t freedom_of(const struct matcher_view *view, uint32_t value)
{
    uint32_t item = view->event.values[value].item;
    if (item == 0)
        return PASSES_FREE;
    while (view->event.items[item].parent)
        item = view->event.items[item].parent;
    return view->event.items[item].place->depth;
}

static bool exact_confirm(struct matcher_view *view, const struct matcher_ref *ref, uint32_t value)
{
    const struct match_value *v = &view->event.values[value];
    if (v->type != JSON_STRING || !str_eq(v->text, matcher_clause_text(ref->clause, &ref->clause->tests[0])))
        return false;
    view->values[value].equal = ref->clause;
    return true;
}

static inline bool exact_passes(struct matcher_view *view, const struct matcher_ref *ref, uint32_t value)
{
    if (!(view->values[value].flags & VALUE_HASHED)) {
        if (view->event.values[value].type != JSON_STRING)
            return false;
        matcher_view_hash(view, value);
    }
    return (uint32_t)view->values[value].hash == ref->hash &&
           (view->values[value].equal == ref->clause || exact_confirm(view, ref, value));
}

static inline bool ref_passes(struct matcher_view *view, const struct matcher_ref *ref, uint32_t value)
{
    return ref->slot & REF_EXACT ? exact_passes(view, ref, value)
                                 : matcher_clause_passes(view, ref->clause, value);
}

static uint32_t ref_look(struct matcher_view *view, const struct matcher_ref *ref,
                         const struct matcher_place *place)
{
    uint32_t freedom = FAILS;
    for (uint32_t value = place->first; value != VALUE_NONE; value = view->values[value].next) {
        view->work++;
        if (!ref_passes(view, ref, value))
            continue;
        uint32_t found = freedom_of(view, value);
        if (found == PASSES_FREE)
            return found;
        freedom = found > freedom ? found : freedom;
    }
    return freedom;
}

/* What is dear is asked once an event. */
static uint32_t ref_ask(struct matcher_view *view, const struct matcher_ref *ref,
                        const struct matcher_place *place)
{
    if (!ref->clause->dear && place->count <= MANY_VALUES)
        return ref_look(view, ref, place);
    struct matcher_memo *kept = matcher_view_memo(view, ref->clause->memo);
    if (kept->stamp != view->stamp) {
        kept->stamp = view->stamp;
        kept->outcome = ref_look(view, ref, place);
    }
    return kept->outcome;
}

/* Of the conjunction that the value led to. */
struct candidate {
    const struct matcher_conjunction *conjunction;
    uint32_t value, slot;
};

/* More than the conjunction's shared_depth: it passes whatever the others do. */
static inline uint32_t ref_freedom(struct matcher_view *view, const struct candidate *candidate,
                                   const struct matcher_ref *ref)
{
    uint32_t slot = ref->slot & ~REF_EXACT;
    const struct matcher_place *place = matcher_view_place(view, slot);
    if (!place)
        return !(ref->slot & REF_EXACT) && ref->clause->absent_too ? PASSES_FREE : FAILS;
    if (place->count == 1)
        if (ref->slot & REF_EXACT)
            return exact_passes(view, ref, place->first) ? freedom_of(view, place->first) : FAILS;
    if (!(ref->slot & REF_EXACT) && ref->clause->absent_too && view->event.item_count > 1)
        return DEPENDS;
    if (slot == candidate->slot && place->count > 1 && ref_passes(view, ref, candidate->value)) {
        uint32_t freedom = freedom_of(view, candidate->value);
        if (freedom > candidate->conjunction->shared_depth)
            return freedom;
    }
    return ref_ask(view, ref, place);
}

bool matcher_verify(struct matcher_find *find, const struct matcher_conjunction *conjunction, uint32_t value)
{
    struct matcher_view *view = &find->view;
    struct candidate candidate = { .conjunction = conjunction, .value = value, .slot = UINT32_MAX };
    bool in_items = false;
    if (conjunction->born > find->version)
        return false;
    if (value != VALUE_NONE)
        candidate.slot = view->event.values[value].place->slot;
    uint64_t sequence = conjunction->sequence;
    for (uint32_t i = 0; i < conjunction->ref_count; i++, sequence >>= 4) {
        const struct matcher_ref *ref =
            &conjunction->refs[conjunction->ref_count > SEQUENCE_MAX ? i : sequence & 15];
        uint32_t freedom = ref_freedom(view, &candidate, ref);
        if (freedom == FAILS)
            return false;
        in_items |= freedom <= conjunction->shared_depth || freedom == DEPENDS;
    }
    return !in_items || matcher_verify_items(find, conjunction);
}

/* ---- by items ---- */

#define NODE_NONE UINT32_MAX

/* A place on the way to one of the conjunction's. */
struct matcher_node {
    const struct match_place *place;
    const struct matcher_clause *clause;   /* NULL: none asks here */
    uint32_t child, next, last;            /* its first; the next of its parent's; its last */
    uint32_t order;                        /* among the conjunction's clauses */
    uint32_t first_positive, first_absent; /* as in pattern.c */
};

struct items_walk {
    struct matcher_find *find;
    struct matcher_node *nodes;
    uint32_t count;
};

static uint32_t node_add(struct items_walk *walk, const struct match_place *place, uint32_t parent)
{
    struct matcher_find *find = walk->find;
    if (walk->count == find->node_room) {
        find->node_room = find->node_room ? find->node_room * 2 : 64;
        find->nodes = realloc(find->nodes, find->node_room * sizeof(*find->nodes));
        if (!find->nodes)
            abort();
        walk->nodes = find->nodes;
    }
    uint32_t at = walk->count++;
    walk->nodes[at] = (struct matcher_node){
        .place = place, .child = NODE_NONE, .next = NODE_NONE, .last = NODE_NONE, .order = NODE_NONE
    };
    if (parent == NODE_NONE)
        return at;
    struct matcher_node *above = &walk->nodes[parent];
    if (above->child == NODE_NONE)
        above->child = at;
    else
        walk->nodes[above->last].next = at;
    above->last = at;
    return at;
}

/* The node of a place, made with those above it. Clauses are sorted by place, so that only a parent's last few
 * children are looked at in vain. */
static uint32_t node_of(struct items_walk *walk, const struct match_place *place)
{
    if (!place->parent)
        return 0;
    uint32_t parent = node_of(walk, place->parent);
    uint32_t child = walk->nodes[parent].child;
    while (child != NODE_NONE && walk->nodes[child].place != place)
        child = walk->nodes[child].next;
    return child != NODE_NONE ? child : node_add(walk, place, parent);
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static void nodes_build(struct items_walk *walk, const struct matcher_conjunction *conjunction)
{
    const struct match_place *root = conjunction->refs[0].clause->place;
    while (root->parent)
        root = root->parent;
    walk->count = 0;
    walk->nodes = walk->find->nodes;
    (void)node_add(walk, root, NODE_NONE);
    for (uint32_t i = 0; i < conjunction->ref_count; i++) {
        uint32_t at = node_of(walk, conjunction->refs[i].clause->place);
        walk->nodes[at].clause = conjunction->refs[i].clause;
        walk->nodes[at].order = i;
    }
    for (uint32_t i = walk->count; i-- > 0;) { /* children stand behind their parents */
        struct matcher_node *node = &walk->nodes[i];
        node->first_positive = node->clause && node->clause->absent_only ? NODE_NONE : node->order;
        node->first_absent = node->clause && node->clause->absent_too ? node->order : NODE_NONE;
        for (uint32_t child = node->child; child != NODE_NONE; child = walk->nodes[child].next) {
            node->first_positive = least(node->first_positive, walk->nodes[child].first_positive);
            node->first_absent = least(node->first_absent, walk->nodes[child].first_absent);
        }
    }
}

static uint32_t first_item(const struct items_walk *walk, const struct matcher_node *node, uint32_t item)
{
    const struct matcher_item_key *key = matcher_view_item(&walk->find->view, node->place->slot, item);
    return key ? key->first_item : VALUE_NONE;
}

static uint32_t next_item(const struct items_walk *walk, uint32_t item)
{
    return walk->find->view.items.next_item[item];
}

/* Of the values at the node's place in that very item. */
static bool values_pass(const struct items_walk *walk, const struct matcher_node *node, uint32_t item,
                        bool *present)
{
    struct matcher_view *view = &walk->find->view;
    const struct matcher_item_key *key = matcher_view_item(view, node->place->slot, item);
    for (uint32_t value = key ? key->first_value : VALUE_NONE; value != VALUE_NONE;
         value = view->items.next_value[value]) {
        *present = true;
        if (matcher_clause_passes(view, node->clause, value))
            return true;
    }
    return false;
}

/* The least order, here and below and less than the limit, of a clause at whose place something stands in the item;
 * else the limit. */
static uint32_t first_standing(const struct items_walk *walk, const struct matcher_node *node, uint32_t limit,
                               uint32_t item)
{
    if (least(node->first_absent, node->first_positive) >= limit)
        return limit;
    const struct matcher_item_key *key = matcher_view_item(&walk->find->view, node->place->slot, item);
    if (key && key->first_value != VALUE_NONE)
        limit = least(limit, node->order);
    for (uint32_t c = node->child; c != NODE_NONE; c = walk->nodes[c].next) {
        const struct matcher_node *child = &walk->nodes[c];
        limit = first_standing(walk, child, limit, item);
        for (uint32_t i = first_item(walk, child, item); i != VALUE_NONE; i = next_item(walk, i))
            limit = first_standing(walk, child, limit, i);
    }
    return limit;
}

static bool place_matches(const struct items_walk *walk, const struct matcher_node *node, uint32_t item,
                          uint32_t *anchor);

/* What stands at the node in that very item, and what is asked below. *anchor is lowered to the least order of a
 * clause that a value passes. */
static bool node_matches(const struct items_walk *walk, const struct matcher_node *node, uint32_t item,
                         uint32_t *anchor)
{
    bool present = false;
    if (node->clause) {
        if (values_pass(walk, node, item, &present))
            *anchor = least(*anchor, node->order);
        else if (present || !node->clause->absent_too)
            return false;
    }
    for (uint32_t child = node->child; child != NODE_NONE; child = walk->nodes[child].next)
        if (!place_matches(walk, &walk->nodes[child], item, anchor))
            return false;
    return true;
}

static bool leaf_matches(const struct items_walk *walk, const struct matcher_node *node, uint32_t item,
                         uint32_t *anchor)
{
    bool present = false, passed = values_pass(walk, node, item, &present);
    for (uint32_t i = first_item(walk, node, item); i != VALUE_NONE && !passed; i = next_item(walk, i))
        passed = values_pass(walk, node, i, &present);
    if (passed)
        *anchor = least(*anchor, node->order);
    return passed || (node->clause->absent_too && !present);
}

/* What comes before the anchor was passed because nothing stands there: in any item, then. Of the items that match, the
 * least anchor counts. */
static bool items_match(const struct items_walk *walk, const struct matcher_node *node, uint32_t item,
                        uint32_t first, uint32_t *anchor)
{
    uint32_t standing = NODE_NONE, least_anchor = NODE_NONE;
    bool found = false;
    if (node->first_absent <= node->first_positive) {
        standing = first_standing(walk, node, standing, item);
        for (uint32_t i = first; i != VALUE_NONE; i = next_item(walk, i))
            standing = first_standing(walk, node, standing, i);
    }
    if (standing < node->first_positive)
        return false;
    for (uint32_t i = first; i != VALUE_NONE && !(found && least_anchor == node->first_positive);
         i = next_item(walk, i)) {
        uint32_t here = NODE_NONE;
        if (!node_matches(walk, node, i, &here) || standing < here)
            continue;
        least_anchor = least(least_anchor, here);
        found = true;
    }
    /* Beside its items a place counts only with what the pattern asks about. */
    uint32_t beside = NODE_NONE;
    if (!found && first_standing(walk, node, NODE_NONE, item) != NODE_NONE &&
        node_matches(walk, node, item, &beside) && standing >= beside) {
        least_anchor = beside;
        found = true;
    }
    *anchor = least(*anchor, least_anchor);
    return found;
}

static bool place_matches(const struct items_walk *walk, const struct matcher_node *node, uint32_t item,
                          uint32_t *anchor)
{
    if (node->child == NODE_NONE)
        return leaf_matches(walk, node, item, anchor);
    uint32_t first = first_item(walk, node, item);
    return first == VALUE_NONE ? node_matches(walk, node, item, anchor)
                               : items_match(walk, node, item, first, anchor);
}

bool matcher_verify_items(struct matcher_find *find, const struct matcher_conjunction *conjunction)
{
    struct items_walk walk = { .find = find };
    matcher_view_items_build(&find->view);
    nodes_build(&walk, conjunction);
    uint32_t anchor = NODE_NONE;
    return node_matches(&walk, &walk.nodes[0], 0, &anchor);
}
