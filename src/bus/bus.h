/* bus.h - event buses, rules with their targets, and the way of an event through them.
 *
 * Owns:    buses, rules and the inbox in the store; compiled rules in memory, a cache of them.
 * Threads: what takes a work: the writer's thread. What takes a look: any, with a reader of its own.
 *          bus_event_*: any, pure. bus_stats: any.
 * Truths:  1. An event that was put has, in the same batch, one delivery for each target of each enabled rule
 *             of its bus that matches it, or, if there is no such bus, an entry in the inbox.
 *          2. A delivery of a rule that ends other than delivered leaves an entry in the inbox, in the same
 *             batch.
 *          3. What is in memory of a bus, its compiled rules and how many it has, is what the batch under
 *             construction holds: a change of a rule is followed for this rule alone, in the same call, and so is
 *             the roll-back of the change. What a change costs does not grow with the rules of the bus.
 *          4. The bus "default" is in every namespace without being written.
 */
#ifndef BUS_BUS_H
#define BUS_BUS_H

#include "base/fault.h"
#include "base/ns.h"
#include "base/vec.h"
#include "json/json.h"
#include "match/pattern.h"
#include "store/writer.h"
#include "target/target.h"

struct bus;
struct deliver;
struct metrics;

/* ---- life ---- */

struct bus_settings {
    unsigned buses_max;             /* of a namespace, "default" not counted; 0: 100 */
    unsigned rules_max;             /* of a bus; 0: 300 */
    unsigned targets_max;           /* of a rule; 0: 5 */
    size_t pattern_characters_max;  /* of a rule's event pattern; 0: 2,048 */
    struct pattern_limits patterns; /* of any pattern; bytes_max 0: those of 4,096 characters */
    unsigned wildcard_rules_max;    /* rules of a bus that have wildcards; 0: 30 */
    unsigned inbox_max;             /* entries kept in the inbox; 0: 1,000 */
    size_t inbox_payload_max;       /* bytes of an event kept with its entry; 0: 65,536 */
    unsigned rules_cached_max;      /* rules kept compiled in memory, of all buses; 0: 100,000 */
    size_t request_bytes_max;       /* of the entries of one PutEvents; 0: 1,048,576 */
    unsigned recent_max;            /* events kept in memory to be looked at (bus_recent.h); 0: none */
    size_t recent_bytes_max;        /* of them; 0: 16 MiB */
    struct metrics *metrics;        /* what it counts for AWS/Events; NULL: nothing */
};

enum err bus_open(const struct bus_settings *settings, struct deliver *deliver, struct bus **ret) MUST_USE;
const struct bus_settings *bus_settings_of(const struct bus *bus); /* filled in; any thread */
void bus_close(struct bus **bus);

/* The writer's hooks, and deliver's. */
void bus_after_rollback(void *bus);
void bus_after_commit(void *bus);
/* delivery_done_f of DELIVERY_OF_RULE. */
void bus_delivery_done(void *bus, struct work *work, const struct delivery *delivery,
                       const struct delivery_result *result);
/* deliver_on_retry of DELIVERY_OF_RULE. */
void bus_delivery_retried(void *bus, struct work *work, const struct delivery *delivery,
                          const struct delivery_result *result);
/* The same of DELIVERY_OF_SUBSCRIPTION: what a subscription filter could not hand over is in the inbox too. */
void bus_subscription_done(void *bus, struct work *work, const struct delivery *delivery,
                           const struct delivery_result *result);

/* ---- events ---- */

/* One event as it was handed in. What is empty was not given. */
struct bus_event {
    struct str bus; /* name or ARN; empty: default */
    struct str source;
    struct str detail_type;
    struct str detail; /* a JSON object, as it came */
    struct str *resources;
    size_t resource_count;
    int64_t time_ms;
    bool time_given;       /* counts towards the size */
    uint32_t hops;         /* buses and workflows that led here; 0 from a client */
    struct str emitted_by; /* ARN of the execution that puts it; empty: a client does */
};

/* The event as rules see it and targets get it. Lives as long as the arena it was made in. */
struct bus_envelope {
    struct str bus;    /* its name */
    struct str id;     /* 36 bytes */
    struct str text;   /* compact JSON, one line; the detail's tokens as they came */
    struct json value; /* the same, read */
    int64_t time_ms;   /* to the second, as the envelope says it */
    uint32_t hops;
    struct str emitted_by;
};

/* Why one event of many was not taken, in the words of PutEvents: "MalformedDetail",
 * "Detail is malformed." */
struct bus_refusal {
    struct str code, text;
};

/* Bytes by which PutEvents limits a request. */
size_t bus_event_size(const struct bus_event *event);
/* Checks the event and builds its envelope with a new id. Shares with event what it
 * can. Pure but for the id. */
bool bus_event_envelope(struct arena *arena, struct ns ns, const struct bus_event *event,
                        struct bus_envelope *ret, struct bus_refusal *reterr);
/* Reads an envelope that a bus has built. False when it is none. */
bool bus_envelope_read(struct arena *arena, struct str text, struct bus_envelope *ret);

/* Writes the event's way into the command's batch: matches it against the bus's rules, one delivery per
 * target. A bus that does not exist takes the event all the same: it goes to the inbox and is counted. False:
 * the rules cannot be read (INTERNAL), nothing was written. */
bool bus_put_envelope(struct bus *bus, struct work *work, struct ns ns, const struct bus_envelope *envelope,
                      struct fault *reterr);
/* Both at once. event_id: 36 bytes, written to ret_id. False: refused, nothing was written. */
bool bus_put(struct bus *bus, struct work *work, struct ns ns, const struct bus_event *event, char *ret_id,
             struct bus_refusal *reterr);
/* Hands an event of another bus on to this one, as it is. FAULT_NOT_FOUND, or FAULT_VALIDATION when the text
 * is no envelope; then nothing was written. */
bool bus_forward(struct bus *bus, struct work *work, struct ns ns, struct str bus_name, struct str envelope,
                 uint32_t hops, struct fault *reterr);

/* Whether the pattern matches the event, both as text. INVALID_EVENT_PATTERN;
 * VALIDATION for the event. Pure. */
bool bus_pattern_test(const struct bus_settings *settings, struct arena *arena, struct str pattern,
                      struct str event, bool *ret, struct fault *reterr);
/* Why it matches, or does not. The event is any JSON object. */
bool bus_pattern_explain(const struct bus_settings *settings, struct arena *arena, struct str pattern,
                         struct str event, struct pattern_explanation *ret, struct fault *reterr);

/* What a target gets of an event. */
struct bus_input_made {
    struct str payload;
    int64_t time_ms; /* of the event, or what a log group's transformer says */
    bool log_event;  /* it does */
};
/* What a target with this Input, InputPath or InputTransformer would get of the event, which is any JSON object. Its
 * Arn only says its kind, and may be absent. ret_rejected: not OUTCOME_DELIVERED, and why, when it would get nothing.
 * False: PutTargets would refuse the target, or the event is none. */
bool bus_input_test(const struct bus_settings *settings, struct arena *arena, struct str rule_arn,
                    const struct json *target, struct str event, int64_t now_ms, struct bus_input_made *ret,
                    struct delivery_result *ret_rejected, struct fault *reterr);

/* ---- looking: what a read needs ---- */

struct bus_look {
    struct store_reader *reader;
    struct arena *arena;
    struct ns ns;
    uint16_t partition;
};
struct bus_look bus_look_of(struct work *work, struct ns ns);

/* One page of a list sorted by name: names that begin with prefix and come after `after`. */
struct bus_page {
    struct str prefix, after;
    size_t limit; /* 0: 100 */
    bool more;    /* out: the list goes on after the last one given */
};

/* A name from a name or an ARN of this namespace; empty: "default". NOT_FOUND when it
 * is an ARN of another. */
bool bus_name_of(struct arena *arena, struct ns ns, struct str name_or_arn, struct str *ret,
                 struct fault *reterr);

/* ---- buses ---- */

struct bus_record {
    struct str name, arn, description;
    int64_t created_ms, modified_ms; /* 0: never written ("default") */
};
typedef VEC(struct bus_record) bus_records;

bool bus_create(struct bus *bus, struct work *work, struct ns ns, struct str name, struct str description,
                struct bus_record *ret, struct fault *reterr);
/* description: NULL leaves it. */
bool bus_update(struct bus *bus, struct work *work, struct ns ns, struct str name,
                const struct str *description, struct bus_record *ret, struct fault *reterr);
/* One that does not exist is no error. */
bool bus_delete(struct bus *bus, struct work *work, struct ns ns, struct str name, struct fault *reterr);
bool bus_get(const struct bus_look *look, struct str name, struct bus_record *ret, struct fault *reterr);
bool bus_list(const struct bus_look *look, struct bus_page *page, bus_records *ret, struct fault *reterr);

/* ---- rules ---- */

struct bus_rule {
    struct str name, bus, arn;
    struct str pattern, state, description, role_arn, created_by; /* empty: not given */
    struct json targets;                                          /* an array of the API's targets, by Id */
    bool wildcards;                                               /* there are some in the pattern */
};
typedef VEC(struct bus_rule) bus_rules;

struct str bus_rule_arn(struct arena *arena, struct ns ns, struct str bus_name, struct str name);
bool bus_rule_enabled(const struct bus_rule *rule);
/* Makes the rule or replaces all of it but its targets. schedule: refused, in the service's words when it is
 * not one. ret_made: it is new. */
bool bus_rule_put(struct bus *bus, struct work *work, struct ns ns, const struct bus_rule *rule,
                  struct str schedule, struct str *ret_arn, bool *ret_made, struct fault *reterr);
/* One that does not exist is no error; one that has targets is. */
bool bus_rule_delete(struct bus *bus, struct work *work, struct ns ns, struct str bus_name, struct str name,
                     struct fault *reterr);
bool bus_rule_set_state(struct bus *bus, struct work *work, struct ns ns, struct str bus_name,
                        struct str name, struct str state, struct fault *reterr);
bool bus_rule_get(const struct bus_look *look, struct str bus_name, struct str name, struct bus_rule *ret,
                  struct fault *reterr);
/* target_arn: only rules with that target; empty: all. */
bool bus_rule_list(const struct bus_look *look, struct str bus_name, struct str target_arn,
                   struct bus_page *page, bus_rules *ret, struct fault *reterr);
/* targets: an array of the API's targets; adds or replaces by Id, all or none. */
bool bus_targets_put(struct bus *bus, struct work *work, struct ns ns, struct str bus_name, struct str rule,
                     const struct json *targets, struct fault *reterr);
/* ids: an array of strings; absent ones are no error. */
bool bus_targets_remove(struct bus *bus, struct work *work, struct ns ns, struct str bus_name,
                        struct str rule, const struct json *ids, struct fault *reterr);

/* Whether the ARN names a bus or a rule that exists here; for tags. */
bool bus_resource_check(const struct bus_look *look, struct str arn, struct fault *reterr);

/* ---- why an event matches the rules of a bus, or does not ---- */

struct bus_explained {
    struct bus_rule rule;
    struct pattern_explanation explanation;
};
typedef VEC(struct bus_explained) bus_explained_rules;

struct bus_explain_page {
    size_t from, limit;
    size_t rules, matched; /* out: of the bus */
};

/* The rules of the bus, enabled or not: first those that match, then as near as they came, then by name; of these
 * from `from` on. */
bool bus_explain(const struct bus_look *look, struct str bus_name, struct str event,
                 struct bus_explain_page *page, bus_explained_rules *ret, struct fault *reterr);

/* ---- the inbox: what could not go where it should ---- */

struct bus_inbox_entry {
    uint64_t number;
    struct json record; /* members as bus_key.h draws them */
};
typedef VEC(struct bus_inbox_entry) bus_inbox_entries;

/* A note of another room's in it. */
void bus_inbox_note(struct bus *bus, struct work *work, struct ns ns, struct str reason, struct str arn,
                    struct str cause);
/* Newest first, below the number given (0: from the newest); of all namespaces. */
enum err bus_inbox_list(const struct bus_look *look, uint64_t below, size_t limit,
                        bus_inbox_entries *ret) MUST_USE;

/* ---- look ---- */

struct bus_stats {
    uint64_t events;      /* put on a bus, handed-on ones too */
    uint64_t deliveries;  /* that rules made of them */
    uint64_t missing_bus; /* events for a bus that does not exist */
    uint64_t rejected;    /* deliveries of rules that did not arrive */
    /* Rules read to be compiled or counted, and compiled: in steady state none, one for each change of a rule. */
    uint64_t rules_read, rules_compiled;
};
void bus_stats(const struct bus *bus, struct bus_stats *ret);

#endif
