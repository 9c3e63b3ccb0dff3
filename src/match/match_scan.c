/* Reads an event from its bytes: goes along the index beside the tree of places.
 *
 *     {"id":"7","detail":{"x":[{"y":1}]},"z":{"a":{"b":2}}}        asked: detail.x.y
 *     frame    passed    frame frame   value   skipped
 *
 * A frame is a container in which somebody may ask about something. A container in which nobody does is skipped
 * along the index, which checks it. What is out of the ordinary (a text that is not JSON, a name that is asked
 * about and stands twice in an object, very many such names) is left to json_read and match_walk.
 */
#include "match/match_place.h"
#include "match/matcher_hash.h"

#include "json/json_index.h"

#include <stdlib.h>

/* More members of one object that are asked about are left to match_walk. */
enum { FOUND_MAX = 64 };

struct frame {
    const struct match_place *place; /* of the object or array */
    uint64_t found_bits;             /* of an object: one of 64 for each of its members' places so far */
    uint32_t found_start;            /* and these stand from here on */
    bool object;
    bool item;         /* an object that was entered as an item */
    bool below, asked; /* of an array: at its place */
};

struct match_scan {
    struct json_index index;
    struct frame frames[JSON_DEPTH_MAX];
    unsigned depth;
    size_t at;                        /* place in the index */
    const struct match_place **found; /* in the objects that are open */
    uint32_t found_count, found_room;
    struct match_event *event;
};

struct match_scan *match_scan_new(void)
{
    struct match_scan *scan = calloc(1, sizeof(*scan));
    if (!scan)
        abort();
    json_index_init(&scan->index);
    return scan;
}

void match_scan_free(struct match_scan **scan)
{
    if (!*scan)
        return;
    json_index_fini(&(*scan)->index);
    free((*scan)->found);
    free(*scan);
    *scan = NULL;
}

/* ---- names ---- */

/* A string of the text, without its quotes, decoded. */
static struct str decoded(struct match_scan *scan, struct str string)
{
    struct json value;
    if (!scan->index.escapes || !memchr(string.ptr, '\\', string.len))
        return string;
    /* It was checked, so it is read. */
    if (json_read(&scan->event->arena, str_of(string.ptr - 1, string.len + 2), 0, &value, NULL))
        abort();
    return value.text;
}

/* False: it stands there already, or there are too many. */
static bool found_add(struct match_scan *scan, struct frame *frame, const struct match_place *place)
{
    uint64_t bit = UINT64_C(1) << (place->slot & 63);
    if (scan->found_count - frame->found_start == FOUND_MAX)
        return false;
    for (uint32_t i = frame->found_start; frame->found_bits & bit && i < scan->found_count; i++)
        if (scan->found[i] == place)
            return false;
    frame->found_bits |= bit;
    if (scan->found_count == scan->found_room) {
        scan->found_room = scan->found_room ? scan->found_room * 2 : FOUND_MAX;
        scan->found = realloc(scan->found, scan->found_room * sizeof(struct match_place *));
        if (!scan->found)
            abort();
    }
    scan->found[scan->found_count++] = place;
    return true;
}

/* ---- values ---- */

/* The scalar from first to before the place in the index, but for white space. */
static inline void scalar(struct match_scan *scan, const struct match_place *place, const char *first,
                          size_t behind)
{
    const char *end = scan->index.text.ptr + scan->index.offsets[behind];
    while (json_is_space(end[-1]))
        end--;
    struct str raw = str_of(first, (size_t)(end - first));
    switch (*first) {
    case '"':
        match_event_value(scan->event, place, JSON_STRING, decoded(scan, str_of(first + 1, raw.len - 2)));
        break;
    case 't':
        match_event_value(scan->event, place, JSON_TRUE, STR_EMPTY);
        break;
    case 'f':
        match_event_value(scan->event, place, JSON_FALSE, STR_EMPTY);
        break;
    case 'n':
        match_event_value(scan->event, place, JSON_NULL, STR_EMPTY);
        break;
    default:
        match_event_value(scan->event, place, JSON_NUMBER, raw);
        break;
    }
}

/* ---- containers ---- */

/* A scan moves from delimiter to delimiter of the container it is in: its opening bracket, commas, its closing
 * bracket. */
enum turn {
    TURN_END,  /* at the closing bracket */
    TURN_INTO, /* a frame more is open */
    TURN_ODD,  /* out of the ordinary */
};

static enum turn frame_push(struct match_scan *scan, struct frame frame)
{
    if (scan->depth == JSON_DEPTH_MAX)
        return TURN_ODD;
    frame.found_start = scan->found_count;
    scan->frames[scan->depth++] = frame;
    return TURN_INTO;
}

/* Behind a container that nobody asks about. */
static inline bool skip(struct match_scan *scan)
{
    if (json_index_skip(&scan->index, &scan->at, scan->depth))
        return false;
    scan->at++;
    return true;
}

/* A member that may be asked about; at what stands behind its colon in the index. False: see *turn. */
static bool member(struct match_scan *scan, struct frame *frame, const char *name, enum turn *turn)
{
    const struct json_index *index = &scan->index;
    if (scan->at >= index->count)
        return false;
    const char *end = index->text.ptr + index->offsets[scan->at - 1],
               *first = json_index_behind(index, scan->at - 1);
    while (json_is_space(end[-1]))
        end--;
    struct str key = str_of(name, (size_t)(end - 1 - name));
    const struct match_place *place =
        index->escapes ? match_place_of_key(frame->place, decoded(scan, key))
                       : match_place_of_key_in(frame->place, key, index->text.ptr + index->text.len);
    bool container = *first == '{' || *first == '[';
    if (!place)
        return !container || skip(scan);
    if (!found_add(scan, frame, place))
        return false;
    bool asked = match_place_is_asked(place);
    if (!container) {
        if (asked)
            scalar(scan, place, first, scan->at);
        return true;
    }
    bool below = match_place_has_below(place), object = *first == '{';
    if (!below && (object || !asked))
        return skip(scan);
    *turn =
        frame_push(scan, (struct frame){ .place = place, .object = object, .below = below, .asked = asked });
    return false;
}

/* From the bracket or a comma on. */
static enum turn object_run(struct match_scan *scan, struct frame *frame)
{
    const struct json_index *index = &scan->index;
    uint64_t beginnings = index->escapes ? UINT64_MAX : match_place_beginnings(frame->place);
    enum turn turn = TURN_ODD;
    char c;
    do {
        const char *name = json_index_behind(index, scan->at);
        if (*name++ != '"' || json_index_char(index, scan->at + 1) != ':')
            return TURN_ODD;
        scan->at += 2;
        c = json_index_char(index, scan->at);
        if (beginnings >> (*name & 63) & 1) {
            if (!member(scan, frame, name, &turn))
                return turn;
            c = json_index_char(index, scan->at);
        } else if (c == '{' || c == '[') {
            if (!skip(scan))
                return TURN_ODD;
            c = json_index_char(index, scan->at);
        }
    } while (c == ',');
    return c == '}' ? TURN_END : TURN_ODD;
}

static enum turn object_begin(struct match_scan *scan, struct frame *frame)
{
    if (*json_index_behind(&scan->index, scan->at) != '}')
        return object_run(scan, frame);
    scan->at++;
    return TURN_END;
}

/* From the bracket or a comma on. */
static enum turn array_run(struct match_scan *scan, const struct frame *frame)
{
    const struct json_index *index = &scan->index;
    char c;
    do {
        const char *first = json_index_behind(index, scan->at++);
        if (*first == '[')
            return frame_push(
                scan, (struct frame){ .place = frame->place, .below = frame->below, .asked = frame->asked });
        if (*first == '{') {
            if (frame->below) {
                match_event_item_enter(scan->event, frame->place);
                return frame_push(scan,
                                  (struct frame){ .place = frame->place, .object = true, .item = true });
            }
            if (!skip(scan))
                return TURN_ODD;
        } else if (scan->at >= index->count) {
            return TURN_ODD;
        } else if (*first != ']') {
            if (frame->below)
                match_event_item_enter(scan->event, frame->place);
            if (frame->asked)
                scalar(scan, frame->place, first, scan->at);
            if (frame->below)
                match_event_item_leave(scan->event);
        }
        c = json_index_char(index, scan->at);
    } while (c == ',');
    return c == ']' ? TURN_END : TURN_ODD;
}

static void frame_pop(struct match_scan *scan)
{
    const struct frame *frame = &scan->frames[--scan->depth];
    scan->found_count = frame->found_start;
    if (frame->item)
        match_event_item_leave(scan->event);
    scan->at++;
}

/* From the root's bracket to behind the one that closes it. False: out of the ordinary. */
static bool scan_root(struct match_scan *scan)
{
    enum turn turn = TURN_INTO;
    while (turn == TURN_INTO) {
        struct frame *frame = &scan->frames[scan->depth - 1];
        turn = frame->object ? object_begin(scan, frame) : array_run(scan, frame);
        while (turn == TURN_END) {
            frame_pop(scan);
            if (scan->depth == 0)
                return scan->at == scan->index.count;
            frame = &scan->frames[scan->depth - 1];
            if (json_index_char(&scan->index, scan->at) == ',')
                turn = frame->object ? object_run(scan, frame) : array_run(scan, frame);
            else if (json_index_char(&scan->index, scan->at) != (frame->object ? '}' : ']'))
                turn = TURN_ODD;
        }
    }
    return false;
}

static bool scan_text(struct match_scan *scan, const struct match_place *root, struct str text)
{
    scan->found_count = scan->depth = 0;
    scan->at = 0;
    if (json_index_read(&scan->index, text))
        return false;
    if (scan->index.count == 0)
        return true; /* a scalar */
    char first = json_index_char(&scan->index, 0);
    if (first == '[')
        return skip(scan) && scan->at == scan->index.count;
    return first == '{' && frame_push(scan, (struct frame){ .place = root, .object = true }) == TURN_INTO &&
           scan_root(scan);
}

enum err match_scan(struct match_scan *scan, const struct match_place *root, struct str text,
                    struct match_event *event, struct json_error *reterr)
{
    scan->event = event;
    if (scan_text(scan, root, text))
        return ERR_OK;
    struct json value;
    match_event_begin(event);
    enum err err = json_read(&event->arena, text, 0, &value, reterr);
    if (!err)
        match_walk(root, &value, event);
    return err;
}
