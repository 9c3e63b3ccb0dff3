/* flow_plan.h - a definition, read once: what the engine walks.
 *
 * Owns:    all of it lives in the plan's own arena; the definition's text too.
 * Threads: immutable once read; the count of references belongs to whoever shares it (the writer's cache).
 * Truths:  1. Every path and template in it is compiled, every transition is an index.
 *          2. States of nested scopes (branches, a Map's processor) stand in the same array: an index names a
 *             state.
 */
#ifndef FLOW_FLOW_PLAN_H
#define FLOW_FLOW_PLAN_H

#include "base/vec.h"
#include "expr/path.h"
#include "expr/template.h"

struct state_kind;

#define STATE_NONE UINT32_MAX

/* InputPath, OutputPath, ResultPath: all, nothing (null), or what a path names. */
enum selector_kind { SELECT_ALL, SELECT_NOTHING, SELECT_PATH };
struct selector {
    enum selector_kind kind;
    const struct path *path;
};

struct error_names {
    const struct str *names;
    uint32_t count;
};

struct retrier {
    struct error_names errors;
    uint32_t attempts_max;
    int64_t interval_s;
    double backoff_rate;
    int64_t delay_s_max; /* 0: none */
    bool jitter;         /* FULL */
};

struct catcher {
    struct error_names errors;
    struct selector result_path;
    const struct template *assign; /* NULL: absent */
    uint32_t next;
};

struct state {
    struct str name;
    const struct state_kind *kind;
    const void *own; /* what only its kind knows; made by its read */
    uint32_t next;   /* STATE_NONE: it ends its scope */
    struct selector input_path, output_path, result_path;
    const struct template *parameters, *result_selector, *assign; /* NULL: absent */
    const struct retrier *retriers;
    const struct catcher *catchers;
    uint32_t retrier_count, catcher_count;
};

struct plan {
    struct arena arena;
    unsigned references;
    const struct state *states;
    uint32_t state_count;
    uint32_t start;
    int64_t timeout_s; /* TimeoutSeconds of the machine; 0: none */
    bool wants_input;  /* some path reads the execution's input from the context object */
    bool wants_item;   /* some path reads a Map's item from there */
    struct str comment;
};

/* Whether tasks of the resource can be run here. False: *ret_why says why not, or is empty when the ARN is
 * not known at all. Any thread; asks nothing but tables. */
typedef bool task_known_f(void *self, struct str resource, struct str *ret_why);

/* What is wrong with a definition. */
struct problem {
    struct str code;        /* of the service: SCHEMA_VALIDATION_FAILED ... */
    struct str text, place; /* place: a JSON pointer; empty: none */
    bool warning;           /* nothing is refused for it */
};
typedef VEC(struct problem) problem_list;

/* A variable that a state reads, once for each of them. */
struct reference {
    uint32_t place; /* of the state in the plan */
    struct str state, name;
};
typedef VEC(struct reference) reference_list;
/* Of a definition that was taken, by states; texts in arena. */
void plan_references(struct arena *arena, struct str definition, reference_list *ret);

/* Of a machine of either type. At most problems_max are told, warnings last; texts in arena. */
void plan_check(struct arena *arena, struct str definition, bool express, bool warn, task_known_f *known,
                void *known_self, size_t problems_max, problem_list *ret);
/* Reads and checks a definition. On failure *reterr is the whole text of the refusal, in arena:
 * "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: ... at /States/X'". */
bool plan_read(struct arena *arena, struct str definition, bool express, task_known_f *known,
               void *known_self, struct plan **ret, struct str *reterr);
/* The same of a machine whose state is tried with a mock, or without; the plan ends with the arena. */
bool plan_read_trial(struct arena *arena, struct str definition, bool mocked, task_known_f *known,
                     void *known_self, const struct plan **ret, struct str *reterr);
void plan_free(struct plan **plan);

enum { DEFINITION_BYTES_MAX = 1048576, STATE_NAME_CHARACTERS_MAX = 80, STATES_MAX = 10000 };

#endif
