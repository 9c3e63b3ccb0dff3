#include "match/match_event.h"

#include <stdlib.h>

enum { ROOM_FIRST = 64 };

static void *grow(void *at, uint32_t *room, size_t size)
{
    uint32_t wanted = *room ? *room * 2 : ROOM_FIRST;
    if (wanted <= *room) /* more than 2^31 values in one event */
        abort();
    at = realloc(at, wanted * size);
    if (!at)
        abort();
    *room = wanted;
    return at;
}

void match_event_grow_values(struct match_event *event)
{
    event->values = grow(event->values, &event->value_room, sizeof(*event->values));
}

void match_event_grow_items(struct match_event *event)
{
    event->items = grow(event->items, &event->item_room, sizeof(*event->items));
}

void match_event_grow_sources(struct match_event *event)
{
    event->sources = grow(event->sources, &event->source_room, sizeof(*event->sources));
}

void match_event_fini(struct match_event *event)
{
    free(event->values);
    free(event->items);
    free(event->sources);
    arena_fini(&event->arena);
}
