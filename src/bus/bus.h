/* bus.h - event buses, rules, and the way of an event through them. (The owner of the room completes this header.) */
#ifndef BUS_BUS_H
#define BUS_BUS_H

#include "base/fault.h"
#include "base/ns.h"
#include "json/json.h"
#include "store/writer.h"

struct bus;

/* One entry of PutEvents that has been checked. */
struct bus_event {
    struct str bus;          /* name or ARN; empty: default */
    struct str source;
    struct str detail_type;
    struct str detail;       /* a JSON object, as it came */
    struct str *resources;
    size_t resource_count;
    int64_t time_ms;
    uint32_t hops;           /* buses and workflows that led here; 0 from a client */
};

/* Writes the event's way into the command's batch: matches it against the bus's rules, one delivery per target.
 * A bus that does not exist takes the event all the same: it goes to the inbox and is counted. event_id: 36 bytes,
 * written to ret_id. */
void bus_put(struct bus *bus, struct work *work, struct ns ns, const struct bus_event *event, char *ret_id);

#endif
