#include "flow/flow_definition.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/utf8.h"
#include "flow/flow_state.h"
#include "flow/flow_variable.h"

static const struct state_kind *const state_kinds[] = {
    &state_task, &state_wait,   &state_pass,     &state_succeed,
    &state_fail, &state_choice, &state_parallel, &state_map,
};

struct names {
    struct map map; /* of indexes + 1 */
};

uint32_t names_find(const struct names *names, struct str name)
{
    uintptr_t index = (uintptr_t)map_get(&names->map, name);
    return index ? (uint32_t)(index - 1) : STATE_NONE;
}

bool definition_state_ends(const struct state *state)
{
    /* Of a state that could not be read it is not said that it does not end: its own fault is told. */
    return !state->kind || state->kind->ends ||
           (state->kind->fields & STATE_NEXT && state->next == STATE_NONE);
}

/* ---- what all kinds share ---- */

static const struct {
    const char *name;
    unsigned field;
} shared_fields[] = {
    { "Next", STATE_NEXT },
    { "End", STATE_NEXT },
    { "InputPath", STATE_INPUT_PATH },
    { "OutputPath", STATE_OUTPUT_PATH },
    { "Parameters", STATE_PARAMETERS },
    { "ResultSelector", STATE_RESULT_SELECTOR },
    { "ResultPath", STATE_RESULT_PATH },
    { "Retry", STATE_CATCH },
    { "Catch", STATE_CATCH },
    { "Assign", STATE_ASSIGN },
};

/* What the language has beyond what is built; refused by name, not as unknown. */
static const char *const unbuilt_fields[] = { "Arguments", "Output", "Items", "Condition" };

static bool field_in(const char *const *list, size_t count, struct str name)
{
    for (size_t i = 0; i < count && list[i]; i++) {
        if (str_eq(name, str_from(list[i])))
            return true;
    }
    return false;
}

bool definition_field_in(const char *const *list, struct str name)
{
    return field_in(list, SIZE_MAX, name);
}

static bool field_known(const struct state_kind *kind, struct str name)
{
    if (str_eq(name, STR("Type")) || str_eq(name, STR("Comment")) || str_eq(name, STR("QueryLanguage")))
        return true;
    for (size_t i = 0; i < sizeof(shared_fields) / sizeof(shared_fields[0]); i++) {
        if (kind->fields & shared_fields[i].field && str_eq(name, str_from(shared_fields[i].name)))
            return true;
    }
    return kind->own_fields && field_in(kind->own_fields, SIZE_MAX, name);
}

static void read_fields(struct check *check, const struct where *at, const struct json *source,
                        const struct state_kind *kind)
{
    for (uint32_t i = 0; i < source->count; i++) {
        struct str name = source->members[i].key;
        if (field_known(kind, name))
            continue;
        if (field_in(unbuilt_fields, sizeof(unbuilt_fields) / sizeof(unbuilt_fields[0]), name))
            check_unbuilt(check, at,
                          arena_cstr(check->arena, arena_concat(check->arena, STR("The field "), name)));
        else
            check_problem(check, at, "Field '%.*s' is not supported", STR_ARG(name));
    }
}

static bool read_language(struct check *check, const struct where *at, const struct json *object)
{
    const struct json *language = check_field(check, at, object, "QueryLanguage", JSON_STRING);
    struct where here = WHERE(at, STR("QueryLanguage"));
    if (!language || str_eq(language->text, STR("JSONPath")))
        return true;
    if (str_eq(language->text, STR("JSONata")))
        check_unbuilt(check, &here, "The query language JSONata");
    else
        check_problem(check, &here,
                      "The field 'QueryLanguage' should have one of these values: [JSONPath, JSONata]");
    return false;
}

static void read_next(struct check *check, const struct where *at, const struct json *source,
                      struct state *state)
{
    bool has_next = json_get(source, STR("Next")) != NULL;
    bool end = check_bool(check, at, source, "End");
    if (has_next && end)
        check_problem(check, at, "These fields cannot be used together: [Next, End]");
    else if (!has_next && !end)
        check_problem(check, at, "One of these fields is required: [Next, End]");
    if (has_next)
        state->next = check_target(check, at, source, "Next");
}

static void read_retriers(struct check *check, const struct where *at, const struct json *source,
                          struct state *state)
{
    const struct json *list = check_field(check, at, source, "Retry", JSON_ARRAY);
    if (!list)
        return;
    struct where here = WHERE(at, STR("Retry"));
    struct retrier *retriers = ARENA_ARRAY(check->arena, struct retrier, list->count);
    for (uint32_t i = 0; i < list->count; i++) {
        struct where item = WHERE_ITEM(&here, i);
        static const char *const known[] = { "ErrorEquals",    "IntervalSeconds",
                                             "MaxAttempts",    "BackoffRate",
                                             "Comment",        "MaxDelaySeconds",
                                             "JitterStrategy", NULL };
        const struct json *entry = &list->items[i];
        if (entry->type != JSON_OBJECT) {
            check_problem(check, &item, "Expected value of type Object");
            continue;
        }
        for (uint32_t f = 0; f < entry->count; f++) {
            if (!field_in(known, SIZE_MAX, entry->members[f].key))
                check_problem(check, &item, "Field '%.*s' is not supported", STR_ARG(entry->members[f].key));
        }
        struct retrier *retrier = &retriers[i];
        retrier->errors = check_errors(check, &item, entry, i + 1 == list->count);
        retrier->interval_s = check_integer(check, &item, entry, "IntervalSeconds", 1, 99999999, 1);
        retrier->attempts_max = (uint32_t)check_integer(check, &item, entry, "MaxAttempts", 0, 99999999, 3);
        retrier->delay_s_max = check_integer(check, &item, entry, "MaxDelaySeconds", 1, 31622400, 0);
        retrier->backoff_rate = 2.0;
        const struct json *rate = check_field(check, &item, entry, "BackoffRate", JSON_NUMBER);
        struct where rate_at = WHERE(&item, STR("BackoffRate"));
        if (rate && (!json_number_double(rate->text, &retrier->backoff_rate) || retrier->backoff_rate < 1.0))
            check_problem(check, &rate_at, "Value is smaller than minimum value 1.0");
        if (retrier->delay_s_max > 0 && retrier->delay_s_max <= retrier->interval_s) {
            struct where max_at = WHERE(&item, STR("MaxDelaySeconds"));
            check_problem(check, &max_at, "MaxDelaySeconds must be greater than IntervalSeconds");
        }
        const struct json *jitter = check_field(check, &item, entry, "JitterStrategy", JSON_STRING);
        retrier->jitter = jitter && str_eq(jitter->text, STR("FULL"));
        if (jitter && !retrier->jitter && !str_eq(jitter->text, STR("NONE"))) {
            struct where jitter_at = WHERE(&item, STR("JitterStrategy"));
            check_problem(check, &jitter_at,
                          "The field 'JitterStrategy' should have one of these values: [NONE, FULL]");
        }
    }
    state->retriers = retriers;
    state->retrier_count = list->count;
}

static void read_catchers(struct check *check, const struct where *at, const struct json *source,
                          struct state *state)
{
    const struct json *list = check_field(check, at, source, "Catch", JSON_ARRAY);
    if (!list)
        return;
    struct where here = WHERE(at, STR("Catch"));
    struct catcher *catchers = ARENA_ARRAY(check->arena, struct catcher, list->count);
    for (uint32_t i = 0; i < list->count; i++) {
        struct where item = WHERE_ITEM(&here, i);
        static const char *const known[] = { "ErrorEquals", "ResultPath", "Next", "Assign", "Comment", NULL };
        const struct json *entry = &list->items[i];
        if (entry->type != JSON_OBJECT) {
            check_problem(check, &item, "Expected value of type Object");
            continue;
        }
        for (uint32_t f = 0; f < entry->count; f++) {
            struct str name = entry->members[f].key;
            if (str_eq(name, STR("Output")))
                check_unbuilt(check, &item, arena_cstr(check->arena, name));
            else if (!field_in(known, SIZE_MAX, name))
                check_problem(check, &item, "Field '%.*s' is not supported", STR_ARG(name));
        }
        catchers[i].errors = check_errors(check, &item, entry, i + 1 == list->count);
        catchers[i].result_path = check_selector(check, &item, entry, "ResultPath", PATH_REFERENCE);
        catchers[i].assign = variables_read(check, &item, entry);
        catchers[i].next = check_target(check, &item, entry, "Next");
        if (!json_get(entry, STR("Next")))
            check_problem(check, &item, "These fields are required: [Next]");
    }
    state->catchers = catchers;
    state->catcher_count = list->count;
}

/* ---- a state ---- */

static const struct state_kind *read_kind(struct check *check, const struct where *at,
                                          const struct json *source)
{
    const struct json *type = check_field(check, at, source, "Type", JSON_STRING);
    struct where here = WHERE(at, STR("Type"));
    if (!type) {
        if (!json_get(source, STR("Type")))
            check_problem(check, at, "These fields are required: [Type]");
        return NULL;
    }
    for (size_t i = 0; i < sizeof(state_kinds) / sizeof(state_kinds[0]); i++) {
        if (str_eq(type->text, str_from(state_kinds[i]->name)))
            return state_kinds[i];
    }
    check_problem(
        check, &here,
        "The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, "
        "Parallel, Map]");
    return NULL;
}

static void read_state(struct check *check, const struct where *at, const struct json *source,
                       struct state *state)
{
    state->next = STATE_NONE;
    if (source->type != JSON_OBJECT) {
        check_problem(check, at, "Expected value of type Object");
        return;
    }
    const struct json *credentials = json_get_typed(source, STR("Credentials"), JSON_OBJECT);
    struct where credentials_at = WHERE(at, STR("Credentials"));
    bool role =
        !credentials || json_get(credentials, STR("RoleArn")) || json_get(credentials, STR("RoleArn.$"));
    if (!role)
        check_problem(check, &credentials_at, "The field 'RoleArn' is required but was missing");
    else
        state->kind = read_kind(check, at, source);
    if (!state->kind || !read_language(check, at, source)) {
        /* Its transitions still lead somewhere: what it reaches is not to be called unreachable. */
        if (json_get_typed(source, STR("Next"), JSON_STRING))
            state->next = check_target(check, at, source, "Next");
        read_catchers(check, at, source, state);
        return;
    }
    read_fields(check, at, source, state->kind);
    (void)check_field(check, at, source, "Comment", JSON_STRING);
    unsigned fields = state->kind->fields;
    if (fields & STATE_NEXT)
        read_next(check, at, source, state);
    if (fields & STATE_INPUT_PATH)
        state->input_path = check_selector(check, at, source, "InputPath", PATH_ANY);
    if (fields & STATE_OUTPUT_PATH)
        state->output_path = check_selector(check, at, source, "OutputPath", PATH_ANY);
    if (fields & STATE_PARAMETERS)
        state->parameters = check_template(check, at, source, "Parameters");
    if (fields & STATE_RESULT_SELECTOR)
        state->result_selector = check_template(check, at, source, "ResultSelector");
    if (fields & STATE_RESULT_PATH)
        state->result_path = check_selector(check, at, source, "ResultPath", PATH_REFERENCE);
    if (fields & STATE_ASSIGN)
        state->assign = variables_read(check, at, source);
    if (fields & STATE_CATCH) {
        read_retriers(check, at, source, state);
        read_catchers(check, at, source, state);
    }
    if (state->kind->read)
        state->kind->read(check, at, source, state);
}

/* ---- a scope ---- */

/* Its states take their places in the plan's array; those of scopes within them come after. */
static uint32_t scope_names(struct check *check, const struct where *at, const struct json *states,
                            struct names *names)
{
    uint32_t first = check->state_count;
    check->state_count += states->count;
    for (uint32_t i = 0; i < states->count; i++) {
        struct state *state = &check->states[first + i];
        struct where state_at = WHERE(at, states->members[i].key);
        state->name = states->members[i].key;
        if (str_empty(state->name) || utf8_count(state->name) > STATE_NAME_CHARACTERS_MAX)
            check_coded(check, "INVALID_STATE_NAME", at,
                        "The name of a state must have 1 to %d characters: '%.*s'", STATE_NAME_CHARACTERS_MAX,
                        STR_ARG(state->name));
        else if (map_put(&check->every, state->name, state))
            check_coded(check, "DUPLICATE_STATE_NAME", &state_at,
                        "The state name '%.*s' appears more than once", STR_ARG(state->name));
        (void)map_put(&names->map, state->name, (void *)(uintptr_t)(first + i + 1));
    }
    return first;
}

/* The states of one scope; where it starts. */
static uint32_t read_scope(struct check *check, const struct where *at, const struct json *source)
{
    const struct json *states = check_field(check, at, source, "States", JSON_OBJECT);
    const struct json *start = check_field(check, at, source, "StartAt", JSON_STRING);
    bool no_states = !json_get(source, STR("States")), no_start = !json_get(source, STR("StartAt"));
    if (no_states || no_start)
        check_problem(check, at, "These fields are required: [%s%s%s]", no_states ? "States" : "",
                      no_states && no_start ? ", " : "", no_start ? "StartAt" : "");
    if (!states || !start)
        return STATE_NONE;
    struct where here = WHERE(at, STR("States"));
    if (states->count == 0 || check->state_count + states->count > STATES_MAX) {
        check_problem(check, &here,
                      states->count == 0 ? "Value cannot be empty" : "There are too many states");
        return STATE_NONE;
    }
    struct names names;
    transition_list none = { 0 }, outer_transitions = check->transitions;
    const struct names *outer_names = check->names;
    uint32_t outer_state = check->state, outer_scope = check->scope;
    map_init(&names.map, 0);
    check->scope = (uint32_t)check->scopes.len;
    VEC_PUSH(check->arena, &check->scopes, outer_scope);
    uint32_t first = scope_names(check, &here, states, &names);
    check->names = &names;
    check->transitions = none;
    check->state = STATE_NONE;
    uint32_t starts = check_target(check, at, source, "StartAt");
    for (uint32_t i = 0; i < states->count; i++) {
        struct where state_at = WHERE(&here, states->members[i].key);
        check->state = first + i;
        read_state(check, &state_at, &states->members[i].value, &check->states[first + i]);
    }
    check_graph(check, at, first, states->count);
    map_fini(&names.map);
    check->names = outer_names;
    check->transitions = outer_transitions;
    check->state = outer_state;
    check->scope = outer_scope;
    return starts;
}

uint32_t definition_scope(struct check *check, const struct where *at, const struct json *source,
                          bool processor)
{
    static const char *const known[] = { "Comment", "StartAt", "States", "QueryLanguage", NULL };
    if (source->type != JSON_OBJECT) {
        check_problem(check, at, "Expected value of type Object");
        return STATE_NONE;
    }
    for (uint32_t i = 0; i < source->count; i++) {
        struct str name = source->members[i].key;
        if (!field_in(known, SIZE_MAX, name) && !(processor && str_eq(name, STR("ProcessorConfig"))))
            check_problem(check, at, "Field '%.*s' is not supported", STR_ARG(name));
    }
    (void)check_field(check, at, source, "Comment", JSON_STRING);
    (void)read_language(check, at, source);
    return read_scope(check, at, source);
}

/* How many states it can have at most. */
static size_t count_states(const struct json *value)
{
    size_t count = 0;
    for (uint32_t i = 0; i < value->count && value->type == JSON_ARRAY; i++)
        count += count_states(&value->items[i]);
    for (uint32_t i = 0; i < value->count && value->type == JSON_OBJECT; i++) {
        if (str_eq(value->members[i].key, STR("States")) && value->members[i].value.type == JSON_OBJECT)
            count += value->members[i].value.count;
        count += count_states(&value->members[i].value);
    }
    return count;
}

/* ---- the whole ---- */

static void read_root(struct check *check, const struct json *source, struct plan *plan)
{
    static const char *const known[] = { "Comment",        "StartAt",       "States", "Version",
                                         "TimeoutSeconds", "QueryLanguage", NULL };
    struct where root = { 0 };
    if (source->type != JSON_OBJECT) {
        check_coded(check, "INVALID_JSON_DESCRIPTION", &root, "The definition must be a JSON object");
        return;
    }
    for (uint32_t i = 0; i < source->count; i++) {
        if (!field_in(known, SIZE_MAX, source->members[i].key))
            check_problem(check, &root, "Field '%.*s' is not supported", STR_ARG(source->members[i].key));
    }
    const struct json *version = check_field(check, &root, source, "Version", JSON_STRING);
    struct where version_at = WHERE(&root, STR("Version"));
    if (version && !str_eq(version->text, STR("1.0")))
        check_problem(check, &version_at, "The field 'Version' should have one of these values: [1.0]");
    (void)check_field(check, &root, source, "Comment", JSON_STRING);
    if (!read_language(check, &root, source))
        return;
    plan->timeout_s = check_integer(check, &root, source, "TimeoutSeconds", 1, 99999999, 0);
    plan->comment = json_get_str(source, STR("Comment"));
    check->states = ARENA_ARRAY(check->arena, struct state, count_states(source));
    map_init(&check->every, 0);
    plan->start = read_scope(check, &root, source);
    variables_check_scopes(check);
    map_fini(&check->every);
    plan->states = check->states;
    plan->state_count = check->state_count;
    plan->wants_input = check->wants_input;
    plan->wants_item = check->wants_item;
}

/* Everything lives in check->arena. */
static void definition_read(struct check *check, struct str definition, struct plan *plan)
{
    struct json source = { 0 };
    struct json_error error;
    enum { DEFINITION_DEPTH_MAX = 200 };
    if (definition.len > DEFINITION_BYTES_MAX)
        check_coded(check, "DEFINITION_TOO_LONG", NULL, "The definition has more than %d bytes",
                    DEFINITION_BYTES_MAX);
    else if (json_read(check->arena, arena_copy(check->arena, definition), DEFINITION_DEPTH_MAX, &source,
                       &error) != ERR_OK)
        check_coded(check, "INVALID_JSON_DESCRIPTION", NULL,
                    "Invalid JSON description: %s at line %u, column %u", error.text, error.line,
                    error.column);
    else
        read_root(check, &source, plan);
    if (check->warn && source.type == JSON_OBJECT)
        check_warnings(check, &source);
}

bool plan_read(struct arena *arena, struct str definition, bool express, task_known_f *known,
               void *known_self, struct plan **ret, struct str *reterr)
{
    struct arena own = { 0 };
    struct plan *plan = ARENA_NEW(&own, struct plan);
    struct check check = { .arena = &own, .known = known, .known_self = known_self, .express = express };
    definition_read(&check, definition, plan);
    if (!check_clean(&check)) {
        *reterr = check_text(&check, arena);
        arena_fini(&own);
        return false;
    }
    plan->references = 1;
    plan->arena = own;
    *ret = plan;
    return true;
}

bool plan_read_trial(struct arena *arena, struct str definition, bool mocked, task_known_f *known,
                     void *known_self, const struct plan **ret, struct str *reterr)
{
    struct plan *plan = ARENA_NEW(arena, struct plan);
    struct check check = { .arena = arena, .known = known, .known_self = known_self, .mocked = mocked };
    definition_read(&check, definition, plan);
    if (!check_clean(&check)) {
        *reterr = check_text(&check, arena);
        return false;
    }
    *ret = plan;
    return true;
}

void plan_check(struct arena *arena, struct str definition, bool express, bool warn, task_known_f *known,
                void *known_self, size_t problems_max, problem_list *ret)
{
    struct plan plan = { 0 };
    struct check check = { .arena = arena,
                           .known = known,
                           .known_self = known_self,
                           .express = express,
                           .warn = warn,
                           .problems_max = problems_max };
    definition_read(&check, definition, &plan);
    *ret = check.problems;
}

static int reference_order(const void *a, const void *b)
{
    const struct reference *left = a, *right = b;
    if (left->place != right->place)
        return left->place < right->place ? -1 : 1;
    return str_compare(left->name, right->name);
}

static bool any_known(void *self, struct str resource, struct str *ret_why)
{
    (void)self;
    (void)resource;
    (void)ret_why;
    return true;
}

/* Most definitions have no variables, and need not be read for that. */
static bool may_have_references(struct str definition)
{
    for (size_t i = 0; i + 1 < definition.len; i++) {
        if (definition.ptr[i] == '$' && !strchr(".$[\"'", definition.ptr[i + 1]))
            return true;
    }
    return false;
}

void plan_references(struct arena *arena, struct str definition, reference_list *ret)
{
    struct plan plan = { 0 };
    struct check check = { .arena = arena, .known = any_known, .references = ret };
    memset(ret, 0, sizeof(*ret));
    if (!may_have_references(definition))
        return;
    map_init(&check.referenced, 0);
    definition_read(&check, definition, &plan);
    map_fini(&check.referenced);
    if (ret->len > 0)
        qsort(ret->at, ret->len, sizeof(*ret->at), reference_order);
}

void plan_free(struct plan **plan)
{
    if (!*plan)
        return;
    struct arena own = (*plan)->arena; /* the plan lies in its own arena */
    *plan = NULL;
    arena_fini(&own);
}
