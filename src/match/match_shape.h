/* match_shape.h - shapes of events: those that a publisher makes the same way differ in their values alone.
 *
 *     {"source":"s","detail":{"id":7,"sizes":[3]}}
 *     {"source":"t","detail":{"id":8,"sizes":[4]}}       the same { } [ ] : , and the same names at the same of them
 *
 * A shape is learned from an event that was read member by member. An event of the same shape is then read by holding
 * it against that: no name is looked up, no container entered. What is held: each listed character, that each member
 * has a name, each name that somebody may ask about, and whether arrays of no or one item have one. With what
 * json_index_read has checked this is all that makes it the same JSON but for the values of members and items.
 *
 * Threads: as the scanner's whose they are.
 */
#ifndef MATCH_MATCH_SHAPE_H
#define MATCH_MATCH_SHAPE_H

#include "json/json_index.h"
#include "match/match_place.h"

/* What is longer or wider is not learned. */
enum {
    SHAPE_OPS_MAX = 256,
    SHAPE_WORDS_MAX = 160,
    SHAPE_OTHERS_MAX = 128,
    SHAPE_SINGLES_MAX = 16,
    SHAPE_VALUES_MAX = 64,
    SHAPE_ITEMS_MAX = 32,
    SHAPES = 32,
};

struct match_shape;

/* All zero: none is known. */
struct match_shapes {
    struct match_shape *at[SHAPES]; /* by the number of listed characters */
    uint64_t epoch;                 /* of the places; 0: none yet */
    uint32_t read, wait;            /* events since one was learned, and before the next may be */
};

void match_shapes_fini(struct match_shapes *shapes);

/* False: the event is of no shape that is known; nothing was handed over. The index has been read without an error,
 * the epoch is not 0. */
bool match_shapes_read(struct match_shapes *shapes, const struct json_index *index, uint64_t epoch,
                       struct match_event *event);
/* The event was read from that index, which begins with an object: now and then its shape is learned. */
void match_shapes_learn(struct match_shapes *shapes, const struct json_index *index,
                        const struct match_place *root, uint64_t epoch, const struct match_event *event);

#endif
