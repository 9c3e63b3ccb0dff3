/* The plain evaluator: walks the pattern's tree and the event side by side.
 *
 * A member name with dots is as good as nested members. So what stands at a node of the
 * pattern may come from several sources: a value, and members of an object above whose
 * names begin with the names from there down to the node:
 *
 *     event {"a":{"x":1},"a.y":2}    at node a:  the value {"x":1}, and the root seen through the prefix "a."
 */
#include "match/pattern_node.h"

/* More spellings of one place in one event than this are not looked at. */
enum { VIEW_MAX = 8 };

struct source {
    const struct json *value;
    struct str prefix; /* empty: the value itself stands at the node */
};

struct view {
    size_t count;
    struct source at[VIEW_MAX];
};

static void view_add(struct view *view, const struct json *value, struct str prefix)
{
    if (view->count < VIEW_MAX)
        view->at[view->count++] = (struct source){ .value = value, .prefix = prefix };
}

static bool is_array(const struct source *source)
{
    return str_empty(source->prefix) && source->value->type == JSON_ARRAY;
}

/* Adds what the source has below the name. */
static void source_below(const struct source *source, struct str name, struct view *ret)
{
    const struct json *object = source->value;
    struct str prefix = source->prefix;
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
            view_add(ret, object, str_slice(key, 0, prefix.len + name.len + 1));
        else
            view_add(ret, &object->members[i].value, STR_EMPTY);
        longer_found |= longer;
        value_found |= !longer;
    }
}

/* ---- tests ---- */

static bool is_scalar(const struct json *value)
{
    return value->type != JSON_ARRAY && value->type != JSON_OBJECT;
}

static bool same_scalar(const struct json *a, const struct json *b)
{
    if (a->type != b->type)
        return false;
    return a->type == JSON_STRING ? str_eq(a->text, b->text) : json_number_compare(a->text, b->text) == 0;
}

static bool test_passes(const struct pattern_test *test, const struct json *value)
{
    switch (test->kind) {
    case TEST_STRING:
        return value->type == JSON_STRING && str_eq(value->text, test->text);
    case TEST_NUMBER:
        return value->type == JSON_NUMBER && json_number_compare(value->text, test->text) == 0;
    case TEST_NULL:
        return value->type == JSON_NULL;
    case TEST_TRUE:
        return value->type == JSON_TRUE;
    case TEST_FALSE:
        return value->type == JSON_FALSE;
    case TEST_PREFIX:
        return value->type == JSON_STRING && str_starts(value->text, test->text);
    case TEST_ANYTHING_BUT:
        for (size_t i = 0; i < test->count; i++)
            if (same_scalar(&test->values[i], value))
                return false;
        return true;
    case TEST_EXISTS:
        return true;
    case TEST_ABSENT:
        return false; /* something is there */
    }
    return false;
}

/* Whether a scalar at or in the value passes a test. *present turns true when there is any. */
static bool value_passes(const struct pattern_node *node, const struct json *value, bool *present)
{
    if (value->type == JSON_ARRAY) {
        for (size_t i = 0; i < value->count; i++)
            if (value_passes(node, &value->items[i], present))
                return true;
        return false;
    }
    if (!is_scalar(value))
        return false;
    *present = true;
    for (size_t i = 0; i < node->test_count; i++)
        if (test_passes(&node->tests[i], value))
            return true;
    return false;
}

static bool tests_pass(const struct pattern_node *node, const struct view *view)
{
    bool present = false;
    for (size_t i = 0; i < view->count; i++)
        if (str_empty(view->at[i].prefix) && value_passes(node, view->at[i].value, &present))
            return true;
    return node->absent_too && !present;
}

/* ---- nodes ---- */

/* Nothing stands at the absent_only nodes, here and below, that come before the limit:
 * in no item of any array. */
static bool leads_absent(const struct pattern_node *node, uint32_t limit, const struct source *source)
{
    if (is_array(source)) {
        for (size_t i = 0; i < source->value->count; i++) {
            struct source item = { .value = &source->value->items[i] };
            if (!leads_absent(node, limit, &item))
                return false;
        }
        return true;
    }
    if (is_scalar(source->value))
        return !(node->absent_only && node->order < limit);
    for (size_t i = 0; i < node->children.len; i++) {
        struct view below = { 0 };
        source_below(source, node->children.at[i]->name, &below);
        for (size_t n = 0; n < below.count; n++)
            if (!leads_absent(node->children.at[i], limit, &below.at[n]))
                return false;
    }
    return true;
}

static bool view_matches(const struct pattern_node *node, const struct view *view);

/* No source is an array. */
static bool node_matches(const struct pattern_node *node, const struct view *view)
{
    if (node->test_count && !tests_pass(node, view))
        return false;
    for (size_t i = 0; i < node->children.len; i++) {
        struct view below;
        below.count = 0;
        for (size_t n = 0; n < view->count; n++)
            source_below(&view->at[n], node->children.at[i]->name, &below);
        if (!view_matches(node->children.at[i], &below))
            return false;
    }
    return true;
}

static bool some_item_matches(const struct pattern_node *node, const struct json *array)
{
    for (size_t i = 0; i < array->count; i++) {
        const struct json *item = &array->items[i];
        struct view view;
        view.count = 1;
        view.at[0] = (struct source){ .value = item };
        if (item->type == JSON_ARRAY ? some_item_matches(node, item) : node_matches(node, &view))
            return true;
    }
    return false;
}

static bool view_matches(const struct pattern_node *node, const struct view *view)
{
    if (node->children.len == 0)
        return tests_pass(node, view);
    struct view plain;
    plain.count = 0;
    for (size_t i = 0; i < view->count; i++)
        if (!is_array(&view->at[i]))
            plain.at[plain.count++] = view->at[i];
    if (plain.count == view->count)
        return node_matches(node, view);
    /* All that is asked from here on must be found in one item. */
    for (size_t i = 0; i < view->count && node->first_absent < node->first_positive; i++)
        if (!leads_absent(node, node->first_positive, &view->at[i]))
            return false;
    for (size_t i = 0; i < view->count; i++)
        if (is_array(&view->at[i]) && some_item_matches(node, view->at[i].value))
            return true;
    return node_matches(node, &plain);
}

bool pattern_match(const struct pattern *pattern, const struct json *event)
{
    struct view view;
    view.count = 1;
    view.at[0] = (struct source){ .value = event };
    return node_matches(&pattern->root, &view);
}

bool pattern_event_check(const struct json *event)
{
    return json_get(event, STR("id")) && json_get(event, STR("account")) && json_get(event, STR("source")) &&
           json_get(event, STR("time")) && json_get(event, STR("region")) &&
           json_get(event, STR("detail-type"));
}

void pattern_free(struct pattern **pattern)
{
    if (!*pattern)
        return;
    struct arena arena = (*pattern)->arena;
    *pattern = NULL;
    arena_fini(&arena);
}

struct str pattern_text(const struct pattern *pattern)
{
    return pattern->text;
}
