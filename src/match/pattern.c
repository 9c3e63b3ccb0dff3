/* The plain evaluator: for each conjunction it builds the tree of its names, and walks it and the event side
 * by side.
 *
 *     source: "a" | detail.x.y: 1, absent | detail.z: prefix "p"
 *
 *     root -- "source"  tests: string "a"                                       order 2
 *          '- "detail" -- "x" -- "y"  tests: number 1, absent                    order 0
 *                      '- "z"  tests: prefix "p"                                 order 1
 *
 * A member name with dots is as good as nested members. So what stands at a node of the
 * pattern may come from several sources: a value, and members of an object above whose
 * names begin with the names from there down to the node:
 *
 *     event {"a":{"x":1},"a.y":2}    at node a:  the value {"x":1}, and the root seen through the prefix "a."
 */
#include "match/pattern_clause.h"
#include "match/pattern_fold.h"
#include "base/vec.h"

#define ORDER_NONE UINT32_MAX

struct node {
    struct str name;
    struct node *child, *next;           /* its first; the next of its parent's */
    const struct pattern_clause *clause; /* NULL: none ends here */
    uint32_t order;                      /* of its place among all that have a clause */
    uint32_t first_positive;             /* least order here and below of those that are not absent_only */
    uint32_t first_absent;               /* least order here and below of those that are absent_only */
};

struct source {
    const struct json *value;
    struct str prefix; /* empty: the value itself stands at the node */
};

/* The sources of a node: a range on the walk's stack. */
struct view {
    size_t start, count;
};

enum { SOURCES_FIRST = 32 };

struct walk {
    struct arena *arena;
    struct source *sources;
    size_t len, cap;
    struct source first[SOURCES_FIRST];
};

static void push(struct walk *walk, const struct json *value, struct str prefix)
{
    if (walk->len == walk->cap)
        walk->sources = vec_grow(walk->arena, walk->sources, walk->len, &walk->cap, sizeof(*walk->sources));
    walk->sources[walk->len++] = (struct source){ .value = value, .prefix = prefix };
}

static bool is_array(const struct source *source)
{
    return str_empty(source->prefix) && source->value->type == JSON_ARRAY;
}

/* Pushes what the source has below the name. */
static void push_below(struct walk *walk, struct source source, struct str name)
{
    const struct json *object = source.value;
    struct str prefix = source.prefix;
    bool value_found = false, longer_found = false;
    if (object->type != JSON_OBJECT)
        return;
    for (size_t i = object->count; i-- > 0;) {
        struct str key = object->members[i].key;
        if (key.len < prefix.len + name.len)
            continue;
        const char *rest = key.ptr + prefix.len;
        size_t rest_len = key.len - prefix.len;
        bool longer = rest_len > name.len;
        if (longer ? longer_found || rest[name.len] != '.' : value_found)
            continue;
        if (name.len && memcmp(rest, name.ptr, name.len) != 0)
            continue;
        if (prefix.len && memcmp(key.ptr, prefix.ptr, prefix.len) != 0)
            continue;
        if (longer)
            push(walk, object, str_slice(key, 0, prefix.len + name.len + 1));
        else
            push(walk, &object->members[i].value, STR_EMPTY);
        longer_found |= longer;
        value_found |= !longer;
    }
}

/* What stands below the view under the name; whoever is done with it cuts the stack to its start. */
static struct view view_below(struct walk *walk, struct view view, struct str name)
{
    struct view below = { .start = walk->len };
    for (size_t i = 0; i < view.count; i++)
        push_below(walk, walk->sources[view.start + i], name);
    below.count = walk->len - below.start;
    return below;
}

static struct view view_of(struct walk *walk, const struct json *value)
{
    struct view view = { .start = walk->len, .count = 1 };
    push(walk, value, STR_EMPTY);
    return view;
}

/* ---- tests ---- */

static bool is_numeric(const struct pattern_test *test, struct str number)
{
    const struct pattern_bound *low = &test->low, *high = &test->high;
    int below = low->text.len ? json_number_compare(low->text, number) : -1;
    int above = high->text.len ? json_number_compare(number, high->text) : -1;
    return below < (low->included ? 1 : 0) && above < (high->included ? 1 : 0);
}

static bool is_in_block(const struct pattern_test *test, struct str text)
{
    unsigned char address[16];
    uint8_t bits;
    if (!pattern_address_read(text, address, &bits) || bits != test->address_bits)
        return false;
    unsigned whole = test->prefix_bits / 8, rest = test->prefix_bits % 8;
    return memcmp(address, test->address, whole) == 0 &&
           (rest == 0 || ((address[whole] ^ test->address[whole]) & (0xFF00 >> rest) & 0xFF) == 0);
}

static bool text_passes(const struct pattern_test *test, struct str text)
{
    switch (test->kind) {
    case TEST_STRING:
        return str_eq(text, test->text);
    case TEST_PREFIX:
        return str_starts(text, test->text);
    case TEST_SUFFIX:
        return str_ends(text, test->text);
    case TEST_IGNORE_CASE:
        return pattern_fold_eq(text, test->text);
    case TEST_PREFIX_IGNORE_CASE:
        return pattern_fold_starts(text, test->text);
    case TEST_SUFFIX_IGNORE_CASE:
        return pattern_fold_ends(text, test->text);
    case TEST_WILDCARD:
        return pattern_wildcard_matches(test, text);
    case TEST_CIDR:
        return is_in_block(test, text);
    default:
        return false;
    }
}

bool pattern_test_passes(const struct pattern_test *test, const struct json *scalar)
{
    switch (test->kind) {
    case TEST_NUMBER:
        return scalar->type == JSON_NUMBER && json_number_compare(scalar->text, test->text) == 0;
    case TEST_NUMERIC:
        return scalar->type == JSON_NUMBER && is_numeric(test, scalar->text);
    case TEST_NULL:
        return scalar->type == JSON_NULL;
    case TEST_TRUE:
        return scalar->type == JSON_TRUE;
    case TEST_FALSE:
        return scalar->type == JSON_FALSE;
    case TEST_NONE_OF:
        for (size_t i = 0; i < test->none_of_count; i++)
            if (pattern_test_passes(&test->none_of[i], scalar))
                return false;
        return true;
    case TEST_EXISTS:
        return true;
    case TEST_ABSENT:
        return false;
    default:
        return scalar->type == JSON_STRING && text_passes(test, scalar->text);
    }
}

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

/* Nothing stands at the absent_only nodes, here and below, that come before the limit:
 * in no item of any array. */
static bool leads_absent(struct walk *walk, const struct node *node, uint32_t limit, struct source source)
{
    if (is_array(&source)) {
        for (size_t i = 0; i < source.value->count; i++)
            if (!leads_absent(walk, node, limit, (struct source){ .value = &source.value->items[i] }))
                return false;
        return true;
    }
    if (source.value->type != JSON_OBJECT)
        return !(node->clause && node->clause->absent_only && node->order < limit);
    bool absent = true;
    for (const struct node *child = node->child; child && absent; child = child->next) {
        size_t start = walk->len;
        push_below(walk, source, child->name);
        size_t count = walk->len - start;
        for (size_t i = 0; i < count && absent; i++)
            absent = leads_absent(walk, child, limit, walk->sources[start + i]);
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

static bool some_item_matches(struct walk *walk, const struct node *node, const struct json *array)
{
    bool matches = false;
    for (size_t i = 0; i < array->count && !matches; i++) {
        const struct json *item = &array->items[i];
        if (item->type == JSON_ARRAY) {
            matches = some_item_matches(walk, node, item);
        } else {
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
        if (!is_array(&source))
            push(walk, source.value, source.prefix);
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
    /* All that is asked from here on must be found in one item. */
    for (size_t i = 0; i < view.count && node->first_absent < node->first_positive; i++)
        if (!leads_absent(walk, node, node->first_positive, walk->sources[view.start + i]))
            return false;
    for (size_t i = 0; i < view.count; i++) {
        struct source source = walk->sources[view.start + i];
        if (is_array(&source) && some_item_matches(walk, node, source.value))
            return true;
    }
    return node_matches(walk, node, plain);
}

/* ---- the tree ---- */

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

static size_t nodes_max(const struct pattern *pattern)
{
    size_t max = 0;
    for (uint32_t i = 0; i < pattern->count; i++) {
        size_t nodes = 1;
        for (uint32_t n = 0; n < pattern->conjunctions[i].count; n++)
            nodes += pattern->conjunctions[i].clauses[n]->name_count;
        max = nodes > max ? nodes : max;
    }
    return max;
}

bool pattern_match(const struct pattern *pattern, struct arena *arena, const struct json *event)
{
    struct walk walk;
    struct node *room = (void *)arena_bytes(arena, nodes_max(pattern) * sizeof(*room));
    bool matched = false;
    walk.arena = arena;
    walk.sources = walk.first;
    walk.cap = SOURCES_FIRST;
    for (uint32_t i = 0; i < pattern->count && !matched; i++) {
        walk.len = 0;
        matched = node_matches(&walk, tree_of(&pattern->conjunctions[i], room), view_of(&walk, event));
    }
    return matched;
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
