/* Paths into items: finding, comparing, and taking a part of an item. */
#include "tables/expression_parser.h"

#include "base/vec.h"

#include <stdlib.h>

const struct value *path_find(const struct path *path, const struct value *item)
{
    for (uint32_t i = 0; i < path->count && item; i++) {
        const struct path_step *step = &path->steps[i];
        if (!step->is_index)
            item = value_member(item, step->name);
        else
            item = item->type == VALUE_L && step->index < item->count ? &item->items[step->index] : NULL;
    }
    return item;
}

struct str path_show(struct arena *arena, const struct path *path)
{
    struct str shown = STR("[");
    for (uint32_t i = 0; i < path->count; i++) {
        const struct path_step *step = &path->steps[i];
        const char *comma = i ? ", " : "";
        shown = step->is_index
                    ? arena_printf(arena, "%.*s%s[%u]", STR_ARG(shown), comma, step->index)
                    : arena_printf(arena, "%.*s%s%.*s", STR_ARG(shown), comma, STR_ARG(step->name));
    }
    return arena_concat(arena, shown, STR("]"));
}

/* Names before indexes, then in their order. */
static int compare_steps(const struct path_step *a, const struct path_step *b)
{
    if (a->is_index != b->is_index)
        return a->is_index ? 1 : -1;
    if (a->is_index)
        return (a->index > b->index) - (a->index < b->index);
    return str_compare(a->name, b->name);
}

static bool refuse_pair(struct scope *scope, const char *kind, const char *verb, const struct path *one,
                        const struct path *two)
{
    return fault_set(
        scope->fault, scope->arena, FAULT_VALIDATION,
        "Invalid %s: Two document paths %s with each other; must remove or rewrite one of these paths; "
        "path one: %.*s, path two: %.*s",
        kind, verb, STR_ARG(path_show(scope->arena, one)), STR_ARG(path_show(scope->arena, two)));
}

static bool pair_is_apart(struct scope *scope, const char *kind, const struct path *one,
                          const struct path *two)
{
    for (uint32_t i = 0; i < one->count && i < two->count; i++) {
        if (one->steps[i].is_index != two->steps[i].is_index)
            return refuse_pair(scope, kind, "conflict", one, two);
        if (compare_steps(&one->steps[i], &two->steps[i]) != 0)
            return true;
    }
    return refuse_pair(scope, kind, "overlap", one, two);
}

bool paths_are_apart(struct scope *scope, const char *kind, const struct path *const *paths, uint32_t count)
{
    /* An expression of 4 KiB holds two thousand paths at most: two million comparisons, nearly all of them
     * ended by the first step. */
    for (uint32_t i = 1; i < count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (!pair_is_apart(scope, kind, paths[j], paths[i]))
                return false;
        }
    }
    return true;
}

/* ---- projections ---- */

static int compare_paths(const void *a, const void *b)
{
    const struct path *one = *(const struct path *const *)a, *two = *(const struct path *const *)b;
    for (uint32_t i = 0; i < one->count && i < two->count; i++) {
        int order = compare_steps(&one->steps[i], &two->steps[i]);
        if (order)
            return order;
    }
    return one->count < two->count ? -1 : one->count > two->count;
}

bool projection_parse(struct scope *scope, struct str text, struct projection *ret)
{
    struct parser parser;
    VEC(struct path) paths = { 0 };
    if (!parser_init(&parser, scope, "ProjectionExpression", text))
        return false;
    do {
        struct path path;
        if (!parse_path(&parser, &path))
            return false;
        VEC_PUSH(scope->arena, &paths, path);
    } while (parser_take_sign(&parser, ","));
    if (!parser_finish(&parser))
        return false;
    const struct path **order = ARENA_ARRAY(scope->arena, const struct path *, paths.len);
    for (size_t i = 0; i < paths.len; i++)
        order[i] = &paths.at[i];
    if (!paths_are_apart(scope, "ProjectionExpression", order, (uint32_t)paths.len))
        return false;
    *ret = (struct projection){ .paths = paths.at, .count = (uint32_t)paths.len };
    return true;
}

/* paths: sorted, of the same steps before depth; from is what those lead to. False:
 * nothing of it is there. */
static bool take_part(struct arena *arena, const struct value *from, const struct path **paths,
                      uint32_t count, uint32_t depth, struct value *ret)
{
    if (paths[0]->count == depth) {
        *ret = *from;
        return true;
    }
    bool is_index = paths[0]->steps[depth].is_index;
    if (from->type != (is_index ? VALUE_L : VALUE_M))
        return false;
    *ret = (struct value){ .type = from->type };
    if (is_index)
        ret->items = ARENA_ARRAY(arena, struct value, count);
    else
        ret->members = ARENA_ARRAY(arena, struct value_member, count);
    for (uint32_t i = 0, next; i < count; i = next) {
        const struct path_step *step = &paths[i]->steps[depth];
        for (next = i + 1; next < count && compare_steps(step, &paths[next]->steps[depth]) == 0;)
            next++;
        struct path one = { .steps = step, .count = 1 };
        const struct value *inner = path_find(&one, from);
        struct value part;
        if (!inner || !take_part(arena, inner, paths + i, next - i, depth + 1, &part))
            continue;
        if (is_index)
            ret->items[ret->count++] = part;
        else
            ret->members[ret->count++] = (struct value_member){ .name = step->name, .value = part };
    }
    return ret->count > 0;
}

struct value projection_apply(struct arena *arena, const struct projection *projection,
                              const struct value *item)
{
    struct value part;
    const struct path **order = ARENA_ARRAY(arena, const struct path *, projection->count + 1);
    for (uint32_t i = 0; i < projection->count; i++)
        order[i] = &projection->paths[i];
    qsort(order, projection->count, sizeof(*order), compare_paths);
    if (projection->count == 0 || !take_part(arena, item, order, projection->count, 0, &part))
        return (struct value){ .type = VALUE_M };
    return part;
}
