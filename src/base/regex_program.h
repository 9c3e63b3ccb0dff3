/* regex_program.h - between regex.c, which makes machines of a pattern and runs those with a table, and regex_walk.c,
 * which runs them with groups. */
#ifndef BASE_REGEX_PROGRAM_H
#define BASE_REGEX_PROGRAM_H

#include "base/regex_tree.h"

enum place_type {
    PLACE_CLASS, /* takes a character */
    PLACE_SPLIT, /* next is preferred */
    PLACE_SAVE,  /* index: 2n the begin, 2n+1 the end of group n */
    PLACE_MATCH,
    PLACE_BEGIN,
    PLACE_END,
    /* those a table of states cannot keep */
    PLACE_LINE_BEGIN,
    PLACE_LINE_END,
    PLACE_WORD,
    PLACE_NO_WORD,
};

struct place {
    enum place_type type;
    uint16_t index;       /* of a class, or a group's begin or end */
    uint16_t next, other; /* other: of a split */
};

struct kinds {
    uint8_t of_ascii[128];
    uint32_t *starts; /* of intervals; the first is 0 */
    uint8_t *kind;
    size_t count;
};

enum { CLASS_WORDS = REGEX_CLASSES_MAX / 64 };

/* The classes that a kind lies in, a bit each. */
struct class_bits {
    uint64_t words[CLASS_WORDS];
};

struct machine {
    struct place *program;
    uint16_t length, start;
    uint16_t walk_start; /* of a search: where what is searched for begins */
    struct kinds kinds;
    struct class_bits *classes_of_kind;
    unsigned kind_count;
    uint16_t *table; /* [state * kind_count + kind]; NULL: too large, or places are in it that have none */
    uint16_t found;  /* of a search: the state in which it is over; 0: none */
    bool *accepts;
    bool accepts_empty; /* the empty text, where ^ and $ hold at once */
    bool negated;       /* a negative look-ahead */
    bool search;        /* over as soon as PLACE_MATCH is reached */
};

struct regex {
    struct machine *machines; /* the look-aheads, then the expression itself */
    size_t machine_count;
    struct regex_literal literal;
    struct str names[REGEX_GROUPS_MAX];
    size_t group_count;
};

static inline bool class_has_kind(const struct machine *machine, unsigned class_index, unsigned kind)
{
    return machine->classes_of_kind[kind].words[class_index / 64] >> (class_index % 64) & 1;
}

static inline unsigned kind_of(const struct kinds *kinds, uint32_t code)
{
    if (code < 128)
        return kinds->of_ascii[code];
    size_t low = 0, high = kinds->count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (kinds->starts[middle] <= code)
            low = middle;
        else
            high = middle;
    }
    return kinds->kind[low];
}

#endif
