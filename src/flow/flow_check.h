/* flow_check.h - what is wrong with a definition, and where.
 *
 * A reader walks the definition with a `struct where` on its stack and says what it
 * finds; it goes on, so that a refusal names several faults at once (CHECK_PROBLEMS_MAX
 * of them). Nothing read with problems is used.
 */
#ifndef FLOW_FLOW_CHECK_H
#define FLOW_FLOW_CHECK_H

#include "base/map.h"
#include "base/vec.h"
#include "flow/flow_plan.h"

/* A place in the definition, from the innermost out: /States/C/Choices[0]/Next. */
struct where {
    const struct where *up; /* NULL: the root */
    struct str name;        /* empty: an item */
    uint32_t index;
};
#define WHERE(up, name) ((struct where){ (up), (name), 0 })
#define WHERE_ITEM(up, index) ((struct where){ (up), STR_EMPTY, (uint32_t)(index) })

struct transition {
    uint32_t from, to; /* from STATE_NONE: the scope's start */
};

typedef VEC(struct transition) transition_list;

/* A variable that an Assign names. */
struct assigned {
    struct str name;
    uint32_t scope;
    struct str place;
};

struct check {
    struct arena *arena; /* of the plan */
    task_known_f *known;
    void *known_self;
    bool express;        /* the machine's type */
    bool warn;           /* warnings are wanted too */
    bool mocked;         /* what a Map reads or writes outside is given by who tries it */
    size_t problems_max; /* 0: CHECK_PROBLEMS_MAX */
    problem_list problems;
    transition_list transitions; /* of the scope that is read */
    uint32_t state;              /* the one that is read */
    bool wants_input, wants_item;
    uint32_t scope;       /* the one that is read; the outermost is 0 */
    VEC(uint32_t) scopes; /* of each the one around it */
    VEC(struct assigned) assigned;
    reference_list *references;       /* NULL: not asked for */
    struct map referenced;            /* those there already: "place name" */
    const struct names *names;        /* of the scope that is read */
    struct map every;                 /* names of all scopes: they must differ */
    struct state *states;             /* of all scopes: room for as many as the definition can have */
    uint32_t state_count, state_room; /* read so far; there are at most */
};

enum { CHECK_PROBLEMS_MAX = 10 };

struct str where_text(struct arena *arena, const struct where *at);

/* SCHEMA_VALIDATION_FAILED: ... at <place> */
void check_problem(struct check *check, const struct where *at, const char *format, ...) PRINTF_LIKE(3, 4);
/* The same at a place that was told before (where_text). */
void check_problem_at(struct check *check, struct str place, const char *format, ...) PRINTF_LIKE(3, 4);
/* The same for what the language has and Crema has not: named. */
void check_unbuilt(struct check *check, const struct where *at, const char *what);
/* Any other code of the service; at NULL: no place. */
void check_coded(struct check *check, const char *code, const struct where *at, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* What is not refused. */
void check_warning(struct check *check, const char *code, const struct where *at, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* All of a definition (flow_check_warning.c). */
void check_warnings(struct check *check, const struct json *definition);
bool check_clean(const struct check *check);                     /* without warn only */
struct str check_text(struct check *check, struct arena *arena); /* of the refusal */

/* Fields: NULL, and a problem when there is one of another type; NULL and no problem when absent. */
const struct json *check_field(struct check *check, const struct where *at, const struct json *object,
                               const char *name, enum json_type type);
/* An integer of [min, max]; otherwise when absent or wrong. */
int64_t check_integer(struct check *check, const struct where *at, const struct json *object,
                      const char *name, int64_t min, int64_t max, int64_t otherwise);
bool check_bool(struct check *check, const struct where *at, const struct json *object, const char *name);
/* A path in a string field; NULL when absent or wrong. */
const struct path *check_path(struct check *check, const struct where *at, const struct json *object,
                              const char *name, enum path_kind kind);
/* A path, or a call of an intrinsic function, in a string field; NULL when absent or wrong. */
const struct expression *check_expression(struct check *check, const struct where *at,
                                          const struct json *object, const char *name);
/* InputPath and the like: absent is SELECT_ALL, null SELECT_NOTHING. */
struct selector check_selector(struct check *check, const struct where *at, const struct json *object,
                               const char *name, enum path_kind kind);
const struct template *check_template(struct check *check, const struct where *at, const struct json *object,
                                      const char *name);
struct error_names check_errors(struct check *check, const struct where *at, const struct json *object,
                                bool last);
/* The state that a string field leads to, recorded as a transition; STATE_NONE when absent or missing. */
uint32_t check_target(struct check *check, const struct where *at, const struct json *object,
                      const char *name);
/* Of the scope that was read: unreachable states, no end. first: of its states. */
void check_graph(struct check *check, const struct where *at, uint32_t first, uint32_t count);

#endif
