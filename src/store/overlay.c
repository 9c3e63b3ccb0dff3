#include "store/overlay.h"

#include <assert.h>

#define RANDOM_SEED 0x9e3779b9u

void overlay_init(struct overlay *overlay)
{
    *overlay = (struct overlay){ .random = RANDOM_SEED };
}

void overlay_fini(struct overlay *overlay)
{
    arena_fini(&overlay->arena);
}

void overlay_reset(struct overlay *overlay)
{
    arena_reset(&overlay->arena);
    overlay->head = NULL;
    overlay->last = NULL;
    overlay->count = 0;
}

/* Every fourth node is one level higher. The heights need no secrecy: keys of one batch come from
 * commands that were accepted, and there are only so many of them. */
static uint32_t random_height(struct overlay *overlay)
{
    uint32_t x = overlay->random;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    overlay->random = x;
    uint32_t height = 1;
    while ((x & 3) == 0 && height < OVERLAY_HEIGHT_MAX) {
        height++;
        x >>= 2;
    }
    return height;
}

static struct overlay_node *node_new(struct overlay *overlay, uint32_t height, struct str key)
{
    size_t size = sizeof(struct overlay_node) + height * sizeof(struct overlay_node *);
    struct overlay_node *node = (struct overlay_node *)(void *)arena_bytes(&overlay->arena, size + key.len);
    memset(node, 0, size);
    node->height = height;
    node->key_len = (uint32_t)key.len;
    if (key.len)
        memcpy(&node->next[height], key.ptr, key.len);
    return node;
}

/* The last node before key on every level (the head where there is none); returns what follows it below. */
static struct overlay_node *seek(const struct overlay *overlay, struct str key,
                                 struct overlay_node *path[OVERLAY_HEIGHT_MAX])
{
    struct overlay_node *node = overlay->head, *seen = NULL;
    for (int level = OVERLAY_HEIGHT_MAX - 1; level >= 0; level--) {
        struct overlay_node *next = node->next[level];
        /* A node that a level above found too high need not be compared again. */
        while (next && next != seen && str_compare(overlay_key(next), key) < 0) {
            node = next;
            next = node->next[level];
        }
        seen = next;
        path[level] = node;
    }
    return node->next[0];
}

struct overlay_node *overlay_set(struct overlay *overlay, struct str key, bool deleted, size_t value_at,
                                 uint32_t value_len)
{
    if (!overlay->head)
        overlay->head = node_new(overlay, OVERLAY_HEIGHT_MAX, STR_EMPTY);
    struct overlay_node *path[OVERLAY_HEIGHT_MAX];
    struct overlay_node *node = seek(overlay, key, path);
    if (!node || !str_eq(overlay_key(node), key)) {
        struct overlay_node *after = node;
        node = node_new(overlay, random_height(overlay), key);
        for (uint32_t level = 0; level < node->height; level++) {
            node->next[level] = path[level]->next[level];
            path[level]->next[level] = node;
        }
        node->before = path[0] == overlay->head ? NULL : path[0];
        if (after)
            after->before = node;
        else
            overlay->last = node;
        overlay->count++;
    }
    struct overlay_version *version =
        (struct overlay_version *)(void *)arena_bytes(&overlay->arena, sizeof(*version));
    *version = (struct overlay_version){ node->version, value_at, value_len, deleted };
    node->version = version;
    return node;
}

void overlay_hide(struct overlay *overlay, struct overlay_node *node)
{
    struct overlay_version *version = ARENA_NEW(&overlay->arena, struct overlay_version);
    version->older = node->version;
    version->deleted = true;
    node->version = version;
}

void overlay_undo(struct overlay *overlay, struct overlay_node *node)
{
    node->version = node->version->older;
    if (node->version)
        return;
    struct overlay_node *path[OVERLAY_HEIGHT_MAX];
    struct overlay_node *found = seek(overlay, overlay_key(node), path);
    assert(found == node);
    for (uint32_t level = 0; level < node->height; level++)
        path[level]->next[level] = node->next[level];
    if (node->next[0])
        node->next[0]->before = node->before;
    else
        overlay->last = node->before;
    overlay->count--;
}

struct overlay_node *overlay_at_or_after(const struct overlay *overlay, struct str key)
{
    if (!overlay->head)
        return NULL;
    struct overlay_node *path[OVERLAY_HEIGHT_MAX];
    return seek(overlay, key, path);
}

struct overlay_node *overlay_find(const struct overlay *overlay, struct str key)
{
    struct overlay_node *node = overlay_at_or_after(overlay, key);
    return node && str_eq(overlay_key(node), key) ? node : NULL;
}

struct overlay_node *overlay_before(const struct overlay *overlay, struct str key)
{
    struct overlay_node *node = overlay_at_or_after(overlay, key);
    return node ? node->before : overlay->last;
}
