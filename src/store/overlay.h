/* overlay.h - the ordered keys of one batch in memory: what a reader of the batch sees before the view.
 *
 * A skip list with, per key, the versions that the batch gave it, newest first, so that undoing an
 * operation puts back exactly what stood before.
 *
 *   head -> node -> node -> node            node: tower of next pointers, the key's bytes behind it
 *            |       |
 *         version  version (deleted)        version: where the value lies in the batch's payload
 *            |
 *         version (older)
 *
 * Truths: 1. A node in the list has at least one version.
 *         2. Delete ranges hide keys of the view only: the nodes they cover got a deleted version.
 * Threads: the batch's.
 */
#ifndef STORE_OVERLAY_H
#define STORE_OVERLAY_H

#include "base/arena.h"

enum { OVERLAY_HEIGHT_MAX = 12 };

struct overlay_version {
    struct overlay_version *older;
    size_t value_at; /* offset in the payload */
    uint32_t value_len;
    bool deleted;
};

struct overlay_node {
    struct overlay_version *version; /* the newest */
    struct overlay_node *before;     /* on the lowest level; NULL: the first */
    uint32_t key_len;
    uint32_t height;
    struct overlay_node *next[]; /* height of them, then the key */
};

struct overlay {
    struct arena arena;
    struct overlay_node *head; /* of full height, no key; NULL: never used */
    struct overlay_node *last; /* NULL: empty */
    size_t count;              /* nodes in the list */
    uint32_t random;
};

void overlay_init(struct overlay *overlay);
void overlay_fini(struct overlay *overlay);
void overlay_reset(struct overlay *overlay);

static inline struct str overlay_key(const struct overlay_node *node)
{
    return str_of((const char *)&node->next[node->height], node->key_len);
}

/* The key's node with a new newest version, made if it was absent. */
struct overlay_node *overlay_set(struct overlay *overlay, struct str key, bool deleted, size_t value_at,
                                 uint32_t value_len);
/* A further version for a node in the list. */
void overlay_hide(struct overlay *overlay, struct overlay_node *node);
/* Takes the newest version off; with the last one the node goes. */
void overlay_undo(struct overlay *overlay, struct overlay_node *node);

struct overlay_node *overlay_find(const struct overlay *overlay, struct str key); /* that key or NULL */
struct overlay_node *overlay_at_or_after(const struct overlay *overlay, struct str key); /* or NULL */
struct overlay_node *overlay_before(const struct overlay *overlay, struct str key);      /* < key, or NULL */

#endif
