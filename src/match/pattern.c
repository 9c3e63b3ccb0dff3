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
    uint32_t first_absent;               /* least order here and below of those that are absent_only */
};

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

static bool clause_passes(struct walk *walk, const struct pattern_clause *clause, struct view view)
{
    bool present = false;
    for (size_t i = 0; i < view.count; i++) {
        const struct source *source = &walk->sources[view.start + i];
        if (str_empty(source->prefix) && value_passes(clause, source->value, &present))
            return true;
    }
    return clause->absent_too && !present;
}

/* ---- nodes ---- */

/* Nothing stands at the clauses, here and below, that come before the limit: in no item of any array. */
static bool nothing_stands(struct walk *walk, const struct node *node, uint32_t limit, struct source source)
{
    if (source_is_array(&source)) {
        for (size_t i = 0; i < source.value->count; i++)
            if (!nothing_stands(walk, node, limit, (struct source){ .value = &source.value->items[i] }))
                return false;
        return true;
    }
    if (source.value->type != JSON_OBJECT)
        return !(node->clause && node->order < limit);
    bool absent = true;
    for (const struct node *child = node->child; child && absent; child = child->next) {
        size_t start = walk->len;
        walk_push_below(walk, source, child->name);
        size_t count = walk->len - start;
        for (size_t i = 0; i < count && absent; i++)
            absent = nothing_stands(walk, child, limit, walk->sources[start + i]);
        walk->len = start;
    }
    return absent;
}

static bool view_matches(struct walk *walk, const struct node *node, struct view view);

/* No source is an array. */
static bool node_matches(struct walk *walk, const struct node *node, struct view view)
{
    if (node->clause && !clause_passes(walk, node->clause, view))
        return false;
    bool matches = true;
    for (const struct node *child = node->child; child && matches; child = child->next) {
        struct view below = view_below(walk, view, child->name);
        matches = view_matches(walk, child, below);
        walk->len = below.start;
    }
    return matches;
}

/* *items turns true when there are any that are no arrays. */
static bool some_item_matches(struct walk *walk, const struct node *node, const struct json *array,
                              bool *items)
{
    bool matches = false;
    for (size_t i = 0; i < array->count && !matches; i++) {
        const struct json *item = &array->items[i];
        if (item->type == JSON_ARRAY) {
            matches = some_item_matches(walk, node, item, items);
        } else {
            *items = true;
            struct view view = view_of(walk, item);
            matches = node_matches(walk, node, view);
            walk->len = view.start;
        }
    }
    return matches;
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

static bool view_matches(struct walk *walk, const struct node *node, struct view view)
{
    if (!node->child)
        return clause_passes(walk, node->clause, view);
    struct view plain = plain_of(walk, view);
    if (plain.count == view.count)
        return node_matches(walk, node, plain);
    /* All that is asked from here on must be found in one item. What comes before the first positive is
     * absent_only. */
    for (size_t i = 0; i < view.count && node->first_absent < node->first_positive; i++)
        if (!nothing_stands(walk, node, node->first_positive, walk->sources[view.start + i]))
            return false;
    bool items = false;
    for (size_t i = 0; i < view.count; i++) {
        struct source source = walk->sources[view.start + i];
        if (source_is_array(&source) && some_item_matches(walk, node, source.value, &items))
            return true;
    }
    /* Where there are items and nothing beside them that the pattern asks about, they alone are judged. */
    bool beside = !items;
    for (size_t i = 0; i < plain.count && !beside; i++)
        beside = !nothing_stands(walk, node, ORDER_NONE, walk->sources[plain.start + i]);
    return beside && node_matches(walk, node, plain);
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

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
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
        bool absent_only = node->clause && node->clause->absent_only;
        node->first_positive = absent_only ? ORDER_NONE : order;
        node->first_absent = absent_only ? order : ORDER_NONE;
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
    return node_matches(&e->walk, tree_of(conjunction, e->nodes), view_of(&e->walk, event));
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
