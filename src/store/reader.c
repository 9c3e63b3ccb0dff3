/* Reading: a snapshot of the view, or the batch on top of the view as it is. */
#include "store/key.h"
#include "store/store_impl.h"

#include <assert.h>
#include <stdlib.h>

struct store_reader *store_batch_reader(struct store_batch *batch)
{
    return &batch->reader;
}

struct store_reader *store_snapshot(struct store *store)
{
    struct store_reader *reader = calloc(1, sizeof(*reader));
    if (!reader)
        abort();
    reader->store = store;
    reader->snapshot = view_snapshot_new(store->view);
    return reader;
}

void store_snapshot_release(struct store_reader **reader)
{
    if (!*reader)
        return;
    assert(!(*reader)->batch);
    view_snapshot_free((*reader)->store->view, &(*reader)->snapshot);
    free(*reader);
    *reader = NULL;
}

static struct str version_value(const struct store_batch *batch, const struct overlay_version *version)
{
    return str_of(batch->payload.ptr + version->value_at, version->value_len);
}

static enum err get(struct store_reader *reader, struct arena *arena, struct str key, struct str *ret)
{
    if (reader->batch) {
        const struct overlay_node *node = overlay_find(&reader->batch->overlay, key);
        if (node) {
            if (node->version->deleted)
                return ERR_NOTFOUND;
            if (ret)
                *ret = arena_copy(arena, version_value(reader->batch, node->version));
            return ERR_OK;
        }
        if (batch_range_over(reader->batch, key))
            return ERR_NOTFOUND;
    }
    return view_get(reader->store->view, reader->snapshot, arena, key, ret);
}

enum err store_get(struct store_reader *reader, struct arena *arena, struct str key, struct str *ret)
{
    return get(reader, arena, key, ret);
}

bool store_has(struct store_reader *reader, struct str key)
{
    return get(reader, NULL, key, NULL) == ERR_OK;
}

/* ---- cursors: the view's keys and the overlay's, merged ---- */

struct store_cursor {
    struct store_batch *batch; /* NULL: of a snapshot */
    struct view_cursor *view;  /* NULL: the range is empty */
    struct overlay_node *node; /* next of the overlay, NULL: no more */
    enum store_direction direction;
    bool placed;               /* view and node stand where the next key is looked for */
    bool took_view, took_node; /* what the last call gave: to be stepped over first */
    struct str first, end;     /* in room[]; end empty: none */
    char room[];
};

struct store_cursor *store_scan(struct store_reader *reader, struct str first, struct str end,
                                enum store_direction direction)
{
    struct store_cursor *cursor = calloc(1, sizeof(*cursor) + first.len + end.len);
    if (!cursor)
        abort();
    if (first.len)
        memcpy(cursor->room, first.ptr, first.len);
    if (end.len)
        memcpy(cursor->room + first.len, end.ptr, end.len);
    cursor->first = str_of(cursor->room, first.len);
    cursor->end = str_of(cursor->room + first.len, end.len);
    cursor->direction = direction;
    cursor->batch = reader->batch;
    if (cursor->batch)
        cursor->batch->cursors++;
    if (end.len == 0 || str_compare(first, end) < 0)
        cursor->view = view_cursor_new(reader->store->view, reader->snapshot, cursor->first, cursor->end);
    return cursor;
}

static struct overlay_node *overlay_within(const struct store_cursor *cursor, struct overlay_node *node)
{
    if (!node || str_compare(overlay_key(node), cursor->first) < 0 ||
        (cursor->end.len && str_compare(overlay_key(node), cursor->end) >= 0))
        return NULL;
    return node;
}

static struct overlay_node *overlay_step(const struct store_cursor *cursor, struct overlay_node *node)
{
    return overlay_within(cursor, cursor->direction == STORE_UP ? node->next[0] : node->before);
}

static void place(struct store_cursor *cursor, struct str key, bool to_key)
{
    bool up = cursor->direction == STORE_UP;
    if (to_key &&
        (up ? str_compare(key, cursor->first) <= 0 : cursor->end.len && str_compare(key, cursor->end) >= 0))
        to_key = false;
    if (!to_key && up)
        view_cursor_first(cursor->view);
    else if (!to_key)
        view_cursor_last(cursor->view);
    else if (up)
        view_cursor_seek(cursor->view, key);
    else
        view_cursor_seek_back(cursor->view, key);
    if (cursor->batch) {
        const struct overlay *overlay = &cursor->batch->overlay;
        struct overlay_node *node;
        if (up)
            node = overlay_at_or_after(overlay, to_key ? key : cursor->first);
        else if (to_key)
            (void)((node = overlay_find(overlay, key)) || (node = overlay_before(overlay, key)));
        else
            node = cursor->end.len ? overlay_before(overlay, cursor->end) : overlay->last;
        cursor->node = overlay_within(cursor, node);
    }
    cursor->placed = true;
    cursor->took_view = cursor->took_node = false;
}

/* Steps the view over keys that a delete range of the batch hides. */
static bool view_visible(struct store_cursor *cursor, struct str *key)
{
    for (;;) {
        if (!view_cursor_at(cursor->view, key))
            return false;
        const struct batch_range *range = cursor->batch ? batch_range_over(cursor->batch, *key) : NULL;
        if (!range)
            return true;
        if (cursor->direction == STORE_UP) {
            view_cursor_seek(cursor->view, range->end);
        } else {
            view_cursor_seek_back(cursor->view, range->first);
            if (view_cursor_at(cursor->view, key) && str_eq(*key, range->first))
                view_cursor_step(cursor->view, STORE_DOWN);
        }
    }
}

bool store_cursor_next(struct store_cursor *cursor, struct str *key, struct str *value)
{
    if (!cursor->view)
        return false;
    if (!cursor->placed)
        place(cursor, STR_EMPTY, false);
    for (;;) {
        if (cursor->took_view)
            view_cursor_step(cursor->view, cursor->direction);
        if (cursor->took_node)
            cursor->node = overlay_step(cursor, cursor->node);
        struct str view_key;
        bool in_view = view_visible(cursor, &view_key);
        int order; /* <0: the view's key comes first */
        if (!in_view || !cursor->node)
            order = in_view ? -1 : 1;
        else if (cursor->direction == STORE_UP)
            order = str_compare(view_key, overlay_key(cursor->node));
        else
            order = str_compare(overlay_key(cursor->node), view_key);
        cursor->took_view = in_view && order <= 0;
        cursor->took_node = cursor->node && order >= 0;
        if (!cursor->took_view && !cursor->took_node)
            return false;
        if (!cursor->took_node) {
            *key = view_key;
            *value = view_cursor_value(cursor->view);
            return true;
        }
        if (!cursor->node->version->deleted) {
            *key = overlay_key(cursor->node);
            *value = version_value(cursor->batch, cursor->node->version);
            return true;
        }
    }
}

void store_cursor_seek(struct store_cursor *cursor, struct str key)
{
    if (cursor->view)
        place(cursor, key, true);
}

enum err store_cursor_close(struct store_cursor **cursor)
{
    if (!*cursor)
        return ERR_OK;
    enum err err = (*cursor)->view ? view_cursor_err((*cursor)->view) : ERR_OK;
    if ((*cursor)->batch)
        (*cursor)->batch->cursors--;
    view_cursor_free(&(*cursor)->view);
    free(*cursor);
    *cursor = NULL;
    return err;
}
