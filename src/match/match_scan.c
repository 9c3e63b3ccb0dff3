/* Reads an event from its bytes: goes along the index beside the tree of places.
 *
 *     {"id":"7","detail":{"x":[{"y":1}]},"z":{"a":{"b":2}}}        asked: detail.x.y
 *     frame    passed    frame frame   value   skipped
 *
 * A frame is a container in which somebody may ask about something. A container in which nobody does is skipped
 * along the index, which checks it. Members mostly come in the order of the event before, so each name is held
 * against the one that came then, before it is looked up; and an event of a shape that was learned is not walked at
 * all (match_shape.h). What is out of the ordinary (a text that is not JSON, a name that is asked about and stands
 * twice in an object, very many such names) is left to json_read and match_walk.
 */
#include "match/match_shape.h"
#include "match/matcher_hash.h"

#include "json/json_index.h"

#include <stdlib.h>

/* More members of one object that are asked about are left to match_walk. */
enum { FOUND_MAX = 64, REMEMBERED_MAX = 24 };

/* A member's name, up to 15 bytes and the quote that ends it, and its place; NULL: nobody asks about it. */
struct remembered {
    uint64_t head, tail, head_kept, tail_kept;
    const struct match_place *place;
    uint32_t len;
};

/* Of the objects at one place: members that may be asked about, as they came last. */
struct members {
    uint64_t epoch;
    uint32_t count;
    struct remembered at[REMEMBERED_MAX];
};

struct frame {
    const struct match_place *place; /* of the object or array */
    struct members *members;         /* of an object; NULL: nothing is remembered */
    uint32_t next;                   /* of these, that is expected */
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
    struct members **members; /* by the slot of the objects' place */
    uint32_t members_room;
    struct match_shapes shapes;
    uint64_t epoch;
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
    for (uint32_t i = 0; i < (*scan)->members_room; i++)
        free((*scan)->members[i]);
    free((*scan)->members);
    match_shapes_fini(&(*scan)->shapes);
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

static struct members *members_make(struct match_scan *scan, uint32_t slot)
{
    if (slot >= scan->members_room) {
        uint32_t room = scan->members_room ? scan->members_room : 16;
        while (room <= slot)
            room *= 2;
        scan->members = realloc(scan->members, room * sizeof(struct members *));
        if (!scan->members)
            abort();
        memset(scan->members + scan->members_room, 0, (room - scan->members_room) * sizeof(struct members *));
        scan->members_room = room;
    }
    scan->members[slot] = calloc(1, sizeof(*scan->members[slot]));
    if (!scan->members[slot])
        abort();
    return scan->members[slot];
}

static inline struct members *members_of(struct match_scan *scan, const struct match_place *place)
{
    if (!scan->epoch || scan->index.escapes)
        return NULL;
    struct members *members = place->slot < scan->members_room ? scan->members[place->slot] : NULL;
    if (!members)
        members = members_make(scan, place->slot);
    if (members->epoch != scan->epoch) {
        members->epoch = scan->epoch;
        members->count = 0;
    }
    return members;
}

static inline bool is_next(const struct frame *frame, uint32_t next, struct matcher_hash_pair words)
{
    const struct remembered *r = &frame->members->at[next];
    return next < frame->members->count &&
           (((words.head ^ r->head) & r->head_kept) | ((words.tail ^ r->tail) & r->tail_kept)) == 0;
}

static void remember(struct frame *frame, struct matcher_hash_pair words, size_t len,
                     const struct match_place *place)
{
    struct members *members = frame->members;
    if (len > 15 || frame->next >= REMEMBERED_MAX)
        return;
    uint64_t head_kept = len < 7 ? (UINT64_C(1) << 8 * (len + 1)) - 1 : UINT64_MAX;
    uint64_t tail_kept = len < 8 ? 0 : len < 15 ? (UINT64_C(1) << 8 * (len - 7)) - 1 : UINT64_MAX;
    members->at[frame->next++] = (struct remembered){ .head = words.head,
                                                      .tail = words.tail,
                                                      .head_kept = head_kept,
                                                      .tail_kept = tail_kept,
                                                      .place = place,
                                                      .len = (uint32_t)len };
    if (frame->next > members->count)
        members->count = frame->next;
}

/* The place of the member whose name begins there, of which the colon stands before the place in the index. */
static inline const struct match_place *place_of(struct match_scan *scan, struct frame *frame,
                                                 const char *name)
{
    const struct json_index *index = &scan->index;
    const char *text_end = index->text.ptr + index->text.len;
    struct matcher_hash_pair words = { 0 };
    bool known = frame->members && text_end - name >= MATCHER_HASH_READS_AHEAD;
    if (known) {
        words = (struct matcher_hash_pair){ matcher_hash_word(name), matcher_hash_word(name + 8) };
        for (uint32_t next = frame->next; next < frame->next + 2; next++)
            if (is_next(frame, next, words)) {
                frame->next = next + 1;
                return frame->members->at[next].place;
            }
    }
    const char *end = index->text.ptr + index->offsets[scan->at - 1];
    while (json_is_space(end[-1]))
        end--;
    struct str key = str_of(name, (size_t)(end - 1 - name));
    const struct match_place *place = index->escapes ? match_place_of_key(frame->place, decoded(scan, key))
                                                     : match_place_of_key_in(frame->place, key, text_end);
    if (known)
        remember(frame, words, key.len, place);
    return place;
}

/* ---- values ---- */

/* The scalar from first to before the place in the index, but for white space. */
static inline void scalar(struct match_scan *scan, const struct match_place *place, const char *first,
                          size_t behind)
{
    struct str raw = json_index_scalar(&scan->index, first, behind);
    if (scan->index.escapes && *first == '"')
        match_event_value(scan->event, place, JSON_STRING, decoded(scan, str_of(first + 1, raw.len - 2)));
    else
        match_event_scalar(scan->event, place, raw);
}

/* ---- containers ---- */

/* A scan moves from delimiter to delimiter of the container it is in: its opening bracket, commas, its closing
 * bracket. */
enum turn {
    TURN_END,  /* at the closing bracket */
    TURN_INTO, /* a frame more is open */
    TURN_ODD,  /* out of the ordinary */
};

/* Field by field: a copy of what was just written in pieces would wait for all of them. NULL: too deep. */
static inline struct frame *frame_push(struct match_scan *scan, const struct match_place *place)
{
    if (scan->depth == JSON_DEPTH_MAX)
        return NULL;
    struct frame *frame = &scan->frames[scan->depth++];
    frame->place = place;
    frame->found_start = scan->found_count;
    frame->item = false;
    return frame;
}

static inline enum turn object_push(struct match_scan *scan, const struct match_place *place, bool item)
{
    struct frame *frame = frame_push(scan, place);
    if (!frame)
        return TURN_ODD;
    frame->object = true;
    frame->item = item;
    frame->found_bits = 0;
    frame->next = 0;
    frame->members = members_of(scan, place);
    return TURN_INTO;
}

static inline enum turn array_push(struct match_scan *scan, const struct match_place *place, bool below,
                                   bool asked)
{
    struct frame *frame = frame_push(scan, place);
    if (!frame)
        return TURN_ODD;
    frame->object = false;
    frame->below = below;
    frame->asked = asked;
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
    const char *first = json_index_behind(index, scan->at - 1);
    const struct match_place *place = place_of(scan, frame, name);
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
    *turn = object ? object_push(scan, place, false) : array_push(scan, place, below, asked);
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
            return array_push(scan, frame->place, frame->below, frame->asked);
        if (*first == '{') {
            if (frame->below) {
                match_event_item_enter(scan->event, frame->place);
                return object_push(scan, frame->place, true);
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
    if (first != '{')
        return false;
    if (scan->epoch && match_shapes_read(&scan->shapes, &scan->index, scan->epoch, scan->event))
        return true;
    if (object_push(scan, root, false) != TURN_INTO || !scan_root(scan))
        return false;
    if (scan->epoch)
        match_shapes_learn(&scan->shapes, &scan->index, root, scan->epoch, scan->event);
    return true;
}

enum err match_scan(struct match_scan *scan, const struct match_place *root, uint64_t epoch, struct str text,
                    struct match_event *event, struct json_error *reterr)
{
    scan->event = event;
    scan->epoch = epoch;
    if (scan_text(scan, root, text))
        return ERR_OK;
    struct json value;
    match_event_begin(event);
    enum err err = json_read(&event->arena, text, 0, &value, reterr);
    if (!err)
        match_walk(root, &value, event);
    return err;
}
