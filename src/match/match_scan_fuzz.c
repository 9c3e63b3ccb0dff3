/* Reading an event from bytes hands over what walking it does, at places of every kind; and refuses the same. */
#include "json/json_index.h"
#include "match/match_place.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static const struct str asked[][3] = {
    { STR("a") }, { STR("a"), STR("a") }, { STR("b"), STR("a") }, { STR("c"), STR("a"), STR("b") },
    { STR("d") }, { STR("d"), STR("") },
};

static struct matcher_memory memory;
static struct match_places places;
static struct match_scan *scan;
static struct match_event scanned, walked;

static void set_up(void)
{
    matcher_memory_init(&memory);
    match_places_init(&places, &memory, 1);
    scan = match_scan_new();
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        uint32_t count = 1;
        while (count < 3 && asked[i][count].ptr)
            count++;
        (void)match_place_ask(&places, asked[i], count);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_of((const char *)data, size);
    struct arena arena = { 0 };
    struct json value;
    if (!scan)
        set_up();
    match_event_begin(&scanned);
    match_event_begin(&walked);
    enum err expected = json_read(&arena, text, 0, &value, NULL);
    must(match_scan(scan, places.root, 1, text, &scanned, NULL) == expected);
    if (!expected) {
        match_walk(places.root, &value, &walked);
        must(scanned.value_count == walked.value_count && scanned.item_count == walked.item_count);
        for (uint32_t i = 0; i < walked.value_count; i++) {
            const struct match_value *a = &scanned.values[i], *b = &walked.values[i];
            must(a->place == b->place && a->type == b->type && a->item == b->item &&
                 str_eq(a->text, b->text));
        }
        for (uint32_t i = 1; i < walked.item_count; i++)
            must(scanned.items[i].place == walked.items[i].place &&
                 scanned.items[i].parent == walked.items[i].parent);
    }
    arena_fini(&arena);
    return 0;
}
