/* logs_pattern_json.c - { $.a.b[0] = "x" }: selectors, and messages that are JSON objects, walked along their index.
 *
 * A condition is about what its selector finds; with a wildcard it holds when it holds of anything found. Strings and
 * numbers are compared, null and booleans only looked at by IS; an object or an array is there (NOT EXISTS) and
 * nothing else. Of members of one name the last counts.
 */
#include "logs/logs_pattern_impl.h"

#include <stdlib.h>

/* ---- selectors ---- */

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static bool parse_index(struct logs_pattern_parser *p, struct logs_step *ret)
{
    if (logs_parse_take(p, "*")) {
        ret->kind = LOGS_STEP_ANY_ITEM;
    } else if (logs_parse_peek(p, "'") || logs_parse_peek(p, "\"")) {
        ret->kind = LOGS_STEP_NAME;
        if (!logs_parse_quoted(p, p->text.ptr[p->at], &ret->name))
            return false;
    } else {
        size_t start = p->at;
        int64_t index;
        while (p->at < p->text.len && p->text.ptr[p->at] >= '0' && p->text.ptr[p->at] <= '9')
            p->at++;
        if (!str_to_i64(str_slice(p->text, start, p->at - start), &index))
            return logs_parse_refuse(p,
                                     "an array's index, a * or a quoted name should stand between brackets");
        ret->kind = LOGS_STEP_INDEX;
        ret->index = (uint64_t)index;
    }
    return logs_parse_take(p, "]") || logs_parse_refuse(p, "']' is missing");
}

static bool parse_step(struct logs_pattern_parser *p, bool first, struct logs_step *ret)
{
    *ret = (struct logs_step){ .kind = LOGS_STEP_NAME };
    size_t start = p->at;
    if (logs_parse_take(p, ".")) {
        if (logs_parse_take(p, "*")) {
            ret->kind = LOGS_STEP_ANY_MEMBER;
            return true;
        }
        start = p->at;
        while (p->at < p->text.len && is_name(p->text.ptr[p->at]))
            p->at++;
        ret->name = str_slice(p->text, start, p->at - start);
        if (ret->name.len)
            return true;
        if (!logs_parse_peek(p, "['") && !logs_parse_peek(p, "[\""))
            return logs_parse_refuse(
                p, "a name of letters, digits, '-' and '_' is missing (any other: ['name'])");
    }
    if (!logs_parse_take(p, "["))
        return logs_parse_refuse(p, "'.' is missing");
    if (!parse_index(p, ret))
        return false;
    if (first && ret->kind != LOGS_STEP_NAME) {
        p->at = start;
        return logs_parse_refuse(p, "an array follows a property");
    }
    return true;
}

static bool selector_ends(const struct logs_pattern_parser *p)
{
    return !logs_parse_peek(p, ".") && !logs_parse_peek(p, "[");
}

const struct logs_selector *logs_parse_selector(struct logs_pattern_parser *p)
{
    struct logs_selector *selector = ARENA_NEW(p->arena, struct logs_selector);
    VEC(struct logs_step) steps = { 0 };
    size_t start = p->at;
    if (!logs_parse_take(p, "$")) {
        logs_parse_refuse(p, "a selector beginning with '$.' is missing");
        return NULL;
    }
    do {
        struct logs_step step;
        size_t at = p->at;
        if (!parse_step(p, steps.len == 0, &step))
            return NULL;
        bool any = step.kind == LOGS_STEP_ANY_ITEM || step.kind == LOGS_STEP_ANY_MEMBER;
        if (any && (selector->wildcard || ++p->wildcards > LOGS_PATTERN_WILDCARDS_MAX)) {
            p->at = at;
            logs_parse_refuse(p,
                              "a selector has at most one wildcard, a pattern at most %d; there is one more",
                              LOGS_PATTERN_WILDCARDS_MAX);
            return NULL;
        }
        selector->wildcard |= any;
        VEC_PUSH(p->arena, &steps, step);
    } while (!selector_ends(p));
    selector->text = str_slice(p->text, start, p->at - start);
    selector->steps = steps.at;
    selector->count = steps.len;
    for (size_t i = 0; i < p->selectors.len; i++)
        if (str_eq(p->selectors.at[i]->text, selector->text))
            return p->selectors.at[i];
    VEC_PUSH(p->arena, &p->selectors, selector);
    return selector;
}

static void longest(struct str *now, struct str other)
{
    if (other.len > now->len)
        *now = other;
}

static void note_likely(struct logs_pattern_parser *p, const struct logs_condition *condition)
{
    if (condition->relation == LOGS_NOT_EXISTS)
        return;
    for (size_t i = 0; i < condition->selector->count; i++)
        longest(&p->form->likely, condition->selector->steps[i].name);
    if (condition->relation == LOGS_EQUAL && condition->operand == LOGS_OPERAND_TEXT)
        longest(&p->form->likely, condition->text);
}

bool logs_parse_json(struct logs_pattern_parser *p)
{
    p->form->kind = LOGS_FORM_JSON;
    p->at++;
    if (!(p->form->root = logs_parse_expression(p)))
        return false;
    logs_parse_space(p);
    if (!logs_parse_take(p, "}"))
        return logs_parse_refuse(p, "'}', '&&' or '||' is missing");
    logs_parse_space(p);
    if (p->at < p->text.len)
        return logs_parse_refuse(p, "the pattern should end");
    logs_each_required(p, p->form->root, note_likely);
    return true;
}

/* ---- messages ---- */

/* A value of the message. at: of an object or array its opening bracket in the index, else what follows it there. */
struct node {
    const char *first;
    size_t at;
};

/* The children of an object or array, one after the other. at: the delimiter before the next. */
struct children {
    const struct json_index *index;
    size_t at;
    bool object, over;
};

static struct children children_of(const struct json_index *index, struct node node)
{
    struct children children = { .index = index, .at = node.at, .object = *node.first == '{' };
    const char *behind = json_index_behind(index, node.at);
    children.over = *behind == '}' || *behind == ']';
    return children;
}

/* ret_name: of a member, without its quotes, not decoded. */
static bool children_next(struct children *children, struct str *ret_name, struct node *ret)
{
    const struct json_index *index = children->index;
    if (children->over)
        return false;
    if (children->object) {
        const char *name = json_index_behind(index, children->at) + 1;
        const char *end = index->text.ptr + index->offsets[++children->at];
        while (json_is_space(end[-1]))
            end--;
        *ret_name = str_of(name, (size_t)(end - 1 - name));
    }
    ret->first = json_index_behind(index, children->at);
    ret->at = ++children->at;
    if (*ret->first == '{' || *ret->first == '[') {
        /* The text was found valid. */
        if (json_index_skip(index, &children->at, 1))
            abort();
        children->at++;
    }
    char delimiter = json_index_char(index, children->at);
    children->over = delimiter == '}' || delimiter == ']';
    return true;
}

static struct str scalar_text(const struct json_index *index, struct node node)
{
    const char *end = index->text.ptr + index->offsets[node.at];
    while (json_is_space(end[-1]))
        end--;
    return str_of(node.first, (size_t)(end - node.first));
}

/* A string without its quotes. Decoded texts live as the arena does. */
static struct str decoded(const struct json_index *index, struct arena *arena, struct str inside)
{
    struct json value;
    if (!index->escapes || !memchr(inside.ptr, '\\', inside.len))
        return inside;
    if (json_read(arena, str_of(inside.ptr - 1, inside.len + 2), 0, &value, NULL))
        abort();
    return value.text;
}

static bool member(struct logs_matcher *matcher, struct str name, struct node *node)
{
    struct node child, found = { 0 };
    struct str child_name;
    if (*node->first != '{')
        return false;
    struct children children = children_of(&matcher->index, *node);
    while (children_next(&children, &child_name, &child))
        if (str_eq(decoded(&matcher->index, &matcher->arena, child_name), name))
            found = child;
    *node = found;
    return found.first != NULL;
}

static bool item(struct logs_matcher *matcher, uint64_t at, struct node *node)
{
    struct str none;
    if (*node->first != '[')
        return false;
    struct children children = children_of(&matcher->index, *node);
    for (uint64_t i = 0; children_next(&children, &none, node); i++)
        if (i == at)
            return true;
    return false;
}

typedef bool node_f(struct logs_matcher *matcher, struct node node, void *self);

/* Whether call says so of anything that the selector finds from a step on. */
static bool any(struct logs_matcher *matcher, const struct logs_selector *selector, size_t from,
                struct node node, node_f *call, void *self)
{
    for (size_t i = from; i < selector->count; i++) {
        const struct logs_step *step = &selector->steps[i];
        if (step->kind == LOGS_STEP_NAME ? member(matcher, step->name, &node)
                                         : step->kind == LOGS_STEP_INDEX && item(matcher, step->index, &node))
            continue;
        if (step->kind == LOGS_STEP_NAME || step->kind == LOGS_STEP_INDEX ||
            *node.first != (step->kind == LOGS_STEP_ANY_MEMBER ? '{' : '['))
            return false;
        struct children children = children_of(&matcher->index, node);
        struct str name;
        struct node child;
        while (children_next(&children, &name, &child))
            if (any(matcher, selector, i + 1, child, call, self))
                return true;
        return false;
    }
    return call(matcher, node, self);
}

static bool is_there(struct logs_matcher *matcher, struct node node, void *self)
{
    (void)matcher;
    (void)node;
    (void)self;
    return true;
}

static bool node_passes(struct logs_matcher *matcher, struct node node, void *self)
{
    const struct logs_condition *condition = self;
    char first = *node.first;
    switch (condition->relation) {
    case LOGS_IS_NULL:
        return first == 'n';
    case LOGS_IS_TRUE:
        return first == 't';
    case LOGS_IS_FALSE:
        return first == 'f';
    default:
        break;
    }
    if (strchr("{[ntf", first))
        return false;
    struct str text = scalar_text(&matcher->index, node);
    if (first == '"')
        text = decoded(&matcher->index, &matcher->arena, str_slice(text, 1, text.len - 2));
    return logs_condition_holds(condition, text, first != '"');
}

static bool holds(struct logs_matcher *matcher, const struct logs_expression *expression, struct node root)
{
    if (expression->kind == LOGS_AND)
        return holds(matcher, expression->left, root) && holds(matcher, expression->right, root);
    if (expression->kind == LOGS_OR)
        return holds(matcher, expression->left, root) || holds(matcher, expression->right, root);
    struct logs_condition condition = expression->condition;
    if (condition.relation == LOGS_NOT_EXISTS)
        return !any(matcher, condition.selector, 0, root, is_there, NULL);
    return any(matcher, condition.selector, 0, root, node_passes, &condition);
}

/* False: it is not an object. */
static bool begin(struct logs_matcher *matcher, struct str message, struct node *ret)
{
    if (matcher->arena.used)
        arena_reset(&matcher->arena);
    if (json_index_valid(&matcher->index, message) || matcher->index.count == 0 ||
        json_index_char(&matcher->index, 0) != '{')
        return false;
    *ret = (struct node){ matcher->index.text.ptr + matcher->index.offsets[0], 0 };
    return true;
}

bool logs_json_matches(const struct logs_pattern_form *form, struct logs_matcher *matcher, struct str message)
{
    struct node root;
    if (form->likely.len && str_find(message, form->likely) == STR_NOT_FOUND &&
        str_find_char(message, '\\') == STR_NOT_FOUND)
        return false;
    return begin(matcher, message, &root) && holds(matcher, form->root, root);
}

/* ---- values ---- */

struct wanted {
    struct arena *arena;
    struct str text;
};

static bool take_value(struct logs_matcher *matcher, struct node node, void *self)
{
    struct wanted *wanted = self;
    if (strchr("{[n", *node.first))
        return false;
    wanted->text = scalar_text(&matcher->index, node);
    if (*node.first == '"')
        wanted->text =
            decoded(&matcher->index, wanted->arena, str_slice(wanted->text, 1, wanted->text.len - 2));
    return true;
}

bool logs_json_value(const struct logs_selector *selector, struct logs_matcher *matcher, struct arena *arena,
                     struct str message, struct str *ret)
{
    struct node root;
    struct wanted wanted = { .arena = arena };
    if (!begin(matcher, message, &root) || !any(matcher, selector, 0, root, take_value, &wanted))
        return false;
    *ret = wanted.text;
    return true;
}
