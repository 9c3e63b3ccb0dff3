/* matcher_view.h - one event as the index looks at it: the values by place, and what was computed of a value,
 * kept for whoever asks next.
 *
 *     places[slot] -> first value -> next -> ...
 *
 * Nothing is cleared between events: what bears another stamp is not there.
 */
#ifndef MATCH_MATCHER_VIEW_H
#define MATCH_MATCHER_VIEW_H

#include "match/matcher_clause.h"
#include "match/matcher_glance.h"

#define VALUE_NONE UINT32_MAX

enum { VALUE_HASHED = 1, VALUE_FOLDED = 2, VALUE_NUMBERED = 4 };

struct matcher_value {
    uint32_t next; /* at the same place */
    uint32_t flags;
    uint64_t hash;
    struct matcher_number number;
    union {
        struct str folded; /* of a string */
        double near;       /* of a number, with the hash: as of matcher_glance.h; NAN: nothing is known */
    };
    const struct matcher_clause *equal; /* that is this string exactly, as was seen; with the hash */
};

struct matcher_place {
    uint32_t stamp;
    uint32_t first, last; /* values */
    uint32_t count;
};

struct matcher_memo {
    uint32_t stamp;
    uint32_t outcome;
};

/* What stands at a place in an item; open addressing by both, built only when items must be told apart. */
struct matcher_item_key {
    uint32_t stamp;
    uint32_t slot, item; /* the place's, and the item around it */
    uint32_t first_value, first_item;
};

struct matcher_items {
    struct matcher_item_key *table;
    uint32_t mask;
    uint32_t stamp;       /* of the event it was built for */
    uint32_t *next_value; /* in the same item */
    uint32_t *next_item;  /* in the same array */
    uint32_t value_room, item_room;
};

struct matcher_view {
    struct match_event event;
    struct matcher_value *values; /* beside the event's */
    uint32_t value_room;
    struct matcher_place *places; /* by slot */
    uint32_t place_room;
    struct matcher_memo *memos;
    uint32_t memo_room;
    struct matcher_items items;
    const uint64_t *seeds;
    struct arena arena; /* folded texts */
    uint32_t stamp;
    uint64_t
        work; /* tests asked, entries and rows looked at, branches led to, in this event: for tests of bounds */
    uintptr_t readable_start, readable_end; /* of the event's text; 0: it has none */
};

void matcher_view_init(struct matcher_view *view, const uint64_t *seeds);
void matcher_view_fini(struct matcher_view *view);
/* Once the event was read. */
void matcher_view_begin(struct matcher_view *view);
void matcher_view_places_grow(struct matcher_view *view, uint32_t slot);

/* The next value, in the event's order, is put in its place. True: it is the first there. */
static inline bool matcher_view_put(struct matcher_view *view, uint32_t value, uint32_t slot)
{
    if (slot >= view->place_room)
        matcher_view_places_grow(view, slot);
    struct matcher_place *place = &view->places[slot];
    view->values[value].next = VALUE_NONE;
    view->values[value].flags = 0;
    if (place->stamp != view->stamp) {
        place->stamp = view->stamp;
        place->first = place->last = value;
        place->count = 1;
        return true;
    }
    view->values[place->last].next = value;
    place->last = value;
    place->count++;
    return false;
}

static inline const struct matcher_place *matcher_view_place(const struct matcher_view *view, uint32_t slot)
{
    if (slot >= view->place_room || view->places[slot].stamp != view->stamp)
        return NULL;
    return &view->places[slot];
}

/* Of the clause with that number; what it holds is of this event when its stamp is. */
void matcher_view_memo_grow(struct matcher_view *view, uint32_t memo);
static inline struct matcher_memo *matcher_view_memo(struct matcher_view *view, uint32_t memo)
{
    if (memo >= view->memo_room)
        matcher_view_memo_grow(view, memo);
    return &view->memos[memo];
}

void matcher_view_hash_slowly(struct matcher_view *view, uint32_t value);
void matcher_view_fold(struct matcher_view *view, uint32_t value);
void matcher_view_number(struct matcher_view *view, uint32_t value);

/* Of a string or a number; of a number also where it lies. */
static inline void matcher_view_hash(struct matcher_view *view, uint32_t value)
{
    const struct match_value *from = &view->event.values[value];
    uintptr_t at = (uintptr_t)from->text.ptr;
    struct matcher_value *to = &view->values[value];
    bool in_text = at >= view->readable_start && at + MATCHER_HASH_READS_AHEAD <= view->readable_end;
    if (from->type == JSON_STRING && from->text.len <= 16 && in_text)
        to->hash = matcher_hash_of_pair(matcher_hash_pair_in(from->text.ptr, from->text.len), from->text.len,
                                        view->seeds[SEED_STRING]);
    else if (from->type == JSON_STRING || !in_text ||
             !matcher_glance(from->text.ptr, from->text.len, from->text.ptr + (view->readable_end - at),
                             view->seeds[SEED_NUMBER], &to->hash, &to->near))
        matcher_view_hash_slowly(view, value);
    to->equal = NULL;
    to->flags |= VALUE_HASHED;
}

static inline uint64_t matcher_view_hash_of(struct matcher_view *view, uint32_t value)
{
    if (!(view->values[value].flags & VALUE_HASHED))
        matcher_view_hash(view, value);
    return view->values[value].hash;
}

static inline double matcher_view_near_of(struct matcher_view *view, uint32_t value)
{
    (void)matcher_view_hash_of(view, value);
    return view->values[value].near;
}

static inline struct str matcher_view_folded(struct matcher_view *view, uint32_t value)
{
    if (!(view->values[value].flags & VALUE_FOLDED))
        matcher_view_fold(view, value);
    return view->values[value].folded;
}

static inline const struct matcher_number *matcher_view_number_of(struct matcher_view *view, uint32_t value)
{
    if (!(view->values[value].flags & VALUE_NUMBERED))
        matcher_view_number(view, value);
    return &view->values[value].number;
}

/* Whether the value passes one of the clause's tests. */
bool matcher_clause_passes(struct matcher_view *view, const struct matcher_clause *clause, uint32_t value);
/* Whether it passes the one test. */
bool matcher_test_passes(struct matcher_view *view, const struct matcher_clause *clause,
                         const struct matcher_test *test, uint32_t value);
/* Of a number, and a NUMERIC: <0: it is below the range; 0: it is in it; >0: above. */
int matcher_range_side(struct matcher_view *view, const struct matcher_clause *clause,
                       const struct matcher_test *test, uint32_t value);
/* Whether it passes the test of the clause, which is a NONE_OF. */
bool matcher_none_of_passes(struct matcher_view *view, const struct matcher_clause *clause,
                            const struct matcher_test *test, uint32_t value);

/* ---- items ---- */

/* The first value at the place in that very item, the first item of the array that stands there; NONE. */
void matcher_view_items_build(struct matcher_view *view);
const struct matcher_item_key *matcher_view_item(const struct matcher_view *view, uint32_t slot,
                                                 uint32_t item);

#endif
