/* deliver_impl.h - between deliver.c (the due list, records, retries) and deliver_post.c (what takes time). */
#ifndef DELIVER_DELIVER_IMPL_H
#define DELIVER_DELIVER_IMPL_H

#include "base/vec.h"
#include "deliver/deliver.h"

#include <stdatomic.h>

enum { TARGETS_MAX = 32, ROLLED_BACK_MAX = 16 };

/* One of the due list. */
struct due {
    struct delivery delivery;
    const struct target *target; /* NULL: the kind is not known (a record of another version) */
};

struct deliver {
    struct deliver_settings settings; /* filled in */
    struct target targets[TARGETS_MAX];
    size_t target_count;
    struct {
        delivery_done_f *done;
        void *self;
        delivery_wanted_f *wanted;
        void *wanted_self;
        delivery_done_f *retry;
        void *retry_self;
    } owners[DELIVERY_OWNERS];
    struct {
        deliver_rolled_back_f *rolled_back;
        void *self;
    } rooms[ROLLED_BACK_MAX];
    size_t room_count;
    /* The due list of the command, in its arena: [next, due.len) is still to be carried. */
    VEC(struct due) due;
    size_t next;
    uint64_t command; /* whose list it is: one that was rolled back without a write leaves its list behind */
    /* Of the command; added to the counters once the command is through. */
    struct deliver_stats now;
    _Atomic uint64_t delivered, rejected, retried, stored, damaged;
    /* Attempts that take time (deliver_post.c). */
    struct store *store;
    struct writer *writer;
    struct post **posts;
    unsigned post_count, post_cap;
    _Atomic unsigned places; /* taken, of settings.posts_max; an end whose commit failed may exceed them */
    struct post *starting, *starting_last; /* they wait for the commit */
    bool queue_empty;                      /* nothing is queued for a place; false: not known */
    uint64_t queue_low;                    /* none with a lower id is */
    _Atomic(struct post *) undone;         /* ended, but the writer had no room for it */
    atomic_bool paused;
    struct command resume; /* the first command */
    bool resume_again;     /* the disk was full */
};

/* deliver.c */
void delivery_copy(struct arena *arena, struct delivery *d);
void deliver_due_begin(struct deliver *deliver, const struct work *work);
void deliver_due_push(struct deliver *deliver, struct work *work, const struct delivery *d);
/* An attempt is over that was not a send in the batch: told to the owner, or stored to be tried again. */
void deliver_settle(struct deliver *deliver, struct work *work, struct delivery *d,
                    struct delivery_result *result);

/* deliver_post.c */
void deliver_post_close(struct deliver *deliver);
/* The attempt begins after the commit, or waits for a place. */
void deliver_post_carry(struct deliver *deliver, struct work *work, const struct due *due);

#endif
