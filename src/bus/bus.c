#include "bus/bus_impl.h"
#include "io/rand.h"

#include <stdlib.h>

enum err bus_open(const struct bus_settings *settings, struct deliver *deliver, struct bus **ret)
{
    struct bus_settings s = settings ? *settings : (struct bus_settings){ 0 };
    s.buses_max = s.buses_max ? s.buses_max : 100;
    s.rules_max = s.rules_max ? s.rules_max : 300;
    s.targets_max = s.targets_max ? s.targets_max : 5;
    s.pattern_characters_max = s.pattern_characters_max ? s.pattern_characters_max : 2048;
    s.patterns.bytes_max = s.patterns.bytes_max ? s.patterns.bytes_max : 4 * 4096;
    s.wildcard_rules_max = s.wildcard_rules_max ? s.wildcard_rules_max : 30;
    s.inbox_max = s.inbox_max ? s.inbox_max : 1000;
    s.inbox_payload_max = s.inbox_payload_max ? s.inbox_payload_max : 64 * 1024;
    s.rules_cached_max = s.rules_cached_max ? s.rules_cached_max : 100000;
    s.request_bytes_max = s.request_bytes_max ? s.request_bytes_max : 1024 * 1024;
    s.recent_bytes_max = s.recent_bytes_max ? s.recent_bytes_max : 16 << 20;
    struct bus *bus = calloc(1, sizeof(*bus));
    if (!bus)
        abort();
    bus->settings = s;
    bus->deliver = deliver;
    bus->recent = recent_new(s.recent_max, s.recent_bytes_max);
    map_init(&bus->routes, rand_u64());
    map_init(&bus->tallies, rand_u64());
    *ret = bus;
    return ERR_OK;
}

const struct bus_settings *bus_settings_of(const struct bus *bus)
{
    return &bus->settings;
}

void bus_close(struct bus **bus)
{
    if (!*bus)
        return;
    bus_route_forget_all(*bus);
    map_fini(&(*bus)->routes);
    bus_tallies_forget(*bus);
    map_fini(&(*bus)->tallies);
    arena_fini(&(*bus)->changes_arena);
    recent_free(&(*bus)->recent);
    free(*bus);
    *bus = NULL;
}

void bus_after_rollback(void *self)
{
    struct bus *bus = self;
    bus_changes_undo(bus);
    recent_rollback(bus->recent);
    if (bus->inbox_trimmed_now) /* perhaps by what is rolled back; to cut it once more does no harm */
        bus->inbox_trimmed = bus->inbox_trimmed_now = false;
}

void bus_after_commit(void *self)
{
    struct bus *bus = self;
    bus_changes_commit(bus);
    recent_commit(bus->recent);
    bus->inbox_trimmed_now = false;
}

/* What was not delivered goes into the inbox. item: with its reason and where it came from. */
static void give_up(struct bus *bus, struct work *work, const struct delivery *delivery,
                    const struct delivery_result *result, struct inbox_item *item)
{
    item->ns = delivery->ns;
    item->target_id = delivery->owner_ref;
    item->target_arn = delivery->resource;
    item->attempts = delivery->attempts;
    item->error = result->error;
    item->cause = result->cause;
    item->payload = delivery->payload;
    bus_inbox_add(bus, work, item);
}

void bus_delivery_done(void *self, struct work *work, const struct delivery *delivery,
                       const struct delivery_result *result)
{
    struct bus *bus = self;
    bool delivered = result->outcome == OUTCOME_DELIVERED;
    recent_delivery(bus->recent, work, delivery, result,
                    delivered ? BUS_DELIVERY_DELIVERED : BUS_DELIVERY_REJECTED);
    bus_count_attempt(bus, work, delivery, delivered, true);
    if (delivered)
        return;
    struct inbox_item item = { .reason = STR("NOT_DELIVERED"),
                               .event_id = delivery->event_id,
                               .rule_arn = delivery->source_arn };
    give_up(bus, work, delivery, result, &item);
    atomic_fetch_add_explicit(&bus->rejected, 1, memory_order_relaxed);
}

void bus_delivery_retried(void *self, struct work *work, const struct delivery *delivery,
                          const struct delivery_result *result)
{
    struct bus *bus = self;
    recent_delivery(bus->recent, work, delivery, result, BUS_DELIVERY_RETRYING);
    bus_count_attempt(bus, work, delivery, false, false);
}

void bus_subscription_done(void *self, struct work *work, const struct delivery *delivery,
                           const struct delivery_result *result)
{
    if (result->outcome == OUTCOME_DELIVERED)
        return;
    struct inbox_item item = { .reason = STR("LOGS_NOT_DELIVERED"), .log_group_arn = delivery->source_arn };
    give_up(self, work, delivery, result, &item);
}

void bus_stats(const struct bus *bus, struct bus_stats *ret)
{
    *ret = (struct bus_stats){
        .events = atomic_load_explicit(&bus->events, memory_order_relaxed),
        .deliveries = atomic_load_explicit(&bus->deliveries, memory_order_relaxed),
        .missing_bus = atomic_load_explicit(&bus->missing_bus, memory_order_relaxed),
        .rejected = atomic_load_explicit(&bus->rejected, memory_order_relaxed),
        .rules_read = atomic_load_explicit(&bus->rules_read, memory_order_relaxed),
        .rules_compiled = atomic_load_explicit(&bus->rules_compiled, memory_order_relaxed),
    };
}
