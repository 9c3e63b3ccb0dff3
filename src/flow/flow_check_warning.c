/* What a definition probably does not mean, though it may say so: texts that look like paths or calls of intrinsic
 * functions where they are taken as they stand. Nothing is refused for it. */
#include "expr/expression.h"
#include "flow/flow_check.h"

/* Fields whose members are filled in when their names end in ".$". */
static const char *const templates[] = { "Parameters", "ResultSelector", "ItemSelector",
                                         "Assign",     "BatchInput",     "Credentials",
                                         NULL };
/* Fields whose texts are names or words; and Variable, which is a path by itself. */
static const char *const words[] = { "Comment",  "Type",  "Next",     "Default",       "StartAt",
                                     "Resource", "Label", "Variable", "QueryLanguage", NULL };

static bool field_in(const char *const *list, struct str name)
{
    for (size_t i = 0; list[i]; i++) {
        if (str_eq(name, str_from(list[i])))
            return true;
    }
    return false;
}

static bool looks_like_path(struct check *check, const struct json *value)
{
    struct path *path;
    struct diag why;
    return value->type == JSON_STRING && str_starts(value->text, STR("$")) &&
           path_compile(check->arena, value->text, PATH_ANY, &path, &why) == ERR_OK;
}

static bool looks_like_call(struct check *check, const struct json *value)
{
    struct expression expression;
    struct diag why;
    return value->type == JSON_STRING && str_starts(value->text, STR("States.")) &&
           expression_compile(check->arena, value->text, &expression, &why) == ERR_OK;
}

static bool looks_dynamic(struct check *check, const struct json *value)
{
    return looks_like_path(check, value) || looks_like_call(check, value);
}

/* ---- in templates ---- */

static void warn_template(struct check *check, const struct where *at, const struct json *value)
{
    for (uint32_t i = 0; value->type == JSON_ARRAY && i < value->count; i++) {
        struct where item = WHERE_ITEM(at, i);
        warn_template(check, &item, &value->items[i]);
    }
    for (uint32_t i = 0; value->type == JSON_OBJECT && i < value->count; i++) {
        const struct json_member *member = &value->members[i];
        struct where here = WHERE(at, member->key);
        if (str_ends(member->key, STR(".$")))
            continue;
        if (looks_dynamic(check, &member->value))
            check_warning(
                check, "NO_DOLLAR", &here,
                "The value of the field '%.*s' looks like a JSONPath or a call of an intrinsic function, "
                "and is taken as it stands: the field's name does not end in '.$'",
                STR_ARG(member->key));
        warn_template(check, &here, &member->value);
    }
}

/* ---- in a Pass state's Result ---- */

static bool is_meant(struct check *check, const struct json *value)
{
    bool found = looks_dynamic(check, value);
    for (uint32_t i = 0; !found && value->type == JSON_ARRAY && i < value->count; i++)
        found = is_meant(check, &value->items[i]);
    for (uint32_t i = 0; !found && value->type == JSON_OBJECT && i < value->count; i++)
        found = is_meant(check, &value->members[i].value);
    return found;
}

/* ---- in fields ---- */

static void warn_scope(struct check *check, const struct where *at, const struct json *scope, bool jsonata);

/* Members of a state, and of the rules, catchers and settings in it. */
static void warn_fields(struct check *check, const struct where *at, const struct json *object, bool jsonata)
{
    for (uint32_t i = 0; object->type == JSON_ARRAY && i < object->count; i++) {
        struct where item = WHERE_ITEM(at, i);
        if (object->items[i].type == JSON_OBJECT)
            warn_fields(check, &item, &object->items[i], jsonata);
    }
    for (uint32_t i = 0; object->type == JSON_OBJECT && i < object->count; i++) {
        const struct json_member *member = &object->members[i];
        const struct json *value = &member->value;
        struct where here = WHERE(at, member->key);
        if (value->type == JSON_OBJECT && json_get(value, STR("States"))) {
            warn_scope(check, &here, value, jsonata);
        } else if (value->type == JSON_ARRAY && str_eq(member->key, STR("Branches"))) {
            for (uint32_t k = 0; k < value->count; k++) {
                struct where branch = WHERE_ITEM(&here, k);
                warn_scope(check, &branch, &value->items[k], jsonata);
            }
        } else if (jsonata) {
            continue;
        } else if (field_in(templates, member->key)) {
            warn_template(check, &here, value);
        } else if (str_eq(member->key, STR("Result"))) {
            if (is_meant(check, value))
                check_warning(
                    check, "PASS_RESULT_IS_STATIC", &here,
                    "The Result of a Pass state is taken as it stands: a path or a call of an intrinsic "
                    "function in it is not evaluated. Parameters are");
        } else if (value->type == JSON_OBJECT || value->type == JSON_ARRAY) {
            warn_fields(check, &here, value, jsonata);
        } else if (!field_in(words, member->key) && !str_ends(member->key, STR("Path")) &&
                   looks_like_path(check, value)) {
            check_warning(
                check, "NO_PATH", &here,
                "The value of the field '%.*s' looks like a path, and is taken as it stands: the field's "
                "name does not end in 'Path'",
                STR_ARG(member->key));
        }
    }
}

static bool in_jsonata(const struct json *object, bool outer)
{
    const struct json *language = json_get_typed(object, STR("QueryLanguage"), JSON_STRING);
    return language ? str_eq(language->text, STR("JSONata")) : outer;
}

static void warn_scope(struct check *check, const struct where *at, const struct json *scope, bool jsonata)
{
    const struct json *states = json_get_typed(scope, STR("States"), JSON_OBJECT);
    struct where here = WHERE(at, STR("States"));
    for (uint32_t i = 0; states && i < states->count; i++) {
        struct where state = WHERE(&here, states->members[i].key);
        const struct json *source = &states->members[i].value;
        if (source->type == JSON_OBJECT)
            warn_fields(check, &state, source, in_jsonata(source, in_jsonata(scope, jsonata)));
    }
}

void check_warnings(struct check *check, const struct json *definition)
{
    struct where root = { 0 };
    if (definition->type == JSON_OBJECT)
        warn_scope(check, &root, definition, false);
}
