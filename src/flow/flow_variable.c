#include "flow/flow_variable.h"

#include "base/map.h"
#include "base/utf8.h"
#include "flow/flow_data.h"
#include "flow/flow_family.h"

/* ---- definition ---- */

static void name_check(struct check *check, const struct where *at, struct str name)
{
    if (str_eq(name, STR("states")))
        check_problem(check, at, "The variable name 'states' is reserved");
    else if (utf8_count(name) > VARIABLE_NAME_CHARACTERS_MAX)
        check_problem(check, at, "The name of a variable must not be longer than %d characters: '%.*s'",
                      VARIABLE_NAME_CHARACTERS_MAX, STR_ARG(name));
    else if (!variable_name_fits(name))
        check_problem(check, at, "The name of a variable must be a Unicode identifier: '%.*s'",
                      STR_ARG(name));
}

const struct template *variables_read(struct check *check, const struct where *at, const struct json *source)
{
    const struct json *assign = check_field(check, at, source, "Assign", JSON_OBJECT);
    struct where here = WHERE(at, STR("Assign"));
    if (!assign)
        return NULL;
    for (uint32_t i = 0; i < assign->count; i++) {
        struct str name = assign->members[i].key;
        if (str_ends(name, STR(".$")))
            name.len -= 2;
        name_check(check, &here, name);
        struct assigned assigned = { name, check->scope, where_text(check->arena, &here) };
        VEC_PUSH(check->arena, &check->assigned, assigned);
    }
    return check_template(check, at, source, "Assign");
}

/* By (scope, name), then for each its outer scopes. */
void variables_check_scopes(struct check *check)
{
    struct map names;
    struct buf key;
    map_init(&names, 0);
    buf_init(&key, 0);
    for (size_t i = 0; i < check->assigned.len; i++) {
        buf_clear(&key);
        buf_printf(&key, "%u ", check->assigned.at[i].scope);
        buf_add(&key, check->assigned.at[i].name);
        (void)map_put(&names, buf_str(&key), check);
    }
    for (size_t i = 0; i < check->assigned.len; i++) {
        const struct assigned *assigned = &check->assigned.at[i];
        for (uint32_t scope = assigned->scope; scope != 0;) {
            scope = check->scopes.at[scope];
            buf_clear(&key);
            buf_printf(&key, "%u ", scope);
            buf_add(&key, assigned->name);
            if (!map_get(&names, buf_str(&key)))
                continue;
            check_problem_at(check, assigned->place,
                             "The variable '%.*s' is assigned in an outer scope and cannot be assigned here",
                             STR_ARG(assigned->name));
            break;
        }
    }
    buf_fini(&key);
    map_fini(&names);
}

/* ---- those of a branch ---- */

static size_t slot_of(const struct variables *variables, struct str name)
{
    size_t slot = (size_t)hash_bytes(name, 0) & (variables->cap - 1);
    while (variables->slots[slot] && !str_eq(variables->slots[slot]->name, name))
        slot = (slot + 1) & (variables->cap - 1);
    return slot;
}

/* The variable's place, made when it has none. */
static struct variable *place_of(struct step *step, struct branch *branch, struct str name)
{
    struct arena *arena = step->arena;
    if (!branch->variables) {
        branch->variables = ARENA_NEW(arena, struct variables);
        branch->variables->last = &branch->variables->first;
    }
    struct variables *variables = branch->variables;
    if (variables->len * 2 >= variables->cap) {
        variables->cap = variables->cap ? variables->cap * 2 : 16;
        variables->slots = ARENA_ARRAY(arena, struct variable *, variables->cap);
        for (struct variable *old = variables->first; old; old = old->next)
            variables->slots[slot_of(variables, old->name)] = old;
    }
    size_t slot = slot_of(variables, name);
    if (variables->slots[slot])
        return variables->slots[slot];
    struct variable *variable = ARENA_NEW(arena, struct variable);
    variable->name = name;
    *variables->last = variable;
    variables->last = &variable->next;
    variables->slots[slot] = variable;
    variables->len++;
    if (step->rest && branch->kept_variables > 0 && !branch->variables_gone &&
        step->rest->variable(step->rest->self, branch, name, &variable->value))
        variable->there = true;
    return variable;
}

const struct json *variable_get(void *self, struct str name)
{
    const struct variable_reader *reader = self;
    for (struct branch *branch = reader->branch; branch;
         branch = branch->parent == BRANCH_NONE ? NULL : family_branch(reader->step, branch->parent)) {
        if (branch->variable_bytes == 0)
            continue;
        struct variable *variable = place_of(reader->step, branch, name);
        if (variable->there)
            return value_json(reader->step->arena, &variable->value);
    }
    return NULL;
}

/* ---- assigning ---- */

static size_t bytes_of(struct str name, struct str text)
{
    return name.len + text.len;
}

/* Bytes that the execution's variables have once these are assigned. */
static uint64_t bytes_after(struct step *step, struct branch *branch, const struct assignment *assignment)
{
    uint64_t bytes = step->execution->variable_bytes;
    for (uint32_t i = 0; i < assignment->values->count; i++) {
        struct str name = assignment->values->members[i].key;
        struct variable *old = place_of(step, branch, name);
        if (old->there)
            bytes -= bytes_of(name, value_text(step->arena, &old->value));
        bytes += bytes_of(name, assignment->texts[i]);
    }
    return bytes;
}

static bool too_large(struct step *step, struct branch *branch, const char *what, size_t most)
{
    struct str cause = step_cause(step, branch, "%s exceeds the maximum of %zu bytes.", what, most);
    step_fail(step, branch, STR("States.DataLimitExceeded"), cause, false);
    return false;
}

bool variables_evaluate(struct step *step, struct branch *branch, const struct template *template,
                        struct value *result, struct assignment *ret)
{
    struct value made;
    size_t most = step->settings->payload_bytes_max;
    *ret = (struct assignment){ .event = STR_EMPTY };
    if (!template)
        return true;
    if (!data_render(step, branch, template, result, &made))
        return false;
    const struct json *values = value_json(step->arena, &made);
    if (values->count == 0)
        return true;
    if (value_shape(&made, most) != VALUE_FITS)
        return too_large(step, branch, "The size of the variables that the state assigns", most);
    struct buf event;
    struct json_writer writer;
    struct json *kept = ARENA_NEW(step->arena, struct json);
    size_t bytes = 0;
    *kept = *values;
    ret->values = kept;
    ret->texts = ARENA_ARRAY(step->arena, struct str, values->count);
    buf_init(&event, 0);
    json_writer_init(&writer, &event);
    json_begin_object(&writer);
    for (uint32_t i = 0; i < values->count; i++) {
        ret->texts[i] = json_text(step->arena, &values->members[i].value);
        bytes += ret->texts[i].len;
        json_put_member_str(&writer, values->members[i].key, ret->texts[i]);
    }
    json_end_object(&writer);
    ret->event = arena_copy(step->arena, buf_str(&event));
    buf_fini(&event);
    if (bytes > most)
        return too_large(step, branch, "The size of the variables that the state assigns", most);
    if (bytes_after(step, branch, ret) > VARIABLES_BYTES_MAX)
        return too_large(step, branch, "The size of all variables of the execution", VARIABLES_BYTES_MAX);
    return true;
}

void variables_assign(struct step *step, struct branch *branch, const struct assignment *assignment)
{
    for (uint32_t i = 0; !str_empty(assignment->event) && i < assignment->values->count; i++) {
        const struct json_member *member = &assignment->values->members[i];
        struct variable *variable = place_of(step, branch, member->key);
        uint64_t before =
            variable->there ? bytes_of(member->key, value_text(step->arena, &variable->value)) : 0;
        uint64_t after = bytes_of(member->key, assignment->texts[i]);
        branch->variable_bytes += after - before;
        step->execution->variable_bytes += after - before;
        variable->value = value_of_json(&member->value);
        variable->value.text = assignment->texts[i];
        variable->value.has_text = true;
        variable->there = true;
        variable->changed = true;
    }
}
