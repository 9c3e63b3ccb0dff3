/* The plain evaluator: for each conjunction it builds the tree of its names, and walks it and the event side
 * by side.
 *
 *     source: "a" | detail.x.y: 1, absent | detail.z: prefix "p"
 *
 *     root -- "source"  tests: string "a"                                       order 2
 *          '- "detail" -- "x" -- "y"  tests: number 1, absent                    order 0
 *                      '- "z"  tests: prefix "p"                                 order 1
 */
#include "match/pattern_walk.h"

#define ORDER_NONE UINT32_MAX

struct node {
    struct str name;
    struct node *child, *next;           /* its first; the next of its parent's */
    const struct pattern_clause *clause; /* NULL: none ends here */
    uint32_t order;                      /* of its place among all that have a clause */
    uint32_t first_positive;             /* least order here and below of those that are not absent_only */
    uint32_t first_absent;               /* least order here and below of those that are absent_too */
};

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* The sources of a node: a range on the walk's stack. */
struct view {
    size_t start, count;
};

/* What stands below the view under the name; whoever is done with it cuts the stack to its start. */
static struct view view_below(struct walk *walk, struct view view, struct str name)
{
    struct view below = { .start = walk->len };
    for (size_t i = 0; i < view.count; i++)
        walk_push_below(walk, walk->sources[view.start + i], name);
    below.count = walk->len - below.start;
    return below;
}

static struct view view_of(struct walk *walk, const struct json *value)
{
    struct view view = { .start = walk->len, .count = 1 };
    walk_push(walk, value, STR_EMPTY);
    return view;
}

/* ---- clauses ---- */

/* Whether a scalar at or in the value passes a test. *present turns true when there is any. */
static bool value_passes(const struct pattern_clause *clause, const struct json *value, bool *present)
{
    if (value->type == JSON_ARRAY) {
        for (size_t i = 0; i < value->count; i++)
            if (value_passes(clause, &value->items[i], present))
                return true;
        return false;
    }
    if (value->type == JSON_OBJECT)
        return false;
    *present = true;
    for (size_t i = 0; i < clause->test_count; i++)
        if (pattern_test_passes(&clause->tests[i], value))
            return true;
    return false;
}

/* *anchor is lowered to the order when it is a value that passes. */
static bool clause_passes(struct walk *walk, const struct node *node, struct view view, uint32_t *anchor)
{
    bool present = false;
    for (size_t i = 0; i < view.count; i++) {
        const struct source *source = &walk->sources[view.start + i];
        if (str_empty(source->prefix) && value_passes(node->clause, source->value, &present)) {
            *anchor = least(*anchor, node->order);
            return true;
        }
    }
    return node->clause->absent_too && !present;
}

/* ---- nodes ---- */

/* The least order, here and below and less than the limit, of a clause at whose place something stands, in any item of
 * any array; else the limit. */
static uint32_t first_standing(struct walk *walk, const struct node *node, uint32_t limit,
                               struct source source)
{
    if (source_is_array(&source)) {
        for (size_t i = 0; i < source.value->count; i++)
            limit = first_standing(walk, node, limit, (struct source){ .value = &source.value->items[i] });
        return limit;
    }
    if (source.value->type != JSON_OBJECT)
        return node->clause ? least(node->order, limit) : limit;
    for (const struct node *child = node->child; child; child = child->next) {
        size_t start = walk->len;
        walk_push_below(walk, source, child->name);
        size_t count = walk->len - start;
        for (size_t i = 0; i < count; i++)
            limit = first_standing(walk, child, limit, walk->sources[start + i]);
        walk->len = start;
    }
    return limit;
}

static uint32_t first_standing_of(struct walk *walk, const struct node *node, struct view view)
{
    uint32_t first = ORDER_NONE;
    for (size_t i = 0; i < view.count; i++)
        first = first_standing(walk, node, first, walk->sources[view.start + i]);
    return first;
}

static bool view_matches(struct walk *walk, const struct node *node, struct view view, uint32_t *anchor);

/* No source is an array. *anchor is lowered to the least order of a clause that a value passes. */
static bool node_matches(struct walk *walk, const struct node *node, struct view view, uint32_t *anchor)
{
    if (node->clause && !clause_passes(walk, node, view, anchor))
        return false;
    bool matches = true;
    for (const struct node *child = node->child; child && matches; child = child->next) {
        struct view below = view_below(walk, view, child->name);
        matches = view_matches(walk, child, below, anchor);
        walk->len = below.start;
    }
    return matches;
}

/* The search for an item that matches, with the least anchor. */
struct item_search {
    uint32_t standing; /* the first clause that something stands at, in any item; read when it matters */
    uint32_t anchor;
    bool items; /* there are some that are no arrays */
    bool found;
};

/* What comes before the anchor was passed because nothing stands there: in any item, then. */
static bool is_anchored(struct item_search *search, uint32_t anchor)
{
    if (search->standing < anchor)
        return false;
    search->anchor = least(search->anchor, anchor);
    return search->found = true;
}

static void search_items(struct walk *walk, const struct node *node, const struct json *array,
                         struct item_search *search)
{
    for (size_t i = 0; i < array->count && !(search->found && search->anchor == node->first_positive); i++) {
        const struct json *item = &array->items[i];
        if (item->type == JSON_ARRAY) {
            search_items(walk, node, item, search);
            continue;
        }
        struct view view = view_of(walk, item);
        uint32_t anchor = ORDER_NONE;
        search->items = true;
        if (node_matches(walk, node, view, &anchor))
            (void)is_anchored(search, anchor);
        walk->len = view.start;
    }
}

/* The sources that are no arrays, as a view of their own. */
static struct view plain_of(struct walk *walk, struct view view)
{
    struct view plain = { .start = walk->len };
    for (size_t i = 0; i < view.count; i++) {
        struct source source = walk->sources[view.start + i];
        if (!source_is_array(&source))
            walk_push(walk, source.value, source.prefix);
    }
    plain.count = walk->len - plain.start;
    return plain;
}

/* All that is asked from here on must be found in one item. */
static bool items_match(struct walk *walk, const struct node *node, struct view view, struct view plain,
                        uint32_t *anchor)
{
    struct item_search search = { .standing = ORDER_NONE, .anchor = ORDER_NONE };
    if (node->first_absent <= node->first_positive)
        search.standing = first_standing_of(walk, node, view);
    if (search.standing < node->first_positive)
        return false;
    for (size_t i = 0; i < view.count; i++) {
        struct source source = walk->sources[view.start + i];
        if (source_is_array(&source))
            search_items(walk, node, source.value, &search);
    }
    /* Where there are items and nothing beside them that the pattern asks about, they alone are judged. */
    uint32_t beside = ORDER_NONE;
    if (!search.found && (!search.items || first_standing_of(walk, node, plain) != ORDER_NONE) &&
        node_matches(walk, node, plain, &beside))
        (void)is_anchored(&search, beside);
    *anchor = least(*anchor, search.anchor);
    return search.found;
}

static bool view_matches(struct walk *walk, const struct node *node, struct view view, uint32_t *anchor)
{
    if (!node->child)
        return clause_passes(walk, node, view, anchor);
    struct view plain = plain_of(walk, view);
    return plain.count == view.count ? node_matches(walk, node, plain, anchor)
                                     : items_match(walk, node, view, plain, anchor);
}

/* ---- the tree ---- */

struct evaluator {
    struct node *nodes; /* room for those of any conjunction of the pattern */
    struct walk walk;
};

static struct node *child_of(struct node *node, struct str name, struct node **unused)
{
    struct node *child = node->child;
    while (child && !str_eq(child->name, name))
        child = child->next;
    if (!child) {
        child = (*unused)++;
        *child = (struct node){ .name = name, .next = node->child };
        node->child = child;
    }
    return child;
}

/* From room for all its nodes. Clauses come in the order of their places. */
static const struct node *tree_of(const struct pattern_conjunction *conjunction, struct node *room)
{
    struct node *root = room++;
    *root = (struct node){ .name = STR_EMPTY };
    for (uint32_t i = 0; i < conjunction->count; i++) {
        const struct pattern_clause *clause = conjunction->clauses[i];
        struct node *node = root;
        for (uint32_t n = 0; n < clause->name_count; n++)
            node = child_of(node, clause->names[n], &room);
        node->clause = clause;
        node->order = i;
    }
    for (struct node *node = room; node-- > root;) { /* children stand behind their parents */
        uint32_t order = node->clause ? node->order : ORDER_NONE;
        node->first_positive = node->clause && node->clause->absent_only ? ORDER_NONE : order;
        node->first_absent = node->clause && node->clause->absent_too ? order : ORDER_NONE;
        for (const struct node *child = node->child; child; child = child->next) {
            node->first_positive = least(node->first_positive, child->first_positive);
            node->first_absent = least(node->first_absent, child->first_absent);
        }
    }
    return root;
}

static void evaluator_init(struct evaluator *e, const struct pattern *pattern, struct arena *arena)
{
    size_t max = 0;
    for (uint32_t i = 0; i < pattern->count; i++) {
        size_t nodes = 1;
        for (uint32_t n = 0; n < pattern->conjunctions[i].count; n++)
            nodes += pattern->conjunctions[i].clauses[n]->name_count;
        max = nodes > max ? nodes : max;
    }
    e->nodes = (void *)arena_bytes(arena, max * sizeof(*e->nodes));
    walk_init(&e->walk, arena);
}

static bool conjunction_matches(struct evaluator *e, const struct pattern_conjunction *conjunction,
                                const struct json *event)
{
    e->walk.len = 0;
    uint32_t anchor = ORDER_NONE;
    return node_matches(&e->walk, tree_of(conjunction, e->nodes), view_of(&e->walk, event), &anchor);
}

static bool clause_matches(struct evaluator *e, const struct pattern_clause *clause, const struct json *event)
{
    struct pattern_conjunction alone = { .clauses = &clause, .count = 1 };
    return conjunction_matches(e, &alone, event);
}

/* Of many conjunctions only those are looked at whose clauses match each alone. (exists:false may match beside
 * others in an item of an array, and not alone: there it asks of all items.) */
static bool may_match(struct evaluator *e, const struct pattern_conjunction *conjunction,
                      const struct json *event, unsigned char *alone)
{
    enum { UNKNOWN, MATCHES, FAILS };
    for (uint32_t i = 0; i < conjunction->count; i++) {
        const struct pattern_clause *clause = conjunction->clauses[i];
        unsigned char *known = &alone[clause->number];
        if (*known == UNKNOWN)
            *known = clause_matches(e, clause, event) ? MATCHES : FAILS;
        if (*known == FAILS && !clause->absent_too)
            return false;
    }
    return true;
}

bool pattern_match(const struct pattern *pattern, struct arena *arena, const struct json *event)
{
    struct evaluator e;
    evaluator_init(&e, pattern, arena);
    if (pattern->count == 1)
        return conjunction_matches(&e, pattern->conjunctions, event);
    unsigned char *alone = arena_alloc(arena, pattern->clause_count);
    for (uint32_t i = 0; i < pattern->count; i++)
        if (may_match(&e, &pattern->conjunctions[i], event, alone) &&
            conjunction_matches(&e, &pattern->conjunctions[i], event))
            return true;
    return false;
}

bool pattern_event_check(const struct json *event)
{
    return json_get(event, STR("id")) && json_get(event, STR("account")) && json_get(event, STR("source")) &&
           json_get(event, STR("time")) && json_get(event, STR("region")) &&
           json_get(event, STR("detail-type"));
}

struct str pattern_text(const struct pattern *pattern)
{
    return pattern->text;
}

uint32_t pattern_wildcard_count(const struct pattern *pattern)
{
    return pattern->wildcard_count;
}
