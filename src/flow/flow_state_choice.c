/* Choice: the first rule that its input satisfies says where to go. */
#include "base/time.h"
#include "flow/flow_data.h"
#include "flow/flow_state.h"
#include "flow/flow_variable.h"

enum choice_type { CHOICE_STRING, CHOICE_NUMERIC, CHOICE_TIMESTAMP, CHOICE_BOOLEAN };
enum choice_relation { CHOICE_EQUAL, CHOICE_LESS, CHOICE_LESS_EQUAL, CHOICE_GREATER, CHOICE_GREATER_EQUAL };
enum choice_test { TEST_PRESENT, TEST_NULL, TEST_BOOLEAN, TEST_NUMERIC, TEST_STRING, TEST_TIMESTAMP };

enum rule_kind { RULE_COMPARE, RULE_MATCHES, RULE_TEST, RULE_AND, RULE_OR, RULE_NOT };

struct rule {
    enum rule_kind kind;
    const struct path *variable;
    enum choice_type type;
    enum choice_relation relation;
    enum choice_test test;
    bool wanted;                     /* of a test */
    const struct path *operand_path; /* or */
    struct json operand;
    const struct rule *rules; /* And, Or, Not */
    uint32_t rule_count;
    uint32_t next; /* of a rule at the top; and what it assigns */
    const struct template *assign;
};

struct choice {
    const struct rule *rules;
    uint32_t rule_count;
    uint32_t otherwise;
};

static const struct {
    const char *name;
    enum choice_type type;
} choice_types[] = {
    { "String", CHOICE_STRING },
    { "Numeric", CHOICE_NUMERIC },
    { "Timestamp", CHOICE_TIMESTAMP },
    { "Boolean", CHOICE_BOOLEAN },
};

static const struct {
    const char *name;
    enum choice_relation relation;
} choice_relations[] = {
    { "Equals", CHOICE_EQUAL },
    { "LessThan", CHOICE_LESS },
    { "LessThanEquals", CHOICE_LESS_EQUAL },
    { "GreaterThan", CHOICE_GREATER },
    { "GreaterThanEquals", CHOICE_GREATER_EQUAL },
};

static const struct {
    const char *name;
    enum choice_test test;
} choice_tests[] = {
    { "IsPresent", TEST_PRESENT }, { "IsNull", TEST_NULL },     { "IsBoolean", TEST_BOOLEAN },
    { "IsNumeric", TEST_NUMERIC }, { "IsString", TEST_STRING }, { "IsTimestamp", TEST_TIMESTAMP },
};

/* ---- read ---- */

/* NumericLessThanEqualsPath: its type, relation and whether the operand is a path. */
static bool operator_read(struct str name, struct rule *rule, bool *ret_path)
{
    for (size_t t = 0; t < sizeof(choice_types) / sizeof(choice_types[0]); t++) {
        struct str type = str_from(choice_types[t].name);
        if (!str_starts(name, type))
            continue;
        struct str rest = str_from_offset(name, type.len);
        *ret_path = str_ends(rest, STR("Path"));
        if (*ret_path)
            rest.len -= 4;
        for (size_t r = 0; r < sizeof(choice_relations) / sizeof(choice_relations[0]); r++) {
            if (!str_eq(rest, str_from(choice_relations[r].name)))
                continue;
            rule->type = choice_types[t].type;
            rule->relation = choice_relations[r].relation;
            return rule->type != CHOICE_BOOLEAN || rule->relation == CHOICE_EQUAL;
        }
    }
    return false;
}

static void compare_read(struct check *check, const struct where *at, const struct json *source,
                         struct str name, bool by_path, struct rule *rule)
{
    static const enum json_type wanted[] = {
        [CHOICE_STRING] = JSON_STRING,
        [CHOICE_NUMERIC] = JSON_NUMBER,
        [CHOICE_TIMESTAMP] = JSON_STRING,
        [CHOICE_BOOLEAN] = JSON_TRUE,
    };
    const char *field = arena_cstr(check->arena, name);
    rule->kind = RULE_COMPARE;
    if (by_path) {
        rule->operand_path = check_path(check, at, source, field, PATH_ANY);
        return;
    }
    const struct json *operand = check_field(check, at, source, field, wanted[rule->type]);
    if (!operand)
        return;
    rule->operand = *operand;
    int64_t time_ms;
    struct where here = WHERE(at, name);
    if (rule->type == CHOICE_TIMESTAMP && !time_parse(operand->text, &time_ms))
        check_problem(check, &here, "String does not match RFC3339 timestamp");
}

static bool test_read(struct check *check, const struct where *at, const struct json *source, struct str name,
                      struct rule *rule)
{
    for (size_t i = 0; i < sizeof(choice_tests) / sizeof(choice_tests[0]); i++) {
        if (!str_eq(name, str_from(choice_tests[i].name)))
            continue;
        rule->kind = RULE_TEST;
        rule->test = choice_tests[i].test;
        rule->wanted = check_bool(check, at, source, choice_tests[i].name);
        return true;
    }
    return false;
}

enum { RULES_DEEP_MAX = 50 };

static void rule_read(struct check *check, const struct where *at, const struct json *source, unsigned deep,
                      struct rule *rule);

static void rules_read(struct check *check, const struct where *at, const struct json *source,
                       const char *name, enum rule_kind kind, unsigned deep, struct rule *rule)
{
    const struct json *list =
        check_field(check, at, source, name, kind == RULE_NOT ? JSON_OBJECT : JSON_ARRAY);
    struct where here = WHERE(at, str_from(name));
    rule->kind = kind;
    if (!list)
        return;
    rule->rule_count = kind == RULE_NOT ? 1 : list->count;
    if (rule->rule_count == 0)
        check_problem(check, &here, "Value cannot be empty");
    struct rule *rules = ARENA_ARRAY(check->arena, struct rule, (size_t)rule->rule_count + 1);
    if (kind == RULE_NOT)
        rule_read(check, &here, list, deep + 1, rules);
    for (uint32_t i = 0; kind != RULE_NOT && i < list->count; i++) {
        struct where item = WHERE_ITEM(&here, i);
        rule_read(check, &item, &list->items[i], deep + 1, &rules[i]);
    }
    rule->rules = rules;
}

/* deep 0: a rule at the top, which has Next. */
static void rule_read(struct check *check, const struct where *at, const struct json *source, unsigned deep,
                      struct rule *rule)
{
    unsigned operators = 0;
    bool variable = false, needs_variable = false;
    if (source->type != JSON_OBJECT || deep > RULES_DEEP_MAX) {
        check_problem(check, at,
                      deep > RULES_DEEP_MAX ? "Rules are nested too deep" : "Expected value of type Object");
        return;
    }
    for (uint32_t i = 0; i < source->count; i++) {
        struct str name = source->members[i].key;
        bool by_path = false;
        if (str_eq(name, STR("Comment")) ||
            (deep == 0 && (str_eq(name, STR("Next")) || str_eq(name, STR("Assign")))))
            continue;
        operators++;
        if (str_eq(name, STR("Variable"))) {
            variable = true;
            operators--;
            rule->variable = check_path(check, at, source, "Variable", PATH_ANY);
        } else if (str_eq(name, STR("And"))) {
            rules_read(check, at, source, "And", RULE_AND, deep, rule);
        } else if (str_eq(name, STR("Or"))) {
            rules_read(check, at, source, "Or", RULE_OR, deep, rule);
        } else if (str_eq(name, STR("Not"))) {
            rules_read(check, at, source, "Not", RULE_NOT, deep, rule);
        } else if (str_eq(name, STR("StringMatches"))) {
            const struct json *pattern = check_field(check, at, source, "StringMatches", JSON_STRING);
            rule->kind = RULE_MATCHES;
            rule->operand = pattern ? *pattern : json_of_null();
            needs_variable = true;
        } else if (test_read(check, at, source, name, rule)) {
            needs_variable = true;
        } else if (operator_read(name, rule, &by_path)) {
            compare_read(check, at, source, name, by_path, rule);
            needs_variable = true;
        } else if (str_eq(name, STR("Condition")) || str_eq(name, STR("Output"))) {
            check_unbuilt(check, at,
                          arena_cstr(check->arena, arena_concat(check->arena, STR("The field "), name)));
        } else {
            check_problem(check, at, "Field '%.*s' is not supported", STR_ARG(name));
        }
    }
    if (operators != 1)
        check_problem(check, at, "A choice rule must have exactly one operator");
    if (needs_variable && !variable)
        check_problem(check, at, "These fields are required: [Variable]");
    if (deep == 0) {
        if (!json_get(source, STR("Next")))
            check_problem(check, at, "These fields are required: [Next]");
        rule->next = check_target(check, at, source, "Next");
        rule->assign = variables_read(check, at, source);
    }
}

static void choice_read(struct check *check, const struct where *at, const struct json *source,
                        struct state *state)
{
    struct choice *own = ARENA_NEW(check->arena, struct choice);
    const struct json *list = check_field(check, at, source, "Choices", JSON_ARRAY);
    struct where here = WHERE(at, STR("Choices"));
    if (!json_get(source, STR("Choices")))
        check_problem(check, at, "These fields are required: [Choices]");
    if (list && list->count == 0)
        check_problem(check, &here, "Value cannot be empty");
    own->rule_count = list ? list->count : 0;
    struct rule *rules = ARENA_ARRAY(check->arena, struct rule, (size_t)own->rule_count + 1);
    for (uint32_t i = 0; i < own->rule_count; i++) {
        struct where item = WHERE_ITEM(&here, i);
        rule_read(check, &item, &list->items[i], 0, &rules[i]);
    }
    own->rules = rules;
    own->otherwise = check_target(check, at, source, "Default");
    state->own = own;
}

/* ---- evaluate ---- */

/* '*' stands for any characters, "\\*" for itself. Linear but for one remembered star. */
static bool text_matches(struct str pattern, struct str text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, star_text = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = ++p;
            star_text = t;
            continue;
        }
        size_t literal = p + (p + 1 < pattern.len && pattern.ptr[p] == '\\' &&
                              (pattern.ptr[p + 1] == '*' || pattern.ptr[p + 1] == '\\'));
        if (literal < pattern.len && pattern.ptr[literal] == text.ptr[t]) {
            p = literal + 1;
            t++;
        } else if (star != SIZE_MAX) {
            p = star;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

static bool relation_holds(enum choice_relation relation, int order)
{
    switch (relation) {
    case CHOICE_EQUAL:
        return order == 0;
    case CHOICE_LESS:
        return order < 0;
    case CHOICE_LESS_EQUAL:
        return order <= 0;
    case CHOICE_GREATER:
        return order > 0;
    case CHOICE_GREATER_EQUAL:
        return order >= 0;
    }
    return false;
}

/* Of a timestamp's fraction what comes behind the milliseconds. */
static struct str below_millisecond(struct str timestamp)
{
    size_t dot = str_find_char(timestamp, '.'), end = dot;
    if (dot == STR_NOT_FOUND)
        return STR_EMPTY;
    do
        end++;
    while (end < timestamp.len && timestamp.ptr[end] >= '0' && timestamp.ptr[end] <= '9');
    while (timestamp.ptr[end - 1] == '0')
        end--;
    return end > dot + 4 ? str_slice(timestamp, dot + 4, end - dot - 4) : STR_EMPTY;
}

/* False when one is no timestamp. */
static bool order_in_time(struct str left, struct str right, int *ret)
{
    int64_t left_ms, right_ms;
    if (!time_parse(left, &left_ms) || !time_parse(right, &right_ms))
        return false;
    *ret = left_ms != right_ms ? (left_ms < right_ms ? -1 : 1)
                               : str_compare(below_millisecond(left), below_millisecond(right));
    return true;
}

static bool compare(const struct rule *rule, const struct json *value, const struct json *operand)
{
    int order;
    switch (rule->type) {
    case CHOICE_STRING:
        return json_is(value, JSON_STRING) && json_is(operand, JSON_STRING) &&
               relation_holds(rule->relation, str_compare(value->text, operand->text));
    case CHOICE_NUMERIC:
        return json_is(value, JSON_NUMBER) && json_is(operand, JSON_NUMBER) &&
               relation_holds(rule->relation, json_number_compare(value->text, operand->text));
    case CHOICE_TIMESTAMP:
        return json_is(value, JSON_STRING) && json_is(operand, JSON_STRING) &&
               order_in_time(value->text, operand->text, &order) && relation_holds(rule->relation, order);
    case CHOICE_BOOLEAN:
        return (value->type == JSON_TRUE || value->type == JSON_FALSE) && value->type == operand->type;
    }
    return false;
}

static bool test_holds(enum choice_test test, const struct json *value)
{
    int64_t time_ms;
    switch (test) {
    case TEST_PRESENT:
        return true;
    case TEST_NULL:
        return value->type == JSON_NULL;
    case TEST_BOOLEAN:
        return value->type == JSON_TRUE || value->type == JSON_FALSE;
    case TEST_NUMERIC:
        return value->type == JSON_NUMBER;
    case TEST_STRING:
        return value->type == JSON_STRING;
    case TEST_TIMESTAMP:
        return value->type == JSON_STRING && time_parse(value->text, &time_ms);
    }
    return false;
}

enum verdict { VERDICT_NO, VERDICT_YES, VERDICT_FAILED };

static enum verdict path_missing(struct step *step, struct branch *branch, const struct path *path)
{
    step_fail_runtime(step, branch,
                      "Invalid path '%.*s': The choice state's condition path references an invalid value.",
                      STR_ARG(path_text(path)));
    return VERDICT_FAILED;
}

static enum verdict rule_holds(struct step *step, struct branch *branch, const struct rule *rule,
                               struct value *input)
{
    if (rule->kind == RULE_AND || rule->kind == RULE_OR) {
        enum verdict stop = rule->kind == RULE_AND ? VERDICT_NO : VERDICT_YES;
        for (uint32_t i = 0; i < rule->rule_count; i++) {
            enum verdict verdict = rule_holds(step, branch, &rule->rules[i], input);
            if (verdict == stop || verdict == VERDICT_FAILED)
                return verdict;
        }
        return stop == VERDICT_NO ? VERDICT_YES : VERDICT_NO;
    }
    if (rule->kind == RULE_NOT) {
        enum verdict verdict = rule_holds(step, branch, &rule->rules[0], input);
        return verdict == VERDICT_FAILED ? verdict : verdict == VERDICT_YES ? VERDICT_NO : VERDICT_YES;
    }
    struct json value, operand = rule->operand;
    enum err picked = data_pick(step, branch, rule->variable, input, &value);
    bool present = picked == ERR_OK;
    if (picked == ERR_LIMIT)
        return path_missing(step, branch, rule->variable);
    if (rule->kind == RULE_TEST && rule->test == TEST_PRESENT)
        return present == rule->wanted ? VERDICT_YES : VERDICT_NO;
    if (!present)
        return path_missing(step, branch, rule->variable);
    if (rule->kind == RULE_TEST)
        return test_holds(rule->test, &value) == rule->wanted ? VERDICT_YES : VERDICT_NO;
    if (rule->kind == RULE_MATCHES)
        return value.type == JSON_STRING && text_matches(operand.text, value.text) ? VERDICT_YES : VERDICT_NO;
    if (rule->operand_path && data_pick(step, branch, rule->operand_path, input, &operand) != ERR_OK)
        return path_missing(step, branch, rule->operand_path);
    return compare(rule, &value, &operand) ? VERDICT_YES : VERDICT_NO;
}

static void choice_enter(struct step *step, struct branch *branch)
{
    const struct choice *own = step_state(step, branch)->own;
    struct value input;
    if (!data_input(step, branch, &input))
        return;
    uint32_t next = own->otherwise;
    const struct template *assign = step_state(step, branch)->assign;
    for (uint32_t i = 0; i < own->rule_count; i++) {
        enum verdict verdict = rule_holds(step, branch, &own->rules[i], &input);
        if (verdict == VERDICT_FAILED)
            return;
        if (verdict == VERDICT_YES) {
            next = own->rules[i].next;
            assign = own->rules[i].assign;
            break;
        }
    }
    if (next == STATE_NONE) {
        step_fail_runtime(step, branch,
                          "Failed to transition out of the state. The state does not point to a next state.");
        return;
    }
    step_leave_assigning(step, branch, input, next, assign);
}

static const char *const choice_fields[] = { "Choices", "Default", NULL };

const struct state_kind state_choice = {
    .name = "Choice",
    .entered = HISTORY_CHOICE_ENTERED,
    .exited = HISTORY_CHOICE_EXITED,
    .fields = STATE_INPUT_PATH | STATE_OUTPUT_PATH | STATE_ASSIGN,
    .own_fields = choice_fields,
    .read = choice_read,
    .enter = choice_enter,
};
