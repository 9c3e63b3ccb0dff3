/* Which state is tried, and what is given with it: context, variables, a mock. What does not go together is refused
 * here, before anything runs. */
#include <stdarg.h>

#include "flow/flow_state.h"
#include "flow/flow_trial_impl.h"
#include "flow/flow_variable.h"

static const struct str alone_name = { "StateName", 9 }; /* of a state that came without a machine */

static bool refuse(const struct trial_given *given, enum fault_code code, const char *text)
{
    return fault_set(given->fault, given->arena, code, "%s", text);
}

/* ---- the state ---- */

struct found {
    const struct json *state, *scope;
    bool in_map;
};

static bool find_state(const struct json *scope, struct str name, bool in_map, struct found *ret)
{
    static const struct str processors[] = { { "ItemProcessor", 13 }, { "Iterator", 8 } };
    const struct json *states = json_get_typed(scope, STR("States"), JSON_OBJECT);
    const struct json *found = states ? json_get_typed(states, name, JSON_OBJECT) : NULL;
    if (found) {
        *ret = (struct found){ found, scope, in_map };
        return true;
    }
    for (uint32_t i = 0; states && i < states->count; i++) {
        const struct json *state = &states->members[i].value;
        const struct json *branches = json_get_typed(state, STR("Branches"), JSON_ARRAY);
        for (uint32_t k = 0; branches && k < branches->count; k++) {
            if (find_state(&branches->items[k], name, in_map, ret))
                return true;
        }
        for (unsigned k = 0; k < 2; k++) {
            const struct json *processor = json_get_typed(state, processors[k], JSON_OBJECT);
            if (processor && find_state(processor, name, true, ret))
                return true;
        }
    }
    return false;
}

/* Whether the state is one of a Map's or Parallel's own. */
static bool has_inside(const struct json *family, struct str name)
{
    struct json_member member = { STR("Family"), *family };
    struct json states = json_of_object(&member, 1);
    struct json_member scope_member = { STR("States"), states };
    struct json scope = json_of_object(&scope_member, 1);
    struct found found;
    return find_state(&scope, name, false, &found) && found.scope != &scope;
}

typedef VEC(struct json_member) member_list;

static void add_target(const struct trial_given *given, member_list *states, const struct json *name)
{
    const struct json *scope = given->scope ? json_get(given->scope, STR("States")) : NULL;
    if (!name || name->type != JSON_STRING || str_eq(name->text, given->name))
        return;
    if (scope && !json_get(scope, name->text))
        return; /* the check names it */
    for (size_t i = 0; i < states->len; i++) {
        if (str_eq(states->at[i].key, name->text))
            return;
    }
    struct json_member *type = ARENA_NEW(given->arena, struct json_member);
    *type = (struct json_member){ STR("Type"), json_of_str(STR("Succeed")) };
    struct json_member target = { name->text, json_of_object(type, 1) };
    VEC_PUSH(given->arena, states, target);
}

struct str trial_machine(const struct trial_given *given)
{
    static const struct str lists[] = { { "Choices", 7 }, { "Catch", 5 } };
    const struct json *state = given->state;
    member_list states = { 0 };
    struct json_member self = { given->name, *state };
    VEC_PUSH(given->arena, &states, self);
    add_target(given, &states, json_get(state, STR("Next")));
    add_target(given, &states, json_get(state, STR("Default")));
    for (unsigned l = 0; l < 2; l++) {
        const struct json *list = json_get_typed(state, lists[l], JSON_ARRAY);
        for (uint32_t i = 0; list && i < list->count; i++)
            add_target(given, &states, json_get(&list->items[i], STR("Next")));
    }
    const struct json *language =
        json_get(given->root, STR("QueryLanguage")); /* a state's own stands in it */
    struct json_member members[] = { { STR("StartAt"), json_of_str(given->name) },
                                     { STR("States"), json_of_object(states.at, (uint32_t)states.len) },
                                     { STR("QueryLanguage"), json_of_str(STR("JSONPath")) } };
    if (language && given->root != state)
        members[2].value = *language;
    struct json machine = json_of_object(members, 3);
    return json_text(given->arena, &machine);
}

static bool state_read(struct trial_given *given)
{
    const struct flow_test *test = given->test;
    struct json *root = ARENA_NEW(given->arena, struct json);
    if (json_read(given->arena, test->definition, 0, root, NULL) != ERR_OK || root->type != JSON_OBJECT)
        return refuse(
            given, FAULT_INVALID_DEFINITION,
            "Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: Invalid JSON description'");
    given->root = given->state = root;
    given->name = alone_name;
    if (!str_empty(test->state_name) || json_get(root, STR("States"))) {
        struct found found;
        given->name = str_empty(test->state_name) ? json_get_str(root, STR("StartAt")) : test->state_name;
        if (!find_state(root, given->name, false, &found))
            return refuse(given, FAULT_VALIDATION, "State not found in definition");
        given->state = found.state;
        given->scope = found.scope;
        given->in_map = found.in_map;
    }
    given->type = json_get_str(given->state, STR("Type"));
    if (str_eq(given->type, STR("Task")))
        given->resource = json_get_str(given->state, STR("Resource"));
    return true;
}

/* ---- context ---- */

enum member_type { ANY, TEXT, NUMBER };
struct context_member {
    const char *section, *name;
    enum member_type type;
};

static bool context_refuse(const struct trial_given *given, const char *format, ...) PRINTF_LIKE(2, 3);

static bool context_refuse(const struct trial_given *given, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str text = arena_vprintf(given->arena, format, args);
    va_end(args);
    return fault_set(given->fault, given->arena, FAULT_VALIDATION, "Invalid Context object provided: %.*s",
                     STR_ARG(text));
}

static const struct context_member *context_find(struct str section, struct str name)
{
    static const struct context_member members[] = {
        { "Execution", "Id", TEXT },
        { "Execution", "Input", ANY },
        { "Execution", "Name", TEXT },
        { "Execution", "RoleArn", TEXT },
        { "Execution", "StartTime", TEXT },
        { "Execution", "RedriveCount", NUMBER },
        { "Execution", "RedriveTime", TEXT },
        { "State", "EnteredTime", TEXT },
        { "State", "Name", TEXT },
        { "State", "RetryCount", NUMBER },
        { "StateMachine", "Id", TEXT },
        { "StateMachine", "Name", TEXT },
        { "Task", "Token", TEXT },
    };
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (str_eq(section, str_from(members[i].section)) &&
            (!name.ptr || str_eq(name, str_from(members[i].name))))
            return &members[i];
    }
    return NULL;
}

static bool context_section(const struct trial_given *given, const struct json_member *section)
{
    struct str none = { NULL, 0 };
    if (str_eq(section->key, STR("Map")))
        return refuse(given, FAULT_VALIDATION,
                      "Invalid Context object provided: 'Map' field is not supported when mocking a Context "
                      "object");
    if (!context_find(section->key, none))
        return context_refuse(given, "Field '%.*s' is not allowed", STR_ARG(section->key));
    if (section->value.type != JSON_OBJECT)
        return context_refuse(given, "%.*s must be an object", STR_ARG(section->key));
    if (str_eq(section->key, STR("Task")) && !(str_find(given->resource, STR(".sync")) != STR_NOT_FOUND ||
                                               str_ends(given->resource, STR(".waitForTaskToken"))))
        return refuse(given, FAULT_VALIDATION,
                      "Invalid Context object provided: Context object contains 'Task' when state is not a "
                      "Task state with a '.sync' or '.waitForTaskToken' service integration pattern");
    for (uint32_t i = 0; i < section->value.count; i++) {
        const struct json_member *member = &section->value.members[i];
        const struct context_member *known = context_find(section->key, member->key);
        if (!known)
            return context_refuse(given, "Field '%.*s' is not allowed", STR_ARG(member->key));
        if (known->type == TEXT && member->value.type != JSON_STRING)
            return context_refuse(given, "%.*s.%.*s must be a string", STR_ARG(section->key),
                                  STR_ARG(member->key));
        if (known->type == NUMBER && member->value.type != JSON_NUMBER)
            return context_refuse(given, "%.*s.%.*s must be a number", STR_ARG(section->key),
                                  STR_ARG(member->key));
    }
    return true;
}

static bool context_read(struct trial_given *given)
{
    const struct flow_test *test = given->test;
    given->has_context = test->context.ptr != NULL;
    if (!given->has_context)
        return true;
    if (!test->mocked)
        return refuse(given, FAULT_VALIDATION,
                      "TestState does not support Context when a mock is not specified.");
    if (json_read(given->arena, test->context, 0, &given->context, NULL) != ERR_OK ||
        given->context.type != JSON_OBJECT)
        return context_refuse(given, "the Context object must be a JSON object");
    for (uint32_t i = 0; i < given->context.count; i++) {
        if (!context_section(given, &given->context.members[i]))
            return false;
    }
    const struct json *state = json_get(&given->context, STR("State"));
    const struct json *count = json_get_typed(state, STR("RetryCount"), JSON_NUMBER);
    int64_t retries;
    if (!given->retries && count && json_number_i64(count->text, &retries) && retries >= 0 &&
        retries <= INT32_MAX) {
        uint32_t *kept = ARENA_NEW(given->arena, uint32_t);
        *kept = (uint32_t)retries;
        given->retries = kept;
    }
    return true;
}

/* ---- variables ---- */

static bool variables_given(struct trial_given *given)
{
    const struct flow_test *test = given->test;
    if (!test->variables.ptr)
        return true;
    if (json_read(given->arena, test->variables, 0, &given->variables, NULL) != ERR_OK ||
        given->variables.type != JSON_OBJECT)
        return refuse(given, FAULT_INVALID_EXECUTION_INPUT,
                      "Invalid State Machine Execution Input: 'Invalid execution input.'");
    for (uint32_t i = 0; i < given->variables.count; i++) {
        struct str name = given->variables.members[i].key;
        if (!variable_name_fits(name) || str_eq(name, STR("states")))
            return fault_set(given->fault, given->arena, FAULT_VALIDATION,
                             "A variable cannot have the name '%.*s'", STR_ARG(name));
    }
    given->has_variables = given->variables.count > 0;
    return true;
}

/* ---- the mock ---- */

bool trial_waits(struct str resource)
{
    return activity_is(resource) || str_ends(resource, STR(".waitForTaskToken")) ||
           str_ends(resource, STR(".sync")) || str_ends(resource, STR(".sync:2"));
}

static bool kind_check(const struct trial_given *given)
{
    const struct flow_test *test = given->test;
    bool family = str_eq(given->type, STR("Map")) || str_eq(given->type, STR("Parallel"));
    bool task = str_eq(given->type, STR("Task"));
    if (family && !test->mocked)
        return refuse(given, FAULT_INVALID_DEFINITION,
                      "TestState API does not support Map or Parallel states. Supported state types include: "
                      "[Task, Wait, Pass, Succeed, Fail, Choice]");
    if (test->mocked && !task && !family)
        return fault_set(given->fault, given->arena, FAULT_VALIDATION,
                         "State type '%.*s' is not supported when a mock is specified", STR_ARG(given->type));
    if (task && !test->mocked && str_empty(test->role_arn))
        return refuse(given, FAULT_VALIDATION, "RoleArn must be specified when testing a Task state");
    if (!test->mocked && trial_waits(given->resource))
        return refuse(given, FAULT_VALIDATION,
                      "TestState does not support Activity tasks, '.sync' or '.waitForTaskToken' service "
                      "integration patterns when a mock is not specified.");
    return true;
}

static bool result_read(struct trial_given *given)
{
    const struct flow_test *test = given->test;
    const struct json *branches = json_get_typed(given->state, STR("Branches"), JSON_ARRAY);
    if (!test->mocked || !test->mock_result.ptr)
        return true;
    if (json_read(given->arena, test->mock_result, 0, &given->mock, NULL) != ERR_OK)
        return refuse(given, FAULT_VALIDATION, "Mocked result must be valid JSON");
    if (!test->mock_fits)
        return true;
    if (str_eq(given->type, STR("Task")))
        return test->mock_fits(test->mock_fits_self, given->arena, given->resource, &given->mock,
                               given->fault);
    bool written = json_get(given->state, STR("ResultWriter")) != NULL; /* then it tells where */
    if (written && given->mock.type != JSON_OBJECT)
        return refuse(given, FAULT_VALIDATION, "Mocked result must be a JSON object.");
    if (!written && given->mock.type != JSON_ARRAY)
        return refuse(given, FAULT_VALIDATION, "Mocked result must be an array.");
    if (str_eq(given->type, STR("Parallel")) && branches && branches->count != given->mock.count)
        return refuse(given, FAULT_VALIDATION,
                      "Mocked result must contain the same number of items as number of Parallel branches.");
    return true;
}

/* ---- what a Map's ItemReader has read ---- */

/* One JSON value a line. */
static bool lines_read(struct trial_given *given, struct str text)
{
    VEC(struct json) items = { 0 };
    struct str line;
    while (text.len) {
        struct json item;
        (void)str_cut(text, '\n', &line, &text);
        if (str_empty(line) || str_eq(line, STR("\r")))
            continue;
        if (json_read(given->arena, line, 0, &item, NULL) != ERR_OK)
            return false;
        VEC_PUSH(given->arena, &items, item);
    }
    given->items = json_of_array(items.at, items.len);
    return true;
}

static bool items_read(struct trial_given *given)
{
    const struct flow_test *test = given->test;
    const struct json *reader = json_get_typed(given->state, STR("ItemReader"), JSON_OBJECT);
    const struct json *config = json_get_typed(reader, STR("ReaderConfig"), JSON_OBJECT);
    struct str type = json_get_str(config, STR("InputType"));
    int64_t most;
    bool good;
    if (!test->item_data.ptr)
        return true;
    if (!reader)
        return refuse(given, FAULT_VALIDATION, "MapItemReaderData is for a Map state with an ItemReader.");
    bool limited = json_get_typed(config, STR("MaxItems"), JSON_NUMBER) &&
                   json_number_i64(json_get(config, STR("MaxItems"))->text, &most);
    if (str_eq(type, STR("JSONL"))) {
        good = lines_read(given, test->item_data);
    } else if (str_eq(type, STR("JSON")) && !json_get(config, STR("ItemsPointer"))) {
        good = json_read(given->arena, test->item_data, 0, &given->items, NULL) == ERR_OK &&
               given->items.type == JSON_ARRAY;
    } else {
        return refuse(
            given, FAULT_VALIDATION,
            "MapItemReaderData is not supported by Crema yet for this ReaderConfig: its InputType must be "
            "JSON, without ItemsPointer, or JSONL");
    }
    if (!good)
        return fault_set(given->fault, given->arena, FAULT_VALIDATION,
                         "MapItemReaderData must be what its InputType %.*s says: %s", STR_ARG(type),
                         str_eq(type, STR("JSON")) ? "an array" : "a JSON value on each line");
    if (limited && most > 0 && most < given->items.count)
        given->items.count = (uint32_t)most;
    given->has_items = true;
    return true;
}

static bool configuration_check(struct trial_given *given)
{
    const struct flow_test *test = given->test;
    bool map = str_eq(given->type, STR("Map"));
    bool family = map || str_eq(given->type, STR("Parallel"));
    if (!test->mocked) {
        const char *name = test->failures                   ? "MapIterationFailureCount"
                           : test->retries                  ? "RetrierRetryCount"
                           : !str_empty(test->failed_state) ? "ErrorCausedByState"
                           : test->item_data.ptr            ? "MapItemReaderData"
                                                            : NULL;
        return !name || fault_set(given->fault, given->arena, FAULT_VALIDATION,
                                  "TestState does not support %s when a mock is not specified.", name);
    }
    const struct json *processor = json_get_typed(given->state, STR("ItemProcessor"), JSON_OBJECT);
    const struct json *config = json_get_typed(processor, STR("ProcessorConfig"), JSON_OBJECT);
    bool distributed = map && str_eq(json_get_str(config, STR("Mode")), STR("DISTRIBUTED"));
    if (test->failures && !distributed)
        return refuse(given, FAULT_VALIDATION,
                      "MapIterationFailureCount is for a Map state in DISTRIBUTED mode.");
    if (!str_empty(test->failed_state) && !family)
        return refuse(given, FAULT_VALIDATION, "ErrorCausedByState is for a Map or Parallel state.");
    if (!str_empty(test->failed_state) && !has_inside(given->state, test->failed_state))
        return fault_set(given->fault, given->arena, FAULT_VALIDATION,
                         "ErrorCausedByState names no state of the %.*s: '%.*s'", STR_ARG(given->type),
                         STR_ARG(test->failed_state));
    return items_read(given);
}

bool trial_read(struct arena *arena, const struct flow_test *test, struct trial_given *ret,
                struct fault *reterr)
{
    *ret = (struct trial_given){ .arena = arena, .test = test, .fault = reterr, .retries = test->retries };
    return state_read(ret) && kind_check(ret) && configuration_check(ret) && result_read(ret) &&
           context_read(ret) && variables_given(ret) &&
           flow_input_check(arena, test->input, &ret->input, reterr);
}
