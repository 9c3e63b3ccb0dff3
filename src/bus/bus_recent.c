#include "bus/bus_recent_ring.h"
#include "bus/bus_impl.h"
#include "io/clock.h"
#include "io/thread.h"

#include <assert.h>
#include <stdlib.h>

enum { RING_MATCHED, RING_OTHERS, RINGS, OTHERS_PART = 4, NUMBER_BITS = 20 };

/* What the batch under construction has noted, in its order. */
struct note {
    size_t mark;       /* of the batch, after the note */
    uint8_t ring;      /* of an event */
    struct late *late; /* else */
};

/* The fate of a delivery of an event that is committed, or of an earlier command: set after the commit. */
struct late {
    struct str event_id, rule_arn, target_id, error, cause, place;
    int64_t time_ms;
    uint32_t hops, attempts;
    enum bus_delivery_state state;
};

struct recent {
    struct mutex *mutex;
    struct ring rings[RINGS];
    uint64_t number;   /* of the newest event */
    uint64_t readable; /* of the newest committed one */
    int64_t start_ms;
    /* The writer's own. */
    struct arena arena;
    VEC(struct note) notes;
    struct store_batch *batch;            /* theirs */
    uint64_t command;                     /* work->number of the last that noted a matched event */
    uint64_t command_first, command_next; /* its first entry; where the last delivery was found */
};

/* ---- life ---- */

struct recent *recent_new(unsigned events_max, size_t bytes_max)
{
    if (events_max == 0)
        return NULL;
    struct recent *recent = calloc(1, sizeof(*recent));
    if (!recent)
        abort();
    recent->mutex = mutex_new();
    ring_init(&recent->rings[RING_MATCHED], recent->mutex, events_max, bytes_max);
    ring_init(&recent->rings[RING_OTHERS], recent->mutex, events_max / OTHERS_PART + 1,
              bytes_max / OTHERS_PART);
    recent->start_ms = clock_now_ms();
    recent->number = (uint64_t)recent->start_ms << NUMBER_BITS;
    recent->readable = recent->number;
    return recent;
}

void recent_free(struct recent **recent)
{
    if (!*recent)
        return;
    for (int i = 0; i < RINGS; i++)
        ring_fini(&(*recent)->rings[i]);
    mutex_free(&(*recent)->mutex);
    arena_fini(&(*recent)->arena);
    free(*recent);
    *recent = NULL;
}

/* ---- noting ---- */

static void note(struct recent *recent, struct work *work, struct note note)
{
    store_batch_note(work->batch); /* so that a roll-back is told from none, also where nothing is written */
    note.mark = store_batch_mark(work->batch);
    recent->batch = work->batch;
    VEC_PUSH(&recent->arena, &recent->notes, note);
}

static struct ring_text text_put(struct ring *ring, uint64_t *at, struct str text)
{
    struct ring_text put = { *at, (uint32_t)text.len };
    if (text.len)
        memcpy(ring->bytes + *at % ring->byte_cap, text.ptr, text.len);
    *at += text.len;
    return put;
}

static size_t texts_size(struct ns ns, const struct bus_envelope *e, struct str source, struct str type,
                         struct str text, const struct route_rule *const *rules, size_t rule_count,
                         size_t *ret_count)
{
    size_t size = ns.account.len + ns.region.len + e->bus.len + e->id.len + source.len + type.len +
                  e->emitted_by.len + text.len,
           count = 0;
    for (size_t i = 0; i < rule_count; i++) {
        size += rules[i]->arn.len;
        for (size_t k = 0; k < rules[i]->target_count; k++, count++)
            size += rules[i]->targets[k].id.len + rules[i]->targets[k].arn.len;
    }
    *ret_count = count;
    return size;
}

void recent_event(struct recent *recent, struct work *work, struct ns ns, const struct bus_envelope *envelope,
                  enum bus_recent_state state, const struct route_rule *const *rules, size_t rule_count)
{
    if (!recent)
        return;
    uint8_t which = state == BUS_EVENT_MATCHED ? RING_MATCHED : RING_OTHERS;
    struct ring *ring = &recent->rings[which];
    struct str source = json_get_str(&envelope->value, STR("source")),
               type = json_get_str(&envelope->value, STR("detail-type")),
               text = envelope->text.len <= RECENT_TEXT_BYTES_MAX ? envelope->text : STR_EMPTY;
    size_t count, texts = texts_size(ns, envelope, source, type, text, rules, rule_count, &count);
    struct ring_entry *entry = ring_push(ring, sizeof(*entry) + count * sizeof(entry->deliveries[0]) + texts);
    if (!entry) /* more targets than a quarter of the ring holds */
        return;
    uint64_t number = ring->entry_end - 1, at = ring->starts[number % ring->entry_cap] + sizeof(*entry) +
                                                count * sizeof(entry->deliveries[0]);
    if (which == RING_MATCHED && recent->command != work->number) {
        recent->command = work->number;
        recent->command_first = recent->command_next = number;
    }
    entry->number = ++recent->number;
    entry->arrived_ms = work->now_ms;
    entry->time_ms = envelope->time_ms;
    entry->hops = envelope->hops;
    entry->state = (uint8_t)state;
    entry->rules = (uint32_t)rule_count;
    entry->text_bytes = envelope->text.len;
    entry->account = text_put(ring, &at, ns.account);
    entry->region = text_put(ring, &at, ns.region);
    entry->bus = text_put(ring, &at, envelope->bus);
    entry->id = text_put(ring, &at, envelope->id);
    entry->source = text_put(ring, &at, source);
    entry->detail_type = text_put(ring, &at, type);
    entry->emitted_by = text_put(ring, &at, envelope->emitted_by);
    entry->text = text_put(ring, &at, text);
    for (size_t i = 0; i < rule_count; i++) {
        struct ring_text rule_arn = text_put(ring, &at, rules[i]->arn);
        for (size_t k = 0; k < rules[i]->target_count; k++)
            entry->deliveries[entry->delivery_count++] = (struct ring_delivery){
                .rule_arn = rule_arn,
                .target_id = text_put(ring, &at, rules[i]->targets[k].id),
                .target_arn = text_put(ring, &at, rules[i]->targets[k].arn),
            };
    }
    note(recent, work, (struct note){ .ring = which });
}

static struct ring_delivery *delivery_in(const struct ring *ring, struct ring_entry *entry,
                                         const struct late *fate)
{
    if (entry->hops != fate->hops) /* an event that went round in a circle has an entry for each time */
        return NULL;
    for (uint32_t i = 0; i < entry->delivery_count; i++) {
        struct ring_delivery *delivery = &entry->deliveries[i];
        if (str_eq(ring_str(ring, delivery->target_id), fate->target_id) &&
            str_eq(ring_str(ring, delivery->rule_arn), fate->rule_arn))
            return delivery;
    }
    return NULL;
}

/* Among what is committed; under the lock. */
static struct ring_delivery *delivery_find(const struct ring *ring, const struct late *fate,
                                           uint64_t *ret_entry)
{
    struct ring_delivery *found = NULL;
    for (uint64_t below = UINT64_MAX; !found; below = *ret_entry) {
        struct ring_entry *entry = ring_find(ring, fate->event_id, below, ret_entry);
        if (!entry)
            return NULL;
        found = delivery_in(ring, entry, fate);
    }
    return found;
}

/* Among what the command at hand has noted: deliveries are carried in the order in which they were made, so it is
 * looked for from the last one on. */
static struct ring_delivery *delivery_of_command(struct recent *recent, const struct work *work,
                                                 const struct late *fate, uint64_t *ret_entry)
{
    const struct ring *ring = &recent->rings[RING_MATCHED];
    uint64_t first = recent->command_first > ring->committed ? recent->command_first : ring->committed,
             end = ring->entry_end;
    if (recent->command != work->number || first >= end)
        return NULL;
    uint64_t next =
        recent->command_next >= first && recent->command_next < end ? recent->command_next : first;
    for (uint64_t i = 0; i < end - first; i++, next = next + 1 < end ? next + 1 : first) {
        struct ring_entry *entry = ring_at(ring, next);
        struct ring_delivery *found =
            str_eq(ring_str(ring, entry->id), fate->event_id) ? delivery_in(ring, entry, fate) : NULL;
        if (found) {
            recent->command_next = *ret_entry = next;
            return found;
        }
    }
    return NULL;
}

static struct str cut(struct str text)
{
    enum { CAUSE_BYTES_MAX = 1024 };
    if (text.len <= CAUSE_BYTES_MAX)
        return text;
    size_t len = CAUSE_BYTES_MAX;
    while (len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80) /* whole characters */
        len--;
    return str_slice(text, 0, len);
}

struct fate_texts {
    struct ring_text error, cause, place;
};

/* Putting texts may take old entries. */
static struct fate_texts fate_put(struct ring *ring, const struct late *fate)
{
    return (struct fate_texts){ ring_put(ring, fate->error), ring_put(ring, fate->cause),
                                ring_put(ring, fate->place) };
}

static void delivery_set(struct ring_delivery *delivery, const struct late *fate, struct fate_texts texts)
{
    delivery->state = (uint8_t)fate->state;
    delivery->attempts = fate->attempts;
    delivery->time_ms = fate->time_ms;
    delivery->error = texts.error;
    delivery->cause = texts.cause;
    delivery->place = texts.place;
}

void recent_delivery(struct recent *recent, struct work *work, const struct delivery *delivery,
                     const struct delivery_result *result, enum bus_delivery_state state)
{
    if (!recent)
        return;
    struct late fate = { .event_id = delivery->event_id,
                         .rule_arn = delivery->source_arn,
                         .target_id = delivery->owner_ref,
                         .time_ms = delivery->event_time_ms,
                         .hops = delivery->hops,
                         .attempts = delivery->attempts,
                         .state = state };
    if (state == BUS_DELIVERY_DELIVERED) {
        fate.place = result->place;
    } else {
        fate.error = result->error;
        fate.cause = cut(result->cause);
    }
    struct ring *ring = &recent->rings[RING_MATCHED];
    uint64_t number;
    struct ring_delivery *found = delivery_of_command(recent, work, &fate, &number);
    if (found) {
        struct fate_texts texts = fate_put(ring, &fate);
        if (number >= ring->first)
            delivery_set(found, &fate, texts);
        return;
    }
    struct late *late = ARENA_NEW(&recent->arena, struct late);
    *late = fate;
    struct str *texts[] = { &late->event_id, &late->rule_arn, &late->target_id,
                            &late->error,    &late->cause,    &late->place };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        *texts[i] = arena_copy(&recent->arena, *texts[i]);
    note(recent, work, (struct note){ .late = late });
}

static void notes_forget(struct recent *recent)
{
    memset(&recent->notes, 0, sizeof(recent->notes));
    arena_reset(&recent->arena);
}

void recent_rollback(struct recent *recent)
{
    if (!recent || recent->notes.len == 0)
        return;
    size_t mark = store_batch_mark(recent->batch);
    while (recent->notes.len && recent->notes.at[recent->notes.len - 1].mark > mark) {
        const struct note *last = &recent->notes.at[--recent->notes.len];
        struct ring *ring = &recent->rings[last->ring];
        if (!last->late &&
            ring->entry_end > ring->committed) { /* else it made room for later ones of its batch */
            ring_pop(ring);
            recent->number--;
        }
    }
    if (recent->notes.len == 0)
        notes_forget(recent);
}

/* Its texts are put first: making room takes the lock. */
static void late_set(struct recent *recent, const struct late *late)
{
    struct ring *ring = &recent->rings[RING_MATCHED];
    struct fate_texts texts = fate_put(ring, late);
    uint64_t number;
    mutex_lock(recent->mutex);
    struct ring_delivery *found = delivery_find(ring, late, &number);
    if (found)
        delivery_set(found, late, texts);
    mutex_unlock(recent->mutex);
}

void recent_commit(struct recent *recent)
{
    if (!recent || recent->notes.len == 0)
        return;
    mutex_lock(recent->mutex);
    for (int i = 0; i < RINGS; i++)
        ring_commit(&recent->rings[i]);
    recent->readable = recent->number;
    mutex_unlock(recent->mutex);
    for (size_t i = 0; i < recent->notes.len; i++)
        if (recent->notes.at[i].late)
            late_set(recent, recent->notes.at[i].late);
    notes_forget(recent);
}

/* ---- reading ---- */

static struct str copied(struct arena *arena, const struct ring *ring, struct ring_text text)
{
    return arena_copy(arena, ring_str(ring, text));
}

static void event_copy(struct arena *arena, const struct ring *ring, const struct ring_entry *entry,
                       struct bus_recent_event *ret)
{
    *ret = (struct bus_recent_event){
        .number = entry->number,
        .state = (enum bus_recent_state)entry->state,
        .arrived_ms = entry->arrived_ms,
        .time_ms = entry->time_ms,
        .ns = { copied(arena, ring, entry->account), copied(arena, ring, entry->region) },
        .bus = copied(arena, ring, entry->bus),
        .id = copied(arena, ring, entry->id),
        .source = copied(arena, ring, entry->source),
        .detail_type = copied(arena, ring, entry->detail_type),
        .emitted_by = copied(arena, ring, entry->emitted_by),
        .hops = entry->hops,
        .text_bytes = (size_t)entry->text_bytes,
        .text = copied(arena, ring, entry->text),
        .rules = entry->rules,
        .deliveries = ARENA_ARRAY(arena, struct bus_recent_delivery, entry->delivery_count + 1),
        .delivery_count = entry->delivery_count,
    };
    for (uint32_t i = 0; i < entry->delivery_count; i++) {
        const struct ring_delivery *delivery = &entry->deliveries[i];
        ret->deliveries[i] = (struct bus_recent_delivery){
            .rule_arn = copied(arena, ring, delivery->rule_arn),
            .target_id = copied(arena, ring, delivery->target_id),
            .target_arn = copied(arena, ring, delivery->target_arn),
            .state = (enum bus_delivery_state)delivery->state,
            .attempts = delivery->attempts,
            .error = copied(arena, ring, delivery->error),
            .cause = copied(arena, ring, delivery->cause),
            .place = copied(arena, ring, delivery->place),
            .time_ms = delivery->time_ms,
        };
    }
}

static bool wanted(const struct ring *ring, struct ring_text text, struct str asked)
{
    return str_empty(asked) || str_eq(ring_str(ring, text), asked);
}

static bool arrived_at(const struct ring *ring, const struct ring_entry *entry, struct str place)
{
    for (uint32_t i = 0; i < entry->delivery_count; i++)
        if (str_eq(ring_str(ring, entry->deliveries[i].place), place))
            return true;
    return false;
}

static bool fits(const struct ring *ring, const struct ring_entry *entry,
                 const struct bus_recent_query *query)
{
    return (!query->state || entry->state == query->state) &&
           wanted(ring, entry->account, query->ns.account) && wanted(ring, entry->region, query->ns.region) &&
           wanted(ring, entry->bus, query->bus) && wanted(ring, entry->source, query->source) &&
           wanted(ring, entry->detail_type, query->detail_type) &&
           wanted(ring, entry->emitted_by, query->emitted_by) &&
           (str_empty(query->place) || arrived_at(ring, entry, query->place));
}

/* The newest readable entry of the ring below that number of an event; ring->first when there is none: numbers rise. */
static uint64_t entry_below(const struct ring *ring, uint64_t below)
{
    uint64_t low = ring->first, high = ring->committed;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (ring_at(ring, middle)->number < below)
            low = middle + 1;
        else
            high = middle;
    }
    return low; /* one behind it */
}

static int64_t since_of(const struct recent *recent, const struct bus_recent_query *query)
{
    int64_t since_ms = recent->start_ms;
    for (int i = 0; i < RINGS; i++) {
        const struct ring *ring = &recent->rings[i];
        bool asked = !query->state || (query->state == BUS_EVENT_MATCHED) == (i == RING_MATCHED);
        if (asked && ring->lost && ring->committed > ring->first &&
            ring_at(ring, ring->first)->arrived_ms > since_ms)
            since_ms = ring_at(ring, ring->first)->arrived_ms;
    }
    return since_ms;
}

/* Looks at no more than RECENT_STEP entries. False: there are no more. */
static bool list_step(struct recent *recent, struct arena *arena, struct bus_recent_query *query,
                      uint64_t *below, size_t *looked, bus_recent_events *ret)
{
    uint64_t at[RINGS];
    for (int i = 0; i < RINGS; i++)
        at[i] = entry_below(&recent->rings[i], *below);
    for (int step = 0; step < RECENT_STEP; step++) {
        const struct ring *newest = NULL;
        const struct ring_entry *entry = NULL;
        int which = 0;
        for (int i = 0; i < RINGS; i++) { /* the newer one of both rings' next */
            const struct ring *ring = &recent->rings[i];
            if (at[i] > ring->first && (!entry || ring_at(ring, at[i] - 1)->number > entry->number)) {
                newest = ring;
                entry = ring_at(ring, at[i] - 1);
                which = i;
            }
        }
        if (!entry || entry->number <= query->above)
            return false;
        if (ret->len == query->limit || *looked == query->looked_max) {
            query->next_below = *below;
            return false;
        }
        at[which]--;
        *below = entry->number;
        (*looked)++;
        if (fits(newest, entry, query)) {
            struct bus_recent_event event;
            event_copy(arena, newest, entry, &event);
            VEC_PUSH(arena, ret, event);
        }
    }
    return true;
}

bool bus_recent_list(struct bus *bus, struct arena *arena, struct bus_recent_query *query,
                     bus_recent_events *ret)
{
    struct recent *recent = bus->recent;
    if (!recent)
        return false;
    uint64_t below = query->below ? query->below : UINT64_MAX;
    size_t looked = 0;
    query->next_below = 0;
    mutex_lock(recent->mutex);
    query->newest = recent->readable;
    query->since_ms = since_of(recent, query);
    while (list_step(recent, arena, query, &below, &looked, ret)) {
        mutex_unlock(recent->mutex); /* the writer may want it */
        mutex_lock(recent->mutex);
    }
    mutex_unlock(recent->mutex);
    return true;
}

static int by_number(const void *left, const void *right)
{
    const struct bus_recent_event *a = left, *b = right;
    return a->number < b->number ? -1 : a->number > b->number;
}

bool bus_recent_get(struct bus *bus, struct arena *arena, struct ns ns, struct str event_id,
                    int64_t *ret_since_ms, bus_recent_events *ret)
{
    struct recent *recent = bus->recent;
    if (!recent)
        return false;
    mutex_lock(recent->mutex);
    *ret_since_ms = since_of(recent, &(struct bus_recent_query){ 0 });
    for (int i = 0; i < RINGS; i++) {
        const struct ring *ring = &recent->rings[i];
        uint64_t number = ring->committed;
        for (struct ring_entry *entry;
             ret->len < RECENT_STEP && (entry = ring_find(ring, event_id, number, &number));) {
            struct bus_recent_event event;
            if (!str_eq(ring_str(ring, entry->account), ns.account) ||
                !str_eq(ring_str(ring, entry->region), ns.region))
                continue;
            event_copy(arena, ring, entry, &event);
            VEC_PUSH(arena, ret, event);
        }
    }
    mutex_unlock(recent->mutex);
    if (ret->len > 1)
        qsort(ret->at, ret->len, sizeof(ret->at[0]), by_number);
    return true;
}
