/* Reads an event from a struct json. Recursion is as deep as the event, which the reader of JSON limits. */
#include "match/match_place.h"

#include <stdlib.h>

/* A member at a place that somebody asks about. Keys of one object that lead to one place are the same key. */
struct found {
    const struct match_place *place;
    const struct json *value; /* NULL: a later one takes its place */
};

enum { FEW = 16 };

static void walk(const struct match_place *place, const struct json *value, struct match_event *event);

static int found_order(const void *left, const void *right)
{
    const struct found *a = *(const struct found *const *)left, *b = *(const struct found *const *)right;
    if (a->place != b->place)
        return (uintptr_t)a->place < (uintptr_t)b->place ? -1 : 1;
    return (a > b) - (a < b);
}

static void drop_duplicates(struct found *found, size_t count, struct arena *arena)
{
    if (count <= FEW) {
        for (size_t i = 0; i < count; i++)
            for (size_t k = i + 1; k < count && found[i].value; k++)
                if (found[k].place == found[i].place)
                    found[i].value = NULL;
        return;
    }
    struct found **sorted = (void *)arena_bytes(arena, count * sizeof(struct found *));
    for (size_t i = 0; i < count; i++)
        sorted[i] = &found[i];
    qsort(sorted, count, sizeof(struct found *), found_order);
    for (size_t i = 0; i + 1 < count; i++)
        if (sorted[i]->place == sorted[i + 1]->place)
            sorted[i]->value = NULL;
}

static void walk_object(const struct match_place *place, const struct json *object, struct match_event *event)
{
    struct found few[FEW], *found = few;
    size_t count = 0;
    for (uint32_t i = 0; i < object->count; i++) {
        const struct match_place *below = match_place_of_key(place, object->members[i].key);
        if (!below)
            continue;
        if (count == FEW) { /* perhaps many: room for all */
            found = (void *)arena_bytes(&event->arena, object->count * sizeof(*found));
            memcpy(found, few, sizeof(few));
        }
        found[count++] = (struct found){ .place = below, .value = &object->members[i].value };
    }
    drop_duplicates(found, count, &event->arena);
    for (size_t i = 0; i < count; i++)
        if (found[i].value)
            walk(found[i].place, found[i].value, event);
}

static void walk_array(const struct match_place *place, const struct json *array, bool below,
                       struct match_event *event)
{
    for (uint32_t i = 0; i < array->count; i++) {
        const struct json *item = &array->items[i];
        if (item->type == JSON_ARRAY) {
            walk_array(place, item, below, event);
            continue;
        }
        if (below)
            match_event_item_enter(event, place);
        walk(place, item, event);
        if (below)
            match_event_item_leave(event);
    }
}

static void walk(const struct match_place *place, const struct json *value, struct match_event *event)
{
    if (value->type == JSON_ARRAY) {
        walk_array(place, value, match_place_has_below(place), event);
    } else if (value->type == JSON_OBJECT) {
        if (match_place_has_below(place))
            walk_object(place, value, event);
    } else if (match_place_is_asked(place)) {
        while (event->keeps_sources && event->value_count >= event->source_room)
            match_event_grow_sources(event);
        if (event->keeps_sources)
            event->sources[event->value_count] = value;
        bool text = value->type == JSON_STRING || value->type == JSON_NUMBER;
        match_event_value(event, place, value->type, text ? value->text : STR_EMPTY);
    }
}

void match_walk(const struct match_place *root, const struct json *value, struct match_event *event)
{
    if (value->type == JSON_OBJECT)
        walk_object(root, value, event);
}
