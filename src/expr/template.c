/* A template is compiled to a tree in which only the way to each path is spelled out:
 *
 *     {"a":{"b.$":"$.x","c":1},"d":[1,2]}      object
 *                                              |- "a" object
 *                                              |      |- "b" expression $.x  (member "b.$")
 *                                              |      '- "c" constant 1
 *                                              '- "d" constant [1,2]
 */
#include "expr/template.h"
#include "base/buf.h"

#include <stdlib.h>

enum node_kind { NODE_CONSTANT, NODE_EXPRESSION, NODE_OBJECT, NODE_ARRAY };

struct node {
    enum node_kind kind;
    uint32_t count;
    struct str key;    /* its name in the result, when the parent is an object */
    struct str member; /* its name in the template */
    union {
        const struct json *constant;
        struct expression expression;
        struct node *children;
    };
};

struct template
{
    struct node root;
    bool context;
};

/* ---- compile ---- */

/* The way from the root of the template to where the compiler is, innermost first. */
struct place {
    const struct place *outer;
    struct str member;
    size_t index;
    bool in_array;
};

static struct str pointer_of(struct arena *arena, const struct place *place)
{
    if (!place)
        return STR("");
    struct str outer = pointer_of(arena, place->outer);
    if (place->in_array)
        return arena_printf(arena, "%.*s/%zu", STR_ARG(outer), place->index);
    struct buf out;
    buf_init(&out, 0);
    buf_add(&out, outer);
    buf_add_char(&out, '/');
    for (size_t i = 0; i < place->member.len; i++) {
        char c = place->member.ptr[i];
        buf_add(&out, c == '~' ? STR("~0") : c == '/' ? STR("~1") : str_of(&c, 1));
    }
    struct str pointer = arena_copy(arena, buf_str(&out));
    buf_fini(&out);
    return pointer;
}

static enum err compile_expression(struct arena *arena, const struct json *source, const struct place *place,
                                   struct node *node, struct template_error *reterr)
{
    struct diag why = { .text = "" };
    enum err err = ERR_INVALID;
    node->kind = NODE_EXPRESSION;
    if (source->type == JSON_STRING)
        err = expression_compile(arena, source->text, &node->expression, &why);
    if (!err)
        return err;
    *reterr = (struct template_error){ .pointer = pointer_of(arena, place), .member = place->member };
    reterr->text = err == ERR_UNSUPPORTED ? arena_copy(arena, str_from(why.text))
                                          : arena_printf(arena,
                                                         "The value for the field '%.*s' must be a valid "
                                                         "JSONPath or a valid intrinsic function call",
                                                         STR_ARG(place->member));
    return err;
}

static enum err compile(struct arena *arena, const struct json *source, const struct place *outer,
                        struct node *node, struct template_error *reterr);

static int child_order(const void *left, const void *right)
{
    const struct node *a = *(const struct node *const *)left, *b = *(const struct node *const *)right;
    int order = str_compare(a->key, b->key);
    return order ? order : (a > b) - (a < b);
}

/* Of children of the same key only the last stays. */
static void drop_duplicates(struct arena *arena, struct node *object)
{
    const struct node **sorted = ARENA_ARRAY(arena, const struct node *, object->count);
    bool *dropped = ARENA_ARRAY(arena, bool, object->count);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < object->count; i++)
        sorted[i] = &object->children[i];
    qsort(sorted, object->count, sizeof(sorted[0]), child_order);
    for (uint32_t i = 1; i < object->count; i++)
        dropped[sorted[i - 1] - object->children] = str_eq(sorted[i - 1]->key, sorted[i]->key);
    for (uint32_t i = 0; i < object->count; i++)
        if (!dropped[i])
            object->children[kept++] = object->children[i];
    object->count = kept;
}

static enum err compile_object(struct arena *arena, const struct json *source, const struct place *outer,
                               struct node *node, struct template_error *reterr)
{
    bool constant = true;
    *node = (struct node){ .kind = NODE_OBJECT,
                           .count = source->count,
                           .children = ARENA_ARRAY(arena, struct node, source->count) };
    for (uint32_t i = 0; i < source->count; i++) {
        const struct json_member *member = &source->members[i];
        struct place place = { .outer = outer, .member = member->key };
        struct node *child = &node->children[i];
        bool is_path = str_ends(member->key, STR(".$"));
        enum err err = is_path ? compile_expression(arena, &member->value, &place, child, reterr)
                               : compile(arena, &member->value, &place, child, reterr);
        if (err)
            return err;
        child->member = member->key;
        child->key = is_path ? str_slice(member->key, 0, member->key.len - 2) : member->key;
        constant = constant && child->kind == NODE_CONSTANT && !is_path;
    }
    if (constant)
        *node = (struct node){ .kind = NODE_CONSTANT, .constant = source };
    else
        drop_duplicates(arena, node);
    return ERR_OK;
}

static enum err compile_array(struct arena *arena, const struct json *source, const struct place *outer,
                              struct node *node, struct template_error *reterr)
{
    bool constant = true;
    *node = (struct node){ .kind = NODE_ARRAY,
                           .count = source->count,
                           .children = ARENA_ARRAY(arena, struct node, source->count) };
    for (uint32_t i = 0; i < source->count; i++) {
        struct place place = { .outer = outer, .index = i, .in_array = true };
        enum err err = compile(arena, &source->items[i], &place, &node->children[i], reterr);
        if (err)
            return err;
        constant = constant && node->children[i].kind == NODE_CONSTANT;
    }
    if (constant)
        *node = (struct node){ .kind = NODE_CONSTANT, .constant = source };
    return ERR_OK;
}

/* Recursion is as deep as the source, which its reader has limited. */
static enum err compile(struct arena *arena, const struct json *source, const struct place *outer,
                        struct node *node, struct template_error *reterr)
{
    if (source->type == JSON_OBJECT)
        return compile_object(arena, source, outer, node, reterr);
    if (source->type == JSON_ARRAY)
        return compile_array(arena, source, outer, node, reterr);
    *node = (struct node){ .kind = NODE_CONSTANT, .constant = source };
    return ERR_OK;
}

static bool reads_context(const struct node *node)
{
    bool reads = node->kind == NODE_EXPRESSION && node->expression.context;
    for (uint32_t i = 0; i < node->count && !reads; i++)
        reads = reads_context(&node->children[i]);
    return reads;
}

bool template_reads_context(const struct template *template)
{
    return template->context;
}

enum err template_compile(struct arena *arena, const struct json *source, struct template **ret,
                          struct template_error *reterr)
{
    struct template *template = ARENA_NEW(arena, struct template);
    struct template_error ignored;
    enum err err = compile(arena, source, NULL, &template->root, reterr ? reterr : &ignored);
    if (err)
        return err;
    template->context = reads_context(&template->root);
    *ret = template;
    return ERR_OK;
}

/* ---- render ---- */

struct rendering {
    struct arena *arena;
    const struct scope *scope;
    struct template_failure *failure;
};

static enum err render(const struct rendering *r, const struct node *node, struct json *ret)
{
    enum err err;
    if (node->kind == NODE_CONSTANT) {
        *ret = *node->constant;
        return ERR_OK;
    }
    if (node->kind == NODE_EXPRESSION) {
        struct expression_failure why;
        err = expression_get(&node->expression, r->arena, r->scope, ret, &why);
        if (err && r->failure)
            *r->failure = (struct template_failure){ .member = node->member, .why = why };
        return err;
    }
    if (node->kind == NODE_ARRAY) {
        struct json *items = (void *)arena_bytes(r->arena, node->count * sizeof(*items));
        for (uint32_t i = 0; i < node->count; i++)
            if ((err = render(r, &node->children[i], &items[i])))
                return err;
        *ret = json_of_array(items, node->count);
        return ERR_OK;
    }
    struct json_member *members = (void *)arena_bytes(r->arena, node->count * sizeof(*members));
    for (uint32_t i = 0; i < node->count; i++) {
        members[i].key = node->children[i].key;
        if ((err = render(r, &node->children[i], &members[i].value)))
            return err;
    }
    *ret = json_of_object(members, node->count);
    return ERR_OK;
}

enum err template_render(const struct template *template, struct arena *arena, const struct scope *scope,
                         struct json *ret, struct template_failure *reterr)
{
    struct rendering rendering = { .arena = arena, .scope = scope, .failure = reterr };
    return render(&rendering, &template->root, ret);
}
