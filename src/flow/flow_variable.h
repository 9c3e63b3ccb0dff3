/* flow_variable.h - variables of the workflow: what Assign may say, and their values in a step. Pure.
 *
 * Truths: 1. A variable belongs to the branch that assigned it, its scope. Branches of Parallel and Map read those
 *            of the branches above them; they cannot assign one of the same name, the definition is refused.
 *         2. All that a state reads is as it was when the state was entered: an Assign is evaluated as a whole
 *            before any of it counts, and counts from the next state on.
 *         3. Each has a record of its own in the store. It is read when it is asked for, and written when it was
 *            assigned: what does not change costs nothing.
 */
#ifndef FLOW_FLOW_VARIABLE_H
#define FLOW_FLOW_VARIABLE_H

#include "flow/flow_check.h"
#include "flow/flow_step.h"

enum {
    VARIABLE_NAME_CHARACTERS_MAX = 80,
    VARIABLES_BYTES_MAX = 10485760, /* of an execution; one Assign has as much as a payload */
};

/* Of a branch, in the step at hand: those that were asked for or assigned. */
struct variable {
    struct str name;
    struct value value;
    bool there, changed;
    struct variable *next; /* in the order they came */
};
struct variables {
    struct variable *first, **last;
    struct variable **slots; /* by name */
    size_t len, cap;
};

/* ---- definition ---- */

/* The field Assign; NULL when absent or wrong. */
const struct template *variables_read(struct check *check, const struct where *at, const struct json *source);
/* Names that an inner scope assigns although one around it does. Once, when all is read. */
void variables_check_scopes(struct check *check);

/* ---- step ---- */

/* The value of a variable for a branch, or NULL; for struct scope. self: a struct variable_reader. */
struct variable_reader {
    struct step *step;
    struct branch *branch;
};
const struct json *variable_get(void *self, struct str name);

/* What an Assign makes of a result. Empty when template is NULL. False, and the branch has failed, when it
 * cannot be made or is too large. */
struct assignment {
    struct str event; /* {"name":"value as text", ...}; empty: nothing is assigned */
    const struct json *values;
    struct str *texts; /* of its members */
};
bool variables_evaluate(struct step *step, struct branch *branch, const struct template *template,
                        struct value *result, struct assignment *ret);
void variables_assign(struct step *step, struct branch *branch, const struct assignment *assignment);

#endif
