/* bus_impl.h - what the files of the room share. */
#ifndef BUS_BUS_IMPL_H
#define BUS_BUS_IMPL_H

#include "base/arn.h"
#include "base/map.h"
#include "base/utf8.h"
#include "bus/bus.h"
#include "bus/bus_key.h"
#include "bus/bus_recent.h"
#include "deliver/deliver.h"
#include "match/matcher.h"
#include "metrics/metrics_meter.h"

#include <stdatomic.h>

/* A target of a compiled rule. */
struct route_target {
    struct str kind; /* of target */
    struct ns ns;
    struct str arn, id;
    const struct bus_input *input; /* what it gets; NULL: the event as it is */
    uint32_t attempts_max;         /* 0: deliver's */
    int64_t age_max_ms;            /* 0: deliver's */
};

/* A compiled rule: all of it lives in an arena of its own, given back when the rule changes. */
struct route_rule {
    struct arena arena;
    struct str arn, name;
    struct route_target *targets;
    size_t target_count;
    struct metrics_place *meter;
};

/* The rules of one bus that are enabled and have targets, ready to match: the matcher knows each by its address. */
struct route {
    struct matcher *matcher; /* NULL: there have been none */
    struct matcher_reader *reader;
    struct map rules; /* name -> struct route_rule */
    struct metrics_place meter;
};

/* How many rules a bus has, of those with wildcards how many: what its limits ask. */
struct tally {
    size_t rules, wildcards;
};

/* A change in the batch under construction, so that what is in memory can follow when it is rolled back. */
struct change {
    size_t mark; /* of the batch, after the write */
    struct ns ns;
    uint16_t partition;
    struct str bus, rule;               /* no rule: the bus was made or deleted */
    int rules_change, wildcards_change; /* in the tally */
};

struct bus {
    struct bus_settings settings; /* filled in */
    struct deliver *deliver;
    struct map routes;   /* bus_memory_key -> struct route */
    size_t rules_cached; /* a bus counts as some more */
    struct map tallies;  /* bus_memory_key -> struct tally */
    struct arena changes_arena;
    VEC(struct change) changes; /* of the batch under construction, as they came */
    struct store_batch *batch;  /* theirs */
    struct recent *recent;      /* NULL: switched off */
    bool inbox_trimmed;         /* the ring has been cut to size since the start */
    bool inbox_trimmed_now;     /* and that by the batch under construction */
    _Atomic uint64_t events, deliveries, missing_bus, rejected, rules_read, rules_compiled;
};

/* bus_compiled.c. By what a bus is known in memory. */
struct str bus_memory_key(struct arena *arena, struct ns ns, struct str name);
/* The compiled rules, made when they are not there. NULL with a fault when they cannot be read: an event must not
 * pass by rules that it might match. */
struct route *bus_route_of(struct bus *bus, struct work *work, struct ns ns, struct str name,
                           struct fault *reterr);
/* What is compiled of this rule becomes what look finds of it. */
void bus_route_follow(struct bus *bus, const struct bus_look *look, struct str bus_name, struct str rule);
void bus_route_forget(struct bus *bus, struct str memory_key);
void bus_route_forget_all(struct bus *bus);

/* bus_change.c. Called by whoever wrote the change. before NULL: it is new; after NULL: it is gone. */
void bus_rule_changed(struct bus *bus, struct work *work, struct ns ns, const struct bus_rule *before,
                      const struct bus_rule *after);
/* The bus was made or deleted. */
void bus_changed(struct bus *bus, struct work *work, struct ns ns, struct str name);
/* What was rolled back goes from memory, too. */
void bus_changes_undo(struct bus *bus);
void bus_changes_commit(struct bus *bus);
bool bus_tally(struct bus *bus, const struct bus_look *look, struct str name, struct tally *ret,
               struct fault *reterr);
void bus_tallies_forget(struct bus *bus);

/* bus_rule.c. Every rule of the bus, one at a time; the rule and the arena are of the call. False ends the walk. */
typedef bool bus_rule_f(void *self, struct arena *arena, const struct bus_rule *rule);
bool bus_rule_walk(const struct bus_look *look, struct str bus_name, bus_rule_f *f, void *self,
                   struct fault *reterr);

/* bus_target.c. Which kind of target an ARN is. False: the text is no ARN, or its kind is not known. */
bool bus_target_kind(struct str arn, struct str *ret_kind, struct ns *ret_ns);
/* Whether a rule in ns may have this target. */
bool bus_target_check(const struct bus *bus, struct arena *arena, struct ns ns, const struct json *target,
                      struct fault *reterr);
/* Compiles what was checked when it was put; shares nothing with it. */
bool bus_target_compile(struct arena *arena, const struct json *target, struct route_target *ret);

/* bus_input.c. Compiles a target's Input, InputPath or InputTransformer, for a kind of target; shares nothing with it.
 * *ret NULL: it has none. False: they are refused. */
struct bus_input;
bool bus_input_compile(struct arena *arena, const struct json *target, struct str kind,
                       const struct bus_input **ret, struct fault *reterr);
/* What is made of one event. False: it goes nowhere, and why. */
struct bus_input_scope {
    const struct bus_envelope *envelope;
    struct str rule_arn;
    int64_t now_ms;
    size_t event_bytes_max;
};
bool bus_input_make(const struct bus_input *input, struct arena *arena, const struct bus_input_scope *scope,
                    struct bus_input_made *ret, struct delivery_result *reterr);

/* bus_event.c. The text without white space between its tokens, which stay as they are. It need not be JSON. */
struct str bus_json_compact(struct arena *arena, struct str text);

/* bus_schedule.c. Whether it is a rate or cron expression as the service has them. Pure. */
bool bus_schedule_valid(struct str text);

/* bus_pattern.c. Unlimited: of rules that are stored, which the limits of their time let in. */
extern const struct pattern_limits bus_pattern_unlimited;
bool bus_pattern_compile(const struct pattern_limits *limits, struct arena *arena, struct str text,
                         struct pattern **ret, struct fault *reterr);

/* bus_metrics.c: what is counted for AWS/Events. */
void bus_count_event(struct bus *bus, struct work *work, struct ns ns, struct str bus_name,
                     struct route *route, const struct route_rule *const *rules, size_t rule_count);
/* An attempt is over: what became of it, of a delivery that was attempted so often. ended: there is no further one. */
void bus_count_attempt(struct bus *bus, struct work *work, const struct delivery *delivery, bool delivered,
                       bool ended);

/* bus_inbox.c */
struct inbox_item {
    struct ns ns;
    struct str reason; /* "MISSING_BUS", "NOT_DELIVERED", "LOGS_NOT_DELIVERED" */
    struct str
        log_group_arn; /* what a subscription filter of the group passed on; target_id is the filter's name */
    struct str bus, event_id, rule_arn, target_id, target_arn, error, cause, payload;
    uint32_t attempts;
};
void bus_inbox_add(struct bus *bus, struct work *work, const struct inbox_item *item);

/* bus_buses.c */
bool bus_exists(struct store_reader *reader, uint16_t partition, struct ns ns, struct str name);
/* Counts keys in a range, up to max. */
size_t bus_count(struct store_reader *reader, struct str prefix, size_t max);

#endif
