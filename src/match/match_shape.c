/* Learning shapes costs as much as reading some events. So it is done ever more seldom while what was learned does
 * not come again, and a shape that comes again is not given up for one that may not. */
#include "match/match_shape.h"

#include <stdlib.h>

enum { WAIT_MIN = 8, WAIT_MAX = 1024, CREDIT_MAX = 8 };

/* A word of a name, with the quote that ends it: behind the bracket or comma with that number in the index. */
struct word {
    uint64_t word, kept;
    uint32_t op, skip;
};

/* A name that nobody can ask about, so that any other of that kind will do. */
struct other {
    uint64_t beginnings; /* of the names that are asked about in its object */
    uint32_t op;
};

struct shape_value {
    const struct match_place *place;
    uint32_t op; /* before it */
    uint32_t item;
};

struct match_shape {
    uint64_t epoch;
    uint32_t credit; /* how often it came again, and no other wanted its room; CREDIT_MAX at most */
    bool came_again;
    uint32_t op_count, word_count, other_count, single_count, value_count, item_count;
    /* The listed character and, where it is known, the byte behind it. */
    struct {
        uint16_t pair, kept;
    } ops[SHAPE_OPS_MAX];
    struct word words[SHAPE_WORDS_MAX];
    struct other others[SHAPE_OTHERS_MAX];
    uint32_t singles[SHAPE_SINGLES_MAX]; /* arrays without a comma that have an item */
    struct shape_value values[SHAPE_VALUES_MAX];
    struct match_item items[SHAPE_ITEMS_MAX];
};

void match_shapes_fini(struct match_shapes *shapes)
{
    for (size_t i = 0; i < SHAPES; i++)
        free(shapes->at[i]);
    *shapes = (struct match_shapes){ 0 };
}

/* As it is read from a text. */
static inline uint16_t pair_of(char first, char second)
{
    char bytes[2] = { first, second };
    uint16_t pair;
    memcpy(&pair, bytes, sizeof(pair));
    return pair;
}

/* ---- reading ---- */

static bool ops_fit(const struct match_shape *shape, const struct json_index *index)
{
    const char *text = index->text.ptr;
    const uint32_t *offsets = index->offsets;
    uint32_t last = shape->op_count - 1, wrong = 0;
    for (uint32_t i = 0; i < last; i++) { /* behind each stands at least the last */
        uint16_t pair;
        memcpy(&pair, text + offsets[i], sizeof(pair));
        wrong |= (uint32_t)(pair ^ shape->ops[i].pair) & shape->ops[i].kept;
    }
    return !wrong && text[offsets[last]] == '}';
}

static bool names_fit(const struct match_shape *shape, const struct json_index *index)
{
    const char *text = index->text.ptr;
    const uint32_t *offsets = index->offsets;
    size_t len = index->text.len;
    uint64_t wrong = 0;
    for (uint32_t i = 0; i < shape->word_count; i++) {
        const struct word *word = &shape->words[i];
        size_t at = (size_t)offsets[word->op] + word->skip;
        uint64_t here = 0;
        if (at + 8 <= len)
            memcpy(&here, text + at, 8);
        else if (at < len)
            memcpy(&here, text + at, len - at);
        wrong |= (here ^ word->word) & word->kept;
    }
    for (uint32_t i = 0; i < shape->other_count; i++) {
        const struct other *other = &shape->others[i];
        wrong |= other->beginnings >> (text[offsets[other->op] + 2] & 63) & 1;
    }
    return !wrong;
}

static bool singles_fit(const struct match_shape *shape, const struct json_index *index)
{
    for (uint32_t i = 0; i < shape->single_count; i++)
        if (*json_index_behind(index, shape->singles[i]) == ']')
            return false;
    return true;
}

static void hand_over(const struct match_shape *shape, const struct json_index *index,
                      struct match_event *event)
{
    for (uint32_t i = 1; i < shape->item_count; i++) {
        event->item = shape->items[i].parent;
        match_event_item_enter(event, shape->items[i].place);
    }
    for (uint32_t i = 0; i < shape->value_count; i++) {
        const struct shape_value *value = &shape->values[i];
        event->item = value->item;
        match_event_scalar(event, value->place,
                           json_index_scalar(index, json_index_behind(index, value->op), value->op + 1));
    }
    event->item = 0;
}

bool match_shapes_read(struct match_shapes *shapes, const struct json_index *index, uint64_t epoch,
                       struct match_event *event)
{
    struct match_shape *shape = shapes->at[index->count % SHAPES];
    if (!shape || shape->op_count != index->count || shape->epoch != epoch || index->escapes)
        return false;
    if (!ops_fit(shape, index) || !names_fit(shape, index) || !singles_fit(shape, index))
        return false;
    hand_over(shape, index, event);
    shape->credit += shape->credit < CREDIT_MAX;
    if (!shape->came_again) {
        shape->came_again = true;
        shapes->wait = shapes->wait / 2 > WAIT_MIN ? shapes->wait / 2 : WAIT_MIN;
    }
    return true;
}

/* ---- learning ---- */

/* A container that is open. place: an object's, if something is asked below it; an array's. NULL: nothing is asked. */
struct open {
    const struct match_place *place;
    bool object;
};

struct lesson {
    struct match_shape *shape;
    const struct json_index *index;
    const struct match_place *root;
    const struct match_event *event;
    struct open open[JSON_DEPTH_MAX];
    unsigned depth;
    const struct match_place *member; /* of the member that began last; NULL: nobody asks about it */
};

static void pair_learn(struct lesson *lesson, uint32_t op, bool both)
{
    const char *at = lesson->index->text.ptr + lesson->index->offsets[op];
    lesson->shape->ops[op].pair = pair_of(at[0], both ? at[1] : '\0');
    lesson->shape->ops[op].kept = pair_of('\xFF', both ? '\xFF' : '\0');
}

static bool name_learn(struct lesson *lesson, const struct match_place *place, uint32_t op)
{
    struct match_shape *shape = lesson->shape;
    const struct json_index *index = lesson->index;
    const char *name = index->text.ptr + index->offsets[op] + 2;
    const char *quote = index->text.ptr + index->offsets[op + 1] - 1;
    uint64_t beginnings = match_place_beginnings(place);
    if (!(beginnings >> (*name & 63) & 1)) {
        if (shape->other_count == SHAPE_OTHERS_MAX)
            return false;
        shape->others[shape->other_count++] = (struct other){ .beginnings = beginnings, .op = op };
        return true;
    }
    if (*quote != '"')
        return false;
    struct str key = str_of(name, (size_t)(quote - name));
    for (size_t at = 0; at <= key.len; at += 8) {
        size_t len = key.len + 1 - at < 8 ? key.len + 1 - at : 8;
        struct word word = { .op = op, .skip = (uint32_t)at + 2 };
        if (shape->word_count == SHAPE_WORDS_MAX)
            return false;
        memcpy(&word.word, name + at, len);
        memset(&word.kept, 0xFF, len);
        shape->words[shape->word_count++] = word;
    }
    lesson->member = match_place_of_key(place, key);
    return true;
}

/* What stands behind the place in the index, if it is a scalar that is asked about. */
static bool value_learn(struct lesson *lesson, const struct match_place *place, uint32_t op)
{
    struct match_shape *shape = lesson->shape;
    const struct match_event *event = lesson->event;
    char first = *json_index_behind(lesson->index, op);
    if (!place || first == '{' || first == '[' || !match_place_is_asked(place))
        return true;
    uint32_t i = shape->value_count;
    if (i == SHAPE_VALUES_MAX || i == event->value_count || event->values[i].place != place)
        return false;
    shape->values[shape->value_count++] =
        (struct shape_value){ .place = place, .op = op, .item = event->values[i].item };
    return true;
}

/* From the bracket or comma before a member on. */
static bool member_learn(struct lesson *lesson, uint32_t op)
{
    const struct match_place *place = lesson->open[lesson->depth - 1].place;
    if (lesson->index->text.ptr[lesson->index->offsets[op] + 1] != '"')
        return false;
    pair_learn(lesson, op, true);
    lesson->member = NULL;
    return !place || (name_learn(lesson, place, op) && value_learn(lesson, lesson->member, op + 1));
}

static bool container_learn(struct lesson *lesson, uint32_t op)
{
    struct match_shape *shape = lesson->shape;
    const struct json_index *index = lesson->index;
    const struct open *around = lesson->depth ? &lesson->open[lesson->depth - 1] : NULL;
    const struct match_place *place = !around          ? lesson->root
                                      : around->object ? lesson->member
                                                       : around->place;
    bool object = json_index_char(index, op) == '{';
    if (object && place && !match_place_has_below(place))
        place = NULL;
    lesson->open[lesson->depth++] = (struct open){ .place = place, .object = object };
    if (json_index_char(index, op + 1) != (object ? '}' : ']'))
        return object ? member_learn(lesson, op) : value_learn(lesson, place, op);
    if (index->offsets[op + 1] == index->offsets[op] + 1) {
        pair_learn(lesson, op, true);
        return true;
    }
    if (object || shape->single_count == SHAPE_SINGLES_MAX || *json_index_behind(index, op) == ']')
        return false;
    shape->singles[shape->single_count++] = op;
    return value_learn(lesson, place, op);
}

static bool op_learn(struct lesson *lesson, uint32_t op)
{
    const struct open *around = lesson->depth ? &lesson->open[lesson->depth - 1] : NULL;
    pair_learn(lesson, op, false);
    switch (json_index_char(lesson->index, op)) {
    case '{':
    case '[':
        return container_learn(lesson, op);
    case ',':
        return around->object ? member_learn(lesson, op) : value_learn(lesson, around->place, op);
    case ':':
        return true;
    default:
        lesson->depth--;
        return true;
    }
}

/* False: it is one that cannot be learned. */
static bool shape_learn(struct lesson *lesson)
{
    struct match_shape *shape = lesson->shape;
    const struct match_event *event = lesson->event;
    if (event->item_count > SHAPE_ITEMS_MAX)
        return false;
    shape->op_count = (uint32_t)lesson->index->count;
    for (uint32_t op = 0; op < shape->op_count; op++)
        if (!op_learn(lesson, op))
            return false;
    shape->item_count = event->item_count;
    for (uint32_t i = 1; i < event->item_count; i++)
        shape->items[i] = event->items[i];
    return shape->value_count == event->value_count;
}

void match_shapes_learn(struct match_shapes *shapes, const struct json_index *index,
                        const struct match_place *root, uint64_t epoch, const struct match_event *event)
{
    if (shapes->epoch != epoch) {
        shapes->epoch = epoch;
        shapes->read = 0;
        shapes->wait = WAIT_MIN;
    }
    if (++shapes->read < shapes->wait)
        return;
    shapes->read = 0;
    shapes->wait = shapes->wait < WAIT_MAX ? shapes->wait * 2 : WAIT_MAX;
    struct match_shape **at = &shapes->at[index->count % SHAPES];
    if (index->escapes || index->count > SHAPE_OPS_MAX)
        return;
    if (*at && (*at)->epoch == epoch && (*at)->credit > 0) {
        (*at)->credit--;
        return;
    }
    if (!*at && !(*at = calloc(1, sizeof(**at))))
        abort();
    **at = (struct match_shape){ 0 };
    struct lesson lesson = { .shape = *at, .index = index, .root = root, .event = event };
    if (shape_learn(&lesson))
        (*at)->epoch = epoch;
}
