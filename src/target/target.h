/* target.h - the seam between deliver and the kinds of target.
 *
 * deliver decides when and how often; a kind knows how to hand one thing over, and says how it went.
 * A kind is a file here that ends in one `const struct target_kind`, named in target_kinds[] of main.c.
 *
 * This header includes no room on the road: deliver sees only the seam.
 */
#ifndef TARGET_TARGET_H
#define TARGET_TARGET_H

#include "base/fault.h"
#include "base/ns.h"
#include "store/writer.h"

/* What is to be handed over. Slices live as long as the call that gives it. */
struct delivery {
    uint8_t owner;        /* enum delivery_owner of deliver.h: who hears how it ended */
    struct str owner_ref; /* tells the owner which of its things this is for; opaque to others */
    struct str kind;      /* name of the target_kind */
    struct ns ns;
    struct str resource;   /* ARN of what it goes to; for a task the task resource */
    struct str payload;    /* bytes to hand over: event JSON after Input/InputPath, or a task's parameters */
    struct str event_id;   /* of the event behind it; empty if none */
    struct str source_arn; /* of the rule or the execution that sends it */
    int64_t event_time_ms;
    uint32_t hops; /* how many buses and rules led here; bounds loops */
    /* kept by deliver */
    uint64_t id;       /* 0: never stored */
    uint32_t attempts; /* made before this one */
    int64_t created_ms;
    uint32_t attempts_max; /* 0: deliver's default */
    int64_t expires_ms;    /* 0: deliver's default */
};

enum outcome { OUTCOME_DELIVERED, OUTCOME_RETRY, OUTCOME_REJECTED };

/* How far it came that was rejected. */
enum delivery_stage {
    STAGE_CARRIED,   /* who was to have it has had it, or may have had */
    STAGE_UNPLACED,  /* there is nothing where it was to go */
    STAGE_UNREACHED, /* no connection was made */
};

struct delivery_result {
    enum outcome outcome;
    enum delivery_stage stage;
    struct str result; /* delivered: what came back, JSON; empty if nothing. In the work's arena. */
    struct str
        place; /* delivered: where it arrived, when the resource does not say it: a log stream's name, an
                        * execution's ARN. In the work's arena. */
    struct str error; /* else: an error name, and why */
    struct str cause;
};

/* Hands one delivery over inside work's batch: what it writes is of the batch that holds the delivery, so it
 * happens exactly once. What it wrote is rolled back unless it says OUTCOME_DELIVERED. Must not block. */
typedef void target_send_f(void *self, struct work *work, const struct delivery *delivery,
                           struct delivery_result *ret);

/* One attempt to hand a delivery over that takes time. delivery stays in place until `end` is called, once, with how
 * it went: on any thread, but of a kind that lies inside on the writer's; it takes copies. NULL: that is not known,
 * for the server is ending; the delivery stays where it is and is attempted anew by the next process. */
struct delivery_post {
    struct delivery delivery;
    void (*end)(struct delivery_post *post, const struct delivery_result *result);
};

/* Begins an attempt, after the batch that holds the delivery is durable. On the writer's thread; must not
 * block. What it hands over may arrive more than once: after a crash the attempt is made again. */
typedef void target_post_f(void *self, struct delivery_post *post);

/* Either send, for what this server does at once, or post, for what lies outside or takes its time. What lies inside is
 * bounded where it lies: of the attempts outside that may be under way, those of its kind are none. */
struct target_kind {
    const char *name; /* "log-group" */
    const char *doc;  /* one line for the reference */
    target_send_f *send;
    target_post_f *post;
    bool inside; /* what post begins is in this server */
};

/* A kind together with what main.c gave it. */
struct target {
    const struct target_kind *kind;
    void *self;
};

#endif
