/* A path is a list of parts. A definite one is followed from value to value. Any other
 * turns a list of values into the next list, part by part; `..` turns each value into
 * itself and all below it, before the part that follows.
 */
#include "expr/path_parts.h"

#include <assert.h>

bool path_is_definite(const struct path *path)
{
    return path->definite;
}

bool path_has_filter(const struct path *path)
{
    return path->filters;
}

bool path_of_context(const struct path *path)
{
    return path->base == BASE_CONTEXT;
}

struct str path_variable(const struct path *path)
{
    return path->variable;
}

struct str path_text(const struct path *path)
{
    return path->text;
}

static void add_quoted(struct buf *out, struct str name)
{
    buf_add_char(out, '\'');
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '\'' || name.ptr[i] == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, name.ptr[i]);
    }
    buf_add_char(out, '\'');
}

static void add_part(struct buf *out, const struct path_part *part)
{
    if (part->kind == PART_DESCEND) {
        buf_add(out, STR(".."));
        return;
    }
    buf_add_char(out, '[');
    for (size_t i = 0; i < part->count; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        if (part->kind == PART_MEMBERS)
            add_quoted(out, part->names[i]);
        else
            buf_printf(out, "%lld", (long long)part->indexes[i]);
    }
    if (part->kind == PART_ALL)
        buf_add_char(out, '*');
    if (part->kind == PART_FILTER)
        buf_add(out, part->filter_text);
    if (part->kind == PART_SLICE) {
        if (part->has_from)
            buf_printf(out, "%lld", (long long)part->from);
        buf_add_char(out, ':');
        if (part->has_to)
            buf_printf(out, "%lld", (long long)part->to);
    }
    buf_add_char(out, ']');
}

/* Its first parts only. */
static struct str bracketed(const struct path *path, struct arena *arena, size_t count)
{
    struct buf out;
    buf_init(&out, 0);
    buf_add(&out, path->base == BASE_CONTEXT ? STR("$$") : STR("$"));
    buf_add(&out, path->variable);
    for (size_t i = 0; i < count; i++)
        add_part(&out, &path->parts[i]);
    struct str text = arena_copy(arena, buf_str(&out));
    buf_fini(&out);
    return text;
}

struct str path_bracketed(const struct path *path, struct arena *arena)
{
    return bracketed(path, arena, path->count);
}

/* ---- get ---- */

/* NULL: not there. */
static const struct json *item_at(const struct json *array, int64_t index)
{
    if (array->type != JSON_ARRAY)
        return NULL;
    if (index < 0)
        index += array->count;
    return index >= 0 && index < array->count ? &array->items[index] : NULL;
}

static const struct json *step(const struct path_part *part, const struct json *value)
{
    return part->kind == PART_MEMBERS ? json_get(value, part->names[0]) : item_at(value, part->indexes[0]);
}

struct picks {
    struct picking *picking;
    VEC(const struct json *) list;
    bool full;
};

static void pick(struct picks *picks, const struct json *value)
{
    if (!value)
        return;
    if (picks->list.len == PATH_PICKS_MAX || ++picks->picking->work > PATH_WORK_MAX)
        picks->full = true;
    else
        VEC_PUSH(picks->picking->arena, &picks->list, value);
}

static bool is_container(const struct json *value)
{
    return value->type == JSON_ARRAY || value->type == JSON_OBJECT;
}

static void pick_children(struct picks *picks, const struct json *value, bool last_first)
{
    if (!is_container(value))
        return;
    for (size_t n = 0; n < value->count && !picks->full; n++) {
        size_t i = last_first ? value->count - 1 - n : n;
        pick(picks, value->type == JSON_ARRAY ? &value->items[i] : &value->members[i].value);
    }
}

static int64_t slice_end(int64_t end, const struct json *array)
{
    if (end < 0)
        end += array->count;
    return end < 0 ? 0 : end > array->count ? array->count : end;
}

static void pick_slice(struct picks *picks, const struct path_part *part, const struct json *value)
{
    if (value->type != JSON_ARRAY)
        return;
    int64_t from = part->has_from ? slice_end(part->from, value) : 0;
    int64_t to = part->has_to ? slice_end(part->to, value) : value->count;
    for (int64_t i = from; i < to && !picks->full; i++)
        pick(picks, &value->items[i]);
}

/* The value and all below it, each before what it holds. */
static void pick_below(struct picks *picks, const struct json *value)
{
    struct picks rest = { .picking = picks->picking };
    pick(&rest, value);
    while (rest.list.len > 0 && !picks->full) {
        const struct json *next = rest.list.at[--rest.list.len];
        pick(picks, next);
        pick_children(&rest, next, true);
        picks->full |= rest.full;
    }
}

/* Of an array the items that pass, of an object itself; scalars never do. */
static void pick_filtered(struct picks *picks, const struct path_part *part, const struct json *value)
{
    if (value->type == JSON_OBJECT && filter_holds(part->filter, picks->picking, value))
        pick(picks, value);
    for (uint32_t i = 0; value->type == JSON_ARRAY && i < value->count && !picks->full; i++) {
        if (is_container(&value->items[i]) && filter_holds(part->filter, picks->picking, &value->items[i]))
            pick(picks, &value->items[i]);
        picks->full |= picks->picking->work > PATH_WORK_MAX;
    }
}

static void pick_part(struct picks *picks, const struct path_part *part, const struct json *value)
{
    switch (part->kind) {
    case PART_MEMBERS:
        for (size_t i = 0; i < part->count && !picks->full; i++) {
            picks->picking->work += value->type == JSON_OBJECT && part->count > 1 ? value->count / 8 : 0;
            picks->full |= picks->picking->work > PATH_WORK_MAX;
            pick(picks, json_get(value, part->names[i]));
        }
        break;
    case PART_INDEXES:
        for (size_t i = 0; i < part->count; i++)
            pick(picks, item_at(value, part->indexes[i]));
        break;
    case PART_SLICE:
        pick_slice(picks, part, value);
        break;
    case PART_ALL:
        pick_children(picks, value, false);
        break;
    case PART_DESCEND:
        pick_below(picks, value);
        break;
    case PART_FILTER:
        pick_filtered(picks, part, value);
        break;
    }
}

static enum err get_all(const struct path *path, struct picking *picking, const struct json *root,
                        struct json *ret)
{
    struct picks picks = { .picking = picking };
    pick(&picks, root);
    for (size_t i = 0; i < path->count; i++) {
        struct picks next = { .picking = picking };
        for (size_t n = 0; n < picks.list.len && !next.full; n++)
            pick_part(&next, &path->parts[i], picks.list.at[n]);
        if (next.full || picking->work > PATH_WORK_MAX)
            return ERR_LIMIT;
        picks = next;
    }
    struct json *items = (void *)arena_bytes(picking->arena, picks.list.len * sizeof(*items));
    for (size_t i = 0; i < picks.list.len; i++)
        items[i] = *picks.list.at[i];
    *ret = json_of_array(items, picks.list.len);
    return ERR_OK;
}

enum err path_pick(const struct path *path, struct picking *picking, const struct json *from,
                   struct json *ret)
{
    const struct json *value = from;
    if (!path->definite)
        return get_all(path, picking, value, ret);
    for (size_t i = 0; i < path->count && value; i++)
        value = step(&path->parts[i], value);
    picking->work += path->count;
    if (!value)
        return ERR_NOTFOUND;
    *ret = *value;
    return ERR_OK;
}

static const struct json *base_of(const struct path *path, const struct scope *scope)
{
    switch (path->base) {
    case BASE_CONTEXT:
        return scope->context;
    case BASE_VARIABLE:
        return scope->variable ? scope->variable(scope->self, path->variable) : NULL;
    default:
        return scope->root;
    }
}

enum err path_get(const struct path *path, struct arena *arena, const struct scope *scope, struct json *ret)
{
    const struct json *base = base_of(path, scope);
    struct picking picking = { .arena = arena, .base = base };
    if (!scope_work(scope, 1))
        return ERR_LIMIT;
    enum err err = base ? path_pick(path, &picking, base, ret) : ERR_NOTFOUND;
    return scope_work(scope, picking.work) ? err : ERR_LIMIT;
}

struct str path_why(const struct path *path, struct arena *arena, const struct scope *scope)
{
    const struct json *at = base_of(path, scope);
    for (size_t i = 0; at && i < path->count; i++) {
        const struct path_part *part = &path->parts[i];
        if (part->kind == PART_MEMBERS && at->type != JSON_OBJECT) {
            struct str so_far = bracketed(path, arena, i);
            return arena_printf(arena, "Property ['%.*s'] not found in path %.*s", STR_ARG(part->names[0]),
                                STR_ARG(so_far));
        }
        at = part->kind <= PART_INDEXES ? step(part, at) : NULL;
        if (!at && i + 1 < path->count) {
            struct str so_far = bracketed(path, arena, i + 1);
            return arena_printf(arena, "Missing property in path %.*s", STR_ARG(so_far));
        }
    }
    struct str whole = bracketed(path, arena, path->count);
    return arena_printf(arena, "No results for path: %.*s", STR_ARG(whole));
}

/* ---- set ---- */

static struct json with_item(struct arena *arena, const struct json *array, const struct json *place,
                             struct json value)
{
    struct json *items = (void *)arena_bytes(arena, array->count * sizeof(*items));
    memcpy(items, array->items, array->count * sizeof(*items));
    items[place - array->items] = value;
    return json_of_array(items, array->count);
}

enum err path_set(const struct path *path, struct arena *arena, const struct json *root,
                  const struct json *value, struct json *ret)
{
    assert(path->definite && path->base == BASE_ROOT);
    /* Down: what stands on the way; NULL from where nothing does. */
    const struct json **way = ARENA_ARRAY(arena, const struct json *, path->count + 1);
    way[0] = root;
    for (size_t i = 0; i < path->count; i++) {
        const struct path_part *part = &path->parts[i];
        if (part->kind == PART_MEMBERS && way[i] && way[i]->type != JSON_OBJECT)
            return ERR_INVALID;
        way[i + 1] = way[i] ? step(part, way[i]) : NULL;
        if (part->kind == PART_INDEXES && !way[i + 1])
            return ERR_INVALID;
    }
    /* Up: each with its new child. */
    struct json made = *value;
    for (size_t i = path->count; i-- > 0;) {
        const struct path_part *part = &path->parts[i];
        made = part->kind == PART_MEMBERS ? json_with_member(arena, way[i], part->names[0], made)
                                          : with_item(arena, way[i], way[i + 1], made);
    }
    *ret = made;
    return ERR_OK;
}
