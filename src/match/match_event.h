/* match_event.h - what the rules of a matcher ask about an event: the seam between those who read events
 * (match_scan.c from bytes, match_walk.c from a struct json) and the index that finds rules (matcher_*.c).
 *
 * A reader walks the event beside the tree of places and hands over every scalar at a place that some rule
 * asks about, in the event's order:
 *
 *     {"detail":{"items":[{"sku":"a","n":1},{"sku":"b","n":[2,3]}]},"source":"s"}     asked: source,
 *                                                                                     detail.items.{sku,n}
 *     item_enter(detail.items) -> 1 | value(sku, "a") | value(n, 1) | item_leave
 *     item_enter(detail.items) -> 2 | value(sku, "b") | value(n, 2) | value(n, 3) | item_leave
 *     value(source, "s")
 *
 * Truths: 1. A place is entered once for each item, not an array itself, of an array that stands there, and only
 *            if something is asked below it; arrays of arrays are seen through.
 *         2. Of members of one name in one object only the last is handed over. Names with dots are as good as
 *            nested members.
 *         3. Strings are decoded; numbers as written. Texts live until the next event begins.
 */
#ifndef MATCH_MATCH_EVENT_H
#define MATCH_MATCH_EVENT_H

#include "base/arena.h"
#include "json/json.h"

/* One name in the tree of names that rules ask about: match_place.h. */
struct match_place;

/* ---- the event ---- */

struct match_value {
    const struct match_place *place;
    struct str text;     /* string: decoded; number: as written; else empty */
    enum json_type type; /* never array or object */
    uint32_t item;       /* the innermost item it stands in; 0: in none */
};

struct match_item {
    const struct match_place *place; /* of the array */
    uint32_t parent;                 /* the item around it; 0: none */
};

struct match_event {
    struct match_value *values;
    uint32_t value_count, value_room;
    struct match_item *items; /* items[0] is not used */
    uint32_t item_count, item_room;
    uint32_t item;      /* that is open now */
    struct arena arena; /* decoded texts */
    /* Of match_walk, beside the values, if somebody wants to know: what they were read from. */
    const struct json **sources;
    uint32_t source_room;
    bool keeps_sources;
};

void match_event_grow_values(struct match_event *event);
void match_event_grow_items(struct match_event *event);
void match_event_grow_sources(struct match_event *event);
void match_event_fini(struct match_event *event);

static inline void match_event_begin(struct match_event *event)
{
    event->value_count = 0;
    event->item_count = 1;
    event->item = 0;
    if (event->arena.used)
        arena_reset(&event->arena);
}

static inline void match_event_value(struct match_event *event, const struct match_place *place,
                                     enum json_type type, struct str text)
{
    if (event->value_count == event->value_room)
        match_event_grow_values(event);
    event->values[event->value_count++] =
        (struct match_value){ .place = place, .text = text, .type = type, .item = event->item };
}

/* As it is written; a string without escapes. */
static inline void match_event_scalar(struct match_event *event, const struct match_place *place,
                                      struct str raw)
{
    switch (*raw.ptr) {
    case '"':
        match_event_value(event, place, JSON_STRING, str_of(raw.ptr + 1, raw.len - 2));
        break;
    case 't':
        match_event_value(event, place, JSON_TRUE, STR_EMPTY);
        break;
    case 'f':
        match_event_value(event, place, JSON_FALSE, STR_EMPTY);
        break;
    case 'n':
        match_event_value(event, place, JSON_NULL, STR_EMPTY);
        break;
    default:
        match_event_value(event, place, JSON_NUMBER, raw);
        break;
    }
}

static inline void match_event_item_enter(struct match_event *event, const struct match_place *place)
{
    if (event->item_count >= event->item_room)
        match_event_grow_items(event);
    event->items[event->item_count] = (struct match_item){ .place = place, .parent = event->item };
    event->item = event->item_count++;
}

static inline void match_event_item_leave(struct match_event *event)
{
    event->item = event->items[event->item].parent;
}

/* ---- readers of events ---- */

/* Nothing of the text is copied that need not be. ERR_INVALID, ERR_LIMIT as of json_read. While the epoch is the same
 * the places are; 0: they may be others than before. */
struct match_scan; /* what a scanner keeps between events: its index, and in which order members came */
struct match_scan *match_scan_new(void);
void match_scan_free(struct match_scan **scan);
enum err match_scan(struct match_scan *scan, const struct match_place *root, uint64_t epoch, struct str text,
                    struct match_event *event, struct json_error *reterr) MUST_USE;

void match_walk(const struct match_place *root, const struct json *value, struct match_event *event);

#endif
