/* flow_definition.h - reads definition text into a plan: scopes, states, what all kinds have in common. */
#ifndef FLOW_FLOW_DEFINITION_H
#define FLOW_FLOW_DEFINITION_H

#include "flow/flow_check.h"

/* The states of a scope by name. */
struct names;
uint32_t names_find(const struct names *names, struct str name); /* STATE_NONE: there is none */

/* Fields that kinds share; a kind names those it has. */
enum state_field {
    STATE_NEXT = 1 << 0, /* Next, End */
    STATE_INPUT_PATH = 1 << 1,
    STATE_OUTPUT_PATH = 1 << 2,
    STATE_PARAMETERS = 1 << 3,
    STATE_RESULT_SELECTOR = 1 << 4,
    STATE_RESULT_PATH = 1 << 5,
    STATE_CATCH = 1 << 6, /* Catch, Retry */
    STATE_ASSIGN = 1 << 7,
};

/* Reads a scope within a state: a branch of Parallel, a Map's processor (then with a ProcessorConfig, that the
 * kind reads). Where it starts; STATE_NONE when that is wrong. */
uint32_t definition_scope(struct check *check, const struct where *at, const struct json *source,
                          bool processor);
bool definition_field_in(const char *const *list, struct str name); /* list: ended by NULL */
/* Whether an execution can end in it. */
bool definition_state_ends(const struct state *state);

#endif
