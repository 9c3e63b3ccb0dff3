/* pattern_walk.h - the way from an event to what stands at a place in it.
 *
 * A member name with dots is as good as nested members. So what stands at a node of the
 * pattern may come from several sources: a value, and members of an object above whose
 * names begin with the names from there down to the node:
 *
 *     event {"a":{"x":1},"a.y":2}    at node a:  the value {"x":1}, and the root seen through the prefix "a."
 */
#ifndef MATCH_PATTERN_WALK_H
#define MATCH_PATTERN_WALK_H

#include "match/pattern_clause.h"

struct source {
    const struct json *value;
    struct str prefix; /* empty: the value itself stands at the node */
};

enum { SOURCES_FIRST = 32 };

/* A stack of sources: who has pushed some cuts it back when done with them. */
struct walk {
    struct arena *arena;
    struct source *sources;
    size_t len, cap;
    struct source first[SOURCES_FIRST];
};

void walk_init(struct walk *walk, struct arena *arena);
void walk_push(struct walk *walk, const struct json *value, struct str prefix);
/* Pushes what the source has below the name. */
void walk_push_below(struct walk *walk, struct source source, struct str name);

static inline bool source_is_array(const struct source *source)
{
    return str_empty(source->prefix) && source->value->type == JSON_ARRAY;
}

#endif
