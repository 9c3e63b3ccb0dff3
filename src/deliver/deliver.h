/* deliver.h - carries each delivery to its target until it is done.
 *
 * Owns:    delivery records in the store. Borrows payloads for the call.
 * Threads: all calls from the writer's thread of the partition; deliver_stats from any.
 * Truths:  1. A delivery is in exactly one of: this command's due list, the store (due or waiting), done.
 *          2. Handed over inside the batch that created it, it never becomes a record. What does not fit the
 *             command's budget, or is to be tried again, becomes one, with a timer, in the same batch.
 *          3. Its end (delivered, rejected, given up) is told to its owner once, in the batch that ends it.
 *          4. What takes time is a record from its first attempt to its end. At most posts_max attempts outside the
 *             server are under way; the others wait in the store, in order. An attempt begins after the commit.
 *             What was under way when the process ended is attempted first when it starts again.
 *          5. Of a hand-over that did not end in delivered nothing stays: neither what it wrote nor the
 *             deliveries it added.
 */
#ifndef DELIVER_DELIVER_H
#define DELIVER_DELIVER_H

#include "target/target.h"

struct deliver;

enum delivery_owner {
    DELIVERY_OF_RULE = 1,
    DELIVERY_OF_TASK = 2,
    DELIVERY_OF_LOG = 3,
    DELIVERY_OF_SUBSCRIPTION = 4,
    DELIVERY_OWNERS
};

/* Told the end of a delivery: outcome is DELIVERED, or REJECTED (also when retries are used up). It may add
 * further deliveries. delivery->attempts counts the last attempt too. */
typedef void delivery_done_f(void *self, struct work *work, const struct delivery *delivery,
                             const struct delivery_result *result);
/* Whether the owner still wants it to be attempted. Asked before each attempt that takes time: it may have waited for
 * long. */
typedef bool delivery_wanted_f(void *self, struct work *work, const struct delivery *delivery);
/* As writer_hooks.after_rollback. */
typedef void deliver_rolled_back_f(void *self);

struct deliver_settings {
    unsigned command_max;   /* deliveries carried in one command before the rest is stored; 0: 1,000 */
    unsigned attempts_max;  /* in all; 0: 186, the first and EventBridge's 185 retries, and */
    int64_t age_max_ms;     /* 0: 24 hours, as EventBridge has them */
    int64_t retry_first_ms; /* 0: 1,000; doubles, with jitter, up to */
    int64_t retry_most_ms;  /* 0: 300,000 */
    unsigned posts_max;     /* attempts under way outside the server; 0: 256 */
};

enum err deliver_open(const struct deliver_settings *settings, struct deliver **ret) MUST_USE;
void deliver_close(struct deliver **deliver);
/* Before the writer starts. */
void deliver_add_target(struct deliver *deliver, const struct target_kind *kind, void *self);
void deliver_on_done(struct deliver *deliver, enum delivery_owner owner, delivery_done_f *done, void *self);
/* Told each attempt after which it is to be tried again; delivery->attempts counts it. Before the writer starts. */
void deliver_on_retry(struct deliver *deliver, enum delivery_owner owner, delivery_done_f *retry, void *self);
/* Before the writer starts. What is not wanted any more goes without a word. NULL: all is. */
void deliver_on_wanted(struct deliver *deliver, enum delivery_owner owner, delivery_wanted_f *wanted,
                       void *self);
/* Called when the writes of one hand-over were rolled back inside a command that goes
 * on: every room that caches what it wrote is to be told, as after the roll-back of a
 * whole command. No room's code is on the stack then. */
void deliver_on_rollback(struct deliver *deliver, deliver_rolled_back_f *rolled_back, void *self);
bool deliver_knows(const struct deliver *deliver, struct str kind);

/* Takes a copy into the work's arena. It is carried before the command ends (deliver_after_run). */
void deliver_add(struct deliver *deliver, struct work *work, const struct delivery *delivery);

/* Before the writer starts: where results of attempts outside go, and what was under way in the process before
 * is to be attempted anew. */
void deliver_resume(struct deliver *deliver, struct store *store, struct writer *writer);
/* From now on no attempt begins; what is due stays in the store. Any thread. */
void deliver_pause(struct deliver *deliver);

/* The writer's hooks, and the owner of TIMER_DELIVER. */
void deliver_after_run(void *deliver, struct work *work);
void deliver_after_rollback(void *deliver);
void deliver_after_commit(void *deliver);
bool deliver_due(void *deliver, struct work *work, struct str ref);

struct deliver_stats {
    uint64_t delivered, rejected; /* deliveries that ended so */
    uint64_t retried;             /* attempts that are to be made again */
    uint64_t stored;              /* times one became a record, to be carried later */
    uint64_t under_way;           /* attempts outside the server, now */
    uint64_t damaged;             /* records that could not be read; they stay in the store */
};
void deliver_stats(const struct deliver *deliver, struct deliver_stats *ret);

#endif
