/* flow_family.h - a state with branches of its own: how they begin, end, fail and are cut off. Pure.
 *
 * The branch whose state it is waits in BRANCH_FAMILY; its branches name it as their parent and are numbered by
 * index. What they give is kept by index until the last is over.
 *
 *   begin --> branches run --all are over--> succeed --> step_leave of the parent
 *                          --one fails-----> cut ------> step_fail of the parent --retried, caught--> settle
 *                                                                                --the end--------> stop
 */
#ifndef FLOW_FLOW_FAMILY_H
#define FLOW_FLOW_FAMILY_H

#include "flow/flow_step.h"

/* What histories say of it. HISTORY_NONE: nothing. */
struct family {
    enum history_type succeeded, failed;
    enum history_type child_succeeded, child_failed, child_aborted;
    /* A branch is over, others are still to begin: begins one. previous: the last event of the one that is
     * over. NULL: all began at once. */
    void (*refill)(struct step *step, struct branch *parent, uint32_t previous);
    /* The execution goes on after its end, the parent waits as it did. NULL: its branches are all there is. */
    void (*redrive)(struct step *step, struct branch *parent, const struct happening *what);
};

/* The branch by its id, read when it is not at hand; NULL: it is over. */
struct branch *family_branch(struct step *step, uint32_t id);
/* The parent waits for `children` branches. frame: with the input. */
void family_begin(struct step *step, struct branch *parent, uint32_t children, struct frame *frame);
struct frame *family_frame(struct step *step, struct branch *parent);
/* The next branch of the parent, ready to enter the state. previous: of its first event. */
struct branch *family_add(struct step *step, struct branch *parent, uint32_t state, struct value input,
                          uint32_t previous);
/* A branch has reached the end of its scope. */
void family_child_done(struct step *step, struct branch *child, struct value *output);
/* All of the parent's branches have given their outputs. */
void family_succeed(struct step *step, struct branch *parent);
/* Ends what is left of the parent's branches, in events too; the parent has its input again. failed: the one
 * that it is for, or NULL. Until it is settled, the end of the execution keeps them as they were. */
void family_cut(struct step *step, struct branch *parent, struct branch *failed);
/* What was cut is gone for good: the parent's state is begun anew as a whole, or left. Of others nothing. */
void family_settle(struct step *step, struct branch *parent);
/* The execution ends without success: the branch is over, and as a redrive takes it up. */
void family_stop(struct step *step, struct branch *branch);
/* The branch is cut off: the events that say so, of its own branches first. */
void family_abort(struct step *step, struct branch *branch);

#endif
