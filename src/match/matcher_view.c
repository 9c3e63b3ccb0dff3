#include "match/matcher_view.h"
#include "match/pattern_fold.h"

#include <stdlib.h>

enum { ROOM_FIRST = 64 };

static void *grow(void *at, uint32_t *room, uint32_t wanted, size_t size)
{
    uint32_t grown = *room ? *room : ROOM_FIRST;
    while (grown < wanted)
        grown *= 2;
    at = realloc(at, grown * size);
    if (!at)
        abort();
    memset((char *)at + *room * size, 0, (grown - *room) * size);
    *room = grown;
    return at;
}

void matcher_view_init(struct matcher_view *view, const uint64_t *seeds)
{
    *view = (struct matcher_view){ .seeds = seeds };
}

void matcher_view_fini(struct matcher_view *view)
{
    match_event_fini(&view->event);
    free(view->values);
    free(view->places);
    free(view->memos);
    free(view->items.table);
    free(view->items.next_value);
    free(view->items.next_item);
    arena_fini(&view->arena);
}

/* Stamps begin anew after 2^32 events: nothing old may look new. */
static void stamps_clear(struct matcher_view *view)
{
    for (uint32_t i = 0; i < view->place_room; i++)
        view->places[i].stamp = 0;
    for (uint32_t i = 0; i < view->memo_room; i++)
        view->memos[i].stamp = 0;
    for (uint32_t i = 0; view->items.table && i <= view->items.mask; i++)
        view->items.table[i].stamp = 0;
    view->items.stamp = 0;
    view->stamp = 1;
}

void matcher_view_begin(struct matcher_view *view)
{
    const struct match_event *event = &view->event;
    view->work = 0;
    if (++view->stamp == 0)
        stamps_clear(view);
    if (view->arena.used)
        arena_reset(&view->arena);
    if (event->value_count > view->value_room)
        view->values = grow(view->values, &view->value_room, event->value_count, sizeof(*view->values));
}

void matcher_view_places_grow(struct matcher_view *view, uint32_t slot)
{
    view->places = grow(view->places, &view->place_room, slot + 1, sizeof(*view->places));
}

void matcher_view_memo_grow(struct matcher_view *view, uint32_t memo)
{
    view->memos = grow(view->memos, &view->memo_room, memo + 1, sizeof(*view->memos));
}

/* ---- values ---- */

void matcher_view_hash_slowly(struct matcher_view *view, uint32_t value)
{
    const struct match_value *from = &view->event.values[value];
    struct matcher_value *to = &view->values[value];
    if (from->type == JSON_STRING) {
        to->hash = matcher_hash_whole(from->text, view->seeds[SEED_STRING]);
        return;
    }
    const struct matcher_number *number = matcher_view_number_of(view, value);
    to->hash = matcher_number_hash(number, view->seeds[SEED_NUMBER]);
    to->near = number->value;
}

void matcher_view_number(struct matcher_view *view, uint32_t value)
{
    matcher_number_read(view->event.values[value].text, &view->values[value].number);
    view->values[value].flags |= VALUE_NUMBERED;
}

void matcher_view_fold(struct matcher_view *view, uint32_t value)
{
    view->values[value].folded = pattern_fold_text(&view->arena, view->event.values[value].text);
    view->values[value].flags |= VALUE_FOLDED;
}

/* ---- items ---- */

static struct matcher_item_key *item_key(struct matcher_items *items, uint32_t slot, uint32_t item)
{
    uint32_t at = (uint32_t)matcher_hash_mix((uint64_t)slot << 32 | item, UINT64_C(0x9E3779B97F4A7C15));
    for (;; at++) {
        struct matcher_item_key *key = &items->table[at & items->mask];
        if (key->stamp != items->stamp) {
            *key = (struct matcher_item_key){ .stamp = items->stamp,
                                              .slot = slot,
                                              .item = item,
                                              .first_value = VALUE_NONE,
                                              .first_item = VALUE_NONE };
            return key;
        }
        if (key->slot == slot && key->item == item)
            return key;
    }
}

void matcher_view_items_build(struct matcher_view *view)
{
    struct matcher_items *items = &view->items;
    const struct match_event *event = &view->event;
    if (items->stamp == view->stamp)
        return;
    items->stamp = view->stamp;
    if (event->value_count > items->value_room)
        items->next_value =
            grow(items->next_value, &items->value_room, event->value_count, sizeof(*items->next_value));
    if (event->item_count > items->item_room)
        items->next_item =
            grow(items->next_item, &items->item_room, event->item_count, sizeof(*items->next_item));
    uint32_t wanted = 2 * (event->value_count + event->item_count);
    if (!items->table || wanted > items->mask + 1) {
        uint32_t room = items->table ? items->mask + 1 : 0;
        items->table = grow(items->table, &room, wanted, sizeof(*items->table));
        for (uint32_t i = 0; i < room; i++) /* what was there is not where it would be looked for */
            items->table[i].stamp = 0;
        items->mask = room - 1;
    }
    for (uint32_t i = event->value_count; i-- > 0;) {
        struct matcher_item_key *key = item_key(items, event->values[i].place->slot, event->values[i].item);
        items->next_value[i] = key->first_value;
        key->first_value = i;
    }
    for (uint32_t i = event->item_count; i-- > 1;) {
        struct matcher_item_key *key = item_key(items, event->items[i].place->slot, event->items[i].parent);
        items->next_item[i] = key->first_item;
        key->first_item = i;
    }
}

const struct matcher_item_key *matcher_view_item(const struct matcher_view *view, uint32_t slot,
                                                 uint32_t item)
{
    const struct matcher_items *items = &view->items;
    uint32_t at = (uint32_t)matcher_hash_mix((uint64_t)slot << 32 | item, UINT64_C(0x9E3779B97F4A7C15));
    for (;; at++) {
        const struct matcher_item_key *key = &items->table[at & items->mask];
        if (key->stamp != items->stamp)
            return NULL;
        if (key->slot == slot && key->item == item)
            return key;
    }
}
