/* bus_impl.h - what the files of the room share. */
#ifndef BUS_BUS_IMPL_H
#define BUS_BUS_IMPL_H

#include "base/arn.h"
#include "base/map.h"
#include "base/utf8.h"
#include "bus/bus.h"
#include "bus/bus_key.h"
#include "deliver/deliver.h"
#include "expr/path.h"
#include "match/matcher.h"

#include <stdatomic.h>

/* A target of a compiled rule. All lives in the arena of the bus's rules. */
struct route_target {
    struct str kind; /* of target */
    struct ns ns;
    struct str arn, id;
    bool input_given;
    struct str input;        /* delivered instead of the event */
    const struct path *path; /* what it picks is delivered instead of the event; NULL: none */
    uint32_t attempts_max;   /* 0: deliver's */
    int64_t age_max_ms;      /* 0: deliver's */
};

struct route_rule {
    struct str arn;
    struct route_target *targets;
    size_t target_count;
};

/* The enabled rules of one bus, ready to match: the matcher knows each by its place among the rules. */
struct route {
    struct arena arena;
    struct matcher *matcher; /* NULL: there are no rules */
    struct matcher_reader *reader;
    struct route_rule *rules;
    size_t rule_count;
};

struct bus {
    struct bus_settings settings; /* filled in */
    struct deliver *deliver;
    struct map routes;   /* "account\0region\0bus" -> struct route */
    size_t rules_cached; /* a bus counts as some more */
    bool changed;        /* buses or rules were changed since the last commit */
    bool inbox_trimmed;  /* the ring has been cut to size since the start */
    _Atomic uint64_t events, deliveries, missing_bus, rejected;
};

/* bus_route.c. What is cached of the bus is dropped; called by whoever changes it. */
void bus_route_forget(struct bus *bus, struct ns ns, struct str name);
void bus_route_forget_all(struct bus *bus);

/* bus_target.c. Which kind of target an ARN is. False: the text is no ARN, or its kind is not known. */
bool bus_target_kind(struct str arn, struct str *ret_kind, struct ns *ret_ns);
/* Whether a rule in ns may have this target. */
bool bus_target_check(const struct bus *bus, struct arena *arena, struct ns ns, const struct json *target,
                      struct fault *reterr);
/* Compiles what was checked when it was put. */
bool bus_target_compile(struct arena *arena, const struct json *target, struct route_target *ret);

/* bus_schedule.c. Whether it is a rate or cron expression as the service has them. Pure. */
bool bus_schedule_valid(struct str text);

/* bus_pattern.c. Unlimited: of rules that are stored, which the limits of their time let in. */
extern const struct pattern_limits bus_pattern_unlimited;
bool bus_pattern_compile(const struct pattern_limits *limits, struct arena *arena, struct str text,
                         struct pattern **ret, struct fault *reterr);

/* bus_inbox.c */
struct inbox_item {
    struct ns ns;
    struct str reason; /* "MISSING_BUS", "NOT_DELIVERED" */
    struct str bus, event_id, rule_arn, target_id, target_arn, error, cause, payload;
    uint32_t attempts;
};
void bus_inbox_add(struct bus *bus, struct work *work, const struct inbox_item *item);

/* bus_buses.c */
bool bus_exists(struct store_reader *reader, uint16_t partition, struct ns ns, struct str name);
/* Counts keys in a range, up to max. */
size_t bus_count(struct store_reader *reader, struct str prefix, size_t max);

#endif
