/* bus_recent.h - what came through the buses lately: each event with the rules it matched and each delivery's fate.
 *
 * In memory, in two rings: events that rules matched, and the others (no rule matched, or no such bus), so that the
 * many do not push out the few. The writer notes an event when it is put, what became of its deliveries when
 * that is known, and shows both after the commit. Gone with the process: an answer says since when it knows.
 *
 * Owns:    the rings, copies of all texts in them.
 * Threads: recent_* the writer's; bus_recent_* any. What is committed is under a mutex of its own: the writer
 *          takes it once a commit and once for every 64 KiB, a reader holds it for RECENT_STEP events at most, and
 *          nobody while he waits for anything.
 * Truths:  1. A reader sees committed events alone; what is rolled back is taken from the rings.
 *          2. Numbers rise in the order in which events were put, over a restart too.
 *          3. Bounded by entries and by bytes; the oldest goes first.
 */
#ifndef BUS_BUS_RECENT_H
#define BUS_BUS_RECENT_H

#include "bus/bus.h"

enum { RECENT_STEP = 64, RECENT_TEXT_BYTES_MAX = 64 * 1024 };

/* ---- reading: any thread ---- */

enum bus_recent_state { BUS_EVENT_MATCHED = 1, BUS_EVENT_UNMATCHED, BUS_EVENT_MISSING_BUS };
enum bus_delivery_state {
    BUS_DELIVERY_PENDING,
    BUS_DELIVERY_RETRYING,
    BUS_DELIVERY_DELIVERED,
    BUS_DELIVERY_REJECTED
};

struct bus_recent_delivery {
    struct str rule_arn, target_id, target_arn;
    enum bus_delivery_state state;
    uint32_t attempts;
    struct str error, cause; /* of the last attempt; empty: it did not fail */
    struct str
        place; /* where it arrived: a log stream's name, an execution's ARN; empty: the target says it */
    int64_t time_ms; /* it was handed over with: a log event's; 0 until it is known how it went */
};

struct bus_recent_event {
    uint64_t number;
    enum bus_recent_state state;
    int64_t arrived_ms, time_ms; /* time_ms: as the event says it */
    struct ns ns;
    struct str bus, id, source, detail_type;
    struct str emitted_by; /* ARN of the execution that put it; empty: a client did */
    uint32_t hops;
    size_t text_bytes;
    struct str text; /* the envelope; empty: it was over RECENT_TEXT_BYTES_MAX */
    uint32_t rules;
    struct bus_recent_delivery *deliveries;
    uint32_t delivery_count;
};
typedef VEC(struct bus_recent_event) bus_recent_events;

struct bus_recent_query {
    struct ns ns;
    enum bus_recent_state state;         /* 0: all */
    struct str bus, source, detail_type; /* empty: all */
    struct str emitted_by;               /* empty: all; else events that this execution put */
    struct str place;                    /* empty: all; else those with a delivery that arrived there */
    uint64_t above, below;               /* by number, exclusive; below 0: from the newest */
    size_t limit, looked_max;            /* events given, events looked at */
    bool deliveries;                     /* give them too */
    /* out */
    uint64_t next_below; /* where to go on; 0: that was all */
    uint64_t newest;     /* as above of the next one: what comes from now on */
    int64_t since_ms;    /* nothing older is known */
};

/* Newest first. False: recent events are switched off. All texts are copied into the arena. */
bool bus_recent_list(struct bus *bus, struct arena *arena, struct bus_recent_query *query,
                     bus_recent_events *ret);
/* The event on every bus that it went through, the first one first; none: it is not known (any more). */
bool bus_recent_get(struct bus *bus, struct arena *arena, struct ns ns, struct str event_id,
                    int64_t *ret_since_ms, bus_recent_events *ret);

/* ---- noting: the writer's thread ---- */

struct recent;
struct route_rule;

struct recent *recent_new(unsigned events_max, size_t bytes_max);
void recent_free(struct recent **recent); /* accepts NULL in it */

/* rules: those that matched, with their targets, in the order of the deliveries. */
void recent_event(struct recent *recent, struct work *work, struct ns ns, const struct bus_envelope *envelope,
                  enum bus_recent_state state, const struct route_rule *const *rules, size_t rule_count);
/* How an attempt of a delivery of a rule went. */
void recent_delivery(struct recent *recent, struct work *work, const struct delivery *delivery,
                     const struct delivery_result *result, enum bus_delivery_state state);
void recent_rollback(struct recent *recent);
void recent_commit(struct recent *recent);

#endif
