/* vec.h - a growing array in an arena, typed by the caller.
 *
 *     VEC(struct rule *) rules = { 0 };
 *     VEC_PUSH(arena, &rules, rule);
 *     for (size_t i = 0; i < rules.len; i++) use(rules.at[i]);
 *
 * What it outgrows stays in the arena until that is reset.
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include "base/arena.h"

#define VEC(type)        \
    struct {             \
        type *at;        \
        size_t len, cap; \
    }

/* For a member or parameter that must name the type. */
void *vec_grow(struct arena *arena, void *at, size_t len, size_t *cap, size_t item_size);

#define VEC_PUSH(arena, vec, item)                                                               \
    ((vec)->at = (vec)->len == (vec)->cap                                                        \
                     ? vec_grow((arena), (vec)->at, (vec)->len, &(vec)->cap, sizeof(*(vec)->at)) \
                     : (vec)->at,                                                                \
     (vec)->at[(vec)->len++] = (item))

#endif
